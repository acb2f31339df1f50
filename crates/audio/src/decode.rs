//! Turning foreign bytes into sound: a demuxer finds the packets, a codec decodes them, an assembler joins them.
//!
//! Reads WAV (RF64 and BW64 too), AIFF, CAF, FLAC, MP1 to MP3, Ogg (Vorbis, Opus, FLAC), AAC (ADTS), and a sound track
//! of MP4, QuickTime and Matroska or WebM files, video included: AAC-LC, ALAC, FLAC, MP3, Vorbis, Opus, PCM and ADPCM.
//! Samples that an encoder only added as padding are dropped. Files, memory and streams give the same samples.
//!
//! Several channels are mixed to one: their mean, unless they cancel each other, in which case those that run against
//! the loudest are inverted.
//!
//! ```no_run
//! use sonic_audio::decode::{DecodeOptions, decode_with};
//! let clip = decode_with("song.mp3", &DecodeOptions::at(16_000))?;
//! println!("{} s", clip.samples.len() / 16_000);
//! # Ok::<(), sonic_core::Error>(())
//! ```
//!
//! # Limits
//!
//! HE-AAC is decoded without its high band, at half the rate that its header names. AAC of more than two channels, AAC
//! Main, LTP, ELD and USAC, encrypted sound, WMA, AC-3, DTS, Speex and AMR are `Unsupported`, as are AVI, ASF and MPEG
//! program and transport streams; the message names what it is. Vorbis with more than two channels comes out with some
//! of them mixed up (symphonia 0.6.1 undoes channel coupling in the wrong order): good to recognise, not good to listen
//! to.
//!
//! What a header says costs nothing before the sound is there, and is refused as `Limit` beyond: sample rates of 1,000 to
//! 768,000 Hz, 64 channels, packets of 131,072 samples, an MP4 index of 64 MiB, a clip of 2^30 samples. A clip of more
//! than 2^24 samples may hold 512 for each byte of its source: more is what a few bytes of silence stand for, to be
//! decoded block by block.

mod aac;
mod adts;
mod aiff;
mod assembler;
mod blocks;
mod caf;
mod codec;
mod container;
mod damage;
mod demux;
#[cfg(feature = "flac")]
mod flac;
mod format;
mod frames;
mod libopus;
mod matroska;
mod mean;
mod media;
mod mix;
#[cfg(feature = "isomp4")]
mod mp4;
mod mpeg;
#[cfg(feature = "ogg")]
mod ogg;
mod opus;
mod packet;
pub mod push;
mod sniff;
mod source;
mod table;
mod trim;
mod wave;

pub use source::Source;

use crate::resample::MAX_RATE;
use assembler::Assembler;
use codec::{Codec, check_rate};
use demux::{Demuxer, Event, Playable};
use frames::Header;
use media::Media;
use mpeg::Mpeg;
use packet::Discard;
use sonic_core::guard::guard;
use sonic_core::trace::Span;
use sonic_core::{Clip, Error, ErrorKind, Result, trace_span};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use symphonia::core::packet::Packet;

/// Most samples in a clip: 4 GiB of them, 27 hours at 11,025 Hz.
const MAX_CLIP: usize = 1 << 30;
/// Samples of a clip for which its source need not be large...
const FREE_SAMPLES: u64 = 1 << 24;
/// ...and how many a byte of it may stand for beyond: twice as many as in FLAC and Opus of silence.
const MAX_EXPANSION: u64 = 512;
/// Lowest rate, in samples per second, that is read: no sound of use has less.
const MIN_RATE: u32 = 1_000;

/// How sound is decoded.
///
/// Fields may be added in minor versions: construct it with `at`, or with `..Default::default()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecodeOptions {
    /// Samples per second (1 to 768,000) that the sound is resampled to; `None` keeps the rate of the source.
    pub sample_rate: Option<u32>,
    /// The number of the sound track, counted from 0 in the order of the file; `None` for the one that the file calls its
    /// default, or the first that can be decoded.
    pub track: Option<u32>,
}

impl DecodeOptions {
    /// The defaults, but resampled to `sample_rate` samples per second.
    pub const fn at(sample_rate: u32) -> Self {
        Self { sample_rate: Some(sample_rate), track: None }
    }
}

/// Decodes all of `source` to mono, at its own rate.
///
/// # Errors
///
/// As [`decode_with`].
pub fn decode(source: impl Into<Source>) -> Result<Clip> {
    decode_with(source, &DecodeOptions::default())
}

/// As [`decode`], with options.
///
/// A clip of n samples at one rate has `round(n * to / from)` at another, and no delay.
///
/// # Errors
///
/// As [`Decoder::open`] and [`Decoder::next_block`], and `Limit` beyond 2^30 samples, or where a few bytes stand for
/// very many: use a [`Decoder`] then.
pub fn decode_with(source: impl Into<Source>, options: &DecodeOptions) -> Result<Clip> {
    let mut decoder = Decoder::open(source, options)?;
    let mut samples = Vec::new();
    while let Some(block) = decoder.next_block()? {
        samples.extend_from_slice(block);
        decoder.check_length(samples.len())?;
    }
    Ok(Clip {
        samples,
        sample_rate: decoder.sample_rate(),
        truncated: decoder.truncated(),
        damaged_ms: decoder.damaged_ms(),
    })
}

/// A sound file that is decoded block by block, in memory that does not grow with its length.
///
/// ```no_run
/// use sonic_audio::decode::{DecodeOptions, Decoder};
/// let mut decoder = Decoder::open("song.ogg", &DecodeOptions::at(11_025))?;
/// while let Some(block) = decoder.next_block()? {
///     println!("{} mono samples", block.len());
/// }
/// # Ok::<(), sonic_core::Error>(())
/// ```
pub struct Decoder {
    name: String,
    demuxer: Demuxer,
    codec: Codec,
    assembler: Assembler,
    target: Option<u32>,
    header_channels: u16,
    /// What the packet at hand was decoded to.
    samples: Vec<f32>,
    /// Of which kind the frames of MPEG audio are, and one of another kind, until a second one bears it out.
    mpeg: Option<Mpeg>,
    held: Option<(Packet, Discard)>,
    bytes_read: Arc<AtomicU64>,
    ended: bool,
    span: Span,
}

impl Decoder {
    /// Opens `source` and decodes its first packet.
    ///
    /// # Errors
    ///
    /// `NotFound` and `Io` if the source cannot be read; `InvalidArgument` for what is no file, a rate out of range and a
    /// track that there is not; `Unsupported` for a format or codec that sonic cannot read, an encrypted file and a video
    /// without sound; `Malformed` for an empty file and one in which nothing can be decoded; `Limit` for a header beyond
    /// the limits of this module.
    pub fn open(source: impl Into<Source>, options: &DecodeOptions) -> Result<Self> {
        let source = source.into();
        let name = source.name();
        let span = trace_span!("decode");
        let started =
            span.time(|| Self::start(source, name.clone(), options)).map_err(|e| e.context(name))?;
        Ok(Self { span, ..started })
    }

    fn start(source: Source, name: String, options: &DecodeOptions) -> Result<Self> {
        let target = options.sample_rate;
        if target.is_some_and(|rate| !(1..=MAX_RATE).contains(&rate)) {
            let message = format!("the sample rate must be 1 to {MAX_RATE} Hz, or none");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let (source, track) = source.split();
        let media = Media::open(source)?;
        let bytes_read = media.counter();
        let mut demuxer = Demuxer::open(media, track.or(options.track))?;
        let Playable { codec, trim, header_rate, header_channels } = demuxer.choose(target)?;
        // Before the decoder takes memory for it.
        header_rate.map_or(Ok(()), check_rate)?;
        let mut decoder = Self {
            name,
            demuxer,
            codec,
            assembler: Assembler::new(target, trim),
            target,
            header_channels,
            samples: Vec::new(),
            mpeg: None,
            held: None,
            bytes_read,
            ended: false,
            span: Span::default(),
        };
        decoder.first_packet(header_rate)?;
        Ok(decoder)
    }

    /// Decodes up to the first sound, which tells the rate more truly than the header does.
    fn first_packet(&mut self, header_rate: Option<u32>) -> Result<()> {
        let mut problem = None;
        while self.assembler.native_rate() == 0 && !self.ended {
            problem = self.step()?.or(problem);
        }
        match (self.assembler.native_rate(), header_rate, problem) {
            (0, _, Some(problem)) => {
                Err(Error::new(ErrorKind::Malformed, "nothing in it can be decoded").with_source(problem))
            }
            (0, None, None) => Err(Error::new(ErrorKind::Malformed, "it holds no sound")),
            (0, Some(rate), None) => {
                self.assembler.assume(rate);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The next block of mono samples, nominally in -1..=1 and always finite; `None` at the end.
    ///
    /// Damaged packets are left out. A source that ends too early gives what it holds; see
    /// [`truncated`](Self::truncated).
    ///
    /// # Errors
    ///
    /// `Io` if the source cannot be read, `Malformed` if a decoder gave up. The decoder has ended then.
    pub fn next_block(&mut self) -> Result<Option<&[f32]>> {
        let span = std::mem::take(&mut self.span);
        let filled = span.time(|| self.fill());
        self.span = span;
        filled?;
        let block = self.assembler.block();
        Ok((!block.is_empty()).then_some(block))
    }

    /// Decodes until there is a block, or the end.
    fn fill(&mut self) -> Result<()> {
        self.assembler.clear();
        while !self.ended && self.assembler.block().is_empty() {
            if let Err(error) = self.step().and_then(|_| self.gather()) {
                self.ended = true;
                return Err(error.context(&self.name));
            }
        }
        Ok(())
    }

    /// Samples per second of the blocks.
    pub fn sample_rate(&self) -> u32 {
        self.assembler.sample_rate()
    }

    /// Samples per second of the source, as decoded.
    pub fn native_sample_rate(&self) -> u32 {
        self.assembler.native_rate()
    }

    /// Channels of the source.
    pub fn channels(&self) -> u16 {
        match self.assembler.channels() {
            0 => self.header_channels,
            channels => channels,
        }
    }

    /// The codec's short name, such as "opus", "aac" or "pcm_s16le".
    pub fn codec(&self) -> &'static str {
        self.codec.name()
    }

    /// The container's short name, such as "ogg", "isomp4" or "wave".
    pub fn container(&self) -> &'static str {
        self.demuxer.name()
    }

    /// True when the source ended before its container said it would, or in the middle of a frame. Known once
    /// [`next_block`](Self::next_block) has given `None`.
    pub fn truncated(&self) -> bool {
        self.demuxer.truncated()
    }

    /// How much of the sound could not be decoded, in milliseconds, rounded up: packets that are damaged, and what a
    /// container had to leave out to find the next one. Known once [`next_block`](Self::next_block) has given `None`.
    pub fn damaged_ms(&self) -> u64 {
        self.demuxer.damaged_ms()
    }

    /// Refuses a clip of so many samples, if that is too many for its source.
    fn check_length(&self, samples: usize) -> Result<()> {
        let bytes = self.bytes_read.load(Ordering::Relaxed);
        let most = FREE_SAMPLES.saturating_add(MAX_EXPANSION.saturating_mul(bytes));
        if samples <= MAX_CLIP && samples as u64 <= most {
            return Ok(());
        }
        let message = "too long for one clip: decode it block by block";
        Err(Error::new(ErrorKind::Limit, message).context(&self.name))
    }

    /// Reads one packet; the error of a packet that cannot be decoded is given back, not raised.
    fn step(&mut self) -> Result<Option<Error>> {
        match self.demuxer.next()? {
            Event::End => {
                self.ended = true;
                if let Some((packet, _)) = self.held.take() {
                    self.demuxer.count_damaged(&packet);
                }
            }
            Event::NewStream => self.next_stream()?,
            Event::Packet(packet, discard) => return self.follow_mpeg(packet, discard),
        }
        Ok(None)
    }

    /// Decodes a packet; where frames of MPEG audio become of another kind, two of them in a row, with a new decoder.
    fn follow_mpeg(&mut self, packet: Packet, discard: Discard) -> Result<Option<Error>> {
        let Some(kind) = self.demuxer.is_mpeg().then(|| Mpeg::parse(&packet.data)).flatten() else {
            return self.packet(&packet, discard);
        };
        let held = self.held.take();
        if self.mpeg.is_none_or(|mpeg| mpeg.agrees(&kind)) {
            self.mpeg = Some(kind);
            if let Some((stray, _)) = held {
                self.demuxer.count_damaged(&stray);
            }
            return self.packet(&packet, discard);
        }
        match held {
            Some((first, early)) if Mpeg::parse(&first.data).is_some_and(|first| first.agrees(&kind)) => {
                self.codec = Codec::of_mpeg(kind.layer())?;
                self.mpeg = Some(kind);
                self.packet(&first, early)?;
                self.packet(&packet, discard)
            }
            stray => {
                if let Some((stray, _)) = stray {
                    self.demuxer.count_damaged(&stray);
                }
                self.held = Some((packet, discard));
                Ok(None)
            }
        }
    }

    /// Decodes one packet and passes on what it holds.
    fn packet(&mut self, packet: &Packet, mut discard: Discard) -> Result<Option<Error>> {
        self.samples.clear();
        let decoded =
            guard(ErrorKind::Malformed, "the decoder", || Ok(self.codec.decode(packet, &mut self.samples)))?;
        let chunk = match decoded {
            Ok(chunk) => chunk,
            Err(error) => {
                self.demuxer.count_damaged(packet);
                return Ok(Some(error));
            }
        };
        if self.codec.trims_itself() {
            discard.frames = 0;
        }
        self.assembler.push(chunk, &mut self.samples, discard)?;
        Ok(None)
    }

    /// Goes on with the recording that follows in a chained file.
    fn next_stream(&mut self) -> Result<()> {
        let playable = self.demuxer.choose(self.target)?;
        self.codec = playable.codec;
        self.assembler.next_stream(playable.trim);
        Ok(())
    }

    /// Hands out what has been gathered, if it is enough.
    fn gather(&mut self) -> Result<()> {
        if self.ended { self.assembler.finish() } else { self.assembler.advance() }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("name", &self.name)
            .field("container", &self.container())
            .field("codec", &self.codec())
            .field("native_sample_rate", &self.native_sample_rate())
            .field("channels", &self.channels())
            .field("sample_rate", &self.sample_rate())
            .finish_non_exhaustive()
    }
}
