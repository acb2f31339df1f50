"""Scores and voicebanks for tests, and a service that is really served."""

import importlib.util
import io
import os
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import sonic
from sonic.remote import Bucket, ObjectInfo

from needs import skip
from serving import served
from sightsinger.app import make_app
from sightsinger.settings import Settings, read_settings

EXAMPLES = Path(__file__).parents[2]
SOAK = os.environ.get("SONIC_SOAK") == "1"

Note = tuple[str, float, str]
"""A pitch such as C4, or R for a rest; quarter notes; a syllable or nothing."""

TUNE: list[Note] = [
    ("C4", 1, "la"), ("D4", 1, "lo"), ("R", 2, ""),
    ("E4", 1, "mi"), ("F4", 1, "mo"), ("R", 2, ""),
    ("G4", 1, "na"), ("C4", 1, "no"), ("R", 2, ""),
]  # fmt: skip
"""Three phrases of two notes each."""


def musicxml(notes: list[Note] = TUNE, *, parts: int = 1, bpm: int = 240, verses: int = 1) -> bytes:
    """A score with a measure of four quarter notes after the other."""
    names = [f"P{n + 1}" for n in range(parts)]
    listed = "".join(f'<score-part id="{n}"><part-name>Voice {n}</part-name></score-part>' for n in names)
    written = "".join(f'<part id="{n}">{"".join(_measures(notes, bpm, verses))}</part>' for n in names)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<score-partwise version="4.0"><work><work-title>Tune</work-title>'
        f"</work><part-list>{listed}</part-list>{written}</score-partwise>"
    ).encode()


def _measures(notes: list[Note], bpm: int, verses: int) -> Iterator[str]:
    beats, number, content = 0.0, 1, ""
    for pitch, length, syllable in notes:
        what = "<rest/>" if pitch == "R" else f"<pitch><step>{pitch[0]}</step><octave>{pitch[1]}</octave></pitch>"
        lyric = "".join(
            f'<lyric number="{v + 1}"><syllabic>single</syllabic><text>{syllable}</text></lyric>' for v in range(verses)
        )
        content += f"<note>{what}<duration>{round(length * 4)}</duration>{lyric if syllable else ''}</note>"
        beats += length
        if beats >= 4:
            head = f'<attributes><divisions>4</divisions></attributes><sound tempo="{bpm}"/>' if number == 1 else ""
            yield f'<measure number="{number}">{head}{content}</measure>'
            beats, number, content = 0.0, number + 1, ""
    if content:
        yield f'<measure number="{number}">{content}</measure>'


def long_song(minutes: float = 3.0) -> bytes:
    """A song of a hundred words a minute."""
    words = ("la", "lo", "mi", "mo", "na", "no", "sa", "ti")
    notes: list[Note] = []
    while sum(n[1] for n in notes) < minutes * 100:
        at = len(notes)
        notes += [(f"{'CDEFGA'[(at + n) % 6]}4", 0.5, words[(at + n) % 8]) for n in range(12)] + [("R", 2, "")]
    return musicxml(notes, bpm=100)


def mxl(xml: bytes) -> bytes:
    """A score in an archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        container = '<container><rootfiles><rootfile full-path="score.xml"/></rootfiles></container>'
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("score.xml", xml)
    return out.getvalue()


def make_bank(folder: Path) -> Path:
    """The voicebank of the demo."""
    if importlib.util.find_spec("onnx") is None:
        skip("onnx", "the voicebank of the demo needs the package onnx to be made: pip install onnx")
    if importlib.util.find_spec("onnxruntime") is None and "ORT_DYLIB_PATH" not in os.environ:
        skip("onnxruntime", "there is no ONNX Runtime: pip install onnxruntime")
    program = EXAMPLES / "demo/make_singer.py"
    subprocess.run([sys.executable, program, folder], check=True, stdout=subprocess.DEVNULL)
    return folder


def tarball(folder: Path) -> bytes:
    """A voicebank as it lies in the bucket."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        tar.add(folder, arcname="bank")
    return out.getvalue()


class Faulty:
    """A bucket of which each call may be made to fail: `fault` is called with what is done to which name."""

    def __init__(self, inner: Any, fault: Callable[[str, str], None]) -> None:
        self._inner = inner
        self.fault = fault

    def get(self, name: str, **options: Any) -> tuple[ObjectInfo, bytes]:
        self.fault("get", name)
        found: tuple[ObjectInfo, bytes] = self._inner.get(name, **options)
        return found

    def head(self, name: str) -> ObjectInfo | None:
        self.fault("head", name)
        found: ObjectInfo | None = self._inner.head(name)
        return found

    def put(self, name: str, data: bytes, **options: Any) -> str:
        self.fault("put", name)
        tag: str = self._inner.put(name, data, **options)
        self.fault("was put", name)
        return tag

    def delete(self, name: str) -> None:
        self.fault("delete", name)
        self._inner.delete(name)

    def list(self, folder: str = "") -> list[ObjectInfo]:
        self.fault("list", folder)
        found: list[ObjectInfo] = self._inner.list(folder)
        return found

    def download(self, name: str, path: Path) -> int:
        self.fault("download", name)
        size: int = self._inner.download(name, path)
        return size


def settings_for(folder: Path, **changes: str) -> Settings:
    """Settings of a service whose storage is a folder."""
    given = {
        "BACKEND_AUTH_DISABLED": "true",
        "BACKEND_DATA_DIR": str(folder / "data"),
        "VOICEBANK_CACHE_DIR": str(folder / "cache"),
        "BACKEND_PLAYBACK_TOKEN_SECRET": "a-secret-of-the-tests",
        "JOB_POLL_SECONDS": "0.1",
        "JOB_LEASE_SECONDS": "1",
        **changes,
    }
    return read_settings({name: value for name, value in given.items() if value})


@dataclass
class Service:
    """A service, and who uses it."""

    client: httpx2.Client
    settings: Settings
    app: Any
    headers: dict[str, str] = field(default_factory=dict)

    def session(self) -> str:
        """A new session."""
        answer = self.client.post("/sessions", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["session_id"])

    def upload(self, sid: str, xml: bytes | None = None, name: str = "tune.musicxml") -> httpx2.Response:
        """Uploads a score."""
        files = {"file": (name, musicxml() if xml is None else xml)}
        return self.client.post(f"/sessions/{sid}/upload", files=files, headers=self.headers)

    def sing(self, sid: str, **body: Any) -> dict[str, Any]:
        """Presses sing."""
        answer = self.client.post(f"/sessions/{sid}/chat", json={"selection": {}, **body}, headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def progress(self, sid: str, job_id: str | None = None) -> dict[str, Any]:
        """How far it is."""
        query = {"job_id": job_id} if job_id else {}
        answer = self.client.get(f"/sessions/{sid}/progress", params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def ended(self, sid: str, job_id: str | None = None, seconds: float = 60, pause: float = 0.02) -> dict[str, Any]:
        """The progress of a job when it has ended."""
        end = time.monotonic() + seconds
        while (found := self.progress(sid, job_id))["status"] in ("queued", "running"):
            assert time.monotonic() < end, found
            time.sleep(pause)
        return found

    def sung(self, sid: str, **body: Any) -> dict[str, Any]:
        """A song from pressing sing to its end."""
        answer = self.sing(sid, **body)
        assert answer["type"] == "chat_progress", answer
        found = self.ended(sid, answer["job_id"])
        assert found["status"] == "done", found
        return found

    def sound(self, url: str) -> sonic.Clip:
        """The sound at an address."""
        answer = self.client.get(url)
        assert answer.status_code == 200, answer.text
        return sonic.decode(answer.content)

    @property
    def bucket(self) -> Bucket:
        """Its storage."""
        return Bucket(self.settings.storage_url)


@contextmanager
def serving(folder: Path, bank: bytes | None = None, objects: Any = None, **changes: str) -> Iterator[Service]:
    """A service with one voicebank, `demo`."""
    settings = settings_for(folder, **changes)
    if bank is not None:
        Bucket(settings.voicebank_url).put(f"{settings.voicebank_prefix}/demo.tar.gz", bank)
    app = make_app(settings, objects)
    with served(app) as url, httpx2.Client(base_url=url, timeout=60, trust_env=False) as client:
        yield Service(client, settings, app)


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Waits until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
