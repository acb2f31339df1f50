"""What users decide about people: told to the index, whose rules hold, and written down in the database."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from .core import Core, OpenEvent
from .reconcile import reconcile


class Decision(BaseModel):
    """What a user decides. Which fields are needed depends on what is decided."""

    event_id: str = Field(min_length=1, max_length=200)
    person_id: UUID | None = None
    other_person_id: UUID | None = None
    face_ids: list[UUID] = Field(default=[], max_length=10_000)
    value: str | None = Field(default=None, max_length=320)
    decided_by: str | None = Field(default=None, max_length=200)


class Refused(Exception):
    """A decision that cannot be carried out; the message says why."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class Outcome:
    """What became of a decision."""

    people: set[UUID] = field(default_factory=set)
    """People whose faces are held where they are now."""
    new_person: int | None = None
    """A person that was made, as the index calls it."""
    rejected: list[tuple[UUID, UUID]] = field(default_factory=list)
    """Faces that are said not to be of people."""
    accepted: list[tuple[UUID, UUID]] = field(default_factory=list)
    """Faces that are said to be of people."""
    merged: tuple[UUID, UUID] | None = None
    """Who was merged into whom."""


class _Deciding:
    """A decision, and the event that it is about."""

    def __init__(self, event: OpenEvent, decision: Decision) -> None:
        self.event = event
        self.decision = decision
        self.people = event.people
        self.faces_by_number = {number: face for face, number in event.known.faces.items()}

    @property
    def person(self) -> UUID:
        return self._known(self.decision.person_id, "person_id")

    @property
    def other(self) -> UUID:
        return self._known(self.decision.other_person_id, "other_person_id")

    def number(self, person: UUID) -> int:
        return self.event.known.people[person]

    def _known(self, person: UUID | None, name: str) -> UUID:
        if person is None:
            raise Refused(f"{name} is missing")
        row = self.event.album.people.get(person)
        if row is None:
            raise Refused(f"event {self.event.album.event_id} has no person {person}", 404)
        if row.status == "merged":
            raise Refused(f"person {person} was merged into {row.merged_into_id}", 409)
        if person not in self.event.known.people:
            raise Refused(f"person {person} has no faces any more", 409)
        return person

    def faces(self) -> list[UUID]:
        if not self.decision.face_ids:
            raise Refused("face_ids is missing")
        for face in self.decision.face_ids:
            if face not in self.event.known.faces:
                raise Refused(f"event {self.event.album.event_id} has no face {face}", 404)
        return self.decision.face_ids

    def value(self) -> str:
        value = (self.decision.value or "").strip()
        if not value:
            raise Refused("value is missing")
        return value


def _name(it: _Deciding) -> Outcome:
    it.people.rename(it.number(it.person), (it.decision.value or "").strip() or None)
    return Outcome({it.person})


def _link(it: _Deciding) -> Outcome:
    it.people.link(it.number(it.person), it.value())
    return Outcome({it.person})


def _invite(it: _Deciding) -> Outcome:
    if "@" not in it.value():
        raise Refused("value must be an address of e-mail")
    it.people.invite(it.number(it.person), it.value())
    return Outcome({it.person})


def _ignore(it: _Deciding) -> Outcome:
    it.people.ignore(it.number(it.person))
    return Outcome({it.person})


def _unignore(it: _Deciding) -> Outcome:
    it.people.unignore(it.number(it.person))
    return Outcome({it.person})


def _merge(it: _Deciding) -> Outcome:
    merged = it.people.merge(it.number(it.person), it.number(it.other))
    rejected = [(it.faces_by_number[face], it.other) for face in merged.unassigned]
    return Outcome({it.other}, rejected=rejected, merged=(it.person, it.other))


def _split(it: _Deciding) -> Outcome:
    faces = [it.event.known.faces[face] for face in it.faces()]
    return Outcome({it.person}, it.people.split(it.number(it.person), faces).person_id)


def _not_same(it: _Deciding) -> Outcome:
    it.people.not_same(it.number(it.person), it.number(it.other))
    return Outcome({it.person, it.other})


def _maybe_same(it: _Deciding) -> Outcome:
    it.people.maybe_same(it.number(it.person), it.number(it.other))
    return Outcome()


def _assign(it: _Deciding) -> Outcome:
    outcome = Outcome({it.person})
    for face in it.faces():
        for rival in _rivals(it, face):
            it.people.not_person(it.event.known.faces[rival], it.number(it.person))
            outcome.rejected.append((rival, it.person))
        it.people.assign(it.event.known.faces[face], it.number(it.person))
        outcome.accepted.append((face, it.person))
    return outcome


def _rivals(it: _Deciding, face: UUID) -> list[UUID]:
    """Faces of the same photo that clustering gave to the person: those that a user gave stay, and are an error.

    An index that was made anew holds all faces, so it cannot tell; the database can.
    """
    faces = it.event.album.faces
    same = [other for other in faces.values() if other.media_id == faces[face].media_id and other.id != face]
    return [other.id for other in same if other.face_person_id == it.person and not other.confirmed]


def _unassign(it: _Deciding) -> Outcome:
    outcome = Outcome()
    for face in it.faces():
        person = it.event.album.faces[face].face_person_id
        if person is not None and person in it.event.known.people:
            it.people.not_person(it.event.known.faces[face], it.number(person))
            outcome.rejected.append((face, person))
            outcome.people.add(person)
    return outcome


def _create(it: _Deciding) -> Outcome:
    return Outcome(new_person=it.people.create([it.event.known.faces[face] for face in it.faces()]).person_id)


_ACTIONS: dict[str, Callable[[_Deciding], Outcome]] = {
    "name": _name,
    "link-user": _link,
    "invite": _invite,
    "ignore": _ignore,
    "unignore": _unignore,
    "merge": _merge,
    "split": _split,
    "not-same": _not_same,
    "maybe-same": _maybe_same,
    "assign": _assign,
    "unassign": _unassign,
    "create": _create,
}

ACTIONS = tuple(_ACTIONS)
"""What can be decided."""


def decide(core: Core, action: str, decision: Decision) -> dict[str, Any]:
    """Carries a decision out, in one transaction. Gives the id of the person that it is about, or that it made.

    Raises `Refused`, and what the library raises for what it does not allow (`sonic.MismatchError`, ...).
    """
    with core.opened(decision.event_id) as event:
        outcome = _ACTIONS[action](_Deciding(event, decision))
        if outcome.new_person is not None and decision.value:
            event.people.rename(outcome.new_person, decision.value.strip() or None)
        known = event.known
        reconcile(
            event.connection,
            event.album,
            known,
            event.people,
            event.rows(),
            confirm=outcome.people,
            by=decision.decided_by,
        )
        numbers = {number: person for person, number in known.people.items()}
        new = None if outcome.new_person is None else numbers[outcome.new_person]
        if new is not None:
            event.connection.execute(
                "update faces set confirmed = true where event_id = %s and face_person_id = %s",
                [decision.event_id, new],
            )
        _note_faces(event, outcome)
        _log_decision(event, action, decision, new)
    return {"person_id": str(new or decision.other_person_id or decision.person_id or "") or None}


def _note_faces(event: OpenEvent, outcome: Outcome) -> None:
    cursor = event.connection.cursor()
    if outcome.merged is not None:
        # What is not the one is not the other either.
        cursor.execute(
            "update faces set not_persons = array_replace(not_persons, %s, %s) where %s = any(not_persons)",
            [*outcome.merged, outcome.merged[0]],
        )
    cursor.executemany(
        "update faces set not_persons = array_append(array_remove(not_persons, %s), %s) where id = %s",
        [(person, person, face) for face, person in outcome.rejected],
    )
    cursor.executemany(
        "update faces set not_persons = array_remove(not_persons, %s) where id = %s",
        [(person, face) for face, person in outcome.accepted],
    )


def _log_decision(event: OpenEvent, action: str, decision: Decision, new: UUID | None) -> None:
    event.connection.execute(
        """
        insert into face_decisions (event_id, kind, person_id, other_person_id, face_ids, value, decided_by)
        values (%s, %s, %s, %s, %s, %s, %s)
        """,
        [
            decision.event_id,
            action,
            decision.person_id or new,
            new if decision.person_id is not None and new is not None else decision.other_person_id,
            decision.face_ids,
            decision.value,
            decision.decided_by,
        ],
    )


def purge(core: Core, event_id: str, user_id: str) -> dict[str, int]:
    """Forgets the face of a user in an event: in the database, then in the index, whose file is written anew."""
    with core.locks.alone(event_id):
        with core.database.transaction() as connection:
            row = connection.execute("select purge_face_data_for_user(%s, %s) as gone", [user_id, event_id]).fetchone()
        core.index.forget_event(event_id, compact=True)
    return dict(row["gone"]) if row is not None else {}


def archive(core: Core, event_id: str) -> dict[str, int]:
    """Forgets what the faces of an event look like; who was on the photos stays."""
    with core.locks.alone(event_id):
        with core.database.transaction() as connection:
            done = connection.execute(
                "update events set archived = true where id = %s returning id", [event_id]
            ).fetchone()
            if done is None:
                raise Refused(f"there is no event {event_id}", 404)
            row = connection.execute(
                """
                select count(*) as faces, count(embedding) as embeddings, count(distinct media_id) as photos
                from faces where event_id = %s
                """,
                [event_id],
            ).fetchone()
        core.index.forget_event(event_id, compact=True)
    return dict(row or {})
