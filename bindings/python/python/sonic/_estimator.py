"""What an estimator inherits: scikit-learn's own bases where it is installed, else the little that is needed of them.

scikit-learn takes longer to import than all of sonic. So this module is imported when `sonic.HDBSCAN` is first named,
and not before: from then on the class is the same for everybody, whoever imports scikit-learn first. `clone`, pipelines
and searches look at `get_params` and tags, `isinstance` at the bases.
"""

from __future__ import annotations

import inspect
import warnings
from typing import TYPE_CHECKING, Any, ClassVar

from ._errors import InvalidArgumentError

if TYPE_CHECKING:
    from typing_extensions import Self


class PlainEstimator:
    """The parameters of `__init__` by name, read and written: what scikit-learn's `BaseEstimator` does."""

    @classmethod
    def _get_param_names(cls) -> list[str]:
        return [name for name in inspect.signature(cls).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The options by name."""
        return {name: getattr(self, name) for name in self._get_param_names()}

    def set_params(self, **params: Any) -> Self:
        """Changes options; they count from the next `fit` on."""
        known = self._get_param_names()
        for name, value in params.items():
            if name not in known:
                message = f"Invalid parameter {name!r} for estimator {self!r}. Valid parameters are: {known!r}."
                raise InvalidArgumentError(message)
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        given = self.get_params()
        plain = {name: one.default for name, one in inspect.signature(type(self)).parameters.items()}
        shown = [f"{name}={value!r}" for name, value in given.items() if plain[name] != value]
        return f"{type(self).__name__}({', '.join(shown)})"


class PlainClusterer:
    """Tells that it is a clusterer: what scikit-learn's `ClusterMixin` does."""

    _estimator_type: ClassVar[str] = "clusterer"


# What the checker of types sees is the plain ones; scikit-learn has no types.
if TYPE_CHECKING:
    from typing import TypeAlias

    _NotFitted: TypeAlias = AttributeError
else:
    try:
        from sklearn.base import BaseEstimator as _Estimator
        from sklearn.base import ClusterMixin as _Clusterer
        from sklearn.exceptions import NotFittedError as _NotFitted
    except ImportError:
        _Estimator, _Clusterer, _NotFitted = PlainEstimator, PlainClusterer, AttributeError


class NotFittedError(InvalidArgumentError, _NotFitted):
    """An estimator was asked before `fit`. It is scikit-learn's `NotFittedError` too where that is installed."""


def shaped(x: Any) -> Any:
    """An array-like that knows its shape, and has rows and columns if it has two dimensions."""
    if not hasattr(x, "shape"):
        try:
            import numpy

            x = numpy.asarray(x)
        except (ImportError, ValueError):  # No NumPy, or rows of unequal length: what takes the numbers says so.
            return x
    shape = tuple(x.shape)
    for number, name in zip(shape, ("sample", "feature"), strict=False):
        if number == 0 and (len(shape) == 2 or name == "sample"):
            raise InvalidArgumentError(
                f"Found array with 0 {name}(s) (shape={shape}) while a minimum of 1 is required."
            )
    return x


def names_of(x: Any) -> list[str] | None:
    """The names of the columns of a table; None if it has none, or they are no strings."""
    columns = getattr(x, "columns", None)
    if columns is None or callable(columns):
        return None
    names = list(columns)
    strings = [isinstance(name, str) for name in names]
    if any(strings) and not all(strings):
        kinds = sorted({type(name).__name__ for name in names})
        raise InvalidArgumentError(
            f"Feature names are only supported if all input features have string names, but your input has {kinds} as"
            " feature name / column name types: convert them with X.columns = X.columns.astype(str)"
        )
    return names if names and all(strings) else None


def check_names(estimator: object, x: Any) -> None:
    """That the columns of a table are those that were fitted, in their order."""
    fitted, given = getattr(estimator, "feature_names_in_", None), names_of(x)
    name = type(estimator).__name__
    if fitted is None or given is None:
        if given is not None:
            warnings.warn(f"X has feature names, but {name} was fitted without feature names", stacklevel=3)
        elif fitted is not None:
            message = f"X does not have valid feature names, but {name} was fitted with feature names"
            warnings.warn(message, stacklevel=3)
        return
    if list(fitted) == given:
        return
    unseen, missing = sorted({*given} - {*fitted}), sorted({*fitted} - {*given})
    lines = ["The feature names should match those that were passed during fit."]
    if unseen:
        lines += ["Feature names unseen at fit time:", *(f"- {one}" for one in unseen)]
    if missing:
        lines += ["Feature names seen at fit time, yet now missing:", *(f"- {one}" for one in missing)]
    if not unseen and not missing:
        lines.append("Feature names must be in the same order as they were in fit.")
    raise InvalidArgumentError("\n".join(lines) + "\n")


def threads(jobs: Any) -> Any:
    """The threads that `n_jobs` stands for, 0 for all: counted as joblib counts, but None is all of them."""
    if jobs is None or jobs == -1:
        return 0
    if isinstance(jobs, bool) or not hasattr(jobs, "__index__"):
        raise InvalidArgumentError(f"n_jobs must be a whole number or None, not {jobs!r}")
    if jobs == 0:
        raise InvalidArgumentError("n_jobs == 0 has no meaning: -1 is all cores, None too")
    if jobs < 0:
        import os

        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return max(cores + 1 + jobs, 1)
    return jobs
