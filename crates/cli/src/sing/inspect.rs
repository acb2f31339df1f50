//! `sonic sing inspect`: what a score says to singers.

use crate::output::{Output, clock, plural, said};
use crate::{Failure, Outcome};
use serde::Serialize;
use sonic::sing::score::{Part, Score, Voice, Warning};
use std::path::PathBuf;

/// List parts, voices, verses, range, length, words, and what is unusual in a score.
#[derive(Debug, clap::Args)]
pub(crate) struct Inspect {
    /// Print one JSON object with every note that is sung instead of text for people.
    #[arg(long)]
    pub(crate) json: bool,
    /// A MusicXML file: .musicxml, .xml or .mxl.
    #[arg(value_name = "SCORE")]
    score: PathBuf,
}

/// The object that stands for a score that cannot be read.
#[derive(Serialize)]
struct Refusal {
    error: String,
    kind: &'static str,
}

/// Characters of the words of a verse that are shown.
const SHOWN_WORDS: usize = 70;

impl Inspect {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        match Score::open(&self.score) {
            Ok(score) if output.is_json() => output.object(&score)?,
            Ok(score) => lines(&score).into_iter().try_for_each(|line| output.line(line))?,
            Err(error) if output.is_json() => {
                output.object(&Refusal { error: said(&error), kind: error.kind().name() })?;
                return Ok(Outcome::SomeFailed);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(Outcome::AllFine)
    }
}

fn lines(score: &Score) -> Vec<String> {
    let (mut slowest, mut fastest) = (f64::INFINITY, f64::NEG_INFINITY);
    for tempo in &score.tempos {
        (slowest, fastest) = (slowest.min(tempo.bpm), fastest.max(tempo.bpm));
    }
    let tempo = match slowest < fastest {
        true => format!("{} to {}", rounded(slowest), rounded(fastest)),
        false => rounded(fastest),
    };
    let length = clock((score.total_seconds * 1000.0).round() as i64, 1);
    let mut lines = vec![
        format!("title    {}", score.title.as_deref().unwrap_or("none")),
        format!("length   {length}, {} quarters, {tempo} a minute", rounded(score.total_beats)),
    ];
    for part in &score.parts {
        lines.push(format!("part     {} {}", part.part_id, part.part_name).trim_end().to_owned());
        if part.voices.is_empty() {
            lines.push("  nothing to sing".to_owned());
        }
        part.voices.iter().for_each(|voice| voice_lines(part, voice, &mut lines));
    }
    lines.extend(score.warnings.iter().map(warning));
    lines
}

fn voice_lines(part: &Part, voice: &Voice, lines: &mut Vec<String>) {
    let notes = plural(voice.notes as u64, "note");
    let range = format!("{} to {}", pitch(voice.lowest_midi), pitch(voice.highest_midi));
    lines.push(format!("  voice {}: {notes}, {range}", voice.voice));
    for verse in &voice.verses {
        let mut words = String::new();
        for word in part.words(&voice.voice, &verse.verse) {
            if words.chars().count() + word.chars().count() > SHOWN_WORDS {
                words.push_str(" ...");
                break;
            }
            words.push(' ');
            words.push_str(&word);
        }
        lines.push(format!(
            "    verse {}, {}:{words}",
            verse.verse,
            plural(verse.syllables as u64, "syllable")
        ));
    }
}

fn warning(warning: &Warning) -> String {
    let part = warning.part_id.as_ref().map(|id| format!("part {id}"));
    let measure = warning.measure_number.as_ref().map(|number| format!("measure {number}"));
    let place: Vec<String> = part.into_iter().chain(measure).collect();
    let place = if place.is_empty() { "score".to_owned() } else { place.join(", ") };
    let times = if warning.count > 1 { format!(" ({} times)", warning.count) } else { String::new() };
    format!("warning  {place}: {}{times}", warning.message)
}

/// A pitch by its name, `C4` for the middle C: of a microtone the nearest.
fn pitch(midi: f64) -> String {
    const NAMES: [&str; 12] = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
    let nearest = midi.round() as i64;
    format!("{}{}", NAMES[nearest.rem_euclid(12) as usize], nearest.div_euclid(12) - 1)
}

/// A number with at most two decimals.
fn rounded(value: f64) -> String {
    format!("{}", (value * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitches_have_names() {
        for (midi, name) in [(60.0, "C4"), (69.0, "A4"), (70.4, "Bb4"), (0.0, "C-1"), (-1.0, "B-2")] {
            assert_eq!(pitch(midi), name);
        }
    }

    #[test]
    fn a_score_is_described() {
        let note = |step: &str, lyric: &str| {
            format!(
                "<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>1</duration>{lyric}</note>"
            )
        };
        let lyric =
            |kind: &str, text: &str| format!("<lyric><syllabic>{kind}</syllabic><text>{text}</text></lyric>");
        let text = format!(
            "<score-partwise><work><work-title>A song</work-title></work><part-list><score-part id='P1'>\
             <part-name>Alto</part-name></score-part></part-list><part id='P1'><measure number='1'>\
             <sound tempo='90'/><sound tempo='0'/>\
             {}{}{}</measure></part></score-partwise>",
            note("C", &lyric("begin", "Lul")),
            note("E", &lyric("end", "lay")),
            note("G", "")
        );
        let expected = [
            "title    A song",
            "length   0:02.0, 3 quarters, 90 a minute",
            "part     P1 Alto",
            "  voice 1: 3 notes, C4 to G4",
            "    verse 1, 2 syllables: Lullay",
            "warning  part P1, measure 1: a tempo of 0 or less is passed over: the one before holds on",
        ];
        assert_eq!(lines(&Score::from_bytes(text).unwrap()), expected);
    }
}
