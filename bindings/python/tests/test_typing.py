"""The types that are declared are those that are taken."""

from pathlib import Path

import mypy.api
import numpy as np
import pytest

import sonic

FACES = """
import numpy as np
import numpy.typing as npt
import sonic

wide: npt.NDArray[np.float64] = np.zeros((5, 2))
box: npt.NDArray[np.float64] = np.array([0.0, 0.0, 9.0, 9.0])
lists = sonic.Face([0, 0, 9, 9], 0.5, [[0.0, 0.0]] * 5, [0.0, 1.0])
arrays = sonic.Face(box, 0.5, wide, wide[:, 0], quality=sonic.FaceQuality(), pipeline="own")
seen = sonic.Detection(box.tolist(), 0.5, wide.tolist())
kept: tuple[float, float, float, float] = lists.bbox
numbers: npt.NDArray[np.float32] = arrays.embedding
points: npt.NDArray[np.float32] = seen.landmarks
"""


def test_faces_are_made_of_what_the_stubs_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, sonic.Face] = {}
    exec(FACES, given)
    for face in (given["lists"], given["arrays"]):
        assert face.bbox == (0.0, 0.0, 9.0, 9.0)
        assert face.embedding.dtype == face.landmarks.dtype == np.float32
    file = tmp_path / "faces.py"
    file.write_text(FACES + 'sonic.Face(3, "sure", None, [1.0])\n')
    monkeypatch.setenv("MYPYPATH", str(Path(__file__).parents[1] / "python"))
    output, errors, _ = mypy.api.run(
        ["--strict", "--no-error-summary", "--cache-dir", str(tmp_path / "cache"), str(file)]
    )
    found = [line for line in output.splitlines() if ": error:" in line]
    assert not errors
    assert found, "what is no face must be refused"
    assert all(f"faces.py:{len(FACES.splitlines()) + 1}:" in line for line in found), output
