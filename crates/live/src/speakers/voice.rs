//! Voices over time: what each second and a half of speech sounds like, and whose voiceprint that is like.

use crate::recent;
use crate::utterance::{PER_MS, SAMPLE_RATE};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sonic_audio::speaker::VoiceEmbedder;
use sonic_core::vector::normalise;
use sonic_core::{Clip, Result};

/// Length of a window, and from one to the next, in milliseconds.
const WINDOW_MS: u64 = 1_500;
const HOP_MS: u64 = 500;
/// Speech that is shorter is not described, in milliseconds.
const SHORTEST_MS: u64 = 600;
/// Windows that are kept at most.
const MOST: usize = 600;
/// What a difference of cosines counts as evidence, and the most that it does.
const SLOPE: f32 = 12.0;
const MOST_EVIDENCE: f32 = 2.5;

/// A direction in steps of 1/127 of its largest number: enough for a voice, and a quarter of the room.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Direction(Vec<i8>);

impl Direction {
    pub(crate) fn new(vector: &[f32]) -> Self {
        let most = vector.iter().fold(f32::MIN_POSITIVE, |most, x| most.max(x.abs()));
        Self(vector.iter().map(|x| (x / most * 127.0).round() as i8).collect())
    }

    /// At unit length.
    pub(crate) fn unit(&self) -> Vec<f32> {
        let mut vector: Vec<f32> = self.0.iter().map(|x| f32::from(*x)).collect();
        // What has no direction stays as it is, and is like nothing.
        let _ = normalise(&mut vector);
        vector
    }
}

impl Serialize for Direction {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().map(|x| x.cast_unsigned()).collect();
        serializer.serialize_str(&recent::written(&bytes))
    }
}

impl<'de> Deserialize<'de> for Direction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = recent::read(&text).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes.into_iter().map(u8::cast_signed).collect()))
    }
}

/// What a stretch of speech sounds like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Window {
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) voice: Direction,
}

/// The windows of the last minutes, in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Windows(Vec<Window>);

impl Windows {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Window> {
        self.0.iter()
    }

    /// Describes an utterance that begins at `start_ms`, as far as that was not done before.
    pub(crate) fn listen(&mut self, embedder: &VoiceEmbedder, start_ms: u64, samples: &[f32]) -> Result<()> {
        let length = samples.len() as u64 / PER_MS;
        if length < SHORTEST_MS {
            return Ok(());
        }
        let last = length.saturating_sub(WINDOW_MS);
        let known = self.0.last().map(|window| window.start_ms);
        for at in (0..=last).step_by(HOP_MS as usize) {
            if known.is_some_and(|known| start_ms + at <= known) {
                continue;
            }
            let range = (at * PER_MS) as usize..((at + WINDOW_MS) * PER_MS) as usize;
            let piece = samples[range.start..range.end.min(samples.len())].to_vec();
            // A stretch that is silent or too short has no voice.
            if let Ok(voice) = embedder.embed_speech(&Clip::new(piece, SAMPLE_RATE)) {
                let end_ms = start_ms + (at + WINDOW_MS).min(length);
                let voice = Direction::new(&voice.embedding.vector);
                self.0.push(Window { start_ms: start_ms + at, end_ms, voice });
            }
        }
        let surplus = self.0.len().saturating_sub(MOST);
        self.0.drain(..surplus);
        Ok(())
    }

    pub(crate) fn forget_before(&mut self, time_ms: u64) {
        self.0.retain(|window| window.end_ms >= time_ms);
    }

    /// What the voice at a time says for each of the voiceprints against the best of the others; `None` if nothing was
    /// described there.
    pub(crate) fn evidence(&self, time_ms: u64, prints: &[Option<Vec<f32>>]) -> Option<Vec<f32>> {
        let near: Vec<Vec<f32>> = self
            .0
            .iter()
            .filter(|window| window.start_ms <= time_ms && time_ms < window.end_ms)
            .map(|window| window.voice.unit())
            .collect();
        if near.is_empty() || prints.iter().flatten().count() < 2 {
            return None;
        }
        let cosine = |print: &Vec<f32>| {
            let dots = near.iter().map(|voice| voice.iter().zip(print).map(|(a, b)| a * b).sum::<f32>());
            dots.sum::<f32>() / near.len() as f32
        };
        let cosines: Vec<Option<f32>> = prints.iter().map(|print| print.as_ref().map(cosine)).collect();
        let evidence = cosines.iter().enumerate().map(|(i, own)| {
            let others = cosines.iter().enumerate().filter(|(j, _)| *j != i).filter_map(|(_, other)| *other);
            let rival = others.fold(f32::NEG_INFINITY, f32::max);
            own.map_or(0.0, |own| (SLOPE * (own - rival)).clamp(-MOST_EVIDENCE, MOST_EVIDENCE))
        });
        Some(evidence.collect())
    }
}
