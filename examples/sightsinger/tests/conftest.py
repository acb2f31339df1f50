"""A voicebank for all tests, and a service for those that leave it as it is."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import Service, make_bank, serving, tarball


def pytest_configure() -> None:
    """Folders stand for buckets here, which wait for the disk at each write: in memory there is none to wait for."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 512 * 1024 * 1024:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo's voicebank."""
    return make_bank(tmp_path_factory.mktemp("bank") / "demo")


@pytest.fixture(scope="session")
def packed(bank: Path) -> bytes:
    """Its tarball."""
    return tarball(bank)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, packed: bytes) -> Iterator[Service]:
    """A service that sings."""
    with serving(tmp_path_factory.mktemp("service"), packed) as service:
        yield service


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[Service]:
    """A service without workers and voicebanks."""
    with serving(tmp_path, WORKERS="0") as service:
        yield service
