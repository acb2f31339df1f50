#!/usr/bin/env python3
"""Writes the song of the demo, for two voices, as MusicXML. Words and music are the project's own, CC0 1.0.

usage: make_song.py song.musicxml
"""
import sys
from pathlib import Path
from xml.sax.saxutils import escape

# A measure of three quarters a line: pitch, eighths, syllable. "-" goes on in the word, "_" carries a syllable on.
UPPER = """
F4 2 la, A4 2 lu-, C5 2 na
D5 3 sa-, C5 1 le, B-4 2 len-
A4 4 ta, R 2
B-4 2 la, C5 2 no-, D5 2 te
C5 3 pa-, A4 1 sa, G4 2 e
A4 2 ta-, G4 2 se, R 2
C5 3 o, D5 1 ma-, E5 2 re
F5 4 kan-, E5 2 ta
D5 4 kan-, C5 1 ta, R 1
B-4 2 u-, A4 2 na, G4 2 ni-
A4 2 na, B-4 2 ni-, G4 2 na
A4 2 na, G4 2 _, G4 2 _
F4 6 _
"""
LOWER = """
C4 2 la, F4 2 lu-, A4 2 na
B-4 3 sa-, A4 1 le, G4 2 len-
F4 4 ta, R 2
G4 2 la, A4 2 no-, B-4 2 te
A4 3 pa-, F4 1 sa, E4 2 e
F4 2 ta-, E4 2 se, R 2
A4 3 o, B-4 1 ma-, C5 2 re
D5 4 kan-, C5 2 ta
B-4 4 kan-, A4 1 ta, R 1
G4 2 u-, F4 2 na, E4 2 ni-
F4 2 na, G4 2 ni-, E4 2 na
F4 2 na, D4 2 _, E4 2 _
C4 6 _
"""


def note(text, inside):
    """One note, and whether a word is open after it."""
    pitch, length, *syllable = text.split()
    if pitch == "R":
        return f"<note><rest/><duration>{length}</duration></note>", inside
    alter = "<alter>-1</alter>" if "-" in pitch else ""
    out = f"<note><pitch><step>{pitch[0]}</step>{alter}<octave>{pitch[-1]}</octave></pitch><duration>{length}</duration>"
    if syllable == ["_"]:
        return out + "</note>", inside
    goes_on = syllable[0].endswith("-")
    place = {(False, False): "single", (False, True): "begin", (True, True): "middle", (True, False): "end"}[inside, goes_on]
    words = escape(syllable[0].rstrip("-"))
    return f"{out}<lyric><syllabic>{place}</syllabic><text>{words}</text></lyric></note>", goes_on


def part(name, lines):
    out, inside = [f'<part id="{name}">'], False
    for number, line in enumerate(lines.split("\n")[1:-1], 1):
        notes = []
        for text in line.split(", "):
            written, inside = note(text, inside)
            notes.append(written)
        head = "" if number > 1 else '<attributes><divisions>2</divisions><key><fifths>-1</fifths></key><time><beats>3</beats><beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes><sound tempo="88"/>'
        out.append(f'<measure number="{number}">{head}' + "\n".join(notes) + "</measure>")
    return "\n".join(out) + "\n</part>"


def main():
    parts = {"P1": ("Upper voice", UPPER), "P2": ("Lower voice", LOWER)}
    listed = "".join(f'<score-part id="{p}"><part-name>{name}</part-name></score-part>' for p, (name, _) in parts.items())
    music = "\n".join(part(p, lines) for p, (_, lines) in parts.items())
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<score-partwise version="4.0">\n<work><work-title>The moon goes up slowly</work-title></work>\n<identification><rights>CC0 1.0</rights></identification>\n<part-list>{listed}</part-list>\n{music}\n</score-partwise>\n'
    Path(sys.argv[1]).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
