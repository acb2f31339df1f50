"""Waiting for a storage that is away."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import sonic

_log = logging.getLogger(__name__)

T = TypeVar("T")

_PATIENCE_S = 600


def patiently(call: Callable[[], T], stopping: threading.Event) -> T:
    """Calls again while the storage cannot be reached, for ten minutes at most."""
    end, pause = time.monotonic() + _PATIENCE_S, 0.1
    while True:
        try:
            return call()
        except (sonic.IoError, sonic.BusyError) as error:
            if time.monotonic() > end or stopping.is_set():
                raise
            _log.warning("the storage cannot be reached", extra={"error": str(error)})
            stopping.wait(pause)
            pause = min(pause * 2, 5.0)
