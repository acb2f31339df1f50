//! Changes of speed, tempo and pitch that a clip may have gone through.

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

    fn speed(percent: f32) -> Self {
        let factor = 1.0 + percent / 100.0;
        Self { time: factor, frequency: factor }
    }

    fn tempo(percent: f32) -> Self {
        Self { time: 1.0 + percent / 100.0, frequency: 1.0 }
    }

    fn pitch(semitones: f32) -> Self {
        Self { time: 1.0, frequency: (semitones / 12.0).exp2() }
    }

    /// True if both factors are within one percent of the other's.
    pub(crate) fn is_near(self, other: Self) -> bool {
        (self.time - other.time).abs() < 0.01 && (self.frequency - other.frequency).abs() < 0.01
    }

    /// Pitch shift in semitones.
    pub(crate) fn semitones(self) -> f32 {
        12.0 * self.frequency.log2()
    }
}

/// The scales tried when a clip is not found as it is, in rounds: the likely ones first. Neighbours are so close
/// that a clip between two of them is found by both.
pub(crate) fn rounds() -> [Vec<Scale>; 2] {
    let both = |values: &[f32], make: fn(f32) -> Scale| -> Vec<Scale> {
        values.iter().flat_map(|&v| [make(v), make(-v)]).collect()
    };
    let likely = [
        both(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], Scale::speed),
        both(&[2.5, 5.0], Scale::tempo),
        both(&[0.5, 1.0], Scale::pitch),
    ];
    let rest = [
        both(&[7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0], Scale::speed),
        both(&[7.5, 10.0, 12.5, 15.0], Scale::tempo),
        both(&[1.5, 2.0, 2.5, 3.0, 3.5], Scale::pitch),
    ];
    [likely.concat(), rest.concat()]
}
