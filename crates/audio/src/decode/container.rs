//! From bytes to a demuxer: of symphonia, or one of ours where symphonia's refuses what is valid or misreads.

use super::adts::Adts;
use super::matroska::Scanner;
use super::media::Media;
#[cfg(any(feature = "mp1", feature = "mp2", feature = "mp3"))]
use super::mpeg::Clean;
use super::mpeg::Loss;
use super::packet::{foreign, unsupported};
use super::sniff::{self, Family};
use super::{aiff, caf, wave};
use sonic_core::Result;
use std::sync::{Arc, Mutex};
use symphonia::core::errors::Result as ForeignResult;
use symphonia::core::formats::FormatReader;

/// An open file.
pub(super) struct Container {
    pub(super) reader: Box<dyn FormatReader>,
    /// Where an MP4 index says that the sound starts, as (ticks, ticks per second).
    pub(super) start: Option<(u64, u32)>,
    /// What the Matroska elements say that symphonia does not pass on; it fills as the bytes are read.
    pub(super) scanner: Option<Arc<Mutex<Scanner>>>,
    /// What MPEG audio lost on the way.
    pub(super) loss: Option<Arc<Loss>>,
    /// Whether the track was chosen already.
    pub(super) is_chosen: bool,
}

impl Container {
    fn plain(reader: impl FormatReader + 'static) -> Self {
        Self::boxed(Box::new(reader))
    }

    fn boxed(reader: Box<dyn FormatReader>) -> Self {
        Self { reader, start: None, scanner: None, loss: None, is_chosen: false }
    }

    /// Finds out what `media` is; of an MP4 file opens the sound track `track`.
    pub(super) fn open(mut media: Media, track: Option<u32>) -> Result<Self> {
        let family = sniff::find(&mut media)?;
        match family {
            Family::Wave if cfg!(feature = "wav") => wave::open(media).map(Self::plain),
            Family::Aiff if cfg!(feature = "aiff") => aiff::open(media).map(Self::plain),
            Family::Caf if cfg!(feature = "caf") => caf::open(media).map(Self::boxed),
            Family::Adts if cfg!(feature = "aac") => Adts::open(media).map(Self::plain),
            Family::Mpeg => mpeg(media),
            Family::Flac => flac(media),
            Family::Ogg => ogg(media),
            Family::Matroska => matroska(media),
            Family::Mp4 => mp4(media, track),
            other => Err(not_built(other)),
        }
    }
}

/// A demuxer of symphonia's that read its headers.
#[allow(dead_code, reason = "what uses it depends on features")]
fn ready<R: FormatReader + 'static>(reader: ForeignResult<R>) -> Result<Container> {
    reader.map(Container::plain).map_err(|e| foreign("the file cannot be read", e))
}

fn not_built(family: Family) -> sonic_core::Error {
    let (name, feature) = match family {
        Family::Wave => ("WAV files", "wav"),
        Family::Aiff => ("AIFF files", "aiff"),
        Family::Caf => ("CAF files", "caf"),
        Family::Flac => ("FLAC files", "flac"),
        Family::Ogg => ("Ogg files", "ogg"),
        Family::Mp4 => ("MP4 files", "isomp4"),
        Family::Matroska => ("Matroska and WebM files", "mkv"),
        Family::Mpeg => ("MPEG audio files", "mp3"),
        Family::Adts => ("AAC files", "aac"),
    };
    unsupported(format!("{name} are not read by this build: it was made without the feature `{feature}`"))
}

#[cfg(any(feature = "mp1", feature = "mp2", feature = "mp3"))]
fn mpeg(media: Media) -> Result<Container> {
    let (clean, loss) = Clean::new(media);
    let reader = symphonia::default::formats::MpaReader::try_new(
        super::media::Forwards::stream(clean, None),
        Default::default(),
    );
    ready(reader).map(|container| Container { loss: Some(loss), ..container })
}

#[cfg(not(any(feature = "mp1", feature = "mp2", feature = "mp3")))]
fn mpeg(_: Media) -> Result<Container> {
    Err(not_built(Family::Mpeg))
}

#[cfg(feature = "flac")]
fn flac(media: Media) -> Result<Container> {
    let stream = super::media::Forwards::stream(super::flac::mended(media)?, None);
    ready(symphonia::default::formats::FlacReader::try_new(stream, Default::default()))
}

#[cfg(not(feature = "flac"))]
fn flac(_: Media) -> Result<Container> {
    Err(not_built(Family::Flac))
}

#[cfg(feature = "ogg")]
fn ogg(mut media: Media) -> Result<Container> {
    super::ogg::check(media.peek(sniff::SEARCH)?)?;
    let stream = super::media::Forwards::stream(media, None);
    ready(symphonia::default::formats::OggReader::try_new(stream, Default::default()))
}

#[cfg(not(feature = "ogg"))]
fn ogg(_: Media) -> Result<Container> {
    Err(not_built(Family::Ogg))
}

#[cfg(feature = "mkv")]
fn matroska(media: Media) -> Result<Container> {
    let scanner = Arc::<Mutex<Scanner>>::default();
    let stream = super::media::Forwards::stream(media, Some(scanner.clone()));
    let reader = symphonia::default::formats::MkvReader::try_new(stream, Default::default());
    ready(reader).map(|container| Container { scanner: Some(scanner), ..container })
}

#[cfg(not(feature = "mkv"))]
fn matroska(_: Media) -> Result<Container> {
    Err(not_built(Family::Matroska))
}

#[cfg(feature = "isomp4")]
fn mp4(media: Media, track: Option<u32>) -> Result<Container> {
    let super::mp4::Opened { reader, start } = super::mp4::open(media, track)?;
    Ok(Container { start: Some(start), is_chosen: true, ..Container::boxed(reader) })
}

#[cfg(not(feature = "isomp4"))]
fn mp4(_: Media, _: Option<u32>) -> Result<Container> {
    Err(not_built(Family::Mp4))
}
