"""The recordings: a store of voices, on this disk alone or kept in a bucket."""

import threading
import uuid
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sonic

from .settings import Settings
from .sound import Prepared

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Asked:
    """What came with a recording."""

    filename: str | None
    """Name of the file."""
    file_size_bytes: int
    """Bytes of the file."""
    audio_format: str
    """Short name of its format."""
    user_id: str | None
    """Whose it is."""
    mode: str
    """`test`, `enroll`, `identify`, or any other word."""
    voiceprint_id: str | None
    """The voiceprint that it belongs to; none of a test."""


@dataclass(frozen=True, slots=True)
class Similar:
    """A recording that sounds alike."""

    voice: sonic.Voice
    """Its row."""
    similarity: float
    """Cosine of the two embeddings, at most 1."""


class Archive:
    """Keeps every recording with its embedding, and finds them."""

    def __init__(self, settings: Settings) -> None:
        self._writer: sonic.snapshots.Writer | None = None
        if settings.bucket is None:
            self.store = sonic.Store(settings.store)
        else:
            self._writer = sonic.snapshots.Writer(
                settings.store,
                settings.bucket,
                durable=settings.durable,
                term=settings.lease_s,
                endpoint=settings.endpoint,
            )
            self.store = self._writer.store
        self.embedder = sonic.VoiceEmbedder(settings.model, threads=settings.threads)
        # What was loaded, whatever the setting calls it.
        self.model = sonic.models.resolve(settings.model).id
        _check_pipeline(self.store, self.embedder)
        self._index = _Index(self.store)

    @property
    def is_writing(self) -> bool:
        """False if another instance writes to the bucket and this one follows."""
        return self._writer is None or self._writer.is_writing

    def close(self) -> None:
        """Ends it; the next instance need not wait."""
        if self._writer is not None:
            self._writer.close()
        else:
            self.store.close()

    def embed(self, prepared: Prepared) -> Vector:
        """The embedding of a recording."""
        return self.embedder.embed_speech(prepared.clip)

    def keep(self, prepared: Prepared, asked: Asked) -> tuple[sonic.Voice, Vector]:
        """Keeps a recording and gives its row and embedding. One to identify is compared with the others first."""
        metadata = self._metadata(prepared, asked)
        if asked.mode == "identify":
            metadata.update(self._recognised(self.embed(prepared)))
        kept = self.store.voices.record(
            prepared.clip,
            recording_id=str(uuid.uuid4()),
            user_id=asked.user_id,
            mode=asked.mode,
            status="processed",
            metadata=metadata,
            embedder=self.embedder,
        )
        vector = self.store.voices.embedding(kept.voice.recording_id)
        assert vector is not None
        return kept.voice, vector

    def similar(self, vector: Vector, threshold: float, limit: int, exclude: str | None = None) -> list[Similar]:
        """The recordings that sound most alike, of a cosine of at least `threshold`."""
        return self._index.similar(vector, threshold, limit, exclude)

    def of_voiceprint(self, voiceprint_id: str, limit: int) -> list[sonic.Voice]:
        """The latest recordings of a voiceprint, the latest first."""
        return self._index.of_voiceprint(voiceprint_id, limit)

    def _metadata(self, prepared: Prepared, asked: Asked) -> dict[str, Any]:
        return {
            "source": "ml_service",
            "model": self.model,
            "is_test": asked.mode == "test",
            "filename": asked.filename,
            "file_size_bytes": asked.file_size_bytes,
            "audio_format": asked.audio_format,
            "sample_rate": prepared.source_rate,
            "duration_seconds": prepared.duration_s,
            "voiceprint_id": asked.voiceprint_id,
        }

    def _recognised(self, vector: Vector) -> dict[str, Any]:
        """The likeliest of those who were enrolled."""
        for found in self._index.similar(vector, -1.0, 50, None):
            if found.voice.mode == "enroll":
                return {"similarity_score": found.similarity, "matched_user_id": found.voice.user_id}
        return {}


def voiceprint_of(voice: sonic.Voice) -> str | None:
    """The voiceprint that a recording came with."""
    return voice.voiceprint_id or (voice.metadata or {}).get("voiceprint_id")


def _check_pipeline(store: sonic.Store, embedder: sonic.VoiceEmbedder) -> None:
    """Embeddings of two models cannot be compared: better not to start than to keep nothing."""
    pipeline = store.voices.stats().pipeline
    if pipeline not in (None, embedder.pipeline):
        text = f"the store has embeddings of {pipeline}, MODEL gives {embedder.pipeline}: set another STORE_DIR"
        raise sonic.MismatchError(text)


class _Index:
    """Embeddings in memory, read again when the store has others: exact, and 5 MB for ten thousand recordings."""

    def __init__(self, store: sonic.Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._voices: list[sonic.Voice] = []
        self._rows: Vector = np.zeros((0, 0), np.float32)
        self._latest: tuple[int, str | None] = (-1, None)

    def similar(self, vector: Vector, threshold: float, limit: int, exclude: str | None) -> list[Similar]:
        with self._lock:
            self._refresh()
            voices, rows = self._voices, self._rows
        if not voices:
            return []
        scores = rows @ (vector / max(float(np.linalg.norm(vector)), 1e-12))
        found: list[Similar] = []
        for place in np.argsort(-scores, kind="stable"):
            if scores[place] < threshold - 1e-6 or len(found) == limit:
                break
            if voices[place].recording_id != exclude:
                found.append(Similar(voices[place], min(1.0, float(scores[place]))))
        return found

    def of_voiceprint(self, voiceprint_id: str, limit: int) -> list[sonic.Voice]:
        with self._lock:
            self._refresh()
            return [voice for voice in reversed(self._voices) if voiceprint_of(voice) == voiceprint_id][:limit]

    def _refresh(self) -> None:
        """Reads what was added since; all of it if that is not all that changed."""
        voices = self._store.voices
        recent = voices.recent(1)
        latest = (voices.stats().recordings, recent[0].recording_id if recent else None)
        if latest == self._latest:
            return
        missing = latest[0] - len(self._seen)
        added = voices.recent(missing)[::-1] if missing > 0 else []
        if len(added) != missing or any(voice.recording_id in self._seen for voice in added):
            self._seen, self._voices, self._rows = set(), [], self._rows[:0]
            added = list(voices.table())
        self._add(added)
        self._latest = latest

    def _add(self, added: list[sonic.Voice]) -> None:
        self._seen.update(voice.recording_id for voice in added)
        vectors = [self._store.voices.embedding(voice.recording_id) for voice in added]
        pairs = [(voice, vector) for voice, vector in zip(added, vectors, strict=True) if vector is not None]
        if pairs:
            rows = np.stack([vector for _, vector in pairs])
            self._rows = np.concatenate([self._rows, rows]) if self._voices else rows
            self._voices = self._voices + [voice for voice, _ in pairs]
