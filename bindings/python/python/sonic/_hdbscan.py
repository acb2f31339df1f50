"""HDBSCAN as an estimator of scikit-learn's; scikit-learn is not needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ._estimator import NotFittedError, check_names, names_of, shaped, threads
from ._native import Clustering

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from typing_extensions import Self

    from ._estimator import PlainClusterer as _Clusterer
    from ._estimator import PlainEstimator as _Estimator
else:
    from ._estimator import _Clusterer, _Estimator


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


class HDBSCAN(_Clusterer, _Estimator):
    """Clusters of any density among rows, and which of them are noise (Campello et al. 2013, McInnes et al. 2017).

    The options and what `fit` sets are named as in scikit-learn's HDBSCAN, and mean the same but for `n_jobs=None`.
    Where scikit-learn is installed this is a subclass of its `ClusterMixin` and `BaseEstimator`.

    The calculation is exact, in double precision on the numbers as they are: float32, float64 and whole numbers; those
    that float64 does not hold are refused. Labels are the same on any machine. A row with a number that is not finite,
    or a missing value of pandas, is noise and has no influence on others. Memory grows with the number of rows, time
    with its square. Ctrl-C stops `fit` and `predict`.

    min_cluster_size: rows that make a cluster, at least 2.
    min_samples: rows near a row, itself included, within which its density is taken; None for min_cluster_size.
    metric: "euclidean", or "cosine" for 1 less the cosine; rows need not have length 1.
    cluster_selection_epsilon: clusters nearer to each other than this are not parted.
    max_cluster_size: larger clusters are parted where they can be; None for no limit.
    alpha: what distances are divided by before they are compared with densities.
    cluster_selection_method: "eom" for the clusters that last longest, "leaf" for the smallest.
    allow_single_cluster: whether all rows may be one cluster.
    n_jobs: threads, counted as joblib counts: -1 for all cores, -2 for all but one. None is all cores too, where
        scikit-learn means one; labels do not depend on it.

    After `fit`: labels_ (n,) int64 with -1 for noise, probabilities_ (n,) float32, outlier_scores_ (n,) float32 (GLOSH,
    0 to 1), n_features_in_, and of a table whose columns have names feature_names_in_ (d,).
    """

    labels_: npt.NDArray[np.int64]
    probabilities_: npt.NDArray[np.float32]
    outlier_scores_: npt.NDArray[np.float32]
    n_features_in_: int
    feature_names_in_: npt.NDArray[np.object_]
    _clustering: Clustering | None
    _fitted: dict[str, Any]
    _rows: npt.NDArray[np.float32 | np.float64]

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
        """Clusters the rows of `X`, array-like of shape (n, d), at least one; `y` is not looked at.

        Fewer rows than make a cluster are all noise. Raises `InvalidArgumentError` if `X` is sparse, holds what is no
        real number or has another shape, or an option is out of its range.
        """
        options = {name: getattr(self, name) for name in _OPTIONS}
        names = names_of(X)
        clustering = self._cluster(shaped(X), options)
        self._clustering, self._fitted = clustering, options
        self.labels_ = clustering.labels
        self.probabilities_ = clustering.probabilities
        self.outlier_scores_ = clustering.outlier_scores
        self.n_features_in_ = clustering.dimensions
        if names is not None:
            import numpy

            self.feature_names_in_ = numpy.asarray(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def fit_predict(self, X: npt.ArrayLike, y: object = None, **kwargs: Any) -> npt.NDArray[np.int64]:
        """Clusters the rows of `X` and gives `labels_`; `y` and what else pipelines pass on is not looked at."""
        return self.fit(X).labels_

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The cluster that each of other rows would join, -1 for none; the clusters stay as they are.

        Raises as `fit` does, `InvalidArgumentError` if the rows have other columns than those that were fitted, and
        before `fit` an error that is scikit-learn's `NotFittedError` where that is installed.
        """
        return self.approximate_predict(X)[0]

    def approximate_predict(self, X: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The cluster that each of other rows would join, and how firmly it would belong to it, 0 to 1.

        Raises as `predict`.
        """
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(f"this {type(self).__name__} is not fitted yet: call fit first")
        check_names(self, X)
        if self._clustering is None:  # It was pickled: the rows were, not what is made of them.
            self._clustering = self._cluster(self._rows, self._fitted)
        return self._clustering.predict(X)

    @staticmethod
    def _cluster(rows: Any, options: dict[str, Any]) -> Clustering:
        return Clustering(rows, *{**options, "n_jobs": threads(options["n_jobs"])}.values())

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "labels_")

    def __sklearn_tags__(self) -> Any:
        tags: Any = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.allow_nan = True
        return tags

    def _more_tags(self) -> dict[str, bool]:  # Before scikit-learn 1.6.
        return {"allow_nan": True}

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        clustering = state.get("_clustering")
        if clustering is not None:
            state["_clustering"], state["_rows"] = None, clustering.rows
        return state
