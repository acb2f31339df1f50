//! Landmarks of recordings that do not exist, with the statistics of real ones.
//!
//! A drawn recording is filled from real ones: the stretches of one are taken in random order, backwards, and played a
//! little faster or slower. So density, salience, frequencies, the repeats of music and the distances in time stay as
//! they are in sound, while nothing of the original can be recognised.
//!
//! How much faster decides how heavy they weigh on an index. With tempos of 0.92 to 1.08 two pairs of different drawn
//! recordings share their hash as often as those of real ones (0.85 and 0.87 in a million; 5 times 4.1 hours); with 0.85
//! to 1.15 they do 0.77 times in a million, and 0.58 times if they are also moved by up to three semitones: 1,000 hours
//! then weigh like 670.

use crate::Anyhow;
use sonic::recordings::{Landmark, NewRecording, Recording};
use sonic::{Fingerprint, Store};
use std::ops::Range;

/// Frames a second.
pub(crate) const FRAME_RATE: f64 = 11_025.0 / 256.0;
/// Frames of a stretch: 5 to 20 s.
const STRETCH: Range<u64> = 215..861;
/// How much longer a stretch becomes.
const TIME: Range<f32> = 0.92..1.08;
/// Seconds of a drawn recording.
const SECONDS: Range<u64> = 180..1800;

/// A real recording to draw from.
pub(crate) struct Source {
    pub landmarks: Vec<Landmark>,
    pub frames: u32,
}

/// The recordings in the store, by id: the order in which they were added is left to chance.
pub(crate) fn sources(store: &Store) -> Anyhow<Vec<Source>> {
    let mut rows = store.recordings().iter().collect::<Result<Vec<_>, _>>()?;
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    let sources =
        rows.iter().map(|r| Ok(Source { landmarks: store.recordings().landmarks(&r.id)?, frames: r.frames }));
    sources.collect()
}

/// Draws recordings, the same ones for the same sources.
pub(crate) struct Drawer {
    sources: Vec<Source>,
    drawn: usize,
    random: Random,
}

impl Drawer {
    pub(crate) fn new(sources: Vec<Source>) -> Self {
        Self { sources, drawn: 0, random: Random(1) }
    }

    /// The next recording, with a name.
    pub(crate) fn next(&mut self) -> NewRecording {
        let fingerprint = self.recording();
        self.drawn += 1;
        let name = format!("drawn {}", self.drawn);
        let recording = Recording { id: name.clone(), source_hash: Some(name), ..Recording::default() };
        NewRecording { recording, fingerprint }
    }

    /// What the next recording sounds like.
    pub(crate) fn recording(&mut self) -> Fingerprint {
        let frames = (self.random.within(SECONDS) as f64 * FRAME_RATE) as u32;
        let mut landmarks = Vec::new();
        let mut at = 0;
        while at < frames {
            at = self.append_source(at, frames, &mut landmarks);
        }
        landmarks.sort_unstable();
        landmarks.dedup_by_key(|l| (l.frame, l.frequency));
        Fingerprint {
            pipeline: sonic::audio::fingerprint::pipeline(),
            duration_ms: (1000.0 * f64::from(frames) / FRAME_RATE) as u64,
            frames,
            landmarks,
            texture: None,
        }
    }

    /// Appends the stretches of a source from frame `at` on; gives the frame after them.
    fn append_source(&mut self, mut at: u32, end: u32, landmarks: &mut Vec<Landmark>) -> u32 {
        let total: u64 = self.sources.iter().map(|s| u64::from(s.frames)).sum();
        let mut place = self.random.within(0..total);
        let mut chosen = 0;
        while place >= u64::from(self.sources[chosen].frames) {
            place -= u64::from(self.sources[chosen].frames);
            chosen += 1;
        }
        let slower = TIME.start + (TIME.end - TIME.start) * self.random.uniform();
        let length = self.random.within(STRETCH) as u32;
        let count = self.sources[chosen].frames.div_ceil(length);
        let mut order: Vec<u32> = (0..count).collect();
        self.random.shuffle(&mut order);
        for number in order {
            if at >= end {
                break;
            }
            at = append(
                &self.sources[chosen],
                number * length..(number + 1) * length,
                slower,
                at..end,
                landmarks,
            );
        }
        at
    }
}

/// Appends a stretch of `source` backwards and `slower` to `out`, which may be filled from the first to the last of the
/// frames in `room`; gives the frame after it.
fn append(
    source: &Source,
    stretch: Range<u32>,
    slower: f32,
    room: Range<u32>,
    out: &mut Vec<Landmark>,
) -> u32 {
    let end = stretch.end.min(source.frames);
    let first = source.landmarks.partition_point(|l| l.frame < stretch.start);
    for landmark in source.landmarks[first..].iter().take_while(|l| l.frame < end) {
        let frame = room.start + ((end - 1 - landmark.frame) as f32 * slower) as u32;
        if frame < room.end {
            out.push(Landmark { frame, ..*landmark });
        }
    }
    room.start + ((end - stretch.start) as f32 * slower) as u32
}

/// A small seeded generator (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    fn uniform(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }

    fn shuffle(&mut self, values: &mut [u32]) {
        for i in (1..values.len()).rev() {
            values.swap(i, self.within(0..i as u64 + 1) as usize);
        }
    }
}
