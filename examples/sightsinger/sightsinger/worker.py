"""Workers: they take jobs from queues, one at a time, and leave what they made in the storage."""

import contextlib
import json
import logging
import re
import threading
import time
import uuid
from collections import defaultdict

import sonic

from . import jobs
from .hub import Hub
from .jobs import Claim, Lost
from .patience import patiently
from .rendering import Rendering, make
from .settings import Settings
from .storage import Document, Objects, read
from .voicebanks import VoicebankError, Voicebanks

_log = logging.getLogger(__name__)

_MARKER = re.compile(r"queues/[^/]+/([0-9]+)-([0-9a-f]+)-([0-9a-f]{32})")
_ORPHAN_S = 600
_PIECES_S = 600
_FINAL = (
    VoicebankError,
    sonic.InvalidArgumentError,
    sonic.NotFoundError,
    sonic.MalformedError,
    sonic.UnsupportedError,
    sonic.LimitError,
    sonic.ModelError,
)


class Worker(threading.Thread):
    """One job at a time, until it is stopped."""

    def __init__(self, settings: Settings, objects: Objects, voicebanks: Voicebanks, hub: Hub) -> None:
        super().__init__(name="sightsinger-worker", daemon=True)
        self._settings = settings
        self._objects = objects
        self._voicebanks = voicebanks
        self._hub = hub
        self._owner = uuid.uuid4().hex
        self._stopping = threading.Event()
        self._current: Rendering | None = None
        # Tags of jobs that others do, and since when they have not changed by the clock of this process.
        self._seen: dict[str, tuple[str, float]] = {}
        # When a job of a user was last begun here: who waited longest is next.
        self._served: dict[str, float] = {}
        # When a marker is looked at again.
        self._due: dict[str, float] = {}
        # Folders of pieces that streams may still read, and when they are removed.
        self._leftovers: list[tuple[float, str]] = []

    def stop(self) -> None:
        """Ends it soon; a job that it does is left to others at once."""
        self._stopping.set()
        self._hub.work.set()
        current = self._current
        if current is not None:
            current.cancel()

    def run(self) -> None:
        """Takes jobs until it is stopped."""
        while not self._stopping.is_set():
            try:
                self._clean()
                claim = self._take()
            except Exception as error:
                _log.warning("no job can be looked for", extra={"error": repr(error)})
                self._stopping.wait(self._settings.poll_s)
                continue
            if claim is not None:
                self._do(claim)
                continue
            self._hub.work.wait(self._settings.poll_s)
            self._hub.work.clear()

    def _take(self) -> Claim | None:
        """The next job: of each user in turn, the oldest first."""
        markers: list[tuple[int, str, str]] = []
        for queue in self._settings.queues:
            for info in self._objects.list(f"queues/{queue}"):
                found = _MARKER.fullmatch(info.name)
                if found:
                    markers.append((int(found[1]), found[2], info.name))
        turns: dict[str, int] = defaultdict(int)
        ordered: list[tuple[int, float, int, str, str]] = []
        for created, user, name in sorted(markers):
            ordered.append((turns[user], self._served.get(user, 0.0), created, name, user))
            turns[user] += 1
        recent = time.monotonic() - _ORPHAN_S
        self._served = {user: served for user, served in self._served.items() if served > recent}
        names = {name for _, _, name in markers}
        self._seen = {name: seen for name, seen in self._seen.items() if name in names}
        self._due = {name: due for name, due in self._due.items() if name in names}
        for _, _, created, name, user in sorted(ordered):
            claim = self._claim(name, created)
            if claim is not None:
                self._served[user] = time.monotonic()
                return claim
        return None

    def _claim(self, marker: str, created: int) -> Claim | None:
        if time.monotonic() < self._due.get(marker, 0.0):
            return None
        document = self._marked(marker)
        if document is None or document.data["marker"] != marker:
            # The document may be about to be written; if not, whoever marked it ended before.
            self._due[marker] = time.monotonic() + min(self._settings.poll_s, 1.0)
            if time.time() - created / 1e6 > _ORPHAN_S:
                self._objects.delete(marker)
            return None
        if document.data["status"] not in jobs.OPEN:
            self._objects.delete(marker)
            return None
        if document.data["status"] == "running" and not self._is_silent(marker, document):
            self._due[marker] = time.monotonic() + min(self._settings.lease_s / 4, 5.0)
            return None
        claim = jobs.claim(self._objects, document, self._owner)
        if claim is not None and claim.data["attempt"] > self._settings.max_attempts:
            self._end(claim, "failed", f"It was begun {self._settings.max_attempts} times and never ended")
            return None
        return claim

    def _marked(self, marker: str) -> Document | None:
        """The job of a marker; None if there is none yet, or it is not one of ours."""
        try:
            return read(self._objects, json.loads(self._objects.get(marker, max_bytes=4096)[1])["job"])
        except sonic.NotFoundError:
            return None
        except (ValueError, KeyError, TypeError, sonic.LimitError) as error:
            _log.warning("a marker cannot be read", extra={"marker": marker, "error": repr(error)})
            return None

    def _is_silent(self, marker: str, document: Document) -> bool:
        """Whether the worker of a job has written nothing for the length of a lease; clocks of others do not matter."""
        tag, since = self._seen.get(marker, ("", 0.0))
        if tag != document.tag:
            self._seen[marker] = (document.tag, time.monotonic())
            return False
        return time.monotonic() - since >= self._settings.lease_s

    def _do(self, claim: Claim) -> None:
        context = {"job": claim.data["jobId"], "attempt": claim.data["attempt"], "kind": claim.data["jobKind"]}
        _log.info("a job begins", extra=context)
        start = time.perf_counter()
        self._current = rendering = Rendering(
            self._settings, self._objects, self._voicebanks, claim, self._hub, self._stopping
        )
        try:
            rendering.begin()
            make(rendering)
        except Lost:
            status = "lost"
        except _FINAL as error:
            status = "failed"
            self._end(claim, "failed", str(error))
        except Exception as error:
            # It may go better the next time.
            status = "retried"
            _log.warning("a job is tried again", extra={**context, "error": repr(error)}, exc_info=True)
            self._release(claim)
            self._due[claim.data["marker"]] = time.monotonic() + min(0.2 * 2 ** claim.data["attempt"], 30)
        else:
            status = "completed"
            self._leftovers.append((time.monotonic() + _PIECES_S, f"{claim.folder}/stream"))
            self._remove_marker(claim)
        finally:
            rendering.close()
            self._current = None
            self._hub.tell(claim.data["jobId"])
        self._hub.count(claim.data["jobKind"], status, time.perf_counter() - start)
        _log.info("a job ends", extra={**context, "status": status, "seconds": round(time.perf_counter() - start, 3)})

    def _release(self, claim: Claim) -> None:
        """Gives a job back to the queue."""
        changed = {"status": "queued", "step": "queued", "message": "It is tried again", "owner": None}
        try:
            patiently(lambda: claim.write(lambda data: {**data, **changed}), self._stopping)
        except Lost:
            _log.info("somebody else has the job")
        except sonic.SonicError as error:
            _log.warning("a job cannot be given back: it is begun again later", extra={"error": str(error)})

    def _end(self, claim: Claim, status: str, message: str) -> None:
        changed = {"status": status, "step": status, "message": message, "errorMessage": message, "owner": None}
        try:
            patiently(lambda: claim.write(lambda data: {**data, **changed}), self._stopping)
        except Lost:
            _log.info("somebody else has the job")
        except sonic.SonicError as error:
            _log.warning("the end of a job cannot be written: it is begun again", extra={"error": str(error)})
        else:
            self._remove_marker(claim)

    def _remove_marker(self, claim: Claim) -> None:
        # If it stays, it is removed by whoever looks at it next.
        with contextlib.suppress(sonic.SonicError):
            self._objects.delete(claim.data["marker"])

    def _clean(self) -> None:
        """Removes pieces of songs that have ended a while ago."""
        while self._leftovers and self._leftovers[0][0] < time.monotonic():
            _, folder = self._leftovers.pop(0)
            for info in self._objects.list(folder):
                self._objects.delete(info.name)
