"""The scores that come with the page."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sonic

from page_support import EXAMPLE, SONG, STATIC

LISTED = re.findall(
    r'file: "(.*?)\.musicxml".*language: "(.*?)"', (STATIC / "js/library.js").read_text(encoding="utf-8")
)


def file(name: str) -> Path:
    """Where a score of the library lies; that of the demo is copied when the page is built."""
    return SONG if name == "moon" else STATIC / f"scores/{name}.musicxml"


def test_the_scores_are_as_their_program_writes_them() -> None:
    subprocess.run([sys.executable, EXAMPLE / "make_scores.py", "--check"], check=True)


@pytest.mark.parametrize(("name", "language"), LISTED)
def test_the_voice_of_the_demo_has_all_words_and_notes(bank: Path, name: str, language: str) -> None:
    score = sonic.Score(file(name))
    assert score.title
    assert score.warnings == []
    assert 10 < score.total_seconds < 60
    for index, part in enumerate(score.parts):
        for verse in {verse.verse for voice in part.voices for verse in voice.verses}:
            singing = sonic.Voicebank(bank).render(score, part=index, verse=verse, language=language)
            codes = {warning.code for warning in singing.warnings}
            # English is sung with the nearest of its few sounds.
            assert codes <= ({"near_phonemes", "guessed_word"} if language else set()), singing.warnings


def test_all_scores_are_listed() -> None:
    names = {path.stem for path in (STATIC / "scores").glob("*.musicxml")}
    assert names | {"moon"} == {name for name, _ in LISTED}
