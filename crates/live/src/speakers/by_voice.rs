//! Who speaks, by the voices alone.

use super::cluster::clusters;
use super::decode::{MOST_SPEAKERS, NO_SPEECH, SPEECH};
use super::path::{Evidence, Path, Talking};
use super::runs::Course;
use super::{Speakers, in_order};
use sonic_core::Turn;
use sonic_core::vector::normalise;

/// Fewer windows that are alike are nobody.
const LEAST_WINDOWS: usize = 3;

/// A voice of the stretch that is looked at.
struct Voice {
    print: Vec<f32>,
    windows: usize,
}

impl Speakers {
    /// The turns in the first `keep` frames of what is not settled. Voiceprints grow where that `is_last`.
    pub(super) fn by_voice(&mut self, keep: usize, is_last: bool) -> Vec<Turn> {
        let voices = self.voices();
        if voices.is_empty() {
            return Vec::new();
        }
        let path = self.path_of(&voices);
        let speech = self.kept.cells.spans(0.5);
        let course = Course {
            path: &path[..keep.min(path.len())],
            frame_ms: self.options.bit_ms.into(),
            base_ms: self.kept.base_ms,
            hold_ms: 0,
            speech: &speech,
        };
        let numbers = self.numbers(&voices, is_last);
        let each = voices
            .iter()
            .zip(numbers)
            .enumerate()
            .flat_map(|(i, (_, number))| course.turns(i, &self.kept.tracks.name(number), |_, _| 0.5));
        in_order(each.collect())
    }

    /// The voices of the windows that are kept, most heard first.
    fn voices(&self) -> Vec<Voice> {
        let units: Vec<Vec<f32>> = self.kept.windows.iter().map(|window| window.voice.unit()).collect();
        let clusters = clusters(&units, self.options.matching).into_iter();
        let voice = |members: Vec<usize>| {
            let mut print = vec![0.0; units[members[0]].len()];
            members.iter().for_each(|i| print.iter_mut().zip(&units[*i]).for_each(|(sum, x)| *sum += x));
            normalise(&mut print).then_some(Voice { print, windows: members.len() })
        };
        clusters
            .filter(|members| members.len() >= LEAST_WINDOWS)
            .filter_map(voice)
            .take(MOST_SPEAKERS)
            .collect()
    }

    fn path_of(&self, voices: &[Voice]) -> Vec<Talking> {
        let prints: Vec<Option<Vec<f32>>> = voices.iter().map(|voice| Some(voice.print.clone())).collect();
        let speech = self.kept.cells.spans(0.5);
        let mut path = Path::new(voices.len(), None);
        for frame in 0..self.frames() {
            let time = self.middle_ms(frame);
            let is_speech = speech.iter().any(|(start, end)| (*start as f64) <= time && time < *end as f64);
            let detected = self.kept.windows.evidence(time as u64, &prints);
            path.push(&Evidence {
                speakers: detected.unwrap_or_else(|| vec![0.0; voices.len()]),
                anybody: if is_speech { SPEECH } else { NO_SPEECH },
            });
        }
        path.finish()
    }

    /// The tracks of the voices, each of another.
    fn numbers(&mut self, voices: &[Voice], is_last: bool) -> Vec<usize> {
        let (same, matching) = (self.options.same, self.options.matching);
        let mut taken: Vec<usize> = Vec::new();
        for voice in voices {
            let nearest =
                self.kept.tracks.nearest(&voice.print, &taken).filter(|(_, score)| *score > matching);
            let number = match nearest {
                Some((number, _)) if !is_last => number,
                _ => self.kept.tracks.observe(&voice.print, voice.windows, same, matching),
            };
            taken.push(number);
        }
        taken
    }
}
