"""Pictures, the faces in them, and the photos of a store."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, final

import numpy as np
import numpy.typing as npt

from .._face_results import (
    AddedPhoto,
    AddedPhotoFile,
    ArchivedEvent,
    Detection,
    Event,
    Face,
    FaceStats,
    ForgottenFaces,
    Photo,
    SimilarFace,
    StoredFace,
    Tag,
)
from ._recordings import Adding
from ._tables import AllPeople, Table
from ._types import AnyFace, AnyPath, AnyPicture, BinaryFile

def decode_image(source: AnyPicture, *, max_pixels: int = 100_000_000) -> npt.NDArray[np.uint8]:
    """A picture as pixels: shape (h, w, 3), uint8, RGB, upright by its EXIF orientation.

    `source` is a path, bytes, a binary file object or an array. JPEG, PNG, WebP, GIF (the first frame), BMP and TIFF are
    known by their bytes; transparency is dropped. Raises `NotFoundError`, `MalformedError` if it is damaged or no picture,
    `UnsupportedError` for other kinds, `LimitError` if it has more than `max_pixels`. Of a JPEG that ends early the rest
    is grey.
    """

def align(
    source: AnyPicture, landmarks: npt.ArrayLike, size: int = 112, *, max_pixels: int = 100_000_000
) -> npt.NDArray[np.uint8]:
    """The face with these five points, upright in `size` x `size` pixels as embedders see it: uint8, RGB. What lies outside
    of the picture is black.
    """

def thumbnail(
    source: AnyPicture, bbox: Sequence[float], size: int = 160, *, max_pixels: int = 100_000_000
) -> npt.NDArray[np.uint8]:
    """The face with this box (x1, y1, x2, y2) and what is around it, `size` x `size` pixels, to be looked at: uint8, RGB."""

@final
class FaceAnalyzer:
    """Finds faces in pictures and makes embeddings of them: unit vectors, whose dot product says how alike two faces are.

    `detector` and `embedder` are ids of models, or paths of manifests (`.toml`) or of ONNX files with their manifests
    beside them. A bare ONNX file is known by its bytes, or else by its inputs and outputs: nine outputs of 1, 4 and 10
    numbers are SCRFD, outputs named `cls_8` and so on YuNet, 112 x 112 pixels to 512 numbers ArcFace, each fed as
    InsightFace and OpenCV do. Models run in ONNX Runtime, which is taken from the package `onnxruntime`.

    `det_size` is the side of the square that a picture is fitted into, a multiple of 32; None for 128 and 640 both, which
    finds faces that fill the picture too, and in a large picture finer sizes for small faces, from about 40 pixels on. With `own_size=True` it is looked at in its own size instead. `threshold` is the
    least score of a face (None: 0.5, YuNet 0.6), `nms` the most that two may overlap, `max_faces` the most of a picture,
    the surest. `threads` is how many one call uses (0: as many as there are cores), `provider` what the models run on:
    "cpu", "cuda", or "auto". Any number of threads can use one analyzer at once. Raises `NotFoundError` if there is no
    such model, `ModelError` if its file or the runtime is missing or damaged, or it is for something else.
    """
    def __new__(
        cls,
        detector: AnyPath = "yunet",
        embedder: AnyPath = "sface",
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
    def analyze(self, source: AnyPicture, *, max_pixels: int = 100_000_000) -> list[Face]:
        """The faces in a picture, the surest first; an empty list if there is none.

        A picture is a path, bytes, a binary file object, or a uint8 array: (h, w, 3) RGB, (h, w) grey or (h, w, 4) RGBA, a
        picture of PIL too. Files are turned upright by their EXIF orientation, arrays are taken as they are. Raises what
        `decode_image` raises.
        """
    def analyze_many(
        self,
        sources: Iterable[AnyPicture],
        *,
        progress: Callable[[int, int | None], object] | None = None,
        max_pixels: int = 100_000_000,
    ) -> list[list[Face]]:
        """The faces in each of many pictures, in their order, on all cores.

        Pictures are pulled as the work goes on, and a bounded number is in memory at a time. `progress` is called with the
        number of pictures that are done and of all, None if `sources` does not know its length. Raises the error of the
        first picture that has one; Ctrl-C stops it between pictures.
        """
    def detect(self, source: AnyPicture, *, max_pixels: int = 100_000_000) -> list[Detection]:
        """The places of the faces in a picture, the surest first, without embeddings: a list of `Detection`."""
    def embed(
        self, source: AnyPicture, landmarks: npt.ArrayLike, *, max_pixels: int = 100_000_000
    ) -> npt.NDArray[np.float32]:
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
        source: AnyPath | bytes | bytearray | memoryview | BinaryFile,
        *,
        analyzer: FaceAnalyzer,
        photo_id: str | None = None,
        user_id: str | None = None,
        path: str | None = None,
        metadata: Any = None,
        thumbnail_size: int | None = 160,
        max_pixels: int = 100_000_000,
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
        paths: AnyPath | Iterable[AnyPath],
        *,
        analyzer: FaceAnalyzer,
        user_id: str | None = None,
        thumbnail_size: int | None = 160,
        jobs: int = 0,
        progress: Callable[[int, int], object] | None = None,
        max_pixels: int = 100_000_000,
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
    def get(self, face_id: AnyFace) -> StoredFace | None:
        """The face with this id; None if there is none."""
    def embedding(self, face_id: AnyFace) -> npt.NDArray[np.float32] | None:
        """The embedding of a face: shape (dimensions,), float32, of unit length; None if there is no such face or its event was
        archived.
        """
    def thumbnail(self, face_id: AnyFace, size: int = 160) -> bytes | None:
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
        exclude: Iterable[AnyFace] = (),
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
