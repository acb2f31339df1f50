//! Room that is kept for removals: bytes of the data file behind its last page, so that something can still be removed
//! when the disk is full. LMDB writes a change beside what it replaces, so that a removal takes room too.
//!
//! What adds something takes room for all that it may write and for the reserve before it commits, or fails. What removes
//! something takes neither, and so finds the reserve.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// Pages that the removal of one thing may take: those from the root to the row in each of its tables.
const LEAST_PAGES: u64 = 32;
/// One part in so many of a store, of which more can be removed at once.
const SHARE: u64 = 64;
const PAGE: u64 = 4096;

/// Makes the data file long enough for its pages, which take `used` bytes, for `more` bytes and for the reserve. The caller
/// holds the writer's lock: nobody reads or writes behind the last page.
///
/// # Errors
/// If there is no room: the file is as it was then.
pub(super) fn keep(path: &Path, used: u64, more: u64) -> io::Result<()> {
    let wanted = used + more + (LEAST_PAGES * PAGE).max(used / SHARE);
    let file = File::options().write(true).open(path)?;
    let length = file.metadata()?.len();
    if length >= wanted {
        return Ok(());
    }
    fill(&file, length, wanted).inspect_err(|_| {
        let _ = file.set_len(length);
    })
}

/// Writes zeros: a file that is only made longer has no room yet.
fn fill(mut file: &File, from: u64, to: u64) -> io::Result<()> {
    file.seek(io::SeekFrom::Start(from))?;
    io::copy(&mut io::repeat(0).take(to - from), &mut file)?;
    file.flush()
}
