//! Promise: whatever the bytes are, decoding ends soon, without a panic, and gives finite samples or an error.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sonic::audio::decode::{DecodeOptions, Decoder, Source};
use std::fs;
use std::io::Cursor;
use std::time::{Duration, Instant};

/// Longest time for one input of a few kilobytes, on a slow and busy machine.
const PATIENCE: Duration = Duration::from_secs(10);
/// Samples after which an input has shown what it can do: a few bytes of FLAC can stand for hours.
const ENOUGH: usize = 1 << 20;
/// Longest seed, in bytes: damage is as likely to hit a header as the sound.
const SEED_LENGTH: usize = 6_000;
/// Damaged files of each kind, and with `SONIC_SOAK`.
const ROUNDS: [usize; 2] = [250, 5_000];

/// A small generator of numbers (xorshift), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }
}

/// A WAV file of 16-bit samples: mono, two channels, or IMA ADPCM.
fn wav(tag: u16, channels: u16, bits: u16, extra: &[u8]) -> Vec<u8> {
    let data: Vec<u8> = (0..2048u32).map(|n| (n * n / 7) as u8).collect();
    let align = if tag == 0x11 { 512 } else { channels * bits / 8 };
    let mut file = b"RIFF\0\x10\0\0WAVEfmt ".to_vec();
    file.extend((16 + extra.len() as u32).to_le_bytes());
    for field in [tag, channels, 22_050, 0, 22_050, 0, align, bits] {
        file.extend(field.to_le_bytes());
    }
    file.extend(extra);
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

/// Small files of every kind at hand; those that the test makes itself, if there are no others.
fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut seeds = vec![
        ("pcm16".to_owned(), wav(1, 1, 16, &[])),
        ("stereo".to_owned(), wav(1, 2, 24, &[])),
        ("float".to_owned(), wav(3, 1, 32, &[])),
        ("adpcm".to_owned(), wav(0x11, 1, 4, &[2, 0, 0xf9, 3])),
        ("mulaw".to_owned(), wav(7, 1, 8, &[])),
    ];
    let Some(folder) = sonic_testing::assets("voice/audio/formats") else { return seeds };
    for folder in [folder.join("original"), folder] {
        let Ok(files) = fs::read_dir(&folder) else { continue };
        for path in files.filter_map(|entry| entry.ok().map(|e| e.path())).filter(|p| p.is_file()) {
            let bytes = fs::read(&path).unwrap();
            seeds.push((path.display().to_string(), shorten(bytes)));
        }
    }
    seeds.sort();
    seeds
}

/// The start of a file; of an MP4 file, whose index comes last, both ends.
fn shorten(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.get(4..8) == Some(b"ftyp") && bytes.len() > SEED_LENGTH {
        let index = bytes.windows(4).rposition(|w| w == b"moov").map_or(0, |at| at - 4);
        let mut short = bytes[..28].to_vec();
        short.extend(&bytes[index..]);
        short.extend(&bytes[28..SEED_LENGTH]);
        return short;
    }
    bytes.truncate(SEED_LENGTH);
    bytes
}

/// Cuts, flips, overwrites, repeats or inserts, once or a few times.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => bytes[at..].iter_mut().take(4).for_each(|b| *b = 0xff),
            2 => bytes.insert(at, random.below(256) as u8),
            3 => drop(bytes.drain(at..(at + random.below(64)).min(bytes.len()).max(at))),
            _ => bytes[at] ^= 1 << random.below(8),
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
}

/// Decodes to the end, or to where it is enough; the number of samples.
fn consume(source: Source, sample_rate: Option<u32>) -> usize {
    let Ok(mut decoder) = Decoder::open(source, &DecodeOptions { sample_rate, ..DecodeOptions::default() })
    else {
        return 0;
    };
    let mut count = 0;
    while count < ENOUGH {
        let Ok(Some(block)) = decoder.next_block() else { break };
        assert!(block.iter().all(|sample| sample.is_finite()));
        count += block.len();
    }
    count
}

#[test]
fn damaged_files_neither_panic_nor_hang() {
    // Panics that the library catches would fill the screen.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let rounds = sonic_testing::rounds(ROUNDS[0], ROUNDS[1]);
    let mut problems = Vec::new();
    let mut decoded = 0;
    for (name, seed) in seeds() {
        let mut random = Random(0x5eed_1234_5678_9abc);
        for round in 0..rounds {
            let mut bytes = seed.clone();
            damage(&mut bytes, &mut random);
            let rate = [None, Some(11_025), Some(16_000)][round % 3];
            let source =
                if round % 2 == 0 { Source::from(bytes) } else { Source::reader(Cursor::new(bytes)) };
            let start = Instant::now();
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| consume(source, rate)));
            match result {
                Err(_) => problems.push(format!("{name}, round {round}: a panic")),
                Ok(_) if start.elapsed() > PATIENCE => problems.push(format!("{name}, round {round}: slow")),
                Ok(count) => decoded += usize::from(count > 0),
            }
        }
    }
    std::panic::set_hook(hook);
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(decoded > rounds, "the damage must leave something to decode: {decoded}");
}
