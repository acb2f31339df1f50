"""Adding many files: results as they come, progress, cancelling."""

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import sonic
from conftest import MEDIA


def test_results_come_with_progress(tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no sound")
    paths = [MEDIA / "brot.opus", bad, MEDIA / "les-nuages.opus"]
    seen: list[tuple[int, int]] = []
    with sonic.Store(tmp_path / "s") as store:
        with store.add_many(paths, jobs=2, progress=lambda *n: seen.append(n)) as adding:
            files = {Path(f.path).name: f for f in adding}
            assert (adding.total, adding.done) == (3, 3)
        assert seen == [(1, 3), (2, 3), (3, 3)]
        assert [files[n].status for n in ("brot.opus", "bad.wav", "les-nuages.opus")] == [
            "added",
            "failed",
            "added",
        ]
        assert isinstance(files["bad.wav"].error, sonic.UnsupportedError)
        assert files["bad.wav"].id == "bad"
        assert files["brot.opus"].landmarks == 2114
        assert [f.status for f in store.add_many(MEDIA / "brot.opus")] == ["duplicate"]
        assert list(store.add_many([])) == []


def wav(samples: int, channels: int = 1) -> bytes:
    data = bytes(2 * samples * channels)
    head = struct.pack(
        "<4sI8sIHHIIHH", b"RIFF", 36 + len(data), b"WAVEfmt ", 16, 1, channels, 8000, 16000, 2 * channels, 16
    )
    return head + struct.pack("<4sI", b"data", len(data)) + data


def test_ids_silence_and_what_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    for disc, name in (("1", "brot.opus"), ("2", "les-nuages.opus")):
        (folder / disc).mkdir(parents=True)
        (folder / disc / "01.opus").write_bytes((MEDIA / name).read_bytes())
    (folder / "cover.txt").write_text("no sound")
    (folder / "silent.wav").write_bytes(wav(80_000))
    with sonic.Store(tmp_path / "s") as store:
        files = list(store.add_many(folder, id_from="path", id_prefix="a:"))
        ids = sorted(f.id for f in files if f.status == "added" and f.id)
        assert ids == [f"a:{folder}/{disc}/01.opus" for disc in "12"]
        assert sorted(f.status for f in files) == ["added", "added", "passed_over", "silent"]
        assert all(f.error is not None for f in files if f.status != "added")
        kept = list(store.add_many(folder / "silent.wav", keep_silent=True))
        assert [(f.status, f.damaged_ms) for f in kept] == [("added", 0)]
        (folder / "silent.wav").write_bytes(wav(90_000))
        again = list(store.add_many(folder / "silent.wav", keep_silent=True, replace=True))
        assert [f.status for f in again] == ["replaced"]
        with pytest.raises(sonic.UnsupportedError):
            store.add(wav(8_000), id="nothing")
        assert store.add(wav(8_000), id="nothing", keep_silent=True).status == "added"
        with pytest.raises(sonic.InvalidArgumentError):
            store.add_many([], id_from="name")
    with pytest.raises(sonic.InvalidArgumentError):
        sonic.decode(wav(800), track=1)
    assert sonic.decode(wav(800), track=0).damaged_ms == 0


@pytest.mark.parametrize("paths", [None, 5, [5], [None]])
def test_what_are_no_paths(store: sonic.Store, paths: object) -> None:
    with pytest.raises(sonic.InvalidArgumentError):
        store.add_many(paths)


def test_progress_is_called_or_refused(store: sonic.Store) -> None:
    with pytest.raises(sonic.InvalidArgumentError, match="callable"):
        store.add_many([], progress=5)


def test_leaving_the_loop_ends_the_work(tmp_path: Path) -> None:
    with sonic.Store(tmp_path / "s") as store:
        for file in store.add_many(MEDIA, jobs=1):
            first = file
            break
        assert first.id in store.recordings
        assert store.check() == []
        adding = store.add_many(MEDIA, jobs=1)
        adding.close()
        adding.close()
        assert list(adding) == []


def test_what_progress_raises_ends_the_work(tmp_path: Path) -> None:
    def refuse(done: int, total: int) -> None:
        raise RuntimeError("enough")

    with sonic.Store(tmp_path / "s") as store:
        adding = store.add_many(MEDIA, jobs=1, progress=refuse)
        with pytest.raises(RuntimeError, match="enough"):
            next(adding)
        assert list(adding) == []


def test_the_store_may_be_closed_meanwhile(tmp_path: Path) -> None:
    store = sonic.Store(tmp_path / "s")
    adding = store.add_many(MEDIA, jobs=1)
    next(adding)
    store.close()
    try:
        errors = [file.error for file in adding]
    except sonic.ClosedError as error:
        errors = [error]
    assert any(isinstance(error, sonic.ClosedError) for error in errors)


INTERRUPTED = """
import sys, sonic
with sonic.Store(sys.argv[1]) as store:
    for file in store.recordings.add_many(sys.argv[2:], jobs=1):
        print(file.id, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send")
def test_ctrl_c_keeps_what_was_reported(tmp_path: Path) -> None:
    copies = []
    for n in range(40):  # Long enough that the signal comes in the middle.
        copy = tmp_path / f"copy-{n}.opus"
        copy.write_bytes((MEDIA / "two-and-a-map.opus").read_bytes() + bytes([n]))
        copies.append(str(copy))
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "s"), *copies]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    reported = {process.stdout.readline().strip()}
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    reported |= set(out.split())
    assert "KeyboardInterrupt" in err
    assert process.returncode in (1, 130, -signal.SIGINT)
    with sonic.Store(tmp_path / "s", access="read_only") as store:
        assert reported <= {r.id for r in store.recordings}
        assert len(store.recordings) < len(copies)
        assert store.check() == []
