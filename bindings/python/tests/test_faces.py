"""Faces and people in a store, made by hand: no model is needed."""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars
import pytest

import sonic
from face_support import DIMENSIONS, POINTS, assets, face_of, wedding


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sonic.Store]:
    with sonic.Store(tmp_path / "faces.sonic") as store:
        yield store


def test_a_face_is_plain_and_cannot_be_changed() -> None:
    face = face_of(1, 2)
    assert face.bbox == (40.0, 30.0, 120.0, 130.0)
    assert (face.landmarks.shape, face.landmarks.dtype) == ((5, 2), np.float32)
    assert (face.embedding.shape, face.embedding.dtype) == ((DIMENSIONS,), np.float32)
    for array in (face.landmarks, face.embedding):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(AttributeError):
        face.score = 1.0  # type: ignore[misc]
    assert face == face_of(1, 2)
    assert face != face_of(1, 3)
    assert pickle.loads(pickle.dumps(face)) == face
    assert "embedding" not in repr(face)
    mine = np.ones(4)
    assert sonic.Face((0, 0, 1, 1), 0.5, POINTS, mine).quality == sonic.FaceQuality()
    mine[0] = 2  # Still the caller's.
    wrong: list[tuple[Any, ...]] = [
        ((0, 0, 1), 0.5, POINTS, [1.0]),
        ((0, 0, 1, 1), 0.5, POINTS[:4], [1.0]),
        ((0, 0, 1, 1), 0.5, POINTS, [[1.0]]),
        ((0, 0, 1, 1), 0.5, POINTS, "abc"),
    ]
    for fields in wrong:
        with pytest.raises(sonic.InvalidArgumentError):
            sonic.Face(*fields)


def test_photos_and_faces_are_kept(store: sonic.Store, tmp_path: Path) -> None:
    face = face_of(1, 2)
    added = store.faces.add_faces(
        "party", "1.jpg", [face], width=400, height=200, path="/p/1.jpg", user_id="ann", metadata={"a": [1, None]}
    )
    assert added.status == "added"
    assert (added.photo.faces, added.photo.metadata, added.photo.user_id) == (1, {"a": [1, None]}, "ann")
    assert added.photo.relative_box(face.bbox) == pytest.approx((0.1, 0.15, 0.2, 0.5))
    again = store.faces.add_faces("party", "1.jpg", [])
    assert (again.status, again.photo) == ("duplicate", added.photo)
    assert store.faces.add_faces("party", "empty.jpg", []).photo.faces == 0

    assert store.faces.photo("party", "1.jpg") == added.photo
    assert store.faces.photo("party", "2.jpg") is None
    assert [photo.photo_id for photo in store.faces.photos("party")] == ["1.jpg", "empty.jpg"]
    (row,) = store.faces.table("party")
    assert store.faces.faces_of("party", "1.jpg") == [row] == [store.faces.get(row.face_id)]
    assert (row.bbox, row.score, row.person_id) == (face.bbox, pytest.approx(0.9), None)
    assert (row.landmarks == face.landmarks).all()
    embedding = store.faces.embedding(row)
    assert embedding is not None
    assert np.abs(embedding - face.embedding).max() < 1e-6
    assert (len(store.faces), len(store.faces.photos("party")), len(store.faces.table("party"))) == (1, 2, 1)
    assert (len(store.faces.photos("none")), list(store.faces.table("none"))) == (0, [])
    (event,) = store.faces.events()
    assert (event.name, event.photos, event.faces, event.archived) == ("party", 2, 1, False)
    stats = store.faces.stats()
    assert (stats.pipeline, stats.dimensions, stats.photos) == ("custom", DIMENSIONS, 2)
    assert store.faces.thumbnail(row) is None
    assert store.faces.get(12345) is None
    assert store.check() == []


def test_a_replaced_photo_keeps_what_was_said(store: sonic.Store) -> None:
    store.faces.add_faces("party", "1.jpg", [face_of(1, 2)])
    (face,) = store.faces.table("party")
    person = store.people("party").create([face])
    replaced = store.faces.add_faces("party", "1.jpg", [face_of(1, 3), face_of(2, 4, left=300)], replace=True)
    assert (replaced.status, replaced.photo.faces) == ("replaced", 2)
    rows = store.faces.faces_of("party", "1.jpg")
    assert [row.person_id for row in rows] == [person.person_id, None]
    assert rows[0].face_id == face.face_id


def test_rows_come_in_pages(store: sonic.Store) -> None:
    for n in range(300):
        store.faces.add_faces("many", f"{n}", [face_of(n, n), face_of(n + 1, n, left=200)])
    assert [photo.photo_id for photo in store.faces.photos("many")] == [str(n) for n in range(300)]
    faces = list(store.faces.table("many"))
    assert len(faces) == 600
    assert len({face.face_id for face in faces}) == 600


@pytest.mark.parametrize(
    "change",
    [
        {"score": 2.0},
        {"score": float("nan")},
        {"bbox": (1, 2, float("inf"), 4)},
        {"bbox": (9, 2, 3, 4)},
        {"embedding": np.full(DIMENSIONS, np.nan)},
        {"embedding": np.zeros(DIMENSIONS)},
        {"embedding": []},
    ],
)
def test_faces_without_sense_are_refused(store: sonic.Store, change: dict[str, Any]) -> None:
    good = face_of(1, 2)
    fields = {name: getattr(good, name) for name in ("bbox", "score", "landmarks", "embedding")}
    with pytest.raises(sonic.InvalidArgumentError):
        store.faces.add_faces("party", "1.jpg", [good, sonic.Face(**{**fields, **change})])
    assert len(store.faces) == 0
    with pytest.raises(sonic.InvalidArgumentError, match="Face"):
        store.faces.add_faces("party", "1.jpg", [3])  # type: ignore[list-item]
    with pytest.raises(sonic.InvalidArgumentError, match="Face"):
        store.faces.add_faces("party", "1.jpg", 3)  # type: ignore[arg-type]
    with pytest.raises(sonic.InvalidArgumentError):
        store.faces.add_faces("", "1.jpg", [])


def test_models_are_not_mixed(store: sonic.Store) -> None:
    store.faces.add_faces("party", "1.jpg", [face_of(1, 2)])
    other = sonic.Face((0, 0, 9, 9), 0.9, POINTS, np.ones(DIMENSIONS), pipeline="another")
    with pytest.raises(sonic.MismatchError, match="another"):
        store.faces.add_faces("party", "2.jpg", [other])
    with pytest.raises(sonic.MismatchError):
        store.faces.search(other)
    with pytest.raises(sonic.MismatchError):
        store.faces.search(np.ones(DIMENSIONS + 1))
    with pytest.raises(sonic.InvalidArgumentError):
        store.faces.search(np.full(DIMENSIONS, np.nan))
    with pytest.raises(sonic.InvalidArgumentError):
        store.faces.search("a face")
    assert len(store.faces) == 1


def test_alike_faces_are_found(store: sonic.Store) -> None:
    assert store.faces.search(face_of(1, 2)) == []
    wedding(store)
    wedding(store, people=2, photos=2, event="party")
    found = store.faces.search(face_of(1, 7), limit=20, threshold=0.5)
    assert len(found) == 8
    assert [s.similarity for s in found] == sorted((s.similarity for s in found), reverse=True)
    assert {s.face.event for s in found} == {"wedding", "party"}
    assert len(store.faces.search(face_of(1, 7).embedding, events=["party"], limit=20, threshold=0.5)) == 2
    best = found[0].face
    assert best not in [s.face for s in store.faces.search(face_of(1, 7), exclude=[best, 3])]
    with pytest.raises(sonic.NotFoundError):
        store.faces.search(face_of(1, 7), events=["none"])


def test_people_are_found_and_stay(store: sonic.Store) -> None:
    people = store.people("wedding")
    empty = people.cluster()
    assert (empty.total_faces, empty.clusters, len(people), people.list()) == (0, (), 0, [])
    wedding(store)
    parts: list[float] = []
    report = people.cluster(progress=parts.append)
    assert (report.total_faces, report.new_clusters_created, report.unassigned_faces) == (25, 4, 1)
    assert [c.face_count for c in report.clusters] == [6, 6, 6, 6]
    assert parts[-1] == 1.0
    assert report.elapsed_ms > 0
    assert len(people) == 4
    assert [p.status for p in people] == ["pending"] * 4
    assert [f.photo_id for f in people.unassigned()] == ["stranger.jpg"]
    first = people.list()[0]
    assert {f.photo_id for f in people.faces_of(first)} == {f"{n}.jpg" for n in range(6)}
    assert people.get(first) == first == people.get(first.person_id)

    again = people.cluster()
    assert (again.preserved_clusters, again.new_clusters_created, again.removed_clusters) == (4, 0, 0)
    assert [p.person_id for p in people] == [c.person_id for c in report.clusters]
    dbscan = people.cluster(preset="dbscan", single_quality=False)
    assert (dbscan.preserved_clusters, dbscan.new_clusters_created) == (4, 0)


def test_corrections_survive_clustering(store: sonic.Store) -> None:
    wedding(store)
    people = store.people("wedding")
    people.cluster()
    ann, bob, eve, sue = people.list()
    assert people.link(ann, "ann").status == "linked"
    assert people.rename(ann.person_id, "Ann").name == "Ann"
    assert people.rename(ann, None).name is None
    assert people.invite(bob, "bob@example.org").invitation_email == "bob@example.org"
    assert people.ignore(eve).status == "ignored"
    assert people.unignore(eve).status == "pending"
    face = people.faces_of(sue)[2]
    assert people.pin_representative(sue, face).representative_face_id == face.face_id
    assert people.pin_representative(sue, None).pinned is False
    new = people.split(sue, people.faces_of(sue)[:2])
    assert (new.faces, new.not_same) == (2, (sue.person_id,))
    with pytest.raises(sonic.MismatchError):
        people.merge(new, sue)
    people.maybe_same(new, sue)
    merged = people.merge(new, sue)
    assert (merged.person.faces, merged.unassigned) == (6, ())
    gone = people.get(new)
    assert gone is not None
    assert (gone.status, gone.merged_into) == ("merged", sue.person_id)
    with pytest.raises(sonic.InvalidArgumentError, match="merged"):
        people.link(new, "sue")
    stray = people.faces_of(bob)[0]
    unassigned = people.unassign(stray)
    assert unassigned is not None
    assert unassigned.faces == 5
    assert people.unassign(stray) is None
    people.not_same(ann, bob)
    for _ in range(3):
        people.cluster()
    by_id = {p.person_id: p for p in people}
    assert by_id[ann.person_id].user_id == "ann"
    assert by_id[bob.person_id].status == "invited"
    assert by_id[sue.person_id].faces == 6
    row = store.faces.get(stray)
    assert row is not None
    assert row.person_id != bob.person_id
    assert people.assign(stray, bob).faces == 6
    assert people.not_person(stray, bob).faces == 5
    assert [tag.photo_id for tag in people.tags()] == [f"{n}.jpg" for n in range(6)]
    assert store.faces.tags_of_user("ann") == people.tags()
    assert store.check() == []


def test_two_faces_of_a_photo_are_two_people(store: sonic.Store) -> None:
    for photo in range(4):
        store.faces.add_faces("twins", f"{photo}", [face_of(1, photo), face_of(1, 50 + photo, left=300)])
    people = store.people("twins")
    people.cluster()
    for person in people:
        photos = [face.photo_id for face in people.faces_of(person)]
        assert len(photos) == len(set(photos))


def test_what_is_forgotten_is_gone(store: sonic.Store) -> None:
    wedding(store)
    wedding(store, people=2, event="party")
    for event in ("wedding", "party"):
        store.people(event).cluster()
        store.people(event).link(store.people(event).list()[0], "ann")
    forgotten_faces = store.people("party").forget_user("ann")
    assert (forgotten_faces.faces, forgotten_faces.people, forgotten_faces.tags) == (6, 1, 6)
    forgotten = store.forget("ann")
    assert forgotten.faces.faces == 6
    assert forgotten.voices.recordings == 0
    assert store.faces.tags_of_user("ann") == []
    person = store.people("wedding").list()[0]
    assert store.people("wedding").forget_person(person).faces == 6
    assert store.faces.remove_photo("wedding", "0.jpg").photo_id == "0.jpg"
    with pytest.raises(sonic.NotFoundError):
        store.faces.remove_photo("wedding", "0.jpg")
    assert store.faces.remove_event("wedding").photos == 6
    assert store.faces.remove_event("wedding") == sonic.ForgottenFaces(0, 0, 0, 0)
    assert store.faces.event("wedding") is None
    assert store.people("party").remove().photos == 7
    assert len(store.faces) == 0
    assert store.check() == []


def test_an_archived_event_has_no_embeddings(store: sonic.Store) -> None:
    wedding(store)
    people = store.people("wedding")
    people.cluster()
    assert people.archive().embeddings == 25
    assert store.faces.archive("wedding").embeddings == 0
    event = store.faces.event("wedding")
    assert event is not None
    assert event.archived
    face = next(iter(store.faces.table("wedding")))
    assert (store.faces.embedding(face), face.embedding_dimensions) == (None, 0)
    assert len(people) == 4
    assert store.faces.search(face_of(1, 7)) == []
    assert people.cluster().new_clusters_created == 0
    with pytest.raises(sonic.InvalidArgumentError, match="archived"):
        store.faces.add_faces("wedding", "late.jpg", [])
    with pytest.raises(sonic.NotFoundError):
        store.faces.archive("none")


def test_wrong_words_and_ids(store: sonic.Store) -> None:
    wedding(store)
    people = store.people("wedding")
    for options, part in [
        ({"preset": "x"}, "dbscan"),
        ({"mode": "x"}, "incremental"),
        ({"method": "kmeans"}, "dbscan"),
        ({"assign_to": "x"}, "representative"),
        ({"assign_similarity": 2.0}, "assign_similarity"),
        ({"min_cluster_size": 1}, "min_cluster_size"),
        ({"gather_similarity": "x"}, "False"),
        ({"gather_similarity": True}, "False"),
        ({"progress": 1}, "callable"),
        ({"epsilon": -1.0}, "epsilon"),
    ]:
        with pytest.raises(sonic.InvalidArgumentError, match=part):
            people.cluster(**options)  # type: ignore[arg-type]
    with pytest.raises(sonic.NotFoundError):
        people.link(77, "ann")
    with pytest.raises(sonic.InvalidArgumentError):
        people.link("77", "ann")  # type: ignore[arg-type]
    with pytest.raises(sonic.NotFoundError):
        people.create([77])
    with pytest.raises(sonic.InvalidArgumentError):
        people.create([])
    with pytest.raises(sonic.InvalidArgumentError):
        store.people(3)  # type: ignore[arg-type]


def test_a_callback_can_end_a_clustering(store: sonic.Store) -> None:
    random = np.random.default_rng(0)
    faces = [sonic.Face((0, 0, 9, 9), 0.9, POINTS, random.standard_normal(DIMENSIONS)) for _ in range(1500)]
    for start in range(0, 1500, 50):
        store.faces.add_faces("crowd", f"group {start}", faces[start : start + 50])

    def refuse(part: float) -> None:
        raise KeyError(part)

    with pytest.raises(KeyError):
        store.people("crowd").cluster(progress=refuse)
    assert len(store.people("crowd")) == 0


def test_tables(store: sonic.Store) -> None:
    wedding(store)
    store.people("wedding").cluster()
    faces = store.faces.table()
    assert [row.face_id for row in faces] == [row.face_id for row in store.faces.table("wedding")]
    frame = polars.DataFrame(faces)
    assert (len(faces), len(frame)) == (25, 25)
    assert frame["embedding"].to_list()[0] == pytest.approx(face_of(0, 0).embedding.tolist(), abs=1e-6)
    of_event, of_all = store.people("wedding").table(), store.faces.people().table()
    for people in (of_event, of_all):
        assert len(polars.DataFrame(people)) == 4
        found = duckdb.sql("SELECT count(*), min(faces), min(event) FROM people").fetchall()
        assert found == [(4, 6, "wedding")]
    assert repr(of_event) == 'PeopleTable(of "wedding")'
    assert len(polars.DataFrame(store.people("none").table())) == 0
    first = polars.DataFrame(of_event).row(0, named=True)
    person = store.people("wedding").list()[0]
    assert {name: first[name] for name in ("person_id", "label", "status")} == {
        "person_id": person.person_id,
        "label": person.label,
        "status": person.status,
    }
    assert (len(store.faces.table("none")), list(store.faces.table("none"))) == (0, [])


def test_a_report_is_a_page(store: sonic.Store) -> None:
    with pytest.raises(sonic.NotFoundError):
        store.people("wedding").report()
    wedding(store)
    people = store.people("wedding")
    people.cluster()
    people.rename(people.list()[0], "<Ann & Bob>")
    page = people.report(date="a sunny day")
    assert page.startswith("<!DOCTYPE html>") or page.startswith("<!doctype html>")
    assert "&lt;Ann &amp; Bob&gt;" in page
    assert "a sunny day" in page
    with pytest.raises(sonic.InvalidArgumentError):
        people.report(max_faces=0)


def test_a_closed_store_says_so(store: sonic.Store) -> None:
    faces, people = store.faces, store.people("wedding")
    store.close()
    for call in (
        faces.events,
        faces.stats,
        faces.table,
        people.list,
        people.cluster,
        lambda: faces.photos("wedding"),
        lambda: len(people),
        lambda: faces.add_faces("a", "b", []),
    ):
        with pytest.raises(sonic.ClosedError):
            call()


def test_another_process_sees_what_was_committed(store: sonic.Store) -> None:
    wedding(store)
    store.people("wedding").cluster()
    code = f"import sonic; print(len(sonic.Store({str(store.path)!r}, access='read_only').people('wedding')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "4"


def test_people_of_real_faces(store: sonic.Store) -> None:
    """The reference's embeddings of ten people with six photos each: everybody is found, without a mistake."""
    folder = assets() / "ref"
    images = json.loads((folder / "reference.json").read_text())["images"]
    embeddings = np.load(folder / "embeddings.npz")["w600k_mbf_dequant_fp32"]
    names = sorted(name for name in images if name.startswith("people/"))
    for name in names:
        found = [
            sonic.Face(f["bbox"], f["score"], f["kps"], embeddings[f["emb"]], pipeline="w600k_mbf")
            for f in images[name]["det_500m"]
        ]
        width, height = images[name]["wh"]
        store.faces.add_faces("people", name, found[:1], width=width, height=height)
    people = store.people("people")
    people.cluster()
    who = [{face.photo_id.split("/")[1] for face in people.faces_of(person)} for person in people]
    assert sorted(map(len, who)) == [1] * 10
    assert len(set.union(*who)) == 10
    assert [person.faces for person in people] == [6] * 10
