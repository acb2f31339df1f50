//! One recording of a voice: decoded, measured, embedded.

use super::{NewVoice, QualityGate, Reason, Voice, VoiceEmbedder, VoiceIdentifyOptions, VoiceQuality};
use crate::audio::decode::{DecodeOptions, Decoder};
use crate::audio::quality::Verdict;
use crate::audio::speaker::SpeechEmbedding;
use crate::flow::ingest::{Ingest, Order, Turn};
use crate::flow::source_hash::{SourceHash, hash};
use crate::flow::timed::timed;
use crate::{Clip, Embedding, Error, ErrorKind, Result, Source, path_text};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The quality of longer recordings is that of their first ten minutes, so that memory stays bounded.
const MEASURED_S: usize = 600;

/// Somebody speaking: a file, bytes or a stream, a clip that is decoded already, or what was analysed before.
#[derive(Debug)]
pub enum VoiceSource {
    /// What a decoder reads.
    Source(Source),
    /// What was decoded.
    Clip(Arc<Clip>),
    /// What [`analyze_voice`] gave, by an embedder of the same pipeline. It is neither embedded nor measured again: it passes
    /// the gate that it passed then.
    Analyzed(Arc<VoiceSample>),
}

impl<T: Into<Source>> From<T> for VoiceSource {
    fn from(source: T) -> Self {
        Self::Source(source.into())
    }
}

/// A recording of a voice that was analysed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct VoiceSample {
    /// The row that a store keeps, and the embedding. Its id is made of the bytes, so that the same recording is known
    /// again.
    pub voice: NewVoice,
    /// What was measured.
    pub quality: VoiceQuality,
    /// Why it does not pass the gate; empty if it does.
    pub reasons: Vec<Reason>,
    /// Time that decoding took.
    pub decode: Duration,
    /// Time that measuring and embedding took.
    pub embed: Duration,
}

impl VoiceSample {
    /// True if it passes the gate.
    pub fn passes(&self) -> bool {
        self.reasons.is_empty()
    }

    /// The voice, if it passes the gate.
    ///
    /// # Errors
    /// `InvalidArgument` with the reasons if it does not.
    pub fn into_voice(self) -> Result<NewVoice> {
        if self.passes() {
            return Ok(self.voice);
        }
        let reasons: Vec<String> = self.reasons.iter().map(Reason::to_string).collect();
        let message = format!("not good enough to enrol from: {}", reasons.join("; "));
        Err(Error::new(ErrorKind::InvalidArgument, message))
    }

    /// `options` for comparing it: what they leave open is what the embedder and the recording say.
    pub(super) fn options(
        &self,
        embedder: &VoiceEmbedder,
        options: &VoiceIdentifyOptions,
    ) -> VoiceIdentifyOptions {
        VoiceIdentifyOptions {
            default_calibration: options.default_calibration.or(embedder.calibration()),
            default_narrow_calibration: options.default_narrow_calibration.or(embedder.narrow_calibration()),
            conditions: options.conditions.or(self.voice.voice.conditions),
            narrow: options.narrow.clone().or_else(|| self.voice.narrow.clone()),
            ..options.clone()
        }
    }

    /// What it is compared by.
    ///
    /// # Errors
    /// `Internal` if a sample that was changed has none.
    pub fn embedding(&self) -> Result<&Embedding> {
        let missing = || Error::new(ErrorKind::Internal, "a voice that was analysed has no embedding");
        self.voice.embedding.as_ref().ok_or_else(missing)
    }
}

/// Decodes somebody speaking, measures the quality and makes the embedding; memory is bounded whatever the length.
///
/// # Errors
/// As [`Decoder::open`], and as [`VoiceEmbedder::embed`] for what cannot be embedded; `Mismatch` for what another embedder
/// has analysed.
pub fn analyze_voice(
    embedder: &VoiceEmbedder,
    source: impl Into<VoiceSource>,
    gate: &QualityGate,
) -> Result<VoiceSample> {
    match source.into() {
        VoiceSource::Source(source) => analyze_source(embedder, source, gate),
        VoiceSource::Clip(clip) => analyze_clip(embedder, &clip, gate),
        VoiceSource::Analyzed(sample) => analyzed_before(embedder, &sample),
    }
}

fn analyzed_before(embedder: &VoiceEmbedder, sample: &VoiceSample) -> Result<VoiceSample> {
    let (made_by, wanted) = (&sample.embedding()?.pipeline, embedder.speech_pipeline());
    if made_by != wanted {
        let message = format!("the voice was analysed by {made_by}, but the embedder is {wanted}");
        return Err(Error::new(ErrorKind::Mismatch, message));
    }
    Ok(VoiceSample { decode: Duration::ZERO, embed: Duration::ZERO, ..sample.clone() })
}

/// As [`analyze_voice`] for many, on all cores, in the order given.
pub fn analyze_voices(
    embedder: &VoiceEmbedder,
    sources: Vec<VoiceSource>,
    gate: &QualityGate,
) -> Vec<Result<VoiceSample>> {
    let mut samples = Vec::with_capacity(sources.len());
    let _ = analyze_each(embedder, sources, gate, 0, |sample| {
        samples.extend(sample);
        ControlFlow::Continue(())
    });
    samples
}

/// As [`analyze_voice`] for many, `jobs` at once (0: as many as the machine has cores). Samples come in the order of the
/// sources, which are pulled as there is room for them, so that memory is bounded however many there are; `on_sample`
/// gets `None` a few times a second while none is ready, and cancels the rest by breaking.
pub fn analyze_each(
    embedder: &VoiceEmbedder,
    sources: impl IntoIterator<Item = VoiceSource, IntoIter: Send>,
    gate: &QualityGate,
    jobs: usize,
    mut on_sample: impl FnMut(Option<Result<VoiceSample>>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let flow = Ingest::new(jobs, Order::Given).run(
        sources.into_iter(),
        |source, _| analyze_voice(embedder, source, gate),
        |turn| match turn {
            Turn::Ready(_, sample) => Ok(on_sample(Some(sample))),
            Turn::Waiting => Ok(on_sample(None)),
        },
    );
    // Only what takes can fail, and this cannot.
    flow.unwrap_or(ControlFlow::Break(()))
}

fn analyze_clip(embedder: &VoiceEmbedder, clip: &Clip, gate: &QualityGate) -> Result<VoiceSample> {
    let start = Instant::now();
    let speech = embedder.embed_speech(clip)?;
    let verdict = gate.check(clip)?;
    let bytes = clip.samples.iter().flat_map(|s| s.to_le_bytes());
    let voice = Voice {
        recording_id: hash(&mut Bytes(bytes))?,
        duration_ms: clip.duration_ms(),
        sample_rate: clip.sample_rate,
        ..Voice::default()
    };
    Ok(sample(voice, speech, verdict, Duration::ZERO, start.elapsed()))
}

/// A recording with what it was found to be.
fn sample(
    voice: Voice,
    speech: SpeechEmbedding,
    verdict: Verdict,
    decode: Duration,
    embed: Duration,
) -> VoiceSample {
    let voice = Voice { conditions: speech.conditions, ..voice };
    let voice = NewVoice { voice, embedding: Some(speech.embedding), narrow: speech.narrow };
    VoiceSample { voice, quality: verdict.quality, reasons: verdict.reasons, decode, embed }
}

/// Bytes of an iterator, to be read.
struct Bytes<I>(I);

impl<I: Iterator<Item = u8>> std::io::Read for Bytes<I> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let slots = buffer.iter_mut().zip(&mut self.0);
        Ok(slots.map(|(slot, byte)| *slot = byte).count())
    }
}

fn analyze_source(embedder: &VoiceEmbedder, source: Source, gate: &QualityGate) -> Result<VoiceSample> {
    let mut voice = described(&source);
    let (source, hash) = SourceHash::of(source)?;
    let rate = embedder.sample_rate();
    let (mut decode, mut embed) = (Duration::ZERO, Duration::ZERO);
    let mut decoder = timed(&mut decode, || Decoder::open(source, &DecodeOptions::at(rate)))?;
    let mut first = Clip::new(Vec::new(), rate);
    let (mut speech, mut samples) = (embedder.speech_stream(), 0);
    while let Some(block) = timed(&mut decode, || decoder.next_block())? {
        samples += block.len();
        let room = (MEASURED_S * rate as usize).saturating_sub(first.samples.len());
        first.samples.extend_from_slice(&block[..block.len().min(room)]);
        timed(&mut embed, || speech.push(block))?;
    }
    voice.duration_ms = samples as u64 * 1000 / u64::from(rate.max(1));
    voice.sample_rate = decoder.native_sample_rate();
    voice.audio_format = Some(decoder.codec().to_owned());
    drop(decoder);
    voice.recording_id = hash.finish()?;
    let verdict = timed(&mut embed, || gate.check(&first))?;
    let speech = timed(&mut embed, || speech.finish())?;
    Ok(sample(voice, speech, verdict, decode, embed))
}

/// What the source says before it is read.
fn described(source: &Source) -> Voice {
    match source {
        Source::Path(path) => Voice {
            filename: path.file_name().map(path_text),
            file_path: Some(path_text(path)),
            file_size_bytes: path.metadata().map_or(0, |m| m.len()),
            ..Voice::default()
        },
        Source::Bytes(bytes) => {
            Voice { file_size_bytes: bytes.as_ref().as_ref().len() as u64, ..Voice::default() }
        }
        Source::Track(source, _) => described(source),
        Source::Reader(_) => Voice::default(),
    }
}
