//! Votes: every pair of the clip that stands in the index votes for the place where the clip would start.
//!
//! The index is far larger than the processor's caches and the look-ups are scattered over it: many are done together,
//! so that their reads overlap. The votes of one scale stay in the cache until they are counted.

use super::ballot::Ballot;
pub(crate) use super::ballot::Scratch;
pub(crate) use super::query::Order;
use super::query::Query;
use super::scale::Scale;
use crate::segments::Segment;
use sonic_core::parallel::Pool;

/// Frames of a voting bin.
pub(super) const BIN: i64 = 2;
/// Fixed-point fraction of a frame in which places are computed.
pub(super) const FRACTION: i64 = 16;
/// Scales from which on threads share those, and not the pairs of one.
const MANY: usize = 8;

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
    /// Which pairs are used first.
    pub order: Order,
    /// Beyond this distance from a whole number the neighbouring value is looked up as well.
    pub near: f32,
    /// Postings read at most, over all segments.
    pub postings: u64,
    /// Votes that a candidate has at least.
    pub votes: f32,
    /// Candidates kept at most.
    pub candidates: usize,
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
    let pairs = query.first(budget.pairs, budget.order);
    for (i, segment) in segments.iter().enumerate() {
        let share =
            u128::from(budget.postings) * u128::from(segment.description.postings) / u128::from(total.max(1));
        let ballot = Ballot::new((&pairs, query.frames), segment, budget, share as u64);
        let counted = match scales.len() < MANY && pool.threads() > 1 {
            true => scales.iter().map(|scale| ballot.count_shared(*scale, pool)).collect(),
            false => pool.map(scales, |scratch, scale| ballot.count(*scale, scratch)),
        };
        for (list, (found, read)) in candidates.iter_mut().zip(counted) {
            effort.add(read);
            let candidate = |(position, votes)| Candidate { votes, segment: i, position };
            list.extend(found.into_iter().map(candidate));
        }
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

#[cfg(test)]
mod tests {
    use super::super::lookup::look_up;
    use super::super::weights::{WEIGHT, Weights};
    use super::*;
    use crate::pairs;
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
        look_up(&query.pairs, scale, (lead * FRACTION) as i32, 0.3, &mut lookups);
        let mut votes = BTreeMap::new();
        for lookup in lookups {
            let list = index.get(&lookup.hash).map(Vec::as_slice).unwrap_or_default();
            for position in list {
                let bin = (position * FRACTION + i64::from(lookup.shift)) / (BIN * FRACTION);
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
        let budget = Budget {
            pairs: usize::MAX,
            order: Order::Salience,
            near: 0.3,
            postings: u64::MAX,
            votes: 1.5,
            candidates: usize::MAX,
        };
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
                v > left && v >= right && v + left.max(right) >= 24
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
