/* Importing recordings without their sound, comparing and removing them. Argument: an empty folder. */

#include "check.h"

static const char *folder;
static sonic_store *store;

/* A pickle of one recording, and what follows it. */
static const char *write_pickle(const char *name, const char *rest) {
    const char *path = path_in(folder, name);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    fprintf(file, "(dV00a6168510e0cf91\n(l(VS01E01\nF1.5\ntas.%s", rest);
    fclose(file);
    return path;
}

static void importing(const char *path) {
    sonic_imported_file_list *files = NULL, *none = UNTOUCHED(sonic_imported_file_list);
    sonic_cancel *cancel = NULL;
    sonic_progress *progress = NULL;
    const sonic_imported_file *file;
    GOOD(sonic_cancel_new(&cancel));
    GOOD(sonic_progress_new(&progress));
    GOOD(sonic_imported_add(store, path, cancel, progress, &files));
    CHECK(sonic_imported_file_list_len(files) == 1 && sonic_imported_file_list_at(files, 1) == NULL);
    file = sonic_imported_file_list_at(files, 0);
    CHECK(strcmp(file->path, path) == 0 && file->reason == NULL && file->error == SONIC_OK);
    CHECK(strcmp(file->warnings_json, "{\"trailing_bytes\":4}") == 0);
    CHECK(file->status == SONIC_IMPORT_IMPORTED && file->has_season && file->season == 1);
    CHECK(file->recordings == 1 && file->left_out == 0 && file->hashes == 1 && file->entries == 1);
    sonic_imported_file_list_free(files);
    GOOD(sonic_imported_add(store, path, NULL, NULL, &files));
    CHECK(sonic_imported_file_list_at(files, 0)->status == SONIC_IMPORT_DUPLICATE);
    sonic_imported_file_list_free(files);
    GOOD(sonic_imported_add(store, "README.md", NULL, NULL, &files));
    file = sonic_imported_file_list_at(files, 0);
    CHECK(file->status == SONIC_IMPORT_FAILED && file->error == SONIC_ERROR_MALFORMED && strlen(file->reason) > 10);
    sonic_imported_file_list_free(files);
    GOOD(sonic_imported_add(store, path, NULL, NULL, NULL));
    BAD_ARGUMENT(sonic_imported_add(NULL, path, NULL, NULL, &none));
    BAD_ARGUMENT(sonic_imported_add(store, NULL, NULL, NULL, &none));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_imported_add(store, path_in(folder, "nothing"), NULL, NULL, &none));
    BAD_ARGUMENT(sonic_imported_add(store, "ftp://bucket", NULL, NULL, &none));
    sonic_cancel_cancel(cancel);
    EXPECT(SONIC_ERROR_CLOSED, sonic_imported_add(store, path, cancel, progress, &none));
    EXPECT(SONIC_ERROR_CLOSED, sonic_imported_validate(store, path, cancel, progress, NULL));
    KEPT(none);
    sonic_cancel_free(cancel);
    sonic_progress_free(progress);
    CHECK(sonic_imported_file_list_len(NULL) == 0 && sonic_imported_file_list_at(NULL, 0) == NULL);
    sonic_imported_file_list_free(NULL);
}

static void comparing(const char *path, const char *other) {
    sonic_validated_file_list *files = NULL, *none = UNTOUCHED(sonic_validated_file_list);
    sonic_progress *progress = NULL;
    const sonic_validated_file *file;
    GOOD(sonic_progress_new(&progress));
    GOOD(sonic_imported_validate(store, path, NULL, progress, &files));
    CHECK(sonic_progress_done(progress) == 1 && sonic_validated_file_list_len(files) == 1);
    file = sonic_validated_file_list_at(files, 0);
    CHECK(file->is_fine && file->has_season && file->season == 1 && file->hashes == 1 && file->compared == 1);
    CHECK(file->unknown == 0 && file->different == 0 && file->missing == 0 && file->with_sound == 0);
    CHECK(strcmp(file->path, path) == 0 && strcmp(file->warnings_json, "{\"trailing_bytes\":4}") == 0);
    CHECK(sonic_validated_file_list_at(files, 1) == NULL);
    sonic_validated_file_list_free(files);
    GOOD(sonic_imported_validate(store, other, NULL, NULL, &files));
    file = sonic_validated_file_list_at(files, 0);
    CHECK(!file->is_fine && file->error == SONIC_ERROR_MALFORMED && file->reason != NULL && !file->has_season);
    sonic_validated_file_list_free(files);
    BAD_ARGUMENT(sonic_imported_validate(NULL, path, NULL, NULL, &none));
    BAD_ARGUMENT(sonic_imported_validate(store, NULL, NULL, NULL, &none));
    BAD_ARGUMENT(sonic_imported_validate(store, path, NULL, NULL, NULL));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_imported_validate(store, path_in(folder, "nothing"), NULL, NULL, &none));
    KEPT(none);
    sonic_progress_free(progress);
    CHECK(sonic_validated_file_list_len(NULL) == 0 && sonic_validated_file_list_at(NULL, 0) == NULL);
    sonic_validated_file_list_free(NULL);
}

static void removing(const char *path) {
    sonic_imported_recording_list *rows = NULL, *none = UNTOUCHED(sonic_imported_recording_list);
    const sonic_imported_recording *row;
    uint64_t removed = 9;
    GOOD(sonic_imported_list(store, &rows));
    CHECK(sonic_imported_recording_list_len(rows) == 1 && sonic_imported_recording_list_at(rows, 1) == NULL);
    row = sonic_imported_recording_list_at(rows, 0);
    CHECK(strcmp(row->id, "S01E01") == 0 && strcmp(row->source, path) == 0 && row->has_season && row->season == 1);
    CHECK(row->entries == 1 && row->frames == 66 && row->duration_ms == 1533 && row->created_at_ms > 0);
    sonic_imported_recording_list_free(rows);
    BAD_ARGUMENT(sonic_imported_list(NULL, &none));
    BAD_ARGUMENT(sonic_imported_list(store, NULL));
    KEPT(none);
    GOOD(sonic_imported_remove(store, "S01E01"));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_imported_remove(store, "S01E01"));
    BAD_ARGUMENT(sonic_imported_remove(store, NULL));
    BAD_ARGUMENT(sonic_imported_remove(NULL, "S01E01"));
    GOOD(sonic_imported_add(store, path, NULL, NULL, NULL));
    BAD_ARGUMENT(sonic_imported_clear(NULL, &removed));
    BAD_ARGUMENT(sonic_imported_clear(store, NULL));
    CHECK(removed == 9);
    GOOD(sonic_imported_clear(store, &removed));
    CHECK(removed == 1);
    CHECK(sonic_imported_recording_list_len(NULL) == 0 && sonic_imported_recording_list_at(NULL, 0) == NULL);
    sonic_imported_recording_list_free(NULL);
}

int main(int count, char **arguments) {
    char path[4096], damaged[4096];
    CHECK(count == 2);
    folder = arguments[1];
    snprintf(path, sizeof path, "%s", write_pickle("audio_fingerprints_s01.pkl", "more"));
    snprintf(damaged, sizeof damaged, "%s", "README.md");
    GOOD(sonic_store_open(path_in(folder, "store"), NULL, &store));
    importing(path);
    comparing(path, damaged);
    removing(path);
    sonic_store_free(store);
    puts("all is as it should be");
    return 0;
}
