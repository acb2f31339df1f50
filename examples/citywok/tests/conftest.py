"""A store of fifteen episodes, and servers over it."""

import io
import json
import shutil
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import sonic
from fastapi.testclient import TestClient

from citywok.api import create_app
from citywok.keys import ApiKeys
from citywok.settings import Settings, read_settings
from needs import assets

MEDIA = Path(__file__).parents[2] / "demo" / "media"
ADMIN = "an-admin-token-of-some-length"

Serve = Callable[..., httpx2.Client]


def queries() -> Path:
    """The folder of clips."""
    return assets("services", "citywok", "queries")


@pytest.fixture(scope="session")
def episodes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the episodes; copy it before writing."""
    listed = json.loads(assets("services", "citywok", "episodes.json").read_text())
    folder = tmp_path_factory.mktemp("episodes")
    for row in listed:
        (folder / f"{row['episode']}.opus").symlink_to(MEDIA / f"{row['recording']}.opus")
    path = folder / "store"
    with sonic.Store(path) as store:
        assert all(file.error is None for file in store.add_many(sorted(folder.glob("*.opus"))))
        store.compact()
    return path


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers by the variables of their environment; each has a data folder of its own."""
    opened: list[TestClient] = []

    def start(store: Path | None = None, *, hook: Any = None, counter: Any = None, **variables: str) -> httpx2.Client:
        data = tmp_path / f"data-{len(opened)}"
        if store is not None:
            shutil.copytree(store, data / "store")
        settings = settings_of(data, **variables)
        client = TestClient(create_app(settings, hook, counter), raise_server_exceptions=False)
        client.__enter__()
        opened.append(client)
        return client

    yield start
    for client in opened:
        client.__exit__(None, None, None)


def settings_of(data: Path, **variables: str) -> Settings:
    """Settings with a data folder, wide limits and an administrator."""
    return read_settings(
        {"DATA_DIR": str(data), "ADMIN_TOKEN": ADMIN, "RATE_LIMIT": "1000", "RATE_LIMIT_WITH_KEY": "1000", **variables}
    )


def new_key(tmp_path: Path, server: int = 0) -> str:
    """An API key for the server of this number."""
    return ApiKeys(tmp_path / f"data-{server}" / "api_keys.db").create("test")


def together(*names: str) -> bytes:
    """Clips of the assets one after another, as a WAV file."""
    samples = np.concatenate([sonic.decode(queries() / name, sample_rate=16_000).samples for name in names])
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return made.getvalue()


def post_clip(client: httpx2.Client, name: str, *, route: str = "identify", headers: Any = None, **fields: str) -> Any:
    """Posts a clip of the assets."""
    data = (queries() / name).read_bytes()
    file = {"file": (name, data, "application/octet-stream")}
    return client.post(f"/api/v1/{route}", files=file, data=fields, headers=headers)
