from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from types import GenericAlias, TracebackType
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar, final

import numpy as np
import numpy.typing as npt

from . import models
from ._face_results import (
    AddedPhoto,
    AddedPhotoFile,
    ArchivedEvent,
    ClusterReport,
    Detection,
    Event,
    Face,
    FaceStats,
    Forgotten,
    ForgottenFaces,
    MergedPeople,
    Person,
    Photo,
    SimilarFace,
    StoredFace,
    Tag,
)
from ._results import Added, AddedFile, Answer, Match, Recording, RecordingPage, Stats
from ._voice_results import (
    Calibration,
    Enrolled,
    ForgottenVoices,
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
_Row = TypeVar("_Row", covariant=True)

__version__: str
__all__ = [
    "Adding",
    "AllPeople",
    "Clip",
    "Clustering",
    "EventPhotos",
    "FaceAnalyzer",
    "Faces",
    "Fingerprint",
    "Fingerprinter",
    "People",
    "PeopleTable",
    "Recordings",
    "Store",
    "Table",
    "VoiceEmbedder",
    "Voices",
    "__version__",
    "align",
    "cluster",
    "decode",
    "decode_image",
    "explain",
    "fingerprint",
    "list_models",
    "pull_model",
    "resolve_model",
    "run_command",
    "speech_spans",
    "thumbnail",
    "verify_model",
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

def decode(source: _Sound, *, sample_rate: int | None = None, track: int | None = None) -> Clip:
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

def fingerprint(source: _Sound | Clip, *, texture: bool = True) -> Fingerprint:
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
    def finish(self) -> Fingerprint:
        """Ends the sound and gives its fingerprint; pushing afterwards raises `ClosedError`."""

@final
class Recordings:
    """The recordings of a store: `store.recordings`. `len` counts them, `in` looks for an id, and iterating gives each as a
    `Recording`, in the order in which they were added.

    Iterating reads the store a page at a time; a recording that is added or removed meanwhile may or may not be among
    them. Each call is one transaction: it happens as a whole or not at all.
    """
    def add(
        self,
        source: _Sound | Clip | Fingerprint,
        *,
        id: str | None = None,
        title: str | None = None,
        source_name: str | None = None,
        user_id: str | None = None,
        mode: str | None = None,
        metadata: Any = None,
        replace: bool = False,
        keep_silent: bool = False,
    ) -> Added:
        """Adds a recording: a path, bytes, a binary file object, a `Clip` or a `Fingerprint`.

        Without `id` a file is named by its stem; everything else needs one. `metadata` is anything that JSON can hold.
        The same source bytes are added only once. With `replace` a recording of this id and other bytes is replaced. Raises
        `MismatchError` if the id belongs to other content or the fingerprint to another pipeline, `UnsupportedError` for
        what holds nothing to be recognised by, unless `keep_silent` is true, `IoError` if another process is writing, and
        what `decode` raises.
        """
    def add_many(
        self,
        paths: _Path | Iterable[_Path],
        *,
        jobs: int = 0,
        progress: Callable[[int, int], object] | None = None,
        id_from: Literal["stem", "path"] = "stem",
        id_prefix: str = "",
        replace: bool = False,
        keep_silent: bool = False,
        track: int | None = None,
    ) -> Adding[AddedFile]:
        """Adds files, and the media files in directories, on `jobs` threads (0: as many as there are cores).

        Gives an iterator of `AddedFile`, each as soon as it is committed or has failed; one bad file does not stop the
        others. Leaving the loop, `close()` on the iterator and Ctrl-C cancel the rest: what is decoded by then is
        committed. `progress` is called with the number of files that are done and of all files. Ids are made of the stems
        of files or, with `id_from="path"`, of their paths, behind `id_prefix`. With `replace` a file whose bytes changed
        takes the place of the recording that has its id; `keep_silent` adds what holds nothing to be recognised by; `track`
        is the number of a sound track, from 0 on. What folders hold that is not taken comes with the status "passed_over".
        Raises `IoError` if another process is writing.
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
    def get(self, id: str) -> Recording | None:
        """The recording with this id; None if there is none."""
    def page(self, after: int = 0, limit: int = 256) -> RecordingPage:
        """At most `limit` recordings after a place, which is 0 or `next` of the page before: a `RecordingPage`."""
    def landmarks(self, id: str) -> npt.NDArray[np.uint32]:
        """The landmarks of the recording with this id: shape (n, 3), uint32, as in `Fingerprint.landmarks`. Raises
        `NotFoundError` if there is none.
        """
    def remove(self, id: str) -> Recording:
        """Removes the recording with this id and gives its row. Raises `NotFoundError` if there is none."""
    def table(self) -> Table[Recording]:
        """The recordings as a table for whatever reads Arrow (DuckDB, polars, pandas, pyarrow): a `Table` of `Recording`."""
    def __iter__(self) -> Iterator[Recording]: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __contains__(self, id: str, /) -> bool: ...

@final
class Table(Generic[_Row]):
    """Rows of a store as a table: it implements the Arrow C stream interface, so that DuckDB, polars, pandas and pyarrow query
    it directly. Each column is named as the attribute of the row, but for times, which are timestamps in UTC.

    Iterating reads the store a page at a time and gives the rows themselves, in the order in which they were added; one
    that is added or removed meanwhile may or may not be among them. `len` counts the rows.
    """
    def __iter__(self) -> Iterator[_Row]: ...
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __class_getitem__(cls, key: Any) -> GenericAlias: ...

@final
class PeopleTable:
    """The people of an event, or of all, those who were merged into others too, as a table: it implements the Arrow C stream
    interface, so that DuckDB, polars, pandas and pyarrow query it directly. Each column is named as the attribute of
    `Person`, but for times, which are timestamps in UTC. The rows themselves are what `store.people(event)` gives.
    """
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class AllPeople:
    """The people of all events: `store.faces.people()`. Those of one are `store.people(event)`."""
    def table(self) -> PeopleTable:
        """The people of all events as a table for whatever reads Arrow (DuckDB, polars, pandas, pyarrow): a `PeopleTable`."""

@final
class Adding(Generic[_Added]):
    """Files that are being added; iterating gives an `AddedFile` (for photos an `AddedPhotoFile`) for each, as soon as it is
    committed or has failed.
    """
    @property
    def total(self) -> int | None:
        """Number of files; None until they are counted."""
    @property
    def done(self) -> int:
        """Number of files whose results were taken."""
    def close(self) -> None:
        """Cancels the rest: what is decoded by then is committed."""
    def __iter__(self) -> Adding[_Added]: ...
    def __next__(self) -> _Added: ...
    def __enter__(self) -> Adding[_Added]: ...
    def __class_getitem__(cls, key: Any) -> GenericAlias: ...
    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        value: BaseException | None = None,
        traceback: TracebackType | None = None,
        /,
    ) -> None: ...

@final
class Store:
    """A directory that keeps recordings, voices and faces, and finds them: one writer at a time, any number of readers, each
    call one transaction. One store may be used by any number of threads at once.

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
    def recordings(self) -> Recordings:
        """The recordings of the store: which one is this clip?"""
    @property
    def faces(self) -> Faces:
        """The faces of the store: the photos of events."""
    def people(self, event: str) -> People:
        """The people of an event: who is on its photos? There are none if there is no such event."""
    def forget(self, user_id: str) -> Forgotten:
        """Forgets a user everywhere, in one transaction: voiceprints and voice recordings as `Voices.forget_user`, faces as
        `Faces.forget_user`. Counts of 0 mean that there was nothing. The bytes leave the file with `compact`.
        """
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
        user_id: str | None = None,
        mode: str | None = None,
        metadata: Any = None,
        replace: bool = False,
        keep_silent: bool = False,
    ) -> Added:
        """As `store.recordings.add`: adds a recording, a path, bytes, a binary file object, a `Clip` or a `Fingerprint`."""
    def add_many(
        self,
        paths: _Path | Iterable[_Path],
        *,
        jobs: int = 0,
        progress: Callable[[int, int], object] | None = None,
        id_from: Literal["stem", "path"] = "stem",
        id_prefix: str = "",
        replace: bool = False,
        keep_silent: bool = False,
        track: int | None = None,
    ) -> Adding[AddedFile]:
        """As `store.recordings.add_many`: adds files, and the media files in directories."""
    def identify(
        self,
        source: _Sound | Clip | Fingerprint,
        *,
        limit: int = 5,
        threads: int = 0,
        exclude: Iterable[str] = (),
    ) -> Answer:
        """As `store.recordings.identify`: names a clip, a path, bytes, a binary file object, a `Clip` or a `Fingerprint`."""
    def stats(self) -> Stats:
        """Counts and sizes."""
    def compact(self) -> None:
        """Rewrites the file without the space of what was removed."""
    def check(self) -> list[str]:
        """Reads everything once and reports what is wrong; an empty list means the store is sound."""
    def export_parquet(self, directory: _Path) -> list[Path]:
        """Writes the tables into a folder, made if it does not exist, as recordings.parquet, voices.parquet, faces.parquet and
        people.parquet, and gives the paths of the files. Columns are those of the tables; a file takes the place of an older
        one only when it is complete.
        """
    def check_open(self) -> None:
        """Raises `ClosedError` if the store was closed, or belongs to the process that this one was forked from."""
    def close(self) -> None:
        """Closes the store; using it afterwards raises `ClosedError`. Closing twice is fine."""
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
    what an ONNX model runs on: "cpu", "cuda", or "auto" for a GPU if there is one. Any number of threads can use one
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
    def dimensions(self) -> int:
        """Length of the vectors."""
    @property
    def sample_rate(self) -> int:
        """Samples per second that the model works at; other sound is resampled."""
    @property
    def pipeline(self) -> str:
        """What distinguishes its vectors from those of others: front-end, model and version. A store holds vectors of one pipeline."""
    def embed(self, source: _Sound | Clip) -> npt.NDArray[np.float32]:
        """The voice in a path, bytes, a binary file object or a `Clip`: shape (dimensions,), float32, of unit length.

        To tell speakers apart give 3 s or more. Files are decoded block by block, so memory does not grow with the
        length. Raises `InvalidArgumentError` for less than 0.2 s, silence, or samples that are not finite, and what
        `decode` raises.
        """
    def embed_many(self, sources: _Sound | Clip | Iterable[_Sound | Clip]) -> npt.NDArray[np.float32]:
        """The voices in many sources, on all cores: shape (n, dimensions), float32, one row of unit length for each.

        Sources are pulled as the work goes on, and a bounded number is held at a time. Raises what `embed` raises for the
        first source that cannot be embedded; Ctrl-C stops it between sources.
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

def voice_quality(
    source: _Sound | Clip, *, gate: Literal["default", "short_utterance"] | None = "default"
) -> VoiceQuality:
    """How well somebody speaking was recorded: a `VoiceQuality`.

    `source` is a path, bytes, a binary file object or a `Clip`; of what is longer, the first ten minutes are measured.
    `gate` says what is good enough to enrol from: "default", "short_utterance" (1 to 10 s,
    measured after pauses are trimmed and the level is normalised) or None for anything.
    Raises `InvalidArgumentError` if a sample is not finite, and what `decode` raises.
    """

@final
class Voices:
    """The voices of a store: `store.voices`. `len` counts the people, `in` looks for a name.

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
        (n, dimensions), float32, as `embedder.embed_many` gives them. No rows take them away.
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

def explain(store: Store, source: _Sound, match: Match) -> str:
    """Why a clip was recognised, as the text of an SVG picture: its landmarks over those of the recording, and how many of
    them meet at which offset.

    `source` is the path, the bytes or the file object that was identified, `match` what `identify` gave for it. Of a long
    clip the first 30 seconds that match are drawn. Raises `NotFoundError` if the recording is not in the store, and what
    `decode` raises.
    """

def list_models(*, folder: _Path | None = None) -> list[models.RegistryEntry]:
    """All models in order of id: those that came with sonic, and those with a manifest in the folder. A list of
    `RegistryEntry`.

    `folder` is where model files are; None is `SONIC_MODELS`, or else `sonic/models` in the folder for the user's data.
    Raises `ModelError` if a manifest in the folder is wrong.
    """

def resolve_model(model: _Path, *, folder: _Path | None = None, commercial_only: bool = False) -> models.Model:
    """The files of a model: its id, or the path of a manifest or of an ONNX file. Nothing is fetched. A `Model`.

    With `commercial_only` models whose licence forbids commercial use are refused. Raises `NotFoundError` if there is no
    such model, `ModelError` if a file of it is not there or its licence is refused.
    """

def pull_model(
    model: _Path,
    *,
    folder: _Path | None = None,
    commercial_only: bool = False,
    accept_unverified: bool = False,
    mirror: str | None = None,
    offline: _Path | None = None,
    progress: Callable[[int, int | None], object] | None = None,
) -> models.Pulled:
    """Brings the files of a model into the folder, unless they are there and right, and gives where they are: a `Pulled`.
    Nothing else in sonic fetches anything.

    A file gets its name only when all of it is there and has the hash of the manifest; `accept_unverified` takes files of
    which no hash is known. `mirror` is the address of a folder with model files, `offline` a folder with them: then no
    other place is used. `progress` is called with the bytes of the present file that have come and all of them, None if
    that is not known; what it raises, and Ctrl-C, cancel the pull. Raises `NotFoundError` if there is no such model,
    `ModelError` if its licence is refused (`commercial_only`) or it cannot be verified, `MismatchError` for a wrong hash.
    """

def verify_model(model: _Path, *, folder: _Path | None = None) -> models.Verified:
    """Compares the files of a model with the hashes that they should have: a `Verified`, the worst of what is known about
    them. Raises `NotFoundError` if there is no such model.
    """

def decode_image(source: _Picture, *, max_pixels: int = 100_000_000) -> npt.NDArray[np.uint8]:
    """A picture as pixels: shape (h, w, 3), uint8, RGB, upright by its EXIF orientation.

    `source` is a path, bytes, a binary file object or an array. JPEG, PNG, WebP, GIF (the first frame), BMP and TIFF are
    known by their bytes; transparency is dropped. Raises `NotFoundError`, `MalformedError` if it is damaged or no picture,
    `UnsupportedError` for other kinds, `LimitError` if it has more than `max_pixels`. Of a JPEG that ends early the rest
    is grey.
    """

def align(source: _Picture, landmarks: npt.ArrayLike, size: int = 112) -> npt.NDArray[np.uint8]:
    """The face with these five points, upright in `size` x `size` pixels as embedders see it: uint8, RGB. What lies outside
    of the picture is black.
    """

def thumbnail(source: _Picture, bbox: Sequence[float], size: int = 160) -> npt.NDArray[np.uint8]:
    """The face with this box (x1, y1, x2, y2) and what is around it, `size` x `size` pixels, to be looked at: uint8, RGB."""

@final
class FaceAnalyzer:
    """Finds faces in pictures and makes embeddings of them: unit vectors, whose dot product says how alike two faces are.

    `detector` and `embedder` are ids of models, or paths of manifests (`.toml`) or of ONNX files with their manifests
    beside them. A bare ONNX file is known by its bytes, or else by its inputs and outputs: nine outputs of 1, 4 and 10
    numbers are SCRFD, outputs named `cls_8` and so on YuNet, 112 x 112 pixels to 512 numbers ArcFace, each fed as
    InsightFace and OpenCV do. Models run in ONNX Runtime, which is taken from the package `onnxruntime`.

    `det_size` is the side of the square that a picture is fitted into, a multiple of 32; None for 128 and 640 both, which
    finds faces that fill the picture too. With `own_size=True` it is looked at in its own size instead. `threshold` is the
    least score of a face (None: 0.5, YuNet 0.6), `nms` the most that two may overlap, `max_faces` the most of a picture,
    the surest. `threads` is how many one call uses (0: as many as there are cores), `provider` what the models run on:
    "cpu", "cuda", or "auto". Any number of threads can use one analyzer at once. Raises `NotFoundError` if there is no
    such model, `ModelError` if its file or the runtime is missing or damaged, or it is for something else.
    """
    def __new__(
        cls,
        detector: _Path = "yunet",
        embedder: _Path = "sface",
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
    def dimensions(self) -> int:
        """Length of the embeddings."""
    @property
    def pipeline(self) -> str:
        """What distinguishes its embeddings from those of others: alignment, how faces are fed, model and version. The detector is no
        part of it. A store holds faces of one pipeline.
        """
    def analyze(self, source: _Picture) -> list[Face]:
        """The faces in a picture, the surest first; an empty list if there is none.

        A picture is a path, bytes, a binary file object, or a uint8 array: (h, w, 3) RGB, (h, w) grey or (h, w, 4) RGBA, a
        picture of PIL too. Files are turned upright by their EXIF orientation, arrays are taken as they are. Raises what
        `decode_image` raises.
        """
    def analyze_many(
        self, sources: Iterable[_Picture], *, progress: Callable[[int, int | None], object] | None = None
    ) -> list[list[Face]]:
        """The faces in each of many pictures, in their order, on all cores.

        Pictures are pulled as the work goes on, and a bounded number is in memory at a time. `progress` is called with the
        number of pictures that are done and of all, None if `sources` does not know its length. Raises the error of the
        first picture that has one; Ctrl-C stops it between pictures.
        """
    def detect(self, source: _Picture) -> list[Detection]:
        """The places of the faces in a picture, the surest first, without embeddings: a list of `Detection`."""
    def embed(self, source: _Picture, landmarks: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """The embeddings of faces whose five points are known: for points of shape (5, 2) an array of shape (dimensions,), for
        (n, 5, 2) one of shape (n, dimensions), float32, of unit length.
        """

@final
class Faces:
    """The faces of a store: `store.faces`. `len` counts them.

    Photos belong to events, and have ids that are unique in their event. All embeddings of a store are of one pipeline,
    that of the first: one of another is a `MismatchError`. Each call is one transaction: it happens as a whole or not at
    all. Faces and people are named by numbers, which are never given again; where an id is taken, so is the row itself.
    """
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
    ) -> AddedPhoto:
        """Adds a photo, a path, bytes or a binary file object, with the faces that `analyzer` finds in it. An `AddedPhoto`.

        A photo that the event has, by its `photo_id` or without one by its bytes, is not decoded again. Without an id a
        file is named by its name; everything else needs one. Of each face a small JPEG of `thumbnail_size` pixels is kept,
        None keeps none. `metadata` is anything that JSON can hold. Raises `MismatchError` if the store's faces were embedded
        by another model, `InvalidArgumentError` if the event is archived, and what `decode_image` raises.
        """
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
    ) -> Adding[AddedPhotoFile]:
        """Adds photos, and those in directories, to an event, with the faces that `analyzer` finds: the next are decoded, on
        `jobs` threads (0: as many as there are cores), while faces are looked for in these.

        Gives an iterator of `AddedPhotoFile`, each as soon as it is committed or has failed; one bad file does not stop the
        others, and a photo whose bytes are in the event is not decoded again. Leaving the loop, `close()` on the iterator
        and Ctrl-C end the work. `progress` is called with the number of files that are done and of all files.
        `thumbnail_size` is as in `add_photo`. Raises `MismatchError` if the store's faces were embedded by another model,
        `InvalidArgumentError` if the event is archived, `IoError` if another process is writing.
        """
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
    ) -> AddedPhoto:
        """Keeps a photo whose faces were found before, an iterable of `Face`; none is fine: a photo without a face is kept
        too, so that it need not be analysed again.

        A photo of this id that the event has stays as it is, unless `replace` is true: then a new face that lies where an
        old one did keeps its id, its person and what the user said about it. `created_at_ms` 0 is now; `metadata` is
        anything that JSON can hold. Raises `InvalidArgumentError` if a number is not finite, an embedding is not a
        direction or the event is archived, `MismatchError` if an embedding is of another pipeline than the store's.
        """
    def photo(self, event: str, photo_id: str) -> Photo | None:
        """The photo of an event with this id; None if there is none."""
    def photos(self, event: str) -> EventPhotos:
        """The photos of an event, in the order in which they were added; none if there is no such event."""
    def faces_of(self, event: str, photo_id: str) -> list[StoredFace]:
        """The faces of a photo, in the order in which they were given. Raises `NotFoundError` if there is no such photo."""
    def get(self, face_id: _Face) -> StoredFace | None:
        """The face with this id; None if there is none."""
    def embedding(self, face_id: _Face) -> npt.NDArray[np.float32] | None:
        """The embedding of a face: shape (dimensions,), float32, of unit length; None if there is no such face or its event was
        archived.
        """
    def thumbnail(self, face_id: _Face, size: int = 160) -> bytes | None:
        """A small JPEG of a face: the one that was kept with it, or else cut out of the photo's file, `size` pixels wide. None
        if there is neither.
        """
    def search(
        self,
        face: Face | npt.ArrayLike,
        *,
        events: Iterable[str] = (),
        threshold: float = 0.4,
        limit: int = 10,
        exclude: Iterable[_Face] = (),
        threads: int = 0,
    ) -> list[SimilarFace]:
        """The faces that look most alike, whoever they are of: a list of `SimilarFace`, the likest first.

        `face` is a `Face`, or an embedding of shape (dimensions,), which is taken for one of the store's pipeline. At most
        `limit` faces are given, of a cosine of at least `threshold`, of photos of `events` (all if it is empty), none whose
        id is in `exclude`. `threads` is how many share the work (0: as many as there are cores). Raises `NotFoundError` if
        there is no such event, `MismatchError` if the face is of another pipeline than the store's.
        """
    def remove_photo(self, event: str, photo_id: str) -> Photo:
        """Removes a photo with its faces and gives its row. People who are seen nowhere else go too, unless the user has
        decided something about them. Raises `NotFoundError` if there is no such photo.
        """
    def events(self) -> list[Event]:
        """Every event with its counts, in the order in which they were made."""
    def event(self, name: str) -> Event | None:
        """The event of this name with its counts; None if there is none."""
    def remove_event(self, event: str) -> ForgottenFaces:
        """Removes an event: its photos, faces, people and tags. Counts of 0 mean that there was nothing. The bytes leave the
        file with `Store.compact`.
        """
    def forget_user(self, user_id: str) -> ForgottenFaces:
        """Forgets a user's face, in every event: the people that were linked to the user, their faces with the
        embeddings, their tags, and the user's name on photos they brought. The photos stay, with the others on them.
        """
    def archive(self, event: str) -> ArchivedEvent:
        """Removes the embeddings of an event; photos, faces and people stay as they are, and nothing can be clustered or
        searched there any more. Archiving twice is fine. Raises `NotFoundError` if there is no such event.
        """
    def tags_of_user(self, user_id: str) -> list[Tag]:
        """The photos, in all events, that show a user: a list of `Tag`, in order of event and photo."""
    def table(self, event: str | None = None) -> Table[StoredFace]:
        """The faces of an event, or of all, as a table for whatever reads Arrow (DuckDB, polars, pandas, pyarrow): a `Table` of
        `StoredFace`, in the order in which they were added; its column `embedding` holds the vectors. It has no rows if there
        is no such event.
        """
    def people(self) -> AllPeople:
        """The people of all events; those of one are `store.people(event)`."""
    def stats(self) -> FaceStats:
        """Counts."""
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...

@final
class EventPhotos:
    """The photos of an event, in the order in which they were added. `len` counts them.

    Iterating reads the store a page at a time and gives `Photo`s; one that is added or removed meanwhile may or may not be
    among them.
    """
    def __iter__(self) -> Iterator[Photo]: ...
    def __len__(self) -> int: ...

@final
class People:
    """The people of an event: `store.people(event)`. `len` counts them, iterating gives them, without those who were merged
    into others.

    What the user decides stays: a decision about a person holds the person, and the faces it has then, through every
    clustering that follows. Two faces of one photo are never one person. Each call is one transaction. A person is named
    by its id or its row, and so is a face; `NotFoundError` is raised if the event has none of that id, and
    `InvalidArgumentError` if the person was merged into another.
    """
    @property
    def event(self) -> str:
        """The event."""
    def cluster(
        self,
        *,
        preset: Literal["default", "dbscan"] = "default",
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
        min_size: float | None = None,
        min_sharpness: float | None = None,
        single_quality: float | Literal[False] | None = None,
        threads: int = 0,
        progress: Callable[[float], object] | None = None,
    ) -> ClusterReport:
        """Finds out who is on the photos: clusters the faces, and gives each cluster the person it was before. A
        `ClusterReport`.

        Options that are None are those of the `preset`: "default", or "dbscan" (DBSCAN of the
        unassigned faces). `mode` is "full" (all faces may move but those that a decision holds) or "incremental"
        (only unassigned ones), `method` "hdbscan" or "dbscan". From a cosine of `assign_similarity` on a face
        is of a person who is there, compared with the "mean" of the person's faces or its "representative"
        (`assign_to`). `min_cluster_size`, `min_samples` and `epsilon` (a cosine distance) are those of the method. A
        face less like the others of its cluster than `min_similarity` is left out; faces left over are one person, or
        join the one they are most like, from `gather_similarity` on (False: never). Faces of a score below
        `min_quality`, smaller than `min_size` pixels or of a lower sharpness than `min_sharpness` take no part in
        clusters; from `single_quality` on a face that is like no other is a person too (False: never). `progress` is
        called with the part that is done, 0 to 1; what it raises before 1, and Ctrl-C, end the work, and nothing is
        changed then.
        """
    def list(self) -> _List[Person]:
        """Everybody but those who were merged into others, in the order in which they were found."""
    def get(self, person_id: _Person) -> Person | None:
        """The person with this id, one that was merged into another too; None if there is none."""
    def faces_of(self, person: _Person) -> _List[StoredFace]:
        """The faces of a person, in the order in which they were added: a list of `StoredFace`."""
    def unassigned(self) -> _List[StoredFace]:
        """The unassigned faces, in the order in which they were added: a list of `StoredFace`."""
    def tags(self) -> _List[Tag]:
        """Which photos show which linked user: a list of `Tag`, in order of photo and user."""
    def link(self, person: _Person, user_id: str) -> Person:
        """Says which user a person is; anybody may be linked anew, and several people may be one user."""
    def invite(self, person: _Person, email: str) -> Person:
        """Notes that somebody was invited to say that it is they."""
    def rename(self, person: _Person, name: str | None) -> Person:
        """Gives a person a name for people, or with None takes it away."""
    def ignore(self, person: _Person) -> Person:
        """Says that who it is does not matter. The person goes on gathering faces, so that they do not come back as
        somebody new.
        """
    def unignore(self, person: _Person) -> Person:
        """Takes back that a person is ignored: it is linked, invited or pending as it was before."""
    def merge(self, person: _Person, into: _Person) -> MergedPeople:
        """Says that two people are one: the faces of `person` are those of `into` from now on. Where a photo has both, the
        face that is less like the rest is unassigned. A `MergedPeople`. Raises `MismatchError` if they were said not to
        be the same, or are linked to different users.
        """
    def split(self, person: _Person, faces: Iterable[_Face]) -> Person:
        """Says that some faces of a person are somebody else, and gives that new person. The two are never one again."""
    def create(self, faces: Iterable[_Face]) -> Person:
        """Makes a person of faces, whoever they were of before."""
    def assign(self, face: _Face, person: _Person) -> Person:
        """Says that a face is of a person. A face of the same photo that clustering gave to the person is taken from it.
        Raises `MismatchError` if the person has another face of the same photo by decision.
        """
    def unassign(self, face: _Face) -> Person | None:
        """Says that a face is not of the person it is put to; it is unassigned then. Gives that person; None if the face was
        unassigned before.
        """
    def not_person(self, face: _Face, person: _Person) -> Person:
        """Says that a face is not of a person, whether it is put there or not."""
    def not_same(self, a: _Person, b: _Person) -> None:
        """Says that two people are not the same, so that they are never merged."""
    def maybe_same(self, a: _Person, b: _Person) -> None:
        """Takes back that two people are not the same."""
    def pin_representative(self, person: _Person, face: _Face | None) -> Person:
        """Makes a face stand for its person, or with None again the one of the greatest score."""
    def forget_user(self, user_id: str) -> ForgottenFaces:
        """As `Faces.forget_user`, in this event only."""
    def report(self, *, max_faces: int = 60, thumbnail_size: int = 160, date: str | None = None) -> str:
        """The people as one HTML page to look at, without scripts, that loads nothing: a row a person, then the unassigned
        faces, at most `max_faces` of each. `date` is what it says about when it was made. Raises `NotFoundError` if there
        is no such event.
        """
    def forget_person(self, person: _Person) -> ForgottenFaces:
        """Forgets a person, with those that were merged into it: all their faces with the embeddings, and their tags. The
        photos stay, with the others on them.
        """
    def remove(self) -> ForgottenFaces:
        """As `Faces.remove_event`."""
    def archive(self) -> ArchivedEvent:
        """As `Faces.archive`."""
    def table(self) -> PeopleTable:
        """The people as a table for whatever reads Arrow (DuckDB, polars, pandas, pyarrow): a `PeopleTable`."""
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
) -> npt.NDArray[np.int64]:
    """The cluster of each row: an array of shape (n,), int64, numbered from 0 in the order of first rows; -1 is noise.

    `x` is array-like of shape (n, d), compared as float32. A row with a number that is not finite is noise and has no
    influence on others. `metric` is "euclidean" or "cosine" (1 less the cosine). `method` is "hdbscan" (clusters of any
    density; `HDBSCAN` describes its options) or "dbscan": rows nearer to each other than `epsilon` (0.5) are neighbours,
    `min_samples` (5) of them, itself included, make a row the core of a cluster. With "hdbscan" `epsilon` is another name
    of `cluster_selection_epsilon`. `threads` is how many work (0: as many as there are cores); labels are the same for any
    number. `progress` is called with the part that is done, 0 to 1. Raises `InvalidArgumentError` if `x` has another
    shape, or an option is out of its range.
    """

@final
class Clustering:
    """A clustering by HDBSCAN that predicts where new rows belong: what `sonic.HDBSCAN` keeps after `fit`."""
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
    def labels(self) -> npt.NDArray[np.int64]:
        """The cluster of each row: shape (n,), int64; -1 for noise."""
    @property
    def probabilities(self) -> npt.NDArray[np.float32]:
        """How firmly each row belongs to its cluster, 0 to 1: shape (n,), float32."""
    @property
    def outlier_scores(self) -> npt.NDArray[np.float32]:
        """How far each row lies outside of what is dense near it, 0 to 1: shape (n,), float32."""
    @property
    def rows(self) -> npt.NDArray[np.float32]:
        """The rows that were clustered: shape (n, d), float32."""
    @property
    def dimensions(self) -> int:
        """Numbers of a row."""
    def predict(self, x: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The cluster that each of other rows would join, and how firmly."""
