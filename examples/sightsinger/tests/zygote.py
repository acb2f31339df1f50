"""Starts workers by forking, which takes milliseconds: one for each line of settings, whose process id it answers."""

import json
import os
import signal
import sys
from pathlib import Path

from sightsinger.hub import Hub
from sightsinger.storage import open_objects
from sightsinger.voicebanks import Voicebanks
from sightsinger.worker import Worker
from support import settings_for


def work(folder: str, changes: dict[str, str]) -> None:
    settings = settings_for(Path(folder), **changes)
    objects = open_objects(settings.storage_url, settings.storage_timeout_s)
    Worker(settings, objects, Voicebanks(settings, objects), Hub(lambda *_: None)).run()


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        folder, changes = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            work(folder, changes)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
