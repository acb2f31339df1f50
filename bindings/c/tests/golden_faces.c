/* Does with pictures, faces and people what lines on standard input say, and tells the outcome as JSON. For
 * golden/faces.rs.
 *
 * Words are separated by tabs, "-" is none. Every command ends with "ok" or the name of the error, behind a line
 * "answer" with what there is to tell. Argument: a folder for pixels.
 */

#include "golden_people.h"
#include "golden_pictures.h"

/* open ACCESS PATH */
static sonic_status open_store(void) {
    sonic_store_options options = NOTHING;
    GOOD(sonic_store_options_init(&options, sizeof options));
    options.access = (int32_t)whole();
    sonic_store_free(store);
    store = NULL;
    return sonic_store_open(word(), &options, &store);
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
