"""What operating a store takes: its models, its tables as files, pictures of its answers."""

import hashlib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import duckdb
import pytest

import sonic
from conftest import IDS

MANIFEST = """
id = "mine"
task = "vad"
file = "mine.onnx"
sha256 = "{sha256}"
licence = "MIT"
commercial = {commercial}
source = "a test"
inputs = ["a"]
outputs = ["b"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of models, with the manifest of one whose file is elsewhere."""
    folder = tmp_path / "models"
    folder.mkdir()
    manifest(folder)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/mine.onnx").write_bytes(b"a model")
    monkeypatch.setenv("SONIC_MODELS", str(folder))
    return folder


def manifest(folder: Path, commercial: str = "true") -> None:
    sha256 = hashlib.sha256(b"a model").hexdigest()
    (folder / "mine.toml").write_text(MANIFEST.format(sha256=sha256, commercial=commercial))


def test_models_are_listed(folder: Path, tmp_path: Path) -> None:
    entries = {entry.id: entry for entry in sonic.models.list()}
    assert list(entries) == sorted(entries)
    assert {"celda128", "yunet", "sface", "silero-vad", "mine"} <= entries.keys()
    built_in, mine = entries["celda128"], entries["mine"]
    assert (built_in.built_in, built_in.installed, built_in.files, built_in.dimensions) == (True, True, (), 128)
    assert (mine.built_in, mine.installed, mine.licence, mine.commercial) == (False, False, "MIT", True)
    (file,) = mine.files
    assert (Path(file.path), file.bytes, file.url) == (folder / "mine.onnx", None, None)
    assert file.sha256 == hashlib.sha256(b"a model").hexdigest()
    assert "mine" not in {entry.id for entry in sonic.models.list(folder=tmp_path)}
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.models.list(folder=5)  # type: ignore[arg-type]


def test_models_are_pulled_verified_and_resolved(folder: Path, tmp_path: Path) -> None:
    assert (sonic.models.verify("mine").status, bool(sonic.models.verify("mine"))) == ("missing", False)
    with pytest.raises(sonic.ModelError, match=r"mine\.onnx"):
        sonic.models.resolve("mine")
    seen: list[tuple[int, int | None]] = []
    pulled = sonic.models.pull("mine", offline=tmp_path / "elsewhere", progress=lambda *n: seen.append(n))
    (file,) = pulled.files
    assert (Path(file.path), file.verified, Path(str(file.source)).name) == (folder / "mine.onnx", True, "mine.onnx")
    assert seen
    assert sonic.models.pull("mine").files[0].source is None  # It was there.
    assert sonic.models.verify("mine") == sonic.models.Verified("good", None)
    model = sonic.models.resolve("mine")
    assert (model.id, model.task, model.path) == ("mine", "vad", folder / "mine.onnx")
    assert sonic.models.verify("celda128").status == "built_in"
    assert (sonic.models.resolve("celda128").path, sonic.models.pull("celda128").files) == (None, ())
    (folder / "mine.onnx").write_bytes(b"another")
    assert (sonic.models.verify("mine").status, bool(sonic.models.verify("mine"))) == ("wrong", False)


def test_models_that_are_refused(folder: Path, tmp_path: Path) -> None:
    for call in (sonic.models.pull, sonic.models.verify, sonic.models.resolve):
        with pytest.raises(sonic.NotFoundError):
            call("no-such-model")
        with pytest.raises(sonic.InvalidArgumentError):
            call(5)  # type: ignore[arg-type]
    manifest(folder, commercial="false")
    with pytest.raises(sonic.ModelError, match="commercial"):
        sonic.models.pull("mine", offline=tmp_path / "elsewhere", commercial_only=True)

    def refuse(done: int, total: int | None) -> None:
        raise KeyError(done)

    with pytest.raises(KeyError):
        sonic.models.pull("mine", offline=tmp_path / "elsewhere", progress=refuse)
    assert sonic.models.verify("mine").status == "missing"


def test_an_answer_is_explained(store: sonic.Store, waltz: Path) -> None:
    best = store.identify(waltz).best
    assert best is not None
    assert 0.9 < best.coverage <= 1
    for source in (waltz, waltz.read_bytes()):
        picture = sonic.explain(store, source, best)
        assert ElementTree.fromstring(picture).tag.endswith("svg")
        assert "lantern-waltz" in picture
    store.recordings.remove("lantern-waltz")
    with pytest.raises(sonic.NotFoundError):
        sonic.explain(store, waltz, best)
    for wrong in ((store, waltz, None), (None, waltz, best), (store, None, best)):
        with pytest.raises(sonic.InvalidArgumentError):
            sonic.explain(*wrong)


def test_tables_are_exported(store: sonic.Store, tmp_path: Path) -> None:
    files = store.export_parquet(tmp_path / "out")
    assert [file.name for file in files] == [f"{n}.parquet" for n in ("recordings", "voices", "faces", "people")]
    found = duckdb.sql(f"SELECT id FROM '{files[0]}'").fetchall()
    assert [row[0] for row in found] == IDS
    with pytest.raises(sonic.IoError):
        store.export_parquet(files[0] / "below")
    store.check_open()
    store.close()
    with pytest.raises(sonic.ClosedError):
        store.export_parquet(tmp_path / "out")
    with pytest.raises(sonic.ClosedError):
        store.check_open()
