//! What of the index a clip looks up, and how long lists may be that are read.

use super::query::Pair;
use super::scale::Scale;
use super::vote::FRACTION;
use crate::pairs;
use crate::segments::Segment;
use sonic_core::wide;

/// Look-ups done together: their scattered reads overlap.
pub(super) const BATCH: usize = 128;

/// A hash to look up and where its pair lies in the clip.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lookup {
    pub(super) hash: u32,
    /// Start of the voting line less the anchor's place, in fractions of a frame.
    pub(super) shift: i32,
}

wide! {
    /// The hashes of all pairs and of the neighbouring values where a part lies between two.
    pub(super) fn look_up(pairs: &[Pair], scale: Scale, lead: i32, near: f32, lookups: &mut Vec<Lookup>) {
        v3 => look_up_plain,
        v2 => look_up_plain,
        _ => look_up_plain,
    }
}

#[inline(always)]
fn look_up_plain(pairs: &[Pair], scale: Scale, lead: i32, near: f32, lookups: &mut Vec<Lookup>) {
    lookups.clear();
    let to_reference = 1.0 / scale.frequency;
    for &Pair { frame, bin, other_bin, distance, .. } in pairs {
        let shift = lead - (frame * scale.time * FRACTION as f32).round() as i32;
        let (first, second) = (around(bin * to_reference, near), around(other_bin * to_reference, near));
        let distances = around(distance * scale.time, near);
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
fn around(x: f32, near: f32) -> ([i32; 2], usize) {
    let nearest = (x + 0.5) as i32; // Positive by nature.
    let rest = x - nearest as f32;
    let other = nearest + if rest > 0.0 { 1 } else { -1 };
    ([nearest, other], if rest.abs() > near { 2 } else { 1 })
}

#[inline(always)]
fn values(around: &([i32; 2], usize)) -> &[i32] {
    &around.0[..around.1]
}

/// The policy for common pairs: lists are read from the shortest on until the budget is spent. Gives the length up
/// to which lists are read, judged by the clip as it is; a change of scale reads much the same.
pub(super) fn longest_list(pairs: &[Pair], segment: &Segment<'_>, near: f32, budget: u64) -> u64 {
    // Three look-ups a pair, whose lists are up to thirty times as long as the mean: nothing to count below that.
    let mean = segment.description.postings as f64 / f64::from(1u32 << pairs::HASH_BITS);
    if mean * 90.0 * (pairs.len() as f64) < budget as f64 {
        return u64::MAX;
    }
    let mut lookups = Vec::new();
    look_up(pairs, Scale::NONE, 0, near, &mut lookups);
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
    for batch in lookups.chunks(BATCH) {
        batch.iter().for_each(|lookup| segment.prefetch_start(lookup.hash));
        batch.iter().for_each(|lookup| segment.prefetch_bucket(lookup.hash));
        lengths.extend(batch.iter().map(|lookup| segment.count(lookup.hash)));
    }
}
