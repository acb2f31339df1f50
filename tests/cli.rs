//! Promise: the machine interface of the `sonic` command: fields, order, exit status.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use serde_json::Value;
use std::fs;
use support::{RATE, Scratch, command, melody, run, sonic, wav};

/// The keys of an object; serde_json keeps them sorted.
fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

fn sorted<const N: usize>(mut names: [&str; N]) -> Vec<&str> {
    names.sort_unstable();
    names.to_vec()
}

/// A store with three melodies of 20 s, numbered from 1.
fn three(scratch: &Scratch) -> std::path::PathBuf {
    let store = scratch.join("store");
    let files: Vec<_> = (1..4).map(|n| scratch.melody(&format!("melody-{n}.wav"), n, 20.0)).collect();
    let added = sonic("add", &store, &[&files[0], &files[1], &files[2]]);
    assert_eq!(added.status, Some(0), "{}", added.stderr);
    store
}

#[test]
fn add_reports_every_file() {
    let scratch = Scratch::new("cli-add");
    let store = scratch.join("store");
    fs::create_dir_all(scratch.join("folder/deeper")).unwrap();
    scratch.melody("folder/one.wav", 1, 20.0);
    scratch.melody("folder/deeper/two.WAV", 2, 20.0);
    scratch.melody("folder/.hidden.wav", 3, 20.0);
    fs::write(scratch.join("folder/notes.txt"), "no media").unwrap();
    let ran = sonic("add", &store, &[&"--json", &"--jobs", &"2", &scratch.join("folder")]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let mut lines = ran.objects();
    let passed = lines.iter().position(|line| line["status"] == "passed_over").unwrap();
    let passed = lines.remove(passed);
    assert!(passed["path"].as_str().unwrap().ends_with("notes.txt") && passed["id"].is_null());
    lines.sort_by_key(|line| line["id"].as_str().unwrap().to_owned());
    assert_eq!(lines.len(), 2);
    for (line, id) in lines.iter().zip(["one", "two"]) {
        assert_eq!(
            keys(line),
            sorted(["id", "path", "status", "duration_ms", "landmarks", "truncated", "damaged_ms", "error"])
        );
        assert_eq!(
            (&line["id"], &line["status"], &line["error"]),
            (&id.into(), &"added".into(), &Value::Null)
        );
        assert_eq!(line["duration_ms"], 20_000);
        assert!(line["landmarks"].as_u64().unwrap() > 100);
        assert!(line["path"].as_str().unwrap().contains(id));
    }
    let again = sonic("add", &store, &[&"--json", &scratch.join("folder")]);
    assert_eq!(again.status, Some(0));
    let duplicates = again.objects().iter().filter(|line| line["status"] == "duplicate").count();
    assert_eq!((duplicates, again.objects().len()), (2, 3));
    let human = sonic("add", &store, &[&scratch.join("folder")]);
    assert!(human.stdout.contains("0 added") && human.stdout.contains("2 already there"), "{}", human.stdout);
}

#[test]
fn the_id_is_given_or_the_stem() {
    let scratch = Scratch::new("cli-id");
    let store = scratch.join("store");
    let file = scratch.melody("take 7.wav", 1, 15.0);
    let ran = sonic("add", &store, &[&"--json", &"--id", &"S01E03 – Пилот", &file]);
    assert_eq!(ran.objects()[0]["id"], "S01E03 – Пилот");
    let copy = scratch.melody("copy.wav", 1, 15.0);
    let ran = sonic("add", &store, &[&"--json", &copy]);
    assert_eq!((ran.status, &ran.objects()[0]["status"]), (Some(0), &"duplicate".into()));
    assert_eq!(ran.objects()[0]["id"], "S01E03 – Пилот", "the id of the earlier one");
    let two = sonic("add", &store, &[&"--id", &"x", &file, &copy]);
    assert_eq!((two.status, two.stdout.as_str()), (Some(2), ""));
}

#[test]
fn a_clash_of_stems_names_both_files() {
    let scratch = Scratch::new("cli-clash");
    let store = scratch.join("store");
    fs::create_dir_all(scratch.join("a")).unwrap();
    fs::create_dir_all(scratch.join("b")).unwrap();
    scratch.melody("a/theme.wav", 1, 15.0);
    scratch.melody("b/theme.wav", 2, 15.0);
    let first = sonic("add", &store, &[&"--json", &scratch.join("a")]);
    assert_eq!(first.status, Some(0));
    let both = sonic("add", &store, &[&"--json", &scratch.join("a"), &scratch.join("b")]);
    assert_eq!(both.status, Some(1));
    let lines = both.objects();
    let clash = lines.iter().find(|line| line["status"] == "failed").unwrap();
    assert_eq!((&clash["id"], &clash["error"]["kind"]), (&"theme".into(), &"mismatch".into()));
    let message = clash["error"]["message"].as_str().unwrap();
    for folder in ["a", "b"] {
        let path = scratch.join(folder).join("theme.wav");
        let quoted = format!("{:?}", path.to_string_lossy());
        assert!(message.contains(&quoted), "{message} lacks {quoted}");
    }
    assert_eq!(sonic("list", &store, &[&"--json"]).objects().len(), 1);
}

#[test]
fn one_bad_file_does_not_stop_the_rest() {
    let scratch = Scratch::new("cli-bad");
    let store = scratch.join("store");
    fs::create_dir(scratch.join("folder")).unwrap();
    scratch.melody("folder/a.wav", 1, 15.0);
    fs::write(scratch.join("folder/b.mp3"), "not an mp3 at all").unwrap();
    scratch.melody("folder/c.wav", 3, 15.0);
    let ran = sonic("add", &store, &[&"--json", &scratch.join("folder"), &scratch.join("nowhere.wav")]);
    assert_eq!(ran.status, Some(1));
    let status = |id: &str| {
        let lines = ran.objects();
        let line = lines.iter().find(|line| line["id"] == id).unwrap();
        (line["status"].as_str().unwrap().to_owned(), line["error"]["kind"].as_str().map(str::to_owned))
    };
    assert_eq!((status("a").0, status("c").0), ("added".into(), "added".into()));
    assert_eq!(status("b").0, "failed");
    assert!(["malformed", "unsupported"].contains(&status("b").1.unwrap().as_str()));
    assert_eq!(status("nowhere"), ("failed".into(), Some("not_found".into())));
    let human = sonic("add", &store, &[&scratch.join("folder")]);
    assert_eq!(human.status, Some(1));
    assert!(human.stderr.contains("b.mp3") && human.stdout.contains("1 failed"));
}

#[test]
fn monitor_tells_what_played_as_it_ends() {
    let scratch = Scratch::new("cli-monitor");
    let store = three(&scratch);
    let radio: Vec<f32> = [(0, 0.0, 4.0), (2, 5.0, 10.0), (0, 4.0, 6.0)]
        .into_iter()
        .flat_map(|(seed, start, seconds): (u64, f32, f32)| {
            melody(seed, start + seconds).split_off((start * RATE as f32) as usize)
        })
        .collect();
    let file = scratch.join("radio.wav");
    fs::write(&file, wav(&radio)).unwrap();
    let ran = sonic("monitor", &store, &[&"--json", &file]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let lines = ran.objects();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(
        keys(line),
        sorted([
            "number",
            "id",
            "title",
            "start_ms",
            "end_ms",
            "ended",
            "offset_ms",
            "time_scale",
            "pitch_semitones",
            "score",
            "probability"
        ])
    );
    assert_eq!((&line["id"], &line["ended"]), (&"melody-2".into(), &true.into()));
    for (field, want) in [("start_ms", 4_000), ("end_ms", 14_000), ("offset_ms", 5_000)] {
        assert!(line[field].as_u64().unwrap().abs_diff(want) < 500, "{line}");
    }
    let mut child = command()
        .args(["monitor".as_ref(), "--store".as_ref(), store.as_os_str(), "-".as_ref()])
        .stdin(fs::File::open(&file).unwrap())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let text = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(text.lines().count() == 1 && text.contains("melody-2"), "{text}");
    let left_out = sonic("monitor", &store, &[&"--exclude", &"melody-2", &file]);
    assert_eq!((left_out.status, left_out.stdout.as_str()), (Some(0), ""));
    let missing = sonic("monitor", &store, &[&scratch.join("none.wav")]);
    assert_eq!(missing.status, Some(1));
}

#[test]
fn identify_answers_in_order_with_every_field() {
    let scratch = Scratch::new("cli-identify");
    let store = three(&scratch);
    let clips: Vec<_> =
        (0..9).map(|n| scratch.clip(&format!("clip-{n}.wav"), n % 4, 4.0 + n as f32, 6.0)).collect();
    for jobs in ["1", "4"] {
        let mut arguments: Vec<&dyn AsRef<std::ffi::OsStr>> =
            vec![&"--json", &"--jobs", &jobs, &"--limit", &"2"];
        arguments.extend(clips.iter().map(|clip| clip as &dyn AsRef<std::ffi::OsStr>));
        let ran = sonic("identify", &store, &arguments);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        let lines = ran.objects();
        assert_eq!(lines.len(), clips.len());
        for (n, (line, clip)) in lines.iter().zip(&clips).enumerate() {
            assert_eq!(
                keys(line),
                sorted(["query", "decision", "matches", "truncated", "damaged_ms", "elapsed_ms"])
            );
            assert_eq!(keys(&line["elapsed_ms"]), sorted(["decode", "fingerprint", "search"]));
            assert!(line["elapsed_ms"]["search"].is_f64());
            assert_eq!(line["query"], clip.to_string_lossy().as_ref());
            let matches = line["matches"].as_array().unwrap();
            assert!(matches.len() <= 2);
            if n % 4 == 0 {
                assert_eq!(line["decision"], "unknown", "melody 0 is not in the store");
                continue;
            }
            assert_eq!(line["decision"], "match");
            check_match(&matches[0], &format!("melody-{}", n % 4), 1000 * (4 + n as i64));
        }
    }
}

fn check_match(found: &Value, id: &str, offset_ms: i64) {
    let fields = [
        "id",
        "offset_ms",
        "score",
        "aligned",
        "probability",
        "time_scale",
        "pitch_semitones",
        "query_start_ms",
        "query_end_ms",
        "coverage",
        "imported",
    ];
    assert_eq!(keys(found), sorted(fields));
    assert_eq!(found["id"], id);
    assert!((found["offset_ms"].as_i64().unwrap() - offset_ms).abs() < 100, "{found}");
    assert!(found["probability"].as_f64().unwrap() > 0.5);
    assert!((found["time_scale"].as_f64().unwrap() - 1.0).abs() < 0.011, "{found}");
    assert!(found["query_end_ms"].as_u64().unwrap() > 5_000);
}

#[test]
fn a_clip_that_fails_is_a_line_of_its_own() {
    let scratch = Scratch::new("cli-failed-clip");
    let store = three(&scratch);
    let good = scratch.clip("good.wav", 2, 5.0, 6.0);
    for jobs in ["1", "3"] {
        let missing = scratch.join("missing.wav");
        let ran = sonic("identify", &store, &[&"--json", &"--jobs", &jobs, &missing, &store, &good]);
        assert_eq!(ran.status, Some(1));
        let lines = ran.objects();
        let kinds: Vec<&Value> = lines.iter().map(|line| &line["error"]["kind"]).collect();
        assert_eq!(kinds, [&Value::from("not_found"), &Value::from("invalid_argument"), &Value::Null]);
        assert!(
            lines[..2]
                .iter()
                .all(|line| line["decision"] == "unknown" && line["matches"] == Value::Array(vec![]))
        );
        assert_eq!(lines[2]["matches"][0]["id"], "melody-2");
    }
    let human = sonic("identify", &store, &[&scratch.join("missing.wav"), &good]);
    assert_eq!(human.status, Some(1));
    assert!(human.stdout.contains("failed") && human.stdout.contains("melody-2"));
}

#[test]
fn list_stats_remove_compact_and_doctor() {
    let scratch = Scratch::new("cli-rest");
    let store = three(&scratch);
    let list = sonic("list", &store, &[&"--json"]);
    for line in list.objects() {
        let fields = [
            "id",
            "title",
            "source",
            "source_hash",
            "duration_ms",
            "landmarks",
            "frames",
            "truncated",
            "damaged_ms",
            "format",
            "user_id",
            "mode",
            "created_at",
            "created_at_ms",
            "metadata",
        ];
        assert_eq!(keys(&line), sorted(fields));
        let created = line["created_at"].as_str().unwrap();
        assert!(created.len() == 24 && created.starts_with("20") && created.ends_with('Z'), "{created}");
    }
    assert_eq!(sonic("list", &store, &[]).stdout.lines().count(), 4);
    let stats = sonic("stats", &store, &[&"--json"]).objects().remove(0);
    let fields = [
        "recordings",
        "duration_ms",
        "landmarks",
        "postings_bytes",
        "file_bytes",
        "format_version",
        "pipeline",
    ];
    assert!(fields.iter().all(|field| !stats[field].is_null()), "{stats}");
    assert_eq!((&stats["recordings"], &stats["duration_ms"]), (&3.into(), &60_000.into()));

    let removed = sonic("remove", &store, &[&"--json", &"melody-2"]);
    assert_eq!((removed.status, &removed.objects()[0]["id"]), (Some(0), &"melody-2".into()));
    let gone = sonic("remove", &store, &[&"melody-2", &"melody-3"]);
    assert_eq!(gone.status, Some(1));
    assert!(gone.stderr.contains("melody-2") && gone.stdout.contains("melody-3"));
    assert_eq!(sonic("list", &store, &[&"--json"]).objects().len(), 1);
    let clip = scratch.clip("clip.wav", 2, 5.0, 6.0);
    assert_eq!(sonic("identify", &store, &[&"--json", &clip]).objects()[0]["decision"], "unknown");

    let compact = sonic("compact", &store, &[&"--json"]);
    assert_eq!(compact.status, Some(0), "{}", compact.stderr);
    let sizes = &compact.objects()[0];
    assert!(sizes["file_bytes"].as_u64().unwrap() < sizes["file_bytes_before"].as_u64().unwrap());
    assert_eq!(sonic("doctor", &store, &[]).status, Some(0));
    assert_eq!(sonic("doctor", &store, &[&"--json"]).stdout, "");
    let saved = scratch.join("saved");
    let salvage = sonic("doctor", &store, &[&"--json", &"--salvage", &saved]);
    let counts = &salvage.objects()[0];
    assert_eq!(
        (salvage.status, &counts["recordings"], &counts["damaged_rows"]),
        (Some(0), &1.into(), &0.into())
    );
    assert_eq!(sonic("list", &saved, &[&"--json"]).stdout, sonic("list", &store, &[&"--json"]).stdout);
    let again = sonic("doctor", &store, &[&"--salvage", &saved]);
    assert!(again.status == Some(1) && again.stderr.contains("not empty"), "{}", again.stderr);
    let clip = scratch.clip("other.wav", 1, 5.0, 6.0);
    assert_eq!(sonic("identify", &store, &[&"--json", &clip]).objects()[0]["matches"][0]["id"], "melody-1");
}

#[test]
fn explain_draws_a_picture() {
    let scratch = Scratch::new("cli-explain");
    let store = three(&scratch);
    let (clip, picture) = (scratch.clip("clip.wav", 3, 9.0, 6.0), scratch.join("why.svg"));
    let ran = sonic("identify", &store, &[&"--explain", &picture, &clip]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let svg = fs::read_to_string(&picture).unwrap();
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("melody-3 at ") && svg.matches("<circle").count() > 50);
    let two = sonic("identify", &store, &[&"--explain", &picture, &clip, &clip]);
    assert_eq!((two.status, two.stdout.as_str()), (Some(2), ""));
}

#[test]
fn wrong_usage_is_status_2() {
    let scratch = Scratch::new("cli-usage");
    let store = scratch.join("store").display().to_string();
    let wrong: [&[&str]; 8] = [
        &[],
        &["sing"],
        &["add", "x.wav"],
        &["add", "--store", &store],
        &["identify", "--store", &store],
        &["identify", "--store", &store, "--limit", "0", "x.wav"],
        &["add", "--store", &store, "--jobs", "many", "x.wav"],
        &["list", "--store", &store, "extra"],
    ];
    for arguments in wrong {
        let ran = run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(!ran.stderr.is_empty());
    }
    assert!(!scratch.join("store").exists(), "wrong usage makes no store");
    assert_eq!(run(["--version"]).status, Some(0));
    assert_eq!(run(["identify", "--help"]).status, Some(0));
}

#[test]
fn the_store_may_come_from_the_environment() {
    let scratch = Scratch::new("cli-env");
    let store = three(&scratch);
    let mut command = support::command();
    let listed: support::Ran =
        command.args(["list", "--json"]).env("SONIC_STORE", &store).output().unwrap().into();
    assert_eq!((listed.status, listed.objects().len()), (Some(0), 3));
}

/// Ctrl-C ends adding within the blink of an eye, keeps what was decoded and says so by its status.
#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_is_decoded() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let scratch = Scratch::new("cli-interrupt");
    let store = scratch.join("store");
    let mut arguments = vec![scratch.melody("first.wav", 0, 15.0)];
    // A silent file of 11 hours that nobody waits for: a header and a hole.
    let long = scratch.join("long.wav");
    let header = support::wav_of(&[], 1, 1, 16_000, 16);
    fs::write(&long, [&header[..40], &1_267_200_000u32.to_le_bytes()].concat()).unwrap();
    fs::File::options().write(true).open(&long).unwrap().set_len(44 + 1_267_200_000).unwrap();
    arguments.push(long);
    let mut child = support::command()
        .args(["add", "--json", "--jobs", "2", "--store"])
        .arg(&store)
        .args(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!((&line["id"], &line["status"]), (&"first".into(), &"added".into()));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // Had it waited for the long file, that would be in the store too.
    assert_eq!(sonic("list", &store, &[&"--json"]).objects().len(), 1);
}

/// `sonic list | head -1` ends without a word about broken pipes.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let scratch = Scratch::new("cli-pipe");
    let store = three(&scratch);
    let script = format!("{} list --store {} | true", support::binary().display(), store.display());
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
