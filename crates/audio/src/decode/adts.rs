//! Bare AAC with ADTS headers (ISO/IEC 14496-3, 1.A.2), as a demuxer.
//!
//! symphonia has one, which takes any sync word for a frame and any profile for AAC-LC. This one believes frames that
//! follow each other, and notices when rate or channels change.

use super::aac;
use super::frames::{Frames, Header};
use super::media::{Forwards, Media};
use super::packet::{malformed, unsupported};
use sonic_core::Result;
use std::io;
use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;
use symphonia::core::errors::{Error as Foreign, Result as ForeignResult, SeekErrorKind};
use symphonia::core::formats::well_known::FORMAT_ID_ADTS;
use symphonia::core::formats::{FormatInfo, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::{Metadata, MetadataLog};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase, Timestamp};

/// Bytes of a header without checksum.
const HEADER: usize = 7;
/// Samples of a frame.
const SAMPLES: u64 = 1024;

static INFO: FormatInfo = FormatInfo {
    format: FORMAT_ID_ADTS,
    short_name: "aac",
    long_name: "Audio Data Transport Stream (native AAC)",
};

/// What the header of a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    object_type: u8,
    rate: u32,
    /// The channel configuration: 7 stands for eight channels, 0 for what the sound itself says.
    channels: u8,
    /// Raw data blocks in the frame, less one.
    blocks: u8,
    start: usize,
    size: usize,
}

impl Header for Frame {
    const SIZE: usize = HEADER;

    fn parse(bytes: &[u8]) -> Option<Self> {
        let &[0xff, second @ 0xf0..=0xff, third, fourth, fifth, sixth, seventh, ..] = bytes else {
            return None;
        };
        let start = if second & 1 == 1 { HEADER } else { HEADER + 2 };
        let size = usize::from(fourth & 3) << 11 | usize::from(fifth) << 3 | usize::from(sixth >> 5);
        let rate = *aac::RATES.get(usize::from(third >> 2 & 15))?;
        let header = Self {
            object_type: (third >> 6) + 1,
            rate,
            channels: (third & 1) << 2 | fourth >> 6,
            blocks: seventh & 3,
            start,
            size,
        };
        (second & 6 == 0 && size > start).then_some(header)
    }

    fn size(&self) -> usize {
        self.size
    }

    fn nanos(&self) -> u64 {
        SAMPLES * 1_000_000_000 / u64::from(self.rate)
    }

    fn agrees(&self, other: &Self) -> bool {
        (self.object_type, self.rate, self.channels) == (other.object_type, other.rate, other.channels)
    }
}

impl Frame {
    /// The rate and the channels of its sound, if it can be decoded.
    pub(super) fn check(&self) -> Result<(u32, u8)> {
        aac::check(self.object_type, self.channels, "ADTS")?;
        if self.blocks > 0 {
            return Err(unsupported("AAC with several blocks in an ADTS frame cannot be decoded"));
        }
        Ok((self.rate, self.channels))
    }

    /// Bytes of its header.
    pub(super) fn start(&self) -> usize {
        self.start
    }
}

/// A stream of ADTS frames.
pub(super) struct Adts {
    frames: Frames<Frame>,
    /// Of what kind the frames are.
    kind: Frame,
    /// A frame of another kind, which was read already.
    other: Option<(Frame, Vec<u8>)>,
    tracks: Vec<Track>,
    media_info: MediaInfo,
    metadata: MetadataLog,
    /// Where the next frame lies, in samples; what was lost before it counts.
    next: u64,
}

impl Adts {
    /// Opens a stream that begins with a frame.
    pub(super) fn open(mut media: Media) -> Result<Self> {
        let kind = Frame::parse(media.peek(HEADER)?).ok_or_else(|| malformed("no AAC frame is in it"))?;
        let tracks = vec![track(&kind)?];
        let media_info = MediaInfo::from_track(&tracks[0]);
        let (frames, metadata) = (Frames::new(media), MetadataLog::default());
        Ok(Self { frames, kind, other: None, tracks, media_info, metadata, next: 0 })
    }

    /// The next frame, also of another kind.
    fn frame(&mut self) -> Result<Option<(Frame, Vec<u8>)>> {
        if let Some(other) = self.other.take() {
            return Ok(Some(other));
        }
        let Some((header, mut data, lost)) = self.frames.next()? else { return Ok(None) };
        self.next += (u128::from(lost) * u128::from(self.kind.rate) / 1_000_000_000) as u64;
        let data = data.split_off(header.start.min(data.len()));
        Ok(Some((header, data)))
    }
}

/// The track of frames like `header`.
fn track(header: &Frame) -> Result<Track> {
    header.check()?;
    let mut params = AudioCodecParameters::new();
    params.for_codec(CODEC_ID_AAC).with_sample_rate(header.rate);
    params.with_channels(Channels::Discrete(header.channels.into()));
    let mut track = Track::new(0);
    track.with_codec_params(CodecParameters::Audio(params));
    if let Some(base) = TimeBase::try_new(1, header.rate) {
        track.with_time_base(base);
    }
    Ok(track)
}

impl FormatReader for Adts {
    fn format_info(&self) -> &FormatInfo {
        &INFO
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
        let Some((header, data)) = self.frame().map_err(|e| Foreign::IoError(io::Error::other(e)))? else {
            return match self.frames.cut() {
                true => Err(Foreign::IoError(io::ErrorKind::UnexpectedEof.into())),
                false => Ok(None),
            };
        };
        if !header.agrees(&self.kind)
            && let Ok(track) = track(&header)
        {
            (self.kind, self.tracks, self.next) = (header, vec![track], 0);
            self.other = Some((header, data));
            return Err(Foreign::ResetRequired);
        }
        let start = i64::try_from(self.next).unwrap_or(i64::MAX);
        self.next += SAMPLES;
        // A frame that cannot be decoded is left to the decoder to refuse, who counts it.
        let data = if header.agrees(&self.kind) { data } else { Vec::new() };
        Ok(Some(Packet::new(0, Timestamp::new(start), Duration::new(SAMPLES), data)))
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        Forwards::stream(self.frames.into_media(), None)
    }
}
