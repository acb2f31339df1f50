//! What a write transaction changes, for the journal: which rows, and which work whose rows follow from others.

use super::tables::Table;
use std::collections::{BTreeMap, BTreeSet};

/// Work on the inverted index whose rows follow from the recordings, so that the journal keeps its name only: they have
/// several times the bytes of what they are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Derived {
    /// A segment of these recordings was written.
    Index(Vec<u32>),
    /// These segments became one.
    Merge(Vec<u32>),
}

/// Tables that derived work writes to.
const INDEX: [Table; 3] = [Table::Segments, Table::Spans, Table::Postings];

/// The rows of a table that were written or deleted.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// All rows that were there before are gone.
    pub(crate) cleared: bool,
    pub(crate) keys: BTreeSet<Vec<u8>>,
}

/// What a write transaction has changed so far.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    tables: BTreeMap<usize, Touched>,
    derived: Vec<Derived>,
    paused: bool,
}

impl Recorder {
    /// Notes a row that was written or deleted.
    pub(super) fn touch(&mut self, table: Table, key: &[u8]) {
        if !self.paused && is_recorded(table, key) {
            self.tables.entry(table as usize).or_default().keys.insert(key.to_vec());
        }
    }

    /// Notes that all rows of a table are gone.
    pub(super) fn clear(&mut self, table: Table) {
        if !self.paused && is_recorded(table, b"") {
            self.tables.insert(table as usize, Touched { cleared: true, keys: BTreeSet::new() });
        }
    }

    /// Begins derived work, whose rows are not noted; false if they are, because rows of the index were noted before.
    pub(super) fn begin(&mut self, derived: Derived) -> bool {
        let begins = !self.paused && !INDEX.iter().any(|table| self.tables.contains_key(&(*table as usize)));
        if begins {
            self.derived.push(derived);
            self.paused = true;
        }
        begins
    }

    pub(super) fn end(&mut self) {
        self.paused = false;
    }

    /// The tables that were changed, in their order.
    pub(crate) fn tables(&self) -> impl Iterator<Item = (Table, &Touched)> {
        self.tables.iter().map(|(table, touched)| (Table::ALL[*table], touched))
    }

    /// Derived work, in order.
    pub(crate) fn derived(&self) -> &[Derived] {
        &self.derived
    }
}

/// False of what belongs to the journal itself.
fn is_recorded(table: Table, key: &[u8]) -> bool {
    table.travels() && (table, key) != (Table::Meta, crate::journal::SEQUENCE)
}
