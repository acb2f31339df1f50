//! Who writes, and what came of it.

use crate::journal::Gate;

/// Who writes.
#[derive(Clone, Copy)]
pub(crate) enum Author<'g> {
    /// Whoever has the store for their own: refused if it is kept elsewhere.
    Owner,
    /// Whoever writes to a store that is kept elsewhere too, as the gate admits.
    Guest(&'g Gate),
    /// What keeps it there: its writes are in the journal already, or do not belong there.
    Keeper,
}

/// What was committed.
pub(crate) struct Committed<T> {
    pub(crate) value: T,
    /// The number of its entry in the journal, if it has one.
    pub(crate) sequence: Option<u64>,
    /// What the gate gave when it admitted it.
    pub(crate) term: u64,
}
