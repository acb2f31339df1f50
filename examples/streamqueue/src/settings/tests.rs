use super::*;
use std::collections::HashMap;

fn read(role: Role, variables: &[(&str, &str)]) -> Result<Settings, String> {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    Settings::read(role, &|name| variables.get(name).map(|value| (*value).to_owned()))
}

const TOKEN: (&str, &str) = ("API_TOKEN", "service-service-service");

#[test]
fn the_files_of_the_plan_are_read_as_they_are() {
    // streamqueue-env.yaml and audio-env.yaml, with values in the place of what is to be filled in.
    let redis = [("REDIS_HOST", "10.0.0.3"), ("REDIS_PORT", "6379"), ("REDIS_PASSWORD", "a:b@c/d e")];
    let api = [
        ("API_HOST", "0.0.0.0"),
        ("API_PORT", "8080"),
        TOKEN,
        ("AUDIO_CHUNK_DURATION_SEC", "3"),
        ("PYTHONPATH", "/usr/src/app"),
    ];
    let api = read(Role::Api, &[&redis[..], &api].concat()).unwrap();
    assert_eq!(api.address.to_string(), "0.0.0.0:8080");
    assert_eq!(api.redis.as_deref(), Some("redis://:a%3Ab%40c%2Fd%20e@10.0.0.3:6379/0"));
    let worker = [
        ("SEGMENT_SIZE_SEC", "10"),
        ("PROCESSING_THREADS", "4"),
        ("CHECK_AND_PROCESS_CONNECTIONS_INTERVAL_SEC", "2.0"),
        ("SPEAKER_DELAY_SEC", "1"),
        ("WHISPER_SERVICE_URL", "https://whisper.example/"),
        ("WHISPER_API_TOKEN", "w"),
        ("RAW_AUDIO_PATH", "/tmp/audio/raw"),
        ("SEGMENTS_PATH", "/tmp/audio/segments"),
        ("TRANSCRIBER_STEP_SEC", "5"),
        ("MAX_AUDIO_LENGTH_SEC", "60"),
        ("ENGINE_API_URL", "https://engine.example/"),
        ("ENGINE_API_TOKEN", "e"),
    ];
    let worker = read(Role::Worker, &[&redis[..], &worker].concat()).unwrap();
    assert_eq!((worker.interval.as_millis(), worker.threads, worker.utterance_ms), (2_000, 4, 60_000));
    assert_eq!(worker.engine, Some(("https://engine.example".to_owned(), Some("e".to_owned()))));
    assert!(matches!(worker.recognizer, Recognizer::Whisper { .. }));
    assert_eq!(worker.slices, PathBuf::from("/tmp/audio/raw"));
}

#[test]
fn both_spellings_are_one_setting() {
    let code = [
        ("TRANSCRIPTION_SERVICE_API_PORT", "8008"),
        ("TRANSCRIPTION_SERVICE_API_TOKEN", TOKEN.1),
        ("ENGINE_API_URL", "http://engine"),
        ("ENGINE_API_PORT", "8010"),
    ];
    let settings = read(Role::Serve, &code).unwrap();
    assert_eq!(
        (settings.address.to_string().as_str(), settings.service_token.as_deref()),
        ("0.0.0.0:8008", Some(TOKEN.1))
    );
    assert_eq!(settings.engine.unwrap().0, "http://engine:8010");
    assert!(read(Role::Serve, &[TOKEN, code[1]]).is_ok(), "the same twice");
    let refused = read(Role::Serve, &[TOKEN, ("TRANSCRIPTION_SERVICE_API_TOKEN", "another-another-another")])
        .unwrap_err();
    assert!(refused.contains("API_TOKEN and TRANSCRIPTION_SERVICE_API_TOKEN"), "{refused}");
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    for (name, value) in [
        ("PORT", "many"),
        ("API_HOST", "localhost:80"),
        ("CHECK_AND_PROCESS_CONNECTIONS_INTERVAL_SEC", "-2"),
        ("PROCESSING_THREADS", "4.5"),
        ("SPEAKER_DELAY_SEC", "NaN"),
        ("MAX_AUDIO_LENGTH_SEC", "61"),
        ("RECOGNIZER", "parrot"),
        ("VOICES", "maybe"),
        ("ENGINE_API_URL", "ftp://engine"),
        ("ALLOWED_ORIGINS", "https://a.example/path"),
        ("REDIS_URL", "http://redis"),
        ("LOG_LEVEL", "loud"),
        ("API_TOKEN", "short"),
    ] {
        let refused = read(Role::Serve, &[(name, value)]).unwrap_err();
        assert!(refused.contains(name), "{name}={value}: {refused}");
    }
    assert!(read(Role::Serve, &[("RECOGNIZER", "whisper")]).unwrap_err().contains("WHISPER_SERVICE_URL"));
    assert!(read(Role::Api, &[TOKEN]).unwrap_err().contains("REDIS_HOST"));
}

#[test]
fn without_a_token_it_listens_on_this_machine_only() {
    let settings = read(Role::Serve, &[]).unwrap();
    assert!(settings.is_open());
    assert_eq!(settings.address.to_string(), "127.0.0.1:8008");
    assert!(read(Role::Serve, &[("PORT", "8080")]).unwrap_err().contains("API_TOKEN"));
}

#[test]
fn the_example_names_every_variable() {
    let example = include_str!("../../.env.example");
    for variable in VARIABLES {
        for name in variable.names {
            assert!(example.contains(name), "{name} is missing");
        }
    }
}
