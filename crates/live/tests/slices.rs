//! Promise: slices of a browser's recorder go in and segments come out; a process that takes over gives the same; a session that
//! is idle is small.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and prints its figures")]

use sonic_core::Segment;
use sonic_live::{LiveOptions, LiveSession};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

/// The slices of a recording of the assets, in order.
fn slices(name: &str) -> Option<Vec<Vec<u8>>> {
    let folder = sonic_testing::assets(&format!("live/slices/{name}"))?;
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end != "json"));
    files.sort();
    Some(files.iter().map(|file| std::fs::read(file).unwrap()).collect())
}

/// Beginning and end of the latest revision of each segment, by id.
fn places(told: &[Segment]) -> BTreeMap<String, (u64, u64, bool)> {
    told.iter()
        .map(|segment| (segment.id.clone(), (segment.start_ms, segment.end_ms, segment.is_final)))
        .collect()
}

/// Pushes slices, all of a session.
fn push(session: &mut LiveSession, slices: &[Vec<u8>]) -> Vec<Segment> {
    let each = slices.iter().enumerate();
    each.flat_map(|(index, slice)| session.push(index as u64, slice).unwrap()).collect()
}

#[test]
fn every_browser_gives_the_turns_of_the_conversation() {
    for (name, least) in [("cr-mic-1000", 4), ("cr-mic-3000", 4), ("ff-webm-3000", 4), ("ff-ogg-1000", 4)] {
        let Some(slices) = slices(name) else { return };
        let mut session = LiveSession::new(name, None, &LiveOptions::default()).unwrap();
        let began = Instant::now();
        let mut told = push(&mut session, &slices);
        told.extend(session.finish().unwrap());
        let segments = places(&told);
        eprintln!("{name}: {} segments, {:?}", segments.len(), began.elapsed());
        assert!(segments.len() >= least && segments.values().all(|(start, end, done)| *done && end > start));
        let speech: u64 = segments.values().map(|(start, end, _)| end - start).sum();
        assert!((38_000..56_000).contains(&speech), "{name}: {speech} ms of speech");
        assert!(session.gaps().is_empty());
    }
}

#[test]
fn a_process_that_takes_over_gives_the_same_segments() {
    for name in ["cr-mic-3000", "ff-ogg-1000"] {
        let Some(slices) = slices(name) else { return };
        let options = LiveOptions::default();
        let mut session = LiveSession::new("c", None, &options).unwrap();
        let mut whole = push(&mut session, &slices);
        whole.extend(session.finish().unwrap());
        for cut in (1..slices.len()).step_by(slices.len() / 4) {
            let mut session = LiveSession::new("c", None, &options).unwrap();
            let mut told = push(&mut session, &slices[..cut]);
            let state = session.state().unwrap();
            drop(session);
            let mut session = LiveSession::restore(&state, None, &options).unwrap();
            for (index, slice) in slices.iter().enumerate().skip(cut) {
                told.extend(session.push(index as u64, slice).unwrap());
            }
            told.extend(session.finish().unwrap());
            assert_eq!(places(&told), places(&whole), "{name}, killed before slice {cut}");
            eprintln!("{name}: a state of {} bytes before slice {cut}", state.len());
        }
        // Nothing but the slices.
        let mut session = LiveSession::new("c", None, &options).unwrap();
        let mut told = push(&mut session, &slices);
        told.extend(session.finish().unwrap());
        assert_eq!(places(&told), places(&whole));
    }
}

#[test]
fn nonsense_is_an_error_and_the_session_goes_on() {
    let Some(slices) = slices("cr-mic-1000") else { return };
    let mut session = LiveSession::new("c", None, &LiveOptions::default()).unwrap();
    assert!(session.push(1 << 40, b"x").is_err());
    assert!(session.push(0, &vec![0; 100 << 20]).is_err());
    let mut told = push(&mut session, &slices[..20]);
    told.extend(session.finish().unwrap());
    assert!(!told.is_empty());
}

/// Resident memory of this process in bytes.
fn resident() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').nth(1)?.parse::<usize>().ok()? * 4_096)
}

#[test]
fn a_session_that_is_idle_is_small() {
    let (Some(slices), Some(_)) = (slices("cr-mic-1000"), resident()) else { return };
    let session = |name: usize| {
        let mut session = LiveSession::new(&name.to_string(), None, &LiveOptions::default()).unwrap();
        push(&mut session, &slices[..2]);
        for second in 2..6u32 {
            session.hear(f64::from(second) * 1_000.0, &[0.0; 16_000]).unwrap();
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
