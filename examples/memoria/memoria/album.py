"""Who is on the photos of an event, as the database has it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from .database import Connection


@dataclass(slots=True)
class PersonRecord:
    """Somebody of an event."""

    id: UUID
    cluster_label: int
    representative_face_id: UUID | None
    linked_user_id: str | None
    name: str | None
    status: str
    invitation_email: str | None
    invited_at: datetime | None
    merged_into_id: UUID | None
    not_same: list[UUID]
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face of an event, without what it looks like."""

    id: UUID
    media_id: str
    face_person_id: UUID | None
    quality_score: float
    confirmed: bool
    not_persons: list[UUID]


@dataclass(frozen=True, slots=True)
class Album:
    """An event, as it is in a transaction that holds it."""

    event_id: str
    """The event."""
    revision: int
    """What it was changed to last."""
    people: dict[UUID, PersonRecord]
    """Everybody, those who were merged into others too, in order of label."""
    faces: dict[UUID, SeenFace]
    """The faces that have an embedding, in order of photo."""

    def faces_of(self, person: UUID) -> list[SeenFace]:
        """The faces of a person; of each photo the surest only, as two faces of one photo are two people."""
        best: dict[str, SeenFace] = {}
        for face in self.faces.values():
            if face.face_person_id == person:
                other = best.get(face.media_id)
                if other is None or face.quality_score > other.quality_score:
                    best[face.media_id] = face
        return list(best.values())


def load(connection: Connection, event_id: str, revision: int) -> Album:
    """The people and faces of an event that the transaction holds."""
    people = connection.execute(
        """
        select id, cluster_label, representative_face_id, linked_user_id, name, status, invitation_email, invited_at,
          merged_into_id, not_same, metadata
        from face_persons where event_id = %s order by cluster_label
        """,
        [event_id],
    )
    everybody = {row["id"]: PersonRecord(**row) for row in people}
    faces = connection.execute(
        """
        select id, media_id, face_person_id, quality_score, confirmed, not_persons from faces
        where event_id = %s and embedding is not null order by media_id, ordinal
        """,
        [event_id],
    )
    return Album(event_id, revision, everybody, {row["id"]: SeenFace(**row) for row in faces})
