//! Promise: `sonic models` lists, fetches and verifies, in lines that a program can read.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use support::{Ran, Scratch, command};

/// SHA-256 of `abc`: the example of FIPS 180-2.
const SHA256_OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn models(folder: &Path, arguments: &[&str]) -> Ran {
    command().arg("models").args(arguments).env("SONIC_MODELS", folder).output().unwrap().into()
}

/// A server that answers every request with `answer`, then waits for the client to hang up.
fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 2000]).and_then(|_| stream.write_all(answer.as_bytes()));
            let _ = stream.read(&mut [0]);
        }
    });
    address
}

fn manifest(folder: &Path, url: &str) {
    fs::create_dir_all(folder).unwrap();
    let text = format!(
        "id = \"mine\"\ntask = \"vad\"\nurl = \"{url}/mine.onnx\"\nsha256 = \"{SHA256_OF_ABC}\"\nlicence = \"MIT\"\n\
         commercial = true\nsource = \"https://example.org\"\n\
         speech = {{ front_end = \"waveform\", sample_rate = 16000 }}\n"
    );
    fs::write(folder.join("mine.toml"), text).unwrap();
}

fn of<'a>(lines: &'a [Value], id: &str) -> &'a Value {
    lines.iter().find(|line| line["id"] == id).unwrap()
}

#[test]
fn list_knows_what_is_here_and_what_may_be_used() {
    let scratch = Scratch::new("models-cli-list");
    let folder = scratch.join("models");
    let ran = models(&folder, &["list", "--json"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let lines = ran.objects();
    assert_eq!(of(&lines, "celda128")["installed"], true);
    let vad = of(&lines, "silero-vad");
    assert_eq!(
        (&vad["installed"], &vad["task"], &vad["commercial"]),
        (&false.into(), &"vad".into(), &true.into())
    );
    for id in ["det_10g", "det_2.5g", "det_500m", "w600k_r50", "w600k_mbf"] {
        assert_eq!(of(&lines, id)["commercial"], false, "{id}");
    }
    let free = models(&folder, &["list", "--json", "--commercial-only"]).objects();
    assert!(free.iter().all(|line| line["commercial"] == true) && free.len() + 5 == lines.len());
    let text = models(&folder, &["list"]).stdout;
    assert!(text.contains("not for commercial use") && text.contains(folder.to_str().unwrap()), "{text}");
}

#[test]
fn pull_and_verify_report_each_model() {
    let scratch = Scratch::new("models-cli-pull");
    let folder = scratch.join("models");
    manifest(&folder, &server("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"));
    assert_eq!(of(&models(&folder, &["verify", "--json", "mine"]).objects(), "mine")["status"], "missing");
    for status in ["pulled", "present"] {
        let ran = models(&folder, &["pull", "--json", "mine"]);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        let line = &ran.objects()[0];
        assert_eq!(
            (&line["status"], &line["sha256"], &line["verified"]),
            (&status.into(), &SHA256_OF_ABC.into(), &true.into())
        );
    }
    let verified = models(&folder, &["verify", "--json"]);
    assert_eq!((verified.status, &verified.objects()[0]["status"]), (Some(0), &"good".into()));
    fs::write(folder.join("mine.onnx"), "abd").unwrap();
    let verified = models(&folder, &["verify"]);
    assert_eq!(verified.status, Some(1));
    assert!(verified.stdout.contains("mine IS NOT AS PUBLISHED"), "{}", verified.stdout);
    let ran = models(&folder, &["pull", "mine", "celda128"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("mine pulled to") && ran.stdout.contains("celda128 is built"),
        "{}",
        ran.stdout
    );
}

#[test]
fn what_cannot_be_pulled_is_reported_and_the_rest_is_done() {
    let scratch = Scratch::new("models-cli-fail");
    let folder = scratch.join("models");
    manifest(&folder, "http://127.0.0.1:1");
    let stick = scratch.join("");
    fs::write(scratch.join("mine.onnx"), "abc").unwrap();
    let offline = ["--json", "--offline", stick.to_str().unwrap(), "--commercial-only"];
    let ran = models(
        &folder,
        &[&["pull", "det_500m", "wespeaker-resnet34", "nonsense", "mine"], &offline[..]].concat(),
    );
    assert_eq!(ran.status, Some(1));
    let lines = ran.objects();
    let outcomes: Vec<_> =
        lines.iter().map(|l| (l["status"].as_str(), l["error"]["kind"].as_str())).collect();
    assert_eq!(
        outcomes,
        [
            (Some("failed"), Some("model")),
            (Some("failed"), Some("model")),
            (Some("failed"), Some("not_found")),
            (Some("pulled"), None)
        ]
    );
    assert_eq!(models(&folder, &["pull"]).status, Some(2));
    assert_eq!(models(&folder, &["pull", "mine", "--mirror", "http://x", "--offline", "y"]).status, Some(2));
}

#[test]
#[cfg(unix)]
fn interrupted_while_the_server_is_silent_it_leaves_nothing() {
    let scratch = Scratch::new("models-cli-interrupt");
    let folder = scratch.join("models");
    manifest(&folder, &server("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"));
    let mut pulling = command();
    pulling.args(["models", "pull", "mine"]).env("SONIC_MODELS", &folder);
    let child = pulling.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = || fs::read_dir(&folder).unwrap().flatten().any(|e| e.metadata().is_ok_and(|m| m.len() == 2));
    while !begun() {
        thread::sleep(std::time::Duration::from_millis(5));
    }
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(Ran::from(child.wait_with_output().unwrap()).status, Some(130));
    let left: Vec<_> = fs::read_dir(&folder).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["mine.toml"]);
}
