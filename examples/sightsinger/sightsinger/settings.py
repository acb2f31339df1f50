"""What the service reads from its environment."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sonic_services import Reader, ServerSettings, read_server_settings

MEBIBYTE = 1024 * 1024
_BUCKET = r"[a-z0-9][a-z0-9._-]{1,221}|(gs|s3|az|abfss)://[^\s?#@]+|file:///[^\s?#]*"


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it; the names of the variables are those of the fields, in capitals, unless said otherwise."""

    server: ServerSettings
    """What every service reads: HOST, PORT, LOG_LEVEL, ALLOWED_ORIGINS, ..."""
    app_env: str
    """dev, or prod: then secrets have no defaults."""
    log_json: bool
    """Logs as JSON; else as text for people."""
    project_id: str
    """The Firebase project whose tokens are accepted."""
    storage_url: str
    """STORAGE_BUCKET if BACKEND_USE_STORAGE, a name (of Google) or an address; else the folder BACKEND_DATA_DIR."""
    voicebank_url: str
    """VOICEBANK_BUCKET; without it the same as the storage."""
    voicebank_prefix: str
    """The folder of the voicebanks' tarballs in it."""
    voicebank_cache_dir: Path
    """Where they are unpacked; may be lost at any time."""
    voicebank_cache_bytes: int
    """VOICEBANK_CACHE_MB, in bytes: those that were used longest ago are removed above it."""
    max_voicebank_bytes: int
    """MAX_VOICEBANK_MB, in bytes: most that a voicebank has when it is unpacked."""
    voicebank_manifest_path: Path | None
    """A manifest of voicebanks; else `manifest.json` in the folder of the tarballs, else the tarballs as they are."""
    default_voicebank: str | None
    """BACKEND_DEFAULT_VOICEBANK; else the first."""
    max_upload_bytes: int
    """BACKEND_MAX_UPLOAD_MB, in bytes."""
    max_mxl_bytes: int
    """BACKEND_MAX_MXL_UNCOMPRESSED_MB, in bytes."""
    parse_timeout_s: float
    """BACKEND_SCORE_PARSE_TIMEOUT_SECONDS."""
    session_ttl_s: int
    """BACKEND_SESSION_TTL_SECONDS: how long a session that nobody touches is kept."""
    max_sessions: int
    """BACKEND_MAX_SESSIONS: of a user; the oldest make room."""
    audio_format: str
    """BACKEND_AUDIO_FORMAT: flac, opus or wav."""
    auth_disabled: bool
    """BACKEND_AUTH_DISABLED: everybody is one user."""
    require_app_check: bool
    """BACKEND_REQUIRE_APP_CHECK."""
    jwks_url: str
    """FIREBASE_JWKS_URL: the keys of ID tokens."""
    app_check_jwks_url: str
    """APP_CHECK_JWKS_URL: the keys of App Check."""
    app_check_project: str | None
    """PROJECT_NUMBER: what App Check tokens name beside the project; needed if they are required."""
    playback_ttl_s: int
    """BACKEND_PLAYBACK_TOKEN_TTL_SECONDS."""
    playback_secret: bytes
    """BACKEND_PLAYBACK_TOKEN_SECRET: signs addresses of sound; the same for all instances."""
    workers: int
    """Songs that this instance sings at once; 0 leaves them to others."""
    queues: tuple[str, ...]
    """QUEUE: whose jobs this instance takes."""
    job_queue: str
    """JOB_QUEUE: where jobs go whose voicebank names no queue."""
    provider: str
    """MCP_GPU_DEVICE if this instance takes jobs of the queue gpu, else MCP_CPU_DEVICE: cpu, cuda or auto."""
    threads: int
    """ORT_INTRA_OP_NUM_THREADS: threads of one model; 0: as many as there are cores."""
    job_timeout_s: float
    """MCP_GPU_TIMEOUT_SECONDS: what a job may take in one try."""
    max_attempts: int
    """JOB_MAX_ATTEMPTS: how often a job is begun before it has failed."""
    lease_s: float
    """JOB_LEASE_SECONDS: a job whose worker was silent for so long is begun anew by another."""
    poll_s: float
    """JOB_POLL_SECONDS: how often jobs of other instances are looked for."""
    phrase_cache_bytes: int
    """PHRASE_CACHE_MB, in bytes: phrases that need not be sung again, in VOICEBANK_CACHE_DIR."""
    storage_timeout_s: float
    """STORAGE_TIMEOUT_SECONDS: what one request to the storage may take."""
    interpreter: str | None
    """LANGUAGE_MODEL: module:name of what turns messages into requests; none is built in."""


_FIREBASE_KEYS = "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"
_APP_CHECK_KEYS = "https://firebaseappcheck.googleapis.com/v1/jwks"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings. Raises a `SettingsError` that lists what was not understood."""
    reader = Reader(environment)
    prod = reader.text("APP_ENV", "dev", choices=("dev", "test", "staging", "prod")) == "prod"
    max_upload_mb = reader.integer("BACKEND_MAX_UPLOAD_MB", 20, minimum=1, maximum=20)
    queues = reader.names("QUEUE", ("cpu",)) or ("cpu",)
    storage_url = _storage(reader)
    settings = Settings(
        server=read_server_settings(reader, port=8080, max_body_mb=max_upload_mb),
        app_env=reader.text("APP_ENV", "dev"),
        log_json=reader.flag("LOG_JSON", True),
        project_id=reader.text("PROJECT_ID", pattern=r"[a-z0-9][a-z0-9-]{1,62}"),
        storage_url=storage_url,
        voicebank_url=_address(reader.text("VOICEBANK_BUCKET", pattern=_BUCKET)) or storage_url,
        voicebank_prefix=reader.text("VOICEBANK_PREFIX", "assets/voicebanks", pattern=r"[A-Za-z0-9._/-]+").strip("/"),
        voicebank_cache_dir=reader.path("VOICEBANK_CACHE_DIR", "/tmp/voicebanks"),
        voicebank_cache_bytes=reader.integer("VOICEBANK_CACHE_MB", 4096, minimum=1) * MEBIBYTE,
        max_voicebank_bytes=reader.integer("MAX_VOICEBANK_MB", 2048, minimum=1) * MEBIBYTE,
        voicebank_manifest_path=_manifest(reader),
        default_voicebank=reader.text("BACKEND_DEFAULT_VOICEBANK", pattern=r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}") or None,
        max_upload_bytes=max_upload_mb * MEBIBYTE,
        max_mxl_bytes=reader.integer("BACKEND_MAX_MXL_UNCOMPRESSED_MB", 20, minimum=1, maximum=20) * MEBIBYTE,
        parse_timeout_s=reader.number("BACKEND_SCORE_PARSE_TIMEOUT_SECONDS", 30, minimum=0.001, maximum=600),
        session_ttl_s=reader.integer("BACKEND_SESSION_TTL_SECONDS", 432_000, minimum=60),
        max_sessions=reader.integer("BACKEND_MAX_SESSIONS", 200, minimum=1),
        audio_format=_audio_format(reader),
        auth_disabled=reader.flag("BACKEND_AUTH_DISABLED"),
        require_app_check=reader.flag("BACKEND_REQUIRE_APP_CHECK", prod),
        jwks_url=reader.url("FIREBASE_JWKS_URL", _FIREBASE_KEYS) or "",
        app_check_jwks_url=reader.url("APP_CHECK_JWKS_URL", _APP_CHECK_KEYS) or "",
        app_check_project=reader.text("PROJECT_NUMBER", pattern=r"[0-9]{1,20}") or None,
        playback_ttl_s=reader.integer("BACKEND_PLAYBACK_TOKEN_TTL_SECONDS", 300, minimum=1, maximum=86_400),
        playback_secret=_playback_secret(reader, required=prod),
        workers=reader.integer("WORKERS", 1, maximum=64),
        queues=queues,
        job_queue=reader.text("JOB_QUEUE", queues[0]),
        provider=_device(reader, "gpu" in queues),
        threads=reader.integer("ORT_INTRA_OP_NUM_THREADS", 0, maximum=1024),
        job_timeout_s=reader.number("MCP_GPU_TIMEOUT_SECONDS", 1800, minimum=1),
        max_attempts=reader.integer("JOB_MAX_ATTEMPTS", 5, minimum=1, maximum=1000),
        lease_s=reader.number("JOB_LEASE_SECONDS", 30, minimum=0.2, maximum=3600),
        poll_s=reader.number("JOB_POLL_SECONDS", 2, minimum=0.05, maximum=600),
        phrase_cache_bytes=reader.integer("PHRASE_CACHE_MB", 1024, minimum=1) * MEBIBYTE,
        storage_timeout_s=reader.number("STORAGE_TIMEOUT_SECONDS", 20, minimum=0.1, maximum=600),
        interpreter=reader.text("LANGUAGE_MODEL", pattern=r"[A-Za-z_][\w.]*:[A-Za-z_]\w*") or None,
    )
    _check(reader, settings)
    return settings


def _address(bucket: str) -> str:
    """An address; a name alone is one of Google, as in the original."""
    return bucket if not bucket or "://" in bucket else f"gs://{bucket}"


def _storage(reader: Reader) -> str:
    bucket = _address(reader.text("STORAGE_BUCKET", pattern=_BUCKET))
    used = reader.flag("BACKEND_USE_STORAGE", bool(bucket))
    folder = reader.path("BACKEND_DATA_DIR", "data").absolute()
    if used and not bucket and not any(p.startswith("STORAGE_BUCKET") for p in reader.problems):
        reader.refuse("STORAGE_BUCKET", "must be set for BACKEND_USE_STORAGE")
    return bucket if used else folder.as_uri()


def _manifest(reader: Reader) -> Path | None:
    name = reader.text("VOICEBANK_MANIFEST_PATH")
    if name and not Path(name).is_file():
        reader.refuse("VOICEBANK_MANIFEST_PATH", "names no file")
    return Path(name) if name else None


def _audio_format(reader: Reader) -> str:
    if reader.text("BACKEND_AUDIO_FORMAT").lower() == "mp3":
        # Encoders of MP3 are under the LGPL, and so in no build of the library.
        reader.refuse("BACKEND_AUDIO_FORMAT", "must be flac, opus or wav: there is no encoder for mp3 here")
        return "flac"
    reader.text("BACKEND_AUDIO_MP3_BITRATE")
    return reader.text("BACKEND_AUDIO_FORMAT", "flac", choices=("flac", "opus", "wav"))


def _device(reader: Reader, gpu: bool) -> str:
    pattern = r"cpu|auto|cuda(:0)?"
    cpu = reader.text("MCP_CPU_DEVICE", "cpu", pattern=pattern)
    device = reader.text("MCP_GPU_DEVICE", "cuda", pattern=pattern) if gpu else cpu
    return device.partition(":")[0]


def _playback_secret(reader: Reader, *, required: bool) -> bytes:
    given = reader.secret("BACKEND_PLAYBACK_TOKEN_SECRET", required=required, minimum_length=16)
    # Without one addresses of sound end with the process, which is all right for one instance.
    return hashlib.sha256((given or secrets.token_hex(32)).encode()).digest()


def _check(reader: Reader, settings: Settings) -> None:
    if settings.auth_disabled and settings.app_env == "prod":
        reader.refuse("BACKEND_AUTH_DISABLED", "must not be set where APP_ENV is prod")
    if not settings.auth_disabled and not settings.project_id:
        reader.refuse("PROJECT_ID", "must be set, unless BACKEND_AUTH_DISABLED=true")
    if settings.require_app_check and settings.app_check_project is None:
        reader.refuse("PROJECT_NUMBER", "must be set for BACKEND_REQUIRE_APP_CHECK")
    if reader.text("LLM_PROVIDER", "none").lower() != "none" and settings.interpreter is None:
        reader.refuse("LLM_PROVIDER", "has no effect without LANGUAGE_MODEL: no language model is built in")
    # What the original reads and the library settles by itself: only looked at.
    reader.integer("ORT_INTER_OP_NUM_THREADS", 1)
    reader.integer("VOICEBANK_LARGE_DICT_THRESHOLD_BYTES", 5_000_000)
    reader.flag("SYLLABLE_ALIGNER_V2", True)
    reader.flag("SYLLABLE_TIMING_V2", True)
    reader.check()
