//! What was answered, and whether it is right.

use crate::question::{Part, Question};
use sonic::recordings::{ACCEPT, Answer, Identified, Match};

/// How far an offset may be from the truth, in milliseconds.
const TOLERANCE_MS: f64 = 500.0;

/// How an answer compares with the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every recording in the clip is named, at the right place.
    Ok,
    /// The clip is of no recording in the index, and the answer says so.
    Rejected,
    /// The answer is "unknown" for a clip of the index.
    Unknown,
    /// A recording or a place is not what it is said to be.
    Wrong,
}

pub(crate) fn verdict(question: &Question, answer: &Answer) -> Verdict {
    match (answer.is_match(), question.parts.is_empty()) {
        (false, true) => Verdict::Rejected,
        (false, false) => Verdict::Unknown,
        (true, true) => Verdict::Wrong,
        (true, false) => {
            let named = |part: &Part| likely(answer).any(|m| is_right(part, m));
            let true_to = |m: &Match| question.parts.iter().any(|part| is_right(part, m));
            match question.parts.iter().all(named) && likely(answer).all(true_to) {
                true => Verdict::Ok,
                false => Verdict::Wrong,
            }
        }
    }
}

/// The matches that are more than guesses.
fn likely(answer: &Answer) -> impl Iterator<Item = &Match> {
    answer.matches.iter().filter(|m| m.probability >= ACCEPT)
}

fn is_right(part: &Part, m: &Match) -> bool {
    let at = |offset: f64| offset + part.at_ms;
    let found = m.offset_ms as f64 + part.at_ms * f64::from(m.time_scale);
    m.id == part.recording
        && (found - at(part.offset_ms)).abs() <= TOLERANCE_MS
        && (m.query_start_ms as f64 - part.at_ms).abs() <= 4.0 * TOLERANCE_MS
}

pub(crate) const HEAD: &str =
    "QUERY                  DONE TO IT                    ANSWER                 OFF BY   SURE  SPEED     ms";

/// The table's row, and further rows for further matches.
pub(crate) fn row(question: &Question, found: &Identified, verdict: Verdict) -> String {
    let say = match verdict {
        Verdict::Ok => "ok",
        Verdict::Rejected => "ok, rejected",
        Verdict::Unknown => "UNKNOWN",
        Verdict::Wrong => "WRONG",
    };
    let elapsed = found.elapsed;
    let ms = (elapsed.decode + elapsed.fingerprint + elapsed.search).as_secs_f64() * 1e3;
    let mut matches = likely(&found.answer).map(|m| columns(question, m)).collect::<Vec<_>>().into_iter();
    let first = matches.next().unwrap_or_else(|| format!("{:45}", "unknown"));
    let mut row =
        format!("{:22} {:29} {first} {ms:6.1}  {say}", cut(&question.of, 22), cut(&question.done, 29));
    for further in matches {
        row += &format!("\n{:52} {further}", "");
    }
    row
}

fn columns(question: &Question, m: &Match) -> String {
    let part = question.parts.iter().find(|part| part.recording == m.id);
    let off = part.map(|part| format!("{:+.0} ms", m.offset_ms as f64 - part.offset_ms));
    let (sure, speed) = (100.0 * m.probability, 100.0 * (m.time_scale - 1.0));
    format!("{:20} {:>8} {sure:5.1}% {speed:+5.1}%", cut(&m.id, 20), off.unwrap_or_default())
}

/// `text`, no longer than fits.
fn cut(text: &str, width: usize) -> String {
    match text.chars().count() > width {
        true => text.chars().take(width - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sonic::recordings::Decision;

    fn answer(ids: &[(&str, i64, u64)]) -> Answer {
        let found = |&(id, offset_ms, query_start_ms): &(&str, i64, u64)| {
            let mut found = Match::default();
            found.id = id.to_owned();
            found.offset_ms = offset_ms;
            found.query_start_ms = query_start_ms;
            found.query_end_ms = query_start_ms + 6_000;
            (found.time_scale, found.probability) = (1.0, 1.0);
            found
        };
        let mut answer = Answer::default();
        answer.matches = ids.iter().map(found).collect();
        if !ids.is_empty() {
            answer.decision = Decision::Match;
        }
        answer
    }

    fn question(parts: &[(&str, f64, f64)]) -> Question {
        let part = |&(recording, offset_ms, at_ms): &(&str, f64, f64)| Part {
            recording: recording.to_owned(),
            offset_ms,
            at_ms,
        };
        let parts = parts.iter().map(part).collect();
        Question { of: String::new(), done: String::new(), sound: Vec::new().into(), parts, draw: false }
    }

    #[test]
    fn answers_are_judged_by_recording_and_place() {
        let one = question(&[("a", 5_000.0, 0.0)]);
        assert_eq!(verdict(&one, &answer(&[("a", 5_400, 0)])), Verdict::Ok);
        assert_eq!(verdict(&one, &answer(&[("a", 5_600, 0)])), Verdict::Wrong);
        assert_eq!(verdict(&one, &answer(&[("b", 5_000, 0)])), Verdict::Wrong);
        assert_eq!(verdict(&one, &answer(&[])), Verdict::Unknown);
        assert_eq!(verdict(&question(&[]), &answer(&[])), Verdict::Rejected);
        assert_eq!(verdict(&question(&[]), &answer(&[("a", 0, 0)])), Verdict::Wrong);
    }

    #[test]
    fn every_part_of_a_stitched_clip_must_be_named_and_nothing_else() {
        let two = question(&[("a", 5_000.0, 0.0), ("b", -4_000.0, 6_000.0)]);
        assert_eq!(verdict(&two, &answer(&[("b", -4_100, 6_000), ("a", 5_000, 0)])), Verdict::Ok);
        assert_eq!(verdict(&two, &answer(&[("a", 5_000, 0)])), Verdict::Wrong);
        let three = answer(&[("b", -4_100, 6_000), ("a", 5_000, 0), ("c", 0, 0)]);
        assert_eq!(verdict(&two, &three), Verdict::Wrong);
    }
}
