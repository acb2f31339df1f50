"""The recordings as a table, for whatever reads the Arrow C stream interface."""

import datetime
import gc
import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow
import pytest

import sonic
from conftest import IDS


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


COLUMNS = [
    "id",
    "title",
    "source",
    "source_hash",
    "duration_ms",
    "landmarks",
    "frames",
    "truncated",
    "damaged_ms",
    "codec",
    "sample_rate",
    "channels",
    "user_id",
    "mode",
    "created_at",
    "metadata",
]


def test_pyarrow_reads_every_field(store: sonic.Store, waltz: Path) -> None:
    store.add(waltz, title="A waltz", user_id="u", mode="test", metadata={"n": 1})
    table = pyarrow.table(store.recordings.table())
    assert table.column_names == COLUMNS
    assert table["id"].to_pylist() == [*IDS, waltz.stem]
    row = table.to_pylist()[-1]
    stored = store.recordings.get(waltz.stem)
    assert stored is not None
    created = row.pop("created_at")
    assert created == datetime.datetime.fromtimestamp(stored.created_at_ms / 1000, datetime.timezone.utc)
    assert json.loads(row.pop("metadata")) == stored.metadata
    assert row == {name: getattr(stored, name) for name in row}


def test_duckdb_queries_it(store: sonic.Store, waltz: Path) -> None:
    store.add(waltz, mode="test")
    recordings = store.recordings.table()
    found = duckdb.sql("SELECT id, duration_ms FROM recordings WHERE mode = 'test'").fetchall()
    assert found == [(waltz.stem, 9000)]
    assert len(recordings) == 5
    total = duckdb.sql("SELECT count(*), sum(landmarks) FROM recordings").fetchall()
    assert total == [(5, store.stats().landmarks)]


def test_polars_and_pandas_read_it(store: sonic.Store) -> None:
    frame = polars.DataFrame(store.recordings.table())
    assert frame.filter(polars.col("id") == "brot")["duration_ms"].item() == 66111
    assert frame.schema["created_at"] == polars.Datetime("ms", "UTC")
    frame = pyarrow.table(store.recordings.table()).to_pandas()
    assert list(frame["id"]) == IDS
    if hasattr(pandas.DataFrame, "from_arrow"):  # From pandas 3 on.
        assert list(pandas.DataFrame.from_arrow(store.recordings.table())["id"]) == IDS


def test_an_empty_store_is_an_empty_table(tmp_path: Path) -> None:
    with sonic.Store(tmp_path / "s") as store:
        table = pyarrow.table(store.recordings.table())
        assert (table.num_rows, table.column_names) == (0, COLUMNS)


def test_a_table_read_after_the_store_is_closed_is_an_error(store: sonic.Store) -> None:
    reader = pyarrow.RecordBatchReader.from_stream(store.recordings.table())
    capsule = store.recordings.table().__arrow_c_stream__()
    store.close()
    with pytest.raises((OSError, ValueError), match="closed"):
        reader.read_all()
    del capsule  # Nobody read it: it is released all the same.
    gc.collect()
    with pytest.raises(sonic.ClosedError):
        store.recordings.table()


def test_the_queries_of_the_review_run_on_exported_files(store: sonic.Store, waltz: Path, tmp_path: Path) -> None:
    """What the voice service's document asks of its own database, word for word, of Parquet files."""
    for number, mode in enumerate(["test", "enroll", "enroll", "identify"]):
        store.voices.record(waltz, recording_id=f"r{number}", user_id="u1" if number < 3 else "u2", mode=mode)
    store.close()
    done = run(sys.executable, "-m", "sonic", "export", "--store", str(store.path), "--parquet", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    conn = duckdb.connect()
    conn.execute(f"CREATE VIEW recordings AS SELECT * FROM '{tmp_path / 'out' / 'voices.parquet'}'")

    frame = conn.execute("SELECT * FROM recordings WHERE mode = 'test'").df()
    assert list(frame["recording_id"]) == ["r0"]
    frame = conn.execute("SELECT * FROM recordings WHERE mode = 'enroll' ORDER BY created_at DESC LIMIT 10").df()
    assert sorted(frame["recording_id"]) == ["r1", "r2"]
    frame = conn.execute("SELECT * FROM recordings WHERE user_id = ?", ["u1"]).df()
    assert sorted(frame["recording_id"]) == ["r0", "r1", "r2"]
    others = conn.execute(f"SELECT count(*) FROM '{tmp_path / 'out' / 'recordings.parquet'}'").fetchall()
    assert others == [(len(IDS),)]
