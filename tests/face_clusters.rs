//! Promise: faces of people are clustered by who they are, however many photos there are of each, and people who are
//! seen once are not taken for others.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and says what it measured")]

mod support;

use ndarray::Array2;
use ndarray_npy::NpzReader;
use serde_json::Value;
use sonic::faces::{Face, FaceQuality, NewPhoto, Photo, StoredFace};
use sonic::people::ClusterOptions;
use sonic::{Embedding, PipelineId, Store, StoreOptions};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;
use support::{Random, Scratch};

const MODELS: [&str; 2] = ["w600k_mbf_dequant_fp32", "mobilefacenet_foamliu_128"];

/// A face with the name of whom it shows.
#[derive(Clone)]
struct Known {
    name: String,
    file: String,
    score: f32,
    vector: Vec<f32>,
}

fn reference() -> Option<PathBuf> {
    sonic_testing::assets("face/ref")
}

/// The largest face of every picture of a folder.
fn faces_in(folder: &str, model: &str) -> Option<Vec<Known>> {
    let reference = reference()?;
    let text = std::fs::read_to_string(reference.join("reference.json")).unwrap();
    let images: Value = serde_json::from_str::<Value>(&text).unwrap()["images"].take();
    let mut npz = NpzReader::new(File::open(reference.join("embeddings.npz")).unwrap()).unwrap();
    let embeddings: Array2<f32> = npz.by_name(model).unwrap();
    let pictures = images.as_object().unwrap().iter().filter(|(f, _)| f.starts_with(&format!("{folder}/")));
    let faces = pictures.filter_map(|(file, picture)| {
        let area = |face: &&Value| {
            let x = |i: usize| face["bbox"][i].as_f64().unwrap();
            ((x(2) - x(0)) * (x(3) - x(1))) as u64
        };
        let face = picture["det_500m"].as_array()?.iter().max_by_key(area)?;
        Some(Known {
            name: file.split('/').nth(1).unwrap().to_owned(),
            file: file.clone(),
            score: face["score"].as_f64().unwrap() as f32,
            vector: embeddings.row(face["emb"].as_u64().unwrap() as usize).to_vec(),
        })
    });
    Some(faces.collect())
}

fn photo(event: &str, known: &Known) -> NewPhoto {
    let quality = FaceQuality { size: 80.0, sharpness: 10.0, brightness: 0.5, ..FaceQuality::default() };
    let face = Face {
        bbox: [10.0, 10.0, 90.0, 100.0],
        score: known.score,
        landmarks: [[30.0, 40.0], [70.0, 40.0], [50.0, 60.0], [35.0, 80.0], [65.0, 80.0]],
        quality,
        embedding: Embedding { pipeline: PipelineId::new("faces"), vector: known.vector.clone() },
    };
    let photo = Photo { photo_id: known.file.clone(), event: event.to_owned(), ..Photo::default() };
    NewPhoto { photo, faces: vec![face], thumbnails: Vec::new() }
}

/// The person of each picture after clustering them in parts; nobody's faces are people of their own.
fn clustered(
    store: &Store,
    event: &str,
    parts: &[&[Known]],
    options: &ClusterOptions,
) -> BTreeMap<String, u64> {
    for part in parts {
        let photos: Vec<NewPhoto> = part.iter().map(|known| photo(event, known)).collect();
        store.faces().add_photos(&photos).unwrap();
        store.people(event).cluster(options).unwrap();
    }
    assert!(store.check().unwrap().is_empty());
    let page = store.faces().page(event, Default::default(), 10_000).unwrap();
    let person = |face: &StoredFace| face.person_id.map_or(u64::MAX - face.face_id.0, |person| person.0);
    page.faces.iter().map(|face| (face.photo_id.clone(), person(face))).collect()
}

/// Pairwise F1, adjusted Rand index and F1 of BCubed.
fn measures(faces: &[Known], people: &BTreeMap<String, u64>) -> [f64; 3] {
    let (mut both, mut by_name, mut by_person, mut pairs) = (0.0, 0.0, 0.0, 0.0f64);
    let (mut precision, mut recall) = (0.0, 0.0);
    for (i, a) in faces.iter().enumerate() {
        let same = |b: &Known| (a.name == b.name, people[&a.file] == people[&b.file]);
        let count = |f: &dyn Fn((bool, bool)) -> bool| faces.iter().filter(|b| f(same(b))).count() as f64;
        let (joint, name, person) = (count(&|(n, p)| n && p), count(&|(n, _)| n), count(&|(_, p)| p));
        precision += joint / person;
        recall += joint / name;
        for b in &faces[..i] {
            let (n, p) = same(b);
            both += f64::from(u8::from(n && p));
            by_name += f64::from(u8::from(n));
            by_person += f64::from(u8::from(p));
            pairs += 1.0;
        }
    }
    let expected = by_name * by_person / pairs.max(1.0);
    let most = f64::midpoint(by_name, by_person);
    let ari = if pairs == 0.0 || most == expected { 1.0 } else { (both - expected) / (most - expected) };
    let (precision, recall) = (precision / faces.len() as f64, recall / faces.len() as f64);
    let f1 = if by_name + by_person > 0.0 { 2.0 * both / (by_name + by_person) } else { 1.0 };
    [f1, ari, 2.0 * precision * recall / (precision + recall)]
}

fn measure(faces: &[Known], options: &ClusterOptions) -> [f64; 3] {
    let scratch = Scratch::new("face-clusters");
    let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
    let people = clustered(&store, "event", &[faces], options);
    measures(faces, &people)
}

#[test]
fn people_of_the_reference_pictures_are_distinguished() {
    for (model, least) in MODELS.into_iter().zip([0.999, 0.98]) {
        let Some(ten) = faces_in("people", model) else { return };
        let fifty = faces_in("people_lfw150", model).unwrap();
        assert_eq!((ten.len(), fifty.len()), (60, 181));
        for (name, options) in [("default", ClusterOptions::default()), ("dbscan", ClusterOptions::dbscan())]
        {
            let (a, b) = (measure(&ten, &options), measure(&fifty, &options));
            eprintln!("{model}, {name}: 10 people {a:.3?}, 20 people and 30 singles {b:.3?}");
            if name == "default" {
                assert!(a[0] > 0.9999 && b[0] >= least && b[2] >= least, "{a:?} {b:?}");
            }
        }
    }
}

/// Few photos of few or many people, some of each.
#[test]
fn people_are_distinguished_in_events_of_any_size() {
    let mut random = Random(5);
    for model in MODELS {
        let Some(mut all) = faces_in("people", model) else { return };
        all.extend(faces_in("people_lfw150", model).unwrap());
        let names: Vec<String> =
            all.iter().map(|k| k.name.clone()).collect::<BTreeSet<_>>().into_iter().collect();
        for (kind, people, most, least) in [("small", 8, 4, 0.97), ("large", 60, 8, 0.98)] {
            let mut mean = [0.0; 3];
            const EVENTS: u64 = 10;
            for _ in 0..EVENTS {
                let count = 1 + random.below(people) as usize;
                let mut shuffled = names.clone();
                shuffle(&mut shuffled, &mut random);
                let mut event = Vec::new();
                for name in shuffled.iter().take(count) {
                    let mut theirs: Vec<Known> = all.iter().filter(|k| k.name == *name).cloned().collect();
                    shuffle(&mut theirs, &mut random);
                    theirs.truncate(1 + random.below(most) as usize);
                    event.extend(theirs);
                }
                let got = measure(&event, &ClusterOptions::default());
                mean.iter_mut().zip(got).for_each(|(mean, x)| *mean += x / EVENTS as f64);
            }
            eprintln!("{model}, {kind} events: pairwise F1, ARI, BCubed {mean:.3?}");
            assert!(mean[2] >= least, "{model} {kind}: {mean:?}");
        }
    }
}

fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for i in (1..items.len()).rev() {
        items.swap(i, random.below(i as u64 + 1) as usize);
    }
}

/// Clustered after every dozen photos, in another order: people keep their ids, and it comes to the same.
#[test]
fn photos_that_come_bit_by_bit_come_to_the_same() {
    for model in MODELS {
        let Some(mut faces) = faces_in("people_lfw150", model) else { return };
        let scratch = Scratch::new("face-parts");
        let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
        let options = ClusterOptions::default();
        let at_once = clustered(&store, "at once", &[&faces], &options);
        let want = measures(&faces, &at_once);
        shuffle(&mut faces, &mut Random(3));
        let parts: Vec<&[Known]> = faces.chunks(12).collect();
        let bit_by_bit = clustered(&store, "bit by bit", &parts, &options);
        assert_eq!(measures(&faces, &bit_by_bit), want);
        let partition = |people: &BTreeMap<String, u64>| {
            let mut groups: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
            for (file, person) in people {
                groups.entry(*person).or_default().insert(file.clone());
            }
            groups.into_values().collect::<BTreeSet<_>>()
        };
        assert_eq!(partition(&at_once), partition(&bit_by_bit));
        let incremental =
            ClusterOptions { mode: sonic::people::ClusterMode::Incremental, ..ClusterOptions::default() };
        let grown = clustered(&store, "grown", &parts, &incremental);
        let grown = measures(&faces, &grown);
        eprintln!("{model}, only adding: {grown:.3?}, all at once: {want:.3?}");
        assert!(grown[2] > 0.95, "{grown:?}");
    }
}
