"""Snapshots of stores in object storage."""

from collections.abc import Callable
from types import TracebackType
from typing import Literal, final

from .. import snapshots
from ._store import Store
from ._types import AnyPath

def push_snapshot(
    store: Store,
    url: str,
    *,
    endpoint: str | None = None,
    credentials: AnyPath | None = None,
    connections: int = 8,
    bytes_per_second: int | None = None,
    progress: Callable[[int, int | None], object] | None = None,
) -> snapshots.Pushed:
    """Makes what a store holds the current snapshot of a bucket: a `Pushed`. Only chunks that the bucket lacks are sent, and it is
    published in one step. The store must be the current snapshot with something added: pulled or pushed last as that, or new as
    the bucket is.

    `url` is s3://bucket/prefix, az://container/prefix, gs://bucket/prefix or file:///folder. Keys come from the environment
    (`AWS_ACCESS_KEY_ID`, ...) or from `credentials`, a file with one NAME=value a line; `endpoint` is a server in the place of the
    usual one. `progress` is called with the bytes that are done and all of them, None while that is not known; what it raises,
    and Ctrl-C, cancel the push. Raises `MismatchError` if another snapshot is the current one, `IoError` if the bucket cannot be
    reached or refuses: nothing is published then.
    """

def pull_snapshot(
    directory: AnyPath,
    url: str,
    *,
    endpoint: str | None = None,
    credentials: AnyPath | None = None,
    connections: int = 8,
    bytes_per_second: int | None = None,
    progress: Callable[[int, int | None], object] | None = None,
) -> snapshots.Pulled:
    """Makes the store in a directory, made if it does not exist, the current snapshot of a bucket: a `Pulled`. Chunks that the store
    has already are not received. It takes the place of the store in one step; what had come when it ends early is kept for the
    next pull.

    `url` and the options are those of `push`; it may be https://host/prefix of a server of static files too. Raises
    `NotFoundError` if there is no snapshot, `MismatchError` if the store has changes that are in no snapshot or has forgotten
    somebody whom the snapshot has, `MalformedError` if a chunk is damaged or missing: the store is as it was then.
    """

def list_snapshots(
    url: str, *, endpoint: str | None = None, credentials: AnyPath | None = None
) -> list[snapshots.Snapshot]:
    """The snapshots of a bucket that can be pulled or rolled back to, the current one first: a list of `Snapshot`.

    `url` and the options are those of `push`.
    """

def prune_snapshots(
    url: str,
    *,
    keep: int = 1,
    grace: float = 3600.0,
    endpoint: str | None = None,
    credentials: AnyPath | None = None,
    progress: Callable[[int, int | None], object] | None = None,
) -> snapshots.Pruned:
    """Removes all but the newest snapshots of a bucket, and chunks that none of those needs: a `Pruned`.

    `keep` snapshots stay, one at least, and what is younger than `grace` seconds, which is less than an hour only if nobody pushes
    or pulls. `url` and the other options are those of `push`.
    """

def rollback_snapshot(
    url: str,
    *,
    to: int | None = None,
    endpoint: str | None = None,
    credentials: AnyPath | None = None,
    progress: Callable[[int, int | None], object] | None = None,
) -> snapshots.Snapshot:
    """Makes a snapshot from before the current one again, number `to` or the one before the current, under a new number: the new
    `Snapshot`. Whom the store has forgotten since is forgotten in it first. `url` and the options are those of `push`. Raises
    `NotFoundError` if there is no such snapshot any more.
    """

@final
class Follower:
    """Keeps a store at the current snapshot of a bucket until it is stopped or dropped: see `Store.follow`."""

    def stop(self) -> None:
        """Ends it, and waits for that; a pull that is under way is given up. Stopping twice is fine."""

    def __enter__(self) -> Follower: ...
    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        value: BaseException | None = None,
        traceback: TracebackType | None = None,
        /,
    ) -> None: ...

@final
class Writer:
    """A store that is kept in a bucket, to which one instance at a time writes: who has the lease of the bucket.

    Opens the store in `directory`, made of the current snapshot of the bucket at `url` if it does not exist. If no other instance
    writes there this one does; else it follows, its writes raise `BusyError` with `retry_after` in seconds, and it takes over
    when the other ends or was not heard of for a `term`, in seconds. `durable` is "bucket" (the default: a write returns when it
    is kept in the bucket, and is there though the disk is gone) or "disk" (what was written since the last push is lost with the
    disk). Whom `Store.forget` removes is gone from the journal of the bucket too when it returns. The other options are those of
    `push`. Raises `MismatchError` if the store has changes of its own and the bucket others. A context manager.
    """
    def __new__(
        cls,
        directory: AnyPath,
        url: str,
        *,
        durable: Literal["bucket", "disk"] = "bucket",
        term: float = 15.0,
        endpoint: str | None = None,
        credentials: AnyPath | None = None,
        connections: int = 8,
        bytes_per_second: int | None = None,
    ) -> Writer: ...
    @property
    def store(self) -> Store:
        """The store."""
    @property
    def is_writing(self) -> bool:
        """True if this instance writes; else another does, and this one follows."""
    def wait_until_writing(self, timeout: float = 30.0) -> None:
        """Waits until this instance writes. Raises `BusyError` if another does for `timeout` seconds."""
    def push(self, *, progress: Callable[[int, int | None], object] | None = None) -> snapshots.Pushed:
        """Makes what the store holds the current snapshot of the bucket: a `Pushed`. Writes go on meanwhile; the next instance begins
        with it. `progress` is that of `push`. Raises `BusyError` if another instance writes.
        """
    def close(self) -> None:
        """Ends it, and waits for that: the next instance need not wait. Closing twice is fine."""

    def __enter__(self) -> Writer: ...
    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        value: BaseException | None = None,
        traceback: TracebackType | None = None,
        /,
    ) -> None: ...
