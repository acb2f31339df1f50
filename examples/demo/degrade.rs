//! What happens to sound on its way to a listener: noise, other voices, a telephone, a faster player, a hall, a bad
//! recording level. Pure functions on mono samples; where chance is involved it is seeded, so every run is the same.

use std::f32::consts::{PI, TAU};

/// Half the width of the interpolating kernel, in samples.
const KERNEL: isize = 24;

/// A small seeded generator (splitmix64): good enough for noise, the same on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in (0, 1).
    pub(crate) fn uniform(&mut self) -> f32 {
        ((self.next() >> 41) as f32 + 0.5) / (1u64 << 23) as f32
    }

    /// A number of the normal distribution, by Box and Muller.
    fn normal(&mut self) -> f32 {
        (-2.0 * self.uniform().ln()).sqrt() * (TAU * self.uniform()).cos()
    }
}

/// The mean power of `samples`; 0 for none.
fn power(samples: &[f32]) -> f64 {
    let sum: f64 = samples.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    sum / samples.len().max(1) as f64
}

/// `samples` multiplied by a gain in decibels.
pub(crate) fn gain(samples: &[f32], db: f32) -> Vec<f32> {
    let factor = 10f32.powf(db / 20.0);
    samples.iter().map(|x| x * factor).collect()
}

/// `samples` recorded `db` too loud: what passes full scale is cut off.
pub(crate) fn overdrive(samples: &[f32], db: f32) -> Vec<f32> {
    gain(samples, db).into_iter().map(|x| x.clamp(-1.0, 1.0)).collect()
}

/// `samples` with `noise` (repeated if it is shorter) at `snr_db` decibels below them. Where the sum would clip, all of
/// it is turned down. Silence on either side leaves `samples` as they are.
pub(crate) fn mix(samples: &[f32], noise: &[f32], snr_db: f32) -> Vec<f32> {
    let noise: Vec<f32> = noise.iter().cycle().take(samples.len()).copied().collect();
    let (signal, disturbance) = (power(samples), power(&noise));
    if signal == 0.0 || disturbance == 0.0 {
        return samples.to_vec();
    }
    let factor = (signal / disturbance / 10f64.powf(f64::from(snr_db) / 10.0)).sqrt() as f32;
    let sum: Vec<f32> = samples.iter().zip(&noise).map(|(x, n)| x + factor * n).collect();
    let peak = sum.iter().fold(1.0f32, |peak, x| peak.max(x.abs()));
    sum.into_iter().map(|x| x / peak).collect()
}

/// `samples` in white noise at a signal-to-noise ratio in decibels.
pub(crate) fn white_noise(samples: &[f32], snr_db: f32, seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    let noise: Vec<f32> = samples.iter().map(|_| random.normal()).collect();
    mix(samples, &noise, snr_db)
}

/// The sound of a full room, `length` samples of it: every voice from a place of its own, all equally loud. Add it
/// with [`mix`].
pub(crate) fn babble(voices: &[&[f32]], length: usize, seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    let mut room = vec![0.0; length];
    for voice in voices.iter().filter(|voice| power(voice) > 0.0) {
        let level = power(voice).sqrt() as f32;
        let start = (random.next() % voice.len() as u64) as usize;
        for (sum, x) in room.iter_mut().zip(voice.iter().cycle().skip(start)) {
            *sum += x / level;
        }
    }
    room
}

/// `samples` as a telephone passes them on: 300 to 3,400 Hz.
pub(crate) fn telephone(samples: &[f32], sample_rate: u32) -> Vec<f32> {
    filter(samples, &band_pass(300.0, 3_400.0, sample_rate))
}

/// The taps of a linear-phase band-pass filter: the difference of two low-pass sincs under a Blackman window, 20 ms long.
fn band_pass(low_hz: f32, high_hz: f32, sample_rate: u32) -> Vec<f32> {
    let half = (sample_rate / 100) as i32;
    let (low, high) =
        (low_hz / sample_rate as f32, high_hz.min(sample_rate as f32 / 2.0) / sample_rate as f32);
    let tap = |n: i32| {
        let (x, phase) = (n as f32, PI * n as f32 / half as f32);
        let window = 0.42 + 0.5 * phase.cos() + 0.08 * (2.0 * phase).cos();
        window * (2.0 * high * sinc(2.0 * high * x) - 2.0 * low * sinc(2.0 * low * x))
    };
    (-half..=half).map(tap).collect()
}

/// `samples` convolved with the odd number of `taps`, without delay.
fn filter(samples: &[f32], taps: &[f32]) -> Vec<f32> {
    let half = taps.len() / 2;
    let padded = [&vec![0.0; half][..], samples, &vec![0.0; half]].concat();
    padded.windows(taps.len()).map(|window| window.iter().zip(taps).map(|(x, tap)| x * tap).sum()).collect()
}

fn sinc(x: f32) -> f32 {
    if x.abs() < 1e-6 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// `samples` played `factor` times as fast, as a tape is: 1.04 is shorter and higher. The kernel is a sinc under a Hann
/// window that also keeps out what would fold back.
pub(crate) fn speed(samples: &[f32], factor: f32) -> Vec<f32> {
    let cutoff = (1.0 / factor).min(1.0);
    let length = (samples.len() as f64 / f64::from(factor)) as usize;
    (0..length).map(|n| interpolate(samples, n as f64 * f64::from(factor), cutoff)).collect()
}

/// The value of `samples` between samples, at `position`, without what lies above `cutoff` (1 is half the rate).
fn interpolate(samples: &[f32], position: f64, cutoff: f32) -> f32 {
    let middle = position.floor() as isize;
    let mut sum = 0.0;
    for index in (middle - KERNEL + 1).max(0)..=(middle + KERNEL).min(samples.len() as isize - 1) {
        let x = (position - index as f64) as f32;
        let window = 0.5 + 0.5 * (PI * x / KERNEL as f32).cos();
        sum += samples[index as usize] * window * cutoff * sinc(cutoff * x);
    }
    sum
}

/// `samples` in a hall whose echo falls by 60 dB in `seconds`; `wet` is the power of the echo against that of the direct
/// sound. The echo is sparse ("velvet") noise: 1,500 impulses a second, of either sign, with an exponential decay.
pub(crate) fn reverb(samples: &[f32], sample_rate: u32, seconds: f32, wet: f32, seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    let spacing = sample_rate as f32 / 1_500.0;
    let echo = |n: usize, random: &mut Random| {
        let delay = (n as f32 + 1.0 + random.uniform()) * spacing;
        let sign = if random.next() & 1 == 0 { 1.0 } else { -1.0 };
        (delay as usize, sign * 10f32.powf(-3.0 * delay / (seconds * sample_rate as f32)))
    };
    let echoes: Vec<_> = (0..(seconds * 1_500.0) as usize).map(|n| echo(n, &mut random)).collect();
    let total: f32 = echoes.iter().map(|(_, level)| level * level).sum();
    let mut out = samples.to_vec();
    for (delay, level) in echoes {
        let level = level * (wet / total).sqrt();
        out.iter_mut().skip(delay).zip(samples).for_each(|(sum, x)| *sum += level * x);
    }
    out
}

/// `samples` as the bytes of a 16-bit WAV file; what passes full scale is cut off.
pub(crate) fn wav(samples: &[f32], sample_rate: u32) -> Vec<u8> {
    let size = 2 * samples.len() as u32;
    let mut bytes = Vec::with_capacity(44 + size as usize);
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(36 + size).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0"); // 16 bytes of format: PCM, one channel
    bytes.extend_from_slice(&sample_rate.to_le_bytes());
    bytes.extend_from_slice(&(2 * sample_rate).to_le_bytes());
    bytes.extend_from_slice(b"\x02\0\x10\0data"); // 2 bytes a frame, 16 bits a sample
    bytes.extend_from_slice(&size.to_le_bytes());
    let quantise = |x: &f32| (x.clamp(-1.0, 1.0) * 32_767.0).round() as i16;
    bytes.extend(samples.iter().flat_map(|x| quantise(x).to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 11_025;

    fn tone(hertz: f32, seconds: f32) -> Vec<f32> {
        let count = (seconds * RATE as f32) as usize;
        (0..count).map(|n| 0.1 * (TAU * hertz * n as f32 / RATE as f32).sin()).collect()
    }

    fn decibels(ratio: f64) -> f64 {
        10.0 * ratio.log10()
    }

    fn snr(clean: &[f32], noisy: &[f32]) -> f64 {
        let noise: Vec<f32> = clean.iter().zip(noisy).map(|(x, y)| y - x).collect();
        decibels(power(clean) / power(&noise))
    }

    /// The share of the power of `samples` that is the sine of `hertz`, away from the ends.
    fn purity(samples: &[f32], hertz: f32) -> f64 {
        let inner = &samples[200..samples.len() - 200];
        let (mut re, mut im) = (0.0f64, 0.0f64);
        for (n, &x) in inner.iter().enumerate() {
            let angle = f64::from(TAU) * f64::from(hertz) * n as f64 / f64::from(RATE);
            re += f64::from(x) * angle.cos();
            im += f64::from(x) * angle.sin();
        }
        let count = inner.len() as f64;
        2.0 * (re * re + im * im) / (count * count) / power(inner)
    }

    #[test]
    fn noise_has_the_given_ratio() {
        let clean = tone(700.0, 2.0);
        for wanted in [20.0, 10.0, 0.0] {
            assert!((snr(&clean, &white_noise(&clean, wanted, 7)) - f64::from(wanted)).abs() < 0.1);
        }
    }

    #[test]
    fn babble_has_the_given_ratio_and_uses_every_voice() {
        let (clean, one, two) = (tone(700.0, 2.0), tone(313.0, 0.7), gain(&tone(511.0, 0.9), -12.0));
        let room = babble(&[&one, &two], clean.len(), 3);
        assert!((snr(&clean, &mix(&clean, &room, 5.0)) - 5.0).abs() < 0.1);
        assert!(purity(&room, 313.0) > 0.3 && purity(&room, 511.0) > 0.3);
    }

    #[test]
    fn a_loud_mixture_is_turned_down_instead_of_clipped() {
        let loud = gain(&tone(700.0, 1.0), 19.0);
        let mixed = white_noise(&loud, 0.0, 1);
        assert!(mixed.iter().all(|x| x.abs() <= 1.0));
        assert!(mixed.iter().filter(|x| x.abs() > 0.999).count() < 5);
    }

    #[test]
    fn silence_stays_silence() {
        let silence = vec![0.0; 500];
        assert_eq!(white_noise(&silence, 10.0, 1), silence);
        assert_eq!(mix(&tone(700.0, 0.1), &[], 10.0), tone(700.0, 0.1));
        assert!(babble(&[&silence, &[]], 100, 1).iter().all(|&x| x == 0.0));
    }

    #[test]
    fn the_same_seed_gives_the_same_noise_and_another_does_not() {
        let clean = tone(700.0, 0.2);
        assert_eq!(white_noise(&clean, 10.0, 5), white_noise(&clean, 10.0, 5));
        assert_ne!(white_noise(&clean, 10.0, 5), white_noise(&clean, 10.0, 6));
    }

    #[test]
    fn the_telephone_passes_its_band_and_nothing_else() {
        let loss = |hertz| {
            let clean = tone(hertz, 1.0);
            decibels(power(&telephone(&clean, RATE)) / power(&clean))
        };
        assert!(loss(1_000.0).abs() < 0.2 && loss(3_000.0).abs() < 0.5);
        assert!(loss(100.0) < -20.0, "{}", loss(100.0));
        assert!(loss(4_200.0) < -40.0, "{}", loss(4_200.0));
        assert_eq!(telephone(&tone(1_000.0, 1.0), RATE).len(), tone(1_000.0, 1.0).len());
    }

    #[test]
    fn speed_changes_length_and_pitch_together() {
        let clean = tone(1_000.0, 2.0);
        for factor in [1.04, 0.96] {
            let played = speed(&clean, factor);
            let expected = clean.len() as f64 / f64::from(factor);
            assert!((played.len() as f64 - expected).abs() <= 1.0);
            assert!(purity(&played, 1_000.0 * factor) > 0.999);
        }
        assert!(speed(&[], 1.04).is_empty());
    }

    #[test]
    fn faster_playing_does_not_fold_high_tones_back() {
        let high = tone(5_450.0, 1.0);
        assert!(decibels(power(&speed(&high, 1.1)) / power(&high)) < -20.0);
    }

    #[test]
    fn the_hall_has_the_given_echo_and_it_decays() {
        let mut click = vec![0.0; RATE as usize];
        click[0] = 1.0;
        let hall = reverb(&click, RATE, 0.8, 0.5, 9);
        assert!((hall[0] - 1.0).abs() < 1e-6);
        assert!((power(&hall[1..]) * (hall.len() - 1) as f64 - 0.5).abs() < 0.01);
        let at = |ms: usize| power(&hall[ms * RATE as usize / 1000..][..RATE as usize / 10]);
        assert!((decibels(at(100) / at(500)) - 30.0).abs() < 3.0);
    }

    #[test]
    fn quieter_and_overdriven() {
        let clean = tone(700.0, 0.5);
        assert!((decibels(power(&gain(&clean, -30.0)) / power(&clean)) + 30.0).abs() < 0.01);
        let driven = overdrive(&clean, 40.0);
        assert!(driven.iter().all(|x| x.abs() <= 1.0));
        assert!(driven.iter().filter(|x| x.abs() == 1.0).count() > driven.len() / 2);
    }

    #[test]
    fn a_wav_file_says_what_it_holds() {
        let bytes = wav(&[0.0, 1.0, -2.0], 8_000);
        assert_eq!(bytes.len(), 50);
        assert_eq!(
            (&bytes[..4], &bytes[8..16], &bytes[36..40]),
            (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..])
        );
        assert_eq!(bytes[24..28], 8_000u32.to_le_bytes());
        assert_eq!(bytes[44..], [0, 0, 0xff, 0x7f, 0x01, 0x80]);
    }
}
