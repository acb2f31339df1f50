//! One environment for all handles of a directory in this process, and its replacement when the store was compacted.

use crate::env::{Author, Change, Committed, Directory, Env, Incoming, WriteTxn};
use crate::journal::Gate;
use crate::options::{Access, StoreOptions, Verify};
use crate::{fork, meta};
use sonic_core::{Error, Result, trace_span};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

/// By process, because a forked child finds those of its parent here. Locked only while the process cannot fork.
static OPEN: Mutex<BTreeMap<(u32, PathBuf), Weak<Shared>>> = Mutex::new(BTreeMap::new());

/// The environment of a directory. Every operation has its own hold on the one that it began with, so that another can
/// take its place without waiting for anybody.
pub(crate) struct Shared {
    current: RwLock<Arc<Env>>,
    /// Held while another environment takes the place of `current`, which stays readable meanwhile.
    replacing: Mutex<()>,
    directory: Arc<Directory>,
    options: StoreOptions,
    trouble: Mutex<Option<String>>,
    /// What writes go through, of a store that is kept elsewhere too.
    gate: RwLock<Option<Arc<Gate>>>,
}

impl Shared {
    /// The environment of the directory `path`, opened if no handle of this process has it open.
    pub(crate) fn open(path: &Path, options: StoreOptions) -> Result<Arc<Self>> {
        Directory::prepare(path, options.access)?;
        let path =
            path.canonicalize().map_err(|e| Error::io(format!("cannot open {}", path.display()), e))?;
        let key = (std::process::id(), path.clone());
        let _hold = fork::hold();
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = open.get(&key).and_then(Weak::upgrade) {
            shared.prepare(options)?;
            return Ok(shared);
        }
        let (directory, gate) = Directory::open(&path, options.access)?;
        let directory = Arc::new(directory);
        let env = match &gate {
            Some(_) => Env::create(&directory, options, meta::FIRST_ROW)?,
            None => open_env(&directory, options)?,
        };
        drop(gate);
        let current = RwLock::new(Arc::new(env));
        let (replacing, trouble, gate) = (Mutex::new(()), Mutex::new(None), RwLock::new(None));
        let shared = Arc::new(Self { current, replacing, directory, options, trouble, gate });
        shared.prepare(StoreOptions { verify: Verify::Never, ..options })?;
        open.retain(|_, shared| shared.strong_count() > 0);
        open.insert(key, Arc::downgrade(&shared));
        Ok(shared)
    }

    /// Makes the environment ready for a handle: it may be the first that writes, or one that wants the pages looked at.
    fn prepare(&self, options: StoreOptions) -> Result<()> {
        if options.verify == Verify::Full {
            self.env()?.check_pages().map(drop)?;
        }
        if options.access != Access::ReadOnly {
            self.directory.allow_writing()?;
            self.env()?.clear_stale_readers()?;
            self.directory.remove_stale();
        }
        Ok(())
    }

    /// The environment of the current generation, opened if another process has published a new one.
    pub(crate) fn env(&self) -> Result<Arc<Env>> {
        let known = self.known();
        if known.is_current() {
            return Ok(known);
        }
        drop(known);
        let _replacing = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.known();
        if known.is_current() {
            return Ok(known);
        }
        let env = Arc::new(open_env(&self.directory, self.options)?);
        self.replace(env.clone());
        Ok(env)
    }

    fn known(&self) -> Arc<Env> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, env: Arc<Env>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, env);
        drop(current);
        // Nobody waits while it is closed, if this was the last hold on it.
        drop(old);
    }

    /// Runs `work` in one transaction on the generation that is current then, and commits it. Nothing of a failed `work`
    /// remains; `work` may run several times. Waits until it is kept elsewhere too, if the store is.
    pub(crate) fn write<T>(
        &self,
        change: Change,
        work: impl FnMut(&mut WriteTxn<'_>) -> Result<T>,
    ) -> Result<T> {
        let gate = self.gate();
        let committed = self.commit(author(gate.as_deref()), change, work)?;
        if let (Some(gate), Some(sequence)) = (gate, committed.sequence) {
            (gate.keep)(committed.term, sequence)?;
        }
        Ok(committed.value)
    }

    /// As [`write`](Self::write), for work that nobody misses if it is not kept elsewhere: it is with the next write.
    pub(crate) fn write_unawaited<T>(
        &self,
        change: Change,
        work: impl FnMut(&mut WriteTxn<'_>) -> Result<T>,
    ) -> Result<T> {
        let gate = self.gate();
        Ok(self.commit(author(gate.as_deref()), change, work)?.value)
    }

    /// As [`write`](Self::write), past the gate.
    pub(crate) fn write_as<T>(
        &self,
        author: Author<'_>,
        change: Change,
        work: impl FnMut(&mut WriteTxn<'_>) -> Result<T>,
    ) -> Result<T> {
        Ok(self.commit(author, change, work)?.value)
    }

    fn commit<T>(
        &self,
        author: Author<'_>,
        change: Change,
        mut work: impl FnMut(&mut WriteTxn<'_>) -> Result<T>,
    ) -> Result<Committed<T>> {
        trace_span!("transaction").time(|| {
            loop {
                if let Some(committed) = self.env()?.write(author, change, &mut work)? {
                    return Ok(committed);
                }
            }
        })
    }

    fn gate(&self) -> Option<Arc<Gate>> {
        self.gate.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets what writes go through, or takes it away; false if there is one and would be another.
    pub(crate) fn set_gate(&self, gate: Option<Arc<Gate>>) -> bool {
        let mut current = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        let may = current.is_none() || gate.is_none();
        if may {
            *current = gate;
        }
        may
    }

    /// Makes a copy without free pages the current generation, unless another process has just done so. Readers go on
    /// meanwhile, and no writer of any process writes; if anything fails the store is as it was.
    pub(crate) fn compact(&self) -> Result<()> {
        let env = self.env()?;
        let _writer = self.directory.lock_writer()?;
        if !env.is_current() {
            return Ok(());
        }
        self.turn_to(Arc::new(env.compacted(self.options.map_size)?))?;
        self.directory.sync().inspect_err(|_| {
            // Both have the same rows, and nobody has written meanwhile.
            let _ = self.turn_to(env.clone());
        })
    }

    /// Makes what came the current generation, if `may` has no objection to that when nobody writes any more.
    pub(crate) fn receive(&self, incoming: &Incoming, may: impl FnOnce(&Env) -> Result<()>) -> Result<()> {
        self.directory.allow_writing()?;
        let _writer = self.directory.lock_writer()?;
        let env = self.env()?;
        may(&env)?;
        self.turn_to(Arc::new(Env::received(&self.directory, incoming, self.options.map_size)?))?;
        self.directory.sync().inspect_err(|_| {
            let _ = self.turn_to(env.clone());
        })
    }

    /// Why the store cannot follow its snapshots just now; `None` if it can, or does not.
    pub(crate) fn trouble(&self) -> MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the generation of `env`. The caller holds the writer's lock.
    fn turn_to(&self, env: Arc<Env>) -> Result<()> {
        let _replacing = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        env.publish()?;
        self.replace(env);
        Ok(())
    }
}

fn author(gate: Option<&Gate>) -> Author<'_> {
    gate.map_or(Author::Owner, Author::Guest)
}

/// Makes what came the first generation of a new store in the directory `path`; false if a store is there by now.
pub(crate) fn receive_first(path: &Path, incoming: &Incoming) -> Result<bool> {
    let path = path.canonicalize().map_err(|e| Error::io(format!("cannot open {}", path.display()), e))?;
    let (directory, gate) = Directory::open(&path, Access::Create)?;
    if gate.is_none() {
        return Ok(false);
    }
    let directory = Arc::new(directory);
    Env::received(&directory, incoming, StoreOptions::default().map_size)?.publish()?;
    directory.sync()?;
    Ok(true)
}

fn open_env(directory: &Arc<Directory>, options: StoreOptions) -> Result<Env> {
    let env = Env::open(directory, options)?;
    meta::check_version(env.read()?.view())?;
    Ok(env)
}

#[cfg(test)]
mod tests {
    use crate::env::Table;
    use crate::{Access, Store, StoreOptions};
    use sonic_core::{ErrorKind, Result};
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicBool, Ordering};

    const ROWS: u32 = 20_000;

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("sonic-generations-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        path
    }

    fn open(path: &Path, access: Access) -> Result<Store> {
        Store::open(path, StoreOptions { access, map_size: 1 << 26, ..StoreOptions::default() })
    }

    /// A store with [`ROWS`] rows that mean nothing.
    fn store(path: &Path) -> Store {
        let store = open(path, Access::Create).unwrap();
        let put = |txn: &mut crate::env::WriteTxn<'_>| {
            (0..ROWS).try_for_each(|n| txn.put(Table::Landmarks, &n.to_be_bytes(), &[7; 1_000]))
        };
        store.write(put).unwrap();
        store
    }

    /// The generations whose folder is there.
    fn generations(path: &Path) -> Vec<String> {
        let names = std::fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.starts_with("gen-")).collect();
        names.sort();
        names
    }

    #[test]
    fn a_compaction_waits_for_no_reader_and_no_reader_for_it() {
        let path = directory("swap");
        let store = store(&path);
        let shared = store.shared().unwrap();
        let env = shared.env().unwrap();
        let long = env.read().unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut reads = 0;
                while !done.load(Ordering::Relaxed) {
                    store.read(|view| view.len(Table::Landmarks)).unwrap();
                    reads += 1;
                }
                reads
            });
            // It would wait forever: the transaction above ends after it.
            store.compact().unwrap();
            done.store(true, Ordering::Relaxed);
            assert!(reader.join().unwrap() > 0);
        });
        store.write(|txn| txn.put(Table::Landmarks, b"new", b"row")).unwrap();
        assert_eq!(long.view().len(Table::Landmarks).unwrap(), u64::from(ROWS));
        assert_eq!(store.read(|view| view.len(Table::Landmarks)).unwrap(), u64::from(ROWS) + 1);
        assert_eq!(generations(&path), ["gen-1", "gen-2"]);
        drop(long);
        drop(env);
        assert_eq!(generations(&path), ["gen-2"]);
        drop((shared, store));
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn what_a_process_left_when_it_died_goes_with_the_next_open() {
        let path = directory("stale");
        drop(store(&path));
        for number in [2, 7] {
            std::fs::create_dir(path.join(format!("gen-{number}"))).unwrap();
            std::fs::write(path.join(format!("gen-{number}/data.mdb")), b"half a copy").unwrap();
        }
        let reader = open(&path, Access::ReadOnly).unwrap();
        assert_eq!(reader.read(|view| view.len(Table::Landmarks)).unwrap(), u64::from(ROWS));
        assert_eq!(generations(&path), ["gen-1", "gen-2", "gen-7"]);
        drop(reader);
        let store = open(&path, Access::ReadWrite).unwrap();
        assert_eq!(generations(&path), ["gen-1"]);
        store.compact().unwrap();
        assert_eq!(generations(&path), ["gen-2"]);
        drop(store);
        // It died after it published the next, before it removed the old.
        std::fs::create_dir(path.join("gen-1")).unwrap();
        drop(open(&path, Access::ReadWrite).unwrap());
        assert_eq!(generations(&path), ["gen-2"]);
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_lost_or_damaged_number_is_malformed_and_nothing_is_removed() {
        let path = directory("number");
        drop(store(&path));
        let current = path.join("current");
        let whole = std::fs::read(&current).unwrap();
        let next = [&whole[..8], &9_u64.to_le_bytes()].concat();
        let damaged: [&[u8]; 6] =
            [b"", &[0; 16], &whole[..15], &[&whole[..], b"x"].concat(), b"0123456789abcdef", &next];
        for bytes in damaged {
            std::fs::write(&current, bytes).unwrap();
            for access in [Access::ReadOnly, Access::ReadWrite, Access::Create] {
                let error = open(&path, access).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Malformed, "{bytes:?}: {error}");
                assert!(error.message().contains("restore"), "{error}");
            }
        }
        std::fs::remove_file(&current).unwrap();
        assert_eq!(open(&path, Access::Create).unwrap_err().kind(), ErrorKind::Malformed);
        std::fs::write(&current, &whole).unwrap();
        let store = open(&path, Access::ReadOnly).unwrap();
        assert_eq!(store.read(|view| view.len(Table::Landmarks)).unwrap(), u64::from(ROWS));
        drop(store);
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_number_without_a_generation_is_a_new_store() {
        let path = directory("new");
        for bytes in [b"".as_slice(), &[0; 16], b"sonicgen\0\0\0\0\0\0\0\0"] {
            std::fs::create_dir(&path).unwrap();
            std::fs::write(path.join("current"), bytes).unwrap();
            for access in [Access::ReadOnly, Access::ReadWrite] {
                assert_eq!(open(&path, access).unwrap_err().kind(), ErrorKind::NotFound);
            }
            drop(open(&path, Access::Create).unwrap());
            assert_eq!(generations(&path), ["gen-1"]);
            std::fs::remove_dir_all(&path).unwrap();
        }
    }

    /// Somebody died while they made a store: what they left is not rows. Once a store was made its file is never missing.
    #[test]
    fn an_unfinished_store_is_begun_again_and_a_lost_file_is_malformed() {
        let path = directory("unfinished");
        std::fs::create_dir_all(path.join("gen-1")).unwrap();
        std::fs::write(path.join("gen-1/data.mdb"), b"the beginning of a file").unwrap();
        std::fs::write(path.join("current"), b"sonicgen\0\0\0\0\0\0\0\0").unwrap();
        assert_eq!(open(&path, Access::ReadWrite).unwrap_err().kind(), ErrorKind::NotFound);
        drop(store(&path));
        for lost in [true, false] {
            match lost {
                true => std::fs::write(path.join("gen-1/data.mdb"), b"").unwrap(),
                false => std::fs::remove_dir_all(path.join("gen-1")).unwrap(),
            }
            for access in [Access::ReadOnly, Access::ReadWrite, Access::Create] {
                let error = open(&path, access).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
            }
        }
        std::fs::remove_dir_all(&path).unwrap();
    }
}
