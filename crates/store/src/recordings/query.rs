//! A query whose clip comes piece by piece.

use super::identify::{Answer, Decision, IdentifyOptions, Match, probability};
use super::imported::{ImportedQuery, Told};
use super::piece::{self, Alignment, Found, WINDOW};
use super::row;
use crate::env::View;
use crate::meta;
use crate::search::Numbered;
use crate::search::scale::Scale;
use crate::store::Store;
use sonic_core::{Error, ErrorKind, FRAME_MS, Fingerprint, PairHashes, Result, trace_span};
use std::collections::HashSet;
use std::ops::Range;

/// Frames by which two alignments of one place may differ: a quarter of a second.
const TOLERANCE: f64 = 11.0;
/// Frames between two stretches of one match at most.
const MAX_GAP: f64 = 2.0 * WINDOW as f64;

/// Searches for a clip that comes piece by piece; [`Recordings::query`](crate::Recordings::query) gives one.
///
/// Each piece is searched for as it comes, in a transaction of its own, and only what was found is kept. What goes on
/// from one piece to the next is one match.
#[derive(Debug)]
pub struct RecordingQuery {
    /// One, or shards.
    stores: Vec<Store>,
    options: IdentifyOptions,
    /// Length of the pieces so far.
    duration_ms: u64,
    /// Frames of the pieces so far.
    frames: usize,
    accepted: Vec<Stretch>,
    guesses: Vec<Stretch>,
    imported: ImportedQuery,
    postings_read: u64,
    postings_skipped: u64,
    scales_tried: usize,
}

/// An alignment by its place in the clip, in frames.
#[derive(Debug, Clone)]
struct Stretch {
    span: Range<f64>,
    /// Offset at the clip's first frame.
    offset: f64,
    recording: Numbered,
    scale: Scale,
    score: f32,
    aligned: u32,
    /// Frames that are explained: less than the span where there are gaps.
    explained: f64,
}

impl RecordingQuery {
    pub(super) fn new(stores: Vec<Store>, options: IdentifyOptions) -> Self {
        Self {
            stores,
            options,
            duration_ms: 0,
            frames: 0,
            accepted: Vec::new(),
            guesses: Vec::new(),
            imported: ImportedQuery::default(),
            postings_read: 0,
            postings_skipped: 0,
            scales_tried: 0,
        }
    }

    /// Searches for the next piece of the clip, which begins where the last one ended by its `duration_ms`. One of less
    /// than a few seconds says little; pieces of 10 s or more are good.
    ///
    /// # Errors
    /// `InvalidArgument` if the fingerprint has no texture; `Mismatch` if it was made by another pipeline than the
    /// store's; `Malformed` if the store is damaged. The piece does not count then.
    pub fn push(&mut self, piece: &Fingerprint) -> Result<()> {
        let Some(texture) = &piece.texture else {
            let message = "this fingerprint was made for indexing: make one with texture to query with";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        };
        let mut search = |views: &[View<'_>]| {
            views.iter().try_for_each(|view| meta::check_pipeline(*view, &piece.pipeline))?;
            piece::search(views, piece, &self.options)
        };
        let found = trace_span!("search").time(|| read_all(&self.stores, &[], &mut search))?;
        let Found { accepted, guesses, postings_read, postings_skipped, scales_tried } = found;
        let start = self.duration_ms as f64 / FRAME_MS;
        self.accepted.extend(accepted.into_iter().map(|alignment| Stretch::new(alignment, start)));
        self.guesses.extend(guesses.into_iter().map(|alignment| Stretch::new(alignment, start)));
        // However long a stream is, there are no more guesses than recordings.
        best_of_each(&mut self.guesses);
        self.postings_read += postings_read;
        self.postings_skipped += postings_skipped;
        self.scales_tried = self.scales_tried.max(scales_tried);
        self.duration_ms += piece.duration_ms;
        self.frames += texture.frames();
        Ok(())
    }

    /// Searches the recordings that were imported without their sound for the next piece of the clip, which begins where the
    /// last one of this kind ended by its `duration_ms`. Those of 5 to 20 s are good; one has at most 1,024 frames, 23.8 s.
    ///
    /// # Errors
    /// `InvalidArgument` if the piece is longer; `Unsupported` if several shards are asked; `Malformed` if the store is
    /// damaged. The piece does not count then.
    pub fn push_hashes(&mut self, piece: &PairHashes) -> Result<()> {
        let [store] = &self.stores[..] else {
            let message =
                "recordings imported without their sound are searched for in one store, not over shards";
            return Err(Error::new(ErrorKind::Unsupported, message));
        };
        let searched = store.search(|view| self.imported.push(view, piece, &self.options))?;
        self.postings_read += searched.read;
        self.postings_skipped += searched.skipped;
        Ok(())
    }

    /// The answer to all pieces. Of what both landmarks and imported hashes find, landmarks have the word.
    ///
    /// # Errors
    /// `Malformed` if the store is damaged; `Closed` after it was closed.
    pub fn finish(mut self) -> Result<Answer> {
        let matches = joined(self.accepted);
        let named: HashSet<Numbered> = matches.iter().map(|stretch| stretch.recording).collect();
        self.guesses.retain(|guess| !named.contains(&guess.recording));
        // Every piece of a long clip is told; the limit is for what else it may be.
        let most = self.options.limit.saturating_sub(matches.len());
        let guesses: Vec<&Stretch> = self.guesses.iter().take(most).collect();
        let mut imported = Some(self.imported);
        let matches = read_all(&self.stores, &[], &mut |views| {
            let report = |stretch: &Stretch| {
                let Numbered { shard, number } = stretch.recording;
                let row = row::by_number(views[shard as usize], number)?;
                Ok(row.map(|row| stretch.report(row.id, self.frames)))
            };
            let report = |stretches: &mut dyn Iterator<Item = &Stretch>| -> Result<Vec<Match>> {
                stretches.filter_map(|stretch| report(stretch).transpose()).collect()
            };
            let own = Told {
                accepted: report(&mut matches.iter())?,
                guesses: report(&mut guesses.iter().copied())?,
            };
            match (views, imported.take()) {
                ([view], Some(imported)) => Ok(own.with(imported.told(*view)?, self.options.limit)),
                _ => Ok(own),
            }
        })?;
        let decision = if matches.is_match() { Decision::Match } else { Decision::Unknown };
        let matches = matches.into_list();
        Ok(Answer {
            decision,
            matches,
            postings_read: self.postings_read,
            postings_skipped: self.postings_skipped,
            scales_tried: self.scales_tried,
        })
    }
}

/// Runs `work` in read transactions of all the stores, with their views after `before`.
fn read_all<T>(
    stores: &[Store],
    before: &[View<'_>],
    work: &mut dyn FnMut(&[View<'_>]) -> Result<T>,
) -> Result<T> {
    match stores.split_first() {
        None => work(before),
        Some((store, others)) => store.read(|view| {
            let views: Vec<View<'_>> = before.iter().copied().chain([view]).collect();
            read_all(others, &views, work)
        }),
    }
}

/// Stretches that go on where others lead are one with them; the likeliest first.
fn joined(mut accepted: Vec<Stretch>) -> Vec<Stretch> {
    accepted.sort_by(|a, b| a.span.start.total_cmp(&b.span.start));
    let mut joined: Vec<Stretch> = Vec::new();
    for stretch in accepted {
        match joined.iter_mut().find(|earlier| earlier.continues(&stretch)) {
            Some(earlier) => earlier.join(stretch),
            None => joined.push(stretch),
        }
    }
    sort(&mut joined);
    joined
}

/// The best stretch of each recording, the likeliest first.
fn best_of_each(guesses: &mut Vec<Stretch>) {
    sort(guesses);
    let mut seen = HashSet::new();
    guesses.retain(|guess| seen.insert(guess.recording));
}

fn sort(stretches: &mut [Stretch]) {
    stretches.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.span.start.total_cmp(&b.span.start)));
}

impl Stretch {
    /// An alignment in a piece that begins at the frame `start` of the clip.
    fn new(alignment: Alignment, start: f64) -> Self {
        let Alignment { span, recording, place, score, aligned, .. } = alignment;
        Self {
            span: start + span.start as f64..start + span.end as f64,
            offset: f64::from(place.offset) - start * f64::from(place.scale.time),
            explained: span.len() as f64,
            recording,
            scale: place.scale,
            score,
            aligned,
        }
    }

    /// Where in the recording a frame of the clip lies.
    fn at(&self, frame: f64) -> f64 {
        self.offset + frame * f64::from(self.scale.time)
    }

    /// True if `next` goes on where this leads: the same recording at the same place.
    fn continues(&self, next: &Self) -> bool {
        let middle = (self.span.end + next.span.start) / 2.0;
        self.recording == next.recording
            && next.span.start <= self.span.end + MAX_GAP
            && (self.at(middle) - next.at(middle)).abs() < TOLERANCE
    }

    fn join(&mut self, next: Self) {
        let span = self.span.start.min(next.span.start)..self.span.end.max(next.span.end);
        let (aligned, explained) = (self.aligned + next.aligned, self.explained + next.explained);
        if next.score > self.score {
            *self = next;
        }
        (self.span, self.aligned, self.explained) = (span, aligned, explained);
    }

    /// The match in a clip of so many frames.
    fn report(&self, id: String, frames: usize) -> Match {
        let ms = |frames: f64| (frames * FRAME_MS).round();
        Match {
            id,
            offset_ms: ms(self.offset) as i64,
            score: self.score,
            aligned: self.aligned,
            probability: probability(self.score),
            time_scale: self.scale.time,
            pitch_semitones: self.scale.semitones(),
            query_start_ms: ms(self.span.start) as u64,
            query_end_ms: ms(self.span.end) as u64,
            coverage: (self.explained / frames.max(1) as f64).min(1.0) as f32,
            imported: false,
        }
    }
}
