//! Logs, numbers, health, the end; the page's files.

use crate::support::{ANN, MEETING, Redis, Running, SERVICE, hello, slices};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

fn promtool() -> Option<&'static str> {
    let found = Command::new("promtool")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    if !found {
        sonic_testing::skip(sonic_testing::Need::Promtool, "there is no promtool: it is part of Prometheus");
    }
    found.then_some("promtool")
}

fn checked(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_reads_the_numbers_and_the_alerts() {
    let Some(promtool) = promtool() else { return };
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start("serve", folder.path(), &[("API_TOKEN", SERVICE)]);
    running.user(ANN, "ann").await;
    running.get("/metrics", Some(ANN)).await.is(401);
    let mut socket = running.socket(&hello("c1")).await;
    socket.slice(&json!({ "i": 0 }), b"x").await;
    socket.next_of("ack").await.unwrap();
    let text = running.get("/metrics", Some(SERVICE)).await.body;
    // The older format, in which a counter has the name of its line, and which has no last line.
    let mut old = text.replace("# EOF\n", "");
    for counter in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")) {
        for mark in ["# HELP", "# TYPE"] {
            old = old.replace(&format!("{mark} {counter} "), &format!("{mark} {counter}_total "));
        }
    }
    let file = folder.path().join("metrics");
    std::fs::write(&file, &old).unwrap();
    checked(Command::new(promtool).args(["check", "metrics"]).stdin(std::fs::File::open(&file).unwrap()));
    let alerts = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/alerts.yaml");
    checked(Command::new(promtool).args(["check", "rules"]).arg(&alerts));
    checked(Command::new(promtool).args(["test", "rules"]).arg(alerts.with_file_name("alerts.test.yaml")));
    // Every number that an alert looks at is there.
    for name in
        std::fs::read_to_string(alerts).unwrap().split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
    {
        if let Some(name) = name.strip_prefix("streamqueue_") {
            let name = name.trim_end_matches("_bucket").trim_end_matches("_total");
            assert!(text.contains(&format!("streamqueue_{name}")), "{name} is missing in {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_json_and_hold_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start("serve", folder.path(), &[("API_TOKEN", SERVICE), ("LOG_LEVEL", "debug")]);
    running.user(ANN, "ann").await;
    running.get(&format!("/api/v1/extension/check-token?token={ANN}"), None).await.is(200);
    let id = running.get("/health", None).await.headers["x-request-id"].to_str().unwrap().to_owned();
    let log = running.log.clone();
    assert_eq!(running.stop(), Some(0));
    let log = log.lock().unwrap();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
    }
    assert!(log.contains(&id) && !log.contains(ANN) && !log.contains(SERVICE), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_loses_nothing() {
    let Some(slices) = slices("cr-mic-3000") else { return };
    let folder = tempfile::tempdir().unwrap();
    let variables = [("API_TOKEN", SERVICE), ("VOICES", "false"), ("PAUSE_MS", "200")];
    let mut acked = 0;
    let mut running = Running::start("serve", folder.path(), &variables);
    running.user(ANN, "ann").await;
    for (index, slice) in slices.iter().take(10).enumerate() {
        let mut socket = running.socket(&hello("c1")).await;
        assert!(socket.slice(&json!({ "i": index }), slice).await);
        socket.next_of("ack").await.unwrap();
        acked += 1;
        if index % 4 == 3 {
            // Right after the acknowledgement, before anything was made of it.
            assert_eq!(running.stop(), Some(0));
            let mut end = socket.next().await;
            while end.is_ok() {
                end = socket.next().await;
            }
            assert_eq!(end.unwrap_err(), 1001);
            running = Running::start("serve", folder.path(), &variables);
        }
    }
    let mut socket = running.socket(&hello("c1")).await;
    socket.say(&json!({ "type": "end" })).await;
    socket.next_of("ended").await.unwrap();
    let mut finals = 0;
    for _ in 0..200 {
        finals = running.captions(MEETING, Some(ANN)).await.iter().filter(|c| c["is_final"] == true).count();
        if finals >= 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!((acked, finals >= 3) == (10, true), "{finals} captions");
    running.get("/ready", None).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_answers_for_its_health_only_and_needs_no_token() {
    let Some(redis) = Redis::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), redis.url());
    let worker = Running::start("worker", folder.path(), &[("REDIS_URL", &url)]);
    worker.get("/health", None).await.is(200);
    worker.get("/ready", None).await.is(200);
    worker.get("/", None).await.is(404);
    worker.get("/api/v1/extension/check-token", Some(ANN)).await.is(404);
    assert!(Running::spawn("worker", folder.path(), &[]).err().unwrap().contains("REDIS_HOST"));
    assert!(Running::spawn("dance", folder.path(), &[]).err().unwrap().contains("--help"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_in_the_program_and_loads_from_there_only() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start("serve", folder.path(), &[]);
    let page = running.get("/", None).await;
    assert!(page.body.contains("<title>StreamQueue") && page.status == 200);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    for name in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("page")).unwrap() {
        let name = name.unwrap().file_name().into_string().unwrap();
        let path = if name == "index.html" { "/".to_owned() } else { format!("/page/{name}") };
        assert_eq!(running.get(&path, None).await.status, 200, "{path}");
    }
    // Without a token of the service this machine may do everything.
    running.get("/api/v1/extension/check-token", None).await.is(200);
    running.get("/metrics", None).await;
}
