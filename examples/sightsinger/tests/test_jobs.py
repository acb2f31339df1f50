"""Jobs: once, in turn, and whatever happens to workers and storage."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sonic
from sonic.remote import Bucket

from sightsinger import jobs
from sightsinger.hub import Hub
from sightsinger.jobs import Lost, Wanted
from sightsinger.settings import Settings
from sightsinger.storage import Document, Objects, read
from sightsinger.voicebanks import Voicebanks
from sightsinger.worker import Worker
from support import SOAK, TUNE, Faulty, musicxml, serving, settings_for, wait_until

UID, SID = "anna", "0" * 32


def wanted(objects: Objects, number: int = 0, *, uid: str = UID, notes: Any = TUNE, queue: str = "cpu") -> Wanted:
    """A song of its own for each number."""
    path = f"sessions/{uid}/{SID}/musicxml/{number}.xml"
    objects.put(path, musicxml(notes))
    options = {"part": 0, "verse": None, "gender": float(number % 100)}
    request = {"voicebank": "demo", "options": options, "solfege": None, "format": "flac"}
    return Wanted(uid, SID, "synthesis", queue, path, {"number": number}, request)


def worker(settings: Settings, objects: Objects) -> Worker:
    return Worker(settings, objects, Voicebanks(settings, objects), Hub(lambda *_: None))


@pytest.fixture
def objects(tmp_path: Path, packed: bytes) -> Objects:
    """A storage with a voicebank."""
    bucket = Bucket(settings_for(tmp_path).storage_url)
    bucket.put("assets/voicebanks/demo.tar.gz", packed)
    return bucket


def job(objects: Objects, wish: Wanted) -> dict[str, Any]:
    found = read(objects, jobs.path(wish.uid, wish.sid, wish.job_id))
    assert found is not None
    return found.data


def ended_well(objects: Objects, wish: Wanted) -> dict[str, Any]:
    """Checks that a job ended once, with one whole output."""
    data = job(objects, wish)
    assert data["status"] == "completed", data
    names = [info.name for info in objects.list(jobs.folder(wish.uid, wish.sid, wish.job_id))]
    outputs = [name for name in names if "/stream/" not in name and not name.endswith(".json")]
    assert outputs == [data["outputPath"]]
    clip = sonic.decode(objects.get(data["outputPath"])[1])
    assert abs(len(clip.samples) / clip.sample_rate - data["actualDurationSeconds"]) < 0.3
    assert data["actualDurationSeconds"] > 2
    return data


def do_next(one: Worker) -> str | None:
    """Lets a worker do a job, in this thread; gives its id."""
    claim = one._take()
    if claim is None:
        return None
    one._do(claim)
    return str(claim.data["jobId"])


def test_jobs_are_done_in_turn_whoever_has_many(tmp_path: Path, objects: Objects) -> None:
    one = worker(settings_for(tmp_path), objects)
    note = [("C4", 1.0, "la"), ("R", 3.0, "")]
    many = [wanted(objects, n, notes=note) for n in range(4)]
    for wish in many:
        jobs.submit(objects, wish)
    late = wanted(objects, 9, uid="berta", notes=note)
    jobs.submit(objects, late)
    other = wanted(objects, 5, notes=note, queue="gpu")
    jobs.submit(objects, other)
    order = [do_next(one) for _ in range(6)]
    # The second user does not wait for all of the first; the other queue is left alone.
    assert order[:5] == [w.job_id for w in (many[0], late, *many[1:])]
    assert order[5] is None
    assert job(objects, other)["status"] == "queued"
    both = worker(settings_for(tmp_path, QUEUE="gpu,cpu", MCP_GPU_DEVICE="cpu"), objects)
    assert do_next(both) == other.job_id


def test_a_job_that_is_wanted_again_is_the_same(tmp_path: Path, objects: Objects) -> None:
    one, wish = worker(settings_for(tmp_path), objects), wanted(objects)
    first, second = jobs.submit(objects, wish), jobs.submit(objects, wish)
    assert first == second
    assert len(objects.list("queues")) == 1
    assert do_next(one) == wish.job_id
    assert do_next(one) is None
    assert jobs.submit(objects, wish).data["status"] == "completed"
    assert objects.list("queues") == []
    ended_well(objects, wish)


def test_who_was_silent_has_lost_the_job(tmp_path: Path, objects: Objects) -> None:
    settings = settings_for(tmp_path, JOB_LEASE_SECONDS="0.3")
    wish = wanted(objects)
    stalled = jobs.claim(objects, jobs.submit(objects, wish), "stalled")
    assert stalled is not None
    one = worker(settings, objects)
    start = time.monotonic()
    while do_next(one) is None:
        # As long as it writes it keeps the job.
        if time.monotonic() - start < 0.5:
            stalled.write(dict)
        assert time.monotonic() - start < 20
        time.sleep(0.02)
    assert time.monotonic() - start > 0.8
    with pytest.raises(Lost):
        stalled.write(lambda data: {**data, "status": "failed"})
    assert ended_well(objects, wish)["attempt"] == 2


def test_a_write_whose_answer_was_lost_does_not_lose_the_job(tmp_path: Path, objects: Objects) -> None:
    lose: list[str] = []

    def fault(what: str, name: str) -> None:
        if what == "was put" and name in lose:
            lose.remove(name)
            raise sonic.IoError("the answer was lost")

    faulty = Faulty(objects, fault)
    wish = wanted(objects)
    claim = jobs.claim(faulty, jobs.submit(faulty, wish), "me")
    assert claim is not None
    lose.append(jobs.path(UID, SID, wish.job_id))
    with pytest.raises(sonic.IoError):
        claim.write(lambda data: {**data, "step": "one"})
    claim.write(lambda data: {**data, "step": "two"})
    assert job(objects, wish)["step"] == "two"


def test_what_fails_by_chance_is_tried_again_and_then_given_up(tmp_path: Path, objects: Objects) -> None:
    wish, broken = wanted(objects), [True]

    def fault(what: str, name: str) -> None:
        if broken[0] and what == "get" and name.endswith(".xml"):
            raise sonic.InternalError("bad luck")

    settings = settings_for(tmp_path, JOB_MAX_ATTEMPTS="3")
    one = worker(settings, Faulty(objects, fault))
    jobs.submit(objects, wish)
    for attempt in (1, 2):
        one._due.clear()
        assert do_next(one) == wish.job_id
        assert (job(objects, wish)["status"], job(objects, wish)["attempt"]) == ("queued", attempt)
    one._due.clear()
    do_next(one)
    one._due.clear()
    assert do_next(one) is None
    failed = job(objects, wish)
    assert (failed["status"], objects.list("queues")) == ("failed", [])
    assert "3 times" in failed["errorMessage"]
    broken[0] = False
    jobs.submit(objects, wish)
    assert do_next(one) == wish.job_id
    ended_well(objects, wish)


def test_a_job_takes_no_longer_than_it_may(tmp_path: Path, objects: Objects) -> None:
    wish = wanted(objects, notes=TUNE * 400)
    settings = settings_for(tmp_path, MCP_GPU_TIMEOUT_SECONDS="1", JOB_LEASE_SECONDS="0.4")
    jobs.submit(objects, wish)
    start = time.monotonic()
    do_next(worker(settings, objects))
    assert time.monotonic() - start < 15
    assert "longer than 1 second" in job(objects, wish)["errorMessage"]


class Killed(BaseException):
    """The process ends."""


def test_whichever_request_is_the_last_the_job_ends_once(tmp_path: Path, objects: Objects) -> None:
    """The process ends before or after each of its requests to the storage."""
    settings = settings_for(tmp_path, JOB_LEASE_SECONDS="60")
    rescue = settings_for(tmp_path, JOB_LEASE_SECONDS="0.2")
    step = 1 if SOAK else 7
    last, steps = 0, 0
    for number in range(0, 1000, step):
        count = 0

        def fault(what: str, name: str, number: int = number) -> None:
            nonlocal count
            count += 1
            if count > number:
                raise Killed

        wish = wanted(objects, number)
        jobs.submit(objects, wish)
        try:
            do_next(worker(settings, Faulty(objects, fault)))
            last = number
        except Killed:
            steps += 1
        one = worker(rescue, objects)
        while do_next(one) is not None or objects.list("queues"):
            time.sleep(0.01)
        ended_well(objects, wish)
        if last:
            break
    assert last > 10
    assert steps >= 2


@pytest.fixture
def zygote() -> Iterator["Zygote"]:
    zygote = Zygote()
    yield zygote
    zygote.close()


class Zygote:
    """Workers as processes."""

    def __init__(self) -> None:
        program = Path(__file__).with_name("zygote.py")
        path = os.pathsep.join(filter(None, sys.path))
        self.process = subprocess.Popen(
            [sys.executable, program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        self.children: list[int] = []

    def start(self, folder: Path, **changes: str) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([str(folder), changes]) + "\n")
        self.process.stdin.flush()
        pid = int(self.process.stdout.readline())
        self.children.append(pid)
        return pid

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self.children.remove(pid)

    def close(self) -> None:
        for pid in [*self.children]:
            self.kill(pid)
        self.process.kill()
        self.process.communicate()


def test_a_job_whose_worker_is_killed_at_any_moment_ends_once(tmp_path: Path, objects: Objects, zygote: Zygote) -> None:
    kills, seed = (100 if SOAK else 8), random.randrange(2**32)
    chance = random.Random(seed)
    changes = {"JOB_LEASE_SECONDS": "0.4", "JOB_MAX_ATTEMPTS": "1000", "ORT_INTRA_OP_NUM_THREADS": "1"}
    # How long one takes that nobody disturbs, from an empty disk.
    number, took = 0, 0.0
    wishes: list[Wanted] = []

    def submit() -> Wanted:
        nonlocal number
        number += 1
        wish = wanted(objects, number)
        jobs.submit(objects, wish)
        wishes.append(wish)
        return wish

    def done(wish: Wanted) -> bool:
        return bool(job(objects, wish)["status"] == "completed")

    first = submit()
    pid = zygote.start(tmp_path, **changes)
    start = time.monotonic()
    wait_until(lambda: done(first), 120)
    took = time.monotonic() - start
    for _ in range(kills):
        zygote.kill(pid)
        # The disk of a container is gone with it.
        shutil.rmtree(tmp_path / "cache", ignore_errors=True)
        if done(wishes[-1]):
            submit()
        pid = zygote.start(tmp_path, **changes)
        # The next takes over when the lease has ended.
        time.sleep(chance.uniform(0, 0.5 + 1.2 * took))
    wait_until(lambda: all(map(done, wishes)), 120)
    attempts = [ended_well(objects, wish)["attempt"] for wish in wishes]
    assert sum(attempts) > len(wishes), (seed, attempts)
    assert len({job(objects, wish)["outputPath"] for wish in wishes}) == len(wishes)
    print(f"{kills} kills (seed {seed}) over {len(wishes)} jobs of {took:.2f} s: {attempts} tries")


def test_a_storage_that_is_away_loses_nothing(tmp_path: Path, packed: bytes) -> None:
    away, seconds = threading.Event(), 60.0 if SOAK else 1.5
    inner = Bucket(settings_for(tmp_path).storage_url)

    def fault(what: str, name: str) -> None:
        if away.is_set():
            raise sonic.IoError("no answer")

    with serving(tmp_path, packed, objects=Faulty(inner, fault)) as service:
        sid = service.session()
        service.upload(sid, musicxml(TUNE * 4))
        answer = service.sing(sid)
        received: list[bytes] = []

        def listen() -> None:
            received.append(service.client.get(answer["stream_url"], timeout=200).content)

        listener = threading.Thread(target=listen)
        listener.start()
        wait_until(lambda: service.progress(sid)["progress"] > 0)
        away.set()
        for method, path in (("GET", "/progress"), ("GET", "/score"), ("POST", "/chat")):
            refused = service.client.request(
                method, f"/sessions/{sid}{path}", json={"selection": {}} if method == "POST" else None
            )
            assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        assert service.client.get("/healthz").status_code == 200
        time.sleep(seconds)
        away.clear()
        done = service.ended(sid, answer["job_id"])
        assert (done["status"], done["details"]["attempt"]) == ("done", 1)
        listener.join(60)
        saved = service.sound(done["audio_url"])
        assert abs((len(received[0]) - 44) / 2 - len(saved.samples)) < 4410


def test_a_service_that_is_stopped_gives_its_job_back(tmp_path: Path, packed: bytes) -> None:
    with serving(tmp_path, packed) as service:
        sid = service.session()
        service.upload(sid, musicxml(TUNE * 120))
        answer = service.sing(sid)
        wait_until(lambda: service.progress(sid)["progress"] > 0)
        bucket = service.bucket
    found = read(bucket, jobs.path("local", sid, answer["job_id"]))
    assert found is not None
    assert (found.data["status"], found.data["attempt"]) == ("queued", 1)
    with serving(tmp_path, packed) as service:
        # At once: nobody waits for the end of the lease.
        assert service.ended(sid, answer["job_id"])["details"]["attempt"] == 2


def test_twenty_sessions_at_once_are_all_served_in_turn(tmp_path: Path, packed: bytes) -> None:
    with serving(tmp_path, packed) as service:

        def round_of(number: int) -> None:
            done: list[dict[str, Any]] = []

            def one(n: int) -> None:
                sid = service.session()
                notes = [(f"{'CDEFGAB'[n % 7]}4", 1.0, "la"), ("R", 3.0, "")]
                assert service.upload(sid, musicxml(notes, bpm=200 + number)).status_code == 200
                answer = service.sing(sid, controls={"gender": n})
                assert service.ended(sid, answer["job_id"], pause=0.2)["status"] == "done"
                found = read(service.bucket, jobs.path("local", sid, answer["job_id"]))
                assert found is not None
                done.append(found.data)

            threads = [threading.Thread(target=one, args=(n,)) for n in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(done) == 20
            # First come, first served, but for those that came at the same time.
            came = sorted(range(20), key=lambda n: done[n]["marker"])
            went = sorted(range(20), key=lambda n: done[n]["updatedAt"])
            assert max(went.index(n) - came.index(n) for n in range(20)) <= 4
            assert {data["attempt"] for data in done} == {1}

        round_of(0)
        before = resident()
        for number in range(1, 10 if SOAK else 2):
            round_of(number)
        grown = resident() - before
        print(f"memory grew by {grown // 1024} KiB")
        assert grown < 40 * 1024 * 1024


def resident() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_orphans_are_removed_and_the_foreign_left_alone(tmp_path: Path, objects: Objects) -> None:
    one, wish = worker(settings_for(tmp_path), objects), wanted(objects)
    old = f"queues/cpu/{1:017}-abc-{'a' * 32}"
    new = f"queues/cpu/{time.time_ns() // 1000:017}-abc-{'b' * 32}"
    for name in (old, new, "queues/cpu/readme.txt"):
        objects.put(name, json.dumps({"job": jobs.path(UID, SID, "c" * 32)}).encode())
    damaged = [f"queues/cpu/{time.time_ns() // 1000:017}-abc-{letter * 32}" for letter in "def"]
    for name, data in zip(damaged, (b"", b"[]", b'{"job": "../x"}'), strict=True):
        objects.put(name, data)
    assert do_next(one) is None
    assert [info.name for info in objects.list("queues")] == [new, *damaged, "queues/cpu/readme.txt"]
    # A job that was cancelled before anybody took it.
    jobs.submit(objects, wish)
    cancelled = jobs.cancel(objects, jobs.path(UID, SID, wish.job_id))
    assert isinstance(cancelled, Document)
    assert do_next(one) is None
    assert job(objects, wish)["status"] == "cancelled"
    # It is wanted again: a worker that looks between its marker and its document leaves the marker alone.
    looks: list[str | None] = []

    def fault(what: str, name: str) -> None:
        if what == "was put" and name.startswith("queues/"):
            looks.append(do_next(one))

    jobs.submit(Faulty(objects, fault), wish)
    one._due.clear()
    assert (looks, do_next(one)) == ([None], wish.job_id)
    ended_well(objects, wish)
