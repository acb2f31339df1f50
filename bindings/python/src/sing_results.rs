//! Results about scores and singing.

use crate::results::{ToPython, results};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use sonic::sing::score::{
    Extend, Lyric, Lyrics, Part, SungNote, Syllabic, Tempo, Verses, Voice, VoiceVerse, Warning,
};
use sonic::sing::{Finding, RenderProgress, RenderWarning};

results! { in "sonic.sing";
    Tempo from Tempo as tempo { offset_beats, seconds, bpm }

    Part from Part as part { part_id, part_name, voices, sung }

    Voice from Voice as voice { voice: &*voice.voice, notes, lowest_midi, highest_midi, verses }

    VoiceVerse from VoiceVerse as verse { verse: &*verse.verse, syllables }

    SungNote from SungNote as note {
        offset_beats, duration_beats, onset_s, duration_s, measure_index, measure_number: &*note.measure_number,
        pass_: note.pass,
        voice: &*note.voice, staff, written_midi, pitch_midi, chord, lyrics, tied, melisma,
    }

    Lyric from Lyric as lyric {
        text: lyric.text.as_deref(), syllabic: lyric.syllabic.map(syllabic), extend: lyric.extend.map(extend), elision,
        name: lyric.name.as_deref(), humming, laughing,
    }

    ScoreWarning from Warning as warning { code: warning.code, part_id, measure_number, message, count }

    Finding from Finding as finding {
        code: finding.code, severity: finding.severity.name(), stage: finding.stage.name(), file, line, message,
    }

    RenderWarning from RenderWarning as warning { code: warning.code, measure, verse, message }

    RenderProgress from RenderProgress as progress { done_seconds, total_seconds, rendered, from_cache }
}

/// Syllables by verse.
impl ToPython for Lyrics {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let lyrics = PyDict::new(py);
        for (verse, lyric) in self.iter() {
            lyrics.set_item(verse, lyric.to_python(py)?)?;
        }
        Ok(lyrics.into_any())
    }
}

impl ToPython for Verses {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.iter().map(str::to_owned).collect::<Vec<_>>().to_python(py)
    }
}

fn syllabic(syllabic: Syllabic) -> &'static str {
    match syllabic {
        Syllabic::Single => "single",
        Syllabic::Begin => "begin",
        Syllabic::Middle => "middle",
        Syllabic::End => "end",
    }
}

fn extend(extend: Extend) -> &'static str {
    match extend {
        Extend::Start => "start",
        Extend::Stop => "stop",
        Extend::Continue => "continue",
    }
}
