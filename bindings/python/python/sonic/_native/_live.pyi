"""Live sound: slices in, who said what out."""

from collections.abc import Callable, Mapping
from typing import final

import numpy as np
import numpy.typing as npt

from .. import live
from ._store import Store
from ._types import AnyPath
from ._voices import VoiceEmbedder

@final
class Recognizer:
    """Something that says what was said, which any number of sessions can ask: `sonic.live.OpenAi`, `Whisper` and `Spelling` make one."""

def OpenAi(url: str, *, model: str = "whisper-1", token: str | None = None, concurrency: int = 4) -> Recognizer:
    """A service that speaks OpenAI's `/v1/audio/transcriptions`, with words: a `Recognizer`.

    `url` is the whole address; `token` is sent as bearer token. At most `concurrency` requests are made at once; a request that
    fails is tried again, and a service that keeps failing is left alone for a while. Raises `InvalidArgumentError` for what is no
    address.
    """

def Spelling(model: AnyPath | None = None, *, concurrency: int = 4) -> Recognizer:
    """A model in process that knows single letters, digits and some words, spoken with pauses between them: a `Recognizer`.

    `model` is its id or the path of its manifest; `concurrency` utterances are recognised at once. It needs ONNX Runtime. Raises
    `NotFoundError` if there is no such model, and `ModelError` if it is missing or damaged, or another kind of model.
    """

def Whisper(url: str, *, token: str | None = None, concurrency: int = 4) -> Recognizer:
    """Whisper over HTTP, as Vexa's transcription service calls it: a `Recognizer`. The arguments are those of `OpenAi`."""

@final
class LiveSession:
    """Follows one connection of a meeting or a call: slices of a browser's recorder go in, segments come out as they become known and
    whenever more is known.

    `connection` is its name: the same sound of the same connection has the same ids, in another process too. `recognizer` says
    what was said: a `Recognizer`, or a callable that is given 16 kHz mono float32 samples, the language and what was said before,
    and gives the text or (text, confidence); without one nobody is asked. `embedder` tells speakers by their voices, `store` has the
    voices with names. `language` is ISO 639-1. A pause of `hangover_ms` ends an utterance, `max_ms` is its maximum length, and while it
    goes on it is revised each time it is longer by `partial_ms` (0: never). `window` and `gap_threshold_ms` are those of
    `PushDecoder`. `state` is what `state()` gave: the session goes on there. Raises `InvalidArgumentError` for options out of range.
    """

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
        """Takes the slice number `index`, counted from 0 as the browser does, and gives what became known since the last call: a list
        of `sonic.live.Segment`. `sent_ms` is when it was sent, by the clock of the sender. Raises what `PushDecoder.push` raises,
        after which the session goes on.
        """
    def push_samples(self, start_ms: float, samples: npt.NDArray[np.float32]) -> list[live.Segment]:
        """Takes mono float32 sound at 16 kHz that begins `start_ms` milliseconds after the connection's first, in the place of slices;
        gives what became known.
        """
    def activity(self, stamp_ms: float, bits: Mapping[str, str]) -> list[live.Segment]:
        """Takes an update of the meeting's microphones, stamped `stamp_ms` milliseconds after the connection's first sound: for each
        participant the name and a string of digits 0 and 1. Gives what became known.
        """
    def poll(self) -> list[live.Segment]:
        """Gives what became known since the last call, without new sound."""
    def finish(self) -> list[live.Segment]:
        """Ends the sound, waits for what the recogniser still works at, and gives the rest."""
    def refresh_names(self) -> list[live.Segment]:
        """Asks the store anew who the speakers are that have no name, after somebody was enrolled; gives what became known."""
    def turns(self) -> list[live.Turn]:
        """Who spoke when, as far as it is known: a list of `sonic.live.Turn`."""
    @property
    def gaps(self) -> list[tuple[float, float]]:
        """From when to when sound is missing: a list of (start_ms, end_ms)."""
    @property
    def stats(self) -> live.LiveStats:
        """How utterances fared so far: a `sonic.live.LiveStats`."""
    def state(self) -> bytes:
        """What the session remembers, to be kept after each call: another process goes on with it, with the same ids."""
