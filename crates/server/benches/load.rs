//! What the server costs beyond the library: `cargo bench --package sonic-media-server`. With `--test` a few requests.
//!
//! Start to first answer; processor time of `/v1/identify` of a clip of 10 s, against that of the library; 20 clients at once;
//! memory and bytes written over all requests.
#![expect(clippy::unwrap_used, reason = "a measurement may fail")]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

#[path = "../tests/http/support.rs"]
#[allow(dead_code, reason = "it uses a part of what the tests share")]
mod support;

use sonic::recordings::{IdentifyOptions, Recording};
use sonic::{Source, Store, StoreOptions};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::{ADMIN, Process, client, clip, demo};

const NAMES: [&str; 8] = [
    "harbour-strings",
    "brot",
    "pixel-orchard",
    "low-tide",
    "lantern-waltz",
    "night-bus",
    "gravel-road",
    "ricercar",
];
const CLIENTS: usize = 20;

fn main() {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let requests = if is_test { 40 } else { 10_000 };
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("store"), StoreOptions::default()).unwrap();
    for name in NAMES {
        let row = Recording { id: name.to_owned(), ..Recording::default() };
        sonic::recordings::add(&store, demo(name), row).unwrap();
    }
    let body = clip("brot", 5, 10);
    let of_library = library(&store, &body, if is_test { 3 } else { 100 });
    store.close();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(measure(folder.path(), body, of_library, requests));
}

/// Seconds of processor time that the library takes for a clip.
fn library(store: &Store, body: &[u8], rounds: u32) -> f64 {
    let once = || sonic::identify(store, Source::from(body.to_vec()), &IdentifyOptions::default()).unwrap();
    assert!(once().answer.is_match());
    let start = seconds("self");
    (0..rounds).for_each(|_| drop(once()));
    (seconds("self") - start) / f64::from(rounds)
}

/// Seconds of processor time of a process.
fn seconds(pid: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / 100.0
}

/// The number behind `name` in a file that the system keeps about a process.
fn number(pid: &str, file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

async fn identify(client: &reqwest::Client, url: &str, body: &[u8]) -> bool {
    let request =
        client.post(format!("{url}/v1/identify")).header("authorization", format!("Bearer {ADMIN}"));
    match request.body(body.to_vec()).send().await {
        Ok(reply) if reply.status() == 200 => reply.text().await.is_ok_and(|text| text.contains("\"match\"")),
        _ => false,
    }
}

/// Seconds until requests were answered, in order.
async fn clients(process: &Process, body: &Arc<Vec<u8>>, count: usize, requests: usize) -> Vec<f64> {
    let left = Arc::new(AtomicUsize::new(requests));
    let tasks = (0..count).map(|_| {
        let (left, body, url, client) = (left.clone(), body.clone(), process.url.clone(), client());
        tokio::spawn(async move {
            let mut took = Vec::new();
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
            {
                let start = Instant::now();
                assert!(identify(&client, &url, &body).await, "a request failed");
                took.push(start.elapsed().as_secs_f64());
            }
            took
        })
    });
    let mut all = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        all.extend(task.await.unwrap());
    }
    all.sort_by(f64::total_cmp);
    all
}

async fn measure(folder: &Path, body: Vec<u8>, of_library: f64, requests: usize) {
    let body = Arc::new(body);
    let start = Instant::now();
    let process = Process::start(folder, &["--rate", "1000000"], "listening");
    let client = client();
    while !identify(&client, &process.url, &body).await {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    println!("start to first answer: {:.3} s", start.elapsed().as_secs_f64());
    let pid = process.child.id().to_string();
    let alone = (requests / 20).max(3);
    let before = seconds(&pid);
    clients(&process, &body, 1, alone).await;
    let each = (seconds(&pid) - before) / alone as f64;
    println!(
        "processor time of a request: {:.2} ms, of the library {:.2} ms, beyond it {:.2} ms",
        each * 1e3,
        of_library * 1e3,
        (each - of_library) * 1e3
    );
    let warm = clients(&process, &body, CLIENTS, (requests / 10).max(20)).await;
    let (resident, written) = (number(&pid, "status", "VmRSS:"), number(&pid, "io", "write_bytes:"));
    let start = Instant::now();
    let took = clients(&process, &body, CLIENTS, requests).await;
    let (p50, p99) = (took[took.len() / 2], took[took.len() * 99 / 100]);
    println!(
        "{CLIENTS} clients, {requests} requests: {:.0} a second, p50 {:.1} ms, p99 {:.1} ms ({:.1} times), none failed",
        requests as f64 / start.elapsed().as_secs_f64(),
        p50 * 1e3,
        p99 * 1e3,
        p99 / p50
    );
    println!(
        "resident: {} MB after {} requests, {} MB after {requests} more; anonymous {} MB",
        resident / 1000,
        alone + warm.len(),
        number(&pid, "status", "VmRSS:") / 1000,
        number(&pid, "status", "RssAnon:") / 1000
    );
    println!("bytes written meanwhile: {}", number(&pid, "io", "write_bytes:") - written);
}
