"""Writes what the index found out, or was told, about people into the database: only what differs."""

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any
from uuid import UUID, uuid4

import sonic
from psycopg.types.json import Jsonb

from .album import Album, PersonRecord, SeenFace
from .database import Connection
from .index import Known

_INSERT = """
insert into face_persons (id, event_id, cluster_label, representative_face_id, linked_user_id, name, status,
  invitation_email, invited_at, merged_into_id, not_same, metadata, created_by_user_id)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_UPDATE = """
update face_persons set (representative_face_id, linked_user_id, name, status, invitation_email, invited_at,
  merged_into_id, not_same, metadata, updated_at) = (%s, %s, %s, %s, %s, %s, %s, %s, %s, now()) where id = %s
"""
_MOVE = """
update faces f set face_person_id = m.person, confirmed = m.confirmed
from unnest(%s::uuid[], %s::boolean[], %s::uuid[]) as m (person, confirmed, face) where f.id = m.face
"""
# Who is on a photo by what faces say; what people or imports said stays.
_TAGS = """
with seen as (
  select distinct on (f.media_id, p.linked_user_id) f.media_id, p.linked_user_id as member_id, f.bbox, f.id as face_id
  from faces f join face_persons p on p.id = f.face_person_id
  where f.event_id = %(event)s and p.status = 'linked' and p.linked_user_id is not null
  order by f.media_id, p.linked_user_id, f.quality_score desc
), gone as (
  delete from media_tags t using media m where m.id = t.media_id and m.event_id = %(event)s
    and t.source = 'face_clustering'
    and not exists (select from seen s where s.media_id = t.media_id and s.member_id = t.member_id)
)
insert into media_tags (media_id, member_id, source, bbox, face_id)
select media_id, member_id, 'face_clustering', bbox, face_id from seen
on conflict (media_id, member_id) do update set bbox = excluded.bbox, face_id = excluded.face_id
  where media_tags.source = 'face_clustering'
    and (media_tags.bbox, media_tags.face_id) is distinct from (excluded.bbox, excluded.face_id)
"""


def reconcile(
    connection: Connection,
    album: Album,
    known: Known,
    people: sonic.People,
    rows: Iterable[sonic.StoredFace],
    *,
    confirm: Iterable[UUID] = (),
    by: str | None = None,
) -> list[UUID]:
    """Makes the database's people those of the index. `rows` are the faces of the event there; the faces of the people
    in `confirm` are held where they are from now on, `by` is who made new people. Gives those.
    """
    new_people: list[UUID] = []
    names = {number: person for person, number in known.people.items()}
    ids = {number: face for face, number in known.faces.items()}
    rows = list(rows)
    for number in _newcomers(album, names, ids, rows):
        names[number] = new = uuid4()
        known.people[new] = number
        new_people.append(new)
    _keep_people(connection, album, known, people, (names, ids), by)
    held = set(confirm)
    moves: list[tuple[UUID | None, bool, UUID]] = []
    for row in rows:
        face = album.faces.get(ids.get(row.face_id, UUID(int=0)))
        if face is not None:
            now = None if row.person_id is None else names.get(row.person_id)
            moves += _move(face, now, held)
    connection.execute(_MOVE, [list(column) for column in zip(*moves, strict=True)] or [[], [], []])
    connection.execute(_TAGS, {"event": album.event_id})
    return new_people


def _newcomers(album: Album, names: dict[int, UUID], ids: dict[int, UUID], rows: list[sonic.StoredFace]) -> list[int]:
    """New people in the order of the photos, which does not depend on which photo was analysed first."""
    place = {face: n for n, face in enumerate(album.faces)}
    first: dict[int, int] = {}
    for row in rows:
        face = ids.get(row.face_id)
        if row.person_id is not None and row.person_id not in names and face in place:
            first[row.person_id] = min(place[face], first.get(row.person_id, len(place)))
    return sorted(first, key=first.__getitem__)


def _move(face: SeenFace, now: UUID | None, held: set[UUID]) -> list[tuple[UUID | None, bool, UUID]]:
    confirmed = now is not None and (now in held or (face.confirmed and now == face.face_person_id))
    return [(now, confirmed, face.id)] if (now, confirmed) != (face.face_person_id, face.confirmed) else []


def _keep_people(
    connection: Connection,
    album: Album,
    known: Known,
    people: sonic.People,
    names: tuple[dict[int, UUID], dict[int, UUID]],
    by: str | None,
) -> None:
    label = max((person.cluster_label for person in album.people.values()), default=-1)
    inserts: list[list[Any]] = []
    updates: list[list[Any]] = []
    for person_id, number in list(known.people.items()):
        row = people.get(number)
        old = album.people.get(person_id)
        if row is None:
            # Nobody decided anything about it, and its faces are of others.
            connection.execute("delete from face_persons where id = %s", [person_id])
            del known.people[person_id]
            continue
        values = _values(row, old, *names)
        if old is None:
            label += 1
            inserts.append([person_id, album.event_id, label, *_bound(values), by])
        elif values != _old_values(old):
            updates.append([*_bound(values), person_id])
        if row.status == "merged":
            del known.people[person_id]
    # Those who were merged point at those who are there.
    connection.cursor().executemany(_INSERT, inserts)
    connection.cursor().executemany(_UPDATE, updates)


def _values(
    row: sonic.Person, old: PersonRecord | None, names: dict[int, UUID], ids: dict[int, UUID]
) -> tuple[Any, ...]:
    """The columns of a person from `representative_face_id` to `metadata`."""
    face = None if row.representative_face_id is None else ids.get(row.representative_face_id)
    invited_at = None
    if row.invited_at_ms is not None:
        invited_at = datetime.fromtimestamp(row.invited_at_ms / 1000, timezone.utc)
    if old is not None and old.invitation_email == row.invitation_email and old.invited_at is not None:
        invited_at = old.invited_at  # An index that was made anew has invited again.
    into = None if row.merged_into is None else names.get(row.merged_into)
    # People without a face are not in the index; what was said of them stays.
    not_same = {names[other] for other in row.not_same if other in names}
    if old is not None:
        not_same |= {other for other in old.not_same if other not in names.values()}
    metadata = dict(old.metadata) if old is not None else {}
    if row.status != "merged":
        metadata.update(_metadata(row))
    return face, row.user_id, row.name, row.status, row.invitation_email, invited_at, into, sorted(not_same), metadata


def _old_values(old: PersonRecord) -> tuple[Any, ...]:
    return (
        old.representative_face_id,
        old.linked_user_id,
        old.name,
        old.status,
        old.invitation_email,
        old.invited_at,
        old.merged_into_id,
        sorted(old.not_same),
        old.metadata,
    )


def _bound(values: tuple[Any, ...]) -> list[Any]:
    return [*values[:-1], Jsonb(values[-1])]


def _metadata(person: sonic.Person) -> dict[str, Any]:
    return {
        "face_count": person.faces,
        "avg_quality": person.avg_quality,
        "min_quality": person.min_quality,
        "max_quality": person.max_quality,
        "is_ai_generated": True,
        "confidence": "high" if person.faces >= 2 else "medium",
    }


def labels(connection: Connection, people: Iterable[UUID]) -> list[dict[str, Any]]:
    """What the host is told of new people."""
    rows = connection.execute(
        """
        select cluster_label, representative_face_id, metadata from face_persons where id = any(%s)
        order by cluster_label
        """,
        [list(people)],
    )
    return [
        {
            "cluster_label": row["cluster_label"],
            "face_count": row["metadata"]["face_count"],
            "representative_face_id": str(row["representative_face_id"]),
            "avg_quality": row["metadata"]["avg_quality"],
        }
        for row in rows
    ]
