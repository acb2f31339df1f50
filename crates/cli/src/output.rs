//! Where results go, and how numbers are written for people.

use serde::Serialize;
use sonic::{Error, ErrorKind, Result};
use std::fmt;
use std::io::{self, StdoutLock, Write};
use std::time::Duration;

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
        let written = writeln!(self.stdout, "{line}").and_then(|()| self.stdout.flush());
        match written {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            written => written.map_err(|e| Error::io("cannot write to standard output", e)),
        }
    }
}

/// Writes a line to standard error; if that fails there is nobody to tell.
pub(crate) fn complain(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// An error as it stands in a JSON line.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    kind: &'static str,
    message: String,
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        Self { kind: error.kind().name(), message: error.to_string() }
    }
}

/// A duration as milliseconds with a fraction.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
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

/// `1.4 MB`: a number of bytes in decimal units.
pub(crate) fn bytes(count: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    let mut value = count as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    if count < 1000 { format!("{count} bytes") } else { format!("{value:.1} {}", units[unit]) }
}

/// `1 recording`, `2 recordings`.
pub(crate) fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A point in time, in milliseconds since 1970 UTC, by ISO 8601: `2026-01-31T23:59:59.123Z`.
pub(crate) fn iso_8601(ms: u64) -> String {
    let (days, rest) = (ms / 86_400_000, ms % 86_400_000);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1000)
}

/// Year, month and day of the Gregorian calendar, `days` after 1 January 1970.
///
/// Years are counted from March, so that the leap day is the last of its year.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // since 1 March of the year 0
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153; // 0 is March
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (400 * era + year_of_era + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (58, (1970, 2, 28)),
            (59, (1970, 3, 1)),
            (789, (1972, 2, 29)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (20_453, (2025, 12, 31)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(civil(days), date, "{days}");
        }
        assert_eq!(iso_8601(1_767_225_599_007), "2025-12-31T23:59:59.007Z");
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
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(1_400_000), "1.4 MB");
        assert_eq!(bytes(999_960_000), "1.0 GB");
        assert_eq!((plural(1, "file"), plural(0, "file")), ("1 file".into(), "0 files".into()));
    }
}
