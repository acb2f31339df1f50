"""Live sound: slices in, who said what out."""

import asyncio
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import numpy.typing as npt
import pytest

import sonic
from needs import assets, model
from sonic import live

VOICES = Path(__file__).parents[3] / "examples/demo/voices"
SPOKEN = sorted((VOICES / "enrol").glob("*/*.opus"))[:2]


def slices(path: Path, size: int = 2_000) -> list[bytes]:
    data = path.read_bytes()
    return [data[at : at + size] for at in range(0, len(data), size)]


def said(samples: npt.NDArray[np.float32], language: str | None, before: str | None) -> tuple[str, float]:
    assert samples.dtype == np.float32
    assert language == "en"
    return f"{len(samples) // 16} ms", 0.75


def test_utterances_are_recognised_and_keep_their_ids() -> None:
    ids = []
    for _ in range(2):
        session = sonic.LiveSession("meeting", recognizer=said, language="en", partial_ms=0)
        found = [s for index, data in enumerate(slices(SPOKEN[0])) for s in session.push(index, data)]
        found += session.finish()
        last = {segment.id: segment for segment in found}
        assert all(segment.final for segment in last.values())
        assert last
        for segment in last.values():
            assert segment.text.endswith(" ms")
            assert 0 < segment.confidence <= 0.75
            assert segment.end_ms > segment.start_ms
        stats = session.stats
        assert (stats.utterances, stats.failures, stats.last_failure) == (len(last), 0, None)
        ids.append(sorted(last))
    assert ids[0] == ids[1]


def test_another_process_goes_on_with_the_state() -> None:
    parts = slices(SPOKEN[0])
    whole = sonic.LiveSession("meeting")
    expected = [s for index, data in enumerate(parts) for s in whole.push(index, data)] + whole.finish()
    first = sonic.LiveSession("meeting")
    half = len(parts) // 2
    found = [s for index in range(half) for s in first.push(index, parts[index])]
    second = sonic.LiveSession("meeting", state=first.state())
    found += [s for index in range(half, len(parts)) for s in second.push(index, parts[index])]
    found += second.finish()
    assert {s.id: (s.start_ms, s.end_ms) for s in found} == {s.id: (s.start_ms, s.end_ms) for s in expected}
    with pytest.raises(sonic.MalformedError):
        sonic.LiveSession("meeting", state=b"{}")


def test_segments_come_to_who_awaits_them() -> None:
    async def follow() -> list[live.Segment]:
        async def sent() -> AsyncIterator[tuple[int, bytes]]:
            for index, data in enumerate(slices(SPOKEN[1])):
                await asyncio.sleep(0)
                yield index, data

        session = sonic.LiveSession("call", embedder=sonic.VoiceEmbedder())
        found = [segment async for segment in live.segments(session, sent())]
        assert session.turns()
        return found

    found = asyncio.run(follow())
    assert found[-1].final
    assert found[-1].speaker == "voice 1"


def test_microphones_name_speakers() -> None:
    clip = sonic.decode(SPOKEN[0], sample_rate=16_000)
    session = sonic.LiveSession("call")
    found: list[live.Segment] = []
    for second in range(len(clip.samples) // 16_000):
        found += session.push_samples(second * 1000.0, clip.samples[second * 16_000 : (second + 1) * 16_000])
        found += session.activity(second * 1000.0 + 1000.0, {"Ann": "1111111111", "Bob": "0000000000"})
    found += session.finish()
    assert found[-1].speaker == "Ann"


def test_a_recogniser_that_fails_costs_no_sound() -> None:
    def broken(samples: object, language: object, before: object) -> str:
        raise RuntimeError("out of order")

    session = sonic.LiveSession("call", recognizer=broken)
    found = [s for index, data in enumerate(slices(SPOKEN[0])) for s in session.push(index, data)]
    found += session.finish()
    assert found[-1].text == ""
    assert session.stats.failures > 0
    assert session.stats.last_failure is not None
    assert "out of order" in session.stats.last_failure[1]


class Service(BaseHTTPRequestHandler):
    """OpenAI's interface, as far as it is used."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        assert b"verbose_json" in body
        words = b'[{"word": "hello", "start": 0.1, "end": 0.4}]'
        answer = b'{"text": "hello", "segments": [], "words": ' + words + b"}"
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing: the suite's output is for its own words."""


def test_a_service_is_queried() -> None:
    server = HTTPServer(("127.0.0.1", 0), Service)
    Thread(target=server.serve_forever, daemon=True).start()
    recognizer = live.OpenAi(f"http://127.0.0.1:{server.server_port}/v1/audio/transcriptions")
    session = sonic.LiveSession("call", recognizer=recognizer, partial_ms=0)
    found = [s for index, data in enumerate(slices(SPOKEN[0])) for s in session.push(index, data)]
    found += session.finish()
    server.shutdown()
    server.server_close()
    assert found[-1].text == "hello"
    assert [word.text for word in found[-1].words] == ["hello"]


def test_spoken_letters_are_spelled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = model("voice/models/moonshine-micro/spelling_cnn_mel.onnx")
    (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setenv("SONIC_MODELS", str(tmp_path))
    folder, words = assets() / "voice/audio/alphanumeric", ("three", "nine", "seven")
    spoken = [folder / word / "petewarden_nohash_0.wav" for word in words]
    silence = np.zeros(6_400, np.float32)
    parts = [silence, *(part for path in spoken for part in (sonic.decode(path, sample_rate=16_000).samples, silence))]
    session = sonic.LiveSession("call", recognizer=live.Spelling(), partial_ms=0, hangover_ms=900)
    found = session.push_samples(0.0, np.concatenate(parts)) + session.finish()
    said = " ".join(segment.text for segment in found)
    assert sum(word in said for word in words) >= 2, said


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.LiveSession("call", max_ms=1)
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.LiveSession("call", recognizer=7)  # type: ignore[arg-type]
    with pytest.raises(sonic.InvalidArgumentError):
        live.Whisper("no address")
    with pytest.raises(sonic.NotFoundError):
        live.Spelling("no-such-model")
    session = sonic.LiveSession("call")
    with pytest.raises(sonic.InvalidArgumentError):
        session.push(2**40, b"")
    with pytest.raises(sonic.InvalidArgumentError):
        session.activity(0.0, {"Ann": "2"})
    assert session.gaps == []
    assert session.poll() == []
    assert session.refresh_names() == []
