"""One truth about live sound and singing: live.json, sing.json and songs.json of tests/golden."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sonic
from conftest import ROOT
from needs import model
from sonic import live, sing

GOLDEN = ROOT / "tests/golden"


def golden(name: str) -> dict[str, Any]:
    return dict(json.loads((GOLDEN / name).read_text(encoding="utf-8")))


def same(found: Any, wanted: Any, most: float, key: str = "") -> None:
    """Whether two values are the same; numbers that are not whole may differ by `most`."""
    if isinstance(wanted, dict):
        assert set(found) == set(wanted), key
        for name, value in wanted.items():
            same(found[name], value, most, name)
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), key
        for one, other in zip(found, wanted, strict=True):
            same(one, other, most, key)
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, abs=most), key
    else:
        assert found == wanted, key


def plain(row: Any) -> Any:
    """A data class as JSON has it."""
    return json.loads(json.dumps(dataclasses.asdict(row)))


def slices(case: dict[str, Any]) -> list[tuple[int, bytes]]:
    size, found = case["slice_bytes"], []
    for path in case["paths"]:
        data = (ROOT / path).read_bytes()
        found += [data[at : at + size] for at in range(0, len(data), size)]
    return [(index, data) for index, data in enumerate(found) if index not in case["lost"]]


@pytest.mark.parametrize("case", golden("live.json")["cases"], ids=lambda case: case["name"])
def test_live_sessions(case: dict[str, Any]) -> None:
    options = dict(case["options"])
    if case["voices"]:
        options["embedder"] = sonic.VoiceEmbedder()
    session = sonic.LiveSession(case["connection"], **options)
    told: list[live.Segment] = []
    for index, data in slices(case):
        told += session.push(index, data)
        for update in case["activity"]:
            if update["after"] == index:
                told += session.activity(update["stamp_ms"], update["digits"])
        if case["taken_over_after"] == index:
            session = sonic.LiveSession(case["connection"], state=session.state(), **options)
    told += session.finish()
    answer = case["answer"]
    same([plain(segment) for segment in told], answer["segments"], 1e-4)
    same([plain(turn) for turn in session.turns()], answer["turns"], 1e-4)
    same([list(gap) for gap in session.gaps], answer["gaps"], 1e-4)
    stats = plain(session.stats)
    assert stats.pop("last_failure") is None
    assert stats == answer["stats"]


def score_of(score: sonic.Score) -> dict[str, Any]:
    """A score as `sonic sing inspect --json` prints it."""
    parts = [plain(part) for part in score.parts]
    for note in (note for part in parts for note in part["sung"]):
        note["pass"] = note.pop("pass_")
        for lyric in note["lyrics"].values():
            for key in ("name", "humming", "laughing"):
                if not lyric[key]:
                    del lyric[key]
    return {
        "title": score.title,
        "tempos": [plain(tempo) for tempo in score.tempos],
        "total_beats": score.total_beats,
        "total_seconds": score.total_seconds,
        "parts": parts,
        "warnings": [plain(warning) for warning in score.warnings],
    }


@pytest.mark.parametrize("case", golden("sing.json")["scores"], ids=lambda case: case["name"])
def test_scores(case: dict[str, Any]) -> None:
    if "kind" in case["answer"]:
        with pytest.raises(sonic.SonicError) as raised:
            sonic.Score(case["xml"].encode())
        assert raised.value.kind == case["answer"]["kind"]
    else:
        same(score_of(sonic.Score(case["xml"].encode())), case["answer"]["score"], 1e-9)


@pytest.mark.parametrize("case", golden("sing.json")["banks"], ids=lambda case: case["name"])
def test_faults_of_banks(case: dict[str, Any], tmp_path: Path) -> None:
    for name, text in case["files"].items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert [plain(finding) for finding in sonic.Voicebank(tmp_path).check()] == case["findings"]


@pytest.mark.parametrize("case", golden("sing.json")["mixes"], ids=lambda case: case["name"])
def test_mixes(case: dict[str, Any]) -> None:
    tracks = [sing.Track(np.array(track.pop("samples"), np.float32), **track) for track in map(dict, case["tracks"])]
    if "kind" in case["answer"]:
        with pytest.raises(sonic.SonicError) as raised:
            sing.mix(tracks)
        assert raised.value.kind == case["answer"]["kind"]
    else:
        mixed = sing.mix(tracks)
        assert mixed.shape == (len(mixed), 2)
        assert mixed.ravel().tolist() == pytest.approx(case["answer"]["samples"], abs=1e-6)


@pytest.mark.parametrize("case", golden("songs.json")["cases"], ids=lambda case: case["name"])
def test_songs(case: dict[str, Any]) -> None:
    bank = sonic.Voicebank(model(f"sing/{case['bank']}/dsconfig.yaml").parent)
    singing = bank.render(sonic.Score(case["xml"].encode()), **case["options"])
    answer = case["answer"]
    assert bank.sample_rate == answer["sample_rate"]
    warnings = [{"code": w.code, "measure": w.measure, "verse": w.verse} for w in singing.warnings]
    assert warnings == answer["warnings"]
    phrases = list(singing)
    assert len(phrases) == len(answer["phrases"])
    for (start_seconds, samples), wanted in zip(phrases, answer["phrases"], strict=True):
        assert start_seconds == pytest.approx(wanted["start_seconds"], abs=1e-6)
        assert len(samples) == wanted["samples"]
        assert float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) == pytest.approx(wanted["rms"], abs=0.01)
        assert float(np.abs(samples).max()) == pytest.approx(wanted["peak"], abs=0.01)
