//! Promise: features are those that speaker models and Whisper were trained with, to a thousandth of a log unit.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod voice_support;

use sonic::Clip;
use sonic::audio::features::{Extractor, FrontEnd, features};
use voice_support::{Arrays, assets};

/// The largest difference between two tables.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Compares `front_end` with the reference tables `key` of all utterances.
fn compare(front_end: FrontEnd, key: &str, tolerance: f32) {
    let Some(assets) = assets() else { return };
    let mut arrays = Arrays::open(&assets.join("ref/frontend_features.npz"));
    let names = arrays.names();
    let utterances: Vec<_> = names.iter().filter_map(|n| n.strip_suffix("/pcm")).collect();
    assert_eq!(utterances.len(), 5);
    let mut extractor = Extractor::new(front_end);
    for utterance in utterances {
        let (_, pcm) = arrays.get::<f32>(&format!("{utterance}/pcm"));
        let (shape, expected) = arrays.get::<f32>(&format!("{utterance}/{key}"));
        let got = extractor.extract(&pcm).unwrap();
        assert_eq!([got.frames, got.bins], shape[..], "{utterance}");
        let far = difference(&got.values, &expected);
        assert!(far <= tolerance, "{front_end} of {utterance}: {far}");
        let over = got.values.iter().zip(&expected).filter(|(a, b)| (**a - **b).abs() > 1e-3).count();
        assert!(over <= 3, "{front_end} of {utterance}: {over} values are far");
        println_difference(front_end, utterance, far);
    }
}

#[expect(clippy::print_stdout, reason = "seen with --nocapture")]
fn println_difference(front_end: FrontEnd, utterance: &str, far: f32) {
    println!("{front_end} {utterance}: at most {far:.2e} apart");
}

#[test]
fn ecapa80_is_torchaudio() {
    compare(FrontEnd::Ecapa80, "ecapa80", 1e-3);
}

#[test]
fn speechbrain80_is_its_fbank() {
    // Decibels: ten times the common logarithm.
    compare(FrontEnd::SpeechBrain80, "speechbrain80", 4.3e-3);
}

#[test]
fn kaldi80_is_kaldi() {
    compare(FrontEnd::Kaldi80Hamming, "kaldi80_hamming_x32768_cmn", 1e-3);
    // The rounding of torchaudio shows here: in double precision, and on another processor, it is itself 1.2e-3 from
    // the reference in one or two values. Ours are within 8e-4 of double precision.
    compare(FrontEnd::Kaldi80Povey, "kaldi80_povey_unit_cmn", 1.4e-3);
}

#[test]
fn resemblyzer40_is_librosa() {
    // Power, not its logarithm: the largest values are near 10.
    compare(FrontEnd::Resemblyzer40, "resemblyzer40", 1e-4);
}

#[test]
fn logmel80_is_ecapa80_with_its_mean() {
    let Some(assets) = assets() else { return };
    let (_, pcm) = Arrays::open(&assets.join("ref/frontend_features.npz")).get::<f32>("1688-142285-0000/pcm");
    let clip = Clip::new(pcm, 16_000);
    let with_mean = features(&clip, FrontEnd::Logmel80).unwrap();
    let without = features(&clip, FrontEnd::Ecapa80).unwrap();
    for bin in 0..80 {
        let rows = with_mean.rows().zip(without.rows());
        let shifts: Vec<_> = rows.map(|(a, b)| a[bin] - b[bin]).collect();
        assert!(shifts.iter().all(|s| (s - shifts[0]).abs() < 1e-4));
        assert!(shifts[0].abs() > 0.5, "the mean is left in");
    }
}

#[test]
fn whisper_is_whisper() {
    let Some(assets) = assets() else { return };
    let (_, pcm) = Arrays::open(&assets.join("ref/jfk_16k.npz")).get::<f32>("pcm");
    let mut reference = Arrays::open(&assets.join("ref/whisper_logmel_jfk.npz"));
    for (front_end, key) in [(FrontEnd::Whisper80, "logmel_80"), (FrontEnd::Whisper128, "logmel_128")] {
        let (shape, expected) = reference.get::<f32>(key);
        let got = Extractor::new(front_end).extract(&pcm).unwrap();
        assert_eq!((got.frames, got.bins), (3_000, shape[0]));
        let kept = shape[1];
        let by_bin: Vec<f32> = (0..got.bins)
            .flat_map(|bin| (0..kept).map(move |t| (t, bin)))
            .map(|(t, bin)| got.values[t * got.bins + bin])
            .collect();
        let far = difference(&by_bin, &expected);
        assert!(far <= 1e-3, "{front_end}: {far}");
        println_difference(front_end, "jfk", far);
    }
}
