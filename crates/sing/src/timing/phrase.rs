//! Phrases: phonemes without a hole between them, and what the models are told about them.

use super::TOUCH_MS;
use super::frames::{HEAD_FRAMES, TAIL_FRAMES, to_frames};
use super::sentence::Grouped;
use super::words::{Word, WordNote};
use crate::voicebank::Dictionary;
use std::collections::VecDeque;

/// A phoneme and its time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timed {
    pub(crate) phoneme: String,
    pub(crate) start_ms: f64,
    pub(crate) end_ms: f64,
    /// The number of its word.
    pub(crate) word: usize,
}

/// Takes sentences in order and gives the phrases that are complete.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// The last phoneme, whose end the next one decides.
    last: Option<Timed>,
    open: Vec<Timed>,
    done: VecDeque<Vec<Timed>>,
}

impl Timeline {
    /// Adds the phonemes of a sentence, which start at `starts_ms` (without the silence before them). `words` are all
    /// words of the song.
    pub(crate) fn add(&mut self, grouped: &Grouped, starts_ms: &[f64], words: &[Word]) {
        let timed = grouped.phonemes.iter().zip(&grouped.words).skip(1).zip(starts_ms);
        for ((phoneme, word), start_ms) in timed {
            let Some(word) = *word else { continue };
            let next =
                Timed { phoneme: phoneme.clone(), start_ms: *start_ms, end_ms: words[word].end_ms(), word };
            if let Some(last) = self.last.take() {
                self.close(ended(last, &next, words));
            }
            self.last = Some(next);
        }
    }

    /// There are no more sentences.
    pub(crate) fn finish(&mut self) {
        if let Some(last) = self.last.take() {
            self.close(last);
        }
        if !self.open.is_empty() {
            self.done.push_back(std::mem::take(&mut self.open));
        }
    }

    /// The next phrase that is complete.
    pub(crate) fn next(&mut self) -> Option<Vec<Timed>> {
        self.done.pop_front()
    }

    /// True if a phrase is waiting.
    pub(crate) fn has_phrase(&self) -> bool {
        !self.done.is_empty()
    }

    /// A phoneme whose end is known; a hole before it ends the phrase (R11).
    fn close(&mut self, timed: Timed) {
        if timed.end_ms <= timed.start_ms {
            return;
        }
        let touches = |last: &Timed| (last.end_ms - timed.start_ms).abs() <= TOUCH_MS;
        if !self.open.is_empty() && !self.open.last().is_some_and(touches) {
            self.done.push_back(std::mem::take(&mut self.open));
        }
        self.open.push(timed);
    }
}

/// A phoneme ends where the next starts if it touches, otherwise with its last note, and never after the next (R10).
fn ended(mut timed: Timed, next: &Timed, words: &[Word]) -> Timed {
    let same = timed.word == next.word;
    let touches = (words[next.word].onset_ms() - timed.end_ms).abs() <= TOUCH_MS;
    timed.end_ms = if same || touches { next.start_ms } else { timed.end_ms.min(next.start_ms) };
    timed
}

/// Frames of silence, of each phoneme, of silence.
pub(crate) fn padded_durations(phrase: &[Timed], frame_ms: f64) -> Vec<i64> {
    let head = [HEAD_FRAMES as f64 * frame_ms];
    let body = phrase.iter().map(|timed| timed.end_ms - timed.start_ms);
    to_frames(head.into_iter().chain(body).chain([TAIL_FRAMES as f64 * frame_ms]), frame_ms)
}

/// Phonemes and frames of each word as pitch and variance models count them: a vowel ends a word (R13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WordTensors {
    pub(crate) word_div: Vec<i64>,
    pub(crate) word_dur: Vec<i64>,
}

/// The words of a phrase whose padded durations are `ph_dur`.
pub(crate) fn word_tensors(phrase: &[Timed], ph_dur: &[i64], dictionary: &Dictionary) -> WordTensors {
    let vowels =
        phrase.iter().enumerate().filter(|(_, timed)| dictionary.is_vowel(&timed.phoneme)).map(|(i, _)| i);
    let mut vowels: Vec<usize> = vowels.collect();
    if vowels.is_empty() {
        vowels.push(phrase.len().saturating_sub(1));
    }
    // Words end after their vowel, which the silence before the phrase puts one place on; the last at the end.
    let mut ends: Vec<usize> = vowels.iter().map(|vowel| vowel + 1).collect();
    ends.push(ph_dur.len());
    let starts = [0].into_iter().chain(ends.clone());
    let (word_div, word_dur) = starts
        .zip(&ends)
        .map(|(start, end)| ((end - start) as i64, ph_dur[start..*end].iter().sum::<i64>()))
        .unzip();
    WordTensors { word_div, word_dur }
}

/// The notes of a phrase with the rests between and around them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NoteTensors {
    pub(crate) midi: Vec<f32>,
    pub(crate) rest: Vec<bool>,
    pub(crate) dur: Vec<i64>,
}

/// The notes of a phrase that has `total` frames (R14 to R16).
pub(crate) fn note_tensors(
    phrase: &[Timed],
    words: &[Word],
    dictionary: &Dictionary,
    frame_ms: f64,
    total: i64,
) -> NoteTensors {
    let mut rows = Rows::default();
    let begin_ms = phrase.first().map_or(0.0, |timed| timed.start_ms) - HEAD_FRAMES as f64 * frame_ms;
    let mut used: Vec<usize> = phrase.iter().map(|timed| timed.word).collect();
    used.dedup();
    let notes: Vec<(&WordNote, bool)> = used
        .iter()
        .flat_map(|word| words[*word].notes.iter().enumerate().map(|(i, note)| (note, i == 0)))
        .collect();
    let Some((first, _)) = notes.first() else {
        return NoteTensors { midi: vec![], rest: vec![], dur: vec![] };
    };
    rows.add((first.onset_ms - begin_ms).max(0.0), first.midi, true);
    let mut before_ms = first.onset_ms;
    for (note, is_first) in &notes {
        if note.onset_ms - before_ms > TOUCH_MS {
            rows.add(note.onset_ms - before_ms, note.midi, true);
        }
        let rest = match (is_first, rows.rest.last()) {
            (false, Some(rest)) => *rest,
            _ => !has_vowel(phrase, note, dictionary),
        };
        rows.add(note.end_ms - note.onset_ms, note.midi, rest);
        before_ms = note.end_ms;
    }
    let last_midi = notes.last().map_or(60.0, |(note, _)| note.midi);
    rows.add(TAIL_FRAMES as f64 * frame_ms, last_midi, true);
    let midi = fill_rests(&rows.midi, &rows.rest).into_iter().map(|midi| midi as f32).collect();
    NoteTensors { midi, rest: rows.rest, dur: fitted(to_frames(rows.lengths_ms, frame_ms), total) }
}

#[derive(Debug, Default)]
struct Rows {
    lengths_ms: Vec<f64>,
    midi: Vec<f64>,
    rest: Vec<bool>,
}

impl Rows {
    fn add(&mut self, length_ms: f64, midi: f64, rest: bool) {
        self.lengths_ms.push(length_ms);
        self.midi.push(midi);
        self.rest.push(rest);
    }
}

/// True if a vowel other than silence sounds in the note, by more than 1 ms.
fn has_vowel(phrase: &[Timed], note: &WordNote, dictionary: &Dictionary) -> bool {
    phrase.iter().any(|timed| {
        timed.end_ms > note.onset_ms + 1.0
            && timed.start_ms < note.end_ms - 1.0
            && dictionary.is_vowel(&timed.phoneme)
            && !["SP", "AP"].contains(&timed.phoneme.as_str())
    })
}

/// The durations with the last changed so that their sum is `total`; what it lacks it takes from those before it.
fn fitted(mut dur: Vec<i64>, total: i64) -> Vec<i64> {
    let difference = total - dur.iter().sum::<i64>();
    if let Some(last) = dur.last_mut() {
        *last += difference;
    }
    for at in (1..dur.len()).rev() {
        if dur[at] >= 0 {
            break;
        }
        dur[at - 1] += std::mem::take(&mut dur[at]);
    }
    dur
}

/// A rest takes the pitch of the nearest note that is sung; between two notes the first half that of the first (R15).
fn fill_rests(midi: &[f64], rest: &[bool]) -> Vec<f64> {
    let sung: Vec<usize> = (0..midi.len()).filter(|at| !rest[*at]).collect();
    if sung.is_empty() {
        return vec![60.0; midi.len()];
    }
    let mut out = midi.to_vec();
    for at in (0..midi.len()).filter(|at| rest[*at]) {
        let next = sung.partition_point(|s| *s < at);
        out[at] = match (next.checked_sub(1).map(|i| sung[i]), sung.get(next)) {
            (Some(before), Some(after)) => {
                // The run of rests is before + 1 to after.
                let middle = (before + 1 + after).div_ceil(2);
                midi[if at < middle { before } else { *after }]
            }
            (Some(before), None) => midi[before],
            (None, Some(after)) => midi[*after],
            (None, None) => 60.0,
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_take_the_nearest_pitch() {
        let rest = [true, false, true, true, true, false, true];
        let midi = [0.0, 60.0, 0.0, 0.0, 0.0, 72.0, 0.0];
        assert_eq!(fill_rests(&midi, &rest), [60.0, 60.0, 60.0, 60.0, 72.0, 72.0, 72.0]);
        assert_eq!(fill_rests(&[50.0], &[true]), [60.0]);
    }

    #[test]
    fn the_last_note_takes_the_difference() {
        assert_eq!(fitted(vec![3, 2, 1], 9), [3, 2, 4]);
        assert_eq!(fitted(vec![3, 2, 1], 3), [3, 0, 0]);
    }
}
