//! The handle on the voices, and what concerns recordings and unnamed speakers.

use super::calibration;
use super::norm::MIN_COHORT;
use super::print;
use super::row::{self, Key, NewVoice, Prepared, Voice, VoicePage};
use super::speakers::{self, ObserveOptions, Observed, Speaker};
use crate::env::Table;
use crate::ids::Cursor;
use crate::rows::encode::damaged;
use crate::space::{self, Space, VOICES};
use crate::store::Store;
use crate::vectors::{self, Set};
use serde::Serialize;
use sonic_core::{Calibration, Embedding, Error, ErrorKind, PipelineId, Result, Trial};
use std::collections::HashSet;

/// What became of a [`NewVoice`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RecordedVoice {
    /// It is in the store now.
    New(Box<Voice>),
    /// A voice of its id is in the store already; this is its row, unchanged.
    Known(Box<Voice>),
}

impl RecordedVoice {
    /// True if the voice was not in the store before.
    pub fn is_new(&self) -> bool {
        matches!(self, Self::New(_))
    }

    /// The row of the voice in the store.
    pub fn into_voice(self) -> Voice {
        let (Self::New(voice) | Self::Known(voice)) = self;
        *voice
    }
}

/// How to search recordings by likeness.
#[derive(Debug, Clone, PartialEq)]
pub struct VoiceSearchOptions {
    /// Least cosine.
    pub threshold: f32,
    /// Recordings reported at most.
    pub limit: usize,
    /// Recordings that are not to be found, such as the query itself.
    pub exclude: Vec<String>,
    /// Threads that share the work; 0 means as many as the machine has cores.
    pub threads: usize,
}

impl Default for VoiceSearchOptions {
    fn default() -> Self {
        Self { threshold: 0.5, limit: 3, exclude: Vec::new(), threads: 0 }
    }
}

/// A recording that sounds alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SimilarVoice {
    /// Its row.
    pub voice: Voice,
    /// Cosine of the two embeddings, -1 to 1.
    pub similarity: f32,
}

/// Counts of the voices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VoiceStats {
    /// Recordings.
    pub recordings: u64,
    /// People.
    pub people: u64,
    /// Vectors of the cohort that was given; 0 if none was.
    pub cohort: u64,
    /// What made the embeddings; `None` while there are none.
    pub pipeline: Option<PipelineId>,
    /// Numbers of an embedding; 0 while there are none.
    pub dimensions: u32,
}

/// A voice with its embedding, if it has one.
pub(crate) type WithEmbedding = (Voice, Option<Vec<f32>>);

/// The voices of a store. Every call is one transaction: it happens as a whole or not at all.
///
/// All embeddings of a store are of one pipeline, that of the first; one of another is a `Mismatch` error wherever it
/// is given.
#[derive(Debug, Clone)]
pub struct Voices {
    pub(super) store: Store,
}

impl Store {
    /// The voices of this store. A store that was made before there were voices has none, until the first is added.
    pub fn voices(&self) -> Voices {
        Voices { store: self.clone() }
    }
}

/// Recordings.
impl Voices {
    /// Keeps a voice, unless one of its id is there: then that one stays as it is.
    ///
    /// # Errors
    /// `InvalidArgument` if the embedding is not a direction or a name is too long; `Mismatch` if the embedding is of
    /// another pipeline than the store's.
    pub fn record(&self, new: &NewVoice) -> Result<RecordedVoice> {
        let mut recorded = self.record_all(std::slice::from_ref(new))?;
        recorded.pop().ok_or_else(|| Error::new(ErrorKind::Internal, "a voice was not recorded"))
    }

    /// As [`record`](Self::record), of many in one transaction: all of them or, after an error, none.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub fn record_all(&self, new: &[NewVoice]) -> Result<Vec<RecordedVoice>> {
        let prepared: Vec<Prepared<'_>> = new.iter().map(Prepared::new).collect::<Result<_>>()?;
        self.store.write(|txn| {
            let each = prepared.iter().map(|new| match row::by_id(txn.view(), &new.voice.recording_id)? {
                Some((_, voice)) => Ok(RecordedVoice::Known(Box::new(voice))),
                None => row::insert(txn, new).map(|(_, voice)| RecordedVoice::New(Box::new(voice))),
            });
            each.collect()
        })
    }

    /// The voice named `recording_id`.
    ///
    /// # Errors
    /// `Malformed` if its row is damaged; `Closed` after the store was closed. Every method
    /// of the view that only reads has the same errors.
    pub fn get(&self, recording_id: &str) -> Result<Option<Voice>> {
        self.store.read(|view| Ok(row::by_id(view, recording_id)?.map(|(_, voice)| voice)))
    }

    /// The embedding of the voice named `recording_id`; `None` if there is no such voice or it has none.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn embedding(&self, recording_id: &str) -> Result<Option<Embedding>> {
        self.store.read(|view| {
            let (Some(space), Some(number)) =
                (space::of_store(view, VOICES)?, row::number_of_id(view, recording_id)?)
            else {
                return Ok(None);
            };
            let vector = vectors::get(view, Set::VOICES, number, space.dimensions)?;
            Ok(vector.map(|vector| Embedding { pipeline: space.pipeline(), vector }))
        })
    }

    /// At most `limit` voices that were recorded after the place `after`, and the place to go on from.
    ///
    /// # Errors
    /// `InvalidArgument` if `limit` is 0; else as [`get`](Self::get).
    pub fn page(&self, after: Cursor, limit: usize) -> Result<VoicePage> {
        let (rows, next) = self.page_with_embeddings(after, limit)?;
        Ok(VoicePage { voices: rows.into_iter().map(|(voice, _)| voice).collect(), next })
    }

    /// As [`page`](Self::page), each voice with its embedding.
    pub(crate) fn page_with_embeddings(
        &self,
        after: Cursor,
        limit: usize,
    ) -> Result<(Vec<WithEmbedding>, Option<Cursor>)> {
        if limit == 0 {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "a page has at least one voice: give a larger limit",
            ));
        }
        self.store.read(|view| {
            let dimensions = space::of_store(view, VOICES)?.map_or(0, |s| s.dimensions);
            let (rows, next) = row::page(view, after, limit)?;
            let with_embedding = |(number, voice): (u32, Voice)| {
                let vector = match voice.embedding_dimensions {
                    0 => None,
                    _ => vectors::get(view, Set::VOICES, number, dimensions)?,
                };
                Ok((voice, vector))
            };
            Ok((rows.into_iter().map(with_embedding).collect::<Result<_>>()?, next))
        })
    }

    /// The latest recordings of a user, the latest first.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn by_user(&self, user_id: &str, limit: usize) -> Result<Vec<Voice>> {
        self.latest(Key::User(user_id), limit)
    }

    /// The latest recordings that belong to a voiceprint, the latest first.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn by_voiceprint(&self, voiceprint_id: &str, limit: usize) -> Result<Vec<Voice>> {
        self.latest(Key::Voiceprint(voiceprint_id), limit)
    }

    /// The latest recordings of a mode, such as `test`, the latest first.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn by_mode(&self, mode: &str, limit: usize) -> Result<Vec<Voice>> {
        self.latest(Key::Mode(mode), limit)
    }

    /// The latest recordings, the latest first.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn recent(&self, limit: usize) -> Result<Vec<Voice>> {
        self.latest(Key::Any, limit)
    }

    fn latest(&self, key: Key<'_>, limit: usize) -> Result<Vec<Voice>> {
        self.store.read(|view| {
            let rows = row::latest(view, key, limit)?.into_iter();
            rows.filter_map(|number| row::by_number(view, number).transpose()).collect()
        })
    }

    /// The recordings that sound most alike, whoever they are of.
    ///
    /// # Errors
    /// `Mismatch` if the embedding is of another pipeline than the store's; `InvalidArgument` if it is no direction.
    pub fn search(&self, embedding: &Embedding, options: &VoiceSearchOptions) -> Result<Vec<SimilarVoice>> {
        let (query, space) = (space::unit(embedding)?, Space::of(embedding));
        self.store.read(|view| {
            if !space::check(view, VOICES, &space)? {
                return Ok(Vec::new());
            }
            let mut excluded = HashSet::new();
            for id in &options.exclude {
                excluded.extend(row::number_of_id(view, id)?);
            }
            let mut scores = vectors::scores(view, Set::VOICES, &query, options.threads)?;
            scores.retain(|(number, score)| *score >= options.threshold && !excluded.contains(number));
            let found = vectors::largest(scores, options.limit).into_iter();
            found
                .map(|(number, score)| {
                    let voice = row::by_number(view, number)?;
                    let voice = voice.ok_or_else(|| damaged("an embedding without its voice"))?;
                    Ok(SimilarVoice { voice, similarity: score.clamp(-1.0, 1.0) })
                })
                .collect()
        })
    }

    /// Removes a voice and gives its row. If it was a sample, the voiceprint is made anew without it.
    ///
    /// # Errors
    /// `NotFound` if there is no such voice.
    pub fn remove(&self, recording_id: &str) -> Result<Voice> {
        self.store.remove(|txn| {
            let found = row::by_id(txn.view(), recording_id)?;
            let (number, voice) = found.ok_or_else(|| {
                Error::new(ErrorKind::NotFound, format!("there is no voice {recording_id:?} in the store"))
            })?;
            print::remove_voice(txn, number, &voice)?;
            Ok(voice)
        })
    }
}

/// Unnamed speakers.
impl Voices {
    /// Which unnamed speaker this is, by the rule of two thresholds: alike above `same` is the same speaker and adds nothing;
    /// above `matching` it is that speaker, of whom more is known then; else it is a new speaker.
    ///
    /// # Errors
    /// `Mismatch` if the embedding is of another pipeline than the store's; `InvalidArgument` if it is no direction or
    /// the thresholds are the wrong way round.
    pub fn observe(&self, embedding: &Embedding, options: &ObserveOptions) -> Result<Observed> {
        speakers::check(options)?;
        let (vector, space) = (space::unit(embedding)?, Space::of(embedding));
        self.store.write(|txn| speakers::observe(txn, &space, &vector, options))
    }

    /// The speakers of a scope, in the order in which they were first observed.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn speakers(&self, scope: Option<&str>) -> Result<Vec<Speaker>> {
        self.store.read(|view| speakers::all(view, scope))
    }

    /// Forgets every speaker of a scope; gives how many embeddings went.
    ///
    /// # Errors
    /// `Io` if another process is writing or the disk is full.
    pub fn forget_speakers(&self, scope: Option<&str>) -> Result<u64> {
        self.store.remove(|txn| speakers::forget_scope(txn, scope))
    }
}

/// Scores.
impl Voices {
    /// Keeps embeddings of strangers, against whom scores are normalised, in the place of those kept before; none
    /// takes them away. Without them a store of 50 people or more uses its people.
    ///
    /// # Errors
    /// `InvalidArgument` if there are fewer than [`MIN_COHORT`] but some, or their lengths differ; `Mismatch` if they are of another
    /// pipeline than the store's.
    pub fn set_cohort(&self, pipeline: &PipelineId, vectors: &[Vec<f32>]) -> Result<()> {
        if (1..MIN_COHORT).contains(&vectors.len()) {
            let message = format!("a cohort has {MIN_COHORT} voices or more, not {}", vectors.len());
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let embedding = |vector: &Vec<f32>| Embedding { pipeline: pipeline.clone(), vector: vector.clone() };
        let units: Vec<Vec<f32>> =
            vectors.iter().map(|v| space::unit(&embedding(v))).collect::<Result<_>>()?;
        if units.windows(2).any(|pair| pair[0].len() != pair[1].len()) {
            return Err(Error::new(ErrorKind::InvalidArgument, "the voices of a cohort have one length"));
        }
        self.store.write(|txn| {
            vectors::clear(txn, Set::COHORT)?;
            if let Some(first) = vectors.first() {
                space::claim(txn, VOICES, &Space::of(&embedding(first)))?;
            }
            (1..).zip(&units).try_for_each(|(number, vector)| vectors::put(txn, Set::COHORT, number, vector))
        })
    }

    /// Fits how scores become probabilities from trials made with `pipeline`, and keeps it for that pipeline.
    ///
    /// # Errors
    /// As [`Calibration::fit`].
    pub fn fit_calibration(&self, pipeline: &PipelineId, trials: &[Trial]) -> Result<Calibration> {
        let calibration = Calibration::fit(trials)?;
        self.store.write(|txn| calibration::keep(txn, pipeline, &calibration))?;
        Ok(calibration)
    }

    /// How scores of `pipeline` become probabilities, if that was fitted.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn calibration(&self, pipeline: &PipelineId) -> Result<Option<Calibration>> {
        self.store.read(|view| calibration::of_store(view, pipeline))
    }

    /// Counts, in the same short time at any size.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn stats(&self) -> Result<VoiceStats> {
        self.store.read(|view| {
            let space = space::of_store(view, VOICES)?;
            let dimensions = space.as_ref().map_or(0, |s| s.dimensions);
            let cohort = if dimensions == 0 { 0 } else { vectors::count(view, Set::COHORT, dimensions)? };
            Ok(VoiceStats {
                recordings: view.len(Table::Voices)?,
                people: view.len(Table::Voiceprints)?,
                cohort: cohort as u64,
                pipeline: space.map(|s| s.pipeline()),
                dimensions: dimensions as u32,
            })
        })
    }
}
