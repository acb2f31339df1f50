//! Promise: what is added is named as it is wanted, replaced only if asked, and never silence; nothing but files is ever
//! opened, and what is passed over is named.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use sonic::recordings::{
    self, AddEvent, AddOptions, AddStatus, AddSummary, Added, AddedFile, IdFrom, Recording, add_files,
};
use sonic::{ErrorKind, Store, StoreOptions};
use sonic_testing::media::{Pcm, wav};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Scratch, sonic};

fn store(scratch: &Scratch) -> Store {
    Store::open(scratch.join("store"), StoreOptions::default()).unwrap()
}

/// What became of each, in order of path.
fn add(store: &Store, paths: &[PathBuf], options: &AddOptions) -> (AddSummary, Vec<AddedFile>) {
    let mut files = Vec::new();
    let summary = add_files(store, paths, options, |event| {
        if let AddEvent::File(file) | AddEvent::PassedOver(file) = event {
            files.push(file);
        }
        ControlFlow::Continue(())
    });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    (summary.unwrap(), files)
}

fn ids(files: &[AddedFile]) -> Vec<&str> {
    files.iter().filter_map(|file| file.id.as_deref()).collect()
}

fn two_discs(scratch: &Scratch) -> PathBuf {
    for (disc, seed) in [("disc 1", 1), ("disc 2", 2)] {
        fs::create_dir_all(scratch.join("album").join(disc)).unwrap();
        scratch.melody(&format!("album/{disc}/01.wav"), seed, 12.0);
    }
    scratch.join("album")
}

#[test]
fn files_of_one_stem_are_told_apart_by_path_and_prefix() {
    let scratch = Scratch::new("ids");
    let (album, store) = (two_discs(&scratch), store(&scratch));
    // One at a time, so that it is the first that gets the id.
    let in_order = AddOptions { jobs: 1, ..AddOptions::default() };
    let (summary, _) = add(&store, std::slice::from_ref(&album), &in_order);
    assert_eq!((summary.added, summary.failed), (1, 1));
    let options = AddOptions { id_from: IdFrom::Path, id_prefix: "b/".to_owned(), ..AddOptions::default() };
    let (summary, files) = add(&store, std::slice::from_ref(&album), &options);
    assert_eq!((summary.added, summary.duplicates, summary.failed), (1, 1, 0));
    let second = format!("b/{}/disc 2/01.wav", album.display());
    assert_eq!(ids(&files), ["01", &second]);
    let options = AddOptions { id_prefix: "again ".to_owned(), ..AddOptions::default() };
    let copy = scratch.melody("01.wav", 3, 12.0);
    assert_eq!(ids(&add(&store, &[copy], &options).1), ["again 01"]);
}

#[test]
fn a_file_that_changed_replaces_what_it_was_only_on_request() {
    let scratch = Scratch::new("replace");
    let store = store(&scratch);
    let file = scratch.melody("take.wav", 1, 12.0);
    add(&store, std::slice::from_ref(&file), &AddOptions::default());
    scratch.melody("take.wav", 1, 20.0);
    let (_, files) = add(&store, std::slice::from_ref(&file), &AddOptions::default());
    let error = files[0].error.as_ref().unwrap();
    assert_eq!((files[0].status, error.kind()), (AddStatus::Failed, ErrorKind::Mismatch));
    let options = AddOptions { replace: true, ..AddOptions::default() };
    let (summary, files) = add(&store, std::slice::from_ref(&file), &options);
    assert_eq!((summary.replaced, files[0].status, files[0].duration_ms), (1, AddStatus::Replaced, 20_000));
    assert_eq!((store.recordings().len().unwrap(), add(&store, &[file], &options).0.duplicates), (1, 1));
    let clip = scratch.clip("clip.wav", 1, 13.0, 6.0);
    let found = sonic::identify(&store, &clip, &Default::default()).unwrap();
    assert!(found.answer.is_match() && found.answer.matches[0].id == "take");
    // One by one, too.
    let other = scratch.melody("other.wav", 5, 12.0);
    let row = || Recording { id: "take".to_owned(), ..Recording::default() };
    assert!(matches!(recordings::add(&store, &other, row()).unwrap(), Added::Refused(_)));
    let added = recordings::add_with(&store, &other, row(), &options).unwrap();
    assert!(matches!(added, Added::Replaced(row) if row.duration_ms == 12_000));
}

#[test]
fn silence_is_not_added_unless_it_is_to_be_kept() {
    let scratch = Scratch::new("silent");
    let store = store(&scratch);
    let silent = scratch.join("silent.wav");
    fs::write(&silent, wav(Pcm::Integer(16), 16_000, 1, &vec![0.0; 160_000])).unwrap();
    let empty = scratch.join("empty.wav");
    fs::write(&empty, wav(Pcm::Integer(16), 16_000, 1, &[])).unwrap();
    let paths = [empty.clone(), silent.clone()];
    let (summary, files) = add(&store, &paths, &AddOptions::default());
    assert_eq!((summary.silent, summary.added), (2, 0));
    assert!(files.iter().all(|f| f.status == AddStatus::Silent && f.error.is_some()));
    assert_eq!((files[1].duration_ms, files[1].id.as_deref()), (10_000, Some("silent")));
    assert!(store.recordings().is_empty().unwrap());
    let error = recordings::add(&store, &silent, Recording::default()).unwrap_err();
    assert!(error.kind() == ErrorKind::Unsupported && error.message().contains("silent.wav"), "{error}");
    let options = AddOptions { keep_silent: true, ..AddOptions::default() };
    assert_eq!(add(&store, &paths, &options).0.added, 2);
    let ran = sonic("add", &scratch.join("store"), &[&"--json", &silent, &scratch.melody("m.wav", 1, 12.0)]);
    assert_eq!(ran.status, Some(0), "a duplicate is fine: {}", ran.stderr);
    let ran =
        sonic("add", &scratch.join("another"), &[&"--json", &silent, &scratch.melody("m.wav", 1, 12.0)]);
    assert_eq!(ran.status, Some(1));
    let mut words: Vec<_> = ran.objects().iter().map(|o| o["status"].as_str().unwrap().to_owned()).collect();
    words.sort();
    assert_eq!(words, ["added", "silent"]);
}

#[cfg(unix)]
#[test]
fn nothing_but_files_is_opened_and_what_is_passed_over_is_named() {
    let scratch = Scratch::new("pipes");
    let folder = scratch.join("folder");
    fs::create_dir_all(folder.join("deep")).unwrap();
    scratch.melody("folder/one.wav", 1, 12.0);
    scratch.melody("folder/deep/two.m4r", 2, 12.0);
    fs::write(folder.join("cover.jpg"), "no sound").unwrap();
    let pipe = folder.join("x.opus");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _listener = std::os::unix::net::UnixListener::bind(folder.join("socket.wav")).unwrap();
    std::os::unix::fs::symlink(&folder, folder.join("deep/loop")).unwrap();
    let store = store(&scratch);
    let (summary, files) = add(&store, std::slice::from_ref(&folder), &AddOptions::default());
    assert_eq!((summary.added, summary.passed_over, summary.failed), (2, 4, 0));
    let passed: Vec<_> = files.iter().filter(|f| f.status == AddStatus::PassedOver).collect();
    let named = |name: &str| {
        passed.iter().find(|f| f.path.ends_with(name)).unwrap().error.as_ref().unwrap().message()
    };
    for (name, word) in [
        ("cover.jpg", "another kind"),
        ("x.opus", "pipe"),
        ("socket.wav", "socket"),
        ("deep/loop", "around it"),
    ] {
        assert!(named(name).contains(word), "{}", named(name));
    }
    // Named itself, a pipe is refused, and so it is to be decoded and identified.
    let (_, files) = add(&store, std::slice::from_ref(&pipe), &AddOptions::default());
    assert_eq!(files[0].error.as_ref().unwrap().kind(), ErrorKind::InvalidArgument);
    for error in [
        sonic::decode(&pipe).unwrap_err(),
        sonic::decode(Path::new("/dev/zero")).unwrap_err(),
        sonic::identify(&store, &pipe, &Default::default()).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    }
    let human = sonic("add", &scratch.join("store"), &[&folder]);
    assert!(human.stderr.contains("4 entries passed over: cover.jpg"), "{}", human.stderr);
    let json = sonic("add", &scratch.join("store"), &[&"--json", &folder]);
    let passed = json.objects().iter().filter(|line| line["status"] == "passed_over").count();
    assert_eq!((json.status, passed), (Some(0), 4));
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_stay_apart_and_can_be_opened_again() {
    use std::os::unix::ffi::OsStrExt;
    let scratch = Scratch::new("bytes");
    let store = store(&scratch);
    let name = |bytes: &[u8]| scratch.join("").join(std::ffi::OsStr::from_bytes(bytes));
    let paths = [name(b"caf\xe9.wav"), name(b"caf\xea.wav"), name(b"\x1b[2J\xc2\x9b.wav")];
    for (path, seed) in paths.iter().zip(1..) {
        fs::copy(scratch.melody("melody.wav", seed, 12.0), path).unwrap();
    }
    let (summary, files) = add(&store, &paths, &AddOptions::default());
    assert_eq!(summary.added, 3);
    let mut ids = ids(&files);
    ids.sort_unstable();
    assert_eq!(ids, ["\x1b[2J\u{9b}", r"caf\xe9", r"caf\xea"]);
    for path in &paths {
        let id = path.file_stem().map(sonic::path_text).unwrap();
        let row = store.recordings().get(&id).unwrap().unwrap();
        assert_eq!(&sonic::path_of(row.source.as_deref().unwrap()), path);
    }
    drop(store);
    for arguments in [&[][..], &[&"--json" as &dyn AsRef<std::ffi::OsStr>][..]] {
        for output in [
            sonic("list", &scratch.join("store"), arguments),
            sonic(
                "add",
                &scratch.join("store"),
                &[arguments, &[&paths[2] as _, &name(b"no\x07.wav")]].concat(),
            ),
        ] {
            let both = output.stdout + &output.stderr;
            assert!(!both.chars().any(|c| c.is_control() && c != '\n'), "{both:?}");
        }
    }
}
