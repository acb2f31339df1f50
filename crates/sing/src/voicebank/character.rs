//! `character.yaml`: the singer's name and voice colours.

use super::document::{Document, Value};
use super::finding::Report;
use std::path::Path;

/// A voice colour: a name for people and the speaker that sings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Color {
    pub(crate) color: String,
    pub(crate) suffix: String,
    /// The line in which the speaker is named.
    pub(crate) line: Option<u32>,
}

/// What a bank says about its singer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Character {
    pub(crate) name: String,
    pub(crate) colors: Vec<Color>,
    /// The lowest and highest note that the singer has, in MIDI numbers, over all voice colours.
    pub(crate) range_midi: Option<(f64, f64)>,
    /// What OpenUtau spells words with.
    pub(crate) phonemizer: String,
}

impl Character {
    pub(crate) fn read(root: &Path, report: &mut Report<'_>) -> Self {
        let folder = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let path = root.join("character.yaml");
        if !path.is_file() {
            let message = "character.yaml is missing: without it the folder is not seen as a singer";
            report.error("missing_file", "character.yaml", None, message);
            return Self { name, ..Self::default() };
        }
        let Some(document) = Document::read(&path, "character.yaml", report) else {
            return Self { name, ..Self::default() };
        };
        let lines = super::document::read_text(&path).unwrap_or_default();
        let text = |value: Option<&Value>| value.and_then(Value::text).unwrap_or_default();
        let colors = document.get("subbanks").map_or(&[][..], Value::items).iter();
        let colors = colors
            .map(|c| {
                let suffix = text(c.get("suffix"));
                let line = line_of(&lines, &suffix).or_else(|| document.line("subbanks"));
                Color { color: text(c.get("color")), suffix, line }
            })
            .filter(|c| !c.suffix.is_empty())
            .collect();
        let name = document.text("name", report).unwrap_or(name);
        let banks = document.get("subbanks").map_or(&[][..], Value::items).iter();
        let ranges = banks.flat_map(|bank| bank.get("tone_ranges").map_or(&[][..], Value::items));
        let range_midi =
            ranges.filter_map(|range| tone_range(&range.text()?)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let phonemizer = text(document.get("default_phonemizer"));
        Self { name, colors, range_midi, phonemizer }
    }
}

/// The first line of a description that gives a voice colour this speaker.
fn line_of(text: &str, suffix: &str) -> Option<u32> {
    let is_it = |line: &str| {
        let (before, value) = line.split_once("suffix:")?;
        let is_key = before.chars().all(|c| c.is_whitespace() || "-{,".contains(c) || before.contains('{'));
        let value = value.split(['#', ',', '}']).next().unwrap_or_default();
        (is_key && value.trim().trim_matches(['"', '\'']) == suffix).then_some(())
    };
    let place = text.lines().position(|line| is_it(line).is_some())?;
    u32::try_from(place + 1).ok()
}

/// The MIDI numbers of a range such as `C1-B7`.
fn tone_range(text: &str) -> Option<(f64, f64)> {
    let (low, high) = text.split_once('-')?;
    Some((tone(low.trim())?, tone(high.trim())?))
}

/// The MIDI number of a note such as `C#4`; C4 is 60.
fn tone(text: &str) -> Option<f64> {
    let mut letters = text.chars();
    let step = match letters.next()?.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let rest = letters.as_str();
    let sharp = rest.strip_prefix('#');
    let octave: i32 = sharp.unwrap_or(rest).parse().ok().filter(|octave| (-1..10).contains(octave))?;
    Some(f64::from((octave + 1) * 12 + step + i32::from(sharp.is_some())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_tones_are_numbers() {
        assert_eq!(tone_range("C1-B7"), Some((24.0, 107.0)));
        assert_eq!(tone("C#4"), Some(61.0));
        assert_eq!((tone("H4"), tone("C99"), tone_range("C4")), (None, None, None));
    }
}
