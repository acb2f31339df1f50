//! Promise: the machine interface of `sonic voice`: fields, order, exit status; on the voices of the demo.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use support::{Ran, Scratch, run, wav};

/// People of the demo with the texts that they are enrolled with.
const PEOPLE: [(&str, [&str; 3]); 3] = [
    ("alma", ["boat", "bread", "lanterns"]),
    ("bruno", ["bread", "garden", "river"]),
    ("cyril", ["boat", "garden", "umbrella"]),
];

fn voices() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo/voices")
}

/// A recording with which `person` is enrolled.
fn sample(person: &str, text: &str) -> PathBuf {
    voices().join("enrol").join(person).join(format!("{text}.opus"))
}

/// A recording of `person` that is no sample.
fn queried(person: &str) -> PathBuf {
    voices().join("ask").join(format!("{person}-ferry.opus"))
}

/// Runs `sonic voice COMMAND --store STORE REST...`.
fn voice(command: &str, store: &Path, rest: &[&dyn AsRef<OsStr>]) -> Ran {
    let mut arguments: Vec<&OsStr> =
        vec!["voice".as_ref(), command.as_ref(), "--store".as_ref(), store.as_os_str()];
    arguments.extend(rest.iter().map(|a| a.as_ref()));
    run(arguments)
}

fn enroll(store: &Path, person: &str, files: &[PathBuf]) -> Ran {
    let mut rest: Vec<&dyn AsRef<OsStr>> = vec![&"--json", &"--person", &person];
    rest.extend(files.iter().map(|file| file as &dyn AsRef<OsStr>));
    voice("enroll", store, &rest)
}

/// A store with the three people.
fn three(scratch: &Scratch) -> PathBuf {
    let store = scratch.join("store");
    for (person, texts) in PEOPLE {
        let ran = enroll(&store, person, &texts.map(|text| sample(person, text)));
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    }
    store
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

fn sorted<const N: usize>(mut names: [&str; N]) -> Vec<&str> {
    names.sort_unstable();
    names.to_vec()
}

fn column<'a>(lines: &'a [Value], key: &str) -> Vec<&'a str> {
    lines.iter().map(|line| line[key].as_str().unwrap_or("")).collect()
}

#[test]
fn enroll_reports_every_file() {
    let scratch = Scratch::new("voice-cli-enroll");
    let store = scratch.join("store");
    let files = ["boat", "bread", "lanterns"].map(|text| sample("alma", text));
    let ran = enroll(&store, "alma", &files);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    let lines = ran.objects();
    assert_eq!(column(&lines, "status"), ["sample_added", "sample_added", "enrolled"]);
    for (line, file) in lines.iter().zip(&files) {
        assert_eq!(
            keys(line),
            sorted(["path", "status", "person", "speech_ms", "quality", "similar_to", "error"])
        );
        let quality = &line["quality"];
        assert_eq!(
            keys(quality),
            sorted(["duration_ms", "speech_ms", "snr_db", "clipping", "level_dbfs", "peak", "bandwidth_hz"])
        );
        assert_eq!((&line["path"], &line["person"]), (&json!(file.to_string_lossy()), &json!("alma")));
        assert_eq!((&line["error"], &quality["clipping"]), (&Value::Null, &json!(0.0)));
        let (speech, duration) =
            (line["speech_ms"].as_u64().unwrap(), quality["duration_ms"].as_u64().unwrap());
        assert!((1_500..=duration).contains(&speech) && duration < 5_000, "{line}");
        assert!((10.0..60.0).contains(&quality["snr_db"].as_f64().unwrap()), "{line}");
        assert!((-35.0..-15.0).contains(&quality["level_dbfs"].as_f64().unwrap()), "{line}");
    }
    let again = enroll(&store, "alma", &files[..2]);
    assert_eq!(column(&again.objects(), "status"), ["known", "known"]);
    assert_eq!(again.status, Some(0));
}

#[test]
fn samples_are_counted_and_left_out_when_there_are_enough() {
    let scratch = Scratch::new("voice-cli-enough");
    let store = scratch.join("store");
    // One person to us, whoever speaks in them.
    let texts = ["boat", "bread", "lanterns"].map(|text| sample("alma", text));
    let more = [sample("cyril", "boat"), sample("cyril", "garden"), sample("cyril", "umbrella")];
    let files = [&texts[..], &texts[..1], &more[..]].concat();
    let ran = enroll(&store, "somebody", &files);
    let expected = ["sample_added", "sample_added", "enrolled", "known", "enrolled", "complete", "left_out"];
    assert_eq!(column(&ran.objects(), "status"), expected);
    assert_eq!(ran.status, Some(0));
    let list = voice("list", &store, &[&"--json"]).objects();
    assert_eq!(list.len(), 1);
    assert_eq!((&list[0]["person"], &list[0]["samples"]), (&json!("somebody"), &json!(5)));
    let human = voice("enroll", &store, &[&"--person", &"somebody", &texts[0], &more[2]]);
    assert_eq!(human.status, Some(0));
    for words in ["is a sample already", "left out", "somebody is enrolled, with 5 samples"] {
        assert!(human.stdout.contains(words), "{}", human.stdout);
    }
}

#[test]
fn bad_files_are_reported_and_the_good_ones_enrolled() {
    let scratch = Scratch::new("voice-cli-bad");
    let store = three(&scratch);
    let (text, quiet) = (scratch.join("text.mp3"), scratch.join("quiet.wav"));
    fs::write(&text, "not an mp3 at all").unwrap();
    fs::write(&quiet, wav(&support::melody(3, 0.5))).unwrap();
    let good = voices().join("ask/dora-boat.opus");
    let files = [scratch.join("missing.wav"), good.clone(), text, quiet, sample("alma", "boat")];
    let ran = enroll(&store, "dora", &files);
    assert_eq!(ran.status, Some(1));
    let lines = ran.objects();
    assert_eq!(column(&lines, "status"), ["failed", "sample_added", "failed", "failed", "failed"]);
    let kinds: Vec<&Value> = lines.iter().map(|line| &line["error"]["kind"]).collect();
    assert_eq!((kinds[0], kinds[1]), (&json!("not_found"), &Value::Null));
    assert!([json!("malformed"), json!("unsupported")].contains(kinds[2]), "{}", kinds[2]);
    assert_eq!((kinds[3], kinds[4]), (&json!("invalid_argument"), &json!("mismatch")));
    assert!(lines[3]["error"]["message"].as_str().unwrap().contains("speech"), "{}", lines[3]);
    assert!(lines[4]["error"]["message"].as_str().unwrap().contains("alma"), "{}", lines[4]);
    assert!(lines[0]["quality"].is_null() && lines[3]["quality"]["peak"].as_f64().unwrap() > 0.0);
    let list = voice("list", &store, &[&"--json"]).objects();
    assert_eq!(column(&list, "person"), ["alma", "bruno", "cyril", "dora"]);
    assert_eq!((&list[3]["samples"], &list[3]["enrolled"]), (&json!(1), &json!(false)));
    assert_eq!(list[0]["samples"], 3, "alma keeps the sample that was given for dora");
    // Nobody is made of nothing but bad files.
    let none = enroll(&store, "nobody", &files[..1]);
    assert_eq!((none.status, none.objects().len()), (Some(1), 1));
    assert_eq!(voice("list", &store, &[&"--json"]).objects().len(), 4);
    let human = voice("enroll", &store, &[&"--person", &"dora", &files[3], &good]);
    assert!(human.stderr.contains("quiet.wav") && human.stdout.contains("2 more to be enrolled"));
}

#[test]
fn the_gate_can_be_opened_and_narrowed() {
    let scratch = Scratch::new("voice-cli-gate");
    let store = scratch.join("store");
    let music = scratch.join("music.wav");
    fs::write(&music, wav(&support::melody(3, 0.7))).unwrap();
    for (gate, status) in [("default", "failed"), ("short_utterance", "failed"), ("none", "sample_added")] {
        let ran = voice("enroll", &store, &[&"--json", &"--person", &"x", &"--gate", &gate, &music]);
        assert_eq!(column(&ran.objects(), "status"), [status], "{gate}");
    }
}

#[test]
fn identify_names_those_who_are_enrolled_and_no_others() {
    let scratch = Scratch::new("voice-cli-identify");
    let store = three(&scratch);
    let files = ["bruno", "dora", "alma", "cyril"].map(queried);
    let mut rest: Vec<&dyn AsRef<OsStr>> = vec![&"--json", &"--limit", &"2"];
    rest.extend(files.iter().map(|file| file as &dyn AsRef<OsStr>));
    let ran = voice("identify", &store, &rest);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    let lines = ran.objects();
    assert_eq!(column(&lines, "decision"), ["match", "unknown", "match", "match"]);
    for (line, (file, person)) in lines.iter().zip(files.iter().zip(["bruno", "", "alma", "cyril"])) {
        assert_eq!(
            keys(line),
            sorted(["query", "decision", "matches", "speech_ms", "quality", "elapsed_ms"])
        );
        assert_eq!(keys(&line["elapsed_ms"]), sorted(["decode", "embed", "search"]));
        assert!(line["elapsed_ms"]["embed"].as_f64().unwrap() > 0.0);
        assert_eq!(line["query"], json!(file.to_string_lossy()));
        let matches = line["matches"].as_array().unwrap();
        assert_eq!(matches.len(), 2);
        let fields = [
            "person",
            "voiceprint_id",
            "user_id",
            "score",
            "normalized",
            "probability",
            "sample_count",
            "enrolled",
        ];
        assert_eq!(keys(&matches[0]), sorted(fields));
        assert!(matches[0]["score"].as_f64().unwrap() > matches[1]["score"].as_f64().unwrap());
        assert_eq!(matches[0]["probability"].as_f64().unwrap() > 0.5, !person.is_empty(), "{line}");
        if !person.is_empty() {
            assert_eq!(matches[0]["person"], person);
        }
    }
    let human = voice("identify", &store, &[&files[0], &files[1]]).stdout;
    let rows: Vec<&str> = human.lines().collect();
    assert!(
        rows.len() == 3 && rows[1].contains("bruno ") && rows[2].contains("unknown (at best "),
        "{human}"
    );
}

#[test]
fn a_recording_that_fails_is_a_line_of_its_own() {
    let scratch = Scratch::new("voice-cli-failed");
    let store = three(&scratch);
    let ran = voice("identify", &store, &[&"--json", &scratch.join("missing.wav"), &queried("cyril")]);
    assert_eq!(ran.status, Some(1));
    let lines = ran.objects();
    assert_eq!(column(&lines, "decision"), ["unknown", "match"]);
    assert_eq!((&lines[0]["error"]["kind"], &lines[0]["matches"]), (&json!("not_found"), &json!([])));
    let human = voice("identify", &store, &[&scratch.join("missing.wav")]);
    assert!(human.status == Some(1) && human.stdout.contains("failed: "), "{}", human.stdout);
}

#[test]
fn verify_says_whether_it_is_the_person() {
    let scratch = Scratch::new("voice-cli-verify");
    let store = three(&scratch);
    let ran =
        voice("verify", &store, &[&"--json", &"--person", &"cyril", &queried("cyril"), &queried("dora")]);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    let lines = ran.objects();
    assert_eq!(column(&lines, "decision"), ["match", "unknown"]);
    let fields = [
        "query",
        "decision",
        "person",
        "score",
        "normalized",
        "probability",
        "speech_ms",
        "quality",
        "elapsed_ms",
    ];
    assert_eq!(keys(&lines[0]), sorted(fields));
    assert!(lines.iter().all(|line| line["person"] == "cyril"));
    assert!(lines[0]["score"].as_f64().unwrap() > lines[1]["score"].as_f64().unwrap());
    assert!(
        lines[0]["probability"].as_f64().unwrap() > 0.5 && lines[1]["probability"].as_f64().unwrap() < 0.5
    );
    let stranger = voice("verify", &store, &[&"--json", &"--person", &"dora", &queried("dora")]);
    assert_eq!((stranger.status, &stranger.objects()[0]["error"]["kind"]), (Some(1), &json!("not_found")));
    assert_eq!(stranger.objects()[0]["score"], Value::Null);
}

#[test]
fn a_voice_under_two_names_is_reported() {
    let scratch = Scratch::new("voice-cli-twice");
    let store = three(&scratch);
    let again = enroll(&store, "alma again", &[queried("alma")]);
    let line = again.objects().remove(0);
    assert_eq!(keys(&line["similar_to"]), sorted(["person", "voiceprint_id", "score", "probability"]));
    assert_eq!(line["similar_to"]["person"], "alma");
    assert!((0.5..=1.0).contains(&line["similar_to"]["probability"].as_f64().unwrap()), "{line}");
    let other = enroll(&store, "dora", &[queried("dora")]).objects().remove(0);
    assert_eq!(other["similar_to"], Value::Null);
    let human = voice("enroll", &store, &[&"--person", &"bruno again", &queried("bruno")]);
    assert!(human.status == Some(0) && human.stderr.contains("the voice of bruno"), "{}", human.stderr);
}

#[test]
fn a_store_keeps_voices_of_one_step() {
    let scratch = Scratch::new("voice-cli-step");
    let store = three(&scratch);
    let ran = voice("identify", &store, &[&"--json", &"--no-prepare", &queried("alma")]);
    let error = &ran.objects()[0]["error"];
    assert_eq!((ran.status, &error["kind"]), (Some(1), &json!("mismatch")));
    assert!(error["message"].as_str().unwrap().contains("enrol again"), "{error}");
    let plain = scratch.join("plain");
    for (person, texts) in PEOPLE {
        let files = texts.map(|text| sample(person, text));
        let ran = voice(
            "enroll",
            &plain,
            &[&"--no-prepare", &"--person", &person, &files[0], &files[1], &files[2]],
        );
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    }
    let ran = voice("identify", &plain, &[&"--json", &"--no-prepare", &queried("alma")]);
    assert_eq!(ran.objects()[0]["matches"][0]["person"], "alma");
}

#[test]
fn people_are_listed_and_forgotten() {
    let scratch = Scratch::new("voice-cli-people");
    let store = three(&scratch);
    let list = voice("list", &store, &[&"--json"]).objects();
    assert_eq!(column(&list, "person"), ["alma", "bruno", "cyril"]);
    let fields = ["person", "voiceprint_id", "user_id", "samples", "enrolled", "created_at", "updated_at"];
    for line in &list {
        assert_eq!(keys(line), sorted(fields));
        assert_eq!((&line["samples"], &line["enrolled"]), (&json!(3), &json!(true)));
        assert!(line["created_at"].as_str().unwrap().ends_with('Z'));
    }
    assert_eq!(voice("list", &store, &[]).stdout.lines().count(), 4);
    let gone = voice("forget", &store, &[&"--json", &"bruno", &"dora"]);
    assert_eq!(gone.status, Some(1));
    assert!(gone.stderr.contains("dora"));
    let bruno = json!({"person": "bruno", "voiceprints": 1, "recordings": 3, "speakers": 0});
    assert_eq!(gone.objects(), [bruno]);
    let human = voice("forget", &store, &[&"cyril"]);
    assert_eq!((human.status, human.stdout.as_str()), (Some(0), "forgot cyril, with 3 recordings\n"));
    assert_eq!(column(&voice("list", &store, &[&"--json"]).objects(), "person"), ["alma"]);
    let line = voice("identify", &store, &[&"--json", &queried("bruno")]).objects().remove(0);
    assert_eq!(column(line["matches"].as_array().unwrap(), "person"), ["alma"], "who is gone is not found");
}

#[test]
fn trials_fit_the_probabilities() {
    let scratch = Scratch::new("voice-cli-calibrate");
    let store = three(&scratch);
    let trials = scratch.join("trials.txt");
    // A recording may be asked about more than once: three people and eight questions are few.
    let mut text = String::new();
    for _ in 0..7 {
        for (person, _) in PEOPLE {
            for speaker in ["alma", "bruno", "cyril"] {
                let kind = if person == speaker { "target" } else { "nontarget" };
                text += &format!("{person} {} {kind}\n", queried(speaker).display());
            }
        }
    }
    fs::write(&trials, &text).unwrap();
    let before = voice("verify", &store, &[&"--json", &"--person", &"alma", &queried("alma")]).objects();
    let ran = voice("calibrate", &store, &[&"--json", &trials]);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    let line = ran.objects().remove(0);
    assert_eq!(keys(&line), sorted(["pipeline", "target", "nontarget", "slope", "offset", "even_odds_at"]));
    assert_eq!((&line["target"], &line["nontarget"]), (&json!(21), &json!(42)));
    assert!(line["slope"].as_f64().unwrap() > 0.0);
    let after = voice("verify", &store, &[&"--json", &"--person", &"alma", &queried("alma")]).objects();
    assert_eq!(before[0]["score"], after[0]["score"]);
    assert_ne!(before[0]["probability"], after[0]["probability"]);
    for (wrong, kind) in [("alma x.wav maybe\n", "maybe"), ("dora", "dora"), ("", "needs")] {
        fs::write(&trials, wrong).unwrap();
        let ran = voice("calibrate", &store, &[&trials]);
        assert!(ran.status == Some(1) && ran.stderr.contains(kind), "{}", ran.stderr);
    }
    fs::write(&trials, format!("eva\t{}\ttarget\n", queried("alma").display())).unwrap();
    assert!(voice("calibrate", &store, &[&trials]).stderr.contains("nobody named"));
}

#[test]
fn wrong_usage_makes_no_store() {
    let scratch = Scratch::new("voice-cli-usage");
    let store = scratch.join("store").display().to_string();
    let long = "x".repeat(401);
    let wrong: [&[&str]; 8] = [
        &["voice"],
        &["voice", "sing"],
        &["voice", "enroll", "--store", &store, "x.wav"],
        &["voice", "enroll", "--store", &store, "--person", "a"],
        &["voice", "enroll", "--store", &store, "--person", "", "x.wav"],
        &["voice", "enroll", "--store", &store, "--person", &long, "x.wav"],
        &["voice", "identify", "--store", &store, "--limit", "0", "x.wav"],
        &["voice", "forget", "--store", &store],
    ];
    for arguments in wrong {
        let ran = run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(!ran.stderr.is_empty());
    }
    let unknown =
        ["voice", "enroll", "--store", &store, "--person", "a", "--model", "no-such-model", "x.wav"];
    let ran = run(unknown);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("no-such-model"), "{}", ran.stderr);
    assert!(!scratch.join("store").exists());
}
