//! Promise: the programs of the README and of `examples` are built and run as they are described, and touch no memory that
//! is not theirs.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::{found, prefix, repository, run, scratch, succeed, words};

/// The blocks of `language` in the README.
fn blocks(language: &str) -> Vec<String> {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let fence = format!("```{language}\n");
    readme.split(&fence).skip(1).map(|b| b.split("```").next().unwrap().to_owned()).collect()
}

/// The programs of the README; a piece of one is not meant to be compiled alone.
fn programs() -> Vec<String> {
    blocks("c").into_iter().filter(|block| block.contains("int main(")).collect()
}

/// A shell in `folder` that finds the installed library.
fn shell(folder: &Path, line: &str) -> Output {
    let mut command = run("sh");
    command.env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig")).current_dir(folder);
    command.args(["-c", line]).output().unwrap()
}

/// The program and the commands of the README, with what they say there.
#[test]
fn the_quick_start() {
    if !found("pkg-config") {
        return;
    }
    let folder = scratch("readme");
    fs::write(folder.join("quick.c"), &programs()[0]).unwrap();
    std::os::unix::fs::symlink(repository().join("examples"), folder.join("examples")).unwrap();
    let session = &blocks("console")[1];
    let mut commands = 0;
    for part in session.split("$ ").filter(|p| !p.is_empty() && !p.starts_with('(')) {
        // `$(pkg-config ...)` has no space behind its dollar, so it does not divide.
        let (line, want) = part.split_once('\n').unwrap();
        let output = shell(&folder, line);
        let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        assert_eq!(String::from_utf8_lossy(&said), want.trim_end_matches("\n\n"), "{line}");
        commands += 1;
    }
    assert_eq!(commands, 3);
}

/// The second program of the README knows a voice again, and says what is wrong with a recording.
#[test]
fn who_is_speaking() {
    if !found("pkg-config") {
        return;
    }
    let folder = scratch("voices");
    fs::write(folder.join("who.c"), &programs()[1]).unwrap();
    let built = shell(
        &folder,
        "cc -std=c99 -Wall -Wextra -Werror -pedantic -o who who.c $(pkg-config --cflags --libs sonic)",
    );
    assert!(built.status.success(), "{}", words(&built));
    let query =
        |files: &[&str]| run(folder.join("who")).arg(folder.join("store")).args(files).output().unwrap();
    let speech = "examples/demo/media/brot.opus";
    let known = query(&[speech, "the baker", speech]);
    assert_eq!(String::from_utf8_lossy(&known.stdout), "the baker, probability 0.994\n", "{}", words(&known));
    let missing = query(&[speech, "nobody", "no/such.file"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(words(&missing).contains("no/such.file"), "{}", words(&missing));
}

/// The third program of the README.
#[test]
fn who_said_what() {
    if !found("pkg-config") {
        return;
    }
    let folder = scratch("live");
    fs::write(folder.join("live.c"), &programs()[2]).unwrap();
    let built = shell(
        &folder,
        "cc -std=c99 -Wall -Wextra -Werror -pedantic -o live live.c $(pkg-config --cflags --libs sonic)",
    );
    assert!(built.status.success(), "{}", words(&built));
    let output = run(folder.join("live")).arg("examples/demo/voices/enrol/alma/boat.opus").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let is_right = |line: &str| line.contains(" ms, voice 1: ") && line.ends_with(" ms");
    assert!(
        output.status.success() && said.lines().count() > 0 && said.lines().all(is_right),
        "{}",
        words(&output)
    );
}

/// The fourth program of the README.
#[test]
fn who_belongs_together() {
    if !found("pkg-config") {
        return;
    }
    let folder = scratch("clusters");
    fs::write(folder.join("groups.c"), &programs()[3]).unwrap();
    let built = shell(
        &folder,
        "cc -std=c99 -Wall -Wextra -Werror -pedantic -o groups groups.c $(pkg-config --cflags --libs sonic)",
    );
    assert!(built.status.success(), "{}", words(&built));
    let output = run(folder.join("groups")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let labels: Vec<&str> = said.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(labels, ["0", "0", "0", "1", "1", "1", "-1"], "{}", words(&output));
}

/// The `cmake` to use: `CMAKE`, or the one of the path.
fn cmake() -> Option<String> {
    let cmake = std::env::var("CMAKE").unwrap_or("cmake".to_owned());
    (found(&cmake) && found("pkg-config")).then_some(cmake)
}

/// `examples/LANGUAGE` built with CMake, as its first lines say, and `flags`.
fn built(cmake: &str, language: &str, name: &str, flags: &str) -> PathBuf {
    let build = scratch(&format!("{language}-{name}"));
    let mut configure = Command::new(cmake);
    configure.arg("-S").arg(repository().join("examples").join(language)).arg("-B").arg(&build);
    let mut prefix_path = std::ffi::OsString::from("-DCMAKE_PREFIX_PATH=");
    prefix_path.push(prefix());
    configure.arg(prefix_path).args(["-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-Wno-dev"]);
    let flags = format!("-Wall -Wextra -Werror -pedantic {flags}");
    succeed(configure.args([format!("-DCMAKE_C_FLAGS={flags}"), format!("-DCMAKE_CXX_FLAGS={flags}")]));
    succeed(Command::new(cmake).arg("--build").arg(&build));
    build.join("identify")
}

const MEDIA: [&str; 2] = ["examples/demo/media/lantern-waltz.opus", "examples/demo/media/brot.opus"];
const CLIP: &str = "examples/demo/queries/waltz-mp3-32k.mp3";

/// Runs an example the way a user would, well and badly.
fn exercise(program: &Path, store: &Path) {
    let query = |clip: &str, files: &[&str]| run(program).arg(store).arg(clip).args(files).output().unwrap();
    let first = query(CLIP, &[MEDIA[0], "README.md", MEDIA[1], MEDIA[0]]);
    let said = words(&first);
    assert_eq!(first.status.code(), Some(0), "{said}");
    assert!(said.contains("added lantern-waltz: 84 s, 2525 landmarks\n"), "{said}");
    assert!(said.contains("lantern-waltz.opus is there already, as lantern-waltz\n"), "{said}");
    assert!(said.contains("README.md: ") && said.contains("(unsupported)\n"), "{said}");
    assert!(said.contains("mp3: recognised\n  lantern-waltz at 31.3"), "{said}");
    let unknown = query("examples/demo/outside/the-lamp.opus", &[]);
    assert_eq!(unknown.status.code(), Some(1), "{}", words(&unknown));
    let missing = query("no/such.file", &[]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(words(&missing).contains("(not_found)"), "{}", words(&missing));
    let usage = run(program).output().unwrap();
    assert_eq!(usage.status.code(), Some(2));
}

#[test]
fn the_examples_under_the_sanitizers() {
    let Some(cmake) = cmake() else { return };
    for language in ["c", "cpp"] {
        let flags = "-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer";
        let program = built(&cmake, language, "sanitized", flags);
        exercise(&program, &scratch(&format!("{language}-sanitized-store")));
        if language == "c" {
            exercise_clusters(&program.with_file_name("cluster"));
            exercise_faces(&program.with_file_name("faces"));
        }
    }
}

/// `cluster` of a table, and of what is none.
fn exercise_clusters(program: &Path) {
    let table = scratch("c-tables").join("rows.txt");
    fs::write(&table, "0 0\n0.1 0\n0,0.1\n\n5 5\n5.1\t5\n5 5.1\r\n40 40").unwrap();
    let output = run(program).arg(&table).arg("3").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let labels: Vec<&str> = said.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(labels, ["0", "0", "0", "1", "1", "1", "-1"], "{}", words(&output));
    fs::write(&table, "0 0\n1\n").unwrap();
    assert_eq!(run(program).arg(&table).output().unwrap().status.code(), Some(2));
    let wrong = run(program).args(["README.md", "1"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2), "{}", words(&wrong));
}

/// `faces` without models says so.
fn exercise_faces(program: &Path) {
    let mut command = run(program);
    command.arg(scratch("c-faces").join("store")).args(["party", "README.md"]);
    command.env("SONIC_MODELS", scratch("c-no-models"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    assert!(words(&output).contains("the models: "), "{}", words(&output));
}

#[test]
fn the_examples_under_valgrind() {
    let Some(cmake) = cmake() else { return };
    if !found("valgrind") {
        return;
    }
    for language in ["c", "cpp"] {
        let program = built(&cmake, language, "plain", "");
        let store = scratch(&format!("{language}-plain-store"));
        exercise(&program, &store);
        // Under valgrind once: it is slow.
        let mut valgrind = run("valgrind");
        valgrind.args(["--quiet", "--error-exitcode=99", "--leak-check=full"]);
        valgrind.args(["--errors-for-leak-kinds=definite"]).arg(&program).arg(&store).arg(CLIP);
        let output = valgrind.arg("tests/golden/inputs/melody-8k.wav").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", words(&output));
        assert!(words(&output).contains("recognised"), "{}", words(&output));
    }
}
