/* A store and a fingerprint, for what is done wrong. */

#ifndef MISUSE_H
#define MISUSE_H

#include "check.h"
#include "guarded.h"
#include "sources.h"
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder;
static sonic_store *store;
static sonic_clip *clip;
static sonic_fingerprint *fingerprint;
static sonic_recording_options named = NOTHING;
static float sound[22050];

static void set_up(void) {
    int i;
    unsigned seed = 1;
    for (i = 0; i < 22050; i++) {
        seed = seed * 1664525u + 1013904223u;
        sound[i] = (float)sin(i * 0.05 * (1 + i / 3000)) * 0.4f + (float)(seed >> 16) / 6553600.0f;
    }
    GOOD(sonic_store_open(path_in(folder, "store"), NULL, &store));
    GOOD(sonic_clip_new(sound, 22050, 11025, &clip));
    GOOD(sonic_fingerprint_new(clip, &fingerprint));
    GOOD(sonic_recording_options_init(&named, sizeof named));
    named.id = "a";
}

static void tear_down(void) {
    sonic_fingerprint_free(fingerprint);
    sonic_clip_free(clip);
    sonic_store_free(store);
}

#endif
