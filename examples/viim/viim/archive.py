"""The recordings: a store of voices, on this disk alone or kept in a bucket."""

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
        analyzed = self.embedder.analyze(prepared.clip)
        if asked.mode == "identify":
            metadata.update(self._recognised(analyzed.embedding))
        kept = self.store.voices.record(
            analyzed,
            recording_id=str(uuid.uuid4()),
            user_id=asked.user_id,
            filename=asked.filename,
            voiceprint_id=asked.voiceprint_id,
            mode=asked.mode,
            status="processed",
            metadata=metadata,
            embedder=self.embedder,
        )
        return kept.voice, analyzed.embedding

    def similar(
        self, vector: Vector, threshold: float, limit: int, exclude: str | None = None
    ) -> list[sonic.SimilarVoice]:
        """The recordings that sound most alike, of a cosine of at least `threshold`."""
        if not vector.any():
            return []  # It has no direction, and resembles nothing.
        exclusions = [] if exclude is None else [exclude]
        return self.store.voices.search(
            embedding=vector, threshold=threshold, limit=limit, exclude=exclusions, embedder=self.embedder
        )

    def _metadata(self, prepared: Prepared, asked: Asked) -> dict[str, Any]:
        return {
            "source": "ml_service",
            "model": self.model,
            "is_test": asked.mode == "test",
            "file_size_bytes": asked.file_size_bytes,
            "audio_format": asked.audio_format,
            "sample_rate": prepared.source_rate,
            "duration_seconds": prepared.duration_s,
        }

    def _recognised(self, vector: Vector) -> dict[str, Any]:
        """The likeliest of those who were enrolled."""
        for found in self.similar(vector, -1.0, 50):
            if found.voice.mode == "enroll":
                return {"similarity_score": found.similarity, "matched_user_id": found.voice.user_id}
        return {}


def _check_pipeline(store: sonic.Store, embedder: sonic.VoiceEmbedder) -> None:
    """Embeddings of two models cannot be compared: better not to start than to keep nothing."""
    pipeline = store.voices.stats().pipeline
    if pipeline not in (None, embedder.pipeline):
        text = f"the store has embeddings of {pipeline}, MODEL gives {embedder.pipeline}: set another STORE_DIR"
        raise sonic.MismatchError(text)
