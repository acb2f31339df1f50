"""Calls that take many: they pull an iterable as they go, hold a bounded number of items, and stop on Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import sonic
from face_support import model, png
from voice_support import speak

AHEAD = 4 * (os.cpu_count() or 1)
"""Items that are held at most."""


@pytest.fixture(scope="module")
def analyzer() -> sonic.FaceAnalyzer:
    return sonic.FaceAnalyzer(model("det_500m.onnx"), model("w600k_mbf_dequant_fp32.onnx"), 128)


def grey() -> bytes:
    """A small picture without a face."""
    return png(np.full((80, 90), 128, np.uint8))


def test_pictures_are_pulled_as_the_work_goes_on(analyzer: sonic.FaceAnalyzer) -> None:
    pulled, done, ahead = 0, 0, []

    def pictures() -> Iterator[bytes]:
        nonlocal pulled
        for _ in range(3 * AHEAD + 1):
            pulled += 1
            ahead.append(pulled - done)
            yield grey()

    def progress(count: int, total: int | None) -> None:
        nonlocal done
        assert (count > done, total) == (True, None)
        done = count

    assert analyzer.analyze_many(pictures(), progress=progress) == [[]] * (3 * AHEAD + 1)
    assert done == 3 * AHEAD + 1
    assert max(ahead) <= AHEAD


def test_the_first_bad_picture_ends_the_pulling(analyzer: sonic.FaceAnalyzer) -> None:
    pulled = 0

    def pictures() -> Iterator[bytes]:
        nonlocal pulled
        for number in range(100 * AHEAD):
            pulled += 1
            yield b"no picture" if number == 1 else grey()

    with pytest.raises(sonic.MalformedError, match="number 1 of"):
        analyzer.analyze_many(pictures())
    assert pulled <= AHEAD


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is read in /proc")
def test_memory_does_not_grow_with_the_pictures(analyzer: sonic.FaceAnalyzer) -> None:
    picture = np.zeros((1000, 1000, 3), np.uint8)
    analyzer.analyze_many(picture.copy() for _ in range(AHEAD))
    before, most, done = resident(), 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.01):
            most = max(most, resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    analyzer.analyze_many(picture.copy() for _ in range(8 * AHEAD))
    done.set()
    watcher.join()
    assert most - before < 2 * AHEAD * picture.nbytes  # All together they are eight times as much as is held.


def resident() -> int:
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def test_voices_are_pulled_as_the_work_goes_on() -> None:
    clip, yielded, alive, most = speak("anna", 1, 1.0), 0, 0, 0

    class Counted(bytes):
        """The bytes of a sound, counted while they are there."""

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def sources() -> Iterator[bytes]:
        nonlocal yielded, alive, most
        for _ in range(3 * AHEAD):
            yielded += 1
            alive += 1
            most = max(most, alive)
            yield Counted(data)

    data = wav(clip)
    rows = sonic.VoiceEmbedder().embed_many(sources())
    assert rows.shape == (3 * AHEAD, 128)
    assert np.array_equal(rows[0], rows[-1])
    assert (yielded, alive) == (3 * AHEAD, 0)
    assert most <= AHEAD + 1


def wav(clip: sonic.Clip) -> bytes:
    """The clip as a WAV file of float32."""
    samples = clip.samples.tobytes()
    head = b"fmt " + np.array([16], "<u4").tobytes() + np.array([3, 1], "<u2").tobytes()
    head += np.array([clip.sample_rate, 4 * clip.sample_rate], "<u4").tobytes() + np.array([4, 32], "<u2").tobytes()
    body = b"WAVE" + head + b"data" + np.array([len(samples)], "<u4").tobytes() + samples
    return b"RIFF" + np.array([len(body)], "<u4").tobytes() + body


ENDLESS = """
import itertools, numpy, sonic
random = numpy.random.default_rng(1)
clip = sonic.Clip(random.standard_normal(16000).astype("float32") / 10, 16000)
def sources():
    for number in itertools.count():
        if number == 100:
            print("started", flush=True)
        yield clip
sonic.VoiceEmbedder().embed_many(sources())
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send")
def test_ctrl_c_stops_the_work() -> None:
    command = [sys.executable, "-c", ENDLESS]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in err
    assert time.monotonic() - start < 20
