"""The peer of the bench: InsightFace with the same two models, ONNX Runtime and threads, on decoded pictures.

python peer.py MODELS THREADS PICTURE...
MODELS is a folder with det_500m.onnx and w600k_mbf.onnx. Prints a JSON line with the number of faces of each picture.
Then, for each line "PICTURE DECODE RUNS" of its input (PICTURE counted from 0, DECODE 0 or 1), one with the
milliseconds of so many runs of FaceAnalysis.get, after one that does not count; with DECODE the file is read each time.
"""

import json
import sys
import time
from collections.abc import Callable

import cv2
import onnxruntime
from insightface.app import FaceAnalysis


def times_ms(work: Callable[[], object], runs: int) -> list[float]:
    """How long each of some runs of `work` takes."""
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def main() -> None:
    models, threads, paths = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    cv2.setNumThreads(threads)
    app = FaceAnalysis(name=models, providers=["CPUExecutionProvider"], sess_options=options)
    app.prepare(ctx_id=-1, det_thresh=0.5, det_size=(640, 640))
    images = [cv2.imread(path) for path in paths]
    print(json.dumps({"faces": [len(app.get(image)) for image in images]}), flush=True)
    for line in sys.stdin:
        picture, decode, runs = map(int, line.split())
        image = (lambda: cv2.imread(paths[picture])) if decode else (lambda: images[picture])
        print(json.dumps({"ms": times_ms(lambda: app.get(image()), runs)}), flush=True)


if __name__ == "__main__":
    main()
