//! Promise: the machine interface of `sonic import`: fields, order, exit status.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use serde_json::Value;
use sonic_testing::assets;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use support::{Ran, Scratch, run, sonic};

/// Runs `sonic import WHAT --store STORE REST...`.
fn import(what: &str, store: &Path, rest: &[&dyn AsRef<OsStr>]) -> Ran {
    let mut arguments: Vec<&OsStr> =
        vec!["import".as_ref(), what.as_ref(), "--store".as_ref(), store.as_ref()];
    arguments.extend(rest.iter().map(|one| (*one).as_ref()));
    run(arguments)
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_bucket_is_imported_compared_and_removed() {
    let Some(assets) = assets("services/citywok") else { return };
    let scratch = Scratch::new("import-cli");
    let (store, bucket) = (scratch.join("store"), assets.join("bucket"));
    let ran = import("citywok", &store, &[&"--json", &bucket]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let lines = ran.objects();
    assert_eq!(lines.len(), 2);
    let mut expected =
        ["path", "status", "season", "recordings", "left_out", "hashes", "entries", "warnings", "error"];
    expected.sort_unstable();
    assert_eq!(keys(&lines[0]), expected);
    assert_eq!((&lines[0]["season"], &lines[0]["recordings"]), (&1.into(), &8.into()));
    assert_eq!((&lines[1]["status"], &lines[1]["entries"]), (&"imported".into(), &423_225.into()));
    let again = import("citywok", &store, &[&"--json", &bucket]);
    assert_eq!(again.status, Some(0));
    assert!(again.objects().iter().all(|line| line["status"] == "duplicate"));

    let clip = assets.join("queries/S01E01-clean10.opus");
    let named = sonic("identify", &store, &[&"--json", &clip]).objects().remove(0);
    assert_eq!(named["decision"], "match");
    assert_eq!(
        (&named["matches"][0]["id"], &named["matches"][0]["imported"]),
        (&"S01E01".into(), &true.into())
    );

    let compared = import("validate", &store, &[&"--json", &bucket]);
    assert_eq!(compared.status, Some(0), "{}", compared.stderr);
    assert!(compared.objects().iter().all(|line| line["fine"] == true && line["different"] == 0));
    let removed = import("undo", &store, &[&"--json", &"S01E01", &"S01E02"]);
    assert_eq!((removed.status, &removed.objects()[0]["removed"]), (Some(0), &2.into()));
    let compared = import("validate", &store, &[&"--json", &bucket]);
    assert_eq!((compared.status, &compared.objects()[0]["missing"]), (Some(1), &2.into()));
    let removed = import("undo", &store, &[&"--json"]);
    assert_eq!((removed.status, &removed.objects()[0]["removed"]), (Some(0), &13.into()));
    assert_eq!(import("undo", &store, &[&"S01E01"]).status, Some(1));
    let unknown = sonic("identify", &store, &[&"--json", &clip]).objects().remove(0);
    assert_eq!(unknown["decision"], "unknown");
}

#[test]
fn what_is_refused_is_told_and_the_rest_is_imported() {
    let Some(assets) = assets("services/citywok") else { return };
    let scratch = Scratch::new("import-cli-bad");
    let folder = scratch.join("folder");
    fs::create_dir_all(&folder).unwrap();
    for name in ["good-tiny-numpy2-scalars.pkl", "evil-reduce-print.pkl", "trailing-garbage.pkl"] {
        fs::copy(assets.join("bad").join(name), folder.join(name)).unwrap();
    }
    let store = scratch.join("store");
    let ran = import("citywok", &store, &[&"--json", &folder]);
    assert_eq!(ran.status, Some(1));
    let lines = ran.objects();
    assert_eq!(
        lines.iter().map(|line| line["status"].as_str().unwrap()).collect::<Vec<_>>(),
        ["failed", "imported", "duplicate"]
    );
    assert_eq!(lines[0]["error"]["kind"], "malformed");
    assert!(lines[0]["error"]["message"].as_str().unwrap().contains("evil-reduce-print.pkl"));
    assert!(!(ran.stdout + &ran.stderr).contains("PICKLE PAYLOAD"));
    assert_eq!(lines[1]["warnings"]["unknown_hashes"], 2);
    // For people: a note for what is odd, a line for what is done.
    let ran = import("citywok", &scratch.join("other"), &[&folder]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("failed: ") && ran.stderr.contains("note: "), "{}", ran.stderr);
    assert!(ran.stdout.contains("2 recordings of 1 file, 1 imported before, 1 failed"), "{}", ran.stdout);
}

#[test]
fn wrong_usage_is_told_apart() {
    let scratch = Scratch::new("import-cli-usage");
    let store = scratch.join("store");
    for (arguments, status) in [
        (vec!["import"], 2),
        (vec!["import", "citywok"], 2),
        (vec!["import", "citywok", "--store", store.to_str().unwrap()], 2),
        (vec!["import", "citywok", "--store", store.to_str().unwrap(), "ftp://host/folder"], 1),
        (vec!["import", "citywok", "--store", store.to_str().unwrap(), "/there/is/nothing"], 1),
        (vec!["import", "validate", "--store", "/there/is/nothing", "/nor/there"], 1),
    ] {
        let ran = run(&arguments);
        assert_eq!(ran.status, Some(status), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stderr.is_empty());
    }
}
