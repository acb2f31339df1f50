//! Promise: slices of a browser's recorder go in and segments come out; a process that takes over gives the same.
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
    let recordings = [
        ("cr-mic-1000", 38_000..56_000),
        ("cr-mic-3000", 38_000..56_000),
        ("ff-webm-3000", 38_000..56_000),
        ("ff-ogg-3000", 12_000..23_000),
    ];
    for (name, expected) in recordings {
        let Some(slices) = slices(name) else { return };
        let mut session = LiveSession::new(name, None, &LiveOptions::default()).unwrap();
        let began = Instant::now();
        let mut told = push(&mut session, &slices);
        told.extend(session.finish().unwrap());
        let segments = places(&told);
        eprintln!("{name}: {} segments, {:?}", segments.len(), began.elapsed());
        assert!(segments.len() >= 2 && segments.values().all(|(start, end, done)| *done && end > start));
        let speech: u64 = segments.values().map(|(start, end, _)| end - start).sum();
        assert!(expected.contains(&speech), "{name}: {speech} ms of speech");
        assert!(session.gaps().is_empty());
    }
}

#[test]
fn a_process_that_takes_over_gives_the_same_segments() {
    for name in ["cr-mic-3000", "ff-ogg-3000"] {
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

/// Numbers that look random, the same in each run.
fn dice(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below.max(1)
    }
}

/// Does something to a slice: flips bytes, cuts it, puts another one or noise in its place.
fn damage(slices: &[Vec<u8>], at: usize, dice: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    let mut slice = slices[at].clone();
    match dice(8) {
        0 => slice.truncate(dice(slice.len() + 1)),
        1 => drop(slice.drain(..dice(slice.len() + 1))),
        2 => slice.iter_mut().for_each(|byte| *byte = dice(256) as u8),
        3 => slice = slices[dice(slices.len())].clone(),
        4 | 5 => {
            for _ in 0..=dice(40) {
                let place = dice(slice.len());
                slice.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= dice(256) as u8);
            }
        }
        _ => (),
    }
    slice
}

#[test]
fn damaged_slices_in_any_order_give_segments_that_can_be() {
    let rounds = sonic_testing::rounds(3, 200) as u64;
    for (number, name) in
        ["cr-mic-1000", "ff-ogg-3000", "cr-mp4-3000", "ff-restart-same-webm-1000"].iter().enumerate()
    {
        let Some(slices) = slices(name) else { return };
        for round in 0..rounds {
            let mut dice = dice(round * 10 + number as u64 + 1);
            let options = LiveOptions::default();
            let mut session = LiveSession::new("c", None, &options).unwrap();
            let (mut told, mut refused) = (Vec::new(), 0);
            for at in 0..slices.len().min(20) {
                let slice = damage(&slices, at, &mut dice);
                let index = if dice(12) == 0 { dice(slices.len()) } else { at };
                match session.push(index as u64, &slice) {
                    Ok(more) => told.extend(more),
                    Err(_) => refused += 1,
                }
                if dice(6) == 0 {
                    session = LiveSession::restore(&session.state().unwrap(), None, &options).unwrap();
                }
            }
            told.extend(session.finish().unwrap_or_default());
            // A damaged time may lie far ahead, and then what follows does too.
            assert!(told.iter().all(|s| s.start_ms <= s.end_ms), "{name} {round}");
            assert!(session.counts().errors >= refused, "{name} {round}: {:?}", session.counts());
        }
    }
}
