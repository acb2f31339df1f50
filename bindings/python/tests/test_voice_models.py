"""Embeddings, spans of speech and quality, with the built-in model and with others."""

import importlib.util
import io
import itertools
import os
import subprocess
import sys
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import sonic
from needs import assets
from voice_support import RATE, model, speak, syllable_piece, utterances


@pytest.fixture(scope="module")
def embedder() -> sonic.VoiceEmbedder:
    """The built-in embedder."""
    return sonic.VoiceEmbedder()


def wav(clip: sonic.Clip) -> bytes:
    """The clip as a WAV file of 16 bits."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setparams((1, 2, clip.sample_rate, 0, "NONE", ""))
        file.writeframes((clip.samples * 32767).astype("<i2").tobytes())
    return data.getvalue()


def test_an_embedding_is_a_unit_vector(embedder: sonic.VoiceEmbedder, tmp_path: Path) -> None:
    assert (embedder.dimensions, embedder.sample_rate) == (128, 16000)
    assert "celda128" in embedder.pipeline
    assert embedder.pipeline == sonic.VoiceEmbedder("celda128", threads=2).pipeline
    vector = embedder.embed(speak("anna", 1))
    assert (vector.dtype, vector.shape) == (np.float32, (128,))
    assert abs(np.linalg.norm(vector) - 1) < 1e-5
    data = wav(speak("anna", 1))
    path = tmp_path / "anna.wav"
    path.write_bytes(data)
    sources = [path, str(path), data, bytearray(data), memoryview(data), io.BytesIO(data), sonic.decode(data)]
    for source in sources:
        assert vector @ embedder.embed(source) > 0.999


def test_voices_are_distinguished(embedder: sonic.VoiceEmbedder) -> None:
    anna, again, bert = embedder.embed_many([speak("anna", 1), speak("anna", 2), speak("bert", 3)])
    assert anna @ again > 0.8 > 0.6 > anna @ bert


def test_many_are_the_same_as_each(embedder: sonic.VoiceEmbedder) -> None:
    clips = [speak("anna", seed, 1 + 0.3 * seed) for seed in range(5)]
    sources = [clips[0], wav(clips[1]), clips[2], io.BytesIO(wav(clips[3])), clips[4]]
    each = np.stack([embedder.embed(source) for source in [*sources[:3], wav(clips[3]), clips[4]]])
    many = embedder.embed_many(iter(sources))
    assert many.dtype == np.float32
    assert np.array_equal(many, each)
    assert embedder.embed_many([]).shape == (0, 128)
    assert embedder.embed_many(clips[0]).shape == (1, 128)


def test_the_first_failure_is_raised(embedder: sonic.VoiceEmbedder) -> None:
    good = speak("anna", 1, 1.0)
    short = sonic.Clip(good.samples[:1600], RATE)
    with pytest.raises(sonic.InvalidArgumentError, match="number 1 of the sources"):
        embedder.embed_many([good, short, b"no sound"])
    with pytest.raises(FileNotFoundError):
        embedder.embed_many([good, "no such file", short])


def silence() -> sonic.Clip:
    """A second of nothing."""
    return sonic.Clip(np.zeros(RATE, np.float32), RATE)


@pytest.mark.parametrize(
    "bad",
    [
        sonic.Clip(np.zeros(RATE, np.float32), RATE),
        sonic.Clip(np.full(RATE, np.nan, np.float32), RATE),
        sonic.Clip(np.zeros(0, np.float32), RATE),
        syllable_piece(),
        np.zeros(RATE, np.float32),
        np.zeros(RATE, np.float64),
        5,
        None,
        io.StringIO("text"),
    ],
)
def test_what_has_no_voice_is_refused(embedder: sonic.VoiceEmbedder, bad: object) -> None:
    with pytest.raises(sonic.InvalidArgumentError):
        embedder.embed(bad)


def test_threads_share_an_embedder(embedder: sonic.VoiceEmbedder) -> None:
    clips = [speak("anna", seed, 1.0) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(embedder.embed, clips))
    assert np.array_equal(np.stack(together), embedder.embed_many(clips))


def test_unknown_and_wrong_models(tmp_path: Path) -> None:
    with pytest.raises(sonic.NotFoundError, match="celda129"):
        sonic.VoiceEmbedder("celda129")
    with pytest.raises(sonic.NotFoundError):
        sonic.VoiceEmbedder(tmp_path / "none.onnx")
    with pytest.raises(sonic.NotFoundError):
        sonic.VoiceEmbedder(str(tmp_path / "none.toml"))
    (tmp_path / "odd.onnx").write_bytes(b"no model")
    with pytest.raises(sonic.ModelError, match="manifest"):
        sonic.VoiceEmbedder(tmp_path / "odd.onnx")
    (tmp_path / "odd.toml").write_text("id = 5")
    with pytest.raises(sonic.ModelError):
        sonic.VoiceEmbedder(tmp_path / "odd.toml")
    for bad in (5, b"celda128", ["celda128"]):
        with pytest.raises(sonic.InvalidArgumentError):
            sonic.VoiceEmbedder(bad)
    for options in ({"threads": -1}, {"provider": "gpu"}, {"provider": 5}):
        with pytest.raises(sonic.InvalidArgumentError):
            sonic.VoiceEmbedder(**options)


def test_a_model_that_is_not_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONIC_MODELS", str(tmp_path))
    with pytest.raises(sonic.ModelError, match="ecapa"):
        sonic.VoiceEmbedder("ecapa-voxceleb")
    with pytest.raises(sonic.ModelError, match="silero"):
        sonic.speech_spans(speak("anna", 1), model="silero-vad")


def test_a_model_in_onnx_agrees_with_the_built_in_one(embedder: sonic.VoiceEmbedder) -> None:
    onnx = sonic.VoiceEmbedder(model("celda128/celda128_wave.onnx"))
    assert (onnx.dimensions, onnx.sample_rate) == (128, 16000)
    assert onnx.pipeline != embedder.pipeline
    files = [*utterances("1688")[:2], *utterances("2033")[:2]]
    agreement = (onnx.embed_many(files) * embedder.embed_many(files)).sum(axis=1)
    assert agreement.min() >= 0.9999


def test_a_model_by_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    path = model("celda128/celda128.onnx")
    monkeypatch.setenv("SONIC_MODELS", str(path.parent))
    assert sonic.VoiceEmbedder("celda128-onnx").pipeline == sonic.VoiceEmbedder(path).pipeline


def test_a_store_holds_embeddings_of_one_model(tmp_path: Path) -> None:
    other = sonic.VoiceEmbedder(model("celda128/celda128_wave.onnx"))
    with sonic.Store(tmp_path / "s") as store:
        store.voices.enroll("Anna", speak("anna", 1), embedder=other)
        assert store.voices.identify(speak("anna", 2), embedder=other)
        for call in (
            lambda: store.voices.identify(speak("anna", 2)),
            lambda: store.voices.enroll("Anna", speak("anna", 2)),
            lambda: store.voices.record(speak("anna", 2)),
        ):
            with pytest.raises(sonic.MismatchError):
                call()
        assert len(store.voices.table()) == 1


def test_the_runtime_is_the_one_of_the_python_package() -> None:
    path = model("celda128/celda128_wave.onnx")
    package = importlib.util.find_spec("onnxruntime")
    if package is None or "ORT_DYLIB_PATH" in os.environ:
        pytest.skip("the package onnxruntime is what this is about, without ORT_DYLIB_PATH")
    program = f"""
import sys, sonic
assert "libonnxruntime" not in open("/proc/self/maps").read()
sonic.VoiceEmbedder()
assert "libonnxruntime" not in open("/proc/self/maps").read()
sonic.VoiceEmbedder({str(path)!r})
assert "onnxruntime/capi/libonnxruntime" in open("/proc/self/maps").read()
assert "onnxruntime" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_forked_process_loads_its_own_model() -> None:
    path = model("celda128/celda128_wave.onnx")
    program = f"""
import os, sonic
embedder = sonic.VoiceEmbedder({str(path)!r})
clip = sonic.Clip(__import__("numpy").random.default_rng(1).standard_normal(16000).astype("float32"), 16000)
child = os.fork()
if child == 0:
    try:
        sonic.VoiceEmbedder().embed(clip)
        embedder.embed(clip)
    except sonic.ClosedError:
        del embedder  # Freeing it does not wait for threads that are not here.
        os._exit(0)
    os._exit(1)
assert os.waitpid(child, 0)[1] == 0
embedder.embed(clip)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_models_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(sonic.ModelError):
        sonic.VoiceEmbedder(model("silero-vad/silero_vad.onnx"))
    with pytest.raises(sonic.ModelError):
        sonic.speech_spans(speak("anna", 1), model=model("celda128/celda128_wave.onnx"))
    with pytest.raises(sonic.ModelError):
        sonic.speech_spans(speak("anna", 1), model="celda128")
    cut = tmp_path / "celda128_wave.onnx"
    cut.write_bytes(model("celda128/celda128_wave.onnx").read_bytes()[:5000])
    with pytest.raises(sonic.ModelError):
        sonic.VoiceEmbedder(cut)


def test_speech_is_found_between_pauses() -> None:
    speech, pause = speak("bert", 4, 2.0).samples, np.zeros(RATE, np.float32)
    hiss = 3e-4 * np.random.default_rng(9).standard_normal(4 * RATE).astype(np.float32)
    clip = sonic.Clip(np.concatenate([pause, speech, pause]) + hiss, RATE)
    spans = sonic.speech_spans(clip, min_silence_ms=800)
    assert len(spans) == 1
    assert abs(spans[0].start_ms - 1200) < 100
    assert 2700 < spans[0].end_ms < 3200
    assert spans[0].duration_ms == spans[0].end_ms - spans[0].start_ms
    assert spans == sonic.speech_spans(wav(clip), min_silence_ms=800)
    assert sonic.speech_spans(silence()) == []
    assert sonic.speech_spans(clip, min_speech_ms=5000, min_silence_ms=800) == []
    padded = sonic.speech_spans(clip, min_silence_ms=800, padding_ms=130)[0]
    assert padded.start_ms == spans[0].start_ms - 100


def test_options_of_speech_spans() -> None:
    clip = speak("bert", 4, 1.0)
    wrong: list[dict[str, object]] = [
        {"threshold": 0},
        {"threshold": 1.5},
        {"threshold": "high"},
        {"min_speech_ms": -1},
        {"padding_ms": 1.5},
        {"model": 5},
    ]
    for options in wrong:
        with pytest.raises(sonic.InvalidArgumentError):
            sonic.speech_spans(clip, **options)
    with pytest.raises(sonic.NotFoundError):
        sonic.speech_spans(clip, model="no-such-model")
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.speech_spans(sonic.Clip(np.full(RATE, np.inf, np.float32), RATE))


def test_speech_by_the_silero_model() -> None:
    path = model("silero-vad/silero_vad.onnx")
    sound = assets() / "voice/audio/vad/silero_test.wav"
    spans = sonic.speech_spans(sound, model=path)
    assert len(spans) > 5
    assert all(a.end_ms < b.start_ms for a, b in itertools.pairwise(spans))
    assert spans == sonic.speech_spans(sonic.decode(sound), model=str(path))
    assert spans != sonic.speech_spans(sound)
    assert sum(s.duration_ms for s in sonic.speech_spans(sound, model=path, threshold=0.9)) < sum(
        s.duration_ms for s in spans
    )


def test_quality_is_measured() -> None:
    clip = speak("anna", 5)
    quality = sonic.voice_quality(clip)
    assert quality.passes
    assert quality.reasons == ()
    assert quality.duration_ms == 4000
    assert 1500 < quality.speech_ms < 4000
    assert quality.snr_db is not None
    assert quality.snr_db > 30
    assert quality.clipping == 0
    assert -30 < quality.level_dbfs < -10
    assert quality.peak == pytest.approx(float(np.abs(clip.samples).max()))
    same = sonic.voice_quality(wav(clip))
    assert same.snr_db == pytest.approx(quality.snr_db, abs=0.5)
    clipped = sonic.voice_quality(sonic.Clip(np.clip(clip.samples * 20, -1, 1), RATE))
    assert clipped.clipping > 0.05
    assert any("Clipped" in reason for reason in clipped.reasons)
    nothing = sonic.voice_quality(silence())
    assert (nothing.snr_db, nothing.level_dbfs, nothing.passes) == (None, -120.0, False)
    assert sonic.voice_quality(silence(), gate=None).passes
    assert sonic.voice_quality(clip, gate="short_utterance").passes
    assert not sonic.voice_quality(speak("anna", 5, 12.0), gate="short_utterance").passes
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.voice_quality(clip, gate="strict")
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.voice_quality(sonic.Clip(np.full(RATE, np.nan, np.float32), RATE))
