//! Promise: embeddings are those of the models, from the built-in one without any library to any in ONNX form.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
mod voice_support;

use sonic::audio::decode::Source;
use sonic::audio::speaker::{VoiceEmbedder, VoiceEmbedderOptions};
use sonic::model::{Model, built_in};
use sonic::{Clip, ErrorKind, models};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use support::Scratch;
use voice_support::{Arrays, assets, assets_and_runtime, cosine, equal_error_rate, recording, utterances};

/// The vectors of the utterances, whole or of three seconds.
fn expected(assets: &Path, key: &str) -> Vec<Vec<f32>> {
    let (shape, values) = Arrays::open(&assets.join("ref/embeddings_celda128.npz")).get::<f32>(key);
    assert_eq!(shape, [50, 128]);
    values.chunks(128).map(<[f32]>::to_vec).collect()
}

/// Three seconds from a quarter of the length, or the last three.
fn cropped(clip: &Clip) -> Clip {
    let length = clip.samples.len().min(3 * clip.sample_rate as usize);
    let start = (clip.samples.len() / 4).min(clip.samples.len() - length);
    Clip::new(clip.samples[start..start + length].to_vec(), clip.sample_rate)
}

fn clips(assets: &Path) -> Vec<Clip> {
    utterances(assets).iter().map(recording).collect()
}

/// The vectors of `embedder` for whole utterances and for three seconds of each.
fn embedded(embedder: &VoiceEmbedder, clips: &[Clip]) -> [Vec<Vec<f32>>; 2] {
    let vectors =
        |clips: &[Clip]| embedder.embed_many(clips).into_iter().map(|e| e.unwrap().vector).collect();
    [vectors(clips), vectors(&clips.iter().map(cropped).collect::<Vec<_>>())]
}

#[test]
fn celda128_agrees_with_its_reference_on_every_utterance() {
    let Some(assets) = assets() else { return };
    let embedder = VoiceEmbedder::built_in();
    let [full, short] = embedded(&embedder, &clips(&assets));
    for (got, key) in [(full, "full"), (short, "crop3s")] {
        for (i, (got, want)) in got.iter().zip(&expected(&assets, key)).enumerate() {
            let cosine = cosine(got, want);
            assert!(cosine >= 0.9999, "{key} {i}: {cosine}");
        }
    }
}

#[test]
fn celda128_agrees_on_the_cohort() {
    let Some(assets) = assets() else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(assets.join("audio/librispeech_train-clean-100_cohort"))
        .unwrap()
        .map(|f| f.unwrap().path())
        .filter(|f| f.extension().is_some_and(|e| e == "flac"))
        .collect();
    files.sort();
    let (_, values) = Arrays::open(&assets.join("ref/embeddings_celda128.npz")).get::<f32>("cohort");
    assert_eq!(values.len(), 128 * files.len());
    let sources = files.into_iter().map(Source::Path).collect();
    for (got, want) in VoiceEmbedder::built_in().embed_sources(sources).into_iter().zip(values.chunks(128)) {
        let cosine = cosine(&got.unwrap().vector, want);
        assert!(cosine >= 0.9999, "{cosine}");
    }
}

#[test]
fn the_accuracy_of_celda128_is_as_stated() {
    let Some(assets) = assets() else { return };
    let text = std::fs::read_to_string(assets.join("ref/verification_expected.json")).unwrap();
    let stated: serde_json::Value = serde_json::from_str(&text).unwrap();
    let files = utterances(&assets);
    let [full, short] = embedded(&VoiceEmbedder::built_in(), &clips(&assets));
    for (vectors, name) in [(full, "full"), (short, "3s")] {
        let names = files.iter().map(|f| f.file_name().unwrap().to_str().unwrap());
        let vectors: HashMap<&str, &Vec<f32>> = names.zip(&vectors).collect();
        let trials =
            std::fs::read_to_string(assets.join(format!("ref/trials_dev_{name}_celda128.tsv"))).unwrap();
        let scores: Vec<_> = trials.lines().skip(1).map(|line| trial(line, &vectors)).collect();
        assert_eq!(scores.len(), 1_225);
        let expected = stated["celda128"][format!("dev/{name}")]["eer"].as_f64().unwrap();
        let rate = equal_error_rate(scores);
        assert!((rate - expected).abs() <= 0.001, "{name}: {rate} for {expected}");
    }
}

/// The score of a line `label enrol test cosine`, which must be its cosine, and its label.
fn trial(line: &str, vectors: &HashMap<&str, &Vec<f32>>) -> (f64, bool) {
    let fields: Vec<_> = line.split('\t').collect();
    let vector = |path: &str| vectors[path.rsplit('/').next().unwrap()];
    let score = cosine(vector(fields[1]), vector(fields[2]));
    let stated: f64 = fields[3].parse().unwrap();
    assert!((score - stated).abs() < 1e-3, "{line}: {score}");
    (score, fields[0] == "1")
}

/// A manifest in `scratch` for the model at `model`.
fn manifest(
    scratch: &Scratch,
    id: &str,
    model: &Path,
    front_end: &str,
    dimensions: usize,
    more: &str,
) -> Model {
    let onnx = scratch.join(&format!("{id}.onnx"));
    std::fs::copy(model, &onnx).unwrap();
    let text = format!(
        "id = {id:?}\ntask = \"speaker-embedding\"\nlicence = \"CC-BY-4.0\"\ncommercial = true\n\
         source = \"https://example.org\"\ndimensions = {dimensions}\n{more}\n\
         speech = {{ front_end = {front_end:?}, sample_rate = 16000 }}\n"
    );
    let path = scratch.join(&format!("{id}.toml"));
    std::fs::write(&path, text).unwrap();
    models::resolve(path.to_str().unwrap()).unwrap()
}

#[test]
fn models_in_onnx_form_give_what_they_should() {
    let Some(assets) = assets_and_runtime() else { return };
    let scratch = Scratch::new("voice-onnx");
    let folder = assets.join("models/celda128");
    let clips = clips(&assets);
    let full = expected(&assets, "full");
    for (id, front_end) in [("celda128", "logmel80"), ("celda128_wave", "waveform")] {
        let model = manifest(&scratch, id, &folder.join(format!("{id}.onnx")), front_end, 128, "");
        let embedder = VoiceEmbedder::load(&model, &VoiceEmbedderOptions::default()).unwrap();
        assert_eq!((embedder.dimensions(), embedder.sample_rate()), (128, 16_000));
        assert_ne!(embedder.pipeline(), VoiceEmbedder::built_in().pipeline());
        for (got, want) in embedder.embed_many(&clips[..12]).into_iter().zip(&full) {
            let cosine = cosine(&got.unwrap().vector, want);
            assert!(cosine >= 0.9999, "{id}: {cosine}");
        }
        let alone = embedder.embed(&clips[0]).unwrap();
        assert!(cosine(&alone.vector, &full[0]) >= 0.9999);
    }
}

#[test]
fn an_ecapa_tdnn_runs_on_its_front_end() {
    let Some(assets) = assets_and_runtime() else { return };
    let scratch = Scratch::new("voice-ecapa");
    let model = assets.join("models/ecapa-untrained/ecapa-c192.onnx");
    let path = manifest(
        &scratch,
        "ecapa",
        &model,
        "ecapa80",
        192,
        "inputs = [\"feats\"]\noutputs = [\"embedding\"]",
    );
    let embedder = VoiceEmbedder::load(&path, &VoiceEmbedderOptions::default()).unwrap();
    let clip = recording(&utterances(&assets)[0]);
    let (a, b) = (embedder.embed(&clip).unwrap(), embedder.embed_many(&[clip]).remove(0).unwrap());
    assert_eq!((a.vector.len(), &a.pipeline), (192, embedder.pipeline()));
    assert!((cosine(&a.vector, &b.vector) - 1.0).abs() < 1e-5, "alone and in a batch");
    assert!((a.vector.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-5);
    // The same network on another front-end is another pipeline, with other vectors.
    let other = manifest(&scratch, "other", &model, "kaldi80-povey", 192, "");
    let other = VoiceEmbedder::load(&other, &VoiceEmbedderOptions::default()).unwrap();
    assert_ne!(other.pipeline(), embedder.pipeline());
}

#[test]
fn models_that_do_not_fit_are_refused() {
    let Some(assets) = assets_and_runtime() else { return };
    let scratch = Scratch::new("voice-wrong");
    let celda = assets.join("models/celda128/celda128.onnx");
    let silero = assets.join("models/silero-vad/silero_vad.onnx");
    let refused = |model: Model, word: &str| {
        let error = VoiceEmbedder::load(&model, &VoiceEmbedderOptions { threads: 1, ..Default::default() })
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model, "{error}");
        assert!(error.message().contains(word), "{error} should mention {word}");
    };
    refused(manifest(&scratch, "kind", &silero, "waveform", 128, ""), "input");
    refused(manifest(&scratch, "front", &celda, "waveform", 128, ""), "logmel");
    refused(manifest(&scratch, "bins", &celda, "resemblyzer40", 128, ""), "resemblyzer40");
    refused(manifest(&scratch, "dims", &celda, "logmel80", 192, ""), "192");
    refused(manifest(&scratch, "name", &celda, "logmel80", 128, "outputs = [\"vector\"]"), "vector");
    let bytes = std::fs::read(&celda).unwrap();
    for length in [0, 100, bytes.len() / 2, bytes.len() - 1] {
        let cut = scratch.join("cut-source.onnx");
        std::fs::write(&cut, &bytes[..length]).unwrap();
        refused(manifest(&scratch, "cut", &cut, "logmel80", 128, ""), "cut");
    }
    let mut other = manifest(&scratch, "vad", &silero, "waveform", 128, "");
    other.manifest.task = "vad".to_owned();
    refused(other, "vad");
    refused(Model { files: Default::default(), ..nowhere() }, "built into");
    refused(nowhere(), "nowhere");
}

/// A model whose file does not exist.
fn nowhere() -> Model {
    let manifest = built_in().iter().find(|m| m.id == "wespeaker-resnet34").unwrap();
    Model::of_file(manifest.clone(), "/nowhere/voice.onnx")
}

#[test]
fn the_built_in_model_is_found_by_its_name() {
    let by_name =
        VoiceEmbedder::load(&models::resolve("celda128").unwrap(), &VoiceEmbedderOptions::default()).unwrap();
    assert_eq!(by_name.pipeline(), VoiceEmbedder::built_in().pipeline());
    assert!(by_name.pipeline().as_str().starts_with("voice-1/logmel80/celda128-"));
}
