"""The downloader: what it fetches, and above all what it does not."""

import asyncio
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sonic_services import Downloader, DownloadError, Fetched
from sonic_services.download import is_public


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path, _, argument = self.path.partition("?")
        if path == "/to":
            self.send_response(302)
            self.send_header("Location", argument)
            self.end_headers()
        elif path == "/slow":
            time.sleep(1)
            self._body(b"late")
        elif path == "/endless":
            self.send_response(200)
            self.end_headers()
            for _ in range(10_000):
                self.wfile.write(bytes(65_536))
        elif path == "/status":
            self.send_response(int(argument))
            self.end_headers()
        elif path == "/packed":
            self._body(b"x", ("Content-Encoding", "gzip"))
        else:
            self._body(self.headers.get("X-Secret", "none").encode())

    def _body(self, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(200)
        for name, value in (*headers, ("Content-Length", str(len(body))), ("Content-Type", "text/plain")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that the downloader breaks off are what is tested."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    listening = _Quiet(("127.0.0.1", 0), _Server)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()


def fetch(url: str, *, headers: dict[str, str] | None = None, **options: Any) -> Fetched:
    downloader = Downloader(**{"max_bytes": 100_000, "timeout_s": 5.0, "allow_private": True, **options})
    return asyncio.run(downloader.fetch(url, headers))


def reason(url: str, **options: Any) -> str:
    with pytest.raises(DownloadError) as error:
        fetch(url, **options)
    return error.value.reason


def test_bytes_come_with_their_type_and_where_they_came_from(server: str) -> None:
    found = fetch(f"{server}/to?/file", headers={"X-Secret": "s"})
    assert (found.data, found.content_type, found.url) == (b"s", "text/plain", f"{server}/file")


def test_what_is_meant_for_one_server_is_not_sent_to_another(server: str) -> None:
    other = server.replace("127.0.0.1", "localhost")
    assert fetch(f"{server}/to?{other}/file", headers={"X-Secret": "s"}).data == b"none"


def test_size_time_redirects_and_statuses_are_bounded(server: str) -> None:
    assert reason(f"{server}/endless") == "too_large"
    assert reason(f"{server}/slow", timeout_s=0.2) == "timeout"
    assert reason(f"{server}/to?/to?/file", max_redirects=1) == "redirects"
    assert reason(f"{server}/status?404") == "status"
    assert reason(f"{server}/packed") == "failed"
    assert reason("http://127.0.0.1:9/") == "failed"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://[fd00::1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[2002:7f00:1::]/",
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://127.0.0.1/",
        "http:///",
        "http://user:password@127.0.0.1/",
        "http://127.0.0.1:99999/",
        "not an address",
    ],
)
def test_private_networks_and_other_schemes_are_refused(url: str) -> None:
    assert reason(url, allow_private=False) == "refused"


def test_a_redirect_to_a_private_network_is_refused_like_the_address_itself(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first address passes, as one of the public internet would.
    seen: list[str] = []

    def first_is_public(address: str) -> bool:
        seen.append(address)
        return len(seen) == 1

    monkeypatch.setattr("sonic_services.download.is_public", first_is_public)
    assert reason(f"{server}/to?{server}/file", allow_private=False) == "refused"


def test_only_named_hosts_are_allowed_where_hosts_are_named(server: str) -> None:
    assert fetch(f"{server}/file", hosts=["127.0.0.1"]).data == b"none"
    assert reason(f"{server}/file", hosts=["example.org"]) == "refused"
    other = server.replace("127.0.0.1", "localhost")
    assert reason(f"{server}/to?{other}/file", hosts=["127.0.0.1"]) == "refused"


def test_public_addresses_are_public() -> None:
    assert is_public("1.1.1.1")
    assert is_public("2606:4700:4700::1111")
    assert not is_public("224.0.0.1")
