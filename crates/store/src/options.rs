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

/// Options of [`Store::open`](crate::Store::open).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    /// Reading, writing, creating.
    pub access: Access,
    /// Bytes of address space to reserve at first; the map doubles by itself whenever it is full.
    pub map_size: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { access: Access::default(), map_size: 1 << 30 }
    }
}
