//! FLAC (RFC 9639) with fixed predictors and Rice codes: half the size of PCM for a voice, at little cost.

use super::bits::{Bits, crc8, crc16};
use super::to_i16;
use md5::{Digest, Md5};

/// Samples of a block, of each channel.
const BLOCK: usize = 4096;
/// The greatest parameter of a Rice code of four bits.
const MAX_RICE: u32 = 14;

pub(super) struct Flac {
    channels: usize,
    sample_rate: u32,
    pending: Vec<i16>,
    /// Of the samples of all channels, as the header tells it.
    hash: Md5,
    samples: u64,
    frames: u32,
}

impl Flac {
    pub(super) fn new(channels: usize, sample_rate: u32) -> Self {
        Self { channels, sample_rate, pending: Vec::new(), hash: Md5::new(), samples: 0, frames: 0 }
    }

    /// The marker and the stream's description, for what was encoded so far.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut bits = Bits::after(b"fLaC");
        bits.put(0x80, 8); // The description is the last block of metadata.
        bits.put(34, 24);
        bits.put(BLOCK as u32, 16);
        bits.put(BLOCK as u32, 16);
        bits.put(0, 24); // The sizes of frames are not told.
        bits.put(0, 24);
        bits.put(self.sample_rate, 20);
        bits.put(self.channels as u32 - 1, 3);
        bits.put(15, 5);
        bits.put((self.samples >> 32) as u32 & 0xf, 4);
        bits.put(self.samples as u32, 32);
        bits.bytes.extend_from_slice(&self.hash.clone().finalize());
        bits.bytes
    }

    pub(super) fn encode(&mut self, samples: &[f32]) -> Vec<u8> {
        let fresh = samples.iter().map(|x| to_i16(*x));
        self.pending.extend(fresh);
        let size = BLOCK * self.channels;
        let pending = std::mem::take(&mut self.pending);
        let blocks = pending.chunks_exact(size);
        self.pending = blocks.remainder().to_vec();
        blocks.flat_map(|block| self.frame(block)).collect()
    }

    /// What is left at the end.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        match std::mem::take(&mut self.pending) {
            rest if rest.is_empty() => Vec::new(),
            rest => self.frame(&rest),
        }
    }

    fn frame(&mut self, block: &[i16]) -> Vec<u8> {
        let length = block.len() / self.channels;
        self.hash.update(block.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>());
        let mut bits = Bits::default();
        bits.put(0xfff8, 16);
        bits.put(0x70, 8); // The size stands below, the rate in the description.
        bits.put((self.channels as u32 - 1) << 4 | 4 << 1, 8);
        number(&mut bits, self.frames);
        bits.put(length as u32 - 1, 16);
        let check = crc8(&bits.bytes);
        bits.put(u32::from(check), 8);
        for channel in 0..self.channels {
            let samples: Vec<i32> =
                block.iter().skip(channel).step_by(self.channels).map(|x| i32::from(*x)).collect();
            subframe(&mut bits, &samples);
        }
        bits.align();
        let check = crc16(&bits.bytes);
        bits.put(u32::from(check), 16);
        self.samples += length as u64;
        self.frames += 1;
        bits.bytes
    }
}

/// The number of a frame, in the way of UTF-8.
fn number(bits: &mut Bits, value: u32) {
    if value < 0x80 {
        return bits.put(value, 8);
    }
    let more = (1..6).find(|more| value < 1 << (more * 5 + 6)).unwrap_or(5);
    let lead = 0xff00u32 >> (more + 1) & 0xff;
    bits.put(lead | value >> (6 * more), 8);
    for part in (0..more).rev() {
        bits.put(0x80 | value >> (6 * part) & 0x3f, 8);
    }
}

/// One channel: a constant, or the fixed predictor whose errors are smallest.
fn subframe(bits: &mut Bits, samples: &[i32]) {
    if samples.iter().all(|x| *x == samples[0]) {
        bits.put(0, 8);
        return bits.put(samples[0] as u32, 16);
    }
    let mut errors = vec![samples.to_vec()];
    for order in 1..=4.min(samples.len() - 1) {
        let last = &errors[order - 1];
        errors.push(last.windows(2).map(|pair| pair[1] - pair[0]).collect());
    }
    let size = |errors: &Vec<i32>| errors.iter().map(|e| u64::from(e.unsigned_abs())).sum::<u64>();
    let order = (0..errors.len()).min_by_key(|order| size(&errors[*order])).unwrap_or(0);
    bits.put((8 + order as u32) << 1, 8);
    samples[..order].iter().for_each(|x| bits.put(*x as u32, 16));
    residual(bits, &errors[order], order);
}

/// The errors of prediction in partitions, each with its own code.
fn residual(bits: &mut Bits, errors: &[i32], order: usize) {
    let folded: Vec<u32> = errors.iter().map(|e| (e << 1 ^ e >> 31) as u32).collect();
    let length = errors.len() + order;
    let possible = |p: &u32| length.is_multiple_of(1 << p) && length >> p > order;
    let plans = (0..=6).filter(possible).map(|p| (p, plan(&folded, length >> p, order)));
    let cost = |(_, plan): &(u32, Vec<(u32, u64)>)| plan.iter().map(|(_, bits)| bits + 4).sum::<u64>();
    let Some((partition_order, plan)) = plans.min_by_key(cost) else { return };
    bits.put(0, 2);
    bits.put(partition_order, 4);
    let mut rest = folded.as_slice();
    for (number, (rice, _)) in plan.into_iter().enumerate() {
        let count = (length >> partition_order) - if number == 0 { order } else { 0 };
        let (part, after) = rest.split_at(count);
        rest = after;
        bits.put(rice, 4);
        for value in part {
            bits.unary(value >> rice);
            bits.put(*value, rice);
        }
    }
}

/// The parameter and the bits of each partition.
fn plan(folded: &[u32], partition: usize, order: usize) -> Vec<(u32, u64)> {
    let (first, rest) = folded.split_at((partition - order).min(folded.len()));
    let parts = [first].into_iter().chain(rest.chunks(partition));
    parts
        .map(|part| {
            let mean = part.iter().map(|v| u64::from(*v)).sum::<u64>() / part.len().max(1) as u64;
            let near = (u64::BITS - mean.leading_zeros()).min(MAX_RICE);
            let cost =
                |rice: u32| part.iter().map(|v| u64::from(v >> rice) + 1 + u64::from(rice)).sum::<u64>();
            let tried = near.saturating_sub(1)..=near;
            tried.map(|rice| (rice, cost(rice))).min_by_key(|(_, cost)| *cost).unwrap_or((near, 0))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_frames_are_written_as_in_utf8() {
        for value in [0, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x1_0000, 0x10_ffff] {
            let mut bits = Bits::default();
            number(&mut bits, value);
            let expected = char::from_u32(value).map(|c| c.to_string().into_bytes());
            assert_eq!(Some(bits.bytes), expected, "{value}");
        }
    }
}
