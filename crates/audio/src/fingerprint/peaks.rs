//! Local maxima of the whitened spectrogram.

use super::parameters::Parameters;
use super::spectrum::UNITS_PER_DB;
use super::whiten::White;
use sonic_core::{Landmark, wide};
use std::collections::VecDeque;
use std::ops::Range;

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

/// Takes whitened rows and reports, `half_frames` later, the cells that exceed every other cell of their rectangle and
/// stand out of their row and of the time around them. So a plateau has no peak: neither silence, where every level is
/// the floor, nor a click, which is one level over all frequencies, nor a tone that goes on. As two peaks are never in
/// one rectangle, their number is bounded for every input.
pub(super) struct PeakFinder {
    half_frames: usize,
    half_bins: usize,
    threshold: i16,
    above_floor: i16,
    across: i32,
    across_bins: usize,
    along: i32,
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
    floor: i16,
}

impl PeakFinder {
    pub(super) fn new(parameters: &Parameters) -> Self {
        let bins = parameters.bins();
        let units = |db: f32| (db * f32::from(UNITS_PER_DB)) as i16;
        Self {
            half_frames: parameters.peak_frames,
            half_bins: parameters.peak_bins,
            threshold: units(parameters.peak_db),
            above_floor: units(parameters.floor_db),
            across: i32::from(units(parameters.across_db)),
            across_bins: parameters.across_bins,
            along: i32::from(units(parameters.along_db)),
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
    pub(super) fn push(&mut self, white: &White<'_>, report: &mut impl FnMut(Peak)) {
        let mut row = self.forget_oldest();
        row.level.clear();
        row.level.extend_from_slice(white.level);
        row.deviation.clear();
        row.deviation.extend_from_slice(white.deviation);
        row.floor = white.floor;
        highest_over_bins(self, &mut row);
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
    #[inline(always)]
    fn highest_over_bins_plain(&mut self, row: &mut Row) {
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

    /// The highest of the rows in `frames`, bin by bin.
    #[inline(always)]
    fn highest_over_frames_plain(&mut self, frames: Range<usize>) {
        self.highest.fill(i16::MIN);
        for row in self.rows.range(frames) {
            for (h, &v) in self.highest.iter_mut().zip(&row.highest) {
                *h = (*h).max(v);
            }
        }
    }

    fn search(&mut self, report: &mut impl FnMut(Peak)) {
        let first = self.next.saturating_sub(self.half_frames);
        let last = (self.next + self.half_frames + 1).min(self.rows.len());
        highest_over_frames(self, first..last);
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
                let bin = start + i;
                if is_peak(cell) && bin > 0 && bin + 1 < bins && self.stands_out(row, first..last, bin) {
                    report(self.peak(row, bin));
                }
            }
        }
        self.frame += 1;
        self.next += 1;
    }

    /// True if the highest cell of its rectangle is higher than each other cell, above the floor, and above the means
    /// of its row and of its bin.
    fn stands_out(&self, row: &Row, frames: Range<usize>, bin: usize) -> bool {
        let (value, level) = (row.deviation[bin], row.level[bin]);
        if level < row.floor.saturating_add(self.above_floor) {
            return false;
        }
        let bins = bin.saturating_sub(self.half_bins)..(bin + self.half_bins + 1).min(row.deviation.len());
        let equals = |r: &Row| r.deviation[bins.clone()].iter().filter(|&&v| v == value).count();
        let mut seen = 0;
        let alone = self.rows.range(frames.clone()).all(|r| {
            seen += equals(r);
            seen <= 1
        });
        let near = bin.saturating_sub(self.across_bins)..(bin + self.across_bins + 1).min(row.level.len());
        alone
            && exceeds(level, row.level[near].iter(), self.across)
            && exceeds(level, self.rows.range(frames).map(|r| &r.level[bin]), self.along)
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

/// True if `level` is above the mean of `levels` by `margin`.
fn exceeds<'a>(level: i16, levels: impl Iterator<Item = &'a i16>, margin: i32) -> bool {
    let (sum, count) = levels.fold((0i32, 0i32), |(s, n), &v| (s + i32::from(v), n + 1));
    i32::from(level) * count - sum >= margin * count
}

wide! {
    /// Computes the highest deviations of a row within the bins of the rectangle.
    fn highest_over_bins(finder: &mut PeakFinder, row: &mut Row) {
        v3 => PeakFinder::highest_over_bins_plain,
        _ => PeakFinder::highest_over_bins_plain,
    }
}

wide! {
    /// Computes the highest deviations of a rectangle.
    fn highest_over_frames(finder: &mut PeakFinder, frames: Range<usize>) {
        v3 => PeakFinder::highest_over_frames_plain,
        _ => PeakFinder::highest_over_frames_plain,
    }
}

#[cfg(test)]
mod tests {
    use super::super::parameters::DEFAULT;
    use super::*;

    /// Levels of a few steps, so that equal ones are common, and a floor that some lie below.
    fn rows(frames: usize) -> Vec<(Vec<i16>, i16)> {
        let mut seed = 7u32;
        let mut random = |n: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((seed >> 8) % n) as i16
        };
        let row = |random: &mut dyn FnMut(u32) -> i16| (0..DEFAULT.bins()).map(|_| 8 * random(100)).collect();
        (0..frames).map(|_| (row(&mut random), 300 + random(400))).collect()
    }

    /// The definition of a peak, cell by cell; level and deviation are the same here.
    fn is_peak(rows: &[(Vec<i16>, i16)], t: usize, f: usize) -> bool {
        let units = |db: f32| (db * f32::from(UNITS_PER_DB)) as i32;
        let near = |f: usize, half: usize| f.saturating_sub(half)..(f + half + 1).min(DEFAULT.bins());
        let times = t.saturating_sub(DEFAULT.peak_frames)..(t + DEFAULT.peak_frames + 1).min(rows.len());
        let (row, floor) = &rows[t];
        let v = row[f];
        let cells = times.clone().flat_map(|t| near(f, DEFAULT.peak_bins).map(move |f| (t, f)));
        let highest = cells.filter(|&cell| cell != (t, f)).all(|(t, f)| rows[t].0[f] < v);
        let above = |values: Vec<i32>, margin: i32| {
            (i32::from(v) - margin) * values.len() as i32 >= values.iter().sum::<i32>()
        };
        let across = near(f, DEFAULT.across_bins).map(|f| i32::from(row[f])).collect();
        let along = times.map(|t| i32::from(rows[t].0[f])).collect();
        highest
            && i32::from(v) > units(DEFAULT.peak_db)
            && i32::from(v) >= i32::from(*floor) + units(DEFAULT.floor_db)
            && above(across, units(DEFAULT.across_db))
            && above(along, units(DEFAULT.along_db))
    }

    #[test]
    fn agrees_with_the_definition() {
        let rows = rows(80);
        let mut finder = PeakFinder::new(&DEFAULT);
        let mut got = Vec::new();
        for (row, floor) in &rows {
            let white = White { level: row, floor: *floor, deviation: row };
            finder.push(&white, &mut |p| got.push((p.frame as usize, p.salience)));
        }
        finder.flush(&mut |p| got.push((p.frame as usize, p.salience)));
        let mut want = Vec::new();
        for t in 0..rows.len() {
            let peaks = (1..DEFAULT.bins() - 1).filter(|&f| is_peak(&rows, t, f));
            want.extend(peaks.map(|f| (t, rows[t].0[f])));
        }
        assert!(want.len() > 50, "{}", want.len());
        assert_eq!(got, want);
    }
}
