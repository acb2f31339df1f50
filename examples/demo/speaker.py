"""A small speech synthesiser: sounds of English said by speakers whose throats differ.

The method is that of source and filter (Fant, "Acoustic Theory of Speech Production", 1960): the harmonics of a glottal
tone, each as strong as the resonances of the vocal tract let it be, and noise shaped by the same tract or by a narrow
place in it. The average formants of vowels are those that Peterson and Barney measured (JASA 24, 1952); the rest of the
table was set by ear. All times are in seconds, all frequencies in Hz.
"""

import zlib
from dataclasses import dataclass

import numpy as np

RATE = 16_000
HOP = 80  # samples between two frames of the tracks, 5 ms
TAU = 2 * np.pi

# Vowels: the first three formants of a tract of 17.5 cm; a diphthong has two places.
VOWELS = {
    "iy": [(270, 2290, 3010)],
    "ih": [(390, 1990, 2550)],
    "eh": [(530, 1840, 2480)],
    "ae": [(660, 1720, 2410)],
    "ah": [(640, 1190, 2390)],
    "aa": [(730, 1090, 2440)],
    "ao": [(570, 840, 2410)],
    "uw": [(300, 870, 2240)],
    "er": [(490, 1350, 1690)],
    "ax": [(500, 1400, 2400)],
    "ey": [(500, 1850, 2480), (320, 2200, 2800)],
    "ay": [(720, 1200, 2440), (380, 2050, 2600)],
    "ow": [(540, 950, 2400), (370, 800, 2300)],
}


@dataclass
class Consonant:
    """How a consonant sounds: where the tract stands, how strong voice, breath and hiss are, and for how long."""

    place: tuple
    seconds: float
    voice: float = 0.0
    hiss: float = 0.0
    centre: float = 4000.0  # of the hiss
    width: float = 1500.0
    nasal: bool = False
    stop: bool = False


CONSONANTS = {
    "l": Consonant((360, 1000, 2700), 0.07, voice=0.5),
    "r": Consonant((350, 1100, 1500), 0.07, voice=0.5),
    "w": Consonant((300, 650, 2200), 0.07, voice=0.5),
    "y": Consonant((260, 2200, 3000), 0.06, voice=0.5),
    "m": Consonant((270, 1000, 2200), 0.08, voice=0.35, nasal=True),
    "n": Consonant((270, 1500, 2500), 0.07, voice=0.35, nasal=True),
    "ng": Consonant((270, 2000, 2600), 0.08, voice=0.35, nasal=True),
    "b": Consonant(
        (250, 900, 2200), 0.06, voice=0.10, hiss=0.10, centre=900, width=700, stop=True
    ),
    "d": Consonant(
        (250, 1700, 2600),
        0.06,
        voice=0.10,
        hiss=0.14,
        centre=3400,
        width=1200,
        stop=True,
    ),
    "g": Consonant(
        (250, 1900, 2300),
        0.06,
        voice=0.10,
        hiss=0.14,
        centre=2000,
        width=700,
        stop=True,
    ),
    "p": Consonant(
        (250, 900, 2200), 0.09, hiss=0.16, centre=1000, width=800, stop=True
    ),
    "t": Consonant(
        (250, 1700, 2600), 0.09, hiss=0.24, centre=4200, width=1400, stop=True
    ),
    "k": Consonant(
        (250, 1900, 2300), 0.09, hiss=0.22, centre=2100, width=800, stop=True
    ),
    "s": Consonant((250, 1600, 2600), 0.10, hiss=0.20, centre=5600, width=1300),
    "z": Consonant(
        (250, 1600, 2600), 0.08, voice=0.2, hiss=0.12, centre=5400, width=1300
    ),
    "f": Consonant((250, 1100, 2200), 0.09, hiss=0.07, centre=4500, width=3000),
    "v": Consonant(
        (250, 1100, 2200), 0.06, voice=0.25, hiss=0.04, centre=4300, width=3000
    ),
    "dh": Consonant(
        (250, 1300, 2500), 0.05, voice=0.25, hiss=0.03, centre=4800, width=2500
    ),
    "jh": Consonant(
        (250, 1900, 2600),
        0.10,
        voice=0.1,
        hiss=0.20,
        centre=3000,
        width=1000,
        stop=True,
    ),
    "hh": Consonant((500, 1500, 2500), 0.06, hiss=0.06, centre=1600, width=1500),
}


@dataclass
class Speaker:
    """What makes a voice: the tract, the glottis and a manner of speaking."""

    name: str
    tract: float  # formants relative to those of a tract of 17.5 cm
    pitch: float
    range: float  # of the pitch, relative
    breath: float  # breath relative to the tone
    tilt: float  # dB an octave that the tone loses above 500 Hz beyond the usual
    damping: float  # bandwidths relative to the usual
    pace: float
    lisp: float  # where and how strong the hiss is, relative to the usual
    hollows: tuple  # where the side branches of the throat swallow sound
    head: int  # the seed of all that differs from head to head besides

    def habits(self):
        """How this mouth differs from the average: a factor for each of eight formants, and one for each vowel's."""
        rng = np.random.default_rng(self.head)
        return 1 + rng.normal(0, 0.05, 8), {
            v: 1 + rng.normal(0, 0.05, 3) for v in sorted(VOWELS)
        }


def hann(seconds):
    """A window that smooths a track over `seconds`."""
    window = np.hanning(int(seconds * RATE / HOP) | 1)
    return window / window.sum()


def smooth(track, seconds):
    """`track` without steps; the ends are held."""
    window = hann(seconds)
    pad = len(window) // 2
    return np.convolve(np.pad(track, pad, mode="edge"), window, mode="valid")


class Tracks:
    """What the throat does, frame by frame."""

    def __init__(self):
        self.rows, self.accents = [], []

    def add(
        self, seconds, place, voice, hiss=0.0, centre=4000.0, width=1500.0, damp=1.0
    ):
        """Holds one posture."""
        row = (*place, voice, hiss, centre, width, damp)
        self.rows += [row] * max(int(round(seconds * RATE / HOP)), 1)

    def array(self):
        """The postures as an array, a row for each frame."""
        return np.array(self.rows, dtype=float)


def postures(speaker, sounds, rng):
    """The tracks of a sentence, and the frames at which it is stressed."""
    _, vowels = speaker.habits()
    tracks = Tracks()
    rest = (500, 1500, 2500)
    tracks.add(0.25, rest, 0.0)
    for place in range(len(sounds)):
        sound, stressed = sounds[place].rstrip("1"), sounds[place].endswith("1")
        stretch = rng.normal(1, 0.08) / speaker.pace
        if sound in VOWELS:
            targets = [tuple(np.array(t) * vowels[sound]) for t in VOWELS[sound]]
            seconds = (
                stretch
                * (0.13 if stressed else 0.075)
                * (1.25 if len(targets) > 1 else 1)
            )
            if stressed:
                tracks.accents.append(
                    len(tracks.rows) + int(0.4 * seconds * RATE / HOP)
                )
            if place + 1 == len(sounds) or (place + 2 == len(sounds) and stressed):
                seconds *= 1.5
            for target in targets:
                tracks.add(seconds / len(targets), target, 1.0 if stressed else 0.75)
            continue
        consonant(tracks, CONSONANTS[sound], stretch)
    tracks.add(0.25, rest, 0.0)
    return tracks.array(), tracks.accents


def consonant(tracks, c, stretch):
    """Adds a consonant: a closure and a burst, or a sound that goes on."""
    damp = 2.0 if c.nasal else 1.0
    if not c.stop:
        tracks.add(
            c.seconds * stretch, c.place, c.voice, c.hiss, c.centre, c.width, damp
        )
        return
    tracks.add(0.7 * c.seconds * stretch, c.place, c.voice)
    tracks.add(
        0.3 * c.seconds * stretch + 0.01, c.place, c.voice, c.hiss, c.centre, c.width
    )


def tone(speaker, count, accents, rng):
    """The pitch, frame by frame: it falls along the sentence, rises where that is stressed, and is never quite still."""
    t = np.arange(count)
    pitch = speaker.pitch * (1 + speaker.range * (0.5 - t / count))
    for accent in accents:
        pitch *= 1 + speaker.range * rng.uniform(0.4, 1.0) * np.exp(
            -0.5 * ((t - accent) / 14) ** 2
        )
    wander = smooth(rng.normal(0, 1, count), 0.15)
    return pitch * (
        1 + 0.02 * wander / (wander.std() + 1e-9) + rng.normal(0, 0.004, count)
    )


def formants(speaker, places):
    """Eight formants and their bandwidths, frame by frame: those of the posture, and the high ones of the speaker."""
    own, _ = speaker.habits()
    high = [np.full(len(places), 500.0 * (2 * n - 1)) for n in range(4, 9)]
    tracks = [smooth(places[:, n], 0.07) for n in range(3)] + high
    centres = speaker.tract * np.stack(tracks, axis=1) * own
    widths = speaker.damping * (50 + 0.03 * centres + 0.000_006 * centres**2)
    return centres, widths * smooth(places[:, 7], 0.03)[:, None]


def tract(speaker, frequency, centres, widths):
    """What the tract makes of a frequency, frame by frame: a cascade of resonances, with their phases, and the hollows
    beside the throat that differ from head to head (Dang and Honda, JASA 101, 1997)."""
    s = 1j * TAU * frequency
    response = np.ones_like(s)
    for hollow in speaker.hollows:
        zero, pole = -np.pi * 90 + 1j * TAU * hollow, -np.pi * 900 + 1j * TAU * hollow
        response = (
            response
            * ((s - zero) * (s - np.conj(zero)))
            / ((s - pole) * (s - np.conj(pole)))
        )
    for n in range(centres.shape[1]):
        pole = -np.pi * widths[:, n] + 1j * TAU * centres[:, n]
        pole = pole.reshape(pole.shape + (1,) * (s.ndim - 1))
        response = response * np.abs(pole) ** 2 / ((s - pole) * (s - np.conj(pole)))
    return response


def voiced(speaker, pitch, strength, centres, widths):
    """The harmonics of the voice."""
    frames = np.arange(len(pitch)) * HOP
    samples = np.arange(len(pitch) * HOP)
    phase = TAU * np.cumsum(np.interp(samples, frames, pitch)) / RATE
    out = np.zeros(len(samples))
    for k in range(1, int(RATE / 2 / pitch.min()) + 1):
        frequency = k * pitch
        level = (
            strength
            / k
            * 10 ** (-speaker.tilt * np.log2(np.maximum(frequency / 500, 1)) / 20)
        )
        level = level * (frequency < 0.48 * RATE)
        weight = level * tract(speaker, frequency, centres, widths)
        shaped = np.interp(samples, frames, weight.real) + 1j * np.interp(
            samples, frames, weight.imag
        )
        out += (shaped * np.exp(1j * k * phase)).real
    return out


def noise(shape, rng):
    """Noise with the magnitudes `shape` (frames, 161), by overlapping windows of 20 ms."""
    size = 2 * (shape.shape[1] - 1)
    source = rng.normal(0, 1, (len(shape) + 8) * HOP)
    out, window = np.zeros(len(source)), np.hanning(size)
    for t, magnitude in enumerate(shape):
        piece = np.fft.rfft(source[t * HOP : t * HOP + size] * window) * magnitude
        out[t * HOP : t * HOP + size] += np.fft.irfft(piece, size) * window
    return out[size // 2 :][: len(shape) * HOP]


def say(speaker, sounds, take):
    """A sentence as samples at `RATE`; another `take` is said a little otherwise."""
    rng = np.random.default_rng(zlib.crc32(f"{speaker.name} {take}".encode()))
    places, accents = postures(speaker, sounds.split(), rng)
    centres, widths = formants(speaker, places)
    pitch = tone(speaker, len(places), accents, rng)
    shimmer = 1 + 0.05 * rng.normal(0, 1, len(places))
    strength = smooth(places[:, 3], 0.035) * shimmer
    voice = voiced(speaker, pitch, strength, centres, widths)
    grid = np.tile(np.arange(161) * RATE / 320.0, (len(places), 1))
    breathing = (
        np.abs(tract(speaker, grid, centres, widths))
        * (speaker.breath * strength)[:, None]
    )
    centre = speaker.lisp * places[:, 5][:, None]
    hiss = np.exp(-0.5 * ((grid - centre) / places[:, 6][:, None]) ** 2)
    hiss *= smooth(places[:, 4], 0.015)[:, None]
    sound = voice + noise(0.05 * breathing + 0.6 * speaker.lisp**2 * hiss, rng)
    return sound / np.sqrt(np.mean(sound**2))
