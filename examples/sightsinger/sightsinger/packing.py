"""Voicebanks into the bucket: sightsinger add-voicebank FOLDER [ID]"""

import gzip
import io
import re
import tarfile
from pathlib import Path

from .settings import Settings
from .storage import open_objects
from .voicebanks import VoicebankError, bank_root, check


def add(settings: Settings, folder: Path, voicebank_id: str | None) -> str:
    """Checks a voicebank, packs it and puts it where the service looks for it; gives the name of the object.

    Raises a `VoicebankError` for one with errors.
    """
    name = voicebank_id or re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise VoicebankError(f"{name!r} is no id of a voicebank: letters, digits, and . _ - between them")
    root = bank_root(folder)
    check(name, root)
    target = f"{settings.voicebank_prefix}/{name}.tar.gz"
    open_objects(settings.voicebank_url, settings.job_timeout_s).put(target, pack(root))
    return target


def pack(root: Path) -> bytes:
    """A folder as a .tar.gz, always the same for the same files."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for path in sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink()):
            info = tarfile.TarInfo(f"voicebank/{path.relative_to(root).as_posix()}")
            info.size, info.mode = path.stat().st_size, 0o644
            with path.open("rb") as file:
                tar.addfile(info, file)
    return out.getvalue()
