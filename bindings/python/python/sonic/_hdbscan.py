"""HDBSCAN as an estimator of the kind that scikit-learn's pipelines take; scikit-learn is not needed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ._errors import InvalidArgumentError
from ._native import Clustering

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from typing_extensions import Self

_OPTIONS = (
    "min_cluster_size",
    "min_samples",
    "metric",
    "cluster_selection_epsilon",
    "max_cluster_size",
    "alpha",
    "cluster_selection_method",
    "allow_single_cluster",
    "n_jobs",
)


class HDBSCAN:
    """Clusters of any density among rows, and which of them are noise (Campello et al. 2013, McInnes et al. 2017).

    The options and what `fit` sets are named as in scikit-learn's HDBSCAN, and mean the same. The calculation is exact,
    in double precision on rows of float32; labels are the same on any machine. A row with a number that is not finite
    is noise and has no influence on others. Memory grows with the number of rows, time with its square.

    min_cluster_size: rows that make a cluster, at least 2.
    min_samples: rows near a row, itself included, within which its density is taken; None for min_cluster_size.
    metric: "euclidean", or "cosine" for 1 less the cosine; rows need not have length 1.
    cluster_selection_epsilon: clusters nearer to each other than this are not parted.
    max_cluster_size: larger clusters are parted where they can be; None for no limit.
    alpha: what distances are divided by before they are compared with densities.
    cluster_selection_method: "eom" for the clusters that last longest, "leaf" for the smallest.
    allow_single_cluster: whether all rows may be one cluster.
    n_jobs: threads; None and -1 for as many as there are cores.

    After `fit`: labels_ (n,) int64 with -1 for noise, probabilities_ (n,) float32, outlier_scores_ (n,) float32 (GLOSH,
    0 to 1), n_features_in_.
    """

    _estimator_type: ClassVar[str] = "clusterer"

    labels_: npt.NDArray[np.int64]
    probabilities_: npt.NDArray[np.float32]
    outlier_scores_: npt.NDArray[np.float32]
    n_features_in_: int
    _clustering: Clustering | None
    _fitted: dict[str, Any]
    _rows: npt.NDArray[np.float32]

    def __init__(
        self,
        min_cluster_size: int = 5,
        min_samples: int | None = None,
        metric: Literal["euclidean", "cosine"] = "euclidean",
        cluster_selection_epsilon: float = 0.0,
        *,
        max_cluster_size: int | None = None,
        alpha: float = 1.0,
        cluster_selection_method: Literal["eom", "leaf"] = "eom",
        allow_single_cluster: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        # As they are given: `fit` checks them, so that set_params and clone work.
        self.min_cluster_size = min_cluster_size
        self.min_samples = min_samples
        self.metric = metric
        self.cluster_selection_epsilon = cluster_selection_epsilon
        self.max_cluster_size = max_cluster_size
        self.alpha = alpha
        self.cluster_selection_method = cluster_selection_method
        self.allow_single_cluster = allow_single_cluster
        self.n_jobs = n_jobs

    def fit(self, X: npt.ArrayLike, y: object = None) -> Self:
        """Clusters the rows of `X`, array-like of shape (n, d); `y` is not looked at.

        Fewer rows than make a cluster are all noise. Raises `InvalidArgumentError` if `X` has another shape, or an
        option is out of its range.
        """
        options = self.get_params()
        clustering = self._cluster(X, options)
        self._clustering, self._fitted = clustering, options
        self.labels_ = clustering.labels
        self.probabilities_ = clustering.probabilities
        self.outlier_scores_ = clustering.outlier_scores
        self.n_features_in_ = clustering.dimensions
        return self

    def fit_predict(self, X: npt.ArrayLike, y: object = None) -> npt.NDArray[np.int64]:
        """Clusters the rows of `X` and gives `labels_`."""
        return self.fit(X).labels_

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The cluster that each of other rows would join, -1 for none; the clusters stay as they are."""
        return self.approximate_predict(X)[0]

    def approximate_predict(self, X: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The cluster that each of other rows would join, and how firmly it would belong to it, 0 to 1."""
        if not self.__sklearn_is_fitted__():
            raise InvalidArgumentError("this HDBSCAN has no clusters yet: call fit first")
        if self._clustering is None:  # It was pickled: the rows were, not what is made of them.
            self._clustering = self._cluster(self._rows, self._fitted)
        return self._clustering.predict(X)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The options by name."""
        return {name: getattr(self, name) for name in _OPTIONS}

    def set_params(self, **params: Any) -> Self:
        """Changes options; they count from the next `fit` on."""
        for name, value in params.items():
            if name not in _OPTIONS:
                raise InvalidArgumentError(f"HDBSCAN has no option {name!r}: it has {', '.join(_OPTIONS)}")
            setattr(self, name, value)
        return self

    @staticmethod
    def _cluster(rows: npt.ArrayLike, options: dict[str, Any]) -> Clustering:
        jobs = options["n_jobs"]
        values = {**options, "n_jobs": 0 if jobs in (None, -1) else jobs}.values()
        return Clustering(rows, *values)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "labels_")

    def __sklearn_tags__(self) -> Any:
        sklearn: Any = import_module("sklearn.utils")  # It is there: it asks. Versions that do not have no tags.
        return sklearn.Tags(
            estimator_type="clusterer",
            target_tags=sklearn.TargetTags(required=False),
            input_tags=sklearn.InputTags(allow_nan=True),
        )

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        clustering = state.get("_clustering")
        if clustering is not None:
            state["_clustering"], state["_rows"] = None, clustering.rows
        return state

    def __repr__(self) -> str:
        given = self.get_params()
        plain = type(self)().get_params() if type(self) is HDBSCAN else {}
        shown = [f"{name}={value!r}" for name, value in given.items() if plain.get(name, ...) != value]
        return f"{type(self).__name__}({', '.join(shown)})"
