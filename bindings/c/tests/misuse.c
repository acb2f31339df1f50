/* What is done wrong gives the right error, and nothing worse. Argument: an empty folder. */

#include "check.h"
#include "sources.h"
#include "guarded.h"
#include <math.h>
#include <pthread.h>
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

/* A NULL in the place of each pointer in turn. */
static void nulls(void) {
    sonic_clip *c = UNTOUCHED(sonic_clip);
    sonic_fingerprint *f = UNTOUCHED(sonic_fingerprint);
    sonic_fingerprinter *maker = NULL;
    sonic_store *s = UNTOUCHED(sonic_store);
    sonic_added *added = UNTOUCHED(sonic_added);
    sonic_answer *answer = UNTOUCHED(sonic_answer);
    sonic_recording *row = UNTOUCHED(sonic_recording);
    sonic_recording_list *rows = UNTOUCHED(sonic_recording_list);
    sonic_landmarks *landmarks = UNTOUCHED(sonic_landmarks);
    sonic_problems *problems = UNTOUCHED(sonic_problems);
    struct ArrowArrayStream stream;
    sonic_stats stats = NOTHING;
    uint64_t number = 77;
    uint32_t place = 77;
    stats.size = sizeof stats;
    memset(&stream, 0x5a, sizeof stream);

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

    BAD_ARGUMENT(sonic_store_open(NULL, NULL, &s));
    BAD_ARGUMENT(sonic_store_open(path_in(folder, "other"), NULL, NULL));
    CHECK(access(path_in(folder, "other"), F_OK) != 0);
    KEPT(s);
    BAD_ARGUMENT(sonic_store_close(NULL));
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
    BAD_ARGUMENT(sonic_store_stats(NULL, &stats));
    BAD_ARGUMENT(sonic_store_stats(store, NULL));
    BAD_ARGUMENT(sonic_store_compact(NULL, NULL, NULL));
    BAD_ARGUMENT(sonic_store_check(NULL, NULL, NULL, &problems));
    BAD_ARGUMENT(sonic_store_check(store, NULL, NULL, NULL));
    KEPT(problems);
    BAD_ARGUMENT(sonic_recordings_table(NULL, &stream));
    BAD_ARGUMENT(sonic_recordings_table(store, NULL));
    CHECK(*(unsigned char *)&stream == 0x5a);

    CHECK(!sonic_recording_list_next(NULL, &place) && place == 77);
    GOOD(sonic_recordings_list(store, &rows));
    CHECK(!sonic_recording_list_next(rows, NULL));
    sonic_recording_list_free(rows);
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

/* Every options struct with sizes that it cannot have, and with sizes of other versions. */
static void sizes(void) {
    uint32_t wrong[] = {0, 1, 3, 4, 7, 4097, 0x7fffffff, 0xffffffff};
    size_t i;
    sonic_clip *c = UNTOUCHED(sonic_clip);
    sonic_store *s = UNTOUCHED(sonic_store);
    sonic_added *added = UNTOUCHED(sonic_added);
    sonic_answer *answer = UNTOUCHED(sonic_answer);
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        void *options = at_the_end_of_memory(8, wrong[i]);
        BAD_ARGUMENT(decode_file(BROT, (sonic_decode_options *)options, &c));
        BAD_ARGUMENT(sonic_store_open(path_in(folder, "other"), (sonic_store_options *)options, &s));
        BAD_ARGUMENT(add_file(store, BROT, (sonic_recording_options *)options, &added));
        BAD_ARGUMENT(sonic_recordings_identify_fingerprint(store, fingerprint, (sonic_identify_options *)options, &answer));
        BAD_ARGUMENT(sonic_store_stats(store, (sonic_stats *)options));
        CHECK(strstr(sonic_last_error(), "sizeof") != NULL);
    }
    /* One byte too few for the first version. */
    BAD_ARGUMENT(sonic_store_stats(store, (sonic_stats *)at_the_end_of_memory(sizeof(sonic_stats), sizeof(sonic_stats) - 1)));
    KEPT(c);
    KEPT(s);
    KEPT(added);
    KEPT(answer);

    /* Exactly ours. */
    GOOD(decode_file(WALTZ_CLIP,
                     (sonic_decode_options *)at_the_end_of_memory(sizeof(sonic_decode_options), sizeof(sonic_decode_options)),
                     &c));
    sonic_clip_free(c);
    GOOD(sonic_recordings_identify_fingerprint(
        store, fingerprint,
        (sonic_identify_options *)at_the_end_of_memory(sizeof(sonic_identify_options), sizeof(sonic_identify_options)),
        &answer));
    sonic_answer_free(answer);
    /* A later version, whose new fields are left at their defaults; and one that asks for what is not there yet. */
    {
        char *later = (char *)at_the_end_of_memory(sizeof(sonic_identify_options) + 16, sizeof(sonic_identify_options) + 16);
        GOOD(sonic_recordings_identify_fingerprint(store, fingerprint, (sonic_identify_options *)later, &answer));
        sonic_answer_free(answer);
        answer = UNTOUCHED(sonic_answer);
        later[sizeof(sonic_identify_options) + 15] = 1;
        EXPECT(SONIC_ERROR_UNSUPPORTED,
               sonic_recordings_identify_fingerprint(store, fingerprint, (sonic_identify_options *)later, &answer));
        KEPT(answer);
    }
    /* A struct to be filled: no byte behind it, and zeros in what a later version has more. */
    {
        char *later = (char *)at_the_end_of_memory(sizeof(sonic_stats) + 8, sizeof(sonic_stats) + 8);
        memset(later + 4, 0xab, sizeof(sonic_stats) + 4);
        GOOD(sonic_store_stats(store, (sonic_stats *)later));
        CHECK(((sonic_stats *)later)->size == sizeof(sonic_stats) + 8 && ((sonic_stats *)later)->recordings == 0);
        CHECK(later[sizeof(sonic_stats)] == 0 && later[sizeof(sonic_stats) + 7] == 0);
        CHECK(((sonic_stats *)later)->pipeline == NULL);
    }
}

static void fields(void) {
    sonic_store_options opening = NOTHING;
    sonic_identify_options query = NOTHING;
    sonic_decode_options decoding = NOTHING;
    sonic_recording_options row = NOTHING;
    const char *ids[2] = {"a", NULL};
    sonic_store *s = UNTOUCHED(sonic_store);
    sonic_answer *answer = UNTOUCHED(sonic_answer);
    sonic_clip *c = UNTOUCHED(sonic_clip);
    GOOD(sonic_store_options_init(&opening, sizeof opening));
    opening.access = 3;
    BAD_ARGUMENT(sonic_store_open(path_in(folder, "other"), &opening, &s));
    opening.access = -1;
    BAD_ARGUMENT(sonic_store_open(path_in(folder, "other"), &opening, &s));
    KEPT(s);
    GOOD(sonic_decode_options_init(&decoding, sizeof decoding));
    decoding.has_sample_rate = 1; /* And it is 0. */
    BAD_ARGUMENT(decode_file(BROT, &decoding, &c));
    decoding.sample_rate = 768001;
    BAD_ARGUMENT(decode_file(BROT, &decoding, &c));
    KEPT(c);
    GOOD(sonic_identify_options_init(&query, sizeof query));
    query.threads = 0xffffffff;
    BAD_ARGUMENT(sonic_recordings_identify_fingerprint(store, fingerprint, &query, &answer));
    query.threads = 0;
    query.exclude_len = 2;
    BAD_ARGUMENT(sonic_recordings_identify_fingerprint(store, fingerprint, &query, &answer));
    query.exclude = ids;
    BAD_ARGUMENT(sonic_recordings_identify_fingerprint(store, fingerprint, &query, &answer));
    ids[1] = "\xff\xfe";
    BAD_ARGUMENT(sonic_recordings_identify_fingerprint(store, fingerprint, &query, &answer));
    query.exclude_len = (size_t)-1;
    BAD_ARGUMENT(sonic_recordings_identify_fingerprint(store, fingerprint, &query, &answer));
    KEPT(answer);
    GOOD(sonic_recording_options_init(&row, sizeof row));
    row.id = "a";
    row.has_created_at_ms = 1; /* And it is 0. */
    BAD_ARGUMENT(sonic_recordings_add_fingerprint(store, fingerprint, &row, NULL));
    row.has_created_at_ms = 0;
    row.metadata_json = "{not json";
    BAD_ARGUMENT(sonic_recordings_add_fingerprint(store, fingerprint, &row, NULL));
    CHECK(strstr(sonic_last_error(), "JSON") != NULL);
    row.metadata_json = NULL;
    row.title = "\xc3\x28";
    BAD_ARGUMENT(sonic_recordings_add_fingerprint(store, fingerprint, &row, NULL));
    CHECK(strstr(sonic_last_error(), "title is not UTF-8") != NULL);
}

static void ids(void) {
    char id[SONIC_MAX_ID_BYTES + 2];
    sonic_recording_options row = NOTHING;
    sonic_recording *found = UNTOUCHED(sonic_recording);
    sonic_added *added = UNTOUCHED(sonic_added);
    GOOD(sonic_recording_options_init(&row, sizeof row));
    BAD_ARGUMENT(sonic_recordings_add_fingerprint(store, fingerprint, &row, &added));
    BAD_ARGUMENT(add_bytes(store, (const uint8_t *)"x", 1, &row, &added));
    row.id = "";
    BAD_ARGUMENT(sonic_recordings_add_fingerprint(store, fingerprint, &row, &added));
    BAD_ARGUMENT(add_file(store, BROT, &row, &added));
    row.id = "\xe4";
    BAD_ARGUMENT(sonic_recordings_add_fingerprint(store, fingerprint, &row, &added));
    memset(id, 'x', sizeof id);
    id[SONIC_MAX_ID_BYTES + 1] = 0;
    row.id = id;
    BAD_ARGUMENT(sonic_recordings_add_fingerprint(store, fingerprint, &row, &added));
    BAD_ARGUMENT(add_file(store, "tests/golden/inputs/melody-8k.wav", &row, &added));
    KEPT(added);
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_recordings_get(store, id, &found));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_recordings_remove(store, ""));
    KEPT(found);
    id[SONIC_MAX_ID_BYTES] = 0;
    GOOD(sonic_recordings_add_fingerprint(store, fingerprint, &row, NULL));
    EXPECT(SONIC_ERROR_MISMATCH, sonic_recordings_add_fingerprint(store, fingerprint, &row, &added));
    KEPT(added);
    GOOD(sonic_recordings_remove(store, id));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_recordings_remove(store, id));
    BAD_ARGUMENT(sonic_recordings_remove(store, "\xff"));
}

static void sources(void) {
    static const unsigned char noise[64] = {0x13, 0x37, 0xde, 0xad, 1, 2, 3, 4, 99, 98, 97};
    sonic_clip *c = UNTOUCHED(sonic_clip);
    sonic_answer *answer = UNTOUCHED(sonic_answer);
    sonic_added *added = UNTOUCHED(sonic_added);
    sonic_store *s = UNTOUCHED(sonic_store);
    sonic_store_options options = NOTHING;
    EXPECT(SONIC_ERROR_NOT_FOUND, decode_file("no/such/file.wav", NULL, &c));
    CHECK(strstr(sonic_last_error(), "no/such/file.wav") != NULL);
    EXPECT(SONIC_ERROR_NOT_FOUND, decode_file("\xff\xfe no UTF-8, which is a path all the same", NULL, &c));
    BAD_ARGUMENT(decode_file("", NULL, &c));
    BAD_ARGUMENT(decode_file("examples", NULL, &c));
    EXPECT(SONIC_ERROR_UNSUPPORTED, decode_bytes(noise, sizeof noise, NULL, &c));
    EXPECT(SONIC_ERROR_MALFORMED, decode_bytes(noise, 0, NULL, &c));
    EXPECT(SONIC_ERROR_MALFORMED, decode_bytes(NULL, 0, NULL, &c));
    EXPECT(SONIC_ERROR_UNSUPPORTED, decode_file("README.md", NULL, &c));
    BAD_ARGUMENT(decode_bytes(noise, (size_t)-1, NULL, &c));
    KEPT(c);
    EXPECT(SONIC_ERROR_NOT_FOUND, identify_file(store, "no/such/file.wav", NULL, &answer));
    BAD_ARGUMENT(identify_file(store, "examples", NULL, &answer));
    EXPECT(SONIC_ERROR_UNSUPPORTED, identify_bytes(store, noise, sizeof noise, NULL, &answer));
    KEPT(answer);
    EXPECT(SONIC_ERROR_NOT_FOUND, add_file(store, "no/such/file.wav", NULL, &added));
    BAD_ARGUMENT(add_file(store, "examples", NULL, &added));
    EXPECT(SONIC_ERROR_UNSUPPORTED, add_bytes(store, noise, sizeof noise, &named, &added));
    KEPT(added);
    BAD_ARGUMENT(sonic_store_open("README.md", NULL, &s));
    GOOD(sonic_store_options_init(&options, sizeof options));
    options.access = SONIC_ACCESS_READ_ONLY;
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_store_open(path_in(folder, "other"), &options, &s));
    options.access = SONIC_ACCESS_READ_WRITE;
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_store_open(path_in(folder, "other"), &options, &s));
    KEPT(s);
}

static void samples(void) {
    float bad[3] = {0, 0, 0};
    char unaligned[64] = {0};
    sonic_clip *c = UNTOUCHED(sonic_clip), *empty = NULL;
    sonic_fingerprint *f = UNTOUCHED(sonic_fingerprint), *of_nothing = NULL;
    sonic_answer *answer = NULL;
    sonic_fingerprinter *maker = NULL;
    BAD_ARGUMENT(sonic_clip_new(sound, 10, 0, &c));
    BAD_ARGUMENT(sonic_clip_new(sound, 10, 768001, &c));
    bad[1] = (float)NAN;
    BAD_ARGUMENT(sonic_clip_new(bad, 3, 11025, &c));
    bad[1] = (float)INFINITY;
    BAD_ARGUMENT(sonic_clip_new(bad, 3, 11025, &c));
    BAD_ARGUMENT(sonic_clip_new((const float *)(const void *)(unaligned + ((size_t)unaligned % 4 ? 0 : 1)), 3, 11025, &c));
    BAD_ARGUMENT(sonic_clip_new(sound, (size_t)-1 / 2, 11025, &c));
    KEPT(c);

    GOOD(sonic_fingerprinter_new(&maker));
    GOOD(sonic_fingerprinter_push(maker, sound, 22050));
    BAD_ARGUMENT(sonic_fingerprinter_push(maker, bad, 3));
    BAD_ARGUMENT(sonic_fingerprinter_push(maker, sound, (size_t)-1 / 4));
    GOOD(sonic_fingerprinter_finish(maker, &f));
    CHECK(sonic_fingerprint_len(f) == sonic_fingerprint_len(fingerprint)); /* Nothing of the bad was taken. */
    BAD_ARGUMENT(sonic_recordings_identify_fingerprint(store, f, NULL, &answer));           /* It has no texture. */
    CHECK(strstr(sonic_last_error(), "texture") != NULL && answer == NULL);
    sonic_fingerprint_free(f);
    f = UNTOUCHED(sonic_fingerprint);
    EXPECT(SONIC_ERROR_CLOSED, sonic_fingerprinter_finish(maker, &f));
    EXPECT(SONIC_ERROR_CLOSED, sonic_fingerprinter_push(maker, sound, 10));
    KEPT(f);
    sonic_fingerprinter_free(maker);

    GOOD(sonic_clip_new(NULL, 0, 11025, &empty));
    CHECK(sonic_clip_len(empty) == 0 && sonic_clip_duration_ms(empty) == 0);
    GOOD(sonic_fingerprint_new(empty, &of_nothing));
    CHECK(sonic_fingerprint_len(of_nothing) == 0 && sonic_fingerprint_frames(of_nothing) == 0);
    GOOD(sonic_recordings_identify_fingerprint(store, of_nothing, NULL, &answer));
    CHECK(sonic_answer_decision(answer) == SONIC_DECISION_UNKNOWN && sonic_answer_len(answer) == 0);
    sonic_answer_free(answer);
    sonic_fingerprint_free(of_nothing);
    sonic_clip_free(empty);
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
    nulls();
    getters_of_nothing();
    freeing_nothing();
    sizes();
    fields();
    ids();
    sources();
    samples();
    closed();
    errors_of_threads();
    tear_down();
    puts("all is as it should be");
    return 0;
}
