"""What a machine may lack: a test that needs it is skipped, or fails if `SONIC_REQUIRE` names it (or `all`)."""

import importlib.util
import os
from pathlib import Path
from typing import NoReturn

import pytest


def skip(need: str, reason: str) -> NoReturn:
    """Skips a test that needs what `SONIC_REQUIRE` calls `need`."""
    required = {name.strip() for name in os.environ.get("SONIC_REQUIRE", "").split(",")}
    if required & {need, "all"}:
        pytest.fail(f"SONIC_REQUIRE names {need}, but {reason}")
    pytest.skip(reason)


def assets() -> Path:
    """The folder of test assets."""
    folder = os.environ.get("SONIC_TEST_ASSETS")
    if not folder:
        skip("assets", "SONIC_TEST_ASSETS does not name the folder of test assets")
    return Path(folder)


def model(name: str) -> Path:
    """An ONNX file of the assets, and a runtime for it."""
    path = assets() / name
    if importlib.util.find_spec("onnxruntime") is None and "ORT_DYLIB_PATH" not in os.environ:
        skip("onnxruntime", "there is no ONNX Runtime: pip install onnxruntime")
    return path
