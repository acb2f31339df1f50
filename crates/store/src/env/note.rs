//! What is noted beside the data file of a generation: a text of the caller, and the transaction that it is about.
//!
//! A note says nothing any more of a file that was written to since; after a compaction it is kept, without a transaction.

use super::Env;
use super::error::io_error;
use super::files::sync_directory;
use sonic_core::Result;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// The snapshot that the generation was pulled or pushed as.
pub(crate) const LAST: &str = "snapshot";
/// The snapshot that somebody began to publish the generation as.
pub(crate) const NEXT: &str = "snapshot.next";
const MAGIC: [u8; 8] = *b"sonicnt1";

/// A text, and the last transaction of the file that it is about; `None` if the file was written anew since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) transaction: Option<u64>,
    pub(crate) text: Vec<u8>,
}

impl Env {
    /// What was noted of this generation: what it was pulled or pushed as, if nothing was written since, and what somebody
    /// began to push it as.
    pub(crate) fn notes(&self) -> [Option<Note>; 2] {
        [LAST, NEXT].map(|name| read(self.generation.path(), name))
    }

    /// Notes what somebody begins to push this generation as.
    pub(crate) fn note_next(&self, note: &Note) -> Result<()> {
        write(self.generation.path(), NEXT, note.transaction, &note.text)
    }

    /// Takes what was begun for what is.
    pub(crate) fn confirm_next(&self) -> Result<()> {
        confirm(self.generation.path())
    }

    /// The last transaction that was committed.
    pub(crate) fn transaction(&self) -> u64 {
        self.env.info().last_txn_id as u64
    }
}

/// The note of a name in the folder of a generation; `None` if there is none that can be read.
pub(super) fn read(folder: &Path, name: &str) -> Option<Note> {
    let bytes = std::fs::read(folder.join(name)).ok()?;
    let (transaction, text) = bytes.strip_prefix(&MAGIC)?.split_first_chunk()?;
    let transaction = Some(u64::from_le_bytes(*transaction)).filter(|number| *number > 0);
    Some(Note { transaction, text: text.to_vec() })
}

/// Writes a note, whole or not at all.
pub(super) fn write(folder: &Path, name: &str, transaction: Option<u64>, text: &[u8]) -> Result<()> {
    let new = folder.join(format!("{name}.new"));
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(&MAGIC)?;
        file.write_all(&transaction.unwrap_or(0).to_le_bytes())?;
        file.write_all(text)?;
        file.sync_all()
    });
    let moved = written.and_then(|()| std::fs::rename(&new, folder.join(name)));
    moved.map_err(|e| io_error(format!("cannot write {}", new.display()), e))?;
    sync_directory(folder)
}

/// Makes the note of what was to be published that of what is; nothing if there is none.
pub(super) fn confirm(folder: &Path) -> Result<()> {
    let (next, last) = (folder.join(NEXT), folder.join(LAST));
    match std::fs::rename(&next, last) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(io_error(format!("cannot rename {}", next.display()), e))
        }
        _ => sync_directory(folder),
    }
}

/// Takes the notes of a generation over to a copy of it, whose transactions are others.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut notes = [LAST, NEXT].into_iter().filter_map(|name| Some((name, read(from, name)?)));
    notes.try_for_each(|(name, note)| write(to, name, None, &note.text))
}
