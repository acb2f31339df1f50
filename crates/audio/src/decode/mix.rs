//! From the channels of decoded packets to one, such that neither a channel nor a phase can erase the sound.
//!
//! The mix is the mean of the channels. Where they cancel each other (a channel that is another one inverted, as faulty
//! cables and some effects leave it), the mean would be silence: then each channel is given the sign with which it goes
//! along with the loudest. That is decided for a stretch of a twentieth of a second by the stretches before it, so that
//! it does not depend on packets, and takes effect within a few milliseconds.
//!
//! What the channels hold in common decides: the energy of the mean, times their number, over the mean of their
//! energies. It is 1 of channels that have nothing in common, the number of channels of equal ones, and 0 where they
//! cancel each other. Below a fifth (a correlation of -0.8 of two channels) the signs change, above three fifths they
//! change back: ordinary stereo stays the plain mean.

use symphonia::core::audio::sample::{Sample, i24, u24};
use symphonia::core::audio::{Audio, AudioBuffer, GenericAudioBufferRef};

/// A level beyond this is damage, not sound: 2^24 is full scale of 24-bit integers stored as floats.
const LOUDEST: f32 = 16_777_216.0;
/// Stretches in a second.
const STRETCHES: u32 = 20;
/// How much the stretches before the last count: a quarter of a second fades to a third.
const MEMORY: f64 = 0.8;
/// Common energy below which channels cancel each other...
const CANCELLING: f64 = 0.2;
/// ...and above which they do no longer.
const ADDING: f64 = 0.6;
/// Energy of a sample, in relation to full scale, below which there is nothing to decide by: -90 dB.
const SILENCE: f64 = 1e-9;
/// Frames over which the signs change.
const FADE: usize = 64;
/// Sums that are kept side by side, for speed and so that they do not depend on where packets end.
const LANES: usize = 8;

/// Mixes the channels of one stream.
#[derive(Debug)]
pub(super) struct Mixer {
    /// The channels of the packet at hand.
    planes: Vec<Vec<f32>>,
    mean: Vec<f32>,
    /// Frames of a stretch, and of the one at hand.
    stretch: usize,
    position: usize,
    now: Energies,
    /// Of the stretches before, each less than the one after.
    before: Energies,
    /// The channel that the others are compared with.
    reference: usize,
    signs: Vec<f32>,
    /// The signs of the stretch before.
    old_signs: Vec<f32>,
}

/// Sums of squares and products.
#[derive(Debug, Clone, Default)]
struct Energies {
    mean: [f32; LANES],
    channels: Vec<[f32; LANES]>,
    /// Of each channel with the reference.
    common: Vec<[f32; LANES]>,
}

impl Mixer {
    /// A mixer of sound at `rate` samples per second.
    pub(super) fn new(rate: u32) -> Self {
        Self {
            planes: Vec::new(),
            mean: Vec::new(),
            stretch: (rate / STRETCHES).max(1) as usize,
            position: 0,
            now: Energies::default(),
            before: Energies::default(),
            reference: 0,
            signs: Vec::new(),
            old_signs: Vec::new(),
        }
    }

    /// Appends the mix of a decoded packet to `mono`.
    pub(super) fn buffer(&mut self, buffer: &GenericAudioBufferRef<'_>, mono: &mut Vec<f32>) {
        match buffer {
            GenericAudioBufferRef::U8(b) => self.take(b, mono),
            GenericAudioBufferRef::U16(b) => self.take(b, mono),
            GenericAudioBufferRef::U24(b) => self.take(b, mono),
            GenericAudioBufferRef::U32(b) => self.take(b, mono),
            GenericAudioBufferRef::S8(b) => self.take(b, mono),
            GenericAudioBufferRef::S16(b) => self.take(b, mono),
            GenericAudioBufferRef::S24(b) => self.take(b, mono),
            GenericAudioBufferRef::S32(b) => self.take(b, mono),
            GenericAudioBufferRef::F32(b) => self.take(b, mono),
            GenericAudioBufferRef::F64(b) => self.take(b, mono),
        }
    }

    fn take<S: Level + Sample>(&mut self, buffer: &AudioBuffer<S>, mono: &mut Vec<f32>) {
        let count = buffer.num_planes();
        if let (1, Some(only)) = (count, buffer.plane(0)) {
            return mono.extend(only.iter().map(|s| s.level()));
        }
        self.set_channels(count);
        for (plane, samples) in self.planes.iter_mut().zip(buffer.iter_planes()) {
            plane.extend(samples.iter().map(|s| s.level()));
        }
        self.mix(mono);
    }

    /// Appends the mix of interleaved channels to `mono`, after a `gain`.
    pub(super) fn interleaved(&mut self, samples: &[f32], channels: usize, gain: f32, mono: &mut Vec<f32>) {
        self.set_channels(channels);
        for (c, plane) in self.planes.iter_mut().enumerate() {
            plane.extend(samples.iter().skip(c).step_by(channels).map(|&s| (s * gain).level()));
        }
        self.mix(mono);
    }

    /// Whether channels cancel each other, so that signs of some are changed.
    pub(super) fn cancels(&self) -> bool {
        self.signs.iter().any(|&sign| sign != 1.0)
    }

    fn set_channels(&mut self, count: usize) {
        if self.planes.len() != count {
            self.planes.resize_with(count, Vec::new);
            (self.signs, self.old_signs) = (vec![1.0; count], vec![1.0; count]);
            (self.now, self.before) = (Energies::new(count), Energies::new(count));
            (self.position, self.reference) = (0, 0);
        }
        self.planes.iter_mut().for_each(Vec::clear);
    }

    /// Mixes the planes, stretch by stretch.
    fn mix(&mut self, mono: &mut Vec<f32>) {
        let frames = self.planes.first().map_or(0, Vec::len);
        average(&self.planes, &mut self.mean);
        let mut done = 0;
        while done < frames {
            let count = (frames - done).min(self.stretch - self.position);
            let part = done..done + count;
            self.now.add(&self.planes, &self.mean, self.reference, part.clone(), self.position);
            self.append(part, mono);
            (done, self.position) = (done + count, self.position + count);
            if self.position == self.stretch {
                self.decide();
            }
        }
    }

    /// Appends a part of the packet, all of it in one stretch.
    fn append(&self, part: std::ops::Range<usize>, mono: &mut Vec<f32>) {
        let plain = |signs: &[f32]| signs.iter().all(|&sign| sign == 1.0);
        if plain(&self.signs) && (plain(&self.old_signs) || self.position >= FADE) {
            return mono.extend_from_slice(&self.mean[part]);
        }
        let gain = 1.0 / self.planes.len() as f32;
        mono.extend(part.clone().map(|n| {
            let fade = ((self.position + n - part.start) as f32 / FADE as f32).min(1.0);
            let signs = self.signs.iter().zip(&self.old_signs).map(|(new, old)| old + (new - old) * fade);
            signs.zip(&self.planes).map(|(sign, plane)| sign * plane[n]).sum::<f32>() * gain
        }));
    }

    /// Ends a stretch: chooses the signs of the next.
    fn decide(&mut self) {
        self.old_signs.clone_from(&self.signs);
        self.before.fade_into(&mut self.now);
        self.before = std::mem::replace(&mut self.now, Energies::new(self.planes.len()));
        self.position = 0;
        let sum = |lanes: &[f32; LANES]| lanes.iter().map(|&x| f64::from(x)).sum::<f64>();
        let energies: Vec<f64> = self.before.channels.iter().map(sum).collect();
        let total: f64 = energies.iter().sum();
        if !total.is_finite() {
            self.before = Energies::new(self.planes.len());
            return;
        }
        if total < SILENCE * self.stretch as f64 {
            return;
        }
        let count = self.planes.len() as f64;
        let shared = sum(&self.before.mean) * count * count / total;
        let plain = self.signs.iter().all(|&sign| sign == 1.0);
        if shared > ADDING || (plain && shared >= CANCELLING) {
            self.signs.fill(1.0);
        } else {
            let signs = self.before.common.iter().map(|lanes| if sum(lanes) < 0.0 { -1.0 } else { 1.0 });
            self.signs = signs.collect();
        }
        let loudest = (0..energies.len()).max_by(|&a, &b| energies[a].total_cmp(&energies[b])).unwrap_or(0);
        // Products with another reference are no longer comparable.
        if energies[loudest] > 4.0 * energies[self.reference] {
            self.reference = loudest;
            self.before.common.fill([0.0; LANES]);
        }
    }
}

impl Energies {
    fn new(channels: usize) -> Self {
        let channels = vec![[0.0; LANES]; channels];
        Self { mean: [0.0; LANES], common: channels.clone(), channels }
    }

    /// Adds a part of a packet that begins at `position` of its stretch.
    fn add(
        &mut self,
        planes: &[Vec<f32>],
        mean: &[f32],
        reference: usize,
        part: std::ops::Range<usize>,
        position: usize,
    ) {
        let of = |c: usize| &planes[c][part.clone()];
        add_products(&mut self.mean, &mean[part.clone()], &mean[part.clone()], position);
        for c in 0..planes.len() {
            add_products(&mut self.channels[c], of(c), of(c), position);
            add_products(&mut self.common[c], of(c), of(reference), position);
        }
    }

    /// Adds what these still count for to `next`.
    fn fade_into(&self, next: &mut Self) {
        let add = |next: &mut [f32; LANES], old: &[f32; LANES]| {
            next.iter_mut().zip(old).for_each(|(next, old)| *next += (f64::from(*old) * MEMORY) as f32);
        };
        add(&mut next.mean, &self.mean);
        next.channels.iter_mut().zip(&self.channels).for_each(|(next, old)| add(next, old));
        next.common.iter_mut().zip(&self.common).for_each(|(next, old)| add(next, old));
    }
}

/// Adds products of samples, each to the lane of its position: in the same order however they are cut.
fn add_products(lanes: &mut [f32; LANES], a: &[f32], b: &[f32], position: usize) {
    let first = (LANES - position % LANES) % LANES;
    let first = first.min(a.len());
    for n in 0..first {
        lanes[(position + n) % LANES] += a[n] * b[n];
    }
    let (a, b) = (&a[first..], &b[first..]);
    let (whole_a, whole_b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = whole_a.remainder().iter().zip(whole_b.remainder());
    for (a, b) in whole_a.clone().zip(whole_b.clone()) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    lanes.iter_mut().zip(rest).for_each(|(lane, (a, b))| *lane += a * b);
}

/// The mean of the channels.
fn average(planes: &[Vec<f32>], mean: &mut Vec<f32>) {
    mean.clear();
    match planes {
        [left, right] => mean.extend(left.iter().zip(right).map(|(l, r)| (l + r) * 0.5)),
        [first, rest @ ..] => {
            let gain = 1.0 / planes.len() as f32;
            mean.extend(first.iter().map(|s| s * gain));
            for plane in rest {
                mean.iter_mut().zip(plane).for_each(|(sum, s)| *sum += s * gain);
            }
        }
        [] => (),
    }
}

/// Applies a gain and silences what is not a number.
pub(super) fn finish(samples: &mut [f32], gain: f32) {
    for sample in samples {
        *sample = (*sample * gain).level();
    }
}

/// A sample as a level, nominally in -1..=1, always finite.
trait Level: Copy {
    fn level(self) -> f32;
}

/// The integer formats, as (type, value of zero, full scale); `inner` unwraps symphonia's 24-bit types.
macro_rules! integer_levels {
    ($($type:ty, |$s:ident| $inner:expr, $zero:expr, $scale:expr;)*) => {$(
        impl Level for $type {
            #[inline(always)]
            fn level(self) -> f32 {
                let $s = self;
                ($inner as f32 - $zero) * (1.0 / $scale)
            }
        }
    )*};
}

integer_levels! {
    u8, |s| s, 128.0, 128.0;
    u16, |s| s, 32_768.0, 32_768.0;
    u24, |s| s.inner(), 8_388_608.0, 8_388_608.0;
    u32, |s| s, 2_147_483_648.0, 2_147_483_648.0;
    i8, |s| s, 0.0, 128.0;
    i16, |s| s, 0.0, 32_768.0;
    i24, |s| s.inner(), 0.0, 8_388_608.0;
    i32, |s| s, 0.0, 2_147_483_648.0;
}

impl Level for f32 {
    #[inline(always)]
    fn level(self) -> f32 {
        // One comparison catches not-a-number, the infinities and absurd values, which would overflow a filter.
        if self.abs() <= LOUDEST { self } else { 0.0 }
    }
}

impl Level for f64 {
    #[inline(always)]
    fn level(self) -> f32 {
        (self as f32).level()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 8_000;

    /// Noise, the same for the same seed.
    fn noise(seed: u32, length: usize) -> Vec<f32> {
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        let next = |_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as f32 / u32::MAX as f32 - 0.5
        };
        (0..length).map(next).collect()
    }

    fn mixed(channels: &[Vec<f32>], packets: &[usize]) -> Vec<f32> {
        let (mut mixer, mut mono) = (Mixer::new(RATE), Vec::new());
        let frames: Vec<f32> =
            (0..channels[0].len()).flat_map(|n| channels.iter().map(move |c| c[n])).collect();
        let (mut rest, mut sizes) = (frames.as_slice(), packets.iter().cycle());
        while !rest.is_empty() {
            let size = rest.len().min(sizes.next().unwrap() * channels.len());
            mixer.interleaved(&rest[..size], channels.len(), 1.0, &mut mono);
            rest = &rest[size..];
        }
        mono
    }

    fn energy(samples: &[f32]) -> f32 {
        samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32
    }

    fn scaled(samples: &[f32], gain: f32) -> Vec<f32> {
        samples.iter().map(|s| s * gain).collect()
    }

    #[test]
    fn ordinary_channels_are_averaged_exactly() {
        let (a, b) = (noise(1, 30_000), noise(2, 30_000));
        let wide: Vec<f32> = a.iter().zip(&b).map(|(a, b)| 0.6 * b - 0.5 * a).collect();
        for right in [a.clone(), b, vec![0.0; a.len()], scaled(&a, 0.1), wide] {
            let mean: Vec<f32> = a.iter().zip(&right).map(|(l, r)| (l + r) * 0.5).collect();
            assert!(mixed(&[a.clone(), right], &[1152]) == mean);
        }
    }

    #[test]
    fn neither_a_channel_nor_a_phase_erases_the_sound() {
        let (a, b) = (noise(1, 40_000), noise(2, 40_000));
        let cases = [
            vec![a.clone(), scaled(&a, -1.0)],
            vec![scaled(&a, -0.8), a.clone()],
            vec![vec![0.0; a.len()], a.clone()],
            vec![a.clone(), scaled(&a, -1.0), b.clone(), scaled(&b, -1.0)],
            vec![vec![0.0; a.len()], a.clone(), scaled(&a, -1.0), vec![0.0; a.len()]],
        ];
        for channels in cases {
            let mono = mixed(&channels, &[960]);
            let settled = &mono[2 * RATE as usize / STRETCHES as usize..];
            let least = channels.iter().map(|c| energy(c)).fold(0.0, f32::max) / 20.0;
            assert!(energy(settled) > least, "{} {least}", energy(settled));
        }
    }

    #[test]
    fn the_mix_does_not_depend_on_packets() {
        let a = noise(3, 50_000);
        let half: Vec<f32> =
            a.iter().enumerate().map(|(n, s)| if n % 20_000 < 10_000 { -s } else { *s }).collect();
        let whole = mixed(&[a.clone(), half.clone()], &[50_000]);
        for packets in [&[1][..], &[7, 1152, 3], &[960], &[400], &[4096, 1]] {
            assert!(mixed(&[a.clone(), half.clone()], packets) == whole, "{packets:?}");
        }
    }

    #[test]
    fn every_integer_format_has_the_same_full_scale() {
        let lows =
            [0u8.level(), 0u16.level(), 0u32.level(), i8::MIN.level(), i16::MIN.level(), i32::MIN.level()];
        assert!(lows.iter().all(|&l| l == -1.0), "{lows:?}");
        assert_eq!((u24(0).level(), i24(-8_388_608).level()), (-1.0, -1.0));
        assert_eq!((128u8.level(), 0i16.level(), i24(0).level()), (0.0, 0.0, 0.0));
    }

    #[test]
    fn what_is_not_a_number_is_silence() {
        assert_eq!([f32::NAN, f32::INFINITY, f32::MIN, 1e300f64 as f32].map(|s| s.level()), [0.0; 4]);
        assert_eq!(f64::NAN.level(), 0.0);
    }
}
