//! Promise: `sonic snapshot` pushes, pulls, lists, prunes and rolls back, says what it did, and exits as it should.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod face_support;
mod remote_support;
mod support;

use remote_support::{add, contents, open, url};
use sonic::Access;
use std::fs;
use support::{Ran, Scratch, run};

fn snapshot(arguments: &[&str]) -> Ran {
    run([&["snapshot"], arguments].concat())
}

#[test]
fn a_store_goes_round() {
    let scratch = Scratch::new("snapshot-cli");
    let (writer, reader) = (scratch.join("writer"), scratch.join("reader"));
    let (writer, reader) = (writer.to_str().unwrap(), reader.to_str().unwrap());
    let bucket = url(&scratch.join("bucket"));
    let store = open(writer.as_ref(), Access::Create);
    add(&store, 0..20);
    let pushed = snapshot(&["push", "--store", writer, &bucket, "--json"]);
    assert_eq!(pushed.status, Some(0), "{}", pushed.stderr);
    let line = &pushed.objects()[0];
    assert_eq!((line["snapshot"]["version"].as_u64(), line["published"].as_bool()), (Some(1), Some(true)));
    add(&store, 20..21);
    let text = snapshot(&["push", "--store", writer, &bucket]);
    assert!(text.status == Some(0) && text.stdout.starts_with("snapshot 2 of "), "{}", text.stdout);
    let again = snapshot(&["push", "--store", writer, &bucket]);
    assert_eq!(again.stdout, "the store is snapshot 2 already\n");
    let pulled = snapshot(&["pull", "--store", reader, &bucket]);
    assert!(pulled.status == Some(0) && pulled.stdout.starts_with("snapshot 2 of "), "{}", pulled.stderr);
    assert_eq!(contents(&open(reader.as_ref(), Access::ReadOnly)), contents(&store));
    let listed = snapshot(&["list", &bucket, "--json"]).objects();
    assert_eq!(listed.iter().map(|l| l["version"].as_u64().unwrap()).collect::<Vec<_>>(), [2, 1]);
    let back = snapshot(&["rollback", "--to", "1", &bucket]);
    assert_eq!(back.stdout, "snapshot 3 is snapshot 1 again\n");
    let pruned = snapshot(&["prune", "--keep", "1", "--grace", "0", &bucket, "--json"]);
    assert_eq!(pruned.objects()[0]["kept"], serde_json::json!([3]), "{}", pruned.stderr);
    assert_eq!(snapshot(&["list", &bucket]).stdout.lines().count(), 1);
    let stats = support::sonic("stats", reader.as_ref(), &[&"--json"]).objects();
    assert_eq!(stats[0]["snapshot"], 2);
}

#[test]
fn what_does_not_go_says_why_and_exits_so() {
    let scratch = Scratch::new("snapshot-cli-exit");
    let bucket = url(&scratch.join("bucket"));
    let store = scratch.join("store");
    let store = store.to_str().unwrap();
    for usage in [
        &["push", &bucket][..],
        &["pull", "--store", store],
        &["prune", "--keep", "x", &bucket],
        &["sync", &bucket],
    ] {
        assert_eq!(snapshot(usage).status, Some(2), "{usage:?}");
    }
    assert_eq!(snapshot(&["list", "no-address"]).status, Some(2));
    assert_eq!(snapshot(&["prune", "--keep", "0", &bucket]).status, Some(2));
    let none = snapshot(&["pull", "--store", store, &bucket]);
    assert!(none.status == Some(1) && none.stderr.contains("has no snapshot"), "{}", none.stderr);
    let none = snapshot(&["pull", "--store", store, &bucket, "--json"]);
    assert_eq!((none.status, &none.objects()[0]["error"]["kind"]), (Some(1), &"not_found".into()));
    assert_eq!(snapshot(&["push", "--store", store, &bucket]).status, Some(1));
    assert_eq!(snapshot(&["rollback", &bucket]).status, Some(1));
}

/// A limit on the size of files stands for a full disk.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_store_as_it_was() {
    let scratch = Scratch::new("snapshot-cli-full");
    let (writer, reader) = (scratch.join("writer"), scratch.join("reader"));
    let bucket = url(&scratch.join("bucket"));
    let store = open(&writer, Access::Create);
    add(&store, 0..20);
    assert_eq!(snapshot(&["push", "--store", writer.to_str().unwrap(), &bucket]).status, Some(0));
    assert_eq!(snapshot(&["pull", "--store", reader.to_str().unwrap(), &bucket]).status, Some(0));
    let before = contents(&open(&reader, Access::ReadOnly));
    add(&store, 20..120);
    assert_eq!(snapshot(&["push", "--store", writer.to_str().unwrap(), &bucket]).status, Some(0));
    let kilobytes = fs::metadata(support::data_file(&writer)).unwrap().len() / 1024 / 3;
    let script = format!(
        "trap '' XFSZ; ulimit -f {kilobytes}; exec {} snapshot pull --store {} {bucket}",
        support::binary().display(),
        reader.display()
    );
    let full: Ran = std::process::Command::new("bash").args(["-c", &script]).output().unwrap().into();
    assert!(full.status == Some(1) && full.stderr.contains("no room left"), "{}", full.stderr);
    assert_eq!(contents(&open(&reader, Access::ReadOnly)), before);
    assert_eq!(
        snapshot(&["pull", "--store", reader.to_str().unwrap(), &bucket]).status,
        Some(0),
        "room again"
    );
    assert_eq!(contents(&open(&reader, Access::ReadOnly)), contents(&store));
}

/// Ctrl-C ends it with 130, and what came is not lost.
#[cfg(unix)]
#[test]
fn ctrl_c_interrupts() {
    let scratch = Scratch::new("snapshot-cli-interrupt");
    let (writer, reader) = (scratch.join("writer"), scratch.join("reader"));
    let bucket = url(&scratch.join("bucket"));
    let store = open(&writer, Access::Create);
    add(&store, 0..40);
    assert_eq!(snapshot(&["push", "--store", writer.to_str().unwrap(), &bucket]).status, Some(0));
    let reader_text = reader.to_str().unwrap();
    let mut command = support::command();
    command.args(["snapshot", "pull", "--store", reader_text, &bucket, "--bytes-per-second", "20000"]);
    let child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(800));
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    assert!(!reader.join("current").exists());
    assert_eq!(snapshot(&["pull", "--store", reader_text, &bucket]).status, Some(0));
    assert_eq!(contents(&open(&reader, Access::ReadOnly)), contents(&store));
}
