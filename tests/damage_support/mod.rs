//! What the tests of damaged stores share: a store with something in every table, ways to damage its file, and what it
//! answers.

#![allow(dead_code, reason = "every test file uses a part of this")]

use crate::support::{RATE, Random, copy_store, data_file, melody};
use crate::{photo_support, voice_store_support};
use sonic::audio::fingerprint::fingerprint;
use sonic::faces::FaceSearchOptions;
use sonic::recordings::{IdentifyOptions, Recording};
use sonic::voices::{ObserveOptions, VoiceIdentifyOptions, VoiceSearchOptions};
use sonic::{Access, Clip, Store, StoreOptions, Verify};
use std::fmt::Debug;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// Places that are damaged in a file, at most.
const MOST_PLACES: u64 = 8;

pub(crate) fn open(path: &Path, access: Access, verify: Verify) -> sonic::Result<Store> {
    Store::open(path, StoreOptions { access, verify, ..StoreOptions::default() })
}

pub(crate) fn clip(seed: u64) -> Clip {
    Clip::new(melody(seed, 8.0), RATE)
}

/// A store with something in every table, and with free pages.
pub(crate) fn full(path: &Path) {
    let store = photo_support::party(path, "party");
    for seed in 0..6 {
        let row = Recording { id: format!("melody-{seed}"), ..Recording::default() };
        let new = sonic::recordings::NewRecording {
            recording: row,
            fingerprint: fingerprint(&clip(seed)).unwrap(),
        };
        store.add(vec![new]).unwrap();
    }
    let voices = store.voices();
    (1..40).for_each(|speaker| voice_store_support::enroll(&voices, speaker));
    for speaker in 1..5 {
        voices.observe(&voice_store_support::utterance(speaker, 1), &ObserveOptions::default()).unwrap();
    }
    voices.forget("person 7").unwrap();
    store.recordings().remove("melody-4").unwrap();
    store.faces().remove_photo("party", "d.jpg").unwrap();
    assert!(store.check().unwrap().is_empty());
}

/// Bytes of a file before the room that is kept at its end.
pub(crate) fn used(bytes: &[u8]) -> usize {
    let last = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0);
    (last + 1).next_multiple_of(4096).min(bytes.len())
}

/// Damages a file at some places: bits, words, stretches, pages in the place of others, its end.
pub(crate) fn damage(file: &Path, random: &mut Random) -> String {
    const PAGE: u64 = 4096;
    let mut bytes = fs::read(file).unwrap();
    let mut what = String::new();
    for _ in 0..=random.below(MOST_PLACES) {
        let length = used(&bytes) as u64;
        if length < 4 * PAGE {
            break; // Most of it was cut off.
        }
        let at = random.below(length - 8) as usize;
        let page = at.min((length - PAGE) as usize) / PAGE as usize * PAGE as usize;
        let way = random.below(7);
        what += &format!("{way}@{at} ");
        match way {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at..at + 8].copy_from_slice(&random.next().to_le_bytes()),
            // The header of a page, its list of nodes, its first nodes.
            2 => bytes[page + random.below(64) as usize] ^= 1 << random.below(8),
            3 => {
                let small = (random.below(64) as u16).to_le_bytes();
                bytes[page + 2 * random.below(40) as usize..][..2].copy_from_slice(&small);
            }
            4 => {
                let end = (at + random.below(5_000) as usize).min(bytes.len());
                bytes[at..end].fill(0);
            }
            5 => {
                let from = random.below(length / PAGE) as usize * PAGE as usize;
                bytes.copy_within(from..from + PAGE as usize, page);
            }
            _ if random.below(4) == 0 => bytes.truncate(bytes.len() - random.below(length / 2) as usize),
            _ => bytes[at] = random.next() as u8,
        }
    }
    fs::write(file, bytes).unwrap();
    what
}

/// What a store answers to many questions, each as text; `None` where it is an error. Its tables are written to a folder.
pub(crate) fn answers(store: &Store, tables: &Path) -> Vec<(&'static str, Option<String>)> {
    fn text<T: Debug>(answer: sonic::Result<T>) -> Option<String> {
        answer.ok().map(|answer| format!("{answer:?}"))
    }
    let (recordings, voices, query) =
        (store.recordings(), store.voices(), voice_store_support::utterance(3, 9));
    let (faces, people) = (store.faces(), store.people("party"));
    let face = photo_support::face(0, 0.0, 0.9, 10.0).embedding;
    vec![
        ("recordings", text(recordings.iter().collect::<Result<Vec<_>, _>>())),
        ("landmarks", text(recordings.landmarks("melody-2"))),
        ("recognised", text(store.identify(&fingerprint(&clip(2)).unwrap(), &IdentifyOptions::default()))),
        ("voiceprints", text(voices.people())),
        ("recent voices", text(voices.recent(500))),
        ("embedding of a voice", text(voices.embedding("sample-3-0"))),
        ("counts of voices", text(voices.stats())),
        ("speaker", text(voices.identify(&query, &VoiceIdentifyOptions::default()))),
        ("similar voices", text(voices.search(&query, &VoiceSearchOptions::default()))),
        ("speakers", text(voices.speakers(None))),
        ("events", text(faces.events())),
        ("counts of faces", text(faces.stats())),
        ("people", text(people.list())),
        ("unassigned", text(people.unassigned())),
        ("tags", text(people.tags())),
        ("similar faces", text(faces.search(&face, &FaceSearchOptions::default()))),
        (
            "tables",
            text(store.export_parquet(tables).map(|files| files.iter().map(hash).collect::<Vec<_>>())),
        ),
    ]
}

fn hash(file: &PathBuf) -> u64 {
    let mut hasher = DefaultHasher::new();
    fs::read(file).unwrap().hash(&mut hasher);
    hasher.finish()
}

/// A damaged copy of the store `whole` in `path`; what was done to it.
pub(crate) fn damaged_copy(whole: &Path, path: &Path, random: &mut Random) -> String {
    let _ = fs::remove_dir_all(path);
    copy_store(whole, path);
    damage(&data_file(path), random)
}
