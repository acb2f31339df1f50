"""Who waits in this process for what happens in it. Others find out from the storage."""

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator


class Hub:
    """Wakes workers that wait for jobs, and streams that wait for sound."""

    def __init__(self, count: Callable[[str, str, float], None]) -> None:
        self.work = threading.Event()
        """Set when a job was submitted here."""
        self.count = count
        """Called with the kind of a job that ended, how, and after how many seconds."""
        self._lock = threading.Lock()
        self._waiting: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = defaultdict(set)

    def tell(self, job_id: str) -> None:
        """Something of a job has changed; from any thread."""
        with self._lock:
            waiting = list(self._waiting.get(job_id, ()))
        for loop, event in waiting:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(event.set)

    @contextlib.contextmanager
    def watch(self, job_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever something of a job changes here."""
        entry = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting[job_id].add(entry)
        try:
            yield entry[1]
        finally:
            with self._lock:
                self._waiting[job_id].discard(entry)
                if not self._waiting[job_id]:
                    del self._waiting[job_id]
