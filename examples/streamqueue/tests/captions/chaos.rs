//! Parts are killed at random moments: API, worker, Redis. Whatever was acknowledged becomes captions, each once.

use crate::support::{ANN, Redis, Running, SERVICE, frame, now_ms, slices};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use sonic::live::{LiveOptions, LiveSession, UtteranceOptions};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

const MEETINGS: [&str; 4] = ["aaa-aaaa-aaa", "bbb-bbbb-bbb", "ccc-cccc-ccc", "ddd-dddd-ddd"];
/// The whole test ends within this.
const LONGEST: Duration = Duration::from_secs(150);

/// Random numbers that are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Where captions begin and end in a recording, in milliseconds, when nothing is killed.
fn expected(slices: &[Vec<u8>]) -> Vec<(u64, u64)> {
    let utterances = UtteranceOptions { partial_ms: 5_000, hangover_ms: 200, ..UtteranceOptions::default() };
    let mut session =
        LiveSession::new("c", None, &LiveOptions { utterances, ..LiveOptions::default() }).unwrap();
    let mut known = BTreeMap::new();
    for (index, slice) in slices.iter().enumerate() {
        let sent = (index + 1) as f64 * 3_000.0;
        session
            .push_at(index as u64, slice, sent)
            .unwrap()
            .into_iter()
            .for_each(|s| drop(known.insert(s.id.clone(), s)));
    }
    session.finish().unwrap().into_iter().for_each(|s| drop(known.insert(s.id.clone(), s)));
    let mut places: Vec<(u64, u64)> =
        known.into_values().filter(|s| s.is_final).map(|s| (s.start_ms, s.end_ms)).collect();
    places.sort_unstable();
    places
}

/// A page without a browser: sends its slices until all of them are acknowledged, whatever happens to its sockets.
async fn page(
    url: String,
    connection: String,
    meeting: &'static str,
    slices: Arc<Vec<Vec<u8>>>,
    sockets: Arc<AtomicUsize>,
) {
    let from = now_ms() - 70_000.0;
    let mut acked = -1_i64;
    'again: loop {
        tokio::time::sleep(Duration::from_millis(60)).await;
        let Ok(Ok((mut socket, _))) =
            tokio::time::timeout(Duration::from_secs(2), tokio_tungstenite::connect_async(&url)).await
        else {
            continue;
        };
        sockets.fetch_add(1, Ordering::Relaxed);
        let hello = json!({ "type": "hello", "token": ANN, "connection_id": connection, "meeting_id": meeting, "acked": acked, "after": "" });
        if socket.send(Message::Text(hello.to_string().into())).await.is_err() {
            continue;
        }
        let mut next = acked + 1;
        loop {
            // Some under way at a time, as the page has them.
            while next < slices.len() as i64 && next - acked <= 4 {
                let header = json!({ "i": next, "ts": from + (next + 1) as f64 * 3_000.0 });
                if socket.send(Message::Binary(frame(&header, &slices[next as usize]).into())).await.is_err()
                {
                    continue 'again;
                }
                next += 1;
            }
            if acked + 1 == slices.len() as i64
                && socket.send(Message::Text(r#"{"type":"end"}"#.into())).await.is_err()
            {
                continue 'again;
            }
            let Ok(Some(Ok(message))) = tokio::time::timeout(Duration::from_secs(15), socket.next()).await
            else {
                continue 'again;
            };
            let Message::Text(text) = message else { continue };
            let message: Value = serde_json::from_str(&text).unwrap();
            match message["type"].as_str() {
                Some("ack") => acked = acked.max(message["i"].as_i64().unwrap()),
                Some("ended") => return,
                Some("refused") => panic!("{message}"),
                _ => (),
            }
        }
    }
}

/// Kills one of the three every now and then, until it is told to stop; gives how often.
fn killer(
    mut redis: Redis,
    data: std::path::PathBuf,
    port: String,
    stop: Arc<AtomicUsize>,
) -> std::thread::JoinHandle<(Redis, Running, Running, [usize; 3])> {
    std::thread::spawn(move || {
        let url = redis.url();
        let variables = [
            ("API_TOKEN", SERVICE),
            ("VOICES", "false"),
            ("RATE", "100000"),
            ("REDIS_URL", &*url),
            ("PORT", &*port),
        ];
        let worker_variables =
            [("VOICES", "false"), ("LEASE_SEC", "1"), ("PAUSE_MS", "200"), ("REDIS_URL", &*url)];
        let start = |role: &str| match role {
            "api" => Running::start("api", &data, &variables),
            role => Running::start(role, &data, &worker_variables),
        };
        let (mut api, mut worker) = (start("api"), start("worker"));
        let (mut random, mut kills) = (Random(7), [0; 3]);
        // Some of them while captions are made of what was sent; a busy machine takes its time to start a process again.
        for kill in 0..sonic_testing::rounds(9, 150) {
            std::thread::sleep(Duration::from_millis(500 + random.below(1_500)));
            if kill >= 6 && stop.load(Ordering::Relaxed) != 0 {
                break;
            }
            let what = random.below(3) as usize;
            kills[what] += 1;
            match what {
                0 => {
                    api.kill();
                    api = start("api");
                }
                1 => {
                    worker.kill();
                    worker = start("worker");
                }
                _ => redis.again(Duration::from_millis(random.below(300))),
            }
        }
        (redis, api, worker, kills)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_becomes_captions_each_once_whatever_is_killed() {
    let (Some(slices), Some(redis)) = (slices("cr-mic-3000"), Redis::start()) else { return };
    let begun = Instant::now();
    let places = expected(&slices);
    let wanted = sonic_testing::rounds(500, 10_000);
    let connections = wanted.div_ceil(places.len());
    let folder = tempfile::tempdir().unwrap();
    // Tokens are in Redis, where the service looks for them.
    let client = redis::Client::open(redis.url().replace("/0", "/1")).unwrap();
    redis::pipe()
        .hset("token_user_map", ANN, "ann")
        .hset("user_enable_status_map", "ann", "1")
        .exec(&mut client.get_connection().unwrap())
        .unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let (stop, sockets) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let killing = killer(redis, folder.path().to_owned(), port.clone(), stop.clone());
    let (url, slices) = (format!("ws://127.0.0.1:{port}/api/v1/ws"), Arc::new(slices));
    let pages: Vec<_> = (0..connections)
        .map(|n| {
            tokio::spawn(page(url.clone(), format!("c{n}"), MEETINGS[n % 4], slices.clone(), sockets.clone()))
        })
        .collect();
    for page in pages {
        page.await.unwrap();
    }
    let sent = begun.elapsed();
    stop.store(1, Ordering::Relaxed);
    let (_redis, api, worker, kills) =
        tokio::task::spawn_blocking(move || killing.join().unwrap()).await.unwrap();
    let all = settled(&api, connections * places.len()).await;
    check(&all, &places, connections);
    eprintln!(
        "{} segments of {connections} connections, {kills:?} kills of API, worker, Redis, {} sockets: sent in {:.1} s, all in {:.1} s",
        connections * places.len(),
        sockets.load(Ordering::Relaxed),
        sent.as_secs_f64(),
        begun.elapsed().as_secs_f64()
    );
    assert_eq!((api.stop(), worker.stop()), (Some(0), Some(0)));
}

/// The captions of all meetings, when as many are final as there must be, and no more came for a while.
async fn settled(api: &Running, wanted: usize) -> Vec<Value> {
    let deadline = Instant::now() + LONGEST;
    loop {
        let mut all = Vec::new();
        for meeting in MEETINGS {
            all.extend(api.captions(meeting, Some(ANN)).await);
        }
        let finals = all.iter().filter(|c| c["is_final"] == true).count();
        if finals >= wanted || Instant::now() > deadline {
            return all;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// That each connection has exactly the captions that it has when nothing is killed.
fn check(all: &[Value], places: &[(u64, u64)], connections: usize) {
    let mut found: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
    for caption in all {
        assert_eq!(caption["is_final"], true, "{caption}");
        let time =
            |name: &str| caption[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond();
        found
            .entry(caption["connection_id"].as_str().unwrap())
            .or_default()
            .push((time("start"), time("end")));
    }
    assert_eq!(found.len(), connections);
    for (connection, mut times) in found {
        times.sort_unstable();
        let first = times[0].0 - places[0].0 as i64;
        let relative: Vec<(u64, u64)> =
            times.iter().map(|(from, to)| ((from - first) as u64, (to - first) as u64)).collect();
        assert_eq!(relative, places, "captions of {connection}");
    }
}
