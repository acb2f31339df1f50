"""Objects in a bucket of S3, Azure or Google, or in a folder, written under conditions.

bucket = sonic.remote.Bucket("s3://bucket/prefix")
tag = bucket.put("jobs/1.json", b"{}", if_absent=True)
bucket.put("jobs/1.json", b'{"done": true}', if_tag=tag)
"""

from dataclasses import dataclass

from ._native import Bucket

__all__ = ["Bucket", "ObjectInfo"]


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What there is to know about an object."""

    name: str
    """Its name below the address of the bucket."""
    bytes: int
    """How many bytes it has."""
    written_at_ms: int
    """When it was written by the clock of the bucket: milliseconds since 1970 UTC."""
    tag: str
    """Another one for each time that it is written: its ETag, or its generation in Google's storage."""
