/* Snapshots in a folder that stands for a bucket. Argument: an empty folder. */

#include "sources.h"
#include <sys/stat.h>
#include <unistd.h>

static const char *folder;
static char url[4200];

static sonic_stats stats_of(const sonic_store *store) {
    sonic_stats stats = NOTHING;
    stats.size = sizeof stats;
    GOOD(sonic_store_stats(store, &stats));
    return stats;
}

static sonic_transferred blank(void) {
    sonic_transferred done = NOTHING;
    done.size = sizeof done;
    return done;
}

static void going_round(sonic_store *store) {
    const char *reader = path_in(folder, "reader");
    sonic_transferred done = blank();
    sonic_snapshot_list *list = NULL;
    sonic_progress *progress = NULL;
    uint64_t version = 0, first = 1;
    CHECK(stats_of(store).snapshot == 0 && stats_of(store).follow_error == NULL);
    GOOD(sonic_progress_new(&progress));
    GOOD(sonic_snapshots_push(store, url, NULL, NULL, progress, &done));
    CHECK(done.changed && done.version == 1 && done.bytes > 0);
    CHECK(sonic_progress_total(progress) > 0 && sonic_progress_done(progress) == sonic_progress_total(progress));
    GOOD(sonic_snapshots_push(store, url, NULL, NULL, NULL, &done));
    CHECK(!done.changed && done.version == 1);
    GOOD(add_file(store, BROT, NULL, NULL));
    GOOD(sonic_snapshots_push(store, url, NULL, NULL, NULL, NULL));
    CHECK(stats_of(store).snapshot == 2);
    GOOD(sonic_snapshots_pull(reader, url, NULL, NULL, progress, &done));
    CHECK(done.changed && done.version == 2);
    GOOD(sonic_snapshots_rollback(url, NULL, &first, NULL, NULL, &version));
    CHECK(version == 3);
    GOOD(sonic_snapshots_rollback(url, NULL, NULL, NULL, NULL, &version));
    CHECK(version == 4);
    GOOD(sonic_snapshots_list(url, NULL, &list));
    CHECK(sonic_snapshot_list_len(list) == 4 && sonic_snapshot_list_at(list, 4) == NULL);
    CHECK(sonic_snapshot_list_at(list, 0)->version == 4 && sonic_snapshot_list_at(list, 0)->has_restores);
    CHECK(!sonic_snapshot_list_at(list, 3)->has_base && strlen(sonic_snapshot_list_at(list, 3)->manifest) == 64);
    sonic_snapshot_list_free(list);
    sonic_progress_free(progress);
}

static void following(void) {
    const char *reader = path_in(folder, "reader");
    sonic_store_options options;
    sonic_remote_options remote;
    sonic_store *store = NULL;
    sonic_follower *follower = NULL, *none = UNTOUCHED(sonic_follower);
    int tries;
    GOOD(sonic_store_options_init(&options, sizeof options));
    GOOD(sonic_remote_options_init(&remote, sizeof remote));
    CHECK(remote.connections == 8 && !remote.has_bytes_per_second);
    options.access = SONIC_ACCESS_READ_ONLY;
    GOOD(sonic_store_open(reader, &options, &store));
    GOOD(sonic_store_follow(store, url, 20, &remote, &follower));
    for (tries = 0; stats_of(store).snapshot != 4; tries++) {
        CHECK(tries < 1500);
        usleep(20000);
    }
    CHECK(stats_of(store).follow_error == NULL);
    sonic_follower_free(follower);
    sonic_follower_free(NULL);
    EXPECT(SONIC_ERROR_INVALID_ARGUMENT, sonic_store_follow(store, url, 1, &remote, &none));
    BAD_ARGUMENT(sonic_store_follow(NULL, url, 20, &remote, &none));
    BAD_ARGUMENT(sonic_store_follow(store, NULL, 20, &remote, &none));
    BAD_ARGUMENT(sonic_store_follow(store, url, 20, &remote, NULL));
    KEPT(none);
    remote.connections = 0;
    BAD_ARGUMENT(sonic_store_follow(store, url, 20, &remote, &none));
    sonic_store_free(store);
}

static void pruning(void) {
    sonic_pruned pruned = NOTHING;
    pruned.size = sizeof pruned;
    GOOD(sonic_snapshots_prune(url, NULL, 1, 0, NULL, NULL, &pruned));
    CHECK(pruned.kept_snapshots == 1 && pruned.removed_snapshots == 3);
    GOOD(sonic_snapshots_prune(url, NULL, 1, 3600, NULL, NULL, NULL));
    BAD_ARGUMENT(sonic_snapshots_prune(url, NULL, 0, 0, NULL, NULL, &pruned));
    BAD_ARGUMENT(sonic_snapshots_prune(NULL, NULL, 1, 0, NULL, NULL, &pruned));
}

static void used_badly(sonic_store *store) {
    sonic_transferred done = blank(), small = blank();
    sonic_snapshot_list *none = UNTOUCHED(sonic_snapshot_list);
    sonic_cancel *cancel = NULL;
    uint64_t version = 7, missing = 3;
    small.size = 4;
    BAD_ARGUMENT(sonic_snapshots_push(NULL, url, NULL, NULL, NULL, &done));
    BAD_ARGUMENT(sonic_snapshots_push(store, NULL, NULL, NULL, NULL, &done));
    BAD_ARGUMENT(sonic_snapshots_push(store, url, NULL, NULL, NULL, &small));
    BAD_ARGUMENT(sonic_snapshots_push(store, "nowhere", NULL, NULL, NULL, &done));
    EXPECT(SONIC_ERROR_MISMATCH, sonic_snapshots_push(store, url, NULL, NULL, NULL, &done));
    BAD_ARGUMENT(sonic_snapshots_pull(NULL, url, NULL, NULL, NULL, &done));
    BAD_ARGUMENT(sonic_snapshots_pull(path_in(folder, "new"), NULL, NULL, NULL, NULL, &done));
    BAD_ARGUMENT(sonic_snapshots_pull(path_in(folder, "new"), url, NULL, NULL, NULL, &small));
    BAD_ARGUMENT(sonic_snapshots_list(NULL, NULL, &none));
    BAD_ARGUMENT(sonic_snapshots_list(url, NULL, NULL));
    KEPT(none);
    BAD_ARGUMENT(sonic_snapshots_rollback(NULL, NULL, NULL, NULL, NULL, &version));
    BAD_ARGUMENT(sonic_snapshots_rollback(url, NULL, NULL, NULL, NULL, NULL));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_snapshots_rollback(url, NULL, &missing, NULL, NULL, &version));
    CHECK(version == 7);
    GOOD(sonic_cancel_new(&cancel));
    sonic_cancel_cancel(cancel);
    EXPECT(SONIC_ERROR_CLOSED, sonic_snapshots_pull(path_in(folder, "new"), url, NULL, cancel, NULL, &done));
    sonic_cancel_free(cancel);
    CHECK(sonic_snapshot_list_len(NULL) == 0 && sonic_snapshot_list_at(NULL, 0) == NULL);
    sonic_snapshot_list_free(NULL);
}

int main(int count, char **arguments) {
    sonic_store *store = NULL;
    CHECK(count == 2);
    folder = arguments[1];
    snprintf(url, sizeof url, "file://%s", path_in(folder, "bucket"));
    CHECK(mkdir(path_in(folder, "bucket"), 0700) == 0);
    GOOD(sonic_store_open(path_in(folder, "writer"), NULL, &store));
    GOOD(add_file(store, WALTZ, NULL, NULL));
    going_round(store);
    following();
    pruning();
    used_badly(store);
    sonic_store_free(store);
    puts("all is as it should be");
    return 0;
}
