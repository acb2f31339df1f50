//! From the channels of a decoded packet to their mean.

use symphonia::core::audio::sample::{i24, u24};
use symphonia::core::audio::{Audio, AudioBuffer, GenericAudioBufferRef};

/// A level beyond this is damage, not sound: 2^24 is full scale of 24-bit integers stored as floats.
const LOUDEST: f32 = 16_777_216.0;

/// Appends the mean of all channels to `mono`.
pub(super) fn planes(buffer: &GenericAudioBufferRef<'_>, mono: &mut Vec<f32>) {
    match buffer {
        GenericAudioBufferRef::U8(b) => mean(b, mono),
        GenericAudioBufferRef::U16(b) => mean(b, mono),
        GenericAudioBufferRef::U24(b) => mean(b, mono),
        GenericAudioBufferRef::U32(b) => mean(b, mono),
        GenericAudioBufferRef::S8(b) => mean(b, mono),
        GenericAudioBufferRef::S16(b) => mean(b, mono),
        GenericAudioBufferRef::S24(b) => mean(b, mono),
        GenericAudioBufferRef::S32(b) => mean(b, mono),
        GenericAudioBufferRef::F32(b) => mean(b, mono),
        GenericAudioBufferRef::F64(b) => mean(b, mono),
    }
}

/// Appends the mean of interleaved channels to `mono`.
pub(super) fn interleaved(samples: &[f32], channels: usize, mono: &mut Vec<f32>) {
    let gain = 1.0 / channels as f32;
    mono.extend(samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() * gain));
}

/// Applies a gain and silences what is not a number.
pub(super) fn finish(samples: &mut [f32], gain: f32) {
    for sample in samples {
        *sample = (*sample * gain).level();
    }
}

fn mean<S: Level + symphonia::core::audio::sample::Sample>(buffer: &AudioBuffer<S>, mono: &mut Vec<f32>) {
    let mut planes = buffer.iter_planes();
    match (planes.next(), planes.next(), buffer.num_planes()) {
        (Some(only), None, _) => mono.extend(only.iter().map(|s| s.level())),
        (Some(left), Some(right), 2) => {
            mono.extend(left.iter().zip(right).map(|(l, r)| (l.level() + r.level()) * 0.5));
        }
        (Some(first), Some(second), count) => {
            let (start, gain) = (mono.len(), 1.0 / count as f32);
            mono.extend(first.iter().map(|s| s.level() * gain));
            for plane in std::iter::once(second).chain(planes) {
                mono[start..].iter_mut().zip(plane).for_each(|(sum, s)| *sum += s.level() * gain);
            }
        }
        (None, ..) => (),
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
