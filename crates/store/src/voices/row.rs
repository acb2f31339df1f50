//! The `voices` table: one row a voice recording, with its secondary keys.

use crate::env::{Table, View, WriteTxn};
use crate::ids::{Cursor, MAX_ID_BYTES, MAX_NAME_BYTES, check_id, check_name};
use crate::meta;
use crate::rows::encode::{self, damaged, indexed, json};
use crate::space::{self, Space, VOICES};
use crate::vectors::{self, Set};
use serde::{Deserialize, Serialize};
use sonic_core::{Embedding, Error, Result, SpeechConditions};

/// A voice recording, without its embedding.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Voice {
    /// Its name, unique among voices, up to [`MAX_ID_BYTES`](crate::MAX_ID_BYTES) bytes; given by the store if it is empty.
    pub recording_id: String,
    /// The user it belongs to.
    pub user_id: Option<String>,
    /// Name of the file it came in.
    pub filename: Option<String>,
    /// Where the file is kept.
    pub file_path: Option<String>,
    /// Length in milliseconds.
    pub duration_ms: u64,
    /// Bytes of the file.
    pub file_size_bytes: u64,
    /// Samples per second of the file.
    pub sample_rate: u32,
    /// Short name of the file's format, such as `webm`.
    pub audio_format: Option<String>,
    /// When it was recorded, in milliseconds since 1970 UTC; now if it is 0.
    pub created_at_ms: u64,
    /// When its row was last changed.
    pub updated_at_ms: u64,
    /// What it was recorded for: `test`, `enroll`, `identify` or any other word.
    pub mode: Option<String>,
    /// How its processing went; free text.
    pub status: Option<String>,
    /// Numbers of its embedding, 0 if it has none; filled in by the store.
    pub embedding_dimensions: u32,
    /// The voiceprint that it is a sample of, or was recognised by.
    pub voiceprint_id: Option<String>,
    /// Score of the person that it was recognised as.
    pub similarity_score: Option<f32>,
    /// The user that it was recognised as.
    pub matched_user_id: Option<String>,
    /// What the embedding was made of, if that is known.
    pub conditions: Option<SpeechConditions>,
    /// Whatever else the caller wants to keep.
    pub metadata: serde_json::Value,
}

/// A voice to keep.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewVoice {
    /// Its row.
    pub voice: Voice,
    /// What it is compared by; without one it is kept but never found by likeness.
    pub embedding: Option<Embedding>,
    /// What it is compared by where one of two recordings has no more than a telephone lets through: as many numbers as
    /// the embedding, if the embedder makes such.
    pub narrow: Option<Vec<f32>>,
}

/// Some voices in the order in which they were recorded.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct VoicePage {
    /// The voices.
    pub voices: Vec<Voice>,
    /// Where to go on; `None` when there were no more.
    pub next: Option<Cursor>,
}

/// A secondary key of voices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key<'a> {
    User(&'a str),
    Voiceprint(&'a str),
    Mode(&'a str),
    Any,
}

const ID: u8 = 0;

impl Key<'_> {
    /// The beginning of the keys of its rows, which end with the time and the number.
    fn prefix(self) -> Vec<u8> {
        let (kind, text) = match self {
            Self::User(text) => (1, text),
            Self::Voiceprint(text) => (2, text),
            Self::Mode(text) => (3, text),
            Self::Any => (4, ""),
        };
        let length = (text.len() as u16).to_be_bytes();
        [&[kind], &length[..], text.as_bytes()].concat()
    }
}

impl Voice {
    fn keys(&self) -> impl Iterator<Item = Key<'_>> {
        let keys = [
            self.user_id.as_deref().map(Key::User),
            self.voiceprint_id.as_deref().map(Key::Voiceprint),
            self.mode.as_deref().map(Key::Mode),
            Some(Key::Any),
        ];
        keys.into_iter().flatten()
    }

    fn check(&self) -> Result<()> {
        if !self.recording_id.is_empty() {
            check_id("voice", &self.recording_id)?;
        }
        meta::check_time(self.created_at_ms)?;
        let names =
            [("user id", &self.user_id), ("voiceprint id", &self.voiceprint_id), ("mode", &self.mode)];
        names
            .into_iter()
            .try_for_each(|(what, name)| name.as_ref().map_or(Ok(()), |name| check_name(what, name)))
    }
}

/// A voice that was checked before the transaction.
pub(crate) struct Prepared<'a> {
    pub voice: &'a Voice,
    pub vector: Option<(Space, Vec<f32>)>,
    pub narrow: Option<Vec<f32>>,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(new: &'a NewVoice) -> Result<Self> {
        new.voice.check()?;
        let vector =
            new.embedding.as_ref().map(|e| Ok::<_, Error>((Space::of(e), space::unit(e)?))).transpose()?;
        let narrow = match (&new.narrow, &new.embedding) {
            (Some(narrow), Some(embedding)) => Some(space::narrow(embedding, narrow)?),
            _ => None,
        };
        Ok(Self { voice: &new.voice, vector, narrow })
    }
}

/// Adds a voice whose id is new; gives its number and its row with everything filled in.
pub(crate) fn insert(txn: &mut WriteTxn<'_>, new: &Prepared<'_>) -> Result<(u32, Voice)> {
    let number = meta::new_number(txn, meta::NEXT_VOICE)?;
    let mut voice = new.voice.clone();
    let now = meta::now_ms();
    if voice.recording_id.is_empty() {
        voice.recording_id = format!("rec_{now}_{number}");
    }
    voice.created_at_ms = if voice.created_at_ms == 0 { now } else { voice.created_at_ms };
    voice.updated_at_ms = voice.updated_at_ms.max(voice.created_at_ms);
    voice.embedding_dimensions = 0;
    if let Some((space, vector)) = &new.vector {
        space::claim(txn, VOICES, space)?;
        vectors::put(txn, Set::VOICES, number, vector)?;
        voice.embedding_dimensions = vector.len() as u32;
        if let Some(narrow) = &new.narrow {
            vectors::put(txn, Set::NARROW_VOICES, number, narrow)?;
        }
    }
    write_with_keys(txn, number, &voice)?;
    Ok((number, voice))
}

/// Writes a row and all that leads to it.
pub(super) fn write_with_keys(txn: &mut WriteTxn<'_>, number: u32, voice: &Voice) -> Result<()> {
    txn.put(Table::VoiceKeys, &id_key(&voice.recording_id), &number.to_le_bytes())?;
    write(txn, number, voice)
}

/// Replaces the row of a voice, whose id and time of recording stay.
pub(crate) fn update(txn: &mut WriteTxn<'_>, number: u32, old: &Voice, new: &mut Voice) -> Result<()> {
    new.updated_at_ms = meta::now_ms();
    delete_keys(txn, number, old)?;
    write(txn, number, new)
}

fn write(txn: &mut WriteTxn<'_>, number: u32, voice: &Voice) -> Result<()> {
    txn.put(Table::Voices, &number.to_be_bytes(), &json(voice, "a voice")?)?;
    voice.keys().try_for_each(|key| txn.put(Table::VoiceKeys, &full_key(key, voice, number), &[]))
}

fn delete_keys(txn: &mut WriteTxn<'_>, number: u32, voice: &Voice) -> Result<()> {
    voice.keys().try_for_each(|key| txn.delete(Table::VoiceKeys, &full_key(key, voice, number)).map(drop))
}

/// Removes a voice with its vector.
pub(crate) fn remove(txn: &mut WriteTxn<'_>, number: u32, voice: &Voice) -> Result<()> {
    txn.delete(Table::Voices, &number.to_be_bytes())?;
    txn.delete(Table::VoiceKeys, &id_key(&voice.recording_id))?;
    delete_keys(txn, number, voice)?;
    let dimensions = voice.embedding_dimensions as usize;
    vectors::remove(txn, Set::NARROW_VOICES, number, dimensions)?;
    vectors::remove(txn, Set::VOICES, number, dimensions)
}

pub(crate) fn number_of_id(view: View<'_>, recording_id: &str) -> Result<Option<u32>> {
    if recording_id.is_empty() || recording_id.len() > MAX_ID_BYTES {
        return Ok(None);
    }
    let Some(value) = view.get(Table::VoiceKeys, &id_key(recording_id))? else { return Ok(None) };
    indexed(value, "the number of a voice").map(Some)
}

pub(crate) fn by_number(view: View<'_>, number: u32) -> Result<Option<Voice>> {
    view.get(Table::Voices, &number.to_be_bytes())?.map(parse).transpose()
}

/// The voice named `recording_id`, with its number.
pub(crate) fn by_id(view: View<'_>, recording_id: &str) -> Result<Option<(u32, Voice)>> {
    let Some(number) = number_of_id(view, recording_id)? else { return Ok(None) };
    Ok(by_number(view, number)?.map(|voice| (number, voice)))
}

/// Every voice with its number, in order of arrival.
pub(crate) fn all(view: View<'_>) -> Result<impl Iterator<Item = Result<(u32, Voice)>>> {
    Ok(view.rows(Table::Voices)?.map(|row| numbered(row?)))
}

/// A voice with its number.
pub(crate) type Numbered = (u32, Voice);

/// At most `limit` voices after `cursor`, with their numbers, and where to go on.
pub(crate) fn page(
    view: View<'_>,
    Cursor(after): Cursor,
    limit: usize,
) -> Result<(Vec<Numbered>, Option<Cursor>)> {
    let mut rows = view.after(Table::Voices, &after.to_be_bytes())?;
    let page: Vec<Numbered> = rows.by_ref().take(limit).map(|row| numbered(row?)).collect::<Result<_>>()?;
    let more = rows.next().transpose()?.is_some();
    let next = page.last().filter(|_| more).map(|(number, _)| Cursor(*number));
    Ok((page, next))
}

/// Numbers of the voices with `key`, the latest first.
pub(crate) fn latest(view: View<'_>, key: Key<'_>, limit: usize) -> Result<Vec<u32>> {
    let (Key::User(text) | Key::Voiceprint(text) | Key::Mode(text)) = key else {
        return numbers(view, &key.prefix(), limit);
    };
    // No voice has such a name, and LMDB no such key.
    if text.len() > MAX_NAME_BYTES { Ok(Vec::new()) } else { numbers(view, &key.prefix(), limit) }
}

fn numbers(view: View<'_>, prefix: &[u8], limit: usize) -> Result<Vec<u32>> {
    let rows = view.prefix_backwards(Table::VoiceKeys, prefix)?.take(limit);
    rows.map(|row| {
        let number = row?.0.last_chunk::<4>().copied();
        number.map(u32::from_be_bytes).ok_or_else(|| damaged("a key of the voices"))
    })
    .collect()
}

fn numbered((key, value): (&[u8], &[u8])) -> Result<(u32, Voice)> {
    let number = key.try_into().map(u32::from_be_bytes).map_err(|_| damaged("the number of a voice"))?;
    Ok((number, parse(value)?))
}

fn id_key(recording_id: &str) -> Vec<u8> {
    [&[ID], recording_id.as_bytes()].concat()
}

fn full_key(key: Key<'_>, voice: &Voice, number: u32) -> Vec<u8> {
    let mut full = key.prefix();
    full.extend(voice.created_at_ms.to_be_bytes());
    full.extend(number.to_be_bytes());
    full
}

fn parse(value: &[u8]) -> Result<Voice> {
    encode::parse(value, "the row of a voice")
}
