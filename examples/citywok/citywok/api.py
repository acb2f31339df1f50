"""The routes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import sonic
from fastapi import APIRouter, Depends, FastAPI, File, Form, Header, HTTPException, Query, Request, Response, UploadFile
from fastapi.responses import FileResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from sonic_services import BearerTokens, RateLimiter, client_address, limiter, service
from sonic_services.app import Lifespan

from .catalogue import EPISODE_ID, Catalogue
from .firewall import SECURITY_HEADERS, Firewall
from .keys import ApiKeys
from .settings import MAX_FILE_MB, Settings
from .stages import HEADERS, Identifier, Source
from .urls import Hook, fetch, load_hook, platform_of

Json = dict[str, Any]

_log = logging.getLogger("citywok")
_PAGE = Path(__file__).parent / "page"
_HOUR_S = 3600
_VIDEO = (".mp4", ".mov", ".avi", ".mpeg", ".mpg", ".mkv", ".webm")
_AUDIO = (".mp3", ".wav", ".m4a", ".aac", ".flac", ".ogg", ".wma", ".opus")
_UNSUPPORTED_URL = "Unsupported URL. Please use TikTok, Instagram, or YouTube links."
_URLS_OFF = "This server does not download links. Please upload the file."


def create_app(settings: Settings, hook: Hook | None = None, counter: RateLimiter | None = None) -> FastAPI:
    """The application; `hook` and `counter` take the place of what the settings name."""
    catalogue = Catalogue(settings)
    routes = _Routes(settings, catalogue, hook or load_hook(settings), counter or limiter(settings.redis_url))
    app = service(
        "CityWok",
        settings.server,
        version=sonic.__version__,
        lifespan=_lifespan(settings, routes),
        headers=("X-API-Key", "Content-Type", "Accept", "Accept-Language"),
        answer_headers=SECURITY_HEADERS,
        middleware=[Firewall],
        too_large=(400, f"File too large (max {MAX_FILE_MB}MB)"),
    )
    app.include_router(routes.public())
    app.include_router(routes.api(), prefix="/api/v1")
    app.mount("/page", StaticFiles(directory=_PAGE), name="page")
    app.state.metrics.gauge("episodes", "Episodes in the store").set_function(lambda: catalogue.episodes)
    finds = app.state.metrics.counter("identified", "Clips by what they were answered", ("decision",))
    routes.identifier.count = lambda decision: finds.labels(decision).inc()
    return app


def _lifespan(settings: Settings, routes: "_Routes") -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if settings.without_effect:
            _log.warning("variables without effect", extra={"variables": list(settings.without_effect)})
        _log.info("ready", extra={"episodes": routes.catalogue.episodes, "follows": routes.catalogue.follows})
        yield
        await routes.counter.close()
        routes.catalogue.close()

    return lifespan


class _Routes:
    def __init__(self, settings: Settings, catalogue: Catalogue, hook: Hook | None, counter: RateLimiter) -> None:
        self.catalogue = catalogue
        self.counter = counter
        self._settings = settings
        self._hook = hook
        self._keys = ApiKeys(settings.keys)
        self.identifier = Identifier(catalogue, lmdb_answers=settings.lmdb_answers)

    def public(self) -> APIRouter:
        router = APIRouter()
        router.add_api_route("/", self.root, methods=["GET"], response_model=None)
        router.add_api_route("/health", self.health, methods=["GET"], response_model=None)
        return router

    def api(self) -> APIRouter:
        router = APIRouter()
        guard = [Depends(BearerTokens([self._settings.admin_token]))]
        router.add_api_route("/test", self.test, methods=["GET"])
        router.add_api_route("/stats", self.stats, methods=["GET"])
        router.add_api_route("/identify", self.identify, methods=["POST"], response_model=None)
        router.add_api_route("/explain", self.explain, methods=["POST"], response_model=None)
        router.add_api_route("/ingest", self.ingest, methods=["POST"], dependencies=guard)
        router.add_api_route("/admin/clear-audio", self.clear, methods=["POST"], dependencies=guard)
        router.add_api_route("/admin/force-save-databases", self.save, methods=["POST"], dependencies=guard)
        return router

    async def root(self, request: Request) -> Response | Json:
        """The page for browsers, CityWok's greeting for everybody else."""
        if "text/html" not in request.headers.get("accept", ""):
            return {"message": "Welcome to CityWok API"}
        # The page records from the microphone, which answers forbid otherwise.
        allowed = SECURITY_HEADERS["Permissions-Policy"].replace("microphone=()", "microphone=(self)")
        return FileResponse(_PAGE / "index.html", headers={"Permissions-Policy": allowed, "Vary": "Accept"})

    def health(self) -> Json:
        """Whether it answers, and how old what it knows is."""
        stats = self.catalogue.store.stats()
        return {
            "status": "healthy" if stats.follow_error is None else "degraded",
            "episodes": self.catalogue.episodes,
            "snapshot": stats.snapshot,
            "follow_error": stats.follow_error and "The bucket cannot be reached or read; the log says why",
            "version": sonic.__version__,
        }

    async def test(self) -> Json:
        features = {"audio": True, "url_download": self._hook is not None}
        return {"status": "ok", "message": "CityWok API is running (Audio-Only)", "features": features}

    def stats(self) -> Json:
        counts = self.catalogue.stats()
        seasons = counts.pop("seasons")
        if self._settings.lmdb_answers:
            return {"audio_db": {**counts, "databases": seasons, "storage_mode": "lmdb"}}
        loaded = {"seasons_loaded": seasons, "existing_databases": seasons, "lazy_load_mode": False}
        return {"audio_db": {**counts, **loaded, "parallel_workers": self._settings.parallel}}

    async def identify(
        self,
        request: Request,
        file: Annotated[UploadFile | None, File()] = None,
        url: Annotated[str | None, Form()] = None,
        stream: Annotated[str | None, Form()] = None,
        x_api_key: Annotated[str | None, Header()] = None,
    ) -> Response | Json:
        """Which episode a clip is of; with `stream` the stages come as events first."""
        await self._count(request, x_api_key, "ratelimit")
        if not file and not url:
            raise HTTPException(400, "Provide either a file or URL")
        if url and platform_of(url) is None:
            raise HTTPException(400, _UNSUPPORTED_URL)
        source = self._link(url) if url else self._upload(file)
        if (stream or "").lower() in ("true", "1", "yes"):
            return StreamingResponse(self.identifier.stream(source), media_type="text/event-stream", headers=HEADERS)
        return await self.identifier.answer(source)

    async def explain(
        self,
        request: Request,
        file: Annotated[UploadFile, File()],
        episode_id: Annotated[str, Form()],
        x_api_key: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Why a clip was taken for an episode, as an SVG picture; it counts apart from identifying."""
        await self._count(request, x_api_key, "explain")
        data = await self._upload(file).read()
        found = await asyncio.to_thread(self.catalogue.identify, data)
        match = next((match for match in found.matches if match.id == episode_id), None)
        if match is None:
            raise HTTPException(404, "This clip was not taken for that episode")
        if match.imported:
            raise HTTPException(404, "There is no picture of episodes that were imported without their sound")
        return Response(await asyncio.to_thread(self.catalogue.explain, data, match), media_type="image/svg+xml")

    async def ingest(
        self, episode_id: Annotated[str, Query(pattern=f"^{EPISODE_ID}$")], file: Annotated[UploadFile, File()]
    ) -> Json:
        """Adds an episode, which is found from then on."""
        await asyncio.to_thread(self.catalogue.ingest, episode_id, await file.read())
        return {"status": "success", "episode_id": episode_id, "audio": True}

    async def clear(self) -> Json:
        await asyncio.to_thread(self.catalogue.clear)
        return {"status": "success", "message": "Audio database cleared"}

    async def save(self) -> Json:
        """What was ingested was saved before that was answered: there is nothing to do."""
        return {"status": "success", "message": "All databases saved"}

    async def _count(self, request: Request, key: str | None, kind: str) -> None:
        """Lets a request pass that has a valid key or none, and is within its rate."""
        if key is not None and not await asyncio.to_thread(self._keys.use, key):
            raise HTTPException(403, "Invalid or inactive API key")
        address = client_address(request)
        rate = self._settings.rate if key is None else self._settings.rate_with_key
        who = address if key is None else f"auth:{address}"
        verdict = await self.counter.hit(f"{kind}:{who}", rate, _HOUR_S)
        if not verdict.allowed:
            whose = "You" if key is None else "Authenticated users"
            text = f"Rate limit exceeded. {whose} can make {rate} requests per hour. Please try again later."
            raise HTTPException(429, text, verdict.headers)

    def _upload(self, file: UploadFile | None) -> Source:
        assert file is not None

        async def read() -> bytes:
            if not (file.filename or "").lower().endswith(_VIDEO + _AUDIO):
                raise HTTPException(400, "Invalid file format")
            return await file.read()

        return Source("uploading", "Processing uploaded file...", read)

    def _link(self, url: str) -> Source:
        return Source("downloading", "Downloading video from URL...", self._download(url))

    def _download(self, url: str) -> Callable[[], Awaitable[bytes]]:
        async def read() -> bytes:
            if self._hook is None:
                raise HTTPException(400, _URLS_OFF)
            return await fetch(self._hook, url, self._settings.download_timeout_s)

        return read
