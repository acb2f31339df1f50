//! Promise: a recogniser behind HTTP is asked as its service expects, and one that hangs, lies or dies costs a bounded time
//! and ends in an error that says what to do.
#![allow(clippy::unwrap_used, reason = "a test may fail, and prints its figures")]
#![cfg(feature = "http")]

#[path = "support/server.rs"]
mod server;

use server::{Deed, Server, serve};
use sonic_core::ErrorKind;
use sonic_live::{OpenAi, OpenAiOptions, Recognizer, Request, ServiceOptions, Whisper, WhisperOptions};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SAID: &str = r#"{"segments":[[0,0,0.0,1.0," Hello there.",[1,2],0.0,-0.1,1.2,0.02,
    [[0.1,0.4," Hello",0.9],[0.5,0.9," there.",0.8]]]]}"#;
const VERBOSE: &str = r#"{"task":"transcribe","language":"english","duration":1.0,"text":"Hello there.",
    "words":[{"word":"Hello","start":0.1,"end":0.4},{"word":"there","start":0.5,"end":0.9}],
    "segments":[{"id":0,"start":0.0,"end":1.0,"text":" Hello there.","avg_logprob":-0.2,"no_speech_prob":0.01}]}"#;

fn answer(status: u16, body: &str) -> Deed {
    Deed::Answer(status, body.to_owned())
}

fn quick() -> ServiceOptions {
    ServiceOptions { timeout_ms: 600, backoff_ms: 5, breaker_pause_ms: 150, ..ServiceOptions::default() }
}

fn whisper(server: &Server, service: ServiceOptions) -> Whisper {
    Whisper::new(&server.url, &WhisperOptions { token: Some("secret".to_owned()), service }).unwrap()
}

/// A second of sound.
fn sound() -> Vec<f32> {
    (0..16_000).map(|i| (i as f32 * 0.03).sin() * 0.1).collect()
}

#[test]
fn whisper_is_called_as_its_service_expects() {
    let server = serve(vec![answer(200, SAID)]);
    let whisper = whisper(&server, quick());
    let sound = sound();
    let mut request = Request::new(&sound);
    request.prompt = Some("what was said before");
    let said = whisper.recognize(&request).unwrap();
    assert_eq!((said.text.as_str(), said.words.len()), ("Hello there.", 2));
    assert_eq!(
        (said.words[1].start_ms, said.words[1].end_ms, said.words[1].text.as_str()),
        (500, 900, "there.")
    );
    assert!((said.confidence - 0.915).abs() < 1e-3);
    let seen = server.seen.lock().unwrap().remove(0);
    assert!(
        seen.head.contains("authorization: bearer secret\r\n") && seen.head.starts_with("post /v1/audio ")
    );
    let body = String::from_utf8_lossy(&seen.body).into_owned();
    let place = |text: &str| body.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(
        place("name=\"audio_data\"; filename=\"audio.wav\"")
            < place("name=\"prefix\"\r\n\r\nwhat was said before\r\n")
    );
    assert!(body.contains("RIFF") && seen.body.len() > 32_044);
}

#[test]
fn openai_is_requested_for_words() {
    let server = serve(vec![answer(200, VERBOSE)]);
    let openai =
        OpenAi::new(&server.url, &OpenAiOptions { model: "m-1".to_owned(), service: quick(), token: None })
            .unwrap();
    let sound = sound();
    let mut request = Request::new(&sound);
    request.language = Some("en");
    let said = openai.recognize(&request).unwrap();
    assert_eq!(
        (said.text.as_str(), said.words[0].text.as_str(), said.words[1].end_ms),
        ("Hello there.", "Hello", 900)
    );
    let seen = server.seen.lock().unwrap().remove(0);
    let body = String::from_utf8_lossy(&seen.body).into_owned();
    for (name, value) in [
        ("model", "m-1"),
        ("response_format", "verbose_json"),
        ("timestamp_granularities[]", "word"),
        ("language", "en"),
    ] {
        assert!(body.contains(&format!("name=\"{name}\"\r\n\r\n{value}\r\n")), "{name}");
    }
    assert!(!seen.head.contains("authorization") && !body.contains("name=\"prompt\""));
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_is_not() {
    let server = serve(vec![answer(503, "later"), Deed::Die, answer(200, SAID)]);
    let requested = whisper(&server, quick());
    assert_eq!(requested.recognize(&Request::new(&sound())).unwrap().text, "Hello there.");
    let stats = requested.stats();
    assert_eq!((stats.answered, stats.failed, stats.retried), (1, 2, 2));
    for (status, kind) in [
        (400, ErrorKind::InvalidArgument),
        (401, ErrorKind::InvalidArgument),
        (404, ErrorKind::NotFound),
        (413, ErrorKind::Limit),
    ] {
        let server = serve(vec![answer(status, "no")]);
        let error = whisper(&server, quick()).recognize(&Request::new(&sound())).unwrap_err();
        assert_eq!((error.kind(), server.seen.lock().unwrap().len()), (kind, 1), "{error}");
        assert!(error.message().contains(&status.to_string()), "{error}");
    }
}

#[test]
fn a_service_that_hangs_drips_or_floods_costs_a_bounded_time() {
    for deed in [Deed::Hang(Duration::from_secs(20)), Deed::Drip, Deed::Flood] {
        let server = serve(vec![deed.clone()]);
        let began = Instant::now();
        let error = whisper(&server, quick()).recognize(&Request::new(&sound())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{deed:?}: {error}");
        assert!(began.elapsed() < Duration::from_secs(30), "{deed:?}: {:?}", began.elapsed());
    }
}

#[test]
fn lies_are_told_from_answers() {
    let long = format!(r#"{{"segments":[[0,0,0.0,1.0,"{}",[],0,0,0,0,null]]}}"#, "na ".repeat(5_000));
    let late = SAID.replace("0.1,0.4", "70.1,80.4");
    for lie in
        ["", "<html>", "[]", r#"{"segments":[[1,2,3]]}"#, &long, &late, &SAID.replace("0.9]", "\"high\"]")]
    {
        let server = serve(vec![answer(200, lie)]);
        let error = whisper(&server, quick()).recognize(&Request::new(&sound())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{lie:.60}: {error}");
    }
}

#[test]
fn a_service_that_fails_is_left_alone_and_tried_again() {
    let mut deeds = vec![answer(500, "broken"); 3];
    deeds.push(answer(200, SAID));
    let server = serve(deeds);
    let requested = whisper(&server, ServiceOptions { attempts: 1, breaker_failures: 3, ..quick() });
    let sound = sound();
    for _ in 0..3 {
        assert_eq!(requested.recognize(&Request::new(&sound)).unwrap_err().kind(), ErrorKind::Io);
    }
    let error = requested.recognize(&Request::new(&sound)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.retry_after().is_some_and(|wait| wait <= Duration::from_millis(150)));
    assert_eq!(server.seen.lock().unwrap().len(), 3, "the service was left alone");
    std::thread::sleep(Duration::from_millis(200));
    assert!(requested.recognize(&Request::new(&sound)).is_ok());
    assert_eq!(requested.stats().refused, 1);
}

#[test]
fn no_more_than_so_many_are_requested_at_once() {
    let server = serve(vec![Deed::Hang(Duration::from_millis(300))]);
    let service = ServiceOptions { concurrency: 2, attempts: 1, breaker_failures: 100, ..quick() };
    let requested = Arc::new(whisper(&server, ServiceOptions { timeout_ms: 250, ..service }));
    let threads: Vec<_> = (0..6)
        .map(|_| {
            let requested = requested.clone();
            std::thread::spawn(move || requested.recognize(&Request::new(&sound())).unwrap_err().kind())
        })
        .collect();
    std::thread::sleep(Duration::from_millis(150));
    assert!(server.seen.lock().unwrap().len() <= 2);
    let kinds: Vec<ErrorKind> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(kinds.iter().all(|kind| [ErrorKind::Io, ErrorKind::Busy].contains(kind)), "{kinds:?}");
}

#[test]
fn nobody_listening_is_an_error() {
    let server = Server { url: "http://127.0.0.1:9/".to_owned(), seen: Arc::default() };
    assert_eq!(
        whisper(&server, quick()).recognize(&Request::new(&sound())).unwrap_err().kind(),
        ErrorKind::Io
    );
    for url in ["", "ftp://a/", "http://a b/", "127.0.0.1"] {
        assert_eq!(
            Whisper::new(url, &WhisperOptions::default()).unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
    }
}
