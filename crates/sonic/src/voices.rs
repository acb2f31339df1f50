//! Speech into a store: enrol people, ask who is speaking.

use crate::audio::decode::Decoder;
use crate::audio::quality::{QualityGate, Reason, VoiceQuality};
use crate::audio::speaker::VoiceEmbedder;
use crate::source::{Hashed, hash};
use crate::{
    Clip, EnrollOptions, Enrolled, Error, ErrorKind, NewVoice, Result, Source, Store, Verification, Voice,
    VoiceAnswer, VoiceIdentifyOptions, parallel,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The quality of longer recordings is that of their first ten minutes, so that memory stays bounded.
const MEASURED_S: usize = 600;

/// Somebody speaking: a file, bytes or a stream, or a clip that is decoded already.
#[derive(Debug)]
pub enum Speech {
    /// What a decoder reads.
    Source(Source),
    /// What was decoded.
    Clip(Arc<Clip>),
}

impl<T: Into<Source>> From<T> for Speech {
    fn from(source: T) -> Self {
        Self::Source(source.into())
    }
}

/// What was heard of somebody speaking.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The row that a store keeps, and the embedding. Its id is made of the bytes, so that the same recording is known
    /// again.
    pub voice: NewVoice,
    /// What was measured.
    pub quality: VoiceQuality,
    /// Why it is not good enough for the gate; empty if it is.
    pub reasons: Vec<Reason>,
    /// Time that decoding took.
    pub decode: Duration,
    /// Time that measuring and embedding took.
    pub embed: Duration,
}

impl Heard {
    /// The voice, if it is good enough.
    ///
    /// # Errors
    /// `InvalidArgument` with the reasons if it is not.
    pub fn good_enough(self) -> Result<NewVoice> {
        if self.reasons.is_empty() {
            return Ok(self.voice);
        }
        let reasons: Vec<String> = self.reasons.iter().map(Reason::to_string).collect();
        let message = format!("not good enough to enrol from: {}", reasons.join("; "));
        Err(Error::new(ErrorKind::InvalidArgument, message))
    }
}

/// Decodes somebody speaking, measures the quality and makes the embedding; memory is bounded whatever the length.
///
/// # Errors
/// As [`Decoder::open`], and as [`VoiceEmbedder::embed`] for what cannot be embedded.
pub fn hear(embedder: &VoiceEmbedder, speech: impl Into<Speech>, gate: &QualityGate) -> Result<Heard> {
    match speech.into() {
        Speech::Source(source) => hear_source(embedder, source, gate),
        Speech::Clip(clip) => hear_clip(embedder, &clip, gate),
    }
}

/// As [`hear`] for many, on all cores, in the order given.
pub fn hear_all(embedder: &VoiceEmbedder, speech: Vec<Speech>, gate: &QualityGate) -> Vec<Result<Heard>> {
    parallel::map(speech, 0, |speech| hear(embedder, speech, gate))
}

/// Enrols `person` from recordings, all or none of them.
///
/// # Errors
/// Of the first recording that cannot be decoded, embedded or is not good enough; as
/// [`Voices::enroll`](crate::Voices::enroll). Nothing is enrolled then.
pub fn enroll(
    store: &Store,
    embedder: &VoiceEmbedder,
    person: &str,
    speech: Vec<Speech>,
    gate: &QualityGate,
    options: &EnrollOptions,
) -> Result<Enrolled> {
    enroll_each(store, embedder, person, speech, gate, options, false).map(|each| each.enrolled)
}

/// What enrolling came to, and what was heard.
#[derive(Debug)]
pub struct EnrolledEach {
    /// The person.
    pub enrolled: Enrolled,
    /// For each recording given what was heard, or why nothing could be. One with reasons was left out.
    pub heard: Vec<Result<Heard>>,
}

/// As [`enroll`], and tells what was heard of each recording. With `only_usable` those that cannot be decoded or
/// embedded, or are not good enough, are left out and the others enrolled.
///
/// # Errors
/// As [`enroll`]; with `only_usable` of the first recording if none is left.
pub fn enroll_each(
    store: &Store,
    embedder: &VoiceEmbedder,
    person: &str,
    speech: Vec<Speech>,
    gate: &QualityGate,
    options: &EnrollOptions,
    only_usable: bool,
) -> Result<EnrolledEach> {
    store.voices().stats()?; // A store that is closed is not the recordings' fault.
    let mut heard = hear_all(embedder, speech, gate);
    let is_usable = |heard: &Result<Heard>| heard.as_ref().is_ok_and(|h| h.reasons.is_empty());
    let must_all = !only_usable || !heard.iter().any(is_usable);
    if must_all && let Some(place) = heard.iter().position(|heard| !is_usable(heard)) {
        let error =
            heard.swap_remove(place).and_then(Heard::good_enough).err().unwrap_or_else(nothing_embedded);
        return Err(error.context(format!("number {place} of the recordings")));
    }
    let samples = heard.iter().flatten().filter(|h| h.reasons.is_empty()).map(|h| h.voice.clone());
    let enrolled = store.voices().enroll(person, &samples.collect::<Vec<_>>(), options)?;
    Ok(EnrolledEach { enrolled, heard })
}

/// The answer to somebody speaking.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentifiedVoice {
    /// Who it is.
    pub answer: VoiceAnswer,
    /// What was heard.
    pub heard: Heard,
    /// Time that searching took.
    pub search: Duration,
}

/// Who is speaking.
///
/// # Errors
/// As [`hear`] and [`Voices::identify`](crate::Voices::identify).
pub fn identify_voice(
    store: &Store,
    embedder: &VoiceEmbedder,
    speech: impl Into<Speech>,
    options: &VoiceIdentifyOptions,
) -> Result<IdentifiedVoice> {
    let heard = hear(embedder, speech, &QualityGate::default())?;
    let start = Instant::now();
    let embedding = heard.voice.embedding.as_ref().ok_or_else(nothing_embedded)?;
    let answer = store.voices().identify(embedding, &calibrated(embedder, options))?;
    Ok(IdentifiedVoice { answer, heard, search: start.elapsed() })
}

/// Whether it is `person` who is speaking.
///
/// # Errors
/// As [`hear`] and [`Voices::verify`](crate::Voices::verify).
pub fn verify_voice(
    store: &Store,
    embedder: &VoiceEmbedder,
    person: &str,
    speech: impl Into<Speech>,
    options: &VoiceIdentifyOptions,
) -> Result<Verification> {
    let heard = hear(embedder, speech, &QualityGate::default())?;
    let embedding = heard.voice.embedding.as_ref().ok_or_else(nothing_embedded)?;
    store.voices().verify(person, embedding, &calibrated(embedder, options))
}

/// The options, in which what they leave open about probabilities is what the model's manifest says.
fn calibrated(embedder: &VoiceEmbedder, options: &VoiceIdentifyOptions) -> VoiceIdentifyOptions {
    let default_calibration = options.default_calibration.or(embedder.calibration());
    VoiceIdentifyOptions { default_calibration, ..options.clone() }
}

fn nothing_embedded() -> Error {
    Error::new(ErrorKind::Internal, "what was heard has no embedding")
}

fn hear_clip(embedder: &VoiceEmbedder, clip: &Clip, gate: &QualityGate) -> Result<Heard> {
    let start = Instant::now();
    let embedding = embedder.embed(clip)?;
    let verdict = gate.check(clip)?;
    let bytes = clip.samples.iter().flat_map(|s| s.to_le_bytes());
    let voice = Voice {
        recording_id: hash(&mut Bytes(bytes))?,
        duration_seconds: clip.samples.len() as f32 / clip.sample_rate as f32,
        sample_rate: clip.sample_rate,
        ..Voice::default()
    };
    let voice = NewVoice { voice, embedding: Some(embedding) };
    let (quality, reasons) = (verdict.quality, verdict.reasons);
    Ok(Heard { voice, quality, reasons, decode: Duration::ZERO, embed: start.elapsed() })
}

/// Bytes of an iterator, to be read.
struct Bytes<I>(I);

impl<I: Iterator<Item = u8>> std::io::Read for Bytes<I> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let slots = buffer.iter_mut().zip(&mut self.0);
        Ok(slots.map(|(slot, byte)| *slot = byte).count())
    }
}

fn hear_source(embedder: &VoiceEmbedder, source: Source, gate: &QualityGate) -> Result<Heard> {
    let mut voice = described(&source);
    let (source, hashed) = Hashed::of(source)?;
    let rate = embedder.sample_rate();
    let (mut decode, mut embed) = (Duration::ZERO, Duration::ZERO);
    let mut decoder = timed(&mut decode, || Decoder::open(source, Some(rate)))?;
    let mut first = Clip { samples: Vec::new(), sample_rate: rate, truncated: false };
    let (mut voice_stream, mut samples) = (embedder.stream(), 0);
    while let Some(block) = timed(&mut decode, || decoder.next_block())? {
        samples += block.len();
        let room = (MEASURED_S * rate as usize).saturating_sub(first.samples.len());
        first.samples.extend_from_slice(&block[..block.len().min(room)]);
        timed(&mut embed, || voice_stream.push(block))?;
    }
    voice.duration_seconds = samples as f32 / rate as f32;
    voice.sample_rate = decoder.native_sample_rate();
    voice.audio_format = Some(decoder.codec().to_owned());
    drop(decoder);
    voice.recording_id = hashed.finish()?;
    let verdict = timed(&mut embed, || gate.check(&first))?;
    let embedding = timed(&mut embed, || voice_stream.finish())?;
    let voice = NewVoice { voice, embedding: Some(embedding) };
    Ok(Heard { voice, quality: verdict.quality, reasons: verdict.reasons, decode, embed })
}

fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = work();
    *total += start.elapsed();
    value
}

/// What the source says before it is read.
fn described(source: &Source) -> Voice {
    match source {
        Source::Path(path) => Voice {
            filename: path.file_name().map(|name| name.to_string_lossy().into_owned()),
            file_path: Some(path.to_string_lossy().into_owned()),
            file_size_bytes: path.metadata().map_or(0, |m| m.len()),
            ..Voice::default()
        },
        Source::Bytes(bytes) => {
            Voice { file_size_bytes: bytes.as_ref().as_ref().len() as u64, ..Voice::default() }
        }
        Source::Reader(_) => Voice::default(),
    }
}
