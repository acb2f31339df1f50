//! Frames of MPEG audio, layers 1 to 3 (ISO/IEC 11172-3 and 13818-3, section 2.4), and what symphonia is shown of them.

#[cfg(any(feature = "mp1", feature = "mp2", feature = "mp3"))]
use super::frames::Frames;
use super::frames::Header;
#[cfg(any(feature = "mp1", feature = "mp2", feature = "mp3"))]
use super::media::Media;
#[cfg(any(feature = "mp1", feature = "mp2", feature = "mp3"))]
use std::io::{self, Read};
#[cfg(any(feature = "mp1", feature = "mp2", feature = "mp3"))]
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Bit rates in kilobits by the index of the header, less one.
const MPEG1: [[usize; 14]; 3] = [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
];
const MPEG2: [[usize; 14]; 2] = [
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// What the header of a frame says; none is read of a free bit rate, which symphonia cannot decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mpeg {
    layer: u8,
    rate: u32,
    channels: u16,
    samples: u64,
    size: usize,
}

impl Header for Mpeg {
    const SIZE: usize = 4;

    fn parse(bytes: &[u8]) -> Option<Self> {
        let &[0xff, second @ 0xe0..=0xff, third, fourth, ..] = bytes else { return None };
        // Halved once for MPEG 2, twice for MPEG 2.5.
        let halved = match second >> 3 & 3 {
            3 => 0,
            2 => 1,
            0 => 2,
            _ => return None,
        };
        let layer = 4 - (second >> 1 & 3);
        let rate = [44_100, 48_000, 32_000].get(usize::from(third >> 2 & 3))? >> halved;
        let index = usize::from(third >> 4).checked_sub(1)?;
        let table = match (halved, layer) {
            (_, 4) => return None,
            (0, _) => &MPEG1[usize::from(layer) - 1],
            (_, 1) => &MPEG2[0],
            _ => &MPEG2[1],
        };
        let (bits, padding) = (1000 * table.get(index)?, usize::from(third >> 1 & 1));
        let (samples, size) = match layer {
            1 => (384, 4 * (12 * bits / rate as usize + padding)),
            3 if halved > 0 => (576, 72 * bits / rate as usize + padding),
            _ => (1152, 144 * bits / rate as usize + padding),
        };
        Some(Self { layer, rate, channels: if fourth >> 6 == 3 { 1 } else { 2 }, samples, size })
    }

    fn size(&self) -> usize {
        self.size
    }

    fn nanos(&self) -> u64 {
        self.samples * 1_000_000_000 / u64::from(self.rate)
    }

    fn agrees(&self, other: &Self) -> bool {
        (self.layer, self.rate, self.channels) == (other.layer, other.rate, other.channels)
    }
}

/// What is added to the delay of an encoder by the decoder, in samples.
const DECODER_DELAY: u32 = 529;

impl Mpeg {
    /// Of which layer the frame is.
    pub(super) fn layer(&self) -> u8 {
        self.layer
    }

    /// Samples per second.
    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// What a frame says that holds no sound but tells about the stream (the tags `Xing`, `Info` and `VBRI`): the samples at the
    /// start that are no sound.
    pub(super) fn told_delay(&self, frame: &[u8]) -> Option<u32> {
        if self.layer != 3 {
            return None;
        }
        if frame.get(36..40) == Some(b"VBRI") {
            return Some(0);
        }
        // Behind the side information.
        let at = Self::SIZE
            + match (self.samples, self.channels) {
                (1152, 1) => 17,
                (1152, _) => 32,
                (_, 1) => 9,
                _ => 17,
            };
        let tag = frame.get(at..at + 8).filter(|tag| tag.starts_with(b"Xing") || tag.starts_with(b"Info"))?;
        let fields = [(1, 4), (2, 4), (4, 100), (8, 4)];
        let size = fields.iter().filter(|field| tag[7] & field.0 != 0).map(|field| field.1).sum::<usize>();
        // The name of the encoder, and its numbers: the delay is in the upper half of the three bytes behind 21.
        let encoder = frame.get(at + 8 + size..).unwrap_or_default();
        let is_told = encoder.starts_with(b"LAME") || encoder.starts_with(b"Lav");
        Some(match encoder.get(21..23).filter(|_| is_told) {
            Some(&[high, low]) => DECODER_DELAY + (u32::from(high) << 4 | u32::from(low) >> 4),
            _ => 0,
        })
    }
}

/// What was lost on the way, told while the stream is read.
#[derive(Debug, Default)]
pub(super) struct Loss {
    nanos: AtomicU64,
    cut: AtomicBool,
}

impl Loss {
    /// Nanoseconds of sound that could not be read since this was last asked.
    pub(super) fn take_nanos(&self) -> u64 {
        self.nanos.swap(0, Ordering::Relaxed)
    }

    /// Whether the stream ended in the middle of a frame.
    pub(super) fn cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }
}

/// A reader of the frames of a stream, without what stands between them.
#[cfg(any(feature = "mp1", feature = "mp2", feature = "mp3"))]
pub(super) struct Clean {
    frames: Frames<Mpeg>,
    frame: io::Cursor<Vec<u8>>,
    loss: Arc<Loss>,
}

#[cfg(any(feature = "mp1", feature = "mp2", feature = "mp3"))]
impl Clean {
    pub(super) fn new(media: Media) -> (Self, Arc<Loss>) {
        let loss = Arc::<Loss>::default();
        (Self { frames: Frames::new(media), frame: io::Cursor::default(), loss: loss.clone() }, loss)
    }
}

#[cfg(any(feature = "mp1", feature = "mp2", feature = "mp3"))]
impl Read for Clean {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.frame.position() == self.frame.get_ref().len() as u64 {
            match self.frames.next().map_err(io::Error::other)? {
                Some((_, frame, lost)) => {
                    self.frame = io::Cursor::new(frame);
                    self.loss.nanos.fetch_add(lost, Ordering::Relaxed);
                }
                None => {
                    self.loss.cut.store(self.frames.cut(), Ordering::Relaxed);
                    return Ok(0);
                }
            }
        }
        self.frame.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::super::frames::chains;
    use super::*;
    use crate::decode::source::Source;

    #[test]
    fn headers_of_all_layers_and_versions_are_read() {
        let parse = |bytes: [u8; 4]| Mpeg::parse(&bytes).map(|h| (h.layer, h.rate, h.channels, h.size));
        assert_eq!(parse([0xff, 0xfb, 0x90, 0x00]), Some((3, 44_100, 2, 417)));
        assert_eq!(parse([0xff, 0xfb, 0x92, 0xc0]), Some((3, 44_100, 1, 418)));
        assert_eq!(parse([0xff, 0xf3, 0x84, 0xc0]), Some((3, 24_000, 1, 192)));
        assert_eq!(parse([0xff, 0xe3, 0x88, 0x00]), Some((3, 8_000, 2, 576)));
        assert_eq!(parse([0xff, 0xfd, 0xa4, 0x00]), Some((2, 48_000, 2, 576)));
        assert_eq!(parse([0xff, 0xff, 0x18, 0x00]), Some((1, 32_000, 2, 48)));
        for bad in
            [[0xff, 0xfb, 0x00, 0], [0xff, 0xfb, 0xf0, 0], [0xff, 0xfb, 0x9c, 0], [0xff, 0xeb, 0x90, 0]]
        {
            assert_eq!(parse(bad), None);
        }
    }

    fn frame() -> Vec<u8> {
        [&[0xff, 0xfb, 0x90, 0][..], &[0; 413]].concat()
    }

    #[test]
    fn frames_must_chain() {
        let (frame, two, four) = (frame(), frame().repeat(2), frame().repeat(4));
        assert!(chains::<Mpeg>(&four, false, false));
        assert!(!chains::<Mpeg>(&two, false, false) && chains::<Mpeg>(&two, false, true));
        assert!(chains::<Mpeg>(&frame, true, true) && !chains::<Mpeg>(&frame, false, true));
        assert!(chains::<Mpeg>(&[&frame[..], b"TAG and so on"].concat(), true, true));
        assert!(!chains::<Mpeg>(&[&frame[..], &[0; 900]].concat(), true, true));
    }

    #[test]
    fn junk_between_frames_is_passed_over_and_counted() {
        let junk = [&[7; 300][..], &[0xff, 0xfb, 0x90, 0], &[7; 600]].concat();
        let tag = [&b"TAG"[..], &[0; 125], b"ID3\x03\0\0\0\0\0\x20", &[0xff; 32]].concat();
        let bytes =
            [frame().repeat(5), junk, frame().repeat(3), tag, frame().repeat(3), frame()[..99].to_vec()];
        let (mut clean, loss) = Clean::new(Media::open(Source::from(bytes.concat())).unwrap());
        let mut all = Vec::new();
        clean.read_to_end(&mut all).unwrap();
        assert!(all == frame().repeat(11));
        assert_eq!((loss.take_nanos(), loss.cut()), (2 * 26_122_448, true));
    }
}
