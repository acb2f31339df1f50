//! Postings: a sorted list of numbers in little space, with a fast look-up by prefix.
//!
//! A posting is a number whose high bits are a hash and whose low bits are a position. A sorted list of them is kept
//! as Elias and Fano proposed (Elias, "Efficient storage and retrieval by content and address of static files",
//! J. ACM 1974): the low bits of each number packed side by side, the high bits as a bit vector with a one for each
//! number and a zero at the end of each bucket. That takes about 2 + log2(universe / n) bits a number at every
//! density, and a list is found by counting zeros from the nearest of the starts kept for every 32nd bucket.
//!
//! What a search calls is always inlined, so that it is compiled for the processor that the search was (`wide!`): bits
//! are counted in one instruction where there is one.
//!
//! ```text
//! count u32 | low bits u8 | universe bits u8 | 0 u16 | starts u32 * groups | bit vector | low parts | 8 bytes of 0
//! ```

use sonic_core::wide::prefetch;
use std::ops::Range;

const HEADER: usize = 8;
/// Buckets between two starts.
const GROUP: u64 = 32;
/// Bytes after the end, so that eight can be read anywhere.
const PADDING: usize = 8;

/// Packs sorted numbers below `2^universe_bits`.
pub(crate) fn encode(numbers: &[u64], universe_bits: u32) -> Vec<u8> {
    let low_bits = low_bits(numbers.len() as u64, universe_bits);
    let buckets = 1u64 << (universe_bits - low_bits);
    let groups = buckets.div_ceil(GROUP);
    let vector_bytes = (numbers.len() as u64 + buckets).div_ceil(8) as usize;
    let low_bytes = (numbers.len() * low_bits as usize).div_ceil(8);
    let starts_at = HEADER;
    let vector_at = starts_at + 4 * groups as usize;
    let low_at = vector_at + vector_bytes;
    let mut out = vec![0u8; low_at + low_bytes + PADDING];
    out[..4].copy_from_slice(&(numbers.len() as u32).to_le_bytes());
    out[4] = low_bits as u8;
    out[5] = universe_bits as u8;
    let mut next_group = 0;
    for (i, &number) in numbers.iter().enumerate() {
        let bucket = number >> low_bits;
        while next_group <= bucket / GROUP {
            put_start(&mut out, starts_at, next_group, i);
            next_group += 1;
        }
        let bit = i as u64 + bucket;
        out[vector_at + (bit / 8) as usize] |= 1 << (bit % 8);
        put_bits(&mut out[low_at..], i * low_bits as usize, number & ((1 << low_bits) - 1));
    }
    for group in next_group..groups {
        put_start(&mut out, starts_at, group, numbers.len());
    }
    out
}

fn put_start(out: &mut [u8], at: usize, group: u64, start: usize) {
    let at = at + 4 * group as usize;
    out[at..at + 4].copy_from_slice(&(start as u32).to_le_bytes());
}

fn put_bits(out: &mut [u8], bit: usize, value: u64) {
    // At most 56 + 7 bits: one unaligned word is enough.
    let at = bit / 8;
    let mut word = [0u8; 8];
    word.copy_from_slice(&out[at..at + 8]);
    let word = u64::from_le_bytes(word) | value << (bit % 8);
    out[at..at + 8].copy_from_slice(&word.to_le_bytes());
}

/// The number of low bits that takes the least space.
fn low_bits(count: u64, universe_bits: u32) -> u32 {
    let count_bits = u64::BITS - count.max(1).leading_zeros() - 1;
    universe_bits.saturating_sub(count_bits).min(56)
}

/// Where numbers start: their place in the bit vector, and how many come before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor {
    bit: u64,
    index: u64,
}

/// A packed list.
#[derive(Clone, Copy)]
pub(crate) struct Postings<'a> {
    starts: &'a [u8],
    vector: &'a [u8],
    low: &'a [u8],
    count: u64,
    low_bits: u32,
    universe_bits: u32,
}

impl<'a> Postings<'a> {
    /// The list packed in `bytes`; `None` if they are not such a list.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let count = u64::from(u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?));
        let (low_bits, universe_bits) = (u32::from(*bytes.get(4)?), u32::from(*bytes.get(5)?));
        if low_bits > universe_bits || low_bits > 56 || universe_bits - low_bits > 40 {
            return None;
        }
        let buckets = 1u64 << (universe_bits - low_bits);
        let starts_len = usize::try_from(buckets.div_ceil(GROUP)).ok()?.checked_mul(4)?;
        let vector_len = usize::try_from((count + buckets).div_ceil(8)).ok()?;
        let rest = bytes.get(HEADER..)?;
        let (starts, rest) = rest.split_at_checked(starts_len)?;
        // Both bit arrays may be read eight bytes at a time beyond their ends, but never beyond the value's.
        let low = rest.get(vector_len..)?;
        let low_len = (count * u64::from(low_bits)).div_ceil(8);
        (low.len() as u64 == low_len + PADDING as u64).then_some(Self {
            starts,
            vector: rest,
            low,
            count,
            low_bits,
            universe_bits,
        })
    }

    /// Calls `each` with every number in `range`, in order.
    #[inline]
    pub(crate) fn for_each(&self, range: Range<u64>, each: impl FnMut(u64)) {
        if !range.is_empty() && range.start >> self.universe_bits == 0 {
            self.read(self.seek(range.start), range, each);
        }
    }

    /// Where the numbers from `number` on start. Apart from [`read`](Self::read), so that the low parts of many
    /// look-ups, which lie far from each other, are fetched at once.
    #[inline(always)]
    pub(crate) fn seek(&self, number: u64) -> Cursor {
        let bucket = number >> self.low_bits;
        let bit = self.start_of(bucket);
        let index = bit - bucket;
        prefetch(self.low, (index * u64::from(self.low_bits) / 8) as usize);
        Cursor { bit, index }
    }

    /// Calls `each` with every number in `range`, in order; `cursor` is where its start was found.
    #[inline(always)]
    pub(crate) fn read(&self, cursor: Cursor, range: Range<u64>, mut each: impl FnMut(u64)) {
        /// Bits of a word that are sure to be there, wherever it starts.
        const VALID: u64 = 56;
        let last = ((range.end - 1) >> self.low_bits).min((1u64 << (self.universe_bits - self.low_bits)) - 1);
        let Cursor { mut bit, mut index } = cursor;
        // A bit is a number, or the end of a bucket: as many ends came before it as bits less numbers.
        while bit - index <= last && index < self.count {
            let mut ones = word_at(self.vector, bit) & ((1 << VALID) - 1);
            while ones != 0 {
                let bucket = bit + u64::from(ones.trailing_zeros()) - index;
                if bucket > last {
                    return;
                }
                let number = bucket << self.low_bits | self.low(index);
                if range.contains(&number) {
                    each(number);
                }
                index += 1;
                ones &= ones - 1;
            }
            bit += VALID;
        }
    }

    /// Fetches what [`seek`](Self::seek) reads first...
    #[inline(always)]
    pub(crate) fn prefetch_start(&self, number: u64) {
        prefetch(self.starts, 4 * (number >> self.low_bits) as usize / GROUP as usize);
    }

    /// ...then, when that is there, what it reads next.
    #[inline(always)]
    pub(crate) fn prefetch_bucket(&self, number: u64) {
        let group = (number >> self.low_bits) / GROUP;
        let bit = u64::from(u32_at(self.starts, group as usize)) + group * GROUP;
        prefetch(self.vector, (bit / 8) as usize);
    }

    /// About how many numbers lie in `range`: exact to the borders of its buckets.
    #[inline(always)]
    pub(crate) fn count_in(&self, range: Range<u64>) -> u64 {
        if range.is_empty() || range.start >> self.universe_bits != 0 {
            return 0;
        }
        let first = range.start >> self.low_bits;
        let end = (((range.end - 1) >> self.low_bits) + 1).min(1u64 << (self.universe_bits - self.low_bits));
        let from = self.start_of(first) - first;
        let to = if end >> (self.universe_bits - self.low_bits) != 0 {
            self.count
        } else {
            self.start_of(end) - end
        };
        to.saturating_sub(from)
    }

    /// The place in the bit vector where `bucket` starts.
    #[inline(always)]
    fn start_of(&self, bucket: u64) -> u64 {
        let group = bucket / GROUP;
        let start = u64::from(u32_at(self.starts, group as usize)).min(self.count);
        let mut bit = start + group * GROUP;
        let mut zeros = bucket % GROUP;
        let end = self.vector.len() as u64 * 8;
        while zeros > 0 && bit < end {
            let unset = !word_at(self.vector, bit) & ((1 << 56) - 1);
            let found = u64::from(unset.count_ones());
            if found < zeros {
                zeros -= found;
                bit += 56;
                continue;
            }
            return bit + select(unset, zeros - 1) + 1;
        }
        bit
    }

    /// The low part of the number at `index`.
    #[inline(always)]
    fn low(&self, index: u64) -> u64 {
        word_at(self.low, index * u64::from(self.low_bits)) & ((1 << self.low_bits) - 1)
    }
}

/// The place of the set bit that `rank` others come before. By halves and without branches: what is looked up next does
/// not wait for a guess that was wrong.
#[inline(always)]
fn select(word: u64, rank: u64) -> u64 {
    let (mut word, mut rank, mut place) = (word, rank, 0);
    for half in [32, 16, 8, 4, 2, 1] {
        let below = u64::from((word & ((1 << half) - 1)).count_ones());
        let beyond = u64::from(rank >= below);
        rank -= beyond * below;
        word >>= beyond * half;
        place += beyond * half;
    }
    place
}

#[inline(always)]
fn u32_at(bytes: &[u8], index: usize) -> u32 {
    match bytes.get(4 * index..4 * index + 4) {
        Some(b) => u32::from_le_bytes([b[0], b[1], b[2], b[3]]),
        None => 0,
    }
}

/// The bits from `bit` on, at least 57 of them; zeros beyond the end.
#[inline(always)]
fn word_at(bytes: &[u8], bit: u64) -> u64 {
    let at = (bit / 8) as usize;
    match bytes.get(at..at + 8) {
        Some(b) => u64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) >> (bit % 8),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, universe_bits: u32, seed: u64) -> Vec<u64> {
        let mut state = seed;
        let mut numbers: Vec<u64> = (0..count)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // Clustered, as hashes are: half of them in a sixteenth of the universe.
                let shift = if state & 1 == 0 { 4 } else { 0 };
                (state >> 20) % (1 << (universe_bits - shift))
            })
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    #[test]
    fn every_range_holds_what_the_plain_list_holds() {
        for (count, universe_bits) in [(0, 10), (1, 10), (5, 4), (300, 12), (300, 40), (5000, 30), (3000, 13)]
        {
            let plain = numbers(count, universe_bits, 11);
            let bytes = encode(&plain, universe_bits);
            let packed = Postings::new(&bytes).unwrap();
            assert_eq!(packed.count, plain.len() as u64);
            for (from, to) in (0..400).map(|i| {
                let a = (i * 0x9e37_79b9u64) % (1 << universe_bits);
                (a, (a + (1 << universe_bits) / (i + 1)).min(1 << universe_bits))
            }) {
                let mut got = Vec::new();
                packed.for_each(from..to, |n| got.push(n));
                let want: Vec<u64> = plain.iter().copied().filter(|n| (from..to).contains(n)).collect();
                assert_eq!(got, want, "{count} {universe_bits} {from}..{to}");
                assert!(packed.count_in(from..to) >= want.len() as u64);
            }
            let mut all = Vec::new();
            packed.for_each(0..1 << universe_bits, |n| all.push(n));
            assert_eq!(all, plain);
            assert_eq!(packed.count_in(0..1 << universe_bits), plain.len() as u64);
        }
    }

    #[test]
    fn a_set_bit_is_found_by_its_rank() {
        for word in [1u64, 0x8000_0000_0000_0001, 0xdead_beef_0123_4567, u64::MAX, 1 << 40] {
            let places: Vec<u64> = (0..64).filter(|place| word >> place & 1 == 1).collect();
            let found: Vec<u64> = (0..places.len() as u64).map(|rank| select(word, rank)).collect();
            assert_eq!(found, places, "{word:x}");
        }
    }

    #[test]
    fn long_runs_of_one_bucket_are_found() {
        let plain: Vec<u64> = (0..500).map(|i| 7000 + i).chain([9_000_000, 9_000_001]).collect();
        let bytes = encode(&plain, 24);
        let packed = Postings::new(&bytes).unwrap();
        let mut got = Vec::new();
        packed.for_each(7100..9_000_001, |n| got.push(n));
        assert_eq!(got, plain[100..501]);
    }

    #[test]
    fn takes_two_bits_more_than_needed() {
        let plain = numbers(100_000, 40, 5);
        let bits = encode(&plain, 40).len() as f64 * 8.0 / plain.len() as f64;
        let ideal = 40.0 - (plain.len() as f64).log2();
        assert!(bits < ideal + 4.0, "{bits} bits a number, log2(universe / n) is {ideal}");
    }

    #[test]
    fn damaged_bytes_never_panic() {
        let good = encode(&numbers(300, 20, 3), 20);
        let mut state = 1u32;
        for round in 0..20_000 {
            let mut bad = good.clone();
            for _ in 0..=round % 4 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % bad.len().min(if round % 2 == 0 { 40 } else { bad.len() });
                bad[at] = state as u8;
            }
            if round % 5 == 0 {
                bad.truncate(state as usize % bad.len());
            }
            if let Some(packed) = Postings::new(&bad) {
                let mut seen = 0u64;
                packed.for_each(0..1 << 20, |_| seen += 1);
                packed.for_each(4096..4100, |_| seen += 1);
                assert!(seen < 10_000);
                packed.count_in(5..70_000);
            }
        }
    }
}
