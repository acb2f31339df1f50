"""Live sound: slices in, who said what out."""

from collections.abc import Callable, Mapping
from typing import final

import numpy as np
import numpy.typing as npt

from .. import live
from ._store import Store
from ._voices import VoiceEmbedder

@final
class Recognizer:
    """x"""

def OpenAi(
    url: str, *, model: str = "whisper-1", token: str | None = None, concurrency: int = 4
) -> Recognizer:
    """x"""

def Whisper(url: str, *, token: str | None = None, concurrency: int = 4) -> Recognizer:
    """x"""

@final
class LiveSession:
    """x"""

    def __new__(
        cls,
        connection: str,
        *,
        recognizer: Recognizer
        | Callable[[npt.NDArray[np.float32], str | None, str | None], str | tuple[str, float]]
        | None = None,
        language: str | None = None,
        embedder: VoiceEmbedder | None = None,
        store: Store | None = None,
        hangover_ms: int = 500,
        max_ms: int = 15000,
        partial_ms: int = 2000,
        window: int = 3,
        gap_threshold_ms: float = 100.0,
        state: bytes | None = None,
    ) -> LiveSession: ...
    def push(
        self, index: int, data: bytes | bytearray | memoryview, *, sent_ms: float | None = None
    ) -> list[live.Segment]:
        """x"""
    def hear(self, start_ms: float, samples: npt.NDArray[np.float32]) -> list[live.Segment]:
        """x"""
    def activity(self, stamp_ms: float, bits: Mapping[str, str]) -> list[live.Segment]:
        """x"""
    def poll(self) -> list[live.Segment]:
        """x"""
    def finish(self) -> list[live.Segment]:
        """x"""
    def refresh_names(self) -> list[live.Segment]:
        """x"""
    def turns(self) -> list[live.Turn]:
        """x"""
    @property
    def gaps(self) -> list[tuple[float, float]]:
        """x"""
    @property
    def stats(self) -> live.LiveStats:
        """x"""
    def state(self) -> bytes:
        """x"""
