//! The votes of a clip in one segment.

use super::lookup::{BATCH, Lookup, longest_list, look_up};
use super::places::{PART, Tally, WEIGHT_BITS, WHOLE};
use super::query::Pair;
use super::scale::Scale;
use super::vote::{BIN, Budget, Effort, FRACTION};
use super::weights::{WEIGHT, Weights};
use crate::pairs;
use crate::segments::{Found, Segment};
use sonic_core::parallel::Pool;
use sonic_core::wide;

/// Parts of the pairs of a clip, which threads share.
const SHARES: usize = 8;
/// Parts of the line, at most.
const MOST_PARTS: u64 = 64;
/// Look-ups of a pair, and how much longer than the mean the lists are that are looked up: about.
const LOOKUPS: f64 = 2.7;
const USUAL: f64 = 3.0;
/// How many times more places chance may give than are kept.
const CHANCE: f64 = 4.0;

/// Memory that is kept from one search to the next.
#[derive(Default)]
pub(crate) struct Scratch {
    lookups: Vec<Lookup>,
    found: Vec<Option<Found>>,
    /// The places that a list votes for.
    list: Vec<u64>,
    /// Votes by part of the line.
    votes: Vec<Vec<u64>>,
    tally: Tally,
}

/// One segment searched by a clip.
pub(super) struct Ballot<'a> {
    pairs: &'a [Pair],
    /// Length of the clip.
    frames: usize,
    segment: &'a Segment<'a>,
    budget: Budget,
    /// Lists that are longer are passed over.
    limit: u64,
    weights: Weights,
    /// Bits of the length of a part of the voting line.
    part_bits: u32,
    /// Votes that a candidate has at least.
    least: u32,
}

impl<'a> Ballot<'a> {
    /// For a clip of so many frames; `postings` are read at each scale.
    pub(super) fn new(
        (pairs, frames): (&'a [Pair], usize),
        segment: &'a Segment<'a>,
        budget: Budget,
        postings: u64,
    ) -> Self {
        let all = segment.description.postings;
        let mean = all as f64 / f64::from(1u32 << pairs::HASH_BITS);
        let votes = (LOOKUPS * USUAL * mean * pairs.len() as f64).min(postings as f64);
        let parts = if votes <= WHOLE as f64 { 1 } else { (votes as u64 / PART).min(MOST_PARTS) };
        let line = segment.description.length / BIN as u64;
        let least = budget.votes.max(chance(votes, line as f64, budget.candidates));
        Self {
            pairs,
            frames,
            segment,
            budget,
            limit: longest_list(pairs, segment, budget.near, postings),
            weights: Weights::new(all),
            part_bits: (u64::BITS - line.leading_zeros())
                .saturating_sub(parts.next_power_of_two().trailing_zeros()),
            least: (least * WEIGHT) as u32,
        }
    }

    /// Clips start up to their own length before a recording: the voting line begins that much earlier.
    fn lead(&self, scale: Scale) -> i64 {
        ((self.frames as f32 * scale.time) as i64 + BIN) * FRACTION
    }

    /// The best places at a scale: frame on the line of the segment, and votes.
    pub(super) fn count(&self, scale: Scale, scratch: &mut Scratch) -> (Vec<(i64, f32)>, Effort) {
        let effort = self.poll(self.pairs, scale, scratch);
        let Scratch { votes, tally, .. } = scratch;
        (self.best(scale, &[votes], tally), effort)
    }

    /// The same, on several threads.
    pub(super) fn count_shared(&self, scale: Scale, pool: &Pool<Scratch>) -> (Vec<(i64, f32)>, Effort) {
        let shares = self.pairs.chunks(self.pairs.len().div_ceil(SHARES).max(1));
        let polled = pool.map(shares, |scratch, pairs| {
            let effort = self.poll(pairs, scale, scratch);
            (std::mem::take(&mut scratch.votes), effort)
        });
        let votes: Vec<&[Vec<u64>]> = polled.iter().map(|(votes, _)| &votes[..]).collect();
        let mut effort = Effort::default();
        polled.iter().for_each(|(_, read)| effort.add(*read));
        let found = pool.map(0..1, |scratch, _| self.best(scale, &votes, &mut scratch.tally));
        (found.into_iter().flatten().collect(), effort)
    }

    /// Puts the votes of pairs into the scratch memory.
    fn poll(&self, pairs: &[Pair], scale: Scale, scratch: &mut Scratch) -> Effort {
        let mut effort = Effort::default();
        let lead = self.lead(scale);
        let line = (self.segment.description.length as i64 + lead / FRACTION) / BIN;
        scratch.votes.resize_with((line as u64 >> self.part_bits) as usize + 1, Vec::new);
        scratch.votes.iter_mut().for_each(Vec::clear);
        look_up(pairs, scale, lead as i32, self.budget.near, &mut scratch.lookups);
        cast(self, scratch, &mut effort);
        effort.postings = scratch.votes.iter().map(|votes| votes.len() as u64).sum();
        effort
    }

    fn best(&self, scale: Scale, votes: &[&[Vec<u64>]], tally: &mut Tally) -> Vec<(i64, f32)> {
        let lead = self.lead(scale) / FRACTION;
        let parts = votes.first().map_or(0, |parts| parts.len());
        let parts = (0..parts).map(|part| votes.iter().map(move |parts| &parts[part][..]));
        let found = tally.best(parts, self.part_bits, self.least, self.budget.candidates);
        let place = |&(bin, votes): &(u64, u32)| (bin as i64 * BIN + BIN / 2 - lead, votes as f32 / WEIGHT);
        found.iter().map(place).collect()
    }

    #[inline(always)]
    fn cast_plain(&self, scratch: &mut Scratch, effort: &mut Effort) {
        let Scratch { lookups, found, list, votes, .. } = scratch;
        for batch in lookups.chunks(BATCH) {
            batch.iter().for_each(|lookup| self.segment.prefetch_start(lookup.hash));
            batch.iter().for_each(|lookup| self.segment.prefetch_bucket(lookup.hash));
            found.clear();
            for lookup in batch {
                let length = if self.limit == u64::MAX { 0 } else { self.segment.count(lookup.hash) };
                if length > self.limit {
                    effort.skipped += length;
                    found.push(None);
                } else {
                    found.push(self.segment.seek(lookup.hash));
                }
            }
            for (lookup, found) in batch.iter().zip(&*found) {
                let Some(found) = found else { continue };
                let place = |position: u64| {
                    let place = (position * FRACTION as u64).wrapping_add(lookup.shift as u64);
                    place / (BIN * FRACTION) as u64
                };
                if let [votes] = &mut votes[..] {
                    let before = votes.len();
                    self.segment.read_found(found, |position| votes.push(place(position) << WEIGHT_BITS));
                    let weight = self.weights.of(votes.len() - before);
                    votes[before..].iter_mut().for_each(|vote| *vote |= weight);
                    continue;
                }
                list.clear();
                self.segment.read_found(found, |position| list.push(place(position)));
                let weight = self.weights.of(list.len());
                for &bin in &*list {
                    if let Some(part) = votes.get_mut((bin >> self.part_bits) as usize) {
                        part.push(bin << WEIGHT_BITS | weight);
                    }
                }
            }
        }
    }
}

wide! {
    /// The votes of all look-ups: lists are found by counting bits.
    fn cast(ballot: &Ballot<'_>, scratch: &mut Scratch, effort: &mut Effort) {
        v3 => Ballot::cast_plain,
        v2 => Ballot::cast_plain,
        _ => Ballot::cast_plain,
    }
}

/// The votes, less one, that chance does not give to many more places than are kept: those with fewer tell nothing.
/// `votes` fall on so many bins; a place takes in the better of its neighbours.
fn chance(votes: f64, bins: f64, candidates: usize) -> f32 {
    let beside = 3.0 * votes / bins.max(1.0);
    let (mut places, mut others) = (votes, 0.0f32);
    while places > CHANCE * candidates as f64 && others < 3.0 {
        others += 1.0;
        places *= beside / f64::from(others);
    }
    others
}
