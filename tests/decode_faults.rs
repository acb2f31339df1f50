//! Promise: what earlier versions lost, misread or refused is right now, or refused by its name. The files are those of
//! the reference folder `faults/audio`; what they show is in its README.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sonic::audio::decode::{Source, decode};
use sonic::{Clip, ErrorKind};
use std::fs;
use std::io::Cursor;

/// What a fault's file gives from its path, from memory and as a stream, which must be one.
fn fault(name: &str) -> Option<sonic::Result<Clip>> {
    let path = sonic_testing::assets(&format!("faults/audio/{name}"))?;
    let clip = decode(&path);
    let bytes = fs::read(path).unwrap();
    for other in [decode(bytes.as_slice()), decode(Source::reader(Cursor::new(bytes.clone())))] {
        match (&clip, &other) {
            (Ok(one), Ok(other)) => assert!(one == other, "{name}: {one:?} and {other:?}"),
            (Err(one), Err(other)) => assert_eq!(one.kind(), other.kind(), "{name}"),
            _ => panic!("{name}: {clip:?} and {other:?}"),
        }
    }
    Some(clip)
}

/// How much samples tell about those beside them, -1..=1: near 1 in music, near 0 in bytes that were misread.
fn smoothness(clip: &Clip) -> f64 {
    let of = |lag: usize| -> f64 {
        clip.samples.iter().zip(&clip.samples[lag..]).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    of(1) / of(0).max(1e-12)
}

/// A fault that is mended: music of so many seconds, whole or cut.
fn mended(name: &str, seconds: f64, truncated: bool) {
    let Some(clip) = fault(name) else { return };
    let clip = clip.unwrap_or_else(|e| panic!("{name}: {e}"));
    let length = clip.samples.len() as f64 / f64::from(clip.sample_rate);
    assert!((length - seconds).abs() < 0.06, "{name}: {length} s");
    assert!(smoothness(&clip) > 0.9, "{name}: {}", smoothness(&clip));
    assert_eq!((clip.truncated, clip.damaged_ms), (truncated, 0), "{name}");
    let half = clip.samples.len() / 2;
    for part in [&clip.samples[..half], &clip.samples[half..]] {
        assert!(part.iter().any(|s| s.abs() > 0.02), "{name}: half of it is silence");
    }
}

/// A fault that is refused by a name.
fn refused(name: &str, kind: ErrorKind, words: &[&str]) {
    let Some(clip) = fault(name) else { return };
    let error = clip.unwrap_err();
    assert_eq!(error.kind(), kind, "{name}: {error}");
    assert!(words.iter().all(|word| error.message().contains(word)), "{name}: {error}");
}

#[test]
fn what_was_lost_is_there() {
    mended("01-last-percent-missing.m4a", 5.9, true);
    mended("02-mono-then-stereo.mp3", 12.07, false);
    mended("03-in24-big-endian.mov", 2.0, false);
    mended("08-wav-data-size-0.wav", 2.0, false);
    mended("12-right-is-left-inverted.flac", 8.0, false);
    mended("13-mov-without-ftyp.mov", 6.0, false);
    mended("14-flac-id3v1-behind.flac", 2.0, false);
    mended("16-caf-size-unknown.caf", 1.7, false);
}

#[test]
fn what_cannot_be_decoded_is_refused_by_name() {
    refused("04-one-hertz-54-bytes.wav", ErrorKind::Limit, &["1 Hz", "1000 to 768000"]);
    refused("09-main-profile.aac", ErrorKind::Unsupported, &["AAC Main"]);
    refused("11-aac-5.1.m4a", ErrorKind::Unsupported, &["6 channels"]);
    refused("15-opus-family-255.opus", ErrorKind::Unsupported, &["mapping family 255"]);
}
