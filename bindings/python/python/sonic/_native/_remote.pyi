"""Objects in a bucket."""

from typing import final

from .. import remote
from ._types import AnyPath

@final
class Bucket:
    """Objects in a bucket or in a folder, by name: any number of threads can use one at once.

    `url` and the options are those of `sonic.snapshots.push`; a call takes at most `timeout` seconds with its retries. Names are
    paths below it, such as "jobs/1.json". Every call may be ended by Ctrl-C, and raises `IoError` if the bucket cannot be reached in time or
    refuses, `InvalidArgumentError` for a name that is none.
    """

    def __new__(
        cls,
        url: str,
        *,
        endpoint: str | None = None,
        credentials: AnyPath | None = None,
        connections: int = 8,
        timeout: float = 60.0,
    ) -> Bucket: ...
    @property
    def url(self) -> str:
        """The address."""
    def get(
        self, name: str, *, start: int = 0, end: int | None = None, max_bytes: int = 268435456
    ) -> tuple[remote.ObjectInfo, bytes]:
        """An object: its `ObjectInfo` and its bytes, all or those from `start` to before `end`, as far as there are any. Raises `NotFoundError` if
        there is none of that name, `LimitError` if they are more than `max_bytes`.
        """
    def head(self, name: str) -> remote.ObjectInfo | None:
        """What there is under a name: an `ObjectInfo`, None if nothing is."""
    def put(self, name: str, data: bytes | bytearray, *, if_absent: bool = False, if_tag: str | None = None) -> str:
        """Writes an object in one step: its new tag. With `if_absent` only if there is none of that name, with `if_tag` only if it has
        this tag; raises `MismatchError` otherwise. An object that has these very bytes already meets both.
        """
    def delete(self, name: str) -> None:
        """Removes an object; one that is not there is removed already."""
    def list(self, folder: str = "") -> list[remote.ObjectInfo]:
        """The objects of a folder and of those below it, by name; of all without one: a list of `ObjectInfo`."""
    def download(self, name: str, path: AnyPath) -> int:
        """Copies an object of any size into a file, piece by piece: its bytes. The file is not whole after an error. Raises `NotFoundError` if
        there is no such object.
        """
