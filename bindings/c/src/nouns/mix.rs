//! Several voices in one sound, and sound files.

use crate::convert::{Out, free, path, slice};
use crate::error::{call, sonic_status};
use sonic::Result;
use sonic::sing::{Track, mix, write_sound};
use std::ffi::c_char;
use std::ptr::null;

/// A voice of a mix. This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_track {
    /// The sound from the start of the song, one channel; not copied.
    pub samples: *const f32,
    /// How many samples there are.
    pub len: usize,
    /// How loud, 0 to 4; 1 changes nothing.
    pub volume: f32,
    /// Where it stands, -1 (left) to 1 (right); 0 is the middle.
    pub pan: f32,
    /// True if it does not sound.
    pub mute: bool,
    /// True if only it, and others like it, sound, whatever is muted.
    pub solo: bool,
}

/// Shared. Several voices in one sound of two channels.
pub struct sonic_mix(Vec<f32>);

/// Mixes `count` voices. One of them that has solo silences all that have not. A voice in the middle has 3 dB less on both
/// sides, so that moving it does not change how loud it is. A mix that is louder than 1 is made as much softer as it needs.
///
/// Errors: INVALID_ARGUMENT for a volume or place out of range.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_mix_new(
    tracks: *const sonic_track,
    count: usize,
    mix: *mut *mut sonic_mix,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (tracks, out) = unsafe { (slice(tracks, count, "tracks")?, Out::new(mix, "mix")?) };
        let track = |track: &sonic_track| {
            // SAFETY: as above.
            let samples = unsafe { slice(track.samples, track.len, "the samples of a track") }?.to_vec();
            let whole = Track::new(samples).with_volume(track.volume).with_pan(track.pan);
            Ok(whole.with_mute(track.mute).with_solo(track.solo))
        };
        let tracks = tracks.iter().map(track).collect::<Result<Vec<_>>>()?;
        out.give(sonic_mix(self::mix(&tracks)?))
    })
}

/// How many numbers the samples are: two a moment, left and right.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_mix_len(mix: *const sonic_mix) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { mix.as_ref() }.map_or(0, |mix| mix.0.len())
}

/// The samples, sonic_mix_len of them, the two channels interleaved; borrowed from the mix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_mix_samples(mix: *const sonic_mix) -> *const f32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { mix.as_ref() }.map_or(null(), |mix| mix.0.as_ptr())
}

/// Frees a mix; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_mix_free(mix: *mut sonic_mix) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(mix) }
}

/// Writes a sound file of one or two channels, whose ending says its format: .wav, .flac or .opus. `samples` are `len`
/// numbers, -1 to 1, the channels interleaved; what is louder is cut. The file has its name when it is whole.
///
/// Errors: INVALID_ARGUMENT for other channels, a rate of 0 or above 655,350, or a number of samples that is not whole for each
/// channel; UNSUPPORTED for another ending; IO if it cannot be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_sound_write(
    file: *const c_char,
    samples: *const f32,
    len: usize,
    channels: u32,
    sample_rate: u32,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (file, samples) = unsafe { (path(file, "file")?, slice(samples, len, "samples")?) };
        write_sound(&file, samples, channels as usize, sample_rate)
    })
}
