//! What makes scores comparable, and counts.

use crate::contents::kept;
use crate::convert::{Sized32, fill, reference, slice};
use crate::embedder::{embedder_of, sonic_voice_embedder};
use crate::error::{call, invalid, sonic_status};
use crate::store::{sonic_store, store_of};
use sonic::{Calibration, Result, Trial, VoiceStats};
use std::ffi::c_char;
use std::ptr::null;

/// Keeps embeddings of strangers that `embedder` made, against whom scores are normalised, in the place of those kept
/// before: `len` numbers, a multiple of sonic_voice_embedder_dims, 20 strangers or more. None takes them away. Without
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
        if !len.is_multiple_of(embedder.dims()) {
            let message = format!("embeddings has {len} numbers, no multiple of {}", embedder.dims());
            return Err(invalid(message));
        }
        let rows: Vec<Vec<f32>> = numbers.chunks(embedder.dims()).map(<[f32]>::to_vec).collect();
        store.voices().set_cohort(embedder.pipeline(), &rows)
    })
}

/// One comparison of two recordings whose speakers are known. This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_voice_trial {
    /// Cosine of the two embeddings.
    pub score: f32,
    /// Not 0 if one person spoke in both.
    pub same: i32,
}

/// How a cosine becomes evidence: its natural log-likelihood ratio is slope * cosine + offset. Set `size` before the
/// call; the rest is filled in as far as it reaches.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_calibration {
    /// sizeof(sonic_calibration)
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Growth of the evidence with the cosine.
    pub slope: f64,
    /// Evidence of a cosine of 0.
    pub offset: f64,
    /// Trials that it was fitted from; 0 if it is a default.
    pub trials: u64,
}

// SAFETY: two u32, then words of eight bytes.
unsafe impl Sized32 for sonic_calibration {
    const LEAST: usize = size_of::<Self>();
}

fn in_c(of: &Calibration) -> sonic_calibration {
    let size = size_of::<sonic_calibration>() as u32;
    sonic_calibration { size, reserved: 0, slope: of.slope, offset: of.offset, trials: of.trials }
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
        let fit = || store.voices().fit_calibration(embedder.pipeline(), &trials);
        // SAFETY: as above.
        unsafe { give(calibration, fit) }
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
            let fitted = store.voices().calibration(embedder.pipeline())?;
            Ok(in_c(&fitted.or(embedder.calibration()).unwrap_or_default()))
        };
        // SAFETY: as above.
        unsafe { fill(calibration, "calibration", read) }
    })
}

/// # Safety
/// `calibration` is as the header says.
unsafe fn give(
    calibration: *mut sonic_calibration,
    work: impl FnOnce() -> Result<Calibration>,
) -> Result<()> {
    if calibration.is_null() {
        return work().map(drop);
    }
    // SAFETY: the caller's promise.
    unsafe { fill(calibration, "calibration", || work().map(|c| in_c(&c))) }
}

/// Counts of the voices. Set `size` before the call; the rest is filled in as far as it reaches.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_voice_stats {
    /// sizeof(sonic_voice_stats)
    pub size: u32,
    /// Numbers of an embedding; 0 while there are none.
    pub dimensions: u32,
    /// Recordings.
    pub recordings: u64,
    /// People.
    pub people: u64,
    /// Strangers of the cohort that was given.
    pub cohort: u64,
    /// Pipeline of the embeddings, borrowed from the store's handle; NULL while there are none.
    pub pipeline: *const c_char,
}

// SAFETY: two u32, three u64, a pointer.
unsafe impl Sized32 for sonic_voice_stats {
    const LEAST: usize = size_of::<Self>();
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
        unsafe { fill(stats, "stats", || Ok(counts(store, &store.store.voices().stats()?))) }
    })
}

fn counts(store: &sonic_store, of: &VoiceStats) -> sonic_voice_stats {
    sonic_voice_stats {
        size: size_of::<sonic_voice_stats>() as u32,
        dimensions: of.dimensions,
        recordings: of.recordings,
        people: of.people,
        cohort: of.cohort,
        pipeline: of.pipeline.as_ref().map_or(null(), |p| kept(store, p)),
    }
}
