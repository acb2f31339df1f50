"""The two jobs: look at a photo, find the people of an event."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

import sonic
from sonic_services import DownloadError

from . import records
from .core import Core
from .database import Unreachable
from .job_records import Conflict, Job, begin, fail, finish
from .models import ClusterEventRequest, ProcessMediaRequest
from .reconcile import labels, reconcile
from .records import Closed, PhotoRecord
from .storage import SigningError, signed_url

_log = logging.getLogger(__name__)

Body = dict[str, Any]


class JobFailed(Exception):
    """A job failed; the message is what the caller and the host are told."""

    def __init__(self, detail: str, callback: Body | None = None, status: int = 500) -> None:
        super().__init__(detail)
        self.callback = callback
        """What the host is to be told and the database could not note."""
        self.status = status


async def process(core: Core, request: ProcessMediaRequest) -> tuple[PhotoRecord, float]:
    """The faces of a photo, and the seconds it took. The same job, or the same photo, a second time inserts nothing."""
    job = Job(request.job_id, "detect", request.event_id, (request.media_id,))
    started = time.perf_counter()
    try:
        kept = await core.run(_kept, core, job, started)
        if kept is not None:
            return kept
        return await fetch_and_keep(core, job.event_id, request.media_id, request.media_url, (job, started))
    except Exception as error:
        raise await _failed(core, job, error) from error


def _kept(core: Core, job: Job, started: float) -> tuple[PhotoRecord, float] | None:
    with core.database.transaction() as connection:
        records.check_open(connection, job.event_id)
        result = begin(connection, job)
        event = records.media_event(connection, job.media_ids[0])
        if event not in (None, job.event_id):
            raise Conflict(f"photo {job.media_ids[0]} is of another event")
        photo = records.kept_photo(connection, job.media_ids[0], job.event_id, core.detector.pipeline)
        if photo is None:
            return None
        if result is None:
            result = _found(job, photo, time.perf_counter() - started)
        finish(connection, job.id, result, _completed(job, result))
        return photo, float(result["processing_time_seconds"])


async def fetch_and_keep(
    core: Core, event_id: str, media_id: str, url: str, job: tuple[Job, float] | None = None
) -> tuple[PhotoRecord, float]:
    """Downloads a photo into memory, finds its faces, and commits them together with the end of the job. Gives the
    seconds since the job began, too."""
    timeout_s = core.settings.timeout_seconds
    await asyncio.wait_for(core.slots.acquire(), timeout_s)
    try:
        fetched = await core.downloader.fetch(url)
        await asyncio.wait_for(core.analysing.acquire(), timeout_s)
        try:
            return await core.run(_keep, core, event_id, media_id, fetched.data, job)
        finally:
            core.analysing.release()
    finally:
        core.slots.release()


def _keep(
    core: Core, event_id: str, media_id: str, data: bytes, job: tuple[Job, float] | None
) -> tuple[PhotoRecord, float]:
    settings, index = core.settings, core.index
    with core.locks.adding(event_id, media_id):
        photo = index.look(
            event_id, media_id, data, core.detector.analyzer, settings.thumbnail_size, settings.max_image_pixels
        )
        photo = PhotoRecord(media_id, event_id, photo.width, photo.height, core.detector.pipeline, photo.faces)
        try:
            with core.database.transaction() as connection:
                records.lock_event(connection, event_id)
                # Another instance, or the same job sent twice at once, may have been faster.
                kept = records.kept_photo(connection, media_id, event_id, photo.pipeline)
                if kept is None:
                    records.keep_photo(connection, photo)
                    revision = records.bump(connection, event_id)
                seconds = 0.0
                if job is not None:
                    seconds = time.perf_counter() - job[1]
                    result = _found(job[0], kept or photo, seconds)
                    finish(connection, job[0].id, result, _completed(job[0], result))
        except BaseException:
            index.forget_photo(event_id, media_id)
            raise
        if kept is not None:
            # The index may have its faces under ids that nobody knows.
            index.distrust(event_id)
            return kept, seconds
        index.committed(photo, revision)
    index.make_room(core.locks.in_use)
    return photo, seconds


def _found(job: Job, photo: PhotoRecord, seconds: float) -> Body:
    return {
        "media_id": photo.media_id,
        "event_id": job.event_id,
        "faces_detected": len(photo.faces),
        "processing_time_seconds": seconds,
    }


async def cluster(core: Core, request: ClusterEventRequest) -> Body:
    """Looks at the photos of an event that nobody has looked at, then finds out who is on them, in one transaction."""
    job = Job(request.job_id, "cluster", request.event_id)
    started = time.perf_counter()
    try:
        result = await core.run(_begin_cluster, core, job)
        if result is None:
            await _look_at_the_rest(core, request.event_id)
            result = await core.run(_cluster, core, job, started)
    except Exception as error:
        raise await _failed(core, job, error) from error
    return result


def _begin_cluster(core: Core, job: Job) -> Body | None:
    with core.database.transaction() as connection:
        records.check_open(connection, job.event_id)
        result = begin(connection, job)
        if result is not None:
            finish(connection, job.id, result, _completed(job, _told(result)))
        return result


async def _look_at_the_rest(core: Core, event_id: str) -> None:
    settings = core.settings

    def ask() -> list[records.Unprocessed]:
        with core.database.transaction() as connection:
            return records.unprocessed(connection, event_id, core.detector.pipeline, settings.max_retries + 1)

    media = await core.run(ask)
    for start in range(0, len(media), settings.batch_size):
        batch = media[start : start + settings.batch_size]
        await asyncio.gather(*(_look_at(core, event_id, one) for one in batch))


async def _look_at(core: Core, event_id: str, media: records.Unprocessed) -> None:
    try:
        url = media.url or await signed_url(core.settings, media.storage_path or "")
        if url is not None:
            await fetch_and_keep(core, event_id, media.media_id, url)
    except (DownloadError, SigningError, sonic.SonicError, asyncio.TimeoutError) as error:
        _log.warning("a photo was left out", extra={"media": media.media_id, "error": str(error)})
        reason = _reason(error)

        def note() -> None:
            with core.database.transaction() as connection:
                records.note_failed_media(connection, media.media_id, reason)

        await core.run(note)


def _options(core: Core) -> dict[str, Any]:
    settings = core.settings
    chosen = {
        "min_cluster_size": settings.min_cluster_size,
        "min_samples": settings.min_samples,
        "epsilon": settings.cluster_epsilon,
        # Who is there grows, and nobody's faces move to others behind the users' backs.
        "mode": "incremental",
    }
    return {"preset": "dbscan" if settings.cluster_method == "dbscan" else "default", **chosen}


def _cluster(core: Core, job: Job, started: float) -> Body:
    with core.opened(job.event_id) as event:
        done = begin(event.connection, job)
        if done is not None:  # The same job, sent twice at once.
            return done
        report = event.people.cluster(**_options(core)) if event.album.faces else None
        new = reconcile(event.connection, event.album, event.known, event.people, event.rows())
        found = labels(event.connection, new)
        result = {
            "event_id": job.event_id,
            "total_faces": len(event.album.faces),
            "preserved_clusters": report.preserved_clusters if report else 0,
            "assigned_to_existing": report.assigned_to_existing if report else 0,
            "new_clusters_created": len(found),
            "clusters_created": len(found),
            "noise_faces": report.unassigned_faces if report else 0,
            "processing_time_seconds": time.perf_counter() - started,
            "clusters": found,
        }
        finish(event.connection, job.id, result, _completed(job, _told(result)))
    _log.info("people were found", extra={"event": job.event_id, "new": len(found)})
    return result


def _told(result: Body) -> Body:
    return {name: value for name, value in result.items() if name != "clusters"}


def _completed(job: Job, result: Body) -> Body:
    return {"job_id": job.id, "status": "completed", "result": result, "error": None}


async def _failed(core: Core, job: Job, error: Exception) -> JobFailed:
    """Notes that a job failed, and gives what its caller is told."""
    if isinstance(error, Conflict):
        return JobFailed(str(error), status=409)
    detail = _reason(error)
    body = {"job_id": job.id, "status": "failed", "result": None, "error": detail}

    def note() -> None:
        with core.database.transaction() as connection:
            fail(connection, job, detail, body)

    if isinstance(error, Unreachable):
        return JobFailed(detail, body)
    try:
        await core.run(note)
    except Exception as second:
        _log.error("the end of a job could not be noted", extra={"job": job.id, "error": str(second)})
        return JobFailed(detail, body)
    return JobFailed(detail, status=409 if isinstance(error, Closed) else 500)


_PICTURE: Sequence[type[Exception]] = (sonic.MalformedError, sonic.UnsupportedError)


def _reason(error: Exception) -> str:
    if isinstance(error, tuple(_PICTURE)):
        return "Failed to load image"
    if isinstance(error, sonic.LimitError):
        return f"Failed to load image: {error}"
    if isinstance(error, DownloadError):
        # Without the address: it is signed, and what signs it is a secret.
        return f"Failed to download image: {error}"
    if isinstance(error, Unreachable):
        return f"The database cannot be reached: {error}"
    if isinstance(error, (asyncio.TimeoutError, TimeoutError)):
        return "The job took too long: try again later"
    if isinstance(error, (Closed, SigningError)):
        return str(error)
    _log.error("a job failed", exc_info=error)
    return "Internal error"
