//! An utterance in parts, one for each speaker.

use crate::speakers::speaker_of;
use sonic_core::{Turn, Word};

/// A speaker who has less of an utterance than this has no part of it, in milliseconds.
const SHORTEST_MS: u64 = 200;

/// A stretch of an utterance in which one speaks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// Who, and how sure that is.
    pub(super) speaker: Option<(String, f32)>,
}

/// The parts of an utterance, in order: one, all of it, where nobody is known or one speaks.
pub(super) fn parts(start_ms: u64, end_ms: u64, turns: &[Turn]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let first = turns.partition_point(|turn| turn.start_ms + crate::speakers::LONGEST_TURN_MS < start_ms);
    for turn in turns[first..].iter().take_while(|turn| turn.start_ms < end_ms) {
        let (from, to) = (turn.start_ms.max(start_ms), turn.end_ms.min(end_ms));
        if to < from + SHORTEST_MS {
            continue;
        }
        match parts.last_mut() {
            Some(last) if last.speaker.as_ref().is_some_and(|(name, _)| *name == turn.speaker) => {
                last.end_ms = to
            }
            _ => {
                let speaker = Some((turn.speaker.clone(), turn.confidence));
                parts.push(Part { start_ms: from, end_ms: to, speaker });
            }
        }
    }
    match parts.len() {
        0 | 1 => vec![Part { start_ms, end_ms, speaker: speaker_of(turns, start_ms, end_ms) }],
        _ => parts,
    }
}

/// The words of each part: each word is in the part that has most of it, or is nearest.
pub(super) fn words_of(parts: &[Part], words: &[Word]) -> Vec<Vec<Word>> {
    let mut all = vec![Vec::new(); parts.len()];
    for word in words {
        let middle = (word.start_ms + word.end_ms) / 2;
        let common =
            |part: &Part| word.end_ms.min(part.end_ms).saturating_sub(word.start_ms.max(part.start_ms));
        let away = |part: &Part| middle.abs_diff(part.start_ms.midpoint(part.end_ms));
        let best =
            parts.iter().enumerate().max_by_key(|(_, part)| (common(part), std::cmp::Reverse(away(part))));
        if let Some((place, _)) = best {
            all[place].push(word.clone());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(start_ms: u64, end_ms: u64, speaker: &str) -> Turn {
        Turn { start_ms, end_ms, speaker: speaker.to_owned(), confidence: 0.9, overlapped: false }
    }

    #[test]
    fn each_speaker_has_a_part() {
        let turns =
            [turn(0, 900, "a"), turn(1_000, 3_000, "a"), turn(2_800, 5_000, "b"), turn(5_900, 6_100, "c")];
        let found = parts(1_200, 6_000, &turns);
        let places: Vec<(u64, u64)> = found.iter().map(|part| (part.start_ms, part.end_ms)).collect();
        assert_eq!(places, [(1_200, 3_000), (2_800, 5_000)]);
        let word = |start_ms, end_ms| Word { start_ms, end_ms, ..Word::default() };
        let words = words_of(
            &found,
            &[word(1_200, 1_500), word(2_700, 2_950), word(2_900, 3_500), word(5_500, 5_900)],
        );
        assert_eq!((words[0].len(), words[1].len()), (2, 2));
    }

    #[test]
    fn one_speaker_or_none_has_all_of_it() {
        assert_eq!(parts(100, 900, &[]), [Part { start_ms: 100, end_ms: 900, speaker: None }]);
        let alone = parts(100, 1_100, &[turn(0, 600, "a")]);
        assert_eq!(alone, [Part { start_ms: 100, end_ms: 1_100, speaker: Some(("a".to_owned(), 0.45)) }]);
    }
}
