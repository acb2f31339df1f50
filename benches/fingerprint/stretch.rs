//! Another tempo at the same pitch: Verhelst and Roelands, "An overlap-add technique based on waveform similarity (WSOLA)
//! for high quality time-scale modification of speech", ICASSP 1993.

/// Seconds of a window, and how far it may be moved to fit.
const WINDOW: f32 = 0.05;
const SEARCH: f32 = 0.012;

/// `samples` played `factor` times as fast at the same pitch.
pub(crate) fn tempo(samples: &[f32], sample_rate: u32, factor: f32) -> Vec<f32> {
    let half = (WINDOW * sample_rate as f32 / 2.0) as usize;
    let search = (SEARCH * sample_rate as f32) as usize;
    let length = (samples.len() as f32 / factor) as usize;
    let mut out = vec![0.0f32; length + 2 * half];
    // Where the last window would go on.
    let mut follows = 0usize;
    for at in (0..length).step_by(half) {
        let middle = (at as f32 * factor) as usize;
        let from = if at == 0 { 0 } else { best(samples, follows, middle, search, half) };
        for i in 0..2 * half {
            let weight = 0.5 - 0.5 * (std::f32::consts::PI * (i as f32 + 0.5) / half as f32).cos();
            out[at + i] += weight * samples.get(from + i).copied().unwrap_or(0.0);
        }
        follows = from + half;
    }
    out.truncate(length);
    out
}

/// The place near `middle` whose sound is most like that at `follows`; every fourth place and sample is looked at.
fn best(samples: &[f32], follows: usize, middle: usize, search: usize, half: usize) -> usize {
    let Some(want) = samples.get(follows..follows + half) else { return middle };
    let likeness = |from: usize| {
        let have = samples.get(from..from + half)?;
        let each = have.iter().step_by(4).zip(want.iter().step_by(4));
        let (dot, power) = each.fold((0.0f32, 1e-9f32), |(d, p), (a, b)| (d + a * b, p + a * a));
        Some((dot / power.sqrt(), from))
    };
    let candidates = (middle.saturating_sub(search)..=middle + search).step_by(4).filter_map(likeness);
    candidates.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(middle, |best| best.1)
}
