"""What a machine may lack: a test that needs it is skipped, or fails if `SONIC_REQUIRE` names it (or `all`)."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest


def skip(need: str, reason: str) -> NoReturn:
    """Skips a test that needs what `SONIC_REQUIRE` calls `need`."""
    required = {name.strip() for name in os.environ.get("SONIC_REQUIRE", "").split(",")}
    if required & {need, "all"}:
        pytest.fail(f"SONIC_REQUIRE names {need}, but {reason}")
    pytest.skip(reason)


def assets(*parts: str) -> Path:
    """A folder or file of the test assets."""
    folder = os.environ.get("SONIC_TEST_ASSETS")
    if not folder:
        skip("assets", "SONIC_TEST_ASSETS does not name the folder of test assets")
    return Path(folder).joinpath(*parts)


def program(name: str) -> str:
    """The path of a program."""
    found = shutil.which(name)
    if found is None:
        skip(name, f"there is no {name}")
    return found
