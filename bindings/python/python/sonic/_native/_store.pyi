"""A store of recordings, voices and faces."""

from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, final

from .._face_results import Forgotten
from .._results import Added, AddedFile, Answer, Salvaged, Stats
from ._faces import Faces
from ._imported import Imported
from ._people import People
from ._recordings import Adding, Recordings
from ._snapshots import Follower
from ._sound import Clip, Fingerprint
from ._types import AnyPath, AnySound
from ._voices import Voices

@final
class Store:
    """A directory that keeps recordings, voices and faces, and finds them: one writer at a time, any number of readers, each
    call one transaction. One store may be used by any number of threads at once.

    `access` is "create" (the default: made if it does not exist), "read_write" or "read_only". `map_size` is the bytes
    of address space to reserve at first; it grows by itself. `verify` says how far the file is looked at first, as a damaged
    page, followed without a look, would end the process: "auto" (the pages, unless the file is as a process that had the
    store open left it, or another process has it open), "full" (the pages in any case; about a second a gigabyte) or
    "never". A handle that is read_only never writes, whatever others of the process do. Raises `NotFoundError` if there is no store and it may not
    be made, `InvalidArgumentError` if `path` is a file, `MismatchError` if its format is another, `MalformedError` if it
    is damaged.
    """
    def __new__(
        cls,
        path: AnyPath,
        *,
        access: Literal["create", "read_write", "read_only"] = "create",
        map_size: int = 1073741824,
        verify: Literal["never", "auto", "full"] = "auto",
    ) -> Store: ...
    @property
    def path(self) -> Path:
        """The directory of the store."""
    @property
    def recordings(self) -> Recordings:
        """The recordings of the store: which one is this clip?"""
    @property
    def imported(self) -> Imported:
        """The recordings that were imported without their sound."""
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
        """As `store.recordings.add`: adds a recording, a path, bytes, a binary file object, a `Clip` or a `Fingerprint`."""
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
        """As `store.recordings.add_many`: adds files, and the media files in directories."""
    def identify(
        self,
        source: AnySound | Clip | Fingerprint,
        *,
        limit: int = 5,
        threads: int = 0,
        exclude: Iterable[str] = (),
    ) -> Answer:
        """As `store.recordings.identify`: names a clip, a path, bytes, a binary file object, a `Clip` or a `Fingerprint`."""
    def follow(
        self,
        url: str,
        *,
        interval: float = 30.0,
        endpoint: str | None = None,
        credentials: AnyPath | None = None,
        bytes_per_second: int | None = None,
    ) -> Follower:
        """Keeps the store at the current snapshot of a bucket until the `Follower` is stopped or dropped, or the store is closed. A
        thread looks for a new one every `interval` seconds; the store turns to it with the next call, and no call waits for it or
        fails. If it cannot be pulled `stats().follow_error` says why, the store stays as it is, and it is tried again. The store
        may be open for reading only. `url` and the other options are those of `sonic.snapshots.pull`.
        """

    def stats(self) -> Stats:
        """Counts and sizes."""
    def compact(self) -> None:
        """Rewrites the file without the space of what was removed."""
    def check(self) -> list[str]:
        """Reads everything once and reports what is wrong; an empty list means the store is sound."""
    @staticmethod
    def salvage(source: AnyPath, target: AnyPath, *, progress: Callable[[int, None], object] | None = None) -> Salvaged:
        """Saves what is whole of the store in directory `source`, to which nobody writes meanwhile, to a new store in directory
        `target`. What was removed does not come back, but see `may_lack_last_change`; what needs a row that is lost goes with
        it. `progress` is called with the number of rows that were saved, and None, now and then. `source` is only read; if the
        call raises nothing is left in `target`.
        """
    def export_parquet(self, directory: AnyPath) -> list[Path]:
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
