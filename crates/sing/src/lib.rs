//! Singing for sonic: a score in MusicXML becomes the notes, times and syllables that a singer sings.

pub mod score;

mod phonemes;
mod voicebank;

pub use phonemes::Language;
pub use voicebank::{Finding, Severity, Stage, Voicebank, VoicebankOptions};
