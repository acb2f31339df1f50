"""Tells the host how jobs ended. What is to be told is in the database, so a restart loses nothing."""

import asyncio
import contextlib
import logging
from typing import Any

import httpx2
from prometheus_client import Counter

from .core import Core
from .database import Unreachable
from .job_records import Callback, callback_failed, callback_sent, due_callbacks

_log = logging.getLogger(__name__)

_TIMEOUT_S = 30.0
# How often is looked for callbacks whose time has come, or that another instance has left behind.
_PERIOD_S = 5.0


class Callbacks:
    """Sends callbacks until it is stopped. `first_wait_s` is the time before the second try; it doubles each time."""

    def __init__(self, core: Core, sent: Counter, *, first_wait_s: float = 1.0) -> None:
        self._core = core
        self._sent = sent
        self._first_wait_s = first_wait_s
        self._wake = asyncio.Event()
        # What the database could not note is told from memory.
        self._aside: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._client: httpx2.AsyncClient

    async def start(self) -> None:
        """Begins."""
        self._client = httpx2.AsyncClient(timeout=_TIMEOUT_S, trust_env=False)
        self._task = asyncio.create_task(self._loop())

    async def stop(self) -> None:
        """Ends; what was not told is told after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, *self._aside, return_exceptions=True)
            await self._client.aclose()

    def wake(self) -> None:
        """Says that there is something to tell."""
        self._wake.set()

    def tell(self, body: dict[str, Any]) -> None:
        """Tells something that is not in the database."""
        task = asyncio.create_task(self._tell(body))
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    async def _loop(self) -> None:
        while True:
            self._wake.clear()
            try:
                due = await self._core.run(self._due)
                await asyncio.gather(*(self._deliver(callback) for callback in due))
            except Unreachable as error:
                _log.warning("callbacks wait for the database", extra={"error": str(error)})
                due = []
            except Exception:
                _log.exception("callbacks could not be sent")
                due = []
            if not due:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), min(_PERIOD_S, self._first_wait_s))

    def _due(self) -> list[Callback]:
        with self._core.database.transaction() as connection:
            return due_callbacks(connection)

    async def _deliver(self, callback: Callback) -> None:
        error = await self._send(callback.body)
        again = self._again(callback.attempts) if error is not None else None

        def note() -> None:
            with self._core.database.transaction() as connection:
                if error is None:
                    callback_sent(connection, callback)
                else:
                    callback_failed(connection, callback, error, again)

        await self._core.run(note)
        if error is not None:
            level = logging.WARNING if again is not None else logging.ERROR
            _log.log(level, "a callback failed", extra={"job": callback.job_id, "error": error, "again_in_s": again})

    def _again(self, attempts: int) -> float | None:
        """Seconds until the next try after so many; None if there is none."""
        if attempts > self._core.settings.max_retries:
            return None
        return float(self._first_wait_s * 2 ** (attempts - 1))

    async def _tell(self, body: dict[str, Any]) -> None:
        attempts = 1
        while await self._send(body) is not None:
            wait_s = self._again(attempts)
            if wait_s is None:
                return
            attempts += 1
            await asyncio.sleep(wait_s)

    async def _send(self, body: dict[str, Any]) -> str | None:
        """Sends it once; gives what went wrong."""
        settings = self._core.settings
        try:
            answer = await self._client.post(
                settings.callback_url, json=body, headers={"Authorization": f"Bearer {settings.callback_secret}"}
            )
        except httpx2.HTTPError as error:
            self._sent.labels("unreachable").inc()
            return str(error) or type(error).__name__
        if answer.is_success:
            self._sent.labels("sent").inc()
            return None
        self._sent.labels("refused").inc()
        return f"the host answered {answer.status_code}"
