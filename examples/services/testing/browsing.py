"""Chromium for the tests of pages."""

import contextlib
import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from needs import skip

SIZES = {"telephone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}
"""Widths at which pages are looked at, in CSS pixels."""


@contextlib.contextmanager
def browser(microphone: Path | None = None) -> Iterator[Any]:
    """A headless Chromium; what `microphone` holds, a WAV file, is heard by pages that record."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if importlib.util.find_spec("playwright") is None or program is None:
        skip("chromium", "there is no Chromium, or no playwright: apt-get install chromium; pip install playwright")
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    if microphone is not None:
        arguments.append(f"--use-file-for-fake-audio-capture={microphone}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield started
        finally:
            started.close()


def picture(page: Any, name: str) -> None:
    """Keeps a picture of the page in the folder that SCREENSHOTS names, if it names one."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def fits(page: Any) -> bool:
    """Whether nothing of the page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
