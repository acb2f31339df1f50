//! How much a vote counts.

/// Full weight of a vote; common pairs weigh less.
pub(super) const WEIGHT: f32 = 16.0;

/// Weights of votes by the length of their list: log(N / (n + 1)) / log N, as integers.
pub(super) struct Weights {
    table: [u64; 64],
    ln_total: f32,
}

impl Weights {
    pub(super) fn new(postings: u64) -> Self {
        let ln_total = (postings.max(3) as f32).ln();
        Self { table: std::array::from_fn(|n| Self::compute(n, ln_total)), ln_total }
    }

    fn compute(length: usize, ln_total: f32) -> u64 {
        (WEIGHT * (1.0 - (length as f32 + 1.0).ln() / ln_total)).round().max(1.0) as u64
    }

    #[inline]
    pub(super) fn of(&self, length: usize) -> u64 {
        self.table.get(length).copied().unwrap_or_else(|| Self::compute(length, self.ln_total))
    }
}
