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
    /// It holds nothing to be recognised by, and was not added: no sound, or silence.
    Silent,
    /// It was committed, in place of another content of that id.
    Replaced,
    /// It lies in a folder and was not taken: a file of another kind, a pipe, a link that leads back.
    PassedOver,
}

impl AddStatus {
    /// The status in snake case, the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Duplicate => "duplicate",
            Self::Failed => "failed",
            Self::Silent => "silent",
            Self::Replaced => "replaced",
            Self::PassedOver => "passed_over",
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
    /// Files that hold nothing to be recognised by, and were not added.
    pub silent: usize,
    /// Files added in place of what had their id.
    pub replaced: usize,
    /// What folders hold that was not taken.
    pub passed_over: usize,
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
            AddStatus::Silent => self.silent += 1,
            AddStatus::Replaced => self.replaced += 1,
            AddStatus::PassedOver => self.passed_over += 1,
        }
    }

    /// Whether to go on.
    pub(crate) fn flow(&self) -> ControlFlow<()> {
        if self.cancelled { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
