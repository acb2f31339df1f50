"""A small synthesizer: instruments, drums, room and mastering on numpy arrays at 48 kHz, mono.

Every instrument is a function from a MIDI pitch, a length in seconds and a random generator to samples near
-1..1.
"""

import numpy as np

RATE = 48_000
TAU = 2 * np.pi


def hertz(pitch):
    """The frequency of a MIDI pitch."""
    return 440.0 * 2.0 ** ((pitch - 69) / 12)


def ticks(seconds):
    """The time axis of a sound of `seconds`."""
    return np.arange(int(seconds * RATE)) / RATE


def envelope(time, attack, release):
    """A raised-cosine attack and release over the whole of `time`, so that no note clicks."""
    end = time[-1] if len(time) else 0.0
    rise = np.clip(time / attack, 0, 1)
    fall = np.clip((end - time) / release, 0, 1)
    return (0.5 - 0.5 * np.cos(np.pi * rise)) * (0.5 - 0.5 * np.cos(np.pi * fall))


class Track:
    """A tape that sounds are added to."""

    def __init__(self, seconds):
        self.samples = np.zeros(int(seconds * RATE))

    def add(self, at, sound, gain=1.0):
        """Adds `sound` at `at` seconds; what falls off the end is lost."""
        start = max(int(at * RATE), 0)
        end = min(start + len(sound), len(self.samples))
        if end > start:
            self.samples[start:end] += gain * sound[: end - start]


# instruments


def piano(pitch, seconds, rng):
    """A struck string: slightly inharmonic partials, the high ones dying first, and a hammer."""
    time = ticks(seconds + 0.35)
    base, sound = hertz(pitch), np.zeros(len(time))
    for n in range(1, 25):
        frequency = n * base * np.sqrt(1 + 0.0004 * n * n)
        if frequency > 12_000:
            break
        decay = 0.7 + 0.35 * n + base / 500
        weight = np.abs(np.sin(np.pi * n / 7.3)) / n**1.15
        sound += (
            weight
            * np.exp(-decay * time)
            * np.sin(TAU * frequency * time + rng.uniform(0, TAU))
        )
    sound += 0.15 * np.exp(-90 * time) * rng.standard_normal(len(time))
    return 0.6 * sound * envelope(time, 0.003, 0.3)


def strings(pitch, seconds, rng):
    """A bowed section: three players a little out of tune with each other, vibrato growing into the note."""
    time = ticks(seconds + 0.4)
    sound = np.zeros(len(time))
    for _ in range(3):
        base = hertz(pitch + rng.normal(0, 0.06))
        depth = 0.004 * np.clip(time / 0.7, 0, 1)
        speed = rng.uniform(4.8, 6.0)
        phase = (
            TAU
            * base
            * (
                time
                + depth
                * np.sin(TAU * speed * time + rng.uniform(0, TAU))
                / (TAU * speed)
            )
        )
        for n in range(1, min(22, int(9_000 / base) + 1)):
            sound += np.sin(n * phase + rng.uniform(0, TAU)) / n**1.1
    return 0.16 * sound * envelope(time, 0.22, 0.4)


def organ(pitch, seconds, rng):
    """A pipe organ with five ranks and the chiff of the pipes speaking."""
    time = ticks(seconds + 0.06)
    base, sound = hertz(pitch), np.zeros(len(time))
    for ratio, weight in [
        (0.5, 0.4),
        (1, 1.0),
        (2, 0.6),
        (3, 0.3),
        (4, 0.35),
        (6, 0.12),
        (8, 0.14),
    ]:
        drift = 1 + rng.normal(0, 0.0004)
        for n, part in [(1, 1.0), (2, 0.25), (3, 0.12)]:
            if ratio * n * base < 11_000:
                sound += (
                    weight
                    * part
                    * np.sin(
                        TAU * ratio * n * base * drift * time + rng.uniform(0, TAU)
                    )
                )
    sound += 0.3 * np.exp(-50 * time) * rng.standard_normal(len(time))
    return 0.3 * sound * envelope(time, 0.02, 0.06)


def guitar(pitch, seconds, rng, bright=0.5):
    """A plucked string by the method of Karplus and Strong, resampled to be in tune."""
    base = hertz(pitch)
    period = max(int(RATE / base), 4)
    count = int((seconds + 0.4) * RATE)
    loop = rng.uniform(-1, 1, period + 1)
    for _ in range(int(1 + 6 * (1 - bright))):
        loop = 0.5 * (loop + np.roll(loop, 1))
    loop -= loop.mean()
    loss = 0.5 * 0.001 ** (1 / (base * 3.2))
    raw = np.zeros(count + 3 * period + 2)
    raw[: period + 1] = loop
    for at in range(period + 1, len(raw) - period, period):
        raw[at : at + period] = loss * (
            raw[at - period : at] + raw[at - period - 1 : at - 1]
        )
    step = base * (period + 0.5) / RATE  # the loop sounds at RATE / (period + 0.5)
    sound = np.interp(np.arange(count) * step, np.arange(len(raw)), raw)
    return (
        0.9
        * sound
        / (np.abs(sound).max() + 1e-9)
        * envelope(np.arange(count) / RATE, 0.001, 0.3)
    )


def pulse(pitch, seconds, rng, duty=0.25):
    """A band-limited pulse wave of a game console, with a fast decay and a late vibrato."""
    time = ticks(seconds)
    base, sound = hertz(pitch), np.zeros(len(time))
    wobble = 0.004 * np.clip((time - 0.18) / 0.2, 0, 1) * np.sin(TAU * 6.5 * time)
    phase = TAU * base * time + wobble * base / 6.5
    for n in range(1, min(40, int(12_000 / base) + 1)):
        sound += np.sin(np.pi * n * duty) / n * np.cos(n * phase)
    return (
        0.5 * sound * (0.35 + 0.65 * np.exp(-5 * time)) * envelope(time, 0.002, 0.012)
    )


def triangle(pitch, seconds, rng):
    """The console's bass channel."""
    time = ticks(seconds)
    base = hertz(pitch)
    sound = sum(np.cos(TAU * n * base * time) / n**2 for n in range(1, 16, 2))
    return 0.6 * sound * envelope(time, 0.003, 0.01)


def electric_piano(pitch, seconds, rng):
    """Two-operator frequency modulation: a tine over a fundamental."""
    time = ticks(seconds + 0.2)
    base = hertz(pitch)
    tine = 0.7 * np.exp(-9 * time) * np.sin(TAU * 14 * min(base, 700) * time)
    body = 1.6 * np.exp(-2.2 * time) * np.sin(TAU * base * time)
    return (
        0.5
        * np.exp(-1.6 * time)
        * np.sin(TAU * base * time + body + tine)
        * envelope(time, 0.002, 0.15)
    )


def bass(pitch, seconds, rng):
    """A plucked electric bass: few harmonics, closing quickly."""
    time = ticks(seconds + 0.05)
    base = hertz(pitch)
    sound = sum(
        np.exp(-(1 + 1.7 * n) * time) * np.sin(TAU * n * base * time) / n**0.8
        for n in range(1, 13)
    )
    return 0.6 * sound * envelope(time, 0.004, 0.05)


def bell(pitch, seconds, rng):
    """A glassy bell with inharmonic partials."""
    time = ticks(seconds)
    base, sound = hertz(pitch), np.zeros(len(time))
    for ratio, weight in [
        (0.56, 0.3),
        (1, 1.0),
        (1.19, 0.5),
        (1.71, 0.4),
        (2.0, 0.5),
        (2.74, 0.35),
        (3.76, 0.2),
    ]:
        frequency = ratio * base * (1 + rng.normal(0, 0.002))
        sound += (
            weight
            * np.exp(-(0.5 + ratio) * 1.1 * time)
            * np.sin(TAU * frequency * time)
        )
    return 0.4 * sound * envelope(time, 0.004, 0.3)


def metallophone(pitch, seconds, rng):
    """A bronze bar with its beating twin, struck by a wooden mallet."""
    time = ticks(max(seconds, 0.3) + 1.2)
    sound = 0.35 * np.exp(-120 * time) * rng.standard_normal(len(time))
    for detune in (0.0, 5.3):
        base = hertz(pitch) + detune
        for ratio, weight, decay in [
            (1, 1.0, 2.2),
            (2.76, 0.5, 5.0),
            (5.4, 0.25, 9.0),
            (8.9, 0.1, 14.0),
        ]:
            if ratio * base < 12_000:
                sound += (
                    weight
                    * np.exp(-decay * time)
                    * np.sin(TAU * ratio * base * time + rng.uniform(0, TAU))
                )
    return 0.3 * sound * envelope(time, 0.001, 0.4)


def brass(pitch, seconds, rng):
    """A horn: frequency modulation whose brightness follows the breath."""
    time = ticks(seconds + 0.08)
    base = hertz(pitch) * (1 + rng.normal(0, 0.001))
    breath = envelope(time, 0.06, 0.1) * (0.8 + 0.2 * np.exp(-6 * time))
    vibrato = 0.12 * np.clip(time - 0.3, 0, 1) * np.sin(TAU * 5.2 * time)
    phase = TAU * base * time + vibrato
    return 0.5 * breath * np.sin(phase + 3.4 * breath * np.sin(phase))


# drums


def kick(rng):
    """A bass drum falling from 150 to 48 Hz."""
    time = ticks(0.32)
    fall = 48 * time + 102 * (1 - np.exp(-28 * time)) / 28
    return np.exp(-9 * time) * np.sin(TAU * fall) + 0.25 * np.exp(
        -200 * time
    ) * rng.standard_normal(len(time))


def snare(rng):
    """A snare drum: a body and its wires."""
    time = ticks(0.25)
    wires = shape(rng.standard_normal(len(time)), low=900, high=9_000)
    return (
        0.5 * np.exp(-22 * time) * np.sin(TAU * 190 * time)
        + 0.6 * np.exp(-16 * time) * wires
    )


def hat(rng, length=0.06):
    """A hi-hat: a burst of high noise."""
    time = ticks(length * 4)
    return (
        0.35
        * np.exp(-time / length * 1.4)
        * shape(rng.standard_normal(len(time)), low=6_000, high=15_000)
    )


# room and mastering


def shape(samples, low=0.0, high=RATE / 2, tilt=0.0):
    """Keeps `low`..`high` Hz with soft edges and tilts what is left by `tilt` dB an octave around 1 kHz."""
    size = 1 << (len(samples) - 1).bit_length()
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 1.0)
    gain = (
        1 / np.sqrt(1 + (low / frequency) ** 6) / np.sqrt(1 + (frequency / high) ** 8)
    )
    gain *= 10 ** (tilt * np.clip(np.log2(frequency / 1000), -5, 5) / 20)
    return np.fft.irfft(np.fft.rfft(samples, size) * gain, size)[: len(samples)]


def reverb(samples, rng, seconds, wet):
    """The sound in a room: convolution with noise that falls by 60 dB in `seconds`."""
    time = ticks(seconds)
    tail = shape(
        rng.standard_normal(len(time)) * 10 ** (-3 * time / seconds),
        low=150,
        high=6_000,
    )
    tail *= wet / np.sqrt(np.sum(tail**2))
    size = 1 << (len(samples) + len(tail) - 1).bit_length()
    room = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(tail, size), size)[
        : len(samples)
    ]
    return samples + room


def resample(samples, rate, to=RATE):
    """`samples` from `rate` to `to` by the Fourier method, padded so that the ends do not meet."""
    pad = rate // 10
    padded = np.concatenate([np.zeros(pad), samples, np.zeros(pad)])
    padded = np.concatenate(
        [padded, np.zeros(-len(padded) % rate)]
    )  # whole seconds: both lengths are exact
    count = len(padded) * to // rate
    spectrum = np.zeros(count // 2 + 1, dtype=complex)
    source = np.fft.rfft(padded)
    keep = min(len(source), len(spectrum))
    spectrum[:keep] = source[:keep]
    out = np.fft.irfft(spectrum, count) * (to / rate)
    return out[pad * to // rate :][: len(samples) * to // rate]


def master(samples, level_db=-19.0, peak=0.84, fade_out=0.8):
    """`samples` faded at both ends, at `level_db` RMS, with peaks bent softly below `peak`."""
    samples = samples - np.mean(samples)
    fade = np.arange(len(samples)) / RATE
    samples = (
        samples * np.clip(fade / 0.02, 0, 1) * np.clip(fade[::-1] / fade_out, 0, 1)
    )
    samples = samples * 10 ** (level_db / 20) / np.sqrt(np.mean(samples**2))
    knee = 0.55
    over = np.abs(samples) > knee
    bent = knee + (peak - knee) * np.tanh(
        (np.abs(samples[over]) - knee) / (peak - knee)
    )
    samples[over] = np.sign(samples[over]) * bent
    return samples
