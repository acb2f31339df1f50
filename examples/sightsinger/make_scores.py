#!/usr/bin/env python3
"""Writes the scores of the page as MusicXML: two songs of our own, CC0 1.0, and two traditional tunes in the public
domain.

The song of `examples/demo` is the third of our own; `build.mjs` copies it. With --check nothing is written, and what
differs is told.
usage: make_scores.py [--check] [FOLDER]
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

FOLDER = Path(__file__).parent / "sightsinger/static/scores"

# A measure a line: pitch, length in sixteenths, and a syllable for each verse, verses apart by "/". "-" goes on in the
# word, "_" carries the syllable on, "." has none in that verse. R is a rest. Before a measure "|:" opens a repeat and
# "[1" an ending; after it ":|" closes the repeat.
RIVER = """
D4 4 ti/mi, E4 4 ra/lo, F#4 4 ma-/ta-, A4 4 la/ne
B4 6 su/ki, A4 2 na/sa, F#4 8 yo/lo
G4 4 ke-/te-, F#4 4 ri/la, E4 4 ta/mo, D4 4 mo/ri
E4 12 la/na, R 4
|: A4 4 o/a, B4 4 la-/ru-, A4 4 na/mi, F#4 4 se/ko
G4 6 mi/sa, F#4 2 ru/yo, E4 8 ya/le
F#4 4 ta/ni, G4 4 ko-/la-, A4 4 li/ta, F#4 4 ne/we
[1 E4 12 ro/so, R 4 :|
[2 D4 12 ra/ra, R 4
"""

SCARBOROUGH = """
D4 8 Are/Tell, D4 4 you/her
A4 6 go-/to, A4 2 ing/make, A4 4 to/me
E4 6 Scar-/a, F4 2 bo-/cam-, E4 4 rough/bric
D4 12 Fair/shirt
R 4, A4 4 Pars-/Pars-, C5 4 ley/ley
D5 8 sage/sage, C5 4 rose-/rose-
A4 4 ma-/ma-, B4 4 ry/ry, G4 4 and/and
A4 12 thyme/thyme
R 8, D5 4 Re-/With-
D5 8 mem-/out, D5 4 ber/a-
C5 8 me/ny, A4 4 to/seam
A4 4 one/or, G4 4 who/nee-, F4 4 lives/dle-
E4 4 there/work, C4 8 _/_
D4 8 She/And, A4 4 once/then
G4 6 was/she'll, F4 2 a/be, E4 4 true/a
D4 4 love/true, C4 4 of/love, R 4
D4 12 mine/mine
"""

# The tune of a round, in sixteenths of 6/8; every voice sings all of it, four measures after the one before.
BOAT = """
C4 6 Row, C4 6 row
C4 4 row, D4 2 your, E4 6 boat
E4 4 Gent-, D4 2 ly, E4 4 down, F4 2 the
G4 12 stream
C5 2 Mer-, C5 2 ri-, C5 2 ly, G4 2 mer-, G4 2 ri-, G4 2 ly
E4 2 mer-, E4 2 ri-, E4 2 ly, C4 2 mer-, C4 2 ri-, C4 2 ly
G4 4 Life, F4 2 is, E4 4 but, D4 2 a
C4 12 dream
"""

BELLS = """
A4 8 na/me, C5 8 na/me
A4 8 ni/lo, G4 8 ni/lo
F4 6 lo-/sa-, G4 2 ra/na, A4 8 no/mi
G4 16 la/ta
A4 4 mi/ru, Bb4 4 a/o, C5 8 ma/lo
D5 8 yo/ya, C5 8 la/la
A4 6 se/ke, F4 2 re/ni, G4 8 na/so
F4 16 no/no
"""
BELLS_LOW = """
F4 16 na/me
F4 8 ni/lo, E4 8 ni/lo
D4 8 lo-/sa-, F4 8 ra/na
E4 16 la/ta
F4 8 mi/ru, A4 8 ma/lo
Bb4 8 yo/ya, A4 8 la/la
F4 8 se/ke, E4 8 na/so
F4 16 no/no
"""


@dataclass
class Song:
    """What the head of a score says, and the lines of its parts."""

    title: str
    by: str
    parts: dict[str, str]
    beats: int
    beat_type: int
    fifths: int
    tempo: int
    beat_sixteenths: int = 4
    rights: str = "CC0 1.0"
    language: str = ""
    entries: list[int] = field(default_factory=list)
    """Measures of rest before each part."""


SONGS = {
    "river": Song("The river turns", "sonic", {"Voice": RIVER}, 4, 4, 2, 104),
    "bells": Song("Two bells", "sonic", {"High bell": BELLS, "Low bell": BELLS_LOW}, 4, 4, -1, 92),
    "scarborough-fair": Song(
        "Scarborough Fair", "Traditional", {"Voice": SCARBOROUGH}, 3, 4, 0, 108, rights="Public domain", language="en"
    ),
    "row-your-boat": Song(
        "Row, Row, Row Your Boat",
        "Traditional round",
        {"First voice": BOAT, "Second voice": BOAT, "Third voice": BOAT},
        6,
        8,
        0,
        96,
        beat_sixteenths=6,
        rights="Public domain",
        language="en",
        entries=[0, 2, 4],
    ),
}

TYPES = {1: "16th", 2: "eighth", 4: "quarter", 8: "half", 16: "whole"}


def shape(length: int) -> str:
    """The printed form of a length in sixteenths: its type and dots."""
    for plain, name in TYPES.items():
        if length == plain:
            return f"<type>{name}</type>"
        if length * 2 == plain * 3:
            return f"<type>{name}</type><dot/>"
    raise ValueError(f"no note lasts {length} sixteenths")


def lyric(verse: int, syllable: str, inside: list[bool]) -> str:
    """The element of one verse, if the note has a syllable in it."""
    if syllable in ("_", "."):
        return ""
    goes_on = syllable.endswith("-")
    places = {(False, False): "single", (False, True): "begin", (True, True): "middle", (True, False): "end"}
    place = places[inside[verse], goes_on]
    inside[verse] = goes_on
    text = escape(syllable.rstrip("-"))
    return f'<lyric number="{verse + 1}"><syllabic>{place}</syllabic><text>{text}</text></lyric>'


def note(text: str, inside: list[bool], measure_length: int) -> str:
    """One note or rest."""
    pitch, length, *words = text.split(maxsplit=2)
    duration = f"<duration>{length}</duration>"
    if pitch == "R":
        if int(length) == measure_length:
            return f'<note><rest measure="yes"/>{duration}</note>'
        return f"<note><rest/>{duration}{shape(int(length))}</note>"
    alter = {"#": 1, "b": -1}.get(pitch[1:-1])
    altered = "" if alter is None else f"<alter>{alter}</alter>"
    where = f"<pitch><step>{pitch[0]}</step>{altered}<octave>{pitch[-1]}</octave></pitch>"
    syllables = words[0].split("/") if words else []
    lyrics = "".join(lyric(verse, syllable.strip(), inside) for verse, syllable in enumerate(syllables))
    return f"<note>{where}{duration}{shape(int(length))}{lyrics}</note>"


def head(song: Song) -> str:
    """What the first measure begins with."""
    beat = "<beat-unit>quarter</beat-unit>" + ("<beat-unit-dot/>" if song.beat_sixteenths == 6 else "")
    quarters = song.tempo * song.beat_sixteenths // 4
    return (
        f"<attributes><divisions>4</divisions><key><fifths>{song.fifths}</fifths></key><time><beats>{song.beats}</beats>"
        f"<beat-type>{song.beat_type}</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes>"
        f'<direction placement="above"><direction-type><metronome>{beat}<per-minute>{song.tempo}</per-minute>'
        f'</metronome></direction-type><sound tempo="{quarters}"/></direction>'
    )


def measure(line: str, inside: list[bool], length: int) -> tuple[str, str, str]:
    """What stands left of the notes, the notes, and what stands right of them."""
    left = right = ""
    if line.startswith("|: "):
        left, line = '<barline location="left"><repeat direction="forward"/></barline>', line[3:]
    if line.startswith("["):
        ending, line = line[1], line[3:]
        left += f'<barline location="left"><ending number="{ending}" type="start"/></barline>'
        kind, repeat = ("stop", '<repeat direction="backward"/>') if line.endswith(":|") else ("discontinue", "")
        right = f'<barline location="right"><ending number="{ending}" type="{kind}"/>{repeat}</barline>'
        line = line.removesuffix(" :|")
    notes = "\n".join(note(text, inside, length) for text in line.split(", "))
    sung = sum(int(text.split()[1]) for text in line.split(", "))
    if sung != length:
        raise ValueError(f"{line!r} lasts {sung} sixteenths instead of {length}")
    return left, notes, right


def part(song: Song, number: int, lines: str, measures: int) -> str:
    """All measures of a part."""
    length = song.beats * 16 // song.beat_type
    before = song.entries[number] if song.entries else 0
    rest = f"R {length}"
    written = [rest] * before + lines.strip().split("\n")
    written += [rest] * (measures - len(written))
    out, inside = [f'<part id="P{number + 1}">'], [False] * 8
    for index, line in enumerate(written, 1):
        left, notes, right = measure(line, inside, length)
        if index == len(written) and not right:
            right = '<barline location="right"><bar-style>light-heavy</bar-style></barline>'
        out.append(f'<measure number="{index}">{left}{head(song) if index == 1 else ""}{notes}{right}</measure>')
    return "\n".join(out) + "\n</part>"


def score(song: Song) -> str:
    """The whole file."""
    entries = song.entries or [0] * len(song.parts)
    lengths = [
        len(lines.strip().split("\n")) + before for lines, before in zip(song.parts.values(), entries, strict=True)
    ]
    names = "".join(
        f'<score-part id="P{n}"><part-name>{escape(name)}</part-name></score-part>'
        for n, name in enumerate(song.parts, 1)
    )
    music = "\n".join(part(song, n, lines, max(lengths)) for n, lines in enumerate(song.parts.values()))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<score-partwise version="4.0">\n'
        f"<work><work-title>{escape(song.title)}</work-title></work>\n"
        f'<identification><creator type="composer">{escape(song.by)}</creator>'
        f"<rights>{song.rights}</rights></identification>\n"
        f"<part-list>{names}</part-list>\n{music}\n</score-partwise>\n"
    )


def main() -> None:
    """Writes or checks the files."""
    arguments = [word for word in sys.argv[1:] if word != "--check"]
    folder = Path(arguments[0]) if arguments else FOLDER
    wrong = []
    for name, song in SONGS.items():
        path, text = folder / f"{name}.musicxml", score(song)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            wrong.append(str(path))
    sys.exit(f"not as {Path(__file__).name} writes them: {', '.join(wrong)}" if wrong else 0)


if __name__ == "__main__":
    main()
