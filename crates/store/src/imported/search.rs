//! Where a clip may come from: votes for the place where it would start, the rarest hashes first.
//!
//! After Wang, "An industrial-strength audio search algorithm" (ISMIR 2003): hashes of a clip that are found in a
//! recording vote for the difference of their frames. Votes are counted batch by batch on one array, which stays in the
//! cache of the processor.

use super::clip::{Clip, Listed, MAX_FRAMES};
use super::evidence::{Evidence, probability};
use super::postings::{self, Lists, batch_of};
use super::row::{self, Row};
use super::support::{self, Support};
use crate::env::{Table, View};
use sonic_core::{PairHashes, Result, parallel};
use std::collections::HashMap;
use std::ops::Range;

/// Places of the best votes that are looked at closely.
const MOST_CANDIDATES: usize = 4;
/// Frames between two places at least, for the second to be another.
const APART: usize = 43;

/// A recording that a piece may come from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) number: u32,
    /// Frame of the recording at which the piece begins.
    pub(crate) offset: i64,
    /// Frames of the piece, from the first to the last that agree.
    pub(crate) span: (u32, u32),
    pub(crate) votes: u32,
    /// Log-odds that it is right.
    pub(crate) score: f32,
    pub(crate) probability: f32,
}

/// What was found of a piece, and what it took.
#[derive(Debug, Default)]
pub(crate) struct Searched {
    /// The likeliest first.
    pub(crate) found: Vec<Found>,
    pub(crate) read: u64,
    pub(crate) skipped: u64,
}

/// A place of many votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The recording, in the list of all rows.
    row: usize,
    /// Where the piece begins on the line of the batch, [`MAX_FRAMES`] further on.
    pub(super) place: usize,
    votes: u32,
    /// Votes of the next best place in the same recording.
    rival: u32,
}

/// Searches for a piece of at most [`MAX_FRAMES`] frames; `is_excluded` says which recordings are not to be found.
pub(crate) fn search(
    view: View<'_>,
    piece: &PairHashes,
    threads: usize,
    is_excluded: impl Fn(&str) -> bool + Sync,
) -> Result<Searched> {
    let rows: Vec<(u32, Row)> = row::all(view)?.collect::<Result<_>>()?;
    let clip = Clip::new(view, piece)?;
    let batches = batches(&clip, view, &rows)?;
    let counted = parallel::map_with(batches.iter(), threads, Vec::new, |counters, batch| {
        batch.candidates(&clip, &rows, counters, &is_excluded)
    });
    let mut candidates: Vec<(usize, Candidate)> = Vec::new();
    for (place, of_batch) in counted.into_iter().enumerate() {
        candidates.extend(of_batch.into_iter().map(|candidate| (place, candidate)));
    }
    candidates.sort_by_key(|(place, c)| (std::cmp::Reverse(c.votes), *place, c.place));
    let judge = |index: usize| {
        let (place, candidate) = candidates[index];
        let others = candidates.iter().enumerate().filter(|(other, _)| *other != index);
        let rival = others.map(|(_, (_, other))| other.votes).max().unwrap_or(0).max(candidate.rival);
        let support = support::of(&clip, &batches[place].lists, candidate.place);
        judged(&clip, &rows[candidate.row], candidate, rival, &support)
    };
    let mut found: Vec<Found> = (0..candidates.len().min(MOST_CANDIDATES)).map(judge).collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(Searched { found, read: clip.votes, skipped: clip.skipped })
}

/// The lists of what is wanted, batch by batch.
fn batches<'t>(clip: &Clip, view: View<'t>, rows: &[(u32, Row)]) -> Result<Vec<BatchLists<'t>>> {
    let mut batches: Vec<BatchLists<'t>> = Vec::new();
    let mut places: HashMap<u32, usize> = HashMap::new();
    for (number, batch) in row::batches(view)? {
        places.insert(number, batches.len());
        let own = rows.iter().enumerate().filter(|(_, (_, row))| row.batch == number);
        let rows = own.map(|(index, _)| index).collect();
        batches.push(BatchLists { length: batch.length as usize, rows, lists: Vec::new() });
    }
    let mut index = 0;
    while index < clip.wanted.len() {
        let bands = postings::prefix(clip.wanted[index].hash);
        let of_bands = clip.wanted[index..].iter().take_while(|w| postings::prefix(w.hash) == bands);
        let end = index + of_bands.count();
        for row in view.prefix(Table::ImportedPostings, &bands)? {
            let (key, value) = row?;
            let Some(batch) = places.get(&batch_of(key)?) else { continue };
            let mut next = index;
            for list in Lists::new(value) {
                let list = list?;
                while next < end && clip.wanted[next].hash.steps() < list.steps {
                    next += 1;
                }
                if next == end {
                    break;
                }
                if clip.wanted[next].hash.steps() == list.steps {
                    batches[*batch].lists.push(Listed { list, wanted: next });
                }
            }
        }
        index = end;
    }
    Ok(batches)
}

fn judged(clip: &Clip, (number, row): &(u32, Row), at: Candidate, rival: u32, support: &Support) -> Found {
    let evidence = Evidence {
        votes: at.votes,
        rival,
        anchors: support.anchors,
        of_anchors: clip.anchors,
        half_seconds: support.half_seconds,
    };
    let score = evidence.log_odds();
    Found {
        number: *number,
        offset: at.place as i64 - i64::from(MAX_FRAMES) - i64::from(row.start),
        span: support.span,
        votes: at.votes,
        score,
        probability: probability(score),
    }
}

/// The lists of a batch that are wanted.
struct BatchLists<'t> {
    length: usize,
    /// Its recordings, in the list of all rows.
    rows: Vec<usize>,
    lists: Vec<Listed<'t>>,
}

impl BatchLists<'_> {
    /// The best place of each recording, as far as they may be of the best of all.
    fn candidates(
        &self,
        clip: &Clip,
        rows: &[(u32, Row)],
        counters: &mut Vec<u16>,
        is_excluded: &impl Fn(&str) -> bool,
    ) -> Vec<Candidate> {
        counters.clear();
        counters.resize(self.length + 2 * MAX_FRAMES as usize, 0);
        for Listed { list, wanted } in &self.lists {
            let frames = clip.frames_of(*wanted);
            for place in list.places() {
                for frame in frames {
                    let start = (place + MAX_FRAMES).wrapping_sub(*frame) as usize;
                    if let Some(counter) = counters.get_mut(start) {
                        *counter = counter.saturating_add(1);
                    }
                }
            }
        }
        let best = |index: &usize| {
            let row = &rows[*index].1;
            let span = starts(row, counters.len());
            (counters[span].windows(3).map(sum).max().unwrap_or(0), *index)
        };
        let own = self.rows.iter().filter(|row| !is_excluded(&rows[**row].1.recording.id));
        let mut best: Vec<(u32, usize)> = own.map(best).filter(|(votes, _)| *votes > 0).collect();
        best.sort_by_key(|(votes, row)| (std::cmp::Reverse(*votes), *row));
        best.truncate(MOST_CANDIDATES);
        best.into_iter()
            .map(|(votes, row)| candidate(counters, row, starts(&rows[row].1, counters.len()), votes))
            .collect()
    }
}

/// Where a piece of a recording may begin, [`MAX_FRAMES`] further on.
fn starts(row: &Row, length: usize) -> Range<usize> {
    let end = (row.start as usize + row.recording.frames as usize + MAX_FRAMES as usize + 1).min(length);
    (row.start as usize).min(end)..end
}

fn sum(window: &[u16]) -> u32 {
    window.iter().map(|votes| u32::from(*votes)).sum()
}

/// The place that has so many votes, and the next best.
fn candidate(counters: &[u16], row: usize, span: Range<usize>, votes: u32) -> Candidate {
    let sums = counters[span.clone()].windows(3).map(sum);
    let at = sums.clone().position(|sum| sum == votes).unwrap_or(0);
    let elsewhere = sums.enumerate().filter(|(other, _)| other.abs_diff(at) > APART);
    let rival = elsewhere.map(|(_, votes)| votes).max().unwrap_or(0);
    Candidate { row, place: span.start + at + 1, votes, rival }
}
