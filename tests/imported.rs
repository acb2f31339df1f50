//! Promise: what CityWok left is imported whole, whatever it is written as, and replaced, compared and removed cleanly.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use serde_json::Value;
use sonic::imported::{ImportEvent, ImportStatus, ImportedFile, ValidatedFile, import, validate};
use sonic::recordings::{NewRecording, Recording};
use sonic::{Access, ErrorKind, Fingerprint, Store, StoreOptions, audio};
use sonic_testing::assets;
use std::ops::ControlFlow;
use std::path::Path;
use support::Scratch;

/// Entries of both seasons.
const ENTRIES: u64 = 885_915;

fn open(scratch: &Scratch, name: &str) -> Store {
    Store::open(scratch.join(name), StoreOptions::default()).unwrap()
}

/// Imports, and says what became of each file.
fn files(store: &Store, place: &Path) -> Vec<ImportedFile> {
    let mut files = Vec::new();
    let summary = import(store, place, |event| {
        if let ImportEvent::File(file) = event {
            files.push(file);
        }
        ControlFlow::Continue(())
    });
    assert!(!summary.unwrap().cancelled);
    files
}

fn compared(store: &Store, place: &Path) -> Vec<ValidatedFile> {
    let mut files = Vec::new();
    validate(store, place, |file| {
        files.extend(file);
        ControlFlow::Continue(())
    })
    .unwrap();
    files
}

/// A recording of this id, with landmarks of its own.
fn with_sound(id: &str) -> NewRecording {
    let recording = Recording { id: id.to_owned(), ..Recording::default() };
    let fingerprint = Fingerprint {
        pipeline: audio::fingerprint::pipeline(),
        duration_ms: 2_000,
        frames: 86,
        landmarks: Vec::new(),
        texture: None,
    };
    NewRecording { recording, fingerprint }
}

#[test]
fn pickles_environments_and_buckets_hold_the_same() {
    let Some(assets) = assets("services/citywok") else { return };
    let scratch = Scratch::new("imported-formats");
    let expected: Value =
        serde_json::from_slice(&std::fs::read(assets.join("expected.json")).unwrap()).unwrap();
    let store = open(&scratch, "pickles");
    let imported = files(&store, &assets.join("pickles"));
    // The file of the older writer has other hashes of two of the episodes: it is refused here, and read alone below.
    let statuses: Vec<ImportStatus> = imported.iter().map(|file| file.status).collect();
    assert_eq!(
        statuses,
        [ImportStatus::Imported, ImportStatus::Imported, ImportStatus::Failed],
        "{imported:?}"
    );
    assert_eq!(imported[2].error.as_ref().unwrap().kind(), ErrorKind::Mismatch);
    assert!(imported.iter().all(|file| file.warnings.is_empty()), "{imported:?}");
    assert_eq!(imported.iter().map(|file| file.entries).sum::<u64>(), ENTRIES);
    let rows = store.imported().list().unwrap();
    assert_eq!(rows.len(), 15);
    for row in &rows {
        let season = &expected[format!("season_{:02}", row.season.unwrap())];
        assert_eq!(season["counts"][&row.id], row.entries, "{row:?}");
    }
    let bucket = files(&store, &assets.join("bucket"));
    assert!(bucket.iter().all(|file| file.status == ImportStatus::Duplicate), "{bucket:?}");
    let store = open(&scratch, "bucket");
    let bucket = files(&store, &assets.join("bucket"));
    assert_eq!(bucket.iter().map(|file| file.entries).sum::<u64>(), ENTRIES, "{bucket:?}");
    samples_are_as_expected(&store, &expected);
    assert_eq!(store.check().unwrap(), []);
    for file in compared(&store, &assets.join("bucket")) {
        assert!(file.is_fine() && file.compared > 900, "{file:?}");
    }
    let fine: Vec<bool> =
        compared(&store, &assets.join("pickles")).iter().map(ValidatedFile::is_fine).collect();
    assert_eq!(fine, [true, true, false]);
    // 62 MB an hour of pickles are 7 at most.
    assert!(store.imported().postings_bytes().unwrap() < 7 * 1_000_000 * 1_116 / 3_600);
}

#[test]
fn the_older_writer_is_read_too() {
    let Some(assets) = assets("services/citywok") else { return };
    let scratch = Scratch::new("imported-older");
    let (store, place) =
        (open(&scratch, "store"), assets.join("pickles/old-writer-audio_fingerprints_s01.pkl"));
    let file = files(&store, &place).remove(0);
    assert_eq!((file.recordings, file.entries, file.hashes), (2, 12_645, 9_754), "{file:?}");
    assert!(file.warnings.is_empty() && compared(&store, &place)[0].is_fine());
}

/// The frames of the hashes that were noted when the files were made.
fn samples_are_as_expected(store: &Store, expected: &Value) {
    let mut count = 0;
    for season in expected.as_object().unwrap().values() {
        for sample in season["samples"].as_array().unwrap() {
            let hash = sonic::imported::hash_of_digits(sample["md5_16"].as_str().unwrap()).unwrap();
            for id in season["counts"].as_object().unwrap().keys() {
                let entries = sample["entries"].as_array().unwrap().iter();
                let mut own: Vec<u32> =
                    entries.filter(|e| e[0] == id.as_str()).map(|e| e[3].as_u64().unwrap() as u32).collect();
                own.sort_unstable();
                assert_eq!(store.imported().frames_of(id, &[hash]).unwrap(), Some(vec![own]));
                count += 1;
            }
        }
    }
    assert!(count > 300, "{count} lists were compared");
}

#[test]
fn recordings_with_sound_take_the_place_of_their_hashes() {
    let Some(assets) = assets("services/citywok") else { return };
    let scratch = Scratch::new("imported-replaced");
    let (store, place) = (open(&scratch, "store"), assets.join("bucket"));
    store.add(vec![with_sound("S01E03")]).unwrap();
    let imported = files(&store, &place);
    assert_eq!(
        imported.iter().map(|file| (file.recordings, file.left_out)).collect::<Vec<_>>(),
        [(7, 1), (7, 0)]
    );
    store.add(vec![with_sound("S01E01"), with_sound("other")]).unwrap();
    assert_eq!(store.imported().len().unwrap(), 13);
    let file = compared(&store, &place).remove(0);
    assert!(file.is_fine() && file.with_sound == 2 && file.missing == 0, "{file:?}");
    let before = store.imported().postings_bytes().unwrap();
    store.compact().unwrap();
    let after = store.imported().postings_bytes().unwrap();
    assert!(after < before * 95 / 100, "{after} of {before} bytes");
    assert_eq!(store.check().unwrap(), []);
    let file = compared(&store, &place).remove(0);
    assert!(file.is_fine(), "{file:?}");
    for row in store.imported().list().unwrap() {
        store.recordings().replace(vec![with_sound(&row.id)]).unwrap();
    }
    assert_eq!((store.imported().len().unwrap(), store.imported().postings_bytes().unwrap()), (0, 0));
    assert_eq!(store.recordings().len().unwrap(), 16);
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn what_was_imported_is_removed() {
    let Some(assets) = assets("services/citywok") else { return };
    let scratch = Scratch::new("imported-removed");
    let (store, place) = (open(&scratch, "store"), assets.join("bucket"));
    store.add(vec![with_sound("own")]).unwrap();
    files(&store, &place);
    assert_eq!(store.imported().remove("S02E03").unwrap().season, Some(2));
    assert_eq!(store.imported().remove("S02E03").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(store.imported().remove("own").unwrap_err().kind(), ErrorKind::NotFound);
    let missing: Vec<u64> = compared(&store, &place).iter().map(|file| file.missing).collect();
    assert_eq!(missing, [0, 1]);
    assert_eq!(store.imported().clear().unwrap(), 14);
    assert_eq!((store.imported().postings_bytes().unwrap(), store.recordings().len().unwrap()), (0, 1));
    assert_eq!(store.check().unwrap(), []);
    // And it can be imported again.
    assert_eq!(files(&store, &place).iter().map(|file| file.recordings).sum::<u64>(), 15);
}

#[test]
fn a_cancelled_import_leaves_whole_files() {
    let Some(assets) = assets("services/citywok") else { return };
    let scratch = Scratch::new("imported-cancelled");
    let (store, place) = (open(&scratch, "store"), assets.join("pickles"));
    let mut events = 0;
    let summary = import(&store, &place, |event| {
        events += 1;
        let enough = matches!(event, ImportEvent::Reading { bytes, .. } if bytes > 1 << 22);
        if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(summary.unwrap().cancelled && events > 2);
    assert_eq!(store.imported().len().unwrap(), 0);
    let mut done = 0;
    let summary = import(&store, &place, |event| {
        done += u32::from(matches!(event, ImportEvent::File(_)));
        if done > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(summary.unwrap().cancelled);
    assert_eq!(store.imported().len().unwrap(), 8);
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn damage_is_saved_from() {
    let Some(assets) = assets("services/citywok") else { return };
    let scratch = Scratch::new("imported-salvaged");
    let (store, place) = (open(&scratch, "store"), assets.join("bucket"));
    files(&store, &place);
    store.close();
    let saved = Store::salvage(scratch.join("store"), scratch.join("saved"), |_| ControlFlow::Continue(()));
    assert_eq!(saved.unwrap().unwrap().imported, 15);
    let options = StoreOptions { access: Access::ReadOnly, ..StoreOptions::default() };
    let store = Store::open(scratch.join("saved"), options).unwrap();
    assert_eq!(store.check().unwrap(), []);
    assert!(compared(&store, &place).iter().all(ValidatedFile::is_fine));
}

#[test]
fn a_bucket_is_imported_by_its_address() {
    let Some(assets) = assets("services/citywok") else { return };
    let scratch = Scratch::new("imported-address");
    let (store, url) = (open(&scratch, "store"), format!("file://{}", assets.join("bucket").display()));
    let mut read = Vec::new();
    let summary = import(&store, &url, |event| {
        if let ImportEvent::File(file) = event {
            read.push(file.path.display().to_string());
        }
        ControlFlow::Continue(())
    });
    let summary = summary.unwrap();
    assert!(summary.imported > 0 && summary.failed == 0, "{summary:?}");
    assert!(read.iter().all(|path| path.starts_with(&format!("{url}/fingerprints/"))), "{read:?}");
    let again = import(&store, assets.join("bucket"), |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((again.imported, again.duplicates), (0, summary.imported));
    assert_eq!(compared(&store, Path::new(&url)).len() as u64, summary.imported);
}

#[test]
fn unknown_addresses_and_empty_folders_are_refused() {
    let scratch = Scratch::new("imported-nothing");
    let store = open(&scratch, "store");
    std::fs::create_dir(scratch.join("empty")).unwrap();
    for (place, kind) in [
        ("ftp://host/folder".into(), ErrorKind::InvalidArgument),
        ("file:///there/is/nothing".into(), ErrorKind::NotFound),
        (scratch.join("missing"), ErrorKind::NotFound),
        (scratch.join("empty"), ErrorKind::NotFound),
    ] {
        let error = import(&store, place, |_| ControlFlow::Continue(())).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}
