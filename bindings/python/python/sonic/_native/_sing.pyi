"""Scores, and voicebanks that sing them."""

from collections.abc import Callable, Iterable
from typing import final

import numpy as np
import numpy.typing as npt

from .. import sing
from ._types import AnyPath

@final
class Score:
    """x"""

    def __new__(cls, source: AnyPath | bytes | bytearray) -> Score: ...
    @property
    def title(self) -> str | None:
        """x"""
    @property
    def tempos(self) -> list[sing.Tempo]:
        """x"""
    @property
    def total_beats(self) -> float:
        """x"""
    @property
    def total_seconds(self) -> float:
        """x"""
    @property
    def parts(self) -> list[sing.Part]:
        """x"""
    @property
    def warnings(self) -> list[sing.ScoreWarning]:
        """x"""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Voicebank:
    """x"""

    def __new__(cls, path: AnyPath, *, vocoders: AnyPath | Iterable[AnyPath] = ()) -> Voicebank: ...
    def check(self) -> list[sing.Finding]:
        """x"""
    @property
    def name(self) -> str:
        """x"""
    @property
    def sample_rate(self) -> int:
        """x"""
    @property
    def speakers(self) -> list[str]:
        """x"""
    @property
    def languages(self) -> list[str]:
        """x"""
    def render(
        self,
        score: Score,
        *,
        part: int | str = 0,
        voice: str | None = None,
        verse: str | None = None,
        language: str = "",
        voice_color: str = "",
        articulation: float = 0.0,
        airiness: float = 0.0,
        intensity: float = 0.0,
        tension: float = 0.0,
        clarity: float = 100.0,
        gender: float = 0.0,
        pitch_expression: float = 1.0,
        steps: int = 20,
        pitch_steps: int = 10,
        variance_steps: int = 20,
        depth: float = 1.0,
        strict: bool = False,
        cache: AnyPath | None = None,
        cache_bytes: int = 1000000000,
    ) -> Singing:
        """x"""
    def save(
        self,
        score: Score,
        path: AnyPath,
        *,
        progress: Callable[[float], object] | None = None,
        part: int | str = 0,
        voice: str | None = None,
        verse: str | None = None,
        language: str = "",
        voice_color: str = "",
        articulation: float = 0.0,
        airiness: float = 0.0,
        intensity: float = 0.0,
        tension: float = 0.0,
        clarity: float = 100.0,
        gender: float = 0.0,
        pitch_expression: float = 1.0,
        steps: int = 20,
        pitch_steps: int = 10,
        variance_steps: int = 20,
        depth: float = 1.0,
        strict: bool = False,
        cache: AnyPath | None = None,
        cache_bytes: int = 1000000000,
    ) -> list[sing.RenderWarning]:
        """x"""

@final
class Singing:
    """x"""

    def __iter__(self) -> Singing: ...
    def __next__(self) -> tuple[float, npt.NDArray[np.float32]]: ...
    def cancel(self) -> None:
        """x"""
    @property
    def progress(self) -> sing.RenderProgress:
        """x"""
    @property
    def warnings(self) -> list[sing.RenderWarning]:
        """x"""
