"""What calls about sound as it comes give back: plain, frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Mono sound and its place."""

    start_ms: float
    """When its first sample was recorded, in milliseconds from the first sample of the connection on."""
    samples: npt.NDArray[np.float32] = field(repr=False)
    """One-dimensional, float32, nominally in -1..=1 and always finite."""


@dataclass(frozen=True, slots=True)
class Airing:
    """A recording that is, or was, on air."""

    number: int
    """Counts the airings of a stream from 0: each is reported when it is recognised and when it ended."""
    id: str
    """The recording's id."""
    title: str | None
    """Its title."""
    start_ms: int
    """Where it begins, in milliseconds of the stream."""
    end_ms: int
    """Where it ends; how far it is known to play as long as it plays."""
    ended: bool
    """False while it plays."""
    offset_ms: int
    """Where in the recording it begins, in milliseconds."""
    time_scale: float
    """Seconds of recording per second of stream: above 1 if it is played faster."""
    pitch_semitones: float
    """Semitones by which it sounds higher than the recording."""
    score: float
    """Log-odds that it is right."""
    probability: float
    """Probability that it is right, 0 to 1."""


@dataclass(frozen=True, slots=True)
class PushCounts:
    """What became of the slices of a recorder."""

    slices: int
    """Slices that were taken, those that were repeated, late or conflicting among them."""
    repeated: int
    """Slices that came again, and were left out."""
    late: int
    """Slices that came after they had been given up, and were left out."""
    lost: int
    """Slices that were given up: they never came, or too late."""
    conflicting: int
    """Slices that are not what came under their index before, and begin no recording; left out."""
    restarts: int
    """Times that the index began anew."""
    sessions: int
    """Recordings that began, each with its header."""
    headers_assumed: int
    """Recordings whose header never came, and whose sound was taken for Opus."""
    holes: int
    """Places where bytes were missing, whether slices were lost or cut."""
    placed_by_order: int
    """Packets whose time was lost with their Cluster, and that were placed by their order."""
    unreadable_bytes: int
    """Bytes in which nothing could be read, and that were passed over."""
    damaged_packets: int
    """Packets that could not be decoded."""
    errors: int
    """Slices that were refused or could not be read: each gave an error."""
