//! Slices of browsers' recorders as they come: whole, mangled, taken over, and hostile.

mod hostile;
mod recordings;
mod scenarios;
mod takeover;
