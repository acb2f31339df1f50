//! The tables of a store: one list. A table more is one line of it, and one file of rows that reads and writes it.

use super::seal;
use heed::types::Bytes;
use heed::{CommitOrAbort, WithoutTls};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The list of tables: name in Rust, name in the file, version of the format that brought it, key and value. A store
/// may lack any but the first: it is as if they were empty, and the first write makes them.
macro_rules! tables {
    ($($table:ident = $name:literal since $since:literal: $key:literal => $value:literal,)+) => {
        /// The tables of a store, each a named LMDB database.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Table {
            $(#[doc = concat!("`", $name, "`, since version ", $since, ": ", $key, " to ", $value, ".")] $table,)+
        }

        impl Table {
    /// The value of one of its rows, if it is as it was written.
    pub(crate) fn unsealed<'v>(self, key: &[u8], sealed: &'v [u8]) -> Option<&'v [u8]> {
        seal::open(self.name(), key, sealed)
    }

            /// Every table, in the order of the list.
            pub(crate) const ALL: [Self; [$($name),+].len()] = [$(Self::$table),+];

            /// The name of the database.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$table => $name,)+
                }
            }
        }
    };
}

tables! {
    Meta = "meta" since 1: "name of a fact" => "format version, pipelines, calibration, counters",
    Recordings = "recordings" since 1: "recording number" => "its row",
    Ids = "ids" since 1: "external id" => "recording number",
    Sources = "sources" since 1: "hash of the source bytes" => "recording number",
    Landmarks = "landmarks" since 1: "recording number" => "its packed landmarks",
    Segments = "segments" since 1: "segment number" => "its description",
    Spans = "spans" since 1: "segment number" => "the places of its recordings",
    Postings = "postings" since 1: "segment and shard" => "postings",
    Voices = "voices" since 1: "voice number" => "its row",
    VoiceKeys = "voice_keys" since 1: "id, user, mode or voiceprint of a voice" => "voice number",
    Voiceprints = "voiceprints" since 1: "voiceprint number" => "its row",
    People = "people" since 1: "name of a person, or id of a voiceprint" => "voiceprint number",
    Vectors = "vectors" since 1: "set and block" => "packed vectors of voices",
    Speakers = "speakers" since 1: "scope, or scope and unnamed speaker" => "its row",
    Events = "events" since 1: "event number" => "its row",
    EventNames = "event_names" since 1: "name of an event" => "event number",
    Photos = "photos" since 1: "event and photo number" => "the photo's row",
    PhotoKeys = "photo_keys" since 1: "event and id of a photo, or hash of its bytes" => "photo number",
    Faces = "faces" since 1: "event and face number" => "the face's row",
    FaceVectors = "face_vectors" since 1: "event and block" => "packed vectors of faces",
    FacePeople = "face_people" since 1: "event and person number" => "the row of somebody seen in photos",
    PersonLinks = "person_links" since 1: "event, person, kind and number of what belongs to the person" => "nothing",
    Thumbnails = "thumbnails" since 1: "event and face number" => "JPEG of the face",
    Imported = "imported" since 2: "number of an imported recording" => "its row",
    ImportedIds = "imported_ids" since 2: "id" => "number of an imported recording",
    ImportBatches = "import_batches" since 2: "batch number" => "its row",
    ImportedPostings = "imported_postings" since 2: "two bands and batch" => "lists of places",
    ImportedCounts = "imported_counts" since 2: "first band" => "entries of each imported hash",
    Forgotten = "forgotten" since 2: "number of the forgetting" => "who, as a hash",
    Journal = "journal" since 2: "sequence number" => "what a committed write changed",
    Jobs = "jobs" since 2: "number of a job; queue and key; queue and when it is ready" => "its row; number; nothing",
    Transcripts = "transcripts" since 2: "kind and numbers of meetings, connections and segments of live sound" => "their rows",
    LiveQueue = "live_queue" since 2: "kind and numbers of connections and of what came on them" => "their rows",
}

impl Table {
    /// The table of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// True if its rows are of the store wherever it goes, and not of this copy of it.
    pub(crate) fn travels(self) -> bool {
        self != Self::Journal
    }

    /// True if its rows follow from those of other tables, so that they can be made anew.
    pub(crate) fn follows_from_others(self) -> bool {
        matches!(
            self,
            Self::Ids
                | Self::Sources
                | Self::Segments
                | Self::Spans
                | Self::Postings
                | Self::VoiceKeys
                | Self::People
                | Self::EventNames
                | Self::PhotoKeys
                | Self::PersonLinks
                | Self::ImportedIds
                | Self::ImportedCounts
        )
    }
}

/// How long the tables of a store that is being made are waited for.
const PATIENCE_MS: u32 = 200;

pub(super) type Database = heed::Database<'static, Bytes, Bytes>;
pub(super) type Opened<T> = std::result::Result<T, heed::Error>;

/// The tables of an environment.
pub(super) struct Tables {
    /// Those that are open, by place in the list.
    open: [OnceLock<Database>; Table::ALL.len()],
    /// Databases that the file had when they were last looked for.
    looked_at: AtomicUsize,
}

impl Tables {
    /// Makes the tables of a new store in one transaction, with a row in the first.
    pub(super) fn create(env: &heed::Env<WithoutTls>, first_row: (&[u8], &[u8])) -> Opened<Option<Self>> {
        let tables = Self::none();
        tables.create_missing(env, Some(first_row))?;
        Ok(Some(tables))
    }

    /// All tables of an environment, made where they are missing, without a row in the first.
    pub(super) fn empty(env: &heed::Env<WithoutTls>) -> Opened<Self> {
        let tables = Self::none();
        tables.open_new(env)?;
        if !tables.known().are_all() {
            tables.create_missing(env, None)?;
        }
        Ok(tables)
    }

    /// The tables of a store; `None` if the one is missing that every store has.
    pub(super) fn open(env: &heed::Env<WithoutTls>) -> Opened<Option<Self>> {
        // LMDB counts the tables of a commit a moment before a transaction sees them: another process may be making the
        // store just now.
        for _ in 0..PATIENCE_MS {
            let tables = Self::none();
            tables.open_new(env)?;
            if tables.known().get(Table::Meta).is_some() {
                return Ok(Some(tables));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(None)
    }

    fn none() -> Self {
        Self { open: std::array::from_fn(|_| OnceLock::new()), looked_at: AtomicUsize::new(0) }
    }

    /// The tables that are known now. A transaction takes what was known before it began: a table is of no use to it
    /// otherwise.
    pub(super) fn known(&self) -> KnownTables<'_> {
        KnownTables(&self.open)
    }

    fn missing(&self) -> Vec<Table> {
        Table::ALL.into_iter().filter(|table| self.known().get(*table).is_none()).collect()
    }

    fn set(&self, opened: [Option<Database>; Table::ALL.len()]) {
        for (slot, database) in self.open.iter().zip(opened) {
            let _ = database.map(|database| slot.set(database));
        }
    }

    /// True if there may be tables by now that this process has not opened.
    pub(super) fn may_have_grown(&self, env: &heed::Env<WithoutTls>) -> bool {
        !self.known().are_all()
            && env.unnamed_database_stat().entries != self.looked_at.load(Ordering::Relaxed)
    }

    /// Opens the tables that another process has made since. No transaction is active in this process.
    pub(super) fn open_new(&self, env: &heed::Env<WithoutTls>) -> Opened<()> {
        // Before they are looked for: what is made meanwhile is found the next time.
        self.looked_at.store(env.unnamed_database_stat().entries, Ordering::Relaxed);
        let txn = env.read_txn()?;
        let opened = env.open_databases_and_commit(txn, |opener, txn| {
            let mut opened = Table::ALL.map(|_| None);
            for table in self.missing() {
                opened[table as usize] = opener.open_database::<Bytes, Bytes>(txn, Some(table.name()))?;
            }
            Ok::<_, heed::Error>(CommitOrAbort::<_, ()>::Commit(opened))
        })?;
        self.set(opened.unwrap_commit());
        Ok(())
    }

    /// Makes the tables that the store lacks, and a row in the first. No transaction is active in this process.
    pub(super) fn create_missing(
        &self,
        env: &heed::Env<WithoutTls>,
        first_row: Option<(&[u8], &[u8])>,
    ) -> Opened<()> {
        let txn = env.write_txn()?;
        let created = env.create_databases_and_commit(txn, |opener, txn| {
            let mut created = Table::ALL.map(|_| None);
            for table in self.missing() {
                let database = opener.create_database::<Bytes, Bytes>(txn, Some(table.name()))?;
                if let (Table::Meta, Some((key, value))) = (table, first_row) {
                    database.put(txn, key, &seal::seal(table.name(), key, value))?;
                }
                created[table as usize] = Some(database);
            }
            Ok::<_, heed::Error>(CommitOrAbort::<_, ()>::Commit(created))
        })?;
        self.set(created.unwrap_commit());
        Ok(())
    }
}

/// The tables that a transaction can use; none is added while one is active.
#[derive(Clone, Copy)]
pub(super) struct KnownTables<'e>(&'e [OnceLock<Database>; Table::ALL.len()]);

impl<'e> KnownTables<'e> {
    /// The table; `None` if the store lacks it, and it is to be taken for empty.
    pub(super) fn get(self, table: Table) -> Option<&'e Database> {
        self.0[table as usize].get()
    }

    pub(super) fn are_all(self) -> bool {
        self.0.iter().all(|table| table.get().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NewPhoto, Photo, Store, StoreOptions, meta};

    #[test]
    fn the_map_for_newcomers_names_every_table() {
        let map = include_str!("../../../../ARCHITECTURE.md");
        for table in Table::ALL {
            assert!(map.contains(&format!("`{}`", table.name())), "{} is missing", table.name());
        }
    }

    /// A store that has the first table only, as one that is older than all others.
    #[test]
    fn a_missing_table_is_empty_until_the_first_write() {
        let path = std::env::temp_dir().join(format!("sonic-old-tables-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Store::open(&path, StoreOptions::default()).unwrap().close();
        let generation = path.join("gen-1");
        std::fs::remove_file(generation.join("data.mdb")).unwrap();
        let _ = std::fs::remove_file(generation.join("lock.mdb"));
        let mut options = heed::EnvOpenOptions::new().read_txn_without_tls();
        options.max_dbs(1).map_size(1 << 20);
        // SAFETY: nobody else knows the folder.
        let env = unsafe { options.open(&generation) }.unwrap();
        let txn = env.write_txn().unwrap();
        let made = env.create_databases_and_commit(txn, |opener, txn| {
            let database = opener.create_database::<Bytes, Bytes>(txn, Some(Table::Meta.name()))?;
            let (key, value) = meta::FIRST_ROW;
            database.put(txn, key, &seal::seal(Table::Meta.name(), key, value))?;
            Ok::<_, heed::Error>(CommitOrAbort::<_, ()>::Commit(database))
        });
        drop((made.unwrap().unwrap_commit(), env));
        let store = Store::open(&path, StoreOptions::default()).unwrap();
        assert!(store.faces().events().unwrap().is_empty() && store.stats().unwrap().recordings == 0);
        assert_eq!(store.check().unwrap(), []);
        let photo = Photo { photo_id: "1".to_owned(), event: "event".to_owned(), ..Photo::default() };
        store.faces().add_photo(&NewPhoto { photo, ..NewPhoto::default() }).unwrap();
        assert_eq!(store.faces().stats().unwrap().events, 1);
        assert_eq!(store.check().unwrap(), []);
        store.close();
        std::fs::remove_dir_all(&path).unwrap();
    }
}
