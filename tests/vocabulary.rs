//! Promise: one vocabulary in every language. Words that were dropped for the terms of the field stay away from
//! identifiers, JSON keys and flags.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FOLDERS: [&str; 5] = ["crates", "bindings", "examples", "tests", "benches"];
const ENDINGS: [&str; 11] = ["rs", "py", "pyi", "js", "mjs", "ts", "c", "h", "hpp", "json", "toml"];
/// Folders of what others wrote or what is built.
const PASSED_OVER: [&str; 4] = ["node_modules", "target", "media", "stores"];

/// A dropped word, and what is said instead.
const DROPPED: [(&str, &str); 23] = [
    ("ask", "query"),
    ("asks", "query"),
    ("asked", "query"),
    ("asking", "query"),
    ("card", "gpu"),
    ("cards", "gpu"),
    ("citywok", "the name of what it does"),
    ("dim", "dimensions"),
    ("dims", "dimensions"),
    ("hear", "analyze"),
    ("hears", "analyze"),
    ("heard", "sample"),
    ("memoria", "the name of what it does"),
    ("nobodys", "unassigned"),
    ("ns", "ms"),
    ("nameless", "unnamed"),
    ("purge", "remove or forget"),
    ("purges", "remove or forget"),
    ("purged", "removed or forgotten"),
    ("manner", "the name of the thing"),
    ("viim", "the name of what it does"),
    ("vexa", "the name of what it does"),
    ("sightsinger", "the name of what it does"),
];
/// Whole identifiers that were dropped, though each of their words is a good one.
const DROPPED_WHOLE: [(&str, &str); 7] = [
    ("duration_seconds", "duration_ms"),
    ("processing_time_seconds", "elapsed_ms"),
    ("noise_faces", "unassigned_faces"),
    ("good_enough", "passes"),
    ("broken_off", "cancelled"),
    ("break_off", "cancel"),
    ("side_by_side", "parallel"),
];

/// What the README lists keeps its name, and the peers of the benches have names of their own.
fn is_allowed(path: &Path, word: &str) -> bool {
    let path = path.strip_prefix(ROOT).unwrap().to_string_lossy().replace('\\', "/");
    let command = path.starts_with("crates/cli/")
        || path.starts_with("crates/sonic/src/lines/")
        || path.ends_with("people_cli.rs");
    // The examples speak the language of the services that they stand for.
    let services = ["citywok", "memoria", "nextjs", "services", "sightsinger", "streamqueue", "viim"]
        .map(|name| format!("examples/{name}/"));
    let elsewhere = path.starts_with("benches/")
        || path == "tests/vocabulary.rs"
        || services.iter().any(|folder| path.starts_with(folder));
    elsewhere || (command && ["noise_faces", "processing_time_seconds"].contains(&word))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && !PASSED_OVER.contains(&name.as_str()) {
            files(&path, found);
        } else if path.extension().is_some_and(|e| ENDINGS.contains(&e.to_string_lossy().as_ref())) {
            found.push(path);
        }
    }
}

/// The identifiers of a line of code, without its strings and comments, and the strings that are keys or flags.
fn names(line: &str) -> Vec<String> {
    let trimmed = line.trim_start();
    if ["//", "/*", "*", "#"].iter().any(|mark| trimmed.starts_with(mark)) {
        return Vec::new();
    }
    let mut names = Vec::new();
    for (index, piece) in line.split('"').enumerate() {
        let is_text = index % 2 == 1;
        let is_key =
            is_text && line.split('"').nth(index + 1).is_some_and(|rest| rest.trim_start().starts_with(':'));
        let code = if is_text {
            piece
        } else {
            piece.split("//").next().unwrap_or("").split("# ").next().unwrap_or("")
        };
        if !is_text || is_key || piece.starts_with("--") {
            let words = code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            names.extend(
                words.filter(|w| w.starts_with(|c: char| c.is_ascii_alphabetic())).map(str::to_owned),
            );
        }
    }
    names
}

/// `HnswIndex`, `hnswIndex` and `hnsw_index` as `hnsw_index`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for (index, letter) in name.char_indices() {
        let before = name[..index].chars().next_back();
        if letter.is_ascii_uppercase() && before.is_some_and(|b| b.is_ascii_lowercase()) {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// The dropped word in an identifier, and what is said instead.
fn dropped(name: &str) -> Option<(&'static str, &'static str)> {
    let name = snake(name);
    let whole = DROPPED_WHOLE.iter().find(|(word, _)| name == *word);
    whole.or_else(|| DROPPED.iter().find(|(word, _)| name.split('_').any(|part| part == *word))).copied()
}

/// The code of a file: of Python without the texts of its docs.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    match path.extension().is_some_and(|e| e == "py" || e == "pyi") {
        true => text.split("\"\"\"").step_by(2).collect(),
        false => text,
    }
}

#[test]
fn dropped_words_stay_away() {
    let mut paths = Vec::new();
    FOLDERS.iter().for_each(|folder| files(&Path::new(ROOT).join(folder), &mut paths));
    assert!(paths.len() > 300, "only {} files were looked at", paths.len());
    let mut found = Vec::new();
    for path in &paths {
        for (number, line) in code(path).lines().enumerate() {
            for name in names(line) {
                if let Some((word, instead)) = dropped(&name).filter(|(word, _)| !is_allowed(path, word)) {
                    found.push(format!(
                        "{}:{}: `{name}` ({word}: say {instead})",
                        path.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(found.is_empty(), "{} dropped words:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_dropped_word_is_noticed() {
    for line in [
        "let askedWhole = 1;",
        "pub fn purge_user() {}",
        "  \"heard\": 1,",
        ".arg(\"--dims\")",
        "struct Heard {",
    ] {
        assert!(names(line).iter().any(|name| dropped(name).is_some()), "{line}");
    }
    for line in ["// asked", "say(\"who was heard\");", "let mask = discard;", "let asterisk = task;"] {
        assert!(names(line).iter().all(|name| dropped(name).is_none()), "{line}");
    }
}
