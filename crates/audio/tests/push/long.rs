//! Ten hours of one recorder, whose clock is not that of the samples: nothing is dropped, and times stay together. And what
//! is in a slice comes out with it.

use crate::recordings::{RATE, mangled, number};
use sonic_audio::decode::push::{PushDecoder, PushOptions};
use sonic_testing::rounds;

/// A packet of 60 ms of silence, as Chromium records it.
const SILENCE: [u8; 8] = [0xff, 0x03, 0xff, 0xfe, 0xff, 0xfe, 0xff, 0xfe];
const PACKET_MS: f64 = 60.0;

/// What Chromium writes in front of its sound.
fn header() -> Vec<u8> {
    let element = |id: &[u8], body: &[u8]| [id, &[0x80 | body.len() as u8], body].concat();
    let head = b"OpusHead\x01\x02\0\0\x80\xbb\0\0\0\0\0";
    let track = [
        element(&[0xd7], &[1]),
        element(&[0x83], &[2]),
        element(&[0x86], b"A_OPUS"),
        element(&[0x63, 0xa2], head),
    ];
    [
        element(&[0x1a, 0x45, 0xdf, 0xa3], &element(&[0x42, 0x86], &[1])),
        vec![0x18, 0x53, 0x80, 0x67, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        element(&[0x15, 0x49, 0xa9, 0x66], &element(&[0x2a, 0xd7, 0xb1], &[0x0f, 0x42, 0x40])),
        element(&[0x16, 0x54, 0xae, 0x6b], &element(&[0xae], &track.concat())),
    ]
    .concat()
}

/// A slice of a Cluster: packets at the times of a clock.
fn cluster(times: &[u64]) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x43, 0xb6, 0x75, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xe7, 0x84];
    bytes.extend((times[0] as u32).to_be_bytes());
    for time in times {
        bytes.extend([0xa3, 0x80 | 12, 0x81]);
        bytes.extend(((time - times[0]) as u16).to_be_bytes());
        bytes.push(0x80);
        bytes.extend(SILENCE);
    }
    bytes
}

/// The largest difference of the times of chunks from the clock behind the first half hour, in milliseconds, and the
/// samples that are missing, where the clock is faster by `off` for so many `hours`.
fn drift(hours: f64, off: f64) -> (f64, i64) {
    let mut decoder = PushDecoder::new(RATE, &PushOptions::default()).unwrap();
    decoder.push(0, &header()).unwrap();
    let (slices, mut noise) = ((hours * 1_200.0) as u64, 7u32);
    let (mut worst, mut samples, mut end_ms) = (0.0f64, 0i64, 0.0);
    for slice in 0..slices {
        let times: Vec<u64> = (slice * 50..(slice + 1) * 50)
            .map(|packet| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let jitter = f64::from(noise >> 16) / 65_536.0 * 30.0;
                (packet as f64 * PACKET_MS * (1.0 + off) + jitter) as u64
            })
            .collect();
        for chunk in decoder.push(slice + 1, &cluster(&times)).unwrap() {
            let played_ms = samples as f64 * 1000.0 / f64::from(RATE);
            // A clock that is slower takes the places of chunks back, by a millisecond in three seconds at most.
            assert!(chunk.start_ms >= end_ms - 1.0, "time runs back");
            if played_ms > 1_800_000.0 {
                worst = worst.max((chunk.start_ms - played_ms * (1.0 + off)).abs());
            }
            samples += chunk.samples.len() as i64;
            end_ms = chunk.start_ms + chunk.samples.len() as f64 * 1000.0 / f64::from(RATE);
        }
    }
    assert!(decoder.gaps().is_empty());
    (worst, slices as i64 * 48_000 - samples)
}

#[test]
fn ten_hours_drift_by_less_than_twenty_milliseconds() {
    let hours = rounds(1, 10) as f64;
    for off in [50e-6, -120e-6] {
        let (worst, missing) = drift(hours, off);
        println!("{hours} hours, {:.0} millionths: off by at most {worst:.1} ms", off * 1e6);
        assert!(worst < 20.0, "{worst} ms");
        assert_eq!(missing, 0);
    }
}

#[test]
fn what_is_in_a_slice_comes_out_with_it() {
    let Some(recordings) = mangled(1) else { return };
    for recording in recordings {
        let mut decoder = PushDecoder::new(RATE, &PushOptions::default()).unwrap();
        let ends: Vec<(f64, usize)> = recording.told["ends"]
            .as_array()
            .unwrap()
            .iter()
            .map(|end| (number(&end[0]), number(&end[1]) as usize))
            .collect();
        let (mut at, mut sound_ms) = (0, 0.0);
        for (index, slice) in (0..).zip(&recording.slices) {
            at += slice.len();
            let chunks = decoder.push(index, slice).unwrap();
            let samples: usize = chunks.iter().map(|chunk| chunk.samples.len()).sum();
            sound_ms += samples as f64 * 1000.0 / f64::from(RATE);
            // A resampler keeps some back.
            let whole_ms: f64 = ends.iter().filter(|end| end.1 <= at).map(|end| end.0).sum();
            let late_ms = whole_ms - sound_ms;
            assert!(
                late_ms < 70.0,
                "{} slice {index}: {late_ms} ms of {whole_ms} are missing",
                recording.name
            );
            // The last page of a recorder of Ogg ends before its last packet does.
            let most_ms = if recording.name.contains("ogg") { 41.0 } else { 1.0 };
            if recording.name != "cr-pcm-1000" {
                assert!(late_ms < most_ms, "{} slice {index}: {late_ms} ms of {whole_ms}", recording.name);
            }
        }
    }
}
