"""The scores of the demo's music, composed by seeded rules: nine styles, no borrowed melody, nothing looped.

Each piece is a function from a random generator and a length in seconds to samples at 48 kHz. Harmony goes
round, as in most music, but melody, touch and timing are drawn anew in every bar, so that a clip has one true
place.
"""

import numpy as np

import synth
from synth import Track

MAJOR, MINOR, DORIAN = (
    [0, 2, 4, 5, 7, 9, 11],
    [0, 2, 3, 5, 7, 8, 10],
    [0, 2, 3, 5, 7, 9, 10],
)
PENTATONIC, PELOG = [0, 3, 5, 7, 10], [0, 1, 3, 7, 8]


def degree(scale, root, step):
    """The MIDI pitch of a scale step counted from `root`, any octave."""
    return root + scale[step % len(scale)] + 12 * (step // len(scale))


def chord(scale, root, step, size=3):
    """The pitches of thirds piled on a scale step."""
    return [degree(scale, root, step + 2 * n) for n in range(size)]


class Singer:
    """A melody that walks by small steps, stays near the middle of its range and lands on chord notes."""

    def __init__(self, rng, low, high):
        self.rng, self.low, self.high = rng, low, high
        self.step = (low + high) // 2

    def next(self, chord_step=None, size=7):
        """The next scale step; on a strong beat give the chord's step and the note belongs to the chord."""
        leaps = np.array([-4, -3, -2, -1, 0, 1, 2, 3, 4, 5])
        weights = np.array([1, 2, 5, 9, 2, 9, 5, 2, 1.5, 0.5])
        aim = self.step + leaps
        middle = (self.low + self.high) / 2
        weights = weights * np.exp(
            -(((aim - middle) / (self.high - self.low)) ** 2) * 4
        )
        weights = weights * ((aim >= self.low) & (aim <= self.high))
        if chord_step is not None:
            weights = weights * np.where(
                np.isin((aim - chord_step) % size, [0, 2, 4]), 1, 0.03
            )
        self.step = int(self.rng.choice(aim, p=weights / weights.sum()))
        return self.step


def progression(rng, table, start=0):
    """An endless walk over chords: `table` maps a chord's step to those that may follow."""
    step = start
    while True:
        yield step
        step = int(rng.choice(table[step]))


def human(rng, spread=0.009):
    """A player's error in time, in seconds."""
    return float(rng.normal(0, spread))


RHYTHMS_3 = [
    [1, 1, 1],
    [2, 1],
    [1.5, 0.5, 1],
    [1, 2],
    [0.5, 0.5, 1, 1],
    [3],
    [1, 0.5, 0.5, 0.5, 0.5],
]
RHYTHMS_4 = [
    [1, 1, 1, 1],
    [1.5, 0.5, 2],
    [2, 1, 1],
    [0.5, 0.5, 1, 2],
    [1, 0.5, 0.5, 1, 1],
    [3, 1],
    [0.5] * 4 + [2],
]


def lantern_waltz(rng, seconds):
    """A waltz for piano in E minor."""
    tape, beat, root = Track(seconds), 0.43, 52
    singer = Singer(rng, 7, 18)
    chords = progression(
        rng,
        {
            0: [3, 5, 2],
            3: [4, 0, 6],
            5: [3, 1, 2],
            2: [5, 3],
            4: [0, 0, 5],
            6: [2, 0],
            1: [4],
        },
    )
    at = 0.1
    while at < seconds - 2:
        step = next(chords)
        tape.add(
            at + human(rng),
            synth.piano(degree(MINOR, root - 12, step), 2.4 * beat, rng),
            0.8,
        )
        for n in (1, 2):
            for pitch in chord(MINOR, root, step):
                tape.add(
                    at + n * beat + human(rng),
                    synth.piano(pitch, 0.7 * beat, rng),
                    rng.uniform(0.25, 0.4),
                )
        when = at
        for number, length in enumerate(RHYTHMS_3[rng.integers(len(RHYTHMS_3))]):
            pitch = degree(MINOR, root, singer.next(step if number == 0 else None))
            tape.add(
                when + human(rng),
                synth.piano(pitch, length * beat, rng),
                rng.uniform(0.6, 1.0),
            )
            when += length * beat
        at += 3 * beat * rng.normal(1, 0.015)
    return synth.reverb(tape.samples, rng, 1.2, 0.25)


def harbour_strings(rng, seconds):
    """Slow strings in D major: four-part pads under a melody."""
    tape, beat, root = Track(seconds), 0.82, 50
    singer = Singer(rng, 9, 20)
    chords = progression(
        rng, {0: [3, 4, 5, 2], 3: [4, 0, 1], 4: [5, 0], 5: [3, 1], 2: [5, 3], 1: [4]}
    )
    at = 0.05
    while at < seconds - 1:
        step, bar = next(chords), 4 * beat
        tape.add(at, synth.strings(degree(MAJOR, root - 12, step), bar, rng), 0.8)
        for pitch in chord(MAJOR, root + rng.choice([0, 12]), step, 4):
            tape.add(
                at + abs(human(rng, 0.05)),
                synth.strings(pitch, bar * rng.uniform(0.85, 1.0), rng),
                0.35,
            )
        when = at
        for number, length in enumerate(RHYTHMS_4[rng.integers(len(RHYTHMS_4))]):
            pitch = degree(MAJOR, root, singer.next(step if number == 0 else None))
            tape.add(
                when + human(rng, 0.02),
                synth.strings(pitch, length * beat, rng),
                rng.uniform(0.6, 0.9),
            )
            when += length * beat
        at += bar
    return synth.reverb(tape.samples, rng, 2.4, 0.4)


def night_bus(rng, seconds):
    """Drums, bass and electric piano: a groove in which every bar varies."""
    tape, beat, root, bar_number = Track(seconds), 0.56, 45, 0
    chords = progression(
        rng, {0: [3, 5], 3: [6, 4], 5: [1, 3], 6: [2, 0], 4: [0], 1: [4], 2: [5]}
    )
    at = 0.05
    while at < seconds - 1:
        step, sixteenth = next(chords), beat / 4
        fill = bar_number % 4 == 3
        for n in range(16):
            when = at + n * sixteenth + (0.035 if n % 2 else 0) + human(rng, 0.005)
            if n in (0, 10) or rng.random() < 0.10:
                tape.add(when, synth.kick(rng), 0.9)
            if n in (4, 12) or rng.random() < (0.35 if fill and n > 9 else 0.04):
                tape.add(when, synth.snare(rng), 0.7 if n % 4 == 0 else 0.3)
            if rng.random() < 0.8:
                tape.add(
                    when,
                    synth.hat(rng, 0.16 if rng.random() < 0.08 else 0.05),
                    rng.uniform(0.3, 0.8),
                )
            if n == 0 or rng.random() < 0.33:
                pitch = degree(
                    DORIAN, root - 12, step + int(rng.choice([0, 0, 0, 2, 4, 6, 7]))
                )
                tape.add(when, synth.bass(pitch, rng.uniform(0.1, 0.35), rng), 0.8)
            if n in (3, 8, 14) and rng.random() < 0.6:
                for pitch in chord(DORIAN, root + 12, step, 4):
                    tape.add(
                        when + human(rng),
                        synth.electric_piano(pitch, rng.uniform(0.2, 0.9), rng),
                        0.33,
                    )
        solo = Singer(rng, 14, 23)
        for n in rng.choice(16, rng.integers(2, 7), replace=False):
            pitch = degree(DORIAN, root, solo.next(step))
            tape.add(
                at + n * sixteenth + human(rng),
                synth.electric_piano(pitch, 0.4, rng),
                0.45,
            )
        at, bar_number = at + 4 * beat, bar_number + 1
    return synth.reverb(tape.samples, rng, 0.6, 0.12)


SUBJECT = [
    (0, 1),
    (4, 1),
    (3, 0.5),
    (2, 0.5),
    (1, 0.5),
    (2, 0.5),
    (0, 1),
    (-1, 0.5),
    (0, 0.5),
    (1, 1),
    (5, 0.5),
    (4, 0.5),
]
# From bass to soprano: the scale step on which the subject begins, and the middle of the voice.
ENTRY, CENTRES = [0, 4, 7, 11], [1, 5, 9, 13]
CONSONANT = {0, 3, 4, 7, 8, 9}


def free_note(rng, last, sounding, centre, key):
    """A scale step that moves smoothly and agrees with what the other voices hold."""
    steps = [last + move for move in (-3, -2, -1, 1, 2, 3, 4, -4)]
    costs = []
    for step in steps:
        pitch = degree(MINOR, key, step)
        clash = sum((pitch - other) % 12 not in CONSONANT for other in sounding)
        crossing = sum(abs(pitch - other) < 3 for other in sounding)
        costs.append(
            2.5 * clash
            + 2 * crossing
            + 0.5 * abs(step - last)
            + 0.25 * abs(step - centre)
            + rng.exponential(0.9)
        )
    return steps[int(np.argmin(costs))]


def entries_of_subject(rng, length, total):
    """The beats at which each voice begins the subject: an exposition, then entries after short episodes."""
    entries = {0: [2 * length], 1: [length], 2: [0.0], 3: [3 * length]}
    at = 4 * length
    while at < total - length:
        at += float(rng.choice([0, 2, 4, 6]))
        entries[int(rng.integers(4))].append(at)
        at += length
    return {voice: sorted(starts) for voice, starts in entries.items()}


def write_voice(rng, voice, starts, notes, total, key):
    """Adds one voice, subject and free lines, to `notes`: (voice, start, length, pitch) in beats."""
    when, first = starts[0], True
    step = CENTRES[voice]
    while when < total:
        if starts and when >= starts[0]:
            starts = starts[1:]
            shift = ENTRY[voice] + (0 if first else int(rng.choice([0, 2, 5, -2])))
            for offset, duration in SUBJECT:
                step = shift + offset
                notes.append((voice, when, duration, degree(MINOR, key, step)))
                when += duration
            first = False
            continue
        duration = float(
            rng.choice([0.5, 0.5, 1, 1, 1.5, 2] if voice else [1, 1, 2, 0.5])
        )
        duration = max(min(duration, (starts[0] if starts else total) - when), 0.25)
        sounding = [
            p
            for v, start, length, p in notes
            if v != voice and start <= when < start + length
        ]
        step = free_note(rng, step, sounding, CENTRES[voice], key)
        if rng.random() > 0.06:
            notes.append((voice, when, duration, degree(MINOR, key, step)))
        when += duration


def ricercar(rng, seconds):
    """A fugue for organ in G minor, four voices, on a subject of our own."""
    tape, beat, key, notes = Track(seconds), 0.46, 43, []
    total = int(seconds / beat) - 3
    entries = entries_of_subject(rng, sum(duration for _, duration in SUBJECT), total)
    for voice in (2, 1, 0, 3):
        write_voice(rng, voice, entries[voice], notes, total, key)
    for _, start, duration, pitch in notes:
        sound = synth.organ(pitch, duration * beat * 0.94, rng)
        tape.add(0.1 + start * beat + human(rng, 0.006), sound, 0.5)
    for pitch in (31, 43, 50, 55, 59, 67):
        tape.add(0.1 + total * beat, synth.organ(pitch, 3 * beat, rng), 0.5)
    return synth.reverb(tape.samples, rng, 3.0, 0.35)


def pixel_orchard(rng, seconds):
    """A chiptune in C minor: two pulse voices, a triangle bass and noise."""
    tape, beat, root = Track(seconds), 0.37, 60
    singer = Singer(rng, 5, 17)
    chords = progression(
        rng, {0: [5, 3, 6], 5: [6, 2], 3: [4, 0], 6: [0, 2], 2: [5, 3], 4: [0, 5]}
    )
    at, bar_number = 0.02, 0
    while at < seconds - 1:
        step, quarter = next(chords), beat / 4
        pattern = rng.permutation([0, 1, 2, 3])
        for n in range(16):
            when = at + n * quarter
            arpeggio = chord(MINOR, root, step, 4)[
                pattern[n % 4] if rng.random() < 0.85 else rng.integers(4)
            ]
            tape.add(when, synth.pulse(arpeggio, quarter * 0.9, rng, duty=0.125), 0.35)
            if n % 2 == 0 and rng.random() < 0.85:
                low = degree(MINOR, root - 24, step + int(rng.choice([0, 0, 4, 7])))
                tape.add(when, synth.triangle(low, quarter * 1.8, rng), 0.45)
            if n % 4 == 2 or rng.random() < 0.2:
                tape.add(when, synth.hat(rng, 0.03), 0.7)
            if n in (4, 12) or (bar_number % 8 == 7 and n > 9):
                tape.add(when, synth.snare(rng), 0.5)
        when = at
        for number, length in enumerate(RHYTHMS_4[rng.integers(len(RHYTHMS_4))]):
            if rng.random() < 0.88:
                pitch = degree(
                    MINOR, root + 12, singer.next(step if number == 0 else None)
                )
                tape.add(
                    when,
                    synth.pulse(
                        pitch, length * beat * 0.95, rng, duty=rng.choice([0.25, 0.5])
                    ),
                    0.6,
                )
            when += length * beat
        at, bar_number = at + 4 * beat, bar_number + 1
    return tape.samples


def low_tide(rng, seconds):
    """Ambient: slow clouds of strings, glass bells far apart, and wind."""
    tape, root = Track(seconds), 49
    for _ in range(int(seconds / 1.3)):
        at, length = rng.uniform(-1, seconds - 3), rng.uniform(4, 9)
        pitch = degree(PENTATONIC, root, int(rng.integers(-3, 9)))
        cloud = synth.strings(pitch, length, rng)
        cloud *= np.sin(np.pi * np.arange(len(cloud)) / len(cloud)) ** 2
        tape.add(at, cloud, rng.uniform(0.3, 0.6))
    for _ in range(int(seconds * 1.1)):
        pitch = degree(PENTATONIC, root + 12, int(rng.integers(2, 14)))
        tape.add(
            rng.uniform(0, seconds - 2),
            synth.bell(pitch, 3.5, rng),
            rng.uniform(0.1, 0.6) ** 1.5,
        )
    wind = synth.shape(rng.standard_normal(len(tape.samples)), low=250, high=1_400)
    knots = np.arange(0, seconds + 2, 1.7)
    gusts = np.interp(
        np.arange(len(wind)) / synth.RATE, knots, rng.uniform(0, 1, len(knots)) ** 2
    )
    return synth.reverb(tape.samples + 0.06 * wind * gusts, rng, 4.0, 0.6)


def gravel_road(rng, seconds):
    """Finger-picked guitar in G."""
    tape, beat, root = Track(seconds), 0.33, 43
    singer = Singer(rng, 8, 16)
    chords = progression(
        rng, {0: [3, 5, 4], 3: [0, 4, 1], 5: [3, 2], 4: [0, 5], 1: [4], 2: [3]}
    )
    at = 0.1
    while at < seconds - 2:
        step = next(chords)
        tones = chord(MAJOR, root, step, 5)
        for n in range(8):
            when = at + n * beat / 2 + human(rng, 0.008)
            if n in (0, 4):
                low = tones[0] if n == 0 else tones[2] - 12
                tape.add(when, synth.guitar(low, 1.6, rng, 0.45), 0.9)
            elif rng.random() < 0.85:
                tape.add(
                    when,
                    synth.guitar(int(rng.choice(tones[1:])), 1.1, rng, 0.7),
                    rng.uniform(0.35, 0.7),
                )
            if n % 2 == 0 and rng.random() < 0.55:
                pitch = degree(MAJOR, root, singer.next(step if n % 4 == 0 else None))
                sound = synth.guitar(pitch, 1.4, rng, 0.85)
                tape.add(when + 0.01, sound, rng.uniform(0.7, 1.0))
                if rng.random() < 0.12:
                    tape.add(
                        when + beat / 4, synth.guitar(pitch + 2, 1.0, rng, 0.7), 0.6
                    )
        at += 4 * beat * rng.normal(1, 0.012)
    return synth.reverb(tape.samples, rng, 0.7, 0.15)


def copper_garden(rng, seconds):
    """Bronze bars in interlocking parts over a slow gong."""
    tape, beat, root = Track(seconds), 0.19, 61
    singer, upper = Singer(rng, 0, 8), Singer(rng, 5, 13)
    at, count = 0.1, 0
    while at < seconds - 1.5:
        if count % 32 == 0:
            tape.add(
                at,
                synth.metallophone(root - 24 + int(rng.choice([0, 0, 7])), 3.0, rng),
                1.2,
            )
        if count % 4 == 0:
            core = degree(PELOG, root, singer.next())
            tape.add(
                at + human(rng, 0.004), synth.metallophone(core - 12, 0.8, rng), 0.7
            )
        if rng.random() < 0.78:
            pitch = degree(PELOG, root, upper.next())
            tape.add(
                at + human(rng, 0.004),
                synth.metallophone(pitch, 0.3, rng),
                rng.uniform(0.35, 0.7),
            )
        swell = 1 + 0.22 * np.sin(at / 6.1) + 0.1 * np.sin(at / 2.3)
        at, count = at + beat * swell, count + 1
    return synth.reverb(tape.samples, rng, 1.6, 0.25)


def market_fanfare(rng, seconds):
    """Horns and a drum: kept outside the index."""
    tape, beat, root = Track(seconds), 0.41, 58
    singer = Singer(rng, 2, 11)
    chords = progression(rng, {0: [4, 3], 3: [4, 0, 1], 4: [0, 5], 5: [3], 1: [4]})
    at = 0.05
    while at < seconds - 1:
        step, when = next(chords), at
        for number, length in enumerate(RHYTHMS_4[rng.integers(len(RHYTHMS_4))]):
            lead = singer.next(step if number == 0 else None)
            for below, gain in ((0, 0.9), (2, 0.5), (9, 0.4)):
                pitch = degree(MAJOR, root, lead - below)
                tape.add(
                    when + human(rng, 0.008),
                    synth.brass(pitch, length * beat * 0.85, rng),
                    gain,
                )
            when += length * beat
        for n in range(8):
            if n % 4 == 0 or rng.random() < 0.4:
                tape.add(
                    at + n * beat / 2 + human(rng),
                    synth.snare(rng) if n % 4 else synth.kick(rng),
                    0.6,
                )
        at += 4 * beat
    return synth.reverb(tape.samples, rng, 1.4, 0.25)
