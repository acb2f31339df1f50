//! One track's decoder, of symphonia or ours, that gives mono.

use super::MIN_RATE;
use super::aac;
use super::mix::Mixer;
use super::opus::{Head, Opus};
use super::packet::{Chunk, foreign, malformed, unsupported};
use crate::resample::MAX_RATE;
use sonic_core::{Error, ErrorKind, Result};
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::Packet;

/// The decoder of a track.
pub(super) enum Codec {
    Symphonia(Box<dyn AudioDecoder>, Option<Box<Mixer>>),
    Opus(Box<Opus>),
}

/// Most samples of a channel that a packet may hold: FLAC's largest block, and ADPCM's.
const MAX_PACKET_FRAMES: u64 = 1 << 17;

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
        let params = &checked(params)?;
        // Vorbis decoders must drop samples themselves; the padding of MP3 is dropped by `Trim`.
        let options = AudioDecoderOptions::default().gapless(params.codec == CODEC_ID_VORBIS);
        let decoder = symphonia::default::get_codecs().make_audio_decoder(params, &options);
        let decoder = decoder.map_err(|e| match foreign_name(params.codec) {
            Some(name) => unsupported(format!("{name} cannot be decoded")).with_source(e),
            None => foreign("cannot decode this codec", e),
        })?;
        Ok((Self::Symphonia(decoder, None), None))
    }

    /// A decoder like this one, of MPEG audio of another rate, layer or number of channels.
    pub(super) fn of_mpeg(layer: u8) -> Result<Self> {
        let mut params = AudioCodecParameters::new();
        params.for_codec([CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3][usize::from(layer.clamp(1, 3)) - 1]);
        Self::new(&params, None, None).map(|(codec, _)| codec)
    }

    /// True if the packets of the track are already trimmed when they come out.
    pub(super) fn trims_itself(&self) -> bool {
        matches!(self, Self::Symphonia(decoder, _) if decoder.codec_params().codec == CODEC_ID_VORBIS)
    }

    /// A short name, such as "flac".
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Symphonia(decoder, _) => decoder.codec_info().short_name,
            Self::Opus(_) => "opus",
        }
    }

    /// Decodes a packet and appends the mix of its channels to `mono`.
    pub(super) fn decode(&mut self, packet: &Packet, mono: &mut Vec<f32>) -> Result<Chunk> {
        match self {
            Self::Opus(opus) => opus.decode(&packet.data, mono),
            Self::Symphonia(decoder, mixer) => {
                let start = mono.len();
                let buffer = decoder.decode(packet).map_err(|e| foreign("a packet is damaged", e))?;
                let (rate, channels) = (buffer.spec().rate(), buffer.spec().channels().count() as u16);
                check_rate(rate)?;
                mixer.get_or_insert_with(|| Box::new(Mixer::new(rate))).buffer(&buffer, mono);
                let frames = (mono.len() - start) as u64;
                Ok(Chunk { rate, native_rate: rate, frames, channels })
            }
        }
    }
}

/// Refuses parameters by which a decoder would take memory that no packet needs, and kinds of AAC that it would misread.
fn checked(params: &AudioCodecParameters) -> Result<AudioCodecParameters> {
    let mut params = params.clone();
    if params.max_frames_per_packet.is_some_and(|frames| frames > MAX_PACKET_FRAMES) {
        params.max_frames_per_packet = Some(MAX_PACKET_FRAMES);
    }
    let data = params.extra_data.as_deref().unwrap_or_default();
    match params.codec {
        CODEC_ID_AAC if !data.is_empty() => params.extra_data = Some(aac::low_band(data)?),
        CODEC_ID_AAC => params.extra_data = None,
        CODEC_ID_ALAC => {
            // Samples of a packet, in the four bytes at the front.
            let frames = data.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
            if u64::from(frames) > MAX_PACKET_FRAMES {
                let message =
                    format!("ALAC in packets of {frames} samples: at most {MAX_PACKET_FRAMES} are read");
                return Err(Error::new(ErrorKind::Limit, message));
            }
        }
        _ => {}
    }
    Ok(params)
}

/// The names of codecs that containers name and that are not decoded.
fn foreign_name(codec: AudioCodecId) -> Option<&'static str> {
    Some(match codec {
        CODEC_ID_AC3 => "AC-3",
        CODEC_ID_EAC3 => "E-AC-3",
        CODEC_ID_AC4 => "AC-4",
        CODEC_ID_DCA => "DTS",
        CODEC_ID_TRUEHD => "TrueHD",
        CODEC_ID_WMA => "Windows Media Audio",
        CODEC_ID_SPEEX => "Speex",
        CODEC_ID_WAVPACK => "WavPack",
        CODEC_ID_TTA => "True Audio",
        CODEC_ID_MUSEPACK => "Musepack",
        CODEC_ID_MONKEYS_AUDIO => "Monkey's Audio",
        _ => return None,
    })
}

/// Refuses rates at which nobody records, which only a damaged or a hostile header has.
pub(super) fn check_rate(rate: u32) -> Result<()> {
    match rate {
        MIN_RATE..=MAX_RATE => Ok(()),
        0 => Err(malformed("its header names no sample rate")),
        _ => {
            let message =
                format!("{rate} Hz is outside the sample rates that are read, {MIN_RATE} to {MAX_RATE} Hz");
            Err(Error::new(ErrorKind::Limit, message))
        }
    }
}

fn channels(params: &AudioCodecParameters) -> usize {
    params.channels.as_ref().map_or(1, |c| c.count())
}
