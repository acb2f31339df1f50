//! Which faces look alike?

use crate::env::View;
use crate::rows::encode::damaged;
use crate::rows::event;
use crate::rows::face::{self, StoredFace};
use crate::rows::id::FaceId;
use crate::space::{self, FACES, Space, unit};
use crate::vectors::{self, Set};
use serde::Serialize;
use sonic_core::{Embedding, Result};

/// How to search faces by likeness.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceSearchOptions {
    /// Events that are searched; all if it is empty.
    pub events: Vec<String>,
    /// Least cosine.
    pub threshold: f32,
    /// Faces reported at most.
    pub limit: usize,
    /// Faces that are not to be found, such as the query itself.
    pub exclude: Vec<FaceId>,
    /// Threads that share the work; 0 means as many as the machine has cores.
    pub threads: usize,
}

impl Default for FaceSearchOptions {
    fn default() -> Self {
        Self { events: Vec::new(), threshold: 0.4, limit: 10, exclude: Vec::new(), threads: 0 }
    }
}

/// A face that looks alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SimilarFace {
    /// Its row.
    pub face: StoredFace,
    /// Cosine of the two embeddings, -1 to 1.
    pub similarity: f32,
}

pub(super) fn search(
    view: View<'_>,
    embedding: &Embedding,
    options: &FaceSearchOptions,
) -> Result<Vec<SimilarFace>> {
    let (query, own) = (unit(embedding)?, Space::of(embedding));
    let events = events(view, &options.events)?;
    if !space::check(view, FACES, &own)? {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for event in events {
        let mut scores = vectors::scores(view, Set::of_event(event), &query, options.threads)?;
        scores.retain(|(number, score)| {
            *score >= options.threshold && !options.exclude.contains(&FaceId::new(event, *number))
        });
        let best = vectors::largest(scores, options.limit).into_iter();
        found.extend(best.map(|(number, score)| (event, number, score)));
    }
    found.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
    found.truncate(options.limit);
    let rows = found.into_iter().map(|(event, number, score)| {
        let face = face::public(view, event, number)?;
        let face = face.ok_or_else(|| damaged("an embedding without its face"))?;
        Ok(SimilarFace { face, similarity: score.clamp(-1.0, 1.0) })
    });
    rows.collect()
}

/// Numbers of the events of these names, each once; of all if there are none.
fn events(view: View<'_>, names: &[String]) -> Result<Vec<u32>> {
    let mut numbers = match names {
        [] => event::all(view)?.into_iter().map(|(number, _)| number).collect(),
        names => names.iter().map(|name| Ok(event::get(view, name)?.0)).collect::<Result<Vec<u32>>>()?,
    };
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}
