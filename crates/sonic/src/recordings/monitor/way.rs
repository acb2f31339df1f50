//! One explanation of what plays: a place in a recording, followed as the stream goes on.

use super::super::{Followed, Trace};

/// Most of what a landmark counts against a place where nothing of it is found, in standard deviations.
const MOST_DRIFT: f32 = 0.45;
/// Least of it: in deep noise little is found anywhere.
const LEAST_DRIFT: f32 = 0.12;
/// A place is lost when so many landmarks more speak against it than for it, at an average level of 1: at a lower level each says
/// less, by the square, in any case between these.
const LOST: f32 = 7.0;
const LOST_RANGE: [f32; 2] = [10.0, 80.0];
/// ...and for so many frames (0.25 s).
const LOST_FRAMES: f64 = 11.0;
/// Landmarks that every place is taken to have in addition, and the variance of what agrees by chance.
const PRIOR: f32 = 12.0;
const SPREAD: f32 = 0.03;
/// Frames (half a second) within which the beginning of a recording is where it began to play.
const LEAD_IN: f64 = 22.0;

/// A place in a recording and what speaks for it.
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// Of a clip that begins at `at`.
    trace: Trace,
    at: f64,
    /// Where it began in the stream, and in the recording.
    pub(super) start: f64,
    pub(super) offset: f64,
    /// Up to where the stream was looked at.
    pub(super) seen: f64,
    /// Where it was last found, and where it was then missed first.
    pub(super) last: f64,
    missed: Option<f64>,
    /// Levels at the landmarks, and how many these are.
    sum: f32,
    count: u32,
    /// What speaks for it, less what speaks against it, and the most that this was: a cumulative sum (Page 1954).
    balance: f32,
    most: f32,
    /// True if the recording was removed.
    pub(super) gone: bool,
}

impl Way {
    /// A place in a clip that begins at `at`, of which `middle` is a frame that it explains. The clip is followed from
    /// there to both sides.
    pub(super) fn new(followed: &Followed, at: f64, middle: usize) -> Self {
        let Followed { trace, levels, .. } = followed;
        let total = |levels: &[(f32, u32)]| levels.iter().fold((0.0, 0), |(s, n), l| (s + l.0, n + l.1));
        let (sum, count) = total(&levels[middle.saturating_sub(40)..(middle + 40).min(levels.len())]);
        let drift = drift(sum, count);
        let (mut balance, mut most, mut start) = (0.0f32, f32::MIN, middle);
        for frame in (0..middle.min(levels.len())).rev() {
            let (level, n) = levels[frame];
            balance += level - drift * n as f32;
            if balance > most && n > 0 {
                (most, start) = (balance, frame);
            }
        }
        let mut way = Self {
            trace: *trace,
            at,
            start: at + start as f64,
            offset: trace.moved(start as f64).offset(),
            seen: at + start as f64,
            last: at + start as f64,
            missed: None,
            sum: 0.0,
            count: 0,
            balance: 0.0,
            most: 0.0,
            gone: false,
        };
        way.reach_beginning(levels, drift);
        way
    }

    /// Moves the start to the beginning of the recording if it is near and nothing speaks against it.
    fn reach_beginning(&mut self, levels: &[(f32, u32)], drift: f32) {
        let beginning = self.start - self.offset / f64::from(self.trace.time_scale());
        let first = (beginning - self.at).round().max(0.0) as usize;
        let until = ((self.start - self.at) as usize).min(levels.len());
        let (sum, count) =
            levels[first.min(until)..until].iter().fold((0.0, 0), |(s, n), l| (s + l.0, n + l.1));
        let is_silent = count < 4;
        let is_near = self.start - beginning < LEAD_IN;
        let is_against = count > 8 && sum < 0.5 * drift * count as f32;
        if beginning >= self.at - 2.0 && (is_silent || is_near && !is_against) || self.offset < 0.0 {
            (self.start, self.offset) = (beginning, 0.0);
        }
    }

    /// The place in a clip that begins at `at`.
    pub(super) fn trace_at(&self, at: f64) -> Trace {
        self.trace.moved(at - self.at)
    }

    /// Takes what was found in a clip that begins at `at`, up to its frame `until`.
    pub(super) fn follow(&mut self, followed: Option<&Followed>, at: f64, until: usize) {
        let Some(followed) = followed else {
            self.gone = true;
            return;
        };
        let from = (self.seen - at).round().max(0.0) as usize;
        for (frame, &(level, n)) in followed.levels.iter().enumerate().take(until).skip(from) {
            self.sum += level;
            self.count += n;
            self.balance += level - drift(self.sum, self.count) * n as f32;
            if self.balance >= self.most {
                self.most = self.balance;
                if n > 0 {
                    (self.last, self.missed) = (at + frame as f64 + 1.0, None);
                }
            } else if n > 0 && self.missed.is_none() {
                self.missed = Some(at + frame as f64);
            }
        }
        self.seen = self.seen.max(at + until as f64);
        if self.is_sound() {
            (self.trace, self.at) = (followed.trace, at);
        }
    }

    /// Forgets what spoke against it before a gap.
    pub(super) fn go_over_gap(&mut self, to: f64) {
        (self.balance, self.seen, self.missed) = (self.most, to, None);
    }

    /// True if it was found just now.
    pub(super) fn is_sound(&self) -> bool {
        self.deficit() < 0.35
    }

    /// What speaks against it, as a share of what it takes to be lost.
    fn deficit(&self) -> f32 {
        let mean = self.sum / (self.count + 12) as f32;
        let landmarks = (LOST / (mean * mean)).clamp(LOST_RANGE[0], LOST_RANGE[1]);
        (self.most - self.balance) / (landmarks * drift(self.sum, self.count))
    }

    /// True if something else plays.
    pub(super) fn is_lost(&self) -> bool {
        self.gone || self.deficit() >= 1.0 && self.seen - self.last >= LOST_FRAMES
    }

    /// Where it ended if it was lost: between where it was found and where it was missed, in a pause of the recording in its middle.
    pub(super) fn lost_at(&self) -> f64 {
        self.missed.map_or(self.last, |missed| f64::midpoint(self.last, missed.max(self.last)))
    }

    /// Where in the stream a recording of so many frames ends.
    pub(super) fn end_of(&self, frames: f64) -> f64 {
        self.at + (frames - self.trace.offset()) / f64::from(self.trace.time_scale())
    }

    /// What speaks for it, in standard deviations of wrong places: those of one rhythm and key agree by chance, which does not
    /// average out.
    pub(super) fn agreement(&self) -> f32 {
        let landmarks = self.count as f32 + PRIOR;
        self.sum / (landmarks + SPREAD * landmarks * landmarks).sqrt()
    }

    /// What speaks for it in all.
    pub(super) fn support(&self) -> f32 {
        self.sum
    }

    /// Seconds of recording per second of stream: over a long time more exact than where it was found.
    pub(super) fn time_scale(&self) -> f32 {
        let frames = self.at - self.start;
        match frames > 430.0 && self.trace.time_scale() != 1.0 {
            true => ((self.trace.offset() - self.offset) / frames) as f32,
            false => self.trace.time_scale(),
        }
    }

    pub(super) fn pitch_semitones(&self) -> f32 {
        self.trace.pitch_semitones()
    }
}

/// What a landmark counts against a place: half of what it counts for it, on average.
fn drift(sum: f32, count: u32) -> f32 {
    (0.5 * sum / (count + 12) as f32).clamp(LEAST_DRIFT, MOST_DRIFT)
}
