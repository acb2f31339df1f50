"""Sound that the repository holds, and stores made of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import sonic

ROOT = Path(__file__).resolve().parents[3]
MEDIA = ROOT / "examples/demo/media"
QUERIES = ROOT / "examples/demo/queries"
IDS = ["brot", "lantern-waltz", "les-nuages", "gravel-road"]


@pytest.fixture(scope="session")
def waltz() -> Path:
    """A short re-encoded clip of the recording lantern-waltz."""
    return QUERIES / "waltz-mp3-32k.mp3"


@pytest.fixture(scope="session")
def fingerprints() -> dict[str, sonic.Fingerprint]:
    """What the stores below hold, made once."""
    return {name: sonic.fingerprint(MEDIA / f"{name}.opus", texture=False) for name in IDS}


@pytest.fixture
def store(tmp_path: Path, fingerprints: dict[str, sonic.Fingerprint]) -> Iterator[sonic.Store]:
    """An open store of four recordings."""
    with sonic.Store(tmp_path / "four.sonic") as store:
        for name, fingerprint in fingerprints.items():
            store.add(fingerprint, id=name)
        yield store
