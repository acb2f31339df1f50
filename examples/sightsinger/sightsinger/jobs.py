"""Jobs: documents beside what they make, under names that say what is wanted; open ones have a marker in a queue."""

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import sonic

from . import VERSION
from .storage import Document, Objects, read, update, write

OPEN = ("queued", "running")
"""Statuses of jobs that have not ended."""

_ENGINE = f"{VERSION}/{sonic.__version__}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a job is to make."""

    uid: str
    sid: str
    kind: str
    """synthesis or mix."""
    queue: str
    input_path: str
    """The score, an object that never changes; empty of a mix."""
    key: dict[str, Any]
    """All that what it makes depends on: hashes of score and voicebank, controls, format."""
    request: dict[str, Any]
    """What the worker reads."""
    audio_track: dict[str, Any] | None = None
    """What is told of the track when it is done."""

    @property
    def job_id(self) -> str:
        """The same for the same in the same session."""
        key = {"uid": self.uid, "sid": self.sid, "kind": self.kind, "engine": _ENGINE, **self.key}
        text = json.dumps(key, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def session_folder(uid: str, sid: str) -> str:
    """Where everything of a session lies."""
    return f"sessions/{uid}/{sid}"


def folder(uid: str, sid: str, job_id: str) -> str:
    """Where everything of a job lies."""
    return f"{session_folder(uid, sid)}/jobs/{job_id}"


def path(uid: str, sid: str, job_id: str) -> str:
    """The document of a job."""
    return f"{folder(uid, sid, job_id)}/job.json"


def now() -> str:
    """The time as documents have it."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def submit(objects: Objects, wanted: Wanted) -> Document:
    """The job that makes what is wanted: one that there is already, unless it failed or was cancelled."""
    name = path(wanted.uid, wanted.sid, wanted.job_id)
    found = read(objects, name)
    if found is not None and found.data["status"] not in ("failed", "cancelled"):
        return found
    # The marker first: without a document it is removed some day, without a marker a job would wait for ever.
    marker = _mark(objects, wanted)
    data = {**_new(wanted), "marker": marker}
    try:
        return write(objects, name, data, None if found is None else found.tag)
    except sonic.MismatchError:
        again = read(objects, name)
        if again is None:
            raise
        if again.data.get("marker") != marker:
            objects.delete(marker)
        return again


def _mark(objects: Objects, wanted: Wanted) -> str:
    user = hashlib.sha256(wanted.uid.encode()).hexdigest()[:12]
    name = f"queues/{wanted.queue}/{time.time_ns() // 1000:017}-{user}-{wanted.job_id}"
    job = {"job": path(wanted.uid, wanted.sid, wanted.job_id)}
    objects.put(name, json.dumps(job).encode())
    return name


def _new(wanted: Wanted) -> dict[str, Any]:
    created = now()
    return {
        "jobId": wanted.job_id,
        "userId": wanted.uid,
        "sessionId": wanted.sid,
        "status": "queued",
        "step": "queued",
        "message": "Waiting for a worker",
        "progress": 0.0,
        "inputPath": wanted.input_path,
        "outputPath": None,
        "losslessOutputPath": None,
        "renderType": wanted.kind,
        "jobKind": wanted.kind,
        "queue": wanted.queue,
        "request": wanted.request,
        "errorMessage": None,
        "warningMessage": None,
        "audioTrack": wanted.audio_track,
        "actualDurationSeconds": None,
        "consumedCredits": 0,
        "billing": None,
        "attempt": 0,
        "owner": None,
        "stream": None,
        "details": {},
        "createdAt": created,
        "updatedAt": created,
    }


def cancel(objects: Objects, name: str) -> Document | None:
    """Ends a job that is still open; None if there is none."""

    def change(data: dict[str, Any]) -> dict[str, Any] | None:
        if data["status"] not in OPEN:
            return None
        return {**data, "status": "cancelled", "step": "cancelled", "message": "Cancelled", "updatedAt": now()}

    found = update(objects, name, change)
    if found is not None and found.data["status"] == "cancelled":
        objects.delete(found.data["marker"])
    return found


class Lost(Exception):
    """The job belongs to somebody else by now, or was cancelled."""


class Claim:
    """A job that this worker does; every write shows that it still is its own."""

    def __init__(self, objects: Objects, document: Document) -> None:
        self._objects = objects
        self._document = document
        self._lock = threading.Lock()
        self._lost = False

    @property
    def data(self) -> dict[str, Any]:
        """The document as it was written last."""
        return self._document.data

    @property
    def folder(self) -> str:
        """Where what it makes goes."""
        return self._document.name.rpartition("/")[0]

    def write(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Changes the document. Raises `Lost` if somebody else did."""
        with self._lock:
            if self._document.data["status"] not in OPEN or self._lost:
                raise Lost(self._document.name)
            for _ in range(3):
                data = {**change(dict(self._document.data)), "updatedAt": now()}
                try:
                    self._document = write(self._objects, self._document.name, data, self._document.tag)
                    return
                except sonic.MismatchError:
                    self._adopt()

    def _adopt(self) -> None:
        """Goes on from what is there, if it was written here and the answer was lost."""
        found, mine = read(self._objects, self._document.name), self._document.data
        same = ("owner", "attempt", "marker")
        if found is None or found.data["status"] != "running" or any(found.data[n] != mine[n] for n in same):
            self._lost = True
            raise Lost(self._document.name)
        self._document = found


def claim(objects: Objects, document: Document, owner: str) -> Claim | None:
    """Takes a job, if nobody else was faster."""
    attempt = document.data["attempt"] + 1
    taken = {
        **document.data,
        "status": "running",
        "step": "starting",
        "message": "Starting",
        "progress": 0.0,
        "attempt": attempt,
        "owner": owner,
        "stream": None,
        "updatedAt": now(),
    }
    try:
        return Claim(objects, write(objects, document.name, taken, document.tag))
    except sonic.MismatchError:
        return None


def is_synthesis(data: dict[str, Any]) -> bool:
    """Whether a job sings a score."""
    return bool(data["jobKind"] == "synthesis")
