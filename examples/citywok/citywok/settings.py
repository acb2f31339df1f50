"""What CityWok reads from the environment, with its names and defaults, and what is new."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sonic_services import Reader, ServerSettings, read_server_settings

MAX_FILE_MB = 100
"""Larger files are refused, as CityWok does."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the service."""

    server: ServerSettings
    """What every service reads."""
    store: Path
    """STORE_DIR, or `store` in DATA_DIR: the store's directory."""
    keys: Path
    """`api_keys.db` in DATA_DIR, as CityWok has it."""
    bucket: str | None
    """STORE_URL, or S3_BUCKET, S3_PREFIX and DB_VERSION if there are keys for it: the bucket that is followed."""
    endpoint: str | None
    """AWS_ENDPOINT_URL: the server of the bucket, for R2 and others."""
    follow_interval_s: float
    """FOLLOW_INTERVAL_S: how often the bucket is looked at."""
    lmdb_answers: bool
    """USE_LMDB: answers as the version with LMDB gave them."""
    parallel: int
    """MATCH_WORKERS: identifications at once, at most as many as there are cores."""
    redis_url: str | None
    """REDIS_URL: where requests are counted for all instances."""
    rate: int
    """RATE_LIMIT: requests an hour without a key."""
    rate_with_key: int
    """RATE_LIMIT_WITH_KEY: requests an hour with one."""
    admin_token: str | None
    """ADMIN_TOKEN: opens /ingest and /admin; without it they are closed."""
    downloader: str | None
    """DOWNLOADER: `module:function` that fetches addresses; without it the url mode is off."""
    download_timeout_s: float
    """DOWNLOAD_TIMEOUT_S."""
    without_effect: tuple[str, ...]
    """Variables of CityWok that were set and that nothing depends on any more."""


# Understood, checked, and of no effect: there is nothing to load, to skip or to write.
_OBSOLETE = (
    "MAX_SEASONS",
    "MIN_ALIGNED_EARLY_EXIT",
    "MAX_POSTING_LIST_SIZE",
    "LAZY_LOAD_PICKLE",
    "UPLOAD_DIR",
    "SENTRY_DSN",
)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Reads the settings. Raises a `SettingsError` that names every variable that is not understood."""
    reader = Reader(environment)
    _check_obsolete(reader)
    data = reader.path("DATA_DIR", "data")
    settings = Settings(
        server=read_server_settings(reader, port=8000, max_body_mb=MAX_FILE_MB),
        store=reader.path("STORE_DIR", str(data / "store")),
        keys=data / "api_keys.db",
        bucket=_bucket(reader),
        endpoint=reader.url("AWS_ENDPOINT_URL"),
        follow_interval_s=reader.number("FOLLOW_INTERVAL_S", 30, minimum=0.1, maximum=86400),
        lmdb_answers=reader.flag("USE_LMDB"),
        parallel=reader.integer("MATCH_WORKERS", 16, minimum=1, maximum=1024),
        redis_url=reader.url("REDIS_URL", schemes=("redis", "rediss", "unix")),
        rate=reader.integer("RATE_LIMIT", 10, minimum=1, maximum=1_000_000),
        rate_with_key=reader.integer("RATE_LIMIT_WITH_KEY", 100, minimum=1, maximum=1_000_000),
        admin_token=reader.secret("ADMIN_TOKEN", minimum_length=16),
        downloader=reader.text("DOWNLOADER", pattern=r"[A-Za-z_][\w.]*:[A-Za-z_]\w*") or None,
        download_timeout_s=reader.number("DOWNLOAD_TIMEOUT_S", 30, minimum=0.1, maximum=600),
        without_effect=tuple(name for name in _OBSOLETE if environment.get(name)),
    )
    reader.check()
    return settings


def _check_obsolete(reader: Reader) -> None:
    reader.integer("MAX_SEASONS", 20, minimum=1)
    reader.integer("MIN_ALIGNED_EARLY_EXIT", 8)
    reader.integer("MAX_POSTING_LIST_SIZE", 200, minimum=1)
    reader.flag("LAZY_LOAD_PICKLE")
    reader.text("UPLOAD_DIR")
    reader.url("SENTRY_DSN")
    reader.text("ENVIRONMENT", "development", choices=("development", "staging", "production", "test"))
    if reader.integer("WORKERS", 1, minimum=1) != 1:
        reader.refuse("WORKERS", "must be 1: one process uses all cores, and counts requests for all of them")


def _bucket(reader: Reader) -> str | None:
    url = reader.url("STORE_URL", schemes=("s3", "az", "gs", "file", "https"))
    bucket = reader.text("S3_BUCKET", "citywok-audio-db", pattern=r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]")
    prefix = reader.text("S3_PREFIX", "fingerprints", pattern=r"[\w.\-/]+").strip("/")
    version = reader.text("DB_VERSION", "v1", pattern=r"[\w.\-]+")
    wanted = any([reader.flag("USE_LMDB"), reader.flag("DOWNLOAD_PICKLE_DB")])
    key = reader.text("AWS_ACCESS_KEY_ID")
    secret = reader.text("AWS_SECRET_ACCESS_KEY")
    reader.text("AWS_REGION", "auto")
    if bool(key) != bool(secret):
        reader.refuse("AWS_SECRET_ACCESS_KEY", "and AWS_ACCESS_KEY_ID must both be set, or neither")
    return url or (f"s3://{bucket}/{prefix}/{version}" if wanted and key else None)
