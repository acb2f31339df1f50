"""Installs the package in place into the environment that runs this: python develop.py target/debug

The extension module is the one that Cargo has built in that folder; `maturin develop` would compile every crate again
for its own selection of features. Wheels are built by maturin.
"""

import re
import shutil
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPT = "#!{python}\nimport sys\nfrom sonic.__main__ import main\nsys.exit(main())\n"


def version() -> str:
    """The version of the workspace."""
    found = re.search(r'^version = "(.*)"', (HERE.parents[1] / "Cargo.toml").read_text(), re.MULTILINE)
    assert found, "Cargo.toml has no version"
    return found[1]


def copy_module(built: Path) -> None:
    """Puts the extension module beside the Python files."""
    name, suffix = {"win32": ("_native.dll", ".pyd"), "darwin": ("lib_native.dylib", ".abi3.so")}.get(
        sys.platform, ("lib_native.so", ".abi3.so")
    )
    target = HERE / "python/sonic" / f"_native{suffix}"
    # A process that has the old module open keeps it: the new one gets a file of its own.
    fresh = target.with_name(target.name + ".new")
    shutil.copyfile(built / name, fresh)
    fresh.replace(target)


def install() -> None:
    """Makes the environment find the package, its version and its command."""
    packages, scripts = Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("scripts"))
    (packages / "sonic-media.pth").write_text(f"{HERE / 'python'}\n")
    info = packages / f"sonic_media-{version()}.dist-info"
    for old in packages.glob("sonic_media-*.dist-info"):
        shutil.rmtree(old)
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: sonic-media\nVersion: {version()}\n")
    (info / "entry_points.txt").write_text("[console_scripts]\nsonic = sonic.__main__:main\n")
    (info / "INSTALLER").write_text("develop.py\n")
    (info / "RECORD").write_text("")
    command = scripts / "sonic"
    command.write_text(SCRIPT.format(python=sys.executable))
    command.chmod(0o755)


if __name__ == "__main__":
    copy_module(Path(sys.argv[1]))
    install()
