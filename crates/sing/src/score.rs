//! Scores: MusicXML, partwise and timewise, as text or as a compressed archive (.mxl), become what is sung and when.
//!
//! Repeats, endings and jumps are expanded, ties joined, syllables carried on by the notes after them. Positions are
//! exact fractions until they are given out. How a file is read where the format leaves room, is said at
//! [`Score::open`].

mod archive;
mod describe;
mod direction;
mod document;
mod encoding;
#[cfg(feature = "serde")]
mod json;
mod measure;
mod note;
mod play;
mod rational;
mod singing;
mod timeline;
mod types;
mod warnings;
mod written;
mod xml;

pub use types::{
    Extend, Lyric, Lyrics, Part, Score, SungNote, Syllabic, Tempo, Verses, Voice, VoiceVerse, Warning,
};

use sonic_core::{Error, Result};
use std::io::Read;
use std::path::Path;
use warnings::Warnings;

/// The largest file, and the largest score in an archive, in bytes.
const MAX_BYTES: usize = 20 << 20;
/// How many notes may be written.
const MAX_WRITTEN_NOTES: usize = 100_000;
/// How many notes may be performed, those of all parts and repeats.
const MAX_SUNG_NOTES: usize = 150_000;
/// A longer syllable is unusual.
const LONG_LYRIC_BYTES: usize = 200;

impl Score {
    /// Reads a MusicXML file: `.musicxml` or `.xml`, or `.mxl`; what it is, its first bytes say.
    ///
    /// Where the format leaves room: a tempo belongs to its written place, so that a repeat brings it back; what
    /// `sound` elements say goes before what is printed; a jump is taken once, and after it no repeat; a tie joins
    /// two notes if the second says so or has no syllable; grace notes, cue notes and notes without a pitch are not
    /// sung; fermatas, breath marks and articulations change no time.
    ///
    /// # Errors
    /// `NotFound` and `Io` for the file; `Malformed` for what is no MusicXML, for entity declarations, and for
    /// numbers that cannot be; `Unsupported` for a foreign encoding; `Limit` for more than 20 MiB, 200 times the size
    /// of its archive, 10,000 played measures, 3 hours, 100,000 written or 150,000 performed notes, or 64 verses or
    /// voices in a part.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let read = || {
            let mut bytes = Vec::new();
            let file = sonic_core::open::open(path)?.file;
            file.take(MAX_BYTES as u64 + 1)
                .read_to_end(&mut bytes)
                .map_err(|e| Error::io("cannot read", e))?;
            Self::from_bytes(bytes)
        };
        read().map_err(|error| error.context(sonic_core::path_text(path)))
    }

    /// Reads the bytes of a MusicXML file, as [`open`](Self::open) does.
    ///
    /// # Errors
    /// Those of [`open`](Self::open), but for the file.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = bytes.into();
        if bytes.len() > MAX_BYTES {
            return Err(encoding::too_large());
        }
        let mut warnings = Warnings::default();
        let bytes = if archive::is_archive(&bytes) { archive::score(bytes, &mut warnings)? } else { bytes };
        let written = document::read(&encoding::text_of(bytes)?, &mut warnings)?;
        perform(written, warnings)
    }
}

/// What is sung of a score as written.
fn perform(written: written::Written, mut warnings: Warnings) -> Result<Score> {
    let order = play::order(&written.measures, &mut warnings)?;
    let timeline = timeline::Timeline::new(&written, &order)?;
    let mut notes = 0;
    let mut parts = Vec::with_capacity(written.parts.len());
    for part in &written.parts {
        let sung = singing::sung(part, &written.measures, (&order, &timeline), &mut warnings, &mut notes)?;
        describe::warn(&part.id, &sung, &mut warnings);
        let voices = describe::voices(&sung);
        parts.push(Part { part_id: part.id.to_string(), part_name: part.name.clone(), voices, sung });
    }
    Ok(Score {
        title: written.title,
        tempos: timeline.tempos(),
        total_beats: timeline.end.value(),
        total_seconds: timeline.total()?.value(),
        parts,
        warnings: warnings.into_vec(),
    })
}
