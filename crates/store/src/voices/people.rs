//! The people of a store: enrol, recognise, forget.

use super::enroll::{EnrollOptions, EnrollStatus};
use super::identify::{self, SimilarVoiceprint, Verification, VoiceAnswer, VoiceIdentifyOptions};
use super::print::{self, Voiceprint};
use super::row::{self, Key, NewVoice, Prepared};
use super::speakers;
use super::view::Voices;
use crate::env::{View, WriteTxn};
use crate::forgotten;
use crate::ids::check_name;
use crate::space::{self, VOICES};
use crate::vectors::{self, Set};
use serde::Serialize;
use sonic_core::{Embedding, Error, ErrorKind, Result};
use std::collections::BTreeSet;

/// What enrolling came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Enrolled {
    /// How far it has come.
    pub status: EnrollStatus,
    /// Samples that the voiceprint is made of now.
    pub sample_count: u32,
    /// Samples that were added just now.
    pub added: u32,
    /// Samples given that the voiceprint had before, removed ones included.
    pub known: u32,
    /// Samples given that were left out because there were enough.
    pub left_out: u32,
    /// The voiceprint.
    pub voiceprint: Voiceprint,
    /// Another person of the store whose voice this is, more likely than not: somebody enrolled under two names, or a
    /// recording of the wrong person.
    pub similar_to: Option<SimilarVoiceprint>,
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ForgottenVoices {
    /// Voiceprints.
    pub voiceprints: u64,
    /// Recordings, with their embeddings.
    pub recordings: u64,
    /// Embeddings of unnamed speakers.
    pub speakers: u64,
}

/// People.
impl Voices {
    /// Adds samples to the voiceprint of `person`, which is made with the first, and keeps each as a recording of mode
    /// `enroll` unless it says otherwise.
    ///
    /// A sample whose id is that of a recording in the store is that recording; one that the voiceprint has already is
    /// not added again, so that a call can be repeated.
    ///
    /// # Errors
    /// `InvalidArgument` if there are no samples, one has no embedding, or a name is too long; `Mismatch` if an
    /// embedding is of another pipeline or a recording is somebody else's sample. Nothing is added then.
    pub fn enroll(&self, person: &str, samples: &[NewVoice], options: &EnrollOptions) -> Result<Enrolled> {
        check_name("person's name", person)?;
        options.user_id.as_ref().map_or(Ok(()), |user| check_name("user id", user))?;
        if samples.is_empty() || options.min_samples == 0 || options.max_samples < options.min_samples {
            let message = "enrolling takes a sample at least, and 1 <= min_samples <= max_samples";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let prepared: Vec<Prepared<'_>> = samples.iter().map(Prepared::new).collect::<Result<_>>()?;
        let compare = VoiceIdentifyOptions {
            default_calibration: options.default_calibration,
            default_narrow_calibration: options.default_narrow_calibration,
            ..VoiceIdentifyOptions::default()
        };
        let (voiceprint, taken, similar_to) = self.store.write(|txn| {
            let (number, voiceprint, taken) = print::enroll(txn, person, &prepared, options)?;
            Ok((voiceprint, taken, identify::similar(txn.view(), number, &compare)?))
        })?;
        let sample_count = voiceprint.sample_count();
        let status = options.status(sample_count);
        let print::Taken { added, known, left_out } = taken;
        Ok(Enrolled { status, sample_count, added, known, left_out, voiceprint, similar_to })
    }

    /// Leaves a sample out of a voiceprint. The recording stays, and [`restore_sample`](Self::restore_sample) undoes it
    /// for the last five that were removed.
    ///
    /// # Errors
    /// `NotFound` if there is no such person or sample.
    pub fn remove_sample(&self, person: &str, recording_id: &str) -> Result<Voiceprint> {
        self.store.remove(|txn| print::remove_sample(txn, person, recording_id))
    }

    /// Takes a removed sample back: the one named, or the last one removed.
    ///
    /// # Errors
    /// `NotFound` if there is no such person or removed sample; `Limit` if the voiceprint has `max_samples`.
    pub fn restore_sample(
        &self,
        person: &str,
        recording_id: Option<&str>,
        options: &EnrollOptions,
    ) -> Result<Voiceprint> {
        self.store.write(|txn| print::restore_sample(txn, person, recording_id, options.max_samples))
    }

    /// Everybody, in the order in which they were first enrolled.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn people(&self) -> Result<Vec<Voiceprint>> {
        self.store.read(|view| print::all(view)?.map(|row| row.map(|(_, print)| print)).collect())
    }

    /// The voiceprint of `person`.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn person(&self, person: &str) -> Result<Option<Voiceprint>> {
        self.store.read(|view| Ok(print::find(view, person)?.map(|(_, print)| print)))
    }

    /// The vector that stands for `person`: the robust mean of the samples.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn mean(&self, person: &str) -> Result<Option<Embedding>> {
        self.store.read(|view| {
            let (Some(space), Some((number, _))) =
                (space::of_store(view, VOICES)?, print::find(view, person)?)
            else {
                return Ok(None);
            };
            let vector = vectors::get(view, Set::VOICEPRINTS, number, space.dimensions)?;
            Ok(vector.map(|vector| Embedding { pipeline: space.pipeline(), vector }))
        })
    }

    /// Who is speaking: the likeliest people, and whether the first is likely enough.
    ///
    /// Everybody with a sample is compared, however few there are. A probability holds among the people of the store
    /// and strangers, who are as likely to speak as all of them together: the more people there are, the more evidence
    /// it takes.
    ///
    /// # Errors
    /// `Mismatch` if the embedding is of another pipeline than the store's; `InvalidArgument` if it is no direction.
    pub fn identify(&self, embedding: &Embedding, options: &VoiceIdentifyOptions) -> Result<VoiceAnswer> {
        self.store.search(|view| identify::identify(view, embedding, options))
    }

    /// Whether it is `person` who is speaking. `limit` and `exclude` of the options do not matter.
    ///
    /// # Errors
    /// `NotFound` if there is no such person, or no sample of them; else as [`identify`](Self::identify).
    pub fn verify(
        &self,
        person: &str,
        embedding: &Embedding,
        options: &VoiceIdentifyOptions,
    ) -> Result<Verification> {
        self.store.search(|view| identify::verify(view, person, embedding, options))
    }

    /// Forgets a person: the voiceprint, its samples, and every recording that was put down to it.
    ///
    /// They are gone for every call at once, and their bytes from the file after [`Store::compact`](crate::Store::compact).
    ///
    /// # Errors
    /// `NotFound` if there is no such person.
    pub fn forget(&self, person: &str) -> Result<ForgottenVoices> {
        self.store.remove(|txn| {
            print::get(txn.view(), person)?;
            let who = forgotten::hash(txn, person)?;
            forgotten::keep(txn, &forgotten::Row::Voiceprint { who })?;
            forget_voiceprint(txn, person)
        })
    }

    /// Forgets a user: their voiceprints, their recordings, and the unnamed speakers in the scope of that name. Counts of
    /// 0 mean that there was nothing.
    ///
    /// # Errors
    /// `Io` if another process is writing or the disk is full: nothing is forgotten then.
    pub fn forget_user(&self, user_id: &str) -> Result<ForgottenVoices> {
        check_name("user id", user_id)?;
        self.store.remove(|txn| {
            let who = forgotten::hash(txn, user_id)?;
            forgotten::keep(txn, &forgotten::Row::VoicesOfUser { who })?;
            forget_user(txn, user_id)
        })
    }
}

/// Forgets a user, and whoever was enrolled under that name.
pub(crate) fn forget_everywhere(txn: &mut WriteTxn<'_>, user_id: &str) -> Result<ForgottenVoices> {
    let mut gone = forget_user(txn, user_id)?;
    let named = forget_voiceprint(txn, user_id)?;
    gone.recordings += named.recordings;
    gone.voiceprints += named.voiceprints;
    Ok(gone)
}

/// Forgets whoever was enrolled under a name.
pub(crate) fn forget_voiceprint(txn: &mut WriteTxn<'_>, person: &str) -> Result<ForgottenVoices> {
    let Some((number, print)) = print::find(txn.view(), person)? else {
        return Ok(ForgottenVoices::default());
    };
    let recordings = print::forget(txn, number, &print)?;
    Ok(ForgottenVoices { voiceprints: 1, recordings, speakers: 0 })
}

/// Every name of a person, a user or a scope.
pub(crate) fn names(view: View<'_>) -> Result<BTreeSet<String>> {
    let mut names = speakers::scopes(view)?;
    for row in print::all(view)? {
        let (_, print) = row?;
        names.insert(print.person);
        names.extend(print.user_id);
    }
    for row in row::all(view)? {
        names.extend(row?.1.user_id);
    }
    Ok(names)
}

/// Forgets a user's recordings, voiceprints and unnamed speakers.
pub(crate) fn forget_user(txn: &mut WriteTxn<'_>, user_id: &str) -> Result<ForgottenVoices> {
    let mut gone = ForgottenVoices::default();
    let is_theirs = |p: &Voiceprint| p.user_id.as_deref() == Some(user_id);
    let prints: Vec<(u32, Voiceprint)> = print::all(txn.view())?.collect::<Result<_>>()?;
    for (number, print) in prints.into_iter().filter(|(_, p)| is_theirs(p)) {
        gone.recordings += print::forget(txn, number, &print)?;
        gone.voiceprints += 1;
    }
    for number in row::latest(txn.view(), Key::User(user_id), usize::MAX)? {
        if let Some(voice) = row::by_number(txn.view(), number)? {
            print::remove_voice(txn, number, &voice)?;
            gone.recordings += 1;
        }
    }
    gone.speakers = speakers::forget_scope(txn, Some(user_id))?;
    Ok(gone)
}
