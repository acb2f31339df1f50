#!/usr/bin/env python3
"""Writes inputs/: tiny files whose every byte is our own. The files are committed; run this only to change them."""

import math
import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent / "inputs"


def wav(rate, channels, bits, data, claimed=None):
    """The bytes of a PCM WAV file; `claimed` is the length of the data that its header tells, if that is a lie."""
    frame = channels * bits // 8
    length = len(data) if claimed is None else claimed
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + length, b"WAVE", b"fmt ", 16, 1, channels, rate,
                       rate * frame, frame, bits, b"data", length)
    return head + data


def notes(rate, seconds):
    """Plucked notes, each with five partials, in -1..1."""
    pitches = [220, 330, 262, 392, 294, 494, 247, 440, 349, 587]
    length, step = int(rate * seconds), 0.21
    for n in range(length):
        value = 0.0
        for back in range(3):
            k = int(n / rate / step) - back
            time = n / rate - k * step
            if k >= 0:
                hertz = pitches[k * 7 % len(pitches)] * (1 + k % 3 * 0.5)
                partials = sum(math.sin(math.tau * hertz * p * time) / p for p in range(1, 6))
                value += 0.2 * math.exp(-5 * time) * partials
        yield value


def box(name, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def video_only():
    """An MP4 file with one picture track of one sample and no sound."""
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    movie = box(b"mvhd", struct.pack(">5I", 0, 0, 0, 1000, 1000), struct.pack(">IH10x", 0x10000, 0x100), matrix,
                bytes(24), struct.pack(">I", 2))
    track = box(b"tkhd", struct.pack(">6I", 3, 0, 0, 1, 0, 1000), bytes(16), matrix,
                struct.pack(">II", 16 << 16, 16 << 16))
    media = box(b"mdhd", struct.pack(">5IHH", 0, 0, 0, 1000, 1000, 0x55C4, 0))
    handler = box(b"hdlr", struct.pack(">II4s12x", 0, 0, b"vide"), b"\0")
    picture = struct.pack(">6xH16xHHIIIH32xHh", 1, 16, 16, 72 << 16, 72 << 16, 0, 1, 24, -1)
    table = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), box(b"jpeg", picture)),
        box(b"stts", struct.pack(">4I", 0, 1, 1, 1000)),
        box(b"stsc", struct.pack(">5I", 0, 1, 1, 1, 1)),
        box(b"stsz", struct.pack(">4I", 0, 0, 1, 4)),
        box(b"stco", struct.pack(">3I", 0, 1, 40)),
    )
    data = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), box(b"url ", struct.pack(">I", 1))))
    info = box(b"minf", box(b"vmhd", struct.pack(">I8x", 1)), data, table)
    return (
        box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
        + box(b"mdat", b"\xff\xd8\xff\xd9")
        + box(b"moov", movie, box(b"trak", track, box(b"mdia", media, handler, info)))
    )


def main():
    FOLDER.mkdir(exist_ok=True)
    melody = b"".join(struct.pack("<h", int(24_000 * x)) for x in notes(8_000, 3.0))
    low = [int(4_000_000 * x) for x in notes(44_100, 0.1)]
    stereo = b"".join(x.to_bytes(3, "little", signed=True) + (-x // 3).to_bytes(3, "little", signed=True) for x in low)
    files = {
        "melody-8k.wav": wav(8_000, 1, 16, melody),
        "stereo-44k1-24bit.wav": wav(44_100, 2, 24, stereo),
        "silence-8bit.wav": wav(8_000, 1, 8, b"\x80" * 4_000),
        "one-sample.wav": wav(16_000, 1, 16, b"\x00\x20"),
        "cut-short.wav": wav(8_000, 1, 16, melody[:10_000], claimed=len(melody)),
        "empty.wav": b"",
        "text.wav": b"Dear reader, this is a letter and no sound at all.\n" * 20,
        "header-cut.wav": wav(8_000, 1, 16, melody)[:30],
        "garbage.ogg": b"OggS" + bytes(n * n * 31 % 251 for n in range(1, 900)),
        "video-only.mp4": video_only(),
    }
    for name, data in files.items():
        (FOLDER / name).write_bytes(data)


main()
