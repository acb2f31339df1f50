//! The hand-off to an engine that is down first, then slow, then well.

use crate::support::{ANN, MEETING, Running, SERVICE, hello, now_ms, slices};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Posts = Arc<Mutex<Vec<(String, HeaderMap, Value)>>>;

/// An engine that fails with the first posts, and what it was sent.
async fn engine(failures: usize) -> (String, Posts) {
    let posts: Posts = Arc::default();
    let take = move |State(posts): State<Posts>,
                     Path((source, meeting)): Path<(String, String)>,
                     headers: HeaderMap,
                     body: String| async move {
        let mut posts = posts.lock().unwrap();
        posts.push((format!("{source}/{meeting}"), headers, serde_json::from_str(&body).unwrap()));
        if posts.len() <= failures { StatusCode::BAD_GATEWAY } else { StatusCode::OK }
    };
    let router = Router::new()
        .route("/api/transcripts/segments/{source}/{meeting}", post(take))
        .with_state(posts.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, posts)
}

/// Whisper as the original calls it, which understands the same of everything.
async fn whisper() -> String {
    let answer = || async {
        let words = json!([[0.1, 0.5, " hello", 0.9], [0.6, 1.0, " there", 0.3]]);
        json!({ "segments": [[0, 0, 0.0, 1.0, " hello there", [1], 0.0, -0.2, 1.0, 0.02, words]] })
            .to_string()
    };
    let router = Router::new().route("/", post(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn each_final_segment_is_handed_off_with_its_key_until_the_engine_has_it() {
    let Some(slices) = slices("cr-mic-3000") else { return };
    let ((engine, posts), whisper) = (engine(2).await, whisper().await);
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("API_TOKEN", SERVICE),
        ("VOICES", "false"),
        ("PAUSE_MS", "200"),
        ("WHISPER_SERVICE_URL", &*whisper),
        ("ENGINE_API_URL", &engine),
        ("ENGINE_API_TOKEN", "engine-token"),
        ("ENGINE_RETRY_SEC", "0.2"),
    ];
    let running = Running::start("serve", folder.path(), &variables);
    running.user(ANN, "ann").await;
    let mut socket = running.socket(&hello("c1")).await;
    let from = now_ms() - 20_000.0;
    for (index, slice) in slices.iter().take(6).enumerate() {
        let header = json!({ "i": index, "ts": from + (index + 1) as f64 * 3_000.0, "activity": [["Ann", "1".repeat(30)]] });
        assert!(socket.slice(&header, slice).await);
        socket.next_of("ack").await.unwrap();
    }
    socket.say(&json!({ "type": "end" })).await;
    let mut finals = Vec::new();
    for _ in 0..200 {
        finals = running.captions(MEETING, Some(ANN)).await;
        finals.retain(|caption| caption["is_final"] == true);
        let keys: Vec<_> = posts
            .lock()
            .unwrap()
            .iter()
            .skip(2)
            .map(|(_, headers, _)| headers["idempotency-key"].clone())
            .collect();
        let last: Vec<String> =
            finals.iter().map(|c| format!("{}/{}", c["id"].as_str().unwrap(), c["revision"])).collect();
        if finals.len() >= 2 && last.iter().all(|last| keys.iter().any(|key| key == last.as_str())) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let posts = posts.lock().unwrap();
    let mut taken: HashMap<&str, usize> = HashMap::new();
    for (place, headers, body) in posts.iter().skip(2) {
        assert_eq!(
            (place.as_str(), headers["authorization"].to_str().unwrap()),
            (&*format!("google_meet/{MEETING}"), "Bearer engine-token")
        );
        *taken.entry(headers["idempotency-key"].to_str().unwrap()).or_default() += 1;
        let segment = &body[0];
        assert_eq!(body.as_array().unwrap().len(), 1, "a list of one");
        assert_eq!(
            (&segment["content"], &segment["present_user_ids"]),
            (&json!("hello there"), &json!(["ann"]))
        );
        assert!(segment["start_timestamp"].as_str().unwrap().ends_with("+00:00"), "{segment}");
        assert!(
            segment["words"][0]["start"].as_f64().unwrap() < 0.5 && segment["words"][0]["word"] == "hello",
            "{segment}"
        );
    }
    assert!(finals.len() >= 2 && taken.values().all(|count| *count == 1), "{taken:?}");
    for caption in &finals {
        let key = format!("{}/{}", caption["id"].as_str().unwrap(), caption["revision"]);
        assert!(taken.contains_key(&*key), "{key} is missing in {taken:?}");
    }
}
