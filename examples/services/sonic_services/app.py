"""The application around the routes of a service: health, metrics, logs, errors, limits, and how it is run."""

import logging
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, NoReturn

import sonic
import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .auth import BearerTokens
from .limits import BodyLimit
from .logs import configure_logs, request_id
from .metrics import CONTENT_TYPE, Metrics
from .settings import ServerSettings, SettingsError

_log = logging.getLogger("sonic_services")

# What an error of the library is in HTTP; of the others the caller learns no more than that it was one.
_STATUS = {
    "invalid_argument": 400,
    "malformed": 400,
    "not_found": 404,
    "mismatch": 409,
    "limit": 413,
    "unsupported": 415,
}
_UNAVAILABLE = {"busy", "closed", "io", "model"}

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def service(
    name: str,
    settings: ServerSettings,
    *,
    version: str,
    lifespan: Lifespan | None = None,
    methods: Iterable[str] = ("GET", "POST", "OPTIONS"),
    headers: Iterable[str] = ("Content-Type", "Authorization"),
    answer_headers: Mapping[str, str] | None = None,
    credentials: bool = False,
    middleware: Iterable[Callable[[ASGIApp], ASGIApp]] = (),
    too_large: tuple[int, str] | None = None,
) -> FastAPI:
    """An application with `/metrics`, error answers, logs, limits and CORS; routes are the caller's, `/health` too.

    `methods` and `headers` are what pages of other origins may use, `answer_headers` go with every answer. With
    `credentials` pages may send cookies. `middleware` stands around the routes and is logged, counted and bounded.
    `too_large` is the status and text for too large a body in the place of 413. The counts are at `app.state.metrics`,
    `settings` at `app.state.server`.
    """
    app = FastAPI(title=name, version=version, lifespan=lifespan, docs_url=None, redoc_url=None)
    metrics = Metrics(re.sub(r"[^a-z0-9]+", "_", name.lower()))
    app.state.metrics = metrics
    app.state.server = settings
    # The last added is the outermost.
    app.add_middleware(_Failures)
    for inner in middleware:
        app.add_middleware(inner)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, too_large=too_large)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.allowed_origins),
        allow_methods=list(methods),
        allow_headers=list(headers),
        allow_credentials=credentials,
        expose_headers=["X-Request-ID", "Retry-After"],
        max_age=3600,
    )
    app.add_middleware(_Requests, metrics=metrics, answer_headers=dict(answer_headers or {}))
    app.add_exception_handler(sonic.SonicError, _sonic_error)
    guard = BearerTokens([settings.metrics_token], open_without=True)

    @app.get("/metrics", include_in_schema=False, dependencies=[Depends(guard)])
    def exposition() -> Response:
        return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    return app


def client_address(request: Request) -> str:
    """The address of the caller: that of the connection, or what TRUSTED_PROXIES proxies wrote into X-Forwarded-For."""
    settings: ServerSettings = request.app.state.server
    hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    if settings.trusted_proxies and len(hops) >= settings.trusted_proxies:
        return hops[-settings.trusted_proxies]
    return request.client.host if request.client else "unknown"


def run(name: str, app: FastAPI, settings: ServerSettings) -> None:
    """Serves the application until SIGTERM or SIGINT."""
    configure_logs(name, settings.log_level)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        # `client_address` reads the header, and only as far as it is to be believed.
        proxy_headers=False,
        timeout_graceful_shutdown=settings.grace_s,
    )


def refuse_to_start(error: SettingsError) -> NoReturn:
    """Says which variables were not understood, and ends with status 2."""
    sys.stderr.write(f"{error}\n")
    raise SystemExit(2)


async def _sonic_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, sonic.SonicError)
    if error.kind in _STATUS:
        return JSONResponse({"detail": str(error)}, _STATUS[error.kind])
    _log.error("a call failed", extra={"kind": error.kind, "error": str(error)})
    if error.kind not in _UNAVAILABLE:
        return _internal_error()
    retry = getattr(error, "retry_after", None)
    headers = {"Retry-After": str(max(1, round(retry or 5)))}
    text = "Another instance is writing; try again later" if error.kind == "busy" else "Temporarily unavailable"
    return JSONResponse({"detail": text}, 503, headers)


def _internal_error() -> JSONResponse:
    # What went wrong is in the log under this id, not in the answer.
    return JSONResponse({"detail": "Internal server error", "request_id": request_id.get()}, 500)


class _Failures:
    """Turns what nobody caught into a 500; within CORS, so that pages can read it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, note)
        except Exception:
            if scope["type"] != "http":
                raise
            _log.exception("a request failed")
            if started:
                raise
            await _internal_error()(scope, receive, send)


class _Requests:
    """Gives each request an id, and counts and logs it."""

    def __init__(self, app: ASGIApp, metrics: Metrics, answer_headers: dict[str, str]) -> None:
        self._app = app
        self._metrics = metrics
        self._headers = answer_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token = request_id.set(_given_id(scope) or uuid.uuid4().hex)
        start, status = time.perf_counter(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id.get()
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            with self._metrics.active.track_inprogress():
                await self._app(scope, receive, answer)
        finally:
            self._note(scope, status, time.perf_counter() - start)
            request_id.reset(token)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        # The pattern and not the path: a name for each path that somebody tries would fill the memory.
        route: Any = scope.get("route")
        pattern = getattr(route, "path", "unmatched")
        self._metrics.requests.labels(scope["method"], pattern, str(status)).inc()
        self._metrics.seconds.labels(scope["method"], pattern).observe(seconds)
        level = logging.DEBUG if pattern in ("/health", "/metrics") else logging.INFO
        _log.log(
            level,
            "request",
            extra={
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "milliseconds": round(seconds * 1000, 1),
                "client": scope["client"][0] if scope.get("client") else None,
            },
        )


def _given_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and re.fullmatch(rb"[A-Za-z0-9._-]{1,64}", value):
            return str(value.decode())
    return None
