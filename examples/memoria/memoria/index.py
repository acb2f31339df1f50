"""The index: a store of sonic in which the faces of events are found, made anew from the database whenever it is not as
the database is. Nothing is in it that would be missed.
"""

import contextlib
import logging
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import UUID

import numpy as np
import sonic

from .album import Album, PersonRecord
from .records import FaceRecord, PhotoRecord, new_face_id

_log = logging.getLogger(__name__)

_POINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
# Photos whose embeddings are in memory at a time while an event is made anew.
_PAGE = 200

Fetch = Callable[[list[str]], dict[str, PhotoRecord]]


@dataclass(slots=True)
class Known:
    """What the index holds of an event, and what the database calls it."""

    revision: int
    """The revision of the database that it equals."""
    faces: dict[UUID, int] = field(default_factory=dict)
    """Ids of faces in the index by those in the database."""
    people: dict[UUID, int] = field(default_factory=dict)
    """The same for people."""


class Index:
    """The index of this process, in a folder of its own below `folder`."""

    def __init__(self, folder: Path, pipeline: str, max_faces: int) -> None:
        self._folder = folder
        self._pipeline = pipeline
        self._max_faces = max_faces
        # Events that were used, the longest ago first.
        self._used: dict[str, None] = {}
        self._lock = threading.Lock()
        self._path: Path | None = None
        self._store: sonic.Store | None = None
        self._events: dict[str, Known] = {}

    @property
    def path(self) -> Path:
        """The directory of the store."""
        return self.store.path

    @property
    def store(self) -> sonic.Store:
        """The store; an empty one if it was deleted."""
        with self._lock:
            if self._store is None or self._path is None or not (self._path / "current").exists():
                if self._store is not None:
                    _log.warning("the index was deleted: it is made anew", extra={"path": str(self._path)})
                self._folder.mkdir(parents=True, exist_ok=True)
                # A new directory: calls that go on in the other one are not disturbed.
                self._path = Path(tempfile.mkdtemp(prefix="memoria-index-", dir=self._folder))
                self._store = sonic.Store(self._path)
                self._events = {}
            return self._store

    def close(self) -> None:
        """Ends it; nothing of it stays."""
        with self._lock:
            if self._store is not None and self._path is not None:
                self._store.close()
                shutil.rmtree(self._path, ignore_errors=True)
            self._store = None

    def look(
        self, event_id: str, media_id: str, data: bytes, analyzer: sonic.FaceAnalyzer, thumbnail: int, max_pixels: int
    ) -> PhotoRecord:
        """Finds the faces of a photo, and keeps them. The `pipeline` of the record is left empty."""
        faces = self.store.faces
        self._use(event_id)
        if faces.photo(event_id, media_id) is not None:
            # The database does not know it: left over, or of another model.
            self.forget_photo(event_id, media_id)
        added = faces.add_photo(
            event_id,
            data,
            analyzer=analyzer,
            photo_id=media_id,
            thumbnail_size=thumbnail or None,
            max_pixels=max_pixels,
        )
        photo = added.photo
        found = [_record(faces, photo, row) for row in faces.faces_of(event_id, media_id)]
        return PhotoRecord(media_id, event_id, photo.width, photo.height, "", found)

    def forget_photo(self, event_id: str, media_id: str) -> None:
        """Takes back a photo, which the database did not take."""
        self._events.pop(event_id, None)
        with contextlib.suppress(sonic.NotFoundError):
            self.store.faces.remove_photo(event_id, media_id)

    def distrust(self, event_id: str) -> None:
        """Makes an event anew when it is needed next."""
        self._events.pop(event_id, None)

    def forget_event(self, event_id: str, *, compact: bool = False) -> None:
        """Drops what is known of an event; with `compact` its bytes leave the file too."""
        self._events.pop(event_id, None)
        self.store.faces.remove_event(event_id)
        if compact:
            self.store.compact()

    def make_room(self, in_use: Callable[[str], bool]) -> None:
        """Drops events that are not in use, those of longest ago first, until there are few enough faces. The latest
        stays, however large it is.
        """
        for event_id in list(self._used)[:-1]:
            if len(self.store.faces) <= self._max_faces:
                return
            if not in_use(event_id):
                self._used.pop(event_id, None)
                self.forget_event(event_id)

    def _use(self, event_id: str) -> None:
        self._used.pop(event_id, None)
        self._used[event_id] = None

    def committed(self, photo: PhotoRecord, revision: int) -> None:
        """Notes that the database took a photo, and what revision that made."""
        with self._lock:
            known = self._events.get(photo.event_id)
            if known is None and revision == 1:
                known = self._events[photo.event_id] = Known(0)
            if known is None or self._store is None:
                return
            try:
                rows = self._store.faces.faces_of(photo.event_id, photo.media_id)
            except sonic.NotFoundError:  # The store was deleted meanwhile.
                del self._events[photo.event_id]
                return
            known.faces.update(zip((face.id for face in photo.faces), (row.face_id for row in rows), strict=True))
            # Photos are committed side by side and noted in any order: when all are, the count is the revision, unless
            # another instance has written too.
            known.revision += 1

    def synchronised(self, album: Album, fetch: Fetch) -> Known:
        """What the index holds of an event, after it was made to hold what the database does."""
        event_id, store = album.event_id, self.store
        self._use(event_id)
        known = self._events.get(event_id)
        if known is not None and known.revision == album.revision:
            return known
        store.faces.remove_event(event_id)
        known = Known(album.revision)
        media = sorted({face.media_id for face in album.faces.values()})
        for start in range(0, len(media), _PAGE):
            for photo in fetch(media[start : start + _PAGE]).values():
                known.faces.update(_add(store.faces, photo, self._pipeline))
        _replay(store.people(event_id), album, known)
        _log.info("an event was indexed", extra={"event": event_id, "faces": len(known.faces)})
        self._events[event_id] = known
        return known


def _record(faces: sonic.Faces, photo: sonic.Photo, row: sonic.StoredFace) -> FaceRecord:
    box = photo.relative_box(row.bbox)
    embedding = faces.embedding(row)
    assert box is not None
    assert embedding is not None
    points = row.landmarks.astype(float) / (photo.width, photo.height)
    return FaceRecord(
        new_face_id(),
        dict(zip("xywh", box, strict=True)),
        embedding,
        row.score,
        dict(zip(_POINTS, points.tolist(), strict=True)),
        asdict(row.quality),
        faces.thumbnail(row),
    )


def _add(faces: sonic.Faces, photo: PhotoRecord, pipeline: str) -> Iterable[tuple[UUID, int]]:
    """Adds a photo of the database; gives the ids of its faces there and here."""
    found = [_face(face, photo, pipeline) for face in photo.faces]
    faces.add_faces(photo.event_id, photo.media_id, found, width=photo.width, height=photo.height)
    rows = faces.faces_of(photo.event_id, photo.media_id)
    return zip((face.id for face in photo.faces), (row.face_id for row in rows), strict=True)


def _face(face: FaceRecord, photo: PhotoRecord, pipeline: str) -> sonic.Face:
    x, y, w, h = (face.bbox[side] for side in "xywh")
    size = np.array([photo.width, photo.height])
    box = np.concatenate([(x, y) * size, (x + w, y + h) * size])
    centre = [x + w / 2, y + h / 2]
    points = np.array([(face.landmarks or {}).get(name, centre) for name in _POINTS]) * size
    return sonic.Face(box, face.quality_score, points, face.embedding, sonic.FaceQuality(**face.quality), pipeline)


def _replay(people: sonic.People, album: Album, known: Known) -> None:
    """Makes the people of the database, and says of them what users have said."""
    for person in album.people.values():
        faces = [known.faces[face.id] for face in album.faces_of(person.id) if face.id in known.faces]
        if faces and person.status != "merged":
            known.people[person.id] = people.create(faces).person_id
    for person in album.people.values():
        if person.id in known.people:
            _replay_person(people, person, known)
    for face in album.faces.values():
        for other in face.not_persons:
            if other in known.people and face.id in known.faces:
                people.not_person(known.faces[face.id], known.people[other])


def _replay_person(people: sonic.People, person: PersonRecord, known: Known) -> None:
    number = known.people[person.id]
    if person.linked_user_id:
        people.link(number, person.linked_user_id)
    elif person.invitation_email:
        people.invite(number, person.invitation_email)
    if person.name:
        people.rename(number, person.name)
    if person.status == "ignored":
        people.ignore(number)
    for other in person.not_same:
        if other in known.people:
            people.not_same(number, known.people[other])
