//! Changing the sample rate: exact length, no delay.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};
use sonic_core::guard::guard;
use sonic_core::{Clip, Error, ErrorKind, Result};

/// Frames of one transform, about: shorter costs sharpness, longer costs cache.
const BLOCK: usize = 1024;
/// Transforms in one call, about.
const BLOCKS: usize = 8;

/// Most samples that a transform advances by at least.
const MAX_STEP: usize = 200_000;

/// Samples that are taken for a block.
const IN_BLOCKS: usize = 1 << 18;

/// Highest rate, in samples per second, that is read or made.
pub(crate) const MAX_RATE: u32 = 768_000;

/// `clip` at `sample_rate` samples per second: n samples become `round(n * to / from)`, without delay.
///
/// # Errors
/// `InvalidArgument` if either rate is 0 or above 768,000 Hz, or a sample is not finite.
pub fn resample(clip: &Clip, sample_rate: u32) -> Result<Clip> {
    check(clip, sample_rate)?;
    if clip.sample_rate == sample_rate {
        return Ok(clip.clone());
    }
    let length = length_at(clip, sample_rate);
    let (mut input, mut samples) = (clip.samples.clone(), Vec::new());
    let mut resampler = Resampler::new(clip.sample_rate, sample_rate)?;
    resampler.push(&mut input, &mut samples)?;
    let missing = length.saturating_sub(samples.len());
    resampler.finish(&mut input, &mut samples, missing)?;
    samples.truncate(length);
    Ok(Clip { samples, sample_rate, truncated: clip.truncated, damaged_ms: clip.damaged_ms })
}

/// Hands out `clip` at `sample_rate`, as [`resample`] makes it, in blocks: without memory for all of it. The errors
/// are those of [`resample`].
pub(crate) fn in_blocks(
    clip: &Clip,
    sample_rate: u32,
    mut take: impl FnMut(&[f32]) -> Result<()>,
) -> Result<()> {
    check(clip, sample_rate)?;
    if clip.sample_rate == sample_rate {
        return clip.samples.chunks(IN_BLOCKS).try_for_each(take);
    }
    let mut missing = length_at(clip, sample_rate);
    let (mut input, mut output) = (Vec::new(), Vec::new());
    let mut resampler = Resampler::new(clip.sample_rate, sample_rate)?;
    for block in clip.samples.chunks(IN_BLOCKS) {
        input.extend_from_slice(block);
        resampler.push(&mut input, &mut output)?;
        output.truncate(missing);
        missing -= output.len();
        take(&output)?;
        output.clear();
    }
    resampler.finish(&mut input, &mut output, missing)?;
    take(&output)
}

fn check(clip: &Clip, sample_rate: u32) -> Result<()> {
    for rate in [clip.sample_rate, sample_rate] {
        if rate == 0 || rate > MAX_RATE {
            let message = format!("a sample rate of {rate} Hz is outside 1 to {MAX_RATE} Hz");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
    }
    clip.check()
}

/// The length of `clip` at another rate.
fn length_at(clip: &Clip, sample_rate: u32) -> usize {
    let (from, to) = (u128::from(clip.sample_rate), u128::from(sample_rate));
    ((clip.samples.len() as u128 * to + from / 2) / from) as usize
}

/// A resampler that takes what it is given in whole chunks.
pub(crate) struct Resampler {
    fft: Fft<f32>,
    chunk: usize,
    delay: usize,
}

impl Resampler {
    /// A resampler between two rates, in samples per second.
    pub(crate) fn new(from: u32, to: u32) -> Result<Self> {
        let (from, to) = manageable(from as usize, to as usize);
        let step = from / gcd(from, to);
        // An even number of steps keeps the delay, which is half a block of output, a whole number.
        let block = step * (BLOCK.div_ceil(step).next_multiple_of(2));
        let blocks = (BLOCK * BLOCKS).div_ceil(block);
        let chunk = block * blocks;
        let window = WindowFunction::BlackmanHarris2;
        let fft = Fft::new_custom(from, to, chunk, blocks, 1, window, FixedSync::Input).map_err(internal)?;
        let delay = fft.output_delay();
        Ok(Self { fft, chunk, delay })
    }

    /// Resamples the whole chunks of `input` to the end of `output`, and keeps the rest in `input`.
    pub(crate) fn push(&mut self, input: &mut Vec<f32>, output: &mut Vec<f32>) -> Result<()> {
        let whole = input.len() / self.chunk * self.chunk;
        for chunk in input[..whole].chunks_exact(self.chunk) {
            Self::convert(&mut self.fft, &mut self.delay, chunk, output)?;
        }
        input.drain(..whole);
        Ok(())
    }

    /// Resamples the rest of `input`, and then silence until `output` has grown by `missing` samples.
    pub(crate) fn finish(
        &mut self,
        input: &mut Vec<f32>,
        output: &mut Vec<f32>,
        missing: usize,
    ) -> Result<()> {
        let end = output.len() + missing;
        self.push(input, output)?;
        while output.len() < end {
            input.resize(self.chunk, 0.0);
            self.push(input, output)?;
        }
        output.truncate(end);
        input.clear();
        Ok(())
    }

    fn convert(fft: &mut Fft<f32>, delay: &mut usize, chunk: &[f32], output: &mut Vec<f32>) -> Result<()> {
        let (start, room) = (output.len(), fft.output_frames_next());
        output.resize(start + room, 0.0);
        let from = SequentialSlice::new(chunk, 1, chunk.len()).map_err(internal)?;
        let mut to = SequentialSlice::new_mut(&mut output[start..], 1, room).map_err(internal)?;
        // It panics when numbers overflow to infinity on their way.
        let (_, made) = guard(ErrorKind::InvalidArgument, "resampling", || {
            fft.process_into_buffer(&from, &mut to, None).map_err(internal)
        })?;
        output.truncate(start + made);
        let late = made.min(*delay);
        output.drain(start..start + late);
        *delay -= late;
        Ok(())
    }
}

/// The rates, or very nearly: two large ones with little in common would take transforms of millions of samples, and a
/// header could name them. Rates beyond 200 kHz are then rounded to tens, by less than 25 millionths.
fn manageable(from: usize, to: usize) -> (usize, usize) {
    let common = gcd(from, to);
    if from.max(to) / common <= MAX_STEP {
        return (from, to);
    }
    let round = |rate: usize| if rate > MAX_STEP { (rate + 5) / 10 * 10 } else { rate };
    (round(from), round(to))
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Internal, "the resampler refused its input").with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_bounds_are_refused() {
        for bad in [f32::MAX, f32::INFINITY, f32::NAN] {
            let clip = Clip::new([vec![0.0; 5_000], vec![bad; 5_000]].concat(), 44_100);
            assert_eq!(resample(&clip, 16_000).unwrap_err().kind(), ErrorKind::InvalidArgument, "{bad}");
            assert!(in_blocks(&clip, 16_000, |_| Ok(())).is_err());
        }
    }

    #[test]
    fn blocks_are_the_whole() {
        let sound: Vec<f32> = (0..700_000).map(|i| (i as f32 * 0.01).sin()).collect();
        for (from, to) in [(44_100, 16_000), (8_000, 16_000), (16_000, 16_000)] {
            let clip = Clip::new(sound.clone(), from);
            let mut blocks = Vec::new();
            in_blocks(&clip, to, |block| {
                blocks.extend_from_slice(block);
                Ok(())
            })
            .unwrap();
            assert_eq!(blocks, resample(&clip, to).unwrap().samples);
        }
    }
}
