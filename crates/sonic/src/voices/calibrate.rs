//! How scores become probabilities, from recordings whose speakers are known.

use super::sample::{VoiceSource, analyze_voices};
use super::{Calibration, QualityGate, Trial, VoiceEmbedder, Voices};
use crate::{Embedding, Error, ErrorKind, Result, Store, vector};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// An enrolled person compared with a recording.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordedTrial {
    /// The person's name.
    pub person: String,
    /// The recording.
    pub path: PathBuf,
    /// True if it is the person who speaks.
    pub same: bool,
}

/// A calibration, and what it was fitted from.
#[derive(Debug)]
#[non_exhaustive]
pub struct Calibrated {
    /// How scores become probabilities; the store keeps it.
    pub calibration: Calibration,
    /// Trials of the person.
    pub target: usize,
    /// Trials of others.
    pub nontarget: usize,
    /// Recordings that could not be used, whose trials were left out.
    pub failed: Vec<(PathBuf, Error)>,
}

/// Fits how scores become probabilities to trials and keeps it in the store, for the embedder's pipeline. The recordings
/// must not be samples that the people were enrolled with: those score too high.
///
/// # Errors
/// `NotFound` if a person is not enrolled; `Mismatch` if the store's voices are of another pipeline than the embedder's;
/// as [`Voices::fit_calibration`]. A recording that cannot be used is in the result.
pub fn calibrate(store: &Store, embedder: &VoiceEmbedder, trials: &[RecordedTrial]) -> Result<Calibrated> {
    store.check_open()?;
    let voices = store.voices();
    let (embeddings, failed) = embed(embedder, trials);
    let scored = score(&voices, trials, &embeddings)?;
    let calibration = voices.fit_calibration(embedder.speech_pipeline(), &scored)?;
    let target = scored.iter().filter(|trial| trial.same).count();
    Ok(Calibrated { calibration, target, nontarget: scored.len() - target, failed })
}

type Failed = Vec<(PathBuf, Error)>;

/// The embedding of each file that there is one of, and why of the others there is none.
fn embed<'a>(
    embedder: &VoiceEmbedder,
    trials: &'a [RecordedTrial],
) -> (HashMap<&'a Path, Embedding>, Failed) {
    let mut files: Vec<&Path> = trials.iter().map(|trial| trial.path.as_path()).collect();
    files.sort_unstable();
    files.dedup();
    let sources = files.iter().map(|path| VoiceSource::from(*path)).collect();
    let samples = analyze_voices(embedder, sources, &QualityGate::default());
    let (mut embeddings, mut failed) = (HashMap::new(), Vec::new());
    for (path, sample) in files.into_iter().zip(samples) {
        match sample {
            Ok(sample) => embeddings.extend(sample.voice.embedding.map(|e| (path, e))),
            Err(error) => failed.push((path.to_owned(), error)),
        }
    }
    (embeddings, failed)
}

/// The trials with their scores.
fn score(
    voices: &Voices,
    trials: &[RecordedTrial],
    embeddings: &HashMap<&Path, Embedding>,
) -> Result<Vec<Trial>> {
    let (mut means, mut scored) = (HashMap::new(), Vec::new());
    for trial in trials {
        let Some(embedding) = embeddings.get(trial.path.as_path()) else { continue };
        if !means.contains_key(&trial.person) {
            means.insert(&trial.person, mean(voices, &trial.person)?);
        }
        let mean = &means[&trial.person];
        if mean.pipeline != embedding.pipeline {
            let (of_store, of_trials) = (mean.pipeline.as_str(), embedding.pipeline.as_str());
            return Err(Error::new(
                ErrorKind::Mismatch,
                format!(
                    "the store has voices of the pipeline {of_store}, the trials are of {of_trials}: choose that model"
                ),
            ));
        }
        scored.push(Trial { score: vector::dot(&mean.vector, &embedding.vector), same: trial.same });
    }
    Ok(scored)
}

fn mean(voices: &Voices, person: &str) -> Result<Embedding> {
    voices.mean(person)?.ok_or_else(|| {
        let message = format!("nobody named {person:?} is enrolled: enrol them first");
        Error::new(ErrorKind::NotFound, message)
    })
}
