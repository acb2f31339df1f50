"""How much may come in: bytes of bodies, requests of a caller."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi import HTTPException
from fastapi.responses import JSONResponse
from starlette.formparsers import MultiPartParser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger(__name__)


class BodyLimit:
    """Middleware that refuses bodies of more than `max_bytes` with 413, and with 503 what would make all bodies that
    are being received larger than `max_total_bytes`.

    Bytes are counted as they come, so a request that does not say how long it is, or lies, is refused too. Forms stay
    in memory up to that size: nothing of them is written to disk.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int,
        max_total_bytes: int | None = None,
        too_large: tuple[int, str] | None = None,
    ) -> None:
        self._app = app
        # The boundaries and fields of a form come on top of its file.
        self._max_bytes = max_bytes + 65_536
        self._too_large = too_large or (413, f"The body is larger than {max_bytes // (1024 * 1024)} MB")
        self._max_total_bytes = max_total_bytes or 4 * max_bytes
        self._total = 0
        # A form of more than a megabyte would otherwise go to a temporary file.
        MultiPartParser.spool_max_size = max(MultiPartParser.spool_max_size, max_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _announced(scope) > self._max_bytes:
            # Nothing of it is read.
            status, text = self._too_large
            await JSONResponse({"detail": text}, status)(scope, receive, send)
            return
        received = 0

        async def count() -> Message:
            nonlocal received
            message = await receive()
            size = len(message.get("body", b""))
            received += size
            self._total += size
            if received > self._max_bytes:
                raise HTTPException(*self._too_large)
            if self._total > self._max_total_bytes:
                raise HTTPException(503, "Too many uploads at once; try again later", {"Retry-After": "5"})
            return message

        try:
            await self._app(scope, count, send)
        finally:
            self._total -= received


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request is within the rate."""

    allowed: bool
    """True if it is."""
    remaining: int
    """Requests that are left in the window."""
    retry_after_s: int
    """Seconds until the window ends, at least 1."""

    @property
    def headers(self) -> dict[str, str]:
        """What a 429 says: `Retry-After`."""
        return {"Retry-After": str(self.retry_after_s)}


class RateLimiter(Protocol):
    """Counts requests by key in windows of fixed length."""

    async def hit(self, key: str, limit: int, window_s: int) -> Verdict:
        """Counts a request; of `limit` in `window_s` seconds each is allowed."""

    async def close(self) -> None:
        """Ends it."""


class MemoryLimiter:
    """Counts in this process: each instance of a service counts for itself, and begins anew when it starts."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, max_keys: int = 100_000) -> None:
        self._clock = clock
        self._max_keys = max_keys
        # When the window of a key ends, and how many requests there were in it.
        self._windows: dict[str, tuple[float, int]] = {}

    async def hit(self, key: str, limit: int, window_s: int) -> Verdict:
        """As `RateLimiter.hit`."""
        now = self._clock()
        end, count = self._windows.get(key, (0.0, 0))
        if now >= end:
            end, count = now + window_s, 0
            self._make_room(now)
        self._windows[key] = (end, count + 1)
        return Verdict(count < limit, max(0, limit - count - 1), max(1, math.ceil(end - now)))

    async def close(self) -> None:
        """Nothing to end."""

    def _make_room(self, now: float) -> None:
        if len(self._windows) < self._max_keys:
            return
        self._windows = {key: window for key, window in self._windows.items() if window[0] > now}
        # All of them are in use: the oldest callers begin anew rather than that memory grows.
        while len(self._windows) >= self._max_keys:
            del self._windows[next(iter(self._windows))]


class RedisLimiter:
    """Counts in Redis, for all instances of a service; while Redis cannot be reached, in this process."""

    def __init__(self, url: str) -> None:
        from redis.asyncio import Redis

        self._redis: Any = Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)
        self._memory = MemoryLimiter()

    async def hit(self, key: str, limit: int, window_s: int) -> Verdict:
        """As `RateLimiter.hit`."""
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.set(key, 0, ex=window_s, nx=True)
                pipe.incr(key)
                pipe.ttl(key)
                _, count, left_s = await pipe.execute()
        except Exception as error:
            _log.warning("Redis does not answer, requests are counted here", extra={"error": str(error)})
            return await self._memory.hit(key, limit, window_s)
        return Verdict(count <= limit, max(0, limit - count), max(1, left_s))

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()


def limiter(redis_url: str | None) -> RateLimiter:
    """Counts in Redis if there is an address of one, else in memory."""
    return RedisLimiter(redis_url) if redis_url else MemoryLimiter()
