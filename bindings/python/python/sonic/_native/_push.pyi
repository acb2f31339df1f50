"""Sound out of the slices of a recorder, as they come."""

from typing import final

from .._sound_results import Chunk, PushCounts

@final
class PushDecoder:
    """x"""

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
        """x"""
    def push(
        self, index: int, data: bytes | bytearray | memoryview, *, sent_ms: float | None = None
    ) -> list[Chunk]:
        """x"""
    def finish(self) -> list[Chunk]:
        """x"""
    @property
    def gaps(self) -> list[tuple[float, float]]:
        """x"""
    @property
    def counts(self) -> PushCounts:
        """x"""
