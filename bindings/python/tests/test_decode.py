"""Sound from paths, bytes and file objects; clips and their arrays."""

import gc
import io
import pickle
from pathlib import Path

import numpy as np
import pytest

import sonic


def test_a_path_bytes_and_a_file_give_the_same_clip(waltz: Path) -> None:
    clip = sonic.decode(waltz)
    data = waltz.read_bytes()
    for source in (str(waltz), data, bytearray(data), memoryview(data), io.BytesIO(data)):
        assert sonic.decode(source) == clip
    with waltz.open("rb") as file:
        assert sonic.decode(file) == clip
    assert (clip.sample_rate, clip.duration_ms, clip.truncated) == (22050, 9000, False)


def test_samples_share_the_memory_of_the_clip_and_cannot_be_written(waltz: Path) -> None:
    clip = sonic.decode(waltz, sample_rate=16000)
    first, second = clip.samples, clip.samples
    assert (first.dtype, first.shape) == (np.float32, (len(clip),))
    assert first.ctypes.data == second.ctypes.data
    assert not first.flags.writeable
    with pytest.raises(ValueError, match="WRITEABLE"):
        first.flags.writeable = True
    expected = first.copy()
    del clip, second
    gc.collect()
    assert np.array_equal(first, expected)  # The array keeps the memory.


def test_a_clip_copies_the_array_it_is_made_of() -> None:
    samples = np.linspace(-1, 1, 100, dtype=np.float32)
    clip = sonic.Clip(samples, 8000)
    samples[:] = 0
    assert clip.samples[0] == -1
    assert clip == sonic.Clip(np.linspace(-1, 1, 100, dtype=np.float32), 8000)
    assert clip != sonic.Clip(samples, 8000)
    assert repr(clip) == "Clip(100 samples at 8000 Hz, 0.013 s)"
    assert len(clip.resample(16000)) == 200


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        (np.zeros(10), "float64"),
        (np.zeros((2, 10), np.float32), r"\[2, 10\]"),
        (np.zeros(10, np.int16), "int16"),
        (np.zeros(20, np.float32)[::2], "ascontiguousarray"),
        (np.zeros((), np.float32), r"\[\]"),
        ([0.0, 1.0], "list"),
        (None, "NoneType"),
    ],
)
def test_an_array_that_is_no_sound_says_what_it_is(samples: object, says: str) -> None:
    with pytest.raises(sonic.InvalidArgumentError, match=says):
        sonic.Clip(samples, 8000)
    with pytest.raises(sonic.InvalidArgumentError, match=says):
        sonic.Fingerprinter().push(samples)


@pytest.mark.parametrize("rate", [0, -1, 2**40, "8000", 1.5, None])
def test_a_sample_rate_is_a_positive_integer(rate: object, waltz: Path) -> None:
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.Clip(np.zeros(1, np.float32), rate)
    if rate is not None:
        with pytest.raises(sonic.InvalidArgumentError):
            sonic.decode(waltz, sample_rate=rate)


@pytest.mark.parametrize("source", [None, 5, 1.5, ["a"], object(), np.zeros(10, np.float32)])
def test_what_is_no_source_is_an_invalid_argument(source: object, store: sonic.Store) -> None:
    for call in (sonic.decode, sonic.fingerprint, store.identify, store.add):
        with pytest.raises(sonic.InvalidArgumentError, match="path"):
            call(source)


class Failing(io.RawIOBase):
    """A file whose reads do as they are told."""

    def __init__(self, result: object) -> None:
        self.result = result

    def read(self, size: int = -1) -> bytes:
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


def test_what_a_file_object_raises_is_the_cause() -> None:
    with pytest.raises(sonic.IoError) as caught:
        sonic.decode(Failing(ConnectionResetError("gone")))
    assert isinstance(caught.value.__cause__, ConnectionResetError)


def test_an_interruption_inside_a_file_object_stays_one() -> None:
    with pytest.raises(KeyboardInterrupt):
        sonic.decode(Failing(KeyboardInterrupt()))


@pytest.mark.parametrize("result", ["text", None, 5, b"x" * (1 << 20)])
def test_a_file_object_that_does_not_give_bytes(result: object) -> None:
    with pytest.raises(sonic.SonicError) as caught:
        sonic.decode(Failing(result))
    assert isinstance(caught.value.__cause__, sonic.InvalidArgumentError)


def test_a_text_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with (
        (tmp_path / "text").open() as file,
        pytest.raises(sonic.InvalidArgumentError, match="rb"),
    ):
        sonic.decode(file)


def test_results_can_be_pickled(store: sonic.Store, waltz: Path) -> None:
    answer = store.identify(waltz)
    assert pickle.loads(pickle.dumps(answer)) == answer
    assert pickle.loads(pickle.dumps(store.stats())) == store.stats()
