//! Changing the sample rate of a stream: exact length, no delay.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};
use sonic_core::{Error, ErrorKind, Result};

/// Frames of one transform, about: shorter costs sharpness, longer costs cache.
const BLOCK: usize = 1024;
/// Transforms in one call, about.
const BLOCKS: usize = 8;

/// A resampler that takes what it is given in whole chunks.
pub(super) struct Resampler {
    fft: Fft<f32>,
    chunk: usize,
    delay: usize,
}

impl Resampler {
    /// A resampler between two rates, in samples per second.
    pub(super) fn new(from: u32, to: u32) -> Result<Self> {
        let (from, to) = (from as usize, to as usize);
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
    pub(super) fn push(&mut self, input: &mut Vec<f32>, output: &mut Vec<f32>) -> Result<()> {
        let whole = input.len() / self.chunk * self.chunk;
        for chunk in input[..whole].chunks_exact(self.chunk) {
            Self::convert(&mut self.fft, &mut self.delay, chunk, output)?;
        }
        input.drain(..whole);
        Ok(())
    }

    /// Resamples the rest of `input`, and then silence until `output` has grown by `missing` samples.
    pub(super) fn finish(
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
        let (_, made) = fft.process_into_buffer(&from, &mut to, None).map_err(internal)?;
        output.truncate(start + made);
        let late = made.min(*delay);
        output.drain(start..start + late);
        *delay -= late;
        Ok(())
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Internal, "the resampler refused its input").with_source(error)
}
