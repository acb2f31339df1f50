"""Every recorded request of CityWok's two versions; what is answered otherwise is listed beside it, with reasons."""

import asyncio
import json
from pathlib import Path
from typing import Any

from conftest import ADMIN, Serve, new_key, post_clip, queries
from sonic_services.limits import MemoryLimiter

from contracts import Difference, Recorded, check, differences, recorded, send

HERE = Path(__file__).parent

# What yt-dlp says, in its words; the recordings have what CityWok makes of it.
_SAYS = {
    "loginreel": "This content is private; you need to log in to access it",
    "gonereel": "Requested content is not available",
    "ageyt": "Sign in to confirm your age. This video may be inappropriate for some users",
    "privateyt": "Private video. Sign in if you've been granted access to this video",
    "comfort": "This post may not be comfortable for some audiences. Log in for access",
    "removedvid": "Video has been removed",
    "weird": "Unable to extract data",
}


class _Stand:
    """Stands for a downloader: gives a clip, nothing, or the message of the case."""

    def __init__(self, clip: bytes) -> None:
        self._clip = clip

    async def __call__(self, url: str) -> bytes | None:
        if "okvid" in url:
            return self._clip
        if "slowvid" in url:
            raise TimeoutError
        message = next((text for sign, text in _SAYS.items() if sign in url), None)
        if message is not None:
            raise RuntimeError(message)
        return None


def _replay(name: str, client: Any, counter: MemoryLimiter, key: str) -> list[Difference]:
    found: list[Difference] = []

    def change(part: Any) -> Any:
        if isinstance(part, dict) and part.get("X-API-Key") == "sk_live_KEY":
            return {**part, "X-API-Key": key}
        return part

    for request in recorded(name):
        # Requests that were counted between the recorded ones.
        if request.name == "rate limit, counted request 10":
            asyncio.run(_use_up(counter, "ratelimit:testclient", limit=10, remaining=1))
        if "after 100 counted requests" in request.name:
            asyncio.run(_use_up(counter, "ratelimit:auth:testclient", limit=100, remaining=0))
        authorised = _as_administrator(request)
        found += differences(request, send(client, authorised, change))
    return found


def _as_administrator(request: Recorded) -> Recorded:
    """What CityWok leaves open is asked with the token; without it there is a test of its own."""
    if not any(part in request.row["path"] for part in ("/ingest", "/admin/")):
        return request
    headers = {**request.row.get("headers", {}), "Authorization": f"Bearer {ADMIN}"}
    return Recorded(request.name, {**request.row, "headers": headers})


async def _use_up(counter: MemoryLimiter, key: str, *, limit: int, remaining: int) -> None:
    while (await counter.hit(key, limit, 3600)).remaining > remaining:
        pass


def test_head(serve: Serve, episodes: Path, tmp_path: Path) -> None:
    counter = MemoryLimiter()
    stand = _Stand((queries() / "S02E05-clean10.opus").read_bytes())
    client = serve(episodes, hook=stand, counter=counter, RATE_LIMIT="10", RATE_LIMIT_WITH_KEY="100")
    check(_replay("citywok.jsonl", client, counter, new_key(tmp_path)), HERE / "differences-head.txt")


def test_version_with_lmdb(serve: Serve, episodes: Path, tmp_path: Path) -> None:
    counter = MemoryLimiter()
    client = serve(episodes, hook=_Stand(b""), counter=counter, USE_LMDB="true", RATE_LIMIT="1000")
    check(_replay("citywok-lmdb.jsonl", client, counter, new_key(tmp_path)), HERE / "differences-lmdb.txt")


def test_recorded_finds_are_right_here_too(serve: Serve, episodes: Path) -> None:
    """The differences allow other numbers; the episodes must be right, also where CityWok's were not."""
    client = serve(episodes)
    truth = json.loads((queries() / "truth.json").read_text())
    for clip in truth:
        answer = post_clip(client, clip["file"]).json()
        assert answer["match_found"] == (clip.get("episode") is not None), clip
        if answer["match_found"]:
            assert answer["episode"] == clip["episode"]
            assert abs(answer["candidates"][0]["offset"] - clip["offset_s"]) < 1.0
