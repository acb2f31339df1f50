"""Voicebanks: the list of them, and a cache of those that were unpacked."""

import contextlib
import hashlib
import json
import logging
import os
import re
import shutil
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sonic

from .settings import Settings
from .storage import Objects, read
from .unpacking import BadArchive, unpack

_log = logging.getLogger(__name__)

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LIST_TTL_S = 30
_LOADED = 2
_SHOWN = ("gender", "voice_type", "default_voice_color", "profile_image", "selector_image")


class VoicebankError(Exception):
    """A voicebank that cannot sing, which trying again does not change."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A voicebank of the list."""

    id: str
    """Its id."""
    object: str
    """Its tarball."""
    data: dict[str, Any]
    """What the manifest says of it."""

    @property
    def queue(self) -> str | None:
        """The queue of its jobs, if it names one."""
        queue = self.data.get("queue")
        return queue if isinstance(queue, str) else None

    def shown(self) -> dict[str, Any]:
        """What the list of voicebanks shows."""
        colors = [c.get("name") if isinstance(c, dict) else c for c in self.data.get("voice_colors") or []]
        return {
            "id": self.id,
            "name": self.data.get("name") or self.id,
            **{name: self.data.get(name) for name in _SHOWN},
            "languages": self.data.get("languages") or [],
            "voice_colors": [color for color in colors if isinstance(color, str)],
            "sample_rate": self.data.get("sample_rate"),
        }


class Voicebanks:
    """The voicebanks of a bucket, unpacked when they are first sung with."""

    def __init__(self, settings: Settings, objects: Objects) -> None:
        self._settings = settings
        self._objects = objects
        self._folder = settings.voicebank_cache_dir
        self._lock = threading.Lock()
        self._filling = threading.Lock()
        self._entries: tuple[float, dict[str, Entry]] = (float("-inf"), {})
        self._tags: dict[str, tuple[float, str]] = {}
        self._loaded: OrderedDict[str, sonic.Voicebank] = OrderedDict()
        self._used: dict[str, int] = {}

    def entries(self) -> dict[str, Entry]:
        """All that may be chosen, by id."""
        found_at, entries = self._entries
        if time.monotonic() - found_at > _LIST_TTL_S:
            entries = {entry.id: entry for entry in self._find()}
            self._entries = (time.monotonic(), entries)
        return entries

    def entry(self, voicebank_id: str | None) -> Entry | None:
        """A voicebank by its id; without one the default, or else the first."""
        entries = self.entries()
        name = voicebank_id or self._settings.default_voicebank
        return entries.get(name) if name else next(iter(entries.values()), None)

    def tag(self, entry: Entry) -> str:
        """What changes when its tarball does. Raises a `VoicebankError` if there is none."""
        found_at, tag = self._tags.get(entry.id, (float("-inf"), ""))
        if time.monotonic() - found_at > _LIST_TTL_S:
            info = self._objects.head(entry.object)
            if info is None:
                raise VoicebankError(f"The voicebank {entry.id} has no tarball {entry.object}")
            tag = hashlib.sha256(f"{info.tag} {info.bytes}".encode()).hexdigest()[:32]
            self._tags[entry.id] = (time.monotonic(), tag)
        return tag

    @contextlib.contextmanager
    def opened(self, voicebank_id: str) -> Iterator[sonic.Voicebank]:
        """A voicebank to sing with, which is not removed meanwhile. Raises a `VoicebankError`."""
        entry = self.entries().get(voicebank_id)
        if entry is None:
            raise VoicebankError(f"There is no voicebank {voicebank_id}")
        name = f"{entry.id}-{self.tag(entry)}"
        with self._lock:
            self._used[name] = self._used.get(name, 0) + 1
        try:
            yield self._bank(entry, name)
        finally:
            with self._lock:
                self._used[name] -= 1

    def _bank(self, entry: Entry, name: str) -> sonic.Voicebank:
        with self._filling:
            folder = self._folder / name
            bank = self._loaded.pop(name, None)
            if not folder.is_dir():
                bank = None
                self._fill(entry, folder)
            os.utime(folder)
            if bank is None:
                root = bank_root(folder)
                settings = self._settings
                bank = sonic.Voicebank(root, threads=settings.threads, provider=settings.provider)  # type: ignore[arg-type]
            self._loaded[name] = bank
            while len(self._loaded) > _LOADED:
                self._loaded.popitem(last=False)
            return bank

    def _fill(self, entry: Entry, folder: Path) -> None:
        """Pulls, unpacks and checks a voicebank; it has its name when it is whole."""
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f".{entry.id}-{uuid.uuid4().hex}.tmp"
        start = time.perf_counter()
        try:
            temporary.mkdir()
            try:
                size = self._objects.download(entry.object, temporary / "voicebank.tar.gz")
            except sonic.NotFoundError:
                raise VoicebankError(f"The voicebank {entry.id} has no tarball {entry.object}") from None
            pulled = time.perf_counter()
            try:
                unpack(temporary / "voicebank.tar.gz", temporary / "bank", self._settings.max_voicebank_bytes)
            except BadArchive as error:
                raise VoicebankError(f"The voicebank {entry.id} is not taken: {error}") from None
            check(entry.id, bank_root(temporary / "bank"))
            # Another process may have been faster, with the same.
            with contextlib.suppress(OSError):
                (temporary / "bank").rename(folder)
            if not folder.is_dir():
                raise OSError(f"{folder} cannot be made")
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        _log.info(
            "a voicebank was pulled",
            extra={
                "voicebank": entry.id,
                "bytes": size,
                "pull_seconds": round(pulled - start, 3),
                "unpack_seconds": round(time.perf_counter() - pulled, 3),
            },
        )
        self._make_room(folder.name)

    def _make_room(self, newest: str) -> None:
        """Removes what was used longest ago."""
        folders = [f for f in self._folder.iterdir() if f.is_dir() and not f.name.startswith(".") and "-" in f.name]
        folders.sort(key=lambda folder: folder.stat().st_mtime)
        sizes = {f.name: sum(p.stat().st_size for p in f.rglob("*") if p.is_file()) for f in folders}
        total = sum(sizes.values())
        for folder in folders:
            with self._lock:
                in_use = self._used.get(folder.name, 0) > 0
            if total <= self._settings.voicebank_cache_bytes or folder.name == newest or in_use:
                continue
            gone = self._folder / f".{folder.name}-{uuid.uuid4().hex}.gone"
            self._loaded.pop(folder.name, None)
            with contextlib.suppress(OSError):
                folder.rename(gone)
                shutil.rmtree(gone, ignore_errors=True)
            total -= sizes[folder.name]
            _log.info("a voicebank was removed from the cache", extra={"voicebank": folder.name})

    def _find(self) -> list[Entry]:
        prefix = self._settings.voicebank_prefix
        path = self._settings.voicebank_manifest_path
        if path is not None:
            manifest = json.loads(path.read_text())
        else:
            document = read(self._objects, f"{prefix}/manifest.json")
            manifest = None if document is None else document.data
        if manifest is not None:
            return list(_of_manifest(manifest, prefix))
        names = [info.name for info in self._objects.list(prefix)]
        tarballs = [n for n in names if n.endswith(".tar.gz") and "/" not in n[len(prefix) + 1 :]]
        ids = [n[len(prefix) + 1 : -7] for n in tarballs]
        return [Entry(i, n, {}) for i, n in zip(ids, tarballs, strict=True) if _ID.fullmatch(i)]


def _of_manifest(manifest: Any, prefix: str) -> Iterator[Entry]:
    rows = manifest.get("voicebanks") if isinstance(manifest, dict) else None
    if not isinstance(rows, list):
        _log.error("the manifest of voicebanks has no list of them")
        return
    for row in rows:
        name = row.get("id") if isinstance(row, dict) else None
        if not isinstance(name, str) or not _ID.fullmatch(name):
            _log.error("the manifest names a voicebank without a usable id", extra={"row": repr(row)[:200]})
        elif row.get("enabled", True):
            given = row.get("storage_object")
            yield Entry(name, given if isinstance(given, str) else f"{prefix}/{name}.tar.gz", row)


def bank_root(folder: Path) -> Path:
    """The folder with both dsconfig.yaml and character.yaml; the outermost. Raises a `VoicebankError`."""
    found = [p.parent for p in folder.rglob("dsconfig.yaml") if (p.parent / "character.yaml").is_file()]
    if not found:
        raise VoicebankError("The tarball has no folder with dsconfig.yaml and character.yaml")
    return min(found, key=lambda path: len(path.parts))


def check(voicebank_id: str, root: Path) -> None:
    """Raises a `VoicebankError` that names the first faults of a voicebank, if it has errors."""
    errors = [f for f in sonic.Voicebank(root).check() if f.severity == "error"]
    if errors:
        told = "; ".join(f"{f.code} in {f.file}: {f.message}" for f in errors[:3])
        raise VoicebankError(f"The voicebank {voicebank_id} has {len(errors)} errors: {told}")
