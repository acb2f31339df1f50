//! Figures of many answers.

use crate::ask::{Outcome, Verdict};

/// False positives that may be had at the opened threshold, as a share of the negatives.
const FALSE_POSITIVES: f64 = 0.01;
/// Bins of the probability.
const BINS: usize = 10;

/// Counts of a group of answers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Summary {
    /// Clips whose recording is in the store.
    pub positives: usize,
    /// Of these, clips whose first match is right...
    pub top: usize,
    /// ...is right and above the threshold...
    pub at_threshold: usize,
    /// ...is right and accepted...
    pub decided: usize,
    /// ...is accepted and wrong.
    pub wrong: usize,
    /// Clips whose recording is not in the store.
    pub negatives: usize,
    /// Of these, clips for which a recording is named.
    pub false_positives: usize,
    /// Clips asked again without their own recording.
    pub masked: usize,
    /// Of these, clips for which another is named.
    pub masked_false_positives: usize,
}

impl Summary {
    /// Counts with the threshold that these answers themselves give.
    pub(crate) fn of(outcomes: &[Outcome<'_>]) -> Self {
        Self::at(threshold(outcomes), outcomes.iter())
    }

    /// Counts with a given threshold.
    pub(crate) fn at<'a>(threshold: f64, outcomes: impl Iterator<Item = &'a Outcome<'a>>) -> Self {
        let mut s = Self::default();
        for outcome in outcomes {
            let own = outcome.own;
            match outcome.masked {
                None => {
                    s.negatives += 1;
                    s.false_positives += usize::from(own.accepted);
                }
                Some(masked) => {
                    s.positives += 1;
                    s.top += usize::from(own.right);
                    s.at_threshold += usize::from(own.right && own.score > threshold);
                    s.decided += usize::from(own.right && own.accepted);
                    s.wrong += usize::from(!own.right && own.accepted);
                    s.masked += 1;
                    s.masked_false_positives += usize::from(masked.accepted);
                }
            }
        }
        s
    }
}

/// False alarms in sound that is not in the store.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Alarms {
    pub count: usize,
    pub hours: f64,
}

/// The answers that can only be wrong: clips of foreign recordings, and all others without their own.
pub(crate) fn negatives<'a>(outcomes: &'a [Outcome<'_>]) -> impl Iterator<Item = Verdict> + 'a {
    outcomes.iter().map(|o| o.masked.unwrap_or(o.own))
}

/// The score that at most one negative in a hundred exceeds.
pub(crate) fn threshold(outcomes: &[Outcome<'_>]) -> f64 {
    let mut scores: Vec<f64> = negatives(outcomes).map(|v| v.score).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    let allowed = (FALSE_POSITIVES * scores.len() as f64) as usize;
    scores.get(allowed).copied().unwrap_or(f64::NEG_INFINITY)
}

/// Every answer as (probability, 1 if right), with the clips' own recordings and without.
pub(crate) fn judged<'a>(outcomes: &'a [Outcome<'_>]) -> impl Iterator<Item = (Verdict, bool)> + 'a {
    let own = outcomes.iter().filter(|o| o.masked.is_some()).map(|o| (o.own, o.own.right));
    own.chain(negatives(outcomes).map(|v| (v, false)))
}

/// How far probabilities are from the shares of right answers in bins of equal count: on average and at most.
pub(crate) fn calibration_error(outcomes: &[Outcome<'_>]) -> (f64, f64) {
    let mut answers: Vec<(f64, bool)> = judged(outcomes).map(|(v, right)| (v.probability, right)).collect();
    answers.sort_by(|a, b| a.0.total_cmp(&b.0));
    let errors: Vec<f64> = (0..BINS)
        .map(|i| &answers[i * answers.len() / BINS..(i + 1) * answers.len() / BINS])
        .filter(|bin| !bin.is_empty())
        .map(|bin| {
            let sum: f64 = bin.iter().map(|(p, right)| p - f64::from(u8::from(*right))).sum();
            (sum / bin.len() as f64).abs()
        })
        .collect();
    let most = errors.iter().fold(0.0, |most: f64, e| most.max(*e));
    (errors.iter().sum::<f64>() / errors.len().max(1) as f64, most)
}

/// The value below which a share `p` of `values` lies; not a number if there is none.
pub(crate) fn quantile(values: impl IntoIterator<Item = f64>, p: f64) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((p * last as f64).round() as usize).copied().unwrap_or(f64::NAN)
}

/// `part` of `whole` in percent.
pub(crate) fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}
