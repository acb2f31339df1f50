//! Votes: every pair of the clip that stands in the index votes for the place where the clip would start.

use super::query::{Pair, Query};
use super::scale::Scale;
use crate::pairs;
use crate::segments::Segment;

/// Frames of a voting bin.
const BIN: i64 = 2;
/// Fixed-point fraction of a frame in which places are computed.
const FRACTION: i64 = 16;
/// Bins counted at once: their counters fit the processor's second cache.
const STRIPE: u64 = 1 << 20;
/// Beyond this distance from a whole number the neighbouring value is looked up as well.
const NEIGHBOUR: f32 = 0.3;
/// Full weight of a vote; common pairs weigh less.
const WEIGHT: f32 = 16.0;

/// A place where the clip may start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate {
    pub votes: f32,
    pub segment: usize,
    /// Frame on the line of the segment.
    pub position: i64,
}

/// How much a search may read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Postings read at most, over all segments.
    pub postings: u64,
    /// Candidates kept at most.
    pub candidates: usize,
}

/// What a search left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Effort {
    /// Postings read.
    pub postings: u64,
    /// Postings of common pairs that were passed over to stay within the budget.
    pub skipped: u64,
}

/// Memory of a search that is worth keeping from one to the next.
#[derive(Default)]
pub(crate) struct Scratch {
    lookups: Vec<Lookup>,
    counters: Vec<u16>,
    touched: Vec<u32>,
    spill: Vec<Vec<(u32, u16)>>,
}

/// A hash to look up and where its pair lies in the clip.
#[derive(Clone, Copy)]
struct Lookup {
    hash: u32,
    /// Start of the voting line minus the anchor's place, in fractions of a frame.
    shift: i64,
}

/// Votes with the clip changed by `scale`; the best candidates, most votes first.
pub(crate) fn vote(
    query: &Query,
    segments: &[Segment<'_>],
    scale: Scale,
    budget: Budget,
    scratch: &mut Scratch,
) -> (Vec<Candidate>, Effort) {
    look_up(query, scale, &mut scratch.lookups);
    // Clips start up to their own length before a recording: the voting line begins that much earlier.
    let lead = ((query.frames as f32 * scale.time) as i64 + BIN) * FRACTION;
    let mut candidates = Vec::new();
    let mut effort = Effort::default();
    let total: u64 = segments.iter().map(|s| s.description.postings).sum();
    for (i, segment) in segments.iter().enumerate() {
        let share = budget.postings as u128 * u128::from(segment.description.postings) / u128::from(total.max(1));
        let limit = longest_list(segment, &scratch.lookups, share as u64);
        let found = count(segment, scratch, lead, limit, &mut effort);
        let position = |bin: u64| bin as i64 * BIN + BIN / 2 - lead / FRACTION;
        candidates.extend(found.into_iter().map(|(bin, votes)| Candidate {
            votes: votes as f32 / WEIGHT,
            segment: i,
            position: position(bin),
        }));
        keep_best(&mut candidates, budget.candidates);
    }
    candidates.sort_by(order);
    (candidates, effort)
}

/// Most votes first, then the earlier place: the same answer every time.
fn order(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    b.votes
        .total_cmp(&a.votes)
        .then(a.segment.cmp(&b.segment))
        .then(a.position.cmp(&b.position))
}

fn keep_best(candidates: &mut Vec<Candidate>, count: usize) {
    if candidates.len() > count {
        candidates.select_nth_unstable_by(count, order);
        candidates.truncate(count);
    }
}

/// The hashes of all pairs and of the neighbouring values where a part lies between two.
fn look_up(query: &Query, scale: Scale, lookups: &mut Vec<Lookup>) {
    lookups.clear();
    let to_reference = 1.0 / scale.frequency;
    for pair in &query.pairs {
        let Pair { frame, bin, other_bin, distance } = *pair;
        let shift = -((frame * scale.time * FRACTION as f32).round() as i64);
        let (first, second) = (around(bin * to_reference), around(other_bin * to_reference));
        let distances = around(distance * scale.time);
        for &bin in values(&first) {
            for &other in values(&second) {
                for &distance in values(&distances) {
                    if let Some(hash) = pairs::hash(bin, other - bin, distance) {
                        lookups.push(Lookup { hash, shift });
                    }
                }
            }
        }
    }
}

/// The nearest whole number, and the one on the other side if `x` lies well between.
#[inline]
fn around(x: f32) -> ([i32; 2], usize) {
    let nearest = x.round();
    let rest = x - nearest;
    let other = nearest as i32 + if rest > 0.0 { 1 } else { -1 };
    ([nearest as i32, other], if rest.abs() > NEIGHBOUR { 2 } else { 1 })
}

#[inline]
fn values(around: &([i32; 2], usize)) -> &[i32] {
    &around.0[..around.1]
}

/// The policy for common pairs: lists are read from the shortest on until the budget is spent. Gives the length up
/// to which lists are read.
fn longest_list(segment: &Segment<'_>, lookups: &[Lookup], budget: u64) -> u64 {
    // While even the whole segment read once for each look-up cannot exceed the budget there is nothing to count.
    if lookups.is_empty() || segment.description.postings <= budget / lookups.len() as u64 {
        return u64::MAX;
    }
    let mut lengths: Vec<u64> = lookups.iter().map(|l| segment.count(l.hash)).collect();
    lengths.sort_unstable();
    let mut read = 0;
    let within = lengths.iter().take_while(|&&length| {
        read += length;
        read <= budget
    });
    match within.count() {
        n if n == lengths.len() => u64::MAX,
        n => lengths[n].saturating_sub(1),
    }
}

/// Counts the votes of one segment; gives the local maxima as bin and votes.
fn count(
    segment: &Segment<'_>,
    scratch: &mut Scratch,
    lead: i64,
    limit: u64,
    effort: &mut Effort,
) -> Vec<(u64, u32)> {
    let Scratch { lookups, counters, touched, spill } = scratch;
    let bins = (segment.description.length as i64 * FRACTION + lead) as u64 / (BIN * FRACTION) as u64 + 2;
    counters.resize(STRIPE.min(bins.next_power_of_two()).max(counters.len() as u64) as usize, 0);
    let weigh = Weights::new(segment.description.postings);
    let mut found = Vec::new();
    let bin_of = |position: u64, shift: i64| (position as i64 * FRACTION + lead + shift) / (BIN * FRACTION);
    if bins <= STRIPE {
        for lookup in &*lookups {
            let Some(weight) = admit(segment, lookup.hash, limit, &weigh, effort) else { continue };
            segment.for_each(lookup.hash, |position| {
                effort.postings += 1;
                add(counters, touched, bin_of(position, lookup.shift) as u64, weight);
            });
        }
        maxima(counters, touched, 0, &mut found);
        return found;
    }
    spill.iter_mut().for_each(Vec::clear);
    spill.resize_with(bins.div_ceil(STRIPE) as usize, Vec::new);
    for lookup in &*lookups {
        let Some(weight) = admit(segment, lookup.hash, limit, &weigh, effort) else { continue };
        segment.for_each(lookup.hash, |position| {
            effort.postings += 1;
            let bin = bin_of(position, lookup.shift) as u64;
            if let Some(stripe) = spill.get_mut((bin / STRIPE) as usize) {
                stripe.push(((bin % STRIPE) as u32, weight));
            }
        });
    }
    for (i, stripe) in spill.iter().enumerate() {
        for &(bin, weight) in stripe {
            add(counters, touched, u64::from(bin), weight);
        }
        maxima(counters, touched, i as u64 * STRIPE, &mut found);
    }
    found
}

/// The weight of the votes of a hash; `None` if its list is too long to be read or empty.
#[inline]
fn admit(segment: &Segment<'_>, hash: u32, limit: u64, weights: &Weights, effort: &mut Effort) -> Option<u16> {
    let length = segment.count(hash);
    if length > limit {
        effort.skipped += length;
        return None;
    }
    (length > 0).then(|| weights.of(length))
}

#[inline]
fn add(counters: &mut [u16], touched: &mut Vec<u32>, bin: u64, weight: u16) {
    if let Some(counter) = counters.get_mut(bin as usize) {
        if *counter == 0 {
            touched.push(bin as u32);
        }
        *counter = counter.saturating_add(weight);
    }
}

/// Reports the bins that no neighbour exceeds, together with the votes of the better neighbour, and clears all.
fn maxima(counters: &mut [u16], touched: &mut Vec<u32>, first: u64, found: &mut Vec<(u64, u32)>) {
    for &bin in &*touched {
        let bin = bin as usize;
        let here = counters[bin];
        let before = if bin > 0 { counters[bin - 1] } else { 0 };
        let after = counters.get(bin + 1).copied().unwrap_or(0);
        if here > before && here >= after {
            found.push((first + bin as u64, u32::from(here) + u32::from(before.max(after))));
        }
    }
    for &bin in &*touched {
        counters[bin as usize] = 0;
    }
    touched.clear();
}

/// Weights of votes by the length of their list: log(N / (n + 1)) / log N, as an integer.
struct Weights {
    table: [u16; 64],
    ln_total: f32,
}

impl Weights {
    fn new(postings: u64) -> Self {
        let ln_total = (postings.max(3) as f32).ln();
        let mut weights = Self { table: [0; 64], ln_total };
        for n in 0..64 {
            weights.table[n] = weights.compute(n as u64);
        }
        weights
    }

    fn compute(&self, length: u64) -> u16 {
        (WEIGHT * (self.ln_total - (length as f32 + 1.0).ln()) / self.ln_total).round().max(1.0) as u16
    }

    #[inline]
    fn of(&self, length: u64) -> u16 {
        self.table.get(length as usize).copied().unwrap_or_else(|| self.compute(length))
    }
}
