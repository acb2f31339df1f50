"""Objects in a folder that stands for a bucket, and in S3."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import sonic
from needs import skip
from sonic.remote import Bucket, ObjectInfo


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    return Bucket(f"file://{tmp_path / 'bucket'}")


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[Bucket]:
    """A bucket of moto."""
    program = Path(sys.executable).with_name("moto_server")
    if not program.exists():
        skip("moto", "there is no moto_server: `make services` installs it")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    server = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as wire:
                    wire.sendall(b"PUT /bucket HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    assert b"200" in wire.recv(99)
                    break
            except OSError:
                assert time.monotonic() < end
                time.sleep(0.05)
        keys = tmp_path / "keys"
        keys.write_text(
            f"AWS_ENDPOINT_URL=http://127.0.0.1:{port}\nAWS_ACCESS_KEY_ID=K\nAWS_SECRET_ACCESS_KEY=S\n"
            "AWS_REGION=us-east-1\n"
        )
        yield Bucket("s3://bucket/below", credentials=keys)
    finally:
        server.kill()
        server.wait()


def works(bucket: Bucket, folder: Path) -> None:
    assert bucket.head("a/one.json") is None
    with pytest.raises(sonic.NotFoundError):
        bucket.get("a/one.json")
    first = bucket.put("a/one.json", b"0123456789", if_absent=True)
    info, data = bucket.get("a/one.json")
    assert isinstance(info, ObjectInfo)
    assert (info.name, info.bytes, info.tag, data) == ("a/one.json", 10, first, b"0123456789")
    assert abs(info.written_at_ms / 1000 - time.time()) < 120
    assert bucket.head("a/one.json") == info
    assert bucket.get("a/one.json", start=8)[1] == b"89"
    assert bucket.get("a/one.json", start=2, end=4)[1] == b"23"
    assert bucket.get("a/one.json", start=40)[1] == b""
    with pytest.raises(sonic.LimitError):
        bucket.get("a/one.json", max_bytes=9)
    with pytest.raises(sonic.MismatchError):
        bucket.put("a/one.json", b"other", if_absent=True)
    second = bucket.put("a/one.json", b"other", if_tag=first)
    with pytest.raises(sonic.MismatchError):
        bucket.put("a/one.json", b"third", if_tag=first)
    assert bucket.put("a/one.json", b"other", if_tag=first) == second
    with pytest.raises(sonic.MismatchError):
        bucket.put("a/none.json", b"third", if_tag=first)
    bucket.put("b", bytearray(b"x"))
    assert [found.name for found in bucket.list()] == ["a/one.json", "b"]
    assert [found.name for found in bucket.list("a")] == ["a/one.json"]
    assert bucket.list("nothing") == []
    assert bucket.download("a/one.json", folder / "copy") == 5
    assert (folder / "copy").read_bytes() == b"other"
    bucket.delete("a/one.json")
    bucket.delete("a/one.json")
    assert [found.name for found in bucket.list()] == ["b"]


def test_objects_go_round(bucket: Bucket, tmp_path: Path) -> None:
    works(bucket, tmp_path)
    assert repr(bucket) == f'Bucket("{bucket.url}")'


def test_objects_go_round_in_s3(s3: Bucket, tmp_path: Path) -> None:
    works(s3, tmp_path)


def test_of_many_threads_one_writes(bucket: Bucket) -> None:
    won: list[int] = []

    def write(n: int) -> None:
        try:
            bucket.put("lease", str(n).encode(), if_absent=True)
            won.append(n)
        except sonic.MismatchError:
            pass

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [str(n).encode() for n in won] == [bucket.get("lease")[1]]


def test_wrong_arguments_are_refused(bucket: Bucket) -> None:
    for name in ("", "/a", "a//b", "../a", "a#1", "a%2e"):
        with pytest.raises(sonic.InvalidArgumentError):
            bucket.put(name, b"")
    with pytest.raises(sonic.InvalidArgumentError):
        bucket.put("a", b"", if_absent=True, if_tag="x")
    with pytest.raises(sonic.InvalidArgumentError):
        Bucket("nowhere")
    with pytest.raises(sonic.InvalidArgumentError):
        Bucket("file:///tmp", timeout=-1.0)
    with pytest.raises(sonic.InvalidArgumentError) as caught:
        Bucket("s3://key:secret@bucket/a")
    assert "secret" not in str(caught.value)


def test_a_server_that_does_not_answer_takes_no_longer_than_the_timeout(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        keys = tmp_path / "keys"
        keys.write_text("AWS_ACCESS_KEY_ID=K\nAWS_SECRET_ACCESS_KEY=THE-SECRET\nAWS_REGION=us-east-1\n")
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        bucket = Bucket("s3://b", credentials=keys, endpoint=endpoint, timeout=0.3)
        start = time.monotonic()
        with pytest.raises(sonic.IoError, match="no answer") as caught:
            bucket.get("a")
        assert time.monotonic() - start < 5
        assert "THE-SECRET" not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_opens_its_own(bucket: Bucket) -> None:
    bucket.put("a", b"x")
    code = (
        "import os, sonic, sys\nfrom sonic.remote import Bucket\n"
        f"bucket = Bucket({bucket.url!r})\nbucket.put('b', b'y')\n"
        "if os.fork() == 0:\n"
        "    try:\n        bucket.get('b')\n"
        "    except sonic.ClosedError:\n        os._exit(Bucket(bucket.url).get('b')[1] != b'y')\n"
        "    os._exit(2)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))\n"
    )
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], timeout=60).returncode == 0
