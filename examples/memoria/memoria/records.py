"""Photos, faces and jobs in the database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
from psycopg.types.json import Jsonb

from .database import Connection


class Closed(Exception):
    """The event takes no photos and is not clustered: it was archived, or face recognition is not enabled for it."""


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """A face as the table has it."""

    id: UUID
    """Its id."""
    bbox: dict[str, float]
    """x, y, w and h in parts of the picture."""
    embedding: npt.NDArray[np.float32]
    """A unit vector."""
    quality_score: float
    """How sure the detector is."""
    landmarks: dict[str, list[float]] | None
    """Five points in parts of the picture; None if another program found the face without."""
    quality: dict[str, float] = field(default_factory=dict)
    """How well it can be seen."""
    thumbnail: bytes | None = None
    """A small JPEG."""


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """A photo that was looked at."""

    media_id: str
    """Its id."""
    event_id: str
    """Its event."""
    width: int
    """In pixels."""
    height: int
    """In pixels."""
    pipeline: str
    """What looked at it."""
    faces: list[FaceRecord]
    """The faces, the surest first."""


def new_face_id() -> UUID:
    """An id that no other face has."""
    return uuid4()


def lock_event(connection: Connection, event_id: str) -> int:
    """Makes the event if need be, and keeps others from changing it until the transaction ends. Gives its revision."""
    connection.execute("insert into events (id) values (%s) on conflict do nothing", [event_id])
    row = connection.execute(
        "select revision, archived, face_recognition_enabled as enabled from events where id = %s for update",
        [event_id],
    ).fetchone()
    assert row is not None
    _check_open(event_id, row)
    return int(row["revision"])


def check_open(connection: Connection, event_id: str) -> None:
    """Raises `Closed` if photos of the event are not to be looked at."""
    row = connection.execute(
        "select archived, face_recognition_enabled as enabled from events where id = %s", [event_id]
    ).fetchone()
    if row is not None:
        _check_open(event_id, row)


def _check_open(event_id: str, row: dict[str, Any]) -> None:
    if row["archived"]:
        raise Closed(f"event {event_id} is archived: it has no embeddings any more")
    if not row["enabled"]:
        raise Closed(f"face recognition is not enabled for event {event_id}")


def bump(connection: Connection, event_id: str) -> int:
    """Says that faces or people of the event are not what they were. Gives the revision."""
    row = connection.execute(
        "update events set revision = revision + 1 where id = %s returning revision", [event_id]
    ).fetchone()
    assert row is not None
    return int(row["revision"])


def kept_photo(connection: Connection, media_id: str, event_id: str, pipeline: str) -> PhotoRecord | None:
    """The photo with its faces, if this pipeline has looked at it for this event."""
    row = connection.execute(
        """
        select width, height from media
        where id = %s and event_id = %s and pipeline = %s and processed_at is not null
        """,
        [media_id, event_id, pipeline],
    ).fetchone()
    if row is None:
        return None
    rows = connection.execute(
        "select id, bbox, embedding, quality_score, landmarks from faces where media_id = %s order by ordinal",
        [media_id],
    )
    faces = [_face(face) for face in rows if face["embedding"] is not None]
    return PhotoRecord(media_id, event_id, row["width"], row["height"], pipeline, faces)


def keep_photo(connection: Connection, photo: PhotoRecord) -> None:
    """Writes a photo and its faces, in place of those that another pipeline or event had of it."""
    connection.execute("delete from faces where media_id = %s", [photo.media_id])
    connection.execute(
        """
        insert into media (id, event_id, width, height, faces_detected, pipeline, processed_at)
        values (%s, %s, %s, %s, %s, %s, now())
        on conflict (id) do update set (event_id, width, height, faces_detected, pipeline, processed_at, error)
          = (excluded.event_id, excluded.width, excluded.height, excluded.faces_detected, excluded.pipeline, now(),
             null)
        """,
        [photo.media_id, photo.event_id, photo.width, photo.height, len(photo.faces), photo.pipeline],
    )
    rows = [_row(photo, ordinal, face) for ordinal, face in enumerate(photo.faces)]
    connection.cursor().executemany(
        """
        insert into faces
          (id, media_id, event_id, ordinal, bbox, embedding, quality_score, landmarks, quality, thumbnail)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        rows,
    )


def _face(row: dict[str, Any]) -> FaceRecord:
    return FaceRecord(**{**row, "embedding": row["embedding"].to_numpy()})


def _row(photo: PhotoRecord, ordinal: int, face: FaceRecord) -> list[Any]:
    place = [face.id, photo.media_id, photo.event_id, ordinal, Jsonb(face.bbox), face.embedding, face.quality_score]
    return [*place, Jsonb(face.landmarks), Jsonb(face.quality), face.thumbnail]


def media_event(connection: Connection, media_id: str) -> str | None:
    """The event that a photo is of; None if there is no such photo."""
    row = connection.execute("select event_id from media where id = %s", [media_id]).fetchone()
    return None if row is None else str(row["event_id"])


@dataclass(frozen=True, slots=True)
class Unprocessed:
    """A photo that was not looked at yet."""

    media_id: str
    """Its id."""
    url: str | None
    """Its address."""
    storage_path: str | None
    """Its path in the bucket, if it has no address."""


def unprocessed(connection: Connection, event_id: str, pipeline: str, max_attempts: int) -> list[Unprocessed]:
    """The photos of an event that this pipeline has not looked at, but for those that failed too often."""
    rows = connection.execute(
        """
        select id, url, storage_path from media
        where event_id = %s and attempts < %s and coalesce(url, storage_path) is not null
          and case when processed_at is null then not exists (select from faces where media_id = media.id)
                   else pipeline <> %s end
        order by created_at, id
        """,
        [event_id, max_attempts, pipeline],
    )
    return [Unprocessed(row["id"], row["url"], row["storage_path"]) for row in rows]


def note_failed_media(connection: Connection, media_id: str, error: str) -> None:
    """Notes that a photo could not be looked at."""
    connection.execute("update media set attempts = attempts + 1, error = %s where id = %s", [error, media_id])


def thumbnail(connection: Connection, face_id: UUID) -> bytes | None:
    """The small picture of a face; None if there is none."""
    row = connection.execute("select thumbnail from faces where id = %s", [face_id]).fetchone()
    return None if row is None or row["thumbnail"] is None else bytes(row["thumbnail"])


def embeddings(connection: Connection, media_ids: Sequence[str]) -> dict[str, PhotoRecord]:
    """Photos with all that an index needs of their faces."""
    photos = {
        row["id"]: PhotoRecord(row["id"], row["event_id"], row["width"], row["height"], row["pipeline"], [])
        for row in connection.execute(
            """
            select id, event_id, coalesce(width, 1000) as width, coalesce(height, 1000) as height, pipeline
            from media where id = any(%s)
            """,
            [list(media_ids)],
        )
    }
    rows = connection.cursor(binary=True).execute(
        """
        select media_id, id, bbox, embedding, quality_score, landmarks, quality from faces
        where media_id = any(%s) and embedding is not null order by media_id, ordinal
        """,
        [list(media_ids)],
    )
    for row in rows:
        photos[row.pop("media_id")].faces.append(_face(row))
    return photos
