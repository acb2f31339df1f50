"""Every recorded request of the original, and its callbacks; `contract-differences.txt` says what differs, and why."""

import json
from pathlib import Path
from typing import Any

import httpx2

from contracts import Difference, Recorded, check, differences, recorded, send
from needs import assets
from support import Host, Worker, people_photos

TABLE = Path(__file__).with_name("contract-differences.txt")
# Detection and embedding by another program: as near as this counts as the same.
TOLERANCE = 0.005


def near(old: Any, new: Any, key: str = "") -> Any:
    """What was answered, but what was recorded in place of numbers that are as good as equal, times and new ids."""
    if isinstance(old, dict) and "$array" in old and isinstance(new, list):
        return old if _is_embedding(old, new) else new
    if isinstance(old, dict) and isinstance(new, dict):
        return {name: near(old.get(name), value, name) for name, value in new.items()}
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [near(a, b, key) for a, b in zip(old, new, strict=True)]
    if key == "processing_time_seconds" and old is not None and isinstance(new, float) and 0 <= new < 60:
        return old
    if key == "representative_face_id" and isinstance(new, str) and len(new) == len(old or ""):
        return old
    if isinstance(old, float) and isinstance(new, (int, float)) and abs(old - new) <= TOLERANCE:
        return old
    return new


def _is_embedding(old: dict[str, Any], new: list[float]) -> bool:
    length = sum(value * value for value in new) ** 0.5
    close = all(abs(a - b) <= TOLERANCE for a, b in zip(old["head"], new, strict=False))
    return len(new) == old["$array"] and abs(length - old["l2"]) < 1e-3 and close


def prepare(worker: Worker, host: Host) -> None:
    """The photos that the host's tables had when the original was recorded."""
    few = people_photos(1)[:2]
    media = [("event-few", few), ("event-broken", ["missing.jpg"]), ("event-people", people_photos(5))]
    for event, names in media:
        worker.sql("insert into events (id) values (%s)", event)
        for name in names:
            worker.sql(
                "insert into media (id, event_id, url) values (%s, %s, %s)", f"{event}/{name}", event, host.photo(name)
            )


def answer(worker: Worker, host: Host, request: Recorded) -> httpx2.Response:
    """Sends a recorded request to our worker, with our host in place of theirs."""

    def ours(part: Any) -> Any:
        if isinstance(part, dict) and isinstance(part.get("media_url"), str):
            dead = part["media_url"] == "http://localhost/x.jpg"
            base = "http://localhost:9" if dead else host.url("")
            return {**part, "media_url": part["media_url"].replace("http://localhost", base)}
        return part

    if "database down" not in request.name:
        return send(worker.client, request, ours)
    database = worker.core.database
    try:
        worker.core.database = unreachable()
        return send(worker.client, request, ours)
    finally:
        worker.core.database.close()
        worker.core.database = database


def unreachable() -> Any:
    """A database that nothing answers for."""
    from memoria.database import Database

    database = Database("postgresql://localhost:9/none", 1, 1)
    database._pool.open()
    database._pool.timeout = 0.2
    return database


def described(document: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI document without what the original has not got: routes, and defaults of fields."""

    def bare(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: bare(value) for key, value in part.items() if key != "default"}
        return [bare(one) for one in part] if isinstance(part, list) else part

    kept = bare(document)
    paths = {"/health", "/process", "/cluster"}
    kept["paths"] = {path: value for path, value in kept["paths"].items() if path in paths}
    return dict(kept)


def test_every_recorded_request(worker: Worker, host: Host) -> None:
    prepare(worker, host)
    found: list[Difference] = []
    for request in recorded("memoria.jsonl"):
        got = answer(worker, host, request)
        if "response_json" in request.row:
            body = described(got.json()) if request.name == "openapi" else got.json()
            changed = near(request.row["response_json"], body)
            headers = {"content-type": got.headers["content-type"], **_also(got)}
            got = httpx2.Response(got.status_code, headers=headers, content=json.dumps(changed))
        found += differences(request, got)
    told = _callbacks(host)
    for row in _recorded_callbacks():
        mine = told.pop(0)
        request = Recorded(
            f"callback of {row['json']['job_id']}", {"path": "/callback", "status": 200, "response_json": row}
        )
        found += differences(request, httpx2.Response(200, content=json.dumps(near(row, mine))))
    assert told == []
    check(found, TABLE)


def _also(got: httpx2.Response) -> dict[str, str]:
    return {name: got.headers[name] for name in ("allow",) if name in got.headers}


def _recorded_callbacks() -> list[dict[str, Any]]:
    rows = map(json.loads, assets("services", "contracts", "memoria-callbacks.jsonl").read_text().splitlines())
    return [{"headers": row["headers"], "json": row["json"]} for row in rows]


def _callbacks(host: Host) -> list[dict[str, Any]]:
    """Ours for the same jobs, in the order of theirs; those of failures, which theirs never sends, are checked here."""
    failed = {"job-4", "job-5", "job-6", "job-7", "job-8", "job-9", "job-10", "job-12", "job-13"}
    redirected = 1
    received = host.wait_for(len(_recorded_callbacks()) + len(failed) + redirected)
    told = {one["json"]["job_id"] for one in received if one["json"]["status"] == "failed"}
    assert told == failed
    assert all(one["json"]["error"] for one in received if one["json"]["status"] == "failed")
    order = [row["json"]["job_id"] for row in _recorded_callbacks()]
    kept = [one for one in received if one["json"]["job_id"] in order]
    # They are sent side by side.
    by_job: dict[str, list[dict[str, Any]]] = {}
    for one in kept:
        headers = {"authorization": one["authorization"], "content-type": one["content_type"]}
        by_job.setdefault(one["json"]["job_id"], []).append({"headers": headers, "json": one["json"]})
    return [by_job[job].pop(0) for job in order]
