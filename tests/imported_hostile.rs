//! Promise: what is hostile, damaged or odd is refused with a reason, or read with a warning; nothing of it is run, and
//! nothing of what is refused is stored.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use sonic::imported::{ImportEvent, ImportStatus, ImportedFile, import};
use sonic::{Error, ErrorKind, Store, StoreOptions};
use sonic_testing::assets;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use support::Scratch;

/// What becomes of a file: entries that it has, and its warnings; or why it is refused.
type Expected = Result<&'static [(&'static str, u64)], ErrorKind>;

use ErrorKind::{Limit, Malformed, Mismatch, NotFound, Unsupported};

/// Hashes of these files are made up.
const MADE_UP: &[(&str, u64)] = &[("unknown_hashes", 2)];

const PICKLES: &[(&str, Expected)] = &[
    ("counts-do-not-add-up", Ok(&[("unknown_hashes", 2), ("counts_differ", 1)])),
    ("defaultdict", Err(Malformed)),
    ("duplicate-entries", Ok(&[("unknown_hashes", 1)])),
    ("empty", Err(Malformed)),
    ("evil-deep-nesting", Err(Malformed)),
    ("evil-ext-opcode", Err(Malformed)),
    ("evil-frame-longer-than-file", Err(Malformed)),
    ("evil-getattr-chain", Err(Malformed)),
    ("evil-huge-length", Err(Malformed)),
    ("evil-inst-opcode", Err(Malformed)),
    ("evil-memo-bomb", Err(Malformed)),
    ("evil-numpy-other-name", Err(Malformed)),
    ("evil-persistent-id", Err(Malformed)),
    ("evil-reduce-makes-file", Err(Malformed)),
    ("evil-reduce-print", Err(Malformed)),
    ("good-tiny-bare", Ok(MADE_UP)),
    ("good-tiny-float64-scalars", Ok(MADE_UP)),
    ("good-tiny-integer-times", Ok(&[("unknown_hashes", 1)])),
    ("good-tiny-no-season", Ok(MADE_UP)),
    ("good-tiny-numpy1-scalars", Ok(MADE_UP)),
    ("good-tiny-numpy2-scalars", Ok(MADE_UP)),
    ("good-tiny-p0", Ok(MADE_UP)),
    ("good-tiny-p2", Ok(MADE_UP)),
    ("good-tiny-p4", Ok(MADE_UP)),
    ("good-tiny-p5", Ok(MADE_UP)),
    ("not-a-pickle", Err(Malformed)),
    ("protocol-99", Err(Unsupported)),
    ("season-in-name-differs", Ok(&[("unknown_hashes", 2), ("other_season", 2)])),
    ("trailing-garbage", Ok(&[("unknown_hashes", 2), ("trailing_bytes", 7)])),
    ("truncated-half", Err(Malformed)),
    ("truncated-no-stop", Err(Malformed)),
    ("types-empty-postings", Err(Malformed)),
    ("types-entry-list", Err(Malformed)),
    ("types-entry-triple", Err(Malformed)),
    ("types-episode-int", Err(Malformed)),
    ("types-episode-odd-name", Ok(&[("unknown_hashes", 1), ("odd_episode_names", 1), ("counts_differ", 2)])),
    ("types-episode-other-season", Ok(&[("unknown_hashes", 1), ("other_season", 1), ("counts_differ", 2)])),
    ("types-fingerprints-list", Err(Malformed)),
    ("types-hash-int", Err(Malformed)),
    ("types-hash-not-hex", Err(Malformed)),
    ("types-hash-short", Err(Malformed)),
    ("types-hash-upper-case", Ok(&[("unknown_hashes", 1), ("upper_case_hashes", 1), ("counts_differ", 2)])),
    ("types-list-on-top", Err(Malformed)),
    ("types-no-hashes", Err(Malformed)),
    ("types-none", Err(Malformed)),
    ("types-postings-string", Err(Malformed)),
    ("types-time-huge", Err(Malformed)),
    ("types-time-infinite", Err(Malformed)),
    ("types-time-nan", Err(Malformed)),
    ("types-time-negative", Err(Malformed)),
    ("types-time-string", Err(Malformed)),
];

const ENVIRONMENTS: &[(&str, Expected)] = &[
    ("lmdb-bad-magic", Err(Malformed)),
    ("lmdb-branch-points-at-itself", Err(Malformed)),
    ("lmdb-branch-points-past-the-end", Err(Malformed)),
    ("lmdb-claims-16384-byte-pages", Err(Malformed)),
    ("lmdb-claims-page-size-0", Err(Malformed)),
    ("lmdb-claims-page-size-3000", Err(Malformed)),
    ("lmdb-count-too-large", Err(Malformed)),
    ("lmdb-dupsort", Err(Unsupported)),
    ("lmdb-empty-file", Err(Malformed)),
    ("lmdb-empty-value", Err(Malformed)),
    ("lmdb-episode-0", Ok(&[("unnamed_episode", 1), ("counts_differ", 3)])),
    ("lmdb-good-16k-pages", Ok(&[("unknown_hashes", 1)])),
    ("lmdb-good-4k-pages-overflow", Ok(&[("unknown_hashes", 1)])),
    ("lmdb-good-small", Ok(&[])),
    ("lmdb-key-of-4-bytes", Err(Malformed)),
    ("lmdb-leaf-64-bytes-flipped", Err(Malformed)),
    ("lmdb-leaf-overwritten-ff", Err(Malformed)),
    ("lmdb-leaf-zeroed", Err(Malformed)),
    ("lmdb-metadata-counts-differ", Ok(&[("counts_differ", 1)])),
    ("lmdb-metadata-not-json", Err(Malformed)),
    ("lmdb-metadata-other-hash", Err(Unsupported)),
    ("lmdb-no-fingerprints-db", Err(Malformed)),
    ("lmdb-no-hashes", Err(Malformed)),
    ("lmdb-no-metadata-db", Ok(&[("no_metadata", 1), ("unknown_hashes", 1)])),
    ("lmdb-node-offset-wild", Err(Malformed)),
    ("lmdb-node-size-wild", Err(Malformed)),
    ("lmdb-one-page", Err(Malformed)),
    ("lmdb-trailing-bytes-in-value", Ok(&[("trailing_bytes", 4), ("counts_differ", 2)])),
    ("lmdb-truncated", Err(Malformed)),
    ("lmdb-truncated-mid-page", Err(Malformed)),
    ("lmdb-unnamed-db-only", Err(Malformed)),
    ("lmdb-value-not-zstd", Err(Malformed)),
    ("lmdb-value-uncompressed", Err(Malformed)),
    ("lmdb-varint-unterminated", Err(Malformed)),
    ("lmdb-version-999", Err(Unsupported)),
    ("lmdb-zstd-bomb", Err(Malformed)),
    ("lmdb-zstd-claims-2-to-62", Err(Malformed)),
];

const BUCKETS: &[(&str, Expected)] = &[
    ("bomb-60-MB-of-zeros-header-says-2-GiB", Err(Malformed)),
    ("device", Err(Malformed)),
    ("flipped-bit", Err(Mismatch)),
    ("good", Ok(&[])),
    ("hardlink", Err(Malformed)),
    ("missing-sha256", Err(NotFound)),
    ("no-data-mdb", Err(Malformed)),
    ("not-gzip", Err(Malformed)),
    ("other-season-inside", Err(Malformed)),
    ("path-absolute", Err(Malformed)),
    ("path-dot-dot", Err(Malformed)),
    ("setuid-and-world-writable", Ok(&[])),
    ("sha256-of-another-length", Err(Malformed)),
    ("sha256-upper-case", Ok(&[])),
    ("sha256-with-file-name", Ok(&[])),
    ("symlink", Err(Malformed)),
    ("symlinked-folder", Err(Malformed)),
    ("truncated-gzip", Err(Malformed)),
    ("two-data-mdb", Err(Malformed)),
    ("wrong-sha256", Err(Mismatch)),
];

/// Imports one file into a store of its own.
fn import_one(place: &Path) -> (ImportedFile, Store, Scratch) {
    let scratch = Scratch::new("imported-hostile");
    let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
    let mut files = Vec::new();
    import(&store, place, |event| {
        if let ImportEvent::File(file) = event {
            files.push(file);
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(files.len(), 1, "{}", place.display());
    (files.remove(0), store, scratch)
}

/// Compares what became of a file, and what the store has of it, with what is expected; gives what differs.
fn difference(place: &Path, expected: &Expected) -> Option<String> {
    let (file, store, _scratch) = import_one(place);
    let mut warnings: Vec<(&str, u64)> = file.warnings.iter().map(|(w, count)| (w.name(), *count)).collect();
    warnings.sort_unstable();
    let found = file.error.as_ref().map(Error::kind);
    let is_right = match expected {
        Ok(expected) => {
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            let has = file.status == ImportStatus::Imported && file.recordings > 0;
            has && found.is_none() && warnings == expected && !store.imported().is_empty().unwrap()
        }
        Err(kind) => found == Some(*kind) && store.imported().is_empty().unwrap(),
    };
    let named = file
        .error
        .as_ref()
        .is_none_or(|e| e.message().contains(place.file_name().unwrap().to_str().unwrap()));
    let sound = store.check().unwrap().is_empty();
    (!is_right || !named || !sound).then(|| {
        let error = file.error.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{}: {:?} {warnings:?} {error}, not {expected:?}", place.display(), file.status)
    })
}

/// Each of `all`, of which there are as many in `folder`.
fn check(folder: &Path, all: &[(&str, Expected)], ending: &str) {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let there: Vec<PathBuf> = entries.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    let of_bad = ending.is_empty() || there.len() == all.len();
    assert!(of_bad && !all.is_empty(), "{} files in {}", there.len(), folder.display());
    let differ = all
        .iter()
        .filter_map(|(name, expected)| difference(&folder.join(format!("{name}{ending}")), expected));
    let differ: Vec<String> = differ.collect();
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn pickles() {
    let Some(assets) = assets("services/citywok") else { return };
    let before = std::env::current_dir().unwrap();
    check(&assets.join("bad"), PICKLES, ".pkl");
    assert!(!before.join("sonic-pickle-payload-was-executed").exists());
}

#[test]
fn environments() {
    let Some(assets) = assets("services/citywok") else { return };
    check(&assets.join("bad"), ENVIRONMENTS, ".lmdb");
}

#[test]
fn buckets() {
    let Some(assets) = assets("services/citywok") else { return };
    check(&assets.join("bad-buckets"), BUCKETS, "");
    assert!(!Path::new("/tmp/sonic-escaped").exists());
    let count = std::fs::read_dir(assets.join("bad-buckets")).unwrap().count();
    assert_eq!(count, BUCKETS.len());
}

/// A season with a page of every kind, changed and cut at random: an answer or an error, and never a panic or a signal.
#[test]
fn damage_at_random() {
    let Some(assets) = assets("services/citywok") else { return };
    let scratch = Scratch::new("imported-damaged");
    let mut random = support::Random(16);
    let rounds = sonic_testing::rounds(150, 5_000);
    let (mut refused, mut read) = (0, 0);
    for (name, file) in [
        ("lmdb-good-4k-pages-overflow.lmdb/data.mdb", "damaged.mdb"),
        ("good-tiny-numpy2-scalars.pkl", "damaged.pkl"),
    ] {
        let whole = std::fs::read(assets.join("bad").join(name)).unwrap();
        for round in 0..rounds {
            let mut bytes = whole.clone();
            if round % 5 == 0 {
                bytes.truncate(random.below(bytes.len() as u64) as usize);
            }
            for _ in 0..1 + random.below(20) {
                let place = random.below(bytes.len().max(1) as u64) as usize;
                let value = [0, 0xff, 1, random.next() as u8][random.below(4) as usize];
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = value;
                }
            }
            std::fs::write(scratch.join(file), &bytes).unwrap();
            let (file, store, _scratch) = import_one(&scratch.join(file));
            match file.error {
                Some(error) => {
                    assert!([Malformed, Unsupported, Limit].contains(&error.kind()), "{error}");
                    refused += 1;
                }
                None => read += 1,
            }
            assert_eq!(store.check().unwrap(), []);
        }
    }
    assert!(refused > rounds / 2 && read > 0, "{refused} refused, {read} read");
}
