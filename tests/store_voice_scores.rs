//! Promise: embeddings that cannot be compared never are, the nearest are found, unnamed speakers are known again, and scores
//! are normalised and calibrated.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
mod voice_store_support;

use sonic::voices::{
    EnrollOptions, NewVoice, ObserveOptions, Trial, VoiceIdentifyOptions, VoiceSearchOptions,
};
use sonic::{Embedding, ErrorKind, PipelineId, vector};
use support::Random;
use voice_store_support::{DIMENSIONS, direction, embedding, enroll, new_store, samples, utterance, voice};

#[test]
fn recordings_are_found_by_likeness() {
    let (_scratch, _store, voices) = new_store("voices");
    let mut kept = Vec::new();
    for speaker in 1..=30 {
        kept.extend((0..4).map(|n| voice(&format!("{speaker}-{n}"), utterance(speaker, n))));
    }
    kept.push(NewVoice::default());
    voices.record_all(&kept).unwrap();
    let query = utterance(9, 2);
    let all = VoiceSearchOptions { threshold: -1.0, limit: 1_000, ..Default::default() };
    let found = voices.search(&query, &all).unwrap();
    // The plain definition.
    let with_vector = kept.iter().filter_map(|k| Some((&k.voice.recording_id, k.embedding.as_ref()?)));
    let mut want: Vec<(f32, &String)> =
        with_vector.map(|(id, e)| (vector::cosine(&e.vector, &query.vector), id)).collect();
    want.sort_by(|a, b| b.0.total_cmp(&a.0));
    assert_eq!(found.len(), want.len());
    for (found, (similarity, _)) in found.iter().zip(&want) {
        assert!((found.similarity - similarity).abs() < 1e-5);
    }
    let own = VoiceSearchOptions { exclude: vec!["9-2".to_owned()], ..Default::default() };
    let found = voices.search(&query, &own).unwrap();
    assert!(found.len() == 3 && found.iter().all(|f| f.voice.recording_id.starts_with("9-")), "{found:?}");
    let strict = VoiceSearchOptions { threshold: 0.999, ..Default::default() };
    assert_eq!(voices.search(&query, &strict).unwrap().len(), 1);
}

#[test]
fn the_rule_of_two_thresholds_knows_speakers_again() {
    let (_scratch, store, voices) = new_store("voices");
    let here = ObserveOptions { scope: Some("meeting".to_owned()), ..ObserveOptions::default() };
    let base = direction(&mut Random(5));
    let other = direction(&mut Random(6));
    // At a chosen cosine from the base.
    let at = |cosine: f32| {
        let along = vector::dot(&base, &other);
        let mut across: Vec<f32> = other.iter().zip(&base).map(|(o, b)| o - along * b).collect();
        assert!(vector::normalise(&mut across));
        let sine = (1.0 - cosine * cosine).sqrt();
        embedding(base.iter().zip(across).map(|(b, a)| cosine * b + sine * a).collect())
    };
    let first = voices.observe(&at(1.0), &here).unwrap();
    assert!(first.is_new && first.stored && first.score.is_none());
    let same = voices.observe(&at(0.97), &here).unwrap();
    assert_eq!((same.speaker == first.speaker, same.is_new, same.stored), (true, false, false));
    let alike = voices.observe(&at(0.80), &here).unwrap();
    assert_eq!((alike.speaker == first.speaker, alike.is_new, alike.stored), (true, false, true));
    assert!((alike.score.unwrap() - 0.8).abs() < 1e-4);
    // 0.55 from the first, and 0.94 from what was kept of the same speaker: the nearest counts.
    let chained = voices.observe(&at(0.55), &here).unwrap();
    assert_eq!((chained.speaker == first.speaker, chained.stored), (true, true));
    let stranger = voices.observe(&at(-0.5), &here).unwrap();
    assert!(stranger.is_new && stranger.speaker != first.speaker);
    let elsewhere = voices.observe(&at(1.0), &ObserveOptions::default()).unwrap();
    assert!(elsewhere.is_new && elsewhere.speaker != first.speaker);
    let speakers = voices.speakers(Some("meeting")).unwrap();
    assert_eq!(speakers.iter().map(|s| s.embeddings).collect::<Vec<_>>(), [3, 1]);
    let wrong = ObserveOptions { same: 0.5, ..ObserveOptions::default() };
    assert_eq!(voices.observe(&at(1.0), &wrong).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(voices.forget_speakers(Some("meeting")).unwrap(), 4);
    assert!(voices.speakers(Some("meeting")).unwrap().is_empty());
    assert_eq!(voices.speakers(None).unwrap().len(), 1);
    assert!(store.check().unwrap().is_empty());
}

#[test]
fn embeddings_that_cannot_be_compared_never_are() {
    let (_scratch, store, voices) = new_store("voices");
    enroll(&voices, 1);
    let mut foreign = utterance(1, 1);
    foreign.pipeline = PipelineId::new("another");
    let shorter = embedding(vec![1.0; 32]);
    for stranger in [foreign, shorter] {
        let kinds = [
            voices.record(&voice("x", stranger.clone())).unwrap_err().kind(),
            voices
                .enroll("X", &[voice("x", stranger.clone())], &EnrollOptions::default())
                .unwrap_err()
                .kind(),
            voices.identify(&stranger, &VoiceIdentifyOptions::default()).unwrap_err().kind(),
            voices.verify("person 1", &stranger, &VoiceIdentifyOptions::default()).unwrap_err().kind(),
            voices.search(&stranger, &VoiceSearchOptions::default()).unwrap_err().kind(),
            voices.observe(&stranger, &ObserveOptions::default()).unwrap_err().kind(),
            voices.set_cohort(&stranger.pipeline, &vec![stranger.vector.clone(); 20]).unwrap_err().kind(),
        ];
        assert_eq!(kinds, [ErrorKind::Mismatch; 7]);
    }
    for bad in [vec![], vec![0.0; DIMENSIONS], vec![f32::NAN; DIMENSIONS], vec![1.0; 9_000]] {
        let error = voices.identify(&embedding(bad), &VoiceIdentifyOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    }
    let no_names = [String::new(), "a\0b".to_owned(), "x".repeat(401)];
    for name in &no_names {
        let refused = voices.enroll(name, &samples(2, 0..1), &EnrollOptions::default()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument, "{refused}");
        let mut row = samples(2, 0..1).remove(0);
        row.voice.user_id = Some(name.clone());
        assert_eq!(voices.record(&row).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    let mut row = samples(2, 0..1).remove(0);
    row.voice.recording_id = "a\0b".to_owned();
    assert_eq!(voices.record(&row).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!((voices.stats().unwrap().recordings, voices.people().unwrap().len()), (3, 1));
    assert!(voices.get("x").unwrap().is_none() && store.check().unwrap().is_empty());
    // Once everything is forgotten another pipeline may come.
    voices.forget("person 1").unwrap();
    voices.record(&voice("x", embedding(vec![1.0; 32]))).unwrap();
    assert_eq!(voices.stats().unwrap().dimensions, 32);
}

#[test]
fn scores_are_normalised_against_a_cohort_and_calibrated_by_trials() {
    let (_scratch, _store, voices) = new_store("voices");
    (1..=5).for_each(|speaker| enroll(&voices, speaker));
    let query =
        |speaker: u64| voices.identify(&utterance(speaker, 9), &VoiceIdentifyOptions::default()).unwrap();
    assert_eq!((query(1).matches[0].normalized, query(1).cohort, query(1).calibrated), (None, 0, false));
    let pipeline = utterance(1, 1).pipeline;
    let cohort: Vec<Vec<f32>> = (500..700).map(|speaker| utterance(speaker, 0).vector).collect();
    voices.set_cohort(&pipeline, &cohort).unwrap();
    let answer = query(1);
    assert_eq!(answer.cohort, 200);
    let normalized: Vec<f32> = answer.matches.iter().map(|m| m.normalized.unwrap()).collect();
    assert!(normalized[0] > 4.0 && normalized[1..].iter().all(|n| *n < 3.0), "{normalized:?}");
    assert_eq!(voices.set_cohort(&pipeline, &cohort[..3]).unwrap_err().kind(), ErrorKind::InvalidArgument);
    voices.set_cohort(&pipeline, &[]).unwrap();
    assert_eq!(query(1).cohort, 0);
    // Enough people are each other's cohort.
    (6..=60).for_each(|speaker| enroll(&voices, speaker));
    assert_eq!(query(1).cohort, 60);
    assert!(query(1).matches[0].normalized.unwrap() > 4.0);
    let trials: Vec<Trial> = (1..200)
        .flat_map(|s| {
            let score = |a: &Embedding, b: &Embedding| vector::cosine(&a.vector, &b.vector);
            [
                Trial { score: score(&utterance(s, 1), &utterance(s, 2)), same: true },
                Trial { score: score(&utterance(s, 1), &utterance(s + 1, 1)), same: false },
            ]
        })
        .collect();
    let fitted = voices.fit_calibration(&pipeline, &trials).unwrap();
    assert_eq!(voices.calibration(&pipeline).unwrap(), Some(fitted));
    assert_eq!(voices.calibration(&PipelineId::new("another")).unwrap(), None);
    let answer = query(2);
    assert!(answer.calibrated && answer.is_match());
    assert!(voices.fit_calibration(&pipeline, &trials[..9]).is_err());
}
