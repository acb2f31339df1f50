//! Promise: a clip is named with its recording, place, speed and pitch; a clip of something else is unknown.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use sonic::audio::decode::{DecodeOptions, decode_with};
use sonic::audio::fingerprint::{Fingerprinter, SAMPLE_RATE, fingerprint};
use sonic::audio::resample;
use sonic::recordings::{Added, Answer, IdentifyOptions, NewRecording, Recording};
use sonic::{Clip, ErrorKind, PipelineId, Store, StoreOptions};
use std::path::{Path, PathBuf};
use support::Scratch;

const RECORDINGS: [&str; 4] = ["harbour-strings", "pixel-orchard", "brot", "the-tide-table"];

fn media(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/demo/media/{name}.opus"))
}

fn sound(name: &str) -> Vec<f32> {
    decode_with(media(name), &DecodeOptions::at(SAMPLE_RATE)).unwrap().samples
}

fn part(samples: &[f32], start: f32, seconds: f32) -> Vec<f32> {
    let at = |s: f32| (s * SAMPLE_RATE as f32) as usize;
    samples[at(start)..at(start + seconds)].to_vec()
}

fn new(id: &str, samples: &[f32]) -> NewRecording {
    let recording = Recording { id: id.into(), source: Some(id.into()), ..Recording::default() };
    NewRecording { recording, fingerprint: fingerprint(&Clip::new(samples.to_vec(), SAMPLE_RATE)).unwrap() }
}

fn store(scratch: &Scratch, names: &[&str]) -> Store {
    let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
    for name in names {
        let added = store.add(vec![new(name, &sound(name))]).unwrap();
        assert!(matches!(added[..], [Added::New(_)]));
    }
    store
}

fn query(store: &Store, samples: Vec<f32>, options: &IdentifyOptions) -> Answer {
    store.identify(&fingerprint(&Clip::new(samples, SAMPLE_RATE)).unwrap(), options).unwrap()
}

fn identify_plainly(store: &Store, samples: Vec<f32>) -> Answer {
    query(store, samples, &IdentifyOptions::default())
}

/// The clip played `factor` times as fast: resampled, but called what it was.
fn faster(samples: &[f32], factor: f32) -> Vec<f32> {
    let rate = (SAMPLE_RATE as f32 / factor) as u32;
    resample(&Clip::new(samples.to_vec(), SAMPLE_RATE), rate).unwrap().samples
}

#[test]
fn a_store_with_one_recording_answers_and_rejects() {
    let scratch = Scratch::new("recognise-one");
    let store = store(&scratch, &RECORDINGS[..1]);
    let answer = identify_plainly(&store, part(&sound(RECORDINGS[0]), 20.0, 8.0));
    assert!(answer.is_match(), "{answer:?}");
    assert!((answer.matches[0].offset_ms - 20_000).abs() < 40, "{answer:?}");
    for other in &RECORDINGS[1..] {
        assert!(!identify_plainly(&store, part(&sound(other), 20.0, 8.0)).is_match(), "{other}");
    }
}

#[test]
fn an_empty_store_and_an_empty_clip_know_nothing() {
    let scratch = Scratch::new("recognise-empty");
    let store = store(&scratch, &[]);
    assert!(!identify_plainly(&store, part(&sound("brot"), 5.0, 5.0)).is_match());
    store.add(vec![new("brot", &sound("brot"))]).unwrap();
    for samples in [vec![], vec![0.3], vec![0.0; 80_000]] {
        let answer = identify_plainly(&store, samples);
        assert!(!answer.is_match() && answer.matches.is_empty(), "{answer:?}");
    }
}

#[test]
fn changes_of_speed_are_found_and_measured() {
    let scratch = Scratch::new("recognise-speed");
    let store = store(&scratch, &RECORDINGS);
    for factor in [1.08f32, 1.03, 0.96, 0.88] {
        let clip = faster(&part(&sound("harbour-strings"), 30.0, 10.0), factor);
        let answer = identify_plainly(&store, clip);
        let m = &answer.matches[0];
        assert!(answer.is_match() && m.id == "harbour-strings", "{factor}: {answer:?}");
        assert!((m.offset_ms - 30_000).abs() < 200, "{factor}: {m:?}");
        assert!((m.time_scale - factor).abs() < 0.01, "{factor}: {m:?}");
        assert!((m.pitch_semitones - 12.0 * factor.log2()).abs() < 0.2, "{factor}: {m:?}");
        assert!(answer.scales_tried > 1);
    }
    let plain = identify_plainly(&store, part(&sound("harbour-strings"), 30.0, 10.0));
    assert_eq!((plain.scales_tried, plain.matches[0].time_scale), (1, 1.0), "paid for only when needed");
}

#[test]
fn a_stitched_clip_names_its_pieces_with_their_spans() {
    let scratch = Scratch::new("recognise-stitched");
    let store = store(&scratch, &RECORDINGS);
    let mut clip = part(&sound("pixel-orchard"), 12.0, 6.0);
    clip.extend(part(&sound("the-tide-table"), 40.0, 6.0));
    let mut matches = identify_plainly(&store, clip).matches;
    matches.retain(|m| m.probability > 0.75);
    matches.sort_by_key(|m| m.query_start_ms);
    let ids: Vec<&str> = matches.iter().map(|m| m.id.as_str()).collect();
    assert_eq!(ids, ["pixel-orchard", "the-tide-table"]);
    assert!((matches[0].offset_ms - 12_000).abs() < 50);
    assert!((matches[1].offset_ms + 6_000 - 40_000).abs() < 50, "the place of the clip's start: {matches:?}");
    assert!(matches[0].query_end_ms.abs_diff(6_000) < 700 && matches[1].query_start_ms.abs_diff(6_000) < 700);
}

#[test]
fn jump_cuts_within_a_recording_name_each_piece() {
    let scratch = Scratch::new("recognise-cuts");
    let store = store(&scratch, &RECORDINGS);
    let sound = sound("brot");
    let mut clip = part(&sound, 8.0, 5.0);
    clip.extend(part(&sound, 44.0, 5.0));
    let answer = identify_plainly(&store, clip);
    let mut offsets: Vec<i64> =
        answer.matches.iter().filter(|m| m.id == "brot").map(|m| m.offset_ms).collect();
    offsets.sort_unstable();
    assert_eq!(offsets.len(), 2, "{answer:?}");
    assert!((offsets[0] - 8_000).abs() < 50 && (offsets[1] - 39_000).abs() < 50, "{offsets:?}");
}

#[test]
fn a_long_clip_is_one_answer() {
    let scratch = Scratch::new("recognise-long");
    let store = store(&scratch, &RECORDINGS);
    let answer = identify_plainly(&store, part(&sound("the-tide-table"), 3.0, 55.0));
    let sure: Vec<_> = answer.matches.iter().filter(|m| m.probability > 0.75).collect();
    assert_eq!(sure.len(), 1, "{answer:?}");
    assert!((sure[0].offset_ms - 3_000).abs() < 50);
    assert!(sure[0].query_start_ms < 1_000 && sure[0].query_end_ms > 53_000, "{sure:?}");
}

#[test]
fn a_clip_that_comes_piece_by_piece_is_one_answer() {
    let scratch = Scratch::new("recognise-pieces");
    let store = store(&scratch, &RECORDINGS);
    let mut clip = part(&sound("brot"), 5.0, 36.0);
    clip.extend(part(&sound("pixel-orchard"), 20.0, 12.0));
    let mut query = store.recordings().query(&IdentifyOptions::default());
    for piece in clip.chunks(12 * SAMPLE_RATE as usize) {
        query.push(&fingerprint(&Clip::new(piece.to_vec(), SAMPLE_RATE)).unwrap()).unwrap();
    }
    let answer = query.finish().unwrap();
    let sure: Vec<_> = answer.matches.iter().filter(|m| m.probability >= 0.75).collect();
    let mut found: Vec<_> = sure.iter().map(|m| (m.query_start_ms, m.id.as_str(), m.offset_ms)).collect();
    found.sort_unstable();
    let [(0, "brot", first), (start, "pixel-orchard", second)] = found[..] else { panic!("{found:?}") };
    assert!(start.abs_diff(36_000) < 500 && (first - 5_000).abs() < 100, "{found:?}");
    assert!((second - (20_000 - 36_000)).abs() < 100, "{found:?}");
    for m in sure {
        let want = if m.id == "brot" { 0.75 } else { 0.25 };
        assert!((m.coverage - want).abs() < 0.05, "{m:?}");
    }
    // Without a texture there is nothing to compare with; the query goes on without it.
    let mut query = store.recordings().query(&IdentifyOptions::default());
    let plain = new("x", &clip[..20_000]).fingerprint;
    let plain = sonic::Fingerprint { texture: None, ..plain };
    assert_eq!(query.push(&plain).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert!(query.finish().unwrap().matches.is_empty());
}

#[test]
fn what_is_removed_or_excluded_is_not_found() {
    let scratch = Scratch::new("recognise-removed");
    let store = store(&scratch, &RECORDINGS);
    let clip = part(&sound("brot"), 15.0, 8.0);
    let exclude = IdentifyOptions { exclude: vec!["brot".into()], ..IdentifyOptions::default() };
    assert!(!query(&store, clip.clone(), &exclude).is_match());
    assert!(identify_plainly(&store, clip.clone()).is_match());
    store.recordings().remove("brot").unwrap();
    assert_eq!(store.recordings().remove("brot").unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!identify_plainly(&store, clip.clone()).is_match());
    store.compact().unwrap();
    assert!(!identify_plainly(&store, clip.clone()).is_match());
    assert!(identify_plainly(&store, part(&sound("pixel-orchard"), 15.0, 8.0)).is_match());
    store.add(vec![new("brot", &sound("brot"))]).unwrap();
    assert!(identify_plainly(&store, clip).is_match());
    assert!(store.check().unwrap().is_empty());
}

#[test]
fn the_answer_does_not_depend_on_threads_or_segments() {
    let scratch = Scratch::new("recognise-same");
    let store = store(&scratch, &RECORDINGS);
    let clip = faster(&part(&sound("the-tide-table"), 21.0, 7.0), 1.05);
    let one = query(&store, clip.clone(), &IdentifyOptions { threads: 1, ..IdentifyOptions::default() });
    for threads in [2, 5] {
        assert_eq!(
            query(&store, clip.clone(), &IdentifyOptions { threads, ..IdentifyOptions::default() }),
            one
        );
    }
    store.compact().unwrap();
    let compacted = identify_plainly(&store, clip);
    assert_eq!(compacted.matches[0].id, one.matches[0].id);
    assert_eq!(compacted.matches[0].offset_ms, one.matches[0].offset_ms);
}

#[test]
fn fingerprints_of_two_pipelines_do_not_mix() {
    let scratch = Scratch::new("recognise-pipelines");
    let store = store(&scratch, &RECORDINGS[..1]);
    let mut other = new("other", &part(&sound("brot"), 0.0, 5.0));
    other.fingerprint.pipeline = PipelineId::new("something-else");
    assert_eq!(
        store.identify(&other.fingerprint, &IdentifyOptions::default()).unwrap_err().kind(),
        ErrorKind::Mismatch
    );
    assert_eq!(store.add(vec![other.clone()]).unwrap_err().kind(), ErrorKind::Mismatch);
    assert_eq!(store.recordings().len().unwrap(), 1);
    other.fingerprint.pipeline = sonic::audio::fingerprint::pipeline();
    other.fingerprint.texture = None;
    let error = store.identify(&other.fingerprint, &IdentifyOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn pieces_of_a_stream_find_what_the_whole_finds() {
    let scratch = Scratch::new("recognise-pieces");
    let store = store(&scratch, &RECORDINGS);
    let clip = part(&sound("the-tide-table"), 3.0, 55.0);
    let whole = identify_plainly(&store, clip.clone());
    let (mut fingerprinter, mut query) =
        (Fingerprinter::with_texture(), store.recordings().query(&IdentifyOptions::default()));
    // Pieces of 10 s and a bit, which no frame ends with.
    for piece in clip.chunks(10 * SAMPLE_RATE as usize + 123) {
        piece.chunks(4_000).for_each(|block| fingerprinter.push(block).unwrap());
        query.push(&fingerprinter.take()).unwrap();
    }
    let pieces = query.finish().unwrap();
    let sure = |answer: &Answer| -> Vec<_> {
        answer.matches.iter().filter(|m| m.probability > 0.75).cloned().collect()
    };
    let (whole, pieces) = (sure(&whole), sure(&pieces));
    assert_eq!((whole.len(), pieces.len()), (1, 1), "{pieces:?}");
    assert_eq!((&whole[0].id, whole[0].time_scale), (&pieces[0].id, pieces[0].time_scale));
    assert!((whole[0].offset_ms - pieces[0].offset_ms).abs() < 50, "{pieces:?}");
    assert!(whole[0].query_start_ms.abs_diff(pieces[0].query_start_ms) < 700, "{pieces:?}");
    assert!(whole[0].query_end_ms.abs_diff(pieces[0].query_end_ms) < 700, "{pieces:?}");
}
