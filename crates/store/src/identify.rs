//! Naming a clip.

use crate::Store;
use crate::env::View;
use crate::search::query::Query;
use crate::search::scale::Scale;
use crate::search::window::{Found, Hit, Searcher};
use crate::{meta, recordings};
use sonic_core::{Error, ErrorKind, FRAME_MS, Fingerprint, Result};
use std::collections::HashSet;
use std::ops::Range;

/// A clip of up to this many frames (15 s) is asked whole, a longer one in windows.
const WHOLE: usize = 660;
/// Frames of a window (10 s).
const WINDOW: usize = 430;
/// A rest of a clip shorter than this (2.5 s) is not asked for on its own.
const LEAST_REST: usize = 108;
/// Matches that a clip stretch is divided into at most.
const MOST_PIECES: usize = 8;
/// From this probability on a match is reported as the answer.
pub const ACCEPT: f32 = 0.75;

/// How to ask.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The first match is right with a probability of at least three quarters.
    Match,
    /// Nothing in the store is likely enough; matches, if any, are guesses.
    Unknown,
}

/// A recording that a clip, or a stretch of it, may come from.
#[derive(Debug, Clone, PartialEq)]
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
}

/// The answer to a clip.
#[derive(Debug, Clone, PartialEq)]
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

impl Store {
    /// Which recordings the clip with `fingerprint` comes from.
    ///
    /// Clips of up to 15 s are asked whole, longer ones in windows whose answers are joined. A clip put together from
    /// several recordings, or from several places of one, gives a match for each piece of 2.5 s or more.
    ///
    /// # Errors
    /// `InvalidArgument` if the fingerprint has no texture; `Mismatch` if it was made by another pipeline than the
    /// store's; `Malformed` if the store is damaged.
    pub fn identify(&self, fingerprint: &Fingerprint, options: &IdentifyOptions) -> Result<Answer> {
        let Some(texture) = &fingerprint.texture else {
            let message = "this fingerprint was made for indexing: make one with texture to ask with";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        };
        let shared = self.shared()?;
        let env = shared.env()?;
        let txn = env.read()?;
        meta::check_pipeline(txn.view(), &fingerprint.pipeline)?;
        let mut excluded = HashSet::new();
        for id in &options.exclude {
            excluded.extend(recordings::number_of_id(txn.view(), id)?);
        }
        let mut asking = Asking {
            searcher: Searcher::new(txn.view(), excluded, options.threads)?,
            fingerprint,
            pieces: Vec::new(),
            guesses: Vec::new(),
            answer: Answer {
                decision: Decision::Unknown,
                matches: Vec::new(),
                postings_read: 0,
                postings_skipped: 0,
                scales_tried: 0,
            },
        };
        for window in windows(texture.frames()) {
            asking.window(window)?;
        }
        asking.finish(txn.view(), options.limit)
    }
}

/// The stretches in which a clip is asked.
fn windows(frames: usize) -> Vec<Range<usize>> {
    let count = if frames <= WHOLE { 1 } else { frames.div_ceil(WINDOW) };
    (0..count).map(|i| i * frames / count..(i + 1) * frames / count).collect()
}

/// A hit of a stretch of the clip.
#[derive(Debug, Clone)]
struct Piece {
    /// Frames of the clip that the hit explains.
    span: Range<usize>,
    /// Offset at the clip's first frame, whatever the stretch.
    offset: f32,
    hit: Hit,
    score: f32,
    /// Landmarks that are found in the clip.
    aligned: u32,
}

struct Asking<'t, 'f> {
    searcher: Searcher<'t>,
    fingerprint: &'f Fingerprint,
    /// Hits that were accepted.
    pieces: Vec<Piece>,
    /// Hits that were not.
    guesses: Vec<Piece>,
    answer: Answer,
}

impl Asking<'_, '_> {
    /// Asks for a stretch, and then for what its best hit leaves unexplained.
    fn window(&mut self, stretch: Range<usize>) -> Result<()> {
        let Some(query) = Query::new(self.fingerprint, stretch.clone()) else { return Ok(()) };
        let found = self.searcher.search(&query)?;
        let mut rests = self.take(&query, stretch, found)?;
        for _ in 1..MOST_PIECES {
            let Some((rest, scale)) = rests.pop() else { break };
            let Some(query) = Query::new(self.fingerprint, rest.clone()) else { break };
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
        found: Found,
    ) -> Result<Vec<(Range<usize>, Scale)>> {
        self.answer.postings_read += found.effort.postings;
        self.answer.postings_skipped += found.effort.skipped;
        self.answer.scales_tried = self.answer.scales_tried.max(found.scales);
        let mut rests = Vec::new();
        let mut seen = HashSet::new();
        for (i, hit) in found.hits.iter().enumerate() {
            if !seen.insert(hit.recording) {
                continue;
            }
            let score = found.score_of(hit);
            let offset = hit.offset - stretch.start as f32 * hit.scale.time;
            let aligned = self.searcher.aligned(query, hit)?;
            let mut piece = Piece { span: stretch.clone(), offset, hit: *hit, score, aligned };
            if i > 0 || probability(score) < ACCEPT {
                self.guesses.push(piece);
                continue;
            }
            let span = explained(&self.searcher.support(query, hit)?);
            let before = stretch.start..stretch.start + span.start;
            let after = stretch.start + span.end..stretch.end;
            piece.span = before.end..after.start;
            let whole = |rest: &Range<usize>| rest.len() < LEAST_REST;
            if whole(&before) {
                piece.span.start = stretch.start;
            } else {
                rests.push((before, hit.scale));
            }
            if whole(&after) {
                piece.span.end = stretch.end;
            } else {
                rests.push((after, hit.scale));
            }
            self.pieces.push(piece);
        }
        Ok(rests)
    }

    fn finish(mut self, view: View<'_>, limit: usize) -> Result<Answer> {
        self.pieces.sort_by_key(|p| p.span.start);
        let mut joined: Vec<Piece> = Vec::new();
        for piece in std::mem::take(&mut self.pieces) {
            match joined.iter_mut().find(|j| continues(j, &piece)) {
                Some(j) => join(j, piece),
                None => joined.push(piece),
            }
        }
        joined.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.span.start.cmp(&b.span.start)));
        let named: HashSet<u32> = joined.iter().map(|p| p.hit.recording).collect();
        self.guesses.retain(|p| !named.contains(&p.hit.recording));
        self.guesses.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.span.start.cmp(&b.span.start)));
        let mut guessed = HashSet::new();
        self.guesses.retain(|p| guessed.insert(p.hit.recording));
        if !joined.is_empty() {
            self.answer.decision = Decision::Match;
        }
        for piece in joined.iter().chain(&self.guesses).take(limit) {
            if let Some(row) = recordings::by_number(view, piece.hit.recording)? {
                self.answer.matches.push(report(piece, row.id));
            }
        }
        Ok(self.answer)
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

/// True if `next` goes on where `piece` leads: the same recording at the same place, within a quarter of a second.
fn continues(piece: &Piece, next: &Piece) -> bool {
    let at = |p: &Piece, frame: usize| p.offset + frame as f32 * p.hit.scale.time;
    let middle = (piece.span.end + next.span.start) / 2;
    piece.hit.recording == next.hit.recording
        && next.span.start <= piece.span.end + 2 * WINDOW
        && (at(piece, middle) - at(next, middle)).abs() < 11.0
}

fn join(piece: &mut Piece, next: Piece) {
    let span = piece.span.start.min(next.span.start)..piece.span.end.max(next.span.end);
    let aligned = piece.aligned + next.aligned;
    if next.score > piece.score {
        *piece = next;
    }
    piece.span = span;
    piece.aligned = aligned;
}

fn report(piece: &Piece, id: String) -> Match {
    let ms = |frames: f64| frames * FRAME_MS;
    Match {
        id,
        offset_ms: ms(f64::from(piece.offset)).round() as i64,
        score: piece.score,
        aligned: piece.aligned,
        probability: probability(piece.score),
        time_scale: piece.hit.scale.time,
        pitch_semitones: piece.hit.scale.semitones(),
        query_start_ms: ms(piece.span.start as f64).round() as u64,
        query_end_ms: ms(piece.span.end as f64).round() as u64,
    }
}

fn probability(score: f32) -> f32 {
    1.0 / (1.0 + (-score).exp())
}

impl Answer {
    /// True if the clip was recognised.
    pub fn is_match(&self) -> bool {
        self.decision == Decision::Match
    }
}
