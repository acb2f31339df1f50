//! Dropping the samples that an encoder added at the start and at the end.

use super::packet::Chunk;

/// How much of the sound is still to be dropped.
#[derive(Debug)]
pub(super) struct Trim {
    ticks: u64,
    per_second: u32,
    left: Option<u64>,
    padding: u64,
    /// Whether an end is cut only when nothing follows it.
    last_only: bool,
    /// What was cut from the last chunk, and how many frames that was.
    held: (Vec<f32>, u64),
}

impl Trim {
    /// Drops `ticks / per_second` seconds at the start, and all that packets say to drop at their ends.
    pub(super) fn new(ticks: u64, per_second: u32) -> Self {
        Self {
            ticks,
            per_second: per_second.max(1),
            left: None,
            padding: u64::MAX,
            last_only: false,
            held: (Vec::new(), 0),
        }
    }

    /// The same, but no more than `padding` frames at the ends of packets.
    ///
    /// That is for MP3: its header counts frames, and of two files in one it counts those of the first.
    pub(super) fn with_padding(self, padding: u32) -> Self {
        Self { padding: padding.into(), ..self }
    }

    /// The same, but what packets say to drop at their ends counts only at the end of the stream.
    ///
    /// That is for Ogg: pages in the middle whose time stamps waver look as if their last packet had to be cut.
    pub(super) fn at_the_end_only(self) -> Self {
        Self { last_only: true, ..self }
    }

    /// Drops what has to go from the samples of a chunk, and from their end `end` frames at the native rate.
    pub(super) fn apply(&mut self, chunk: &mut Chunk, end: u64, samples: &mut Vec<f32>) {
        let left = self.left.get_or_insert_with(|| rescale(self.ticks, self.per_second, chunk.native_rate));
        let factor = u64::from(chunk.native_rate / chunk.rate).max(1);
        let front = chunk.frames.min(*left);
        *left -= front;
        let end = end.min(self.padding);
        self.padding -= end;
        chunk.frames = (chunk.frames - front).saturating_sub(end);
        samples.drain(..((front / factor) as usize).min(samples.len()));
        let cut = samples.split_off(samples.len().min(chunk.frames.div_ceil(factor) as usize));
        if self.last_only {
            self.hold(chunk, end, cut, samples);
        }
    }

    /// Keeps what was cut; puts back what was cut before, unless this chunk had to go as a whole.
    fn hold(&mut self, chunk: &mut Chunk, end: u64, cut: Vec<f32>, samples: &mut Vec<f32>) {
        if chunk.frames > 0 {
            let (held, frames) = std::mem::take(&mut self.held);
            samples.splice(..0, held);
            chunk.frames += frames;
        }
        self.held.0.extend(cut);
        self.held.1 += end;
    }
}

/// `ticks / from` seconds as a count at `to` per second, rounded to the nearest.
pub(super) fn rescale(ticks: u64, from: u32, to: u32) -> u64 {
    let (from, to) = (u128::from(from.max(1)), u128::from(to));
    u64::try_from((u128::from(ticks) * to * 2 + from) / (from * 2)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_go_across_packets() {
        let mut trim = Trim::new(6, 1000);
        let mut mono = vec![9.0];
        for (end, expected) in [(0, vec![9.0]), (0, vec![9.0, 2.0, 3.0]), (3, vec![9.0, 2.0, 3.0, 0.0])] {
            let mut chunk = Chunk { rate: 1000, native_rate: 1000, frames: 4, channels: 1 };
            let mut samples = vec![0.0, 1.0, 2.0, 3.0];
            trim.apply(&mut chunk, end, &mut samples);
            mono.append(&mut samples);
            assert_eq!(mono, expected);
        }
    }

    #[test]
    fn a_cut_in_the_middle_of_ogg_is_taken_back() {
        let mut trim = Trim::new(0, 1000).at_the_end_only();
        let (mut mono, mut frames) = (Vec::new(), 0);
        // A page that wavers, then an end that goes across two packets.
        for (i, end) in [0, 2, 0, 1, 4].into_iter().enumerate() {
            let mut chunk = Chunk { rate: 1000, native_rate: 1000, frames: 4, channels: 1 };
            let mut samples: Vec<_> = (0..4).map(|k| (4 * i + k) as f32).collect();
            trim.apply(&mut chunk, end, &mut samples);
            mono.append(&mut samples);
            frames += chunk.frames;
        }
        assert_eq!(mono, (0..15).map(|k| k as f32).collect::<Vec<_>>());
        assert_eq!(frames, 15);
    }

    #[test]
    fn rescaling_rounds_to_the_nearest() {
        assert_eq!(rescale(6_500_000, 1_000_000_000, 48_000), 312);
        assert_eq!(rescale(402_432, 44_100, 16_000), 146_007);
        assert_eq!(rescale(u64::MAX, 1, u32::MAX), u64::MAX);
    }
}
