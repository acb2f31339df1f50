/* Sessions that follow a connection. Arguments: an empty folder, and a folder of slices of a real recorder, if there is one. */

#include "check.h"
#include <math.h>
#include <pthread.h>
#include <time.h>

#define RATE 16000
#define SLICE 2000

static const char *spoken = "examples/demo/voices/enrol/alma/boat.opus";

/* What a recording came to: its last segments, and how often something became known. */
struct found {
    size_t segments;
    size_t finals;
    uint64_t first_ms;
    uint64_t last_ms;
    char first_id[128];
    char text[256];
    char speaker[64];
    size_t words;
    float confidence;
};

static void take(sonic_segment_list *segments, struct found *found) {
    for (size_t i = 0; i < sonic_segment_list_len(segments); i++) {
        const sonic_segment *one = sonic_segment_list_at(segments, i);
        CHECK(one->id != NULL && strlen(one->id) > 4 && one->text != NULL && one->end_ms > one->start_ms);
        CHECK(one->confidence >= 0 && one->confidence <= 1 && (one->words == NULL) == (one->word_len == 0));
        if (found->segments++ == 0) {
            snprintf(found->first_id, sizeof found->first_id, "%s", one->id);
            found->first_ms = one->start_ms;
        }
        found->finals += one->is_final ? 1 : 0;
        found->last_ms = one->end_ms;
        found->words = one->word_len;
        found->confidence = one->confidence;
        snprintf(found->text, sizeof found->text, "%s", one->text);
        snprintf(found->speaker, sizeof found->speaker, "%s", one->speaker ? one->speaker : "");
        for (size_t w = 0; w < one->word_len; w++) {
            CHECK(one->words[w].start_ms >= one->start_ms && one->words[w].end_ms <= one->end_ms);
        }
    }
    CHECK(sonic_segment_list_at(segments, sonic_segment_list_len(segments)) == NULL);
    sonic_segment_list_free(segments);
}

/* Pushes slices from `first` on, before `end`; gives how many there are in all. */
static uint64_t push(sonic_live_session *session, uint64_t first, uint64_t end, struct found *found) {
    size_t len = 0;
    unsigned char *data = contents_of(spoken, &len);
    uint64_t count = (len + SLICE - 1) / SLICE;
    sonic_segment_list *segments = NULL;
    for (uint64_t i = first; i < end && i < count; i++) {
        size_t at = (size_t)i * SLICE;
        GOOD(sonic_live_session_push(session, i, data + at, len - at < SLICE ? len - at : SLICE, &segments));
        take(segments, found);
    }
    free(data);
    return count;
}

static void finish(sonic_live_session *session, struct found *found) {
    sonic_segment_list *segments = NULL;
    GOOD(sonic_live_session_finish(session, &segments));
    take(segments, found);
}

/* What a recogniser of the caller was told and says. */
struct clerk {
    pthread_mutex_t lock;
    int calls;
    int released;
    int status;
    float confidence;
};

static int32_t recognize(void *state, const sonic_utterance *utterance, sonic_recognition *recognition) {
    struct clerk *clerk = (struct clerk *)state;
    char text[64];
    CHECK(utterance->len > 0 && utterance->len <= 60 * RATE && fabsf(utterance->samples[0]) <= 1);
    CHECK(utterance->language != NULL && strcmp(utterance->language, "en") == 0);
    pthread_mutex_lock(&clerk->lock);
    clerk->calls++;
    int status = clerk->status;
    float confidence = clerk->confidence;
    pthread_mutex_unlock(&clerk->lock);
    if (status != 0) return status;
    snprintf(text, sizeof text, "%d ms", (int)(utterance->len / 16));
    BAD_ARGUMENT(sonic_recognition_set_text(recognition, "\xff", 1));
    BAD_ARGUMENT(sonic_recognition_set_text(NULL, text, 1));
    GOOD(sonic_recognition_set_text(recognition, text, confidence));
    GOOD(sonic_recognition_add_word(recognition, 0, 100, "some", confidence));
    GOOD(sonic_recognition_add_word(recognition, 100, 200, "ms", confidence));
    return 0;
}

static void release(void *state) {
    struct clerk *clerk = (struct clerk *)state;
    pthread_mutex_lock(&clerk->lock);
    clerk->released++;
    pthread_mutex_unlock(&clerk->lock);
}

static int released(struct clerk *clerk) {
    pthread_mutex_lock(&clerk->lock);
    int times = clerk->released;
    pthread_mutex_unlock(&clerk->lock);
    return times;
}

static void by_a_function(void) {
    struct clerk clerk = {PTHREAD_MUTEX_INITIALIZER, 0, 0, 0, 0.75f};
    struct found found = NOTHING;
    sonic_recognizer *recognizer = NULL, *none = UNTOUCHED(sonic_recognizer);
    sonic_recognizer_options how;
    sonic_recognition_counts counts = NOTHING;
    sonic_live_options options;
    sonic_live_session *session = NULL;
    sonic_live_stats stats = NOTHING;
    GOOD(sonic_recognizer_options_init(&how, sizeof how));
    CHECK(how.concurrency == 4 && how.timeout_ms == 30000 && how.attempts == 3);
    how.concurrency = 0;
    BAD_ARGUMENT(sonic_recognizer_function("clerk", recognize, release, &clerk, &how, &none));
    BAD_ARGUMENT(sonic_recognizer_function("clerk", NULL, release, &clerk, NULL, &none));
    BAD_ARGUMENT(sonic_recognizer_function(NULL, recognize, release, &clerk, NULL, &none));
    KEPT(none);
    CHECK(released(&clerk) == 0);
    GOOD(sonic_recognizer_function("clerk", recognize, release, &clerk, NULL, &recognizer));
    GOOD(sonic_live_options_init(&options, sizeof options));
    CHECK(options.window == 3 && options.hangover_ms == 500 && options.max_ms == 15000 && options.bit_ms == 100);
    options.recognizer = recognizer;
    options.language = "en";
    options.partial_ms = 0;
    GOOD(sonic_live_session_new("meeting", &options, &session));
    push(session, 0, UINT64_MAX, &found);
    finish(session, &found);
    CHECK(found.finals > 0 && strstr(found.text, " ms") != NULL && found.words == 2);
    CHECK(found.confidence > 0.74f && found.confidence < 0.76f && found.speaker[0] == '\0');
    stats.size = sizeof stats;
    GOOD(sonic_live_session_stats(session, &stats));
    CHECK(stats.utterances == found.finals && stats.recognized == found.finals && stats.failures == 0);
    CHECK(stats.last_failure == NULL && stats.last_failure_kind == NULL);
    counts.size = sizeof counts;
    GOOD(sonic_recognizer_counts(recognizer, &counts));
    CHECK(counts.answered == (uint64_t)clerk.calls && counts.failed == 0 && counts.stuck == 0);
    sonic_live_session_free(session);

    /* One that fails costs no sound; what went wrong can be read. */
    clerk.status = SONIC_ERROR_MODEL;
    memset(&found, 0, sizeof found);
    GOOD(sonic_live_session_new("meeting", &options, &session));
    sonic_recognizer_free(recognizer);
    push(session, 0, UINT64_MAX, &found);
    finish(session, &found);
    CHECK(found.finals > 0 && found.text[0] == '\0');
    GOOD(sonic_live_session_stats(session, &stats));
    CHECK(stats.given_up == found.finals && stats.failures >= 3 && strcmp(stats.last_failure_kind, "model") == 0);
    CHECK(strstr(stats.last_failure, "8") != NULL);
    CHECK(released(&clerk) == 0);
    sonic_live_session_free(session);
    /* The threads end when they see it. */
    struct timespec pause = {0, 10000000};
    for (int i = 0; i < 500 && released(&clerk) == 0; i++) nanosleep(&pause, NULL);
    CHECK(released(&clerk) == 1);
}

static void goes_on_elsewhere(void) {
    struct found whole = NOTHING, parts = NOTHING;
    sonic_live_session *session = NULL;
    sonic_file *state = NULL;
    GOOD(sonic_live_session_new("call", NULL, &session));
    uint64_t count = push(session, 0, UINT64_MAX, &whole);
    finish(session, &whole);
    sonic_live_session_free(session);
    CHECK(whole.finals > 0 && count > 4);

    GOOD(sonic_live_session_new("call", NULL, &session));
    push(session, 0, count / 2, &parts);
    GOOD(sonic_live_session_state(session, &state));
    sonic_live_session_free(session);
    BAD_ARGUMENT(sonic_live_session_restore(NULL, 1, NULL, &session));
    EXPECT(SONIC_ERROR_MALFORMED, sonic_live_session_restore((const uint8_t *)"{}", 2, NULL, &session));
    GOOD(sonic_live_session_restore(sonic_file_data(state), sonic_file_len(state), NULL, &session));
    sonic_file_free(state);
    push(session, count / 2, UINT64_MAX, &parts);
    finish(session, &parts);
    CHECK(parts.segments == whole.segments && parts.finals == whole.finals && parts.last_ms == whole.last_ms);
    CHECK(strcmp(parts.first_id, whole.first_id) == 0 && parts.first_ms == whole.first_ms);
    sonic_live_session_free(session);
}

static void speakers(void) {
    const char *names[] = {"Ann", "Bob"}, *digits[] = {"1111111111", "0000000000"};
    struct found found = NOTHING;
    sonic_live_session *session = NULL;
    sonic_segment_list *segments = NULL;
    sonic_turn_list *turns = NULL;
    sonic_source *source = NULL;
    sonic_clip *clip = NULL;
    sonic_decode_options at;
    sonic_voice_embedder *embedder = NULL;
    sonic_live_options options;
    GOOD(sonic_source_path(spoken, &source));
    GOOD(sonic_decode_options_init(&at, sizeof at));
    at.has_sample_rate = 1;
    at.sample_rate = RATE;
    GOOD(sonic_clip_decode(source, &at, &clip));
    GOOD(sonic_live_session_new("call", NULL, &session));
    for (size_t i = 0; (i + 1) * RATE <= sonic_clip_len(clip); i++) {
        double ms = 1000.0 * (double)i;
        GOOD(sonic_live_session_push_samples(session, ms, sonic_clip_samples(clip) + i * RATE, RATE, &segments));
        take(segments, &found);
        GOOD(sonic_live_session_activity(session, ms + 1000, names, digits, 2, &segments));
        take(segments, &found);
    }
    finish(session, &found);
    CHECK(strcmp(found.speaker, "Ann") == 0);
    sonic_live_session_free(session);

    memset(&found, 0, sizeof found);
    GOOD(sonic_voice_embedder_new(NULL, NULL, &embedder));
    GOOD(sonic_live_options_init(&options, sizeof options));
    options.embedder = embedder;
    GOOD(sonic_live_session_new("call", &options, &session));
    sonic_voice_embedder_free(embedder);
    push(session, 0, UINT64_MAX, &found);
    finish(session, &found);
    CHECK(strcmp(found.speaker, "voice 1") == 0);
    GOOD(sonic_live_session_turns(session, &turns));
    CHECK(sonic_turn_list_len(turns) > 0);
    const sonic_turn *turn = sonic_turn_list_at(turns, 0);
    CHECK(strcmp(turn->speaker, "voice 1") == 0 && turn->end_ms > turn->start_ms && !turn->overlapped);
    CHECK(sonic_turn_list_at(turns, sonic_turn_list_len(turns)) == NULL);
    sonic_turn_list_free(turns);
    GOOD(sonic_live_session_refresh_names(session, &segments));
    sonic_segment_list_free(segments);
    sonic_live_session_free(session);
    sonic_clip_free(clip);
    sonic_source_free(source);
}

/* Slices of a real recorder, 000.webm and on. */
static void of_a_recorder(const char *folder) {
    struct found found = NOTHING;
    sonic_live_session *session = NULL;
    sonic_segment_list *segments = NULL;
    sonic_push_counts counts = NOTHING;
    sonic_gaps *gaps = NULL;
    uint64_t index = 0;
    GOOD(sonic_live_session_new("recorder", NULL, &session));
    for (;; index++) {
        char name[64];
        size_t len = 0;
        snprintf(name, sizeof name, "%03d.webm", (int)index);
        FILE *file = fopen(path_in(folder, name), "rb");
        if (file == NULL) break;
        fclose(file);
        unsigned char *data = contents_of(path_in(folder, name), &len);
        GOOD(sonic_live_session_push_at(session, index, 3000.0 * (double)index, data, len, &segments));
        take(segments, &found);
        free(data);
    }
    finish(session, &found);
    counts.size = sizeof counts;
    GOOD(sonic_live_session_counts(session, &counts));
    CHECK(index > 3 && counts.slices == index && counts.errors == 0 && counts.sessions == 1 && found.finals > 0);
    GOOD(sonic_live_session_gaps(session, &gaps));
    CHECK(sonic_gaps_len(gaps) == 0);
    sonic_gaps_free(gaps);
    sonic_live_session_free(session);
}

static void misuse(void) {
    const char *names[] = {"Ann"}, *digits[] = {"2"};
    const float wrong[] = {NAN};
    sonic_live_session *session = NULL, *none = UNTOUCHED(sonic_live_session);
    sonic_recognizer *recognizer = UNTOUCHED(sonic_recognizer);
    sonic_segment_list *segments = UNTOUCHED(sonic_segment_list);
    sonic_live_stats stats = NOTHING;
    sonic_push_counts counts = NOTHING;
    sonic_live_options options;
    GOOD(sonic_live_options_init(&options, sizeof options));
    options.max_ms = 1;
    BAD_ARGUMENT(sonic_live_session_new("call", &options, &none));
    options.max_ms = 15000;
    options.reserved = 1;
    BAD_ARGUMENT(sonic_live_session_new("call", &options, &none));
    BAD_ARGUMENT(sonic_live_session_new(NULL, NULL, &none));
    BAD_ARGUMENT(sonic_live_session_new("call", NULL, NULL));
    BAD_ARGUMENT(sonic_recognizer_open_ai("no address", NULL, &recognizer));
    BAD_ARGUMENT(sonic_recognizer_open_ai(NULL, NULL, &recognizer));
    BAD_ARGUMENT(sonic_recognizer_whisper("no address", NULL, &recognizer));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_recognizer_spelling("no-such-model", NULL, &recognizer));
    BAD_ARGUMENT(sonic_recognizer_counts(NULL, NULL));
    GOOD(sonic_live_session_new("call", NULL, &session));
    BAD_ARGUMENT(sonic_live_session_push(session, (uint64_t)1 << 40, NULL, 0, &segments));
    BAD_ARGUMENT(sonic_live_session_push(session, 0, NULL, 1, &segments));
    BAD_ARGUMENT(sonic_live_session_push(NULL, 0, NULL, 0, &segments));
    BAD_ARGUMENT(sonic_live_session_push(session, 0, NULL, 0, NULL));
    BAD_ARGUMENT(sonic_live_session_push_at(session, 0, NAN, NULL, 0, &segments));
    BAD_ARGUMENT(sonic_live_session_push_samples(session, 0, wrong, 1, &segments));
    BAD_ARGUMENT(sonic_live_session_push_samples(session, INFINITY, NULL, 0, &segments));
    BAD_ARGUMENT(sonic_live_session_activity(session, 0, names, digits, 1, &segments));
    BAD_ARGUMENT(sonic_live_session_activity(session, 0, NULL, digits, 1, &segments));
    BAD_ARGUMENT(sonic_live_session_poll(NULL, &segments));
    BAD_ARGUMENT(sonic_live_session_finish(NULL, &segments));
    BAD_ARGUMENT(sonic_live_session_refresh_names(NULL, &segments));
    BAD_ARGUMENT(sonic_live_session_turns(session, NULL));
    BAD_ARGUMENT(sonic_live_session_gaps(session, NULL));
    BAD_ARGUMENT(sonic_live_session_state(session, NULL));
    BAD_ARGUMENT(sonic_live_session_stats(session, &stats));
    BAD_ARGUMENT(sonic_live_session_counts(session, &counts));
    KEPT(none);
    KEPT(recognizer);
    KEPT(segments);
    GOOD(sonic_live_session_poll(session, &segments));
    CHECK(sonic_segment_list_len(segments) == 0 && sonic_segment_list_len(NULL) == 0);
    CHECK(sonic_segment_list_at(NULL, 0) == NULL && sonic_turn_list_len(NULL) == 0 && sonic_turn_list_at(NULL, 0) == NULL);
    sonic_segment_list_free(segments);
    sonic_live_session_free(session);
    sonic_live_session_free(NULL);
    sonic_segment_list_free(NULL);
    sonic_turn_list_free(NULL);
    sonic_recognizer_free(NULL);
}

int main(int argc, char **argv) {
    by_a_function();
    goes_on_elsewhere();
    speakers();
    misuse();
    if (argc > 2) of_a_recorder(argv[2]);
    puts("all is as it should be");
    return 0;
}
