"""A host that has photos and takes callbacks, and workers that are really served."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import psycopg
from fastapi import FastAPI

from memoria.app import make_app
from memoria.core import Core
from memoria.settings import read_settings
from needs import assets
from serving import served

TOKEN = "a-token-for-tests"
SECRET = "callback-secret"
DETECTOR, EMBEDDER = "det_500m.onnx", "w600k_mbf_dequant_fp32.onnx"


@dataclass
class Host:
    """Who has the photos and takes the callbacks."""

    port: int
    received: list[dict[str, Any]] = field(default_factory=list)
    """Callbacks, with the header that shows the secret."""
    refusals: list[int] = field(default_factory=list)
    """Statuses with which the next callbacks are answered."""
    requests: list[str] = field(default_factory=list)
    """Paths that were asked for."""

    def url(self, path: str) -> str:
        """An address of the host."""
        return f"http://localhost:{self.port}{path}"

    def photo(self, name: str) -> str:
        """The address of a photo of the assets."""
        return self.url(f"/media/a/{name}?token=t")

    def wait_for(self, n: int, seconds: float = 10) -> list[dict[str, Any]]:
        """The callbacks, when there are `n`."""
        wait_until(lambda: len(self.received) >= n, seconds, lambda: f"{len(self.received)} callbacks of {n}")
        return self.received


def wait_until(true: Callable[[], bool], seconds: float = 10, what: Callable[[], str] = str) -> None:
    """Waits until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what()
        time.sleep(0.01)


class _Handler(BaseHTTPRequestHandler):
    host: Host

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        self.host.requests.append(self.path)
        path = self.path.partition("?")[0]
        if path.startswith("/media/a/"):
            # The recordings leave out the folder of the pictures, and that of the people.
            found = [assets("face", folder, path[9:]) for folder in ("images", ".")]
            file = next((file for file in found if file.is_file()), None)
            self._answer(404 if file is None else 200, b"" if file is None else file.read_bytes())
        elif path.startswith("/storage/v1/signed/"):
            self._answer(200, assets("face", "images", path[19:]).read_bytes())
        elif path.startswith("/redirect/"):
            self._answer(302, b"", {"Location": "/media/a/" + path[10:]})
        elif path.startswith("/to/"):
            self._answer(302, b"", {"Location": "http://" + path[4:]})
        else:
            status, body = {"/text/x.jpg": (200, b"no image"), "/empty/x.jpg": (200, b"")}.get(path, (400, b""))
            self._answer(status, body)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/callback":
            status = self.host.refusals.pop(0) if self.host.refusals else 200
            if status == 200:
                shown = {"authorization": self.headers["authorization"], "content_type": self.headers["content-type"]}
                self.host.received.append({**shown, "json": body})
            self._answer(status, b"{}")
        elif self.path.startswith("/storage/v1/object/sign/media/"):
            assert self.headers["authorization"] == "Bearer service-role-key"
            assert body == {"expiresIn": 300}
            # As Supabase does, relative to its root.
            self._answer(200, json.dumps({"signedURL": f"/signed/{self.path[30:]}?token=t"}).encode())
        else:
            self._answer(404, b"{}")

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def hosting() -> Iterator[Host]:
    """A host on loopback."""
    handler: Any = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.host = host = Host(server.server_address[1])
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Worker:
    """A worker that is served."""

    url: str
    app: FastAPI
    client: httpx2.Client
    database_url: str

    @property
    def core(self) -> Core:
        """What its requests share."""
        core: Core = self.app.state.core
        return core

    def process(self, media: str, url: str, *, job: str | None = None, event: str = "event-1") -> httpx2.Response:
        """Asks for the faces of a photo."""
        body = {"job_id": job or f"job of {media}", "media_id": media, "event_id": event, "media_url": url}
        return self.client.post("/process", json=body)

    def cluster(self, job: str, event: str = "event-1") -> httpx2.Response:
        """Asks for the people of an event."""
        return self.client.post("/cluster", json={"job_id": job, "event_id": event})

    def decide(self, action: str, event: str = "event-1", **fields: Any) -> httpx2.Response:
        """Says what a user decides."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return self.client.post(f"/face-person-actions/{action}", json={"event_id": event, **fields}, headers=headers)

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database says."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def serving(database_url: str, host: Host, **others: str) -> Iterator[Worker]:
    """A worker, until the end of the block."""
    app = make_app(read_settings({**variables(database_url, host), **others}))
    with served(app) as url, httpx2.Client(base_url=url, timeout=60) as client:
        app.state.callbacks._first_wait_s = 0.05
        yield Worker(url, app, client, database_url)


def variables(database_url: str, host: Host) -> dict[str, str]:
    """The environment of a worker."""
    return {
        "DATABASE_URL": database_url,
        "CALLBACK_URL": host.url("/callback"),
        "CALLBACK_SECRET": SECRET,
        "FACE_DETECTOR": str(assets("face", "models") / DETECTOR),
        "FACE_EMBEDDER": str(assets("face", "models") / EMBEDDER),
        "ALLOW_PRIVATE_ADDRESSES": "true",
        "ADMIN_TOKEN": TOKEN,
    }


def people_photos(n: int = 5) -> list[str]:
    """Six photos each of the first `n` people of the assets, by their names."""
    folder = assets("face", "people")
    return [
        f"people/{path.relative_to(folder)}" for who in sorted(folder.iterdir())[:n] for path in sorted(who.iterdir())
    ]
