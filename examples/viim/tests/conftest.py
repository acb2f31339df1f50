"""Servers over stores of voices."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from needs import assets
from viim.api import create_app
from viim.settings import Settings, read_settings

REVIEWER = {"Authorization": "Bearer a-review-token-of-some-length"}

Serve = Callable[..., httpx2.Client]


def bodies() -> Path:
    """The folder of recordings."""
    return assets("services", "contracts", "bodies")


def settings_of(data: Path, **variables: str) -> Settings:
    """Settings with a store in a folder of its own, and a reviewer."""
    places = {"STORE_DIR": str(data / "voices.sonic"), "DUCKDB_PATH": str(data / "voiceprints.db")}
    return read_settings({**places, "REVIEW_TOKEN": "a-review-token-of-some-length", **variables})


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers by the variables of their environment, with data in `tmp_path` unless it is said where."""
    opened: list[TestClient] = []

    def start(data: Path = tmp_path, **variables: str) -> httpx2.Client:
        client = TestClient(create_app(settings_of(data, **variables)), raise_server_exceptions=False)
        client.__enter__()
        opened.append(client)
        return client

    yield start
    for client in opened:
        client.__exit__(None, None, None)


def extract(client: httpx2.Client, name: str, **fields: str) -> Any:
    """Sends a recording of the assets."""
    file = {"audio": (name, (bodies() / name).read_bytes(), "application/octet-stream")}
    return client.post("/extract-embedding", files=file, data=fields)
