"""`python tests/measure_page.py [RUNS]`: what people wait for, in Chromium: a score to be drawn, a song to begin."""

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from browsing import SIZES, browser
from page_support import build_page, score, until, until_player, upload
from support import long_song, make_bank, serving, tarball

WORDS = ("la", "lo", "mi", "mo", "na", "no", "sa", "ti")
SINCE = (
    "performance.getEntriesByName({end!r}).at(-1).startTime - performance.getEntriesByName({start!r}).at(-1).startTime"
)


def song(number: int) -> bytes:
    """Twelve phrases, which no other song has: a phrase that was sung before is not rendered again."""
    notes = [f"{'CDEFGA'[(n + number) % 6]}4 4 {WORDS[(n * 3 + number) % 8]}" for n in range(36)]
    return score([", ".join([*notes[n : n + 3], "R 4"]) for n in range(0, 36, 3)], tempo=100 + number)


def drawn(page: Any, data: bytes) -> tuple[float, float]:
    """Milliseconds from choosing a file to the first systems, and to all of it."""
    upload(page, data)
    until(page, "performance.getEntriesByName('upload to drawn').length", 60)
    first = page.evaluate("performance.getEntriesByName('upload to drawn')[0].duration")
    until(page, "performance.getEntriesByName('upload to whole').length", 60)
    whole = page.evaluate("performance.getEntriesByName('upload to whole')[0].duration")
    page.evaluate("performance.clearMeasures()")
    return first, whole


def begun(page: Any) -> tuple[float, float]:
    """Milliseconds from pressing sing to the first phrase, and to its sound."""
    page.click("#sing")
    until_player(page, "p.state === 'playing'", 120)
    phrase = page.evaluate(SINCE.format(start="sing", end="phrase"))
    sound = page.evaluate(SINCE.format(start="sing", end="sound"))
    until(page, "document.getElementById('sing').textContent === 'Sing'", 120)
    return phrase, sound


def report(name: str, values: list[float]) -> None:
    """A line of the results."""
    print(f"{name}: median {statistics.median(values):.0f} ms, most {max(values):.0f} ms, of {len(values)}")


def main() -> None:
    """Measures."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    build_page()
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        bank = make_bank(Path(folder) / "bank")
        with serving(Path(folder) / "service", tarball(bank)) as service:
            page = chromium.new_page(viewport=SIZES["desktop"])
            page.goto(str(service.client.base_url))
            until(page, "document.querySelectorAll('#bank option').length")
            drawing = [drawn(page, long_song()) for _ in range(runs)]
            report("a score of three minutes, its first systems drawn", [first for first, _ in drawing])
            report("a score of three minutes, all of it drawn", [whole for _, whole in drawing])
            begins = []
            for number in range(runs):
                drawn(page, song(number))
                begins.append(begun(page))
            report("from pressing sing to the first phrase", [phrase for phrase, _ in begins])
            report("from pressing sing to its sound", [sound for _, sound in begins])
            report("from the first phrase to its sound", [sound - phrase for phrase, sound in begins])


if __name__ == "__main__":
    main()
