"""Songs: from pressing sing to the sound."""

import struct
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import sonic

from support import TUNE, Service, musicxml, serving


def test_a_song_is_sung_and_given_out(shared: Service) -> None:
    sid = shared.session()
    assert shared.sing(sid)["type"] == "chat_error"
    shared.upload(sid)
    answer = shared.sing(sid, selection={"part_id": "P1", "verse_number": 1}, selected_voicebank_id="demo")
    assert answer["progress_url"] == f"/sessions/{sid}/progress?job_id={answer['job_id']}"
    done = shared.ended(sid)
    assert (done["status"], done["step"], done["progress"], done["job_kind"]) == ("done", "done", 1.0, "synthesis")
    assert (done["job_id"], done["details"]["phrases_done"], done["details"]["attempt"]) == (answer["job_id"], 3, 1)
    assert done["audio_track"]["label"] == "Voice P1 · verse 1 · demo"
    clip = shared.sound(done["audio_url"])
    assert clip.sample_rate == 44100
    # Nine beats and a half at 240 a minute; the last syllable ends there, and what rings on is short.
    assert 2.4 < len(clip.samples) / 44100 < 3.2
    assert abs(done["actual_duration_seconds"] - len(clip.samples) / 44100) < 0.2
    for second, sounds in ((0.2, True), (0.8, False), (1.2, True), (1.8, False), (2.2, True)):
        piece = clip.samples[round((second - 0.02) * 44100) : round((second + 0.02) * 44100)]
        assert (np.abs(piece).max() > 0.02) == sounds, second
    names = [info.name for info in shared.bucket.list(f"sessions/local/{sid}/jobs/{done['job_id']}")]
    assert f"sessions/local/{sid}/jobs/{done['job_id']}/output.flac" in names
    assert shared.bucket.list("queues") == []


def test_the_same_request_is_one_job_and_one_render(shared: Service) -> None:
    sid = shared.session()
    shared.upload(sid)
    first = shared.sung(sid)
    before = rendered(shared)
    again = shared.sing(sid)
    assert again["job_id"] == first["job_id"]
    assert again["audio_url"].partition("&")[0] == first["audio_url"].partition("&")[0]
    assert rendered(shared) == before
    # What it depends on makes another.
    other = {
        shared.sing(sid, controls={"gender": 20})["job_id"],
        shared.sing(sid, selected_language="en")["job_id"],
        shared.sing(sid, selection={"verse_number": "1"})["job_id"],
        first["job_id"],
    }
    assert len(other) == 4
    shared.ended(sid)


def rendered(service: Service) -> str:
    lines = service.client.get("/metrics").text.splitlines()
    return next((n for n in lines if n.startswith("sightsinger_jobs_total") and "completed" in n), "none")


def test_many_at_once_ask_for_one_song_and_it_is_sung_once(shared: Service) -> None:
    sid = shared.session()
    shared.upload(sid, musicxml([("C4", 1, "so"), ("R", 3, "")]))
    answers: list[dict[str, Any]] = []
    threads = [threading.Thread(target=lambda: answers.append(shared.sing(sid))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["job_id"] for answer in answers}) == 1
    done = shared.ended(sid)
    assert (done["status"], done["details"]["attempt"]) == ("done", 1)


def test_after_a_change_only_that_phrase_is_sung_again(shared: Service) -> None:
    sid = shared.session()
    notes = [(n[0].replace("4", "5"), n[1], n[2]) for n in TUNE]
    shared.upload(sid, musicxml(notes))
    first = shared.sung(sid)
    assert first["details"]["phrases_from_cache"] == 0
    change = {"part_id": "P1", "measure_index": 1, "note_index": 0, "text": "su"}
    assert shared.client.patch(f"/sessions/{sid}/score", json=change).status_code == 200
    second = shared.sung(sid)
    assert second["job_id"] != first["job_id"]
    assert (second["details"]["phrases_done"], second["details"]["phrases_from_cache"]) == (3, 2)
    a, b = shared.sound(first["audio_url"]).samples, shared.sound(second["audio_url"]).samples
    same = [np.array_equal(a[s : s + 8820], b[s : s + 8820]) for s in (4410, 44100 + 4410, 88200 + 4410)]
    assert same == [True, False, True]


def test_sound_comes_while_it_is_sung(tmp_path: Path, packed: bytes) -> None:
    notes = TUNE * 4
    with serving(tmp_path, packed) as service:
        sid = service.session()
        service.upload(sid, musicxml(notes))
        answer = service.sing(sid)
        received, first, progress = b"", None, 1.0
        with service.client.stream("GET", answer["stream_url"]) as stream:
            assert (stream.status_code, stream.headers["content-type"]) == (200, "audio/wav")
            assert stream.headers["cache-control"] == "no-store"
            for block in stream.iter_raw():
                received += block
                if first is None and len(received) > 44 + 20_000:
                    first, progress = len(received), service.progress(sid)["progress"]
        done = service.ended(sid)
        # The first phrase was there long before the song was.
        assert progress < 0.9
        head = struct.unpack("<4sI4s4sIHHIIHH4sI", received[:44])
        assert (head[0], head[6], head[7], head[10]) == (b"RIFF", 1, 44100, 16)
        streamed = np.frombuffer(received[44:], "<i2")
        saved = np.rint(service.sound(done["audio_url"]).samples * 32767)
        assert abs(len(streamed) - len(saved)) < 44100 // 10
        n = min(len(streamed), len(saved))
        assert np.abs(streamed[:n] - saved[:n]).max() <= 1
        # From a second on; and when the pieces are gone.
        url = answer["stream_url"]
        late = service.client.get(url + "&from=1.5").content
        assert np.array_equal(np.frombuffer(late[44:], "<i2"), streamed[66150:])
        for info in service.bucket.list(f"sessions/local/{sid}/jobs/{answer['job_id']}/stream"):
            service.bucket.delete(info.name)
        gone = np.frombuffer(service.client.get(url).content[44:], "<i2")
        assert np.abs(gone[:n] - saved[:n]).max() <= 1


def test_a_stream_needs_its_token(shared: Service) -> None:
    sid = shared.session()
    shared.upload(sid)
    done = shared.sung(sid)
    url = shared.sing(sid)["stream_url"]
    assert shared.client.get(url[:-1] + ("A" if url[-1] != "A" else "B")).status_code == 403
    audio_token = parse_qs(urlsplit(done["audio_url"]).query)["playback_token"][0]
    assert shared.client.get(f"{url.partition('&')[0]}&playback_token={audio_token}").status_code == 403


def test_every_kind_of_range(shared: Service) -> None:
    sid = shared.session()
    shared.upload(sid)
    url = shared.sung(sid)["audio_url"]
    whole = shared.client.get(url)
    size, tag = len(whole.content), whole.headers["etag"]
    assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
    assert (whole.headers["content-type"], int(whole.headers["content-length"])) == ("audio/flac", size)

    def ranged(value: str, **headers: str) -> tuple[int, bytes, str | None]:
        answer = shared.client.get(url, headers={"Range": value, **headers})
        return answer.status_code, answer.content, answer.headers.get("content-range")

    for value, start, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, size),
        ("bytes=-100", size - 100, size),
        (f"bytes=-{size + 5}", 0, size),
        (f"bytes={size - 1}-{size + 99}", size - 1, size),
        ("BYTES = 5 - 9", 5, 10),
    ):
        assert ranged(value) == (206, whole.content[start:end], f"bytes {start}-{end - 1}/{size}"), value
    for value in (f"bytes={size}-", f"bytes={size}-{size + 1}", "bytes=-0", "bytes=999999999999999999-"):
        assert ranged(value)[::2] == (416, f"bytes */{size}"), value
    for value in (
        "bytes=5-2",
        "bytes=-",
        "bytes=a-b",
        "lines=1-2",
        "bytes=0-1,5-6",
        "bytes",
        "",
        "bytes=--5",
        "bytes=0x1-2",
    ):
        assert ranged(value) == (200, whole.content, None), value
    assert ranged("bytes=0-9", **{"If-Range": tag})[0] == 206
    assert ranged("bytes=0-9", **{"If-Range": '"other"'})[0] == 200
    assert shared.client.get(url, headers={"If-None-Match": tag}).status_code == 304
    head = shared.client.head(url, headers={"Range": "bytes=0-9"})
    assert (head.status_code, head.content, head.headers["content-length"]) == (206, b"", "10")
    kept = shared.client.get(url + "&download=1").headers["content-disposition"]
    assert kept.startswith('attachment; filename="sightsinger-')


def test_playback_tokens_hold_for_their_file_only(shared: Service) -> None:
    sid = shared.session()
    shared.upload(sid)
    first, second = shared.sung(sid), shared.sung(sid, controls={"gender": 10})
    path, _, query = second["audio_url"].partition("?")
    token = parse_qs(urlsplit(first["audio_url"]).query)["playback_token"][0]
    file = parse_qs(query)["file"][0]

    def status(token: str, file: str = file) -> tuple[int, str]:
        answer = shared.client.get(path, params={"file": file, "playback_token": token})
        return answer.status_code, answer.json()["detail"] if answer.status_code != 200 else ""

    assert status(parse_qs(query)["playback_token"][0]) == (200, "")
    assert status(token) == (403, "playback_token_invalid")
    assert status(token[:-2] + "AA") == (403, "playback_token_invalid")
    for wrong in ("../../other", "jobs/../input.xml", "input.xml", "session.json", "jobs/x/job.json", ""):
        assert status(token, wrong)[0] == 404, wrong
    from sightsinger.playback import Playback, Signer

    signer = Signer(shared.settings.playback_secret, 300)
    playback = Playback("local", sid, file, "audio")
    assert status(signer.sign(playback, now=time.time() - 400)) == (401, "playback_token_expired")
    assert status(signer.sign(playback)) == (200, "")


def test_tracks_are_mixed_and_solo_wins_over_mute(shared: Service) -> None:
    sid = shared.session()
    shared.upload(sid, musicxml(parts=2))
    one = shared.sung(sid, selection={"part_index": 0})
    two = shared.sung(sid, selection={"part_index": 1}, controls={"gender": 30})
    a, b = shared.sound(one["audio_url"]).samples, shared.sound(two["audio_url"]).samples
    n = min(len(a), len(b))

    def mix(*tracks: dict[str, Any]) -> Any:
        body = {"tracks": [{"job_id": job["job_id"], **t} for job, t in zip((one, two), tracks, strict=True)]}
        answer = shared.client.post(f"/sessions/{sid}/export-mix", json=body)
        assert answer.status_code == 200, answer.text
        done = shared.ended(sid, answer.json()["job_id"])
        assert (done["status"], done["job_kind"]) == ("done", "mix")
        return shared.sound(done["audio_url"]).samples[:n]

    both = a[:n] * 0.5 + b[:n] * 0.25
    assert np.abs(mix({"volume": 0.5}, {"volume": 0.25}) - both / max(1, np.abs(both).max())).max() < 1e-3
    assert np.abs(mix({"volume": 0.5, "muted": True}, {"volume": 0.5}) - b[:n] * 0.5).max() < 1e-3
    assert np.abs(mix({"volume": 0.5, "muted": True, "solo": True}, {"volume": 1}) - a[:n] * 0.5).max() < 1e-3
    loud = mix({"volume": 1}, {"volume": 1})
    assert np.abs(loud).max() <= 1
    muted = {"tracks": [{"job_id": one["job_id"], "muted": True}]}
    answer = shared.client.post(f"/sessions/{sid}/export-mix", json=muted)
    assert (answer.status_code, answer.json()["detail"]) == (400, "no_audible_tracks")
    none = {"tracks": [{"job_id": "0" * 32}]}
    assert shared.client.post(f"/sessions/{sid}/export-mix", json=none).json()["detail"] == "job_not_found"
    for wrong in ([], [{"job_id": "../x"}], [{"job_id": one["job_id"], "volume": 2}], [{"job_id": "0" * 32}] * 17):
        assert shared.client.post(f"/sessions/{sid}/export-mix", json={"tracks": wrong}).status_code == 422


def test_what_cannot_be_sung_says_why(shared: Service) -> None:
    sid = shared.session()
    shared.upload(sid)
    for body, text in (
        ({"selected_voicebank_id": "nobody"}, "no such voice"),
        ({"selection": {"part_id": "P9"}}, "no such part"),
        ({"selection": {"part_index": 7}}, "no such part"),
        ({"selection": {"voice": "9"}}, "no such voice"),
        ({"selection": {"verse_number": 9}}, "no such verse"),
    ):
        answer = shared.sing(sid, **body)
        assert answer["type"] == "chat_error", answer
        assert text in answer["message"]
    message = {"message": "sing it softly"}
    text = shared.client.post(f"/sessions/{sid}/chat", json=message).json()
    assert text["type"] == "chat_text"
    for wrong in (
        {"message": "x" * 2001},
        {"controls": {"gender": 101}},
        {"controls": {"intensity": -0.1}},
        {"selection": 3},
    ):
        assert shared.client.post(f"/sessions/{sid}/chat", json=wrong).status_code == 422, wrong
    nan = '{"selection": {}, "controls": {"gender": NaN}}'
    assert shared.client.post(f"/sessions/{sid}/chat", content=nan).status_code in (400, 422)
    assert shared.sung(sid)["status"] == "done"


def test_a_language_model_may_be_plugged_in(tmp_path: Path, packed: bytes) -> None:
    with serving(tmp_path, packed, LANGUAGE_MODEL="test_songs:Parrot") as service:
        sid = service.session()
        service.upload(sid)
        answer = service.client.post(f"/sessions/{sid}/chat", json={"message": "hello"}).json()
        assert (answer["type"], answer["message"]) == ("chat_text", "hello, Tune, demo")
        assert service.client.get("/config").json()["language_model"] is True
        answer = service.client.post(f"/sessions/{sid}/chat", json={"message": "sing"}).json()
        assert service.ended(sid, answer["job_id"])["status"] == "done"


class Parrot:
    """What a language model would be."""

    async def interpret(self, message: str, context: Any) -> Any:
        from sightsinger.bodies import Selection

        if message == "sing":
            return context.request.model_copy(update={"selection": Selection(part_index=0)})
        return f"{message}, {context.summary['title']}, {context.voicebanks[0]['id']}"


def test_solfege_is_sung(shared: Service) -> None:
    sid = shared.session()
    shared.upload(sid)
    words = shared.sung(sid)
    shared.client.patch(f"/sessions/{sid}/solfege-settings", json={"mode": "on"})
    names = shared.sung(sid)
    assert names["job_id"] != words["job_id"]
    assert not np.array_equal(shared.sound(names["audio_url"]).samples, shared.sound(words["audio_url"]).samples)


@pytest.mark.parametrize(("audio_format", "media_type"), [("opus", "audio/ogg"), ("wav", "audio/wav")])
def test_other_formats(tmp_path: Path, packed: bytes, audio_format: str, media_type: str) -> None:
    with serving(tmp_path, packed, BACKEND_AUDIO_FORMAT=audio_format) as service:
        sid = service.session()
        service.upload(sid, musicxml([("C4", 2, "la"), ("R", 2, "")]))
        done = service.sung(sid)
        answer = service.client.get(done["audio_url"])
        assert answer.headers["content-type"] == media_type
        lossless = service.sound(done["audio_track"]["lossless_url"])
        assert abs(len(sonic.decode(answer.content).samples) / sonic.decode(answer.content).sample_rate
                   - len(lossless.samples) / lossless.sample_rate) < 0.05  # fmt: skip


def test_a_newer_request_takes_the_place_of_the_older(tmp_path: Path, packed: bytes) -> None:
    with serving(tmp_path, packed) as service:
        sid = service.session()
        service.upload(sid, musicxml(TUNE * 20))
        first = service.sing(sid)
        second = service.sing(sid, controls={"gender": 50})
        gone = service.ended(sid, first["job_id"])
        assert (gone["status"], gone["error"], gone["stream_url"]) == ("error", "cancelled", None)
        answer = service.client.post(f"/sessions/{sid}/jobs/{second['job_id']}/cancel")
        assert answer.json()["error"] == "cancelled"
        # A cancelled job is begun anew when it is wanted again.
        again = service.sing(sid, controls={"gender": 50})
        assert again["job_id"] == second["job_id"]
        assert service.progress(sid)["status"] in ("queued", "running")
        service.client.post(f"/sessions/{sid}/jobs/{second['job_id']}/cancel")
