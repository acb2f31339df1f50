"""The application: routes, workers, page."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any

import sonic
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from sonic_services import service

from . import VERSION
from .core import Core
from .routes import router
from .settings import Settings
from .storage import Objects
from .uploads import Refused

_log = logging.getLogger(__name__)

# The page loads nothing from elsewhere and runs no code but its own; the score's drawing sets styles in place.
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; font-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_SWEEP_S = 3600
# No money is taken here: everybody has enough.
_CREDITS = 1_000_000


def make_app(settings: Settings, objects: Objects | None = None, voices: Objects | None = None) -> FastAPI:
    """The application; `objects` and `voices` stand for the storage in tests."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        core: Core = app.state.core
        if not settings.log_json:
            for handler in logging.getLogger().handlers:
                handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        core.start()
        _log.info(
            "ready", extra={"workers": settings.workers, "queues": settings.queues, "storage": settings.storage_url}
        )
        sweeping = asyncio.create_task(_sweep(core))
        yield
        sweeping.cancel()
        await core.run(core.close)

    app = service(
        "sightsinger",
        settings.server,
        version=VERSION,
        lifespan=lifespan,
        methods=("GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"),
        headers=("Content-Type", "Authorization", "X-Firebase-AppCheck", "Range", "If-Range"),
        answer_headers=_PAGE_HEADERS,
    )
    ended = app.state.metrics.counter("jobs", "Jobs that ended here, by kind and how", ("kind", "status"))
    seconds = app.state.metrics.counter("job_seconds", "Seconds that jobs took here", ("kind",))

    def count(kind: str, status: str, took: float) -> None:
        ended.labels(kind, status).inc()
        seconds.labels(kind).inc(took)

    app.state.core = Core(settings, count, objects, voices)
    _health(app, settings)
    _switched_off(app)
    app.include_router(router)
    _errors(app)
    page = resources.files(__package__).joinpath("static")
    app.mount("/", StaticFiles(directory=str(page), html=True), name="page")
    return app


async def _sweep(core: Core) -> None:
    """Removes what has expired, now and then."""
    while True:
        await asyncio.sleep(_SWEEP_S)
        try:
            removed = await core.run(core.sessions.sweep)
        except sonic.SonicError as error:
            _log.warning("expired sessions cannot be removed", extra={"error": str(error)})
        else:
            _log.info("expired sessions were removed", extra={"sessions": removed})


def _health(app: FastAPI, settings: Settings) -> None:
    core: Core = app.state.core

    @app.get("/healthz")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "build": VERSION}

    @app.get("/readyz")
    async def readiness() -> JSONResponse:
        status = "ready" if core.ready else "starting"
        # The tools that the original runs beside it are the library here.
        body = {"status": status, "ready": core.ready, "build": VERSION, "mcp": None}
        return JSONResponse(body, 200 if core.ready else 503)

    @app.get("/config")
    async def config() -> dict[str, Any]:
        return {
            "auth_required": not settings.auth_disabled,
            "app_check_required": settings.require_app_check,
            "max_upload_mb": settings.max_upload_bytes // (1024 * 1024),
            "audio_format": settings.audio_format,
            "default_voicebank": settings.default_voicebank,
            "language_model": settings.interpreter is not None,
            "version": VERSION,
        }

    @app.get("/api/voicebanks")
    async def voicebanks() -> dict[str, Any]:
        entries = await core.run(core.voicebanks.entries)
        return {"voicebanks": [entry.shown() for entry in entries.values()]}


def _switched_off(app: FastAPI) -> None:
    """What the original has beside singing, as it is when it is switched off."""

    @app.get("/credits")
    async def credits() -> dict[str, Any]:
        amounts = {"balance": _CREDITS, "reserved": 0, "available": _CREDITS}
        return {**amounts, "expires_at": None, "overdrafted": False, "is_expired": False}

    @app.get("/maintenance/status")
    async def maintenance() -> dict[str, Any]:
        return {"enabled": False, "message": None}

    @app.post("/auth/turnstile/verify")
    async def turnstile() -> dict[str, bool]:
        return {"success": True}

    async def none() -> None:
        raise Refused("not_available", "This is not part of the service", 404)

    for path in ("/feedback", "/feedback/prompted", "/billing/{rest:path}", "/waitlist", "/waitlist/{rest:path}"):
        app.add_api_route(path, none, methods=["GET", "POST"], include_in_schema=False)


def _errors(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> JSONResponse:
        return JSONResponse({"detail": error.code, "message": str(error)}, error.status)

    @app.exception_handler(RequestValidationError)
    async def unreadable(_: Request, error: RequestValidationError) -> JSONResponse:
        # Without what was sent: it may be a secret, or not be text.
        problems = [
            {"type": e["type"], "loc": [str(part) for part in e["loc"]], "msg": e["msg"]} for e in error.errors()
        ]
        return JSONResponse({"detail": problems}, 422)
