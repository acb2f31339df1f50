//! Banks of triangles on a mel scale.

use super::table::SAMPLE_RATE;

/// How hertz become mels.
#[derive(Clone, Copy)]
pub(super) enum Scale {
    /// 2595 log10(1 + f / 700): the HTK book, and O'Shaughnessy, *Speech Communication*, 1987.
    Htk,
    /// 1127 ln(1 + f / 700): the same curve with Kaldi's rounded factor.
    Kaldi,
    /// Linear to 1000 Hz, logarithmic above: Slaney, *Auditory Toolbox*, 1998.
    Slaney,
}

/// Where the scale of Slaney turns logarithmic: hertz, and hertz per mel below it.
const TURN: f64 = 1_000.0;
const HERTZ_PER_MEL: f64 = 200.0 / 3.0;

impl Scale {
    fn mel(self, hertz: f64) -> f64 {
        match self {
            Self::Htk => 2_595.0 * (1.0 + hertz / 700.0).log10(),
            Self::Kaldi => 1_127.0 * (1.0 + hertz / 700.0).ln(),
            Self::Slaney if hertz < TURN => hertz / HERTZ_PER_MEL,
            Self::Slaney => TURN / HERTZ_PER_MEL + (hertz / TURN).ln() * 27.0 / 6.4f64.ln(),
        }
    }

    fn hertz(self, mel: f64) -> f64 {
        match self {
            Self::Htk => 700.0 * (10f64.powf(mel / 2_595.0) - 1.0),
            Self::Kaldi => 700.0 * ((mel / 1_127.0).exp() - 1.0),
            Self::Slaney if mel < TURN / HERTZ_PER_MEL => mel * HERTZ_PER_MEL,
            Self::Slaney => TURN * ((mel - TURN / HERTZ_PER_MEL) * 6.4f64.ln() / 27.0).exp(),
        }
    }
}

/// The shape of the filters between corners that lie evenly on the mel scale.
#[derive(Clone, Copy)]
pub(super) enum Triangles {
    /// Straight in hertz, height 1.
    InHertz,
    /// Straight in mels, height 1; the bin of the highest frequency is left out.
    InMel,
    /// Straight in hertz, height 1, as wide to the right as to the left.
    Symmetric,
    /// Straight in hertz, area 1.
    UnitArea,
}

/// A bank of mel filters.
#[derive(Clone, Copy)]
pub(super) struct Bank {
    pub(super) bins: usize,
    /// The lowest and the highest corner, in hertz.
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) scale: Scale,
    pub(super) triangles: Triangles,
}

impl Bank {
    /// The corners on the mel scale: filter i lies between corners i and i + 2.
    fn corners(&self) -> Vec<f64> {
        let (low, high) = (self.scale.mel(self.low), self.scale.mel(self.high));
        let step = (high - low) / (self.bins + 1) as f64;
        (0..self.bins + 2).map(|i| low + step * i as f64).collect()
    }

    /// The weight of bin `bin` of a transform of `transform` samples in the filter with these corners, in mels.
    fn weight(&self, corners: &[f64], transform: usize, bin: usize) -> f64 {
        let hertz = bin as f64 * f64::from(SAMPLE_RATE) / transform as f64;
        if let Triangles::InMel = self.triangles {
            let outside = bin == transform / 2;
            let [left, centre, right] = [corners[0], corners[1], corners[2]];
            let mel = self.scale.mel(hertz);
            let height = ((mel - left) / (centre - left)).min((right - mel) / (right - centre));
            return if outside { 0.0 } else { height.max(0.0) };
        }
        let [left, centre, right] = [0, 1, 2].map(|i| self.scale.hertz(corners[i]));
        let rise = (hertz - left) / (centre - left);
        let height = match self.triangles {
            Triangles::Symmetric => rise.min(2.0 - rise),
            _ => rise.min((right - hertz) / (right - centre)),
        };
        let area = if let Triangles::UnitArea = self.triangles { 2.0 / (right - left) } else { 1.0 };
        height.max(0.0) * area
    }

    /// All weights, `bins` rows of `transform / 2 + 1`.
    pub(super) fn dense(&self, transform: usize) -> Vec<Vec<f64>> {
        let corners = self.corners();
        let row =
            |i: usize| (0..=transform / 2).map(|k| self.weight(&corners[i..i + 3], transform, k)).collect();
        (0..self.bins).map(row).collect()
    }

    /// The same without the zeros around each filter.
    pub(super) fn sparse(&self, transform: usize) -> Sparse {
        let mut sparse = Sparse::default();
        for row in self.dense(transform) {
            let first = row.iter().position(|&w| w > 0.0).unwrap_or(0);
            let end = row.iter().rposition(|&w| w > 0.0).map_or(first, |last| last + 1);
            sparse.weights.extend(row[first..end].iter().map(|&w| w as f32));
            sparse.filters.push(Filter { first, end: sparse.weights.len() });
        }
        sparse
    }
}

/// Filters by the stretch of bins that each covers.
#[derive(Default)]
pub(super) struct Sparse {
    weights: Vec<f32>,
    filters: Vec<Filter>,
}

/// The first bin that a filter covers, and where its weights end.
struct Filter {
    first: usize,
    end: usize,
}

impl Sparse {
    /// For each filter its first bin and its weights.
    #[inline(always)]
    pub(super) fn filters(&self) -> impl Iterator<Item = (usize, &[f32])> {
        let mut start = 0;
        self.filters.iter().map(move |filter| {
            let weights = &self.weights[start..filter.end];
            start = filter.end;
            (filter.first, weights)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::parameters::Parameters;
    use super::*;
    use sonic_core::FrontEnd;

    #[test]
    fn scales_turn_back() {
        for scale in [Scale::Htk, Scale::Kaldi, Scale::Slaney] {
            for hertz in [0.0, 20.0, 999.0, 1_001.0, 7_600.0] {
                assert!((scale.hertz(scale.mel(hertz)) - hertz).abs() < 1e-6);
            }
        }
        assert!((Scale::Htk.mel(1_000.0) - 999.985_5).abs() < 1e-3);
        assert!((Scale::Slaney.mel(6_400.0) - 42.0).abs() < 1e-9);
    }

    #[test]
    fn sparse_is_dense_without_zeros() {
        for front_end in FrontEnd::ALL {
            let Some(parameters) = Parameters::of(front_end) else { continue };
            let dense = parameters.bank.dense(parameters.transform);
            let sparse = parameters.bank.sparse(parameters.transform);
            assert_eq!(sparse.filters().count(), dense.len());
            for (row, (first, weights)) in dense.iter().zip(sparse.filters()) {
                let covered: f64 = row[first..first + weights.len()].iter().sum();
                assert!((row.iter().sum::<f64>() - covered).abs() < 1e-12);
                assert!(weights.iter().zip(&row[first..]).all(|(a, b)| *a == *b as f32));
            }
        }
    }
}
