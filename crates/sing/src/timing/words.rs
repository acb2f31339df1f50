//! Notes gather to words, words to sentences.

use super::TOUCH_MS;
use super::notes::{Note, Text};
use crate::score::Syllabic;
use std::sync::Arc;

/// A note of a word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WordNote {
    pub(crate) onset_ms: f64,
    pub(crate) end_ms: f64,
    pub(crate) midi: f64,
    /// True if a syllable begins with it; false if it carries one on.
    pub(crate) opens: bool,
}

/// A word before it is spelled: what its notes say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Joined {
    pub(crate) notes: Vec<WordNote>,
    pub(crate) text: Text,
    pub(crate) measure: Arc<str>,
    pub(crate) verse: Arc<str>,
}

/// A word in phonemes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Word {
    pub(crate) notes: Vec<WordNote>,
    pub(crate) phonemes: Vec<String>,
    /// False for a word that is not sung: its time is silent.
    pub(crate) sounds: bool,
}

impl Word {
    /// Where it starts, in milliseconds.
    pub(crate) fn onset_ms(&self) -> f64 {
        self.notes.first().map_or(0.0, |note| note.onset_ms)
    }

    /// Where its last note ends.
    pub(crate) fn end_ms(&self) -> f64 {
        self.notes.last().map_or(0.0, |note| note.end_ms)
    }
}

/// The words of a singer's notes. Syllables from a first to a last that touch become one word if `is_word` takes them
/// as one: it gets the whole text and the number of syllables (R2).
pub(crate) fn join(notes: &[Note], is_word: impl Fn(&str, usize) -> bool) -> Vec<Joined> {
    let groups = syllables(notes);
    let mut out = Vec::new();
    let mut at = 0;
    while at < groups.len() {
        let end = last_syllable(&groups, at);
        let text: Option<String> = groups[at..=end].iter().map(|group| group[0].text.word()).collect();
        let whole = text.filter(|text| end > at && is_word(text, end - at + 1));
        match whole {
            Some(text) => {
                out.push(joined(&groups[at..=end].concat(), Text::Word(text)));
                at = end + 1;
            }
            None => {
                out.push(joined(&groups[at], groups[at][0].text.clone()));
                at += 1;
            }
        }
    }
    out
}

fn joined(notes: &[Note], text: Text) -> Joined {
    let note = |n: &Note| WordNote {
        onset_ms: n.onset_ms,
        end_ms: n.end_ms,
        midi: n.midi,
        opens: n.text != Text::Carry,
    };
    let (measure, verse) = (notes[0].measure.clone(), notes[0].verse.clone());
    Joined { notes: notes.iter().map(note).collect(), text, measure, verse }
}

/// Notes with a syllable, each with the notes that carry it on. What would carry on nothing is left out.
fn syllables(notes: &[Note]) -> Vec<Vec<Note>> {
    let mut groups: Vec<Vec<Note>> = Vec::new();
    for note in notes {
        match (&note.text, groups.last_mut()) {
            (Text::Carry, Some(group)) => group.push(note.clone()),
            (Text::Carry, None) => (),
            _ => groups.push(vec![note.clone()]),
        }
    }
    groups
}

/// The last of the syllables that touch and belong to the word that begins at `first`.
fn last_syllable(groups: &[Vec<Note>], first: usize) -> usize {
    let syllabic = |at: usize| groups.get(at).and_then(|group| group[0].syllabic);
    let mut last = first;
    if syllabic(first) != Some(Syllabic::Begin) {
        return last;
    }
    while matches!(syllabic(last + 1), Some(Syllabic::Middle | Syllabic::End)) {
        let ended_ms = groups[last].last().map_or(0.0, |note| note.end_ms);
        if (groups[last + 1][0].onset_ms - ended_ms).abs() > TOUCH_MS {
            break;
        }
        last += 1;
        if syllabic(last) == Some(Syllabic::End) {
            break;
        }
    }
    last
}

/// The words of each sentence: it ends where the next note does not start at the end of the last (R3).
pub(crate) fn sentences(words: &[Word]) -> Vec<std::ops::Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    for at in 1..=words.len() {
        let goes_on = at < words.len() && (words[at].onset_ms() - words[at - 1].end_ms()).abs() <= TOUCH_MS;
        if !goes_on {
            out.push(start..at);
            start = at;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(at: f64, text: &str, syllabic: Option<Syllabic>) -> Note {
        let text = if text == "+" { Text::Carry } else { Text::Word(text.into()) };
        Note {
            onset_ms: at,
            end_ms: at + 100.0,
            midi: 60.0,
            text,
            syllabic,
            measure: "1".into(),
            verse: "1".into(),
        }
    }

    #[test]
    fn touching_syllables_of_a_known_word_are_joined() {
        let notes = [
            note(0.0, "a", Some(Syllabic::Begin)),
            note(100.0, "+", None),
            note(200.0, "mor", Some(Syllabic::End)),
            note(400.0, "a", Some(Syllabic::Begin)),
            note(600.0, "mor", Some(Syllabic::End)),
        ];
        let words = join(&notes, |word, syllables| word == "amor" && syllables == 2);
        let texts: Vec<_> = words.iter().map(|w| w.text.word().unwrap()).collect();
        assert_eq!(texts, ["amor", "a", "mor"], "the last two do not touch");
        let opens: Vec<_> = words[0].notes.iter().map(|n| n.opens).collect();
        assert_eq!(opens, [true, false, true]);
        assert_eq!(join(&notes, |_, _| false).len(), 4);
        assert!(join(&[note(0.0, "+", None)], |_, _| true).is_empty());
    }
}
