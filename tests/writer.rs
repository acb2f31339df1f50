//! Promise: one instance at a time writes to a store in a bucket, the others are told to try again; what was acknowledged is kept
//! though the disk of the instance is gone; who was forgotten is in no journal.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail, and prints its figures")]

mod face_support;
mod remote_support;
mod support;
mod voice_store_support;

use face_support::EVENT;
use remote_support::server::{Fault, Proxy};
use remote_support::services;
use remote_support::writers::{PATIENCE, TERM, add_one, durable, ids, wait_until, writer};
use remote_support::{add, add_photos, all_in, contents, files_in, open, options, quiet, url};
use sonic::remote::{self, Durable, PruneOptions, RemoteOptions, Writer, WriterOptions};
use sonic::{Access, ErrorKind, Store};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use support::Scratch;

/// What the objects of the journal of a folder say, without compression.
fn journal_objects(folder: &Path) -> Vec<Vec<u8>> {
    all_in(&folder.join("journal")).iter().map(|object| zstd::decode_all(&object[32..]).unwrap()).collect()
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

/// The journal does not grow for ever.
#[test]
fn a_long_journal_becomes_a_snapshot() {
    let scratch = Scratch::new("writer-long");
    let folder = scratch.join("bucket");
    let bucket = url(&folder);
    let options = WriterOptions { push_after_bytes: 50_000, ..durable(Durable::Bucket) };
    let one = Writer::open(&scratch.join("one"), &bucket, &options).unwrap();
    add(one.store(), 0..5);
    let newest = || remote::list(&bucket, &remote_support::options()).unwrap()[0].version;
    wait_until("the snapshot", || newest() > 1);
    wait_until("the end of what it holds", || {
        journal_objects(&folder).iter().all(|object| object.len() < 20_000)
    });
    add_one(one.store(), "later").unwrap();
    let state = contents(one.store());
    one.close();
    assert_eq!(contents(writer(&scratch.join("two"), &bucket).store()), state);
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
    assert!(forgotten.voices.recordings > 0 && forgotten.faces.faces > 0, "{forgotten:?}");
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
    // Slow enough that the next write does not wait for nothing.
    let remote = RemoteOptions { bytes_per_second: Some(20_000), ..options() };
    let slow = WriterOptions { remote, ..durable(Durable::Bucket) };
    let one = Writer::open(&scratch.join("slow"), &url(&folder), &slow).unwrap();
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
    assert!(objects <= 36, "{objects}");
    one.close();
    let one = writer(&scratch.join("store"), &url(&folder));
    let known = files_in(&folder.join("journal")).len();
    let begin = Instant::now();
    let count = 20;
    (0..count).for_each(|n| add(one.store(), 1_000 + n..1_001 + n));
    let each = begin.elapsed() / count as u32;
    let new = &files_in(&folder.join("journal"))[known..];
    let packed: u64 = new.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    let plain: usize = journal_objects(&folder)[known..].iter().map(Vec::len).sum();
    let stats = one.store().stats().unwrap();
    let postings = stats.postings_bytes * 120_000 / stats.duration_ms;
    let plain_store = open(&scratch.join("plain"), Access::Create);
    let begin = Instant::now();
    (0..count).for_each(|n| add(&plain_store, 1_000 + n..1_001 + n));
    println!(
        "a recording of 120 s: {} bytes of journal, {} in the bucket, without {postings} of postings; acknowledged after \
         {each:?}, {:?} without a bucket",
        plain as u64 / count,
        packed / count,
        begin.elapsed() / count as u32
    );
    assert!(packed / count < 20_000, "{packed}");
}

/// Answers that are lost, damaged or refused keep nothing from being acknowledged, and nothing that was from being there.
#[test]
fn every_seventh_request_may_fail() {
    let Some(service) = services::s3() else { return };
    let scratch = Scratch::new("writer-fault");
    for fault in [Fault::Cut, Fault::Unavailable, Fault::Corrupted] {
        let proxy = Proxy::start(service.port, fault, 7);
        let credentials = Some(services::s3_credentials(&scratch.join(""), proxy.port()));
        let remote = RemoteOptions { credentials, ..options() };
        let with = WriterOptions { term: Duration::from_secs(10), remote, ..WriterOptions::default() };
        let url = format!("s3://bucket/{fault:?}");
        let one = Writer::open(&scratch.join(&format!("one {fault:?}")), &url, &with).unwrap();
        for n in 0..12 {
            add_one(one.store(), &n.to_string()).unwrap_or_else(|e| panic!("{fault:?}: {e}"));
        }
        one.push(quiet).unwrap();
        add_one(one.store(), "behind").unwrap();
        one.close();
        let next = Writer::open(&scratch.join(&format!("next {fault:?}")), &url, &with).unwrap();
        assert_eq!(ids(next.store()).len(), 13, "{fault:?}");
        assert!(proxy.requests() > 30, "{fault:?}: {} requests", proxy.requests());
    }
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
