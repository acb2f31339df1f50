/*
 * libsonic: which recording a clip is from, at which offset, and how sure that is, or "unknown".
 *
 * Compile with `cc program.c $(pkg-config --cflags --libs sonic)` and `#include <sonic/sonic.h>`. This file is made from
 * the sources of the library: do not edit it.
 *
 * Rules for all functions:
 *
 * - A call that may fail returns a sonic_status. Its result goes to the pointer that comes last, which is written only
 *   when the call gives SONIC_OK. What went wrong is in sonic_last_error(), for each thread by itself.
 * - A NULL where none is allowed gives SONIC_ERROR_INVALID_ARGUMENT. Functions that cannot fail give 0, false or NULL
 *   for a handle that is NULL.
 * - What a call made is freed with the `_free` of its type, once; NULL is fine there. "Borrowed" pointers belong to the
 *   handle that they came from and die with it. "Static" ones live forever. Nothing else is ever to be freed.
 * - Handles of a "shared" type may be used by any number of threads at once, those of an "exclusive" type by one thread
 *   at a time. Freeing is always for one thread, when no other uses the handle.
 * - Options are structs that begin with their size, as in
 *   `sonic_identify_options options = {.size = sizeof options, .limit = 1};`. A field that is 0 and an options pointer that is NULL mean the default. Later versions add
 *   fields at the end; programs that know fewer fields keep working.
 * - Text is UTF-8 and ends with a zero byte. Paths are UTF-8 on every system; on Unix any bytes will do. A zero
 *   byte inside a title, a source or metadata, which other languages can write, is given as U+FFFD.
 * - The library prints nothing, never ends the process, calls nothing back, and lets no panic out: a bug of its own is
 *   SONIC_ERROR_INTERNAL.
 */


#ifndef SONIC_SONIC_H
#define SONIC_SONIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  const char *format;
  const char *name;
  const char *metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema **children;
  struct ArrowSchema *dictionary;
  void (*release)(struct ArrowSchema *);
  void *private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
  int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
  const char *(*get_last_error)(struct ArrowArrayStream *);
  void (*release)(struct ArrowArrayStream *);
  void *private_data;
};

#endif /* ARROW_C_STREAM_INTERFACE */

/**
 * The state of the interface that this header describes. It grows by one with every addition; what is there never
 * changes its meaning. A program that was compiled with this header needs a library of this state or a later one:
 *
 * ```c
 * assert(sonic_abi_version() >= SONIC_ABI_VERSION);
 * ```
 */
#define SONIC_ABI_VERSION 1

/**
 * Samples per second of what a fingerprinter takes. Clips decoded at this rate need no resampling.
 */
#define SONIC_FINGERPRINT_SAMPLE_RATE 11025

/**
 * Longest id of a recording, in bytes.
 */
#define SONIC_MAX_ID_BYTES 500

/**
 * What a call came to: SONIC_OK, or what the caller can do about the failure. `sonic_last_error` has the words.
 */
typedef enum sonic_status {
  /**
   * It worked.
   */
  SONIC_OK = 0,
  /**
   * An argument is outside its documented range: correct the call.
   */
  SONIC_ERROR_INVALID_ARGUMENT = 1,
  /**
   * The named file, recording or row does not exist.
   */
  SONIC_ERROR_NOT_FOUND = 2,
  /**
   * The bytes are damaged or are not what they claim to be.
   */
  SONIC_ERROR_MALFORMED = 3,
  /**
   * The input is valid but of a kind this build cannot handle.
   */
  SONIC_ERROR_UNSUPPORTED = 4,
  /**
   * A stated limit on size, count or memory was reached.
   */
  SONIC_ERROR_LIMIT = 5,
  /**
   * Two things that must agree do not: pipelines, format versions, identities.
   */
  SONIC_ERROR_MISMATCH = 6,
  /**
   * The operating system refused: disk full, permission, lock.
   */
  SONIC_ERROR_IO = 7,
  /**
   * A model or its runtime is missing or does not fit.
   */
  SONIC_ERROR_MODEL = 8,
  /**
   * The handle was closed, or the work was cancelled.
   */
  SONIC_ERROR_CLOSED = 9,
  /**
   * A bug in sonic: please report it.
   */
  SONIC_ERROR_INTERNAL = 10,
} sonic_status;

/**
 * Whether a clip was recognised.
 */
typedef enum sonic_decision {
  /**
   * Nothing in the store is likely enough; matches, if any, are guesses.
   */
  SONIC_DECISION_UNKNOWN = 0,
  /**
   * The first match is right with a probability of at least three quarters.
   */
  SONIC_DECISION_MATCH = 1,
} sonic_decision;

/**
 * How a store is opened.
 */
typedef enum sonic_access {
  /**
   * For reading and writing; created if it does not exist.
   */
  SONIC_ACCESS_CREATE = 0,
  /**
   * For reading and writing; it must exist.
   */
  SONIC_ACCESS_READ_WRITE = 1,
  /**
   * For reading only.
   */
  SONIC_ACCESS_READ_ONLY = 2,
} sonic_access;

/**
 * Shared. What became of a recording that was to be added.
 */
typedef struct sonic_added sonic_added;

/**
 * Shared. The answer to a clip.
 */
typedef struct sonic_answer sonic_answer;

/**
 * Shared. Decoded sound: mono samples at one rate.
 */
typedef struct sonic_clip sonic_clip;

/**
 * Shared. The fingerprint of a stretch of sound: landmarks, which a store keeps, and a texture, which is needed to ask.
 */
typedef struct sonic_fingerprint sonic_fingerprint;

/**
 * Exclusive. Makes a fingerprint from samples as they come, in constant memory but for the landmarks.
 */
typedef struct sonic_fingerprinter sonic_fingerprinter;

/**
 * Shared. The landmarks that a store keeps of a recording.
 */
typedef struct sonic_landmarks sonic_landmarks;

/**
 * Shared. What sonic_store_check found wrong.
 */
typedef struct sonic_problems sonic_problems;

/**
 * Shared. A list of recordings.
 */
typedef struct sonic_recordings sonic_recordings;

/**
 * Shared. A store of recordings, in a directory. Any number of processes may read it while one writes.
 */
typedef struct sonic_store sonic_store;

/**
 * How to decode.
 */
typedef struct sonic_decode_options {
  /**
   * sizeof(sonic_decode_options)
   */
  uint32_t size;
  /**
   * Samples per second to resample to, 1 to 768,000; 0 keeps the rate of the source.
   */
  uint32_t sample_rate;
} sonic_decode_options;

/**
 * A salient spectral peak, the unit of a fingerprint. This layout never changes.
 */
typedef struct sonic_landmark {
  /**
   * Frame number, in hops of 256 samples at 11,025 Hz from the start.
   */
  uint32_t frame;
  /**
   * Frequency in eighths of a bin of the spectrum.
   */
  uint16_t frequency;
  /**
   * How far the peak stands above its surroundings, in dB.
   */
  uint8_t salience;
  /**
   * 0.
   */
  uint8_t reserved;
} sonic_landmark;

/**
 * How to open a store.
 */
typedef struct sonic_store_options {
  /**
   * sizeof(sonic_store_options)
   */
  uint32_t size;
  /**
   * A sonic_access; 0 is SONIC_ACCESS_CREATE.
   */
  int32_t access;
  /**
   * Bytes of address space to reserve at first, which grows by itself; 0 is 1 GiB.
   */
  uint64_t map_size;
} sonic_store_options;

/**
 * Shared. What a store knows about a recording beside its landmarks. Read it through a pointer that the library gave:
 * later versions add fields at its end.
 */
typedef struct sonic_recording {
  /**
   * The name by which matches report it; unique in the store.
   */
  const char *id;
  /**
   * A title for people, or NULL.
   */
  const char *title;
  /**
   * Where it came from: a path or an address; "" if that is not known.
   */
  const char *source;
  /**
   * xxh3-128 of the source's bytes in hexadecimal: the same bytes are added only once. "" if that is not known.
   */
  const char *source_hash;
  /**
   * The user it belongs to, or NULL.
   */
  const char *user;
  /**
   * What it was recorded for, or NULL.
   */
  const char *mode;
  /**
   * Whatever else the caller wanted to keep, as JSON, or NULL.
   */
  const char *metadata_json;
  /**
   * Short name of the codec, such as "opus"; "" if that is not known.
   */
  const char *codec;
  /**
   * Length in milliseconds.
   */
  uint64_t duration_ms;
  /**
   * When it was added, in milliseconds since 1970 UTC.
   */
  uint64_t created_at_ms;
  /**
   * Number of landmarks kept.
   */
  uint32_t landmarks;
  /**
   * Length in frames of the fingerprint.
   */
  uint32_t frames;
  /**
   * Samples per second before resampling; 0 if that is not known.
   */
  uint32_t sample_rate;
  /**
   * Channels before mix-down; 0 if that is not known.
   */
  uint32_t channels;
  /**
   * True if the source ended early.
   */
  bool truncated;
} sonic_recording;

/**
 * What to write into the row of a recording. Text is UTF-8 and copied; NULL leaves a field out.
 */
typedef struct sonic_recording_options {
  /**
   * sizeof(sonic_recording_options)
   */
  uint32_t size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * The name by which matches report it, unique in the store, 1 to SONIC_MAX_ID_BYTES bytes. Needed, except for
   * files: NULL is the file's name without folder and extension there.
   */
  const char *id;
  /**
   * A title for people.
   */
  const char *title;
  /**
   * Where it came from; NULL is the path for files.
   */
  const char *source;
  /**
   * The user it belongs to.
   */
  const char *user;
  /**
   * What it was recorded for.
   */
  const char *mode;
  /**
   * Whatever else is to be kept, one JSON value.
   */
  const char *metadata_json;
  /**
   * When it was recorded or added, in milliseconds since 1970 UTC; 0 is now.
   */
  uint64_t created_at_ms;
} sonic_recording_options;

/**
 * How to ask.
 */
typedef struct sonic_identify_options {
  /**
   * sizeof(sonic_identify_options)
   */
  uint32_t size;
  /**
   * Threads that share the work on one clip; 0 is as many as the machine has cores.
   */
  uint32_t threads;
  /**
   * Matches reported at most; 0 is 5.
   */
  size_t limit;
  /**
   * Ids of recordings that are not to be found, `exclude_len` of them.
   */
  const char *const *exclude;
  /**
   * How many ids `exclude` has.
   */
  size_t exclude_len;
} sonic_identify_options;

/**
 * A recording that a clip, or a stretch of it, may come from. Read it through a pointer that the library gave: later
 * versions add fields at its end.
 */
typedef struct sonic_match {
  /**
   * The recording's id.
   */
  const char *id;
  /**
   * Where in the recording the clip starts, in milliseconds: the place of the clip's first sample, also when the
   * match begins later in the clip. Negative if the clip starts before the recording.
   */
  int64_t offset_ms;
  /**
   * Start of the stretch of the clip that matches, in milliseconds.
   */
  uint64_t query_start_ms;
  /**
   * Its end.
   */
  uint64_t query_end_ms;
  /**
   * Log-odds that the match is right; comparable between clips and stores.
   */
  float score;
  /**
   * Probability that the match is right, 0 to 1.
   */
  float probability;
  /**
   * Seconds of recording per second of clip: above 1 if the clip was sped up.
   */
  float time_scale;
  /**
   * Semitones by which the clip is higher than the recording.
   */
  float pitch_semitones;
  /**
   * Landmarks of the recording that are found in the clip.
   */
  uint32_t aligned;
} sonic_match;

/**
 * Counts of a store. Set `size` before the call; the rest is filled in as far as it reaches.
 */
typedef struct sonic_stats {
  /**
   * sizeof(sonic_stats)
   */
  uint32_t size;
  /**
   * Version of the store's format.
   */
  uint32_t format_version;
  /**
   * Number of recordings.
   */
  uint64_t recordings;
  /**
   * Length of all recordings in milliseconds.
   */
  uint64_t duration_ms;
  /**
   * Landmarks of all recordings.
   */
  uint64_t landmarks;
  /**
   * Pairs in the inverted index, those of removed recordings included until the next compaction.
   */
  uint64_t postings;
  /**
   * Bytes of the inverted index.
   */
  uint64_t postings_bytes;
  /**
   * Pieces that the inverted index consists of.
   */
  uint64_t segments;
  /**
   * Bytes of the store on disk.
   */
  uint64_t file_bytes;
  /**
   * Pipeline of the fingerprints, borrowed from the store's handle; NULL while there are none.
   */
  const char *pipeline;
} sonic_stats;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The state of the interface of the library that is running; see SONIC_ABI_VERSION.
 */
uint32_t sonic_abi_version(void);

/**
 * The version of the library that is running, such as "0.1.0". Static.
 */
const char *sonic_version(void);

/**
 * The name of a status, the same in every language: "ok", "invalid_argument", "not_found"; "unknown" for a number
 * that is no status. Static.
 */
const char *sonic_status_name(int32_t status);

/**
 * What this thread's last failure was, in words that say what to do: UTF-8, never NULL, "" before the first failure.
 * A call that works leaves it alone. Valid until this thread's next failure.
 */
const char *sonic_last_error(void);

/**
 * Decodes the sound of a file, of nearly every format, videos included, to mono.
 *
 * Errors: NOT_FOUND and IO if it cannot be read; INVALID_ARGUMENT for a folder or a rate out of range; UNSUPPORTED for
 * a format or codec that sonic cannot read; MALFORMED for an empty file and one in which nothing can be decoded;
 * LIMIT beyond 2^30 samples.
 */
enum sonic_status sonic_clip_decode_file(const char *path,
                                         const struct sonic_decode_options *options,
                                         struct sonic_clip **clip);

/**
 * Decodes the bytes of a media file; see sonic_clip_decode_file. `data` is not used after the call.
 */
enum sonic_status sonic_clip_decode_bytes(const uint8_t *data,
                                          size_t len,
                                          const struct sonic_decode_options *options,
                                          struct sonic_clip **clip);

/**
 * A clip of samples that are there already: mono, nominally -1 to 1, copied.
 *
 * Errors: INVALID_ARGUMENT if a sample is not finite or the rate is not 1 to 768,000 Hz.
 */
enum sonic_status sonic_clip_new(const float *samples,
                                 size_t len,
                                 uint32_t sample_rate,
                                 struct sonic_clip **clip);

/**
 * The samples, sonic_clip_len of them; borrowed from the clip.
 */
const float *sonic_clip_samples(const struct sonic_clip *clip);

/**
 * How many samples there are.
 */
size_t sonic_clip_len(const struct sonic_clip *clip);

/**
 * Samples per second.
 */
uint32_t sonic_clip_sample_rate(const struct sonic_clip *clip);

/**
 * Length in milliseconds, rounded down.
 */
uint64_t sonic_clip_duration_ms(const struct sonic_clip *clip);

/**
 * True if the source ended before its container said it would, or in the middle of a frame.
 */
bool sonic_clip_truncated(const struct sonic_clip *clip);

/**
 * Frees a clip; NULL is nothing.
 */
void sonic_clip_free(struct sonic_clip *clip);

/**
 * The fingerprint of a clip, texture included: ready to be stored and to ask with. It takes about 20 kB a second: use a
 * fingerprinter without texture, or sonic_store_add_file, for long recordings.
 */
enum sonic_status sonic_fingerprint_new(const struct sonic_clip *clip,
                                        struct sonic_fingerprint **fingerprint);

/**
 * The landmarks in order of frame, then frequency, sonic_fingerprint_len of them; borrowed from the fingerprint.
 */
const struct sonic_landmark *sonic_fingerprint_landmarks(const struct sonic_fingerprint *fingerprint);

/**
 * How many landmarks there are.
 */
size_t sonic_fingerprint_len(const struct sonic_fingerprint *fingerprint);

/**
 * Length of the sound in milliseconds.
 */
uint64_t sonic_fingerprint_duration_ms(const struct sonic_fingerprint *fingerprint);

/**
 * Length of the sound in frames.
 */
uint32_t sonic_fingerprint_frames(const struct sonic_fingerprint *fingerprint);

/**
 * True if one can ask with it.
 */
bool sonic_fingerprint_has_texture(const struct sonic_fingerprint *fingerprint);

/**
 * How it was made: fingerprints of different pipelines cannot be compared. Borrowed from the fingerprint.
 */
const char *sonic_fingerprint_pipeline(const struct sonic_fingerprint *fingerprint);

/**
 * Frees a fingerprint; NULL is nothing.
 */
void sonic_fingerprint_free(struct sonic_fingerprint *fingerprint);

/**
 * A fingerprinter for indexing: landmarks only.
 */
enum sonic_status sonic_fingerprinter_new(struct sonic_fingerprinter **fingerprinter);

/**
 * A fingerprinter for asking: landmarks and texture, which grows by about 20 kB a second.
 */
enum sonic_status sonic_fingerprinter_new_with_texture(struct sonic_fingerprinter **fingerprinter);

/**
 * Adds mono samples at SONIC_FINGERPRINT_SAMPLE_RATE. The fingerprint does not depend on how the sound is cut.
 *
 * Errors: INVALID_ARGUMENT if a sample is not finite, nothing is taken then; CLOSED after sonic_fingerprinter_finish.
 */
enum sonic_status sonic_fingerprinter_push(struct sonic_fingerprinter *fingerprinter,
                                           const float *samples,
                                           size_t len);

/**
 * Ends the sound and gives its fingerprint. The fingerprinter has ended then: it can only be freed, which is still to
 * be done.
 *
 * Errors: CLOSED the second time.
 */
enum sonic_status sonic_fingerprinter_finish(struct sonic_fingerprinter *fingerprinter,
                                             struct sonic_fingerprint **fingerprint);

/**
 * Frees a fingerprinter, finished or not; NULL is nothing.
 */
void sonic_fingerprinter_free(struct sonic_fingerprinter *fingerprinter);

/**
 * The landmarks in order of frame, then frequency, sonic_landmarks_len of them; borrowed from the handle.
 */
const struct sonic_landmark *sonic_landmarks_data(const struct sonic_landmarks *landmarks);

/**
 * How many landmarks there are.
 */
size_t sonic_landmarks_len(const struct sonic_landmarks *landmarks);

/**
 * Frees landmarks; NULL is nothing.
 */
void sonic_landmarks_free(struct sonic_landmarks *landmarks);

/**
 * Opens the store in the directory `path`.
 *
 * Errors: NOT_FOUND if there is none and it may not be created; INVALID_ARGUMENT if `path` is a file; MISMATCH if its
 * format version is another; MALFORMED if it is damaged; IO if the system refuses.
 */
enum sonic_status sonic_store_open(const char *path,
                                   const struct sonic_store_options *options,
                                   struct sonic_store **store);

/**
 * Closes a store: every later call with it, and every one on another thread that has not begun, gives CLOSED. Closing
 * twice is fine. The handle is still to be freed, which closes too.
 */
enum sonic_status sonic_store_close(const struct sonic_store *store);

/**
 * Frees a store; NULL is nothing. No other thread may be in a call with it.
 */
void sonic_store_free(struct sonic_store *store);

/**
 * True if the recording is new; false if the same bytes were in the store already, which changed nothing.
 */
bool sonic_added_is_new(const struct sonic_added *added);

/**
 * The recording's id; that of the earlier one if it was there already. Borrowed.
 */
const char *sonic_added_id(const struct sonic_added *added);

/**
 * The new row; NULL if the recording was there already. Borrowed: do not free it.
 */
const struct sonic_recording *sonic_added_recording(const struct sonic_added *added);

/**
 * Frees what sonic_store_add gave; NULL is nothing.
 */
void sonic_added_free(struct sonic_added *added);

/**
 * Adds a recording by its fingerprint, in one transaction. `options` must name it. `added` may be NULL.
 *
 * Errors: INVALID_ARGUMENT for an id that is missing or too long; MISMATCH if the id belongs to another recording, or
 * the fingerprint's pipeline is not the store's; IO if another process is writing or the disk is full.
 */
enum sonic_status sonic_store_add(const struct sonic_store *store,
                                  const struct sonic_fingerprint *fingerprint,
                                  const struct sonic_recording_options *options,
                                  struct sonic_added **added);

/**
 * Decodes a file and adds it, in memory that does not grow with its length. `options` and `added` may be NULL.
 *
 * A file whose bytes are in the store already is not added again, which is no error; see sonic_added_is_new.
 *
 * Errors: as sonic_clip_decode_file and sonic_store_add.
 */
enum sonic_status sonic_store_add_file(const struct sonic_store *store,
                                       const char *path,
                                       const struct sonic_recording_options *options,
                                       struct sonic_added **added);

/**
 * Decodes the bytes of a media file and adds them; see sonic_store_add_file. `options` must name the recording.
 * `data` is not used after the call.
 */
enum sonic_status sonic_store_add_bytes(const struct sonic_store *store,
                                        const uint8_t *data,
                                        size_t len,
                                        const struct sonic_recording_options *options,
                                        struct sonic_added **added);

/**
 * Which recordings the clip with this fingerprint comes from.
 *
 * Errors: INVALID_ARGUMENT if the fingerprint has no texture; MISMATCH if it was made by another pipeline than the
 * store's; MALFORMED if the store is damaged. A clip that is not recognised is no error.
 */
enum sonic_status sonic_store_identify(const struct sonic_store *store,
                                       const struct sonic_fingerprint *fingerprint,
                                       const struct sonic_identify_options *options,
                                       struct sonic_answer **answer);

/**
 * Decodes a file and asks what it is, in memory that does not grow with its length; see sonic_store_identify.
 *
 * Errors: as sonic_clip_decode_file and sonic_store_identify.
 */
enum sonic_status sonic_store_identify_file(const struct sonic_store *store,
                                            const char *path,
                                            const struct sonic_identify_options *options,
                                            struct sonic_answer **answer);

/**
 * Decodes the bytes of a media file and asks what they are; see sonic_store_identify_file. `data` is not used after
 * the call.
 */
enum sonic_status sonic_store_identify_bytes(const struct sonic_store *store,
                                             const uint8_t *data,
                                             size_t len,
                                             const struct sonic_identify_options *options,
                                             struct sonic_answer **answer);

/**
 * Whether the clip was recognised.
 */
enum sonic_decision sonic_answer_decision(const struct sonic_answer *answer);

/**
 * How many matches there are.
 */
size_t sonic_answer_len(const struct sonic_answer *answer);

/**
 * The match number `index`, likeliest first, from 0 on; NULL beyond the last. Borrowed from the answer.
 */
const struct sonic_match *sonic_answer_match(const struct sonic_answer *answer,
                                             size_t index);

/**
 * Length of the clip in milliseconds.
 */
uint64_t sonic_answer_duration_ms(const struct sonic_answer *answer);

/**
 * True if the clip's file ended early.
 */
bool sonic_answer_truncated(const struct sonic_answer *answer);

/**
 * Nanoseconds that decoding and resampling took; 0 if a fingerprint was asked.
 */
uint64_t sonic_answer_decode_ns(const struct sonic_answer *answer);

/**
 * Nanoseconds that fingerprinting took; 0 if a fingerprint was asked.
 */
uint64_t sonic_answer_fingerprint_ns(const struct sonic_answer *answer);

/**
 * Nanoseconds that the search took.
 */
uint64_t sonic_answer_search_ns(const struct sonic_answer *answer);

/**
 * Postings of the index that were read.
 */
uint64_t sonic_answer_postings_read(const struct sonic_answer *answer);

/**
 * Postings of very common hashes that were passed over, so that the time of a search is bounded.
 */
uint64_t sonic_answer_postings_skipped(const struct sonic_answer *answer);

/**
 * Changes of speed, tempo and pitch that were tried, none included.
 */
size_t sonic_answer_scales_tried(const struct sonic_answer *answer);

/**
 * Frees an answer; NULL is nothing.
 */
void sonic_answer_free(struct sonic_answer *answer);

/**
 * Frees a recording that sonic_store_recording gave; NULL is nothing.
 */
void sonic_recording_free(struct sonic_recording *recording);

/**
 * How many recordings there are.
 */
size_t sonic_recordings_len(const struct sonic_recordings *recordings);

/**
 * The recording number `index`, from 0 on; NULL beyond the last. Borrowed from the list: do not free it.
 */
const struct sonic_recording *sonic_recordings_at(const struct sonic_recordings *recordings,
                                                  size_t index);

/**
 * Where the recordings after this list go on: true, and the place in `after`, if there are more. The place is good
 * for ever, whatever is added or removed.
 */
bool sonic_recordings_next(const struct sonic_recordings *recordings,
                           uint32_t *after);

/**
 * Frees a list of recordings; NULL is nothing.
 */
void sonic_recordings_free(struct sonic_recordings *recordings);

/**
 * The recording named `id`; free it with sonic_recording_free.
 *
 * Errors: NOT_FOUND if there is none.
 */
enum sonic_status sonic_store_recording(const struct sonic_store *store,
                                        const char *id,
                                        struct sonic_recording **recording);

/**
 * Every recording, in the order in which they were added.
 *
 * Errors: MALFORMED if a row is damaged.
 */
enum sonic_status sonic_store_recordings(const struct sonic_store *store,
                                         struct sonic_recordings **recordings);

/**
 * At most `limit` recordings that were added after the place `after`, which is 0 for the start and then what
 * sonic_recordings_next gives. What is removed meanwhile is left out, what is added comes at the end.
 *
 * Errors: INVALID_ARGUMENT if `limit` is 0; MALFORMED if a row is damaged.
 */
enum sonic_status sonic_store_recordings_after(const struct sonic_store *store,
                                               uint32_t after,
                                               size_t limit,
                                               struct sonic_recordings **recordings);

/**
 * The number of recordings, in the same short time at any size.
 */
enum sonic_status sonic_store_count(const struct sonic_store *store, uint64_t *count);

/**
 * The landmarks of the recording named `id`.
 *
 * Errors: NOT_FOUND if there is none.
 */
enum sonic_status sonic_store_landmarks(const struct sonic_store *store,
                                        const char *id,
                                        struct sonic_landmarks **landmarks);

/**
 * Removes the recording named `id`. It is gone for searches at once; its bytes are gone from the file after
 * sonic_store_compact.
 *
 * Errors: NOT_FOUND if there is none; IO if another process is writing.
 */
enum sonic_status sonic_store_remove(const struct sonic_store *store,
                                     const char *id);

/**
 * Counts. Takes time in proportion to the number of recordings.
 */
enum sonic_status sonic_store_stats(const struct sonic_store *store, struct sonic_stats *stats);

/**
 * Merges the whole index, drops what belongs to removed recordings, and rewrites the file without free space. Other
 * handles of this process wait; those of other processes turn to the new file by themselves.
 *
 * Errors: IO if another process is writing or the disk has no room for the copy; the store is as it was then.
 */
enum sonic_status sonic_store_compact(const struct sonic_store *store);

/**
 * Reads everything once and tells what is wrong; no problems mean that the store is sound.
 *
 * Errors: IO if the store cannot be read at all.
 */
enum sonic_status sonic_store_check(const struct sonic_store *store,
                                    struct sonic_problems **problems);

/**
 * How many problems there are.
 */
size_t sonic_problems_len(const struct sonic_problems *problems);

/**
 * The problem number `index` in words, from 0 on; NULL beyond the last. Borrowed.
 */
const char *sonic_problems_message(const struct sonic_problems *problems, size_t index);

/**
 * Frees problems; NULL is nothing.
 */
void sonic_problems_free(struct sonic_problems *problems);

/**
 * Every recording, in the order in which they were added, as a table of the Arrow C stream interface, which is read
 * 4096 rows at a time. `stream` is written, not released before; its reader calls its `release`, also when it reads
 * no row. The stream outlives the store's handle; closing the store ends it with an error.
 *
 * Columns: recording_id, title, source, source_hash, duration_ms, landmarks, truncated, codec, sample_rate, channels,
 * user_id, mode, created_at (UTC, in milliseconds), metadata (JSON).
 */
enum sonic_status sonic_store_recordings_arrow(const struct sonic_store *store,
                                               struct ArrowArrayStream *stream);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SONIC_SONIC_H */
