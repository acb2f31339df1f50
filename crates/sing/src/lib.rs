//! Singing for sonic: a score in MusicXML becomes the notes, times and syllables that a singer sings.

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
pub use render::{Phrase, Phrases, RenderHandle, RenderOptions, RenderProgress, RenderWarning};
pub use voicebank::{Finding, Severity, Stage, Voicebank, VoicebankOptions};

/// What fuzz targets call; no part of the interface.
#[doc(hidden)]
pub mod hostile {
    pub use crate::voicebank::hostile::{dictionary, settings, words};
}
