//! The only unsafe code of the decoder: two owned handles over libopus, which `unsafe-libopus` translated to Rust.

#![expect(unsafe_code, reason = "libopus keeps its C interface: raw pointers and manual release")]

use std::ptr::NonNull;
use unsafe_libopus::varargs::{IntoVarArg, VarArgs};
use unsafe_libopus::{
    OPUS_SET_PHASE_INVERSION_DISABLED_REQUEST, OpusDecoder, OpusMSDecoder, opus_decode_float,
    opus_decoder_create, opus_decoder_ctl_impl, opus_decoder_destroy, opus_multistream_decode_float,
    opus_multistream_decoder_create, opus_multistream_decoder_destroy,
};

/// Decodes one stream, mono or stereo, to its mean.
pub(super) struct Mono(NonNull<OpusDecoder>);

// SAFETY: the handle owns plain memory that no other handle and no thread-local state refers to.
unsafe impl Send for Mono {}
// SAFETY: a shared reference gives access to nothing; every method needs a unique one.
unsafe impl Sync for Mono {}

impl Mono {
    /// A decoder at `rate` samples per second: 8, 12, 16, 24 or 48 thousand.
    pub(super) fn new(rate: u32) -> Option<Self> {
        let mut error = 0;
        // SAFETY: the arguments are checked by the callee; a null result is handled.
        let decoder = NonNull::new(unsafe { opus_decoder_create(rate as i32, 1, &mut error) })?;
        // SAFETY: the handle is valid, and the request takes one i32 by value. It makes the mix the plain mean.
        unsafe {
            let off = VarArgs::new(vec![0.into_vararg()]);
            opus_decoder_ctl_impl(decoder.as_ptr(), OPUS_SET_PHASE_INVERSION_DISABLED_REQUEST, off);
        }
        Some(Self(decoder))
    }

    /// Decodes `packet` to the front of `pcm`; the number of samples, or the error code of libopus.
    pub(super) fn decode(&mut self, packet: &[u8], pcm: &mut [f32]) -> Result<usize, i32> {
        let (length, room) = (count(packet.len()), count(pcm.len()));
        // SAFETY: the handle is valid and borrowed uniquely; both pointers come with lengths that do not exceed
        // their slices; libopus writes at most `room` samples, as there is one channel.
        let done =
            unsafe { opus_decode_float(self.0.as_ptr(), packet.as_ptr(), length, pcm.as_mut_ptr(), room, 0) };
        usize::try_from(done).map_err(|_| done)
    }
}

impl Drop for Mono {
    fn drop(&mut self) {
        // SAFETY: the handle is valid and never used again.
        unsafe { opus_decoder_destroy(self.0.as_ptr()) }
    }
}

/// Decodes several coupled streams to interleaved channels.
pub(super) struct Surround {
    decoder: NonNull<OpusMSDecoder>,
    channels: usize,
}

// SAFETY: as for `Mono`.
unsafe impl Send for Surround {}
// SAFETY: as for `Mono`.
unsafe impl Sync for Surround {}

impl Surround {
    /// A decoder of `streams` streams, the first `coupled` of them stereo; `mapping` names for each channel the
    /// decoded channel it is taken from, 255 for silence.
    pub(super) fn new(rate: u32, streams: u8, coupled: u8, mapping: &[u8]) -> Option<Self> {
        let (channels, decoded) = (mapping.len(), u32::from(streams) + u32::from(coupled));
        let sound = coupled <= streams && mapping.iter().all(|&m| m == 255 || u32::from(m) < decoded);
        if !sound || decoded > 255 {
            return None;
        }
        let (channel_count, streams, coupled) = (count(channels), i32::from(streams), i32::from(coupled));
        let (rate, mut error) = (rate as i32, 0);
        // SAFETY: `mapping` holds one byte for each channel, and the values were checked above.
        let decoder = NonNull::new(unsafe {
            opus_multistream_decoder_create(
                rate,
                channel_count,
                streams,
                coupled,
                mapping.as_ptr(),
                &mut error,
            )
        })?;
        Some(Self { decoder, channels })
    }

    /// Decodes `packet` to interleaved frames at the front of `pcm`; the number of frames, or an error code.
    pub(super) fn decode(&mut self, packet: &[u8], pcm: &mut [f32]) -> Result<usize, i32> {
        let (length, room) = (count(packet.len()), count(pcm.len() / self.channels));
        // SAFETY: the handle is valid and borrowed uniquely; both pointers come with lengths that do not exceed
        // their slices; libopus writes at most `room` frames of `channels` samples.
        let done = unsafe {
            opus_multistream_decode_float(
                self.decoder.as_ptr(),
                packet.as_ptr(),
                length,
                pcm.as_mut_ptr(),
                room,
                0,
            )
        };
        usize::try_from(done).map_err(|_| done)
    }
}

impl Drop for Surround {
    fn drop(&mut self) {
        // SAFETY: the handle is valid and never used again.
        unsafe { opus_multistream_decoder_destroy(self.decoder.as_ptr()) }
    }
}

fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}
