//! Results about voices.

use crate::results::{Stages, ToPython, results};
use pyo3::prelude::*;
use sonic::voices::{
    Calibration, EnrollStatus, Enrolled, ForgottenVoices, IdentifiedVoice, Observed, Reason, RecordedVoice,
    Sample, SimilarVoice, SimilarVoiceprint, Speaker, VerifiedVoice, Voice, VoiceMatch, VoiceQuality,
    VoiceStats, Voiceprint,
};
use sonic::{Error, ErrorKind, Span};

/// How well somebody speaking was recorded, and why that is not well enough.
pub(crate) struct Judged<'a> {
    pub(crate) quality: &'a VoiceQuality,
    pub(crate) reasons: &'a [Reason],
}

/// What became of a voice recording.
pub(crate) struct KeptVoice {
    status: &'static str,
    voice: Box<Voice>,
}

impl TryFrom<RecordedVoice> for KeptVoice {
    type Error = Error;

    fn try_from(recorded: RecordedVoice) -> Result<Self, Error> {
        match recorded {
            RecordedVoice::New(voice) => Ok(Self { status: "added", voice }),
            RecordedVoice::Known(voice) => Ok(Self { status: "duplicate", voice }),
            _ => Err(Error::new(ErrorKind::Internal, "a voice was neither kept nor known")),
        }
    }
}

results! {
    Span from Span as span { start_ms, end_ms }

    VoiceQuality from Judged<'_> as judged {
        duration_ms: judged.quality.duration_ms,
        speech_ms: judged.quality.speech_ms,
        snr_db: judged.quality.snr_db,
        clipping: judged.quality.clipping,
        level_dbfs: judged.quality.level_dbfs,
        peak: judged.quality.peak,
        bandwidth_hz: judged.quality.bandwidth_hz,
        reasons: judged.reasons.iter().map(Reason::to_string).collect::<Vec<_>>(),
    }

    Voice from Voice as row {
        recording_id,
        user_id,
        filename,
        file_path,
        duration_ms,
        file_size_bytes,
        sample_rate,
        audio_format,
        created_at_ms,
        updated_at_ms,
        mode,
        status,
        embedding_dimensions,
        voiceprint_id,
        similarity_score,
        matched_user_id,
        metadata,
    }

    RecordedVoice from KeptVoice as kept {
        status,
        voice,
    }

    Sample from Sample as sample { recording_id, created_at_ms, removed_at_ms, agreement }

    Voiceprint from Voiceprint as print {
        voiceprint_id,
        person,
        user_id,
        created_at_ms,
        updated_at_ms,
        min_samples,
        samples,
    }

    SimilarVoiceprint from SimilarVoiceprint as similar { person, voiceprint_id, score, probability }

    Enrolled from Enrolled as enrolled {
        status,
        sample_count,
        added,
        known,
        left_out,
        voiceprint,
        similar_to,
    }

    VoiceMatch from VoiceMatch as found {
        person,
        score,
        normalized,
        probability,
        sample_count,
        enrolled,
        voiceprint_id,
        user_id,
    }

    VoiceAnswer from IdentifiedVoice as found {
        decision: found.answer.decision,
        matches: found.answer.matches,
        compared: found.answer.compared,
        cohort: found.answer.cohort,
        calibrated: found.answer.calibrated,
        quality: Judged { quality: &found.sample.quality, reasons: &found.sample.reasons },
        elapsed_ms: Stages([
            ("decode", found.sample.decode),
            ("embed", found.sample.embed),
            ("search", found.search),
        ]),
    }

    Verification from VerifiedVoice as found {
        decision: found.verification.decision,
        claim: found.verification.claim,
        calibrated: found.verification.calibrated,
        quality: Judged { quality: &found.sample.quality, reasons: &found.sample.reasons },
    }

    SimilarVoice from SimilarVoice as found { voice, similarity }

    ForgottenVoices from ForgottenVoices as gone { voiceprints, recordings, speakers }

    Observed from Observed as observed { speaker, score, is_new, stored }

    Speaker from Speaker as speaker { speaker, embeddings }

    VoiceStats from VoiceStats as stats { recordings, people, cohort, pipeline, dimensions }

    Calibration from Calibration as fitted { slope, offset, trials }
}

impl ToPython for EnrollStatus {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.name().to_python(py)
    }
}
