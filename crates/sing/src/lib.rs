//! Singing for sonic: a [score](score::Score) in MusicXML becomes the notes, times and syllables that a singer sings, and
//! a [voicebank](Voicebank) in the DiffSinger format sings them.
//!
//! ```no_run
//! use sonic_sing::{RenderOptions, SoundFormat, SoundWriter, Voicebank, score::Score};
//!
//! let (score, bank) = (Score::open("song.musicxml")?, Voicebank::open("singer".as_ref())?);
//! for finding in bank.check() {
//!     println!("{finding}");
//! }
//! let phrases = bank.render(&score, &RenderOptions::default())?;
//! for warning in phrases.warnings() {
//!     println!("{}", warning.message);
//! }
//! let mut file = SoundWriter::create("song.flac".as_ref(), SoundFormat::Flac, 1, bank.sample_rate())?;
//! file.write(&phrases.collect_samples()?)?;
//! file.finish()?;
//! # Ok::<(), sonic_core::Error>(())
//! ```

pub mod score;

mod cache;
mod mix;
mod output;
mod phonemes;
mod render;
mod timing;
mod voicebank;

pub use cache::PhraseCache;
pub use mix::{Track, mix};
pub use output::{SoundFormat, SoundWriter, write_sound};
pub use phonemes::Language;
pub use render::{Phrase, Phrases, RenderHandle, RenderOptions, RenderProgress, RenderWarning, Saved};
pub use voicebank::{Finding, Severity, Stage, Voicebank, VoicebankOptions};

/// What fuzz targets call; no part of the interface.
#[doc(hidden)]
pub mod hostile {
    pub use crate::voicebank::hostile::{dictionary, settings, words};
}
