//! Where the sound of a track lies: its chunks, from the sample tables (ISO/IEC 14496-12, 8.6 and 8.7).

use super::super::blocks::{Layout, Run};
use super::super::packet::malformed;
use super::boxes::{child, word};
use sonic_core::Result;

/// The sample tables of a track.
pub(super) struct Tables<'a> {
    /// Entries of three words: first chunk, samples of a chunk, description.
    groups: &'a [u8],
    offsets: &'a [u8],
    wide: bool,
    sizes: Sizes<'a>,
    /// Samples in all.
    count: u64,
    /// How long the first samples are.
    first_duration: u32,
}

enum Sizes<'a> {
    Equal(u64),
    Each(&'a [u8]),
}

impl<'a> Tables<'a> {
    pub(super) fn parse(tables: &'a [u8]) -> Result<Self> {
        Self::read(tables).ok_or_else(|| malformed("the sample tables of the sound are damaged"))
    }

    fn read(tables: &'a [u8]) -> Option<Self> {
        let sizes = child(tables, b"stsz")?;
        let (equal, count) = (word(sizes, 4)?, word(sizes, 8)?);
        let (offsets, wide) = match child(tables, b"stco") {
            Some(offsets) => (offsets, false),
            None => (child(tables, b"co64")?, true),
        };
        Some(Self {
            groups: table(child(tables, b"stsc")?, 12)?,
            offsets: table(offsets, if wide { 8 } else { 4 })?,
            wide,
            sizes: if equal > 0 { Sizes::Equal(equal.into()) } else { Sizes::Each(sizes.get(12..)?) },
            count: count.into(),
            first_duration: child(tables, b"stts").and_then(|b| word(b, 12)).unwrap_or(1),
        })
    }

    /// The chunks of sound in blocks.
    pub(super) fn blocks(&self, layout: &Layout) -> Vec<Run> {
        // A sample is a frame, or with some writers a block.
        let per_block =
            if self.first_duration == layout.block_frames { 1 } else { u64::from(layout.block_frames) };
        self.runs(|samples| {
            (samples.end - samples.start).div_ceil(per_block).saturating_mul(layout.block_bytes.into())
        })
    }

    /// The chunks of sound in packets.
    pub(super) fn packets(&self) -> Vec<Run> {
        self.runs(|samples| match self.sizes {
            Sizes::Equal(size) => (samples.end - samples.start).saturating_mul(size),
            Sizes::Each(sizes) => {
                let range = 4 * samples.start as usize..4 * samples.end as usize;
                let sizes = sizes.get(range).unwrap_or_default().chunks_exact(4);
                sizes.map(|size| u64::from(word(size, 0).unwrap_or(0))).sum()
            }
        })
    }

    /// The chunks, of which `bytes` tells the size from their samples.
    fn runs(&self, bytes: impl Fn(std::ops::Range<u64>) -> u64) -> Vec<Run> {
        let mut groups =
            self.groups.chunks_exact(12).map(|g| (word(g, 0).unwrap_or(0), word(g, 4).unwrap_or(0)));
        let (mut group, mut following) = (groups.next(), groups.next());
        let mut first = 0;
        let mut runs = Vec::new();
        for (chunk, start) in (1..).zip(self.starts()) {
            while following.is_some_and(|(from, _)| from <= chunk) {
                (group, following) = (following, groups.next());
            }
            let samples = group.map_or(0, |(_, samples)| u64::from(samples));
            let end = self.count.min(first + samples);
            runs.push(Run { start, length: Some(bytes(first..end)) });
            first = end;
        }
        runs
    }

    fn starts(&self) -> impl Iterator<Item = u64> {
        self.offsets
            .chunks_exact(if self.wide { 8 } else { 4 })
            .map(|entry| entry.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }
}

/// The entries of a table of so many bytes each; those that are there, if its header names more.
fn table(body: &[u8], size: usize) -> Option<&[u8]> {
    let count = word(body, 4)? as usize;
    let entries = body.get(8..)?;
    Some(&entries[..entries.len().min(count.saturating_mul(size))])
}

#[cfg(test)]
mod tests {
    use super::super::boxes::boxed;
    use super::*;

    fn full(name: &[u8; 4], words: &[u32]) -> Vec<u8> {
        boxed(name, &words.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<_>>())
    }

    #[test]
    fn chunks_are_found_by_their_groups() {
        let tables = [
            full(b"stts", &[0, 1, 7, 1]),
            full(b"stsc", &[0, 2, 1, 2, 1, 3, 3, 1]),
            full(b"stsz", &[0, 0, 7, 10, 20, 30, 40, 50, 60, 70]),
            full(b"stco", &[0, 3, 1000, 2000, 500]),
        ];
        let run = |start, length| Run { start, length: Some(length) };
        let runs = Tables::parse(&tables.concat()).unwrap().packets();
        assert_eq!(runs, [run(1000, 30), run(2000, 70), run(500, 180)]);
    }

    #[test]
    fn counts_that_no_table_holds_cost_nothing() {
        let tables = [
            full(b"stsc", &[0, u32::MAX, 1, u32::MAX, 1]),
            full(b"stsz", &[0, 0, u32::MAX]),
            full(b"stco", &[0, u32::MAX, 8]),
        ];
        let runs = Tables::parse(&tables.concat()).unwrap().packets();
        assert_eq!(runs, [Run { start: 8, length: Some(0) }]);
    }
}
