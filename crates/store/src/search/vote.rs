//! Votes: every pair of the clip that stands in the index votes for the place where the clip would start.
//!
//! The index is far larger than the processor's caches and the look-ups are scattered over it. So all scales are
//! searched together, one stretch of hashes after the other: a stretch is fetched once and then read by every scale.

use super::places::{WEIGHT_BITS, maxima, sort_by_place};
pub(crate) use super::query::Order;
use super::query::{Pair, Query};
use super::scale::Scale;
use super::weights::{WEIGHT, Weights};
use crate::pairs;
use crate::segments::{Located, Segment};
use sonic_core::parallel::Pool;
use sonic_core::wide;
use std::ops::Range;

/// Frames of a voting bin.
const BIN: i64 = 2;
/// Fixed-point fraction of a frame in which places are computed.
const FRACTION: i64 = 16;
/// Beyond this distance from a whole number the neighbouring value is looked up as well.
const NEIGHBOUR: f32 = 0.3;
/// Aim of the postings in a stretch of hashes: about 300 kB.
const STRETCH: u64 = 100_000;
/// Look-ups done together: their scattered reads overlap.
const BATCH: usize = 128;

/// A place where the clip may start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate {
    pub votes: f32,
    pub segment: usize,
    /// Frame on the line of the segment.
    pub position: i64,
}

/// How much the search at one scale may do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Pairs of the clip used at most.
    pub pairs: usize,
    /// Postings read at most, over all segments.
    pub postings: u64,
    /// Candidates kept at most.
    pub candidates: usize,
    /// Which pairs are used first.
    pub order: Order,
}

/// What a search read and left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Effort {
    /// Postings read.
    pub postings: u64,
    /// Postings of common pairs that were passed over to stay within the budget.
    pub skipped: u64,
}

impl Effort {
    pub(crate) fn add(&mut self, more: Self) {
        self.postings += more.postings;
        self.skipped += more.skipped;
    }
}

/// Memory that is kept from one search to the next.
#[derive(Default)]
pub(crate) struct Scratch {
    lookups: Vec<Lookup>,
    located: Vec<Located>,
    positions: Vec<Option<u64>>,
    /// End in `located` of the postings of a look-up, and the shift of its votes.
    runs: Vec<(usize, i64)>,
    votes: Vec<u64>,
    spare: Vec<u64>,
}

/// A hash to look up and where its pair lies in the clip.
#[derive(Clone, Copy)]
struct Lookup {
    hash: u32,
    /// Start of the voting line less the anchor's place, in fractions of a frame.
    shift: i64,
}

/// Votes with the clip changed by each of `scales`; for each the best candidates, most votes first.
pub(crate) fn vote(
    query: &Query,
    segments: &[Segment<'_>],
    scales: &[Scale],
    budget: Budget,
    pool: &Pool<Scratch>,
) -> (Vec<Vec<Candidate>>, Effort) {
    let mut candidates = vec![Vec::new(); scales.len()];
    let mut effort = Effort::default();
    let total: u64 = segments.iter().map(|s| s.description.postings).sum();
    for (i, segment) in segments.iter().enumerate() {
        let share =
            u128::from(budget.postings) * u128::from(segment.description.postings) / u128::from(total.max(1));
        let limit = longest_list(query, segment, budget.pairs, share as u64);
        let weights = Weights::new(segment.description.postings);
        let ballot =
            Ballot { query, segment, scales, pairs: budget.pairs, order: budget.order, limit, weights };
        let polled = pool.map(&ballot.stretches(), |scratch, bins| ballot.poll(bins, scratch));
        for (_, e) in &polled {
            effort.add(*e);
        }
        let counted = pool.map(0..scales.len(), |scratch, n| {
            scratch.votes.clear();
            polled.iter().for_each(|(votes, _)| scratch.votes.extend_from_slice(&votes[n]));
            sort_by_place(&mut scratch.votes, &mut scratch.spare);
            let position = |bin: u64| bin as i64 * BIN + BIN / 2 - ballot.lead(scales[n]) / FRACTION;
            let found = maxima(&scratch.votes).map(|(bin, votes)| Candidate {
                votes: votes as f32 / WEIGHT,
                segment: i,
                position: position(bin),
            });
            let mut found: Vec<Candidate> = found.collect();
            keep_best(&mut found, budget.candidates);
            found
        });
        candidates.iter_mut().zip(counted).for_each(|(all, found)| all.extend(found));
    }
    for list in &mut candidates {
        keep_best(list, budget.candidates);
        list.sort_by(order);
    }
    (candidates, effort)
}

/// Most votes first, then the earlier place: the same answer every time.
fn order(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    let place = a.segment.cmp(&b.segment).then(a.position.cmp(&b.position));
    b.votes.total_cmp(&a.votes).then(place)
}

fn keep_best(candidates: &mut Vec<Candidate>, count: usize) {
    if candidates.len() > count {
        candidates.select_nth_unstable_by(count, order);
        candidates.truncate(count);
    }
}

/// One segment searched by a clip at several scales.
struct Ballot<'a> {
    query: &'a Query,
    segment: &'a Segment<'a>,
    scales: &'a [Scale],
    pairs: usize,
    order: Order,
    limit: u64,
    weights: Weights,
}

impl Ballot<'_> {
    /// The stretches of hashes that are read one after the other, by the first frequency in bins.
    fn stretches(&self) -> Vec<Range<f32>> {
        let count = (self.segment.description.postings / STRETCH).clamp(1, 64) as usize;
        let edge = |i: usize| pairs::BINS as f32 * i as f32 / count as f32;
        (0..count).map(|i| edge(i)..edge(i + 1)).collect()
    }

    /// Clips start up to their own length before a recording: the voting line begins that much earlier.
    fn lead(&self, scale: Scale) -> i64 {
        ((self.query.frames as f32 * scale.time) as i64 + BIN) * FRACTION
    }

    /// The votes, scale by scale, of the pairs whose first frequency at that scale lies in `bins`.
    fn poll(&self, bins: &Range<f32>, scratch: &mut Scratch) -> (Vec<Vec<u64>>, Effort) {
        let mut effort = Effort::default();
        let each = self.scales.iter().map(|&scale| {
            look_up(
                self.query.between(bins, scale.frequency, self.pairs, self.order),
                scale,
                &mut scratch.lookups,
            );
            let lookups = std::mem::take(&mut scratch.lookups);
            let mut votes = Vec::with_capacity(lookups.len());
            for batch in lookups.chunks(BATCH) {
                cast(self, batch, self.lead(scale), scratch, &mut votes, &mut effort);
            }
            scratch.lookups = lookups;
            votes
        });
        (each.collect(), effort)
    }

    #[inline(always)]
    fn cast_plain(
        &self,
        batch: &[Lookup],
        lead: i64,
        scratch: &mut Scratch,
        votes: &mut Vec<u64>,
        effort: &mut Effort,
    ) {
        let Scratch { located, positions, runs, .. } = scratch;
        located.clear();
        runs.clear();
        batch.iter().for_each(|lookup| self.segment.prefetch_start(lookup.hash));
        batch.iter().for_each(|lookup| self.segment.prefetch_bucket(lookup.hash));
        for lookup in batch {
            if self.limit < u64::MAX {
                let length = self.segment.count(lookup.hash);
                if length > self.limit {
                    effort.skipped += length;
                    continue;
                }
            }
            let before = located.len();
            self.segment.locate(lookup.hash, located);
            if located.len() > before {
                runs.push((located.len(), lookup.shift + lead));
            }
        }
        effort.postings += located.len() as u64;
        positions.clear();
        positions.extend(located.iter().map(|&place| self.segment.position(place)));
        let mut start = 0;
        for &(end, shift) in &*runs {
            let run = positions[start..end].iter().flatten();
            let weight = self.weights.of(run.clone().count());
            votes.extend(run.map(|&position| {
                let bin = (position as i64 * FRACTION + shift) as u64 / (BIN * FRACTION) as u64;
                bin << WEIGHT_BITS | weight
            }));
            start = end;
        }
    }
}

wide! {
    /// The votes of a few look-ups: lists are found by counting bits.
    fn cast(
        ballot: &Ballot<'_>, batch: &[Lookup], lead: i64, scratch: &mut Scratch, votes: &mut Vec<u64>,
        effort: &mut Effort,
    ) {
        v3 => Ballot::cast_plain,
        v2 => Ballot::cast_plain,
        _ => Ballot::cast_plain,
    }
}

wide! {
    /// The hashes of all pairs and of the neighbouring values where a part lies between two.
    fn look_up['a](pairs: impl Iterator<Item = &'a Pair>, scale: Scale, lookups: &mut Vec<Lookup>) {
        v3 => look_up_plain,
        v2 => look_up_plain,
        _ => look_up_plain,
    }
}

#[inline(always)]
fn look_up_plain<'a>(pairs: impl Iterator<Item = &'a Pair>, scale: Scale, lookups: &mut Vec<Lookup>) {
    lookups.clear();
    let to_reference = 1.0 / scale.frequency;
    for &Pair { frame, bin, other_bin, distance, .. } in pairs {
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
#[inline(always)]
fn around(x: f32) -> ([i32; 2], usize) {
    let nearest = (x + 0.5) as i32; // Positive by nature.
    let rest = x - nearest as f32;
    let other = nearest + if rest > 0.0 { 1 } else { -1 };
    ([nearest, other], if rest.abs() > NEIGHBOUR { 2 } else { 1 })
}

#[inline(always)]
fn values(around: &([i32; 2], usize)) -> &[i32] {
    &around.0[..around.1]
}

/// The policy for common pairs: lists are read from the shortest on until the budget is spent. Gives the length up
/// to which lists are read, judged by the clip as it is; a change of scale reads much the same.
fn longest_list(query: &Query, segment: &Segment<'_>, pairs: usize, budget: u64) -> u64 {
    // Three look-ups a pair, whose lists are up to thirty times as long as the mean: nothing to count below that.
    let mean = segment.description.postings as f64 / f64::from(1u32 << pairs::HASH_BITS);
    if mean * 90.0 * (pairs.min(query.pairs.len()) as f64) < budget as f64 {
        return u64::MAX;
    }
    let mut lookups = Vec::new();
    look_up(
        query.between(&(0.0..pairs::BINS as f32), 1.0, pairs, Order::Salience),
        Scale::NONE,
        &mut lookups,
    );
    let mut lengths = Vec::with_capacity(lookups.len());
    count(segment, &lookups, &mut lengths);
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

wide! {
    /// The lengths of the lists that are looked up.
    fn count(segment: &Segment<'_>, lookups: &[Lookup], lengths: &mut Vec<u64>) {
        v3 => count_plain,
        v2 => count_plain,
        _ => count_plain,
    }
}

#[inline(always)]
fn count_plain(segment: &Segment<'_>, lookups: &[Lookup], lengths: &mut Vec<u64>) {
    for lookup in lookups {
        lengths.push(segment.count(lookup.hash));
    }
}

#[cfg(test)]
mod tests {
    use super::super::places::LEAST;
    use super::*;
    use crate::{NewRecording, Recording, Store, StoreOptions};
    use sonic_core::{Fingerprint, Landmark, PipelineId, Texture};
    use std::collections::BTreeMap;

    fn random(seed: u32) -> impl FnMut(u32) -> u32 {
        let mut state = seed;
        move |n| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % n
        }
    }

    fn fingerprint(seed: u32, frames: u32) -> Fingerprint {
        let mut random = random(seed);
        let mut landmarks: Vec<Landmark> = (0..frames * 7 / 10)
            .map(|_| Landmark {
                frame: random(frames),
                frequency: (88 + random(900) + random(900)) as u16,
                salience: random(32) as u8,
            })
            .collect();
        landmarks.sort();
        landmarks.dedup();
        let texture = Some(Texture { bins: 453, first_bin: 11, levels: vec![0; 453 * frames as usize] });
        let duration_ms = (f64::from(frames) * sonic_core::FRAME_MS) as u64;
        Fingerprint { pipeline: PipelineId::new("test"), duration_ms, frames, landmarks, texture }
    }

    /// The definition of the vote, pair by pair, over the landmarks themselves.
    fn plain_votes(
        query: &Query,
        spans: &[(i64, Fingerprint)],
        scale: Scale,
        weights: &Weights,
    ) -> BTreeMap<i64, u64> {
        let mut index: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
        for (start, recording) in spans {
            pairs::for_index(&recording.landmarks, |hash, frame| {
                index.entry(hash).or_default().push(start + i64::from(frame));
            });
        }
        for list in index.values_mut() {
            list.sort_unstable();
            list.dedup();
        }
        let lead = (query.frames as f32 * scale.time) as i64 + BIN;
        let mut lookups = Vec::new();
        look_up(query.pairs.iter(), scale, &mut lookups);
        let mut votes = BTreeMap::new();
        for lookup in lookups {
            let list = index.get(&lookup.hash).map(Vec::as_slice).unwrap_or_default();
            for position in list {
                let bin = (position * FRACTION + lookup.shift + lead * FRACTION) / (BIN * FRACTION);
                *votes.entry(bin * BIN + BIN / 2 - lead).or_default() += weights.of(list.len());
            }
        }
        votes
    }

    #[test]
    fn the_index_counts_what_the_definition_counts() {
        let directory = std::env::temp_dir().join(format!("sonic-vote-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        let store = Store::open(&directory, StoreOptions::default()).unwrap();
        let recordings: Vec<Fingerprint> = (0..6).map(|i| fingerprint(i, 500 + 300 * i)).collect();
        for (i, fingerprint) in recordings.iter().enumerate() {
            let recording = Recording { id: format!("r{i}"), ..Recording::default() };
            store.add(vec![NewRecording { recording, fingerprint: fingerprint.clone() }]).unwrap();
        }
        store.compact().unwrap();
        let (shared, pool) = (store.shared().unwrap(), Pool::new(2));
        let env = shared.env().unwrap();
        let txn = env.read().unwrap();
        let segments = Segment::all(txn.view()).unwrap();
        let spans: Vec<(i64, Fingerprint)> =
            segments[0].spans().map(|s| s.start as i64).zip(recordings.iter().cloned()).collect();
        let weights = Weights::new(segments[0].description.postings);
        let query = Query::new(&recordings[3], 200..500).unwrap();
        let budget =
            Budget { pairs: usize::MAX, postings: u64::MAX, candidates: usize::MAX, order: Order::Salience };
        for scale in [Scale::NONE, Scale { time: 1.05, frequency: 1.05 }, Scale { time: 0.9, frequency: 1.0 }]
        {
            let (found, effort) = vote(&query, &segments, &[scale], budget, &pool);
            let plain = plain_votes(&query, &spans, scale, &weights);
            let at = |position: i64| plain.get(&position).copied().unwrap_or(0);
            for candidate in &found[0] {
                let (here, left, right) =
                    (at(candidate.position), at(candidate.position - BIN), at(candidate.position + BIN));
                assert_eq!(candidate.votes * WEIGHT, (here + left.max(right)) as f32, "{candidate:?}");
                assert!(here > left && here >= right);
            }
            let maxima = plain.iter().filter(|&(&p, &v)| {
                let (left, right) = (at(p - BIN), at(p + BIN));
                v > left && v >= right && v + left.max(right) >= u64::from(LEAST)
            });
            assert_eq!(found[0].len(), maxima.count());
            assert!(effort.postings > 0 && effort.skipped == 0);
        }
        drop(segments);
        drop(txn);
        drop(env);
        drop((shared, store));
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
