"""Scores that are uploaded: out of their archive, in UTF-8, and read."""

import codecs
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from xml.parsers import expat

import sonic

_ENDINGS = (".xml", ".musicxml", ".mxl")
_MAX_ENTRIES = 1000
_RATIO = 200
_DECLARATION = re.compile(r"^\s*<\?xml\s[^>]*\?>")


class Refused(Exception):
    """A score that is not taken; `code` is what the original answers, `status` its status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A score."""

    xml: bytes
    """MusicXML in UTF-8."""
    score: sonic.Score
    """What it says."""


def read_upload(name: str, data: bytes, max_mxl_bytes: int) -> Uploaded:
    """The score of an upload. Raises a `Refused`."""
    if not name.lower().endswith(_ENDINGS):
        raise Refused("unsupported_file_type", "A score is a file .xml, .musicxml or .mxl")
    if not data:
        raise invalid("The file is empty")
    # The library judges the file as it came; what is kept is the same score without the archive.
    score = parse(data)
    xml = to_utf8(unpack(data, max_mxl_bytes)) if data[:2] == b"PK" else to_utf8(data)
    if data != xml:
        score = parse(xml)
    return Uploaded(xml, score)


def parse(xml: bytes) -> sonic.Score:
    """The score of MusicXML. Raises a `Refused`."""
    try:
        return sonic.Score(xml)
    except sonic.LimitError as error:
        raise Refused("invalid_musicxml", str(error), 413) from None
    except (sonic.MalformedError, sonic.UnsupportedError) as error:
        raise invalid(str(error)) from None


def invalid(message: str) -> Refused:
    """What is no MusicXML."""
    return Refused("invalid_musicxml", message)


def unpack(data: bytes, most: int) -> bytes:
    """The MusicXML of an archive, of at most `most` bytes, counted as they come."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > _MAX_ENTRIES:
                raise invalid("The archive has too many files")
            return _read(archive, _rootfile(archive, most), most)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise invalid(f"The archive is damaged or of a kind that is not known: {error}") from None


def _rootfile(archive: zipfile.ZipFile, most: int) -> str:
    names = archive.namelist()
    if "META-INF/container.xml" in names:
        found: list[str] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            kind = attributes.get("media-type", "application/vnd.recordare.musicxml+xml")
            if tag.rpartition(":")[2] == "rootfile" and "musicxml" in kind and attributes.get("full-path"):
                found.append(attributes["full-path"])

        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        _feed(parser, _read(archive, "META-INF/container.xml", min(most, 1024 * 1024)))
        found = [name for name in found if name in names]
        if found:
            return found[0]
    inside = [n for n in names if n.lower().endswith((".xml", ".musicxml")) and not n.upper().startswith("META-INF/")]
    if not inside:
        raise invalid("The archive has no score")
    return inside[0]


def _read(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    info = archive.getinfo(name)
    with archive.open(info) as entry:
        data = entry.read(most + 1)
    if len(data) > most or len(data) > _RATIO * max(info.compress_size, 5000):
        raise Refused("invalid_musicxml", "The archive is too large when it is unpacked", 413)
    return data


def to_utf8(data: bytes) -> bytes:
    """XML in UTF-8, whose declaration says so or says nothing."""
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise invalid(f"The text is not in its encoding: {error}") from None
    return _DECLARATION.sub('<?xml version="1.0" encoding="UTF-8"?>', text.lstrip("\ufeff"), count=1).encode()


def _encoding(data: bytes) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return encoding
    if data[:4] in (b"<\0?\0", b"\0<\0?"):
        return "utf-16-le" if data[0] else "utf-16-be"
    declared = re.match(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']", data[:400])
    return declared[1].decode() if declared else "utf-8"


def _feed(parser: expat.XMLParserType, data: bytes) -> None:
    def refuse(*_: object) -> None:
        raise invalid("Entities are not allowed")

    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise invalid(f"The XML is not well formed: {error}") from None


def walk(xml: bytes, parser: expat.XMLParserType) -> None:
    """Parses XML with handlers that are set; entities are refused. Raises a `Refused`."""
    _feed(parser, xml)
