"""Episodes come by a bucket: published by ingest.sh, followed by servers, taken back by one command."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import MEDIA, Serve
from sonic_services import SettingsError

from citywok.settings import read_settings

INGEST = Path(__file__).parents[1] / "ingest.sh"
WAIT_S = 30


def _ingest(work: Path, *arguments: str) -> None:
    environment = {**os.environ, "STORE": str(work / "ingest.store"), "SONIC": f"{sys.executable} -m sonic"}
    done = subprocess.run(["sh", INGEST, *arguments], cwd=work, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _wait_for(client: Any, episodes: int) -> None:
    deadline = time.monotonic() + WAIT_S
    while client.get("/health").json()["episodes"] != episodes:
        assert time.monotonic() < deadline, client.get("/health").json()
        time.sleep(0.05)


def _folder(work: Path, **episodes: str) -> str:
    folder = work / "-".join(episodes)
    folder.mkdir()
    for episode, recording in episodes.items():
        (folder / f"{episode}.opus").symlink_to(MEDIA / f"{recording}.opus")
    return str(folder)


def _identify(client: Any, recording: str) -> Any:
    data = (MEDIA / f"{recording}.opus").read_bytes()
    return client.post("/api/v1/identify", files={"file": ("clip.ogg", data)}).json()


def test_a_server_follows_what_is_published_and_taken_back(serve: Serve, tmp_path: Path) -> None:
    bucket = f"file://{tmp_path / 'bucket'}"
    _ingest(tmp_path, "add", _folder(tmp_path, S01E01="brot"), bucket)
    client = serve(STORE_URL=bucket, FOLLOW_INTERVAL_S="0.1")
    assert _identify(client, "brot")["episode"] == "S01E01"
    assert not _identify(client, "low-tide")["match_found"]

    # On another machine: nothing is there but the bucket.
    (tmp_path / "other").mkdir()
    _ingest(tmp_path / "other", "add", _folder(tmp_path / "other", S01E02="low-tide"), bucket)
    _wait_for(client, 2)
    assert _identify(client, "low-tide")["episode"] == "S01E02"

    _ingest(tmp_path, "rollback", bucket)
    _wait_for(client, 1)
    assert not _identify(client, "low-tide")["match_found"]
    assert client.get("/health").json()["snapshot"] == 3

    admin = {"Authorization": "Bearer an-admin-token-of-some-length"}
    assert client.post("/api/v1/admin/clear-audio", headers=admin).status_code == 409


@pytest.mark.parametrize(
    "variables",
    [
        {"PORT": "http"},
        {"USE_LMDB": "maybe"},
        {"WORKERS": "4"},
        {"MATCH_WORKERS": "0"},
        {"REDIS_URL": "localhost:6379"},
        {"S3_BUCKET": "UPPER CASE"},
        {"STORE_URL": "/a/folder"},
        {"ENVIRONMENT": "prod"},
        {"ADMIN_TOKEN": "admin"},
        {"DOWNLOADER": "yt-dlp"},
        {"AWS_ACCESS_KEY_ID": "key"},
        {"MAX_SEASONS": "many"},
    ],
)
def test_it_does_not_start_on_what_it_does_not_understand(variables: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "citywok"]
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), **variables}
    with pytest.raises(SettingsError, match=next(iter(variables)).replace("ACCESS_KEY_ID", "")):
        read_settings(environment)
    if "WORKERS" in variables:
        done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
        assert (done.returncode, done.stderr.split()[0]) == (2, "WORKERS")


def test_the_example_of_an_environment_is_understood() -> None:
    lines = (Path(__file__).parents[1] / ".env.example").read_text().splitlines()
    pairs = [line.lstrip("# ").split("=", 1) for line in lines if re.match(r"(# )?[A-Z0-9_]+=", line)]
    placeholders = {"WORKERS": "1", "ADMIN_TOKEN": "x" * 16, "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    settings = read_settings({**dict(pairs), **placeholders})
    assert settings.bucket == "s3://citywok-audio-db/fingerprints/v1"
    source = "".join(path.read_text() for path in Path(__file__).parents[1].parent.glob("*/*/*.py"))
    assert not [name for name, _ in pairs if f'"{name}"' not in source]


def test_the_variables_of_citywok_have_its_defaults(tmp_path: Path) -> None:
    settings = read_settings({})
    assert (settings.server.port, settings.parallel, settings.lmdb_answers) == (8000, 16, False)
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    assert read_settings(keys).bucket is None
    assert read_settings({**keys, "USE_LMDB": "true"}).bucket == "s3://citywok-audio-db/fingerprints/v1"
    named = read_settings({**keys, "USE_LMDB": "1", "S3_BUCKET": "shows", "S3_PREFIX": "a/b", "DB_VERSION": "v2"})
    assert named.bucket == "s3://shows/a/b/v2"
    assert read_settings({"LAZY_LOAD_PICKLE": "true"}).without_effect == ("LAZY_LOAD_PICKLE",)
