//! Room that is kept for removals: bytes of the data file behind its last page, so that something can still be removed
//! when the disk is full. LMDB writes a change beside what it replaces, so that a removal takes room too.
//!
//! What adds something takes room for all that it may write and for the reserve before it commits, or fails. What removes
//! something takes neither, and so finds the reserve.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// Pages that the removal of one thing may take in a store of some size: those from the root to the row in each of its tables.
const PAGES: u64 = 16;
const PAGE: u64 = 4096;
/// One part in so many of a large store, of which more can be removed at once.
const SHARE: u64 = 32;

/// The reserve of a store whose pages take `used` bytes. A small one has fewer pages to change, and most of its file is
/// rows: one that was cut off is known by that.
fn reserve(used: u64) -> u64 {
    (PAGES * PAGE).min(used / 2).max(used / SHARE)
}

/// Makes the data file long enough for its pages, which take `used` bytes, for `more` bytes and for the reserve. The caller
/// holds the writer's lock: nobody reads or writes behind the last page.
///
/// # Errors
/// If there is no room: the file is as it was then.
pub(super) fn keep(path: &Path, used: u64, more: u64) -> io::Result<()> {
    let wanted = used + more + reserve(used);
    let file = File::options().write(true).open(path)?;
    let length = file.metadata()?.len();
    if length >= wanted {
        return Ok(());
    }
    fill(&file, length, wanted).inspect_err(|_| {
        let _ = file.set_len(length);
    })
}

/// Gives back what was made room for and not taken, if it is much. The caller holds the writer's lock.
pub(super) fn trim(path: &Path, used: u64) -> io::Result<()> {
    let most = used + reserve(used) + reserve(used) / 2;
    if std::fs::metadata(path)?.len() <= most {
        return Ok(());
    }
    File::options().write(true).open(path)?.set_len(used + reserve(used))
}

/// Writes zeros: a file that is only made longer has no room yet.
fn fill(mut file: &File, from: u64, to: u64) -> io::Result<()> {
    file.seek(io::SeekFrom::Start(from))?;
    io::copy(&mut io::repeat(0).take(to - from), &mut file)?;
    file.flush()
}
