/* Nulls and closed stores where pictures, faces and people are wanted give the right error, and nothing worse. Argument: an
 * empty folder. */

#include "faces_misuse.h"

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
    BAD_ARGUMENT(sonic_face_analyzer_analyze_many(NULL, NULL, 0, NULL, NULL, &found));
    BAD_ARGUMENT(sonic_faces_add_photos(store, "e", NULL, NULL, 0, NULL, NULL, NULL, NULL));
    BAD_ARGUMENT(sonic_faces_add_photos(NULL, "e", NULL, NULL, 0, NULL, NULL, NULL, NULL));
    BAD_ARGUMENT(add_photo_file(store, "e", NULL, PICTURE, NULL, NULL, NULL));
    BAD_ARGUMENT(add_photo_bytes(store, "e", NULL, (const uint8_t *)"x", 1, NULL, NULL, NULL));
    KEPT(made);
    KEPT(found);
    KEPT(analyzer);
}

static void nulls_of_the_store(void) {
    sonic_photo *photo = UNTOUCHED(sonic_photo);
    sonic_photo_list *photos = UNTOUCHED(sonic_photo_list);
    sonic_stored_face_list *kept = UNTOUCHED(sonic_stored_face_list);
    sonic_event_list *events = UNTOUCHED(sonic_event_list);
    BAD_ARGUMENT(sonic_faces_add_photo_faces(NULL, "e", faces, NULL, NULL, &photo));
    BAD_ARGUMENT(sonic_faces_add_photo_faces(store, NULL, faces, NULL, NULL, &photo));
    BAD_ARGUMENT(sonic_faces_add_photo_faces(store, "e", NULL, NULL, NULL, &photo));
    BAD_ARGUMENT(sonic_faces_add_photo_faces(store, "e", faces, NULL, NULL, &photo)); /* Without an id. */
    BAD_ARGUMENT(sonic_faces_replace_photo(NULL, "e", faces, NULL, &photo));
    BAD_ARGUMENT(sonic_faces_replace_photo(store, NULL, faces, NULL, &photo));
    BAD_ARGUMENT(sonic_faces_replace_photo(store, "e", NULL, NULL, &photo));
    BAD_ARGUMENT(sonic_faces_replace_photo(store, "e", faces, NULL, &photo)); /* Without an id. */
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
    BAD_ARGUMENT(sonic_faces_events(NULL, &events));
    BAD_ARGUMENT(sonic_faces_events(store, NULL));
    BAD_ARGUMENT(sonic_faces_stats(NULL, NULL));
    BAD_ARGUMENT(sonic_faces_stats(store, NULL));
    KEPT(photo);
    KEPT(photos);
    KEPT(kept);
    KEPT(events);
}

static void nulls_of_faces(void) {
    sonic_stored_face_list *kept = UNTOUCHED(sonic_stored_face_list);
    sonic_stored_face *one = UNTOUCHED(sonic_stored_face);
    float vector[2];
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
    KEPT(kept);
}

static void nulls_of_people(void) {
    sonic_cluster_report *report = UNTOUCHED(sonic_cluster_report);
    sonic_person_list *people = UNTOUCHED(sonic_person_list);
    sonic_person *after = UNTOUCHED(sonic_person);
    sonic_stored_face_list *kept = UNTOUCHED(sonic_stored_face_list);
    sonic_tag_list *tags = UNTOUCHED(sonic_tag_list);
    sonic_file *file = UNTOUCHED(sonic_file);
    struct ArrowArrayStream stream;
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
}

static void nulls_of_decisions(void) {
    uint64_t no_face = face + 1;
    sonic_person *after = UNTOUCHED(sonic_person);
    sonic_merged_people *merged = UNTOUCHED(sonic_merged_people);
    BAD_ARGUMENT(sonic_people_link(NULL, "e", person, "u", &after));
    BAD_ARGUMENT(sonic_people_link(store, NULL, person, "u", &after));
    BAD_ARGUMENT(sonic_people_link(store, "e", person, NULL, &after));
    BAD_ARGUMENT(sonic_people_invite(store, "e", person, NULL, &after));
    BAD_ARGUMENT(sonic_people_rename(NULL, "e", person, "n", &after));
    BAD_ARGUMENT(sonic_people_rename(store, "e", person, "\xff", &after));
    BAD_ARGUMENT(sonic_people_ignore(store, NULL, person, &after));
    BAD_ARGUMENT(sonic_people_unignore(NULL, "e", person, &after));
    BAD_ARGUMENT(sonic_people_merge(store, NULL, person, person, &merged));
    BAD_ARGUMENT(sonic_people_merge(store, "e", person, person, &merged));
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
    KEPT(after);
    KEPT(merged);
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
    sonic_merged_people_free(NULL);
    CHECK(sonic_added_photo_file_list_len(NULL) == 0 && sonic_added_photo_file_list_at(NULL, 0) == NULL);
    sonic_added_photo_file_list_free(NULL);
    sonic_event_list_free(NULL);
    sonic_tag_list_free(NULL);
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
    CHECK(count == 2);
    folder = arguments[1];
    set_up();
    nulls_of_pictures();
    nulls_of_the_store();
    nulls_of_faces();
    nulls_of_people();
    nulls_of_decisions();
    nothing();
    closed();
    tear_down();
    puts("all is as it should be");
    return 0;
}
