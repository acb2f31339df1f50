//! Landmarks of one recording in three bytes each, readable from any time on.
//!
//! ```text
//! frames u32 | count u32 | first landmark of each block of 64 frames u32 * blocks | landmarks u24 * count
//! landmark: frame within its block (6 bits) | frequency in eighths of a bin (12) | salience in dB (5)
//! ```

use sonic_core::{Error, ErrorKind, Landmark, Result};
use std::ops::Range;

const HEADER: usize = 8;
/// Frames of a block.
const BLOCK: u32 = 64;
const FREQUENCY_BITS: u32 = 12;
const SALIENCE_BITS: u32 = 5;
const WIDTH: usize = 3;

/// Packs landmarks that are in order of frame.
///
/// # Errors
/// `InvalidArgument` if a landmark lies beyond `frames`, is out of order or has a frequency of 512 bins or more.
pub(crate) fn pack(landmarks: &[Landmark], frames: u32) -> Result<Vec<u8>> {
    let blocks = frames.div_ceil(BLOCK);
    let mut out = Vec::with_capacity(HEADER + 4 * blocks as usize + WIDTH * landmarks.len());
    out.extend(frames.to_le_bytes());
    out.extend((landmarks.len() as u32).to_le_bytes());
    let mut next = 0;
    for block in 0..blocks {
        while landmarks.get(next).is_some_and(|l| l.frame < block * BLOCK) {
            next += 1;
        }
        out.extend((next as u32).to_le_bytes());
    }
    let mut last = 0;
    for l in landmarks {
        if l.frame >= frames || l.frame < last || l.frequency >> FREQUENCY_BITS != 0 {
            let message = format!("{l:?} is out of order or range in a fingerprint of {frames} frames");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        last = l.frame;
        let salience = u32::from(l.salience.min((1 << SALIENCE_BITS) - 1));
        let word = (l.frame % BLOCK) << (FREQUENCY_BITS + SALIENCE_BITS)
            | u32::from(l.frequency) << SALIENCE_BITS
            | salience;
        out.extend(&word.to_le_bytes()[..WIDTH]);
    }
    Ok(out)
}

/// Packed landmarks.
#[derive(Clone, Copy)]
pub(crate) struct Landmarks<'a> {
    frames: u32,
    count: u32,
    blocks: &'a [u8],
    items: &'a [u8],
}

/// Landmarks of a stretch, as numbers to compute with.
#[derive(Debug, Default)]
pub(crate) struct Unpacked {
    /// Frame that the others count from.
    pub(crate) base: u32,
    pub(crate) frames: Vec<f32>,
    /// Frequencies in eighths of a bin.
    pub(crate) eighths: Vec<f32>,
}

impl Unpacked {
    /// Frames and frequencies of those whose frames lie in `range`.
    pub(crate) fn within(&self, range: &Range<u32>) -> (&[f32], &[f32]) {
        let at = |frame: u32| {
            let frame = frame.saturating_sub(self.base) as f32;
            self.frames.partition_point(|f| *f < frame)
        };
        let (from, to) = (at(range.start), at(range.end));
        (&self.frames[from..to], &self.eighths[from..to])
    }
}

impl<'a> Landmarks<'a> {
    /// The landmarks packed in `bytes`; `None` if they are not such.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let (frames, count) = (word(0)?, word(4)?);
        let (blocks, items) = bytes.get(HEADER..)?.split_at_checked(4 * frames.div_ceil(BLOCK) as usize)?;
        (items.len() == WIDTH * count as usize).then_some(Self { frames, count, blocks, items })
    }

    /// Length of the recording in frames.
    pub(crate) fn frames(&self) -> u32 {
        self.frames
    }

    /// How many landmarks there are.
    pub(crate) fn len(&self) -> u32 {
        self.count
    }

    /// Puts the landmarks whose frames lie in `range` in place of what is in `out`.
    pub(crate) fn unpack(&self, range: Range<u32>, out: &mut Unpacked) {
        out.base = range.start;
        out.frames.clear();
        out.eighths.clear();
        let base = range.start;
        self.for_each(range, |l| {
            out.frames.push((l.frame - base) as f32);
            out.eighths.push(f32::from(l.frequency));
        });
    }

    /// Calls `each` with the landmarks whose frames lie in `range`.
    #[inline]
    pub(crate) fn for_each(&self, range: Range<u32>, mut each: impl FnMut(Landmark)) {
        let end = range.end.min(self.frames);
        if range.start >= end {
            return;
        }
        for block in range.start / BLOCK..end.div_ceil(BLOCK) {
            let from = self.first(block) as usize * WIDTH;
            let to = self.first(block + 1) as usize * WIDTH;
            for item in self.items.get(from..to).unwrap_or_default().chunks_exact(WIDTH) {
                let landmark = unpack(block, [item[0], item[1], item[2]]);
                if range.start <= landmark.frame && landmark.frame < end {
                    each(landmark);
                }
            }
        }
    }

    #[inline]
    fn first(&self, block: u32) -> u32 {
        let at = 4 * block as usize;
        let bytes = self.blocks.get(at..at + 4).and_then(|b| b.try_into().ok());
        bytes.map_or(self.count, u32::from_le_bytes)
    }
}

#[inline]
fn unpack(block: u32, bytes: [u8; WIDTH]) -> Landmark {
    let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
    Landmark {
        frame: block * BLOCK + (word >> (FREQUENCY_BITS + SALIENCE_BITS) & (BLOCK - 1)),
        frequency: (word >> SALIENCE_BITS & ((1 << FREQUENCY_BITS) - 1)) as u16,
        salience: (word & ((1 << SALIENCE_BITS) - 1)) as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(count: u32) -> Vec<Landmark> {
        (0..count)
            .map(|i| Landmark {
                frame: i * 7 / 5 + if i > 50 { 300 } else { 0 },
                frequency: (i * 37 % 3700) as u16,
                salience: (i % 32) as u8,
            })
            .collect()
    }

    #[test]
    fn what_goes_in_comes_out_from_any_time_on() {
        let landmarks = sample(400);
        let bytes = pack(&landmarks, 900).unwrap();
        let packed = Landmarks::new(&bytes).unwrap();
        assert_eq!((packed.len(), packed.frames()), (400, 900));
        for range in [0..900, 0..0, 10..11, 63..65, 64..128, 100..600, 850..2000, 5000..6000] {
            let mut got = Vec::new();
            packed.for_each(range.clone(), |l| got.push(l));
            let want: Vec<_> = landmarks.iter().copied().filter(|l| range.contains(&l.frame)).collect();
            assert_eq!(got, want, "{range:?}");
        }
    }

    #[test]
    fn wrong_landmarks_are_refused() {
        let mut landmarks = sample(10);
        assert_eq!(pack(&landmarks, 5).unwrap_err().kind(), ErrorKind::InvalidArgument);
        landmarks.swap(2, 7);
        assert_eq!(pack(&landmarks, 900).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }

    #[test]
    fn damaged_bytes_never_panic() {
        let good = pack(&sample(100), 500).unwrap();
        for i in 0..good.len() {
            let mut bad = good.clone();
            bad[i] = 0xff;
            if let Some(packed) = Landmarks::new(&bad) {
                packed.for_each(0..u32::MAX, |_| {});
            }
            assert!(Landmarks::new(&good[..i]).is_none());
        }
    }
}
