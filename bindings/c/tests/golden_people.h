/* Commands about people, and what the user decides. For golden_faces.c. */

#ifndef GOLDEN_PEOPLE_H
#define GOLDEN_PEOPLE_H

#include "golden_photos.h"

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

static void tell_ids(const uint64_t *values, size_t count) {
    size_t i;
    printf("[");
    for (i = 0; i < count; i++) printf("%s%" PRIu64, i == 0 ? "" : ",", values[i]);
    printf("]");
}

static void tell_person(const sonic_person *person) {
    static const char *const names[] = {"pending", "linked", "invited", "ignored", "merged"};
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
    printf("\"not_same\":");
    tell_ids(person->not_same, person->not_same_len);
    printf("}");
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

static sonic_status merge(const char *event, uint64_t from, uint64_t into) {
    sonic_merged_people *merged = NULL;
    sonic_status status = sonic_people_merge(store, event, from, into, &merged);
    if (status != SONIC_OK) return status;
    begin();
    printf("{\"unassigned\":");
    tell_ids(merged->unassigned, merged->unassigned_len);
    printf(",\"person\":");
    tell_person(merged->person);
    printf("}");
    end();
    sonic_merged_people_free(merged);
    return status;
}

/* What the user decides: COMMAND EVENT ... */
static sonic_status decide(const char *command) {
    uint64_t faces[MOST_FACES], first;
    sonic_person *after = NULL;
    const char *event = word();
    size_t count;
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
        else if (strcmp(command, "merge") == 0) return merge(event, first, id());
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
    tell_person(after);
    end();
    sonic_person_free(after);
    return status;
}

#endif
