//! How a store is opened.

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// For reading only.
    ReadOnly,
    /// For reading and writing; it must exist.
    ReadWrite,
    /// For reading and writing; created if it does not exist.
    #[default]
    Create,
}

/// How far a store's file is looked at before it is used.
///
/// LMDB follows the page numbers that it finds in its file; one that leads out of it ends the process. So the pages are
/// read first, by plain reads, and a file with a damaged page is refused. The checksums of values are looked at in the same
/// pass: a damaged value is an error for what needs it. That takes less than a second of processor time a gigabyte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// Only the two pages at its start, and small values when they are read. For a file that was looked at in another way.
    Never,
    /// Pages and values, unless the file is as a process that had the store open left it, or another process has it open.
    #[default]
    Auto,
    /// Pages and values, however the file was left.
    Full,
}

/// Options of [`Store::open`](crate::Store::open).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    /// Reading, writing, creating.
    pub access: Access,
    /// Bytes of address space to reserve at first; the map doubles by itself whenever it is full.
    pub map_size: usize,
    /// How far the file is looked at first.
    pub verify: Verify,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { access: Access::default(), map_size: 1 << 30, verify: Verify::default() }
    }
}
