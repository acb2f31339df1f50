"""One truth: the files of tests/golden, whose README says how to read them."""

import base64
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sonic
from conftest import ROOT

GOLDEN = ROOT / "tests/golden"
FLOATS = ("score", "probability", "time_scale", "pitch_semitones", "coverage")


def cases(name: str) -> list[Any]:
    return json.loads((GOLDEN / name).read_text())["cases"]


@pytest.mark.parametrize("case", cases("landmarks.json"), ids=lambda c: f"{Path(c['path']).name}-{c['sample_rate']}")
def test_samples_and_landmarks(case: dict[str, Any]) -> None:
    clip = sonic.decode(ROOT / case["path"], sample_rate=case["sample_rate"])
    assert case["clip"] == {
        "sample_rate": clip.sample_rate,
        "samples": len(clip),
        "duration_ms": clip.duration_ms,
        "truncated": clip.truncated,
        "damaged_ms": clip.damaged_ms,
        "sha256": hashlib.sha256(clip.samples.astype("<f4").tobytes()).hexdigest(),
    }
    fingerprint = sonic.fingerprint(clip)
    rows = fingerprint.landmarks.tolist()
    packed = b"".join(struct.pack("<IHB", *row) for row in rows)
    assert case["fingerprint"] == {
        "pipeline": fingerprint.pipeline,
        "duration_ms": fingerprint.duration_ms,
        "frames": fingerprint.frames,
        "landmarks": len(fingerprint),
        "sha256": hashlib.sha256(packed).hexdigest(),
    }
    assert case.get("landmarks", rows) == rows


def test_matches(tmp_path: Path) -> None:
    golden = json.loads((GOLDEN / "identify.json").read_text())
    with sonic.Store(tmp_path / "s") as store:
        for media in golden["media"]:
            expected = dict(media["added"])
            added = store.add(ROOT / media["path"], id=media["id"])
            assert added.status == {"new": "added"}.get(expected["status"], expected.pop("status"))
            expected.pop("status", None)
            assert expected == {key: getattr(added.recording, key) for key in expected}
        for query in golden["queries"]:
            check(store, query)


def check(store: sonic.Store, query: dict[str, Any]) -> None:
    path, options = ROOT / query["path"], query["options"]
    clip = sonic.decode(path, sample_rate=11025)
    for source in (path, path.read_bytes(), clip, sonic.fingerprint(clip)):
        answer = store.identify(source, **options)
        assert answer.decision == query["answer"]["decision"]
        assert answer.duration_ms == query["answer"]["duration_ms"]
        matches = query["answer"]["matches"]
        assert [shown(m) for m in answer] == [rounded(m) for m in matches]
    answer = store.identify(path, **options)
    assert answer.truncated == query["answer"]["truncated"]
    assert answer.damaged_ms == query["answer"]["damaged_ms"]


def shown(match: sonic.Match) -> dict[str, Any]:
    return {name: getattr(match, name) for name in match.__slots__}


def rounded(match: dict[str, Any]) -> dict[str, Any]:
    return {key: float(np.float32(value)) if key in FLOATS else value for key, value in match.items()}


@pytest.mark.parametrize("case", cases("errors.json"), ids=lambda c: c["name"])
def test_errors(case: dict[str, Any], tmp_path: Path) -> None:
    *before, last = case["steps"]
    steps = Steps(tmp_path)
    for step in before:
        steps.run(step)
    if case["kind"] is None:
        steps.run(last)
        return
    with pytest.raises(sonic.SonicError) as caught:
        steps.run(last)
    assert caught.value.kind == case["kind"]


class Steps:
    """The calls of a case, on one store."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.store: sonic.Store | None = None

    def run(self, step: dict[str, Any]) -> None:
        arguments = dict(step)
        getattr(self, arguments.pop("call"))(**arguments)

    def opened(self) -> sonic.Store:
        assert self.store is not None
        return self.store

    @staticmethod
    def source(arguments: dict[str, Any]) -> Path | bytes:
        if "base64" in arguments:
            return base64.b64decode(arguments.pop("base64"))
        return ROOT / arguments.pop("path")

    def decode(self, **arguments: Any) -> None:
        sonic.decode(self.source(arguments), **arguments)

    def fingerprint(self, samples: list[float | str], sample_rate: int) -> None:
        sonic.fingerprint(sonic.Clip(np.array([float(s) for s in samples], np.float32), sample_rate))

    def open(self, access: Any, scratch: str | None = None, path: str | None = None) -> None:
        place = self.scratch / scratch if scratch else ROOT / str(path)
        self.store = sonic.Store(place, access=access)

    def add(self, **arguments: Any) -> None:
        self.opened().add(self.source(arguments), **arguments)

    def identify(self, **arguments: Any) -> None:
        self.opened().identify(self.source(arguments), **arguments)

    def remove(self, id: str) -> None:
        self.opened().recordings.remove(id)

    def recordings(self) -> None:
        list(self.opened().recordings)

    def stats(self) -> None:
        self.opened().stats()

    def compact(self) -> None:
        self.opened().compact()

    def close(self) -> None:
        self.opened().close()


# How far a number may lie from the one in the file, as the README says; 0 for the others.
TOLERANCES = {"score": 1e-4, "clipping": 1e-4, "peak": 1e-4, "probability": 2e-3, "snr_db": 0.01, "level_dbfs": 0.01}
VOICES = json.loads((GOLDEN / "voices.json").read_text())


def near(given: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert given.keys() == wanted.keys()
    for key, want in wanted.items():
        if key in TOLERANCES and want is not None:
            assert abs(given[key] - want) <= TOLERANCES[key], key
        else:
            assert given[key] == want, key


def same_direction(rows: list[np.ndarray], wanted: list[float]) -> None:
    embedding = np.array(wanted, np.float32)
    for made in rows:
        assert np.array_equal(made, rows[0])
        assert made.shape == embedding.shape
        assert np.abs(made - embedding).max() <= 1e-5
        assert abs(1 - float(made @ embedding)) <= 1e-5


@pytest.mark.parametrize("case", VOICES["recordings"], ids=lambda c: Path(c["path"]).name)
def test_voice_samples(case: dict[str, Any]) -> None:
    path, wanted, embedder = ROOT / case["path"], dict(case["sample"]), sonic.VoiceEmbedder()
    assert embedder.pipeline == VOICES["pipeline"]
    clip = sonic.decode(path, sample_rate=16_000)
    rows = embedder.embed_many([path, path.read_bytes(), clip])
    spoken = [embedder.embed_speech(source) for source in (path, path.read_bytes(), clip)]
    same_direction([embedder.embed(path), *rows], wanted.pop("embedding"))
    same_direction(spoken, wanted.pop("speech_embedding"))
    quality = sonic.voice_quality(clip)
    spans = [[span.start_ms, span.end_ms] for span in sonic.speech_spans(clip)]
    given = {name: getattr(quality, name) for name in quality.__slots__ if name != "reasons"}
    near(given | {"passes": quality.passes, "spans": spans}, wanted)


def voice_facts(match: sonic.VoiceMatch) -> dict[str, Any]:
    assert match.normalized is None
    left_out = {"normalized", "voiceprint_id"}
    return {name: getattr(match, name) for name in match.__slots__ if name not in left_out}


def test_who_is_speaking(tmp_path: Path) -> None:
    with sonic.Store(tmp_path / "s") as store:
        for case in VOICES["people"]:
            case = dict(case)
            wanted, paths = case.pop("enrolled"), case.pop("paths")
            enrolled = store.voices.enroll(case.pop("person"), [ROOT / path for path in paths], **case)
            given = {name: getattr(enrolled, name) for name in wanted if name != "user_id"}
            assert given | {"user_id": enrolled.voiceprint.user_id} == wanted
        for case in VOICES["queries"]:
            path, wanted = ROOT / case["path"], dict(case["answer"])
            matches = wanted.pop("matches")
            for source in (path, path.read_bytes(), sonic.decode(path, sample_rate=16_000)):
                answer = store.voices.identify(source, **case["options"])
                assert {name: getattr(answer, name) for name in wanted} == wanted
                assert len(answer.matches) == len(matches)
                for match, want in zip(answer.matches, matches, strict=True):
                    near(voice_facts(match), want)
        for case in VOICES["claims"]:
            found = store.voices.verify(case["person"], ROOT / case["path"], **case["options"])
            wanted = dict(case["verification"])
            near(voice_facts(found.claim), wanted.pop("claim"))
            quality = wanted.pop("quality")
            assert {name: getattr(found.quality, name) for name in quality} == quality
            assert {name: getattr(found, name) for name in wanted} == wanted


@pytest.mark.parametrize("case", cases("voice_errors.json"), ids=lambda c: c["name"])
def test_errors_of_voices(case: dict[str, Any], tmp_path: Path) -> None:
    *before, last = case["steps"]
    steps = VoiceSteps(tmp_path)
    for step in before:
        steps.run(step)
    if case["kind"] is None:
        steps.run(last)
        return
    with pytest.raises(sonic.SonicError) as caught:
        steps.run(last)
    assert caught.value.kind == case["kind"]


class VoiceSteps(Steps):
    """The calls of a case about voices, on one store."""

    @property
    def voices(self) -> sonic.Voices:
        return self.opened().voices

    def open(self, access: Any, scratch: str | None = None, path: str | None = None) -> None:
        super().open(access, scratch or "store", path)

    def embed(self, **arguments: Any) -> None:
        sonic.VoiceEmbedder().embed(self.source(arguments))

    def enroll(self, person: str, paths: list[str], **options: Any) -> None:
        self.voices.enroll(person, [ROOT / path for path in paths], **options)

    def identify(self, **arguments: Any) -> None:
        source = self.source(arguments)
        self.voices.identify(source, **arguments.pop("options", {}))

    def verify(self, person: str, **arguments: Any) -> None:
        self.voices.verify(person, self.source(arguments), **arguments.pop("options", {}))

    def people(self) -> None:
        self.voices.people()

    def forget(self, person: str) -> None:
        self.voices.forget(person)

    def forget_user(self, user_id: str) -> None:
        self.voices.forget_user(user_id)
