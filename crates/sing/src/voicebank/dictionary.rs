//! `dsdict.yaml`: how a bank writes words in its own phonemes.

use super::document::{from_yaml, read_text};
use super::finding::{Report, inside};
use super::stage::StageSettings;
use crate::phonemes::trimmed;
use serde::Deserialize;
use serde_saphyr::Spanned;
use sonic_core::{Error, ErrorKind, Result as Outcome};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// What a phoneme is for the timing of syllables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A vowel, or silence: it opens a note.
    Vowel,
    /// A liquid or semivowel: between consonant and vowel it opens the note.
    Glide,
    /// Every other consonant.
    Consonant,
}

impl Kind {
    /// The kind that a dictionary calls `name`; `None` if no dictionary does.
    fn named(name: &str) -> Option<Self> {
        Some(match name.trim() {
            "vowel" => Self::Vowel,
            "semivowel" | "liquid" => Self::Glide,
            "stop" | "affricate" | "fricative" | "aspirate" | "nasal" | "tap" | "click" => Self::Consonant,
            _ => return None,
        })
    }
}

/// One rule that puts phonemes of the bank in the place of those that spelling rules gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replacement {
    pub(crate) from: Vec<String>,
    pub(crate) to: Vec<String>,
}

/// A dictionary of a bank.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dictionary {
    kinds: HashMap<String, Kind>,
    entries: HashMap<String, Vec<String>>,
    /// Applied once to what spelling rules give.
    pub(crate) replacements: Vec<Replacement>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    symbols: Option<Vec<SymbolLine>>,
    #[serde(default)]
    entries: Option<Vec<Spanned<EntryLine>>>,
    #[serde(default)]
    replacements: Option<Vec<Spanned<ReplacementLine>>>,
}

#[derive(Deserialize)]
struct SymbolLine {
    symbol: String,
    #[serde(rename = "type", default)]
    kind: String,
}

#[derive(Deserialize)]
struct EntryLine {
    grapheme: String,
    #[serde(default)]
    phonemes: Vec<String>,
}

#[derive(Deserialize)]
struct ReplacementLine {
    from: OneOrMore,
    to: OneOrMore,
}

/// A phoneme or a list of them.
struct OneOrMore(Vec<String>);

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = super::document::Value::deserialize(deserializer)?;
        Ok(Self(value.items().iter().filter_map(super::document::Value::text).collect()))
    }
}

/// A dictionary with the lines of what it says, for a check.
#[derive(Debug)]
pub(crate) struct Lines {
    /// The phonemes that entries use, and the line of the first that does.
    pub(crate) used: BTreeMap<String, u32>,
    /// Symbols whose type is unknown.
    pub(crate) untyped: Vec<String>,
    /// The line of each replacement.
    pub(crate) replacements: Vec<u32>,
}

impl Dictionary {
    /// The dictionary at `path`; `None`, and a finding, if it cannot be read. `file` is what findings call it.
    pub(crate) fn read(path: &Path, file: &str, report: &mut Report<'_>) -> Option<(Self, Lines)> {
        let text = match read_text(path) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("{file} cannot be read: without it no word is known ({error})");
                report.error("missing_file", file, None, message);
                return None;
            }
        };
        match Self::parse(&text) {
            Ok(found) => Some(found),
            Err((message, line)) => {
                let place = line.map_or_else(String::new, |line| format!(", line {line}"));
                report.error("bad_yaml", file, line, format!("{file}{place} cannot be read: {message}"));
                None
            }
        }
    }

    /// The dictionary in `text`; the error is a message and a line.
    pub(crate) fn parse(text: &str) -> Result<(Self, Lines), (String, Option<u32>)> {
        let file = match text.trim().is_empty() {
            true => File { symbols: None, entries: None, replacements: None },
            false => from_yaml::<File>(text)?,
        };
        let mut out = Self::default();
        let mut lines = Lines { used: BTreeMap::new(), untyped: Vec::new(), replacements: Vec::new() };
        for SymbolLine { symbol, kind } in file.symbols.unwrap_or_default() {
            if Kind::named(&kind).is_none() {
                lines.untyped.push(symbol.clone());
            }
            out.kinds.insert(symbol, Kind::named(&kind).unwrap_or(Kind::Consonant));
        }
        for entry in file.entries.unwrap_or_default() {
            let line = u32::try_from(entry.referenced.line()).unwrap_or(0);
            let EntryLine { grapheme, phonemes } = entry.value;
            for phoneme in &phonemes {
                if !lines.used.contains_key(phoneme) {
                    lines.used.insert(phoneme.clone(), line);
                }
            }
            out.entries.insert(grapheme, phonemes);
        }
        for rule in file.replacements.unwrap_or_default() {
            lines.replacements.push(u32::try_from(rule.referenced.line()).unwrap_or(0));
            out.replacements.push(Replacement { from: rule.value.from.0, to: rule.value.to.0 });
        }
        for silence in ["SP", "AP"] {
            out.kinds.insert(silence.to_owned(), Kind::Vowel);
        }
        Ok((out, lines))
    }

    /// For a bank without dictionary: its phonemes, of which a, e, i, o, u and silence are vowels.
    pub(crate) fn of_letters<'a>(symbols: impl Iterator<Item = &'a str>) -> Self {
        let kind = |s: &str| match s.rsplit('/').next() {
            Some("a" | "e" | "i" | "o" | "u" | "SP" | "AP") => Kind::Vowel,
            _ => Kind::Consonant,
        };
        let kinds = symbols.map(|s| (s.to_owned(), kind(s))).collect();
        Self { kinds, ..Self::default() }
    }

    /// What the phoneme is; `None` if the dictionary does not list it.
    pub(crate) fn kind(&self, symbol: &str) -> Option<Kind> {
        self.kinds.get(symbol).copied()
    }

    /// True if the phoneme is a vowel or silence.
    pub(crate) fn is_vowel(&self, symbol: &str) -> bool {
        self.kind(symbol) == Some(Kind::Vowel)
    }

    /// Symbols and kinds, in no order.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.kinds.iter().map(|(symbol, kind)| (symbol.as_str(), *kind))
    }

    /// The phonemes of a word as the dictionary has it: as written, in lower case, or without punctuation (R2).
    pub(crate) fn entry(&self, word: &str) -> Option<&[String]> {
        let found = self.entries.get(word).or_else(|| self.entries.get(&word.to_lowercase()));
        found.or_else(|| self.entries.get(&trimmed(word))).map(Vec::as_slice)
    }

    /// True if the bank has no word of its own.
    pub(crate) fn has_no_entries(&self) -> bool {
        self.entries.is_empty()
    }

    /// All that single-symbol rules write.
    pub(crate) fn replaced_symbols(&self) -> HashSet<&str> {
        self.replacements.iter().flat_map(|r| &r.from).map(String::as_str).collect()
    }
}

/// The dictionary of a stage for a language: its own, or the one of all.
///
/// # Errors
/// `Malformed` or `NotFound` if it cannot be read.
pub(crate) fn read_dictionary(stage: &StageSettings, language: &str) -> Outcome<Dictionary> {
    let own = inside(&stage.folder, "", &format!("dsdict-{language}.yaml")).map(|(_, path)| path);
    let own = own.filter(|path| !language.is_empty() && path.is_file());
    let path = own.unwrap_or_else(|| stage.folder.join("dsdict.yaml"));
    let text = read_text(&path).map_err(|e| Error::io(format!("the dictionary {}", path.display()), e))?;
    let parsed = Dictionary::parse(&text).map_err(|(message, _)| Error::new(ErrorKind::Malformed, message));
    parsed.map(|(dictionary, _)| dictionary).map_err(|e| e.context(path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phonemes_that_look_like_truth_values_stay_text() {
        let text = "symbols:\n- {symbol: y, type: semivowel}\n- {symbol: no, type: vowel}\nentries:\n\
                    - grapheme: 'Ya'\n  phonemes: [y, no, on, n]\n- {grapheme: 1, phonemes: [no]}\n\
                    replacements:\n- {from: [a, b], to: c}\n";
        let (dictionary, lines) = Dictionary::parse(text).unwrap();
        assert_eq!(dictionary.entry("Ya").unwrap(), ["y", "no", "on", "n"]);
        assert_eq!(dictionary.entry("1").unwrap(), ["no"]);
        assert_eq!(dictionary.kind("y"), Some(Kind::Glide));
        assert!(dictionary.is_vowel("no") && dictionary.is_vowel("AP"));
        assert_eq!((lines.used["on"], lines.replacements.as_slice()), (5, [9].as_slice()));
        assert_eq!(dictionary.replacements[0].from, ["a", "b"]);
    }

    #[test]
    fn a_broken_dictionary_names_its_line() {
        let (_, line) = Dictionary::parse("entries:\n- grapheme: \"ma\n  phonemes: [m]\n").unwrap_err();
        assert!(line.is_some());
    }
}
