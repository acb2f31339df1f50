"""Pictures come in, upright and as RGB; what is none is told apart."""

import io
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import conftest
import sonic
from face_support import POINTS, chunk, orientation, png

PIXELS: npt.NDArray[np.uint8] = np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8)


def test_a_picture_is_an_array(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(png(PIXELS))
    data = png(PIXELS)
    for source in (file, str(file), data, bytearray(data), memoryview(data), io.BytesIO(data)):
        decoded = sonic.decode_image(source)
        assert decoded.dtype == np.uint8
        assert decoded.shape == (6, 9, 3)
        assert (decoded == PIXELS).all()
    decoded[0] = 0  # It is the caller's own.
    assert (sonic.decode_image(PIXELS) == PIXELS).all()


def test_other_kinds_of_pixels() -> None:
    grey = PIXELS[..., 0]
    assert (sonic.decode_image(png(grey)) == grey[..., None]).all()
    assert (sonic.decode_image(png(PIXELS[..., :2])) == PIXELS[..., :1]).all()  # Grey and alpha.
    alpha = np.dstack([PIXELS, grey])
    assert (sonic.decode_image(png(alpha)) == PIXELS).all()
    wide = PIXELS.astype(np.uint16) * 257
    assert (sonic.decode_image(png(wide)) == PIXELS).all()
    assert (sonic.decode_image(png(PIXELS[:1, :1])) == PIXELS[:1, :1]).all()


def test_pictures_are_turned_upright() -> None:
    turned = {1: PIXELS, 2: PIXELS[:, ::-1], 3: PIXELS[::-1, ::-1], 4: PIXELS[::-1]}
    turned |= {5: PIXELS.transpose(1, 0, 2), 6: np.rot90(PIXELS, -1), 8: np.rot90(PIXELS)}
    for number, expected in turned.items():
        assert (sonic.decode_image(png(PIXELS, orientation(number))) == expected).all(), number


@pytest.mark.parametrize(
    "array",
    [
        PIXELS[::-1, ::-1],
        np.asfortranarray(PIXELS),
        np.dstack([PIXELS, PIXELS[..., :1]])[..., :3],
        np.dstack([PIXELS, PIXELS[..., :1]]),
        PIXELS[..., 0],
        PIXELS[..., :1],
    ],
)
def test_arrays_of_any_layout(array: npt.NDArray[np.uint8]) -> None:
    colours = array[..., :3] if array.ndim == 3 else array[..., None]
    assert (sonic.decode_image(array) == colours).all()


class Pil:
    """What a picture of PIL looks like from outside."""

    def __init__(self, mode: str, pixels: npt.NDArray[np.uint8]) -> None:
        self.mode, self.pixels = mode, pixels

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return self.pixels.__array_interface__  # type: ignore[no-any-return]

    def convert(self, mode: str) -> "Pil":
        assert (self.mode, mode) not in {("RGBa", "RGB"), ("La", "RGB")}, "Pillow refuses this"
        return Pil(mode, PIXELS)


def test_pictures_of_pil() -> None:
    assert (sonic.decode_image(Pil("RGB", PIXELS)) == PIXELS).all()
    palette = np.zeros((6, 9), np.uint8)
    assert (sonic.decode_image(Pil("P", palette)) == PIXELS).all()
    cmyk = np.zeros((6, 9, 4), np.uint8)
    assert (sonic.decode_image(Pil("CMYK", cmyk)) == PIXELS).all()


def test_sixteen_bits_of_pil_are_scaled_and_unknown_ranges_refused() -> None:
    levels = np.array([[0, 127, 128, 256, 257, 32_768, 65_535]], np.uint16)
    expected = [0, 0, 0, 1, 1, 128, 255]
    for mode, pixels in [("I;16", levels), ("I;16L", levels.astype("<u2")), ("I;16B", levels.astype(">u2"))]:
        assert (sonic.decode_image(Pil(mode, pixels))[0, :, 0] == expected).all(), mode
    assert (sonic.decode_image(png(levels))[0, :, 0] == expected).all(), "as files are"
    for mode in ("RGBa", "La", "LA", "1", "PA", "YCbCr", "HSV", "RGBX"):
        pixels = np.dstack([PIXELS, PIXELS[..., :1]]) if mode == "RGBX" else PIXELS[..., 0]
        assert (sonic.decode_image(Pil(mode, pixels)) == PIXELS).all(), mode
    for mode, pixels in [
        ("I", levels.astype(np.int32)),
        ("F", levels.astype(np.float32)),
        ("LAB", PIXELS),
        ("?", PIXELS),
    ]:
        with pytest.raises(sonic.InvalidArgumentError, match="which of its values is white"):
            sonic.decode_image(Pil(mode, pixels))


def test_what_pil_cannot_read_is_an_error_of_ours() -> None:
    class Broken(Pil):
        def convert(self, mode: str) -> "Pil":
            raise OSError("image file is truncated")

    with pytest.raises(sonic.InvalidArgumentError, match="truncated") as caught:
        sonic.decode_image(Broken("P", PIXELS))
    assert isinstance(caught.value.__cause__, OSError)


WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = None
import sonic

def refused(call):
    try:
        call()
    except sonic.SonicError as error:
        return type(error).__name__ + str(error)
    raise SystemExit("not refused")

folder, sound, picture = sys.argv[1:]
clip = sonic.decode(sound)
fingerprint = sonic.fingerprint(sound)
voices = sonic.VoiceEmbedder()
store = sonic.Store(folder)
store.add(sound, id="a")
assert store.identify(sound)
face = lambda: sonic.Face((0, 0, 9, 9), 0.5, [[0, 0]] * 5, [1.0])
points = [[0, 0]] * 5
for call in [
    lambda: clip.samples, lambda: fingerprint.landmarks, lambda: store.recordings.landmarks("a"),
    lambda: voices.embed(sound), lambda: voices.embed_speech(sound), lambda: voices.embed_many([sound]),
    lambda: sonic.cluster([[0.0, 1.0]]), lambda: sonic.HDBSCAN().fit([[0.0]] * 9),
    lambda: sonic.decode_image(picture),
    lambda: sonic.align(picture, points), lambda: sonic.thumbnail(picture, (0, 0, 2, 2)), face,
    lambda: store.voices.set_cohort([[1.0]]), lambda: sonic.HDBSCAN().fit([[0.0], [1.0]]),
]:
    text = refused(call)
    assert "NumPy" in text and text.startswith("Unsupported"), text
for call in [
    lambda: sonic.Clip([0.0], 8000), lambda: store.faces.add_faces("e", "p", [object()]), lambda: voices.embed(3),
    lambda: sonic.speech_spans(3), lambda: sonic.decode(3), lambda: sonic.fingerprint(3), lambda: store.identify(3),
]:
    assert "Panic" not in refused(call)
sonic.speech_spans(sound), sonic.voice_quality(sound), store.voices.stats(), list(store.recordings)
"""


def test_without_numpy_every_call_works_or_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(PIXELS))
    sound = conftest.QUERIES / "waltz-mp3-32k.mp3"
    arguments = [str(tmp_path / "s.sonic"), str(sound), str(tmp_path / "a.png")]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NUMPY, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.mark.parametrize(
    ("source", "part"),
    [
        (PIXELS.astype(np.float32) / 255, "255"),
        (PIXELS.astype(np.uint16), "uint8"),
        (PIXELS.astype(np.uint16), "65535"),
        (PIXELS.transpose(2, 0, 1), "transpose"),
        (np.zeros((4, 5, 2), np.uint8), "shape"),
        (np.zeros(12, np.uint8), "shape"),
        (np.zeros((0, 5, 3), np.uint8), "pixel"),
        (np.array([[None]]), "uint8"),
        (None, "a path, bytes"),
        (3, "a path, bytes"),
        (io.StringIO("text"), "rb"),
    ],
)
def test_what_is_no_picture_says_what_would_be(source: Any, part: str) -> None:
    with pytest.raises(sonic.InvalidArgumentError, match=part):
        sonic.decode_image(source)


def test_damaged_files_are_distinguished(tmp_path: Path) -> None:
    with pytest.raises(sonic.NotFoundError):
        sonic.decode_image(tmp_path / "none.jpg")
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.decode_image(tmp_path)
    text = tmp_path / "text.jpg"
    text.write_text("This is not a picture.")
    with pytest.raises(sonic.MalformedError, match=r"text\.jpg"):
        sonic.decode_image(text)
    for data in (b"", b"\xff\xd8\xff\xe0 not a JPEG", png(PIXELS)[:60]):
        with pytest.raises(sonic.MalformedError):
            sonic.decode_image(data)
    with pytest.raises(sonic.UnsupportedError, match="JPEG XL"):
        sonic.decode_image(b"\xff\x0a" + bytes(20))


def test_bombs_are_refused() -> None:
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    with pytest.raises(sonic.LimitError, match="max_pixels"):
        sonic.decode_image(bomb)
    with pytest.raises(sonic.LimitError):
        sonic.decode_image(png(PIXELS), max_pixels=53)
    assert sonic.decode_image(png(PIXELS), max_pixels=54).shape == (6, 9, 3)
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.decode_image(png(PIXELS), max_pixels=-1)
    for call in (
        lambda **limit: sonic.thumbnail(png(PIXELS), (0, 0, 4, 4), **limit),
        lambda **limit: sonic.align(png(PIXELS), POINTS, **limit),
    ):
        with pytest.raises(sonic.LimitError, match="max_pixels"):
            call(max_pixels=53)
        assert call(max_pixels=54).shape[2] == 3


def test_faces_are_cut_out() -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[60:80, 50:70] = (255, 0, 0)  # Around the eye at the left.
    face = sonic.align(picture, POINTS)
    assert face.shape == (112, 112, 3)
    assert face[45:58, 33:44, 0].mean() > 200  # It is where the template has that eye.
    assert face[..., 1:].max() == 0
    assert sonic.align(picture, np.array(POINTS), size=96).shape == (96, 96, 3)
    cut = sonic.thumbnail(picture, (40, 50, 80, 90), size=50)
    assert cut.shape == (50, 50, 3)
    assert cut[..., 0].max() == 255
    for wrong in ([(1, 2)] * 4, [(1, 2)] * 5, [(float("nan"), 2)] * 5, "points", None):
        with pytest.raises(sonic.InvalidArgumentError):
            sonic.align(picture, wrong)  # type: ignore[arg-type]
    for size in (0, 5000, -1):
        with pytest.raises(sonic.InvalidArgumentError):
            sonic.align(picture, POINTS, size=size)
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.thumbnail(picture, (1, 2, 3))
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.thumbnail(picture, (80, 50, 40, 90))
