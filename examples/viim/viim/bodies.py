"""What requests hold and what is answered, as viim-ml has it."""

from pydantic import BaseModel


class EmbeddingResponse(BaseModel):
    """An embedding."""

    embedding: list[float]
    dimensions: int
    audio_duration: float


class SimilarityRequest(BaseModel):
    """Two embeddings."""

    embedding1: list[float]
    embedding2: list[float]


class SimilarityResponse(BaseModel):
    """How alike they are."""

    similarity: float
    match: bool
    threshold: float = 0.7


class SearchRequest(BaseModel):
    """An embedding to look for."""

    query_embedding: list[float]
    recording_id: str | None = None
