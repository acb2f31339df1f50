//! What passes between demuxers, decoders and the assembler.

use sonic_core::{Error, ErrorKind};
use std::io;
use symphonia::core::errors::Error as Foreign;

/// What a packet was decoded to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    /// Rate of the samples that were appended.
    pub(super) rate: u32,
    /// Rate of the track; a multiple of `rate`.
    pub(super) native_rate: u32,
    /// Length at the native rate.
    pub(super) frames: u64,
    /// Channels before the mix.
    pub(super) channels: u16,
}

/// What is to be dropped at the end of a packet; containers count in frames or in time, the longer counts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Discard {
    /// Frames at the native rate.
    pub(super) frames: u64,
    /// Nanoseconds.
    pub(super) nanos: u64,
}

/// An error about bytes that are damaged.
pub(super) fn malformed(why: impl Into<String>) -> Error {
    Error::new(ErrorKind::Malformed, why)
}

/// An error about sound that is right and cannot be decoded.
pub(super) fn unsupported(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unsupported, what)
}

/// An error of symphonia's as one of ours.
pub(super) fn foreign(what: &str, error: Foreign) -> Error {
    let kind = match &error {
        Foreign::IoError(e) if e.kind() == io::ErrorKind::UnexpectedEof => ErrorKind::Malformed,
        Foreign::IoError(_) => ErrorKind::Io,
        // "wav: missing data chunk", "isomp4: missing moov atom": the file was cut before its index.
        Foreign::Unsupported(text) if text.contains(": missing ") => ErrorKind::Malformed,
        Foreign::Unsupported(_) => ErrorKind::Unsupported,
        Foreign::LimitError(_) => ErrorKind::Limit,
        _ => ErrorKind::Malformed,
    };
    Error::new(kind, format!("{what}: {error}")).with_source(error)
}
