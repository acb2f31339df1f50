//! The quick starts of the README do what they say.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use sonic_testing::{Need, skip};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use support::Scratch;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A folder that looks like a clone, with the program that the README shows in this language.
fn clone(name: &str, language: &str, file: &str) -> Scratch {
    let scratch = Scratch::new(name);
    std::os::unix::fs::symlink(Path::new(ROOT).join("examples"), scratch.join("examples")).unwrap();
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let fence = format!("```{language}\n");
    let mut programs = readme.split(&fence).skip(1).map(|block| block.split("```\n").next().unwrap());
    let program = programs.find(|p| p.lines().next().unwrap().contains(file));
    fs::write(scratch.join(file), program.expect("a program that begins with its name")).unwrap();
    scratch
}

/// As [`clone`], with recordings of the names that the programs about voices use.
fn clone_with_voices(name: &str, language: &str, file: &str) -> Scratch {
    let scratch = clone(name, language, file);
    let voices = Path::new(ROOT).join("examples/demo/voices");
    let recordings = [("boat", "ann-1.wav"), ("bread", "ann-2.ogg"), ("lanterns", "ann-3.webm")]
        .map(|(from, to)| (format!("enrol/alma/{from}.opus"), to));
    for (from, to) in recordings.into_iter().chain([("ask/alma-ferry.opus".to_owned(), "call.opus")]) {
        fs::copy(voices.join(from), scratch.join(to)).unwrap();
    }
    scratch
}

const ANN: &str = "Ann, probability 0.97";

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {error}");
    output
}

fn says(command: &mut Command, expected: &str) {
    let output = run(command);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().any(|line| line.starts_with(expected)), "{text}");
}

fn can(program: &Path, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|o| o.status.success())
}

/// Where libsonic is installed for these tests.
fn installed() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let prefix = Path::new(env!("CARGO_TARGET_TMPDIR")).join("quick-starts");
        let mut make = Command::new("make");
        make.args(["-C", "bindings/c", "install", "PROFILE=dev"]).current_dir(ROOT);
        make.arg("SELECTION=--workspace --lib --test vocabulary");
        run(make.arg(format!("PREFIX={}", prefix.display())));
        prefix
    })
}

/// The Python that has the package, if there is one.
fn python_with_sonic() -> Option<PathBuf> {
    let python = Path::new(ROOT).join(".venv/bin/python");
    if can(&python, &["-c", "import sonic"]) {
        return Some(python);
    }
    skip(Need::Python, "the Python package is not installed in .venv: run `make python`");
    None
}

#[test]
fn python() {
    let Some(python) = python_with_sonic() else { return };
    let scratch = clone("quick-python", "python", "quick.py");
    says(
        Command::new(python).arg("quick.py").current_dir(scratch.join("")),
        "lantern-waltz at 31.3 s, 100% sure",
    );
}

#[test]
fn voices_in_python() {
    let Some(python) = python_with_sonic() else { return };
    let scratch = clone_with_voices("who-python", "py", "who.py");
    says(Command::new(python).arg("who.py").current_dir(scratch.join("")), ANN);
}

/// Compiles and runs a C program in `folder`, which says what is expected.
fn c_says(folder: &Path, name: &str, expected: &str) {
    let prefix = installed();
    if !can(Path::new("pkg-config"), &["--version"]) {
        skip(Need::PkgConfig, "there is no pkg-config");
        return;
    }
    let compile = format!("cc {name}.c $(pkg-config --cflags --libs sonic) -o {name}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{compile} && ./{name}")]).current_dir(folder);
    shell.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")).env("LD_LIBRARY_PATH", prefix.join("lib"));
    says(&mut shell, expected);
}

#[test]
fn c() {
    let scratch = clone("quick-c", "c", "quick.c");
    c_says(&scratch.join(""), "quick", "lantern-waltz at 31.3 s");
}

#[test]
fn voices_in_c() {
    let scratch = clone_with_voices("who-c", "c", "who.c");
    c_says(&scratch.join(""), "who", ANN);
}

/// Runs a program for Node in `folder`, which says what is expected.
fn node_says(folder: &Path, file: &str, expected: &str) {
    let module = Path::new(ROOT).join("bindings/node");
    if !module.join("node_modules/koffi").exists() {
        skip(Need::Node, "the packages of bindings/node are not installed: run `make node`");
        return;
    }
    let modules: PathBuf = folder.join("node_modules");
    fs::create_dir(&modules).unwrap();
    std::os::unix::fs::symlink(module, modules.join("sonic-media")).unwrap();
    let mut node = Command::new("node");
    node.env("SONIC_LIBRARY", installed().join("lib/libsonic.so")).arg(file);
    says(node.current_dir(folder), expected);
}

#[test]
fn node() {
    let scratch = clone("quick-node", "js", "quick.mjs");
    node_says(&scratch.join(""), "quick.mjs", "lantern-waltz at 31.347 s");
}

#[test]
fn voices_in_node() {
    let scratch = clone_with_voices("who-node", "js", "who.mjs");
    node_says(&scratch.join(""), "who.mjs", ANN);
}
