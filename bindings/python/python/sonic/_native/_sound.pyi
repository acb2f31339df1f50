"""Sound: clips, fingerprints, and where somebody speaks."""

from typing import ClassVar, Literal, final

import numpy as np
import numpy.typing as npt

from .._voice_results import Span, VoiceQuality
from ._types import AnyPath, AnySound

@final
class Clip:
    """Sound as mono samples: float32, nominally from -1 to 1.

    Made by `decode`, or from a one-dimensional C-contiguous float32 array, which is copied.
    """
    def __new__(cls, samples: npt.NDArray[np.float32], sample_rate: int) -> Clip: ...
    @property
    def samples(self) -> npt.NDArray[np.float32]:
        """The samples: a read-only view of the clip's own memory, shape (n,), float32. Copy it to change it."""
    @property
    def sample_rate(self) -> int:
        """Samples per second."""
    @property
    def truncated(self) -> bool:
        """True if the source ended early."""
    @property
    def damaged_ms(self) -> int:
        """How much of the source's sound could not be decoded, in milliseconds; it is left out of the samples."""
    @property
    def duration_ms(self) -> int:
        """Length in milliseconds."""
    def resample(self, sample_rate: int) -> Clip:
        """The same sound at `sample_rate` samples per second, 1 to 768,000."""
    def __len__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

def decode(source: AnySound, *, sample_rate: int | None = None, track: int | None = None) -> Clip:
    """Decodes a path, the bytes of a file, or a binary file object to mono.

    With `sample_rate` (1 to 768,000 Hz) the sound is resampled, with None it keeps the rate of the source. `track` is the
    number of a sound track, from 0 on; with None it is the one that the file calls its default, or the first that can be
    decoded. Raises `UnsupportedError` for formats that sonic cannot read, `MalformedError` if nothing can be decoded,
    `LimitError` beyond 2^30 samples and for headers beyond what is read. A file that ends early gives what it holds, with
    `truncated` set; what is damaged in it is left out, see `damaged_ms`.
    """

@final
class Fingerprint:
    """What a recording is recognised by: its landmarks, the salient peaks of its spectrogram, and a texture to check
    guesses against. Made by `fingerprint`.
    """
    @property
    def landmarks(self) -> npt.NDArray[np.uint32]:
        """The landmarks in order of time: shape (n, 3), uint32; columns frame (of 256 samples at 11,025 Hz), frequency
        (in eighths of a bin of a 1024-point transform) and salience.
        """
    @property
    def duration_ms(self) -> int:
        """Length in milliseconds."""
    @property
    def frames(self) -> int:
        """Length in frames."""
    @property
    def pipeline(self) -> str:
        """The algorithm and version that made it; a store holds fingerprints of one pipeline."""
    def __len__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

def fingerprint(source: AnySound | Clip, *, texture: bool = True) -> Fingerprint:
    """Fingerprints a `Clip`, or anything that `decode` takes, which is then decoded block by block.

    A fingerprint to query with has a texture of 20 kB a second; with `texture=False` it has none and can only be added
    to a store. Raises `InvalidArgumentError` if a sample is not finite, and what `decode` raises.
    """

@final
class Fingerprinter:
    """Fingerprints sound as it comes: push blocks of 11,025 Hz mono float32 samples, then `finish`.

    However the sound is cut into blocks, the fingerprint is that of the whole.
    """

    SAMPLE_RATE: ClassVar[int]
    def __new__(cls) -> Fingerprinter: ...
    def push(self, samples: npt.NDArray[np.float32]) -> None:
        """Takes the next samples: one-dimensional, C-contiguous, float32, finite."""
    def take(self) -> Fingerprint:
        """The fingerprint since the last `take`, or since the start, as a piece for `Recordings.query`; the sound goes on."""
    def finish(self) -> Fingerprint:
        """Ends the sound and gives its fingerprint; pushing afterwards raises `ClosedError`."""

def speech_spans(
    source: AnySound | Clip,
    *,
    model: AnyPath | None = None,
    threshold: float = 0.5,
    min_speech_ms: int = 250,
    min_silence_ms: int = 100,
    padding_ms: int = 30,
) -> list[Span]:
    """The stretches in which somebody speaks, in order, none touching another; a list of `Span`.

    `source` is a path, bytes, a binary file object or a `Clip`; files are decoded block by block. Without `model` the
    likelihood of speech over the noise floor decides, which takes music for speech; with it the Silero model does:
    "silero-vad", or the path of its file. Speech begins where its probability reaches `threshold`; speech shorter than
    `min_speech_ms` is left out, pauses shorter than `min_silence_ms` do not end it, and `padding_ms` is added at both
    ends. Raises `InvalidArgumentError` for options out of range and samples that are not finite, `ModelError` if the
    model is missing, damaged or another kind, and what `decode` raises.
    """

def voice_quality(
    source: AnySound | Clip, *, gate: Literal["default", "short_utterance"] | None = "default"
) -> VoiceQuality:
    """How well somebody speaking was recorded: a `VoiceQuality`.

    `source` is a path, bytes, a binary file object or a `Clip`; of what is longer, the first ten minutes are measured.
    `gate` says what is good enough to enrol from: "default", "short_utterance" (1 to 10 s,
    measured after pauses are trimmed and the level is normalised) or None for anything.
    Raises `InvalidArgumentError` if a sample is not finite, and what `decode` raises.
    """
