/* What plays on a stream, and queries that come piece by piece. Argument: an empty folder. */

#include "check.h"
#include "sources.h"
#include <math.h>

#define RATE SONIC_FINGERPRINT_SAMPLE_RATE
#define SECONDS 28
#define LENGTH (SECONDS * RATE)
#define SLICE 5000

static sonic_store *store;
static float radio[LENGTH];

static void copy_clip(const char *path, size_t from, size_t seconds, size_t to) {
    sonic_clip *clip = NULL;
    sonic_decode_options options;
    GOOD(sonic_decode_options_init(&options, sizeof options));
    options.has_sample_rate = 1;
    options.sample_rate = RATE;
    GOOD(decode_file(path, &options, &clip));
    CHECK(sonic_clip_len(clip) >= (from + seconds) * RATE);
    memcpy(radio + to * RATE, sonic_clip_samples(clip) + from * RATE, seconds * RATE * sizeof(float));
    sonic_clip_free(clip);
}

/* 5 s of somebody who is not in the store, 12 s of one recording from 20 s on, 8 s of another from its start, silence. */
static void make_radio(void) {
    sonic_recording_options options = NOTHING;
    GOOD(sonic_recording_options_init(&options, sizeof options));
    options.title = "Bread";
    GOOD(add_file(store, BROT, &options, NULL));
    GOOD(add_file(store, WALTZ, NULL, NULL));
    copy_clip(OUTSIDE, 0, 5, 0);
    copy_clip(BROT, 20, 12, 5);
    copy_clip(WALTZ, 0, 8, 17);
}

static bool near_to(uint64_t got, uint64_t want) {
    return got + 500 > want && want + 500 > got;
}

/* Looks at airings and frees them; `seen` counts how many began and ended. */
static void take(sonic_airing_list *airings, int seen[2]) {
    for (size_t i = 0; i < sonic_airing_list_len(airings); i++) {
        const sonic_airing *airing = sonic_airing_list_at(airings, i);
        bool first = strcmp(airing->id, "brot") == 0;
        seen[airing->ended ? 1 : 0]++;
        CHECK(airing->number == (first ? 0u : 1u));
        CHECK(first ? strcmp(airing->title, "Bread") == 0 : airing->title == NULL);
        CHECK(near_to(airing->start_ms, first ? 5000 : 17000) && near_to(airing->offset_ms, first ? 20000 : 0));
        CHECK(!airing->ended || near_to(airing->end_ms, first ? 17000 : 25000));
        CHECK(airing->probability > 0.75f && airing->time_scale == 1.0f);
    }
    CHECK(sonic_airing_list_at(airings, sonic_airing_list_len(airings)) == NULL);
    sonic_airing_list_free(airings);
}

static void slices(void) {
    sonic_monitor_options options;
    sonic_monitor *monitor = NULL;
    sonic_airing_list *airings = NULL;
    int seen[2] = {0, 0};
    GOOD(sonic_monitor_options_init(&options, sizeof options));
    CHECK(options.window == 3 && options.threads == 1 && options.raw_sample_rate == 0);
    options.raw_sample_rate = RATE;
    GOOD(sonic_monitor_new(store, &options, &monitor));
    for (uint64_t i = 0; i * SLICE < LENGTH; i++) {
        size_t at = (size_t)i * SLICE, len = LENGTH - at < SLICE ? LENGTH - at : SLICE;
        GOOD(sonic_monitor_push(monitor, i, (const uint8_t *)(radio + at), len * sizeof(float), &airings));
        take(airings, seen);
    }
    GOOD(sonic_monitor_finish(monitor, &airings));
    take(airings, seen);
    CHECK(seen[0] == 2 && seen[1] == 2);
    sonic_monitor_free(monitor);
}

static void samples(void) {
    sonic_monitor *monitor = NULL;
    sonic_airing_list *airings = NULL;
    int seen[2] = {0, 0};
    GOOD(sonic_monitor_new(store, NULL, &monitor));
    GOOD(sonic_monitor_push_samples(monitor, 0, radio, 10 * RATE, &airings));
    take(airings, seen);
    /* One second is lost. */
    GOOD(sonic_monitor_push_samples(monitor, 11000, radio + 11 * RATE, LENGTH - 11 * RATE, &airings));
    take(airings, seen);
    GOOD(sonic_monitor_finish(monitor, &airings));
    take(airings, seen);
    CHECK(seen[0] == 2 && seen[1] == 2);
    sonic_monitor_free(monitor);
}

static void query(void) {
    sonic_recording_query *pieces = NULL;
    sonic_fingerprinter *fingerprinter = NULL;
    sonic_fingerprint *piece = NULL;
    sonic_answer *answer = NULL, *none = UNTOUCHED(sonic_answer);
    GOOD(sonic_recording_query_new(store, NULL, &pieces));
    GOOD(sonic_fingerprinter_new_with_texture(&fingerprinter));
    for (int i = 0; i < 2; i++) {
        GOOD(sonic_fingerprinter_push(fingerprinter, radio + (5 + 10 * i) * RATE, 10 * RATE));
        GOOD(sonic_fingerprinter_take(fingerprinter, &piece));
        GOOD(sonic_recording_query_push(pieces, piece));
        sonic_fingerprint_free(piece);
    }
    GOOD(sonic_recording_query_finish(pieces, &answer));
    CHECK(sonic_answer_decision(answer) == SONIC_DECISION_MATCH && sonic_answer_duration_ms(answer) == 20000);
    EXPECT(SONIC_ERROR_CLOSED, sonic_recording_query_finish(pieces, &none));
    KEPT(none);
    sonic_answer_free(answer);
    sonic_recording_query_free(pieces);
    sonic_fingerprinter_free(fingerprinter);
}

static void misuse(void) {
    sonic_monitor_options options;
    sonic_monitor *monitor = NULL, *none = UNTOUCHED(sonic_monitor);
    sonic_recording_query *no_query = UNTOUCHED(sonic_recording_query);
    sonic_airing_list *airings = UNTOUCHED(sonic_airing_list);
    const uint8_t byte = 0;
    const float wrong = NAN;
    GOOD(sonic_monitor_options_init(&options, sizeof options));
    options.gap_threshold_ms = -1;
    BAD_ARGUMENT(sonic_monitor_new(store, &options, &none));
    GOOD(sonic_monitor_options_init(&options, sizeof options));
    options.raw_sample_rate = 3;
    BAD_ARGUMENT(sonic_monitor_new(store, &options, &none));
    BAD_ARGUMENT(sonic_monitor_new(NULL, NULL, &none));
    BAD_ARGUMENT(sonic_recording_query_new(NULL, NULL, &no_query));
    BAD_ARGUMENT(sonic_recording_query_push(NULL, NULL));
    BAD_ARGUMENT(sonic_recording_query_finish(NULL, NULL));
    BAD_ARGUMENT(sonic_fingerprinter_take(NULL, NULL));
    GOOD(sonic_monitor_new(store, NULL, &monitor));
    BAD_ARGUMENT(sonic_monitor_push(monitor, (uint64_t)1 << 40, &byte, 1, &airings));
    BAD_ARGUMENT(sonic_monitor_push(monitor, 0, NULL, 1, &airings));
    BAD_ARGUMENT(sonic_monitor_push(NULL, 0, &byte, 1, &airings));
    BAD_ARGUMENT(sonic_monitor_push_at(monitor, 0, NAN, &byte, 1, &airings));
    BAD_ARGUMENT(sonic_monitor_push_samples(monitor, -1, radio, 1, &airings));
    BAD_ARGUMENT(sonic_monitor_push_samples(monitor, 0, &wrong, 1, &airings));
    BAD_ARGUMENT(sonic_monitor_finish(NULL, &airings));
    KEPT(none);
    KEPT(no_query);
    KEPT(airings);
    sonic_monitor_free(monitor);
    sonic_monitor_free(NULL);
    sonic_airing_list_free(NULL);
    sonic_recording_query_free(NULL);
    CHECK(sonic_airing_list_len(NULL) == 0 && sonic_airing_list_at(NULL, 0) == NULL);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    GOOD(sonic_store_open(path_in(argv[1], "store"), NULL, &store));
    make_radio();
    slices();
    samples();
    query();
    misuse();
    sonic_store_free(store);
    puts("all is as it should be");
    return 0;
}
