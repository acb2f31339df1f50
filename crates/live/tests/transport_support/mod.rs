//! What the tests of transports share: sound whose segments are known, a recogniser whose text can be checked, and Redis.
#![allow(dead_code, reason = "each test uses its part")]

#[cfg(feature = "redis")]
pub(crate) mod chaos;
#[cfg(feature = "redis")]
pub(crate) mod roles;
#[cfg(feature = "redis")]
pub(crate) mod server;

use sonic_audio::decode::push::{PushOptions, RawPcm};
use sonic_core::{Result, Segment};
use sonic_live::transport::{Origin, SliceSink, Transport};
use sonic_live::{
    Deliver, Delivery, Desk, DeskOptions, LiveOptions, LiveSession, Recognition, Recognizer, Request,
    SessionSetup, UtteranceOptions, Worker, WorkerOptions, WorkerParts,
};
use sonic_store::{Store, StoreOptions};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Seconds of a slice.
pub(crate) const SLICE: f64 = 2.0;

/// Says a checksum of the sound: the same sound has the same text, and other sound another.
pub(crate) struct Checksum;

impl Recognizer for Checksum {
    fn pipeline(&self) -> String {
        "checksum".to_owned()
    }

    fn recognize(&self, request: &Request<'_>) -> Result<Recognition> {
        let sum = request.samples.iter().fold(0_u64, |sum, sample| {
            (sum.rotate_left(5) ^ u64::from(sample.to_bits())).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        let text = format!("{} samples {sum:016x}", request.samples.len());
        Ok(Recognition { text, words: Vec::new(), confidence: 0.9 })
    }
}

/// Speech as a machine has it, `count` times 1.2 seconds with a second between them, as slices of 16-bit samples.
pub(crate) fn slices(seed: u32, count: usize) -> Vec<Vec<u8>> {
    let period = 2.2;
    let seconds = count as f64 * period + 1.5;
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(5);
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) as f32 / (1 << 24) as f32 - 0.5) * 0.004
    };
    let pitch = 110.0 + 15.0 * (seed % 5) as f32;
    let sample = |i: usize| {
        let at = i as f64 / 16_000.0;
        let is_speech = at % period > 1.0 && at < count as f64 * period;
        let t = at as f32;
        let buzz = |k: u32| {
            (std::f32::consts::TAU * ((f64::from(pitch) * f64::from(k) * at) % 1.0) as f32).sin() / k as f32
        };
        let syllables =
            (0.5 + 0.5 * (std::f32::consts::TAU * ((4.0 * f64::from(t)) % 1.0) as f32).sin()).powi(3);
        noise() + if is_speech { 0.1 * syllables * (1..16).map(buzz).sum::<f32>() } else { 0.0 }
    };
    let samples: Vec<f32> = (0..(seconds * 16_000.0) as usize).map(sample).collect();
    let integer = |s: &f32| ((s * 32_767.0) as i16).to_le_bytes();
    samples.chunks((SLICE * 16_000.0) as usize).map(|part| part.iter().flat_map(integer).collect()).collect()
}

pub(crate) fn setup() -> SessionSetup {
    let raw = RawPcm { sample_rate: 16_000, channels: 1, float: false };
    let options = LiveOptions {
        slices: PushOptions { raw: Some(raw), ..PushOptions::default() },
        utterances: UtteranceOptions { partial_ms: 1_000, ..UtteranceOptions::default() },
        ..LiveOptions::default()
    };
    let desk = Desk::new(Arc::new(Checksum), &DeskOptions::default()).unwrap();
    SessionSetup { desk: Some(desk), options }
}

/// What tells a segment from others.
pub(crate) type Key = (u64, u64, String);

pub(crate) fn key(segment: &Segment) -> Key {
    (segment.start_ms, segment.end_ms, segment.text.clone())
}

/// The final segments of slices, as one session knows them.
pub(crate) fn reference(slices: &[Vec<u8>]) -> Vec<Key> {
    let SessionSetup { desk, options } = setup();
    let mut session = LiveSession::new("reference", desk, &options).unwrap();
    let mut told = Vec::new();
    for (index, slice) in slices.iter().enumerate() {
        told.extend(session.push(index as u64, slice).unwrap());
    }
    told.extend(session.finish().unwrap());
    let mut finals: Vec<Key> = told.iter().filter(|s| s.is_final).map(key).collect();
    finals.sort();
    finals.dedup();
    finals
}

pub(crate) fn origin(meeting: usize, connection: usize) -> Origin {
    Origin {
        connection: format!("m{meeting}-c{connection}"),
        meeting: format!("m{meeting}"),
        user_id: Some(format!("user {connection}")),
        source: Some("google_meet".to_owned()),
    }
}

/// Keeps what is delivered, and refuses what it is told to.
#[derive(Default)]
pub(crate) struct Engine {
    pub(crate) taken: Mutex<Vec<Delivery>>,
    /// How often the next deliveries fail.
    pub(crate) failures: Mutex<usize>,
}

impl Deliver for Engine {
    fn deliver(&self, delivery: &Delivery) -> Result<()> {
        let mut failures = self.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            return Err(sonic_core::Error::new(sonic_core::ErrorKind::Io, "the engine is away"));
        }
        self.taken.lock().unwrap().push(delivery.clone());
        Ok(())
    }
}

pub(crate) fn options() -> WorkerOptions {
    WorkerOptions {
        lease: Duration::from_millis(1_500),
        idle: Duration::from_millis(800),
        slice: Duration::from_secs_f64(SLICE),
        backoff: Duration::from_millis(100),
        deliver_lease: Duration::from_secs(2),
        ..WorkerOptions::default()
    }
}

pub(crate) fn parts(
    store: &Store,
    transport: &Arc<dyn Transport>,
    sink: &Arc<dyn SliceSink>,
    deliver: Option<Arc<dyn Deliver>>,
) -> WorkerParts {
    let setup = setup();
    WorkerParts {
        store: store.clone(),
        transport: transport.clone(),
        sink: sink.clone(),
        sessions: Arc::new(move |_| setup.clone()),
        deliver,
    }
}

pub(crate) fn worker(
    store: &Store,
    transport: &Arc<dyn Transport>,
    sink: &Arc<dyn SliceSink>,
    deliver: Option<Arc<dyn Deliver>>,
) -> Worker {
    Worker::start(parts(store, transport, sink, deliver), &options()).unwrap()
}

pub(crate) fn open(path: &std::path::Path) -> Store {
    Store::open(path, StoreOptions::default()).unwrap()
}

/// Waits until something is so.
pub(crate) fn wait_for(what: &str, longest: Duration, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < longest, "after {longest:?} not yet: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The final segments of a connection in the store, in their order.
pub(crate) fn stored(store: &Store, connection: &str) -> Vec<Key> {
    let page = store.transcripts().of_connection(connection, "", 100_000).unwrap();
    page.segments.iter().filter(|s| s.segment.is_final).map(|s| key(&s.segment)).collect()
}
