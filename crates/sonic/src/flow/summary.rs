//! What adding many files came to, whatever they hold.

use std::ops::ControlFlow;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddStatus {
    /// It was committed to the store.
    Added,
    /// Its bytes were in the store already.
    Duplicate,
    /// It could not be added; the others were not affected.
    Failed,
}

impl AddStatus {
    /// The status in snake case, the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Duplicate => "duplicate",
            Self::Failed => "failed",
        }
    }
}

/// How adding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AddSummary {
    /// Files added.
    pub added: usize,
    /// Files that were in the store already.
    pub duplicates: usize,
    /// Files that could not be added.
    pub failed: usize,
    /// True if the callback cancelled.
    pub cancelled: bool,
}

impl AddSummary {
    /// Counts a file.
    pub(crate) fn count(&mut self, status: AddStatus) {
        match status {
            AddStatus::Added => self.added += 1,
            AddStatus::Duplicate => self.duplicates += 1,
            AddStatus::Failed => self.failed += 1,
        }
    }

    /// Whether to go on.
    pub(crate) fn flow(&self) -> ControlFlow<()> {
        if self.cancelled { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
