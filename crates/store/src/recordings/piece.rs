//! Searching for a piece of a clip: window by window, and what the answer to one leaves unexplained once more.

use super::follow;
use super::identify::{ACCEPT, IdentifyOptions, probability};
use super::row;
use crate::env::View;
use crate::search::Numbered;
use crate::search::place::Place;
use crate::search::proof::{LEAST_SPAN, Proof};
use crate::search::query::Query;
use crate::search::scale::Scale;
use crate::search::support::Support;
use crate::search::verify::Fit;
use crate::search::window::{self, Hit, Searcher};
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
/// Log-odds, each apart from the other, from which on two recordings are believed to sound at once.
const PAIRED: f32 = 6.0;
/// Frames (half a second) from the edge of a clip within which a match reaches to it.
const EDGE: usize = 22;

/// Searches one store, or several shards as if they were one, for a piece of a clip that is looked at as a whole.
pub(super) fn search(shards: &[View<'_>], piece: &Fingerprint, options: &IdentifyOptions) -> Result<Found> {
    let mut search = PieceSearch::new(shards, piece, options)?;
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
    pub(super) recording: Numbered,
    /// Where the piece's first frame lies in the recording, whatever the stretch.
    pub(super) place: Place,
    pub(super) score: f32,
    /// Landmarks that are found in the piece.
    pub(super) aligned: u32,
    /// Length of the span in frames, and how many of these support it.
    explained: (usize, usize),
    /// Other places of the recording that were found, the best first.
    others: Vec<Place>,
}

impl Alignment {
    /// The place, and then the others that lie apart.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> + use<> {
        follow::apart(std::iter::once(self.place).chain(self.others.iter().copied())).into_iter()
    }

    fn is_answer(&self) -> bool {
        probability(self.score) >= ACCEPT
    }
}

struct PieceSearch<'t, 'f> {
    searcher: Searcher<'t>,
    piece: &'f Fingerprint,
    found: Found,
}

impl<'t, 'f> PieceSearch<'t, 'f> {
    fn new(shards: &[View<'t>], piece: &'f Fingerprint, options: &IdentifyOptions) -> Result<Self> {
        let mut excluded = HashSet::new();
        for (view, shard) in shards.iter().zip(0..) {
            for id in &options.exclude {
                let number = row::number_of_id(*view, id)?;
                excluded.extend(number.map(|number| Numbered { shard, number }));
            }
        }
        Ok(Self {
            searcher: Searcher::new(shards, excluded, options.threads)?,
            piece,
            found: Found::default(),
        })
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
            let guesses = self.found.guesses.len();
            rests.extend(self.take(&query, rest, found)?);
            // A part of a stretch names what it is sure of; its guesses say nothing.
            self.found.guesses.truncate(guesses);
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
        let hits = best_of_each(&found.hits);
        let mut aligned = Vec::with_capacity(hits.len());
        // What is no answer is only a guess: looking for its exact place would take longer than the search.
        for (number, hit) in hits.iter().enumerate() {
            let place = if number == 0 { self.locate(query, &stretch, &found, hit)? } else { hit.place() };
            aligned.push(self.align(query, &stretch, &found, hit, place)?);
        }
        self.judge_together(query, &stretch, &found, &hits, &mut aligned)?;
        for (hit, second) in hits.iter().zip(&mut aligned).skip(1).filter(|(_, a)| a.is_answer()) {
            let place = self.locate(query, &stretch, &found, hit)?;
            *second = Alignment { score: second.score, ..self.align(query, &stretch, &found, hit, place)? };
        }
        let (answers, guesses) = aligned.into_iter().partition::<Vec<_>, _>(Alignment::is_answer);
        self.found.guesses.extend(guesses);
        let rests = answers.first().map_or_else(Vec::new, |first| rests_of(&stretch, first));
        self.found.accepted.extend(answers);
        Ok(rests)
    }

    /// The best rival of a recording may be the same sound under another id, which is no reason to doubt; or sound at
    /// once with it, and then neither would be believed. So the second is judged by what speaks for it alone, and the
    /// first too if both then are beyond doubt.
    fn judge_together(
        &mut self,
        query: &Query,
        stretch: &Range<usize>,
        found: &window::Found,
        hits: &[Hit],
        aligned: &mut [Alignment],
    ) -> Result<()> {
        let Some((first, others)) = aligned.split_first_mut() else { return Ok(()) };
        let placed = |a: &Alignment| (a.recording, a.place.moved(stretch.start as f32));
        let (mut apart, mut same) = (Vec::with_capacity(others.len()), vec![first.recording]);
        for (other, hit) in others.iter().zip(&hits[1..]) {
            let fit = self.searcher.agreement_apart(query, placed(other), placed(first))?.unwrap_or(hit.fit);
            if fit.landmarks * 2 < hit.fit.landmarks {
                same.push(other.recording);
            }
            apart.push(fit);
        }
        if same.len() > 1 {
            let rival = found.evidence_beside(&same);
            first.score = Proof::new(&hits[0], rival, query.frames, first.explained).log_odds();
        }
        for ((other, hit), fit) in others.iter_mut().zip(&hits[1..]).zip(apart) {
            let rival = found.evidence_beside(&[first.recording, other.recording]);
            let alone = |hit: &Hit, fit: Fit, a: &Alignment| {
                Proof::new(hit, rival, query.frames, a.explained).apart(fit, hit.fit).log_odds()
            };
            let score = alone(hit, fit, other);
            let alike = first.place.scale.is_near(other.place.scale);
            if !first.is_answer() && alike && score >= PAIRED {
                let fit = self.searcher.agreement_apart(query, placed(first), placed(other))?;
                let of_first = alone(&hits[0], fit.unwrap_or(hits[0].fit), first);
                if of_first >= PAIRED {
                    first.score = of_first;
                }
            }
            other.score = if first.is_answer() { score } else { other.score.min(0.0) };
        }
        Ok(())
    }

    /// Where exactly a hit of a stretch lies. It is sought in what the hit explains alone: a longer silence or noise
    /// beside it fits any place.
    fn locate(
        &mut self,
        query: &Query,
        stretch: &Range<usize>,
        found: &window::Found,
        hit: &Hit,
    ) -> Result<Place> {
        let (places, near) = (found.places_of(hit.recording), hit.place());
        let span = self.searcher.support(query, hit.recording, near)?.map_or(0..query.frames, |s| s.span());
        let part = match span.len() * 5 < query.frames * 4 && span.len() >= LEAST_SPAN {
            true => Query::new(self.piece, stretch.start + span.start..stretch.start + span.end),
            false => None,
        };
        let place = match &part {
            Some(part) => {
                let moved: Vec<Place> = places.iter().map(|p| p.moved(span.start as f32)).collect();
                let place = self.searcher.locate(part, hit.recording, &moved)?;
                place.map(|p| p.moved(-(span.start as f32)))
            }
            None => self.searcher.locate(query, hit.recording, &places)?,
        };
        Ok(place.unwrap_or(near))
    }

    /// What a hit explains at a place, and how likely it is right.
    fn align(
        &mut self,
        query: &Query,
        stretch: &Range<usize>,
        found: &window::Found,
        hit: &Hit,
        place: Place,
    ) -> Result<Alignment> {
        let support = self.searcher.support(query, hit.recording, place)?;
        let span = support.as_ref().map_or(0..0, Support::span);
        let explained = (span.len(), support.as_ref().map_or(0, |s| s.explained(&span)));
        let proof = Proof::new(hit, found.evidence_beside(&[hit.recording]), query.frames, explained);
        Ok(Alignment {
            span: stretch.start + to_edge(span.start, 0)..stretch.start + to_edge(span.end, query.frames),
            place: place.moved(-(stretch.start as f32)),
            recording: hit.recording,
            score: proof.log_odds(),
            aligned: self.searcher.aligned(query, hit.recording, place)?,
            explained,
            others: found
                .places_of(hit.recording)
                .into_iter()
                .map(|place| place.moved(-(stretch.start as f32)))
                .collect(),
        })
    }
}

/// The best hit of each recording.
fn best_of_each(hits: &[Hit]) -> Vec<Hit> {
    let mut seen = HashSet::new();
    hits.iter().filter(|hit| seen.insert(hit.recording)).copied().collect()
}

/// The parts of a stretch that an answer does not explain, with the scale at which more of it would be found.
fn rests_of(stretch: &Range<usize>, answer: &Alignment) -> Vec<(Range<usize>, Scale)> {
    let parts = [stretch.start..answer.span.start, answer.span.end..stretch.end];
    parts.into_iter().filter(|rest| rest.len() >= MIN_REST).map(|rest| (rest, answer.place.scale)).collect()
}

/// A frame, or the edge of the clip if it is so near that nobody can tell.
fn to_edge(frame: usize, edge: usize) -> usize {
    if frame.abs_diff(edge) < EDGE { edge } else { frame }
}
