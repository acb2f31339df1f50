//! How pairs of landmarks spread over hashes: whether drawn recordings weigh on an index as real ones do.

use sonic::recordings::Landmark;
use std::collections::HashMap;

/// The statistics of a set of recordings.
#[derive(Debug)]
pub(crate) struct Spread {
    /// How many pairs have each hash.
    lists: HashMap<u32, u64>,
    pub landmarks_per_s: f64,
    pub pairs_per_s: f64,
    /// How long the list is that a pair lies in: on average, and of the longest tenth, hundredth and thousandth.
    pub mean: f64,
    pub longest: [f64; 3],
    /// Of a million couples of pairs from different recordings, how many share their hash: what a list grows by.
    pub shared: f64,
}

impl Spread {
    /// The statistics of recordings, each with its landmarks and its length in seconds.
    pub(crate) fn of<'a>(recordings: impl Iterator<Item = (&'a [Landmark], f64)>) -> Self {
        let (mut lists, mut within) = (HashMap::<u32, u64>::new(), 0.0);
        let (mut seconds, mut landmarks, mut own_couples) = (0.0, 0, 0.0);
        for (recording, length) in recordings {
            let mut counts = HashMap::<u32, u64>::new();
            pairs(recording, |hash| *counts.entry(hash).or_default() += 1);
            own_couples += (counts.values().sum::<u64>() as f64).powi(2);
            for (hash, count) in counts {
                within += (count as f64).powi(2);
                *lists.entry(hash).or_default() += count;
            }
            seconds += length;
            landmarks += recording.len();
        }
        let total = lists.values().sum::<u64>() as f64;
        let squares: f64 = lists.values().map(|&n| (n as f64).powi(2)).sum();
        Self {
            landmarks_per_s: landmarks as f64 / seconds,
            pairs_per_s: total / seconds,
            mean: squares / total,
            longest: [0.1, 0.01, 0.001].map(|share| longest(lists.values().copied(), share * total)),
            shared: 1e6 * (squares - within) / (total * total - own_couples),
            lists,
        }
    }

    /// The same for couples of one pair from here and one from `other`.
    pub(crate) fn shared_with(&self, other: &Self) -> f64 {
        let total = |s: &Self| s.lists.values().sum::<u64>() as f64;
        let there = |hash| other.lists.get(hash).copied().unwrap_or(0);
        let couples: u64 = self.lists.iter().map(|(hash, n)| n * there(hash)).sum();
        1e6 * couples as f64 / (total(self) * total(other))
    }
}

/// The length from which on lists hold `pairs` pairs together.
fn longest(lists: impl Iterator<Item = u64>, pairs: f64) -> f64 {
    let mut lengths: Vec<u64> = lists.collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    let mut sum = 0.0;
    let reached = lengths.iter().find(|&&n| {
        sum += n as f64;
        sum >= pairs
    });
    reached.map_or(0.0, |&n| n as f64)
}

/// The pairs that an index keeps: each landmark with the three most salient of those 2 to 60 frames later and at most
/// 63 bins away; by frequency, interval and distance.
fn pairs(landmarks: &[Landmark], mut each: impl FnMut(u32)) {
    let bin = |l: &Landmark| i32::from((l.frequency + 4) / 8);
    let mut targets: Vec<&Landmark> = Vec::new();
    for (i, anchor) in landmarks.iter().enumerate() {
        let near = landmarks[i + 1..].iter().take_while(|l| l.frame - anchor.frame <= 60);
        targets.clear();
        targets.extend(near.filter(|l| l.frame - anchor.frame >= 2 && (bin(l) - bin(anchor)).abs() <= 63));
        targets.sort_by_key(|l| (u8::MAX - l.salience, l.frame));
        for target in targets.iter().take(3) {
            let interval = (bin(target) - bin(anchor) + 64) as u32;
            each((bin(anchor) as u32) << 13 | interval << 6 | (target.frame - anchor.frame));
        }
    }
}
