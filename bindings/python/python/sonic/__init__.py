"""Embeddable media recognition: which recording is this clip, at which offset, how sure, or "unknown".

    import sonic

    with sonic.Store("episodes.sonic") as store:
        for file in store.add_many(["episodes/"]):
            print(file.status, file.id)
        answer = store.identify("clip.mp4")
        if answer:
            print(answer.best.id, "at", answer.best.offset_ms, "ms")
        else:
            print("unknown")

Sound comes from a path, from bytes or from a file object; `decode` turns it into a `Clip`, `fingerprint` a clip into
a `Fingerprint`, and a `Store` keeps and finds fingerprints. Every error is a `SonicError`.
"""

from ._errors import (
    ClosedError,
    InternalError,
    InvalidArgumentError,
    IoError,
    LimitError,
    MalformedError,
    MismatchError,
    ModelError,
    NotFoundError,
    SonicError,
    UnsupportedError,
)
from ._native import (
    Adding,
    Clip,
    Fingerprint,
    Fingerprinter,
    Recordings,
    Store,
    __version__,
    decode,
    fingerprint,
)
from ._results import Added, AddedFile, Answer, Match, Recording, Stats

__all__ = [
    "Added",
    "AddedFile",
    "Adding",
    "Answer",
    "Clip",
    "ClosedError",
    "Fingerprint",
    "Fingerprinter",
    "InternalError",
    "InvalidArgumentError",
    "IoError",
    "LimitError",
    "MalformedError",
    "Match",
    "MismatchError",
    "ModelError",
    "NotFoundError",
    "Recording",
    "Recordings",
    "SonicError",
    "Stats",
    "Store",
    "UnsupportedError",
    "__version__",
    "decode",
    "fingerprint",
]
