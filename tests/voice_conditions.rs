//! Promise: whoever is enrolled is known behind noise, quiet, with a constant part or through a telephone, nobody is named as
//! somebody else, and what is said to be sure is right.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
mod voice_support;

use sonic::voices::{
    EnrollOptions, NewVoice, QualityGate, Voice, VoiceEmbedder, VoiceEmbedderOptions, VoiceIdentifyOptions,
    VoiceSource,
};
use sonic::{Clip, ErrorKind, Store, StoreOptions};
use std::path::Path;
use std::sync::Arc;
use support::Scratch;
use voice_support::conditions::{Condition, enroll, shortened, tally};
use voice_support::{assets, cosine, recording, utterances};

/// A length that no clip has.
const WHOLE: usize = 1_000;

#[test]
fn thirty_clips_are_known_under_every_condition() {
    let Some(assets) = assets() else { return };
    let scratch = Scratch::new("voice-conditions");
    let (store, embedder) = (new_store(&scratch), VoiceEmbedder::built_in());
    let people = enroll(&store, &embedder, &assets).unwrap();
    for (condition, least) in Condition::ALL {
        let each = tally(&store, &embedder, &people, condition, WHOLE).unwrap();
        let sum = |of: fn(&voice_support::conditions::Tally) -> usize| each.iter().map(of).sum::<usize>();
        assert_eq!(sum(|t| t.clips), 30);
        assert!(sum(|t| t.right) >= least, "{condition:?}: {each:?}");
        assert_eq!((sum(|t| t.wrong), sum(|t| t.sure_wrong)), (0, 0), "{condition:?}: {each:?}");
        let short = tally(&store, &embedder, &people, condition, 3).unwrap();
        assert!(short.iter().all(|t| t.wrong == 0 && t.sure_wrong == 0), "{condition:?}, 3 s: {short:?}");
    }
}

/// The step must not cost accuracy: equal error rates of the trials, without it and with it.
#[test]
fn the_step_tells_speakers_apart_as_well_as_the_model() {
    let Some(assets) = assets() else { return };
    let embedder = VoiceEmbedder::built_in();
    let clips: Vec<Clip> = utterances(&assets).iter().map(recording).collect();
    let speaker = |i: usize| i / 10;
    for seconds in [WHOLE, 3] {
        let clips: Vec<Clip> = clips.iter().map(|clip| shortened(clip, seconds)).collect();
        let rate = |embed: &dyn Fn(&Clip) -> Vec<f32>| {
            let vectors: Vec<Vec<f32>> = clips.iter().map(embed).collect();
            let pairs = (0..vectors.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
            let trials = pairs.map(|(i, j)| (cosine(&vectors[i], &vectors[j]), speaker(i) == speaker(j)));
            voice_support::equal_error_rate(trials.collect())
        };
        let plain = rate(&|clip| embedder.embed(clip).unwrap().vector);
        let spoken = rate(&|clip| embedder.embed_speech(clip).unwrap().embedding.vector);
        assert!(spoken <= plain + 0.002, "{seconds} s: {spoken} with the step, {plain} without");
    }
}

#[test]
fn the_recordings_of_the_report_are_known() {
    let Some(faults) = sonic_testing::assets("faults/audio") else { return };
    let scratch = Scratch::new("voice-after-noise");
    let (store, embedder) = (new_store(&scratch), VoiceEmbedder::built_in());
    let paths = (0..3).map(|i| VoiceSource::from(faults.join(format!("06-enrol-{i}.opus")))).collect();
    let (gate, options) = (QualityGate::default(), EnrollOptions::default());
    sonic::voices::enroll(&store, &embedder, "Ann", paths, &gate, &options).unwrap();
    enroll_demo(&store, &embedder);
    let source = faults.join("06-voice-after-room-noise.flac");
    let found = sonic::voices::identify(&store, &embedder, source, &VoiceIdentifyOptions::default()).unwrap();
    assert!(found.answer.is_match() && found.answer.matches[0].person == "Ann", "{:?}", found.answer);
}

fn new_store(scratch: &Scratch) -> Store {
    Store::open(scratch.join("store"), StoreOptions::default()).unwrap()
}

fn demo() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo/voices")
}

/// The three people of the demo.
fn enroll_demo(store: &Store, embedder: &VoiceEmbedder) {
    for person in ["alma", "bruno", "cyril"] {
        let folder = std::fs::read_dir(demo().join("enrol").join(person)).unwrap();
        let sources = folder.map(|file| VoiceSource::from(file.unwrap().path())).collect();
        let (gate, options) = (QualityGate::default(), EnrollOptions::default());
        sonic::voices::enroll(store, embedder, person, sources, &gate, &options).unwrap();
    }
}

fn queried(person: &str) -> Clip {
    let path = demo().join(format!("ask/{person}-ferry.opus"));
    sonic::audio::decode::decode_with(path.as_path(), &sonic::audio::decode::DecodeOptions::at(16_000))
        .unwrap()
}

/// Without any references: the voices of the demo under the same conditions.
#[test]
fn the_voices_of_the_demo_are_known_under_every_condition() {
    let scratch = Scratch::new("voice-conditions-demo");
    let (store, embedder) = (new_store(&scratch), VoiceEmbedder::built_in());
    enroll_demo(&store, &embedder);
    for (condition, _) in Condition::ALL {
        for person in ["alma", "bruno", "cyril", "dora"] {
            let source = VoiceSource::Clip(Arc::new(condition.of(&queried(person))));
            let found =
                sonic::voices::identify(&store, &embedder, source, &VoiceIdentifyOptions::default()).unwrap();
            let first = &found.answer.matches[0];
            let named = found.answer.is_match().then_some(first.person.as_str());
            assert!(named.is_none_or(|named| named == person), "{condition:?} {person}: {:?}", found.answer);
            if !matches!(condition, Condition::Telephone | Condition::Quiet) && person != "dora" {
                assert_eq!(named, Some(person), "{condition:?}: {:?}", found.answer);
            }
        }
    }
}

#[test]
fn the_step_says_what_it_embedded() {
    let embedder = VoiceEmbedder::built_in();
    let clip = queried("bruno");
    let spoken = |clip: &Clip| embedder.embed_speech(clip).unwrap();
    let plain = spoken(&clip);
    let conditions = plain.conditions.unwrap();
    assert!(conditions.is_wide() && conditions.speech_ms > 1_500, "{conditions:?}");
    assert_eq!(&plain.embedding.pipeline, embedder.speech_pipeline());
    assert_ne!(embedder.speech_pipeline(), embedder.pipeline());
    for (condition, least, change_db) in
        [(Condition::Offset, 0.995, 0.0), (Condition::Quiet, 0.6, -40.0), (Condition::NoiseBefore, 0.65, 0.0)]
    {
        let changed = spoken(&condition.of(&clip));
        let likeness = cosine(&plain.embedding.vector, &changed.embedding.vector);
        assert!(likeness > least, "{condition:?}: {likeness}");
        let level = changed.conditions.unwrap().level_dbfs - conditions.level_dbfs;
        assert!((level - change_db).abs() < 1.5, "{condition:?}: {level} dB");
        let speech = changed.conditions.unwrap().speech_ms;
        assert!(speech.abs_diff(conditions.speech_ms) < 700, "{condition:?}: {speech} ms");
    }
    let telephone = spoken(&Condition::Telephone.of(&clip));
    let band = telephone.conditions.unwrap().bandwidth_hz;
    assert!((3_000..4_100).contains(&band), "{band}");
    let narrow = cosine(&plain.narrow.unwrap(), &telephone.narrow.unwrap());
    let wide = cosine(&plain.embedding.vector, &telephone.embedding.vector);
    assert!(narrow > 0.8 && narrow > wide, "{narrow} {wide}");
}

/// Live sound gives what a file gives.
#[test]
fn pieces_do_not_matter_to_the_step() {
    let embedder = VoiceEmbedder::built_in();
    let samples = queried("alma").samples.repeat(20);
    let whole = embedder.embed_speech(&Clip::new(samples.clone(), 16_000)).unwrap();
    for size in [777, 160_000] {
        let mut stream = embedder.speech_stream();
        samples.chunks(size).for_each(|piece| stream.push(piece).unwrap());
        assert_eq!(stream.finish().unwrap(), whole);
    }
}

#[test]
fn without_the_step_it_is_the_embedding() {
    let clip = queried("alma");
    let options = VoiceEmbedderOptions { prepare: false, ..Default::default() };
    let plain = VoiceEmbedder::built_in_with(&options);
    let found = plain.embed_speech(&clip).unwrap();
    assert_eq!(found.embedding, plain.embed(&clip).unwrap());
    assert_eq!((found.narrow, found.conditions, plain.speech_pipeline()), (None, None, plain.pipeline()));
    // What is too short or silent is refused in the same words.
    for samples in [vec![], vec![0.1; 1_600], vec![0.0; 48_000], vec![0.7; 48_000]] {
        let clip = Clip::new(samples, 16_000);
        let [with, without] =
            [VoiceEmbedder::built_in(), plain.clone()].map(|e| e.embed_speech(&clip).unwrap_err());
        assert_eq!((with.kind(), with.message()), (without.kind(), without.message()));
    }
}

/// A store of another step, or of before there was one, is refused with what to do.
#[test]
fn vectors_of_another_step_are_refused() {
    let scratch = Scratch::new("voice-step");
    let (store, embedder) = (new_store(&scratch), VoiceEmbedder::built_in());
    let old = NewVoice {
        voice: Voice::default(),
        embedding: Some(embedder.embed(&queried("alma")).unwrap()),
        ..NewVoice::default()
    };
    store.voices().enroll("alma", &[old], &EnrollOptions::default()).unwrap();
    let clip = VoiceSource::Clip(Arc::new(queried("alma")));
    let error =
        sonic::voices::identify(&store, &embedder, clip, &VoiceIdentifyOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert!(error.message().contains("enrol again"), "{error}");
}
