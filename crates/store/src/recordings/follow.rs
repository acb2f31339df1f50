//! What plays in a stream: where it is found in a clip of it, and whether it plays on in the next.

use super::identify::IdentifyOptions;
use super::piece;
use super::{Recordings, row};
use crate::env::{Table, View};
use crate::landmarks::Landmarks;
use crate::meta;
use crate::search::locate::settle;
use crate::search::place::Place;
use crate::search::query::Query;
use crate::search::{Numbered, verify};
use sonic_core::{Error, ErrorKind, Fingerprint, Result, Texture};
use std::ops::Range;

/// Frames by which two places of a recording differ that are two.
const APART: f32 = 11.0;

/// Where in a recording a clip lies: which frame of the recording its first frame is, and what was changed on the way.
#[derive(Debug, Clone, Copy)]
pub struct Trace {
    recording: Numbered,
    place: Place,
}

impl Trace {
    /// Frame of the recording at which the clip begins; negative if it begins before the recording.
    pub fn offset(&self) -> f64 {
        f64::from(self.place.offset)
    }

    /// Seconds of recording per second of clip.
    pub fn time_scale(&self) -> f32 {
        self.place.scale.time
    }

    /// Semitones by which the clip is higher than the recording.
    pub fn pitch_semitones(&self) -> f32 {
        self.place.scale.semitones()
    }

    /// The place of a clip that begins so many frames later, or earlier if negative.
    #[must_use]
    pub fn moved(self, frames: f64) -> Self {
        Self { place: self.place.moved(frames as f32), ..self }
    }

    /// True if both are of one recording, whatever the place.
    pub fn is_same_recording(&self, other: &Self) -> bool {
        self.recording == other.recording
    }

    /// True if both lead to the same place of one recording, to a quarter of a second.
    pub fn is_near(&self, other: &Self) -> bool {
        self.is_same_recording(other) && (self.place.offset - other.place.offset).abs() < APART
    }
}

/// A recording that was found in a clip.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Sighting {
    /// Its row.
    pub recording: row::Recording,
    /// The places where it may be, the likeliest first: music that repeats itself has several.
    pub traces: Vec<Trace>,
    /// The frames of the clip that it explains.
    pub span: Range<usize>,
    /// Log-odds that it is right.
    pub score: f32,
    /// Probability that it is right, 0 to 1.
    pub probability: f32,
}

/// How well a clip fits a place, frame by frame.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Followed {
    /// The place, moved a little to where the clip fits best.
    pub trace: Trace,
    /// For each frame of the clip, the sum of its levels at the landmarks of the recording, in standard deviations of the
    /// clip's levels, and how many landmarks that are. Sound of something else has levels of 0 on average.
    pub levels: Vec<(f32, u32)>,
}

impl Recordings {
    /// What plays in a clip of a few seconds, as [`identify`](Self::identify), with the places to
    /// [`follow`](Self::follow).
    ///
    /// # Errors
    /// As [`identify`](Self::identify).
    pub fn spot(&self, clip: &Fingerprint, options: &IdentifyOptions) -> Result<Vec<Sighting>> {
        check_texture(clip)?;
        self.store.search(|view| {
            meta::check_pipeline(view, &clip.pipeline)?;
            if view.len(Table::Recordings)? == 0 {
                return Ok(Vec::new());
            }
            let mut sightings = Vec::new();
            for found in piece::search(&[view], clip, options)?.accepted {
                let Some(recording) = row::by_number(view, found.recording.number)? else { continue };
                let traces = found.places().map(|place| Trace { recording: found.recording, place });
                sightings.push(Sighting {
                    recording,
                    traces: traces.collect(),
                    span: found.span.clone(),
                    score: found.score,
                    probability: super::identify::probability(found.score),
                });
            }
            Ok(sightings)
        })
    }

    /// How well a clip of a few seconds fits each of some places, of which only its texture is looked at; `None` for a
    /// recording that is no longer there.
    ///
    /// # Errors
    /// As [`identify`](Self::identify).
    pub fn follow(&self, clip: &Fingerprint, traces: &[Trace]) -> Result<Vec<Option<Followed>>> {
        let texture = check_texture(clip)?;
        let Some(query) = Query::new(clip, 0..texture.frames()) else { return Ok(vec![None; traces.len()]) };
        self.store.search(|view| {
            meta::check_pipeline(view, &clip.pipeline)?;
            traces.iter().map(|trace| follow(view, &query, trace)).collect()
        })
    }
}

fn check_texture(clip: &Fingerprint) -> Result<&Texture> {
    let message = "this fingerprint was made for indexing: make one with texture to query with";
    clip.texture.as_ref().ok_or_else(|| Error::new(ErrorKind::InvalidArgument, message))
}

fn follow(view: View<'_>, query: &Query, trace: &Trace) -> Result<Option<Followed>> {
    let bytes = view.get(Table::Landmarks, &trace.recording.number.to_be_bytes())?;
    let Some(landmarks) = bytes.and_then(Landmarks::new) else { return Ok(None) };
    let place = settle(query, landmarks, &trace.place);
    let support = verify::support(query, landmarks, place.offset, place.scale);
    let levels = support.levels();
    Ok(Some(Followed { trace: Trace { place, ..*trace }, levels }))
}

/// Places that lie apart, in their order.
pub(super) fn apart(places: impl Iterator<Item = Place>) -> Vec<Place> {
    let mut kept: Vec<Place> = Vec::new();
    for place in places {
        if kept.iter().all(|other| (place.offset - other.offset).abs() >= APART) {
            kept.push(place);
        }
    }
    kept
}
