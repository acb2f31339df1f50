//! Scores that mean the same for every voice: adaptive symmetric normalisation (AS-norm) against a cohort of
//! strangers.
//!
//! A score is compared with what strangers score against either side: `((s - m_e) / d_e + (s - m_t) / d_t) / 2`, with
//! mean and standard deviation over the strangers nearest to the enrolled voice and to the one in question (Matějka
//! and others, "Analysis of Score Normalization in Multilingual Speaker Recognition", Interspeech 2017, adaptive
//! s-norm 1).

use crate::env::View;
use crate::vectors::{self, Set};
use sonic_core::Result;
use sonic_core::vector::scores;

/// Strangers that a cohort has at least.
pub const MIN_COHORT: usize = 20;
/// People in a store from which on they are each other's cohort.
const MIN_PEOPLE: usize = 50;
/// People taken for a cohort at most.
const MOST_PEOPLE: usize = 2_000;
/// The nearest strangers that count: a quarter, within these bounds.
const NEAREST: (usize, usize) = (20, 400);
const LEAST_DEVIATION: f64 = 1e-3;

/// Strangers to compare with.
pub(super) struct Cohort {
    /// Voiceprint number of each, 0 if it is not one of the store's people.
    numbers: Vec<u32>,
    rows: Vec<f32>,
    dimensions: usize,
}

impl Cohort {
    /// The cohort that was given to the store, else its people if they are enough, else `None`.
    pub(super) fn of_store(view: View<'_>, dimensions: usize) -> Result<Option<Self>> {
        let given = vectors::sample(view, Set::COHORT, dimensions, usize::MAX)?;
        if given.len() >= MIN_COHORT {
            return Ok(Some(Self::new(given.into_iter().map(|(_, v)| (0, v)), dimensions)));
        }
        if vectors::count(view, Set::VOICEPRINTS, dimensions)? < MIN_PEOPLE {
            return Ok(None);
        }
        let people = vectors::sample(view, Set::VOICEPRINTS, dimensions, MOST_PEOPLE)?;
        Ok(Some(Self::new(people.into_iter(), dimensions)))
    }

    fn new(vectors: impl Iterator<Item = (u32, Vec<f32>)>, dimensions: usize) -> Self {
        let mut cohort = Self { numbers: Vec::new(), rows: Vec::new(), dimensions };
        for (number, vector) in vectors {
            cohort.numbers.push(number);
            cohort.rows.extend(vector);
        }
        cohort
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// What every stranger scores against `voice`.
    pub(super) fn scores(&self, voice: &[f32]) -> Vec<f32> {
        debug_assert_eq!(voice.len(), self.dimensions);
        let mut out = vec![0.0; self.len()];
        scores(&self.rows, voice, &mut out);
        out
    }

    /// The score normalised, given what the cohort scores against either side. The voiceprint `number` is no stranger
    /// to itself.
    pub(super) fn normalise(
        &self,
        score: f32,
        number: u32,
        enrolled: &[f32],
        queried: &[f32],
    ) -> Option<f32> {
        let side = |scores: &[f32]| {
            let strangers = scores.iter().zip(&self.numbers).filter(|(_, n)| **n != number || number == 0);
            statistics(strangers.map(|(s, _)| *s).filter(|s| s.is_finite()).collect())
        };
        let (enrolled, queried) = (side(enrolled)?, side(queried)?);
        let standard = |(mean, deviation): (f64, f64)| (f64::from(score) - mean) / deviation;
        Some(((standard(enrolled) + standard(queried)) / 2.0) as f32)
    }
}

/// Mean and standard deviation of the largest scores.
fn statistics(mut scores: Vec<f32>) -> Option<(f64, f64)> {
    let count = (scores.len() / 4).clamp(NEAREST.0, NEAREST.1).min(scores.len());
    if count < 2 {
        return None;
    }
    scores.sort_unstable_by(|a, b| b.total_cmp(a));
    let nearest = &scores[..count];
    let mean = nearest.iter().map(|s| f64::from(*s)).sum::<f64>() / count as f64;
    let variance = nearest.iter().map(|s| (f64::from(*s) - mean).powi(2)).sum::<f64>() / count as f64;
    Some((mean, variance.sqrt().max(LEAST_DEVIATION)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, with 24 strangers of whom the 20 nearest count.
    #[test]
    fn the_score_is_that_of_the_formula() {
        let strangers = (0..24u8).map(|i| (u32::from(i), vec![f32::from(i) / 24.0, 1.0]));
        let cohort = Cohort::new(strangers, 2);
        let (enrolled, queried) = (cohort.scores(&[1.0, 0.0]), cohort.scores(&[-1.0, 0.1]));
        assert!((enrolled[12] - 0.5).abs() < 1e-6 && (queried[12] + 0.4).abs() < 1e-6);
        let got = cohort.normalise(0.9, 23, &enrolled, &queried);
        // Without number 23: the nearest are 3..=22 for one side and 0..=19 for the other.
        let side = |from: u8, sign: f64, shift: f64| {
            let scores: Vec<f64> = (from..from + 20).map(|i| sign * f64::from(i) / 24.0 + shift).collect();
            let mean = scores.iter().sum::<f64>() / 20.0;
            let deviation = (scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / 20.0).sqrt();
            (0.9 - mean) / deviation
        };
        let want = (side(3, 1.0, 0.0) + side(0, -1.0, 0.1)) / 2.0;
        assert!(got.is_some_and(|got| (f64::from(got) - want).abs() < 1e-3), "{got:?} {want}");
    }
}
