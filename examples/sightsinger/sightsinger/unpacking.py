"""Tarballs of others, unpacked so that nothing lands outside, only files are made, and no more than is allowed."""

import gzip
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_MAX_FILES = 2000
_MAX_DEPTH = 16
_MAX_HEADER = 65_536
_BLOCK = 1024 * 1024
_LONG = {tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}


class BadArchive(Exception):
    """An archive that is damaged or does what none may."""


class _Header(tarfile.TarInfo):
    """A header whose names are short: those of pax are read into memory, however long they say they are."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Header":
        header = super().frombuf(buf, encoding, errors)
        if header.type in _LONG and header.size > _MAX_HEADER:
            raise BadArchive("a name in it is too long")
        return header


def unpack(archive: Path, folder: Path, most: int) -> None:
    """Unpacks a .tar.gz into a new folder, at most `most` bytes. Raises a `BadArchive`."""
    folder.mkdir()
    total, seen = 0, set[str]()
    try:
        with tarfile.open(archive, "r|gz", tarinfo=_Header) as tar:
            for number, member in enumerate(tar):
                if number > 2 * _MAX_FILES:
                    raise BadArchive("it has too many folders")
                path = _path(member)
                if path is None:
                    continue
                total += member.size
                _check(member, path, seen, total, most)
                target = folder.joinpath(*path.parts)
                if member.isdir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as out:
                    for block in _blocks(tar, member):
                        out.write(block)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        raise BadArchive(f"it is damaged: {error}") from None
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise BadArchive(f"two of its names exclude each other: {error.filename}") from None


def _path(member: tarfile.TarInfo) -> PurePosixPath | None:
    """Where a member belongs; None for the folder itself."""
    name = member.name
    path = PurePosixPath(name)
    if path.is_absolute() or "\\" in name or "\0" in name or ".." in path.parts or ":" in name:
        raise BadArchive(f"the name {name[:100]!r} leads outside")
    return path if path.parts else None


def _check(member: tarfile.TarInfo, path: PurePosixPath, seen: set[str], total: int, most: int) -> None:
    if member.isdir():
        return
    if not member.isreg() or member.issparse():
        raise BadArchive(f"{member.name[:100]!r} is no plain file: links and devices are not taken")
    if total > most:
        raise BadArchive(f"it has more than {most} bytes")
    # Some file systems do not tell capitals apart.
    key = str(path).casefold()
    if key in seen:
        raise BadArchive(f"the name {member.name[:100]!r} occurs twice")
    seen.add(key)
    if len(seen) > _MAX_FILES or len(path.parts) > _MAX_DEPTH:
        raise BadArchive(f"it has more than {_MAX_FILES} files, or more than {_MAX_DEPTH} folders in each other")


def _blocks(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    source = tar.extractfile(member)
    left = member.size
    while source is not None and left:
        block = source.read(min(left, _BLOCK))
        if not block:
            raise BadArchive(f"{member.name[:100]!r} is cut off")
        left -= len(block)
        yield block
