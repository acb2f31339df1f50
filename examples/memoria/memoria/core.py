"""What requests share: settings, database, index, models, and an event that is held while it is changed."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import sonic
from sonic_services import Downloader

from .album import Album, load
from .database import Connection, Database
from .detection import Detector
from .index import Index, Known
from .locks import EventLocks
from .records import bump, embeddings, lock_event
from .settings import Settings

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OpenEvent:
    """An event that nobody else changes."""

    connection: Connection
    """The transaction that holds it."""
    album: Album
    """What the database has of it."""
    known: Known
    """What the index has of it; the same."""
    people: sonic.People
    """Its people in the index."""
    store: sonic.Store
    """The index."""

    def rows(self) -> "sonic.Table[sonic.StoredFace]":
        """Its faces in the index."""
        return self.store.faces.table(self.album.event_id)


class Core:
    """All of it, and the threads that block."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        # Some threads more than analyse photos: those that wait for the database or for an event.
        threads = settings.parallel + 8
        self.database = Database(settings.database_url, settings.timeout_seconds, threads)
        self.detector = Detector(settings)
        self.locks = EventLocks()
        self.downloader = Downloader(
            max_bytes=settings.max_image_bytes,
            timeout_s=settings.download_timeout_seconds,
            allow_private=settings.allow_private_addresses,
        )
        # Photos that are in memory at once, and those of them that are analysed.
        self.slots = asyncio.Semaphore(4 * settings.parallel)
        self.analysing = asyncio.Semaphore(settings.parallel)
        self._threads = ThreadPoolExecutor(threads, "memoria")
        self.index: Index

    def start(self) -> None:
        """Loads the models, makes the tables, and begins with an empty index. Takes a second or so."""
        analyzer = self.detector.analyzer
        self.database.start(analyzer.dimensions)
        self.index = Index(self.settings.index_dir, analyzer.pipeline, self.settings.index_faces)

    def close(self) -> None:
        """Ends it, when no request is being answered any more."""
        self._threads.shutdown(wait=True)
        self.index.close()
        self.database.close()

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Does blocking work on a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(*args, **kwargs))

    @contextlib.contextmanager
    def opened(self, event_id: str) -> Iterator[OpenEvent]:
        """Holds an event, here and in the database; what is done to it is committed at the end, or not at all.

        Raises `Closed`. After an exception the index forgets the event, and is made anew from the database.
        """
        with self.locks.alone(event_id):
            try:
                with self.database.transaction() as connection:
                    album = load(connection, event_id, lock_event(connection, event_id))
                    known = self.index.synchronised(album, lambda ids: embeddings(connection, ids))
                    store = self.index.store
                    yield OpenEvent(connection, album, known, store.people(event_id), store)
                    revision = bump(connection, event_id)
            except BaseException:
                self.index.distrust(event_id)
                raise
            known.revision = revision
        self.index.make_room(self.locks.in_use)
