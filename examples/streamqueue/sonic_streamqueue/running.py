"""The program, started for a test."""

import json
import os
import subprocess
import threading
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parents[3]


def program() -> Path:
    """The program as `make build` leaves it."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "debug" / ("streamqueue.exe" if os.name == "nt" else "streamqueue")


class Running:
    """`streamqueue serve` with a folder and these variables, until the block ends."""

    def __init__(self, data: Path, variables: Mapping[str, str], port: int = 0) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "ORT_DYLIB_PATH") if name in os.environ}
        self._variables = {**kept, "DATA_DIR": str(data), "API_HOST": "127.0.0.1", **variables}
        self.port = port
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [program(), "serve"],
            env={**self._variables, "PORT": str(self.port)},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        said = []
        for line in self._process.stderr:
            said.append(line)
            message = json.loads(line) if line.startswith("{") else {}
            if message.get("message") == "listening":
                self.port = int(message["address"].rsplit(":", 1)[1])
            if message.get("message") == "ready":
                break
        else:
            raise AssertionError("".join(said))
        self._draining = threading.Thread(target=_drain, args=(self._process.stderr,), daemon=True)
        self._draining.start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """Ends it at once, as a power cut does."""
        self._process.kill()
        self._ended()

    def _ended(self) -> None:
        self._process.wait()
        self._draining.join(5)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def again(self) -> None:
        """Starts it at the same port."""
        self._start()

    def captions(self, meeting: str) -> list[dict[str, Any]]:
        """The last revision of each caption of a meeting."""
        found: dict[str, dict[str, Any]] = {}
        after = ""
        while True:
            with urllib.request.urlopen(f"{self.url}/api/v1/meetings/{meeting}/segments?after={after}") as answer:
                page = json.load(answer)["segments"]
            if not page:
                return list(found.values())
            after = page[-1]["place"]
            found.update((segment["id"], segment) for segment in page)

    def metric(self, line: str) -> float:
        """A number of /metrics; 0 if it is not there."""
        with urllib.request.urlopen(f"{self.url}/metrics") as answer:
            text = answer.read().decode()
        found = [part.rsplit(" ", 1)[1] for part in text.splitlines() if part.startswith(line + " ")]
        return float(found[0]) if found else 0.0

    def __enter__(self) -> "Running":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        finally:
            self.kill()


def _drain(lines: TextIO) -> None:
    for _ in lines:
        pass
