//! Tracks: voices that were heard on a connection, each with a voiceprint that grows, and a name if somebody knows it.

use super::voice::Direction;
use serde::{Deserialize, Serialize};
use sonic_audio::speaker::VoiceEmbedder;
use sonic_core::vector::{dot, normalise};
use sonic_core::{Embedding, Result};
use sonic_store::{VoiceIdentifyOptions, Voices};

/// Tracks at most; who comes later is the one that is most alike.
const MOST: usize = 64;
/// What was heard before counts as so many windows at most, so that a voiceprint goes on to learn.
const MOST_WEIGHT: f32 = 200.0;

/// A voice that was heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Track {
    voice: Direction,
    /// Windows that the voiceprint is made of.
    weight: f32,
    /// The person whose voice it is, as the store of voices knows.
    name: Option<String>,
}

/// The voices of a connection, in the order in which they were heard first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tracks(Vec<Track>);

impl Tracks {
    /// What a track is called: its name, or a label.
    pub(crate) fn name(&self, number: usize) -> String {
        let name = self.0.get(number).and_then(|track| track.name.clone());
        name.unwrap_or_else(|| format!("voice {}", number + 1))
    }

    /// Names by which turns were called, and how they are called now.
    pub(crate) fn renamed(&self, name: &str) -> Option<String> {
        let number: usize = name.strip_prefix("voice ")?.parse().ok()?;
        self.0.get(number.checked_sub(1)?)?.name.clone()
    }

    /// The track that is most like a voice, of those that are not taken, and how much it is.
    pub(crate) fn nearest(&self, voice: &[f32], taken: &[usize]) -> Option<(usize, f32)> {
        let free = self.0.iter().enumerate().filter(|(number, _)| !taken.contains(number));
        let scores = free.map(|(number, track)| (number, dot(&track.voice.unit(), voice)));
        scores.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Takes a voice that `windows` windows are like, by the rule of two thresholds: alike above `same` is that track, as it is;
    /// above `matching` it is that track, of which more is known then; else it is a new one. Gives its number.
    pub(crate) fn observe(&mut self, voice: &[f32], windows: usize, same: f32, matching: f32) -> usize {
        let nearest = self.nearest(voice, &[]);
        match nearest.filter(|(_, score)| *score > matching || self.0.len() >= MOST) {
            Some((number, score)) if score > same => number,
            Some((number, _)) => {
                self.grow(number, voice, windows as f32);
                number
            }
            None => {
                self.0.push(Track { voice: Direction::new(voice), weight: windows as f32, name: None });
                self.0.len() - 1
            }
        }
    }

    fn grow(&mut self, number: usize, voice: &[f32], weight: f32) {
        let track = &mut self.0[number];
        let mut mean = track.voice.unit();
        mean.iter_mut().zip(voice).for_each(|(mean, x)| *mean = *mean * track.weight + x * weight);
        if normalise(&mut mean) {
            track.voice = Direction::new(&mean);
            track.weight = (track.weight + weight).min(MOST_WEIGHT);
        }
    }

    /// Asks a store who the voices are. True if a name is new.
    pub(crate) fn identify(&mut self, voices: &Voices, embedder: &VoiceEmbedder) -> Result<bool> {
        let options = VoiceIdentifyOptions {
            limit: 1,
            default_calibration: embedder.calibration(),
            default_narrow_calibration: embedder.narrow_calibration(),
            ..VoiceIdentifyOptions::default()
        };
        let mut is_new = false;
        for track in &mut self.0 {
            let embedding =
                Embedding { pipeline: embedder.speech_pipeline().clone(), vector: track.voice.unit() };
            let answer = voices.identify(&embedding, &options)?;
            let name = answer.matches.first().filter(|_| answer.is_match()).map(|found| found.person.clone());
            is_new |= name != track.name;
            track.name = name;
        }
        Ok(is_new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(degrees: f32) -> Vec<f32> {
        vec![degrees.to_radians().cos(), degrees.to_radians().sin()]
    }

    #[test]
    fn two_thresholds_decide_who_it_is() {
        let mut tracks = Tracks::default();
        assert_eq!(tracks.observe(&at(0.0), 10, 0.95, 0.7), 0);
        assert_eq!(tracks.observe(&at(90.0), 10, 0.95, 0.7), 1);
        let before = tracks.0[0].voice.unit();
        assert_eq!(tracks.observe(&at(10.0), 10, 0.95, 0.7), 0);
        assert_eq!(tracks.0[0].voice.unit(), before, "what is the same adds nothing");
        assert_eq!(tracks.observe(&at(30.0), 10, 0.95, 0.7), 0);
        let angle = tracks.0[0].voice.unit()[1].asin().to_degrees();
        assert!((14.0..16.0).contains(&angle), "it grew to {angle}");
        assert_eq!((tracks.name(1), tracks.renamed("voice 1")), ("voice 2".to_owned(), None));
    }

    #[test]
    fn there_is_an_end_of_tracks() {
        let mut tracks = Tracks::default();
        for i in 0..300u16 {
            tracks.observe(&at(f32::from(i)), 1, 1.0, 0.99999);
        }
        assert_eq!(tracks.0.len(), MOST);
    }
}
