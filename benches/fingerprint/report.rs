//! Figures as tables for people and as JSON.

use crate::Dataset;
use crate::ask::Outcome;
use crate::figures::{Summary, calibration_error, percent, quantile, threshold};
use serde_json::{Value, json};

/// Classes in the order of the table; others follow by name.
const ORDER: [&str; 15] = [
    "clean",
    "codec",
    "phone",
    "clip/quiet",
    "noise 10 dB",
    "noise 5 dB",
    "noise 0 dB",
    "noise -3 dB",
    "reverb",
    "speed 2",
    "speed 5",
    "tempo 5",
    "pitch 1",
    "wow",
    "cuts",
];

pub(crate) fn heading(dataset: &Dataset) -> String {
    let foreign = dataset.queries.iter().filter(|q| q.id.is_none()).count();
    let name = dataset.folder.file_name().unwrap_or_default().to_string_lossy();
    let clips = dataset.queries.len() - foreign;
    format!("{name}: {} recordings, {clips} clips of them, {foreign} of others", dataset.recordings.len())
}

/// The lists of a dataset: ordinary and hard clips, all and those that no constant was chosen on, each with its own
/// threshold.
fn lists<'a>(outcomes: &[Outcome<'a>]) -> Vec<(&'static str, Vec<Outcome<'a>>)> {
    [
        ("all", false, false),
        ("hard", true, false),
        ("all, held out", false, true),
        ("hard, held out", true, true),
    ]
    .into_iter()
    .map(|(name, hard, held_out)| {
        let of_list = |o: &&Outcome<'_>| o.query.hard == hard && (o.query.held_out || !held_out);
        (name, outcomes.iter().filter(of_list).copied().collect::<Vec<_>>())
    })
    .filter(|(_, list)| !list.is_empty())
    .collect()
}

/// The rows of a list: everything, by class, by length.
pub(crate) fn rows(name: &str, list: &[Outcome<'_>]) -> Vec<(String, Summary)> {
    let limit = threshold(list);
    let mut rows = vec![(name.to_owned(), Summary::at(limit, list.iter()))];
    let mut classes: Vec<String> = list.iter().map(|o| o.query.class()).collect();
    classes.sort_by_key(|c| (ORDER.iter().position(|o| o == c).unwrap_or(ORDER.len()), c.clone()));
    classes.dedup();
    for class in classes {
        let of_class = list.iter().filter(|o| o.query.class() == class);
        rows.push((class.clone(), Summary::at(limit, of_class)));
    }
    let mut lengths: Vec<f64> = list.iter().map(|o| o.query.seconds).collect();
    lengths.sort_by(f64::total_cmp);
    lengths.dedup();
    for seconds in lengths {
        let of_length = list.iter().filter(|o| o.query.seconds == seconds);
        rows.push((format!("{seconds} s"), Summary::at(limit, of_length)));
    }
    rows
}

/// The table of what was recognised.
pub(crate) fn recognition(who: &str, outcomes: &[Outcome<'_>]) {
    for (name, list) in lists(outcomes) {
        println!("\n{who:14} clips    top %  at 1 %  default %  wrong  false positives (foreign, masked)");
        for (row, s) in rows(name, &list) {
            println!(
                "{row:14} {:5} {:8.1} {:7.1} {:10.1} {:6}  {}/{}, {}/{}",
                s.positives,
                percent(s.top, s.positives),
                percent(s.at_threshold, s.positives),
                percent(s.decided, s.positives),
                s.wrong,
                s.false_positives,
                s.negatives,
                s.masked_false_positives,
                s.masked,
            );
        }
        println!("score at 1 % false positives: {:.2}", threshold(&list));
    }
}

/// The same as JSON.
pub(crate) fn tables(outcomes: &[Outcome<'_>]) -> Value {
    let table = |name: &str, list: &[Outcome<'_>]| {
        let rows = rows(name, list).into_iter().map(|(row, s)| {
            let figures = json!({
                "clips": s.positives, "top": s.top, "at_1_percent": s.at_threshold, "default": s.decided,
                "wrong": s.wrong, "foreign": s.negatives, "foreign_false_positives": s.false_positives,
                "masked": s.masked, "masked_false_positives": s.masked_false_positives,
            });
            (row, figures)
        });
        json!({ "threshold": threshold(list), "rows": rows.collect::<serde_json::Map<_, _>>() })
    };
    lists(outcomes).into_iter().map(|(name, list)| (name.to_owned(), table(name, &list))).collect()
}

/// How well places and probabilities fit.
pub(crate) fn quality(outcomes: &[Outcome<'_>]) {
    let errors = outcomes.iter().filter(|o| o.own.right).filter_map(|o| o.own.error_ms);
    println!("\noffset error, median                {:6.1} ms", quantile(errors, 0.5));
    let (mean, most) = calibration_error(outcomes);
    println!("calibration error, ten equal bins   {mean:6.3} mean, {most:.3} at most");
}

pub(crate) fn calibration((a, b): (f64, f64)) {
    println!("P(right) = 1 / (1 + exp(-(a score + b))): a = {a:.3}, b = {b:.3} (1 and 0: calibrated)");
}

/// False alarms in all the sound of the recordings.
pub(crate) fn alarms(streamed: &Value) {
    for (part, label) in [("tuned", "recordings tuned on"), ("held_out", "recordings held out")] {
        let (count, hours) = (&streamed[part]["alarms"], streamed[part]["hours"].as_f64().unwrap_or(0.0));
        let rate = count.as_f64().unwrap_or(f64::NAN) / hours;
        println!("false alarms, {label:20} {count} in {hours:.2} h of foreign sound: {rate:.2} an hour");
    }
    for alarm in streamed["named"].as_array().into_iter().flatten() {
        println!("  {alarm}");
    }
}

/// What it took.
pub(crate) fn cost(decode: &Value, add: &Value, asked: &Value, outcomes: &[Outcome<'_>]) {
    let n = |v: &Value| v.as_f64().unwrap_or(f64::NAN);
    println!("\ndecode alone, audio-s per CPU-s     {:6.0}", n(&decode["audio_s_per_cpu_s"]));
    println!("add from files, audio-s per CPU-s   {:6.0}", n(&add["audio_s_per_cpu_s"]));
    let ratio = n(&add["cpu_s"]) / n(&decode["cpu_s"]);
    println!("  against decoding alone            {:6.0} %", 100.0 * (ratio - 1.0));
    println!(
        "landmarks, postings a second        {:6.1} {:6.1}",
        n(&add["landmarks_per_s"]),
        n(&add["postings_per_s"])
    );
    println!(
        "store, MB per hour                  {:6.2} (postings {:.2})",
        n(&add["file_mb_per_hour"]),
        n(&add["postings_mb_per_hour"])
    );
    println!(
        "peak memory adding, MB              {:6.0} ({:.0} with compact)",
        n(&add["peak_mb"]),
        n(&add["peak_with_compact_mb"])
    );
    println!(
        "peak memory asking, MB              {:6.0} ({:.0} its own)",
        n(&asked["peak_mb"]),
        n(&asked["anonymous_mb"])
    );
    println!("opening the store, ms               {:6.2}", n(&asked["open_ms"]));
    for (name, list) in lists(outcomes) {
        times(name, &list);
    }
}

fn times(name: &str, list: &[Outcome<'_>]) {
    println!("\nms a clip, {name:8}      p50     p95");
    let line = |label: &str, of: fn(&Outcome<'_>) -> f64| {
        let (p50, p95) = (quantile(list.iter().map(of), 0.5), quantile(list.iter().map(of), 0.95));
        println!("{label:20} {p50:7.1} {p95:7.1}");
    };
    line("decode", |o| o.timing.decode);
    line("fingerprint", |o| o.timing.fingerprint);
    line("search", |o| o.timing.search);
    line("file to answer", |o| o.timing.total);
    line("scales tried", |o| o.scales);
    line("postings read, k", |o| o.postings / 1e3);
    line("postings skipped, k", |o| o.skipped / 1e3);
}

/// The peer's cost beside ours.
pub(crate) fn peer(decode: &Value, add: &Value, peer: &Value) {
    let n = |v: &Value| v.as_f64().unwrap_or(f64::NAN);
    let (ours, theirs) = (n(&add["audio_s_per_cpu_s"]), n(&peer["audio_s_per_cpu_s"]));
    let ratio = ours / theirs;
    println!(
        "\naudiofp ingest, audio-s per CPU-s   {theirs:6.0} (sonic's decoder); sonic / audiofp {ratio:.2}"
    );
    let ours_alone = n(&decode["audio_s"]) / (n(&add["cpu_s"]) - n(&decode["cpu_s"]));
    let theirs_alone = n(&peer["audio_s"]) / (n(&peer["cpu_s"]) - n(&peer["decode_cpu_s"]));
    println!("  less decoding                     {theirs_alone:6.0}; sonic {ours_alone:.0}");
    if let Some(own) = peer["own_decoder_audio_s_per_cpu_s"].as_f64() {
        println!("  with its own decoder              {own:6.0}; sonic / audiofp {:.2}", ours / own);
    }
    println!("audiofp index, MB per hour          {:6.1} (in memory)", n(&peer["index_mb_per_hour"]));
    let clips = peer["clips"].as_array().into_iter().flatten();
    let totals: Vec<f64> = clips.map(|c| n(&c["own"]["total_ms"])).collect();
    let (p50, p95) = (quantile(totals.iter().copied(), 0.5), quantile(totals.iter().copied(), 0.95));
    println!("audiofp file to answer, ms          {p50:6.1} p50 {p95:6.1} p95");
}
