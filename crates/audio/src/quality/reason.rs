//! Why a recording is not good enough, in words.

use std::fmt;

/// Why a recording is not good enough.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// The duration is too small.
    TooShort {
        /// The duration.
        seconds: f64,
        /// What is wanted.
        least: f64,
    },
    /// The duration is too great.
    TooLong {
        /// The duration.
        seconds: f64,
        /// What is wanted.
        most: f64,
    },
    /// Too little is left without the quiet ends.
    TooShortTrimmed {
        /// What is left.
        seconds: f64,
    },
    /// The power or the swing of what is left is too small.
    TooWeak,
    /// Nobody speaks for long enough.
    TooLittleSpeech {
        /// The length of all speech.
        seconds: f64,
        /// What is wanted.
        least: f64,
    },
    /// The background is too loud.
    TooNoisy {
        /// Power of speech over background.
        snr_db: f32,
        /// What is wanted.
        least: f32,
    },
    /// Too many samples are clipped.
    Clipped {
        /// Their share, 0..1.
        share: f32,
        /// What is allowed.
        most: f32,
    },
    /// The level is too low.
    TooQuiet {
        /// The level.
        level_dbfs: f32,
        /// What is wanted.
        least: f32,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { seconds, least } => {
                write!(f, "Audio too short: {seconds:.2}s (minimum {least}s)")
            }
            Self::TooLong { seconds, most } => write!(f, "Audio too long: {seconds:.2}s (maximum {most}s)"),
            Self::TooShortTrimmed { seconds } => write!(f, "Audio too short after trimming: {seconds:.2}s"),
            Self::TooWeak => f.write_str("Audio quality too low"),
            Self::TooLittleSpeech { seconds, least } => {
                write!(f, "Too little speech: {seconds:.2}s (minimum {least}s)")
            }
            Self::TooNoisy { snr_db, least } => {
                write!(f, "Too noisy: {snr_db:.0} dB over the background (minimum {least} dB)")
            }
            Self::Clipped { share, most } => {
                write!(f, "Clipped: {:.1}% of the samples (maximum {}%)", 100.0 * share, 100.0 * most)
            }
            Self::TooQuiet { level_dbfs, least } => {
                write!(f, "Too quiet: {level_dbfs:.0} dBFS (minimum {least} dBFS)")
            }
        }
    }
}
