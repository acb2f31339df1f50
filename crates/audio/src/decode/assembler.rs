//! From decoded packets to blocks: samples of padding dropped, one rate, exact length.
//!
//! It knows neither containers nor codecs: whoever has packets, by pulling them out of a file or because a network
//! pushes them, decodes them to the mean of their channels and gives them to [`Assembler::push`].

use super::packet::{Chunk, Discard};
use super::trim::{Trim, rescale};
use crate::resample::Resampler;
use sonic_core::Result;

/// Samples that are gathered before a block is handed out.
const BLOCK: usize = 4096;

/// Joins what packets were decoded to.
pub(super) struct Assembler {
    target: Option<u32>,
    sample_rate: u32,
    native_rate: u32,
    channels: u16,
    trim: Trim,
    /// Samples that are gathered before a block is handed out.
    least: usize,
    segment: Segment,
    /// What is not in a block yet, at the rate of the segment.
    pending: Vec<f32>,
    block: Vec<f32>,
}

impl Assembler {
    /// An assembler of blocks at `target` samples per second, or at the rate of the first sound, of which `trim` says
    /// what to drop.
    pub(super) fn new(target: Option<u32>, trim: Trim) -> Self {
        Self {
            target,
            sample_rate: 0,
            native_rate: 0,
            channels: 0,
            trim,
            least: BLOCK,
            segment: Segment::default(),
            pending: Vec::new(),
            block: Vec::new(),
        }
    }

    /// The same at `target` samples per second, but what can be handed out is at once.
    pub(super) fn live(target: u32, trim: Trim) -> Self {
        Self { least: 1, ..Self::new(Some(target), trim) }
    }

    /// Another recording follows, of which `trim` says what to drop.
    pub(super) fn next_stream(&mut self, trim: Trim) {
        self.trim = trim;
    }

    /// Samples per second of the blocks; zero before the first sound.
    pub(super) fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Samples per second of the first sound; zero before it.
    pub(super) fn native_rate(&self) -> u32 {
        self.native_rate
    }

    /// Channels of the first sound; zero before it.
    pub(super) fn channels(&self) -> u16 {
        self.channels
    }

    /// Settles the rates of a source that holds no sound.
    pub(super) fn assume(&mut self, native_rate: u32) {
        (self.native_rate, self.sample_rate) = (native_rate, self.target.unwrap_or(native_rate));
    }

    /// Takes what one packet was decoded to, out of `samples`; `discard` goes from its end.
    pub(super) fn push(&mut self, mut chunk: Chunk, samples: &mut Vec<f32>, discard: Discard) -> Result<()> {
        let end = discard.frames.max(rescale(discard.nanos, 1_000_000_000, chunk.native_rate));
        self.trim.apply(&mut chunk, end, samples);
        if self.native_rate == 0 {
            self.assume(chunk.native_rate);
            self.channels = chunk.channels;
        }
        if !self.segment.continues(&chunk) {
            self.segment.finish(&mut self.pending, &mut self.block)?;
            self.segment = Segment::new(&chunk, self.sample_rate, self.least)?;
        }
        self.pending.append(samples);
        self.segment.frames += chunk.frames;
        Ok(())
    }

    /// Makes a block of what has been pushed, if it is enough for one.
    pub(super) fn advance(&mut self) -> Result<()> {
        self.segment.advance(&mut self.pending, &mut self.block)
    }

    /// Makes a block of the rest.
    pub(super) fn finish(&mut self) -> Result<()> {
        self.segment.finish(&mut self.pending, &mut self.block)
    }

    /// The block, empty if there is none.
    pub(super) fn block(&self) -> &[f32] {
        &self.block
    }

    /// Drops the block.
    pub(super) fn clear(&mut self) {
        self.block.clear();
    }
}

/// A stretch of sound at one rate, on its way to the output rate.
#[derive(Default)]
struct Segment {
    rate: u32,
    native_rate: u32,
    output_rate: u32,
    frames: u64,
    handed_out: u64,
    least: usize,
    resampler: Option<Resampler>,
}

impl Segment {
    fn new(chunk: &Chunk, output_rate: u32, least: usize) -> Result<Self> {
        let resampler = match chunk.rate == output_rate {
            true => None,
            false if least < BLOCK => Some(Resampler::prompt(chunk.rate, output_rate)?),
            false => Some(Resampler::new(chunk.rate, output_rate)?),
        };
        let Chunk { rate, native_rate, .. } = *chunk;
        Ok(Self { rate, native_rate, output_rate, frames: 0, handed_out: 0, least, resampler })
    }

    fn continues(&self, chunk: &Chunk) -> bool {
        (self.rate, self.native_rate) == (chunk.rate, chunk.native_rate)
    }

    /// How many samples are still to be handed out for the frames so far.
    fn due(&self) -> usize {
        let total = rescale(self.frames, self.native_rate, self.output_rate);
        total.saturating_sub(self.handed_out) as usize
    }

    fn advance(&mut self, pending: &mut Vec<f32>, block: &mut Vec<f32>) -> Result<()> {
        let (due, start) = (self.due(), block.len());
        match &mut self.resampler {
            Some(resampler) => resampler.push(pending, block)?,
            None if pending.len() < self.least || due < pending.len() => (),
            None if block.is_empty() => std::mem::swap(pending, block),
            None => block.append(pending),
        }
        self.handed_out += (block.len() - start) as u64;
        Ok(())
    }

    fn finish(&mut self, pending: &mut Vec<f32>, block: &mut Vec<f32>) -> Result<()> {
        let (due, start) = (self.due(), block.len());
        match &mut self.resampler {
            Some(resampler) => resampler.finish(pending, block, due)?,
            None => {
                pending.resize(due, 0.0);
                block.append(pending);
            }
        }
        self.handed_out += (block.len() - start) as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(rate: u32, frames: u64) -> Chunk {
        Chunk { rate, native_rate: rate, frames, channels: 2 }
    }

    /// What packets that somebody pushes are joined to.
    fn joined(target: Option<u32>, trim: Trim, packets: &[(u32, Vec<f32>, Discard)]) -> (Vec<f32>, u32) {
        let (mut assembler, mut all) = (Assembler::new(target, trim), Vec::new());
        for (rate, samples, discard) in packets {
            let mut samples = samples.clone();
            assembler.push(chunk(*rate, samples.len() as u64), &mut samples, *discard).unwrap();
            assembler.advance().unwrap();
            all.extend_from_slice(assembler.block());
            assembler.clear();
        }
        assembler.finish().unwrap();
        all.extend_from_slice(assembler.block());
        assert_eq!(assembler.channels(), 2);
        (all, assembler.sample_rate())
    }

    #[test]
    fn packets_are_joined_without_their_padding() {
        let ramp: Vec<f32> = (0..10_000).map(|i| i as f32).collect();
        let discard = Discard { frames: 3, nanos: 5_000_000 };
        let packets: Vec<_> = ramp
            .chunks(1_000)
            .enumerate()
            .map(|(i, samples)| (1_000, samples.to_vec(), if i == 9 { discard } else { Discard::default() }))
            .collect();
        let (samples, rate) = joined(None, Trim::new(7, 1_000), &packets);
        assert_eq!((samples, rate), (ramp[7..9_995].to_vec(), 1_000));
    }

    #[test]
    fn another_rate_in_the_middle_keeps_the_length() {
        let packets: Vec<_> = [(8_000, 8_000), (16_000, 16_000), (8_000, 4_000)]
            .map(|(rate, length)| (rate, vec![0.5; length], Discard::default()))
            .into();
        for (target, length) in [(None, 20_000), (Some(16_000), 40_000), (Some(44_100), 110_250)] {
            let (samples, rate) = joined(target, Trim::new(0, 1), &packets);
            assert_eq!((samples.len(), rate), (length, target.unwrap_or(8_000)));
        }
    }
}
