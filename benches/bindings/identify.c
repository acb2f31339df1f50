/* The C side of the bench: CALLS calls of identify, with a fingerprint and with a file.
 *
 *     identify STORE CLIP CALLS
 *
 * prints one JSON line: the median nanoseconds of a call of each, and resident memory after a tenth of the calls and at
 * the end.
 */

#include <inttypes.h>
#include <sonic/sonic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static sonic_store *store;
static sonic_fingerprint *fingerprint;
static const char *clip_path;
static sonic_identify_options options = {.size = sizeof options, .threads = 1};

static void check(sonic_status status, const char *what) {
    if (status == SONIC_OK) return;
    fprintf(stderr, "%s: %s\n", what, sonic_last_error());
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Resident memory of this process in bytes. */
static uint64_t resident_bytes(void) {
    char line[256];
    uint64_t kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status)) {
        if (sscanf(line, "VmRSS: %" SCNu64, &kilobytes) == 1) break;
    }
    if (status) fclose(status);
    return kilobytes * 1024;
}

/* One call, with the freeing of its answer. */
static uint64_t timed(int with_file) {
    uint64_t start = now_ns();
    sonic_answer *answer = NULL;
    if (with_file) {
        sonic_source *source = NULL;
        check(sonic_source_path(clip_path, &source), clip_path);
        check(sonic_recordings_identify(store, source, &options, &answer), clip_path);
        sonic_source_free(source);
    } else {
        check(sonic_recordings_identify_fingerprint(store, fingerprint, &options, &answer), clip_path);
    }
    if (sonic_answer_decision(answer) != SONIC_DECISION_MATCH) {
        fprintf(stderr, "the clip is not recognised\n");
        exit(1);
    }
    sonic_answer_free(answer);
    return now_ns() - start;
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t median(uint64_t *times, size_t count) {
    qsort(times, count, sizeof *times, compare);
    return times[count / 2];
}

static void make_fingerprint(void) {
    sonic_decode_options rate = {.size = sizeof rate, .sample_rate = SONIC_FINGERPRINT_SAMPLE_RATE};
    sonic_source *source = NULL;
    sonic_clip *clip = NULL;
    check(sonic_source_path(clip_path, &source), clip_path);
    check(sonic_clip_decode(source, &rate, &clip), clip_path);
    sonic_source_free(source);
    check(sonic_fingerprint_new(clip, &fingerprint), clip_path);
    sonic_clip_free(clip);
}

int main(int count, char **arguments) {
    sonic_store_options reading = {.size = sizeof reading, .access = SONIC_ACCESS_READ_ONLY};
    size_t calls = count == 4 ? strtoul(arguments[3], NULL, 10) : 0;
    uint64_t *times[2] = {calloc(calls, sizeof **times), calloc(calls, sizeof **times)}, before = 0;
    if (calls == 0 || !times[0] || !times[1]) {
        fprintf(stderr, "usage: %s STORE CLIP CALLS\n", arguments[0]);
        return 2;
    }
    clip_path = arguments[2];
    check(sonic_store_open(arguments[1], &reading, &store), arguments[1]);
    make_fingerprint();
    for (size_t call = 0; call < calls; call++) {
        times[0][call] = timed(0);
        times[1][call] = timed(1);
        if (call == calls / 10) before = resident_bytes();
    }
    printf("{\"fingerprint_ns\":%" PRIu64 ",\"file_ns\":%" PRIu64 ",", median(times[0], calls),
           median(times[1], calls));
    printf("\"rss_start\":%" PRIu64 ",\"rss_end\":%" PRIu64 "}\n", before, resident_bytes());
    free(times[0]);
    free(times[1]);
    sonic_fingerprint_free(fingerprint);
    sonic_store_free(store);
    return 0;
}
