"""PostgreSQL: connections, and the tables at the first start."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

import psycopg
from pgvector.psycopg import register_vector
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout
from sonic_services import SettingsError

Connection = psycopg.Connection[DictRow]

# Whichever instance comes first makes the tables.
_SCHEMA_LOCK = 0x6D656D6F
_WIDTH = """
select a.atttypmod as dimensions from pg_attribute a
where a.attrelid = to_regclass('faces') and a.attname = 'embedding' and not a.attisdropped
"""


class Unreachable(Exception):
    """The database does not answer; the message is fit for callers."""


class Database:
    """A pool of connections to the system of record. A statement may take `timeout_s` seconds."""

    def __init__(self, url: str, timeout_s: float, size: int) -> None:
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            connection_class=psycopg.Connection[DictRow],
            kwargs={
                "row_factory": dict_row,
                "options": f"-c statement_timeout={int(timeout_s * 1000)} -c lock_timeout={int(timeout_s * 1000)}",
            },
            min_size=1,
            max_size=size,
            timeout=5,
            configure=_configure,
            # A connection that the server has closed meanwhile is replaced, not handed out.
            check=ConnectionPool.check_connection,
            open=False,
        )
        self._url = url

    def start(self, dimensions: int) -> None:
        """Makes the tables that are missing, the column of embeddings `dimensions` wide, and opens the pool.

        Raises `Unreachable`, or a `SettingsError` if the column is of another width than the model.
        """
        try:
            with psycopg.connect(self._url, row_factory=dict_row, connect_timeout=10) as connection:
                connection.execute("select pg_advisory_xact_lock(%s)", [_SCHEMA_LOCK])
                row = connection.execute(_WIDTH).fetchone()
                if row is not None and row["dimensions"] != dimensions:
                    raise SettingsError(
                        f"FACE_EMBEDDER gives {dimensions} numbers, but faces.embedding has {row['dimensions']}: set"
                        " the model that the faces were embedded with, or use another database"
                    )
                connection.execute(_schema(dimensions))
        except psycopg.OperationalError as error:
            raise Unreachable(_first_line(error)) from error
        self._pool.open()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection in a transaction, which is committed at the end and rolled back by an exception."""
        try:
            with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise Unreachable(_first_line(error)) from error

    def answers(self) -> bool:
        """Whether the database can be asked."""
        try:
            with self._pool.connection(timeout=1) as connection:
                connection.execute("select 1")
        except (psycopg.Error, PoolTimeout):
            return False
        return True

    def close(self) -> None:
        """Closes the connections."""
        self._pool.close(timeout=2)


def _configure(connection: psycopg.Connection[Any]) -> None:
    register_vector(connection)
    connection.commit()


def _schema(dimensions: int) -> bytes:
    text = resources.files(__package__).joinpath("schema.sql").read_text("utf-8")
    return text.replace("vector(DIMENSIONS)", f"vector({int(dimensions)})").encode()


def _first_line(error: Exception) -> str:
    # Drivers tell much, and passwords of addresses are not among it; the first line says enough.
    return (str(error).strip() or type(error).__name__).splitlines()[0]
