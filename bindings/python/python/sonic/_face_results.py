"""What calls about faces give back: plain, frozen, comparable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from ._errors import InvalidArgumentError, UnsupportedError
from ._voice_results import ForgottenVoices

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Box = tuple[float, float, float, float]


def _numpy() -> ModuleType:
    """NumPy, or an error that says what to do."""
    try:
        return import_module("numpy")
    except ImportError as error:
        message = "arrays need NumPy, which cannot be imported: install it with `pip install numpy`"
        raise UnsupportedError(message) from error


def _frozen(values: npt.ArrayLike, shape: tuple[int, ...], what: str) -> npt.NDArray[np.float32]:
    """A copy that cannot be written to; -1 in the shape is any length."""
    numpy = _numpy()
    try:
        array: npt.NDArray[np.float32] = numpy.array(values, dtype=numpy.float32)
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(f"{what} must be numbers: {error}") from error
    if len(array.shape) != len(shape) or any(w not in (-1, n) for n, w in zip(array.shape, shape, strict=True)):
        raise InvalidArgumentError(f"{what} must have the shape {shape} (-1 is any length), not {array.shape}")
    array.setflags(write=False)
    return array


def _box(values: Iterable[float]) -> Box:
    """Four numbers as floats."""
    try:
        left, top, right, bottom = map(float, values)
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(f"a bbox is x1, y1, x2, y2: {error}") from error
    return left, top, right, bottom


class _Comparable:
    """Equality field by field, of arrays too."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        numpy = _numpy()
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))  # type: ignore[arg-type]
        return all(numpy.array_equal(a, b) if isinstance(a, numpy.ndarray) else a == b for a, b in pairs)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class FaceQuality:
    """How well a face can be seen, in numbers that are each of their own; all 0 if it was not measured."""

    size: float = 0.0
    """The shorter side of the box in pixels of the upright picture."""
    sharpness: float = 0.0
    """How much fine detail the face has, from 0 for a blurred one on."""
    yaw: float = 0.0
    """Estimated turn of the head in degrees, -90 to 90; positive if it looks to the viewer's right."""
    pitch: float = 0.0
    """Estimated nod in degrees, -90 to 90; positive if it looks up."""
    roll: float = 0.0
    """Tilt in degrees, -180 to 180; positive if it is turned clockwise as the viewer sees it."""
    brightness: float = 0.0
    """Mean luminance of the face, 0 for black to 1 for white."""
    clipped: float = 0.0
    """Part of the face that is nearly black or nearly white, 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection(_Comparable):
    """A face that was found, without an embedding."""

    bbox: Box
    """x1, y1, x2, y2 in pixels of the upright picture; not clipped: a face at the edge reaches beyond it."""
    score: float
    """How sure the detector is, 0 to 1."""
    landmarks: npt.NDArray[np.float32]
    """Five points (x, y), shape (5, 2), read-only: the eye at the viewer's left, the other eye, the tip of the nose,
    the corner of the mouth at the viewer's left, the other corner."""

    if TYPE_CHECKING:  # As that of `Face`.

        def __init__(
            self,
            bbox: Iterable[float] | npt.NDArray[np.floating[Any] | np.integer[Any]],
            score: float,
            landmarks: npt.ArrayLike,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "bbox", _box(self.bbox))
        object.__setattr__(self, "landmarks", _frozen(self.landmarks, (5, 2), "landmarks"))


@dataclass(frozen=True, slots=True, eq=False)
class Face(_Comparable):
    """A face in a picture and what it is compared by. `FaceAnalyzer` makes them; one made by hand can be kept too."""

    bbox: Box
    """x1, y1, x2, y2 in pixels of the upright picture; not clipped: a face at the edge reaches beyond it."""
    score: float
    """How sure the detector is, 0 to 1."""
    landmarks: npt.NDArray[np.float32]
    """Five points (x, y), shape (5, 2), read-only: the eye at the viewer's left, the other eye, the tip of the nose,
    the corner of the mouth at the viewer's left, the other corner."""
    embedding: npt.NDArray[np.float32] = field(repr=False)
    """What it is compared by: shape (dimensions,), read-only; of unit length as an analyzer makes it."""
    quality: FaceQuality = FaceQuality()
    """How well it can be seen."""
    pipeline: str = field(default="custom", repr=False)
    """What made the embedding; embeddings of different pipelines cannot be compared."""

    if TYPE_CHECKING:  # What `__post_init__` takes; the fields are what it makes of that.

        def __init__(
            self,
            bbox: Iterable[float] | npt.NDArray[np.floating[Any] | np.integer[Any]],
            score: float,
            landmarks: npt.ArrayLike,
            embedding: npt.ArrayLike,
            quality: FaceQuality = ...,
            pipeline: str = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "bbox", _box(self.bbox))
        object.__setattr__(self, "landmarks", _frozen(self.landmarks, (5, 2), "landmarks"))
        object.__setattr__(self, "embedding", _frozen(self.embedding, (-1,), "an embedding"))


@dataclass(frozen=True, slots=True, eq=False)
class StoredFace(_Comparable):
    """A face of a photo in a store."""

    face_id: int
    """Its id, never given again."""
    event: str
    """The event of its photo."""
    photo_id: str
    """Its photo."""
    bbox: Box
    """x1, y1, x2, y2 in pixels of the upright picture."""
    score: float
    """What the detector gave for it, 0 to 1."""
    landmarks: npt.NDArray[np.float32]
    """Five points (x, y), shape (5, 2), read-only, in the order of `Face.landmarks`."""
    quality: FaceQuality
    """How well it can be seen."""
    embedding_dimensions: int
    """Numbers of its embedding; 0 after its event was archived."""
    person_id: int | None
    """Who it is; None while it is unassigned."""
    confirmed: bool
    """True if a decision of the user holds it where it is; clustering does not move it then."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "landmarks", _frozen(self.landmarks, (5, 2), "landmarks"))


@dataclass(frozen=True, slots=True)
class SimilarFace:
    """A face that looks alike."""

    face: StoredFace
    """Its row."""
    similarity: float
    """Cosine of the two embeddings, -1 to 1."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of a store."""

    photo_id: str
    """Its id, unique in its event."""
    event: str
    """The event that it belongs to."""
    width: int
    """Width in pixels of the upright picture; 0 if it is not known."""
    height: int
    """Height in pixels of the upright picture; 0 if it is not known."""
    path: str | None
    """Where the picture is kept: a path or an address."""
    source_hash: str | None
    """Hash of the picture's bytes."""
    user_id: str | None
    """The user who brought it."""
    created_at_ms: int
    """When it was added, in milliseconds since 1970 UTC."""
    faces: int
    """Faces kept of it."""
    metadata: Any
    """Whatever else was kept with it: anything that JSON can hold."""

    def relative_box(self, bbox: Sequence[float]) -> Box | None:
        """A box as left, top, width and height in parts of the picture, 0 to 1, what reaches beyond it cut off; None if
        the size of the picture is not known."""
        if not self.width or not self.height:
            return None
        left, top, right, bottom = _box(bbox)
        left, right = (min(max(x / self.width, 0.0), 1.0) for x in (left, right))
        top, bottom = (min(max(y / self.height, 0.0), 1.0) for y in (top, bottom))
        return left, top, right - left, bottom - top


@dataclass(frozen=True, slots=True)
class AddedPhoto:
    """What became of a photo."""

    status: Literal["added", "duplicate", "replaced"]
    """"added", "duplicate" if the event had it already, or "replaced"."""
    photo: Photo
    """Its row in the store; the earlier one's if it is a duplicate."""


@dataclass(frozen=True, slots=True)
class AddedPhotoFile:
    """What became of a photo of many."""

    path: str
    """The file."""
    status: Literal["added", "duplicate", "failed"]
    """"added", "duplicate" if its bytes are in the event, or "failed"."""
    photo_id: str | None
    """Its id in the event; that of the earlier one if it is a duplicate, None if it failed."""
    faces: int
    """Its faces."""
    width: int
    """Width in pixels of the upright picture; 0 if it failed."""
    height: int
    """Height in pixels of the upright picture; 0 if it failed."""
    truncated: bool
    """True if the file ended early: the rest of the picture is grey."""
    error: Exception | None
    """Why it failed."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event with its counts."""

    name: str
    """Its name."""
    photos: int
    """Photos."""
    faces: int
    """Faces."""
    people: int
    """People, without those who were merged into others."""
    archived: bool
    """True if its embeddings were removed."""
    created_at_ms: int
    """When its first photo was added, in milliseconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class FaceStats:
    """Counts of the faces of a store."""

    events: int
    """Events."""
    photos: int
    """Photos."""
    faces: int
    """Faces."""
    people: int
    """People, those who were merged into others included."""
    pipeline: str | None
    """What made the embeddings; None while there are none."""
    dimensions: int
    """Numbers of an embedding; 0 while there are none."""


@dataclass(frozen=True, slots=True)
class ForgottenFaces:
    """What was forgotten or removed of faces."""

    faces: int
    """Faces, with their embeddings."""
    people: int
    """People."""
    tags: int
    """Photos that showed a linked person, each counted once for each person."""
    photos: int
    """Photos that were removed; when a user is forgotten, photos that no longer say who brought them."""


@dataclass(frozen=True, slots=True)
class ArchivedEvent:
    """What archiving an event removed, and what stays."""

    embeddings: int
    """Embeddings that were removed just now."""
    faces: int
    """Faces that stay."""
    photos: int
    """Photos that stay."""
    people: int
    """People that stay, without those who were merged into others."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was forgotten of a user."""

    voices: ForgottenVoices
    """Of their voice."""
    faces: ForgottenFaces
    """Of their face."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is seen in the photos of an event."""

    person_id: int
    """Its id, the same for as long as the store lives, whatever is clustered."""
    event: str
    """The event."""
    label: int
    """Number in the event, never given again."""
    status: Literal["pending", "linked", "invited", "ignored", "merged"]
    """What became of it; "pending" while it is not known who it is."""
    user_id: str | None
    """The user it is linked to."""
    name: str | None
    """A name for people."""
    invitation_email: str | None
    """Where the invitation went."""
    invited_at_ms: int | None
    """When it was invited, in milliseconds since 1970 UTC."""
    merged_into: int | None
    """Whose its faces are now, if it was merged."""
    faces: int
    """Faces."""
    photos: int
    """Photos."""
    avg_quality: float
    """Mean score of its faces' detection, 0 to 1; 0 without a face. So for the two that follow."""
    min_quality: float
    """The least."""
    max_quality: float
    """The greatest."""
    representative_face_id: int | None
    """The face that stands for it: the one that the user pinned, else that of the greatest score."""
    pinned: bool
    """True if the user pinned the representative."""
    confirmed: bool
    """True if the user has decided something about it: clustering never removes it then."""
    not_same: tuple[int, ...]
    """People that it is not, as the user said."""
    created_at_ms: int
    """When it was made, in milliseconds since 1970 UTC."""
    updated_at_ms: int
    """When a decision or a clustering last changed it."""


@dataclass(frozen=True, slots=True)
class MergedPeople:
    """What merging two people came to."""

    person: Person
    """The person that all the faces are of now."""
    unassigned: tuple[int, ...]
    """Faces that are unassigned now: another of the same photo is more like the person."""


@dataclass(frozen=True, slots=True)
class ClusterSummary:
    """A person, as a clustering reports it."""

    person_id: int
    """The person."""
    label: int
    """Its number in the event."""
    face_count: int
    """Its faces."""
    representative_face_id: int | None
    """The face that stands for it."""
    avg_quality: float
    """Mean score of its faces' detection, 0 to 1."""
    is_new: bool
    """True if it was made just now."""


@dataclass(frozen=True, slots=True)
class ClusterReport:
    """What a clustering came to."""

    event: str
    """The event."""
    total_faces: int
    """Faces of the event."""
    preserved_clusters: int
    """People that were there before and are there still."""
    assigned_to_existing: int
    """Faces that were unassigned before and are now of somebody who was there."""
    new_clusters_created: int
    """New people."""
    removed_clusters: int
    """People that are gone: no decision held them, and their faces are of others now."""
    unassigned_faces: int
    """Faces that are unassigned."""
    clusters: tuple[ClusterSummary, ...]
    """Everybody with a face, in order of label."""
    elapsed_ms: float = field(compare=False)
    """Milliseconds that it took."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A photo that shows a linked user."""

    event: str
    """The event."""
    photo_id: str
    """The photo."""
    user_id: str
    """The user."""
    person_id: int
    """The person that is linked to the user."""
    face_id: int
    """The face."""
    bbox: Box
    """Its box: x1, y1, x2, y2 in pixels of the upright picture."""
