//! Turning foreign bytes into sound: a demuxer finds the packets, a codec decodes them, an assembler joins them.
//!
//! Reads WAV, AIFF, CAF, FLAC, MP1 to MP3, Ogg (Vorbis, Opus, FLAC), AAC (ADTS), and the sound track of MP4 and
//! Matroska or WebM files, video included: AAC-LC, ALAC, FLAC, MP3, Vorbis, Opus, PCM and ADPCM. Samples that an
//! encoder only added as padding are dropped.
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
//! HE-AAC is decoded without its high band, at half the rate that its header names. MP4 files whose sound is
//! encrypted, RF64, WMA and AC-3 are `Unsupported`. An MP3 without a Xing header may end in the middle of a frame
//! without being called truncated. Vorbis with more than two channels comes out with some of them mixed up
//! (symphonia 0.6.1 undoes channel coupling in the wrong order): good to recognise, not good to listen to.

mod assembler;
mod codec;
mod demux;
mod format;
mod libopus;
mod matroska;
mod mix;
mod mp4;
mod opus;
mod packet;
mod source;
mod trim;

pub use source::Source;

use crate::resample::MAX_RATE;
use assembler::Assembler;
use codec::{Codec, check_rate};
use demux::{Demuxer, Event, Playable};
use packet::Discard;
use sonic_core::guard::guard;
use sonic_core::{Clip, Error, ErrorKind, Result};
use std::fmt;
use symphonia::core::packet::Packet;

/// Most samples in a clip: 4 GiB of them, 27 hours at 11,025 Hz.
const MAX_CLIP: usize = 1 << 30;

/// How sound is decoded.
///
/// Fields may be added in minor versions: construct it with `at`, or with `..Default::default()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecodeOptions {
    /// Samples per second (1 to 768,000) that the sound is resampled to; `None` keeps the rate of the source.
    pub sample_rate: Option<u32>,
}

impl DecodeOptions {
    /// The defaults, but resampled to `sample_rate` samples per second.
    pub const fn at(sample_rate: u32) -> Self {
        Self { sample_rate: Some(sample_rate) }
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
/// As [`Decoder::open`] and [`Decoder::next_block`], and `Limit` beyond 2^30 samples: use a [`Decoder`] then.
pub fn decode_with(source: impl Into<Source>, options: &DecodeOptions) -> Result<Clip> {
    let mut decoder = Decoder::open(source, options)?;
    let mut samples = Vec::new();
    while let Some(block) = decoder.next_block()? {
        if samples.len() + block.len() > MAX_CLIP {
            return Err(Error::new(ErrorKind::Limit, "too long for one clip: decode it block by block"));
        }
        samples.extend_from_slice(block);
    }
    Ok(Clip { samples, sample_rate: decoder.sample_rate(), truncated: decoder.truncated() })
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
    ended: bool,
}

impl Decoder {
    /// Opens `source` and decodes its first packet.
    ///
    /// # Errors
    ///
    /// `NotFound` and `Io` if the source cannot be read; `InvalidArgument` for a folder or a rate out of range;
    /// `Unsupported` for a format or codec that sonic cannot read, an encrypted file and a video without sound;
    /// `Malformed` for an empty file and one in which nothing can be decoded.
    pub fn open(source: impl Into<Source>, options: &DecodeOptions) -> Result<Self> {
        let source = source.into();
        let name = source.name();
        Self::start(source, name.clone(), options.sample_rate).map_err(|e| e.context(name))
    }

    fn start(source: Source, name: String, target: Option<u32>) -> Result<Self> {
        if target.is_some_and(|rate| check_rate(rate).is_err()) {
            let message = format!("the sample rate must be 1 to {MAX_RATE} Hz, or none");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let mut demuxer = Demuxer::open(source::Input::open(source)?)?;
        let Playable { codec, trim, header_rate, header_channels } = demuxer.choose(target)?;
        let assembler = Assembler::new(target, trim);
        let samples = Vec::new();
        let mut decoder =
            Self { name, demuxer, codec, assembler, target, header_channels, samples, ended: false };
        decoder.first_packet(header_rate.filter(|&rate| check_rate(rate).is_ok()))?;
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
        self.assembler.clear();
        while !self.ended && self.assembler.block().is_empty() {
            let result = self.step().and_then(|_| self.gather());
            if let Err(error) = result {
                self.ended = true;
                return Err(error.context(&self.name));
            }
        }
        let block = self.assembler.block();
        Ok((!block.is_empty()).then_some(block))
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

    /// Reads one packet; the error of a packet that cannot be decoded is given back, not raised.
    fn step(&mut self) -> Result<Option<Error>> {
        match self.demuxer.next()? {
            Event::End => self.ended = true,
            Event::NewStream => self.next_stream()?,
            Event::Packet(packet, discard) => return self.packet(&packet, discard),
        }
        Ok(None)
    }

    /// Decodes one packet and passes on what it holds.
    fn packet(&mut self, packet: &Packet, mut discard: Discard) -> Result<Option<Error>> {
        self.samples.clear();
        let decoded =
            guard(ErrorKind::Malformed, "the decoder", || Ok(self.codec.decode(packet, &mut self.samples)))?;
        let chunk = match decoded {
            Ok(chunk) => chunk,
            Err(error) => return Ok(Some(error)),
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
