//! libopus, as its C interface is.

#![expect(unsafe_code, reason = "libopus keeps its C interface")]

use sonic_core::{Error, ErrorKind, Result};
use std::ptr::NonNull;
use unsafe_libopus::{
    OPUS_APPLICATION_AUDIO, OPUS_GET_LOOKAHEAD_REQUEST, OPUS_SET_BITRATE_REQUEST, OpusEncoder,
    opus_encode_float, opus_encoder_create, opus_encoder_ctl, opus_encoder_destroy,
};

/// Samples of a packet, of each channel: 20 ms.
pub(super) const PACKET: usize = 960;
/// Bits a second, of each channel.
const BITRATE: i32 = 96_000;
/// The largest packet that libopus makes (RFC 6716: 1275 bytes a frame).
const MOST_BYTES: usize = 1276;

/// An encoder of 48 kHz.
pub(super) struct Encoder {
    state: NonNull<OpusEncoder>,
    channels: usize,
    /// Samples that come out before the first that went in.
    pub(super) delay: usize,
}

// SAFETY: the state is one block of memory that only this handle reaches; libopus keeps nothing by thread.
unsafe impl Send for Encoder {}

impl Encoder {
    pub(super) fn new(channels: usize) -> Result<Self> {
        let mut error = 0;
        // SAFETY: the arguments are checked by the callee; a null result is handled.
        let state =
            unsafe { opus_encoder_create(48_000, channels as i32, OPUS_APPLICATION_AUDIO, &mut error) };
        let state = NonNull::new(state).ok_or_else(|| refused(error))?;
        let mut encoder = Self { state, channels, delay: 0 };
        let mut delay = 0i32;
        // SAFETY: the state is valid, and each request comes with the argument that it is described with.
        let answer = unsafe {
            opus_encoder_ctl!(encoder.state.as_ptr(), OPUS_SET_BITRATE_REQUEST, BITRATE * channels as i32)
                | opus_encoder_ctl!(encoder.state.as_ptr(), OPUS_GET_LOOKAHEAD_REQUEST, &mut delay)
        };
        encoder.delay = usize::try_from(delay).unwrap_or(0);
        if answer == 0 { Ok(encoder) } else { Err(refused(answer)) }
    }

    /// One packet of [`PACKET`] samples of each channel.
    pub(super) fn encode(&mut self, samples: &[f32]) -> Result<Vec<u8>> {
        if samples.len() != PACKET * self.channels {
            return Err(Error::new(ErrorKind::Internal, "a packet of another length"));
        }
        let mut packet = vec![0u8; MOST_BYTES];
        // SAFETY: the state is valid; each pointer comes with the length of its slice, checked above.
        let length = unsafe {
            opus_encode_float(
                self.state.as_ptr(),
                samples.as_ptr(),
                PACKET as i32,
                packet.as_mut_ptr(),
                MOST_BYTES as i32,
            )
        };
        packet.truncate(usize::try_from(length).map_err(|_| refused(length))?);
        Ok(packet)
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: the state is valid and never used again.
        unsafe { opus_encoder_destroy(self.state.as_ptr()) };
    }
}

fn refused(code: i32) -> Error {
    Error::new(ErrorKind::Internal, format!("the Opus encoder answered {code}"))
}
