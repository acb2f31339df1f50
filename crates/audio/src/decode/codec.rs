//! One track's decoder, of symphonia or ours, that gives mono.

use super::mix;
use super::opus::{Head, Opus};
use super::packet::{Chunk, foreign};
use sonic_core::{Error, ErrorKind, Result};
use symphonia::core::codecs::audio::well_known::{CODEC_ID_OPUS, CODEC_ID_VORBIS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::Packet;

/// The decoder of a track.
pub(super) enum Codec {
    Symphonia(Box<dyn AudioDecoder>),
    Opus(Box<Opus>),
}

impl Codec {
    /// A decoder for `params` that need not keep more than `target` samples per second, and the samples at
    /// 48 kHz that an Opus header says to drop. `start` are those that the container says to drop.
    pub(super) fn new(
        params: &AudioCodecParameters,
        target: Option<u32>,
        start: Option<u64>,
    ) -> Result<(Self, Option<u64>)> {
        if params.codec == CODEC_ID_OPUS {
            let head = match &params.extra_data {
                Some(data) => Head::parse(data)?,
                None => Head::plain(channels(params).clamp(1, 2) as u8),
            };
            let skip = start.unwrap_or(head.pre_skip.into());
            return Ok((Self::Opus(Box::new(Opus::new(&head, target, skip)?)), Some(skip)));
        }
        // Vorbis decoders must drop samples themselves; the padding of MP3 is dropped by `Trim`.
        let options = AudioDecoderOptions::default().gapless(params.codec == CODEC_ID_VORBIS);
        let decoder = symphonia::default::get_codecs().make_audio_decoder(params, &options);
        Ok((Self::Symphonia(decoder.map_err(|e| foreign("cannot decode this codec", e))?), None))
    }

    /// True if the packets of the track are already trimmed when they come out.
    pub(super) fn trims_itself(&self) -> bool {
        matches!(self, Self::Symphonia(decoder) if decoder.codec_params().codec == CODEC_ID_VORBIS)
    }

    /// A short name, such as "flac".
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Symphonia(decoder) => decoder.codec_info().short_name,
            Self::Opus(_) => "opus",
        }
    }

    /// Decodes a packet and appends the mean of its channels to `mono`.
    pub(super) fn decode(&mut self, packet: &Packet, mono: &mut Vec<f32>) -> Result<Chunk> {
        match self {
            Self::Opus(opus) => opus.decode(&packet.data, mono),
            Self::Symphonia(decoder) => {
                let start = mono.len();
                let buffer = decoder.decode(packet).map_err(|e| foreign("a packet is damaged", e))?;
                let (rate, channels) = (buffer.spec().rate(), buffer.spec().channels().count() as u16);
                check_rate(rate)?;
                mix::planes(&buffer, mono);
                let frames = (mono.len() - start) as u64;
                Ok(Chunk { rate, native_rate: rate, frames, channels })
            }
        }
    }
}

/// Refuses rates at which nobody records, which only a damaged header has.
pub(super) fn check_rate(rate: u32) -> Result<()> {
    match rate {
        1..=crate::resample::MAX_RATE => Ok(()),
        _ => Err(Error::new(ErrorKind::Malformed, format!("{rate} Hz is no sample rate"))),
    }
}

fn channels(params: &AudioCodecParameters) -> usize {
    params.channels.as_ref().map_or(1, |c| c.count())
}
