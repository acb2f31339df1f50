"""`python -m sightsinger.demo_song VOICEBANK SCORE [FOLDER]`: sings what the page /demo/ plays.

The folder, by default the one that is served, gets the score, each part as Opus, and `song.json`: the notes as `scores`
writes them, and what the tracks are.
"""

import argparse
import json
import shutil
from pathlib import Path

import sonic

from .scores import score_json, verses_of

FOLDER = Path(__file__).parent / "static/demo/song"
_WIDTH = 0.7
"""How far the first and the last voice stand from each other, of the whole width."""


def make(bank_folder: Path, score_file: Path, folder: Path = FOLDER) -> None:
    """Writes the folder anew."""
    xml = score_file.read_bytes()
    score, bank = sonic.Score(xml), sonic.Voicebank(bank_folder)
    parts = [(index, part) for index, part in enumerate(score.parts) if verses_of(part)]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tracks = []
    for place, (index, part) in enumerate(parts):
        name = f"part-{place + 1}.opus"
        bank.save(score, folder / name, part=index)
        pan = _WIDTH * (place / max(1, len(parts) - 1) - 0.5) if len(parts) > 1 else 0.0
        label = part.part_name or part.part_id
        tracks.append({"part_id": part.part_id, "label": label, "file": name, "pan": round(pan, 2)})
    song = {"score": score_json(xml, score), "sung_by": bank.name, "rights": "CC0 1.0", "tracks": tracks}
    (folder / "song.json").write_text(json.dumps(song), encoding="utf-8")
    (folder / "song.musicxml").write_bytes(xml)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="Sings what the page /demo/ plays.")
    parser.add_argument("voicebank", type=Path)
    parser.add_argument("score", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    given = parser.parse_args()
    make(given.voicebank, given.score, given.folder)
    size = sum(file.stat().st_size for file in given.folder.iterdir())
    print(f"{given.folder}: {size} bytes")


if __name__ == "__main__":
    main()
