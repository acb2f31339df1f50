//! What is remembered of a data file that was looked at: its length, when it was last written, its last transaction, and
//! whether a value was damaged. A file of which all is as remembered is as this library left it.

use super::error::io_error;
use super::files::DATA_FILE;
use super::generation::Generation;
use super::pages::{DataFile, Fault, Flaws, walk};
use crate::options::Verify;
use sonic_core::{Error, ErrorKind, Result};
use std::path::Path;
use std::time::SystemTime;

const FILE: &str = "walked";
const MAGIC: [u8; 8] = *b"sonicwk2";
/// Looks at a file that another process writes to meanwhile.
const MOST_TRIES: usize = 8;

/// What is known of the values in a file whose pages are sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// All are as they were written.
    Sound,
    /// One is damaged, or more.
    Flawed,
    /// They were not looked at.
    Nothing,
}

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

/// What was found when the file was last looked at, and the state that it was left in.
fn remembered(folder: &Path) -> Option<(State, Known)> {
    let bytes: [u8; size_of::<State>() + 1] = std::fs::read(folder.join(FILE)).ok()?.try_into().ok()?;
    let known = if bytes[size_of::<State>()] == 0 { Known::Sound } else { Known::Flawed };
    Some((*bytes.first_chunk()?, known)).filter(|(state, _)| state.starts_with(&MAGIC))
}

/// Remembers what is known of the file in the folder of a generation, as it is now. What cannot be remembered is looked at
/// again.
pub(super) fn remember(folder: &Path, known: Known) {
    let Ok(file) = DataFile::open(&folder.join(DATA_FILE)) else { return };
    let Some(state) = state_of(&file).filter(|_| known != Known::Nothing) else { return };
    if remembered(folder) != Some((state, known)) {
        let flawed = u8::from(known == Known::Flawed);
        let _ = std::fs::write(folder.join(FILE), [&state[..], &[flawed]].concat());
    }
}

/// Looks at the file of a generation before LMDB does.
///
/// # Errors
/// `Malformed` if a page is damaged.
pub(super) fn check(generation: &Generation, verify: Verify) -> Result<Known> {
    let folder = generation.path();
    let path = folder.join(DATA_FILE);
    let file = open(&path)?;
    let before = remembered(folder);
    let known = before.filter(|(state, _)| state_of(&file) == Some(*state)).map(|(_, known)| known);
    match verify {
        Verify::Never => return Ok(known.unwrap_or(Known::Nothing)),
        Verify::Auto if known.is_some() => return Ok(known.unwrap_or(Known::Nothing)),
        // Whoever opened it first has looked.
        Verify::Auto if !generation.is_alone() => {
            return Ok(before.map_or(Known::Nothing, |(_, known)| known));
        }
        _ => {}
    }
    let flaws = match generation.is_alone() {
        true => walk(&file).map_err(|fault| error(&path, fault))?,
        false => check_in_use(&path)?,
    };
    let known = if flaws.count == 0 { Known::Sound } else { Known::Flawed };
    remember(folder, known);
    Ok(known)
}

/// Looks at a file that somebody may be writing to. What a transaction writes is not seen before it is committed, so what
/// is found holds if no other was committed meanwhile.
///
/// # Errors
/// `Malformed` if a page is damaged.
pub(super) fn check_in_use(path: &Path) -> Result<Flaws> {
    for _ in 0..MOST_TRIES {
        let file = open(path)?;
        let found = walk(&file);
        if open(path)?.transaction() == file.transaction() {
            return found.map_err(|fault| error(path, fault));
        }
    }
    // It is in use, and no commit has met damage.
    Ok(Flaws::default())
}

pub(super) fn error(path: &Path, fault: Fault) -> Error {
    match fault {
        Fault::Damage(what) => {
            let message = format!(
                "{} is damaged: {what}; restore the store from a copy, or save what can be saved with `sonic doctor --salvage`",
                path.display()
            );
            Error::new(ErrorKind::Malformed, message)
        }
        Fault::Io(e) => io_error(format!("cannot read {}", path.display()), e),
    }
}
