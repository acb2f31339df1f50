//! A score is sung: phrases in order, as they come.

mod engine;
mod feed;
mod key;
mod options;
mod phrases;
mod plan;
mod save;
mod singer;
mod spelled;
#[cfg(test)]
mod tests;

pub use options::RenderOptions;
pub use phrases::{Phrase, Phrases, RenderHandle, RenderProgress};
pub use save::Saved;
pub use spelled::RenderWarning;

use crate::score::Score;
use crate::voicebank::Voicebank;
use sonic_core::Result;

impl Voicebank {
    /// Sings one singer of a score: an iterator of phrases in the order of time, each rendered when it is asked for.
    /// What cannot be sung as written is told by [`Phrases::warnings`] before the first phrase.
    ///
    /// # Errors
    /// `InvalidArgument` for options out of range and an unknown voice colour; `NotFound` for a part, voice or verse
    /// that the score has not; `Model` for a bank that cannot sing; with `strict`, `Unsupported` for a word that cannot be
    /// spelled. What a model refuses is the item of the iterator.
    pub fn render(&self, score: &Score, options: &RenderOptions) -> Result<Phrases> {
        Phrases::new(self, score, options)
    }
}
