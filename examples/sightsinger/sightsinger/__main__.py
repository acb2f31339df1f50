"""Starts the service: python -m sightsinger"""

import os

from sonic_services import SettingsError, refuse_to_start, run

from .app import make_app
from .settings import read_settings


def main() -> None:
    """Serves until SIGTERM."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        refuse_to_start(error)
    run("sightsinger", make_app(settings), settings.server)


if __name__ == "__main__":
    main()
