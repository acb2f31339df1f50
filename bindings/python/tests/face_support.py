"""Pictures and faces for the tests: pictures are written by hand, faces are directions that scatter around people."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

import needs
import sonic

DIMENSIONS = 32
POINTS = [(60, 70), (100, 70), (80, 90), (65, 110), (95, 110)]


def png(pixels: npt.NDArray[np.uint8] | npt.NDArray[np.uint16], extra: bytes = b"") -> bytes:
    """The bytes of a PNG of an array (h, w) or (h, w, c); 16 bits a sample if the array has."""
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[1 if pixels.ndim == 2 else pixels.shape[2]]
    height, width = pixels.shape[:2]
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(height, -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8 * pixels.dtype.itemsize, kind, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    )


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def orientation(number: int) -> bytes:
    """The PNG chunk with an EXIF orientation."""
    return chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">H", number) + b"\0" * 6)


def face_of(person: int, seed: int, left: float = 40.0, score: float = 0.9, spread: float = 0.08) -> sonic.Face:
    """A face of a made-up person."""
    centre = np.random.default_rng(1000 + person).standard_normal(DIMENSIONS)
    vector = centre / np.linalg.norm(centre) + spread * np.random.default_rng(seed).standard_normal(DIMENSIONS)
    return sonic.Face(
        (left, 30, left + 80, 130),
        score,
        [(x + left - 40, y) for x, y in POINTS],
        vector / np.linalg.norm(vector),
    )


def wedding(store: sonic.Store, people: int = 4, photos: int = 6, event: str = "wedding") -> None:
    """Photos that each show all people, and one face of a stranger."""
    for photo in range(photos):
        faces = [face_of(p, 100 * photo + p, left=100.0 * p) for p in range(people)]
        store.faces.add_faces(event, f"{photo}.jpg", faces, width=1000, height=500)
    store.faces.add_faces(event, "stranger.jpg", [face_of(99, 1)])


def assets() -> Path:
    """The folder of pictures and face models."""
    return needs.assets() / "face"


def model(name: str) -> Path:
    """An ONNX file of the face models."""
    return needs.model(f"face/models/{name}")


def open_store(path: Path) -> Iterator[sonic.Store]:
    """A store that is closed afterwards."""
    with sonic.Store(path) as store:
        yield store
