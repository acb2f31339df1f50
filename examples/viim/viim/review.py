"""`viim-review`: the recordings for whoever asks in SQL, while the server runs.

It writes the store's tables as Parquet files beside DUCKDB_PATH and a database there with one view, `recordings`, which
has the columns of viim-ml's table. After that its plan's statements work as they are:

    conn = duckdb.connect('voiceprints.db')
    conn.execute("SELECT * FROM recordings WHERE mode = 'test'").df()

Run it again for what was recorded since. The Parquet files change places in one step, so that a database which somebody
has open shows the newer rows with the next statement.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
import sonic
from sonic_services import SettingsError, refuse_to_start

from .settings import read_settings

_VIEW = """
create or replace view recordings as
select
    recording_id,
    user_id,
    filename,
    file_path,
    coalesce(cast(metadata ->> '$.duration_seconds' as float), duration_ms / 1000) as duration_seconds,
    coalesce(cast(metadata ->> '$.file_size_bytes' as integer), file_size_bytes) as file_size_bytes,
    coalesce(cast(metadata ->> '$.sample_rate' as integer), sample_rate) as sample_rate,
    coalesce(metadata ->> '$.audio_format', audio_format) as audio_format,
    created_at,
    updated_at,
    mode,
    status,
    embedding,
    embedding_dimensions,
    voiceprint_id,
    coalesce(similarity_score, cast(metadata ->> '$.similarity_score' as float)) as similarity_score,
    coalesce(matched_user_id, metadata ->> '$.matched_user_id') as matched_user_id,
    metadata
from read_parquet('{voices}')
"""


def export(store: Path, database: Path) -> Path:
    """Writes the tables of a store beside a database, and the view into it; gives the folder of the tables."""
    folder = database.absolute().with_name(database.name + ".tables")
    with sonic.Store(store, access="read_only") as opened:
        opened.export_parquet(folder)
    voices = str(folder / "voices.parquet").replace("'", "''")
    try:
        with duckdb.connect(str(database)) as connection:
            connection.execute(_VIEW.format(voices=voices))
    except duckdb.IOException:
        # Somebody has it open in another process: the view is there already, and sees the new tables.
        if not database.exists():
            raise
    return folder


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `viim-review`, with the variables of the service."""
    parser = argparse.ArgumentParser(prog="viim-review", description="The recordings of viim for SQL in DuckDB")
    parser.add_argument("--sql", help="a statement to run and print")
    given = parser.parse_args(arguments)
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        refuse_to_start(error)
    export(settings.store, settings.review_database)
    print(f"{settings.review_database}: the view recordings")
    if given.sql:
        with duckdb.connect(str(settings.review_database), read_only=True) as connection:
            connection.sql(given.sql).show()
    return 0


if __name__ == "__main__":
    sys.exit(main())
