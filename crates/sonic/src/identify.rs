//! A file, or bytes, asked against a store.

use crate::audio::decode::Decoder;
use crate::audio::fingerprint::{Fingerprinter, SAMPLE_RATE};
use crate::{Answer, Decision, IdentifyOptions, Match, Result, Source, Store};
use std::time::{Duration, Instant};

/// A source longer than this is asked in parts, so that memory stays bounded.
const PART_SECONDS: u64 = 240;

/// Time that the stages took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Elapsed {
    /// Decoding and resampling.
    pub decode: Duration,
    /// Fingerprinting.
    pub fingerprint: Duration,
    /// Searching.
    pub search: Duration,
}

/// The answer to a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Identified {
    /// What it is.
    pub answer: Answer,
    /// Length of its sound in milliseconds.
    pub duration_ms: u64,
    /// True if the source ended early.
    pub truncated: bool,
    /// Time that the stages took.
    pub elapsed: Elapsed,
}

/// Decodes `source` and asks `store` what it is; memory is bounded whatever its length.
///
/// # Errors
/// As [`Decoder::open`](crate::audio::decode::Decoder::open) and [`Store::identify`].
pub fn identify(store: &Store, source: impl Into<Source>, options: &IdentifyOptions) -> Result<Identified> {
    let mut elapsed = Elapsed::default();
    let mut decoder = timed(&mut elapsed.decode, || Decoder::open(source, Some(SAMPLE_RATE)))?;
    let mut asking = Asking { store, options, elapsed, answer: None, samples: 0 };
    let mut part = Part::default();
    while let Some(block) = timed(&mut asking.elapsed.decode, || decoder.next_block())? {
        timed(&mut asking.elapsed.fingerprint, || part.push(block))?;
        if part.samples >= PART_SECONDS * u64::from(SAMPLE_RATE) {
            asking.ask(std::mem::take(&mut part))?;
        }
    }
    if part.samples > 0 || asking.answer.is_none() {
        asking.ask(part)?;
    }
    let answer = asking.answer.take().unwrap_or_default();
    let duration_ms = asking.samples * 1000 / u64::from(SAMPLE_RATE);
    Ok(Identified { answer, duration_ms, truncated: decoder.truncated(), elapsed: asking.elapsed })
}

fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = work();
    *total += start.elapsed();
    value
}

struct Part {
    fingerprinter: Fingerprinter,
    samples: u64,
}

impl Default for Part {
    fn default() -> Self {
        Self { fingerprinter: Fingerprinter::with_texture(), samples: 0 }
    }
}

impl Part {
    fn push(&mut self, block: &[f32]) -> Result<()> {
        self.samples += block.len() as u64;
        self.fingerprinter.push(block)
    }
}

struct Asking<'a> {
    store: &'a Store,
    options: &'a IdentifyOptions,
    elapsed: Elapsed,
    answer: Option<Answer>,
    /// Samples of the parts that were asked.
    samples: u64,
}

impl Asking<'_> {
    fn ask(&mut self, part: Part) -> Result<()> {
        let fingerprint = timed(&mut self.elapsed.fingerprint, || part.fingerprinter.finish());
        let mut answer = timed(&mut self.elapsed.search, || self.store.identify(&fingerprint, self.options))?;
        let start_ms = self.samples * 1000 / u64::from(SAMPLE_RATE);
        for m in &mut answer.matches {
            m.offset_ms -= (start_ms as f64 * f64::from(m.time_scale)).round() as i64;
            m.query_start_ms += start_ms;
            m.query_end_ms += start_ms;
        }
        self.samples += part.samples;
        self.answer = Some(match self.answer.take() {
            Some(earlier) => joined(earlier, answer, self.options.limit),
            None => answer,
        });
        Ok(())
    }
}

/// The answer to two parts in a row: a match that goes on where one of the first part ends is one with it.
fn joined(mut first: Answer, second: Answer, limit: usize) -> Answer {
    let found = |a: &Answer| a.decision == Decision::Match;
    first.postings_read += second.postings_read;
    first.postings_skipped += second.postings_skipped;
    first.scales_tried = first.scales_tried.max(second.scales_tried);
    match (found(&first), found(&second)) {
        (true, false) => return first,
        (false, true) => {
            first.matches = second.matches;
            first.decision = Decision::Match;
            return first;
        }
        _ => {}
    }
    for next in second.matches {
        match first.matches.iter_mut().find(|m| continues(m, &next)) {
            Some(m) => {
                m.query_end_ms = next.query_end_ms;
                m.aligned += next.aligned;
                m.score = m.score.max(next.score);
                m.probability = m.probability.max(next.probability);
            }
            None => first.matches.push(next),
        }
    }
    first.matches.sort_by(|a, b| b.score.total_cmp(&a.score));
    first.matches.truncate(limit);
    first
}

fn continues(m: &Match, next: &Match) -> bool {
    m.id == next.id
        && m.query_end_ms + 20_000 >= next.query_start_ms
        && (m.offset_ms - next.offset_ms).abs() < 300
}
