"""Clusters of rows."""

from collections.abc import Callable
from typing import Literal, final

import numpy as np
import numpy.typing as npt

from ._types import Metric, Selection

def cluster(
    x: npt.ArrayLike,
    min_cluster_size: int = 5,
    min_samples: int | None = None,
    metric: Metric = "euclidean",
    *,
    method: Literal["hdbscan", "dbscan"] = "hdbscan",
    epsilon: float | None = None,
    cluster_selection_epsilon: float = 0.0,
    max_cluster_size: int | None = None,
    alpha: float = 1.0,
    cluster_selection_method: Selection = "eom",
    allow_single_cluster: bool = False,
    threads: int = 0,
    progress: Callable[[float], object] | None = None,
) -> npt.NDArray[np.int64]:
    """The cluster of each row: an array of shape (n,), int64, numbered from 0 in the order of first rows; -1 is noise.

    `x` is array-like of shape (n, d): real numbers, compared as they are, in double precision; whole numbers that float64
    does not hold are refused. A row with a number that is not finite is noise and has no
    influence on others. `metric` is "euclidean" or "cosine" (1 less the cosine). `method` is "hdbscan" (clusters of any
    density; `HDBSCAN` describes its options) or "dbscan": rows nearer to each other than `epsilon` (0.5) are neighbours,
    `min_samples` (5) of them, itself included, make a row the core of a cluster. With "hdbscan" `epsilon` is another name
    of `cluster_selection_epsilon`. `threads` is how many work (0: as many as there are cores); labels are the same for any
    number. `progress` is called with the part that is done, 0 to 1. Raises `InvalidArgumentError` if `x` has another
    shape, or an option is out of its range.
    """

@final
class Clustering:
    """A clustering by HDBSCAN that predicts where new rows belong: what `sonic.HDBSCAN` keeps after `fit`."""
    def __new__(
        cls,
        x: npt.ArrayLike,
        min_cluster_size: int,
        min_samples: int | None,
        metric: Metric,
        cluster_selection_epsilon: float,
        max_cluster_size: int | None,
        alpha: float,
        cluster_selection_method: Selection,
        allow_single_cluster: bool,
        threads: int,
    ) -> Clustering: ...
    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """The cluster of each row: shape (n,), int64; -1 for noise."""
    @property
    def probabilities(self) -> npt.NDArray[np.float32]:
        """How firmly each row belongs to its cluster, 0 to 1: shape (n,), float32."""
    @property
    def outlier_scores(self) -> npt.NDArray[np.float32]:
        """How far each row lies outside of what is dense near it, 0 to 1: shape (n,), float32."""
    @property
    def rows(self) -> npt.NDArray[np.float32] | npt.NDArray[np.float64]:
        """The rows that were clustered: shape (n, d), float32 or float64 as they were compared."""
    @property
    def dimensions(self) -> int:
        """Numbers of a row."""
    def predict(self, x: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The cluster that each of other rows would join, and how firmly."""
