"""What can go wrong: one exception for each kind of error, named after it.

Each is also the built-in exception that a caller would expect, so `except OSError` and `except ValueError` work.
"""

from typing import ClassVar


class SonicError(Exception):
    """Any error of sonic; `kind` is its kind in snake case, the same in every language."""

    kind: ClassVar[str] = "internal"


class InvalidArgumentError(SonicError, ValueError, TypeError):
    """An argument is of the wrong type or outside its documented range: correct the call."""

    kind = "invalid_argument"


class NotFoundError(SonicError, LookupError, FileNotFoundError):
    """The named file, recording or row does not exist."""

    kind = "not_found"


class MalformedError(SonicError, ValueError):
    """The bytes are damaged or are not what they claim to be."""

    kind = "malformed"


class UnsupportedError(SonicError, ValueError):
    """The input is valid but of a kind that this build cannot handle."""

    kind = "unsupported"


class LimitError(SonicError, ValueError):
    """A stated limit on size, count or memory was reached."""

    kind = "limit"


class MismatchError(SonicError, ValueError):
    """Two things that must agree do not: pipelines, format versions, identities."""

    kind = "mismatch"


class IoError(SonicError, OSError):
    """The operating system refused: disk full, permission, lock."""

    kind = "io"


class ModelError(SonicError, RuntimeError):
    """A model or its runtime is missing or does not fit."""

    kind = "model"


class ClosedError(SonicError, ValueError):
    """The handle was closed, or belongs to the process that this one was forked from: open it again."""

    kind = "closed"


class InternalError(SonicError, RuntimeError):
    """A bug in sonic: please report it."""

    kind = "internal"


class BusyError(SonicError, RuntimeError):
    """Somebody else is writing: try again later, after `retry_after` seconds if that is known."""

    kind = "busy"

    def __init__(self, message: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
