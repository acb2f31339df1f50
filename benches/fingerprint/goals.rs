//! The figures that were aimed at, beside those reached: a table in Markdown, as it stands in BENCHMARKS.md.

use crate::ask::Outcome;
use crate::figures::{Summary, calibration_error, percent, quantile};
use crate::report::rows;
use serde_json::Value;

/// Rows of the recognition table, whether of hard clips, and the recall in percent that was aimed at.
const RECALL: [(&str, bool, f64); 17] = [
    ("all", false, 98.7),
    ("hard", true, 97.0),
    ("clean", false, 100.0),
    ("codec", false, 100.0),
    ("phone", false, 100.0),
    ("clip/quiet", false, 100.0),
    ("noise 10 dB", false, 100.0),
    ("noise 5 dB", false, 100.0),
    ("noise 0 dB", false, 98.0),
    ("noise -3 dB", false, 95.0),
    ("reverb", false, 95.0),
    ("speed 2", false, 100.0),
    ("speed 5", false, 99.0),
    ("tempo 5", false, 100.0),
    ("pitch 1", false, 100.0),
    ("3 s", false, 98.0),
    ("15 s", false, 100.0),
];

/// Prints the table.
pub(crate) fn print(
    outcomes: &[Outcome<'_>],
    decode: &Value,
    add: &Value,
    asked: &Value,
    streamed: &Value,
    peer: Option<&Value>,
) {
    println!("\n| | goal | reached | |\n|---|---|---|---|");
    for hard in [false, true] {
        let name = if hard { "hard" } else { "all" };
        let list: Vec<_> = outcomes.iter().filter(|o| o.query.hard == hard).copied().collect();
        if !list.is_empty() {
            recall(&rows(name, &list), hard);
        }
    }
    decision(outcomes);
    let (mean, most) = calibration_error(outcomes);
    at_most("calibration, ten equal bins: mean error", 0.01, mean);
    at_most("calibration, ten equal bins: largest error", 0.03, most);
    let n = |v: &Value| v.as_f64().unwrap_or(f64::NAN);
    let sum = |key: &str| n(&streamed["tuned"][key]) + n(&streamed["held_out"][key]);
    at_most(&format!("false alarms in {:.1} h of foreign sound", sum("hours")), 2.0, sum("alarms"));
    if let Some(peer) = peer {
        at_least(
            "ingest against audiofp",
            1.15,
            n(&add["audio_s_per_cpu_s"]) / n(&peer["audio_s_per_cpu_s"]),
        );
    }
    at_most("added to the time of decoding, %", 25.0, 100.0 * (n(&add["cpu_s"]) / n(&decode["cpu_s"]) - 1.0));
    at_most("store, MB per hour", 1.6, n(&add["file_mb_per_hour"]));
    let total = |p| quantile(outcomes.iter().filter(|o| !o.query.hard).map(|o| o.timing.total), p);
    at_most("clip file to answer, p50, ms", 8.0, total(0.5));
    at_most("clip file to answer, p95, ms", 25.0, total(0.95));
    let clips = || outcomes.iter().filter(|o| !o.query.hard).map(|o| o.timing.fingerprint + o.timing.search);
    at_most("fingerprint and search of a clip, mean, ms", 9.0, clips().sum::<f64>() / clips().count() as f64);
    at_most("fingerprint and search of a clip, p50, ms", 6.0, quantile(clips(), 0.5));
    at_most("fingerprint and search of a clip, p95, ms", 18.0, quantile(clips(), 0.95));
    at_least("foreign files, decoding apart, x real time", 1000.0, n(&streamed["times_real_time"]));
    at_most("peak memory, adding, MB", 60.0, n(&add["peak_mb"]));
    at_most("peak memory, asking, MB", 30.0, n(&asked["peak_mb"]));
}

fn recall(rows: &[(String, Summary)], of_hard: bool) {
    for (name, hard, goal) in RECALL {
        let row = rows.iter().find(|r| r.0 == name && hard == of_hard);
        if let Some((_, s)) = row.filter(|r| r.1.positives > 0) {
            let label = format!("recall at 1 %: {name} ({} clips)", s.positives);
            at_least(&label, goal, percent(s.at_threshold, s.positives));
        }
    }
}

/// The default decision on ordinary clips.
fn decision(outcomes: &[Outcome<'_>]) {
    let s = Summary::at(f64::INFINITY, outcomes.iter().filter(|o| !o.query.hard));
    if s.positives == 0 {
        return;
    }
    at_least("default decision: recall, %", 98.3, percent(s.decided, s.positives));
    let (named, asked) = (s.false_positives + s.masked_false_positives, s.negatives + s.masked);
    at_most(&format!("default decision: false positives of {asked}, %"), 0.5, percent(named, asked));
}

fn at_least(name: &str, goal: f64, reached: f64) {
    row(name, &format!(">= {goal}"), reached, reached >= goal);
}

fn at_most(name: &str, goal: f64, reached: f64) {
    row(name, &format!("<= {goal}"), reached, reached <= goal);
}

fn row(name: &str, goal: &str, reached: f64, met: bool) {
    let digits = if reached < 10.0 { 2 } else { 1 };
    println!("| {name} | {goal} | {reached:.digits$} | {} |", if met { "" } else { "short" });
}
