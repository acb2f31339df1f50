//! One error type, eleven kinds.
//!
//! Messages name ids, paths and values of callers, which may be of any length and hold anything: all messages pass
//! [`readable`], so that none is long, and none moves the cursor of a terminal or the lines of a log.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// What a caller can do about an [`Error`]; the numbers are the status codes of the C interface (0 is success).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum ErrorKind {
    /// An argument is outside its documented range: correct the call.
    InvalidArgument = 1,
    /// The named file, recording or row does not exist.
    NotFound = 2,
    /// The bytes are damaged or are not what they claim to be.
    Malformed = 3,
    /// The input is valid but of a kind this build cannot handle.
    Unsupported = 4,
    /// A stated limit on size, count or memory was reached.
    Limit = 5,
    /// Two things that must agree do not: pipelines, format versions, identities.
    Mismatch = 6,
    /// The operating system refused: disk full, permission, lock.
    Io = 7,
    /// A model or its runtime is missing or does not fit.
    Model = 8,
    /// The handle was closed, or the work was cancelled.
    Closed = 9,
    /// A bug in sonic: please report it.
    Internal = 10,
    /// Somebody else is writing: try again later, after [`Error::retry_after`] if that is known.
    Busy = 11,
}

impl ErrorKind {
    /// The kind's name in snake case, the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::NotFound => "not_found",
            Self::Malformed => "malformed",
            Self::Unsupported => "unsupported",
            Self::Limit => "limit",
            Self::Mismatch => "mismatch",
            Self::Io => "io",
            Self::Model => "model",
            Self::Closed => "closed",
            Self::Internal => "internal",
            Self::Busy => "busy",
        }
    }
}

/// Everything that can go wrong in sonic: a [kind](ErrorKind) to act on, a message that says what to do, and the
/// cause, if another library reported one, as [`source`](StdError::source).
pub struct Error {
    kind: ErrorKind,
    message: String,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of every fallible call in sonic.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of `kind` that says `message`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: readable(message.into()), retry_after: None, source: None }
    }

    /// A [`Busy`](ErrorKind::Busy) error: it may work after `retry_after`.
    pub fn busy(retry_after: Duration, message: impl Into<String>) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(ErrorKind::Busy, message) }
    }

    /// The same error with the cause attached.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same error with `context` (what was being done, on which path) in front of its message.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.message = readable(format!("{context}: {}", self.message));
        self
    }

    /// An operating-system error while doing `what`; "not found" keeps its own kind.
    pub fn io(what: impl fmt::Display, source: std::io::Error) -> Self {
        let kind = match source.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            _ => ErrorKind::Io,
        };
        Self::new(kind, format!("{what}: {source}")).with_source(source)
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// How long to wait before it is tried again; of a [`Busy`](ErrorKind::Busy) error only.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The message without the kind.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Characters that are kept of the beginning and of the end of a text that is longer than both.
const KEPT: [usize; 2] = [640, 320];

/// `text` as a message that can be shown: control characters and those that turn the direction of writing are escaped,
/// and of a long one the middle is left out.
pub fn readable(text: String) -> String {
    let text = shortened(text);
    if !text.contains(is_hidden) {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match is_hidden(character) {
            true if character == '\n' => shown.push_str("\\n"),
            true => shown.push_str(&format!("\\u{:04x}", u32::from(character))),
            false => shown.push(character),
        }
    }
    shortened(shown)
}

fn shortened(text: String) -> String {
    let [first, last] = KEPT;
    let mut places = text.char_indices().map(|(place, _)| place);
    let Some(begin) = places.nth(first).filter(|_| text.chars().nth(first + last).is_some()) else {
        return text;
    };
    let end = text.char_indices().rev().nth(last - 1).map_or(begin, |(place, _)| place);
    format!("{}[... {} bytes ...]{}", &text[..begin], end - begin, &text[end..])
}

fn is_hidden(character: char) -> bool {
    let turns =
        matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || turns
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_comes_first_and_the_cause_stays() {
        let cause = std::io::Error::new(std::io::ErrorKind::StorageFull, "no space");
        let error = Error::io("cannot write x", cause).context("adding a.ogg");
        assert_eq!(error.kind(), ErrorKind::Io);
        assert_eq!(error.to_string(), "adding a.ogg: cannot write x: no space");
        assert!(error.source().is_some());
    }

    #[test]
    fn messages_are_short_and_stay_in_their_line() {
        let id = "\u{1b}[2J\n\u{202e}".repeat(20_000);
        let error = Error::new(ErrorKind::NotFound, format!("no recording {id}: list them")).context(&id);
        assert!(error.message().chars().count() < 1000, "{}", error.message().len());
        assert!(
            error.message().starts_with("\\u001b[2J\\n\\u202e") && error.message().ends_with(": list them")
        );
        assert!(!error.message().contains(is_hidden));
        let exact = "\u{e4}".repeat(KEPT[0] + KEPT[1]);
        assert_eq!(readable(exact.clone()), exact);
        let longer = readable(format!("{exact}b"));
        assert!(longer.contains("\u{e4}[... 2 bytes ...]\u{e4}") && longer.ends_with("\u{e4}b"), "{longer}");
    }

    #[test]
    fn a_missing_file_is_not_found() {
        let cause = std::io::Error::new(std::io::ErrorKind::NotFound, "gone");
        assert_eq!(Error::io("open", cause).kind(), ErrorKind::NotFound);
    }
}
