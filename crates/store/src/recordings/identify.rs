//! Naming a clip.

use super::row;
use crate::env::View;
use crate::search::query::Query;
use crate::search::scale::Scale;
use crate::search::window::{self, Hit, Searcher};
use serde::Serialize;
use sonic_core::{Fingerprint, Result, Texture};
use std::collections::HashSet;
use std::ops::Range;

/// A clip of up to this many frames (15 s) is searched for whole, a longer one in windows.
const WHOLE: usize = 660;
/// Frames of a window (10 s).
pub(super) const WINDOW: usize = 430;
/// A rest of a clip shorter than this (2.5 s) is not searched for on its own.
const MIN_REST: usize = 108;
/// Alignments that a stretch of a clip is divided into at most.
const MAX_ALIGNMENTS: usize = 8;
/// From this probability on a match is reported as the answer.
pub const ACCEPT: f32 = 0.75;

/// How a clip is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentifyOptions {
    /// Matches reported at most.
    pub limit: usize,
    /// Threads that share the work on one clip; 0 means as many as the machine has cores.
    pub threads: usize,
    /// Ids of recordings that are not to be found.
    pub exclude: Vec<String>,
}

impl Default for IdentifyOptions {
    fn default() -> Self {
        Self { limit: 5, threads: 0, exclude: Vec::new() }
    }
}

/// Whether a clip was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decision {
    /// The first match is the answer: likely enough by the rule of the query, [`ACCEPT`] for clips, the options
    /// `accept` or `threshold` for voices.
    Match,
    /// Nothing in the store is likely enough; matches, if any, are guesses.
    #[default]
    Unknown,
}

impl Decision {
    /// The decision as it is written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Unknown => "unknown",
        }
    }
}

/// A recording that a clip, or a stretch of it, may come from.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Match {
    /// The recording's id.
    pub id: String,
    /// Where in the recording the clip starts, in milliseconds: the place of the clip's first sample, also when the
    /// match begins later in the clip. Negative if the clip starts before the recording.
    pub offset_ms: i64,
    /// Log-odds that the match is right; comparable between clips and stores.
    pub score: f32,
    /// Landmarks of the recording that are found in the clip.
    pub aligned: u32,
    /// Probability that the match is right, 0 to 1.
    pub probability: f32,
    /// Seconds of recording per second of clip: above 1 if the clip was sped up.
    pub time_scale: f32,
    /// Semitones by which the clip is higher than the recording.
    pub pitch_semitones: f32,
    /// Start of the stretch of the clip that matches, in milliseconds.
    pub query_start_ms: u64,
    /// Its end.
    pub query_end_ms: u64,
    /// Share of the clip that the match explains, 0 to 1; gaps between joined stretches do not count.
    pub coverage: f32,
}

/// The answer to a clip.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Answer {
    /// Whether the clip was recognised.
    pub decision: Decision,
    /// Matches, likeliest first.
    pub matches: Vec<Match>,
    /// Postings that were read.
    pub postings_read: u64,
    /// Postings of very common hashes that were passed over: lists are read from the shortest on until a fixed budget
    /// is spent, so that the time of a search is bounded at any size of the store.
    pub postings_skipped: u64,
    /// Changes of speed, tempo and pitch that were tried, none included.
    pub scales_tried: usize,
}

/// Searches for a piece of a clip that is looked at as a whole.
pub(super) fn search(view: View<'_>, piece: &Fingerprint, options: &IdentifyOptions) -> Result<Found> {
    let mut search = PieceSearch::new(view, piece, options)?;
    for window in windows(piece.texture.as_ref().map_or(0, Texture::frames)) {
        search.window(window)?;
    }
    Ok(search.found)
}

/// What was found of a piece.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Hits that were accepted.
    pub(super) accepted: Vec<Alignment>,
    /// Hits that were not.
    pub(super) guesses: Vec<Alignment>,
    pub(super) postings_read: u64,
    pub(super) postings_skipped: u64,
    pub(super) scales_tried: usize,
}

/// The stretches in which a clip is searched for.
fn windows(frames: usize) -> Vec<Range<usize>> {
    let count = if frames <= WHOLE { 1 } else { frames.div_ceil(WINDOW) };
    (0..count).map(|i| i * frames / count..(i + 1) * frames / count).collect()
}

/// A hit of a stretch of a piece.
#[derive(Debug, Clone)]
pub(super) struct Alignment {
    /// Frames of the piece that the hit explains.
    pub(super) span: Range<usize>,
    /// Offset at the piece's first frame, whatever the stretch.
    pub(super) offset: f32,
    pub(super) hit: Hit,
    pub(super) score: f32,
    /// Landmarks that are found in the piece.
    pub(super) aligned: u32,
}

struct PieceSearch<'t, 'f> {
    searcher: Searcher<'t>,
    piece: &'f Fingerprint,
    found: Found,
}

impl<'t, 'f> PieceSearch<'t, 'f> {
    fn new(view: View<'t>, piece: &'f Fingerprint, options: &IdentifyOptions) -> Result<Self> {
        let mut excluded = HashSet::new();
        for id in &options.exclude {
            excluded.extend(row::number_of_id(view, id)?);
        }
        Ok(Self { searcher: Searcher::new(view, excluded, options.threads)?, piece, found: Found::default() })
    }

    /// Searches for a stretch, and then for what its best hit leaves unexplained.
    fn window(&mut self, stretch: Range<usize>) -> Result<()> {
        let Some(query) = Query::new(self.piece, stretch.clone()) else { return Ok(()) };
        let found = self.searcher.search(&query)?;
        let mut rests = self.take(&query, stretch, found)?;
        for _ in 1..MAX_ALIGNMENTS {
            let Some((rest, scale)) = rests.pop() else { break };
            let Some(query) = Query::new(self.piece, rest.clone()) else { break };
            let found = self.searcher.search_at(&query, scale)?;
            if probability(found.score()) >= ACCEPT {
                rests.extend(self.take(&query, rest, found)?);
            }
        }
        Ok(())
    }

    /// Takes the hits of a stretch; gives the parts of it that an accepted hit does not explain.
    fn take(
        &mut self,
        query: &Query,
        stretch: Range<usize>,
        found: window::Found,
    ) -> Result<Vec<(Range<usize>, Scale)>> {
        self.found.postings_read += found.effort.postings;
        self.found.postings_skipped += found.effort.skipped;
        self.found.scales_tried = self.found.scales_tried.max(found.scales);
        let mut rests = Vec::new();
        let mut seen = HashSet::new();
        for (i, hit) in found.hits.iter().enumerate() {
            if !seen.insert(hit.recording) {
                continue;
            }
            let score = found.score_of(hit);
            let offset = hit.offset - stretch.start as f32 * hit.scale.time;
            let aligned = self.searcher.aligned(query, hit)?;
            let mut alignment = Alignment { span: stretch.clone(), offset, hit: *hit, score, aligned };
            if i > 0 || probability(score) < ACCEPT {
                self.found.guesses.push(alignment);
                continue;
            }
            let span = explained(&self.searcher.support(query, hit)?);
            let before = stretch.start..stretch.start + span.start;
            let after = stretch.start + span.end..stretch.end;
            alignment.span = before.end..after.start;
            let whole = |rest: &Range<usize>| rest.len() < MIN_REST;
            if whole(&before) {
                alignment.span.start = stretch.start;
            } else {
                rests.push((before, hit.scale));
            }
            if whole(&after) {
                alignment.span.end = stretch.end;
            } else {
                rests.push((after, hit.scale));
            }
            self.found.accepted.push(alignment);
        }
        Ok(rests)
    }
}

/// The frames that a hit explains best: the stretch in which the clip's levels at its landmarks, less half of their
/// mean, add up to the most.
fn explained(support: &[(i32, u32)]) -> Range<usize> {
    let (sum, count) =
        support.iter().fold((0i64, 0i64), |(s, n), x| (s + i64::from(x.0), n + i64::from(x.1)));
    let drift = sum as f32 / count.max(1) as f32 / 2.0;
    let (mut best, mut best_sum) = (0..support.len(), 0.0f32);
    let (mut start, mut running) = (0, 0.0f32);
    for (i, &(sum, count)) in support.iter().enumerate() {
        if running <= 0.0 {
            (start, running) = (i, 0.0);
        }
        running += sum as f32 - drift * count as f32;
        if running > best_sum {
            (best, best_sum) = (start..i + 1, running);
        }
    }
    best
}

pub(super) fn probability(score: f32) -> f32 {
    1.0 / (1.0 + (-score).exp())
}

impl Answer {
    /// True if the clip was recognised.
    pub fn is_match(&self) -> bool {
        self.decision == Decision::Match
    }
}
