//! The order in which measures are played: repeats, endings, jumps.

use super::warnings::Warnings;
use super::written::{Jumps, Measure};
use sonic_core::{Error, ErrorKind, Result};

/// How many measures may be played.
const MAX_PLAYED: usize = 10_000;

/// A measure that is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Played {
    /// The written measure.
    pub(super) measure: usize,
    /// How often it has been played so far, from 1.
    pub(super) pass: u32,
}

/// The measures in the order in which they are played.
///
/// # Errors
/// `Limit` for more than 10,000.
pub(super) fn order(measures: &[Measure], warnings: &mut Warnings) -> Result<Vec<Played>> {
    let mut player = Player::new(measures);
    player.warn(warnings);
    let mut order = Vec::with_capacity(measures.len());
    let mut passes = vec![0; measures.len()];
    while let Some(measure) = player.next() {
        if order.len() == MAX_PLAYED {
            let message = format!("repeats make more than {MAX_PLAYED} measures of this score");
            return Err(Error::new(ErrorKind::Limit, message));
        }
        passes[measure] += 1;
        order.push(Played { measure, pass: passes[measure] });
    }
    Ok(order)
}

/// Goes from measure to measure.
struct Player<'a> {
    measures: &'a [Measure],
    /// Jumps are taken from what `sound` elements say; otherwise, as there are none, from words.
    is_sounded: bool,
    segno: Option<usize>,
    coda: Option<usize>,
    /// The greatest number of the endings that stand side by side, for each measure in one of them.
    last_ending: Vec<u32>,
    /// The measure to look at next; `None` at the end.
    at: Option<usize>,
    /// Where the section starts that is being played.
    start: usize,
    /// How often it has been begun.
    round: u32,
    has_jumped: bool,
    is_in_coda: bool,
}

impl<'a> Player<'a> {
    fn new(measures: &'a [Measure]) -> Self {
        let is_sounded = measures.iter().any(|measure| measure.sounded.any());
        let mut player = Self {
            measures,
            is_sounded,
            segno: None,
            coda: None,
            last_ending: last_endings(measures),
            at: Some(0),
            start: 0,
            round: 1,
            has_jumped: false,
            is_in_coda: false,
        };
        let first = |is_it: &dyn Fn(usize) -> bool| (0..measures.len()).find(|index| is_it(*index));
        player.segno = first(&|n| player.jumps(n).segno).or_else(|| first(&|n| measures[n].segno));
        let to_coda = first(&|n| player.jumps(n).to_coda);
        let sign = |n: usize| measures[n].coda && to_coda.is_none_or(|from| n > from);
        player.coda = first(&|n| player.jumps(n).coda).or_else(|| first(&sign));
        player
    }

    fn jumps(&self, measure: usize) -> Jumps {
        if self.is_sounded { self.measures[measure].sounded } else { self.measures[measure].worded }
    }

    /// What is unusual about the jumps.
    fn warn(&self, warnings: &mut Warnings) {
        for (index, measure) in self.measures.iter().enumerate() {
            let (jumps, number) = (self.jumps(index), Some(&*measure.number));
            if jumps.any() && !self.is_sounded {
                let message = "a jump is known by its words only, as no sound element names one";
                warnings.in_score("worded_jump", number, message);
            }
            if jumps.dal_segno && self.segno.is_none() {
                warnings.in_score("no_segno", number, "a dal segno is passed over: there is no segno");
            }
            if jumps.to_coda && self.coda.is_none() {
                warnings.in_score("no_coda", number, "a to coda is passed over: there is no coda");
            }
        }
    }

    /// The next measure that is played.
    fn next(&mut self) -> Option<usize> {
        loop {
            let index = self.at.filter(|index| *index < self.measures.len())?;
            let measure = &self.measures[index];
            if measure.ending.is_empty() {
                if measure.starts_repeat && index != self.start {
                    self.begin_section(index);
                }
            } else if self.passes_over(index) {
                self.at = Some(index + 1);
                continue;
            } else if measure.starts_repeat && index != self.start {
                // An ending whose first measure opens a section of its own.
                self.begin_section(index);
            }
            self.at = self.after(index);
            return Some(index);
        }
    }

    /// True if the ending at `index` belongs to another pass; one behind the last number of its group is always played.
    fn passes_over(&self, index: usize) -> bool {
        let (measure, last) = (&self.measures[index], self.last_ending[index]);
        let pass = if self.has_jumped {
            last
        } else if index == self.start && measure.starts_repeat {
            self.round.max(measure.ending.least())
        } else {
            self.round
        };
        pass <= last && !measure.ending.contains(pass)
    }

    fn begin_section(&mut self, index: usize) {
        (self.start, self.round) = (index, 1);
    }

    /// Where it goes on after a measure.
    fn after(&mut self, index: usize) -> Option<usize> {
        let (measure, jumps) = (&self.measures[index], self.jumps(index));
        if self.has_jumped {
            if jumps.fine {
                return None;
            }
            if let Some(coda) = self.coda.filter(|_| jumps.to_coda && !self.is_in_coda) {
                self.is_in_coda = true;
                self.begin_section(coda);
                return Some(coda);
            }
        } else if measure.times > 0 {
            // All numbers of a group of endings are played, whatever the barline says.
            if self.round < measure.times.max(self.last_ending[index]) {
                self.round += 1;
                return Some(self.start);
            }
            self.begin_section(index + 1);
        }
        if measure.closes_ending && measure.times == 0 {
            self.begin_section(index + 1);
        }
        let target = if jumps.da_capo { Some(0) } else { self.segno.filter(|_| jumps.dal_segno) };
        if let Some(target) = target.filter(|_| !self.has_jumped) {
            self.has_jumped = true;
            self.begin_section(target);
            return Some(target);
        }
        Some(index + 1)
    }
}

/// The greatest ending number of each group: measures with endings that stand side by side. 0 outside of groups.
fn last_endings(measures: &[Measure]) -> Vec<u32> {
    let mut last = Vec::with_capacity(measures.len());
    for group in measures.chunk_by(|a, b| a.ending.is_empty() == b.ending.is_empty()) {
        let greatest = group.iter().map(|measure| measure.ending.greatest()).max().unwrap_or(0);
        last.resize(last.len() + group.len(), greatest);
    }
    last
}

#[cfg(test)]
mod tests;
