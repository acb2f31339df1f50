/* Faces of photographs, and who is on them. Arguments: an empty folder, a detector, an embedder, and photos of people, two
 * of each. */

#include "check.h"
#include "sources.h"

static sonic_store *store;

/* The same face in a file, its bytes and its pixels, whatever lies between their rows. */
static void three_forms(const sonic_face_analyzer *analyzer, const char *path) {
    sonic_face_list *faces[4] = {NULL, NULL, NULL, NULL};
    sonic_image *image = NULL, *spaced = NULL;
    size_t len, row, i, dimensions = sonic_face_analyzer_dimensions(analyzer);
    unsigned char *data = contents_of(path, &len), *pixels;
    uint32_t y;
    GOOD(decode_image_file(path, NULL, &image));
    row = 3 * (size_t)sonic_image_width(image);
    pixels = (unsigned char *)calloc(sonic_image_height(image), row + 7);
    for (y = 0; y < sonic_image_height(image); y++) {
        memcpy(pixels + y * (row + 7), sonic_image_pixels(image) + y * row, row);
    }
    GOOD(sonic_image_new(pixels, (row + 7) * sonic_image_height(image), sonic_image_width(image), sonic_image_height(image),
                         row + 7, &spaced));
    free(pixels);
    GOOD(sonic_face_analyzer_analyze_image(analyzer, spaced, &faces[0]));
    GOOD(sonic_face_analyzer_analyze_image(analyzer, image, &faces[1]));
    GOOD(analyze_file(analyzer, path, &faces[2]));
    GOOD(analyze_bytes(analyzer, data, len, &faces[3]));
    free(data);
    sonic_image_free(image);
    sonic_image_free(spaced);
    for (i = 0; i < 4; i++) {
        const sonic_face *face = sonic_face_list_at(faces[i], 0), *first = sonic_face_list_at(faces[0], 0);
        CHECK(face != NULL && face->dimensions == dimensions && face->score > 0.5f && face->size > 10);
        CHECK(strcmp(sonic_face_list_pipeline(faces[i]), sonic_face_analyzer_pipeline(analyzer)) == 0);
        CHECK(memcmp(face->embedding, first->embedding, dimensions * sizeof *face->embedding) == 0);
        CHECK(memcmp(face->bbox, first->bbox, sizeof face->bbox) == 0);
    }
    for (i = 0; i < 4; i++) sonic_face_list_free(faces[i]);
}

/* Many pictures at once are what each is alone, and nothing is given if one of them cannot be looked at. */
static void many(const sonic_face_analyzer *analyzer, char **photos, int count) {
    sonic_source *sources[16];
    sonic_face_list *all[16], *alone = NULL;
    sonic_cancel *cancel = NULL;
    sonic_progress *progress = NULL;
    int i;
    CHECK(count <= 15);
    for (i = 0; i < count; i++) {
        GOOD(sonic_source_path(photos[i], &sources[i]));
        all[i] = NULL;
    }
    GOOD(sonic_progress_new(&progress));
    GOOD(sonic_face_analyzer_analyze_many(analyzer, (const sonic_source *const *)sources, (size_t)count, NULL, progress, all));
    CHECK(sonic_progress_done(progress) == (uint64_t)count && sonic_progress_total(progress) == (uint64_t)count);
    for (i = 0; i < count; i++) {
        const sonic_face *face = sonic_face_list_at(all[i], 0), *same;
        GOOD(analyze_file(analyzer, photos[i], &alone));
        same = sonic_face_list_at(alone, 0);
        CHECK(sonic_face_list_len(all[i]) == sonic_face_list_len(alone) && face != NULL);
        CHECK(memcmp(face->bbox, same->bbox, sizeof face->bbox) == 0);
        sonic_face_list_free(alone);
        sonic_face_list_free(all[i]);
        all[i] = NULL;
    }
    GOOD(sonic_source_path("nowhere.jpg", &sources[count]));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_face_analyzer_analyze_many(analyzer, (const sonic_source *const *)sources,
                                                                   (size_t)count + 1, NULL, NULL, all));
    GOOD(sonic_cancel_new(&cancel));
    sonic_cancel_cancel(cancel);
    EXPECT(SONIC_ERROR_CLOSED, sonic_face_analyzer_analyze_many(analyzer, (const sonic_source *const *)sources, (size_t)count,
                                                                cancel, NULL, all));
    CHECK(all[0] == NULL);
    sonic_cancel_free(cancel);
    sonic_progress_free(progress);
    for (i = 0; i <= count; i++) sonic_source_free(sources[i]);
}

/* Photos by their paths: each once, and a file that is none does not end the others. */
static void folder_of(const sonic_face_analyzer *analyzer, char **photos, int count) {
    const char *paths[16];
    sonic_added_photo_file_list *added = NULL;
    sonic_add_photos_options options = NOTHING;
    sonic_progress *progress = NULL;
    int i, round;
    for (i = 0; i < count; i++) paths[i] = photos[i];
    paths[count] = "README.md";
    GOOD(sonic_add_photos_options_init(&options, sizeof options));
    options.user_id = "user-3";
    GOOD(sonic_progress_new(&progress));
    for (round = 0; round < 2; round++) {
        GOOD(sonic_faces_add_photos(store, "folder", analyzer, paths, (size_t)count + 1, &options, NULL, progress, &added));
        CHECK((int)sonic_added_photo_file_list_len(added) == count + 1 && (int)sonic_progress_done(progress) == count + 1);
        for (i = 0; i < count; i++) {
            const sonic_added_photo_file *file = sonic_added_photo_file_list_at(added, (size_t)i);
            CHECK(file->status == (round == 0 ? SONIC_ADD_ADDED : SONIC_ADD_DUPLICATE) && file->faces >= 1);
            CHECK(strcmp(file->path, photos[i]) == 0 && file->photo_id != NULL && file->reason == NULL && file->width > 0);
        }
        CHECK(sonic_added_photo_file_list_at(added, (size_t)count)->status == SONIC_ADD_FAILED);
        CHECK(sonic_added_photo_file_list_at(added, (size_t)count)->reason != NULL);
        sonic_added_photo_file_list_free(added);
    }
    sonic_progress_free(progress);
    GOOD(sonic_people_remove(store, "folder", NULL));
}

/* A JPEG of a face, a page of people, and tables. */
static void to_look_at(void) {
    sonic_stored_face_list *faces = NULL;
    sonic_file *picture = NULL, *page = NULL;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    GOOD(sonic_faces_page(store, "photos", 0, 1, &faces));
    GOOD(sonic_faces_thumbnail(store, sonic_stored_face_list_at(faces, 0)->face_id, 160, &picture));
    CHECK(sonic_file_len(picture) > 500 && memcmp(sonic_file_data(picture), "\xff\xd8\xff", 3) == 0);
    GOOD(sonic_people_report(store, "photos", NULL, &page));
    CHECK(sonic_file_len(page) > sonic_file_len(picture) && memcmp(sonic_file_data(page), "<!", 2) == 0);
    sonic_file_free(picture);
    sonic_file_free(page);
    sonic_stored_face_list_free(faces);
    GOOD(sonic_faces_table(store, NULL, &stream));
    CHECK(stream.get_schema(&stream, &schema) == 0 && schema.n_children > 5);
    schema.release(&schema);
    stream.release(&stream);
    GOOD(sonic_people_table(store, NULL, &stream));
    CHECK(stream.get_schema(&stream, &schema) == 0 && schema.n_children > 5);
    schema.release(&schema);
    stream.release(&stream);
}

/* Two photos of each are two photos of each. */
static void people(const sonic_face_analyzer *analyzer, char **photos, int count) {
    sonic_person_list *list = NULL;
    sonic_cluster_report *report = NULL;
    sonic_face_list *faces = NULL;
    sonic_stored_face_list *found = NULL;
    sonic_photo *photo = NULL;
    const sonic_face *face;
    bool is_new = false;
    int i;
    for (i = 0; i < count; i++) {
        GOOD(add_photo_file(store, "photos", analyzer, photos[i], NULL, &is_new, &photo));
        CHECK(is_new && photo->faces >= 1 && photo->width > 0 && photo->source_hash != NULL);
        sonic_photo_free(photo);
    }
    GOOD(add_photo_file(store, "photos", analyzer, photos[0], NULL, &is_new, NULL));
    CHECK(!is_new);
    GOOD(sonic_people_cluster(store, "photos", NULL, NULL, NULL, &report));
    CHECK((int)report->new_clusters_created >= count / 2 - 1 && report->cluster_len >= 1);
    sonic_cluster_report_free(report);
    to_look_at();
    GOOD(sonic_people_list(store, "photos", &list));
    CHECK(sonic_person_list_len(list) >= 1 && sonic_person_list_at(list, 0)->faces >= 2);
    sonic_person_list_free(list);
    GOOD(analyze_file(analyzer, photos[0], &faces));
    face = sonic_face_list_at(faces, 0);
    GOOD(sonic_faces_search(store, sonic_face_list_pipeline(faces), face->embedding, face->dimensions, NULL, &found));
    CHECK(sonic_stored_face_list_len(found) >= 1 && sonic_stored_face_list_at(found, 0)->similarity > 0.99f);
    sonic_stored_face_list_free(found);
    sonic_face_list_free(faces);
}

/* Models in the place of others. */
static void wrong_models(const char *detector, const char *embedder) {
    sonic_face_analyzer *analyzer = NULL;
    sonic_voice_embedder *wrong_kind = NULL;
    sonic_face_analyzer_options options = NOTHING;
    GOOD(sonic_face_analyzer_options_init(&options, sizeof options));
    options.has_det_size = 1;
    options.det_size = 33;
    EXPECT(SONIC_ERROR_MODEL, sonic_face_analyzer_new(embedder, embedder, NULL, &analyzer));
    EXPECT(SONIC_ERROR_MODEL, sonic_face_analyzer_new(detector, detector, NULL, &analyzer));
    EXPECT(SONIC_ERROR_MODEL, sonic_voice_embedder_new(embedder, NULL, &wrong_kind));
    BAD_ARGUMENT(sonic_face_analyzer_new(detector, embedder, &options, &analyzer));
    CHECK(analyzer == NULL && wrong_kind == NULL);
}

/* The limit of pixels, of an analyzer and of the photos that are added. */
static void limits(const char *detector, const char *embedder, const char *path) {
    sonic_face_analyzer *analyzer = NULL;
    sonic_face_analyzer_options options = NOTHING;
    sonic_photo_options row = NOTHING;
    sonic_add_photos_options folder = NOTHING;
    sonic_added_photo_file_list *added = NULL;
    sonic_face_list *faces = NULL;
    sonic_source *source = NULL;
    GOOD(sonic_source_path(path, &source));
    GOOD(sonic_face_analyzer_options_init(&options, sizeof options));
    GOOD(sonic_photo_options_init(&row, sizeof row));
    GOOD(sonic_add_photos_options_init(&folder, sizeof folder));
    CHECK(options.max_pixels == 100000000 && row.max_pixels == 100000000 && folder.max_pixels == 100000000);
    options.max_pixels = row.max_pixels = folder.max_pixels = 100;
    GOOD(sonic_face_analyzer_new(detector, embedder, &options, &analyzer));
    EXPECT(SONIC_ERROR_LIMIT, analyze_file(analyzer, path, &faces));
    CHECK(strstr(sonic_last_error(), "max_pixels") != NULL);
    EXPECT(SONIC_ERROR_LIMIT, sonic_face_analyzer_analyze_many(analyzer, (const sonic_source *const *)&source, 1, NULL, NULL, &faces));
    EXPECT(SONIC_ERROR_LIMIT, sonic_faces_add_photo(store, "limits", analyzer, source, &row, NULL, NULL));
    GOOD(sonic_faces_add_photos(store, "limits", analyzer, &path, 1, &folder, NULL, NULL, &added));
    CHECK(sonic_added_photo_file_list_at(added, 0)->error == SONIC_ERROR_LIMIT);
    folder.reserved = 1;
    BAD_ARGUMENT(sonic_faces_add_photos(store, "limits", analyzer, &path, 1, &folder, NULL, NULL, &added));
    sonic_added_photo_file_list_free(added);
    sonic_source_free(source);
    sonic_face_analyzer_free(analyzer);
}

int main(int count, char **arguments) {
    sonic_face_analyzer *analyzer = NULL;
    sonic_face_analyzer_options options = NOTHING;
    sonic_status status;
    CHECK(count > 4);
    GOOD(sonic_store_open(path_in(arguments[1], "store"), NULL, &store));
    GOOD(sonic_face_analyzer_options_init(&options, sizeof options));
    options.threads = 1;
    status = sonic_face_analyzer_new(arguments[2], arguments[3], &options, &analyzer);
    if (status == SONIC_OK) {
        three_forms(analyzer, arguments[4]);
        many(analyzer, arguments + 4, count - 4);
        folder_of(analyzer, arguments + 4, count - 4);
        people(analyzer, arguments + 4, count - 4);
        sonic_face_analyzer_free(analyzer);
        wrong_models(arguments[2], arguments[3]);
        limits(arguments[2], arguments[3], arguments[4]);
    } else {
        CHECK(status == SONIC_ERROR_MODEL && strstr(sonic_last_error(), "ONNX Runtime") != NULL);
        printf("passed over: %s\n", sonic_last_error());
    }
    sonic_store_free(store);
    puts("all is as it should be");
    return 0;
}
