/* People of real recordings are known again, and models in ONNX form do as the one that is built in. Arguments: an
 * empty folder, the folder of the models, and for each person --person NAME FILE FILE FILE FILE FILE; the last of them is
 * a stranger. */

#include "check.h"
#include "sources.h"
#include <math.h>

#define FILES 5

typedef struct {
    const char *name;
    const char *const *files;
} person;

static sonic_store *store;
static sonic_voice_embedder *embedder;

static void enrol(const person *who) {
    sonic_enroll_options options = NOTHING;
    sonic_enrolled *enrolled = NULL;
    GOOD(sonic_enroll_options_init(&options, sizeof options));
    options.quality_gate = SONIC_QUALITY_GATE_NONE; /* Some of them are read in a noisy room. */
    GOOD(enroll_files(store, embedder, who->name, who->files, 3, &options, &enrolled));
    CHECK(sonic_enrolled_status(enrolled) == SONIC_ENROLL_ENROLLED && sonic_enrolled_added(enrolled) == 3);
    sonic_enrolled_free(enrolled);
}

static void known_again(const person *who, const char *file) {
    sonic_voice_answer *answer = NULL;
    sonic_verification *verification = NULL;
    GOOD(identify_voice_file(store, embedder, file, NULL, &answer));
    CHECK(sonic_voice_answer_decision(answer) == SONIC_DECISION_MATCH);
    CHECK(strcmp(sonic_voice_answer_match(answer, 0)->person, who->name) == 0);
    CHECK(sonic_voice_answer_quality(answer)->has_snr && sonic_voice_answer_quality(answer)->speech_ms > 1000);
    GOOD(verify_file(store, embedder, who->name, file, NULL, &verification));
    CHECK(sonic_verification_decision(verification) == SONIC_DECISION_MATCH);
    sonic_verification_free(verification);
    sonic_voice_answer_free(answer);
}

static void unknown(const char *file, const person *not_them) {
    sonic_voice_answer *answer = NULL;
    sonic_verification *verification = NULL;
    GOOD(identify_voice_file(store, embedder, file, NULL, &answer));
    CHECK(sonic_voice_answer_decision(answer) == SONIC_DECISION_UNKNOWN);
    GOOD(verify_file(store, embedder, not_them->name, file, NULL, &verification));
    CHECK(sonic_verification_decision(verification) == SONIC_DECISION_UNKNOWN);
    sonic_verification_free(verification);
    sonic_voice_answer_free(answer);
}

/* The model as a network, fed with features; false if there is no ONNX Runtime. */
static bool networks(const char *models, const char *file) {
    sonic_voice_embedder *network = NULL;
    sonic_voice_answer *answer = NULL;
    sonic_enroll_options options = NOTHING;
    char path[4096];
    float built_in[128], by_network[128], cosine = 0;
    sonic_status status;
    int i;
    snprintf(path, sizeof path, "%s/celda128/celda128.onnx", models);
    status = sonic_voice_embedder_new(path, NULL, &network);
    if (status != SONIC_OK) {
        CHECK(status == SONIC_ERROR_MODEL && strstr(sonic_last_error(), "ONNX Runtime") != NULL);
        printf("passed over: %s\n", sonic_last_error());
        return false;
    }
    CHECK(sonic_voice_embedder_dimensions(network) == 128 && sonic_voice_embedder_sample_rate(network) == 16000);
    GOOD(embed_file(embedder, file, built_in, 128));
    GOOD(embed_file(network, file, by_network, 128));
    for (i = 0; i < 128; i++) cosine += built_in[i] * by_network[i];
    CHECK(cosine > 0.9999f);
    /* They are of two pipelines all the same. */
    CHECK(strcmp(sonic_voice_embedder_pipeline(network), sonic_voice_embedder_pipeline(embedder)) != 0);
    EXPECT(SONIC_ERROR_MISMATCH, identify_voice_file(store, network, file, NULL, &answer));
    GOOD(sonic_enroll_options_init(&options, sizeof options));
    options.quality_gate = SONIC_QUALITY_GATE_NONE;
    EXPECT(SONIC_ERROR_MISMATCH, enroll_files(store, network, "somebody", &file, 1, &options, NULL));
    CHECK(answer == NULL);
    sonic_voice_embedder_free(network);
    return true;
}

/* Silero finds speech where the method without a model does, give or take. */
static void silero(const char *models, const char *file) {
    sonic_speech_options options = NOTHING;
    sonic_speech_model *model = NULL;
    sonic_voice_embedder *wrong_kind = NULL;
    sonic_speech_spans *spans = NULL;
    sonic_clip *clip = NULL;
    const sonic_span *data;
    uint64_t spoken = 0, end = 0;
    size_t i;
    char path[4096];
    snprintf(path, sizeof path, "%s/silero-vad/silero_vad.onnx", models);
    GOOD(sonic_speech_model_new(path, NULL, &model));
    EXPECT(SONIC_ERROR_MODEL, sonic_voice_embedder_new(path, NULL, &wrong_kind));
    GOOD(decode_file(file, NULL, &clip));
    GOOD(sonic_speech_options_init(&options, sizeof options));
    options.model = model;
    GOOD(sonic_speech_spans_new(clip, &options, &spans));
    sonic_speech_model_free(model);
    data = sonic_speech_spans_data(spans);
    for (i = 0; i < sonic_speech_spans_len(spans); i++) {
        CHECK(data[i].start_ms >= end && data[i].end_ms > data[i].start_ms);
        end = data[i].end_ms;
        spoken += data[i].end_ms - data[i].start_ms;
    }
    CHECK(end <= sonic_clip_duration_ms(clip) && 10 * spoken > 6 * sonic_clip_duration_ms(clip));
    sonic_speech_spans_free(spans);
    sonic_clip_free(clip);
}

int main(int count, char **arguments) {
    person people[20];
    int known = 0, i, k;
    CHECK(count >= 3 && (count - 3) % (FILES + 2) == 0);
    for (i = 3; i < count && known < 20; i += FILES + 2) {
        CHECK(strcmp(arguments[i], "--person") == 0);
        people[known].name = arguments[i + 1];
        people[known++].files = (const char *const *)&arguments[i + 2];
    }
    CHECK(known-- > 2);
    GOOD(sonic_store_open(path_in(arguments[1], "store"), NULL, &store));
    GOOD(sonic_voice_embedder_new(NULL, NULL, &embedder));
    for (i = 0; i < known; i++) enrol(&people[i]);
    for (i = 0; i < known; i++) {
        for (k = 3; k < FILES; k++) known_again(&people[i], people[i].files[k]);
    }
    for (k = 0; k < FILES; k++) unknown(people[known].files[k], &people[0]);
    if (networks(arguments[2], people[0].files[4])) silero(arguments[2], people[0].files[4]);
    sonic_voice_embedder_free(embedder);
    sonic_store_free(store);
    puts("all is as it should be");
    return 0;
}
