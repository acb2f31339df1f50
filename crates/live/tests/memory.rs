//! Promise: a session that is idle is small. Alone in its process, because it looks at the memory of that.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and prints its figures")]

use sonic_live::{LiveOptions, LiveSession};
use sonic_testing::rounds;

/// Resident memory of this process in bytes.
fn resident() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').nth(1)?.parse::<usize>().ok()? * 4_096)
}

/// A buzz with syllables, as speech has them.
fn speech(seconds: usize) -> Vec<f32> {
    let sample = |i: usize| {
        let t = i as f32 / 16_000.0;
        let buzz = |k: u32| (std::f32::consts::TAU * 130.0 * k as f32 * t).sin() / k as f32;
        let syllables = (0.5 + 0.5 * (std::f32::consts::TAU * 4.0 * t).sin()).powi(3);
        0.1 * syllables * (1..24).map(buzz).sum::<f32>()
    };
    (0..seconds * 16_000).map(sample).collect()
}

/// Connections of a server, a tenth of which are in the middle of a long utterance.
struct Server {
    slices: Vec<Vec<u8>>,
    speech: Vec<f32>,
}

impl Server {
    fn session(&self, name: usize) -> LiveSession {
        let mut session = LiveSession::new(&name.to_string(), None, &LiveOptions::default()).unwrap();
        for (index, slice) in (0..).zip(&self.slices) {
            session.push(index, slice).unwrap();
        }
        for second in 2..4u32 {
            session.push_samples(f64::from(second) * 1_000.0, &[0.0; 16_000]).unwrap();
        }
        session
    }

    /// One that speaks for so many seconds and goes on.
    fn speaking(&self, name: usize, seconds: usize) -> LiveSession {
        let mut session = self.session(name);
        for (second, piece) in self.speech.chunks(16_000).take(seconds).enumerate() {
            session.push_samples((4 + second) as f64 * 1_000.0, piece).unwrap();
        }
        session
    }
}

#[test]
fn sessions_are_small() {
    let (Some(folder), Some(_)) = (sonic_testing::assets("live/slices/cr-mic-1000"), resident()) else {
        return;
    };
    let slices = [0, 1].map(|index| std::fs::read(folder.join(format!("{index:03}.webm"))).unwrap());
    let server = Server { slices: slices.into(), speech: speech(13) };
    // What is allocated once, and the state of the allocator.
    let first: Vec<LiveSession> = (0..20).map(|name| server.speaking(name, 2)).collect();
    let count = rounds(200, 2_000);
    let start = resident().unwrap();
    let idle: Vec<LiveSession> = (0..count - count / 10).map(|name| server.session(name)).collect();
    let idle_each = (resident().unwrap() - start) / idle.len();
    let before = resident().unwrap();
    let speaking: Vec<LiveSession> = (0..count / 10).map(|name| server.speaking(name, 13)).collect();
    let speaking_each = (resident().unwrap() - before) / speaking.len();
    let all = resident().unwrap() - start;
    eprintln!("an idle session takes {idle_each} bytes, one that has spoken for 13 s {speaking_each}");
    eprintln!("{count} sessions of which a tenth speak: {:.1} MB", all as f64 / 1e6);
    assert!(idle_each <= 400_000, "{idle_each} bytes");
    assert!(speaking_each <= idle_each + 13 * 32_000 + 200_000, "{speaking_each} bytes");
    assert!(all <= 450_000 * count, "{all} bytes");
    drop((first, idle, speaking));
}
