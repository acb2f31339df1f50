//! Packets of sizes that a table gives, which follow each other.

use super::media::{Forwards, Media};
use std::io;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::{Error as Foreign, Result as ForeignResult, SeekErrorKind};
use symphonia::core::formats::{FormatInfo, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::{Metadata, MetadataLog};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase, Timestamp};

/// Most bytes of one packet.
const MAX_PACKET: u64 = 16 << 20;

/// A packet's size in bytes and its length in frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    bytes: u32,
    frames: u32,
}

impl Entry {
    /// `None` if no packet is so large.
    pub(super) fn new(bytes: u64, frames: u64) -> Option<Self> {
        let frames = u32::try_from(frames).ok()?;
        (bytes <= MAX_PACKET).then_some(Self { bytes: bytes as u32, frames })
    }
}

/// A file of packets.
pub(super) struct Table {
    media: Media,
    info: &'static FormatInfo,
    tracks: Vec<Track>,
    media_info: MediaInfo,
    metadata: MetadataLog,
    entries: std::vec::IntoIter<Entry>,
    next: u64,
    /// Where the sound ends that is not padding.
    end: u64,
}

impl Table {
    /// Reads packets from where `media` is; `delay` frames are to be dropped, `frames` are left then.
    pub(super) fn new(
        media: Media,
        info: &'static FormatInfo,
        params: AudioCodecParameters,
        rate: u32,
        entries: Vec<Entry>,
        delay: u32,
        frames: Option<u64>,
    ) -> Self {
        let mut track = Track::new(0);
        track.with_codec_params(CodecParameters::Audio(params)).with_delay(delay);
        if let Some(base) = TimeBase::try_new(1, rate) {
            track.with_time_base(base);
        }
        if let Some(frames) = frames {
            track.with_num_frames(frames);
        }
        let media_info = MediaInfo::from_track(&track);
        let end = frames.map_or(u64::MAX, |frames| frames.saturating_add(delay.into()));
        let (tracks, metadata) = (vec![track], MetadataLog::default());
        Self { media, info, tracks, media_info, metadata, entries: entries.into_iter(), next: 0, end }
    }
}

impl FormatReader for Table {
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
        let Some(Entry { bytes, frames }) = self.entries.next() else { return Ok(None) };
        let data = self.media.read_up_to(bytes.into()).map_err(|e| Foreign::IoError(io::Error::other(e)))?;
        if data.len() < bytes as usize {
            return Err(Foreign::IoError(io::ErrorKind::UnexpectedEof.into()));
        }
        let start = i64::try_from(self.next).unwrap_or(i64::MAX);
        self.next += u64::from(frames);
        let mut packet = Packet::new(0, Timestamp::new(start), Duration::new(frames.into()), data);
        let padding = self.next.saturating_sub(self.end).min(frames.into());
        (packet.dur, packet.trim_end) = (Duration::new(u64::from(frames) - padding), Duration::new(padding));
        Ok(Some(packet))
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        Forwards::stream(self.media, None)
    }
}
