//! Halving the sample rate with a half-band filter: every other coefficient of its impulse response is zero.
//!
//! The filter is an ideal low-pass at a quarter of the input rate under a Kaiser window (Kaiser, "Nonrecursive digital
//! filter design using the I0-sinh window function", ISCAS 1974). It is symmetric and centred, so there is no delay.

use sonic_core::wide;
use std::f64::consts::PI;

/// Attenuation of the stop band in dB.
const ATTENUATION: f64 = 100.0;
/// Outputs that are computed together: their sums stay in registers.
const LANES: usize = 64;

/// Takes samples and gives half as many.
pub(super) struct Halver {
    /// Coefficients to either side of the middle, from the innermost outwards; those between them are zero.
    side: Vec<f32>,
    /// Samples at even places, from the one under the middle of the filter of the next output on.
    even: Vec<f32>,
    /// Samples at odd places, from the first that the filter of the next output reaches on.
    odd: Vec<f32>,
    /// The next sample stands at an odd place.
    at_odd: bool,
}

impl Halver {
    /// A filter that keeps frequencies up to `pass` times the input rate; `pass` is below a quarter. What lies as far
    /// beyond a quarter as `pass` lies below is removed.
    pub(super) fn new(pass: f64) -> Self {
        let transition = 2.0 * PI * (0.5 - 2.0 * pass);
        let reach = (ATTENUATION - 7.95) / (2.285 * transition) / 2.0;
        let count = (reach / 2.0).ceil().max(2.0) as usize;
        let beta = 0.1102 * (ATTENUATION - 8.7);
        let window = |x: f64| bessel(beta * (1.0 - x * x).max(0.0).sqrt()) / bessel(beta);
        let ideal = |k: f64| (PI * k / 2.0).sin() / (PI * k);
        let ends = (2 * count) as f64;
        let mut side: Vec<f64> = (0..count)
            .map(|i| {
                let k = (2 * i + 1) as f64;
                ideal(k) * window(k / ends)
            })
            .collect();
        // A constant stays what it is.
        let sum: f64 = side.iter().sum();
        side.iter_mut().for_each(|c| *c *= 0.25 / sum);
        let odd = vec![0.0; count];
        Self { side: side.iter().map(|&c| c as f32).collect(), even: Vec::new(), odd, at_odd: false }
    }

    /// Appends to `output` what can be computed with `input` and what came before it.
    pub(super) fn push(&mut self, input: &[f32], output: &mut Vec<f32>) {
        let mut input = input;
        if self.at_odd
            && let Some((first, rest)) = input.split_first()
        {
            self.odd.push(*first);
            input = rest;
            self.at_odd = false;
        }
        let (pairs, last) = input.as_chunks::<2>();
        self.even.extend(pairs.iter().map(|p| p[0]));
        self.odd.extend(pairs.iter().map(|p| p[1]));
        self.even.extend_from_slice(last);
        self.at_odd ^= !last.is_empty();
        let reach = 2 * self.side.len() - 1;
        let count = self.even.len().min(self.odd.len().saturating_sub(reach));
        let start = output.len();
        output.resize(start + count, 0.0);
        filter(&self.side, &self.even, &self.odd, &mut output[start..]);
        self.even.drain(..count);
        self.odd.drain(..count);
    }
}

wide! {
    /// One output for each place in `output`.
    fn filter(side: &[f32], even: &[f32], odd: &[f32], output: &mut [f32]) {
        v3 => filter_plain,
        v2 => filter_plain,
        _ => filter_plain,
    }
}

#[inline(always)]
fn filter_plain(side: &[f32], even: &[f32], odd: &[f32], output: &mut [f32]) {
    let count = side.len();
    for (block, out) in output.chunks_mut(LANES).enumerate() {
        let start = block * LANES;
        let mut sums = [0.0f32; LANES];
        let (even, odd) = (&even[start..], &odd[start..]);
        if out.len() == LANES {
            for (sum, v) in sums.iter_mut().zip(&even[..LANES]) {
                *sum = 0.5 * v;
            }
            for (i, c) in side.iter().enumerate() {
                let (before, after) = (&odd[count - 1 - i..][..LANES], &odd[count + i..][..LANES]);
                for ((sum, a), b) in sums.iter_mut().zip(before).zip(after) {
                    *sum += c * (a + b);
                }
            }
            out.copy_from_slice(&sums);
        } else {
            for (n, out) in out.iter_mut().enumerate() {
                let taps = side.iter().enumerate();
                *out = taps.fold(0.5 * even[n], |sum, (i, c)| {
                    sum + c * (odd[n + count - 1 - i] + odd[n + count + i])
                });
            }
        }
    }
}

/// The modified Bessel function of the first kind and order zero, by its power series.
fn bessel(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..60 {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASS: f64 = 0.907 / 4.0;

    fn halved(input: &[f32], pieces: usize) -> Vec<f32> {
        let (mut halver, mut output) = (Halver::new(PASS), Vec::new());
        input.chunks(pieces).for_each(|piece| halver.push(piece, &mut output));
        output
    }

    fn sine(cycles: f64, count: usize) -> Vec<f32> {
        (0..count).map(|i| (2.0 * PI * cycles * i as f64).sin() as f32).collect()
    }

    #[test]
    fn a_tone_in_the_band_stays_where_it_is() {
        for cycles in [0.001, 0.05, 0.13, PASS] {
            let (got, want) = (halved(&sine(cycles, 4000), 4000), sine(2.0 * cycles, 2000));
            let most = got.iter().zip(&want).skip(60).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(got.len() > 1900 && most < 1e-4, "{cycles}: {most}");
        }
    }

    #[test]
    fn a_tone_beyond_the_band_is_removed() {
        for cycles in [0.5 - PASS, 0.35, 0.499] {
            let got = halved(&sine(cycles, 4000), 4000);
            let most = got.iter().skip(60).fold(0.0f32, |m, v| m.max(v.abs()));
            assert!(most < 1e-4, "{cycles}: {most}");
        }
    }

    #[test]
    fn pieces_give_the_same_as_the_whole_and_as_the_definition() {
        let input: Vec<f32> =
            (0u32..3001).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 1e7).collect();
        let whole = halved(&input, input.len());
        for pieces in [1, 2, 3, 64, 777] {
            assert_eq!(halved(&input, pieces), whole, "{pieces}");
        }
        let side = Halver::new(PASS).side;
        let at = |i: i64| usize::try_from(i).ok().and_then(|i| input.get(i)).map_or(0.0, |v| f64::from(*v));
        for (n, got) in (0i64..).zip(&whole) {
            let mut want = 0.5 * at(2 * n);
            for (i, c) in (0i64..).zip(&side) {
                want += f64::from(*c) * (at(2 * n - 2 * i - 1) + at(2 * n + 2 * i + 1));
            }
            assert!((want - f64::from(*got)).abs() < 1e-3, "{n}: {got} for {want}");
        }
    }
}
