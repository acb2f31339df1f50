//! Promise: a connection's sound becomes segments with text and speakers; the same sound gives the same segments, in another
//! process too; and a recogniser that hangs, lies or fails costs a bounded time and no sound.
#![allow(clippy::unwrap_used, reason = "a test may fail, and prints its figures")]

mod support;

use sonic_core::{Error, ErrorKind, Result, Segment, Word};
use sonic_live::{
    Desk, DeskOptions, LiveOptions, LiveSession, Recognition, Recognizer, Request, UtteranceOptions,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Says how long the sound is.
struct Measurer;

impl Recognizer for Measurer {
    fn pipeline(&self) -> String {
        "measurer".to_owned()
    }

    fn recognize(&self, request: &Request<'_>) -> Result<Recognition> {
        assert!(request.samples.iter().any(|s| s.abs() > 1e-3), "silence was sent");
        let text = format!("{} samples", request.samples.len());
        let word = Word { start_ms: 0, end_ms: 200, text: text.clone(), confidence: 0.5 };
        Ok(Recognition { text, words: vec![word], confidence: 0.8 })
    }
}

/// What a recogniser does when it is asked, with how often it was asked before.
type Deed = fn(usize) -> Result<Recognition>;

/// Does something wrong.
struct Wrong(Deed, AtomicUsize);

impl Recognizer for Wrong {
    fn pipeline(&self) -> String {
        "wrong".to_owned()
    }

    fn recognize(&self, _: &Request<'_>) -> Result<Recognition> {
        (self.0)(self.1.fetch_add(1, Ordering::Relaxed))
    }
}

/// Speech as a machine has it: a buzz with syllables in stretches, silence between them.
fn sound(stretches: &[(f32, f32)], seconds: usize) -> Vec<f32> {
    let is_speech = |t: f32| stretches.iter().any(|(start, end)| (*start..*end).contains(&t));
    let mut state = 5u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) as f32 / (1 << 24) as f32 - 0.5) * 0.004
    };
    let sample = |i: usize| {
        let t = i as f32 / 16_000.0;
        let buzz = |k: u32| (std::f32::consts::TAU * 130.0 * k as f32 * t).sin() / k as f32;
        // Down to nothing between them: what goes on without a pause is noise.
        let syllables = (0.5 + 0.5 * (std::f32::consts::TAU * 4.0 * t).sin()).powi(3);
        noise() + if is_speech(t) { 0.1 * syllables * (1..24).map(buzz).sum::<f32>() } else { 0.0 }
    };
    (0..seconds * 16_000).map(sample).collect()
}

fn talk() -> Vec<f32> {
    sound(&[(2.0, 4.5), (6.0, 7.2), (9.0, 13.0)], 16)
}

fn desk(recognizer: impl Recognizer + 'static, timeout_ms: u64) -> Desk {
    Desk::new(Arc::new(recognizer), &DeskOptions { timeout_ms, ..DeskOptions::default() }).unwrap()
}

fn options() -> LiveOptions {
    LiveOptions {
        utterances: UtteranceOptions { partial_ms: 1_000, ..Default::default() },
        ..Default::default()
    }
}

/// The latest revision of each segment, by its beginning.
fn latest(told: &[Segment]) -> BTreeMap<u64, Segment> {
    let mut latest: BTreeMap<String, Segment> = BTreeMap::new();
    for segment in told {
        let before = latest.insert(segment.id.clone(), segment.clone());
        assert!(before.is_none_or(|b| b.revision < segment.revision), "revisions grow");
    }
    latest.into_values().map(|segment| (segment.start_ms, segment)).collect()
}

fn follow(session: &mut LiveSession, sound: &[f32], piece: usize) -> Vec<Segment> {
    let mut told = Vec::new();
    for (i, part) in sound.chunks(piece).enumerate() {
        told.extend(session.push_samples((i * piece) as f64 / 16.0, part).unwrap());
    }
    told.extend(session.finish().unwrap());
    told
}

#[test]
fn sound_becomes_segments() {
    let mut session = LiveSession::new("c1", Some(desk(Measurer, 5_000)), &options()).unwrap();
    let told = follow(&mut session, &talk(), 16_000);
    let segments = latest(&told);
    assert_eq!(segments.len(), 3, "{segments:?}");
    for (segment, (start, end)) in segments.values().zip([(2_000, 4_500), (6_000, 7_200), (9_000, 13_000)]) {
        assert!(segment.start_ms.abs_diff(start) < 300 && segment.end_ms.abs_diff(end) < 300, "{segment:?}");
        assert!(segment.is_final && segment.text.ends_with(" samples"));
        assert_eq!(segment.words[0].start_ms, segment.start_ms);
    }
    assert_eq!((session.stats().utterances, session.stats().recognized, session.stats().failures), (3, 3, 0));
}

#[test]
fn the_same_sound_has_the_same_ids_in_any_pieces() {
    let ids = |connection: &str, piece: usize| -> Vec<(String, u64, u64)> {
        let mut session = LiveSession::new(connection, None, &options()).unwrap();
        let told = follow(&mut session, &talk(), piece);
        latest(&told).into_values().map(|s| (s.id, s.start_ms, s.end_ms)).collect()
    };
    let whole = ids("c1", 1 << 20);
    for piece in [777, 4_000, 48_000] {
        assert_eq!(ids("c1", piece), whole);
    }
    assert!(ids("c2", 4_000).iter().zip(&whole).all(|(a, b)| a.0 != b.0));
}

#[test]
fn a_process_that_takes_over_goes_on() {
    let (talk, piece) = (talk(), 8_000);
    let whole = latest(&follow(
        &mut LiveSession::new("c", Some(desk(Measurer, 5_000)), &options()).unwrap(),
        &talk,
        piece,
    ));
    for cut in (1..talk.len() / piece).step_by(3) {
        let mut told = Vec::new();
        let mut session = LiveSession::new("c", Some(desk(Measurer, 5_000)), &options()).unwrap();
        for (i, part) in talk.chunks(piece).enumerate() {
            if i == cut {
                let state = session.state().unwrap();
                drop(session);
                session = LiveSession::restore(&state, Some(desk(Measurer, 5_000)), &options()).unwrap();
            }
            told.extend(session.push_samples((i * piece) as f64 / 16.0, part).unwrap());
        }
        told.extend(session.finish().unwrap());
        let key = |segments: &BTreeMap<u64, Segment>| -> Vec<(String, u64, u64, String, bool)> {
            let all = segments.values().cloned();
            all.map(|s| (s.id, s.start_ms, s.end_ms, s.text, s.is_final)).collect()
        };
        assert_eq!(key(&latest(&told)), key(&whole), "killed before piece {cut}");
    }
}

#[test]
fn a_state_that_is_damaged_or_of_another_is_refused() {
    let mut session = LiveSession::new("c", None, &options()).unwrap();
    session.push_samples(0.0, &talk()).unwrap();
    let state = session.state().unwrap();
    for length in (0..state.len()).step_by(state.len() / 50) {
        let error = LiveSession::restore(&state[..length], None, &options()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }
    let error = LiveSession::restore(&state, Some(desk(Measurer, 100)), &options()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
}

#[test]
fn a_recogniser_that_does_wrong_is_counted_and_costs_a_bounded_time() {
    let wrongs: [(Deed, ErrorKind); 4] = [
        (|_| Err(Error::new(ErrorKind::Malformed, "lies")), ErrorKind::Malformed),
        (|_| panic!("a bug"), ErrorKind::Model),
        (|_| Ok(Recognition { text: "blah ".repeat(9_999), ..Recognition::default() }), ErrorKind::Malformed),
        (
            |_| {
                std::thread::sleep(Duration::from_secs(60));
                Ok(Recognition::default())
            },
            ErrorKind::Io,
        ),
    ];
    for (wrong, kind) in wrongs {
        let timeout_ms = if kind == ErrorKind::Io { 150 } else { 3_000 };
        let desk = desk(Wrong(wrong, AtomicUsize::new(0)), timeout_ms);
        let mut session = LiveSession::new("c", Some(desk.clone()), &options()).unwrap();
        let began = Instant::now();
        let segments = latest(&follow(&mut session, &talk(), 16_000));
        assert!(began.elapsed() < Duration::from_secs(60));
        assert_eq!(segments.len(), 3);
        assert!(segments.values().all(|segment| segment.is_final && segment.text.is_empty()));
        let stats = session.stats();
        assert_eq!((stats.given_up, stats.recognized), (3, 0));
        assert_eq!(stats.last_failure.unwrap().0, kind.name());
        assert!(desk.stats().stuck <= 4, "{:?}", desk.stats());
    }
}

#[test]
fn what_failed_is_requested_again() {
    let later = |count: usize| match count {
        0 | 1 => Err(Error::new(ErrorKind::Io, "not now")),
        _ => Ok(Recognition { text: "said".to_owned(), words: Vec::new(), confidence: 1.0 }),
    };
    let mut session =
        LiveSession::new("c", Some(desk(Wrong(later, AtomicUsize::new(0)), 2_000)), &options()).unwrap();
    let segments = latest(&follow(&mut session, &talk(), 16_000));
    assert!(segments.values().all(|segment| segment.text == "said"), "{segments:?}");
    assert_eq!(session.stats().given_up, 0);
}

#[test]
fn gaps_end_speech_and_sound_twice_is_sound_once() {
    let talk = talk();
    let mut session = LiveSession::new("c", None, &options()).unwrap();
    let mut told = session.push_samples(0.0, &talk[..48_000]).unwrap();
    // A second is lost in the middle of speech; the next piece comes twice.
    for _ in 0..2 {
        told.extend(session.push_samples(4_000.0, &talk[64_000..120_000]).unwrap());
    }
    told.extend(session.push_samples(7_500.0, &talk[120_000..]).unwrap());
    told.extend(session.finish().unwrap());
    let segments = latest(&told);
    assert!(segments.values().all(|s| s.end_ms <= 3_200 || s.start_ms >= 3_800), "{segments:?}");
    assert!(segments.values().any(|s| s.start_ms.abs_diff(9_000) < 300 && s.end_ms.abs_diff(13_000) < 300));
    for (time, bad) in [(f64::NAN, 0.0), (-1.0, 0.0), (20_000.0, f32::NAN)] {
        assert_eq!(session.push_samples(time, &[bad; 10]).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn a_long_utterance_is_cut() {
    let options = LiveOptions {
        utterances: UtteranceOptions { max_ms: 3_000, partial_ms: 0, ..Default::default() },
        ..Default::default()
    };
    let mut session = LiveSession::new("c", None, &options).unwrap();
    let segments = latest(&follow(&mut session, &sound(&[(2.0, 12.0)], 14), 5_000));
    assert!(segments.len() >= 4 && segments.values().all(|s| s.end_ms - s.start_ms <= 3_000), "{segments:?}");
    let all: Vec<&Segment> = segments.values().collect();
    assert!(all.windows(2).all(|pair| pair[0].end_ms == pair[1].start_ms), "nothing is lost between them");
}

#[test]
fn speakers_are_named_and_revised() {
    let mut session = LiveSession::new("c", None, &options()).unwrap();
    let talk = talk();
    let mut told = Vec::new();
    for (second, part) in talk.chunks(16_000).enumerate() {
        told.extend(session.push_samples(second as f64 * 1_000.0, part).unwrap());
    }
    assert!(told.iter().all(|segment| segment.speaker.is_none()));
    // What the meeting says comes late.
    for second in 0..16u32 {
        let bits = |name: &str, is_on: bool| (name.to_owned(), if is_on { "1" } else { "0" }.repeat(10));
        let body = [bits("Ann", second < 5), bits("Bob", (6..14).contains(&second))];
        told.extend(session.activity(f64::from(second) * 1_000.0 + 1_040.0, &body).unwrap());
    }
    told.extend(session.finish().unwrap());
    let names: Vec<Option<String>> = latest(&told).into_values().map(|segment| segment.speaker).collect();
    assert_eq!(names, [Some("Ann".to_owned()), Some("Bob".to_owned()), Some("Bob".to_owned())]);
}
