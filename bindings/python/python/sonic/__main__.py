"""The `sonic` command; `python -m sonic` is the same."""

import sys

from ._native import run_command


def main() -> int:
    """Runs the command with the arguments of this process and gives its exit status."""
    return run_command(["sonic", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
