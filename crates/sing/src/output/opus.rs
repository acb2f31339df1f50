//! Ogg Opus (RFC 7845): pages of packets of 20 ms at 48 kHz.

mod encoder;
mod resample;

use encoder::{Encoder, PACKET};
use resample::Resampler;
use sonic_core::Result;

/// Packets of a page. Each takes 6 of the 255 lengths that a page has, at most.
const PACKETS: usize = 40;
/// The stream's number; a file has one.
const SERIAL: u32 = 0x736f_6e69;

/// The flags of a page.
const FIRST: u8 = 2;
const LAST: u8 = 4;

pub(super) struct Opus {
    channels: usize,
    sample_rate: u32,
    encoder: Encoder,
    resampler: Resampler,
    /// Samples at 48 kHz that fill no packet yet.
    pending: Vec<f32>,
    /// Packets that fill no page yet.
    packets: Vec<Vec<u8>>,
    pages: u32,
    /// Samples at 48 kHz in packets so far.
    coded: u64,
    /// Samples of a channel that came in.
    given: u64,
}

impl Opus {
    pub(super) fn new(channels: usize, sample_rate: u32) -> Result<Self> {
        Ok(Self {
            channels,
            sample_rate,
            encoder: Encoder::new(channels)?,
            resampler: Resampler::new(channels, sample_rate),
            pending: Vec::new(),
            packets: Vec::new(),
            pages: 0,
            coded: 0,
            given: 0,
        })
    }

    /// The two pages of headers.
    pub(super) fn head(&mut self) -> Vec<u8> {
        let mut head = b"OpusHead\x01".to_vec();
        head.push(self.channels as u8);
        head.extend_from_slice(&(self.encoder.delay as u16).to_le_bytes());
        head.extend_from_slice(&self.sample_rate.to_le_bytes());
        head.extend_from_slice(&[0, 0, 0]); // No gain; one stream.
        let mut tags = b"OpusTags\x05\0\0\0sonic".to_vec();
        tags.extend_from_slice(&0u32.to_le_bytes());
        let mut out = self.page(&[head], FIRST, 0);
        out.extend(self.page(&[tags], 0, 0));
        out
    }

    pub(super) fn encode(&mut self, samples: &[f32]) -> Result<Vec<u8>> {
        self.given += (samples.len() / self.channels) as u64;
        let mut fresh = self.resampler.push(samples);
        self.pending.append(&mut fresh);
        self.packets_of_pending()?;
        let mut out = Vec::new();
        // The last page has another flag: one packet is kept back.
        while self.packets.len() > PACKETS {
            let packets: Vec<_> = self.packets.drain(..PACKETS).collect();
            self.coded += (PACKETS * PACKET) as u64;
            let granule = self.coded;
            out.extend(self.page(&packets, 0, granule));
        }
        Ok(out)
    }

    fn packets_of_pending(&mut self) -> Result<()> {
        let size = PACKET * self.channels;
        let pending = std::mem::take(&mut self.pending);
        let whole = pending.chunks_exact(size);
        self.pending = whole.remainder().to_vec();
        for samples in whole {
            self.packets.push(self.encoder.encode(samples)?);
        }
        Ok(())
    }

    /// The end: silence until the last sample is out of the encoder, and the true length.
    pub(super) fn rest(&mut self) -> Result<Vec<u8>> {
        let mut fresh = self.resampler.rest();
        self.pending.append(&mut fresh);
        self.pending.resize(self.pending.len() + self.encoder.delay * self.channels, 0.0);
        let size = PACKET * self.channels;
        self.pending.resize(self.pending.len().next_multiple_of(size), 0.0);
        self.packets_of_pending()?;
        let length = (u128::from(self.given) * 48_000).div_ceil(u128::from(self.sample_rate)) as u64;
        let end = length + self.encoder.delay as u64;
        let mut out = Vec::new();
        while !self.packets.is_empty() {
            let count = self.packets.len().min(PACKETS);
            let packets: Vec<_> = self.packets.drain(..count).collect();
            self.coded += (count * PACKET) as u64;
            let last = self.packets.is_empty();
            let granule = if last { end.min(self.coded) } else { self.coded };
            out.extend(self.page(&packets, if last { LAST } else { 0 }, granule));
        }
        Ok(out)
    }

    fn page(&mut self, packets: &[Vec<u8>], flags: u8, granule: u64) -> Vec<u8> {
        let mut lacing = Vec::new();
        for packet in packets {
            lacing.extend(std::iter::repeat_n(255, packet.len() / 255));
            lacing.push((packet.len() % 255) as u8);
        }
        let mut out = b"OggS\0".to_vec();
        out.push(flags);
        out.extend_from_slice(&granule.to_le_bytes());
        out.extend_from_slice(&SERIAL.to_le_bytes());
        out.extend_from_slice(&self.pages.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.push(lacing.len() as u8);
        out.extend(lacing);
        packets.iter().for_each(|packet| out.extend_from_slice(packet));
        let check = super::bits::crc32(&out);
        out[22..26].copy_from_slice(&check.to_le_bytes());
        self.pages += 1;
        out
    }
}
