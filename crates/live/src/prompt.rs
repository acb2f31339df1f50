//! What was said in a meeting before, for recognisers that get names right when they know the context.

use crate::tokens::Tokenizer;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Tokens of the text that are given to a recogniser, or words where there is no tokenizer.
const TOKENS: usize = 400;
const WORDS: usize = 300;
/// Bytes of the text that are kept: more than any 400 tokens of a language have.
const KEPT_BYTES: usize = 16_384;

/// The latest text of a meeting. Clones are the same meeting: sessions of several connections share it.
#[derive(Clone, Default)]
pub struct Prompt {
    text: Arc<Mutex<String>>,
    tokenizer: Option<Arc<Tokenizer>>,
}

impl Prompt {
    /// That of a meeting in which nothing was said yet. With a tokenizer its last 400 tokens are given, else its last
    /// 300 words.
    pub fn new(tokenizer: Option<Arc<Tokenizer>>) -> Self {
        Self { text: Arc::default(), tokenizer }
    }

    /// Adds what was said.
    pub fn push(&self, text: &str) {
        let mut kept = self.kept();
        if !kept.is_empty() && !text.is_empty() {
            kept.push(' ');
        }
        kept.push_str(text);
        let surplus = kept.len().saturating_sub(KEPT_BYTES);
        let cut = (surplus..=kept.len()).find(|at| kept.is_char_boundary(*at)).unwrap_or(0);
        kept.drain(..cut);
    }

    /// What a recogniser is given; `None` if nothing was said.
    pub fn get(&self) -> Option<String> {
        let text = self.kept().clone();
        let last = match &self.tokenizer {
            Some(tokenizer) => tokenizer.last(&text, TOKENS),
            None => last_words(&text, WORDS),
        };
        Some(last).filter(|last| !last.is_empty())
    }

    /// All of the text that is kept.
    pub(crate) fn text(&self) -> String {
        self.kept().clone()
    }

    fn kept(&self) -> MutexGuard<'_, String> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn last_words(text: &str, count: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words[words.len().saturating_sub(count)..].join(" ")
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt")
            .field("bytes", &self.kept().len())
            .field("tokenizer", &self.tokenizer)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_given_and_what_is_kept_is_bounded() {
        let prompt = Prompt::default();
        assert_eq!(prompt.get(), None);
        for i in 0..10_000 {
            prompt.push(&format!("é{i}"));
        }
        let given = prompt.get().unwrap();
        assert!(given.starts_with("é9700 ") && given.ends_with(" é9999"), "{given}");
        assert!(prompt.text().len() <= KEPT_BYTES);
    }
}
