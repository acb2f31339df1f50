/* Calls that take a source, given a path or bytes: what most tests want to say. */

#ifndef SOURCES_H
#define SOURCES_H

#include "check.h"

/* Runs `call` with `source`, which is freed; what cannot be a source fails as the call would. */
#define WITH_SOURCE(make, call)                                                                                        \
    do {                                                                                                               \
        sonic_source *source = NULL;                                                                                   \
        sonic_status status = (make);                                                                                  \
        if (status == SONIC_OK) status = (call);                                                                       \
        sonic_source_free(source);                                                                                     \
        return status;                                                                                                 \
    } while (0)
#define WITH_PATH(call) WITH_SOURCE(sonic_source_path(path, &source), call)
#define WITH_BYTES(call) WITH_SOURCE(sonic_source_bytes((const uint8_t *)data, len, &source), call)

static inline sonic_status decode_file(const char *path, const sonic_decode_options *options, sonic_clip **clip) {
    WITH_PATH(sonic_clip_decode(source, options, clip));
}

static inline sonic_status decode_bytes(const void *data, size_t len, const sonic_decode_options *options,
                                        sonic_clip **clip) {
    WITH_BYTES(sonic_clip_decode(source, options, clip));
}

static inline sonic_status decode_image_file(const char *path, const sonic_image_options *options, sonic_image **image) {
    WITH_PATH(sonic_image_decode(source, options, image));
}

static inline sonic_status decode_image_bytes(const void *data, size_t len, const sonic_image_options *options,
                                              sonic_image **image) {
    WITH_BYTES(sonic_image_decode(source, options, image));
}

static inline sonic_status add_file(const sonic_store *store, const char *path, const sonic_recording_options *options,
                                    sonic_added **added) {
    WITH_PATH(sonic_recordings_add(store, source, options, added));
}

static inline sonic_status add_bytes(const sonic_store *store, const void *data, size_t len,
                                     const sonic_recording_options *options, sonic_added **added) {
    WITH_BYTES(sonic_recordings_add(store, source, options, added));
}

static inline sonic_status identify_file(const sonic_store *store, const char *path,
                                         const sonic_identify_options *options, sonic_answer **answer) {
    WITH_PATH(sonic_recordings_identify(store, source, options, answer));
}

static inline sonic_status identify_bytes(const sonic_store *store, const void *data, size_t len,
                                          const sonic_identify_options *options, sonic_answer **answer) {
    WITH_BYTES(sonic_recordings_identify(store, source, options, answer));
}

static inline sonic_status embed_file(const sonic_voice_embedder *embedder, const char *path, float *embedding,
                                      size_t count) {
    WITH_PATH(sonic_voice_embedder_embed(embedder, source, embedding, count));
}

static inline sonic_status embed_speech_file(const sonic_voice_embedder *embedder, const char *path, float *embedding,
                                             size_t count) {
    WITH_PATH(sonic_voice_embedder_embed_speech(embedder, source, embedding, count));
}

static inline sonic_status embed_bytes(const sonic_voice_embedder *embedder, const void *data, size_t len,
                                       float *embedding, size_t count) {
    WITH_BYTES(sonic_voice_embedder_embed(embedder, source, embedding, count));
}

/* Sources of `count` paths; free them with free_sources. */
static inline sonic_status sources_of(const char *const *paths, size_t count, sonic_source ***sources) {
    size_t i;
    sonic_status status = SONIC_OK;
    *sources = paths == NULL && count > 0 ? NULL : (sonic_source **)calloc(count + 1, sizeof **sources);
    for (i = 0; i < count && *sources != NULL && status == SONIC_OK; i++) {
        if (paths[i] != NULL) status = sonic_source_path(paths[i], &(*sources)[i]);
    }
    return status;
}

static inline void free_sources(sonic_source **sources, size_t count) {
    size_t i;
    for (i = 0; i < count && sources != NULL; i++) sonic_source_free(sources[i]);
    free(sources);
}

static inline sonic_status embed_files(const sonic_voice_embedder *embedder, const char *const *paths, size_t count,
                                       float *embeddings, size_t len) {
    sonic_source **sources;
    sonic_status status = sources_of(paths, count, &sources);
    if (status == SONIC_OK) {
        status = sonic_voice_embedder_embed_many(embedder, (const sonic_source *const *)sources, count, NULL, NULL,
                                                 embeddings, len);
    }
    free_sources(sources, count);
    return status;
}

static inline sonic_status enroll_files(const sonic_store *store, const sonic_voice_embedder *embedder,
                                        const char *person, const char *const *paths, size_t count,
                                        const sonic_enroll_options *options, sonic_enrolled **enrolled) {
    sonic_source **sources;
    sonic_status status = sources_of(paths, count, &sources);
    if (status == SONIC_OK) {
        status = sonic_voices_enroll(store, embedder, person, (const sonic_source *const *)sources, count, options, NULL,
                                     NULL, enrolled);
    }
    free_sources(sources, count);
    return status;
}

/* The bytes of a media file. */
typedef struct {
    const uint8_t *data;
    size_t len;
} media_bytes;

static inline sonic_status enroll_bytes(const sonic_store *store, const sonic_voice_embedder *embedder,
                                        const char *person, const media_bytes *files, size_t count,
                                        const sonic_enroll_options *options, sonic_enrolled **enrolled) {
    size_t i;
    sonic_status status = SONIC_OK;
    sonic_source **sources = files == NULL ? NULL : (sonic_source **)calloc(count + 1, sizeof *sources);
    for (i = 0; i < count && sources != NULL && status == SONIC_OK; i++) {
        status = sonic_source_bytes(files[i].data, files[i].len, &sources[i]);
    }
    if (status == SONIC_OK) {
        status = sonic_voices_enroll(store, embedder, person, (const sonic_source *const *)sources, count, options, NULL,
                                     NULL, enrolled);
    }
    free_sources(sources, count);
    return status;
}

static inline sonic_status identify_voice_file(const sonic_store *store, const sonic_voice_embedder *embedder,
                                               const char *path, const sonic_voice_identify_options *options,
                                               sonic_voice_answer **answer) {
    WITH_PATH(sonic_voices_identify(store, embedder, source, options, answer));
}

static inline sonic_status identify_voice_bytes(const sonic_store *store, const sonic_voice_embedder *embedder,
                                                const void *data, size_t len,
                                                const sonic_voice_identify_options *options,
                                                sonic_voice_answer **answer) {
    WITH_BYTES(sonic_voices_identify(store, embedder, source, options, answer));
}

static inline sonic_status verify_file(const sonic_store *store, const sonic_voice_embedder *embedder,
                                       const char *person, const char *path,
                                       const sonic_voice_identify_options *options, sonic_verification **verification) {
    WITH_PATH(sonic_voices_verify(store, embedder, person, source, options, verification));
}

static inline sonic_status verify_bytes(const sonic_store *store, const sonic_voice_embedder *embedder,
                                        const char *person, const void *data, size_t len,
                                        const sonic_voice_identify_options *options, sonic_verification **verification) {
    WITH_BYTES(sonic_voices_verify(store, embedder, person, source, options, verification));
}

static inline sonic_status record_file(const sonic_store *store, const sonic_voice_embedder *embedder, const char *path,
                                       const sonic_record_options *options, bool *is_new, sonic_voice **voice) {
    WITH_PATH(sonic_voices_record(store, embedder, source, options, is_new, voice));
}

static inline sonic_status record_bytes(const sonic_store *store, const sonic_voice_embedder *embedder, const void *data,
                                        size_t len, const sonic_record_options *options, bool *is_new,
                                        sonic_voice **voice) {
    WITH_BYTES(sonic_voices_record(store, embedder, source, options, is_new, voice));
}

static inline sonic_status analyze_file(const sonic_face_analyzer *analyzer, const char *path, sonic_face_list **faces) {
    WITH_PATH(sonic_face_analyzer_analyze(analyzer, source, faces));
}

static inline sonic_status analyze_bytes(const sonic_face_analyzer *analyzer, const void *data, size_t len,
                                         sonic_face_list **faces) {
    WITH_BYTES(sonic_face_analyzer_analyze(analyzer, source, faces));
}

static inline sonic_status add_photo_file(const sonic_store *store, const char *event,
                                          const sonic_face_analyzer *analyzer, const char *path,
                                          const sonic_photo_options *options, bool *is_new, sonic_photo **photo) {
    WITH_PATH(sonic_faces_add_photo(store, event, analyzer, source, options, is_new, photo));
}

static inline sonic_status add_photo_bytes(const sonic_store *store, const char *event,
                                           const sonic_face_analyzer *analyzer, const void *data, size_t len,
                                           const sonic_photo_options *options, bool *is_new, sonic_photo **photo) {
    WITH_BYTES(sonic_faces_add_photo(store, event, analyzer, source, options, is_new, photo));
}

#endif
