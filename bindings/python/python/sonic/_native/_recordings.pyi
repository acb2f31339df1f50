"""The recordings of a store."""

from collections.abc import Callable, Iterable, Iterator
from types import GenericAlias, TracebackType
from typing import Any, Generic, Literal, TypeVar, final, overload

import numpy as np
import numpy.typing as npt

from .._results import Added, AddedFile, Answer, Match, Recording, RecordingPage
from ._monitor import Airings, Monitor, RecordingQuery
from ._sound import Clip, Fingerprint
from ._store import Store
from ._tables import Table
from ._types import AnyPath, AnySound

_Added = TypeVar("_Added", covariant=True)

@final
class Recordings:
    """The recordings of a store: `store.recordings`. `len` counts them, `in` looks for an id, and iterating gives each as a
    `Recording`, in the order in which they were added.

    Iterating reads the store a page at a time; a recording that is added or removed meanwhile may or may not be among
    them. Each call is one transaction: it happens as a whole or not at all.
    """
    def add(
        self,
        source: AnySound | Clip | Fingerprint,
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
        paths: AnyPath | Iterable[AnyPath],
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
        source: AnySound | Clip | Fingerprint,
        *,
        limit: int = 5,
        threads: int = 0,
        exclude: Iterable[str] = (),
    ) -> Answer:
        """Names a clip: a `Fingerprint`, a `Clip`, a path, bytes or a binary file object.

        At most `limit` matches are given, and always every piece of a long clip that was recognised, on `threads` threads (0: as many as there are cores), none of the recordings
        whose ids are in `exclude`. Raises `MismatchError` if the fingerprint is of another pipeline than the store, and
        what `decode` raises.
        """
    def query(self, *, limit: int = 5, threads: int = 0, exclude: Iterable[str] = ()) -> RecordingQuery:
        """A query whose clip comes piece by piece, each a `Fingerprint`, as `Fingerprinter.take` gives them: a
        `RecordingQuery`. The arguments are those of `identify`.
        """
    @overload
    def monitor(
        self,
        stream: None = None,
        *,
        sample_rate: int | None = None,
        threads: int = 1,
        exclude: Iterable[str] = (),
        window: int = 3,
        gap_threshold_ms: float = 100.0,
    ) -> Monitor:
        """What plays on a stream, as it comes: an `Airing` when a recording is recognised, after 2 to 6 s, and once more when it
        ended, mostly within 1 s, later where the recording itself pauses at that place.

        `stream` is a path, the bytes of a file or a binary file object, which need not end, or an iterable of slices, as
        `PushDecoder` takes them; iterating gives what plays. Without one it gives a `Monitor`, to which slices are pushed. With
        `sample_rate` slices are raw mono float32 samples. None of the recordings whose ids are in `exclude` is looked for, and
        a search takes `threads` threads (0: as many as there are cores). `window` and `gap_threshold_ms` are those of
        `PushDecoder`. Every piece of 5 s or more is found, whole or in part; recordings that were imported without their sound
        are not. Raises `InvalidArgumentError` for options out of range, and what `decode` raises.
        """
    @overload
    def monitor(
        self,
        stream: AnySound | Iterable[bytes | bytearray | memoryview],
        *,
        sample_rate: int | None = None,
        threads: int = 1,
        exclude: Iterable[str] = (),
        window: int = 3,
        gap_threshold_ms: float = 100.0,
    ) -> Airings:
        """What plays on a stream, as it comes: an `Airing` when a recording is recognised, after 2 to 6 s, and once more when it
        ended, mostly within 1 s, later where the recording itself pauses at that place.

        `stream` is a path, the bytes of a file or a binary file object, which need not end, or an iterable of slices, as
        `PushDecoder` takes them; iterating gives what plays. Without one it gives a `Monitor`, to which slices are pushed. With
        `sample_rate` slices are raw mono float32 samples. None of the recordings whose ids are in `exclude` is looked for, and
        a search takes `threads` threads (0: as many as there are cores). `window` and `gap_threshold_ms` are those of
        `PushDecoder`. Every piece of 5 s or more is found, whole or in part; recordings that were imported without their sound
        are not. Raises `InvalidArgumentError` for options out of range, and what `decode` raises.
        """
    def get(self, id: str) -> Recording | None:
        """The recording with this id; None if there is none."""
    def page(self, after: int = 0, limit: int = 256) -> RecordingPage:
        """At most `limit` recordings after a place, which is 0 or `next` of the page before: a `RecordingPage`."""
    def id_of_source(self, source_hash: str) -> str | None:
        """The id of the recording whose source bytes have this hash, as `Recording.source_hash` has it; None if there is none."""
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

def explain(store: Store, source: AnySound, match: Match) -> str:
    """Why a clip was recognised, as the text of an SVG picture: its landmarks over those of the recording, and how many of
    them meet at which offset.

    `source` is the path, the bytes or the file object that was identified, `match` what `identify` gave for it. Of a long
    clip the first 30 seconds that match are drawn. Raises `NotFoundError` if the recording is not in the store, and what
    `decode` raises.
    """
