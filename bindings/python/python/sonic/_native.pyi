from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from types import GenericAlias, TracebackType
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar, final

import numpy as np
import numpy.typing as npt

from ._face_results import (
    AddedPhoto,
    AddedPhotoFile,
    ArchivedEvent,
    ClusterReport,
    Detection,
    Event,
    Face,
    FaceStats,
    ForgottenUser,
    MergedPeople,
    Person,
    Photo,
    PurgedFaces,
    SimilarFace,
    StoredFace,
    Tag,
)
from ._results import Added, AddedFile, Answer, Recording, Stats
from ._voice_results import (
    Calibration,
    Enrolled,
    Forgotten,
    Observed,
    RecordedVoice,
    SimilarVoice,
    Span,
    Speaker,
    Verification,
    Voice,
    VoiceAnswer,
    Voiceprint,
    VoiceQuality,
    VoiceStats,
)

class _BinaryFile(Protocol):
    def read(self, size: int, /) -> bytes: ...

_Path: TypeAlias = str | PathLike[str]
_Sound: TypeAlias = _Path | bytes | bytearray | memoryview | _BinaryFile

class _ArrayInterface(Protocol):
    @property
    def __array_interface__(self) -> dict[str, Any]: ...

_Picture: TypeAlias = _Path | bytes | bytearray | memoryview | _BinaryFile | npt.NDArray[np.uint8] | _ArrayInterface
_Face: TypeAlias = int | StoredFace
_Person: TypeAlias = int | Person
_Metric: TypeAlias = Literal["euclidean", "cosine"]
_List: TypeAlias = list  # `People.list` is a method.
_Selection: TypeAlias = Literal["eom", "leaf"]

_Added = TypeVar("_Added", covariant=True)

__version__: str
__all__ = [
    "Adding",
    "Clip",
    "Clustering",
    "EventFaces",
    "EventPhotos",
    "FaceAnalyzer",
    "FaceTable",
    "Faces",
    "Fingerprint",
    "Fingerprinter",
    "People",
    "Recordings",
    "Store",
    "VoiceEmbedder",
    "VoiceRecordings",
    "Voices",
    "__version__",
    "align",
    "cluster",
    "decode",
    "decode_image",
    "fingerprint",
    "run_command",
    "speech_spans",
    "thumbnail",
    "voice_quality",
]

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
    def duration_ms(self) -> int:
        """Length in milliseconds."""
    def resample(self, sample_rate: int) -> Clip:
        """The same sound at `sample_rate` samples per second, 1 to 768,000."""
    def __len__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

def decode(source: _Sound, *, sample_rate: int | None = None) -> Clip:
    """Decodes a path, the bytes of a file, or a binary file object to mono.

    With `sample_rate` (1 to 768,000 Hz) the sound is resampled, with None it keeps the rate of the source. Raises
    `UnsupportedError` for formats that sonic cannot read, `MalformedError` if nothing can be decoded, `LimitError`
    beyond 2^30 samples. A file that ends early gives what it holds, with `truncated` set.
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

def fingerprint(source: _Sound | Clip, *, texture: bool = True) -> Fingerprint:
    """Fingerprints a `Clip`, or anything that `decode` takes, which is then decoded block by block.

    A fingerprint to ask with has a texture of 20 kB a second; with `texture=False` it has none and can only be added
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
    def finish(self) -> Fingerprint:
        """Ends the sound and gives its fingerprint; pushing afterwards raises `ClosedError`."""

@final
class Recordings:
    """The recordings of a store, in the order in which they were added.

    Iterating reads the store a page at a time and gives `Recording`s; a recording that is added or removed meanwhile may
    or may not be among them. As a table it implements the Arrow C stream interface, so that DuckDB, polars, pandas and
    pyarrow query it directly.
    """
    def __iter__(self) -> Iterator[Recording]: ...
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class Adding(Generic[_Added]):
    """Files that are being added; iterating gives an `AddedFile` for each, as soon as it is committed or has failed."""
    @property
    def total(self) -> int | None:
        """Number of files; None until they are counted."""
    @property
    def done(self) -> int:
        """Number of files whose results were taken."""
    def close(self) -> None:
        """Ends the work; what is decoded by then is committed, the rest is left."""
    def __iter__(self) -> Adding[_Added]: ...
    def __next__(self) -> _Added: ...
    def __enter__(self) -> Adding[_Added]: ...
    def __class_getitem__(cls, key: Any, /) -> GenericAlias: ...
    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        value: BaseException | None = None,
        traceback: TracebackType | None = None,
        /,
    ) -> None: ...

@final
class Store:
    """A directory that keeps recordings and finds them: one writer at a time, any number of readers, each call one
    transaction. One store may be used by any number of threads at once.

    `access` is "create" (the default: made if it does not exist), "read_write" or "read_only". `map_size` is the bytes
    of address space to reserve at first; it grows by itself. Raises `NotFoundError` if there is no store and it may not
    be made, `InvalidArgumentError` if `path` is a file, `MismatchError` if its format is another, `MalformedError` if it
    is damaged.
    """
    def __new__(
        cls,
        path: _Path,
        *,
        access: Literal["create", "read_write", "read_only"] = "create",
        map_size: int = 1073741824,
    ) -> Store: ...
    @property
    def path(self) -> Path:
        """The directory of the store."""
    @property
    def faces(self) -> Faces: ...
    def people(self, event: str) -> People: ...
    def forget(self, user_id: str) -> ForgottenUser: ...
    @property
    def voices(self) -> Voices:
        """The voices of the store: who is speaking?"""
    def add(
        self,
        source: _Sound | Clip | Fingerprint,
        *,
        id: str | None = None,
        title: str | None = None,
        source_name: str | None = None,
        user: str | None = None,
        mode: str | None = None,
        metadata: Any = None,
    ) -> Added:
        """Adds a recording: a path, bytes, a binary file object, a `Clip` or a `Fingerprint`.

        Without `id` a file is named by its stem; everything else needs one. `metadata` is anything that JSON can hold.
        The same source bytes are added only once. Raises `MismatchError` if the id belongs to other content or the
        fingerprint to another pipeline, `IoError` if another process is writing, and what `decode` raises.
        """
    def add_many(
        self,
        paths: _Path | Iterable[_Path],
        *,
        jobs: int = 0,
        progress: Callable[[int, int], object] | None = None,
    ) -> Adding[AddedFile]:
        """Adds files, and the media files in directories, on `jobs` threads (0: as many as there are cores).

        Gives an iterator of `AddedFile`, each as soon as it is committed or has failed; one bad file does not stop the
        others. Leaving the loop, `close()` on the iterator and Ctrl-C end the work: what is decoded by then is committed.
        `progress` is called with the number of files that are done and of all files. Raises `IoError` if another process
        is writing.
        """
    def identify(
        self,
        source: _Sound | Clip | Fingerprint,
        *,
        limit: int = 5,
        threads: int = 0,
        exclude: Iterable[str] = (),
    ) -> Answer:
        """Names a clip: a `Fingerprint`, a `Clip`, a path, bytes or a binary file object.

        At most `limit` matches are given, on `threads` threads (0: as many as there are cores), none of the recordings
        whose ids are in `exclude`. Raises `MismatchError` if the fingerprint is of another pipeline than the store, and
        what `decode` raises.
        """
    def recording(self, id: str) -> Recording | None:
        """The recording with this id; None if there is none."""
    def recordings(self) -> Recordings:
        """Every recording, in the order in which they were added: to iterate over, or as a table for whatever reads Arrow
        (DuckDB, polars, pandas, pyarrow).
        """
    def landmarks(self, id: str) -> npt.NDArray[np.uint32]:
        """The landmarks of the recording with this id: shape (n, 3), uint32, as in `Fingerprint.landmarks`."""
    def remove(self, id: str) -> Recording:
        """Removes the recording with this id and gives its row. Raises `NotFoundError` if there is none."""
    def stats(self) -> Stats:
        """Counts and sizes."""
    def compact(self) -> None:
        """Rewrites the file without the space of what was removed."""
    def check(self) -> list[str]:
        """Reads everything once and tells what is wrong; an empty list means the store is sound."""
    def close(self) -> None:
        """Closes the store; using it afterwards raises `ClosedError`. Closing twice is fine."""
    def __len__(self) -> int: ...
    def __contains__(self, id: str, /) -> bool: ...
    def __enter__(self) -> Store: ...
    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        value: BaseException | None = None,
        traceback: TracebackType | None = None,
        /,
    ) -> None: ...

@final
class VoiceEmbedder:
    """Makes embeddings of voices: unit vectors, whose dot product says how alike two voices are.

    `model` is "celda128" (the default, built in), the id of another model, or the path of a manifest (`.toml`) or of
    an ONNX file with its manifest beside it. Models in ONNX run in ONNX Runtime, which is taken from the package
    `onnxruntime` if that is installed. `threads` is how many one call uses (0: as many as there are cores), `provider`
    what an ONNX model runs on: "cpu", "cuda", or "auto" for a card if there is one. Any number of threads can use one
    embedder at once. Raises `NotFoundError` if there is no such model, `ModelError` if its file or the runtime is
    missing or damaged, or it is not for voices.
    """
    def __new__(
        cls,
        model: _Path = "celda128",
        *,
        threads: int = 0,
        provider: Literal["cpu", "cuda", "auto"] = "cpu",
    ) -> VoiceEmbedder: ...
    @property
    def dims(self) -> int:
        """Length of the vectors."""
    @property
    def sample_rate(self) -> int:
        """Samples per second that the model works at; other sound is resampled."""
    @property
    def pipeline(self) -> str:
        """What tells its vectors from those of others: front-end, model and version. A store holds vectors of one pipeline."""
    def embed(self, source: _Sound | Clip) -> npt.NDArray[np.float32]:
        """The voice in a path, bytes, a binary file object or a `Clip`: shape (dims,), float32, of unit length.

        To tell speakers apart give 3 s or more. Files are decoded block by block, so memory does not grow with the
        length. Raises `InvalidArgumentError` for less than 0.2 s, silence, or samples that are not finite, and what
        `decode` raises.
        """
    def embed_many(self, sources: _Sound | Clip | Iterable[_Sound | Clip]) -> npt.NDArray[np.float32]:
        """The voices in many sources, on all cores: shape (n, dims), float32, one row of unit length for each.

        Raises what `embed` raises for the first source that cannot be embedded.
        """

def speech_spans(
    source: _Sound | Clip,
    *,
    model: _Path | None = None,
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

def voice_quality(source: _Sound | Clip, *, gate: Literal["default", "viim"] | None = "default") -> VoiceQuality:
    """How well somebody speaking was recorded: a `VoiceQuality`.

    `source` is a path, bytes, a binary file object or a `Clip`; of what is longer, the first ten minutes are measured.
    `gate` says what is good enough to enrol from: "default", "viim" (the thresholds of viim-ml) or None for anything.
    Raises `InvalidArgumentError` if a sample is not finite, and what `decode` raises.
    """

@final
class VoiceRecordings:
    """The voice recordings of a store, in the order in which they were added.

    Iterating reads the store a page at a time and gives `Voice`s; one that is added or removed meanwhile may or may not
    be among them. As a table it implements the Arrow C stream interface, so that DuckDB, polars, pandas and pyarrow
    query it directly; its column `embedding` holds the vectors.
    """
    def __iter__(self) -> Iterator[Voice]: ...
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class Voices:
    """The voices of a store: `store.voices`. `len` counts the people, `in` asks whether one is enrolled.

    A source is a path, bytes, a binary file object or a `Clip`. `embedder` makes the embeddings; None is the built-in
    "celda128". All embeddings of a store are of one pipeline, that of the first: one of another is a `MismatchError`.
    Each call is one transaction: it happens as a whole or not at all.
    """
    def enroll(
        self,
        person: str,
        sources: _Sound | Clip | Iterable[_Sound | Clip],
        *,
        embedder: VoiceEmbedder | None = None,
        min_samples: int = 3,
        max_samples: int = 5,
        user_id: str | None = None,
        gate: Literal["default", "viim"] | None = "default",
    ) -> Enrolled:
        """Adds samples to the voiceprint of `person`, which is made with the first: one source, or an iterable of sources,
        of which all or none are taken.

        A person counts as enrolled from `min_samples` on; beyond `max_samples` samples are left out. Each is kept as a
        recording of mode "enroll"; one that the voiceprint has already is not added again. `gate` says what is good
        enough: "default", "viim" or None for anything. Raises `InvalidArgumentError` if a sample is not good enough, too
        short or silent, `MismatchError` if it is a sample of somebody else, and what `decode` raises.
        """
    def identify(
        self,
        source: _Sound | Clip,
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
        source: _Sound | Clip,
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
        source: _Sound | Clip,
        *,
        threshold: float = 0.5,
        limit: int = 3,
        exclude: Iterable[str] = (),
        embedder: VoiceEmbedder | None = None,
        threads: int = 0,
    ) -> list[SimilarVoice]:
        """The recordings that sound most alike, whoever they are of: a list of `SimilarVoice`, at most `limit`, of a
        cosine of at least `threshold`, none whose id is in `exclude`.
        """
    def record(
        self,
        source: _Sound | Clip,
        *,
        recording_id: str | None = None,
        user_id: str | None = None,
        mode: str | None = None,
        status: str | None = None,
        metadata: Any = None,
        embedder: VoiceEmbedder | None = None,
    ) -> RecordedVoice:
        """Keeps a recording of somebody speaking, with its embedding; a `RecordedVoice`.

        Without `recording_id` it is named by its bytes, so that the same recording is known again: one whose id is in
        the store stays as it is. `mode` says what it was recorded for, such as "test"; `metadata` is anything that JSON
        can hold.
        """
    def observe(
        self,
        source: _Sound | Clip,
        *,
        scope: str | None = None,
        same: float = 0.95,
        matching: float = 0.7,
        embedder: VoiceEmbedder | None = None,
    ) -> Observed:
        """Who is heard again, by the rule of two thresholds: alike above `same` is that speaker and adds nothing, above
        `matching` it is that speaker, of whom more is known then, else it is a new speaker. Speakers of one `scope`, a
        user or a meeting, are not known in another.
        """
    def speakers(self, scope: str | None = None) -> list[Speaker]:
        """The speakers heard in a scope, in the order in which they were first heard."""
    def forget_speakers(self, scope: str | None = None) -> int:
        """Forgets everybody heard in a scope; gives how many embeddings went."""
    def forget(self, person: str) -> Forgotten:
        """Forgets a person: the voiceprint, its samples, and every recording that was put down to it. Raises
        `NotFoundError` if there is no such person. The bytes leave the file with `Store.compact`.
        """
    def forget_user(self, user_id: str) -> Forgotten:
        """Forgets a user: their voiceprints, their recordings, and the speakers heard in the scope of that name. Counts of
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
    def recordings(self) -> VoiceRecordings:
        """Every voice recording, in the order in which they were added: to iterate over, or as a table for whatever reads
        Arrow (DuckDB, polars, pandas, pyarrow).
        """
    def recording(self, recording_id: str) -> Voice | None:
        """The recording with this id; None if there is none."""
    def embedding(self, recording_id: str) -> npt.NDArray[np.float32] | None:
        """The embedding of the recording with this id: shape (dims,), float32; None if there is none."""
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
        (n, dims), float32, as `embedder.embed_many` gives them. No rows take them away.
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

def run_command(arguments: Sequence[str]) -> int:
    """Runs the `sonic` command; the first argument is the program's name. Gives the exit status."""

def decode_image(source: _Picture, *, max_pixels: int = 100_000_000) -> npt.NDArray[np.uint8]: ...
def align(source: _Picture, landmarks: npt.ArrayLike, size: int = 112) -> npt.NDArray[np.uint8]: ...
def thumbnail(source: _Picture, bbox: Sequence[float], size: int = 160) -> npt.NDArray[np.uint8]: ...

@final
class FaceAnalyzer:
    def __new__(
        cls,
        detector: _Path = "det_500m",
        embedder: _Path = "w600k_mbf",
        det_size: int | tuple[int, int] | None = None,
        threshold: float | None = None,
        *,
        max_faces: int | None = None,
        nms: float | None = None,
        own_size: bool = False,
        threads: int = 0,
        provider: Literal["cpu", "cuda", "auto"] = "cpu",
    ) -> FaceAnalyzer: ...
    @property
    def dims(self) -> int: ...
    @property
    def dimensions(self) -> int: ...
    @property
    def pipeline(self) -> str: ...
    def analyze(self, source: _Picture) -> list[Face]: ...
    def analyze_many(
        self, sources: Iterable[_Picture], *, progress: Callable[[int, int], object] | None = None
    ) -> list[list[Face]]: ...
    def detect(self, source: _Picture) -> list[Detection]: ...
    def embed(self, source: _Picture, landmarks: npt.ArrayLike) -> npt.NDArray[np.float32]: ...

@final
class Faces:
    def add_photo(
        self,
        event: str,
        source: _Path | bytes | bytearray | memoryview | _BinaryFile,
        *,
        analyzer: FaceAnalyzer,
        photo_id: str | None = None,
        user_id: str | None = None,
        path: str | None = None,
        metadata: Any = None,
        thumbnail_size: int | None = 160,
    ) -> AddedPhoto: ...
    def add_photos(
        self,
        event: str,
        paths: _Path | Iterable[_Path],
        *,
        analyzer: FaceAnalyzer,
        user_id: str | None = None,
        thumbnail_size: int | None = 160,
        jobs: int = 0,
        progress: Callable[[int, int], object] | None = None,
    ) -> Adding[AddedPhotoFile]: ...
    def add_faces(
        self,
        event: str,
        photo_id: str,
        faces: Iterable[Face],
        *,
        width: int = 0,
        height: int = 0,
        path: str | None = None,
        source_hash: str | None = None,
        user_id: str | None = None,
        created_at_ms: int = 0,
        metadata: Any = None,
        replace: bool = False,
    ) -> AddedPhoto: ...
    def photo(self, event: str, photo_id: str) -> Photo | None: ...
    def photos(self, event: str) -> EventPhotos: ...
    def of_event(self, event: str) -> EventFaces: ...
    def of_photo(self, event: str, photo_id: str) -> list[StoredFace]: ...
    def face(self, face_id: _Face) -> StoredFace | None: ...
    def embedding(self, face_id: _Face) -> npt.NDArray[np.float32] | None: ...
    def thumbnail(self, face_id: _Face, size: int = 160) -> bytes | None: ...
    def search(
        self,
        face: Face | npt.ArrayLike,
        *,
        events: Iterable[str] = (),
        threshold: float = 0.4,
        limit: int = 10,
        exclude: Iterable[_Face] = (),
        threads: int = 0,
    ) -> list[SimilarFace]: ...
    def remove_photo(self, event: str, photo_id: str) -> Photo: ...
    def events(self) -> list[Event]: ...
    def event(self, name: str) -> Event | None: ...
    def purge_event(self, event: str) -> PurgedFaces: ...
    def purge_user(self, user_id: str) -> PurgedFaces: ...
    def archive(self, event: str) -> ArchivedEvent: ...
    def tags_of_user(self, user_id: str) -> list[Tag]: ...
    def table(self) -> FaceTable: ...
    def people_table(self) -> FaceTable: ...
    def stats(self) -> FaceStats: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...

@final
class EventPhotos:
    def __iter__(self) -> Iterator[Photo]: ...
    def __len__(self) -> int: ...

@final
class EventFaces:
    def __iter__(self) -> Iterator[StoredFace]: ...
    def __len__(self) -> int: ...

@final
class FaceTable:
    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...
    def __len__(self) -> int: ...

@final
class People:
    @property
    def event(self) -> str: ...
    def cluster(
        self,
        *,
        preset: Literal["default", "memoria"] = "default",
        mode: Literal["full", "incremental"] | None = None,
        method: Literal["hdbscan", "dbscan"] | None = None,
        assign_similarity: float | None = None,
        assign_to: Literal["mean", "representative"] | None = None,
        min_cluster_size: int | None = None,
        min_samples: int | None = None,
        epsilon: float | None = None,
        min_similarity: float | None = None,
        gather_similarity: float | Literal[False] | None = None,
        min_quality: float | None = None,
        single_quality: float | Literal[False] | None = None,
        threads: int = 0,
        progress: Callable[[float], object] | None = None,
    ) -> ClusterReport: ...
    def list(self) -> _List[Person]: ...
    def person(self, person: _Person) -> Person | None: ...
    def faces_of(self, person: _Person) -> _List[StoredFace]: ...
    def noise(self) -> _List[StoredFace]: ...
    def tags(self) -> _List[Tag]: ...
    def link(self, person: _Person, user_id: str) -> Person: ...
    def invite(self, person: _Person, email: str) -> Person: ...
    def rename(self, person: _Person, name: str | None) -> Person: ...
    def ignore(self, person: _Person) -> Person: ...
    def unignore(self, person: _Person) -> Person: ...
    def merge(self, person: _Person, into: _Person) -> MergedPeople: ...
    def split(self, person: _Person, faces: Iterable[_Face]) -> Person: ...
    def create(self, faces: Iterable[_Face]) -> Person: ...
    def assign(self, face: _Face, person: _Person) -> Person: ...
    def unassign(self, face: _Face) -> Person | None: ...
    def not_person(self, face: _Face, person: _Person) -> Person: ...
    def not_same(self, a: _Person, b: _Person) -> None: ...
    def maybe_same(self, a: _Person, b: _Person) -> None: ...
    def pin_representative(self, person: _Person, face: _Face | None) -> Person: ...
    def purge_user(self, user_id: str) -> PurgedFaces: ...
    def report(self, *, max_faces: int = 60, thumbnail_size: int = 160, date: str | None = None) -> str: ...
    def purge_person(self, person: _Person) -> PurgedFaces: ...
    def purge(self) -> PurgedFaces: ...
    def archive(self) -> ArchivedEvent: ...
    def __iter__(self) -> Iterator[Person]: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...

def cluster(
    x: npt.ArrayLike,
    min_cluster_size: int = 5,
    min_samples: int | None = None,
    metric: _Metric = "euclidean",
    *,
    method: Literal["hdbscan", "dbscan"] = "hdbscan",
    epsilon: float | None = None,
    cluster_selection_epsilon: float = 0.0,
    max_cluster_size: int | None = None,
    alpha: float = 1.0,
    cluster_selection_method: _Selection = "eom",
    allow_single_cluster: bool = False,
    threads: int = 0,
    progress: Callable[[float], object] | None = None,
) -> npt.NDArray[np.int64]: ...

@final
class Clustering:
    def __new__(
        cls,
        x: npt.ArrayLike,
        min_cluster_size: int,
        min_samples: int | None,
        metric: _Metric,
        cluster_selection_epsilon: float,
        max_cluster_size: int | None,
        alpha: float,
        cluster_selection_method: _Selection,
        allow_single_cluster: bool,
        threads: int,
    ) -> Clustering: ...
    @property
    def labels(self) -> npt.NDArray[np.int64]: ...
    @property
    def probabilities(self) -> npt.NDArray[np.float32]: ...
    @property
    def outlier_scores(self) -> npt.NDArray[np.float32]: ...
    @property
    def rows(self) -> npt.NDArray[np.float32]: ...
    @property
    def dims(self) -> int: ...
    def predict(self, x: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]: ...
