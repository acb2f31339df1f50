//! What a score says to a singer.

use std::sync::Arc;

/// A score as it is performed: repeats, endings and jumps expanded, ties joined.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Score {
    /// The title of the work, or else of the movement.
    pub title: Option<String>,
    /// Changes of tempo in the order of play; the first stands at 0. Two neighbours differ.
    pub tempos: Vec<Tempo>,
    /// Length in quarter notes.
    pub total_beats: f64,
    /// Length in seconds.
    pub total_seconds: f64,
    /// The parts, in the order in which they appear.
    pub parts: Vec<Part>,
    /// What is unusual in the file, and how it was read.
    pub warnings: Vec<Warning>,
}

/// A tempo, and from where on it holds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Tempo {
    /// Quarter notes from the start of the performance.
    pub offset_beats: f64,
    /// Seconds from the start of the performance.
    pub seconds: f64,
    /// Quarter notes a minute, above 0.
    pub bpm: f64,
}

/// One part of a score: a singer, several on one staff, or an instrument.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Part {
    /// Its id, by which the file refers to it.
    pub part_id: String,
    /// Its name for people; may be empty.
    pub part_name: String,
    /// The notes by onset, those of all voices; grace notes, cue notes and notes without a pitch are left out.
    pub sung: Vec<SungNote>,
}

/// A note that is sung: all written notes that ties join to one.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SungNote {
    /// Quarter notes from the start of the performance.
    pub offset_beats: f64,
    /// Quarter notes that it lasts.
    pub duration_beats: f64,
    /// Seconds from the start of the performance.
    pub onset_s: f64,
    /// Seconds that it lasts.
    pub duration_s: f64,
    /// The written measure in which it starts, counted from 0.
    pub measure_index: usize,
    /// The number of that measure as the file prints it.
    pub measure_number: Arc<str>,
    /// How often that measure has been played so far, from 1.
    pub pass: u32,
    /// The voice within the part, as the file names it.
    pub voice: Arc<str>,
    /// The staff, from 1.
    pub staff: u32,
    /// The pitch as written, in MIDI numbers (60 is the middle C), with fractions for microtones.
    pub written_midi: f64,
    /// The pitch as it sounds, after transposition, in MIDI numbers.
    pub pitch_midi: f64,
    /// 0 for the first note of a chord as written, which carries the words; 1 and on for the others.
    pub chord: u32,
    /// The syllable of each verse, by the number of the verse as the file writes it.
    pub lyrics: Lyrics,
    /// How many written notes were joined.
    pub tied: u32,
    /// The verses whose syllable this note carries on, sorted.
    pub melisma: Arc<[Arc<str>]>,
}

/// The syllables under a note, one a verse; notes of several passes share them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lyrics(Arc<[(Arc<str>, Lyric)]>);

impl Lyrics {
    /// The syllable of a verse, by its number as the file writes it.
    pub fn get(&self, verse: &str) -> Option<&Lyric> {
        self.iter().find(|(number, _)| *number == verse).map(|(_, lyric)| lyric)
    }

    /// Verses and their syllables, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Lyric)> {
        self.0.iter().map(|(verse, lyric)| (&**verse, lyric))
    }

    /// True if nothing is written under the note.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Lyrics {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// A syllable under a note.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Lyric {
    /// The text without white space around it, never empty; elided syllables are joined by their elision sign.
    pub text: Option<Arc<str>>,
    /// The place of the syllable in its word; `None` without text.
    pub syllabic: Option<Syllabic>,
    /// The line that shows that a syllable lasts on.
    pub extend: Option<Extend>,
    /// True for two or more syllables on one note.
    pub elision: bool,
    /// What the file calls this line of text, such as `Chorus`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub name: Option<Arc<str>>,
    /// True if the note is hummed.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "std::ops::Not::not"))]
    pub humming: bool,
    /// True if the note is laughed.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "std::ops::Not::not"))]
    pub laughing: bool,
}

/// The place of a syllable in its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Syllabic {
    /// A word of one syllable.
    Single,
    /// The first of several.
    Begin,
    /// Between the first and the last.
    Middle,
    /// The last of several.
    End,
}

/// The part of an extension line that stands at a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Extend {
    /// It begins here.
    Start,
    /// It ends here.
    Stop,
    /// It goes on.
    Continue,
}

/// Something unusual in a score, and what was made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Warning {
    /// A fixed name for programs, such as `tempo_ignored`.
    pub code: &'static str,
    /// The id of the part; `None` if it concerns the whole score.
    pub part_id: Option<String>,
    /// The number of the first measure that it concerns, as the file prints it.
    pub measure_number: Option<String>,
    /// What is unusual and how it was read.
    pub message: String,
    /// How often it occurs.
    pub count: usize,
}
