#!/usr/bin/env python3
"""Writes the pictures of inputs/: tiny files whose every byte is our own. They are committed; run this, with Pillow, only
to change them."""

import pathlib
import struct
import zlib

from PIL import Image

FOLDER = pathlib.Path(__file__).parent / "inputs"


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, depth, colour, rows):
    """A PNG file; `rows` are the bytes of its lines, without filters, if there are any."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    lines = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def colours(width, height, channels=3):
    """A slope of colours with some structure."""
    return [
        bytes((x * (5 + c) * 3 + y * (9 - c) + (x // 4 + y // 4) % 2 * 40) % 256 for x in range(width) for c in range(channels))
        for y in range(height)
    ]


def main():
    grey_alpha = [bytes(v for x in range(20) for v in ((x * 12 + y) % 256, 255 - x * 12)) for y in range(12)]
    deep = [b"".join(struct.pack(">H", (x * 3001 + y * 577 + c * 9999) % 65536) for x in range(16) for c in range(3))
            for y in range(10)]
    (FOLDER / "grey-alpha.png").write_bytes(png(20, 12, 8, 4, grey_alpha))
    (FOLDER / "sixteen-bit.png").write_bytes(png(16, 10, 16, 2, deep))
    (FOLDER / "one-pixel.png").write_bytes(png(1, 1, 8, 2, [b"\xc0\x80\x20"]))
    (FOLDER / "cut-short.png").write_bytes(png(64, 64, 8, 2, colours(64, 64))[:500])
    (FOLDER / "huge.png").write_bytes(png(30_000, 30_000, 8, 2, [bytes(90_000)] * 4))
    (FOLDER / "text.jpg").write_bytes(b"Dear reader, this is a letter and no picture at all.\n" * 20)

    photo = Image.frombytes("RGB", (48, 32), b"".join(colours(48, 32)))
    turned = Image.Exif()
    turned[0x0112] = 6
    photo.save(FOLDER / "turned.jpg", quality=80, exif=turned)
    photo.save(FOLDER / "progressive.jpg", quality=70, progressive=True)
    photo.convert("L").save(FOLDER / "grey.jpg", quality=80)
    cmyk = Image.frombytes("CMYK", (40, 24), b"".join(colours(40, 24, 4)))
    cmyk.save(FOLDER / "cmyk.jpg", quality=85)
    photo.save(FOLDER / "picture.webp", lossless=True)
    photo.quantize(16).save(FOLDER / "picture.gif")
    photo.save(FOLDER / "picture.bmp")
    photo.save(FOLDER / "picture.tiff")
    whole = Image.frombytes("RGB", (96, 96), b"".join(colours(96, 96)))
    whole.save(FOLDER / "whole.jpg", quality=80)
    data = (FOLDER / "whole.jpg").read_bytes()
    (FOLDER / "cut-short.jpg").write_bytes(data[: len(data) * 2 // 3])
    (FOLDER / "whole.jpg").unlink()


main()
