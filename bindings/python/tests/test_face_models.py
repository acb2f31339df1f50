"""Faces in real pictures: the answers are those of InsightFace and OpenCV."""

import io
import itertools
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sonic
from face_support import POINTS, assets, model, png

ARCFACE = "w600k_mbf_dequant_fp32.onnx"
DETECTORS = ["scrfd_500m_kps", "scrfd_2.5g_bnkps", "face_detection_yunet_2023mar", "yunet_n_dynamic"]
EMBEDDERS = [("w600k_mbf_int8dyn", 512), ("mobilefacenet_foamliu_128_dynbatch", 128)]
GREY = png(np.full((80, 90), 128, np.uint8))


@pytest.fixture(scope="module")
def analyzer() -> sonic.FaceAnalyzer:
    return sonic.FaceAnalyzer(model("det_500m.onnx"), model(ARCFACE), 640)


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    images: dict[str, Any] = json.loads((assets() / "ref/reference.json").read_text())["images"]
    return images


def party() -> Path:
    """A picture of six people."""
    return next((assets() / "images/insightface").glob("t1.*"))


def test_answers_are_those_of_the_reference(analyzer: sonic.FaceAnalyzer, reference: dict[str, Any]) -> None:
    embeddings = np.load(assets() / "ref/embeddings.npz")["w600k_mbf_dequant_fp32"]
    names = [name for name in sorted(reference) if "t1" in name or name.startswith("people/A")]
    assert len(names) > 6
    for name, faces in zip(names, analyzer.analyze_many([assets() / name for name in names]), strict=True):
        expected = reference[name]["det_500m"]
        assert len(faces) == len(expected), name
        for face, other in zip(faces, expected, strict=True):
            assert np.abs(np.subtract(face.bbox, other["bbox"])).max() < 1
            assert np.abs(face.landmarks - other["kps"]).max() < 1
            assert face.score == pytest.approx(other["score"], abs=1e-3)
            raw = embeddings[other["emb"]]
            assert face.embedding @ raw / np.linalg.norm(raw) > 0.999


def test_every_way_in_gives_the_same(analyzer: sonic.FaceAnalyzer) -> None:
    path = party()
    faces = analyzer.analyze(path)
    assert len(faces) == 6
    assert [f.score for f in faces] == sorted((f.score for f in faces), reverse=True)
    pixels = sonic.decode_image(path)
    for source in (str(path), path.read_bytes(), io.BytesIO(path.read_bytes()), pixels, pixels[:]):
        assert analyzer.analyze(source) == faces
    done: list[tuple[int, int]] = []
    many = analyzer.analyze_many([path, GREY, pixels], progress=lambda n, total: done.append((n, total)))
    assert [len(found) for found in many] == [6, 0, 6]
    assert done[-1] == (3, 3)
    for found in (many[0], many[2]):
        for one, other in zip(found, faces, strict=True):
            assert one.embedding @ other.embedding > 0.9999
    assert analyzer.analyze_many([]) == []


def test_the_limit_of_pixels_is_an_option_of_every_call(analyzer: sonic.FaceAnalyzer, tmp_path: Path) -> None:
    (tmp_path / "grey.png").write_bytes(GREY)
    pixels = 80 * 90
    with sonic.Store(tmp_path / "s.sonic") as store:
        calls: list[Callable[..., Any]] = [
            lambda **limit: analyzer.analyze(GREY, **limit),
            lambda **limit: analyzer.analyze_many([GREY], **limit),
            lambda **limit: analyzer.detect(GREY, **limit),
            lambda **limit: analyzer.embed(GREY, [], **limit),
            lambda **limit: store.faces.add_photo("e", GREY, photo_id="g", analyzer=analyzer, **limit),
        ]
        for call in calls:
            with pytest.raises(sonic.LimitError, match="max_pixels"):
                call(max_pixels=pixels - 1)
            call(max_pixels=pixels)

        def add(limit: int) -> list[sonic.AddedPhotoFile]:
            return list(store.faces.add_photos("f", tmp_path / "grey.png", analyzer=analyzer, max_pixels=limit))

        (refused,) = add(pixels - 1)
        assert refused.status == "failed"
        assert "max_pixels" in str(refused.error)
        assert [file.status for file in add(pixels)] == ["added"]


def test_a_face_says_what_it_is(analyzer: sonic.FaceAnalyzer) -> None:
    face = analyzer.analyze(party())[0]
    assert (analyzer.dimensions, face.embedding.shape) == (512, (512,))
    assert np.linalg.norm(face.embedding) == pytest.approx(1, abs=1e-5)
    assert face.pipeline == analyzer.pipeline
    left, top, right, bottom = face.bbox
    assert face.quality.size == pytest.approx(min(right - left, bottom - top), abs=1e-3)
    assert 0 < face.quality.brightness < 1
    assert abs(face.quality.yaw) <= 90
    assert face.landmarks[0][0] < face.landmarks[1][0]
    assert face.landmarks[3][1] > face.landmarks[0][1]
    assert "w600k" in repr(analyzer) or "onnx" in repr(analyzer)


def test_parts_can_be_used_alone(analyzer: sonic.FaceAnalyzer) -> None:
    path = party()
    faces, found = analyzer.analyze(path), analyzer.detect(path)
    assert [(f.bbox, f.score) for f in faces] == [(d.bbox, d.score) for d in found]
    one = analyzer.embed(path, faces[0].landmarks)
    assert one.shape == (512,)
    assert one @ faces[0].embedding > 0.9999
    rows = analyzer.embed(path, [f.landmarks for f in faces])
    assert rows.shape == (6, 512)
    assert all(row @ face.embedding > 0.9999 for row, face in zip(rows, faces, strict=True))
    assert analyzer.embed(path, np.zeros((0, 5, 2))).shape == (0, 512)
    for wrong in (np.zeros((4, 2)), np.full((5, 2), np.nan), np.zeros((5, 2)), "abc"):
        with pytest.raises(sonic.InvalidArgumentError):
            analyzer.embed(path, wrong)


@pytest.mark.parametrize(
    "detector", ["scrfd_500m_kps", "scrfd_2.5g_bnkps", "face_detection_yunet_2023mar", "yunet_n_dynamic"]
)
def test_detectors_by_bare_path(detector: str) -> None:
    analyzer = sonic.FaceAnalyzer(model(f"{detector}.onnx"), model(ARCFACE))
    assert len(analyzer.detect(party())) == 6
    assert analyzer.detect(GREY) == []


@pytest.mark.parametrize(
    ("embedder", "dimensions"), [("w600k_mbf_int8dyn", 512), ("mobilefacenet_foamliu_128_dynbatch", 128)]
)
def test_embedders_by_bare_path(embedder: str, dimensions: int) -> None:
    analyzer = sonic.FaceAnalyzer(model("det_500m.onnx"), model(f"{embedder}.onnx"), 640)
    people = sorted((assets() / "people").iterdir())[:4]
    found = analyzer.analyze_many([photo for person in people for photo in sorted(person.iterdir())[:3]])
    vectors = np.stack([faces[0].embedding for faces in found])
    assert vectors.shape == (12, dimensions)
    same = np.array([a // 3 == b // 3 for a, b in itertools.product(range(12), repeat=2)]).reshape(12, 12)
    cosines = vectors @ vectors.T
    assert cosines[same].mean() > cosines[~same].mean() + 0.3


def test_options(analyzer: sonic.FaceAnalyzer) -> None:
    detector, embedder = model("det_500m.onnx"), model(ARCFACE)
    assert len(sonic.FaceAnalyzer(detector, embedder, max_faces=2).detect(party())) == 2
    assert sonic.FaceAnalyzer(detector, embedder, threshold=0.99).detect(party()) == []
    sure = sonic.FaceAnalyzer(detector, embedder, (640, 640), threads=1, provider="auto")
    assert [d.bbox for d in sure.detect(party())] == [d.bbox for d in analyzer.detect(party())]
    wrong: list[dict[str, Any]] = [
        {"det_size": 100},
        {"det_size": (640, 480)},
        {"det_size": "large"},
        {"threshold": 2.0},
        {"threads": -1},
        {"provider": "tpu"},
        {"nms": -1.0},
    ]
    for options in wrong:
        with pytest.raises(sonic.InvalidArgumentError):
            sonic.FaceAnalyzer(detector, embedder, **options)


def test_wrong_models_are_refused(tmp_path: Path) -> None:
    detector, embedder = model("det_500m.onnx"), model(ARCFACE)
    with pytest.raises(sonic.NotFoundError):
        sonic.FaceAnalyzer("no-such-model", embedder)
    with pytest.raises(sonic.NotFoundError):
        sonic.FaceAnalyzer(tmp_path / "none.onnx", embedder)
    with pytest.raises(sonic.ModelError):
        sonic.FaceAnalyzer(embedder, detector)
    with pytest.raises(sonic.ModelError):
        sonic.FaceAnalyzer("celda128", embedder)
    text = tmp_path / "text.onnx"
    text.write_text("not a model")
    with pytest.raises(sonic.ModelError, match="manifest"):
        sonic.FaceAnalyzer(detector, text)
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.FaceAnalyzer(3, embedder)  # type: ignore[arg-type]


def test_models_that_are_not_there_say_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONIC_MODELS", str(tmp_path))
    with pytest.raises(sonic.ModelError, match="sonic models pull yunet"):
        sonic.FaceAnalyzer()


def test_bad_pictures_are_errors_and_none_is_an_answer(analyzer: sonic.FaceAnalyzer) -> None:
    assert analyzer.analyze(GREY) == []
    assert analyzer.analyze(np.zeros((1, 1, 3), np.uint8)) == []
    assert analyzer.analyze(assets() / "images/noface_synthetic.png") == []
    for source in (b"text as JPEG", party().read_bytes()[:100]):
        with pytest.raises(sonic.MalformedError):
            analyzer.analyze(source)
    with pytest.raises(sonic.MalformedError, match="number 1 of"):
        analyzer.analyze_many([GREY, b"text", GREY])
    with pytest.raises(sonic.InvalidArgumentError):
        analyzer.analyze_many(str(party()))  # type: ignore[arg-type]


def test_threads_share_an_analyzer(analyzer: sonic.FaceAnalyzer) -> None:
    expected = analyzer.analyze(party())
    found: list[list[sonic.Face]] = []
    threads = [threading.Thread(target=lambda: found.append(analyzer.analyze(party()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_after_fork_a_model_is_loaded_again(analyzer: sonic.FaceAnalyzer) -> None:
    child = os.fork()
    if child == 0:
        try:
            analyzer.detect(GREY)
        except sonic.ClosedError:
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_photos_go_into_a_store(analyzer: sonic.FaceAnalyzer, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, source in [("a.jpg", party()), ("b.jpg", party()), ("c.png", assets() / "images/noface_synthetic.png")]:
        (folder / name).write_bytes(source.read_bytes())
    (folder / "d.jpg").write_text("no picture")
    with sonic.Store(tmp_path / "faces.sonic") as store:
        done: list[tuple[int, int]] = []
        adding = store.faces.add_photos(
            "party", folder, analyzer=analyzer, user_id="ann", progress=lambda n, total: done.append((n, total))
        )
        files = {Path(file.path).name: file for file in adding}
        assert {name: file.status for name, file in files.items()} == {
            "a.jpg": "added",
            "b.jpg": "duplicate",
            "c.png": "added",
            "d.jpg": "failed",
        }
        assert isinstance(files["d.jpg"].error, sonic.MalformedError)
        assert (files["a.jpg"].faces, files["c.png"].faces, adding.total) == (6, 0, 4)
        assert done[-1] == (4, 4)
        assert {f.status for f in store.faces.add_photos("party", folder, analyzer=analyzer)} == {"duplicate", "failed"}
        again = store.faces.add_photo("party", party(), analyzer=analyzer, metadata={"a": 1})
        assert (again.status, again.photo.photo_id) == ("duplicate", "a.jpg")
        added = store.faces.add_photo(
            "other", party().read_bytes(), photo_id="x", analyzer=analyzer, metadata=[1], thumbnail_size=None
        )
        assert (added.status, added.photo.faces, added.photo.metadata) == ("added", 6, [1])
        face = analyzer.analyze(party())[0]
        best = store.faces.search(face)[0]
        assert best.similarity > 0.999
        assert {s.face.event for s in store.faces.search(face, limit=2)} == {"party", "other"}
        jpeg = store.faces.thumbnail(store.faces.faces_of("party", "a.jpg")[0])
        assert jpeg is not None
        assert sonic.decode_image(jpeg).shape == (160, 160, 3)
        with pytest.raises(sonic.InvalidArgumentError, match="id"):
            store.faces.add_photo("party", png(np.zeros((9, 9), np.uint8)), analyzer=analyzer)
        with pytest.raises(sonic.InvalidArgumentError, match="add_faces"):
            store.faces.add_photo("party", np.zeros((9, 9), np.uint8), analyzer=analyzer)  # type: ignore[arg-type]
        with pytest.raises(sonic.InvalidArgumentError, match="FaceAnalyzer"):
            store.faces.add_photo("party", party(), analyzer="det_500m")  # type: ignore[arg-type]
        with pytest.raises(sonic.MismatchError):
            store.faces.add_faces("party", "y", [sonic.Face((0, 0, 9, 9), 0.9, POINTS, np.ones(512))])
        assert store.check() == []


def test_a_loop_over_photos_can_be_left(analyzer: sonic.FaceAnalyzer, tmp_path: Path) -> None:
    photos = sorted((assets() / "people").rglob("*.jpg"))[:24]
    with sonic.Store(tmp_path / "faces.sonic") as store:
        with store.faces.add_photos("people", photos, analyzer=analyzer) as adding:
            first = next(adding)
        assert first.status == "added"
        assert list(adding) == []
        assert 1 <= len(store.faces.photos("people")) < 24
        store.faces.archive("people")
        with pytest.raises(sonic.InvalidArgumentError, match="archived"):
            list(store.faces.add_photos("people", photos, analyzer=analyzer))
