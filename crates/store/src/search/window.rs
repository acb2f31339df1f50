//! One stretch of a clip against all that is searched, one store or several shards: plain first, then, if that is not sure,
//! at the scales that a few of its pairs speak for.

use super::Numbered;
use super::locate::locate;
use super::place::Place;
use super::query::Query;
use super::scale::{self, Scale};
use super::support::Support;
use super::verify::{self, Fit};
use super::vote::{self, Budget, Candidate, Effort, Order, Scratch};
use crate::env::{Table, View};
use crate::landmarks::{Landmarks, Unpacked};
use crate::segments::Segment;
use sonic_core::Result;
use sonic_core::parallel::{Kept, Pool};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Reading of the plain search, of one scale, and of one of many scales.
const PLAIN: Budget = Budget {
    pairs: usize::MAX,
    order: Order::Salience,
    near: 0.3,
    postings: 600_000,
    votes: 1.5,
    candidates: 500,
};
const SCALED: Budget = Budget { pairs: 1500, postings: 100_000, candidates: 100, ..PLAIN };
const DOUBTED: Budget = Budget { postings: 30_000, ..SCALED };
/// This share of the candidates is judged at most...
const JUDGED: f32 = 0.4;
/// ...and this share of those that are may be places of one recording: a sound that repeats itself has very many, and
/// what is as good in another recording would not be seen.
const OF_ONE: f32 = 0.25;

/// How scales are told from each other: by the most votes that a place has with few pairs; so many scales are kept. In a
/// large store the lists of common pairs are passed over at each of them: rare pairs tell as much.
const ROUNDS: [(Budget, usize); 2] = [
    (Budget { pairs: 250, near: 0.4, postings: 30_000, votes: 3.0, ..FEW_PAIRS }, 16),
    (Budget { pairs: 400, near: 0.3, postings: 60_000, votes: 4.0, ..FEW_PAIRS }, 5),
];
const FEW_PAIRS: Budget = Budget { order: Order::Steady, candidates: 1, ..PLAIN };
/// Scales that are searched at before it is looked whether that is enough.
const TOGETHER: usize = 3;
/// Memory of searches, kept from one to the next.
static SCRATCH: Kept<Scratch> = Kept::new();
/// A candidate that would begin later than this share of the clip before the recording's end is not judged.
const LEAST_OVERLAP: f32 = 0.3;
/// What e times as many votes are worth beside the agreement.
const VOTES: f32 = 0.7;
/// What a hit at a changed scale must have more, because so many scales are tried.
const SCALE_COST: f32 = 0.5;
/// Hits kept of the best recording, and of all others.
const OWN_HITS: usize = 6;
const OTHER_HITS: usize = 6;
/// Nothing is ever compared with less evidence than this, so that a store with one recording can answer.
pub(super) const LEAST_RIVAL: f32 = 1.8;
/// Evidence, beyond so much of the best other recording's, from which on the scales are not tried, or tried no further.
/// High, because music that repeats itself is found at the wrong repetition with fair evidence before its scale is tried.
const SURE: f32 = 4.1;
const SURE_RIVAL: f32 = 0.77;
/// Evidence in multiples of the best other recording's: less is no answer, more is one whatever else is found.
const DOUBTFUL: Range<f32> = 1.2..3.0;

/// A recording found, where and how well.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hit {
    pub recording: Numbered,
    /// Frame of the recording at which the stretch starts.
    pub offset: f32,
    pub scale: Scale,
    pub fit: Fit,
    pub votes: f32,
    /// Agreement and votes together: what hits are ranked by.
    pub evidence: f32,
}

impl Hit {
    /// Where it was found.
    pub(crate) fn place(&self) -> Place {
        Place { offset: self.offset, scale: self.scale }
    }
}

/// The hits of a stretch, best first, and what finding them took.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub hits: Vec<Hit>,
    pub effort: Effort,
    pub scales: usize,
}

impl Found {
    /// The places of a recording, best first.
    pub(crate) fn places_of(&self, recording: Numbered) -> Vec<Place> {
        let own = self.hits.iter().filter(|h| h.recording == recording);
        own.map(Hit::place).collect()
    }

    /// True if no change of speed, tempo or pitch needs to be tried any more.
    fn is_sure(&self) -> bool {
        self.hits.first().is_some_and(|best| {
            let rival = self.evidence_beside(&[best.recording]).max(LEAST_RIVAL);
            best.evidence >= SURE + SURE_RIVAL * rival
        })
    }

    /// True if the best hit may be an answer, but not by much: what sounds regular fits many recordings, each at some
    /// scale, and few scales were searched at for others.
    fn is_doubtful(&self) -> bool {
        self.hits.first().is_some_and(|best| {
            let rival = self.evidence_beside(&[best.recording]).max(LEAST_RIVAL);
            DOUBTFUL.contains(&(best.evidence / rival))
        })
    }

    /// Evidence of the best hit of any other recording than these.
    pub(crate) fn evidence_beside(&self, recordings: &[Numbered]) -> f32 {
        let others = self.hits.iter().filter(|h| !recordings.contains(&h.recording));
        others.map(|h| h.evidence).fold(f32::MIN, f32::max)
    }
}

/// What is searched: the segments of one store or of several, as if they were one.
pub(crate) struct Searcher<'t> {
    shards: Vec<View<'t>>,
    segments: Vec<Segment<'t>>,
    /// The shard of each segment.
    shard_of: Vec<u32>,
    excluded: HashSet<Numbered>,
    landmarks: HashMap<Numbered, Option<Landmarks<'t>>>,
    pool: Pool<Scratch>,
}

impl<'t> Searcher<'t> {
    pub(crate) fn new(shards: &[View<'t>], excluded: HashSet<Numbered>, threads: usize) -> Result<Self> {
        let (mut segments, mut shard_of) = (Vec::new(), Vec::new());
        for (view, shard) in shards.iter().zip(0..) {
            segments.extend(Segment::all(*view)?);
            shard_of.resize(segments.len(), shard);
        }
        let (shards, pool) = (shards.to_vec(), Pool::kept(threads, &SCRATCH));
        Ok(Self { shards, segments, shard_of, excluded, landmarks: HashMap::new(), pool })
    }

    /// What `query` is: the scales are gone through if the plain search is not sure.
    pub(crate) fn search(&mut self, query: &Query) -> Result<Found> {
        let mut found = Found { scales: 1, ..Found::default() };
        self.try_scales(query, &[Scale::NONE], PLAIN, &mut found)?;
        if found.is_sure() {
            return Ok(found);
        }
        let likely = self.likely_scales(query, &mut found);
        for scales in likely.chunks(TOGETHER) {
            if found.is_sure() {
                break;
            }
            self.try_scales(query, scales, SCALED, &mut found)?;
        }
        if found.is_doubtful() {
            let others: Vec<Scale> = scale::all().iter().step_by(2).copied().collect();
            self.try_scales(query, &others, DOUBTED, &mut found)?;
        }
        Ok(found)
    }

    /// The scales, best first, at which some place of the store has the most votes of a few pairs. All are looked at with
    /// very few pairs, the best of them with more: one that is right stands out early, and what stands out nowhere is
    /// not in the store.
    fn likely_scales(&self, query: &Query, found: &mut Found) -> Vec<Scale> {
        let mut scales = scale::all().to_vec();
        found.scales += scales.len();
        for (budget, keep) in ROUNDS {
            let (voted, effort) = vote::vote(query, &self.segments, &scales, budget, &self.pool);
            found.effort.add(effort);
            let most = voted.iter().map(|candidates| candidates.first().map_or(0.0, |c| c.votes));
            let mut ranked: Vec<(f32, Scale)> = most.zip(scales).filter(|(most, _)| *most > 0.0).collect();
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
            ranked.truncate(keep);
            scales = ranked.into_iter().map(|(_, scale)| scale).collect();
        }
        scales
    }

    /// What `query` is if it went through `scale` or through nothing.
    pub(crate) fn search_at(&mut self, query: &Query, scale: Scale) -> Result<Found> {
        let mut found = Found { scales: 1, ..Found::default() };
        self.try_scales(query, &[Scale::NONE], PLAIN, &mut found)?;
        if scale != Scale::NONE {
            found.scales += 1;
            self.try_scales(query, &[scale], PLAIN, &mut found)?;
        }
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
        found.effort.add(effort);
        let mut places = Vec::new();
        for (&scale, candidates) in scales.iter().zip(voted) {
            let most = (JUDGED * budget.candidates as f32) as usize;
            places.push((scale, self.places(query, scale, &candidates, most)?));
        }
        let judged = self.pool.map(&places, |_, (scale, places)| judge(query, *scale, places));
        found.hits.extend(judged.into_iter().flatten());
        keep_best(&mut found.hits);
        Ok(())
    }

    /// The recordings of candidates, `most` of them, with their landmarks.
    fn places(
        &mut self,
        query: &Query,
        scale: Scale,
        candidates: &[Candidate],
        most: usize,
    ) -> Result<Vec<CandidatePlace<'t>>> {
        let mut places = Vec::with_capacity(most);
        let mut of_each = HashMap::<Numbered, usize>::new();
        for candidate in candidates {
            if places.len() >= most {
                break;
            }
            let Some(span) = self.segments[candidate.segment].span_at(candidate.position) else { continue };
            let recording = Numbered { shard: self.shard_of[candidate.segment], number: span.recording };
            let of_one = of_each.entry(recording).or_default();
            if *of_one as f32 >= OF_ONE * most as f32 {
                continue;
            }
            *of_one += 1;
            let offset = (candidate.position - span.start as i64) as f32;
            if offset > span.frames as f32 - LEAST_OVERLAP * query.frames as f32 * scale.time {
                continue;
            }
            if let Some(landmarks) = self.landmarks_of(recording)? {
                places.push(CandidatePlace { recording, landmarks, offset, votes: candidate.votes });
            }
        }
        Ok(places)
    }

    /// `None` for recordings that are excluded or removed.
    fn landmarks_of(&mut self, recording: Numbered) -> Result<Option<Landmarks<'t>>> {
        if let Some(known) = self.landmarks.get(&recording) {
            return Ok(*known);
        }
        let found = match self.excluded.contains(&recording) {
            true => None,
            false => {
                let view = self.shards[recording.shard as usize];
                view.get(Table::Landmarks, &recording.number.to_be_bytes())?.and_then(Landmarks::new)
            }
        };
        self.landmarks.insert(recording, found);
        Ok(found)
    }

    /// The place of a recording that explains the clip best, given some that come near it.
    pub(crate) fn locate(
        &mut self,
        query: &Query,
        recording: Numbered,
        places: &[Place],
    ) -> Result<Option<Place>> {
        Ok(self.landmarks_of(recording)?.and_then(|landmarks| locate(query, landmarks, places)))
    }

    /// Agreement of the clip with a place of a recording, the landmarks left out that another recording has as well.
    pub(crate) fn agreement_apart(
        &mut self,
        query: &Query,
        (recording, place): (Numbered, Place),
        (other, other_place): (Numbered, Place),
    ) -> Result<Option<Fit>> {
        let (Some(own), Some(others)) = (self.landmarks_of(recording)?, self.landmarks_of(other)?) else {
            return Ok(None);
        };
        Ok(Some(verify::verify_apart(query, (own, place), (others, other_place))))
    }

    /// What of the clip a place of a recording explains.
    pub(crate) fn support(
        &mut self,
        query: &Query,
        recording: Numbered,
        place: Place,
    ) -> Result<Option<Support>> {
        let landmarks = self.landmarks_of(recording)?;
        Ok(landmarks.map(|l| verify::support(query, l, place.offset, place.scale)))
    }

    /// How many landmarks of a place of a recording stand out in the clip.
    pub(crate) fn aligned(&mut self, query: &Query, recording: Numbered, place: Place) -> Result<u32> {
        let landmarks = self.landmarks_of(recording)?;
        Ok(landmarks.map_or(0, |l| verify::aligned(query, l, place.offset, place.scale)))
    }
}

/// A candidate with its recording.
struct CandidatePlace<'t> {
    recording: Numbered,
    landmarks: Landmarks<'t>,
    offset: f32,
    votes: f32,
}

fn judge(query: &Query, scale: Scale, places: &[CandidatePlace<'_>]) -> Vec<Hit> {
    let cost = if scale == Scale::NONE { 0.0 } else { SCALE_COST };
    let mut spare = Unpacked::default();
    let mut hits: Vec<Hit> = places
        .iter()
        .map(|place| {
            let fit = verify::verify(query, place.landmarks, place.offset, scale, &mut spare);
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
