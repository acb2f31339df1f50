"""The routes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any, Literal
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field
from sonic_services import BearerTokens, service

from . import VERSION, gallery, jobs, people
from .callbacks import Callbacks
from .core import Core
from .database import Unreachable
from .models import (
    BoundingBox,
    ClusterEventRequest,
    ClusterEventResponse,
    DetectedFace,
    HealthResponse,
    JobStatus,
    Landmarks,
    ProcessMediaRequest,
    ProcessMediaResponse,
)
from .records import Closed, FaceRecord, thumbnail
from .settings import Settings

_log = logging.getLogger(__name__)

# The page loads nothing from elsewhere and runs no code but its own.
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Purge(BaseModel):
    """Whose face is forgotten, and where."""

    event_id: str = Field(min_length=1)
    user_id: str = Field(min_length=1)


def make_app(settings: Settings) -> FastAPI:
    """The application. It answers when the models are loaded and the tables are there."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        core = app.state.core = Core(settings)
        await asyncio.to_thread(core.start)
        sent = app.state.metrics.counter("callbacks", "Callbacks tried, by what became of them", ("outcome",))
        callbacks = app.state.callbacks = Callbacks(core, sent)
        await callbacks.start()
        _log.info("ready", extra={"pipeline": core.detector.pipeline, "workers": settings.parallel})
        yield
        await callbacks.stop()
        await asyncio.to_thread(core.close)

    app = service("memoria", settings.server, version=VERSION, lifespan=lifespan, answer_headers=_PAGE_HEADERS)
    _worker_routes(app, settings)
    _people_routes(app, settings)
    _errors(app)
    page = resources.files(__package__).joinpath("web")
    app.mount("/people", StaticFiles(directory=str(page), html=True), name="page")
    return app


def _worker_routes(app: FastAPI, settings: Settings) -> None:
    guard = [Depends(BearerTokens([settings.worker_token], open_without=True))]
    faces_found = app.state.metrics.counter("faces", "Faces found on photos")
    job_ends = app.state.metrics.counter("jobs", "Jobs that ended, by type and how", ("type", "status"))

    def failed(error: jobs.JobFailed, kind: str) -> HTTPException:
        job_ends.labels(kind, "failed").inc()
        if error.callback is not None:
            app.state.callbacks.tell(error.callback)
        app.state.callbacks.wake()
        return HTTPException(error.status, str(error))

    @app.get("/health")
    async def health_check() -> HealthResponse:
        core: Core = app.state.core
        gpu = await core.run(lambda: core.detector.gpu_available)
        answers = await core.run(core.database.answers)
        status = "healthy" if answers else "degraded"
        return HealthResponse(status=status, version=VERSION, model_loaded=core.detector.loaded, gpu_available=gpu)

    @app.post("/process", dependencies=guard, response_model=ProcessMediaResponse)
    async def process_media(request: ProcessMediaRequest) -> Response:
        try:
            photo, seconds = await jobs.process(app.state.core, request)
        except jobs.JobFailed as error:
            raise failed(error, "detect") from None
        app.state.callbacks.wake()
        job_ends.labels("detect", "completed").inc()
        faces_found.inc(len(photo.faces))
        answer = ProcessMediaResponse.model_construct(
            job_id=request.job_id,
            media_id=request.media_id,
            event_id=request.event_id,
            faces_detected=len(photo.faces),
            faces=[_face(face) for face in photo.faces],
            processing_time_seconds=seconds,
            status=JobStatus.COMPLETED,
        )
        # Made of what was checked: checking it once more would take longer than writing it.
        return Response(answer.model_dump_json(), media_type="application/json")

    @app.post("/cluster", dependencies=guard)
    async def cluster_event(request: ClusterEventRequest) -> ClusterEventResponse:
        try:
            result = await jobs.cluster(app.state.core, request)
        except jobs.JobFailed as error:
            raise failed(error, "cluster") from None
        app.state.callbacks.wake()
        job_ends.labels("cluster", "completed").inc()
        return ClusterEventResponse(job_id=request.job_id, status=JobStatus.COMPLETED, **result)


def _face(face: FaceRecord) -> DetectedFace:
    return DetectedFace.model_construct(
        bbox=BoundingBox.model_construct(None, **face.bbox),
        embedding=face.embedding.tolist(),
        quality_score=face.quality_score,
        landmarks=None if face.landmarks is None else Landmarks.model_construct(None, **face.landmarks),
    )


def _people_routes(app: FastAPI, settings: Settings) -> None:
    guard = [Depends(BearerTokens([settings.admin_token]))]

    @app.get("/events", dependencies=guard)
    async def list_events() -> list[dict[str, Any]]:
        core: Core = app.state.core
        return await core.run(gallery.events, core)

    @app.get("/face-persons", dependencies=guard)
    async def list_people(event_id: str, faces: int = Query(200, ge=1, le=1000)) -> dict[str, Any]:
        core: Core = app.state.core
        return await core.run(gallery.people, core, event_id, faces)

    @app.get("/face-thumbnail/{face_id}", dependencies=guard)
    async def face_thumbnail(face_id: UUID) -> Response:
        core: Core = app.state.core

        def read() -> bytes | None:
            with core.database.transaction() as connection:
                return thumbnail(connection, face_id)

        picture = await core.run(read)
        if picture is None:
            raise HTTPException(404, "There is no picture of this face")
        return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})

    # Before the route of decisions, which takes any word.
    @app.post("/face-person-actions/purge", dependencies=guard)
    async def purge_user(request: Purge) -> dict[str, int]:
        core: Core = app.state.core
        return await core.run(people.purge, core, request.event_id, request.user_id)

    @app.post("/face-person-actions/{action}", dependencies=guard)
    async def decide(action: Literal[people.ACTIONS], decision: people.Decision) -> dict[str, Any]:  # type: ignore[valid-type]
        core: Core = app.state.core
        return await core.run(people.decide, core, action, decision)

    @app.post("/events/{event_id}/archive", dependencies=guard)
    async def archive_event(event_id: str) -> dict[str, int]:
        core: Core = app.state.core
        return await core.run(people.archive, core, event_id)


def _errors(app: FastAPI) -> None:
    @app.exception_handler(people.Refused)
    async def refused(_: Any, error: people.Refused) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, error.status)

    @app.exception_handler(Closed)
    async def closed(_: Any, error: Closed) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 409)

    @app.exception_handler(Unreachable)
    async def unreachable(_: Any, error: Unreachable) -> JSONResponse:
        return JSONResponse({"detail": "The database cannot be reached: try again later"}, 503, {"Retry-After": "5"})
