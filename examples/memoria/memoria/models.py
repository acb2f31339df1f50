"""What goes in and comes out, as the original has it."""

from enum import Enum

from pydantic import BaseModel, Field


class JobStatus(str, Enum):
    """How far a job is."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class ProcessMediaRequest(BaseModel):
    """A photo to look at."""

    job_id: str
    media_id: str
    event_id: str
    media_url: str


class BoundingBox(BaseModel):
    """A box in parts of the picture."""

    x: float = Field(ge=0.0, le=1.0)
    y: float = Field(ge=0.0, le=1.0)
    w: float = Field(ge=0.0, le=1.0)
    h: float = Field(ge=0.0, le=1.0)


class Landmarks(BaseModel):
    """Five points in parts of the picture."""

    left_eye: list[float]
    right_eye: list[float]
    nose: list[float]
    mouth_left: list[float]
    mouth_right: list[float]


class DetectedFace(BaseModel):
    """A face."""

    bbox: BoundingBox
    embedding: list[float]
    quality_score: float
    landmarks: Landmarks | None = None


class ProcessMediaResponse(BaseModel):
    """The faces of a photo."""

    job_id: str
    media_id: str
    event_id: str
    faces_detected: int
    faces: list[DetectedFace]
    processing_time_seconds: float
    status: JobStatus


class ClusterEventRequest(BaseModel):
    """An event whose people are to be found."""

    job_id: str
    event_id: str


class ClusterInfo(BaseModel):
    """A new person."""

    cluster_label: int
    face_count: int
    representative_face_id: str
    avg_quality: float


class ClusterEventResponse(BaseModel):
    """What was found."""

    job_id: str
    event_id: str
    total_faces: int
    clusters_created: int
    noise_faces: int
    clusters: list[ClusterInfo]
    processing_time_seconds: float
    status: JobStatus


class HealthResponse(BaseModel):
    """Whether the worker works."""

    status: str
    version: str
    model_loaded: bool
    gpu_available: bool
