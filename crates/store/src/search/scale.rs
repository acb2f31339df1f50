//! Changes of speed, tempo and pitch that a clip may have gone through.

use std::sync::OnceLock;

/// How a clip differs from its recording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    /// Seconds of recording per second of clip.
    pub time: f32,
    /// Frequency in the clip per frequency in the recording.
    pub frequency: f32,
}

impl Scale {
    /// No change.
    pub(crate) const NONE: Self = Self { time: 1.0, frequency: 1.0 };

    fn pitch(semitones: f32) -> Self {
        Self { time: 1.0, frequency: (semitones / 12.0).exp2() }
    }

    /// True if both factors are within one percent of the other's.
    pub(crate) fn is_near(self, other: Self) -> bool {
        (self.time - other.time).abs() < 0.01 && (self.frequency - other.frequency).abs() < 0.01
    }

    /// True if both factors are within `e^log` times the other's.
    pub(crate) fn is_within(self, other: Self, log: f32) -> bool {
        let near = |a: f32, b: f32| (a / b).ln().abs() < log;
        near(self.time, other.time) && near(self.frequency, other.frequency)
    }

    /// Pitch shift in semitones.
    pub(crate) fn semitones(self) -> f32 {
        12.0 * self.frequency.log2()
    }
}

/// Slowest and fastest speed and tempo that are looked for.
const RANGE: [f32; 2] = [0.69, 1.42];
/// Steps of the logarithm of speed and of tempo, and of pitch in semitones, up to so many of the last to either side.
const SPEED_STEP: f32 = 0.01;
const TEMPO_STEP: f32 = 0.025;
const PITCH_STEP: f32 = 0.5;
const PITCH_STEPS: i32 = 7;

/// Every change that is looked for. Neighbours are so close that a clip between two of them is found by both.
pub(crate) fn all() -> &'static [Scale] {
    static ALL: OnceLock<Vec<Scale>> = OnceLock::new();
    ALL.get_or_init(|| {
        let speeds = factors(SPEED_STEP).map(|factor| Scale { time: factor, frequency: factor });
        let tempos = factors(TEMPO_STEP).map(|factor| Scale { time: factor, frequency: 1.0 });
        let pitches =
            (-PITCH_STEPS..=PITCH_STEPS).filter(|n| *n != 0).map(|n| Scale::pitch(PITCH_STEP * n as f32));
        speeds.chain(tempos).chain(pitches).collect()
    })
}

/// The factors in [`RANGE`] that are powers of that of a step, without 1.
fn factors(step: f32) -> impl Iterator<Item = f32> {
    let [least, most] = RANGE.map(|factor| (factor.ln() / step).round() as i32);
    (least..=most).filter(|n| *n != 0).map(move |n| (n as f32 * step).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scales_cover_their_range_evenly() {
        let speeds: Vec<f32> = all().iter().filter(|s| s.time == s.frequency).map(|s| s.time).collect();
        assert!(
            speeds.windows(2).all(|w| w[1] / w[0] > 1.005 && w[1] / w[0] < 1.03),
            "one step, or two around 1"
        );
        assert!(speeds[0] < 0.7 && speeds[speeds.len() - 1] > 1.4);
        assert_eq!(all().iter().filter(|s| s.time == 1.0).count(), 14);
        assert!(!all().contains(&Scale::NONE));
    }
}
