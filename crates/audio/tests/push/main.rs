//! Slices of browsers' recorders as they come: whole, mangled, taken over, and hostile.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests say what they found")]

mod hostile;
mod long;
mod recordings;
mod scenarios;
mod takeover;
