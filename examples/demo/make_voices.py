#!/usr/bin/env python3
"""Makes the voices of the demo: examples/demo/voices/enrol and voices/ask.

Run by maintainers only; the results are committed. Needs Python 3.10, numpy and opusenc (Debian package opus-tools).
Seeds are fixed: the same versions give the same files. The words are our own and so is the synthesiser (speaker.py); no
recording and no data of another synthesiser is in it.

    python3 examples/demo/make_voices.py
"""

import io
import subprocess
import wave
import zlib
from pathlib import Path

import numpy as np

import speaker
from speaker import RATE, Speaker

HERE = Path(__file__).resolve().parent / "voices"
KBPS = 24

# Drawn at random and chosen to be clearly different; dora is not enrolled.
SPEAKERS = [
    Speaker(
        "alma",
        tract=1.16,
        pitch=158,
        range=0.2,
        breath=3.7,
        tilt=2.7,
        damping=1.4,
        pace=0.98,
        lisp=0.8,
        hollows=(1100, 2600, 5200),
        head=1907054335,
    ),
    Speaker(
        "bruno",
        tract=0.90,
        pitch=87,
        range=0.2,
        breath=1.5,
        tilt=0.5,
        damping=1.3,
        pace=1.09,
        lisp=1.04,
        hollows=(1400, 2600),
        head=2427399036,
    ),
    Speaker(
        "cyril",
        tract=0.98,
        pitch=96,
        range=0.2,
        breath=0.3,
        tilt=-4.4,
        damping=1.3,
        pace=1.0,
        lisp=0.82,
        hollows=(1600, 3000, 5300),
        head=1860743297,
    ),
    Speaker(
        "dora",
        tract=1.19,
        pitch=187,
        range=0.2,
        breath=2.8,
        tilt=-3.5,
        damping=0.8,
        pace=0.91,
        lisp=1.11,
        hollows=(2200, 2300),
        head=3123844913,
    ),
]

# Every sound of every sentence, by the names of ARPABET; a 1 marks a stressed vowel.
TEXTS = {
    # The last ferry leaves the island at seven in the morning.
    "ferry": "dh ax l ae1 s t f eh1 r iy l iy1 v z dh iy ay1 l ax n d ae t s eh1 v ax n ih n dh ax m ao1 r n ih ng",
    # My neighbour keeps a yellow boat below the old stone bridge.
    "boat": "m ay1 n ey1 b er k iy1 p s ax y eh1 l ow b ow1 t b ih l ow1 dh iy ow1 l d s t ow1 n b r ih1 jh",
    # Nine small lanterns were hanging over the empty market.
    "lanterns": "n ay1 n s m ao1 l l ae1 n t er n z w er hh ae1 ng ih ng ow1 v er dh iy eh1 m p t iy m aa1 r k ih t",
    # We carried warm bread and honey up the long hill.
    "bread": "w iy k ae1 r iy d w ao1 r m b r eh1 d ae n d hh ah1 n iy ah1 p dh ax l ao1 ng hh ih1 l",
    # Nobody knew why the garden door was open all winter.
    "garden": "n ow1 b aa d iy n uw1 w ay1 dh ax g aa1 r d ax n d ao1 r w aa z ow1 p ax n ao1 l w ih1 n t er",
    # A quiet river runs behind the railway and the mill.
    "river": "ax k w ay1 ax t r ih1 v er r ah1 n z b ih hh ay1 n d dh ax r ey1 l w ey ae n d dh ax m ih1 l",
    # Please leave your umbrella and the blue map on the table.
    "umbrella": "p l iy1 z l iy1 v y ao r ah m b r eh1 l ax ae n d dh ax b l uw1 m ae1 p aa n dh ax t ey1 b ax l",
}

# Whom the demo enrols, with what; everybody is asked about with the ferry, which nobody said when enrolled.
ENROLLED = {
    "alma": ["boat", "lanterns", "bread"],
    "bruno": ["bread", "garden", "river"],
    "cyril": ["umbrella", "boat", "garden"],
}
QUERIES = {
    "alma": ["ferry"],
    "bruno": ["ferry"],
    "cyril": ["ferry"],
    "dora": ["ferry", "boat", "river", "umbrella"],
}


def record(who, text):
    """`who` saying `text` into a microphone: not always as loud, in a room that is not quite silent."""
    rng = np.random.default_rng(zlib.crc32(f"{who.name} records {text}".encode()))
    sound = speaker.say(who, TEXTS[text], text)
    room = np.convolve(rng.normal(0, 1, len(sound)), np.full(8, 0.125), mode="same")
    sound = sound + 10 ** (-rng.uniform(33, 38) / 20) * room / room.std()
    sound *= 10 ** (rng.uniform(-25, -21) / 20)
    return sound * min(1, 0.9 / np.abs(sound).max())


def wav(samples):
    """`samples` as the bytes of a 16-bit WAV file."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(samples * 32767).astype("<i2").tobytes())
    return data.getvalue()


def opus(samples, path):
    """Writes `samples` as Opus, without tags and with a serial number that does not change."""
    path.parent.mkdir(parents=True, exist_ok=True)
    serial = zlib.crc32(str(path.relative_to(HERE)).encode()) & 0x7FFFFFFF
    command = [
        "opusenc",
        "--quiet",
        "--speech",
        "--cvbr",
        "--bitrate",
        str(KBPS),
        "--comp",
        "10",
        "--padding",
        "0",
    ]
    subprocess.run(
        [*command, "--serial", str(serial), "-", str(path)],
        input=wav(samples),
        check=True,
    )


def main():
    """Makes every voice saying its texts, and reports whether the recordings are sane."""
    for who in SPEAKERS:
        jobs = [
            (text, HERE / "enrol" / who.name / f"{text}.opus")
            for text in ENROLLED.get(who.name, [])
        ]
        jobs += [
            (text, HERE / "ask" / f"{who.name}-{text}.opus")
            for text in QUERIES[who.name]
        ]
        for text, path in jobs:
            samples = record(who, text)
            opus(samples, path)
            peak = 20 * np.log10(np.abs(samples).max())
            size = path.stat().st_size / 1000
            print(
                f"{who.name:6} {text:9} {len(samples) / RATE:5.2f} s  peak {peak:5.1f} dB  {size:5.1f} kB"
            )


if __name__ == "__main__":
    main()
