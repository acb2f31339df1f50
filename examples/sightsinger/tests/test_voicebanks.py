"""Voicebanks: the list, hostile tarballs, the cache."""

import gzip
import io
import json
import shutil
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sonic.remote import Bucket

from needs import assets
from sightsinger.packing import add, pack
from sightsinger.storage import Objects
from sightsinger.unpacking import BadArchive, unpack
from sightsinger.voicebanks import VoicebankError, Voicebanks
from support import Faulty, serving, settings_for, tarball, wait_until

MIB = 1024 * 1024


def member(name: str, data: bytes = b"x", **changes: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in changes.items():
        setattr(info, field, value)
    return info, data


def archive(*members: tuple[tarfile.TarInfo, bytes], **options: Any) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", **options) as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def long_pax() -> bytes:
    """A header that says that its names have a gigabyte."""
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 1024 * MIB
    return gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + b"\0" * 4096)


HOSTILE = {
    "parent": archive(member("../out")),
    "deep parent": archive(member("a/../../out")),
    "absolute": archive(member("/tmp/out")),
    "backslash": archive(member("a\\..\\..\\out")),
    "drive": archive(member("c:out")),
    "symlink": archive(member("a", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
    "symlink to folder": archive(member("a", b"", type=tarfile.SYMTYPE, linkname=".."), member("a/out")),
    "hard link": archive(member("a", b"", type=tarfile.LNKTYPE, linkname="../../etc/passwd")),
    "device": archive(member("a", b"", type=tarfile.CHRTYPE, devmajor=1, devminor=5)),
    "block device": archive(member("a", b"", type=tarfile.BLKTYPE)),
    "pipe": archive(member("a", b"", type=tarfile.FIFOTYPE)),
    "twice": archive(member("a"), member("a")),
    "twice by capitals": archive(member("a"), member("A")),
    "file and folder": archive(member("a"), member("a/b")),
    "bomb": archive(member("a", b"\0" * (2 * MIB))),
    "many small": archive(*(member(f"f{n}", b"x" * 600_000) for n in range(3))),
    "long pax": long_pax(),
    "too deep": archive(member("/".join("abcdefghijklmnopq"))),
    "too many": archive(*(member(f"{n}", b"") for n in range(2002))),
    "too many folders": archive(*(member(f"{n}", b"", type=tarfile.DIRTYPE) for n in range(4002))),
    "cut off": archive(member("a", bytes(range(256)) * 2000))[:-200],
    "damaged": bytes(b ^ (n % 7 == 3) for n, b in enumerate(archive(member("a", b"data" * 999)))),
    "no archive": b"this is no archive",
    "empty": b"",
    "no tar": gzip.compress(b"this is no archive" * 100),
    "sparse": archive(member("a", b"", type=tarfile.GNUTYPE_SPARSE)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tarballs_are_refused_and_leave_nothing_outside(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.tar.gz").write_bytes(HOSTILE[name])
    (tmp_path / "in").mkdir()
    with pytest.raises(BadArchive):
        unpack(tmp_path / "a.tar.gz", tmp_path / "in" / "bank", MIB)
    assert {p.name for p in tmp_path.iterdir()} == {"a.tar.gz", "in"}
    assert [p.name for p in (tmp_path / "in").iterdir()] == ["bank"]
    assert not Path("/tmp/out").exists()
    assert all(p.is_file() or p.is_dir() for p in (tmp_path / "in").rglob("*"))
    assert not any(p.is_symlink() for p in (tmp_path / "in").rglob("*"))


def test_a_plain_tarball_is_unpacked(tmp_path: Path) -> None:
    folder = member("b", b"", type=tarfile.DIRTYPE)
    (tmp_path / "a.tar.gz").write_bytes(archive(folder, member("./b/c.txt", b"1" * 70_000), member("d/e/f", b"")))
    unpack(tmp_path / "a.tar.gz", tmp_path / "bank", MIB)
    assert (tmp_path / "bank/b/c.txt").read_bytes() == b"1" * 70_000
    assert (tmp_path / "bank/d/e/f").read_bytes() == b""


def voicebanks(
    folder: Path, fault: Callable[[str, str], None] = lambda *_: None, **changes: str
) -> tuple[Voicebanks, Objects]:
    settings = settings_for(folder, **changes)
    objects = Faulty(Bucket(settings.voicebank_url), fault)
    return Voicebanks(settings, objects), objects


def test_the_list_is_that_of_the_manifest(tmp_path: Path) -> None:
    banks, objects = voicebanks(tmp_path)
    assert banks.entries() == {}
    rows = [
        {
            "id": "one",
            "name": "One",
            "gender": "female",
            "voice_colors": [{"name": "soft"}],
            "storage_object": "x/1.tar.gz",
        },
        {"id": "two", "enabled": False},
        {"id": "../three"},
        {"name": "four"},
        "five",
        {"id": "six", "queue": "gpu"},
    ]
    objects.put("assets/voicebanks/manifest.json", json.dumps({"version": 1, "voicebanks": rows}).encode())
    banks, objects = voicebanks(tmp_path)
    assert [(e.id, e.object, e.queue) for e in banks.entries().values()] == [
        ("one", "x/1.tar.gz", None),
        ("six", "assets/voicebanks/six.tar.gz", "gpu"),
    ]
    shown = banks.entries()["one"].shown()
    assert (shown["name"], shown["gender"], shown["voice_colors"], shown["profile_image"]) == (
        "One",
        "female",
        ["soft"],
        None,
    )
    with pytest.raises(VoicebankError, match="no tarball"):
        banks.tag(banks.entries()["six"])
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"voicebanks": [{"id": "mine"}]}))
    banks, _ = voicebanks(tmp_path, VOICEBANK_MANIFEST_PATH=str(path))
    assert list(banks.entries()) == ["mine"]


def test_a_voicebank_is_pulled_once_and_again_when_it_changes(tmp_path: Path, packed: bytes, bank: Path) -> None:
    pulls: list[str] = []
    banks, objects = voicebanks(tmp_path, lambda what, name: pulls.append(name) if what == "download" else None)
    objects.put("assets/voicebanks/demo.tar.gz", packed)

    def open_it() -> None:
        with banks.opened("demo") as voice:
            assert voice.sample_rate == 44100

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pulls == ["assets/voicebanks/demo.tar.gz"]
    again, _ = voicebanks(tmp_path)
    with again.opened("demo"):
        pass
    # Another tarball under the same name is another voicebank.
    tag = banks.tag(banks.entries()["demo"])
    objects.put("assets/voicebanks/demo.tar.gz", tarball(bank.parent))
    again, _ = voicebanks(tmp_path)
    assert again.tag(again.entries()["demo"]) != tag
    with again.opened("demo"):
        pass
    names = [p.name for p in (tmp_path / "cache").iterdir() if not p.name.startswith(".")]
    assert len(names) == 2
    # What is lost from the disk is pulled again.
    shutil.rmtree(tmp_path / "cache")
    with again.opened("demo"):
        pass


def test_what_was_used_longest_ago_makes_room(tmp_path: Path, packed: bytes) -> None:
    banks, objects = voicebanks(tmp_path, VOICEBANK_CACHE_MB="1")
    for n in range(5):
        objects.put(f"assets/voicebanks/v{n}.tar.gz", packed)
    with banks.opened("v0"):
        for n in range(1, 5):
            with banks.opened(f"v{n}"):
                pass
        left = {p.name.split("-")[0] for p in (tmp_path / "cache").iterdir() if not p.name.startswith(".")}
        # What is in use stays, and so does what came last.
        assert {"v0", "v4"} <= left
        assert "v1" not in left


def test_a_pull_that_fails_leaves_nothing(tmp_path: Path, packed: bytes) -> None:
    banks, objects = voicebanks(tmp_path)
    hostile = {"cut": packed[:-1000], "link": HOSTILE["symlink"], "none": archive(member("a/readme.txt"))}
    for name, data in hostile.items():
        objects.put(f"assets/voicebanks/{name}.tar.gz", data)
    for name in hostile:
        with pytest.raises(VoicebankError), banks.opened(name):
            pass
    assert list((tmp_path / "cache").iterdir()) == []


def test_faulty_banks_are_refused_with_their_faults(tmp_path: Path) -> None:
    banks, objects = voicebanks(tmp_path)
    expected = json.loads(assets("sing", "banks", "bad", "expected.json").read_text())["banks"]
    names = ("missing-phonemes", "onnx-is-lfs-pointer", "path-escapes", "yaml-dict-broken", "rate-mismatch")
    for name in names:
        objects.put(f"assets/voicebanks/{name}.tar.gz", tarball(assets("sing", "banks", "bad", name)))
    for name in names:
        code = next(f["code"] for f in expected[name]["findings"])
        with pytest.raises(VoicebankError, match=code), banks.opened(name):
            pass


def test_a_song_with_a_faulty_voicebank_fails_with_its_faults(tmp_path: Path) -> None:
    with serving(tmp_path, archive(member("readme.txt"))) as service:
        sid = service.session()
        service.upload(sid)
        found = service.ended(sid, service.sing(sid)["job_id"])
        assert (found["status"], found["details"]["attempt"]) == ("error", 1)
        assert "dsconfig.yaml" in found["error"]
        assert service.client.get(service.sing(sid)["stream_url"]).status_code == 409
        wait_until(lambda: service.bucket.list("queues") == [])


def test_clear_voice_sings(tmp_path: Path) -> None:
    with serving(tmp_path, tarball(assets("sing", "banks", "clear-voice"))) as service:
        sid = service.session()
        service.upload(sid)
        assert service.sung(sid)["details"]["phrases_done"] == 3


def test_a_voicebank_is_added_by_the_command(tmp_path: Path, bank: Path) -> None:
    settings = settings_for(tmp_path)
    assert add(settings, bank, "my-voice") == "assets/voicebanks/my-voice.tar.gz"
    assert pack(bank) == pack(bank)
    banks, _ = voicebanks(tmp_path)
    with banks.opened("my-voice") as voice:
        assert voice.sample_rate == 44100
    with pytest.raises(VoicebankError, match="no folder"):
        add(settings, tmp_path / "data", "nothing")
    with pytest.raises(VoicebankError, match="no id"):
        add(settings, bank, "../x")
