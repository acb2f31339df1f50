//! Who is speaking?

use super::calibration;
use super::evidence::{Band, Evidence, Rivals, Score};
use super::norm::Cohort;
use super::print::{self, Voiceprint};
use crate::env::View;
use crate::recordings::Decision;
use crate::rows::encode::damaged;
use crate::space::{self, Space, VOICES};
use crate::vectors::{self, Set};
use serde::Serialize;
use sonic_core::vector::dot;
use sonic_core::{Calibration, Embedding, Error, ErrorKind, Result, SpeechConditions};
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
    /// The same for scores of the narrow band. `None`: those of the embedding's calibration, held back.
    pub default_narrow_calibration: Option<Calibration>,
    /// What the embedding was made of, by which its scores count more or less. `None`: they count in full.
    pub conditions: Option<SpeechConditions>,
    /// The vector of the narrow band that goes with the embedding, as
    /// [`NewVoice::narrow`](crate::NewVoice::narrow): compared where the query or all samples of a person are narrow-band.
    pub narrow: Option<Vec<f32>>,
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
            default_narrow_calibration: None,
            conditions: None,
            narrow: None,
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
    /// Cosine of the embedding and the voiceprint, -1 to 1; of what both have in the narrow band where one of them has no
    /// more.
    pub score: f32,
    /// The score in standard deviations above what strangers score (AS-norm); `None` without a cohort, and for a score of the
    /// narrow band.
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

/// A person who looks like somebody enrolled under another name.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SimilarVoiceprint {
    /// The name that the voice is enrolled under.
    pub person: String,
    /// Id of that voiceprint.
    pub voiceprint_id: String,
    /// Cosine of the two voiceprints, -1 to 1.
    pub score: f32,
    /// Probability that both are one person, 0.5 to 1.
    pub probability: f32,
}

/// What one query needs to know of the store.
struct VoiceQuery<'t> {
    view: View<'t>,
    query: Vec<f32>,
    narrow: Option<Vec<f32>>,
    evidence: Evidence,
    cohort: Option<Cohort>,
    /// What the cohort scores against the query.
    strangers: Vec<f32>,
}

/// One person with scores and evidence.
#[derive(Clone, Copy)]
struct Candidate {
    number: u32,
    score: Score,
    log_odds: f64,
}

impl<'t> VoiceQuery<'t> {
    /// `None` if the store has no voices.
    fn new(view: View<'t>, embedding: &Embedding, options: &VoiceIdentifyOptions) -> Result<Option<Self>> {
        let (query, space) = (space::unit(embedding)?, Space::of(embedding));
        let narrow = options.narrow.as_ref().map(|n| space::narrow(embedding, n)).transpose()?;
        if !space::check(view, VOICES, &space)? {
            return Ok(None);
        }
        let fitted = calibration::of_store(view, &embedding.pipeline)?;
        let wide = fitted.or(options.default_calibration).unwrap_or_default();
        let on_narrow = options.default_narrow_calibration.unwrap_or_default();
        let evidence = Evidence::new(wide, on_narrow, options.conditions.as_ref(), narrow.is_some());
        let cohort = Cohort::of_store(view, query.len())?;
        let strangers = cohort.as_ref().map_or_else(Vec::new, |c| c.scores(&query));
        Ok(Some(Self { view, query, narrow, evidence, cohort, strangers }))
    }

    /// The voiceprints that are compared by the narrow band.
    fn narrow_set(&self) -> Set {
        if self.evidence.band == Band::Wide { Set::NARROW_ONLY } else { Set::NARROW_VOICEPRINTS }
    }

    /// Everybody, in order of number.
    fn candidates(&self, threads: usize) -> Result<Vec<Candidate>> {
        let wide = vectors::scores(self.view, Set::VOICEPRINTS, &self.query, threads)?;
        let narrow = match &self.narrow {
            Some(narrow) => vectors::scores(self.view, self.narrow_set(), narrow, threads)?,
            None => Vec::new(),
        };
        let mut narrow = narrow.into_iter().peekable();
        let candidate = |(number, wide): (u32, f32)| {
            while narrow.next_if(|(n, _)| *n < number).is_some() {}
            let narrow = narrow.next_if(|(n, _)| *n == number).map(|(_, score)| score);
            self.candidate(number, Score { wide, narrow })
        };
        Ok(wide.into_iter().map(candidate).collect())
    }

    fn candidate(&self, number: u32, score: Score) -> Candidate {
        Candidate { number, score, log_odds: self.evidence.log_odds(score) }
    }

    /// The person `number` alone; `None` without samples.
    fn person(&self, number: u32) -> Result<Option<Candidate>> {
        let dimensions = self.query.len();
        let Some(mean) = vectors::get(self.view, Set::VOICEPRINTS, number, dimensions)? else {
            return Ok(None);
        };
        let narrow = match &self.narrow {
            Some(own) => {
                vectors::get(self.view, self.narrow_set(), number, dimensions)?.map(|n| dot(&n, own))
            }
            None => None,
        };
        Ok(Some(self.candidate(number, Score { wide: dot(&mean, &self.query), narrow })))
    }

    fn report(&self, candidate: Candidate, print: Voiceprint, probability: f64) -> Result<VoiceMatch> {
        let Candidate { number, score, .. } = candidate;
        let mean = match score.narrow {
            None => vectors::get(self.view, Set::VOICEPRINTS, number, self.query.len())?,
            Some(_) => None,
        };
        let normalized = match (&self.cohort, mean) {
            (Some(cohort), Some(mean)) => {
                cohort.normalise(score.wide, number, &cohort.scores(&mean), &self.strangers)
            }
            _ => None,
        };
        Ok(VoiceMatch {
            sample_count: print.sample_count(),
            enrolled: print.is_enrolled(),
            person: print.person,
            voiceprint_id: print.voiceprint_id,
            user_id: print.user_id,
            score: self.evidence.cosine(score).clamp(-1.0, 1.0),
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
    let mut candidates = query.candidates(options.threads)?;
    candidates.retain(|candidate| !excluded.contains(&candidate.number));
    answer.compared = candidates.len() as u64;
    answer.cohort = query.cohort.as_ref().map_or(0, |c| c.len() as u64);
    answer.calibrated = query.evidence.is_fitted();
    for (candidate, print, probability) in likeliest(&query, candidates, options.limit)? {
        answer.matches.push(query.report(candidate, print, probability)?);
    }
    // Who is known by few samples may fall behind.
    answer.matches.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let first = answer.matches.first();
    if first.is_some_and(|m| accepts(options.threshold, options.accept, m)) {
        answer.decision = Decision::Match;
    }
    Ok(answer)
}

/// The likeliest candidates with their rows and probabilities among rivals and strangers.
fn likeliest(
    query: &VoiceQuery<'_>,
    candidates: Vec<Candidate>,
    limit: usize,
) -> Result<Vec<(Candidate, Voiceprint, f64)>> {
    let rivals = Rivals::new(candidates.iter().map(|candidate| candidate.log_odds));
    let odds = candidates.iter().map(|candidate| (candidate.number, candidate.log_odds as f32));
    let places = vectors::largest(odds.collect(), limit).into_iter().filter_map(|(number, _)| {
        let place = candidates.binary_search_by_key(&number, |candidate| candidate.number);
        place.ok().map(|place| candidates[place])
    });
    let each = places.map(|candidate| {
        let print = print::by_number(query.view, candidate.number)?;
        let print = print.ok_or_else(|| damaged("a voiceprint without its row"))?;
        let most = query.evidence.probability(candidate.score, print.sample_count());
        Ok((candidate, print, rivals.probability(candidate.log_odds).min(most)))
    });
    each.collect()
}

fn accepts(threshold: Option<f32>, accept: f32, candidate: &VoiceMatch) -> bool {
    threshold.map_or(candidate.probability >= accept, |least| candidate.score >= least)
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
    let candidate = query.person(number)?.ok_or_else(nothing)?;
    let probability = query.evidence.probability(candidate.score, print.sample_count());
    let claim = query.report(candidate, print, probability)?;
    let accepted = accepts(options.threshold, options.accept, &claim);
    let decision = if accepted { Decision::Match } else { Decision::Unknown };
    Ok(Verification { decision, claim, calibrated: query.evidence.is_fitted() })
}

/// Who of the others in the store has the voice of the voiceprint `number`; `None` if nobody is likely to.
pub(super) fn similar(
    view: View<'_>,
    number: u32,
    options: &VoiceIdentifyOptions,
) -> Result<Option<SimilarVoiceprint>> {
    let Some(space) = space::of_store(view, VOICES)? else { return Ok(None) };
    let get = |set| vectors::get(view, set, number, space.dimensions);
    let Some(mean) = get(Set::VOICEPRINTS)? else { return Ok(None) };
    let embedding = Embedding { pipeline: space.pipeline(), vector: mean };
    let options = VoiceIdentifyOptions { narrow: get(Set::NARROW_VOICEPRINTS)?, ..options.clone() };
    let Some(mut query) = VoiceQuery::new(view, &embedding, &options)? else { return Ok(None) };
    if get(Set::NARROW_ONLY)?.is_some() {
        query.evidence.band = Band::Narrow;
    }
    let mut candidates = query.candidates(options.threads)?;
    candidates.retain(|candidate| candidate.number != number);
    let first = likeliest(&query, candidates, 1)?.pop().filter(|(.., probability)| *probability >= 0.5);
    Ok(first.map(|(candidate, print, probability)| SimilarVoiceprint {
        person: print.person,
        voiceprint_id: print.voiceprint_id,
        score: query.evidence.cosine(candidate.score).clamp(-1.0, 1.0),
        probability: probability as f32,
    }))
}
