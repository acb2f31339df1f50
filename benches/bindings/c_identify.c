/* What one call from C costs: c_identify STORE CLIP CALLS [THREADS]
 *
 * Identifies a clip CALLS times, with its fingerprint and as a file, after a tenth as many calls to warm up, and writes
 * the medians in nanoseconds as one JSON line. Every answer must be the first one.
 */

#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <sonic/sonic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static sonic_store *store;
static sonic_fingerprint *fingerprint;
static sonic_identify_options options = {.size = sizeof options};
static const char *clip_path;

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

static sonic_answer *by_fingerprint(void) {
    sonic_answer *answer = NULL;
    check(sonic_store_identify(store, fingerprint, &options, &answer), "identify");
    return answer;
}

static sonic_answer *by_file(void) {
    sonic_answer *answer = NULL;
    check(sonic_store_identify_file(store, clip_path, &options, &answer), clip_path);
    return answer;
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static char expected[512];

/* The call, with reading and freeing of its answer. */
static uint64_t timed(sonic_answer *(*ask)(void)) {
    uint64_t start = now_ns();
    sonic_answer *answer = ask();
    const sonic_match *match = sonic_answer_match(answer, 0);
    const char *id = match ? match->id : "";
    if (strncmp(expected, id, sizeof expected - 1) != 0) {
        fprintf(stderr, "the answer is %s instead of %s\n", id, expected);
        exit(1);
    }
    sonic_answer_free(answer);
    return now_ns() - start;
}

static uint64_t median_ns(sonic_answer *(*ask)(void), size_t calls) {
    uint64_t *each = malloc(calls * sizeof *each), median;
    if (each == NULL) exit(1);
    for (size_t i = 0; i < calls / 10; i++) timed(ask);
    for (size_t i = 0; i < calls; i++) each[i] = timed(ask);
    qsort(each, calls, sizeof *each, compare);
    median = calls % 2 ? each[calls / 2] : (each[calls / 2 - 1] + each[calls / 2]) / 2;
    free(each);
    return median;
}

static void make_fingerprint(void) {
    sonic_decode_options rate = {.size = sizeof rate, .sample_rate = SONIC_FINGERPRINT_SAMPLE_RATE};
    sonic_clip *clip = NULL;
    check(sonic_clip_decode_file(clip_path, &rate, &clip), clip_path);
    check(sonic_fingerprint_new(clip, &fingerprint), clip_path);
    sonic_clip_free(clip);
}

int main(int count, char **arguments) {
    sonic_store_options reading = {.size = sizeof reading, .access = SONIC_ACCESS_READ_ONLY};
    sonic_answer *first;
    size_t calls;
    if (count < 4 || (calls = strtoul(arguments[3], NULL, 10)) == 0) {
        fprintf(stderr, "usage: %s STORE CLIP CALLS [THREADS]\n", arguments[0]);
        return 2;
    }
    clip_path = arguments[2];
    options.threads = count > 4 ? (uint32_t)strtoul(arguments[4], NULL, 10) : 1;
    check(sonic_store_open(arguments[1], &reading, &store), arguments[1]);
    make_fingerprint();
    first = by_fingerprint();
    if (sonic_answer_len(first) > 0) {
        snprintf(expected, sizeof expected, "%s", sonic_answer_match(first, 0)->id);
    }
    printf("{\"language\":\"c\",\"calls\":%zu,\"threads\":%" PRIu32 ",\"matches\":%zu,", calls, options.threads,
           sonic_answer_len(first));
    sonic_answer_free(first);
    printf("\"identify_fingerprint_ns\":%" PRIu64 ",", median_ns(by_fingerprint, calls));
    printf("\"identify_file_ns\":%" PRIu64 "}\n", median_ns(by_file, calls));
    sonic_fingerprint_free(fingerprint);
    sonic_store_free(store);
    return 0;
}
