//! Load on processes that are killed at random moments, and what is to come of it.

use super::roles::{Place, delivered, send};
use super::server::{Redis, free_port};
use super::{Key, origin, reference, slices, stored, wait_for};
use sonic_live::transport::{Origin, Told, Transport};
use sonic_store::Store;
use std::collections::{BTreeMap, HashMap};
use std::net::TcpStream;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How much there is to do.
pub(crate) struct Load {
    pub(crate) meetings: usize,
    /// In each meeting.
    pub(crate) connections: usize,
    /// Of each connection.
    pub(crate) utterances: usize,
    pub(crate) workers: usize,
    /// Between two kills, in milliseconds: at least, and at random so much more.
    pub(crate) pause_ms: (u64, u64),
    pub(crate) longest: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) expected: usize,
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
    pub(crate) delivered_twice: usize,
    pub(crate) kills: [usize; 3],
    pub(crate) seconds: f64,
}

/// The sounds that connections have in turn, with their segments.
type Sounds = Vec<(Vec<Vec<u8>>, Vec<Key>)>;

pub(crate) fn run(folder: &std::path::Path, load: &Load) -> Option<Outcome> {
    let redis = Redis::start(&folder.join("redis"), "always")?;
    let place = Place { folder: folder.to_owned(), redis: redis.options().url, api: free_port() };
    let sounds = sounds(load.utterances);
    let origins: Vec<Origin> = (0..load.meetings)
        .flat_map(|meeting| (0..load.connections).map(move |connection| origin(meeting, connection)))
        .collect();
    // Before anybody writes.
    let store = super::open(&place.store());
    let began = Instant::now();
    let is_done = Arc::new(AtomicBool::new(false));
    let sent = Arc::new(AtomicUsize::new(0));
    let is_enough = Arc::new(AtomicBool::new(false));
    let clients = clients(&place, &origins, &sounds, (&sent, &is_enough));
    let mut chaos = Chaos::new(&place, redis, load);
    let (is_over, pause) = (is_done.clone(), load.pause_ms);
    let killer = thread::spawn(move || {
        chaos.go_on(&is_over, &is_enough, pause);
        chaos
    });
    let expected = |i: usize| &sounds[i % sounds.len()].1;
    let mut next = Instant::now();
    wait_for("every segment is stored", load.longest, || {
        if Instant::now() < next {
            return false;
        }
        next = Instant::now() + Duration::from_millis(500);
        let is_stored = |(i, o): (usize, &Origin)| stored(&store, &o.connection).len() >= expected(i).len();
        sent.load(Ordering::Relaxed) == origins.len() && origins.iter().enumerate().all(is_stored)
    });
    clients.into_iter().for_each(|client| client.join().unwrap());
    is_done.store(true, Ordering::Relaxed);
    let chaos = killer.join().unwrap();
    let mut outcome = Outcome {
        expected: (0..origins.len()).map(|i| expected(i).len()).sum(),
        kills: chaos.kills,
        ..Outcome::default()
    };
    settle(&place, &store);
    for (i, origin) in origins.iter().enumerate() {
        check_stored(&store, origin, expected(i), &mut outcome);
    }
    let transport = place.transport();
    check_told(&*transport, &origins, &mut outcome);
    check_delivered(&place, &mut outcome);
    assert_eq!(transport.dead(10).unwrap(), []);
    outcome.seconds = began.elapsed().as_secs_f64();
    drop(chaos);
    assert_eq!(store.check().unwrap(), []);
    Some(outcome)
}

fn sounds(utterances: usize) -> Arc<Sounds> {
    let sound = |seed| {
        thread::spawn(move || {
            let slices = slices(seed, utterances);
            let segments = reference(&slices);
            (slices, segments)
        })
    };
    let threads: Vec<_> = (0..4).map(sound).collect();
    Arc::new(threads.into_iter().map(|sound| sound.join().unwrap()).collect())
}

/// Waits until nothing is on its way any more.
fn settle(place: &Place, store: &Store) {
    let transport = place.transport();
    wait_for("everything is acknowledged", Duration::from_secs(60), || {
        transport.stats().is_ok_and(|s| s.waiting == 0)
    });
    wait_for("everything is delivered", Duration::from_secs(60), || {
        store.transcripts().undelivered().unwrap() == 0
    });
    // What was said is told a moment after it is stored.
    thread::sleep(Duration::from_secs(1));
}

/// A client for each connection, which sends a slice until it is taken; the last of them not before enough was killed.
fn clients(
    place: &Place,
    origins: &[Origin],
    sounds: &Arc<Sounds>,
    (done, is_enough): (&Arc<AtomicUsize>, &Arc<AtomicBool>),
) -> Vec<thread::JoinHandle<()>> {
    let threads = origins.len().min(16);
    let all: Arc<Vec<Origin>> = Arc::new(origins.to_vec());
    (0..threads)
        .map(|thread| {
            let (all, sounds, api) = (all.clone(), sounds.clone(), place.api);
            let (done, is_enough) = (done.clone(), is_enough.clone());
            thread::spawn(move || {
                let mut line = None;
                let mine: Vec<usize> = (thread..all.len()).step_by(threads).collect();
                let longest = sounds.iter().map(|(slices, _)| slices.len()).max().unwrap_or(0);
                for index in 0..=longest {
                    while index + 4 > longest && !is_enough.load(Ordering::Relaxed) {
                        thread::sleep(Duration::from_millis(20));
                    }
                    for i in &mine {
                        let slices = &sounds[i % sounds.len()].0;
                        match slices.get(index) {
                            Some(slice) => until_taken(&mut line, api, &all[*i], index as u64, slice),
                            None if index == slices.len() => until_taken(&mut line, api, &all[*i], 0, &[]),
                            None => {}
                        }
                    }
                }
                done.fetch_add(mine.len(), Ordering::Relaxed);
            })
        })
        .collect()
}

fn until_taken(line: &mut Option<TcpStream>, api: u16, origin: &Origin, index: u64, bytes: &[u8]) {
    let began_ms = 1_700_000_000_000.0;
    let sent_ms = began_ms + (index + 1) as f64 * super::SLICE * 1_000.0;
    loop {
        if line.is_none() {
            *line = TcpStream::connect(("127.0.0.1", api)).ok();
        }
        match line.as_mut().map(|stream| send(stream, origin, index, bytes, sent_ms)) {
            Some(Ok(true)) => return,
            Some(Ok(false)) => {}
            _ => *line = None,
        }
        thread::sleep(Duration::from_millis(30));
    }
}

/// How often each kind is killed at least.
pub(crate) const LEAST_KILLS: usize = 2;

/// The processes, and who kills them.
pub(crate) struct Chaos {
    place: Place,
    redis: Redis,
    api: Child,
    workers: Vec<Child>,
    pub(crate) kills: [usize; 3],
    random: u64,
}

impl Chaos {
    fn new(place: &Place, redis: Redis, load: &Load) -> Self {
        let workers = (0..load.workers).map(|_| place.start("worker")).collect();
        let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let random = nanos as u64 | 1;
        println!("seed {random}");
        Self { api: place.start("api"), place: place.clone(), redis, workers, kills: [0; 3], random }
    }

    fn random(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % below
    }

    fn go_on(&mut self, is_done: &AtomicBool, is_enough: &AtomicBool, (least, more): (u64, u64)) {
        loop {
            is_enough.store(self.kills.iter().all(|kills| *kills >= LEAST_KILLS), Ordering::Relaxed);
            let until = Instant::now() + Duration::from_millis(least + self.random(more));
            while Instant::now() < until {
                if is_done.load(Ordering::Relaxed) {
                    return;
                }
                thread::sleep(Duration::from_millis(10));
            }
            // Each kind in turn, until each was killed often enough.
            let least = self.kills.iter().min().copied().unwrap_or(0);
            let turn = self.kills.iter().position(|kills| *kills == least && least < LEAST_KILLS);
            let kind = match turn {
                Some(turn) => [4, 0, 1][turn],
                None => self.random(5),
            };
            match kind {
                0 => {
                    end(&mut self.api);
                    self.api = self.place.start("api");
                    self.kills[1] += 1;
                }
                1 => {
                    self.redis.kill();
                    let away = self.random(800);
                    thread::sleep(Duration::from_millis(away));
                    self.redis.again();
                    self.kills[2] += 1;
                }
                _ => {
                    let i = self.random(self.workers.len() as u64) as usize;
                    end(&mut self.workers[i]);
                    self.workers[i] = self.place.start("worker");
                    self.kills[0] += 1;
                }
            }
        }
    }
}

impl Drop for Chaos {
    fn drop(&mut self) {
        end(&mut self.api);
        self.workers.iter_mut().for_each(end);
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn check_stored(store: &Store, origin: &Origin, expected: &[Key], outcome: &mut Outcome) {
    let mut counts: HashMap<Key, usize> = HashMap::new();
    let found = stored(store, &origin.connection);
    assert!(found.windows(2).all(|two| two[0].0 < two[1].0), "{} is in order", origin.connection);
    found.into_iter().for_each(|key| *counts.entry(key).or_default() += 1);
    for key in expected {
        match counts.remove(key).unwrap_or(0) {
            0 => {
                println!("{}: lost {key:?}", origin.connection);
                outcome.lost += 1;
            }
            count => outcome.doubled += count - 1,
        }
    }
    // What nobody said.
    counts.iter().for_each(|other| println!("{}: nobody said {other:?}", origin.connection));
    outcome.doubled += counts.values().sum::<usize>();
}

/// What was told of each meeting: each revision once, in order of each connection.
fn check_told(transport: &dyn Transport, origins: &[Origin], outcome: &mut Outcome) {
    let mut told = 0;
    let meetings: std::collections::BTreeSet<&String> =
        origins.iter().map(|origin| &origin.meeting).collect();
    for meeting in meetings {
        let all: Vec<Told> = transport.results(meeting, "", 1_000_000).unwrap();
        let mut seen = HashMap::new();
        let mut last: BTreeMap<&str, u64> = BTreeMap::new();
        for one in &all {
            let segment = &one.segment;
            if seen.insert((&segment.id, segment.revision), ()).is_some() {
                println!("told twice: {segment:?}");
                outcome.doubled += 1;
            }
            if segment.is_final {
                told += 1;
                let before = last.insert(&one.origin.connection, segment.start_ms);
                assert!(before.is_none_or(|before| before < segment.start_ms), "told in order: {meeting}");
            }
        }
    }
    println!("{told} told of {}", outcome.expected);
    outcome.lost += outcome.expected.saturating_sub(told);
    outcome.doubled += told.saturating_sub(outcome.expected);
}

fn check_delivered(place: &Place, outcome: &mut Outcome) {
    let mut keys: HashMap<String, usize> = HashMap::new();
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    for delivery in delivered(&place.delivered()) {
        let key = delivery["key"].as_str().unwrap().to_owned();
        let connection = delivery["origin"]["connection"].as_str().unwrap().to_owned();
        let start = delivery["segment"]["start_ms"].as_u64().unwrap();
        let count = keys.entry(key).or_default();
        *count += 1;
        if *count > 1 {
            println!("delivered again: {delivery}");
            outcome.delivered_twice += 1;
            continue;
        }
        let before = last.insert(connection.clone(), start);
        assert!(before.is_none_or(|before| before < start), "delivered in order: {connection}");
    }
    println!("{} delivered of {}", keys.len(), outcome.expected);
    outcome.lost += outcome.expected.saturating_sub(keys.len());
    outcome.doubled += keys.len().saturating_sub(outcome.expected);
}
