//! What makes scores comparable, and counts.

use crate::convert::{invalid, reference, slice};
use crate::error::{call, sonic_status};
use crate::nouns::calibration::{
    calibration_in_c, sonic_calibration, sonic_voice_stats, sonic_voice_trial, voice_stats_in_c,
};
use crate::nouns::embedder::{embedder_of, sonic_voice_embedder};
use crate::nouns::store::{sonic_store, store_of};
use crate::options::{fill, fill_some};
use sonic::voices::Trial;

/// Keeps embeddings of strangers that `embedder` made, against whom scores are normalised, in the place of those kept
/// before: `len` numbers, a multiple of sonic_voice_embedder_dimensions, 20 strangers or more. None takes them away. Without
/// them a store of 50 people or more uses its people.
///
/// Errors: INVALID_ARGUMENT if `len` is another or there are fewer strangers; MISMATCH if the embedder's pipeline is not
/// the store's; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_set_cohort(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    embeddings: *const f32,
    len: usize,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, embedder) = unsafe { (store_of(store)?, embedder_of(embedder)?) };
        // SAFETY: as above.
        let numbers = unsafe { slice(embeddings, len, "embeddings") }?;
        if !len.is_multiple_of(embedder.dimensions()) {
            let message = format!("embeddings has {len} numbers, no multiple of {}", embedder.dimensions());
            return Err(invalid(message));
        }
        let rows: Vec<Vec<f32>> = numbers.chunks(embedder.dimensions()).map(<[f32]>::to_vec).collect();
        store.voices().set_cohort(embedder.speech_pipeline(), &rows)
    })
}

/// Fits how scores become probabilities from `count` trials made with `embedder`, 20 of one speaker and 20 of two or
/// more, and keeps it for the embedder's pipeline. `calibration` may be NULL.
///
/// Errors: INVALID_ARGUMENT if there are fewer, a score is not finite, or the scores of one speaker are not the larger
/// ones; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_fit_calibration(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    trials: *const sonic_voice_trial,
    count: usize,
    calibration: *mut sonic_calibration,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, embedder) = unsafe { (store_of(store)?, embedder_of(embedder)?) };
        // SAFETY: as above.
        let trials = unsafe { slice(trials, count, "trials") }?;
        let trials: Vec<Trial> = trials.iter().map(|t| Trial { score: t.score, same: t.same != 0 }).collect();
        let fit = || store.voices().fit_calibration(embedder.speech_pipeline(), &trials);
        // SAFETY: as above.
        unsafe { fill_some(calibration, "calibration", || Ok(calibration_in_c(&fit()?))) }
    })
}

/// How scores of the embedder's pipeline become probabilities: as fitted, or by default.
///
/// Errors: MALFORMED if the calibration is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_calibration(
    store: *const sonic_store,
    embedder: *const sonic_voice_embedder,
    calibration: *mut sonic_calibration,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, embedder) = unsafe { (store_of(store)?, embedder_of(embedder)?) };
        let read = || {
            let fitted = store.voices().calibration(embedder.speech_pipeline())?;
            Ok(calibration_in_c(&fitted.or(embedder.calibration()).unwrap_or_default()))
        };
        // SAFETY: as above.
        unsafe { fill(calibration, "calibration", read) }
    })
}

/// Counts, in the same short time at any size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_stats(
    store: *const sonic_store,
    stats: *mut sonic_voice_stats,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let store = unsafe { reference(store, "store") }?;
        // SAFETY: as above.
        unsafe { fill(stats, "stats", || Ok(voice_stats_in_c(store, &store.store.voices().stats()?))) }
    })
}
