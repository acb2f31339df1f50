//! What became of the slices.

/// What a [`PushDecoder`](super::PushDecoder) was given, and what of it was repeated, lost or repaired.
///
/// Fields may be added in minor versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PushCounts {
    /// Slices that were taken, whatever became of them: those that were repeated, late or conflicting are among them. Those that
    /// were used are what is left without these.
    pub slices: u64,
    /// Slices that came again, and were left out.
    pub repeated: u64,
    /// Slices that came after they had been given up, and were left out.
    pub late: u64,
    /// Slices that were given up: they never came, or too late.
    pub lost: u64,
    /// Slices that are not what came under their index before, and begin no recording; left out.
    pub conflicting: u64,
    /// Times that the index began anew.
    pub restarts: u64,
    /// Recordings that began, each with its header.
    pub sessions: u64,
    /// Recordings whose header never came, and whose sound was taken for Opus.
    pub headers_assumed: u64,
    /// Places where bytes were missing, whether slices were lost or cut.
    pub holes: u64,
    /// Packets whose time was lost with their Cluster, and that were placed by their order.
    pub placed_by_order: u64,
    /// Bytes in which nothing could be read, and that were passed over.
    pub unreadable_bytes: u64,
    /// Packets that could not be decoded.
    pub damaged_packets: u64,
    /// Slices that were refused or could not be read: each gave an error.
    pub errors: u64,
}
