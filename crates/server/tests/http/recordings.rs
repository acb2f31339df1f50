//! Promise: recordings are added, found, listed and removed over HTTP as by the command.

use crate::support::{ADMIN, READER, Running, clip, recording};
use reqwest::Method;

const NAMES: [&str; 3] = ["harbour-strings", "brot", "pixel-orchard"];

async fn with_recordings(more: &[&str]) -> Running {
    let server = Running::start(more).await;
    for name in NAMES {
        let added = server.post(&format!("/v1/recordings?id={name}&title=T"), recording(name)).await.good();
        assert_eq!((added["status"].as_str(), added["id"].as_str()), (Some("added"), Some(name)));
        assert!(added["landmarks"].as_u64().unwrap() > 100, "{added}");
    }
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_is_named() {
    let server = with_recordings(&[]).await;
    let found = server.post("/v1/identify", clip("brot", 5, 8)).await.good();
    assert_eq!(
        (found["decision"].as_str(), found["matches"][0]["id"].as_str()),
        (Some("match"), Some("brot"))
    );
    let offset = found["matches"][0]["offset_ms"].as_i64().unwrap();
    assert!((offset - 5_000).abs() < 100, "{offset}");
    for name in ["query", "truncated", "damaged_ms", "elapsed_ms"] {
        assert!(found.get(name).is_some(), "{name} is missing: {found}");
    }
    // The digits of a number of 32 bits.
    let score = found["matches"][0]["score"].to_string();
    assert!(score.len() <= 10, "{score}");
    let picture = server.post("/v1/explain", clip("brot", 5, 8)).await;
    assert!(picture.status == 200 && picture.text().starts_with("<svg"), "{}", picture.text());
    assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
    assert!(picture.header("content-security-policy").unwrap().contains("default-src 'none'"));
    let other = server.form("/v1/identify", &[("a clip.wav", clip("low-tide", 5, 8))]).await.good();
    assert_eq!((other["decision"].as_str(), other["query"].as_str()), (Some("unknown"), Some("a clip.wav")));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_are_listed_and_removed() {
    let server = with_recordings(&[]).await;
    let again = server.post("/v1/recordings?id=another", recording("brot")).await.good();
    assert_eq!((again["status"].as_str(), again["id"].as_str()), (Some("duplicate"), Some("brot")));
    let named = server.form("/v1/recordings", &[("../../low-tide.opus", recording("low-tide"))]).await.good();
    assert_eq!((named["id"].as_str(), named["path"].as_str()), (Some("low-tide"), Some("low-tide.opus")));
    let (mut ids, mut after) = (Vec::new(), Some(0));
    while let Some(place) = after {
        let page = server.get(&format!("/v1/recordings?limit=3&after={place}")).await.good();
        ids.extend(
            page["recordings"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_owned()),
        );
        after = page["next"].as_u64();
    }
    assert_eq!(ids, ["harbour-strings", "brot", "pixel-orchard", "low-tide"]);
    let row = server.get("/v1/recordings/brot").await.good();
    assert!(row["source_hash"].as_str().unwrap().starts_with("sha256:") && row["title"] == "T", "{row}");
    assert!(row["created_at"].as_str().unwrap().ends_with('Z'));
    let landmarks = server.get("/v1/recordings/brot/landmarks").await.good();
    assert_eq!(landmarks["landmarks"].as_array().unwrap().len() as u64, row["landmarks"].as_u64().unwrap());
    assert_eq!(server.delete("/v1/recordings/brot").await.good()["id"], "brot");
    assert_eq!(server.get("/v1/recordings/brot").await.refused(404), "not_found");
    assert_eq!(server.delete("/v1/recordings/brot").await.refused(404), "not_found");
    let unknown = server.post("/v1/identify", clip("brot", 5, 8)).await.good();
    assert_eq!(unknown["decision"], "unknown");
    assert_eq!(server.get("/v1/imported").await.good()["imported"].as_array().unwrap().len(), 0);
    assert_eq!(server.get("/v1/stats").await.good()["recordings"], 3);
    let compacted = server.post("/v1/compact", Vec::new()).await.good();
    assert!(compacted["file_bytes_before"].is_u64() && compacted["file_bytes"].is_u64());
    assert_eq!(server.post("/v1/check", Vec::new()).await.good()["problems"].as_array().unwrap().len(), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said() {
    let server = Running::start(&[]).await;
    for (path, body, status, kind) in [
        ("/v1/identify", b"no sound".to_vec(), 415, "unsupported"),
        ("/v1/identify", Vec::new(), 400, "invalid_argument"),
        ("/v1/identify?limit=0", clip("brot", 0, 1), 400, "invalid_argument"),
        ("/v1/identify?colour=red", clip("brot", 0, 1), 400, "invalid_argument"),
        ("/v1/recordings", recording("brot"), 400, "invalid_argument"),
        ("/v1/explain", clip("brot", 0, 3), 404, "not_found"),
        ("/v1/faces/detect", vec![1, 2, 3], 501, "model"),
        ("/v1/snapshots", Vec::new(), 404, "not_found"),
        ("/v1/nothing", Vec::new(), 404, "not_found"),
        ("/v1/stats", Vec::new(), 405, "unsupported"),
    ] {
        assert_eq!(server.post(path, body).await.refused(status), kind, "{path}");
    }
    let two = [("a", clip("brot", 0, 1)), ("b", clip("brot", 0, 1))];
    assert_eq!(server.form("/v1/identify", &two).await.refused(400), "invalid_argument");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_looks_changes_nothing() {
    let server = with_recordings(&[]).await;
    let folder = server.stop().await;
    let server = Running::start_in(folder, &["--read-only"]).await;
    assert_eq!(server.post("/v1/recordings?id=x", recording("low-tide")).await.refused(403), "forbidden");
    assert_eq!(server.delete("/v1/recordings/brot").await.refused(403), "forbidden");
    let found = server.send(Method::POST, "/v1/identify", Some(READER), &[], clip("brot", 5, 8)).await.good();
    assert_eq!(found["decision"], "match");
    let refused = server.send(Method::DELETE, "/v1/recordings/brot", Some(READER), &[], Vec::new()).await;
    assert_eq!(refused.refused(403), "forbidden");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_follows_snapshots_and_another_makes_them() {
    let bucket = tempfile::tempdir().unwrap();
    let url = format!("file://{}", bucket.path().display());
    let writer = Running::start(&["--snapshots", &url]).await;
    writer.post("/v1/recordings?id=brot", recording("brot")).await.good();
    let events = [("accept", "text/event-stream")];
    let pushed = writer.send(Method::POST, "/v1/snapshots", Some(ADMIN), &events, Vec::new()).await;
    assert_eq!(pushed.header("content-type"), Some("text/event-stream"));
    assert!(
        pushed.text().contains("event: result") && !pushed.text().contains("event: error"),
        "{}",
        pushed.text()
    );
    assert_eq!(writer.get("/v1/snapshots").await.good()["snapshots"].as_array().unwrap().len(), 1);
    let reader = Running::start(&["--follow", &url, "--follow-interval-s", "1"]).await;
    let ready = reader.get("/ready").await.good();
    assert_eq!(ready["writing"], false);
    assert_eq!((ready["status"].as_str(), ready["snapshot"].as_u64()), (Some("ready"), Some(1)));
    assert_eq!(reader.post("/v1/identify", clip("brot", 5, 8)).await.good()["decision"], "match");
    assert_eq!(reader.delete("/v1/recordings/brot").await.refused(403), "forbidden");
    writer.post("/v1/recordings?id=low-tide", recording("low-tide")).await.good();
    writer.post("/v1/snapshots", Vec::new()).await.good();
    for _ in 0..100 {
        if reader.get("/ready").await.good()["snapshot"] == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(reader.post("/v1/identify", clip("low-tide", 5, 8)).await.good()["decision"], "match");
    reader.stop().await;
    writer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_over_a_bucket_one_writes_and_the_other_takes_over_what_was_answered() {
    let bucket = tempfile::tempdir().unwrap();
    let url = format!("file://{}", bucket.path().display());
    let first = Running::start(&["--bucket", &url]).await;
    first.post("/v1/recordings?id=brot", recording("brot")).await.good();
    let second = Running::start(&["--bucket", &url]).await;
    let busy = second.post("/v1/recordings?id=low-tide", recording("low-tide")).await;
    assert!(busy.header("retry-after").is_some());
    assert_eq!(busy.refused(503), "busy");
    assert_eq!(first.post("/v1/snapshots", Vec::new()).await.good()["snapshot"]["version"], 2);
    first.post("/v1/recordings?id=low-tide", recording("low-tide")).await.good();
    // What was answered is in the bucket: the disk goes with the server.
    drop(first.stop().await);
    for _ in 0..300 {
        if second.get("/v1/recordings/low-tide").await.status == 200 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(second.post("/v1/identify", clip("low-tide", 5, 8)).await.good()["decision"], "match");
    second.delete("/v1/recordings/brot").await.good();
    second.stop().await;
}
