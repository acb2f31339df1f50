/* Memory stays flat however often one asks. Arguments: an empty folder, the number of calls (300). */

#include "check.h"
#include "sources.h"
#include <unistd.h>

/* Bytes of this process in memory. */
static long resident(void) {
    long pages = 0, total = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%ld %ld", &total, &pages) == 2);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static sonic_store *store;
static sonic_fingerprint *fingerprint;

/* Everything that makes and frees a handle, and a few failures. */
static void once(int round) {
    sonic_answer *answer = NULL;
    sonic_recording_list *rows = NULL;
    sonic_landmarks *landmarks = NULL;
    sonic_stats stats = NOTHING;
    stats.size = sizeof stats;
    GOOD(sonic_recordings_identify_fingerprint(store, fingerprint, NULL, &answer));
    CHECK(sonic_answer_decision(answer) == SONIC_DECISION_MATCH);
    sonic_answer_free(answer);
    if (round % 10 == 0) {
        GOOD(identify_file(store, WALTZ_CLIP, NULL, &answer));
        sonic_answer_free(answer);
    }
    GOOD(sonic_recordings_list(store, &rows));
    sonic_recording_list_free(rows);
    GOOD(sonic_recordings_landmarks(store, "lantern-waltz", &landmarks));
    sonic_landmarks_free(landmarks);
    GOOD(sonic_store_stats(store, &stats));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_recordings_landmarks(store, "nobody", &landmarks));
    BAD_ARGUMENT(sonic_recordings_identify_fingerprint(store, NULL, NULL, &answer));
}

int main(int count, char **arguments) {
    int calls = count > 2 ? atoi(arguments[2]) : 300, round;
    long before = 0, after;
    sonic_clip *clip = NULL;
    CHECK(count >= 2 && calls >= 100);
    GOOD(sonic_store_open(path_in(arguments[1], "store"), NULL, &store));
    GOOD(add_file(store, WALTZ, NULL, NULL));
    GOOD(decode_file(WALTZ_CLIP, NULL, &clip));
    GOOD(sonic_fingerprint_new(clip, &fingerprint));
    sonic_clip_free(clip);
    for (round = 0; round < calls; round++) {
        if (round == calls / 4) before = resident();
        once(round);
    }
    after = resident();
    printf("%d calls: %ld kB after a quarter, %ld kB at the end\n", calls, before / 1024, after / 1024);
    /* A leak of one fingerprint's landmarks per call would be some 2 kB, so 600 kB and more. */
    CHECK(after - before < 512 * 1024 + (long)calls * 64);
    sonic_fingerprint_free(fingerprint);
    sonic_store_free(store);
    return 0;
}
