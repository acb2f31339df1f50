//! The notes of one singer: a part, a voice, a verse.

use crate::score::{Part, Score, SungNote, Syllabic};
use sonic_core::{Error, ErrorKind, Result};
use std::sync::Arc;

/// What a note is sung with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Text {
    /// It carries on the syllable before it.
    Carry,
    /// A syllable or a word.
    Word(String),
    /// It is hummed.
    Hum,
    /// It has no words: a vowel.
    Vowel,
}

impl Text {
    /// The word, if there is one.
    pub(crate) fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// A note of a singer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Note {
    pub(crate) onset_ms: f64,
    pub(crate) end_ms: f64,
    pub(crate) midi: f64,
    pub(crate) text: Text,
    pub(crate) syllabic: Option<Syllabic>,
    /// The number of the measure, as printed.
    pub(crate) measure: Arc<str>,
    /// The verse of the syllable.
    pub(crate) verse: Arc<str>,
}

/// Which singer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selection<'a> {
    pub(crate) part: &'a Part,
    pub(crate) voice: Option<&'a str>,
    /// `None` for the verse of each pass.
    pub(crate) verse: Option<&'a str>,
}

impl<'a> Selection<'a> {
    /// The part with the index or the id, if the score has it.
    pub(crate) fn part(score: &'a Score, index: usize, id: Option<&str>) -> Result<&'a Part> {
        let found = match id {
            Some(id) => score.parts.iter().find(|part| part.part_id == id),
            None => score.parts.get(index),
        };
        found.ok_or_else(|| {
            let parts: Vec<_> =
                score.parts.iter().map(|part| format!("{} ({})", part.part_id, part.part_name)).collect();
            let wanted = id.map_or_else(|| format!("number {index}"), |id| format!("`{id}`"));
            not_found(format!("the score has no part {wanted}; it has {}", parts.join(", ")))
        })
    }
}

fn not_found(message: String) -> Error {
    Error::new(ErrorKind::NotFound, message)
}

/// The notes of the singer by onset, chord notes but the first left out, and whether the part has no words at all.
/// Notes without text that carry nothing on are silent (R1), except in a part without words.
pub(crate) fn notes_of(selection: Selection<'_>) -> Result<(Vec<Note>, bool)> {
    let rows: Vec<&SungNote> = selection.part.sung.iter().filter(|note| note.chord == 0).collect();
    let rows = of_voice(rows, selection)?;
    let has_words = rows.iter().any(|note| note.lyrics.iter().any(|(_, l)| l.text.is_some() || l.humming));
    if let Some(verse) =
        selection.verse.filter(|verse| has_words && !rows.iter().any(|n| n.lyrics.get(verse).is_some()))
    {
        let mut verses: Vec<&str> = rows.iter().flat_map(|n| n.lyrics.iter().map(|(v, _)| v)).collect();
        verses.sort_unstable();
        verses.dedup();
        return Err(not_found(format!("the part has no verse {verse}; it has {}", verses.join(", "))));
    }
    let mut notes: Vec<Note> = rows.iter().filter_map(|row| note(row, selection.verse, has_words)).collect();
    notes.sort_by(|a, b| a.onset_ms.total_cmp(&b.onset_ms));
    Ok((notes, !has_words))
}

/// The notes of the voice that is asked for; all of them without.
fn of_voice<'a>(rows: Vec<&'a SungNote>, selection: Selection<'_>) -> Result<Vec<&'a SungNote>> {
    let Some(voice) = selection.voice else { return Ok(rows) };
    let found: Vec<_> = rows.iter().copied().filter(|note| &*note.voice == voice).collect();
    if found.is_empty() && !rows.is_empty() {
        let mut voices: Vec<&str> = rows.iter().map(|note| &*note.voice).collect();
        voices.sort_unstable();
        voices.dedup();
        return Err(not_found(format!("the part has no voice {voice}; it has {}", voices.join(", "))));
    }
    Ok(found)
}

fn note(row: &SungNote, verse: Option<&str>, has_words: bool) -> Option<Note> {
    let verse = verse.map_or_else(|| verse_of_pass(row), Arc::from);
    let lyric = row.lyrics.get(&verse);
    let text = lyric.and_then(|l| l.text.as_deref()).map(without_label).filter(|text| !text.is_empty());
    let text = match text {
        Some("+") => Text::Carry,
        Some(text) => Text::Word(text.to_owned()),
        None if lyric.is_some_and(|l| l.humming) => Text::Hum,
        None if row.melisma.iter().any(|v| *v == *verse) => Text::Carry,
        None if !has_words => Text::Vowel,
        None => return None,
    };
    let onset_ms = row.onset_s * 1000.0;
    let syllabic = lyric.and_then(|l| l.syllabic).filter(|_| text.word().is_some());
    let (end_ms, midi, measure) =
        (onset_ms + row.duration_s * 1000.0, row.pitch_midi, row.measure_number.clone());
    Some(Note { onset_ms, end_ms, midi, text, syllabic, measure, verse })
}

/// The verse that is sung when the note's measure is played again: that of the pass's number, else the highest below.
fn verse_of_pass(row: &SungNote) -> Arc<str> {
    let sung = row.lyrics.iter().filter(|(_, l)| l.text.is_some() || l.humming).map(|(verse, _)| verse);
    let verses: Vec<&str> = sung.chain(row.melisma.iter()).collect();
    let number = |verse: &str| verse.parse::<u32>().ok();
    let fits = verses.iter().filter(|v| number(v).is_some_and(|n| n <= row.pass));
    let best = fits.max_by_key(|v| number(v)).or(verses.first());
    best.map_or_else(|| Arc::from("1"), |verse| Arc::from(*verse))
}

/// The text without a number of a verse before it, as in `1. Oh`.
fn without_label(text: &str) -> &str {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    match rest.strip_prefix(['.', ')']) {
        Some(after) if rest.len() < text.len() => after.trim_start(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_verses_are_cut() {
        assert_eq!(without_label("1. Oh"), "Oh");
        assert_eq!(without_label("12)la"), "la");
        assert_eq!((without_label("99 red"), without_label(".la")), ("99 red", ".la"));
    }
}
