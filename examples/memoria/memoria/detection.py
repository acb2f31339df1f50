"""The models that find and describe faces, and what they run on."""

import ctypes
import logging
import sys
from functools import cached_property
from typing import Literal

import sonic

from .settings import Settings

_log = logging.getLogger(__name__)


class Detector:
    """The analyzer of the settings, loaded when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._on_gpu: bool | None = None
        self.loaded = False
        """Whether the models are in memory."""

    @cached_property
    def analyzer(self) -> sonic.FaceAnalyzer:
        """The models. On a GPU if that is wanted and there is one that the runtime can use, else on processors."""
        if self._settings.use_gpu:
            try:
                analyzer = self._make("cuda")
            except sonic.ModelError as error:
                _log.warning("USE_GPU is set, but models run on processors", extra={"error": str(error)})
                self._on_gpu = False
            else:
                self._on_gpu = self.loaded = True
                return analyzer
        analyzer = self._make("cpu")
        self.loaded = True
        return analyzer

    def _make(self, provider: Literal["cpu", "cuda"]) -> sonic.FaceAnalyzer:
        settings = self._settings
        return sonic.FaceAnalyzer(
            settings.face_detector,
            settings.face_embedder,
            settings.det_size,
            settings.detection_threshold,
            # Photos are analysed side by side; more threads in each would only wait for each other.
            threads=1,
            provider=provider,
        )

    @cached_property
    def pipeline(self) -> str:
        """What distinguishes its answers from those of others: models and how they are asked."""
        settings = self._settings
        name = settings.face_detector.rsplit("/", 1)[-1]
        return f"{name} {settings.det_size} {settings.detection_threshold:g} | {self.analyzer.pipeline}"

    @cached_property
    def gpu_available(self) -> bool:
        """Whether models can run on a GPU here: tried if that is wanted, else what runtime and driver say."""
        if self._settings.use_gpu:
            _ = self.analyzer
            return bool(self._on_gpu)
        # The driver is asked first: importing the runtime takes a while, and most machines have no GPU.
        return _cuda_devices() > 0 and "CUDAExecutionProvider" in _providers()


def _providers() -> list[str]:
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError:
        return []
    return list(onnxruntime.get_available_providers())


def _cuda_devices() -> int:
    """How many GPUs the driver of NVIDIA counts; 0 without a driver."""
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(name)
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value
