//! From placed packets to chunks of sound: one assembler for each stretch without a gap.

use super::super::assembler::Assembler;
use super::super::blocks::Layout;
use super::super::codec::Codec;
use super::super::packet::{Chunk as Decoded, Discard};
use super::super::trim::Trim;
use super::Chunk;
use super::item::{Coding, Packet, Track};
use sonic_core::guard::guard;
use sonic_core::{ErrorKind, Result};
use std::collections::VecDeque;
use symphonia::core::packet::Packet as Foreign;
use symphonia::core::units::{Duration, Timestamp};

/// Times that differ by less, in milliseconds, are the same.
const SAME_MS: f64 = 0.75;
/// Packets that are kept so that another process can go on: longer than a decoder remembers.
const REMEMBERED_MS: f64 = 320.0;
/// Most gaps that are kept: the last ones.
const MOST_GAPS: usize = 4_096;
/// Most frames of PCM that are decoded at once.
const PCM_FRAMES: u32 = 2_048;

/// Decodes packets.
pub(super) struct Sound {
    rate: u32,
    codec: Option<Codec>,
    coding: Option<Coding>,
    stretch: Option<Stretch>,
    /// Where the sound ends that was taken so far, in milliseconds; what lies there is not all handed out yet.
    pub(super) end_ms: f64,
    /// What the clock of the container is ahead of the samples by, so far.
    pub(super) slew_ms: f64,
    chunks: Vec<Chunk>,
    /// Whether the last chunk goes on.
    open: bool,
    pub(super) gaps: VecDeque<(f64, f64)>,
    /// The last packets, with where they lie.
    pub(super) recent: VecDeque<(f64, Packet)>,
    samples: Vec<f32>,
    pub(super) damaged: u64,
}

/// Sound without a gap.
struct Stretch {
    assembler: Assembler,
    start_ms: f64,
    handed_out: u64,
    /// Samples that another process handed out.
    drop: u64,
    /// Where the next packet lies if it goes on.
    next_ms: f64,
}

impl Stretch {
    fn at_ms(&self, rate: u32) -> f64 {
        self.start_ms + self.handed_out as f64 * 1000.0 / f64::from(rate)
    }
}

impl Sound {
    /// Sound at `rate` samples per second.
    pub(super) fn new(rate: u32) -> Self {
        Self {
            rate,
            codec: None,
            coding: None,
            stretch: None,
            end_ms: 0.0,
            slew_ms: 0.0,
            chunks: Vec::new(),
            open: false,
            gaps: VecDeque::new(),
            recent: VecDeque::new(),
            samples: Vec::new(),
            damaged: 0,
        }
    }

    /// What was decoded since.
    pub(super) fn take(&mut self) -> Vec<Chunk> {
        self.open = false;
        std::mem::take(&mut self.chunks)
    }

    /// Another recording follows.
    pub(super) fn session(&mut self, track: &Track) -> Result<()> {
        self.finish()?;
        self.recent.clear();
        (self.codec, self.coding) = (None, None);
        self.codec = Some(guard(ErrorKind::Malformed, "the decoder", || {
            let (frames, per_second) = track.skip;
            track.coding.decoder(self.rate, super::super::trim::rescale(frames, per_second, 48_000))
        })?);
        self.coding = Some(track.coding.clone());
        Ok(())
    }

    /// Decodes a packet whose first sample lies at `at_ms`; what lies before `floor_ms` is no sound.
    pub(super) fn packet(&mut self, at_ms: f64, floor_ms: f64, packet: Packet) -> Result<()> {
        if self.stretch.as_ref().is_none_or(|stretch| (stretch.next_ms - at_ms).abs() > SAME_MS) {
            self.finish()?;
            let start_ms = at_ms.max(floor_ms).max(self.end_ms);
            if start_ms - self.end_ms > SAME_MS {
                self.gap(start_ms);
            }
            self.begin(at_ms, start_ms);
        }
        let decoded = self.decode(&packet, true)?;
        let ends_ms = at_ms + packet.ms;
        if decoded {
            self.end_ms = self.end_ms.max(ends_ms);
            if let Some(stretch) = &mut self.stretch {
                stretch.next_ms = ends_ms;
            }
        } else {
            self.damaged += 1;
        }
        self.remember(at_ms, packet);
        Ok(())
    }

    fn begin(&mut self, at_ms: f64, start_ms: f64) {
        let nanos = ((start_ms - at_ms).max(0.0) * 1e6).round() as u64;
        let assembler = Assembler::live(self.rate, Trim::new(nanos, 1_000_000_000));
        self.stretch = Some(Stretch { assembler, start_ms, handed_out: 0, drop: 0, next_ms: at_ms });
    }

    fn gap(&mut self, to_ms: f64) {
        let gap = (self.end_ms + self.slew_ms, to_ms + self.slew_ms);
        match self.gaps.back_mut() {
            Some(last) if (last.1 - gap.0).abs() <= SAME_MS => last.1 = gap.1,
            _ => self.gaps.push_back(gap),
        }
        if self.gaps.len() > MOST_GAPS {
            self.gaps.pop_front();
        }
    }

    fn remember(&mut self, at_ms: f64, packet: Packet) {
        self.recent.push_back((at_ms, packet));
        let mut length: f64 = self.recent.iter().map(|recent| recent.1.ms).sum();
        while let Some(first) = self.recent.front().filter(|first| length - first.1.ms > REMEMBERED_MS) {
            length -= first.1.ms;
            self.recent.pop_front();
        }
    }

    /// Decodes a packet to the end of the stretch; whether it could be.
    fn decode(&mut self, packet: &Packet, hand_out: bool) -> Result<bool> {
        let size = match &self.coding {
            Some(Coding::Pcm(layout)) => pcm_bytes(layout),
            _ => packet.data.len().max(1),
        };
        let parts = packet.data.chunks(size).count();
        for (n, part) in packet.data.chunks(size).enumerate() {
            let discard = if n + 1 == parts { packet.discard } else { Discard::default() };
            let Some(decoded) = self.decode_part(part) else { return Ok(n > 0) };
            let Some(stretch) = &mut self.stretch else { return Ok(false) };
            stretch.assembler.push(decoded, &mut self.samples, discard)?;
            if hand_out {
                stretch.assembler.advance()?;
                self.hand_out();
            }
        }
        Ok(parts > 0)
    }

    fn decode_part(&mut self, part: &[u8]) -> Option<Decoded> {
        let codec = self.codec.as_mut()?;
        self.samples.clear();
        let foreign = Foreign::new(0, Timestamp::new(0), Duration::new(0), part.to_vec());
        let samples = &mut self.samples;
        // Its own result inside: damage is no failure.
        guard(ErrorKind::Malformed, "the decoder", || codec.decode(&foreign, samples)).ok()
    }

    /// Appends what the assembler has to the last chunk, or begins one.
    fn hand_out(&mut self) {
        let Some(stretch) = &mut self.stretch else { return };
        let block = stretch.assembler.block();
        let dropped = usize::try_from(stretch.drop).unwrap_or(usize::MAX).min(block.len());
        let block = &block[dropped..];
        stretch.drop -= dropped as u64;
        stretch.handed_out += dropped as u64;
        if !block.is_empty() {
            if !self.open {
                let start_ms = stretch.at_ms(self.rate) + self.slew_ms;
                self.chunks.push(Chunk { start_ms, samples: Vec::new() });
                self.open = true;
            }
            if let Some(chunk) = self.chunks.last_mut() {
                chunk.samples.extend_from_slice(block);
            }
            stretch.handed_out += block.len() as u64;
        }
        stretch.assembler.clear();
    }

    /// Ends the stretch: hands out all that was taken.
    pub(super) fn finish(&mut self) -> Result<()> {
        let Some(stretch) = &mut self.stretch else { return Ok(()) };
        stretch.assembler.finish()?;
        self.hand_out();
        if let Some(stretch) = self.stretch.take() {
            // What a container cuts off at the end is no sound.
            self.end_ms = stretch.at_ms(self.rate).max(stretch.start_ms);
        }
        self.open = false;
        Ok(())
    }

    /// Where the next sample lies that is handed out, if the sound goes on.
    pub(super) fn handed_out_to(&self) -> Option<f64> {
        self.stretch
            .as_ref()
            .map(|stretch| stretch.at_ms(self.rate) + stretch.drop as f64 * 1000.0 / f64::from(self.rate))
    }

    /// Goes on where another process handed out the sound up to `handed_out_to`, the last packets of which are `recent`.
    pub(super) fn take_up(
        &mut self,
        recent: VecDeque<(f64, Packet)>,
        handed_out_to: Option<f64>,
    ) -> Result<()> {
        if let (Some(first), Some(to_ms)) = (recent.front().map(|recent| recent.0), handed_out_to) {
            // Packets before the last gap only bring the decoder back on its track.
            let mut last_ms = first;
            self.begin(first, first);
            for (at_ms, packet) in &recent {
                if (at_ms - last_ms).abs() > SAME_MS {
                    self.begin(*at_ms, *at_ms);
                }
                self.decode(packet, false)?;
                last_ms = at_ms + packet.ms;
            }
            if let Some(stretch) = &mut self.stretch {
                stretch.next_ms = last_ms;
                let drop_ms = (to_ms - stretch.start_ms).max(0.0);
                stretch.drop = (drop_ms * f64::from(self.rate) / 1000.0).round() as u64;
                stretch.assembler.advance()?;
                self.hand_out();
            }
            self.open = false;
        }
        self.recent = recent;
        Ok(())
    }
}

/// Bytes of PCM that are decoded at once, in whole blocks.
fn pcm_bytes(layout: &Layout) -> usize {
    let blocks = (PCM_FRAMES / layout.block_frames.max(1)).max(1);
    (blocks * layout.block_bytes).max(1) as usize
}
