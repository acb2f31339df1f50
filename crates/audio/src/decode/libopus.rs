//! The only unsafe code of the decoder: two owned handles over libopus, which `unsafe-libopus` translated to Rust.

#![expect(unsafe_code, reason = "libopus keeps its C interface: raw pointers and manual release")]

use std::ptr::NonNull;
use unsafe_libopus::{
    OpusDecoder, OpusMSDecoder, opus_decode_float, opus_decoder_create, opus_decoder_destroy,
    opus_multistream_decode_float, opus_multistream_decoder_create, opus_multistream_decoder_destroy,
};

/// Decodes one stream, mono or stereo.
pub(super) struct Plain {
    decoder: NonNull<OpusDecoder>,
    channels: usize,
}

// SAFETY: the handle owns plain memory that no other handle and no thread-local state refers to.
unsafe impl Send for Plain {}
// SAFETY: a shared reference gives access to nothing; every method needs a unique one.
unsafe impl Sync for Plain {}

impl Plain {
    /// A decoder at `rate` samples per second: 8, 12, 16, 24 or 48 thousand, of one or two channels.
    pub(super) fn new(rate: u32, channels: u8) -> Option<Self> {
        let mut error = 0;
        // SAFETY: the arguments are checked by the callee; a null result is handled.
        let decoder = unsafe { opus_decoder_create(rate as i32, channels.into(), &mut error) };
        Some(Self { decoder: NonNull::new(decoder)?, channels: channels.into() })
    }

    /// Decodes `packet` to interleaved frames at the front of `pcm`; the number of frames, or the error code of libopus.
    pub(super) fn decode(&mut self, packet: &[u8], pcm: &mut [f32]) -> Result<usize, i32> {
        let (length, room) = (count(packet.len()), count(pcm.len() / self.channels));
        // SAFETY: the handle is valid and borrowed uniquely; both pointers come with lengths that do not exceed
        // their slices; libopus writes at most `room` frames of `channels` samples.
        let done = unsafe {
            opus_decode_float(self.decoder.as_ptr(), packet.as_ptr(), length, pcm.as_mut_ptr(), room, 0)
        };
        usize::try_from(done).map_err(|_| done)
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        // SAFETY: the handle is valid and never used again.
        unsafe { opus_decoder_destroy(self.decoder.as_ptr()) }
    }
}

/// Decodes several coupled streams to interleaved channels.
pub(super) struct Surround {
    decoder: NonNull<OpusMSDecoder>,
    channels: usize,
}

// SAFETY: as for `Plain`.
unsafe impl Send for Surround {}
// SAFETY: as for `Plain`.
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
