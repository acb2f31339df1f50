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
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::number"))]
    pub total_beats: f64,
    /// Length in seconds.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::number"))]
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
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::number"))]
    pub offset_beats: f64,
    /// Seconds from the start of the performance.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::number"))]
    pub seconds: f64,
    /// Quarter notes a minute, above 0.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::number"))]
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
    /// Its voices, in the order in which they enter.
    pub voices: Vec<Voice>,
    /// The notes by onset, those of all voices; grace notes, cue notes and notes without a pitch are left out.
    pub sung: Vec<SungNote>,
}

/// One voice of a part.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Voice {
    /// As the file names it.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::text"))]
    pub voice: Arc<str>,
    /// Notes that it sings, without the further notes of chords.
    pub notes: usize,
    /// Its lowest sounding pitch, in MIDI numbers.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::number"))]
    pub lowest_midi: f64,
    /// Its highest sounding pitch, in MIDI numbers.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::number"))]
    pub highest_midi: f64,
    /// The verses that it has words of, sorted as texts.
    pub verses: Vec<VoiceVerse>,
}

/// The words of a voice in one verse.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct VoiceVerse {
    /// The number of the verse as the file writes it.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::text"))]
    pub verse: Arc<str>,
    /// Syllables that are sung of it, repeats counted.
    pub syllables: usize,
}

/// A note that is sung: all written notes that ties join to one.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SungNote {
    /// Quarter notes from the start of the performance.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::number"))]
    pub offset_beats: f64,
    /// Quarter notes that it lasts.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::number"))]
    pub duration_beats: f64,
    /// Seconds from the start of the performance.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::number"))]
    pub onset_s: f64,
    /// Seconds that it lasts.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::number"))]
    pub duration_s: f64,
    /// The written measure in which it starts, counted from 0.
    pub measure_index: usize,
    /// The number of that measure as the file prints it.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::text"))]
    pub measure_number: Arc<str>,
    /// How often that measure has been played so far, from 1.
    pub pass: u32,
    /// The voice within the part, as the file names it.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::text"))]
    pub voice: Arc<str>,
    /// The staff, from 1.
    pub staff: u32,
    /// The pitch as written, in MIDI numbers (60 is the middle C), with fractions for microtones.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::number"))]
    pub written_midi: f64,
    /// The pitch as it sounds, after transposition, in MIDI numbers.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::number"))]
    pub pitch_midi: f64,
    /// 0 for the first note of a chord as written, which carries the words; 1 and on for the others.
    pub chord: u32,
    /// The syllable of each verse, by the number of the verse as the file writes it.
    pub lyrics: Lyrics,
    /// How many written notes were joined.
    pub tied: u32,
    /// The verses whose syllable this note carries on.
    pub melisma: Verses,
}

/// Some of the verses of a part.
#[derive(Debug, Clone)]
pub struct Verses {
    /// All verses of the part, sorted.
    pub(super) all: Arc<[Arc<str>]>,
    /// A bit for each of them.
    pub(super) chosen: u64,
}

impl Verses {
    /// True if this verse is one of them.
    pub fn contains(&self, verse: &str) -> bool {
        self.iter().any(|chosen| chosen == verse)
    }

    /// Their numbers as the file writes them, sorted as texts.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let chosen = self.all.iter().enumerate().filter(|(place, _)| self.chosen >> place & 1 == 1);
        chosen.map(|(_, verse)| &**verse)
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.chosen == 0
    }
}

impl PartialEq for Verses {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Verses {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// The syllables under a note, one a verse; notes of several passes share them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lyrics(pub(super) Arc<[(Arc<str>, Lyric)]>);

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
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::optional_text"))]
    pub text: Option<Arc<str>>,
    /// The place of the syllable in its word; `None` without text.
    pub syllabic: Option<Syllabic>,
    /// The line that shows that a syllable lasts on.
    pub extend: Option<Extend>,
    /// True for two or more syllables on one note.
    pub elision: bool,
    /// What the file calls this line of text, such as `Chorus`.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "super::json::optional_text", skip_serializing_if = "Option::is_none")
    )]
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
