"""What the page shows: events, people, faces."""

from typing import Any

from .core import Core


def events(core: Core) -> list[dict[str, Any]]:
    """Every event with its counts, the newest first."""
    with core.database.transaction() as connection:
        return connection.execute(
            """
            select e.id as event_id, e.archived,
              (select count(*) from media m where m.event_id = e.id) as media,
              (select count(*) from faces f where f.event_id = e.id) as faces,
              (select count(*) from face_persons p where p.event_id = e.id and p.status <> 'merged') as people
            from events e order by e.created_at desc, e.id limit 1000
            """
        ).fetchall()


def people(core: Core, event_id: str, faces_each: int) -> dict[str, Any]:
    """Everybody of an event but those who were merged into others, with the surest `faces_each` of their faces, and the
    faces that are of nobody."""
    with core.database.transaction() as connection:
        rows = connection.execute(
            """
            select id as person_id, cluster_label, name, status, linked_user_id, invitation_email,
              representative_face_id, not_same, face_count, media_count, avg_quality
            from face_persons_with_stats where event_id = %s and status <> 'merged'
            order by status = 'ignored', face_count desc, cluster_label
            """,
            [event_id],
        ).fetchall()
        faces = connection.execute(
            """
            select face_person_id, id as face_id, media_id, quality_score, confirmed,
              thumbnail is not null as has_thumbnail
            from (select *, row_number() over (partition by face_person_id order by quality_score desc) as place
                  from faces where event_id = %s) f
            where place <= %s order by quality_score desc
            """,
            [event_id, faces_each],
        ).fetchall()
        unassigned = connection.execute(
            "select count(*) as n from faces where event_id = %s and face_person_id is null", [event_id]
        ).fetchone()
    of_person: dict[Any, list[dict[str, Any]]] = {}
    for face in faces:
        of_person.setdefault(face.pop("face_person_id"), []).append(face)
    for row in rows:
        row["faces"] = of_person.get(row["person_id"], [])
    count = unassigned["n"] if unassigned else 0
    return {"event_id": event_id, "people": rows, "unassigned": of_person.get(None, []), "unassigned_count": count}
