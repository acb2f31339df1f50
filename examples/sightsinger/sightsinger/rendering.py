"""What a worker does for a job: it sings, or mixes; pieces are stored as they are ready, and the whole in the end."""

import contextlib
import json
import logging
import tempfile
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import sonic
from sonic.sing import Singing

from .hub import Hub
from .jobs import Claim, Lost, is_synthesis
from .patience import patiently
from .settings import Settings
from .storage import Objects
from .streaming import Pieces
from .voicebanks import Voicebanks
from .written import solfege

_log = logging.getLogger(__name__)

T = TypeVar("T")
Samples = npt.NDArray[np.float32]

_PIECE_PAUSE_S = 0.2
_WARNINGS = 20
_MAX_SOUND = 1024 * 1024 * 1024


class TimedOut(sonic.LimitError):
    """A job took longer than it may."""


class Rendering:
    """A job that is being done, and the thread that says so until it is closed."""

    def __init__(
        self,
        settings: Settings,
        objects: Objects,
        voicebanks: Voicebanks,
        claim: Claim,
        hub: Hub,
        stopping: threading.Event,
    ) -> None:
        self.settings = settings
        self.objects = objects
        self.voicebanks = voicebanks
        self.claim = claim
        self._hub = hub
        self._stopping = stopping
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="sightsinger-heart", daemon=True)
        self._singing: Singing | None = None
        self._lost = self._timed_out = self._cancelled = False
        self._deadline = time.monotonic() + settings.job_timeout_s

    @property
    def request(self) -> dict[str, Any]:
        """What is wanted."""
        request: dict[str, Any] = self.claim.data["request"]
        return request

    def begin(self) -> None:
        """Begins to say that the job is being done."""
        self._heart.start()

    def close(self) -> None:
        """Ends saying so."""
        self._ended.set()
        self._heart.join()

    def cancel(self) -> None:
        """Ends the work soon, from any thread."""
        self._cancelled = True
        if self._singing is not None:
            self._singing.cancel()

    def watch(self, singing: Singing) -> None:
        """What is ended with the job."""
        self._singing = singing
        self.check()

    def check(self, *_: object) -> None:
        """Raises what ends the work, if anything does."""
        if self._lost:
            raise Lost(self.claim.data["jobId"])
        if self._timed_out:
            raise TimedOut(f"It took longer than {self.settings.job_timeout_s:g} seconds")
        if self._cancelled:
            raise sonic.ClosedError("The worker is stopped")

    def note(self, **changes: Any) -> None:
        """Writes how far it is; what cannot be written now is written the next time."""
        self.check()
        with contextlib.suppress(sonic.IoError, sonic.BusyError):
            self.claim.write(lambda data: {**data, **changes})
        self._hub.tell(self.claim.data["jobId"])

    def finish(self, **changes: Any) -> None:
        """Writes that it is done."""
        done = {"status": "completed", "step": "done", "message": "Done", "progress": 1.0, "owner": None}
        self.patiently(lambda: self.claim.write(lambda data: {**data, **done, **changes}))

    def patiently(self, call: Callable[[], T]) -> T:
        """Calls again while the storage cannot be reached."""
        return patiently(call, self._stopping)

    def keep(self, name: str, file: Path) -> None:
        """Stores a file, unless somebody else has stored it; there is never more than one of the name."""
        data = file.read_bytes()
        with contextlib.suppress(sonic.MismatchError):
            self.patiently(lambda: self.objects.put(name, data, if_absent=True))

    def _beat(self) -> None:
        while not self._ended.wait(self.settings.lease_s / 4):
            self._timed_out = self._timed_out or time.monotonic() > self._deadline
            try:
                self.claim.write(dict)
            except Lost:
                self._lost = True
            except Exception as error:
                _log.warning("a sign of life cannot be written", extra={"error": str(error)})
            if (self._lost or self._timed_out) and self._singing is not None:
                self._singing.cancel()
            if self._lost:
                return


def make(rendering: Rendering) -> None:
    """Does the job. Raises `Lost`, or what of the library says why it cannot be done."""
    try:
        if is_synthesis(rendering.claim.data):
            _sing(rendering)
        else:
            _mix(rendering)
    except sonic.ClosedError:
        # A song was called off: the reason is known here.
        rendering.check()
        raise


def _sing(rendering: Rendering) -> None:
    claim, objects, request = rendering.claim, rendering.objects, rendering.request
    output = f"{claim.folder}/output.{request['format']}"
    source = output if request["format"] != "opus" else f"{claim.folder}/output.source.flac"
    if objects.head(output) is not None:
        # Whoever began it before came that far.
        _finish(rendering, output, source, json.loads(objects.get(f"{claim.folder}/result.json")[1]))
        return
    rendering.note(step="voicebank", message="Loading the voice")
    _, xml = objects.get(claim.data["inputPath"])
    score = sonic.Score(solfege(xml, request["solfege"]) if request.get("solfege") else xml)
    with rendering.voicebanks.opened(request["voicebank"]) as bank, tempfile.TemporaryDirectory() as folder:
        options = {
            **request["options"],
            "cache": rendering.settings.voicebank_cache_dir / ".phrases",
            "cache_bytes": rendering.settings.phrase_cache_bytes,
        }
        result = _phrases(rendering, bank.render(score, **options), bank.sample_rate)
        rendering.note(step="saving", message="Saving", progress=0.98, details=result)
        for name in dict.fromkeys((source, output)):
            path = Path(folder) / name.rpartition("/")[2]
            # All of it comes from the cache of phrases.
            bank.save(score, path, progress=rendering.check, **options)
        rendering.check()
        body = json.dumps(result).encode()
        rendering.patiently(lambda: objects.put(f"{claim.folder}/result.json", body))
        for name in dict.fromkeys((source, output)):
            rendering.keep(name, Path(folder) / name.rpartition("/")[2])
    _finish(rendering, output, source, result)


def _phrases(rendering: Rendering, singing: Singing, rate: int) -> dict[str, Any]:
    rendering.watch(singing)
    claim = rendering.claim
    total = singing.progress.total_seconds
    pieces = Pieces(claim.folder, claim.data["attempt"], rate)
    warnings = [
        {"code": w.code, "measure": w.measure, "verse": w.verse, "message": w.message} for w in singing.warnings
    ][:_WARNINGS]
    details: dict[str, Any] = {"total_seconds": total, "warnings": warnings}
    rendering.note(step="rendering", message="Singing", stream=pieces.document(), details=details)
    last = float("-inf")

    def store(whole: bool) -> None:
        nonlocal last
        name, data = pieces.take(whole)
        if data:
            rendering.patiently(lambda: rendering.objects.put(name, data))
        progress = singing.progress
        details.update(
            phrases_done=progress.rendered + progress.from_cache,
            phrases_from_cache=progress.from_cache,
            done_seconds=round(progress.done_seconds, 3),
        )
        part = min(1.0, progress.done_seconds / max(total, 1e-9))
        rendering.note(stream=pieces.document(whole), details=dict(details), progress=round(0.95 * part, 4))
        last = time.monotonic()

    for start, samples in singing:
        pieces.add(start, samples)
        if time.monotonic() - last >= _PIECE_PAUSE_S:
            store(False)
    store(True)
    return {**details, "duration_seconds": round(pieces.end / rate, 3)}


def _finish(rendering: Rendering, output: str, source: str, result: dict[str, Any]) -> None:
    track = rendering.claim.data["audioTrack"]
    duration = result["duration_seconds"]
    told = [w["message"] for w in result.get("warnings", [])[:3]]
    rendering.finish(
        outputPath=output,
        losslessOutputPath=source,
        actualDurationSeconds=duration,
        warningMessage=" ".join(told) or None,
        details=result,
        audioTrack=None if track is None else {**track, "duration_seconds": duration},
    )


def _mix(rendering: Rendering) -> None:
    claim, objects = rendering.claim, rendering.objects
    output = f"{claim.folder}/mix.wav"
    if objects.head(output) is not None:
        _finish(rendering, output, output, json.loads(objects.get(f"{claim.folder}/result.json")[1]))
        return
    rendering.note(step="rendering", message="Mixing")
    tracks = rendering.request["tracks"]
    mixed, rate = np.zeros(0, np.float32), 0
    for number, track in enumerate(tracks):
        rendering.check()
        _, data = objects.get(track["path"], max_bytes=_MAX_SOUND)
        clip = sonic.decode(data)
        rate = rate or clip.sample_rate
        if clip.sample_rate != rate:
            raise sonic.UnsupportedError(f"Tracks of {rate} and {clip.sample_rate} Hz are not mixed")
        mixed = _added(mixed, clip.samples, track["volume"])
        rendering.note(progress=round(0.9 * (number + 1) / len(tracks), 4))
    # As much softer as it needs, rather than cut.
    mixed /= max(1.0, float(np.abs(mixed).max(initial=0.0)))
    result = {"duration_seconds": round(len(mixed) / max(rate, 1), 3), "tracks": len(tracks)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mix.wav"
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(rate)
            out.writeframes(np.rint(mixed * 32767).astype("<i2").tobytes())
        rendering.patiently(lambda: objects.put(f"{claim.folder}/result.json", json.dumps(result).encode()))
        rendering.keep(output, path)
    _finish(rendering, output, output, result)


def _added(mixed: Samples, samples: Samples, volume: float) -> Samples:
    if len(samples) > len(mixed):
        mixed = np.concatenate([mixed, np.zeros(len(samples) - len(mixed), np.float32)])
    mixed[: len(samples)] += samples * np.float32(volume)
    return mixed
