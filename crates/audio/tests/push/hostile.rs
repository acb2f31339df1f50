//! Bad input: bounded, typed, counted; and what was accepted is still there.

use crate::recordings::{RATE, slices};
use sonic_audio::decode::push::{Chunk, PushDecoder, PushOptions, RawPcm};
use sonic_audio::decode::{DecodeOptions, decode_with};
use sonic_core::ErrorKind;
use sonic_testing::assets;
use sonic_testing::media::{Pcm, mean, tone};

fn decoder() -> PushDecoder {
    PushDecoder::new(RATE, &PushOptions::default()).unwrap()
}

fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}

fn length(chunks: &[Chunk]) -> usize {
    chunks.iter().map(|chunk| chunk.samples.len()).sum()
}

/// The samples of a whole session, whose pushes may fail as `fails` says.
fn all(decoder: &mut PushDecoder, slices: &[(u64, Vec<u8>)]) -> (Vec<Chunk>, Vec<ErrorKind>) {
    let (mut chunks, mut errors) = (Vec::new(), Vec::new());
    for (index, slice) in slices {
        match decoder.push(*index, slice) {
            Ok(more) => chunks.extend(more),
            Err(error) => errors.push(error.kind()),
        }
    }
    chunks.extend(decoder.finish().unwrap());
    (chunks, errors)
}

#[test]
fn random_bytes_are_refused_once_each_and_counted() {
    let mut decoder = decoder();
    let slices: Vec<(u64, Vec<u8>)> = (0..20).map(|n| (n, noise(n as u32 + 1, 20_000))).collect();
    let (chunks, errors) = all(&mut decoder, &slices);
    assert_eq!(length(&chunks), 0);
    assert!(!errors.is_empty() && errors.iter().all(|kind| *kind == ErrorKind::Unsupported), "{errors:?}");
    assert_eq!(decoder.counts().errors, errors.len() as u64);
}

#[test]
fn slices_and_indices_beyond_the_limits_change_nothing() {
    let Some(recordings) = slices() else { return };
    for (name, slices) in recordings.iter().filter(|recording| recording.1.len() > 5) {
        let good: Vec<(u64, Vec<u8>)> = (0..).zip(slices.iter().cloned()).collect();
        let (mut plain, mut attacked) = (decoder(), decoder());
        let (want, errors) = all(&mut plain, &good);
        assert!(errors.is_empty(), "{name}");
        let huge = vec![0u8; 100 << 20];
        let mut got = Vec::new();
        for (index, slice) in &good {
            assert_eq!(attacked.push(1 << 40, slice).unwrap_err().kind(), ErrorKind::InvalidArgument);
            assert_eq!(attacked.push(*index, &huge).unwrap_err().kind(), ErrorKind::Limit);
            got.extend(attacked.push(*index, slice).unwrap());
        }
        got.extend(attacked.finish().unwrap());
        assert_eq!(got, want, "{name}");
        assert_eq!(attacked.counts().errors, 2 * good.len() as u64);
    }
}

#[test]
fn noise_between_slices_costs_no_more_than_its_place() {
    let Some(recordings) = slices() else { return };
    for (name, slices) in recordings.iter().filter(|recording| recording.1.len() > 12) {
        let mut good: Vec<(u64, Vec<u8>)> = (0..).zip(slices.iter().cloned()).collect();
        let (want, _) = all(&mut decoder(), &good);
        let middle = good.len() / 2;
        let lost = good[middle].1.len() as f64 / slices.iter().map(Vec::len).sum::<usize>() as f64;
        good[middle].1 = noise(9, 10_000);
        let mut mangled = decoder();
        let (got, errors) = all(&mut mangled, &good);
        let share = length(&got) as f64 / length(&want) as f64;
        assert!(errors.is_empty(), "{name}");
        assert!(share > 1.0 - 4.0 * lost - 0.1, "{name}: {share}");
        assert!(got.iter().all(|chunk| chunk.samples.iter().all(|sample| sample.is_finite())));
        assert!(mangled.counts().unreadable_bytes > 1_000, "{name}: {:?}", mangled.counts());
    }
}

#[test]
fn video_alone_is_refused_and_a_recording_behind_it_is_decoded() {
    let element =
        |id: &[u8], body: &[u8]| [id, &[0x40 | (body.len() >> 8) as u8, body.len() as u8], body].concat();
    let track = element(
        &[0xae],
        &[element(&[0xd7], &[1]), element(&[0x83], &[1]), element(&[0x86], b"V_VP8")].concat(),
    );
    let video = [
        element(&[0x1a, 0x45, 0xdf, 0xa3], &[0x42, 0x86, 0x81, 1]),
        vec![0x18, 0x53, 0x80, 0x67, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        element(&[0x16, 0x54, 0xae, 0x6b], &track),
        vec![0x1f, 0x43, 0xb6, 0x75, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xe7, 0x81, 0],
        element(&[0xa3], &[&[0x81, 0, 0, 0x80][..], &noise(3, 900)].concat()),
    ]
    .concat();
    let mut decoder = decoder();
    let error = decoder.push(0, &video).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("no sound track"), "{error}");
    let more = element(&[0xa3], &[&[0x81, 0, 40, 0x80][..], &noise(4, 900)].concat());
    assert!(decoder.push(1, &more).unwrap().is_empty(), "it is said once");
    let Some(recordings) = slices() else { return };
    let (_, slices) = &recordings.iter().find(|recording| recording.0 == "cr-mic-1000").unwrap();
    let covered = decoder.push(2, &slices[0]).unwrap();
    assert_eq!(length(&covered), 15_360, "16 packets of 60 ms");
}

#[test]
fn sound_without_a_container_comes_over_one_path() {
    let (rate, seconds) = (48_000, 1.5);
    let want = mean(&tone(rate, 2, seconds), 2);
    let bytes = Pcm::Integer(16).bytes(&tone(rate, 2, seconds), false);
    let header = |data: u32| {
        let mut head = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x02\0".to_vec();
        head.extend(rate.to_le_bytes());
        head.extend((rate * 4).to_le_bytes());
        head.extend([4, 0, 16, 0]);
        head.extend(b"data");
        head.extend(data.to_le_bytes());
        head
    };
    let wave = [header(u32::MAX), bytes.clone()].concat();
    let raw = RawPcm { sample_rate: rate, channels: 2, float: false };
    for (name, bytes, raw) in [("wave", &wave, None), ("raw", &bytes, Some(raw))] {
        for size in [7, 1_000, 40_001] {
            let options = PushOptions { raw, ..PushOptions::default() };
            let mut decoder = PushDecoder::new(rate, &options).unwrap();
            let slices: Vec<(u64, Vec<u8>)> = (0..).zip(bytes.chunks(size).map(<[u8]>::to_vec)).collect();
            let (chunks, errors) = all(&mut decoder, &slices);
            let got: Vec<f32> = chunks.iter().flat_map(|chunk| chunk.samples.clone()).collect();
            assert!(errors.is_empty() && decoder.gaps().is_empty(), "{name} {size}");
            assert_eq!(got.len(), want.len(), "{name} {size}");
            assert!(got.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-4), "{name} {size}");
        }
    }
}

#[test]
fn the_delay_of_an_mp3_encoder_is_left_out_as_in_files() {
    for name in ["mp3_16k_mono.mp3", "mp3_44k1_mono.mp3"] {
        let Some(path) = assets(&format!("voice/audio/formats/{name}")) else { return };
        let bytes = std::fs::read(path).unwrap();
        let want = decode_with(bytes.clone(), &DecodeOptions::at(RATE)).unwrap().samples;
        for size in [997, 8_000, bytes.len()] {
            let slices: Vec<(u64, Vec<u8>)> = (0..).zip(bytes.chunks(size).map(<[u8]>::to_vec)).collect();
            let mut decoder = decoder();
            let (chunks, errors) = all(&mut decoder, &slices);
            let got: Vec<f32> = chunks.iter().flat_map(|chunk| chunk.samples.clone()).collect();
            assert!(errors.is_empty() && decoder.gaps().is_empty(), "{name} {size}");
            let longer = got.len() as f64 / f64::from(RATE) - want.len() as f64 / f64::from(RATE);
            println!("{name}: {:.1} ms longer than the file", 1e3 * longer);
            assert!((-0.001..0.15).contains(&longer), "{name} {size}: {longer} s longer");
            let energy: f32 = want.iter().map(|sample| sample * sample).sum();
            let error: f32 = want.iter().zip(&got).map(|(a, b)| (a - b) * (a - b)).sum();
            assert!(error < 1e-3 * energy, "{name} {size}: {error} of {energy}");
        }
    }
}

#[test]
fn options_that_cannot_be_are_refused() {
    let kind = |rate, options| PushDecoder::new(rate, &options).unwrap_err().kind();
    let raw = RawPcm { sample_rate: 48_000, channels: 0, float: true };
    assert_eq!(kind(0, PushOptions::default()), ErrorKind::InvalidArgument);
    let options = PushOptions { gap_threshold_ms: f64::NAN, ..PushOptions::default() };
    assert_eq!(kind(RATE, options), ErrorKind::InvalidArgument);
    assert_eq!(
        kind(RATE, PushOptions { raw: Some(raw), ..PushOptions::default() }),
        ErrorKind::InvalidArgument
    );
    assert!(decoder().push_at(0, &[], f64::NAN).is_err());
}

#[test]
fn damaged_bytes_anywhere_give_sound_in_order() {
    let Some(recordings) = slices() else { return };
    for (number, (name, slices)) in recordings.iter().enumerate() {
        let mut decoder = decoder();
        let mut end_ms = 0.0;
        for (index, slice) in slices.iter().enumerate().take(24) {
            let mut slice = slice.clone();
            let dice = noise((number * 100 + index) as u32 + 1, 64);
            // From a byte in fifty to one in five thousand, headers included.
            let step = [50, 500, 5_000, usize::MAX][usize::from(dice[0] % 4)];
            for (n, at) in (usize::from(dice[1])..slice.len()).step_by(step).enumerate() {
                slice[at] ^= dice[2 + n % 60];
            }
            for chunk in decoder.push(index as u64, &slice).unwrap_or_default() {
                assert!(chunk.start_ms >= end_ms - 0.1, "{name}: {} after {end_ms}", chunk.start_ms);
                assert!(chunk.samples.iter().all(|sample| sample.is_finite()), "{name}");
                end_ms = chunk.start_ms + chunk.samples.len() as f64 / 16.0;
            }
        }
        let rest = decoder.finish().unwrap_or_default();
        assert!(rest.iter().all(|chunk| chunk.start_ms >= end_ms - 0.1), "{name}");
    }
}
