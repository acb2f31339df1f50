//! How a container's clock gains on the packets, and what it is ahead by behind a hole.
//!
//! A page on a busy machine makes sound more slowly than time passes: Chromium's clock then runs ahead of the packets, a
//! little at a time, and each time that it is ahead by the threshold that is a gap. Where slices are lost such a leap may be
//! among what was lost: nothing says so, but how fast the clock gained before.

/// Sound that steadies what was measured over less of it, in milliseconds.
const CALM_MS: f64 = 4_000.0;
/// Most that a clock gains, or loses, of the time.
const MOST: (f64, f64) = (-0.02, 0.1);
/// Leaps of more thresholds than this are pauses, and no gain.
const PAUSE: f64 = 3.0;
/// How near the threshold, in milliseconds, it is open whether there was a leap.
const OPEN_MS: f64 = 8.0;

/// The gain so far of one session.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Trend {
    /// What the clock was ahead by at first.
    pub(super) first_ms: Option<f64>,
    /// The sum of its leaps.
    pub(super) leapt_ms: f64,
    /// The sound over which it gained.
    pub(super) length_ms: f64,
}

impl Trend {
    /// Takes a packet of `ms`, and what the clock is ahead by about now.
    pub(super) fn packet(&mut self, ms: f64, ahead_ms: Option<f64>) {
        self.length_ms += ms;
        self.first_ms = self.first_ms.or(ahead_ms);
    }

    /// The packets were moved up to the clock by so much.
    pub(super) fn leap(&mut self, by_ms: f64, threshold_ms: f64) {
        if by_ms <= PAUSE * threshold_ms {
            self.leapt_ms += by_ms;
        }
    }

    /// What the clock gains in each millisecond of sound, if it is ahead by so much now.
    pub(super) fn rate(&self, ahead_ms: f64) -> f64 {
        let gained_ms = ahead_ms - self.first_ms.unwrap_or(ahead_ms) + self.leapt_ms;
        (gained_ms / (self.length_ms + CALM_MS)).clamp(MOST.0, MOST.1)
    }
}

/// What the clock is ahead by behind a hole, if it were ahead by `without_ms` without a leap, where it wavers by up to `waver_ms`:
/// as much less as leaps took away. Where that is open, half of it, and `most_ms` in any case: with a leap it would be about
/// nothing, and then it is not far off either way.
pub(super) fn ahead(without_ms: f64, waver_ms: f64, threshold_ms: f64, most_ms: f64) -> f64 {
    let mut ahead_ms = without_ms;
    while ahead_ms + waver_ms > threshold_ms + OPEN_MS {
        ahead_ms -= threshold_ms;
    }
    let is_open = ahead_ms + waver_ms > threshold_ms - OPEN_MS;
    let ahead_ms = if is_open { ahead_ms - threshold_ms / 2.0 } else { ahead_ms };
    ahead_ms.min(most_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_gains_is_followed_over_its_leaps() {
        let (mut trend, mut ahead, mut time) = (Trend::default(), 0.0, 0.0);
        for _ in 0..500 {
            trend.packet(60.0, Some(ahead));
            time += 60.0;
            ahead += 0.9;
            if ahead > 100.0 {
                trend.leap(ahead, 100.0);
                ahead = 0.0;
            }
        }
        assert!((trend.rate(ahead) - 0.015).abs() < 0.003, "{} after {time}", trend.rate(ahead));
        trend.leap(4_000.0, 100.0);
        assert!(trend.rate(ahead) < 0.016, "a pause is no gain");
    }

    #[test]
    fn leaps_are_taken_away_where_there_must_have_been_some() {
        assert_eq!(ahead(40.0, 20.0, 100.0, 60.0), 40.0);
        assert_eq!(ahead(130.0, 10.0, 100.0, 60.0), 30.0);
        assert_eq!(ahead(255.0, 10.0, 100.0, 60.0), 55.0);
        // Somewhere near the threshold it may be either.
        assert_eq!(ahead(85.0, 15.0, 100.0, 60.0), 35.0);
        assert_eq!(ahead(77.0, 12.0, 100.0, 100.0), 77.0);
        assert_eq!(ahead(70.0, 5.0, 100.0, 60.0), 60.0);
    }
}
