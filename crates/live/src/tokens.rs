//! Byte-pair tokens as Whisper's, from a tiktoken file: how much of a text a recogniser takes as its prompt.
//!
//! Text is cut into words, numbers and marks, each with the space before it; in each, the two neighbours that come first in
//! the table become one token, again and again (Sennrich, Haddow and Birch, "Neural machine translation of rare words with
//! subword units", ACL 2016, on bytes as in GPT-2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sonic_core::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::fmt;
use std::path::Path;

/// Tokens and bytes of a table at most.
const MOST_TOKENS: usize = 1 << 20;
const MOST_BYTES: u64 = 64 << 20;
/// A piece of text that is longer is cut, in bytes: joining pairs takes the square of its length.
const LONGEST_PIECE: usize = 256;
/// Endings of English that are pieces of their own.
const ENDINGS: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

/// A table of tokens.
pub struct Tokenizer {
    ranks: HashMap<Vec<u8>, u32>,
}

impl Tokenizer {
    /// The table in a tiktoken file: a token in base64 and its rank on each line.
    ///
    /// # Errors
    /// `NotFound` or `Io` if the file cannot be read; `Malformed` if it is no such table, or lacks a byte.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let of_file = |error| Error::io(format!("cannot read the tokens {}", path.display()), error);
        if std::fs::metadata(path).map_err(of_file)?.len() > MOST_BYTES {
            return Err(malformed("it is too large"));
        }
        Self::parse(&std::fs::read_to_string(path).map_err(of_file)?)
    }

    /// As [`open`](Self::open), of the text of such a file.
    ///
    /// # Errors
    /// `Malformed` if it is no such table, or lacks a byte.
    pub fn parse(text: &str) -> Result<Self> {
        let mut ranks = HashMap::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let entry = line.split_once(' ').and_then(|(token, rank)| {
                Some((STANDARD.decode(token).ok()?, rank.trim().parse::<u32>().ok()?))
            });
            let (token, rank) = entry.ok_or_else(|| malformed(format!("line {} is no token", number + 1)))?;
            ranks.insert(token, rank);
            if ranks.len() > MOST_TOKENS {
                return Err(malformed("it has too many tokens"));
            }
        }
        match (0..=u8::MAX).find(|byte| !ranks.contains_key(&[*byte][..])) {
            Some(byte) => Err(malformed(format!("it lacks the byte {byte}"))),
            None => Ok(Self { ranks }),
        }
    }

    /// The tokens of a text, by their ranks.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let tokens = pieces(text).into_iter().flat_map(|piece| self.tokens(piece.as_bytes()));
        tokens.filter_map(|token| self.ranks.get(&token).copied()).collect()
    }

    /// The end of a text that is `count` tokens long, beginning with a whole letter.
    pub fn last(&self, text: &str, count: usize) -> String {
        let mut left = count;
        let mut bytes: Vec<u8> = Vec::new();
        for piece in pieces(text).into_iter().rev() {
            let tokens = self.tokens(piece.as_bytes());
            let taken = tokens.len().min(left);
            let end = tokens[tokens.len() - taken..].concat();
            bytes.splice(0..0, end);
            left -= taken;
            if left == 0 {
                break;
            }
        }
        let whole = bytes.iter().position(|byte| !(0x80..0xc0).contains(byte)).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[whole..]).trim().to_owned()
    }

    /// The tokens of a piece.
    fn tokens(&self, piece: &[u8]) -> Vec<Vec<u8>> {
        piece.chunks(LONGEST_PIECE).flat_map(|part| self.join(part)).collect()
    }

    fn join(&self, part: &[u8]) -> Vec<Vec<u8>> {
        let mut tokens: Vec<Vec<u8>> = part.iter().map(|byte| vec![*byte]).collect();
        loop {
            let rank = |pair: &[Vec<u8>]| self.ranks.get(&pair.concat()).copied();
            let ranked = tokens.windows(2).enumerate().filter_map(|(i, pair)| Some((rank(pair)?, i)));
            let Some((_, first)) = ranked.min() else { return tokens };
            let second = tokens.remove(first + 1);
            tokens[first].extend(second);
        }
    }
}

/// What kind of character it is: letters, numbers and marks stay among themselves.
fn kind(c: char) -> u8 {
    match c {
        c if c.is_whitespace() => 0,
        c if c.is_alphabetic() => 1,
        c if c.is_numeric() => 2,
        _ => 3,
    }
}

/// Text in pieces, as GPT-2 cuts it: endings of English, runs of one kind with one space before, space.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, next) = rest.split_at(first_piece(rest).max(1));
        pieces.push(piece);
        rest = next;
    }
    pieces
}

/// Length of the first piece in bytes.
fn first_piece(text: &str) -> usize {
    if let Some(ending) = ENDINGS.into_iter().find(|ending| text.starts_with(ending)) {
        return ending.len();
    }
    let run = |text: &str, kind_of: u8| text.find(|c| kind(c) != kind_of).unwrap_or(text.len());
    let (space, body) = match text.strip_prefix(' ') {
        Some(body) if body.starts_with(|c| kind(c) != 0) => (1, body),
        _ => (0, text),
    };
    let Some(first) = body.chars().next() else { return text.len() };
    if kind(first) != 0 {
        return space + run(body, kind(first));
    }
    // The last space belongs to the word behind it.
    let spaces = run(text, 0);
    let last = text[..spaces].chars().next_back().map_or(0, char::len_utf8);
    if spaces < text.len() && spaces > last { spaces - last } else { spaces }
}

fn malformed(what: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Malformed, format!("this is no table of tokens as tiktoken writes them: {what}"))
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer").field("tokens", &self.ranks.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_as_gpt2_cuts_it() {
        let cut = |text| pieces(text);
        assert_eq!(cut("Hello world, it's 2024!"), ["Hello", " world", ",", " it", "'s", " 2024", "!"]);
        assert_eq!(cut("a  b \n c "), ["a", " ", " b", " \n", " c", " "]);
        assert_eq!(cut("été 12x"), ["été", " 12", "x"]);
    }

    /// The ids are those of the published GPT-2 encoding.
    #[test]
    fn tokens_are_those_of_gpt2() {
        let Some(path) = sonic_testing::assets("voice/whisper-assets/gpt2.tiktoken") else { return };
        let tokenizer = Tokenizer::open(path).unwrap();
        assert_eq!(tokenizer.encode("Hello world"), [15_496, 995]);
        assert_eq!(tokenizer.encode("hello world"), [31_373, 995]);
        agrees_with_the_reference(&tokenizer);
        let text = "one two three ".repeat(400);
        let last = tokenizer.last(&text, 400);
        assert!(text.trim().ends_with(&last));
        let count = tokenizer.encode(&format!(" {last}")).len();
        assert!((398..=400).contains(&count), "{count}");
        assert_eq!(tokenizer.last("short", 400), "short");
        assert!(tokenizer.last(&"é".repeat(2_000), 5).chars().all(|c| c == 'é'));
    }

    fn agrees_with_the_reference(tokenizer: &Tokenizer) {
        let Some(path) = sonic_testing::assets("voice/ref/whisper_tokens.json") else { return };
        let reference: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for case in reference["gpt2"].as_array().unwrap() {
            let Some(text) = case["text"].as_str() else { continue };
            let ids: Vec<u32> =
                case["ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect();
            assert_eq!(tokenizer.encode(text), ids, "{text}");
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for text in ["", "QQ== x", "no token", "QQ== 1"] {
            assert_eq!(Tokenizer::parse(text).unwrap_err().kind(), ErrorKind::Malformed);
        }
    }
}
