"""What viim-ml reads from the environment, with its names and defaults, and what is new."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from sonic_services import Reader, ServerSettings, read_server_settings

Durable = Literal["bucket", "disk"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the service."""

    server: ServerSettings
    """What every service reads."""
    store: Path
    """STORE_DIR: the store's directory."""
    bucket: str | None
    """STORE_URL: the bucket that the store is kept in, so that it survives the container."""
    endpoint: str | None
    """AWS_ENDPOINT_URL: the server of the bucket, for R2 and others."""
    durable: Durable
    """DURABLE: `bucket` answers when the bucket has what was recorded, `disk` at once."""
    lease_s: float
    """LEASE_S: after how long another instance takes over from one that was not heard of."""
    model: str
    """MODEL: the built-in `celda128`, the id of another model, or the path of a manifest or an ONNX file."""
    threads: int
    """MODEL_THREADS: how many one embedding uses; 0 for as many as there are cores."""
    store_tests: bool
    """STORE_TESTS: false keeps only what viim-ml's code keeps, not every recording as its plan promises."""
    review_database: Path
    """DUCKDB_PATH: where `viim-review` puts the database that SQL is asked in."""
    api_token: str | None
    """API_TOKEN: if it is set, every route but health asks for it as a bearer token."""
    review_token: str | None
    """REVIEW_TOKEN: opens the reviews; without it they are closed."""
    without_effect: tuple[str, ...]
    """Variables of viim-ml that were set and that nothing depends on any more."""


_OBSOLETE = ("TORCHAUDIO_BACKEND", "SPEECHBRAIN_OFFLINE")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Reads the settings. Raises a `SettingsError` that names every variable that is not understood."""
    reader = Reader(environment)
    reader.text("TORCHAUDIO_BACKEND")
    reader.flag("SPEECHBRAIN_OFFLINE")
    settings = Settings(
        server=read_server_settings(reader, port=8080, max_body_mb=20),
        store=reader.path("STORE_DIR", "voices.sonic"),
        bucket=reader.url("STORE_URL", schemes=("s3", "az", "gs", "file")),
        endpoint=reader.url("AWS_ENDPOINT_URL"),
        durable=cast(Durable, reader.text("DURABLE", "bucket", choices=("bucket", "disk"))),
        lease_s=reader.number("LEASE_S", 15, minimum=1, maximum=3600),
        model=reader.text("MODEL", "celda128"),
        threads=reader.integer("MODEL_THREADS", 0, maximum=256),
        store_tests=reader.flag("STORE_TESTS", True),
        review_database=reader.path("DUCKDB_PATH", "voiceprints.db"),
        api_token=reader.secret("API_TOKEN", minimum_length=16),
        review_token=reader.secret("REVIEW_TOKEN", minimum_length=16),
        without_effect=tuple(name for name in _OBSOLETE if environment.get(name)),
    )
    reader.check()
    return settings
