//! How long it takes to read a score, to check a voicebank, to hear the first phrase of a song, and to hear it again with
//! one note changed; what sonic adds to the time of the models, beside the reference in Python.
//!
//! `cargo bench --bench sing`: sings with the voicebank of the demo, and needs ONNX Runtime for that. The reference is run
//! if `SONIC_TEST_ASSETS` has it, and `SONIC_PYTHON` (or `python3`) has onnxruntime and PyYAML.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use sonic::model::{Runtime, RuntimeOptions};
use sonic::sing::score::Score;
use sonic::sing::{PhraseCache, RenderOptions, Voicebank};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Phrases of a song of three minutes: eight quarters each, at 120 quarters a minute.
const PHRASES: usize = 45;
/// Runs of which the fastest counts.
const RUNS: usize = 5;
/// What a figure must keep to; the promises themselves are in BENCHMARKS.md, for an idle machine.
const PARSED: Duration = Duration::from_millis(20);
const CHECKED: Duration = Duration::from_secs(1);

fn main() -> Result<(), Box<dyn Error>> {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let (runs, phrases) = if is_test { (1, 3) } else { (RUNS, PHRASES) };
    let bank = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo/singer");
    let parsed = fastest(runs, || Score::from_bytes(song(84, None)).map(drop))?;
    line("a score of 504 notes is read in", parsed, "ms", 1e3);
    let checked = fastest(runs, || Voicebank::open(&bank).map(|bank| assert!(bank.check().is_empty())))?;
    line("a voicebank is checked in", checked, "ms", 1e3);
    assert!(is_test || (parsed < PARSED && checked < CHECKED), "{parsed:?}, {checked:?}");
    if let Err(error) = Runtime::load(&RuntimeOptions::default()) {
        println!("skipped: singing: {error}");
        return Ok(());
    }
    sing(&bank, phrases)
}

fn line(what: &str, took: Duration, unit: &str, factor: f64) {
    println!("{what:52} {:>10.2} {unit}", took.as_secs_f64() * factor);
}

fn fastest(runs: usize, mut work: impl FnMut() -> sonic::Result<()>) -> sonic::Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..runs {
        let started = Instant::now();
        work()?;
        best = best.min(started.elapsed());
    }
    Ok(best)
}

/// A song of phrases of six quarters and two of rest; `edited` has another note in its middle.
fn song(phrases: usize, edited: Option<usize>) -> Vec<u8> {
    let mut music = String::new();
    for phrase in 0..phrases {
        for (place, text) in ["la", "mi", "so", "ta", "ke", "nu"].iter().enumerate() {
            let step = ["C", "E", "G", "A", "F", "D"][(phrase + place) % 6];
            let step = if edited == Some(phrase) && place == 3 { "B" } else { step };
            music += &format!(
                "<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>1</duration><lyric><text>{text}</text></lyric></note>"
            );
        }
        music += "<note><rest/><duration>2</duration></note>";
    }
    format!(
        "<score-partwise><part-list><score-part id=\"P1\"><part-name>V</part-name></score-part></part-list><part id=\"P1\">\
         <measure number=\"1\"><attributes><divisions>1</divisions></attributes>{music}</measure></part></score-partwise>"
    )
    .into_bytes()
}

fn sing(folder: &Path, phrases: usize) -> Result<(), Box<dyn Error>> {
    let score = Score::from_bytes(song(phrases, None))?;
    let bank = Voicebank::open(folder)?;
    // Loads the models, and says what a phrase takes.
    let alone = Score::from_bytes(song(1, None))?;
    let sing_alone = || bank.render(&alone, &RenderOptions::default())?.collect_samples().map(drop);
    let loading = fastest(1, sing_alone)?;
    let one = fastest(3, sing_alone)?;
    line("one phrase, models loaded", one, "ms", 1e3);
    line("one phrase, models not loaded", loading, "ms", 1e3);
    let cache = PhraseCache::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("sing-bench"), 1 << 30)?;
    cache.clear()?;
    let mut options = RenderOptions::default();
    options.cache = Some(cache);
    let started = Instant::now();
    let mut song_phrases = bank.render(&score, &options)?;
    song_phrases.next().ok_or("no phrase")??;
    let first = started.elapsed();
    line("first sound of the song, beyond one phrase", first.saturating_sub(one), "ms", 1e3);
    let rest: usize = song_phrases.map(|phrase| phrase.map(|p| p.samples.len())).sum::<sonic::Result<_>>()?;
    let whole = started.elapsed();
    assert!(rest > 0);
    line("the whole song, a second of it", whole.div_f64(score.total_seconds), "ms", 1e3);
    let edited = Score::from_bytes(song(phrases, Some(phrases / 2)))?;
    let started = Instant::now();
    let again = bank.render(&edited, &options)?;
    let handle = again.handle();
    again.collect_samples()?;
    let took = started.elapsed();
    assert_eq!(handle.progress().rendered, 1, "one note is one phrase");
    line("one note changed, ready again, beyond one phrase", took.saturating_sub(one), "ms", 1e3);
    let kept = fastest(3, || bank.render(&edited, &options)?.collect_samples().map(drop))?;
    line("own work with all phrases kept, a second of song", kept.div_f64(score.total_seconds), "ms", 1e3);
    reference(folder, &score, whole, kept)
}

/// The reference in Python on the same song: its whole time, and its share outside of ONNX Runtime.
fn reference(bank: &Path, score: &Score, whole: Duration, kept: Duration) -> Result<(), Box<dyn Error>> {
    const PROGRAM: &str = "
import json, sys, time
sys.path.insert(0, sys.argv[1])
import reference, onnxruntime
inside = [0.0]
run = onnxruntime.InferenceSession.run
def timed(self, *a, **k):
    start = time.perf_counter()
    try: return run(self, *a, **k)
    finally: inside[0] += time.perf_counter() - start
onnxruntime.InferenceSession.run = timed
truth = json.load(open(sys.argv[2]))
bank = sys.argv[3]
reference.song(truth, bank, None, None, '1')
inside[0] = 0.0
start = time.perf_counter()
reference.song(truth, bank, None, None, '1')
print(time.perf_counter() - start, inside[0])
";
    let assets = std::env::var_os("SONIC_TEST_ASSETS").map(|assets| PathBuf::from(assets).join("sing/ref"));
    let Some(folder) = assets.filter(|folder| folder.is_dir()) else { return Ok(()) };
    let truth = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sing-bench.json");
    std::fs::write(&truth, serde_json::to_vec(score)?)?;
    let python = std::env::var_os("SONIC_PYTHON").unwrap_or_else(|| "python3".into());
    let output = Command::new(python).args(["-c", PROGRAM]).arg(&folder).arg(&truth).arg(bank).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        println!("skipped: the reference in Python: {}", said.lines().last().unwrap_or_default());
        return Ok(());
    }
    let said = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = said.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [theirs, inside] = numbers[..] else { return Err(said.into()) };
    let own = (theirs - inside) / score.total_seconds * 1e3;
    println!("{:52} {own:>10.2} ms", "the reference's own work, a second of song");
    println!("{:52} {:>10.1}", "its whole time as a multiple of ours", theirs / whole.as_secs_f64());
    let ratio = own / (kept.as_secs_f64() / score.total_seconds * 1e3);
    println!("{:52} {ratio:>10.1}", "its own work as a multiple of ours");
    Ok(())
}
