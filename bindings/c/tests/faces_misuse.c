/* What is done wrong with pictures, clusters, faces and people gives the right error, and nothing worse. Argument: an
 * empty folder. */

#include "guarded.h"
#include "sources.h"
#include <math.h>

#define PICTURE "tests/golden/inputs/turned.jpg"
#define UNSUPPORTED(call) EXPECT(SONIC_ERROR_UNSUPPORTED, call)

static const char *folder;
static sonic_store *store;
static sonic_image *image;
static sonic_face_list *faces;
static float vectors[8] = {0.6f, 0.8f, 0.8f, 0.6f, 1, 0, 0, 1};
static uint64_t face, person;

static sonic_face face_of(const float *embedding, size_t dimensions) {
    sonic_face made = NOTHING;
    made.bbox[2] = made.bbox[3] = 10;
    made.score = 0.9f;
    made.embedding = embedding;
    made.dimensions = dimensions;
    return made;
}

static sonic_face_list *faces_of(const char *pipeline, sonic_face row) {
    sonic_face_list *made = NULL;
    GOOD(sonic_face_list_new(pipeline, &row, 1, 0, 0, &made));
    return made;
}

static void set_up(void) {
    sonic_photo_options options = NOTHING;
    sonic_person *made = NULL;
    sonic_stored_face_list *kept = NULL;
    GOOD(sonic_store_open(path_in(folder, "store"), NULL, &store));
    GOOD(decode_image_file(PICTURE, NULL, &image));
    CHECK(sonic_image_width(image) == 32 && sonic_image_height(image) == 48);
    faces = faces_of("pipeline", face_of(vectors, 2));
    GOOD(sonic_photo_options_init(&options, sizeof options));
    options.photo_id = "1.jpg";
    GOOD(sonic_faces_add_photo_faces(store, "e", faces, &options, NULL, NULL));
    GOOD(sonic_faces_faces_of(store, "e", "1.jpg", &kept));
    face = sonic_stored_face_list_at(kept, 0)->face_id;
    sonic_stored_face_list_free(kept);
    GOOD(sonic_people_create(store, "e", &face, 1, &made));
    person = made->person_id;
    sonic_person_free(made);
}

static void nulls_of_pictures(void) {
    sonic_image *made = UNTOUCHED(sonic_image);
    sonic_face_list *found = UNTOUCHED(sonic_face_list);
    sonic_face_analyzer *analyzer = UNTOUCHED(sonic_face_analyzer);
    sonic_face row = face_of(NULL, 2);
    BAD_ARGUMENT(decode_image_file(NULL, NULL, &made));
    BAD_ARGUMENT(decode_image_file("", NULL, &made));
    BAD_ARGUMENT(decode_image_file(PICTURE, NULL, NULL));
    BAD_ARGUMENT(decode_image_bytes(NULL, 5, NULL, &made));
    BAD_ARGUMENT(decode_image_bytes((const uint8_t *)"x", 1, NULL, NULL));
    EXPECT(SONIC_ERROR_MALFORMED, decode_image_bytes(NULL, 0, NULL, &made));
    BAD_ARGUMENT(sonic_image_new(NULL, 12, 2, 2, 6, &made));
    BAD_ARGUMENT(sonic_image_new((const uint8_t *)"123456789012", 12, 2, 2, 6, NULL));
    BAD_ARGUMENT(sonic_face_list_new(NULL, NULL, 0, 0, 0, &found));
    BAD_ARGUMENT(sonic_face_list_new("", NULL, 0, 0, 0, &found));
    BAD_ARGUMENT(sonic_face_list_new("p", NULL, 1, 0, 0, &found));
    BAD_ARGUMENT(sonic_face_list_new("p", &row, 1, 0, 0, &found));
    BAD_ARGUMENT(sonic_face_list_new("p", NULL, 0, 0, 0, NULL));
    BAD_ARGUMENT(sonic_face_analyzer_new(NULL, NULL, NULL, NULL));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_face_analyzer_new("nobody", NULL, NULL, &analyzer));
    BAD_ARGUMENT(sonic_face_analyzer_analyze_image(NULL, image, &found));
    BAD_ARGUMENT(analyze_file(NULL, PICTURE, &found));
    BAD_ARGUMENT(analyze_bytes(NULL, (const uint8_t *)"x", 1, &found));
    BAD_ARGUMENT(add_photo_file(store, "e", NULL, PICTURE, NULL, NULL, NULL));
    BAD_ARGUMENT(add_photo_bytes(store, "e", NULL, (const uint8_t *)"x", 1, NULL, NULL, NULL));
    KEPT(made);
    KEPT(found);
    KEPT(analyzer);
}

/* Pixels that are fewer than they should be, and rows that overlap. */
static void pixels(void) {
    const uint8_t *bytes = (const uint8_t *)at_the_end_of_memory(32, 0);
    sonic_image *made = UNTOUCHED(sonic_image);
    BAD_ARGUMENT(sonic_image_new(bytes, 32, 0, 2, 6, &made));
    BAD_ARGUMENT(sonic_image_new(bytes, 32, 2, 0, 6, &made));
    BAD_ARGUMENT(sonic_image_new(bytes, 11, 2, 2, 6, &made));
    BAD_ARGUMENT(sonic_image_new(bytes, 32, 2, 2, 0, &made));
    BAD_ARGUMENT(sonic_image_new(bytes, 32, 2, 2, 5, &made));
    BAD_ARGUMENT(sonic_image_new(bytes, 32, 2, 3, 16, &made));
    BAD_ARGUMENT(sonic_image_new(bytes, 32, 0xffffffff, 0xffffffff, SIZE_MAX, &made));
    BAD_ARGUMENT(sonic_image_new(bytes, SIZE_MAX, 2, 2, 6, &made));
    KEPT(made);
    GOOD(sonic_image_new(bytes, 32, 2, 2, 26, &made)); /* The last row need not be as long as the stride. */
    CHECK(sonic_image_pixels(made)[11] == bytes[31] && sonic_image_width(made) == 2);
    sonic_image_free(made);
}

static void rows(void) {
    int32_t labels[8] = {7, 7, 7, 7, 7, 7, 7, 7};
    float scores[8];
    size_t clusters = 99;
    sonic_cluster_options options = NOTHING;
    GOOD(sonic_cluster_options_init(&options, sizeof options));
    BAD_ARGUMENT(sonic_cluster(NULL, 4, 2, NULL, NULL, NULL, labels, NULL, NULL, &clusters));
    BAD_ARGUMENT(sonic_cluster(vectors, 4, 2, NULL, NULL, NULL, NULL, NULL, NULL, &clusters));
    BAD_ARGUMENT(sonic_cluster(vectors, 4, 0, NULL, NULL, NULL, labels, NULL, NULL, &clusters));
    BAD_ARGUMENT(sonic_cluster(vectors, 0, 0, NULL, NULL, NULL, labels, NULL, NULL, &clusters));
    BAD_ARGUMENT(sonic_cluster(vectors, SIZE_MAX, 2, NULL, NULL, NULL, labels, NULL, NULL, &clusters));
    BAD_ARGUMENT(sonic_cluster(vectors, SIZE_MAX / 4, 1, NULL, NULL, NULL, labels, NULL, NULL, &clusters));
    EXPECT(SONIC_ERROR_LIMIT, sonic_cluster(vectors, SIZE_MAX / 8, 1, NULL, NULL, NULL, labels, NULL, NULL, &clusters));
    BAD_ARGUMENT(sonic_cluster((const float *)((const char *)vectors + 1), 1, 2, NULL, NULL, NULL, labels, NULL, NULL, &clusters));
    options.method = 2;
    BAD_ARGUMENT(sonic_cluster(vectors, 4, 2, &options, NULL, NULL, labels, NULL, NULL, &clusters));
    options.method = SONIC_CLUSTER_DBSCAN;
    BAD_ARGUMENT(sonic_cluster(vectors, 4, 2, &options, NULL, NULL, labels, scores, NULL, &clusters));
    BAD_ARGUMENT(sonic_cluster(vectors, 4, 2, &options, NULL, NULL, labels, NULL, scores, &clusters));
    options.method = -1;
    BAD_ARGUMENT(sonic_cluster(vectors, 4, 2, &options, NULL, NULL, labels, NULL, NULL, &clusters));
    options.method = 0;
    options.metric = 2;
    BAD_ARGUMENT(sonic_cluster(vectors, 4, 2, &options, NULL, NULL, labels, NULL, NULL, &clusters));
    options.metric = 0;
    options.min_cluster_size = 1;
    BAD_ARGUMENT(sonic_cluster(vectors, 4, 2, &options, NULL, NULL, labels, NULL, NULL, &clusters));
    options.min_cluster_size = 5;
    options.has_min_samples = 1; /* And it is 0. */
    BAD_ARGUMENT(sonic_cluster(vectors, 4, 2, &options, NULL, NULL, labels, NULL, NULL, &clusters));
    options.has_min_samples = 0;
    options.has_max_cluster_size = 1;
    BAD_ARGUMENT(sonic_cluster(vectors, 4, 2, &options, NULL, NULL, labels, NULL, NULL, &clusters));
    options.has_max_cluster_size = 0;
    options.has_epsilon = 1;
    options.epsilon = NAN;
    BAD_ARGUMENT(sonic_cluster(vectors, 4, 2, &options, NULL, NULL, labels, NULL, NULL, &clusters));
    options.has_epsilon = 0;
    options.alpha = INFINITY;
    BAD_ARGUMENT(sonic_cluster(vectors, 4, 2, &options, NULL, NULL, labels, NULL, NULL, &clusters));
    options.alpha = 0;
    BAD_ARGUMENT(sonic_cluster(vectors, 4, 2, &options, NULL, NULL, labels, NULL, NULL, &clusters));
    options.alpha = 1;
    options.threads = 5000;
    BAD_ARGUMENT(sonic_cluster(vectors, 4, 2, &options, NULL, NULL, labels, NULL, NULL, &clusters));
    CHECK(labels[0] == 7 && labels[3] == 7 && clusters == 99);
    GOOD(sonic_cluster(NULL, 0, 2, NULL, NULL, NULL, NULL, NULL, NULL, &clusters));
    CHECK(clusters == 0);
    GOOD(sonic_cluster(vectors, 4, 2, NULL, NULL, NULL, labels, NULL, NULL, NULL));
    CHECK(labels[0] == -1 && labels[3] == -1 && labels[4] == 7);
}

static void nulls_of_the_store(void) {
    sonic_photo *photo = UNTOUCHED(sonic_photo);
    sonic_photo_list *photos = UNTOUCHED(sonic_photo_list);
    sonic_stored_face_list *kept = UNTOUCHED(sonic_stored_face_list);
    sonic_event_list *events = UNTOUCHED(sonic_event_list);
    sonic_stored_face *one = UNTOUCHED(sonic_stored_face);
    float vector[2];
    BAD_ARGUMENT(sonic_faces_add_photo_faces(NULL, "e", faces, NULL, NULL, &photo));
    BAD_ARGUMENT(sonic_faces_add_photo_faces(store, NULL, faces, NULL, NULL, &photo));
    BAD_ARGUMENT(sonic_faces_add_photo_faces(store, "e", NULL, NULL, NULL, &photo));
    BAD_ARGUMENT(sonic_faces_add_photo_faces(store, "e", faces, NULL, NULL, &photo)); /* Without an id. */
    BAD_ARGUMENT(sonic_faces_photo(NULL, "e", "1.jpg", &photo));
    BAD_ARGUMENT(sonic_faces_photo(store, NULL, "1.jpg", &photo));
    BAD_ARGUMENT(sonic_faces_photo(store, "e", NULL, &photo));
    BAD_ARGUMENT(sonic_faces_photo(store, "e", "1.jpg", NULL));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_faces_photo(store, "e", "2.jpg", &photo));
    BAD_ARGUMENT(sonic_faces_remove_photo(NULL, "e", "1.jpg"));
    BAD_ARGUMENT(sonic_faces_remove_photo(store, NULL, "1.jpg"));
    BAD_ARGUMENT(sonic_faces_remove_photo(store, "e", NULL));
    BAD_ARGUMENT(sonic_faces_photos(NULL, "e", 0, 1, &photos));
    BAD_ARGUMENT(sonic_faces_photos(store, NULL, 0, 1, &photos));
    BAD_ARGUMENT(sonic_faces_photos(store, "e", 0, 0, &photos));
    BAD_ARGUMENT(sonic_faces_photos(store, "e", 0, 1, NULL));
    BAD_ARGUMENT(sonic_faces_faces_of(NULL, "e", "1.jpg", &kept));
    BAD_ARGUMENT(sonic_faces_faces_of(store, NULL, "1.jpg", &kept));
    BAD_ARGUMENT(sonic_faces_faces_of(store, "e", NULL, &kept));
    BAD_ARGUMENT(sonic_faces_faces_of(store, "e", "1.jpg", NULL));
    BAD_ARGUMENT(sonic_faces_page(NULL, "e", 0, 1, &kept));
    BAD_ARGUMENT(sonic_faces_page(store, NULL, 0, 1, &kept));
    BAD_ARGUMENT(sonic_faces_page(store, "e", 0, 0, &kept));
    BAD_ARGUMENT(sonic_faces_get(NULL, face, &one));
    BAD_ARGUMENT(sonic_faces_get(store, face, NULL));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_faces_get(store, face + 1, &one));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_faces_get(store, 0, &one));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_faces_get(store, UINT64_MAX, &one));
    KEPT(one);
    BAD_ARGUMENT(sonic_faces_embedding(NULL, face, vector, 2));
    BAD_ARGUMENT(sonic_faces_embedding(store, face, NULL, 2));
    BAD_ARGUMENT(sonic_faces_embedding(store, face, vector, 3));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_faces_embedding(store, face + 1, vector, 2));
    BAD_ARGUMENT(sonic_faces_search(NULL, "pipeline", vectors, 2, NULL, &kept));
    BAD_ARGUMENT(sonic_faces_search(store, "\xff", vectors, 2, NULL, &kept));
    EXPECT(SONIC_ERROR_MISMATCH, sonic_faces_search(store, NULL, vectors, 3, NULL, &kept));
    BAD_ARGUMENT(sonic_faces_search(store, "pipeline", NULL, 2, NULL, &kept));
    BAD_ARGUMENT(sonic_faces_search(store, "pipeline", NULL, 0, NULL, &kept));
    BAD_ARGUMENT(sonic_faces_search(store, "pipeline", vectors, 2, NULL, NULL));
    EXPECT(SONIC_ERROR_MISMATCH, sonic_faces_search(store, "another", vectors, 2, NULL, &kept));
    BAD_ARGUMENT(sonic_faces_events(NULL, &events));
    BAD_ARGUMENT(sonic_faces_events(store, NULL));
    BAD_ARGUMENT(sonic_faces_stats(NULL, NULL));
    BAD_ARGUMENT(sonic_faces_stats(store, NULL));
    KEPT(photo);
    KEPT(photos);
    KEPT(kept);
    KEPT(events);
}

static void nulls_of_people(void) {
    uint64_t no_face = face + 1;
    sonic_cluster_report *report = UNTOUCHED(sonic_cluster_report);
    sonic_person_list *people = UNTOUCHED(sonic_person_list);
    sonic_person *after = UNTOUCHED(sonic_person);
    sonic_stored_face_list *kept = UNTOUCHED(sonic_stored_face_list);
    sonic_tag_list *tags = UNTOUCHED(sonic_tag_list);
    sonic_file *file = UNTOUCHED(sonic_file);
    struct ArrowArrayStream stream;
    size_t left_out = 99;
    BAD_ARGUMENT(sonic_people_cluster(NULL, "e", NULL, NULL, NULL, &report));
    BAD_ARGUMENT(sonic_people_cluster(store, NULL, NULL, NULL, NULL, &report));
    BAD_ARGUMENT(sonic_people_list(NULL, "e", &people));
    BAD_ARGUMENT(sonic_people_list(store, NULL, &people));
    BAD_ARGUMENT(sonic_people_list(store, "e", NULL));
    BAD_ARGUMENT(sonic_people_get(NULL, "e", person, &after));
    BAD_ARGUMENT(sonic_people_get(store, NULL, person, &after));
    BAD_ARGUMENT(sonic_people_get(store, "e", person, NULL));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_people_get(store, "e", 0, &after));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_people_get(store, "e", UINT64_MAX, &after));
    BAD_ARGUMENT(sonic_people_faces_of(NULL, "e", person, &kept));
    BAD_ARGUMENT(sonic_people_faces_of(store, NULL, person, &kept));
    BAD_ARGUMENT(sonic_people_faces_of(store, "e", person, NULL));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_people_faces_of(store, "e", person + 1, &kept));
    BAD_ARGUMENT(sonic_people_link(NULL, "e", person, "u", &after));
    BAD_ARGUMENT(sonic_people_link(store, NULL, person, "u", &after));
    BAD_ARGUMENT(sonic_people_link(store, "e", person, NULL, &after));
    BAD_ARGUMENT(sonic_people_invite(store, "e", person, NULL, &after));
    BAD_ARGUMENT(sonic_people_rename(NULL, "e", person, "n", &after));
    BAD_ARGUMENT(sonic_people_rename(store, "e", person, "\xff", &after));
    BAD_ARGUMENT(sonic_people_ignore(store, NULL, person, &after));
    BAD_ARGUMENT(sonic_people_unignore(NULL, "e", person, &after));
    BAD_ARGUMENT(sonic_people_merge(store, NULL, person, person, &left_out, &after));
    BAD_ARGUMENT(sonic_people_merge(store, "e", person, person, &left_out, &after));
    BAD_ARGUMENT(sonic_people_split(store, "e", person, NULL, 1, &after));
    BAD_ARGUMENT(sonic_people_split(store, "e", person, NULL, 0, &after));
    BAD_ARGUMENT(sonic_people_split(store, "e", person, &face, 1, &after));
    BAD_ARGUMENT(sonic_people_create(store, "e", NULL, 1, &after));
    BAD_ARGUMENT(sonic_people_create(store, "e", &face, SIZE_MAX, &after));
    BAD_ARGUMENT(sonic_people_create(store, "e", &face, 0, &after));
    BAD_ARGUMENT(sonic_people_assign(store, NULL, face, person, &after));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_people_assign(store, "e", face + 1, person, &after));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_people_not_person(store, "e", face, person + 1, &after));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_people_unassign(store, "e", 0));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_people_not_same(store, "e", person, person + 1));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_people_maybe_same(store, "e", person, person + 1));
    BAD_ARGUMENT(sonic_people_not_same(store, NULL, person, person));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_people_pin_representative(store, "e", person, &no_face, &after));
    BAD_ARGUMENT(sonic_people_tags(NULL, "e", NULL, &tags));
    BAD_ARGUMENT(sonic_people_tags(store, NULL, NULL, &tags));
    BAD_ARGUMENT(sonic_faces_tags_of_user(NULL, "u", &tags));
    BAD_ARGUMENT(sonic_faces_tags_of_user(store, NULL, &tags));
    BAD_ARGUMENT(sonic_people_unassigned(NULL, "e", &kept));
    BAD_ARGUMENT(sonic_people_unassigned(store, "e", NULL));
    BAD_ARGUMENT(sonic_people_tags(store, "e", NULL, NULL));
    BAD_ARGUMENT(sonic_people_forget_user(store, "e", NULL, NULL));
    BAD_ARGUMENT(sonic_people_forget_user(NULL, "e", "u", NULL));
    BAD_ARGUMENT(sonic_people_forget_person(store, NULL, person, NULL));
    BAD_ARGUMENT(sonic_people_remove(store, NULL, NULL));
    BAD_ARGUMENT(sonic_people_archive(store, NULL, NULL));
    BAD_ARGUMENT(sonic_faces_thumbnail(NULL, face, 160, &file));
    BAD_ARGUMENT(sonic_faces_thumbnail(store, face, 160, NULL));
    BAD_ARGUMENT(sonic_faces_thumbnail(store, face, 5000, &file));
    BAD_ARGUMENT(sonic_faces_thumbnail(store, face, 0, &file));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_faces_thumbnail(store, face, 160, &file)); /* It has none. */
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_faces_thumbnail(store, face + 1, 160, &file));
    BAD_ARGUMENT(sonic_people_report(NULL, "e", NULL, &file));
    BAD_ARGUMENT(sonic_people_report(store, NULL, NULL, &file));
    BAD_ARGUMENT(sonic_people_report(store, "e", NULL, NULL));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_people_report(store, "x", NULL, &file));
    BAD_ARGUMENT(sonic_faces_table(NULL, NULL, &stream));
    BAD_ARGUMENT(sonic_faces_table(store, NULL, NULL));
    BAD_ARGUMENT(sonic_people_table(store, NULL, NULL));
    KEPT(report);
    KEPT(people);
    KEPT(after);
    KEPT(kept);
    KEPT(tags);
    KEPT(file);
    CHECK(left_out == 99);
}

static void nothing(void) {
    uint32_t place = 7;
    CHECK(sonic_image_pixels(NULL) == NULL && sonic_image_width(NULL) == 0 && sonic_image_height(NULL) == 0);
    CHECK(!sonic_image_truncated(NULL));
    CHECK(sonic_face_list_len(NULL) == 0 && sonic_face_list_at(NULL, 0) == NULL && sonic_face_list_pipeline(NULL) == NULL);
    CHECK(sonic_face_list_at(faces, 1) == NULL && sonic_face_list_at(faces, SIZE_MAX) == NULL);
    CHECK(sonic_face_analyzer_dimensions(NULL) == 0 && sonic_face_analyzer_pipeline(NULL) == NULL);
    CHECK(sonic_photo_list_len(NULL) == 0 && sonic_photo_list_at(NULL, 0) == NULL && !sonic_photo_list_next(NULL, &place));
    CHECK(sonic_stored_face_list_len(NULL) == 0 && sonic_stored_face_list_at(NULL, 0) == NULL);
    CHECK(!sonic_stored_face_list_next(NULL, &place) && place == 7);
    CHECK(sonic_person_list_len(NULL) == 0 && sonic_person_list_at(NULL, 0) == NULL);
    CHECK(sonic_event_list_len(NULL) == 0 && sonic_event_list_at(NULL, 0) == NULL);
    CHECK(sonic_tag_list_len(NULL) == 0 && sonic_tag_list_at(NULL, 0) == NULL);
    CHECK(sonic_file_data(NULL) == NULL && sonic_file_len(NULL) == 0);
    sonic_file_free(NULL);
    sonic_image_free(NULL);
    sonic_face_list_free(NULL);
    sonic_face_analyzer_free(NULL);
    sonic_photo_free(NULL);
    sonic_photo_list_free(NULL);
    sonic_stored_face_list_free(NULL);
    sonic_cluster_report_free(NULL);
    sonic_person_list_free(NULL);
    sonic_person_free(NULL);
    sonic_event_list_free(NULL);
    sonic_tag_list_free(NULL);
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
    int32_t labels[4];
    sonic_image *made = UNTOUCHED(sonic_image);
    sonic_face_analyzer *analyzer = UNTOUCHED(sonic_face_analyzer);
    sonic_stored_face_list *kept = UNTOUCHED(sonic_stored_face_list);
    sonic_file *file = UNTOUCHED(sonic_file);
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        void *options = at_the_end_of_memory(8, wrong[i]);
        BAD_ARGUMENT(sonic_cluster(vectors, 4, 2, (sonic_cluster_options *)options, NULL, NULL, labels, NULL, NULL, NULL));
        BAD_ARGUMENT(decode_image_file(PICTURE, (sonic_image_options *)options, &made));
        BAD_ARGUMENT(sonic_face_analyzer_new(NULL, NULL, (sonic_face_analyzer_options *)options, &analyzer));
        BAD_ARGUMENT(sonic_faces_add_photo_faces(store, "e", faces, (sonic_photo_options *)options, NULL, NULL));
        BAD_ARGUMENT(sonic_faces_search(store, "pipeline", vectors, 2, (sonic_face_search_options *)options, &kept));
        BAD_ARGUMENT(sonic_people_cluster(store, "e", (sonic_people_cluster_options *)options, NULL, NULL, NULL));
        BAD_ARGUMENT(sonic_people_forget_user(store, "e", "u", (sonic_forgotten_faces *)options));
        BAD_ARGUMENT(sonic_people_archive(store, "e", (sonic_archived_event *)options));
        BAD_ARGUMENT(sonic_people_report(store, "e", (sonic_report_options *)options, &file));
        BAD_ARGUMENT(sonic_faces_stats(store, (sonic_face_stats *)options));
        CHECK(strstr(sonic_last_error(), "sizeof") != NULL);
    }
    UNSUPPORTED(sonic_cluster(vectors, 4, 2, LATER(sonic_cluster_options), NULL, NULL, labels, NULL, NULL, NULL));
    UNSUPPORTED(decode_image_file(PICTURE, LATER(sonic_image_options), &made));
    UNSUPPORTED(sonic_face_analyzer_new(NULL, NULL, LATER(sonic_face_analyzer_options), &analyzer));
    UNSUPPORTED(sonic_faces_add_photo_faces(store, "e", faces, LATER(sonic_photo_options), NULL, NULL));
    UNSUPPORTED(sonic_faces_search(store, "pipeline", vectors, 2, LATER(sonic_face_search_options), &kept));
    UNSUPPORTED(sonic_people_cluster(store, "e", LATER(sonic_people_cluster_options), NULL, NULL, NULL));
    UNSUPPORTED(sonic_people_report(store, "e", LATER(sonic_report_options), &file));
    KEPT(file);
    KEPT(made);
    KEPT(analyzer);
    KEPT(kept);
}

static void fields(void) {
    sonic_photo_options photo = NOTHING;
    sonic_face_search_options search = NOTHING;
    sonic_people_cluster_options people = NOTHING;
    sonic_face_analyzer_options looking = NOTHING;
    sonic_image_options limits = NOTHING;
    sonic_stored_face_list *kept = UNTOUCHED(sonic_stored_face_list);
    sonic_face_analyzer *analyzer = UNTOUCHED(sonic_face_analyzer);
    sonic_image *made = UNTOUCHED(sonic_image);
    GOOD(sonic_photo_options_init(&photo, sizeof photo));
    photo.photo_id = "";
    BAD_ARGUMENT(sonic_faces_add_photo_faces(store, "e", faces, &photo, NULL, NULL));
    photo.photo_id = "2.jpg";
    photo.metadata_json = "{";
    BAD_ARGUMENT(sonic_faces_add_photo_faces(store, "e", faces, &photo, NULL, NULL));
    photo.metadata_json = "{\"any\": 1}";
    photo.has_created_at_ms = 1; /* And it is 0. */
    BAD_ARGUMENT(sonic_faces_add_photo_faces(store, "e", faces, &photo, NULL, NULL));
    GOOD(sonic_face_search_options_init(&search, sizeof search));
    search.threshold = NAN;
    BAD_ARGUMENT(sonic_faces_search(store, "pipeline", vectors, 2, &search, &kept));
    search.threshold = 0.4f;
    search.event_len = 1;
    BAD_ARGUMENT(sonic_faces_search(store, "pipeline", vectors, 2, &search, &kept));
    search.event_len = 0;
    search.exclude_len = 1;
    BAD_ARGUMENT(sonic_faces_search(store, "pipeline", vectors, 2, &search, &kept));
    GOOD(sonic_people_cluster_options_init(&people, sizeof people));
    people.mode = 2;
    BAD_ARGUMENT(sonic_people_cluster(store, "e", &people, NULL, NULL, NULL));
    people.mode = -1;
    BAD_ARGUMENT(sonic_people_cluster(store, "e", &people, NULL, NULL, NULL));
    people.mode = 0;
    people.method = 2;
    BAD_ARGUMENT(sonic_people_cluster(store, "e", &people, NULL, NULL, NULL));
    people.method = 0;
    people.epsilon = NAN;
    BAD_ARGUMENT(sonic_people_cluster(store, "e", &people, NULL, NULL, NULL));
    people.epsilon = -1;
    BAD_ARGUMENT(sonic_people_cluster(store, "e", &people, NULL, NULL, NULL));
    people.epsilon = 0;
    people.gather_similarity = 2;
    BAD_ARGUMENT(sonic_people_cluster(store, "e", &people, NULL, NULL, NULL));
    people.gather_similarity = 0;
    people.min_quality = NAN;
    BAD_ARGUMENT(sonic_people_cluster(store, "e", &people, NULL, NULL, NULL));
    people.min_quality = 0;
    people.min_size = -1;
    BAD_ARGUMENT(sonic_people_cluster(store, "e", &people, NULL, NULL, NULL));
    people.min_size = 0;
    people.gather_similarity = NAN;
    BAD_ARGUMENT(sonic_people_cluster(store, "e", &people, NULL, NULL, NULL));
    people.gather_similarity = 0;
    people.has_single_quality = 1;
    people.single_quality = 2;
    BAD_ARGUMENT(sonic_people_cluster(store, "e", &people, NULL, NULL, NULL));
    BAD_ARGUMENT(sonic_people_cluster_options_preset(NULL, SONIC_CLUSTER_PRESET_DBSCAN));
    BAD_ARGUMENT(sonic_people_cluster_options_preset(&people, 2));
    people.size = 0;
    BAD_ARGUMENT(sonic_people_cluster_options_preset(&people, SONIC_CLUSTER_PRESET_DBSCAN));
    GOOD(sonic_face_analyzer_options_init(&looking, sizeof looking));
    looking.provider = 3;
    BAD_ARGUMENT(sonic_face_analyzer_new(NULL, NULL, &looking, &analyzer));
    GOOD(sonic_image_options_init(&limits, sizeof limits));
    limits.max_pixels = 100;
    EXPECT(SONIC_ERROR_LIMIT, decode_image_file(PICTURE, &limits, &made));
    limits.max_pixels = 10000;
    limits.max_bytes = 100;
    EXPECT(SONIC_ERROR_LIMIT, decode_image_file(PICTURE, &limits, &made));
    KEPT(kept);
    KEPT(analyzer);
    KEPT(made);
}

/* Faces that a store cannot keep. */
static void bad_faces(void) {
    sonic_photo_options options = NOTHING;
    sonic_face row;
    sonic_face_list *made;
    float values[3] = {NAN, 1, 0};
    int i;
    GOOD(sonic_photo_options_init(&options, sizeof options));
    options.photo_id = "3.jpg";
    for (i = 0; i < 5; i++) {
        row = face_of(i < 2 ? values : vectors, 2);
        if (i == 1) values[0] = values[1] = 0;
        if (i == 2) row.bbox[0] = 20;
        if (i == 3) row.landmarks[9] = INFINITY;
        if (i == 4) row.score = 1.01f;
        made = faces_of("pipeline", row);
        BAD_ARGUMENT(sonic_faces_add_photo_faces(store, "e", made, &options, NULL, NULL));
        sonic_face_list_free(made);
    }
    made = faces_of("pipeline", face_of(NULL, 0));
    BAD_ARGUMENT(sonic_faces_add_photo_faces(store, "e", made, &options, NULL, NULL));
    sonic_face_list_free(made);
    made = faces_of("another", face_of(vectors, 2));
    EXPECT(SONIC_ERROR_MISMATCH, sonic_faces_add_photo_faces(store, "e", made, &options, NULL, NULL));
    sonic_face_list_free(made);
    made = faces_of("pipeline", face_of(vectors, 4));
    EXPECT(SONIC_ERROR_MISMATCH, sonic_faces_add_photo_faces(store, "e", made, &options, NULL, NULL));
    sonic_face_list_free(made);
}

static void closed(void) {
    sonic_store *s = NULL;
    sonic_person_list *people = UNTOUCHED(sonic_person_list);
    sonic_stored_face_list *kept = UNTOUCHED(sonic_stored_face_list);
    sonic_photo_options options = NOTHING;
    GOOD(sonic_photo_options_init(&options, sizeof options));
    options.photo_id = "1.jpg";
    GOOD(sonic_store_open(path_in(folder, "closed"), NULL, &s));
    GOOD(sonic_store_close(s));
    EXPECT(SONIC_ERROR_CLOSED, sonic_faces_add_photo_faces(s, "e", faces, &options, NULL, NULL));
    EXPECT(SONIC_ERROR_CLOSED, sonic_faces_faces_of(s, "e", "1.jpg", &kept));
    EXPECT(SONIC_ERROR_CLOSED, sonic_faces_search(s, "pipeline", vectors, 2, NULL, &kept));
    EXPECT(SONIC_ERROR_CLOSED, sonic_people_list(s, "e", &people));
    EXPECT(SONIC_ERROR_CLOSED, sonic_people_cluster(s, "e", NULL, NULL, NULL, NULL));
    EXPECT(SONIC_ERROR_CLOSED, sonic_people_link(s, "e", person, "u", NULL));
    EXPECT(SONIC_ERROR_CLOSED, sonic_people_remove(s, "e", NULL));
    KEPT(people);
    KEPT(kept);
    sonic_store_free(s);
}

int main(int count, char **arguments) {
    sonic_face_stats stats = NOTHING;
    CHECK(count == 2);
    folder = arguments[1];
    set_up();
    nulls_of_pictures();
    pixels();
    rows();
    nulls_of_the_store();
    nulls_of_people();
    nothing();
    sizes();
    fields();
    bad_faces();
    closed();
    stats.size = sizeof stats;
    GOOD(sonic_faces_stats(store, &stats)); /* Nothing of the bad was taken. */
    CHECK(stats.photos == 1 && stats.faces == 1 && stats.people == 1 && stats.dimensions == 2);
    CHECK(strcmp(stats.pipeline, "pipeline") == 0);
    sonic_face_list_free(faces);
    sonic_image_free(image);
    sonic_store_free(store);
    puts("all is as it should be");
    return 0;
}
