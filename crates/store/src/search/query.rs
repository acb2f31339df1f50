//! A stretch of a clip, prepared as a query.

use crate::pairs;
use sonic_core::{Fingerprint, Landmark, Texture};
use std::ops::Range;

/// Most salient targets taken of each landmark of the clip.
const TARGETS: usize = 12;
/// What each more salient target of the same landmark costs in dB, in [`Order::Steady`]: the index has few targets of a landmark, the most
/// salient ones, so that the others of the clip are seldom among them.
const RANK_COST: i32 = 4;
/// Standardised levels are integers of 1/24 standard deviation.
pub(crate) const LEVEL: f32 = 24.0;
/// Levels beyond this many standard deviations count as this many.
const CLAMP: f32 = 1.5;
/// Bins to either side over which the variance of a bin is pooled.
const POOL: usize = 4;
/// Least variance of a bin, as a share of that of all bins.
const LEAST_VARIANCE: f32 = 0.05;
/// Weight of a level by frequency, at the middles of four equal bands: low frequencies survive more.
const BAND_WEIGHTS: [f32; 4] = [1.4, 1.0, 1.0, 0.8];

/// Pairs up to this bin are steady: half a step of the speeds that are tried moves them by little more than one bin.
const STEADY_BINS: f32 = 250.0;

/// Which pairs of a clip are used first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The most salient.
    Salience,
    /// The most salient of those that a change of speed between two that are tried hardly moves, the most salient targets
    /// of a landmark before others.
    Steady,
}

/// Two landmarks of the clip: where the first lies, and where the second lies from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    /// Frame of the first, from the start of the stretch.
    pub frame: f32,
    /// Frequency of the first in bins.
    pub bin: f32,
    /// Frequency of the second in bins.
    pub other_bin: f32,
    /// Frames between them.
    pub distance: f32,
    /// Place of the pair among all in order of [`Order::Salience`].
    pub rank: u32,
    /// The same in order of [`Order::Steady`].
    pub steady_rank: u32,
}

/// A stretch of a clip: its pairs and its standardised texture.
pub(crate) struct Query {
    /// Length in frames.
    pub frames: usize,
    /// In order of the first frequency, so that neighbours are looked up together.
    pub pairs: Vec<Pair>,
    pub bins: usize,
    pub first_bin: usize,
    /// For each bin a zero, the level of each frame, and a zero: neighbours in time lie side by side. At the end three
    /// zeros for what lies elsewhere.
    pub levels: Vec<i8>,
}

impl Query {
    /// Prepares the frames in `stretch`. `None` if the fingerprint has no texture.
    pub(crate) fn new(fingerprint: &Fingerprint, stretch: Range<usize>) -> Option<Self> {
        let texture = fingerprint.texture.as_ref()?;
        let stretch = stretch.start..stretch.end.min(texture.frames());
        let inside = |l: &&Landmark| stretch.contains(&(l.frame as usize));
        let landmarks: Vec<_> = fingerprint.landmarks.iter().filter(inside).copied().collect();
        let pairs = pairs_of(&landmarks, stretch.start);
        let (bins, first_bin) = (texture.bins, texture.first_bin);
        let levels = standardise(texture, &stretch);
        Some(Self { frames: stretch.len(), pairs, bins, first_bin, levels })
    }

    /// The first `count` pairs, in order of the first frequency.
    pub(crate) fn first(&self, count: usize, order: Order) -> Vec<Pair> {
        let rank = |pair: &Pair| match order {
            Order::Salience => pair.rank,
            Order::Steady => pair.steady_rank,
        };
        self.pairs.iter().filter(|pair| (rank(pair) as usize) < count).copied().collect()
    }
}

fn pairs_of(landmarks: &[Landmark], start: usize) -> Vec<Pair> {
    let (mut pairs, mut saliences) = (Vec::new(), Vec::new());
    pairs::for_each(landmarks, TARGETS, |a, b| {
        pairs.push(Pair {
            frame: (a.frame as usize - start) as f32,
            bin: f32::from(a.frequency) / 8.0,
            other_bin: f32::from(b.frequency) / 8.0,
            distance: (b.frame - a.frame) as f32,
            rank: 0,
            steady_rank: 0,
        });
        saliences.push((a, b.salience));
    });
    let salience = |i: usize| {
        let (a, of_target) = saliences[i];
        i32::from(a.salience.min(of_target))
    };
    for (rank, i) in (0..).zip(in_order(pairs.len(), |i| -salience(i))) {
        pairs[i].rank = rank;
    }
    // How many targets of the same landmark are more salient.
    let mut others = Vec::with_capacity(pairs.len());
    for targets in saliences.chunk_by(|x, y| x.0 == y.0) {
        others.extend(targets.iter().map(|t| targets.iter().filter(|other| other.1 > t.1).count() as i32));
    }
    let is_steady = |pair: &Pair| pair.bin.max(pair.other_bin) <= STEADY_BINS;
    let by_promise = in_order(pairs.len(), |i| (!is_steady(&pairs[i]), RANK_COST * others[i] - salience(i)));
    for (rank, i) in (0..).zip(by_promise) {
        pairs[i].steady_rank = rank;
    }
    pairs.sort_by(|a, b| a.bin.total_cmp(&b.bin));
    pairs
}

/// The numbers below `count` in order of a key, of equals the smaller first.
fn in_order<K: Ord>(count: usize, key: impl Fn(usize) -> K) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|i| key(*i));
    order
}

/// Every bin is brought to mean 0 and variance 1 over the stretch: what is always loud says nothing about when.
fn standardise(texture: &Texture, stretch: &Range<usize>) -> Vec<i8> {
    let (bins, frames) = (texture.bins, stretch.len());
    let rows = &texture.levels[stretch.start * bins..stretch.end * bins];
    let (mut sum, mut squares) = (vec![0i32; bins], vec![0i32; bins]);
    for row in rows.chunks_exact(bins) {
        for ((s, q), &v) in sum.iter_mut().zip(&mut squares).zip(row) {
            *s += i32::from(v);
            *q += i32::from(v) * i32::from(v);
        }
    }
    let per_frame = 1.0 / frames.max(1) as f32;
    let mean: Vec<f32> = sum.iter().map(|&s| s as f32 * per_frame).collect();
    let variance: Vec<f32> = squares.iter().zip(&mean).map(|(&q, m)| q as f32 * per_frame - m * m).collect();
    let whole = variance.iter().sum::<f32>() / bins as f32;
    let scale: Vec<(f32, f32, f32)> = (0..bins)
        .map(|i| {
            let pool = &variance[i.saturating_sub(POOL)..(i + POOL + 1).min(bins)];
            let pooled = pool.iter().sum::<f32>() / pool.len() as f32;
            let factor = LEVEL * weight(i, bins) / pooled.max(LEAST_VARIANCE * whole).max(1e-3).sqrt();
            (mean[i], factor, CLAMP * LEVEL * weight(i, bins))
        })
        .collect();
    let mut levels = vec![0i8; (frames + 2) * bins + 3];
    // Eight frames at a time, so that both sides stay in cache.
    for (block, rows) in rows.chunks(8 * bins).enumerate() {
        for (bin, &(mean, factor, limit)) in scale.iter().enumerate() {
            let out = &mut levels[bin * (frames + 2) + 1 + 8 * block..];
            for (out, &v) in out.iter_mut().zip(rows[bin..].iter().step_by(bins)) {
                *out = ((f32::from(v) - mean) * factor).clamp(-limit, limit) as i32 as i8;
            }
        }
    }
    levels
}

/// The weight of bin `i`: linear between the middles of the bands.
fn weight(i: usize, bins: usize) -> f32 {
    let x = (i as f32 / bins as f32 * 4.0 - 0.5).clamp(0.0, 2.999);
    let (band, part) = (x as usize, x.fract());
    BAND_WEIGHTS[band] * (1.0 - part) + BAND_WEIGHTS[band + 1] * part
}
