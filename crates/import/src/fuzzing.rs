//! What the fuzz targets and the tests of damage read. Any answer is right but a panic, endless work or a huge allocation.

use crate::watch::Watch;
use crate::{lmdb, pickle};
use std::fs::File;
use std::io::Write;
use std::ops::ControlFlow;

/// Reads bytes as a pickle; gives how many hashes it has.
pub fn pickle(bytes: &[u8]) -> sonic_core::Result<u64> {
    let mut tell = |_| ControlFlow::Continue(());
    pickle::read(|| Ok(bytes), &mut Watch::new(&mut tell)).map(|season| season.hashes_read)
}

/// Reads bytes as an LMDB file; gives how many hashes it has.
pub fn lmdb(bytes: &[u8]) -> sonic_core::Result<u64> {
    let mut tell = |_| ControlFlow::Continue(());
    lmdb::read(file_of(bytes)?, &mut Watch::new(&mut tell)).map(|season| season.hashes_read)
}

fn file_of(bytes: &[u8]) -> sonic_core::Result<File> {
    let fail = |e| sonic_core::Error::io("cannot write a temporary file", e);
    let mut file = tempfile::tempfile().map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    Ok(file)
}
