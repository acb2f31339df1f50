/* Every options struct is initialised, whatever is passed as its size. Argument: an empty folder. */

#include "guarded.h"

/* Initialises a struct that memory ends behind, one of a later version, and what is none. */
#define INITIALISES(type)                                                                                              \
    do {                                                                                                               \
        type *ours = (type *)at_the_end_of_memory(sizeof(type), 0x5a5a5a5a);                                           \
        unsigned char *later = (unsigned char *)at_the_end_of_memory(sizeof(type) + 8, 0x5a5a5a5a);                    \
        memset(later, 0x5a, sizeof(type) + 8);                                                                         \
        GOOD(type##_init(ours, sizeof *ours));                                                                         \
        CHECK(ours->size == sizeof *ours);                                                                             \
        GOOD(type##_init((type *)(void *)later, sizeof(type) + 8));                                                    \
        CHECK(((type *)(void *)later)->size == sizeof(type) + 8);                                                      \
        CHECK(memcmp(later + 4, (unsigned char *)ours + 4, sizeof(type) - 4) == 0);                                    \
        CHECK(later[sizeof(type)] == 0 && later[sizeof(type) + 7] == 0);                                               \
        BAD_ARGUMENT(type##_init(NULL, sizeof *ours));                                                                 \
        BAD_ARGUMENT(type##_init(ours, 0));                                                                            \
        BAD_ARGUMENT(type##_init(ours, sizeof *ours - 1));                                                             \
        BAD_ARGUMENT(type##_init(ours, 1 << 20));                                                                      \
        BAD_ARGUMENT(type##_init((type *)(void *)((char *)ours - 1), sizeof *ours));                                   \
        CHECK(ours->size == sizeof *ours);                                                                             \
    } while (0)

static void options(void) {
    sonic_identify_options query = NOTHING;
    sonic_people_cluster_options people = NOTHING;
    INITIALISES(sonic_decode_options);
    INITIALISES(sonic_recording_options);
    INITIALISES(sonic_identify_options);
    INITIALISES(sonic_store_options);
    INITIALISES(sonic_voice_embedder_options);
    INITIALISES(sonic_speech_model_options);
    INITIALISES(sonic_speech_options);
    INITIALISES(sonic_enroll_options);
    INITIALISES(sonic_voice_identify_options);
    INITIALISES(sonic_record_options);
    INITIALISES(sonic_voice_list_options);
    INITIALISES(sonic_voice_search_options);
    INITIALISES(sonic_observe_options);
    INITIALISES(sonic_cluster_options);
    INITIALISES(sonic_image_options);
    INITIALISES(sonic_face_analyzer_options);
    INITIALISES(sonic_face_search_options);
    INITIALISES(sonic_photo_options);
    INITIALISES(sonic_add_photos_options);
    INITIALISES(sonic_people_cluster_options);
    INITIALISES(sonic_report_options);
    INITIALISES(sonic_pull_options);
    INITIALISES(sonic_recognizer_options);
    INITIALISES(sonic_live_options);
    INITIALISES(sonic_voicebank_options);
    INITIALISES(sonic_render_options);
    GOOD(sonic_identify_options_init(&query, sizeof query));
    CHECK(query.limit == 5 && query.threads == 0 && query.exclude_len == 0);
    GOOD(sonic_people_cluster_options_init(&people, sizeof people));
    CHECK(people.method == SONIC_CLUSTER_HDBSCAN && people.has_gather_similarity && !people.has_single_quality);
    GOOD(sonic_people_cluster_options_preset(&people, SONIC_CLUSTER_PRESET_DBSCAN));
    CHECK(people.size == sizeof people && people.method == SONIC_CLUSTER_DBSCAN && !people.has_gather_similarity);
    CHECK(people.mode == SONIC_CLUSTER_MODE_INCREMENTAL && people.assign_to == SONIC_ASSIGN_TO_REPRESENTATIVE);
    GOOD(sonic_people_cluster_options_preset(&people, SONIC_CLUSTER_PRESET_DEFAULT));
    CHECK(people.method == SONIC_CLUSTER_HDBSCAN && people.min_similarity > 0.39f && people.min_similarity < 0.41f);
}

int main(void) {
    options();
    puts("all is as it should be");
    return 0;
}
