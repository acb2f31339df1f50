//! Samples at 48 kHz, by a windowed sinc.

/// Samples of the source on each side of a sample of the result.
const HALF: usize = 24;
/// The rate of what comes out.
const RATE: u64 = 48_000;

/// Changes the rate of a sound that comes in pieces.
pub(super) struct Resampler {
    channels: usize,
    rate: u64,
    /// The last samples of the source; the first of them has the number `first`. It begins with silence.
    source: Vec<f32>,
    first: i64,
    /// Samples of the source, of each channel.
    given: u64,
    /// Samples of the result, of each channel.
    made: u64,
}

impl Resampler {
    pub(super) fn new(channels: usize, rate: u32) -> Self {
        let source = vec![0.0; HALF * channels];
        Self { channels, rate: u64::from(rate), source, first: -(HALF as i64), given: 0, made: 0 }
    }

    /// Adds samples, gives those of the result that they decide.
    pub(super) fn push(&mut self, samples: &[f32]) -> Vec<f32> {
        self.given += (samples.len() / self.channels) as u64;
        if self.rate == RATE {
            return samples.to_vec();
        }
        self.source.extend_from_slice(samples);
        let available = self.first + (self.source.len() / self.channels) as i64;
        let mut out = Vec::new();
        while self.place().0 + HALF as i64 <= available {
            self.sample(&mut out);
        }
        let keep = self.place().0 - HALF as i64;
        let drop = usize::try_from(keep - self.first).unwrap_or(0).min(self.source.len() / self.channels);
        self.source.drain(..drop * self.channels);
        self.first += drop as i64;
        out
    }

    /// The rest, as if silence followed.
    pub(super) fn rest(&mut self) -> Vec<f32> {
        let wanted = (u128::from(self.given) * u128::from(RATE)).div_ceil(u128::from(self.rate)) as u64;
        if self.rate == RATE {
            return Vec::new();
        }
        let given = self.given;
        let mut out = self.push(&vec![0.0; HALF * 2 * self.channels]);
        self.given = given;
        let surplus = usize::try_from(self.made.saturating_sub(wanted)).unwrap_or(0) * self.channels;
        out.truncate(out.len().saturating_sub(surplus));
        out
    }

    /// The sample of the source after the next of the result, and how far that is from the one before it.
    fn place(&self) -> (i64, f64) {
        let numerator = u128::from(self.made) * u128::from(self.rate);
        let whole = (numerator / u128::from(RATE)) as i64;
        (whole + 1, (numerator % u128::from(RATE)) as f64 / RATE as f64)
    }

    fn sample(&mut self, out: &mut Vec<f32>) {
        let (after, fraction) = self.place();
        // A rate above 48 kHz loses what the result cannot hold.
        let cutoff = (RATE as f64 / self.rate as f64).min(1.0) * 0.97;
        let start = usize::try_from(after - HALF as i64 - self.first).unwrap_or(0);
        let mut sums = [0.0f64; 2];
        for tap in 0..HALF * 2 {
            let distance = tap as f64 - (HALF as f64 - 1.0) - fraction;
            let weight = cutoff * sinc(distance * cutoff) * window(distance / HALF as f64);
            for (channel, sum) in sums.iter_mut().enumerate().take(self.channels) {
                let at = (start + tap) * self.channels + channel;
                *sum += weight * f64::from(self.source.get(at).copied().unwrap_or(0.0));
            }
        }
        out.extend(sums.iter().take(self.channels).map(|sum| *sum as f32));
        self.made += 1;
    }
}

fn sinc(x: f64) -> f64 {
    let x = x * std::f64::consts::PI;
    if x.abs() < 1e-9 { 1.0 } else { x.sin() / x }
}

/// Blackman's window from -1 to 1.
fn window(x: f64) -> f64 {
    let x = x.clamp(-1.0, 1.0) * std::f64::consts::PI;
    0.42 + 0.5 * x.cos() + 0.08 * (2.0 * x).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_keep_their_pitch_and_place() {
        let tone = |i: usize, rate: f64| (i as f64 * 1000.0 * 2.0 * std::f64::consts::PI / rate).sin() as f32;
        let source: Vec<f32> = (0..44_100).map(|i| tone(i, 44_100.0)).collect();
        let mut resampler = Resampler::new(1, 44_100);
        let mut out = Vec::new();
        for piece in source.chunks(777) {
            out.extend(resampler.push(piece));
        }
        out.extend(resampler.rest());
        assert_eq!(out.len(), 48_000);
        let off = out.iter().enumerate().map(|(i, x)| (x - tone(i, 48_000.0)).abs());
        let off = off.skip(100).take(47_800).fold(0.0, f32::max);
        assert!(off < 1e-3, "{off}");
    }
}
