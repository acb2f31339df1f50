"""Starts the service, or adds a voicebank: python -m sightsinger [add-voicebank FOLDER [ID]]"""

import argparse
import os
import sys
from pathlib import Path

import sonic
from sonic_services import SettingsError, refuse_to_start, run

from .app import make_app
from .packing import add
from .settings import read_settings
from .voicebanks import VoicebankError


def main() -> None:
    """Serves until SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="sightsinger", description="Upload a score, hear it sung: without arguments it serves."
    )
    commands = parser.add_subparsers(dest="command")
    adding = commands.add_parser("add-voicebank", help="check a voicebank and put it into the bucket")
    adding.add_argument("folder", type=Path, help="the folder with dsconfig.yaml and character.yaml")
    adding.add_argument("id", nargs="?", help="its id; by default the name of the folder")
    given = parser.parse_args()
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        refuse_to_start(error)
    if given.command is None:
        run("sightsinger", make_app(settings), settings.server)
        return
    try:
        print(add(settings, given.folder, given.id))
    except (VoicebankError, sonic.SonicError, OSError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
