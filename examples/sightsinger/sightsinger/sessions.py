"""Sessions: a document each, with the score that is sung."""

import hashlib
import secrets
import time
from typing import Any

import sonic

from . import jobs
from .settings import Settings
from .storage import Document, Objects, read, update, write
from .uploads import Refused

SOLFEGE = {"system": "movable_do", "mode": "off", "revision": 0}
"""The settings of a new session."""

_TOUCH_S = 3600


class Sessions:
    """The sessions of all users."""

    def __init__(self, settings: Settings, objects: Objects) -> None:
        self._settings = settings
        self._objects = objects

    def create(self, uid: str) -> str:
        """A new session; the oldest of the user make room for it."""
        self._make_room(uid)
        sid = secrets.token_hex(16)
        now = int(time.time())
        data = {
            "sessionId": sid,
            "userId": uid,
            "createdAt": now,
            "touchedAt": now,
            "title": None,
            "version": 0,
            "scoreHash": None,
            "latestJobId": None,
            "solfege": SOLFEGE,
        }
        write(self._objects, _path(uid, sid), data, None)
        return sid

    def get(self, uid: str, sid: str) -> Document:
        """A session of the user. Raises a `Refused` if there is none, or it has expired."""
        found = read(self._objects, _path(uid, sid))
        if found is None or self._expires(found.data) < time.time():
            if found is not None:
                self.remove(uid, sid)
            raise Refused("session_not_found", "There is no such session", 404)
        if time.time() - found.data["touchedAt"] > min(_TOUCH_S, self._settings.session_ttl_s / 10):
            return self.change(uid, sid, {})
        return found

    def change(self, uid: str, sid: str, changes: dict[str, Any]) -> Document:
        """Changes a session. Raises a `Refused` if there is none."""
        changed = update(self._objects, _path(uid, sid), lambda d: {**d, **changes, "touchedAt": int(time.time())})
        if changed is None:
            raise Refused("session_not_found", "There is no such session", 404)
        return changed

    def remove(self, uid: str, sid: str) -> None:
        """Removes all that a session has; its document last, so that what failed is tried again."""
        folder, document = jobs.session_folder(uid, sid), _path(uid, sid)
        for info in self._objects.list(folder):
            if info.name.endswith("/job.json"):
                jobs.cancel(self._objects, info.name)
            if info.name != document:
                self._objects.delete(info.name)
        self._objects.delete(document)

    def shown(self, document: Document) -> dict[str, Any]:
        """A session as it is answered."""
        data = document.data
        return {
            "session_id": data["sessionId"],
            "created_at": data["createdAt"],
            "expires_at": self._expires(data),
            "title": data["title"],
            "version": data["version"],
            "latest_job_id": data["latestJobId"],
            "solfege_settings": data["solfege"],
        }

    def put_score(self, document: Document, xml: bytes, title: str | None, *, uploaded: bool) -> Document:
        """Makes a score that of the session. Raises a `Refused` if another did so since the document was read."""
        data = document.data
        digest = hashlib.sha256(xml).hexdigest()
        folder = jobs.session_folder(data["userId"], data["sessionId"])
        if uploaded:
            self._objects.put(f"{folder}/input.xml", xml)
        self._objects.put(score_path(data["userId"], data["sessionId"], digest), xml)
        changes = {"scoreHash": digest, "version": data["version"] + 1, "title": title, "touchedAt": int(time.time())}
        try:
            return write(self._objects, document.name, {**data, **changes}, document.tag)
        except sonic.MismatchError:
            if not uploaded:
                raise Refused("score_changed", "The score was changed meanwhile", 409) from None
        # Of two uploads the last counts.
        again = self.get(data["userId"], data["sessionId"])
        return self.change(data["userId"], data["sessionId"], {**changes, "version": again.data["version"] + 1})

    def score(self, document: Document) -> bytes:
        """The score of a session in MusicXML. Raises a `Refused` if it has none."""
        data = document.data
        if data["scoreHash"] is None:
            raise Refused("score_not_found", "No score was uploaded yet", 404)
        return self._objects.get(score_path(data["userId"], data["sessionId"], data["scoreHash"]))[1]

    def sweep(self) -> int:
        """Removes the sessions that have expired, of all users; how many."""
        removed = 0
        for info in self._objects.list("sessions"):
            parts = info.name.split("/")
            old = time.time() - info.written_at_ms / 1000 > self._settings.session_ttl_s
            if len(parts) == 4 and parts[3] == "session.json" and old:
                # When it was written is when it was touched, or a little later.
                self.remove(parts[1], parts[2])
                removed += 1
        return removed

    def _expires(self, data: dict[str, Any]) -> int:
        return int(data["touchedAt"]) + self._settings.session_ttl_s

    def _make_room(self, uid: str) -> None:
        names = [i for i in self._objects.list(f"sessions/{uid}") if i.name.endswith("/session.json")]
        names.sort(key=lambda info: info.written_at_ms)
        for info in names:
            expired = time.time() - info.written_at_ms / 1000 > self._settings.session_ttl_s
            if len(names) >= self._settings.max_sessions or expired:
                names = names[1:]
                self.remove(uid, info.name.split("/")[2])


def score_path(uid: str, sid: str, digest: str) -> str:
    """The object of a score, which never changes."""
    return f"{jobs.session_folder(uid, sid)}/musicxml/{digest}.xml"


def _path(uid: str, sid: str) -> str:
    return f"{jobs.session_folder(uid, sid)}/session.json"
