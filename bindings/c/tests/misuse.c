/* Nulls, closed stores and threads: what is done wrong gives the right error, and nothing worse. Argument: an empty folder. */

#include "misuse.h"
#include <pthread.h>

/* A NULL in the place of each pointer in turn. */
static void nulls_of_sound(void) {
    sonic_clip *c = UNTOUCHED(sonic_clip);
    sonic_fingerprint *f = UNTOUCHED(sonic_fingerprint);
    sonic_fingerprinter *maker = NULL;
    BAD_ARGUMENT(decode_file(NULL, NULL, &c));
    CHECK(strcmp(sonic_last_error(), "path is NULL") == 0);
    BAD_ARGUMENT(decode_file(BROT, NULL, NULL));
    BAD_ARGUMENT(decode_bytes(NULL, 10, NULL, &c));
    BAD_ARGUMENT(decode_bytes((const uint8_t *)"x", 1, NULL, NULL));
    BAD_ARGUMENT(sonic_clip_new(NULL, 10, 11025, &c));
    BAD_ARGUMENT(sonic_clip_new(sound, 10, 11025, NULL));
    KEPT(c);
    BAD_ARGUMENT(sonic_fingerprint_new(NULL, &f));
    BAD_ARGUMENT(sonic_fingerprint_new(clip, NULL));
    BAD_ARGUMENT(sonic_fingerprinter_new(NULL));
    BAD_ARGUMENT(sonic_fingerprinter_new_with_texture(NULL));
    GOOD(sonic_fingerprinter_new(&maker));
    BAD_ARGUMENT(sonic_fingerprinter_push(NULL, sound, 10));
    BAD_ARGUMENT(sonic_fingerprinter_push(maker, NULL, 10));
    GOOD(sonic_fingerprinter_push(maker, NULL, 0));
    BAD_ARGUMENT(sonic_fingerprinter_finish(NULL, &f));
    BAD_ARGUMENT(sonic_fingerprinter_finish(maker, NULL));
    GOOD(sonic_fingerprinter_push(maker, sound, 10));
    sonic_fingerprinter_free(maker);
    KEPT(f);
}

static void nulls_of_queries(void) {
    sonic_added *added = UNTOUCHED(sonic_added);
    sonic_answer *answer = UNTOUCHED(sonic_answer);
    BAD_ARGUMENT(sonic_recordings_add_fingerprint(NULL, fingerprint, &named, &added));
    BAD_ARGUMENT(sonic_recordings_add_fingerprint(store, NULL, &named, &added));
    BAD_ARGUMENT(sonic_recordings_add_fingerprint(store, fingerprint, NULL, &added));
    BAD_ARGUMENT(add_file(NULL, BROT, NULL, &added));
    BAD_ARGUMENT(add_file(store, NULL, NULL, &added));
    BAD_ARGUMENT(add_bytes(NULL, (const uint8_t *)"x", 1, &named, &added));
    BAD_ARGUMENT(add_bytes(store, NULL, 1, &named, &added));
    BAD_ARGUMENT(add_bytes(store, (const uint8_t *)"x", 1, NULL, &added));
    KEPT(added);
    BAD_ARGUMENT(sonic_recordings_identify_fingerprint(NULL, fingerprint, NULL, &answer));
    BAD_ARGUMENT(sonic_recordings_identify_fingerprint(store, NULL, NULL, &answer));
    BAD_ARGUMENT(sonic_recordings_identify_fingerprint(store, fingerprint, NULL, NULL));
    BAD_ARGUMENT(identify_file(NULL, BROT, NULL, &answer));
    BAD_ARGUMENT(identify_file(store, NULL, NULL, &answer));
    BAD_ARGUMENT(identify_file(store, BROT, NULL, NULL));
    BAD_ARGUMENT(identify_bytes(NULL, (const uint8_t *)"x", 1, NULL, &answer));
    BAD_ARGUMENT(identify_bytes(store, NULL, 1, NULL, &answer));
    BAD_ARGUMENT(identify_bytes(store, (const uint8_t *)"x", 1, NULL, NULL));
    KEPT(answer);
}

static void nulls_of_rows(void) {
    sonic_recording *row = UNTOUCHED(sonic_recording);
    sonic_recording_list *rows = UNTOUCHED(sonic_recording_list);
    sonic_landmarks *landmarks = UNTOUCHED(sonic_landmarks);
    uint64_t number = 77;
    uint32_t place = 77;
    bool found = false;
    BAD_ARGUMENT(sonic_recordings_contains(NULL, "a", &found));
    BAD_ARGUMENT(sonic_recordings_contains(store, NULL, &found));
    BAD_ARGUMENT(sonic_recordings_contains(store, "a", NULL));
    BAD_ARGUMENT(sonic_recordings_of_source(NULL, "a", &row));
    BAD_ARGUMENT(sonic_recordings_of_source(store, NULL, &row));
    BAD_ARGUMENT(sonic_recordings_of_source(store, "a", NULL));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_recordings_of_source(store, "a", &row));
    BAD_ARGUMENT(sonic_recordings_get(NULL, "a", &row));
    BAD_ARGUMENT(sonic_recordings_get(store, NULL, &row));
    BAD_ARGUMENT(sonic_recordings_get(store, "a", NULL));
    KEPT(row);
    BAD_ARGUMENT(sonic_recordings_list(NULL, &rows));
    BAD_ARGUMENT(sonic_recordings_list(store, NULL));
    BAD_ARGUMENT(sonic_recordings_page(NULL, 0, 10, &rows));
    BAD_ARGUMENT(sonic_recordings_page(store, 0, 10, NULL));
    BAD_ARGUMENT(sonic_recordings_page(store, 0, 0, &rows));
    KEPT(rows);
    BAD_ARGUMENT(sonic_recordings_landmarks(NULL, "a", &landmarks));
    BAD_ARGUMENT(sonic_recordings_landmarks(store, NULL, &landmarks));
    BAD_ARGUMENT(sonic_recordings_landmarks(store, "a", NULL));
    KEPT(landmarks);
    BAD_ARGUMENT(sonic_recordings_len(NULL, &number));
    BAD_ARGUMENT(sonic_recordings_len(store, NULL));
    CHECK(number == 77);
    BAD_ARGUMENT(sonic_recordings_remove(NULL, "a"));
    BAD_ARGUMENT(sonic_recordings_remove(store, NULL));
    CHECK(!sonic_recording_list_next(NULL, &place) && place == 77);
    GOOD(sonic_recordings_list(store, &rows));
    CHECK(!sonic_recording_list_next(rows, NULL));
    sonic_recording_list_free(rows);
}

static void nulls_of_stores(void) {
    sonic_store *s = UNTOUCHED(sonic_store);
    sonic_problems *problems = UNTOUCHED(sonic_problems);
    struct ArrowArrayStream stream;
    sonic_stats stats = NOTHING;
    stats.size = sizeof stats;
    memset(&stream, 0x5a, sizeof stream);
    BAD_ARGUMENT(sonic_store_open(NULL, NULL, &s));
    BAD_ARGUMENT(sonic_store_open(path_in(folder, "other"), NULL, NULL));
    CHECK(access(path_in(folder, "other"), F_OK) != 0);
    KEPT(s);
    BAD_ARGUMENT(sonic_store_close(NULL));
    BAD_ARGUMENT(sonic_store_stats(NULL, &stats));
    BAD_ARGUMENT(sonic_store_stats(store, NULL));
    BAD_ARGUMENT(sonic_store_compact(NULL, NULL, NULL));
    BAD_ARGUMENT(sonic_store_check(NULL, NULL, NULL, &problems));
    BAD_ARGUMENT(sonic_store_check(store, NULL, NULL, NULL));
    KEPT(problems);
    BAD_ARGUMENT(sonic_recordings_table(NULL, &stream));
    BAD_ARGUMENT(sonic_recordings_table(store, NULL));
    CHECK(*(unsigned char *)&stream == 0x5a);
}

static void getters_of_nothing(void) {
    CHECK(sonic_clip_samples(NULL) == NULL && sonic_clip_len(NULL) == 0 && sonic_clip_sample_rate(NULL) == 0);
    CHECK(sonic_clip_duration_ms(NULL) == 0 && !sonic_clip_truncated(NULL) && sonic_clip_damaged_ms(NULL) == 0);
    CHECK(sonic_fingerprint_landmarks(NULL) == NULL && sonic_fingerprint_len(NULL) == 0);
    CHECK(sonic_fingerprint_duration_ms(NULL) == 0 && sonic_fingerprint_frames(NULL) == 0);
    CHECK(sonic_fingerprint_pipeline(NULL) == NULL && !sonic_fingerprint_has_texture(NULL));
    CHECK(sonic_landmarks_data(NULL) == NULL && sonic_landmarks_len(NULL) == 0);
    CHECK(!sonic_added_is_new(NULL) && sonic_added_id(NULL) == NULL && sonic_added_recording(NULL) == NULL);
    CHECK(sonic_answer_decision(NULL) == SONIC_DECISION_UNKNOWN && sonic_answer_len(NULL) == 0);
    CHECK(sonic_answer_match(NULL, 0) == NULL && sonic_answer_duration_ms(NULL) == 0);
    CHECK(!sonic_answer_truncated(NULL) && sonic_answer_damaged_ms(NULL) == 0 && sonic_answer_decode_ms(NULL) == 0);
    CHECK(sonic_answer_fingerprint_ms(NULL) == 0 && sonic_answer_search_ms(NULL) == 0);
    CHECK(sonic_answer_postings_read(NULL) == 0 && sonic_answer_postings_skipped(NULL) == 0);
    CHECK(sonic_answer_scales_tried(NULL) == 0);
    CHECK(sonic_recording_list_len(NULL) == 0 && sonic_recording_list_at(NULL, 0) == NULL);
    CHECK(sonic_problems_len(NULL) == 0 && sonic_problems_message(NULL, 0) == NULL);
}

static void freeing_nothing(void) {
    int round;
    for (round = 0; round < 2; round++) {
        sonic_clip_free(NULL);
        sonic_fingerprint_free(NULL);
        sonic_fingerprinter_free(NULL);
        sonic_landmarks_free(NULL);
        sonic_store_free(NULL);
        sonic_added_free(NULL);
        sonic_answer_free(NULL);
        sonic_recording_free(NULL);
        sonic_recording_list_free(NULL);
        sonic_problems_free(NULL);
    }
}

static void closed(void) {
    sonic_store *s = NULL;
    sonic_stats stats = NOTHING;
    sonic_answer *answer = UNTOUCHED(sonic_answer);
    sonic_added *added = UNTOUCHED(sonic_added);
    sonic_recording *row = UNTOUCHED(sonic_recording);
    sonic_recording_list *rows = UNTOUCHED(sonic_recording_list);
    sonic_landmarks *landmarks = UNTOUCHED(sonic_landmarks);
    sonic_problems *problems = UNTOUCHED(sonic_problems);
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    uint64_t number = 77;
    stats.size = sizeof stats;
    GOOD(sonic_store_open(path_in(folder, "closed"), NULL, &s));
    GOOD(sonic_recordings_add_fingerprint(s, fingerprint, &named, NULL));
    GOOD(sonic_recordings_table(s, &stream));
    GOOD(sonic_store_close(s));
    GOOD(sonic_store_close(s));
    EXPECT(SONIC_ERROR_CLOSED, sonic_recordings_add_fingerprint(s, fingerprint, &named, &added));
    EXPECT(SONIC_ERROR_CLOSED, add_file(s, WALTZ_CLIP, NULL, &added));
    KEPT(added);
    EXPECT(SONIC_ERROR_CLOSED, sonic_recordings_identify_fingerprint(s, fingerprint, NULL, &answer));
    EXPECT(SONIC_ERROR_CLOSED, identify_file(s, WALTZ_CLIP, NULL, &answer));
    KEPT(answer);
    EXPECT(SONIC_ERROR_CLOSED, sonic_recordings_get(s, "a", &row));
    KEPT(row);
    EXPECT(SONIC_ERROR_CLOSED, sonic_recordings_list(s, &rows));
    EXPECT(SONIC_ERROR_CLOSED, sonic_recordings_page(s, 0, 1, &rows));
    KEPT(rows);
    EXPECT(SONIC_ERROR_CLOSED, sonic_recordings_landmarks(s, "a", &landmarks));
    KEPT(landmarks);
    EXPECT(SONIC_ERROR_CLOSED, sonic_recordings_len(s, &number));
    CHECK(number == 77);
    EXPECT(SONIC_ERROR_CLOSED, sonic_recordings_remove(s, "a"));
    EXPECT(SONIC_ERROR_CLOSED, sonic_store_stats(s, &stats));
    EXPECT(SONIC_ERROR_CLOSED, sonic_store_compact(s, NULL, NULL));
    EXPECT(SONIC_ERROR_CLOSED, sonic_store_check(s, NULL, NULL, &problems));
    KEPT(problems);
    /* A stream that was made before says so in its own way. */
    CHECK(stream.get_next(&stream, &batch) != 0 && strlen(stream.get_last_error(&stream)) > 4);
    EXPECT(SONIC_ERROR_CLOSED, sonic_recordings_table(s, (stream.release(&stream), &stream)));
    sonic_store_free(s);
}

static void *fail_in_another_way(void *words) {
    sonic_clip *c = NULL;
    CHECK(strcmp(sonic_last_error(), "") == 0);
    EXPECT(SONIC_ERROR_NOT_FOUND, decode_file("of the second thread", NULL, &c));
    snprintf((char *)words, 200, "%s", sonic_last_error());
    return NULL;
}

static void errors_of_threads(void) {
    pthread_t thread;
    char words[200] = "";
    sonic_clip *c = NULL;
    const char *mine;
    EXPECT(SONIC_ERROR_NOT_FOUND, decode_file("of the first thread", NULL, &c));
    mine = sonic_last_error();
    CHECK(pthread_create(&thread, NULL, fail_in_another_way, words) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(strstr(words, "of the second thread") != NULL);
    CHECK(sonic_last_error() == mine && strstr(mine, "of the first thread") != NULL);
    GOOD(sonic_clip_new(sound, 10, 8000, &c)); /* What works leaves the text alone. */
    CHECK(sonic_last_error() == mine && strstr(mine, "of the first thread") != NULL);
    sonic_clip_free(c);
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    folder = arguments[1];
    set_up();
    nulls_of_sound();
    nulls_of_queries();
    nulls_of_rows();
    nulls_of_stores();
    getters_of_nothing();
    freeing_nothing();
    closed();
    errors_of_threads();
    tear_down();
    puts("all is as it should be");
    return 0;
}
