//! Promise: under load, with workers, the API and Redis killed at random moments, no segment is lost and none comes twice, and the order
//! of each meeting is kept.
#![cfg(feature = "redis")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail, and prints its figures")]

mod transport_support;

use std::time::Duration;
use transport_support::chaos::{LEAST_KILLS, Load, run};
use transport_support::roles;

/// Not a test: what the processes do that are killed.
#[test]
fn role() {
    roles::role();
}

#[test]
fn nothing_is_lost_and_nothing_comes_twice() {
    if std::env::var_os("SONIC_TEST_ROLE").is_some() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let is_soak = sonic_testing::rounds(0, 1) == 1;
    let load = match is_soak {
        true => Load {
            meetings: 40,
            connections: 2,
            utterances: 125,
            workers: 3,
            pause_ms: (300, 1_500),
            longest: Duration::from_secs(1_500),
        },
        false => Load {
            meetings: 10,
            connections: 2,
            utterances: 25,
            workers: 2,
            pause_ms: (200, 900),
            longest: Duration::from_secs(120),
        },
    };
    let Some(outcome) = run(folder.path(), &load) else { return };
    println!("{outcome:?}");
    assert!(outcome.expected >= load.meetings * load.connections * load.utterances, "{outcome:?}");
    assert_eq!((outcome.lost, outcome.doubled), (0, 0), "{outcome:?}");
    assert!(outcome.kills.iter().all(|kills| *kills >= LEAST_KILLS), "{outcome:?}");
}
