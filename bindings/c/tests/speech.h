/* People who do not exist, speaking: vowels with pauses, made of harmonics under formants (Fant, 1960). */

#ifndef SPEECH_H
#define SPEECH_H

#include "check.h"
#include <math.h>

#define RATE 16000
/* Samples of a recording: 4 s. */
#define SPOKEN 64000

/* A pitch in Hz; formants are multiplied by `tract`, which is 1 for a man of middle height; a breath as loud as this,
 * relative to the voice. */
typedef struct {
    double pitch, tract, breath;
} speaker;

static const speaker ANNA = {215, 1.18, 0.02}, BEN = {95, 0.9, 0.002}, CARLA = {150, 1.02, 0.1};

static inline double random_of(unsigned *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return (double)(*seed >> 8) / (1 << 24);
}

/* How much of a frequency a formant lets through. */
static inline double formant(double frequency, double centre, double width) {
    double ratio = frequency / centre;
    return 1 / sqrt((1 - ratio * ratio) * (1 - ratio * ratio) + pow(frequency * width / centre / centre, 2));
}

/* A syllable of `len` samples, from one vowel to another, added at `out`. */
static inline void say(const speaker *who, const double *from, const double *to, unsigned *seed, float *out, int len) {
    double pitch = who->pitch * (0.96 + 0.08 * random_of(seed)), gains[60] = {0}, phase = 0;
    int harmonics = (int)(7000 / pitch), i, k, n;
    if (harmonics > 60) harmonics = 60;
    for (i = 0; i < len; i++) {
        double edge = fmin(1, fmin(i, len - i) / 480.0), sum = 0, way = (double)i / len;
        for (k = 0; k < harmonics && i % 160 == 0; k++) {
            double frequency = pitch * (k + 1), all = 0;
            for (n = 0; n < 3; n++) {
                all += formant(frequency, (from[n] + (to[n] - from[n]) * way) * who->tract, 70 + 40 * n) / (1 + 2 * n);
            }
            gains[k] = all / (k + 1);
        }
        phase += 6.283185307179586 * pitch / RATE * (1.05 - 0.1 * way);
        for (k = 0; k < harmonics; k++) sum += gains[k] * sin(phase * (k + 1));
        out[i] += (float)(edge * (0.05 * sum + who->breath * (random_of(seed) - 0.5)));
    }
}

static const double VOWELS[5][3] = {
    {730, 1090, 2440}, {530, 1840, 2480}, {270, 2290, 3010}, {570, 840, 2410}, {300, 870, 2240}};

/* 4 s of somebody: what is said depends on `seed`. Free it. */
static inline float *spoken(const speaker *who, unsigned seed) {
    float *samples = (float *)malloc(SPOKEN * sizeof *samples);
    int at = 3200, i;
    for (i = 0; i < SPOKEN; i++) samples[i] = (float)(0.012 * (random_of(&seed) - 0.5));
    while (at + 9600 < SPOKEN) {
        int len = 6400 + (int)(3200 * random_of(&seed)), from = (int)(5 * random_of(&seed));
        say(who, VOWELS[from], VOWELS[(from + 1 + (int)(4 * random_of(&seed))) % 5], &seed, samples + at, len);
        at += len + 2400 + (int)(2400 * random_of(&seed));
    }
    return samples;
}

static inline sonic_clip *clip_of(const speaker *who, unsigned seed) {
    sonic_clip *clip = NULL;
    float *samples = spoken(who, seed);
    GOOD(sonic_clip_new(samples, SPOKEN, RATE, &clip));
    free(samples);
    return clip;
}

static inline void put(FILE *file, uint32_t value, int bytes) {
    for (; bytes > 0; bytes--, value >>= 8) fputc((int)(value & 255), file);
}

/* Writes samples as 16-bit mono. */
static inline void write_wav(const char *path, const float *samples, uint32_t len) {
    FILE *file = fopen(path, "wb");
    uint32_t i;
    CHECK(file != NULL);
    fputs("RIFF", file);
    put(file, 36 + 2 * len, 4);
    fputs("WAVEfmt ", file);
    put(file, 16, 4);
    put(file, 1, 2);
    put(file, 1, 2);
    put(file, RATE, 4);
    put(file, 2 * RATE, 4);
    put(file, 2, 2);
    put(file, 16, 2);
    fputs("data", file);
    put(file, 2 * len, 4);
    for (i = 0; i < len; i++) put(file, (uint32_t)(int32_t)lrintf(samples[i] * 32767), 2);
    CHECK(fclose(file) == 0);
}

static inline void record(const char *path, const speaker *who, unsigned seed) {
    float *samples = spoken(who, seed);
    write_wav(path, samples, SPOKEN);
    free(samples);
}

#endif
