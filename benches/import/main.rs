//! What was imported without its sound: how well and how fast clips of it are recognised, and what it takes.
//!
//! ```text
//! SONIC_TEST_ASSETS=... cargo bench --bench import -- [OPTIONS]
//!   --hours N          hours of sound in the store, of copies whose times are shuffled (110)
//!   --clips FOLDER     clips of their own, named `S01E02-KIND.EXT` and `none-NAME-KIND.EXT`, in place of those made here
//!   --test             a tiny run
//! ```
//!
//! Right is the right episode within a second. Times are of one clip after another on all cores, decoding not counted; they
//! are printed and only counts are judged.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../../tests/imported_support/mod.rs"]
mod clips;
#[path = "../../examples/demo/degrade.rs"]
#[allow(dead_code, reason = "the demo uses more of it")]
mod degrade;
#[path = "../fingerprint/process.rs"]
#[expect(dead_code, reason = "the bench `fingerprint` uses more of it")]
mod process;
mod scale;

use clips::{Clip, Outcome};
use sonic::recordings::{AddOptions, IdentifyOptions, Match};
use sonic::{Clip as Sound, Store, StoreOptions};
use std::collections::BTreeMap;
use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

type Anyhow<T> = Result<T, Box<dyn Error>>;

/// Hours of sound that were delivered.
const HOURS: f64 = 1_116.0 / 3_600.0;

struct Arguments {
    hours: f64,
    clips: Option<PathBuf>,
    test: bool,
}

fn main() -> Anyhow<()> {
    let arguments = arguments()?;
    let Some(assets) =
        std::env::var_os("SONIC_TEST_ASSETS").map(|assets| Path::new(&assets).join("services/citywok"))
    else {
        println!("skipped: SONIC_TEST_ASSETS is not set");
        return Ok(());
    };
    let folder = process::temporary("sonic-bench-import")?;
    let store = Store::open(folder.join("imported"), StoreOptions::default())?;
    sonic::imported::import(&store, assets.join("bucket"), |_| ControlFlow::Continue(()))?;
    let clips = match &arguments.clips {
        Some(folder) => clips::named_in(folder)?,
        None => clips::made(if arguments.test { 1 } else { usize::MAX })?,
    };
    size("imported", &store, HOURS)?;
    let imported = report("imported", &store, &clips)?;
    if !arguments.test {
        let anew = add_anew(&folder.join("anew"))?;
        size("added anew", &anew, HOURS)?;
        report("added anew", &anew, &clips)?;
    }
    let hours = if arguments.test { 2.0 * HOURS } else { arguments.hours };
    let large = scale::copies(&store, &folder.join("large"), hours)?;
    size("copies", &large, hours)?;
    let copies = report(&format!("{hours:.1} hours"), &large, &clips)?;
    assert!(imported > 0 && copies > 0, "nothing was recognised");
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn arguments() -> Anyhow<Arguments> {
    let given: Vec<String> = std::env::args().collect();
    let value = |name: &str| given.iter().position(|one| one == name).and_then(|at| given.get(at + 1));
    Ok(Arguments {
        hours: value("--hours").map_or(Ok(110.0), |hours| hours.parse())?,
        clips: value("--clips").map(PathBuf::from),
        test: given.iter().any(|one| one == "--test"),
    })
}

/// The recordings with their sound, under the ids of episodes.
fn add_anew(path: &Path) -> Anyhow<Store> {
    let store = Store::open(path, StoreOptions::default())?;
    for (episode, recording) in clips::episodes()? {
        let row = sonic::recordings::Recording { id: episode, ..Default::default() };
        sonic::recordings::add_with(&store, clips::media(&recording), row, &AddOptions::default())?;
    }
    store.compact()?;
    Ok(store)
}

fn size(name: &str, store: &Store, hours: f64) -> Anyhow<()> {
    let (file, hashes) = (store.stats()?.file_bytes as f64, store.imported().postings_bytes()? as f64);
    println!(
        "{name}: {:.2} MB an hour, of which hashes {:.2}; {} imported, {} with sound",
        file / hours / 1e6,
        hashes / hours / 1e6,
        store.imported().len()?,
        store.recordings().len()?
    );
    Ok(())
}

/// Identifies every clip; gives how many are right.
fn report(name: &str, store: &Store, clips: &[Clip]) -> Anyhow<usize> {
    let mut kinds: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    let (mut times, mut read) = (Vec::new(), Vec::new());
    for clip in clips {
        let sound = Sound::new(clip.samples.clone(), clip.sample_rate);
        let found = sonic::identify(store, &sound, &IdentifyOptions::default())?;
        times.push(found.elapsed.search + found.elapsed.fingerprint);
        read.push(found.answer.postings_read);
        let best: Option<&Match> = found.answer.matches.first().filter(|_| found.answer.is_match());
        let row = kinds.entry(clip.kind_of_truth()).or_default();
        match clip.outcome(best) {
            Outcome::Right => row.0 += 1,
            Outcome::Wrong => row.1 += 1,
            Outcome::Unknown => {}
        }
        row.2 += 1;
    }
    println!("{name}: kind, right, wrong or false, of");
    for (kind, (right, wrong, all)) in &kinds {
        println!("  {kind:12} {right:4} {wrong:4} {all:4}");
    }
    times.sort_unstable();
    read.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    let right: usize = kinds.values().map(|row| row.0).sum();
    let positives: usize = clips.iter().filter(|clip| clip.episode.is_some()).count();
    println!(
        "  right {right} of {positives}; p50 {:.1} ms, p95 {:.1} ms; median of {} postings",
        milliseconds(at(0.5)),
        milliseconds(at(0.95)),
        read.get(read.len() / 2).copied().unwrap_or_default()
    );
    Ok(right)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
