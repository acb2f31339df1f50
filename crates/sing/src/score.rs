//! Scores: MusicXML, partwise and timewise, as text or as a compressed archive (.mxl).

mod types;

pub use types::{Extend, Lyric, Part, Score, SungNote, Syllabic, Tempo, Warning};
