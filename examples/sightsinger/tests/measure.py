"""What it takes: python tests/measure.py, with PYTHONPATH as the tests have it."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2
import sonic

from support import TUNE, Service, long_song, make_bank, musicxml, serving, tarball


def main() -> None:
    """Prints a line for each figure."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        bank = tarball(make_bank(root / "bank"))
        print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
        start_to_ready(root / "start")
        with serving(root / "service", bank) as service:
            uploads(service)
            first_sound(service)


def start_to_ready(folder: Path) -> None:
    """From the start of the process to the first answer of /readyz."""
    times = []
    for port in (18731, 18732, 18733):
        env = {
            **os.environ,
            "PORT": str(port),
            "BACKEND_AUTH_DISABLED": "1",
            "BACKEND_DATA_DIR": str(folder),
            "LOG_LEVEL": "error",
        }
        start = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "sightsinger"], env=env)
        try:
            while True:
                try:
                    if httpx2.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                        break
                except httpx2.HTTPError:
                    time.sleep(0.005)
            times.append(time.perf_counter() - start)
        finally:
            process.terminate()
            process.wait()
    print(f"start to ready: {shown(times)}")


def uploads(service: Service) -> None:
    """A song of three minutes, to the whole answer."""
    sid, song, times = service.session(), long_song(), []
    for _ in range(10):
        start = time.perf_counter()
        answer = service.upload(sid, song)
        times.append(time.perf_counter() - start)
    notes = len(answer.json()["current_score"]["score"]["parts"][0]["notes"])
    seconds = answer.json()["score_summary"]["duration_seconds"]
    print(f"upload of {seconds:.0f} s, {notes} notes, {len(song)} bytes: {shown(times)}")


def first_sound(service: Service) -> None:
    """From pressing sing to the first sound of the stream, beside what rendering a phrase takes."""
    service_times, cold = [], 0.0
    for number in range(6):
        sid = service.session()
        service.upload(
            sid, musicxml([(p.replace("4", "5") if number % 2 else p, b, f"{s}") for p, b, s in TUNE], bpm=180 + number)
        )
        start = time.perf_counter()
        answer = service.sing(sid)
        size = 0
        with service.client.stream("GET", answer["stream_url"]) as stream:
            for block in stream.iter_raw():
                size += len(block)
                if size > 44:
                    break
        took = time.perf_counter() - start
        service.ended(sid)
        if number == 0:
            cold = took
        else:
            service_times.append(took)
    alone = []
    voicebanks = service.app.state.core.voicebanks
    with voicebanks.opened("demo") as voice:
        for number in range(5):
            score = sonic.Score(musicxml(bpm=150 + number))
            start = time.perf_counter()
            next(voice.render(score))
            alone.append(time.perf_counter() - start)
    print(f"press to first sound: {shown(service_times)}")
    print(f"press to first sound, the first of the process, with its voicebank: {cold * 1000:.0f} ms")
    print(f"the first phrase by the library alone: {shown(alone)}")


def shown(times: list[float]) -> str:
    """The median and the most."""
    return f"median {statistics.median(times) * 1000:.0f} ms, most {max(times) * 1000:.0f} ms"


if __name__ == "__main__":
    main()
