//! Local maxima of the whitened spectrogram.

use super::parameters::Parameters;
use super::spectrum::UNITS_PER_DB;
use sonic_core::Landmark;
use std::collections::VecDeque;

/// A peak before the rank filter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Peak {
    pub(super) frame: u32,
    /// Frequency in eighths of a bin.
    pub(super) frequency: u16,
    /// Height over the surroundings in the units of the spectrum.
    pub(super) salience: i16,
}

impl Peak {
    /// What is kept of it.
    pub(super) fn landmark(self) -> Landmark {
        let decibels = (i32::from(self.salience) + i32::from(UNITS_PER_DB) / 2) / i32::from(UNITS_PER_DB);
        Landmark { frame: self.frame, frequency: self.frequency, salience: decibels.clamp(0, 31) as u8 }
    }
}

/// Takes whitened rows and reports, `half_frames` later, the cells that no cell within their rectangle exceeds.
pub(super) struct PeakFinder {
    half_frames: usize,
    half_bins: usize,
    threshold: i16,
    first_bin: usize,
    /// The rows that some rectangle still needs, oldest first.
    rows: VecDeque<Row>,
    /// Position in `rows` of the next row to search.
    next: usize,
    frame: u32,
    padded: Vec<i16>,
    spare: Vec<i16>,
    highest: Vec<i16>,
}

#[derive(Default)]
struct Row {
    level: Vec<i16>,
    deviation: Vec<i16>,
    /// Highest deviation within the bins of the rectangle.
    highest: Vec<i16>,
}

impl PeakFinder {
    pub(super) fn new(parameters: &Parameters) -> Self {
        let bins = parameters.bins();
        Self {
            half_frames: parameters.peak_frames,
            half_bins: parameters.peak_bins,
            threshold: (parameters.peak_db * f32::from(UNITS_PER_DB)) as i16,
            first_bin: parameters.first_bin(),
            rows: VecDeque::new(),
            next: 0,
            frame: 0,
            padded: vec![i16::MIN; bins + 2 * parameters.peak_bins],
            spare: vec![i16::MIN; bins + 2 * parameters.peak_bins],
            highest: vec![0; bins],
        }
    }

    /// Adds a row; reports the peaks of the row whose rectangle it completes.
    pub(super) fn push(&mut self, level: &[i16], deviation: &[i16], report: &mut impl FnMut(Peak)) {
        let mut row = self.forget_oldest();
        row.level.clear();
        row.level.extend_from_slice(level);
        row.deviation.clear();
        row.deviation.extend_from_slice(deviation);
        self.highest_over_bins(&mut row);
        self.rows.push_back(row);
        if self.rows.len() > self.next + self.half_frames {
            self.search(report);
        }
    }

    /// After the last row: reports the peaks of the rows whose rectangles reached beyond it.
    pub(super) fn flush(&mut self, report: &mut impl FnMut(Peak)) {
        while self.next < self.rows.len() {
            self.forget_oldest();
            self.search(report);
        }
    }

    fn forget_oldest(&mut self) -> Row {
        if self.next <= self.half_frames {
            return Row::default();
        }
        self.next -= 1;
        self.rows.pop_front().unwrap_or_default()
    }

    /// Running maximum over plus or minus `half_bins`, by doubling the window.
    fn highest_over_bins(&mut self, row: &mut Row) {
        let (half, bins) = (self.half_bins, row.deviation.len());
        let (a, b) = (&mut self.padded, &mut self.spare);
        a[..half].fill(i16::MIN);
        a[half + bins..].fill(i16::MIN);
        a[half..half + bins].copy_from_slice(&row.deviation);
        let (width, mut span) = (2 * half + 1, 1);
        while span * 2 <= width {
            let ahead = a.iter().zip(&a[span..]);
            b.iter_mut().zip(ahead).for_each(|(out, (x, y))| *out = *x.max(y));
            std::mem::swap(a, b);
            span *= 2;
        }
        row.highest.clear();
        row.highest.extend(a[..bins].iter().zip(&a[width - span..]).map(|(x, y)| *x.max(y)));
    }

    fn search(&mut self, report: &mut impl FnMut(Peak)) {
        self.highest.fill(i16::MIN);
        let first = self.next.saturating_sub(self.half_frames);
        let last = (self.next + self.half_frames + 1).min(self.rows.len());
        for row in self.rows.range(first..last) {
            for (h, &v) in self.highest.iter_mut().zip(&row.highest) {
                *h = (*h).max(v);
            }
        }
        let row = &self.rows[self.next];
        let bins = row.deviation.len();
        // Whole chunks without a peak, nearly all of them, are passed over by one vector comparison.
        const CHUNK: usize = 16;
        for start in (0..bins).step_by(CHUNK) {
            let end = (start + CHUNK).min(bins);
            let (values, highest) = (&row.deviation[start..end], &self.highest[start..end]);
            let is_peak = |(&v, &h): (&i16, &i16)| (v >= h) & (v > self.threshold);
            if !values.iter().zip(highest).fold(false, |any, cell| any | is_peak(cell)) {
                continue;
            }
            for (i, cell) in values.iter().zip(highest).enumerate() {
                if is_peak(cell) && start + i > 0 && start + i + 1 < bins {
                    report(self.peak(row, start + i));
                }
            }
        }
        self.frame += 1;
        self.next += 1;
    }

    /// The peak at `bin`, its frequency refined by the parabola through three levels.
    fn peak(&self, row: &Row, bin: usize) -> Peak {
        let level = |i: usize| f32::from(row.level[i]);
        let (a, b, c) = (level(bin - 1), level(bin), level(bin + 1));
        let curve = a - 2.0 * b + c;
        let shift = if curve < -1e-3 { (0.5 * (a - c) / curve).clamp(-0.5, 0.5) } else { 0.0 };
        let frequency = (((self.first_bin + bin) as f32 + shift) * 8.0).round() as u16;
        Peak { frame: self.frame, frequency, salience: row.deviation[bin] }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parameters::DEFAULT;
    use super::*;

    #[test]
    fn agrees_with_the_definition() {
        let (bins, frames) = (DEFAULT.bins(), 60);
        let mut seed = 7u32;
        let mut random = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 22) as i16 - 512
        };
        let rows: Vec<Vec<i16>> = (0..frames).map(|_| (0..bins).map(|_| random()).collect()).collect();
        let mut finder = PeakFinder::new(&DEFAULT);
        let mut got = Vec::new();
        for row in &rows {
            finder.push(row, row, &mut |p| got.push((p.frame as usize, p.salience)));
        }
        finder.flush(&mut |p| got.push((p.frame as usize, p.salience)));
        let mut want = Vec::new();
        for t in 0..frames {
            for f in 1..bins - 1 {
                let v = rows[t][f];
                let near = rows[t.saturating_sub(4)..(t + 5).min(frames)]
                    .iter()
                    .flat_map(|r| &r[f.saturating_sub(8)..(f + 9).min(bins)]);
                if v > 32 && near.into_iter().all(|&x| x <= v) {
                    want.push((t, v));
                }
            }
        }
        assert!(want.len() > 50);
        assert_eq!(got, want);
    }
}
