"""The routes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Annotated, Any

import numpy as np
import sonic
from fastapi import APIRouter, Depends, FastAPI, File, Form, HTTPException, Query, Response, UploadFile
from sonic_services import BearerTokens, service
from sonic_services.app import Lifespan

from .archive import Archive, Asked, Vector
from .bodies import EmbeddingResponse, SearchRequest, SimilarityRequest, SimilarityResponse
from .settings import Settings
from .sound import Prepared, format_of, prepare

Json = dict[str, Any]

_log = logging.getLogger("viim")
_SERVICE = "VIIM Voiceprint ML Service"
_LIMIT = Query(50, ge=1, le=1000)


def create_app(settings: Settings) -> FastAPI:
    """The application."""
    archive = Archive(settings)
    routes = _Routes(settings, archive)
    app = service("viim", settings.server, version="1.0.0", lifespan=_lifespan(settings, archive))
    app.include_router(routes.public())
    app.include_router(routes.voices())
    app.include_router(routes.reviews())
    metrics = app.state.metrics
    metrics.gauge("recordings", "Voice recordings kept").set_function(lambda: archive.store.voices.stats().recordings)
    routes.kept = metrics.counter("kept", "Recordings by what became of them", ("outcome",))
    return app


def _lifespan(settings: Settings, archive: Archive) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if settings.without_effect:
            _log.warning("variables without effect", extra={"variables": list(settings.without_effect)})
        # The words that the process log of the page looks for, with the model that really runs.
        text = f"Connected to ML model: {archive.model}"
        _log.info(text, extra={"dimensions": archive.embedder.dimensions, "pipeline": archive.embedder.pipeline})
        yield
        archive.close()

    return lifespan


class _Routes:
    def __init__(self, settings: Settings, archive: Archive) -> None:
        self.kept: Any = None
        self._archive = archive
        self._store_tests = settings.store_tests
        self._caller = Depends(BearerTokens([settings.api_token], open_without=True))
        self._reviewer = Depends(BearerTokens([settings.review_token]))

    def public(self) -> APIRouter:
        router = APIRouter()
        router.add_api_route("/", self.root, methods=["GET"], response_model=None)
        router.add_api_route("/health", self.health, methods=["GET"], response_model=None)
        return router

    def voices(self) -> APIRouter:
        router = APIRouter(dependencies=[self._caller])
        router.add_api_route("/extract-embedding", self.extract_embedding, methods=["POST"])
        router.add_api_route("/compute-similarity", self.compute_similarity, methods=["POST"])
        router.add_api_route("/recordings/search", self.search_recordings, methods=["POST"], response_model=None)
        return router

    def reviews(self) -> APIRouter:
        router = APIRouter(prefix="/reviews", dependencies=[self._reviewer])
        router.add_api_route("/user/{user_id}", self.by_user, methods=["GET"])
        router.add_api_route("/voiceprint/{voiceprint_id}", self.by_voiceprint, methods=["GET"])
        router.add_api_route("/similarity/{recording_id}", self.by_similarity, methods=["GET"])
        router.add_api_route("/recent", self.recent, methods=["GET"])
        router.add_api_route("/mode/{mode}", self.by_mode, methods=["GET"])
        return router

    async def root(self) -> Json:
        return {"status": "healthy", "service": _SERVICE, "model": self._archive.model}

    def health(self) -> Json | Response:
        """Healthy if the model embeds and the store can be read; `writing` is false where another instance writes."""
        try:
            recordings = self._archive.store.voices.stats().recordings
        except sonic.SonicError as error:
            _log.error("the store cannot be read", extra={"error": str(error)})
            return Response(
                '{"status":"unhealthy","error":"the store cannot be read"}', 503, media_type="application/json"
            )
        return {
            "status": "healthy",
            "model_loaded": True,
            "model_name": self._archive.model,
            "dimensions": self._archive.embedder.dimensions,
            "recordings": recordings,
            "writing": self._archive.is_writing,
        }

    async def extract_embedding(
        self,
        response: Response,
        audio: Annotated[UploadFile, File()],
        user_id: Annotated[str | None, Form()] = None,
        mode: Annotated[str | None, Form()] = None,
        voiceprint_id: Annotated[str | None, Form()] = None,
    ) -> EmbeddingResponse:
        """The embedding of a recording, which is kept; `X-Recording-ID` says as what."""
        data = await audio.read()
        asked = Asked(
            filename=audio.filename,
            file_size_bytes=len(data),
            audio_format=format_of(audio.filename),
            user_id=user_id,
            mode=mode or "test",
            voiceprint_id=voiceprint_id if mode and mode != "test" else None,
        )
        kept = self._store_tests or bool(user_id) or bool(mode and mode != "test")
        prepared, vector, recording_id = await asyncio.to_thread(self._extract, data, asked, kept)
        if recording_id:
            response.headers["X-Recording-ID"] = recording_id
        return EmbeddingResponse(embedding=vector.tolist(), dimensions=len(vector), audio_duration=prepared.duration_s)

    def _extract(self, data: bytes, asked: Asked, keep: bool) -> tuple[Prepared, Vector, str | None]:
        prepared = prepare(data)
        try:
            if keep:
                voice, vector = self._archive.keep(prepared, asked)
                self.kept.labels("kept").inc()
                return prepared, vector, voice.recording_id
            self.kept.labels("passed_over").inc()
        except sonic.InvalidArgumentError as error:
            raise HTTPException(400, f"Audio quality too low ({error})") from None
        except sonic.BusyError:
            # Another instance writes: whoever asked should ask again rather than lose the recording.
            raise
        except sonic.SonicError as error:
            # As in viim-ml a store that fails does not fail the request; here it is said, and counted.
            self.kept.labels("failed").inc()
            _log.error("a recording was not kept", extra={"kind": error.kind, "error": str(error)})
        return prepared, self._archive.embed(prepared), None

    async def compute_similarity(self, pair: SimilarityRequest, threshold: float = 0.7) -> SimilarityResponse:
        """How alike two embeddings are: their cosine, 0 to 1."""
        first, second = _vector(pair.embedding1), _vector(pair.embedding2)
        if len(first) != len(second):
            raise HTTPException(400, f"Embedding dimension mismatch: {len(first)} vs {len(second)}")
        scale = np.linalg.norm(first) * np.linalg.norm(second)
        cosine = float(np.float32(first @ second) / np.float32(scale)) if scale > 0 else 0.0
        similarity = min(1.0, max(0.0, cosine))
        return SimilarityResponse(similarity=similarity, match=similarity >= threshold, threshold=threshold)

    def search_recordings(
        self,
        query: SearchRequest,
        threshold: Annotated[float, Query(ge=0.0, le=1.0)] = 0.5,
        limit: Annotated[int, Query(ge=1, le=10)] = 3,
    ) -> Json:
        """The recordings that sound most alike."""
        vector = _vector(query.query_embedding)
        if len(vector) != self._archive.embedder.dimensions:
            text = f"Embedding dimension mismatch: {len(vector)} vs {self._archive.embedder.dimensions}"
            raise HTTPException(400, text)
        found = self._archive.similar(vector, threshold, limit, query.recording_id)
        matches = [{**_brief(match.voice), "similarity": match.similarity} for match in found]
        return {"count": len(matches), "matches": matches}

    def by_user(self, user_id: str, limit: int = _LIMIT) -> list[Json]:
        """The latest recordings of a user."""
        return [_row(voice) for voice in self._archive.store.voices.by_user(user_id, limit)]

    def by_voiceprint(self, voiceprint_id: str, limit: int = _LIMIT) -> list[Json]:
        """The latest recordings of a voiceprint."""
        return [_row(voice) for voice in self._archive.store.voices.by_voiceprint(voiceprint_id, limit)]

    def by_similarity(self, recording_id: str, threshold: float = 0.5, limit: int = _LIMIT) -> list[Json]:
        """The recordings that sound most like another."""
        vector = self._archive.store.voices.embedding(recording_id)
        if vector is None:
            raise HTTPException(404, "There is no such recording")
        found = self._archive.similar(vector, threshold, limit, recording_id)
        return [{**_row(match.voice), "similarity": match.similarity} for match in found]

    def recent(self, limit: int = _LIMIT) -> list[Json]:
        """The latest recordings."""
        return [_row(voice) for voice in self._archive.store.voices.recent(limit)]

    def by_mode(self, mode: str, limit: int = _LIMIT) -> list[Json]:
        """The latest recordings of a mode."""
        return [_row(voice) for voice in self._archive.store.voices.by_mode(mode, limit)]


def _vector(numbers: list[float]) -> Vector:
    vector = np.asarray(numbers, np.float32)
    if not np.isfinite(vector).all():
        raise HTTPException(400, "Embeddings must be finite numbers")
    return vector


def _time(milliseconds: int) -> str:
    """As viim-ml writes times: UTC, without saying so."""
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc).replace(tzinfo=None).isoformat()


def _brief(voice: sonic.Voice) -> Json:
    """What a search tells of a recording."""
    extra = voice.metadata or {}
    return {
        "recording_id": voice.recording_id,
        "user_id": voice.user_id,
        "created_at": _time(voice.created_at_ms),
        "mode": voice.mode,
        "filename": voice.filename,
        "duration_seconds": extra.get("duration_seconds", voice.duration_ms / 1000),
        "voiceprint_id": voice.voiceprint_id,
    }


def _row(voice: sonic.Voice) -> Json:
    """What a review tells of a recording."""
    extra = voice.metadata or {}
    return {
        **_brief(voice),
        "file_size_bytes": extra.get("file_size_bytes", voice.file_size_bytes),
        "sample_rate": extra.get("sample_rate", voice.sample_rate),
        "audio_format": extra.get("audio_format", voice.audio_format),
        "status": voice.status,
        "embedding_dimensions": voice.embedding_dimensions,
        "similarity_score": extra.get("similarity_score", voice.similarity_score),
        "matched_user_id": extra.get("matched_user_id", voice.matched_user_id),
        "metadata": {name: extra.get(name) for name in ("source", "model", "is_test")},
    }
