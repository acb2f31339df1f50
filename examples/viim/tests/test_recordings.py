"""Every recording is kept, can be reviewed in five ways and by SQL, and outlives the container."""

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import sonic
from conftest import REVIEWER, Serve, bodies, extract
from sonic_services import SettingsError

from needs import assets, skip
from viim.settings import read_settings

_ECAPA = """
id = "ecapa-c192"
task = "speaker-embedding"
licence = "none"
commercial = false
source = "untrained, for tests"
file = "ecapa-c192.onnx"
inputs = ["feats"]
outputs = ["embedding"]
dimensions = 192

[speech]
front_end = "speechbrain80"
sample_rate = 16000
"""


def _review(client: Any, path: str) -> Any:
    return client.get(f"/reviews/{path}", headers=REVIEWER).json()


def _record_all(client: Any) -> None:
    extract(client, "alma-1.wav", user_id="alma", mode="enroll", voiceprint_id="vp_1")
    extract(client, "alma-2.wav", user_id="alma", mode="enroll", voiceprint_id="vp_1")
    extract(client, "bruno-1.wav", user_id="bruno", mode="enroll", voiceprint_id="vp_2")
    extract(client, "alma-1.flac", user_id="alma", mode="identify")
    extract(client, "exactly-1s.wav", mode="test", voiceprint_id="vp_1")
    extract(client, "exactly-1s.wav")


def test_every_recording_is_kept_and_reviewed_in_five_ways(serve: Serve) -> None:
    client = serve()
    _record_all(client)
    recent = _review(client, "recent")
    assert [row["filename"] for row in recent][::5] == ["exactly-1s.wav", "alma-1.wav"]
    assert len(recent) == 6
    assert {row["mode"] for row in recent} == {"enroll", "identify", "test"}
    assert len(_review(client, "user/alma")) == 3
    assert [row["filename"] for row in _review(client, "voiceprint/vp_1")] == ["alma-2.wav", "alma-1.wav"]
    assert [row["mode"] for row in _review(client, "mode/test?limit=1")] == ["test"]
    first = recent[-1]
    alike = _review(client, f"similarity/{first['recording_id']}?threshold=0.4&limit=2")
    assert {row["user_id"] for row in alike} == {"alma"}
    assert first["sample_rate"] > 0
    assert first["file_size_bytes"] == (bodies() / "alma-1.wav").stat().st_size
    assert first["metadata"] == {"source": "ml_service", "model": "celda128", "is_test": False}
    asked = _review(client, "mode/identify")[0]
    assert asked["matched_user_id"] == "alma"
    assert asked["similarity_score"] > 0.9


def test_reviews_are_closed_without_their_token(serve: Serve) -> None:
    assert serve().get("/reviews/recent").status_code == 401
    client = serve(REVIEW_TOKEN="", API_TOKEN="an-api-token-of-some-length")
    assert client.get("/reviews/recent", headers=REVIEWER).status_code == 403
    assert extract(client, "alma-1.wav").status_code == 401
    assert client.get("/health").status_code == 200


def test_the_plans_three_statements_run_as_they_are_while_the_server_runs(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve()
    _record_all(client)
    places = {"STORE_DIR": str(tmp_path / "voices.sonic"), "DUCKDB_PATH": str(tmp_path / "voiceprints.db")}
    command, here = [sys.executable, "-m", "viim.review"], Path(__file__).parents[1]
    subprocess.run(command, cwd=here, env={**os.environ, **places}, check=True, capture_output=True)

    monkeypatch.chdir(tmp_path)
    user_id = "alma"
    # From the plan, word for word.
    conn = duckdb.connect('voiceprints.db')  # fmt: skip
    tests = conn.execute("SELECT * FROM recordings WHERE mode = 'test'").df()
    enrolled = conn.execute("SELECT * FROM recordings WHERE mode = 'enroll' ORDER BY created_at DESC LIMIT 10").df()
    users = conn.execute("SELECT * FROM recordings WHERE user_id = ?", [user_id]).df()

    assert list(tests["filename"]) == ["exactly-1s.wav", "exactly-1s.wav"]
    assert list(enrolled["filename"]) == ["bruno-1.wav", "alma-2.wav", "alma-1.wav"]
    assert set(users["mode"]) == {"enroll", "identify"}
    assert set(tests["voiceprint_id"].isna()) == {True}
    assert {len(vector) for vector in users["embedding"]} == {128}
    columns = {
        "recording_id", "user_id", "filename", "file_path", "duration_seconds", "file_size_bytes", "sample_rate",
        "audio_format", "created_at", "updated_at", "mode", "status", "embedding", "embedding_dimensions",
        "voiceprint_id", "similarity_score", "matched_user_id", "metadata",
    }  # fmt: skip
    assert set(users.columns) == columns

    # The server goes on, and the database that is open sees what came since.
    extract(client, "bruno-1.wav", user_id="bruno", mode="test")
    subprocess.run(command, cwd=here, env={**os.environ, **places}, check=True, capture_output=True)
    assert conn.execute("SELECT count(*) FROM recordings WHERE mode = 'test'").fetchall() == [(3,)]
    conn.close()


def test_what_was_recorded_outlives_the_container(serve: Serve, tmp_path: Path) -> None:
    bucket = f"file://{tmp_path / 'bucket'}"
    first = serve(tmp_path / "first", STORE_URL=bucket, LEASE_S="1")
    assert first.get("/health").json()["writing"] is True
    answer = extract(first, "alma-1.wav", user_id="alma", mode="enroll", voiceprint_id="vp_1")
    vector = answer.json()["embedding"]
    # A second instance beside it follows, and says so instead of losing a recording.
    second = serve(tmp_path / "second", STORE_URL=bucket)
    assert second.get("/health").json()["writing"] is False
    busy = extract(second, "alma-2.wav", user_id="alma", mode="enroll")
    assert busy.status_code == 503
    assert int(busy.headers["Retry-After"]) >= 1
    # The disk goes with the container: what was answered is in the bucket.
    saved = tmp_path / "saved"
    shutil.copytree(tmp_path / "bucket", saved)
    third = serve(tmp_path / "third", STORE_URL=f"file://{saved}", LEASE_S="1")
    deadline = time.monotonic() + 30
    # The lease of the copy is still the first instance's, which is not heard of there.
    while not third.get("/health").json()["writing"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert third.get("/health").json()["recordings"] == 1
    found = third.post("/recordings/search", json={"query_embedding": vector}).json()
    assert found["matches"][0]["recording_id"] == answer.headers["X-Recording-ID"]
    assert found["matches"][0]["similarity"] == pytest.approx(1.0, abs=1e-5)


def test_a_store_that_fails_does_not_fail_the_request(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve()

    def fails(*_: Any) -> None:
        raise sonic.IoError("the disk is full")

    monkeypatch.setattr("viim.archive.Archive.keep", fails)
    answer = extract(client, "alma-1.wav", user_id="alma")
    assert (answer.status_code, answer.json()["dimensions"]) == (200, 128)
    assert "X-Recording-ID" not in answer.headers
    assert 'viim_kept_total{outcome="failed"} 1.0' in client.get("/metrics").text


@pytest.mark.parametrize("name", ["alma-1.m4a", "alma-1.webm", "alma-1.mp3", "alma-1.ogg", "alma-1.flac"])
def test_every_format_gives_the_same_voice(serve: Serve, name: str) -> None:
    client = serve()
    pair = {
        "embedding1": extract(client, "alma-1.wav").json()["embedding"],
        "embedding2": extract(client, name).json()["embedding"],
    }
    assert client.post("/compute-similarity", json=pair).json()["similarity"] > 0.95


def test_a_browsers_recording_is_taken(serve: Serve) -> None:
    data = assets("services", "citywok", "queries", "mediarecorder.webm").read_bytes()
    answer = serve().post("/extract-embedding", files={"audio": ("blob", data, "audio/webm")})
    assert answer.status_code == 200


def test_minutes_are_measured_before_they_are_decoded(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve()
    media = Path(__file__).parents[2] / "demo" / "media" / "brot.opus"
    monkeypatch.setattr("viim.sound._MEASURED_BYTES", 0)
    monkeypatch.setattr("sonic.decode", lambda data: pytest.fail("it was decoded"))
    answer = client.post("/extract-embedding", files={"audio": ("brot.ogg", media.read_bytes())})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("Audio too long: 6")


def test_two_people_are_told_apart(serve: Serve) -> None:
    client = serve()
    alma, again, bruno = (
        extract(client, name).json()["embedding"] for name in ("alma-1.wav", "alma-2.wav", "bruno-1.wav")
    )
    same, other = (
        client.post("/compute-similarity", json={"embedding1": alma, "embedding2": vector}).json()["similarity"]
        for vector in (again, bruno)
    )
    assert same > other + 0.2
    assert np.linalg.norm(alma) == pytest.approx(1.0, abs=1e-5)


def test_the_model_that_runs_is_named(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "viim"):
        client = serve()
    assert "Connected to ML model: celda128" in caplog.messages
    assert client.get("/").json()["model"] == "celda128"
    health = client.get("/health").json()
    assert (health["model_name"], health["dimensions"], health["model_loaded"]) == ("celda128", 128, True)
    with pytest.raises(sonic.NotFoundError):
        serve(MODEL="no-such-model")


def test_an_ecapa_manifest_gives_as_many_numbers_as_viim(serve: Serve, tmp_path: Path) -> None:
    model = assets("voice", "models", "ecapa-untrained", "ecapa-c192.onnx")
    if importlib.util.find_spec("onnxruntime") is None and "ORT_DYLIB_PATH" not in os.environ:
        skip("onnxruntime", "there is no ONNX Runtime: pip install onnxruntime")
    manifest = tmp_path / "ecapa-c192.toml"
    manifest.write_text(_ECAPA)
    (tmp_path / model.name).symlink_to(model)
    client = serve(MODEL=str(manifest))
    answer = extract(client, "alma-1.wav", user_id="alma").json()
    assert (answer["dimensions"], len(answer["embedding"])) == (192, 192)
    found = client.post("/recordings/search", json={"query_embedding": answer["embedding"]}).json()
    assert found["count"] == 1
    assert client.get("/health").json()["model_name"] == "ecapa-c192"
    # Embeddings of the two are not to be compared.
    with pytest.raises(sonic.MismatchError, match="STORE_DIR"):
        serve()


@pytest.mark.parametrize(
    "variables",
    [
        {"PORT": "0"},
        {"STORE_URL": "ftp://bucket"},
        {"DURABLE": "maybe"},
        {"STORE_TESTS": "2"},
        {"MODEL_THREADS": "-1"},
        {"API_TOKEN": "short"},
        {"SPEECHBRAIN_OFFLINE": "perhaps"},
    ],
)
def test_it_does_not_start_on_what_it_does_not_understand(variables: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(variables))):
        read_settings(variables)


def test_the_variables_of_viim_have_its_defaults() -> None:
    settings = read_settings({})
    assert (settings.server.port, str(settings.review_database), settings.model) == (8080, "voiceprints.db", "celda128")
