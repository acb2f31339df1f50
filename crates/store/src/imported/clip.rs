//! A piece of a clip, prepared for the search: the hashes that are looked up.

use super::counts::Counts;
use super::postings::List;
use crate::env::View;
use sonic_core::{PairHash, PairHashes, Result};
use std::ops::Range;

/// Frames of a piece at most: 24 seconds.
pub(crate) const MAX_FRAMES: u32 = 1 << 10;
/// Hashes that are looked up at most.
const MOST_HASHES: usize = 2_000;
/// Votes that are counted at most.
const MOST_VOTES: u64 = 12_000_000;

/// A hash of the clip that is looked up.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) hash: PairHash,
    count: u32,
    /// Its frames, in the list of all.
    frames: Range<usize>,
}

/// The list of a wanted hash in a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed<'t> {
    pub(super) list: List<'t>,
    pub(super) wanted: usize,
}

/// A piece with the hashes that are looked up.
pub(super) struct Clip {
    pub(super) wanted: Vec<Wanted>,
    /// Frames of all hashes, hash by hash.
    frames: Vec<u32>,
    /// Frames that have a hash that is looked up.
    pub(super) anchors: u32,
    pub(super) votes: u64,
    pub(super) skipped: u64,
}

impl Clip {
    pub(super) fn new(view: View<'_>, piece: &PairHashes) -> Result<Self> {
        let mut hashes = piece.hashes.clone();
        hashes.retain(|(_, frame)| *frame < MAX_FRAMES);
        hashes.sort_unstable();
        let (mut counts, mut wanted, mut start) = (Counts::new(view), Vec::new(), 0);
        for of_hash in hashes.chunk_by(|a, b| a.0 == b.0) {
            let (hash, frames) = (of_hash[0].0, start..start + of_hash.len());
            start = frames.end;
            let count = counts.of(hash)?;
            if count > 0 {
                wanted.push(Wanted { hash, count, frames });
            }
        }
        wanted.sort_by_key(|wanted| (wanted.count, wanted.hash));
        let (mut votes, mut taken) = (0, 0);
        let cost = |wanted: &Wanted| u64::from(wanted.count) * wanted.frames.len() as u64;
        for next in wanted.iter().take(MOST_HASHES) {
            if votes + cost(next) > MOST_VOTES {
                break;
            }
            (votes, taken) = (votes + cost(next), taken + 1);
        }
        let skipped = wanted.drain(taken..).map(|wanted| u64::from(wanted.count)).sum();
        wanted.sort_by_key(|wanted| wanted.hash);
        let frames: Vec<u32> = hashes.iter().map(|(_, frame)| *frame).collect();
        let mut clip = Self { wanted, frames, anchors: 0, votes, skipped };
        let mut has_hash = vec![false; MAX_FRAMES as usize];
        for index in 0..clip.wanted.len() {
            clip.frames_of(index).iter().for_each(|frame| has_hash[*frame as usize] = true);
        }
        clip.anchors = has_hash.iter().filter(|has| **has).count() as u32;
        Ok(clip)
    }

    /// The frames of a wanted hash.
    pub(super) fn frames_of(&self, wanted: usize) -> &[u32] {
        &self.frames[self.wanted[wanted].frames.clone()]
    }
}
