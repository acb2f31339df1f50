"""The installed command, and the module as a command."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import sonic
from conftest import MEDIA


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_does_what_the_library_does(tmp_path: Path, waltz: Path) -> None:
    sonic_command = str(Path(sys.executable).with_name("sonic"))
    store = str(tmp_path / "s")
    added = run(sonic_command, "add", "--json", "--store", store, str(MEDIA / "lantern-waltz.opus"))
    assert added.returncode == 0, added.stderr
    assert json.loads(added.stdout)["status"] == "added"
    found = run(sys.executable, "-m", "sonic", "identify", "--json", "--store", store, str(waltz))
    assert json.loads(found.stdout)["matches"][0]["id"] == "lantern-waltz"
    assert run(sonic_command, "nonsense").returncode == 2
    assert run(sonic_command, "stats", "--store", str(tmp_path / "none")).returncode == 1
    assert run(sonic_command, "--version").stdout.strip() == f"sonic {sonic.__version__}"


def test_the_versions_agree() -> None:
    assert version("sonic-media") == sonic.__version__


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="threads are counted in /proc")
def test_importing_starts_nothing_and_loads_little() -> None:
    code = "import os, sys, sonic; print('numpy' in sys.modules, len(os.listdir('/proc/self/task')))"
    done = run(sys.executable, "-c", code)
    assert done.stdout.split() == ["False", "1"], done.stderr


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is read in /proc")
def test_memory_stays_flat(store: sonic.Store, waltz: Path) -> None:
    fingerprint, data = sonic.fingerprint(waltz), waltz.read_bytes()

    def pages() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1])

    for _ in range(60):
        store.identify(fingerprint)
        store.identify(data)
    before = pages()
    for _ in range(300):
        store.identify(fingerprint)
        store.identify(data)
    assert (pages() - before) * os.sysconf("SC_PAGESIZE") < 8 << 20
