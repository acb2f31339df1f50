//! A connection of a meeting or a call, from its sound to who said what.

mod known;
mod options;
mod parts;
mod state;

pub use options::{LiveOptions, LiveStats};

use crate::desk::{Desk, Job};
use crate::speakers::Speakers;
use crate::utterance::{Detected, SAMPLE_RATE, Utterance, Utterances};
use known::Known;
use sonic_audio::decode::push::{Chunk, PushCounts, PushDecoder};
use sonic_core::{ErrorKind, Result, Segment, Turn};
use std::collections::VecDeque;
use std::fmt;

/// The version of how sound becomes segments, in their ids.
const VERSION: u32 = 1;
/// Who spoke is revised for so long after, in milliseconds; older segments are forgotten.
const REVISED_MS: u64 = 90_000;
/// Sound that waits for a recogniser, in milliseconds, all utterances together; the oldest are given up above that.
const MOST_WAITING_MS: u64 = 300_000;
/// How often a final utterance is handed in before it is given up.
const ATTEMPTS: u32 = 3;

/// Follows one connection: sound goes in, segments come out as they become known and whenever more is known.
///
/// Nothing waits but [`finish`](Self::finish): recognisers work at their [`Desk`], and what they answer comes out with the
/// next call. What it remembers is small and bounded, and can go to another process ([`state`](Self::state)).
pub struct LiveSession {
    options: LiveOptions,
    desk: Option<Desk>,
    decoder: PushDecoder,
    utterances: Utterances,
    speakers: Speakers,
    known: VecDeque<Known>,
    stats: LiveStats,
}

impl LiveSession {
    /// Follows the connection `connection`; without a desk nobody is asked what was said.
    ///
    /// # Errors
    /// `InvalidArgument` if an option is out of range.
    pub fn new(connection: &str, desk: Option<Desk>, options: &LiveOptions) -> Result<Self> {
        let utterances = Utterances::new(connection, &pipeline(desk.as_ref()), &options.utterances)?;
        Ok(Self {
            utterances,
            decoder: PushDecoder::new(SAMPLE_RATE, &options.slices)?,
            speakers: Speakers::new(&options.speakers)?,
            options: options.clone(),
            desk,
            known: VecDeque::new(),
            stats: LiveStats::default(),
        })
    }

    /// Takes the slice number `index` of a browser's recorder, counted from 0 as the browser does; gives what became known since
    /// the last call.
    ///
    /// # Errors
    /// As [`PushDecoder::push`], after which the session goes on; as [`push_samples`](Self::push_samples).
    pub fn push(&mut self, index: u64, bytes: &[u8]) -> Result<Vec<Segment>> {
        let chunks = self.decoder.push(index, bytes)?;
        self.push_chunks(chunks)?;
        Ok(self.poll())
    }

    /// As [`push`](Self::push), of a slice that was sent at `sent_ms` by the clock of the sender, in milliseconds from anywhere:
    /// by it the next recorder on the connection finds its place.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_at(&mut self, index: u64, bytes: &[u8], sent_ms: f64) -> Result<Vec<Segment>> {
        let chunks = self.decoder.push_at(index, bytes, sent_ms)?;
        self.push_chunks(chunks)?;
        Ok(self.poll())
    }

    /// What became of the slices so far.
    pub fn counts(&self) -> PushCounts {
        self.decoder.counts()
    }

    /// From when to when sound is missing, in milliseconds.
    pub fn gaps(&self) -> Vec<(f64, f64)> {
        self.decoder.gaps()
    }

    /// Takes mono sound at 16 kHz that begins `start_ms` milliseconds after the connection's first; gives what
    /// became known since the last call.
    ///
    /// # Errors
    /// `InvalidArgument` if the time or a sample is no number, nothing is taken then; `Model` if a model of speech or voices
    /// fails. What a recogniser does wrong is no error: it is counted ([`stats`](Self::stats)).
    pub fn push_samples(&mut self, start_ms: f64, samples: &[f32]) -> Result<Vec<Segment>> {
        let detected = self.utterances.push(start_ms, samples)?;
        self.take(detected)?;
        Ok(self.poll())
    }

    /// Takes an update of the meeting's microphones, stamped `stamp_ms` milliseconds after the connection's first sound: for
    /// each participant the name and a string of digits 0 and 1. Gives what became known since the last call.
    ///
    /// # Errors
    /// `InvalidArgument` if it holds something else, or is too large.
    pub fn activity(&mut self, stamp_ms: f64, body: &[(String, String)]) -> Result<Vec<Segment>> {
        self.speakers.activity(stamp_ms, body)?;
        Ok(self.poll())
    }

    /// Gives what became known since the last call, without new sound.
    pub fn poll(&mut self) -> Vec<Segment> {
        self.collect(false);
        let (turns, mut told) = (self.speakers.turns(), Vec::new());
        for known in &mut self.known {
            if self.options.in_order && known.is_waiting() {
                break;
            }
            told.extend(known.tell(&turns));
        }
        self.forget();
        told
    }

    /// Ends the sound, waits for what recognisers still work at, and gives the rest. Sound that comes later goes on.
    ///
    /// # Errors
    /// As [`push_samples`](Self::push_samples).
    pub fn finish(&mut self) -> Result<Vec<Segment>> {
        self.end_sound()?;
        while self.known.iter().any(Known::is_waiting) {
            self.collect(true);
        }
        Ok(self.poll())
    }

    /// As [`finish`](Self::finish), but waits for nobody: [`poll`](Self::poll) gives the rest while it is
    /// [busy](Self::is_busy).
    ///
    /// # Errors
    /// As [`push_samples`](Self::push_samples).
    pub fn end(&mut self) -> Result<Vec<Segment>> {
        self.end_sound()?;
        Ok(self.poll())
    }

    /// True if a recogniser works at something, or is to be asked again: [`poll`](Self::poll) gives what comes of it.
    pub fn is_busy(&self) -> bool {
        self.known.iter().any(|known| known.ticket.is_some() || known.is_waiting())
    }

    /// Who spoke when, as far as it is known.
    pub fn turns(&mut self) -> Vec<Turn> {
        self.speakers.turns()
    }

    /// Asks the store's voices anew who the speakers are that have no name: after somebody was enrolled. Gives what
    /// became known.
    ///
    /// # Errors
    /// As those of the store.
    pub fn refresh_names(&mut self) -> Result<Vec<Segment>> {
        self.speakers.refresh_names()?;
        Ok(self.poll())
    }

    /// How utterances fared so far.
    pub fn stats(&self) -> LiveStats {
        self.stats.clone()
    }

    fn end_sound(&mut self) -> Result<()> {
        let chunks = self.decoder.finish()?;
        self.push_chunks(chunks)?;
        let detected = self.utterances.finish()?;
        self.take(detected)
    }

    fn push_chunks(&mut self, chunks: Vec<Chunk>) -> Result<()> {
        for chunk in chunks {
            let detected = self.utterances.push(chunk.start_ms, &chunk.samples)?;
            self.take(detected)?;
        }
        Ok(())
    }

    fn take(&mut self, detected: Detected) -> Result<()> {
        self.speakers.observe(&detected.frames);
        for utterance in detected.utterances {
            self.speakers.listen(utterance.start_ms, &utterance.samples)?;
            self.begin(utterance);
        }
        Ok(())
    }

    /// Takes an utterance, or a longer part of one.
    fn begin(&mut self, utterance: Utterance) {
        self.stats.utterances += u64::from(utterance.is_final);
        let place = self.known.iter().position(|known| known.id == utterance.id);
        let place = place.unwrap_or_else(|| {
            self.known.push_back(Known::new(&utterance.id));
            self.known.len() - 1
        });
        let known = &mut self.known[place];
        known.extend(&utterance);
        match &self.desk {
            Some(desk) => submit(known, desk, &self.options, &mut self.stats),
            None => known.settle(),
        }
        self.give_up();
    }

    /// Takes what recognisers answered; waits for it if it must.
    fn collect(&mut self, wait: bool) {
        let Some(desk) = &self.desk else { return };
        for known in &mut self.known {
            let Some(ticket) = &known.ticket else {
                if known.is_due(wait) {
                    submit(known, desk, &self.options, &mut self.stats);
                }
                continue;
            };
            let answer = if wait { Some(desk.wait(ticket)) } else { desk.answer(ticket) };
            match answer {
                Some(Ok(said)) => {
                    let is_final = known.understand(said);
                    self.stats.recognized += u64::from(is_final);
                    if is_final {
                        self.options.prompt.push(&known.text);
                    }
                }
                Some(Err(error)) => {
                    known.fail(&error, &mut self.stats);
                }
                None => (),
            }
        }
    }

    /// Gives up the oldest utterances where too much sound waits.
    fn give_up(&mut self) {
        let waiting = |known: &VecDeque<Known>| known.iter().map(Known::waiting_ms).sum::<u64>();
        while waiting(&self.known) > MOST_WAITING_MS {
            let Some(oldest) = self.known.iter_mut().find(|known| known.is_waiting()) else { return };
            oldest.settle();
            self.stats.given_up += 1;
        }
    }

    fn forget(&mut self) {
        let now = self.utterances.end_ms();
        let is_old = |known: &Known| known.is_done() && known.end_ms + REVISED_MS < now;
        while self.known.front().is_some_and(is_old) {
            self.known.pop_front();
        }
    }
}

/// Hands an utterance in.
fn submit(known: &mut Known, desk: &Desk, options: &LiveOptions, stats: &mut LiveStats) {
    let is_final = known.is_complete;
    let job = Job {
        samples: known.sound(),
        prompt: options.prompt.get(),
        language: options.language.clone(),
        is_final,
    };
    match desk.submit(job) {
        Ok(ticket) => known.ticket = Some(ticket),
        // A part is asked for again when it is longer.
        Err(error) if error.kind() == ErrorKind::Busy && !is_final => (),
        Err(error) => {
            known.fail(&error, stats);
        }
    }
}

/// What goes into the ids of segments.
fn pipeline(desk: Option<&Desk>) -> String {
    format!("live-{VERSION}/{}", desk.map_or("", Desk::pipeline))
}

impl fmt::Debug for LiveSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LiveSession({:?}, {} segments)", self.utterances, self.known.len())
    }
}
