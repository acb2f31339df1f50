//! The pitch of a voice, measured in its sound: it knows nothing of what was to be sung.

/// Seconds between two measurements.
pub(crate) const STEP: f64 = 0.01;
/// Every fourth sample is enough for a voice.
const KEPT: usize = 4;
/// Samples of a window, of those that are kept: 36 ms.
const WINDOW: usize = 400;
/// The longest period that is looked for, in kept samples: 92 Hz.
const LONGEST: usize = 120;
/// The shortest: 1,225 Hz.
const SHORTEST: usize = 9;
/// How alike a sound and itself a period later must be.
const ALIKE: f32 = 0.75;

/// Hertz every [`STEP`] seconds; 0 where nothing is voiced. The period is the first shift after which the sound is as good as
/// the same (McLeod and Wyvill, 2005).
pub(crate) fn measure(samples: &[f32], sample_rate: u32) -> Vec<f32> {
    let kept: Vec<f32> = samples.chunks_exact(KEPT).map(|x| x.iter().sum::<f32>() / KEPT as f32).collect();
    let rate = sample_rate as f32 / KEPT as f32;
    let reach = WINDOW + LONGEST;
    let frames = (samples.len() as f64 / f64::from(sample_rate) / STEP) as usize;
    let start = |frame: usize| {
        let middle = (frame as f64 * STEP * f64::from(rate)) as usize;
        middle.checked_sub(reach / 2)
    };
    let hertz = |frame: usize| {
        let window = start(frame).and_then(|start| kept.get(start..start + reach));
        window.and_then(period).map_or(0.0, |period| rate / period)
    };
    let mut measured: Vec<f32> = (0..frames).map(hertz).collect();
    undo_slips(&mut measured);
    measured
}

/// Where a voice sets in, several periods may be more alike than one: for a moment the pitch seems to be a half or a third.
fn undo_slips(hertz: &mut [f32]) {
    for frame in 1..hertz.len() {
        let times = (hertz[frame - 1] / hertz[frame]).round();
        let is_slip = (2.0..=4.0).contains(&times) && !is_held(&hertz[frame..]);
        if is_slip && (hertz[frame] * times / hertz[frame - 1] - 1.0).abs() < 0.06 {
            hertz[frame] *= times;
        }
    }
}

/// True if the pitch goes on as it begins for longer than a slip does.
fn is_held(hertz: &[f32]) -> bool {
    const LONGEST_SLIP: usize = 12;
    hertz.len() > LONGEST_SLIP && hertz[..LONGEST_SLIP].iter().all(|now| (now / hertz[0] - 1.0).abs() < 0.06)
}

/// The period of a window in samples; `None` if it has none.
fn period(window: &[f32]) -> Option<f32> {
    const SILENT: f32 = 1e-6;
    if window.iter().map(|x| x * x).sum::<f32>() < SILENT * window.len() as f32 {
        return None;
    }
    let alike: Vec<f32> = (0..LONGEST).map(|shift| likeness(window, shift)).collect();
    let is_peak = |shift: usize| alike[shift] >= alike[shift - 1] && alike[shift] > alike[shift + 1];
    let peaks: Vec<usize> = (SHORTEST..LONGEST - 1).filter(|shift| is_peak(*shift)).collect();
    let height = |shift: &usize| between(&alike, *shift).1;
    let best = peaks.iter().map(height).fold(0.0, f32::max);
    let first = *peaks.iter().find(|shift| best > ALIKE && height(shift) > 0.9 * best)?;
    // Several periods together are measured more finely than one.
    let mut found = between(&alike, first).0;
    for times in 2..=4 {
        let expected = (found * times as f32).round() as usize;
        let near = expected.saturating_sub(1)..expected + 2;
        match peaks.iter().find(|shift| near.contains(*shift)) {
            Some(peak) => found = between(&alike, *peak).0 / times as f32,
            None => break,
        }
    }
    Some(found)
}

/// How alike a window and itself after a shift are, -1 to 1.
fn likeness(window: &[f32], shift: usize) -> f32 {
    let (a, b) = (&window[..WINDOW], &window[shift..shift + WINDOW]);
    let (mut product, mut power) = (0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        product += a * b;
        power += a * a + b * b;
    }
    2.0 * product / power.max(f32::MIN_POSITIVE)
}

/// The place and height of a peak between samples: those of the parabola through it and its neighbours.
fn between(values: &[f32], peak: usize) -> (f32, f32) {
    let (before, at, after) = (values[peak - 1], values[peak], values[peak + 1]);
    let bend = before - 2.0 * at + after;
    let beside = if bend < 0.0 { 0.5 * (before - after) / bend } else { 0.0 };
    (peak as f32 + beside, at - 0.25 * (before - after) * beside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_has_its_pitch_and_noise_has_none() {
        let tone = |hertz: f32| -> Vec<f32> {
            let wave = |n: usize, k: f32| (std::f32::consts::TAU * hertz * k * n as f32 / 44_100.0).cos() / k;
            (0..22_050).map(|n| 0.1 * (1..=6).map(|k| wave(n, k as f32)).sum::<f32>()).collect()
        };
        for hertz in [130.8f32, 261.6, 440.0, 698.5, 987.8] {
            let measured = measure(&tone(hertz), 44_100)[20];
            assert!((1200.0 * (measured / hertz).log2()).abs() < 3.0, "{measured} for {hertz}");
        }
        let mut state = 1u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let noise: Vec<f32> = (0..22_050).map(|_| noise()).collect();
        assert!(measure(&noise, 44_100)[5..40].iter().all(|hertz| *hertz == 0.0));
        assert_eq!(measure(&[0.0; 4410], 44_100), [0.0; 10]);
    }

    #[test]
    fn a_moment_at_half_the_pitch_is_none_but_an_octave_is_sung() {
        let mut slip = [[440.0; 20].as_slice(), &[221.0; 8], &[440.0; 20], &[0.0; 3]].concat();
        undo_slips(&mut slip);
        assert!(slip[..48].iter().all(|hertz| (hertz / 440.0 - 1.0).abs() < 0.01) && slip[48..] == [0.0; 3]);
        let octave = [[440.0; 20], [220.0; 20]].concat();
        let mut same = octave.clone();
        undo_slips(&mut same);
        assert_eq!(same, octave);
    }
}
