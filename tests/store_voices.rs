//! Promise: voices are kept with every column, people are recognised and strangers are not, what is forgotten is gone,
//! and embeddings that cannot be compared never are.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use sonic::recordings::Decision;
use sonic::store::Cursor;
use sonic::voices::{
    EnrollOptions, EnrollStatus, NewVoice, ObserveOptions, RecordedVoice, SpeechConditions, Trial, Voice,
    VoiceIdentifyOptions, VoiceSearchOptions, Voices,
};
use sonic::{Access, Embedding, ErrorKind, PipelineId, Store, StoreOptions, vector};
use std::fs;
use std::path::Path;
use support::{Random, Scratch};

const DIMENSIONS: usize = 64;

fn open(path: &Path, access: Access) -> Store {
    Store::open(path, StoreOptions { access, map_size: 1 << 20 }).unwrap()
}

/// A store with voices in a folder of its own.
fn new_store(name: &str) -> (Scratch, Store, Voices) {
    let scratch = Scratch::new(name);
    let store = open(&scratch.join("store"), Access::Create);
    let voices = store.voices();
    (scratch, store, voices)
}

fn embedding(vector: Vec<f32>) -> Embedding {
    Embedding { pipeline: PipelineId::new("test-pipeline"), vector }
}

/// A random direction.
fn direction(random: &mut Random) -> Vec<f32> {
    let mut vector: Vec<f32> =
        (0..DIMENSIONS).map(|_| (0..12).map(|_| random.uniform()).sum::<f32>() - 6.0).collect();
    assert!(vector::normalise(&mut vector));
    vector
}

/// Utterance `number` of speaker `speaker`: about a cosine of 0.7 from another of the same.
fn utterance(speaker: u64, number: u64) -> Embedding {
    let mut vector = direction(&mut Random(speaker));
    let noise = direction(&mut Random(speaker * 1_000 + number + 1));
    vector.iter_mut().zip(noise).for_each(|(x, n)| *x += 0.65 * n);
    assert!(vector::normalise(&mut vector));
    embedding(vector)
}

fn voice(id: &str, embedding: Embedding) -> NewVoice {
    let voice = Voice { recording_id: id.to_owned(), ..Voice::default() };
    NewVoice { voice, embedding: Some(embedding), ..NewVoice::default() }
}

fn samples(speaker: u64, numbers: std::ops::Range<u64>) -> Vec<NewVoice> {
    numbers.map(|n| voice(&format!("sample-{speaker}-{n}"), utterance(speaker, n))).collect()
}

fn enroll(voices: &Voices, speaker: u64) {
    let person = format!("person {speaker}");
    voices.enroll(&person, &samples(speaker, 0..3), &EnrollOptions::default()).unwrap();
}

fn ids(voices: &[Voice]) -> Vec<&str> {
    voices.iter().map(|v| v.recording_id.as_str()).collect()
}

#[test]
fn every_column_comes_back_and_a_recording_is_kept_once() {
    let (_scratch, store, voices) = new_store("voices");
    let full = Voice {
        recording_id: "r1".to_owned(),
        user_id: Some("u1".to_owned()),
        filename: Some("a.webm".to_owned()),
        file_path: Some("/in/a.webm".to_owned()),
        duration_ms: 3_250,
        file_size_bytes: 12_345,
        sample_rate: 48_000,
        audio_format: Some("webm".to_owned()),
        created_at_ms: 1_767_225_600_000,
        updated_at_ms: 1_767_225_600_001,
        mode: Some("identify".to_owned()),
        status: Some("processed".to_owned()),
        embedding_dimensions: 0,
        voiceprint_id: Some("vp_1_1".to_owned()),
        similarity_score: Some(0.625),
        matched_user_id: Some("u2".to_owned()),
        conditions: Some(SpeechConditions { speech_ms: 2_750, bandwidth_hz: 8_000, level_dbfs: -24.5 }),
        metadata: serde_json::json!({"source": "ml_service", "is_test": false}),
    };
    let new = NewVoice { voice: full.clone(), embedding: Some(utterance(1, 0)), ..NewVoice::default() };
    let RecordedVoice::New(row) = voices.record(&new).unwrap() else { panic!("it is new") };
    let want = Voice { embedding_dimensions: DIMENSIONS as u32, ..full };
    assert_eq!(*row, want);
    let other = NewVoice { voice: Voice { filename: None, ..new.voice }, ..NewVoice::default() };
    assert_eq!(voices.record(&other).unwrap(), RecordedVoice::Known(Box::new(want.clone())));
    assert_eq!(voices.get("r1").unwrap(), Some(want));
    let kept = voices.embedding("r1").unwrap().unwrap();
    assert!(vector::cosine(&kept.vector, &utterance(1, 0).vector) > 0.999_999);
    // Without an id and an embedding.
    let RecordedVoice::New(plain) = voices.record(&NewVoice::default()).unwrap() else { panic!("it is new") };
    assert!(plain.recording_id.starts_with("rec_") && plain.created_at_ms > 1_700_000_000_000);
    assert_eq!(voices.embedding(&plain.recording_id).unwrap(), None);
    assert_eq!((voices.stats().unwrap().recordings, voices.stats().unwrap().dimensions), (2, 64));
    assert!(store.check().unwrap().is_empty());
}

#[test]
fn recordings_are_found_by_what_they_belong_to_the_latest_first() {
    let (_scratch, _store, voices) = new_store("voices");
    let modes = ["test", "enroll", "identify"];
    let rows: Vec<NewVoice> = (0..30u64)
        .map(|n| NewVoice {
            voice: Voice {
                recording_id: format!("r{n}"),
                user_id: Some(format!("user{}", n % 2)),
                mode: Some(modes[n as usize % 3].to_owned()),
                voiceprint_id: (n % 5 == 0).then(|| "vp".to_owned()),
                // Not in the order of arrival.
                created_at_ms: 1_000 + (n * 7) % 30,
                ..Voice::default()
            },
            ..NewVoice::default()
        })
        .collect();
    voices.record_all(&rows).unwrap();
    let expect = |keep: &dyn Fn(&Voice) -> bool, limit: usize| {
        let mut rows: Vec<&Voice> = rows.iter().map(|n| &n.voice).filter(|v| keep(v)).collect();
        rows.sort_by_key(|v| std::cmp::Reverse(v.created_at_ms));
        rows.iter().take(limit).map(|v| v.recording_id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&voices.recent(7).unwrap()), expect(&|_| true, 7));
    assert_eq!(
        ids(&voices.by_user("user1", 99).unwrap()),
        expect(&|v| v.user_id.as_deref() == Some("user1"), 99)
    );
    assert_eq!(ids(&voices.by_mode("test", 4).unwrap()), expect(&|v| v.mode.as_deref() == Some("test"), 4));
    assert_eq!(ids(&voices.by_voiceprint("vp", 99).unwrap()), expect(&|v| v.voiceprint_id.is_some(), 99));
    // A name that begins another, and one that is too long to be one.
    assert!(
        voices.by_user("user", 9).unwrap().is_empty()
            && voices.by_user(&"x".repeat(900), 9).unwrap().is_empty()
    );
    let first = voices.page(Cursor::default(), 20).unwrap();
    voices.remove("r25").unwrap();
    let second = voices.page(first.next.unwrap(), 20).unwrap();
    assert_eq!((first.voices.len(), second.voices.len(), second.next), (20, 9, None));
    assert!(!ids(&voices.recent(99).unwrap()).contains(&"r25"));
    assert_eq!(voices.remove("r25").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn people_are_recognised_and_strangers_are_not() {
    let (scratch, store, voices) = new_store("voices");
    let stranger = voices.identify(&utterance(1, 9), &VoiceIdentifyOptions::default()).unwrap();
    assert_eq!((stranger.decision, stranger.matches.len()), (Decision::Unknown, 0));
    (1..=40).for_each(|speaker| enroll(&voices, speaker));
    let query = |voices: &Voices, speaker: u64| {
        voices.identify(&utterance(speaker, 77), &VoiceIdentifyOptions::default()).unwrap()
    };
    for speaker in 1..=40 {
        let answer = query(&voices, speaker);
        let best = &answer.matches[0];
        assert!(answer.is_match() && best.person == format!("person {speaker}"), "{speaker}: {answer:?}");
        assert!(best.probability > 0.9 && best.enrolled && best.sample_count == 3);
        assert!(answer.matches.windows(2).all(|pair| pair[0].score >= pair[1].score));
        assert!(answer.matches.iter().map(|m| m.probability).sum::<f32>() <= 1.0);
    }
    for stranger in 1_000..1_040 {
        let answer = query(&voices, stranger);
        assert!(!answer.is_match() && answer.matches.len() == 5, "{answer:?}");
    }
    // The scores are those of the plain definition.
    let answer =
        voices.identify(&utterance(7, 5), &VoiceIdentifyOptions { limit: 40, ..Default::default() }).unwrap();
    for found in &answer.matches {
        let mean = voices.mean(&found.person).unwrap().unwrap();
        assert!((vector::cosine(&mean.vector, &utterance(7, 5).vector) - found.score).abs() < 1e-5);
    }
    assert_eq!((answer.compared, answer.matches.len()), (40, 40));
    let without = VoiceIdentifyOptions { exclude: vec!["person 7".to_owned()], ..Default::default() };
    assert!(!voices.identify(&utterance(7, 5), &without).unwrap().is_match());
    let strict = VoiceIdentifyOptions { threshold: Some(0.95), ..Default::default() };
    assert!(!voices.identify(&utterance(7, 5), &strict).unwrap().is_match());
    // In another handle, after a restart, read-only.
    store.close();
    assert_eq!(voices.people().unwrap_err().kind(), ErrorKind::Closed);
    let store = open(&scratch.join("store"), Access::ReadOnly);
    assert!(query(&store.voices(), 12).is_match() && store.check().unwrap().is_empty());
    let right =
        store.voices().verify("person 3", &utterance(3, 50), &VoiceIdentifyOptions::default()).unwrap();
    let wrong =
        store.voices().verify("person 3", &utterance(4, 50), &VoiceIdentifyOptions::default()).unwrap();
    assert_eq!((right.decision, wrong.decision), (Decision::Match, Decision::Unknown));
    assert!(right.claim.probability > 0.9 && wrong.claim.probability < 0.1);
    let error =
        store.voices().verify("nobody", &utterance(1, 1), &VoiceIdentifyOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn samples_are_added_removed_and_taken_back() {
    let (_scratch, store, voices) = new_store("voices");
    let options = EnrollOptions { user_id: Some("u".to_owned()), ..EnrollOptions::default() };
    let mut statuses = Vec::new();
    for n in 0..6 {
        let enrolled = voices.enroll("Ada", &samples(1, n..n + 1), &options).unwrap();
        statuses.push((enrolled.status, enrolled.sample_count, enrolled.added, enrolled.left_out));
    }
    use EnrollStatus::{Complete, Enrolled, SampleAdded};
    let want = [
        (SampleAdded, 1, 1, 0),
        (SampleAdded, 2, 1, 0),
        (Enrolled, 3, 1, 0),
        (Enrolled, 4, 1, 0),
        (Complete, 5, 1, 0),
        (Complete, 5, 0, 1),
    ];
    assert_eq!(statuses, want);
    let again = voices.enroll("Ada", &samples(1, 0..5), &options).unwrap();
    assert_eq!((again.added, again.known, again.sample_count), (0, 5, 5));
    let before = voices.mean("Ada").unwrap().unwrap();
    let print = voices.remove_sample("Ada", "sample-1-2").unwrap();
    assert_eq!((print.sample_count(), print.samples.len()), (4, 5));
    assert_ne!(voices.mean("Ada").unwrap().unwrap(), before);
    assert_eq!(voices.by_voiceprint(&print.voiceprint_id, 9).unwrap().len(), 4);
    voices.remove_sample("Ada", "sample-1-4").unwrap();
    assert_eq!(voices.remove_sample("Ada", "sample-1-4").unwrap_err().kind(), ErrorKind::NotFound);
    // The last one removed comes back first.
    let restored = voices.restore_sample("Ada", None, &options).unwrap();
    assert!(restored.samples.iter().any(|s| s.recording_id == "sample-1-4" && s.removed_at_ms.is_none()));
    voices.restore_sample("Ada", Some("sample-1-2"), &options).unwrap();
    let after = voices.mean("Ada").unwrap().unwrap();
    assert!(vector::cosine(&before.vector, &after.vector) > 0.999_99);
    assert_eq!(voices.restore_sample("Ada", None, &options).unwrap_err().kind(), ErrorKind::Limit);
    // Each row of a sample says whose it is.
    let row = voices.get("sample-1-0").unwrap().unwrap();
    assert_eq!((row.mode.as_deref(), row.user_id.as_deref()), (Some("enroll"), Some("u")));
    let error = voices.enroll("Bob", &samples(1, 0..1), &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
    assert!(voices.person("Bob").unwrap().is_none(), "a failed call leaves nothing");
    // A recording that was removed altogether is no sample either.
    voices.remove("sample-1-0").unwrap();
    assert_eq!(voices.person("Ada").unwrap().unwrap().sample_count(), 4);
    (1..5).for_each(|n| drop(voices.remove_sample("Ada", &format!("sample-1-{n}")).unwrap()));
    assert_eq!(voices.mean("Ada").unwrap(), None);
    assert!(voices.identify(&utterance(1, 1), &VoiceIdentifyOptions::default()).unwrap().matches.is_empty());
    assert!(store.check().unwrap().is_empty());
}

#[test]
fn a_wrong_sample_does_little_harm_and_shows() {
    let (_scratch, _store, voices) = new_store("voices");
    let mut mixed = samples(1, 0..4);
    mixed.push(voice("wrong", utterance(2, 0)));
    let enrolled = voices.enroll("Ada", &mixed, &EnrollOptions::default()).unwrap();
    let worst =
        enrolled.voiceprint.samples.iter().min_by(|a, b| a.agreement.total_cmp(&b.agreement)).unwrap();
    assert_eq!(worst.recording_id, "wrong");
    let mean = voices.mean("Ada").unwrap().unwrap().vector;
    voices.remove_sample("Ada", "wrong").unwrap();
    let clean = voices.mean("Ada").unwrap().unwrap().vector;
    assert!(vector::cosine(&mean, &clean) > 0.97, "{}", vector::cosine(&mean, &clean));
}

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
fn what_is_forgotten_is_gone() {
    let (scratch, store, voices) = new_store("voices");
    (1..=3).for_each(|speaker| enroll(&voices, speaker));
    let print = voices.person("person 2").unwrap().unwrap();
    let mut sample = voice("heard", utterance(2, 40));
    sample.voice.voiceprint_id = Some(print.voiceprint_id.clone());
    sample.voice.user_id = Some("listener".to_owned());
    voices.record(&sample).unwrap();
    let gone = voices.forget("person 2").unwrap();
    assert_eq!((gone.voiceprints, gone.recordings), (1, 4));
    assert_eq!(voices.forget("person 2").unwrap_err().kind(), ErrorKind::NotFound);
    let answer = voices.identify(&utterance(2, 41), &VoiceIdentifyOptions::default()).unwrap();
    assert!(!answer.is_match() && answer.compared == 2);
    assert!(voices.search(&utterance(2, 0), &VoiceSearchOptions::default()).unwrap().is_empty());
    // A user: their voiceprints, recordings and the speakers they heard.
    let options = EnrollOptions { user_id: Some("u".to_owned()), ..EnrollOptions::default() };
    voices.enroll("Ada", &samples(9, 0..3), &options).unwrap();
    let mut test = voice("a test", utterance(9, 8));
    test.voice.user_id = Some("u".to_owned());
    voices.record(&test).unwrap();
    voices
        .observe(&utterance(5, 5), &ObserveOptions { scope: Some("u".to_owned()), ..Default::default() })
        .unwrap();
    let kept = voices.embedding("a test").unwrap().unwrap().vector;
    let numbers: Vec<u8> = kept[..4].iter().flat_map(|x| x.to_le_bytes()).collect();
    let is_in_file = |needle: &[u8]| {
        let file = fs::read(support::data_file(&scratch.join("store"))).unwrap();
        file.windows(needle.len()).any(|window| window == needle)
    };
    assert!(is_in_file(&numbers) && is_in_file(b"Ada"));
    let gone = voices.forget_user("u").unwrap();
    assert_eq!((gone.voiceprints, gone.recordings, gone.speakers), (1, 4, 1));
    assert_eq!(voices.forget_user("u").unwrap(), sonic::voices::ForgottenVoices::default());
    assert_eq!(voices.people().unwrap().len(), 2);
    assert!(store.check().unwrap().is_empty());
    // And its bytes after a compaction.
    store.compact().unwrap();
    assert!(!is_in_file(&numbers) && !is_in_file(b"Ada"));
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

#[test]
fn many_threads_record_and_identify_at_once() {
    let (_scratch, store, voices) = new_store("voices");
    enroll(&voices, 1);
    std::thread::scope(|scope| {
        for thread in 2..5u64 {
            let voices = &voices;
            scope.spawn(move || {
                for n in 0..20 {
                    voices.record(&voice(&format!("{thread}-{n}"), utterance(thread, n))).unwrap();
                }
                voices
                    .enroll(&format!("person {thread}"), &samples(thread, 0..3), &EnrollOptions::default())
                    .unwrap();
            });
            scope.spawn(move || {
                for n in 0..60 {
                    let answer = voices.identify(&utterance(1, n), &VoiceIdentifyOptions::default()).unwrap();
                    assert_eq!(answer.matches[0].person, "person 1");
                    let found = voices.search(&utterance(1, 0), &VoiceSearchOptions::default()).unwrap();
                    assert_eq!(found[0].voice.recording_id, "sample-1-0");
                }
            });
        }
    });
    assert_eq!((voices.stats().unwrap().recordings, voices.stats().unwrap().people), (60 + 12, 4));
    assert!(store.check().unwrap().is_empty());
}

/// A store that was made before there were voices: it reads as one without any, and takes some when it is written.
#[test]
fn a_store_without_the_tables_gets_them_when_it_is_written() {
    let scratch = Scratch::new("voices-old");
    let path = scratch.join("store");
    support::copy_store(&support::frozen(), &path);
    let reader = open(&path, Access::ReadOnly);
    assert!(reader.voices().people().unwrap().is_empty() && reader.voices().recent(9).unwrap().is_empty());
    assert_eq!(reader.voices().stats().unwrap().recordings, 0);
    assert!(
        !reader.voices().identify(&utterance(1, 1), &VoiceIdentifyOptions::default()).unwrap().is_match()
    );
    // Another process writes while this one reads.
    let written = support::second_process("child_enrolls").env("SONIC_TEST_STORE", &path).output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    assert!(reader.voices().identify(&utterance(1, 9), &VoiceIdentifyOptions::default()).unwrap().is_match());
    assert!(reader.check().unwrap().is_empty());
    assert_eq!(reader.recordings().len().unwrap(), 2);
    reader.close();
    let store = open(&path, Access::ReadWrite);
    enroll(&store.voices(), 2);
    assert_eq!(store.voices().people().unwrap().len(), 2);
}

/// Not a test: what the other process does.
#[test]
#[ignore = "run by another test as a second process"]
fn child_enrolls() {
    let Some(path) = std::env::var_os("SONIC_TEST_STORE") else { return };
    enroll(&open(path.as_ref(), Access::ReadWrite).voices(), 1);
}
