//! What the tests of the C interface share: the library installed in a scratch folder, and the compilers.

#![allow(dead_code, reason = "every test file uses a part of this")]

use sonic_testing::Need;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The root of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// A folder of its own for `name`, empty. It stays for those who want to look, and is emptied by the next run.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let test = test.file_stem().unwrap().to_str().unwrap().split('-').next().unwrap().to_owned();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("c-{test}-{name}"));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// Where the library is installed, with the debug assertions of this test's profile; done once by each test file.
pub(crate) fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let prefix = scratch("prefix");
        install(&prefix, &[]);
        prefix
    })
}

/// `make install PREFIX=prefix MORE...`, of the library in the profile and the target folder of this test.
pub(crate) fn install(prefix: &Path, more: &[&str]) {
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap();
    let profile = match built.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    let mut make = Command::new("make");
    make.arg("--silent").arg("--directory").arg(env!("CARGO_MANIFEST_DIR")).arg("install").args(more);
    make.arg(assignment("PREFIX", prefix)).arg(assignment("CARGO", env!("CARGO")));
    make.arg(assignment("PROFILE", profile)).arg(assignment("CARGO_TARGET_DIR", built.parent().unwrap()));
    make.arg("SELECTION=--workspace --lib --test vocabulary");
    make.env_remove("MAKEFLAGS").env_remove("MAKELEVEL");
    sonic_testing::as_outside_of_cargo(&mut make);
    succeed(&mut make);
}

fn assignment(name: &str, value: impl AsRef<OsStr>) -> std::ffi::OsString {
    let mut text = std::ffi::OsString::from(format!("{name}="));
    text.push(value.as_ref());
    text
}

/// Runs `command`, shows what it said if it failed, and gives its standard output.
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("cannot run {command:?}: {e}"));
    assert!(output.status.success(), "{command:?}\n{}", words(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a command said.
pub(crate) fn words(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{}\n{out}\n{err}", output.status)
}

/// The language that a program is compiled as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Language {
    C99,
    Cpp17,
}

impl Language {
    pub(crate) fn compiler(self) -> Command {
        let (variable, default, standard) = match self {
            Self::C99 => ("CC", "cc", ["-x", "c", "-std=c99"]),
            Self::Cpp17 => ("CXX", "c++", ["-x", "c++", "-std=c++17"]),
        };
        let mut command = Command::new(std::env::var_os(variable).unwrap_or(default.into()));
        command.args(standard).args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-g", "-O1"]);
        command.arg("-I").arg(prefix().join("include"));
        command
    }
}

/// Address, leak and undefined-behaviour checks for what is compiled here; the library itself is as it is.
pub(crate) const SANITIZE: [&str; 3] =
    ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

/// Compiles `source`, a file beside the tests, against the installed library.
pub(crate) fn compile(source: &str, language: Language, flags: &[&str]) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(source);
    let name = format!("{}-{language:?}", source.file_stem().unwrap().to_str().unwrap());
    let program = scratch(&name).join("program");
    let mut compiler = language.compiler();
    compiler.args(flags).arg(&source).args(["-x", "none", "-o"]).arg(&program);
    compiler.arg("-L").arg(prefix().join("lib")).args(["-lsonic", "-lpthread", "-lm"]);
    succeed(&mut compiler);
    program
}

/// `program`, which finds the installed library, and whose sanitizer ends it at the first fault, leaks included.
pub(crate) fn run(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", prefix().join("lib")).env("DYLD_LIBRARY_PATH", prefix().join("lib"));
    let leaks = if cfg!(target_os = "linux") { "detect_leaks=1" } else { "detect_leaks=0" };
    command.env("ASAN_OPTIONS", leaks).env("UBSAN_OPTIONS", "print_stacktrace=1");
    command.current_dir(repository());
    command
}

/// Whether `program` can be started; says that a test is skipped if not.
pub(crate) fn found(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success());
    if !found {
        let need = match program {
            "valgrind" => Need::Valgrind,
            "cmake" => Need::CMake,
            "pkg-config" => Need::PkgConfig,
            _ => Need::Cxx,
        };
        sonic_testing::skip(need, format_args!("there is no {program}"));
    }
    found
}
