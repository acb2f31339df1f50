//! The likeliest course of a conversation: who speaks in each frame, at most two at once.
//!
//! A hidden Markov model whose states are nobody, one speaker or two; each speaker begins and ends at a cost, each frame has
//! its evidence. The likeliest path is found by the algorithm of Viterbi ("Error bounds for convolutional codes and an
//! asymptotically optimum decoding algorithm", IEEE Transactions on Information Theory, 1967).

/// Natural log of the probability that somebody begins or ends in a frame.
const CHANGE: f32 = -4.0;
/// The same that two speak at once, and three times that of a pair that is swapped whole.
const TWO: f32 = -1.0;

/// Who speaks: up to two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Talking(pub(super) Option<usize>, pub(super) Option<usize>);

impl Talking {
    pub(super) const NOBODY: Self = Self(None, None);

    pub(super) fn has(self, speaker: usize) -> bool {
        self.0 == Some(speaker) || self.1 == Some(speaker)
    }

    fn count(self) -> usize {
        usize::from(self.0.is_some()) + usize::from(self.1.is_some())
    }

    /// How many begin or end from one to the other.
    fn changes(self, other: Self) -> usize {
        let kept = [self.0, self.1].into_iter().flatten().filter(|speaker| other.has(*speaker)).count();
        self.count() + other.count() - 2 * kept
    }
}

/// Evidence about one frame, in natural logs.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    /// For each speaker what there is for speaking rather than not.
    pub(super) speakers: Vec<f32>,
    /// What there is for somebody speaking rather than nobody.
    pub(super) anybody: f32,
}

/// Finds the likeliest path frame by frame.
pub(super) struct Path {
    states: Vec<Talking>,
    /// For each pair of states, one after the other, what the change costs.
    changes: Vec<f32>,
    scores: Vec<f32>,
    /// For each frame and state the state before it on the best way.
    back: Vec<Vec<u16>>,
}

impl Path {
    /// Of a conversation of `speakers`, in which `first` spoke before, if that is known.
    pub(super) fn new(speakers: usize, first: Option<Talking>) -> Self {
        let mut states = vec![Talking::NOBODY];
        states.extend((0..speakers).map(|i| Talking(Some(i), None)));
        states.extend((0..speakers).flat_map(|i| (i + 1..speakers).map(move |j| Talking(Some(i), Some(j)))));
        let cost = |from: &Talking, to: &Talking| from.changes(*to) as f32 * CHANGE;
        let changes = states.iter().flat_map(|to| states.iter().map(move |from| cost(from, to))).collect();
        let start = |state: &Talking| first.map_or(0.0, |first| first.changes(*state) as f32 * CHANGE);
        let scores = states.iter().map(start).collect();
        Self { states, changes, scores, back: Vec::new() }
    }

    pub(super) fn push(&mut self, evidence: &Evidence) {
        let count = self.states.len();
        let mut back = Vec::with_capacity(count);
        let mut scores = Vec::with_capacity(count);
        for (state, costs) in self.states.iter().zip(self.changes.chunks_exact(count)) {
            let mut best = (f32::NEG_INFINITY, 0);
            for (from, (score, cost)) in self.scores.iter().zip(costs).enumerate() {
                if score + cost > best.0 {
                    best = (score + cost, from);
                }
            }
            scores.push(best.0 + emission(*state, evidence));
            back.push(best.1 as u16);
        }
        // Scores stay small in a conversation of any length.
        let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        scores.iter_mut().for_each(|score| *score -= top);
        self.scores = scores;
        self.back.push(back);
    }

    /// Who speaks in each frame.
    pub(super) fn finish(self) -> Vec<Talking> {
        let best = self.scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        let mut state = best.map_or(0, |(state, _)| state);
        let mut path = vec![Talking::NOBODY; self.back.len()];
        for (place, back) in path.iter_mut().zip(&self.back).rev() {
            *place = self.states[state];
            state = usize::from(back[state]);
        }
        path
    }
}

fn emission(state: Talking, evidence: &Evidence) -> f32 {
    let of = |speaker: Option<usize>| speaker.map_or(0.0, |speaker| evidence.speakers[speaker]);
    match state.count() {
        0 => 0.0,
        1 => evidence.anybody + of(state.0),
        _ => evidence.anybody + of(state.0) + of(state.1) + TWO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The path through frames that are given as bits of two speakers.
    fn path(first: &str, second: &str) -> String {
        let mut path = Path::new(2, None);
        for (a, b) in first.bytes().zip(second.bytes()) {
            let evidence = |bit: u8| if bit == b'1' { 4.0 } else { -2.7 };
            path.push(&Evidence { speakers: vec![evidence(a), evidence(b)], anybody: 0.0 });
        }
        let name = |talking: Talking| match (talking.has(0), talking.has(1)) {
            (false, false) => '-',
            (true, false) => 'a',
            (false, true) => 'b',
            (true, true) => '2',
        };
        path.finish().into_iter().map(name).collect()
    }

    #[test]
    fn single_bits_that_are_wrong_change_nothing() {
        assert_eq!(path("000001110111110000", "000100000000000000"), "-----aaaaaaaaa----");
    }

    #[test]
    fn two_can_speak_at_once() {
        assert_eq!(path("111111111000000", "000000111111111"), "aaaaaa222bbbbbb");
    }
}
