//! Promise: whatever an instance acknowledged before it was killed, or before another took over, the next instance has, though the
//! disk is gone.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    unsafe_code,
    reason = "a test may fail, and prints its figures; a child process answers on stdout, and gets signals"
)]

mod face_support;
mod remote_support;
mod support;

use remote_support::writers::{PATIENCE, add_one, ids, writer};
use remote_support::{options, quiet, url};
use sonic::ErrorKind;
use sonic::remote;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout};
use std::time::Duration;
use support::{Random, Scratch};

/// A child process that writes until it is killed.
struct Process {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(directory: &Path, bucket: &str, name: &str) -> Self {
        let mut command = support::second_process("child_writer");
        command.env("SONIC_TEST_STORE", directory).env("SONIC_TEST_URL", bucket).env("SONIC_TEST_NAME", name);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The ids that it reports, up to the first of them or of its refusals that `is_enough`.
    fn read_until(&mut self, mut is_enough: impl FnMut(&str) -> bool) -> Vec<String> {
        let mut kept = Vec::new();
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            kept.extend(line.strip_prefix("kept ").map(str::to_owned));
            if is_enough(&line) {
                break;
            }
        }
        kept
    }

    fn signal(&self, signal: i32) {
        // SAFETY: the process is a child of this one that was not waited for.
        assert_eq!(unsafe { libc::kill(self.child.id() as i32, signal) }, 0);
    }

    /// Kills it; the rest of what it reported.
    fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        let rest = self.read_until(|_| false);
        self.child.wait().unwrap();
        rest
    }
}

#[test]
#[ignore = "runs in a process of its own"]
fn child_writer() {
    let Some(path) = std::env::var_os("SONIC_TEST_STORE") else { return };
    let [url, name] = ["SONIC_TEST_URL", "SONIC_TEST_NAME"].map(|name| std::env::var(name).unwrap());
    let writer = writer(Path::new(&path), &url);
    writer.wait_until_writing(PATIENCE).unwrap();
    println!("writes");
    for number in 0.. {
        let id = format!("{name}-{number}");
        match add_one(writer.store(), &id) {
            Ok(()) => println!("kept {id}"),
            Err(e) => println!("refused {id} {}", e.kind().name()),
        }
        if number % 7 == 6 {
            writer.push(quiet).ok();
        }
        if number % 11 == 10 {
            writer.store().forget("nobody").ok();
        }
    }
}

/// Killed at any moment, and its disk emptied: the next instance has all that was acknowledged.
#[test]
fn nothing_that_was_acknowledged_is_lost_with_an_instance() {
    let scratch = Scratch::new("writer-kill");
    let (directory, bucket) = (scratch.join("store"), url(&scratch.join("bucket")));
    let (mut random, mut kept, mut later) = (Random(23), BTreeSet::new(), 0);
    let rounds = sonic_testing::rounds(20, 200) as u64;
    for round in 0..rounds {
        let mut process = Process::start(&directory, &bucket, &round.to_string());
        if random.below(4) > 0 {
            process.read_until(|line| line == "writes");
        }
        std::thread::sleep(Duration::from_millis(random.below(300)));
        let reported = process.kill();
        later += u64::from(!reported.is_empty());
        kept.extend(reported);
        fs::remove_dir_all(&directory).ok();
        let next = writer(&directory, &bucket);
        next.wait_until_writing(PATIENCE).unwrap();
        let here = ids(next.store());
        assert!(kept.is_subset(&here), "round {round}: {:?}", kept.difference(&here).collect::<Vec<_>>());
        assert_eq!(next.store().check().unwrap(), [], "round {round}");
        next.close();
        fs::remove_dir_all(&directory).unwrap();
    }
    println!("{} writes were acknowledged by {rounds} instances", kept.len());
    assert!(later > rounds / 3, "only {later} instances wrote anything");
}

/// Those who only publish something wait until it is clear that a killed instance does not write any more.
#[test]
fn a_rollback_waits_for_a_killed_instance() {
    let scratch = Scratch::new("writer-kill-rollback");
    let (directory, bucket) = (scratch.join("store"), url(&scratch.join("bucket")));
    let mut process = Process::start(&directory, &bucket, "killed");
    process.read_until(|line| line == "kept killed-8");
    let busy = remote::rollback(&bucket, &options(), Some(1), quiet).unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Busy, "{busy}");
    process.kill();
    let back = remote::rollback(&bucket, &options(), Some(1), quiet).unwrap();
    assert_eq!(back.restores, Some(1));
    let next = writer(&scratch.join("next"), &bucket);
    assert!(next.is_writing() && ids(next.store()).is_empty());
}

/// One that stood still for longer than its term finds itself replaced, whatever it believes.
#[test]
fn a_former_writer_acknowledges_nothing() {
    let scratch = Scratch::new("writer-former");
    let bucket = url(&scratch.join("bucket"));
    for round in 0..3 {
        let mut former = Process::start(&scratch.join("former"), &bucket, &format!("former {round}"));
        let mut kept = former.read_until(|line| line.contains("-4 ") || line.ends_with("-4"));
        former.signal(libc::SIGSTOP);
        let next = writer(&scratch.join("next"), &bucket);
        next.wait_until_writing(PATIENCE).unwrap();
        let mine = format!("mine {round}");
        add_one(next.store(), &mine).unwrap();
        former.signal(libc::SIGCONT);
        kept.extend(former.read_until(|line| line.starts_with("refused")));
        let here = ids(next.store());
        assert!(kept.iter().all(|id| here.contains(id)), "{kept:?} and {here:?}");
        // It follows now, and goes on when it may.
        next.push(quiet).unwrap();
        next.close();
        let again = former.read_until(|line| line.starts_with("kept"));
        former.kill();
        let last = writer(&scratch.join("next"), &bucket);
        last.wait_until_writing(PATIENCE).unwrap();
        let here = ids(last.store());
        assert!(
            kept.iter().chain(&again).chain([&mine]).all(|id| here.contains(id)),
            "{again:?} and {here:?}"
        );
        assert_eq!(last.store().check().unwrap(), []);
    }
}
