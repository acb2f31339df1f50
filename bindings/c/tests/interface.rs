//! Promise: in C99 and in C++17 every function does what the header says, used well, badly, and by many threads.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
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
fn given_values_that_cannot_be() {
    in_both_languages("misuse_values.c");
}

#[test]
fn used_by_many_threads_at_once() {
    in_both_languages("threads.c");
}

#[test]
fn handles() {
    in_both_languages("handles.c");
}

#[test]
fn options_initialised() {
    in_both_languages("options.c");
}

#[test]
fn recordings_without_sound() {
    in_both_languages("imported.c");
}

#[test]
fn slices_of_a_recorder() {
    in_both_languages("slices.c");
}

#[test]
fn sessions_of_live_sound() {
    in_both_languages("live.c");
}

/// With `SONIC_TEST_ASSETS`: slices of a real recorder.
#[test]
fn slices_of_a_real_recorder_are_followed() {
    let Some(assets) = sonic_testing::assets("live") else { return };
    let program = compile("live.c", Language::C99, &SANITIZE);
    let mut command = run(program);
    let said = succeed(command.arg(scratch("recorder-files")).arg(assets.join("slices/cr-mic-3000")));
    assert_eq!(said, "all is as it should be\n");
}

#[test]
fn scores_and_voicebanks() {
    in_both_languages("sing.c");
}

/// With `SONIC_TEST_ASSETS`, and where there is an ONNX Runtime: a voicebank sings.
#[test]
fn a_voicebank_sings() {
    let Some(assets) = sonic_testing::assets("sing") else { return };
    let program = compile("sing.c", Language::C99, &SANITIZE);
    let mut command = run(program);
    let said = succeed(command.arg(scratch("sing-files")).arg(assets.join("banks/clear-voice")));
    assert!(said.ends_with("all is as it should be\n"), "{said}");
    let _ = write!(std::io::stderr().lock(), "{said}");
}

#[test]
fn what_plays_on_a_stream() {
    in_both_languages("monitor.c");
}

#[test]
fn upkeep() {
    in_both_languages("upkeep.c");
}

#[test]
fn snapshots() {
    in_both_languages("snapshots.c");
}

#[test]
fn voices() {
    in_both_languages("voices.c");
}

#[test]
fn voices_used_badly() {
    in_both_languages("voices_misuse.c");
}

#[test]
fn voices_kept() {
    in_both_languages("voices_kept.c");
}

#[test]
fn voices_kept_used_badly() {
    in_both_languages("voices_kept_misuse.c");
}

/// With `SONIC_TEST_ASSETS`: people of the reference recordings, and models where there is an ONNX Runtime.
#[test]
fn voices_of_people() {
    let Some(assets) = sonic_testing::assets("voice") else { return };
    let program = compile("people.c", Language::C99, &SANITIZE);
    let mut command = run(program);
    command.arg(scratch("people-files")).arg(assets.join("models"));
    for (speaker, files) in speakers(&assets.join("audio/librispeech_test-other")) {
        command.arg("--person").arg(speaker).args(&files[..5]);
    }
    let said = succeed(&mut command);
    assert!(said.ends_with("all is as it should be\n"), "{said}");
    let _ = write!(std::io::stderr().lock(), "{said}");
}

#[test]
fn faces() {
    in_both_languages("faces.c");
}

#[test]
fn faces_used_badly() {
    in_both_languages("faces_misuse.c");
}

#[test]
fn faces_given_values_that_cannot_be() {
    in_both_languages("faces_misuse_values.c");
}

/// With `SONIC_TEST_ASSETS`, and where there is an ONNX Runtime: photographs of people.
#[test]
fn faces_of_people() {
    let Some(assets) = sonic_testing::assets("face") else { return };
    let program = compile("photographs.c", Language::C99, &SANITIZE);
    let mut command = run(program);
    command.arg(scratch("photographs-files"));
    command
        .args(["det_500m.onnx", "w600k_mbf_dequant_fp32.onnx"].map(|name| assets.join("models").join(name)));
    for person in ["Ariel_Sharon", "Colin_Powell", "Tony_Blair"] {
        let photos =
            std::fs::read_dir(assets.join("people").join(person)).unwrap().map(|f| f.unwrap().path());
        let mut photos: Vec<_> = photos.filter(|f| f.extension().is_some_and(|e| e == "jpg")).collect();
        photos.sort();
        command.args(&photos[..2]);
    }
    let said = succeed(&mut command);
    assert!(said.ends_with("all is as it should be\n"), "{said}");
    let _ = write!(std::io::stderr().lock(), "{said}");
}

/// The speakers of a folder, each with their recordings.
fn speakers(folder: &Path) -> Vec<(String, Vec<PathBuf>)> {
    let mut speakers: Vec<(String, Vec<PathBuf>)> = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        let files = std::fs::read_dir(&entry).unwrap().map(|f| f.unwrap().path());
        let mut files: Vec<_> = files.filter(|f| f.extension().is_some_and(|e| e == "flac")).collect();
        files.sort();
        speakers.push((entry.file_name().unwrap().to_str().unwrap().to_owned(), files));
    }
    speakers.sort();
    speakers
}

#[test]
fn used_from_cpp() {
    let program = compile("wrapper.cpp", Language::Cpp17, &SANITIZE);
    assert_eq!(succeed(run(program).arg(scratch("wrapper-files"))), "all is as it should be\n");
}

/// With `SONIC_TEST_ASSETS` a voicebank sings too, where there is an ONNX Runtime.
#[test]
fn live_sound_and_songs_from_cpp() {
    let program = compile("wrapper_live.cpp", Language::Cpp17, &SANITIZE);
    let mut command = run(program);
    command.arg(scratch("wrapper-live-files"));
    command.args(sonic_testing::assets("sing").map(|assets| assets.join("banks/clear-voice")));
    assert_eq!(succeed(&mut command), "all is as it should be\n");
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
