"""The peer of the bench: InsightFace with the same two models, ONNX Runtime and threads, on decoded pictures.

python peer.py MODELS THREADS SECONDS PICTURE...
MODELS is a folder with det_500m.onnx and w600k_mbf.onnx. Prints one JSON line for each picture: its faces, and the
least milliseconds of FaceAnalysis.get and of reading the file and get.
"""

import json
import sys
import time
from collections.abc import Callable

import cv2
import onnxruntime
from insightface.app import FaceAnalysis


def best_ms(work: Callable[[], object], seconds: float) -> float:
    """The least time of `work`, tried for so long."""
    end, best = time.perf_counter() + seconds, float("inf")
    while time.perf_counter() < end:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best * 1e3


def main() -> None:
    models, threads, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    cv2.setNumThreads(threads)
    app = FaceAnalysis(name=models, providers=["CPUExecutionProvider"], sess_options=options)
    app.prepare(ctx_id=-1, det_thresh=0.5, det_size=(640, 640))
    for path in sys.argv[4:]:
        image = cv2.imread(path)
        faces = len(app.get(image))
        get = best_ms(lambda image=image: app.get(image), seconds)
        whole = best_ms(lambda path=path: app.get(cv2.imread(path)), seconds)
        print(json.dumps({"faces": faces, "get_ms": get, "read_and_get_ms": whole}), flush=True)


if __name__ == "__main__":
    main()
