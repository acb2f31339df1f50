"""Writes celda128.bin from celda128.onnx: python make_celda128.py celda128.onnx celda128.bin

The file holds little-endian 32-bit floats and nothing else: 524 means, then the matrix of 524 rows of 128. The script
checks that the rest of the model is what celda128.rs computes by itself: the cosine transform and the order of the
correlations.
"""

import sys

import numpy
import onnx
from onnx import numpy_helper

CEPSTRA, BANDS, STATISTICS, DIMENSIONS = 30, 80, 524, 128


def main(source: str, target: str) -> None:
    graph = onnx.load(source).graph
    tables = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    band, order = numpy.arange(BANDS)[:, None], numpy.arange(CEPSTRA)[None, :]
    cosine = numpy.cos(numpy.pi * (2 * band + 1) * order / (2 * BANDS))
    cosine *= numpy.sqrt(numpy.where(order == 0, 1, 2) / BANDS)
    assert numpy.abs(tables["st.D"] - cosine).max() < 1e-6
    above = [i * CEPSTRA + j for i in range(CEPSTRA) for j in range(i + 1, CEPSTRA)]
    assert tables["st.ix"].tolist() == above
    means, matrix = tables["mu"], tables["P"]
    assert means.shape == (STATISTICS,) and matrix.shape == (STATISTICS, DIMENSIONS)
    with open(target, "wb") as file:
        file.write(means.astype("<f4").tobytes())
        file.write(matrix.astype("<f4").tobytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
