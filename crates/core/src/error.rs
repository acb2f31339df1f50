//! One error type, ten kinds.

use std::error::Error as StdError;
use std::fmt;

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
        }
    }
}

/// Everything that can go wrong in sonic: a [kind](ErrorKind) to act on, a message that says what to do, and the
/// cause, if another library reported one, as [`source`](StdError::source).
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of every fallible call in sonic.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of `kind` that says `message`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
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
        self.message = format!("{context}: {}", self.message);
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

    /// The message without the kind.
    pub fn message(&self) -> &str {
        &self.message
    }
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
    fn a_missing_file_is_not_found() {
        let cause = std::io::Error::new(std::io::ErrorKind::NotFound, "gone");
        assert_eq!(Error::io("open", cause).kind(), ErrorKind::NotFound);
    }
}
