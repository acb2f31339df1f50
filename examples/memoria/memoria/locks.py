"""Locks of events within this process; between processes the database holds them."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class EventLocks:
    """Photos of an event may come side by side; while its people are looked at or changed none comes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        # Photos that are being added to an event; -1 while it is held.
        self._users: defaultdict[str, int] = defaultdict(int)
        self._waiting: defaultdict[str, int] = defaultdict(int)
        self._media: set[str] = set()

    @contextmanager
    def adding(self, event_id: str, media_id: str) -> Iterator[None]:
        """Adds one photo; the same photo a second time only afterwards."""
        with self._changed:
            # Whoever wants the event alone comes first, or a stream of photos would keep it waiting.
            self._changed.wait_for(
                lambda: self._users[event_id] >= 0 and not self._waiting[event_id] and media_id not in self._media
            )
            self._users[event_id] += 1
            self._media.add(media_id)
        try:
            yield
        finally:
            with self._changed:
                self._media.discard(media_id)
                self._release(event_id, self._users[event_id] - 1)

    @contextmanager
    def alone(self, event_id: str) -> Iterator[None]:
        """Holds an event."""
        with self._changed:
            self._waiting[event_id] += 1
            self._changed.wait_for(lambda: self._users[event_id] == 0)
            self._waiting[event_id] -= 1
            self._users[event_id] = -1
        try:
            yield
        finally:
            with self._changed:
                self._release(event_id, 0)

    def in_use(self, event_id: str) -> bool:
        """Whether photos are being added to an event, or it is held or waited for."""
        with self._changed:
            return bool(self._users.get(event_id) or self._waiting.get(event_id))

    def _release(self, event_id: str, users: int) -> None:
        self._users[event_id] = users
        if users == 0 and not self._waiting[event_id]:
            del self._users[event_id], self._waiting[event_id]
        self._changed.notify_all()
