"""The written score: which element a sung note is, and changing its syllable without touching the rest of the file."""

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from sonic.sing import SungNote

from .uploads import Refused, walk

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_FIXED = {"C": "do", "D": "re", "E": "mi", "F": "fa", "G": "sol", "A": "la", "B": "ti"}
_DEGREES = ("do", "re", "mi", "fa", "sol", "la", "ti")
_LETTERS = "CDEFGAB"


@dataclass(slots=True)
class WrittenNote:
    """A `<note>` of the file."""

    part_id: str
    measure: int
    """Written measure, from 0."""
    index: int
    """Its place among the notes of the measure, from 0."""
    onset: Fraction = Fraction(0)
    """Quarter notes from the start of the measure."""
    duration: Fraction = Fraction(0)
    voice: str = "1"
    staff: int = 1
    step: str = ""
    alter: float = 0.0
    octave: int = 4
    chord: bool = False
    sung: bool = True
    """False for rests, grace notes, cues and notes without a pitch."""
    tie_stop: bool = False
    fifths: int = 0
    """The key that holds there."""
    end: int = 0
    """Where its end tag begins, in bytes."""
    lyric_after: int = 0
    """Where a new lyric goes, in bytes: behind the last, or before what must stand behind lyrics."""
    lyrics: dict[str, "WrittenLyric"] = field(default_factory=dict)

    @property
    def midi(self) -> float:
        """The pitch as written."""
        return 12 * (self.octave + 1) + _STEPS.get(self.step, 0) + self.alter


@dataclass(slots=True)
class WrittenLyric:
    """A `<lyric>` of a note."""

    begin: int
    """Its first byte."""
    end: int = 0
    """Behind its last."""
    texts: list[tuple[int, int]] = field(default_factory=list)
    """Bytes between `<text ...>` and `</text>`."""


def written_notes(xml: bytes) -> list[WrittenNote]:
    """All notes of a file in UTF-8, in its order. A file by measures (timewise) has none here."""
    reader = _Reader(xml)
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    reader.parser = parser
    walk(xml, parser)
    return reader.notes


class _Reader:
    """Follows a file from start to end."""

    def __init__(self, xml: bytes) -> None:
        self.parser: Any = None
        self.notes: list[WrittenNote] = []
        self._xml = xml
        self._path: list[str] = []
        self._chars: list[str] = []
        self._part = ""
        self._measure = -1
        self._index = 0
        self._divisions = Fraction(1)
        self._cursor = self._last = Fraction(0)
        self._duration = Fraction(0)
        self._fifths = 0
        self._note: WrittenNote | None = None
        self._lyric: tuple[str, WrittenLyric] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        self._path.append(tag)
        self._chars = []
        position = self.parser.CurrentByteIndex
        note = self._note
        if tag == "part" and len(self._path) == 2:
            self._part, self._measure = attributes.get("id", ""), -1
            self._divisions, self._fifths = Fraction(1), 0
        elif tag == "measure" and len(self._path) == 3:
            self._measure += 1
            self._index = 0
            self._cursor = self._last = Fraction(0)
        elif tag == "note" and len(self._path) == 4:
            self._note = WrittenNote(self._part, self._measure, self._index, fifths=self._fifths)
            self._index += 1
            self._duration = Fraction(0)
        elif tag in ("backup", "forward"):
            self._duration = Fraction(0)
        elif note is not None and len(self._path) == 5:
            if tag in ("rest", "grace", "cue", "unpitched"):
                note.sung = False
            elif tag == "chord":
                note.chord = True
            elif tag == "tie" and attributes.get("type") == "stop":
                note.tie_stop = True
            elif tag == "lyric":
                self._lyric = (attributes.get("number", "1"), WrittenLyric(position))
            elif tag in ("play", "listen") and not note.lyric_after:
                note.lyric_after = position
        elif self._lyric is not None and tag == "text":
            # `<text/>` has no inside.
            close = self._xml.index(b">", position)
            if self._xml[close - 1 : close] != b"/":
                self._lyric[1].texts.append((close + 1, close + 1))

    def text(self, data: str) -> None:
        self._chars.append(data)

    def end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        depth = len(self._path)
        self._path.pop()
        text = "".join(self._chars).strip()
        self._chars = []
        position = self.parser.CurrentByteIndex
        note = self._note
        if tag == "divisions":
            self._divisions = max(_number(text), Fraction(1, 1000))
        elif tag == "fifths":
            self._fifths = int(_number(text))
        elif tag == "duration":
            self._duration = _number(text) / self._divisions
        elif tag == "backup":
            self._cursor = max(Fraction(0), self._cursor - self._duration)
        elif tag == "forward":
            self._cursor += self._duration
        elif note is not None and tag == "note" and depth == 4:
            self._close(note, position)
        elif note is not None and self._lyric is not None:
            self._inside_lyric(note, tag, position)
        elif note is not None:
            _field(note, tag, text)

    def _inside_lyric(self, note: WrittenNote, tag: str, position: int) -> None:
        assert self._lyric is not None
        verse, lyric = self._lyric
        if tag == "text" and lyric.texts and self._xml[position : position + 2] == b"</":
            lyric.texts[-1] = (lyric.texts[-1][0], position)
        elif tag == "lyric":
            lyric.end = self._xml.index(b">", position) + 1
            note.lyrics.setdefault(verse, lyric)
            note.lyric_after = lyric.end
            self._lyric = None

    def _close(self, note: WrittenNote, position: int) -> None:
        if note.chord:
            note.onset = self._last
        else:
            note.onset = self._last = self._cursor
            self._cursor += self._duration
        note.duration, note.end = self._duration, position
        note.sung = note.sung and note.step in _STEPS
        self.notes.append(note)
        self._note = None


def _field(note: WrittenNote, tag: str, text: str) -> None:
    if tag == "voice":
        note.voice = text or "1"
    elif tag == "staff":
        note.staff = int(_number(text))
    elif tag == "step":
        note.step = text.upper()
    elif tag == "octave":
        note.octave = int(_number(text))
    elif tag == "alter":
        note.alter = float(_number(text))


def _number(text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return Fraction(0)


class Places:
    """Finds the written note of a sung one."""

    def __init__(self, xml: bytes) -> None:
        self._measures: dict[tuple[str, int], list[WrittenNote]] = defaultdict(list)
        for note in written_notes(xml):
            if note.sung:
                self._measures[note.part_id, note.measure].append(note)

    def of(self, part_id: str, sung: tuple[SungNote, ...]) -> list[int | None]:
        """The place of each sung note among the notes of its measure; None where it could not be told."""
        groups: dict[tuple[int, int, float], list[int]] = defaultdict(list)
        starts: dict[tuple[int, int], float] = {}
        for number, note in enumerate(sung):
            key = (note.measure_index, note.pass_)
            # A jump may play a measure twice in a pass: what lies far behind the first is another performance of it.
            begun = starts.setdefault(key, note.offset_beats)
            length = max((float(w.onset + w.duration) for w in self._measures.get((part_id, key[0]), ())), default=4.0)
            if note.offset_beats >= begun + length - 1e-9:
                begun = starts[key] = note.offset_beats
            groups[(*key, begun)].append(number)
        out: list[int | None] = [None] * len(sung)
        for (measure, _, _), numbers in groups.items():
            written = self._measures.get((part_id, measure), [])
            for number, index in zip(numbers, _match([sung[n] for n in numbers], written), strict=True):
                out[number] = index
        return out


def _match(sung: list[SungNote], written: list[WrittenNote]) -> list[int | None]:
    """The start of the measure is not known: that under which most notes fit is taken."""
    best: list[int | None] = [None] * len(sung)
    best_score = (-1, -1)
    first = sung[0]
    for candidate in (w for w in written if _alike(first, w)):
        start = first.offset_beats - float(candidate.onset)
        found = [_at(note, written, start) for note in sung]
        score = (sum(w is not None for w in found), -sum(w.tie_stop for w in found if w is not None))
        if score > best_score:
            best_score, best = score, [None if w is None else w.index for w in found]
    return best


def _at(note: SungNote, written: list[WrittenNote], start: float) -> WrittenNote | None:
    at = note.offset_beats - start
    return next((w for w in written if abs(float(w.onset) - at) < 1e-6 and _alike(note, w)), None)


def _alike(note: SungNote, written: WrittenNote) -> bool:
    return written.voice == note.voice and abs(written.midi - note.written_midi) < 1e-6


def change_lyric(xml: bytes, part_id: str, measure: int, index: int, verse: str, text: str) -> bytes:
    """The file with another syllable under a note; with an empty text without one. Raises a `Refused`."""
    found = [n for n in written_notes(xml) if (n.part_id, n.measure, n.index) == (part_id, measure, index)]
    if not found or not found[0].sung:
        raise Refused("note_not_found", "There is no such note that is sung", 404)
    return _with_lyric(xml, found[0], verse, text)


def _with_lyric(xml: bytes, note: WrittenNote, verse: str, text: str) -> bytes:
    lyric, new = note.lyrics.get(verse), escape(text).encode()
    if lyric is None:
        at = note.lyric_after or note.end
        element = (
            b'<lyric number="'
            + escape(verse, {'"': "&quot;"}).encode()
            + b'"><syllabic>single</syllabic><text>'
            + new
            + b"</text></lyric>"
        )
        return xml if not text else xml[:at] + element + xml[at:]
    if not text:
        return xml[: lyric.begin] + xml[lyric.end :]
    if len(lyric.texts) == 1:
        begin, end = lyric.texts[0]
        return xml[:begin] + new + xml[end:]
    # Several syllables on one note, or none: one takes their place.
    head = xml[lyric.begin : xml.index(b">", lyric.begin) + 1].replace(b"/>", b">")
    element = head + b"<syllabic>single</syllabic><text>" + new + b"</text></lyric>"
    return xml[: lyric.begin] + element + xml[lyric.end :]


def solfege(xml: bytes, system: str) -> bytes:
    """The file with the names of notes in the place of the words, in every verse that a part has."""
    pieces, at = [], 0
    for note in written_notes(xml):
        if not note.sung:
            continue
        verses = [*note.lyrics] or ["1"]
        name = _FIXED[note.step] if system == "fixed_do" else _degree(note.step, note.fifths)
        cut = min([note.lyric_after or note.end, *(lyric.begin for lyric in note.lyrics.values())])
        pieces.append(xml[at:cut])
        if not note.tie_stop and not note.chord:
            for verse in verses:
                number = escape(verse, {'"': "&quot;"})
                pieces.append(
                    f'<lyric number="{number}"><syllabic>single</syllabic><text>{name}</text></lyric>'.encode()
                )
        at = note.lyric_after or note.end if note.lyrics else cut
    return b"".join([*pieces, xml[at:]])


def _degree(step: str, fifths: int) -> str:
    """The degree of the major scale with that signature: in minor keys la is the tonic."""
    tonic = _LETTERS[(fifths * 4) % 7]
    return _DEGREES[(_LETTERS.index(step) - _LETTERS.index(tonic)) % 7]
