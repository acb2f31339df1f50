"""Sound while it is sung: phrases are put together, cut into pieces, and the pieces are sent."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import sonic

from . import jobs
from .hub import Hub

Samples = npt.NDArray[np.float32]

# A phrase begins up to sixteen frames before the one before it ends; so much is held back.
_HELD_S = 0.25
_POLL_S = 0.25
_BLOCK = 65_536


class Pieces:
    """Puts phrases together; the sound up to where nothing comes any more is a piece."""

    def __init__(self, folder: str, attempt: int, rate: int) -> None:
        self._folder = folder
        self._attempt = attempt
        self._rate = rate
        self._sound: Samples = np.zeros(0, np.float32)
        # The sample of the song at which `_sound` begins.
        self._begin = 0
        self._counts: list[int] = []
        self.end = 0
        """Samples of the song so far."""

    def add(self, start_seconds: float, samples: Samples) -> None:
        """Adds a phrase."""
        at = round(start_seconds * self._rate) - self._begin
        # What lies before the start of the song, or before what was sent, is cut.
        samples = samples[max(0, -at) :]
        at = max(0, at)
        if at + len(samples) > len(self._sound):
            more = np.zeros(at + len(samples) - len(self._sound), np.float32)
            self._sound = np.concatenate([self._sound, more])
        self._sound[at : at + len(samples)] += samples
        self.end = self._begin + len(self._sound)

    def take(self, whole: bool) -> tuple[str, bytes]:
        """The name of the next piece and its bytes, none if nothing is ready; all that there is if it is `whole`."""
        ready = max(0, len(self._sound) - (0 if whole else round(_HELD_S * self._rate)))
        name = f"{self._folder}/{piece(self._attempt, len(self._counts))}"
        if ready:
            self._counts.append(ready)
        data, self._sound = self._sound[:ready], self._sound[ready:].copy()
        self._begin += ready
        return name, to_pcm(data)

    def document(self, whole: bool = False) -> dict[str, Any]:
        """What the job's document says of it."""
        return {"attempt": self._attempt, "sampleRate": self._rate, "counts": list(self._counts), "whole": whole}


def piece(attempt: int, number: int) -> str:
    """The name of a piece in the folder of its job."""
    return f"stream/{attempt:04}-{number:05}.pcm"


def to_pcm(samples: Samples) -> bytes:
    """Samples as 16 bit, little end first."""
    return np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def wav_header(rate: int) -> bytes:
    """The head of a WAV file whose length is not known."""
    size = 0xFFFFFFFF
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", size, b"WAVE", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16, b"data", size - 36
    )


class Stream:
    """The sound of a job as far as it is, and then as it comes."""

    def __init__(
        self,
        hub: Hub,
        load: Callable[[], Awaitable[dict[str, Any] | None]],
        fetch: Callable[[str, int, int | None], Awaitable[bytes]],
        folder: str,
    ) -> None:
        self._hub = hub
        self._load = load
        self._fetch = fetch
        self._folder = folder

    async def begun(self, job_id: str) -> dict[str, Any] | None:
        """The job's document when its sound has begun or never will; None if there is no such job."""
        with self._hub.watch(job_id) as changed:
            while True:
                changed.clear()
                data = await self._load()
                if data is None or data.get("stream") is not None or data["status"] not in jobs.OPEN:
                    return data
                await _wait(changed)

    async def sound(self, job_id: str, data: dict[str, Any], at: int) -> AsyncIterator[bytes]:
        """A WAV file from sample `at` on; it ends early if the job fails."""
        stream = data.get("stream")
        if stream is None:
            return
        yield wav_header(stream["sampleRate"])
        with self._hub.watch(job_id) as changed:
            while True:
                stream = data.get("stream")
                if data["status"] == "completed" and not await self._has_pieces(data):
                    async for block in self._whole(data, at):
                        yield block
                    return
                async for block in self._pieces(stream, at):
                    at += len(block) // 2
                    yield block
                if data["status"] not in jobs.OPEN or (stream or {}).get("whole"):
                    return
                await _wait(changed)
                changed.clear()
                loaded = await self._load()
                if loaded is None:
                    return
                data = loaded

    async def _pieces(self, stream: dict[str, Any] | None, at: int) -> AsyncIterator[bytes]:
        begin = 0
        for number, count in enumerate((stream or {}).get("counts", ())):
            if begin + count > at:
                assert stream is not None
                skipped = max(0, at - begin)
                name = f"{self._folder}/{piece(stream['attempt'], number)}"
                yield await self._fetch(name, 2 * skipped, None)
            begin += count

    async def _has_pieces(self, data: dict[str, Any]) -> bool:
        stream = data.get("stream")
        if not stream or not stream.get("whole") or not stream["counts"]:
            return False
        try:
            await self._fetch(f"{self._folder}/{piece(stream['attempt'], len(stream['counts']) - 1)}", 0, 0)
        except sonic.NotFoundError:
            return False
        return True

    async def _whole(self, data: dict[str, Any], at: int) -> AsyncIterator[bytes]:
        """From the file, when the pieces are gone."""
        encoded = await self._fetch(data["losslessOutputPath"], 0, None)
        pcm = await asyncio.to_thread(lambda: to_pcm(sonic.decode(encoded).samples))
        for begin in range(2 * at, len(pcm), _BLOCK):
            yield pcm[begin : begin + _BLOCK]


async def _wait(changed: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(changed.wait(), _POLL_S)
    except asyncio.TimeoutError:
        return
