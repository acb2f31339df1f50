/* Scores, voicebanks and mixes. Arguments: an empty folder, and a voicebank, if there is one. */

#include "check.h"
#include <math.h>

static const char *song = "examples/demo/song.musicxml";

static sonic_score *score_of(const char *path) {
    sonic_source *source = NULL;
    sonic_score *score = NULL;
    GOOD(sonic_source_path(path, &source));
    GOOD(sonic_score_open(source, &score));
    sonic_source_free(source);
    return score;
}

static void scores(void) {
    sonic_score *score = score_of(song), *same = NULL, *none = UNTOUCHED(sonic_score);
    sonic_source *source = NULL;
    size_t len = 0;
    unsigned char *data = contents_of(song, &len);
    GOOD(sonic_source_bytes(data, len, &source));
    GOOD(sonic_score_open(source, &same));
    CHECK(strcmp(sonic_score_json(score), sonic_score_json(same)) == 0 && sonic_score_json(score)[0] == '{');
    CHECK(sonic_score_json(score) == sonic_score_json(score));
    sonic_score_free(same);
    sonic_source_free(source);
    free(data);

    CHECK(sonic_score_title(score) != NULL && strlen(sonic_score_title(score)) > 0);
    CHECK(sonic_score_total_beats(score) > 10 && sonic_score_total_seconds(score) > 5);
    CHECK(sonic_score_tempo_len(score) > 0 && sonic_score_tempo_at(score, 0)->offset_beats == 0);
    CHECK(sonic_score_tempo_at(score, 0)->bpm > 0 && sonic_score_tempo_at(score, 1000) == NULL);
    CHECK(sonic_score_part_len(score) == 2 && sonic_score_part_at(score, 2) == NULL);
    const sonic_part *part = sonic_score_part_at(score, 0);
    CHECK(strcmp(part->part_id, "P1") == 0 && part->part_name != NULL && part->note_len > 10);
    double last = 0;
    for (size_t i = 0; i < part->note_len; i++) {
        const sonic_sung_note *note = sonic_score_note_at(score, 0, i);
        CHECK(note->onset_s >= last && note->duration_s > 0 && note->pitch_midi > 30 && note->pitch_midi < 90);
        CHECK(note->pass >= 1 && note->voice != NULL && note->measure_number != NULL);
        for (size_t n = 0; n < note->lyric_len; n++) {
            const sonic_lyric *lyric = &note->lyrics[n];
            CHECK(lyric->verse != NULL && (lyric->text == NULL) == (lyric->syllabic == NULL));
        }
        last = note->onset_s;
    }
    const sonic_sung_note *first = sonic_score_note_at(score, 0, 0);
    CHECK(first->lyric_len > 0 && first->lyrics[0].text != NULL && first->pass == 1);
    CHECK(sonic_score_note_at(score, 0, part->note_len) == NULL && sonic_score_note_at(score, 2, 0) == NULL);
    CHECK(sonic_score_warning_at(score, sonic_score_warning_len(score)) == NULL);
    sonic_score_free(score);

    GOOD(sonic_source_bytes((const uint8_t *)"no score", 8, &source));
    EXPECT(SONIC_ERROR_MALFORMED, sonic_score_open(source, &none));
    sonic_source_free(source);
    GOOD(sonic_source_path("no/such.musicxml", &source));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_score_open(source, &none));
    BAD_ARGUMENT(sonic_score_open(source, NULL));
    BAD_ARGUMENT(sonic_score_open(NULL, &none));
    sonic_source_free(source);
    KEPT(none);
    CHECK(sonic_score_json(NULL) == NULL && sonic_score_title(NULL) == NULL && sonic_score_part_len(NULL) == 0);
    CHECK(sonic_score_part_at(NULL, 0) == NULL && sonic_score_note_at(NULL, 0, 0) == NULL);
    CHECK(sonic_score_total_beats(NULL) == 0 && sonic_score_tempo_at(NULL, 0) == NULL);
    sonic_score_free(NULL);
}

/* A bank that is nothing but a line of settings. */
static void broken(const char *folder) {
    sonic_voicebank *bank = NULL, *none = UNTOUCHED(sonic_voicebank);
    sonic_finding_list *findings = NULL;
    sonic_singing *singing = UNTOUCHED(sonic_singing);
    sonic_render_warning_list *warnings = UNTOUCHED(sonic_render_warning_list);
    sonic_score *score = score_of(song);
    sonic_voicebank_options how;
    FILE *file = fopen(path_in(folder, "dsconfig.yaml"), "w");
    CHECK(file != NULL && fputs("acoustic: acoustic.onnx\n", file) >= 0);
    fclose(file);
    GOOD(sonic_voicebank_open(folder, NULL, &bank));
    CHECK(sonic_voicebank_name(bank) != NULL && sonic_voicebank_sample_rate(bank) == 44100);
    CHECK(sonic_voicebank_speaker_len(bank) == 0 && sonic_voicebank_speaker_at(bank, 0) == NULL);
    CHECK(sonic_voicebank_language_len(bank) == 0 && sonic_voicebank_language_at(bank, 0) == NULL);
    GOOD(sonic_voicebank_check(bank, &findings));
    int errors = 0;
    for (size_t i = 0; i < sonic_finding_list_len(findings); i++) {
        const sonic_finding *one = sonic_finding_list_at(findings, i);
        CHECK(strlen(one->code) > 3 && strlen(one->message) > 5 && strlen(one->stage) > 3 && one->file != NULL);
        errors += strcmp(one->severity, "error") == 0;
    }
    CHECK(errors > 1 && sonic_finding_list_at(findings, 1000) == NULL);
    sonic_finding_list_free(findings);
    EXPECT(SONIC_ERROR_MODEL, sonic_voicebank_render(bank, score, NULL, &singing));
    EXPECT(SONIC_ERROR_MODEL,
           sonic_voicebank_save(bank, score, path_in(folder, "song.wav"), NULL, NULL, NULL, &warnings));
    BAD_ARGUMENT(sonic_voicebank_render(bank, NULL, NULL, &singing));
    BAD_ARGUMENT(sonic_voicebank_render(NULL, score, NULL, &singing));
    BAD_ARGUMENT(sonic_voicebank_render(bank, score, NULL, NULL));
    BAD_ARGUMENT(sonic_voicebank_check(bank, NULL));
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voicebank_open(path_in(folder, "nothing"), NULL, &none));
    GOOD(sonic_voicebank_options_init(&how, sizeof how));
    how.provider = 9;
    BAD_ARGUMENT(sonic_voicebank_open(folder, &how, &none));
    how.provider = 0;
    how.onnxruntime = "no/such/libonnxruntime.so";
    EXPECT(SONIC_ERROR_MODEL, sonic_voicebank_open(folder, &how, &none));
    KEPT(none);
    KEPT(singing);
    KEPT(warnings);
    sonic_voicebank_free(bank);
    sonic_score_free(score);
    sonic_voicebank_free(NULL);
    sonic_finding_list_free(NULL);
    sonic_singing_free(NULL);
    sonic_phrase_free(NULL);
    sonic_render_warning_list_free(NULL);
    CHECK(sonic_phrase_len(NULL) == 0 && sonic_singing_sample_rate(NULL) == 0);
}

static void mixes(const char *folder) {
    float left[] = {0.25f, 0.25f, 0.25f}, right[] = {0.5f};
    sonic_track tracks[] = {{left, 3, 1, -1, false, false}, {right, 1, 2, 1, true, false}};
    sonic_mix *mix = NULL, *none = UNTOUCHED(sonic_mix);
    sonic_source *source = NULL;
    sonic_clip *clip = NULL;
    GOOD(sonic_mix_new(tracks, 2, &mix));
    CHECK(sonic_mix_len(mix) == 6 && sonic_mix_samples(mix)[0] == 0.25f && fabsf(sonic_mix_samples(mix)[1]) < 1e-6f);
    sonic_mix_free(mix);
    tracks[1].solo = true;
    GOOD(sonic_mix_new(tracks, 2, &mix));
    CHECK(fabsf(sonic_mix_samples(mix)[0]) < 1e-6f && fabsf(sonic_mix_samples(mix)[1] - 1) < 1e-6f);
    const char *path = path_in(folder, "mix.flac");
    GOOD(sonic_sound_write(path, sonic_mix_samples(mix), sonic_mix_len(mix), 2, 44100));
    sonic_mix_free(mix);
    GOOD(sonic_source_path(path, &source));
    GOOD(sonic_clip_decode(source, NULL, &clip));
    CHECK(sonic_clip_len(clip) == 3 && sonic_clip_sample_rate(clip) == 44100);
    sonic_clip_free(clip);
    sonic_source_free(source);
    tracks[0].pan = 2;
    BAD_ARGUMENT(sonic_mix_new(tracks, 2, &none));
    tracks[0].pan = 0;
    tracks[0].volume = NAN;
    BAD_ARGUMENT(sonic_mix_new(tracks, 2, &none));
    BAD_ARGUMENT(sonic_mix_new(NULL, 1, &none));
    BAD_ARGUMENT(sonic_sound_write(path, left, 3, 2, 44100));
    BAD_ARGUMENT(sonic_sound_write(path, left, 3, 3, 44100));
    BAD_ARGUMENT(sonic_sound_write(NULL, left, 3, 1, 44100));
    EXPECT(SONIC_ERROR_UNSUPPORTED, sonic_sound_write(path_in(folder, "mix.mp3"), left, 3, 1, 44100));
    KEPT(none);
    GOOD(sonic_mix_new(NULL, 0, &mix));
    CHECK(sonic_mix_len(mix) == 0 && sonic_mix_len(NULL) == 0 && sonic_mix_samples(NULL) == NULL);
    sonic_mix_free(mix);
    sonic_mix_free(NULL);
}

/* Sings the whole song; gives its phrases, and adds up their samples. */
static int sing(sonic_voicebank *bank, sonic_score *score, const sonic_render_options *options, size_t *samples) {
    sonic_singing *singing = NULL;
    sonic_phrase *phrase = NULL;
    sonic_render_progress progress = NOTHING;
    int phrases = 0;
    *samples = 0;
    GOOD(sonic_voicebank_render(bank, score, options, &singing));
    CHECK(sonic_singing_sample_rate(singing) == sonic_voicebank_sample_rate(bank));
    for (;; phrases++) {
        GOOD(sonic_singing_next(singing, NULL, &phrase));
        if (phrase == NULL) break;
        size_t len = sonic_phrase_len(phrase);
        double start = sonic_phrase_start_seconds(phrase) * sonic_singing_sample_rate(singing);
        CHECK(fabs(start - (double)sonic_phrase_start_sample(phrase)) < 0.01 && len > 100);
        CHECK(sonic_phrase_phoneme_len(phrase) > 0);
        const sonic_phoneme *phoneme = sonic_phrase_phoneme_at(phrase, 0);
        CHECK(phoneme->symbol != NULL && phoneme->end_seconds > phoneme->start_seconds);
        CHECK(sonic_phrase_phoneme_at(phrase, sonic_phrase_phoneme_len(phrase)) == NULL);
        double power = 0;
        for (size_t i = 0; i < len; i++) power += sonic_phrase_samples(phrase)[i] * (double)sonic_phrase_samples(phrase)[i];
        CHECK(power > 0 && isfinite(power));
        *samples += len;
        sonic_phrase_free(phrase);
    }
    progress.size = sizeof progress;
    GOOD(sonic_singing_progress(singing, &progress));
    CHECK((int)(progress.rendered + progress.from_cache) == phrases);
    CHECK(fabs(progress.done_seconds - progress.total_seconds) < 1);
    phrases += (int)(progress.from_cache << 16);
    sonic_singing_free(singing);
    return phrases;
}

/* False if there is no ONNX Runtime. */
static int sings(const char *folder, const char *where) {
    sonic_voicebank *bank = NULL;
    sonic_score *score = score_of(song);
    sonic_singing *singing = UNTOUCHED(sonic_singing);
    sonic_phrase *phrase = UNTOUCHED(sonic_phrase);
    sonic_render_warning_list *warnings = NULL;
    sonic_finding_list *findings = NULL;
    sonic_render_options options;
    sonic_cancel *cancel = NULL;
    sonic_progress *progress = NULL;
    sonic_source *source = NULL;
    sonic_clip *clip = NULL;
    size_t samples = 0, again = 0;
    GOOD(sonic_voicebank_open(where, NULL, &bank));
    GOOD(sonic_voicebank_check(bank, &findings));
    for (size_t i = 0; i < sonic_finding_list_len(findings); i++) {
        CHECK(strcmp(sonic_finding_list_at(findings, i)->severity, "warning") == 0);
    }
    sonic_finding_list_free(findings);
    GOOD(sonic_render_options_init(&options, sizeof options));
    CHECK(options.steps == 20 && options.clarity == 100 && options.pitch_expression == 1 && options.depth == 1);
    options.clarity = 300;
    BAD_ARGUMENT(sonic_voicebank_render(bank, score, &options, &singing));
    options.clarity = 100;
    options.silence_unknown = 2;
    BAD_ARGUMENT(sonic_voicebank_render(bank, score, &options, &singing));
    options.silence_unknown = 1;
    options.part_id = "P9";
    EXPECT(SONIC_ERROR_NOT_FOUND, sonic_voicebank_render(bank, score, &options, &singing));
    options.part_id = "P1";
    KEPT(singing);
    options.steps = options.pitch_steps = options.variance_steps = 2;
    options.cache = path_in(folder, "cache");
    GOOD(sonic_voicebank_render(bank, score, &options, &singing));
    GOOD(sonic_singing_warnings(singing, &warnings));
    CHECK(sonic_render_warning_list_at(warnings, sonic_render_warning_list_len(warnings)) == NULL);
    sonic_render_warning_list_free(warnings);
    sonic_status status = sonic_singing_next(singing, NULL, &phrase);
    if (status != SONIC_OK) {
        CHECK(status == SONIC_ERROR_MODEL && strstr(sonic_last_error(), "ONNX Runtime") != NULL);
        KEPT(phrase);
        sonic_singing_free(singing);
        sonic_score_free(score);
        sonic_voicebank_free(bank);
        return 0;
    }
    sonic_phrase_free(phrase);
    phrase = UNTOUCHED(sonic_phrase);
    GOOD(sonic_cancel_new(&cancel));
    sonic_cancel_cancel(cancel);
    EXPECT(SONIC_ERROR_CLOSED, sonic_singing_next(singing, cancel, &phrase));
    KEPT(phrase);
    GOOD(sonic_singing_next(singing, NULL, &phrase));
    CHECK(phrase == NULL);
    sonic_singing_free(singing);

    int phrases = sing(bank, score, &options, &samples) & 0xffff;
    CHECK(phrases > 0 && sing(bank, score, &options, &again) == (phrases | phrases << 16) && again == samples);
    GOOD(sonic_progress_new(&progress));
    warnings = UNTOUCHED(sonic_render_warning_list);
    EXPECT(SONIC_ERROR_CLOSED,
           sonic_voicebank_save(bank, score, path_in(folder, "never.wav"), &options, cancel, progress, &warnings));
    KEPT(warnings);
    CHECK(fopen(path_in(folder, "never.wav"), "rb") == NULL);
    const char *path = path_in(folder, "song.flac");
    GOOD(sonic_voicebank_save(bank, score, path, &options, NULL, progress, &warnings));
    CHECK(sonic_progress_done(progress) == sonic_progress_total(progress) && sonic_progress_total(progress) > 0);
    sonic_render_warning_list_free(warnings);
    GOOD(sonic_source_path(path, &source));
    GOOD(sonic_clip_decode(source, NULL, &clip));
    CHECK(sonic_clip_sample_rate(clip) == sonic_voicebank_sample_rate(bank));
    CHECK((double)sonic_clip_duration_ms(clip) > 900 * sonic_score_total_seconds(score) - 3000);
    sonic_clip_free(clip);
    sonic_source_free(source);
    sonic_cancel_free(cancel);
    sonic_progress_free(progress);
    sonic_score_free(score);
    sonic_voicebank_free(bank);
    return 1;
}

int main(int argc, char **argv) {
    CHECK(argc > 1);
    scores();
    broken(argv[1]);
    mixes(argv[1]);
    if (argc > 2 && !sings(argv[1], argv[2])) puts("no ONNX Runtime: nothing was sung");
    puts("all is as it should be");
    return 0;
}
