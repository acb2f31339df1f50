"""Writes celda128_narrow.bin: python make_celda128_narrow.py celda128.bin frontend_tables.npz celda128_narrow.bin FLAC...

The recordings are of one speaker each: every other one of the cohort, in the order of their names, so that the rest can
check what was fitted. The file holds 128 little-endian 32-bit floats: the mean of the vectors, at unit length, of what
celda128 makes of them when the bands above 3.2 kHz are set to silence. Levels are set as prepare.rs does; leaving pauses out is
left to the gate of the model. Needs numpy and soundfile.
"""

import sys

import numpy
import soundfile

BANDS, CEPSTRA, STATISTICS, NARROW_BANDS = 80, 30, 524, 54


def log_mel(x, tables):
    """Front-end A of the model: log-mel at 16 kHz."""
    y = numpy.concatenate([[x[0] - 0.97 * x[1]], x[1:] - 0.97 * x[:-1]])
    frames = numpy.lib.stride_tricks.sliding_window_view(numpy.pad(y, 256, mode="reflect"), 512)[::160]
    window = numpy.pad(0.54 - 0.46 * numpy.cos(2 * numpy.pi * numpy.arange(400) / 400), 56)
    power = numpy.abs(numpy.fft.rfft(frames[: 1 + len(x) // 160] * window)) ** 2
    return numpy.log(power @ tables["ecapa_mel_fb_257x80"] + 1e-6)


def embed(features, means, matrix):
    """celda128 in double precision."""
    order, band = numpy.arange(CEPSTRA)[None, :], numpy.arange(BANDS)[:, None]
    cosine = numpy.cos(numpy.pi * (2 * band + 1) * order / (2 * BANDS))
    cosine *= numpy.sqrt(numpy.where(order == 0, 1, 2) / BANDS)
    c = features @ cosine
    gate = (c[:, 0] > c[:, 0].mean() - 0.5 * c[:, 0].std()).astype(float)[:, None]
    mean = (c * gate).sum(0) / (gate.sum() + 0.001)
    centred = (c - mean) * gate
    scatter = centred.T @ centred / (gate.sum() + 0.001)
    deviation = numpy.sqrt(numpy.diag(scatter) + 1e-6)
    slope, inner = c[2:] - c[:-2], gate[1:-1]
    slope_mean = (slope * inner).sum(0) / (inner.sum() + 0.001)
    slopes = numpy.sqrt((((slope - slope_mean) ** 2) * inner).sum(0) / (inner.sum() + 0.001) + 1e-6)
    above = numpy.triu_indices(CEPSTRA, 1)
    correlations = (scatter / numpy.outer(deviation, deviation))[above]
    return (numpy.concatenate([mean[1:], numpy.log(deviation + 0.001), numpy.log(slopes + 0.001), correlations]) - means) @ matrix


def main(weights, tables, target, *recordings):
    numbers = numpy.fromfile(weights, "<f4").astype(float)
    means, matrix = numbers[:STATISTICS], numbers[STATISTICS:].reshape(STATISTICS, -1)
    tables = numpy.load(tables)
    total = 0
    for path in sorted(recordings)[::2]:
        samples, rate = soundfile.read(path)
        assert rate == 16_000
        samples = samples - samples.mean()
        features = log_mel(samples * 10 ** (-23 / 20) / numpy.sqrt((samples**2).mean()), tables)
        features[:, NARROW_BANDS:] = numpy.log(1e-6)
        vector = embed(features, means, matrix)
        total = total + vector / numpy.linalg.norm(vector)
    (total / len(recordings[::2])).astype("<f4").tofile(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
