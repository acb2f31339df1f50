//! Promise: other processes read a store while one writes to it, see what is committed, and go on seeing it when the
//! store is compacted under them; the map grows by itself.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail; a child process answers on stdout"
)]

mod support;

use sonic::recordings::{AddOptions, IdentifyOptions};
use sonic::{Access, Store, StoreOptions};
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command};
use support::Scratch;

fn open(path: &Path, access: Access, map_size: usize) -> Store {
    Store::open(path, StoreOptions { access, map_size, ..StoreOptions::default() }).unwrap()
}

fn add(store: &Store, files: &[PathBuf]) {
    let summary =
        sonic::recordings::add_files(store, files, &AddOptions::default(), |_| ControlFlow::Continue(()))
            .unwrap();
    assert_eq!((summary.added, summary.failed), (files.len(), 0));
}

/// The first match of a clip, or "unknown".
fn name(store: &Store, clip: &Path) -> String {
    let found = sonic::identify(store, clip, &IdentifyOptions::default()).unwrap();
    match found.answer.matches.first() {
        Some(m) if found.answer.is_match() => m.id.clone(),
        _ => "unknown".to_owned(),
    }
}

/// Another process that has the store open and names the clips that it is given line by line.
struct Reader {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Reader {
    fn start(store: &Path) -> Self {
        let mut command: Command = support::second_process("child_reader");
        let mut child = command.env("SONIC_TEST_STORE", store).spawn().unwrap();
        let (questions, answers) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let mut reader = Self { child, questions, answers };
        assert_eq!(reader.answer(), "ready");
        reader
    }

    fn query(&mut self, clip: &Path) -> String {
        writeln!(self.questions.as_mut().unwrap(), "{}", clip.display()).unwrap();
        self.answer()
    }

    /// What the child says next; the test harness around it talks too.
    fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.answers.read_line(&mut line).unwrap(), 0, "the reader died");
            if let Some((_, answer)) = line.trim_end().split_once("answer: ") {
                return answer.to_owned();
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.questions = None;
        self.child.wait().unwrap();
    }
}

/// Not a test: the body of a [`Reader`].
#[test]
#[ignore = "run by the other tests as a second process"]
fn child_reader() {
    let Some(path) = std::env::var_os("SONIC_TEST_STORE") else { return };
    let store = open(path.as_ref(), Access::ReadOnly, 1 << 20);
    println!("answer: ready");
    for clip in std::io::stdin().lock().lines() {
        let clip = clip.unwrap();
        if clip == "count" {
            println!("answer: {}", store.recordings().len().unwrap());
        } else {
            println!("answer: {}", name(&store, clip.as_ref()));
        }
    }
}

#[test]
fn another_process_reads_while_one_writes() {
    let scratch = Scratch::new("readers");
    let path = scratch.join("store");
    let store = open(&path, Access::Create, 1 << 20);
    add(&store, &[scratch.melody("first.wav", 1, 20.0)]);
    let clip = scratch.clip("clip.wav", 1, 7.0, 6.0);
    let mut reader = Reader::start(&path);
    assert_eq!(reader.query(&clip), "first");
    let files: Vec<PathBuf> = (2..14).map(|n| scratch.melody(&format!("melody-{n}.wav"), n, 20.0)).collect();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| files.iter().for_each(|file| add(&store, std::slice::from_ref(file))));
        while !writer.is_finished() {
            assert_eq!(reader.query(&clip), "first");
        }
    });
    for n in 2..14 {
        let clip = scratch.clip("late.wav", n, 5.0, 6.0);
        assert_eq!(reader.query(&clip), format!("melody-{n}"));
    }
    assert_eq!(reader.query(Path::new("count")), "13");
}

/// LMDB's lock file counts the transactions of the data file beside it: a compacted file with the old count is empty
/// to look at. An odd and an even number of transactions must do.
#[test]
fn a_reader_sees_what_follows_a_compaction() {
    let scratch = Scratch::new("compaction");
    for rounds in 1..4 {
        let path = scratch.join(&format!("store-{rounds}"));
        let store = open(&path, Access::Create, 1 << 20);
        for n in 0..=rounds {
            add(&store, &[scratch.melody(&format!("before-{n}.wav"), n, 15.0)]);
        }
        let mut reader = Reader::start(&path);
        let old = scratch.clip("old.wav", 0, 4.0, 6.0);
        assert_eq!(reader.query(&old), "before-0");
        for round in 0..rounds {
            store.compact().unwrap();
            assert_eq!(reader.query(&old), "before-0", "after compaction {round}");
            let seed = 100 + round;
            add(&store, &[scratch.melody(&format!("after-{round}.wav"), seed, 15.0)]);
            let new = scratch.clip("new.wav", seed, 4.0, 6.0);
            assert_eq!(reader.query(&new), format!("after-{round}"));
            assert_eq!(name(&store, &old), "before-0");
            assert!(store.check().unwrap().is_empty());
        }
        assert_eq!(reader.query(Path::new("count")), (2 * rounds + 1).to_string());
        drop(reader);
        store.close();
        assert_eq!(open(&path, Access::ReadOnly, 0).recordings().len().unwrap(), 2 * rounds + 1);
    }
}

/// Another process compacts while this one, which has the store open, goes on writing.
#[test]
fn a_writer_follows_the_compaction_of_another_process() {
    let scratch = Scratch::new("stale-writer");
    let path = scratch.join("store");
    let store = open(&path, Access::Create, 1 << 20);
    for n in 0..5 {
        let file = scratch.melody(&format!("melody-{n}.wav"), n, 12.0);
        add(&store, std::slice::from_ref(&file));
        store.recordings().remove(&format!("melody-{n}")).unwrap();
        let compacted = support::sonic("compact", &path, &[]);
        assert_eq!(compacted.status, Some(0), "{}", compacted.stderr);
        add(&store, &[file]);
        let listed = support::sonic("list", &path, &[&"--json"]);
        assert_eq!(listed.objects().len() as u64, n + 1, "{}", listed.stderr);
    }
    assert!(store.check().unwrap().is_empty());
    assert_eq!(support::sonic("doctor", &path, &[]).status, Some(0));
}

#[test]
fn the_map_grows_from_next_to_nothing() {
    let scratch = Scratch::new("growth");
    let path = scratch.join("store");
    let store = open(&path, Access::Create, 1);
    let one = sonic::recordings::fingerprint_source(scratch.melody("melody.wav", 3, 60.0)).unwrap();
    for batch in 0..10 {
        let copies = (0..8).map(|n| {
            let mut copy = one.clone();
            copy.recording.id = format!("melody-{batch}-{n}");
            copy
        });
        assert_eq!(store.add(copies.collect()).unwrap().len(), 8);
    }
    assert!(store.stats().unwrap().file_bytes > 2 << 20, "too little to make the map of 1 MiB grow");
    let clip = scratch.clip("clip.wav", 3, 33.0, 6.0);
    assert!(name(&store, &clip).starts_with("melody-"));
    store.close();
    assert!(name(&open(&path, Access::ReadOnly, 1), &clip).starts_with("melody-"));
}
