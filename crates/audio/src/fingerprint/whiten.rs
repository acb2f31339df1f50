//! Whitening: how far each value stands above the mean of the box around it.

use super::spectrum::round;
use sonic_core::wide;
use std::collections::VecDeque;

/// Takes rows of levels and gives them back `half_frames` later together with their deviation from the mean over
/// plus or minus `half_frames` rows and `half_bins` bins. At the edges the box is what is left of it.
pub(super) struct BoxMean {
    half_frames: usize,
    half_bins: usize,
    /// The rows that some box still needs with their floors, oldest first.
    rows: VecDeque<(Vec<i16>, i16)>,
    /// Position in `rows` of the next row to give back.
    next: usize,
    /// Sum of the rows in the box of that row.
    column: Vec<i32>,
    /// How many rows `column` holds.
    height: usize,
    padded: Vec<i32>,
    spare: Vec<i32>,
    total: Vec<i32>,
    /// One over the number of bins in the box around each bin.
    width: Vec<f32>,
    deviation: Vec<i16>,
}

/// A row and its deviation from the mean of its surroundings.
pub(super) struct White<'a> {
    pub level: &'a [i16],
    /// The level that a bin without sound has in this row.
    pub floor: i16,
    pub deviation: &'a [i16],
}

impl BoxMean {
    pub(super) fn new(bins: usize, half_frames: usize, half_bins: usize) -> Self {
        let width = |i: usize| 1.0 / ((i + half_bins).min(bins - 1) - i.saturating_sub(half_bins) + 1) as f32;
        Self {
            half_frames,
            half_bins,
            rows: VecDeque::new(),
            next: 0,
            column: vec![0; bins],
            height: 0,
            padded: vec![0; bins + 2 * half_bins],
            spare: vec![0; bins + 2 * half_bins],
            total: vec![0; bins + 2 * half_bins],
            width: (0..bins).map(width).collect(),
            deviation: vec![0; bins],
        }
    }

    /// Adds a row; gives the row whose box it completes.
    pub(super) fn push(&mut self, row: &[i16], floor: i16) -> Option<White<'_>> {
        let mut slot = self.forget_oldest();
        slot.copy_from_slice(row);
        for (sum, &v) in self.column.iter_mut().zip(row) {
            *sum += i32::from(v);
        }
        self.height += 1;
        self.rows.push_back((slot, floor));
        (self.rows.len() > self.next + self.half_frames).then(|| self.emit())
    }

    /// After the last row: the next row whose box reached beyond it.
    pub(super) fn flush(&mut self) -> Option<White<'_>> {
        if self.next >= self.rows.len() {
            return None;
        }
        drop(self.forget_oldest());
        Some(self.emit())
    }

    /// Drops the row that no box needs any more, if there is one; gives a row's worth of memory.
    fn forget_oldest(&mut self) -> Vec<i16> {
        if self.next <= self.half_frames {
            return vec![0; self.column.len()];
        }
        let Some((old, _)) = self.rows.pop_front() else { return vec![0; self.column.len()] };
        for (sum, &v) in self.column.iter_mut().zip(&old) {
            *sum -= i32::from(v);
        }
        self.height -= 1;
        self.next -= 1;
        old
    }

    fn emit(&mut self) -> White<'_> {
        deviate(self);
        let (row, floor) = &self.rows[self.next];
        self.next += 1;
        White { level: row, floor: *floor, deviation: &self.deviation }
    }

    /// Puts how far the next row stands above the mean of its surroundings into `deviation`.
    #[inline(always)]
    fn deviate_plain(&mut self) {
        self.sum_over_bins();
        let per_row = 1.0 / self.height as f32;
        let row = &self.rows[self.next].0;
        for (((out, &v), &sum), &width) in
            self.deviation.iter_mut().zip(row).zip(&self.padded).zip(&self.width)
        {
            *out = round(f32::from(v) - sum as f32 * (per_row * width));
        }
    }

    /// Leaves in `padded[i]` the sum of `column` over the box around bin `i`, by doubling the window.
    #[inline(always)]
    fn sum_over_bins(&mut self) {
        let (half, bins) = (self.half_bins, self.column.len());
        let Self { padded, spare, total, .. } = self;
        padded[..half].fill(0);
        padded[half + bins..].fill(0);
        padded[half..half + bins].copy_from_slice(&self.column);
        total.fill(0);
        // `total` is the sum over the `done` values that follow, `padded` over `span`.
        let (mut span, mut done, mut width) = (1, 0, 2 * half + 1);
        while width > 0 {
            if width & 1 == 1 {
                total.iter_mut().zip(&padded[done..]).for_each(|(t, p)| *t += p);
                done += span;
            }
            width >>= 1;
            if width > 0 {
                let ahead = padded.iter().zip(&padded[span..]);
                spare.iter_mut().zip(ahead).for_each(|(s, (a, b))| *s = a + b);
                std::mem::swap(padded, spare);
                span *= 2;
            }
        }
        std::mem::swap(padded, total);
    }
}

wide! {
    /// Computes the deviation of the next row.
    fn deviate(mean: &mut BoxMean) {
        v3 => BoxMean::deviate_plain,
        _ => BoxMean::deviate_plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, cell by cell.
    fn reference(rows: &[Vec<i16>], half_frames: usize, half_bins: usize) -> Vec<Vec<f64>> {
        let bins = rows[0].len();
        let mean = |t: usize, f: usize| {
            let (mut sum, mut n) = (0i64, 0);
            for row in &rows[t.saturating_sub(half_frames)..(t + half_frames + 1).min(rows.len())] {
                for v in &row[f.saturating_sub(half_bins)..(f + half_bins + 1).min(bins)] {
                    sum += i64::from(*v);
                    n += 1;
                }
            }
            f64::from(rows[t][f]) - sum as f64 / f64::from(n)
        };
        (0..rows.len()).map(|t| (0..bins).map(|f| mean(t, f)).collect()).collect()
    }

    #[test]
    fn agrees_with_the_definition_at_every_length() {
        let mut seed = 1u32;
        let mut random = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 20) as i16 - 2048
        };
        for frames in [1, 2, 3, 5, 17, 40] {
            for (half_frames, half_bins) in [(8, 16), (2, 5), (1, 1)] {
                let rows: Vec<Vec<i16>> = (0..frames).map(|_| (0..60).map(|_| random()).collect()).collect();
                let mut white = BoxMean::new(60, half_frames, half_bins);
                let mut got = Vec::new();
                for row in &rows {
                    got.extend(white.push(row, 0).map(|w| (w.level.to_vec(), w.deviation.to_vec())));
                }
                while let Some(w) = white.flush() {
                    got.push((w.level.to_vec(), w.deviation.to_vec()));
                }
                let want = reference(&rows, half_frames, half_bins);
                assert_eq!(got.len(), frames);
                for (t, (level, deviation)) in got.iter().enumerate() {
                    assert_eq!(level, &rows[t]);
                    for (f, &d) in deviation.iter().enumerate() {
                        assert!((f64::from(d) - want[t][f]).abs() <= 1.01, "{frames} {t} {f}");
                    }
                }
            }
        }
    }
}
