//! Whether a cluster is one person.
//!
//! Clustering by density joins people of whom there are too few photos to be dense: two of each of two people are one
//! cluster of four to it. Within a cluster faces that are really alike hold together, and what they hold together is
//! one person only if its parts are alike on the whole.

use super::options::{ClusterMethod, ClusterOptions};
use crate::album::similarity::Vectors;
use sonic_core::Result;
use sonic_core::cluster::{DbscanOptions, Metric, dbscan_with};
use sonic_core::vector::{dot, scores};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Told the part of the work that is done, 0 to 1; may cancel it.
pub(super) type Progress<'a> = dyn FnMut(f32) -> ControlFlow<()> + 'a;

/// The people that a cluster falls into, each with what stands out in it.
pub(super) fn parts(
    vectors: &Vectors,
    faces: &[u32],
    options: &ClusterOptions,
    progress: &mut Progress<'_>,
) -> Result<Vec<Vec<u32>>> {
    let Some(least) = options.gather_similarity.filter(|_| options.method == ClusterMethod::Hdbscan) else {
        return Ok(vec![faces.to_vec()]);
    };
    let components = components(vectors, faces, least, options.threads, progress)?;
    let (mut parts, single): (Vec<_>, Vec<_>) = components.into_iter().partition(|part| part.len() > 1);
    while let Some((a, b)) = most_alike(vectors, &parts, options.min_similarity) {
        let part = parts.remove(b);
        parts[a].extend(part);
    }
    if parts.len() < 2 {
        return Ok(vec![faces.to_vec()]);
    }
    let directions: Vec<f32> = parts.iter().flat_map(|part| vectors.mean(part)).collect();
    let mut out = vec![0.0; parts.len()];
    for face in single.into_iter().flatten() {
        let Some(vector) = vectors.of_face(face) else { continue };
        scores(&directions, vector, &mut out);
        let best = (0..out.len()).max_by(|a, b| out[*a].total_cmp(&out[*b]).then(b.cmp(a)));
        if let Some(best) = best {
            parts[best].push(face);
        }
    }
    Ok(parts)
}

/// The two parts whose directions are most alike, the earlier first, if that is `least` or more.
fn most_alike(vectors: &Vectors, parts: &[Vec<u32>], least: f32) -> Option<(usize, usize)> {
    let directions: Vec<Vec<f32>> = parts.iter().map(|part| vectors.mean(part)).collect();
    let pairs = (0..parts.len()).flat_map(|a| (a + 1..parts.len()).map(move |b| (a, b)));
    let alike = pairs.map(|(a, b)| (dot(&directions[a], &directions[b]), a, b));
    let order = |a: &(f32, usize, usize), b: &(f32, usize, usize)| {
        a.0.total_cmp(&b.0).then((b.1, b.2).cmp(&(a.1, a.2)))
    };
    alike.filter(|(similarity, ..)| *similarity >= least).max_by(order).map(|(_, a, b)| (a, b))
}

/// Faces that hang together by pairs with a cosine of `least` or more; those that are like no other are alone.
pub(super) fn components(
    vectors: &Vectors,
    faces: &[u32],
    least: f32,
    threads: usize,
    progress: &mut Progress<'_>,
) -> Result<Vec<Vec<u32>>> {
    let faces: Vec<u32> = faces.iter().copied().filter(|face| vectors.of_face(*face).is_some()).collect();
    let rows: Vec<f32> = faces.iter().filter_map(|face| vectors.of_face(*face)).flatten().copied().collect();
    let epsilon = f64::from(1.0 - least).max(f64::EPSILON);
    let options = DbscanOptions { epsilon, min_samples: 1, metric: Metric::Cosine, threads };
    // The clustering itself is done by now.
    let labels = dbscan_with(&rows, vectors.dimensions.max(1), &options, &mut |_| progress(1.0))?;
    let mut components: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
    for (face, label) in faces.into_iter().zip(labels) {
        components.entry(label).or_default().push(face);
    }
    Ok(components.into_values().collect())
}
