/* Does with live sound, scores and voicebanks what lines on standard input say, and tells the outcome. For golden/live.rs.
 *
 * Words are separated by tabs. Every command ends with "ok" or the name of the error. Argument: an empty folder.
 */

#include "golden.h"

static sonic_live_session *session;
static sonic_voice_embedder *embedder;
static sonic_live_options options;

static void tell(const sonic_segment_list *segments) {
    for (size_t i = 0; i < sonic_segment_list_len(segments); i++) {
        const sonic_segment *one = sonic_segment_list_at(segments, i);
        printf("segment\t%s\t%u\t%d\t%" PRIu64 "\t%" PRIu64 "\t%s\t%zu\t%s\t%.9g\n", one->id, one->revision, one->is_final,
               one->start_ms, one->end_ms, one->text, one->word_len, one->speaker ? one->speaker : "-", one->confidence);
    }
}

static sonic_status told(sonic_status status, sonic_segment_list *segments) {
    if (status == SONIC_OK) {
        tell(segments);
        sonic_segment_list_free(segments);
    }
    return status;
}

/* session CONNECTION VOICES HANGOVER MAX PARTIAL WINDOW GAP */
static sonic_status begin(void) {
    GOOD(sonic_live_options_init(&options, sizeof options));
    if (strcmp(words[2], "1") == 0) {
        if (embedder == NULL) GOOD(sonic_voice_embedder_new(NULL, NULL, &embedder));
        options.embedder = embedder;
    }
    set_whole(words[3], &options.hangover_ms);
    set_whole(words[4], &options.max_ms);
    set_whole(words[5], &options.partial_ms);
    set_whole(words[6], &options.window);
    set_double(words[7], &options.gap_threshold_ms);
    sonic_live_session_free(session);
    session = NULL;
    return sonic_live_session_new(words[1], &options, &session);
}

/* slice INDEX PATH OFFSET LEN */
static sonic_status push(void) {
    sonic_segment_list *segments = NULL;
    size_t len, at = strtoul(words[3], NULL, 10);
    unsigned char *data = contents_of(words[2], &len);
    sonic_status status = sonic_live_session_push(session, strtoull(words[1], NULL, 10), data + at,
                                                  strtoul(words[4], NULL, 10), &segments);
    free(data);
    return told(status, segments);
}

/* activity STAMP NAME DIGITS ... */
static sonic_status update(void) {
    const char *names[16], *digits[16];
    sonic_segment_list *segments = NULL;
    size_t count = (size_t)(word_count - 2) / 2;
    CHECK(count <= 16);
    for (size_t i = 0; i < count; i++) {
        names[i] = words[2 + 2 * i];
        digits[i] = words[3 + 2 * i];
    }
    sonic_status status =
        sonic_live_session_activity(session, strtod(words[1], NULL), names, digits, count, &segments);
    return told(status, segments);
}

static sonic_status take_over(void) {
    sonic_file *state = NULL;
    GOOD(sonic_live_session_state(session, &state));
    sonic_live_session_free(session);
    session = NULL;
    sonic_status status =
        sonic_live_session_restore(sonic_file_data(state), sonic_file_len(state), &options, &session);
    sonic_file_free(state);
    return status;
}

static sonic_status finish(void) {
    sonic_segment_list *segments = NULL;
    sonic_turn_list *turns = NULL;
    sonic_gaps *gaps = NULL;
    sonic_push_counts counts = NOTHING;
    sonic_live_stats stats = NOTHING;
    sonic_status status = sonic_live_session_finish(session, &segments);
    told(status, segments);
    GOOD(sonic_live_session_turns(session, &turns));
    for (size_t i = 0; i < sonic_turn_list_len(turns); i++) {
        const sonic_turn *one = sonic_turn_list_at(turns, i);
        printf("turn\t%" PRIu64 "\t%" PRIu64 "\t%s\t%.9g\t%d\n", one->start_ms, one->end_ms, one->speaker, one->confidence,
               one->overlapped);
    }
    sonic_turn_list_free(turns);
    GOOD(sonic_live_session_gaps(session, &gaps));
    for (size_t i = 0; i < sonic_gaps_len(gaps); i++) {
        printf("gap\t%.17g\t%.17g\n", sonic_gaps_data(gaps)[i].start_ms, sonic_gaps_data(gaps)[i].end_ms);
    }
    sonic_gaps_free(gaps);
    counts.size = sizeof counts;
    GOOD(sonic_live_session_counts(session, &counts));
    printf("counts\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", counts.slices, counts.lost, counts.sessions,
           counts.holes);
    stats.size = sizeof stats;
    GOOD(sonic_live_session_stats(session, &stats));
    printf("stats\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", stats.utterances, stats.recognized, stats.failures,
           stats.given_up);
    return status;
}

static sonic_status read_score(const char *text, sonic_score **score) {
    sonic_source *source = NULL;
    GOOD(sonic_source_bytes((const uint8_t *)text, strlen(text), &source));
    sonic_status status = sonic_score_open(source, score);
    sonic_source_free(source);
    return status;
}

/* score XML */
static sonic_status inspect(void) {
    sonic_score *score = NULL;
    sonic_status status = read_score(words[1], &score);
    if (status == SONIC_OK) printf("json\t%s\n", sonic_score_json(score));
    sonic_score_free(score);
    return status;
}

/* bank FOLDER */
static sonic_status findings(void) {
    sonic_voicebank *bank = NULL;
    sonic_finding_list *list = NULL;
    sonic_status status = sonic_voicebank_open(words[1], NULL, &bank);
    if (status != SONIC_OK) return status;
    GOOD(sonic_voicebank_check(bank, &list));
    for (size_t i = 0; i < sonic_finding_list_len(list); i++) {
        const sonic_finding *one = sonic_finding_list_at(list, i);
        printf("finding\t%s\t%s\t%s\t%s\t", one->code, one->severity, one->stage, one->file);
        if (one->has_line) printf("%u", one->line);
        printf("\t%s\n", one->message);
    }
    sonic_finding_list_free(list);
    sonic_voicebank_free(bank);
    return status;
}

/* mix, then for each track VOLUME PAN MUTE SOLO COUNT SAMPLE ... */
static sonic_status mix(void) {
    static float samples[1024];
    sonic_track tracks[16];
    sonic_mix *mixed = NULL;
    size_t count = 0, used = 0;
    for (int at = 1; at < word_count; count++) {
        CHECK(count < 16);
        sonic_track *track = &tracks[count];
        track->volume = strtof(words[at], NULL);
        track->pan = strtof(words[at + 1], NULL);
        track->mute = strcmp(words[at + 2], "1") == 0;
        track->solo = strcmp(words[at + 3], "1") == 0;
        track->len = strtoul(words[at + 4], NULL, 10);
        track->samples = samples + used;
        at += 5;
        for (size_t i = 0; i < track->len; i++) samples[used++] = strtof(words[at++], NULL);
    }
    sonic_status status = sonic_mix_new(tracks, count, &mixed);
    if (status != SONIC_OK) return status;
    printf("samples\t%zu", sonic_mix_len(mixed));
    for (size_t i = 0; i < sonic_mix_len(mixed); i++) printf("\t%.9g", sonic_mix_samples(mixed)[i]);
    printf("\n");
    sonic_mix_free(mixed);
    return status;
}

/* song BANK XML PART STEPS PITCH-STEPS VARIANCE-STEPS ARTICULATION AIRINESS PITCH-EXPRESSION SILENCE-UNKNOWN */
static sonic_status sing(void) {
    sonic_voicebank *bank = NULL;
    sonic_score *score = NULL;
    sonic_singing *singing = NULL;
    sonic_phrase *phrase = NULL;
    sonic_render_warning_list *warnings = NULL;
    sonic_render_options how;
    GOOD(sonic_voicebank_open(words[1], NULL, &bank));
    GOOD(read_score(words[2], &score));
    GOOD(sonic_render_options_init(&how, sizeof how));
    if (is_given(words[3])) how.part_id = words[3];
    set_whole(words[4], &how.steps);
    set_whole(words[5], &how.pitch_steps);
    set_whole(words[6], &how.variance_steps);
    set_double(words[7], &how.articulation);
    set_double(words[8], &how.airiness);
    set_double(words[9], &how.pitch_expression);
    set_whole(words[10], &how.silence_unknown);
    sonic_status status = sonic_voicebank_render(bank, score, &how, &singing);
    if (status == SONIC_OK) {
        GOOD(sonic_singing_warnings(singing, &warnings));
        for (size_t i = 0; i < sonic_render_warning_list_len(warnings); i++) {
            const sonic_render_warning *one = sonic_render_warning_list_at(warnings, i);
            printf("warning\t%s\t%s\t%s\n", one->code, one->measure, one->verse);
        }
        sonic_render_warning_list_free(warnings);
        while ((status = sonic_singing_next(singing, NULL, &phrase)) == SONIC_OK && phrase != NULL) {
            double power = 0, peak = 0;
            size_t len = sonic_phrase_len(phrase);
            for (size_t i = 0; i < len; i++) {
                double sample = sonic_phrase_samples(phrase)[i];
                power += sample * sample;
                if (sample > peak) peak = sample;
                if (-sample > peak) peak = -sample;
            }
            printf("phrase\t%.17g\t%zu\t%.9g\t%.9g\n", sonic_phrase_start_seconds(phrase), len, power, peak);
            sonic_phrase_free(phrase);
            phrase = NULL;
        }
        printf("rate\t%u\n", sonic_singing_sample_rate(singing));
    }
    sonic_singing_free(singing);
    sonic_score_free(score);
    sonic_voicebank_free(bank);
    return status;
}

static sonic_status obey(void) {
    const char *command = words[0];
    if (strcmp(command, "session") == 0) return begin();
    if (strcmp(command, "slice") == 0) return push();
    if (strcmp(command, "activity") == 0) return update();
    if (strcmp(command, "takeover") == 0) return take_over();
    if (strcmp(command, "finish") == 0) return finish();
    if (strcmp(command, "score") == 0) return inspect();
    if (strcmp(command, "bank") == 0) return findings();
    if (strcmp(command, "mix") == 0) return mix();
    if (strcmp(command, "song") == 0) return sing();
    CHECK(!"an unknown command");
    return SONIC_OK;
}

int main(int count, char **arguments) {
    static char line[1 << 20];
    CHECK(count == 2 && arguments[1] != NULL);
    while (fgets(line, sizeof line, stdin) != NULL) {
        split(line);
        printf("%s\n", sonic_status_name(obey()));
        fflush(stdout);
    }
    sonic_live_session_free(session);
    sonic_voice_embedder_free(embedder);
    return 0;
}
