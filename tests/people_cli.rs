//! Promise: the machine interface of `sonic people` and `sonic faces list`: fields, order, exit status; on made faces.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod photo_support;
mod support;

use photo_support::party;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use support::{Ran, Scratch, command, run};

/// Runs `sonic NOUN VERB --store STORE REST...`.
fn sonic(noun: &str, verb: &str, store: &Path, rest: &[&dyn AsRef<OsStr>]) -> Ran {
    let mut arguments: Vec<&OsStr> =
        vec![noun.as_ref(), verb.as_ref(), "--store".as_ref(), store.as_os_str()];
    arguments.extend(rest.iter().map(|a| a.as_ref()));
    run(arguments)
}

fn people(verb: &str, store: &Path, rest: &[&dyn AsRef<OsStr>]) -> Ran {
    sonic("people", verb, store, rest)
}

/// The one line that a command gave.
fn line(ran: Ran) -> Value {
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    let mut lines = ran.objects();
    assert_eq!(lines.len(), 1);
    lines.remove(0)
}

/// The folder of a store with the party of two people; see `party`.
fn stored(scratch: &Scratch) -> PathBuf {
    let path = scratch.join("store");
    party(&path, "party").close();
    path
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

fn sorted<const N: usize>(mut names: [&str; N]) -> Vec<&str> {
    names.sort_unstable();
    names.to_vec()
}

fn column<'a>(lines: &'a [Value], key: &str) -> Vec<&'a Value> {
    lines.iter().map(|line| &line[key]).collect()
}

#[test]
fn faces_are_listed_by_event_and_photo() {
    let scratch = Scratch::new("people-cli-list");
    let store = stored(&scratch);
    let faces = sonic("faces", "list", &store, &[&"--json"]).objects();
    assert_eq!(faces.len(), 8);
    let fields = [
        "face",
        "face_id",
        "event",
        "photo",
        "photo_id",
        "person",
        "person_id",
        "bbox",
        "score",
        "landmarks",
        "quality",
        "embedding_dimensions",
        "confirmed",
    ];
    assert_eq!(keys(&faces[0]), sorted(fields));
    let quality = ["size", "sharpness", "yaw", "pitch", "roll", "brightness", "clipped"];
    assert_eq!(keys(&faces[0]["quality"]), sorted(quality));
    assert_eq!((&faces[0]["photo"], &faces[0]["bbox"]), (&json!("a.jpg"), &json!([10.0, 20.0, 50.0, 70.0])));
    assert_eq!(sonic("faces", "list", &store, &[&"--json", &"--event", &"party"]).objects(), faces);
    let of_photo = sonic("faces", "list", &store, &[&"--json", &"--event", &"party", &"--photo", &"e.jpg"]);
    assert_eq!(of_photo.objects(), faces[6..]);
    assert_eq!(column(&faces[6..], "person")[1], &Value::Null);
    assert_eq!(sonic("faces", "list", &store, &[]).stdout.lines().count(), 10);
    for wrong in [&["--event", "other"][..], &["--event", "party", "--photo", "x"]] {
        let wrong: Vec<&dyn AsRef<OsStr>> = wrong.iter().map(|a| a as _).collect();
        let ran = sonic("faces", "list", &store, &wrong);
        assert!(ran.status == Some(1) && ran.stderr.contains("there is no"), "{}", ran.stderr);
    }
    assert_eq!(sonic("faces", "list", &store, &[&"--photo", &"a.jpg"]).status, Some(2));
}

#[test]
fn clustering_prints_the_report() {
    let scratch = Scratch::new("people-cli-cluster");
    let store = stored(&scratch);
    let reply = line(people("cluster", &store, &[&"--json", &"--event", &"party"]));
    let fields = [
        "event_id",
        "event",
        "total_faces",
        "preserved_clusters",
        "assigned_to_existing",
        "clusters_created",
        "new_clusters_created",
        "removed_clusters",
        "noise_faces",
        "unassigned_faces",
        "clusters",
        "processing_time_seconds",
        "elapsed_ms",
        "status",
    ];
    assert_eq!(keys(&reply), sorted(fields));
    let counts = ["total_faces", "preserved_clusters", "clusters_created", "noise_faces"].map(|k| &reply[k]);
    assert_eq!(counts, [8, 2, 0, 1]);
    let cluster = [
        "cluster_label",
        "label",
        "person_id",
        "face_count",
        "representative_face_id",
        "avg_quality",
        "is_new",
    ];
    assert_eq!(keys(&reply["clusters"][0]), sorted(cluster));
    // The lonely face is a person with these options if its score is 0.8; here it is 0.6.
    let options: [&dyn AsRef<OsStr>; 9] = [
        &"--event",
        &"party",
        &"--method",
        &"dbscan",
        &"--min-quality",
        &"0.5",
        &"--assign-similarity",
        &"0.9",
        &"--json",
    ];
    assert_eq!(line(people("cluster", &store, &options))["noise_faces"], 1);
    let text = people("cluster", &store, &[&"--event", &"party", &"--mode", &"full", &"--epsilon", &"0.4"]);
    assert!(
        text.stdout.contains("8 faces of 2 clusters: 0 new, 2 there before; 1 face unassigned"),
        "{}",
        text.stdout
    );
    let empty = line(people("cluster", &store, &[&"--json", &"--event", &"other"]));
    assert_eq!((&empty["total_faces"], &empty["clusters"]), (&json!(0), &json!([])));
    for (option, value) in [("--epsilon", "-1"), ("--min-cluster-size", "1"), ("--min-samples", "0")] {
        let option = format!("{option}={value}");
        let ran = people("cluster", &store, &[&"--event", &"party", &option]);
        assert!(ran.status == Some(1) && !ran.stderr.is_empty(), "{option}: {}", ran.stderr);
    }
}

#[test]
fn people_are_shown_by_id_and_by_label() {
    let scratch = Scratch::new("people-cli-show");
    let store = stored(&scratch);
    let all = people("show", &store, &[&"--json"]).objects();
    let fields = [
        "person",
        "person_id",
        "event",
        "label",
        "status",
        "user",
        "user_id",
        "name",
        "invitation_email",
        "invited_at_ms",
        "merged_into",
        "not_same",
        "pinned",
        "faces",
        "photos",
        "avg_quality",
        "min_quality",
        "max_quality",
        "confidence",
        "representative",
        "representative_face_id",
        "confirmed",
        "created_at",
        "created_at_ms",
        "updated_at",
        "updated_at_ms",
    ];
    assert_eq!(keys(&all[0]), sorted(fields));
    assert_eq!(
        (column(&all, "faces"), column(&all, "label")),
        (vec![&json!(4), &json!(3)], vec![&json!(0), &json!(1)])
    );
    assert_eq!(people("show", &store, &[&"--json", &"--event", &"party"]).objects(), all);
    let id = all[1]["person"].to_string();
    let one = line(people("show", &store, &[&"--json", &id]));
    assert_eq!(one["members"].as_array().unwrap().len(), 3);
    assert!(one["members"].as_array().unwrap().iter().all(|face| face["person"] == one["person"]));
    assert_eq!(line(people("show", &store, &[&"--json", &"--event", &"party", &"1"])), one);
    assert_eq!(people("show", &store, &[&id]).stdout.lines().count(), 2 + 4);
    let no_event = people("show", &store, &[&"1"]);
    assert!(no_event.status == Some(2) && no_event.stderr.contains("--event"), "{}", no_event.stderr);
    let stranger: [&[&dyn AsRef<OsStr>]; 4] = [
        &[&"99999999999"],
        &[&"--event", &"party", &"7"],
        &[&"--event", &"other", &id],
        &[&"--event", &"other"],
    ];
    for rest in stranger {
        let ran = people("show", &store, rest);
        assert!(ran.status == Some(1) && ran.stderr.contains("there is no"), "{}", ran.stderr);
    }
}

#[test]
fn decisions_are_kept_and_shown() {
    let scratch = Scratch::new("people-cli-decide");
    let store = stored(&scratch);
    let decide = |verb: &str, rest: &[&dyn AsRef<OsStr>]| {
        let mut all: Vec<&dyn AsRef<OsStr>> = vec![&"--json", &"--event", &"party"];
        all.extend(rest);
        line(people(verb, &store, &all))
    };
    let linked = decide("link", &[&"0", &"user-1"]);
    assert_eq!(
        [&linked["status"], &linked["user"], &linked["confirmed"]],
        [&json!("linked"), &json!("user-1"), &json!(true)]
    );
    assert_eq!(decide("rename", &[&"0", &"Ada"])["name"], "Ada");
    assert_eq!(decide("rename", &[&"0"])["name"], Value::Null);
    assert_eq!(decide("ignore", &[&"1"])["status"], "ignored");
    assert_eq!(decide("ignore", &[&"--undo", &"1"])["status"], "pending");
    let face = decide("show", &[&"1"])["members"][0]["face"].to_string();
    let split = decide("split", &[&"1", &face]);
    assert_eq!((&split["faces"], &split["label"]), (&json!(1), &json!(2)));
    let again = people("merge", &store, &[&"--event", &"party", &"2", &"1"]);
    assert!(
        again.status == Some(1) && !again.stderr.is_empty(),
        "what was split is not one: {}",
        again.stderr
    );
    // The two are together on photos: of each of these one face becomes unassigned.
    let merged = decide("merge", &[&"1", &"0"]);
    assert_eq!((&merged["label"], &merged["user"]), (&json!(0), &json!("user-1")));
    assert_eq!(merged["left_out"].as_array().unwrap().len(), 2);
    let all = people("show", &store, &[&"--json"]).objects();
    assert_eq!(column(&all, "label"), [0, 2]);
    let human = people("link", &store, &[&"--event", &"party", &"2", &"user-2"]);
    assert!(human.status == Some(0) && human.stdout.contains("user-2") && human.stdout.contains("linked"));
}

#[test]
fn users_people_and_events_are_forgotten() {
    let scratch = Scratch::new("people-cli-forget");
    let store = stored(&scratch);
    let forget = |rest: &[&dyn AsRef<OsStr>]| {
        let mut all: Vec<&dyn AsRef<OsStr>> = vec![&"--json"];
        all.extend(rest);
        line(people("forget", &store, &all))
    };
    // Some of them under two names.
    let counts = |[faces, people, tags, photos]: [u64; 4]| {
        json!({
            "faces": faces, "people": people, "tags": tags, "photos": photos,
            "deleted_faces": faces, "deleted_persons": people, "deleted_tags": tags,
        })
    };
    people("link", &store, &[&"--event", &"party", &"0", &"user-1"]);
    assert_eq!(forget(&[&"--user", &"nobody"]), counts([0, 0, 0, 0]));
    assert_eq!(forget(&[&"--user", &"user-1", &"--event", &"other"]), counts([0, 0, 0, 0]));
    assert_eq!(forget(&[&"--user", &"user-1"]), counts([4, 1, 4, 0]));
    assert_eq!(forget(&[&"--person", &"1", &"--event", &"party"]), counts([3, 1, 0, 0]));
    assert_eq!(sonic("faces", "list", &store, &[&"--json"]).objects().len(), 1);
    let text = people("forget", &store, &[&"--event", &"party"]).stdout;
    assert_eq!(text, "forgot 0 people with 1 face, 0 tags and 5 photos\n");
    assert_eq!(forget(&[&"--event", &"party"]), counts([0, 0, 0, 0]));
    assert_eq!(people("show", &store, &[&"--json"]).objects(), [] as [Value; 0]);
    assert_eq!(run(["doctor".as_ref(), "--store".as_ref(), store.as_os_str()]).status, Some(0));
}

#[test]
fn the_report_is_written() {
    let scratch = Scratch::new("people-cli-report");
    let (store, page) = (stored(&scratch), scratch.join("out.html"));
    let wrote = line(people("report", &store, &[&"--json", &"--event", &"party", &page]));
    let text = fs::read_to_string(&page).unwrap();
    assert_eq!(wrote, json!({"path": page.to_string_lossy(), "bytes": text.len()}));
    assert!(text.starts_with("<!DOCTYPE html>") && text.ends_with("</html>\n"));
    assert_eq!((text.matches("<section").count(), text.matches("<img").count()), (3, 8));
    assert!(text.contains("class=\"date\">20"), "the page says when it was made");
    let few = people("report", &store, &[&"--event", &"party", &"--max-faces", &"1", &page]);
    assert!(few.stdout.contains("out.html") && few.status == Some(0));
    assert_eq!(fs::read_to_string(&page).unwrap().matches("<img").count(), 3);
    let nowhere = people("report", &store, &[&"--event", &"party", &scratch.join("no/out.html")]);
    assert!(nowhere.status == Some(1) && nowhere.stderr.contains("cannot write"), "{}", nowhere.stderr);
    let nothing = people("report", &store, &[&"--event", &"other", &scratch.join("x.html")]);
    assert!(nothing.status == Some(1) && nothing.stderr.contains("there is no event"), "{}", nothing.stderr);
    assert!(!scratch.join("x.html").exists());
}

#[test]
fn without_models_it_is_said_how_to_get_them() {
    let scratch = Scratch::new("people-cli-models");
    let (store, picture) = (scratch.join("store"), scratch.join("a.jpg"));
    fs::write(&picture, photo_support::jpeg(64, 64, [90; 3])).unwrap();
    for rest in [&["add", "--event", "e"][..], &["search"]] {
        let mut command = command();
        command.env("SONIC_MODELS", scratch.join("none")).arg("faces").args(rest);
        let ran: Ran = command.arg("--store").arg(&store).arg(&picture).output().unwrap().into();
        assert!(ran.status == Some(1) && ran.stderr.contains("sonic models pull yunet"), "{}", ran.stderr);
    }
    let unknown =
        sonic("faces", "add", &store, &[&"--event", &"e", &"--detector", &"no-such-model", &picture]);
    assert!(unknown.status == Some(1) && unknown.stderr.contains("no-such-model"), "{}", unknown.stderr);
    assert!(!store.exists(), "no store is made without models");
}

#[test]
fn wrong_usage_is_reported() {
    let scratch = Scratch::new("people-cli-usage");
    let store = scratch.join("store").display().to_string();
    let long = "x".repeat(401);
    let wrong: [&[&str]; 12] = [
        &["faces"],
        &["people"],
        &["faces", "add", "--store", &store, "x.jpg"],
        &["faces", "add", "--store", &store, "--event", "e"],
        &["faces", "add", "--store", &store, "--event", "", "x.jpg"],
        &["faces", "add", "--store", &store, "--event", &long, "x.jpg"],
        &["faces", "search", "--store", &store, "--threshold", "2", "x.jpg"],
        &["faces", "search", "--store", &store, "--limit", "0", "x.jpg"],
        &["people", "cluster", "--store", &store, "--event", "e", "--method", "guess"],
        &["people", "merge", "--store", &store, "1"],
        &["people", "forget", "--store", &store],
        &["people", "forget", "--store", &store, "--user", "u", "--person", "5"],
    ];
    for arguments in wrong {
        assert_eq!(run(arguments).status, Some(2), "{arguments:?}");
    }
    assert!(!scratch.join("store").exists());
    let missing = people("show", &scratch.join("store"), &[]);
    assert!(missing.status == Some(1) && !missing.stderr.is_empty());
}
