"""What the routes do with jobs: what is wanted becomes one, and what is told of one."""

from typing import Any
from urllib.parse import quote

import sonic

from . import jobs
from .bodies import MixRequest, SingRequest
from .core import Core
from .jobs import Wanted
from .playback import Playback
from .storage import Document, read
from .uploads import Refused, parse
from .voicebanks import VoicebankError

_STATUS = {"queued": "queued", "running": "running", "completed": "done", "failed": "error", "cancelled": "error"}


class Unsuitable(Exception):
    """A request that cannot be sung, in words for who sent it."""


def wanted_song(core: Core, session: Document, request: SingRequest) -> Wanted:
    """The job of a request. Raises `Unsuitable`, or `sonic.IoError`."""
    data = session.data
    if data["scoreHash"] is None:
        raise Unsuitable("Upload a score first.")
    entry = core.voicebanks.entry(request.selected_voicebank_id)
    if entry is None:
        raise Unsuitable("There is no such voice." if request.selected_voicebank_id else "There is no voice yet.")
    try:
        bank_tag = core.voicebanks.tag(entry)
    except VoicebankError as error:
        raise Unsuitable(str(error)) from None
    try:
        score = parse(core.sessions.score(session))
    except Refused as error:
        raise Unsuitable(str(error)) from None
    part, options = _options(score, request)
    solfege = data["solfege"]["system"] if data["solfege"]["mode"] == "on" else None
    audio_format = core.settings.audio_format
    sent = {"voicebank": entry.id, "options": options, "solfege": solfege, "format": audio_format}
    uid, sid = data["userId"], data["sessionId"]
    wanted = Wanted(
        uid=uid,
        sid=sid,
        kind="synthesis",
        queue=entry.queue or core.settings.job_queue,
        input_path=f"{jobs.session_folder(uid, sid)}/musicxml/{data['scoreHash']}.xml",
        key={**sent, "score": data["scoreHash"], "bank": bank_tag},
        request=sent,
    )
    verse = options["verse"]
    name = entry.data.get("name") or entry.id
    label = " · ".join(filter(None, [part.part_name or part.part_id, f"verse {verse}" if verse else "", name]))
    track = {
        "key": wanted.job_id,
        "label": label,
        "part_id": part.part_id,
        "verse_number": verse,
        "job_id": wanted.job_id,
    }
    return Wanted(**{**{f: getattr(wanted, f) for f in Wanted.__slots__}, "audio_track": track})


def _options(score: sonic.Score, request: SingRequest) -> tuple[Any, dict[str, Any]]:
    selection = request.selection
    parts = score.parts
    index = 0
    if selection is not None and selection.part_id is not None:
        index = next((i for i, part in enumerate(parts) if part.part_id == selection.part_id), -1)
    elif selection is not None and selection.part_index is not None:
        index = selection.part_index
    if not 0 <= index < len(parts):
        raise Unsuitable("The score has no such part.")
    part = parts[index]
    voice = selection.voice if selection else None
    verse = None if selection is None or selection.verse_number is None else str(selection.verse_number)
    if not part.sung:
        raise Unsuitable("The part has no notes that can be sung.")
    if voice is not None and voice not in {v.voice for v in part.voices}:
        raise Unsuitable("The part has no such voice.")
    if verse is not None and verse not in {v.verse for one in part.voices for v in one.verses}:
        raise Unsuitable("The part has no such verse.")
    options = {
        "part": index,
        "voice": voice,
        "verse": verse,
        "language": request.selected_language or "",
        **request.controls.options(),
    }
    return part, options


def wanted_mix(core: Core, session: Document, request: MixRequest) -> Wanted:
    """The job of a mix. Raises a `Refused`."""
    uid, sid = session.data["userId"], session.data["sessionId"]
    solo = any(track.solo for track in request.tracks)
    audible = [t for t in request.tracks if (t.solo if solo else not t.muted)]
    if not audible:
        raise Refused("no_audible_tracks", "All tracks are muted")
    tracks = []
    for track in audible:
        found = read(core.objects, jobs.path(uid, sid, track.job_id))
        if found is None:
            raise Refused("job_not_found", f"There is no job {track.job_id}", 404)
        if found.data["status"] != "completed" or not found.data["losslessOutputPath"]:
            raise Refused("job_not_done", f"The job {track.job_id} is not done", 409)
        tracks.append({"path": found.data["losslessOutputPath"], "volume": track.volume})
    return Wanted(
        uid=uid,
        sid=sid,
        kind="mix",
        queue=core.settings.job_queue,
        input_path="",
        key={"tracks": tracks},
        request={"tracks": tracks},
    )


def submit(core: Core, session: Document, wanted: Wanted) -> Document:
    """The job; what else the session was waiting for is cancelled."""
    before = session.data["latestJobId"]
    job = jobs.submit(core.objects, wanted)
    if before is not None and before != wanted.job_id:
        jobs.cancel(core.objects, jobs.path(wanted.uid, wanted.sid, before))
    if before != wanted.job_id:
        core.sessions.change(wanted.uid, wanted.sid, {"latestJobId": wanted.job_id})
    core.hub.work.set()
    return job


def audio_url(core: Core, data: dict[str, Any], path: str | None) -> str | None:
    """A signed address of a file of a job."""
    if path is None:
        return None
    uid, sid = data["userId"], data["sessionId"]
    file = path.removeprefix(f"{jobs.session_folder(uid, sid)}/")
    token = core.signer.sign(Playback(uid, sid, file, "audio"))
    return f"/sessions/{sid}/audio?file={quote(file)}&playback_token={token}"


def stream_url(core: Core, data: dict[str, Any]) -> str | None:
    """A signed address of the sound of a job while it is sung."""
    if not jobs.is_synthesis(data) or data["status"] in ("failed", "cancelled"):
        return None
    uid, sid, job_id = data["userId"], data["sessionId"], data["jobId"]
    token = core.signer.sign(Playback(uid, sid, stream_file(job_id), "stream"))
    return f"/sessions/{sid}/stream?job_id={job_id}&playback_token={token}"


def stream_file(job_id: str) -> str:
    """What a token names for a stream."""
    return f"jobs/{job_id}/stream"


def chat_answer(core: Core, job: Document, message: str) -> dict[str, Any]:
    """What pressing sing gives."""
    data = job.data
    sid, job_id = data["sessionId"], data["jobId"]
    return {
        "type": "chat_progress",
        "message": message,
        "job_id": job_id,
        "progress_url": f"/sessions/{sid}/progress?job_id={job_id}",
        "stream_url": stream_url(core, data),
        "audio_url": audio_url(core, data, data["outputPath"]),
    }


def progress(core: Core, job: Document | None) -> dict[str, Any]:
    """How far a job is."""
    data = job.data if job is not None else {}
    status = _STATUS.get(data.get("status", ""), "idle")
    cancelled = data.get("status") == "cancelled"
    track = data.get("audioTrack")
    if track is not None and status == "done":
        track = {**track, "lossless_url": audio_url(core, data, data["losslessOutputPath"])}
    details = {**data.get("details", {}), "attempt": data.get("attempt"), "queue": data.get("queue")} if data else {}
    return {
        "status": status,
        "step": data.get("step"),
        "message": data.get("message"),
        "progress": data.get("progress", 0.0),
        "audio_url": audio_url(core, data, data["outputPath"]) if status == "done" else None,
        "stream_url": stream_url(core, data) if data else None,
        "error": "cancelled" if cancelled else data.get("errorMessage"),
        "warning": data.get("warningMessage"),
        "job_id": data.get("jobId"),
        "job_kind": data.get("jobKind"),
        "review_required": False,
        "action_required": None,
        "details": details,
        "audio_track": track if status == "done" else None,
        "actual_duration_seconds": data.get("actualDurationSeconds"),
        "consumed_credits": data.get("consumedCredits", 0),
        "required_credits": 0,
        "billing": None,
        "updated_at": data.get("updatedAt"),
    }
