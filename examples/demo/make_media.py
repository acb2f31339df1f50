#!/usr/bin/env python3
"""Makes the recordings and clips of the demo: examples/demo/media, outside and queries.

Run by maintainers only; the results are committed. Needs Python 3.10, numpy, and the programs espeak-ng,
opusenc and lame (Debian packages espeak-ng, opus-tools and lame). Seeds are fixed: the same versions of those
programs give the same files. Everything is our own and nothing is fetched: the words are in essays.py, the
scores in scores.py, the instruments in synth.py.

    python3 examples/demo/make_media.py            makes everything
    python3 examples/demo/make_media.py NAME ...   makes only these recordings (no queries)
"""

import io
import json
import re
import subprocess
import sys
import wave
import zlib
from pathlib import Path

import numpy as np

import essays
import scores
import synth
from synth import RATE

HERE = Path(__file__).resolve().parent
MUSIC_KBPS, SPEECH_KBPS = 44, 28

# name, composer, seconds, tilt in dB an octave
MUSIC = [
    ("lantern-waltz", scores.lantern_waltz, 84, 1.0),
    ("harbour-strings", scores.harbour_strings, 88, 0.5),
    ("night-bus", scores.night_bus, 80, 1.0),
    ("ricercar", scores.ricercar, 86, 0.5),
    ("pixel-orchard", scores.pixel_orchard, 72, -1.0),
    ("low-tide", scores.low_tide, 90, 1.0),
    ("gravel-road", scores.gravel_road, 76, 0.5),
    ("copper-garden", scores.copper_garden, 78, 0.0),
]
OUTSIDE_MUSIC = [("market-fanfare", scores.market_fanfare, 26, 0.0)]

# name, words, speakers as (voice, words a minute, pitch), room in seconds, wet, tilt
SPEECH = [
    ("the-tide-table", essays.TIDES, [("en-gb-x-rp+m3", 156, 38)], 0.5, 0.25, 1.0),
    (
        "two-and-a-map",
        essays.MAPS,
        [("en-us+f3", 172, 58), ("en-gb-scotland+m7", 150, 32)],
        0.3,
        0.2,
        0.0,
    ),
    ("telling-the-bees", essays.BEES, [("en-029+Annie", 150, 52)], 0.8, 0.3, 0.5),
    ("brot", essays.BROT, [("de+f2", 142, 48)], 0.35, 0.2, 0.5),
    ("les-nuages", essays.NUAGES, [("fr-fr+m5", 146, 45)], 1.4, 0.35, 1.0),
    ("los-relojes", essays.RELOJES, [("es+Alicia", 152, 50)], 0.25, 0.15, 0.0),
    ("dozhd", essays.DOZHD, [("ru+grandpa", 138, 40)], 0.6, 0.25, 1.0),
]
OUTSIDE_SPEECH = [
    ("the-lamp", essays.OUTSIDE_LIGHT, [("en-us-nyc+m1", 158, 60)], 0.4, 0.2, 0.5),
    ("il-caffe", essays.OUTSIDE_CAFFE, [("it+f4", 158, 46)], 0.3, 0.2, 0.5),
]

# file, what was done, encoder, parts as (recording, offset in seconds, length in seconds)
QUERIES = [
    (
        "waltz-mp3-32k.mp3",
        "MP3 at 32 kbit/s",
        ("lame", 32),
        [("lantern-waltz", 31.37, 9.0)],
    ),
    (
        "bees-mp3-48k.mp3",
        "MP3 at 48 kbit/s",
        ("lame", 48),
        [("telling-the-bees", 18.904, 8.0)],
    ),
    (
        "road-opus-12k.opus",
        "Opus at 12 kbit/s",
        ("opus", 12),
        [("gravel-road", 44.215, 10.0)],
    ),
    (
        "nuages-opus-8k.opus",
        "Opus at 8 kbit/s",
        ("opus", 8),
        [("les-nuages", 27.66, 9.0)],
    ),
    (
        "stitched.opus",
        "two recordings one after the other, Opus at 24 kbit/s",
        ("opus", 24),
        [("ricercar", 50.125, 6.0), ("brot", 12.48, 6.0)],
    ),
]


def generator(name):
    """The random generator of one recording: the same name, the same sounds."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def wav(samples):
    """`samples` as the bytes of a 16-bit WAV file."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(
            np.clip(np.round(samples * 32767), -32768, 32767).astype("<i2").tobytes()
        )
    return data.getvalue()


def opus(samples, path, kbps, speech):
    """Writes `samples` as Opus, without tags and with a serial number that does not change."""
    serial = zlib.crc32(path.name.encode()) & 0x7FFFFFFF
    kind = "--speech" if speech else "--music"
    rate = ["--hard-cbr" if kbps < 20 else "--cvbr", "--bitrate", str(kbps)]
    command = ["opusenc", "--quiet", *rate, kind, "--comp", "10", "--padding", "0"]
    subprocess.run(
        [*command, "--serial", str(serial), "-", str(path)],
        input=wav(samples),
        check=True,
    )


def mp3(samples, path, kbps):
    """Writes `samples` as MP3 at an average rate (at low constant rates lame leaves out its delay)."""
    command = ["lame", "--quiet", "-m", "m", "--abr", str(kbps), "-", str(path)]
    subprocess.run(command, input=wav(samples), check=True)


def say(text, voice, speed, pitch):
    """One sentence from espeak-ng at 48 kHz, at one loudness and without the silence around it."""
    command = [
        "espeak-ng",
        "-b",
        "1",
        "-v",
        voice,
        "-s",
        str(speed),
        "-p",
        str(pitch),
        "--stdin",
        "--stdout",
    ]
    data = subprocess.run(
        command, input=text.encode(), check=True, capture_output=True
    ).stdout
    rate = int.from_bytes(data[24:28], "little")
    samples = np.frombuffer(data[44 : len(data) - len(data) % 2], "<i2") / 32768
    loud = np.flatnonzero(np.abs(samples) > 0.005)
    samples = samples[loud[0] : loud[-1] + 1]
    return synth.resample(samples * 0.1 / np.sqrt(np.mean(samples**2)), rate)


def speech(name, text, speakers, room, wet, tilt):
    """A reading: each sentence with its own pace, pitch and pause, in a room that is not quite silent."""
    rng, parts = generator(name), [np.zeros(RATE // 3)]
    for turn in text.strip().splitlines():
        voice, speed, pitch = speakers[int(turn[0])]
        for sentence in re.findall(r"[^.!?]+[.!?]+", turn[2:]):
            sound = say(
                sentence.strip(),
                voice,
                int(speed * rng.normal(1, 0.05)),
                int(pitch + rng.normal(0, 5)),
            )
            parts += [
                sound * rng.uniform(0.85, 1.1),
                np.zeros(int(RATE * rng.uniform(0.18, 0.5))),
            ]
        parts.append(np.zeros(int(RATE * rng.uniform(0.2, 0.5))))
    dry = synth.shape(np.concatenate(parts), low=70, high=11_000, tilt=tilt)
    air = synth.shape(rng.standard_normal(len(dry)), low=60, high=5_000, tilt=-3)
    return synth.master(
        synth.reverb(dry, rng, room, wet) + 0.0012 * air, level_db=-21.0
    )


def music(name, composer, seconds, tilt):
    """A piece of music, played and mastered."""
    return synth.master(
        synth.shape(composer(generator(name), seconds), low=35, high=16_000, tilt=tilt)
    )


def report(name, samples, path):
    """One line that says whether a recording is sane."""
    rms, peak = (
        20 * np.log10(np.sqrt(np.mean(samples**2))),
        20 * np.log10(np.abs(samples).max()),
    )
    size = path.stat().st_size / 1024
    print(
        f"{name:18} {len(samples) / RATE:6.2f} s  rms {rms:6.1f} dB  peak {peak:5.1f} dB  {size:6.0f} KiB"
    )


def make_recordings(wanted):
    """Renders and encodes the recordings; returns the samples by name."""
    made = {}
    jobs = [("media", MUSIC, SPEECH), ("outside", OUTSIDE_MUSIC, OUTSIDE_SPEECH)]
    for folder, tunes, talks in jobs:
        (HERE / folder).mkdir(exist_ok=True)
        for make, rows, kbps in (
            (music, tunes, MUSIC_KBPS),
            (speech, talks, SPEECH_KBPS),
        ):
            for row in rows:
                if wanted and row[0] not in wanted:
                    continue
                made[row[0]] = make(*row)
                path = HERE / folder / f"{row[0]}.opus"
                opus(made[row[0]], path, kbps, make is speech)
                report(row[0], made[row[0]], path)
    return made


def make_queries(recordings):
    """Cuts and encodes the clips, and writes down the truth."""
    folder, truth = HERE / "queries", []
    folder.mkdir(exist_ok=True)
    for file, done, (encoder, kbps), parts in QUERIES:
        cuts, rows, at = [], [], 0
        for name, offset, length in parts:
            start, count = round(offset * RATE), round(length * RATE)
            cuts.append(recordings[name][start : start + count])
            offset_ms, length_ms = round(offset * 1000), round(length * 1000)
            rows.append(
                {
                    "recording": name,
                    "offset_ms": offset_ms,
                    "at_ms": at,
                    "length_ms": length_ms,
                }
            )
            at += length_ms
        samples = np.concatenate(cuts)
        if encoder == "lame":
            mp3(samples, folder / file, kbps)
        else:
            opus(samples, folder / file, kbps, speech=False)
        truth.append({"file": file, "done": done, "parts": rows})
        report(file, samples, folder / file)
    (folder / "queries.json").write_text(
        json.dumps(truth, indent=2, ensure_ascii=False) + "\n"
    )


def main():
    """Makes what the command line asks for."""
    wanted = set(sys.argv[1:])
    recordings = make_recordings(wanted)
    if not wanted:
        make_queries(recordings)


if __name__ == "__main__":
    main()
