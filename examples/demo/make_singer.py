#!/usr/bin/env python3
"""Writes the voicebank of the demo: a voice made of formulas, as ONNX graphs in the DiffSinger format. CC0 1.0.

No recording and no training: a pulse train and noise (the source) go through an envelope of formants (the filter). The
language has the vowels a e i o u and the consonants m n l r s t k p y w. `truth.json` tells every number.

Needs numpy and onnx; the result is the same, byte for byte, with the same versions.
usage: make_singer.py FOLDER
"""
import json
import sys
from pathlib import Path

import numpy as np

from graph import Graph

RATE, HOP, BINS, FMIN, FMAX = 44100, 512, 128, 40.0, 16000.0
FFT, SPAN = 2048, 1024
PHONES = ["<PAD>", "AP", "SP", "a", "e", "i", "o", "u", "m", "n", "l", "r", "s", "t", "k", "p", "y", "w"]
VOWELS = "aeiou"
TYPES = {"m": "nasal", "n": "nasal", "l": "liquid", "r": "liquid", "s": "fricative", "t": "stop", "k": "stop", "p": "stop", "y": "semivowel", "w": "semivowel"}
# Resonances in Hz, after tables of sung vowels; the third to fifth stand close together, as singers have them.
FORMANTS = {
    "a": [720, 1180, 2650, 3000, 3500], "e": [480, 1850, 2650, 3050, 3600], "i": [300, 2250, 2900, 3300, 3800],
    "o": [510, 880, 2600, 2950, 3450], "u": [320, 690, 2300, 2850, 3400],
    "m": [260, 1100, 2200, 3000, 3600], "n": [270, 1500, 2400, 3000, 3600], "l": [350, 1250, 2700, 3100, 3600],
    "r": [420, 1300, 1900, 2900, 3500], "y": [290, 2200, 2850, 3300, 3800], "w": [320, 700, 2500, 2900, 3400],
}
WIDTHS = [95, 110, 150, 190, 260]
# A throat has resonances without end; without those above the fifth, all is dull.
HIGHER, HIGHER_WIDTHS = [4500 + 1000 * n for n in range(12)], [400 + 60 * n for n in range(12)]
FRAMES = {"AP": 24, "SP": 20, "m": 8, "n": 7, "l": 6, "r": 5, "s": 11, "t": 6, "k": 6, "p": 6, "y": 7, "w": 7}
ENERGY = {"<PAD>": -96, "AP": -44, "SP": -96, "m": -24, "n": -24, "l": -20, "r": -22, "s": -30, "t": -36, "k": -36, "p": -38, "y": -19, "w": -19}
BREATH = {"<PAD>": -96, "AP": -40, "SP": -96, "s": -36, "t": -42, "k": -42, "p": -44}
VOWEL_ENERGY, VOWEL_BREATH, FLOOR = -14, -52, -11.5
DECIBEL = np.log(10) / 20


def to_mel(hertz):
    """Slaney's scale: straight up to 1 kHz, then logarithmic."""
    hertz = np.asarray(hertz, float)
    return np.where(hertz < 1000, hertz * 3 / 200, 15 + np.log(np.maximum(hertz, 1) / 1000) / (np.log(6.4) / 27))


def to_hertz(mel):
    mel = np.asarray(mel, float)
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


MEL_LOW = float(to_mel(FMIN))
MEL_STEP = float((to_mel(FMAX) - to_mel(FMIN)) / (BINS + 1))
CENTRES = to_hertz(MEL_LOW + MEL_STEP * np.arange(1, BINS + 1))


def resonances(formants, gain):
    """ln of what a cascade of resonances lets through, with the fall of a glottal source; the loudest band has `gain`."""
    f = CENTRES
    out = -0.75 * np.log(np.maximum(f, 150) / 150)
    for centre, width in zip(formants + HIGHER, WIDTHS + HIGHER_WIDTHS):
        out -= 0.5 * np.log((1 - (f / centre) ** 2) ** 2 + (f * width / centre**2) ** 2)
    return out - out.max() + np.log(gain)


def bump(centre, width, gain):
    return np.log(gain) - 0.5 * ((CENTRES - centre) / width) ** 2


def envelope(phone):
    """ln amplitude of a harmonic, or of the noise, at each band."""
    if phone in VOWELS:
        return resonances(FORMANTS[phone], 0.14)
    if phone in FORMANTS:
        return resonances(FORMANTS[phone], {"m": 0.07, "n": 0.07, "r": 0.06}.get(phone, 0.09)) - (0.8 if phone in "mn" else 0.0) * (CENTRES > 700)
    noise = {"s": bump(7500, 2200, 0.05), "AP": bump(5000, 3000, 0.004)}
    return noise.get(phone, np.full(BINS, FLOOR))


def burst(phone):
    """The second half of a stop."""
    return {"t": bump(5500, 2500, 0.06), "k": bump(3200, 900, 0.06), "p": bump(2600, 1500, 0.04)}.get(phone)


def tables():
    """[2 x phones, bands]: the first and the second half of each phoneme."""
    first = [np.maximum(envelope(p), FLOOR) for p in PHONES]
    second = [first[i] if burst(p) is None else np.maximum(burst(p), FLOOR) for i, p in enumerate(PHONES)]
    return np.array(first), np.array(second)


def level(table, vowel):
    return np.array([vowel if p in VOWELS else table.get(p, vowel) for p in PHONES], float)


def linguistic(path):
    """encoder_out: frames of a consonant, 1 for a vowel, frames that are left to a vowel, energy, breathiness."""
    g = Graph([("tokens", "i", (1, "n_tokens")), ("word_div", "i", (1, "n_words")), ("word_dur", "i", (1, "n_words"))], [("encoder_out", "f", (1, "n_tokens", 5)), ("x_masks", "b", (1, "n_tokens"))])
    fixed = np.array([0 if p in VOWELS else FRAMES.get(p, 1) for p in PHONES], float)
    is_vowel = np.array([p in VOWELS for p in PHONES], float)
    rows = g.Gather(np.stack([fixed, is_vowel], 1), "tokens")
    word = g.owner("word_div", g.Size("tokens"))
    words = g.Range(np.array(0), g.Size("word_div"), np.array(1))
    member = g.to(g.Equal(g.Unsqueeze(word, [1]), words), "f")
    sums = g.MatMul(g.Transpose(member), g.Squeeze(rows, [0]))
    consonants, vowels = g.Split(sums, [1, 1], axis=1, outputs=2)
    room = g.Sub(g.Unsqueeze(g.Squeeze(g.to("word_dur", "f"), [0]), [1]), consonants)
    left = g.Div(g.Max(room, g.Mul(vowels, 3.0)), g.Max(vowels, 1.0))
    place = g.Unsqueeze(g.MatMul(member, left), [0])
    levels = g.Gather(np.stack([level(ENERGY, VOWEL_ENERGY), level(BREATH, VOWEL_BREATH)], 1), "tokens")
    g.call(g.Concat(rows, place, levels, axis=2), "encoder_out")
    g.call(g.Equal("tokens", np.array(0)), "x_masks")
    g.save(path)


def durations(path):
    g = Graph([("encoder_out", "f", (1, "n_tokens", 5)), ("x_masks", "b", (1, "n_tokens")), ("ph_midi", "i", (1, "n_tokens"))], [("ph_dur_pred", "f", (1, "n_tokens"))])
    fixed, is_vowel, left, _ = g.Split("encoder_out", [1, 1, 1, 2], axis=2, outputs=4)
    frames = g.Squeeze(g.Add(fixed, g.Mul(is_vowel, left)), [2])
    g.call(g.Mul(frames, g.to(g.Not("x_masks"), "f")), "ph_dur_pred")
    g.save(path)


def pitch(path):
    """The notes with a glide between them, and a vibrato in the second half of long ones; expr 0 leaves the bare notes."""
    frames = (1, "n_frames")
    g = Graph([("encoder_out", "f", (1, "n_tokens", 5)), ("ph_dur", "i", (1, "n_tokens")), ("note_midi", "f", (1, "n_notes")), ("note_rest", "b", (1, "n_notes")), ("note_dur", "i", (1, "n_notes")), ("pitch", "f", frames), ("expr", "f", frames), ("retake", "b", frames), ("steps", "i", ())], [("pitch_pred", "f", frames)])
    count = g.Squeeze(g.Shape("pitch", start=1), [0])
    note = g.owner("note_dur", count)
    bare = g.Gather("note_midi", note, axis=1)
    kernel = np.hanning(13)[1:-1]
    glide = g.Squeeze(g.smooth(g.Unsqueeze(bare, [2]), kernel / kernel.sum()), [2])
    frame = g.to(g.Range(np.array(0), count, np.array(1)), "f")
    length = g.to(g.Gather(g.Squeeze("note_dur", [0]), note), "f")
    end = g.to(g.Gather(g.Squeeze(g.CumSum("note_dur", np.array(1)), [0]), note), "f")
    part = g.Div(g.Sub(g.Add(frame, length), end), g.Max(length, 1.0))
    clip = lambda x: g.Clip(x, 0.0, 1.0)
    depth = g.Mul(clip(g.Mul(g.Sub(part, 0.58), 6.0)), clip(g.Mul(g.Sub(end, frame), 0.1)))
    depth = g.Mul(depth, clip(g.Mul(g.Sub(length, 40.0), 0.05)))
    wave = g.Sin(g.Mul(frame, 2 * np.pi * 5.4 * HOP / RATE))
    # A voice is never quite steady: a few cents, slowly.
    drift = g.Add(g.Mul(g.Sin(g.Mul(frame, 2 * np.pi * 0.83 * HOP / RATE)), 0.02), g.Mul(g.Sin(g.Mul(frame, 2 * np.pi * 2.27 * HOP / RATE)), 0.012))
    moved = g.Add(g.Add(glide, drift), g.Mul(g.Mul(depth, wave), 0.28))
    sung = g.Add(bare, g.Mul("expr", g.Sub(moved, bare)))
    g.call(g.Where("retake", sung, "pitch"), "pitch_pred")
    g.save(path)


def variance(path):
    frames = (1, "n_frames")
    g = Graph([("encoder_out", "f", (1, "n_tokens", 5)), ("ph_dur", "i", (1, "n_tokens")), ("pitch", "f", frames), ("energy", "f", frames), ("breathiness", "f", frames), ("retake", "b", (1, "n_frames", 2)), ("steps", "i", ())], [("energy_pred", "f", frames), ("breathiness_pred", "f", frames)])
    owner = g.owner("ph_dur", g.Squeeze(g.Shape("pitch", start=1), [0]), AHEAD)
    levels = g.Slice(g.Gather("encoder_out", owner, axis=1), [3], [5], [2])
    levels = g.Add(g.smooth(levels, SMOOTH), swell(g, levels))
    given = g.Concat(g.Unsqueeze("energy", [2]), g.Unsqueeze("breathiness", [2]), axis=2)
    energy, breath = g.Split(g.Where("retake", levels, given), [1, 1], axis=2, outputs=2)
    g.call(g.Squeeze(energy, [2]), "energy_pred")
    g.call(g.Squeeze(breath, [2]), "breathiness_pred")
    g.save(path)


def swell(g, levels):
    """[1, F, 2]: a phrase begins softly, and dies away at its end; in the middle this adds nothing."""
    energy = g.Slice(levels, [0], [1], [2])
    silent = g.to(g.Less(energy, -60.0), "f")
    ahead, behind = np.arange(1, 31), np.arange(1, 13)
    # What is smoothed stands in the middle of the kernel; what comes after it lies to the right.
    kernel = np.concatenate([np.zeros(18), np.cos(behind[::-1] * np.pi / 26), [1], np.cos(ahead * np.pi / 62)])
    near = g.smooth(silent, kernel / kernel.sum())
    return g.Mul(g.Sub(0.0, near), np.array([14.0, 0.0]))


SMOOTH = np.array([0.25, 0.5, 0.25])
# The mouth is ahead of the note: frames that envelopes come early, since frames round up and smoothing delays.
AHEAD = 1


# The amplitude that a vowel is brought to, and how far.
LOUDNESS, EVEN = 0.16, 0.8


def between(g, shape, hertz):
    """[1, F, N]: rows of bands, read at frequencies."""
    mel = g.Where(g.Less(hertz, 1000.0), g.Mul(hertz, 0.015), g.Add(15.0, g.Mul(g.Log(g.Mul(g.Max(hertz, 1.0), 0.001)), float(27 / np.log(6.4)))))
    band = g.Clip(g.Sub(g.Mul(g.Sub(mel, MEL_LOW), 1 / MEL_STEP), 1.0), 0.0, BINS - 1.001)
    low = g.Floor(band)
    at = g.to(low, "i")
    left, right = g.GatherElements(shape, at, axis=2), g.GatherElements(shape, g.Add(at, np.array(1)), axis=2)
    return g.Add(left, g.Mul(g.Sub(right, left), g.Sub(band, low)))


def acoustic(path):
    """Envelopes by phoneme, smoothed in time; gender moves the formants, energy the whole, breathiness what is high."""
    frames = (1, "n_frames")
    g = Graph([("tokens", "i", (1, "n_tokens")), ("durations", "i", (1, "n_tokens")), ("f0", "f", frames), ("energy", "f", frames), ("breathiness", "f", frames), ("gender", "f", frames), ("steps", "i", ())], [("mel", "f", (1, "n_frames", BINS))])
    count = g.Squeeze(g.Shape("f0", start=1), [0])
    owner = g.owner("durations", count, AHEAD)
    end = g.Gather(g.Squeeze(g.CumSum("durations", np.array(1)), [0]), owner)
    length = g.Gather(g.Squeeze("durations", [0]), owner)
    frame = g.Add(g.Range(np.array(0), count, np.array(1)), np.array(AHEAD))
    late = g.to(g.Less(g.Mul(g.Sub(end, frame), np.array(2)), g.Add(length, np.array(1))), "i")
    first, second = tables()
    row = g.Add(g.Gather(g.Squeeze("tokens", [0]), owner), g.Mul(late, np.array(len(PHONES))))
    voiced = np.array([p in FORMANTS for p in PHONES], float)
    usual = np.stack([level(ENERGY, VOWEL_ENERGY), level(BREATH, VOWEL_BREATH), voiced], 1)
    shapes = np.concatenate([np.concatenate([first, second]), np.concatenate([usual, usual])], 1)
    rows = g.smooth(g.Unsqueeze(g.Gather(shapes, row), [0]), SMOOTH)
    shape, energy, breath, voiced = g.Split(rows, [BINS, 1, 1, 1], axis=2, outputs=4)
    # The envelope at the frequency that the formants are moved from.
    factor = g.Pow(2.0, g.Mul(g.Clip("gender", -1.0, 1.0), -5 / 12))
    shape = between(g, shape, g.Mul(g.Unsqueeze(factor, [2]), CENTRES))
    # A note that has a harmonic on a formant is no louder than its neighbours.
    harmonics = g.Mul(g.Unsqueeze("f0", [2]), np.arange(1.0, 17))
    power = g.ReduceSum(g.Exp(g.Mul(between(g, shape, harmonics), 2.0)), [2], keepdims=1)
    even = g.Mul(g.Sub(np.log(LOUDNESS), g.Mul(g.Log(g.Max(power, 1e-6)), 0.5)), EVEN)
    shape = g.Add(shape, g.Mul(g.Clip(even, -1.2, 1.2), voiced))
    louder = g.Mul(g.Sub(g.Unsqueeze("energy", [2]), energy), DECIBEL)
    airier = g.Mul(g.Mul(g.Sub(g.Unsqueeze("breathiness", [2]), breath), DECIBEL), (CENTRES > 2800).astype(float))
    g.call(g.Max(g.Add(g.Add(shape, louder), airier), FLOOR), "mel")
    g.save(path)


DISPERSION = 2.2


def vocoder(path):
    """Pulses and noise, window by window through the envelope (overlap-add). The balance of low and high bands says how
    much is voiced."""
    g = Graph([("mel", "f", (1, "n_frames", BINS)), ("f0", "f", (1, "n_frames"))], [("waveform", "f", (1, "n_samples"))])
    f0 = g.Squeeze("f0", [0])
    after = g.Concat(g.Slice(f0, [1], [2**31], [0]), g.Slice(f0, [-1], [2**31], [0]), axis=0)
    ramp = (np.arange(HOP) + 0.5) / HOP
    hertz = g.Reshape(g.Add(g.Unsqueeze(f0, [1]), g.Mul(g.Unsqueeze(g.Sub(after, f0), [1]), ramp)), [-1])
    exact = g.Cast(hertz, to=11)
    turns = g.CumSum(g.Mul(exact, g.constant(1 / RATE, np.float64)), np.array(0))
    phase = g.Mul(g.Cast(g.Sub(turns, g.Floor(turns)), to=1), 2 * np.pi)
    # The sum of cos(k phase) for k from 1 to the last harmonic below 19 kHz.
    harmonics = g.Floor(g.Div(19000.0, g.Max(hertz, 40.0)))
    half = g.Sin(g.Mul(phase, 0.5))
    safe = g.Where(g.Less(g.Abs(half), 1e-4), 1e-4, half)
    pulses = g.Sub(g.Div(g.Sin(g.Mul(g.Add(harmonics, 0.5), phase)), g.Mul(safe, 2.0)), 0.5)
    pulses = g.Where(g.Less(g.Abs(half), 1e-4), harmonics, pulses)
    noise = np.clip(np.random.RandomState(7).standard_normal(16384) * 32, -127, 127).astype(np.int8)
    place = g.Mod(g.Range(np.array(0), g.Size(pulses), np.array(1)), np.array(len(noise)))
    hiss = g.Mul(g.Cast(g.Gather(noise, place), to=1), 1 / 32)
    both = g.Pad(g.Concat(g.Unsqueeze(pulses, [0]), g.Unsqueeze(hiss, [0]), axis=0), [0, HOP // 2, 0, HOP // 2])
    blocks = g.Reshape(both, [2, -1, HOP])
    spans = g.Concat(g.Slice(blocks, [0], [-1], [1]), g.Slice(blocks, [1], [2**31], [1]), axis=2)
    window = np.hanning(SPAN + 1)[:-1]
    spans = g.Pad(g.Mul(spans, window), [0, 0, HOP, 0, 0, HOP])
    spectra = g.DFT(g.Unsqueeze(spans, [3]), axis=2)
    source, breath = g.Split(spectra, [1, 1], axis=0, outputs=2)
    mel = "mel"
    mean = lambda keep: g.MatMul(mel, (keep / keep.sum()).astype(float).reshape(-1, 1))
    tilt = g.Sub(mean(CENTRES < 900), mean(CENTRES > 4500))
    voiced = g.Unsqueeze(g.Sigmoid(g.Mul(g.Sub(tilt, 1.0), 3.0)), [3])
    bins = np.minimum(np.arange(FFT), FFT - np.arange(FFT)) * RATE / FFT
    airy = 0.9 / (1 + np.exp(-(bins - 5200) / 700))
    tone = g.Mul(source, g.Mul(voiced, (1 - airy).reshape(1, 1, FFT, 1)))
    share = g.Add(g.Mul(voiced, (0.5 * airy + 0.004).reshape(1, 1, FFT, 1)), g.Sub(1.0, voiced))
    mixed = g.Add(tone, g.Mul(breath, share))
    # The envelope at each bin, between the bands around it.
    position = np.clip((to_mel(np.maximum(bins, 1)) - MEL_LOW) / MEL_STEP - 1, 0, BINS - 1.001)
    low = np.floor(position).astype(np.int64)
    left, right = g.Gather(mel, low, axis=2), g.Gather(mel, low + 1, axis=2)
    shape = g.Add(left, g.Mul(g.Sub(right, left), position - low))
    edge = (1 / (1 + np.exp((bins - 17000) / 200))) / (1 + np.exp(-(bins - 50) / 10))
    filtered = g.Mul(mixed, g.Unsqueeze(g.Mul(g.Exp(shape), edge), [3]))
    # What opens the vocal folds is slower than what closes them: low frequencies come later, so that pulses are softer.
    turn = np.where(np.arange(FFT) <= FFT // 2, 1, -1) * DISPERSION * np.log1p(bins / 300)
    real, imaginary = g.Split(filtered, [1, 1], axis=3, outputs=2)
    cos, sin = np.cos(turn).reshape(1, 1, FFT, 1), np.sin(turn).reshape(1, 1, FFT, 1)
    filtered = g.Concat(g.Sub(g.Mul(real, cos), g.Mul(imaginary, sin)), g.Add(g.Mul(real, sin), g.Mul(imaginary, cos)), axis=3)
    sound = g.Slice(g.DFT(filtered, axis=2, inverse=1), [0], [1], [3])
    parts = g.Reshape(sound, [-1, FFT // HOP, HOP])
    total = None
    for j in range(FFT // HOP):
        rows = g.Pad(g.Squeeze(g.Slice(parts, [j], [j + 1], [1]), [1]), [j, 0, FFT // HOP - 1 - j, 0])
        total = rows if total is None else g.Add(total, rows)
    start = HOP // 2 + HOP
    length = g.Size(pulses)
    flat = g.Slice(g.Reshape(total, [-1]), [start], g.Unsqueeze(g.Add(length, np.array(start)), [0]), [0])
    g.call(g.Unsqueeze(g.Clip(flat, -1.0, 1.0), [0]), "waveform")
    g.save(path)


SPEC = f"sample_rate: {RATE}\nhop_size: {HOP}\nwin_size: 2048\nfft_size: 2048\nnum_mel_bins: {BINS}\nmel_fmin: {FMIN:g}\nmel_fmax: {FMAX:g}\nmel_base: 'e'\nmel_scale: slaney\n"


def texts(root):
    def write(name, text):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8", newline="\n")

    write("character.yaml", "name: Formula\nsinger_type: diffsinger\ntext_file_encoding: utf-8\nauthor: sonic (CC0 1.0)\ndefault_phonemizer: OpenUtau.Core.DiffSinger.DiffSingerPhonemizer\nsubbanks:\n- color: ''\n  suffix: ''\n  prefix: ''\n  tone_ranges:\n  - C3-C6\n")
    write("character.txt", "name=Formula\n")
    flags = "use_key_shift_embed: true\nuse_speed_embed: false\nuse_energy_embed: true\nuse_breathiness_embed: true\nuse_voicing_embed: false\nuse_tension_embed: false\nuse_continuous_acceleration: true\n"
    write("dsconfig.yaml", "phonemes: phonemes.txt\nacoustic: acoustic.onnx\nhidden_size: 5\nvocoder: dsvocoder\naugmentation_args:\n  random_pitch_shifting:\n    range: [-5.0, 5.0]\n" + flags + SPEC)
    write("dsvocoder/vocoder.yaml", "name: formula\nmodel: vocoder.onnx\n" + SPEC + "pitch_controllable: false\n")
    stages = {"dsdur": "dur: dur.onnx\n", "dspitch": "pitch: pitch.onnx\nuse_expr: true\nuse_note_rest: true\nuse_continuous_acceleration: true\n", "dsvariance": "variance: variance.onnx\npredict_energy: true\npredict_breathiness: true\npredict_voicing: false\npredict_tension: false\nuse_continuous_acceleration: true\n"}
    symbols = "".join(f"- {{symbol: {p}, type: {TYPES.get(p, 'vowel')}}}\n" for p in PHONES[3:])
    onsets = ["", *TYPES, *(a + b for a in "mnlrstkp" for b in "yw")]
    syllables = [o + v + c for o in onsets for v in VOWELS for c in ("", *"mnlrstk")]
    entries = "".join(f'- {{grapheme: "{s}", phonemes: [{", ".join(s)}]}}\n' for s in syllables)
    for folder, config in stages.items():
        write(f"{folder}/dsconfig.yaml", f"phonemes: phonemes.txt\nlinguistic: linguistic.onnx\nhidden_size: 5\npredict_dur: true\n{config}sample_rate: {RATE}\nhop_size: {HOP}\n")
        write(f"{folder}/dsdict.yaml", f"symbols:\n{symbols}entries:\n{entries}")
    for folder in ("", "dsdur/", "dspitch/", "dsvariance/"):
        write(f"{folder}phonemes.txt", "\n".join(PHONES) + "\n")
    truth = {
        "phones": PHONES,
        "frames": {p: 24 if p in VOWELS else FRAMES.get(p, 1) for p in PHONES},
        "energy_db": dict(zip(PHONES, level(ENERGY, VOWEL_ENERGY))),
        "breathiness_db": dict(zip(PHONES, level(BREATH, VOWEL_BREATH))),
        "formants_hz": FORMANTS,
        "band_centres_hz": [round(float(c), 2) for c in CENTRES],
        "envelope_ln": {p: [round(float(x), 4) for x in np.maximum(envelope(p), FLOOR)] for p in PHONES if p != "<PAD>"},
    }
    write("truth.json", json.dumps(truth, indent=1) + "\n")


def main():
    root = Path(sys.argv[1])
    for stage in ("dsdur", "dspitch", "dsvariance"):
        linguistic(root / stage / "linguistic.onnx")
    durations(root / "dsdur/dur.onnx")
    pitch(root / "dspitch/pitch.onnx")
    variance(root / "dsvariance/variance.onnx")
    acoustic(root / "acoustic.onnx")
    vocoder(root / "dsvocoder/vocoder.onnx")
    texts(root)
    print(f"{root}: {sum(f.stat().st_size for f in root.rglob('*') if f.is_file())} bytes")


if __name__ == "__main__":
    main()
