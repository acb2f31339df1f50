//! The rank filter: of each neighbourhood keep the most salient peaks.

use super::parameters::Parameters;
use super::peaks::Peak;
use sonic_core::Landmark;

/// Peaks that are no longer needed are dropped this many at a time.
const FORGET: usize = 1024;

/// Keeps a peak if fewer than `rank` peaks within its neighbourhood are more salient; of equals the earlier one counts
/// as more. So no stretch of the neighbourhood's half size keeps more than `rank`, whatever the input. Unlike slots of fixed size
/// the neighbourhood moves with the peak, so a clip keeps what the whole recording kept.
pub(super) struct RankFilter {
    rank: usize,
    frames: u32,
    bins: u16,
    /// Peaks, those that are or may still be somebody's neighbours from `first` on.
    near: Vec<Peak>,
    first: usize,
    /// Position in `near` of the next peak to judge.
    next: usize,
    kept: Vec<Landmark>,
}

impl RankFilter {
    pub(super) fn new(parameters: &Parameters) -> Self {
        Self {
            rank: parameters.rank,
            frames: parameters.rank_frames,
            bins: parameters.rank_bins * 8,
            near: Vec::new(),
            first: 0,
            next: 0,
            kept: Vec::new(),
        }
    }

    /// Adds a peak; frames never decrease.
    pub(super) fn push(&mut self, peak: Peak) {
        while self.near.get(self.next).is_some_and(|p| p.frame + self.frames < peak.frame) {
            self.judge();
        }
        self.near.push(peak);
    }

    /// All landmarks kept.
    pub(super) fn finish(mut self) -> Vec<Landmark> {
        while self.next < self.near.len() {
            self.judge();
        }
        self.kept
    }

    fn judge(&mut self) {
        let peak = self.near[self.next];
        while self.near[self.first].frame + self.frames < peak.frame {
            self.first += 1;
        }
        let above = (self.first..)
            .zip(&self.near[self.first..])
            .take_while(|(_, p)| p.frame <= peak.frame + self.frames)
            .filter(|(i, p)| {
                let more = p.salience > peak.salience || (p.salience == peak.salience && *i < self.next);
                more && p.frequency.abs_diff(peak.frequency) <= self.bins
            })
            .take(self.rank)
            .count();
        if above < self.rank {
            self.kept.push(peak.landmark());
        }
        self.next += 1;
        if self.first > FORGET {
            self.near.drain(..self.first);
            self.next -= self.first;
            self.first = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parameters::DEFAULT;
    use super::*;

    #[test]
    fn agrees_with_the_definition() {
        let mut seed = 3u32;
        let mut random = |n: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % n
        };
        let mut peaks: Vec<Peak> = (0..3000)
            .map(|_| Peak {
                frame: random(600),
                frequency: random(3600) as u16,
                salience: random(900) as i16,
            })
            .collect();
        peaks.sort_by_key(|p| p.frame);
        let mut filter = RankFilter::new(&DEFAULT);
        peaks.iter().for_each(|&p| filter.push(p));
        let keep = |&(i, p): &(usize, &Peak)| {
            let above = peaks.iter().enumerate().filter(|&(j, q)| {
                q.frame.abs_diff(p.frame) <= DEFAULT.rank_frames
                    && q.frequency.abs_diff(p.frequency) <= DEFAULT.rank_bins * 8
                    && (q.salience > p.salience || (q.salience == p.salience && j < i))
            });
            above.count() < DEFAULT.rank
        };
        let want: Vec<Landmark> = peaks.iter().enumerate().filter(keep).map(|(_, p)| p.landmark()).collect();
        assert!(want.len() > 100 && want.len() < peaks.len() / 2);
        assert_eq!(filter.finish(), want);
    }
}
