//! How people are enrolled, and how far that has come.

use serde::Serialize;
use sonic_core::Calibration;

/// How people are enrolled.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrollOptions {
    /// Samples from which on a person counts as enrolled.
    pub min_samples: u32,
    /// Samples that a voiceprint has at most.
    pub max_samples: u32,
    /// The user that the person is, if that is known.
    pub user_id: Option<String>,
    /// How scores become the probability of [`Enrolled::similar_to`](crate::Enrolled::similar_to), as in
    /// [`VoiceIdentifyOptions`](crate::VoiceIdentifyOptions).
    pub default_calibration: Option<Calibration>,
    /// The same for scores of the narrow band.
    pub default_narrow_calibration: Option<Calibration>,
}

impl Default for EnrollOptions {
    fn default() -> Self {
        Self {
            min_samples: 3,
            max_samples: 5,
            user_id: None,
            default_calibration: None,
            default_narrow_calibration: None,
        }
    }
}

impl EnrollOptions {
    /// How far enrolling has come with so many samples.
    pub fn status(&self, samples: u32) -> EnrollStatus {
        match samples {
            n if n >= self.max_samples => EnrollStatus::Complete,
            n if n >= self.min_samples => EnrollStatus::Enrolled,
            _ => EnrollStatus::SampleAdded,
        }
    }
}

/// How far enrolling a person has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EnrollStatus {
    /// There are samples, but fewer than enrolling takes: the person is found, less surely.
    SampleAdded,
    /// There are enough samples; more make the voiceprint better.
    Enrolled,
    /// There are as many as there may be: further ones are left out.
    Complete,
}

impl EnrollStatus {
    /// The status as it is written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::SampleAdded => "sample_added",
            Self::Enrolled => "enrolled",
            Self::Complete => "complete",
        }
    }
}
