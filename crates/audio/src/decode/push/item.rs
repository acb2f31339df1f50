//! What is found in the bytes of slices: sessions, packets with their times, and holes.

use super::super::aac;
use super::super::adts::Frame;
use super::super::blocks::{Layout, params};
use super::super::codec::{Codec, check_rate};
use super::super::frames::Header;
use super::super::mpeg::Mpeg;
use super::super::opus::{Head, OPUS_RATE, Opus};
use super::super::packet::{Discard, malformed, unsupported};
use sonic_core::Result;
use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;

/// Samples of a packet of AAC.
const AAC_SAMPLES: f64 = 1024.0;
/// Longest packet of Opus, in samples at 48 kHz.
const OPUS_LONGEST: u32 = 5_760;
/// Longest frame of Opus, in bytes.
const OPUS_FRAME_BYTES: usize = 1_275;

/// Something in the bytes, in their order.
#[derive(Debug)]
pub(super) enum Item {
    /// A recorder began.
    Session(Track),
    /// A packet of its sound.
    Packet(Packet),
    /// The time, in milliseconds of the container, at which the next packet lies.
    Mark(f64),
    /// Bytes are missing here.
    Hole,
}

/// The sound of one recorder.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub(super) coding: Coding,
    /// Frames at the start that are no sound, and how many a second has.
    pub(super) skip: (u64, u32),
    /// The time of the container at which recordings of this kind begin, in milliseconds.
    pub(super) origin_ms: f64,
    /// Whether the header never came and was made up.
    pub(super) assumed: bool,
}

impl Track {
    /// Milliseconds at the start that are no sound.
    pub(super) fn skip_ms(&self) -> f64 {
        self.skip.0 as f64 * 1000.0 / f64::from(self.skip.1.max(1))
    }
}

/// A packet of sound.
#[derive(Debug, Clone)]
pub(super) struct Packet {
    pub(super) data: Vec<u8>,
    /// How long it sounds.
    pub(super) ms: f64,
    pub(super) time: Time,
    pub(super) discard: Discard,
}

/// What the container says of the time of a packet, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Time {
    /// Nothing.
    None,
    /// When it begins.
    At(f64),
    /// When it begins, by its order: its Cluster was lost.
    ByOrder(f64),
    /// When it begins after the beginning of a Cluster which was lost; or else of the one that is known.
    InCluster(f64, Option<f64>),
}

/// How sound is coded.
#[derive(Debug, Clone)]
pub(super) enum Coding {
    /// Opus, with its identification header.
    Opus(Vec<u8>),
    Pcm(Layout),
    /// AAC-LC, with its configuration; bare frames have none but their own.
    Aac {
        config: Option<Box<[u8]>>,
        rate: u32,
        channels: u8,
    },
    Mpeg(Mpeg),
}

impl Coding {
    /// Opus as recorders code it, of so many channels.
    pub(super) fn plain_opus(channels: u8) -> Self {
        let mut head = b"OpusHead\x01\x00\x00\x00\x80\xbb\0\0\0\0\0".to_vec();
        head[9] = channels.clamp(1, 2);
        Self::Opus(head)
    }

    /// AAC by its configuration in an MP4 file.
    pub(super) fn aac(config: &[u8]) -> Result<Self> {
        let low = aac::low_band(config)?;
        let word = low.iter().take(5).fold(0u64, |word, &byte| word << 8 | u64::from(byte));
        let rate = match low.len() {
            2 => *aac::RATES.get((word >> 7 & 15) as usize).unwrap_or(&0),
            _ => (word >> 7 & 0xff_ffff) as u32,
        };
        check_rate(rate)?;
        Ok(Self::Aac { config: Some(low), rate, channels: 0 })
    }

    /// AAC in bare frames like `frame`.
    pub(super) fn adts(frame: &Frame) -> Result<Self> {
        let (rate, channels) = frame.check()?;
        Ok(Self::Aac { config: None, rate, channels })
    }

    /// A decoder that need not keep more than `target` samples per second, of sound of which `skip` frames at the start
    /// are none.
    pub(super) fn decoder(&self, target: u32, skip: u64) -> Result<Codec> {
        match self {
            Self::Opus(head) => {
                let opus = Opus::live(&Head::parse(head)?, target, skip)?;
                Ok(Codec::Opus(Box::new(opus)))
            }
            Self::Pcm(layout) => {
                check_rate(layout.rate)?;
                Codec::new(&params(layout), None, None).map(|found| found.0)
            }
            Self::Aac { config, rate, channels } => {
                let mut params = AudioCodecParameters::new();
                params.for_codec(CODEC_ID_AAC).with_sample_rate(*rate);
                match config {
                    Some(config) => params.with_extra_data(config.clone()),
                    None => params.with_channels(Channels::Discrete((*channels).into())),
                };
                Codec::new(&params, None, None).map(|found| found.0)
            }
            Self::Mpeg(frame) => Codec::of_mpeg(frame.layer()),
        }
    }

    /// How long a packet sounds, in milliseconds; `None` if it is none of this kind.
    pub(super) fn duration_ms(&self, packet: &[u8]) -> Option<f64> {
        match self {
            Self::Opus(_) => {
                opus_samples(packet).map(|samples| f64::from(samples) * 1000.0 / f64::from(OPUS_RATE))
            }
            Self::Pcm(layout) => {
                let frames = layout.frames_in(packet.len() as u64);
                (frames > 0).then(|| frames as f64 * 1000.0 / f64::from(layout.rate))
            }
            Self::Aac { rate, .. } => (!packet.is_empty()).then(|| AAC_SAMPLES * 1000.0 / f64::from(*rate)),
            Self::Mpeg(frame) => Some(frame.nanos() as f64 / 1e6),
        }
    }
}

/// Samples of a packet of Opus at 48 kHz by its first bytes (RFC 6716, section 3.1); `None` if it is none.
pub(super) fn opus_samples(packet: &[u8]) -> Option<u32> {
    let (&toc, rest) = packet.split_first()?;
    let frame = match toc >> 3 {
        config @ 0..12 => [480, 960, 1_920, 2_880][usize::from(config & 3)],
        config @ 12..16 => [480, 960][usize::from(config & 1)],
        config => [120, 240, 480, 960][usize::from(config & 3)],
    };
    let (frames, most) = match toc & 3 {
        0 => (1, OPUS_FRAME_BYTES),
        1 if rest.len() % 2 == 1 => return None,
        1 => (2, 2 * OPUS_FRAME_BYTES),
        2 => (2, 2 * OPUS_FRAME_BYTES + 2),
        // Padding may be of any length.
        _ => (u32::from(rest.first()? & 63), usize::MAX),
    };
    let samples = frame * frames;
    (frames > 0 && samples <= OPUS_LONGEST && rest.len() <= most).then_some(samples)
}

/// Whether packets look like what an encoder of Opus puts out: all of one length in time, in one mode or another.
pub(super) fn looks_like_opus<'a>(mut packets: impl Iterator<Item = &'a [u8]>) -> Option<u8> {
    let first = packets.next()?;
    let samples = opus_samples(first)?;
    let stereo = first[0] & 4 != 0;
    packets.all(|packet| opus_samples(packet) == Some(samples)).then_some(if stereo { 2 } else { 1 })
}

/// The codec of a Matroska track by its name.
pub(super) fn matroska_coding(
    name: &[u8],
    private: Option<&[u8]>,
    rate: f64,
    channels: u32,
    bits: u32,
) -> Result<Coding> {
    let pcm = |float: bool, big: bool| {
        let found = super::super::blocks::pcm(bits, float, bits > 8, big);
        let (codec, bytes) =
            found.ok_or_else(|| unsupported(format!("PCM of {bits} bits cannot be decoded")))?;
        let rate = rate.clamp(0.0, f64::from(u32::MAX)).round() as u32;
        check_rate(rate)?;
        Ok(Coding::Pcm(Layout::samples(codec, bytes, rate, channels)?))
    };
    match name {
        b"A_OPUS" => match private {
            Some(head) => Head::parse(head).map(|_| Coding::Opus(head.to_vec())),
            None => Ok(Coding::plain_opus(u8::try_from(channels).unwrap_or(2))),
        },
        b"A_PCM/FLOAT/IEEE" => pcm(true, false),
        b"A_PCM/INT/LIT" => pcm(false, false),
        b"A_PCM/INT/BIG" => pcm(false, true),
        b"A_AAC" => Coding::aac(private.ok_or_else(|| malformed("the configuration of the AAC is missing"))?),
        other => {
            let name = String::from_utf8_lossy(other);
            Err(unsupported(format!("slices of WebM whose sound is {name:?} cannot be decoded: record Opus")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_of_opus_tell_their_length() {
        // Hybrid 20 ms three times; CELT 20 ms; SILK 60 ms; two frames of 10 ms.
        for (packet, samples) in [
            (&[0x7f, 0x03, 1, 2][..], Some(2_880)),
            (&[0xfc, 0xff, 0xfe], Some(960)),
            (&[0x18, 1], Some(2_880)),
            (&[0xf1, 1, 1], Some(960)),
            (&[0xf1, 1], None),
            (&[0xff, 0x00], None),
            (&[0xff], None),
            (&[], None),
            (&[0xff, 63], None),
        ] {
            assert_eq!(opus_samples(packet), samples, "{packet:?}");
        }
        assert_eq!(opus_samples(&[0; 1_920]), None, "a frame is not so large");
    }

    #[test]
    fn aac_tells_the_rate_of_its_low_band() {
        let rate = |config: &[u8]| match Coding::aac(config) {
            Ok(Coding::Aac { rate, .. }) => rate,
            _ => 0,
        };
        assert_eq!((rate(&[0x12, 0x10]), rate(&[0x2b, 0x92, 0x08, 0x00])), (44_100, 22_050));
        let odd = (2u64 << 35 | 15 << 31 | 40_000 << 7 | 1 << 3).to_be_bytes();
        assert_eq!(rate(&odd[3..]), 40_000);
    }
}
