//! Voices: recordings of people speaking, the people they were enrolled as, and who is speaking in others.
//!
//! The view [`Voices`], which [`Store::voices`](crate::Store::voices) gives, keeps embeddings and finds them. What
//! starts with a file, bytes or samples is a function here.

#[cfg(feature = "audio")]
mod calibrate;
#[cfg(feature = "audio")]
mod enroll;
#[cfg(feature = "audio")]
mod identify;
#[cfg(feature = "audio")]
mod sample;

#[cfg(feature = "audio")]
pub use calibrate::{Calibrated, RecordedTrial, calibrate};
#[cfg(feature = "audio")]
pub use enroll::{
    EnrolledEach, EnrolledUsable, SampleStatus, enroll, enroll_each, enroll_samples, enroll_usable,
};
#[cfg(feature = "audio")]
pub use identify::{IdentifiedVoice, VerifiedVoice, identify, identify_each, verify, verify_each};
#[cfg(feature = "audio")]
pub use sample::{VoiceSample, VoiceSource, analyze_each, analyze_voice, analyze_voices};
#[cfg(feature = "audio")]
pub use sonic_audio::quality::{QualityGate, Reason, VoiceQuality};
#[cfg(feature = "audio")]
pub use sonic_audio::speaker::{SpeechEmbedding, SpeechStream, VoiceEmbedder, VoiceEmbedderOptions};
pub use sonic_core::{Calibration, MIN_TRIALS, SpeechConditions, Trial};
pub use sonic_store::{
    Decision, EnrollOptions, EnrollStatus, Enrolled, ForgottenVoices, MAX_NAME_BYTES, MIN_COHORT, NewVoice,
    ObserveOptions, Observed, RecordedVoice, Sample, SimilarVoice, SimilarVoiceprint, Speaker, Verification,
    Voice, VoiceAnswer, VoiceIdentifyOptions, VoiceMatch, VoicePage, VoiceSearchOptions, VoiceStats,
    Voiceprint, Voices,
};
