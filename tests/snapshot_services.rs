//! Promise: a snapshot goes to S3 and to Azure and comes back, whatever happens to single requests on the way; nobody's keys are
//! told.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod face_support;
mod remote_support;
mod support;

use remote_support::server::{Fault, Proxy};
use remote_support::services::{self, Service};
use remote_support::{add, contents, open, options, quiet};
use sonic::remote::{self, Bucket, BucketOptions, Condition, PruneOptions, RemoteOptions};
use sonic::{Access, ErrorKind, Store};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;
use support::Scratch;

/// A service, and how it is reached at a port.
struct Place {
    service: Service,
    url: &'static str,
    credentials: fn(&Path, u16) -> PathBuf,
}

fn s3() -> Option<Place> {
    let service = services::s3()?;
    Some(Place { service, url: "s3://bucket/some/prefix", credentials: services::s3_credentials })
}

fn azure() -> Option<Place> {
    let service = services::azure()?;
    remote_support::azure_container::create(service.port);
    Some(Place { service, url: "az://container/prefix", credentials: services::azure_credentials })
}

impl Place {
    fn options(&self, scratch: &Scratch, port: u16) -> RemoteOptions {
        let folder = scratch.join("credentials");
        std::fs::create_dir_all(&folder).unwrap();
        RemoteOptions { credentials: Some((self.credentials)(&folder, port)), ..options() }
    }

    /// A store goes round by way of the service.
    fn go_round(&self, name: &str) {
        let scratch = Scratch::new(name);
        let options = self.options(&scratch, self.service.port);
        let writer = open(&scratch.join("writer"), Access::Create);
        add(&writer, 0..10);
        assert_eq!(remote::list(self.url, &options).unwrap(), []);
        remote::push(&writer, self.url, &options, quiet).unwrap();
        let state = contents(&writer);
        add(&writer, 10..12);
        remote::push(&writer, self.url, &options, quiet).unwrap();
        let reader = scratch.join("reader");
        remote::pull(&reader, self.url, &options, quiet).unwrap();
        let reader = open(&reader, Access::ReadOnly);
        assert_eq!(contents(&reader), contents(&writer));
        remote::rollback(self.url, &options, None, quiet).unwrap();
        remote::pull_into(&reader, self.url, &options, quiet).unwrap();
        assert_eq!(contents(&reader), state);
        let prune = PruneOptions { keep: 1, grace: Duration::ZERO };
        let pruned = remote::prune(self.url, &options, &prune, quiet).unwrap();
        assert!(pruned.kept == [3] && pruned.removed_chunks > 0, "{pruned:?}");
        assert_eq!(remote::list(self.url, &options).unwrap().len(), 1);
        remote::pull(&scratch.join("fresh"), self.url, &options, quiet).unwrap();
        assert_eq!(contents(&open(&scratch.join("fresh"), Access::ReadOnly)), state);
        self.race(&scratch, &options);
    }

    /// Of eight publishers one wins.
    fn race(&self, scratch: &Scratch, options: &RemoteOptions) {
        let racers: Vec<Store> = (0..8)
            .map(|n| {
                let directory = scratch.join(&format!("racer-{n}"));
                remote::pull(&directory, self.url, options, quiet).unwrap();
                let store = open(&directory, Access::ReadWrite);
                add(&store, 100 + n..101 + n);
                store
            })
            .collect();
        let won = std::thread::scope(|scope| {
            let push = |store| remote::push(store, self.url, options, quiet);
            let threads: Vec<_> = racers.iter().map(|store| scope.spawn(move || push(store))).collect();
            threads
                .into_iter()
                .filter(|_| true)
                .map(|thread| thread.join().unwrap())
                .filter(Result::is_ok)
                .count()
        });
        assert_eq!(won, 1);
    }

    /// A store goes round although requests fail.
    fn go_round_in_spite_of(&self, fault: Fault, every: u64) {
        let scratch = Scratch::new("snapshot-fault");
        let proxy = Proxy::start(self.service.port, fault, every);
        let options = self.options(&scratch, proxy.port());
        let url = format!("{}/{fault:?}", self.url);
        let writer = open(&scratch.join("writer"), Access::Create);
        add(&writer, 0..8);
        let reader = scratch.join("reader");
        for n in 0..3 {
            remote::push(&writer, &url, &options, quiet).unwrap_or_else(|e| panic!("{fault:?}: {e}"));
            remote::pull(&reader, &url, &options, quiet).unwrap_or_else(|e| panic!("{fault:?}: {e}"));
            assert_eq!(contents(&open(&reader, Access::ReadOnly)), contents(&writer), "{fault:?}");
            add(&writer, 10 + n..11 + n);
        }
        let young = remote::prune(&url, &options, &PruneOptions::default(), quiet).unwrap();
        assert_eq!((young.removed_chunks, young.kept), (0, vec![3, 2, 1]), "{fault:?}");
        assert!(proxy.requests() > 3 * every, "{fault:?}: {} requests", proxy.requests());
    }

    /// Lines that four writers add to one object are there once each, though answers are lost.
    fn lines_are_added_once(&self, fault: Option<Fault>) {
        let scratch = Scratch::new("bucket-lines");
        let proxy = fault.map(|fault| Proxy::start(self.service.port, fault, 7));
        let port = proxy.as_ref().map_or(self.service.port, Proxy::port);
        let options = BucketOptions { remote: self.options(&scratch, port), ..BucketOptions::default() };
        let bucket =
            Bucket::open(&format!("{}/{fault:?}", self.url).replace(['(', ')'], "-"), &options).unwrap();
        let mut go = quiet;
        assert_eq!(bucket.head("a/lines", &mut go).unwrap(), None);
        bucket.put("a/lines", b"", &Condition::Absent, &mut go).unwrap();
        let other = bucket.put("a/lines", b"other", &Condition::Absent, &mut go).unwrap_err();
        assert_eq!(other.kind(), ErrorKind::Mismatch, "{fault:?}");
        // The server of the tests looks at a condition and writes in two steps: one writes at a time, all read meanwhile.
        let writing = Mutex::new(());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (bucket, writing) = (&bucket, &writing);
                scope.spawn(move || {
                    (0..6).for_each(|n| add_line(bucket, writing, &format!("{thread}.{n}\n")))
                });
            }
        });
        let (info, bytes) = bucket.get("a/lines", None, 9999, &mut go).unwrap();
        let mut lines: Vec<_> = std::str::from_utf8(&bytes).unwrap().lines().collect();
        lines.sort_unstable();
        let wanted: Vec<_> = (0..4).flat_map(|t| (0..6).map(move |n| format!("{t}.{n}"))).collect();
        assert_eq!(lines, wanted, "{fault:?}");
        let part = bucket.get("a/lines", Some(4..8), 4, &mut go).unwrap().1;
        assert_eq!(part, bytes[4..8], "{fault:?}");
        assert_eq!(bucket.list("a", &mut go).unwrap(), [info], "{fault:?}");
        bucket.delete("a/lines", &mut go).unwrap();
        assert!(bucket.list("", &mut go).unwrap().is_empty(), "{fault:?}");
    }
}

/// Adds a line to what others write too.
fn add_line(bucket: &Bucket, writing: &Mutex<()>, line: &str) {
    let mut go = quiet;
    loop {
        let (info, mut bytes) = bucket.get("a/lines", None, 9999, &mut go).unwrap();
        // It was written, the answer was lost, and another has written since.
        if std::str::from_utf8(&bytes).unwrap().lines().any(|found| found == line.trim_end()) {
            return;
        }
        bytes.extend_from_slice(line.as_bytes());
        let alone = writing.lock().unwrap();
        match bucket.put("a/lines", &bytes, &Condition::Tag(info.tag), &mut go) {
            Ok(_) => return,
            Err(e) => assert_eq!(e.kind(), ErrorKind::Mismatch, "{e}"),
        }
        drop(alone);
    }
}

#[test]
fn objects_are_written_under_conditions_in_s3() {
    let Some(place) = s3() else { return };
    let faults = [None, Some(Fault::Cut), Some(Fault::Truncated), Some(Fault::Unavailable)];
    faults.into_iter().for_each(|fault| place.lines_are_added_once(fault));
}

#[test]
fn objects_are_written_under_conditions_in_azure() {
    azure().into_iter().for_each(|place| place.lines_are_added_once(None));
}

#[test]
fn a_store_goes_round_by_s3() {
    s3().into_iter().for_each(|place| place.go_round("snapshot-s3"));
}

#[test]
fn a_store_goes_round_by_azure() {
    azure().into_iter().for_each(|place| place.go_round("snapshot-azure"));
}

#[test]
fn every_tenth_request_may_fail() {
    let Some(place) = s3() else { return };
    let faults =
        [Fault::Cut, Fault::Truncated, Fault::Corrupted, Fault::Unavailable, Fault::Slow, Fault::ClockSkew];
    faults.into_iter().for_each(|fault| place.go_round_in_spite_of(fault, 10));
}

/// A server that is not there, or does not like the key, is an error in words, which tell no key.
#[test]
fn what_is_refused_tells_no_key() {
    let scratch = Scratch::new("snapshot-keys");
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = scratch.join("credentials");
    std::fs::create_dir_all(&folder).unwrap();
    let credentials = services::azure_credentials(&folder, nowhere);
    let options = RemoteOptions { credentials: Some(credentials), ..options() };
    let error = remote::list("az://container/a", &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert!(!format!("{error:?} {error}").contains(&services::AZURE_KEY[..20]), "{error:?}");
    let Some(place) = azure() else { return };
    let wrong = std::fs::read_to_string((place.credentials)(&folder, place.service.port)).unwrap();
    let file = folder.join("wrong");
    std::fs::write(&file, wrong.replace("Eby8", "Abcd")).unwrap();
    let options = RemoteOptions { credentials: Some(file), ..options };
    let error = remote::list(place.url, &options).unwrap_err();
    assert!(error.kind() == ErrorKind::Io && error.message().contains("give keys"), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("vdM02xNOcqF"), "{error:?}");
}
