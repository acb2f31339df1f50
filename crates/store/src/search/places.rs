//! Votes, sorted and counted by the place that they are for.

/// A vote is a bin of the voting line and a weight in one number, so that votes sort by place.
pub(super) const WEIGHT_BITS: u32 = 8;
/// A place with fewer votes than this, neighbours included, is no candidate.
pub(super) const LEAST: u32 = 24;

/// Sorts votes by place: least significant digit first, eleven bits at a time.
pub(super) fn sort_by_place(votes: &mut Vec<u64>, spare: &mut Vec<u64>) {
    const DIGIT: u32 = 11;
    let most = votes.iter().fold(0, |m, v| m | v);
    spare.resize(votes.len(), 0);
    let mut shift = WEIGHT_BITS;
    while most >> shift != 0 {
        let digit = |vote: u64| (vote >> shift) as usize & ((1 << DIGIT) - 1);
        let mut starts = [0u32; 1 << DIGIT];
        votes.iter().for_each(|&v| starts[digit(v)] += 1);
        let mut next = 0;
        for start in &mut starts {
            next += std::mem::replace(start, next);
        }
        for &vote in votes.iter() {
            let start = &mut starts[digit(vote)];
            spare[*start as usize] = vote;
            *start += 1;
        }
        std::mem::swap(votes, spare);
        shift += DIGIT;
    }
}

/// The places that no neighbour exceeds, as bin and votes, those of the better neighbour included.
pub(super) fn maxima(sorted: &[u64]) -> impl Iterator<Item = (u64, u32)> {
    let bin = |vote: u64| vote >> WEIGHT_BITS;
    let places = sorted.chunk_by(move |a, b| bin(*a) == bin(*b)).map(move |votes| {
        let sum: u32 = votes.iter().map(|v| (v & ((1 << WEIGHT_BITS) - 1)) as u32).sum();
        (bin(votes[0]), sum)
    });
    let (mut before, mut here) = ((u64::MAX - 1, 0), (u64::MAX - 1, 0));
    places.chain([(u64::MAX, 0)]).filter_map(move |after| {
        let left = if before.0.wrapping_add(1) == here.0 { before.1 } else { 0 };
        let right = if here.0 + 1 == after.0 { after.1 } else { 0 };
        let found = (here.0, here.1 + left.max(right));
        let is_maximum = here.1 > left && here.1 >= right && found.1 >= LEAST;
        (before, here) = (here, after);
        is_maximum.then_some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(list: &[(u64, u64)]) -> Vec<u64> {
        list.iter().map(|(bin, weight)| bin << WEIGHT_BITS | weight).collect()
    }

    #[test]
    fn sorting_by_place_agrees_with_the_standard_library() {
        let mut state = 9u64;
        for count in [0usize, 1, 2, 100, 5000] {
            let mut list: Vec<u64> = (0..count)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    state >> 25
                })
                .collect();
            let mut want = list.clone();
            want.sort_by_key(|v| v >> WEIGHT_BITS);
            sort_by_place(&mut list, &mut Vec::new());
            assert_eq!(list, want);
        }
    }

    #[test]
    fn maxima_take_in_the_better_neighbour() {
        let sorted = votes(&[(4, 10), (5, 16), (5, 16), (6, 12), (9, 16), (20, 16), (20, 9), (21, 25)]);
        // 9 has too little; of the equals 20 and 21 the first counts.
        assert_eq!(maxima(&sorted).collect::<Vec<_>>(), [(5, 44), (20, 50)]);
        assert_eq!(maxima(&[]).count(), 0);
    }
}
