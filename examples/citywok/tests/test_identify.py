"""What HEAD cannot: several finds in one clip, pictures, imported stores; and the stages as they come."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sonic
from conftest import MEDIA, Serve, new_key, post_clip, together

from contracts import events
from needs import assets


def test_every_find_of_a_clip_is_told_in_its_order(serve: Serve, episodes: Path, tmp_path: Path) -> None:
    clip = together("S02E05-clean10.opus", "S01E01-clean10.opus")
    answer = serve(episodes).post("/api/v1/identify", files={"file": ("two.wav", clip)}).json()
    assert [segment["episode_id"] for segment in answer["segments"]] == ["S02E05", "S01E01"]
    first, second = answer["segments"]
    assert first["clip_end"] <= second["clip_start"] + 1
    assert (first["timestamp"], second["timestamp"]) == ("0:00:27", "0:00:24")


def test_the_stages_come_in_citywoks_order(serve: Serve, episodes: Path) -> None:
    stages = [event.get("status") for event in events(post_clip(serve(episodes), "S01E01-clean10.opus", stream="yes"))]
    found = [
        "uploading",
        "extracting",
        "fingerprinting",
        "fingerprinting",
        "searching",
        "matching",
        "searching",
        "complete",
    ]
    assert stages == [*found, None]


def test_a_picture_says_why(serve: Serve, episodes: Path) -> None:
    client = serve(episodes)
    answer = post_clip(client, "S01E01-clean10.opus", route="explain", episode_id="S01E01")
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert "<svg" in answer.text
    assert post_clip(client, "S01E01-clean10.opus", route="explain", episode_id="S09E09").status_code == 404


def test_keys_have_a_rate_of_their_own_and_can_be_revoked(serve: Serve, episodes: Path, tmp_path: Path) -> None:
    client = serve(episodes, RATE_LIMIT="1", RATE_LIMIT_WITH_KEY="2")
    key = {"X-API-Key": new_key(tmp_path)}
    assert key["X-API-Key"].startswith("sk_live_")
    statuses = [client.post("/api/v1/identify", headers=headers).status_code for headers in (key, {}, key, {}, key)]
    assert statuses == [400, 400, 400, 429, 429]
    command = [sys.executable, "-m", "citywok.keys"]
    environment = {**os.environ, "DATA_DIR": str(tmp_path / "data-0")}
    listed = subprocess.run([*command, "list"], env=environment, capture_output=True, text=True, check=True).stdout
    number, name, *_, state = listed.strip().split("\t")
    assert (name, state) == ("test", "valid")
    subprocess.run([*command, "revoke", number], env=environment, check=True)
    assert client.post("/api/v1/identify", headers=key).status_code == 403
    assert key["X-API-Key"] not in (tmp_path / "data-0" / "api_keys.db").read_bytes().decode("latin-1")


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of which only CityWok's own fingerprints are known, as `sonic import citywok` makes it of its bucket."""
    path = tmp_path_factory.mktemp("imported") / "store"
    bucket = assets("services", "citywok", "bucket")
    command = [sys.executable, "-m", "sonic", "import", "citywok", "--store", str(path), str(bucket)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def test_an_imported_store_answers(serve: Serve, imported: Path) -> None:
    client = serve(imported)
    stats = client.get("/api/v1/stats").json()["audio_db"]
    assert (stats["episodes"], stats["total_entries"], stats["seasons_loaded"]) == (15, 885_915, 2)
    for name, episode in (("S01E01-clean10.opus", "S01E01"), ("S02E06-mp3-32k.mp3", "S02E06")):
        assert post_clip(client, name).json()["episode"] == episode
    assert not post_clip(client, "none-the-lamp-clean5.opus").json()["match_found"]
    assert post_clip(client, "S01E01-clean10.opus", route="explain", episode_id="S01E01").status_code == 404


def test_a_store_may_have_both(serve: Serve, imported: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    shutil.copytree(imported, both)
    with sonic.Store(both) as store:
        store.add(MEDIA / "lantern-waltz.opus", id="S01E01", title="The Lantern Waltz")
    client = serve(both)
    answer = post_clip(client, "S01E01-clean10.opus").json()
    assert (answer["episode"], answer["title"]) == ("S01E01", "The Lantern Waltz")
    assert client.get("/api/v1/stats").json()["audio_db"]["episodes"] == 15
    assert post_clip(client, "S02E05-clean10.opus").json()["episode"] == "S02E05"
