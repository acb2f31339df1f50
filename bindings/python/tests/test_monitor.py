"""What plays on a stream, and queries that come piece by piece."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import sonic
import sonic.live

DEMO = Path(__file__).parents[3] / "examples/demo"
BROT = DEMO / "media/brot.opus"
RATE = sonic.Monitor.SAMPLE_RATE


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sonic.Store]:
    with sonic.Store(tmp_path_factory.mktemp("monitor") / "store") as store:
        store.add(BROT, title="Bread")
        store.add(DEMO / "media/night-bus.opus")
        yield store


def sound(name: str) -> npt.NDArray[np.float32]:
    return sonic.decode(DEMO / f"{name}.opus", sample_rate=RATE).samples


def radio() -> npt.NDArray[np.float32]:
    """5 s of a stranger, 12 s of brot from 20 s on, 8 s of night-bus from its start, 3 s of silence."""
    parts = [
        sound("outside/the-lamp")[: 5 * RATE],
        sound("media/brot")[20 * RATE : 32 * RATE],
        sound("media/night-bus")[: 8 * RATE],
        np.zeros(3 * RATE, np.float32),
    ]
    return np.concatenate(parts)


def check(airings: list[sonic.Airing]) -> None:
    assert [(a.number, a.id, a.ended) for a in airings if a.ended] == [(0, "brot", True), (1, "night-bus", True)]
    assert sorted(a.number for a in airings if not a.ended) == [0, 1]
    brot, bus = [airing for airing in airings if airing.ended]
    assert (brot.title, bus.title) == ("Bread", None)
    for airing, start, end, offset in [(brot, 5_000, 17_000, 20_000), (bus, 17_000, 25_000, 0)]:
        assert abs(airing.start_ms - start) < 500
        assert abs(airing.end_ms - end) < 500
        assert abs(airing.offset_ms - offset) < 500
        assert airing.time_scale == 1.0
        assert airing.probability > 0.75


def test_slices_pushed_and_slices_iterated(store: sonic.Store) -> None:
    slices = [piece.tobytes() for piece in np.array_split(radio(), 40)]
    monitor = store.recordings.monitor(sample_rate=RATE)
    airings = [airing for index, data in enumerate(slices) for airing in monitor.push(index, data)]
    airings += monitor.finish()
    check(airings)
    assert monitor.end_ms == 28_000
    assert monitor.gaps == []
    assert monitor.counts.slices == 40
    assert list(store.recordings.monitor(iter(slices), sample_rate=RATE)) == airings


def test_samples_and_gaps(store: sonic.Store) -> None:
    samples = radio()
    monitor = store.recordings.monitor()
    airings = monitor.push_samples(0.0, samples[: 10 * RATE])
    airings += monitor.push_samples(11_000.0, samples[11 * RATE :])
    airings += monitor.finish()
    check(airings)


def test_files_of_any_kind(store: sonic.Store) -> None:
    for source in [BROT, BROT.read_bytes(), io.BytesIO(BROT.read_bytes())]:
        begun, ended = store.recordings.monitor(source)
        assert (begun.id, begun.ended, ended.id, ended.ended) == ("brot", False, "brot", True)
        assert ended.start_ms < 500
    data = BROT.read_bytes()
    slices = [data[at : at + 5_000] for at in range(0, len(data), 5_000)]
    assert [airing.ended for airing in store.recordings.monitor(slices)] == [False, True]
    assert list(store.recordings.monitor(BROT, exclude=["brot"])) == []


def test_the_event_loop_stays_free(store: sonic.Store) -> None:
    slices = [piece.tobytes() for piece in np.array_split(radio(), 20)]

    async def arriving() -> AsyncIterator[tuple[int, bytes]]:
        for index, data in enumerate(slices):
            yield index, data

    async def follow() -> list[sonic.Airing]:
        monitor = store.recordings.monitor(sample_rate=RATE)
        return [airing async for airing in sonic.live.airings(monitor, arriving())]

    check(asyncio.run(follow()))


def test_what_cannot_be_is_refused(store: sonic.Store) -> None:
    monitor = store.recordings.monitor()
    with pytest.raises(sonic.InvalidArgumentError):
        monitor.push_samples(-1.0, np.zeros(10, np.float32))
    with pytest.raises(sonic.InvalidArgumentError):
        monitor.push(1 << 40, b"x")
    with pytest.raises(sonic.InvalidArgumentError):
        store.recordings.monitor(sample_rate=3)
    with pytest.raises(sonic.InvalidArgumentError):
        store.recordings.monitor(BROT, sample_rate=RATE)
    with pytest.raises(sonic.InvalidArgumentError):
        store.recordings.monitor(7)  # type: ignore[call-overload]
    with pytest.raises(sonic.InvalidArgumentError):
        next(store.recordings.monitor([1]))  # type: ignore[list-item]


def test_a_query_of_pieces_is_that_of_the_whole(store: sonic.Store) -> None:
    samples = radio()[5 * RATE : 25 * RATE]
    fingerprinter, query = sonic.Fingerprinter(), store.recordings.query(limit=1)
    for piece in np.array_split(samples, 2):
        fingerprinter.push(piece)
        query.push(fingerprinter.take())
    answer = query.finish()
    assert [m.id for m in answer] == ["brot", "night-bus"] or [m.id for m in answer] == ["night-bus", "brot"]
    assert answer
    assert answer.duration_ms == 20_000
    with pytest.raises(sonic.ClosedError):
        query.finish()
    with pytest.raises(sonic.InvalidArgumentError):
        store.recordings.query().push(sonic.fingerprint(BROT, texture=False))
    with pytest.raises(sonic.InvalidArgumentError):
        store.recordings.query().push(b"no fingerprint")  # type: ignore[arg-type]
