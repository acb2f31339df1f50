"""One store: what is added is found, listed, removed."""

import copy
import dataclasses
import io
import pickle
from pathlib import Path

import numpy as np
import pytest

import sonic
from conftest import IDS, MEDIA, QUERIES


def test_a_clip_is_found_however_it_is_given(store: sonic.Store, waltz: Path) -> None:
    answer = store.identify(waltz)
    assert answer
    assert answer.decision == "match"
    best = answer.best
    assert best is not None
    assert (best.id, best.offset_ms, best.probability) == ("lantern-waltz", 31347, 1.0)
    assert set(answer.elapsed_ms) == {"decode", "fingerprint", "search"}
    clip = sonic.decode(waltz)
    data = waltz.read_bytes()
    sources = [str(waltz), data, io.BytesIO(data), clip, sonic.fingerprint(clip), sonic.fingerprint(data)]
    assert all(store.identify(source) == answer for source in sources)


def test_an_answer_is_a_sequence_that_is_true_when_sure(store: sonic.Store) -> None:
    stitched = store.identify(QUERIES / "stitched.opus")
    assert [m.id for m in stitched] == [m.id for m in stitched.matches]
    assert (len(stitched), stitched[0]) == (len(stitched.matches), stitched.best)
    unknown = store.identify(MEDIA.parent / "outside/il-caffe.opus")
    assert not unknown
    assert unknown.decision == "unknown"
    nothing = store.identify(sonic.Clip(np.zeros(8000, np.float32), 8000))
    assert (bool(nothing), nothing.best, list(nothing)) == (False, None, [])


def test_options_are_followed(store: sonic.Store, waltz: Path) -> None:
    assert [m.id for m in store.identify(waltz, limit=0)] == ["lantern-waltz"]
    assert not store.identify(waltz, exclude=["lantern-waltz"])
    assert store.identify(waltz, exclude=iter(["brot", "no such id"]), threads=2)
    for options in ({"limit": -1}, {"limit": "5"}, {"threads": 1.5}, {"exclude": "brot"}, {"exclude": [5]}):
        with pytest.raises(sonic.InvalidArgumentError):
            store.identify(waltz, **options)
    with pytest.raises(TypeError):
        store.identify(waltz, 5)


def test_adding_says_what_became_of_it(tmp_path: Path) -> None:
    source = MEDIA / "brot.opus"
    with sonic.Store(tmp_path / "s") as store:
        added = store.add(source, title="Brot", user_id="u", mode="m", metadata={"season": 2, "tags": ["a"]})
        assert (added.status, added.id) == ("added", "brot")
        row = added.recording
        assert (row.title, row.user_id, row.mode) == ("Brot", "u", "m")
        assert (row.source, row.codec, row.sample_rate) == (str(source), "opus", 48000)
        assert row.metadata == {"season": 2, "tags": ["a"]}
        assert store.recordings.get("brot") == row
        again = store.add(source.read_bytes(), id="other")
        assert (again.status, again.id, again.recording) == ("duplicate", "brot", row)
        assert store.recordings.get("other") is None
        with pytest.raises(sonic.MismatchError, match="brot"):
            store.add(QUERIES / "stitched.opus", id="brot")
        assert len(store.recordings) == 1


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, sonic.InvalidArgumentError),
        ({"id": ""}, sonic.InvalidArgumentError),
        ({"id": "x" * 501}, sonic.InvalidArgumentError),
        ({"id": 5}, sonic.InvalidArgumentError),
        ({"id": "a\0b"}, sonic.InvalidArgumentError),
        ({"id": "a", "metadata": object()}, sonic.InvalidArgumentError),
        ({"id": "a", "metadata": float("nan")}, sonic.InvalidArgumentError),
    ],
)
def test_bad_options_of_add(store: sonic.Store, options: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        store.add(QUERIES.joinpath("stitched.opus").read_bytes(), **options)
    assert len(store.recordings) == len(IDS)


def test_a_clip_and_a_fingerprint_can_be_added(tmp_path: Path, waltz: Path) -> None:
    with sonic.Store(tmp_path / "s") as store:
        clip = sonic.decode(waltz)
        fingerprint = sonic.fingerprint(clip)
        assert store.add(clip, id="clip").recording.landmarks == len(fingerprint)
        store.add(fingerprint, id="fingerprint", source_name="radio")
        assert np.array_equal(store.recordings.landmarks("clip"), fingerprint.landmarks)
        row = store.recordings.get("fingerprint")
        assert row is not None
        assert (row.source, row.source_hash) == ("radio", None)
        with pytest.raises(sonic.MismatchError):
            store.add(clip, id="clip")


def test_recordings_are_listed_counted_and_removed(store: sonic.Store, waltz: Path) -> None:
    recordings = store.recordings
    assert [r.id for r in recordings] == IDS
    assert [r.id for r in recordings] == IDS  # It can be iterated again.
    assert len(recordings) == len(recordings.table()) == store.stats().recordings == 4
    assert "brot" in recordings
    assert recordings
    before = store.recordings.get("lantern-waltz")
    assert store.recordings.remove("lantern-waltz") == before
    assert "lantern-waltz" not in recordings
    assert not store.identify(waltz)
    with pytest.raises(sonic.NotFoundError, match="lantern-waltz"):
        store.recordings.remove("lantern-waltz")
    with pytest.raises(LookupError):
        store.recordings.landmarks("lantern-waltz")
    store.compact()
    assert store.check() == []
    assert [r.id for r in store.recordings] == [name for name in IDS if name != "lantern-waltz"]


def test_what_is_whole_of_a_store_is_saved(store: sonic.Store, tmp_path: Path) -> None:
    counts: list[int] = []
    saved = sonic.Store.salvage(store.path, tmp_path / "saved", progress=lambda rows, _: counts.append(rows))
    assert (saved.recordings, saved.damaged_rows, saved.damaged_pages) == (len(store.recordings), 0, 0)
    assert counts
    assert not saved.may_lack_last_change
    with sonic.Store(tmp_path / "saved") as copy:
        assert copy.check() == []
        assert list(copy.recordings) == list(store.recordings)
    with pytest.raises(sonic.InvalidArgumentError, match="not empty"):
        sonic.Store.salvage(store.path, tmp_path / "saved")
    with pytest.raises(ZeroDivisionError):
        sonic.Store.salvage(store.path, tmp_path / "other", progress=lambda *_: 1 / 0)
    assert not (tmp_path / "other").exists()


def test_recordings_come_in_pages(store: sonic.Store) -> None:
    first = store.recordings.page(limit=3)
    assert [r.id for r in first.recordings] == IDS[:3]
    assert first.next is not None
    rest = store.recordings.page(first.next)
    assert ([r.id for r in rest.recordings], rest.next) == (IDS[3:], None)


def test_the_store_has_shorthands_for_its_recordings(store: sonic.Store, waltz: Path) -> None:
    added = store.recordings.add(waltz, id="waltz")
    assert store.add(waltz).recording == added.recording
    assert store.recordings.identify(waltz) == store.identify(waltz)
    assert [f.status for f in store.recordings.add_many([waltz])] == ["duplicate"]


def test_results_are_plain(store: sonic.Store, waltz: Path) -> None:
    """Named, compared by their fields, copied and pickled, and never changed."""
    for result in (store.identify(waltz), store.recordings.get("brot"), store.stats()):
        assert pickle.loads(pickle.dumps(result)) == result == copy.copy(result)
        assert repr(result).startswith(f"{type(result).__name__}(")
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(result, next(iter(result.__slots__)), 0)


def test_a_store_stays_when_it_is_opened_again(tmp_path: Path, fingerprints: dict[str, sonic.Fingerprint]) -> None:
    path = tmp_path / "s"
    with pytest.raises(FileNotFoundError):
        sonic.Store(path, access="read_only")
    with sonic.Store(path) as store:
        store.add(fingerprints["brot"], id="brot")
        assert store.path == path
    with sonic.Store(str(path), access="read_only") as reader:
        assert [r.id for r in reader.recordings] == ["brot"]
        with pytest.raises(sonic.InvalidArgumentError, match="read-only"):
            reader.add(fingerprints["brot"], id="again")


def test_access_belongs_to_the_handle(tmp_path: Path, fingerprints: dict[str, sonic.Fingerprint]) -> None:
    path = tmp_path / "s"
    sonic.Store(path).close()
    with sonic.Store(path, access="read_only") as reader, sonic.Store(path, verify="full") as writer:
        writer.add(fingerprints["brot"], id="brot")
        assert "brot" in reader.recordings
        with pytest.raises(sonic.InvalidArgumentError, match="read-only"):
            reader.recordings.remove("brot")
        assert reader.recordings.id_of_source("00") is None


@pytest.mark.parametrize(
    "options", [{"access": "rw"}, {"access": 1}, {"map_size": -1}, {"map_size": "big"}, {"verify": "x"}]
)
def test_bad_options_of_a_store(tmp_path: Path, options: dict[str, object]) -> None:
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.Store(tmp_path / "s", **options)


@pytest.mark.parametrize("path", [None, 5, b"\xff\x00", ["a"]])
def test_bad_paths_of_a_store(path: object) -> None:
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.Store(path)


def test_a_file_is_no_store(waltz: Path) -> None:
    with pytest.raises(ValueError, match="file"):
        sonic.Store(waltz)


def test_a_closed_store_says_so(tmp_path: Path, waltz: Path) -> None:
    store = sonic.Store(tmp_path / "s")
    recordings, table = store.recordings, store.recordings.table()
    store.close()
    store.close()
    calls = [
        lambda: store.identify(waltz),
        lambda: store.add(waltz),
        lambda: list(store.add_many([waltz])),
        lambda: store.recordings.get("a"),
        lambda: store.recordings.table(),
        lambda: store.recordings.page(),
        lambda: list(table),
        lambda: len(table),
        lambda: list(recordings),
        lambda: len(recordings),
        lambda: store.recordings.landmarks("a"),
        lambda: store.recordings.remove("a"),
        lambda: store.stats(),
        lambda: store.compact(),
        lambda: store.check(),
        lambda: "a" in recordings,
    ]
    for call in calls:
        with pytest.raises(sonic.ClosedError, match="open it again"):
            call()
    with store as same:  # As with files, entering does not open it again.
        assert same is store


def test_a_fingerprint_shows_its_landmarks(waltz: Path) -> None:
    fingerprint = sonic.fingerprint(waltz)
    landmarks = fingerprint.landmarks
    assert (landmarks.dtype, landmarks.shape) == (np.uint32, (len(fingerprint), 3))
    assert (np.diff(landmarks[:, 0].astype(int)) >= 0).all()
    assert repr(fingerprint) == f"Fingerprint({len(fingerprint)} landmarks, 9.000 s)"
    bare = sonic.fingerprint(waltz, texture=False)
    assert np.array_equal(bare.landmarks, landmarks)
    assert bare != fingerprint


def test_a_fingerprint_for_indexing_cannot_query(store: sonic.Store, waltz: Path) -> None:
    with pytest.raises(sonic.InvalidArgumentError, match="texture"):
        store.identify(sonic.fingerprint(waltz, texture=False))


def test_a_stream_has_the_fingerprint_of_the_whole(waltz: Path) -> None:
    clip = sonic.decode(waltz, sample_rate=sonic.Fingerprinter.SAMPLE_RATE)
    fingerprinter = sonic.Fingerprinter()
    for start in range(0, len(clip), 1000):
        fingerprinter.push(clip.samples[start : start + 1000])
    assert fingerprinter.finish() == sonic.fingerprint(clip)
    for call in (fingerprinter.finish, lambda: fingerprinter.push(clip.samples)):
        with pytest.raises(sonic.ClosedError):
            call()


def test_samples_must_be_finite() -> None:
    clip = sonic.Clip(np.array([0, np.nan], np.float32), 8000)
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.fingerprint(clip)
