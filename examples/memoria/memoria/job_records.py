"""Jobs and what the host is told of them, in the database."""

from dataclasses import dataclass
from typing import Any, Literal

from psycopg.types.json import Jsonb

from .database import Connection

JobType = Literal["detect", "cluster"]

# A callback that is being sent is left alone for this long, then another instance takes it.
_LEASE_S = 90


class Conflict(Exception):
    """The id of the job was used for something else."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job that was asked for."""

    id: str
    """What the host calls it."""
    type: JobType
    """What it does."""
    event_id: str
    """Its event."""
    media_ids: tuple[str, ...] = ()
    """Its photos."""


def begin(connection: Connection, job: Job) -> dict[str, Any] | None:
    """Notes that a job is being done. Gives the result if it was done before. Raises `Conflict`."""
    row = connection.execute(
        """
        insert into ml_jobs (id, job_type, event_id, media_ids, status, started_at)
        values (%s, %s, %s, %s, 'processing', now())
        on conflict (id) do update set
          status = case ml_jobs.status when 'completed' then 'completed' else 'processing' end,
          started_at = case ml_jobs.status when 'completed' then ml_jobs.started_at else now() end, updated_at = now()
        returning job_type, event_id, media_ids, status, result
        """,
        [job.id, job.type, job.event_id, list(job.media_ids)],
    ).fetchone()
    assert row is not None
    # A host that queued the job itself may have left the photos out.
    same = row["job_type"] == job.type and row["event_id"] == job.event_id
    if not same or (row["media_ids"] and job.media_ids and tuple(row["media_ids"]) != job.media_ids):
        raise Conflict(f"job {job.id} was for something else: give every job an id of its own")
    return row["result"] if row["status"] == "completed" else None


def finish(connection: Connection, job_id: str, result: dict[str, Any], callback: dict[str, Any]) -> None:
    """Notes that a job was done, and that the host is to be told. Telling it again begins anew."""
    connection.execute(
        """
        update ml_jobs set status = 'completed', result = %s, error = null,
          completed_at = coalesce(completed_at, now()), updated_at = now(), callback = %s,
          callback_attempts = 0, callback_after = now(), callback_sent_at = null,
          callback_error = null
        where id = %s
        """,
        [Jsonb(result), Jsonb(callback), job_id],
    )


def fail(connection: Connection, job: Job, error: str, callback: dict[str, Any]) -> None:
    """Notes that a job failed, and that the host is to be told. What was done before stays done."""
    connection.execute(
        """
        insert into ml_jobs (id, job_type, event_id, media_ids, status) values (%s, %s, %s, %s, 'processing')
        on conflict do nothing
        """,
        [job.id, job.type, job.event_id, list(job.media_ids)],
    )
    connection.execute(
        """
        update ml_jobs set status = 'failed', error = %s, attempts = attempts + 1, updated_at = now(), callback = %s,
          callback_attempts = 0, callback_after = now(), callback_sent_at = null, callback_error = null
        where id = %s and status <> 'completed'
        """,
        [error, Jsonb(callback), job.id],
    )


@dataclass(frozen=True, slots=True)
class Callback:
    """Something that the host is to be told."""

    job_id: str
    """The job that ended."""
    body: dict[str, Any]
    """What is sent."""
    attempts: int
    """How often it was tried, this time included."""


def due_callbacks(connection: Connection, limit: int = 20) -> list[Callback]:
    """Takes callbacks that are to be sent now; other instances do not get the same ones."""
    rows = connection.execute(
        """
        update ml_jobs set callback_attempts = callback_attempts + 1, callback_after = now() + make_interval(secs => %s)
        where id in (select id from ml_jobs where callback_after <= now() order by callback_after
                     limit %s for update skip locked)
        returning id, callback, callback_attempts
        """,
        [_LEASE_S, limit],
    )
    return [Callback(row["id"], row["callback"], row["callback_attempts"]) for row in rows]


def callback_sent(connection: Connection, callback: Callback) -> None:
    """Notes that the host knows; not if the job has ended anew meanwhile."""
    connection.execute(
        """
        update ml_jobs set callback_sent_at = now(), callback_after = null, callback_error = null
        where id = %s and callback = %s and callback_attempts = %s
        """,
        [callback.job_id, Jsonb(callback.body), callback.attempts],
    )


def callback_failed(connection: Connection, callback: Callback, error: str, again_in_s: float | None) -> None:
    """Notes that the host could not be told, and when to try again; None: never."""
    connection.execute(
        """
        update ml_jobs set callback_error = %s, callback_after = now() + make_interval(secs => %s)
        where id = %s and callback = %s and callback_attempts = %s
        """,
        [error, again_in_s, callback.job_id, Jsonb(callback.body), callback.attempts],
    )


def pending_callbacks(connection: Connection) -> int:
    """How many callbacks are still to be sent."""
    row = connection.execute("select count(*) as n from ml_jobs where callback_after is not null").fetchone()
    return 0 if row is None else int(row["n"])
