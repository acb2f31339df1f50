/* Commands about photos and the faces on them. For golden_faces.c. */

#ifndef GOLDEN_PHOTOS_H
#define GOLDEN_PHOTOS_H

#include "golden_words.h"

static void tell_photo(const sonic_photo *photo) {
    printf("{");
    tell_text("photo_id", photo->photo_id);
    tell_text("event", photo->event);
    tell_whole("width", photo->width);
    tell_whole("height", photo->height);
    tell_text("user_id", photo->user_id);
    printf("\"faces\":%u}", photo->faces);
}

/* add_photo EVENT ID PIPELINE WIDTH HEIGHT USER COUNT, and of each face BOX SCORE LANDMARKS QUALITY EMBEDDING */
static sonic_status add_photo(void) {
    static float numbers_of[MOST_WORDS];
    sonic_face rows[MOST_FACES];
    sonic_photo_options options = NOTHING;
    sonic_face_list *faces = NULL;
    sonic_photo *photo = NULL;
    sonic_status status;
    const char *event = word(), *pipeline;
    uint32_t width, height, count, i, k;
    float *free_place = numbers_of;
    bool is_new = false;
    GOOD(sonic_photo_options_init(&options, sizeof options));
    options.photo_id = word();
    pipeline = word();
    width = whole();
    height = whole();
    options.user_id = word_or_null();
    count = whole();
    CHECK(count <= MOST_FACES);
    for (i = 0; i < count; i++) {
        sonic_face *face = &rows[i];
        float *quality[7];
        quality[0] = &face->size, quality[1] = &face->sharpness, quality[2] = &face->yaw, quality[3] = &face->pitch;
        quality[4] = &face->roll, quality[5] = &face->brightness, quality[6] = &face->clipped;
        for (k = 0; k < 4; k++) face->bbox[k] = number();
        face->score = number();
        for (k = 0; k < 10; k++) face->landmarks[k] = number();
        for (k = 0; k < 7; k++) *quality[k] = number();
        face->embedding = free_place;
        face->dimensions = numbers(free_place, MOST_WORDS);
        free_place += face->dimensions;
    }
    GOOD(sonic_face_list_new(pipeline, rows, count, width, height, &faces));
    CHECK(sonic_face_list_len(faces) == count && strcmp(sonic_face_list_pipeline(faces), pipeline) == 0);
    status = sonic_faces_add_photo_faces(store, event, faces, &options, &is_new, &photo);
    sonic_face_list_free(faces);
    if (status != SONIC_OK) return status;
    begin();
    printf("{\"is_new\":%s,\"photo_id\":\"%s\",\"faces\":%u}", is_new ? "true" : "false", photo->photo_id, photo->faces);
    end();
    sonic_photo_free(photo);
    return SONIC_OK;
}

static sonic_status photo(void) {
    sonic_photo *row = NULL;
    const char *event = word();
    sonic_status status = sonic_faces_photo(store, event, word(), &row);
    if (status != SONIC_OK) return status;
    begin();
    tell_photo(row);
    end();
    sonic_photo_free(row);
    return status;
}

/* Tells the row, as there is no more of it afterwards. */
static sonic_status remove_photo(void) {
    sonic_photo *row = NULL;
    const char *event = word(), *name = word();
    sonic_status status = sonic_faces_photo(store, event, name, &row);
    if (status == SONIC_OK) {
        begin();
        tell_photo(row);
        end();
        sonic_photo_free(row);
    }
    return sonic_faces_remove_photo(store, event, name);
}

static sonic_status photo_faces(void) {
    sonic_stored_face_list *faces = NULL;
    const char *event = word();
    size_t i, k;
    sonic_status status = sonic_faces_faces_of(store, event, word(), &faces);
    if (status != SONIC_OK) return status;
    begin();
    printf("[");
    for (i = 0; i < sonic_stored_face_list_len(faces); i++) {
        const sonic_stored_face *row = sonic_stored_face_list_at(faces, i);
        const sonic_face *face = &row->face;
        CHECK(face->embedding == NULL && row->similarity == 0);
        printf("%s{", i == 0 ? "" : ",");
        tell_id("face_id", row->face_id);
        tell_id("person_id", row->person_id);
        tell_text("photo_id", row->photo_id);
        tell_bool("confirmed", row->confirmed);
        tell_float("score", face->score);
        printf("\"bbox\":");
        tell_floats(face->bbox, 4);
        printf(",\"landmarks\":[");
        for (k = 0; k < 5; k++) {
            if (k > 0) printf(",");
            tell_floats(face->landmarks + 2 * k, 2);
        }
        printf("],\"quality\":{");
        tell_float("size", face->size);
        tell_float("sharpness", face->sharpness);
        tell_float("yaw", face->yaw);
        tell_float("pitch", face->pitch);
        tell_float("roll", face->roll);
        tell_float("brightness", face->brightness);
        printf("\"clipped\":%.9g},\"embedding_dimensions\":%zu}", face->clipped, face->dimensions);
    }
    printf("]");
    end();
    sonic_stored_face_list_free(faces);
    return status;
}

static sonic_status tell_faces(sonic_status status, sonic_stored_face_list *faces) {
    size_t i;
    if (status != SONIC_OK) return status;
    begin();
    printf("[");
    for (i = 0; i < sonic_stored_face_list_len(faces); i++) {
        printf("%s%" PRIu64, i == 0 ? "" : ",", sonic_stored_face_list_at(faces, i)->face_id);
    }
    printf("]");
    end();
    sonic_stored_face_list_free(faces);
    return status;
}

/* search PIPELINE EMBEDDING THRESHOLD LIMIT EXCLUDED EVENT... */
static sonic_status search(void) {
    static float embedding[MOST_WORDS];
    uint64_t exclude[MOST_FACES];
    sonic_face_search_options options = NOTHING;
    sonic_stored_face_list *faces = NULL;
    const char *pipeline = word();
    size_t len = numbers(embedding, MOST_WORDS), i;
    sonic_status status;
    GOOD(sonic_face_search_options_init(&options, sizeof options));
    set_float(word(), &options.threshold);
    set_size(word(), &options.limit);
    options.exclude_len = ids(exclude, MOST_FACES);
    options.exclude = exclude;
    options.events = (const char *const *)words + at;
    options.event_len = (size_t)(word_count - at);
    status = sonic_faces_search(store, pipeline, embedding, len, &options, &faces);
    if (status != SONIC_OK) return status;
    begin();
    printf("[");
    for (i = 0; i < sonic_stored_face_list_len(faces); i++) {
        const sonic_stored_face *row = sonic_stored_face_list_at(faces, i);
        printf("%s{\"face_id\":%" PRIu64 ",\"similarity\":%.9g}", i == 0 ? "" : ",", row->face_id, row->similarity);
    }
    printf("]");
    end();
    sonic_stored_face_list_free(faces);
    return status;
}

static sonic_status embedding(void) {
    static float vector[MOST_WORDS];
    sonic_stored_face *row = NULL;
    uint64_t face = id();
    size_t dimensions;
    GOOD(sonic_faces_get(store, face, &row));
    CHECK(row->face_id == face);
    dimensions = row->face.dimensions;
    sonic_stored_face_free(row);
    GOOD(sonic_faces_embedding(store, face, vector, dimensions));
    begin();
    tell_floats(vector, dimensions);
    end();
    return SONIC_OK;
}

#endif
