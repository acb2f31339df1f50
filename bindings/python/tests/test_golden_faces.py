"""Pictures, clusters, faces and people: the files of tests/golden, whose README says how to read them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sonic
from conftest import ROOT
from test_golden import GOLDEN, Steps, cases


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
    if not rows:  # An estimator has nothing to learn of that; scikit-learn wants it to say so.
        with pytest.raises(sonic.InvalidArgumentError, match="0 sample"):
            sonic.HDBSCAN(**hdbscan_options(options)).fit(table(rows))
    elif options.get("method") != "dbscan":
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


def photo_facts(photo: sonic.Photo) -> dict[str, Any]:
    return facts(photo, "path", "source_hash", "created_at_ms", "metadata")


def face_facts(row: sonic.StoredFace) -> dict[str, Any]:
    arrays = {"bbox": list(row.bbox), "landmarks": row.landmarks.tolist(), "quality": facts(row.quality)}
    return facts(row, "event") | arrays


def person_facts(person: sonic.Person) -> dict[str, Any]:
    left_out = ("event", "invited_at_ms", "created_at_ms", "updated_at_ms")
    return facts(person, *left_out) | {"not_same": list(person.not_same)}


def report_facts(report: sonic.ClusterReport) -> dict[str, Any]:
    return facts(report, "elapsed_ms") | {"clusters": [facts(one) for one in report.clusters]}


def facts(row: Any, *left_out: str) -> dict[str, Any]:
    """The fields of a result by their names."""
    return {name: getattr(row, name) for name in row.__slots__ if name not in left_out}


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

    def unassigned(self, event: str) -> Any:
        return [row.face_id for row in self.opened().people(event).unassigned()]

    def tags(self, event: str) -> Any:
        tags = self.opened().people(event).tags()
        return [facts(tag, "event") | {"bbox": list(tag.bbox)} for tag in tags]

    def search(self, pipeline: str, embedding: list[float | str], options: dict[str, Any]) -> Any:
        found = self.faces.search(face({"embedding": embedding}, pipeline), **options)
        return [{"face_id": one.face.face_id, "similarity": one.similarity} for one in found]

    def embedding(self, face: int) -> Any:
        vector = self.faces.embedding(face)
        assert vector is not None
        return vector.tolist()

    def events(self) -> Any:
        return [facts(event, "created_at_ms") for event in self.faces.events()]

    def stats(self) -> Any:
        return facts(self.faces.stats())

    def archive(self, event: str) -> Any:
        return facts(self.opened().people(event).archive())

    def remove_event(self, event: str) -> Any:
        return facts(self.opened().people(event).remove())

    def forget_person(self, event: str, person: int) -> Any:
        return facts(self.opened().people(event).forget_person(person))

    def forget_user(self, event: str | None = None, *, user_id: str) -> Any:
        of = self.faces if event is None else self.opened().people(event)
        return facts(of.forget_user(user_id))

    def unassign(self, event: str, face: int) -> None:
        self.opened().people(event).unassign(face)

    def not_same(self, event: str, person: int, other: int) -> None:
        self.opened().people(event).not_same(person, other)

    def maybe_same(self, event: str, person: int, other: int) -> None:
        self.opened().people(event).maybe_same(person, other)

    def merge(self, event: str, person: int, into: int) -> Any:
        merged = self.opened().people(event).merge(person, into)
        return {"unassigned": list(merged.unassigned), "person": person_facts(merged.person)}

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
