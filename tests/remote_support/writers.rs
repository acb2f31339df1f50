//! Writers of a bucket, and what they write, for the tests of writers.

use super::fingerprint;
use sonic::Store;
use sonic::recordings::{NewRecording, Recording};
use sonic::remote::{Durable, Writer, WriterOptions};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) const TERM: Duration = Duration::from_millis(400);
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn durable(durable: Durable) -> WriterOptions {
    WriterOptions { durable, term: TERM, ..WriterOptions::default() }
}

pub(crate) fn writer(directory: &Path, url: &str) -> Writer {
    Writer::open(directory, url, &durable(Durable::Bucket)).unwrap()
}

pub(crate) fn recording(id: &str) -> NewRecording {
    let recording = Recording { id: id.to_owned(), ..Recording::default() };
    let seed = id.bytes().fold(1, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte));
    NewRecording { recording, fingerprint: fingerprint(seed, 5) }
}

pub(crate) fn add_one(store: &Store, id: &str) -> sonic::Result<()> {
    store.add(vec![recording(id)]).map(drop)
}

pub(crate) fn ids(store: &Store) -> BTreeSet<String> {
    store.recordings().iter().map(|row| row.unwrap().id).collect()
}

/// Waits until something is so.
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}
