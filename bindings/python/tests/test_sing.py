"""Scores and voicebanks."""

import json
from pathlib import Path

import numpy as np
import pytest

import sonic
from needs import assets, model
from sonic import sing

SONG = Path(__file__).parents[3] / "examples/demo/song.musicxml"


def bank(name: str) -> Path:
    """A contract bank of the assets, and a runtime for it."""
    return model(f"sing/banks/contract/{name}/dsconfig.yaml").parent


def test_a_score_says_what_is_sung() -> None:
    score = sonic.Score(SONG)
    assert score == sonic.Score(SONG.read_bytes())
    assert score.title
    assert len(score.parts) == 2
    part = score.parts[0]
    assert (part.part_id, score.tempos[0].offset_beats) == ("P1", 0.0)
    note = part.sung[0]
    assert isinstance(note, sing.SungNote)
    assert note.pass_ == 1
    assert note.lyrics["1"].text
    assert 0 < score.total_seconds < 600
    assert part.voices[0].notes == len([n for n in part.sung if n.chord == 0])


def test_scores_are_those_of_the_truth() -> None:
    scores = assets() / "sing/scores"
    path = next(iter(sorted((scores / "truth/own").glob("*.json"))))
    wanted = json.loads(path.read_text())
    score = sonic.Score(scores / "own" / path.stem)
    assert score.total_beats == pytest.approx(wanted["total_beats"], abs=1e-9)
    for part, expected in zip(score.parts, wanted["parts"], strict=True):
        assert part.part_id == expected["part_id"]
        assert [n.onset_s for n in part.sung] == pytest.approx([n["onset_s"] for n in expected["sung"]], abs=1e-9)
        assert [n.pitch_midi for n in part.sung] == [n["pitch_midi"] for n in expected["sung"]]


def test_what_is_no_score_is_refused(tmp_path: Path) -> None:
    with pytest.raises(sonic.MalformedError):
        sonic.Score(b"no score")
    with pytest.raises(sonic.NotFoundError):
        sonic.Score(tmp_path / "nothing.musicxml")
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.Score(7)  # type: ignore[arg-type]
    with pytest.raises(sonic.NotFoundError):
        sonic.Voicebank(tmp_path / "nothing")
    (tmp_path / "dsconfig.yaml").write_text("acoustic: acoustic.onnx\n")
    findings = sonic.Voicebank(tmp_path).check()
    assert {finding.severity for finding in findings} >= {"error"}
    assert all(isinstance(finding, sing.Finding) and finding.message for finding in findings)


def test_faults_of_a_bank_are_told() -> None:
    folder = assets() / "sing/banks/bad"
    expected = json.loads((folder / "expected.json").read_text())["banks"]
    name = "missing-phonemes"
    found = sonic.Voicebank(folder / name).check()
    assert {wanted["code"] for wanted in expected[name]["findings"]} <= {finding.code for finding in found}


def test_a_bank_sings_phrase_by_phrase(tmp_path: Path) -> None:
    singer = sonic.Voicebank(bank("full"))
    assert [finding for finding in singer.check() if finding.severity == "error"] == []
    score = sonic.Score(SONG)
    singing = singer.render(score, steps=2, pitch_steps=2, variance_steps=2, cache=tmp_path / "cache")
    phrases = list(singing)
    assert phrases
    for start_seconds, samples in phrases:
        assert start_seconds >= 0
        assert samples.dtype == np.float32
        assert np.isfinite(samples).all()
    progress = singing.progress
    assert (progress.rendered, progress.from_cache) == (len(phrases), 0)
    told: list[float] = []
    path = tmp_path / "song.wav"
    singer.save(score, path, steps=2, pitch_steps=2, variance_steps=2, cache=tmp_path / "cache", progress=told.append)
    assert told[-1] == pytest.approx(1.0)
    clip = sonic.decode(path)
    mixed = np.zeros(len(clip.samples), np.float32)
    for start_seconds, samples in phrases:
        start = round(start_seconds * singer.sample_rate)
        mixed[start : start + len(samples)] += samples
    assert np.abs(np.clip(mixed, -1, 1) - clip.samples).max() < 1e-3


def test_a_song_can_be_called_off() -> None:
    singing = sonic.Voicebank(bank("full")).render(sonic.Score(SONG), steps=2)
    next(singing)
    singing.cancel()
    with pytest.raises(sonic.ClosedError):
        next(singing)
    assert list(singing) == []


def test_options_out_of_range_are_named() -> None:
    singer, score = sonic.Voicebank(bank("full")), sonic.Score(SONG)
    with pytest.raises(sonic.InvalidArgumentError, match="clarity"):
        singer.render(score, clarity=300.0)
    with pytest.raises(sonic.NotFoundError):
        singer.render(score, part="P9")
    with pytest.raises(TypeError, match="speed"):
        singer.render(score, speed=2)  # type: ignore[call-arg]


def test_voices_are_mixed_and_written(tmp_path: Path) -> None:
    left, right = np.full(800, 0.5, np.float32), np.full(400, 0.25, np.float32)
    mixed = sing.mix([sing.Track(left, pan=-1.0), sing.Track(right, pan=1.0, volume=2.0)])
    assert mixed.shape == (800, 2)
    assert mixed.dtype == np.float32
    assert mixed[0].tolist() == pytest.approx([0.5, 0.5], abs=1e-6)
    assert mixed[500].tolist() == pytest.approx([0.5, 0.0], abs=1e-6)
    alone = sing.mix([sing.Track(left), sing.Track(right, solo=True, pan=1.0)])
    assert alone[0].tolist() == pytest.approx([0.0, 0.25], abs=1e-6)
    for name in ("mix.wav", "mix.flac"):
        sing.write_sound(tmp_path / name, mixed, 8_000)
        clip = sonic.decode(tmp_path / name)
        assert (len(clip), clip.sample_rate) == (800, 8_000)
        assert clip.samples[0] == pytest.approx(0.5, abs=1e-4)
    sing.write_sound(tmp_path / "one.wav", left, 8_000)
    with pytest.raises(sonic.InvalidArgumentError, match="volume"):
        sing.mix([sing.Track(left, volume=9.0)])
    with pytest.raises(sonic.InvalidArgumentError):
        sing.mix([left])  # type: ignore[list-item]
    with pytest.raises(sonic.UnsupportedError):
        sing.write_sound(tmp_path / "mix.mp3", mixed, 8_000)
    with pytest.raises(sonic.InvalidArgumentError):
        sing.write_sound(tmp_path / "mix.wav", np.zeros((4, 3), np.float32), 8_000)
    assert not (tmp_path / "mix.mp3").exists()


def test_unknown_words_are_hummed_or_left_out() -> None:
    text = SONG.read_text()
    word = next(note.lyrics["1"].text for note in sonic.Score(SONG).parts[0].sung if note.lyrics)
    score = sonic.Score(text.replace(f"<text>{word}</text>", "<text>zzqx!</text>").encode())
    singer = sonic.Voicebank(bank("full"))
    for silent in (False, True):
        warnings = singer.render(score, silence_unknown=silent).warnings
        told = [warning.message for warning in warnings if warning.code in ("unknown_word", "guessed_word")]
        assert told
