"""What CityWok does wrong and this does not: one test for each that README names."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from conftest import ADMIN, MEDIA, Serve, post_clip

from citywok.urls import fetch_direct, platform_of

_ADMIN = {"Authorization": f"Bearer {ADMIN}"}


def _ingest(client: Any, episode: str, path: Path, filename: str = "a.opus", headers: Any = _ADMIN) -> Any:
    files = {"file": (filename, path.read_bytes(), "audio/ogg")}
    return client.post("/api/v1/ingest", params={"episode_id": episode}, files=files, headers=headers)


@pytest.mark.parametrize("route", ["ingest?episode_id=S01E01", "admin/clear-audio", "admin/force-save-databases"])
def test_administration_asks_for_the_token(serve: Serve, route: str) -> None:
    client = serve()
    files = {"file": ("a.opus", b"x")}
    assert client.post(f"/api/v1/{route}", files=files).status_code == 401
    assert client.post(f"/api/v1/{route}", files=files, headers={"Authorization": "Bearer no"}).status_code == 403
    closed = serve(ADMIN_TOKEN="")
    assert closed.post(f"/api/v1/{route}", files=files, headers={"Authorization": "Bearer "}).status_code == 401


def test_file_names_lead_nowhere_and_nothing_is_written_but_the_store(serve: Serve, tmp_path: Path) -> None:
    client = serve()
    assert _ingest(client, "S01E01", MEDIA / "brot.opus", "../../../tmp/evil.ogg").status_code == 200
    data = (MEDIA / "brot.opus").read_bytes()
    answer = client.post("/api/v1/identify", files={"file": ("../../x/evil.ogg", data)})
    assert answer.json()["episode"] == "S01E01"
    written = {path.name for path in (tmp_path / "data-0").iterdir()}
    assert written == {"store"}


def test_what_was_ingested_is_found_at_once_and_what_was_not_is_said(serve: Serve) -> None:
    client = serve()
    assert _ingest(client, "S07E01", MEDIA / "brot.opus").json()["status"] == "success"
    assert _ingest(client, "S07E01", MEDIA / "brot.opus").json()["status"] == "success"
    answer = client.post("/api/v1/identify", files={"file": ("a.ogg", (MEDIA / "brot.opus").read_bytes())}).json()
    # From one episode alone CityWok can never answer.
    assert (answer["match_found"], answer["episode"]) == (True, "S07E01")
    assert _ingest(client, "S07E02", MEDIA / "brot.opus").status_code == 409
    assert client.get("/api/v1/stats").json()["audio_db"]["episodes"] == 1


@pytest.mark.parametrize("episode", ["", "../S01E01", "S01E01/..", "a" * 65, "S01E01\n"])
def test_episodes_have_names_that_can_be_names(serve: Serve, episode: str) -> None:
    assert _ingest(serve(), episode, MEDIA / "brot.opus").status_code in (400, 422)


def test_undecodable_sound_is_told_from_unknown_sound(serve: Serve) -> None:
    client = serve()
    answer = client.post("/api/v1/identify", files={"file": ("a.mp3", b"no sound" * 1000)})
    assert answer.status_code == 400
    assert "decoded" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("q=%3Cscript%3E", 400),
        ("q=union%20select", 400),
        ("q=..%2F", 400),
        ("q=" + "a" * 2000, 414),
        ("&".join(f"a{i}=1" for i in range(51)), 400),
        ("q=reunion", 200),
    ],
)
def test_the_firewall_answers_what_it_means(serve: Serve, query: str, status: int) -> None:
    answer = serve().get(f"/api/v1/test?{query}")
    assert answer.status_code == status
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_scanners_are_turned_away(serve: Serve) -> None:
    assert serve().get("/api/v1/test", headers={"User-Agent": "sqlmap/1.7"}).status_code == 403


@pytest.mark.parametrize(
    "url",
    [
        "https://youtube.com.example.org/x",
        "https://www.tiktok.com@example.org/x",
        "https://example.org/https://www.tiktok.com/",
        "http://[::1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_only_the_platforms_themselves_are_asked(serve: Serve, url: str) -> None:
    asked: list[str] = []

    async def hook(url: str) -> bytes | None:
        asked.append(url)
        return None

    answer = serve(hook=hook).post("/api/v1/identify", data={"url": url})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("Unsupported URL")
    assert not asked


def test_links_are_not_fetched_unless_a_downloader_is_named(serve: Serve) -> None:
    client = serve()
    assert client.get("/api/v1/test").json()["features"]["url_download"] is False
    answer = client.post("/api/v1/identify", data={"url": "https://www.tiktok.com/@a/video/1"})
    assert answer.status_code == 400
    assert "does not download" in answer.json()["detail"]
    named = serve(DOWNLOADER="citywok.urls:fetch_direct")
    assert named.get("/api/v1/test").json()["features"]["url_download"] is True


def test_the_downloader_that_comes_with_it_stays_out_of_private_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOWNLOAD_HOSTS", "127.0.0.1")
    with pytest.raises(Exception, match="private network"):
        asyncio.run(fetch_direct("http://127.0.0.1/clip.mp3"))
    monkeypatch.setenv("DOWNLOAD_HOSTS", "example.org")
    with pytest.raises(Exception, match="not one of the hosts"):
        asyncio.run(fetch_direct("http://127.0.0.1/clip.mp3"))


def test_platforms_are_known_by_the_whole_name() -> None:
    assert platform_of("https://m.tiktok.com/v/1") == "tiktok"
    assert platform_of("https://instagr.am/p/1") == "instagram"
    assert platform_of("https://youtu.be/1") == "youtube"
    assert platform_of("https://notyoutube.com/") is None


def test_refusals_say_when_to_come_back(serve: Serve, episodes: Path) -> None:
    client = serve(episodes, RATE_LIMIT="1")
    assert post_clip(client, "S02E03-clean3.opus").status_code == 200
    refused = post_clip(client, "S02E03-clean3.opus")
    assert refused.status_code == 429
    assert 3590 <= int(refused.headers["Retry-After"]) <= 3600


def test_a_body_that_is_too_large_is_refused_before_it_is_there(serve: Serve) -> None:
    answer = serve().post("/api/v1/identify", content=b"", headers={"Content-Length": str(200 * 1024 * 1024)})
    assert answer.status_code == 400
    assert answer.json() == {"detail": "File too large (max 100MB)"}
