//! Votes counted by the place that they are for.
//!
//! Of some hundred thousand votes nearly all are alone at their place. So they are first counted by the last bits of
//! their place, in counters that stay in the cache; only those that could then be enough are sorted and counted exactly.

/// A vote is a bin of the voting line and a weight in one number, so that votes sort by place.
pub(super) const WEIGHT_BITS: u32 = 8;
/// Bits of the number of counters that votes are first counted in, for many votes and for few: four counters a vote, so
/// that hardly any share one by chance.
const MANY: u32 = 17;
const FEW: u32 = 15;
/// Votes of a part of the line, about, and the votes up to which the line needs no parts.
pub(super) const PART: u64 = 1 << (FEW - 2);
pub(super) const WHOLE: u64 = 1 << (MANY - 2);
/// Fewer votes than this are sorted at once.
const LEAST: usize = 64;
/// Candidates that may be had beyond those that are wanted, before the least are dropped.
const SPARE: usize = 64;

fn bin(vote: u64) -> u64 {
    vote >> WEIGHT_BITS
}

fn weight(vote: u64) -> u32 {
    (vote & ((1 << WEIGHT_BITS) - 1)) as u32
}

/// Counts votes; its memory is kept from one count to the next.
pub(super) struct Tally {
    counters: Box<[u8; 1 << MANY]>,
    enough: Vec<u64>,
    found: Vec<(u64, u32)>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { counters: Box::new([0; 1 << MANY]), enough: Vec::new(), found: Vec::new() }
    }
}

impl Tally {
    /// The `count` places with the most votes, those of the better neighbour included, among those that have at least
    /// `least` and that no neighbour exceeds; of equals the earlier. In no order, as bin and votes. The votes are given by
    /// parts of the line, one after the other, each `2^part_bits` bins long and in any number of slices.
    pub(super) fn best<'v>(
        &mut self,
        parts: impl Iterator<Item = impl Iterator<Item = &'v [u64]> + Clone>,
        part_bits: u32,
        least: u32,
        count: usize,
    ) -> &[(u64, u32)] {
        let (mut least, mut maxima) = (least, Maxima::default());
        self.found.clear();
        for votes in parts {
            self.sift(votes, part_bits, least);
            for votes in self.enough.chunk_by(|a, b| bin(*a) == bin(*b)) {
                let place = (bin(votes[0]), votes.iter().map(|vote| weight(*vote)).sum());
                self.found.extend(maxima.push(place).filter(|found| found.1 >= least));
            }
            if self.found.len() > count.saturating_add(SPARE) {
                least = keep_most(&mut self.found, count);
            }
        }
        self.found.extend(maxima.push(NOWHERE).filter(|found| found.1 >= least));
        if self.found.len() > count {
            keep_most(&mut self.found, count);
        }
        &self.found
    }

    /// Puts those votes of a part into `enough`, sorted, whose place could have `least` together with a neighbour.
    fn sift<'v>(&mut self, votes: impl Iterator<Item = &'v [u64]> + Clone, part_bits: u32, least: u32) {
        let Self { counters, enough, .. } = self;
        enough.clear();
        match votes.clone().map(<[u64]>::len).sum::<usize>() {
            ..LEAST => votes.for_each(|votes| enough.extend_from_slice(votes)),
            count if count <= 2 * PART as usize => match counters.first_chunk_mut() {
                Some(counters) => take_full::<{ 1 << FEW }>(counters, votes, part_bits, least, enough),
                None => unreachable!("few counters are fewer than many"),
            },
            _ => take_full(counters, votes, part_bits, least, enough),
        }
        enough.sort_unstable();
    }
}

/// Adds those votes to `enough` whose counters have at least `least` with a neighbour. Their number is known to the
/// compiler, a power of two: no index needs to be looked at.
fn take_full<'v, const COUNT: usize>(
    counters: &mut [u8; COUNT],
    votes: impl Iterator<Item = &'v [u64]> + Clone,
    part_bits: u32,
    least: u32,
    enough: &mut Vec<u64>,
) {
    counters.fill(0);
    for votes in votes.clone() {
        for vote in votes {
            let counter = &mut counters[bin(*vote) as usize % COUNT];
            *counter = counter.saturating_add(weight(*vote) as u8);
        }
    }
    // A counter that is full stands for any number, and votes of the neighbouring part may be beside an edge.
    let least = least.min(u32::from(u8::MAX)) as u16;
    let edge = (1u64 << part_bits) - 1;
    let at = |place: usize| u16::from(counters[place % COUNT]);
    for votes in votes {
        for &vote in votes {
            let place = bin(vote) as usize;
            let most = at(place) + at(place.wrapping_sub(1)).max(at(place + 1));
            if most >= least || (bin(vote) + 1) & edge <= 1 {
                enough.push(vote);
            }
        }
    }
}

/// Keeps the `count` places with the most votes, of equals the earlier; gives the votes that a later place needs to be
/// among them.
fn keep_most(found: &mut Vec<(u64, u32)>, count: usize) -> u32 {
    found.select_nth_unstable_by(count, |a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(count);
    found.iter().map(|found| found.1).min().map_or(u32::MAX, |least| least.saturating_add(1))
}

/// No place: the end of a list of places.
const NOWHERE: (u64, u32) = (u64::MAX, 0);

/// The places that no neighbour exceeds, of places in order.
struct Maxima {
    before: (u64, u32),
    here: (u64, u32),
}

impl Default for Maxima {
    fn default() -> Self {
        Self { before: (u64::MAX - 1, 0), here: (u64::MAX - 1, 0) }
    }
}

impl Maxima {
    /// Takes the next place; gives the one before it, with the votes of its better neighbour, if neither has more.
    fn push(&mut self, after: (u64, u32)) -> Option<(u64, u32)> {
        let Self { before, here } = *self;
        let left = if before.0.wrapping_add(1) == here.0 { before.1 } else { 0 };
        let right = if here.0 + 1 == after.0 { after.1 } else { 0 };
        *self = Self { before: here, here: after };
        (here.1 > left && here.1 >= right).then_some((here.0, here.1 + left.max(right)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(list: &[(u64, u64)]) -> Vec<u64> {
        list.iter().map(|(bin, weight)| bin << WEIGHT_BITS | weight).collect()
    }

    fn best(votes: &[u64], least: u32, count: usize) -> Vec<(u64, u32)> {
        // In parts of 64 bins, each in two slices.
        let mut parts = vec![
            [Vec::new(), Vec::new()];
            1 + votes.iter().map(|vote| bin(*vote) as usize / 64).max().unwrap_or(0)
        ];
        votes.iter().enumerate().for_each(|(i, vote)| parts[bin(*vote) as usize / 64][i % 2].push(*vote));
        let parts = parts.iter().map(|slices| slices.iter().map(Vec::as_slice));
        let mut found = Tally::default().best(parts, 6, least, count).to_vec();
        found.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        found
    }

    /// The definition: all votes sorted and counted.
    fn plain(votes: &[u64], least: u32, count: usize) -> Vec<(u64, u32)> {
        let mut sums = std::collections::BTreeMap::new();
        votes.iter().for_each(|vote| *sums.entry(bin(*vote)).or_insert(0) += weight(*vote));
        let at = |place: u64| sums.get(&place).copied().unwrap_or(0);
        let places = sums.iter().filter_map(|(&place, &here)| {
            let (left, right) = (at(place.wrapping_sub(1)), at(place + 1));
            let found = (place, here + left.max(right));
            (here > left && here >= right && found.1 >= least).then_some(found)
        });
        let mut found: Vec<_> = places.collect();
        found.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(count);
        found
    }

    #[test]
    fn a_maximum_takes_in_the_better_neighbour() {
        let list = votes(&[(6, 10), (5, 16), (4, 10), (5, 16), (9, 16), (21, 25), (20, 16), (20, 9)]);
        // 9 has too little; of the equals 20 and 21 the first counts.
        assert_eq!(best(&list, 24, 9), [(20, 50), (5, 44 - 2)]);
        assert!(best(&[], 24, 9).is_empty());
    }

    #[test]
    fn counting_agrees_with_the_definition() {
        let mut state = 9u64;
        let mut random = |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        for (count, line) in
            [(1, 5), (50, 30), (3000, 900), (3000, 1 << 20), (70_000, 1 << 14), (70_000, 1 << 20)]
        {
            // Some places have many votes, some of them more than a counter holds.
            let list: Vec<u64> = (0..count)
                .map(|i| {
                    let place = if i % 7 == 0 { random(line / 5 + 1) / 64 * 64 } else { random(line) };
                    place << WEIGHT_BITS | (1 + random(16))
                })
                .collect();
            for (least, most) in [(24, 500), (48, 1), (1, 20), (300, 100), (0, usize::MAX)] {
                assert_eq!(
                    best(&list, least, most),
                    plain(&list, least, most),
                    "{count} {line} {least} {most}"
                );
            }
        }
    }
}
