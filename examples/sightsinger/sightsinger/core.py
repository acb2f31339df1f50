"""What requests share: settings, storage, voicebanks, workers, and threads that block."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from .auth import Auth
from .hub import Hub
from .interpreter import load
from .playback import Signer
from .sessions import Sessions
from .settings import Settings
from .storage import Objects, open_objects
from .voicebanks import Voicebanks
from .worker import Worker

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = 32


class Core:
    """All of it."""

    def __init__(
        self,
        settings: Settings,
        count: Callable[[str, str, float], None],
        objects: Objects | None = None,
        voices: Objects | None = None,
    ) -> None:
        self.settings = settings
        self.objects = objects or open_objects(settings.storage_url, settings.storage_timeout_s)
        # A voicebank takes as long as it takes.
        timeout_s = max(settings.storage_timeout_s, settings.job_timeout_s)
        self.voicebanks = Voicebanks(settings, voices or open_objects(settings.voicebank_url, timeout_s))
        self.sessions = Sessions(settings, self.objects)
        self.hub = Hub(count)
        self.auth = Auth(settings)
        self.signer = Signer(settings.playback_secret, settings.playback_ttl_s)
        self.interpreter = load(settings.interpreter)
        # Scores that are read at once: one that takes long must not hold up all others.
        self.parsers = ThreadPoolExecutor(4, "sightsinger-score")
        self._threads = ThreadPoolExecutor(_THREADS, "sightsinger")
        self.workers: list[Worker] = []
        self.ready = False

    def start(self) -> None:
        """Begins to take jobs."""
        self.workers = [
            Worker(self.settings, self.objects, self.voicebanks, self.hub) for _ in range(self.settings.workers)
        ]
        for worker in self.workers:
            worker.start()
        self.ready = True

    def close(self) -> None:
        """Ends it; jobs under way go back to their queue."""
        self.ready = False
        for worker in self.workers:
            worker.stop()
        for worker in self.workers:
            worker.join(self.settings.server.grace_s)
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.parsers.shutdown(wait=False, cancel_futures=True)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Does blocking work on a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(*args, **kwargs))
