"""Writes expected.json: what scikit-learn's HDBSCAN and DBSCAN find in small sets that Rust and Python make alike.

    python make.py > expected.json

Needs scikit-learn and a numpy before 2.4, with which its epsilon works. The numbers of the sets are dyadic fractions, so that every step is exact; `rows` below
and `Set::rows` of the Rust test are the same function.

Where edges of the spanning tree have equal lengths, and with mutual reachability many do, the answer depends on which
comes first. scikit-learn leaves that to the order of its sort; sonic takes the edge between the nearer rows, then the
one whose rows come first. `labels`, `probabilities` and `outliers` come from scikit-learn's own hierarchy over a
spanning tree in that order; `direct` are the labels of HDBSCAN().fit, and `differing` the rows that the two have
otherwise. Without equal edges there is none, which is asserted.
"""

import json
import sys

import numpy
from sklearn.cluster import DBSCAN, HDBSCAN
from sklearn.cluster._hdbscan._linkage import MST_edge_dtype, make_single_linkage
from sklearn.cluster._hdbscan._tree import _condense_tree, tree_to_labels

NOISE_KINDS = {"nan": numpy.nan, "inf": numpy.inf}


class Random:
    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (self.state >> 52) / 4096

    def bell(self):
        return sum(self.uniform() for _ in range(4)) - 2


def rows(spec):
    """`groups` centres; each row is one of them and `spread` / 64 of a bell, every `noise`-th nothing but a bell."""
    random = Random(spec["seed"])
    count, dimensions, shape = spec["count"], spec["dimensions"], spec["shape"]
    groups, spread, noise = spec["groups"], spec["spread"], spec["noise"]
    if shape == "same":
        data = [[0.5] * dimensions for _ in range(count)]
    elif shape == "grid":
        side = 16
        data = [[float(i % side), float(i // side)] for i in range(count)]
    elif shape == "chain":
        data, at = [], 0.0
        for i in range(count):
            at += 1 + random.uniform() + (16 if i % 40 == 39 else 0)
            data.append([at] + [spread * random.bell() / 64 for _ in range(dimensions - 1)])
    elif shape == "moons":
        # Two parabolas that reach into each other.
        data = []
        for i in range(count):
            x = 2 * random.uniform() - 1
            side = i % 2
            y = x * x if side == 0 else 1 - x * x
            data.append([x + 0.75 * side + spread * random.bell() / 64, y + spread * random.bell() / 64])
    else:
        centres = [[4 * random.bell() if shape == "far" else random.bell() for _ in range(dimensions)] for _ in range(groups)]
        data = []
        for i in range(count):
            # Groups of unequal width where they are asked for.
            width = spread * (1 + i % groups) if shape == "uneven" else spread
            if noise and i % noise == noise - 1:
                data.append([random.bell() * (4 if shape == "far" else 1) for _ in range(dimensions)])
            else:
                data.append([x + width * random.bell() / 64 for x in centres[i % groups]])
    if shape == "twice":
        half = count // 2
        data[half : 2 * half] = [list(row) for row in data[:half]]
    data = numpy.array(data, dtype=numpy.float64).reshape(count, dimensions)
    exact = data.astype(numpy.float32)
    assert (exact.astype(numpy.float64) == data).all()
    if spec["unit"]:
        exact = (data / numpy.sqrt((data * data).sum(axis=1, keepdims=True))).astype(numpy.float32)
    for index, kind in spec["bad"]:
        exact[index, index % dimensions] = NOISE_KINDS[kind]
    return exact


def distances(data, metric):
    data = data.astype(numpy.float64)
    if metric == "cosine":
        data = data / numpy.sqrt((data * data).sum(axis=1, keepdims=True))
    squares = ((data[:, None, :] - data[None, :, :]) ** 2).sum(axis=2)
    return squares / 2 if metric == "cosine" else numpy.sqrt(squares)


def tree(data, spec):
    """Edges of the spanning tree in sonic's order, and how many pairs of them are equally long."""
    far = distances(data, spec["metric"])
    count = len(data)
    core = numpy.sort(far, axis=1)[:, min(spec["min_samples"], count) - 1]
    left, right = numpy.triu_indices(count, 1)
    squared = far[left, right]
    reach = numpy.maximum(numpy.maximum(core[left], core[right]), squared / spec["alpha"])
    sets = list(range(count))

    def find(x):
        while sets[x] != x:
            x = sets[x]
        return x

    edges = []
    for at in numpy.lexsort((right, left, squared, reach)):
        a, b = find(left[at]), find(right[at])
        if a != b:
            sets[a] = b
            edges.append((left[at], right[at], reach[at]))
    edges = numpy.array(edges, dtype=MST_edge_dtype)
    return edges, int((numpy.diff(edges["distance"]) == 0).sum())


def outliers(condensed, count):
    """GLOSH of Campello et al. (2015): 1 less the ratio of the densities of a row and of the densest below."""
    condensed = list(condensed)
    deepest = {}
    for parent, child, density, _ in reversed(condensed):
        deepest[parent] = max(deepest.get(parent, 0), density, deepest.get(child, 0))
    scores = numpy.zeros(count)
    for parent, child, density, _ in condensed:
        if child < count and numpy.isfinite(density) and deepest[parent] > 0:
            scores[child] = 1 - density / deepest[parent]
    return scores


def numbered(labels):
    """The same partition, numbered in the order of first rows; whatever is not in a cluster is -1."""
    numbers = {}
    return [-1 if label < 0 else numbers.setdefault(label, len(numbers)) for label in labels]


def differing(ours, theirs):
    pairs, rows = {}, 0
    for pair in zip(ours, theirs):
        pairs[pair] = pairs.get(pair, 0) + 1
    for label in set(ours):
        fitting = [n for (a, b), n in pairs.items() if a == label and (a < 0) == (b < 0)]
        rows += sum(n for (a, _), n in pairs.items() if a == label) - max(fitting, default=0)
    return rows


def expected(spec):
    data = rows(spec)
    good = numpy.isfinite(data).all(axis=1)
    if spec["metric"] == "cosine":
        good &= (data != 0).any(axis=1)
    count = int(good.sum())
    result = dict(spec)
    labels = numpy.full(len(data), -1)
    probabilities, scores = numpy.zeros(len(data)), numpy.ones(len(data))
    edges, ties = tree(data[good], spec)
    hierarchy = make_single_linkage(edges)
    method = {"eom": "eom", "leaf": "leaf"}[spec["selection"]]
    options = (spec["allow_single_cluster"], spec["epsilon"], spec["max_cluster_size"])
    if count >= spec["min_cluster_size"]:
        labels[good], probabilities[good] = tree_to_labels(hierarchy, spec["min_cluster_size"], method, *options)
    scores[good] = outliers(_condense_tree(hierarchy, spec["min_cluster_size"]), count)
    result["labels"] = numbered(labels)
    result["probabilities"] = [round(float(x), 5) for x in probabilities]
    result["outliers"] = [round(float(x), 5) for x in scores]
    result["ties"] = ties
    if count >= max(spec["min_samples"], spec["min_cluster_size"]):
        model = HDBSCAN(
            min_cluster_size=spec["min_cluster_size"],
            min_samples=spec["min_samples"],
            metric=spec["metric"],
            cluster_selection_epsilon=spec["epsilon"],
            max_cluster_size=spec["max_cluster_size"],
            cluster_selection_method=method,
            allow_single_cluster=spec["allow_single_cluster"],
            alpha=spec["alpha"],
            # Others divide the distances of the samples by alpha too.
            algorithm="brute" if spec["metric"] == "cosine" else "kd_tree",
            copy=True,
        )
        result["direct"] = numbered(model.fit_predict(data))
        result["differing"] = differing(result["labels"], result["direct"])
        assert ties or not result["differing"], spec
    if spec["dbscan"]:
        keep = data[good]
        model = DBSCAN(eps=spec["dbscan"], min_samples=spec["min_samples"], metric=spec["metric"])
        found = numpy.full(len(data), -1)
        found[good] = model.fit_predict(keep.astype(numpy.float64))
        result["dbscan_labels"] = [int(x) for x in found]
    name = spec["name"]
    clusters = max(result["labels"]) + 1
    noise = result["labels"].count(-1)
    print(f"{name:36} {count:4} rows {clusters:3} clusters {noise:4} noise {ties:4} ties, "
          f"{result.get('differing', '-')} differing", file=sys.stderr)  # fmt: skip
    return result


def spec(name, count, dimensions, **options):
    defaults = dict(
        shape="groups", groups=4, spread=16, noise=0, seed=1, unit=False, bad=[], metric="euclidean",
        min_cluster_size=5, min_samples=None, epsilon=0.0, max_cluster_size=None, selection="eom",
        allow_single_cluster=False, alpha=1.0, dbscan=None,
    )  # fmt: skip
    result = {"name": name, "count": count, "dimensions": dimensions} | defaults | options
    result["min_samples"] = result["min_samples"] or result["min_cluster_size"]
    return result


SPECS = [
    spec("two groups", 40, 2, groups=2, dbscan=0.25),
    spec("groups", 200, 2, dbscan=0.125),
    spec("groups, leaf", 200, 2, selection="leaf"),
    spec("groups with noise", 240, 3, noise=5, seed=2, dbscan=0.375),
    spec("groups with noise, few samples", 240, 3, noise=5, seed=2, min_samples=2),
    spec("groups with noise, one sample", 240, 3, noise=5, seed=2, min_samples=1),
    spec("groups with noise, many samples", 240, 3, noise=5, seed=2, min_samples=20),
    spec("groups with noise, leaf", 240, 3, noise=5, seed=2, selection="leaf", min_cluster_size=4),
    spec("uneven groups", 220, 2, shape="uneven", spread=6, groups=5, seed=3, dbscan=0.25),
    spec("uneven groups, large clusters", 220, 2, shape="uneven", spread=6, groups=5, seed=3, min_cluster_size=15),
    spec("far groups", 150, 4, shape="far", noise=6, groups=6, seed=4, dbscan=1.0),
    spec("moons", 200, 2, shape="moons", spread=3, seed=5, dbscan=0.125),
    spec("moons, few samples", 200, 2, shape="moons", spread=2, seed=6, min_samples=3, min_cluster_size=10),
    spec("chain", 160, 1, shape="chain", seed=7, dbscan=2.0),
    spec("chain with width", 200, 2, shape="chain", seed=8, spread=32, min_samples=3, dbscan=1.75),
    spec("all twice", 160, 2, shape="twice", seed=9, min_samples=4, dbscan=0.125),
    spec("all twice, two samples", 160, 2, shape="twice", seed=9, min_samples=2),
    spec("all the same", 30, 3, shape="same", dbscan=0.5),
    spec("all the same, one cluster", 30, 3, shape="same", allow_single_cluster=True),
    spec("grid", 256, 2, shape="grid", dbscan=1.0),
    spec("too few", 4, 3, dbscan=0.5, min_samples=2),
    spec("just enough", 5, 3, groups=1, allow_single_cluster=True),
    spec("rows that are not finite", 100, 3, bad=[[3, "nan"], [50, "inf"], [51, "nan"], [99, "nan"]], dbscan=0.375),
    spec("only noise", 120, 8, groups=120, spread=64, seed=10, dbscan=1.0),
    spec("one group", 150, 2, groups=1, seed=11),
    spec("one group, one cluster", 150, 2, groups=1, seed=11, allow_single_cluster=True),
    spec("one group, one cluster, epsilon", 150, 2, groups=1, seed=11, allow_single_cluster=True, epsilon=0.125),
    spec("epsilon", 240, 2, groups=12, spread=6, seed=12, epsilon=0.0625),
    spec("epsilon that joins", 240, 2, groups=12, spread=6, seed=12, epsilon=0.25),
    spec("epsilon that joins, leaf", 240, 2, groups=12, spread=6, seed=12, epsilon=0.25, selection="leaf"),
    spec("epsilon that joins all", 240, 2, groups=12, spread=6, seed=12, epsilon=4.0),
    spec("epsilon, one cluster", 240, 2, groups=12, spread=6, seed=12, epsilon=4.0, allow_single_cluster=True),
    spec("not too large", 200, 2, groups=4, seed=13, max_cluster_size=30),
    spec("alpha", 240, 3, noise=5, seed=2, alpha=1.5),
    spec("directions", 200, 512, groups=10, spread=40, noise=5, seed=14, metric="cosine", dbscan=0.5),
    spec("directions of length one", 200, 512, groups=10, spread=40, noise=5, seed=15, unit=True),
    spec("directions, leaf", 200, 128, groups=12, spread=48, noise=4, seed=16, metric="cosine", selection="leaf"),
    spec("directions, epsilon", 200, 128, groups=12, spread=32, noise=4, seed=17, metric="cosine", epsilon=0.25,
         min_cluster_size=3, min_samples=2, dbscan=0.25),
    spec("directions, small clusters", 180, 192, groups=30, spread=40, seed=18, metric="cosine", min_cluster_size=3,
         min_samples=2),
    spec("directions among which some are bad", 120, 64, groups=6, spread=24, seed=19, metric="cosine",
         bad=[[0, "nan"], [77, "inf"]]),
]  # fmt: skip

if __name__ == "__main__":
    sets = [expected(each) for each in SPECS]
    print("[\n" + ",\n".join(json.dumps(each, separators=(",", ":")) for each in sets) + "\n]")
