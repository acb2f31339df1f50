/* Does what lines on standard input say, and tells the outcome, a line or more each. For golden.rs.
 *
 * Words are separated by tabs. A source is "path NAME" or "hex DIGITS". Every command ends with "ok" or the name of the
 * error. Floats are told by their bits. Argument: a folder for raw samples and landmarks.
 */

#include "golden.h"
#include "sources.h"

static sonic_store *store;
static const char *folder;
static void dump(const char *name, const void *data, size_t len) {
    FILE *file = fopen(path_in(folder, name), "wb");
    CHECK(file != NULL && fwrite(data, 1, len, file) == len && fclose(file) == 0);
}

static void tell_clip(const sonic_clip *clip) {
    printf("clip\t%u\t%zu\t%" PRIu64 "\t%d\t%" PRIu64 "\n", sonic_clip_sample_rate(clip), sonic_clip_len(clip),
           sonic_clip_duration_ms(clip), sonic_clip_truncated(clip), sonic_clip_damaged_ms(clip));
    dump("samples", sonic_clip_samples(clip), 4 * sonic_clip_len(clip));
}

static void tell_fingerprint(const sonic_fingerprint *fingerprint) {
    printf("fingerprint\t%s\t%" PRIu64 "\t%u\t%zu\n", sonic_fingerprint_pipeline(fingerprint),
           sonic_fingerprint_duration_ms(fingerprint), sonic_fingerprint_frames(fingerprint),
           sonic_fingerprint_len(fingerprint));
    dump("landmarks", sonic_fingerprint_landmarks(fingerprint), 8 * sonic_fingerprint_len(fingerprint));
}

/* decode RATE KIND SOURCE; fingerprint too if `all`. */
static sonic_status decode(bool all) {
    sonic_decode_options options = NOTHING;
    sonic_clip *clip = NULL;
    sonic_fingerprint *fingerprint = NULL;
    sonic_status status;
    GOOD(sonic_decode_options_init(&options, sizeof options));
    set_whole(set_has(words[1], &options.has_sample_rate), &options.sample_rate);
    if (strcmp(words[2], "path") == 0) {
        status = decode_file(words[3], &options, &clip);
    } else {
        size_t len;
        unsigned char *data = unhex(words[3], &len);
        status = decode_bytes(data, len, &options, &clip);
        free(data);
    }
    if (status == SONIC_OK && all) {
        tell_clip(clip);
        status = sonic_fingerprint_new(clip, &fingerprint);
        if (status == SONIC_OK) tell_fingerprint(fingerprint);
        sonic_fingerprint_free(fingerprint);
    }
    sonic_clip_free(clip);
    return status;
}

/* samples RATE SAMPLE... */
static sonic_status samples(void) {
    float values[64];
    int i;
    sonic_clip *clip = NULL;
    sonic_fingerprint *fingerprint = NULL;
    sonic_status status;
    for (i = 2; i < word_count; i++) values[i - 2] = strtof(words[i], NULL);
    status = sonic_clip_new(values, (size_t)(word_count - 2), (uint32_t)strtoul(words[1], NULL, 10), &clip);
    if (status == SONIC_OK) status = sonic_fingerprint_new(clip, &fingerprint);
    sonic_fingerprint_free(fingerprint);
    sonic_clip_free(clip);
    return status;
}

/* open ACCESS PATH */
static sonic_status open_store(void) {
    sonic_store_options options = NOTHING;
    GOOD(sonic_store_options_init(&options, sizeof options));
    options.access = atoi(words[1]);
    sonic_store_free(store);
    store = NULL;
    return sonic_store_open(words[2], &options, &store);
}

/* add ID KIND SOURCE */
static sonic_status add(void) {
    sonic_recording_options options = NOTHING;
    sonic_added *added = NULL;
    sonic_status status;
    GOOD(sonic_recording_options_init(&options, sizeof options));
    options.id = words[1];
    if (strcmp(words[2], "path") == 0) {
        status = add_file(store, words[3], &options, &added);
    } else {
        size_t len;
        unsigned char *data = unhex(words[3], &len);
        status = add_bytes(store, data, len, &options, &added);
        free(data);
    }
    if (status != SONIC_OK) return status;
    if (sonic_added_is_new(added)) {
        const sonic_recording *row = sonic_added_recording(added);
        printf("new\t%s\t%" PRIu64 "\t%u\t%u\t%d\t%" PRIu64 "\t%s\t%u\t%u\t%s\n", row->id, row->duration_ms, row->frames,
               row->landmarks, row->truncated, row->damaged_ms, row->codec, row->sample_rate, row->channels,
               row->source_hash);
    } else {
        printf("duplicate\t%s\n", sonic_added_id(added));
    }
    sonic_added_free(added);
    return status;
}

static void tell_answer(const sonic_answer *answer) {
    size_t i;
    printf("answer\t%s\t%" PRIu64 "\t%d\t%" PRIu64 "\n", sonic_answer_decision(answer) == SONIC_DECISION_MATCH ? "match" : "unknown",
           sonic_answer_duration_ms(answer), sonic_answer_truncated(answer), sonic_answer_damaged_ms(answer));
    for (i = 0; i < sonic_answer_len(answer); i++) {
        const sonic_match *m = sonic_answer_match(answer, i);
        printf("match\t%s\t%" PRId64 "\t%08x\t%u\t%08x\t%08x\t%08x\t%" PRIu64 "\t%" PRIu64 "\t%08x\t%d\n", m->id,
               m->offset_ms, bits(m->score), m->aligned, bits(m->probability), bits(m->time_scale), bits(m->pitch_semitones),
               m->query_start_ms, m->query_end_ms, bits(m->coverage), m->imported);
    }
}

/* By the fingerprint of a clip that was decoded for it. */
static sonic_status query_by_fingerprint(const sonic_identify_options *options, sonic_answer **answer) {
    sonic_decode_options rate = NOTHING;
    sonic_clip *clip = NULL;
    sonic_fingerprint *fingerprint = NULL;
    sonic_status status;
    GOOD(sonic_decode_options_init(&rate, sizeof rate));
    rate.has_sample_rate = 1;
    rate.sample_rate = SONIC_FINGERPRINT_SAMPLE_RATE;
    status = decode_file(words[4], &rate, &clip);
    if (status == SONIC_OK) status = sonic_fingerprint_new(clip, &fingerprint);
    if (status == SONIC_OK) status = sonic_recordings_identify_fingerprint(store, fingerprint, options, answer);
    sonic_fingerprint_free(fingerprint);
    sonic_clip_free(clip);
    return status;
}

/* identify THREADS LIMIT KIND SOURCE EXCLUDED... where KIND may also be "file-bytes" or "fingerprint". */
static sonic_status identify(void) {
    sonic_identify_options options = NOTHING;
    sonic_answer *answer = NULL;
    sonic_status status;
    GOOD(sonic_identify_options_init(&options, sizeof options));
    options.threads = (uint32_t)strtoul(words[1], NULL, 10);
    options.limit = strtoul(words[2], NULL, 10);
    options.exclude = (const char *const *)words + 5;
    options.exclude_len = word_count > 5 ? (size_t)(word_count - 5) : 0;
    if (strcmp(words[3], "path") == 0) {
        status = identify_file(store, words[4], &options, &answer);
    } else if (strcmp(words[3], "fingerprint") == 0) {
        status = query_by_fingerprint(&options, &answer);
    } else {
        size_t len;
        unsigned char *data = strcmp(words[3], "hex") == 0 ? unhex(words[4], &len) : contents_of(words[4], &len);
        status = identify_bytes(store, data, len, &options, &answer);
        free(data);
    }
    if (status == SONIC_OK) tell_answer(answer);
    sonic_answer_free(answer);
    return status;
}

static sonic_status recordings(void) {
    sonic_recording_list *rows = NULL;
    sonic_status status = sonic_recordings_list(store, &rows);
    sonic_recording_list_free(rows);
    return status;
}

static sonic_status stats(void) {
    sonic_stats numbers = NOTHING;
    numbers.size = sizeof numbers;
    return sonic_store_stats(store, &numbers);
}

static sonic_status obey(void) {
    const char *command = words[0];
    if (strcmp(command, "decode") == 0) return decode(false);
    if (strcmp(command, "landmarks") == 0) return decode(true);
    if (strcmp(command, "samples") == 0) return samples();
    if (strcmp(command, "open") == 0) return open_store();
    if (strcmp(command, "add") == 0) return add();
    if (strcmp(command, "identify") == 0) return identify();
    if (strcmp(command, "remove") == 0) return sonic_recordings_remove(store, words[1]);
    if (strcmp(command, "recordings") == 0) return recordings();
    if (strcmp(command, "stats") == 0) return stats();
    if (strcmp(command, "compact") == 0) return sonic_store_compact(store, NULL, NULL);
    if (strcmp(command, "close") == 0) return sonic_store_close(store);
    fprintf(stderr, "what is %s?\n", command);
    exit(1);
}

int main(int count, char **arguments) {
    static char line[1 << 20];
    CHECK(count == 2);
    folder = arguments[1];
    while (fgets(line, sizeof line, stdin) != NULL) {
        split(line);
        printf("%s\n", sonic_status_name(obey()));
        fflush(stdout);
    }
    sonic_store_free(store);
    return 0;
}
