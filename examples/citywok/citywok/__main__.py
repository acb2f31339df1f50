"""`python -m citywok`: serves on PORT."""

import os

from sonic_services import SettingsError, refuse_to_start, run

from .api import create_app
from .settings import read_settings


def main() -> None:
    """Reads the settings, refuses to start on what it does not understand, and serves until SIGTERM."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        refuse_to_start(error)
    run("citywok", create_app(settings), settings.server)


if __name__ == "__main__":
    main()
