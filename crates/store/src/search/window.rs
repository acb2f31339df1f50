//! One stretch of a clip against the whole store: plain first, then, if that is not sure, through the scales.

use super::query::Query;
use super::scale::{self, Scale};
use super::verify::{self, Fit};
use super::vote::{self, Budget, Candidate, Effort, Scratch};
use crate::env::{Table, View};
use crate::landmarks::Landmarks;
use crate::segments::Segment;
use sonic_core::Result;
use sonic_core::parallel::Pool;
use std::collections::{HashMap, HashSet};

/// Reading of the plain search and of one scale.
const PLAIN: Budget = Budget { pairs: usize::MAX, postings: 600_000, candidates: 300 };
const SCALED: Budget = Budget { pairs: 1500, postings: 100_000, candidates: 40 };
/// A candidate that would begin later than this share of the clip before the recording's end is not judged.
const LEAST_OVERLAP: f32 = 0.3;
/// What e times as many votes are worth beside the agreement.
const VOTES: f32 = 0.7;
/// What a hit at a changed scale must have more, because so many scales are tried.
const SCALE_COST: f32 = 0.5;
/// Hits kept of the best recording, and of all others.
const OWN_HITS: usize = 6;
const OTHER_HITS: usize = 6;
/// A score (log-odds) from which on the scales are not tried, or tried no further. High, because music that repeats
/// itself is found at the wrong repetition with a fair score before its scale is tried.
const SURE: f32 = 14.0;

/// A recording found, where and how well.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hit {
    pub recording: u32,
    /// Frame of the recording at which the stretch starts.
    pub offset: f32,
    pub scale: Scale,
    pub fit: Fit,
    pub votes: f32,
    /// Agreement and votes together: what hits are ranked by.
    pub evidence: f32,
}

/// The hits of a stretch, best first, and what finding them took.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub hits: Vec<Hit>,
    pub effort: Effort,
    pub scales: usize,
}

impl Found {
    /// Log-odds that the best hit is right.
    pub(crate) fn score(&self) -> f32 {
        self.hits.first().map_or(f32::MIN, |best| self.score_of(best))
    }

    /// Log-odds that `hit` is right, given what else was found.
    pub(crate) fn score_of(&self, hit: &Hit) -> f32 {
        let others = self.hits.iter().filter(|h| h.recording != hit.recording);
        decide(hit.evidence, others.map(|h| h.evidence).fold(f32::MIN, f32::max))
    }
}

/// Log-odds of a hit with `evidence` while another recording has `rival`: a logistic regression on 2,800 answers to
/// the tuning clips and clips like them, half of them wrong because the clip's own recording was left out.
fn decide(evidence: f32, rival: f32) -> f32 {
    const OFFSET: f32 = -9.1;
    const EVIDENCE: f32 = 5.6;
    const RIVAL: f32 = -4.33;
    /// Nothing is ever compared with less, so that a store with one recording can answer.
    const LEAST_RIVAL: f32 = 1.8;
    OFFSET + EVIDENCE * evidence + RIVAL * rival.max(LEAST_RIVAL)
}

/// The store as a search sees it.
pub(crate) struct Searcher<'t> {
    view: View<'t>,
    segments: Vec<Segment<'t>>,
    excluded: HashSet<u32>,
    landmarks: HashMap<u32, Option<Landmarks<'t>>>,
    pool: Pool<Scratch>,
}

impl<'t> Searcher<'t> {
    pub(crate) fn new(view: View<'t>, excluded: HashSet<u32>, threads: usize) -> Result<Self> {
        let segments = Segment::all(view)?;
        Ok(Self { view, segments, excluded, landmarks: HashMap::new(), pool: Pool::new(threads) })
    }

    /// What `query` is: the scales are gone through if the plain search is not sure.
    pub(crate) fn search(&mut self, query: &Query) -> Result<Found> {
        let mut found = Found::default();
        self.try_scales(query, &[Scale::NONE], PLAIN, &mut found)?;
        for round in scale::rounds() {
            if found.score() >= SURE {
                break;
            }
            self.try_scales(query, &round, SCALED, &mut found)?;
        }
        self.refine_best(query, &mut found)?;
        Ok(found)
    }

    /// What `query` is if it went through `scale` or through nothing.
    pub(crate) fn search_at(&mut self, query: &Query, scale: Scale) -> Result<Found> {
        let mut found = Found::default();
        self.try_scales(query, &[Scale::NONE], PLAIN, &mut found)?;
        if scale != Scale::NONE {
            self.try_scales(query, &[scale], PLAIN, &mut found)?;
        }
        self.refine_best(query, &mut found)?;
        Ok(found)
    }

    fn try_scales(
        &mut self,
        query: &Query,
        scales: &[Scale],
        budget: Budget,
        found: &mut Found,
    ) -> Result<()> {
        let (voted, effort) = vote::vote(query, &self.segments, scales, budget, &self.pool);
        found.effort.postings += effort.postings;
        found.effort.skipped += effort.skipped;
        found.scales += scales.len();
        let mut places = Vec::new();
        for (&scale, candidates) in scales.iter().zip(voted) {
            places.push((scale, self.places(query, scale, &candidates)?));
        }
        let judged = self.pool.map(&places, |_, (scale, places)| judge(query, *scale, places));
        found.hits.extend(judged.into_iter().flatten());
        keep_best(&mut found.hits);
        Ok(())
    }

    /// The recordings of candidates, with their landmarks.
    fn places(&mut self, query: &Query, scale: Scale, candidates: &[Candidate]) -> Result<Vec<Place<'t>>> {
        let mut places = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let Some(span) = self.segments[candidate.segment].span_at(candidate.position) else { continue };
            let offset = (candidate.position - span.start as i64) as f32;
            if offset > span.frames as f32 - LEAST_OVERLAP * query.frames as f32 * scale.time {
                continue;
            }
            if let Some(landmarks) = self.landmarks_of(span.recording)? {
                places.push(Place { recording: span.recording, landmarks, offset, votes: candidate.votes });
            }
        }
        Ok(places)
    }

    /// `None` for recordings that are excluded or removed.
    fn landmarks_of(&mut self, recording: u32) -> Result<Option<Landmarks<'t>>> {
        if let Some(known) = self.landmarks.get(&recording) {
            return Ok(*known);
        }
        let found = match self.excluded.contains(&recording) {
            true => None,
            false => self.view.get(Table::Landmarks, &recording.to_be_bytes())?.and_then(Landmarks::new),
        };
        self.landmarks.insert(recording, found);
        Ok(found)
    }

    /// Places the best hit more exactly; what it is ranked by stays, or wrong hits would gain most.
    fn refine_best(&mut self, query: &Query, found: &mut Found) -> Result<()> {
        if let Some(best) = found.hits.first_mut()
            && let Some(landmarks) = self.landmarks_of(best.recording)?
        {
            let (offset, scale) = verify::rescale(query, landmarks, best.offset, best.scale);
            (best.offset, best.scale) = verify::refine(query, landmarks, offset, scale);
        }
        Ok(())
    }

    /// Level and number of a hit's landmarks, frame by frame of the clip.
    pub(crate) fn support(&mut self, query: &Query, hit: &Hit) -> Result<Vec<(i32, u32)>> {
        let landmarks = self.landmarks_of(hit.recording)?;
        Ok(landmarks.map(|l| verify::support(query, l, hit.offset, hit.scale)).unwrap_or_default())
    }

    /// How many of a hit's landmarks stand out in the clip.
    pub(crate) fn aligned(&mut self, query: &Query, hit: &Hit) -> Result<u32> {
        let landmarks = self.landmarks_of(hit.recording)?;
        Ok(landmarks.map_or(0, |l| verify::aligned(query, l, hit.offset, hit.scale)))
    }
}

/// A candidate with its recording.
struct Place<'t> {
    recording: u32,
    landmarks: Landmarks<'t>,
    offset: f32,
    votes: f32,
}

fn judge(query: &Query, scale: Scale, places: &[Place<'_>]) -> Vec<Hit> {
    let cost = if scale == Scale::NONE { 0.0 } else { SCALE_COST };
    let mut hits: Vec<Hit> = places
        .iter()
        .map(|place| {
            let fit = verify::verify(query, place.landmarks, place.offset, scale);
            Hit {
                recording: place.recording,
                offset: place.offset - fit.shift as f32 * scale.time,
                scale,
                fit,
                votes: place.votes,
                evidence: fit.agreement + VOTES * place.votes.ln_1p() - cost,
            }
        })
        .collect();
    keep_best(&mut hits);
    hits
}

/// Sorts hits, best first, and keeps some of the best recording and some of all others.
fn keep_best(hits: &mut Vec<Hit>) {
    hits.sort_by(|a, b| {
        let place = a.recording.cmp(&b.recording).then(a.offset.total_cmp(&b.offset));
        b.evidence.total_cmp(&a.evidence).then(place).then(a.scale.time.total_cmp(&b.scale.time))
    });
    let Some(best) = hits.first().map(|h| h.recording) else { return };
    let (mut own, mut others) = (0, 0);
    hits.retain(|hit| {
        let (count, most) =
            if hit.recording == best { (&mut own, OWN_HITS) } else { (&mut others, OTHER_HITS) };
        *count += 1;
        *count <= most
    });
}
