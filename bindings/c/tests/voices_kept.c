/* What a store keeps of voices: recordings, single samples, search, speakers, cohorts and calibrations.
 * Argument: an empty folder. */

#include "speech.h"
#include "sources.h"

#define DIMENSIONS 128
#define STRANGERS 24

static const char *folder;
static sonic_store *store;
static sonic_voice_embedder *embedder;
static char files[2][5][4096];
static float of_anna[DIMENSIONS], of_ben[DIMENSIONS];

static void set_up(void) {
    unsigned i;
    GOOD(sonic_store_open(path_in(folder, "store"), NULL, &store));
    GOOD(sonic_voice_embedder_new(NULL, NULL, &embedder));
    for (i = 0; i < 5; i++) {
        snprintf(files[0][i], sizeof files[0][i], "%s/anna-%u.wav", folder, i);
        snprintf(files[1][i], sizeof files[1][i], "%s/ben-%u.wav", folder, i);
        record(files[0][i], &ANNA, 100 + i);
        record(files[1][i], &BEN, 200 + i);
    }
    GOOD(embed_speech_file(embedder, files[0][4], of_anna, DIMENSIONS));
    GOOD(embed_speech_file(embedder, files[1][4], of_ben, DIMENSIONS));
}

/* Many at once are each alone. */
static void many_embeddings(void) {
    static float together[3 * DIMENSIONS];
    const char *paths[2];
    const sonic_clip *clips[3];
    sonic_clip *anna = clip_of(&ANNA, 1), *ben = clip_of(&BEN, 2);
    float alone[DIMENSIONS];
    clips[0] = clips[2] = anna;
    clips[1] = ben;
    GOOD(sonic_voice_embedder_embed_many_clips(embedder, clips, 3, NULL, NULL, together, 3 * DIMENSIONS));
    GOOD(sonic_voice_embedder_embed_clip(embedder, ben, alone, DIMENSIONS));
    CHECK(memcmp(alone, together + DIMENSIONS, sizeof alone) == 0);
    CHECK(memcmp(together, together + 2 * DIMENSIONS, sizeof alone) == 0 && memcmp(together, alone, sizeof alone) != 0);
    paths[0] = files[0][4];
    paths[1] = files[1][4];
    GOOD(embed_files(embedder, paths, 2, together, 2 * DIMENSIONS));
    GOOD(embed_file(embedder, paths[0], alone, DIMENSIONS));
    CHECK(memcmp(together, alone, sizeof alone) == 0);
    GOOD(embed_file(embedder, paths[1], alone, DIMENSIONS));
    CHECK(memcmp(together + DIMENSIONS, alone, sizeof alone) == 0);
    GOOD(sonic_voice_embedder_embed_many_clips(embedder, NULL, 0, NULL, NULL, NULL, 0));
    paths[1] = "no/such/file.wav";
    together[0] = 77;
    EXPECT(SONIC_ERROR_NOT_FOUND, embed_files(embedder, paths, 2, together, 2 * DIMENSIONS));
    CHECK(strstr(sonic_last_error(), "number 1") != NULL && together[0] == 77);
    sonic_clip_free(anna);
    sonic_clip_free(ben);
}

/* What can be used is enrolled, and the rest has its reasons. */
static void the_usable(void) {
    static float silence[RATE], hum[2 * RATE];
    sonic_enroll_options options = NOTHING;
    sonic_enrolled *enrolled = NULL;
    const sonic_voice_sample *sample;
    const char *paths[4];
    char weak[4096];
    int i;
    /* A voice, but too short and too quiet. */
    for (i = 0; i < 2 * RATE; i++) hum[i] = (float)(0.0004 * sin(i * 0.05));
    snprintf(weak, sizeof weak, "%s/weak.wav", folder);
    write_wav(weak, hum, 2 * RATE);
    write_wav(path_in(folder, "silence.wav"), silence, RATE);
    paths[0] = files[0][0];
    paths[1] = "no/such/file.wav";
    paths[2] = weak;
    paths[3] = files[0][1];
    EXPECT(SONIC_ERROR_NOT_FOUND, enroll_files(store, embedder, "anna", paths, 4, NULL, NULL));
    CHECK(strstr(sonic_last_error(), "number 1") != NULL);
    GOOD(sonic_enroll_options_init(&options, sizeof options));
    options.only_usable = 1;
    GOOD(enroll_files(store, embedder, "anna", paths, 4, &options, &enrolled));
    CHECK(sonic_enrolled_added(enrolled) == 2 && sonic_enrolled_len(enrolled) == 4);
    sample = sonic_enrolled_sample(enrolled, 0);
    CHECK(sample->status == SONIC_OK && sample->reason == NULL && sample->quality->passes);
    CHECK(sample->quality->duration_ms == 4000 && strlen(sample->recording_id) == 32);
    CHECK(strcmp(sample->recording_id, sonic_enrolled_voiceprint(enrolled)->samples[0].recording_id) == 0);
    sample = sonic_enrolled_sample(enrolled, 1);
    CHECK(sample->status == SONIC_ERROR_NOT_FOUND && strstr(sample->reason, "no/such/file.wav") != NULL);
    CHECK(sample->quality == NULL && sample->recording_id == NULL);
    sample = sonic_enrolled_sample(enrolled, 2);
    CHECK(sample->status == SONIC_ERROR_INVALID_ARGUMENT && strstr(sample->reason, "not good enough") != NULL);
    CHECK(!sample->quality->passes && sample->quality->duration_ms == 2000 && sample->recording_id != NULL);
    CHECK(sonic_enrolled_sample(enrolled, 3)->reason == NULL && sonic_enrolled_sample(enrolled, 4) == NULL);
    sonic_enrolled_free(enrolled);
    EXPECT(SONIC_ERROR_NOT_FOUND, enroll_files(store, embedder, "dora", paths + 1, 2, &options, NULL));
}

static const char *sample_of(const sonic_voiceprint *person, size_t index) {
    CHECK(index < person->sample_len);
    return person->samples[index].recording_id;
}

static void single_samples(void) {
    sonic_voiceprint *anna = NULL, *left = NULL, *again = NULL;
    sonic_enroll_options few = NOTHING;
    char first[64], second[64];
    GOOD(sonic_enroll_options_init(&few, sizeof few));
    few.max_samples = 1;
    GOOD(sonic_voices_person(store, "anna", &anna));
    CHECK(strcmp(anna->person, "anna") == 0 && anna->sample_count == 2 && anna->sample_len == 2);
    CHECK(anna->samples[0].agreement > 0.8f && !anna->samples[0].has_removed_at_ms);
    snprintf(first, sizeof first, "%s", sample_of(anna, 0));
    snprintf(second, sizeof second, "%s", sample_of(anna, 1));
    GOOD(sonic_voices_remove_sample(store, "anna", first, &left));
    CHECK(left->sample_count == 1 && left->sample_len == 2 && strcmp(sample_of(left, 0), second) == 0);
    CHECK(strcmp(sample_of(left, 1), first) == 0 && left->samples[1].has_removed_at_ms && left->samples[1].removed_at_ms >= left->samples[1].created_at_ms);
    GOOD(sonic_voices_remove_sample(store, "anna", second, NULL));
    GOOD(sonic_voices_restore_sample(store, "anna", first, NULL, NULL));
    EXPECT(SONIC_ERROR_LIMIT, sonic_voices_restore_sample(store, "anna", NULL, &few, &again));
    GOOD(sonic_voices_restore_sample(store, "anna", NULL, NULL, &again));
    CHECK(again->sample_count == 2 && !again->samples[1].has_removed_at_ms && again->samples[1].removed_at_ms == 0);
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voices_restore_sample(store, "anna", NULL, NULL, NULL));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voices_remove_sample(store, "anna", "nothing", NULL));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voices_remove_sample(store, "nobody", first, NULL));
    sonic_voiceprint_free(again);
    sonic_voiceprint_free(left);
    sonic_voiceprint_free(anna);
}

static void recordings(void) {
    sonic_record_options options = NOTHING;
    sonic_voice *voice = NULL, *same = NULL, *found = NULL;
    sonic_clip *clip = clip_of(&BEN, 900);
    float kept[DIMENSIONS], made[DIMENSIONS];
    bool is_new = false;
    size_t len = 0;
    unsigned char *data = contents_of(files[1][0], &len);
    GOOD(sonic_record_options_init(&options, sizeof options));
    options.recording_id = "ben-0";
    options.user_id = "user-9";
    options.mode = "test";
    options.status = "done";
    options.metadata_json = "{\"room\": 4}";
    GOOD(record_file(store, embedder, files[1][0], &options, &is_new, &voice));
    CHECK(is_new && strcmp(voice->recording_id, "ben-0") == 0 && strcmp(voice->user_id, "user-9") == 0);
    CHECK(strcmp(voice->mode, "test") == 0 && strcmp(voice->status, "done") == 0);
    CHECK(strcmp(voice->metadata_json, "{\"room\":4}") == 0 && strcmp(voice->filename, "ben-0.wav") == 0);
    CHECK(strcmp(voice->file_path, files[1][0]) == 0 && voice->file_size_bytes == len && voice->sample_rate == RATE);
    CHECK(voice->duration_ms == 4000 && voice->embedding_dimensions == DIMENSIONS && voice->voiceprint_id == NULL);
    CHECK(!voice->has_similarity_score && voice->matched_user_id == NULL && voice->created_at_ms > 1600000000000u);
    /* The id decides; a row that is there stays as it is. */
    options.mode = "other";
    GOOD(record_bytes(store, embedder, data, len, &options, &is_new, &same));
    CHECK(!is_new && strcmp(same->mode, "test") == 0);
    GOOD(record_bytes(store, embedder, data, len, NULL, &is_new, NULL));
    CHECK(is_new);
    GOOD(sonic_voices_record_clip(store, embedder, clip, NULL, NULL, NULL));
    GOOD(sonic_voices_get(store, "ben-0", &found));
    CHECK(strcmp(found->status, "done") == 0 && found->updated_at_ms >= found->created_at_ms);
    GOOD(sonic_voices_embedding(store, "ben-0", kept, DIMENSIONS));
    GOOD(embed_speech_file(embedder, files[1][0], made, DIMENSIONS));
    CHECK(fabsf(kept[7] - made[7]) < 1e-6f);
    sonic_voice_free(found);
    sonic_voice_free(same);
    sonic_voice_free(voice);
    sonic_clip_free(clip);
    free(data);
}

static size_t listed(const char *user, const char *mode, const char *voiceprint, size_t limit) {
    sonic_voice_list_options options = NOTHING;
    sonic_voice_list *list = NULL;
    size_t len, i;
    GOOD(sonic_voice_list_options_init(&options, sizeof options));
    options.user_id = user;
    options.mode = mode;
    options.voiceprint_id = voiceprint;
    options.limit = limit;
    GOOD(sonic_voices_recent(store, &options, &list));
    len = sonic_voice_list_len(list);
    for (i = 0; i < len; i++) {
        const sonic_voice *voice = sonic_voice_list_at(list, i);
        CHECK(i == 0 || voice->created_at_ms <= sonic_voice_list_at(list, i - 1)->created_at_ms);
        CHECK(user == NULL || strcmp(voice->user_id, user) == 0);
        CHECK(mode == NULL || strcmp(voice->mode, mode) == 0);
        CHECK(voiceprint == NULL || strcmp(voice->voiceprint_id, voiceprint) == 0);
        CHECK(sonic_voice_list_similarity(list, i) == 0);
    }
    CHECK(sonic_voice_list_at(list, len) == NULL);
    sonic_voice_list_free(list);
    return len;
}

static void lists(void) {
    sonic_voiceprint *anna = NULL;
    sonic_voice_list *all = NULL;
    GOOD(sonic_voices_person(store, "anna", &anna));
    GOOD(sonic_voices_recent(store, NULL, &all));
    CHECK(sonic_voice_list_len(all) == 5);
    CHECK(listed(NULL, NULL, NULL, 2) == 2 && listed("user-9", NULL, NULL, 10) == 1 && listed("x", NULL, NULL, 10) == 0);
    CHECK(listed(NULL, "enroll", NULL, 10) == 2 && listed(NULL, "test", NULL, 10) == 1);
    CHECK(listed(NULL, NULL, anna->voiceprint_id, 10) == 2);
    sonic_voice_list_free(all);
    sonic_voiceprint_free(anna);
}

static void search(void) {
    sonic_voice_search_options options = NOTHING;
    sonic_voice_list *found = NULL;
    const char *exclude[1] = {"ben-0"};
    size_t all;
    GOOD(sonic_voices_search(store, embedder, of_ben, DIMENSIONS, NULL, &found));
    CHECK(sonic_voice_list_len(found) == 3); /* Three of Ben, as the limit is. */
    CHECK(sonic_voice_list_similarity(found, 0) >= sonic_voice_list_similarity(found, 1));
    CHECK(sonic_voice_list_similarity(found, 1) > 0.7f && sonic_voice_list_similarity(found, 3) == 0);
    sonic_voice_list_free(found);
    GOOD(sonic_voice_search_options_init(&options, sizeof options));
    options.threshold = -1;
    options.limit = 100;
    options.threads = 2;
    GOOD(sonic_voices_search(store, embedder, of_ben, DIMENSIONS, &options, &found));
    all = sonic_voice_list_len(found);
    CHECK(all == 5);
    sonic_voice_list_free(found);
    options.exclude = exclude;
    options.exclude_len = 1;
    GOOD(sonic_voices_search(store, embedder, of_ben, DIMENSIONS, &options, &found));
    CHECK(sonic_voice_list_len(found) == all - 1);
    sonic_voice_list_free(found);
    options.exclude_len = 0;
    options.threshold = 0.99999f;
    GOOD(sonic_voices_search(store, embedder, of_anna, DIMENSIONS, &options, &found));
    CHECK(sonic_voice_list_len(found) == 0);
    sonic_voice_list_free(found);
}

static void speakers(void) {
    sonic_observe_options options = NOTHING;
    sonic_observed *first = NULL, *same = NULL, *more = NULL, *other = NULL;
    sonic_speaker_list *list = NULL;
    float again[DIMENSIONS];
    uint64_t gone = 77;
    GOOD(sonic_observe_options_init(&options, sizeof options));
    options.scope = "meeting";
    GOOD(sonic_voices_observe(store, embedder, of_anna, DIMENSIONS, &options, &first));
    CHECK(first->is_new && first->is_stored && !first->has_score && strncmp(first->speaker, "spk_", 4) == 0);
    GOOD(sonic_voices_observe(store, embedder, of_anna, DIMENSIONS, &options, &same));
    CHECK(!same->is_new && !same->is_stored && same->has_score && same->score > 0.999f);
    CHECK(strcmp(first->speaker, same->speaker) == 0);
    GOOD(embed_speech_file(embedder, files[0][2], again, DIMENSIONS));
    options.same = 0.9999f;
    options.matching = 0.5f;
    GOOD(sonic_voices_observe(store, embedder, again, DIMENSIONS, &options, &more));
    CHECK(!more->is_new && more->is_stored && strcmp(first->speaker, more->speaker) == 0);
    options.matching = 0.9f;
    GOOD(sonic_voices_observe(store, embedder, of_ben, DIMENSIONS, &options, &other));
    CHECK(other->is_new && other->has_score && strcmp(first->speaker, other->speaker) != 0);
    GOOD(sonic_voices_speakers(store, "meeting", &list));
    CHECK(sonic_speaker_list_len(list) == 2 && sonic_speaker_list_at(list, 2) == NULL);
    CHECK(strcmp(sonic_speaker_list_at(list, 0)->speaker, first->speaker) == 0);
    CHECK(sonic_speaker_list_at(list, 0)->embeddings == 2 && sonic_speaker_list_at(list, 1)->embeddings == 1);
    sonic_speaker_list_free(list);
    GOOD(sonic_voices_speakers(store, NULL, &list));
    CHECK(sonic_speaker_list_len(list) == 0);
    sonic_speaker_list_free(list);
    GOOD(sonic_voices_forget_speakers(store, "meeting", &gone));
    CHECK(gone == 3);
    GOOD(sonic_voices_forget_speakers(store, "meeting", NULL));
    sonic_observed_free(first);
    sonic_observed_free(same);
    sonic_observed_free(more);
    sonic_observed_free(other);
}

/* Strangers of every height, against whom scores are normalised. */
static void cohort(void) {
    static float vectors[STRANGERS * DIMENSIONS];
    sonic_clip *clips[STRANGERS];
    sonic_voice_answer *answer = NULL;
    sonic_voice_stats stats = NOTHING;
    int i;
    for (i = 0; i < STRANGERS; i++) {
        speaker stranger;
        stranger.pitch = 90 + 7 * i;
        stranger.tract = 0.85 + 0.015 * i;
        stranger.breath = 0.002 * (i % 5);
        clips[i] = clip_of(&stranger, 1000 + (unsigned)i);
    }
    GOOD(sonic_voice_embedder_embed_many_clips(embedder, (const sonic_clip *const *)clips, STRANGERS, NULL, NULL, vectors, STRANGERS * DIMENSIONS));
    for (i = 0; i < STRANGERS; i++) sonic_clip_free(clips[i]);
    GOOD(sonic_voices_set_cohort(store, embedder, vectors, STRANGERS * DIMENSIONS));
    stats.size = sizeof stats;
    GOOD(sonic_voices_stats(store, &stats));
    CHECK(stats.cohort == STRANGERS && stats.people == 1 && stats.recordings == 5 && stats.dimensions == DIMENSIONS);
    CHECK(strcmp(stats.pipeline, sonic_voice_embedder_pipeline(embedder)) == 0);
    GOOD(identify_voice_file(store, embedder, files[0][4], NULL, &answer));
    /* The voices that are made here have no more than a narrow band, whose scores have no cohort. */
    CHECK(sonic_voice_answer_cohort(answer) == STRANGERS && !sonic_voice_answer_match(answer, 0)->has_normalized);
    sonic_voice_answer_free(answer);
    GOOD(sonic_voices_set_cohort(store, embedder, NULL, 0));
    GOOD(sonic_voices_stats(store, &stats));
    CHECK(stats.cohort == 0);
}

static void calibration(void) {
    sonic_voice_trial trials[80];
    sonic_calibration fitted = NOTHING, kept = NOTHING;
    sonic_voice_answer *answer = NULL;
    int i;
    fitted.size = kept.size = sizeof fitted;
    GOOD(sonic_voices_calibration(store, embedder, &kept));
    CHECK(kept.trials == 0 && kept.slope > 0 && kept.offset < 0);
    for (i = 0; i < 80; i++) {
        trials[i].same = i % 2;
        trials[i].score = (float)(i % 2 ? 0.4 : -0.2) + (float)(i / 2) * 0.01f;
    }
    GOOD(sonic_voices_fit_calibration(store, embedder, trials, 80, &fitted));
    CHECK(fitted.trials == 80 && fitted.slope > 0 && fitted.size == sizeof fitted && fitted.reserved == 0);
    GOOD(sonic_voices_calibration(store, embedder, &kept));
    CHECK(memcmp(&kept, &fitted, sizeof kept) == 0);
    GOOD(sonic_voices_fit_calibration(store, embedder, trials, 80, NULL));
    GOOD(identify_voice_file(store, embedder, files[0][4], NULL, &answer));
    CHECK(sonic_voice_answer_calibrated(answer));
    sonic_voice_answer_free(answer);
}

static void removing(void) {
    sonic_voice *voice = UNTOUCHED(sonic_voice);
    sonic_voiceprint *anna = NULL;
    char sample[64];
    GOOD(sonic_voices_remove(store, "ben-0"));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voices_remove(store, "ben-0"));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voices_get(store, "ben-0", &voice));
    KEPT(voice);
    GOOD(sonic_voices_person(store, "anna", &anna));
    snprintf(sample, sizeof sample, "%s", sample_of(anna, 0));
    sonic_voiceprint_free(anna);
    GOOD(sonic_voices_remove(store, sample));
    GOOD(sonic_voices_person(store, "anna", &anna));
    CHECK(anna->sample_count == 1);
    sonic_voiceprint_free(anna);
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    folder = arguments[1];
    set_up();
    many_embeddings();
    the_usable();
    single_samples();
    recordings();
    lists();
    search();
    speakers();
    cohort();
    calibration();
    removing();
    sonic_voice_embedder_free(embedder);
    sonic_store_free(store);
    puts("all is as it should be");
    return 0;
}
