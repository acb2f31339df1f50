"""What the worker reads from its environment."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sonic_services import SettingsError

from memoria.settings import read_settings

REQUIRED = {
    "DATABASE_URL": "postgresql://localhost/memoria",
    "CALLBACK_URL": "https://example.org/callback",
    "CALLBACK_SECRET": "callback-secret",
}


def test_defaults_are_those_of_the_original() -> None:
    settings = read_settings(REQUIRED)
    assert (settings.detection_threshold, settings.det_size) == (0.5, 640)
    assert (settings.min_cluster_size, settings.min_samples, settings.cluster_epsilon) == (3, 2, 0.5)
    assert (settings.max_retries, settings.batch_size, settings.timeout_seconds) == (3, 10, 300)
    assert (settings.use_gpu, settings.server.port) == (False, 8080)
    assert not settings.allow_private_addresses


def test_names_may_be_written_in_any_case() -> None:
    settings = read_settings({**REQUIRED, "det_size": "320", "Use_Gpu": "TRUE", "port": "9000"})
    assert (settings.det_size, settings.use_gpu, settings.server.port) == (320, True, 9000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("CALLBACK_URL", "callback"),
        ("CALLBACK_SECRET", ""),
        ("DETECTION_THRESHOLD", "high"),
        ("DETECTION_THRESHOLD", "1.5"),
        ("DET_SIZE", "650"),
        ("MIN_CLUSTER_SIZE", "1"),
        ("CLUSTER_EPSILON", "3"),
        ("CLUSTER_METHOD", "kmeans"),
        ("USE_GPU", "perhaps"),
        ("CUDA_VISIBLE_DEVICES", "first"),
        ("MAX_RETRIES", "-1"),
        ("TIMEOUT_SECONDS", "0"),
        ("SUPABASE_URL", "https://example.org"),
        ("PORT", "http"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({**REQUIRED, name: value})


def test_the_command_says_all_that_is_wrong_and_ends() -> None:
    path = os.pathsep.join(sys.path)
    environment = {**os.environ, "PYTHONPATH": path, "DET_SIZE": "x", "USE_GPU": "maybe"}
    environment = {name: value for name, value in environment.items() if name not in REQUIRED}
    done = subprocess.run(
        [sys.executable, "-m", "memoria"], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.returncode == 2
    assert all(name in done.stderr for name in ("DET_SIZE", "USE_GPU", *REQUIRED))
    assert "Traceback" not in done.stderr


def test_the_example_is_complete_and_valid() -> None:
    text = (Path(__file__).parents[1] / ".env.example").read_text()
    pairs = re.findall(r"^#? ?([A-Z_]+)=(.*)$", text, re.MULTILINE)
    read_settings({name: value for name, value in pairs if value} | {"CALLBACK_SECRET": "callback-secret"})
    source = (Path(__file__).parents[1] / "memoria/settings.py").read_text()
    read = set(re.findall(r'reader\.\w+\(\s*"([A-Z_]+)"', source))
    assert read <= {name for name, _ in pairs}
