//! The routes, and what they refuse.

use crate::support::{ANN, MEETING, Redis, Running, SERVICE, slices};
use reqwest::Method;
use serde_json::{Value, json};

const VARIABLES: [(&str, &str); 4] =
    [("API_TOKEN", SERVICE), ("VOICES", "false"), ("RATE", "1000"), ("PAUSE_MS", "200")];

fn audio(i: &str, more: &str) -> String {
    format!("/api/v1/extension/audio?i={i}&connection_id=c1&meeting_id={MEETING}{more}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_routes_of_the_original_answer_as_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start("serve", folder.path(), &VARIABLES);
    original(&running).await;
    assert_eq!(running.stop(), Some(0));
    // Tokens outlive the process.
    let running = Running::start("serve", folder.path(), &VARIABLES);
    running.get("/api/v1/extension/check-token", Some(ANN)).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn and_so_they_do_with_redis() {
    let Some(redis) = Redis::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), redis.url());
    let variables = [&VARIABLES[..], &[("REDIS_URL", url.as_str())]].concat();
    let running = Running::start("api", folder.path(), &variables);
    original(&running).await;
    // Tokens that the original wrote are known; a user without a status is disabled.
    let client = redis::Client::open(url.replace("/0", "/1")).unwrap();
    let mut connection = client.get_connection().unwrap();
    redis::pipe()
        .hset("token_user_map", "old-token", "old")
        .hset("token_user_map", "off-token", "off")
        .hset("user_enable_status_map", "old", "1")
        .exec(&mut connection)
        .unwrap();
    running.get("/api/v1/extension/check-token", Some("old-token")).await.is(200);
    running.get("/api/v1/extension/check-token", Some("off-token")).await.is(403);
    let held: Vec<String> = redis::cmd("HKEYS").arg("token_user_map").query(&mut connection).unwrap();
    assert!(held.iter().any(|key| key.starts_with("sha256:")) && !held.contains(&ANN.to_owned()), "{held:?}");
}

async fn original(running: &Running) {
    let check = "/api/v1/extension/check-token";
    for (token, detail) in
        [(None, "Invalid token"), (Some("wrong"), "Invalid token"), (Some(SERVICE), "Invalid token")]
    {
        let reply = running.get(check, token).await;
        assert_eq!(reply.is(401)["detail"], detail);
        assert_eq!(reply.headers["www-authenticate"], "Bearer");
    }
    // Those who administer.
    let add = |id: &str| json!({ "token": ANN, "user_id": id, "enable_status": true });
    assert_eq!(
        running.json(Method::POST, "/api/v1/users/add-token", Some(ANN), &add("ann")).await.is(401)["detail"],
        "Invalid service token"
    );
    running.json(Method::POST, "/api/v1/users/add-token", None, &add("ann")).await.is(401);
    let added =
        running.json(Method::POST, "/api/v1/users/add-token", Some(SERVICE), &add("ann")).await.is(200);
    assert_eq!(added, json!({ "user_id": "ann", "enabled": true }));
    running.json(Method::POST, "/api/v1/users/add-token", Some(SERVICE), &add("bob")).await.is(400);
    running
        .json(Method::POST, "/api/v1/users/add-token", Some(SERVICE), &json!({ "token": "x" }))
        .await
        .is(422);
    let tool = json!({ "token": "bob-bob-bob", "user_id": "bob", "enable": false });
    let added = running.json(Method::POST, "/api/v1/tools/add-token", Some(SERVICE), &tool).await.is(200);
    assert_eq!(added["message"], "Token added successfully");
    // Users.
    assert_eq!(running.get(check, Some(ANN)).await.is(200), json!({ "is_valid": true }));
    assert_eq!(running.get(&format!("{check}?token={ANN}"), None).await.is(200), json!({ "is_valid": true }));
    assert_eq!(running.get(check, Some("bob-bob-bob")).await.is(403)["detail"], "Forbitten");
    let status = |on: bool| json!([{ "user_id": "ann", "enable_status": on }, { "user_id": "bob", "enable_status": on }]);
    let answer =
        running.json(Method::POST, "/api/v1/users/set-status", Some(SERVICE), &status(false)).await.is(200);
    assert_eq!(answer[0], json!({ "user_id": "ann", "enabled": false }));
    assert_eq!(
        running.send(Method::PUT, &audio("0", ""), Some(ANN), "x").await.is(403)["detail"],
        "Forbitten"
    );
    running.json(Method::POST, "/api/v1/users/set-status", Some(SERVICE), &status(true)).await.is(200);
    for (route, message) in [
        ("flush-cache", "cache flushed successfully"),
        ("flush-admin-cache", "admin cache flushed successfully"),
    ] {
        let path = format!("/api/v1/tools/{route}");
        running.json(Method::POST, &path, Some(ANN), &json!({})).await.is(401);
        assert_eq!(
            running.json(Method::POST, &path, Some(SERVICE), &json!({})).await.is(200)["message"],
            message
        );
    }
    // Slices and microphones.
    let taken = running
        .send(Method::PUT, &audio("0", "&source=google_meet&ts=2025-03-01T10:00:01%2B00:00"), Some(ANN), "x")
        .await;
    assert_eq!(taken.is(200), json!({ "message": "Chunk received", "connection_id": "c1" }));
    running.send(Method::PUT, &audio("1", ""), Some(ANN), "").await.is(200);
    let speakers =
        format!("/api/v1/extension/speakers?connection_id=c1&meeting_id={MEETING}&ts=1740823201000");
    let bits = json!([["Alice", "1001111111"], ["Bob", "0000000000"]]);
    assert_eq!(
        running.json(Method::PUT, &speakers, Some(ANN), &bits).await.is(201)["message"],
        "Speaker created"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_and_nothing_is_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [&VARIABLES[..], &[("MAX_SLICE_KB", "64")]].concat();
    let running = Running::start("serve", folder.path(), &variables);
    running.user(ANN, "ann").await;
    let put = async |path: &str, body: Vec<u8>| running.send(Method::PUT, path, Some(ANN), body).await;
    let base = "/api/v1/extension/audio?connection_id=c1";
    for wrong in [
        base.to_owned(),
        format!("{base}&i=-1"),
        format!("{base}&i=one"),
        format!("{base}&i=99999999999999999999"),
        format!("{base}&i=0&source=skype"),
        format!("{base}&i=0&ts=yesterday"),
        "/api/v1/extension/audio?i=0".to_owned(),
        "/api/v1/extension/audio?i=0&connection_id=".to_owned(),
        "/api/v1/extension/audio?i=0&connection_id=..%2F..%2Fetc".to_owned(),
        format!("/api/v1/extension/audio?i=0&connection_id={}", "c".repeat(129)),
    ] {
        let reply = put(&wrong, b"x".to_vec()).await;
        assert!(reply.is(422)["detail"][0]["msg"].is_string(), "{wrong}: {}", reply.body);
    }
    for meeting in ["ABC-defg-hij", "abcdefghij", "abc-defg-hij%0A", "..%2F..%2Fx", "abc_defg_hij"] {
        let reply = put(&format!("{base}&i=0&meeting_id={meeting}"), b"x".to_vec()).await;
        assert!(reply.is(422)["detail"].as_str().unwrap().contains("abc-defg-hij"), "{meeting}");
    }
    put(&format!("{base}&i=0"), vec![0; (64 << 10) + 1]).await.is(413);
    put("/api/v1/extension/audio?i=0&connection_id=c2", vec![0; 64 << 10]).await.is(200);
    for body in ["", "{", "{}", "[[\"a\"]]", "[[\"a\",\"012\"]]", "[[1,\"0\"]]"] {
        let path = "/api/v1/extension/speakers?connection_id=c1";
        let body: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        running.json(Method::PUT, path, Some(ANN), &body).await.is(422);
    }
    running.get("/api/v1/nothing", Some(ANN)).await.is(404);
    running.send(Method::DELETE, &audio("0", ""), Some(ANN), "").await.is(405);
    let held: Vec<_> = std::fs::read_dir(folder.path().join("slices")).unwrap().collect();
    assert_eq!(held.len(), 1, "only the slice that was taken is kept: {held:?}");
    let refused = running.get("/metrics", Some(SERVICE)).await;
    assert!(refused.body.contains("streamqueue_slices_total{way=\"http\"} 1"), "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_tokens_has_to_wait_and_who_comes_too_often_too() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start("serve", folder.path(), &[("API_TOKEN", SERVICE), ("RATE", "5")]);
    running.user(ANN, "ann").await;
    let mut statuses = Vec::new();
    for guess in 0..40 {
        statuses
            .push(running.get("/api/v1/extension/check-token", Some(&format!("guess-{guess}"))).await.status);
    }
    assert!(statuses.contains(&429) && statuses.starts_with(&[401; 10]), "{statuses:?}");
    let mut last = None;
    for _ in 0..20 {
        last = Some(running.get("/api/v1/extension/check-token", Some(ANN)).await)
            .filter(|r| r.status == 429)
            .or(last);
    }
    let refused = last.unwrap();
    assert!((refused.status, refused.headers.contains_key("retry-after")) == (429, true), "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_routes_of_the_readme_take_a_whole_recording() {
    let Some(slices) = slices("cr-mic-3000") else { return };
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start("serve", folder.path(), &VARIABLES);
    let whole: Vec<u8> = slices[..5].concat();
    let send = async |path: &str, headers: &[(&str, &str)], body: Vec<u8>| {
        let client = crate::support::client();
        let request = client.post(format!("{}{path}", running.url)).bearer_auth(SERVICE).body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.unwrap()
    };
    let sent =
        send("/api/audio/stream", &[("content-type", "application/octet-stream")], whole.clone()).await;
    assert_eq!(sent.status().as_u16(), 200);
    let answer: Value = serde_json::from_str(&sent.text().await.unwrap()).unwrap();
    let connection = answer["connection_id"].as_str().unwrap().to_owned();
    assert!(connection.starts_with("recording-"));
    running.user(ANN, "ann").await;
    let mut captions = Vec::new();
    for _ in 0..200 {
        captions = running.captions(&connection, Some(ANN)).await;
        if captions.iter().filter(|c| c["is_final"] == true).count() >= 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(captions.len() >= 2, "{captions:?}");
    assert_eq!(captions[0]["user_id"], "service");
    let named = [("x-session-id", "s-1")];
    assert_eq!(send("/api/audio/stream", &named, b"x".to_vec()).await.status().as_u16(), 422);
    assert_eq!(send("/api/audio/stream?i=0", &named, b"x".to_vec()).await.status().as_u16(), 200);
    let json = [("x-session-id", "s-1"), ("content-type", "application/json")];
    assert_eq!(
        send("/api/speaker", &json, br#"{"speakers":[["Ann","01"]]}"#.to_vec()).await.status().as_u16(),
        201
    );
    assert_eq!(send("/api/speaker", &json[1..], b"[]".to_vec()).await.status().as_u16(), 422);
}
