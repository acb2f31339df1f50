"""The episodes: a store that is written here, or one that follows a bucket."""

import os
import re
import threading
from collections.abc import Callable
from typing import TypeVar

import sonic
from fastapi import HTTPException

from .settings import Settings

_T = TypeVar("_T")
_EPISODE = re.compile(r"S(\d{1,3})E\d{1,4}", re.IGNORECASE)

EPISODE_ID = r"[A-Za-z0-9][A-Za-z0-9._ -]{0,63}"
"""What an episode may be called; `S01E05` belongs to a season."""


class Catalogue:
    """The store of the service. One that follows a bucket is never written here."""

    def __init__(self, settings: Settings) -> None:
        self.follows = settings.bucket is not None
        self._slots = threading.BoundedSemaphore(min(settings.parallel, os.cpu_count() or 1))
        self._follower: sonic.Follower | None = None
        if settings.bucket is None:
            self.store = sonic.Store(settings.store)
            return
        self._pull(settings, settings.bucket)
        self.store = sonic.Store(settings.store, access="read_only")
        interval, endpoint = settings.follow_interval_s, settings.endpoint
        self._follower = self.store.follow(settings.bucket, interval=interval, endpoint=endpoint)

    def _pull(self, settings: Settings, bucket: str) -> None:
        try:
            sonic.snapshots.pull(settings.store, bucket, endpoint=settings.endpoint)
        except sonic.SonicError:
            # What was pulled before the bucket went out of reach still answers; without it there is nothing to serve.
            sonic.Store(settings.store, access="read_only").close()

    def close(self) -> None:
        """Stops following and closes the store."""
        if self._follower is not None:
            self._follower.stop()
        self.store.close()

    def identify(self, data: bytes) -> sonic.Answer:
        """Names the clip in a file; as many at once as there are cores, others wait. Raises 400 without sound."""
        # As bytes and not as a clip: they are decoded block by block, so that hours of sound do not fill the memory.
        try:
            return self._with_slot(lambda: self.store.identify(data, limit=5))
        except (sonic.MalformedError, sonic.UnsupportedError, sonic.LimitError) as error:
            raise HTTPException(400, f"The file holds no sound that can be decoded: {error}") from None

    def explain(self, data: bytes, match: sonic.Match) -> str:
        """Why a clip was recognised, as an SVG picture."""
        return self._with_slot(lambda: sonic.explain(self.store, data, match))

    def ingest(self, episode_id: str, data: bytes) -> None:
        """Adds an episode; what it was before is replaced. Raises 409 if these bytes are another episode's."""
        self._refuse_following()
        try:
            added = self._with_slot(lambda: self.store.add(data, id=episode_id, replace=True))
        except (sonic.MalformedError, sonic.UnsupportedError) as error:
            raise HTTPException(400, f"Nothing was stored: {error}") from None
        if added.id != episode_id:
            raise HTTPException(409, f"Nothing was stored: the same file is there already as {added.id}")

    def clear(self) -> None:
        """Removes every episode, and the space that they took."""
        self._refuse_following()
        for recording in list(self.store.recordings):
            self.store.recordings.remove(recording.id)
        self.store.imported.clear()
        self.store.compact()

    def title(self, episode_id: str) -> str | None:
        """The title of an episode; None if it has none."""
        recording = self.store.recordings.get(episode_id)
        return recording.title if recording else None

    @property
    def episodes(self) -> int:
        """How many there are."""
        return len(self.store.recordings) + len(self.store.imported)

    def stats(self) -> dict[str, int]:
        """What CityWok counts: postings are its hashes, landmarks and imported hashes its entries."""
        stats, imported = self.store.stats(), self.store.imported.list()
        ids = {recording.id for recording in self.store.recordings} | {recording.id for recording in imported}
        seasons = {match[1] for match in map(_EPISODE.fullmatch, ids) if match}
        entries = sum(recording.entries for recording in imported)
        return {
            "unique_hashes": stats.postings + entries,
            "total_entries": stats.landmarks + entries,
            "episodes": len(ids),
            "seasons": len(seasons),
        }

    def _with_slot(self, work: Callable[[], _T]) -> _T:
        with self._slots:
            return work()

    def _refuse_following(self) -> None:
        if self.follows:
            text = "This server follows a bucket: add episodes with ingest.sh, and it turns to them by itself"
            raise HTTPException(409, text)
