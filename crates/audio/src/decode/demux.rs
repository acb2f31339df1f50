//! Demuxing by pulling: symphonia finds the track in what it reads, and gives its packets.

use super::codec::Codec;
use super::container::Container;
use super::damage::Damage;
use super::format::{Format, Length, Whole};
use super::matroska::Scanner;
use super::media::Media;
use super::opus::OPUS_RATE;
use super::packet::{Discard, unsupported};
use super::trim::{Trim, rescale};
use sonic_core::guard::guard;
use sonic_core::{Error, ErrorKind, Result};
use std::io;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::Error as Foreign;
use symphonia::core::formats::{Track, TrackFlags};
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

/// Demuxing errors in a row after which the rest of a file is given up.
const PATIENCE: u32 = 64;

/// An open file and the track that is played.
pub(super) struct Demuxer {
    container: Container,
    format: Format,
    /// The number of the sound track that is asked for.
    wanted: Option<u32>,
    track: u32,
    tick: Option<TimeBase>,
    declared: Option<u64>,
    frames_read: u64,
    end: u64,
    cut: bool,
    damage: Damage,
}

/// What comes next in the file.
pub(super) enum Event {
    /// A packet of the track, and how much sound to drop at its end.
    Packet(Packet, Discard),
    /// Another recording follows in the same file: the track must be chosen anew.
    NewStream,
    /// The end.
    End,
}

/// The decoder of a track and what to drop at its start.
pub(super) struct Playable {
    pub(super) codec: Codec,
    pub(super) trim: Trim,
    /// The rate that the header names, if it names one.
    pub(super) header_rate: Option<u32>,
    pub(super) header_channels: u16,
}

impl Demuxer {
    /// Finds out what `media` is, of which the sound track `wanted` or the default one is to be played.
    pub(super) fn open(media: Media, wanted: Option<u32>) -> Result<Self> {
        let container = guard(ErrorKind::Malformed, "the demuxer", || Container::open(media, wanted))?;
        let format = Format::of(container.reader.format_info().format);
        Ok(Self {
            wanted: wanted.filter(|_| !container.is_chosen),
            container,
            format,
            track: 0,
            tick: None,
            declared: None,
            frames_read: 0,
            end: 0,
            cut: false,
            damage: Damage::default(),
        })
    }

    /// A short name, such as "ogg".
    pub(super) fn name(&self) -> &'static str {
        self.container.reader.format_info().short_name
    }

    /// Whether its packets are frames of bare MPEG audio, which may change their kind.
    pub(super) fn is_mpeg(&self) -> bool {
        self.format == Format::Mpeg
    }

    /// True once the file has ended too early.
    pub(super) fn truncated(&self) -> bool {
        let loss = self.container.loss.as_ref();
        self.cut
            || loss.is_some_and(|loss| loss.cut())
            || self.declared.is_some_and(|frames| self.end < frames)
    }

    /// Sound that could not be decoded, in milliseconds.
    pub(super) fn damaged_ms(&self) -> u64 {
        self.damage.milliseconds()
    }

    /// Counts a packet that could not be decoded.
    pub(super) fn count_damaged(&mut self, packet: &Packet) {
        self.damage.ticks(packet.block_dur().get(), self.tick);
    }

    /// Chooses the track that is asked for; without, the first default one that can be decoded, or else the first.
    pub(super) fn choose(&mut self, target: Option<u32>) -> Result<Playable> {
        let tracks = self.container.reader.tracks().iter();
        let mut sounds: Vec<&Track> =
            tracks.filter(|t| matches!(t.codec_params, Some(CodecParameters::Audio(_)))).collect();
        if let (Some(wanted), false) = (self.wanted, sounds.is_empty()) {
            check_number(wanted, sounds.len())?;
            sounds = vec![sounds[wanted as usize]];
        }
        sounds.sort_by_key(|track| !track.flags.contains(TrackFlags::DEFAULT));
        let mut problem = None;
        for track in sounds {
            let Some(CodecParameters::Audio(params)) = &track.codec_params else { continue };
            match guard(ErrorKind::Malformed, "the decoder", || self.playable(track, params, target)) {
                Ok(playable) => {
                    let declared = self.declared_length(track);
                    (self.track, self.tick) = (track.id, track.time_base);
                    (self.declared, self.frames_read, self.end) = (declared, 0, 0);
                    return Ok(playable);
                }
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        Err(problem.unwrap_or_else(|| unsupported(self.silence())))
    }

    fn playable(
        &self,
        track: &Track,
        params: &AudioCodecParameters,
        target: Option<u32>,
    ) -> Result<Playable> {
        if self.scan(|s| s.encoded(track.id)).unwrap_or(false) {
            return Err(unsupported("the sound is encrypted or compressed twice"));
        }
        let (ticks, per_second) = self.start(track);
        let in_opus_rate = (ticks > 0).then(|| rescale(ticks, per_second, OPUS_RATE));
        let (codec, opus_skip) = Codec::new(params, target, in_opus_rate)?;
        let mut trim = opus_skip.map_or(Trim::new(ticks, per_second), |skip| Trim::new(skip, OPUS_RATE));
        let quirks = self.format.quirks();
        if quirks.cut_at_the_end_only {
            trim = trim.at_the_end_only();
        }
        if quirks.padding {
            trim = trim.with_padding(track.padding.unwrap_or(0));
        }
        let header_channels = params.channels.as_ref().map_or(0, |c| c.count()) as u16;
        Ok(Playable { codec, trim, header_rate: params.sample_rate, header_channels })
    }

    /// What the container says to drop at the start, as (ticks, ticks per second).
    fn start(&self, track: &Track) -> (u64, u32) {
        if let Some(start) = self.container.start {
            return start;
        }
        if let Some(delay) = self.scan(|s| s.delay_nanos(track.id)) {
            return (delay, 1_000_000_000);
        }
        let rate = track.codec_params.as_ref().and_then(|p| p.audio()).and_then(|p| p.sample_rate);
        match (track.delay, rate) {
            (Some(delay), Some(rate)) if self.format.quirks().delay => (delay.into(), rate),
            _ => (0, 1),
        }
    }

    /// The length of the track in its own time base, where the header is to be trusted.
    fn declared_length(&self, track: &Track) -> Option<u64> {
        match self.format.quirks().length {
            Length::Unknown => None,
            Length::Duration => track.duration.map(|d| d.get()).filter(|&d| d > 0),
            Length::Frames => track.num_frames,
        }
    }

    /// Why there is nothing to play.
    fn silence(&self) -> &'static str {
        if self.container.reader.tracks().is_empty() {
            "the file holds no track"
        } else {
            "the file holds no sound track"
        }
    }

    fn scan<T>(&self, look: impl FnOnce(&mut Scanner) -> T) -> Option<T> {
        self.container.scanner.as_ref().map(|s| look(&mut s.lock().unwrap_or_else(|e| e.into_inner())))
    }

    /// The next packet of the track.
    pub(super) fn next(&mut self) -> Result<Event> {
        let mut failures = 0;
        loop {
            match guard(ErrorKind::Malformed, "the demuxer", || Ok(self.container.reader.next_packet()))? {
                Ok(Some(packet)) if packet.track_id == self.track => return Ok(self.count(packet)),
                Ok(Some(_)) => failures = 0,
                Ok(None) => return Ok(Event::End),
                Err(Foreign::ResetRequired) => return Ok(Event::NewStream),
                Err(Foreign::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(Foreign::IoError(error)) => return Err(Error::io("cannot read", error)),
                Err(_) if failures < PATIENCE => failures += 1,
                Err(_) => break,
            }
        }
        self.cut = !self.whole();
        Ok(Event::End)
    }

    /// Whether the bytes, which have ended without a mark of the end, are all that there should be.
    fn whole(&self) -> bool {
        match self.format.quirks().whole {
            Whole::Never => false,
            Whole::Elements => self.scan(|s| s.complete()).unwrap_or(false),
            Whole::LengthKnown => self.declared.is_some(),
        }
    }

    fn count(&mut self, packet: Packet) -> Event {
        let start = u64::try_from(packet.pts.get()).unwrap_or(0);
        if self.format.quirks().gaps_are_damage && self.frames_read > 0 && start > self.end {
            self.damage.ticks(start - self.end, self.tick);
        }
        if let Some(loss) = &self.container.loss {
            self.damage.nanos(loss.take_nanos());
        }
        self.frames_read += 1;
        let end = packet.pts.get().saturating_add_unsigned(packet.block_dur().get());
        self.end = self.end.max(u64::try_from(end).unwrap_or(0));
        let (track, frame) = (self.track, self.frames_read);
        let discard = self.scan(|s| s.discard_nanos(track, frame)).unwrap_or(0);
        let discard = Discard { frames: packet.trim_end.get(), nanos: u64::try_from(discard).unwrap_or(0) };
        Event::Packet(packet, discard)
    }
}

/// Refuses the number of a track that there is not.
pub(super) fn check_number(wanted: u32, count: usize) -> Result<()> {
    let message = match count {
        _ if (wanted as usize) < count => return Ok(()),
        1 => format!("there is no sound track {wanted}: only 0"),
        count => format!("there is no sound track {wanted}: they are 0 to {}", count - 1),
    };
    Err(Error::new(ErrorKind::InvalidArgument, message))
}
