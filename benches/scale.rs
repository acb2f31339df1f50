//! How time, size and recall grow with the store: real recordings among up to 10,000 hours of drawn ones.
//!
//! ```text
//! cargo bench --bench scale -- [FOLDER] [OPTIONS]
//!   FOLDER             as for the bench `fingerprint`
//!   --hours A,B,...    sizes to measure, rising (10,100,1000)
//!   --batch N          drawn recordings added in one transaction (20: about 5 hours)
//!   --clips N          ask about N clips of each list (120)
//!   --threads N        threads that share the work on one clip (1)
//!   --minutes N        give up a size that takes longer to add (10)
//!   --json OUT         write all figures
//!   --test             a tiny run on clips made here; its figures are asserted
//! ```
//!
//! Drawn are landmarks, not sound (`scale/draw.rs`); the first table compares them with the real ones. The store is
//! compacted at each size, then asked by a process of its own.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "fingerprint/ask.rs"]
#[expect(dead_code, reason = "the bench `fingerprint` uses more of it")]
mod ask;
#[path = "fingerprint/dataset.rs"]
#[expect(dead_code, reason = "the bench `fingerprint` uses more of it")]
mod dataset;
#[path = "scale/draw.rs"]
mod draw;
#[path = "fingerprint/figures.rs"]
#[expect(dead_code, reason = "the bench `fingerprint` uses more of it")]
mod figures;
#[path = "fingerprint/process.rs"]
mod process;
#[path = "scale/spread.rs"]
mod spread;
#[path = "fingerprint/synthetic.rs"]
mod synthetic;

use ask::{Manner, Outcome};
use dataset::Dataset;
use draw::Drawer;
use figures::{Summary, percent, quantile};
use serde_json::{Value, json};
use sonic::recordings::{AddOptions, Added, NewRecording};
use sonic::{Store, StoreOptions};
use spread::Spread;
use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

type Anyhow<T> = Result<T, Box<dyn Error>>;

struct Options {
    folder: Option<PathBuf>,
    hours: Vec<f64>,
    batch: usize,
    clips: usize,
    threads: usize,
    limit: Duration,
    json: Option<PathBuf>,
    test: bool,
    /// Set in a child process, which only asks: where the store is.
    ask: Option<PathBuf>,
}

impl Options {
    fn parse() -> Anyhow<Self> {
        let mut options = Self {
            folder: None,
            hours: vec![10.0, 100.0, 1000.0],
            batch: 20,
            clips: 120,
            threads: 1,
            limit: Duration::from_secs(600),
            json: None,
            test: false,
            ask: None,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--bench" => {} // Added by cargo.
                "--hours" => options.hours = value()?.split(',').map(str::parse).collect::<Result<_, _>>()?,
                "--batch" => options.batch = value()?.parse()?,
                "--clips" => options.clips = value()?.parse()?,
                "--threads" => options.threads = value()?.parse()?,
                "--minutes" => options.limit = Duration::from_secs(60 * value()?.parse::<u64>()?),
                "--json" => options.json = Some(value()?.into()),
                "--ask" => options.ask = Some(value()?.into()),
                "--test" => (options.test, options.hours, options.clips) = (true, vec![4.0, 8.0], 40),
                other if other.starts_with('-') => return Err(format!("unknown option {other}").into()),
                folder => options.folder = Some(folder.into()),
            }
        }
        Ok(options)
    }

    fn folder(&self, work: &Path) -> Anyhow<PathBuf> {
        let assets = std::env::var_os("SONIC_TEST_ASSETS").filter(|_| !self.test);
        match (&self.folder, assets) {
            (Some(folder), _) => Ok(folder.clone()),
            (None, Some(assets)) => Ok(PathBuf::from(assets).join("fingerprint/tuning")),
            (None, None) => {
                let folder = work.join("made");
                synthetic::write(&folder)?;
                Ok(folder)
            }
        }
    }
}

fn main() -> Anyhow<()> {
    let options = Options::parse()?;
    if let (Some(work), Some(folder)) = (&options.ask, &options.folder) {
        let dataset = Dataset::read(folder)?.limited(options.clips);
        println!("{}", ask::ask_all(&dataset, work, Manner { threads: options.threads, any: false })?);
        return Ok(());
    }
    let work = process::temporary("sonic-bench-scale")?;
    let result = run(&options, &work);
    std::fs::remove_dir_all(&work)?;
    let rows = result?;
    if let Some(path) = &options.json {
        std::fs::write(path, serde_json::to_string_pretty(&rows)?)?;
    }
    Ok(())
}

fn run(options: &Options, work: &Path) -> Anyhow<Vec<Value>> {
    let folder = options.folder(work)?;
    let store = Store::open(work.join("store"), StoreOptions::default())?;
    let dataset = Dataset::read(&folder)?;
    sonic::recordings::add_files(&store, &dataset.recordings, &AddOptions::default(), |_| {
        ControlFlow::Continue(())
    })?;
    let dataset = dataset.limited(options.clips);
    let real = draw::sources(&store)?;
    let mut filling = Filling { drawer: Drawer::new(real), seconds: 0.0 };
    let mut rows = vec![compare(&store)?];
    heading();
    for &hours in &options.hours {
        let before = process::cpu_seconds();
        let Some(add) = filling.up_to(&store, hours, options)? else {
            println!("{hours:6} h: not reached in {} s", options.limit.as_secs());
            break;
        };
        let cpu = process::cpu_seconds().zip(before).map(|(now, before)| now - before);
        let start = Instant::now();
        store.compact()?;
        let compact = start.elapsed();
        let asked = ask_in_child(options, &folder, work)?;
        let outcomes = ask::outcomes(&dataset, &asked)?;
        let mut row = row(&store, [add, compact], &asked, &outcomes)?;
        row["draw_and_add_cpu_s"] = json!(cpu);
        print(&row);
        if options.test {
            check(&row, &outcomes);
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Prints how drawn recordings compare with real ones, an equal number of hours of each.
fn compare(store: &Store) -> Anyhow<Value> {
    let sources = draw::sources(store)?;
    let length = |frames: u32| f64::from(frames) / draw::FRAME_RATE;
    let seconds: f64 = sources.iter().map(|s| length(s.frames)).sum();
    let real = Spread::of(sources.iter().map(|s| (&s.landmarks[..], length(s.frames))));
    let (mut drawer, mut fingerprints, mut filled) = (Drawer::new(sources), Vec::new(), 0.0);
    while filled < seconds || fingerprints.len() < 4 {
        let fingerprint = drawer.recording();
        filled += length(fingerprint.frames);
        fingerprints.push(fingerprint);
    }
    let drawn = Spread::of(fingerprints.iter().map(|f| (&f.landmarks[..], length(f.frames))));
    println!("{:24} {:>8} {:>8}", format!("in {:.1} hours", seconds / 3600.0), "real", "drawn");
    for (name, of) in SPREAD {
        println!("{name:24} {:8.2} {:8.2}", of(&real), of(&drawn));
    }
    let across = real.shared_with(&drawn);
    println!("{:24} {across:17.2}", "  of a real and a drawn");
    Ok(json!({ "shared_real": real.shared, "shared_drawn": drawn.shared, "shared_across": across }))
}

/// A row of the comparison: its name, and what stands in it.
type Statistic = (&'static str, fn(&Spread) -> f64);

const SPREAD: [Statistic; 7] = [
    ("landmarks a second", |s| s.landmarks_per_s),
    ("pairs a second", |s| s.pairs_per_s),
    ("list of a pair, mean", |s| s.mean),
    ("  longest 10 % from", |s| s.longest[0]),
    ("  longest 1 % from", |s| s.longest[1]),
    ("  longest 0.1 % from", |s| s.longest[2]),
    ("couples sharing, ppm", |s| s.shared),
];

/// The drawn part of the store.
struct Filling {
    drawer: Drawer,
    seconds: f64,
}

impl Filling {
    /// Adds drawn recordings until there are `hours` of them; the time that the store took, or `None` beyond the limit.
    fn up_to(&mut self, store: &Store, hours: f64, options: &Options) -> Anyhow<Option<Duration>> {
        let mut adding = Duration::ZERO;
        while self.seconds < 3600.0 * hours {
            let batch: Vec<NewRecording> = (0..options.batch.max(1)).map(|_| self.drawer.next()).collect();
            self.seconds += batch.iter().map(|r| r.fingerprint.duration_ms as f64 / 1000.0).sum::<f64>();
            let start = Instant::now();
            let added = store.add(batch)?;
            adding += start.elapsed();
            if added.iter().any(|a| !matches!(a, Added::New(_))) {
                return Err("a drawn recording was not added".into());
            }
            if adding > options.limit {
                return Ok(None);
            }
        }
        Ok(Some(adding))
    }
}

fn ask_in_child(options: &Options, folder: &Path, work: &Path) -> Anyhow<Value> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(folder).arg("--ask").arg(work).args(["--clips", &options.clips.to_string()]);
    command.args(["--threads", &options.threads.to_string()]);
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("asking failed: {}", output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The figures of a size.
fn row(
    store: &Store,
    [add, compact]: [Duration; 2],
    asked: &Value,
    outcomes: &[Outcome<'_>],
) -> Anyhow<Value> {
    let stats = store.stats()?;
    let hours = stats.duration_ms as f64 / 3.6e6;
    let summary = Summary::of(outcomes);
    let known = |o: &&Outcome<'_>| o.query.id.is_some();
    let sure = || outcomes.iter().filter(known).filter(|o| o.scales <= 1.0);
    let scaled = || outcomes.iter().filter(known).filter(|o| o.scales > 1.0);
    let foreign = || outcomes.iter().filter(|o| o.query.id.is_none());
    let mut row = json!({
        "hours": hours,
        "postings": stats.postings,
        "add_s": add.as_secs_f64(),
        "compact_s": compact.as_secs_f64(),
        "file_mb_per_hour": stats.file_bytes as f64 / 1e6 / hours,
        "open_ms": asked["open_ms"],
        "peak_mb": asked["peak_mb"],
        "own_mb": asked["anonymous_mb"],
        "clips": summary.positives,
        "top": percent(summary.top, summary.positives),
        "at_1_percent": percent(summary.at_threshold, summary.positives),
        "default": percent(summary.decided, summary.positives),
        "wrong": summary.wrong,
        "false_positives": summary.false_positives + summary.masked_false_positives,
        "negatives": summary.negatives + summary.masked,
        "postings_read": quantile(outcomes.iter().map(|o| o.postings), 0.5),
        "postings_skipped": quantile(outcomes.iter().map(|o| o.skipped), 0.5),
        "sure_clips": sure().count(),
    });
    row["search_ms"] = json!({
        "all": quantiles(outcomes.iter()),
        "sure": quantiles(sure()),
        "scaled": quantiles(scaled()),
        "foreign": quantiles(foreign()),
    });
    Ok(row)
}

/// Milliseconds of the search, p50 and p95.
fn quantiles<'a>(outcomes: impl Iterator<Item = &'a Outcome<'a>>) -> [f64; 2] {
    let times: Vec<f64> = outcomes.map(|o| o.timing.search).collect();
    [0.5, 0.95].map(|p| quantile(times.iter().copied(), p))
}

/// A column of the table: its name, its width and what stands in it.
type Column = (&'static str, usize, fn(&Value) -> String);

const COLUMNS: [Column; 17] = [
    ("hours", 7, |r| decimal(&r["hours"], 0)),
    ("M pairs", 8, |r| format!("{:.1}", number(&r["postings"]) / 1e6)),
    ("add s", 7, |r| decimal(&r["add_s"], 1)),
    ("CPU s", 7, |r| decimal(&r["draw_and_add_cpu_s"], 1)),
    ("compact s", 10, |r| decimal(&r["compact_s"], 1)),
    ("MB/h", 6, |r| decimal(&r["file_mb_per_hour"], 2)),
    ("open ms", 8, |r| decimal(&r["open_ms"], 2)),
    ("sure ms", 13, |r| times(&r["search_ms"]["sure"])),
    ("all ms", 13, |r| times(&r["search_ms"]["all"])),
    ("foreign ms", 13, |r| times(&r["search_ms"]["foreign"])),
    ("k read", 8, |r| format!("{:.0}", number(&r["postings_read"]) / 1e3)),
    ("k skipped", 10, |r| format!("{:.0}", number(&r["postings_skipped"]) / 1e3)),
    ("top %", 7, |r| decimal(&r["top"], 1)),
    ("at 1 %", 7, |r| decimal(&r["at_1_percent"], 1)),
    ("default %", 10, |r| decimal(&r["default"], 1)),
    ("wrong", 10, |r| format!("{}+{}/{}", r["wrong"], r["false_positives"], r["negatives"])),
    ("MB (own)", 12, |r| format!("{} ({})", decimal(&r["peak_mb"], 0), decimal(&r["own_mb"], 0))),
];

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn decimal(value: &Value, digits: usize) -> String {
    format!("{:.digits$}", number(value))
}

/// p50 and p95.
fn times(value: &Value) -> String {
    format!("{:.1}/{:.1}", number(&value[0]), number(&value[1]))
}

fn line(cell: impl Fn(&Column) -> String) {
    let cells: Vec<String> = COLUMNS.iter().map(|c| format!("{:>width$}", cell(c), width = c.1)).collect();
    println!("{}", cells.concat());
}

fn heading() {
    println!(
        "\nCPU s: of drawing and adding; search in ms: p50/p95; wrong: clips named wrongly, and negatives named at all"
    );
    line(|c| c.0.to_owned());
}

fn print(row: &Value) {
    line(|c| c.2(row));
}

/// What the tiny run must give.
fn check(row: &Value, outcomes: &[Outcome<'_>]) {
    let clean = outcomes.iter().filter(|o| o.query.class() == "clean" && o.query.id.is_some());
    assert!(clean.clone().all(|o| o.own.right && o.own.accepted), "a clean clip was not found");
    assert!(clean.count() > 0, "there are clean clips");
    // Drawn recordings are made of stretches of real ones: what is named without its own recording may be such a stretch.
    let named = row["false_positives"].as_u64().unwrap_or(u64::MAX);
    assert!(named <= 1, "{named} clips were found that are not there");
    assert_eq!(row["wrong"], 0, "a wrong recording was named");
}
