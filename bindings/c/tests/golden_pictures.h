/* Commands about pictures and rows, which need no store. For golden_faces.c. */

#ifndef GOLDEN_PICTURES_H
#define GOLDEN_PICTURES_H

#include "golden_words.h"
#include "sources.h"

#define MOST_ROWS 256

static const char *folder;

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

#endif
