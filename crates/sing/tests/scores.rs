//! Promise: every score whose truth is known is read as the truth says, every number to nine decimals.

#![cfg(feature = "serde")]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use serde_json::Value;
use sonic_sing::score::Score;
use std::fs;
use std::path::{Path, PathBuf};

/// Half of the last decimal that truths are rounded to, and what a difference of rounded numbers may add.
const CLOSE: f64 = 1.001e-9;
/// What a truth says of a note that is sung.
const NOTE: [&str; 15] = [
    "offset_beats",
    "duration_beats",
    "onset_s",
    "duration_s",
    "measure_index",
    "measure_number",
    "pass",
    "voice",
    "staff",
    "written_midi",
    "pitch_midi",
    "chord",
    "lyrics",
    "tied",
    "melisma",
];

/// Scores and their truths.
fn truths() -> Vec<(PathBuf, Value)> {
    let Some(folder) = sonic_testing::assets("sing/scores") else { return Vec::new() };
    let mut found = Vec::new();
    for group in ["lilypond", "lieder", "own"] {
        for entry in fs::read_dir(folder.join("truth").join(group)).unwrap() {
            let path = entry.unwrap().path();
            let truth: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            found.push((folder.join(group).join(path.file_stem().unwrap()), truth));
        }
    }
    assert!(found.len() >= 80, "{} truths", found.len());
    found
}

/// Where two values differ, numbers by more than they may; `None` if nowhere.
fn difference(read: &Value, truth: &Value, place: &str) -> Option<String> {
    let differ = || Some(format!("{place}: read {read}, but the truth is {truth}"));
    match (read, truth) {
        (Value::Number(a), Value::Number(b)) => {
            let same_form = a.is_f64() == b.is_f64();
            let near = (a.as_f64()? - b.as_f64()?).abs() <= CLOSE;
            if near && (same_form || a.as_f64()?.fract() != 0.0) { None } else { differ() }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(n, (a, b))| difference(a, b, &format!("{place}[{n}]")))
        }
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().find_map(|(key, a)| difference(a, &b[key], &format!("{place}.{key}")))
        }
        _ if read == truth => None,
        _ => differ(),
    }
}

/// Where a score that was read differs from its truth.
fn first_difference(path: &Path, truth: &Value) -> Option<String> {
    let score = match Score::open(path) {
        Ok(score) => serde_json::to_value(score).unwrap(),
        Err(error) => return Some(format!("{error:?}")),
    };
    for key in ["title", "tempos", "total_beats", "total_seconds"] {
        if let Some(found) = difference(&score[key], &truth[key], key) {
            return Some(found);
        }
    }
    let parts = |value: &Value| value["parts"].as_array().unwrap().clone();
    let (read, expected) = (parts(&score), parts(truth));
    if read.len() != expected.len() {
        return Some(format!("{} parts, not {}", read.len(), expected.len()));
    }
    read.iter().zip(&expected).find_map(|(part, expected)| {
        let keys = ["part_id", "part_name", "sung"];
        assert!(
            expected["sung"]
                .as_array()
                .unwrap()
                .iter()
                .all(|note| note.as_object().unwrap().len() == NOTE.len())
        );
        keys.iter()
            .find_map(|key| difference(&part[key], &expected[key], &format!("{}.{key}", part["part_id"])))
    })
}

#[test]
fn every_truth_is_met() {
    let mut wrong = Vec::new();
    for (path, truth) in truths() {
        if let Some(found) = first_difference(&path, &truth) {
            wrong.push(format!("{}: {found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{} scores are read wrongly:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_note_has_the_fields_of_the_truth() {
    let score = score("<note><pitch><step>A</step><octave>4</octave></pitch><duration>1</duration></note>");
    let written = serde_json::to_value(&score).unwrap();
    let note = written["parts"][0]["sung"][0].as_object().unwrap().clone();
    let mut expected = NOTE;
    expected.sort_unstable();
    let mut fields: Vec<&str> = note.keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, expected);
    assert!(note["pitch_midi"].is_i64() && note["duration_beats"].is_i64(), "whole numbers have no point");
    assert_eq!(written["parts"][0]["voices"][0]["lowest_midi"], 69);
}

/// A score of one measure in one part.
fn score(measure: &str) -> Score {
    let text = format!(
        "<score-partwise><part-list><score-part id='P1'><part-name>Voice</part-name></score-part></part-list>
         <part id='P1'><measure number='1'>{measure}</measure></part></score-partwise>"
    );
    Score::from_bytes(text).unwrap()
}
