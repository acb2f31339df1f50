//! LMDB files that another program wrote, read by plain reads and believed only as far as they were checked.
//!
//! LMDB itself maps a file and follows what it finds there: a page number that leads out of it ends the process. Here each
//! page is read once, must lie in the file and be of the kind that its place calls for. The layout is version 1 of LMDB's
//! `mdb.c`, little-endian, with pages of any size that LMDB makes.

mod file;
mod nodes;
mod season;
mod walk;

pub(crate) use season::read;

use sonic_core::{Error, ErrorKind};

fn damaged(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Malformed, format!("the LMDB file is damaged: {what}"))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array_at(bytes, at))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}

/// The bytes from `at` on; zeros where there are none.
fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}
