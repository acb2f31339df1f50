"""Which models there are, where their files are, and how they get there: only when `pull` is called.

for model in sonic.models.list():
    print(model.id, model.licence, "installed" if model.installed else "")
sonic.models.pull("yunet")
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ._native import list_models as list
from ._native import pull_model as pull
from ._native import resolve_model as resolve
from ._native import verify_model as verify

__all__ = [
    "Model",
    "Pulled",
    "PulledFile",
    "RegistryEntry",
    "RegistryFile",
    "Verified",
    "list",
    "pull",
    "resolve",
    "verify",
]


@dataclass(frozen=True, slots=True)
class RegistryFile:
    """A file of a model of a registry."""

    name: str
    """What the manifest calls it; "model" if it is the only one."""
    path: str
    """Where it is, or would be."""
    bytes: int | None
    """Its size; None if it is not there."""
    sha256: str | None
    """The SHA-256 that it should have; None if none is known."""
    url: str | None
    """Where it is published; None if it is not published in this form."""


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """A model of a registry."""

    id: str
    """The name that calls take for it."""
    task: str
    """What it is for, such as "face-embedding"."""
    built_in: bool
    """True if its manifest came with sonic."""
    installed: bool
    """True if its files are there, or it is part of sonic."""
    licence: str
    """The licence of the weights."""
    commercial: bool
    """True if the licence permits commercial use."""
    dimensions: int | None
    """Length of the vectors that it gives; None if it gives none."""
    source: str
    """The page or paper that describes it."""
    note: str
    """What else its user should know."""
    files: tuple[RegistryFile, ...]
    """Its files; none if it is part of sonic."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model whose files are there."""

    id: str
    """The name that calls take for it."""
    task: str
    """What it is for."""
    dimensions: int | None
    """Length of the vectors that it gives; None if it gives none."""
    files: Mapping[str, str]
    """Paths by the names that the manifest gives them; empty if it is part of sonic."""

    @property
    def path(self) -> Path | None:
        """The file of a model that has one; None if it has none or several."""
        return Path(next(iter(self.files.values()))) if len(self.files) == 1 else None


@dataclass(frozen=True, slots=True)
class PulledFile:
    """A file that is in the folder now."""

    name: str
    """What the manifest calls it."""
    path: str
    """Where it is."""
    source: str | None
    """Where it came from; None if it was there already."""
    sha256: str
    """Its SHA-256."""
    verified: bool
    """True if that is the hash of the manifest."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model that is in the folder now."""

    files: tuple[PulledFile, ...]
    """Its files; none if it is part of sonic."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What is known about the files of a model. True unless one is missing or wrong."""

    status: Literal["built_in", "good", "unknown", "wrong", "missing"]
    """"good" if all have the hashes of the manifest, "unknown" if it has none, "built_in" for a part of sonic."""
    sha256: str | None
    """The hash that a file has if it is "unknown" or "wrong"."""

    def __bool__(self) -> bool:
        return self.status not in ("wrong", "missing")
