//! What a call costs more from Python and from C than from Rust, and whether memory grows.
//!
//! `make bench-bindings`, or `cargo bench --bench bindings [-- --rounds 15 --calls 100 --leak 10000]`: the same calls of
//! `identify`, on one thread, from three programs by turns, so that a noisy machine disturbs all alike. Python is
//! `.venv`'s, with the package built in release mode; C is compiled here.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use serde_json::{Value, json};
use sonic::audio::fingerprint::{Fingerprinter, SAMPLE_RATE};
use sonic::recordings::{AddOptions, IdentifyOptions};
use sonic::{Access, Fingerprint, Store, StoreOptions};
use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The median nanoseconds of a call: with a fingerprint, with a file.
type Figures = [f64; 2];

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn main() -> Outcome<()> {
    if let Some(arguments) = child() {
        return child_main(&arguments);
    }
    let test = std::env::args().any(|a| a == "--test");
    let rounds = option("--rounds").unwrap_or(if test { 1 } else { 15 });
    let calls = option("--calls").unwrap_or(if test { 3 } else { 100 });
    let folder = std::env::temp_dir().join(format!("sonic-bench-bindings-{}", std::process::id()));
    let result = measure(&folder, rounds, calls, option("--leak").unwrap_or(if test { 0 } else { 10_000 }));
    std::fs::remove_dir_all(&folder)?;
    result
}

fn option(name: &str) -> Option<usize> {
    let mut arguments = std::env::args().skip_while(|a| a != name);
    arguments.nth(1)?.parse().ok()
}

fn measure(folder: &Path, rounds: usize, calls: usize, leak: usize) -> Outcome<()> {
    let clip = Path::new(ROOT).join("examples/demo/queries/road-opus-12k.opus");
    let path = folder.join("store");
    let store = Store::open(&path, StoreOptions::default())?;
    let media = Path::new(ROOT).join("examples/demo/media");
    sonic::recordings::add_files(&store, &[media], &AddOptions::default(), |_| ControlFlow::Continue(()))?;
    let programs = programs(folder, &path, &clip)?;

    store.close();
    let mut rounds_of = vec![Vec::new(); programs.len()];
    for _ in 0..rounds {
        for (program, figures) in programs.iter().zip(&mut rounds_of) {
            figures.push(program.run(calls)?.0);
        }
    }
    println!("{:8} {:>26} {:>26}", "", "fingerprint to answer", "file to answer");
    let rust = best(&rounds_of[0]);
    for (program, figures) in programs.iter().zip(&rounds_of) {
        show(program.language, best(figures), rust);
    }
    for program in programs.iter().filter(|_| leak > 0) {
        let (start, end) = program.run(leak)?.1;
        let grown = (end - start) / 1e6;
        println!(
            "{}: {:.1} MB resident after {} calls of each, {grown:+.2} MB more after {leak}",
            program.language,
            start / 1e6,
            leak / 10
        );
    }
    Ok(())
}

fn show(language: &str, [fingerprint, file]: Figures, rust: Figures) {
    let cell = |time: f64, base: f64| format!("{:.3} ms ({:+.1} %)", time / 1e6, 100.0 * (time / base - 1.0));
    println!("{language:8} {:>26} {:>26}", cell(fingerprint, rust[0]), cell(file, rust[1]));
}

/// The best round: what disturbs a machine only ever adds time.
fn best(rounds: &[Figures]) -> Figures {
    [0, 1].map(|column| rounds.iter().map(|r| r[column]).fold(f64::INFINITY, f64::min))
}

/// The arguments of a child, if this process is one: STORE CLIP CALLS.
fn child() -> Option<Vec<String>> {
    let arguments: Vec<String> = std::env::args().collect();
    (arguments.get(1)? == "--child").then(|| arguments[2..].to_vec())
}

/// The Rust side, a process of its own as the others are.
fn child_main(arguments: &[String]) -> Outcome<()> {
    let [store, clip, calls] = arguments else { return Err("a child takes STORE CLIP CALLS".into()) };
    let options = StoreOptions { access: Access::ReadOnly, ..StoreOptions::default() };
    let (store, calls) = (Store::open(store, options)?, calls.parse()?);
    let ([fingerprint_ns, file_ns], before) = from_rust(&store, Path::new(clip), calls)?;
    let figures = json!({
        "fingerprint_ns": fingerprint_ns, "file_ns": file_ns, "rss_start": before, "rss_end": resident_bytes(),
    });
    println!("{figures}");
    Ok(())
}

/// Resident memory of this process, where the system tells it.
fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or("0");
    let kilobytes = line.split_whitespace().next().and_then(|n| n.parse::<f64>().ok());
    kilobytes.unwrap_or_default() * 1024.0
}

/// The figures, and resident memory after a tenth of the calls.
fn from_rust(store: &Store, clip: &Path, calls: usize) -> Outcome<(Figures, f64)> {
    let fingerprint = fingerprint_of(clip)?;
    let options = IdentifyOptions { threads: 1, ..IdentifyOptions::default() };
    let mut times = [Vec::new(), Vec::new()];
    let mut before = 0.0;
    for call in 0..calls {
        let start = Instant::now();
        let answer = store.identify(&fingerprint, &options)?;
        times[0].push(start.elapsed().as_nanos() as f64);
        let start = Instant::now();
        let found = sonic::identify(store, clip, &options)?;
        times[1].push(start.elapsed().as_nanos() as f64);
        assert!(answer.is_match() && found.answer.is_match(), "the clip is not recognised");
        if call == calls / 10 {
            before = resident_bytes();
        }
    }
    let medians = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    Ok((medians, before))
}

fn fingerprint_of(clip: &Path) -> Outcome<Fingerprint> {
    let mut fingerprinter = Fingerprinter::with_texture();
    fingerprinter
        .push(&sonic::audio::decode_with(clip, &sonic::audio::DecodeOptions::at(SAMPLE_RATE))?.samples)?;
    Ok(fingerprinter.finish())
}

/// A program that makes the same calls: `PROGRAM... STORE CLIP CALLS`.
struct Program {
    language: &'static str,
    command: Vec<PathBuf>,
}

impl Program {
    /// The figures, and resident bytes early and at the end.
    fn run(&self, calls: usize) -> Outcome<(Figures, (f64, f64))> {
        let output =
            Command::new(&self.command[0]).args(&self.command[1..]).arg(calls.to_string()).output()?;
        if !output.status.success() {
            return Err(format!("{}: {}", self.language, String::from_utf8_lossy(&output.stderr)).into());
        }
        let line: Value = serde_json::from_slice(&output.stdout)?;
        let number = |name: &str| line[name].as_f64().ok_or(format!("{} gave no {name}", self.language));
        let figures = [number("fingerprint_ns")?, number("file_ns")?];
        Ok((figures, (number("rss_start")?, number("rss_end")?)))
    }
}

/// Rust, and Python and C as far as they are here.
fn programs(folder: &Path, store: &Path, clip: &Path) -> Outcome<Vec<Program>> {
    let mut programs = Vec::new();
    let mut add = |language, mut command: Vec<PathBuf>| {
        command.extend([store.to_owned(), clip.to_owned()]);
        programs.push(Program { language, command });
    };
    let python = [".venv/bin/python", ".venv/Scripts/python.exe"].map(|p| Path::new(ROOT).join(p));
    let ready = |python: &&PathBuf| {
        Command::new(python).args(["-c", "import sonic"]).output().is_ok_and(|o| o.status.success())
    };
    add("Rust", vec![std::env::current_exe()?, "--child".into()]);
    match python.iter().find(ready) {
        Some(python) => {
            add("Python", vec![python.clone(), Path::new(ROOT).join("benches/bindings/identify.py")])
        }
        None => println!("Python is not measured: `make bench-bindings` installs the package"),
    }
    match compile(folder) {
        Ok(program) => add("C", vec![program]),
        Err(reason) => println!("C is not measured: {reason}"),
    }
    Ok(programs)
}

/// Builds libsonic in the profile of this bench, and the C program against it.
fn compile(folder: &Path) -> Outcome<PathBuf> {
    let libraries = libraries()?;
    let mut cargo = Command::new(env!("CARGO"));
    // The selection of the whole build, so that nothing is compiled again; a test brings the features of tests.
    cargo.args(["build", "--quiet", "--workspace", "--lib", "--test", "vocabulary"]).current_dir(ROOT);
    if libraries.ends_with("release") {
        cargo.arg("--release");
    }
    run(&mut cargo)?;
    // The loader looks for the library by the name that it has when it is installed.
    std::fs::copy(libraries.join("libsonic_c.so"), folder.join("libsonic.so.1"))?;
    let program = folder.join("identify");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let mut cc = Command::new(compiler);
    cc.args([
        "-std=c99",
        "-D_POSIX_C_SOURCE=200809L",
        "-O2",
        "benches/bindings/identify.c",
        "-Ibindings/c/include",
    ]);
    cc.arg(format!("-Wl,-rpath,{}", folder.display())).arg(folder.join("libsonic.so.1"));
    cc.arg("-o").arg(&program).current_dir(ROOT);
    run(&mut cc)?;
    Ok(program)
}

/// Where cargo puts the libraries of this bench's profile: `target/release` is above `target/release/deps/bindings`.
fn libraries() -> Outcome<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.ancestors().nth(2).ok_or("this program is nowhere")?.to_owned())
}

fn run(command: &mut Command) -> Outcome<()> {
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(text.into()) }
}
