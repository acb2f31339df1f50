"""Embeddings of voices, and the voices of a store."""

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias, final

import numpy as np
import numpy.typing as npt

from .._voice_results import (
    Calibration,
    Enrolled,
    ForgottenVoices,
    Observed,
    RecordedVoice,
    SimilarVoice,
    Speaker,
    Verification,
    Voice,
    VoiceAnswer,
    Voiceprint,
    VoiceQuality,
    VoiceStats,
)
from ._sound import Clip
from ._tables import Table
from ._types import AnyPath, AnySound

@final
class AnalyzedVoice:
    """Somebody speaking who was analysed: `VoiceEmbedder.analyze` makes one, and identifying, verifying, enrolling, recording,
    searching and observing with an embedder of the same pipeline take it as a source without embedding again.
    """

    @property
    def embedding(self) -> npt.NDArray[np.float32]:
        """What a store compares by: shape (dimensions,), float32, of unit length."""
    @property
    def quality(self) -> VoiceQuality:
        """How well the voice was recorded, and why that does not pass the gate: a `VoiceQuality`."""
    @property
    def recording_id(self) -> str:
        """The id by which the same recording is known again: that of its bytes."""

AnyVoice: TypeAlias = AnySound | Clip | AnalyzedVoice

@final
class VoiceEmbedder:
    """Makes embeddings of voices: unit vectors, whose dot product says how alike two voices are.

    `model` is "celda128" (the default, built in), the id of another model, or the path of a manifest (`.toml`) or of
    an ONNX file with its manifest beside it. Models in ONNX run in ONNX Runtime, which is taken from the package
    `onnxruntime` if that is installed. `threads` is how many one call uses (0: as many as there are cores), `provider`
    what an ONNX model runs on: "cpu", "cuda", or "auto" for a GPU if there is one. `prepare` says whether enrolling,
    identifying, verifying and `embed_speech` remove the constant part of the sound, set its level and keep what is spoken
    before they embed; a store keeps voices of one or the other. Any number of threads can use one embedder at once. Raises `NotFoundError` if there is no such model, `ModelError` if its file or the runtime is
    missing or damaged, or it is not for voices.
    """
    def __new__(
        cls,
        model: AnyPath = "celda128",
        *,
        threads: int = 0,
        provider: Literal["cpu", "cuda", "auto"] = "cpu",
        prepare: bool = True,
    ) -> VoiceEmbedder: ...
    @property
    def dimensions(self) -> int:
        """Length of the vectors."""
    @property
    def sample_rate(self) -> int:
        """Samples per second that the model works at; other sound is resampled."""
    @property
    def pipeline(self) -> str:
        """What distinguishes the vectors that a store keeps, those of `embed_speech`, from those of others: step, front-end, model and
        version. A store holds vectors of one pipeline.
        """
    def embed(self, source: AnySound | Clip) -> npt.NDArray[np.float32]:
        """The voice in a path, bytes, a binary file object or a `Clip`, by all of its sound as it is: shape (dimensions,),
        float32, of unit length. What a store keeps is `embed_speech`.

        To tell speakers apart give 3 s or more. Files are decoded block by block, so memory does not grow with the
        length. Raises `InvalidArgumentError` for less than 0.2 s, silence, or samples that are not finite, and what
        `decode` raises.
        """
    def embed_speech(self, source: AnySound | Clip) -> npt.NDArray[np.float32]:
        """What is spoken in a path, bytes, a binary file object or a `Clip`, as enrolling, identifying and verifying embed it
        and a store keeps it: shape (dimensions,), float32, of unit length.

        The constant part is removed, the level set and what is not speech left out, unless the embedder was made with
        `prepare=False`. Raises what `embed` raises.
        """
    def embed_many(self, sources: AnySound | Clip | Iterable[AnySound | Clip]) -> npt.NDArray[np.float32]:
        """The voices in many sources, on all cores: shape (n, dimensions), float32, one row of unit length for each.

        Sources are pulled as the work goes on, and a bounded number is held at a time. Raises what `embed` raises for the
        first source that cannot be embedded; Ctrl-C stops it between sources.
        """
    def analyze(
        self, source: AnySound | Clip, *, gate: Literal["default", "short_utterance"] | None = "default"
    ) -> AnalyzedVoice:
        """Decodes, measures and embeds somebody speaking once, for calls of `Voices` that take it in the place of a source: an
        `AnalyzedVoice`.

        `gate` says what is good enough to enrol: "default", "short_utterance" or None for anything; what does not pass it is
        refused then. Raises what `embed` raises.
        """

@final
class Voices:
    """The voices of a store: `store.voices`. `len` counts the people, `in` looks for a name.

    A source is a path, bytes, a binary file object, a `Clip`, or an `AnalyzedVoice`, which is not embedded again. `embedder` makes
    the embeddings; None is the built-in
    "celda128". All embeddings of a store are of one pipeline, that of the first: one of another is a `MismatchError`.
    Each call is one transaction: it happens as a whole or not at all.
    """
    def enroll(
        self,
        person: str,
        sources: AnyVoice | Iterable[AnyVoice],
        *,
        embedder: VoiceEmbedder | None = None,
        min_samples: int = 3,
        max_samples: int = 5,
        user_id: str | None = None,
        gate: Literal["default", "short_utterance"] | None = "default",
    ) -> Enrolled:
        """Adds samples to the voiceprint of `person`, which is made with the first: one source, or an iterable of sources,
        of which all or none are taken.

        A person counts as enrolled from `min_samples` on; beyond `max_samples` samples are left out. Each is kept as a
        recording of mode "enroll"; one that the voiceprint has already is not added again. `gate` says what is good
        enough: "default", "short_utterance" or None for anything. Raises `InvalidArgumentError` if a sample is not good enough, too
        short or silent, `MismatchError` if it is a sample of somebody else, and what `decode` raises.
        """
    def identify(
        self,
        source: AnyVoice,
        limit: int = 5,
        *,
        embedder: VoiceEmbedder | None = None,
        exclude: Iterable[str] = (),
        threshold: float | None = None,
        accept: float = 0.5,
        threads: int = 0,
    ) -> VoiceAnswer:
        """Who is speaking: at most `limit` people, likeliest first, and whether the first is likely enough.

        The first is the answer from a probability of `accept` on or, if `threshold` is given, from that cosine on,
        whatever the probability. People named in `exclude` are not found. `threads` is how many share the work (0: as
        many as there are cores). Raises `InvalidArgumentError` for less than 0.2 s, silence, or samples that are not
        finite, and what `decode` raises.
        """
    def verify(
        self,
        person: str,
        source: AnyVoice,
        *,
        embedder: VoiceEmbedder | None = None,
        threshold: float | None = None,
        accept: float = 0.5,
    ) -> Verification:
        """Whether it is `person` who is speaking: a `Verification`, true if the claim is accepted.

        `threshold` and `accept` are as in `identify`. Raises `NotFoundError` if there is no such person, and what
        `identify` raises.
        """
    def search(
        self,
        source: AnyVoice | None = None,
        *,
        embedding: npt.NDArray[np.float32] | None = None,
        threshold: float = 0.5,
        limit: int = 3,
        exclude: Iterable[str] = (),
        embedder: VoiceEmbedder | None = None,
        threads: int = 0,
    ) -> list[SimilarVoice]:
        """The recordings that sound most alike, whoever they are of: a list of `SimilarVoice`, at most `limit`, of a
        cosine of at least `threshold`, none whose id is in `exclude`.

        What is looked for is `source`, or an `embedding` that `embedder.embed_speech` or `Voices.embedding` gave: shape
        (dimensions,), float32.
        """
    def record(
        self,
        source: AnyVoice,
        *,
        recording_id: str | None = None,
        user_id: str | None = None,
        filename: str | None = None,
        voiceprint_id: str | None = None,
        mode: str | None = None,
        status: str | None = None,
        metadata: Any = None,
        embedder: VoiceEmbedder | None = None,
    ) -> RecordedVoice:
        """Keeps a recording of somebody speaking, with its embedding; a `RecordedVoice`.

        Without `recording_id` it is named by its bytes, so that the same recording is known again: one whose id is in
        the store stays as it is. `filename` is the name that it came with, by default that of a path; `voiceprint_id` the
        voiceprint that it belongs to; `mode` says what it was recorded for, such as "test"; `metadata` is anything that JSON
        can hold.
        """
    def observe(
        self,
        source: AnyVoice,
        *,
        scope: str | None = None,
        same: float = 0.95,
        matching: float = 0.7,
        embedder: VoiceEmbedder | None = None,
    ) -> Observed:
        """Who speaks again, by the rule of two thresholds: alike above `same` is that speaker and adds nothing, above
        `matching` it is that speaker, of whom more is known then, else it is a new speaker. Speakers of one `scope`, a
        user or a meeting, are not known in another.
        """
    def speakers(self, scope: str | None = None) -> list[Speaker]:
        """The speakers observed in a scope, in the order in which they were first observed."""
    def forget_speakers(self, scope: str | None = None) -> int:
        """Forgets the speakers observed in a scope; gives how many embeddings went."""
    def forget(self, person: str) -> ForgottenVoices:
        """Forgets a person: the voiceprint, its samples, and every recording that was put down to it. Raises
        `NotFoundError` if there is no such person. The bytes leave the file with `Store.compact`.
        """
    def forget_user(self, user_id: str) -> ForgottenVoices:
        """Forgets a user: their voiceprints, their recordings, and the speakers observed in the scope of that name. Counts of
        0 mean that there was nothing.
        """
    def people(self) -> list[Voiceprint]:
        """Everybody, in the order in which they were first enrolled."""
    def person(self, person: str) -> Voiceprint | None:
        """The voiceprint of `person`; None if there is none."""
    def remove_sample(self, person: str, recording_id: str) -> Voiceprint:
        """Leaves a sample out of a voiceprint and gives what is left. The recording stays, and `restore_sample` undoes it
        for the last five that were removed. Raises `NotFoundError` if there is no such person or sample.
        """
    def restore_sample(self, person: str, recording_id: str | None = None, *, max_samples: int = 5) -> Voiceprint:
        """Takes a removed sample back: the one named, or the last one removed. Raises `NotFoundError` if there is no such
        person or removed sample, `LimitError` if the voiceprint has `max_samples`.
        """
    def table(self) -> Table[Voice]:
        """The voice recordings as a table for whatever reads Arrow (DuckDB, polars, pandas, pyarrow): a `Table` of `Voice`, in
        the order in which they were added; its column `embedding` holds the vectors.
        """
    def get(self, recording_id: str) -> Voice | None:
        """The recording with this id; None if there is none."""
    def embedding(self, recording_id: str) -> npt.NDArray[np.float32] | None:
        """The embedding of the recording with this id: shape (dimensions,), float32; None if there is none."""
    def recent(self, limit: int = 10) -> list[Voice]:
        """The latest recordings, the latest first."""
    def by_user(self, user_id: str, limit: int = 10) -> list[Voice]:
        """The latest recordings of a user, the latest first."""
    def by_voiceprint(self, voiceprint_id: str, limit: int = 10) -> list[Voice]:
        """The latest recordings that belong to a voiceprint, the latest first."""
    def by_mode(self, mode: str, limit: int = 10) -> list[Voice]:
        """The latest recordings of a mode, such as "test", the latest first."""
    def remove(self, recording_id: str) -> Voice:
        """Removes a recording and gives its row; a voiceprint that it was a sample of is made anew without it. Raises
        `NotFoundError` if there is none.
        """
    def set_cohort(self, embeddings: npt.NDArray[np.float32], *, embedder: VoiceEmbedder | None = None) -> None:
        """Keeps embeddings of strangers, against whom scores are normalised, in the place of those kept before: shape
        (n, dimensions), float32, rows as `embedder.embed_speech` gives them. No rows take them away.
        """
    def fit_calibration(
        self,
        trials: Iterable[tuple[float, bool]],
        *,
        embedder: VoiceEmbedder | None = None,
    ) -> Calibration:
        """Fits how scores become probabilities from trials, pairs of a cosine and whether one person spoke in both, and
        keeps it for the embedder's pipeline.
        """
    def stats(self) -> VoiceStats:
        """Counts."""
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __contains__(self, person: str, /) -> bool: ...
