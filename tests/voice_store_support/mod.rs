//! What the tests of voices in a store share: stores, and made embeddings of made speakers.

#![allow(dead_code, reason = "every test file uses a part of this")]

use crate::support::{Random, Scratch};
use sonic::voices::{EnrollOptions, NewVoice, Voice, Voices};
use sonic::{Access, Embedding, PipelineId, Store, StoreOptions, vector};
use std::path::Path;

pub(crate) const DIMENSIONS: usize = 64;

pub(crate) fn open(path: &Path, access: Access) -> Store {
    Store::open(path, StoreOptions { access, map_size: 1 << 20, ..StoreOptions::default() }).unwrap()
}

/// A store with voices in a folder of its own.
pub(crate) fn new_store(name: &str) -> (Scratch, Store, Voices) {
    let scratch = Scratch::new(name);
    let store = open(&scratch.join("store"), Access::Create);
    let voices = store.voices();
    (scratch, store, voices)
}

pub(crate) fn embedding(vector: Vec<f32>) -> Embedding {
    Embedding { pipeline: PipelineId::new("test-pipeline"), vector }
}

/// A random direction.
pub(crate) fn direction(random: &mut Random) -> Vec<f32> {
    let mut vector: Vec<f32> =
        (0..DIMENSIONS).map(|_| (0..12).map(|_| random.uniform()).sum::<f32>() - 6.0).collect();
    assert!(vector::normalise(&mut vector));
    vector
}

/// Utterance `number` of speaker `speaker`: about a cosine of 0.7 from another of the same.
pub(crate) fn utterance(speaker: u64, number: u64) -> Embedding {
    let mut vector = direction(&mut Random(speaker));
    let noise = direction(&mut Random(speaker * 1_000 + number + 1));
    vector.iter_mut().zip(noise).for_each(|(x, n)| *x += 0.65 * n);
    assert!(vector::normalise(&mut vector));
    embedding(vector)
}

pub(crate) fn voice(id: &str, embedding: Embedding) -> NewVoice {
    let voice = Voice { recording_id: id.to_owned(), ..Voice::default() };
    NewVoice { voice, embedding: Some(embedding), ..NewVoice::default() }
}

pub(crate) fn samples(speaker: u64, numbers: std::ops::Range<u64>) -> Vec<NewVoice> {
    numbers.map(|n| voice(&format!("sample-{speaker}-{n}"), utterance(speaker, n))).collect()
}

pub(crate) fn enroll(voices: &Voices, speaker: u64) {
    let person = format!("person {speaker}");
    voices.enroll(&person, &samples(speaker, 0..3), &EnrollOptions::default()).unwrap();
}
