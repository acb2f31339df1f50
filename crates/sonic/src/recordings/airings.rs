//! What plays in a source that is read as it comes.

use super::monitor::{Airing, Monitor, MonitorOptions};
use crate::audio::decode::{DecodeOptions, Decoder};
use crate::audio::fingerprint::SAMPLE_RATE;
use crate::{Result, Source, Store};
use std::collections::VecDeque;
use std::fmt;

/// Follows a file, bytes or a reader, which may never end and is read as it comes: iterating gives what plays, as
/// [`Monitor::push`] does.
///
/// # Errors
/// As [`Decoder::open`] and [`Monitor::new`].
pub fn monitor(store: &Store, source: impl Into<Source>, options: &MonitorOptions) -> Result<Airings> {
    let monitor = Monitor::new(store, options)?;
    let decoder = Decoder::open(source.into(), &DecodeOptions::at(SAMPLE_RATE))?;
    Ok(Airings { monitor, decoder, samples: 0, waiting: VecDeque::new(), ended: false })
}

/// What plays in a source; [`monitor`] gives it.
pub struct Airings {
    monitor: Monitor,
    decoder: Decoder,
    /// Samples so far.
    samples: u64,
    waiting: VecDeque<Airing>,
    ended: bool,
}

impl Airings {
    /// What became known by the next block of sound, a fraction of a second mostly: often nothing. `None` at the end.
    ///
    /// # Errors
    /// As [`Decoder::next_block`] and [`Monitor::push_samples`].
    pub fn next_block(&mut self) -> Result<Option<Vec<Airing>>> {
        if self.ended {
            return Ok(None);
        }
        let start_ms = self.samples as f64 * 1000.0 / f64::from(SAMPLE_RATE);
        let Some(block) = self.decoder.next_block()? else {
            self.ended = true;
            return self.monitor.finish().map(Some);
        };
        self.samples += block.len() as u64;
        self.monitor.push_samples(start_ms, block).map(Some)
    }

    /// Length of the sound so far in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        self.samples * 1000 / u64::from(SAMPLE_RATE)
    }

    /// True if the source ended early.
    pub fn truncated(&self) -> bool {
        self.decoder.truncated()
    }

    /// How much of the source's sound could not be decoded, in milliseconds.
    pub fn damaged_ms(&self) -> u64 {
        self.decoder.damaged_ms()
    }
}

/// It ends after an error.
impl Iterator for Airings {
    type Item = Result<Airing>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(airing) = self.waiting.pop_front() {
                return Some(Ok(airing));
            }
            match self.next_block() {
                Ok(airings) => self.waiting.extend(airings?),
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
    }
}

impl fmt::Debug for Airings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Airings").field("monitor", &self.monitor).finish_non_exhaustive()
    }
}
