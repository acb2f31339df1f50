//! When each phoneme sounds: words on notes, sentences, phonemes between anchors, phrases, frames.
//!
//! The rules are those of OpenUtau's DiffSinger phonemiser and renderer; numbers such as R5 count them in the order of
//! the work.

mod frames;
mod notes;
mod phrase;
mod sentence;
mod words;

pub(crate) use frames::{HEAD_FRAMES, resample, resample_padded};
pub(crate) use notes::{Note, Selection, Text, notes_of};
pub(crate) use phrase::{
    NoteTensors, Timed, Timeline, WordTensors, note_tensors, padded_durations, word_tensors,
};
pub(crate) use sentence::{Grouped, align, group, guessed};
pub(crate) use words::{Joined, Word, join, sentences};

/// Notes that are nearer than this touch, in milliseconds.
pub(crate) const TOUCH_MS: f64 = 0.5;

/// Silence before a sentence that the duration model hears, in milliseconds (R5).
pub(crate) const PADDING_MS: f64 = 500.0;
