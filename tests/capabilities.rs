//! Promise: the table of what each language can do names only calls that exist, and each gap has a reason.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The text of every file below `folder` with one of these endings.
fn text(folder: &str, endings: &[&str]) -> String {
    let mut folders = vec![Path::new(ROOT).join(folder)];
    let mut out = String::new();
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() && !name.ends_with("node_modules") && !name.ends_with("target") {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                out += &fs::read_to_string(path).unwrap();
            }
        }
    }
    out
}

/// True if one of the patterns, in which `*` is the name, occurs.
fn occurs(text: &str, name: &str, patterns: &[&str]) -> bool {
    patterns.iter().any(|pattern| text.contains(&pattern.replace('*', name)))
}

#[test]
fn calls_that_are_named_exist() {
    let table = fs::read_to_string(Path::new(ROOT).join("bindings/CAPABILITIES.md")).unwrap();
    let rust = text("crates", &[".rs"]);
    let python = text("bindings/python/python/sonic", &[".py", ".pyi"]);
    let c = text("bindings/c/include", &[".h"]);
    let node = text("bindings/node/types", &[".d.ts"]);
    let http = text("crates/server/src/endpoints", &["list.rs"]);
    let languages: [(&str, &str, &[&str]); 5] = [
        ("Rust", &rust, &["pub fn *(", "pub fn *<"]),
        ("Python", &python, &["def *("]),
        ("C", &c, &[" *("]),
        ("Node", &node, &[" *(", "function *("]),
        ("HTTP", &http, &["*\" "]),
    ];
    let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| |"));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 6, "{row}");
        for ((language, text, patterns), cell) in languages.iter().zip(&cells[1..]) {
            let call = cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`'));
            // A route is named whole: its method, and its address.
            let is_route = *language == "HTTP";
            let name = call.map(|call| match is_route {
                true => call.replacen(' ', " \"", 1),
                false => call.rsplit([':', '.']).next().unwrap_or(call).to_owned(),
            });
            match name {
                Some(name) => assert!(occurs(text, &name, patterns), "{language} has no {name}: {row}"),
                None => assert!(cell.starts_with("no: ") && cell.len() > 15, "{language}: say why: {row}"),
            }
            count += 1;
        }
    }
    assert!(count > 100, "only {count} cells were looked at");
}
