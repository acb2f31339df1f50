"""Which rows belong together: `cluster` and the estimator `HDBSCAN`."""

import pickle
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import sonic


def blobs(seed: int = 1, dimensions: int = 8, size: int = 40) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Four blobs of different density in a shuffled order, and a few rows that are in none of them."""
    random = np.random.default_rng(seed)
    centres = 10 * random.standard_normal((4, dimensions))
    rows = [centre + (0.3 + 0.3 * n) * random.standard_normal((size, dimensions)) for n, centre in enumerate(centres)]
    strangers = random.uniform(-60, 60, (12, dimensions))
    x = np.concatenate([*rows, strangers]).astype(np.float32)
    truth = np.concatenate([np.repeat(np.arange(4), size), np.full(12, -1)])
    order = random.permutation(len(x))
    return x[order], truth[order]


def same_partition(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> bool:
    """Noise is noise in both, and clusters are the same whatever their numbers."""
    pairs = set(zip(a.tolist(), b.tolist(), strict=True))
    return len({x for x, _ in pairs}) == len(pairs) == len({y for _, y in pairs}) and all(
        (x == -1) == (y == -1) for x, y in pairs
    )


def test_clusters_and_noise_are_found() -> None:
    x, truth = blobs()
    labels = sonic.cluster(x)
    assert labels.dtype == np.int64
    assert labels.shape == (len(x),)
    assert same_partition(labels, truth)
    # Numbers are given in the order of first rows.
    assert [labels[labels != -1].tolist().index(n) for n in range(4)] == sorted(
        labels[labels != -1].tolist().index(n) for n in range(4)
    )


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_layouts_and_types_do_not_matter(metric: str) -> None:
    x, _ = blobs()
    expected = sonic.cluster(x, metric=metric)  # type: ignore[arg-type]
    strided = np.repeat(x, 2, axis=1)[:, ::2]
    others: list[npt.ArrayLike] = [x.astype(np.float64), np.asfortranarray(x), x.tolist(), strided]
    for other in others:
        assert (sonic.cluster(other, metric=metric, threads=3) == expected).all()  # type: ignore[arg-type]


def test_cosine_does_not_look_at_lengths() -> None:
    x, _ = blobs(dimensions=3)
    lengths = np.random.default_rng(0).uniform(0.1, 100, (len(x), 1))
    assert (sonic.cluster(x, metric="cosine") == sonic.cluster(x * lengths, metric="cosine")).all()


def test_rows_that_are_not_finite_are_noise() -> None:
    x, _ = blobs()
    expected = sonic.cluster(x)
    broken = np.insert(x, [3, 50], np.nan, axis=0)
    broken[3, 0] = np.inf
    labels = sonic.cluster(broken)
    assert labels[[3, 51]].tolist() == [-1, -1]
    assert (np.delete(labels, [3, 51]) == expected).all()
    assert sonic.cluster(np.full((7, 3), np.nan)).tolist() == [-1] * 7
    assert sonic.cluster(np.full((7, 3), 1e300), allow_single_cluster=True).tolist() == [0] * 7  # Squares overflow.


def test_nothing_gives_nothing() -> None:
    for empty in ([], np.zeros((0, 4))):
        labels = sonic.cluster(empty)
        assert labels.shape == (0,)
        assert labels.dtype == np.int64
        assert sonic.cluster(empty, method="dbscan").shape == (0,)
    assert sonic.cluster([[1.0, 2.0]]).tolist() == [-1]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"x": [1.0, 2.0]}, "reshape"),
        ({"x": np.zeros((2, 2, 2))}, "shape"),
        ({"x": [["a", "b"]]}, "numbers"),
        ({"x": [[1, 2], [3]]}, "numbers"),
        ({"x": None}, "numbers"),
        ({"x": np.zeros((5, 0))}, "dimension"),
        ({"min_cluster_size": 1}, "min_cluster_size"),
        ({"min_cluster_size": -1}, "0 or more"),
        ({"min_samples": 0}, "min_samples"),
        ({"metric": "manhattan"}, "cosine"),
        ({"method": "kmeans"}, "dbscan"),
        ({"cluster_selection_method": "best"}, "leaf"),
        ({"cluster_selection_epsilon": -1.0}, "epsilon"),
        ({"alpha": 0.0}, "alpha"),
        ({"method": "dbscan", "epsilon": float("nan")}, "epsilon"),
        ({"progress": 3}, "callable"),
    ],
)
def test_wrong_arguments_say_what_to_do(arguments: dict[str, Any], part: str) -> None:
    with pytest.raises(sonic.InvalidArgumentError, match=part):
        sonic.cluster(**{"x": np.zeros((6, 2)), **arguments})


def test_dbscan() -> None:
    x = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [9.0]])
    assert sonic.cluster(x, method="dbscan", min_samples=2).tolist() == [0, 0, 0, 1, 1, -1]
    assert sonic.cluster(x, method="dbscan", min_samples=2, epsilon=10).tolist() == [0] * 6
    assert sonic.cluster(x, method="dbscan").tolist() == [-1] * 6


def test_progress_is_reported_and_can_cancel() -> None:
    x = np.random.default_rng(0).standard_normal((1500, 64))
    parts: list[float] = []
    sonic.cluster(x, progress=parts.append)
    assert parts == sorted(parts)
    assert parts[-1] == 1.0

    def refuse(part: float) -> None:
        raise KeyError(part)

    with pytest.raises(KeyError):
        sonic.cluster(x, progress=refuse)


def test_python_goes_on_meanwhile() -> None:
    x = np.random.default_rng(0).standard_normal((2000, 64))
    done = threading.Event()
    labels: list[npt.NDArray[np.int64]] = []
    thread = threading.Thread(target=lambda: (labels.append(sonic.cluster(x)), done.set()))
    thread.start()
    turns = 0
    while not done.wait(0.001):
        turns += 1
    thread.join()
    assert turns > 0
    assert labels[0].shape == (2000,)


def test_the_estimator_keeps_the_rules() -> None:
    x, truth = blobs()
    model = sonic.HDBSCAN(min_cluster_size=6, metric="euclidean")
    assert model.get_params()["min_cluster_size"] == 6
    assert repr(model) == "HDBSCAN(min_cluster_size=6)"
    assert not hasattr(model, "labels_")
    assert model.fit(x, y=None) is model
    assert same_partition(model.labels_, truth)
    assert (model.fit_predict(x) == model.labels_).all()
    assert model.n_features_in_ == 8
    for numbers in (model.probabilities_, model.outlier_scores_):
        assert numbers.dtype == np.float32
        assert ((numbers >= 0) & (numbers <= 1)).all()
    assert (model.probabilities_[model.labels_ == -1] == 0).all()
    assert (model.probabilities_[model.labels_ != -1] > 0).all()
    assert model.set_params(min_cluster_size=100) is model
    assert (model.fit_predict(x) == -1).all()
    with pytest.raises(ValueError, match="Invalid parameter 'size'"):
        model.set_params(size=3)
    with pytest.raises(sonic.InvalidArgumentError, match="metric"):
        sonic.HDBSCAN(metric="l2").fit(x)  # type: ignore[arg-type]


def test_new_rows_join_clusters() -> None:
    x, _ = blobs()
    model = sonic.HDBSCAN()
    with pytest.raises(sonic.InvalidArgumentError, match="fit"):
        model.predict(x)
    model.fit(x)
    near = x[model.labels_ != -1] + 0.01
    assert (model.predict(near) == model.labels_[model.labels_ != -1]).all()
    labels, strengths = model.approximate_predict([[1e4] * 8, [np.nan] * 8])
    assert labels.tolist() == [-1, -1]
    assert strengths.tolist() == [0, 0]
    assert model.predict(np.zeros((0, 8))).shape == (0,)
    with pytest.raises(sonic.InvalidArgumentError, match="3 features"):
        model.predict([[1, 2, 3]])


def test_a_model_survives_pickling() -> None:
    x, _ = blobs()
    model = sonic.HDBSCAN(min_samples=4).fit(x)
    again: sonic.HDBSCAN = pickle.loads(pickle.dumps(model))
    assert again.get_params() == model.get_params()
    assert (again.labels_ == model.labels_).all()
    assert (again.predict(x + 0.05) == model.predict(x + 0.05)).all()
    assert not hasattr(pickle.loads(pickle.dumps(sonic.HDBSCAN())), "labels_")


def test_importing_stays_light() -> None:
    code = "import sys, sonic; print([m for m in ('numpy', 'sklearn', 'onnxruntime') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed: the comparison with it is not made")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"min_cluster_size": 8, "min_samples": 3},
        {"cluster_selection_method": "leaf"},
        {"metric": "cosine", "min_samples": 4},
        {"cluster_selection_epsilon": 2.0},
        {"alpha": 0.7, "min_samples": 2},
    ],
)
def test_labels_are_those_of_scikit_learn(seed: int, options: dict[str, Any]) -> None:
    """Edges of one length are in no order there, so that a row at the rim of a cluster may be in it or not."""
    from sklearn.cluster import HDBSCAN
    from sklearn.metrics import adjusted_rand_score

    x, _ = blobs(seed, dimensions=5)
    ours, theirs = sonic.HDBSCAN(**options).fit(x), HDBSCAN(**options).fit(x.astype(np.float64))
    assert adjusted_rand_score(theirs.labels_, ours.labels_) > 0.97
    if not options:
        assert same_partition(ours.labels_, theirs.labels_)
        assert np.corrcoef(ours.probabilities_, theirs.probabilities_)[0, 1] > 0.99


@pytest.mark.filterwarnings("ignore")
def test_it_is_the_end_of_a_pipeline() -> None:
    from sklearn.base import clone
    from sklearn.cluster import HDBSCAN
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, _ = blobs(dimensions=5)
    pipeline = make_pipeline(StandardScaler(), sonic.HDBSCAN(min_cluster_size=6))
    labels = pipeline.fit_predict(x)
    theirs = make_pipeline(StandardScaler(), HDBSCAN(min_cluster_size=6)).fit_predict(x)
    assert same_partition(labels, theirs)
    assert (pipeline.predict(x[:5] + 0.001) == labels[:5]).all()
    pipeline.set_params(hdbscan__min_cluster_size=7)
    copy = clone(pipeline)
    assert copy["hdbscan"].get_params() == pipeline["hdbscan"].get_params()
    assert copy["hdbscan"].min_cluster_size == 7
    assert not hasattr(copy["hdbscan"], "labels_")
    assert repr(pipeline)
