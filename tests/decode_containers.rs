//! Promise: a valid file gives the right samples, also where its header is of a rare kind, wrong in its sizes, or in
//! another order; the same from a file as from a stream.

use sonic::audio::decode::{DecodeOptions, Source, decode, decode_with};
use sonic::{Clip, ErrorKind};
use sonic_testing::media::{
    MovTrack, Pcm, aiff, boxed, caf, caf_chunk, chunk, flac, iff, mean, mov, riff, sized, tone, wav,
    wav_format,
};
use std::io::Cursor;

const RATE: u32 = 16_000;

/// The clip that bytes give in memory and as a stream, which must be one.
fn both(bytes: &[u8]) -> sonic::Result<Clip> {
    let clip = decode(bytes);
    let stream = decode(Source::reader(Cursor::new(bytes.to_vec())));
    match (&clip, &stream) {
        (Ok(one), Ok(other)) => assert!(one == other, "{one:?} and as a stream {other:?}"),
        (Err(one), Err(other)) => assert_eq!(one.kind(), other.kind(), "{one} and {other}"),
        _ => panic!("{clip:?} and as a stream {stream:?}"),
    }
    clip
}

/// Looks whether bytes give `samples`, their mean if there are several channels.
fn expect(what: &str, bytes: &[u8], samples: &[f32], channels: usize, error: f32) -> Clip {
    let clip = both(bytes).unwrap_or_else(|e| panic!("{what}: {e}"));
    let wanted = mean(samples, channels);
    assert_eq!(clip.samples.len(), wanted.len(), "{what}");
    let worst = clip.samples.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst <= error, "{what}: {worst} beside the truth");
    clip
}

const PCM: [Pcm; 8] = [
    Pcm::Integer(8),
    Pcm::Integer(16),
    Pcm::Integer(24),
    Pcm::Integer(32),
    Pcm::Float(32),
    Pcm::Float(64),
    Pcm::MuLaw,
    Pcm::ALaw,
];

#[test]
fn every_kind_of_pcm_is_read_from_wav_and_caf() {
    for channels in [1, 2] {
        let sound = tone(RATE, channels, 0.8);
        for pcm in PCM {
            let what = format!("{pcm:?} of {channels}");
            expect(&what, &wav(pcm, RATE, channels as u16, &sound), &sound, channels, pcm.error());
            for known in [true, false] {
                let file = caf(pcm, RATE, channels as u32, &sound, known);
                let clip = expect(&format!("CAF {what}"), &file, &sound, channels, pcm.error());
                assert!(!clip.truncated);
            }
        }
    }
}

#[test]
fn wav_sizes_are_not_believed() {
    let sound = tone(RATE, 1, 1.0);
    let (format, data) = (wav_format(Pcm::Integer(16), RATE, 1), Pcm::Integer(16).bytes(&sound, false));
    let list = chunk(b"LIST", b"INFOISFT\x04\0\0\0Lavf");
    let good = chunk(b"data", &data);
    let of_size = |size: u32| sized(b"data", size, &data);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("data of size 0", riff(None, &[format.clone(), of_size(0)])),
        ("data of unknown size", riff(Some(u32::MAX), &[format.clone(), of_size(u32::MAX)])),
        ("all of size 0", riff(Some(0), &[format.clone(), of_size(0)])),
        ("a whole too small", riff(Some(36), &[format.clone(), good.clone()])),
        ("a whole too large", riff(Some(1 << 30), &[format.clone(), good.clone()])),
        ("data too small", riff(None, &[format.clone(), of_size(1_000)])),
        ("a list behind", riff(None, &[format.clone(), good.clone(), list.clone()])),
        ("a list in front", riff(None, &[list, format.clone(), good.clone()])),
        ("an odd list", riff(None, &[format.clone(), sized(b"LIST", 5, b"INFOx"), good.clone()])),
        (
            "an odd list without padding",
            riff(None, &[format.clone(), [&b"LIST\x05\0\0\0INFOx"[..], &good].concat()]),
        ),
        ("a list of two bytes", riff(None, &[format.clone(), chunk(b"LIST", b"ab"), good.clone()])),
        (
            "a list whose entries overflow",
            riff(None, &[format.clone(), chunk(b"LIST", b"INFOISFT\xff\xff\xff\x7f"), good.clone()]),
        ),
        ("a list without size", riff(None, &[format.clone(), sized(b"LIST", u32::MAX, b"INFO"), good])),
    ];
    for (what, bytes) in cases {
        let clip = expect(what, &bytes, &sound, 1, Pcm::Integer(16).error());
        assert!(!clip.truncated, "{what}");
    }
    // More than there is: what there is, and that it ends early.
    let clip = expect("data too large", &riff(None, &[format.clone(), of_size(1 << 20)]), &sound, 1, 1e-4);
    assert!(clip.truncated);
    // Nothing at all.
    assert!(both(&riff(None, &[format.clone(), of_size(0)])[..44]).unwrap().samples.is_empty());
    assert_eq!(both(&riff(None, &[format])).unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn rf64_and_bw64_are_read() {
    let sound = tone(RATE, 2, 0.5);
    let data = Pcm::Integer(24).bytes(&sound, false);
    for (name, size) in [(b"RF64", data.len() as u64), (b"BW64", data.len() as u64), (b"RF64", 0)] {
        let sizes = [&[0; 8][..], &size.to_le_bytes(), &[0; 12]].concat();
        let chunks =
            [chunk(b"ds64", &sizes), wav_format(Pcm::Integer(24), RATE, 2), sized(b"data", u32::MAX, &data)];
        let file = [&name[..], &[0xff; 4], b"WAVE", &chunks.concat()].concat();
        expect("RF64", &file, &sound, 2, 1e-6);
    }
}

#[test]
fn aiff_chunks_come_in_any_order() {
    let sound = tone(RATE, 2, 0.6);
    for sound_first in [false, true] {
        for (pcm, compression) in [
            (Pcm::Signed8, None),
            (Pcm::Integer(16), None),
            (Pcm::Integer(24), None),
            (Pcm::Integer(16), Some(b"sowt")),
            (Pcm::Integer(32), Some(b"in32")),
            (Pcm::Integer(24), Some(b"42ni")),
            (Pcm::Float(32), Some(b"fl32")),
            (Pcm::Float(64), Some(b"FL64")),
            (Pcm::MuLaw, Some(b"ulaw")),
            (Pcm::ALaw, Some(b"alaw")),
        ] {
            let file = aiff(pcm, compression, (RATE, 2), &sound, sound_first);
            expect(&format!("AIFF {pcm:?} {compression:?}"), &file, &sound, 2, pcm.error());
        }
    }
    // The size of the sound was never written.
    let mut file = aiff(Pcm::Integer(16), None, (RATE, 2), &sound, false);
    let at = file.windows(4).position(|w| w == b"SSND").unwrap();
    for size in [[0; 4], [0xff; 4]] {
        file[at + 4..at + 8].copy_from_slice(&size);
        expect("AIFF of no size", &file, &sound, 2, 1e-4);
    }
    let error = both(&iff(b"FORM", b"AIFFSSND\0\0\0\x08\0\0\0\0\0\0\0\0")).unwrap_err();
    assert!(error.message().contains("COMM"), "{error}");
}

#[test]
fn quicktime_numbers_have_the_order_that_they_say() {
    let sound = tone(RATE, 2, 0.5);
    let little = boxed(b"wave", &boxed(b"enda", &[0, 1]));
    let formats: [(&[u8; 4], Pcm, bool); 10] = [
        (b"raw ", Pcm::Integer(8), true),
        (b"twos", Pcm::Integer(16), true),
        (b"sowt", Pcm::Integer(16), false),
        (b"in24", Pcm::Integer(24), true),
        (b"in32", Pcm::Integer(32), true),
        (b"fl32", Pcm::Float(32), true),
        (b"fl64", Pcm::Float(64), true),
        (b"ulaw", Pcm::MuLaw, true),
        (b"alaw", Pcm::ALaw, true),
        (b"NONE", Pcm::Signed8, true),
    ];
    for (format, pcm, big) in formats {
        for (sound_first, with_type) in [(false, true), (true, true), (true, false), (false, false)] {
            let track = MovTrack::pcm(format, pcm, (RATE, 2), &sound, big);
            let what = format!("{} {sound_first} {with_type}", String::from_utf8_lossy(format));
            expect(&what, &mov(std::slice::from_ref(&track), sound_first, with_type), &sound, 2, pcm.error());
            if format.starts_with(b"in") || format.starts_with(b"fl") {
                let track =
                    MovTrack { more: little.clone(), ..MovTrack::pcm(format, pcm, (RATE, 2), &sound, false) };
                expect(
                    &format!("{what}, little"),
                    &mov(&[track], sound_first, with_type),
                    &sound,
                    2,
                    pcm.error(),
                );
            }
        }
    }
}

/// IMA ADPCM as QuickTime has it: a block of 34 bytes and 64 frames for each channel.
#[test]
fn ima4_is_read_from_quicktime_aiff_and_caf() {
    let mut data = Vec::new();
    for n in 0..50u32 {
        data.extend([0, 0x20]);
        data.extend((0..32).map(|k| (n * 31 + k * 17) as u8));
    }
    let track = MovTrack {
        format: *b"ima4",
        more: vec![],
        rate: RATE,
        channels: 1,
        bits: 16,
        block: (34, 64),
        enabled: true,
        data: data.clone(),
    };
    let from_mov = both(&mov(&[track], true, true)).unwrap();
    let mut description = f64::from(RATE).to_be_bytes().to_vec();
    description.extend(b"ima4");
    for word in [0u32, 34, 64, 1, 0] {
        description.extend(word.to_be_bytes());
    }
    let sound = caf_chunk(b"data", None, &[&[0; 4][..], &data].concat());
    let file = [&b"caff\0\x01\0\0"[..], &caf_chunk(b"desc", None, &description), &sound].concat();
    let from_caf = both(&file).unwrap();
    assert_eq!((from_mov.samples.len(), from_mov.sample_rate), (50 * 64, RATE));
    assert!(from_mov.samples == from_caf.samples && from_mov.samples.iter().any(|s| s.abs() > 0.01));
}

#[test]
fn flac_is_read_whatever_stands_behind_and_whatever_its_header_says_of_blocks() {
    for channels in [1, 2] {
        let sound = tone(RATE, channels, 1.3);
        let plain = flac(RATE, channels as u16, &sound, 1_152, 1_152);
        let id3 = [&b"TAGname"[..], &[0; 121]].concat();
        let ape = [&b"APETAGEX\xd0\x07\0\0"[..], &[7; 3_000]].concat();
        for (what, file) in [
            ("plain", plain.clone()),
            ("ID3v1", [plain.clone(), id3.clone()].concat()),
            ("APE and ID3v1", [plain.clone(), ape, id3].concat()),
            ("no smallest block", flac(RATE, channels as u16, &sound, 1_152, 0)),
            ("another smallest block", flac(RATE, channels as u16, &sound, 1_152, 16)),
            ("ID3v2 in front", [&b"ID3\x03\0\0\0\0\0\x05hello"[..], &plain].concat()),
        ] {
            let clip = expect(what, &file, &sound, channels, 1e-4);
            assert!(!clip.truncated && clip.damaged_ms == 0, "{what}: {clip:?}");
        }
    }
}

#[test]
fn the_default_track_is_taken_or_the_one_that_is_named() {
    let (one, two) = (tone(RATE, 1, 0.4), tone(RATE, 2, 0.6));
    let first =
        MovTrack { enabled: false, ..MovTrack::pcm(b"sowt", Pcm::Integer(16), (RATE, 1), &one, false) };
    let second = MovTrack::pcm(b"twos", Pcm::Integer(16), (RATE, 2), &two, true);
    for sound_first in [true, false] {
        let file = mov(&[first.clone(), second.clone()], sound_first, true);
        expect("the enabled one", &file, &two, 2, 1e-4);
        let of_track = |track| {
            let options = DecodeOptions { track: Some(track), ..DecodeOptions::default() };
            let clip = decode_with(file.as_slice(), &options);
            let same = decode(Source::reader(Cursor::new(file.clone())).with_track(Some(track)));
            assert_eq!(clip.as_ref().ok(), same.as_ref().ok());
            clip
        };
        assert_eq!(of_track(0).unwrap().samples.len(), one.len());
        assert_eq!(of_track(1).unwrap().samples.len(), two.len() / 2);
        let error = of_track(2).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.message().contains("0 to 1"), "{error}");
    }
    let wav = wav(Pcm::Integer(16), RATE, 1, &one);
    let options = DecodeOptions { track: Some(1), ..DecodeOptions::default() };
    assert_eq!(decode_with(wav, &options).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_channel_that_is_inverted_or_silent_erases_nothing() {
    let mono = tone(RATE, 1, 2.0);
    let power = |samples: &[f32]| samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32;
    let whole = power(&mono);
    for (right, least) in [(-1.0, 0.9), (-0.9, 0.8), (0.0, 0.2), (1.0, 0.95)] {
        let stereo: Vec<f32> = mono.iter().flat_map(|&s| [s, s * right]).collect();
        for file in [wav(Pcm::Integer(16), RATE, 2, &stereo), flac(RATE, 2, &stereo, 4_096, 4_096)] {
            let clip = both(&file).unwrap();
            let settled = power(&clip.samples[RATE as usize / 5..]);
            assert!(settled > least * whole, "{right}: {settled} of {whole}");
        }
    }
}
