//! Promise: speech is found where Silero finds it, and near that without a model; ends are trimmed as librosa does.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod voice_support;

use serde_json::Value;
use sonic::Clip;
use sonic::audio::speech::{Silero, SpeechFinder, SpeechOptions, speech_probabilities, speech_spans, trim};
use std::path::Path;
use std::sync::Arc;
use voice_support::{Arrays, assets, assets_and_runtime, recording};

/// Reference recordings with the probabilities that Silero gives.
fn references(assets: &Path) -> Vec<(String, Clip, Vec<f32>)> {
    let text = std::fs::read_to_string(assets.join("ref/silero_vad_probs.json")).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let files = json["files"].as_object().unwrap();
    let read = |(name, value): (&String, &Value)| {
        let clip = match name.contains("jfk") {
            true => Clip::new(Arrays::open(&assets.join("ref/jfk_16k.npz")).get("pcm").1, 16_000),
            false => recording(assets.join(name)),
        };
        assert_eq!(clip.samples.len() as u64, value["n"].as_u64().unwrap());
        let probabilities = value["prob"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap() as f32);
        (name.clone(), clip, probabilities.collect())
    };
    files.iter().map(read).collect()
}

fn silero(assets: &Path) -> SpeechOptions {
    let model = Silero::open(assets.join("models/silero-vad/silero_vad.onnx")).unwrap();
    SpeechOptions { model: Some(Arc::new(model)), ..Default::default() }
}

#[test]
fn silero_gives_its_probabilities_at_both_rates() {
    let Some(assets) = assets_and_runtime() else { return };
    let options = silero(&assets);
    let references = references(&assets);
    assert!(references.iter().any(|(_, clip, _)| clip.sample_rate == 8_000));
    for (name, clip, expected) in references {
        let got = speech_probabilities(&clip, &options).unwrap();
        assert_eq!((got.sample_rate, got.frame), (clip.sample_rate, clip.sample_rate as usize * 32 / 1000));
        assert_eq!(got.values.len(), expected.len(), "{name}");
        for (i, (got, want)) in got.values.iter().zip(&expected).enumerate() {
            assert!((got - want).abs() <= 1e-3, "{name}, frame {i}: {got} for {want}");
        }
    }
}

#[test]
fn silero_in_pieces_gives_the_same_spans() {
    let Some(assets) = assets_and_runtime() else { return };
    let options = silero(&assets);
    let clip = recording(assets.join("audio/vad/silero_test.wav"));
    let whole = speech_spans(&clip, &options).unwrap();
    assert!(whole.len() > 5, "{whole:?}");
    assert!(whole.windows(2).all(|pair| pair[0].end_ms < pair[1].start_ms));
    let mut finder = SpeechFinder::new(&options, 16_000).unwrap();
    let mut spans = Vec::new();
    clip.samples.chunks(1_234).for_each(|block| spans.extend(finder.push(block).unwrap()));
    spans.extend(finder.finish().unwrap());
    assert_eq!(spans, whole);
}

/// Without a model: of all milliseconds, how many are judged as Silero judges them.
#[test]
fn the_fallback_agrees_with_silero_most_of_the_time() {
    let Some(assets) = assets() else { return };
    let (mut same, mut all) = (0, 0);
    for (_, clip, expected) in
        references(&assets).into_iter().filter(|(_, clip, _)| clip.duration_ms() > 2_000)
    {
        let spans = speech_spans(&clip, &SpeechOptions::default()).unwrap();
        for (i, probability) in expected.iter().enumerate() {
            let middle_ms = 32 * i as u64 + 16;
            let spoken = spans.iter().any(|s| (s.start_ms..s.end_ms).contains(&middle_ms));
            same += usize::from(spoken == (*probability >= 0.5));
            all += 1;
        }
    }
    let share = same as f64 / all as f64;
    report(&format!("{:.1} % of frames are judged as Silero judges them", 100.0 * share));
    assert!(share > 0.85, "{share}");
}

#[expect(clippy::print_stdout, reason = "seen with --nocapture")]
fn report(text: &str) {
    println!("{text}");
}

/// What librosa 0.11.0 gives: file, top_db, first sample, sample after the last.
const LIBROSA: [(&str, f32, usize, usize); 12] = [
    ("librispeech_test-other/1688/1688-142285-0000.flac", 20.0, 0, 240_000),
    ("librispeech_test-other/2033/2033-164914-0000.flac", 20.0, 8_192, 137_728),
    ("librispeech_test-other/2033/2033-164914-0000.flac", 40.0, 7_680, 139_264),
    ("librispeech_test-other/367/367-130732-0000.flac", 20.0, 0, 33_280),
    ("librispeech_test-other/367/367-130732-0000.flac", 40.0, 0, 37_840),
    ("long/two_cities_16k.wav", 20.0, 18_944, 688_128),
    ("vad/silero_test.wav", 20.0, 512, 960_000),
    ("fsdd/jackson/0_jackson_0.wav", 20.0, 0, 5_120),
    ("alphanumeric/a/evmaki_nohash_0.wav", 20.0, 3_584, 11_264),
    ("alphanumeric/a/evmaki_nohash_0.wav", 40.0, 3_584, 11_776),
    ("alphanumeric/seven/evmaki_nohash_0.wav", 20.0, 2_560, 11_776),
    ("alphanumeric/seven/evmaki_nohash_0.wav", 40.0, 2_048, 12_800),
];

#[test]
fn trimming_is_librosas() {
    let Some(assets) = assets() else { return };
    for (file, top_db, start, end) in LIBROSA {
        let clip = recording(assets.join("audio").join(file));
        let (trimmed, range) = trim(&clip, top_db).unwrap();
        assert_eq!(range, start..end, "{file} at {top_db} dB");
        assert_eq!(trimmed.samples, clip.samples[range]);
    }
}
