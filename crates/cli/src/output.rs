//! Where results go, and how numbers are written for people.

use indicatif::DecimalBytes;
use jiff::Timestamp;
use serde::Serialize;
use sonic::lines;
pub(crate) use sonic::lines::Problem;
use sonic::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, StdoutLock, Write};

/// Standard output: JSON lines or text.
///
/// When the reader of the output has gone (`sonic list | head`), what follows is dropped without complaint.
pub(crate) struct Output {
    stdout: StdoutLock<'static>,
    json: bool,
    closed: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { stdout: io::stdout().lock(), json, closed: false }
    }

    /// True if answers are JSON lines.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// True once nobody reads any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes `value` as a line of JSON, at once.
    pub(crate) fn object(&mut self, value: &impl Serialize) -> Result<()> {
        let line = serde_json::to_string(value)
            .map_err(|e| Error::new(ErrorKind::Internal, "cannot write JSON").with_source(e))?;
        self.line(line)
    }

    /// Writes a line, at once.
    pub(crate) fn line(&mut self, line: impl fmt::Display) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        let line = line.to_string();
        let written = writeln!(self.stdout, "{}", printable(&line)).and_then(|()| self.stdout.flush());
        match written {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            written => written.map_err(|e| Error::io("cannot write to standard output", e)),
        }
    }
}

/// Writes a line to standard error; if that fails nobody could read about it.
pub(crate) fn complain(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{}", printable(&line.to_string()));
}

/// `text` with what could steer a terminal written as JSON writes it, `\u001b`: names of files may hold anything. Line
/// breaks stay.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let steers = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        (c.is_control() && c != '\n') || turns
    };
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let written = |c: char| if steers(c) { format!("\\u{:04x}", c as u32) } else { c.to_string() };
    Cow::Owned(text.chars().map(written).collect())
}

/// An error of the library in the words of the command: where its message names a limit, that is an option here.
pub(crate) fn said(error: &Error) -> String {
    error.message().replace("`max_pixels`", "`--max-pixels`")
}

/// Such an error as it stands in a JSON line.
pub(crate) fn problem(error: &Error) -> Problem {
    Problem { kind: error.kind().name(), message: said(error) }
}

/// `1:02:03.4`, with as many decimals of a second as `digits`; negative times get a sign.
pub(crate) fn clock(ms: i64, digits: usize) -> String {
    let unit = 10i64.pow(3 - digits.min(3) as u32);
    let ticks = (ms.abs() + unit / 2) / unit;
    let (whole, part) = (ticks / (1000 / unit), ticks % (1000 / unit));
    let sign = if ms < 0 && ticks > 0 { "-" } else { "" };
    let fraction = if digits == 0 { String::new() } else { format!(".{part:0digits$}") };
    match whole / 3600 {
        0 => format!("{sign}{}:{:02}{fraction}", whole / 60, whole % 60),
        hours => format!("{sign}{hours}:{:02}:{:02}{fraction}", whole / 60 % 60, whole % 60),
    }
}

/// `1.40 MB`: a number of bytes in decimal units.
pub(crate) fn bytes(count: u64) -> String {
    DecimalBytes(count).to_string()
}

/// `1 recording`, `2 recordings`.
pub(crate) fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A point in time to the second, as tables show it: `2026-01-31T23:59:59Z`.
pub(crate) fn to_the_second(ms: u64) -> String {
    format!("{}Z", lines::utc(ms, "%Y-%m-%dT%H:%M:%S"))
}

/// The day, by UTC: `2026-01-31`.
pub(crate) fn today() -> String {
    Timestamp::now().strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(printable("plain – \u{1F3B5}\nline"), "plain – \u{1F3B5}\nline");
        assert_eq!(
            printable("\u{1b}]0;x\u{7} \u{9b}2J \u{7f}\r\u{202e}"),
            r"\u001b]0;x\u0007 \u009b2J \u007f\u000d\u202e"
        );
    }

    #[test]
    fn times_become_dates() {
        assert_eq!(to_the_second(1_767_225_599_007), "2025-12-31T23:59:59Z");
    }

    #[test]
    fn times_are_written_as_on_a_clock() {
        assert_eq!(clock(31_370, 3), "0:31.370");
        assert_eq!(clock(-1_250, 1), "-0:01.3");
        assert_eq!(clock(-3, 1), "0:00.0");
        assert_eq!(clock(59_999, 1), "1:00.0");
        assert_eq!(clock(3_723_400, 0), "1:02:03");
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_400_000), "1.40 MB");
        assert_eq!((plural(1, "file"), plural(0, "file")), ("1 file".into(), "0 files".into()));
    }
}
