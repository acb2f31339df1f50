"""The routes of sessions."""

import asyncio
import re
from typing import Annotated, Any

import sonic
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response, UploadFile
from fastapi.responses import JSONResponse, StreamingResponse

from . import jobs, scores, singing
from .bodies import LyricChange, MixRequest, SingRequest, SolfegeChange
from .core import Core
from .interpreter import Context
from .ranges import file_answer
from .storage import Document, read
from .streaming import Stream
from .uploads import Refused, Uploaded, parse, read_upload
from .written import change_lyric

_FILE = re.compile(r"jobs/[0-9a-f]{32}/(output\.(flac|opus|wav)|output\.source\.flac|mix\.wav)")
_SID = re.compile(r"[0-9a-f]{32}")
_MUSICXML = "application/vnd.recordare.musicxml+xml"

router = APIRouter()


async def _user(request: Request) -> str:
    core: Core = request.app.state.core
    return await core.auth(request)


def _core(request: Request) -> Core:
    core: Core = request.app.state.core
    return core


User = Annotated[str, Depends(_user)]
TheCore = Annotated[Core, Depends(_core)]


async def _session(core: Core, uid: str, sid: str) -> Document:
    return await core.run(core.sessions.get, uid, _checked(sid))


def _checked(sid: str) -> str:
    if not _SID.fullmatch(sid):
        raise Refused("session_not_found", "There is no such session", 404)
    return sid


@router.post("/sessions")
async def create_session(core: TheCore, uid: User) -> dict[str, str]:
    return {"session_id": await core.run(core.sessions.create, uid)}


@router.get("/sessions/{sid}")
async def show_session(core: TheCore, uid: User, sid: str) -> dict[str, Any]:
    return core.sessions.shown(await _session(core, uid, sid))


@router.delete("/sessions/{sid}", status_code=204)
async def delete_session(core: TheCore, uid: User, sid: str) -> None:
    await _session(core, uid, sid)
    await core.run(core.sessions.remove, uid, sid)


@router.post("/sessions/{sid}/upload")
async def upload(core: TheCore, uid: User, sid: str, file: UploadFile) -> Response:
    session = await _session(core, uid, sid)
    data = await file.read(core.settings.max_upload_bytes + 1)
    if len(data) > core.settings.max_upload_bytes:
        raise Refused("file_too_large", "The file is too large", 413)
    found: Uploaded = await _parsed(core, read_upload, file.filename or "", data, core.settings.max_mxl_bytes)
    changed = await core.run(core.sessions.put_score, session, found.xml, found.score.title, uploaded=True)
    return await _score_answer(core, changed, found.xml, found.score)


async def _parsed(core: Core, work: Any, *arguments: Any) -> Any:
    """Reads a score on threads of their own, and waits for it only so long."""
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(
            loop.run_in_executor(core.parsers, lambda: work(*arguments)), core.settings.parse_timeout_s
        )
    except asyncio.TimeoutError:
        raise Refused("score_parse_timeout", "Reading the score took too long", 422) from None


async def _score_answer(core: Core, session: Document, xml: bytes, score: sonic.Score | None = None) -> Response:
    def make() -> Response:
        data = session.data
        parsed = score or parse(xml)
        return JSONResponse(scores.answer(data["sessionId"], data["version"], xml, parsed, data["solfege"]))

    answer: Response = await _parsed(core, make)
    return answer


@router.get("/sessions/{sid}/score")
async def get_score(core: TheCore, uid: User, sid: str) -> Response:
    session = await _session(core, uid, sid)
    xml = await core.run(core.sessions.score, session)
    headers = {"Cache-Control": "no-store", "ETag": f'"{session.data["version"]}"'}
    return Response(xml, media_type=_MUSICXML, headers=headers)


@router.get("/sessions/{sid}/score.json")
async def get_score_json(core: TheCore, uid: User, sid: str) -> Response:
    session = await _session(core, uid, sid)
    return await _score_answer(core, session, await core.run(core.sessions.score, session))


@router.patch("/sessions/{sid}/score")
async def patch_score(core: TheCore, uid: User, sid: str, change: LyricChange) -> Response:
    session = await _session(core, uid, sid)
    if change.version is not None and change.version != session.data["version"]:
        raise Refused("score_changed", "The score was changed meanwhile", 409)
    xml = await core.run(core.sessions.score, session)

    def changed() -> tuple[bytes, sonic.Score]:
        new = change_lyric(
            xml, change.part_id, change.measure_index, change.note_index, change.verse, change.text or ""
        )
        return new, parse(new)

    new, score = await _parsed(core, changed)
    after = await core.run(core.sessions.put_score, session, new, score.title, uploaded=False)
    return await _score_answer(core, after, new, score)


@router.get("/sessions/{sid}/solfege-settings")
async def get_solfege(core: TheCore, uid: User, sid: str) -> dict[str, Any]:
    settings: dict[str, Any] = (await _session(core, uid, sid)).data["solfege"]
    return settings


@router.patch("/sessions/{sid}/solfege-settings")
async def patch_solfege(core: TheCore, uid: User, sid: str, change: SolfegeChange) -> dict[str, Any]:
    session = await _session(core, uid, sid)
    before = session.data["solfege"]
    if change.revision is not None and change.revision != before["revision"]:
        raise Refused("revision_conflict", "The settings were changed meanwhile", 409)
    after: dict[str, Any] = {
        "system": change.system or before["system"],
        "mode": change.mode or before["mode"],
        "revision": before["revision"] + 1,
    }
    await core.run(core.sessions.change, uid, sid, {"solfege": after})
    return after


@router.post("/sessions/{sid}/chat")
async def chat(core: TheCore, uid: User, sid: str, request: SingRequest) -> dict[str, Any]:
    session = await _session(core, uid, sid)
    understood: SingRequest | str = request
    if request.message or request.selection is None:
        understood = await core.interpreter.interpret(request.message, await _context(core, session, request))
    if isinstance(understood, str):
        return {"type": "chat_text", "message": understood}
    try:
        wanted = await _parsed(core, singing.wanted_song, core, session, understood)
    except singing.Unsuitable as error:
        return {"type": "chat_error", "message": str(error), "job_id": None}
    job = await core.run(singing.submit, core, session, wanted)
    return singing.chat_answer(core, job, "Singing")


async def _context(core: Core, session: Document, request: SingRequest) -> Context:
    def make() -> Context:
        has_score = session.data["scoreHash"] is not None
        summary = scores.summary(parse(core.sessions.score(session))) if has_score else None
        return Context(summary, [entry.shown() for entry in core.voicebanks.entries().values()], request)

    context: Context = await _parsed(core, make)
    return context


@router.post("/sessions/{sid}/export-mix")
async def export_mix(core: TheCore, uid: User, sid: str, request: MixRequest) -> dict[str, Any]:
    session = await _session(core, uid, sid)
    wanted = await core.run(singing.wanted_mix, core, session, request)
    job = await core.run(singing.submit, core, session, wanted)
    return singing.chat_answer(core, job, "Mixing")


async def _job(core: Core, uid: str, sid: str, job_id: str) -> Document:
    if not _SID.fullmatch(job_id):
        raise Refused("job_not_found", "There is no such job", 404)
    found = await core.run(read, core.objects, jobs.path(uid, sid, job_id))
    if found is None:
        raise Refused("job_not_found", "There is no such job", 404)
    return found


@router.get("/sessions/{sid}/progress")
async def get_progress(core: TheCore, uid: User, sid: str, job_id: str | None = None) -> dict[str, Any]:
    session = await _session(core, uid, sid)
    latest = job_id or session.data["latestJobId"]
    return singing.progress(core, await _job(core, uid, sid, latest) if latest else None)


@router.post("/sessions/{sid}/jobs/{job_id}/cancel")
async def cancel_job(core: TheCore, uid: User, sid: str, job_id: str) -> dict[str, Any]:
    await _session(core, uid, sid)
    job = await _job(core, uid, sid, job_id)
    return singing.progress(core, await core.run(jobs.cancel, core.objects, job.name))


async def _listener(request: Request, sid: str, file: str, resource: str, token: str | None) -> str:
    """Whose sound it is: by the playback token, else as of every other route."""
    core: Core = request.app.state.core
    if token is not None:
        return core.signer.check(token, sid=sid, file=file, resource=resource).uid
    return await core.auth(request)


@router.api_route("/sessions/{sid}/audio", methods=["GET", "HEAD"])
async def get_audio(
    core: TheCore,
    request: Request,
    sid: str,
    file: str,
    playback_token: str | None = None,
    download: bool = False,
    stream: bool = True,
) -> Response:
    if not _FILE.fullmatch(file):
        raise Refused("file_not_found", "There is no such file", 404)
    uid = await _listener(request, _checked(sid), file, "audio", playback_token)
    name = f"{jobs.session_folder(uid, sid)}/{file}"
    info = await core.run(core.objects.head, name)
    if info is None:
        raise Refused("file_not_found", "There is no such file", 404)
    kept = f"sightsinger-{file.split('/')[1][:8]}.{file.rpartition('.')[2]}" if download or not stream else None

    async def fetch(name: str, start: int, end: int | None) -> bytes:
        return (await core.run(core.objects.get, name, start=start, end=end))[1]

    return file_answer(request, info, fetch, download=kept)


@router.get("/sessions/{sid}/stream")
async def get_stream(
    core: TheCore,
    request: Request,
    sid: str,
    job_id: str,
    playback_token: str | None = None,
    begin: Annotated[float, Query(alias="from", ge=0, le=20_000)] = 0.0,
) -> Response:
    uid = await _listener(request, _checked(sid), singing.stream_file(job_id), "stream", playback_token)
    job = await _job(core, uid, sid, job_id)

    async def load() -> dict[str, Any] | None:
        found = await _patient(core, job.name)
        return None if found is None else found.data

    async def fetch(name: str, start: int, end: int | None) -> bytes:
        return (await core.run(core.objects.get, name, start=start, end=end))[1]

    sound = Stream(core.hub, load, fetch, jobs.folder(uid, sid, job_id))
    data = await sound.begun(job_id)
    if data is None or data.get("stream") is None:
        raise HTTPException(409, "no_sound")
    rate = data["stream"]["sampleRate"]
    headers = {
        "Cache-Control": "no-store",
        "X-Sample-Rate": str(rate),
        "X-Total-Seconds": str(round(data["details"].get("total_seconds", 0.0), 3)),
        # Proxies must not hold back what is ready.
        "X-Accel-Buffering": "no",
    }
    return StreamingResponse(sound.sound(job_id, data, round(begin * rate)), media_type="audio/wav", headers=headers)


async def _patient(core: Core, name: str) -> Document | None:
    """A document, waited for while the storage is away: a stream must not break for that."""
    for pause in (0.1, 0.2, 0.5, 1, 2, 4, 8, 15, 30):
        try:
            return await core.run(read, core.objects, name)
        except (sonic.IoError, sonic.BusyError):
            await asyncio.sleep(pause)
    return await core.run(read, core.objects, name)
