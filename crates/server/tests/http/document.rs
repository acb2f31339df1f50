//! Promise: the server does what its OpenAPI document says, and its numbers are what Prometheus reads.

use crate::support::{ADMIN, Process, Running, clip, recording};
use sonic_testing::Need;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Runs a program on what it reads from a file; both of its outputs as a text, and whether it was content.
fn checked(command: &mut Command) -> (bool, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (status.success(), text)
}

/// Requests that are made of the document and of what it forbids: none ends in a 500, and no answer is outside of it.
#[tokio::test(flavor = "multi_thread")]
async fn answers_are_within_the_document() {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/schemathesis");
    if !program.exists() {
        let reason = format!("{} is not there: `make services` installs it", program.display());
        return sonic_testing::skip(Need::Schemathesis, reason);
    }
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path(), &["--rate", "100000"], "ready");
    let examples = sonic_testing::rounds(3, 40).to_string();
    // Without models faces are not recognised, which is a 501.
    let settings = "[checks.not_a_server_error]\nexpected-statuses = [\"2xx\", \"3xx\", \"4xx\", \"501\"]\n";
    std::fs::write(folder.path().join("schemathesis.toml"), settings).unwrap();
    let mut command = Command::new(program);
    command
        .args(["run", "--seed", "1", "--phases", "examples,fuzzing", "--max-examples", &examples])
        .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance"])
        .args(["--checks", "response_schema_conformance,response_headers_conformance"])
        .args(["--header", &format!("authorization: Bearer {ADMIN}"), "--no-color"])
        .args(["--suppress-health-check", "all", "--generation-database", "none"])
        .arg(format!("{}/openapi.json", process.url))
        .current_dir(folder.path())
        .stdin(Stdio::null());
    let (good, text) = tokio::task::spawn_blocking(move || checked(&mut command)).await.unwrap();
    assert!(good, "{text}");
}

fn promtool() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|folder| folder.join("promtool")).find(|program| program.exists());
    if found.is_none() {
        sonic_testing::skip(Need::Promtool, "there is no promtool: it is part of Prometheus");
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_reads_the_numbers_and_the_alerts() {
    let Some(promtool) = promtool() else { return };
    let server = Running::start(&[]).await;
    server.post("/v1/recordings?id=brot", recording("brot")).await.good();
    server.post("/v1/identify", clip("brot", 3, 5)).await.good();
    let metrics = server.folder.path().join("metrics");
    // It reads the older format, in which a counter has the name of its line, and which has no last line.
    let text = server.get("/metrics").await.text().replace("# EOF\n", "");
    let text = ["# HELP", "# TYPE"].into_iter().fold(text, |text, line| {
        text.replace(&format!("{line} sonic_requests "), &format!("{line} sonic_requests_total "))
    });
    std::fs::write(&metrics, &text).unwrap();
    let file = std::fs::File::open(&metrics).unwrap();
    let (good, said) = checked(Command::new(&promtool).args(["check", "metrics"]).stdin(file));
    assert!(good, "{said}\n{text}");
    let alerts = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/alerts.yaml");
    let (good, said) = checked(Command::new(&promtool).args(["check", "rules"]).arg(alerts));
    assert!(good, "{said}");
}
