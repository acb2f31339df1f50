//! Promise: a server that is killed while it writes has kept all that it said it had, and starts again at once.

use crate::support::{ADMIN, Process, client, clip, recording};
use std::process::Command;
use std::time::{Duration, Instant};

const NAMES: [&str; 4] = ["harbour-strings", "brot", "pixel-orchard", "low-tide"];

async fn add(process: &Process, id: &str, body: Vec<u8>) -> bool {
    let request = client().post(format!("{}/v1/recordings?id={id}", process.url));
    let sent = request.header("authorization", format!("Bearer {ADMIN}")).body(body).send().await;
    sent.is_ok_and(|reply| reply.status() == 200)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_to_be_kept_is() {
    let rounds = sonic_testing::rounds(4, 100);
    let mut random = 8_u64;
    for round in 0..rounds {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Process::start(folder.path(), &[], "ready");
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let moment = Duration::from_millis(random >> 33 & 0x3ff);
        let mut said = Vec::new();
        let adding = async {
            for name in NAMES {
                if add(&process, name, recording(name)).await {
                    said.push(name);
                }
            }
        };
        let _ = tokio::time::timeout(moment, adding).await;
        process.child.kill().unwrap();
        process.child.wait().unwrap();
        let again = Process::start(folder.path(), &[], "ready");
        for name in &said {
            let url = format!("{}/v1/recordings/{name}", again.url);
            let reply =
                client().get(url).header("authorization", format!("Bearer {ADMIN}")).send().await.unwrap();
            assert_eq!(reply.status(), 200, "round {round}: {name} is lost");
        }
    }
}

/// From the start of the process to the first answer.
#[tokio::test(flavor = "multi_thread")]
async fn it_starts_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path(), &[], "ready");
    assert!(add(&process, "brot", recording("brot")).await);
    drop(process);
    let start = Instant::now();
    let process = Process::start(folder.path(), &[], "ready");
    let request = client().post(format!("{}/v1/identify", process.url)).body(clip("brot", 3, 5));
    let reply = request.header("authorization", format!("Bearer {ADMIN}")).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    // A test build on a busy machine; the load test measures.
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

/// A setting that it does not understand ends it with a message, before it listens.
#[test]
fn it_refuses_what_it_does_not_understand() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value, said) in [
        ("SONIC_SERVER_RATE", "fast", "SONIC_SERVER_RATE"),
        ("SONIC_SERVER_TOKEN", "admin:0123456789abcdef", "SONIC_SERVER_TOKEN"),
        ("PORT", "eighty", "PORT"),
        ("SONIC_SERVER_LISTEN", "0.0.0.0:0", "--open"),
        ("SONIC_SERVER_JWKS", "https://127.0.0.1/jwks", "--jwt-audience"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_sonic-server"))
            .arg("--store")
            .arg(folder.path().join("store"))
            .env(name, value)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && text.contains(said), "{name}: {text}");
    }
    assert!(!folder.path().join("store").exists());
}
