//! Stores that are pushed and pulled, for the tests of snapshots.

#![allow(dead_code, reason = "every test file uses a part of this")]

pub(crate) mod azure_container;
pub(crate) mod server;
pub(crate) mod services;
pub(crate) mod writers;

use crate::face_support;
use crate::support::Random;
use sonic::recordings::{NewRecording, Recording};
use sonic::remote::{Progress, RemoteOptions};
use sonic::{Access, Clip, Fingerprint, PipelineId, Store, StoreOptions};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Goes on.
pub(crate) fn quiet(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

pub(crate) fn options() -> RemoteOptions {
    RemoteOptions::default()
}

pub(crate) fn open(path: &Path, access: Access) -> Store {
    Store::open(path, StoreOptions { access, ..StoreOptions::default() }).unwrap()
}

/// The address of a folder.
pub(crate) fn url(folder: &Path) -> String {
    fs::create_dir_all(folder).unwrap();
    format!("file://{}", folder.display())
}

/// A fingerprint of `seconds` of sound that nobody made.
pub(crate) fn fingerprint(seed: u64, seconds: u64) -> Fingerprint {
    let mut random = Random(seed);
    let frames = (seconds * 43) as u32;
    let landmarks = (0..frames).map(|frame| sonic_landmark(frame, &mut random)).collect();
    Fingerprint {
        pipeline: PipelineId::new("test-recordings"),
        duration_ms: seconds * 1_000,
        frames,
        landmarks,
        texture: None,
    }
}

fn sonic_landmark(frame: u32, random: &mut Random) -> sonic::recordings::Landmark {
    let frequency = 200 + random.below(3_000) as u16;
    sonic::recordings::Landmark { frame, frequency, salience: 10 + random.below(20) as u8 }
}

/// Adds recordings of two minutes, as `sonic add` does in batches.
pub(crate) fn add(store: &Store, numbers: std::ops::Range<u64>) {
    const BATCH: usize = 16;
    let numbers: Vec<u64> = numbers.collect();
    for batch in numbers.chunks(BATCH) {
        let new = batch.iter().map(|number| NewRecording {
            recording: Recording {
                id: format!("recording {:016x} {number}", Random(*number).next()),
                source_hash: Some(format!("{:032x}", Random(number + 7).next())),
                ..Recording::default()
            },
            fingerprint: fingerprint(*number, 120),
        });
        store.add(new.collect()).unwrap();
    }
}

/// Adds photos with people on them.
pub(crate) fn add_photos(store: &Store, numbers: std::ops::Range<u64>) {
    let photos: Vec<_> = numbers.map(|n| face_support::photo(n, &[1 + n % 40, 41 + n % 30])).collect();
    store.faces().add_photos(&photos).unwrap();
}

/// What can be told of a store from outside.
pub(crate) fn contents(store: &Store) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for row in &store.recordings() {
        let row = row.unwrap();
        let landmarks = store.recordings().landmarks(&row.id).unwrap();
        all.insert(
            format!("recording {}", row.id),
            format!("{row:?} {:?}", landmarks.iter().take(9).collect::<Vec<_>>()),
        );
    }
    for event in store.faces().events().unwrap() {
        for person in store.people(&event.name).list().unwrap() {
            all.insert(format!("person {}", person.person_id), format!("{person:?}"));
        }
        let page = store.faces().photos(&event.name, sonic::store::Cursor::default(), 100_000).unwrap();
        page.photos.iter().for_each(|photo| {
            all.insert(format!("photo {}", photo.photo_id), format!("{photo:?}"));
        });
    }
    for print in store.voices().people().unwrap() {
        all.insert(format!("voice {}", print.person), format!("{print:?}"));
    }
    all
}

/// The clip, and what it is recognised by, of melody `seed`.
pub(crate) fn melody(seed: u64, start: f32, seconds: f32) -> Fingerprint {
    let whole = crate::support::melody(seed, start + seconds);
    let rate = crate::support::RATE;
    let samples = whole[(start * rate as f32) as usize..].to_vec();
    sonic::fingerprint(&Clip::new(samples, rate)).unwrap()
}

/// Bytes of all files below a folder.
pub(crate) fn bytes_in(folder: &Path) -> u64 {
    files_in(folder).iter().filter_map(|file| still_there(fs::metadata(file))).map(|file| file.len()).sum()
}

/// What all files below a folder hold.
pub(crate) fn all_in(folder: &Path) -> Vec<Vec<u8>> {
    files_in(folder).iter().filter_map(|file| still_there(fs::read(file))).collect()
}

/// Nothing for what a writer, who may be at work in the folder, has removed since it was listed.
fn still_there<T>(found: io::Result<T>) -> Option<T> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        found => Some(found.unwrap()),
    }
}

/// All files below a folder, but for those that are being written: an object comes by renaming `NAME#1`.
pub(crate) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in still_there(fs::read_dir(folder)).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.to_string_lossy().contains('#') {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
