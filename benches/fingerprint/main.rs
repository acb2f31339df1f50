//! How well, how fast and how small: recordings of a folder are added to a store, degraded clips of them are asked,
//! and the answers are held against the truth. Sound that trips finders of peaks lies in the store as well, and all sound
//! of the recordings is asked with its own recording hidden. `held_out.txt` lists the recordings that no constant of the
//! library was chosen on; they are reported apart.
//!
//! ```text
//! cargo bench --bench fingerprint -- [FOLDER...] [OPTIONS]
//!   FOLDER             index/*, queries.jsonl and, if present, hard_queries.jsonl; or index/* and
//!                      queries/queries.jsonl. Default: fingerprint/tuning in $SONIC_TEST_ASSETS;
//!                      without that, clips are made of the demo's media
//!   --peer             measure the crate audiofp beside sonic
//!   --any              any accepted match counts, not only the first
//!   --wide             in place of the folder's clips, clips of its recordings that are made here: faster and slower by
//!                      a third and more
//!   --fill HOURS       fill the store up with drawn recordings (`scale/draw.rs`) before clips are searched for
//!   --limit N          ask only about N clips of each list, evenly taken
//!   --threads N        threads that share the work on one clip (1)
//!   --jobs N           files decoded at once while adding (as many as there are cores)
//!   --json OUT         write all figures
//!   --calibrate OUT    write label and score of every answer, and fit probability = 1 / (1 + exp(-(a score + b)))
//!   --test             a small run on clips made here; its figures are asserted
//! ```
//!
//! Each phase runs in a process of its own, so that its peak memory and processor time are seen alone.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod ask;
mod calibrate;
mod coded;
mod dataset;
#[path = "../scale/draw.rs"]
mod draw;
mod figures;
mod fill;
mod goals;
mod ingest;
mod options;
mod peer;
mod process;
mod report;
mod stream;
mod stretch;
mod synthetic;
mod wide;

use ask::{Manner, Outcome};
use dataset::Dataset;
use figures::Summary;
use options::{Options, Phase};
use serde_json::{Value, json};
use std::error::Error;
use std::path::{Path, PathBuf};

type Anyhow<T> = Result<T, Box<dyn Error>>;

fn main() -> Anyhow<()> {
    let options = Options::parse()?;
    if let Some((phase, work)) = &options.phase {
        println!("{}", run_phase(*phase, work, &options)?);
        return Ok(());
    }
    let work = process::temporary("sonic-bench-fingerprint")?;
    let mut figures = Vec::new();
    for mut folder in folders(&options, &work)? {
        if options.wide {
            let made = work.join("wide");
            options.run_child(Phase::Widen, &folder, &made)?;
            folder = made;
        }
        figures.push(evaluate(&folder, &work.join("run"), &options)?);
    }
    if let Some(path) = &options.json {
        std::fs::write(path, serde_json::to_string_pretty(&figures)?)?;
    }
    std::fs::remove_dir_all(&work)?;
    Ok(())
}

/// What a child process does; its answer is one line of JSON.
fn run_phase(phase: Phase, work: &Path, options: &Options) -> Anyhow<Value> {
    let folder = options.folders.first().ok_or("a phase needs a folder")?;
    if phase == Phase::Synthesize {
        return synthetic::write(folder);
    }
    if phase == Phase::Widen {
        return wide::write(folder, work);
    }
    let dataset = Dataset::read(folder)?.limited(options.limit);
    match phase {
        Phase::Synthesize | Phase::Widen => Ok(Value::Null),
        Phase::Decode => ingest::decode_all(&dataset),
        Phase::Add => ingest::add_all(&dataset, work, options.jobs),
        Phase::Fill => fill::up_to(options.fill, work),
        Phase::Ask => ask::ask_all(&dataset, work, Manner { threads: options.threads, any: options.any }),
        Phase::Stream => stream::stream_all(&dataset, work, options.threads),
        Phase::Peer => peer::run(&dataset),
    }
}

/// The folders to evaluate; the last resort is made here.
fn folders(options: &Options, work: &Path) -> Anyhow<Vec<PathBuf>> {
    if !options.folders.is_empty() && !options.test {
        return Ok(options.folders.clone());
    }
    if let Some(assets) = std::env::var_os("SONIC_TEST_ASSETS").filter(|_| !options.test) {
        return Ok(vec![PathBuf::from(assets).join("fingerprint/tuning")]);
    }
    let folder = work.join("made");
    options.run_child(Phase::Synthesize, &folder, work)?;
    Ok(vec![folder])
}

fn evaluate(folder: &Path, work: &Path, options: &Options) -> Anyhow<Value> {
    let child = |phase| options.run_child(phase, folder, work);
    let dataset = Dataset::read(folder)?.limited(options.limit);
    println!("{}", report::heading(&dataset));
    let decode = child(Phase::Decode)?;
    let add = child(Phase::Add)?;
    if options.fill > 0.0 {
        println!("filled up to {:.1} hours", child(Phase::Fill)?.as_f64().unwrap_or(f64::NAN));
    }
    let asked = child(Phase::Ask)?;
    let streamed = child(Phase::Stream)?;
    let outcomes = ask::outcomes(&dataset, &asked)?;
    let summary = Summary::of(&outcomes);
    report::recognition("sonic", &outcomes);
    report::quality(&outcomes);
    report::alarms(&streamed);
    report::cost(&decode, &add, &asked, &outcomes);
    let calibration = calibrate::fit(&calibrate::samples(&outcomes));
    report::calibration(calibration);
    if let Some(path) = &options.calibrate {
        calibrate::dump(path, &outcomes)?;
    }
    let peer = if options.peer { Some(child(Phase::Peer)?) } else { None };
    if let Some(peer) = &peer {
        report::recognition("audiofp", &ask::outcomes(&dataset, peer)?);
        report::peer(&decode, &add, peer);
    }
    goals::print(&outcomes, &decode, &add, &asked, &streamed, peer.as_ref());
    if options.test {
        check(&outcomes, &summary);
    }
    std::fs::remove_dir_all(work)?;
    Ok(figures_of(folder, &outcomes, [decode, add, asked, streamed], peer, calibration))
}

fn figures_of(
    folder: &Path,
    outcomes: &[Outcome<'_>],
    [decode, add, asked, streamed]: [Value; 4],
    peer: Option<Value>,
    (a, b): (f64, f64),
) -> Value {
    let name = folder.file_name().map(|n| n.to_string_lossy().into_owned());
    json!({
        "folder": name,
        "recognition": report::tables(outcomes),
        "calibration_error": figures::calibration_error(outcomes),
        "calibration": { "a": a, "b": b },
        "decode": decode, "add": add, "ask": asked, "stream": streamed, "peer": peer,
    })
}

/// What the clips made here must give.
fn check(outcomes: &[Outcome<'_>], summary: &Summary) {
    let clean = outcomes.iter().filter(|o| o.query.class() == "clean" && o.query.id.is_some());
    assert!(clean.clone().count() >= 5, "there are clean clips");
    for outcome in clean {
        assert!(outcome.own.right && outcome.own.accepted, "{} was not found", outcome.query.name);
    }
    assert_eq!(summary.wrong, 0, "a wrong recording was named");
    assert_eq!(summary.false_positives, 0, "something was found that is not there");
    assert!(summary.decided * 10 >= summary.positives * 9, "{} of {}", summary.decided, summary.positives);
}
