//! Promise: what was accepted is followed up once, by one worker at a time and in order; what fails is tried again later and kept
//! apart in the end; nothing that was accepted is lost while Redis or the disk is away.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail, and prints its figures")]

mod transport_support;

use serde_json::json;
use sonic_core::{Error, ErrorKind, Result};
use sonic_live::transport::{
    Body, Entry, EntryId, Feed, FolderSink, Intake, IntakeOptions, LocalTransport, Origin, Progress,
    SliceSink, Told, Transport,
};
use sonic_live::{Deliver, Worker};
use sonic_store::Store;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use transport_support::{
    Engine, Key, open, options, origin, parts, reference, slices, stored, wait_for, worker,
};

/// Longer than anything takes on a machine with much else to do.
const LONG: Duration = Duration::from_secs(60);

fn ended(connection: &str, key: usize) -> Entry {
    let origin = Origin { connection: connection.into(), meeting: "m".into(), ..Origin::default() };
    Entry { origin, at_ms: 1, body: Body::End { key: key.to_string() } }
}

const NOTHING: Progress<'static> = Progress { note: &serde_json::Value::Null, state: &[], told: &[] };

/// What every transport keeps.
fn keeps_its_promises(transport: &dyn Transport) {
    let entries: Vec<Entry> = (0..5).map(|i| ended("c", i)).collect();
    transport.append(&entries).unwrap();
    transport.append(&entries[2..]).unwrap();
    assert_eq!(transport.stats().unwrap().waiting, 5, "what is sent twice is one");

    let lease = Duration::from_millis(400);
    let first = transport.claim("first", lease).unwrap().unwrap();
    assert_eq!((&first.connection[..], first.claims), ("c", 1));
    assert!(transport.claim("second", lease).unwrap().is_none(), "one worker at a time");
    let read = |claim, after| transport.read(&[(claim, after)], 3, Duration::ZERO).unwrap().remove(0);
    let begun = read(&first, EntryId::default());
    assert_eq!(begun.len(), 3);
    assert_eq!(begun[1].entry.as_ref().unwrap(), &entries[1]);
    transport.acknowledge(&first, &[begun[0].id], NOTHING).unwrap();
    assert_eq!(transport.stats().unwrap().waiting, 4, "what is acknowledged is gone, and nothing else");
    assert!(transport.renew(&[&first], lease).unwrap().is_empty());

    // The first is gone for a while: the second takes what it was given.
    std::thread::sleep(lease + Duration::from_millis(50));
    let second = transport.claim("second", LONG).unwrap().unwrap();
    assert!(second.epoch > first.epoch && second.claims == 1, "{second:?}");
    if transport.name() == "redis" {
        assert_eq!(read(&first, EntryId::default()), [], "who lost it reads nothing");
    }
    for lost in [
        transport.acknowledge(&first, &[begun[1].id], NOTHING),
        transport.release(&first),
        transport.postpone(&first, "no", LONG, true),
        transport.bury(&first, begun[1].id, "no"),
    ] {
        assert_eq!(lost.unwrap_err().kind(), ErrorKind::Mismatch);
    }
    assert_eq!(transport.renew(&[&first, &second], LONG).unwrap(), ["c"]);
    let mut rest = read(&second, EntryId::default());
    rest.extend(read(&second, rest[rest.len() - 1].id));
    let keys: Vec<String> = rest.iter().map(|d| d.entry.as_ref().unwrap().key()).collect();
    assert_eq!(keys, ["end 1", "end 2", "end 3", "end 4"], "all that was not acknowledged, in order");

    // Results are told once, whatever is acknowledged twice.
    let told = |number: u64| {
        (
            number,
            Told {
                place: String::new(),
                origin: entries[0].origin.clone(),
                started_at_ms: 7,
                segment: sonic_core::Segment { id: format!("s{number}"), ..Default::default() },
            },
        )
    };
    if transport.name() == "redis" {
        for numbers in [vec![1, 2], vec![2, 3]] {
            let told: Vec<(u64, Told)> = numbers.into_iter().map(told).collect();
            let progress = Progress { note: &json!({ "at": 1 }), state: b"\0state", told: &told };
            transport.acknowledge(&second, &[], progress).unwrap();
        }
        let results = transport.results("m", "", 10).unwrap();
        assert_eq!(results.iter().map(|t| &t.segment.id[..]).collect::<Vec<_>>(), ["s1", "s2", "s3"]);
        assert_eq!(transport.results("m", &results[1].place, 10).unwrap(), results[2..]);
    }
    assert_eq!(transport.results("m", "no place", 10).unwrap_err().kind(), ErrorKind::InvalidArgument);

    // What fails waits, is counted, and is given up.
    transport.postpone(&second, "not now", Duration::from_millis(200), true).unwrap();
    assert!(transport.claim("third", LONG).unwrap().is_none());
    std::thread::sleep(Duration::from_millis(250));
    let third = transport.claim("third", LONG).unwrap().unwrap();
    assert_eq!((third.failures, third.claims), (1, 1));
    if transport.name() == "redis" {
        assert_eq!(third.shared, Some((json!({ "at": 1 }), b"\0state".to_vec())));
    }
    let again = read(&third, EntryId::default());
    transport.bury(&third, again[0].id, "it is poison").unwrap();
    let dead = transport.dead(10).unwrap();
    assert_eq!((dead.len(), &dead[0].error[..]), (1, "it is poison"));
    assert!(dead[0].entry.contains("\"end\""), "{dead:?}");
    assert_eq!(transport.stats().unwrap().waiting, 3);
    let ids: Vec<EntryId> = rest[1..].iter().map(|d| d.id).collect();
    transport.acknowledge(&third, &ids, NOTHING).unwrap();
    transport.release(&third).unwrap();
    let stats = transport.stats().unwrap();
    assert_eq!((stats.connections, stats.waiting, stats.dead), (0, 0, 1));

    // What comes later brings it back, with larger numbers.
    transport.append(&[ended("c", 9), ended("d", 1)]).unwrap();
    let fourth = transport.claim("fourth", LONG).unwrap().unwrap();
    assert!(fourth.connection == "c" && fourth.epoch > third.epoch, "{fourth:?}");
    let last = read(&fourth, ids[2]);
    assert!(last.len() == 1 && last[0].id > ids[2], "{last:?}");
    let other = transport.claim("fourth", LONG).unwrap().unwrap();
    let both =
        transport.read(&[(&fourth, last[0].id), (&other, EntryId::default())], 3, Duration::ZERO).unwrap();
    assert_eq!(both.iter().map(Vec::len).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn the_transport_in_the_store_keeps_its_promises() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    keeps_its_promises(&LocalTransport::new(store.clone()));
    assert_eq!(store.check().unwrap(), []);
}

/// Store, transport and sink in a folder.
struct Scratch {
    _folder: tempfile::TempDir,
    store: Store,
    transport: Arc<dyn Transport>,
    sink: Arc<dyn SliceSink>,
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("store"));
        let transport = Arc::new(LocalTransport::new(store.clone()));
        let sink = Arc::new(FolderSink::new(folder.path().join("slices")).unwrap());
        Self { _folder: folder, store, transport, sink }
    }

    fn intake(&self) -> Intake {
        Intake::new(self.transport.clone(), self.sink.clone(), &IntakeOptions::default()).unwrap()
    }

    fn worker(&self, deliver: Option<Arc<dyn Deliver>>) -> Worker {
        worker(&self.store, &self.transport, &self.sink, deliver)
    }
}

fn send(intake: &Intake, origin: &Origin, slices: &[Vec<u8>]) {
    for (index, slice) in slices.iter().enumerate() {
        let sent_ms = 1_700_000_000_000.0 + (index + 1) as f64 * 2_000.0;
        intake.slice(origin, index as u64, slice, Some(sent_ms)).unwrap();
    }
}

#[test]
fn sound_goes_in_and_segments_come_out() {
    let scratch = Scratch::new();
    let sound = slices(1, 6);
    let expected = reference(&sound);
    assert!(expected.len() >= 6, "{expected:?}");
    let feed = Feed::new(scratch.transport.clone()).unwrap();
    let learnt: Arc<Mutex<Vec<Told>>> = Arc::default();
    let listener = learnt.clone();
    let subscription = feed.subscribe("m0", "", move |told| listener.lock().unwrap().push(told.clone()));
    let engine = Arc::new(Engine::default());
    *engine.failures.lock().unwrap() = 2;
    let running = scratch.worker(Some(engine.clone()));
    let intake = scratch.intake();
    let origins = [origin(0, 0), origin(0, 1)];
    for origin in &origins {
        send(&intake, origin, &sound);
        // The same again is the same.
        intake.slice(origin, 0, &sound[0], None).unwrap();
    }
    intake.end(&origins[0]).unwrap();
    // The other ends by itself, as nothing comes any more.
    for origin in &origins {
        wait_for("all segments are final", LONG, || stored(&scratch.store, &origin.connection) == expected);
    }
    wait_for("all is delivered", LONG, || engine.taken.lock().unwrap().len() >= 2 * expected.len());
    wait_for("sessions go", LONG, || running.stats().connections == 0);
    let row = scratch.store.transcripts().connection("m0-c1").unwrap().unwrap();
    assert_eq!((row.started_at_ms, row.user_id.as_deref()), (1_700_000_000_000, Some("user 1")));
    let page = scratch.store.transcripts().page("m0", "", 100).unwrap();
    assert!(page.segments.windows(2).all(|two| two[0].segment.start_ms <= two[1].segment.start_ms));
    let taken = engine.taken.lock().unwrap();
    let mut keys: Vec<&String> = taken.iter().map(|delivery| &delivery.key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 2 * expected.len());
    let finals = |learnt: &Vec<Told>| learnt.iter().filter(|told| told.segment.is_final).count();
    wait_for("all is told", LONG, || finals(&learnt.lock().unwrap()) == 2 * expected.len());
    drop(subscription);
    // Somebody who knows a part learns the rest.
    let learnt = learnt.lock().unwrap();
    let rest = scratch.transport.results("m0", &learnt[learnt.len() / 2].place, 1_000).unwrap();
    assert!(!rest.is_empty() && rest.len() < learnt.len());
    let stats = running.stats();
    assert_eq!((stats.dead, stats.bad_slices, stats.refused), (0, 0, 2), "{stats:?}");
    running.stop(LONG).unwrap();
    assert_eq!(scratch.transport.stats().unwrap().waiting, 0);
    assert_eq!(scratch.store.check().unwrap(), []);
}

#[test]
fn a_worker_that_stops_hands_over_in_the_middle_of_a_word() {
    let scratch = Scratch::new();
    let sound = slices(2, 8);
    let expected = reference(&sound);
    let intake = scratch.intake();
    for (index, slice) in sound.iter().enumerate() {
        let running = scratch.worker(None);
        intake.slice(&origin(0, 0), index as u64, slice, None).unwrap();
        wait_for("it is followed up", LONG, || scratch.transport.stats().unwrap().waiting == 0);
        running.stop(LONG).unwrap();
        assert_eq!(scratch.transport.stats().unwrap().connections, 0, "it was given back");
    }
    intake.end(&origin(0, 0)).unwrap();
    let running = scratch.worker(None);
    wait_for("all segments are final", LONG, || stored(&scratch.store, "m0-c0") == expected);
    running.stop(LONG).unwrap();
}

/// A sink that loses what it is told to, and may be full.
struct Broken(Arc<dyn SliceSink>, Mutex<Vec<u64>>, AtomicBool);

impl SliceSink for Broken {
    fn put(&self, key: &str, bytes: &[u8]) -> Result<()> {
        match self.2.load(Ordering::Relaxed) {
            true => Err(Error::new(ErrorKind::Io, "no space left on device")),
            false => self.0.put(key, bytes),
        }
    }

    fn get(&self, key: &str) -> Result<Vec<u8>> {
        let is_lost = self.1.lock().unwrap().iter().any(|index| key.contains(&format!("/{index:08}-")));
        if is_lost { Err(Error::new(ErrorKind::Io, "it cannot be read")) } else { self.0.get(key) }
    }
}

#[test]
fn a_slice_that_fails_is_tried_again_and_becomes_a_dead_letter() {
    let scratch = Scratch::new();
    let sound = slices(3, 5);
    let broken = Arc::new(Broken(scratch.sink.clone(), Mutex::new(vec![1, 3]), AtomicBool::new(false)));
    let sink: Arc<dyn SliceSink> = broken.clone();
    let intake = scratch.intake();
    send(&intake, &origin(0, 0), &sound);
    send(&intake, &origin(0, 1), &sound);
    intake.end(&origin(0, 0)).unwrap();
    intake.end(&origin(0, 1)).unwrap();
    let part = parts(&scratch.store, &scratch.transport, &sink, None);
    let running = Worker::start(
        part,
        &sonic_live::WorkerOptions { attempts: 3, backoff: Duration::from_millis(150), ..options() },
    )
    .unwrap();
    wait_for("it failed", LONG, || running.stats().failures >= 3);
    // The disk is well again, but for one slice.
    broken.1.lock().unwrap().retain(|index| *index == 3);
    wait_for("all is followed up but what is dead", LONG, || {
        let stats = scratch.transport.stats().unwrap();
        stats.waiting == 0 && stats.dead >= 2
    });
    let dead = scratch.transport.dead(10).unwrap();
    assert!(
        dead.iter().any(|dead| dead.entry.contains("\"index\":3") && dead.error.contains("cannot be read")),
        "{dead:?}"
    );
    wait_for("what can be is final", LONG, || stored(&scratch.store, "m0-c0").len() >= 2);
    running.stop(LONG).unwrap();
    assert_eq!(scratch.store.check().unwrap(), []);
}

#[test]
fn what_the_disk_refuses_was_not_accepted() {
    let scratch = Scratch::new();
    let broken = Arc::new(Broken(scratch.sink.clone(), Mutex::default(), AtomicBool::new(true)));
    let intake = Intake::new(scratch.transport.clone(), broken.clone(), &IntakeOptions::default()).unwrap();
    assert_eq!(intake.slice(&origin(0, 0), 0, b"x", None).unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(scratch.transport.stats().unwrap().waiting, 0);
    broken.2.store(false, Ordering::Relaxed);
    intake.slice(&origin(0, 0), 0, b"x", None).unwrap();
    assert_eq!(scratch.transport.stats().unwrap().waiting, 1);
    let stats = intake.stats();
    assert_eq!((stats.accepted, stats.refused), (1, 1));
    intake.close(LONG).unwrap();
    assert_eq!(intake.slice(&origin(0, 0), 1, b"x", None).unwrap_err().kind(), ErrorKind::Closed);
}

#[test]
fn what_is_no_slice_is_refused() {
    let scratch = Scratch::new();
    let small = IntakeOptions { max_slice_bytes: 4, ..IntakeOptions::default() };
    let intake = Intake::new(scratch.transport.clone(), scratch.sink.clone(), &small).unwrap();
    let kind = |origin: &Origin, bytes: &[u8], sent| intake.slice(origin, 0, bytes, sent).unwrap_err().kind();
    assert_eq!(kind(&origin(0, 0), b"12345", None), ErrorKind::Limit);
    for sent in [f64::NAN, -1.0, f64::INFINITY, 1e300] {
        assert_eq!(kind(&origin(0, 0), b"1", Some(sent)), ErrorKind::InvalidArgument);
    }
    for bad in [String::new(), "x".repeat(201), "a\0b".to_owned(), "a\nb".to_owned()] {
        assert_eq!(
            kind(&Origin { connection: bad.clone(), ..origin(0, 0) }, b"1", None),
            ErrorKind::InvalidArgument
        );
        assert_eq!(kind(&Origin { meeting: bad, ..origin(0, 0) }, b"1", None), ErrorKind::InvalidArgument);
    }
    for id in ["../../etc/passwd", "a/b", "..", "ä ö", &"long".repeat(50)] {
        intake.slice(&Origin { connection: id.to_owned(), ..origin(0, 0) }, u64::MAX, b"1", None).unwrap();
    }
    for key in ["", "/x", "a//b", "../x", ".x", "a/..", "a b"] {
        assert_eq!(scratch.sink.put(key, b"").unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    // Slices that are nothing end nothing.
    let running = scratch.worker(None);
    wait_for("all is followed up", LONG, || scratch.transport.stats().unwrap().waiting == 0);
    running.stop(LONG).unwrap();
    assert_eq!(scratch.transport.dead(10).unwrap(), []);
}

#[cfg(feature = "redis")]
mod redis {
    use super::*;
    use sonic_live::transport::RedisTransport;
    use transport_support::server::Redis;

    #[test]
    fn redis_keeps_its_promises() {
        let folder = tempfile::tempdir().unwrap();
        let Some(redis) = Redis::start(folder.path(), "always") else { return };
        assert_eq!(redis.command(&["config", "set", "maxmemory-policy", "noeviction"]), "OK");
        let transport = RedisTransport::open(&redis.options()).unwrap();
        assert_eq!(transport.warnings(), Vec::<String>::new());
        keeps_its_promises(&transport);
        assert_eq!(
            redis.command(&["xlen", "{sonic}:s:c"]),
            "1",
            "trimmed behind the oldest that is not acknowledged"
        );
        redis.command(&["config", "set", "appendfsync", "everysec"]);
        let warnings = RedisTransport::open(&redis.options()).unwrap().warnings();
        assert!(warnings.len() == 1 && warnings[0].contains("appendfsync everysec"), "{warnings:?}");
    }

    /// Redis is away, then full; a worker with another store takes over.
    #[test]
    fn redis_may_be_gone_for_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let Some(mut redis) = Redis::start(&folder.path().join("redis"), "always") else { return };
        let transport: Arc<dyn Transport> = Arc::new(RedisTransport::open(&redis.options()).unwrap());
        let sink: Arc<dyn SliceSink> = Arc::new(FolderSink::new(folder.path().join("slices")).unwrap());
        let timeout = Duration::from_millis(700);
        let intake = Intake::new(
            transport.clone(),
            sink.clone(),
            &IntakeOptions { timeout, ..IntakeOptions::default() },
        )
        .unwrap();
        let stores = ["one", "two"].map(|name| open(&folder.path().join(name)));
        let sound = slices(4, 10);
        let expected = reference(&sound);
        // Longer than Redis is away: an end of the sound would be one more place where it is cut.
        let patient = sonic_live::WorkerOptions { idle: LONG, ..options() };
        let worker = |store| Worker::start(parts(store, &transport, &sink, None), &patient).unwrap();
        let first = worker(&stores[0]);
        let origin = origin(0, 0);
        let third = sound.len() / 3;
        send(&intake, &origin, &sound[..third]);
        redis.kill();
        let refused = intake.slice(&origin, third as u64, &sound[third], None).unwrap_err();
        assert!(refused.kind() == ErrorKind::Busy && refused.retry_after().is_some(), "{refused}");
        std::thread::sleep(Duration::from_secs(2));
        assert!(!intake.stats().is_connected && intake.stats().resent > 0, "{:?}", intake.stats());
        redis.again();
        // It was kept, and is sent by itself; the client sends it too.
        wait_for("what was kept is sent", LONG, || intake.stats().waiting == 0);
        let until = |index: usize| {
            wait_for("a slice is taken", LONG, || {
                intake.slice(&origin, index as u64, &sound[index], None).is_ok()
            })
        };
        (third..2 * third).for_each(until);
        first.stop(LONG).unwrap();
        redis.command(&["config", "set", "maxmemory", "1"]);
        assert_eq!(
            intake.slice(&origin, 2 * third as u64, &sound[2 * third], None).unwrap_err().kind(),
            ErrorKind::Busy
        );
        redis.command(&["config", "set", "maxmemory", "0"]);
        (2 * third..sound.len()).for_each(until);
        wait_for("the end is taken", LONG, || intake.end(&origin).is_ok());
        let second = worker(&stores[1]);
        let all = || -> Vec<Key> {
            let mut all = stores.iter().flat_map(|store| stored(store, "m0-c0")).collect::<Vec<_>>();
            all.sort();
            all
        };
        wait_for("all segments are final, in the one store or the other", LONG, || all() == expected);
        let told = || transport.results("m0", "", 1_000).unwrap();
        wait_for("all is told", LONG, || {
            told().iter().filter(|told| told.segment.is_final).count() == expected.len()
        });
        second.stop(LONG).unwrap();
        assert_eq!(transport.stats().unwrap().waiting, 0);
    }
}
