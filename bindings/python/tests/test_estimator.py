"""`HDBSCAN` as an estimator: scikit-learn's rules, tables, precision, Ctrl-C, and without scikit-learn."""

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import sonic

# What scikit-learn's own suite skips as well unless the environment asks for it: arrays of other libraries.
SKIPPED = {"check_array_api_input"}

WITHOUT = """
import sys
for name in ("sklearn", "sklearn.base", "scipy", "pandas"):
    sys.modules[name] = None
import numpy, sonic
x = numpy.repeat([[0.0], [5.0]], 10, axis=0) + numpy.arange(20)[:, None] % 7 / 50
model = sonic.HDBSCAN(min_cluster_size=4)
try:
    model.predict(x)
    raise SystemExit("it was asked before fit")
except sonic.InvalidArgumentError as error:
    assert "fit" in str(error), error
assert model.fit_predict(x).tolist() == [0] * 10 + [1] * 10, model.labels_
assert model.predict(x + 0.001).tolist() == [0] * 10 + [1] * 10
assert repr(model) == "HDBSCAN(min_cluster_size=4)", repr(model)
assert model.set_params(n_jobs=-2).get_params()["n_jobs"] == -2
assert model.n_features_in_ == 1 and model._estimator_type == "clusterer"
try:
    model.set_params(size=3)
    raise SystemExit("a parameter that there is not was set")
except ValueError as error:
    assert "size" in str(error), error
"""


def metres() -> npt.NDArray[np.float64]:
    """Two groups of sixty places on the map, as UTM coordinates."""
    random = np.random.default_rng(0)
    places = [random.normal((500000 + n, 5400000 + n), 0.05, (60, 2)) for n in (0, 1)]
    return np.vstack(places)


def test_without_scikit_learn() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", WITHOUT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout


def test_scikit_learn_is_not_imported_before_the_estimator_is_named() -> None:
    code = "import sys, sonic; sonic.cluster([[1.0]] * 6); print('sklearn' in sys.modules, 'HDBSCAN' in dir(sonic))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize(
    ("count", "threads"), [(None, 0), (-1, 0), (1, 1), (3, 3), (-1000, 1), (np.int64(2), 2), (-2, None)]
)
def test_jobs_are_counted_as_joblib_does(count: Any, threads: int | None) -> None:
    from sonic import _estimator

    if threads is None:
        threads = max(len(os.sched_getaffinity(0)) - 1, 1) if hasattr(os, "sched_getaffinity") else None
    assert threads is None or _estimator.threads(count) == threads
    assert sonic.HDBSCAN(n_jobs=count).fit(metres()).labels_.max() == 1


@pytest.mark.parametrize("count", [0, 1.5, "two", True])
def test_jobs_that_mean_nothing(count: Any) -> None:
    with pytest.raises(sonic.InvalidArgumentError, match="n_jobs"):
        sonic.HDBSCAN(n_jobs=count).fit(metres())


def test_numbers_are_not_rounded() -> None:
    x, truth = metres(), np.repeat([0, 1], 60)
    model = sonic.HDBSCAN(min_cluster_size=10).fit(x)
    assert (model.labels_ == truth).all()
    assert (model.predict(x + 0.001) == truth).all()
    assert (sonic.cluster(x.tolist(), 10) == truth).all()
    assert (sonic.cluster(x, 5, method="dbscan", epsilon=0.2) == truth).all()
    whole = np.round(100 * (x - x.mean(axis=0))).astype(np.int64)
    for offset in (2**24, 2**31, 2**52):
        assert (sonic.HDBSCAN(min_cluster_size=10).fit_predict(whole + offset) == truth).all()
    assert (sonic.HDBSCAN(min_cluster_size=10).fit_predict(whole.astype(np.int32)) == truth).all()
    assert (sonic.HDBSCAN(min_cluster_size=10).fit_predict((x - x.mean(axis=0)) * 1e200) == truth).all()


@pytest.mark.parametrize("kind", ["int64", "uint64", "object"])
def test_whole_numbers_that_would_be_rounded_are_refused(kind: str) -> None:
    x = np.array([[2**60 + 1], [2**60 + 3], [5]], dtype=kind)
    for call in (sonic.HDBSCAN().fit, sonic.cluster):
        with pytest.raises(sonic.InvalidArgumentError, match="offset"):
            call(x)
    x[:2] = 2**60  # That is exact.
    assert sonic.HDBSCAN().fit_predict(x).tolist() == [-1] * 3


def test_what_is_no_table_of_real_numbers_is_refused_by_name() -> None:
    class Sparse:
        shape = (3, 2)

        def tocsr(self) -> None: ...

    for x, part in [
        (Sparse(), "toarray"),
        (np.ones((6, 2), dtype=complex), "Complex"),
        (np.full((6, 2), {}, dtype=object), "real number"),
        (np.full((6, 2), "a", dtype=object), "a"),
        (np.zeros((6, 2), dtype="datetime64[s]"), "datetime64"),
        (np.ones(6), "Reshape"),
        (np.ones((6, 0)), "0 feature"),
        (np.ones((0, 2)), "0 sample"),
    ]:
        with pytest.raises(sonic.InvalidArgumentError, match=part):
            sonic.HDBSCAN().fit(x)  # type: ignore[arg-type]
    objects = metres().astype(object)
    assert (sonic.HDBSCAN(min_cluster_size=10).fit_predict(objects) == np.repeat([0, 1], 60)).all()


def test_tables_have_names() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: its tables are not looked at")
    x, truth = metres(), np.repeat([0, 1], 60)
    table = pandas.DataFrame(x, columns=["east", "north"])
    model = sonic.HDBSCAN(min_cluster_size=10).fit(table)
    assert model.feature_names_in_.tolist() == ["east", "north"]
    assert (model.predict(table) == truth).all()
    with pytest.raises(ValueError, match="same order"):
        model.predict(table[["north", "east"]])
    with pytest.raises(ValueError, match="- up"):
        model.predict(table.rename(columns={"north": "up"}))
    with pytest.warns(UserWarning, match="valid feature names"):
        model.predict(x)
    assert not hasattr(model.fit(x), "feature_names_in_")
    with pytest.warns(UserWarning, match="without feature names"):
        model.predict(table)
    # Columns that may have no value: such rows are noise.
    nullable = table.round(3).astype("Float64")
    nullable.iloc[3, 1] = pandas.NA
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        labels = sonic.HDBSCAN(min_cluster_size=10).fit_predict(nullable)
    assert labels[3] == -1
    assert (np.delete(labels, 3) == np.delete(truth, 3)).all()
    whole = (1000 * (table - table.mean())).round().astype("Int64")
    assert (sonic.HDBSCAN(min_cluster_size=10).fit_predict(whole) == truth).all()
    with pytest.raises(sonic.InvalidArgumentError, match="string names"):
        sonic.HDBSCAN().fit(pandas.DataFrame(x, columns=["east", 2]))


def interrupted(work: Callable[[], object]) -> float:
    """Seconds from Ctrl-C until it was seen."""
    pressed: list[float] = []

    def press() -> None:
        pressed.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.2, press)
    timer.start()
    try:
        work()
    except KeyboardInterrupt:
        return time.perf_counter() - pressed[0]
    finally:
        timer.cancel()
        timer.join()
    raise AssertionError("it ended before Ctrl-C came: give it more to do")


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself Ctrl-C there")
def test_ctrl_c_stops_what_takes_long() -> None:
    random = np.random.default_rng(0)
    x, more = random.random((6000, 64), dtype="f4"), random.random((400_000, 64), dtype="f4")
    model = sonic.HDBSCAN(n_jobs=1).fit(x)
    works: list[Callable[[], object]] = [
        lambda: model.fit(more),
        lambda: sonic.HDBSCAN(n_jobs=1).fit_predict(more.astype("f8")),
        lambda: model.predict(more),
        lambda: model.approximate_predict(more),
        lambda: sonic.cluster(more, method="dbscan", threads=1),
    ]
    for work in works:
        # Whatever else the machine does; uninterrupted, each takes far longer.
        assert interrupted(work) < 2


@pytest.mark.filterwarnings("ignore")
def test_it_keeps_all_rules_of_scikit_learn() -> None:
    pytest.importorskip(
        "sklearn", minversion="1.7", reason="scikit-learn 1.7 is not installed: its rules are not checked"
    )
    from sklearn.utils.estimator_checks import check_estimator

    checks = check_estimator(sonic.HDBSCAN(), on_fail=None)
    assert len(checks) > 30
    others = {check["check_name"]: check["exception"] for check in checks if check["status"] != "passed"}
    assert set(others) <= SKIPPED, others


def test_it_is_one_of_scikit_learn_s_estimators() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: nothing to be a subclass of")
    from sklearn.base import BaseEstimator, ClusterMixin, clone, is_clusterer
    from sklearn.exceptions import NotFittedError
    from sklearn.model_selection import GridSearchCV

    model = sonic.HDBSCAN(min_cluster_size=10)
    assert isinstance(model, BaseEstimator)
    assert isinstance(model, ClusterMixin)
    assert is_clusterer(model)
    with pytest.raises(NotFittedError) as raised:
        model.predict(metres())
    assert isinstance(raised.value, sonic.InvalidArgumentError)
    assert clone(model.fit(metres())).get_params() == model.get_params()

    def score(fitted: sonic.HDBSCAN, x: npt.NDArray[np.float64], y: object = None) -> float:
        return float((fitted.predict(x) >= 0).mean())

    x = np.random.default_rng(1).permutation(metres())
    search = GridSearchCV(sonic.HDBSCAN(), {"min_cluster_size": [10, 200]}, scoring=score, cv=2).fit(x)
    assert search.best_params_ == {"min_cluster_size": 10}


def test_the_same_is_found_as_by_scikit_learn() -> None:
    cluster = pytest.importorskip("sklearn.cluster", reason="scikit-learn is not installed: nothing to compare with")
    random = np.random.default_rng(2)
    far = np.vstack([metres(), [[5e11, -5e11]]])
    levels = [random.normal((10.0**n, n), 0.01, (40, 2)) for n in range(2, 9)]
    for x in (metres(), far, np.vstack(levels)):
        ours, theirs = sonic.HDBSCAN(min_cluster_size=10), cluster.HDBSCAN(min_cluster_size=10, copy=True)
        pairs = set(zip(ours.fit_predict(x).tolist(), theirs.fit_predict(x).tolist(), strict=True))
        # The same clusters, whatever their numbers, and the same noise.
        assert len(pairs) == len(set(ours.labels_.tolist())) == len(set(theirs.labels_.tolist()))
        assert all((a == -1) == (b == -1) for a, b in pairs)
        assert np.abs(ours.probabilities_ - theirs.probabilities_).max() < 1e-4
