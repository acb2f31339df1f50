//! Sound in blocks of one size, which WAV, AIFF, CAF and QuickTime files hold: PCM, logarithmic PCM and ADPCM.
//!
//! The headers of these containers are read by modules of their own; this demuxer cuts what they found into packets.

use super::media::{Forwards, Media};
use super::packet::{malformed, unsupported};
use sonic_core::{Error, ErrorKind, Result};
use std::io;
use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::errors::{Error as Foreign, Result as ForeignResult, SeekErrorKind};
use symphonia::core::formats::{FormatInfo, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::{Metadata, MetadataLog};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase, Timestamp};

/// Frames of a packet, unless a block has more.
const PACKET_FRAMES: u64 = 2048;
/// Most channels that are read.
pub(super) const MAX_CHANNELS: u32 = 64;
/// Most frames of one block of ADPCM.
const MAX_BLOCK_FRAMES: u32 = 1 << 17;

/// How samples lie in blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Layout {
    pub(super) codec: AudioCodecId,
    pub(super) rate: u32,
    pub(super) channels: u32,
    /// Bytes and frames of a block: of PCM one frame is a block.
    pub(super) block_bytes: u32,
    pub(super) block_frames: u32,
}

impl Layout {
    /// Blocks of one frame, whose samples have `bytes` each.
    pub(super) fn samples(codec: AudioCodecId, bytes: u32, rate: u32, channels: u32) -> Result<Self> {
        check_channels(channels)?;
        Ok(Self { codec, rate, channels, block_bytes: bytes * channels, block_frames: 1 })
    }

    /// Blocks of ADPCM.
    pub(super) fn adpcm(
        codec: AudioCodecId,
        rate: u32,
        channels: u32,
        block_bytes: u32,
        block_frames: u32,
    ) -> Result<Self> {
        check_channels(channels)?;
        if block_bytes == 0 || block_frames == 0 || block_frames > MAX_BLOCK_FRAMES {
            return Err(malformed(format!("ADPCM in blocks of {block_bytes} bytes: the header is damaged")));
        }
        if channels > 2 {
            return Err(unsupported(format!(
                "ADPCM of {channels} channels cannot be decoded, only of one and two"
            )));
        }
        Ok(Self { codec, rate, channels, block_bytes, block_frames })
    }

    /// How many frames so many bytes hold, in whole blocks.
    pub(super) fn frames_in(&self, bytes: u64) -> u64 {
        (bytes / u64::from(self.block_bytes)).saturating_mul(self.block_frames.into())
    }
}

pub(super) fn check_channels(channels: u32) -> Result<()> {
    match channels {
        0 => Err(malformed("its header names no channel")),
        1..=MAX_CHANNELS => Ok(()),
        more => {
            let message = format!("{more} channels are more than the {MAX_CHANNELS} that are read");
            Err(Error::new(ErrorKind::Limit, message))
        }
    }
}

/// The codec and the bytes of a sample of linear PCM.
pub(super) fn pcm(bits: u32, float: bool, signed: bool, big: bool) -> Option<(AudioCodecId, u32)> {
    let pick = |big_endian, little_endian| if big { big_endian } else { little_endian };
    let codec = match (float, bits, signed) {
        (true, 32, _) => pick(CODEC_ID_PCM_F32BE, CODEC_ID_PCM_F32LE),
        (true, 64, _) => pick(CODEC_ID_PCM_F64BE, CODEC_ID_PCM_F64LE),
        (false, 8, true) => CODEC_ID_PCM_S8,
        (false, 8, false) => CODEC_ID_PCM_U8,
        (false, 16, true) => pick(CODEC_ID_PCM_S16BE, CODEC_ID_PCM_S16LE),
        (false, 16, false) => pick(CODEC_ID_PCM_U16BE, CODEC_ID_PCM_U16LE),
        (false, 24, true) => pick(CODEC_ID_PCM_S24BE, CODEC_ID_PCM_S24LE),
        (false, 24, false) => pick(CODEC_ID_PCM_U24BE, CODEC_ID_PCM_U24LE),
        (false, 32, true) => pick(CODEC_ID_PCM_S32BE, CODEC_ID_PCM_S32LE),
        (false, 32, false) => pick(CODEC_ID_PCM_U32BE, CODEC_ID_PCM_U32LE),
        _ => return None,
    };
    Some((codec, bits / 8))
}

/// Where bytes of sound lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) start: u64,
    /// How many there are; `None` if they end with the file.
    pub(super) length: Option<u64>,
}

/// What follows the sound if its length is not to be trusted.
pub(super) type EndsHere = fn(&[u8]) -> bool;

/// A file of blocks.
pub(super) struct Blocks {
    media: Media,
    info: &'static FormatInfo,
    layout: Layout,
    tracks: Vec<Track>,
    media_info: MediaInfo,
    metadata: MetadataLog,
    runs: std::vec::IntoIter<Run>,
    /// Bytes left of the run at hand; `None` if it ends with the file.
    left: Option<u64>,
    ends_here: Option<EndsHere>,
    next: u64,
}

impl Blocks {
    /// Reads the `runs` of `media` in their order, which a stream cannot go back for.
    pub(super) fn new(media: Media, info: &'static FormatInfo, layout: Layout, runs: Vec<Run>) -> Self {
        let mut track = Track::new(0);
        track.with_codec_params(CodecParameters::Audio(params(&layout)));
        if let Some(base) = TimeBase::try_new(1, layout.rate) {
            track.with_time_base(base);
        }
        let known = runs.iter().map(|run| run.length).sum::<Option<u64>>();
        if let Some(bytes) = known.filter(|_| !runs.is_empty()) {
            let frames = layout.frames_in(bytes);
            track.with_num_frames(frames).with_duration(Duration::new(frames));
        }
        let media_info = MediaInfo::from_track(&track);
        let runs = runs.into_iter();
        Self {
            media,
            info,
            layout,
            tracks: vec![track],
            media_info,
            metadata: MetadataLog::default(),
            runs,
            left: Some(0),
            ends_here: None,
            next: 0,
        }
    }

    /// The same, but where the length is reached and `ends_here` does not know what follows, the sound goes on.
    pub(super) fn unless_it_goes_on(self, ends_here: EndsHere) -> Self {
        Self { ends_here: Some(ends_here), ..self }
    }

    /// The same, with frames to drop at both ends.
    pub(super) fn with_delay(mut self, delay: u32, frames: Option<u64>) -> Self {
        let track = &mut self.tracks[0];
        track.with_delay(delay);
        if let Some(frames) = frames {
            track.with_num_frames(frames);
        }
        self
    }

    /// Reads a packet; what is there of the last one.
    fn read(&mut self) -> Result<Vec<u8>> {
        let block = u64::from(self.layout.block_bytes);
        let want = block * (PACKET_FRAMES / u64::from(self.layout.block_frames)).max(1);
        let mut data = Vec::new();
        while (data.len() as u64) < want {
            if self.left == Some(0) && !self.next_run()? {
                break;
            }
            let part = (want - data.len() as u64).min(self.left.unwrap_or(u64::MAX));
            let count = self.media.take_bytes(part, &mut data).map_err(super::media::cannot_read)? as u64;
            self.left = self.left.map(|left| left - count);
            if count < part {
                break;
            }
        }
        Ok(data)
    }

    /// Goes to the next run, or on with the last one.
    fn next_run(&mut self) -> Result<bool> {
        if let Some(run) = self.runs.next() {
            self.media.seek_to(run.start).map_err(super::media::cannot_read)?;
            self.left = run.length;
            return Ok(true);
        }
        let Some(ends_here) = self.ends_here.take() else { return Ok(false) };
        let behind = self.media.peek(16)?;
        if behind.is_empty() || ends_here(behind) {
            return Ok(false);
        }
        self.left = None;
        Ok(true)
    }

    fn packet(&mut self) -> Result<Option<Packet>> {
        let mut data = self.read()?;
        let block = self.layout.block_bytes as usize;
        data.truncate(data.len() / block * block);
        if data.is_empty() {
            return Ok(None);
        }
        let frames = self.layout.frames_in(data.len() as u64);
        let start = Timestamp::new(i64::try_from(self.next).unwrap_or(i64::MAX));
        self.next += frames;
        Ok(Some(Packet::new(0, start, Duration::new(frames), data)))
    }
}

/// What symphonia's decoders are told about samples that lie like that.
pub(super) fn params(layout: &Layout) -> AudioCodecParameters {
    let mut params = AudioCodecParameters::new();
    let frames = PACKET_FRAMES.max(layout.block_frames.into());
    params
        .for_codec(layout.codec)
        .with_sample_rate(layout.rate)
        .with_channels(Channels::Discrete(layout.channels as u16))
        .with_max_frames_per_packet(frames)
        .with_frames_per_block(layout.block_frames.into());
    params
}

impl FormatReader for Blocks {
    fn format_info(&self) -> &FormatInfo {
        self.info
    }

    fn media_info(&self) -> &MediaInfo {
        &self.media_info
    }

    fn metadata(&mut self) -> Metadata<'_> {
        self.metadata.metadata()
    }

    fn seek(&mut self, _: SeekMode, _: SeekTo) -> ForeignResult<SeekedTo> {
        Err(Foreign::SeekError(SeekErrorKind::Unseekable))
    }

    fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    fn next_packet(&mut self) -> ForeignResult<Option<Packet>> {
        match self.packet().map_err(|e| Foreign::IoError(io::Error::other(e)))? {
            Some(packet) => Ok(Some(packet)),
            // The header promised more.
            None if self.left.is_some_and(|left| left > 0) => {
                Err(Foreign::IoError(io::ErrorKind::UnexpectedEof.into()))
            }
            None => Ok(None),
        }
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        Forwards::stream(self.media, None)
    }
}
