//! The phonemes of a sentence between the anchors of its notes.

use super::PADDING_MS;
use super::words::Word;
use crate::voicebank::{Dictionary, Kind};

/// The phonemes of a sentence in groups, each of which an anchor opens: the moment of a note.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grouped {
    /// All phonemes, the silence before the sentence first.
    pub(crate) phonemes: Vec<String>,
    /// The word of each phoneme; `None` for silence.
    pub(crate) words: Vec<Option<usize>>,
    /// Phonemes of each group but the last, which is empty and only ends the sentence.
    pub(crate) counts: Vec<usize>,
    /// Where each group starts, in milliseconds; one more than there are counts.
    pub(crate) anchors_ms: Vec<f64>,
    /// The pitch of each group, as many as counts.
    pub(crate) midi: Vec<f64>,
}

/// The groups of the words of a sentence, of which the first has the number `first` (R5, R6).
pub(crate) fn group(words: &[Word], first: usize, dictionary: &Dictionary) -> Grouped {
    let start = words.first().and_then(|word| word.notes.first());
    let (start_ms, start_midi) = start.map_or((0.0, 60.0), |note| (note.onset_ms, note.midi));
    let mut out = Grouped {
        phonemes: vec!["SP".to_owned()],
        words: vec![None],
        counts: vec![1],
        anchors_ms: vec![0.0],
        midi: vec![start_midi],
    };
    for (number, word) in words.iter().enumerate() {
        let owner = word.sounds.then_some(first + number);
        let mut notes = word.notes.iter().filter(|note| note.opens);
        for (phoneme, opens) in word.phonemes.iter().zip(openers(&word.phonemes, dictionary)) {
            if let Some(note) = opens.then(|| notes.next()).flatten() {
                out.counts.push(0);
                out.anchors_ms.push(note.onset_ms);
                out.midi.push(note.midi);
            }
            if let Some(count) = out.counts.last_mut() {
                *count += 1;
            }
            out.phonemes.push(phoneme.clone());
            out.words.push(owner);
        }
    }
    out.anchors_ms.push(words.last().map_or(start_ms, Word::end_ms));
    out.anchors_ms[0] = out.anchors_ms[1] - PADDING_MS;
    out
}

/// Which phonemes of a word open a note: its vowels; a glide between consonant and vowel in the place of the vowel; the
/// first phoneme of a word without vowel.
fn openers(phonemes: &[String], dictionary: &Dictionary) -> Vec<bool> {
    let kinds: Vec<_> = phonemes.iter().map(|p| dictionary.kind(p)).collect();
    let is_vowel = |at: usize| kinds[at] == Some(Kind::Vowel);
    let mut opens = vec![false; phonemes.len()];
    if let Some(first) = opens.first_mut().filter(|_| !(0..kinds.len()).any(is_vowel)) {
        *first = true;
    }
    for at in (0..kinds.len()).filter(|at| is_vowel(*at)) {
        let glides = at >= 2 && kinds[at - 1] == Some(Kind::Glide) && !is_vowel(at - 2);
        opens[if glides { at - 1 } else { at }] = true;
    }
    opens
}

/// Where each phoneme after the first silence starts, in milliseconds, from the durations predicted in frames:
/// those before the first note keep theirs, those after it are stretched from anchor to anchor (R9).
pub(crate) fn align(grouped: &Grouped, predicted: &[f64], frame_ms: f64) -> Vec<f64> {
    let mut starts = Vec::with_capacity(predicted.len());
    let mut lay = |values: &[f64], ratio: f64, end_ms: f64| {
        let mut at = end_ms - values.iter().sum::<f64>() * ratio;
        for value in values {
            starts.push(at);
            at += value * ratio;
        }
    };
    let mut first = 0;
    for (number, count) in grouped.counts.iter().enumerate() {
        let part = &predicted[first.min(predicted.len())..(first + count).min(predicted.len())];
        let (from_ms, to_ms) = (grouped.anchors_ms[number], grouped.anchors_ms[number + 1]);
        match number {
            0 => lay(part.get(1..).unwrap_or_default(), frame_ms, to_ms),
            _ => {
                let total: f64 = part.iter().sum();
                lay(part, if total > 0.0 { (to_ms - from_ms) / total } else { 0.0 }, to_ms);
            }
        }
        first += count;
    }
    starts
}

/// Durations where there is no model: 20 frames a vowel, 6 a consonant (R8).
pub(crate) fn guessed(grouped: &Grouped, dictionary: &Dictionary) -> Vec<f64> {
    grouped.phonemes.iter().map(|p| if dictionary.is_vowel(p) { 20.0 } else { 6.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::words::WordNote;

    fn word(at: f64, notes: usize, phonemes: &str) -> Word {
        let note = |i| WordNote {
            onset_ms: at + 100.0 * i as f64,
            end_ms: at + 100.0 * (i + 1) as f64,
            midi: 60.0 + i as f64,
            opens: true,
        };
        let phonemes = phonemes.split(' ').map(str::to_owned).collect();
        Word { notes: (0..notes).map(note).collect(), phonemes, sounds: true }
    }

    fn dictionary() -> Dictionary {
        let text = "symbols:\n- {symbol: a, type: vowel}\n- {symbol: y, type: semivowel}\n\
                    - {symbol: k, type: stop}\n- {symbol: l, type: liquid}\n";
        Dictionary::parse(text).unwrap().0
    }

    #[test]
    fn consonants_belong_to_the_group_before() {
        let grouped = group(&[word(1000.0, 2, "k a l a"), word(1200.0, 1, "k y a")], 3, &dictionary());
        assert_eq!(grouped.counts, [2, 2, 2, 2], "SP k | a l | a k | y a");
        assert_eq!(grouped.anchors_ms, [500.0, 1000.0, 1100.0, 1200.0, 1300.0]);
        assert_eq!(grouped.words[5..], [Some(4), Some(4), Some(4)]);
    }

    #[test]
    fn phonemes_are_stretched_between_anchors() {
        let grouped = group(&[word(1000.0, 1, "k a l")], 0, &dictionary());
        let starts = align(&grouped, &[50.0, 6.0, 15.0, 5.0], 10.0);
        assert_eq!(starts, [940.0, 1000.0, 1075.0]);
    }
}
