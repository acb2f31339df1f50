//! Sound files that are made by code, header by header, so that each can be wrong in one place.

/// Samples of a tone with a beat, in -1..=1, that differs between channels; interleaved.
pub fn tone(rate: u32, channels: usize, seconds: f64) -> Vec<f32> {
    let frames = (f64::from(rate) * seconds) as usize;
    let sample = |n: usize, channel: usize| {
        let time = n as f64 / f64::from(rate);
        let hertz = 440.0 + 110.0 * channel as f64;
        (0.6 * (time * hertz * std::f64::consts::TAU).sin() * (0.7 + 0.3 * (time * 5.0).sin())) as f32
    };
    (0..frames).flat_map(|n| (0..channels).map(move |channel| sample(n, channel))).collect()
}

/// The mean of interleaved channels.
pub fn mean(samples: &[f32], channels: usize) -> Vec<f32> {
    samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect()
}

/// How samples are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pcm {
    /// Integers of that many bits, signed but for eight bits.
    Integer(u32),
    /// Integers of eight bits, signed.
    Signed8,
    /// Floating-point numbers of that many bits.
    Float(u32),
    /// Logarithmic, by G.711.
    MuLaw,
    /// Logarithmic, by G.711.
    ALaw,
}

impl Pcm {
    /// Bits of a sample.
    pub fn bits(self) -> u32 {
        match self {
            Self::Integer(bits) | Self::Float(bits) => bits,
            Self::Signed8 | Self::MuLaw | Self::ALaw => 8,
        }
    }

    /// How far a sample may be from what was written.
    pub fn error(self) -> f32 {
        match self {
            Self::MuLaw | Self::ALaw => 0.04,
            Self::Float(_) => 1e-6,
            _ => 2.1 / 2f32.powi(self.bits().min(24) as i32 - 1),
        }
    }

    /// Samples as bytes, the highest first if `big`.
    pub fn bytes(self, samples: &[f32], big: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        for &sample in samples {
            let scaled =
                |bits: u32| (f64::from(sample) * f64::from(i32::MAX) / 2f64.powi(32 - bits as i32)) as i64;
            let word = match self {
                Self::Integer(8) => ((scaled(8) + 128) as u8).to_le_bytes().to_vec(),
                Self::Signed8 => vec![scaled(8) as u8],
                Self::Integer(bits) => scaled(bits).to_le_bytes()[..bits as usize / 8].to_vec(),
                Self::Float(32) => sample.to_le_bytes().to_vec(),
                Self::Float(_) => f64::from(sample).to_le_bytes().to_vec(),
                Self::MuLaw => vec![mu_law(scaled(16) as i32)],
                Self::ALaw => vec![a_law(scaled(16) as i32)],
            };
            match big {
                true => bytes.extend(word.iter().rev()),
                false => bytes.extend(word),
            }
        }
        bytes
    }
}

fn mu_law(sample: i32) -> u8 {
    let (sign, level) = (if sample < 0 { 0x80 } else { 0 }, sample.abs().min(32_635) + 132);
    let exponent = (level >> 7).ilog2().min(7) as i32;
    !(sign | (exponent << 4) as u8 | (level >> (exponent + 3) & 15) as u8)
}

fn a_law(sample: i32) -> u8 {
    let (sign, level) = (if sample < 0 { 0 } else { 0x80 }, sample.abs().min(32_767) >> 4);
    let code = match level {
        0..32 => level,
        _ => {
            let exponent = level.ilog2() as i32 - 3;
            (exponent << 4) | (level >> (exponent - 1) & 15)
        }
    };
    (sign | code as u8) ^ 0x55
}

/// Chunks of RIFF, each with its name, its size and the byte that makes it even.
pub fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    sized(name, body.len() as u32, body)
}

/// A chunk that says it has `size` bytes.
pub fn sized(name: &[u8; 4], size: u32, body: &[u8]) -> Vec<u8> {
    let padding = vec![0; body.len() % 2];
    [&name[..], &size.to_le_bytes(), body, &padding].concat()
}

/// The format chunk of a WAV file.
pub fn wav_format(pcm: Pcm, rate: u32, channels: u16) -> Vec<u8> {
    let tag: u16 = match pcm {
        Pcm::Integer(_) | Pcm::Signed8 => 1,
        Pcm::Float(_) => 3,
        Pcm::ALaw => 6,
        Pcm::MuLaw => 7,
    };
    let (bits, frame) = (pcm.bits() as u16, channels * pcm.bits() as u16 / 8);
    let mut body = [tag.to_le_bytes(), channels.to_le_bytes()].concat();
    body.extend(rate.to_le_bytes());
    body.extend((rate * u32::from(frame)).to_le_bytes());
    body.extend([frame.to_le_bytes(), bits.to_le_bytes()].concat());
    chunk(b"fmt ", &body)
}

/// A RIFF file, of the size that it says.
pub fn riff(size: Option<u32>, chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let size = size.unwrap_or(body.len() as u32 + 4);
    [b"RIFF", &size.to_le_bytes()[..], b"WAVE", &body].concat()
}

/// A WAV file.
pub fn wav(pcm: Pcm, rate: u32, channels: u16, samples: &[f32]) -> Vec<u8> {
    let data = pcm.bytes(samples, false);
    riff(None, &[wav_format(pcm, rate, channels), chunk(b"data", &data)])
}

/// A chunk of IFF: as one of RIFF, but with the highest byte first.
pub fn iff(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let padding = vec![0; body.len() % 2];
    [&name[..], &(body.len() as u32).to_be_bytes(), body, &padding].concat()
}

/// A rate in extended precision.
fn extended(rate: u32) -> Vec<u8> {
    let shift = rate.leading_zeros();
    let mantissa = u64::from(rate << shift) << 32;
    [&(16_383 + 31 - shift as u16).to_be_bytes()[..], &mantissa.to_be_bytes()].concat()
}

/// An AIFF file, or one of AIFF-C with a `compression`; `sound_first` puts the sound before its description.
pub fn aiff(
    pcm: Pcm,
    compression: Option<&[u8; 4]>,
    (rate, channels): (u32, u16),
    samples: &[f32],
    sound_first: bool,
) -> Vec<u8> {
    let big = !matches!(compression, Some(b"sowt" | b"42ni" | b"23ni"));
    let data = [vec![0; 8], pcm.bytes(samples, big)].concat();
    let frames = samples.len() as u32 / u32::from(channels);
    let mut common = [&channels.to_be_bytes()[..], &frames.to_be_bytes()].concat();
    common.extend((pcm.bits() as u16).to_be_bytes());
    common.extend(extended(rate));
    if let Some(compression) = compression {
        common.extend([&compression[..], b"\x03abc"].concat());
    }
    let (common, sound) = (iff(b"COMM", &common), iff(b"SSND", &data));
    let form = if compression.is_some() { b"AIFC" } else { b"AIFF" };
    let order = if sound_first { [sound, common] } else { [common, sound] };
    iff(b"FORM", &[&form[..], &order.concat()].concat())
}

/// A chunk of Core Audio; a size of -1 stands for "up to the end".
pub fn caf_chunk(name: &[u8; 4], size: Option<i64>, body: &[u8]) -> Vec<u8> {
    [&name[..], &size.unwrap_or(body.len() as i64).to_be_bytes(), body].concat()
}

/// A CAF file of PCM, big-endian; `format` is its name, `flags` what it says about it.
pub fn caf(pcm: Pcm, rate: u32, channels: u32, samples: &[f32], known_size: bool) -> Vec<u8> {
    let (format, flags) = match pcm {
        Pcm::Float(_) => (b"lpcm", 1u32),
        Pcm::MuLaw => (b"ulaw", 0),
        Pcm::ALaw => (b"alaw", 0),
        _ => (b"lpcm", 0),
    };
    let mut description = f64::from(rate).to_be_bytes().to_vec();
    description.extend(format);
    for word in [flags, channels * pcm.bits() / 8, 1, channels, pcm.bits()] {
        description.extend(word.to_be_bytes());
    }
    let pcm = if pcm == Pcm::Integer(8) { Pcm::Signed8 } else { pcm };
    let data = [vec![0; 4], pcm.bytes(samples, true)].concat();
    let size = if known_size { None } else { Some(-1) };
    let chunks = [caf_chunk(b"desc", None, &description), caf_chunk(b"data", size, &data)].concat();
    [&b"caff\0\x01\0\0"[..], &chunks].concat()
}

/// A box of MP4.
pub fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat()
}

/// A box that begins with a version and flags, of words.
pub fn words(name: &[u8; 4], words: &[u32]) -> Vec<u8> {
    boxed(name, &words.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<_>>())
}

/// A sound track of a QuickTime file: a sample a frame, in one chunk.
#[derive(Debug, Clone)]
pub struct MovTrack {
    /// The format's name.
    pub format: [u8; 4],
    /// What else is in the sample entry.
    pub more: Vec<u8>,
    /// Samples per second.
    pub rate: u32,
    /// Channels.
    pub channels: u16,
    /// Bits of a sample.
    pub bits: u16,
    /// Bytes and frames of a block.
    pub block: (u32, u32),
    /// Whether it is played by default.
    pub enabled: bool,
    /// The sound.
    pub data: Vec<u8>,
}

impl MovTrack {
    /// A track of PCM.
    pub fn pcm(format: &[u8; 4], pcm: Pcm, (rate, channels): (u32, u16), samples: &[f32], big: bool) -> Self {
        let block = (u32::from(channels) * pcm.bits() / 8, 1);
        let data = pcm.bytes(samples, big);
        let bits = pcm.bits() as u16;
        Self { format: *format, more: vec![], rate, channels, bits, block, enabled: true, data }
    }

    fn boxes(&self, number: u32, start: u32) -> Vec<u8> {
        let frames = self.data.len() as u32 / self.block.0 * self.block.1;
        let half = |value: u16| value.to_be_bytes();
        let mut entry = [vec![0; 6], half(1).to_vec(), half(1).to_vec(), vec![0; 6]].concat();
        entry.extend([half(self.channels), half(self.bits), half(0), half(0)].concat());
        entry.extend((self.rate << 16).to_be_bytes());
        // Version 1: frames of a packet, bytes of a packet, of a frame, of a sample.
        for word in [self.block.1, self.block.0 / u32::from(self.channels), self.block.0, 2] {
            entry.extend(word.to_be_bytes());
        }
        entry.extend(&self.more);
        let tables = [
            boxed(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &boxed(&self.format, &entry)].concat()),
            words(b"stts", &[0, 1, frames, 1]),
            words(b"stsc", &[0, 1, 1, frames, 1]),
            words(b"stsz", &[0, 1, frames]),
            words(b"stco", &[0, 1, start]),
        ];
        let information = [words(b"smhd", &[0, 0]), boxed(b"stbl", &tables.concat())].concat();
        let handler = boxed(b"hdlr", b"\0\0\0\0mhlrsoun\0\0\0\0\0\0\0\0\0\0\0\0\0");
        let media = [words(b"mdhd", &[0, 0, 0, self.rate, frames, 0]), handler, boxed(b"minf", &information)];
        let header = words(
            b"tkhd",
            &[u32::from(self.enabled), 0, 0, number, 0, frames, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        );
        boxed(b"trak", &[header, boxed(b"mdia", &media.concat())].concat())
    }
}

/// A QuickTime file: with its sound in front or behind its index, and with `ftyp` or without.
pub fn mov(tracks: &[MovTrack], sound_first: bool, with_type: bool) -> Vec<u8> {
    let file_type = if with_type { boxed(b"ftyp", b"qt  \0\0\0\0qt  ") } else { vec![] };
    let sound = boxed(b"mdat", &tracks.iter().flat_map(|track| track.data.clone()).collect::<Vec<_>>());
    let index = |mut start: u32| {
        let header = words(
            b"mvhd",
            &[0, 0, 0, 1000, 1000, 0x1_0000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9],
        );
        let mut body = header;
        for (number, track) in (1..).zip(tracks) {
            body.extend(track.boxes(number, start));
            start += track.data.len() as u32;
        }
        boxed(b"moov", &body)
    };
    let before = file_type.len() as u32 + 8;
    match sound_first {
        true => [file_type, sound, index(before)].concat(),
        false => [file_type.clone(), index(before + index(0).len() as u32), sound].concat(),
    }
}

/// A FLAC file of 16-bit samples that are not compressed, in blocks of `block` frames. The smallest block that its header
/// names is `least`.
pub fn flac(rate: u32, channels: u16, samples: &[f32], block: u16, least: u16) -> Vec<u8> {
    let pcm: Vec<i16> = samples.iter().map(|s| (s * 32_767.0) as i16).collect();
    let frames = pcm.len() as u64 / u64::from(channels);
    let mut info = [least.to_be_bytes(), block.to_be_bytes()].concat();
    info.extend([0; 6]);
    let facts = u64::from(rate) << 44 | u64::from(channels - 1) << 41 | 15 << 36 | frames;
    info.extend(facts.to_be_bytes());
    info.extend([0; 16]);
    let mut file = [&b"fLaC\x80\0\0\x22"[..], &info].concat();
    for (number, part) in pcm.chunks(usize::from(block) * usize::from(channels)).enumerate() {
        file.extend(flac_frame(number as u32, channels, part));
    }
    file
}

/// A FLAC file of so many blocks of 65,535 zeros, each of 13 bytes or a few more.
pub fn flac_of_silence(rate: u32, blocks: u32) -> Vec<u8> {
    let mut info = [u16::MAX.to_be_bytes(), u16::MAX.to_be_bytes()].concat();
    info.extend([0; 6]);
    let facts = u64::from(rate) << 44 | 15 << 36 | (u64::from(blocks) * 65_535);
    info.extend(facts.to_be_bytes());
    info.extend([0; 16]);
    let mut file = [&b"fLaC\x80\0\0\x22"[..], &info].concat();
    for number in 0..blocks {
        let mut frame = flac_header(number, 1, u16::MAX);
        // A constant subframe.
        frame.extend([0, 0, 0]);
        let crc = crc(&frame, 16, 0x8005);
        frame.extend(crc.to_be_bytes());
        file.extend(frame);
    }
    file
}

fn flac_header(number: u32, channels: u16, length: u16) -> Vec<u8> {
    // The length in 16 bits, the rate of the stream, 16 bits a sample.
    let mut frame = vec![0xff, 0xf8, 0x70, ((channels - 1) << 4) as u8 | 8];
    match number {
        0..0x80 => frame.push(number as u8),
        0x80..0x800 => frame.extend([0xc0 | (number >> 6) as u8, 0x80 | (number & 0x3f) as u8]),
        _ => frame.extend([
            0xe0 | (number >> 12) as u8,
            0x80 | (number >> 6 & 0x3f) as u8,
            0x80 | (number & 0x3f) as u8,
        ]),
    }
    frame.extend((length - 1).to_be_bytes());
    frame.push(crc(&frame, 8, 0x07) as u8);
    frame
}

fn flac_frame(number: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
    let mut frame = flac_header(number, channels, (samples.len() / usize::from(channels)) as u16);
    for channel in 0..usize::from(channels) {
        // A verbatim subframe.
        frame.push(2);
        frame.extend(samples.iter().skip(channel).step_by(channels.into()).flat_map(|s| s.to_be_bytes()));
    }
    let crc = crc(&frame, 16, 0x8005);
    frame.extend(crc.to_be_bytes());
    frame
}

/// A cyclic redundancy check of 8 or 16 bits.
fn crc(bytes: &[u8], bits: u32, polynomial: u16) -> u16 {
    let (top, mask) = (1u16 << (bits - 1), (u32::from(u16::MAX) >> (16 - bits)) as u16);
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << (bits - 8), |crc, _| {
            let carried = if crc & top != 0 { polynomial } else { 0 };
            (crc << 1 ^ carried) & mask
        })
    })
}
