//! Promise: one instance at a time writes to a store in a bucket, the others are told to try again; what was acknowledged is kept
//! though the disk of the instance is gone; who was forgotten is in no journal.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and prints its figures; a child process answers on stdout"
)]

mod face_support;
mod remote_support;
mod support;
mod voice_store_support;

use face_support::EVENT;
use remote_support::services;
use remote_support::{add, add_photos, contents, files_in, fingerprint, open, options, quiet, url};
use sonic::recordings::{NewRecording, Recording};
use sonic::remote::{self, Durable, PruneOptions, RemoteOptions, Writer, WriterOptions};
use sonic::{Access, ErrorKind, Store};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout};
use std::time::{Duration, Instant};
use support::{Random, Scratch};

const TERM: Duration = Duration::from_millis(400);
const PATIENCE: Duration = Duration::from_secs(20);

fn durable(durable: Durable) -> WriterOptions {
    WriterOptions { durable, term: TERM, ..WriterOptions::default() }
}

fn writer(directory: &Path, url: &str) -> Writer {
    Writer::open(directory, url, &durable(Durable::Bucket)).unwrap()
}

fn recording(id: &str) -> NewRecording {
    let recording = Recording { id: id.to_owned(), ..Recording::default() };
    let seed = id.bytes().fold(1, |seed, byte| seed * 31 + u64::from(byte));
    NewRecording { recording, fingerprint: fingerprint(seed, 5) }
}

fn add_one(store: &Store, id: &str) -> sonic::Result<()> {
    store.add(vec![recording(id)]).map(drop)
}

fn ids(store: &Store) -> BTreeSet<String> {
    store.recordings().iter().map(|row| row.unwrap().id).collect()
}

/// Waits until something is so.
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What the objects of the journal of a folder say, without compression.
fn journal_objects(folder: &Path) -> Vec<Vec<u8>> {
    let files = files_in(&folder.join("journal")).into_iter();
    files.map(|file| zstd::decode_all(&fs::read(file).unwrap()[32..]).unwrap()).collect()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Enrols somebody, by a name that is a user's too.
fn enroll(store: &Store, name: &str) {
    let samples = voice_store_support::samples(7, 0..3);
    store.voices().enroll(name, &samples, &sonic::voices::EnrollOptions::default()).unwrap();
}

#[test]
fn what_was_acknowledged_is_there_without_the_disk() {
    let scratch = Scratch::new("writer");
    let (folder, first) = (scratch.join("bucket"), scratch.join("first"));
    let bucket = url(&folder);
    let one = writer(&first, &bucket);
    let store = one.store();
    add(store, 0..20);
    enroll(store, "ann");
    add_photos(store, 0..30);
    store.people(EVENT).cluster(&sonic::people::ClusterOptions::default()).unwrap();
    store.recordings().remove(&ids(store).into_iter().next().unwrap()).unwrap();
    let state = contents(store);
    one.close();
    fs::remove_dir_all(&first).unwrap();
    let two = writer(&scratch.join("second"), &bucket);
    assert!(two.is_writing(), "the lease was released");
    assert_eq!(contents(two.store()), state);
    assert_eq!(two.store().check().unwrap(), []);
    // What a snapshot holds need not be replayed, and goes with the next prune.
    add_one(two.store(), "before the push").unwrap();
    let pushed = two.push(quiet).unwrap();
    assert!(pushed.published && pushed.snapshot.journal.is_some());
    assert!(!two.push(quiet).unwrap().published);
    add_one(two.store(), "behind the push").unwrap();
    let before = journal_objects(&folder).len();
    let all = PruneOptions { keep: 1, grace: Duration::ZERO };
    remote::prune(&bucket, &options(), &all, quiet).unwrap();
    let after = journal_objects(&folder).len();
    assert!(after < before / 2, "{after} of {before} objects are left");
    let state = contents(two.store());
    two.close();
    let three = writer(&scratch.join("third"), &bucket);
    assert_eq!(contents(three.store()), state);
    // The disk of the second is as it was, and has nothing to lose.
    three.close();
    let again = writer(&scratch.join("second"), &bucket);
    assert_eq!(contents(again.store()), state);
    add_one(again.store(), "again").unwrap();
}

#[test]
fn one_instance_writes_and_the_others_are_busy() {
    let scratch = Scratch::new("writer-busy");
    let bucket = url(&scratch.join("bucket"));
    let one = writer(&scratch.join("one"), &bucket);
    add_one(one.store(), "first").unwrap();
    let two = writer(&scratch.join("two"), &bucket);
    assert!(!two.is_writing());
    let busy = add_one(two.store(), "refused").unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Busy, "{busy}");
    assert!((1..=500).contains(&busy.retry_after().unwrap().as_millis()), "{busy}");
    assert_eq!(two.wait_until_writing(TERM * 3).unwrap_err().kind(), ErrorKind::Busy, "the first is alive");
    // Nor does anybody publish there meanwhile.
    let pulled = scratch.join("pulled");
    remote::pull(&pulled, &bucket, &options(), quiet).unwrap();
    let copy = open(&pulled, Access::ReadWrite);
    assert_eq!(add_one(&copy, "mine").unwrap_err().kind(), ErrorKind::Mismatch, "it is kept in the bucket");
    let other = open(&scratch.join("other"), Access::Create);
    add_one(&other, "another").unwrap();
    let refused = remote::push(&other, &bucket, &options(), quiet).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Busy, "{refused}");
    let refused = remote::rollback(&bucket, &options(), Some(1), quiet).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Busy, "{refused}");
    // It follows what is published, and goes on when the first ends.
    one.push(quiet).unwrap();
    wait_until("the snapshot", || ids(two.store()).len() == 1);
    add_one(one.store(), "second").unwrap();
    let left = one.store().clone();
    one.close();
    two.wait_until_writing(PATIENCE).unwrap();
    assert_eq!(ids(two.store()), ["first", "second"].map(str::to_owned).into());
    add_one(two.store(), "third").unwrap();
    assert_eq!(add_one(&left, "late").unwrap_err().kind(), ErrorKind::Mismatch);
    let late = Writer::open(&scratch.join("two"), &bucket, &durable(Durable::Bucket)).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::InvalidArgument, "{late}");
}

/// A child process that writes until it is killed.
struct Process {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(directory: &Path, bucket: &str, name: &str) -> Self {
        let mut command = support::second_process("child_writer");
        command.env("SONIC_TEST_STORE", directory).env("SONIC_TEST_URL", bucket).env("SONIC_TEST_NAME", name);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The ids that it reports, up to the first of them or of its refusals that `is_enough`.
    fn read_until(&mut self, mut is_enough: impl FnMut(&str) -> bool) -> Vec<String> {
        let mut kept = Vec::new();
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            kept.extend(line.strip_prefix("kept ").map(str::to_owned));
            if is_enough(&line) {
                break;
            }
        }
        kept
    }

    #[cfg(unix)]
    fn signal(&self, signal: i32) {
        // SAFETY: the process is a child of this one that was not waited for.
        assert_eq!(unsafe { libc::kill(self.child.id() as i32, signal) }, 0);
    }

    /// Kills it; the rest of what it reported.
    fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        let rest = self.read_until(|_| false);
        self.child.wait().unwrap();
        rest
    }
}

#[test]
#[ignore = "runs in a process of its own"]
fn child_writer() {
    let Some(path) = std::env::var_os("SONIC_TEST_STORE") else { return };
    let [url, name] = ["SONIC_TEST_URL", "SONIC_TEST_NAME"].map(|name| std::env::var(name).unwrap());
    let writer = writer(Path::new(&path), &url);
    writer.wait_until_writing(PATIENCE).unwrap();
    println!("writes");
    for number in 0.. {
        let id = format!("{name}-{number}");
        match add_one(writer.store(), &id) {
            Ok(()) => println!("kept {id}"),
            Err(e) => println!("refused {id} {}", e.kind().name()),
        }
        if number % 7 == 6 {
            writer.push(quiet).ok();
        }
        if number % 11 == 10 {
            writer.store().forget("nobody").ok();
        }
    }
}

/// Killed at any moment, and its disk emptied: the next instance has all that was acknowledged.
#[test]
#[cfg(unix)]
fn nothing_that_was_acknowledged_is_lost_with_an_instance() {
    let scratch = Scratch::new("writer-kill");
    let (directory, bucket) = (scratch.join("store"), url(&scratch.join("bucket")));
    let (mut random, mut kept, mut later) = (Random(23), BTreeSet::new(), 0);
    let rounds = sonic_testing::rounds(20, 200) as u64;
    for round in 0..rounds {
        let mut process = Process::start(&directory, &bucket, &round.to_string());
        if random.below(4) > 0 {
            process.read_until(|line| line == "writes");
        }
        std::thread::sleep(Duration::from_millis(random.below(300)));
        let reported = process.kill();
        later += u64::from(!reported.is_empty());
        kept.extend(reported);
        fs::remove_dir_all(&directory).ok();
        let next = writer(&directory, &bucket);
        next.wait_until_writing(PATIENCE).unwrap();
        let here = ids(next.store());
        assert!(kept.is_subset(&here), "round {round}: {:?}", kept.difference(&here).collect::<Vec<_>>());
        assert_eq!(next.store().check().unwrap(), [], "round {round}");
        next.close();
        fs::remove_dir_all(&directory).unwrap();
    }
    println!("{} writes were acknowledged by {rounds} instances", kept.len());
    assert!(later > rounds / 3, "only {later} instances wrote anything");
}

/// One that stood still for longer than its term finds itself replaced, whatever it believes.
#[test]
#[cfg(unix)]
fn a_former_writer_acknowledges_nothing() {
    let scratch = Scratch::new("writer-former");
    let bucket = url(&scratch.join("bucket"));
    for round in 0..3 {
        let mut former = Process::start(&scratch.join("former"), &bucket, &format!("former {round}"));
        let mut kept = former.read_until(|line| line.contains("-4 ") || line.ends_with("-4"));
        former.signal(libc::SIGSTOP);
        let next = writer(&scratch.join("next"), &bucket);
        next.wait_until_writing(PATIENCE).unwrap();
        let mine = format!("mine {round}");
        add_one(next.store(), &mine).unwrap();
        former.signal(libc::SIGCONT);
        kept.extend(former.read_until(|line| line.starts_with("refused")));
        let here = ids(next.store());
        assert!(kept.iter().all(|id| here.contains(id)), "{kept:?} and {here:?}");
        // It follows now, and goes on when it may.
        next.push(quiet).unwrap();
        next.close();
        let again = former.read_until(|line| line.starts_with("kept"));
        former.kill();
        let last = writer(&scratch.join("next"), &bucket);
        last.wait_until_writing(PATIENCE).unwrap();
        let here = ids(last.store());
        assert!(kept.iter().chain(&again).chain([&mine]).all(|id| here.contains(id)), "{again:?} and {here:?}");
        assert_eq!(last.store().check().unwrap(), []);
    }
}

#[test]
fn who_was_forgotten_is_in_no_journal() {
    const NAME: &str = "ann@example.org";
    let scratch = Scratch::new("writer-forget");
    let (folder, directory) = (scratch.join("bucket"), scratch.join("store"));
    let bucket = url(&folder);
    let one = writer(&directory, &bucket);
    let store = one.store();
    enroll(store, NAME);
    add_photos(store, 0..5);
    let person = store.people(EVENT).create(&[store.people(EVENT).unassigned().unwrap()[0].face_id]).unwrap();
    store.people(EVENT).link(person.person_id, NAME).unwrap();
    assert!(journal_objects(&folder).iter().any(|object| contains(object, NAME)));
    assert!(contains(&fs::read(support::data_file(&directory)).unwrap(), NAME));
    let forgotten = store.forget(NAME).unwrap();
    assert!(forgotten.voices.samples > 0 || forgotten.faces.faces > 0, "{forgotten:?}");
    assert!(journal_objects(&folder).iter().all(|object| !contains(object, NAME)));
    store.compact().unwrap();
    assert!(!contains(&fs::read(support::data_file(&directory)).unwrap(), NAME));
    add_one(store, "later").unwrap();
    let state = contents(store);
    one.close();
    let next = writer(&scratch.join("next"), &bucket);
    assert_eq!(contents(next.store()), state);
    assert!(next.store().voices().people().unwrap().is_empty());
}

/// What could not be sent is an error, and is sent with the next write.
#[test]
fn a_bucket_that_is_gone_for_a_while_loses_nothing() {
    let scratch = Scratch::new("writer-gone");
    let folder = scratch.join("bucket");
    let bucket = url(&folder);
    let options = WriterOptions { term: Duration::from_secs(10), ..durable(Durable::Bucket) };
    let one = Writer::open(&scratch.join("store"), &bucket, &options).unwrap();
    add_one(one.store(), "before").unwrap();
    let journal = folder.join("journal");
    fs::rename(&journal, folder.join("elsewhere")).unwrap();
    fs::write(&journal, b"in the way").unwrap();
    let error = add_one(one.store(), "meanwhile").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    fs::remove_file(&journal).unwrap();
    fs::rename(folder.join("elsewhere"), &journal).unwrap();
    add_one(one.store(), "after").unwrap();
    one.close();
    let next = writer(&scratch.join("next"), &bucket);
    assert_eq!(ids(next.store()), ["before", "meanwhile", "after"].map(str::to_owned).into());
}

/// A disk that lasts needs the lease alone; the ways of keeping can be changed.
#[test]
fn on_a_disk_that_lasts_a_push_is_what_others_see() {
    let scratch = Scratch::new("writer-disk");
    let (folder, directory) = (scratch.join("bucket"), scratch.join("store"));
    let bucket = url(&folder);
    let disk = || Writer::open(&directory, &bucket, &durable(Durable::Disk)).unwrap();
    let one = disk();
    let objects = journal_objects(&folder).len();
    add_one(one.store(), "first").unwrap();
    assert_eq!(journal_objects(&folder).len(), objects, "nothing is sent");
    let two = writer(&scratch.join("other"), &bucket);
    assert_eq!(add_one(two.store(), "refused").unwrap_err().kind(), ErrorKind::Busy);
    two.close();
    one.close();
    // What is not published is still on the disk.
    let one = disk();
    assert_eq!(ids(one.store()).len(), 1);
    one.push(quiet).unwrap();
    add_one(one.store(), "second").unwrap();
    one.close();
    // It goes along when the bucket keeps everything.
    let one = writer(&directory, &bucket);
    add_one(one.store(), "third").unwrap();
    one.close();
    fs::remove_dir_all(&directory).unwrap();
    let one = disk();
    assert_eq!(ids(one.store()), ["first", "second", "third"].map(str::to_owned).into());
    one.close();
    // Somebody else went on meanwhile: changes of this disk alone are not thrown away.
    let two = writer(&scratch.join("other"), &bucket);
    add_one(two.store(), "fourth").unwrap();
    two.close();
    let store = open(&directory, Access::ReadWrite);
    add_one(&store, "of this disk").unwrap();
    store.close();
    let refused = Writer::open(&directory, &bucket, &durable(Durable::Disk)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Mismatch, "{refused}");
    assert!(ids(&open(&directory, Access::ReadOnly)).contains("of this disk"));
}

#[test]
fn a_rollback_makes_void_what_the_journal_has() {
    let scratch = Scratch::new("writer-rollback");
    let bucket = url(&scratch.join("bucket"));
    let one = writer(&scratch.join("one"), &bucket);
    add_one(one.store(), "first").unwrap();
    one.push(quiet).unwrap();
    let wanted = contents(one.store());
    add_one(one.store(), "second").unwrap();
    one.push(quiet).unwrap();
    add_one(one.store(), "third").unwrap();
    one.close();
    let newest = remote::list(&bucket, &options()).unwrap()[0].version;
    let back = remote::rollback(&bucket, &options(), Some(newest - 1), quiet).unwrap();
    assert_eq!(back.restores, Some(newest - 1));
    let two = writer(&scratch.join("one"), &bucket);
    assert_eq!(contents(two.store()), wanted);
    add_one(two.store(), "fourth").unwrap();
    two.close();
    let three = writer(&scratch.join("three"), &bucket);
    assert_eq!(ids(three.store()), ["first", "fourth"].map(str::to_owned).into());
}

/// Writes at the same time share objects; the figures of a recording of two minutes.
#[test]
fn writes_at_the_same_time_share_an_object() {
    let scratch = Scratch::new("writer-group");
    let folder = scratch.join("bucket");
    let one = writer(&scratch.join("store"), &url(&folder));
    let before = journal_objects(&folder).len();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let store = one.store();
            scope.spawn(move || {
                (0..6).for_each(|n| add_one(store, &format!("{thread}-{n}")).unwrap());
            });
        }
    });
    let objects = journal_objects(&folder).len() - before;
    println!("48 writes of 8 threads in {objects} objects");
    assert!(objects < 48, "{objects}");
    let known = files_in(&folder.join("journal")).len();
    let begin = Instant::now();
    let count = 20;
    (0..count).for_each(|n| add(one.store(), 1_000 + n..1_001 + n));
    let each = begin.elapsed() / count as u32;
    let new = &files_in(&folder.join("journal"))[known..];
    let packed: u64 = new.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    let plain: usize = journal_objects(&folder)[known..].iter().map(Vec::len).sum();
    println!(
        "a recording of 120 s: {} bytes of journal, {} in the bucket, acknowledged after {each:?}",
        plain as u64 / count,
        packed / count
    );
    // Its landmarks alone have about 20 kB.
    assert!(packed / count < 40_000, "{packed}");
}

#[test]
fn a_writer_keeps_a_store_in_s3() {
    let Some(service) = services::s3() else { return };
    let scratch = Scratch::new("writer-s3");
    let credentials = Some(services::s3_credentials(&scratch.join(""), service.port));
    let remote = RemoteOptions { credentials, ..options() };
    let with = WriterOptions { term: Duration::from_secs(2), remote, ..WriterOptions::default() };
    let url = "s3://bucket/writer";
    let one = Writer::open(&scratch.join("one"), url, &with).unwrap();
    (0..5).for_each(|n| add_one(one.store(), &n.to_string()).unwrap());
    let two = Writer::open(&scratch.join("two"), url, &with).unwrap();
    assert_eq!(add_one(two.store(), "refused").unwrap_err().kind(), ErrorKind::Busy);
    one.push(quiet).unwrap();
    add_one(one.store(), "5").unwrap();
    one.close();
    two.wait_until_writing(PATIENCE).unwrap();
    assert_eq!(ids(two.store()).len(), 6);
    add_one(two.store(), "6").unwrap();
    let prune = PruneOptions { keep: 1, grace: Duration::ZERO };
    remote::prune(url, &with.remote, &prune, quiet).unwrap();
    two.close();
    let three = Writer::open(&scratch.join("three"), url, &with).unwrap();
    assert_eq!(ids(three.store()).len(), 7);
}
