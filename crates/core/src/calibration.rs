//! From cosines to probabilities.

use crate::{Error, ErrorKind, Result};

/// Trials of each kind that a fit needs at least.
pub const MIN_TRIALS: usize = 20;
const ROUNDS: usize = 100;
/// Keeps the slope finite when the trials can be told apart without an error.
const RIDGE: f64 = 1e-7;

/// More evidence than this, either way, is taken for this much: certain enough, and its exponential a number.
const MOST_EVIDENCE: f64 = 100.0;

/// One comparison of two recordings whose speakers are known.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Trial {
    /// Cosine of the two embeddings.
    pub score: f32,
    /// True if one person spoke in both.
    pub same: bool,
}

/// How a cosine becomes evidence: its natural log-likelihood ratio is `slope * cosine + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Calibration {
    /// Growth of the evidence with the cosine; positive.
    pub slope: f64,
    /// Evidence of a cosine of 0.
    pub offset: f64,
    /// Trials that it was fitted from; 0 if it is a default.
    pub trials: u64,
}

/// What is assumed of a model of which nothing is known: even odds at 0.3 and a gentle slope suit the networks in common
/// use, for which fitting is worth while.
impl Default for Calibration {
    fn default() -> Self {
        Self { slope: 20.0, offset: -6.0, trials: 0 }
    }
}

impl Calibration {
    /// Logistic regression on `trials`, in which both kinds weigh the same however many they are (Brümmer and du
    /// Preez, "Application-independent evaluation of speaker detection", 2006).
    ///
    /// # Errors
    /// `InvalidArgument` if there are fewer than [`MIN_TRIALS`] of a kind, a score is not finite, or the scores of one
    /// person are not the larger ones.
    pub fn fit(trials: &[Trial]) -> Result<Self> {
        let wrong = |message: String| Err(Error::new(ErrorKind::InvalidArgument, message));
        let same = trials.iter().filter(|t| t.same).count();
        let other = trials.len() - same;
        if same.min(other) < MIN_TRIALS {
            return wrong(format!(
                "a calibration needs {MIN_TRIALS} trials of one speaker and {MIN_TRIALS} of two, not {same} and {other}"
            ));
        }
        if trials.iter().any(|t| !t.score.is_finite()) {
            return wrong("a score of the trials is not a finite number".to_owned());
        }
        let weights = [0.5 / other as f64, 0.5 / same as f64];
        let (mut slope, mut offset) = (0.0, 0.0);
        for _ in 0..ROUNDS {
            let step = newton_step(trials, weights, slope, offset);
            slope += step.0;
            offset += step.1;
            if step.0.abs() + step.1.abs() < 1e-9 {
                break;
            }
        }
        if !(slope > 0.0 && slope.is_finite() && offset.is_finite()) {
            return wrong(
                "in these trials one speaker scores no higher than two: are they labelled right?".to_owned(),
            );
        }
        Ok(Self { slope, offset, trials: trials.len() as u64 })
    }

    /// Natural log-likelihood ratio of one speaker against two.
    pub fn log_odds(&self, cosine: f32) -> f64 {
        (self.slope * f64::from(cosine) + self.offset).clamp(-MOST_EVIDENCE, MOST_EVIDENCE)
    }

    /// Probability of one speaker where one and two are as likely beforehand.
    pub fn probability(&self, cosine: f32) -> f64 {
        1.0 / (1.0 + (-self.log_odds(cosine)).exp())
    }
}

/// A step of Newton's method on the weighted log loss, no longer than the curvature can be trusted for.
fn newton_step(trials: &[Trial], weights: [f64; 2], slope: f64, offset: f64) -> (f64, f64) {
    let (mut g, mut h) = ([RIDGE * slope, 0.0], [RIDGE, 0.0, 1e-12]);
    for trial in trials {
        let (x, weight) = (f64::from(trial.score), weights[usize::from(trial.same)]);
        let p = 1.0 / (1.0 + (-(slope * x + offset)).exp());
        let error = weight * (p - f64::from(u8::from(trial.same)));
        let curve = weight * p * (1.0 - p);
        g[0] += error * x;
        g[1] += error;
        h[0] += curve * x * x;
        h[1] += curve * x;
        h[2] += curve;
    }
    let determinant = (h[0] * h[2] - h[1] * h[1]).max(1e-15);
    let step = ((h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant);
    let length = (step.0 / 20.0).abs().max((step.1 / 10.0).abs()).max(1.0);
    (-step.0 / length, -step.1 / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores of two bell curves: one speaker around `high`, two around 0.
    fn trials(high: f32, count: u32) -> Vec<Trial> {
        let mut state = 7u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 24) as f32
        };
        (0..count)
            .map(|i| {
                let bell = (0..12).map(|_| uniform()).sum::<f32>() - 6.0;
                let same = i.is_multiple_of(5);
                Trial { score: 0.1 * bell + if same { high } else { 0.0 }, same }
            })
            .collect()
    }

    /// For two bell curves of one width the ratio is known: slope = distance / variance, even odds half way.
    #[test]
    fn the_fit_finds_what_the_trials_were_drawn_from() {
        let fitted = Calibration::fit(&trials(0.4, 20_000)).unwrap();
        assert!((fitted.slope - 40.0).abs() < 3.0, "{fitted:?}");
        assert!((-fitted.offset / fitted.slope - 0.2).abs() < 0.01, "{fitted:?}");
        assert!((fitted.probability(0.2) - 0.5).abs() < 0.1 && fitted.probability(0.5) > 0.99);
        assert_eq!(fitted.trials, 20_000);
    }

    #[test]
    fn trials_without_an_error_have_a_finite_fit() {
        let apart: Vec<Trial> =
            (0..100u8).map(|i| Trial { score: f32::from(i) / 100.0, same: i >= 50 }).collect();
        let fitted = Calibration::fit(&apart).unwrap();
        assert!(fitted.slope.is_finite() && fitted.probability(0.6) > 0.95 && fitted.probability(0.4) < 0.05);
    }

    #[test]
    fn trials_that_say_nothing_are_refused() {
        let few = &trials(0.4, 60)[..];
        assert_eq!(Calibration::fit(few).unwrap_err().kind(), ErrorKind::InvalidArgument);
        let mut wrong = trials(0.4, 1000);
        wrong.iter_mut().for_each(|t| t.same = !t.same);
        assert_eq!(Calibration::fit(&wrong).unwrap_err().kind(), ErrorKind::InvalidArgument);
        wrong[0].score = f32::NAN;
        assert_eq!(Calibration::fit(&wrong).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}
