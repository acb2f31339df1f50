//! The quick starts of the README do what they say.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and says what it skips")]

mod support;

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
    let (_, rest) = readme.split_once(&format!("```{language}\n")).unwrap();
    let (program, _) = rest.split_once("```\n").unwrap();
    assert!(program.contains(file), "the program says its name");
    fs::write(scratch.join(file), program).unwrap();
    scratch
}

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
        run(make.arg(format!("PREFIX={}", prefix.display())));
        prefix
    })
}

#[test]
fn python() {
    let python = Path::new(ROOT).join(".venv/bin/python");
    if !can(&python, &["-c", "import sonic"]) {
        eprintln!("skipped: the Python package is not installed in .venv: run `make python`");
        return;
    }
    let scratch = clone("quick-python", "python", "quick.py");
    says(
        Command::new(python).arg("quick.py").current_dir(scratch.join("")),
        "lantern-waltz at 31.3 s, 100% sure",
    );
}

#[test]
fn c() {
    let scratch = clone("quick-c", "c", "quick.c");
    let prefix = installed();
    if !can(Path::new("pkg-config"), &["--version"]) {
        eprintln!("skipped: there is no pkg-config");
        return;
    }
    let compile = "cc quick.c $(pkg-config --cflags --libs sonic) -o quick";
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{compile} && ./quick")]).current_dir(scratch.join(""));
    shell.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")).env("LD_LIBRARY_PATH", prefix.join("lib"));
    says(&mut shell, "lantern-waltz at 31.3 s");
}

#[test]
fn node() {
    let module = Path::new(ROOT).join("examples/node");
    if !module.join("node_modules/koffi").exists() {
        eprintln!("skipped: the packages of examples/node are not installed: run `make node`");
        return;
    }
    let scratch = clone("quick-node", "js", "quick.mjs");
    let modules: PathBuf = scratch.join("node_modules");
    fs::create_dir(&modules).unwrap();
    std::os::unix::fs::symlink(module, modules.join("sonic-media")).unwrap();
    let mut node = Command::new("node");
    node.env("SONIC_LIBRARY", installed().join("lib/libsonic.so")).arg("quick.mjs");
    says(node.current_dir(scratch.join("")), "lantern-waltz at 31.347 s");
}
