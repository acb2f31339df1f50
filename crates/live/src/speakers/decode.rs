//! Who speaks, by what a meeting says about its microphones, where speech is detected, and the voices.

use super::path::{Evidence, Path, Talking};
use super::runs::Course;
use super::{Speakers, in_order};
use sonic_core::Turn;

/// Speakers that are told from each other in one stretch.
pub(super) const MOST_SPEAKERS: usize = 8;
/// Natural logs of how much likelier a bit is with speech than without: set, and not set.
const BIT_SET: f32 = 3.9;
const BIT_UNSET: f32 = -2.5;
/// The same of speech that was detected and was not.
pub(super) const SPEECH: f32 = 1.5;
pub(super) const NO_SPEECH: f32 = -2.0;

impl Speakers {
    /// The turns in the first `keep` frames of what is not settled; for good if `is_last`.
    pub(super) fn decode(&mut self, keep: usize, is_last: bool) -> Vec<Turn> {
        match self.kept.activity.is_empty() {
            true => self.by_voice(keep, is_last),
            false => self.by_activity(keep),
        }
    }

    /// By what is known about the microphones, and where nothing is, by the voices.
    fn by_activity(&self, keep: usize) -> Vec<Turn> {
        let names = self.active_names();
        let frames = self.frames();
        let mut evidence: Vec<Evidence> = Vec::with_capacity(frames);
        let speech = self.kept.cells.spans(0.5);
        for frame in 0..frames {
            evidence.push(self.evidence(frame, &names, &speech));
        }
        let mut path = self.path(&names, &evidence);
        if self.options.voices.is_some() {
            self.add_voices(&names, &path, &mut evidence);
            path = self.path(&names, &evidence);
        }
        let course = Course {
            path: &path[..keep.min(path.len())],
            frame_ms: self.options.bit_ms.into(),
            base_ms: self.kept.base_ms,
            hold_ms: self.options.hold_ms.into(),
            speech: &speech,
        };
        let each = names.iter().enumerate().flat_map(|(i, name)| {
            let confidence = |first, end| self.level(first, end, *name);
            course.turns(i, &self.kept.activity.names()[*name], confidence)
        });
        in_order(each.collect())
    }

    /// Numbers of those whose microphones were active most, as far as they can be told from each other.
    fn active_names(&self) -> Vec<usize> {
        let frames = self.frames();
        let count = |name: usize| {
            let bit = |frame| self.kept.activity.at(self.middle_ms(frame), self.bit_ms(), name);
            (0..frames).filter(|frame| bit(*frame) == Some(true)).count()
        };
        let names = 0..self.kept.activity.names().len();
        let mut counts: Vec<(usize, usize)> = names.map(|n| (count(n), n)).filter(|(c, _)| *c > 0).collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        counts.truncate(MOST_SPEAKERS);
        let mut names: Vec<usize> = counts.into_iter().map(|(_, name)| name).collect();
        names.sort_unstable();
        names
    }

    fn evidence(&self, frame: usize, names: &[usize], speech: &[(u64, u64)]) -> Evidence {
        let time = self.middle_ms(frame);
        let bit = |name: &usize| match self.kept.activity.at(time, self.bit_ms(), *name) {
            Some(true) => BIT_SET,
            Some(false) => BIT_UNSET,
            None => 0.0,
        };
        // Microphones count as active for a while after speech: so does speech here.
        let (start, end) =
            (time - self.bit_ms() / 2.0 - f64::from(self.options.hold_ms), time + self.bit_ms() / 2.0);
        let is_speech = speech.iter().any(|(s, e)| (*s as f64) < end && start < *e as f64);
        Evidence {
            speakers: names.iter().map(bit).collect(),
            anybody: if is_speech { SPEECH } else { NO_SPEECH },
        }
    }

    fn path(&self, names: &[usize], evidence: &[Evidence]) -> Vec<Talking> {
        let all = self.kept.activity.names();
        let mut known =
            names.iter().enumerate().filter(|(_, n)| self.kept.first.contains(&all[**n])).map(|(i, _)| i);
        let first = (self.kept.base_ms > 0).then(|| Talking(known.next(), known.next()));
        let mut path = Path::new(names.len(), first);
        evidence.iter().for_each(|frame| path.push(frame));
        path.finish()
    }

    /// Adds what voices say where nothing is known about the microphones: by the voiceprints of those who spoke alone.
    fn add_voices(&self, names: &[usize], path: &[Talking], evidence: &mut [Evidence]) {
        let prints: Vec<Option<Vec<f32>>> = (0..names.len()).map(|i| self.voiceprint(i, path)).collect();
        for (frame, evidence) in evidence.iter_mut().enumerate() {
            let time = self.middle_ms(frame);
            if names.iter().any(|name| self.kept.activity.at(time, self.bit_ms(), *name).is_some()) {
                continue;
            }
            let voices = self.kept.windows.evidence(time as u64, &prints);
            let sums = evidence.speakers.iter_mut().zip(voices.into_iter().flatten());
            sums.for_each(|(sum, voice)| *sum += voice);
        }
    }

    /// The mean voice of windows in which a speaker speaks alone.
    fn voiceprint(&self, speaker: usize, path: &[Talking]) -> Option<Vec<f32>> {
        let frame =
            |ms: u64| (ms.saturating_sub(self.kept.base_ms) / u64::from(self.options.bit_ms)) as usize;
        let mut sum: Vec<f32> = Vec::new();
        for window in self.kept.windows.iter().filter(|window| window.start_ms >= self.kept.base_ms) {
            let stretch = path.get(frame(window.start_ms)..frame(window.end_ms)).unwrap_or_default();
            if !stretch.is_empty() && stretch.iter().all(|talking| *talking == Talking(Some(speaker), None)) {
                let voice = window.voice.unit();
                sum.resize(voice.len(), 0.0);
                sum.iter_mut().zip(voice).for_each(|(sum, x)| *sum += x);
            }
        }
        sonic_core::vector::normalise(&mut sum).then_some(sum)
    }

    /// The share of known bits that are set.
    fn level(&self, first: usize, end: usize, name: usize) -> f32 {
        let bits = (first..end).filter_map(|f| self.kept.activity.at(self.middle_ms(f), self.bit_ms(), name));
        let (mut set, mut all) = (0.0f32, 0.0f32);
        bits.for_each(|bit| (set, all) = (set + f32::from(u8::from(bit)), all + 1.0));
        if all > 0.0 { set / all } else { 0.5 }
    }
}
