/* What is done wrong with the recordings, samples and scores of voices gives the right error, and nothing worse.
 * Argument: an empty folder. */

#include "guarded.h"
#include "sources.h"
#include "speech.h"

#define DIMENSIONS 128
#define UNSUPPORTED(call) EXPECT(SONIC_ERROR_UNSUPPORTED, call)

static const char *folder;
static sonic_store *store;
static sonic_voice_embedder *embedder;
static sonic_clip *clip;
static const sonic_clip *clips[2];
static float vector[DIMENSIONS + 2], two[2 * DIMENSIONS];
static sonic_voice_trial trials[60];

static void set_up(void) {
    int i;
    GOOD(sonic_store_open(path_in(folder, "store"), NULL, &store));
    GOOD(sonic_voice_embedder_new(NULL, NULL, &embedder));
    clip = clip_of(&ANNA, 1);
    clips[0] = clips[1] = clip;
    GOOD(sonic_voice_embedder_embed_clip(embedder, clip, vector, DIMENSIONS));
    GOOD(sonic_voices_enroll_clips(store, embedder, "anna", clips, 1, NULL, NULL, NULL, NULL));
    for (i = 0; i < 60; i++) {
        trials[i].score = (float)(i % 2) + 0.001f * (float)i;
        trials[i].same = i % 2;
    }
}

/* A NULL in the place of each pointer in turn. */
static void nulls(void) {
    sonic_voice *voice = UNTOUCHED(sonic_voice);
    sonic_voice_list *list = UNTOUCHED(sonic_voice_list);
    const sonic_clip *missing[2] = {clip, NULL};
    const char *paths[2] = {BROT, NULL};
    float kept[DIMENSIONS];
    BAD_ARGUMENT(sonic_voice_embedder_embed_many_clips(NULL, clips, 2, NULL, NULL, two, 2 * DIMENSIONS));
    BAD_ARGUMENT(sonic_voice_embedder_embed_many_clips(embedder, NULL, 2, NULL, NULL, two, 2 * DIMENSIONS));
    BAD_ARGUMENT(sonic_voice_embedder_embed_many_clips(embedder, missing, 2, NULL, NULL, two, 2 * DIMENSIONS));
    BAD_ARGUMENT(sonic_voice_embedder_embed_many_clips(embedder, clips, 2, NULL, NULL, NULL, 2 * DIMENSIONS));
    BAD_ARGUMENT(embed_files(embedder, paths, 2, two, 2 * DIMENSIONS));
    BAD_ARGUMENT(embed_files(embedder, NULL, 1, two, DIMENSIONS));
    BAD_ARGUMENT(sonic_voices_record_clip(NULL, embedder, clip, NULL, NULL, &voice));
    BAD_ARGUMENT(sonic_voices_record_clip(store, NULL, clip, NULL, NULL, &voice));
    BAD_ARGUMENT(sonic_voices_record_clip(store, embedder, NULL, NULL, NULL, &voice));
    BAD_ARGUMENT(record_file(store, embedder, NULL, NULL, NULL, &voice));
    BAD_ARGUMENT(record_bytes(store, embedder, NULL, 1, NULL, NULL, &voice));
    BAD_ARGUMENT(sonic_voices_get(NULL, "x", &voice));
    BAD_ARGUMENT(sonic_voices_get(store, NULL, &voice));
    BAD_ARGUMENT(sonic_voices_get(store, "x", NULL));
    BAD_ARGUMENT(sonic_voices_embedding(NULL, "x", kept, DIMENSIONS));
    BAD_ARGUMENT(sonic_voices_embedding(store, NULL, kept, DIMENSIONS));
    BAD_ARGUMENT(sonic_voices_remove(NULL, "x"));
    BAD_ARGUMENT(sonic_voices_remove(store, NULL));
    BAD_ARGUMENT(sonic_voices_recent(NULL, NULL, &list));
    BAD_ARGUMENT(sonic_voices_recent(store, NULL, NULL));
    BAD_ARGUMENT(sonic_voices_search(NULL, embedder, vector, DIMENSIONS, NULL, &list));
    BAD_ARGUMENT(sonic_voices_search(store, NULL, vector, DIMENSIONS, NULL, &list));
    BAD_ARGUMENT(sonic_voices_search(store, embedder, NULL, DIMENSIONS, NULL, &list));
    BAD_ARGUMENT(sonic_voices_search(store, embedder, vector, DIMENSIONS, NULL, NULL));
    KEPT(voice);
    KEPT(list);
}

static void nulls_of_people(void) {
    sonic_voiceprint *person = UNTOUCHED(sonic_voiceprint);
    sonic_observed *observed = UNTOUCHED(sonic_observed);
    sonic_speaker_list *speakers = UNTOUCHED(sonic_speaker_list);
    BAD_ARGUMENT(sonic_voices_person(NULL, "anna", &person));
    BAD_ARGUMENT(sonic_voices_person(store, NULL, &person));
    BAD_ARGUMENT(sonic_voices_person(store, "anna", NULL));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voices_person(store, "ben", &person));
    BAD_ARGUMENT(sonic_voices_remove_sample(NULL, "anna", "x", &person));
    BAD_ARGUMENT(sonic_voices_remove_sample(store, NULL, "x", &person));
    BAD_ARGUMENT(sonic_voices_remove_sample(store, "anna", NULL, &person));
    BAD_ARGUMENT(sonic_voices_restore_sample(NULL, "anna", "x", 0, &person));
    BAD_ARGUMENT(sonic_voices_restore_sample(store, NULL, "x", 0, &person));
    BAD_ARGUMENT(sonic_voices_observe(NULL, embedder, vector, DIMENSIONS, NULL, &observed));
    BAD_ARGUMENT(sonic_voices_observe(store, NULL, vector, DIMENSIONS, NULL, &observed));
    BAD_ARGUMENT(sonic_voices_observe(store, embedder, NULL, DIMENSIONS, NULL, &observed));
    BAD_ARGUMENT(sonic_voices_observe(store, embedder, vector, DIMENSIONS, NULL, NULL));
    BAD_ARGUMENT(sonic_voices_speakers(NULL, "x", &speakers));
    BAD_ARGUMENT(sonic_voices_speakers(store, "x", NULL));
    BAD_ARGUMENT(sonic_voices_forget_speakers(NULL, "x", NULL));
    BAD_ARGUMENT(sonic_voices_set_cohort(NULL, embedder, two, 2 * DIMENSIONS));
    BAD_ARGUMENT(sonic_voices_set_cohort(store, NULL, two, 2 * DIMENSIONS));
    BAD_ARGUMENT(sonic_voices_set_cohort(store, embedder, NULL, 2 * DIMENSIONS));
    BAD_ARGUMENT(sonic_voices_fit_calibration(NULL, embedder, trials, 60, NULL));
    BAD_ARGUMENT(sonic_voices_fit_calibration(store, NULL, trials, 60, NULL));
    BAD_ARGUMENT(sonic_voices_fit_calibration(store, embedder, NULL, 60, NULL));
    BAD_ARGUMENT(sonic_voices_calibration(store, embedder, NULL));
    BAD_ARGUMENT(sonic_voices_stats(store, NULL));
    KEPT(person);
    KEPT(observed);
    KEPT(speakers);
}

static void nothing(void) {
    CHECK(sonic_enrolled_len(NULL) == 0 && sonic_enrolled_sample(NULL, 0) == NULL);
    CHECK(sonic_voice_list_len(NULL) == 0 && sonic_voice_list_at(NULL, 0) == NULL);
    CHECK(sonic_voice_list_similarity(NULL, 0) == 0);
    CHECK(sonic_speaker_list_len(NULL) == 0 && sonic_speaker_list_at(NULL, 0) == NULL);
    sonic_voice_free(NULL);
    sonic_voice_list_free(NULL);
    sonic_voiceprint_free(NULL);
    sonic_observed_free(NULL);
    sonic_speaker_list_free(NULL);
}

/* The smallest later version of an options struct, which asks for what is not there yet. */
#define LATER(type) ((type *)later(sizeof(type)))
static void *later(size_t size) {
    char *bytes = (char *)at_the_end_of_memory(size + 8, (uint32_t)size + 8);
    bytes[size + 7] = 1;
    return bytes;
}

/* Sizes that a struct cannot have, and sizes of other versions. */
static void sizes(void) {
    uint32_t wrong[] = {0, 1, 8, 15, 4097, 0xffffffff};
    size_t i;
    sonic_voice *voice = UNTOUCHED(sonic_voice);
    sonic_voice_list *list = UNTOUCHED(sonic_voice_list);
    sonic_observed *observed = UNTOUCHED(sonic_observed);
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        void *options = at_the_end_of_memory(8, wrong[i]);
        BAD_ARGUMENT(sonic_voices_record_clip(store, embedder, clip, (sonic_record_options *)options, NULL, &voice));
        BAD_ARGUMENT(sonic_voices_recent(store, (sonic_voice_list_options *)options, &list));
        BAD_ARGUMENT(sonic_voices_search(store, embedder, vector, DIMENSIONS, (sonic_voice_search_options *)options, &list));
        BAD_ARGUMENT(sonic_voices_observe(store, embedder, vector, DIMENSIONS, (sonic_observe_options *)options, &observed));
        BAD_ARGUMENT(sonic_voices_fit_calibration(store, embedder, trials, 60, (sonic_calibration *)options));
        BAD_ARGUMENT(sonic_voices_calibration(store, embedder, (sonic_calibration *)options));
        BAD_ARGUMENT(sonic_voices_stats(store, (sonic_voice_stats *)options));
        CHECK(strstr(sonic_last_error(), "sizeof") != NULL);
    }
    UNSUPPORTED(sonic_voices_record_clip(store, embedder, clip, LATER(sonic_record_options), NULL, &voice));
    UNSUPPORTED(sonic_voices_recent(store, LATER(sonic_voice_list_options), &list));
    UNSUPPORTED(sonic_voices_search(store, embedder, vector, DIMENSIONS, LATER(sonic_voice_search_options), &list));
    UNSUPPORTED(sonic_voices_observe(store, embedder, vector, DIMENSIONS, LATER(sonic_observe_options), &observed));
    KEPT(voice);
    KEPT(list);
    KEPT(observed);
}

static void fields(void) {
    sonic_enroll_options enrolling = NOTHING;
    sonic_record_options recording = NOTHING;
    sonic_voice_list_options listing = NOTHING;
    sonic_voice_search_options searching = NOTHING;
    sonic_observe_options observing = NOTHING;
    sonic_voice *voice = UNTOUCHED(sonic_voice);
    sonic_voice_list *list = UNTOUCHED(sonic_voice_list);
    sonic_observed *observed = UNTOUCHED(sonic_observed);
    GOOD(sonic_enroll_options_init(&enrolling, sizeof enrolling));
    enrolling.only_usable = 2;
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "a", clips, 1, &enrolling, NULL, NULL, NULL));
    enrolling.only_usable = 0;
    enrolling.reserved = 1;
    BAD_ARGUMENT(sonic_voices_enroll_clips(store, embedder, "a", clips, 1, &enrolling, NULL, NULL, NULL));
    GOOD(sonic_record_options_init(&recording, sizeof recording));
    recording.metadata_json = "{";
    BAD_ARGUMENT(sonic_voices_record_clip(store, embedder, clip, &recording, NULL, &voice));
    recording.metadata_json = NULL;
    recording.mode = "";
    BAD_ARGUMENT(sonic_voices_record_clip(store, embedder, clip, &recording, NULL, &voice));
    GOOD(sonic_voice_list_options_init(&listing, sizeof listing));
    listing.user_id = listing.mode = "x";
    BAD_ARGUMENT(sonic_voices_recent(store, &listing, &list));
    GOOD(sonic_voice_search_options_init(&searching, sizeof searching));
    searching.threshold = 1.5f;
    BAD_ARGUMENT(sonic_voices_search(store, embedder, vector, DIMENSIONS, &searching, &list));
    searching.threshold = (float)NAN;
    BAD_ARGUMENT(sonic_voices_search(store, embedder, vector, DIMENSIONS, &searching, &list));
    searching.threshold = 0.5f;
    searching.exclude_len = 1;
    BAD_ARGUMENT(sonic_voices_search(store, embedder, vector, DIMENSIONS, &searching, &list));
    GOOD(sonic_observe_options_init(&observing, sizeof observing));
    observing.same = 0.5f;
    BAD_ARGUMENT(sonic_voices_observe(store, embedder, vector, DIMENSIONS, &observing, &observed));
    observing.same = (float)NAN;
    BAD_ARGUMENT(sonic_voices_observe(store, embedder, vector, DIMENSIONS, &observing, &observed));
    observing.same = 0.95f;
    observing.scope = "";
    BAD_ARGUMENT(sonic_voices_observe(store, embedder, vector, DIMENSIONS, &observing, &observed));
    KEPT(voice);
    KEPT(list);
    KEPT(observed);
}

/* Vectors of a wrong length, and vectors that are no direction. */
static void vectors(void) {
    sonic_voice_list *list = UNTOUCHED(sonic_voice_list);
    sonic_voiceprint *anna = NULL;
    float zero[DIMENSIONS] = {0}, kept[DIMENSIONS];
    char unaligned[4 * DIMENSIONS + 8];
    float *crooked = (float *)(void *)(unaligned + ((size_t)unaligned % 4 ? 0 : 1));
    int i;
    for (i = 0; i < 2 * DIMENSIONS; i++) two[i] = 77;
    BAD_ARGUMENT(sonic_voice_embedder_embed_many_clips(embedder, clips, 2, NULL, NULL, two, DIMENSIONS));
    BAD_ARGUMENT(sonic_voice_embedder_embed_many_clips(embedder, clips, (size_t)-1, NULL, NULL, two, 2 * DIMENSIONS));
    BAD_ARGUMENT(sonic_voice_embedder_embed_many_clips(embedder, NULL, 0, NULL, NULL, two, 2 * DIMENSIONS));
    for (i = 0; i < 2 * DIMENSIONS; i++) CHECK(two[i] == 77);
    BAD_ARGUMENT(sonic_voices_search(store, embedder, vector, DIMENSIONS - 1, NULL, &list));
    CHECK(strstr(sonic_last_error(), "127") != NULL && strstr(sonic_last_error(), "128") != NULL);
    BAD_ARGUMENT(sonic_voices_search(store, embedder, zero, DIMENSIONS, NULL, &list));
    BAD_ARGUMENT(sonic_voices_search(store, embedder, crooked, DIMENSIONS, NULL, &list));
    zero[3] = (float)NAN;
    BAD_ARGUMENT(sonic_voices_search(store, embedder, zero, DIMENSIONS, NULL, &list));
    KEPT(list);
    BAD_ARGUMENT(sonic_voices_set_cohort(store, embedder, two, 2 * DIMENSIONS - 1));
    BAD_ARGUMENT(sonic_voices_set_cohort(store, embedder, two, 2 * DIMENSIONS)); /* Two are no cohort. */
    GOOD(sonic_voices_person(store, "anna", &anna));
    kept[0] = 77;
    BAD_ARGUMENT(sonic_voices_embedding(store, anna->samples[0].recording_id, kept, DIMENSIONS - 1));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voices_embedding(store, "nothing", kept, DIMENSIONS));
    CHECK(kept[0] == 77);
    sonic_voiceprint_free(anna);
}

static void too_few_trials(void) {
    sonic_calibration calibration = NOTHING;
    calibration.size = sizeof calibration;
    BAD_ARGUMENT(sonic_voices_fit_calibration(store, embedder, trials, 20, &calibration));
    BAD_ARGUMENT(sonic_voices_fit_calibration(store, embedder, NULL, 0, &calibration));
    trials[0].score = (float)NAN;
    BAD_ARGUMENT(sonic_voices_fit_calibration(store, embedder, trials, 60, &calibration));
    CHECK(calibration.trials == 0 && calibration.slope == 0);
}

static void closed(void) {
    sonic_store *s = NULL;
    sonic_voice *voice = UNTOUCHED(sonic_voice);
    sonic_voice_list *list = UNTOUCHED(sonic_voice_list);
    sonic_voiceprint *person = UNTOUCHED(sonic_voiceprint);
    sonic_observed *observed = UNTOUCHED(sonic_observed);
    sonic_speaker_list *speakers = UNTOUCHED(sonic_speaker_list);
    sonic_voice_stats stats = NOTHING;
    stats.size = sizeof stats;
    GOOD(sonic_store_open(path_in(folder, "closed"), NULL, &s));
    GOOD(sonic_store_close(s));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_record_clip(s, embedder, clip, NULL, NULL, &voice));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_get(s, "x", &voice));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_remove(s, "x"));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_recent(s, NULL, &list));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_search(s, embedder, vector, DIMENSIONS, NULL, &list));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_person(s, "anna", &person));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_remove_sample(s, "anna", "x", &person));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_restore_sample(s, "anna", NULL, 0, &person));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_observe(s, embedder, vector, DIMENSIONS, NULL, &observed));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_speakers(s, NULL, &speakers));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_forget_speakers(s, NULL, NULL));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_set_cohort(s, embedder, NULL, 0));
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_stats(s, &stats));
    KEPT(voice);
    KEPT(list);
    KEPT(person);
    KEPT(observed);
    KEPT(speakers);
    sonic_store_free(s);
}

int main(int count, char **arguments) {
    sonic_voice_stats stats = NOTHING;
    CHECK(count == 2);
    folder = arguments[1];
    set_up();
    nulls();
    nulls_of_people();
    nothing();
    sizes();
    fields();
    vectors();
    too_few_trials();
    closed();
    stats.size = sizeof stats;
    GOOD(sonic_voices_stats(store, &stats)); /* Nothing of the bad was taken. */
    CHECK(stats.people == 1 && stats.recordings == 1 && stats.cohort == 0);
    sonic_clip_free(clip);
    sonic_voice_embedder_free(embedder);
    sonic_store_free(store);
    puts("all is as it should be");
    return 0;
}
