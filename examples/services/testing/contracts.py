"""Replays requests that were recorded from the originals, and compares the answers.

What differs must be listed in a table beside the test, with its reason: a line `request | place | reason` for each,
where request and place may hold `*`. A line that nothing needs any more fails the test too, so that the table is true.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import httpx2

from needs import assets

_BODIES = {
    "made/random.mp3": lambda: bytes((31 * i * i + 7 * i) % 256 for i in range(20_000)),
    "made/empty.wav": lambda: b"",
    "made/text.wav": lambda: b"this is no sound",
    "made/zeros-101MB.wav": lambda: bytes(101 * 1024 * 1024),
}
# What depends on the server and the time, not on the service.
_IGNORED_HEADERS = {"content-length", "date", "server", "connection", "transfer-encoding"}


@dataclass(frozen=True)
class Recorded:
    """A recorded request with its answer."""

    name: str
    row: dict[str, Any]

    @property
    def events(self) -> bool:
        """Whether the answer is a stream of events."""
        return "response_events" in self.row


@dataclass(frozen=True)
class Difference:
    """Where an answer differs."""

    request: str
    place: str
    recorded: Any
    answered: Any

    def __str__(self) -> str:
        return f"{self.request} | {self.place} | recorded {self.recorded!r}, answered {self.answered!r}"


def recorded(name: str) -> list[Recorded]:
    """The requests of a file of contracts, in their order."""
    text = assets("services", "contracts", name).read_text()
    return [Recorded(row["name"], row) for row in map(json.loads, text.splitlines())]


def send(client: httpx2.Client, request: Recorded, change: Callable[[Any], Any] = lambda part: part) -> httpx2.Response:
    """Sends a recorded request; `change` may replace headers, parts of a form and bodies in JSON."""
    row = request.row
    given: dict[str, Any] = {"headers": change(dict(row.get("headers", {})))}
    if "multipart" in row:
        # A tuple without a name is a plain field; fields are sent as parts too, so that a form of fields alone is one.
        given["files"] = [_part(change(dict(part))) for part in row["multipart"]]
    elif "json" in row:
        given["json"] = change(row["json"])
    elif "body" in row:
        given["content"] = row["body"]
    return client.request(row["method"], row["path"], **given)


def differences(request: Recorded, answer: httpx2.Response) -> list[Difference]:
    """Where an answer differs from the recorded one: status, headers and body."""
    row = request.row
    found = list(_compare("status", row["status"], answer.status_code))
    for name, value in row.get("response_headers", {}).items():
        if name not in _IGNORED_HEADERS:
            found += _compare(f"header {name}", value, answer.headers.get(name))
    if "response_json" in row:
        content = _json(answer)
        found += _compare("body", row["response_json"], _bare(content) if "openapi" in row["path"] else content)
    elif "response_events" in row:
        found += _compare("events", row["response_events"], events(answer))
    elif "response_text" in row:
        found += _compare("text", row["response_text"], answer.text)
    return [Difference(request.name, *one) for one in found]


def events(answer: httpx2.Response) -> list[Any]:
    """The events of a stream; each is one line `data: JSON` and an empty line."""
    lines = [line for line in answer.text.split("\n\n") if line]
    assert all(line.startswith("data: ") for line in lines), lines
    return [json.loads(line[6:]) for line in lines]


def check(found: list[Difference], table: Path) -> None:
    """Fails if a difference is not in the table, or if a line of the table is needed by none."""
    rules = [_rule(line) for line in table.read_text().splitlines() if line.strip() and not line.startswith("#")]
    unlisted = [one for one in found if not any(_matches(rule, one) for rule in rules)]
    needless = [rule for rule in rules if not any(_matches(rule, one) for one in found)]
    assert not unlisted, "not listed:\n" + "\n".join(map(str, unlisted))
    assert not needless, "listed for nothing:\n" + "\n".join(" | ".join(rule) for rule in needless)


def _part(part: dict[str, Any]) -> tuple[str, Any]:
    if "value" in part:
        return part["name"], (None, part["value"])
    return part["name"], (part["filename"], body(part["file"]), part.get("content_type"))


def body(name: str) -> bytes:
    """The bytes of a file that a request holds."""
    if name in _BODIES:
        return bytes(_BODIES[name]())
    path = assets("services", "contracts").joinpath(name)
    # Two were not delivered, of which only the name matters.
    return b"x" if path.name in ("none", "notes.txt") else path.read_bytes()


def _json(answer: httpx2.Response) -> Any:
    try:
        return answer.json()
    except json.JSONDecodeError:
        return answer.text


def _bare(document: Any) -> Any:
    """A document of OpenAPI without its texts, as it was recorded."""
    if isinstance(document, dict):
        texts = {"title", "description", "summary"}
        return {k: _bare(v) for k, v in document.items() if not (k in texts and isinstance(v, str))}
    return [_bare(part) for part in document] if isinstance(document, list) else document


def _compare(place: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        # Validation errors of some versions name a page about them.
        for key in sorted({*old, *new} - ({"url"} if {"type", "loc", "msg"} <= {*old} else set())):
            yield from _compare(f"{place}.{key}", old.get(key, "(absent)"), new.get(key, "(absent)"))
    elif isinstance(old, list) and isinstance(new, list):
        for i in range(max(len(old), len(new))):
            pair = (items[i] if i < len(items) else "(absent)" for items in (old, new))
            yield from _compare(f"{place}.{i}", *pair)
    elif type(old) is not type(new) or old != new:
        yield place, old, new


def _rule(line: str) -> tuple[str, str, str]:
    request, place, reason = (part.strip() for part in line.split("|", 2))
    assert reason, f"without a reason: {line}"
    return request, place, reason


def _matches(rule: tuple[str, str, str], found: Difference) -> bool:
    return fnmatchcase(found.request, rule[0]) and fnmatchcase(found.place, rule[1])
