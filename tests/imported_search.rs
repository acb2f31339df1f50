//! Promise: clips of recordings that were imported without their sound are recognised, as far as their hashes allow; clips
//! of something else are not.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../examples/demo/degrade.rs"]
#[allow(dead_code, reason = "the demo uses more of it")]
mod degrade;
mod imported_support;
mod support;

use imported_support::{Clip, Outcome, delivered, episodes, made, media};
use sonic::audio::{decode, hashes};
use sonic::imported::import;
use sonic::recordings::{AddOptions, IdentifyOptions, Recording, add_with};
use sonic::{Clip as Sound, Store, StoreOptions};
use sonic_testing::assets;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use support::Scratch;

fn store(scratch: &Scratch) -> Option<Store> {
    let assets = assets("services/citywok")?;
    let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
    import(&store, assets.join("bucket"), |_| ControlFlow::Continue(())).unwrap();
    Some(store)
}

/// How many clips are right, how many wrong, and what each was by kind.
fn outcomes(store: &Store, clips: &[Clip], imported: bool) -> (usize, usize, String) {
    let mut kinds: BTreeMap<&str, Vec<Outcome>> = BTreeMap::new();
    for clip in clips {
        let sound = Sound::new(clip.samples.clone(), clip.sample_rate);
        let answer = sonic::identify(store, &sound, &IdentifyOptions::default()).unwrap().answer;
        let best = answer.matches.first().filter(|_| answer.is_match());
        assert!(best.is_none_or(|best| best.imported == imported), "{answer:?}");
        kinds.entry(clip.kind_of_truth()).or_default().push(clip.outcome(best));
    }
    let count = |outcome| kinds.values().flatten().filter(|one| **one == outcome).count();
    (count(Outcome::Right), count(Outcome::Wrong), format!("{kinds:?}"))
}

#[test]
fn most_hashes_of_a_recording_are_those_that_were_imported() {
    let scratch = Scratch::new("imported-hashes");
    let Some(store) = store(&scratch) else { return };
    for (episode, recording) in episodes().unwrap().into_iter().take(2) {
        let own = hashes(&decode(media(&recording)).unwrap()).unwrap();
        let mut wanted: Vec<_> = own.hashes.iter().map(|(hash, _)| *hash).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let stored = store.imported().frames_of(&episode, &wanted).unwrap().unwrap();
        let is_stored =
            |hash, frame| stored[wanted.binary_search(hash).unwrap()].binary_search(frame).is_ok();
        let same = own.hashes.iter().filter(|(hash, frame)| is_stored(hash, frame)).count();
        assert!(same * 100 >= own.hashes.len() * 65, "{episode}: {same} of {}", own.hashes.len());
    }
}

#[test]
fn clips_that_came_with_the_files() {
    let scratch = Scratch::new("imported-delivered");
    let Some(store) = store(&scratch) else { return };
    let (right, wrong, kinds) = outcomes(&store, &delivered().unwrap(), true);
    // Of thirteen that are there, one is 5 % faster, and one as loud as its noise.
    assert!(right >= 11 && wrong == 0, "{right} right, {wrong} wrong: {kinds}");
}

#[test]
fn clips_spoilt_in_many_ways() {
    let scratch = Scratch::new("imported-spoilt");
    let Some(store) = store(&scratch) else { return };
    let clips = made(usize::MAX).unwrap();
    let positives = clips.iter().filter(|clip| clip.episode.is_some()).count();
    assert_eq!((positives, clips.len() - positives), (135, 24));
    let (right, wrong, kinds) = outcomes(&store, &clips, true);
    assert!(right >= 112 && wrong <= 1, "{right} right, {wrong} wrong: {kinds}");
}

/// Which of both answers is said, and landmarks have the word.
#[test]
fn landmarks_answer_where_there_are_some() {
    let scratch = Scratch::new("imported-both");
    let Some(store) = store(&scratch) else { return };
    let (episode, recording) = episodes().unwrap().remove(2);
    let row = Recording { id: "the same under another id".to_owned(), ..Recording::default() };
    add_with(&store, media(&recording), row, &AddOptions::default()).unwrap();
    let whole = decode(media(&recording)).unwrap();
    let part = whole.samples[whole.sample_rate as usize * 20..][..whole.sample_rate as usize * 8].to_vec();
    let clip = Sound::new(part, whole.sample_rate);
    let answer = sonic::identify(&store, &clip, &IdentifyOptions::default()).unwrap().answer;
    assert!(answer.is_match() && !answer.matches[0].imported, "{answer:?}");
    assert_eq!(answer.matches[0].id, "the same under another id");
    assert!(answer.matches.iter().any(|m| m.imported && m.id == episode), "{answer:?}");
    let options = IdentifyOptions { exclude: vec![row_id()], ..IdentifyOptions::default() };
    let answer = sonic::identify(&store, &clip, &options).unwrap().answer;
    assert!(answer.is_match() && answer.matches[0].imported && answer.matches[0].id == episode, "{answer:?}");
    let both = IdentifyOptions { exclude: vec![row_id(), episode.clone()], ..IdentifyOptions::default() };
    let answer = sonic::identify(&store, &clip, &both).unwrap().answer;
    assert!(!answer.is_match() && answer.matches.iter().all(|m| m.id != episode), "{answer:?}");
}

fn row_id() -> String {
    "the same under another id".to_owned()
}

/// A long clip is searched piece by piece, and its matches are joined.
#[test]
fn a_long_clip_is_one_match() {
    let scratch = Scratch::new("imported-long");
    let Some(store) = store(&scratch) else { return };
    let (episode, recording) = episodes().unwrap().remove(0);
    let answer = sonic::identify(&store, media(&recording), &IdentifyOptions::default()).unwrap();
    let found = &answer.answer.matches[0];
    assert!(answer.answer.is_match() && found.id == episode && found.offset_ms.abs() < 200, "{found:?}");
    assert!(found.query_end_ms - found.query_start_ms > answer.duration_ms * 8 / 10, "{found:?}");
    assert_eq!(answer.answer.matches.iter().filter(|m| m.probability > 0.75 && m.id == episode).count(), 1);
}
