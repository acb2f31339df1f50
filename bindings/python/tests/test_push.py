"""Slices of a recorder, as they come."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import sonic

BROT = Path(__file__).parents[3] / "examples/demo/media/brot.opus"


def sliced(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def together(chunks: list[sonic.Chunk]) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return np.concatenate([chunk.samples for chunk in chunks])


def test_slices_in_any_order_are_the_sound_of_the_whole() -> None:
    slices = sliced(BROT.read_bytes(), 5_000)
    decoder = sonic.PushDecoder(11025, window=len(slices))
    order = list(range(len(slices)))
    order[1:4] = [3, 1, 2, 1]
    chunks = [chunk for index in order for chunk in decoder.push(index, slices[index])]
    chunks += decoder.finish()
    whole = sonic.decode(BROT, sample_rate=11025)
    samples = together(chunks)
    assert abs(len(samples) - len(whole.samples)) < 11025 // 20
    least = min(len(samples), len(whole.samples))
    assert np.corrcoef(samples[:least], whole.samples[:least])[0, 1] > 0.99
    assert chunks[0].start_ms == 0.0
    assert decoder.gaps == []
    counts = decoder.counts
    assert (counts.slices, counts.repeated, counts.lost, decoder.sample_rate) == (len(slices) + 1, 1, 0, 11025)


def test_what_is_lost_is_a_gap_and_what_follows_keeps_its_place() -> None:
    decoder = sonic.PushDecoder(window=0)
    chunks: list[sonic.Chunk] = []
    for index, data in enumerate(sliced(BROT.read_bytes(), 12_000)):
        if index != 2:
            chunks += decoder.push(index, memoryview(data))
    chunks += decoder.finish()
    [(start_ms, end_ms)] = decoder.gaps
    assert 500 < end_ms - start_ms < 10_000
    end = chunks[-1].start_ms + len(chunks[-1].samples) / 16
    assert abs(end - len(sonic.decode(BROT, sample_rate=16000).samples) / 16) < 21
    times = [(chunk.start_ms, chunk.start_ms + len(chunk.samples) / 16) for chunk in chunks]
    assert all(end <= begin + 0.1 for (_, end), (begin, _) in itertools.pairwise(times))


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.PushDecoder(10)
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.PushDecoder(gap_threshold_ms=-1.0)
    decoder = sonic.PushDecoder(max_slice_bytes=10)
    with pytest.raises(sonic.LimitError):
        decoder.push(0, bytes(11))
    for index in (2**40, -1):
        with pytest.raises(sonic.InvalidArgumentError):
            decoder.push(index, b"")
    with pytest.raises(sonic.InvalidArgumentError):
        decoder.push(0, "text")  # type: ignore[arg-type]
    with pytest.raises(sonic.InvalidArgumentError):
        decoder.push(0, b"", sent_ms=float("nan"))
    assert decoder.push(0, bytearray()) == []
    assert decoder.counts.errors == 2


def test_threads_take_turns(waltz: Path) -> None:
    slices = sliced(waltz.read_bytes(), 3_000)
    decoder = sonic.PushDecoder(window=len(slices))
    with ThreadPoolExecutor(4) as pool:
        chunks = [c for got in pool.map(decoder.push, range(len(slices)), slices) for c in got]
    chunks += decoder.finish()
    assert decoder.counts.slices == len(slices)
    assert sum(len(chunk.samples) for chunk in chunks) > 16000
