//! How the clock of the container and that of the samples drift apart, over minutes.
//!
//! A sound card's crystal is off by some millionths: 50 of them are 1.8 s in ten hours. The time of the chunks follows the
//! container's clock slowly, by a controller with a proportional and an integral part; samples are neither dropped nor
//! put in, so nothing clicks. What wavers from packet to packet, and what a busy machine delays, is left alone.

/// How much sound is averaged over, in milliseconds.
const WINDOW_MS: f64 = 60_000.0;
/// Most that one clock may be faster than the other: a crystal's error is below, a machine that cannot follow beyond.
const MOST: f64 = 300e-6;
/// What of a deviation is corrected in the next window, and what of it is taken for lasting.
const GAIN: (f64, f64) = (0.5, 0.2);

/// The drift of one session.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Drift {
    /// What the clock of the container is ahead of the samples by, in milliseconds, as far as it is followed.
    pub(super) slew_ms: f64,
    /// The window at hand: its length, the sum of the deviations over it.
    pub(super) length_ms: f64,
    pub(super) sum: f64,
    /// The deviation of the first window, which is that of the first packet's time.
    pub(super) usual_ms: Option<f64>,
    /// By how much the container's clock is faster.
    pub(super) rate: f64,
    /// What is followed in the window at hand.
    pub(super) follow: f64,
}

impl Drift {
    /// Takes a packet of `ms` whose time is ahead by `ahead_ms`.
    pub(super) fn note(&mut self, ahead_ms: f64, ms: f64) {
        self.slew_ms += self.follow * ms;
        self.sum += ahead_ms * ms;
        self.length_ms += ms;
        if self.length_ms < WINDOW_MS {
            return;
        }
        let mean = self.sum / self.length_ms;
        (self.sum, self.length_ms) = (0.0, 0.0);
        let Some(usual) = self.usual_ms else {
            self.usual_ms = Some(mean);
            return;
        };
        let error = (mean - usual) / WINDOW_MS;
        self.rate = (self.rate + GAIN.1 * error).clamp(-MOST, MOST);
        self.follow = (self.rate + GAIN.0 * error).clamp(-MOST, MOST);
    }

    /// The times made a leap: the window at hand says nothing.
    pub(super) fn interrupt(&mut self) {
        (self.sum, self.length_ms, self.usual_ms) = (0.0, 0.0, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest deviation after the first half hour of ten hours in which one clock is off by `off`.
    fn worst(off: f64) -> f64 {
        let (mut drift, mut worst) = (Drift::default(), 0.0f64);
        let mut noise = 7u32;
        for n in 0..600_000u32 {
            let clock_ms = f64::from(n) * 60.0;
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let jitter = f64::from(noise >> 16) / 65_536.0 * 60.0 - 20.0;
            let true_ahead = clock_ms * off;
            drift.note(true_ahead + jitter - drift.slew_ms, 60.0);
            if n > 30_000 {
                worst = worst.max((true_ahead - drift.slew_ms).abs());
            }
        }
        worst
    }

    #[test]
    fn ten_hours_stay_together() {
        for off in [0.0, 6e-6, -50e-6, 100e-6, -200e-6] {
            let worst = worst(off);
            assert!(worst < 20.0, "{off}: {worst} ms");
        }
    }

    #[test]
    fn a_minute_is_left_alone() {
        let mut drift = Drift::default();
        for n in 0..1_066 {
            drift.note(f64::from(n) * 0.9, 60.0);
        }
        assert_eq!(drift.slew_ms, 0.0);
    }
}
