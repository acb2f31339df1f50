//! Recognisers of speech: what they are asked, what they answer, and what of an answer can be believed.

use sonic_core::{Error, ErrorKind, Result, Word};

/// Bytes of a text, and words, that an answer holds at most for each second of sound; nobody speaks faster than half of that.
const MOST_BYTES_PER_SECOND: u64 = 400;
const MOST_WORDS_PER_SECOND: u64 = 20;
/// Times of words may lie outside of the sound by so much, in milliseconds; they are moved inside.
const OUTSIDE_MS: u64 = 2_000;

/// What a recogniser is asked.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Request<'a> {
    /// An utterance: mono, 16 kHz, in -1..1, a minute at most.
    pub samples: &'a [f32],
    /// What was said in the meeting before, which helps to get names right.
    pub prompt: Option<&'a str>,
    /// The language that is spoken, as ISO 639-1; `None` to find out.
    pub language: Option<&'a str>,
    /// False while the utterance goes on: the answer is shown and then replaced.
    pub is_final: bool,
}

impl<'a> Request<'a> {
    /// A whole utterance, and nothing else said about it.
    pub fn new(samples: &'a [f32]) -> Self {
        Self { samples, prompt: None, language: None, is_final: true }
    }

    /// Length of the sound in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        self.samples.len() as u64 / crate::utterance::PER_MS
    }
}

/// What a recogniser heard.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recognition {
    /// The text, without space around it; empty if nothing was said.
    pub text: String,
    /// Its words, in milliseconds from the beginning of the utterance; none if the recogniser gives none.
    pub words: Vec<Word>,
    /// How sure it is, 0 to 1.
    pub confidence: f32,
}

/// Says what was said in an utterance. Any number of threads can ask one at once.
pub trait Recognizer: Send + Sync {
    /// What tells its answers from those of others: it goes into the ids of segments.
    fn pipeline(&self) -> String;

    /// What was said.
    ///
    /// # Errors
    /// `Busy` if it cannot be asked now; `Io` if it does not answer; `Malformed` if the answer is none; `Model` if a
    /// model fails. Whoever asks must expect that this never returns: a [`Desk`](crate::Desk) does.
    fn recognize(&self, request: &Request<'_>) -> Result<Recognition>;
}

impl Recognition {
    /// The same, as far as it can be an answer about a sound of that length: numbers in their ranges, words in order and
    /// inside of the sound, no control characters.
    ///
    /// # Errors
    /// `Malformed` if it is too long, or a time or a confidence cannot be.
    pub fn checked(mut self, duration_ms: u64) -> Result<Self> {
        let seconds = duration_ms.div_ceil(1000).max(1);
        let bytes =
            self.words.iter().map(|word| word.text.len() as u64).sum::<u64>().max(self.text.len() as u64);
        if bytes > seconds * MOST_BYTES_PER_SECOND
            || self.words.len() as u64 > seconds * MOST_WORDS_PER_SECOND
        {
            return Err(malformed(format!("{bytes} bytes of text for {seconds} s of sound")));
        }
        let is_share = |value: f32| (0.0..=1.0).contains(&value);
        if !is_share(self.confidence) || !self.words.iter().all(|word| is_share(word.confidence)) {
            return Err(malformed("a confidence that is not between 0 and 1"));
        }
        let mut from = 0;
        for word in &mut self.words {
            if word.end_ms < word.start_ms || word.start_ms > duration_ms + OUTSIDE_MS {
                return Err(malformed(format!("a word from {} to {} ms", word.start_ms, word.end_ms)));
            }
            word.start_ms = word.start_ms.clamp(from, duration_ms.max(from));
            word.end_ms = word.end_ms.clamp(word.start_ms, duration_ms.max(word.start_ms));
            from = word.start_ms;
            word.text = plain(&word.text);
        }
        self.words.retain(|word| !word.text.is_empty());
        self.text = plain(&self.text);
        Ok(self)
    }
}

/// A text in one line, without characters that move a cursor.
fn plain(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn malformed(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Malformed, format!("the recogniser's answer is none: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(start_ms: u64, end_ms: u64, text: &str) -> Word {
        Word { start_ms, end_ms, text: text.to_owned(), confidence: 0.5 }
    }

    #[test]
    fn words_come_inside_and_in_order() {
        let said = Recognition {
            text: " one\ntwo\u{1b}[2J ".to_owned(),
            words: vec![word(0, 300, " one"), word(200, 3_400, "two\u{7}"), word(100, 90_000, " ")],
            confidence: 1.0,
        };
        let said = said.checked(3_000).unwrap();
        assert_eq!(said.text, "one two [2J");
        assert_eq!(said.words, [word(0, 300, "one"), word(200, 3_000, "two")]);
    }

    #[test]
    fn what_cannot_be_an_answer_is_refused() {
        let refused = |said: Recognition| {
            assert_eq!(said.checked(2_000).unwrap_err().kind(), ErrorKind::Malformed);
        };
        refused(Recognition { text: "na".repeat(500), ..Recognition::default() });
        refused(Recognition { words: vec![word(0, 1, "x"); 41], ..Recognition::default() });
        refused(Recognition { confidence: f32::NAN, ..Recognition::default() });
        refused(Recognition { confidence: 1.5, ..Recognition::default() });
        refused(Recognition { words: vec![word(500, 400, "x")], ..Recognition::default() });
        refused(Recognition { words: vec![word(9_000, 9_100, "x")], ..Recognition::default() });
    }
}
