//! Who is speaking?

use super::sample::{VoiceSample, VoiceSource, analyze_each, analyze_voice};
use super::{QualityGate, Verification, VoiceAnswer, VoiceEmbedder, VoiceIdentifyOptions};
use crate::{Embedding, Result, Store};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// The answer to somebody speaking.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct IdentifiedVoice {
    /// Who it is.
    pub answer: VoiceAnswer,
    /// What was found in the recording.
    pub sample: VoiceSample,
    /// Time that searching took.
    pub search: Duration,
}

/// Whether somebody is speaking, and what that was read from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct VerifiedVoice {
    /// Whether it is the person.
    pub verification: Verification,
    /// What was found in the recording.
    pub sample: VoiceSample,
    /// Time that searching took.
    pub search: Duration,
}

/// Who is speaking.
///
/// # Errors
/// As [`analyze_voice`] and [`Voices::identify`](super::Voices::identify).
pub fn identify(
    store: &Store,
    embedder: &VoiceEmbedder,
    source: impl Into<VoiceSource>,
    options: &VoiceIdentifyOptions,
) -> Result<IdentifiedVoice> {
    let sample = analyze_voice(embedder, source, &QualityGate::default())?;
    let options = sample.options(embedder, options);
    let (answer, search) = search(&sample, |query| store.voices().identify(query, &options))?;
    Ok(IdentifiedVoice { answer, sample, search })
}

/// Whether it is `person` who is speaking.
///
/// # Errors
/// As [`analyze_voice`] and [`Voices::verify`](super::Voices::verify).
pub fn verify(
    store: &Store,
    embedder: &VoiceEmbedder,
    person: &str,
    source: impl Into<VoiceSource>,
    options: &VoiceIdentifyOptions,
) -> Result<VerifiedVoice> {
    let sample = analyze_voice(embedder, source, &QualityGate::default())?;
    let options = sample.options(embedder, options);
    let (verification, search) = search(&sample, |query| store.voices().verify(person, query, &options))?;
    Ok(VerifiedVoice { verification, sample, search })
}

/// As [`identify`] for many, on all cores. Answers come in the order of the sources, which are pulled as they are
/// needed; `on_answer` gets `None` a few times a second while none is ready, and cancels the rest by breaking.
///
/// # Errors
/// `Closed` if the store is closed. What is wrong with a source is its answer.
pub fn identify_each(
    store: &Store,
    embedder: &VoiceEmbedder,
    sources: impl IntoIterator<Item = VoiceSource, IntoIter: Send>,
    options: &VoiceIdentifyOptions,
    mut on_answer: impl FnMut(Option<Result<IdentifiedVoice>>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>> {
    store.check_open()?;
    let voices = store.voices();
    let answer = |sample: VoiceSample| {
        let options = sample.options(embedder, options);
        let (answer, search) = search(&sample, |query| voices.identify(query, &options))?;
        Ok(IdentifiedVoice { answer, sample, search })
    };
    let gate = QualityGate::default();
    Ok(analyze_each(embedder, sources, &gate, 0, |sample| on_answer(sample.map(|s| s.and_then(answer)))))
}

/// As [`verify`] for many, as [`identify_each`] does it.
///
/// # Errors
/// `Closed` if the store is closed. What is wrong with a source is its answer.
pub fn verify_each(
    store: &Store,
    embedder: &VoiceEmbedder,
    person: &str,
    sources: impl IntoIterator<Item = VoiceSource, IntoIter: Send>,
    options: &VoiceIdentifyOptions,
    mut on_answer: impl FnMut(Option<Result<VerifiedVoice>>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>> {
    store.check_open()?;
    let voices = store.voices();
    let answer = |sample: VoiceSample| {
        let options = sample.options(embedder, options);
        let (verification, search) = search(&sample, |query| voices.verify(person, query, &options))?;
        Ok(VerifiedVoice { verification, sample, search })
    };
    let gate = QualityGate::default();
    Ok(analyze_each(embedder, sources, &gate, 0, |sample| on_answer(sample.map(|s| s.and_then(answer)))))
}

/// What `find` says of a sample, and the time that it took.
fn search<T>(sample: &VoiceSample, find: impl FnOnce(&Embedding) -> Result<T>) -> Result<(T, Duration)> {
    let start = Instant::now();
    let found = find(sample.embedding()?)?;
    Ok((found, start.elapsed()))
}
