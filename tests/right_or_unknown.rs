//! Answers are right or "unknown": no stranger is named, and place and speed are right where only a part of a clip is
//! sound.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use sonic::audio::decode::{DecodeOptions, decode_with};
use sonic::audio::fingerprint::SAMPLE_RATE;
use sonic::recordings::{Answer, IdentifyOptions, Match, NewRecording, Recording};
use sonic::{Clip, Store, StoreOptions};
use sonic_testing::sound::{Noise, oddities};
use std::path::Path;
use support::Scratch;

const RATE: usize = SAMPLE_RATE as usize;

/// The demo's recordings with their ids.
fn media(folder: &str) -> Vec<(String, Vec<f32>)> {
    let files = sonic::recordings::files_in(&[Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/demo")
        .join(folder)]);
    let decode = |path: &Path| decode_with(path, &DecodeOptions::at(SAMPLE_RATE)).unwrap().samples;
    files.iter().map(|p| (p.file_stem().unwrap().to_string_lossy().into_owned(), decode(p))).collect()
}

/// A store of recordings, in a folder that goes when this goes.
struct Library {
    store: Store,
    _scratch: Scratch,
}

impl Library {
    fn new(name: &str, recordings: &[(String, Vec<f32>)]) -> Self {
        let scratch = Scratch::new(name);
        let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
        for (id, samples) in recordings {
            let clip = Clip::new(samples.clone(), SAMPLE_RATE);
            let fingerprint = sonic::fingerprint(&clip).unwrap();
            let recording = Recording { id: id.clone(), ..Recording::default() };
            store.recordings().add(vec![NewRecording { recording, fingerprint }]).unwrap();
        }
        Self { store, _scratch: scratch }
    }

    fn query(&self, samples: &[f32]) -> Answer {
        self.query_with(samples, &IdentifyOptions::default())
    }

    fn query_with(&self, samples: &[f32], options: &IdentifyOptions) -> Answer {
        let clip = Clip::new(samples.to_vec(), SAMPLE_RATE);
        sonic::identify(&self.store, &clip, options).unwrap().answer
    }

    /// The matches that were named, not the guesses after them.
    fn named(&self, samples: &[f32]) -> Vec<Match> {
        named(self.query(samples))
    }
}

fn named(answer: Answer) -> Vec<Match> {
    let is_match = answer.is_match();
    answer.matches.into_iter().filter(|m| is_match && m.probability >= sonic::recordings::ACCEPT).collect()
}

fn seconds(seconds: f32) -> usize {
    (seconds * RATE as f32) as usize
}

#[test]
fn odd_sound_is_never_taken_for_a_recording_nor_a_recording_for_odd_sound() {
    let mut recordings = media("media");
    recordings.extend(oddities(SAMPLE_RATE, 20.0).into_iter().map(|(name, s)| (format!("odd {name}"), s)));
    let library = Library::new("odd", &recordings);
    for (id, samples) in &recordings {
        let options = IdentifyOptions { exclude: vec![id.clone()], ..IdentifyOptions::default() };
        let strangers = named(library.query_with(samples, &options));
        assert!(strangers.is_empty(), "{id} is taken for {strangers:?}");
    }
    for (id, samples) in media("outside") {
        let strangers = library.named(&samples);
        assert!(strangers.is_empty(), "{id} is taken for {strangers:?}");
    }
}

/// Some seconds of each recording, alone in a longer clip of silence or faint noise.
#[test]
fn place_and_speed_are_those_of_the_sound_within_silence_and_noise() {
    let recordings = media("media");
    let library = Library::new("island", &recordings);
    let mut noise = Noise(11);
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (number, (id, samples)) in recordings.iter().enumerate() {
        for (before, length, after, gain) in
            [(5.0, 5.0, 5.0, 0.0), (20.0, 3.5, 4.0, 0.0), (9.0, 6.0, 21.0, 0.003), (2.0, 4.0, 11.0, 0.01)]
        {
            let start = seconds(6.0 + number as f32);
            let sound = &samples[start..start + seconds(length)];
            let mut clip: Vec<f32> =
                (0..seconds(before + length + after)).map(|_| gain * noise.sample()).collect();
            clip[seconds(before)..].iter_mut().zip(sound).for_each(|(sum, x)| *sum += x);
            let truth = (start as f64 - seconds(before) as f64) / RATE as f64 * 1000.0;
            count += 1;
            match library.named(&clip).as_slice() {
                [m] if &m.id == id
                    && m.time_scale == 1.0
                    && m.pitch_semitones == 0.0
                    && (m.offset_ms as f64 - truth).abs() <= 60.0 =>
                {
                    let (from, to) = (m.query_start_ms as f32 / 1e3, m.query_end_ms as f32 / 1e3);
                    assert!(from > before - 1.0 && to < before + length + 1.0, "{id}: {m:?}");
                    assert!(m.coverage < (length + 1.0) / (before + length + after), "{id}: {m:?}");
                }
                other => wrong.push(format!("{id} {before}+{length} s at {truth}: {other:?}")),
            }
        }
    }
    assert!(wrong.len() * 20 <= count, "{} of {count}: {wrong:#?}", wrong.len());
}

#[test]
fn an_exact_loop_is_as_fast_as_it_is() {
    let mut recordings = media("media");
    let (_, first) = &recordings[0];
    let beat = first[seconds(8.0)..seconds(10.0)].to_vec();
    let looped: Vec<f32> = beat.iter().cycle().take(seconds(40.0)).copied().collect();
    recordings[0] = ("loop".to_owned(), looped.clone());
    let library = Library::new("loop", &recordings);
    for (start, length) in [(5.3, 4.0), (11.7, 8.0), (3.1, 12.0), (2.0, 30.0)] {
        let named = library.named(&looped[seconds(start)..seconds(start + length)]);
        assert!(!named.is_empty() && named.iter().all(|m| m.id == "loop"), "{named:?}");
        assert!(named.iter().all(|m| m.time_scale == 1.0 && m.pitch_semitones == 0.0), "{named:?}");
    }
}

#[test]
fn two_recordings_that_sound_at_once_are_both_named() {
    let recordings = media("media");
    let library = Library::new("pair", &recordings);
    let (mut both, mut count) = (0, 0);
    for (i, (id, samples)) in recordings.iter().enumerate() {
        let (other_id, other) = &recordings[(i + 1) % recordings.len()];
        let part = |samples: &[f32], start: f32| samples[seconds(start)..seconds(start + 10.0)].to_vec();
        let (a, b) = (part(samples, 4.0), part(other, 9.0));
        let power = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>();
        let gain = (power(&a) / power(&b)).sqrt();
        let mixed: Vec<f32> = a.iter().zip(&b).map(|(x, y)| 0.5 * (x + gain * y)).collect();
        let named = library.named(&mixed);
        assert!(named.iter().all(|m| &m.id == id || &m.id == other_id), "{id} and {other_id}: {named:?}");
        count += 1;
        both += usize::from(named.iter().any(|m| &m.id == id) && named.iter().any(|m| &m.id == other_id));
    }
    assert!(both * 10 >= count * 8, "{both} of {count}");
}

/// The same song as a file of its own and on an album: one of the two is named, and no other beside it.
#[test]
fn the_same_sound_under_two_ids_is_still_named() {
    let mut recordings = media("media");
    let copies: Vec<_> = recordings
        .iter()
        .map(|(id, s)| (format!("{id} again"), s.iter().map(|x| 0.7 * x).collect()))
        .collect();
    recordings.extend(copies);
    let library = Library::new("copy", &recordings);
    for (id, samples) in media("media") {
        let named = library.named(&samples[seconds(7.0)..seconds(13.0)]);
        assert!(named.len() == 1 && named[0].id.starts_with(&id), "{id}: {named:?}");
    }
}

#[test]
fn a_limit_hides_no_piece_of_a_long_clip() {
    let recordings = media("media");
    let library = Library::new("limit", &recordings);
    let pieces: Vec<f32> =
        recordings.iter().flat_map(|(_, s)| s[seconds(5.0)..seconds(17.0)].to_vec()).collect();
    let options = IdentifyOptions { limit: 1, ..IdentifyOptions::default() };
    let answer = library.query_with(&pieces, &options);
    for (id, _) in &recordings {
        assert!(answer.matches.iter().any(|m| &m.id == id), "{id} is not among {:?}", answer.matches);
    }
    let stranger = library.query_with(&media("outside")[0].1[..seconds(8.0)], &options);
    assert!(stranger.matches.len() <= 1, "{:?}", stranger.matches);
}

/// 5 s of a recording after 5 s of silence, which was found 2.5 % too fast.
#[test]
fn a_clip_that_was_placed_wrongly() {
    let Some(assets) = sonic_testing::assets("faults/audio") else { return };
    let library = Library::new("fault", &media("media"));
    let path = assets.join("07-5s-after-5s-of-silence.flac");
    let found = sonic::identify(&library.store, path.as_path(), &IdentifyOptions::default()).unwrap();
    let first = &found.answer.matches[0];
    assert!(found.answer.is_match() && (first.offset_ms - 25_000).abs() <= 60, "{first:?}");
    assert_eq!((first.time_scale, first.pitch_semitones), (1.0, 0.0));
}

/// A store with some recordings in one transaction each time `add` is called: one segment while what came before is
/// twice as long.
fn shard(scratch: &Scratch, name: &str, parts: &[&[(String, Vec<f32>)]]) -> Store {
    let store = Store::open(scratch.join(name), StoreOptions::default()).unwrap();
    for part in parts {
        let new = |(id, samples): &(String, Vec<f32>)| {
            let fingerprint = sonic::fingerprint(&Clip::new(samples.clone(), SAMPLE_RATE)).unwrap();
            NewRecording { recording: Recording { id: id.clone(), ..Recording::default() }, fingerprint }
        };
        store.recordings().add(part.iter().map(new).collect()).unwrap();
    }
    store
}

#[test]
fn two_shards_answer_as_one_store() {
    let mut recordings = media("media");
    recordings.sort_by_key(|(_, samples)| std::cmp::Reverse(samples.len()));
    let (first, second) = recordings.split_at(recordings.len() * 3 / 4);
    let scratch = Scratch::new("shards");
    let whole = shard(&scratch, "whole", &[first, second]);
    assert_eq!(whole.stats().unwrap().segments, 2, "or the two differ in more than where rows lie");
    let shards = [shard(&scratch, "a", &[first]), shard(&scratch, "b", &[second])];
    let mut noise = Noise(7);
    let mut clips: Vec<(String, Vec<f32>)> = media("outside");
    for (id, samples) in &recordings {
        let start = samples.len() / 3;
        let clip = &samples[start..(start + seconds(6.0)).min(samples.len())];
        clips.push((id.clone(), clip.iter().map(|s| s + 0.1 * noise.sample()).collect()));
        let faster = sonic::audio::resample(&Clip::new(clip.to_vec(), SAMPLE_RATE * 6 / 5), SAMPLE_RATE);
        clips.push((format!("{id}, faster"), faster.unwrap().samples));
    }
    // Rivals in another shard: sounds of both at once, and one after the other.
    let (one, other) = (&first[0].1, &second[0].1);
    let both = one.iter().zip(other).take(seconds(8.0)).map(|(a, b)| 0.5 * (a + b)).collect();
    clips.push(("at once".to_owned(), both));
    let after = one[..seconds(5.0)].iter().chain(&other[..seconds(5.0)]).copied().collect();
    clips.push(("one after the other".to_owned(), after));
    let options = IdentifyOptions { exclude: vec![recordings[1].0.clone()], ..IdentifyOptions::default() };
    let mut named = 0;
    for (name, samples) in clips {
        let fingerprint = sonic::fingerprint(&Clip::new(samples, SAMPLE_RATE)).unwrap();
        let want = whole.recordings().identify(&fingerprint, &options).unwrap();
        let mut query = shards[0].recordings().query_with(&shards[1..], &options);
        query.push(&fingerprint).unwrap();
        assert_eq!(query.finish().unwrap(), want, "{name}");
        named += usize::from(want.is_match());
    }
    assert!(named >= 2 * recordings.len() - 4, "{named} of {} were named", recordings.len());
}
