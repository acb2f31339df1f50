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
FLOATS = ("score", "probability", "time_scale", "pitch_semitones")


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
        assert [shown(m) for m in answer] == [rounded(m) for m in query["answer"]["matches"]]
    assert store.identify(path, **options).truncated == query["answer"]["truncated"]


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


@pytest.mark.parametrize("case", VOICES["recordings"], ids=lambda c: Path(c["path"]).name)
def test_what_is_heard(case: dict[str, Any]) -> None:
    path, wanted, embedder = ROOT / case["path"], dict(case["heard"]), sonic.VoiceEmbedder()
    assert embedder.pipeline == VOICES["pipeline"]
    clip = sonic.decode(path, sample_rate=16_000)
    embedding = np.array(wanted.pop("embedding"), np.float32)
    rows = embedder.embed_many([path, path.read_bytes(), clip])
    for made in (embedder.embed(path), *rows):
        assert np.array_equal(made, rows[0])
        assert made.shape == embedding.shape
        assert np.abs(made - embedding).max() <= 1e-5
        assert abs(1 - float(made @ embedding)) <= 1e-5
    quality = sonic.voice_quality(clip)
    spans = [[span.start_ms, span.end_ms] for span in sonic.speech_spans(clip)]
    given = {name: getattr(quality, name) for name in quality.__slots__ if name != "reasons"}
    near(given | {"is_good": quality.passes, "spans": spans}, wanted)


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


def alike(given: Any, wanted: Any, where: str = "answer") -> None:
    """Numbers that are not whole within a millionth, all else exactly."""
    if isinstance(wanted, dict):
        assert given.keys() == wanted.keys(), where
        for key, want in wanted.items():
            alike(given[key], want, f"{where}.{key}")
    elif isinstance(wanted, list):
        assert len(given) == len(wanted), where
        for place, (one, want) in enumerate(zip(given, wanted, strict=True)):
            alike(one, want, f"{where}[{place}]")
    elif isinstance(wanted, float):
        assert abs(given - wanted) <= 1e-6, where
    else:
        assert given == wanted, where


@pytest.mark.parametrize("case", cases("pictures.json"), ids=lambda c: Path(c["path"]).name)
def test_pictures(case: dict[str, Any]) -> None:
    path = ROOT / case["path"]
    for source in (path, path.read_bytes()):
        pixels = sonic.decode_image(source)
        height, width, _ = pixels.shape
        wanted = dict(case["image"])
        del wanted["truncated"]  # Not shown here.
        hashed = hashlib.sha256(pixels.tobytes()).hexdigest()
        assert wanted == {"width": width, "height": height, "sha256": hashed}


CLUSTER_OPTIONS = {"selection": "cluster_selection_method", "epsilon": "cluster_selection_epsilon"}


def table(rows: list[list[float | str]]) -> np.ndarray[Any, Any]:
    return np.array([[float(x) for x in row] for row in rows], np.float32).reshape(len(rows), -1 if rows else 2)


def hdbscan_options(options: dict[str, Any]) -> dict[str, Any]:
    return {CLUSTER_OPTIONS.get(key, key): value for key, value in options.items()}


def cluster_rows(rows: list[list[float | str]], options: dict[str, Any]) -> np.ndarray[Any, Any]:
    given = options if options.get("method") == "dbscan" else hdbscan_options(options)
    return sonic.cluster(table(rows), **given)


@pytest.mark.parametrize("case", cases("clusters.json"), ids=lambda c: c["name"])
def test_clusters(case: dict[str, Any]) -> None:
    rows, options, wanted = case["rows"], case["options"], case["answer"]
    labels = cluster_rows(rows, options)
    assert labels.tolist() == wanted["labels"]
    if options.get("method") != "dbscan":
        found = sonic.HDBSCAN(**hdbscan_options(options)).fit(table(rows))
        scores = {"probabilities": found.probabilities_, "outlier_scores": found.outlier_scores_}
        alike({"labels": found.labels_.tolist()} | {key: x.tolist() for key, x in scores.items()}, wanted)


def face(row: dict[str, Any], pipeline: str) -> sonic.Face:
    """A face of a step, with what the README says of what it leaves out."""
    landmarks = [[15, 20], [25, 20], [20, 27], [16, 33], [24, 33]]
    return sonic.Face(
        bbox=tuple(float(x) for x in row.get("bbox", [10, 10, 30, 40])),  # type: ignore[arg-type]
        score=row.get("score", 0.9),
        landmarks=row.get("landmarks", landmarks),
        embedding=np.array([float(x) for x in row["embedding"]], np.float32),
        quality=sonic.FaceQuality(**row.get("quality", {})),
        pipeline=pipeline,
    )


def quality_facts(quality: sonic.FaceQuality) -> dict[str, float]:
    return {name: getattr(quality, name) for name in quality.__slots__}


def photo_facts(photo: sonic.Photo) -> dict[str, Any]:
    names = ("photo_id", "event", "width", "height", "user_id", "faces")
    return {name: getattr(photo, name) for name in names}


def face_facts(row: sonic.StoredFace) -> dict[str, Any]:
    return {
        "id": row.face_id,
        "person": row.person_id,
        "photo_id": row.photo_id,
        "confirmed": row.confirmed,
        "score": row.score,
        "bbox": list(row.bbox),
        "landmarks": row.landmarks.tolist(),
        "quality": quality_facts(row.quality),
        "dimensions": row.embedding_dimensions,
    }


def person_facts(person: sonic.Person) -> dict[str, Any]:
    left_out = {"person_id", "event", "invited_at_ms", "created_at_ms", "updated_at_ms"}
    facts = {name: getattr(person, name) for name in person.__slots__ if name not in left_out}
    facts["representative"] = facts.pop("representative_face_id")
    return facts | {"id": person.person_id, "not_same": list(person.not_same)}


def report_facts(report: sonic.ClusterReport) -> dict[str, Any]:
    left_out = {"elapsed_ms", "clusters"}
    facts = {name: getattr(report, name) for name in report.__slots__ if name not in left_out}
    clusters = [
        {
            "person": one.person_id,
            "label": one.label,
            "faces": one.face_count,
            "representative": one.representative_face_id,
            "avg_quality": one.avg_quality,
            "is_new": one.is_new,
        }
        for one in report.clusters
    ]
    return facts | {"noise_faces": facts.pop("unassigned_faces"), "clusters": clusters}


def purged_facts(purged: sonic.ForgottenFaces) -> dict[str, int]:
    return slots(purged)


def slots(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


class FaceSteps(Steps):
    """The calls of a case about pictures, faces and people, on one store. Each gives its answer."""

    def run(self, step: dict[str, Any]) -> Any:
        arguments = dict(step)
        arguments.pop("answer", None)
        event = arguments.pop("event", None)
        call = arguments.pop("call")
        own = getattr(self, call, None)
        if own is not None:
            return own(event, **arguments) if event is not None else own(**arguments)
        # The rest are decisions about a person, named as in Python.
        first = [arguments.pop("person")] if "person" in arguments else []
        person = getattr(self.opened().people(event), call)(*first, *arguments.values())
        return person_facts(person)

    @property
    def faces(self) -> sonic.Faces:
        return self.opened().faces

    def open(self, access: Any, scratch: str | None = None, path: str | None = None) -> None:
        if self.store is not None:
            self.store.close()
        super().open(access, scratch or "store", path)

    def decode_image(self, **arguments: Any) -> None:
        sonic.decode_image(self.source(arguments))

    def analyzer(self, detector: str) -> None:
        sonic.FaceAnalyzer(detector=detector)

    def cluster_rows(self, rows: list[list[float | str]], options: dict[str, Any]) -> None:
        cluster_rows(rows, options)

    def add_photo(self, event: str, photo_id: str, pipeline: str, faces: list[Any], **options: Any) -> Any:
        added = self.faces.add_faces(event, photo_id, [face(row, pipeline) for row in faces], **options)
        is_new = added.status == "added"
        return {"is_new": is_new, "photo_id": added.photo.photo_id, "faces": added.photo.faces}

    def photo(self, event: str, photo_id: str) -> Any:
        photo = self.faces.photo(event, photo_id)
        assert photo is not None
        return photo_facts(photo)

    def photo_faces(self, event: str, photo_id: str) -> Any:
        return [face_facts(row) for row in self.faces.faces_of(event, photo_id)]

    def remove_photo(self, event: str, photo_id: str) -> Any:
        return photo_facts(self.faces.remove_photo(event, photo_id))

    def cluster(self, event: str, options: dict[str, Any] | None = None) -> Any:
        return report_facts(self.opened().people(event).cluster(**options or {}))

    def people(self, event: str) -> Any:
        return [person_facts(person) for person in self.opened().people(event).list()]

    def faces_of(self, event: str, person: int) -> Any:
        return [row.face_id for row in self.opened().people(event).faces_of(person)]

    def noise(self, event: str) -> Any:
        return [row.face_id for row in self.opened().people(event).unassigned()]

    def tags(self, event: str) -> Any:
        return [
            {
                "photo_id": tag.photo_id,
                "user_id": tag.user_id,
                "person": tag.person_id,
                "face": tag.face_id,
                "bbox": list(tag.bbox),
            }
            for tag in self.opened().people(event).tags()
        ]

    def search(self, pipeline: str, embedding: list[float | str], options: dict[str, Any]) -> Any:
        found = self.faces.search(face({"embedding": embedding}, pipeline), **options)
        return [{"id": one.face.face_id, "similarity": one.similarity} for one in found]

    def embedding(self, face: int) -> Any:
        vector = self.faces.embedding(face)
        assert vector is not None
        return vector.tolist()

    def events(self) -> Any:
        facts = [slots(event) for event in self.faces.events()]
        return [{"event": row.pop("name"), **row} for row in facts if row.pop("created_at_ms")]

    def stats(self) -> Any:
        return slots(self.faces.stats())

    def archive(self, event: str) -> Any:
        return slots(self.opened().people(event).archive())

    def purge_event(self, event: str) -> Any:
        return purged_facts(self.opened().people(event).remove())

    def purge_person(self, event: str, person: int) -> Any:
        return purged_facts(self.opened().people(event).forget_person(person))

    def purge_user(self, event: str | None = None, *, user_id: str) -> Any:
        of = self.faces if event is None else self.opened().people(event)
        return purged_facts(of.forget_user(user_id))

    def unassign(self, event: str, face: int) -> None:
        self.opened().people(event).unassign(face)

    def not_same(self, event: str, person: int, other: int) -> None:
        self.opened().people(event).not_same(person, other)

    def maybe_same(self, event: str, person: int, other: int) -> None:
        self.opened().people(event).maybe_same(person, other)

    def merge(self, event: str, person: int, into: int) -> Any:
        merged = self.opened().people(event).merge(person, into)
        return {"left_out": len(merged.unassigned), "person": person_facts(merged.person)}

    def assign(self, event: str, face: int, person: int) -> Any:
        return person_facts(self.opened().people(event).assign(face, person))

    def not_person(self, event: str, face: int, person: int) -> Any:
        return person_facts(self.opened().people(event).not_person(face, person))

    def pin_representative(self, event: str, person: int, face: int) -> Any:
        return person_facts(self.opened().people(event).pin_representative(person, face))

    def split(self, event: str, person: int, faces: list[int]) -> Any:
        return person_facts(self.opened().people(event).split(person, faces))


def test_faces(tmp_path: Path) -> None:
    steps = FaceSteps(tmp_path)
    steps.open("create")
    for step in json.loads((GOLDEN / "faces.json").read_text())["steps"]:
        alike(steps.run(step), step["answer"], step["call"])
    assert steps.opened().check() == []
    steps.close()


@pytest.mark.parametrize("case", cases("face_errors.json"), ids=lambda c: c["name"])
def test_errors_of_faces(case: dict[str, Any], tmp_path: Path) -> None:
    *before, last = case["steps"]
    steps = FaceSteps(tmp_path)
    for step in before:
        steps.run(step)
    if case["kind"] is None:
        steps.run(last)
        return
    with pytest.raises(sonic.SonicError) as caught:
        steps.run(last)
    assert caught.value.kind == case["kind"]
