//! Promise: whatever becomes of the bytes of a store's file, opening, listing, asking, exporting and compacting it end with an
//! answer or an error: never by a signal, never without an end. Handles do what they were opened for and no more.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod damage_support;
mod photo_support;
mod support;
mod voice_store_support;

use damage_support::{answers, damaged_copy, full, open};
use sonic::people::ClusterOptions;
use sonic::{Access, ErrorKind, Store, Verify};
use std::fs;
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};
use support::{Random, Scratch};

/// Stores that are damaged, and with `SONIC_SOAK`.
const STORES: [usize; 2] = [100, 2_000];
/// A process that is not done by then never is.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits for a process; how it ended, `None` if it has not.
fn ended(child: &mut Child) -> Option<std::process::ExitStatus> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    None
}

#[test]
fn a_damaged_file_ends_no_process_and_nothing_is_answered_from_it() {
    let scratch = Scratch::new("damage");
    let (whole, path, right) = (scratch.join("whole"), scratch.join("store"), scratch.join("right"));
    full(&whole);
    let answers = answers(&open(&whole, Access::ReadOnly, Verify::Auto).unwrap(), &scratch.join("tables"));
    assert!(answers.iter().all(|(_, answer)| answer.is_some()), "{answers:?}");
    fs::write(&right, serde_json::to_vec(&answers).unwrap()).unwrap();
    let (mut random, mut refused) = (Random(14), 0);
    let stores = sonic_testing::rounds(STORES[0], STORES[1]);
    for _ in 0..stores {
        let what = damaged_copy(&whole, &path, &mut random);
        refused += usize::from(open(&path, Access::ReadOnly, Verify::Auto).is_err());
        let mut child = support::second_process("child_uses_everything")
            .env("SONIC_TEST_STORE", &path)
            .env("SONIC_TEST_ANSWERS", &right)
            .spawn()
            .unwrap();
        match ended(&mut child) {
            Some(status) => assert!(status.success(), "{what}: {status}"),
            None => panic!("{what}: it does not end"),
        }
    }
    assert!(refused > stores / 4 && refused < stores, "{refused} of {stores} were refused");
}

/// Not a test: what the other process does. It ends, and what it is answered is right.
#[test]
#[ignore = "run by another test as a second process"]
fn child_uses_everything() {
    let Some(path) = std::env::var_os("SONIC_TEST_STORE").map(PathBuf::from) else { return };
    let right = fs::read(std::env::var_os("SONIC_TEST_ANSWERS").unwrap()).unwrap();
    let right: Vec<(String, Option<String>)> = serde_json::from_slice(&right).unwrap();
    for access in [Access::ReadOnly, Access::ReadWrite] {
        match open(&path, access, Verify::Auto) {
            Ok(store) => {
                let tables = path.join("tables");
                for ((what, answer), (_, right)) in answers(&store, &tables).into_iter().zip(&right) {
                    assert!(answer.is_none() || answer == *right, "{what}: {answer:?} and not {right:?}");
                }
                use_everything(&store);
            }
            // Of the version there is no more to say than that it is another.
            Err(error) => {
                assert!(matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Mismatch), "{error}")
            }
        }
    }
}

/// What comes of it does not matter, only that it ends.
fn use_everything(store: &Store) {
    drop(store.stats());
    drop(store.check());
    let (voices, people) = (store.voices(), store.people("party"));
    voice_store_support::samples(50, 0..2).iter().for_each(|sample| drop(voices.record(sample)));
    drop(people.cluster(&ClusterOptions::default()));
    drop(voices.forget("person 3"));
    drop(store.recordings().remove("melody-1"));
    drop(store.compact());
}

#[test]
fn damage_is_malformed_and_says_where() {
    let scratch = Scratch::new("damage-words");
    let (whole, path) = (scratch.join("whole"), scratch.join("store"));
    full(&whole);
    support::copy_store(&whole, &path);
    let file = support::data_file(&path);
    let bytes = fs::read(&file).unwrap();
    // Any page but the first two: its number.
    let pages = damage_support::used(&bytes) / 4096;
    for page in [2, 5, pages - 1] {
        let mut damaged = bytes.clone();
        damaged[page * 4096] ^= 1;
        fs::write(&file, &damaged).unwrap();
        if let Err(error) = open(&path, Access::ReadWrite, Verify::Auto) {
            assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
            assert!(error.message().contains(&format!("page {page}")), "{error}");
        }
    }
    for cut in [0, 1, 4096, 8192, pages * 2048] {
        fs::write(&file, &bytes[..cut]).unwrap();
        for access in [Access::ReadOnly, Access::ReadWrite, Access::Create] {
            for verify in [Verify::Never, Verify::Auto, Verify::Full] {
                let error = open(&path, access, verify).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Malformed, "{cut}: {error}");
                assert!(error.message().contains("restore"), "{error}");
            }
        }
        assert_eq!(fs::metadata(&file).unwrap().len(), cut as u64, "nothing is written over it");
    }
    fs::write(&file, &bytes).unwrap();
    assert!(open(&path, Access::ReadWrite, Verify::Full).unwrap().check().unwrap().is_empty());
}

/// With `SONIC_TEST_ASSETS`: a store whose listing never ended, and one that ended the process.
#[test]
fn stores_that_were_met_damaged() {
    let Some(assets) = sonic_testing::assets("faults/faces_store") else { return };
    let scratch = Scratch::new("damage-met");
    for name in ["damaged-14", "damaged-169"] {
        // They were made before there were generations.
        let path = scratch.join(name);
        fs::create_dir_all(&path).unwrap();
        fs::copy(assets.join(name).join("data.mdb"), path.join("data.mdb")).unwrap();
        for access in [Access::ReadOnly, Access::Create] {
            assert_eq!(open(&path, access, Verify::Auto).unwrap_err().kind(), ErrorKind::Mismatch);
        }
        fs::remove_file(path.join("data.mdb")).unwrap();
        fs::create_dir_all(path.join("gen-1")).unwrap();
        fs::copy(assets.join(name).join("data.mdb"), path.join("gen-1/data.mdb")).unwrap();
        fs::write(path.join("current"), b"sonicgen\x01\0\0\0\0\0\0\0").unwrap();
        let error = open(&path, Access::ReadOnly, Verify::Auto).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{name}: {error}");
    }
}

#[test]
fn a_handle_that_is_read_only_never_writes_whatever_others_may() {
    let scratch = Scratch::new("damage-handles");
    let path = scratch.join("store");
    full(&path);
    let new = |id: &str| photo_support::photo("party", id, Vec::new());
    for first in [Access::ReadOnly, Access::ReadWrite] {
        let second = if first == Access::ReadOnly { Access::ReadWrite } else { Access::ReadOnly };
        let (a, b) = (open(&path, first, Verify::Auto).unwrap(), open(&path, second, Verify::Auto).unwrap());
        let (reader, writer) = if first == Access::ReadOnly { (a, b) } else { (b, a) };
        for refused in [
            reader.faces().add_photo(&new("x")).unwrap_err(),
            reader.faces().remove_event("party").unwrap_err(),
            reader.voices().forget("person 1").unwrap_err(),
            reader.recordings().remove("melody-0").unwrap_err(),
            reader.forget("user").unwrap_err(),
            reader.compact().unwrap_err(),
            reader.clone().add(Vec::new()).unwrap_err(),
        ] {
            assert_eq!(refused.kind(), ErrorKind::InvalidArgument, "{refused}");
            assert!(refused.message().contains("read-only"), "{refused}");
        }
        let id = format!("{first:?}.jpg");
        writer.faces().add_photo(&new(&id)).unwrap();
        assert!(reader.faces().photo("party", &id).unwrap().is_some());
        writer.compact().unwrap();
        assert!(reader.faces().photo("party", &id).unwrap().is_some());
    }
}

/// What was left as it was found is not walked again: it would be noticed otherwise that a page no one asks for is damaged.
#[test]
fn a_file_that_is_as_it_was_left_is_not_looked_at_again() {
    let scratch = Scratch::new("damage-memory");
    let path = scratch.join("store");
    full(&path);
    let file = support::data_file(&path);
    let mut bytes = fs::read(&file).unwrap();
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    // The last page that a tree uses, at the end of which values lie: its number.
    let page = (2..bytes.len() / 4096).rev().find(|page| bytes[page * 4096 + 10] == 2).unwrap();
    bytes[page * 4096] ^= 1;
    fs::write(&file, &bytes).unwrap();
    let is_damaged =
        |verify| open(&path, Access::ReadOnly, verify).is_err_and(|e| e.kind() == ErrorKind::Malformed);
    if !is_damaged(Verify::Full) {
        return; // A free page.
    }
    assert!(is_damaged(Verify::Auto), "it was written since");
    fs::File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
    assert!(!is_damaged(Verify::Auto), "length, time and transaction are as they were left");
    assert!(is_damaged(Verify::Full));
    fs::File::options()
        .write(true)
        .open(&file)
        .unwrap()
        .set_modified(modified + Duration::from_secs(1))
        .unwrap();
    assert!(is_damaged(Verify::Auto) && !is_damaged(Verify::Never));
}
