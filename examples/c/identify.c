/* A complete program: index files, name a clip.
 *
 *     identify STORE CLIP [FILE...]
 *     identify recordings.sonic clip.mp3 *.ogg
 *
 * The exit status is 0 for a match, 1 for "unknown", 2 for a failure.
 */

#include <inttypes.h>
#include <sonic/sonic.h>
#include <stdio.h>

/* Tells what went wrong, if anything did. */
static int failed(sonic_status status, const char *what) {
    if (status == SONIC_OK) return 0;
    fprintf(stderr, "%s: %s (%s)\n", what, sonic_last_error(), sonic_status_name(status));
    return 1;
}

/* Adds what is not in the store yet; a file that cannot be added does not keep the others out. */
static void add(sonic_store *store, const char *path) {
    sonic_source *source = NULL;
    sonic_added *added = NULL;
    sonic_status status = sonic_source_path(path, &source);
    if (status == SONIC_OK) status = sonic_recordings_add(store, source, NULL, &added);
    sonic_source_free(source);
    if (failed(status, path)) return;
    if (sonic_added_is_new(added)) {
        const sonic_recording *recording = sonic_added_recording(added);
        printf("added %s: %" PRIu64 " s, %" PRIu32 " landmarks\n", recording->id, recording->duration_ms / 1000,
               recording->landmarks);
    } else {
        printf("%s is there already, as %s\n", path, sonic_added_id(added));
    }
    sonic_added_free(added);
}

static int name(sonic_store *store, const char *clip) {
    sonic_identify_options options;
    sonic_source *source = NULL;
    sonic_answer *answer = NULL;
    sonic_status status;
    int matched;
    sonic_identify_options_init(&options, sizeof options);
    options.limit = 3;
    status = sonic_source_path(clip, &source);
    if (status == SONIC_OK) status = sonic_recordings_identify(store, source, &options, &answer);
    sonic_source_free(source);
    if (failed(status, clip)) return 2;
    matched = sonic_answer_decision(answer) == SONIC_DECISION_MATCH;
    printf("%s: %s\n", clip, matched ? "recognised" : "unknown");
    for (size_t i = 0; matched && i < sonic_answer_len(answer); i++) {
        const sonic_match *match = sonic_answer_match(answer, i);
        printf("  %s at %.2f s, probability %.3f\n", match->id, (double)match->offset_ms / 1000, match->probability);
    }
    sonic_answer_free(answer);
    return matched ? 0 : 1;
}

int main(int count, char **arguments) {
    sonic_store *store = NULL;
    int status;
    if (count < 3) {
        fprintf(stderr, "usage: %s STORE CLIP [FILE...]\n", arguments[0]);
        return 2;
    }
    if (sonic_abi_version() < SONIC_ABI_VERSION) {
        fprintf(stderr, "libsonic %s is older than this program: install a newer one\n", sonic_version());
        return 2;
    }
    if (failed(sonic_store_open(arguments[1], NULL, &store), arguments[1])) return 2;
    for (int i = 3; i < count; i++) add(store, arguments[i]);
    status = name(store, arguments[2]);
    sonic_store_free(store);
    return status;
}
