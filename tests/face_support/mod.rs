//! Faces that are made on the spot, for the tests of the store.

#![allow(dead_code, reason = "every test file uses a part of this")]

use crate::support::Random;
use sonic::faces::{Face, FaceQuality, NewPhoto, Photo};
use sonic::{Embedding, PipelineId, vector};

pub(crate) const DIMENSIONS: usize = 64;
pub(crate) const EVENT: &str = "wedding";

/// A random direction.
pub(crate) fn direction(random: &mut Random) -> Vec<f32> {
    let mut vector: Vec<f32> =
        (0..DIMENSIONS).map(|_| (0..12).map(|_| random.uniform()).sum::<f32>() - 6.0).collect();
    assert!(vector::normalise(&mut vector));
    vector
}

/// Picture `number` of `who`: a cosine of about 0.67 with another. Its place tells who it is.
pub(crate) fn face(who: u64, number: u64) -> Face {
    let mut vector = direction(&mut Random(who));
    let noise = direction(&mut Random(who * 1_000 + number + 1));
    vector.iter_mut().zip(noise).for_each(|(x, n)| *x += 0.7 * n);
    assert!(vector::normalise(&mut vector));
    Face {
        bbox: [10.0 * who as f32, 10.0, 10.0 * who as f32 + 9.0, 30.0],
        score: 0.8 + 0.01 * (number % 10) as f32,
        landmarks: [[12.0, 15.0], [16.0, 15.0], [14.0, 20.0], [12.0, 25.0], [16.0, 25.0]],
        quality: FaceQuality {
            size: 40.0,
            sharpness: 20.0,
            yaw: -10.0,
            pitch: 3.0,
            roll: 1.5,
            brightness: 0.5,
            clipped: 0.25,
        },
        embedding: Embedding { pipeline: PipelineId::new("test-faces"), vector },
    }
}

/// A photo that shows these people, each as in picture `number`.
pub(crate) fn photo(number: u64, who: &[u64]) -> NewPhoto {
    photo_of(EVENT, number, who)
}

/// As [`photo`], of another event.
pub(crate) fn photo_of(event: &str, number: u64, who: &[u64]) -> NewPhoto {
    let photo = Photo {
        photo_id: format!("{number}.jpg"),
        event: event.to_owned(),
        width: 1_000,
        height: 500,
        ..Photo::default()
    };
    NewPhoto { photo, faces: who.iter().map(|who| face(*who, number)).collect(), thumbnails: Vec::new() }
}
