//! How likely a hit is right.
//!
//! A logistic regression on some 3,000 answers about the recordings of the tuning set that `benches/fingerprint` does
//! not hold out: to its clips and to clips made like them, with their own recording in the store and without it, and
//! to windows of all its sound without their own recording.

use super::scale::Scale;
use super::verify::Fit;
use super::window::{Hit, LEAST_RIVAL};

const OFFSET: f32 = -5.33;
const AGREEMENT: f32 = 5.1;
/// Of the logarithm of the votes.
const VOTES: f32 = 5.14;
const CHANGED: f32 = -4.01;
const RIVAL: f32 = -7.34;
/// Of the logarithm of the length.
const LENGTH: f32 = -2.39;
/// Of the share that is explained.
const SHARE: f32 = 4.03;
/// Frames of an ordinary clip.
const FIVE_SECONDS: f32 = 215.0;
/// What explains a stretch shorter than this (one second) is a guess...
pub(crate) const LEAST_SPAN: usize = 43;
/// ...and so is what explains fewer frames of it than this.
const LEAST_EXPLAINED: usize = 22;

/// What is known of a hit when it is decided whether it is right.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proof {
    /// Agreement with the clip, in standard deviations.
    pub(crate) agreement: f32,
    pub(crate) votes: f32,
    /// True if the hit was found at a changed scale.
    pub(crate) changed: bool,
    /// Evidence of the best other recording.
    pub(crate) rival: f32,
    /// Length of the stretch in frames.
    pub(crate) frames: usize,
    /// Length of the part of it that the hit explains.
    pub(crate) span: usize,
    /// Frames of that part which support the hit.
    pub(crate) explained: usize,
}

impl Proof {
    /// What is known of a `hit` in a stretch of `frames`, with the evidence of the best other recording.
    pub(crate) fn new(hit: &Hit, rival: f32, frames: usize, (span, explained): (usize, usize)) -> Self {
        let changed = hit.scale != Scale::NONE;
        Self { agreement: hit.fit.agreement, votes: hit.votes, changed, rival, frames, span, explained }
    }

    /// The same by what speaks for the recording alone: the fit without what another one has as well, of the whole fit.
    /// Recordings that share a sample would all be named otherwise.
    pub(crate) fn apart(self, apart: Fit, whole: Fit) -> Self {
        let share = apart.landmarks as f32 / whole.landmarks.max(1) as f32;
        Self { agreement: apart.agreement.min(whole.agreement), votes: self.votes * share.min(1.0), ..self }
    }

    /// Log-odds that the hit is right; at most even for one that explains less than a second.
    pub(crate) fn log_odds(&self) -> f32 {
        let share = self.explained as f32 / self.frames.max(1) as f32;
        let length = (self.frames as f32 / FIVE_SECONDS).max(0.01).ln();
        let odds = OFFSET
            + AGREEMENT * self.agreement
            + VOTES * self.votes.ln_1p()
            + if self.changed { CHANGED } else { 0.0 }
            + RIVAL * self.rival.max(LEAST_RIVAL)
            + LENGTH * length
            + SHARE * share;
        let is_moment = self.span < LEAST_SPAN || self.explained < LEAST_EXPLAINED;
        if is_moment { odds.min(0.0) } else { odds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Proof = Proof {
        agreement: 6.0,
        votes: 50.0,
        changed: false,
        rival: 2.0,
        frames: 215,
        span: 210,
        explained: 200,
    };

    #[test]
    fn more_proof_is_more_likely() {
        let odds = GOOD.log_odds();
        assert!(odds > 10.0, "{odds}");
        for less in [
            Proof { agreement: 5.0, ..GOOD },
            Proof { votes: 10.0, ..GOOD },
            Proof { changed: true, ..GOOD },
            Proof { rival: 4.0, ..GOOD },
            Proof { frames: 400, ..GOOD },
            Proof { explained: 100, ..GOOD },
        ] {
            assert!(less.log_odds() < odds, "{less:?}");
        }
    }

    #[test]
    fn what_explains_a_moment_is_a_guess_whatever_else_speaks_for_it() {
        let short = Proof { span: LEAST_SPAN - 1, explained: LEAST_SPAN - 1, agreement: 50.0, ..GOOD };
        let sparse = Proof { explained: LEAST_EXPLAINED - 1, agreement: 50.0, ..GOOD };
        assert_eq!((short.log_odds(), sparse.log_odds()), (0.0, 0.0));
    }
}
