"""Recordings as viim-ml prepares them: 1 to 10 s, at 16 kHz, at full level, without the quiet at both ends.

The constants are those of its code; trimming goes by librosa's frames: 2048 samples every 512, of which those are quiet
that lie 20 dB below the loudest.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sonic
from fastapi import HTTPException

SAMPLE_RATE = 16_000
"""Samples per second after resampling."""

_MIN_S, _MAX_S, _MIN_TRIMMED_S = 1.0, 10.0, 0.5
# What is larger is measured first, block by block: hours of sound fit into a few megabytes, and would fill the memory.
_MEASURED_BYTES = 512 * 1024
_FRAME, _HOP, _TOP_DB = 2048, 512, 20.0
_MIN_ENERGY, _MIN_RANGE = 0.001, 0.1
_FORMATS = {"wav", "mp3", "ogg", "m4a", "flac"}

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A recording that is ready to be embedded."""

    clip: sonic.Clip
    """Its sound at `SAMPLE_RATE`."""
    duration_s: float
    """Its length after trimming."""
    source_rate: int
    """Samples per second of the file."""


def prepare(data: bytes) -> Prepared:
    """Decodes and prepares a recording. Raises 400 with viim-ml's text for what is not good enough."""
    if not data:
        raise HTTPException(400, "Empty audio file")
    try:
        _refuse_hours(data)
        clip = sonic.decode(data)
    except (sonic.MalformedError, sonic.UnsupportedError, sonic.LimitError) as error:
        raise HTTPException(400, f"Failed to load audio: {error}") from None
    duration_s = len(clip) / clip.sample_rate
    if duration_s < _MIN_S:
        raise HTTPException(400, f"Audio too short: {duration_s:.2f}s (minimum {_MIN_S:g}s)")
    if duration_s > _MAX_S:
        raise _too_long(duration_s)
    samples = trim(_normalise(clip.resample(SAMPLE_RATE).samples))
    trimmed_s = len(samples) / SAMPLE_RATE
    if trimmed_s < _MIN_TRIMMED_S:
        raise HTTPException(400, f"Audio too short after trimming: {trimmed_s:.2f}s")
    if float(np.mean(samples**2)) < _MIN_ENERGY or float(np.ptp(samples)) < _MIN_RANGE:
        raise HTTPException(400, "Audio quality too low (insufficient energy or dynamic range)")
    return Prepared(sonic.Clip(samples, SAMPLE_RATE), trimmed_s, clip.sample_rate)


def trim(samples: Samples) -> Samples:
    """The samples without the quiet at both ends; all of them if there is nothing but quiet."""
    power = _frame_power(samples)
    loudest = float(power.max())
    if loudest <= 0:
        return samples
    loud = np.flatnonzero(power > loudest * 10 ** (-_TOP_DB / 10))
    return np.ascontiguousarray(samples[loud[0] * _HOP : min(len(samples), (loud[-1] + 1) * _HOP)])


def format_of(filename: str | None) -> str:
    """The format by the name of a file, as viim-ml names it: what browsers record unless it is another."""
    extension = (filename or "").lower().rpartition(".")[2]
    return extension if extension in _FORMATS else "webm"


def _refuse_hours(data: bytes) -> None:
    if len(data) > _MEASURED_BYTES:
        duration_s = sonic.fingerprint(data, texture=False).duration_ms / 1000
        # Near the limit what was decoded decides.
        if duration_s > _MAX_S + 0.5:
            raise _too_long(duration_s)


def _too_long(duration_s: float) -> HTTPException:
    return HTTPException(400, f"Audio too long: {duration_s:.2f}s (maximum {_MAX_S:g}s)")


def _normalise(samples: Samples) -> Samples:
    peak = float(np.abs(samples).max()) if len(samples) else 0.0
    return samples / np.float32(peak) if peak > 0 else samples


def _frame_power(samples: Samples) -> npt.NDArray[np.float64]:
    """Mean squares of frames that are centred at every hop, silence around the sound."""
    padded = np.pad(samples.astype(np.float64) ** 2, _FRAME // 2)
    sums = np.concatenate(([0.0], np.cumsum(padded)))
    starts = np.arange(0, len(padded) - _FRAME + 1, _HOP)
    return np.asarray((sums[starts + _FRAME] - sums[starts]) / _FRAME)
