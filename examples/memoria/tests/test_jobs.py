"""Jobs: what is inserted, what the host is told, what may be fetched, and what survives."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sonic_services import SettingsError

from memoria import jobs
from memoria.core import Core
from memoria.settings import read_settings
from needs import assets
from support import SECRET, Host, Worker, people_photos, serving, variables, wait_until

OBAMA, PARTY, NOBODY = "face_recognition/obama.jpg", "insightface/t1.jpg", "noface_synthetic.png"


def test_a_photo_is_in_the_database_with_its_faces(worker: Worker, host: Host) -> None:
    answer = worker.process("media-1", host.photo(PARTY)).json()
    assert (answer["faces_detected"], len(answer["faces"]), answer["status"]) == (6, 6, "completed")
    assert [face["quality_score"] for face in answer["faces"]] == sorted(
        (face["quality_score"] for face in answer["faces"]), reverse=True
    )
    rows = worker.sql(
        "select bbox, vector_dims(embedding), quality_score, length(thumbnail) from faces order by ordinal"
    )
    assert [row[0] for row in rows] == [face["bbox"] for face in answer["faces"]]
    assert {row[1] for row in rows} == {512}
    assert all(size > 500 for *_, size in rows)
    assert worker.sql("select faces_detected, width, height, url from media") == [(6, 1280, 886, None)]
    (job,) = worker.sql("select status, attempts, result ->> 'faces_detected', error from ml_jobs")
    assert job == ("completed", 0, "6", None)
    (told,) = host.wait_for(1)
    assert told["authorization"] == f"Bearer {SECRET}"
    assert told["json"]["result"]["event_id"] == "event-1"


def test_the_column_is_as_wide_as_the_model(database_url: str, host: Host) -> None:
    narrow = str(assets("face", "models", "mobilefacenet_foamliu_128_dynbatch.onnx"))
    with serving(database_url, host, FACE_EMBEDDER=narrow) as worker:
        assert len(worker.process("media-1", host.photo(OBAMA)).json()["faces"][0]["embedding"]) == 128
        assert worker.sql("select vector_dims(embedding) from faces") == [(128,)]
    # Another width would need all faces anew: it does not start.
    core = Core(read_settings(variables(database_url, host)))
    with pytest.raises(SettingsError, match="128"):
        core.start()


def test_the_same_job_twice_inserts_nothing_twice(worker: Worker, host: Host) -> None:
    first = worker.process("media-1", host.photo(PARTY), job="job-1")
    fetched = len(host.requests)
    again = worker.process("media-1", host.photo(PARTY), job="job-1")
    assert again.json() == first.json()
    other = worker.process("media-1", host.photo(PARTY), job="job-2")
    assert other.json()["faces"] == first.json()["faces"]
    assert worker.sql("select count(*) from faces") == [(6,)]
    assert len(host.requests) == fetched, "what is known is not fetched again"
    # A job is one job: its id is not another's.
    assert worker.process("media-2", host.photo(PARTY), job="job-1").status_code == 409
    assert worker.cluster("job-1").status_code == 409
    assert worker.process("media-1", host.photo(PARTY), job="job-3", event="event-2").status_code == 409
    found = worker.cluster("job-4")
    assert worker.cluster("job-4").json() == found.json()
    assert worker.sql("select count(*) from ml_jobs where status = 'completed'") == [(3,)]
    # Asked for again, it is told again: the host may have missed it.
    assert [one["json"]["job_id"] for one in host.wait_for(5)].count("job-1") == 2


def test_the_same_job_at_once_inserts_nothing_twice(worker: Worker, host: Host) -> None:
    answers: list[Any] = []
    ask = lambda: answers.append(worker.process("media-1", host.photo(PARTY), job="job-1").json())  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer["faces_detected"] for answer in answers] == [6] * 4
    assert {str(answer["faces"]) for answer in answers} == {str(answers[0]["faces"])}
    assert worker.sql("select count(*) from faces") == [(6,)]


def test_a_photo_without_faces_is_not_fetched_again(worker: Worker, host: Host) -> None:
    worker.sql("insert into events (id) values ('event-1')")
    worker.sql("insert into media (id, event_id, url) values ('n', 'event-1', %s)", host.photo(NOBODY))
    for job in ("a", "b"):
        assert worker.cluster(job).json()["total_faces"] == 0
    assert len(host.requests) == 1
    worker.sql("insert into media (id, event_id, url) values ('m', 'event-1', %s)", host.photo("missing.jpg"))
    for number in range(6):
        worker.cluster(f"again {number}")
    assert len(host.requests) == 1 + 4, "once, and MAX_RETRIES times more"
    ((attempts, error),) = worker.sql("select attempts, error from media where id = 'm'")
    assert (attempts, error) == (4, "Failed to download image: the server answered 404")


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/text/x.jpg", "Failed to load image"),
        ("/empty/x.jpg", "Failed to load image"),
        ("/nothing.jpg", "Failed to download image: the server answered 400"),
    ],
)
def test_failures_are_told_too(worker: Worker, host: Host, path: str, detail: str) -> None:
    answer = worker.process("media-1", host.url(path), job="job-1")
    assert (answer.status_code, answer.json()) == (500, {"detail": detail})
    assert worker.process("media-1", host.url(path), job="job-1").status_code == 500
    rows = worker.sql("select status, attempts, error, completed_at from ml_jobs")
    assert rows == [("failed", 2, detail, None)]
    told = host.wait_for(2)[1]["json"]
    assert told == {"job_id": "job-1", "status": "failed", "result": None, "error": detail}
    # A job that failed may be asked for again, and then be done.
    assert worker.process("media-1", host.photo(OBAMA), job="job-1").status_code == 200
    assert worker.sql("select status, error from ml_jobs") == [("completed", None)]
    assert host.wait_for(3)[2]["json"]["status"] == "completed"


def test_a_host_that_is_down_is_told_later(worker: Worker, host: Host) -> None:
    host.refusals[:] = [503, 500, 401]
    worker.process("media-1", host.photo(OBAMA), job="job-1")
    (told,) = host.wait_for(1)
    assert told["json"]["job_id"] == "job-1"
    wait_until(lambda: worker.sql("select callback_sent_at is not null from ml_jobs") == [(True,)])
    assert worker.sql("select callback_attempts, callback_error from ml_jobs") == [(4, None)]
    # After MAX_RETRIES more it is given up, and the database says why.
    host.refusals[:] = [503] * 4
    worker.process("media-2", host.photo(OBAMA), job="job-2")
    wait_until(lambda: not host.refusals)
    wait_until(lambda: worker.sql("select callback_after is null from ml_jobs where id = 'job-2'") == [(True,)])
    assert worker.sql("select callback_error from ml_jobs where id = 'job-2'") == [("the host answered 503",)]
    assert len(host.received) == 1


def test_what_was_not_told_is_told_after_a_restart(database_url: str, host: Host) -> None:
    host.refusals[:] = [503] * 100
    with serving(database_url, host, MAX_RETRIES="20") as worker:
        worker.process("media-1", host.photo(OBAMA), job="job-1")
        wait_until(lambda: len(host.refusals) < 99)
    host.refusals.clear()
    # The time until the next try is of the stopped worker.
    worker.sql("update ml_jobs set callback_after = now()")
    with serving(database_url, host):
        assert host.wait_for(1)[0]["json"]["job_id"] == "job-1"


def test_private_addresses_are_refused(database_url: str, host: Host) -> None:
    with serving(database_url, host, ALLOW_PRIVATE_ADDRESSES="false") as worker:
        for url in (
            host.photo(OBAMA),
            "http://169.254.169.254/latest/meta-data",
            "http://[::1]/x",
            "file:///etc/hostname",
        ):
            answer = worker.process("media-1", url, job=url)
            assert answer.status_code == 500
            assert answer.json()["detail"].startswith("Failed to download image: ")
    assert host.requests == []


def test_what_is_fetched_is_bounded(database_url: str, host: Host) -> None:
    with serving(database_url, host, MAX_IMAGE_MB="1", MAX_IMAGE_MEGAPIXELS="1") as worker:
        large = worker.process("large", host.photo("deepface/img1.jpg"))
        assert "larger than 1048576 bytes" in large.json()["detail"]
        many = worker.process("many pixels", host.photo(PARTY))
        assert "max_pixels" in many.json()["detail"]
        loop = worker.process("loop", host.url("/to/" + f"localhost:{host.port}/to/" * 8))
        assert "redirects" in loop.json()["detail"]
    assert worker.sql("select count(*) from media") == [(0,)]


def test_redirects_are_followed(worker: Worker, host: Host) -> None:
    assert worker.process("media-1", host.url(f"/redirect/{OBAMA}")).json()["faces_detected"] == 1


def test_addresses_are_signed_for_paths_in_the_storage(database_url: str, host: Host) -> None:
    storage = {"SUPABASE_URL": host.url(""), "SUPABASE_SERVICE_ROLE_KEY": "service-role-key"}
    with serving(database_url, host, **storage) as worker:
        worker.sql("insert into events (id) values ('event-1')")
        worker.sql("insert into media (id, event_id, storage_path) values ('m', 'event-1', %s)", OBAMA)
        assert worker.cluster("job-1").json()["total_faces"] == 1
    assert f"/storage/v1/signed/{OBAMA}?token=t" in host.requests


def test_the_index_may_be_deleted_between_photos_and_people(worker: Worker, host: Host) -> None:
    for name in people_photos(2):
        worker.process(name, host.photo(name))
    gone = worker.core.index.path
    shutil.rmtree(gone)
    answer = worker.cluster("job-1").json()
    assert (answer["clusters_created"], answer["total_faces"]) == (2, 16)
    assert worker.core.index.path != gone
    # And photos may come to the new one.
    worker.process("one more", host.photo(people_photos(1)[0]))
    assert worker.cluster("job-2").json()["clusters_created"] == 0
    assert worker.sql("select count(*) from face_persons") == [(2,)]


def test_an_index_that_is_full_forgets_what_was_used_longest_ago(database_url: str, host: Host) -> None:
    with serving(database_url, host, INDEX_FACES="10") as worker:
        for event in ("a", "b", "c"):
            for number in range(3):
                worker.process(f"{event} {number}", host.photo(PARTY), event=event)
        assert [event.name for event in worker.core.index.store.faces.events()] == ["c"]
        assert worker.cluster("job-1", "a").json()["clusters_created"] == 6
        assert [event.name for event in worker.core.index.store.faces.events()] == ["a"]


def test_an_index_left_empty_by_a_restart_is_made_anew(database_url: str, host: Host, tmp_path: Path) -> None:
    with serving(database_url, host, INDEX_DIR=str(tmp_path)) as worker:
        for name in people_photos(2):
            worker.process(name, host.photo(name))
    assert list(tmp_path.iterdir()) == []
    with serving(database_url, host, INDEX_DIR=str(tmp_path)) as worker:
        assert worker.cluster("job-1").json()["clusters_created"] == 2


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    def fail(*_: Any) -> None:
        raise RuntimeError("in the middle")

    with monkeypatch.context() as context:
        context.setattr(jobs, name, fail)
        yield


def test_clustering_is_one_transaction(worker: Worker, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in people_photos(2):
        worker.process(name, host.photo(name))
    with failing(monkeypatch, "finish"):
        answer = worker.cluster("job-1")
    assert (answer.status_code, answer.json()) == (500, {"detail": "Internal error"})
    assert worker.sql("select count(*) from face_persons") == [(0,)]
    assert worker.sql("select count(*) from faces where face_person_id is not null") == [(0,)]
    # The index had found people already: it does not know better than the database.
    assert worker.cluster("job-1").json()["clusters_created"] == 2
    assert worker.sql("select count(*) from face_persons") == [(2,)]


def test_a_photo_is_one_transaction(worker: Worker, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    with failing(monkeypatch, "finish"):
        assert worker.process("media-1", host.photo(PARTY)).status_code == 500
    assert worker.sql("select count(*) from faces") == [(0,)]
    assert len(worker.core.index.store.faces) == 0
    assert worker.process("media-1", host.photo(PARTY)).json()["faces_detected"] == 6


def test_two_instances_share_a_database(database_url: str, host: Host) -> None:
    first, second = people_photos(2)[:6], people_photos(2)[6:]
    with serving(database_url, host) as one, serving(database_url, host) as two:
        for worker, names in ((one, first), (two, second)):
            for name in names:
                worker.process(name, host.photo(name))
        # Each index has half of the photos; the database has all.
        assert one.cluster("job-1").json()["clusters_created"] == 2
        assert two.cluster("job-2").json()["clusters_created"] == 0
        assert one.sql("select count(*) from face_persons") == [(2,)]


def test_hdbscan_finds_the_same_people(database_url: str, host: Host) -> None:
    with serving(database_url, host, CLUSTER_METHOD="hdbscan") as worker:
        for name in people_photos(2):
            worker.process(name, host.photo(name))
        assert worker.cluster("job-1").json()["clusters_created"] >= 2
        who = worker.sql(
            """
            select array_agg(distinct split_part(media_id, '/', 2)) from faces
            where face_person_id is not null group by face_person_id
            """
        )
        assert all(len(names) == 1 for (names,) in who)


def test_health_is_measured(worker: Worker, host: Host) -> None:
    health = worker.client.get("/health").json()
    assert health == {"status": "healthy", "version": "0.1.0", "model_loaded": True, "gpu_available": False}
    assert worker.client.get("/metrics").status_code == 200
    worker.process("media-1", host.photo(OBAMA))
    text = worker.client.get("/metrics").text
    assert 'memoria_jobs_total{status="completed",type="detect"} 1.0' in text
    assert "memoria_faces_total 1.0" in text


def test_a_gpu_that_is_not_there_is_not_claimed(database_url: str, host: Host) -> None:
    with serving(database_url, host, USE_GPU="true") as worker:
        assert worker.client.get("/health").json()["gpu_available"] is False
        assert worker.process("media-1", host.photo(OBAMA)).json()["faces_detected"] == 1


def test_a_worker_token_is_asked_for(database_url: str, host: Host) -> None:
    with serving(database_url, host, WORKER_TOKEN="of the worker") as worker:
        assert worker.process("media-1", host.photo(OBAMA)).status_code == 401
        worker.client.headers["Authorization"] = "Bearer of the worker"
        assert worker.process("media-1", host.photo(OBAMA)).status_code == 200
