//! From written notes to what is sung: measures in their order, ties joined, syllables carried on.

use super::MAX_SUNG_NOTES;
use super::play::Played;
use super::rational::Rational;
use super::timeline::Timeline;
use super::types::{Lyric, Lyrics, SungNote, Verses};
use super::warnings::Warnings;
use super::written::{Measure, WrittenNote, WrittenPart};
use sonic_core::{Error, ErrorKind, Result};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// A note that is sung, before its times are known in seconds.
struct Sounding<'a> {
    note: &'a WrittenNote,
    /// Which of the played measures it starts in.
    played: u32,
    onset: Rational,
    end: Rational,
    tied: u32,
    /// The words, if they are not those of `note`.
    lyrics: Option<Lyrics>,
}

impl Sounding<'_> {
    fn lyrics(&self) -> &Lyrics {
        self.lyrics.as_ref().unwrap_or(&self.note.lyrics)
    }
}

/// Words that were put together: each pair once, however often it is performed.
#[derive(Default)]
struct Joined(HashMap<[*const (Arc<str>, Lyric); 2], Lyrics>);

impl Joined {
    /// `first`, and `more` in verses that `first` does not have. All words live as long as the part and this.
    fn of(&mut self, first: &Lyrics, more: &Lyrics) -> Lyrics {
        let new = || more.0.iter().filter(|(verse, _)| first.get(verse).is_none());
        if first.is_empty() || new().next().is_none() {
            return if first.is_empty() { more.clone() } else { first.clone() };
        }
        let join = || Lyrics(first.0.iter().chain(new()).cloned().collect::<Vec<_>>().into());
        self.0.entry([first.0.as_ptr(), more.0.as_ptr()]).or_insert_with(join).clone()
    }
}

/// The notes of a part in the order of their onsets. `count` is that of all parts so far.
///
/// # Errors
/// `Limit` for more than can be sung.
pub(super) fn sung(
    part: &WrittenPart,
    measures: &[Measure],
    (order, timeline): (&[Played], &Timeline),
    warnings: &mut Warnings,
    count: &mut usize,
) -> Result<Vec<SungNote>> {
    let played = performed(part, (order, timeline), count)?;
    let sounding = tied(part, measures, played, warnings);
    let melismas = carried_on(part, &sounding);
    let none = Verses { all: melismas.all.clone(), chosen: 0 };
    let mut sung = Vec::with_capacity(sounding.len());
    for (tone, chosen) in sounding.iter().zip(melismas.chosen) {
        let (note, Played { measure, pass }) = (tone.note, order[tone.played as usize]);
        let onset = timeline.seconds_at(tone.onset)?;
        let duration = timeline.seconds_at(tone.end)?.minus(onset);
        sung.push(SungNote {
            offset_beats: tone.onset.value(),
            duration_beats: tone.end.minus(tone.onset)?.value(),
            onset_s: onset.value(),
            duration_s: duration.value(),
            measure_index: measure,
            measure_number: measures[measure].number.clone(),
            pass,
            voice: note.voice.clone(),
            staff: note.staff,
            written_midi: note.written.value(),
            pitch_midi: note.sounding.value(),
            chord: note.chord,
            lyrics: tone.lyrics().clone(),
            tied: tone.tied,
            melisma: Verses { chosen, ..none.clone() },
        });
    }
    Ok(sung)
}

/// All notes of the measures in their order of play, by onset.
fn performed<'a>(
    part: &'a WrittenPart,
    (order, timeline): (&[Played], &Timeline),
    count: &mut usize,
) -> Result<Vec<Sounding<'a>>> {
    let mut notes = Vec::new();
    for (index, (played, start)) in order.iter().zip(&timeline.starts).enumerate() {
        let first = part.notes.partition_point(|note| (note.measure as usize) < played.measure);
        for note in part.notes[first..].iter().take_while(|note| note.measure as usize == played.measure) {
            if *count == MAX_SUNG_NOTES {
                let message = format!("repeats make more than {MAX_SUNG_NOTES} notes of this score");
                return Err(Error::new(ErrorKind::Limit, message));
            }
            *count += 1;
            let onset = start.plus(note.at)?;
            let end = onset.plus(note.duration)?;
            notes.push(Sounding { note, played: index as u32, onset, end, tied: 1, lyrics: None });
        }
    }
    notes.sort_by_key(|tone| tone.onset);
    Ok(notes)
}

/// Notes that ties join become one, and the words of grace notes move to the next note of their voice.
fn tied<'a>(
    part: &WrittenPart,
    measures: &[Measure],
    played: Vec<Sounding<'a>>,
    warnings: &mut Warnings,
) -> Vec<Sounding<'a>> {
    let mut sounding: Vec<Sounding<'a>> = Vec::with_capacity(played.len());
    let mut open: HashMap<(Rational, u32), usize> = HashMap::new();
    let mut waiting: HashMap<(&str, u32), Lyrics> = HashMap::new();
    let mut words = Joined::default();
    for mut tone in played {
        let note = tone.note;
        let lane = (&*note.voice, note.staff);
        if note.is_grace {
            let all =
                waiting.get(&lane).map_or_else(|| note.lyrics.clone(), |first| words.of(first, &note.lyrics));
            waiting.insert(lane, all);
            continue;
        }
        let key = (note.sounding, note.staff);
        let is_wordless = || note.lyrics.iter().all(|(_, lyric)| lyric.text.is_none());
        let joins = |first: &Sounding<'_>| first.end == tone.onset && (note.stops_tie || is_wordless());
        match open.get(&key).copied().filter(|first| joins(&sounding[*first])) {
            Some(first) => {
                let first = &mut sounding[first];
                first.end = tone.end;
                first.tied += 1;
                first.lyrics = Some(words.of(first.lyrics(), &note.lyrics));
                if !note.starts_tie {
                    open.remove(&key);
                }
            }
            None => {
                if let Some(moved) = waiting.remove(&lane) {
                    tone.lyrics = Some(words.of(&note.lyrics, &moved));
                }
                if open.remove(&key).is_some() {
                    let number = &measures[note.measure as usize].number;
                    let message = "a tie leads to no note that it could be joined with";
                    warnings.in_measure("open_tie", &part.id, number, message);
                }
                if note.starts_tie {
                    open.insert(key, sounding.len());
                }
                sounding.push(tone);
            }
        }
    }
    sounding
}

/// For each note, the verses whose syllable it carries on.
struct Melismas {
    /// All verses of the part, sorted.
    all: Arc<[Arc<str>]>,
    /// A bit for each of them, by note.
    chosen: Vec<u64>,
}

/// A syllable is carried on by the notes of its voice that follow without a hole and have no text in its verse.
fn carried_on(part: &WrittenPart, sounding: &[Sounding<'_>]) -> Melismas {
    let written = part.notes.iter().flat_map(|note| note.lyrics.0.iter());
    let all: Arc<[Arc<str>]> =
        written.map(|(verse, _)| verse).collect::<BTreeSet<_>>().into_iter().cloned().collect();
    // By voice: the end of its last note, and the verses of which a syllable is open.
    let mut voices: HashMap<&str, (Rational, u64)> = HashMap::new();
    let mut chosen = Vec::with_capacity(sounding.len());
    for tone in sounding {
        if tone.note.chord > 0 {
            chosen.push(0);
            continue;
        }
        let texts = tone.lyrics().iter().filter(|(_, lyric)| lyric.text.is_some());
        let begun = texts.fold(0, |bits, (verse, _)| bits | bit(&all, verse));
        let before = voices.get(&*tone.note.voice).filter(|(end, _)| *end == tone.onset);
        let carried = before.map_or(0, |(_, open)| open & !begun);
        chosen.push(carried);
        voices.insert(&tone.note.voice, (tone.end, begun | carried));
    }
    Melismas { all, chosen }
}

fn bit(all: &[Arc<str>], verse: &str) -> u64 {
    all.binary_search_by(|known| (**known).cmp(verse)).map_or(0, |place| 1 << place)
}
