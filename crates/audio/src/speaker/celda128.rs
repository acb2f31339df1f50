//! celda128: cepstral statistics and a linear discriminant analysis, the embedder that is always there.
//!
//! 30 cepstra (DCT-II of 80 log-mel bands) of the louder frames give 524 numbers: their means without the first, the
//! logarithms of their standard deviations and of those of their slopes, and their correlations. A linear
//! discriminant analysis (Fisher, *Annals of Eugenics*, 1936) of 251 speakers of LibriSpeech train-clean-100
//! (Panayotov et al., ICASSP 2015, CC BY 4.0) takes them to 128 dimensions.
//!
//! It tells clean recordings of one kind apart well and quickly. It hears the microphone and the room too: do not
//! compare a telephone with a studio.

use crate::features::{Features, FrontEnd};
use sonic_core::Calibration;
use sonic_core::wide;
use sonic_core::wide::multiply_add;
use std::sync::OnceLock;

/// Length of the vectors.
pub(crate) const DIMENSIONS: usize = 128;
/// What it is fed with.
pub(crate) const FRONT_END: FrontEnd = FrontEnd::Logmel80;
/// Its name among models.
#[cfg(feature = "onnx")]
pub(crate) const ID: &str = "celda128";
/// The name of this model and of its weights, by a hash of `celda128.bin`.
pub(crate) const IDENTITY: &str = "celda128-3b1839a57200d4a5";
/// Fitted on LibriSpeech trials of prepared speech, and then held back: even odds at a cosine of 0.27, above almost all
/// that two voices score.
pub(crate) const CALIBRATION: Calibration = Calibration { slope: 28.0, offset: -7.56, trials: 0 };
/// The same where only the bands of a telephone are compared, which tell less and in which strangers are closer: even odds
/// at 0.5.
pub(crate) const NARROW_CALIBRATION: Calibration = Calibration { slope: 22.0, offset: -11.0, trials: 0 };

const BANDS: usize = 80;
const CEPSTRA: usize = 30;
/// Cepstra of a frame, with two that are always zero: a whole number of vector registers.
const WIDTH: usize = 32;
const STATISTICS: usize = CEPSTRA - 1 + 2 * CEPSTRA + CEPSTRA * (CEPSTRA - 1) / 2;

/// The bands that lie below 3.2 kHz as a whole, and so within what a telephone lets through.
const NARROW_BANDS: usize = 54;
/// The log-mel value of silence, to which the others are set.
const SILENCE: f32 = -13.815_511;

type Row = [f32; WIDTH];

/// 524 means, then 524 rows of 128; written by `make_celda128.py`.
static WEIGHTS: &[u8] = include_bytes!("celda128.bin");

/// The mean of the narrow vectors of 21 speakers of LibriSpeech train-clean-100 (CC BY 4.0), 128 numbers; written by
/// `make_celda128_narrow.py`.
static NARROW_CENTRE: &[u8] = include_bytes!("celda128_narrow.bin");

const _: () = assert!(NARROW_CENTRE.len() == 4 * DIMENSIONS);
const _: () = assert!(WEIGHTS.len() == 4 * STATISTICS * (1 + DIMENSIONS));

/// What is computed or unpacked once.
struct Tables {
    /// The weight of each band in each cepstrum.
    cosine: Vec<Row>,
    means: Vec<f32>,
    matrix: Vec<[f32; DIMENSIONS]>,
}

impl Tables {
    fn shared() -> &'static Self {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(Self::new)
    }

    fn new() -> Self {
        let numbers = WEIGHTS.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let mut means: Vec<f32> = numbers.collect();
        let rest = means.split_off(STATISTICS);
        Self { cosine: (0..BANDS).map(cosine).collect(), means, matrix: rest.as_chunks().0.to_vec() }
    }
}

/// The row of the orthonormal DCT-II that belongs to one band.
fn cosine(band: usize) -> Row {
    let angle = std::f64::consts::PI * (2 * band + 1) as f64 / (2 * BANDS) as f64;
    std::array::from_fn(|order| {
        let scale = (if order == 0 { 1.0 } else { 2.0 } / BANDS as f64).sqrt();
        if order < CEPSTRA { (scale * (angle * order as f64).cos()) as f32 } else { 0.0 }
    })
}

/// The embedder at work, with the memory that it uses again.
#[derive(Default)]
pub(crate) struct Celda {
    cepstra: Vec<Row>,
    gate: Vec<f32>,
}

impl Celda {
    /// The embedding of three frames of [`FRONT_END`] or more; its length says nothing.
    pub(crate) fn embed(&mut self, features: &Features) -> Vec<f32> {
        let tables = Tables::shared();
        self.cepstra.resize(features.frames, [0.0; WIDTH]);
        transform(&features.values, &tables.cosine, &mut self.cepstra);
        open_gate(&self.cepstra, &mut self.gate);
        let mut statistics = [0.0; STATISTICS];
        gather(&self.cepstra, &self.gate, &mut statistics);
        statistics.iter_mut().zip(&tables.means).for_each(|(s, mean)| *s -= mean);
        let mut embedding = vec![0.0; DIMENSIONS];
        project(&statistics, &tables.matrix, &mut embedding);
        embedding
    }
}

/// Leaves of `features` what a telephone lets through: two recordings are then alike in what is missing.
pub(crate) fn narrow(features: &mut Features) {
    features.values.chunks_exact_mut(BANDS).for_each(|row| row[NARROW_BANDS..].fill(SILENCE));
}

/// Takes out of a narrow vector of unit length what those of all voices have in common.
pub(crate) fn centre_narrow(vector: &mut [f32]) {
    let centre = NARROW_CENTRE.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    vector.iter_mut().zip(centre).for_each(|(x, centre)| *x -= centre);
}

wide! {
    /// Log-mel rows to cepstra.
    fn transform = transform_plain(values: &[f32], cosine: &[Row], cepstra: &mut [Row])
}

#[inline(always)]
fn transform_plain<const FUSED: bool>(values: &[f32], cosine: &[Row], cepstra: &mut [Row]) {
    let (pairs, last) = cepstra.as_chunks_mut::<2>();
    let (rows, rest) = values.split_at(pairs.len() * 2 * BANDS);
    // Two frames at once: the sums of one alone would wait for each other.
    for (pair, rows) in pairs.iter_mut().zip(rows.chunks_exact(2 * BANDS)) {
        let (first, second) = rows.split_at(BANDS);
        let mut sums = [[0.0; WIDTH]; 2];
        for ((a, b), weights) in first.iter().zip(second).zip(cosine) {
            for (k, weight) in weights.iter().enumerate() {
                sums[0][k] = multiply_add::<FUSED>(*a, *weight, sums[0][k]);
                sums[1][k] = multiply_add::<FUSED>(*b, *weight, sums[1][k]);
            }
        }
        *pair = sums;
    }
    if let [row] = last {
        *row = [0.0; WIDTH];
        for (value, weights) in rest.iter().zip(cosine) {
            row.iter_mut().zip(weights).for_each(|(sum, w)| *sum = multiply_add::<FUSED>(*value, *w, *sum));
        }
    }
}

/// 1 for frames louder than half a deviation under the mean, 0 for the others.
fn open_gate(cepstra: &[Row], gate: &mut Vec<f32>) {
    let count = cepstra.len() as f64;
    let mean = cepstra.iter().map(|row| f64::from(row[0])).sum::<f64>() / count;
    let variance = cepstra.iter().map(|row| (f64::from(row[0]) - mean).powi(2)).sum::<f64>() / count;
    let threshold = (mean - 0.5 * variance.sqrt()) as f32;
    gate.clear();
    gate.extend(cepstra.iter().map(|row| if row[0] > threshold { 1.0 } else { 0.0 }));
}

wide! {
    /// The 524 numbers of gated cepstra.
    fn gather = gather_plain(cepstra: &[Row], gate: &[f32], statistics: &mut [f32; STATISTICS])
}

/// Keeps divisors from zero, as the model was fitted with.
const FEW: f32 = 0.001;

#[inline(always)]
fn gather_plain<const FUSED: bool>(cepstra: &[Row], gate: &[f32], statistics: &mut [f32; STATISTICS]) {
    let count = gate.iter().sum::<f32>() + FEW;
    let mean = gated_mean(cepstra.iter(), gate, count);
    let mut scatter = [[0.0f32; WIDTH]; CEPSTRA];
    for (row, _) in cepstra.iter().zip(gate).filter(|(_, gate)| **gate > 0.0) {
        let centred: Row = std::array::from_fn(|k| row[k] - mean[k]);
        for (i, sums) in scatter.iter_mut().enumerate() {
            let from = i / 8 * 8; // What lies left of the diagonal is not needed.
            for (sum, value) in sums[from..].iter_mut().zip(&centred[from..]) {
                *sum = multiply_add::<FUSED>(centred[i], *value, *sum);
            }
        }
    }
    let deviation: [f32; CEPSTRA] = std::array::from_fn(|i| (scatter[i][i] / count + 1e-6).sqrt());
    let slopes = slope_deviation(cepstra, &gate[1..gate.len() - 1]);
    let (means, rest) = statistics.split_at_mut(CEPSTRA - 1);
    means.copy_from_slice(&mean[1..CEPSTRA]);
    let (deviations, rest) = rest.split_at_mut(CEPSTRA);
    deviations.iter_mut().zip(&deviation).for_each(|(out, d)| *out = (d + FEW).ln());
    let (slope_deviations, correlations) = rest.split_at_mut(CEPSTRA);
    slope_deviations.iter_mut().zip(&slopes).for_each(|(out, d)| *out = (d + FEW).ln());
    let above = (0..CEPSTRA).flat_map(|i| (i + 1..CEPSTRA).map(move |j| (i, j)));
    for (out, (i, j)) in correlations.iter_mut().zip(above) {
        *out = scatter[i][j] / count / (deviation[i] * deviation[j]);
    }
}

#[inline(always)]
fn gated_mean<'a>(rows: impl Iterator<Item = &'a Row>, gate: &[f32], count: f32) -> Row {
    let mut sum = [0.0f32; WIDTH];
    for (row, gate) in rows.zip(gate) {
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += gate * value);
    }
    sum.map(|sum| sum / count)
}

/// The deviations of c\[t + 2] - c\[t], gated by the frame between.
#[inline(always)]
fn slope_deviation(cepstra: &[Row], gate: &[f32]) -> Row {
    let count = gate.iter().sum::<f32>() + FEW;
    let slope = |pair: &[Row]| -> Row { std::array::from_fn(|k| pair[2][k] - pair[0][k]) };
    let mut mean = [0.0f32; WIDTH];
    for (rows, gate) in cepstra.windows(3).zip(gate) {
        mean.iter_mut().zip(slope(rows)).for_each(|(sum, value)| *sum += gate * value);
    }
    let mean = mean.map(|sum| sum / count);
    let mut squares = [0.0f32; WIDTH];
    for (rows, gate) in cepstra.windows(3).zip(gate) {
        let slope = slope(rows);
        for k in 0..WIDTH {
            let distance = slope[k] - mean[k];
            squares[k] += gate * distance * distance;
        }
    }
    squares.map(|sum| (sum / count + 1e-6).sqrt())
}

wide! {
    /// `statistics` times `matrix`.
    fn project = project_plain(statistics: &[f32], matrix: &[[f32; DIMENSIONS]], embedding: &mut [f32])
}

#[inline(always)]
fn project_plain<const FUSED: bool>(statistics: &[f32], matrix: &[[f32; DIMENSIONS]], embedding: &mut [f32]) {
    const BLOCK: usize = 64;
    for (block, out) in embedding.chunks_exact_mut(BLOCK).enumerate() {
        let mut sums = [0.0f32; BLOCK];
        for (value, row) in statistics.iter().zip(matrix) {
            for (sum, weight) in sums.iter_mut().zip(&row[block * BLOCK..(block + 1) * BLOCK]) {
                *sum = multiply_add::<FUSED>(*value, *weight, *sum);
            }
        }
        out.copy_from_slice(&sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Extractor;

    /// Everything once more, plainly and in double precision.
    fn plain(features: &Features) -> Vec<f64> {
        let tables = Tables::shared();
        let dot = |row: &[f32], k: usize| -> f64 {
            row.iter().zip(&tables.cosine).map(|(v, w)| f64::from(*v) * f64::from(w[k])).sum()
        };
        let c: Vec<Vec<f64>> =
            features.rows().map(|row| (0..CEPSTRA).map(|k| dot(row, k)).collect()).collect();
        let mean_of = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let loud: Vec<f64> = c.iter().map(|row| row[0]).collect();
        let mean = mean_of(&loud);
        let spread = mean_of(&loud.iter().map(|v| (v - mean).powi(2)).collect::<Vec<_>>()).sqrt();
        let open: Vec<usize> = (0..c.len()).filter(|&t| loud[t] > mean - 0.5 * spread).collect();
        let count = open.len() as f64 + 0.001;
        let average = |i: usize| open.iter().map(|&t| c[t][i]).sum::<f64>() / count;
        let means: Vec<f64> = (0..CEPSTRA).map(average).collect();
        let scatter = |i: usize, j: usize| {
            open.iter().map(|&t| (c[t][i] - means[i]) * (c[t][j] - means[j])).sum::<f64>() / count
        };
        let deviation = |i: usize| (scatter(i, i) + 1e-6).sqrt();
        let middle: Vec<usize> = open.iter().copied().filter(|&t| t > 0 && t + 1 < c.len()).collect();
        let inner = middle.len() as f64 + 0.001;
        let slope = |i: usize| {
            let slopes: Vec<f64> = middle.iter().map(|&t| c[t + 1][i] - c[t - 1][i]).collect();
            let mean = slopes.iter().sum::<f64>() / inner;
            (slopes.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / inner + 1e-6).sqrt()
        };
        let mut statistics = means[1..].to_vec();
        statistics.extend((0..CEPSTRA).map(|i| (deviation(i) + 0.001).ln()));
        statistics.extend((0..CEPSTRA).map(|i| (slope(i) + 0.001).ln()));
        for i in 0..CEPSTRA {
            statistics.extend((i + 1..CEPSTRA).map(|j| scatter(i, j) / (deviation(i) * deviation(j))));
        }
        let rows = statistics.iter().zip(&tables.means).zip(&tables.matrix);
        rows.fold(vec![0.0; DIMENSIONS], |mut sum, ((s, mean), row)| {
            sum.iter_mut().zip(row).for_each(|(sum, w)| *sum += (s - f64::from(*mean)) * f64::from(*w));
            sum
        })
    }

    #[test]
    fn it_agrees_with_the_plain_reference() {
        let mut state = 7u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        for samples in [1_000, 16_000, 47_973] {
            let sound: Vec<f32> = (0..samples).map(|i| random() * (1.1 + (i as f32 * 0.001).sin())).collect();
            let features = Extractor::new(FRONT_END).extract(&sound).unwrap();
            let (fast, plain) = (Celda::default().embed(&features), plain(&features));
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let fast: Vec<f64> = fast.into_iter().map(f64::from).collect();
            let cosine = dot(&fast, &plain) / (dot(&fast, &fast) * dot(&plain, &plain)).sqrt();
            assert!(cosine > 0.999_999, "{samples} samples: {cosine}");
        }
    }

    #[test]
    fn the_identity_names_these_weights() {
        let hash = WEIGHTS
            .iter()
            .fold(0xcbf2_9ce4_8422_2325u64, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        assert_eq!(IDENTITY, format!("celda128-{hash:016x}"));
    }
}
