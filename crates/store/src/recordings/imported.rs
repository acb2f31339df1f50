//! The part of a query that is about recordings imported without their sound.

use super::identify::{ACCEPT, IdentifyOptions, Match};
use crate::env::View;
use crate::imported::{self, Found, MAX_FRAMES, Searched};
use sonic_core::{Error, ErrorKind, PAIR_HASH_FRAME_MS, PairHashes, Result};
use std::collections::HashSet;

/// Milliseconds by which two places of one match may differ.
const TOLERANCE_MS: i64 = 250;

/// What was found of the pieces so far.
#[derive(Debug, Default)]
pub(super) struct ImportedQuery {
    /// Length of the pieces in milliseconds.
    duration_ms: u64,
    /// By number of the recording.
    accepted: Vec<(u32, Match)>,
    guesses: Vec<(u32, Match)>,
}

impl ImportedQuery {
    /// Searches for a piece.
    pub(super) fn push(
        &mut self,
        view: View<'_>,
        piece: &PairHashes,
        options: &IdentifyOptions,
    ) -> Result<Searched> {
        if piece.frames > MAX_FRAMES {
            let message =
                format!("a piece of {} frames is too long: give at most {MAX_FRAMES} at once", piece.frames);
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let is_excluded = |id: &str| options.exclude.iter().any(|excluded| excluded == id);
        let searched = imported::search(view, piece, options.threads, is_excluded)?;
        for (rank, found) in searched.found.iter().enumerate() {
            let new = (found.number, self.matched(found));
            match rank == 0 && found.probability >= ACCEPT {
                true => join(&mut self.accepted, new),
                false => keep_best(&mut self.guesses, new),
            }
        }
        self.duration_ms += piece.duration_ms;
        Ok(searched)
    }

    fn matched(&self, found: &Found) -> Match {
        let ms = |frames: f64| (frames * PAIR_HASH_FRAME_MS).round();
        let (first, last) = found.span;
        Match {
            id: String::new(),
            offset_ms: ms(found.offset as f64) as i64 - self.duration_ms as i64,
            score: found.score,
            aligned: found.votes,
            probability: found.probability,
            time_scale: 1.0,
            pitch_semitones: 0.0,
            query_start_ms: self.duration_ms + ms(f64::from(first)) as u64,
            query_end_ms: self.duration_ms + ms(f64::from(last)) as u64,
            coverage: 0.0,
            imported: true,
        }
    }

    /// What is to be told of all pieces.
    pub(super) fn told(self, view: View<'_>) -> Result<Told> {
        let duration_ms = self.duration_ms.max(1);
        let named = |(number, mut found): (u32, Match)| {
            let row = imported::by_number(view, number)?;
            found.coverage = (found.query_end_ms - found.query_start_ms) as f32 / duration_ms as f32;
            Ok(row.map(|row| Match { id: row.id, ..found }))
        };
        let named = |found: Vec<(u32, Match)>| -> Result<Vec<Match>> {
            let mut matches: Vec<Match> =
                found.into_iter().filter_map(|found| named(found).transpose()).collect::<Result<_>>()?;
            matches.sort_by(|a, b| b.score.total_cmp(&a.score));
            Ok(matches)
        };
        Ok(Told { accepted: named(self.accepted)?, guesses: named(self.guesses)? })
    }
}

/// Adds a match, or goes on with the one that it continues.
fn join(accepted: &mut Vec<(u32, Match)>, (number, new): (u32, Match)) {
    let continued = accepted.iter_mut().find(|(other, earlier)| {
        *other == number && (earlier.offset_ms - new.offset_ms).abs() <= TOLERANCE_MS
    });
    match continued {
        Some((_, earlier)) => {
            let start = earlier.query_start_ms.min(new.query_start_ms);
            let (end, aligned) = (earlier.query_end_ms.max(new.query_end_ms), earlier.aligned + new.aligned);
            let better = if new.score > earlier.score { new } else { earlier.clone() };
            *earlier = Match { query_start_ms: start, query_end_ms: end, aligned, ..better };
        }
        None => accepted.push((number, new)),
    }
}

/// Keeps the best guess of each recording.
fn keep_best(guesses: &mut Vec<(u32, Match)>, (number, new): (u32, Match)) {
    match guesses.iter_mut().find(|(other, _)| *other == number) {
        Some((_, known)) if known.score >= new.score => {}
        Some((_, known)) => *known = new,
        None => guesses.push((number, new)),
    }
}

/// Matches and guesses, the likeliest first.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) accepted: Vec<Match>,
    pub(super) guesses: Vec<Match>,
}

impl Told {
    /// Adds what imported hashes found: where landmarks explain the same stretch, theirs is a guess; what landmarks
    /// name is not told twice.
    pub(super) fn with(mut self, imported: Self, limit: usize) -> Self {
        let overlaps =
            |a: &Match, b: &Match| a.query_start_ms < b.query_end_ms && b.query_start_ms < a.query_end_ms;
        let (rest, new): (Vec<Match>, Vec<Match>) =
            imported.accepted.into_iter().partition(|new| self.accepted.iter().any(|own| overlaps(own, new)));
        self.accepted.extend(new);
        let mut guesses: Vec<Match> = self.guesses.into_iter().chain(rest).chain(imported.guesses).collect();
        guesses.retain(|guess| self.accepted.iter().all(|told| told.id != guess.id));
        guesses.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut seen = HashSet::new();
        guesses.retain(|guess| seen.insert(guess.id.clone()));
        guesses.truncate(limit.saturating_sub(self.accepted.len()));
        Self { accepted: self.accepted, guesses }
    }

    pub(super) fn is_match(&self) -> bool {
        !self.accepted.is_empty()
    }

    pub(super) fn into_list(self) -> Vec<Match> {
        self.accepted.into_iter().chain(self.guesses).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(id: &str, score: f32, span: (u64, u64), imported: bool) -> Match {
        let (query_start_ms, query_end_ms) = span;
        Match { id: id.to_owned(), score, query_start_ms, query_end_ms, imported, ..Match::default() }
    }

    #[test]
    fn landmarks_have_the_word_where_both_answer() {
        let own = Told {
            accepted: vec![matched("a", 5.0, (0, 9_000), false)],
            guesses: vec![matched("b", -9.0, (0, 9_000), false)],
        };
        let imported = Told {
            accepted: vec![matched("c", 4.0, (1_000, 8_000), true), matched("d", 3.0, (9_000, 19_000), true)],
            guesses: vec![matched("b", -8.0, (0, 0), true)],
        };
        let told = own.with(imported, 4);
        let named: Vec<(&str, bool)> = told.accepted.iter().map(|m| (m.id.as_str(), m.imported)).collect();
        assert_eq!(named, [("a", false), ("d", true)]);
        assert_eq!(told.guesses.iter().map(|m| m.id.as_str()).collect::<Vec<_>>(), ["c", "b"]);
    }

    #[test]
    fn pieces_of_one_place_are_one_match() {
        let mut accepted = Vec::new();
        for (span, offset_ms, score) in [((0, 9_000), 500, 3.0), ((10_000, 19_000), 580, 4.0)] {
            join(&mut accepted, (7, Match { offset_ms, ..matched("", score, span, true) }));
        }
        join(&mut accepted, (7, Match { offset_ms: 60_000, ..matched("", 3.0, (20_000, 29_000), true) }));
        let spans: Vec<(u64, u64, i64)> =
            accepted.iter().map(|(_, m)| (m.query_start_ms, m.query_end_ms, m.offset_ms)).collect();
        assert_eq!(spans, [(0, 19_000, 580), (20_000, 29_000, 60_000)]);
    }
}
