/* Pixels, rows, options and faces of values that cannot be give the right error, and nothing worse. Argument: an empty
 * folder. */

#include "faces_misuse.h"

#define UNSUPPORTED(call) EXPECT(SONIC_ERROR_UNSUPPORTED, call)

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

static void fields_of_clustering(void) {
    sonic_people_cluster_options people = NOTHING;
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

int main(int count, char **arguments) {
    CHECK(count == 2);
    folder = arguments[1];
    set_up();
    pixels();
    rows();
    sizes();
    fields();
    fields_of_clustering();
    bad_faces();
    tear_down();
    puts("all is as it should be");
    return 0;
}
