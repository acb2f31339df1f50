//! The header of a WebM recording: which track is played, and how it is coded (RFC 9559, section 5.1.4).

use super::super::matroska::number;
use super::super::opus::{Head, OPUS_RATE};
use super::super::packet::unsupported;
use super::super::trim::rescale;
use super::elements::{Children, INFO, TRACKS};
use super::item::{Coding, matroska_coding};
use sonic_core::Result;

const TRACK_ENTRY: u32 = 0xae;
const SCALE: u32 = 0x2a_d7b1;
/// Most tracks that are looked at.
const MOST_TRACKS: usize = 64;

/// What a header says of the track that is played.
pub(super) struct Header {
    pub(super) number: u64,
    /// The numbers of all tracks.
    pub(super) numbers: Vec<u64>,
    pub(super) coding: Coding,
    pub(super) delay_nanos: u64,
}

/// A track, as it is described.
#[derive(Default)]
struct Entry<'a> {
    number: u64,
    kind: u64,
    codec: &'a [u8],
    private: Option<&'a [u8]>,
    delay_nanos: u64,
    encoded: bool,
    rate: f64,
    channels: u64,
    bits: u64,
}

impl<'a> Entry<'a> {
    fn parse(body: &'a [u8]) -> Self {
        let mut entry = Self { rate: 8_000.0, channels: 1, ..Self::default() };
        for (id, body) in Children(body) {
            match id {
                0xd7 => entry.number = number(body),
                0x83 => entry.kind = number(body),
                0x86 => entry.codec = body,
                0x63a2 => entry.private = Some(body),
                0x56aa => entry.delay_nanos = number(body),
                0x6d80 => entry.encoded = true,
                0xe1 => entry.sound(body),
                _ => {}
            }
        }
        entry
    }

    fn sound(&mut self, body: &[u8]) {
        for (id, body) in Children(body) {
            match id {
                0xb5 => self.rate = float(body),
                0x9f => self.channels = number(body),
                0x6264 => self.bits = number(body),
                _ => {}
            }
        }
    }
}

/// A number in 4 or 8 bytes, or none.
fn float(body: &[u8]) -> f64 {
    match *body {
        [a, b, c, d] => f32::from_be_bytes([a, b, c, d]).into(),
        [a, b, c, d, e, f, g, h] => f64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => 0.0,
    }
}

/// The first sound track in the body of Tracks.
pub(super) fn choose(tracks: &[u8]) -> Result<Header> {
    let entries: Vec<Entry<'_>> = Children(tracks)
        .filter(|child| child.0 == TRACK_ENTRY)
        .take(MOST_TRACKS)
        .map(|child| Entry::parse(child.1))
        .collect();
    let numbers = entries.iter().map(|entry| entry.number).collect();
    let Some(entry) = entries.iter().find(|entry| entry.kind == 2) else {
        return Err(unsupported("the slices hold no sound track: record the microphone too"));
    };
    if entry.encoded {
        return Err(unsupported("the sound in the slices is encrypted or compressed twice"));
    }
    let small = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    let (channels, bits) = (small(entry.channels), small(entry.bits));
    let coding = matroska_coding(entry.codec, entry.private, entry.rate, channels, bits)?;
    Ok(Header { number: entry.number, numbers, coding, delay_nanos: entry.delay_nanos })
}

/// What is no sound at the start: what the container says, or else Opus.
pub(super) fn skip(coding: &Coding, delay_nanos: u64) -> (u64, u32) {
    match coding {
        Coding::Opus(head) if delay_nanos == 0 => {
            (Head::parse(head).map_or(0, |head| head.pre_skip.into()), OPUS_RATE)
        }
        Coding::Opus(_) => (rescale(delay_nanos, 1_000_000_000, OPUS_RATE), OPUS_RATE),
        _ => (delay_nanos, 1_000_000_000),
    }
}

/// Milliseconds of a tick in a header, up to its tracks.
pub(super) fn scale_ms(header: &[u8]) -> f64 {
    // Segment and EBML are masters that are not measured: the elements inside stand one after the other.
    let at = header.windows(4).position(|id| id == INFO.to_be_bytes());
    let info = at.and_then(|at| Children(&header[at..]).find(|child| child.0 == INFO || child.0 == TRACKS));
    let scale = info.and_then(|info| Children(info.1).find(|child| child.0 == SCALE));
    scale.map(|scale| number(scale.1)).filter(|&nanos| nanos > 0).map_or(1.0, |nanos| nanos as f64 / 1e6)
}
