/* A store with one face, for what is done wrong with pictures, clusters, faces and people. */

#ifndef FACES_MISUSE_H
#define FACES_MISUSE_H

#include "guarded.h"
#include "sources.h"
#include <math.h>

#define PICTURE "tests/golden/inputs/turned.jpg"

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

/* Nothing of the bad was taken. */
static void tear_down(void) {
    sonic_face_stats stats = NOTHING;
    stats.size = sizeof stats;
    GOOD(sonic_faces_stats(store, &stats));
    CHECK(stats.photos == 1 && stats.faces == 1 && stats.people == 1 && stats.dimensions == 2);
    CHECK(strcmp(stats.pipeline, "pipeline") == 0);
    sonic_face_list_free(faces);
    sonic_image_free(image);
    sonic_store_free(store);
}

#endif
