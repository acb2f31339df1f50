/* Sources, tokens and progress, used well and badly. Argument: an empty folder. */

#include "guarded.h"
#include "sources.h"
#include "speech.h"
#include <pthread.h>
#include <unistd.h>

#define MELODY "tests/golden/inputs/melody-8k.wav"
#define PICTURE "tests/golden/inputs/turned.jpg"

static const char *folder;
static sonic_store *store;

/* A stream over bytes that gives at most `most` at a time, and `failure` in the place of what lies behind `until`. */
typedef struct {
    const unsigned char *data;
    size_t len, at, most, until;
    int64_t failure;
    int calls, calls_at_once, overlapping;
} stream;

static int64_t pull(void *state, uint8_t *buffer, size_t len) {
    stream *of = (stream *)state;
    size_t count = of->len - of->at;
    of->calls++;
    if (of->calls_at_once++ != 0) of->overlapping = 1;
    if (of->failure != 0 && of->at >= of->until) {
        of->calls_at_once--;
        return of->failure;
    }
    if (count > len) count = len;
    if (count > of->most) count = of->most;
    memcpy(buffer, of->data + of->at, count);
    of->at += count;
    of->calls_at_once--;
    return (int64_t)count;
}

static stream stream_of(const unsigned char *data, size_t len, size_t most) {
    stream made;
    memset(&made, 0, sizeof made);
    made.data = data;
    made.len = len;
    made.most = most;
    return made;
}

static int64_t nothing(void *state, uint8_t *buffer, size_t len) {
    CHECK(state == NULL && buffer != NULL && len > 0);
    return 0;
}

static bool same_clips(const sonic_clip *a, const sonic_clip *b) {
    return sonic_clip_len(a) == sonic_clip_len(b) &&
           memcmp(sonic_clip_samples(a), sonic_clip_samples(b), 4 * sonic_clip_len(a)) == 0;
}

static void nulls(void) {
    sonic_source *source = UNTOUCHED(sonic_source), *good = NULL;
    sonic_clip *clip = UNTOUCHED(sonic_clip);
    sonic_cancel *cancel = NULL;
    sonic_progress *progress = NULL;
    BAD_ARGUMENT(sonic_source_path(NULL, &source));
    BAD_ARGUMENT(sonic_source_path("", &source));
    BAD_ARGUMENT(sonic_source_path(MELODY, NULL));
    BAD_ARGUMENT(sonic_source_bytes(NULL, 1, &source));
    BAD_ARGUMENT(sonic_source_bytes((const uint8_t *)"x", (size_t)-1, &source));
    BAD_ARGUMENT(sonic_source_bytes((const uint8_t *)"x", 1, NULL));
    BAD_ARGUMENT(sonic_source_reader(NULL, NULL, &source));
    CHECK(strcmp(sonic_last_error(), "read is NULL") == 0);
    BAD_ARGUMENT(sonic_source_reader(nothing, NULL, NULL));
    KEPT(source);
    BAD_ARGUMENT(sonic_clip_decode(NULL, NULL, &clip));
    CHECK(strcmp(sonic_last_error(), "source is NULL") == 0);
    GOOD(sonic_source_path(MELODY, &good));
    BAD_ARGUMENT(sonic_clip_decode(good, NULL, NULL));
    KEPT(clip);
    sonic_source_free(good);
    sonic_source_free(NULL);
    BAD_ARGUMENT(sonic_cancel_new(NULL));
    BAD_ARGUMENT(sonic_progress_new(NULL));
    sonic_cancel_cancel(NULL);
    CHECK(!sonic_cancel_cancelled(NULL) && sonic_progress_done(NULL) == 0 && sonic_progress_total(NULL) == 0);
    sonic_cancel_free(NULL);
    sonic_progress_free(NULL);
    GOOD(sonic_cancel_new(&cancel));
    GOOD(sonic_progress_new(&progress));
    CHECK(!sonic_cancel_cancelled(cancel) && sonic_progress_done(progress) == 0 && sonic_progress_total(progress) == 0);
    sonic_cancel_free(cancel);
    sonic_progress_free(progress);
}

/* Files and memory are read as often as one likes; a stream once, in pieces of any size. */
static void reading(void) {
    size_t len = 0, most[] = {1, 7, 4096, (size_t)-1}, i;
    unsigned char *data = contents_of(MELODY, &len);
    sonic_source *path = NULL, *bytes = NULL, *reader = NULL;
    sonic_clip *first = NULL, *clip = NULL;
    GOOD(sonic_source_path(MELODY, &path));
    GOOD(sonic_source_bytes(data, len, &bytes));
    GOOD(sonic_clip_decode(path, NULL, &first));
    for (i = 0; i < 3; i++) {
        GOOD(sonic_clip_decode(i == 0 ? path : bytes, NULL, &clip));
        CHECK(same_clips(first, clip));
        sonic_clip_free(clip);
    }
    for (i = 0; i < 4; i++) {
        stream of = stream_of(data, len, most[i]);
        GOOD(sonic_source_reader(pull, &of, &reader));
        CHECK(of.calls == 0);
        GOOD(sonic_clip_decode(reader, NULL, &clip));
        CHECK(same_clips(first, clip) && of.calls > 0 && !of.overlapping);
        sonic_clip_free(clip);
        clip = UNTOUCHED(sonic_clip);
        EXPECT(SONIC_ERROR_CLOSED, sonic_clip_decode(reader, NULL, &clip));
        KEPT(clip);
        sonic_source_free(reader);
    }
    sonic_clip_free(first);
    sonic_source_free(path);
    sonic_source_free(bytes);
    /* One that nobody read. */
    GOOD(sonic_source_reader(nothing, NULL, &reader));
    sonic_source_free(reader);
    free(data);
}

/* A picture from a stream, and one that is larger than the limit. */
static void pictures(void) {
    size_t len = 0;
    unsigned char *data = contents_of(PICTURE, &len);
    stream of = stream_of(data, len, 100), again = of;
    sonic_image_options options = NOTHING;
    sonic_source *reader = NULL;
    sonic_image *from_file = NULL, *image = NULL;
    GOOD(decode_image_file(PICTURE, NULL, &from_file));
    GOOD(sonic_source_reader(pull, &of, &reader));
    GOOD(sonic_image_decode(reader, NULL, &image));
    CHECK(sonic_image_width(image) == sonic_image_width(from_file));
    CHECK(memcmp(sonic_image_pixels(image), sonic_image_pixels(from_file),
                 (size_t)sonic_image_width(image) * sonic_image_height(image) * 3) == 0);
    sonic_image_free(image);
    sonic_image_free(from_file);
    image = UNTOUCHED(sonic_image);
    EXPECT(SONIC_ERROR_CLOSED, sonic_image_decode(reader, NULL, &image));
    sonic_source_free(reader);
    GOOD(sonic_image_options_init(&options, sizeof options));
    options.max_bytes = 100;
    GOOD(sonic_source_reader(pull, &again, &reader));
    EXPECT(SONIC_ERROR_LIMIT, sonic_image_decode(reader, &options, &image));
    CHECK(again.at <= 200); /* No more is read than shows that it is too much. */
    sonic_source_free(reader);
    KEPT(image);
    free(data);
}

/* A function that cannot go on, at once or later, and one that counts wrongly; none is called again. */
static void failing(void) {
    int64_t failures[] = {-1, -77, INT64_MIN, INT64_MAX};
    size_t len = 0, i;
    unsigned char *data = contents_of(MELODY, &len);
    sonic_clip *clip = UNTOUCHED(sonic_clip);
    sonic_image *image = UNTOUCHED(sonic_image);
    sonic_answer *answer = UNTOUCHED(sonic_answer);
    sonic_source *reader = NULL;
    for (i = 0; i < 4; i++) {
        stream of = stream_of(data, len, 4096);
        of.failure = failures[i];
        GOOD(sonic_source_reader(pull, &of, &reader));
        EXPECT(SONIC_ERROR_IO, sonic_clip_decode(reader, NULL, &clip));
        CHECK(of.calls == 1);
        sonic_source_free(reader);
        of.calls = 0;
        GOOD(sonic_source_reader(pull, &of, &reader));
        EXPECT(SONIC_ERROR_IO, sonic_image_decode(reader, NULL, &image));
        CHECK(of.calls == 1);
        sonic_source_free(reader);
        GOOD(sonic_source_reader(pull, &of, &reader));
        EXPECT(SONIC_ERROR_IO, sonic_recordings_identify(store, reader, NULL, &answer));
        sonic_source_free(reader);
        /* Late: what was read before is not taken for the whole. */
        of = stream_of(data, len, 512);
        of.failure = failures[i];
        of.until = len / 2;
        GOOD(sonic_source_reader(pull, &of, &reader));
        EXPECT(SONIC_ERROR_IO, sonic_clip_decode(reader, NULL, &clip));
        CHECK(of.at >= len / 2);
        sonic_source_free(reader);
    }
    KEPT(clip);
    KEPT(image);
    KEPT(answer);
    GOOD(sonic_source_reader(nothing, NULL, &reader));
    EXPECT(SONIC_ERROR_MALFORMED, sonic_clip_decode(reader, NULL, &clip));
    sonic_source_free(reader);
    free(data);
}

/* What has no name needs one. */
static void names(void) {
    size_t len = 0;
    unsigned char *data = contents_of(MELODY, &len);
    stream of = stream_of(data, len, 1000);
    sonic_recording_options options = NOTHING;
    sonic_source *reader = NULL;
    sonic_added *added = UNTOUCHED(sonic_added);
    GOOD(sonic_source_reader(pull, &of, &reader));
    BAD_ARGUMENT(sonic_recordings_add(store, reader, NULL, &added));
    CHECK(of.calls == 0); /* So that the stream is still good. */
    GOOD(sonic_recording_options_init(&options, sizeof options));
    options.id = "stream";
    GOOD(sonic_recordings_add(store, reader, &options, &added));
    CHECK(sonic_added_is_new(added) && sonic_added_recording(added)->source == NULL);
    sonic_added_free(added);
    sonic_source_free(reader);
    free(data);
}

/* Several streams in one call are read side by side; one of them round is an error, and so is one that fails. */
static void many(void) {
    enum { COUNT = 6 };
    char path[COUNT][4096];
    unsigned char *data[COUNT];
    size_t len[COUNT], i, dimensions;
    stream of[COUNT];
    sonic_source *sources[COUNT];
    const sonic_source *broken[2];
    sonic_voice_embedder *embedder = NULL;
    sonic_enrolled *enrolled = UNTOUCHED(sonic_enrolled);
    sonic_progress *progress = NULL;
    sonic_cancel *cancel = NULL;
    float *vectors, *alone;
    GOOD(sonic_voice_embedder_new(NULL, NULL, &embedder));
    GOOD(sonic_progress_new(&progress));
    GOOD(sonic_cancel_new(&cancel));
    dimensions = sonic_voice_embedder_dimensions(embedder);
    vectors = (float *)calloc(COUNT * dimensions, sizeof *vectors);
    alone = (float *)calloc(dimensions, sizeof *alone);
    for (i = 0; i < COUNT; i++) {
        snprintf(path[i], sizeof path[i], "%s/%d.wav", folder, (int)i);
        record(path[i], i % 2 == 0 ? &ANNA : &BEN, 40 + (unsigned)i);
        data[i] = contents_of(path[i], &len[i]);
        of[i] = stream_of(data[i], len[i], 999);
        GOOD(sonic_source_reader(pull, &of[i], &sources[i]));
    }
    GOOD(sonic_voice_embedder_embed_many(embedder, (const sonic_source *const *)sources, COUNT, cancel, progress, vectors,
                                         COUNT * dimensions));
    CHECK(sonic_progress_done(progress) == COUNT && sonic_progress_total(progress) == COUNT);
    for (i = 0; i < COUNT; i++) {
        CHECK(of[i].at == len[i] && !of[i].overlapping);
        GOOD(embed_file(embedder, path[i], alone, dimensions));
        CHECK(memcmp(alone, vectors + i * dimensions, dimensions * sizeof *alone) == 0);
        sonic_source_free(sources[i]);
        of[i] = stream_of(data[i], len[i], 999);
        GOOD(sonic_source_reader(pull, &of[i], &sources[i]));
    }
    /* The first three are Anna and Ben, but who they are does not matter here. */
    GOOD(sonic_voices_enroll(store, embedder, "anna", (const sonic_source *const *)sources, 1, NULL, NULL, NULL, NULL));
    broken[0] = broken[1] = sources[1];
    EXPECT(SONIC_ERROR_CLOSED,
           sonic_voices_enroll(store, embedder, "anna", broken, 2, NULL, NULL, NULL, &enrolled));
    broken[0] = sources[2];
    broken[1] = NULL;
    BAD_ARGUMENT(sonic_voices_enroll(store, embedder, "anna", broken, 2, NULL, NULL, NULL, &enrolled));
    BAD_ARGUMENT(sonic_voices_enroll(store, embedder, "anna", NULL, 2, NULL, NULL, NULL, &enrolled));
    BAD_ARGUMENT(sonic_voice_embedder_embed_many(embedder, broken, 2, NULL, NULL, vectors, 2 * dimensions));
    BAD_ARGUMENT(sonic_voice_embedder_embed_many(embedder, NULL, 2, NULL, NULL, vectors, 2 * dimensions));
    of[2].failure = -1;
    of[2].until = len[2] / 2;
    EXPECT(SONIC_ERROR_IO,
           sonic_voices_enroll(store, embedder, "anna", (const sonic_source *const *)sources + 2, 1, NULL, NULL, NULL, &enrolled));
    sonic_cancel_cancel(cancel);
    EXPECT(SONIC_ERROR_CLOSED, sonic_voices_enroll(store, embedder, "anna", (const sonic_source *const *)sources + 3, 1, NULL,
                                                   cancel, NULL, &enrolled));
    EXPECT(SONIC_ERROR_CLOSED,
           sonic_voice_embedder_embed_many(embedder, (const sonic_source *const *)sources + 3, 1, cancel, progress, vectors,
                                           dimensions));
    KEPT(enrolled);
    /* A call that was cancelled before it began has not read the stream. */
    CHECK(of[3].calls == 0);
    GOOD(sonic_voice_embedder_embed(embedder, sources[3], alone, dimensions));
    for (i = 0; i < COUNT; i++) {
        sonic_source_free(sources[i]);
        free(data[i]);
    }
    free(vectors);
    free(alone);
    sonic_cancel_free(cancel);
    sonic_progress_free(progress);
    sonic_voice_embedder_free(embedder);
}

/* One source in the hands of several threads. */
static void *decode_often(void *source) {
    int i;
    for (i = 0; i < 5; i++) {
        sonic_clip *clip = NULL;
        GOOD(sonic_clip_decode((const sonic_source *)source, NULL, &clip));
        CHECK(sonic_clip_len(clip) > 0);
        sonic_clip_free(clip);
    }
    return NULL;
}

static void *decode_once(void *source) {
    sonic_clip *clip = NULL;
    sonic_status status = sonic_clip_decode((const sonic_source *)source, NULL, &clip);
    CHECK(status == SONIC_OK || status == SONIC_ERROR_CLOSED);
    sonic_clip_free(clip);
    return status == SONIC_OK ? source : NULL;
}

static void threads(void) {
    size_t len = 0;
    unsigned char *data = contents_of(MELODY, &len);
    stream of = stream_of(data, len, 100);
    sonic_source *bytes = NULL, *reader = NULL;
    pthread_t thread[4];
    void *winner;
    int i, winners = 0;
    GOOD(sonic_source_bytes(data, len, &bytes));
    GOOD(sonic_source_reader(pull, &of, &reader));
    for (i = 0; i < 4; i++) CHECK(pthread_create(&thread[i], NULL, decode_often, bytes) == 0);
    for (i = 0; i < 4; i++) CHECK(pthread_join(thread[i], NULL) == 0);
    for (i = 0; i < 4; i++) CHECK(pthread_create(&thread[i], NULL, decode_once, reader) == 0);
    for (i = 0; i < 4; i++) {
        CHECK(pthread_join(thread[i], &winner) == 0);
        winners += winner != NULL;
    }
    CHECK(winners == 1);
    sonic_source_free(bytes);
    sonic_source_free(reader);
    free(data);
}

#define ROWS 6000
#define NUMBERS 64

static sonic_cancel *brake;
static sonic_progress *gauge;

/* Waits until there is something to see, then stops the call. */
static void *watch(void *seen) {
    while (sonic_progress_done(gauge) == 0) usleep(1000);
    *(uint64_t *)seen = sonic_progress_total(gauge);
    sonic_cancel_cancel(brake);
    return NULL;
}

static void stopping(void) {
    float *rows = (float *)malloc(ROWS * NUMBERS * sizeof *rows);
    int32_t *labels = (int32_t *)malloc(ROWS * sizeof *labels);
    sonic_problems *problems = UNTOUCHED(sonic_problems);
    sonic_cluster_report *report = UNTOUCHED(sonic_cluster_report);
    uint64_t total = 0;
    unsigned seed = 5;
    size_t i, clusters = 77;
    pthread_t thread;
    for (i = 0; i < ROWS * NUMBERS; i++) rows[i] = (float)random_of(&seed);
    labels[0] = 77;
    GOOD(sonic_cancel_new(&brake));
    GOOD(sonic_progress_new(&gauge));
    GOOD(sonic_cluster(rows, 50, NUMBERS, NULL, brake, gauge, labels, NULL, NULL, NULL));
    CHECK(sonic_progress_total(gauge) > 0 && sonic_progress_done(gauge) == sonic_progress_total(gauge));
    GOOD(sonic_store_check(store, brake, gauge, &problems));
    CHECK(sonic_problems_len(problems) == 0 && sonic_progress_done(gauge) == sonic_progress_total(gauge));
    sonic_problems_free(problems);
    GOOD(sonic_people_cluster(store, "nowhere", NULL, brake, gauge, NULL));
    CHECK(sonic_progress_done(gauge) == sonic_progress_total(gauge));
    GOOD(sonic_store_compact(store, brake, gauge));

    labels[0] = 77;
    sonic_progress_free(gauge);
    GOOD(sonic_progress_new(&gauge));
    CHECK(pthread_create(&thread, NULL, watch, &total) == 0);
    EXPECT(SONIC_ERROR_CLOSED, sonic_cluster(rows, ROWS, NUMBERS, NULL, brake, gauge, labels, NULL, NULL, &clusters));
    CHECK(pthread_join(thread, NULL) == 0 && total > 0 && labels[0] == 77 && clusters == 77);
    CHECK(sonic_cancel_cancelled(brake) && sonic_progress_done(gauge) < sonic_progress_total(gauge));
    /* It stays used. */
    problems = UNTOUCHED(sonic_problems);
    EXPECT(SONIC_ERROR_CLOSED, sonic_store_compact(store, brake, NULL));
    EXPECT(SONIC_ERROR_CLOSED, sonic_store_check(store, brake, NULL, &problems));
    EXPECT(SONIC_ERROR_CLOSED, sonic_people_cluster(store, "nowhere", NULL, brake, NULL, &report));
    CHECK(strstr(sonic_last_error(), "cancelled") != NULL);
    KEPT(problems);
    KEPT(report);
    sonic_cancel_free(brake);
    sonic_progress_free(gauge);
    free(rows);
    free(labels);
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    folder = arguments[1];
    GOOD(sonic_store_open(path_in(folder, "store"), NULL, &store));
    nulls();
    reading();
    pictures();
    failing();
    names();
    many();
    threads();
    stopping();
    sonic_store_free(store);
    puts("all is as it should be");
    return 0;
}
