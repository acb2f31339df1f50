//! Voiceprints: the people of a store, each with a few samples and their robust mean.

use super::enroll::EnrollOptions;
use super::mean::{agreement, robust_mean};
use super::row::{self, Key, Prepared, Voice};
use crate::env::{Table, View, WriteTxn};
use crate::ids::MAX_NAME_BYTES;
use crate::meta;
use crate::rows::encode::{self, damaged, indexed, json};
use crate::space::{self, VOICES};
use crate::vectors::{self, Set};
use serde::{Deserialize, Serialize};
use sonic_core::{Error, ErrorKind, Result};

/// Removed samples that are kept so that the removal can be undone.
const MOST_REMOVED: usize = 5;

/// A person of the store.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Voiceprint {
    /// Its id, as `vp_1767225600000_7`.
    pub voiceprint_id: String,
    /// The person's name, unique in the store.
    pub person: String,
    /// The user that the person is, if that is known.
    pub user_id: Option<String>,
    /// When the first sample was enrolled, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// When a sample was last added, removed or restored.
    pub updated_at_ms: u64,
    /// Samples from which on the person counts as enrolled.
    pub min_samples: u32,
    /// The samples in the order in which they were enrolled, then the removed ones.
    pub samples: Vec<Sample>,
}

/// A sample of a voiceprint.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Sample {
    /// The recording that it is.
    pub recording_id: String,
    /// When it was enrolled, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// When it was removed; `None` while it counts.
    pub removed_at_ms: Option<u64>,
    /// Cosine of its embedding and the voiceprint: one far below the others is of another voice, or noise.
    pub agreement: f32,
}

impl Voiceprint {
    /// Samples that count.
    pub fn sample_count(&self) -> u32 {
        self.active().count() as u32
    }

    /// True if there are as many samples as enrolling takes.
    pub fn is_enrolled(&self) -> bool {
        self.sample_count() >= self.min_samples.max(1)
    }

    fn active(&self) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(|s| s.removed_at_ms.is_none())
    }

    fn has_sample(&self, recording_id: &str) -> bool {
        self.samples.iter().any(|s| s.recording_id == recording_id)
    }
}

/// The voiceprint of `person`, with its number.
pub(crate) fn find(view: View<'_>, person: &str) -> Result<Option<(u32, Voiceprint)>> {
    if person.is_empty() || person.len() > MAX_NAME_BYTES {
        return Ok(None);
    }
    let Some(value) = view.get(Table::People, person.as_bytes())? else { return Ok(None) };
    let number = indexed(value, "the number of a person")?;
    Ok(by_number(view, number)?.map(|print| (number, print)))
}

/// # Errors
/// `NotFound` if nobody of that name is in the store.
pub(crate) fn get(view: View<'_>, person: &str) -> Result<(u32, Voiceprint)> {
    find(view, person)?.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("nobody named {person:?} is enrolled: enrol them first"))
    })
}

/// The voiceprint with this id.
pub(crate) fn by_id(view: View<'_>, voiceprint_id: &str) -> Result<Option<(u32, Voiceprint)>> {
    // An id ends with the number that it was made from.
    let number = voiceprint_id.rsplit('_').next().and_then(|n| n.parse().ok());
    let found = match number {
        Some(number) => by_number(view, number)?.map(|print| (number, print)),
        None => None,
    };
    Ok(found.filter(|(_, print)| print.voiceprint_id == voiceprint_id))
}

pub(crate) fn by_number(view: View<'_>, number: u32) -> Result<Option<Voiceprint>> {
    view.get(Table::Voiceprints, &number.to_be_bytes())?.map(parse).transpose()
}

/// Every voiceprint with its number, in the order in which they were made.
pub(crate) fn all(view: View<'_>) -> Result<impl Iterator<Item = Result<(u32, Voiceprint)>>> {
    Ok(view.rows(Table::Voiceprints)?.map(|row| {
        let (key, value) = row?;
        let number =
            key.try_into().map(u32::from_be_bytes).map_err(|_| damaged("the number of a voiceprint"))?;
        Ok((number, parse(value)?))
    }))
}

/// What became of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Taken {
    pub added: u32,
    pub known: u32,
    pub left_out: u32,
}

/// Adds samples to the voiceprint of `person`, which is made if there is none; gives its number too.
pub(crate) fn enroll(
    txn: &mut WriteTxn<'_>,
    person: &str,
    samples: &[Prepared<'_>],
    options: &EnrollOptions,
) -> Result<(u32, Voiceprint, Taken)> {
    let (number, mut print) = match find(txn.view(), person)? {
        Some(found) => found,
        None => create(txn, person)?,
    };
    print.min_samples = options.min_samples;
    if options.user_id.is_some() {
        print.user_id.clone_from(&options.user_id);
    }
    let mut taken = Taken::default();
    for sample in samples {
        if print.has_sample(&sample.voice.recording_id) {
            taken.known += 1;
        } else if print.sample_count() >= options.max_samples {
            taken.left_out += 1;
        } else {
            let voice = sample_row(txn, &print, sample)?;
            print.samples.push(Sample {
                recording_id: voice.recording_id,
                created_at_ms: meta::now_ms(),
                ..Sample::default()
            });
            taken.added += 1;
        }
    }
    refresh(txn, number, &mut print)?;
    Ok((number, print, taken))
}

fn create(txn: &mut WriteTxn<'_>, person: &str) -> Result<(u32, Voiceprint)> {
    let number = meta::new_number(txn, meta::NEXT_VOICEPRINT)?;
    let now = meta::now_ms();
    txn.put(Table::People, person.as_bytes(), &number.to_le_bytes())?;
    let print = Voiceprint {
        voiceprint_id: format!("vp_{now}_{number}"),
        person: person.to_owned(),
        created_at_ms: now,
        ..Voiceprint::default()
    };
    Ok((number, print))
}

/// The row of a sample: a new one, or that of a recording in the store, which then belongs to the voiceprint.
fn sample_row(txn: &mut WriteTxn<'_>, print: &Voiceprint, sample: &Prepared<'_>) -> Result<Voice> {
    if let Some((number, old)) = row::by_id(txn.view(), &sample.voice.recording_id)? {
        let id = &old.recording_id;
        if old.embedding_dimensions == 0 {
            let message = format!("the recording {id:?} has no embedding: enrol it under another id");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        if let Some(owner) = &old.voiceprint_id
            && let Some((_, other)) = by_id(txn.view(), owner)?
            && other.has_sample(id)
        {
            let message =
                format!("the recording {id:?} is a sample of {:?}: remove it there first", other.person);
            return Err(Error::new(ErrorKind::Mismatch, message));
        }
        return attach(txn, number, old, Some(&print.voiceprint_id));
    }
    if sample.vector.is_none() {
        return Err(Error::new(ErrorKind::InvalidArgument, "a sample to enrol needs an embedding"));
    }
    let mut voice = sample.voice.clone();
    voice.voiceprint_id = Some(print.voiceprint_id.clone());
    voice.mode.get_or_insert_with(|| "enroll".to_owned());
    voice.user_id = voice.user_id.or_else(|| print.user_id.clone());
    let prepared = Prepared { voice: &voice, vector: sample.vector.clone(), narrow: sample.narrow.clone() };
    Ok(row::insert(txn, &prepared)?.1)
}

fn attach(txn: &mut WriteTxn<'_>, number: u32, old: Voice, print: Option<&str>) -> Result<Voice> {
    let mut new = Voice { voiceprint_id: print.map(str::to_owned), ..old.clone() };
    row::update(txn, number, &old, &mut new)?;
    Ok(new)
}

/// Leaves a sample out of the voiceprint; the recording stays, and so does the way back.
pub(crate) fn remove_sample(txn: &mut WriteTxn<'_>, person: &str, recording_id: &str) -> Result<Voiceprint> {
    let (number, mut print) = get(txn.view(), person)?;
    let sample =
        print.samples.iter_mut().find(|s| s.recording_id == recording_id && s.removed_at_ms.is_none());
    let sample = sample.ok_or_else(|| no_sample(person, recording_id))?;
    sample.removed_at_ms = Some(meta::now_ms());
    // The last one removed stands last, so that undoing takes it first.
    print.samples.sort_by_key(|s| (s.removed_at_ms.is_some(), s.recording_id == recording_id));
    let removed = print.samples.len() - print.sample_count() as usize;
    if removed > MOST_REMOVED {
        let oldest = print.samples.len() - removed;
        print.samples.remove(oldest);
    }
    if let Some((voice_number, voice)) = row::by_id(txn.view(), recording_id)? {
        attach(txn, voice_number, voice, None)?;
    }
    refresh(txn, number, &mut print)?;
    Ok(print)
}

/// Takes a removed sample back, the last one removed if none is named.
pub(crate) fn restore_sample(
    txn: &mut WriteTxn<'_>,
    person: &str,
    recording_id: Option<&str>,
    max_samples: u32,
) -> Result<Voiceprint> {
    let (number, mut print) = get(txn.view(), person)?;
    if print.sample_count() >= max_samples {
        let message = format!("{person:?} has {max_samples} samples, which is the most: remove one first");
        return Err(Error::new(ErrorKind::Limit, message));
    }
    let wanted =
        |s: &&mut Sample| s.removed_at_ms.is_some() && recording_id.is_none_or(|id| s.recording_id == id);
    let sample = print.samples.iter_mut().rev().find(wanted);
    let sample = sample.ok_or_else(|| no_sample(person, recording_id.unwrap_or("that was removed")))?;
    sample.removed_at_ms = None;
    let id = sample.recording_id.clone();
    let (voice_number, voice) = row::by_id(txn.view(), &id)?.ok_or_else(|| no_sample(person, &id))?;
    attach(txn, voice_number, voice, Some(&print.voiceprint_id))?;
    print.samples.sort_by_key(|s| s.removed_at_ms.is_some());
    refresh(txn, number, &mut print)?;
    Ok(print)
}

/// Leaves out a recording that is about to go, without a way back.
pub(crate) fn lose_sample(txn: &mut WriteTxn<'_>, recording_id: &str, voiceprint_id: &str) -> Result<()> {
    if let Some((number, mut print)) = by_id(txn.view(), voiceprint_id)? {
        print.samples.retain(|s| s.recording_id != recording_id);
        refresh(txn, number, &mut print)?;
    }
    Ok(())
}

/// Removes a voiceprint; gives how many recordings went with it.
pub(crate) fn forget(txn: &mut WriteTxn<'_>, number: u32, print: &Voiceprint) -> Result<u64> {
    let dimensions = space::of_store(txn.view(), VOICES)?.map_or(0, |s| s.dimensions);
    for set in [Set::VOICEPRINTS, Set::NARROW_VOICEPRINTS, Set::NARROW_ONLY] {
        vectors::remove(txn, set, number, dimensions)?;
    }
    txn.delete(Table::Voiceprints, &number.to_be_bytes())?;
    txn.delete(Table::People, print.person.as_bytes())?;
    let mut recordings = row::latest(txn.view(), Key::Voiceprint(&print.voiceprint_id), usize::MAX)?;
    for sample in &print.samples {
        recordings.extend(row::number_of_id(txn.view(), &sample.recording_id)?);
    }
    recordings.sort_unstable();
    recordings.dedup();
    let mut gone = 0;
    for number in recordings {
        // A removed sample may be somebody else's by now.
        let own = |v: &Voice| v.voiceprint_id.as_ref().is_none_or(|id| *id == print.voiceprint_id);
        if let Some(voice) = row::by_number(txn.view(), number)?.filter(own) {
            row::remove(txn, number, &voice)?;
            gone += 1;
        }
    }
    Ok(gone)
}

/// The samples of a voiceprint that count: their vectors, and for each whether it is known to be narrow-band.
struct Samples {
    vectors: Vec<Vec<f32>>,
    narrow: Vec<Vec<f32>>,
    is_narrow: Vec<bool>,
}

impl Samples {
    fn of(view: View<'_>, print: &Voiceprint, dimensions: usize) -> Result<Self> {
        let mut samples = Self { vectors: Vec::new(), narrow: Vec::new(), is_narrow: Vec::new() };
        for sample in print.active() {
            let lost = || damaged(&format!("the sample {:?}", sample.recording_id));
            let (number, voice) = row::by_id(view, &sample.recording_id)?.ok_or_else(lost)?;
            let vector = vectors::get(view, Set::VOICES, number, dimensions)?.ok_or_else(lost)?;
            let narrow = vectors::get(view, Set::NARROW_VOICES, number, dimensions)?;
            let known = voice.conditions.is_some_and(|c| !c.is_wide());
            samples.is_narrow.push(known && narrow.is_some());
            samples.narrow.extend(narrow);
            samples.vectors.push(vector);
        }
        Ok(samples)
    }

    /// The vectors that tell most: of wide-band samples if there are any.
    fn telling(&self) -> Vec<Vec<f32>> {
        let wide = self.vectors.iter().zip(&self.is_narrow).filter(|(_, narrow)| !**narrow);
        let wide: Vec<Vec<f32>> = wide.map(|(vector, _)| vector.clone()).collect();
        if wide.is_empty() { self.vectors.clone() } else { wide }
    }

    fn has_wide(&self) -> bool {
        self.is_narrow.iter().any(|narrow| !narrow)
    }
}

/// Makes the means anew from the samples that count, and writes the row that was changed.
fn refresh(txn: &mut WriteTxn<'_>, number: u32, print: &mut Voiceprint) -> Result<()> {
    renew_means(txn, number, print)?;
    print.updated_at_ms = meta::now_ms();
    write(txn, number, print)
}

fn write(txn: &mut WriteTxn<'_>, number: u32, print: &Voiceprint) -> Result<()> {
    txn.put(Table::Voiceprints, &number.to_be_bytes(), &json(print, "a voiceprint")?)
}

fn renew_means(txn: &mut WriteTxn<'_>, number: u32, print: &mut Voiceprint) -> Result<()> {
    let dimensions = space::of_store(txn.view(), VOICES)?.map_or(0, |s| s.dimensions);
    let samples = Samples::of(txn.view(), print, dimensions)?;
    match robust_mean(&samples.telling()) {
        Some(mean) => {
            let each = agreement(&samples.vectors, &mean);
            let active = print.samples.iter_mut().filter(|s| s.removed_at_ms.is_none());
            active.zip(each).for_each(|(sample, agreement)| sample.agreement = agreement);
            vectors::put(txn, Set::VOICEPRINTS, number, &mean)?;
        }
        None if samples.vectors.is_empty() => vectors::remove(txn, Set::VOICEPRINTS, number, dimensions)?,
        None => {
            let message =
                format!("the samples of {:?} have nothing in common: record them again", print.person);
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
    }
    let narrow = robust_mean(&samples.narrow);
    keep_or_remove(txn, Set::NARROW_VOICEPRINTS, number, narrow.as_deref(), dimensions)?;
    let only = narrow.filter(|_| !samples.has_wide());
    keep_or_remove(txn, Set::NARROW_ONLY, number, only.as_deref(), dimensions)
}

/// Writes a voiceprint of which samples may have been lost, and what leads to it.
pub(super) fn write_anew(txn: &mut WriteTxn<'_>, number: u32, print: &mut Voiceprint) -> Result<()> {
    txn.put(Table::People, print.person.as_bytes(), &number.to_le_bytes())?;
    match renew_means(txn, number, print) {
        // What is left has nothing in common.
        Err(error) if error.kind() == ErrorKind::InvalidArgument => {
            print.samples.clear();
            renew_means(txn, number, print)?;
        }
        renewed => renewed?,
    }
    write(txn, number, print)
}

fn keep_or_remove(
    txn: &mut WriteTxn<'_>,
    set: Set,
    number: u32,
    vector: Option<&[f32]>,
    dimensions: usize,
) -> Result<()> {
    match vector {
        Some(vector) => vectors::put(txn, set, number, vector),
        None => vectors::remove(txn, set, number, dimensions),
    }
}

fn parse(value: &[u8]) -> Result<Voiceprint> {
    encode::parse(value, "the row of a voiceprint")
}

/// Removes a voice, from its voiceprint too.
pub(super) fn remove_voice(txn: &mut WriteTxn<'_>, number: u32, voice: &Voice) -> Result<()> {
    row::remove(txn, number, voice)?;
    match &voice.voiceprint_id {
        Some(print) => lose_sample(txn, &voice.recording_id, print),
        None => Ok(()),
    }
}

fn no_sample(person: &str, recording_id: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("{person:?} has no sample {recording_id:?}"))
}
