//! Pairs of landmarks and their hashes: what the inverted index is keyed by.

use sonic_core::Landmark;

/// Bits of a hash: 9 of the first frequency, 7 of the difference, 6 of the distance in time.
pub(crate) const HASH_BITS: u32 = 22;
/// End of the bins that a hash can hold.
pub(crate) const BINS: u32 = 512;
/// Targets of an anchor lie this many frames after it...
pub(crate) const MIN_DISTANCE: u32 = 2;
pub(crate) const MAX_DISTANCE: u32 = 60;
/// ...and at most this many eighths of a bin away.
const MAX_INTERVAL: u16 = 63 * 8;
/// Targets of an anchor in the index.
const INDEX_TARGETS: usize = 3;

/// The hash of a pair: frequency of the first and interval to the second in whole bins, distance in frames.
/// `None` if a part is out of range.
#[inline]
pub(crate) fn hash(bin: i32, interval: i32, distance: i32) -> Option<u32> {
    let fits =
        (0..BINS as i32).contains(&bin) && (-64..64).contains(&interval) && (0..64).contains(&distance);
    fits.then_some((bin as u32) << 13 | ((interval + 64) as u32) << 6 | distance as u32)
}

/// Calls `each` with every pair to index: its hash and the frame of its anchor.
pub(crate) fn for_index(landmarks: &[Landmark], mut each: impl FnMut(u32, u32)) {
    let round = |f: u16| i32::from((f + 4) / 8);
    for_each(landmarks, INDEX_TARGETS, |a, b| {
        let (bin, other) = (round(a.frequency), round(b.frequency));
        if let Some(hash) = hash(bin, other - bin, (b.frame - a.frame) as i32) {
            each(hash, a.frame);
        }
    });
}

/// Calls `each` with every landmark and each of its `count` most salient targets.
pub(crate) fn for_each(landmarks: &[Landmark], count: usize, mut each: impl FnMut(Landmark, Landmark)) {
    let mut targets: Vec<(u8, usize)> = Vec::new();
    for (i, &anchor) in landmarks.iter().enumerate() {
        let near = landmarks[i + 1..].iter().enumerate();
        let near = near.take_while(|(_, l)| l.frame - anchor.frame <= MAX_DISTANCE).filter(|(_, l)| {
            l.frame - anchor.frame >= MIN_DISTANCE && l.frequency.abs_diff(anchor.frequency) <= MAX_INTERVAL
        });
        targets.clear();
        // Most salient first; of equals the earlier one.
        targets.extend(near.map(|(j, l)| (u8::MAX - l.salience, i + 1 + j)));
        if targets.len() > count {
            targets.select_nth_unstable(count);
            targets.truncate(count);
        }
        for &(_, j) in &targets {
            each(anchor, landmarks[j]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_gets_its_most_salient_targets() {
        let l = |frame, frequency, salience| Landmark { frame, frequency, salience };
        let landmarks = [
            l(0, 800, 9),
            l(1, 810, 30), // too early
            l(5, 900, 4),  // the least salient of four
            l(9, 700, 8),
            l(9, 2000, 31), // too far in frequency
            l(20, 805, 7),
            l(60, 820, 6),
            l(61, 820, 31), // too late
        ];
        let mut targets = Vec::new();
        for_each(&landmarks, 3, |a, b| {
            if a.frame == 0 {
                targets.push(b.frame);
            }
        });
        targets.sort_unstable();
        assert_eq!(targets, [9, 20, 60]);
    }

    #[test]
    fn a_hash_keeps_its_three_parts_apart() {
        let mut seen = std::collections::HashSet::new();
        for bin in (0..512).step_by(17) {
            for interval in (-64..64).step_by(5) {
                for distance in (0..64).step_by(3) {
                    let hash = hash(bin, interval, distance).unwrap();
                    assert!(hash < 1 << HASH_BITS && seen.insert(hash));
                }
            }
        }
        assert!(hash(512, 0, 2).is_none() && hash(5, 64, 2).is_none() && hash(5, 0, 64).is_none());
    }
}
