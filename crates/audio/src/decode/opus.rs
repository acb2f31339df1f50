//! Opus (RFC 6716, RFC 7845), which symphonia demuxes but does not decode.

use super::libopus::{Plain, Surround};
use super::mean::Mean;
use super::mix::{self, Mixer};
use super::packet::Chunk;
use sonic_core::{Error, ErrorKind, Result};

/// The rate in which Opus counts time, whatever rate it is decoded at.
pub(super) const OPUS_RATE: u32 = 48_000;
/// Longest packet, in milliseconds.
const PACKET_MS: u32 = 120;

/// The identification header of a stream.
#[derive(Debug, PartialEq)]
pub(super) struct Head {
    pub(super) channels: u8,
    /// Samples at 48 kHz to drop at the start.
    pub(super) pre_skip: u16,
    gain: f32,
    family: u8,
    streams: u8,
    coupled: u8,
    mapping: Vec<u8>,
}

impl Head {
    /// Parses an `OpusHead` packet, or the body of an MP4 `dOps` box with that magic in front of it: the latter
    /// has version 0 and the other byte order.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        Self::fields(bytes).ok_or_else(|| Error::new(ErrorKind::Malformed, "the Opus header is damaged"))
    }

    fn fields(bytes: &[u8]) -> Option<Self> {
        let body = bytes.strip_prefix(b"OpusHead")?;
        let (&[version, channels, skip_a, skip_b, _, _, _, _, gain_a, gain_b, family], table) =
            body.split_first_chunk::<11>()?;
        let big = version == 0;
        let pre_skip =
            if big { u16::from_be_bytes([skip_a, skip_b]) } else { u16::from_le_bytes([skip_a, skip_b]) };
        let gain =
            if big { i16::from_be_bytes([gain_a, gain_b]) } else { i16::from_le_bytes([gain_a, gain_b]) };
        let (streams, coupled, mapping) = match family {
            0 => (1, channels.saturating_sub(1), vec![]),
            _ => (*table.first()?, *table.get(1)?, table.get(2..2 + usize::from(channels))?.to_vec()),
        };
        let gain = 10f32.powf(f32::from(gain) / (20.0 * 256.0));
        let plain = family != 0 || channels <= 2;
        (channels > 0 && plain).then_some(Self {
            channels,
            pre_skip,
            gain,
            family,
            streams,
            coupled,
            mapping,
        })
    }

    /// The header that a mono or stereo stream without one would have.
    pub(super) fn plain(channels: u8) -> Self {
        let coupled = channels - 1;
        Self { channels, pre_skip: 0, gain: 1.0, family: 0, streams: 1, coupled, mapping: vec![] }
    }
}

enum Streams {
    Plain(Plain),
    Mean(Mean),
    Surround(Surround),
}

/// Decodes the packets of one stream to mono.
pub(super) struct Opus {
    streams: Streams,
    /// Interleaved samples of the packet at hand, of more than one channel.
    room: Vec<f32>,
    mixer: Mixer,
    channels: u16,
    rate: u32,
    gain: f32,
}

impl Opus {
    /// A decoder for the stream of `head`, at the cheapest rate that keeps what `target` samples per second can
    /// carry and that can drop `skip` samples (at 48 kHz) exactly.
    pub(super) fn new(head: &Head, target: Option<u32>, skip: u64) -> Result<Self> {
        let rate = cheapest_rate(target.unwrap_or(OPUS_RATE), skip);
        let streams = match (head.family, head.channels) {
            (0, channels) => Plain::new(rate, channels).map(Streams::Plain),
            (1 | 255, 1..=8) => {
                Surround::new(rate, head.streams, head.coupled, &head.mapping).map(Streams::Surround)
            }
            (family, channels) => {
                let message =
                    format!("Opus with {channels} channels in mapping family {family} is not supported");
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
        };
        let broken = || Error::new(ErrorKind::Malformed, "the Opus channel mapping is damaged");
        Ok(Self {
            streams: streams.ok_or_else(broken)?,
            room: vec![0.0; packet_room(rate) * usize::from(head.channels)],
            mixer: Mixer::new(rate),
            channels: head.channels.into(),
            rate,
            gain: head.gain,
        })
    }

    /// The same for sound that comes live: of two channels their mean is decoded as one, which is quicker, as long as they
    /// do not cancel each other.
    pub(super) fn live(head: &Head, target: u32, skip: u64) -> Result<Self> {
        let mut opus = Self::new(head, Some(target), skip)?;
        if (head.family, head.channels) == (0, 2) {
            let mean = Mean::new(opus.rate).ok_or_else(|| Error::new(ErrorKind::Internal, "no decoder"))?;
            opus.streams = Streams::Mean(mean);
        }
        Ok(opus)
    }

    /// Decodes a packet and appends its mix to `mono`.
    pub(super) fn decode(&mut self, packet: &[u8], mono: &mut Vec<f32>) -> Result<Chunk> {
        if packet.is_empty() {
            return Err(damaged("it is empty"));
        }
        let (start, channels) = (mono.len(), usize::from(self.channels));
        let count = match &mut self.streams {
            Streams::Plain(decoder) => decoder.decode(packet, &mut self.room),
            Streams::Mean(mean) => mean.decode(packet, &mut self.room, &mut self.mixer, self.gain, mono),
            Streams::Surround(decoder) => decoder.decode(packet, &mut self.room),
        };
        let frames = count.map_err(|code| damaged(&format!("libopus error {code}")))?;
        if matches!(self.streams, Streams::Mean(_)) {
            return Ok(self.chunk(frames));
        }
        let samples = &self.room[..frames * channels];
        if channels == 1 {
            mono.extend_from_slice(samples);
            mix::finish(&mut mono[start..], self.gain);
        } else {
            self.mixer.interleaved(samples, channels, self.gain, mono);
        }
        Ok(self.chunk(frames))
    }

    fn chunk(&self, frames: usize) -> Chunk {
        let native = frames as u64 * u64::from(OPUS_RATE / self.rate);
        Chunk { rate: self.rate, native_rate: OPUS_RATE, frames: native, channels: self.channels }
    }
}

fn damaged(why: &str) -> Error {
    Error::new(ErrorKind::Malformed, format!("an Opus packet cannot be decoded: {why}"))
}

fn packet_room(rate: u32) -> usize {
    (rate / 1000 * PACKET_MS) as usize
}

fn cheapest_rate(target: u32, skip: u64) -> u32 {
    let exact = |rate: &u32| *rate >= target && skip.is_multiple_of(u64::from(OPUS_RATE / rate));
    [8_000, 12_000, 16_000, 24_000].into_iter().find(exact).unwrap_or(OPUS_RATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_the_cheapest_that_skips_exactly() {
        assert_eq!(cheapest_rate(11_025, 312), 12_000);
        assert_eq!(cheapest_rate(11_025, 313), 48_000);
        assert_eq!(cheapest_rate(16_000, 312), 16_000);
        assert_eq!(cheapest_rate(44_100, 312), 48_000);
    }

    #[test]
    fn both_byte_orders_of_the_header_are_read() {
        let ogg = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0";
        let mp4 = b"OpusHead\x00\x02\x01\x38\0\0\xbb\x80\0\0\0";
        let head = Head::parse(ogg).unwrap();
        assert_eq!((head.channels, head.pre_skip), (2, 312));
        assert_eq!(Head::parse(mp4).unwrap(), head);
        assert!(Head::parse(&ogg[..18]).is_err());
    }
}
