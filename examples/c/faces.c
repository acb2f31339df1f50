/* Who is on these photos? Adds photos to an event of a store, finds out who is on them, and lists the people.
 *
 *     faces store event photo.jpg... */

#include <inttypes.h>
#include <sonic/sonic.h>
#include <stdio.h>

static int failed(const char *what) {
    fprintf(stderr, "%s: %s\n", what, sonic_last_error());
    return 1;
}

static void add(sonic_store *store, const char *event, sonic_face_analyzer *analyzer, const char *path) {
    sonic_photo *photo = NULL;
    sonic_source *source = NULL;
    bool is_new = false;
    sonic_status status = sonic_source_path(path, &source);
    if (status == SONIC_OK) status = sonic_faces_add_photo(store, event, analyzer, source, NULL, &is_new, &photo);
    sonic_source_free(source);
    if (status != SONIC_OK) {
        failed("not added"); /* The others may be better. */
        return;
    }
    printf("%s: %" PRIu32 " faces%s\n", photo->photo_id, photo->faces, is_new ? "" : ", known before");
    sonic_photo_free(photo);
}

static int who_is_there(sonic_store *store, const char *event) {
    sonic_cluster_report *report = NULL;
    sonic_person_list *people = NULL;
    size_t i;
    if (sonic_people_cluster(store, event, NULL, NULL, NULL, &report) != SONIC_OK) return failed("clustering");
    printf("%" PRIu32 " of %" PRIu32 " faces are unassigned\n", report->unassigned_faces, report->total_faces);
    sonic_cluster_report_free(report);
    if (sonic_people_list(store, event, &people) != SONIC_OK) return failed("the people");
    for (i = 0; i < sonic_person_list_len(people); i++) {
        const sonic_person *person = sonic_person_list_at(people, i);
        printf("person %" PRIu32 ": on %" PRIu32 " photos%s%s\n", person->label, person->photos,
               person->name ? ", " : "", person->name ? person->name : "");
    }
    sonic_person_list_free(people);
    return 0;
}

int main(int count, char **arguments) {
    sonic_store *store = NULL;
    sonic_face_analyzer *analyzer = NULL;
    int i, end = 1;
    if (count < 4) {
        fprintf(stderr, "usage: %s store event photo.jpg...\n", arguments[0]);
        return 2;
    }
    if (sonic_store_open(arguments[1], NULL, &store) != SONIC_OK) {
        failed("the store");
    } else if (sonic_face_analyzer_new(NULL, NULL, NULL, &analyzer) != SONIC_OK) {
        failed("the models");
    } else {
        for (i = 3; i < count; i++) add(store, arguments[2], analyzer, arguments[i]);
        end = who_is_there(store, arguments[2]);
    }
    sonic_face_analyzer_free(analyzer);
    sonic_store_free(store);
    return end;
}
