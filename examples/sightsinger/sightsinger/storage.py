"""What is kept: objects and documents in a bucket, which is the only thing that outlives a process."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import sonic
from sonic.remote import Bucket, ObjectInfo

_MAX_DOCUMENT = 4 * 1024 * 1024
_TRIES = 50


class Objects(Protocol):
    """What is used of a `sonic.remote.Bucket`."""

    def get(
        self, name: str, *, start: int = 0, end: int | None = None, max_bytes: int = ...
    ) -> tuple[ObjectInfo, bytes]:
        """An object."""

    def head(self, name: str) -> ObjectInfo | None:
        """What there is under a name."""

    def put(self, name: str, data: bytes, *, if_absent: bool = False, if_tag: str | None = None) -> str:
        """Writes an object."""

    def delete(self, name: str) -> None:
        """Removes an object."""

    def list(self, folder: str = "") -> list[ObjectInfo]:
        """Objects of a folder."""

    def download(self, name: str, path: Path) -> int:
        """Copies an object into a file."""


@dataclass(frozen=True, slots=True)
class Document:
    """An object in JSON."""

    name: str
    """The name of the object."""
    tag: str
    """What it had when it was read or written."""
    data: dict[str, Any]
    """What is in it."""


def open_objects(url: str, timeout_s: float) -> Objects:
    """The objects at an address."""
    return Bucket(url, timeout=timeout_s)


def read(objects: Objects, name: str) -> Document | None:
    """A document; None if there is none."""
    try:
        info, data = objects.get(name, max_bytes=_MAX_DOCUMENT)
    except sonic.NotFoundError:
        return None
    return Document(name, info.tag, json.loads(data))


def write(objects: Objects, name: str, data: dict[str, Any], tag: str | None) -> Document:
    """Writes a document that has `tag`, or that there is not yet. Raises `sonic.MismatchError` if it is otherwise."""
    # Two that are written are never equal, so what has these bytes was written here.
    data = {**data, "nonce": secrets.token_hex(8)}
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    tag = objects.put(name, body, if_absent=True) if tag is None else objects.put(name, body, if_tag=tag)
    return Document(name, tag, data)


def update(objects: Objects, name: str, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Document | None:
    """Changes a document that others change too; None if there is none. `change` gives the new, or None to leave it.

    It is called again if somebody else was faster.
    """
    for _ in range(_TRIES):
        found = read(objects, name)
        if found is None:
            return None
        data = change(dict(found.data))
        if data is None:
            return found
        try:
            return write(objects, name, data, found.tag)
        except sonic.MismatchError:
            continue
    raise sonic.BusyError(f"{name} is changed by too many at once", 1.0)
