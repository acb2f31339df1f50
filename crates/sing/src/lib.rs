//! Singing for sonic: a score in MusicXML becomes the notes, times and syllables that a singer sings.

pub mod score;
