//! The smallest of the last numbers.

use super::state::{Restorer, Saver};
use sonic_core::Result;
use std::collections::VecDeque;

/// The minimum of a window that slides over a row of numbers, in constant time for each.
pub(super) struct SlidingMinimum {
    window: u64,
    count: u64,
    /// Numbers that can still become the minimum, rising, with their places.
    rising: VecDeque<(u64, f32)>,
}

impl SlidingMinimum {
    /// Of the last `window` numbers.
    pub(super) fn new(window: u64) -> Self {
        Self { window, count: 0, rising: VecDeque::new() }
    }

    /// Takes the next number.
    pub(super) fn push(&mut self, value: f32) {
        while self.rising.back().is_some_and(|(_, last)| *last >= value) {
            self.rising.pop_back();
        }
        self.rising.push_back((self.count, value));
        self.count += 1;
        self.forget_before(self.count.saturating_sub(self.window));
    }

    /// The window grows shorter by its first number, where no number follows any more.
    pub(super) fn shrink(&mut self) {
        self.window = self.window.saturating_sub(1);
        self.forget_before(self.count.saturating_sub(self.window));
    }

    fn forget_before(&mut self, first: u64) {
        // One number always stays: it is the last that was seen.
        while self.rising.len() > 1 && self.rising.front().is_some_and(|(place, _)| *place < first) {
            self.rising.pop_front();
        }
    }

    pub(super) fn save(&self, state: &mut Saver) {
        state.number(self.count);
        state.number(self.rising.len() as u64);
        for (place, value) in &self.rising {
            state.number(*place);
            state.float(*value);
        }
    }

    /// As it was when it was saved, of the last `window` numbers.
    pub(super) fn restore(window: u64, state: &mut Restorer<'_>) -> Result<Self> {
        let count = state.number()?;
        let kept = state.number()?.min(window + 1);
        let rising = (0..kept).map(|_| Ok((state.number()?, state.float()?))).collect::<Result<_>>()?;
        Ok(Self { window, count, rising })
    }

    /// The minimum; zero before the first number.
    pub(super) fn get(&self) -> f32 {
        self.rising.front().map_or(0.0, |(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_minimum_of_the_last_numbers() {
        let values: Vec<f32> = (0..500u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 20) as f32).collect();
        for window in [1, 2, 7, 100] {
            let mut minimum = SlidingMinimum::new(window as u64);
            for (i, value) in values.iter().enumerate() {
                minimum.push(*value);
                let from = (i + 1).saturating_sub(window);
                assert_eq!(minimum.get(), values[from..=i].iter().copied().fold(f32::MAX, f32::min));
            }
            minimum.shrink();
            let last = &values[values.len() - (window - 1).max(1)..];
            assert_eq!(minimum.get(), last.iter().copied().fold(f32::MAX, f32::min));
        }
    }
}
