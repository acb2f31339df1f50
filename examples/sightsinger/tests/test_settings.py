"""Settings: the original's names and defaults, and what is refused."""

import re
from pathlib import Path

import pytest
from sonic_services import SettingsError

from sightsinger.settings import read_settings

LEAST = {"BACKEND_AUTH_DISABLED": "1"}


def test_defaults_are_those_of_the_original() -> None:
    settings = read_settings(LEAST)
    assert settings.voicebank_prefix == "assets/voicebanks"
    assert settings.voicebank_cache_dir == Path("/tmp/voicebanks")
    assert settings.max_upload_bytes == settings.max_mxl_bytes == 20 * 1024 * 1024
    assert (settings.session_ttl_s, settings.max_sessions, settings.playback_ttl_s) == (432_000, 200, 300)
    assert (settings.log_json, settings.app_env, settings.server.port) == (True, "dev", 8080)
    assert settings.storage_url == (Path.cwd() / "data").as_uri()
    assert (settings.queues, settings.job_queue, settings.provider) == (("cpu",), "cpu", "cpu")


def test_a_bucket_is_a_name_of_google_or_an_address() -> None:
    assert read_settings({**LEAST, "STORAGE_BUCKET": "songs"}).storage_url == "gs://songs"
    settings = read_settings({**LEAST, "STORAGE_BUCKET": "s3://songs/a", "VOICEBANK_BUCKET": "voices"})
    assert (settings.storage_url, settings.voicebank_url) == ("s3://songs/a", "gs://voices")
    off = {"STORAGE_BUCKET": "songs", "BACKEND_USE_STORAGE": "0", "BACKEND_DATA_DIR": "/data"}
    assert read_settings({**LEAST, **off}).storage_url == "file:///data"


def test_the_queue_chooses_the_device() -> None:
    assert read_settings({**LEAST, "QUEUE": "gpu"}).provider == "cuda"
    assert read_settings({**LEAST, "QUEUE": "gpu", "MCP_GPU_DEVICE": "cuda:0"}).provider == "cuda"
    assert read_settings({**LEAST, "QUEUE": "cpu", "MCP_GPU_DEVICE": "cuda"}).provider == "cpu"


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({}, "PROJECT_ID"),
        ({**LEAST, "BACKEND_AUDIO_FORMAT": "mp3"}, "BACKEND_AUDIO_FORMAT must be flac, opus or wav"),
        ({**LEAST, "BACKEND_AUDIO_FORMAT": "aiff"}, "BACKEND_AUDIO_FORMAT"),
        ({**LEAST, "APP_ENV": "prod"}, "BACKEND_AUTH_DISABLED"),
        ({"PROJECT_ID": "p", "APP_ENV": "prod"}, "BACKEND_PLAYBACK_TOKEN_SECRET"),
        ({"PROJECT_ID": "p", "BACKEND_REQUIRE_APP_CHECK": "1"}, "PROJECT_NUMBER"),
        ({**LEAST, "BACKEND_USE_STORAGE": "1"}, "STORAGE_BUCKET"),
        ({**LEAST, "STORAGE_BUCKET": "s3://key:secret@songs"}, "STORAGE_BUCKET"),
        ({**LEAST, "VOICEBANK_MANIFEST_PATH": "/nothing.json"}, "VOICEBANK_MANIFEST_PATH"),
        ({**LEAST, "LLM_PROVIDER": "gemini"}, "LLM_PROVIDER"),
        ({**LEAST, "BACKEND_MAX_UPLOAD_MB": "many"}, "BACKEND_MAX_UPLOAD_MB"),
        ({**LEAST, "SYLLABLE_TIMING_V2": "perhaps"}, "SYLLABLE_TIMING_V2"),
    ],
)
def test_what_is_not_understood_is_named(variables: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        read_settings(variables)
    assert "secret@" not in str(caught.value)


def test_the_example_of_an_environment_has_the_defaults() -> None:
    lines = (Path(__file__).parents[1] / ".env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    settings = read_settings(given)
    source = (Path(__file__).parents[1] / "sightsinger/settings.py").read_text()
    text = "\n".join(lines)
    names = set(re.findall(r'reader\.\w+\(\s*"([A-Z_]+)"', source))
    assert [name for name in names if name not in text] == []
    # But for the secret, which is made anew.
    secret = {"playback_secret": b""}
    assert {**{f: getattr(settings, f) for f in settings.__slots__}, **secret} == {
        **{f: getattr(read_settings(LEAST), f) for f in settings.__slots__},
        **secret,
    }
