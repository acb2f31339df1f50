"""Files of the storage as answers: whole, or the range that is asked for."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from fastapi import HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from sonic.remote import ObjectInfo

_BLOCK = 1024 * 1024
_TYPES = {".flac": "audio/flac", ".opus": "audio/ogg", ".wav": "audio/wav"}

Fetch = Callable[[str, int, int | None], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of a file."""

    start: int
    end: int
    """Behind the last."""


def wanted_span(header: str | None, size: int) -> Span | None:
    """The bytes of a `Range` header; None for all: without one, of several ranges, or if it is none (RFC 9110, 14.2).

    Raises 416 if there are no such bytes.
    """
    found = re.fullmatch(r"bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", header or "", re.IGNORECASE)
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        start, end = max(0, size - int(found[2])), size
    else:
        start, end = int(found[1]), min(size, int(found[2]) + 1 if found[2] else size)
        if found[2] and int(found[2]) < start:
            return None
    if start >= size or start >= end:
        raise HTTPException(416, "range_not_satisfiable", {"Content-Range": f"bytes */{size}"})
    return Span(start, end)


def file_answer(request: Request, info: ObjectInfo, fetch: Fetch, *, download: str | None) -> Response:
    """A file of the storage; `download` is the name under which a browser keeps it."""
    tag = f'"{re.sub(r"[^A-Za-z0-9._-]", "", info.tag)}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Cache-Control": "private, max-age=300",
        "Content-Type": _TYPES.get(info.name[info.name.rfind(".") :], "application/octet-stream"),
    }
    if download is not None:
        headers["Content-Disposition"] = f'attachment; filename="{download}"'
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or tag in [part.strip().removeprefix("W/") for part in known.split(",")]:
        return Response(status_code=304, headers=headers)
    same = request.headers.get("if-range", tag).strip() == tag
    span = wanted_span(request.headers.get("range"), info.bytes) if same else None
    status, part = 200, Span(0, info.bytes)
    if span is not None:
        status, part = 206, span
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{info.bytes}"
    headers["Content-Length"] = str(part.end - part.start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(_blocks(fetch, info.name, part), status, headers)


async def _blocks(fetch: Fetch, name: str, part: Span) -> AsyncIterator[bytes]:
    at = part.start
    while at < part.end:
        block = await fetch(name, at, min(part.end, at + _BLOCK))
        if not block:
            # Shorter than it was: the answer breaks off rather than lies.
            raise OSError(f"{name} became shorter")
        at += len(block)
        yield block
