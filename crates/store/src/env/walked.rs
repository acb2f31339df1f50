//! What is remembered of a data file whose pages were looked at: its length, when it was last written, and its last
//! transaction. A file of which all is as remembered is as this library left it.

use super::error::io_error;
use super::files::DATA_FILE;
use super::generation::Generation;
use super::pages::{DataFile, Fault, walk};
use crate::options::Verify;
use sonic_core::{Error, ErrorKind, Result};
use std::path::Path;
use std::time::SystemTime;

const FILE: &str = "walked";
const MAGIC: [u8; 8] = *b"sonicwlk";
/// Looks at a file that another process writes to meanwhile.
const MOST_TRIES: usize = 8;

/// The state of a data file.
type State = [u8; 32];

/// The state that a data file has now.
fn state_of(file: &DataFile) -> Option<State> {
    let modified = file.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos() as u64;
    let words = [file.length(), modified, file.transaction()].map(u64::to_le_bytes);
    [MAGIC, words[0], words[1], words[2]].concat().try_into().ok()
}

/// Opens a file for plain reads; tried again, as a page may be seen while it is written.
fn open(path: &Path) -> Result<DataFile> {
    let mut tries = (0..MOST_TRIES).map(|_| DataFile::open(path));
    let opened = tries.find(|opened| !matches!(opened, Err(Fault::Damage(_))));
    opened.unwrap_or_else(|| DataFile::open(path)).map_err(|fault| error(path, fault))
}

fn is_remembered(folder: &Path, file: &DataFile) -> bool {
    state_of(file).is_some_and(|state| std::fs::read(folder.join(FILE)).is_ok_and(|known| known == state))
}

/// Remembers the file in the folder of a generation as it is now. What cannot be remembered is looked at again.
pub(super) fn remember(folder: &Path) {
    let Ok(file) = DataFile::open(&folder.join(DATA_FILE)) else { return };
    if let (false, Some(state)) = (is_remembered(folder, &file), state_of(&file)) {
        let _ = std::fs::write(folder.join(FILE), state);
    }
}

/// Looks at the file of a generation before LMDB does. True if it may be remembered.
///
/// # Errors
/// `Malformed` if it is damaged.
pub(super) fn check(generation: &Generation, verify: Verify) -> Result<bool> {
    let folder = generation.path();
    let path = folder.join(DATA_FILE);
    let file = open(&path)?;
    let known = is_remembered(folder, &file);
    match verify {
        Verify::Never => return Ok(known),
        Verify::Auto if known || !generation.is_alone() => return Ok(true),
        _ if generation.is_alone() => walk(&file).map_err(|fault| error(&path, fault))?,
        _ => check_in_use(&path)?,
    }
    remember(folder);
    Ok(true)
}

/// Looks at a file that somebody may be writing to. What a transaction writes is not seen before it is committed, so what
/// is found holds if no other was committed meanwhile.
///
/// # Errors
/// `Malformed` if it is damaged.
pub(super) fn check_in_use(path: &Path) -> Result<()> {
    for _ in 0..MOST_TRIES {
        let file = open(path)?;
        let found = walk(&file);
        if open(path)?.transaction() == file.transaction() {
            return found.map_err(|fault| error(path, fault));
        }
    }
    // It is in use, and no commit has met damage.
    Ok(())
}

fn error(path: &Path, fault: Fault) -> Error {
    match fault {
        Fault::Damage(what) => {
            let message = format!("{} is damaged: {what}; restore the store from a copy", path.display());
            Error::new(ErrorKind::Malformed, message)
        }
        Fault::Io(e) => io_error(format!("cannot read {}", path.display()), e),
    }
}
