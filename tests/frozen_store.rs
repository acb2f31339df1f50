//! Promise: a store that an earlier release wrote can be read.
//!
//! `tests/stores/vN` holds a small store of format version N: two melodies of 20 seconds, compacted. They are never
//! rewritten once version N is released (version 1 never was); a new version gets a new folder and a test that upgrades the old one. Until
//! then, `UPDATE=1 cargo test --test frozen_store` makes the newest one again.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use sonic::recordings::{AddOptions, IdentifyOptions};
use sonic::store::FORMAT_VERSION;
use sonic::{Access, Store, StoreOptions};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use support::Scratch;

/// Ids and seeds of the recordings.
const RECORDINGS: [(&str, u64); 2] = [("first", 41), ("second", 42)];
const LARGEST: u64 = 400_000;
const OLDEST: u32 = 2;

fn folder(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/stores/v{version}"))
}

/// Makes the frozen store of this version anew.
fn freeze(scratch: &Scratch) {
    let path = scratch.join("frozen");
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    for (id, seed) in RECORDINGS {
        let file = scratch.melody(&format!("{id}.wav"), seed, 20.0);
        let mut new = sonic::recordings::fingerprint_source(&file).unwrap();
        new.recording.id = id.to_owned();
        new.recording.source = Some(format!("{id}.wav"));
        new.recording.source_hash = Some(format!("{seed:032x}"));
        new.recording.created_at_ms = 1_767_225_600_000;
        store.add(vec![new]).unwrap();
    }
    store.compact().unwrap();
    store.close();
    let _ = fs::remove_dir_all(folder(FORMAT_VERSION));
    support::copy_store(&path, &folder(FORMAT_VERSION));
}

#[test]
fn every_frozen_store_can_be_read() {
    let scratch = Scratch::new("frozen");
    if std::env::var_os("UPDATE").is_some() {
        freeze(&scratch);
    }
    for version in OLDEST..=FORMAT_VERSION {
        // LMDB writes its lock file beside the data: a copy is opened.
        let (original, copy) = (folder(version), scratch.join(&format!("v{version}")));
        support::copy_store(&original, &copy);
        assert!(fs::metadata(support::data_file(&original)).unwrap().len() <= LARGEST);
        check(&scratch, &copy);
    }
}

fn check(scratch: &Scratch, path: &Path) {
    let store =
        Store::open(path, StoreOptions { access: Access::ReadOnly, ..StoreOptions::default() }).unwrap();
    assert!(store.check().unwrap().is_empty());
    let rows = store.recordings().iter().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(rows.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), RECORDINGS.map(|r| r.0));
    assert!(rows.iter().all(|r| r.duration_ms == 20_000 && r.created_at_ms == 1_767_225_600_000));
    for (id, seed) in RECORDINGS {
        let clip = scratch.clip("clip.wav", seed, 8.0, 6.0);
        let found = sonic::identify(&store, &clip, &IdentifyOptions::default()).unwrap();
        let best = &found.answer.matches[0];
        assert!(found.answer.is_match() && best.id == id && (best.offset_ms - 8_000).abs() < 100, "{best:?}");
    }
    store.close();
    drop(store);
    add_to(scratch, path);
}

/// It can also be added to.
fn add_to(scratch: &Scratch, path: &Path) {
    let store = Store::open(path, StoreOptions::default()).unwrap();
    let file = scratch.melody("third.wav", 43, 20.0);
    let summary =
        sonic::recordings::add_files(&store, &[file], &AddOptions::default(), |_| ControlFlow::Continue(()))
            .unwrap();
    assert_eq!((summary.added, store.recordings().len().unwrap()), (1, 3));
    assert!(store.check().unwrap().is_empty());
}
