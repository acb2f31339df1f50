"""What the tests of the page stand on: a browser's page, small scores, and a network that can be cut."""

import base64
import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from needs import program

EXAMPLE = Path(__file__).parents[1]
STATIC = EXAMPLE / "sightsinger/static"
SONG = EXAMPLE.parent / "demo/song.musicxml"


def build_page() -> None:
    """What is built and not committed, if it is not there."""
    if not (STATIC / "vendor/LICENSES.txt").exists():
        npm = program("npm")
        for command in (["ci"], ["run", "--silent", "build"]):
            subprocess.run([npm, *command], cwd=EXAMPLE, check=True, capture_output=True, timeout=300)


Line = str
"""Notes of a measure of 4/4: "C4 4 la" is a quarter note with a syllable; R is a rest; "-" goes on in the word."""


def score(*parts: list[Line], title: str = "A test", tempo: int = 240, names: tuple[str, ...] = ()) -> bytes:
    """A small score."""
    listed, music = [], []
    for number, lines in enumerate(parts, 1):
        name = names[number - 1] if names else f"Voice {number}"
        listed.append(f'<score-part id="P{number}"><part-name>{name}</part-name></score-part>')
        measures = []
        for index, line in enumerate(lines, 1):
            head = (
                "<attributes><divisions>4</divisions><time><beats>4</beats><beat-type>4</beat-type></time>"
                f'<clef><sign>G</sign><line>2</line></clef></attributes><sound tempo="{tempo}"/>'
            )
            notes = "".join(_note(text) for text in line.split(", "))
            measures.append(f'<measure number="{index}">{head if index == 1 else ""}{notes}</measure>')
        music.append(f'<part id="P{number}">{"".join(measures)}</part>')
    return (
        f'<?xml version="1.0"?><score-partwise version="4.0"><work><work-title>{title}</work-title></work>'
        f"<part-list>{''.join(listed)}</part-list>{''.join(music)}</score-partwise>"
    ).encode()


def _note(text: str) -> str:
    pitch, length, *words = text.split()
    duration = f"<duration>{length}</duration>"
    if pitch == "R":
        return f"<note><rest/>{duration}</note>"
    word = f"<lyric><syllabic>single</syllabic><text>{words[0]}</text></lyric>" if words else ""
    return f"<note><pitch><step>{pitch[0]}</step><octave>{pitch[1]}</octave></pitch>{duration}{word}</note>"


def upload(page: Any, data: bytes, name: str = "test.musicxml") -> None:
    """Opens a file as people do who choose one."""
    page.set_input_files("#file", {"name": name, "mimeType": "application/xml", "buffer": data})


def until(page: Any, expression: str, seconds: float = 20) -> Any:
    """The value of an expression when it is true; the page's security policy forbids Playwright's own way."""
    end = time.monotonic() + seconds
    while True:
        value = page.evaluate(expression)
        if value:
            return value
        assert time.monotonic() < end, f"never: {expression}; the page says {page.inner_text('body')[:800]!r}"
        page.wait_for_timeout(30)


def player(page: Any, expression: str) -> Any:
    """An expression about `p`, the player of the page."""
    module = "demo" if "/demo/" in page.url else "app"
    return page.evaluate(f"import('/js/{module}.js').then(async ({{ player: p }}) => ({expression}))")


def until_player(page: Any, expression: str, seconds: float = 20) -> Any:
    """As `until`, of the player."""
    end = time.monotonic() + seconds
    while not (value := player(page, expression)):
        texts = "...['alert', 'phrases'].map((id) => document.getElementById(id)?.textContent)"
        state = f"[p.state, p.position, p.duration, {texts}]"
        assert time.monotonic() < end, f"never: {expression}; {player(page, state)}"
        page.wait_for_timeout(30)
    return value


LEVEL = """(() => {
  const wave = new Float32Array(2048);
  p.analyser.getFloatTimeDomainData(wave);
  return Math.max(...wave.map(Math.abs));
})()"""
"""The level of what is just played."""


def samples(page: Any, track: int = 0) -> npt.NDArray[np.float32]:
    """The samples of a track."""
    data = player(
        page,
        f"""new Promise((done) => {{
          const [reader, track] = [new FileReader(), p.tracks[{track}]];
          reader.onload = () => done(reader.result.split(",")[1]);
          reader.readAsDataURL(new Blob([track.samples.slice(0, track.length)]));
        }})""",
    )
    return np.frombuffer(base64.b64decode(data), np.float32)


class Proxy:
    """Stands between browser and service; cuts a stream after `cut_after` bytes, and then is away for `away_s`."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cut_after: int | None = None
        self.away_s = 0.0
        self.cuts = 0
        self._away_until = 0.0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Ends it, and all connections."""
        self._listener.close()
        self._drop()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if time.monotonic() < self._away_until:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._to))
                self._open += [near, far]
                streams = threading.Event()
                threading.Thread(target=self._requests, args=(near, far, streams), daemon=True).start()
                threading.Thread(target=self._answers, args=(far, near, streams), daemon=True).start()

    def _requests(self, near: socket.socket, far: socket.socket, streams: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := near.recv(65536):
                streams.set() if b"/stream?" in data.split(b"\r\n", 1)[0] else streams.clear()
                far.sendall(data)
        far.close()

    def _answers(self, far: socket.socket, near: socket.socket, streams: threading.Event) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := far.recv(16384):
                near.sendall(data)
                passed += len(data) if streams.is_set() else 0
                if self.cut_after is not None and passed > self.cut_after:
                    self.cut_after = None
                    self.cuts += 1
                    self._away_until = time.monotonic() + self.away_s
                    self._drop()
        near.close()

    def _drop(self) -> None:
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()


@contextlib.contextmanager
def cuttable(url: str) -> Iterator[Proxy]:
    """A way to a service that can be cut."""
    proxy = Proxy(int(url.rpartition(":")[2]))
    try:
        yield proxy
    finally:
        proxy.close()
