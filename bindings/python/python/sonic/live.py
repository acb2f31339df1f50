"""Live sound of meetings and calls: slices of a browser's recorder in, who said what out.

session = sonic.LiveSession("meeting 7", recognizer=sonic.live.OpenAi("https://api.openai.com/v1/audio/transcriptions"))
async for segment in sonic.live.segments(session, slices):
    print(segment.speaker, segment.text)
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass

from ._native import LiveSession, Monitor, OpenAi, Recognizer, Spelling, Whisper
from ._sound_results import Airing

__all__ = [
    "LiveSession",
    "LiveStats",
    "OpenAi",
    "Recognizer",
    "Segment",
    "Spelling",
    "Turn",
    "Whisper",
    "Word",
    "airings",
    "segments",
]


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its place in time."""

    start_ms: int
    """Where it begins, in milliseconds of the connection's sound."""
    end_ms: int
    """Where it ends, in milliseconds."""
    text: str
    """The word, without space around it."""
    confidence: float
    """How sure the recogniser is of it, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech with what was said in it and by whom, as far as that is known.

    More context revises a segment under its id: the one of the largest revision holds.
    """

    id: str
    """The same sound of the same connection, heard by the same pipeline, has the same id, in another process too."""
    revision: int
    """0 for what was known first, one more each time that something of it changed."""
    final: bool
    """False while somebody still speaks or the text is still to come. Later only who said it may change."""
    start_ms: int
    """Where it begins, in milliseconds of the connection's sound."""
    end_ms: int
    """Where it ends, in milliseconds."""
    text: str
    """What was said; empty if nothing was understood, or nobody was asked."""
    words: tuple[Word, ...]
    """The words of the text in order; none if the recogniser gives none."""
    speaker: str | None
    """Who spoke; None if nobody knows."""
    confidence: float
    """How sure it all is, 0 to 1: of the text if there is one, and of the speaker if one is named."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of time in which one speaker speaks; those of two may overlap."""

    start_ms: int
    """Where it begins, in milliseconds of the connection's sound."""
    end_ms: int
    """Where it ends, in milliseconds."""
    speaker: str
    """Who speaks: a name, or the label of a voice that nobody has named."""
    confidence: float
    """How sure that is, 0 to 1."""
    overlapped: bool
    """True if somebody else speaks in a part of it as well."""


@dataclass(frozen=True, slots=True)
class LiveStats:
    """How the utterances of a connection fared."""

    utterances: int
    """Utterances that ended."""
    recognized: int
    """Utterances whose text is final."""
    failures: int
    """Times that a recogniser failed, gave an answer that is none, or gave none in time."""
    given_up: int
    """Utterances that were given up: their segments stay without text."""
    last_failure: tuple[str, ...] | None
    """What went wrong last: the kind of the error and what it says."""


async def segments(session: LiveSession, slices: AsyncIterable[tuple[int, bytes]]) -> AsyncIterator[Segment]:
    """What becomes known of slices (index, data) as they come, and then of the rest. The event loop stays free."""
    async for index, data in slices:
        for segment in await asyncio.to_thread(session.push, index, data):
            yield segment
    for segment in await asyncio.to_thread(session.finish):
        yield segment


async def airings(monitor: Monitor, slices: AsyncIterable[tuple[int, bytes]]) -> AsyncIterator[Airing]:
    """What plays, of slices (index, data) as they come, and then of the rest. The event loop stays free."""
    async for index, data in slices:
        for airing in await asyncio.to_thread(monitor.push, index, data):
            yield airing
    for airing in await asyncio.to_thread(monitor.finish):
        yield airing
