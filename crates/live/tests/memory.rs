//! Promise: a session that is idle is small. Alone in its process, because it looks at the memory of that.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and prints its figures")]

use sonic_live::{LiveOptions, LiveSession};

/// Resident memory of this process in bytes.
fn resident() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').nth(1)?.parse::<usize>().ok()? * 4_096)
}

#[test]
fn a_session_that_is_idle_is_small() {
    let (Some(folder), Some(_)) = (sonic_testing::assets("live/slices/cr-mic-1000"), resident()) else {
        return;
    };
    let slice = |index: u64| std::fs::read(folder.join(format!("{index:03}.webm"))).unwrap();
    let slices = [slice(0), slice(1)];
    let session = |name: usize| {
        let mut session = LiveSession::new(&name.to_string(), None, &LiveOptions::default()).unwrap();
        for (index, slice) in slices.iter().enumerate() {
            session.push(index as u64, slice).unwrap();
        }
        for second in 2..6u32 {
            session.push_samples(f64::from(second) * 1_000.0, &[0.0; 16_000]).unwrap();
        }
        session
    };
    let first: Vec<LiveSession> = (0..20).map(session).collect();
    let before = resident().unwrap();
    let sessions: Vec<LiveSession> = (0..200).map(session).collect();
    let each = (resident().unwrap() - before) / sessions.len();
    eprintln!("an idle session takes {each} bytes");
    assert!(each <= 400_000, "{each} bytes");
    drop((first, sessions));
}
