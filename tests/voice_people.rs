//! People are enrolled from recordings and known again; strangers are not.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
mod voice_support;

use sonic::audio::quality::QualityGate;
use sonic::audio::speaker::VoiceEmbedder;
use sonic::recordings::Decision;
use sonic::voices::{EnrollOptions, EnrollStatus, VoiceIdentifyOptions, VoiceSource};
use sonic::{ErrorKind, Source, Store, StoreOptions};
use std::fs;
use std::path::PathBuf;
use support::Scratch;

/// The recordings of each speaker of the reference set.
fn speakers() -> Option<Vec<(String, Vec<PathBuf>)>> {
    let files = voice_support::utterances(&voice_support::assets()?);
    let mut speakers: Vec<(String, Vec<PathBuf>)> = Vec::new();
    for file in files {
        let name = file.parent()?.file_name()?.to_string_lossy().into_owned();
        match speakers.last_mut().filter(|(last, _)| *last == name) {
            Some((_, files)) => files.push(file),
            None => speakers.push((name, vec![file])),
        }
    }
    Some(speakers)
}

fn speech(files: &[PathBuf]) -> Vec<VoiceSource> {
    files.iter().map(VoiceSource::from).collect()
}

#[test]
fn people_are_known_again_and_a_stranger_is_not() {
    let Some(speakers) = speakers() else { return };
    let scratch = Scratch::new("people");
    let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
    let (embedder, gate) = (VoiceEmbedder::built_in(), QualityGate::default());
    let (stranger, known) = speakers.split_last().unwrap();
    for (name, files) in known {
        let options = EnrollOptions::default();
        let enrolled =
            sonic::voices::enroll(&store, &embedder, name, speech(&files[..3]), &gate, &options).unwrap();
        assert_eq!((enrolled.status, enrolled.sample_count), (EnrollStatus::Enrolled, 3));
        let again =
            sonic::voices::enroll(&store, &embedder, name, speech(&files[..3]), &gate, &options).unwrap();
        assert_eq!((again.added, again.known, again.sample_count), (0, 3, 3));
    }
    let options = VoiceIdentifyOptions::default();
    for (name, files) in known {
        for file in &files[3..] {
            let found = sonic::voices::identify(&store, &embedder, file, &options).unwrap();
            let best = found.answer.matches.first().unwrap();
            assert_eq!((found.answer.decision, &best.person), (Decision::Match, name), "{}", file.display());
            let verified = sonic::voices::verify(&store, &embedder, name, file, &options).unwrap();
            assert_eq!(verified.verification.decision, Decision::Match);
        }
    }
    for file in &stranger.1 {
        let found = sonic::voices::identify(&store, &embedder, file, &options).unwrap();
        assert_eq!(found.answer.decision, Decision::Unknown, "{}", file.display());
    }
    let forgotten = store.voices().forget(&known[0].0).unwrap();
    assert_eq!((forgotten.voiceprints, forgotten.recordings), (1, 3));
    let error = sonic::voices::verify(&store, &embedder, &known[0].0, &known[0].1[4], &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn a_recording_gives_the_same_sample_however_it_comes() {
    let Some(speakers) = speakers() else { return };
    let file = &speakers[0].1[0];
    let (embedder, gate) = (VoiceEmbedder::built_in(), QualityGate::default());
    let sample = sonic::voices::analyze_voice(&embedder, file, &gate).unwrap();
    let bytes = sonic::voices::analyze_voice(&embedder, fs::read(file).unwrap(), &gate).unwrap();
    let stream =
        sonic::voices::analyze_voice(&embedder, Source::reader(fs::File::open(file).unwrap()), &gate)
            .unwrap();
    for other in [&bytes, &stream] {
        assert_eq!(other.voice.voice.recording_id, sample.voice.voice.recording_id);
        assert_eq!(other.voice.embedding, sample.voice.embedding);
        assert_eq!(other.quality, sample.quality);
    }
    let row = &sample.voice.voice;
    assert_eq!((row.sample_rate, row.audio_format.as_deref()), (16_000, Some("flac")));
    assert_eq!(row.file_size_bytes, fs::metadata(file).unwrap().len());
    let clip = sonic::audio::decode(file).unwrap();
    let of_clip = sonic::voices::analyze_voice(&embedder, VoiceSource::Clip(clip.into()), &gate).unwrap();
    assert_eq!(of_clip.voice.embedding, sample.voice.embedding);
}

#[test]
fn one_bad_recording_keeps_all_out() {
    let scratch = Scratch::new("people-bad");
    let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
    let (embedder, gate) = (VoiceEmbedder::built_in(), QualityGate::default());
    let silence = scratch.join("silence.wav");
    fs::write(&silence, support::wav(&vec![0.0; 3 * support::RATE as usize])).unwrap();
    let text = scratch.join("text.wav");
    fs::write(&text, "no sound").unwrap();
    for (bad, kind) in [
        (&silence, ErrorKind::InvalidArgument),
        (&text, ErrorKind::Unsupported),
        (&scratch.join("nowhere.wav"), ErrorKind::NotFound),
    ] {
        let melody = scratch.melody("melody.wav", 3, 5.0);
        let options = EnrollOptions::default();
        let files = speech(&[melody, bad.clone()]);
        let error = sonic::voices::enroll(
            &store,
            &embedder,
            "somebody",
            files,
            &QualityGate { ..gate.clone() },
            &options,
        );
        let error = error.unwrap_err();
        assert!(error.kind() == kind || error.message().contains("not good enough"), "{error}");
        assert!(store.voices().people().unwrap().is_empty());
    }
}

#[test]
fn what_can_be_used_is_enrolled_and_the_rest_has_its_reason() {
    let scratch = Scratch::new("people-usable");
    let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
    let (embedder, gate) = (VoiceEmbedder::built_in(), QualityGate::default());
    let voices = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/demo/voices/enrol/alma");
    let melody = scratch.melody("melody.wav", 3, 0.5);
    let files = [voices.join("boat.opus"), scratch.join("nowhere.wav"), melody, voices.join("bread.opus")];
    let options = EnrollOptions::default();
    let each =
        |files| sonic::voices::enroll_each(&store, &embedder, "Alma", speech(files), &gate, &options, true);
    let done = each(&files).unwrap();
    assert_eq!((done.enrolled.status, done.enrolled.added), (EnrollStatus::SampleAdded, 2));
    let (boat, bread) = (done.samples[0].as_ref().unwrap(), done.samples[3].as_ref().unwrap());
    let kept: Vec<&str> = done.enrolled.voiceprint.samples.iter().map(|s| s.recording_id.as_str()).collect();
    assert_eq!(kept, [boat, bread].map(|sample| sample.voice.voice.recording_id.as_str()));
    assert_eq!(done.samples[1].as_ref().unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!done.samples[2].as_ref().unwrap().reasons.is_empty());
    let none = each(&files[1..3]).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NotFound);
    assert!(none.message().starts_with("number 0 of the recordings"), "{none}");
}
