//! Making people known by recordings of them.

use super::sample::{VoiceSample, VoiceSource, analyze_voices};
use super::{EnrollOptions, EnrollStatus, Enrolled, NewVoice, QualityGate, VoiceEmbedder, Voices};
use crate::{Error, ErrorKind, Result, Store};

/// What became of a recording that somebody was to be enrolled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SampleStatus {
    /// It is a sample now, with which enrolling had come so far.
    Added(EnrollStatus),
    /// It was a sample already.
    Known,
    /// There are enough samples without it.
    LeftOut,
    /// It could not be used.
    Failed,
}

impl SampleStatus {
    /// The status in snake case, the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added(status) => status.name(),
            Self::Known => "known",
            Self::LeftOut => "left_out",
            Self::Failed => "failed",
        }
    }
}

/// What enrolling came to, and what was found in each recording.
#[derive(Debug)]
#[non_exhaustive]
pub struct EnrolledEach {
    /// The person.
    pub enrolled: Enrolled,
    /// For each recording given what was found, or why it cannot be used. One with reasons was left out.
    pub samples: Vec<Result<VoiceSample>>,
    /// What became of each recording, in the same order.
    pub statuses: Vec<SampleStatus>,
}

/// Recordings that were analysed and offered as samples of a person.
#[derive(Debug)]
#[non_exhaustive]
pub struct EnrolledUsable {
    /// The person; `None` if no recording could be used.
    pub enrolled: Option<Enrolled>,
    /// For each recording given the sample, or why it cannot be used.
    pub samples: Vec<Result<VoiceSample>>,
    /// What became of each recording, in the same order.
    pub statuses: Vec<SampleStatus>,
}

/// Enrols `person` from recordings, all or none of them.
///
/// # Errors
/// Of the first recording that cannot be decoded, embedded or does not pass the gate; as [`Voices::enroll`]. Nothing is
/// enrolled then.
pub fn enroll(
    store: &Store,
    embedder: &VoiceEmbedder,
    person: &str,
    sources: Vec<VoiceSource>,
    gate: &QualityGate,
    options: &EnrollOptions,
) -> Result<Enrolled> {
    enroll_each(store, embedder, person, sources, gate, options, false).map(|each| each.enrolled)
}

/// As [`enroll`], and says what was found in each recording. With `only_usable` those that cannot be decoded or
/// embedded, or do not pass the gate, are left out and the others enrolled.
///
/// # Errors
/// As [`enroll`]; with `only_usable` of the first recording if none is left.
pub fn enroll_each(
    store: &Store,
    embedder: &VoiceEmbedder,
    person: &str,
    sources: Vec<VoiceSource>,
    gate: &QualityGate,
    options: &EnrollOptions,
    only_usable: bool,
) -> Result<EnrolledEach> {
    store.check_open()?;
    let samples = analyze_voices(embedder, sources, gate);
    enroll_samples(store, embedder, person, samples, options, only_usable)
}

/// As [`enroll_each`], from recordings that were analysed before, such as by
/// [`analyze_each`](super::analyze_each), which can be watched and cancelled.
///
/// # Errors
/// As [`enroll_each`].
pub fn enroll_samples(
    store: &Store,
    embedder: &VoiceEmbedder,
    person: &str,
    mut samples: Vec<Result<VoiceSample>>,
    options: &EnrollOptions,
    only_usable: bool,
) -> Result<EnrolledEach> {
    let is_usable = |sample: &Result<VoiceSample>| sample.as_ref().is_ok_and(VoiceSample::passes);
    let must_all = !only_usable || !samples.iter().any(is_usable);
    if must_all && let Some(place) = samples.iter().position(|sample| !is_usable(sample)) {
        let refused = samples.swap_remove(place).and_then(VoiceSample::into_voice).err();
        let error = refused.unwrap_or_else(|| Error::new(ErrorKind::Internal, "a sample was refused"));
        return Err(error.context(format!("number {place} of the recordings")));
    }
    let usable: Vec<NewVoice> =
        samples.iter().flatten().filter(|s| s.passes()).map(|s| s.voice.clone()).collect();
    let enrolled = store.voices().enroll(person, &usable, &calibrated(embedder, options))?;
    let statuses = statuses(&samples, &enrolled, options);
    Ok(EnrolledEach { enrolled, samples, statuses })
}

/// Enrols `person` from those of the analysed `samples` that can be used: that pass the gate and are not samples of
/// somebody else. The others are given back with the reason.
///
/// # Errors
/// As [`Voices::enroll`]. Nothing is enrolled then.
pub fn enroll_usable(
    store: &Store,
    embedder: &VoiceEmbedder,
    person: &str,
    samples: Vec<Result<VoiceSample>>,
    options: &EnrollOptions,
) -> Result<EnrolledUsable> {
    let voices = store.voices();
    let check = |sample: Result<VoiceSample>| {
        let sample = sample?;
        let voice = sample.clone().into_voice()?;
        check_owner(&voices, person, &voice).map(|()| sample)
    };
    let samples: Vec<Result<VoiceSample>> = samples.into_iter().map(check).collect();
    let usable: Vec<NewVoice> = samples.iter().flatten().map(|sample| sample.voice.clone()).collect();
    if usable.is_empty() {
        let statuses = vec![SampleStatus::Failed; samples.len()];
        return Ok(EnrolledUsable { enrolled: None, samples, statuses });
    }
    let enrolled = voices.enroll(person, &usable, &calibrated(embedder, options))?;
    let statuses = statuses(&samples, &enrolled, options);
    Ok(EnrolledUsable { enrolled: Some(enrolled), samples, statuses })
}

/// The options, in which what they leave open about probabilities is what the embedder says.
fn calibrated(embedder: &VoiceEmbedder, options: &EnrollOptions) -> EnrollOptions {
    EnrollOptions {
        default_calibration: options.default_calibration.or(embedder.calibration()),
        default_narrow_calibration: options.default_narrow_calibration.or(embedder.narrow_calibration()),
        ..options.clone()
    }
}

/// That a recording is not a sample of somebody else: the store would refuse all for the sake of one.
fn check_owner(voices: &Voices, person: &str, sample: &NewVoice) -> Result<()> {
    let id = &sample.voice.recording_id;
    let Some(owner) = voices.get(id)?.and_then(|voice| voice.voiceprint_id) else { return Ok(()) };
    let other = voices.people()?.into_iter().find(|print| {
        print.voiceprint_id == owner
            && print.person != person
            && print.samples.iter().any(|s| s.recording_id == *id)
    });
    match other {
        None => Ok(()),
        Some(other) => Err(Error::new(
            ErrorKind::Mismatch,
            format!("this recording is a sample of {:?}: is it the right file?", other.person),
        )),
    }
}

/// What became of each recording, in the order in which they were given.
fn statuses(
    samples: &[Result<VoiceSample>],
    enrolled: &Enrolled,
    options: &EnrollOptions,
) -> Vec<SampleStatus> {
    let all = &enrolled.voiceprint.samples;
    // What was added now stands last.
    let mut added: Vec<&str> = all[all.len() - (enrolled.added as usize).min(all.len())..]
        .iter()
        .map(|sample| sample.recording_id.as_str())
        .collect();
    let mut count = enrolled.sample_count - enrolled.added;
    let mut status = |sample: &VoiceSample| {
        let id = &sample.voice.voice.recording_id;
        if let Some(place) = added.iter().position(|added| added == id) {
            added.remove(place);
            count += 1;
            return SampleStatus::Added(options.status(count));
        }
        match all.iter().any(|s| s.recording_id == *id) {
            true => SampleStatus::Known,
            false => SampleStatus::LeftOut,
        }
    };
    let each = samples.iter().map(|sample| match sample {
        Ok(sample) if sample.passes() => status(sample),
        _ => SampleStatus::Failed,
    });
    each.collect()
}
