"""Snapshots of a store in a folder that stands for a bucket."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sonic

SECONDS = 30


def fill(store: sonic.Store, names: list[str]) -> None:
    for number, name in enumerate(names):
        store.recordings.add(clip(number, name), id=name)


def clip(number: int, name: str) -> sonic.Clip:
    random = np.random.default_rng(number + len(name))
    return sonic.Clip(random.normal(0, 0.1, 16_000 * 4).astype("float32"), 16_000)


def ids(store: sonic.Store) -> list[str]:
    return [recording.id for recording in store.recordings]


@pytest.fixture
def url(tmp_path: Path) -> str:
    (tmp_path / "bucket").mkdir()
    return f"file://{tmp_path / 'bucket'}"


def test_a_store_goes_round(tmp_path: Path, url: str) -> None:
    assert sonic.snapshots.list(url) == []
    with sonic.Store(tmp_path / "writer") as store:
        fill(store, ["one", "two"])
        seen: list[tuple[int, int | None]] = []
        pushed = sonic.snapshots.push(store, url, progress=lambda *n: seen.append(n))
        assert (pushed.published, pushed.snapshot.version, pushed.snapshot.base) == (True, 1, None)
        assert seen
        assert pushed.sent_bytes > 0
        assert not sonic.snapshots.push(store, url).published
        store.recordings.remove("one")
        assert sonic.snapshots.push(store, url).snapshot.base == 1
        assert store.stats().snapshot == 2
    pulled = sonic.snapshots.pull(tmp_path / "reader", url)
    assert (pulled.changed, pulled.snapshot.version) == (True, 2)
    assert not sonic.snapshots.pull(tmp_path / "reader", url).changed
    with sonic.Store(tmp_path / "reader", access="read_only") as store:
        assert ids(store) == ["two"]
        assert [snapshot.version for snapshot in sonic.snapshots.list(url)] == [2, 1]
        assert sonic.snapshots.rollback(url, to=1).restores == 1
        with store.follow(url, interval=0.02) as follower:
            wait_until(lambda: ids(store) == ["one", "two"])
            assert (repr(follower), store.stats().follow_error) == ("Follower()", None)
        follower.stop()
        assert repr(follower) == "Follower(stopped)"
    pruned = sonic.snapshots.prune(url, keep=1, grace=0)
    assert pruned.kept == (3,)
    assert pruned.removed_snapshots == 2


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_cannot_follow_says_why(tmp_path: Path, url: str) -> None:
    with sonic.Store(tmp_path / "store") as store, store.follow(url, interval=0.02):
        wait_until(lambda: "no snapshot" in (store.stats().follow_error or ""))
        fill(store, ["one"])
        assert ids(store) == ["one"]


def test_wrong_arguments_are_refused(tmp_path: Path, url: str) -> None:
    with sonic.Store(tmp_path / "store") as store:
        for wrong in ("bucket", "s3://key:secret@bucket/a"):
            with pytest.raises(sonic.InvalidArgumentError) as caught:
                sonic.snapshots.push(store, wrong)
            assert "secret" not in str(caught.value)
        with pytest.raises(sonic.InvalidArgumentError):
            sonic.snapshots.push(store, url, connections=0)
        with pytest.raises(sonic.InvalidArgumentError):
            sonic.snapshots.push(store, url, bytes_per_second=0)
        with pytest.raises(sonic.InvalidArgumentError):
            store.follow(url, interval=-1.0)
    with pytest.raises(sonic.NotFoundError):
        sonic.snapshots.pull(tmp_path / "reader", url)
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.snapshots.prune(url, keep=0)
    with pytest.raises(sonic.NotFoundError):
        sonic.snapshots.rollback(url)
    with pytest.raises(sonic.NotFoundError):
        sonic.snapshots.list(url, credentials=tmp_path / "missing")


def test_progress_that_raises_cancels(tmp_path: Path, url: str) -> None:
    def stop(*_: object) -> None:
        raise RuntimeError("enough")

    with sonic.Store(tmp_path / "store") as store:
        fill(store, ["one"])
        with pytest.raises(RuntimeError, match="enough"):
            sonic.snapshots.push(store, url, progress=stop)
        assert sonic.snapshots.list(url) == []


def test_one_writes_and_the_other_is_busy(tmp_path: Path, url: str) -> None:
    with sonic.snapshots.Writer(tmp_path / "one", url, term=0.5) as one:
        one.wait_until_writing()
        assert (one.is_writing, repr(one)) == (True, "Writer()")
        fill(one.store, ["first"])
        with sonic.snapshots.Writer(tmp_path / "two", url, term=0.5) as two:
            with pytest.raises(sonic.BusyError) as busy:
                fill(two.store, ["refused"])
            assert busy.value.retry_after is not None
            assert 0 < busy.value.retry_after <= 1
            with pytest.raises(sonic.BusyError):
                two.wait_until_writing(0)
            assert one.push().published
            store = one.store
            fill(store, ["second"])
            one.close()
            two.wait_until_writing(30)
            assert ids(two.store) == ["first", "second"]
            with pytest.raises(sonic.MismatchError, match="kept in a bucket"):
                fill(store, ["late"])
    with pytest.raises(sonic.ClosedError):
        _ = two.store
    two.close()
    with pytest.raises(sonic.InvalidArgumentError, match="disk"):
        sonic.snapshots.Writer(tmp_path / "one", url, durable="paper")  # type: ignore[arg-type]
