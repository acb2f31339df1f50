//! Promise: voices that no meeting names are told from each other, and get their names when somebody is enrolled.
#![allow(clippy::unwrap_used, reason = "a test may fail, and prints its figures")]

mod support;

use sonic_audio::speaker::VoiceEmbedder;
use sonic_audio::{DecodeOptions, decode_with};
use sonic_core::Turn;
use sonic_live::{LiveOptions, LiveSession, SpeakerOptions};
use sonic_store::{EnrollOptions, NewVoice, Store, StoreOptions, Voice};

/// A voice of the test set, as somebody enrols.
fn sample(embedder: &VoiceEmbedder, utterance: &str) -> Option<NewVoice> {
    let reader = utterance.split('-').next().unwrap();
    let path =
        sonic_testing::assets(&format!("voice/audio/librispeech_test-other/{reader}/{utterance}.flac"))?;
    let clip = decode_with(path, &DecodeOptions::at(16_000)).unwrap();
    let speech = embedder.embed_speech(&clip).unwrap();
    Some(NewVoice {
        voice: Voice {
            recording_id: utterance.to_owned(),
            conditions: speech.conditions,
            ..Voice::default()
        },
        embedding: Some(speech.embedding),
        narrow: speech.narrow,
    })
}

/// Milliseconds of `name`'s turns that the truth gives to `speaker`, and of all of them.
fn common(turns: &[Turn], name: &str, truth: &[(f64, f64, String)], speaker: &str) -> (f64, f64) {
    let (mut right, mut all) = (0.0, 0.0);
    for turn in turns.iter().filter(|turn| turn.speaker == name) {
        let (start, end) = (turn.start_ms as f64 / 1000.0, turn.end_ms as f64 / 1000.0);
        let own = truth.iter().filter(|(.., who)| who == speaker);
        right += own.map(|(s, e, _)| (e.min(end) - s.max(start)).max(0.0)).sum::<f64>();
        all += end - start;
    }
    (right, all)
}

#[test]
fn names_follow_when_somebody_is_enrolled() {
    let Some(conversation) = support::conversation("conv_a") else { return };
    let embedder = VoiceEmbedder::built_in();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("voices"), StoreOptions::default()).unwrap();
    let speakers = SpeakerOptions {
        voices: Some(embedder.clone()),
        store: Some(store.voices()),
        ..SpeakerOptions::default()
    };
    let options = LiveOptions { speakers, ..LiveOptions::default() };
    let mut session = LiveSession::new("c", None, &options).unwrap();
    let mut told = Vec::new();
    for (second, piece) in conversation.samples.chunks(16_000).enumerate() {
        told.extend(session.push_samples(second as f64 * 1_000.0, piece).unwrap());
    }
    told.extend(session.finish().unwrap());
    assert!(session.turns().iter().all(|turn| turn.speaker.starts_with("voice ")));
    // Of Bob and Dave other sentences than those of the conversation.
    for (name, reader, numbers) in [("Bob", "1688-142285", [1, 5, 7]), ("Dave", "2033-164914", [0, 1, 2])] {
        let samples: Vec<NewVoice> =
            numbers.iter().filter_map(|n| sample(&embedder, &format!("{reader}-000{n}"))).collect();
        store.voices().enroll(name, &samples, &EnrollOptions::default()).unwrap();
    }
    let revised = session.refresh_names().unwrap();
    let turns = session.turns();
    for name in ["Bob", "Dave"] {
        let (right, all) = common(&turns, name, &conversation.reference, name);
        assert!(all > 3.0 && right / all > 0.7, "{name}: {right} of {all} s");
        let segment = revised.iter().find(|segment| segment.speaker.as_deref() == Some(name)).unwrap();
        let before = told.iter().filter(|old| old.id == segment.id).map(|old| old.revision).max().unwrap();
        assert!(segment.revision > before && segment.is_final);
    }
}
