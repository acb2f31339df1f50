//! The elements and attributes that scores are read by; all others are passed over.

/// `name` as it is known, or `None`.
macro_rules! known {
    ($name:expr, $($known:literal)*) => {
        match $name {
            $($known => Some($known),)*
            _ => None,
        }
    };
}

/// The local name of an element, if anything is read by it.
pub(super) fn element(name: &str) -> Option<&'static str> {
    known!(
        name,
        // The score and its parts.
        "score-partwise" "score-timewise" "work" "work-title" "movement-title"
        "part-list" "score-part" "part-name" "part" "measure"
        // Measures.
        "attributes" "divisions" "time" "beats" "beat-type" "transpose" "chromatic" "octave-change" "backup" "forward"
        "duration"
        // Notes.
        "note" "pitch" "step" "alter" "octave" "rest" "unpitched" "grace" "cue" "chord" "voice" "staff" "tie"
        // Words.
        "lyric" "text" "syllabic" "elision" "extend" "humming" "laughing"
        // Directions.
        "direction" "direction-type" "offset" "sound" "words" "segno" "coda" "metronome" "beat-unit" "beat-unit-dot"
        "per-minute"
        // Repeats.
        "barline" "repeat" "ending"
        // Archives.
        "container" "rootfiles" "rootfile"
    )
}

/// The name of an attribute, if anything is read by it.
pub(super) fn attribute(name: &str) -> Option<&'static str> {
    known!(
        name,
        "id" "number" "name" "type" "direction" "times" "sound" "tempo"
        "dacapo" "dalsegno" "segno" "tocoda" "coda" "fine" "full-path" "media-type"
    )
}
