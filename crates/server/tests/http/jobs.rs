//! Promise: a job is done once, outlives its worker and the server, and its end is told.

use crate::support::{Running, recording};
use reqwest::Method;
use ring::hmac::{HMAC_SHA256, Key, sign};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn ended(server: &Running, id: u64) -> Value {
    for _ in 0..200 {
        let job = server.get(&format!("/v1/jobs/{id}")).await.good();
        if ["done", "failed", "cancelled"].contains(&job["state"].as_str().unwrap()) {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the job {id} does not end");
}

async fn add(server: &Running, job: Value) -> Value {
    server.json(Method::POST, "/v1/jobs", &job).await.good()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_is_the_same_job_and_its_result_stays() {
    let server = Running::start(&[]).await;
    server.post("/v1/recordings?id=brot", recording("brot")).await.good();
    let first = add(&server, json!({ "queue": "compact", "key": "night" })).await;
    let id = first["id"].as_u64().unwrap();
    let done = ended(&server, id).await;
    assert!(done["state"] == "done" && done["result"]["file_bytes"].is_u64(), "{done}");
    let folder = server.stop().await;
    let server = Running::start_in(folder, &[]).await;
    assert_eq!(add(&server, json!({ "queue": "compact", "key": "night" })).await, done);
    let failed = add(
        &server,
        json!({ "queue": "cluster", "payload": { "event": "none", "options": { "epsilon": -1.0 } } }),
    )
    .await;
    let failed = ended(&server, failed["id"].as_u64().unwrap()).await;
    assert!(
        failed["state"] == "failed" && failed["attempts"] == 1 && failed["error"].is_string(),
        "{failed}"
    );
    let events = server.get(&format!("/v1/jobs/{id}/events")).await;
    assert!(events.text().starts_with("event: job\n"), "{}", events.text());
    let page = server.get("/v1/jobs?queue=compact&state=done").await.good();
    assert_eq!(page["jobs"].as_array().unwrap().len(), 1);
    for wrong in [
        json!({ "queue": "" }),
        json!({ "queue": "cluster" }),
        json!({ "queue": "cluster", "payload": { "event": "e", "options": { "method": "guess" } } }),
        json!({ "queue": "snapshot" }),
        json!({ "queue": "callbacks" }),
        json!({ "queue": "compact", "callback": "https://example.org/" }),
        json!({ "queue": "compact", "payload": [1] }),
    ] {
        assert_eq!(server.json(Method::POST, "/v1/jobs", &wrong).await.status, 400, "{wrong}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_a_lost_worker_goes_on_elsewhere() {
    let server = Running::start(&[]).await;
    let id = add(&server, json!({ "queue": "mine", "payload": { "n": 1 }, "backoff_ms": 1 })).await["id"]
        .as_u64()
        .unwrap();
    let lease = json!({ "queue": "mine", "worker": "w1", "lease_ms": 300 });
    let taken = server.json(Method::POST, "/v1/jobs/lease", &lease).await.good();
    assert_eq!((taken["job"]["id"].as_u64(), taken["job"]["attempts"].as_u64()), (Some(id), Some(1)));
    assert!(server.json(Method::POST, "/v1/jobs/lease", &lease).await.good()["job"].is_null());
    let folder = server.stop().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let server = Running::start_in(folder, &[]).await;
    let long = json!({ "queue": "mine", "worker": "w2", "lease_ms": 60_000 });
    let again = server.json(Method::POST, "/v1/jobs/lease", &long).await.good();
    assert_eq!((again["job"]["id"].as_u64(), again["job"]["attempts"].as_u64()), (Some(id), Some(2)));
    let say = async |what: &str, body: Value| {
        server.json(Method::POST, &format!("/v1/jobs/{id}/{what}"), &body).await
    };
    assert_eq!(say("complete", json!({ "attempt": 1 })).await.refused(409), "mismatch");
    let told =
        say("extend", json!({ "attempt": 2, "lease_ms": 60_000, "progress": { "done": 1 } })).await.good();
    assert_eq!(told["progress"]["done"], 1);
    assert_eq!(say("release", json!({ "attempt": 2 })).await.good()["state"], "queued");
    server.json(Method::POST, "/v1/jobs/lease", &long).await.good();
    assert_eq!(say("fail", json!({ "attempt": 3, "error": "no" })).await.good()["state"], "queued");
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.json(Method::POST, "/v1/jobs/lease", &long).await.good();
    let done = say("complete", json!({ "attempt": 4, "result": { "ok": true } })).await.good();
    assert_eq!(done["result"]["ok"], true);
    let other = add(&server, json!({ "queue": "mine" })).await["id"].as_u64().unwrap();
    assert_eq!(server.delete(&format!("/v1/jobs/{other}")).await.good()["state"], "cancelled");
    server.stop().await;
}

/// Takes requests, and answers the first with an error; gives their headers and bodies.
async fn receiver(listener: TcpListener, count: usize) -> Vec<(String, String)> {
    let mut received = Vec::new();
    while received.len() < count {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        let (head, body) = loop {
            let mut piece = [0; 4096];
            let length = stream.read(&mut piece).await.unwrap();
            bytes.extend(&piece[..length]);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head
                .lines()
                .find_map(|l| l.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            if body.len() >= length.unwrap().parse::<usize>().unwrap() {
                break (head.to_owned(), body.to_owned());
            }
        };
        let status = if received.is_empty() { "500 No" } else { "200 OK" };
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        received.push((head, body));
    }
    received
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_job_is_told_and_signed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let received = tokio::spawn(receiver(listener, 1));
    let server = Running::start(&[
        "--callbacks",
        "--allow-private",
        "--callback-secret",
        "secret",
        "--callback-token",
        "token-token-token",
    ])
    .await;
    let job = json!({ "queue": "compact", "callback": address });
    let id = add(&server, job).await["id"].as_u64().unwrap();
    let (head, body) = received.await.unwrap().remove(0);
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((told["job"]["id"].as_u64(), told["job"]["state"].as_str()), (Some(id), Some("done")));
    let head = head.to_lowercase();
    assert!(head.contains("authorization: bearer token-token-token"), "{head}");
    let signature = head.lines().find_map(|line| line.strip_prefix("x-sonic-signature: ")).unwrap();
    let (seconds, given) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let tag = sign(&Key::new(HMAC_SHA256, b"secret"), format!("{seconds}.{body}").as_bytes());
    let expected: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(given, expected);
    // It was not taken: it waits to be told again.
    for _ in 0..100 {
        let page = server.get("/v1/jobs?queue=callbacks").await.good();
        if page["jobs"][0]["error"].is_string() {
            assert!(page["jobs"][0]["state"] == "queued" && page["jobs"][0]["attempts"] == 1, "{page}");
            server.stop().await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing is said of the callback");
}

#[tokio::test(flavor = "multi_thread")]
async fn news_are_sent_to_public_addresses_only() {
    let server = Running::start(&["--callbacks"]).await;
    for address in [
        "http://example.org/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://0177.0.0.1/",
        "https://user:word@example.org/",
        "gopher://example.org/",
        "nothing",
    ] {
        let job = json!({ "queue": "compact", "callback": address });
        let refused = server.json(Method::POST, "/v1/jobs", &job).await;
        assert_eq!(refused.refused(400), "invalid_argument", "{address}");
    }
    // What is no address of its own is looked at when it is connected to.
    let hidden = json!({ "queue": "compact", "payload": { "callback": "https://127.0.0.1/" } });
    let job = add(&server, hidden).await;
    assert!(job["payload"].get("callback").is_none(), "{job}");
    let name = json!({ "queue": "compact", "callback": "https://localhost:9/" });
    add(&server, name).await;
    for _ in 0..100 {
        let page = server.get("/v1/jobs?queue=callbacks").await.good();
        if let Some(error) = page["jobs"][0]["error"].as_str() {
            assert!(error.contains("no public address"), "{error}");
            server.stop().await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing is said of the callback");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_only_look_adds_no_job() {
    let server = Running::start(&[]).await;
    let headers = [("content-type", "application/json")];
    let body = json!({ "queue": "compact" }).to_string().into_bytes();
    let refused = server.send(Method::POST, "/v1/jobs", Some(crate::support::READER), &headers, body).await;
    assert_eq!(refused.refused(403), "forbidden");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_nobody_came_to_tell_is_told_after_the_restart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let received = tokio::spawn(receiver(listener, 1));
    let folder = tempfile::tempdir().unwrap();
    let store = sonic::Store::open(folder.path().join("store"), sonic::StoreOptions::default()).unwrap();
    let payload = json!({ "callback": address });
    let job = sonic::store::NewJob { queue: "mine".to_owned(), payload, ..Default::default() };
    let id = store.jobs().add(&job).unwrap().into_job().id;
    let attempt = store.jobs().lease("mine", "worker", 1_000).unwrap().unwrap().attempts;
    store.jobs().complete(id, attempt, json!(7)).unwrap();
    store.close();
    let server = Running::start_in(folder, &["--callbacks", "--allow-private"]).await;
    let (_, body) = received.await.unwrap().remove(0);
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((told["job"]["id"].as_u64(), told["job"]["result"].as_u64()), (Some(u64::from(id)), Some(7)));
    server.stop().await;
}
