from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, final

import numpy as np
import numpy.typing as npt

from ._results import Added, AddedFile, Answer, Recording, Stats

class _BinaryFile(Protocol):
    def read(self, size: int, /) -> bytes: ...

_Path: TypeAlias = str | PathLike[str]
_Sound: TypeAlias = _Path | bytes | bytearray | memoryview | _BinaryFile

__version__: str
__all__ = [
    "Adding",
    "Clip",
    "Fingerprint",
    "Fingerprinter",
    "Recordings",
    "Store",
    "__version__",
    "decode",
    "fingerprint",
    "run_command",
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
class Adding:
    """Files that are being added; iterating gives an `AddedFile` for each, as soon as it is committed or has failed."""
    @property
    def total(self) -> int | None:
        """Number of files; None until they are counted."""
    @property
    def done(self) -> int:
        """Number of files whose results were taken."""
    def close(self) -> None:
        """Ends the work; what is decoded by then is committed, the rest is left."""
    def __iter__(self) -> Adding: ...
    def __next__(self) -> AddedFile: ...
    def __enter__(self) -> Adding: ...
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
    ) -> Adding:
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

def run_command(arguments: Sequence[str]) -> int:
    """Runs the `sonic` command; the first argument is the program's name. Gives the exit status."""
