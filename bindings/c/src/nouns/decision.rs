//! Whether something was recognised.

use sonic::recordings::Decision;

/// Whether a clip or a voice was recognised.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_decision {
    /// Nothing in the store is likely enough; matches, if any, are guesses.
    SONIC_DECISION_UNKNOWN = 0,
    /// The first match is likely enough: for a recording with a probability of at least three quarters, for a voice as
    /// the options of the query say.
    SONIC_DECISION_MATCH = 1,
}

impl From<Decision> for sonic_decision {
    fn from(of: Decision) -> Self {
        match of {
            Decision::Match => Self::SONIC_DECISION_MATCH,
            _ => Self::SONIC_DECISION_UNKNOWN,
        }
    }
}
