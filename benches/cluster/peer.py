"""The peer of the cluster bench: scikit-learn's HDBSCAN with all distances at once, its fastest way at 512 dimensions.

    python peer.py ROWS DIMENSIONS

ROWS is a file of little-endian float32. Prints the seconds and the labels. Needs scikit-learn and numpy.
"""

import sys
import time

import numpy
from sklearn.cluster import HDBSCAN

rows = numpy.fromfile(sys.argv[1], dtype="<f4").reshape(-1, int(sys.argv[2]))
model = HDBSCAN(min_cluster_size=5, algorithm="brute", n_jobs=-1, copy=True)
# What is loaded when it is first used is not counted.
HDBSCAN(min_cluster_size=5, algorithm="brute", copy=True).fit(rows[:100])
start = time.perf_counter()
labels = model.fit_predict(rows)
print(time.perf_counter() - start, *labels)
