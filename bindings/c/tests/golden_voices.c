/* Does with voices what lines on standard input say, and tells the outcome, a line or more each. For golden/voices.rs.
 *
 * Words are separated by tabs. A source is "path NAME" or "hex DIGITS". Every command ends with "ok" or the name of the
 * error. Argument: a folder for stores.
 */

#include "golden.h"
#include "sources.h"

#define MOST_DIMENSIONS 1024

static sonic_store *store, *empty;
static sonic_voice_embedder *embedder;
static float by_file[MOST_DIMENSIONS], by_bytes[MOST_DIMENSIONS], by_clip[MOST_DIMENSIONS];

static const char *decided(sonic_decision decision) {
    return decision == SONIC_DECISION_MATCH ? "match" : "unknown";
}

/* embed KIND SOURCE */
static sonic_status embed(void) {
    size_t len, dimensions = sonic_voice_embedder_dimensions(embedder);
    sonic_status status;
    unsigned char *data;
    if (strcmp(words[1], "path") == 0) return embed_file(embedder, words[2], by_file, dimensions);
    data = unhex(words[2], &len);
    status = embed_bytes(embedder, data, len, by_bytes, dimensions);
    free(data);
    return status;
}

static void tell_spans(const sonic_clip *clip) {
    sonic_speech_spans *spans = NULL;
    size_t i;
    GOOD(sonic_speech_spans_new(clip, NULL, &spans));
    printf("spans");
    for (i = 0; i < sonic_speech_spans_len(spans); i++) {
        const sonic_span *span = sonic_speech_spans_data(spans) + i;
        printf("\t%" PRIu64 "-%" PRIu64, span->start_ms, span->end_ms);
    }
    printf("\n");
    sonic_speech_spans_free(spans);
}

static void tell_quality(const sonic_clip *clip) {
    sonic_voice_answer *answer = NULL;
    const sonic_voice_quality *q;
    GOOD(sonic_voices_identify_clip(empty, embedder, clip, NULL, &answer));
    q = sonic_voice_answer_quality(answer);
    printf("quality\t%" PRIu64 "\t%" PRIu64 "\t", q->duration_ms, q->speech_ms);
    if (q->has_snr) printf("%.9g", q->snr_db);
    printf("\t%.9g\t%.9g\t%.9g\t%u\t%d\n", q->clipping, q->level_dbfs, q->peak, q->bandwidth_hz, q->passes);
    sonic_voice_answer_free(answer);
}

static void tell_embedding(const char *name, const float *numbers, size_t len) {
    size_t i;
    printf("%s", name);
    for (i = 0; i < len; i++) printf("\t%.9g", numbers[i]);
    printf("\n");
}

/* analyze FILE: by the file, its bytes and its samples, which must say the same. */
static sonic_status analyze(void) {
    const sonic_clip *clips[2];
    sonic_decode_options options = NOTHING;
    sonic_clip *clip = NULL;
    size_t len = 0, dimensions = sonic_voice_embedder_dimensions(embedder);
    unsigned char *data = contents_of(words[1], &len);
    float *both = (float *)malloc(2 * dimensions * sizeof *both);
    const char *paths[2] = {words[1], words[1]};
    GOOD(sonic_decode_options_init(&options, sizeof options));
    options.has_sample_rate = 1;
    options.sample_rate = 16000;
    GOOD(decode_file(words[1], &options, &clip));
    GOOD(embed_file(embedder, words[1], by_file, dimensions));
    GOOD(embed_bytes(embedder, data, len, by_bytes, dimensions));
    GOOD(sonic_voice_embedder_embed_clip(embedder, clip, by_clip, dimensions));
    CHECK(memcmp(by_file, by_bytes, dimensions * sizeof *by_file) == 0);
    CHECK(memcmp(by_file, by_clip, dimensions * sizeof *by_file) == 0);
    clips[0] = clips[1] = clip;
    GOOD(sonic_voice_embedder_embed_many_clips(embedder, clips, 2, NULL, NULL, both, 2 * dimensions));
    CHECK(memcmp(both, by_file, dimensions * sizeof *both) == 0 && memcmp(both + dimensions, both, dimensions * sizeof *both) == 0);
    GOOD(embed_files(embedder, paths, 2, both, 2 * dimensions));
    CHECK(memcmp(both, by_file, dimensions * sizeof *both) == 0 && memcmp(both + dimensions, both, dimensions * sizeof *both) == 0);
    tell_quality(clip);
    tell_spans(clip);
    tell_embedding("embedding", by_file, dimensions);
    GOOD(sonic_voice_embedder_embed_speech_clip(embedder, clip, by_clip, dimensions));
    GOOD(embed_speech_file(embedder, words[1], by_file, dimensions));
    CHECK(memcmp(by_file, by_clip, dimensions * sizeof *by_file) == 0);
    tell_embedding("speech_embedding", by_file, dimensions);
    sonic_clip_free(clip);
    free(both);
    free(data);
    return SONIC_OK;
}

/* open ACCESS PATH */
static sonic_status open_store(void) {
    sonic_store_options options = NOTHING;
    GOOD(sonic_store_options_init(&options, sizeof options));
    options.access = atoi(words[1]);
    sonic_store_free(store);
    store = NULL;
    return sonic_store_open(words[2], &options, &store);
}

/* enroll PERSON USER MIN MAX PATH... where "-" is no user. */
static sonic_status enroll(void) {
    static const char *const names[] = {"sample_added", "enrolled", "complete"};
    sonic_enroll_options options = NOTHING;
    sonic_enrolled *enrolled = NULL;
    const sonic_voiceprint *voiceprint;
    sonic_status status;
    size_t count = word_count > 5 ? (size_t)(word_count - 5) : 0, i;
    GOOD(sonic_enroll_options_init(&options, sizeof options));
    options.user_id = strcmp(words[2], "-") == 0 ? NULL : words[2];
    set_whole(words[3], &options.min_samples);
    set_whole(words[4], &options.max_samples);
    status = enroll_files(store, embedder, words[1], (const char *const *)words + 5, count, &options, &enrolled);
    if (status != SONIC_OK) return status;
    voiceprint = sonic_enrolled_voiceprint(enrolled);
    printf("enrolled\t%s\t%u\t%u\t%u\t%u\t%s\t%s\n", names[sonic_enrolled_status(enrolled)], voiceprint->sample_count,
           sonic_enrolled_added(enrolled), sonic_enrolled_known(enrolled), sonic_enrolled_left_out(enrolled),
           voiceprint->user_id == NULL ? "-" : voiceprint->user_id,
           sonic_enrolled_similar_to(enrolled) == NULL ? "-" : sonic_enrolled_similar_to(enrolled)->person);
    CHECK(sonic_enrolled_len(enrolled) == count);
    for (i = 0; i < count; i++) {
        const sonic_voice_sample *one = sonic_enrolled_sample(enrolled, i);
        CHECK(one->reason == NULL && one->status == SONIC_OK && one->quality->passes && one->recording_id != NULL);
    }
    sonic_enrolled_free(enrolled);
    return status;
}

static void tell_match(const sonic_voice_match *m) {
    CHECK(!m->has_normalized);
    printf("match\t%s\t%s\t%u\t%d\t%.9g\t%.9g\n", m->person, m->user_id == NULL ? "-" : m->user_id, m->sample_count,
           m->is_enrolled, m->score, m->probability);
}

/* identify KIND SOURCE LIMIT THRESHOLD ACCEPT EXCLUDED... */
static sonic_status identify(void) {
    sonic_voice_identify_options options = NOTHING;
    sonic_voice_answer *answer = NULL;
    sonic_status status;
    size_t i;
    GOOD(sonic_voice_identify_options_init(&options, sizeof options));
    set_size(words[3], &options.limit);
    set_float(set_has(words[4], &options.has_threshold), &options.threshold);
    set_float(words[5], &options.accept);
    options.exclude = (const char *const *)words + 6;
    options.exclude_len = word_count > 6 ? (size_t)(word_count - 6) : 0;
    if (strcmp(words[1], "path") == 0) {
        status = identify_voice_file(store, embedder, words[2], &options, &answer);
    } else {
        size_t len;
        unsigned char *data = contents_of(words[2], &len);
        status = identify_voice_bytes(store, embedder, data, len, &options, &answer);
        free(data);
    }
    if (status != SONIC_OK) return status;
    printf("answer\t%s\t%" PRIu64 "\t%" PRIu64 "\t%d\n", decided(sonic_voice_answer_decision(answer)),
           sonic_voice_answer_compared(answer), sonic_voice_answer_cohort(answer), sonic_voice_answer_calibrated(answer));
    for (i = 0; i < sonic_voice_answer_len(answer); i++) tell_match(sonic_voice_answer_match(answer, i));
    sonic_voice_answer_free(answer);
    return status;
}

/* verify PERSON FILE THRESHOLD ACCEPT */
static sonic_status verify(void) {
    sonic_voice_identify_options options = NOTHING;
    sonic_verification *found = NULL;
    sonic_status status;
    GOOD(sonic_voice_identify_options_init(&options, sizeof options));
    set_float(set_has(words[3], &options.has_threshold), &options.threshold);
    set_float(words[4], &options.accept);
    status = verify_file(store, embedder, words[1], words[2], &options, &found);
    if (status != SONIC_OK) return status;
    printf("verification\t%s\t%d\n", decided(sonic_verification_decision(found)), sonic_verification_calibrated(found));
    tell_match(sonic_verification_claim(found));
    printf("measured\t%" PRIu64 "\t%u\n", sonic_verification_quality(found)->speech_ms,
           sonic_verification_quality(found)->bandwidth_hz);
    sonic_verification_free(found);
    return status;
}

static sonic_status people(void) {
    sonic_voiceprint_list *list = NULL;
    sonic_status status = sonic_voices_people(store, &list);
    sonic_voiceprint_list_free(list);
    return status;
}

static sonic_status obey(void) {
    const char *command = words[0];
    if (strcmp(command, "embed") == 0) return embed();
    if (strcmp(command, "analyze") == 0) return analyze();
    if (strcmp(command, "open") == 0) return open_store();
    if (strcmp(command, "enroll") == 0) return enroll();
    if (strcmp(command, "identify") == 0) return identify();
    if (strcmp(command, "verify") == 0) return verify();
    if (strcmp(command, "people") == 0) return people();
    if (strcmp(command, "forget") == 0) return sonic_voices_forget(store, words[1], NULL);
    if (strcmp(command, "forget_user") == 0) return sonic_voices_forget_user(store, words[1], NULL);
    if (strcmp(command, "close") == 0) return sonic_store_close(store);
    if (strcmp(command, "pipeline") == 0) {
        printf("pipeline\t%s\n", sonic_voice_embedder_pipeline(embedder));
        return SONIC_OK;
    }
    fprintf(stderr, "what is %s?\n", command);
    exit(1);
}

int main(int count, char **arguments) {
    static char line[1 << 20];
    CHECK(count == 2);
    GOOD(sonic_voice_embedder_new(NULL, NULL, &embedder));
    CHECK(sonic_voice_embedder_dimensions(embedder) <= MOST_DIMENSIONS);
    GOOD(sonic_store_open(path_in(arguments[1], "empty"), NULL, &empty));
    while (fgets(line, sizeof line, stdin) != NULL) {
        split(line);
        printf("%s\n", sonic_status_name(obey()));
        fflush(stdout);
    }
    sonic_store_free(store);
    sonic_store_free(empty);
    sonic_voice_embedder_free(embedder);
    return 0;
}
