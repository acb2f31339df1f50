use super::deliver::deliver_batch;
use super::followed::Followed;
use super::*;
use crate::transport::*;
use crate::{Desk, DeskOptions, LiveOptions, Recognition, Recognizer, Request};
use sonic_audio::decode::push::{PushOptions, RawPcm};
use sonic_core::{ErrorKind, Segment};
use sonic_store::{DeliveryBatch, NewSegments, Store, StoreOptions, StoredSegment};
use std::sync::mpsc::{Receiver, channel};

/// A transport that may be away, and does something before a claim is advanced.
struct Faulty {
    inner: LocalTransport,
    is_away: AtomicBool,
    before_advance: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    /// When it was reached first after it was away.
    reached: Mutex<Option<Instant>>,
    /// When an end of the sound was put behind what came.
    ends: Mutex<Vec<Instant>>,
}

impl Faulty {
    fn reach(&self) -> Result<&LocalTransport> {
        let mut reached = self.reached.lock().unwrap();
        if self.is_away.load(Ordering::Relaxed) {
            *reached = None;
            return Err(Error::new(ErrorKind::Io, "it is away"));
        }
        reached.get_or_insert_with(Instant::now);
        Ok(&self.inner)
    }
}

impl Transport for Faulty {
    fn name(&self) -> &'static str {
        "faulty"
    }
    fn append(&self, entries: &[Entry]) -> Result<()> {
        self.reach()?.append(entries)?;
        let ends = entries.iter().filter(|entry| matches!(entry.body, Body::End { .. }));
        self.ends.lock().unwrap().extend(ends.map(|_| Instant::now()));
        Ok(())
    }
    fn claim(&self, worker: &str, lease: Duration) -> Result<Option<Claim>> {
        self.reach()?.claim(worker, lease)
    }
    fn advance(&self, claim: &mut Claim, epoch: u64) -> Result<()> {
        let Some(before) = self.before_advance.lock().unwrap().take() else {
            return self.reach()?.advance(claim, epoch);
        };
        before();
        claim.epoch = epoch;
        Ok(())
    }
    fn renew(&self, claims: &[&Claim], lease: Duration) -> Result<Vec<String>> {
        self.reach()?.renew(claims, lease)
    }
    fn read(
        &self,
        claims: &[(&Claim, EntryId)],
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<Vec<Delivered>>> {
        self.reach()?.read(claims, limit, wait)
    }
    fn acknowledge(&self, claim: &Claim, entries: &[EntryId], progress: Progress<'_>) -> Result<()> {
        self.reach()?.acknowledge(claim, entries, progress)
    }
    fn release(&self, claim: &Claim) -> Result<()> {
        self.reach()?.release(claim)
    }
    fn postpone(&self, claim: &Claim, error: &str, wait: Duration, is_failure: bool) -> Result<()> {
        self.reach()?.postpone(claim, error, wait, is_failure)
    }
    fn bury(&self, claim: &Claim, entry: EntryId, error: &str) -> Result<()> {
        self.reach()?.bury(claim, entry, error)
    }
    fn results(&self, meeting: &str, after: &str, limit: usize) -> Result<Vec<Told>> {
        self.reach()?.results(meeting, after, limit)
    }
    fn watch(&self) -> Result<Box<dyn Watch>> {
        self.reach()?.watch()
    }
    fn stats(&self) -> Result<QueueStats> {
        self.reach()?.stats()
    }
    fn dead(&self, limit: usize) -> Result<Vec<DeadEntry>> {
        self.reach()?.dead(limit)
    }
    fn sweep(&self, idle: Duration) -> Result<()> {
        self.reach()?.sweep(idle)
    }
}

/// Says how much sound it was.
struct Length;

impl Recognizer for Length {
    fn pipeline(&self) -> String {
        "length".to_owned()
    }

    fn recognize(&self, request: &Request<'_>) -> Result<Recognition> {
        let text = format!("{} samples", request.samples.len());
        Ok(Recognition { text, words: Vec::new(), confidence: 1.0 })
    }
}

struct Scratch {
    _folder: tempfile::TempDir,
    store: Store,
    transport: Arc<Faulty>,
    shared: Arc<Shared>,
}

impl Scratch {
    fn new(deliver: Option<Arc<dyn Deliver>>, options: WorkerOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("store"), StoreOptions::default()).unwrap();
        let transport = Arc::new(Faulty {
            inner: LocalTransport::new(store.clone()),
            is_away: AtomicBool::new(false),
            before_advance: Mutex::default(),
            reached: Mutex::default(),
            ends: Mutex::default(),
        });
        let raw = RawPcm { sample_rate: 16_000, channels: 1, float: false };
        let mut live = LiveOptions {
            slices: PushOptions { raw: Some(raw), ..PushOptions::default() },
            ..LiveOptions::default()
        };
        live.utterances.partial_ms = 500;
        let desk = Desk::new(Arc::new(Length), &DeskOptions::default()).unwrap();
        let setup = SessionSetup { desk: Some(desk), options: live };
        let parts = WorkerParts {
            store: store.clone(),
            transport: transport.clone(),
            sink: Arc::new(FolderSink::new(folder.path().join("slices")).unwrap()),
            sessions: Arc::new(move |_| setup.clone()),
            deliver,
        };
        let shared = Arc::new(Shared {
            name: "test".to_owned(),
            options,
            parts,
            counters: Counters::default(),
            is_stopping: AtomicBool::new(false),
            ended: Mutex::new(0),
            one_ended: Condvar::new(),
        });
        Self { _folder: folder, store, transport, shared }
    }

    /// Slices of a second: every other has some speech.
    fn entries(&self, count: u64) -> Vec<Entry> {
        let sample = |index: u64, i: u32| {
            let tone = |k: u32| (f64::from(i * k) * 0.045).sin() / f64::from(k);
            let syllables = (0.5 + 0.5 * (f64::from(i) * 0.0016).sin()).powi(3);
            let speech = if index % 2 == 1 { syllables * (1..16).map(tone).sum::<f64>() * 0.1 } else { 0.0 };
            ((speech + f64::from(i % 7) * 1e-4) * 32_767.0) as i16
        };
        let entry = |index| {
            let bytes: Vec<u8> = (0..16_000).flat_map(|i| sample(index, i).to_le_bytes()).collect();
            let key = format!("c/{index}");
            self.shared.parts.sink.put(&key, &bytes).unwrap();
            let checksum = entry_checksum(&bytes);
            let body = Body::Slice { index, key, bytes: 32_000, checksum, sent_ms: None };
            Entry { origin: origin(), at_ms: 1_700_000_000_000 + index * 1_000, body }
        };
        (0..count).map(entry).collect()
    }

    fn changes(&self) -> Vec<StoredSegment> {
        self.store.transcripts().changes("m", 0, 1_000).unwrap()
    }

    fn taken(&self) -> u64 {
        self.shared.counters.get().slices
    }
}

fn origin() -> Origin {
    Origin { connection: "c".into(), meeting: "m".into(), ..Origin::default() }
}

fn claim(epoch: u64) -> Claim {
    Claim { connection: "c".into(), epoch, claims: 1, failures: 0, shared: None, number: 1 }
}

fn delivered(entries: Vec<Entry>) -> Vec<Delivered> {
    let id = |minor| EntryId { major: 0, minor };
    (1..).zip(entries).map(|(minor, entry)| Delivered { id: id(minor), entry: Ok(entry) }).collect()
}

/// Follows entries up and stores what comes of them.
fn follow(shared: &Shared, followed: &mut Followed, entries: Vec<Delivered>) -> Result<()> {
    followed.take(shared, entries).map_err(|failed| failed.error)?;
    while followed.is_busy() {
        followed.poll(shared)?;
        std::thread::sleep(Duration::from_millis(1));
    }
    followed.poll(shared)?;
    followed.store(shared)
}

fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "not yet: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_is_stored_while_a_connection_is_taken_over_is_not_followed_again() {
    let scratch = Scratch::new(None, WorkerOptions::default());
    let entries = delivered(scratch.entries(9));
    let shared = scratch.shared.clone();
    let mut elder = Followed::open(&shared, claim(1)).unwrap();
    follow(&shared, &mut elder, entries[..1].to_vec()).unwrap();
    // It lost the connection and does not know: what it works at is stored after the younger has looked.
    let (inner, rest) = (shared.clone(), entries[1..].to_vec());
    *scratch.transport.before_advance.lock().unwrap() =
        Some(Box::new(move || follow(&inner, &mut elder, rest).unwrap()));
    let mut younger = Followed::open(&shared, claim(1)).unwrap();
    let stored = scratch.changes();
    assert!(stored.iter().filter(|stored| stored.segment.is_final).count() >= 3, "{stored:?}");
    assert_eq!(scratch.taken(), 9);
    for entry in entries {
        follow(&shared, &mut younger, vec![entry]).unwrap();
    }
    assert_eq!(scratch.taken(), 9, "nothing is followed twice");
    assert_eq!(scratch.changes(), stored);
}

#[test]
fn a_connection_that_the_store_does_not_know_is_not_followed_twice() {
    let scratch = Scratch::new(None, WorkerOptions::default());
    let (shared, entries) = (&scratch.shared, delivered(scratch.entries(9)));
    let mut elder = Followed::open(shared, claim(1)).unwrap();
    let mut younger = Followed::open(shared, claim(2)).unwrap();
    follow(shared, &mut elder, entries.clone()).unwrap();
    let stored = scratch.changes();
    let refused = follow(shared, &mut younger, entries.clone()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Mismatch);
    // Claimed again, it goes on behind what the elder stored.
    let mut younger = Followed::open(shared, claim(3)).unwrap();
    follow(shared, &mut younger, entries).unwrap();
    assert_eq!(scratch.changes(), stored);
}

/// Writes down what it is given, and dies at one.
struct Dies {
    taken: Mutex<Vec<String>>,
    at: usize,
    until: Mutex<Receiver<()>>,
}

impl Deliver for Dies {
    fn deliver(&self, delivery: &Delivery) -> Result<()> {
        let count = {
            let mut taken = self.taken.lock().unwrap();
            taken.push(delivery.key.clone());
            taken.len()
        };
        if count == self.at {
            let _ = self.until.lock().unwrap().recv();
        }
        Ok(())
    }
}

/// Segments of two connections of a meeting, in turn.
fn say(scratch: &Scratch, count: usize) -> Vec<String> {
    for i in 0..count {
        let segment = Segment {
            id: format!("s{i}"),
            is_final: true,
            start_ms: 1_000 * i as u64,
            end_ms: 1_000 * i as u64 + 900,
            ..Segment::default()
        };
        let connection = ["c", "d"][i % 2];
        let new = NewSegments {
            connection,
            meeting: "m",
            segments: &[segment],
            deliver: true,
            ..NewSegments::default()
        };
        scratch.store.transcripts().put(&new).unwrap();
    }
    (0..count).map(|i| format!("s{i}/0")).collect()
}

fn batch(scratch: &Scratch, lease_ms: u64) -> Option<DeliveryBatch> {
    scratch.store.transcripts().take_delivery(lease_ms, 16).unwrap()
}

#[test]
fn who_dies_while_it_delivers_leaves_one_that_comes_again() {
    let (resume, until) = channel();
    let dies = Arc::new(Dies { taken: Mutex::default(), at: 3, until: Mutex::new(until) });
    let options = WorkerOptions { deliver_lease: Duration::from_millis(400), ..WorkerOptions::default() };
    let scratch = Scratch::new(Some(dies.clone()), options);
    let keys = say(&scratch, 6);
    let first = batch(&scratch, 400).unwrap();
    let (shared, other) = (scratch.shared.clone(), dies.clone());
    let dead = std::thread::spawn(move || deliver_batch(&shared, &*other, &first));
    wait_for("the third is delivered", || dies.taken.lock().unwrap().len() == 3);
    let second = loop {
        match batch(&scratch, 60_000) {
            Some(second) => break second,
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    deliver_batch(&scratch.shared, &*dies, &second).unwrap();
    // The first goes on after all: it is late, and leaves the rest alone.
    resume.send(()).unwrap();
    dead.join().unwrap().unwrap();
    let expected: Vec<String> = keys[..3].iter().chain(&keys[2..]).cloned().collect();
    assert_eq!(*dies.taken.lock().unwrap(), expected, "in order, and only the third again");
    assert_eq!(scratch.store.transcripts().undelivered().unwrap(), 0);
}

#[test]
fn silence_is_counted_while_the_transport_can_be_reached() {
    let idle = Duration::from_secs(1);
    let scratch = Scratch::new(None, WorkerOptions { idle, threads: 1, ..WorkerOptions::default() });
    let (transport, entries) = (scratch.transport.clone(), scratch.entries(4));
    transport.append(&entries[..3]).unwrap();
    let worker = Worker::start(scratch.shared.parts.clone(), &scratch.shared.options).unwrap();
    wait_for("it is followed", || worker.stats().slices == 3);
    transport.is_away.store(true, Ordering::Relaxed);
    wait_for("it is missed", || transport.reached.lock().unwrap().is_none());
    std::thread::sleep(idle * 3 / 2);
    transport.is_away.store(false, Ordering::Relaxed);
    wait_for("its sound ends", || !transport.ends.lock().unwrap().is_empty());
    let (again, ended) = (transport.reached.lock().unwrap().unwrap(), transport.ends.lock().unwrap()[0]);
    assert!(ended > again + idle, "it ended {:?} after it was reached again", ended - again);
    worker.stop(Duration::from_secs(60)).unwrap();
}
