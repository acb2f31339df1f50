"""Identifying a clip, stage by stage, and telling the stages as CityWok does."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import sonic
from fastapi import HTTPException

from . import answers
from .catalogue import Catalogue

Json = dict[str, Any]

HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""What goes with a stream of stages."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a clip comes from."""

    stage: str
    """`uploading` or `downloading`."""
    message: str
    """What is told of it."""
    read: Callable[[], Awaitable[bytes]]
    """Gives its bytes; raises an HTTPException if it cannot."""


class Identifier:
    """Identifies clips in the words of one of CityWok's versions; `count` is told each decision."""

    def __init__(self, catalogue: Catalogue, *, lmdb_answers: bool) -> None:
        self.count: Callable[[str], None] = lambda decision: None
        self._catalogue = catalogue
        self._lmdb_answers = lmdb_answers

    async def answer(self, source: Source) -> Json:
        """The answer alone."""
        return self._words(await self._identify(await source.read()))

    async def stream(self, source: Source) -> AsyncIterator[str]:
        """Events for each stage, in CityWok's order, then the answer; an error is an event too."""
        try:
            async for event in self._stages(source):
                yield _event(event)
        except HTTPException as error:
            yield _event({"error": error.detail, "status_code": error.status_code})
        except sonic.SonicError:
            yield _event({"error": "Internal server error", "status_code": 500})
            raise

    async def _stages(self, source: Source) -> AsyncIterator[Json]:
        yield _status(source.stage, source.message)
        data = await source.read()
        yield _status("extracting", "Extracting audio from file...")
        yield _status("fingerprinting", "Generating audio fingerprints...")
        yield _status("fingerprinting", "Analyzing video...")
        yield _status("searching", "Searching for match...")
        found = await self._identify(data)
        if found:
            yield _status("matching", "Analyzing match quality...")
        yield _status("searching", "Searching database for matches...")
        words = self._words(found)
        unsure = "No match found" if words.get("message") == answers.NOTHING else "Low confidence match"
        yield _status("complete", "Match found!" if found else unsure)
        yield words

    async def _identify(self, data: bytes) -> sonic.Answer:
        found = await asyncio.to_thread(self._catalogue.identify, data)
        self.count(found.decision)
        return found

    def _words(self, found: sonic.Answer) -> Json:
        empty = not found.matches and not self._catalogue.episodes
        if self._lmdb_answers:
            return answers.identified_lmdb(found, empty=empty)
        return answers.identified(found, self._catalogue.title, empty=empty)


def _status(stage: str, message: str) -> Json:
    return {"status": stage, "message": message}


def _event(content: Json) -> str:
    return f"data: {json.dumps(content)}\n\n"
