//! Promise: hostile scores end as their list says, soon, and without much memory.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail, and says what it measures")]

use serde_json::Value;
use sonic_core::{Error, ErrorKind};
use sonic_sing::score::Score;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

#[path = "support/clock.rs"]
mod clock;
#[path = "support/memory.rs"]
mod memory;

/// Longest time of the processor for one file.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most memory for one file, in bytes.
const MEMORY: usize = 64 << 20;

/// The list of hostile files and what must become of them.
fn list() -> Option<(PathBuf, Value)> {
    let folder = sonic_testing::assets("sing/scores")?;
    let list = fs::read(folder.join("truth/hostile.json")).unwrap();
    Some((folder.join("hostile"), serde_json::from_slice(&list).unwrap()))
}

fn name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Malformed => "Malformed",
        ErrorKind::Limit => "Limit",
        ErrorKind::Unsupported => "Unsupported",
        _ => "another kind",
    }
}

/// What is wrong with how a file ended.
fn fault(expected: &Value, read: &Result<Score, Error>) -> Option<String> {
    let said = match read {
        Ok(score) => format!("{score:?}"),
        Err(error) => format!("{error:?}"),
    };
    if said.contains("XXE-LEAK") {
        return Some(format!("another file was read: {said}"));
    }
    let is_right = match (expected["expect"].as_str().unwrap(), read) {
        ("ok", Ok(_)) | ("ok-or-error", Ok(_)) => true,
        ("error" | "ok-or-error", Err(error)) => match expected["exact"].as_bool() {
            Some(true) => expected["error_kind"] == name(error.kind()),
            _ => name(error.kind()) != "another kind",
        },
        _ => false,
    };
    (!is_right)
        .then(|| format!("ends in {}, not as in {expected}", said.chars().take(300).collect::<String>()))
}

#[test]
fn hostile_files_end_as_listed() {
    let Some((folder, list)) = list() else { return };
    let files = list["files"].as_object().unwrap();
    assert!(files.len() >= 30, "{} files", files.len());
    let mut wrong = Vec::new();
    for (file, expected) in files {
        let path = folder.join(file);
        let ((read, peak), took) = clock::time_of(|| memory::peak_of(|| Score::open(&path)));
        if let Some(fault) = fault(expected, &read) {
            wrong.push(format!("{file}: {fault}"));
        }
        if took > PATIENCE || peak > MEMORY {
            wrong.push(format!("{file}: took {took:?} and {} MiB", peak >> 20));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A score of one part with these measures.
fn partwise(measures: &str) -> String {
    format!("<score-partwise><part id='P'>{measures}</part></score-partwise>")
}

const NOTE: &str = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration></note>";

#[test]
fn large_scores_are_refused_within_their_limits() {
    let repeat = "<barline><repeat direction='backward' times='9000'/></barline>";
    let words =
        |n: usize| format!("{}<lyric number='{n}'><text>{n}</text></lyric></note>", &NOTE[..NOTE.len() - 7]);
    let prime_divisions = |n: usize| {
        format!(
            "<measure><attributes><divisions>{}</divisions></attributes>{NOTE}</measure>",
            1_000_003 + 2 * n
        )
    };
    let cases: Vec<(&str, String)> = vec![
        ("elements", partwise(&format!("<measure>{}</measure>", "<note/>".repeat(250_000)))),
        ("notes", partwise(&format!("<measure>{}</measure>", NOTE.repeat(3000)).repeat(40))),
        ("repeated notes", partwise(&format!("<measure>{}{repeat}</measure>", NOTE.repeat(3000)))),
        ("measures", partwise(&"<measure/>".repeat(1_000_000))),
        ("parts", format!("<score-partwise>{}</score-partwise>", "<part/>".repeat(1_000_000))),
        ("verses", partwise(&format!("<measure>{}</measure>", (0..70).map(words).collect::<String>()))),
        ("fine divisions", partwise(&(0..100).map(prime_divisions).collect::<String>())),
        ("hours", partwise(&format!("<measure>{}</measure>", NOTE.repeat(200)).repeat(200))),
        ("text", partwise(&" ".repeat(21 << 20))),
        ("depth", "<score-partwise>".repeat(10_000)),
    ];
    for (what, text) in cases {
        let ((read, peak), took) =
            clock::time_of(|| memory::peak_of(|| Score::from_bytes(text.into_bytes())));
        let error = read.expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Limit, "{what}: {error}");
        println!("{what}: {took:?}, {} MiB", peak >> 20);
        assert!(took < PATIENCE && peak < MEMORY, "{what}: {took:?}, {} MiB", peak >> 20);
    }
}

#[test]
fn the_largest_scores_stay_within_their_memory() {
    let word = format!("{}<voice>2</voice><lyric><text>la</text></lyric></note>", &NOTE[..NOTE.len() - 7]);
    let measure = format!("<measure><sound tempo='6000'/>{}</measure>", word.repeat(450));
    let most = partwise(&measure.repeat(220));
    let repeated = partwise(&format!(
        "<measure><sound tempo='6000'/>{}<barline><repeat direction='backward' times='9000'/></barline></measure>",
        word.repeat(16)
    ));
    for (what, text, notes) in [("written", most, 99_000), ("repeated", repeated, 144_000)] {
        let ((read, peak), took) =
            clock::time_of(|| memory::peak_of(|| Score::from_bytes(text.into_bytes())));
        assert_eq!(read.expect(what).parts[0].sung.len(), notes);
        println!("{what}: {took:?}, {} MiB", peak >> 20);
        assert!(took < PATIENCE && peak < MEMORY, "{what}: {took:?}, {} MiB", peak >> 20);
    }
}

#[test]
fn errors_name_the_place() {
    let note = NOTE.replace("<duration>1", "<duration>-1");
    let error = Score::from_bytes(partwise(&format!("<measure number='7'>{note}</measure>"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert_eq!(error.message(), "part P, measure 7: a duration is -1, which is below 0");
    let missing = Score::open("no/such.musicxml").unwrap_err();
    assert!(
        missing.kind() == ErrorKind::NotFound && missing.message().contains("such.musicxml"),
        "{missing:?}"
    );
    let twice = format!("<score-partwise>{0}{0}</score-partwise>", "<part id='P'><measure/></part>");
    assert!(Score::from_bytes(twice).unwrap_err().message().contains("\"P\""));
}
