//! Promise: `sonic sing` reads scores, in lines for people or in one object for programs.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use serde_json::Value;
use std::fs;
use std::path::Path;
use support::{Ran, Scratch, run};

fn inspect(score: &Path, json: bool) -> Ran {
    let score = score.to_str().unwrap();
    run(if json { vec!["sing", "inspect", "--json", score] } else { vec!["sing", "inspect", score] })
}

/// Two measures of two notes each, the first measure repeated with a second verse.
fn song(scratch: &Scratch) -> std::path::PathBuf {
    let note = |step: &str, lyrics: &str| {
        format!(
            "<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>2</duration>{lyrics}</note>"
        )
    };
    let lyric = |verse: u32, kind: &str, text: &str| {
        format!("<lyric number='{verse}'><syllabic>{kind}</syllabic><text>{text}</text></lyric>")
    };
    let both = |kind: &str, first: &str, second: &str| lyric(1, kind, first) + &lyric(2, kind, second);
    let text = format!(
        "<?xml version='1.0'?><score-partwise><work><work-title>Round</work-title></work><part-list><score-part id='P1'>
         <part-name>Voice</part-name></score-part></part-list><part id='P1'><measure number='1'><attributes>
         <divisions>2</divisions></attributes><sound tempo='90'/>{}{}<barline><repeat direction='backward'/></barline>
         </measure><measure number='2'>{}{}</measure></part></score-partwise>",
        note("C", &both("begin", "Lul", "Sil")),
        note("E", &both("end", "lay", "ver")),
        note("G", &lyric(1, "single", "day")),
        note("C", ""),
    );
    let path = scratch.join("song.musicxml");
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_score_is_one_object() {
    let scratch = Scratch::new("sing-cli-object");
    let ran = inspect(&song(&scratch), true);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    let lines = ran.objects();
    assert_eq!(lines.len(), 1);
    let score = &lines[0];
    assert_eq!(
        (&score["title"], &score["total_beats"], &score["total_seconds"]),
        (&"Round".into(), &6.into(), &4.into())
    );
    assert_eq!(score["tempos"][0].to_string(), r#"{"bpm":90,"offset_beats":0,"seconds":0}"#);
    let part = &score["parts"][0];
    assert_eq!((&part["part_id"], &part["part_name"]), (&"P1".into(), &"Voice".into()));
    let sung = part["sung"].as_array().unwrap();
    let of = |key: &str| sung.iter().map(|note| note[key].to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(of("pass"), "1 1 2 2 1 1");
    assert_eq!(of("pitch_midi"), "60 64 60 64 67 60");
    assert_eq!(of("onset_s"), "0 0.666666667 1.333333333 2 2.666666667 3.333333333");
    assert_eq!(sung[2]["lyrics"]["2"]["text"], "Sil");
    assert_eq!(of("melisma"), r#"[] [] [] [] ["2"] ["1","2"]"#);
    assert_eq!(score["warnings"], Value::Array(Vec::new()));
}

#[test]
fn people_read_parts_voices_and_verses() {
    let scratch = Scratch::new("sing-cli-text");
    let ran = inspect(&song(&scratch), false);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_eq!(
        ran.stdout.lines().collect::<Vec<_>>(),
        [
            "title    Round",
            "length   0:04.0, 6 quarters, 90 a minute",
            "part     P1 Voice",
            "  voice 1: 6 notes, C4 to G4",
            "    verse 1, 5 syllables: Lullay Lullay day",
            "    verse 2, 4 syllables: Silver Silver",
        ]
    );
}

#[test]
fn what_cannot_be_read_says_why() {
    let scratch = Scratch::new("sing-cli-error");
    let broken = scratch.join("broken.musicxml");
    fs::write(&broken, "<score-partwise><part id='P1'><measure>").unwrap();
    for (path, kind) in [(broken.as_path(), "malformed"), (&scratch.join("nowhere.mxl"), "not_found")] {
        let ran = inspect(path, true);
        assert_eq!(ran.status, Some(1));
        let lines = ran.objects();
        assert_eq!((lines.len(), &lines[0]["kind"]), (1, &kind.into()));
        assert_eq!(lines[0].as_object().unwrap().len(), 2);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(lines[0]["error"].as_str().unwrap().contains(name), "{}", lines[0]);
        let ran = inspect(path, false);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains(name), "{}", ran.stderr);
    }
}

#[test]
fn truths_are_met_through_the_command() {
    let Some(folder) = sonic_testing::assets("sing/scores") else { return };
    for name in ["own/melisma.musicxml", "own/satb.musicxml", "lieder/satie_chanson.mxl"] {
        let truth: Value =
            serde_json::from_slice(&fs::read(folder.join(format!("truth/{name}.json"))).unwrap()).unwrap();
        let ran = inspect(&folder.join(name), true);
        let score = &ran.objects()[0];
        assert_eq!(score["title"], truth["title"], "{name}");
        for (part, expected) in
            score["parts"].as_array().unwrap().iter().zip(truth["parts"].as_array().unwrap())
        {
            let sung = |part: &Value, key| -> Vec<Value> {
                part["sung"].as_array().unwrap().iter().map(|note: &Value| note[key].clone()).collect()
            };
            for key in ["offset_beats", "onset_s", "duration_s", "pitch_midi", "lyrics", "melisma"] {
                assert_eq!(sung(part, key), sung(expected, key), "{name}, {key}");
            }
        }
    }
}

/// A sound file of one channel at 8 kHz.
fn voice(path: &Path, level: f32, count: usize) -> String {
    sonic::sing::write_sound(path, &vec![level; count], 1, 8_000).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn voices_are_mixed() {
    let scratch = Scratch::new("sing-cli-mix");
    let soprano = voice(&scratch.join("soprano,mute.wav"), 0.5, 800);
    let alto = voice(&scratch.join("alto.flac"), 0.25, 400);
    let out = scratch.join("mix.wav");
    let mix = |voices: &[String], json: bool| {
        let mut arguments = vec!["sing", "mix", "-o", out.to_str().unwrap()];
        arguments.extend(json.then_some("--json"));
        arguments.extend(voices.iter().map(String::as_str));
        run(arguments)
    };
    let sides = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        let samples: Vec<i16> =
            bytes[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
        [samples[0], samples[1], samples[samples.len() - 2], samples[samples.len() - 1]]
            .map(|sample| (f32::from(sample) / 32_767.0 * 100.0).round() / 100.0)
    };
    let ran = mix(&[format!("{soprano},pan=-1"), format!("{alto},volume=2,pan=1")], true);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    let line = &ran.objects()[0];
    assert_eq!(
        (&line["seconds"], &line["sample_rate"], &line["voices"]),
        (&0.1.into(), &8000.into(), &2.into())
    );
    assert_eq!(sides(&out), [0.5, 0.5, 0.5, 0.0]);
    let ran = mix(&[format!("{soprano},solo,pan=1,mute"), alto.clone()], false);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.ends_with("mix.wav: 0:00.1, 2 voices\n"), "{}", ran.stdout);
    assert_eq!(sides(&out), [0.0, 0.5, 0.0, 0.5]);
    assert_eq!(mix(&[format!("{alto},volume=5")], false).status, Some(2));
    assert_eq!(mix(&[format!("{alto},volume=loud")], false).status, Some(2));
    assert_eq!(mix(&["no/such.wav".to_owned()], false).status, Some(1));
    assert_eq!(mix(&[], false).status, Some(2));
}

/// With `SONIC_TEST_ASSETS`, and where there is an ONNX Runtime.
#[test]
fn a_word_that_cannot_be_spelled_is_left_out_if_that_is_wanted() {
    let Some(assets) = sonic_testing::assets("sing/banks") else { return };
    let scratch = Scratch::new("sing-cli-silence");
    let text = fs::read_to_string(song(&scratch)).unwrap().replace(">day<", ">zzqx<");
    let score = scratch.join("unknown.musicxml");
    fs::write(&score, text).unwrap();
    let (bank, out) = (assets.join("clear-voice"), scratch.join("song.wav"));
    let mut lengths = Vec::new();
    for more in [None, Some("--silence-unknown")] {
        let mut arguments =
            vec!["sing", "render", "--json", "--steps", "2", "--bank", bank.to_str().unwrap()];
        arguments.extend(["-o", out.to_str().unwrap(), score.to_str().unwrap()]);
        arguments.extend(more);
        let ran = run(arguments);
        if ran.stderr.contains("ONNX Runtime") {
            return sonic_testing::skip(sonic_testing::Need::OnnxRuntime, ran.stderr);
        }
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        let lines = ran.objects();
        assert!(lines.iter().any(|line| line["warning"] == "unknown_word"), "{lines:?}");
        lengths.push(lines.last().unwrap()["seconds"].as_f64().unwrap());
    }
    assert!(lengths[1] < lengths[0], "{lengths:?}");
}
