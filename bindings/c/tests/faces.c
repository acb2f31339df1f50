/* Clusters, and photos page by page. Argument: an empty folder. */

#include "check.h"
#include <math.h>

static sonic_store *store;

/* Two groups on a line and a stranger, in the forms that an answer can have. */
static void clusters(void) {
    float rows[11] = {0, 0.1f, 0.2f, 0.3f, 0.4f, 5, 5.1f, 5.2f, 5.3f, 5.4f, 40}, probabilities[11], scores[11];
    int32_t labels[11], again[11];
    size_t found = 0, i;
    sonic_cluster_options options = NOTHING;
    GOOD(sonic_cluster(rows, 11, 1, NULL, NULL, NULL, labels, probabilities, scores, &found));
    CHECK(found == 2);
    for (i = 0; i < 11; i++) {
        CHECK(labels[i] == (i < 5 ? 0 : i < 10 ? 1 : -1));
        CHECK(i == 10 ? probabilities[i] == 0 && scores[i] > 0.9f : probabilities[i] > 0.5f && scores[i] < 0.6f);
    }
    GOOD(sonic_cluster_options_init(&options, sizeof options));
    options.threads = 1;
    options.has_min_samples = 1;
    options.min_samples = 2;
    GOOD(sonic_cluster(rows, 11, 1, &options, NULL, NULL, again, NULL, NULL, NULL));
    CHECK(memcmp(labels, again, sizeof labels) == 0);
    options.method = SONIC_CLUSTER_DBSCAN;
    options.has_epsilon = 1;
    options.epsilon = 0.15;
    GOOD(sonic_cluster(rows, 11, 1, &options, NULL, NULL, again, NULL, NULL, &found));
    CHECK(memcmp(labels, again, sizeof labels) == 0 && found == 2);
    rows[10] = NAN;
    GOOD(sonic_cluster(rows, 11, 1, NULL, NULL, NULL, again, NULL, scores, NULL));
    CHECK(memcmp(labels, again, sizeof labels) == 0 && scores[10] == 1);
}

/* What single precision cannot tell apart: two groups of metres on the map, and whole numbers beyond 2^24. */
static void doubles(void) {
    double rows[20], whole[10];
    float singles[20];
    int32_t labels[10];
    size_t found = 0, i;
    for (i = 0; i < 10; i++) {
        rows[2 * i] = 500000 + 0.01 * (double)(i % 5) + (i < 5 ? 0 : 0.5);
        rows[2 * i + 1] = 5400000 + 0.01 * (double)(i % 3) + (i < 5 ? 0 : 0.5);
        whole[i] = 9007199254740000.0 + (double)(i % 5) + (i < 5 ? 0 : 50);
    }
    GOOD(sonic_cluster_doubles(rows, 10, 2, NULL, NULL, NULL, labels, NULL, NULL, &found));
    CHECK(found == 2);
    for (i = 0; i < 10; i++) CHECK(labels[i] == (i < 5 ? 0 : 1));
    GOOD(sonic_cluster_doubles(whole, 10, 1, NULL, NULL, NULL, labels, NULL, NULL, &found));
    CHECK(found == 2);
    for (i = 0; i < 10; i++) CHECK(labels[i] == (i < 5 ? 0 : 1));
    for (i = 0; i < 20; i++) singles[i] = (float)rows[i];
    GOOD(sonic_cluster(singles, 10, 2, NULL, NULL, NULL, labels, NULL, NULL, NULL));
    for (i = 0; i < 10; i++) rows[i] = 1e200 * (double)(i % 5 + (i < 5 ? 0 : 50));
    GOOD(sonic_cluster_doubles(rows, 10, 1, NULL, NULL, NULL, labels, NULL, NULL, &found));
    CHECK(found == 2 && labels[0] == 0 && labels[9] == 1);
}

/* A face that lies where it lay keeps its id. */
static void replaced(void) {
    static const float vector[2] = {0.6f, 0.8f};
    sonic_face row = NOTHING;
    sonic_face_list *faces = NULL;
    sonic_stored_face_list *before = NULL, *kept = NULL;
    sonic_photo_options options = NOTHING;
    sonic_photo *photo = NULL;
    GOOD(sonic_faces_faces_of(store, "pages", "4.jpg", &before));
    row = sonic_stored_face_list_at(before, 0)->face;
    row.score = 0.7f;
    row.embedding = vector;
    row.dimensions = 2;
    GOOD(sonic_face_list_new("pages", &row, 1, 320, 240, &faces));
    GOOD(sonic_photo_options_init(&options, sizeof options));
    options.photo_id = "4.jpg";
    GOOD(sonic_faces_replace_photo(store, "pages", faces, &options, &photo));
    CHECK(photo->width == 320 && photo->faces == 1);
    sonic_photo_free(photo);
    GOOD(sonic_faces_faces_of(store, "pages", "4.jpg", &kept));
    CHECK(sonic_stored_face_list_len(kept) == 1);
    CHECK(sonic_stored_face_list_at(kept, 0)->face_id == sonic_stored_face_list_at(before, 0)->face_id);
    CHECK(sonic_stored_face_list_at(kept, 0)->face.score < 0.71f);
    sonic_stored_face_list_free(before);
    sonic_stored_face_list_free(kept);
    GOOD(sonic_faces_replace_photo(store, "pages", faces, &options, NULL));
    sonic_face_list_free(faces);
}

/* Photos and faces come page by page. */
static void pages(void) {
    float vector[2] = {0.6f, 0.8f};
    sonic_face row = NOTHING;
    sonic_face_list *faces = NULL;
    sonic_photo_options options = NOTHING;
    sonic_photo_list *photos = NULL;
    sonic_stored_face_list *kept = NULL;
    uint32_t after = 0;
    char name[16];
    int i, seen = 0;
    row.bbox[2] = row.bbox[3] = 40;
    row.embedding = vector;
    row.dimensions = 2;
    GOOD(sonic_face_list_new("pages", &row, 1, 640, 480, &faces));
    GOOD(sonic_photo_options_init(&options, sizeof options));
    options.photo_id = name;
    options.metadata_json = "{\"album\": 7}";
    options.has_created_at_ms = 1;
    options.created_at_ms = 1234;
    for (i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "%d.jpg", i);
        GOOD(sonic_faces_add_photo_faces(store, "pages", faces, &options, NULL, NULL));
    }
    sonic_face_list_free(faces);
    do {
        int k;
        GOOD(sonic_faces_photos(store, "pages", after, 2, &photos));
        for (k = 0; k < (int)sonic_photo_list_len(photos); k++) {
            const sonic_photo *photo = sonic_photo_list_at(photos, (size_t)k);
            snprintf(name, sizeof name, "%d.jpg", seen++);
            CHECK(strcmp(photo->photo_id, name) == 0 && photo->width == 640 && photo->height == 480 && photo->faces == 1);
            CHECK(photo->created_at_ms == 1234 && strcmp(photo->metadata_json, "{\"album\":7}") == 0);
            CHECK(photo->user_id == NULL && photo->path == NULL && photo->source_hash == NULL);
        }
        i = sonic_photo_list_next(photos, &after);
        sonic_photo_list_free(photos);
    } while (i);
    CHECK(seen == 5);
    after = 0;
    GOOD(sonic_faces_page(store, "pages", 0, 3, &kept));
    CHECK(sonic_stored_face_list_len(kept) == 3 && sonic_stored_face_list_next(kept, &after));
    sonic_stored_face_list_free(kept);
    GOOD(sonic_faces_page(store, "pages", after, 3, &kept));
    CHECK(sonic_stored_face_list_len(kept) == 2 && !sonic_stored_face_list_next(kept, &after));
    CHECK(strcmp(sonic_stored_face_list_at(kept, 1)->photo_id, "4.jpg") == 0 && sonic_stored_face_list_at(kept, 1)->person_id == 0);
    sonic_stored_face_list_free(kept);
    GOOD(sonic_faces_search(store, NULL, vector, 2, NULL, &kept)); /* By the store's pipeline. */
    CHECK(sonic_stored_face_list_len(kept) == 5 && sonic_stored_face_list_at(kept, 0)->similarity > 0.999f);
    sonic_stored_face_list_free(kept);
    replaced();
    GOOD(sonic_people_remove(store, "pages", NULL));
    GOOD(sonic_faces_search(store, NULL, vector, 2, NULL, &kept));
    CHECK(sonic_stored_face_list_len(kept) == 0);
    sonic_stored_face_list_free(kept);
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    GOOD(sonic_store_open(path_in(arguments[1], "store"), NULL, &store));
    clusters();
    doubles();
    pages();
    sonic_store_free(store);
    puts("all is as it should be");
    return 0;
}
