//! Changing the sample rate: exact length, no delay.
//!
//! A rate that is a power of two times the other is halved as often as that takes (`benches/decode.rs` measures it against
//! the transforms); all others go through transforms (`rubato`).

mod halve;

use halve::Halver;
use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};
use sonic_core::guard::guard;
use sonic_core::{Clip, Error, ErrorKind, Result};

/// Frames of one transform, about: shorter costs sharpness, longer costs cache.
const BLOCK: usize = 1024;
/// Transforms in one call, about.
const BLOCKS: usize = 8;

/// The band that halving keeps, as a share of that of the output rate. From there on up to as far beyond, what is folded
/// down lands above the band.
const PASS_BAND: f64 = 0.945;

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

/// A resampler that takes what it is given as it can: by halving as often as that does, else by transforms.
pub(crate) enum Resampler {
    Halving(Halving),
    Transforms(Box<Transforms>),
}

impl Resampler {
    /// A resampler between two rates, in samples per second.
    pub(crate) fn new(from: u32, to: u32) -> Result<Self> {
        Self::in_steps(from, to, BLOCKS)
    }

    /// The same, but what can be handed out is as soon as it can, at some cost.
    pub(crate) fn prompt(from: u32, to: u32) -> Result<Self> {
        Self::in_steps(from, to, 1)
    }

    fn in_steps(from: u32, to: u32, blocks: usize) -> Result<Self> {
        Ok(match Halving::new(from, to) {
            Some(halving) => Self::Halving(halving),
            None => Self::Transforms(Box::new(Transforms::new(from, to, blocks)?)),
        })
    }

    /// Resamples what of `input` can be to the end of `output`, and keeps the rest in `input`.
    pub(crate) fn push(&mut self, input: &mut Vec<f32>, output: &mut Vec<f32>) -> Result<()> {
        match self {
            Self::Halving(halving) => halving.push(input, output),
            Self::Transforms(transforms) => transforms.push(input, output),
        }
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
            input.resize(self.chunk(), 0.0);
            self.push(input, output)?;
        }
        output.truncate(end);
        input.clear();
        Ok(())
    }

    /// Samples of silence that are put in at once at the end.
    fn chunk(&self) -> usize {
        match self {
            Self::Halving(_) => BLOCK,
            Self::Transforms(transforms) => transforms.chunk,
        }
    }
}

/// One half-band filter after the other.
pub(crate) struct Halving {
    stages: Vec<Halver>,
    between: [Vec<f32>; 2],
}

impl Halving {
    /// `None` if `from` is not a power of two times `to`.
    fn new(from: u32, to: u32) -> Option<Self> {
        let times = from / to;
        if !from.is_multiple_of(to) || !times.is_power_of_two() || times < 2 {
            return None;
        }
        // All keep the same band; the first ones have much room for their slope, and few coefficients.
        let pass = |rate: u32| PASS_BAND * f64::from(to) / 2.0 / f64::from(rate);
        let stages = (0..times.ilog2()).map(|stage| Halver::new(pass(from >> stage))).collect();
        Some(Self { stages, between: [Vec::new(), Vec::new()] })
    }

    fn push(&mut self, input: &mut Vec<f32>, output: &mut Vec<f32>) -> Result<()> {
        let start = output.len();
        let Self { stages, between: [now, next] } = self;
        let (last, first) =
            stages.split_last_mut().ok_or_else(|| Error::new(ErrorKind::Internal, "no stage"))?;
        // Block by block, so that what lies between two filters stays in cache.
        for block in input.chunks(BLOCK * BLOCKS) {
            now.clear();
            now.extend_from_slice(block);
            for stage in &mut *first {
                next.clear();
                stage.push(now, next);
                std::mem::swap(now, next);
            }
            last.push(now, output);
        }
        input.clear();
        match output[start..].iter().all(|v| v.is_finite()) {
            true => Ok(()),
            false => {
                Err(Error::new(ErrorKind::InvalidArgument, "samples are so large that resampling overflows"))
            }
        }
    }
}

/// Transforms to the spectrum and back, in whole chunks.
pub(crate) struct Transforms {
    fft: Fft<f32>,
    chunk: usize,
    delay: usize,
}

impl Transforms {
    fn new(from: u32, to: u32, blocks: usize) -> Result<Self> {
        let (from, to) = manageable(from as usize, to as usize);
        let step = from / gcd(from, to);
        // An even number of steps keeps the delay, which is half a block of output, a whole number.
        let block = step * (BLOCK.div_ceil(step).next_multiple_of(2));
        let blocks = (BLOCK * blocks).div_ceil(block);
        let chunk = block * blocks;
        let window = WindowFunction::BlackmanHarris2;
        let fft = Fft::new_custom(from, to, chunk, blocks, 1, window, FixedSync::Input).map_err(internal)?;
        let delay = fft.output_delay();
        Ok(Self { fft, chunk, delay })
    }

    fn push(&mut self, input: &mut Vec<f32>, output: &mut Vec<f32>) -> Result<()> {
        let whole = input.len() / self.chunk * self.chunk;
        for chunk in input[..whole].chunks_exact(self.chunk) {
            Self::convert(&mut self.fft, &mut self.delay, chunk, output)?;
        }
        input.drain(..whole);
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
