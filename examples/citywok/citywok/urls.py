"""The url mode: which addresses are taken, and the hook that fetches them.

The hook is a function named by DOWNLOADER as `module:function`: it takes an address and gives, or awaits, the bytes of
a file with sound; nothing if there is none. It raises a `DownloadError`, or anything else whose text says why not.
`citywok.urls:fetch_direct` fetches files from the hosts that DOWNLOAD_HOSTS names; what the three platforms' pages need
is the host's own business and its own risk.
"""

import asyncio
import importlib
import inspect
import os
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from fastapi import HTTPException
from sonic_services import Downloader

from .settings import MAX_FILE_MB, Settings

Hook = Callable[[str], Awaitable[bytes | None]]

_PLATFORMS = {
    "tiktok": {"tiktok.com", "www.tiktok.com", "m.tiktok.com", "vt.tiktok.com", "vm.tiktok.com"},
    "instagram": {"instagram.com", "www.instagram.com", "instagr.am", "www.instagr.am"},
    "youtube": {"youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be", "www.youtu.be"},
}

# What downloaders say, and what users are told: platform (or any), words of which one occurs, text.
_FRIENDLY = [
    (
        "instagram",
        ("private", "login", "log in"),
        "This Instagram content is private or requires login. Please use a public post or reel.",
    ),
    (
        "instagram",
        ("not available", "unavailable", "removed", "deleted", "404"),
        "This Instagram content is no longer available. It may have been deleted.",
    ),
    ("youtube", ("age",), "This YouTube video is age-restricted. Please try a different video."),
    ("youtube", ("private",), "This YouTube video is private and cannot be accessed."),
    (
        "tiktok",
        ("comfortable", "login", "log in", "age-restricted"),
        "This TikTok video is age-restricted or requires login. Please try a different video.",
    ),
    (
        "",
        ("unavailable", "not available", "removed", "deleted", "404"),
        "This video is no longer available. It may have been deleted.",
    ),
]


def platform_of(url: str) -> str | None:
    """The platform that an address belongs to, by the whole name of its host; None if it is none of them."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.username is not None:
        return None
    return next((platform for platform, hosts in _PLATFORMS.items() if host in hosts), None)


def load_hook(settings: Settings) -> Hook | None:
    """The hook that DOWNLOADER names; None if the url mode is off. Raises ImportError or AttributeError without it."""
    if settings.downloader is None:
        return None
    module, _, name = settings.downloader.partition(":")
    function = getattr(importlib.import_module(module), name)

    async def call(url: str) -> bytes | None:
        if inspect.iscoroutinefunction(function):
            found = await function(url)
        else:
            found = await asyncio.to_thread(function, url)
        return bytes(found) if found else None

    return call


async def fetch(hook: Hook, url: str, timeout_s: float) -> bytes:
    """The bytes behind an address. Raises 400 with a text for people, or 408."""
    try:
        data = await asyncio.wait_for(hook(url), timeout_s)
    except (asyncio.TimeoutError, TimeoutError):
        text = f"Download timeout after {timeout_s:g} seconds - URL may be slow or unavailable"
        raise HTTPException(408, text) from None
    except Exception as error:
        raise HTTPException(400, _friendly(platform_of(url) or "", str(error))) from error
    if not data:
        raise HTTPException(400, "Failed to download from URL")
    if len(data) > MAX_FILE_MB * 1024 * 1024:
        raise HTTPException(400, f"File too large (max {MAX_FILE_MB}MB)")
    return data


def _friendly(platform: str, message: str) -> str:
    words = message.lower()
    for where, signs, text in _FRIENDLY:
        if where in ("", platform) and any(sign in words for sign in signs):
            return text
    return f"Download failed: {message}"


async def fetch_direct(url: str) -> bytes:
    """A hook for addresses of files themselves: from DOWNLOAD_HOSTS alone, never from a private network."""
    hosts = [name.strip() for name in os.environ.get("DOWNLOAD_HOSTS", "").split(",") if name.strip()]
    every: Any = {host for names in _PLATFORMS.values() for host in names}
    downloader = Downloader(max_bytes=MAX_FILE_MB * 1024 * 1024, timeout_s=30, hosts=hosts or every)
    return (await downloader.fetch(url)).data
