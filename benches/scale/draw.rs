//! Landmarks of recordings that do not exist, with the statistics of real ones.
//!
//! A drawn recording is filled from real ones: the stretches of one are taken in random order, backwards, moved by up
//! to three semitones and played faster or slower. So density, salience, tuning, the repeats of music and the
//! distances in time and frequency stay as they are in sound, while nothing of the original can be recognised.

use sonic::Fingerprint;
use sonic::recordings::Landmark;

/// Frames a second.
pub(crate) const FRAME_RATE: f64 = 11_025.0 / 256.0;
/// Frames of a stretch: 5 to 20 s.
const STRETCH: std::ops::Range<u64> = 215..861;
/// Seconds of a drawn recording.
const SECONDS: std::ops::Range<u64> = 180..1800;

/// A real recording to draw from.
pub(crate) struct Source {
    pub landmarks: Vec<Landmark>,
    pub frames: u32,
}

/// Draws recordings, the same ones for the same sources.
pub(crate) struct Drawer {
    sources: Vec<Source>,
    /// Lowest and highest frequency that occur.
    low: f32,
    high: f32,
    random: Random,
}

impl Drawer {
    pub(crate) fn new(sources: Vec<Source>) -> Self {
        let frequencies = || sources.iter().flat_map(|s| &s.landmarks).map(|l| f32::from(l.frequency));
        let low = frequencies().fold(f32::INFINITY, f32::min);
        let high = frequencies().fold(0.0, f32::max);
        Self { sources, low, high, random: Random(1) }
    }

    /// The next recording.
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
        let semitones = self.random.within(0..7) as f32 - 3.0;
        let change = Change {
            pitch: (semitones / 12.0).exp2(),
            time: 0.85 + 0.3 * self.random.uniform(),
            low: self.low,
            high: self.high,
        };
        let length = self.random.within(STRETCH) as u32;
        let count = self.sources[chosen].frames.div_ceil(length);
        let mut order: Vec<u32> = (0..count).collect();
        self.random.shuffle(&mut order);
        for number in order {
            if at >= end {
                break;
            }
            at = change.apply(&self.sources[chosen], number * length, length, at, end, landmarks);
        }
        at
    }
}

/// What is done to a source.
struct Change {
    pitch: f32,
    time: f32,
    low: f32,
    high: f32,
}

impl Change {
    /// Appends a stretch of `source` backwards; gives the frame after it.
    fn apply(
        &self,
        source: &Source,
        start: u32,
        length: u32,
        at: u32,
        end: u32,
        out: &mut Vec<Landmark>,
    ) -> u32 {
        let length = length.min(source.frames - start);
        let first = source.landmarks.partition_point(|l| l.frame < start);
        let stretch = source.landmarks[first..].iter().take_while(|l| l.frame < start + length);
        for landmark in stretch {
            let back = start + length - 1 - landmark.frame;
            let frame = at + (back as f32 * self.time) as u32;
            if frame < end {
                out.push(Landmark { frame, frequency: self.frequency(landmark.frequency), ..*landmark });
            }
        }
        at + (length as f32 * self.time) as u32
    }

    /// A frequency moved; what leaves the band on one side comes in on the other.
    fn frequency(&self, frequency: u16) -> u16 {
        let moved = f32::from(frequency) * self.pitch;
        let width = self.high - self.low;
        (self.low + (moved - self.low).rem_euclid(width)) as u16
    }
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

    fn within(&mut self, range: std::ops::Range<u64>) -> u64 {
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
