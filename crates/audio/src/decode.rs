//! Turning foreign bytes into sound.
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

mod codec;
mod container;
mod libopus;
mod matroska;
mod mix;
mod mp4;
mod opus;
mod source;
mod trim;

pub use source::Source;

use crate::resample::{MAX_RATE, Resampler};
use codec::{Chunk, Codec, check_rate};
use container::{Container, Event, Playable};
use sonic_core::guard::guard;
use sonic_core::{Clip, Error, ErrorKind, Result};
use std::fmt;
use trim::{Trim, rescale};

/// Most samples in a clip: 4 GiB of them, 27 hours at 11,025 Hz.
const MAX_CLIP: usize = 1 << 30;
/// Samples that are gathered before a block is handed out.
const BLOCK: usize = 4096;

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
    container: Container,
    codec: Codec,
    trim: Trim,
    target: Option<u32>,
    sample_rate: u32,
    native_rate: u32,
    channels: u16,
    segment: Segment,
    mono: Vec<f32>,
    block: Vec<f32>,
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
        let mut container = Container::open(source::Input::open(source)?)?;
        let playable = container.choose(target)?;
        let header_rate = playable.header_rate.filter(|&rate| check_rate(rate).is_ok());
        let Playable { codec, trim, header_channels: channels, .. } = playable;
        let mut decoder = Self {
            name,
            container,
            codec,
            trim,
            target,
            sample_rate: 0,
            native_rate: 0,
            channels,
            segment: Segment::default(),
            mono: Vec::new(),
            block: Vec::new(),
            ended: false,
        };
        decoder.first_packet(header_rate)?;
        Ok(decoder)
    }

    /// Decodes up to the first sound, which tells the rate more truly than the header does.
    fn first_packet(&mut self, header_rate: Option<u32>) -> Result<()> {
        let mut problem = None;
        while self.native_rate == 0 && !self.ended {
            problem = self.step()?.or(problem);
        }
        match (self.native_rate, header_rate, problem) {
            (0, _, Some(problem)) => {
                Err(Error::new(ErrorKind::Malformed, "nothing in it can be decoded").with_source(problem))
            }
            (0, None, None) => Err(Error::new(ErrorKind::Malformed, "it holds no sound")),
            (0, Some(rate), None) => {
                (self.native_rate, self.sample_rate) = (rate, self.target.unwrap_or(rate));
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
        self.block.clear();
        while !self.ended && self.block.is_empty() {
            let result = self.step().and_then(|_| self.gather());
            if let Err(error) = result {
                self.ended = true;
                return Err(error.context(&self.name));
            }
        }
        Ok((!self.block.is_empty()).then_some(self.block.as_slice()))
    }

    /// Samples per second of the blocks.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Samples per second of the source, as decoded.
    pub fn native_sample_rate(&self) -> u32 {
        self.native_rate
    }

    /// Channels of the source.
    pub fn channels(&self) -> u16 {
        self.channels
    }

    /// The codec's short name, such as "opus", "aac" or "pcm_s16le".
    pub fn codec(&self) -> &'static str {
        self.codec.name()
    }

    /// The container's short name, such as "ogg", "isomp4" or "wave".
    pub fn container(&self) -> &'static str {
        self.container.name()
    }

    /// True when the source ended before its container said it would, or in the middle of a frame. Known once
    /// [`next_block`](Self::next_block) has given `None`.
    pub fn truncated(&self) -> bool {
        self.container.truncated()
    }

    /// Reads one packet; the error of a packet that cannot be decoded is given back, not raised.
    fn step(&mut self) -> Result<Option<Error>> {
        match self.container.next()? {
            Event::End => self.ended = true,
            Event::NewStream => self.next_stream()?,
            Event::Packet(packet, discard_nanos) => {
                let start = self.mono.len();
                let decoded = guard(ErrorKind::Malformed, "the decoder", || {
                    Ok(self.codec.decode(&packet, &mut self.mono))
                })?;
                match decoded {
                    Ok(chunk) => self.accept(chunk, start, packet.trim_end.get(), discard_nanos)?,
                    Err(error) => {
                        self.mono.truncate(start);
                        return Ok(Some(error));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Takes over what was decoded to `mono[start..]`.
    fn accept(&mut self, mut chunk: Chunk, start: usize, trim_end: u64, discard_nanos: u64) -> Result<()> {
        let discard = rescale(discard_nanos, 1_000_000_000, chunk.native_rate);
        let end = if self.codec.trims_itself() { discard } else { trim_end.max(discard) };
        self.trim.apply(&mut chunk, end, &mut self.mono, start);
        if self.native_rate == 0 {
            (self.native_rate, self.channels) = (chunk.native_rate, chunk.channels);
            self.sample_rate = self.target.unwrap_or(chunk.native_rate);
        }
        if !self.segment.continues(&chunk) {
            let rest = self.mono.split_off(start);
            self.segment.finish(&mut self.mono, &mut self.block)?;
            self.segment = Segment::new(&chunk, self.sample_rate)?;
            self.mono = rest;
        }
        self.segment.frames += chunk.frames;
        Ok(())
    }

    /// Goes on with the recording that follows in a chained file.
    fn next_stream(&mut self) -> Result<()> {
        let playable = self.container.choose(self.target)?;
        (self.codec, self.trim) = (playable.codec, playable.trim);
        Ok(())
    }

    /// Hands out what has been gathered, if it is enough.
    fn gather(&mut self) -> Result<()> {
        if self.ended {
            self.segment.finish(&mut self.mono, &mut self.block)
        } else {
            self.segment.advance(&mut self.mono, &mut self.block)
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("name", &self.name)
            .field("container", &self.container())
            .field("codec", &self.codec())
            .field("native_sample_rate", &self.native_rate)
            .field("channels", &self.channels)
            .field("sample_rate", &self.sample_rate)
            .finish_non_exhaustive()
    }
}

/// A stretch of sound at one rate, on its way to the output rate.
#[derive(Default)]
struct Segment {
    rate: u32,
    native_rate: u32,
    output_rate: u32,
    frames: u64,
    handed_out: u64,
    resampler: Option<Resampler>,
}

impl Segment {
    fn new(chunk: &Chunk, output_rate: u32) -> Result<Self> {
        let resampler = match chunk.rate == output_rate {
            true => None,
            false => Some(Resampler::new(chunk.rate, output_rate)?),
        };
        let Chunk { rate, native_rate, .. } = *chunk;
        Ok(Self { rate, native_rate, output_rate, frames: 0, handed_out: 0, resampler })
    }

    fn continues(&self, chunk: &Chunk) -> bool {
        (self.rate, self.native_rate) == (chunk.rate, chunk.native_rate)
    }

    /// How many samples are still to be handed out for the frames so far.
    fn due(&self) -> usize {
        let total = rescale(self.frames, self.native_rate, self.output_rate);
        total.saturating_sub(self.handed_out) as usize
    }

    fn advance(&mut self, mono: &mut Vec<f32>, block: &mut Vec<f32>) -> Result<()> {
        let (due, start) = (self.due(), block.len());
        match &mut self.resampler {
            Some(resampler) => resampler.push(mono, block)?,
            None if mono.len() < BLOCK || due < mono.len() => (),
            None if block.is_empty() => std::mem::swap(mono, block),
            None => block.append(mono),
        }
        self.handed_out += (block.len() - start) as u64;
        Ok(())
    }

    fn finish(&mut self, mono: &mut Vec<f32>, block: &mut Vec<f32>) -> Result<()> {
        let (due, start) = (self.due(), block.len());
        match &mut self.resampler {
            Some(resampler) => resampler.finish(mono, block, due)?,
            None => {
                mono.resize(due, 0.0);
                block.append(mono);
            }
        }
        self.handed_out += (block.len() - start) as u64;
        Ok(())
    }
}
