//! Promise: what a store holds goes to a bucket and comes back the same, little of it when little changed; the newest snapshot
//! wins, and nobody undoes what another published; what is damaged or missing is an error, and the store stays as it was.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail, and prints its figures")]

mod face_support;
mod remote_support;
mod support;

use face_support::EVENT;
use remote_support::server::StaticServer;
use remote_support::{add, add_photos, bytes_in, contents, files_in, open, options, quiet, url};
use sonic::remote::{self, PruneOptions, RemoteOptions};
use sonic::{Access, ErrorKind, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};
use support::{Random, Scratch};

fn push(store: &Store, url: &str) -> remote::Pushed {
    remote::push(store, url, &options(), quiet).unwrap()
}

fn pull(directory: &Path, url: &str) -> remote::Pulled {
    remote::pull(directory, url, &options(), quiet).unwrap()
}

/// A store with something of everything.
fn writer(scratch: &Scratch) -> Store {
    let store = open(&scratch.join("writer"), Access::Create);
    add(&store, 0..60);
    add_photos(&store, 0..80);
    store.people(EVENT).cluster(&sonic::people::ClusterOptions::default()).unwrap();
    store
}

#[test]
fn a_store_comes_back_as_it_was_and_follows_its_changes() {
    let scratch = Scratch::new("snapshots");
    let (store, bucket, reader) = (writer(&scratch), url(&scratch.join("bucket")), scratch.join("reader"));
    let first = push(&store, &bucket);
    assert_eq!((first.snapshot.version, first.snapshot.base, first.published), (1, None, true));
    let again = push(&store, &bucket);
    assert_eq!((again.published, again.sent_bytes, &again.snapshot), (false, 0, &first.snapshot));
    let pulled = pull(&reader, &bucket);
    assert!(pulled.changed && pulled.received_bytes > 0);
    let copy = open(&reader, Access::ReadOnly);
    assert_eq!(contents(&copy), contents(&store));
    assert_eq!(copy.check().unwrap(), []);
    assert_eq!(copy.stats().unwrap().snapshot, Some(1));
    assert!(!pull(&reader, &bucket).changed);
    store.recordings().remove(&contents_id(&store)).unwrap();
    add(&store, 100..101);
    assert_eq!(push(&store, &bucket).snapshot.base, Some(1));
    let second = pull(&reader, &bucket);
    assert!(second.changed && second.received_bytes < pulled.received_bytes / 2, "{second:?}");
    // The handle that was open all the time has turned to it.
    assert_eq!(contents(&copy), contents(&store));
    assert_eq!(copy.stats().unwrap().snapshot, Some(2));
    assert_eq!(copy.check().unwrap(), []);
    // A compaction changes no row.
    store.compact().unwrap();
    let third = push(&store, &bucket);
    assert_eq!(third.snapshot.version, 3);
    pull(&reader, &bucket);
    assert_eq!(contents(&copy), contents(&store));
}

fn contents_id(store: &Store) -> String {
    store.recordings().iter().next().unwrap().unwrap().id
}

/// The numbers that were asked for: a hundredth more recordings sends a twentieth at most, a name a hundredth.
#[test]
fn a_small_change_sends_little() {
    let scratch = Scratch::new("snapshots-small");
    let (store, bucket) = (open(&scratch.join("writer"), Access::Create), url(&scratch.join("bucket")));
    add(&store, 0..400);
    add_photos(&store, 0..2_000);
    let people = store.people(EVENT);
    people.cluster(&sonic::people::ClusterOptions::default()).unwrap();
    let whole = push(&store, &bucket).sent_bytes;
    add(&store, 1_000..1_004);
    let more = push(&store, &bucket).sent_bytes;
    let person = people.list().unwrap()[7].person_id;
    people.rename(person, Some("Ann")).unwrap();
    let name = push(&store, &bucket).sent_bytes;
    let part = |bytes: u64| 100.0 * bytes as f64 / whole as f64;
    println!("{whole} bytes; one in a hundred more {:.2} %, one name {:.2} %", part(more), part(name));
    assert!(part(more) <= 5.0 && part(name) <= 1.0, "{} and {}", part(more), part(name));
    assert_eq!(pull(&scratch.join("reader"), &bucket).snapshot.version, 3);
    assert_eq!(contents(&open(&scratch.join("reader"), Access::ReadOnly)), contents(&store));
}

#[test]
fn of_eight_publishers_one_wins_and_the_others_are_refused() {
    let scratch = Scratch::new("snapshots-race");
    let bucket = url(&scratch.join("bucket"));
    push(&writer(&scratch), &bucket);
    for round in 0..3 {
        let stores: Vec<Store> = (0..8)
            .map(|n| {
                let directory = scratch.join(&format!("racer-{round}-{n}"));
                pull(&directory, &bucket);
                let store = open(&directory, Access::ReadWrite);
                add(&store, 1_000 + 10 * round + n..1_001 + 10 * round + n);
                store
            })
            .collect();
        let results: Vec<_> = std::thread::scope(|scope| {
            let push = |store| remote::push(store, &bucket, &options(), quiet);
            let racers: Vec<_> = stores.iter().map(|store| scope.spawn(move || push(store))).collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        let won: Vec<usize> = (0..8).filter(|n| results[*n].is_ok()).collect();
        assert_eq!(won.len(), 1, "{results:?}");
        let refused = results.iter().filter_map(|result| result.as_ref().err());
        assert!(refused.clone().count() == 7 && refused.clone().all(|e| e.kind() == ErrorKind::Mismatch));
        let reader = scratch.join(&format!("reader-{round}"));
        pull(&reader, &bucket);
        assert_eq!(contents(&open(&reader, Access::ReadOnly)), contents(&stores[won[0]]));
        // Too late as well.
        let late = remote::push(&stores[(won[0] + 1) % 8], &bucket, &options(), quiet).unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Mismatch, "{late}");
    }
}

#[test]
fn what_is_in_no_snapshot_is_not_removed_by_a_pull() {
    let scratch = Scratch::new("snapshots-changed");
    let bucket = url(&scratch.join("bucket"));
    let store = writer(&scratch);
    push(&store, &bucket);
    let other = open(&scratch.join("other"), Access::Create);
    add(&other, 500..502);
    let before = contents(&other);
    let refused = remote::pull(&scratch.join("other"), &bucket, &options(), quiet).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Mismatch, "{refused}");
    assert_eq!(contents(&other), before);
    let never = remote::push(&other, &bucket, &options(), quiet).unwrap_err();
    assert_eq!(never.kind(), ErrorKind::Mismatch, "{never}");
    // Compaction does not make changes unseen.
    pull(&scratch.join("reader"), &bucket);
    let reader = open(&scratch.join("reader"), Access::ReadWrite);
    add(&reader, 600..601);
    reader.compact().unwrap();
    add(&store, 700..701);
    push(&store, &bucket);
    assert!(remote::pull_into(&reader, &bucket, &options(), quiet).is_err());
    // A store that is empty has nothing to lose.
    drop(open(&scratch.join("empty"), Access::Create));
    assert!(pull(&scratch.join("empty"), &bucket).changed);
}

#[test]
fn prune_keeps_what_is_named_and_rollback_brings_back() {
    let scratch = Scratch::new("snapshots-prune");
    let (store, bucket) = (writer(&scratch), url(&scratch.join("bucket")));
    let mut states = Vec::new();
    for n in 0..4 {
        add(&store, 100 + n..101 + n);
        push(&store, &bucket);
        states.push(contents(&store));
    }
    let versions =
        |url: &str| remote::list(url, &options()).unwrap().iter().map(|s| s.version).collect::<Vec<_>>();
    assert_eq!(versions(&bucket), [4, 3, 2, 1]);
    let back = remote::rollback(&bucket, &options(), Some(2), quiet).unwrap();
    assert_eq!((back.version, back.base, back.restores), (5, Some(4), Some(2)));
    pull(&scratch.join("reader"), &bucket);
    let reader = open(&scratch.join("reader"), Access::ReadOnly);
    assert_eq!(contents(&reader), states[1]);
    assert_eq!(remote::rollback(&bucket, &options(), None, quiet).unwrap().restores, Some(4));
    pull(&scratch.join("reader"), &bucket);
    assert_eq!(contents(&reader), states[3]);
    // Whoever began with what was rolled back is refused.
    add(&store, 200..201);
    assert_eq!(remote::push(&store, &bucket, &options(), quiet).unwrap_err().kind(), ErrorKind::Mismatch);
    // All of it is young.
    let young = remote::prune(&bucket, &options(), &PruneOptions::default(), quiet).unwrap();
    assert_eq!((young.removed_chunks, young.kept.len()), (0, 6));
    let orphan = scratch.join("bucket/chunks").join("0".repeat(64));
    fs::write(&orphan, b"of a push that never ended").unwrap();
    let before = bytes_in(&scratch.join("bucket"));
    let all = PruneOptions { keep: 2, grace: Duration::ZERO };
    let pruned = remote::prune(&bucket, &options(), &all, quiet).unwrap();
    assert_eq!((pruned.removed_snapshots, &pruned.kept[..]), (4, &[6, 5][..]));
    assert!(pruned.removed_chunks > 0 && !orphan.exists() && bytes_in(&scratch.join("bucket")) < before);
    assert_eq!(versions(&bucket), [6, 5]);
    assert_eq!(
        remote::rollback(&bucket, &options(), Some(3), quiet).unwrap_err().kind(),
        ErrorKind::NotFound
    );
    // Both that stay are whole.
    for (directory, state) in [("again-6", &states[3]), ("again-5", &states[1])] {
        pull(&scratch.join(directory), &bucket);
        assert_eq!(contents(&open(&scratch.join(directory), Access::ReadOnly)), *state);
        remote::rollback(&bucket, &options(), Some(5), quiet).unwrap();
    }
    assert!(remote::prune(&bucket, &options(), &PruneOptions { keep: 0, ..all }, quiet).is_err());
}

/// A pull from a bucket in which `file` is damaged: an error and no store, or what was pushed. A pointer that is gone is one that
/// was never written, and some bytes of a compressed chunk, or of a pointer, say nothing.
fn pull_damaged(fresh: &Path, bucket: &str, states: [&BTreeMap<String, String>; 2], file: &Path) {
    let _ = fs::remove_dir_all(fresh);
    match remote::pull(fresh, bucket, &options(), quiet) {
        Ok(pulled) => {
            let state = contents(&open(fresh, Access::ReadOnly));
            assert_eq!(&state, states[pulled.snapshot.version as usize - 1], "{}", file.display());
        }
        Err(error) => {
            let kinds = [ErrorKind::Malformed, ErrorKind::NotFound, ErrorKind::Mismatch];
            assert!(kinds.contains(&error.kind()), "{}: {error:?}", file.display());
            let options = sonic::StoreOptions { access: Access::ReadOnly, ..Default::default() };
            assert!(Store::open(fresh, options).is_err());
        }
    }
}

/// Whatever is missing or damaged in the bucket: an error, and the store stays.
#[test]
fn what_is_damaged_or_missing_is_an_error() {
    let scratch = Scratch::new("snapshots-damage");
    let (store, folder) = (writer(&scratch), scratch.join("bucket"));
    let bucket = url(&folder);
    push(&store, &bucket);
    pull(&scratch.join("reader"), &bucket);
    let reader = open(&scratch.join("reader"), Access::ReadOnly);
    let before = contents(&reader);
    add(&store, 100..110);
    push(&store, &bucket);
    let after = contents(&store);
    let files = files_in(&folder);
    let named: BTreeSet<&str> = ["pointers/000002", "manifests", "chunks"].into();
    let mut random = Random(5);
    let mut tried = 0;
    for file in files.iter().filter(|file| named.iter().any(|name| file.display().to_string().contains(name)))
    {
        let whole = fs::read(file).unwrap();
        let mut flipped = whole.clone();
        let at = random.below(whole.len() as u64) as usize;
        flipped[at] ^= 0x10;
        let damaged = [None, Some(Vec::new()), Some(whole[..whole.len() / 2].to_vec()), Some(flipped)];
        if tried > 60 && random.below(8) > 0 {
            continue;
        }
        for bytes in damaged {
            match bytes {
                None => fs::remove_file(file).unwrap(),
                Some(bytes) => fs::write(file, bytes).unwrap(),
            }
            pull_damaged(&scratch.join("fresh"), &bucket, [&before, &after], file);
            assert_eq!(contents(&reader), before);
            tried += 1;
        }
        fs::write(file, whole).unwrap();
    }
    assert!(tried > 60, "{tried}");
    pull(&scratch.join("reader"), &bucket);
    assert_eq!(contents(&reader), contents(&store));
}

/// A rollback to a time before somebody was forgotten does not bring them back.
#[test]
fn who_was_forgotten_stays_forgotten() {
    let scratch = Scratch::new("snapshots-forget");
    let (store, bucket) = (writer(&scratch), url(&scratch.join("bucket")));
    let people = store.people(EVENT);
    let list = people.list().unwrap();
    let (by_user, by_person) = (list[0].person_id, list[1].person_id);
    people.link(by_user, "ann@example.org").unwrap();
    push(&store, &bucket);
    let who = |store: &Store| -> BTreeSet<u64> {
        store.people(EVENT).list().unwrap().iter().map(|person| person.person_id.0).collect()
    };
    let everybody = who(&store);
    store.forget("ann@example.org").unwrap();
    people.forget_person(by_person).unwrap();
    add(&store, 300..301);
    let forgotten = push(&store, &bucket);
    assert_eq!(forgotten.snapshot.forget_epoch, 2);
    pull(&scratch.join("follower"), &bucket);
    let follower = open(&scratch.join("follower"), Access::ReadOnly);
    let back = remote::rollback(&bucket, &options(), Some(1), quiet).unwrap();
    assert_eq!((back.restores, back.forget_epoch), (Some(1), 2));
    pull(&scratch.join("follower"), &bucket);
    let mut rest = everybody.clone();
    assert!(rest.remove(&by_user.0) && rest.remove(&by_person.0));
    assert_eq!(who(&follower), rest);
    assert_eq!(follower.recordings().len().unwrap(), 60, "the rest is as it was");
    assert_eq!(follower.check().unwrap(), []);
    // What somebody publishes by another way from before is refused.
    let pointer = fs::read_to_string(scratch.join("bucket/pointers/000001.json")).unwrap();
    fs::write(scratch.join("bucket/pointers/000004.json"), pointer.replace("\"version\":1", "\"version\":4"))
        .unwrap();
    let refused = remote::pull(&scratch.join("follower"), &bucket, &options(), quiet).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Mismatch, "{refused}");
    assert_eq!(who(&follower), rest);
}

/// Cancelled again and again at its first bytes, it still comes to its end, and nothing comes twice but what was on its way.
#[test]
fn a_pull_goes_on_where_it_was_cut() {
    let scratch = Scratch::new("snapshots-resume");
    let (store, folder) = (writer(&scratch), scratch.join("bucket"));
    let bucket = url(&folder);
    push(&store, &bucket);
    let server = StaticServer::start(&folder);
    let options = RemoteOptions { connections: 1, ..options() };
    let reader = scratch.join("reader");
    let mut cuts = 0;
    loop {
        let mut begun = None;
        let step = |progress: remote::Progress| {
            if progress.total_bytes == 0 {
                return ControlFlow::Continue(());
            }
            let from = *begun.get_or_insert(progress.bytes);
            match progress.bytes > from + progress.total_bytes / 12 {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        match remote::pull(&reader, &server.url(), &options, step) {
            Err(error) => assert_eq!(error.kind(), ErrorKind::Closed, "{error}"),
            Ok(_) => break,
        }
        cuts += 1;
        assert!(cuts < 100);
    }
    let chunks = bytes_in(&folder.join("chunks"));
    let largest =
        files_in(&folder.join("chunks")).iter().map(|f| fs::metadata(f).unwrap().len()).max().unwrap();
    let other = 2 * bytes_in(&folder.join("manifests")) + 4_096;
    println!("{cuts} cuts, {} bytes sent for {chunks}, {largest} in the largest chunk", server.sent());
    assert!(cuts >= 5, "{cuts}");
    assert!(server.sent() <= chunks + (cuts + 1) * (2 * largest + other), "{} bytes", server.sent());
    assert_eq!(contents(&open(&reader, Access::ReadOnly)), contents(&store));
    let refused = remote::push(&store, &server.url(), &options, quiet).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
}

#[test]
fn bytes_a_second_are_limited_and_waiting_can_be_cancelled() {
    let scratch = Scratch::new("snapshots-slow");
    let (store, bucket) = (writer(&scratch), url(&scratch.join("bucket")));
    let sent = push(&store, &bucket).sent_bytes;
    let limited = RemoteOptions { bytes_per_second: Some(sent), ..options() };
    let begin = Instant::now();
    remote::pull(&scratch.join("reader"), &bucket, &limited, quiet).unwrap();
    assert!((0.7..3.0).contains(&begin.elapsed().as_secs_f64()), "{:?}", begin.elapsed());
    let crawling = RemoteOptions { bytes_per_second: Some(1), ..options() };
    let begin = Instant::now();
    let cancel = |_| {
        if begin.elapsed().as_millis() > 300 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let cancelled = remote::pull(&scratch.join("other"), &bucket, &crawling, cancel).unwrap_err();
    assert_eq!(cancelled.kind(), ErrorKind::Closed);
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    assert!(!scratch.join("other/current").exists());
}

#[test]
fn addresses_and_options_are_checked() {
    let scratch = Scratch::new("snapshots-addresses");
    let directory = scratch.join("reader");
    for address in
        ["", "bucket", "ftp://host/a", "s3://key:secret@bucket/a", "https://host/a?sig=secret", "memory:///a"]
    {
        let error = remote::pull(&directory, address, &options(), quiet).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{address}: {error}");
        assert!(!error.message().contains("secret"), "{error}");
    }
    let bucket = url(&scratch.join("bucket"));
    for wrong in [
        RemoteOptions { connections: 0, ..options() },
        RemoteOptions { connections: 65, ..options() },
        RemoteOptions { bytes_per_second: Some(0), ..options() },
    ] {
        assert_eq!(remote::list(&bucket, &wrong).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    let credentials = scratch.join("credentials");
    let with = RemoteOptions { credentials: Some(credentials.clone()), ..options() };
    assert_eq!(remote::list(&bucket, &with).unwrap_err().kind(), ErrorKind::NotFound);
    fs::write(&credentials, "# a comment\n\nTHE-SECRET\n").unwrap();
    let error = remote::list(&bucket, &with).unwrap_err();
    assert!(error.kind() == ErrorKind::Malformed && !error.message().contains("SECRET"), "{error}");
    assert_eq!(remote::list(&bucket, &options()).unwrap(), []);
    let nothing = remote::pull(&directory, &bucket, &options(), quiet).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::NotFound, "{nothing}");
    assert!(!directory.join("current").exists());
    assert_eq!(remote::rollback(&bucket, &options(), None, quiet).unwrap_err().kind(), ErrorKind::NotFound);
}
