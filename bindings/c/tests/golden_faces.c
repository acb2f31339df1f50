/* Does with pictures, faces and people what lines on standard input say, and tells the outcome as JSON. For
 * golden/faces.rs.
 *
 * Words are separated by tabs, "-" is none. Every command ends with "ok" or the name of the error, behind a line
 * "answer" with what there is to tell. Argument: a folder for pixels.
 */

#include "golden.h"
#include "sources.h"

#define MOST_ROWS 256
#define MOST_FACES 16

static sonic_store *store;
static const char *folder;
static int at;

/* The words one after another. */
static const char *word(void) {
    CHECK(at < word_count);
    return words[at++];
}
static const char *word_or_null(void) {
    const char *given = word();
    return strcmp(given, "-") == 0 ? NULL : given;
}
static uint64_t id(void) { return strtoull(word(), NULL, 10); }
static uint32_t whole(void) { return (uint32_t)strtoul(word(), NULL, 10); }
static float number(void) { return strtof(word(), NULL); }
static size_t numbers(float *values, size_t most) {
    size_t count = whole(), i;
    CHECK(count <= most);
    for (i = 0; i < count; i++) values[i] = number();
    return count;
}
static size_t ids(uint64_t *values, size_t most) {
    size_t count = whole(), i;
    CHECK(count <= most);
    for (i = 0; i < count; i++) values[i] = id();
    return count;
}

/* JSON. */
static void begin(void) { printf("answer\t"); }
static void end(void) { printf("\n"); }
static void tell_text(const char *key, const char *text) {
    if (text == NULL) printf("\"%s\":null,", key);
    else printf("\"%s\":\"%s\",", key, text);
}
static void tell_id(const char *key, uint64_t value) {
    if (value == 0) printf("\"%s\":null,", key);
    else printf("\"%s\":%" PRIu64 ",", key, value);
}
static void tell_whole(const char *key, uint64_t value) { printf("\"%s\":%" PRIu64 ",", key, value); }
static void tell_bool(const char *key, bool value) { printf("\"%s\":%s,", key, value ? "true" : "false"); }
static void tell_float(const char *key, float value) { printf("\"%s\":%.9g,", key, value); }
static void tell_floats(const float *values, size_t count) {
    size_t i;
    printf("[");
    for (i = 0; i < count; i++) printf("%s%.9g", i == 0 ? "" : ",", values[i]);
    printf("]");
}

/* decode_image KIND SOURCE, told with `all`. */
static sonic_status decode_image(bool all) {
    sonic_image *image = NULL, *again = NULL;
    sonic_status status;
    const char *kind = word(), *from = word();
    size_t len, size;
    unsigned char *data;
    FILE *file;
    if (strcmp(kind, "path") != 0) {
        data = unhex(from, &len);
        status = decode_image_bytes(data, len, NULL, &image);
        free(data);
        sonic_image_free(image);
        return status;
    }
    status = decode_image_file(from, NULL, &image);
    if (status != SONIC_OK) {
        CHECK(image == NULL);
        return status;
    }
    size = (size_t)3 * sonic_image_width(image) * sonic_image_height(image);
    data = contents_of(from, &len);
    GOOD(decode_image_bytes(data, len, NULL, &again));
    free(data);
    CHECK(memcmp(sonic_image_pixels(image), sonic_image_pixels(again), size) == 0);
    sonic_image_free(again);
    GOOD(sonic_image_new(sonic_image_pixels(image), size, sonic_image_width(image), sonic_image_height(image),
                         3 * (size_t)sonic_image_width(image), &again));
    CHECK(memcmp(sonic_image_pixels(image), sonic_image_pixels(again), size) == 0);
    sonic_image_free(again);
    if (all) {
        file = fopen(path_in(folder, "pixels"), "wb");
        CHECK(file != NULL && fwrite(sonic_image_pixels(image), 1, size, file) == size && fclose(file) == 0);
        begin();
        printf("{");
        tell_whole("width", sonic_image_width(image));
        tell_whole("height", sonic_image_height(image));
        printf("\"truncated\":%s}", sonic_image_truncated(image) ? "true" : "false");
        end();
    }
    sonic_image_free(image);
    return SONIC_OK;
}

/* cluster_rows METHOD METRIC MIN_SIZE MIN_SAMPLES EPSILON ALPHA MAX_SIZE LEAVES SINGLE DIMENSIONS COUNT NUMBER... */
static sonic_status cluster_rows(void) {
    sonic_cluster_options options = NOTHING;
    static float rows[MOST_WORDS], probabilities[MOST_ROWS], scores[MOST_ROWS];
    static int32_t labels[MOST_ROWS];
    int32_t most = -1;
    size_t dimensions, count, found = 99, i;
    sonic_status status;
    bool scored;
    GOOD(sonic_cluster_options_init(&options, sizeof options));
    set_choice(word(), &options.method);
    set_choice(word(), &options.metric);
    set_whole(word(), &options.min_cluster_size);
    set_whole(set_has(word(), &options.has_min_samples), &options.min_samples);
    set_double(set_has(word(), &options.has_epsilon), &options.epsilon);
    set_double(word(), &options.alpha);
    set_whole(set_has(word(), &options.has_max_cluster_size), &options.max_cluster_size);
    set_whole(word(), &options.leaves);
    set_whole(word(), &options.allow_single_cluster);
    dimensions = whole();
    count = numbers(rows, MOST_WORDS) / dimensions;
    CHECK(count <= MOST_ROWS);
    scored = options.method == SONIC_CLUSTER_HDBSCAN;
    status = sonic_cluster(rows, count, dimensions, &options, NULL, NULL, labels, scored ? probabilities : NULL,
                           scored ? scores : NULL, &found);
    if (status != SONIC_OK) return status;
    begin();
    printf("{\"labels\":[");
    for (i = 0; i < count; i++) {
        printf("%s%d", i == 0 ? "" : ",", labels[i]);
        if (labels[i] > most) most = labels[i];
    }
    printf("]");
    CHECK(found == (size_t)(most + 1));
    if (scored) {
        printf(",\"probabilities\":");
        tell_floats(probabilities, count);
        printf(",\"outlier_scores\":");
        tell_floats(scores, count);
    }
    printf("}");
    end();
    return SONIC_OK;
}

static sonic_status analyzer(void) {
    sonic_face_analyzer *made = NULL;
    sonic_status status = sonic_face_analyzer_new(word(), NULL, NULL, &made);
    sonic_face_analyzer_free(made);
    return status;
}

/* open ACCESS PATH */
static sonic_status open_store(void) {
    sonic_store_options options = NOTHING;
    GOOD(sonic_store_options_init(&options, sizeof options));
    options.access = (int32_t)whole();
    sonic_store_free(store);
    store = NULL;
    return sonic_store_open(word(), &options, &store);
}

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

/* cluster EVENT PRESET MODE METHOD ASSIGN_TO MIN_SIZE MIN_SAMPLES EPSILON ASSIGN MIN GATHER MIN_QUALITY SINGLE */
static sonic_status cluster(void) {
    sonic_people_cluster_options options = NOTHING;
    sonic_cluster_report *report = NULL;
    const char *event = word(), *preset;
    sonic_status status;
    size_t i;
    GOOD(sonic_people_cluster_options_init(&options, sizeof options));
    preset = word();
    if (is_given(preset)) GOOD(sonic_people_cluster_options_preset(&options, atoi(preset)));
    set_choice(word(), &options.mode);
    set_choice(word(), &options.method);
    set_choice(word(), &options.assign_to);
    set_whole(word(), &options.min_cluster_size);
    set_whole(word(), &options.min_samples);
    set_double(word(), &options.epsilon);
    set_float(word(), &options.assign_similarity);
    set_float(word(), &options.min_similarity);
    set_float(set_has(word(), &options.has_gather_similarity), &options.gather_similarity);
    set_float(word(), &options.min_quality);
    set_float(set_has(word(), &options.has_single_quality), &options.single_quality);
    status = sonic_people_cluster(store, event, &options, NULL, NULL, &report);
    if (status != SONIC_OK) return status;
    CHECK(report->elapsed_ms >= 0);
    begin();
    printf("{");
    tell_text("event", report->event);
    tell_whole("total_faces", report->total_faces);
    tell_whole("preserved_clusters", report->preserved_clusters);
    tell_whole("assigned_to_existing", report->assigned_to_existing);
    tell_whole("new_clusters_created", report->new_clusters_created);
    tell_whole("removed_clusters", report->removed_clusters);
    tell_whole("unassigned_faces", report->unassigned_faces);
    printf("\"clusters\":[");
    for (i = 0; i < report->cluster_len; i++) {
        const sonic_cluster_summary *row = &report->clusters[i];
        printf("%s{", i == 0 ? "" : ",");
        tell_id("person_id", row->person_id);
        tell_whole("label", row->label);
        tell_whole("face_count", row->face_count);
        tell_id("representative_face_id", row->representative_face_id);
        tell_float("avg_quality", row->avg_quality);
        printf("\"is_new\":%s}", row->is_new ? "true" : "false");
    }
    printf("]}");
    end();
    sonic_cluster_report_free(report);
    return status;
}

static void tell_person(const sonic_person *person) {
    static const char *const names[] = {"pending", "linked", "invited", "ignored", "merged"};
    size_t i;
    printf("{");
    tell_id("person_id", person->person_id);
    tell_whole("label", person->label);
    tell_text("status", names[person->status]);
    tell_text("user_id", person->user_id);
    tell_text("name", person->name);
    tell_text("invitation_email", person->invitation_email);
    tell_id("merged_into", person->merged_into);
    tell_whole("faces", person->faces);
    tell_whole("photos", person->photos);
    tell_id("representative_face_id", person->representative_face_id);
    tell_float("avg_quality", person->avg_quality);
    tell_float("min_quality", person->min_quality);
    tell_float("max_quality", person->max_quality);
    tell_bool("pinned", person->pinned);
    tell_bool("confirmed", person->confirmed);
    printf("\"not_same\":[");
    for (i = 0; i < person->not_same_len; i++) printf("%s%" PRIu64, i == 0 ? "" : ",", person->not_same[i]);
    printf("]}");
    CHECK((person->invited_at_ms > 0) == (person->invitation_email != NULL) && person->created_at_ms > 0);
}

static sonic_status people(void) {
    sonic_person_list *list = NULL;
    sonic_status status = sonic_people_list(store, word(), &list);
    size_t i;
    if (status != SONIC_OK) return status;
    begin();
    printf("[");
    for (i = 0; i < sonic_person_list_len(list); i++) {
        if (i > 0) printf(",");
        tell_person(sonic_person_list_at(list, i));
    }
    printf("]");
    end();
    sonic_person_list_free(list);
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

static sonic_status faces_of(void) {
    sonic_stored_face_list *faces = NULL;
    const char *event = word();
    sonic_status status = sonic_people_faces_of(store, event, id(), &faces);
    return tell_faces(status, faces);
}

static sonic_status unassigned(void) {
    sonic_stored_face_list *faces = NULL;
    sonic_status status = sonic_people_unassigned(store, word(), &faces);
    return tell_faces(status, faces);
}

static sonic_status tags(void) {
    sonic_tag_list *list = NULL;
    sonic_status status = sonic_people_tags(store, word(), NULL, &list);
    size_t i;
    if (status != SONIC_OK) return status;
    begin();
    printf("[");
    for (i = 0; i < sonic_tag_list_len(list); i++) {
        const sonic_tag *tag = sonic_tag_list_at(list, i);
        printf("%s{", i == 0 ? "" : ",");
        tell_text("photo_id", tag->photo_id);
        tell_text("user_id", tag->user_id);
        tell_id("person_id", tag->person_id);
        tell_id("face_id", tag->face_id);
        printf("\"bbox\":");
        tell_floats(tag->bbox, 4);
        printf("}");
    }
    printf("]");
    end();
    sonic_tag_list_free(list);
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

static sonic_status events(void) {
    sonic_event_list *list = NULL;
    sonic_status status = sonic_faces_events(store, &list);
    size_t i;
    if (status != SONIC_OK) return status;
    begin();
    printf("[");
    for (i = 0; i < sonic_event_list_len(list); i++) {
        const sonic_event *event = sonic_event_list_at(list, i);
        printf("%s{", i == 0 ? "" : ",");
        tell_text("name", event->name);
        tell_whole("photos", event->photos);
        tell_whole("faces", event->faces);
        tell_whole("people", event->people);
        printf("\"archived\":%s}", event->archived ? "true" : "false");
    }
    printf("]");
    end();
    sonic_event_list_free(list);
    return status;
}

static sonic_status stats(void) {
    sonic_face_stats counts = NOTHING;
    sonic_status status;
    counts.size = sizeof counts;
    status = sonic_faces_stats(store, &counts);
    if (status != SONIC_OK) return status;
    begin();
    printf("{");
    tell_whole("events", counts.events);
    tell_whole("photos", counts.photos);
    tell_whole("faces", counts.faces);
    tell_whole("people", counts.people);
    tell_text("pipeline", counts.pipeline);
    printf("\"dimensions\":%u}", counts.dimensions);
    end();
    return status;
}

static sonic_status archive(void) {
    sonic_archived_event gone = NOTHING;
    sonic_status status;
    gone.size = sizeof gone;
    status = sonic_people_archive(store, word(), &gone);
    if (status != SONIC_OK) return status;
    begin();
    printf("{");
    tell_whole("embeddings", gone.embeddings);
    tell_whole("faces", gone.faces);
    tell_whole("people", gone.people);
    printf("\"photos\":%" PRIu64 "}", gone.photos);
    end();
    return status;
}

static sonic_status forget(const char *what) {
    sonic_forgotten_faces gone = NOTHING;
    sonic_status status;
    const char *event = word_or_null();
    gone.size = sizeof gone;
    if (strcmp(what, "remove_event") == 0) status = sonic_people_remove(store, event, &gone);
    else if (strcmp(what, "forget_user") == 0 && event == NULL) status = sonic_faces_forget_user(store, word(), &gone);
    else if (strcmp(what, "forget_user") == 0) status = sonic_people_forget_user(store, event, word(), &gone);
    else status = sonic_people_forget_person(store, event, id(), &gone);
    if (status != SONIC_OK) return status;
    begin();
    printf("{");
    tell_whole("faces", gone.faces);
    tell_whole("people", gone.people);
    tell_whole("tags", gone.tags);
    printf("\"photos\":%" PRIu64 "}", gone.photos);
    end();
    return status;
}

/* What the user decides: COMMAND EVENT ... */
static sonic_status decide(const char *command) {
    uint64_t faces[MOST_FACES], first;
    sonic_person *after = NULL;
    const char *event = word();
    size_t unassigned_count = 99, count;
    sonic_status status;
    if (strcmp(command, "create") == 0) {
        count = ids(faces, MOST_FACES);
        status = sonic_people_create(store, event, faces, count, &after);
    } else {
        first = id();
        if (strcmp(command, "link") == 0) status = sonic_people_link(store, event, first, word(), &after);
        else if (strcmp(command, "invite") == 0) status = sonic_people_invite(store, event, first, word(), &after);
        else if (strcmp(command, "rename") == 0) status = sonic_people_rename(store, event, first, word_or_null(), &after);
        else if (strcmp(command, "ignore") == 0) status = sonic_people_ignore(store, event, first, &after);
        else if (strcmp(command, "unignore") == 0) status = sonic_people_unignore(store, event, first, &after);
        else if (strcmp(command, "merge") == 0) status = sonic_people_merge(store, event, first, id(), &unassigned_count, &after);
        else if (strcmp(command, "assign") == 0) status = sonic_people_assign(store, event, first, id(), &after);
        else if (strcmp(command, "not_person") == 0) status = sonic_people_not_person(store, event, first, id(), &after);
        else if (strcmp(command, "unassign") == 0) return sonic_people_unassign(store, event, first);
        else if (strcmp(command, "not_same") == 0) return sonic_people_not_same(store, event, first, id());
        else if (strcmp(command, "maybe_same") == 0) return sonic_people_maybe_same(store, event, first, id());
        else if (strcmp(command, "pin_representative") == 0) {
            uint64_t face = id();
            status = sonic_people_pin_representative(store, event, first, &face, &after);
        } else {
            CHECK(strcmp(command, "split") == 0);
            count = ids(faces, MOST_FACES);
            status = sonic_people_split(store, event, first, faces, count, &after);
        }
    }
    if (status != SONIC_OK) return status;
    begin();
    if (unassigned_count != 99) printf("{\"unassigned\":%zu,\"person\":", unassigned_count);
    tell_person(after);
    if (unassigned_count != 99) printf("}");
    end();
    sonic_person_free(after);
    return status;
}

static sonic_status obey(void) {
    const char *command = word();
    if (strcmp(command, "picture") == 0) return decode_image(true);
    if (strcmp(command, "decode_image") == 0) return decode_image(false);
    if (strcmp(command, "analyzer") == 0) return analyzer();
    if (strcmp(command, "cluster_rows") == 0) return cluster_rows();
    if (strcmp(command, "open") == 0) return open_store();
    if (strcmp(command, "close") == 0) return sonic_store_close(store);
    if (strcmp(command, "add_photo") == 0) return add_photo();
    if (strcmp(command, "photo") == 0) return photo();
    if (strcmp(command, "photo_faces") == 0) return photo_faces();
    if (strcmp(command, "remove_photo") == 0) return remove_photo();
    if (strcmp(command, "cluster") == 0) return cluster();
    if (strcmp(command, "people") == 0) return people();
    if (strcmp(command, "faces_of") == 0) return faces_of();
    if (strcmp(command, "unassigned") == 0) return unassigned();
    if (strcmp(command, "tags") == 0) return tags();
    if (strcmp(command, "search") == 0) return search();
    if (strcmp(command, "embedding") == 0) return embedding();
    if (strcmp(command, "events") == 0) return events();
    if (strcmp(command, "stats") == 0) return stats();
    if (strcmp(command, "archive") == 0) return archive();
    if (strncmp(command, "forget_", 7) == 0 || strcmp(command, "remove_event") == 0) return forget(command);
    return decide(command);
}

int main(int count, char **arguments) {
    static char line[1 << 20];
    CHECK(count == 2);
    folder = arguments[1];
    while (fgets(line, sizeof line, stdin) != NULL) {
        split(line);
        at = 0;
        printf("%s\n", sonic_status_name(obey()));
        fflush(stdout);
    }
    sonic_store_free(store);
    return 0;
}
