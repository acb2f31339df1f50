//! Promise: voices are kept with every column, people are recognised and strangers are not, and what is
//! forgotten is gone.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
mod voice_store_support;

use sonic::recordings::Decision;
use sonic::store::Cursor;
use sonic::voices::{
    EnrollOptions, EnrollStatus, NewVoice, ObserveOptions, RecordedVoice, SpeechConditions, Voice,
    VoiceIdentifyOptions, VoiceSearchOptions, Voices,
};
use sonic::{Access, ErrorKind, vector};
use std::fs;
use support::Scratch;
use voice_store_support::{DIMENSIONS, enroll, new_store, open, samples, utterance, voice};

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
