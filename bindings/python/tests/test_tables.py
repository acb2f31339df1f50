"""The recordings as a table, for whatever reads the Arrow C stream interface."""

import datetime
import gc
import json
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow
import pytest

import sonic
from conftest import IDS

COLUMNS = [
    "recording_id",
    "title",
    "source",
    "source_hash",
    "duration_ms",
    "landmarks",
    "truncated",
    "codec",
    "sample_rate",
    "channels",
    "user_id",
    "mode",
    "created_at",
    "metadata",
]


def test_pyarrow_reads_every_field(store: sonic.Store, waltz: Path) -> None:
    store.add(waltz, title="A waltz", user="u", mode="test", metadata={"n": 1})
    table = pyarrow.table(store.recordings())
    assert table.column_names == COLUMNS
    assert table["recording_id"].to_pylist() == [*IDS, waltz.stem]
    row = table.to_pylist()[-1]
    stored = store.recording(waltz.stem)
    assert stored is not None
    for column, name in {"recording_id": "id", "user_id": "user"}.items():
        assert row.pop(column) == getattr(stored, name)
    created = row.pop("created_at")
    assert created == datetime.datetime.fromtimestamp(stored.created_at_ms / 1000, datetime.timezone.utc)
    assert json.loads(row.pop("metadata")) == stored.metadata
    assert row == {name: getattr(stored, name) for name in row}


def test_duckdb_queries_it(store: sonic.Store, waltz: Path) -> None:
    store.add(waltz, mode="test")
    recordings = store.recordings()
    found = duckdb.sql("SELECT recording_id, duration_ms FROM recordings WHERE mode = 'test'").fetchall()
    assert found == [(waltz.stem, 9000)]
    assert len(recordings) == 5
    total = duckdb.sql("SELECT count(*), sum(landmarks) FROM recordings").fetchall()
    assert total == [(5, store.stats().landmarks)]


def test_polars_and_pandas_read_it(store: sonic.Store) -> None:
    frame = polars.DataFrame(store.recordings())
    assert frame.filter(polars.col("recording_id") == "brot")["duration_ms"].item() == 66111
    assert frame.schema["created_at"] == polars.Datetime("ms", "UTC")
    table = pandas.DataFrame.from_arrow(store.recordings()) if hasattr(pandas.DataFrame, "from_arrow") else None
    if table is None:
        table = pyarrow.table(store.recordings()).to_pandas()
    assert list(table["recording_id"]) == IDS


def test_an_empty_store_is_an_empty_table(tmp_path: Path) -> None:
    with sonic.Store(tmp_path / "s") as store:
        table = pyarrow.table(store.recordings())
        assert (table.num_rows, table.column_names) == (0, COLUMNS)


def test_a_table_read_after_the_store_is_closed_is_an_error(store: sonic.Store) -> None:
    reader = pyarrow.RecordBatchReader.from_stream(store.recordings())
    capsule = store.recordings().__arrow_c_stream__()
    store.close()
    with pytest.raises((OSError, ValueError), match="closed"):
        reader.read_all()
    del capsule  # Nobody read it: it is released all the same.
    gc.collect()
    with pytest.raises(sonic.ClosedError):
        store.recordings()
