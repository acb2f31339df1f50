//! Promise: of a damaged store everything that is whole can be saved, and nothing else; and on a full disk something can
//! still be removed.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod damage_support;
mod photo_support;
mod support;
mod voice_store_support;

use damage_support::{answers, damaged_copy, full, open};
use sonic::{Access, ErrorKind, Store, Verify};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use support::{Random, Scratch};

/// Stores that are damaged, and with `SONIC_SOAK`.
const STORES: [usize; 2] = [60, 2_000];

fn salvage(from: &Path, to: &Path) -> sonic::Result<sonic::store::Salvaged> {
    let _ = fs::remove_dir_all(to);
    Store::salvage(from, to, |_| ControlFlow::Continue(())).map(Option::unwrap)
}

/// What a store has: names of rows, all of which it has together.
fn names(store: &Store) -> Vec<String> {
    let ids = store.recordings().iter().map(|row| row.unwrap().id);
    let voices = store.voices().recent(10_000).unwrap().into_iter().map(|voice| voice.recording_id);
    let people = store.voices().people().unwrap().into_iter().map(|person| person.person);
    let photos = store.faces().photos("party", Default::default(), 100);
    let photos = photos.map_or_else(|_| Vec::new(), |page| page.photos);
    ids.chain(voices).chain(people).chain(photos.into_iter().map(|photo| photo.photo_id)).collect()
}

fn assert_same(found: &[(&str, Option<String>)], right: &[(&str, Option<String>)]) {
    for ((what, found), (_, right)) in found.iter().zip(right) {
        assert!(found == right, "{what}: {found:.600?}\nand not {right:.600?}");
    }
}

#[test]
fn of_a_whole_store_everything_is_saved() {
    let scratch = Scratch::new("salvage-whole");
    let (from, to) = (scratch.join("from"), scratch.join("to"));
    full(&from);
    let saved = salvage(&from, &to).unwrap();
    assert_eq!((saved.damaged_rows, saved.damaged_pages), (0, 0));
    let (from, to) = [&from, &to].map(|path| open(path, Access::ReadWrite, Verify::Full).unwrap()).into();
    // The index is without what was removed in both.
    from.compact().unwrap();
    assert_eq!(to.check().unwrap(), []);
    let tables = scratch.join("tables");
    assert_same(&answers(&to, &tables), &answers(&from, &tables));
    assert_eq!(saved.recordings, to.recordings().len().unwrap());
    assert_eq!(saved.photos, to.faces().stats().unwrap().photos);
}

#[test]
fn whatever_is_damaged_the_rest_is_saved_and_nothing_removed_comes_back() {
    let scratch = Scratch::new("salvage");
    let (whole, from, to) = (scratch.join("whole"), scratch.join("from"), scratch.join("to"));
    full(&whole);
    let all = names(&open(&whole, Access::ReadOnly, Verify::Auto).unwrap());
    let (mut random, mut saved, mut hopeless) = (Random(41), 0, 0);
    let stores = sonic_testing::rounds(STORES[0], STORES[1]);
    for _ in 0..stores {
        let what = damaged_copy(&whole, &from, &mut random);
        match salvage(&from, &to) {
            Ok(counts) => {
                let store = open(&to, Access::ReadWrite, Verify::Full).unwrap();
                assert_eq!(store.check().unwrap(), [], "{what}");
                let names = names(&store);
                let strange: Vec<&String> = names.iter().filter(|name| !all.contains(name)).collect();
                assert!(strange.is_empty() || counts.may_lack_last_change, "{what}: {strange:?}");
                saved += names.len();
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Malformed, "{what}: {error}");
                assert!(!to.exists(), "{what}");
                hopeless += 1;
            }
        }
    }
    let part = saved as f64 / (all.len() * stores) as f64;
    assert!(part > 0.8 && hopeless * 20 < stores, "{part}, {hopeless}");
}

/// Changes the bytes `from` wherever they lie in a store's file.
fn change(store: &Path, from: &[u8], to: &[u8]) {
    let file = support::data_file(store);
    let mut bytes = fs::read(&file).unwrap();
    let places: Vec<usize> =
        (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert!(!places.is_empty());
    places.into_iter().for_each(|at| bytes[at..at + to.len()].copy_from_slice(to));
    fs::write(&file, bytes).unwrap();
}

/// A row that reads well but is not what was written.
#[test]
fn a_damaged_row_is_an_error_and_the_others_are_not() {
    let scratch = Scratch::new("salvage-row");
    let (path, saved) = (scratch.join("store"), scratch.join("saved"));
    full(&path);
    change(&path, b"\"id\":\"melody-2\"", b"\"id\":\"melody-9\"");
    let store = open(&path, Access::ReadWrite, Verify::Auto).unwrap();
    let error = store.recordings().get("melody-2").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.message().contains("recordings") && error.message().contains("--salvage"), "{error}");
    assert_eq!(store.recordings().get("melody-3").unwrap().unwrap().id, "melody-3");
    let problems = store.check().unwrap();
    assert!(problems.iter().any(|problem| problem.message.contains("recordings")), "{problems:?}");
    // What is known to be damaged is remembered: the file is not looked at again.
    drop(store);
    let store = open(&path, Access::ReadOnly, Verify::Auto).unwrap();
    assert_eq!(store.recordings().get("melody-2").unwrap_err().kind(), ErrorKind::Malformed);
    drop(store);
    let counts = salvage(&path, &saved).unwrap();
    assert_eq!(counts.recordings, 4);
    let store = open(&saved, Access::ReadOnly, Verify::Full).unwrap();
    assert_eq!(store.check().unwrap(), []);
    assert!(store.recordings().get("melody-2").unwrap().is_none());
    let clip = sonic::audio::fingerprint::fingerprint(&damage_support::clip(3)).unwrap();
    assert_eq!(store.identify(&clip, &Default::default()).unwrap().matches[0].id, "melody-3");
}

#[test]
fn salvage_refuses_what_it_should_and_leaves_nothing_behind() {
    let scratch = Scratch::new("salvage-refused");
    let (from, to) = (scratch.join("from"), scratch.join("to"));
    assert_eq!(salvage(&from, &to).unwrap_err().kind(), ErrorKind::NotFound);
    full(&from);
    let ended = Store::salvage(&from, &to, |_| ControlFlow::Break(())).unwrap();
    assert!(ended.is_none() && !to.exists());
    fs::create_dir(&to).unwrap();
    fs::write(to.join("mine"), b"something").unwrap();
    let refused = Store::salvage(&from, &to, |_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument, "{refused}");
    assert_eq!(fs::read(to.join("mine")).unwrap(), b"something");
}

/// The number of the current generation is lost as well, and one of the two pages that describe the file.
#[test]
fn the_newest_generation_is_saved_when_nothing_names_it() {
    let scratch = Scratch::new("salvage-number");
    let (from, to) = (scratch.join("from"), scratch.join("to"));
    full(&from);
    open(&from, Access::ReadWrite, Verify::Auto).unwrap().compact().unwrap();
    let tables = scratch.join("tables");
    let right = answers(&open(&from, Access::ReadOnly, Verify::Auto).unwrap(), &tables);
    fs::remove_file(from.join("current")).unwrap();
    let file = support::data_file(&from);
    let mut bytes = fs::read(&file).unwrap();
    // Both describe the same state, as there was no change since the compaction.
    bytes[..4096].fill(0);
    fs::write(&file, bytes).unwrap();
    salvage(&from, &to).unwrap();
    assert_same(&answers(&open(&to, Access::ReadOnly, Verify::Full).unwrap(), &tables), &right);
}

#[cfg(unix)]
#[test]
fn something_can_be_removed_when_the_disk_is_full() {
    let scratch = Scratch::new("full-disk");
    let path = scratch.join("store");
    full(&path);
    let status =
        support::second_process("child_on_a_full_disk").env("SONIC_TEST_STORE", &path).status().unwrap();
    assert!(status.success(), "{status}");
}

/// Not a test: what the other process does, whose files cannot grow.
#[cfg(unix)]
#[test]
#[ignore = "run by another test as a second process"]
fn child_on_a_full_disk() {
    use sonic::recordings::{NewRecording, Recording};
    let Some(path) = std::env::var_os("SONIC_TEST_STORE").map(std::path::PathBuf::from) else { return };
    let new = |n: usize| NewRecording {
        recording: Recording { id: format!("new-{n}"), ..Recording::default() },
        fingerprint: sonic::audio::fingerprint::fingerprint(&damage_support::clip(100 + n as u64 % 7))
            .unwrap(),
    };
    let store = open(&path, Access::ReadWrite, Verify::Auto).unwrap();
    limit_files(fs::metadata(support::data_file(&path)).unwrap().len());
    let refused = (0..1_000).find_map(|n| store.add(vec![new(n)]).err()).expect("nothing grows");
    assert!(refused.message().contains("no room"), "{refused}");
    assert!(store.add(vec![new(1_001)]).is_err(), "what is kept for removals is not for this");
    store.recordings().remove("melody-1").unwrap();
    store.voices().forget("person 3").unwrap();
    store.faces().remove_photo("party", "a.jpg").unwrap();
    store.faces().remove_event("party").unwrap();
    for n in 10..40 {
        store.voices().forget(&format!("person {n}")).unwrap();
    }
    assert_eq!(store.check().unwrap(), []);
    limit_files(u64::MAX);
    store.add(vec![new(2_000)]).unwrap();
    store.compact().unwrap();
    assert_eq!(store.check().unwrap(), []);
}

/// No file of this process grows beyond `bytes`.
#[cfg(unix)]
#[expect(unsafe_code, reason = "the standard library sets no limits")]
fn limit_files(bytes: u64) {
    // SAFETY: the signal is ignored, which any process may do.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    let limit = libc::rlimit { rlim_cur: bytes as libc::rlim_t, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the limit is a whole structure.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) }, 0);
}
