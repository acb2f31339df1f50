"""Scores as the page reads them."""

from typing import Any

import sonic
from sonic.sing import Part, SungNote

from .written import Places

CARRIED = "+"
"""The lyric of a note that carries a syllable on."""


def answer(session_id: str, version: int, xml: bytes, score: sonic.Score, solfege: dict[str, Any]) -> dict[str, Any]:
    """What uploading and changing a score give."""
    return {
        "session_id": session_id,
        "parsed": True,
        "current_score": {"version": version, "score": score_json(xml, score)},
        "score_summary": summary(score),
        "solfege_settings": solfege,
    }


def score_json(xml: bytes, score: sonic.Score) -> dict[str, Any]:
    """All notes that are sung, in the order of play."""
    places = Places(xml)
    return {
        "title": score.title,
        "tempos": [{"offset_beats": t.offset_beats, "seconds": t.seconds, "bpm": t.bpm} for t in score.tempos],
        "total_beats": score.total_beats,
        "total_seconds": score.total_seconds,
        "parts": [_part(part, places) for part in score.parts],
        "warnings": [
            {
                "code": w.code,
                "part_id": w.part_id,
                "measure_number": w.measure_number,
                "message": w.message,
                "count": w.count,
            }
            for w in score.warnings
        ],
    }


def _part(part: Part, places: Places) -> dict[str, Any]:
    first = next(iter(verses_of(part)), "1")
    found = places.of(part.part_id, part.sung)
    notes = [_note(note, index, first) for note, index in zip(part.sung, found, strict=True)]
    return {"part_id": part.part_id, "part_name": part.part_name, "notes": notes}


def _note(note: SungNote, index: int | None, verse: str) -> dict[str, Any]:
    lyric = note.lyrics.get(verse)
    carried = lyric is None and verse in note.melisma
    return {
        "offset_beats": note.offset_beats,
        "duration_beats": note.duration_beats,
        "onset_s": note.onset_s,
        "duration_s": note.duration_s,
        "measure_index": note.measure_index,
        "measure_number": note.measure_number,
        "pass": note.pass_,
        "voice": note.voice,
        "staff": note.staff,
        "pitch_midi": note.pitch_midi,
        "pitch_hz": round(440 * 2 ** ((note.pitch_midi - 69) / 12), 4),
        "lyric": CARRIED if carried else lyric.text if lyric else None,
        "syllabic": lyric.syllabic if lyric else None,
        "lyric_is_extended": carried,
        "lyrics": {verse: lyric.text for verse, lyric in note.lyrics.items() if lyric.text},
        "chord": note.chord,
        "tied": note.tied,
        "note_index": index,
    }


def verses_of(part: Part) -> list[str]:
    """The verses that a part has words of."""
    return sorted({verse.verse for voice in part.voices for verse in voice.verses})


def summary(score: sonic.Score) -> dict[str, Any]:
    """What there is to choose from."""
    return {
        "title": score.title,
        "duration_seconds": score.total_seconds,
        "parts": [
            {
                "part_id": part.part_id,
                "part_index": index,
                "part_name": part.part_name,
                "has_lyrics": bool(verses_of(part)),
                "voices": [
                    {
                        "voice": voice.voice,
                        "notes": voice.notes,
                        "lowest_midi": voice.lowest_midi,
                        "highest_midi": voice.highest_midi,
                        "verses": [verse.verse for verse in voice.verses],
                    }
                    for voice in part.voices
                ],
                "verses": verses_of(part),
            }
            for index, part in enumerate(score.parts)
        ],
    }
