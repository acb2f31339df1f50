//! Where speech was detected, in cells of 10 ms.

use crate::utterance::{PER_MS, SpeechFrame};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Milliseconds of a cell.
const CELL_MS: u64 = 10;
/// Shorter holes in speech are filled, and shorter speech left out, in cells.
const HOLE: usize = 15;
const BLIP: usize = 6;
/// Cells that are kept at most: ten minutes.
const MOST: usize = 60_000;

/// The probability of speech over time, in steps of 1/255; 0 where there is no sound.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cells {
    /// The number of the first cell that is kept.
    first: u64,
    values: VecDeque<u8>,
}

impl Cells {
    pub(crate) fn push(&mut self, frame: &SpeechFrame) {
        let cell = |sample: u64| sample / PER_MS / CELL_MS;
        let (start, end) = (cell(frame.start), cell(frame.end));
        if self.values.is_empty() {
            self.first = start;
        }
        let value = (frame.probability * 255.0) as u8;
        let missing = end.saturating_sub(self.end()) as usize;
        if missing > MOST {
            (self.first, self.values) = (end, VecDeque::new());
            return;
        }
        let silent = start.saturating_sub(self.end()).min(missing as u64) as usize;
        self.values.extend(std::iter::repeat_n(0, silent));
        self.values.extend(std::iter::repeat_n(value, missing - silent));
        if self.values.len() > MOST {
            self.forget(self.values.len() - MOST);
        }
    }

    fn end(&self) -> u64 {
        self.first + self.values.len() as u64
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Where what is known ends, in milliseconds.
    pub(crate) fn end_ms(&self) -> u64 {
        self.end() * CELL_MS
    }

    pub(crate) fn forget_before(&mut self, time_ms: u64) {
        self.forget((time_ms / CELL_MS).saturating_sub(self.first) as usize);
    }

    fn forget(&mut self, count: usize) {
        let count = count.min(self.values.len());
        self.values.drain(..count);
        self.first += count as u64;
    }

    /// The stretches of speech at a threshold, in milliseconds.
    pub(crate) fn spans(&self, threshold: f32) -> Vec<(u64, u64)> {
        let least = (threshold * 255.0) as u8;
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for (i, value) in self.values.iter().enumerate().filter(|(_, value)| **value >= least) {
            let _ = value;
            match spans.last_mut() {
                Some(last) if i - last.1 < HOLE => last.1 = i + 1,
                _ => spans.push((i, i + 1)),
            }
        }
        let ms = |cell: usize| (self.first + cell as u64) * CELL_MS;
        spans.into_iter().filter(|(s, e)| e - s >= BLIP).map(|(s, e)| (ms(s), ms(e))).collect()
    }
}
