/* Shared handles are used by eight threads at once, a ninth writes. Argument: an empty folder. */

#include "check.h"
#include "sources.h"
#include <pthread.h>

#define THREADS 8
#define ROUNDS 6

static sonic_store *store;
static sonic_fingerprint *fingerprint;
static sonic_answer *expected;

static void *search(void *number) {
    int round;
    for (round = 0; round < ROUNDS; round++) {
        sonic_answer *answer = NULL;
        sonic_identify_options options = NOTHING;
        sonic_recording_list *rows = NULL;
        char wrong[40];
        size_t i;
        GOOD(sonic_identify_options_init(&options, sizeof options));
        options.threads = 1 + (uint32_t)round % 3;
        GOOD(sonic_recordings_identify_fingerprint(store, fingerprint, &options, &answer));
        CHECK(sonic_answer_decision(answer) == SONIC_DECISION_MATCH);
        CHECK(strcmp(sonic_answer_match(answer, 0)->id, sonic_answer_match(expected, 0)->id) == 0);
        CHECK(sonic_answer_match(answer, 0)->score == sonic_answer_match(expected, 0)->score);
        sonic_answer_free(answer);
        /* All of them look at the landmarks, which are laid out for the first that does. */
        CHECK(sonic_fingerprint_landmarks(fingerprint)[0].frame <= sonic_fingerprint_frames(fingerprint));
        GOOD(sonic_recordings_list(store, &rows));
        for (i = 0; i < sonic_recording_list_len(rows); i++) CHECK(strlen(sonic_recording_list_at(rows, i)->id) > 0);
        sonic_recording_list_free(rows);
        snprintf(wrong, sizeof wrong, "thread %d", *(const int *)number);
        EXPECT(SONIC_ERROR_NOT_FOUND, sonic_recordings_remove(store, wrong));
        CHECK(strstr(sonic_last_error(), wrong) != NULL);
    }
    return NULL;
}

static void *write_and_remove(void *unused) {
    int round;
    for (round = 0; round < ROUNDS; round++) {
        GOOD(add_file(store, "tests/golden/inputs/melody-8k.wav", NULL, NULL));
        GOOD(sonic_recordings_remove(store, "melody-8k"));
        if (round % 3 == 2) GOOD(sonic_store_compact(store, NULL, NULL));
    }
    return unused;
}

/* An exclusive handle in two hands: one of them may be refused, nothing else happens. */
static void *push(void *fingerprinter) {
    static const float silence[500] = {0};
    int round;
    for (round = 0; round < 300; round++) {
        sonic_status status = sonic_fingerprinter_push((sonic_fingerprinter *)fingerprinter, silence, 500);
        CHECK(status == SONIC_OK || status == SONIC_ERROR_INVALID_ARGUMENT);
    }
    return NULL;
}

static void start(pthread_t *thread, void *(*work)(void *), void *argument) {
    CHECK(pthread_create(thread, NULL, work, argument) == 0);
}

int main(int count, char **arguments) {
    pthread_t threads[THREADS], writer;
    int numbers[THREADS], i;
    sonic_clip *clip = NULL;
    sonic_fingerprinter *fingerprinter = NULL;
    sonic_problems *problems = NULL;
    CHECK(count == 2);
    GOOD(sonic_store_open(path_in(arguments[1], "store"), NULL, &store));
    GOOD(add_file(store, WALTZ, NULL, NULL));
    GOOD(decode_file(WALTZ_CLIP, NULL, &clip));
    GOOD(sonic_fingerprint_new(clip, &fingerprint));
    sonic_clip_free(clip);
    GOOD(sonic_recordings_identify_fingerprint(store, fingerprint, NULL, &expected));

    start(&writer, write_and_remove, NULL);
    for (i = 0; i < THREADS; i++) {
        numbers[i] = i;
        start(&threads[i], search, &numbers[i]);
    }
    for (i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    pthread_join(writer, NULL);

    GOOD(sonic_fingerprinter_new(&fingerprinter));
    for (i = 0; i < 2; i++) start(&threads[i], push, fingerprinter);
    for (i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    sonic_fingerprinter_free(fingerprinter);

    GOOD(sonic_store_check(store, NULL, NULL, &problems));
    CHECK(sonic_problems_len(problems) == 0);
    sonic_problems_free(problems);
    sonic_answer_free(expected);
    sonic_fingerprint_free(fingerprint);
    sonic_store_free(store);
    puts("all is as it should be");
    return 0;
}
