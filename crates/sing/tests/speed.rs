//! Promise: a score is read in less time than it takes to see that it was.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail, and says what it measures")]

use sonic_sing::score::Score;
use std::fs;
use std::time::Duration;

#[path = "support/clock.rs"]
mod clock;

/// Time of the processor for a song of 500 notes, and for the largest of the songs at hand: several times what is measured.
const PATIENCE: Duration = Duration::from_millis(100);
/// Runs of which the fastest counts.
const RUNS: usize = 30;

fn fastest(bytes: &[u8]) -> Duration {
    let run = || {
        let (score, took) = clock::time_of(|| Score::from_bytes(bytes).unwrap());
        assert!(!score.parts.is_empty());
        took
    };
    (0..RUNS).map(|_| run()).min().unwrap()
}

/// A song as programs write it: each note with the elements that are for the eye.
fn song(notes: usize) -> String {
    let note = |n: usize| {
        let step = ["C", "D", "E", "F", "G", "A", "B"][n * 3 % 7];
        let (kind, text) = [("begin", "la"), ("end", "lu")][n % 2];
        let lines: [&str; 17] = [
            &format!("<note default-x=\"{n}.00\" default-y=\"-15.00\">"),
            "  <pitch>",
            &format!("    <step>{step}</step>"),
            "    <octave>4</octave>",
            "  </pitch>",
            "  <duration>1</duration>",
            "  <voice>1</voice>",
            "  <type>quarter</type>",
            "  <stem>up</stem>",
            "  <notations>",
            "    <slur type=\"start\" number=\"1\"/>",
            "  </notations>",
            "  <lyric number=\"1\" default-x=\"6.58\" default-y=\"-43.88\" relative-y=\"-30.00\">",
            &format!("    <syllabic>{kind}</syllabic>"),
            &format!("    <text>{text}</text>"),
            "  </lyric>",
            "</note>",
        ];
        lines.iter().map(|line| format!("      {line}\n")).collect::<String>()
    };
    let measures: String = (0..notes / 4)
        .map(|m| {
            format!(
                "<measure number=\"{m}\">\n{}</measure>\n",
                (4 * m..4 * m + 4).map(note).collect::<String>()
            )
        })
        .collect();
    format!("<score-partwise><part id=\"P1\">{measures}</part></score-partwise>")
}

#[test]
fn a_song_is_read_at_once() {
    let mut songs = vec![("500 notes".to_owned(), song(500).into_bytes())];
    if let Some(folder) = sonic_testing::assets("sing/scores/lieder") {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let scores = files.filter(|path| path.extension().is_some_and(|kind| kind == "mxl"));
        songs.extend(scores.map(|path| (path.display().to_string(), fs::read(path).unwrap())));
    }
    for (name, bytes) in songs {
        let took = fastest(&bytes);
        println!("{name}: {took:?}");
        assert!(took <= PATIENCE, "{name}: {took:?}");
    }
}
