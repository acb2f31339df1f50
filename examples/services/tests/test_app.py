"""The application: ids, logs, counts, errors, bodies, CORS, and the command line that refuses to start."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import sonic
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from sonic_services import Reader, client_address, read_server_settings, service
from sonic_services.logs import JsonFormatter


def application(**variables: str) -> FastAPI:
    reader = Reader({"MAX_BODY_MB": "1", **variables})
    settings = read_server_settings(reader, port=1)
    reader.check()
    app = service("hello world", settings, version="1", answer_headers={"X-Frame-Options": "DENY"})

    @app.get("/fail/{kind}")
    def fail(kind: str) -> None:
        raise {
            "busy": sonic.BusyError("somebody writes", 7.0),
            "missing": sonic.NotFoundError("there is no such thing"),
            "io": sonic.IoError("/secret/path: permission denied"),
            "bug": RuntimeError("a secret"),
        }[kind]

    @app.post("/length")
    async def length(request: Request) -> int:
        return len(await request.body())

    @app.get("/address")
    def address(request: Request) -> str:
        return client_address(request)

    return app


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with TestClient(application(), raise_server_exceptions=False) as opened:
        yield opened


def test_errors_say_what_the_caller_can_do_and_no_more(client: httpx2.Client) -> None:
    busy = client.get("/fail/busy")
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "7")
    assert client.get("/fail/missing").json() == {"detail": "there is no such thing"}
    for kind, status in (("io", 503), ("bug", 500)):
        answer = client.get(f"/fail/{kind}", headers={"Origin": "https://example.org"})
        assert answer.status_code == status
        assert "secret" not in answer.text
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_every_answer_has_an_id_and_one_that_was_given_is_kept(client: httpx2.Client) -> None:
    assert client.get("/nope", headers={"X-Request-ID": "abc-1"}).headers["X-Request-ID"] == "abc-1"
    made = client.get("/fail/bug", headers={"X-Request-ID": "a b\n"})
    assert len(made.headers["X-Request-ID"]) == 32
    assert made.json()["request_id"] == made.headers["X-Request-ID"]
    assert made.headers["X-Frame-Options"] == "DENY"


def test_bodies_are_bounded_whatever_they_say_of_their_length(client: httpx2.Client) -> None:
    assert client.post("/length", content=bytes(1024 * 1024)).json() == 1024 * 1024
    assert client.post("/length", content=bytes(2 * 1024 * 1024)).status_code == 413

    def stream() -> Iterator[bytes]:
        yield from (bytes(65_536) for _ in range(40))

    assert client.post("/length", content=stream()).status_code == 413


def test_counts_are_by_route_and_not_by_path(client: httpx2.Client) -> None:
    for path in ("/fail/missing", "/fail/busy", "/nope/1", "/nope/2"):
        client.get(path)
    text = client.get("/metrics").text
    assert 'hello_world_requests_total{method="GET",route="/fail/{kind}",status="404"} 1.0' in text
    assert 'route="unmatched",status="404"} 2.0' in text
    assert "nope" not in text


def test_metrics_may_ask_for_a_token() -> None:
    with TestClient(application(METRICS_TOKEN="a-long-token")) as client:
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
        assert client.get("/metrics", headers={"Authorization": "Bearer a-long-token"}).status_code == 200


def test_the_address_of_the_caller_is_believed_as_far_as_there_are_proxies() -> None:
    forged = {"X-Forwarded-For": "6.6.6.6, 1.2.3.4"}
    with TestClient(application()) as client:
        assert client.get("/address", headers=forged).json() == "testclient"
    with TestClient(application(TRUSTED_PROXIES="1")) as client:
        assert client.get("/address", headers=forged).json() == "1.2.3.4"
        assert client.get("/address").json() == "testclient"


def test_logs_are_one_object_a_line_with_the_id_of_the_request() -> None:
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonFormatter("hello"))
    logger = logging.getLogger("sonic_services")
    logger.addHandler(handler)
    logger.setLevel("INFO")
    try:
        with TestClient(application(), raise_server_exceptions=False) as client:
            client.get("/fail/bug", headers={"X-Request-ID": "id-7"})
    finally:
        logger.removeHandler(handler)
    entries: list[dict[str, Any]] = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert {entry["request_id"] for entry in entries} == {"id-7"}
    assert "a secret" in next(entry["exception"] for entry in entries if "exception" in entry)
    assert next(entry for entry in entries if entry["message"] == "request")["status"] == 500
