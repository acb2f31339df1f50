"""What the worker reads from its environment."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonic_services import Reader, ServerSettings, read_server_settings

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it; the names of the variables are those of the fields, in capitals, unless said otherwise."""

    server: ServerSettings
    """What every service reads: HOST, PORT, LOG_LEVEL, ALLOWED_ORIGINS, ..."""
    database_url: str
    """PostgreSQL with pgvector, the system of record."""
    callback_url: str
    """Who is told of the end of a job."""
    callback_secret: str
    """What the receiver of callbacks knows the worker by."""
    supabase_url: str | None
    """Where addresses of media are signed that are known by their path only; None: such media are left alone."""
    supabase_service_role_key: str | None
    """The key for that."""
    media_bucket: str
    """The bucket of those paths."""
    detection_threshold: float
    """Least score of a face."""
    det_size: int
    """Side of the square that a picture is fitted into before faces are looked for; pixels."""
    min_cluster_size: int
    """Faces below which nothing is clustered."""
    min_samples: int
    """Faces near a face, itself included, within which its density is taken."""
    cluster_epsilon: float
    """Cosine distance of neighbours."""
    cluster_method: str
    """DBSCAN is what the original runs, HDBSCAN what its plan promises."""
    max_retries: int
    """How often a callback or a photo that failed is tried again."""
    batch_size: int
    """Photos that one `/cluster` looks at together."""
    timeout_seconds: float
    """What a job may take."""
    use_gpu: bool
    """Whether the models run on a GPU if there is one."""
    face_detector: str
    """FACE_DETECTOR: id of a model, or path of an ONNX file."""
    face_embedder: str
    """FACE_EMBEDDER: the same."""
    workers: int
    """Photos that are analysed at once; 0: as many as there are cores."""
    max_image_bytes: int
    """MAX_IMAGE_MB, in bytes."""
    max_image_pixels: int
    """MAX_IMAGE_MEGAPIXELS, in pixels."""
    download_timeout_seconds: float
    """What a download may take, redirects included."""
    allow_private_addresses: bool
    """Whether photos may come from this machine and private networks."""
    thumbnail_size: int
    """Pixels of the small picture that is kept of a face; 0 keeps none."""
    index_dir: Path
    """Folder in which the index is made anew at every start: memory if there is some, else the temporary folder."""
    index_faces: int
    """Faces from which on the index forgets the events that were used longest ago."""
    worker_token: str | None
    """If it is set `/process` and `/cluster` ask for it as a bearer token."""
    admin_token: str | None
    """What the page of people asks for; without it nobody gets in."""

    @property
    def parallel(self) -> int:
        """Photos that are analysed at once."""
        return self.workers or os.cpu_count() or 1


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings; names may be written in any case. Raises a `SettingsError` that lists what was not understood."""
    reader = Reader(environment, ignore_case=True)
    settings = Settings(
        server=read_server_settings(reader, port=8080, max_body_mb=1),
        database_url=reader.url("DATABASE_URL", "", schemes=("postgresql", "postgres"), required=True) or "",
        callback_url=reader.url("CALLBACK_URL", "", required=True) or "",
        callback_secret=reader.secret("CALLBACK_SECRET", required=True) or "",
        **_original(reader),
        face_detector=reader.text("FACE_DETECTOR", "det_10g"),
        face_embedder=reader.text("FACE_EMBEDDER", "w600k_r50"),
        cluster_method=reader.text("CLUSTER_METHOD", "dbscan", choices=("dbscan", "hdbscan")),
        workers=reader.integer("WORKERS", 0, maximum=256),
        max_image_bytes=reader.integer("MAX_IMAGE_MB", 25, minimum=1, maximum=1024) * MEBIBYTE,
        max_image_pixels=reader.integer("MAX_IMAGE_MEGAPIXELS", 100, minimum=1, maximum=1000) * 1_000_000,
        download_timeout_seconds=reader.number("DOWNLOAD_TIMEOUT_SECONDS", 30, minimum=0.1, maximum=3600),
        allow_private_addresses=reader.flag("ALLOW_PRIVATE_ADDRESSES"),
        thumbnail_size=reader.integer("THUMBNAIL_SIZE", 160, maximum=1024),
        index_dir=reader.path("INDEX_DIR", _fast_folder()),
        index_faces=reader.integer("INDEX_FACES", 20_000, minimum=1),
        worker_token=reader.secret("WORKER_TOKEN"),
        admin_token=reader.secret("ADMIN_TOKEN"),
    )
    if settings.det_size % 32:
        reader.refuse("DET_SIZE", f"must be a multiple of 32, not {settings.det_size}")
    if bool(settings.supabase_url) != bool(settings.supabase_service_role_key):
        reader.refuse("SUPABASE_URL", "and SUPABASE_SERVICE_ROLE_KEY go together: set both or neither")
    reader.check()
    return settings


def _fast_folder() -> str:
    """Where writing waits for no disk: nothing of the index has to outlive the process."""
    memory = Path("/dev/shm")
    try:
        room = shutil.disk_usage(memory).free >= 512 * MEBIBYTE and os.access(memory, os.W_OK)
    except OSError:
        room = False
    return str(memory) if room else tempfile.gettempdir()


def _original(reader: Reader) -> dict[str, Any]:  # What the original reads, with its defaults.
    # CUDA itself reads this one; here it is only looked at.
    reader.text("CUDA_VISIBLE_DEVICES", "0", pattern=r"-?[0-9]+(,[0-9]+)*|GPU-[0-9a-fA-F-]+(,GPU-[0-9a-fA-F-]+)*")
    return {
        "supabase_url": reader.url("SUPABASE_URL"),
        "supabase_service_role_key": reader.secret("SUPABASE_SERVICE_ROLE_KEY"),
        "media_bucket": reader.text("MEDIA_BUCKET", "media", pattern=r"[A-Za-z0-9._-]{1,63}"),
        "detection_threshold": reader.number("DETECTION_THRESHOLD", 0.5, minimum=0.01, maximum=1),
        "det_size": reader.integer("DET_SIZE", 640, minimum=32, maximum=4096),
        "min_cluster_size": reader.integer("MIN_CLUSTER_SIZE", 3, minimum=2, maximum=10_000),
        "min_samples": reader.integer("MIN_SAMPLES", 2, minimum=1, maximum=10_000),
        "cluster_epsilon": reader.number("CLUSTER_EPSILON", 0.5, minimum=0.001, maximum=2),
        "max_retries": reader.integer("MAX_RETRIES", 3, maximum=20),
        "batch_size": reader.integer("BATCH_SIZE", 10, minimum=1, maximum=1000),
        "timeout_seconds": reader.number("TIMEOUT_SECONDS", 300, minimum=1, maximum=86_400),
        "use_gpu": reader.flag("USE_GPU"),
    }
