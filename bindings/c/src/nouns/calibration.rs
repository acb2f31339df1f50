//! How scores of voices become probabilities, and counts of voices.

use crate::nouns::store::{kept, sonic_store};
use crate::options::Sized32;
use sonic::voices::{Calibration, VoiceStats};
use std::ffi::c_char;
use std::ptr::null;

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

pub(crate) fn calibration_in_c(of: &Calibration) -> sonic_calibration {
    let size = size_of::<sonic_calibration>() as u32;
    sonic_calibration { size, reserved: 0, slope: of.slope, offset: of.offset, trials: of.trials }
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

pub(crate) fn voice_stats_in_c(store: &sonic_store, of: &VoiceStats) -> sonic_voice_stats {
    sonic_voice_stats {
        size: size_of::<sonic_voice_stats>() as u32,
        dimensions: of.dimensions,
        recordings: of.recordings,
        people: of.people,
        cohort: of.cohort,
        pipeline: of.pipeline.as_ref().map_or(null(), |p| kept(store, p)),
    }
}
