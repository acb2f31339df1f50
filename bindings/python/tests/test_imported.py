"""Recordings that were imported without their sound."""

import os
from pathlib import Path

import pytest

import sonic
from needs import assets


@pytest.fixture
def bucket() -> Path:
    """The files that were left behind."""
    return assets() / "services" / "citywok"


def test_import_compare_and_remove(bucket: Path, tmp_path: Path) -> None:
    """What C and Node do too."""
    with sonic.Store(tmp_path / "store") as store:
        told: list[tuple[int, int | None]] = []
        files = store.imported.add(bucket / "bucket", progress=lambda done, total: told.append((done, total)))
        assert [(file.status, file.season, file.recordings) for file in files] == [
            ("imported", 1, 8),
            ("imported", 2, 7),
        ]
        assert told
        assert all(done > 0 for done, _ in told)
        assert all(file.error is None and file.warnings == {} for file in files)
        assert [file.status for file in store.imported.add(os.fspath(bucket / "bucket"))] == ["duplicate"] * 2
        assert len(store.imported) == 15
        row = store.imported.list()[0]
        assert (row.id, row.season, row.entries) == ("S01E01", 1, 66270)
        assert abs(row.duration_ms - row.frames * 512 / 22.05) < 1
        answer = store.identify(bucket / "queries" / "S01E01-clean10.opus")
        assert answer
        assert answer.best.id == "S01E01"
        assert answer.best.imported
        assert all(file.fine for file in store.imported.validate(bucket / "bucket"))
        assert store.imported.remove("S01E01").id == "S01E01"
        with pytest.raises(sonic.NotFoundError):
            store.imported.remove("S01E01")
        assert [file.missing for file in store.imported.validate(bucket / "bucket")] == [1, 0]
        assert store.imported.clear() == 14
        assert len(store.imported) == 0
        assert store.imported


def test_what_is_refused(bucket: Path, tmp_path: Path) -> None:
    """A file says why, and the store stays as it was."""
    with sonic.Store(tmp_path / "store") as store:
        [file] = store.imported.add(bucket / "bad" / "evil-reduce-print.pkl")
        assert file.status == "failed"
        assert isinstance(file.error, sonic.MalformedError)
        [file] = store.imported.add(bucket / "bad" / "trailing-garbage.pkl")
        assert file.warnings == {"unknown_hashes": 2, "trailing_bytes": 7}
        with pytest.raises(sonic.NotFoundError):
            store.imported.add(tmp_path / "nothing")
        with pytest.raises(ZeroDivisionError):
            store.imported.add(bucket / "pickles", progress=lambda *_: 1 / 0)
        assert len(store.imported) == 2
