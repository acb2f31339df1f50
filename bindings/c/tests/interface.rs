//! Promise: in C99 and in C++17 every function does what the header says, used well, badly, and by many threads.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use support::{Language, SANITIZE, compile, run, scratch, succeed};

/// Compiles a program in both languages, and runs it under the sanitizers.
fn in_both_languages(source: &str) {
    for language in [Language::C99, Language::Cpp17] {
        let program = compile(source, language, &SANITIZE);
        let said = succeed(run(program).arg(scratch(&format!("{source}-{language:?}-files"))));
        assert_eq!(said, "all is as it should be\n");
    }
}

#[test]
fn used_well() {
    in_both_languages("interface.c");
}

#[test]
fn used_badly() {
    in_both_languages("misuse.c");
}

#[test]
fn used_by_many_threads_at_once() {
    in_both_languages("threads.c");
}

#[test]
fn used_from_cpp() {
    let program = compile("wrapper.cpp", Language::Cpp17, &SANITIZE);
    assert_eq!(succeed(run(program).arg(scratch("wrapper-files"))), "all is as it should be\n");
}

/// `SONIC_CALLS=10000` asks as often as the promise has it.
#[test]
fn memory_stays_flat() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let calls = std::env::var("SONIC_CALLS").unwrap_or("300".to_owned());
    let program = compile("leak.c", Language::C99, &[]);
    let said = succeed(run(program).arg(scratch("leak-files")).arg(&calls));
    assert!(said.starts_with(&format!("{calls} calls: ")), "{said}");
}
