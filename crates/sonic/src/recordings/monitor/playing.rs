//! A recording that plays, or seems to.

use super::super::{Recording, Sighting, Trace};
use super::Airing;
use super::recent::ms;
use super::way::Way;
use sonic_core::FRAME_MS;

/// Places of one recording that are followed at once.
const MOST_WAYS: usize = 8;
/// Frames (1 s) by which the starts of two explanations of the same sound may differ.
const SAME_START: f64 = 43.0;
/// Share of the support of the best explanation that another one must have to take its place.
const AS_GOOD: f32 = 0.8;
/// An airing is believed if its sighting has these log-odds and it lasts so many frames (2.5 s)...
const SURE: f32 = 5.0;
const SURE_FRAMES: f64 = 108.0;
/// ...or if it goes on for so many frames (1.5 s) after the sighting.
const GOES_ON: f64 = 65.0;
/// A sighting that is not believed after so many frames (8 s) is forgotten.
const FORGOTTEN: f64 = 344.0;
/// What must speak for it either way, in standard deviations of wrong places.
const LEAST_AGREEMENT: f32 = 2.2;

/// A recording and the explanations of how it plays; the first is the best.
#[derive(Debug)]
pub(super) struct Playing {
    recording: Recording,
    ways: Vec<Way>,
    score: f32,
    probability: f32,
    /// Where the stream ended when it was found.
    found: f64,
    /// The number under which it was reported.
    pub(super) number: Option<u64>,
    done: bool,
}

impl Playing {
    pub(super) fn new(sighting: &Sighting, ways: Vec<Way>, found: f64) -> Self {
        let Sighting { recording, score, probability, .. } = sighting;
        let mut playing = Self {
            recording: recording.clone(),
            ways,
            score: *score,
            probability: *probability,
            found,
            number: None,
            done: false,
        };
        playing.rank();
        playing
    }

    pub(super) fn ways(&self) -> &[Way] {
        &self.ways
    }

    pub(super) fn ways_mut(&mut self) -> &mut [Way] {
        &mut self.ways
    }

    pub(super) fn id(&self) -> &str {
        &self.recording.id
    }

    /// True if a place in a clip that begins at `at` is followed already.
    pub(super) fn knows(&self, trace: &Trace, at: f64) -> bool {
        self.ways.iter().any(|way| way.trace_at(at).is_near(trace))
    }

    /// Takes a further sighting, with explanations that are new.
    pub(super) fn add(&mut self, sighting: &Sighting, ways: Vec<Way>) {
        if sighting.score > self.score {
            (self.score, self.probability) = (sighting.score, sighting.probability);
        }
        self.ways.extend(ways);
        self.ways.truncate(MOST_WAYS);
        if self.number.is_none() {
            self.rank();
        }
    }

    /// The best explanation first.
    fn rank(&mut self) {
        self.ways.sort_by(|a, b| b.support().total_cmp(&a.support()));
    }

    /// True if it was found just now.
    pub(super) fn is_sound(&self) -> bool {
        self.ways[0].is_sound()
    }

    /// Where it ended in the stream, which goes up to `now`; `None` if it plays on.
    pub(super) fn ended(&mut self, now: f64) -> Option<f64> {
        self.end_of(0, now)?;
        // Another explanation of all of it may go on: the music repeats itself, and the wrong place was taken.
        let first = &self.ways[0];
        let is_as_good =
            |way: &Way| way.start <= first.start + SAME_START && way.support() >= AS_GOOD * first.support();
        let as_good = (0..self.ways.len()).filter(|way| is_as_good(&self.ways[*way]));
        let ends: Vec<(usize, Option<f64>)> = as_good.map(|way| (way, self.end_of(way, now))).collect();
        if let Some((way, None)) = ends.iter().find(|(_, end)| end.is_none()) {
            self.ways.swap(0, *way);
            return None;
        }
        let support = |way: usize| self.ways[way].support();
        let best = ends.into_iter().max_by(|a, b| support(a.0).total_cmp(&support(b.0)));
        best.and_then(|(way, end)| {
            self.ways.swap(0, way);
            end
        })
    }

    /// Where an explanation ended.
    fn end_of(&self, way: usize, now: f64) -> Option<f64> {
        let way = &self.ways[way];
        let end = way.end_of(self.recording.duration_ms as f64 / FRAME_MS);
        if way.is_lost() {
            return Some(way.lost_at().min(end));
        }
        (now >= end).then_some(end)
    }

    /// Where it ends if the stream ends `now`.
    pub(super) fn cut(&self, now: f64) -> f64 {
        let way = &self.ways[0];
        let end = way.end_of(self.recording.duration_ms as f64 / FRAME_MS);
        if way.is_sound() { now.min(end) } else { way.lost_at().min(end) }
    }

    /// True if nothing came of the sighting.
    pub(super) fn is_stale(&self, now: f64) -> bool {
        self.number.is_none() && now - self.found > FORGOTTEN
    }

    /// Nothing more is to come of it.
    pub(super) fn done(&mut self) {
        self.done = true;
    }

    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// True if it is certain enough to be reported.
    pub(super) fn is_believed(&self, end: f64) -> bool {
        let way = &self.ways[0];
        let is_sure = self.score >= SURE && end - way.start >= SURE_FRAMES;
        let goes_on = way.last - self.found >= GOES_ON;
        way.agreement() >= LEAST_AGREEMENT && (is_sure || goes_on)
    }

    /// What is reported under `number`, up to `end`.
    pub(super) fn report(&self, number: u64, end: f64, ended: bool) -> Airing {
        let way = &self.ways[0];
        Airing {
            number,
            id: self.recording.id.clone(),
            title: self.recording.title.clone(),
            start_ms: ms(way.start),
            end_ms: ms(end).max(ms(way.start)),
            ended,
            offset_ms: ms(way.offset),
            time_scale: way.time_scale(),
            pitch_semitones: way.pitch_semitones(),
            score: self.score,
            probability: self.probability,
        }
    }
}
