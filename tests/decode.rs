//! Promise: every supported file decodes to its exact length, without delay, the same from a path, from memory and
//! from a stream; what is not sound is refused with the right kind of error.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sonic::audio::decode::{DecodeOptions, Decoder, Source, decode, decode_with};
use sonic::{Clip, ErrorKind};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// The folder of reference files, or a note that it is missing.
fn formats() -> Option<PathBuf> {
    sonic_testing::assets("voice/audio/formats/formats.json")
        .and_then(|file| file.parent().map(Path::to_owned))
}

fn rms(samples: &[f32]) -> f64 {
    let power: f64 = samples.iter().map(|&s| f64::from(s).powi(2)).sum();
    (power / samples.len().max(1) as f64).sqrt()
}

/// The lag of `sound` behind `source` at which they agree best, and how well, -1..=1.
fn best_lag(sound: &[f32], source: &[f32], around: isize) -> (isize, f64) {
    let correlation = |lag: isize| {
        let (late, early) = (lag.max(0) as usize, (-lag).max(0) as usize);
        let (a, b) = (&sound[late..], &source[early..]);
        let length = a.len().min(b.len());
        let product: f64 = a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
        product / (rms(&a[..length]) * rms(&b[..length]) * length as f64)
    };
    let lags = (around - 24..=around + 24).map(|lag| (lag, correlation(lag)));
    lags.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
}

/// Every file of the table has the length, level, delay and likeness that FFmpeg (through PyAV) gives it.
///
/// Two differences are meant. The reference mixed stereo as (L + R) / sqrt(2), sonic takes the mean: its level is
/// lower by that factor. And a lag of -1 (Opus, stereo) is between two samples: within one of it is right.
#[test]
fn the_reference_table_holds() {
    let Some(folder) = formats() else { return };
    let table: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("formats.json")).unwrap()).unwrap();
    let source = decode_with(folder.join("s16_16k.flac"), &DecodeOptions::at(16_000)).unwrap().samples;
    assert_eq!(source.len() as u64, table["source_samples_16k"]);
    let files = table["files"].as_object().unwrap();
    assert!(files.len() >= 17);
    for (name, expected) in files {
        let native = decode(folder.join(name)).unwrap();
        assert_eq!(native.samples.len() as u64, expected["decoded_samples"], "{name}");
        assert_eq!(u64::from(native.sample_rate), expected["rate"], "{name}");
        let clip = decode_with(folder.join(name), &DecodeOptions::at(16_000)).unwrap();
        assert_eq!(clip.samples.len() as u64, expected["samples_16k_mono"], "{name}");
        assert_eq!((clip.sample_rate, clip.truncated), (16_000, false), "{name}");

        let mix = if expected["channels"] == 2 { 0.5f64.sqrt() } else { 1.0 };
        let level = expected["rms_16k_mono"].as_f64().unwrap() * mix;
        assert!((rms(&clip.samples) / level - 1.0).abs() < 0.005, "{name}: {} {level}", rms(&clip.samples));
        let around = expected["lag_16k"].as_i64().unwrap() as isize;
        let (lag, likeness) = best_lag(&clip.samples, &source, around);
        assert!((lag - around).abs() <= 1, "{name}: lag {lag}, not {around}");
        let wanted = expected["xcorr_with_source"].as_f64().unwrap();
        assert!(likeness > wanted - 0.002, "{name}: {likeness} {wanted}");
    }
}

#[test]
fn files_found_in_the_wild_decode() {
    let Some(folder) = formats() else { return };
    let folder = folder.join("original");
    // Lengths: 2.376 s of MP3; Opus by its granule positions less the pre-skip; an MP3 of one second at 8 kHz.
    let lengths = [
        ("lhotse_common_voice_en_651325.mp3", 114_048),
        ("lhotse_mono_c0.opus", 24_260),
        ("lhotse_stereo.opus", 48_260),
        ("lhotse_stereo.mp3", 8_000),
    ];
    for (name, length) in lengths {
        assert_eq!(decode(folder.join(name)).unwrap().samples.len(), length, "{name}");
    }
    let error = decode(folder.join("lhotse_stereo.sph")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn path_memory_and_stream_give_the_same_samples() {
    let Some(folder) = formats() else { return };
    let files = fs::read_dir(&folder).unwrap().chain(fs::read_dir(folder.join("original")).unwrap());
    for path in files.map(|entry| entry.unwrap().path()) {
        let Ok(clip) = decode_with(path.as_path(), &DecodeOptions::at(11_025)) else { continue };
        let bytes = fs::read(&path).unwrap();
        assert!(
            decode_with(bytes.as_slice(), &DecodeOptions::at(11_025)).unwrap() == clip,
            "{}",
            path.display()
        );
        let stream = Source::reader(Cursor::new(bytes));
        assert!(decode_with(stream, &DecodeOptions::at(11_025)).unwrap() == clip, "{}", path.display());
    }
}

#[test]
fn truncated_files_give_what_they_hold() {
    let Some(folder) = formats() else { return };
    for name in ["s16_16k.flac", "vorbis_44k1.ogg", "opus_48k.ogg", "opus_48k.webm", "mp3_44k1_mono.mp3"] {
        let bytes = fs::read(folder.join(name)).unwrap();
        let whole = decode(bytes.as_slice()).unwrap();
        let half = decode(&bytes[..bytes.len() / 2]).unwrap();
        assert!(half.truncated, "{name}");
        let share = half.samples.len() as f64 / whole.samples.len() as f64;
        assert!((0.4..0.55).contains(&share), "{name}: {share}");
        let same = half.samples.len() - 4096;
        assert!(half.samples[..same] == whole.samples[..same], "{name}");
    }
}

#[test]
fn an_mp4_without_its_index_is_malformed() {
    let Some(folder) = formats() else { return };
    let bytes = fs::read(folder.join("aac_44k1.m4a")).unwrap();
    assert_eq!(decode(&bytes[..bytes.len() / 2]).unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn damaged_packets_in_the_middle_are_left_out() {
    let Some(folder) = formats() else { return };
    for name in ["mp3_44k1_mono.mp3", "aac_adts_16k.aac", "s16_16k.flac", "vorbis_44k1.ogg", "aac_44k1.m4a"] {
        let mut bytes = fs::read(folder.join(name)).unwrap();
        let whole = decode(bytes.as_slice()).unwrap().samples.len();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 700].fill(0xa5);
        let damaged = decode(bytes).unwrap().samples.len();
        assert!(damaged > whole * 8 / 10 && damaged <= whole + 4096, "{name}: {damaged} of {whole}");
    }
}

/// The packets of a WebM file are so short that damage hits its structure, after which nothing more is found.
#[test]
fn a_webm_file_is_read_up_to_the_damage() {
    let Some(folder) = formats() else { return };
    let mut bytes = fs::read(folder.join("opus_48k.webm")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 700].fill(0xa5);
    let clip = decode(bytes).unwrap();
    assert!(clip.truncated && clip.samples.len() > 200_000, "{clip:?}");
}

/// Replaces every occurrence of a four-letter name.
fn rename(mut bytes: Vec<u8>, from: &[u8; 4], to: &[u8; 4]) -> Vec<u8> {
    for at in 0..bytes.len() - 3 {
        if bytes[at..at + 4] == *from {
            bytes[at..at + 4].copy_from_slice(to);
        }
    }
    bytes
}

#[test]
fn mp4_without_sound_that_can_be_had_is_unsupported() {
    let Some(folder) = formats() else { return };
    let bytes = fs::read(folder.join("aac_44k1.m4a")).unwrap();
    for (format, words) in [(b"enca", "encrypted"), (b"jpeg", "no sound track")] {
        let error = decode(rename(bytes.clone(), b"mp4a", format)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains(words), "{error}");
    }
}

/// An MP4 file with its index in front of the sound, as servers send it.
fn fast_start(bytes: &[u8]) -> Vec<u8> {
    let index = bytes.windows(4).rposition(|w| w == b"moov").unwrap() - 4;
    let mut movie = bytes[index..].to_vec();
    let table = movie.windows(4).position(|w| w == b"stco").unwrap() + 12;
    let moved = movie.len() as u32;
    for entry in movie[table..].chunks_exact_mut(4).take(1) {
        let offset = u32::from_be_bytes(entry.try_into().unwrap()) + moved;
        entry.copy_from_slice(&offset.to_be_bytes());
    }
    [&bytes[..28], &movie, &bytes[28..index]].concat()
}

#[test]
fn an_mp4_stream_is_trimmed_like_a_file() {
    let Some(folder) = formats() else { return };
    let bytes = fs::read(folder.join("aac_44k1.m4a")).unwrap();
    let clip = decode(bytes.as_slice()).unwrap();
    let fast = fast_start(&bytes);
    assert!(decode(fast.as_slice()).unwrap() == clip);
    assert!(decode(Source::reader(Cursor::new(fast.clone()))).unwrap() == clip);
    let half = decode(Source::reader(Cursor::new(fast[..fast.len() / 2].to_vec()))).unwrap();
    assert!(half.truncated && half.samples.len() > clip.samples.len() * 2 / 5);
}

#[test]
fn recordings_in_one_file_follow_each_other() {
    let Some(folder) = formats() else { return };
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    // Ogg, chained: another codec at another rate. The first recording sets the rate of the output.
    let chained = [read("vorbis_44k1.ogg"), read("opus_48k.ogg")].concat();
    let clip = decode(chained.as_slice()).unwrap();
    assert_eq!((clip.samples.len(), clip.sample_rate, clip.truncated), (2 * 401_751, 44_100, false));
    let first = decode(folder.join("vorbis_44k1.ogg")).unwrap();
    assert!(clip.samples[..401_751] == first.samples);
    let second = decode_with(folder.join("opus_48k.ogg"), &DecodeOptions::at(44_100)).unwrap();
    let (lag, likeness) = best_lag(&clip.samples[401_751..], &second.samples, 0);
    assert!(lag == 0 && likeness > 0.9999, "{lag} {likeness}");
    // MP3, joined: the header of the first file must not cut the second.
    let joined = [read("mp3_44k1_mono.mp3"), read("mp3_44k1_mono.mp3")].concat();
    let clip = decode(joined).unwrap();
    assert!((2 * 401_751..2 * 401_751 + 4 * 1152).contains(&clip.samples.len()), "{clip:?}");
}

/// The kinds of sample that a synthetic WAV file can hold.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Pcm16,
    Float,
}

/// A WAV file of interleaved samples.
fn wav(rate: u32, channels: u16, kind: Kind, samples: &[f32]) -> Vec<u8> {
    let (tag, size): (u16, u16) = if kind == Kind::Float { (3, 4) } else { (1, 2) };
    let mut data = Vec::new();
    for &sample in samples {
        match kind {
            Kind::Pcm16 => data.extend(((sample * 32_767.0).round() as i16).to_le_bytes()),
            Kind::Float => data.extend(sample.to_le_bytes()),
        }
    }
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0");
    file.extend(tag.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * u32::from(channels * size)).to_le_bytes());
    file.extend((channels * size).to_le_bytes());
    file.extend((size * 8).to_le_bytes());
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

/// A sine, the same in every channel.
fn sine(rate: u32, channels: u16, hertz: f64, seconds: f64) -> Vec<f32> {
    let step = std::f64::consts::TAU * hertz / f64::from(rate);
    let frames = (0..(f64::from(rate) * seconds) as usize).map(|n| (0.5 * (step * n as f64).sin()) as f32);
    frames.flat_map(|sample| std::iter::repeat_n(sample, channels.into())).collect()
}

const RATES: [u32; 10] = [8_000, 11_025, 12_000, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000];

#[test]
fn every_rate_and_channel_count_keeps_length_delay_and_level() {
    for (rate, channels) in RATES.into_iter().flat_map(|rate| (1..=8).map(move |channels| (rate, channels))) {
        let file = wav(rate, channels, Kind::Pcm16, &sine(rate, channels, 440.0, 0.71));
        let frames = (f64::from(rate) * 0.71) as usize;
        let native = decode(file.as_slice()).unwrap();
        assert_eq!((native.samples.len(), native.sample_rate), (frames, rate));
        for target in [8_000, 11_025, 16_000, 48_000] {
            let clip = decode_with(file.as_slice(), &DecodeOptions::at(target)).unwrap();
            let length = (frames as f64 * f64::from(target) / f64::from(rate)).round() as usize;
            assert_eq!((clip.samples.len(), clip.sample_rate), (length, target), "{rate} x {channels}");
            let wanted = sine(target, 1, 440.0, 1.0);
            let margin = target as usize / 20;
            let error = (margin..length - margin).map(|n| (clip.samples[n] - wanted[n]).abs());
            let worst = error.fold(0.0, f32::max);
            assert!(worst < 2e-4, "{rate} -> {target}, {channels} channels: {worst}");
        }
    }
}

#[test]
fn nothing_above_half_the_rate_comes_through() {
    for (from, to) in [(44_100, 11_025), (48_000, 11_025), (96_000, 8_000), (44_100, 16_000)] {
        for hertz in [0.53, 0.6, 0.75, 0.99] {
            let tone = f64::from(to) * hertz;
            let clip =
                decode_with(wav(from, 1, Kind::Float, &sine(from, 1, tone, 1.0)), &DecodeOptions::at(to))
                    .unwrap();
            let margin = to as usize / 10;
            let level = 20.0 * (rms(&clip.samples[margin..to as usize - margin]) / 0.3535).log10();
            assert!(level < -90.0, "{tone} Hz, {from} -> {to}: {level:.1} dB");
        }
    }
}

#[test]
fn channels_are_averaged() {
    let frames: Vec<f32> = (0..3000).flat_map(|n| [n as f32 / 4000.0, -0.25, 0.5, 0.0]).collect();
    let clip = decode(wav(48_000, 4, Kind::Float, &frames)).unwrap();
    assert!(
        clip.samples.iter().enumerate().all(|(n, s)| (s - (n as f32 / 4000.0 + 0.25) / 4.0).abs() < 1e-6)
    );
}

#[test]
fn what_is_not_a_number_becomes_silence() {
    let mut samples = sine(16_000, 1, 440.0, 0.5);
    for (n, bad) in [(10, f32::NAN), (200, f32::INFINITY), (201, f32::NEG_INFINITY), (4000, f32::MAX)] {
        samples[n] = bad;
    }
    let file = wav(16_000, 1, Kind::Float, &samples);
    let clip = decode(file.as_slice()).unwrap();
    assert!([10, 200, 201, 4000].iter().all(|&n| clip.samples[n] == 0.0));
    let resampled = decode_with(file, &DecodeOptions::at(11_025)).unwrap();
    assert!(resampled.samples.iter().all(|s| s.abs() < 1.0));
}

#[test]
fn the_shortest_files_keep_their_length() {
    for rate in RATES {
        assert_eq!(decode(wav(rate, 2, Kind::Pcm16, &[0.5, 0.5])).unwrap().samples.len(), 1);
        let resampled = decode_with(wav(rate, 1, Kind::Pcm16, &[0.5]), &DecodeOptions::at(16_000)).unwrap();
        assert_eq!(resampled.samples.len(), (16_000.0 / f64::from(rate)).round() as usize, "{rate}");
    }
    let empty = decode_with(wav(44_100, 1, Kind::Pcm16, &[]), &DecodeOptions::at(8_000)).unwrap();
    assert_eq!(empty, Clip::new(vec![], 8_000));
}

#[test]
fn silence_stays_silence() {
    let clip = decode_with(wav(44_100, 2, Kind::Pcm16, &[0.0; 44_100]), &DecodeOptions::at(11_025)).unwrap();
    assert_eq!(clip, Clip::new(vec![0.0; 5_513], 11_025));
}

#[test]
fn a_truncated_wav_is_marked() {
    let file = wav(8_000, 1, Kind::Pcm16, &sine(8_000, 1, 440.0, 1.0));
    let clip = decode(&file[..file.len() - 1001]).unwrap();
    assert!(clip.truncated);
    assert_eq!(clip.samples.len(), 8_000 - 501);
    let header_only = decode(&file[..44]).unwrap();
    assert_eq!((header_only.samples.len(), header_only.truncated), (0, true));
}

#[test]
fn blocks_are_small_and_add_up_to_the_clip() {
    let file = wav(48_000, 2, Kind::Pcm16, &sine(48_000, 2, 440.0, 20.0));
    for sample_rate in [None, Some(48_000), Some(11_025)] {
        let mut decoder =
            Decoder::open(file.as_slice(), &DecodeOptions { sample_rate, ..DecodeOptions::default() })
                .unwrap();
        let mut samples = vec![];
        while let Some(block) = decoder.next_block().unwrap() {
            assert!(!block.is_empty() && block.len() <= 1 << 16);
            samples.extend_from_slice(block);
        }
        assert!(decoder.next_block().unwrap().is_none());
        assert!(
            decode_with(file.as_slice(), &DecodeOptions { sample_rate, ..DecodeOptions::default() })
                .unwrap()
                .samples
                == samples
        );
    }
}

#[test]
fn a_decoder_says_what_it_reads() {
    let decoder =
        Decoder::open(wav(44_100, 2, Kind::Float, &[0.0; 100]), &DecodeOptions::at(16_000)).unwrap();
    assert_eq!(
        (decoder.sample_rate(), decoder.native_sample_rate(), decoder.channels()),
        (16_000, 44_100, 2)
    );
    assert_eq!((decoder.container(), decoder.codec()), ("wave", "pcm_f32le"));
}

#[test]
fn a_decoder_can_move_between_threads() {
    let decoder = Decoder::open(wav(8_000, 1, Kind::Pcm16, &[0.5; 100]), &DecodeOptions::default()).unwrap();
    let length = std::thread::spawn(move || {
        let mut decoder = decoder;
        decoder.next_block().unwrap().unwrap().len()
    });
    assert_eq!(length.join().unwrap(), 100);
}

#[test]
fn what_is_not_sound_has_the_right_kind_of_error() {
    let kind = |result: sonic::Result<Clip>| result.unwrap_err().kind();
    assert_eq!(kind(decode("no/such/file.mp3")), ErrorKind::NotFound);
    assert_eq!(kind(decode(env!("CARGO_MANIFEST_DIR"))), ErrorKind::InvalidArgument);
    assert_eq!(kind(decode(vec![])), ErrorKind::Malformed);
    assert_eq!(kind(decode(Source::reader(std::io::empty()))), ErrorKind::Malformed);
    assert_eq!(kind(decode("text, no sound at all. ".repeat(500).into_bytes())), ErrorKind::Unsupported);
    let one = wav(8_000, 1, Kind::Pcm16, &[0.0]);
    assert_eq!(kind(decode_with(one.as_slice(), &DecodeOptions::at(0))), ErrorKind::InvalidArgument);
    assert_eq!(kind(decode_with(one, &DecodeOptions::at(1_000_000))), ErrorKind::InvalidArgument);
    assert_eq!(kind(decode(wav(0, 1, Kind::Pcm16, &[0.0; 9]))), ErrorKind::Malformed);
}

#[test]
fn errors_name_their_source() {
    let error = decode("no/such/file.mp3").unwrap_err();
    assert!(error.message().starts_with("no/such/file.mp3: cannot open"), "{error}");
}

#[test]
fn a_failing_stream_is_an_io_error() {
    struct Failing(Cursor<Vec<u8>>);
    impl std::io::Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(std::io::ErrorKind::ConnectionReset.into()),
                count => Ok(count),
            }
        }
    }
    let mut file = wav(8_000, 1, Kind::Pcm16, &sine(8_000, 1, 440.0, 9.0));
    file.truncate(100_000);
    let error = decode(Source::reader(Failing(Cursor::new(file)))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
}
