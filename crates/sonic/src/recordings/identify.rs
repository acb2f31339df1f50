//! Which recording is this?

use super::pieces::Pieces;
use super::{Answer, IdentifyOptions, Query, RecordingQuery};
use crate::audio::decode::{DecodeOptions, Decoder};
use crate::audio::fingerprint::{Fingerprinter, SAMPLE_RATE};
use crate::audio::{hashes, resample};
use crate::flow::ingest::{Ingest, Order, Turn};
use crate::flow::timed::timed;
use crate::{Clip, Result, Source, Store};
use std::ops::ControlFlow;
use std::time::Duration;

/// Length of a stretch. What is longer is searched for stretch by stretch, so that memory stays bounded.
const STRETCH_SECONDS: usize = 240;

/// Time that the stages took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Elapsed {
    /// Decoding and resampling.
    pub decode: Duration,
    /// Fingerprinting.
    pub fingerprint: Duration,
    /// Searching.
    pub search: Duration,
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Identified {
    /// What it is.
    pub answer: Answer,
    /// Length of its sound in milliseconds.
    pub duration_ms: u64,
    /// True if the source ended early.
    pub truncated: bool,
    /// How much of the source's sound could not be decoded, in milliseconds.
    pub damaged_ms: u64,
    /// Time that the stages took.
    pub elapsed: Elapsed,
}

impl Identified {
    /// The answer to a query of pieces that last `duration_ms` together, whose stages nobody timed.
    pub fn untimed(answer: Answer, duration_ms: u64) -> Self {
        Self { answer, duration_ms, truncated: false, damaged_ms: 0, elapsed: Elapsed::default() }
    }
}

/// Which recordings of `store` a file, bytes, a stream, a clip or a fingerprint comes from. Of a source memory is
/// bounded whatever its length. Recordings that were imported without their sound are searched too, but with a
/// fingerprint, which is of another kind than their hashes.
///
/// # Errors
/// As [`Decoder::open`] and [`Store::identify`].
pub fn identify<'a>(
    store: &Store,
    query: impl Into<Query<'a>>,
    options: &IdentifyOptions,
) -> Result<Identified> {
    let mut search = Search::new(store, options)?;
    match query.into() {
        Query::Source(source) => search.source(source),
        Query::Clip(clip) => search.clip(clip),
        Query::Fingerprint(fingerprint) => {
            timed(&mut search.elapsed.search, || search.query.push(fingerprint))?;
            search.finish(fingerprint.duration_ms, false, 0)
        }
    }
}

/// As [`identify`] of many sources, `jobs` at once (0: as many as the machine has cores), each on one thread if there are
/// several. Answers come in the order of the sources, which are pulled as they are needed; `on_answer` gets `None` a few
/// times a second while none is ready, and cancels the rest by breaking.
///
/// # Errors
/// `Closed` if the store is closed. What is wrong with a source is its answer.
pub fn identify_each<S: Into<Source>>(
    store: &Store,
    sources: impl IntoIterator<Item = S, IntoIter: Send>,
    options: &IdentifyOptions,
    jobs: usize,
    mut on_answer: impl FnMut(Option<Result<Identified>>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>> {
    store.check_open()?;
    let ingest = Ingest::new(jobs, Order::Given);
    let threads = if ingest.workers > 1 { 1 } else { options.threads };
    let options = IdentifyOptions { threads, ..options.clone() };
    ingest.run(
        sources.into_iter(),
        |source, _| identify(store, source.into(), &options),
        |turn| match turn {
            Turn::Ready(_, answer) => Ok(on_answer(Some(answer))),
            Turn::Waiting => Ok(on_answer(None)),
        },
    )
}

/// A query whose stages are timed.
struct Search {
    query: RecordingQuery,
    elapsed: Elapsed,
    fingerprinter: Fingerprinter,
    /// If anything was imported: what is searched for among it.
    imported: Option<Pieces>,
    /// Samples per second of what is pushed.
    sample_rate: u32,
    /// Samples of the stretch that is being fingerprinted.
    pending: usize,
    /// Samples of all stretches.
    samples: u64,
}

impl Search {
    fn new(store: &Store, options: &IdentifyOptions) -> Result<Self> {
        let imported = if store.imported().is_empty()? { None } else { Some(Pieces::default()) };
        Ok(Self {
            query: store.recordings().query(options),
            sample_rate: if imported.is_some() { hashes::SAMPLE_RATE } else { SAMPLE_RATE },
            imported,
            elapsed: Elapsed::default(),
            fingerprinter: Fingerprinter::with_texture(),
            pending: 0,
            samples: 0,
        })
    }

    fn source(mut self, source: Source) -> Result<Identified> {
        let mut decoder =
            timed(&mut self.elapsed.decode, || Decoder::open(source, &DecodeOptions::at(self.sample_rate)))?;
        while let Some(block) = timed(&mut self.elapsed.decode, || decoder.next_block())? {
            self.push(block)?;
        }
        self.end(decoder.truncated(), decoder.damaged_ms())
    }

    fn clip(mut self, clip: &Clip) -> Result<Identified> {
        if clip.sample_rate == self.sample_rate {
            self.push(&clip.samples)?;
        } else {
            let resampled = timed(&mut self.elapsed.decode, || resample(clip, self.sample_rate))?;
            self.push(&resampled.samples)?;
        }
        self.end(clip.truncated, clip.damaged_ms)
    }

    /// Adds samples; a stretch that is full is searched for.
    fn push(&mut self, mut samples: &[f32]) -> Result<()> {
        let stretch = STRETCH_SECONDS * self.sample_rate as usize;
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(stretch - self.pending));
            self.push_to_stretch(now)?;
            self.pending += now.len();
            self.samples += now.len() as u64;
            if self.pending == stretch {
                self.search()?;
            }
            samples = later;
        }
        Ok(())
    }

    fn push_to_stretch(&mut self, samples: &[f32]) -> Result<()> {
        let Some(imported) = &mut self.imported else {
            return timed(&mut self.elapsed.fingerprint, || self.fingerprinter.push(samples));
        };
        let pieces = timed(&mut self.elapsed.fingerprint, || imported.push(samples))?;
        timed(&mut self.elapsed.search, || pieces.iter().try_for_each(|piece| self.query.push_hashes(piece)))
    }

    fn search(&mut self) -> Result<()> {
        self.pending = 0;
        if let Some(imported) = &mut self.imported {
            let stretch = timed(&mut self.elapsed.decode, || imported.take_stretch(SAMPLE_RATE))?;
            timed(&mut self.elapsed.fingerprint, || self.fingerprinter.push(&stretch.samples))?;
        }
        let fingerprint = timed(&mut self.elapsed.fingerprint, || self.fingerprinter.take());
        timed(&mut self.elapsed.search, || self.query.push(&fingerprint))
    }

    fn end(mut self, truncated: bool, damaged_ms: u64) -> Result<Identified> {
        if self.pending > 0 || self.samples == 0 {
            self.search()?;
        }
        if let Some(imported) = &mut self.imported {
            let last = timed(&mut self.elapsed.fingerprint, || imported.finish())?;
            timed(&mut self.elapsed.search, || {
                last.iter().try_for_each(|piece| self.query.push_hashes(piece))
            })?;
        }
        let duration_ms = self.samples * 1000 / u64::from(self.sample_rate);
        self.finish(duration_ms, truncated, damaged_ms)
    }

    fn finish(self, duration_ms: u64, truncated: bool, damaged_ms: u64) -> Result<Identified> {
        let Self { query, mut elapsed, .. } = self;
        let answer = timed(&mut elapsed.search, || query.finish())?;
        Ok(Identified { answer, duration_ms, truncated, damaged_ms, elapsed })
    }
}
