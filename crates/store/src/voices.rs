//! Voices: every recording of somebody speaking, and the people they were enrolled as.

mod calibration;
mod check;
mod enroll;
mod evidence;
mod identify;
mod mean;
mod mend;
mod norm;
mod people;
mod print;
mod row;
mod speakers;
mod view;

pub(crate) use check::check;
pub use enroll::{EnrollOptions, EnrollStatus};
pub use identify::{SimilarVoiceprint, Verification, VoiceAnswer, VoiceIdentifyOptions, VoiceMatch};
pub(crate) use mend::mend;
pub use norm::MIN_COHORT;
pub use people::{Enrolled, ForgottenVoices};
pub(crate) use people::{forget_everywhere, forget_user, forget_voiceprint, names};
pub use print::{Sample, Voiceprint};
pub use row::{NewVoice, Voice, VoicePage};
pub use speakers::{ObserveOptions, Observed, Speaker};
#[cfg(feature = "arrow")]
pub(crate) use view::WithEmbedding;
pub use view::{RecordedVoice, SimilarVoice, VoiceSearchOptions, VoiceStats, Voices};

/// Changes voices in every way, for the fuzz target: any answer is right but a panic.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn fuzzing(txn: &mut crate::env::WriteTxn<'_>, new: &NewVoice) {
    let options = EnrollOptions::default();
    let (Ok(prepared), Some(embedding)) = (row::Prepared::new(new), &new.embedding) else { return };
    drop(print::remove_sample(txn, "1", "1-0"));
    drop(print::restore_sample(txn, "3", None, 5));
    drop(print::enroll(txn, "2", &[prepared], &options));
    let space = crate::space::Space::of(embedding);
    drop(speakers::observe(txn, &space, &embedding.vector, &ObserveOptions::default()));
    if let Ok(Some((number, print))) = print::find(txn.view(), "2") {
        drop(print::forget(txn, number, &print));
    }
    if let Ok(Some((number, voice))) = row::by_id(txn.view(), "1-1") {
        drop(print::remove_voice(txn, number, &voice));
    }
    drop(speakers::forget_scope(txn, None));
}
