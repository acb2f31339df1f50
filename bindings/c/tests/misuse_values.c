/* Options, ids, sources and samples of values that cannot be give the right error, and nothing worse. Argument: an empty
 * folder. */

#include "misuse.h"

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

int main(int count, char **arguments) {
    CHECK(count == 2);
    folder = arguments[1];
    set_up();
    sizes();
    fields();
    ids();
    sources();
    samples();
    tear_down();
    puts("all is as it should be");
    return 0;
}
