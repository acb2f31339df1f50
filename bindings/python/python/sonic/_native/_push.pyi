"""Sound out of the slices of a recorder, as they come."""

from typing import final

from .._sound_results import Chunk, PushCounts

@final
class PushDecoder:
    """Decodes the slices that a browser's MediaRecorder gives, of one connection, as they come: WebM, fragmented MP4, Ogg Opus,
    and MP3, ADTS and WAV.

    Gives mono float32 samples at `sample_rate`, 1,000 to 768,000 a second, each chunk with its place in time: what is lost is a
    gap, and what survives keeps its place. A slice waits for those before it until `window` later ones have come. A time of
    the container that is ahead of the packets by more than `gap_threshold_ms` is a gap. Slices of more than `max_slice_bytes`,
    by default 16 MiB, are refused. Raises `InvalidArgumentError` for options out of range.
    """

    def __new__(
        cls,
        sample_rate: int = 16000,
        *,
        window: int = 3,
        gap_threshold_ms: float = 100.0,
        max_slice_bytes: int = 16777216,
    ) -> PushDecoder: ...
    @property
    def sample_rate(self) -> int:
        """Samples per second of the chunks."""
    def push(self, index: int, data: bytes | bytearray | memoryview, *, sent_ms: float | None = None) -> list[Chunk]:
        """Takes the slice number `index`, counted from 0 as the browser does, and gives the sound that is known by it: a list of
        `Chunk`, often empty.

        `sent_ms` is when it was sent, by the clock of the sender from anywhere: by it the next recorder on the connection
        finds its place. Raises `LimitError` for a slice that is too large and `InvalidArgumentError` for an index that cannot be, as
        if it had not come; once for each recording, `UnsupportedError` for slices without sound that can be decoded and
        `MalformedError` if its header is damaged or never came. What was decoded comes with the next call then.
        """
    def finish(self) -> list[Chunk]:
        """Gives the rest: slices that wait for others are read, packets that wait for their time are placed. Raises what `push`
        raises.
        """
    @property
    def gaps(self) -> list[tuple[float, float]]:
        """The gaps so far, in order: a list of (start_ms, end_ms), from when to when nothing of the sound came. The last 4,096 are
        kept.
        """
    @property
    def counts(self) -> PushCounts:
        """What became of the slices so far: a `PushCounts`."""
