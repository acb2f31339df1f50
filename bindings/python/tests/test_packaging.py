"""What is handed on carries its licences."""

import subprocess
import sys
from email.parser import Parser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LICENCES = ["LICENSE-APACHE", "LICENSE-MIT", "NOTICE"]


def test_the_wheel_carries_its_licences(tmp_path: Path) -> None:
    """The folder of metadata that maturin puts into the wheel."""
    command = [sys.executable, "-m", "maturin", "pep517", "write-dist-info"]
    options = ["--metadata-directory", str(tmp_path), "--interpreter", sys.executable]
    subprocess.run([*command, *options], cwd=ROOT / "bindings/python", check=True, capture_output=True)
    (info,) = tmp_path.glob("*.dist-info")
    metadata = Parser().parsestr((info / "METADATA").read_text())
    assert metadata["License-Expression"] == "MIT OR Apache-2.0"
    assert sorted(metadata.get_all("License-File", [])) == LICENCES
    for name in LICENCES:
        assert (info / "licenses" / name).read_text() == (ROOT / name).read_text()


def test_every_crate_that_is_published_carries_its_licences() -> None:
    published = 0
    for manifest in (ROOT / "crates").glob("*/Cargo.toml"):
        if "\npublish = false\n" in manifest.read_text():
            continue
        published += 1
        for name in LICENCES:
            assert (manifest.parent / name).read_text() == (ROOT / name).read_text(), (manifest, name)
    assert published >= 7
