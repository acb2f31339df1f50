#!/usr/bin/env python3
"""Makes the conversation of the demo: examples/demo/talk.opus, and who speaks when in it, talk.json.

Run by maintainers only; the results are committed. It needs what make_voices.py needs, and its speakers say sentences here
that they did not say when they were enrolled. Seeds are fixed: the same versions give the same files.

    python3 examples/demo/make_talk.py
"""

import json
import zlib

import make_voices
import numpy as np
import speaker
from make_voices import SPEAKERS, TEXTS
from speaker import RATE

KBPS = 20

# Who says what, and after how many seconds of silence; less than none is an interruption.
TURNS = [
    (0.8, "alma", "garden"),
    (0.6, "bruno", "boat"),
    (0.7, "cyril", "lanterns"),
    (0.5, "alma", "river"),
    (0.9, "dora", "bread"),
    (0.6, "bruno", "umbrella"),
    (-0.7, "cyril", "bread"),
    (0.8, "dora", "garden"),
    (0.5, "dora", "umbrella"),
    (0.7, "bruno", "lanterns"),
    (0.6, "alma", "umbrella"),
    (0.5, "cyril", "river"),
    (0.7, "dora", "lanterns"),
    (0.6, "alma", "ferry"),
]
TAIL = 0.8


def said(who, text):
    """A sentence, not always as loud, without the silence around it."""
    rng = np.random.default_rng(zlib.crc32(f"{who.name} says {text}".encode()))
    sound = speaker.say(who, TEXTS[text], f"{text} in the conversation")
    level = np.convolve(sound**2, np.full(160, 1 / 160), mode="same")
    loud = np.flatnonzero(level > 10**-3.5 * level.max())
    return 10 ** (rng.uniform(-24.5, -21.5) / 20) * sound[loud[0] : loud[-1] + 1]


def main():
    """Makes the conversation in one room, and writes down who speaks when."""
    people = {who.name: who for who in SPEAKERS}
    parts, truth, end = [], [], 0
    for pause, name, text in TURNS:
        sound = said(people[name], text)
        start = end + round(pause * RATE)
        end = start + len(sound)
        parts.append((start, sound))
        truth.append(
            {
                "speaker": name,
                "start_ms": round(1000 * start / RATE),
                "end_ms": round(1000 * end / RATE),
            }
        )
    mix = np.zeros(end + round(TAIL * RATE))
    for start, sound in parts:
        mix[start : start + len(sound)] += sound
    rng = np.random.default_rng(zlib.crc32(b"the room of the conversation"))
    room = np.convolve(rng.normal(0, 1, len(mix)), np.full(8, 0.125), mode="same")
    mix += 10 ** (-58 / 20) * room / room.std()
    mix *= min(1, 0.9 / np.abs(mix).max())
    make_voices.KBPS = KBPS
    folder = make_voices.HERE = make_voices.HERE.parent
    make_voices.opus(mix, folder / "talk.opus")
    (folder / "talk.json").write_text(json.dumps(truth, indent=1) + "\n")
    size = (folder / "talk.opus").stat().st_size / 1000
    print(f"{len(mix) / RATE:.1f} s, {len(truth)} turns, {size:.1f} kB")


if __name__ == "__main__":
    main()
