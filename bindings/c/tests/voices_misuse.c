/* What is done wrong with voices gives the right error, and nothing worse. Argument: an empty folder. */

#include "guarded.h"
#include "sources.h"
#include "speech.h"

static const char *folder;
static sonic_store *store;
static sonic_voice_embedder *embedder;
static sonic_clip *clip;
static const sonic_clip *clips[2];
static float vector[128];

static void set_up(void) {
    GOOD(sonic_store_open(path_in(folder, "store"), NULL, &store));
    GOOD(sonic_voice_embedder_new(NULL, NULL, &embedder));
    clip = clip_of(&ANNA, 1);
    clips[0] = clip;
    GOOD(sonic_voices_enroll_clips(store, embedder, "anna", clips, 1, NULL, NULL, NULL, NULL));
}

static void tear_down(void) {
    sonic_voiceprint_list *people = NULL;
    sonic_problems *problems = NULL;
    GOOD(sonic_voices_people(store, &people));
    CHECK(sonic_voiceprint_list_len(people) == 1); /* Nothing of the bad was taken. */
    GOOD(sonic_store_check(store, NULL, NULL, &problems));
    CHECK(sonic_problems_len(problems) == 0);
    sonic_problems_free(problems);
    sonic_voiceprint_list_free(people);
    sonic_clip_free(clip);
    sonic_voice_embedder_free(embedder);
    sonic_store_free(store);
}

/* A NULL in the place of each pointer in turn. */
static void nulls_of_making(void) {
    sonic_voice_embedder *e = UNTOUCHED(sonic_voice_embedder);
    sonic_speech_model *model = UNTOUCHED(sonic_speech_model);
    sonic_speech_spans *spans = UNTOUCHED(sonic_speech_spans);
    sonic_enrolled *enrolled = UNTOUCHED(sonic_enrolled);
    const sonic_clip *missing[2] = {clip, NULL};
    const char *paths[2] = {BROT, NULL};
    media_bytes bytes = {NULL, 10};
    BAD_ARGUMENT(sonic_voice_embedder_new(NULL, NULL, NULL));
    KEPT(e);
    BAD_ARGUMENT(sonic_voice_embedder_embed_clip(NULL, clip, vector, 128));
    BAD_ARGUMENT(sonic_voice_embedder_embed_clip(embedder, NULL, vector, 128));
    BAD_ARGUMENT(sonic_voice_embedder_embed_clip(embedder, clip, NULL, 128));
    BAD_ARGUMENT(sonic_voice_embedder_embed_clip(embedder, clip, NULL, 0));
    BAD_ARGUMENT(embed_file(NULL, BROT, vector, 128));
    BAD_ARGUMENT(embed_file(embedder, NULL, vector, 128));
    BAD_ARGUMENT(embed_file(embedder, BROT, NULL, 128));
    BAD_ARGUMENT(embed_bytes(NULL, (const uint8_t *)"x", 1, vector, 128));
    BAD_ARGUMENT(embed_bytes(embedder, NULL, 1, vector, 128));
    BAD_ARGUMENT(embed_bytes(embedder, (const uint8_t *)"x", 1, NULL, 128));
    BAD_ARGUMENT(sonic_speech_model_new(NULL, NULL, NULL));
    KEPT(model);
    BAD_ARGUMENT(sonic_speech_spans_new(NULL, NULL, &spans));
    BAD_ARGUMENT(sonic_speech_spans_new(clip, NULL, NULL));
    KEPT(spans);
    BAD_ARGUMENT(sonic_voices_enroll_clips(NULL, embedder, "a", clips, 1, NULL, NULL, NULL, &enrolled));
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, NULL, "a", clips, 1, NULL, NULL, NULL, &enrolled));
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, NULL, clips, 1, NULL, NULL, NULL, &enrolled));
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "a", NULL, 1, NULL, NULL, NULL, &enrolled));
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "a", NULL, 0, NULL, NULL, NULL, &enrolled));
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "a", missing, 2, NULL, NULL, NULL, &enrolled));
    CHECK(strcmp(sonic_last_error(), "a clip of clips is NULL") == 0);
    BAD_ARGUMENT(enroll_files(store, embedder, "a", NULL, 1, NULL, &enrolled));
    BAD_ARGUMENT(enroll_files(store, embedder, "a", NULL, 0, NULL, &enrolled));
    BAD_ARGUMENT(enroll_files(store, embedder, "a", paths, 2, NULL, &enrolled));
    BAD_ARGUMENT(enroll_bytes(store, embedder, "a", NULL, 1, NULL, &enrolled));
    BAD_ARGUMENT(enroll_bytes(store, embedder, "a", &bytes, 1, NULL, &enrolled));
    KEPT(enrolled);
}

static void nulls_of_queries(void) {
    sonic_voice_answer *answer = UNTOUCHED(sonic_voice_answer);
    sonic_verification *verification = UNTOUCHED(sonic_verification);
    sonic_voiceprint_list *people = UNTOUCHED(sonic_voiceprint_list);
    struct ArrowArrayStream stream;
    BAD_ARGUMENT(sonic_voices_identify_clip(NULL, embedder, clip, NULL, &answer));
    BAD_ARGUMENT(sonic_voices_identify_clip(store, NULL, clip, NULL, &answer));
    BAD_ARGUMENT(sonic_voices_identify_clip(store, embedder, NULL, NULL, &answer));
    BAD_ARGUMENT(sonic_voices_identify_clip(store, embedder, clip, NULL, NULL));
    BAD_ARGUMENT(identify_voice_file(store, embedder, NULL, NULL, &answer));
    BAD_ARGUMENT(identify_voice_file(store, embedder, BROT, NULL, NULL));
    BAD_ARGUMENT(identify_voice_bytes(store, embedder, NULL, 1, NULL, &answer));
    BAD_ARGUMENT(identify_voice_bytes(store, embedder, (const uint8_t *)"x", 1, NULL, NULL));
    KEPT(answer);
    BAD_ARGUMENT(sonic_voices_verify_clip(NULL, embedder, "anna", clip, NULL, &verification));
    BAD_ARGUMENT(sonic_voices_verify_clip(store, NULL, "anna", clip, NULL, &verification));
    BAD_ARGUMENT(sonic_voices_verify_clip(store, embedder, NULL, clip, NULL, &verification));
    BAD_ARGUMENT(sonic_voices_verify_clip(store, embedder, "anna", NULL, NULL, &verification));
    BAD_ARGUMENT(sonic_voices_verify_clip(store, embedder, "anna", clip, NULL, NULL));
    BAD_ARGUMENT(verify_file(store, embedder, "anna", NULL, NULL, &verification));
    BAD_ARGUMENT(verify_bytes(store, embedder, "anna", NULL, 1, NULL, &verification));
    KEPT(verification);
    BAD_ARGUMENT(sonic_voices_people(NULL, &people));
    BAD_ARGUMENT(sonic_voices_people(store, NULL));
    KEPT(people);
    BAD_ARGUMENT(sonic_voices_forget(NULL, "anna", NULL));
    BAD_ARGUMENT(sonic_voices_forget(store, NULL, NULL));
    BAD_ARGUMENT(sonic_voices_forget_user(NULL, "u", NULL));
    BAD_ARGUMENT(sonic_voices_forget_user(store, NULL, NULL));
    BAD_ARGUMENT(sonic_voices_table(NULL, &stream));
    BAD_ARGUMENT(sonic_voices_table(store, NULL));
}

static void nothing(void) {
    CHECK(sonic_voice_embedder_dimensions(NULL) == 0 && sonic_voice_embedder_sample_rate(NULL) == 0);
    CHECK(sonic_voice_embedder_pipeline(NULL) == NULL);
    CHECK(sonic_speech_spans_len(NULL) == 0 && sonic_speech_spans_data(NULL) == NULL);
    CHECK(sonic_voiceprint_list_len(NULL) == 0 && sonic_voiceprint_list_at(NULL, 0) == NULL);
    CHECK(sonic_enrolled_status(NULL) == SONIC_ENROLL_SAMPLE_ADDED && sonic_enrolled_added(NULL) == 0);
    CHECK(sonic_enrolled_known(NULL) == 0 && sonic_enrolled_left_out(NULL) == 0);
    CHECK(sonic_enrolled_voiceprint(NULL) == NULL);
    CHECK(sonic_voice_answer_decision(NULL) == SONIC_DECISION_UNKNOWN && sonic_voice_answer_len(NULL) == 0);
    CHECK(sonic_voice_answer_match(NULL, 0) == NULL && sonic_voice_answer_quality(NULL) == NULL);
    CHECK(sonic_voice_answer_compared(NULL) == 0 && sonic_voice_answer_cohort(NULL) == 0);
    CHECK(!sonic_voice_answer_calibrated(NULL) && sonic_voice_answer_decode_ms(NULL) == 0);
    CHECK(sonic_voice_answer_embed_ms(NULL) == 0 && sonic_voice_answer_search_ms(NULL) == 0);
    CHECK(sonic_verification_decision(NULL) == SONIC_DECISION_UNKNOWN);
    CHECK(sonic_verification_claim(NULL) == NULL && !sonic_verification_calibrated(NULL));
    sonic_voice_embedder_free(NULL);
    sonic_speech_model_free(NULL);
    sonic_speech_spans_free(NULL);
    sonic_voiceprint_list_free(NULL);
    sonic_enrolled_free(NULL);
    sonic_voice_answer_free(NULL);
    sonic_verification_free(NULL);
}

/* The smallest later version of an options struct, which asks for what is not there yet. */
#define LATER(type) ((type *)later(sizeof(type)))
static void *later(size_t size) {
    char *bytes = (char *)at_the_end_of_memory(size + 8, (uint32_t)size + 8);
    bytes[size + 7] = 1;
    return bytes;
}

#define OURS(type) ((type *)at_the_end_of_memory(sizeof(type), sizeof(type)))
#define UNSUPPORTED(call) EXPECT(SONIC_ERROR_UNSUPPORTED, call)

/* Every options struct with sizes that it cannot have, and with sizes of other versions. */
static void sizes(void) {
    uint32_t wrong[] = {0, 1, 8, 15, 4097, 0xffffffff};
    size_t i;
    sonic_voice_embedder *e = UNTOUCHED(sonic_voice_embedder);
    sonic_speech_model *model = UNTOUCHED(sonic_speech_model);
    sonic_speech_spans *spans = UNTOUCHED(sonic_speech_spans);
    sonic_voice_answer *answer = UNTOUCHED(sonic_voice_answer);
    sonic_voice_embedder_options *loading;
    sonic_speech_options *speaking;
    sonic_enroll_options *enrolling;
    sonic_voice_identify_options *query;
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        void *options = at_the_end_of_memory(8, wrong[i]);
        BAD_ARGUMENT(sonic_voice_embedder_new(NULL, (sonic_voice_embedder_options *)options, &e));
        BAD_ARGUMENT(sonic_speech_model_new(NULL, (sonic_speech_model_options *)options, &model));
        BAD_ARGUMENT(sonic_speech_spans_new(clip, (sonic_speech_options *)options, &spans));
        BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "a", clips, 1, (sonic_enroll_options *)options, NULL, NULL, NULL));
        BAD_ARGUMENT(sonic_voices_identify_clip(store, embedder, clip, (sonic_voice_identify_options *)options, &answer));
        /* Nobody is forgotten before the counts can be written. */
        BAD_ARGUMENT(sonic_voices_forget(store, "anna", (sonic_forgotten_voices *)options));
        BAD_ARGUMENT(sonic_voices_forget_user(store, "anna", (sonic_forgotten_voices *)options));
        CHECK(strstr(sonic_last_error(), "sizeof") != NULL);
    }
    UNSUPPORTED(sonic_voice_embedder_new(NULL, LATER(sonic_voice_embedder_options), &e));
    UNSUPPORTED(sonic_speech_model_new(NULL, LATER(sonic_speech_model_options), &model));
    UNSUPPORTED(sonic_speech_spans_new(clip, LATER(sonic_speech_options), &spans));
    UNSUPPORTED(sonic_voices_enroll_clips(store, embedder, "a", clips, 1, LATER(sonic_enroll_options), NULL, NULL, NULL));
    UNSUPPORTED(sonic_voices_identify_clip(store, embedder, clip, LATER(sonic_voice_identify_options), &answer));
    KEPT(e);
    KEPT(model);
    KEPT(spans);
    KEPT(answer);
    loading = OURS(sonic_voice_embedder_options);
    speaking = OURS(sonic_speech_options);
    enrolling = OURS(sonic_enroll_options);
    query = OURS(sonic_voice_identify_options);
    GOOD(sonic_voice_embedder_options_init(loading, sizeof *loading));
    GOOD(sonic_speech_options_init(speaking, sizeof *speaking));
    GOOD(sonic_enroll_options_init(enrolling, sizeof *enrolling));
    GOOD(sonic_voice_identify_options_init(query, sizeof *query));
    GOOD(sonic_voice_embedder_new(NULL, loading, &e));
    GOOD(sonic_speech_spans_new(clip, speaking, &spans));
    GOOD(sonic_voices_enroll_clips(store, embedder, "anna", clips, 1, enrolling, NULL, NULL, NULL));
    GOOD(sonic_voices_identify_clip(store, embedder, clip, query, &answer));
    GOOD(sonic_voices_forget_user(store, "nobody", OURS(sonic_forgotten_voices)));
    sonic_voice_answer_free(answer);
    sonic_speech_spans_free(spans);
    sonic_voice_embedder_free(e);
}

static void fields_of_models(void) {
    sonic_voice_embedder_options options = NOTHING;
    sonic_speech_options speech = NOTHING;
    sonic_voice_embedder *e = UNTOUCHED(sonic_voice_embedder);
    sonic_speech_spans *spans = UNTOUCHED(sonic_speech_spans);
    GOOD(sonic_voice_embedder_options_init(&options, sizeof options));
    options.threads = 0xffffffff;
    BAD_ARGUMENT(sonic_voice_embedder_new(NULL, &options, &e));
    options.threads = 0;
    options.provider = 3;
    BAD_ARGUMENT(sonic_voice_embedder_new(NULL, &options, &e));
    options.provider = 0;
    options.prepare = 2;
    BAD_ARGUMENT(sonic_voice_embedder_new(NULL, &options, &e));
    options.prepare = 1;
    options.onnxruntime = "";
    BAD_ARGUMENT(sonic_voice_embedder_new(NULL, &options, &e));
    KEPT(e);
    GOOD(sonic_speech_options_init(&speech, sizeof speech));
    speech.threshold = 1;
    BAD_ARGUMENT(sonic_speech_spans_new(clip, &speech, &spans));
    speech.threshold = -1;
    BAD_ARGUMENT(sonic_speech_spans_new(clip, &speech, &spans));
    speech.threshold = (float)NAN;
    BAD_ARGUMENT(sonic_speech_spans_new(clip, &speech, &spans));
    speech.threshold = 0.5f;
    speech.reserved = 7;
    BAD_ARGUMENT(sonic_speech_spans_new(clip, &speech, &spans));
    KEPT(spans);
}

static void fields_of_people(void) {
    sonic_enroll_options options = NOTHING;
    sonic_voice_identify_options query = NOTHING;
    sonic_voice_answer *answer = UNTOUCHED(sonic_voice_answer);
    const char *names[2] = {"anna", NULL};
    static char name[SONIC_MAX_NAME_BYTES + 2];
    memset(name, 'x', SONIC_MAX_NAME_BYTES + 1);
    GOOD(sonic_enroll_options_init(&options, sizeof options));
    options.quality_gate = 3;
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "a", clips, 1, &options, NULL, NULL, NULL));
    options.quality_gate = 0;
    options.min_samples = 6; /* More than five. */
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "a", clips, 1, &options, NULL, NULL, NULL));
    options.min_samples = 3;
    options.user_id = "\xff";
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "a", clips, 1, &options, NULL, NULL, NULL));
    options.user_id = name;
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "a", clips, 1, &options, NULL, NULL, NULL));
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, name, clips, 1, NULL, NULL, NULL, NULL));
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "", clips, 1, NULL, NULL, NULL, NULL));
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "\xff", clips, 1, NULL, NULL, NULL, NULL));
    EXPECT(SONIC_ERROR_MISMATCH, sonic_voices_enroll_clips(store, embedder, "ben", clips, 1, NULL, NULL, NULL, NULL));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voices_forget(store, "ben", NULL));
    BAD_ARGUMENT(sonic_voices_forget_user(store, "", NULL));

    GOOD(sonic_voice_identify_options_init(&query, sizeof query));
    query.threads = 5000;
    BAD_ARGUMENT(sonic_voices_identify_clip(store, embedder, clip, &query, &answer));
    query.threads = 0;
    query.exclude = names;
    query.exclude_len = 2;
    BAD_ARGUMENT(sonic_voices_identify_clip(store, embedder, clip, &query, &answer));
    query.exclude_len = (size_t)-1;
    BAD_ARGUMENT(sonic_voices_identify_clip(store, embedder, clip, &query, &answer));
    query.exclude_len = 0;
    query.accept = 1.5f;
    BAD_ARGUMENT(sonic_voices_identify_clip(store, embedder, clip, &query, &answer));
    query.accept = 0.5f;
    query.has_threshold = 1;
    query.threshold = (float)NAN;
    BAD_ARGUMENT(sonic_voices_identify_clip(store, embedder, clip, &query, &answer));
    KEPT(answer);
}

/* The buffer of a vector is written when all is well, and no byte of it otherwise. */
static void buffers(void) {
    float guard[130], *inside = guard + 1;
    char unaligned[600];
    float *crooked = (float *)(void *)(unaligned + ((size_t)unaligned % 4 ? 0 : 1));
    int i;
    for (i = 0; i < 130; i++) guard[i] = 77;
    BAD_ARGUMENT(sonic_voice_embedder_embed_clip(embedder, clip, inside, 127));
    CHECK(strstr(sonic_last_error(), "127") != NULL && strstr(sonic_last_error(), "128") != NULL);
    BAD_ARGUMENT(sonic_voice_embedder_embed_clip(embedder, clip, inside, 129));
    BAD_ARGUMENT(sonic_voice_embedder_embed_clip(embedder, clip, inside, 0));
    BAD_ARGUMENT(sonic_voice_embedder_embed_clip(embedder, clip, crooked, 128));
    EXPECT(SONIC_ERROR_NOT_FOUND, embed_file(embedder, "no/such/file", inside, 128));
    for (i = 0; i < 130; i++) CHECK(guard[i] == 77);
    GOOD(sonic_voice_embedder_embed_clip(embedder, clip, inside, 128));
    CHECK(guard[0] == 77 && guard[129] == 77 && guard[1] != 77 && guard[128] != 77);
}

/* Sound in which nobody can be heard. */
static void sounds(void) {
    static float samples[3 * RATE];
    static const unsigned char noise[64] = {0x13, 0x37, 0xde, 0xad, 1, 2, 3, 4, 99, 98, 97};
    media_bytes bytes = {noise, sizeof noise};
    sonic_clip *silence = NULL, *empty = NULL, *brief = NULL;
    sonic_speech_spans *spans = NULL;
    sonic_voice_answer *answer = UNTOUCHED(sonic_voice_answer);
    const char *folders[1] = {"examples"};
    const sonic_clip *both[2];
    GOOD(sonic_clip_new(samples, 3 * RATE, RATE, &silence));
    GOOD(sonic_clip_new(NULL, 0, RATE, &empty));
    GOOD(sonic_clip_new(sonic_clip_samples(clip) + 2000, RATE / 10, RATE, &brief));
    BAD_ARGUMENT(sonic_voice_embedder_embed_clip(embedder, silence, vector, 128));
    BAD_ARGUMENT(sonic_voice_embedder_embed_clip(embedder, empty, vector, 128));
    BAD_ARGUMENT(sonic_voice_embedder_embed_clip(embedder, brief, vector, 128));
    BAD_ARGUMENT(sonic_voices_identify_clip(store, embedder, silence, NULL, &answer));
    both[0] = clip;
    both[1] = silence;
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "all or nothing", both, 2, NULL, NULL, NULL, NULL));
    EXPECT(SONIC_ERROR_UNSUPPORTED, identify_voice_bytes(store, embedder, noise, sizeof noise, NULL, &answer));
    EXPECT(SONIC_ERROR_MALFORMED, identify_voice_bytes(store, embedder, NULL, 0, NULL, &answer));
    EXPECT(SONIC_ERROR_NOT_FOUND, identify_voice_file(store, embedder, "no/such/file", NULL, &answer));
    EXPECT(SONIC_ERROR_UNSUPPORTED, enroll_bytes(store, embedder, "a", &bytes, 1, NULL, NULL));
    BAD_ARGUMENT(enroll_files(store, embedder, "a", folders, 1, NULL, NULL));
    KEPT(answer);
    GOOD(sonic_speech_spans_new(silence, NULL, &spans));
    CHECK(sonic_speech_spans_len(spans) == 0);
    sonic_speech_spans_free(spans);
    GOOD(sonic_speech_spans_new(empty, NULL, &spans));
    CHECK(sonic_speech_spans_len(spans) == 0);
    sonic_speech_spans_free(spans);
    sonic_clip_free(brief);
    sonic_clip_free(empty);
    sonic_clip_free(silence);
}

/* Models that are not there, are of another kind, or are no models. No ONNX Runtime is needed to say so. */
static void models(void) {
    sonic_voice_embedder_options options = NOTHING;
    sonic_speech_model_options of_speech = NOTHING;
    sonic_voice_embedder *e = UNTOUCHED(sonic_voice_embedder);
    sonic_speech_model *model = UNTOUCHED(sonic_speech_model);
    char path[4096];
    FILE *file;
    GOOD(sonic_voice_embedder_options_init(&options, sizeof options));
    options.models_folder = folder;
    GOOD(sonic_speech_model_options_init(&of_speech, sizeof of_speech));
    of_speech.models_folder = folder;
    snprintf(path, sizeof path, "%s/unknown.onnx", folder);
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voice_embedder_new("celda129", &options, &e));
    CHECK(strstr(sonic_last_error(), "celda128") != NULL);
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voice_embedder_new(path, &options, &e));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voice_embedder_new("", &options, &e));
    BAD_ARGUMENT(sonic_voice_embedder_new("\xff", &options, &e));
    EXPECT(SONIC_ERROR_MODEL, sonic_voice_embedder_new("ecapa-voxceleb", &options, &e));
    CHECK(strstr(sonic_last_error(), folder) != NULL);
    CHECK((file = fopen(path, "wb")) != NULL && fputs("no model", file) >= 0 && fclose(file) == 0);
    EXPECT(SONIC_ERROR_MODEL, sonic_voice_embedder_new(path, &options, &e));
    CHECK(strstr(sonic_last_error(), "manifest") != NULL);
    EXPECT(SONIC_ERROR_MODEL, sonic_speech_model_new(NULL, &of_speech, &model));
    EXPECT(SONIC_ERROR_MODEL, sonic_speech_model_new("celda128", &of_speech, &model));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_speech_model_new("nobody", &of_speech, &model));
    KEPT(model);

    /* The file is there, the runtime is not. */
    snprintf(path, sizeof path, "%s/silero_vad.onnx", folder);
    CHECK((file = fopen(path, "wb")) != NULL && fputs("no model", file) >= 0 && fclose(file) == 0);
    of_speech.onnxruntime = "no/such/libonnxruntime.so";
    EXPECT(SONIC_ERROR_MODEL, sonic_speech_model_new(NULL, &of_speech, &model));
    CHECK(strstr(sonic_last_error(), "ONNX Runtime") != NULL && strstr(sonic_last_error(), "no/such") != NULL);
    KEPT(e);
    KEPT(model);
    /* What is built in does not ask for it. */
    options.onnxruntime = "no/such/libonnxruntime.so";
    GOOD(sonic_voice_embedder_new("celda128", &options, &e));
    sonic_voice_embedder_free(e);
}

static void closed(void) {
    sonic_store *s = NULL;
    sonic_voiceprint_list *people = UNTOUCHED(sonic_voiceprint_list);
    sonic_voice_answer *answer = UNTOUCHED(sonic_voice_answer);
    sonic_verification *verification = UNTOUCHED(sonic_verification);
    sonic_enrolled *enrolled = UNTOUCHED(sonic_enrolled);
    sonic_forgotten_voices forgotten = NOTHING;
    struct ArrowArrayStream stream;
    forgotten.size = sizeof forgotten;
    forgotten.recordings = 77;
    GOOD(sonic_store_open(path_in(folder, "closed"), NULL, &s));
    GOOD(sonic_voices_enroll_clips(s, embedder, "anna", clips, 1, NULL, NULL, NULL, NULL));
    GOOD(sonic_store_close(s));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_enroll_clips(s, embedder, "anna", clips, 1, NULL, NULL, NULL, &enrolled));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_identify_clip(s, embedder, clip, NULL, &answer));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_verify_clip(s, embedder, "anna", clip, NULL, &verification));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_people(s, &people));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_forget(s, "anna", &forgotten));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_forget_user(s, "anna", &forgotten));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_table(s, &stream));
    CHECK(forgotten.recordings == 77);
    KEPT(enrolled);
    KEPT(answer);
    KEPT(verification);
    KEPT(people);
    sonic_store_free(s);
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    folder = arguments[1];
    set_up();
    nulls_of_making();
    nulls_of_queries();
    nothing();
    sizes();
    fields_of_models();
    fields_of_people();
    buffers();
    sounds();
    models();
    closed();
    tear_down();
    puts("all is as it should be");
    return 0;
}
