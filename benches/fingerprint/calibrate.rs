//! Scores to probabilities: what the library's constants are fitted on.

use crate::Anyhow;
use crate::ask::Outcome;
use crate::figures::judged;
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// Beyond this a score says the same; a right recording at a wrong repeat would count too much otherwise.
const MOST: f64 = 10.0;

/// Score and rightness of every answer that has a score.
pub(crate) fn samples(outcomes: &[Outcome<'_>]) -> Vec<(f64, bool)> {
    let scored = judged(outcomes).filter(|(v, _)| v.score.is_finite());
    scored.map(|(v, right)| (v.score.clamp(-MOST, MOST), right)).collect()
}

/// Platt's scaling: `a` and `b` of P(right) = 1 / (1 + exp(-(a score + b))), by Newton's method. Targets are a little
/// inside 0 and 1, as in Platt, "Probabilistic outputs for support vector machines", 1999.
pub(crate) fn fit(samples: &[(f64, bool)]) -> (f64, f64) {
    let right = samples.iter().filter(|s| s.1).count() as f64;
    let wrong = samples.len() as f64 - right;
    let (high, low) = ((right + 1.0) / (right + 2.0), 1.0 / (wrong + 2.0));
    let (mut a, mut b) = (0.0, ((right + 1.0) / (wrong + 1.0)).ln());
    for _ in 0..50 {
        let (mut g, mut h) = ([0.0; 2], [1e-9, 0.0, 1e-9]);
        for &(score, right) in samples {
            let p = 1.0 / (1.0 + (-(a * score + b)).exp());
            let (error, weight) = (p - if right { high } else { low }, p * (1.0 - p));
            g = [g[0] + error * score, g[1] + error];
            h = [h[0] + weight * score * score, h[1] + weight * score, h[2] + weight];
        }
        let determinant = h[0] * h[2] - h[1] * h[1];
        let step = [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
        if !step[0].is_finite() || !step[1].is_finite() {
            break;
        }
        // Half steps at most far out, where the curve is flat and Newton overshoots.
        (a, b) = (a - step[0].clamp(-0.5, 0.5), b - step[1].clamp(-1.0, 1.0));
    }
    (a, b)
}

/// Writes a line for every answer: the clip, whether its own recording was hidden, the label and the score.
pub(crate) fn dump(path: &Path, outcomes: &[Outcome<'_>]) -> Anyhow<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
    for outcome in outcomes {
        let query = outcome.query;
        for (verdict, masked) in
            [Some((outcome.own, false)), outcome.masked.map(|m| (m, true))].into_iter().flatten()
        {
            let row = json!({
                "clip": query.name, "class": query.class(), "hard": query.hard, "length": query.seconds,
                "negative": masked || query.id.is_none(), "masked": masked, "right": verdict.right,
                "score": verdict.score, "probability": verdict.probability, "accepted": verdict.accepted,
                "error_ms": verdict.error_ms, "scales": outcome.scales,
            });
            writeln!(out, "{row}")?;
        }
    }
    Ok(())
}
