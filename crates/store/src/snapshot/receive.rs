//! A store made of chunks.

use super::manifest::Manifest;
use super::origin::check_unchanged;
use super::rows::{self, Rows};
use crate::env::{Directory, Env, Incoming, Note, Table};
use crate::options::Access;
use crate::shared;
use crate::store::Store;
use sonic_core::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// A chunk that is to come: its place in [`Manifest::tables`], and in the chunks of that table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Index of the table.
    pub table: usize,
    /// Index of the chunk.
    pub chunk: usize,
}

/// A store that is made of the chunks of a snapshot, beside the one that is there. What came is kept if the process dies:
/// the next receiver of the same snapshot goes on behind it.
pub struct Receiver {
    directory: PathBuf,
    manifest: Manifest,
    incoming: Incoming,
    tables: Vec<Table>,
    wanted: Vec<Wanted>,
}

impl Receiver {
    /// Begins or goes on to receive `manifest` into the directory of a store, made if there is none; `name` is a name of the
    /// manifest that no other has.
    ///
    /// # Errors
    /// As [`Manifest::check`]; `Io` if another process receives into the directory, or the system refuses.
    pub fn open(directory: &Path, manifest: &Manifest, name: &str) -> Result<Self> {
        manifest.check()?;
        Directory::prepare(directory, Access::Create)?;
        let incoming = Incoming::open(directory, name, manifest.bytes())?;
        let tables = manifest.tables.iter().filter_map(|table| Table::named(&table.name)).collect();
        let (directory, manifest) = (directory.to_owned(), manifest.clone());
        let mut receiver = Self { directory, manifest, incoming, tables, wanted: Vec::new() };
        receiver.wanted = receiver.find_wanted()?;
        Ok(receiver)
    }

    /// The chunks that have not come yet, in the order in which they are appended.
    fn find_wanted(&self) -> Result<Vec<Wanted>> {
        let mut wanted = Vec::new();
        for (table, name) in self.tables.iter().enumerate() {
            let mut here = self.incoming.rows(*name)?;
            for (chunk, known) in self.manifest.tables[table].chunks.iter().enumerate() {
                match here.checked_sub(known.rows) {
                    Some(rest) => here = rest,
                    None => wanted.push(Wanted { table, chunk }),
                }
            }
        }
        Ok(wanted)
    }

    /// The chunks that had not come when this was opened, in the order in which they are appended.
    pub fn wanted(&self) -> &[Wanted] {
        &self.wanted
    }

    /// Keeps chunks, in the order of [`wanted`](Self::wanted); their bytes are those of their names.
    ///
    /// # Errors
    /// `Malformed` if they are not made of rows in order; `Io` if there is no room. What was kept before stays.
    pub fn append(&self, chunks: &[(Wanted, Vec<u8>)]) -> Result<()> {
        for (Wanted { table, chunk }, bytes) in chunks {
            rows::check(bytes, self.manifest.tables[*table].chunks[*chunk].rows)?;
        }
        let rows = chunks.iter().flat_map(|(wanted, bytes)| {
            let table = self.tables[wanted.table];
            Rows::of(bytes).map(move |row| (table, row))
        });
        self.incoming.append(rows)
    }

    /// Makes what came the store in the directory, when all has come: `store` if it is open. Readers turn to it with their
    /// next call.
    ///
    /// # Errors
    /// `Malformed` if what came is damaged; `Mismatch` if the store has changes that are in no snapshot; `Io` if another process
    /// writes to it. The store is as it was then.
    pub fn finish(self, store: Option<&Store>, text: &[u8]) -> Result<()> {
        self.take_over(store, text, check_unchanged)
    }

    /// As [`finish`](Self::finish), whatever changes the store has that are in no snapshot.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn finish_discarding(self, store: Option<&Store>, text: &[u8]) -> Result<()> {
        self.take_over(store, text, |_| Ok(()))
    }

    fn take_over(
        mut self,
        store: Option<&Store>,
        text: &[u8],
        may: impl FnOnce(&Env) -> Result<()>,
    ) -> Result<()> {
        for (table, name) in self.manifest.tables.iter().zip(&self.tables) {
            let rows: u64 = table.chunks.iter().map(|chunk| chunk.rows).sum();
            if self.incoming.rows(*name)? != rows {
                let message = format!("the table {} did not come as a whole", table.name);
                return Err(Error::new(ErrorKind::Malformed, message));
            }
        }
        self.incoming.complete(&Note { transaction: None, text: text.to_vec() })?;
        match store {
            Some(store) => store.shared()?.receive(&self.incoming, may),
            None if shared::receive_first(&self.directory, &self.incoming)? => Ok(()),
            None => {
                let message = format!("a store was made in {} meanwhile", self.directory.display());
                Err(Error::new(ErrorKind::Io, message).context("the snapshot was not taken over"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::origin;
    use super::*;
    use crate::{Recording, StoreOptions};
    use sonic_core::{Fingerprint, PipelineId};
    use std::path::PathBuf;

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("sonic-receive-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        path
    }

    /// A store with rows, its manifest with numbers for hashes, and its chunks.
    fn exported(path: &Path) -> (Store, Manifest, Vec<Vec<u8>>) {
        let store = Store::open(path, StoreOptions::default()).unwrap();
        let new = |number: u32| crate::NewRecording {
            recording: Recording { id: format!("recording {number}"), ..Recording::default() },
            fingerprint: Fingerprint {
                pipeline: PipelineId::new("test"),
                duration_ms: 60_000,
                frames: 2_600,
                landmarks: Vec::new(),
                texture: None,
            },
        };
        store.add((0..2_000).map(new).collect()).unwrap();
        let (manifest, chunks) = crate::fuzzing::exported(&store).unwrap();
        (store, manifest, chunks)
    }

    /// Appends chunks `from` on that are still wanted, at most `most`.
    fn receive(receiver: &Receiver, manifest: &Manifest, chunks: &[Vec<u8>], most: usize) -> Result<()> {
        let number = |wanted: &Wanted| {
            let name = &manifest.tables[wanted.table].chunks[wanted.chunk].sha256;
            usize::from_str_radix(name, 16).unwrap()
        };
        let mut wanted = receiver.wanted().iter().take(most);
        wanted.try_for_each(|wanted| receiver.append(&[(*wanted, chunks[number(wanted)].clone())]))
    }

    fn finish(receiver: Receiver, manifest: &Manifest) -> Result<()> {
        receiver.finish(None, &serde_json::to_vec(manifest).unwrap())
    }

    #[test]
    fn what_was_cut_goes_on_and_what_is_damaged_begins_again() {
        let (from, to) = (directory("from"), directory("to"));
        let (store, manifest, chunks) = exported(&from);
        assert!(chunks.len() > 20, "{}", chunks.len());
        let all = chunks.len();
        let receiver = Receiver::open(&to, &manifest, "one").unwrap();
        assert_eq!(receiver.wanted().len(), all);
        receive(&receiver, &manifest, &chunks, 9).unwrap();
        // Nobody else receives meanwhile.
        assert_eq!(Receiver::open(&to, &manifest, "one").err().map(|e| e.kind()), Some(ErrorKind::Io));
        drop(receiver);
        let receiver = Receiver::open(&to, &manifest, "one").unwrap();
        assert_eq!(receiver.wanted().len(), all - 9);
        assert_eq!(finish(receiver, &manifest).unwrap_err().kind(), ErrorKind::Malformed);
        // Another snapshot begins from nothing, and so does one whose file was damaged.
        let receiver = Receiver::open(&to, &manifest, "two").unwrap();
        assert_eq!(receiver.wanted().len(), all);
        receive(&receiver, &manifest, &chunks, 9).unwrap();
        drop(receiver);
        let file = to.join("incoming/data.mdb");
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..].fill(0x5a);
        std::fs::write(&file, bytes).unwrap();
        let receiver = Receiver::open(&to, &manifest, "two").unwrap();
        assert_eq!(receiver.wanted().len(), all);
        receive(&receiver, &manifest, &chunks, all).unwrap();
        assert!(!to.join("current").exists());
        finish(receiver, &manifest).unwrap();
        let copy = Store::open(&to, StoreOptions::default()).unwrap();
        assert_eq!(copy.recordings().len().unwrap(), 2_000);
        assert_eq!(copy.check().unwrap(), []);
        assert_eq!(copy.stats().unwrap().snapshot, Some(1));
        assert!(!origin(&copy).unwrap().changed);
        drop((store, copy));
        std::fs::remove_dir_all(&from).unwrap();
        std::fs::remove_dir_all(&to).unwrap();
    }

    #[test]
    fn rows_out_of_order_are_refused() {
        let (from, to) = (directory("order-from"), directory("order-to"));
        let (_store, manifest, chunks) = exported(&from);
        let receiver = Receiver::open(&to, &manifest, "one").unwrap();
        let table = manifest.tables.iter().position(|table| table.chunks.len() > 2).unwrap();
        let [first, second] = [0, 1].map(|chunk| {
            let name = &manifest.tables[table].chunks[chunk].sha256;
            (Wanted { table, chunk }, chunks[usize::from_str_radix(name, 16).unwrap()].clone())
        });
        receiver.append(&[second]).unwrap();
        assert_eq!(receiver.append(&[first]).unwrap_err().kind(), ErrorKind::Malformed);
        drop(receiver);
        std::fs::remove_dir_all(&from).unwrap();
        std::fs::remove_dir_all(&to).unwrap();
    }

    #[test]
    fn a_store_that_was_written_to_is_not_replaced() {
        let (from, to) = (directory("changed-from"), directory("changed-to"));
        let (_store, manifest, chunks) = exported(&from);
        let other = Store::open(&to, StoreOptions::default()).unwrap();
        let receiver = Receiver::open(&to, &manifest, "one").unwrap();
        receive(&receiver, &manifest, &chunks, chunks.len()).unwrap();
        let recording = Recording { id: "mine".to_owned(), ..Recording::default() };
        let fingerprint = Fingerprint {
            pipeline: PipelineId::new("mine"),
            duration_ms: 1,
            frames: 1,
            landmarks: Vec::new(),
            texture: None,
        };
        other.add(vec![crate::NewRecording { recording, fingerprint }]).unwrap();
        let refused = receiver.finish(Some(&other), &serde_json::to_vec(&manifest).unwrap()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Mismatch, "{refused}");
        assert!(other.recordings().contains("mine").unwrap());
        drop(other);
        std::fs::remove_dir_all(&from).unwrap();
        std::fs::remove_dir_all(&to).unwrap();
    }
}
