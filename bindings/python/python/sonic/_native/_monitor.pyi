"""What plays on a stream, and queries that come piece by piece."""

from collections.abc import Iterator
from typing import ClassVar, final

import numpy as np
import numpy.typing as npt

from .._results import Answer
from .._sound_results import Airing, PushCounts
from ._sound import Fingerprint

@final
class Monitor:
    """Follows a stream: slices go in, what plays comes out. Made by `Recordings.monitor`."""

    SAMPLE_RATE: ClassVar[int]
    def push(self, index: int, data: bytes | bytearray | memoryview, *, sent_ms: float | None = None) -> list[Airing]:
        """Takes the slice number `index` of the stream, counted from 0, and gives what became known: a list of `Airing`, often
        empty. `sent_ms` is when it was sent, by the clock of the sender. Raises what `PushDecoder.push` raises, after which the
        stream goes on.
        """
    def push_samples(self, start_ms: float, samples: npt.NDArray[np.float32]) -> list[Airing]:
        """Takes mono float32 samples, `SAMPLE_RATE` a second, of which the first lies `start_ms` milliseconds after the first of
        the stream, in the place of slices; gives what became known. What is missing before it is a gap.
        """
    def finish(self) -> list[Airing]:
        """Ends the stream, and what plays; gives the rest."""
    @property
    def end_ms(self) -> int:
        """Where the sound so far ends, in milliseconds."""
    @property
    def gaps(self) -> list[tuple[float, float]]:
        """From when to when sound is missing in the slices: a list of (start_ms, end_ms)."""
    @property
    def counts(self) -> PushCounts:
        """What became of the slices so far: a `PushCounts`."""

@final
class Airings(Iterator[Airing]):
    """What plays in a stream: an `Airing` when it is recognised and once more when it ended. Made by `Recordings.monitor`."""
    def __iter__(self) -> Airings: ...
    def __next__(self) -> Airing: ...

@final
class RecordingQuery:
    """A query whose clip comes piece by piece: one too long for memory, or of a stream. Made by `Recordings.query`."""
    def push(self, piece: Fingerprint) -> None:
        """Searches for the next piece of the clip, which begins where the last one ended: a `Fingerprint` with texture, of 10 s
        or more if there is as much. Raises `InvalidArgumentError` if it has no texture and `MismatchError` if it is of
        another pipeline than the store.
        """
    def finish(self) -> Answer:
        """The answer to all pieces, as `Recordings.identify` gives it; the query has ended then."""
