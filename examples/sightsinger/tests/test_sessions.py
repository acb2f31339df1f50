"""Sessions and their scores."""

import json
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sonic

from needs import assets
from support import Service, long_song, musicxml, mxl, serving, wait_until


def lyrics(answer: Any, part: int = 0) -> list[str | None]:
    return [note["lyric"] for note in answer.json()["current_score"]["score"]["parts"][part]["notes"]]


def test_a_score_is_read_and_given_back(silent: Service) -> None:
    sid = silent.session()
    assert silent.client.get(f"/sessions/{sid}/score").json()["detail"] == "score_not_found"
    answer = silent.upload(sid, musicxml(parts=2, verses=2))
    body = answer.json()
    assert (answer.status_code, body["session_id"], body["parsed"]) == (200, sid, True)
    assert body["current_score"]["version"] == 1
    assert body["solfege_settings"] == {"system": "movable_do", "mode": "off", "revision": 0}
    part = body["score_summary"]["parts"][1]
    assert (part["part_id"], part["has_lyrics"], part["verses"]) == ("P2", True, ["1", "2"])
    score = body["current_score"]["score"]
    assert (score["title"], len(score["parts"])) == ("Tune", 2)
    note = score["parts"][0]["notes"][1]
    assert (note["pitch_midi"], note["measure_index"], note["note_index"], note["lyric"]) == (62, 0, 1, "lo")
    assert (note["onset_s"], note["lyrics"]) == (0.25, {"1": "lo", "2": "lo"})
    got = silent.client.get(f"/sessions/{sid}/score")
    assert got.content == musicxml(parts=2, verses=2)
    assert got.headers["cache-control"] == "no-store"
    assert silent.client.get(f"/sessions/{sid}/score.json").json() == body
    assert silent.client.get(f"/sessions/{sid}").json()["title"] == "Tune"
    names = [info.name for info in silent.bucket.list(f"sessions/local/{sid}")]
    assert f"sessions/local/{sid}/input.xml" in names


def test_archives_and_other_encodings_are_the_same_score(silent: Service) -> None:
    sid = silent.session()
    wanted = silent.upload(sid).json()["current_score"]["score"]
    text = musicxml().decode()
    others = [
        ("tune.mxl", mxl(musicxml())),
        ("TUNE.XML", text.replace("UTF-8", "UTF-16").encode("utf-16")),
        ("tune.xml", b"\xef\xbb\xbf" + musicxml()),
        ("tune.xml", text.replace("UTF-8", "ISO-8859-1").encode("latin-1")),
    ]
    for name, data in others:
        answer = silent.upload(sid, data, name)
        assert (answer.status_code, answer.json()["current_score"]["score"]) == (200, wanted), name
        assert silent.client.get(f"/sessions/{sid}/score").content == musicxml()


def test_what_is_no_score_is_refused(silent: Service) -> None:
    sid = silent.session()
    assert silent.upload(sid, name="tune.pdf").json()["detail"] == "unsupported_file_type"
    for data in (b"", b"no score", b"<a/>", b"PK\x03\x04", mxl(b"<a/>"), musicxml()[:500], b"\0" * 100, b"\xff\xfe<"):
        answer = silent.upload(sid, data, "tune.xml")
        assert (answer.status_code, answer.json()["detail"]) == (400, "invalid_musicxml"), data[:20]
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaa">]>' + musicxml()[39:]
    assert silent.upload(sid, bomb).status_code == 400
    assert silent.client.post(f"/sessions/{sid}/upload").status_code == 422
    assert silent.client.get(f"/sessions/{sid}").json()["version"] == 0


def test_uploads_are_bounded(tmp_path: Path) -> None:
    with serving(tmp_path, WORKERS="0", BACKEND_MAX_UPLOAD_MB="1", BACKEND_MAX_MXL_UNCOMPRESSED_MB="1") as service:
        sid = service.session()
        assert service.upload(sid, musicxml() + b" " * 1_040_000).status_code == 200
        assert service.upload(sid, musicxml() + b" " * 1_048_576).status_code == 413
        assert service.upload(sid, b"x" * 3_000_000).status_code == 413
        assert (
            service.upload(sid, mxl(musicxml().replace(b"</work>", b"</work>" + b" " * 1_100_000))).status_code == 413
        )


def test_reading_a_score_takes_no_longer_than_it_may(tmp_path: Path) -> None:
    with serving(tmp_path, WORKERS="0", BACKEND_SCORE_PARSE_TIMEOUT_SECONDS="0.001") as service:
        answer = service.upload(service.session(), long_song())
        assert (answer.status_code, answer.json()["detail"]) == (422, "score_parse_timeout")


@pytest.mark.parametrize("cut", [0, 2, 99])
def test_an_upload_that_stops_half_way_leaves_nothing(silent: Service, cut: int) -> None:
    sid = silent.session()
    parts = urlsplit(str(silent.client.base_url))
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.xml"\r\n\r\n' + musicxml() + b"\r\n--b--\r\n"
    )
    head = (
        f"POST /sessions/{sid}/upload HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as wire:
        wire.sendall(head.encode() + body[: len(body) * cut // 100])
    time.sleep(0.05)
    assert silent.client.get(f"/sessions/{sid}").json()["version"] == 0
    assert silent.upload(sid).status_code == 200


def test_hostile_scores_end_with_an_answer(silent: Service) -> None:
    folder = assets("sing", "scores", "hostile")
    expected = json.loads(assets("sing", "scores", "truth", "hostile.json").read_text())
    sid = silent.session()
    files = sorted(path for path in folder.iterdir() if path.is_file())
    assert len(files) >= 30
    taken = 0
    for path in files:
        start = time.monotonic()
        answer = silent.upload(sid, path.read_bytes(), path.name if path.suffix in (".xml", ".mxl") else "a.musicxml")
        assert answer.status_code in (200, 400, 413), (path.name, answer.text[:200])
        assert time.monotonic() - start < 10, path.name
        if answer.status_code == 200:
            taken += 1
            # What was taken is the same score without its archive.
            kept = silent.client.get(f"/sessions/{sid}/score").content
            assert sonic.Score(kept) == sonic.Score(path.read_bytes()), path.name
        else:
            assert answer.json()["detail"] in ("invalid_musicxml", "The body is larger than 20 MB")
    assert 0 < taken < len(files), expected.keys()


def test_real_scores_say_where_their_notes_are(silent: Service) -> None:
    sid, notes, placed = silent.session(), 0, 0
    for folder in ("own", "lieder"):
        for path in sorted(assets("sing", "scores", folder).iterdir()):
            if path.suffix not in (".xml", ".musicxml", ".mxl"):
                continue
            answer = silent.upload(sid, path.read_bytes(), path.name)
            assert answer.status_code == 200, (path.name, answer.text[:200])
            if "timewise" in path.name:
                continue
            for part in answer.json()["current_score"]["score"]["parts"]:
                notes += len(part["notes"])
                placed += sum(note["note_index"] is not None for note in part["notes"])
    assert notes > 1900
    assert placed / notes > 0.99, (notes, placed)


def test_one_syllable_is_changed_and_nothing_else(silent: Service) -> None:
    sid = silent.session()
    before = silent.upload(sid, musicxml(verses=2))
    change = {"part_id": "P1", "measure_index": 1, "note_index": 0, "text": "su & <x>", "version": 1}
    after = silent.client.patch(f"/sessions/{sid}/score", json=change)
    assert after.status_code == 200, after.text
    assert lyrics(before)[2] == "mi"
    assert lyrics(after) == [*lyrics(before)[:2], "su & <x>", *lyrics(before)[3:]]
    assert after.json()["current_score"]["version"] == 2
    notes = after.json()["current_score"]["score"]["parts"][0]["notes"]
    assert notes[2]["lyrics"] == {"1": "su & <x>", "2": "mi"}
    # The rest of the file is as it was, to the byte.
    xml = silent.client.get(f"/sessions/{sid}/score").content
    assert xml.replace(b"su &amp; &lt;x&gt;", b"mi") == musicxml(verses=2)
    stale = silent.client.patch(f"/sessions/{sid}/score", json=change)
    assert (stale.status_code, stale.json()["detail"]) == (409, "score_changed")


def test_syllables_come_and_go(silent: Service) -> None:
    sid = silent.session()
    silent.upload(sid)
    where = {"part_id": "P1", "measure_index": 0, "note_index": 1}
    gone = silent.client.patch(f"/sessions/{sid}/score", json={**where, "text": None})
    assert lyrics(gone)[1] in (None, "+")
    back = silent.client.patch(f"/sessions/{sid}/score", json={**where, "text": "lo"})
    assert lyrics(back)[1] == "lo"
    third = silent.client.patch(f"/sessions/{sid}/score", json={**where, "verse": "3", "text": 'a"b'})
    assert third.json()["current_score"]["score"]["parts"][0]["notes"][1]["lyrics"]["3"] == 'a"b'
    # A rest, a note that is not there, a part that is not there.
    for wrong in ({"note_index": 2}, {"note_index": 9}, {"measure_index": 99}, {"part_id": "P9"}):
        answer = silent.client.patch(f"/sessions/{sid}/score", json={**where, "text": "x", **wrong})
        assert (answer.status_code, answer.json()["detail"]) == (404, "note_not_found"), wrong
    for wrong in (
        {"text": "x" * 101},
        {"text": "a\u0000b"},
        {"text": "a\ufffeb"},
        {"verse": ""},
        {"measure_index": -1},
    ):
        assert silent.client.patch(f"/sessions/{sid}/score", json={**where, "text": "x", **wrong}).status_code == 422


def test_notes_may_be_sung_by_their_names(silent: Service) -> None:
    from sightsinger.written import solfege

    sid = silent.session()
    settings = silent.client.patch(f"/sessions/{sid}/solfege-settings", json={"mode": "on", "revision": 0})
    assert settings.json() == {"system": "movable_do", "mode": "on", "revision": 1}
    assert silent.client.get(f"/sessions/{sid}/solfege-settings").json() == settings.json()
    late = silent.client.patch(f"/sessions/{sid}/solfege-settings", json={"mode": "off", "revision": 0})
    assert (late.status_code, late.json()["detail"]) == (409, "revision_conflict")
    assert silent.client.patch(f"/sessions/{sid}/solfege-settings", json={"system": "tonic"}).status_code == 422
    xml = musicxml(verses=2).replace(
        b"<divisions>4</divisions>", b"<divisions>4</divisions><key><fifths>1</fifths></key>"
    )

    def sung(system: str) -> list[str | None]:
        notes = sonic.Score(solfege(xml, system)).parts[0].sung
        assert all(set(note.lyrics) == {"1", "2"} for note in notes)
        return [note.lyrics["2"].text for note in notes]

    assert sung("fixed_do") == ["do", "re", "mi", "fa", "sol", "do"]
    assert sung("movable_do") == ["fa", "sol", "la", "ti", "do", "fa"]


def test_sessions_expire_and_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(tmp_path, WORKERS="0", BACKEND_MAX_SESSIONS="2", BACKEND_SESSION_TTL_SECONDS="60") as service:
        first, second = service.session(), service.session()
        service.upload(first)
        time.sleep(0.01)
        service.session()
        assert service.client.get(f"/sessions/{first}").status_code == 404 or (
            service.client.get(f"/sessions/{second}").status_code == 404
        )
        left = {info.name.split("/")[2] for info in service.bucket.list("sessions")}
        assert len(left) == 2
        sid = next(iter(left))
        real = time.time
        monkeypatch.setattr("sightsinger.sessions.time.time", lambda: real() + 61)
        assert service.client.get(f"/sessions/{sid}").json()["detail"] == "session_not_found"
        monkeypatch.undo()
        wait_until(lambda: not service.bucket.list(f"sessions/local/{sid}"))
        sessions = service.app.state.core.sessions
        assert sessions.sweep() == 0
        monkeypatch.setattr("sightsinger.sessions.time.time", lambda: real() + 61)
        assert sessions.sweep() == 1
        assert service.bucket.list("sessions") == []


def test_a_session_is_removed_with_all_it_has(silent: Service) -> None:
    sid = silent.session()
    silent.upload(sid)
    assert silent.client.delete(f"/sessions/{sid}").status_code == 204
    assert silent.bucket.list(f"sessions/local/{sid}") == []
    assert silent.client.delete(f"/sessions/{sid}").status_code == 404


def test_what_surrounds_singing_answers_as_if_it_were_off(silent: Service) -> None:
    client = silent.client
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").json() == {"status": "ready", "ready": True, "build": "0.1.0", "mcp": None}
    assert client.get("/credits").json()["available"] > 1000
    assert client.get("/maintenance/status").json()["enabled"] is False
    assert client.post("/auth/turnstile/verify", json={}).json() == {"success": True}
    for path in ("/feedback", "/billing/checkout", "/waitlist"):
        answer = client.post(path, json={})
        assert (answer.status_code, answer.json()["detail"]) == (404, "not_available")
    assert client.get("/api/voicebanks").json() == {"voicebanks": []}
    assert "sightsinger_requests_total" in client.get("/metrics").text
    page = client.get("/")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    preflight = {"Origin": "https://a.example", "Access-Control-Request-Method": "PATCH"}
    assert client.options("/sessions", headers=preflight).headers["access-control-allow-origin"]


def test_ids_that_are_none_are_not_found(silent: Service) -> None:
    for sid in ("x", "0" * 32, "..", "%2e%2e", "a" * 31 + "%00"):
        assert silent.client.get(f"/sessions/{sid}/score").status_code == 404
    sid = silent.session()
    assert silent.progress(sid)["status"] == "idle"
    for job in ("x", "0" * 32, "../../x"):
        answer = silent.client.get(f"/sessions/{sid}/progress", params={"job_id": job})
        assert (answer.status_code, answer.json()["detail"]) == (404, "job_not_found")
