//! Voices as JSON.

use super::{Problem, iso_8601, milliseconds};
use crate::Error;
use crate::voices::{
    Decision, ForgottenVoices, IdentifiedVoice, SampleStatus, SimilarVoiceprint, VerifiedVoice, VoiceMatch,
    VoiceQuality, VoiceSample, Voiceprint,
};
use serde::Serialize;
use std::time::Duration;

/// A recording that somebody was to be enrolled with.
#[derive(Debug, Serialize)]
pub struct EnrolledLine<'a> {
    path: String,
    status: &'static str,
    person: &'a str,
    speech_ms: u64,
    quality: Option<&'a VoiceQuality>,
    similar_to: Option<&'a SimilarVoiceprint>,
    error: Option<Problem>,
}

impl<'a> EnrolledLine<'a> {
    /// The line of the recording at `path`.
    pub fn new(
        path: String,
        person: &'a str,
        sample: &Result<VoiceSample, Error>,
        (status, quality): (SampleStatus, Option<&'a VoiceQuality>),
        similar_to: Option<&'a SimilarVoiceprint>,
    ) -> Self {
        Self {
            path,
            status: status.name(),
            person,
            speech_ms: quality.map_or(0, |q| q.speech_ms),
            quality,
            similar_to,
            error: sample.as_ref().err().map(Problem::from),
        }
    }
}

#[derive(Debug, Serialize)]
struct ElapsedLine {
    decode: f64,
    embed: f64,
    search: f64,
}

impl ElapsedLine {
    fn new(found: Option<&FoundVoice>) -> Self {
        let time = |of: fn(&FoundVoice) -> Duration| found.map_or(0.0, |found| milliseconds(of(found)));
        Self {
            decode: time(|f| f.sample.decode),
            embed: time(|f| f.sample.embed),
            search: time(|f| f.search),
        }
    }
}

/// What a store said of a recording: who is speaking, or whether it is somebody.
#[derive(Debug)]
pub struct FoundVoice {
    /// What was decided.
    pub decision: Decision,
    /// The people who were compared; of a verification, the one.
    pub matches: Vec<VoiceMatch>,
    /// What was found in the recording.
    pub sample: VoiceSample,
    /// Time that searching took.
    pub search: Duration,
}

impl From<IdentifiedVoice> for FoundVoice {
    fn from(found: IdentifiedVoice) -> Self {
        let IdentifiedVoice { answer, sample, search } = found;
        Self { decision: answer.decision, matches: answer.matches, sample, search }
    }
}

impl From<VerifiedVoice> for FoundVoice {
    fn from(found: VerifiedVoice) -> Self {
        let VerifiedVoice { verification, sample, search } = found;
        Self { decision: verification.decision, matches: vec![verification.claim], sample, search }
    }
}

/// Who is speaking in a recording.
#[derive(Debug, Serialize)]
pub struct IdentifiedVoiceLine<'a> {
    query: String,
    decision: &'static str,
    matches: &'a [VoiceMatch],
    speech_ms: u64,
    quality: Option<&'a VoiceQuality>,
    elapsed_ms: ElapsedLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
}

impl<'a> IdentifiedVoiceLine<'a> {
    /// The line of a recording that is called `query`.
    pub fn new(query: String, answer: Result<&'a FoundVoice, &Error>) -> Self {
        let found = answer.ok();
        Self {
            query,
            decision: found.map_or(Decision::Unknown, |f| f.decision).name(),
            matches: found.map_or(&[][..], |f| &f.matches),
            speech_ms: found.map_or(0, |f| f.sample.quality.speech_ms),
            quality: found.map(|f| &f.sample.quality),
            elapsed_ms: ElapsedLine::new(found),
            error: answer.err().map(Problem::from),
        }
    }
}

/// Whether it is somebody who is speaking in a recording.
#[derive(Debug, Serialize)]
pub struct VerifiedVoiceLine<'a> {
    query: String,
    decision: &'static str,
    person: &'a str,
    score: Option<f32>,
    normalized: Option<f32>,
    probability: Option<f32>,
    speech_ms: u64,
    quality: Option<&'a VoiceQuality>,
    elapsed_ms: ElapsedLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
}

impl<'a> VerifiedVoiceLine<'a> {
    /// The line of a recording that is called `query`.
    pub fn new(query: String, person: &'a str, answer: Result<&'a FoundVoice, &Error>) -> Self {
        let found = answer.ok();
        let claim = found.and_then(|f| f.matches.first());
        Self {
            query,
            decision: found.map_or(Decision::Unknown, |f| f.decision).name(),
            person,
            score: claim.map(|m| m.score),
            normalized: claim.and_then(|m| m.normalized),
            probability: claim.map(|m| m.probability),
            speech_ms: found.map_or(0, |f| f.sample.quality.speech_ms),
            quality: found.map(|f| &f.sample.quality),
            elapsed_ms: ElapsedLine::new(found),
            error: answer.err().map(Problem::from),
        }
    }
}

/// Somebody who is known by voice.
#[derive(Debug, Serialize)]
pub struct PersonVoiceLine<'a> {
    person: &'a str,
    voiceprint_id: &'a str,
    user_id: Option<&'a str>,
    samples: u32,
    enrolled: bool,
    created_at: String,
    updated_at: String,
}

impl<'a> From<&'a Voiceprint> for PersonVoiceLine<'a> {
    fn from(print: &'a Voiceprint) -> Self {
        Self {
            person: &print.person,
            voiceprint_id: &print.voiceprint_id,
            user_id: print.user_id.as_deref(),
            samples: print.sample_count(),
            enrolled: print.is_enrolled(),
            created_at: iso_8601(print.created_at_ms),
            updated_at: iso_8601(print.updated_at_ms),
        }
    }
}

/// What went with a voice that was forgotten.
#[derive(Debug, Serialize)]
pub struct ForgottenVoicesLine<'a> {
    /// The person.
    pub person: &'a str,
    /// What went.
    #[serde(flatten)]
    pub forgotten: ForgottenVoices,
}
