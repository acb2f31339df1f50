/* Sound out of the slices of a recorder. Argument: none. */

#include "check.h"
#include <math.h>

#define RATE 16000
#define SLICE 5000

static const char *recording = "examples/demo/media/brot.opus";
static size_t samples;
static double last_ms;

/* Counts the samples of a list, whose times never run back, and frees it. */
static void take(sonic_chunk_list *chunks) {
    for (size_t i = 0; i < sonic_chunk_list_len(chunks); i++) {
        const sonic_chunk *chunk = sonic_chunk_list_at(chunks, i);
        CHECK(chunk->len > 0 && chunk->samples != NULL && chunk->start_ms > last_ms - 0.1);
        samples += chunk->len;
        last_ms = chunk->start_ms + chunk->len * 1000.0 / RATE;
    }
    CHECK(sonic_chunk_list_at(chunks, sonic_chunk_list_len(chunks)) == NULL);
    sonic_chunk_list_free(chunks);
}

/* Pushes all slices of the recording but the one with the number `lost`; gives how many there are. */
static uint64_t push_all(sonic_push_decoder *decoder, uint64_t lost) {
    size_t len = 0;
    unsigned char *data = contents_of(recording, &len);
    uint64_t count = (len + SLICE - 1) / SLICE;
    sonic_chunk_list *chunks = NULL;
    samples = 0;
    last_ms = 0;
    for (uint64_t i = 0; i < count; i++) {
        size_t at = (size_t)i * SLICE;
        if (i == lost) continue;
        GOOD(sonic_push_decoder_push(decoder, i, data + at, len - at < SLICE ? len - at : SLICE, &chunks));
        take(chunks);
    }
    GOOD(sonic_push_decoder_finish(decoder, &chunks));
    take(chunks);
    free(data);
    return count;
}

static void whole(void) {
    sonic_push_decoder *decoder = NULL;
    sonic_source *source = NULL;
    sonic_clip *clip = NULL;
    sonic_decode_options options;
    sonic_push_counts counts = NOTHING;
    GOOD(sonic_push_decoder_new(RATE, NULL, &decoder));
    uint64_t count = push_all(decoder, UINT64_MAX);
    GOOD(sonic_source_path(recording, &source));
    GOOD(sonic_decode_options_init(&options, sizeof options));
    options.has_sample_rate = 1;
    options.sample_rate = RATE;
    GOOD(sonic_clip_decode(source, &options, &clip));
    size_t difference = samples > sonic_clip_len(clip) ? samples - sonic_clip_len(clip) : sonic_clip_len(clip) - samples;
    CHECK(difference < RATE / 25);
    counts.size = sizeof counts;
    GOOD(sonic_push_decoder_counts(decoder, &counts));
    CHECK(counts.slices == count && counts.sessions == 1 && counts.lost == 0 && counts.errors == 0);
    sonic_clip_free(clip);
    sonic_source_free(source);
    sonic_push_decoder_free(decoder);
}

static void gap(void) {
    sonic_push_decoder *decoder = NULL;
    sonic_gaps *gaps = NULL;
    sonic_push_options options;
    GOOD(sonic_push_options_init(&options, sizeof options));
    CHECK(options.window == 3 && options.gap_threshold_ms == 100.0);
    options.window = 0;
    GOOD(sonic_push_decoder_new(RATE, &options, &decoder));
    push_all(decoder, 3);
    GOOD(sonic_push_decoder_gaps(decoder, &gaps));
    CHECK(sonic_gaps_len(gaps) == 1);
    const sonic_gap *one = sonic_gaps_data(gaps);
    CHECK(one->start_ms > 0 && one->end_ms - one->start_ms > 500 && one->end_ms < last_ms);
    sonic_gaps_free(gaps);
    sonic_push_decoder_free(decoder);
}

static void misuse(void) {
    sonic_push_decoder *decoder = NULL, *none = UNTOUCHED(sonic_push_decoder);
    sonic_chunk_list *chunks = UNTOUCHED(sonic_chunk_list);
    sonic_push_counts counts = NOTHING;
    sonic_push_options options;
    const uint8_t byte = 0;
    BAD_ARGUMENT(sonic_push_decoder_new(10, NULL, &none));
    GOOD(sonic_push_options_init(&options, sizeof options));
    options.gap_threshold_ms = -1;
    BAD_ARGUMENT(sonic_push_decoder_new(RATE, &options, &none));
    options.gap_threshold_ms = 100;
    options.max_slice_bytes = 0;
    GOOD(sonic_push_decoder_new(RATE, &options, &decoder));
    EXPECT(SONIC_ERROR_LIMIT, sonic_push_decoder_push(decoder, 0, &byte, 1, &chunks));
    BAD_ARGUMENT(sonic_push_decoder_push(decoder, (uint64_t)1 << 40, NULL, 0, &chunks));
    BAD_ARGUMENT(sonic_push_decoder_push(decoder, 0, NULL, 1, &chunks));
    BAD_ARGUMENT(sonic_push_decoder_push(NULL, 0, &byte, 1, &chunks));
    BAD_ARGUMENT(sonic_push_decoder_push_at(decoder, 0, NAN, NULL, 0, &chunks));
    BAD_ARGUMENT(sonic_push_decoder_finish(NULL, &chunks));
    BAD_ARGUMENT(sonic_push_decoder_counts(decoder, &counts));
    BAD_ARGUMENT(sonic_push_decoder_gaps(NULL, NULL));
    KEPT(none);
    KEPT(chunks);
    GOOD(sonic_push_decoder_push_at(decoder, 0, 5.0, NULL, 0, &chunks));
    CHECK(sonic_chunk_list_len(chunks) == 0);
    sonic_chunk_list_free(chunks);
    sonic_push_decoder_free(decoder);
    sonic_push_decoder_free(NULL);
    sonic_chunk_list_free(NULL);
    sonic_gaps_free(NULL);
    CHECK(sonic_chunk_list_len(NULL) == 0 && sonic_gaps_len(NULL) == 0 && sonic_gaps_data(NULL) == NULL);
}

int main(void) {
    whole();
    gap();
    misuse();
    puts("all is as it should be");
    return 0;
}
