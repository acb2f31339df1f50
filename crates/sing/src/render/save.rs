//! A song in a sound file.

use super::phrases::{Phrase, Phrases, RenderProgress};
use super::spelled::RenderWarning;
use crate::mix;
use crate::output::{SoundFormat, SoundWriter};
use sonic_core::{Error, ErrorKind, Result};
use std::ops::ControlFlow;
use std::path::Path;

/// A song that was written to a file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Saved {
    /// Length of the sound in seconds.
    pub seconds: f64,
    /// What was rendered, and what came from the cache.
    pub progress: RenderProgress,
    /// What is not sung as it is written.
    pub warnings: Vec<RenderWarning>,
}

impl Phrases {
    /// Sings all phrases into a sound file of one channel, in the format that the ending of `path` names. The file has its
    /// name when it is whole. `on_phrase` is called after each phrase, and cancels the song by breaking. Memory does not
    /// grow with the song.
    ///
    /// # Errors
    /// Those of [`SoundFormat::of_path`], [`SoundWriter`] and of the phrases; `Closed` if it was cancelled.
    pub fn save(
        mut self,
        path: &Path,
        mut on_phrase: impl FnMut(&Phrase, RenderProgress) -> ControlFlow<()>,
    ) -> Result<Saved> {
        let rate = self.sample_rate();
        let mut file = SoundWriter::create(path, SoundFormat::of_path(path)?, 1, rate)?;
        let (mut pending, mut written) = (Vec::new(), 0);
        while let Some(phrase) = self.next() {
            let phrase = phrase?;
            // Later phrases do not begin before this one: what lies before it is done.
            flush(&mut file, &mut pending, &mut written, phrase.start_sample)?;
            mix::add(&mut pending, phrase.start_sample.saturating_sub(written), &phrase.samples, 1.0);
            if on_phrase(&phrase, self.handle().progress()).is_break() {
                return Err(Error::new(ErrorKind::Closed, "the song was cancelled"));
            }
        }
        let end = written + pending.len() as u64;
        flush(&mut file, &mut pending, &mut written, end)?;
        file.finish()?;
        let seconds = written as f64 / f64::from(rate);
        Ok(Saved { seconds, progress: self.handle().progress(), warnings: self.warnings().to_vec() })
    }
}

/// Samples that are written at a time.
const BLOCK: usize = 1 << 16;

/// Writes what lies before `until`, with silence where there is nothing.
fn flush(file: &mut SoundWriter, pending: &mut Vec<f32>, written: &mut u64, until: u64) -> Result<()> {
    let count = usize::try_from(until.saturating_sub(*written)).unwrap_or(usize::MAX);
    let sound = count.min(pending.len());
    file.write(&pending[..sound])?;
    pending.drain(..sound);
    let mut silence = count - sound;
    while silence > 0 {
        let block = silence.min(BLOCK);
        file.write(&[0.0; BLOCK][..block])?;
        silence -= block;
    }
    *written += count as u64;
    Ok(())
}
