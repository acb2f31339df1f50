//! A stretch of time.

/// A stretch of time in a recording, in milliseconds from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Span {
    /// Where it begins.
    pub start_ms: u64,
    /// Where it ends: the first millisecond that does not belong to it.
    pub end_ms: u64,
}

impl Span {
    /// Its length in milliseconds.
    pub fn duration_ms(self) -> u64 {
        self.end_ms.saturating_sub(self.start_ms)
    }
}
