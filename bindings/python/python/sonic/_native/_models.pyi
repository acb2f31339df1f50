"""The files of models."""

from collections.abc import Callable

from .. import models
from ._types import AnyPath

def list_models(*, folder: AnyPath | None = None) -> list[models.RegistryEntry]:
    """All models in order of id: those that came with sonic, and those with a manifest in the folder. A list of
    `RegistryEntry`.

    `folder` is where model files are; None is `SONIC_MODELS`, or else `sonic/models` in the folder for the user's data.
    Raises `ModelError` if a manifest in the folder is wrong.
    """

def resolve_model(model: AnyPath, *, folder: AnyPath | None = None, commercial_only: bool = False) -> models.Model:
    """The files of a model: its id, or the path of a manifest or of an ONNX file. Nothing is fetched. A `Model`.

    With `commercial_only` models whose licence forbids commercial use are refused. Raises `NotFoundError` if there is no
    such model, `ModelError` if a file of it is not there or its licence is refused.
    """

def pull_model(
    model: AnyPath,
    *,
    folder: AnyPath | None = None,
    commercial_only: bool = False,
    accept_unverified: bool = False,
    mirror: str | None = None,
    offline: AnyPath | None = None,
    progress: Callable[[int, int | None], object] | None = None,
) -> models.Pulled:
    """Brings the files of a model into the folder, unless they are there and right, and gives where they are: a `Pulled`.
    Nothing else in sonic fetches anything.

    A file gets its name only when all of it is there and has the hash of the manifest; `accept_unverified` takes files of
    which no hash is known. `mirror` is the address of a folder with model files, `offline` a folder with them: then no
    other place is used. `progress` is called with the bytes of the present file that have come and all of them, None if
    that is not known; what it raises, and Ctrl-C, cancel the pull. Raises `NotFoundError` if there is no such model,
    `ModelError` if its licence is refused (`commercial_only`) or it cannot be verified, `MismatchError` for a wrong hash.
    """

def verify_model(model: AnyPath, *, folder: AnyPath | None = None) -> models.Verified:
    """Compares the files of a model with the hashes that they should have: a `Verified`, the worst of what is known about
    them. Raises `NotFoundError` if there is no such model.
    """
