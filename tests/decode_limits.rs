//! Promise: memory follows the sound that is there, never a number in a header. Each hostile file is decoded in a process
//! of its own that may not take more than a few hundred megabytes.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sonic::ErrorKind;
use sonic::audio::decode::{DecodeOptions, Decoder, Source, decode_with};
use sonic_testing::media::{
    MovTrack, Pcm, boxed, caf_chunk, chunk, flac, iff, mov, riff, sized, tone, wav, wav_format, words,
};
use std::process::Command;

/// Kilobytes of address space that a process may take: its own code and a little memory.
const MOST_KB: u32 = 600_000;
/// By which the child knows what to do.
const CASE: &str = "SONIC_TEST_HOSTILE_CASE";

fn format_of(tag: u16, channels: u16, rate: u32, align: u16, bits: u16) -> Vec<u8> {
    let mut body = [tag.to_le_bytes(), channels.to_le_bytes()].concat();
    body.extend(rate.to_le_bytes());
    body.extend([0; 4]);
    body.extend([align.to_le_bytes(), bits.to_le_bytes()].concat());
    chunk(b"fmt ", &body)
}

fn caf_of(format: &[u8; 4], words: [u32; 5], chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut description = 44_100f64.to_be_bytes().to_vec();
    description.extend(format);
    words.iter().for_each(|word| description.extend(word.to_be_bytes()));
    [&b"caff\0\x01\0\0"[..], &caf_chunk(b"desc", None, &description), &chunks.concat()].concat()
}

/// An MP4 file whose table `name` claims `count` entries.
fn mov_of(name: &[u8; 4], count: u32) -> Vec<u8> {
    let sound = tone(16_000, 1, 0.1);
    let mut file = mov(&[MovTrack::pcm(b"sowt", Pcm::Integer(16), (16_000, 1), &sound, false)], false, true);
    let at = file.windows(4).position(|w| w == name).unwrap();
    let field = if name == b"stsz" { at + 12 } else { at + 8 };
    file[field..field + 4].copy_from_slice(&count.to_be_bytes());
    file
}

/// The files, with the kind of the refusal if there must be one.
fn cases() -> Vec<(&'static str, Vec<u8>, Option<ErrorKind>)> {
    let sound = vec![7; 100_000];
    let with = |format: Vec<u8>, size: u32| riff(None, &[format, sized(b"data", size, &sound)]);
    let silence = vec![0.0; 600_000];
    vec![
        ("1 Hz", wav(Pcm::Integer(8), 1, 1, &silence[..10]), Some(ErrorKind::Limit)),
        ("1 Hz, 100 kB", with(format_of(1, 1, 1, 1, 8), 100_000), Some(ErrorKind::Limit)),
        ("999 Hz", with(format_of(1, 1, 999, 2, 16), 100_000), Some(ErrorKind::Limit)),
        ("768,001 Hz", with(format_of(1, 1, 768_001, 2, 16), 100_000), Some(ErrorKind::Limit)),
        ("4 GHz", with(format_of(1, 1, u32::MAX, 2, 16), 100_000), Some(ErrorKind::Limit)),
        ("767,999 Hz", with(format_of(1, 1, 767_999, 2, 16), 100_000), None),
        ("65,535 channels", with(format_of(1, u16::MAX, 44_100, 0, 16), 100_000), Some(ErrorKind::Limit)),
        ("64 channels", with(format_of(1, 64, 44_100, 128, 16), 100_000), None),
        ("ADPCM in large blocks", with(format_of(0x11, 1, 44_100, u16::MAX, 4), 100_000), None),
        ("4 GB of sound", with(wav_format(Pcm::Integer(16), 44_100, 2), u32::MAX - 9), None),
        ("a list of 2 GB", riff(None, &[sized(b"LIST", 0x7ffe_0000, b"INFO")]), Some(ErrorKind::Malformed)),
        ("a format of 4 GB", riff(None, &[sized(b"fmt ", 0xffff_fff0, b"")]), Some(ErrorKind::Malformed)),
        (
            "AIFF of 65,535 channels",
            iff(b"FORM", &[&b"AIFF"[..], &iff(b"COMM", &[0xff; 18]), &iff(b"SSND", &[0; 8])].concat()),
            Some(ErrorKind::Malformed),
        ),
        (
            "CAF of 2^63 packets",
            caf_of(
                b"alac",
                [0, 0, 4096, 2, 0],
                &[
                    caf_chunk(b"pakt", None, &[&i64::MAX.to_be_bytes()[..], &[0; 16], &[1; 100]].concat()),
                    caf_chunk(b"data", None, &sound),
                ],
            ),
            Some(ErrorKind::Malformed),
        ),
        (
            "ALAC in packets of 4 G",
            caf_of(
                b"alac",
                [0, 0, 4096, 2, 0],
                &[
                    caf_chunk(b"kuki", None, &[0xff; 24]),
                    caf_chunk(b"pakt", None, &[&1i64.to_be_bytes()[..], &[0; 16], &[100]].concat()),
                    caf_chunk(b"data", None, &sound),
                ],
            ),
            Some(ErrorKind::Limit),
        ),
        (
            "a cookie of 2^62 bytes",
            caf_of(b"alac", [0, 0, 4096, 2, 0], &[caf_chunk(b"kuki", Some(1 << 62), &[])]),
            Some(ErrorKind::Limit),
        ),
        ("4 G samples", mov_of(b"stsz", u32::MAX), None),
        ("4 G chunks", mov_of(b"stco", u32::MAX), None),
        ("4 G groups", mov_of(b"stsc", u32::MAX), None),
        (
            "an index of 4 GB",
            [
                boxed(b"ftyp", b"isom\0\0\0\0"),
                vec![0xff, 0xff, 0xff, 0xff],
                b"moov".to_vec(),
                words(b"mvhd", &[0; 25]),
            ]
            .concat(),
            Some(ErrorKind::Limit),
        ),
        ("FLAC of 65,535 channels", flac(44_100, 8, &silence[..80_000], 4_096, 4_096), None),
        (
            "a picture of 16 MB in FLAC",
            [&b"fLaC\x06\xff\xff\xff"[..], &[0; 9]].concat(),
            Some(ErrorKind::Malformed),
        ),
        (
            "an ID3v2 tag of 256 MB",
            [&b"ID3\x04\0\0\x7f\x7f\x7f\x7f"[..], &[0; 99]].concat(),
            Some(ErrorKind::Malformed),
        ),
    ]
}

/// What a case must do, from memory and from a stream, at its own rate and at others.
fn run(name: &str) {
    let (_, bytes, refusal) = cases().into_iter().find(|case| case.0 == name).unwrap();
    for sample_rate in [None, Some(11_025), Some(16_000), Some(767_993)] {
        let options = DecodeOptions { sample_rate, ..DecodeOptions::default() };
        for source in [Source::from(bytes.as_slice()), Source::reader(std::io::Cursor::new(bytes.clone()))] {
            let mut samples = 0;
            let result = Decoder::open(source, &options).and_then(|mut decoder| {
                while let Some(block) = decoder.next_block()? {
                    samples += block.len();
                }
                Ok(())
            });
            match (refusal, result) {
                (Some(kind), Err(error)) => assert_eq!(error.kind(), kind, "{name}: {error}"),
                (Some(_), Ok(())) => panic!("{name}: {samples} samples, not an error"),
                (None, _) => assert!(samples < 80_000_000, "{name}: {samples} samples"),
            }
        }
    }
}

/// The child: does nothing in an ordinary run of the tests.
#[test]
fn a_hostile_case() {
    if let Ok(name) = std::env::var(CASE) {
        run(&name);
    }
}

#[test]
fn no_header_takes_memory() {
    for (name, ..) in cases() {
        let this = std::env::current_exe().unwrap();
        let script = format!("ulimit -v {MOST_KB} && exec \"$0\" --exact a_hostile_case --nocapture");
        let output = Command::new("sh").args(["-c", &script]).arg(this).env(CASE, name).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {said}");
    }
}

/// 100 kB of FLAC of silence are an hour of sound: a clip of it is refused, block by block it can be decoded.
#[test]
fn what_expands_without_measure_is_no_clip() {
    let silence = expanding_flac(3_000);
    let error = decode_with(silence.as_slice(), &DecodeOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    let mut decoder = Decoder::open(silence.as_slice(), &DecodeOptions::default()).unwrap();
    let mut samples = 0;
    while let Some(block) = decoder.next_block().unwrap() {
        samples += block.len();
    }
    assert_eq!(samples, 3_000 * 65_535);
}

/// A FLAC file of so many blocks of 65,535 zeros, each of a few bytes.
fn expanding_flac(blocks: u32) -> Vec<u8> {
    sonic_testing::media::flac_of_silence(44_100, blocks)
}
