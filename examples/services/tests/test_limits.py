"""Rates: in memory, in Redis, and in memory again while Redis is away."""

import asyncio
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from needs import program
from sonic_services.limits import MemoryLimiter, RedisLimiter, Verdict


def test_a_window_ends_and_says_when() -> None:
    now = 0.0
    counter = MemoryLimiter(clock=lambda: now)

    async def hits(count: int) -> list[Verdict]:
        return [await counter.hit("a", 2, 60) for _ in range(count)]

    verdicts = asyncio.run(hits(3))
    assert [verdict.allowed for verdict in verdicts] == [True, True, False]
    now = 59.5
    assert asyncio.run(hits(1))[0].headers == {"Retry-After": "1"}
    now = 60.0
    assert asyncio.run(hits(1))[0].allowed


def test_callers_do_not_fill_the_memory() -> None:
    counter = MemoryLimiter(max_keys=10)

    async def many() -> None:
        for i in range(1000):
            await counter.hit(str(i), 1, 60)

    asyncio.run(many())
    assert len(counter._windows) <= 10


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    server = program("redis-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait(port)
        yield f"redis://127.0.0.1:{port}/0", process
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError("Redis did not start")


def test_instances_share_their_counts_in_redis(redis: tuple[str, "subprocess.Popen[bytes]"]) -> None:
    async def run() -> list[bool]:
        first, second = RedisLimiter(redis[0]), RedisLimiter(redis[0])
        allowed = [(await (first, second)[i % 2].hit("ratelimit:a", 3, 3600)).allowed for i in range(4)]
        verdict = await first.hit("ratelimit:a", 3, 3600)
        assert 3590 <= verdict.retry_after_s <= 3600
        await first.close()
        await second.close()
        return allowed

    assert asyncio.run(run()) == [True, True, True, False]


def test_requests_are_counted_here_while_redis_is_away(redis: tuple[str, "subprocess.Popen[bytes]"]) -> None:
    async def run() -> list[bool]:
        counter = RedisLimiter(redis[0])
        await counter.hit("a", 1, 60)
        redis[1].terminate()
        redis[1].wait(10)
        allowed = [(await counter.hit("a", 1, 60)).allowed for _ in range(2)]
        await counter.close()
        return allowed

    assert asyncio.run(run()) == [True, False]
