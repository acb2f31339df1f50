"""Threads, tasks and processes."""

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import sonic
from conftest import MEDIA


def long_clip() -> sonic.Clip:
    """Ninety seconds that take a while to identify."""
    clip = sonic.decode(MEDIA / "ricercar.opus", sample_rate=11025)
    noise = np.random.default_rng(1).normal(0, 0.01, len(clip)).astype(np.float32)
    return sonic.Clip(clip.samples + noise, clip.sample_rate)


def test_python_runs_while_a_clip_is_identified(store: sonic.Store) -> None:
    """Counts what another thread does between the start and the end of one call."""
    clip, counted, inside = long_clip(), 0, threading.Event()
    done = threading.Event()

    def count() -> None:
        nonlocal counted
        inside.wait()
        while not done.is_set():
            counted += 1

    counter = threading.Thread(target=count)
    counter.start()
    inside.set()
    before = counted
    store.identify(clip)
    during = counted - before
    done.set()
    counter.join()
    assert during > 1000  # With Python's lock held it would be none.


def test_two_threads_identify_at_once(store: sonic.Store, waltz: Path) -> None:
    """Counts the short calls that one thread finishes inside one long call of another."""
    clip, finished = long_clip(), 0
    short = sonic.fingerprint(waltz)
    started, ended = threading.Event(), threading.Event()

    def identify() -> None:
        started.set()
        store.identify(clip, threads=1)
        ended.set()

    thread = threading.Thread(target=identify)
    thread.start()
    started.wait()
    while not ended.is_set():
        assert store.identify(short, threads=1)
        finished += not ended.is_set()
    thread.join()
    assert finished >= 2  # One after the other would be none, or one.


def test_many_threads_get_the_same_answers(store: sonic.Store, waltz: Path) -> None:
    expected = store.identify(waltz)
    with ThreadPoolExecutor(8) as pool:
        assert all(answer == expected for answer in pool.map(store.identify, [waltz] * 64))


def test_threads_share_one_iterator(tmp_path: Path) -> None:
    with sonic.Store(tmp_path / "s") as store:
        adding = store.add_many([MEDIA / "brot.opus", MEDIA / "les-nuages.opus", MEDIA / "dozhd.opus"])
        with ThreadPoolExecutor(4) as pool:
            taken = [f.id for part in pool.map(lambda _: list(adding), range(4)) for f in part]
        assert sorted(taken) == ["brot", "dozhd", "les-nuages"]


def test_closing_while_others_identify(store: sonic.Store, waltz: Path) -> None:
    fingerprint = sonic.fingerprint(waltz)

    def identify(n: int) -> bool:
        if n == 20:
            store.close()
        try:
            return bool(store.identify(fingerprint))
        except sonic.ClosedError:
            return False

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(identify, range(40)))
    assert answers[0]
    assert not answers[-1]


def test_asyncio_goes_on_meanwhile(store: sonic.Store, waltz: Path) -> None:
    async def main() -> tuple[sonic.Answer, int]:
        ticks = 0
        task = asyncio.create_task(asyncio.to_thread(store.identify, waltz))
        while not task.done():
            ticks += 1
            await asyncio.sleep(0)
        return await task, ticks

    answer, ticks = asyncio.run(main())
    assert answer
    assert ticks > 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_child_must_open_the_store_again(store: sonic.Store, waltz: Path) -> None:
    adding = store.add_many(MEDIA / "dozhd.opus")
    recordings = store.recordings
    child = os.fork()
    if child == 0:
        os._exit(in_the_child(store, adding, recordings, waltz))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert store.identify(waltz)  # The parent's handle is as it was.
    assert [f.status for f in adding] == ["added"]
    store.add(waltz, id="after")


def in_the_child(store: sonic.Store, adding: sonic.Adding, recordings: sonic.Recordings, waltz: Path) -> int:
    """The number of the first expectation that does not hold; 0 if all do."""
    calls = [lambda: store.identify(waltz), store.stats, lambda: next(adding), lambda: len(recordings)]
    for number, call in enumerate(calls, 1):
        try:
            call()
            return number
        except sonic.ClosedError:
            pass
    with sonic.Store(store.path, access="read_only") as again:
        if not again.identify(waltz):
            return 10
    return 0


def identify_in_a_pool(arguments: tuple[str, str]) -> str:
    store, clip = arguments
    with sonic.Store(store, access="read_only") as opened:
        best = opened.identify(clip).best
        return best.id if best else "unknown"


def test_a_pool_of_processes_reads_one_store(store: sonic.Store, waltz: Path) -> None:
    with get_context("spawn").Pool(2) as pool:
        found = pool.map(identify_in_a_pool, [(str(store.path), str(waltz))] * 4)
    assert found == ["lantern-waltz"] * 4
