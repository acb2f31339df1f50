//! The phonemes of a stage and their numbers, its languages and its speakers.

use super::document::{Document, Value, read_text};
use super::finding::{Report, inside};
use std::collections::HashMap;
use std::path::Path;

/// The phonemes that a stage knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inventory {
    /// The file that lists them, from the bank's folder.
    pub(crate) file: String,
    ids: HashMap<String, (i64, Option<u32>)>,
    /// Empty lines, which have moved all later numbers.
    pub(crate) blank_lines: usize,
}

impl Inventory {
    /// Reads `phonemes.txt` (a line each, numbered from 0) or `phonemes.json` (numbers by phoneme).
    pub(crate) fn read(
        root: &Path,
        settings: &Document,
        place: &str,
        report: &mut Report<'_>,
    ) -> Option<Self> {
        let name = settings.text("phonemes", report).unwrap_or_else(|| "phonemes.txt".to_owned());
        let (file, text) = open(root, place, &name, settings, "phonemes", report)?;
        match name.to_lowercase().ends_with(".json") {
            true => Self::of_json(file, &text, report),
            false => Some(Self::of_lines(file, &text, report)),
        }
    }

    fn of_lines(file: String, text: &str, report: &mut Report<'_>) -> Self {
        let mut inventory = Self { file, ..Self::default() };
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let used = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        for (number, symbol) in lines[..used].iter().enumerate() {
            let line = u32::try_from(number + 1).ok();
            if symbol.is_empty() {
                inventory.blank_lines += 1;
                let message = format!(
                    "line {} (number {number}) is empty: all later phonemes have a number that is one too high. Delete it",
                    number + 1
                );
                report.warn("blank_phoneme", &inventory.file, line, message);
                continue;
            }
            inventory.add(symbol, number as i64, line, report);
        }
        inventory
    }

    fn of_json(file: String, text: &str, report: &mut Report<'_>) -> Option<Self> {
        let document = match Document::parse(&file, text) {
            Ok(document) => document,
            Err((message, line)) => {
                report.error("bad_yaml", &file, line, format!("{file} cannot be read: {message}"));
                return None;
            }
        };
        let mut inventory = Self { file: file.clone(), ..Self::default() };
        for (symbol, value, line) in document.items() {
            match value.number().filter(|n| n.fract() == 0.0 && (0.0..1e9).contains(n)) {
                Some(id) => inventory.add(symbol, id as i64, Some(line), report),
                None => {
                    let message =
                        format!("the number of the phoneme {symbol} must be 0 or a whole number above");
                    report.error("bad_value", &file, Some(line), message);
                }
            }
        }
        Some(inventory)
    }

    /// The last of two lines with one phoneme holds, as in other renderers.
    fn add(&mut self, symbol: &str, id: i64, line: Option<u32>, report: &mut Report<'_>) {
        if self.ids.insert(symbol.to_owned(), (id, line)).is_some() {
            let message = format!("the phoneme {symbol} is listed twice; the last number, {id}, holds");
            report.warn("duplicate_phoneme", &self.file, line, message);
        }
    }

    /// True if the stage has the phoneme itself.
    pub(crate) fn has(&self, symbol: &str) -> bool {
        self.ids.contains_key(symbol)
    }

    /// The phoneme's number; SP and AP stand for each other (R4).
    pub(crate) fn id(&self, symbol: &str) -> Option<i64> {
        let other = match symbol {
            "SP" => "AP",
            "AP" => "SP",
            _ => symbol,
        };
        self.ids.get(symbol).or_else(|| self.ids.get(other)).map(|(id, _)| *id)
    }

    /// Phonemes numbered in their order, from nowhere.
    pub(crate) fn of<'a>(symbols: impl Iterator<Item = &'a str>) -> Self {
        let ids = symbols.enumerate().map(|(id, s)| (s.to_owned(), (id as i64, None))).collect();
        Self { ids, ..Self::default() }
    }

    /// The phonemes, in no order.
    pub(crate) fn symbols(&self) -> impl Iterator<Item = &str> {
        self.ids.keys().map(String::as_str)
    }

    /// Phonemes, numbers and lines, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, i64, Option<u32>)> {
        let mut all: Vec<_> = self.ids.iter().map(|(s, (id, line))| (s.as_str(), *id, *line)).collect();
        all.sort_by(|a, b| (a.1, a.0).cmp(&(b.1, b.0)));
        all.into_iter()
    }
}

/// A file that the settings name at `key`: its path from the bank's folder, and its text.
fn open(
    root: &Path,
    place: &str,
    name: &str,
    settings: &Document,
    key: &str,
    report: &mut Report<'_>,
) -> Option<(String, String)> {
    let line = settings.line(key);
    let Some((file, path)) = inside(root, place, name) else {
        let message = format!("{key}: `{name}` leads out of the bank's folder; name a file inside it");
        report.error("unsafe_path", &settings.file, line, message);
        return None;
    };
    match read_text(&path) {
        Ok(text) => Some((file, text)),
        Err(error) => {
            let message = format!("{file}, which {key} names, cannot be read: {error}");
            report.error("missing_file", &file, None, message);
            None
        }
    }
}

/// The numbers of languages and the lines that give them, where `use_lang_id` is set.
pub(crate) fn languages(
    root: &Path,
    settings: &Document,
    place: &str,
    report: &mut Report<'_>,
) -> HashMap<String, (i64, u32)> {
    if !settings.truth("use_lang_id", false, report) {
        return HashMap::new();
    }
    let Some(name) = settings.text("languages", report) else {
        let message =
            "use_lang_id is true, but the key `languages` is missing: write `languages: languages.json`";
        report.error("missing_key", &settings.file, settings.line("use_lang_id"), message);
        return HashMap::new();
    };
    let Some((file, text)) = open(root, place, &name, settings, "languages", report) else {
        return HashMap::new();
    };
    let document = match Document::parse(&file, &text) {
        Ok(document) => document,
        Err((message, line)) => {
            let message = format!("{file} must be a map of language to number: {message}");
            report.error("bad_yaml", &file, line, message);
            return HashMap::new();
        }
    };
    let mut out = HashMap::new();
    for (language, value, line) in document.items() {
        match value.number().filter(|n| n.fract() == 0.0 && (0.0..1e9).contains(n)) {
            Some(id) => drop(out.insert(language.to_owned(), (id as i64, line))),
            None => {
                let message = format!("the number of the language {language} must be a whole number");
                report.error("bad_value", &file, Some(line), message);
            }
        }
    }
    out
}

/// A speaker of a stage: the file of its embedding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Speaker {
    /// Its name: the file without `.emb`.
    pub(crate) name: String,
    /// The file from the bank's folder.
    pub(crate) file: String,
    /// The file's length in bytes.
    pub(crate) bytes: u64,
}

/// The speakers that the settings list, those without a file left out.
pub(crate) fn speakers(
    root: &Path,
    settings: &Document,
    place: &str,
    report: &mut Report<'_>,
) -> Vec<Speaker> {
    let names = settings.get("speakers").map_or(&[][..], Value::items);
    let line = settings.line("speakers");
    let mut out = Vec::new();
    for name in names.iter().filter_map(Value::text) {
        let Some((file, path)) = inside(root, place, &format!("{name}.emb")) else {
            let message = format!("speakers: `{name}` leads out of the bank's folder");
            report.error("unsafe_path", &settings.file, line, message);
            continue;
        };
        match std::fs::metadata(&path) {
            Ok(found) if found.is_file() => out.push(Speaker { name, file, bytes: found.len() }),
            _ => {
                let message = format!("the speaker {name} is listed, but {file} is missing");
                report.error("missing_file", &file, None, message);
            }
        }
    }
    out
}
