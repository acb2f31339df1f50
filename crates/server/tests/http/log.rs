//! Promise: at the level debug the log says how long each stage of a request took, and belongs to the request.

use crate::support::{ADMIN, Process, client, clip, recording};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// The name of a span that a line says the end of, if it belongs to the request `id`.
fn ended<'a>(line: &'a Value, id: &str) -> Option<&'a str> {
    let of_request = line["spans"].as_array()?.iter().any(|span| span["id"] == id);
    let name = line["span"]["name"].as_str().filter(|_| line["message"] == "close")?;
    assert!(line["time.busy"].is_string(), "{line}");
    of_request.then_some(name)
}

async fn send(process: &Process, path: &str, id: &str, body: Vec<u8>) {
    let request = client().post(format!("{}{path}", process.url)).header("x-request-id", id).body(body);
    let reply = request.header("authorization", format!("Bearer {ADMIN}")).send().await.unwrap();
    assert_eq!(reply.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn stages_of_a_request_are_spans() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path(), &["--log", "debug"], "ready");
    send(&process, "/v1/recordings?id=brot", "adds", recording("brot")).await;
    send(&process, "/v1/identify", "asks", clip("brot", 3, 5)).await;
    for (id, expected) in
        [("adds", ["decode", "fingerprint", "transaction"]), ("asks", ["decode", "fingerprint", "search"])]
    {
        let expected = BTreeSet::from(expected.map(str::to_owned));
        let mut names = BTreeSet::new();
        // A line comes a moment after the answer.
        for _ in 0..100 {
            names = process.logged().iter().filter_map(|line| ended(line, id)).map(str::to_owned).collect();
            if names.is_superset(&expected) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(names.is_superset(&expected), "{id}: {names:?}");
    }
}
