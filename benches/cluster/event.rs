//! An event of the store: its photos kept, clustered, clustered again, and a decision about one person.

use crate::{Anyhow, DIMENSIONS, memory};
use sonic::faces::{Face, FaceQuality, NewPhoto, Photo};
use sonic::people::ClusterOptions;
use sonic::{Embedding, PipelineId, Store, StoreOptions};
use std::time::Instant;

const EVENT: &str = "event";
/// Photos of a transaction.
const BATCH: usize = 200;

/// Measures an event of the faces that the rows are, two on a photo.
pub(crate) fn measure(rows: &[f32]) -> Anyhow<()> {
    let path = std::env::temp_dir().join(format!("sonic-bench-event-{}", std::process::id()));
    let store = Store::open(&path, StoreOptions::default())?;
    let faces: Vec<&[f32]> = rows.chunks(DIMENSIONS).collect();
    let started = Instant::now();
    for (batch, faces) in faces.chunks(2 * BATCH).enumerate() {
        let photos = faces.chunks(2).enumerate().map(|(n, faces)| photo(batch * BATCH + n, faces));
        store.faces().add_photos(&photos.collect::<Vec<_>>())?;
    }
    let added = started.elapsed().as_secs_f64();
    let people = store.people(EVENT);
    let before = memory::restart();
    let first = people.cluster(&ClusterOptions::default())?;
    let megabytes = (memory::most() - before) as f64 / 1e6;
    let again = people.cluster(&ClusterOptions::default())?;
    assert_eq!(first.total_faces as usize, faces.len());
    assert!(again.preserved_clusters * 10 >= first.new_clusters_created * 9, "{again:?}");
    let person = people.list()?.first().ok_or("nobody was found")?.person_id;
    let started = Instant::now();
    people.rename(person, Some("Ada"))?;
    let renamed = started.elapsed().as_secs_f64() * 1e3;
    println!(
        "event of {} faces: added in {added:.2} s, clustered in {:.2} s with {megabytes:.0} MB ({} people), again in \
         {:.2} s, one person renamed in {renamed:.2} ms",
        faces.len(),
        first.elapsed_ms / 1e3,
        first.new_clusters_created,
        again.elapsed_ms / 1e3,
    );
    store.close();
    std::fs::remove_dir_all(&path)?;
    Ok(())
}

fn photo(number: usize, vectors: &[&[f32]]) -> NewPhoto {
    let photo = Photo { photo_id: number.to_string(), event: EVENT.to_owned(), ..Photo::default() };
    NewPhoto { photo, faces: vectors.iter().map(|vector| face(vector)).collect(), thumbnails: Vec::new() }
}

fn face(vector: &[f32]) -> Face {
    let quality = FaceQuality { size: 90.0, sharpness: 20.0, brightness: 0.5, ..FaceQuality::default() };
    let embedding = Embedding { pipeline: PipelineId::new("bench"), vector: vector.to_vec() };
    Face { bbox: [0.0, 0.0, 90.0, 90.0], score: 0.9, landmarks: [[0.0; 2]; 5], quality, embedding }
}
