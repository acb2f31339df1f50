"""Speech for the tests: real speech if the assets are there, and two voices that are made of harmonics."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

import needs
import sonic
from needs import assets

RATE = 16000
VOWELS = [(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410)]
SPEAKERS = {"anna": (260.0, 1.25), "bert": (104.0, 0.94)}  # Pitch in Hz, scale of the formants.


def vowel(pitch: float, scale: float, formants: tuple[int, ...], seconds: float) -> npt.NDArray[np.float64]:
    """Harmonics of a gliding pitch, as strong as the formants make them, under a syllable's envelope."""
    t = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * pitch * np.cumsum(1 + 0.04 * np.sin(2 * np.pi * 2 * t)) / RATE
    harmonics = np.arange(1, int(7000 / pitch))
    near = [1 / (1 + ((harmonics * pitch - f * scale) / 90) ** 2) for f in formants]
    strengths = np.sum(near, axis=0) / harmonics**0.5
    sound = (strengths[:, None] * np.sin(harmonics[:, None] * phase)).sum(axis=0)
    return sound / np.abs(sound).max() * np.clip(np.minimum(t, t[::-1]) / 0.02, 0, 1)


def speak(speaker: str, seed: int, seconds: float = 4.0) -> sonic.Clip:
    """A made-up speaker saying vowels with pauses between, over a faint hiss."""
    random = np.random.default_rng(seed)
    pitch, scale = SPEAKERS[speaker]
    count = int(seconds * RATE)
    pieces: list[npt.NDArray[np.float64]] = [np.zeros(RATE // 5)]
    while True:
        for formants in random.permutation(VOWELS):
            syllable = vowel(pitch * random.uniform(0.98, 1.02), scale, formants, random.uniform(0.28, 0.32))
            pause = np.zeros(int(random.uniform(0.1, 0.15) * RATE))
            if sum(map(len, [*pieces, syllable, pause])) > count:
                sound = np.pad(np.concatenate(pieces), (0, count - sum(map(len, pieces))))
                return sonic.Clip((0.3 * sound + 3e-4 * random.standard_normal(count)).astype(np.float32), RATE)
            pieces += [syllable, pause]


def syllable_piece() -> sonic.Clip:
    """A tenth of a second of a vowel: loud enough, but too short."""
    return sonic.Clip(vowel(150, 1.0, VOWELS[0], 0.3)[RATE // 10 : RATE // 5].astype(np.float32), RATE)


def utterances(speaker: str) -> list[Path]:
    """Real speech of a LibriSpeech speaker."""
    return sorted((assets() / "voice/audio/librispeech_test-other" / speaker).glob("*.flac"))


def model(name: str) -> Path:
    """An ONNX file of the voice models."""
    return needs.model(f"voice/models/{name}")
