/* Every function for voices does what its words say. Argument: an empty folder. */

#include "speech.h"
#include "sources.h"
#include <pthread.h>

static const char *folder;
static sonic_store *store;
static sonic_voice_embedder *embedder;
/* Files of Anna, then of Ben. */
static char files[2][6][4096];

static void set_up(void) {
    unsigned i;
    GOOD(sonic_store_open(path_in(folder, "store"), NULL, &store));
    GOOD(sonic_voice_embedder_new(NULL, NULL, &embedder));
    for (i = 0; i < 6; i++) {
        snprintf(files[0][i], sizeof files[0][i], "%s/anna-%u.wav", folder, i);
        snprintf(files[1][i], sizeof files[1][i], "%s/ben-%u.wav", folder, i);
        record(files[0][i], &ANNA, 100 + i);
        record(files[1][i], &BEN, 200 + i);
    }
}

static float dot(const float *a, const float *b, size_t len) {
    float sum = 0;
    size_t i;
    for (i = 0; i < len; i++) sum += a[i] * b[i];
    return sum;
}

static void embeddings(void) {
    sonic_voice_embedder_options options = NOTHING;
    sonic_voice_embedder *other = NULL;
    sonic_clip *clip = NULL;
    float by_clip[128], by_file[128], by_bytes[128], again[128], of_ben[128];
    size_t len = 0;
    unsigned char *data = contents_of(files[0][0], &len);
    CHECK(sonic_voice_embedder_dimensions(embedder) == 128 && sonic_voice_embedder_sample_rate(embedder) == 16000);
    CHECK(strncmp(sonic_voice_embedder_pipeline(embedder), "voice-", 6) == 0);
    GOOD(decode_file(files[0][0], NULL, &clip));
    GOOD(sonic_voice_embedder_embed_clip(embedder, clip, by_clip, 128));
    GOOD(embed_file(embedder, files[0][0], by_file, 128));
    GOOD(embed_bytes(embedder, data, len, by_bytes, 128));
    CHECK(memcmp(by_clip, by_file, sizeof by_clip) == 0 && memcmp(by_clip, by_bytes, sizeof by_clip) == 0);
    CHECK(fabsf(dot(by_clip, by_clip, 128) - 1) < 1e-4f);
    GOOD(embed_file(embedder, files[0][1], again, 128));
    GOOD(embed_file(embedder, files[1][0], of_ben, 128));
    CHECK(dot(by_clip, again, 128) > dot(by_clip, of_ben, 128) + 0.2f);

    GOOD(sonic_voice_embedder_options_init(&options, sizeof options));
    options.threads = 1;
    options.provider = SONIC_PROVIDER_AUTO;
    GOOD(sonic_voice_embedder_new("celda128", &options, &other));
    CHECK(strcmp(sonic_voice_embedder_pipeline(other), sonic_voice_embedder_pipeline(embedder)) == 0);
    GOOD(sonic_voice_embedder_embed_clip(other, clip, again, 128));
    CHECK(memcmp(by_clip, again, sizeof again) == 0);
    sonic_voice_embedder_free(other);
    sonic_clip_free(clip);
    free(data);
}

/* A second of noise, a second of a voice, a second of noise. */
static sonic_clip *one_word(void) {
    static float samples[3 * RATE];
    sonic_clip *clip = NULL;
    unsigned seed = 7;
    int i;
    for (i = 0; i < 3 * RATE; i++) samples[i] = (float)(0.012 * (random_of(&seed) - 0.5));
    say(&BEN, VOWELS[0], VOWELS[2], &seed, samples + RATE, RATE);
    GOOD(sonic_clip_new(samples, 3 * RATE, RATE, &clip));
    return clip;
}

static void speech(void) {
    sonic_speech_options options = NOTHING;
    sonic_speech_spans *spans = NULL, *tight = NULL, *none = NULL;
    sonic_clip *clip = one_word();
    const sonic_span *padded, *bare;
    GOOD(sonic_speech_spans_new(clip, NULL, &spans));
    CHECK(sonic_speech_spans_len(spans) == 1);
    padded = sonic_speech_spans_data(spans);
    CHECK(padded->start_ms > 850 && padded->start_ms < 1100 && padded->end_ms > 1850 && padded->end_ms < 2200);
    GOOD(sonic_speech_options_init(&options, sizeof options));
    options.padding_ms = 0;
    GOOD(sonic_speech_spans_new(clip, &options, &tight));
    bare = sonic_speech_spans_data(tight);
    CHECK(bare->start_ms == padded->start_ms + 30 && bare->end_ms == padded->end_ms - 30);
    options.min_speech_ms = 1500;
    GOOD(sonic_speech_spans_new(clip, &options, &none));
    CHECK(sonic_speech_spans_len(none) == 0);
    sonic_speech_spans_free(none);
    sonic_speech_spans_free(tight);
    sonic_speech_spans_free(spans);
    sonic_clip_free(clip);
}

static size_t people(void) {
    sonic_voiceprint_list *everybody = NULL;
    size_t len;
    GOOD(sonic_voices_people(store, &everybody));
    len = sonic_voiceprint_list_len(everybody);
    CHECK(sonic_voiceprint_list_at(everybody, len) == NULL);
    sonic_voiceprint_list_free(everybody);
    return len;
}

static void enrolling_files(void) {
    sonic_enroll_options options = NOTHING;
    sonic_enrolled *enrolled = NULL;
    const sonic_voiceprint *anna;
    const char *paths[6], *bad[2] = {files[0][0], "no/such/file.wav"};
    int i;
    for (i = 0; i < 6; i++) paths[i] = files[0][i];
    /* One that is not there keeps all out. */
    EXPECT(SONIC_ERROR_NOT_FOUND, enroll_files(store, embedder, "anna", bad, 2, NULL, NULL));
    CHECK(people() == 0);

    GOOD(sonic_enroll_options_init(&options, sizeof options));
    options.user_id = "user-7";
    GOOD(enroll_files(store, embedder, "anna", paths, 3, &options, &enrolled));
    CHECK(sonic_enrolled_status(enrolled) == SONIC_ENROLL_ENROLLED && sonic_enrolled_added(enrolled) == 3);
    CHECK(sonic_enrolled_known(enrolled) == 0 && sonic_enrolled_left_out(enrolled) == 0);
    anna = sonic_enrolled_voiceprint(enrolled);
    CHECK(strcmp(anna->person, "anna") == 0 && strcmp(anna->user_id, "user-7") == 0);
    CHECK(strncmp(anna->voiceprint_id, "vp_", 3) == 0 && anna->sample_count == 3 && anna->min_samples == 3);
    CHECK(anna->is_enrolled && anna->created_at_ms > 1600000000000u && anna->updated_at_ms >= anna->created_at_ms);
    sonic_enrolled_free(enrolled);

    GOOD(enroll_files(store, embedder, "anna", paths, 3, NULL, &enrolled));
    CHECK(sonic_enrolled_added(enrolled) == 0 && sonic_enrolled_known(enrolled) == 3);
    sonic_enrolled_free(enrolled);
    GOOD(enroll_files(store, embedder, "anna", paths, 6, NULL, &enrolled));
    CHECK(sonic_enrolled_status(enrolled) == SONIC_ENROLL_COMPLETE && sonic_enrolled_added(enrolled) == 2);
    CHECK(sonic_enrolled_left_out(enrolled) == 1 && sonic_enrolled_voiceprint(enrolled)->sample_count == 5);
    sonic_enrolled_free(enrolled);
}

static void enrolling_bytes_and_clips(void) {
    sonic_enroll_options options = NOTHING;
    sonic_enrolled *enrolled = NULL;
    media_bytes bytes[2];
    unsigned char *data[2];
    const sonic_clip *clips[1];
    sonic_clip *clip = clip_of(&CARLA, 300);
    int i;
    for (i = 0; i < 2; i++) {
        data[i] = contents_of(files[1][i], &bytes[i].len);
        bytes[i].data = data[i];
    }
    GOOD(sonic_enroll_options_init(&options, sizeof options));
    options.min_samples = 2;
    options.max_samples = 3;
    GOOD(enroll_bytes(store, embedder, "ben", bytes, 2, &options, &enrolled));
    CHECK(sonic_enrolled_status(enrolled) == SONIC_ENROLL_ENROLLED && sonic_enrolled_added(enrolled) == 2);
    CHECK(sonic_enrolled_voiceprint(enrolled)->user_id == NULL && sonic_enrolled_voiceprint(enrolled)->min_samples == 2);
    for (i = 0; i < 2; i++) free(data[i]);
    sonic_enrolled_free(enrolled);

    clips[0] = clip;
    GOOD(sonic_voices_enroll_clips(store, embedder, "carla", clips, 1, NULL, NULL, NULL, &enrolled));
    CHECK(sonic_enrolled_status(enrolled) == SONIC_ENROLL_SAMPLE_ADDED);
    CHECK(!sonic_enrolled_voiceprint(enrolled)->is_enrolled);
    sonic_enrolled_free(enrolled);
    GOOD(sonic_voices_enroll_clips(store, embedder, "carla", clips, 1, NULL, NULL, NULL, NULL));
    sonic_clip_free(clip);
}

/* Half a second of one vowel is too little speech, unless anything goes. */
static void gates(void) {
    sonic_enroll_options options = NOTHING;
    sonic_clip *whole = clip_of(&ANNA, 17), *part = NULL;
    const sonic_clip *clips[1];
    GOOD(sonic_clip_new(sonic_clip_samples(whole), RATE / 2, RATE, &part));
    clips[0] = part;
    GOOD(sonic_enroll_options_init(&options, sizeof options));
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "dora", clips, 1, &options, NULL, NULL, NULL));
    CHECK(strstr(sonic_last_error(), "not good enough") != NULL);
    options.quality_gate = SONIC_QUALITY_GATE_SHORT_UTTERANCE;
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "dora", clips, 1, &options, NULL, NULL, NULL));
    CHECK(strstr(sonic_last_error(), "too short") != NULL);
    CHECK(people() == 3);
    options.quality_gate = SONIC_QUALITY_GATE_NONE;
    GOOD(sonic_voices_enroll_clips(store, embedder, "dora", clips, 1, &options, NULL, NULL, NULL));
    CHECK(people() == 4);
    GOOD(sonic_voices_forget(store, "dora", NULL));
    sonic_clip_free(part);
    sonic_clip_free(whole);
}

static bool same_answers(const sonic_voice_answer *a, const sonic_voice_answer *b) {
    size_t i, len = sonic_voice_answer_len(a);
    if (len != sonic_voice_answer_len(b) || sonic_voice_answer_decision(a) != sonic_voice_answer_decision(b)) return false;
    for (i = 0; i < len; i++) {
        const sonic_voice_match *x = sonic_voice_answer_match(a, i), *y = sonic_voice_answer_match(b, i);
        if (strcmp(x->person, y->person) != 0 || x->score != y->score || x->probability != y->probability) return false;
    }
    return true;
}

static void query(void) {
    sonic_voice_answer *by_file = NULL, *by_bytes = NULL, *by_clip = NULL;
    const sonic_voice_match *best;
    const sonic_voice_quality *quality;
    sonic_clip *clip = NULL;
    size_t len = 0;
    unsigned char *data = contents_of(files[0][5], &len);
    GOOD(identify_voice_file(store, embedder, files[0][5], NULL, &by_file));
    GOOD(identify_voice_bytes(store, embedder, data, len, NULL, &by_bytes));
    GOOD(decode_file(files[0][5], NULL, &clip));
    GOOD(sonic_voices_identify_clip(store, embedder, clip, NULL, &by_clip));
    CHECK(same_answers(by_file, by_bytes) && same_answers(by_file, by_clip));

    CHECK(sonic_voice_answer_decision(by_file) == SONIC_DECISION_MATCH && sonic_voice_answer_len(by_file) == 3);
    best = sonic_voice_answer_match(by_file, 0);
    CHECK(strcmp(best->person, "anna") == 0 && strcmp(best->user_id, "user-7") == 0 && best->is_enrolled);
    CHECK(best->score > 0.7f && best->score <= 1 && best->probability > 0.5f && best->sample_count == 5);
    CHECK(!best->has_normalized && best->normalized == 0 && strncmp(best->voiceprint_id, "vp_", 3) == 0);
    CHECK(sonic_voice_answer_match(by_file, 1)->probability <= best->probability);
    CHECK(sonic_voice_answer_match(by_file, 3) == NULL && sonic_voice_answer_match(by_file, (size_t)-1) == NULL);
    CHECK(sonic_voice_answer_compared(by_file) == 3 && sonic_voice_answer_cohort(by_file) == 0);
    CHECK(!sonic_voice_answer_calibrated(by_file));
    CHECK(sonic_voice_answer_decode_ms(by_file) > 0 && sonic_voice_answer_embed_ms(by_file) > 0);
    CHECK(sonic_voice_answer_search_ms(by_file) > 0 && sonic_voice_answer_decode_ms(by_clip) == 0);
    quality = sonic_voice_answer_quality(by_file);
    CHECK(quality->duration_ms == 4000 && quality->speech_ms > 1500 && quality->speech_ms < 4000);
    CHECK(quality->has_snr && quality->snr_db > 10 && quality->passes && quality->clipping < 0.01f);
    CHECK(quality->level_dbfs > -50 && quality->peak > 0.05f && quality->peak <= 1);
    sonic_voice_answer_free(by_clip);
    sonic_voice_answer_free(by_bytes);
    sonic_voice_answer_free(by_file);
    sonic_clip_free(clip);
    free(data);
}

static void other_queries(void) {
    sonic_voice_identify_options options = NOTHING;
    sonic_voice_answer *answer = NULL;
    const char *exclude[2] = {"anna", "nobody"};
    GOOD(sonic_voice_identify_options_init(&options, sizeof options));
    options.threads = 1;
    options.limit = 1;
    GOOD(identify_voice_file(store, embedder, files[1][4], &options, &answer));
    CHECK(sonic_voice_answer_len(answer) == 1 && strcmp(sonic_voice_answer_match(answer, 0)->person, "ben") == 0);
    CHECK(sonic_voice_answer_match(answer, 0)->user_id == NULL);
    sonic_voice_answer_free(answer);
    options.limit = 5;
    options.exclude = exclude;
    options.exclude_len = 2;
    GOOD(identify_voice_file(store, embedder, files[0][5], &options, &answer));
    CHECK(sonic_voice_answer_len(answer) == 2 && sonic_voice_answer_compared(answer) == 2);
    CHECK(strcmp(sonic_voice_answer_match(answer, 0)->person, "anna") != 0);
    sonic_voice_answer_free(answer);
    options.exclude_len = 0;
    options.has_threshold = 1;
    options.threshold = 0.99999f;
    GOOD(identify_voice_file(store, embedder, files[0][5], &options, &answer));
    CHECK(sonic_voice_answer_decision(answer) == SONIC_DECISION_UNKNOWN && sonic_voice_answer_len(answer) == 3);
    sonic_voice_answer_free(answer);
    options.has_threshold = 0;
    options.accept = 1;
    GOOD(identify_voice_file(store, embedder, files[0][5], &options, &answer));
    CHECK(sonic_voice_answer_decision(answer) == SONIC_DECISION_UNKNOWN);
    sonic_voice_answer_free(answer);
}

static void claims(void) {
    sonic_verification *by_file = NULL, *by_bytes = NULL, *by_clip = NULL, *false_claim = NULL;
    sonic_voice_identify_options options = NOTHING;
    const sonic_voice_match *claim;
    sonic_clip *clip = NULL;
    size_t len = 0;
    unsigned char *data = contents_of(files[1][5], &len);
    GOOD(verify_file(store, embedder, "ben", files[1][5], NULL, &by_file));
    GOOD(verify_bytes(store, embedder, "ben", data, len, NULL, &by_bytes));
    GOOD(decode_file(files[1][5], NULL, &clip));
    GOOD(sonic_voices_verify_clip(store, embedder, "ben", clip, NULL, &by_clip));
    claim = sonic_verification_claim(by_file);
    CHECK(sonic_verification_decision(by_file) == SONIC_DECISION_MATCH && strcmp(claim->person, "ben") == 0);
    CHECK(claim->probability > 0.5f && claim->sample_count == 2 && !sonic_verification_calibrated(by_file));
    CHECK(claim->score == sonic_verification_claim(by_bytes)->score);
    CHECK(claim->score == sonic_verification_claim(by_clip)->score);
    /* These voices are more alike than those of people, for whom the default is made. */
    GOOD(sonic_voice_identify_options_init(&options, sizeof options));
    options.has_threshold = 1;
    options.threshold = 0.6f;
    GOOD(sonic_voices_verify_clip(store, embedder, "anna", clip, &options, &false_claim));
    CHECK(sonic_verification_decision(false_claim) == SONIC_DECISION_UNKNOWN);
    CHECK(sonic_verification_claim(false_claim)->score < claim->score);
    sonic_verification_free(false_claim);
    false_claim = NULL;
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voices_verify_clip(store, embedder, "nobody", clip, NULL, &false_claim));
    sonic_verification_free(by_clip);
    sonic_verification_free(by_bytes);
    sonic_verification_free(by_file);
    sonic_clip_free(clip);
    free(data);
}

/* Shared handles in many hands, while somebody is enrolled and forgotten. */
static void *search(void *number) {
    const int who = *(const int *)number % 2;
    int round;
    for (round = 0; round < 4; round++) {
        sonic_voice_answer *answer = NULL;
        GOOD(identify_voice_file(store, embedder, files[who][5 - round % 2], NULL, &answer));
        CHECK(strcmp(sonic_voice_answer_match(answer, 0)->person, who == 0 ? "anna" : "ben") == 0);
        sonic_voice_answer_free(answer);
    }
    return NULL;
}

static void many_threads(void) {
    pthread_t threads[8];
    int numbers[8], i;
    sonic_clip *clip = clip_of(&CARLA, 500);
    const sonic_clip *clips[1];
    clips[0] = clip;
    for (i = 0; i < 8; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, search, &numbers[i]) == 0);
    }
    for (i = 0; i < 3; i++) {
        GOOD(sonic_voices_enroll_clips(store, embedder, "for a moment", clips, 1, NULL, NULL, NULL, NULL));
        GOOD(sonic_voices_forget(store, "for a moment", NULL));
    }
    for (i = 0; i < 8; i++) pthread_join(threads[i], NULL);
    sonic_clip_free(clip);
}

/* The table as any reader of Arrow sees it; gives the number of rows. */
static int64_t rows_in_arrow(void) {
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    int64_t rows = 0;
    GOOD(sonic_voices_table(store, &stream));
    CHECK(stream.get_schema(&stream, &schema) == 0 && schema.n_children == 18);
    CHECK(strcmp(schema.children[0]->name, "recording_id") == 0 && strcmp(schema.children[12]->name, "embedding") == 0);
    CHECK(strcmp(schema.children[12]->format, "+w:128") == 0);
    for (;;) {
        CHECK(stream.get_next(&stream, &batch) == 0);
        if (batch.release == NULL) break;
        rows += batch.length;
        batch.release(&batch);
    }
    schema.release(&schema);
    stream.release(&stream);
    return rows;
}

static void forgetting(void) {
    sonic_voiceprint_list *everybody = NULL;
    sonic_forgotten_voices forgotten;
    sonic_voice_answer *answer = NULL;
    GOOD(sonic_voices_people(store, &everybody));
    CHECK(sonic_voiceprint_list_len(everybody) == 3 && strcmp(sonic_voiceprint_list_at(everybody, 0)->person, "anna") == 0);
    CHECK(strcmp(sonic_voiceprint_list_at(everybody, 1)->person, "ben") == 0 && sonic_voiceprint_list_at(everybody, 2)->sample_count == 1);
    sonic_voiceprint_list_free(everybody);
    CHECK(rows_in_arrow() == 8);

    memset(&forgotten, 0xab, sizeof forgotten);
    forgotten.size = sizeof forgotten;
    GOOD(sonic_voices_forget(store, "ben", &forgotten));
    CHECK(forgotten.size == sizeof forgotten && forgotten.voiceprints == 1 && forgotten.recordings == 2);
    CHECK(forgotten.speakers == 0 && forgotten.reserved == 0);
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voices_forget(store, "ben", &forgotten));
    CHECK(forgotten.recordings == 2);
    GOOD(sonic_voices_forget_user(store, "user-7", &forgotten));
    CHECK(forgotten.voiceprints == 1 && forgotten.recordings == 5);
    GOOD(sonic_voices_forget_user(store, "user-7", &forgotten));
    CHECK(forgotten.voiceprints == 0 && forgotten.recordings == 0);
    GOOD(sonic_voices_forget_user(store, "user-8", NULL));
    CHECK(people() == 1 && rows_in_arrow() == 1);
    GOOD(identify_voice_file(store, embedder, files[0][5], NULL, &answer));
    CHECK(sonic_voice_answer_len(answer) == 1);
    sonic_voice_answer_free(answer);
    GOOD(sonic_voices_forget(store, "carla", NULL));
    GOOD(identify_voice_file(store, embedder, files[0][5], NULL, &answer));
    CHECK(sonic_voice_answer_len(answer) == 0 && sonic_voice_answer_decision(answer) == SONIC_DECISION_UNKNOWN);
    sonic_voice_answer_free(answer);
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    folder = arguments[1];
    set_up();
    embeddings();
    speech();
    enrolling_files();
    enrolling_bytes_and_clips();
    gates();
    query();
    other_queries();
    claims();
    many_threads();
    forgetting();
    sonic_voice_embedder_free(embedder);
    sonic_store_free(store);
    puts("all is as it should be");
    return 0;
}
