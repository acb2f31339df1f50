//! Who is speaking?

use super::calibration;
use super::norm::Cohort;
use super::print::{self, Voiceprint};
use crate::env::View;
use crate::recordings::Decision;
use crate::rows::encode::damaged;
use crate::space::{self, Space, VOICES};
use crate::vectors::{self, Set};
use serde::Serialize;
use sonic_core::vector::dot;
use sonic_core::{Calibration, Embedding, Error, ErrorKind, Result};
use std::collections::HashSet;

/// How the speaker is identified.
#[derive(Debug, Clone, PartialEq)]
pub struct VoiceIdentifyOptions {
    /// People reported at most.
    pub limit: usize,
    /// Names of people who are not to be found.
    pub exclude: Vec<String>,
    /// The cosine from which on the first person is the answer, whatever the probability; 0.7 is strict for
    /// most embedders. `None`: `accept` decides.
    pub threshold: Option<f32>,
    /// The probability from which on the first person is the answer.
    pub accept: f32,
    /// How scores become probabilities while the store has no calibration fitted for the pipeline; an embedder knows
    /// its own. `None`: the default of [`Calibration`].
    pub default_calibration: Option<Calibration>,
    /// Threads that share the work; 0 means as many as the machine has cores.
    pub threads: usize,
}

impl Default for VoiceIdentifyOptions {
    fn default() -> Self {
        Self {
            limit: 5,
            exclude: Vec::new(),
            threshold: None,
            accept: 0.5,
            default_calibration: None,
            threads: 0,
        }
    }
}

/// A person who may be the one speaking.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct VoiceMatch {
    /// The person's name.
    pub person: String,
    /// Id of the person's voiceprint.
    pub voiceprint_id: String,
    /// The user that the person is, if that is known.
    pub user_id: Option<String>,
    /// Cosine of the embedding and the voiceprint, -1 to 1.
    pub score: f32,
    /// The score in standard deviations above what strangers score (AS-norm); `None` without a cohort.
    pub normalized: Option<f32>,
    /// Probability that it is this person, 0 to 1.
    pub probability: f32,
    /// Samples that the voiceprint is made of.
    pub sample_count: u32,
    /// True if those are as many as enrolling takes.
    pub enrolled: bool,
}

/// The answer to a voice.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct VoiceAnswer {
    /// Whether the voice was recognised.
    pub decision: Decision,
    /// People, likeliest first.
    pub matches: Vec<VoiceMatch>,
    /// People that the voice was compared with.
    pub compared: u64,
    /// Strangers that scores were normalised with; 0 if they were not.
    pub cohort: u64,
    /// True if the probabilities were fitted from trials; false if they rest on an assumption.
    pub calibrated: bool,
}

impl VoiceAnswer {
    /// True if the voice was recognised.
    pub fn is_match(&self) -> bool {
        self.decision == Decision::Match
    }
}

/// Whether a voice is the one it is said to be.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Verification {
    /// Whether the claim is accepted.
    pub decision: Decision,
    /// The person, with the scores; the probability takes the claim for as likely to be true as not beforehand.
    pub claim: VoiceMatch,
    /// True if the probability was fitted from trials; false if it rests on an assumption.
    pub calibrated: bool,
}

/// What one query needs to know of the store.
struct VoiceQuery<'t> {
    view: View<'t>,
    query: Vec<f32>,
    calibration: Calibration,
    cohort: Option<Cohort>,
    /// What the cohort scores against the query.
    strangers: Vec<f32>,
}

impl<'t> VoiceQuery<'t> {
    /// `None` if the store has no voices.
    fn new(view: View<'t>, embedding: &Embedding, options: &VoiceIdentifyOptions) -> Result<Option<Self>> {
        let (query, space) = (space::unit(embedding)?, Space::of(embedding));
        if !space::check(view, VOICES, &space)? {
            return Ok(None);
        }
        let fitted = calibration::of_store(view, &embedding.pipeline)?;
        let calibration = fitted.or(options.default_calibration).unwrap_or_default();
        let cohort = Cohort::of_store(view, query.len())?;
        let strangers = cohort.as_ref().map_or_else(Vec::new, |c| c.scores(&query));
        Ok(Some(Self { view, query, calibration, cohort, strangers }))
    }

    fn report(&self, number: u32, print: Voiceprint, score: f32, probability: f64) -> Result<VoiceMatch> {
        let normalized =
            match (&self.cohort, vectors::get(self.view, Set::VOICEPRINTS, number, self.query.len())?) {
                (Some(cohort), Some(mean)) => {
                    cohort.normalise(score, number, &cohort.scores(&mean), &self.strangers)
                }
                _ => None,
            };
        Ok(VoiceMatch {
            sample_count: print.sample_count(),
            enrolled: print.is_enrolled(),
            person: print.person,
            voiceprint_id: print.voiceprint_id,
            user_id: print.user_id,
            score: score.clamp(-1.0, 1.0),
            normalized,
            probability: probability as f32,
        })
    }
}

pub(super) fn check_options(options: &VoiceIdentifyOptions) -> Result<()> {
    if !(0.0..=1.0).contains(&options.accept) || options.threshold.is_some_and(f32::is_nan) {
        let message = "accept is a probability of 0 to 1, and a threshold is a number";
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(())
}

pub(super) fn identify(
    view: View<'_>,
    embedding: &Embedding,
    options: &VoiceIdentifyOptions,
) -> Result<VoiceAnswer> {
    check_options(options)?;
    let mut answer = VoiceAnswer {
        decision: Decision::Unknown,
        matches: Vec::new(),
        compared: 0,
        cohort: 0,
        calibrated: false,
    };
    let Some(query) = VoiceQuery::new(view, embedding, options)? else { return Ok(answer) };
    let mut excluded = HashSet::new();
    for person in &options.exclude {
        excluded.extend(print::find(view, person)?.map(|(number, _)| number));
    }
    let mut scores = vectors::scores(view, Set::VOICEPRINTS, &query.query, options.threads)?;
    scores.retain(|(number, _)| !excluded.contains(number));
    let rivals = Rivals::new(&query.calibration, &scores);
    answer.compared = scores.len() as u64;
    answer.cohort = query.cohort.as_ref().map_or(0, |c| c.len() as u64);
    answer.calibrated = query.calibration.trials > 0;
    for (number, score) in vectors::largest(scores, options.limit) {
        let print = print::by_number(view, number)?;
        let print = print.ok_or_else(|| damaged("a voiceprint without its row"))?;
        answer.matches.push(query.report(number, print, score, rivals.probability(score))?);
    }
    let first = answer.matches.first();
    if first.is_some_and(|m| accepts(options.threshold, options.accept, m)) {
        answer.decision = Decision::Match;
    }
    Ok(answer)
}

fn accepts(threshold: Option<f32>, accept: f32, candidate: &VoiceMatch) -> bool {
    threshold.map_or(candidate.probability >= accept, |least| candidate.score >= least)
}

/// The people of the store as rivals: one of them speaks, each as likely as another, or a stranger does, as likely as
/// all of them together.
struct Rivals<'a> {
    calibration: &'a Calibration,
    /// Mean likelihood ratio over the people.
    mean: f64,
    count: f64,
}

impl<'a> Rivals<'a> {
    fn new(calibration: &'a Calibration, scores: &[(u32, f32)]) -> Self {
        let count = scores.len().max(1) as f64;
        let mean = scores.iter().map(|(_, s)| calibration.log_odds(*s).exp()).sum::<f64>() / count;
        Self { calibration, mean, count }
    }

    fn probability(&self, score: f32) -> f64 {
        self.calibration.log_odds(score).exp() / self.count / (1.0 + self.mean)
    }
}

pub(super) fn verify(
    view: View<'_>,
    person: &str,
    embedding: &Embedding,
    options: &VoiceIdentifyOptions,
) -> Result<Verification> {
    check_options(options)?;
    let (number, print) = print::get(view, person)?;
    let query = VoiceQuery::new(view, embedding, options)?;
    let nothing = || {
        let message = format!("{person:?} has no samples: enrol some first");
        Error::new(ErrorKind::NotFound, message)
    };
    let query = query.ok_or_else(nothing)?;
    let mean = vectors::get(view, Set::VOICEPRINTS, number, query.query.len())?.ok_or_else(nothing)?;
    let score = dot(&mean, &query.query);
    let claim = query.report(number, print, score, query.calibration.probability(score))?;
    let accepted = accepts(options.threshold, options.accept, &claim);
    let decision = if accepted { Decision::Match } else { Decision::Unknown };
    Ok(Verification { decision, claim, calibrated: query.calibration.trials > 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_strangers_share_the_probability() {
        let calibration = Calibration { slope: 20.0, offset: -8.0, trials: 0 };
        let probability = |scores: &[f32]| {
            let scores: Vec<(u32, f32)> = (1..).zip(scores.iter().copied()).collect();
            let rivals = Rivals::new(&calibration, &scores);
            scores.iter().map(|(_, s)| rivals.probability(*s)).collect::<Vec<_>>()
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
}
