//! What computes, and how the work is shared out.

/// What a model runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Provider {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU; an error if that cannot be.
    Cuda,
    /// An NVIDIA GPU if that can be, otherwise the processor.
    Auto,
}

/// Whether one run of a model uses all threads, or many runs at once use one thread each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunMode {
    /// One run on all threads: the shortest time for one item.
    Single,
    /// One of many runs at once: the most items in a time.
    Batch,
}
