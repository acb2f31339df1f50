//! What a slice, a caption and an idle connection take. With SONIC_SOAK the counts of the promise: 100 connections for two
//! minutes, 10,000 idle ones. A development build on a machine that others use says how much processor time it takes; the
//! limits of the wall clock are for an idle machine, and hold here with some room.

use crate::support::{ANN, Running, SERVICE, hello, now_ms, slices};
use serde_json::json;
use sonic_testing::rounds;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const VARIABLES: [(&str, &str); 4] =
    [("PAUSE_MS", "200"), ("API_TOKEN", SERVICE), ("RATE", "100000"), ("TRANSCRIBER_STEP_SEC", "2")];

/// Processor time of a process so far, and its memory in bytes.
fn usage(pid: u32) -> (Duration, u64) {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let kilobytes = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
        line.trim().trim_end_matches(" kB").trim().parse().unwrap_or(0)
    };
    // Pages of the store's file are the system's, which takes them back when it needs them.
    (Duration::from_millis(ticks * 10), (kilobytes("VmRSS:") - kilobytes("RssFile:")) * 1024)
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    sorted
        .get(((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0.0)
}

/// Milliseconds from the last slice to what became known by it, of final captions and of others.
type Latencies = Arc<Mutex<[Vec<f64>; 2]>>;

/// Sends slices at their pace and notes how soon captions come.
async fn speak(
    running: Arc<Running>,
    number: usize,
    slices: Arc<Vec<Vec<u8>>>,
    count: usize,
    latencies: Latencies,
) {
    tokio::time::sleep(Duration::from_millis(number as u64 * 3_000 / 100)).await;
    let mut greeting = hello(&format!("load-{number}"));
    greeting["meeting_id"] = json!(format!("aaa-{}-zzz", letters(number)));
    let mut socket = running.socket(&greeting).await;
    let from = now_ms() - 3_000.0;
    for index in 0..count {
        let sent = Instant::now();
        let header = json!({ "i": index, "ts": from + (index + 1) as f64 * 3_000.0, "slice_ms": 3_000 });
        // A recording again is a new recorder on the same connection.
        assert!(socket.slice(&header, &slices[index % slices.len()]).await);
        while let Some(left) = Duration::from_millis(3_000).checked_sub(sent.elapsed()) {
            let Ok(message) = tokio::time::timeout(left, socket.next()).await else { break };
            let message = message.unwrap();
            if message["type"] == "segment" {
                let place = usize::from(message["is_final"] != true);
                latencies.lock().unwrap()[place].push(sent.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
}

fn letters(number: usize) -> String {
    [number / 676 % 26, number / 26 % 26, number % 26, 0].map(|n| char::from(b'a' + n as u8)).iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn slices_take_little_and_captions_come_soon() {
    let Some(slices) = slices("cr-mic-3000") else { return };
    let connections = rounds(20, 100);
    let count = rounds(5, 40);
    for (voices, most_ms) in [("false", 60.0), ("true", 120.0)] {
        let folder = tempfile::tempdir().unwrap();
        let variables = [&VARIABLES[..], &[("VOICES", voices)]].concat();
        let running = Arc::new(Running::start("serve", folder.path(), &variables));
        running.user(ANN, "ann").await;
        let (latencies, slices) = (Latencies::default(), Arc::new(slices.clone()));
        let before = usage(running.pid());
        let speaking: Vec<_> = (0..connections)
            .map(|n| tokio::spawn(speak(running.clone(), n, slices.clone(), count, latencies.clone())))
            .collect();
        let watched = running.clone();
        let halfway = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(count as u64 * 1_500)).await;
            usage(watched.pid()).1
        });
        for speaking in speaking {
            speaking.await.unwrap();
        }
        let after = usage(running.pid());
        let middle = halfway.await.unwrap();
        let waiting = running.get("/ready", None).await.is(200)["waiting"].as_u64().unwrap();
        let followed = ((connections * count) as f64 - waiting as f64).max(1.0);
        let cost = (after.0 - before.0).as_secs_f64() * 1e3 / followed;
        let [mut finals, mut partials] = std::mem::take(&mut *latencies.lock().unwrap());
        finals.sort_by(f64::total_cmp);
        partials.sort_by(f64::total_cmp);
        eprintln!(
            "{connections} connections, {} slices, voices {voices}: {cost:.1} ms of processor time a slice; to a decision p50 {:.0} ms, p99 {:.0} ms; to a final caption p50 {:.0} ms, p99 {:.0} ms; {waiting} wait; memory {:.0} MB, halfway {:.0} MB, before {:.0} MB",
            connections * count,
            percentile(&partials, 0.5),
            percentile(&partials, 0.99),
            percentile(&finals, 0.5),
            percentile(&finals, 0.99),
            after.1 as f64 / 1e6,
            middle as f64 / 1e6,
            before.1 as f64 / 1e6
        );
        assert!(cost < most_ms, "{cost} ms a slice");
        assert!(finals.len() >= connections / 2, "{} final captions", finals.len());
        if count >= 40 {
            assert!(waiting < connections as u64 * 2, "the queue grows: {waiting}");
            assert!(after.1 < middle + middle / 10 + (20 << 20), "memory grows: {middle}, {}", after.1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn idle_connections_take_little() {
    let wanted = rounds(1_000, 10_000);
    let folder = tempfile::tempdir().unwrap();
    let running = Arc::new(Running::start("serve", folder.path(), &VARIABLES));
    for pid in [std::process::id(), running.pid()] {
        let raised =
            Command::new("prlimit").args(["--nofile=20000:20000", "--pid", &pid.to_string()]).status();
        if wanted > 1_000 && !raised.is_ok_and(|status| status.success()) {
            eprintln!("skipped: the number of open files cannot be raised");
            return;
        }
    }
    running.user(ANN, "ann").await;
    let before = usage(running.pid());
    let mut sockets = Vec::new();
    for begun in (0..wanted).step_by(100) {
        let opening: Vec<_> = (begun..(begun + 100).min(wanted))
            .map(|n| {
                let running = running.clone();
                tokio::spawn(async move {
                    let mut greeting = hello(&format!("idle-{n}"));
                    greeting["meeting_id"] = json!(format!("aaa-{}-zzz", letters(n / 10)));
                    running.socket(&greeting).await
                })
            })
            .collect();
        for socket in opening {
            sockets.push(socket.await.unwrap());
        }
    }
    let held = usage(running.pid());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let later = usage(running.pid());
    let each = held.1.saturating_sub(before.1) as f64 / wanted as f64 / 1e3;
    eprintln!(
        "{wanted} idle sockets: {:.0} MB, {each:.1} kB each; {:.2} s of processor time to open them, {:.3} s a second to hold them",
        held.1 as f64 / 1e6,
        (held.0 - before.0).as_secs_f64(),
        (later.0 - held.0).as_secs_f64() / 2.0
    );
    assert!(each < 90.0, "{each} kB a socket");
    assert!(held.1 < 1_000_000_000);
    // Who speaks is served meanwhile.
    let mut speaking = running.socket(&hello("speaking")).await;
    let sent = Instant::now();
    assert!(speaking.slice(&json!({ "i": 0 }), b"x").await);
    speaking.next_of("ack").await.unwrap();
    assert!(sent.elapsed() < Duration::from_secs(2));
    drop(sockets);
}
