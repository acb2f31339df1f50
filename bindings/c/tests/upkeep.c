/* Explaining, tables, exports, forgetting a user, and the registry of models. Argument: an empty folder. */

#include "sources.h"
#include "speech.h"
#include <unistd.h>

static const char *folder;
static sonic_store *store;

static void explaining(void) {
    sonic_source *clip = NULL, *outside = NULL;
    sonic_answer *answer = NULL, *unknown = NULL;
    sonic_file *file = NULL, *none = UNTOUCHED(sonic_file);
    GOOD(add_file(store, WALTZ, NULL, NULL));
    GOOD(sonic_source_path(WALTZ_CLIP, &clip));
    GOOD(sonic_source_path(OUTSIDE, &outside));
    GOOD(sonic_recordings_identify(store, clip, NULL, &answer));
    GOOD(sonic_recordings_explain(store, clip, answer, 0, &file));
    CHECK(sonic_file_len(file) > 1000 && memcmp(sonic_file_data(file), "<svg", 4) == 0);
    sonic_file_free(file);
    BAD_ARGUMENT(sonic_recordings_explain(NULL, clip, answer, 0, &none));
    BAD_ARGUMENT(sonic_recordings_explain(store, NULL, answer, 0, &none));
    BAD_ARGUMENT(sonic_recordings_explain(store, clip, NULL, 0, &none));
    BAD_ARGUMENT(sonic_recordings_explain(store, clip, answer, 0, NULL));
    BAD_ARGUMENT(sonic_recordings_explain(store, clip, answer, sonic_answer_len(answer), &none));
    BAD_ARGUMENT(sonic_recordings_explain(store, clip, answer, (size_t)-1, &none));
    GOOD(sonic_recordings_identify(store, outside, NULL, &unknown));
    BAD_ARGUMENT(sonic_recordings_explain(store, outside, unknown, sonic_answer_len(unknown), &none));
    /* The recording is gone meanwhile. */
    GOOD(sonic_recordings_remove(store, "lantern-waltz"));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_recordings_explain(store, clip, answer, 0, &none));
    KEPT(none);
    GOOD(add_file(store, WALTZ, NULL, NULL));
    sonic_answer_free(unknown);
    sonic_answer_free(answer);
    sonic_source_free(outside);
    sonic_source_free(clip);
}

static void exporting(void) {
    static const char *const names[] = {"recordings", "voices", "faces", "people"};
    char path[4200], into[4096];
    unsigned char *data;
    sonic_cancel *cancel = NULL;
    sonic_progress *progress = NULL;
    size_t i, len = 0;
    snprintf(into, sizeof into, "%s/tables/of/today", folder);
    GOOD(sonic_cancel_new(&cancel));
    GOOD(sonic_progress_new(&progress));
    GOOD(sonic_store_export_parquet(store, into, cancel, progress));
    CHECK(sonic_progress_total(progress) > 0 && sonic_progress_done(progress) == sonic_progress_total(progress));
    for (i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s.parquet", into, names[i]);
        data = contents_of(path, &len);
        CHECK(len > 8 && memcmp(data, "PAR1", 4) == 0 && memcmp(data + len - 4, "PAR1", 4) == 0);
        free(data);
    }
    BAD_ARGUMENT(sonic_store_export_parquet(NULL, into, NULL, NULL));
    BAD_ARGUMENT(sonic_store_export_parquet(store, NULL, NULL, NULL));
    EXPECT(SONIC_ERROR_IO, sonic_store_export_parquet(store, "README.md", NULL, NULL));
    sonic_cancel_cancel(cancel);
    snprintf(into, sizeof into, "%s/never", folder);
    EXPECT(SONIC_ERROR_CLOSED, sonic_store_export_parquet(store, into, cancel, NULL));
    CHECK(access(into, F_OK) != 0);
    sonic_cancel_free(cancel);
    sonic_progress_free(progress);
}

static void saving(void) {
    char from[4096], into[4096];
    sonic_cancel *cancel = NULL;
    sonic_salvaged saved, small;
    memset(&saved, 0, sizeof saved);
    saved.size = sizeof saved;
    small = saved;
    small.size = 4;
    snprintf(from, sizeof from, "%s/store", folder);
    snprintf(into, sizeof into, "%s/saved", folder);
    GOOD(sonic_cancel_new(&cancel));
    GOOD(sonic_store_salvage(from, into, NULL, NULL, &saved));
    CHECK(saved.recordings > 0 && saved.damaged_rows == 0 && saved.damaged_pages == 0 && !saved.may_lack_last_change);
    BAD_ARGUMENT(sonic_store_salvage(from, into, NULL, NULL, &saved));
    snprintf(into, sizeof into, "%s/not-saved", folder);
    BAD_ARGUMENT(sonic_store_salvage(NULL, into, NULL, NULL, &saved));
    BAD_ARGUMENT(sonic_store_salvage(from, NULL, NULL, NULL, &saved));
    BAD_ARGUMENT(sonic_store_salvage(from, into, NULL, NULL, NULL));
    BAD_ARGUMENT(sonic_store_salvage(from, into, NULL, NULL, &small));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_store_salvage("bindings", into, NULL, NULL, &saved));
    sonic_cancel_cancel(cancel);
    EXPECT(SONIC_ERROR_CLOSED, sonic_store_salvage(from, into, cancel, NULL, &saved));
    CHECK(access(into, F_OK) != 0);
    sonic_cancel_free(cancel);
}

/* A folder, a file that is there already, and what is no media file. */
static void many(void) {
    const char *paths[3] = {"examples/demo/media", WALTZ, "README.md"}, *wrong[2] = {WALTZ, NULL};
    sonic_added_file_list *files = NULL, *none = UNTOUCHED(sonic_added_file_list);
    sonic_cancel *cancel = NULL;
    sonic_progress *progress = NULL;
    size_t i, counts[6] = {0};
    sonic_add_options options;
    GOOD(sonic_cancel_new(&cancel));
    GOOD(sonic_progress_new(&progress));
    GOOD(sonic_recordings_add_many(store, paths, 3, NULL, cancel, progress, &files));
    CHECK(sonic_added_file_list_len(files) > 3 && sonic_added_file_list_at(files, sonic_added_file_list_len(files)) == NULL);
    CHECK(sonic_progress_done(progress) == sonic_added_file_list_len(files));
    CHECK(sonic_progress_total(progress) == sonic_progress_done(progress));
    for (i = 0; i < sonic_added_file_list_len(files); i++) {
        const sonic_added_file *file = sonic_added_file_list_at(files, i);
        counts[file->status]++;
        if (file->status == SONIC_ADD_PASSED_OVER) {
            CHECK(file->id == NULL && file->reason != NULL);
            continue;
        }
        CHECK(file->damaged_ms == 0 && file->id != NULL && (file->reason != NULL) == (file->status == SONIC_ADD_FAILED));
        CHECK((file->duration_ms > 0) == (file->status == SONIC_ADD_ADDED));
        if (file->status != SONIC_ADD_FAILED) continue;
        CHECK(strcmp(file->path, "README.md") == 0 && strcmp(file->id, "README") == 0);
        CHECK(file->error == SONIC_ERROR_UNSUPPORTED);
    }
    CHECK(counts[SONIC_ADD_PASSED_OVER] == 0);
    CHECK(counts[SONIC_ADD_ADDED] > 1 && counts[SONIC_ADD_DUPLICATE] == 2 && counts[SONIC_ADD_FAILED] == 1);
    sonic_added_file_list_free(files);
    GOOD(sonic_add_options_init(&options, sizeof options));
    options.threads = 1;
    options.id_prefix = "demo/";
    GOOD(sonic_recordings_add_many(store, NULL, 0, &options, NULL, NULL, &files));
    CHECK(sonic_added_file_list_len(files) == 0);
    sonic_added_file_list_free(files);
    GOOD(sonic_recordings_add_many(store, paths, 1, &options, NULL, NULL, NULL));
    BAD_ARGUMENT(sonic_recordings_add_many(NULL, paths, 1, NULL, NULL, NULL, &none));
    BAD_ARGUMENT(sonic_recordings_add_many(store, NULL, 1, NULL, NULL, NULL, &none));
    BAD_ARGUMENT(sonic_recordings_add_many(store, wrong, 2, NULL, NULL, NULL, &none));
    options.threads = 5000;
    BAD_ARGUMENT(sonic_recordings_add_many(store, paths, 1, &options, NULL, NULL, &none));
    sonic_cancel_cancel(cancel);
    EXPECT(SONIC_ERROR_CLOSED, sonic_recordings_add_many(store, paths, 1, NULL, cancel, progress, &none));
    KEPT(none);
    CHECK(sonic_added_file_list_len(NULL) == 0 && sonic_added_file_list_at(NULL, 0) == NULL);
    sonic_added_file_list_free(NULL);
    sonic_cancel_free(cancel);
    sonic_progress_free(progress);
}

/* The tables of one event and of all. */
static int64_t rows_of(struct ArrowArrayStream *stream) {
    struct ArrowArray batch;
    int64_t rows = 0;
    for (;;) {
        CHECK(stream->get_next(stream, &batch) == 0);
        if (batch.release == NULL) break;
        rows += batch.length;
        batch.release(&batch);
    }
    stream->release(stream);
    return rows;
}

static void tables(void) {
    static const char *const events[] = {"monday", "tuesday", "tuesday"};
    float vector[2] = {0.6f, 0.8f};
    sonic_face row = NOTHING;
    sonic_face_list *faces = NULL;
    sonic_photo_options options = NOTHING;
    sonic_stored_face_list *kept = NULL;
    sonic_person *person = NULL;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    uint64_t face;
    char name[16];
    int i;
    row.embedding = vector;
    row.dimensions = 2;
    GOOD(sonic_face_list_new("upkeep", &row, 1, 64, 48, &faces));
    GOOD(sonic_photo_options_init(&options, sizeof options));
    options.photo_id = name;
    for (i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%d.jpg", i);
        GOOD(sonic_faces_add_photo_faces(store, events[i], faces, &options, NULL, NULL));
    }
    sonic_face_list_free(faces);
    GOOD(sonic_faces_page(store, "monday", 0, 9, &kept));
    face = sonic_stored_face_list_at(kept, 0)->face_id;
    sonic_stored_face_list_free(kept);
    GOOD(sonic_people_create(store, "monday", &face, 1, &person));
    GOOD(sonic_people_link(store, "monday", person->person_id, "user-1", NULL));
    sonic_person_free(person);

    GOOD(sonic_faces_table(store, NULL, &stream));
    CHECK(stream.get_schema(&stream, &schema) == 0 && strcmp(schema.children[0]->name, "event") == 0);
    CHECK(strcmp(schema.children[3]->name, "person_id") == 0);
    schema.release(&schema);
    CHECK(rows_of(&stream) == 3);
    GOOD(sonic_faces_table(store, "tuesday", &stream));
    CHECK(rows_of(&stream) == 2);
    GOOD(sonic_people_table(store, NULL, &stream));
    CHECK(rows_of(&stream) == 1);
    GOOD(sonic_people_table(store, "tuesday", &stream));
    CHECK(rows_of(&stream) == 0);
    BAD_ARGUMENT(sonic_faces_table(store, "\xff", &stream));
    BAD_ARGUMENT(sonic_people_table(store, "\xff", &stream));
    BAD_ARGUMENT(sonic_people_table(store, NULL, NULL));
}

/* Voices and faces of a user go at once. */
static void forgetting(void) {
    char path[4096];
    const char *paths[1];
    sonic_voice_embedder *embedder = NULL;
    sonic_enroll_options options = NOTHING;
    sonic_forgotten_voices voices = NOTHING;
    sonic_forgotten_faces faces = NOTHING;
    snprintf(path, sizeof path, "%s/anna.wav", folder);
    record(path, &ANNA, 7);
    paths[0] = path;
    GOOD(sonic_voice_embedder_new(NULL, NULL, &embedder));
    GOOD(sonic_enroll_options_init(&options, sizeof options));
    options.user_id = "user-1";
    GOOD(enroll_files(store, embedder, "anna", paths, 1, &options, NULL));
    voices.size = sizeof voices;
    faces.size = 3;
    /* Nothing goes before both can be written. */
    BAD_ARGUMENT(sonic_store_forget(store, "user-1", &voices, &faces));
    BAD_ARGUMENT(sonic_store_forget(NULL, "user-1", NULL, NULL));
    BAD_ARGUMENT(sonic_store_forget(store, NULL, NULL, NULL));
    faces.size = sizeof faces;
    GOOD(sonic_store_forget(store, "user-1", &voices, &faces));
    CHECK(voices.voiceprints == 1 && voices.recordings == 1 && faces.people == 1 && faces.faces == 1);
    GOOD(sonic_store_forget(store, "user-1", &voices, NULL));
    CHECK(voices.voiceprints == 0);
    GOOD(sonic_store_forget(store, "user-1", NULL, NULL));
    sonic_voice_embedder_free(embedder);
}

static void models(void) {
    sonic_model_list *list = NULL, *none = UNTOUCHED(sonic_model_list);
    sonic_pull_options options = NOTHING;
    sonic_pulled *pulled = NULL;
    sonic_cancel *cancel = NULL;
    sonic_verified verified = SONIC_VERIFIED_WRONG;
    bool seen = false;
    size_t i;
    GOOD(sonic_models_list(folder, &list));
    CHECK(sonic_model_list_len(list) > 2 && sonic_model_list_at(list, sonic_model_list_len(list)) == NULL);
    for (i = 0; i < sonic_model_list_len(list); i++) {
        const sonic_model_entry *entry = sonic_model_list_at(list, i);
        CHECK(strlen(entry->id) > 0 && strlen(entry->task) > 0 && strlen(entry->licence) > 0 && entry->built_in);
        if (strcmp(entry->id, "celda128") != 0) continue;
        CHECK(entry->path == NULL && entry->is_installed && entry->has_dimensions && entry->dimensions == 128);
        seen = true;
    }
    CHECK(seen);
    sonic_model_list_free(list);
    EXPECT(SONIC_ERROR_IO, sonic_models_list("README.md", &none));
    BAD_ARGUMENT(sonic_models_list(folder, NULL));
    KEPT(none);
    CHECK(sonic_model_list_len(NULL) == 0 && sonic_model_list_at(NULL, 0) == NULL);

    GOOD(sonic_models_verify(folder, "celda128", &verified));
    CHECK(verified == SONIC_VERIFIED_BUILT_IN);
    GOOD(sonic_models_verify(folder, "yunet", &verified));
    CHECK(verified == SONIC_VERIFIED_MISSING);
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_models_verify(folder, "no-such-model", &verified));
    BAD_ARGUMENT(sonic_models_verify(folder, NULL, &verified));
    BAD_ARGUMENT(sonic_models_verify(folder, "yunet", NULL));

    GOOD(sonic_pull_options_init(&options, sizeof options));
    options.models_folder = folder;
    GOOD(sonic_models_pull("celda128", &options, NULL, NULL, &pulled));
    CHECK(sonic_pulled_is_verified(pulled) && sonic_pulled_len(pulled) == 0 && sonic_pulled_path(pulled, 0) == NULL);
    CHECK(sonic_pulled_source(pulled, 0) == NULL && sonic_pulled_sha256(pulled, 0) == NULL);
    sonic_pulled_free(pulled);
    pulled = UNTOUCHED(sonic_pulled);
    options.offline = folder; /* Where the file is not. */
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_models_pull("yunet", &options, NULL, NULL, &pulled));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_models_pull("no-such-model", &options, NULL, NULL, &pulled));
    BAD_ARGUMENT(sonic_models_pull(NULL, &options, NULL, NULL, &pulled));
    options.reserved = 1;
    BAD_ARGUMENT(sonic_models_pull("yunet", &options, NULL, NULL, &pulled));
    options.reserved = 0;
    GOOD(sonic_cancel_new(&cancel));
    sonic_cancel_cancel(cancel);
    EXPECT(SONIC_ERROR_CLOSED, sonic_models_pull("yunet", &options, cancel, NULL, &pulled));
    sonic_cancel_free(cancel);
    KEPT(pulled);
    CHECK(!sonic_pulled_is_verified(NULL) && sonic_pulled_len(NULL) == 0);
    sonic_pulled_free(NULL);
    sonic_model_list_free(NULL);
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    folder = arguments[1];
    GOOD(sonic_store_open(path_in(folder, "store"), NULL, &store));
    explaining();
    many();
    tables();
    exporting();
    saving();
    forgetting();
    models();
    sonic_store_free(store);
    puts("all is as it should be");
    return 0;
}
