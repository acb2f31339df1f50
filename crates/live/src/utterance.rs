//! Utterances: stretches of sound in which somebody speaks, cut out of a connection's sound while it comes in.

mod cutter;
mod options;
mod state;

pub use options::UtteranceOptions;
pub use state::UtteranceState;

use crate::recent::Recent;
use cutter::{Cut, Cutter};
use sonic_audio::speech::SpeechListener;
use sonic_core::{Clip, Result};
use std::fmt;
use xxhash_rust::xxh3::Xxh3;

/// Samples per second of all sound here.
pub const SAMPLE_RATE: u32 = 16_000;
pub(crate) const PER_MS: u64 = SAMPLE_RATE as u64 / 1000;
/// Differences between the time that a piece of sound says and the sum of those before it are no gaps up to this.
const TOLERANCE: u64 = 20 * PER_MS;
/// A session's sound is at most so long, in milliseconds: eight years.
const LONGEST_MS: f64 = 2.5e11;

/// A stretch of sound in which somebody speaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Utterance {
    /// Its name: made of the connection, its first sample and the pipeline, so that the same sound has the same name in
    /// another process.
    pub id: String,
    /// 0 for the first part that was given of it, one more for each longer part.
    pub revision: u32,
    /// False while it goes on.
    pub is_final: bool,
    /// Where it begins, in milliseconds of the connection's sound.
    pub start_ms: u64,
    /// Where it ends, or ended so far, in milliseconds.
    pub end_ms: u64,
    /// Its sound: mono, 16 kHz, in -1..1.
    pub samples: Vec<f32>,
}

/// The probability of speech in a short stretch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpeechFrame {
    /// Its first sample, counted at 16 kHz from the beginning of the connection's sound.
    pub start: u64,
    /// The sample behind its last.
    pub end: u64,
    /// 0 to 1; 0 in a gap.
    pub probability: f32,
}

/// What became known by a piece of sound.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Detected {
    /// Utterances, and longer parts of those that go on, in order.
    pub utterances: Vec<Utterance>,
    /// How probable speech is, in order and without holes but for what was lost.
    pub frames: Vec<SpeechFrame>,
}

/// Cuts the sound of one connection into utterances. Silence is never part of one, but for pauses and short margins.
///
/// The same sound at the same times gives the same utterances, whatever the pieces are that it comes in; only the parts
/// that are given of an utterance before it ends depend on them.
pub struct Utterances {
    connection: String,
    pipeline: String,
    options: UtteranceOptions,
    listener: SpeechListener,
    recent: Recent,
    cutter: Cutter,
    /// The place of the listener's first sample, and the frames that it has decided.
    anchor: u64,
    frames: u64,
    probabilities: Vec<f32>,
}

impl Utterances {
    /// For the sound of `connection`; `pipeline` names what is done with the utterances and goes into their ids.
    ///
    /// # Errors
    /// `InvalidArgument` if an option is out of range.
    pub fn new(connection: &str, pipeline: &str, options: &UtteranceOptions) -> Result<Self> {
        options.check()?;
        Ok(Self {
            connection: connection.to_owned(),
            pipeline: pipeline.to_owned(),
            listener: SpeechListener::new(&options.speech(), SAMPLE_RATE)?,
            options: options.clone(),
            recent: Recent::default(),
            cutter: Cutter::default(),
            anchor: 0,
            frames: 0,
            probabilities: Vec::new(),
        })
    }

    /// Takes mono sound at 16 kHz that begins `start_ms` milliseconds after the connection's first sound. Sound that was
    /// there before is left out; where some is missing, speech ends after the hangover.
    ///
    /// # Errors
    /// `InvalidArgument` if the time or a sample is no number, nothing is taken then; `Model` if the model fails.
    pub fn push(&mut self, start_ms: f64, samples: &[f32]) -> Result<Detected> {
        Clip::check_samples(samples)?;
        if !(0.0..LONGEST_MS).contains(&start_ms) {
            return Err(crate::invalid(format!("{start_ms} ms is no time of a connection's sound")));
        }
        let start = (start_ms * PER_MS as f64).round() as u64;
        let mut detected = Detected::default();
        let next = self.recent.end();
        let known = next.saturating_sub(start);
        let is_new = known <= TOLERANCE && samples.len() as u64 > known;
        let samples = if is_new { samples } else { samples.get(known as usize..).unwrap_or_default() };
        if start > next + TOLERANCE || self.is_new() {
            self.jump(start, &mut detected)?;
        }
        self.take(samples, &mut detected)?;
        Ok(detected)
    }

    /// Ends the sound; gives what is left. Sound that comes later begins anew.
    ///
    /// # Errors
    /// `Model` if the model fails.
    pub fn finish(&mut self) -> Result<Detected> {
        let mut detected = Detected::default();
        self.flush(&mut detected)?;
        let cut = self.cutter.end(self.recent.end(), &self.options);
        self.give(cut, &mut detected);
        Ok(detected)
    }

    /// Where the sound that was taken ends, in milliseconds.
    pub fn end_ms(&self) -> u64 {
        self.recent.end() / PER_MS
    }

    fn is_new(&self) -> bool {
        self.recent.end() == 0
    }

    /// Goes on at `place` after a gap.
    fn jump(&mut self, place: u64, detected: &mut Detected) -> Result<()> {
        if !self.is_new() {
            let end = self.recent.end();
            self.flush(detected)?;
            // As much silence as ends any utterance.
            let most = self.options.hangover() + self.options.padding() + 100 * PER_MS;
            self.recent.jump(place.min(end + most), u64::MAX);
            self.decide(SpeechFrame { start: end, end: place.min(end + most), probability: 0.0 }, detected);
            detected.frames.last_mut().into_iter().for_each(|last| last.end = place);
        }
        self.recent.jump(place, TOLERANCE);
        (self.anchor, self.frames) = (place, 0);
        Ok(())
    }

    /// Decides about all that the listener still waits for, and begins with a new one.
    fn flush(&mut self, detected: &mut Detected) -> Result<()> {
        let fresh = SpeechListener::new(&self.options.speech(), SAMPLE_RATE)?;
        let old = std::mem::replace(&mut self.listener, fresh);
        old.finish(&mut self.probabilities)?;
        self.decide_all(detected);
        (self.anchor, self.frames) = (self.recent.end(), 0);
        Ok(())
    }

    fn take(&mut self, samples: &[f32], detected: &mut Detected) -> Result<()> {
        // In pieces, so that what is kept of a long push is bounded as well.
        for piece in samples.chunks(SAMPLE_RATE as usize) {
            self.recent.push(piece);
            self.listener.push(piece, &mut self.probabilities)?;
            self.decide_all(detected);
            let decided = self.anchor + self.frames * self.listener.frame() as u64;
            let lookback = self.options.padding() + self.options.min_speech();
            let needed = self.cutter.needs().unwrap_or(decided.saturating_sub(lookback));
            self.recent.forget_before(needed.min(decided));
        }
        Ok(())
    }

    fn decide_all(&mut self, detected: &mut Detected) {
        let length = self.listener.frame() as u64;
        for probability in std::mem::take(&mut self.probabilities) {
            let start = self.anchor + self.frames * length;
            self.frames += 1;
            let end = (start + length).min(self.recent.end());
            if start < end {
                self.decide(SpeechFrame { start, end, probability }, detected);
            }
        }
    }

    fn decide(&mut self, frame: SpeechFrame, detected: &mut Detected) {
        detected.frames.push(frame);
        let cut = self.cutter.push(&frame, &self.recent, &self.options);
        self.give(cut, detected);
    }

    fn give(&mut self, cut: Option<Cut>, detected: &mut Detected) {
        detected.utterances.extend(cut.map(|cut| {
            let end = cut.end.min(self.recent.end());
            Utterance {
                id: self.id(cut.start),
                revision: cut.revision,
                is_final: cut.is_final,
                start_ms: cut.start / PER_MS,
                end_ms: end / PER_MS,
                samples: self.recent.get(cut.start..end),
            }
        }));
    }

    /// The id of the utterance that begins at a sample.
    fn id(&self, start: u64) -> String {
        let mut hash = Xxh3::new();
        for part in [self.connection.as_bytes(), self.pipeline.as_bytes()] {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.update(&start.to_le_bytes());
        format!("{:032x}", hash.digest128())
    }
}

impl fmt::Debug for Utterances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Utterances").field("connection", &self.connection).finish_non_exhaustive()
    }
}
