//! What a codec leaves of sound: Opus there and back, by the library that decodes it in sonic.

#![expect(unsafe_code, reason = "libopus keeps its C interface")]

use crate::Anyhow;
use std::ptr::NonNull;
use unsafe_libopus::{
    OPUS_APPLICATION_AUDIO, opus_decode_float, opus_decoder_create, opus_decoder_destroy, opus_encode_float,
    opus_encoder_create, opus_encoder_destroy,
};

/// The rate of what goes in and comes out.
pub(crate) const RATE: i32 = 24_000;
/// Samples of a packet (20 ms).
const PACKET: usize = 480;

/// `samples` at [`RATE`] after a codec of so many bits a second.
pub(crate) fn coded(samples: &[f32], bits_per_second: usize) -> Anyhow<Vec<f32>> {
    let bytes = bits_per_second * PACKET / RATE as usize / 8;
    let mut error = 0;
    // SAFETY: the arguments are checked by the callee; null results are handled.
    let (encoder, decoder) = unsafe {
        (
            opus_encoder_create(RATE, 1, OPUS_APPLICATION_AUDIO, &mut error),
            opus_decoder_create(RATE, 1, &mut error),
        )
    };
    let encoder = NonNull::new(encoder).ok_or("no encoder")?;
    let decoder = NonNull::new(decoder).ok_or("no decoder")?;
    let mut out = Vec::with_capacity(samples.len());
    let (mut packet, mut pcm) = (vec![0u8; bytes], [0.0f32; PACKET]);
    let (room, frames) = (bytes as i32, PACKET as i32);
    for samples in samples.chunks_exact(PACKET) {
        // SAFETY: the handles are valid; each pointer comes with the length of its slice.
        let done = unsafe {
            let length =
                opus_encode_float(encoder.as_ptr(), samples.as_ptr(), frames, packet.as_mut_ptr(), room);
            opus_decode_float(decoder.as_ptr(), packet.as_ptr(), length, pcm.as_mut_ptr(), frames, 0)
        };
        if done != frames {
            return Err(format!("the codec answered {done}").into());
        }
        out.extend_from_slice(&pcm);
    }
    // SAFETY: the handles are valid and never used again.
    unsafe {
        opus_encoder_destroy(encoder.as_ptr());
        opus_decoder_destroy(decoder.as_ptr());
    }
    Ok(out)
}
