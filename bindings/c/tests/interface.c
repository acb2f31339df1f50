/* Every function does what its words say. Argument: an empty folder. */

#include "check.h"
#include "sources.h"

static sonic_store *store;

static void versions(void) {
    CHECK(sonic_abi_version() >= SONIC_ABI_VERSION);
    CHECK(strchr(sonic_version(), '.') != NULL);
    CHECK(strcmp(sonic_last_error(), "") == 0);
    CHECK(strcmp(sonic_status_name(SONIC_OK), "ok") == 0);
    CHECK(strcmp(sonic_status_name(SONIC_ERROR_NOT_FOUND), "not_found") == 0);
    CHECK(strcmp(sonic_status_name(SONIC_ERROR_INTERNAL), "internal") == 0);
    CHECK(strcmp(sonic_status_name(SONIC_ERROR_BUSY), "busy") == 0);
    CHECK(sonic_last_retry_after_ms() == 0);
    CHECK(strcmp(sonic_status_name(SONIC_ERROR_BUSY + 1), "unknown") == 0);
}

static void clips(void) {
    sonic_decode_options options = NOTHING;
    sonic_clip *native = NULL, *low = NULL, *bytes = NULL, *copy = NULL;
    size_t len = 0;
    unsigned char *data = contents_of(WALTZ_CLIP, &len);
    GOOD(decode_file(WALTZ_CLIP, NULL, &native));
    CHECK(sonic_clip_sample_rate(native) > 11025);
    GOOD(sonic_decode_options_init(&options, sizeof options));
    GOOD(decode_bytes(data, len, &options, &bytes));
    free(data);
    CHECK(sonic_clip_len(bytes) == sonic_clip_len(native));
    CHECK(memcmp(sonic_clip_samples(bytes), sonic_clip_samples(native), 4 * sonic_clip_len(native)) == 0);
    options.has_sample_rate = 1;
    options.sample_rate = SONIC_FINGERPRINT_SAMPLE_RATE;
    GOOD(decode_file(WALTZ_CLIP, &options, &low));
    CHECK(sonic_clip_sample_rate(low) == 11025);
    CHECK(sonic_clip_duration_ms(low) == sonic_clip_len(low) * 1000 / 11025);
    CHECK(!sonic_clip_truncated(low));
    GOOD(sonic_clip_new(sonic_clip_samples(low), sonic_clip_len(low), 11025, &copy));
    sonic_clip_free(low);
    CHECK(sonic_clip_len(copy) > 80000 && sonic_clip_samples(copy)[50000] != sonic_clip_samples(copy)[50001]);
    sonic_clip_free(copy);
    sonic_clip_free(bytes);
    sonic_clip_free(native);
}

static sonic_fingerprint *streamed(const sonic_clip *clip, bool texture) {
    sonic_fingerprinter *maker = NULL;
    sonic_fingerprint *fingerprint = NULL;
    size_t len = sonic_clip_len(clip), at = 0, piece = 1;
    if (texture) GOOD(sonic_fingerprinter_new_with_texture(&maker));
    else GOOD(sonic_fingerprinter_new(&maker));
    while (at < len) {
        size_t count = piece < len - at ? piece : len - at;
        GOOD(sonic_fingerprinter_push(maker, sonic_clip_samples(clip) + at, count));
        at += count;
        piece = piece * 3 % 5003;
    }
    GOOD(sonic_fingerprinter_finish(maker, &fingerprint));
    sonic_fingerprinter_free(maker);
    return fingerprint;
}

static bool same_landmarks(const sonic_landmark *a, const sonic_landmark *b, size_t len) {
    return memcmp(a, b, len * sizeof *a) == 0;
}

static void fingerprints(void) {
    sonic_decode_options options = NOTHING;
    sonic_clip *clip = NULL;
    sonic_fingerprint *whole = NULL, *query, *indexing;
    GOOD(sonic_decode_options_init(&options, sizeof options));
    options.has_sample_rate = 1;
    options.sample_rate = SONIC_FINGERPRINT_SAMPLE_RATE;
    GOOD(decode_file(WALTZ_CLIP, &options, &clip));
    GOOD(sonic_fingerprint_new(clip, &whole));
    query = streamed(clip, true);
    indexing = streamed(clip, false);
    CHECK(sonic_fingerprint_len(whole) > 200);
    CHECK(sonic_fingerprint_len(whole) == sonic_fingerprint_len(query));
    CHECK(sonic_fingerprint_len(whole) == sonic_fingerprint_len(indexing));
    CHECK(same_landmarks(sonic_fingerprint_landmarks(whole), sonic_fingerprint_landmarks(query),
                         sonic_fingerprint_len(whole)));
    CHECK(same_landmarks(sonic_fingerprint_landmarks(whole), sonic_fingerprint_landmarks(indexing),
                         sonic_fingerprint_len(whole)));
    CHECK(sonic_fingerprint_landmarks(whole)[5].reserved == 0);
    CHECK(sonic_fingerprint_has_texture(whole) && sonic_fingerprint_has_texture(query));
    CHECK(!sonic_fingerprint_has_texture(indexing));
    CHECK(sonic_fingerprint_duration_ms(whole) == sonic_clip_duration_ms(clip));
    CHECK(sonic_fingerprint_frames(whole) == sonic_fingerprint_frames(indexing));
    CHECK(strncmp(sonic_fingerprint_pipeline(whole), "landmark-", 9) == 0);
    sonic_fingerprint_free(indexing);
    sonic_fingerprint_free(query);
    sonic_fingerprint_free(whole);
    sonic_clip_free(clip);
}

static void adding(void) {
    sonic_recording_options options = NOTHING;
    sonic_added *added = NULL;
    const sonic_recording *row;
    size_t len = 0;
    unsigned char *data = contents_of(BROT, &len);
    sonic_clip *clip = NULL;
    sonic_fingerprint *fingerprint = NULL;

    GOOD(add_file(store, WALTZ, NULL, &added));
    CHECK(sonic_added_is_new(added) && strcmp(sonic_added_id(added), "lantern-waltz") == 0);
    row = sonic_added_recording(added);
    CHECK(strcmp(row->id, "lantern-waltz") == 0 && strcmp(row->source, WALTZ) == 0);
    CHECK(row->title == NULL && row->user_id == NULL && row->mode == NULL && row->metadata_json == NULL);
    CHECK(row->duration_ms == 84000 && row->landmarks > 2000 && strlen(row->source_hash) == 32);
    CHECK(strcmp(row->codec, "opus") == 0 && row->sample_rate == 48000 && row->channels == 1);
    CHECK(!row->truncated && row->created_at_ms > 1600000000000u && row->frames > 3000);
    sonic_added_free(added);

    GOOD(sonic_recording_options_init(&options, sizeof options));
    options.id = "bread";
    options.title = "Brot \xc3\xa4";
    options.source = "the larder";
    options.user_id = "anna";
    options.mode = "essay";
    options.metadata_json = "{\"shelf\": [1, 2]}";
    options.has_created_at_ms = 1;
    options.created_at_ms = 1234567;
    GOOD(add_bytes(store, data, len, &options, &added));
    CHECK(sonic_added_is_new(added));
    row = sonic_added_recording(added);
    CHECK(strcmp(row->title, "Brot \xc3\xa4") == 0 && strcmp(row->source, "the larder") == 0);
    CHECK(strcmp(row->user_id, "anna") == 0 && strcmp(row->mode, "essay") == 0 && row->created_at_ms == 1234567);
    CHECK(strcmp(row->metadata_json, "{\"shelf\":[1,2]}") == 0);
    sonic_added_free(added);
    free(data);

    /* The same bytes again are no second recording, whatever they are called. */
    options.id = "rye";
    GOOD(add_file(store, BROT, &options, &added));
    CHECK(!sonic_added_is_new(added) && strcmp(sonic_added_id(added), "bread") == 0);
    CHECK(sonic_added_recording(added) == NULL);
    sonic_added_free(added);
    GOOD(add_file(store, BROT, NULL, NULL));

    GOOD(decode_file("examples/demo/media/ricercar.opus", NULL, &clip));
    GOOD(sonic_fingerprint_new(clip, &fingerprint));
    memset(&options, 0, sizeof options);
    GOOD(sonic_recording_options_init(&options, sizeof options));
    options.id = "by hand";
    GOOD(sonic_recordings_add_fingerprint(store, fingerprint, &options, &added));
    CHECK(sonic_added_is_new(added) && sonic_added_recording(added)->source == NULL);
    sonic_added_free(added);
    sonic_fingerprint_free(fingerprint);
    sonic_clip_free(clip);
}

static bool same_answers(const sonic_answer *a, const sonic_answer *b) {
    size_t i;
    if (sonic_answer_len(a) != sonic_answer_len(b) || sonic_answer_decision(a) != sonic_answer_decision(b)) return false;
    for (i = 0; i < sonic_answer_len(a); i++) {
        const sonic_match *x = sonic_answer_match(a, i), *y = sonic_answer_match(b, i);
        if (strcmp(x->id, y->id) != 0 || x->offset_ms != y->offset_ms || x->score != y->score) return false;
        if (x->probability != y->probability || x->aligned != y->aligned) return false;
    }
    return sonic_answer_duration_ms(a) == sonic_answer_duration_ms(b);
}

static void query(void) {
    sonic_decode_options rate = NOTHING;
    sonic_identify_options options = NOTHING;
    const char *exclude[2] = {"lantern-waltz", "nobody"};
    sonic_answer *by_file = NULL, *by_bytes = NULL, *by_fingerprint = NULL, *other = NULL;
    const sonic_match *best;
    sonic_clip *clip = NULL;
    sonic_fingerprint *fingerprint = NULL;
    size_t len = 0;
    unsigned char *data = contents_of(WALTZ_CLIP, &len);

    GOOD(identify_file(store, WALTZ_CLIP, NULL, &by_file));
    CHECK(sonic_answer_decision(by_file) == SONIC_DECISION_MATCH && sonic_answer_len(by_file) >= 1);
    best = sonic_answer_match(by_file, 0);
    CHECK(strcmp(best->id, "lantern-waltz") == 0 && best->offset_ms > 31000 && best->offset_ms < 31700);
    CHECK(best->probability > 0.99f && best->score > 5 && best->aligned > 100);
    CHECK(best->time_scale > 0.99f && best->time_scale < 1.01f && best->pitch_semitones < 0.1f);
    CHECK(best->query_start_ms < 500 && best->query_end_ms > 8000);
    CHECK(best->coverage > 0.5f && best->coverage <= 1);
    CHECK(sonic_answer_match(by_file, sonic_answer_len(by_file)) == NULL);
    CHECK(sonic_answer_match(by_file, (size_t)-1) == NULL);
    CHECK(sonic_answer_duration_ms(by_file) > 8000 && !sonic_answer_truncated(by_file));
    CHECK(sonic_answer_decode_ms(by_file) > 0 && sonic_answer_fingerprint_ms(by_file) > 0);
    CHECK(sonic_answer_search_ms(by_file) > 0 && sonic_answer_postings_read(by_file) > 0);
    CHECK(sonic_answer_scales_tried(by_file) > 0 && sonic_answer_postings_skipped(by_file) < 1000000000);

    GOOD(identify_bytes(store, data, len, NULL, &by_bytes));
    free(data);
    GOOD(sonic_decode_options_init(&rate, sizeof rate));
    rate.has_sample_rate = 1;
    rate.sample_rate = SONIC_FINGERPRINT_SAMPLE_RATE;
    GOOD(decode_file(WALTZ_CLIP, &rate, &clip));
    GOOD(sonic_fingerprint_new(clip, &fingerprint));
    GOOD(sonic_recordings_identify_fingerprint(store, fingerprint, NULL, &by_fingerprint));
    CHECK(same_answers(by_file, by_bytes) && same_answers(by_file, by_fingerprint));
    CHECK(sonic_answer_decode_ms(by_fingerprint) == 0 && sonic_answer_search_ms(by_fingerprint) > 0);

    GOOD(sonic_identify_options_init(&options, sizeof options));
    options.threads = 1;
    options.limit = 1;
    options.exclude = exclude;
    options.exclude_len = 2;
    GOOD(sonic_recordings_identify_fingerprint(store, fingerprint, &options, &other));
    CHECK(sonic_answer_len(other) <= 1);
    CHECK(sonic_answer_len(other) == 0 || strcmp(sonic_answer_match(other, 0)->id, "lantern-waltz") != 0);
    CHECK(sonic_answer_decision(other) == SONIC_DECISION_UNKNOWN);
    sonic_answer_free(other);
    GOOD(identify_file(store, OUTSIDE, NULL, &other));
    CHECK(sonic_answer_decision(other) == SONIC_DECISION_UNKNOWN);
    sonic_answer_free(other);

    sonic_answer_free(by_fingerprint);
    sonic_answer_free(by_bytes);
    sonic_answer_free(by_file);
    sonic_fingerprint_free(fingerprint);
    sonic_clip_free(clip);
}

static void listing(void) {
    sonic_recording_list *all = NULL, *page = NULL;
    sonic_recording *one = NULL;
    sonic_landmarks *landmarks = NULL;
    sonic_stats stats;
    uint64_t count = 0;
    uint32_t after = 0;
    size_t seen = 0;
    sonic_recording *same = NULL;
    bool found = false;

    GOOD(sonic_recordings_len(store, &count));
    GOOD(sonic_recordings_list(store, &all));
    CHECK(count == 3 && sonic_recording_list_len(all) == 3 && sonic_recording_list_at(all, 3) == NULL);
    CHECK(strcmp(sonic_recording_list_at(all, 0)->id, "lantern-waltz") == 0);
    CHECK(strcmp(sonic_recording_list_at(all, 1)->id, "bread") == 0 && !sonic_recording_list_next(all, &after));
    do {
        size_t i;
        sonic_recording_list_free(page);
        GOOD(sonic_recordings_page(store, after, 2, &page));
        for (i = 0; i < sonic_recording_list_len(page); i++, seen++) {
            CHECK(strcmp(sonic_recording_list_at(page, i)->id, sonic_recording_list_at(all, seen)->id) == 0);
        }
    } while (sonic_recording_list_next(page, &after));
    CHECK(seen == 3);
    sonic_recording_list_free(page);

    GOOD(sonic_recordings_contains(store, "bread", &found));
    CHECK(found);
    GOOD(sonic_recordings_contains(store, "stone", &found));
    CHECK(!found);
    GOOD(sonic_recordings_get(store, "bread", &one));
    GOOD(sonic_recordings_of_source(store, one->source_hash, &same));
    CHECK(strcmp(same->id, "bread") == 0);
    sonic_recording_free(same);
    CHECK(strcmp(one->user_id, "anna") == 0 && one->landmarks == sonic_recording_list_at(all, 1)->landmarks);
    GOOD(sonic_recordings_landmarks(store, "bread", &landmarks));
    CHECK(sonic_landmarks_len(landmarks) == one->landmarks);
    CHECK(sonic_landmarks_data(landmarks)[one->landmarks - 1].frame < one->frames);
    sonic_landmarks_free(landmarks);
    sonic_recording_free(one);
    sonic_recording_list_free(all);

    memset(&stats, 0xab, sizeof stats);
    stats.size = sizeof stats;
    GOOD(sonic_store_stats(store, &stats));
    CHECK(stats.size == sizeof stats && stats.recordings == 3 && stats.duration_ms > 84000 + 66000);
    CHECK(stats.landmarks > 6000 && stats.postings > stats.landmarks && stats.segments >= 1);
    CHECK(stats.postings_bytes > 0 && stats.file_bytes > stats.postings_bytes && stats.format_version >= 1);
    CHECK(strncmp(stats.pipeline, "landmark-", 9) == 0);
}

/* The table as any reader of Arrow sees it. */
static void arrow(void) {
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    int64_t rows = 0;
    memset(&stream, 0, sizeof stream);
    GOOD(sonic_recordings_table(store, &stream));
    CHECK(stream.get_schema(&stream, &schema) == 0 && strcmp(schema.format, "+s") == 0);
    CHECK(schema.n_children == 16 && strcmp(schema.children[0]->name, "id") == 0);
    CHECK(strcmp(schema.children[0]->format, "u") == 0 && strcmp(schema.children[4]->name, "duration_ms") == 0);
    for (;;) {
        CHECK(stream.get_next(&stream, &batch) == 0);
        if (batch.release == NULL) break;
        if (rows == 0) {
            const int32_t *offsets = (const int32_t *)batch.children[0]->buffers[1];
            const char *text = (const char *)batch.children[0]->buffers[2];
            const int64_t *duration = (const int64_t *)batch.children[4]->buffers[1];
            CHECK(offsets[1] - offsets[0] == 13 && memcmp(text + offsets[0], "lantern-waltz", 13) == 0);
            CHECK(duration[batch.children[4]->offset] == 84000);
        }
        rows += batch.length;
        batch.release(&batch);
    }
    CHECK(rows == 3);
    schema.release(&schema);
    stream.release(&stream);
    /* One that nobody reads. */
    GOOD(sonic_recordings_table(store, &stream));
    stream.release(&stream);
}

static void removing(void) {
    sonic_problems *problems = NULL;
    sonic_recording *one = NULL;
    sonic_answer *answer = NULL;
    GOOD(sonic_recordings_remove(store, "lantern-waltz"));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_recordings_get(store, "lantern-waltz", &one));
    GOOD(identify_file(store, WALTZ_CLIP, NULL, &answer));
    CHECK(sonic_answer_decision(answer) == SONIC_DECISION_UNKNOWN);
    sonic_answer_free(answer);
    GOOD(sonic_store_compact(store, NULL, NULL));
    GOOD(sonic_store_check(store, NULL, NULL, &problems));
    CHECK(sonic_problems_len(problems) == 0 && sonic_problems_message(problems, 0) == NULL);
    sonic_problems_free(problems);
}

static void reopening(const char *path) {
    sonic_store_options options = NOTHING;
    sonic_store *reader = NULL;
    uint64_t count = 0;
    GOOD(sonic_store_close(store));
    sonic_store_free(store);
    GOOD(sonic_store_options_init(&options, sizeof options));
    options.access = SONIC_ACCESS_READ_ONLY;
    options.map_size = 1 << 24;
    GOOD(sonic_store_open(path, &options, &reader));
    GOOD(sonic_recordings_len(reader, &count));
    CHECK(count == 2);
    BAD_ARGUMENT(sonic_recordings_remove(reader, "bread"));
    sonic_store_free(reader);
}

int main(int count, char **arguments) {
    const char *path;
    CHECK(count == 2);
    path = path_in(arguments[1], "store");
    versions();
    clips();
    fingerprints();
    GOOD(sonic_store_open(path, NULL, &store));
    adding();
    query();
    listing();
    arrow();
    removing();
    reopening(path_in(arguments[1], "store"));
    puts("all is as it should be");
    return 0;
}
