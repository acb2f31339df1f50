//! From scores to evidence: by what two recordings have in common, and no further than their conditions let it count.

use sonic_core::{Calibration, SpeechConditions};

/// Speech of this many seconds counts in full.
const FULL_SPEECH_S: f64 = 2.5;
/// What is left of the evidence where next to no speech was found.
const LEAST_TRUST: f64 = 0.2;
/// Below this bandwidth, in Hz, less than the narrow band is there: that much of the evidence counts.
const NARROW_HZ: u32 = 3_000;
const MUFFLED: f64 = 0.3;
/// The same where a narrow-band recording is compared as if it were wide-band.
const UNLIKE: f64 = 0.5;
/// Speech that is quieter than this, in dB of full scale, is compared in both bands: the steps of its samples are noise
/// that fills the upper one.
const QUIET_DBFS: f32 = -50.0;
/// So much of that evidence counts.
const QUIET: f64 = 0.95;
/// What is added to the evidence of the narrow band there: strangers who are close in it are not in the wide band as well.
const QUIET_NARROW: f64 = 3.0;
/// How far a probability may go that was not fitted to trials of the store's own recordings: its evidence counts for so
/// much. Voices that sound alike are further apart in the recordings of a test than in those of a family.
const HELD_BACK: f64 = 0.36;
/// The evidence that one and two samples give, of what three and more give.
const FEW_SAMPLES: [f64; 2] = [0.7, 0.85];

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Band {
    /// All that can be heard; of a person who is known from narrow-band samples only, the narrow band.
    Wide,
    /// The narrow band, which is all that the query has.
    Narrow,
    /// Both, which share the evidence.
    Both,
}

/// Scores of one person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Score {
    /// Cosine of the embedding and the voiceprint.
    pub wide: f32,
    /// Cosine of what they have in the narrow band, if both are known there and it matters.
    pub narrow: Option<f32>,
}

/// How scores of a query become evidence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence {
    wide: Calibration,
    narrow: Calibration,
    pub band: Band,
    /// How far the conditions of the query let its evidence count, 0..1.
    trust: f64,
}

impl Evidence {
    /// For a query made under `conditions`, which has a vector of the narrow band or not.
    pub(super) fn new(
        wide: Calibration,
        narrow: Calibration,
        conditions: Option<&SpeechConditions>,
        has_narrow: bool,
    ) -> Self {
        let band = match conditions {
            Some(c) if has_narrow && !c.is_wide() => Band::Narrow,
            Some(c) if has_narrow && c.level_dbfs < QUIET_DBFS => Band::Both,
            _ => Band::Wide,
        };
        let trust = conditions.map_or(1.0, |c| trust(c, has_narrow));
        Self { wide, narrow, band, trust }
    }

    /// The evidence in natural log odds. What was fitted to trials of the store is a function of the score that is
    /// reported, whatever band that is of: telephone calls are calibrated by telephone calls.
    pub(super) fn log_odds(&self, score: Score) -> f64 {
        if self.is_fitted() {
            return self.trust * self.wide.log_odds(self.cosine(score));
        }
        let wide = || self.wide.log_odds(score.wide);
        self.trust
            * match (self.band, score.narrow) {
                (Band::Wide | Band::Narrow, Some(narrow)) => self.narrow.log_odds(narrow),
                (Band::Both, Some(narrow)) => {
                    QUIET * 0.5 * (wide() + self.narrow.log_odds(narrow) + QUIET_NARROW)
                }
                (Band::Narrow, None) => UNLIKE * wide(),
                (_, None) => wide(),
            }
    }

    /// The score that is reported.
    pub(super) fn cosine(&self, score: Score) -> f32 {
        match self.band {
            Band::Both => score.wide,
            Band::Wide | Band::Narrow => score.narrow.unwrap_or(score.wide),
        }
    }

    /// The probability that a claim is true, which was as likely as not, of a person known by so many samples; also the
    /// most that is ever said about that person.
    pub(super) fn probability(&self, score: Score, samples: u32) -> f64 {
        let odds = self.log_odds(score);
        let held_back = if self.is_fitted() { 1.0 } else { HELD_BACK };
        let few = FEW_SAMPLES.get((samples as usize).saturating_sub(1)).copied().unwrap_or(1.0);
        let odds = if odds > 0.0 { held_back * few * odds } else { odds };
        1.0 / (1.0 + (-odds).exp())
    }

    /// True if the probabilities were fitted from trials.
    pub(super) fn is_fitted(&self) -> bool {
        self.wide.trials > 0
    }
}

fn trust(conditions: &SpeechConditions, has_narrow: bool) -> f64 {
    let seconds = conditions.speech_ms as f64 / 1000.0;
    let mut trust = (seconds / FULL_SPEECH_S).clamp(LEAST_TRUST, 1.0);
    if conditions.bandwidth_hz < NARROW_HZ {
        trust *= MUFFLED;
    }
    if !conditions.is_wide() && !has_narrow {
        trust *= UNLIKE;
    }
    trust
}

/// The people of the store as rivals: one of them speaks, each as likely as another, or a stranger does, as likely as
/// all of them together.
pub(super) struct Rivals {
    /// Mean likelihood ratio over the people.
    mean: f64,
    count: f64,
}

impl Rivals {
    pub(super) fn new(log_odds: impl Iterator<Item = f64>) -> Self {
        let (mut sum, mut count) = (0.0, 0u64);
        for odds in log_odds {
            sum += odds.exp();
            count += 1;
        }
        let count = count.max(1) as f64;
        Self { mean: sum / count, count }
    }

    pub(super) fn probability(&self, log_odds: f64) -> f64 {
        log_odds.exp() / self.count / (1.0 + self.mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Calibration = Calibration { slope: 20.0, offset: -8.0, trials: 0 };
    const NARROW: Calibration = Calibration { slope: 10.0, offset: -5.0, trials: 0 };

    fn score(wide: f32) -> Score {
        Score { wide, narrow: None }
    }

    #[test]
    fn people_and_strangers_share_the_probability() {
        let probability = |scores: &[f32]| {
            let odds: Vec<f64> = scores.iter().map(|s| WIDE.log_odds(*s)).collect();
            let rivals = Rivals::new(odds.iter().copied());
            odds.iter().map(|odds| rivals.probability(*odds)).collect::<Vec<_>>()
        };
        assert!((probability(&[0.4])[0] - 0.5).abs() < 1e-6, "even odds stay even among one");
        let twins = probability(&[0.9, 0.9, 0.0]);
        assert!((twins[0] - 0.5).abs() < 0.01 && twins[0] == twins[1], "{twins:?}");
        assert!(probability(&[0.7])[0] > 0.99);
        // The more people, the more evidence it takes.
        let many: Vec<f32> = std::iter::once(0.7).chain([0.0; 999]).collect();
        assert!((0.2..0.4).contains(&probability(&many)[0]));
        assert!(probability(&many).iter().sum::<f64>() < 1.0);
    }

    fn conditions(speech_ms: u64, bandwidth_hz: u32, level_dbfs: f32) -> SpeechConditions {
        SpeechConditions { speech_ms, bandwidth_hz, level_dbfs }
    }

    fn evidence(conditions: SpeechConditions, has_narrow: bool) -> Evidence {
        Evidence::new(WIDE, NARROW, Some(&conditions), has_narrow)
    }

    #[test]
    fn unlike_sound_moves_towards_unknown() {
        let good = conditions(8_000, 8_000, -25.0);
        let full = evidence(good, true).probability(score(0.8), 3);
        let lesser = [
            evidence(conditions(1_000, 8_000, -25.0), true).probability(score(0.8), 3),
            evidence(conditions(0, 8_000, -25.0), true).probability(score(0.8), 3),
            evidence(conditions(8_000, 2_500, -25.0), false).probability(score(0.8), 3),
            evidence(conditions(8_000, 4_000, -25.0), false).probability(score(0.8), 3),
            evidence(good, true).probability(score(0.8), 1),
            evidence(good, true).probability(score(0.8), 2),
        ];
        assert!(full > 0.9 && lesser.iter().all(|p| *p < full && *p > 0.5), "{full} {lesser:?}");
        // What says no goes on to say no.
        assert!(evidence(good, true).probability(score(0.1), 1) < 0.01);
    }

    #[test]
    fn what_both_have_in_common_is_compared() {
        let both = Score { wide: 0.2, narrow: Some(0.7) };
        let narrow = evidence(conditions(8_000, 3_500, -25.0), true);
        assert_eq!((narrow.band, narrow.cosine(both)), (Band::Narrow, 0.7));
        assert!((narrow.log_odds(both) - 2.0).abs() < 1e-6);
        let quiet = evidence(conditions(8_000, 8_000, -66.0), true);
        assert_eq!((quiet.band, quiet.cosine(both)), (Band::Both, 0.2));
        assert!((quiet.log_odds(both) - 0.475).abs() < 1e-6);
        assert_eq!(evidence(conditions(8_000, 8_000, -25.0), true).band, Band::Wide);
        assert_eq!(evidence(conditions(8_000, 3_500, -25.0), false).band, Band::Wide);
    }

    #[test]
    fn trials_of_the_store_are_believed() {
        let fitted = Calibration { trials: 100, ..WIDE };
        let good = conditions(8_000, 8_000, -25.0);
        let believed = Evidence::new(fitted, NARROW, Some(&good), true).probability(score(0.6), 3);
        assert!((believed - WIDE.probability(0.6)).abs() < 1e-9);
        assert!(evidence(good, true).probability(score(0.6), 3) < believed);
    }
}
