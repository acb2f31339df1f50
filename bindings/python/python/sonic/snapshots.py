"""Snapshots of stores in object storage: S3 and what speaks its language, Azure, a folder.

sonic.snapshots.push(store, "s3://bucket/episodes")
sonic.snapshots.pull("episodes.sonic", "s3://bucket/episodes")

with sonic.snapshots.Writer("episodes.sonic", "s3://bucket/episodes") as writer:
    writer.store.add("episode.mp3")
"""

from dataclasses import dataclass

from ._native import Writer
from ._native import list_snapshots as list
from ._native import prune_snapshots as prune
from ._native import pull_snapshot as pull
from ._native import push_snapshot as push
from ._native import rollback_snapshot as rollback

__all__ = ["Pruned", "Pulled", "Pushed", "Snapshot", "Writer", "list", "prune", "pull", "push", "rollback"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot in a bucket."""

    version: int
    """Its number, from 1 on; the largest is current."""
    base: int | None
    """Number of the snapshot that it was made on the base of; None of the first."""
    restores: int | None
    """Number of the snapshot that it brings back; None unless it is a rollback."""
    created_at_ms: int
    """When it was made: milliseconds since 1970 UTC by the clock of its maker."""
    store_format: int
    """Version of the store's format."""
    forget_epoch: int
    """How often somebody was forgotten in the store so far."""
    rows: int
    """Rows of all tables."""
    bytes: int
    """Bytes of its chunks."""
    packed_bytes: int
    """Bytes of its chunks as they are in the bucket."""
    manifest: str
    """SHA-256 of its manifest."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What pushing came to."""

    snapshot: Snapshot
    """The snapshot that the store is now."""
    published: bool
    """False if the store was as the current snapshot: there is no new one then."""
    sent_bytes: int
    """Bytes that were sent."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What pulling came to."""

    snapshot: Snapshot
    """The snapshot that the store is now."""
    changed: bool
    """False if the store was that snapshot already."""
    received_bytes: int
    """Bytes that were received."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed."""

    removed_snapshots: int
    """Snapshots that are not there any more."""
    removed_chunks: int
    """Chunks that were removed."""
    removed_bytes: int
    """Their bytes."""
    kept: tuple[int, ...]
    """Numbers of the snapshots that stay, the current one first."""
