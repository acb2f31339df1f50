/*
 * libsonic: which recording a clip is from, at which offset, and how sure that is, or "unknown"; who is speaking, and what is
 * said in a meeting; who is on a photo; and scores that are sung.
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
 * - Options are structs that are initialised before they are used:
 *   `sonic_identify_options options; sonic_identify_options_init(&options, sizeof options); options.limit = 1;`.
 *   Init fills in the size that the program knows and the real defaults; an options pointer that is NULL means the same
 *   defaults. An optional number `x` has a `has_x`: while that is 0, `x` does not count. `threads` is 0 for as many as the
 *   machine has cores. Later versions add fields at the end; programs that know fewer fields keep working.
 * - In results an optional number `x` has a `has_x` too, and is 0 where that is false. Text that is not known is NULL.
 *   Ids of people and faces are above 0: where there may be none, 0 says that there is none.
 * - Media and pictures come from a sonic_source: a file, memory, or a function that reads. The library calls back nothing but
 *   that, and a function that recognises speech.
 * - Calls that may take seconds can be given a sonic_cancel, by which another thread stops them, and a sonic_progress, by
 *   which it sees how far they are. Both may be NULL.
 * - Text is UTF-8 and ends with a zero byte. Paths are UTF-8 on every system; on Unix any bytes will do. A zero
 *   byte inside a title, a source or metadata, which other languages can write, is given as U+FFFD.
 * - The library prints nothing, never ends the process, and lets no panic out: a bug of its own is
 *   SONIC_ERROR_INTERNAL, whose text says in which file and line it is.
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
 * Longest name of a person and id of a user, in bytes.
 */
#define SONIC_MAX_NAME_BYTES 400

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
  /**
   * Somebody else is writing: try again later.
   */
  SONIC_ERROR_BUSY = 11,
} sonic_status;

/**
 * Whether a clip or a voice was recognised.
 */
typedef enum sonic_decision {
  /**
   * Nothing in the store is likely enough; matches, if any, are guesses.
   */
  SONIC_DECISION_UNKNOWN = 0,
  /**
   * The first match is likely enough: for a recording with a probability of at least three quarters, for a voice as
   * the options of the query say.
   */
  SONIC_DECISION_MATCH = 1,
} sonic_decision;

/**
 * What became of a file.
 */
typedef enum sonic_add_status {
  /**
   * It was added.
   */
  SONIC_ADD_ADDED = 0,
  /**
   * Its bytes were in the store already.
   */
  SONIC_ADD_DUPLICATE = 1,
  /**
   * It could not be added; the others were not affected.
   */
  SONIC_ADD_FAILED = 2,
  /**
   * It holds nothing to be recognised by, silence or no sound at all, and was not added.
   */
  SONIC_ADD_SILENT = 3,
  /**
   * It was added in place of another content of its id.
   */
  SONIC_ADD_REPLACED = 4,
  /**
   * It lies in a folder and was not taken: a file of another kind, a pipe, a link that leads back.
   */
  SONIC_ADD_PASSED_OVER = 5,
} sonic_add_status;

/**
 * What became of a file that was to be imported.
 */
typedef enum sonic_import_status {
  /**
   * Its recordings are in the store now, but those that were there with their sound.
   */
  SONIC_IMPORT_IMPORTED = 0,
  /**
   * The same was imported before.
   */
  SONIC_IMPORT_DUPLICATE = 1,
  /**
   * It was refused; the others were not.
   */
  SONIC_IMPORT_FAILED = 2,
} sonic_import_status;

/**
 * How far enrolling a person has come.
 */
typedef enum sonic_enroll_status {
  /**
   * There are samples, but fewer than enrolling takes: the person is found, less surely.
   */
  SONIC_ENROLL_SAMPLE_ADDED = 0,
  /**
   * There are enough samples; more make the voiceprint better.
   */
  SONIC_ENROLL_ENROLLED = 1,
  /**
   * There are as many as there may be: further ones are left out.
   */
  SONIC_ENROLL_COMPLETE = 2,
} sonic_enroll_status;

/**
 * What became of a person of an event.
 */
typedef enum sonic_person_status {
  /**
   * Found by clustering, or made by hand; nobody has said who it is.
   */
  SONIC_PERSON_PENDING = 0,
  /**
   * It is a user.
   */
  SONIC_PERSON_LINKED = 1,
  /**
   * Somebody was invited to say that it is they.
   */
  SONIC_PERSON_INVITED = 2,
  /**
   * Nobody wants to know who it is.
   */
  SONIC_PERSON_IGNORED = 3,
  /**
   * Its faces are those of another person now.
   */
  SONIC_PERSON_MERGED = 4,
} sonic_person_status;

/**
 * What is known about the files of a model.
 */
typedef enum sonic_verified {
  /**
   * It is part of sonic and has no file.
   */
  SONIC_VERIFIED_BUILT_IN = 0,
  /**
   * Its files have the hashes of the manifest.
   */
  SONIC_VERIFIED_GOOD = 1,
  /**
   * The manifest has no hash to compare one of its files with.
   */
  SONIC_VERIFIED_UNKNOWN = 2,
  /**
   * One of its files has another hash than the manifest's.
   */
  SONIC_VERIFIED_WRONG = 3,
  /**
   * One of its files is not there.
   */
  SONIC_VERIFIED_MISSING = 4,
} sonic_verified;

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
 * How far a store's file is looked at before it is used: a damaged page, followed without a look, ends the process.
 * Looking takes about a second of processor time a gigabyte.
 */
typedef enum sonic_verify {
  /**
   * Only the two pages at its start. For a file that was looked at in another way.
   */
  SONIC_VERIFY_NEVER = 0,
  /**
   * The pages, unless the file is as a process that had the store open left it, or another process has it open.
   */
  SONIC_VERIFY_AUTO = 1,
  /**
   * The pages, however the file was left.
   */
  SONIC_VERIFY_FULL = 2,
} sonic_verify;

/**
 * What a model runs on.
 */
typedef enum sonic_provider {
  /**
   * The processor.
   */
  SONIC_PROVIDER_CPU = 0,
  /**
   * An NVIDIA GPU; an error if that cannot be.
   */
  SONIC_PROVIDER_CUDA = 1,
  /**
   * An NVIDIA GPU if that can be, otherwise the processor.
   */
  SONIC_PROVIDER_AUTO = 2,
} sonic_provider;

/**
 * What a recording must be like to be enrolled from.
 */
typedef enum sonic_quality_gate {
  /**
   * At least one second of speech, 5 dB over the background, at most one sample in a hundred clipped, level not
   * under -50 dB.
   */
  SONIC_QUALITY_GATE_DEFAULT = 0,
  /**
   * For utterances of 1 to 10 s: brought to full scale, ends that are 20 dB under the loudest part cut off, of what
   * is left 0.5 s or more, of a power of 0.001 and a swing of 0.1.
   */
  SONIC_QUALITY_GATE_SHORT_UTTERANCE = 1,
  /**
   * Whatever can be embedded.
   */
  SONIC_QUALITY_GATE_NONE = 2,
} sonic_quality_gate;

/**
 * How clusters are found.
 */
typedef enum sonic_cluster_method {
  /**
   * HDBSCAN: clusters of any density.
   */
  SONIC_CLUSTER_HDBSCAN = 0,
  /**
   * DBSCAN: clusters of one density.
   */
  SONIC_CLUSTER_DBSCAN = 1,
} sonic_cluster_method;

/**
 * How far two rows are from each other.
 */
typedef enum sonic_metric {
  /**
   * The length of their difference.
   */
  SONIC_METRIC_EUCLIDEAN = 0,
  /**
   * 1 less the cosine of the angle between them, 0 to 2. A row of zeros is noise.
   */
  SONIC_METRIC_COSINE = 1,
} sonic_metric;

/**
 * Which faces a clustering may move.
 */
typedef enum sonic_cluster_mode {
  /**
   * All but those that a decision of the user holds.
   */
  SONIC_CLUSTER_MODE_FULL = 0,
  /**
   * Only those that are unassigned.
   */
  SONIC_CLUSTER_MODE_INCREMENTAL = 1,
} sonic_cluster_mode;

/**
 * What of a person a face is compared with.
 */
typedef enum sonic_assign_to {
  /**
   * The mean of the person's faces.
   */
  SONIC_ASSIGN_TO_MEAN = 0,
  /**
   * The face that stands for the person.
   */
  SONIC_ASSIGN_TO_REPRESENTATIVE = 1,
} sonic_assign_to;

/**
 * Values of sonic_people_cluster_options that belong together.
 */
typedef enum sonic_cluster_preset {
  /**
   * HDBSCAN of all faces: the defaults.
   */
  SONIC_CLUSTER_PRESET_DEFAULT = 0,
  /**
   * DBSCAN of the unassigned faces, which people who are there gather first by their representative.
   */
  SONIC_CLUSTER_PRESET_DBSCAN = 1,
} sonic_cluster_preset;

/**
 * Shared. What became of a recording that was to be added.
 */
typedef struct sonic_added sonic_added;

/**
 * Shared. A list of files that were to be added, in the order in which they were decided.
 */
typedef struct sonic_added_file_list sonic_added_file_list;

/**
 * Shared. A list of photos that were to be added, in the order of their files.
 */
typedef struct sonic_added_photo_file_list sonic_added_photo_file_list;

/**
 * Shared. What became known of a stream, in its order.
 */
typedef struct sonic_airing_list sonic_airing_list;

/**
 * Shared. The answer to a clip.
 */
typedef struct sonic_answer sonic_answer;

/**
 * Shared. Asks calls to stop: one token may be given to any number of them. A call that was stopped gives
 * SONIC_ERROR_CLOSED, and leaves a store as it was or with what was committed before.
 */
typedef struct sonic_cancel sonic_cancel;

/**
 * Shared. Sound in the order of its time.
 */
typedef struct sonic_chunk_list sonic_chunk_list;

/**
 * Shared. Decoded sound: mono samples at one rate.
 */
typedef struct sonic_clip sonic_clip;

/**
 * Shared. What enrolling came to.
 */
typedef struct sonic_enrolled sonic_enrolled;

/**
 * Shared. A list of events.
 */
typedef struct sonic_event_list sonic_event_list;

/**
 * Shared. Finds the faces of pictures and makes embeddings of them: vectors of unit length that say whose face it is,
 * compared by their dot product.
 */
typedef struct sonic_face_analyzer sonic_face_analyzer;

/**
 * Shared. The faces that were found in a picture, the surest first.
 */
typedef struct sonic_face_list sonic_face_list;

/**
 * Shared. The bytes of a file that was made.
 */
typedef struct sonic_file sonic_file;

/**
 * Shared. Faults of a voicebank, the errors first.
 */
typedef struct sonic_finding_list sonic_finding_list;

/**
 * Shared. The fingerprint of a stretch of sound: landmarks, which a store keeps, and a texture, which a query
 * needs.
 */
typedef struct sonic_fingerprint sonic_fingerprint;

/**
 * Exclusive. Makes a fingerprint from samples as they come, in constant memory but for the landmarks.
 */
typedef struct sonic_fingerprinter sonic_fingerprinter;

/**
 * Shared. Keeps a store at the current snapshot of a bucket.
 */
typedef struct sonic_follower sonic_follower;

/**
 * Shared. Gaps in the order of their time.
 */
typedef struct sonic_gaps sonic_gaps;

/**
 * Shared. A decoded picture, upright: rows from the top, pixels from the left, red, green and blue of 8 bits each.
 */
typedef struct sonic_image sonic_image;

/**
 * Shared. Files that were to be imported, in order of name.
 */
typedef struct sonic_imported_file_list sonic_imported_file_list;

/**
 * Shared. Recordings that were imported without their sound, in the order in which they came.
 */
typedef struct sonic_imported_recording_list sonic_imported_recording_list;

/**
 * Shared. The landmarks that a store keeps of a recording.
 */
typedef struct sonic_landmarks sonic_landmarks;

/**
 * Exclusive. Follows one connection of a meeting or a call: slices of a browser's recorder go in, segments come out as they
 * become known and whenever more is known. No call waits for a recogniser but sonic_live_session_finish.
 */
typedef struct sonic_live_session sonic_live_session;

/**
 * Shared. Several voices in one sound of two channels.
 */
typedef struct sonic_mix sonic_mix;

/**
 * Shared. A list of models.
 */
typedef struct sonic_model_list sonic_model_list;

/**
 * Exclusive. Follows a stream: sound goes in, what plays comes out when it is recognised, after 2 to 6 s, and once more
 * when it ended, mostly within 1 s, later where the recording itself pauses at that place. Every piece of 5 s or more is
 * found, whole or in part; recordings that were imported without their sound are not.
 */
typedef struct sonic_monitor sonic_monitor;

/**
 * Shared. A list of people of an event.
 */
typedef struct sonic_person_list sonic_person_list;

/**
 * Shared. A list of photos.
 */
typedef struct sonic_photo_list sonic_photo_list;

/**
 * Shared. A phrase that was sung: one channel, -1 to 1. It begins and ends with silence.
 */
typedef struct sonic_phrase sonic_phrase;

/**
 * Shared. What sonic_store_check found wrong.
 */
typedef struct sonic_problems sonic_problems;

/**
 * Shared. How far a call has come, for other threads to look at while it runs. For one call at a time; it begins anew
 * with each.
 */
typedef struct sonic_progress sonic_progress;

/**
 * Shared. What pulling a model came to: the files that are there now.
 */
typedef struct sonic_pulled sonic_pulled;

/**
 * Exclusive. Decodes the slices that a browser's MediaRecorder gives, of one connection, as they come: WebM, fragmented
 * MP4, Ogg Opus, and MP3, ADTS and WAV. What is lost is a gap in time; what survives keeps its place.
 */
typedef struct sonic_push_decoder sonic_push_decoder;

/**
 * Exclusive. What a function says that was said; good until it returns.
 */
typedef struct sonic_recognition sonic_recognition;

/**
 * Shared. Says what was said in utterances, for any number of sessions. Those keep it alive: it can be freed before them.
 */
typedef struct sonic_recognizer sonic_recognizer;

/**
 * Shared. A list of recordings.
 */
typedef struct sonic_recording_list sonic_recording_list;

/**
 * Exclusive. A query whose clip comes piece by piece: one too long for memory, or of a stream.
 */
typedef struct sonic_recording_query sonic_recording_query;

/**
 * Shared. Warnings about a song.
 */
typedef struct sonic_render_warning_list sonic_render_warning_list;

/**
 * Shared. A score in MusicXML as it is performed: repeats, endings and jumps expanded, ties joined.
 */
typedef struct sonic_score sonic_score;

/**
 * Shared. Segments that became known or changed, in the order of their time.
 */
typedef struct sonic_segment_list sonic_segment_list;

/**
 * Exclusive. A song that is being sung, phrase by phrase: the next one is sung when it is wanted.
 */
typedef struct sonic_singing sonic_singing;

/**
 * Shared. A list of snapshots.
 */
typedef struct sonic_snapshot_list sonic_snapshot_list;

/**
 * Shared. Where the bytes of a media file or a picture come from: a file, memory, or a function that reads. Nothing is
 * opened or read before a call is given the source. A file and memory can be read any number of times, also by
 * several calls at once, a function once.
 */
typedef struct sonic_source sonic_source;

/**
 * Shared. A list of speakers.
 */
typedef struct sonic_speaker_list sonic_speaker_list;

/**
 * Shared. A model that tells speech from the rest.
 */
typedef struct sonic_speech_model sonic_speech_model;

/**
 * Shared. Stretches of time.
 */
typedef struct sonic_speech_spans sonic_speech_spans;

/**
 * Shared. A store of recordings, in a directory. Any number of processes may read it while one writes.
 */
typedef struct sonic_store sonic_store;

/**
 * Shared. A list of faces in a store.
 */
typedef struct sonic_stored_face_list sonic_stored_face_list;

/**
 * Shared. A list of tags.
 */
typedef struct sonic_tag_list sonic_tag_list;

/**
 * Shared. Turns in the order of their time.
 */
typedef struct sonic_turn_list sonic_turn_list;

/**
 * Shared. Files that were compared, in order of name.
 */
typedef struct sonic_validated_file_list sonic_validated_file_list;

/**
 * Shared. Whether a voice is the one it is said to be.
 */
typedef struct sonic_verification sonic_verification;

/**
 * Shared. The answer to a voice.
 */
typedef struct sonic_voice_answer sonic_voice_answer;

/**
 * Shared. Makes embeddings of voices: vectors of unit length that say who is speaking, compared by their dot product.
 */
typedef struct sonic_voice_embedder sonic_voice_embedder;

/**
 * Shared. A list of voices.
 */
typedef struct sonic_voice_list sonic_voice_list;

/**
 * Shared. A voicebank in the DiffSinger format of OpenUtau: its settings are read at once, its models when it first sings.
 */
typedef struct sonic_voicebank sonic_voicebank;

/**
 * Shared. A list of people with voiceprints.
 */
typedef struct sonic_voiceprint_list sonic_voiceprint_list;

/**
 * Reads the next bytes of a source, at most `len`, into `buffer`, and gives how many they are: 0 at the end, a number
 * below 0 if it cannot go on, which ends the call that reads with SONIC_ERROR_IO. `state` is what
 * sonic_source_reader was given. It returns in the ordinary way: no exception, no longjmp.
 */
typedef int64_t (*sonic_read)(void *state, uint8_t *buffer, size_t len);

/**
 * How to decode.
 */
typedef struct sonic_decode_options {
  /**
   * sizeof(sonic_decode_options)
   */
  uint32_t size;
  /**
   * Not 0 to resample; otherwise the rate of the source is kept.
   */
  uint32_t has_sample_rate;
  /**
   * Samples per second to resample to, 1 to 768,000.
   */
  uint32_t sample_rate;
  /**
   * Not 0 to take the sound track `track`; otherwise the one that the file calls its default, or the first that can be
   * decoded.
   */
  uint32_t has_track;
  /**
   * The number of a sound track, counted from 0 in the order of the file.
   */
  uint32_t track;
  /**
   * 0.
   */
  uint32_t reserved;
} sonic_decode_options;

/**
 * How slices are taken.
 */
typedef struct sonic_push_options {
  /**
   * sizeof(sonic_push_options).
   */
  uint32_t size;
  /**
   * How many slices with a higher index may come before a slice, which is given up then; 3.
   */
  uint32_t window;
  /**
   * How far a container's time may be ahead of the packets, in milliseconds, before it is a gap; 100.
   */
  double gap_threshold_ms;
  /**
   * Most bytes of a slice, and of all slices that wait for one before them; 16 MiB.
   */
  uint64_t max_slice_bytes;
} sonic_push_options;

/**
 * What became of the slices of a push decoder.
 */
typedef struct sonic_push_counts {
  /**
   * sizeof(sonic_push_counts), set by the caller.
   */
  uint32_t size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Slices that were taken, those that were repeated, late or conflicting among them.
   */
  uint64_t slices;
  /**
   * Slices that came again, and were left out.
   */
  uint64_t repeated;
  /**
   * Slices that came after they had been given up, and were left out.
   */
  uint64_t late;
  /**
   * Slices that were given up: they never came, or too late.
   */
  uint64_t lost;
  /**
   * Slices that are not what came under their index before, and begin no recording; left out.
   */
  uint64_t conflicting;
  /**
   * Times that the index began anew.
   */
  uint64_t restarts;
  /**
   * Recordings that began, each with its header.
   */
  uint64_t sessions;
  /**
   * Recordings whose header never came, and whose sound was taken for Opus.
   */
  uint64_t headers_assumed;
  /**
   * Places where bytes were missing, whether slices were lost or cut.
   */
  uint64_t holes;
  /**
   * Packets whose time was lost with their Cluster, and that were placed by their order.
   */
  uint64_t placed_by_order;
  /**
   * Bytes in which nothing could be read, and that were passed over.
   */
  uint64_t unreadable_bytes;
  /**
   * Packets that could not be decoded.
   */
  uint64_t damaged_packets;
  /**
   * Slices that were refused or could not be read: each gave an error.
   */
  uint64_t errors;
} sonic_push_counts;

/**
 * Mono sound and its place. This layout never changes.
 */
typedef struct sonic_chunk {
  /**
   * When its first sample was recorded, in milliseconds from the first sample of the connection on.
   */
  double start_ms;
  /**
   * Samples, nominally in -1..=1 and always finite; borrowed from the chunks.
   */
  const float *samples;
  /**
   * How many samples there are.
   */
  size_t len;
} sonic_chunk;

/**
 * A stretch of time of which no sound came, in milliseconds. This layout never changes.
 */
typedef struct sonic_gap {
  /**
   * Where it begins.
   */
  double start_ms;
  /**
   * Where it ends.
   */
  double end_ms;
} sonic_gap;

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
 * How to query.
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
   * Matches reported at most. The pieces of a long clip that were recognised are always reported, however many they
   * are; what else it may be fills up to this number.
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
  /**
   * Share of the clip that the match explains, 0 to 1; gaps between joined stretches do not count.
   */
  float coverage;
  /**
   * True if it was found by hashes that were imported without the recording's sound, and not by landmarks.
   */
  bool imported;
} sonic_match;

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
   * Where it came from: a path or an address; NULL if that is not known.
   */
  const char *source;
  /**
   * xxh3-128 of the source's bytes in hexadecimal: the same bytes are added only once. NULL if that is not known.
   */
  const char *source_hash;
  /**
   * The user it belongs to, or NULL.
   */
  const char *user_id;
  /**
   * What it was recorded for, or NULL.
   */
  const char *mode;
  /**
   * Whatever else the caller wanted to keep, as JSON, or NULL.
   */
  const char *metadata_json;
  /**
   * Short name of the codec, such as "opus"; NULL if that is not known.
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
   * How much of its sound could not be decoded, in milliseconds.
   */
  uint64_t damaged_ms;
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
   * Not 0 if `created_at_ms` says when it was recorded or added; otherwise that is now.
   */
  uint32_t has_created_at_ms;
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
  const char *user_id;
  /**
   * What it was recorded for.
   */
  const char *mode;
  /**
   * Whatever else is to be kept, one JSON value.
   */
  const char *metadata_json;
  /**
   * When it was recorded or added, in milliseconds since 1970 UTC, not 0.
   */
  uint64_t created_at_ms;
  /**
   * Not 0 to take the place of the recording that has this id and other bytes.
   */
  uint32_t replace;
  /**
   * Not 0 to add what holds nothing to be recognised by, silence or no sound at all, which is refused otherwise.
   */
  uint32_t keep_silent;
} sonic_recording_options;

/**
 * A file that was to be added. Read it through a pointer that the library gave: later versions add fields at its end.
 */
typedef struct sonic_added_file {
  /**
   * The file, as the system names it: its bytes, also where they are no UTF-8.
   */
  const char *path;
  /**
   * The id of its recording: of the earlier one if it is a duplicate, the one it was to have if it failed; NULL if its
   * path gives none.
   */
  const char *id;
  /**
   * Why it was not added, in words; NULL if it was, or is there already.
   */
  const char *reason;
  /**
   * Length of its sound in milliseconds; 0 unless it was added.
   */
  uint64_t duration_ms;
  /**
   * How much of its sound could not be decoded, in milliseconds.
   */
  uint64_t damaged_ms;
  /**
   * Number of landmarks kept; 0 unless it was added.
   */
  uint32_t landmarks;
  /**
   * What became of it.
   */
  enum sonic_add_status status;
  /**
   * A sonic_status: why it was not added.
   */
  int32_t error;
  /**
   * True if the file ended early.
   */
  bool truncated;
} sonic_added_file;

/**
 * A file that was to be imported. Read it through a pointer that the library gave: later versions add fields at its end.
 */
typedef struct sonic_imported_file {
  /**
   * The file, as the system names it: its bytes, also where they are no UTF-8.
   */
  const char *path;
  /**
   * Why it was refused, in words; NULL if it was not.
   */
  const char *reason;
  /**
   * What is odd about it: an object of JSON that has how often each warning applies.
   */
  const char *warnings_json;
  /**
   * Recordings that were imported.
   */
  uint64_t recordings;
  /**
   * Recordings that were left out, because the store has them with their sound.
   */
  uint64_t left_out;
  /**
   * Hashes of the file.
   */
  uint64_t hashes;
  /**
   * Entries that were imported.
   */
  uint64_t entries;
  /**
   * The season that it is of, if `has_season`.
   */
  uint32_t season;
  /**
   * What became of it.
   */
  enum sonic_import_status status;
  /**
   * A sonic_status: why it was refused.
   */
  int32_t error;
  /**
   * True if it is known of which season it is.
   */
  bool has_season;
} sonic_imported_file;

/**
 * A file that was compared with what was imported of it. Read it through a pointer that the library gave: later versions
 * add fields at its end.
 */
typedef struct sonic_validated_file {
  /**
   * The file, as the system names it: its bytes, also where they are no UTF-8.
   */
  const char *path;
  /**
   * Why it could not be read, in words; NULL if it was.
   */
  const char *reason;
  /**
   * What is odd about it: an object of JSON that has how often each warning applies.
   */
  const char *warnings_json;
  /**
   * Hashes of the file, each of which was looked at.
   */
  uint64_t hashes;
  /**
   * Hashes that no pair of peaks has.
   */
  uint64_t unknown;
  /**
   * Hashes whose frames were compared with those in the store.
   */
  uint64_t compared;
  /**
   * Of those, hashes whose frames differ in some recording.
   */
  uint64_t different;
  /**
   * Recordings of the file that were not imported, or were removed since.
   */
  uint64_t missing;
  /**
   * Recordings of the file that the store has with their sound by now.
   */
  uint64_t with_sound;
  /**
   * The season that it is of, if `has_season`.
   */
  uint32_t season;
  /**
   * A sonic_status: why it could not be read.
   */
  int32_t error;
  /**
   * True if it is known of which season it is.
   */
  bool has_season;
  /**
   * True if the store has what the file has.
   */
  bool is_fine;
} sonic_validated_file;

/**
 * A recording that was imported without its sound. Read it through a pointer that the library gave: later versions add
 * fields at its end.
 */
typedef struct sonic_imported_recording {
  /**
   * The name by which matches report it.
   */
  const char *id;
  /**
   * The file that it came from.
   */
  const char *source;
  /**
   * Hashes, with repetitions.
   */
  uint64_t entries;
  /**
   * Milliseconds up to the last hash: a little less than the recording lasts.
   */
  uint64_t duration_ms;
  /**
   * When it was imported, in milliseconds since 1970 UTC.
   */
  uint64_t created_at_ms;
  /**
   * Frames of 23.2 ms up to the last hash.
   */
  uint32_t frames;
  /**
   * The season of the file that it came from, if `has_season`.
   */
  uint32_t season;
  /**
   * True if it is known of which season it is.
   */
  bool has_season;
} sonic_imported_recording;

/**
 * How to open a store.
 */
typedef struct sonic_store_options {
  /**
   * sizeof(sonic_store_options)
   */
  uint32_t size;
  /**
   * A sonic_access; the default is SONIC_ACCESS_CREATE.
   */
  int32_t access;
  /**
   * Bytes of address space to reserve at first, which grows by itself.
   */
  uint64_t map_size;
  /**
   * A sonic_verify; the default is SONIC_VERIFY_AUTO.
   */
  int32_t verify;
  /**
   * 0.
   */
  uint32_t reserved;
} sonic_store_options;

/**
 * How a bucket is reached. Keys come from the environment or from a file, never from an address.
 */
typedef struct sonic_remote_options {
  /**
   * sizeof(sonic_remote_options)
   */
  uint32_t size;
  /**
   * Requests at the same time, 1 to 64.
   */
  uint32_t connections;
  /**
   * Most bytes a second that are sent or received, if has_bytes_per_second is not 0.
   */
  uint64_t bytes_per_second;
  /**
   * Not 0 if bytes_per_second counts.
   */
  uint32_t has_bytes_per_second;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Address of a server that stands for the usual one: of R2, MinIO, an emulator; or NULL.
   */
  const char *endpoint;
  /**
   * A file with keys and other settings, one NAME=value a line as in the environment, whose place it takes; or NULL.
   */
  const char *credentials;
} sonic_remote_options;

/**
 * A snapshot in a bucket. Read it through a pointer that the library gave: later versions add fields at its end.
 */
typedef struct sonic_snapshot {
  /**
   * Its number, from 1 on; the largest is current.
   */
  uint64_t version;
  /**
   * Number of the snapshot that it was made on the base of, if has_base is true.
   */
  uint64_t base;
  /**
   * Number of the snapshot that it brings back, if has_restores is true: it is a rollback then.
   */
  uint64_t restores;
  /**
   * When it was made: milliseconds since 1970 UTC by the clock of its maker.
   */
  uint64_t created_at_ms;
  /**
   * How often somebody was forgotten in the store so far.
   */
  uint64_t forget_epoch;
  /**
   * Rows of all tables.
   */
  uint64_t rows;
  /**
   * Bytes of its chunks.
   */
  uint64_t bytes;
  /**
   * Bytes of its chunks as they are in the bucket.
   */
  uint64_t packed_bytes;
  /**
   * SHA-256 of its manifest.
   */
  const char *manifest;
  /**
   * Version of the store's format.
   */
  uint32_t store_format;
  /**
   * False of the first.
   */
  bool has_base;
  /**
   * True if it is a rollback.
   */
  bool has_restores;
} sonic_snapshot;

/**
 * A model that sonic knows, or that has a manifest in the folder of models. Read it through a pointer that the library
 * gave: later versions add fields at its end.
 */
typedef struct sonic_model_entry {
  /**
   * The name that the calls which load a model take.
   */
  const char *id;
  /**
   * What it is for: "voice-embedder", "face-detector" and so on.
   */
  const char *task;
  /**
   * The licence of its weights: an SPDX name where there is one.
   */
  const char *licence;
  /**
   * The page or paper that describes it.
   */
  const char *source;
  /**
   * What else its user should know; NULL for nothing.
   */
  const char *note;
  /**
   * Where its file is, or would be, or the folder of its files; NULL if it is built into sonic.
   */
  const char *path;
  /**
   * Bytes of its files; 0 if has_bytes is false.
   */
  uint64_t bytes;
  /**
   * Numbers of a vector that it gives; 0 if has_dimensions is false.
   */
  uint64_t dimensions;
  /**
   * True if its files are all there.
   */
  bool has_bytes;
  /**
   * True if it gives vectors.
   */
  bool has_dimensions;
  /**
   * True if the licence permits commercial use.
   */
  bool commercial;
  /**
   * True if its manifest came with sonic.
   */
  bool built_in;
  /**
   * True if it can be loaded: its files are there, or it is built into sonic.
   */
  bool is_installed;
} sonic_model_entry;

/**
 * How to pull a model.
 */
typedef struct sonic_pull_options {
  /**
   * sizeof(sonic_pull_options)
   */
  uint32_t size;
  /**
   * Not 0 to take a file although its manifest has no hash to verify it by.
   */
  uint32_t accept_unverified;
  /**
   * Not 0 to refuse models whose licence forbids commercial use.
   */
  uint32_t commercial_only;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * The folder of the models; see sonic_voice_embedder_options.
   */
  const char *models_folder;
  /**
   * The address of a folder that has model files by their names, used in the place of the published addresses; or
   * NULL.
   */
  const char *mirror;
  /**
   * A folder that has the file, or the published archive that holds it: no server is used then; or NULL.
   */
  const char *offline;
} sonic_pull_options;

/**
 * How to load a model for voices.
 */
typedef struct sonic_voice_embedder_options {
  /**
   * sizeof(sonic_voice_embedder_options)
   */
  uint32_t size;
  /**
   * Threads that one call uses; 0 is as many as the machine has cores.
   */
  uint32_t threads;
  /**
   * A sonic_provider; the model that is built in always runs on the processor.
   */
  int32_t provider;
  /**
   * 1: enrolling, identifying, verifying and sonic_voice_embedder_embed_speech remove the constant part of the sound,
   * set its level and keep what is spoken before they embed. 0: they embed it as it is. A store keeps voices of one or the
   * other.
   */
  uint32_t prepare;
  /**
   * The shared library of ONNX Runtime, for models in ONNX form; NULL is the one that ORT_DYLIB_PATH names, or that
   * the system finds. A process can have one.
   */
  const char *onnxruntime;
  /**
   * The folder of the models; NULL is the one that SONIC_MODELS names, or sonic/models among the user's data.
   */
  const char *models_folder;
} sonic_voice_embedder_options;

/**
 * How to load a model for speech.
 */
typedef struct sonic_speech_model_options {
  /**
   * sizeof(sonic_speech_model_options)
   */
  uint32_t size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * The shared library of ONNX Runtime; see sonic_voice_embedder_options.
   */
  const char *onnxruntime;
  /**
   * The folder of the models; see sonic_voice_embedder_options.
   */
  const char *models_folder;
} sonic_speech_model_options;

/**
 * How speech is told from the rest.
 */
typedef struct sonic_speech_options {
  /**
   * sizeof(sonic_speech_options)
   */
  uint32_t size;
  /**
   * VoiceSource begins where its probability reaches this, between 0 and 1; it ends where it falls 0.15 under it.
   */
  float threshold;
  /**
   * Shorter speech is left out.
   */
  uint32_t min_speech_ms;
  /**
   * Shorter pauses do not end speech.
   */
  uint32_t min_silence_ms;
  /**
   * What is added at both ends of a span, spans that touch then become one.
   */
  uint32_t padding_ms;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * What gives the probability; NULL is a method without a model: good for recordings with pauses and a steady
   * background.
   */
  const struct sonic_speech_model *model;
} sonic_speech_options;

/**
 * A stretch of time, in milliseconds from the start. This layout never changes.
 */
typedef struct sonic_span {
  /**
   * Where it begins.
   */
  uint64_t start_ms;
  /**
   * Where it ends: the first millisecond that does not belong to it.
   */
  uint64_t end_ms;
} sonic_span;

/**
 * A sample of a voiceprint: a recording that it is made of, or was. This layout never changes.
 */
typedef struct sonic_sample {
  /**
   * The recording's id.
   */
  const char *recording_id;
  /**
   * When it was enrolled, in milliseconds since 1970 UTC.
   */
  uint64_t created_at_ms;
  /**
   * When it was removed; 0 if has_removed_at_ms is false.
   */
  uint64_t removed_at_ms;
  /**
   * Cosine of its embedding and the voiceprint: one far below the others is of another voice, or noise.
   */
  float agreement;
  /**
   * True if it was removed: it does not count.
   */
  bool has_removed_at_ms;
} sonic_sample;

/**
 * The voiceprint of a person whose voice a store knows. Read it through a pointer that the library gave: later versions add fields at
 * its end.
 */
typedef struct sonic_voiceprint {
  /**
   * The person's name, unique in the store.
   */
  const char *person;
  /**
   * Id of the person's voiceprint.
   */
  const char *voiceprint_id;
  /**
   * The user that the person is, or NULL.
   */
  const char *user_id;
  /**
   * When the first sample was enrolled, in milliseconds since 1970 UTC.
   */
  uint64_t created_at_ms;
  /**
   * When the samples last changed.
   */
  uint64_t updated_at_ms;
  /**
   * Samples that the voiceprint is made of.
   */
  uint32_t sample_count;
  /**
   * Samples from which on the person counts as enrolled.
   */
  uint32_t min_samples;
  /**
   * True if there are as many samples as that.
   */
  bool is_enrolled;
  /**
   * The samples in the order in which they were enrolled, then the last that were removed; `sample_len` of them.
   */
  const struct sonic_sample *samples;
  /**
   * How many `samples` has.
   */
  size_t sample_len;
} sonic_voiceprint;

/**
 * How to find out who is speaking.
 */
typedef struct sonic_voice_identify_options {
  /**
   * sizeof(sonic_voice_identify_options)
   */
  uint32_t size;
  /**
   * Threads that share the search; 0 is as many as the machine has cores.
   */
  uint32_t threads;
  /**
   * Not 0 if `threshold` decides; otherwise `accept` does.
   */
  uint32_t has_threshold;
  /**
   * The cosine from which on the first person is the answer, whatever the probability; 0.7 is strict for most models.
   */
  float threshold;
  /**
   * The probability from which on the first person is the answer.
   */
  float accept;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * People reported at most.
   */
  size_t limit;
  /**
   * Names of people who are not to be found, `exclude_len` of them.
   */
  const char *const *exclude;
  /**
   * How many names `exclude` has.
   */
  size_t exclude_len;
} sonic_voice_identify_options;

/**
 * A person who may be the one speaking. Read it through a pointer that the library gave: later versions add fields at
 * its end.
 */
typedef struct sonic_voice_match {
  /**
   * The person's name.
   */
  const char *person;
  /**
   * Id of the person's voiceprint.
   */
  const char *voiceprint_id;
  /**
   * The user that the person is, or NULL.
   */
  const char *user_id;
  /**
   * Cosine of the embedding and the voiceprint, -1 to 1; of what both have in the narrow band where one of them has no
   * more.
   */
  float score;
  /**
   * The score in standard deviations above what strangers score (AS-norm); 0 if has_normalized is false.
   */
  float normalized;
  /**
   * Probability that it is this person, 0 to 1.
   */
  float probability;
  /**
   * Samples that the voiceprint is made of.
   */
  uint32_t sample_count;
  /**
   * True if there were strangers to compare with: a cohort, or enough people in the store.
   */
  bool has_normalized;
  /**
   * True if the samples are as many as enrolling takes.
   */
  bool is_enrolled;
} sonic_voice_match;

/**
 * What was measured of a recording of a voice. Read it through a pointer that the library gave: later versions add
 * fields at its end.
 */
typedef struct sonic_voice_quality {
  /**
   * Length in milliseconds; that of the first ten minutes if it is longer.
   */
  uint64_t duration_ms;
  /**
   * Milliseconds in which somebody speaks.
   */
  uint64_t speech_ms;
  /**
   * Power of the speech over that of the background, in dB, -20 to 100; 0 if has_snr is false.
   */
  float snr_db;
  /**
   * Share of samples, 0 to 1, that are clipped.
   */
  float clipping;
  /**
   * Mean power in dB of full scale; -120 for silence.
   */
  float level_dbfs;
  /**
   * Largest magnitude of a sample.
   */
  float peak;
  /**
   * True if there is speech.
   */
  bool has_snr;
  /**
   * True if it is good enough to be enrolled from, by the gate of the options or SONIC_QUALITY_GATE_DEFAULT.
   */
  bool passes;
  /**
   * The highest frequency, in Hz, that the speech reaches, up to 8,000; 0 without speech.
   */
  uint32_t bandwidth_hz;
} sonic_voice_quality;

/**
 * How to enrol.
 */
typedef struct sonic_enroll_options {
  /**
   * sizeof(sonic_enroll_options)
   */
  uint32_t size;
  /**
   * A sonic_quality_gate; the default is SONIC_QUALITY_GATE_DEFAULT.
   */
  int32_t quality_gate;
  /**
   * Samples from which on the person counts as enrolled.
   */
  uint32_t min_samples;
  /**
   * Samples that a voiceprint has at most, not fewer than `min_samples`.
   */
  uint32_t max_samples;
  /**
   * 0: one recording that cannot be used keeps all out. 1: it is left out, and sonic_enrolled_sample says why; that
   * none can be used is an error still.
   */
  uint32_t only_usable;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * The user that the person is, or NULL.
   */
  const char *user_id;
} sonic_enroll_options;

/**
 * Another person whose voice this is, more likely than not. Read it through a pointer that the library gave: later
 * versions add fields at its end.
 */
typedef struct sonic_similar_voiceprint {
  /**
   * The name that the voice is enrolled under.
   */
  const char *person;
  /**
   * Id of that voiceprint.
   */
  const char *voiceprint_id;
  /**
   * Cosine of the two voiceprints, -1 to 1.
   */
  float score;
  /**
   * Probability that both are one person, 0.5 to 1.
   */
  float probability;
} sonic_similar_voiceprint;

/**
 * An analysed recording of a voice, which was to be enrolled. Read it through a pointer that the library gave: later versions
 * add fields at its end.
 */
typedef struct sonic_voice_sample {
  /**
   * The id under which it is kept; NULL if it could not be decoded or embedded.
   */
  const char *recording_id;
  /**
   * Why it was left out, in words; NULL if it was not.
   */
  const char *reason;
  /**
   * What was measured of it; NULL if it could not be decoded or embedded.
   */
  const struct sonic_voice_quality *quality;
  /**
   * A sonic_status: what was wrong with it.
   */
  int32_t status;
} sonic_voice_sample;

/**
 * Shared. A recording of somebody speaking, as a store keeps it. Read it through a pointer that the library gave: later
 * versions add fields at its end.
 */
typedef struct sonic_voice {
  /**
   * Its id, unique among voices.
   */
  const char *recording_id;
  /**
   * The user it belongs to, or NULL.
   */
  const char *user_id;
  /**
   * Name of the file it came in, or NULL.
   */
  const char *filename;
  /**
   * Where the file is kept, or NULL.
   */
  const char *file_path;
  /**
   * Short name of the file's format, or NULL.
   */
  const char *audio_format;
  /**
   * What it was recorded for, such as "enroll" or "test", or NULL.
   */
  const char *mode;
  /**
   * How its processing went, or NULL.
   */
  const char *status;
  /**
   * The voiceprint that it is a sample of, or was recognised by, or NULL.
   */
  const char *voiceprint_id;
  /**
   * The user that it was recognised as, or NULL.
   */
  const char *matched_user_id;
  /**
   * Whatever else the caller wanted to keep, as JSON, or NULL.
   */
  const char *metadata_json;
  /**
   * Length in milliseconds.
   */
  uint64_t duration_ms;
  /**
   * Bytes of the file.
   */
  uint64_t file_size_bytes;
  /**
   * When it was recorded, in milliseconds since 1970 UTC.
   */
  uint64_t created_at_ms;
  /**
   * When its row was last changed.
   */
  uint64_t updated_at_ms;
  /**
   * Score of the person that it was recognised as; 0 if has_similarity_score is false.
   */
  float similarity_score;
  /**
   * Samples per second of the file.
   */
  uint32_t sample_rate;
  /**
   * Numbers of its embedding; 0 if it has none.
   */
  uint32_t embedding_dimensions;
  /**
   * True if it was recognised as somebody.
   */
  bool has_similarity_score;
} sonic_voice;

/**
 * What to write into the row of a voice. Text is UTF-8 and copied; NULL leaves a field out.
 */
typedef struct sonic_record_options {
  /**
   * sizeof(sonic_record_options)
   */
  uint32_t size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Its id; NULL makes one of its bytes, so that the same recording is known again.
   */
  const char *recording_id;
  /**
   * The user it belongs to.
   */
  const char *user_id;
  /**
   * What it was recorded for, such as "test".
   */
  const char *mode;
  /**
   * How its processing went.
   */
  const char *status;
  /**
   * Whatever else is to be kept, one JSON value.
   */
  const char *metadata_json;
} sonic_record_options;

/**
 * Which voices to list. At most one of the three texts is given; without any all voices are meant.
 */
typedef struct sonic_voice_list_options {
  /**
   * sizeof(sonic_voice_list_options)
   */
  uint32_t size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Voices listed at most.
   */
  size_t limit;
  /**
   * Those of this user.
   */
  const char *user_id;
  /**
   * Those of this mode, such as "test".
   */
  const char *mode;
  /**
   * Those that belong to this voiceprint.
   */
  const char *voiceprint_id;
} sonic_voice_list_options;

/**
 * How to search by likeness.
 */
typedef struct sonic_voice_search_options {
  /**
   * sizeof(sonic_voice_search_options)
   */
  uint32_t size;
  /**
   * Threads that share the search; 0 is as many as the machine has cores.
   */
  uint32_t threads;
  /**
   * Least cosine, -1 to 1.
   */
  float threshold;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Voices found at most.
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
} sonic_voice_search_options;

/**
 * The rule of two thresholds.
 */
typedef struct sonic_observe_options {
  /**
   * sizeof(sonic_observe_options)
   */
  uint32_t size;
  /**
   * Above this cosine it is that speaker, and nothing is added.
   */
  float same;
  /**
   * Above this it is that speaker, of whom more is known then; up to it, a new speaker. Not above `same`.
   */
  float matching;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * A user or a meeting, whose speakers are not known in another, or NULL.
   */
  const char *scope;
} sonic_observe_options;

/**
 * Shared. Who was heard. Read it through a pointer that the library gave: later versions add fields at its end.
 */
typedef struct sonic_observed {
  /**
   * The speaker's id.
   */
  const char *speaker;
  /**
   * The largest cosine with an embedding that was kept; 0 if has_score is false.
   */
  float score;
  /**
   * True if anybody was heard in the scope before.
   */
  bool has_score;
  /**
   * True if the speaker was not heard before.
   */
  bool is_new;
  /**
   * True if the embedding was kept.
   */
  bool is_stored;
} sonic_observed;

/**
 * A speaker who was heard. Read it through a pointer that the library gave: later versions add fields at its end.
 */
typedef struct sonic_speaker {
  /**
   * The speaker's id.
   */
  const char *speaker;
  /**
   * Embeddings that were kept.
   */
  uint64_t embeddings;
} sonic_speaker;

/**
 * How sonic_cluster looks for clusters.
 */
typedef struct sonic_cluster_options {
  /**
   * sizeof(sonic_cluster_options)
   */
  uint32_t size;
  /**
   * The most threads that may work at once; 0 is as many as the machine has cores.
   */
  uint32_t threads;
  /**
   * A sonic_cluster_method.
   */
  int32_t method;
  /**
   * A sonic_metric.
   */
  int32_t metric;
  /**
   * Rows that make a cluster, at least 2. DBSCAN does not look at it.
   */
  uint32_t min_cluster_size;
  /**
   * Not 0 if `min_samples` counts; otherwise it is `min_cluster_size`, or 5 for DBSCAN.
   */
  uint32_t has_min_samples;
  /**
   * Rows near a row, itself included, within which its density is taken, at least 1.
   */
  uint32_t min_samples;
  /**
   * Not 0 if `epsilon` counts; otherwise it is 0, or 0.5 for DBSCAN.
   */
  uint32_t has_epsilon;
  /**
   * HDBSCAN parts no clusters that are nearer to each other than this, 0 or more; DBSCAN takes rows no farther than
   * this for neighbours.
   */
  double epsilon;
  /**
   * What HDBSCAN divides distances by before it compares them with densities, above 0.
   */
  double alpha;
  /**
   * Not 0 if `max_cluster_size` counts; otherwise there is no limit.
   */
  uint32_t has_max_cluster_size;
  /**
   * Clusters of more rows are parted where they can be. For HDBSCAN.
   */
  uint32_t max_cluster_size;
  /**
   * Not 0 for the smallest clusters, which do not fall apart further, instead of those that last longest. For HDBSCAN.
   */
  uint32_t leaves;
  /**
   * Not 0 if all rows may be one cluster. For HDBSCAN.
   */
  uint32_t allow_single_cluster;
} sonic_cluster_options;

/**
 * What decoding a picture may cost.
 */
typedef struct sonic_image_options {
  /**
   * sizeof(sonic_image_options)
   */
  uint32_t size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Most pixels, width times height.
   */
  uint64_t max_pixels;
  /**
   * Most bytes that a file may have, and that decoding it may take.
   */
  uint64_t max_bytes;
} sonic_image_options;

/**
 * A face in a picture. Coordinates are pixels of the upright picture, x to the right and y down; the centre of the
 * top-left pixel is (0, 0). This layout never changes.
 */
typedef struct sonic_face {
  /**
   * Left, top, right, bottom; a face at the edge reaches beyond the picture.
   */
  float bbox[4];
  /**
   * What the detector gives for it, 0 to 1.
   */
  float score;
  /**
   * Five points, x and y of each: the eye that the viewer sees at the left, the other eye, the tip of the nose, the
   * corner of the mouth at the viewer's left, the other corner.
   */
  float landmarks[10];
  /**
   * The shorter side of the box in pixels of the upright picture.
   */
  float size;
  /**
   * How much fine detail the face has, from 0 for a blurred one on.
   */
  float sharpness;
  /**
   * Estimated turn of the head in degrees, -90 to 90; positive if it looks to the viewer's right.
   */
  float yaw;
  /**
   * Estimated nod in degrees, -90 to 90; positive if it looks up.
   */
  float pitch;
  /**
   * Tilt in degrees, -180 to 180; positive if it is turned clockwise as the viewer sees it.
   */
  float roll;
  /**
   * Mean luminance of the face, 0 for black to 1 for white.
   */
  float brightness;
  /**
   * Part of the face that is nearly black or nearly white, 0 to 1.
   */
  float clipped;
  /**
   * What it is compared by, of unit length as an analyzer makes it; NULL in a row of a store, where
   * sonic_faces_embedding has it.
   */
  const float *embedding;
  /**
   * Numbers of its embedding; 0 in a store after the event was archived.
   */
  size_t dimensions;
} sonic_face;

/**
 * How to look for faces.
 */
typedef struct sonic_face_analyzer_options {
  /**
   * sizeof(sonic_face_analyzer_options)
   */
  uint32_t size;
  /**
   * Threads that one call uses; 0 is as many as the machine has cores.
   */
  uint32_t threads;
  /**
   * A sonic_provider.
   */
  int32_t provider;
  /**
   * Not 0 to look at the picture in its own size, whatever `det_size` says.
   */
  uint32_t own_size;
  /**
   * Not 0 if `det_size` counts; otherwise it is 128 and 640 both, which finds faces that fill the picture too, and
   * in large pictures finer sizes for small faces.
   */
  uint32_t has_det_size;
  /**
   * The side in pixels of the square that a picture is fitted into, a multiple of 32.
   */
  uint32_t det_size;
  /**
   * Not 0 if `max_faces` counts; otherwise all faces are given.
   */
  uint32_t has_max_faces;
  /**
   * Most faces of a picture, the surest.
   */
  uint32_t max_faces;
  /**
   * Not 0 if `threshold` counts; otherwise it is 0.5 with SCRFD and 0.6 with YuNet.
   */
  uint32_t has_threshold;
  /**
   * Least score of a face, above 0 to 1.
   */
  float threshold;
  /**
   * Not 0 if `nms` counts; otherwise it is 0.4 with SCRFD and 0.3 with YuNet.
   */
  uint32_t has_nms;
  /**
   * Most that two faces may overlap, above 0 to 1.
   */
  float nms;
  /**
   * The shared library of ONNX Runtime; NULL is the one that ORT_DYLIB_PATH names, or that the system finds. A process
   * can have one.
   */
  const char *onnxruntime;
  /**
   * The folder of the models; NULL is the one that SONIC_MODELS names, or sonic/models among the user's data.
   */
  const char *models_folder;
  /**
   * Most pixels, width times height, of the pictures that it decodes; 100,000,000 by default.
   */
  uint64_t max_pixels;
} sonic_face_analyzer_options;

/**
 * Shared. A face of a photo in a store. Read it through a pointer that the library gave: later versions add fields at its end.
 */
typedef struct sonic_stored_face {
  /**
   * Its id, never given again.
   */
  uint64_t face_id;
  /**
   * Who it is: a person of its event; 0 while it is unassigned.
   */
  uint64_t person_id;
  /**
   * The event of its photo.
   */
  const char *event;
  /**
   * The id of its photo.
   */
  const char *photo_id;
  /**
   * Where it is and how well it can be seen; its embedding is NULL.
   */
  struct sonic_face face;
  /**
   * Cosine with the embedding that was searched for, -1 to 1; 0 in other lists.
   */
  float similarity;
  /**
   * True if a decision of the user holds it where it is; clustering does not move it then.
   */
  bool confirmed;
} sonic_stored_face;

/**
 * How to search faces by likeness.
 */
typedef struct sonic_face_search_options {
  /**
   * sizeof(sonic_face_search_options)
   */
  uint32_t size;
  /**
   * Threads that share the search; 0 is as many as the machine has cores.
   */
  uint32_t threads;
  /**
   * Least cosine, -1 to 1.
   */
  float threshold;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Faces found at most.
   */
  size_t limit;
  /**
   * Events that are searched, `event_len` of them; none for all.
   */
  const char *const *events;
  /**
   * How many events `events` has.
   */
  size_t event_len;
  /**
   * Ids of faces that are not to be found, `exclude_len` of them.
   */
  const uint64_t *exclude;
  /**
   * How many ids `exclude` has.
   */
  size_t exclude_len;
} sonic_face_search_options;

/**
 * What to write into the row of a photo. Text is UTF-8 and copied; NULL leaves a field out.
 */
typedef struct sonic_photo_options {
  /**
   * sizeof(sonic_photo_options)
   */
  uint32_t size;
  /**
   * Not 0 to keep a small picture of each face of a source, of `thumbnail_size`; so by default.
   */
  uint32_t has_thumbnail_size;
  /**
   * The side in pixels of that picture, 1 to 4096.
   */
  uint32_t thumbnail_size;
  /**
   * Not 0 if `created_at_ms` says when it was taken or added; otherwise that is now.
   */
  uint32_t has_created_at_ms;
  /**
   * Its id, unique in its event, 1 to SONIC_MAX_ID_BYTES bytes. Needed, except for files: NULL is the file's name
   * there.
   */
  const char *photo_id;
  /**
   * Where the picture is kept; NULL is the path for files.
   */
  const char *path;
  /**
   * The user who brought it.
   */
  const char *user_id;
  /**
   * Whatever else is to be kept, one JSON value.
   */
  const char *metadata_json;
  /**
   * When it was taken or added, in milliseconds since 1970 UTC, not 0.
   */
  uint64_t created_at_ms;
  /**
   * Most pixels of a picture that is decoded, width times height; 100,000,000 by default.
   */
  uint64_t max_pixels;
} sonic_photo_options;

/**
 * A photo of an event, as a store keeps it. Read it through a pointer that the library gave: later versions add fields
 * at its end.
 */
typedef struct sonic_photo {
  /**
   * Its id, unique in its event.
   */
  const char *photo_id;
  /**
   * The event that it belongs to.
   */
  const char *event;
  /**
   * Where the picture is kept, or NULL.
   */
  const char *path;
  /**
   * Hash of the picture's bytes, or NULL.
   */
  const char *source_hash;
  /**
   * The user who brought it, or NULL.
   */
  const char *user_id;
  /**
   * Whatever else the caller wanted to keep, as JSON, or NULL.
   */
  const char *metadata_json;
  /**
   * When it was added, in milliseconds since 1970 UTC.
   */
  uint64_t created_at_ms;
  /**
   * Width in pixels of the upright picture; 0 if it is not known.
   */
  uint32_t width;
  /**
   * Height in pixels of the upright picture; 0 if it is not known.
   */
  uint32_t height;
  /**
   * Faces kept of it.
   */
  uint32_t faces;
} sonic_photo;

/**
 * How photos are added from files and folders.
 */
typedef struct sonic_add_photos_options {
  /**
   * sizeof(sonic_add_photos_options)
   */
  uint32_t size;
  /**
   * Photos that are decoded at once; 0, the default, is as many as the machine has cores.
   */
  uint32_t threads;
  /**
   * Not 0 to keep a small picture of each face, of `thumbnail_size`; so by default.
   */
  uint32_t has_thumbnail_size;
  /**
   * The side in pixels of that picture, 1 to 4096.
   */
  uint32_t thumbnail_size;
  /**
   * The user who brought them, or NULL.
   */
  const char *user_id;
  /**
   * 0.
   */
  size_t reserved;
  /**
   * Most pixels of a picture, width times height; 100,000,000 by default.
   */
  uint64_t max_pixels;
} sonic_add_photos_options;

/**
 * A photo's file that was to be added. Read it through a pointer that the library gave: later versions add fields at its
 * end.
 */
typedef struct sonic_added_photo_file {
  /**
   * The file.
   */
  const char *path;
  /**
   * The id of its photo in the event: of the earlier one if it is a duplicate; NULL if it failed.
   */
  const char *photo_id;
  /**
   * Why it failed, in words; NULL if it did not.
   */
  const char *reason;
  /**
   * Its faces.
   */
  uint32_t faces;
  /**
   * Width in pixels of the upright picture; 0 if it failed.
   */
  uint32_t width;
  /**
   * Height in pixels of the upright picture; 0 if it failed.
   */
  uint32_t height;
  /**
   * What became of it.
   */
  enum sonic_add_status status;
  /**
   * A sonic_status: why it failed.
   */
  int32_t error;
  /**
   * True if the file ended early.
   */
  bool truncated;
} sonic_added_photo_file;

/**
 * An event with its counts. Read it through a pointer that the library gave: later versions add fields at its end.
 */
typedef struct sonic_event {
  /**
   * Its name.
   */
  const char *name;
  /**
   * Photos, with or without faces.
   */
  uint64_t photos;
  /**
   * Faces.
   */
  uint64_t faces;
  /**
   * People, without those who were merged into others.
   */
  uint64_t people;
  /**
   * When its first photo was added, in milliseconds since 1970 UTC.
   */
  uint64_t created_at_ms;
  /**
   * True if its embeddings were removed.
   */
  bool archived;
} sonic_event;

/**
 * That a photo shows a user. Read it through a pointer that the library gave: later versions add fields at its end.
 */
typedef struct sonic_tag {
  /**
   * The event.
   */
  const char *event;
  /**
   * The photo.
   */
  const char *photo_id;
  /**
   * The user.
   */
  const char *user_id;
  /**
   * The person that is linked to the user.
   */
  uint64_t person_id;
  /**
   * The person's face.
   */
  uint64_t face_id;
  /**
   * Left, top, right and bottom of the face in pixels of the upright picture.
   */
  float bbox[4];
} sonic_tag;

/**
 * A person of an event: somebody whose face is on its photos. Read it through a pointer that the library gave: later
 * versions add fields at its end.
 */
typedef struct sonic_person {
  /**
   * Its id, the same through every clustering and never given again.
   */
  uint64_t person_id;
  /**
   * The person that its faces are of now; 0 if it was not merged.
   */
  uint64_t merged_into;
  /**
   * The face that stands for it; 0 if it has no face.
   */
  uint64_t representative_face_id;
  /**
   * The event.
   */
  const char *event;
  /**
   * The user that it is, or NULL.
   */
  const char *user_id;
  /**
   * A name for people, or NULL.
   */
  const char *name;
  /**
   * The address that was invited, or NULL.
   */
  const char *invitation_email;
  /**
   * Ids of people who are not the same, `not_same_len` of them.
   */
  const uint64_t *not_same;
  /**
   * How many ids `not_same` has.
   */
  size_t not_same_len;
  /**
   * When it was invited, in milliseconds since 1970 UTC; 0 if has_invited_at_ms is false.
   */
  uint64_t invited_at_ms;
  /**
   * When it was found.
   */
  uint64_t created_at_ms;
  /**
   * When something about it last changed.
   */
  uint64_t updated_at_ms;
  /**
   * Its number in the event.
   */
  uint32_t label;
  /**
   * What became of it.
   */
  enum sonic_person_status status;
  /**
   * Its faces.
   */
  uint32_t faces;
  /**
   * Photos that it is on.
   */
  uint32_t photos;
  /**
   * Mean score of its faces' detection, 0 to 1.
   */
  float avg_quality;
  /**
   * The least score.
   */
  float min_quality;
  /**
   * The greatest.
   */
  float max_quality;
  /**
   * True if it was invited.
   */
  bool has_invited_at_ms;
  /**
   * True if the user chose the face that stands for it.
   */
  bool pinned;
  /**
   * True if the user has decided something about it; clustering does not remove it then.
   */
  bool confirmed;
} sonic_person;

/**
 * What making two people one came to. Read it through a pointer that the library gave: later versions add fields at its end.
 */
typedef struct sonic_merged_people {
  /**
   * The person that both are now. Borrowed: do not free it.
   */
  const struct sonic_person *person;
  /**
   * Faces that are unassigned now, because another of the same photo is more like the person; `unassigned_len` ids.
   */
  const uint64_t *unassigned;
  /**
   * How many ids `unassigned` has.
   */
  size_t unassigned_len;
} sonic_merged_people;

/**
 * How people are found.
 */
typedef struct sonic_people_cluster_options {
  /**
   * sizeof(sonic_people_cluster_options)
   */
  uint32_t size;
  /**
   * The most threads that may work at once; 0 is as many as the machine has cores.
   */
  uint32_t threads;
  /**
   * A sonic_cluster_mode.
   */
  int32_t mode;
  /**
   * A sonic_cluster_method.
   */
  int32_t method;
  /**
   * A sonic_assign_to.
   */
  int32_t assign_to;
  /**
   * Faces that HDBSCAN takes for a cluster, at least 2.
   */
  uint32_t min_cluster_size;
  /**
   * Faces near a face, itself included, within which its density is taken, at least 1.
   */
  uint32_t min_samples;
  /**
   * Not 0 if `gather_similarity` counts; otherwise the faces it is about are left over.
   */
  uint32_t has_gather_similarity;
  /**
   * For HDBSCAN the distance (1 less the cosine) within which clusters are not parted, for DBSCAN that of neighbours.
   */
  double epsilon;
  /**
   * Cosine from which on a face is of a person who is there.
   */
  float assign_similarity;
  /**
   * Cosine with the mean of the others below which a face is left out of its cluster; -1 leaves none out.
   */
  float min_similarity;
  /**
   * Cosine from which on faces that clustering leaves over are one person, or join the one they are most like.
   */
  float gather_similarity;
  /**
   * Score from which on a face takes part in clusters, 0 to 1.
   */
  float min_quality;
  /**
   * Shorter side of the box in pixels from which on a face takes part in clusters. This and the next are looked at for
   * faces whose quality was measured, that is, whose size is not 0.
   */
  float min_size;
  /**
   * Sharpness from which on a face takes part in clusters.
   */
  float min_sharpness;
  /**
   * Not 0 if `single_quality` counts; otherwise a face that is like no other is never a person.
   */
  uint32_t has_single_quality;
  /**
   * Score from which on a face that is like no other is a person too.
   */
  float single_quality;
} sonic_people_cluster_options;

/**
 * A person, as a clustering reports it. This layout never changes.
 */
typedef struct sonic_cluster_summary {
  /**
   * The person.
   */
  uint64_t person_id;
  /**
   * The face that stands for it; 0 if there is none.
   */
  uint64_t representative_face_id;
  /**
   * Its number in the event.
   */
  uint32_t label;
  /**
   * Its faces.
   */
  uint32_t face_count;
  /**
   * Mean score of its faces' detection, 0 to 1.
   */
  float avg_quality;
  /**
   * 1 if it was made just now, else 0.
   */
  uint32_t is_new;
} sonic_cluster_summary;

/**
 * What a clustering came to. Read it through a pointer that the library gave: later versions add fields at its end.
 */
typedef struct sonic_cluster_report {
  /**
   * The event.
   */
  const char *event;
  /**
   * Everybody with a face, in order of label; `cluster_len` of them.
   */
  const struct sonic_cluster_summary *clusters;
  /**
   * How many `clusters` has.
   */
  size_t cluster_len;
  /**
   * How long it took, in milliseconds.
   */
  double elapsed_ms;
  /**
   * Faces of the event.
   */
  uint32_t total_faces;
  /**
   * People that were there before and are there still.
   */
  uint32_t preserved_clusters;
  /**
   * Faces that were unassigned before and are now of somebody who was there.
   */
  uint32_t assigned_to_existing;
  /**
   * New people.
   */
  uint32_t new_clusters_created;
  /**
   * People that are gone: nobody had decided anything about them, and their faces are of others now.
   */
  uint32_t removed_clusters;
  /**
   * Unassigned faces.
   */
  uint32_t unassigned_faces;
} sonic_cluster_report;

/**
 * How a report about people is made.
 */
typedef struct sonic_report_options {
  /**
   * sizeof(sonic_report_options)
   */
  uint32_t size;
  /**
   * Most faces shown of a person.
   */
  uint32_t max_faces;
  /**
   * The side in pixels of a face that is cut out of the photo's file, 1 to 4096.
   */
  uint32_t thumbnail_size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * What the page says about when it was made; NULL for nothing.
   */
  const char *date;
} sonic_report_options;

/**
 * How a recogniser is queried. What is about services counts for those alone.
 */
typedef struct sonic_recognizer_options {
  /**
   * sizeof(sonic_recognizer_options)
   */
  uint32_t size;
  /**
   * Utterances that are recognised at once, 1 to 64; 4.
   */
  uint32_t concurrency;
  /**
   * Utterances that wait at most, 1 to 100,000; further ones are refused. 64.
   */
  uint32_t queue;
  /**
   * How often a service is tried, 1 to 10; 3.
   */
  uint32_t attempts;
  /**
   * An answer is waited for so long, in milliseconds; 30,000.
   */
  uint64_t timeout_ms;
  /**
   * An answer to one call of a service is waited for so long, tries together, in milliseconds; 20,000.
   */
  uint64_t service_timeout_ms;
  /**
   * The model that OpenAI's interface is to use; NULL is "whisper-1".
   */
  const char *model;
  /**
   * What a service is sent as bearer token; may be NULL.
   */
  const char *token;
  /**
   * The shared library of ONNX Runtime; see sonic_voice_embedder_options.
   */
  const char *onnxruntime;
  /**
   * The folder of the models; see sonic_voice_embedder_options.
   */
  const char *models_folder;
} sonic_recognizer_options;

/**
 * What a function is to say the words of. Read it through the pointer that the library gave: later versions add fields at
 * its end. It and what it points to are good until the function returns.
 */
typedef struct sonic_utterance {
  /**
   * The sound: mono, 16,000 samples a second, a minute at most.
   */
  const float *samples;
  /**
   * How many samples there are.
   */
  size_t len;
  /**
   * What was said in the meeting before, which helps to get names right; may be NULL.
   */
  const char *prompt;
  /**
   * The language that is spoken, as ISO 639-1; NULL to find out.
   */
  const char *language;
  /**
   * False while the utterance goes on: the answer is shown and then replaced.
   */
  bool is_final;
} sonic_utterance;

/**
 * Says what was said in an utterance, by sonic_recognition_set_text and sonic_recognition_add_word. It gives 0, or a
 * sonic_status if it cannot: SONIC_ERROR_BUSY to be called again later. It is called by threads of the library, as many at
 * once as `options.concurrency`, and returns in the ordinary way: no exception, no longjmp. It must not use the session that
 * waits for it.
 */
typedef int32_t (*sonic_recognize)(void *state,
                                   const struct sonic_utterance *utterance,
                                   struct sonic_recognition *recognition);

/**
 * Told once that a function is not called any more, when the recogniser and the sessions that use it are freed and the last
 * call has returned; by any thread.
 */
typedef void (*sonic_release)(void *state);

/**
 * How utterances fared at a recogniser.
 */
typedef struct sonic_recognition_counts {
  /**
   * sizeof(sonic_recognition_counts), set by the caller.
   */
  uint32_t size;
  /**
   * Threads that the recogniser has not given back in time.
   */
  uint32_t stuck;
  /**
   * Utterances that were answered.
   */
  uint64_t answered;
  /**
   * Those for which it gave an error, or an answer that cannot be one.
   */
  uint64_t failed;
  /**
   * Those for which no answer came in time.
   */
  uint64_t timed_out;
  /**
   * Those that were refused because too many waited.
   */
  uint64_t refused;
} sonic_recognition_counts;

/**
 * A word with its place in time. This layout never changes.
 */
typedef struct sonic_word {
  /**
   * Where it begins, in milliseconds of the connection's sound.
   */
  uint64_t start_ms;
  /**
   * Where it ends.
   */
  uint64_t end_ms;
  /**
   * The word, without space around it.
   */
  const char *text;
  /**
   * How sure the recogniser is of it, 0 to 1.
   */
  float confidence;
  /**
   * 0.
   */
  uint32_t reserved;
} sonic_word;

/**
 * A stretch of speech with what was said in it and by whom, as far as that is known. More context revises a segment under
 * its id: the one of the largest revision holds. Read it through a pointer that the library gave: later versions add fields
 * at its end.
 */
typedef struct sonic_segment {
  /**
   * The same sound of the same connection, heard by the same pipeline, has the same id, in another process too.
   */
  const char *id;
  /**
   * What was said; "" if nothing was understood, or nobody was asked.
   */
  const char *text;
  /**
   * Who spoke; NULL if nobody knows.
   */
  const char *speaker;
  /**
   * The words of the text in order, `word_len` of them; none if the recogniser gives none.
   */
  const struct sonic_word *words;
  /**
   * How many words there are.
   */
  size_t word_len;
  /**
   * Where it begins, in milliseconds of the connection's sound.
   */
  uint64_t start_ms;
  /**
   * Where it ends.
   */
  uint64_t end_ms;
  /**
   * 0 for what was known first, one more each time that something of it changed.
   */
  uint32_t revision;
  /**
   * How sure it all is, 0 to 1: of the text if there is one, and of the speaker if one is named.
   */
  float confidence;
  /**
   * False while somebody still speaks or the text is still to come. Later only who said it may change.
   */
  bool is_final;
} sonic_segment;

/**
 * A stretch of time in which one speaker speaks; those of two may overlap. Read it through a pointer that the library gave:
 * later versions add fields at its end.
 */
typedef struct sonic_turn {
  /**
   * Who speaks: a name, or the label of a voice that nobody has named.
   */
  const char *speaker;
  /**
   * Where it begins, in milliseconds of the connection's sound.
   */
  uint64_t start_ms;
  /**
   * Where it ends.
   */
  uint64_t end_ms;
  /**
   * How sure that is, 0 to 1.
   */
  float confidence;
  /**
   * True if somebody else speaks in a part of it as well.
   */
  bool overlapped;
} sonic_turn;

/**
 * How a connection is followed.
 */
typedef struct sonic_live_options {
  /**
   * sizeof(sonic_live_options)
   */
  uint32_t size;
  /**
   * How many slices with a higher index may come before a slice, which is given up then; 3.
   */
  uint32_t window;
  /**
   * How far a container's time may be ahead of the packets, in milliseconds, before it is a gap; 100.
   */
  double gap_threshold_ms;
  /**
   * Most bytes of a slice, and of all slices that wait for one before them; 16 MiB.
   */
  uint64_t max_slice_bytes;
  /**
   * Speech begins where its probability reaches this, between 0 and 1; it ends where it stays 0.15 under it. 0.5.
   */
  float threshold;
  /**
   * A pause of this length ends an utterance, in milliseconds; 500.
   */
  uint32_t hangover_ms;
  /**
   * Utterances with less speech than this are left out, in milliseconds; 250.
   */
  uint32_t min_speech_ms;
  /**
   * What is kept before and after the speech, in milliseconds; at most the hangover. 150.
   */
  uint32_t padding_ms;
  /**
   * A longer utterance is cut in two where it is quietest in its last third, in milliseconds; 15,000.
   */
  uint32_t max_ms;
  /**
   * While an utterance goes on, it is recognised each time that it is longer by this, in milliseconds; 0 for never. 2,000.
   */
  uint32_t partial_ms;
  /**
   * Milliseconds that a digit of activity stands for; 100.
   */
  uint32_t bit_ms;
  /**
   * How much later than its first digit an update of activity is stamped, in milliseconds; 1,000.
   */
  uint32_t delay_ms;
  /**
   * How long a microphone counts as active after somebody spoke, in milliseconds; 200.
   */
  uint32_t hold_ms;
  /**
   * Above this cosine with the voiceprint of a track it is that speaker, and the voiceprint stays as it is; 0.95.
   */
  float same;
  /**
   * Above this it is that speaker, and the voiceprint grows; up to it, somebody new. 0.35.
   */
  float matching;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Says what was said; NULL: nobody is asked.
   */
  const struct sonic_recognizer *recognizer;
  /**
   * Tells speech from the rest; NULL is a method without a model.
   */
  const struct sonic_speech_model *speech_model;
  /**
   * Describes voices; NULL: only activity tells who speaks.
   */
  const struct sonic_voice_embedder *embedder;
  /**
   * Its voices have names; NULL: voices that no meeting names are called "voice 1" and so on. The session keeps the store
   * open.
   */
  const struct sonic_store *store;
  /**
   * The language that is spoken, as ISO 639-1; NULL to let the recogniser find out.
   */
  const char *language;
} sonic_live_options;

/**
 * How the utterances of a connection fared.
 */
typedef struct sonic_live_stats {
  /**
   * sizeof(sonic_live_stats), set by the caller.
   */
  uint32_t size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Utterances that ended.
   */
  uint64_t utterances;
  /**
   * Utterances whose text is final.
   */
  uint64_t recognized;
  /**
   * Times that a recogniser failed, gave an answer that is none, or gave none in time.
   */
  uint64_t failures;
  /**
   * Utterances that were given up: their segments stay without text.
   */
  uint64_t given_up;
  /**
   * What went wrong last: the name of its status, such as "io"; NULL if nothing did. It and the next field are borrowed
   * from the session until they are read again.
   */
  const char *last_failure_kind;
  /**
   * The words of the last failure; NULL if there was none.
   */
  const char *last_failure;
} sonic_live_stats;

/**
 * A tempo, and from where on it holds. This layout never changes.
 */
typedef struct sonic_tempo {
  /**
   * Quarter notes from the start of the performance.
   */
  double offset_beats;
  /**
   * Seconds from the start of the performance.
   */
  double seconds;
  /**
   * Quarter notes a minute, above 0.
   */
  double bpm;
} sonic_tempo;

/**
 * One part of a score: a singer, several on one staff, or an instrument. Read it by sonic_score_part_at: later versions add
 * fields at its end. Voices, verses and ranges are in sonic_score_json.
 */
typedef struct sonic_part {
  /**
   * Its id, by which the file refers to it.
   */
  const char *part_id;
  /**
   * Its name for people; may be "".
   */
  const char *part_name;
  /**
   * How many notes are sung, those of all voices.
   */
  size_t note_len;
} sonic_part;

/**
 * A syllable under a note. Read it through a pointer that the library gave: this layout never changes.
 */
typedef struct sonic_lyric {
  /**
   * The number of the verse as the file writes it.
   */
  const char *verse;
  /**
   * The text without white space around it, never empty; NULL if there is only a line that shows that a syllable lasts on.
   */
  const char *text;
  /**
   * The place of the syllable in its word, "single", "begin", "middle" or "end"; NULL without text. Static.
   */
  const char *syllabic;
  /**
   * The line that shows that a syllable lasts on, "start", "stop" or "continue"; NULL without one. Static.
   */
  const char *extend;
  /**
   * What the file calls this line of text, such as "Chorus"; may be NULL.
   */
  const char *name;
  /**
   * True for two or more syllables on one note.
   */
  bool elision;
  /**
   * True if the note is hummed.
   */
  bool humming;
  /**
   * True if the note is laughed.
   */
  bool laughing;
} sonic_lyric;

/**
 * A note that is sung: all written notes that ties join to one. Read it by sonic_score_note_at: later versions add fields at
 * its end.
 */
typedef struct sonic_sung_note {
  /**
   * Quarter notes from the start of the performance.
   */
  double offset_beats;
  /**
   * Quarter notes that it lasts.
   */
  double duration_beats;
  /**
   * Seconds from the start of the performance.
   */
  double onset_s;
  /**
   * Seconds that it lasts.
   */
  double duration_s;
  /**
   * The pitch as written, in MIDI numbers (60 is the middle C), with fractions for microtones.
   */
  double written_midi;
  /**
   * The pitch as it sounds, after transposition.
   */
  double pitch_midi;
  /**
   * The written measure in which it starts, counted from 0.
   */
  uint64_t measure_index;
  /**
   * The number of that measure as the file prints it.
   */
  const char *measure_number;
  /**
   * The voice within the part, as the file names it.
   */
  const char *voice;
  /**
   * The syllables of the verses, `lyric_len` of them.
   */
  const struct sonic_lyric *lyrics;
  /**
   * How many syllables there are.
   */
  size_t lyric_len;
  /**
   * The verses whose syllable this note carries on, `melisma_len` of them.
   */
  const char *const *melisma;
  /**
   * How many verses there are.
   */
  size_t melisma_len;
  /**
   * How often that measure has been played so far, from 1.
   */
  uint32_t pass;
  /**
   * The staff, from 1.
   */
  uint32_t staff;
  /**
   * 0 for the first note of a chord as written, which carries the words; 1 and on for the others.
   */
  uint32_t chord;
  /**
   * How many written notes were joined.
   */
  uint32_t tied;
} sonic_sung_note;

/**
 * Something unusual in a score, and what was made of it. Read it by sonic_score_warning_at: later versions add fields at its
 * end.
 */
typedef struct sonic_score_warning {
  /**
   * A fixed name for programs, such as "tempo_ignored".
   */
  const char *code;
  /**
   * The id of the part; NULL if it concerns the whole score.
   */
  const char *part_id;
  /**
   * The number of the first measure that it concerns, as the file prints it; may be NULL.
   */
  const char *measure_number;
  /**
   * What is unusual and how it was read.
   */
  const char *message;
  /**
   * How often it occurs.
   */
  uint64_t count;
} sonic_score_warning;

/**
 * How a voicebank is opened.
 */
typedef struct sonic_voicebank_options {
  /**
   * sizeof(sonic_voicebank_options)
   */
  uint32_t size;
  /**
   * Threads that one run of a model uses; 0 is as many as the machine has cores.
   */
  uint32_t threads;
  /**
   * What its models run on: a sonic_provider.
   */
  int32_t provider;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Folders that hold installed vocoders, a folder each, `vocoder_len` of them. A folder `_packages` beside the bank is
   * looked in as well.
   */
  const char *const *vocoders;
  /**
   * How many folders there are.
   */
  size_t vocoder_len;
  /**
   * The shared library of ONNX Runtime; see sonic_voice_embedder_options. It is loaded when the bank first sings; one that
   * is named here, at once.
   */
  const char *onnxruntime;
} sonic_voicebank_options;

/**
 * One fault of a voicebank. Read it through a pointer that the library gave: later versions add fields at its end.
 */
typedef struct sonic_finding {
  /**
   * What kind of fault, one of a fixed list of names, such as "missing_file".
   */
  const char *code;
  /**
   * "error": the bank does not sing, or not every song; "warning": it sings, but not as its author meant.
   */
  const char *severity;
  /**
   * The part of the bank it belongs to: "bank", "acoustic", "duration", "pitch", "variance" or "vocoder".
   */
  const char *stage;
  /**
   * The file, from the bank's folder, with "/" between folders.
   */
  const char *file;
  /**
   * What is wrong and what to do.
   */
  const char *message;
  /**
   * The line in the file, from 1; counts where has_line is true.
   */
  uint32_t line;
  /**
   * True where the line is known.
   */
  bool has_line;
} sonic_finding;

/**
 * Something in a score that is not sung as it is written. Read it through a pointer that the library gave: later versions
 * add fields at its end.
 */
typedef struct sonic_render_warning {
  /**
   * A fixed name for programs, such as "unknown_word".
   */
  const char *code;
  /**
   * The number of the measure, as printed; "" if it concerns the whole part.
   */
  const char *measure;
  /**
   * The verse; "" if it concerns all.
   */
  const char *verse;
  /**
   * What is not as it is written, and what was sung instead.
   */
  const char *message;
} sonic_render_warning;

/**
 * How a score is sung. The defaults change nothing of what the voicebank does by itself.
 */
typedef struct sonic_render_options {
  /**
   * sizeof(sonic_render_options)
   */
  uint32_t size;
  /**
   * Steps of diffusion of the spectrogram, 1 to 1000: more take longer and may sound better. 20.
   */
  uint32_t steps;
  /**
   * Steps of diffusion of the pitch, 1 to 1000; 10.
   */
  uint32_t pitch_steps;
  /**
   * Steps of diffusion of energy and the like, 1 to 1000; 20.
   */
  uint32_t variance_steps;
  /**
   * 1: a word that cannot be spelled is an error. 0: it is hummed, with a warning.
   */
  uint32_t strict;
  /**
   * 1: a word that cannot be spelled is left out in place of being hummed.
   */
  uint32_t silence_unknown;
  /**
   * The part by its place in the score, from 0; not looked at if part_id is given.
   */
  uint32_t part;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Speed of consonants, -1 (slow, soft) to 1 (fast, hard); 0.
   */
  double articulation;
  /**
   * Breathiness, -100 to 100; 0.
   */
  double airiness;
  /**
   * Energy, -100 to 100; 0.
   */
  double intensity;
  /**
   * Tension, -100 to 100; 0.
   */
  double tension;
  /**
   * Voicing, 0 to 200; 100 is what the model predicts.
   */
  double clarity;
  /**
   * Formants, -100 (up) to 100 (down); 0.
   */
  double gender;
  /**
   * How much of the predicted expression the pitch has, 0 to 1; 0 sings the notes as they are written. 1.
   */
  double pitch_expression;
  /**
   * Depth of shallow diffusion, above 0 to 1, as far as the bank allows; 1.
   */
  double depth;
  /**
   * Most bytes of the cache, about; what was not used for the longest time goes first. 1,000,000,000.
   */
  uint64_t cache_bytes;
  /**
   * The part by its id; NULL: by its place.
   */
  const char *part_id;
  /**
   * The voice within the part; NULL for all of them, of which one note sounds at a time.
   */
  const char *voice;
  /**
   * The verse, by its number as the score writes it; NULL for the verse of each pass of a repeat.
   */
  const char *verse;
  /**
   * The language of the words, such as "en": it chooses dictionary and spelling rules. NULL for the bank's own.
   */
  const char *language;
  /**
   * The voice colour or the speaker; NULL for the first.
   */
  const char *voice_color;
  /**
   * A folder that keeps phrases, for any number of processes; NULL for none. What was sung before is not sung again.
   */
  const char *cache;
} sonic_render_options;

/**
 * How far a song has come.
 */
typedef struct sonic_render_progress {
  /**
   * sizeof(sonic_render_progress), set by the caller.
   */
  uint32_t size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Seconds of the song up to the end of the last phrase that is ready.
   */
  double done_seconds;
  /**
   * Seconds of the song up to the end of its last word.
   */
  double total_seconds;
  /**
   * Phrases that were rendered.
   */
  uint64_t rendered;
  /**
   * Phrases that came from the cache.
   */
  uint64_t from_cache;
} sonic_render_progress;

/**
 * A phoneme that is sung. This layout never changes.
 */
typedef struct sonic_phoneme {
  /**
   * Its name in the bank.
   */
  const char *symbol;
  /**
   * Where it starts, in seconds from the start of the song.
   */
  double start_seconds;
  /**
   * Where it ends.
   */
  double end_seconds;
} sonic_phoneme;

/**
 * A voice of a mix. This layout never changes.
 */
typedef struct sonic_track {
  /**
   * The sound from the start of the song, one channel; not copied.
   */
  const float *samples;
  /**
   * How many samples there are.
   */
  size_t len;
  /**
   * How loud, 0 to 4; 1 changes nothing.
   */
  float volume;
  /**
   * Where it stands, -1 (left) to 1 (right); 0 is the middle.
   */
  float pan;
  /**
   * True if it does not sound.
   */
  bool mute;
  /**
   * True if only it, and others like it, sound, whatever is muted.
   */
  bool solo;
} sonic_track;

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
  /**
   * Number of the snapshot that the store was pulled or pushed as last, from 1 on; 0 if it never was.
   */
  uint64_t snapshot;
  /**
   * Why the store cannot follow its snapshots just now, borrowed from the store's handle until it is freed or the reason is
   * another; NULL if it can, or nobody in this process follows.
   */
  const char *follow_error;
} sonic_stats;

/**
 * What was saved of a damaged store. Set `size` before the call; the rest is filled in as far as it reaches.
 */
typedef struct sonic_salvaged {
  /**
   * sizeof(sonic_salvaged)
   */
  uint32_t size;
  /**
   * True if one of the two pages is damaged that tell in turn of the last change: what was saved is perhaps what was there
   * before it, and has what that change removed.
   */
  bool may_lack_last_change;
  /**
   * Recordings with their landmarks.
   */
  uint64_t recordings;
  /**
   * Voices.
   */
  uint64_t voices;
  /**
   * People with a voiceprint.
   */
  uint64_t people;
  /**
   * Photos.
   */
  uint64_t photos;
  /**
   * Faces.
   */
  uint64_t faces;
  /**
   * Rows that were damaged.
   */
  uint64_t damaged_rows;
  /**
   * Pages that could not be made out; of what lay below them nothing may be missing.
   */
  uint64_t damaged_pages;
  /**
   * Recordings that were imported without their sound. Of their hashes some may be lost.
   */
  uint64_t imported;
} sonic_salvaged;

/**
 * What was forgotten of voices. Set `size` before the call; the rest is filled in as far as it reaches.
 */
typedef struct sonic_forgotten_voices {
  /**
   * sizeof(sonic_forgotten_voices)
   */
  uint32_t size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Voiceprints.
   */
  uint64_t voiceprints;
  /**
   * Recordings, with their embeddings.
   */
  uint64_t recordings;
  /**
   * Embeddings of unnamed speakers.
   */
  uint64_t speakers;
} sonic_forgotten_voices;

/**
 * What was forgotten of faces. Set `size` before the call; the rest is filled in as far as it reaches.
 */
typedef struct sonic_forgotten_faces {
  /**
   * sizeof(sonic_forgotten_faces)
   */
  uint32_t size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Faces, with their embeddings.
   */
  uint64_t faces;
  /**
   * People.
   */
  uint64_t people;
  /**
   * Photos that showed a linked person, each counted once for each person.
   */
  uint64_t tags;
  /**
   * Photos that were removed; when a user is forgotten, photos that no longer say who brought them.
   */
  uint64_t photos;
} sonic_forgotten_faces;

/**
 * How a stream is monitored.
 */
typedef struct sonic_monitor_options {
  /**
   * sizeof(sonic_monitor_options)
   */
  uint32_t size;
  /**
   * Threads that share the work of a search, 1; 0 is as many as the machine has cores.
   */
  uint32_t threads;
  /**
   * How many slices with a higher index may come before a slice, which is given up then; 3.
   */
  uint32_t window;
  /**
   * 0, or: slices are mono samples, 32-bit floats of this machine, so many a second.
   */
  uint32_t raw_sample_rate;
  /**
   * How far a container's time may be ahead of the packets, in milliseconds, before it is a gap; 100.
   */
  double gap_threshold_ms;
  /**
   * Ids of recordings that are not looked for, `exclude_len` of them.
   */
  const char *const *exclude;
  /**
   * How many ids `exclude` has.
   */
  size_t exclude_len;
} sonic_monitor_options;

/**
 * A recording that is, or was, on air. Read it through a pointer that the library gave: later versions add fields at its end.
 */
typedef struct sonic_airing {
  /**
   * Counts the airings of a stream from 0: it is reported twice under its number, when it is recognised and when it ended.
   */
  uint64_t number;
  /**
   * The recording's id.
   */
  const char *id;
  /**
   * Its title; NULL if it has none.
   */
  const char *title;
  /**
   * Where it begins, in milliseconds of the stream.
   */
  uint64_t start_ms;
  /**
   * Where it ends; how far it is known to play as long as it plays.
   */
  uint64_t end_ms;
  /**
   * Where in the recording it begins, in milliseconds.
   */
  uint64_t offset_ms;
  /**
   * Log-odds that it is right.
   */
  float score;
  /**
   * Probability that it is right, 0 to 1.
   */
  float probability;
  /**
   * Seconds of recording per second of stream: above 1 if it is played faster.
   */
  float time_scale;
  /**
   * Semitones by which it sounds higher than the recording.
   */
  float pitch_semitones;
  /**
   * False while it plays.
   */
  bool ended;
} sonic_airing;

/**
 * How to add many files.
 */
typedef struct sonic_add_options {
  /**
   * sizeof(sonic_add_options)
   */
  uint32_t size;
  /**
   * Threads that decode while one writes; 0 is as many as the machine has cores.
   */
  uint32_t threads;
  /**
   * Not 0 to make ids of the paths of files, as they are named; otherwise of their names without folder and extension.
   */
  uint32_t id_from_path;
  /**
   * Not 0 to let a file take the place of the recording that has its id and other bytes; otherwise it fails.
   */
  uint32_t replace;
  /**
   * Not 0 to add what holds nothing to be recognised by, silence or no sound at all.
   */
  uint32_t keep_silent;
  /**
   * Not 0 to take the sound track `track` of each file; otherwise the one that it calls its default.
   */
  uint32_t has_track;
  /**
   * The number of a sound track, counted from 0 in the order of the file.
   */
  uint32_t track;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * What stands in front of ids; NULL is nothing.
   */
  const char *id_prefix;
} sonic_add_options;

/**
 * One comparison of two recordings whose speakers are known. This layout never changes.
 */
typedef struct sonic_voice_trial {
  /**
   * Cosine of the two embeddings.
   */
  float score;
  /**
   * Not 0 if one person spoke in both.
   */
  int32_t same;
} sonic_voice_trial;

/**
 * How a cosine becomes evidence: its natural log-likelihood ratio is slope * cosine + offset. Set `size` before the
 * call; the rest is filled in as far as it reaches.
 */
typedef struct sonic_calibration {
  /**
   * sizeof(sonic_calibration)
   */
  uint32_t size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Growth of the evidence with the cosine.
   */
  double slope;
  /**
   * Evidence of a cosine of 0.
   */
  double offset;
  /**
   * Trials that it was fitted from; 0 if it is a default.
   */
  uint64_t trials;
} sonic_calibration;

/**
 * Counts of the voices. Set `size` before the call; the rest is filled in as far as it reaches.
 */
typedef struct sonic_voice_stats {
  /**
   * sizeof(sonic_voice_stats)
   */
  uint32_t size;
  /**
   * Numbers of an embedding; 0 while there are none.
   */
  uint32_t dimensions;
  /**
   * Recordings.
   */
  uint64_t recordings;
  /**
   * People.
   */
  uint64_t people;
  /**
   * Strangers of the cohort that was given.
   */
  uint64_t cohort;
  /**
   * Pipeline of the embeddings, borrowed from the store's handle; NULL while there are none.
   */
  const char *pipeline;
} sonic_voice_stats;

/**
 * Counts of the faces. Set `size` before the call; the rest is filled in as far as it reaches.
 */
typedef struct sonic_face_stats {
  /**
   * sizeof(sonic_face_stats)
   */
  uint32_t size;
  /**
   * Numbers of an embedding; 0 while there are none.
   */
  uint32_t dimensions;
  /**
   * Events.
   */
  uint64_t events;
  /**
   * Photos, with or without faces.
   */
  uint64_t photos;
  /**
   * Faces.
   */
  uint64_t faces;
  /**
   * People, those who were merged into others too.
   */
  uint64_t people;
  /**
   * Pipeline of the embeddings, borrowed from the store's handle; NULL while there are none.
   */
  const char *pipeline;
} sonic_face_stats;

/**
 * What archiving removed. Set `size` before the call; the rest is filled in as far as it reaches.
 */
typedef struct sonic_archived_event {
  /**
   * sizeof(sonic_archived_event)
   */
  uint32_t size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Embeddings that were removed just now.
   */
  uint64_t embeddings;
  /**
   * Faces that stay.
   */
  uint64_t faces;
  /**
   * Photos that stay.
   */
  uint64_t photos;
  /**
   * People that stay, without those who were merged into others.
   */
  uint64_t people;
} sonic_archived_event;

/**
 * What a push or a pull came to. Set `size` before the call; the rest is filled in as far as it reaches.
 */
typedef struct sonic_transferred {
  /**
   * sizeof(sonic_transferred)
   */
  uint32_t size;
  /**
   * False if the store and the current snapshot were the same already.
   */
  bool changed;
  /**
   * Number of the snapshot that the store is now.
   */
  uint64_t version;
  /**
   * Bytes that were sent or received.
   */
  uint64_t bytes;
} sonic_transferred;

/**
 * What pruning removed. Set `size` before the call; the rest is filled in as far as it reaches.
 */
typedef struct sonic_pruned {
  /**
   * sizeof(sonic_pruned)
   */
  uint32_t size;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * Snapshots that are not there any more.
   */
  uint64_t removed_snapshots;
  /**
   * Chunks that were removed.
   */
  uint64_t removed_chunks;
  /**
   * Their bytes.
   */
  uint64_t removed_bytes;
  /**
   * Snapshots that stay.
   */
  uint64_t kept_snapshots;
} sonic_pruned;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

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
 * How long to wait, in milliseconds, before this thread's last failure is tried again: of SONIC_ERROR_BUSY, else 0.
 */
uint64_t sonic_last_retry_after_ms(void);

/**
 * The state of the interface of the library that is running; see SONIC_ABI_VERSION.
 */
uint32_t sonic_abi_version(void);

/**
 * The version of the library that is running, such as "0.1.0". Static.
 */
const char *sonic_version(void);

/**
 * A file. A named pipe, a socket and a device are refused: open it, and give a reader.
 *
 * Errors: INVALID_ARGUMENT if the path is empty. Whether there is such a file shows when it is read.
 */
enum sonic_status sonic_source_path(const char *path,
                                    struct sonic_source **source);

/**
 * The `len` bytes of a file in memory. They are not copied: they stay where and as they are until the source is freed.
 */
enum sonic_status sonic_source_bytes(const uint8_t *data,
                                     size_t len,
                                     struct sonic_source **source);

/**
 * A stream that is read forwards by a function of the caller: a socket, a pipe, the body of a request. `read` is called
 * by one thread at a time, which need not be the one that makes the call, and only while a call that was given the
 * source runs; two sources may be read at the same time. `state` is passed on to it, may be NULL, stays the caller's,
 * and must be good until the source is freed.
 *
 * A stream is for one call, which reads as much as it needs; a second one gets CLOSED. A file whose index stands
 * behind its sound, as in many MP4 files, and a picture are held in memory meanwhile.
 */
enum sonic_status sonic_source_reader(sonic_read read,
                                      void *state,
                                      struct sonic_source **source);

/**
 * Frees a source; NULL is nothing. No call may be reading it.
 */
void sonic_source_free(struct sonic_source *source);

/**
 * A token that has not been used.
 */
enum sonic_status sonic_cancel_new(struct sonic_cancel **cancel);

/**
 * Asks every call that was given the token, or will be, to stop as soon as it can: where it would look at its progress
 * next. There is no way back.
 */
void sonic_cancel_cancel(const struct sonic_cancel *cancel);

/**
 * True after sonic_cancel_cancel.
 */
bool sonic_cancel_cancelled(const struct sonic_cancel *cancel);

/**
 * Frees a token; NULL is nothing. No call may have it.
 */
void sonic_cancel_free(struct sonic_cancel *cancel);

/**
 * The progress of a call to come.
 */
enum sonic_status sonic_progress_new(struct sonic_progress **progress);

/**
 * How much is done, in the unit of sonic_progress_total, and never less than before in one call.
 */
uint64_t sonic_progress_done(const struct sonic_progress *progress);

/**
 * How much there is to do: files or recordings where there are many, bytes of a download, else thousandths of the work.
 * 0 while that is not known.
 */
uint64_t sonic_progress_total(const struct sonic_progress *progress);

/**
 * Frees progress; NULL is nothing. No call may have it.
 */
void sonic_progress_free(struct sonic_progress *progress);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_decode_options_init(struct sonic_decode_options *options,
                                            size_t size);

/**
 * Decodes the sound of a source, of nearly every format, videos included, to mono.
 *
 * Errors: NOT_FOUND and IO if it cannot be read; INVALID_ARGUMENT for what is no file, a rate out of range and a track
 * that there is not; UNSUPPORTED for a format or codec that sonic cannot read; MALFORMED for an empty file and one in
 * which nothing can be decoded; LIMIT beyond 2^30 samples, for a header beyond what is read, and where a few bytes stand
 * for very many samples; CLOSED for a stream that was read before.
 */
enum sonic_status sonic_clip_decode(const struct sonic_source *source,
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
 * How much of the source's sound could not be decoded, in milliseconds; it is left out of the samples.
 */
uint64_t sonic_clip_damaged_ms(const struct sonic_clip *clip);

/**
 * Frees a clip; NULL is nothing.
 */
void sonic_clip_free(struct sonic_clip *clip);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_push_options_init(struct sonic_push_options *options,
                                          size_t size);

/**
 * A decoder that gives mono samples at `sample_rate`, 1,000 to 768,000 a second.
 *
 * Errors: INVALID_ARGUMENT for a rate or an option out of range.
 */
enum sonic_status sonic_push_decoder_new(uint32_t sample_rate,
                                         const struct sonic_push_options *options,
                                         struct sonic_push_decoder **decoder);

/**
 * Takes the slice number `index`, counted from 0 as the browser does, and gives the sound that is known by it, often none.
 *
 * Errors: LIMIT for a slice that is too large, INVALID_ARGUMENT for an index that cannot be: as if it had not come.
 * UNSUPPORTED for slices without sound that can be decoded, MALFORMED for a recording whose header is damaged or never
 * came: once for each recording. What was decoded before is given by the next call, and so is all that comes later.
 */
enum sonic_status sonic_push_decoder_push(struct sonic_push_decoder *decoder,
                                          uint64_t index,
                                          const uint8_t *data,
                                          size_t len,
                                          struct sonic_chunk_list **chunks);

/**
 * As sonic_push_decoder_push, of a slice that was sent at `sent_ms` by the clock of the sender, from anywhere: by it the
 * next recorder on the connection finds its place.
 *
 * Errors: as sonic_push_decoder_push; INVALID_ARGUMENT for a time that is not finite.
 */
enum sonic_status sonic_push_decoder_push_at(struct sonic_push_decoder *decoder,
                                             uint64_t index,
                                             double sent_ms,
                                             const uint8_t *data,
                                             size_t len,
                                             struct sonic_chunk_list **chunks);

/**
 * Gives the rest: slices that wait for others are read, packets that wait for their time are placed.
 *
 * Errors: as sonic_push_decoder_push.
 */
enum sonic_status sonic_push_decoder_finish(struct sonic_push_decoder *decoder,
                                            struct sonic_chunk_list **chunks);

/**
 * The gaps so far, in order: from when to when nothing of the sound came. The last 4,096 are kept.
 *
 * Errors: INVALID_ARGUMENT if another thread uses the decoder.
 */
enum sonic_status sonic_push_decoder_gaps(struct sonic_push_decoder *decoder,
                                          struct sonic_gaps **gaps);

/**
 * What became of the slices so far.
 *
 * Errors: INVALID_ARGUMENT if another thread uses the decoder, or counts->size is not set.
 */
enum sonic_status sonic_push_decoder_counts(struct sonic_push_decoder *decoder,
                                            struct sonic_push_counts *counts);

/**
 * Frees a decoder; NULL is nothing.
 */
void sonic_push_decoder_free(struct sonic_push_decoder *decoder);

/**
 * How many chunks there are.
 */
size_t sonic_chunk_list_len(const struct sonic_chunk_list *chunks);

/**
 * The chunk at `index`, from 0 on; borrowed from the list. NULL beyond its end.
 */
const struct sonic_chunk *sonic_chunk_list_at(const struct sonic_chunk_list *chunks, size_t index);

/**
 * Frees chunks; NULL is nothing.
 */
void sonic_chunk_list_free(struct sonic_chunk_list *chunks);

/**
 * How many gaps there are.
 */
size_t sonic_gaps_len(const struct sonic_gaps *gaps);

/**
 * The gaps, sonic_gaps_len of them; borrowed from the handle.
 */
const struct sonic_gap *sonic_gaps_data(const struct sonic_gaps *gaps);

/**
 * Frees gaps; NULL is nothing.
 */
void sonic_gaps_free(struct sonic_gaps *gaps);

/**
 * The fingerprint of a clip, texture included: ready to be stored and to query with. It takes about 20 kB a second: use
 * a fingerprinter without texture, or sonic_recordings_add, for long recordings.
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
 * True if one can query with it.
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
 * A fingerprinter for queries: landmarks and texture, which grows by about 20 kB a second.
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
 * The fingerprint since the last time that this was called, or since the start, as a piece for sonic_recording_query_push; the
 * sound goes on.
 *
 * Errors: CLOSED after sonic_fingerprinter_finish.
 */
enum sonic_status sonic_fingerprinter_take(struct sonic_fingerprinter *fingerprinter,
                                           struct sonic_fingerprint **fingerprint);

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
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_identify_options_init(struct sonic_identify_options *options,
                                              size_t size);

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
 * How much of the clip's sound could not be decoded, in milliseconds.
 */
uint64_t sonic_answer_damaged_ms(const struct sonic_answer *answer);

/**
 * Milliseconds that decoding and resampling took; 0 for a query by fingerprint.
 */
double sonic_answer_decode_ms(const struct sonic_answer *answer);

/**
 * Milliseconds that fingerprinting took; 0 for a query by fingerprint.
 */
double sonic_answer_fingerprint_ms(const struct sonic_answer *answer);

/**
 * Milliseconds that the search took.
 */
double sonic_answer_search_ms(const struct sonic_answer *answer);

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
 * Frees a recording that sonic_recordings_get gave; NULL is nothing.
 */
void sonic_recording_free(struct sonic_recording *recording);

/**
 * How many recordings there are.
 */
size_t sonic_recording_list_len(const struct sonic_recording_list *recordings);

/**
 * The recording number `index`, from 0 on; NULL beyond the last. Borrowed from the list: do not free it.
 */
const struct sonic_recording *sonic_recording_list_at(const struct sonic_recording_list *recordings,
                                                      size_t index);

/**
 * Where the recordings after this list go on: true, and the place in `after`, if there are more. The place is good
 * for ever, whatever is added or removed.
 */
bool sonic_recording_list_next(const struct sonic_recording_list *recordings,
                               uint32_t *after);

/**
 * Frees a list of recordings; NULL is nothing.
 */
void sonic_recording_list_free(struct sonic_recording_list *recordings);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_recording_options_init(struct sonic_recording_options *options,
                                               size_t size);

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
 * Frees what sonic_recordings_add gave; NULL is nothing.
 */
void sonic_added_free(struct sonic_added *added);

/**
 * How many files there are.
 */
size_t sonic_added_file_list_len(const struct sonic_added_file_list *files);

/**
 * The file number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_added_file *sonic_added_file_list_at(const struct sonic_added_file_list *files,
                                                        size_t index);

/**
 * Frees a list of files; NULL is nothing.
 */
void sonic_added_file_list_free(struct sonic_added_file_list *files);

/**
 * How many files there are.
 */
size_t sonic_imported_file_list_len(const struct sonic_imported_file_list *files);

/**
 * The file number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_imported_file *sonic_imported_file_list_at(const struct sonic_imported_file_list *files,
                                                              size_t index);

/**
 * Frees a list of files; NULL is nothing.
 */
void sonic_imported_file_list_free(struct sonic_imported_file_list *files);

/**
 * How many files there are.
 */
size_t sonic_validated_file_list_len(const struct sonic_validated_file_list *files);

/**
 * The file number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_validated_file *sonic_validated_file_list_at(const struct sonic_validated_file_list *files,
                                                                size_t index);

/**
 * Frees a list of files; NULL is nothing.
 */
void sonic_validated_file_list_free(struct sonic_validated_file_list *files);

/**
 * How many recordings there are.
 */
size_t sonic_imported_recording_list_len(const struct sonic_imported_recording_list *recordings);

/**
 * The recording number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_imported_recording *sonic_imported_recording_list_at(const struct sonic_imported_recording_list *recordings,
                                                                        size_t index);

/**
 * Frees a list of recordings; NULL is nothing.
 */
void sonic_imported_recording_list_free(struct sonic_imported_recording_list *recordings);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_store_options_init(struct sonic_store_options *options,
                                           size_t size);

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
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_remote_options_init(struct sonic_remote_options *options,
                                            size_t size);

/**
 * How many snapshots there are.
 */
size_t sonic_snapshot_list_len(const struct sonic_snapshot_list *snapshots);

/**
 * The snapshot number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_snapshot *sonic_snapshot_list_at(const struct sonic_snapshot_list *snapshots,
                                                    size_t index);

/**
 * Frees a list of snapshots; NULL is nothing.
 */
void sonic_snapshot_list_free(struct sonic_snapshot_list *snapshots);

/**
 * Ends following and waits for that, which gives up a pull that is under way; NULL is nothing.
 */
void sonic_follower_free(struct sonic_follower *follower);

/**
 * How many models there are.
 */
size_t sonic_model_list_len(const struct sonic_model_list *models);

/**
 * The model number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_model_entry *sonic_model_list_at(const struct sonic_model_list *models,
                                                    size_t index);

/**
 * Frees a list of models; NULL is nothing.
 */
void sonic_model_list_free(struct sonic_model_list *models);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_pull_options_init(struct sonic_pull_options *options,
                                          size_t size);

/**
 * True if every file has the hash of the manifest.
 */
bool sonic_pulled_is_verified(const struct sonic_pulled *pulled);

/**
 * How many files there are; none if the model is built into sonic.
 */
size_t sonic_pulled_len(const struct sonic_pulled *pulled);

/**
 * Where the file number `index` is, from 0 on; NULL beyond the last. Borrowed.
 */
const char *sonic_pulled_path(const struct sonic_pulled *pulled, size_t index);

/**
 * Where the file number `index` came from; NULL if it was there already, or beyond the last. Borrowed.
 */
const char *sonic_pulled_source(const struct sonic_pulled *pulled,
                                size_t index);

/**
 * The SHA-256 of the file number `index` in hexadecimal; NULL beyond the last. Borrowed.
 */
const char *sonic_pulled_sha256(const struct sonic_pulled *pulled, size_t index);

/**
 * Frees what sonic_models_pull gave; NULL is nothing.
 */
void sonic_pulled_free(struct sonic_pulled *pulled);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_voice_embedder_options_init(struct sonic_voice_embedder_options *options,
                                                    size_t size);

/**
 * Loads a model for voices: the id of one that sonic knows or whose manifest is in the folder of models, or the path
 * of a manifest or an ONNX file. NULL is "celda128", which is built in and needs nothing else: good for clean
 * recordings of one kind. Nothing is ever fetched.
 *
 * Errors: NOT_FOUND if there is no such model; MODEL if its file or ONNX Runtime is missing or damaged, or it is not
 * for voices; MISMATCH if the process has loaded another ONNX Runtime.
 */
enum sonic_status sonic_voice_embedder_new(const char *model,
                                           const struct sonic_voice_embedder_options *options,
                                           struct sonic_voice_embedder **embedder);

/**
 * Length of the vectors.
 */
size_t sonic_voice_embedder_dimensions(const struct sonic_voice_embedder *embedder);

/**
 * Samples per second that it works at; other clips are resampled.
 */
uint32_t sonic_voice_embedder_sample_rate(const struct sonic_voice_embedder *embedder);

/**
 * How it makes the embeddings that a store keeps, those of sonic_voice_embedder_embed_speech: those of different
 * pipelines cannot be compared. Borrowed from the embedder.
 */
const char *sonic_voice_embedder_pipeline(const struct sonic_voice_embedder *embedder);

/**
 * Frees an embedder; NULL is nothing.
 */
void sonic_voice_embedder_free(struct sonic_voice_embedder *embedder);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_speech_model_options_init(struct sonic_speech_model_options *options,
                                                  size_t size);

/**
 * Loads a model for speech by its id, or the path of its manifest or ONNX file; NULL is "silero-vad". Nothing is ever
 * fetched.
 *
 * Errors: NOT_FOUND if there is no such model; MODEL if its file or ONNX Runtime is missing or damaged, or it is
 * another kind of model; MISMATCH if the process has loaded another ONNX Runtime.
 */
enum sonic_status sonic_speech_model_new(const char *name,
                                         const struct sonic_speech_model_options *options,
                                         struct sonic_speech_model **model);

/**
 * Frees a model for speech; NULL is nothing.
 */
void sonic_speech_model_free(struct sonic_speech_model *model);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_speech_options_init(struct sonic_speech_options *options,
                                            size_t size);

/**
 * The stretches of a clip in which somebody speaks, in order, none touching another.
 *
 * Errors: INVALID_ARGUMENT if an option is out of range; MODEL if the model fails.
 */
enum sonic_status sonic_speech_spans_new(const struct sonic_clip *clip,
                                         const struct sonic_speech_options *options,
                                         struct sonic_speech_spans **spans);

/**
 * How many spans there are.
 */
size_t sonic_speech_spans_len(const struct sonic_speech_spans *spans);

/**
 * The spans, sonic_speech_spans_len of them; borrowed from the handle.
 */
const struct sonic_span *sonic_speech_spans_data(const struct sonic_speech_spans *spans);

/**
 * Frees spans; NULL is nothing.
 */
void sonic_speech_spans_free(struct sonic_speech_spans *spans);

/**
 * How many people there are.
 */
size_t sonic_voiceprint_list_len(const struct sonic_voiceprint_list *people);

/**
 * The person number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_voiceprint *sonic_voiceprint_list_at(const struct sonic_voiceprint_list *people,
                                                        size_t index);

/**
 * Frees a list of people; NULL is nothing.
 */
void sonic_voiceprint_list_free(struct sonic_voiceprint_list *people);

/**
 * Frees a voiceprint that was given alone; NULL is nothing.
 */
void sonic_voiceprint_free(struct sonic_voiceprint *voiceprint);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_voice_identify_options_init(struct sonic_voice_identify_options *options,
                                                    size_t size);

/**
 * Whether the voice was recognised: the first match is the one speaking.
 */
enum sonic_decision sonic_voice_answer_decision(const struct sonic_voice_answer *answer);

/**
 * How many matches there are.
 */
size_t sonic_voice_answer_len(const struct sonic_voice_answer *answer);

/**
 * The match number `index`, likeliest first, from 0 on; NULL beyond the last. Borrowed from the answer.
 */
const struct sonic_voice_match *sonic_voice_answer_match(const struct sonic_voice_answer *answer,
                                                         size_t index);

/**
 * What was measured of the recording. Borrowed from the answer.
 */
const struct sonic_voice_quality *sonic_voice_answer_quality(const struct sonic_voice_answer *answer);

/**
 * People that the voice was compared with.
 */
uint64_t sonic_voice_answer_compared(const struct sonic_voice_answer *answer);

/**
 * Strangers that scores were normalised with; 0 if they were not.
 */
uint64_t sonic_voice_answer_cohort(const struct sonic_voice_answer *answer);

/**
 * True if the probabilities were fitted from trials; false if they rest on an assumption.
 */
bool sonic_voice_answer_calibrated(const struct sonic_voice_answer *answer);

/**
 * Milliseconds that decoding and resampling took; 0 for a query by clip.
 */
double sonic_voice_answer_decode_ms(const struct sonic_voice_answer *answer);

/**
 * Milliseconds that measuring and embedding took.
 */
double sonic_voice_answer_embed_ms(const struct sonic_voice_answer *answer);

/**
 * Milliseconds that the search took.
 */
double sonic_voice_answer_search_ms(const struct sonic_voice_answer *answer);

/**
 * Frees an answer; NULL is nothing.
 */
void sonic_voice_answer_free(struct sonic_voice_answer *answer);

/**
 * Whether the claim is accepted: SONIC_DECISION_MATCH if it is.
 */
enum sonic_decision sonic_verification_decision(const struct sonic_verification *verification);

/**
 * The person with the scores; the probability takes the claim for as likely to be true as not beforehand. Borrowed.
 */
const struct sonic_voice_match *sonic_verification_claim(const struct sonic_verification *verification);

/**
 * What was measured of the recording. Borrowed.
 */
const struct sonic_voice_quality *sonic_verification_quality(const struct sonic_verification *verification);

/**
 * True if the probability was fitted from trials; false if it rests on an assumption.
 */
bool sonic_verification_calibrated(const struct sonic_verification *verification);

/**
 * Frees what sonic_voices_verify_clip gave; NULL is nothing.
 */
void sonic_verification_free(struct sonic_verification *verification);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_enroll_options_init(struct sonic_enroll_options *options,
                                            size_t size);

/**
 * How far it has come.
 */
enum sonic_enroll_status sonic_enrolled_status(const struct sonic_enrolled *enrolled);

/**
 * Recordings that were added just now.
 */
uint32_t sonic_enrolled_added(const struct sonic_enrolled *enrolled);

/**
 * Recordings given that the voiceprint had before.
 */
uint32_t sonic_enrolled_known(const struct sonic_enrolled *enrolled);

/**
 * Recordings given that were left out because there were enough.
 */
uint32_t sonic_enrolled_left_out(const struct sonic_enrolled *enrolled);

/**
 * The voiceprint of the person as it is in the store now. Borrowed.
 */
const struct sonic_voiceprint *sonic_enrolled_voiceprint(const struct sonic_enrolled *enrolled);

/**
 * Another person of the store whose voice this is, more likely than not: somebody enrolled under two names, or recordings
 * of the wrong person; NULL if there is none. Borrowed.
 */
const struct sonic_similar_voiceprint *sonic_enrolled_similar_to(const struct sonic_enrolled *enrolled);

/**
 * How many recordings were given.
 */
size_t sonic_enrolled_len(const struct sonic_enrolled *enrolled);

/**
 * The analysed recording number `index`, in the order in which they were given, from 0 on; NULL beyond the last.
 * Borrowed.
 */
const struct sonic_voice_sample *sonic_enrolled_sample(const struct sonic_enrolled *enrolled,
                                                       size_t index);

/**
 * Frees what sonic_voices_enroll_clips gave; NULL is nothing.
 */
void sonic_enrolled_free(struct sonic_enrolled *enrolled);

/**
 * Frees a voice that was given alone; NULL is nothing.
 */
void sonic_voice_free(struct sonic_voice *voice);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_record_options_init(struct sonic_record_options *options,
                                            size_t size);

/**
 * How many voices there are.
 */
size_t sonic_voice_list_len(const struct sonic_voice_list *voices);

/**
 * The voice number `index`, from 0 on; NULL beyond the last. Borrowed from the list: do not free it.
 */
const struct sonic_voice *sonic_voice_list_at(const struct sonic_voice_list *voices,
                                              size_t index);

/**
 * Cosine of the embedding that was searched for and that of voice number `index`, -1 to 1; 0 for other lists.
 */
float sonic_voice_list_similarity(const struct sonic_voice_list *voices,
                                  size_t index);

/**
 * Where the voices after this list go on: true, and the place in `after`, if there are more. The place is good for ever,
 * whatever is added or removed.
 */
bool sonic_voice_list_next(const struct sonic_voice_list *voices,
                           uint32_t *after);

/**
 * Frees a list of voices; NULL is nothing.
 */
void sonic_voice_list_free(struct sonic_voice_list *voices);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_voice_list_options_init(struct sonic_voice_list_options *options,
                                                size_t size);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_voice_search_options_init(struct sonic_voice_search_options *options,
                                                  size_t size);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_observe_options_init(struct sonic_observe_options *options,
                                             size_t size);

/**
 * Frees what sonic_voices_observe gave; NULL is nothing.
 */
void sonic_observed_free(struct sonic_observed *observed);

/**
 * How many speakers there are.
 */
size_t sonic_speaker_list_len(const struct sonic_speaker_list *speakers);

/**
 * The speaker number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_speaker *sonic_speaker_list_at(const struct sonic_speaker_list *speakers,
                                                  size_t index);

/**
 * Frees a list of speakers; NULL is nothing.
 */
void sonic_speaker_list_free(struct sonic_speaker_list *speakers);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_cluster_options_init(struct sonic_cluster_options *options,
                                             size_t size);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_image_options_init(struct sonic_image_options *options,
                                           size_t size);

/**
 * Decodes a picture: JPEG, PNG, WebP, GIF (its first frame), BMP or TIFF, turned as its EXIF orientation says. Grey
 * becomes three equal channels, 16 bits become 8, transparency is dropped, CMYK becomes RGB.
 *
 * Errors: NOT_FOUND and IO if it cannot be read; INVALID_ARGUMENT for a folder; MALFORMED if it is empty, damaged or no
 * picture; UNSUPPORTED for other kinds of pictures; LIMIT beyond the limits of the options.
 */
enum sonic_status sonic_image_decode(const struct sonic_source *source,
                                     const struct sonic_image_options *options,
                                     struct sonic_image **image);

/**
 * A picture of pixels that are there already: red, green and blue of 8 bits each, copied. Rows begin `stride` bytes
 * after each other, 3 times `width` if nothing lies between them. `len` is how many bytes there are.
 *
 * Errors: INVALID_ARGUMENT if there is no pixel, a row is longer than `stride`, or `len` is too few.
 */
enum sonic_status sonic_image_new(const uint8_t *pixels,
                                  size_t len,
                                  uint32_t width,
                                  uint32_t height,
                                  size_t stride,
                                  struct sonic_image **image);

/**
 * The pixels, row by row without gaps: 3 times width times height bytes. Borrowed from the image.
 */
const uint8_t *sonic_image_pixels(const struct sonic_image *image);

/**
 * Pixels in a row.
 */
uint32_t sonic_image_width(const struct sonic_image *image);

/**
 * Rows.
 */
uint32_t sonic_image_height(const struct sonic_image *image);

/**
 * True if the file ended before the picture did; what is missing is grey.
 */
bool sonic_image_truncated(const struct sonic_image *image);

/**
 * Frees an image; NULL is nothing.
 */
void sonic_image_free(struct sonic_image *image);

/**
 * Faces that another program found in a picture of `width` times `height` pixels (0 if that is not known), `count` of
 * them with their embeddings, which are copied. `pipeline` names how the embeddings were made: those of different
 * pipelines cannot be compared. No faces are fine.
 *
 * Errors: INVALID_ARGUMENT if an embedding is NULL and has dimensions. What a face may be sonic_faces_add_photo_faces checks.
 */
enum sonic_status sonic_face_list_new(const char *pipeline,
                                      const struct sonic_face *faces,
                                      size_t count,
                                      uint32_t width,
                                      uint32_t height,
                                      struct sonic_face_list **made);

/**
 * How many faces there are.
 */
size_t sonic_face_list_len(const struct sonic_face_list *faces);

/**
 * The face number `index`, from 0 on; NULL beyond the last. Borrowed from the handle.
 */
const struct sonic_face *sonic_face_list_at(const struct sonic_face_list *faces, size_t index);

/**
 * How the embeddings were made. Borrowed from the handle.
 */
const char *sonic_face_list_pipeline(const struct sonic_face_list *faces);

/**
 * Frees faces; NULL is nothing.
 */
void sonic_face_list_free(struct sonic_face_list *faces);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_face_analyzer_options_init(struct sonic_face_analyzer_options *options,
                                                   size_t size);

/**
 * Loads a model that finds faces (NULL is "yunet") and one that makes embeddings of them (NULL is "sface"): ids
 * of models that sonic knows or whose manifests are in the folder of models, or paths of manifests or ONNX files. The
 * licences of these two, MIT and Apache-2.0, allow commercial use; those of InsightFace's models allow research only.
 * Nothing is ever fetched.
 *
 * Errors: NOT_FOUND if there is no such model; MODEL if its file or ONNX Runtime is missing or damaged, or it is for
 * something else; INVALID_ARGUMENT if an option is out of its range; MISMATCH if the process has loaded another ONNX
 * Runtime.
 */
enum sonic_status sonic_face_analyzer_new(const char *detector,
                                          const char *embedder,
                                          const struct sonic_face_analyzer_options *options,
                                          struct sonic_face_analyzer **analyzer);

/**
 * Length of the embeddings.
 */
size_t sonic_face_analyzer_dimensions(const struct sonic_face_analyzer *analyzer);

/**
 * How it makes embeddings: those of different pipelines cannot be compared. Borrowed from the analyzer.
 */
const char *sonic_face_analyzer_pipeline(const struct sonic_face_analyzer *analyzer);

/**
 * Frees an analyzer; NULL is nothing.
 */
void sonic_face_analyzer_free(struct sonic_face_analyzer *analyzer);

/**
 * Frees a face that was given alone; NULL is nothing.
 */
void sonic_stored_face_free(struct sonic_stored_face *face);

/**
 * How many faces there are.
 */
size_t sonic_stored_face_list_len(const struct sonic_stored_face_list *faces);

/**
 * The face number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_stored_face *sonic_stored_face_list_at(const struct sonic_stored_face_list *faces,
                                                          size_t index);

/**
 * Where the faces after this list go on: true, and the place in `after`, if there are more.
 */
bool sonic_stored_face_list_next(const struct sonic_stored_face_list *faces, uint32_t *after);

/**
 * Frees a list of faces; NULL is nothing.
 */
void sonic_stored_face_list_free(struct sonic_stored_face_list *faces);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_face_search_options_init(struct sonic_face_search_options *options,
                                                 size_t size);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_photo_options_init(struct sonic_photo_options *options,
                                           size_t size);

/**
 * Frees a photo that was given alone; NULL is nothing.
 */
void sonic_photo_free(struct sonic_photo *photo);

/**
 * How many photos there are.
 */
size_t sonic_photo_list_len(const struct sonic_photo_list *photos);

/**
 * The photo number `index`, from 0 on; NULL beyond the last. Borrowed from the list: do not free it.
 */
const struct sonic_photo *sonic_photo_list_at(const struct sonic_photo_list *photos,
                                              size_t index);

/**
 * Where the photos after this list go on: true, and the place in `after`, if there are more.
 */
bool sonic_photo_list_next(const struct sonic_photo_list *photos, uint32_t *after);

/**
 * Frees a list of photos; NULL is nothing.
 */
void sonic_photo_list_free(struct sonic_photo_list *photos);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_add_photos_options_init(struct sonic_add_photos_options *options,
                                                size_t size);

/**
 * How many photos there are.
 */
size_t sonic_added_photo_file_list_len(const struct sonic_added_photo_file_list *photos);

/**
 * The photo number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_added_photo_file *sonic_added_photo_file_list_at(const struct sonic_added_photo_file_list *photos,
                                                                    size_t index);

/**
 * Frees a list of photos that were to be added; NULL is nothing.
 */
void sonic_added_photo_file_list_free(struct sonic_added_photo_file_list *photos);

/**
 * How many events there are.
 */
size_t sonic_event_list_len(const struct sonic_event_list *events);

/**
 * The event number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_event *sonic_event_list_at(const struct sonic_event_list *events, size_t index);

/**
 * Frees a list of events; NULL is nothing.
 */
void sonic_event_list_free(struct sonic_event_list *events);

/**
 * How many tags there are.
 */
size_t sonic_tag_list_len(const struct sonic_tag_list *tags);

/**
 * The tag number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_tag *sonic_tag_list_at(const struct sonic_tag_list *tags, size_t index);

/**
 * Frees a list of tags; NULL is nothing.
 */
void sonic_tag_list_free(struct sonic_tag_list *tags);

/**
 * How many people there are.
 */
size_t sonic_person_list_len(const struct sonic_person_list *people);

/**
 * The person number `index`, from 0 on; NULL beyond the last. Borrowed from the list: do not free it.
 */
const struct sonic_person *sonic_person_list_at(const struct sonic_person_list *people,
                                                size_t index);

/**
 * Frees a list of people of an event; NULL is nothing.
 */
void sonic_person_list_free(struct sonic_person_list *people);

/**
 * Frees a person that was given alone; NULL is nothing.
 */
void sonic_person_free(struct sonic_person *person);

/**
 * Frees what sonic_people_merge gave; NULL is nothing.
 */
void sonic_merged_people_free(struct sonic_merged_people *merged);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_people_cluster_options_init(struct sonic_people_cluster_options *options,
                                                    size_t size);

/**
 * Sets all of `options`, which was initialised before, to the values of a preset, a sonic_cluster_preset; they can be
 * changed then.
 *
 * Errors: INVALID_ARGUMENT if there is no such preset, or `size` was not set.
 */
enum sonic_status sonic_people_cluster_options_preset(struct sonic_people_cluster_options *options,
                                                      int32_t preset);

/**
 * Frees a report; NULL is nothing.
 */
void sonic_cluster_report_free(struct sonic_cluster_report *report);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_report_options_init(struct sonic_report_options *options,
                                            size_t size);

/**
 * The bytes of a file. Borrowed from it.
 */
const uint8_t *sonic_file_data(const struct sonic_file *file);

/**
 * How many bytes there are.
 */
size_t sonic_file_len(const struct sonic_file *file);

/**
 * Frees a file that was made; NULL is nothing.
 */
void sonic_file_free(struct sonic_file *file);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_recognizer_options_init(struct sonic_recognizer_options *options,
                                                size_t size);

/**
 * A service that speaks OpenAI's interface for transcriptions, at its whole address, such as
 * `https://api.openai.com/v1/audio/transcriptions`. Its answers have words.
 *
 * Errors: INVALID_ARGUMENT if the address is none or an option is out of range. Nothing is sent yet.
 */
enum sonic_status sonic_recognizer_open_ai(const char *url,
                                           const struct sonic_recognizer_options *options,
                                           struct sonic_recognizer **recognizer);

/**
 * Whisper over HTTP, as Vexa's transcription service speaks it.
 *
 * Errors: as sonic_recognizer_open_ai.
 */
enum sonic_status sonic_recognizer_whisper(const char *url,
                                           const struct sonic_recognizer_options *options,
                                           struct sonic_recognizer **recognizer);

/**
 * A model in process that knows single letters, digits and some words, spoken with pauses between them: its id, or the path
 * of its manifest; NULL is "moonshine-spelling". It needs ONNX Runtime. Nothing is ever fetched.
 *
 * Errors: NOT_FOUND if there is no such model; MODEL if its file or ONNX Runtime is missing or damaged, or it is another
 * kind of model; MISMATCH if the process has loaded another ONNX Runtime.
 */
enum sonic_status sonic_recognizer_spelling(const char *model,
                                            const struct sonic_recognizer_options *options,
                                            struct sonic_recognizer **recognizer);

/**
 * A function of the caller. `pipeline` names it and its version: answers of another name give segments other ids. `state` is
 * passed on to both functions, and may be NULL; it must be good until `release` is called, which may be NULL.
 */
enum sonic_status sonic_recognizer_function(const char *pipeline,
                                            sonic_recognize recognize,
                                            sonic_release release,
                                            void *state,
                                            const struct sonic_recognizer_options *options,
                                            struct sonic_recognizer **recognizer);

/**
 * Sets the text that was said, and how sure that is, 0 to 1; 1 if that is not known. Without it nothing was said.
 *
 * Errors: INVALID_ARGUMENT if the text is not UTF-8. An answer that cannot be one, such as a confidence of 2, is a failure of
 * the recogniser.
 */
enum sonic_status sonic_recognition_set_text(struct sonic_recognition *recognition,
                                             const char *text,
                                             float confidence);

/**
 * Adds a word of the text, in their order: from when to when, in milliseconds from the beginning of the utterance, and how
 * sure that is, 0 to 1.
 *
 * Errors: INVALID_ARGUMENT if the text is not UTF-8.
 */
enum sonic_status sonic_recognition_add_word(struct sonic_recognition *recognition,
                                             uint64_t start_ms,
                                             uint64_t end_ms,
                                             const char *text,
                                             float confidence);

/**
 * How utterances fared so far, those of all sessions.
 *
 * Errors: INVALID_ARGUMENT if counts->size is not set.
 */
enum sonic_status sonic_recognizer_counts(const struct sonic_recognizer *recognizer,
                                          struct sonic_recognition_counts *counts);

/**
 * Frees a recogniser; NULL is nothing. Sessions that use it go on.
 */
void sonic_recognizer_free(struct sonic_recognizer *recognizer);

/**
 * How many segments there are.
 */
size_t sonic_segment_list_len(const struct sonic_segment_list *segments);

/**
 * The segment number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_segment *sonic_segment_list_at(const struct sonic_segment_list *segments,
                                                  size_t index);

/**
 * Frees a list of segments; NULL is nothing.
 */
void sonic_segment_list_free(struct sonic_segment_list *segments);

/**
 * How many turns there are.
 */
size_t sonic_turn_list_len(const struct sonic_turn_list *turns);

/**
 * The turn number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_turn *sonic_turn_list_at(const struct sonic_turn_list *turns, size_t index);

/**
 * Frees a list of turns; NULL is nothing.
 */
void sonic_turn_list_free(struct sonic_turn_list *turns);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_live_options_init(struct sonic_live_options *options,
                                          size_t size);

/**
 * Follows the connection of that name.
 *
 * Errors: INVALID_ARGUMENT if an option is out of range.
 */
enum sonic_status sonic_live_session_new(const char *connection,
                                         const struct sonic_live_options *options,
                                         struct sonic_live_session **session);

/**
 * Goes on where sonic_live_session_state was called, in this process or another: with the same options and the next slice
 * come the same segments under the same ids.
 *
 * Errors: MALFORMED if the state is damaged or that of another version; INVALID_ARGUMENT if an option is out of range.
 */
enum sonic_status sonic_live_session_restore(const uint8_t *state,
                                             size_t len,
                                             const struct sonic_live_options *options,
                                             struct sonic_live_session **session);

/**
 * Takes the slice number `index`, counted from 0 as the browser does, and gives what became known since the last call.
 *
 * Errors: as sonic_push_decoder_push, after which the session goes on; MODEL if a model of speech or voices fails. What a
 * recogniser does wrong is no error: it is counted.
 */
enum sonic_status sonic_live_session_push(struct sonic_live_session *session,
                                          uint64_t index,
                                          const uint8_t *data,
                                          size_t len,
                                          struct sonic_segment_list **segments);

/**
 * As sonic_live_session_push, of a slice that was sent at `sent_ms` by the clock of the sender, from anywhere: by it the
 * next recorder on the connection finds its place.
 *
 * Errors: as sonic_live_session_push; INVALID_ARGUMENT for a time that is not finite.
 */
enum sonic_status sonic_live_session_push_at(struct sonic_live_session *session,
                                             uint64_t index,
                                             double sent_ms,
                                             const uint8_t *data,
                                             size_t len,
                                             struct sonic_segment_list **segments);

/**
 * Takes mono sound, 16,000 samples a second, that begins `start_ms` milliseconds after the connection's first, in the place
 * of slices.
 *
 * Errors: INVALID_ARGUMENT if the time or a sample is no number, nothing is taken then; MODEL as
 * sonic_live_session_push.
 */
enum sonic_status sonic_live_session_push_samples(struct sonic_live_session *session,
                                                  double start_ms,
                                                  const float *samples,
                                                  size_t len,
                                                  struct sonic_segment_list **segments);

/**
 * Takes an update of the meeting's microphones, stamped `stamp_ms` milliseconds after the connection's first sound: the
 * names of `count` participants, and for each a text of digits 0 and 1, one for every `options.bit_ms`.
 *
 * Errors: INVALID_ARGUMENT if it holds something else, or is too large.
 */
enum sonic_status sonic_live_session_activity(struct sonic_live_session *session,
                                              double stamp_ms,
                                              const char *const *names,
                                              const char *const *digits,
                                              size_t count,
                                              struct sonic_segment_list **segments);

/**
 * Gives what became known since the last call, without new sound.
 *
 * Errors: INVALID_ARGUMENT if another thread uses the session.
 */
enum sonic_status sonic_live_session_poll(struct sonic_live_session *session,
                                          struct sonic_segment_list **segments);

/**
 * Ends the sound, waits for what the recogniser still works at, and gives the rest. Sound that comes later goes on.
 *
 * Errors: as sonic_live_session_push.
 */
enum sonic_status sonic_live_session_finish(struct sonic_live_session *session,
                                            struct sonic_segment_list **segments);

/**
 * Looks among the store's voices anew for speakers that have no name, after somebody was enrolled, and gives what became
 * known.
 *
 * Errors: as those of the store.
 */
enum sonic_status sonic_live_session_refresh_names(struct sonic_live_session *session,
                                                   struct sonic_segment_list **segments);

/**
 * Who spoke when, as far as it is known.
 *
 * Errors: INVALID_ARGUMENT if another thread uses the session.
 */
enum sonic_status sonic_live_session_turns(struct sonic_live_session *session,
                                           struct sonic_turn_list **turns);

/**
 * The gaps so far, in order: from when to when nothing of the sound came.
 *
 * Errors: INVALID_ARGUMENT if another thread uses the session.
 */
enum sonic_status sonic_live_session_gaps(struct sonic_live_session *session,
                                          struct sonic_gaps **gaps);

/**
 * What became of the slices so far.
 *
 * Errors: INVALID_ARGUMENT if another thread uses the session, or counts->size is not set.
 */
enum sonic_status sonic_live_session_counts(struct sonic_live_session *session,
                                            struct sonic_push_counts *counts);

/**
 * How utterances fared so far.
 *
 * Errors: INVALID_ARGUMENT if another thread uses the session, or stats->size is not set.
 */
enum sonic_status sonic_live_session_stats(struct sonic_live_session *session,
                                           struct sonic_live_stats *stats);

/**
 * What the session remembers, some hundred kilobytes, to be kept beside the number of the last slice; see
 * sonic_live_session_restore.
 *
 * Errors: INVALID_ARGUMENT if another thread uses the session.
 */
enum sonic_status sonic_live_session_state(struct sonic_live_session *session,
                                           struct sonic_file **state);

/**
 * Frees a session; NULL is nothing. What a recogniser still works at is forgotten.
 */
void sonic_live_session_free(struct sonic_live_session *session);

/**
 * Reads a score: a file or the bytes of .musicxml, .xml or .mxl; which it is, its first bytes say.
 *
 * Errors: NOT_FOUND and IO for the file; MALFORMED for what is no MusicXML, for entity declarations, and for numbers that
 * cannot be; UNSUPPORTED for a foreign encoding; LIMIT for more than 20 MiB, three hours, or 150,000 notes.
 */
enum sonic_status sonic_score_open(const struct sonic_source *source,
                                   struct sonic_score **score);

/**
 * The title of the work, or else of the movement; NULL without. Borrowed from the score.
 */
const char *sonic_score_title(const struct sonic_score *score);

/**
 * Length in quarter notes.
 */
double sonic_score_total_beats(const struct sonic_score *score);

/**
 * Length in seconds.
 */
double sonic_score_total_seconds(const struct sonic_score *score);

/**
 * How many changes of tempo there are.
 */
size_t sonic_score_tempo_len(const struct sonic_score *score);

/**
 * The change of tempo number `index` in the order of play, from 0 on; the first stands at 0. NULL beyond the last. Borrowed
 * from the score.
 */
const struct sonic_tempo *sonic_score_tempo_at(const struct sonic_score *score,
                                               size_t index);

/**
 * How many parts there are.
 */
size_t sonic_score_part_len(const struct sonic_score *score);

/**
 * The part number `index` in the order in which they appear, from 0 on; NULL beyond the last. Borrowed from the score.
 */
const struct sonic_part *sonic_score_part_at(const struct sonic_score *score,
                                             size_t index);

/**
 * The note number `index` of the part number `part`, by onset, from 0 on; NULL where there is none. Grace notes, cue notes
 * and notes without a pitch are left out. Borrowed from the score.
 */
const struct sonic_sung_note *sonic_score_note_at(const struct sonic_score *score,
                                                  size_t part,
                                                  size_t index);

/**
 * How many things are unusual.
 */
size_t sonic_score_warning_len(const struct sonic_score *score);

/**
 * The unusual thing number `index`, from 0 on; NULL beyond the last. Borrowed from the score.
 */
const struct sonic_score_warning *sonic_score_warning_at(const struct sonic_score *score,
                                                         size_t index);

/**
 * All of it as one JSON object, as `sonic sing inspect --json` prints it: title, tempos, total_beats, total_seconds, warnings,
 * and parts with part_id, part_name, voices and sung, the notes. Borrowed from the score; NULL for a score that is NULL.
 */
const char *sonic_score_json(const struct sonic_score *score);

/**
 * Frees a score; NULL is nothing.
 */
void sonic_score_free(struct sonic_score *score);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_voicebank_options_init(struct sonic_voicebank_options *options,
                                               size_t size);

/**
 * Reads the voicebank in a folder, the one with its dsconfig.yaml. Faults in its files are no error here:
 * sonic_voicebank_check tells them all, and what cannot be sung for them is refused when it is asked for.
 *
 * Errors: NOT_FOUND if there is no such folder; MODEL and MISMATCH for an ONNX Runtime that is named and cannot be loaded.
 */
enum sonic_status sonic_voicebank_open(const char *folder,
                                       const struct sonic_voicebank_options *options,
                                       struct sonic_voicebank **bank);

/**
 * The singer's name; the folder's if it has none. Borrowed from the bank.
 */
const char *sonic_voicebank_name(const struct sonic_voicebank *bank);

/**
 * Samples a second of what it sings.
 */
uint32_t sonic_voicebank_sample_rate(const struct sonic_voicebank *bank);

/**
 * How many speakers (voice colours) it has; 0 for a single voice.
 */
size_t sonic_voicebank_speaker_len(const struct sonic_voicebank *bank);

/**
 * The name of the speaker number `index`, from 0 on; NULL beyond the last. Borrowed from the bank.
 */
const char *sonic_voicebank_speaker_at(const struct sonic_voicebank *bank, size_t index);

/**
 * How many languages its models tell apart; 0 if they tell none.
 */
size_t sonic_voicebank_language_len(const struct sonic_voicebank *bank);

/**
 * The language number `index`, sorted, from 0 on; NULL beyond the last. Borrowed from the bank.
 */
const char *sonic_voicebank_language_at(const struct sonic_voicebank *bank, size_t index);

/**
 * Frees a voicebank; NULL is nothing. What it sings goes on.
 */
void sonic_voicebank_free(struct sonic_voicebank *bank);

/**
 * Every fault of a voicebank: its settings read against each other and against what the models declare. Nothing is sung, and
 * ONNX Runtime is not needed.
 */
enum sonic_status sonic_voicebank_check(const struct sonic_voicebank *bank,
                                        struct sonic_finding_list **findings);

/**
 * How many faults there are.
 */
size_t sonic_finding_list_len(const struct sonic_finding_list *findings);

/**
 * The fault number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_finding *sonic_finding_list_at(const struct sonic_finding_list *findings,
                                                  size_t index);

/**
 * Frees a list of faults; NULL is nothing.
 */
void sonic_finding_list_free(struct sonic_finding_list *findings);

/**
 * How many warnings there are.
 */
size_t sonic_render_warning_list_len(const struct sonic_render_warning_list *warnings);

/**
 * The warning number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
 */
const struct sonic_render_warning *sonic_render_warning_list_at(const struct sonic_render_warning_list *warnings,
                                                                size_t index);

/**
 * Frees a list of warnings; NULL is nothing.
 */
void sonic_render_warning_list_free(struct sonic_render_warning_list *warnings);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_render_options_init(struct sonic_render_options *options,
                                            size_t size);

/**
 * Begins to sing a part of a score. What cannot be sung as it is written is told by sonic_singing_warnings, before the first
 * phrase. Score and bank can be freed before the song.
 *
 * Errors: INVALID_ARGUMENT for options out of range and an unknown voice colour; NOT_FOUND for a part, voice or verse that
 * the score has not; MODEL for a bank that cannot sing; UNSUPPORTED, if it is to be strict, for a word that cannot be
 * spelled.
 */
enum sonic_status sonic_voicebank_render(const struct sonic_voicebank *bank,
                                         const struct sonic_score *score,
                                         const struct sonic_render_options *options,
                                         struct sonic_singing **singing);

/**
 * Sings the next phrase; NULL at the end, and after an error. Phrases may overlap, and are added.
 *
 * Errors: MODEL if a model fails; CLOSED if it was cancelled, which ends the song.
 */
enum sonic_status sonic_singing_next(struct sonic_singing *singing,
                                     const struct sonic_cancel *cancel,
                                     struct sonic_phrase **phrase);

/**
 * Samples a second of the song.
 */
uint32_t sonic_singing_sample_rate(const struct sonic_singing *singing);

/**
 * How far a song has come; any thread may look, also while a phrase is sung.
 *
 * Errors: INVALID_ARGUMENT if progress->size is not set.
 */
enum sonic_status sonic_singing_progress(const struct sonic_singing *singing,
                                         struct sonic_render_progress *progress);

/**
 * What is not sung as it is written. All but those about the cache are known before the first phrase.
 *
 * Errors: INVALID_ARGUMENT if another thread uses the song.
 */
enum sonic_status sonic_singing_warnings(const struct sonic_singing *singing,
                                         struct sonic_render_warning_list **warnings);

/**
 * Frees a song; NULL is nothing.
 */
void sonic_singing_free(struct sonic_singing *singing);

/**
 * Sings a part of a score into a sound file, whose ending says its format: .wav, .flac or .opus. The file has its name when
 * it is whole, and memory does not grow with the song. `warnings` is what is not sung as it is written.
 *
 * Errors: as sonic_voicebank_render and sonic_singing_next; UNSUPPORTED for another ending; IO if the file cannot be
 * written; CLOSED if it was cancelled.
 */
enum sonic_status sonic_voicebank_save(const struct sonic_voicebank *bank,
                                       const struct sonic_score *score,
                                       const char *file,
                                       const struct sonic_render_options *options,
                                       const struct sonic_cancel *cancel,
                                       const struct sonic_progress *progress,
                                       struct sonic_render_warning_list **warnings);

/**
 * Where a phrase starts in the song, in seconds: a whole number of samples, 0 or more.
 */
double sonic_phrase_start_seconds(const struct sonic_phrase *phrase);

/**
 * The same in samples.
 */
uint64_t sonic_phrase_start_sample(const struct sonic_phrase *phrase);

/**
 * How many samples there are.
 */
size_t sonic_phrase_len(const struct sonic_phrase *phrase);

/**
 * The samples, sonic_phrase_len of them; borrowed from the phrase.
 */
const float *sonic_phrase_samples(const struct sonic_phrase *phrase);

/**
 * True if it was taken from the cache.
 */
bool sonic_phrase_from_cache(const struct sonic_phrase *phrase);

/**
 * How many phonemes it has.
 */
size_t sonic_phrase_phoneme_len(const struct sonic_phrase *phrase);

/**
 * The phoneme number `index`, from 0 on; NULL beyond the last. Borrowed from the phrase.
 */
const struct sonic_phoneme *sonic_phrase_phoneme_at(const struct sonic_phrase *phrase,
                                                    size_t index);

/**
 * Frees a phrase; NULL is nothing.
 */
void sonic_phrase_free(struct sonic_phrase *phrase);

/**
 * Mixes `count` voices. One of them that has solo silences all that have not. A voice in the middle has 3 dB less on both
 * sides, so that moving it does not change how loud it is. A mix that is louder than 1 is made as much softer as it needs.
 *
 * Errors: INVALID_ARGUMENT for a volume or place out of range.
 */
enum sonic_status sonic_mix_new(const struct sonic_track *tracks,
                                size_t count,
                                struct sonic_mix **mix);

/**
 * How many numbers the samples are: two a moment, left and right.
 */
size_t sonic_mix_len(const struct sonic_mix *mix);

/**
 * The samples, sonic_mix_len of them, the two channels interleaved; borrowed from the mix.
 */
const float *sonic_mix_samples(const struct sonic_mix *mix);

/**
 * Frees a mix; NULL is nothing.
 */
void sonic_mix_free(struct sonic_mix *mix);

/**
 * Writes a sound file of one or two channels, whose ending says its format: .wav, .flac or .opus. `samples` are `len`
 * numbers, -1 to 1, the channels interleaved; what is louder is cut. The file has its name when it is whole.
 *
 * Errors: INVALID_ARGUMENT for other channels, a rate of 0 or above 655,350, or a number of samples that is not whole for each
 * channel; UNSUPPORTED for another ending; IO if it cannot be written.
 */
enum sonic_status sonic_sound_write(const char *file,
                                    const float *samples,
                                    size_t len,
                                    uint32_t channels,
                                    uint32_t sample_rate);

/**
 * Counts. Takes time in proportion to the number of recordings.
 */
enum sonic_status sonic_store_stats(const struct sonic_store *store, struct sonic_stats *stats);

/**
 * Merges the whole index, drops what belongs to removed recordings, and writes a new file without free space beside the
 * old one. Whoever reads goes on reading; every handle and process turns to the new file with its next call. It is
 * cancelled before it begins or not at all.
 *
 * Errors: IO if another process is writing or the disk has no room for the copy; the store is as it was then.
 */
enum sonic_status sonic_store_compact(const struct sonic_store *store,
                                      const struct sonic_cancel *cancel,
                                      const struct sonic_progress *progress);

/**
 * Reads everything once and tells what is wrong; no problems mean that the store is sound. It is cancelled before it begins or
 * not at all.
 *
 * Errors: IO if the store cannot be read at all.
 */
enum sonic_status sonic_store_check(const struct sonic_store *store,
                                    const struct sonic_cancel *cancel,
                                    const struct sonic_progress *progress,
                                    struct sonic_problems **problems);

/**
 * Saves what is whole of the store in directory `from`, to which nobody writes meanwhile, to a new store in directory `to`.
 * Rows are taken only if their checksums are right, and what was removed does not come back, but see
 * `may_lack_last_change`. What needs a row that is lost goes with it; a voice or a face without its embedding is kept but not
 * found by likeness. `progress` counts rows. `from` is only read; if the call fails, or is cancelled, nothing is left in `to`.
 *
 * Errors: NOT_FOUND if there is no store; INVALID_ARGUMENT if `to` is not empty; MALFORMED if nothing tells which rows are
 * current; IO if a process writes to `from` or there is no room.
 */
enum sonic_status sonic_store_salvage(const char *from,
                                      const char *to,
                                      const struct sonic_cancel *cancel,
                                      const struct sonic_progress *progress,
                                      struct sonic_salvaged *salvaged);

/**
 * Forgets a user: their voiceprints, recordings of voices and speakers, and the people on photos who are linked to them,
 * with their faces and tags; see sonic_voices_forget_user and sonic_faces_forget_user. It is one transaction. They are
 * gone for every call at once; their bytes are gone from the file after sonic_store_compact. `voices` and `faces`, the
 * counts, may be NULL; counts of 0 mean that there was nothing, which is no error.
 *
 * Errors: INVALID_ARGUMENT if the id is empty or too long; IO if another process is writing.
 */
enum sonic_status sonic_store_forget(const struct sonic_store *store,
                                     const char *user_id,
                                     struct sonic_forgotten_voices *voices,
                                     struct sonic_forgotten_faces *faces);

/**
 * Writes the tables of a store into `folder`, made if it does not exist, as recordings.parquet, voices.parquet,
 * faces.parquet and people.parquet; their columns are those of sonic_recordings_table, sonic_voices_table,
 * sonic_faces_table and sonic_people_table. A file takes the place of an older one when it is complete. It is cancelled
 * before it begins or not at all.
 *
 * Errors: IO if the files cannot be written; MALFORMED if a row is damaged.
 */
enum sonic_status sonic_store_export_parquet(const struct sonic_store *store,
                                             const char *folder,
                                             const struct sonic_cancel *cancel,
                                             const struct sonic_progress *progress);

/**
 * Decodes a source and adds it as a recording, in memory that does not grow with its length, in one transaction.
 * `options`, in which what is not a file needs an id, and `added` may be NULL.
 *
 * A source whose bytes are in the store already is not added again, which is no error; see sonic_added_is_new.
 *
 * Errors: as sonic_clip_decode and sonic_recordings_add_fingerprint.
 */
enum sonic_status sonic_recordings_add(const struct sonic_store *store,
                                       const struct sonic_source *source,
                                       const struct sonic_recording_options *options,
                                       struct sonic_added **added);

/**
 * Adds a recording by its fingerprint, in one transaction. `options` must name it. `added` may be NULL.
 *
 * Errors: INVALID_ARGUMENT for an id that is missing or too long; MISMATCH if the id belongs to another recording, or
 * the fingerprint's pipeline is not the store's; IO if another process is writing or the disk is full.
 */
enum sonic_status sonic_recordings_add_fingerprint(const struct sonic_store *store,
                                                   const struct sonic_fingerprint *fingerprint,
                                                   const struct sonic_recording_options *options,
                                                   struct sonic_added **added);

/**
 * Decodes a source and finds out which recordings it comes from, in memory that does not grow with its length; see
 * sonic_recordings_identify_fingerprint.
 *
 * Errors: as sonic_clip_decode and sonic_recordings_identify_fingerprint.
 */
enum sonic_status sonic_recordings_identify(const struct sonic_store *store,
                                            const struct sonic_source *source,
                                            const struct sonic_identify_options *options,
                                            struct sonic_answer **answer);

/**
 * Which recordings the clip with this fingerprint comes from.
 *
 * Errors: INVALID_ARGUMENT if the fingerprint has no texture; MISMATCH if it was made by another pipeline than the
 * store's; MALFORMED if the store is damaged. A clip that is not recognised is no error.
 */
enum sonic_status sonic_recordings_identify_fingerprint(const struct sonic_store *store,
                                                        const struct sonic_fingerprint *fingerprint,
                                                        const struct sonic_identify_options *options,
                                                        struct sonic_answer **answer);

/**
 * The recording named `id`; free it with sonic_recording_free.
 *
 * Errors: NOT_FOUND if there is none.
 */
enum sonic_status sonic_recordings_get(const struct sonic_store *store,
                                       const char *id,
                                       struct sonic_recording **recording);

/**
 * Whether there is a recording named `id`.
 *
 * Errors: MALFORMED if a row is damaged.
 */
enum sonic_status sonic_recordings_contains(const struct sonic_store *store,
                                            const char *id,
                                            bool *found);

/**
 * The recording whose source bytes have the hash `source_hash`, as `source_hash` of sonic_recording has it; free it with
 * sonic_recording_free.
 *
 * Errors: NOT_FOUND if there is none.
 */
enum sonic_status sonic_recordings_of_source(const struct sonic_store *store,
                                             const char *source_hash,
                                             struct sonic_recording **recording);

/**
 * Every recording, in the order in which they were added.
 *
 * Errors: MALFORMED if a row is damaged.
 */
enum sonic_status sonic_recordings_list(const struct sonic_store *store,
                                        struct sonic_recording_list **recordings);

/**
 * At most `limit` recordings that were added after the place `after`, which is 0 for the start and then what
 * sonic_recording_list_next gives. What is removed meanwhile is left out, what is added comes at the end.
 *
 * Errors: INVALID_ARGUMENT if `limit` is 0; MALFORMED if a row is damaged.
 */
enum sonic_status sonic_recordings_page(const struct sonic_store *store,
                                        uint32_t after,
                                        size_t limit,
                                        struct sonic_recording_list **recordings);

/**
 * The number of recordings, in the same short time at any size.
 */
enum sonic_status sonic_recordings_len(const struct sonic_store *store, uint64_t *count);

/**
 * The landmarks of the recording named `id`.
 *
 * Errors: NOT_FOUND if there is none.
 */
enum sonic_status sonic_recordings_landmarks(const struct sonic_store *store,
                                             const char *id,
                                             struct sonic_landmarks **landmarks);

/**
 * Removes the recording named `id`. It is gone for searches at once; its bytes are gone from the file after
 * sonic_store_compact.
 *
 * Errors: NOT_FOUND if there is none; IO if another process is writing.
 */
enum sonic_status sonic_recordings_remove(const struct sonic_store *store,
                                          const char *id);

/**
 * A picture, as SVG, of why `source`, which is read once more, was recognised as match number `index` of its answer:
 * the landmarks of both, one over the other, and how many more meet at this offset than at others. Of a long clip the
 * first 30 s that match are drawn.
 *
 * Errors: INVALID_ARGUMENT if the answer has no such match; NOT_FOUND if the recording is gone; for the rest as
 * sonic_clip_decode.
 */
enum sonic_status sonic_recordings_explain(const struct sonic_store *store,
                                           const struct sonic_source *source,
                                           const struct sonic_answer *answer,
                                           size_t index,
                                           struct sonic_file **file);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_monitor_options_init(struct sonic_monitor_options *options,
                                             size_t size);

/**
 * Follows a stream of which the recordings of a store are known. The store may be freed before the monitor.
 *
 * Errors: INVALID_ARGUMENT for an option out of range; CLOSED if the store is closed.
 */
enum sonic_status sonic_monitor_new(const struct sonic_store *store,
                                    const struct sonic_monitor_options *options,
                                    struct sonic_monitor **monitor);

/**
 * Takes the slice number `index` of the stream, counted from 0, as sonic_push_decoder_push; gives what became known, often
 * nothing.
 *
 * Errors: as sonic_push_decoder_push, after which the stream goes on; MALFORMED if the store is damaged.
 */
enum sonic_status sonic_monitor_push(struct sonic_monitor *monitor,
                                     uint64_t index,
                                     const uint8_t *data,
                                     size_t len,
                                     struct sonic_airing_list **airings);

/**
 * As sonic_monitor_push, of a slice that was sent at `sent_ms` by the clock of the sender, as sonic_push_decoder_push_at.
 *
 * Errors: as sonic_push_decoder_push_at.
 */
enum sonic_status sonic_monitor_push_at(struct sonic_monitor *monitor,
                                        uint64_t index,
                                        double sent_ms,
                                        const uint8_t *data,
                                        size_t len,
                                        struct sonic_airing_list **airings);

/**
 * Takes mono samples at SONIC_FINGERPRINT_SAMPLE_RATE, of which the first lies `start_ms` milliseconds after the first of
 * the stream, in the place of slices; gives what became known. What is missing before it is a gap.
 *
 * Errors: INVALID_ARGUMENT if the time or a sample is no finite number, nothing is taken then.
 */
enum sonic_status sonic_monitor_push_samples(struct sonic_monitor *monitor,
                                             double start_ms,
                                             const float *samples,
                                             size_t len,
                                             struct sonic_airing_list **airings);

/**
 * Ends the stream, and what plays; gives the rest.
 *
 * Errors: as sonic_monitor_push.
 */
enum sonic_status sonic_monitor_finish(struct sonic_monitor *monitor,
                                       struct sonic_airing_list **airings);

/**
 * Frees a monitor; NULL is nothing.
 */
void sonic_monitor_free(struct sonic_monitor *monitor);

/**
 * How many airings there are.
 */
size_t sonic_airing_list_len(const struct sonic_airing_list *airings);

/**
 * The airing at `index`, from 0 on; borrowed from the list. NULL beyond its end.
 */
const struct sonic_airing *sonic_airing_list_at(const struct sonic_airing_list *airings,
                                                size_t index);

/**
 * Frees airings; NULL is nothing.
 */
void sonic_airing_list_free(struct sonic_airing_list *airings);

/**
 * A query of the recordings of a store. The store may be freed before the query.
 *
 * Errors: INVALID_ARGUMENT for an option out of range.
 */
enum sonic_status sonic_recording_query_new(const struct sonic_store *store,
                                            const struct sonic_identify_options *options,
                                            struct sonic_recording_query **query);

/**
 * Searches for the next piece of the clip, which begins where the last one ended: of 10 s or more if there is as much.
 *
 * Errors: as sonic_recordings_identify_fingerprint; CLOSED after sonic_recording_query_finish.
 */
enum sonic_status sonic_recording_query_push(struct sonic_recording_query *query,
                                             const struct sonic_fingerprint *piece);

/**
 * The answer to all pieces. The query has ended then: it can only be freed, which is still to be done.
 *
 * Errors: CLOSED the second time; MALFORMED if the store is damaged.
 */
enum sonic_status sonic_recording_query_finish(struct sonic_recording_query *query,
                                               struct sonic_answer **answer);

/**
 * Frees a query, finished or not; NULL is nothing.
 */
void sonic_recording_query_free(struct sonic_recording_query *query);

/**
 * Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
 */
enum sonic_status sonic_add_options_init(struct sonic_add_options *options,
                                         size_t size);

/**
 * Adds `count` files, and the media files in folders, as recordings that have the names of the files: some threads decode
 * while one writes, a batch a transaction. A file whose bytes are in the store is passed over, so that adding a folder
 * again after an interruption goes on where it stopped. Links are followed once; pipes, sockets and devices are not
 * opened. `options` and `files`, what became of each and what folders hold that was not taken, may be NULL.
 *
 * Errors: IO or MISMATCH if the store cannot be written; CLOSED if it is closed or the work was cancelled, and what was
 * decoded before is in the store then. What is wrong with a file is in its row and does not end the others.
 */
enum sonic_status sonic_recordings_add_many(const struct sonic_store *store,
                                            const char *const *paths,
                                            size_t count,
                                            const struct sonic_add_options *options,
                                            const struct sonic_cancel *cancel,
                                            const struct sonic_progress *progress,
                                            struct sonic_added_file_list **files);

/**
 * Adds `count` photos, and the pictures in folders, to an event, with the faces that `analyzer` finds; each photo is one
 * transaction. A photo whose bytes are in the event is not decoded again, so that adding a folder again after an
 * interruption goes on where it stopped. The id of a photo is the name of its file, with a part of the hash of its bytes
 * where another photo of the event has that name. `photos`, what became of each and what folders
 * hold that was not taken, may be NULL.
 *
 * Errors: MISMATCH if the store's faces were embedded by another model; INVALID_ARGUMENT if the event is archived; IO if
 * the store cannot be written; CLOSED if it is closed or the work was cancelled, and what was added before is in the
 * store then. What is wrong with a file is in its row and does not end the others.
 */
enum sonic_status sonic_faces_add_photos(const struct sonic_store *store,
                                         const char *event,
                                         const struct sonic_face_analyzer *analyzer,
                                         const char *const *paths,
                                         size_t count,
                                         const struct sonic_add_photos_options *options,
                                         const struct sonic_cancel *cancel,
                                         const struct sonic_progress *progress,
                                         struct sonic_added_photo_file_list **photos);

/**
 * Imports the fingerprints that CityWok left at `place`: a pickle, an LMDB environment, a folder of them, or a folder with
 * `fingerprints` and `checksums` as its bucket has them. Each file is one transaction; what was imported before is passed
 * over. Their recordings are found by sonic_recordings_identify beside the others, until they are added with their sound.
 * `progress` counts the bytes of the file that is read. `files`, what became of each, may be NULL.
 *
 * Errors: NOT_FOUND if there is no season at `place`; IO if the store cannot be written; CLOSED if it is closed or the work
 * was cancelled, and the files that were imported before stay. What is wrong with a file is in its row and does not end
 * the others.
 */
enum sonic_status sonic_imported_add(const struct sonic_store *store,
                                     const char *place,
                                     const struct sonic_cancel *cancel,
                                     const struct sonic_progress *progress,
                                     struct sonic_imported_file_list **files);

/**
 * Compares the files at `place` with what was imported of them: 1,000 hashes of each by the frames at which every
 * recording has them, and all by whether there is such a hash. `progress` counts files.
 *
 * Errors: NOT_FOUND if there is no season at `place`; MALFORMED if the store is damaged; CLOSED if it is closed or the work
 * was cancelled.
 */
enum sonic_status sonic_imported_validate(const struct sonic_store *store,
                                          const char *place,
                                          const struct sonic_cancel *cancel,
                                          const struct sonic_progress *progress,
                                          struct sonic_validated_file_list **files);

/**
 * Every recording that was imported without its sound.
 *
 * Errors: MALFORMED if a row is damaged.
 */
enum sonic_status sonic_imported_list(const struct sonic_store *store,
                                      struct sonic_imported_recording_list **recordings);

/**
 * Removes what was imported of the recording `id`.
 *
 * Errors: NOT_FOUND if nothing is imported under that id; IO if another process is writing.
 */
enum sonic_status sonic_imported_remove(const struct sonic_store *store, const char *id);

/**
 * Removes all that was imported; `removed` is of how many recordings.
 *
 * Errors: IO if another process is writing.
 */
enum sonic_status sonic_imported_clear(const struct sonic_store *store, uint64_t *removed);

/**
 * Decodes a source and makes the embedding of the voice in it, in memory that does not grow with its length; see
 * sonic_voice_embedder_embed_clip.
 *
 * Errors: as sonic_clip_decode and sonic_voice_embedder_embed_clip.
 */
enum sonic_status sonic_voice_embedder_embed(const struct sonic_voice_embedder *embedder,
                                             const struct sonic_source *source,
                                             float *embedding,
                                             size_t len);

/**
 * The embedding of the voice in a clip, of all of its sound as it is, which no store keeps; see
 * sonic_voice_embedder_embed_speech_clip. `len`, which must be sonic_voice_embedder_dimensions, numbers in `embedding`.
 *
 * Errors: INVALID_ARGUMENT if the clip is shorter than 200 ms or silent, or `len` is another; MODEL if the model
 * fails.
 */
enum sonic_status sonic_voice_embedder_embed_clip(const struct sonic_voice_embedder *embedder,
                                                  const struct sonic_clip *clip,
                                                  float *embedding,
                                                  size_t len);

/**
 * Decodes a source and makes the embedding of what is spoken in it, as a store keeps it: see
 * sonic_voice_embedder_embed_speech_clip.
 *
 * Errors: as sonic_voice_embedder_embed.
 */
enum sonic_status sonic_voice_embedder_embed_speech(const struct sonic_voice_embedder *embedder,
                                                    const struct sonic_source *source,
                                                    float *embedding,
                                                    size_t len);

/**
 * The embedding of what is spoken in a clip, as enrolling, identifying and verifying make it and a store keeps it: the
 * constant part is removed, the level set and what is not speech left out, unless `prepare` of the embedder's options
 * is 0. It is what a store is searched with, observes and takes as a cohort. `len` is as in
 * sonic_voice_embedder_embed_clip.
 *
 * Errors: as sonic_voice_embedder_embed_clip.
 */
enum sonic_status sonic_voice_embedder_embed_speech_clip(const struct sonic_voice_embedder *embedder,
                                                         const struct sonic_clip *clip,
                                                         float *embedding,
                                                         size_t len);

/**
 * Decodes `count` sources and makes the embeddings of the voices in them, all cores at work: `len`, which must be
 * `count` times sonic_voice_embedder_dimensions, numbers in `embeddings`, one source after the other.
 *
 * Errors: as sonic_voice_embedder_embed, of the first source that has one, and CLOSED if it was cancelled; nothing is
 * written then.
 */
enum sonic_status sonic_voice_embedder_embed_many(const struct sonic_voice_embedder *embedder,
                                                  const struct sonic_source *const *sources,
                                                  size_t count,
                                                  const struct sonic_cancel *cancel,
                                                  const struct sonic_progress *progress,
                                                  float *embeddings,
                                                  size_t len);

/**
 * The embeddings of the voices in `count` clips, all cores at work; see sonic_voice_embedder_embed_many.
 */
enum sonic_status sonic_voice_embedder_embed_many_clips(const struct sonic_voice_embedder *embedder,
                                                        const struct sonic_clip *const *clips,
                                                        size_t count,
                                                        const struct sonic_cancel *cancel,
                                                        const struct sonic_progress *progress,
                                                        float *embeddings,
                                                        size_t len);

/**
 * Enrols a person, who need not be new, from `count` sources, all or none of them: three to five recordings of 3 s and
 * more of the person alone. Each is kept as a recording of the mode "enroll"; one that the person has already is not
 * added again. `only_usable` of the options takes what can be used.
 * `enrolled` may be NULL.
 *
 * Errors: INVALID_ARGUMENT if there is no recording, one is silent or not good enough, or the name is not 1 to
 * SONIC_MAX_NAME_BYTES bytes; MISMATCH if the embedder's pipeline is not the store's, or a recording is a sample of
 * somebody else; IO if another process is writing; CLOSED if it was cancelled, which enrols nobody; for the
 * rest as sonic_clip_decode.
 */
enum sonic_status sonic_voices_enroll(const struct sonic_store *store,
                                      const struct sonic_voice_embedder *embedder,
                                      const char *person,
                                      const struct sonic_source *const *sources,
                                      size_t count,
                                      const struct sonic_enroll_options *options,
                                      const struct sonic_cancel *cancel,
                                      const struct sonic_progress *progress,
                                      struct sonic_enrolled **enrolled);

/**
 * Enrols a person, who need not be new, from `count` clips, all or none of them; see sonic_voices_enroll.
 */
enum sonic_status sonic_voices_enroll_clips(const struct sonic_store *store,
                                            const struct sonic_voice_embedder *embedder,
                                            const char *person,
                                            const struct sonic_clip *const *clips,
                                            size_t count,
                                            const struct sonic_enroll_options *options,
                                            const struct sonic_cancel *cancel,
                                            const struct sonic_progress *progress,
                                            struct sonic_enrolled **enrolled);

/**
 * Decodes a source and finds out who is speaking, in memory that does not grow with its length; see
 * sonic_voices_identify_clip.
 *
 * Errors: as sonic_clip_decode and sonic_voices_identify_clip.
 */
enum sonic_status sonic_voices_identify(const struct sonic_store *store,
                                        const struct sonic_voice_embedder *embedder,
                                        const struct sonic_source *source,
                                        const struct sonic_voice_identify_options *options,
                                        struct sonic_voice_answer **answer);

/**
 * Who is speaking in a clip: the likeliest people of the store, and whether the first is likely enough.
 *
 * Errors: INVALID_ARGUMENT if the clip is shorter than 200 ms or silent; MISMATCH if the embedder's pipeline is not the
 * store's; MODEL if the model fails; MALFORMED if the store is damaged. A voice that is not recognised is no error.
 */
enum sonic_status sonic_voices_identify_clip(const struct sonic_store *store,
                                             const struct sonic_voice_embedder *embedder,
                                             const struct sonic_clip *clip,
                                             const struct sonic_voice_identify_options *options,
                                             struct sonic_voice_answer **answer);

/**
 * Decodes a source and finds out whether it is `person` who is speaking; see sonic_voices_verify_clip.
 *
 * Errors: as sonic_clip_decode and sonic_voices_verify_clip.
 */
enum sonic_status sonic_voices_verify(const struct sonic_store *store,
                                      const struct sonic_voice_embedder *embedder,
                                      const char *person,
                                      const struct sonic_source *source,
                                      const struct sonic_voice_identify_options *options,
                                      struct sonic_verification **verification);

/**
 * Whether it is `person` who is speaking in a clip. `limit` and `exclude` of the options do not matter.
 *
 * Errors: NOT_FOUND if there is no such person, or no sample of them; for the rest as sonic_voices_identify_clip. A
 * claim that is not accepted is no error.
 */
enum sonic_status sonic_voices_verify_clip(const struct sonic_store *store,
                                           const struct sonic_voice_embedder *embedder,
                                           const char *person,
                                           const struct sonic_clip *clip,
                                           const struct sonic_voice_identify_options *options,
                                           struct sonic_verification **verification);

/**
 * Decodes a source of somebody speaking and keeps it, with its embedding; one whose id is in the store stays as it is.
 * `is_new` and `voice` may be NULL.
 *
 * Errors: as sonic_voice_embedder_embed; MISMATCH if the embedder's pipeline is not the store's; IO if another process is
 * writing.
 */
enum sonic_status sonic_voices_record(const struct sonic_store *store,
                                      const struct sonic_voice_embedder *embedder,
                                      const struct sonic_source *source,
                                      const struct sonic_record_options *options,
                                      bool *is_new,
                                      struct sonic_voice **voice);

/**
 * Keeps a clip of somebody speaking; see sonic_voices_record.
 */
enum sonic_status sonic_voices_record_clip(const struct sonic_store *store,
                                           const struct sonic_voice_embedder *embedder,
                                           const struct sonic_clip *clip,
                                           const struct sonic_record_options *options,
                                           bool *is_new,
                                           struct sonic_voice **voice);

/**
 * The voice of this id.
 *
 * Errors: NOT_FOUND if there is none.
 */
enum sonic_status sonic_voices_get(const struct sonic_store *store,
                                   const char *recording_id,
                                   struct sonic_voice **voice);

/**
 * The embedding that is kept of a recording: `len`, which must be the dimensions of sonic_voices_stats, numbers in
 * `embedding`.
 *
 * Errors: NOT_FOUND if there is no such recording or it has no embedding; INVALID_ARGUMENT if `len` is another.
 */
enum sonic_status sonic_voices_embedding(const struct sonic_store *store,
                                         const char *recording_id,
                                         float *embedding,
                                         size_t len);

/**
 * Removes a recording; a voiceprint that it was a sample of is made anew without it.
 *
 * Errors: NOT_FOUND if there is none; IO if another process is writing.
 */
enum sonic_status sonic_voices_remove(const struct sonic_store *store, const char *recording_id);

/**
 * At most `limit` voices that were added after the place `after`, which is 0 for the start and then what
 * sonic_voice_list_next gives. What is removed meanwhile is left out, what is added comes at the end.
 *
 * Errors: INVALID_ARGUMENT if `limit` is 0; MALFORMED if a row is damaged.
 */
enum sonic_status sonic_voices_page(const struct sonic_store *store,
                                    uint32_t after,
                                    size_t limit,
                                    struct sonic_voice_list **voices);

/**
 * The latest voices, the latest first: of all, of a user, of a mode or of a voiceprint. sonic_voices_page has all.
 *
 * Errors: INVALID_ARGUMENT if the options ask for two things at once; MALFORMED if a row is damaged.
 */
enum sonic_status sonic_voices_recent(const struct sonic_store *store,
                                      const struct sonic_voice_list_options *options,
                                      struct sonic_voice_list **voices);

/**
 * The voices that sound most like an embedding that `embedder` made, whoever they are of, the likest first.
 *
 * Errors: INVALID_ARGUMENT if `len` is not sonic_voice_embedder_dimensions or the embedding is no direction; MISMATCH if the
 * embedder's pipeline is not the store's.
 */
enum sonic_status sonic_voices_search(const struct sonic_store *store,
                                      const struct sonic_voice_embedder *embedder,
                                      const float *embedding,
                                      size_t len,
                                      const struct sonic_voice_search_options *options,
                                      struct sonic_voice_list **voices);

/**
 * Everybody whose voice the store knows, in the order in which they were first enrolled.
 *
 * Errors: MALFORMED if a row is damaged.
 */
enum sonic_status sonic_voices_people(const struct sonic_store *store,
                                      struct sonic_voiceprint_list **people);

/**
 * The person of this name.
 *
 * Errors: NOT_FOUND if there is none.
 */
enum sonic_status sonic_voices_person(const struct sonic_store *store,
                                      const char *person,
                                      struct sonic_voiceprint **found);

/**
 * Leaves a sample out of a voiceprint. The recording stays, and sonic_voices_restore_sample undoes it for the last five
 * that were removed. `left`, what the person is then, may be NULL.
 *
 * Errors: NOT_FOUND if there is no such person or sample; IO if another process is writing.
 */
enum sonic_status sonic_voices_remove_sample(const struct sonic_store *store,
                                             const char *person,
                                             const char *recording_id,
                                             struct sonic_voiceprint **left);

/**
 * Takes a removed sample back: `recording_id`, or for NULL the last one removed. Of the options
 * only `max_samples` matters, which a voiceprint has at most. `restored`, what the person is then, may be NULL.
 *
 * Errors: NOT_FOUND if there is no such person or removed sample; LIMIT if there are `max_samples`; IO if another
 * process is writing.
 */
enum sonic_status sonic_voices_restore_sample(const struct sonic_store *store,
                                              const char *person,
                                              const char *recording_id,
                                              const struct sonic_enroll_options *options,
                                              struct sonic_voiceprint **restored);

/**
 * Forgets a person: the voiceprint, its samples, and every recording that was put down to it. They are gone for every
 * call at once; their bytes are gone from the file after sonic_store_compact. `forgotten` may be NULL.
 *
 * Errors: NOT_FOUND if there is no such person; IO if another process is writing.
 */
enum sonic_status sonic_voices_forget(const struct sonic_store *store,
                                      const char *person,
                                      struct sonic_forgotten_voices *forgotten);

/**
 * Forgets a user: their voiceprints, their recordings, and the speakers heard in the scope of that name; see
 * sonic_voices_forget. Counts of 0 mean that there was nothing, which is no error.
 */
enum sonic_status sonic_voices_forget_user(const struct sonic_store *store,
                                           const char *user_id,
                                           struct sonic_forgotten_voices *forgotten);

/**
 * Who is heard again, by an embedding that `embedder` made: alike above `same` or `matching` of the options it is that
 * speaker, else a new one.
 *
 * Errors: INVALID_ARGUMENT if `len` is not sonic_voice_embedder_dimensions, the embedding is no direction or the thresholds
 * are the wrong way round; MISMATCH if the embedder's pipeline is not the store's; IO if another process is writing.
 */
enum sonic_status sonic_voices_observe(const struct sonic_store *store,
                                       const struct sonic_voice_embedder *embedder,
                                       const float *embedding,
                                       size_t len,
                                       const struct sonic_observe_options *options,
                                       struct sonic_observed **observed);

/**
 * The speakers heard in a scope, NULL for those of none, in the order in which they were first heard.
 *
 * Errors: MALFORMED if a row is damaged.
 */
enum sonic_status sonic_voices_speakers(const struct sonic_store *store,
                                        const char *scope,
                                        struct sonic_speaker_list **speakers);

/**
 * Forgets everybody heard in a scope, NULL for none. `embeddings`, how many went, may be NULL.
 *
 * Errors: IO if another process is writing.
 */
enum sonic_status sonic_voices_forget_speakers(const struct sonic_store *store,
                                               const char *scope,
                                               uint64_t *embeddings);

/**
 * Keeps embeddings of strangers that `embedder` made, against whom scores are normalised, in the place of those kept
 * before: `len` numbers, a multiple of sonic_voice_embedder_dimensions, 20 strangers or more. None takes them away. Without
 * them a store of 50 people or more uses its people.
 *
 * Errors: INVALID_ARGUMENT if `len` is another or there are fewer strangers; MISMATCH if the embedder's pipeline is not
 * the store's; IO if another process is writing.
 */
enum sonic_status sonic_voices_set_cohort(const struct sonic_store *store,
                                          const struct sonic_voice_embedder *embedder,
                                          const float *embeddings,
                                          size_t len);

/**
 * Fits how scores become probabilities from `count` trials made with `embedder`, 20 of one speaker and 20 of two or
 * more, and keeps it for the embedder's pipeline. `calibration` may be NULL.
 *
 * Errors: INVALID_ARGUMENT if there are fewer, a score is not finite, or the scores of one speaker are not the larger
 * ones; IO if another process is writing.
 */
enum sonic_status sonic_voices_fit_calibration(const struct sonic_store *store,
                                               const struct sonic_voice_embedder *embedder,
                                               const struct sonic_voice_trial *trials,
                                               size_t count,
                                               struct sonic_calibration *calibration);

/**
 * How scores of the embedder's pipeline become probabilities: as fitted, or by default.
 *
 * Errors: MALFORMED if the calibration is damaged.
 */
enum sonic_status sonic_voices_calibration(const struct sonic_store *store,
                                           const struct sonic_voice_embedder *embedder,
                                           struct sonic_calibration *calibration);

/**
 * Counts, in the same short time at any size.
 */
enum sonic_status sonic_voices_stats(const struct sonic_store *store,
                                     struct sonic_voice_stats *stats);

/**
 * Which of `count` rows of `dimensions` numbers each, one after the other, belong together. The answer is exact, and the
 * same on any processor and for any number of threads. `labels` has room for `count` numbers of clusters, from 0 in the
 * order of their first rows, and -1 for rows that are in none. `probabilities`, how firmly a row belongs to its
 * cluster, and `outlier_scores`, how far it lies outside of what is dense near it, are both 0 to 1, have room for as
 * many, and may be NULL: DBSCAN has none. `clusters`, how many there are, may be NULL too. Rows with a number that is
 * not finite are in no cluster and influence no other row; no rows are fine.
 *
 * Errors: INVALID_ARGUMENT if `dimensions` is 0, an option is out of its range, or probabilities are wanted of DBSCAN;
 * LIMIT for more rows than can be numbered; CLOSED if it was cancelled.
 */
enum sonic_status sonic_cluster(const float *rows,
                                size_t count,
                                size_t dimensions,
                                const struct sonic_cluster_options *options,
                                const struct sonic_cancel *cancel,
                                const struct sonic_progress *progress,
                                int32_t *labels,
                                float *probabilities,
                                float *outlier_scores,
                                size_t *clusters);

/**
 * As sonic_cluster, for rows in double precision: they are compared as they are, nothing is rounded.
 */
enum sonic_status sonic_cluster_doubles(const double *rows,
                                        size_t count,
                                        size_t dimensions,
                                        const struct sonic_cluster_options *options,
                                        const struct sonic_cancel *cancel,
                                        const struct sonic_progress *progress,
                                        int32_t *labels,
                                        float *probabilities,
                                        float *outlier_scores,
                                        size_t *clusters);

/**
 * Decodes a picture and finds its faces; see sonic_face_analyzer_analyze_image.
 *
 * Errors: as sonic_image_decode and sonic_face_analyzer_analyze_image.
 */
enum sonic_status sonic_face_analyzer_analyze(const struct sonic_face_analyzer *analyzer,
                                              const struct sonic_source *source,
                                              struct sonic_face_list **faces);

/**
 * The faces of a picture, the surest first; none is an honest answer.
 *
 * Errors: MODEL if a model fails.
 */
enum sonic_status sonic_face_analyzer_analyze_image(const struct sonic_face_analyzer *analyzer,
                                                    const struct sonic_image *image,
                                                    struct sonic_face_list **faces);

/**
 * Decodes `count` pictures and finds their faces, all cores at work: one list for each in `faces`, to be freed with
 * sonic_face_list_free. A few pictures are in memory at a time.
 *
 * Errors: as sonic_face_analyzer_analyze, of the first picture that has one, and CLOSED if it was cancelled; nothing is
 * written then.
 */
enum sonic_status sonic_face_analyzer_analyze_many(const struct sonic_face_analyzer *analyzer,
                                                   const struct sonic_source *const *sources,
                                                   size_t count,
                                                   const struct sonic_cancel *cancel,
                                                   const struct sonic_progress *progress,
                                                   struct sonic_face_list **faces);

/**
 * Decodes a picture and adds it to an event as a photo, with the faces that `analyzer` finds in it, none being fine; see
 * sonic_faces_add_photo_faces. What is not a file needs options.photo_id; a file without one is not decoded again if its
 * bytes are in the event.
 *
 * Errors: as sonic_image_decode, sonic_face_analyzer_analyze_image and sonic_faces_add_photo_faces.
 */
enum sonic_status sonic_faces_add_photo(const struct sonic_store *store,
                                        const char *event,
                                        const struct sonic_face_analyzer *analyzer,
                                        const struct sonic_source *source,
                                        const struct sonic_photo_options *options,
                                        bool *is_new,
                                        struct sonic_photo **photo);

/**
 * Adds a photo to an event with faces that were found before; options.photo_id is needed. One whose id is in the event
 * stays as it is. `is_new` and `photo`, what the store has, may be NULL.
 *
 * Errors: INVALID_ARGUMENT if the numbers of a face are not finite, its embedding is no direction, or the event is
 * archived; MISMATCH if the pipeline of the embeddings is not the store's; IO if another process is writing.
 */
enum sonic_status sonic_faces_add_photo_faces(const struct sonic_store *store,
                                              const char *event,
                                              const struct sonic_face_list *faces,
                                              const struct sonic_photo_options *options,
                                              bool *is_new,
                                              struct sonic_photo **photo);

/**
 * As sonic_faces_add_photo_faces, but a photo of the same id gives way. A new face that lies where an old one did keeps its
 * id, its person and what the user said about it. `photo`, what the store has then, may be NULL.
 *
 * Errors: as sonic_faces_add_photo_faces.
 */
enum sonic_status sonic_faces_replace_photo(const struct sonic_store *store,
                                            const char *event,
                                            const struct sonic_face_list *faces,
                                            const struct sonic_photo_options *options,
                                            struct sonic_photo **photo);

/**
 * The photo of this id.
 *
 * Errors: NOT_FOUND if the event has none.
 */
enum sonic_status sonic_faces_photo(const struct sonic_store *store,
                                    const char *event,
                                    const char *photo_id,
                                    struct sonic_photo **photo);

/**
 * Removes a photo with its faces. People who are left without a face go too, but those the user has decided about.
 *
 * Errors: NOT_FOUND if the event has none; IO if another process is writing.
 */
enum sonic_status sonic_faces_remove_photo(const struct sonic_store *store,
                                           const char *event,
                                           const char *photo_id);

/**
 * At most `limit` photos of an event that were added after the place `after`, which is 0 for the start and then what
 * sonic_photo_list_next gives. None if there is no such event.
 *
 * Errors: INVALID_ARGUMENT if `limit` is 0; MALFORMED if a row is damaged.
 */
enum sonic_status sonic_faces_photos(const struct sonic_store *store,
                                     const char *event,
                                     uint32_t after,
                                     size_t limit,
                                     struct sonic_photo_list **photos);

/**
 * The faces of a photo.
 *
 * Errors: NOT_FOUND if the event has no such photo.
 */
enum sonic_status sonic_faces_faces_of(const struct sonic_store *store,
                                       const char *event,
                                       const char *photo_id,
                                       struct sonic_stored_face_list **faces);

/**
 * At most `limit` faces of an event that were added after the place `after`, which is 0 for the start and then what
 * sonic_stored_face_list_next gives. None if there is no such event.
 *
 * Errors: INVALID_ARGUMENT if `limit` is 0; MALFORMED if a row is damaged.
 */
enum sonic_status sonic_faces_page(const struct sonic_store *store,
                                   const char *event,
                                   uint32_t after,
                                   size_t limit,
                                   struct sonic_stored_face_list **faces);

/**
 * The face of this id; free it with sonic_stored_face_free.
 *
 * Errors: NOT_FOUND if there is none.
 */
enum sonic_status sonic_faces_get(const struct sonic_store *store,
                                  uint64_t face_id,
                                  struct sonic_stored_face **face);

/**
 * The embedding that is kept of a face: `len`, which must be the dimensions of its row, numbers in `embedding`.
 *
 * Errors: NOT_FOUND if there is no such face, or its event was archived; INVALID_ARGUMENT if `len` is another.
 */
enum sonic_status sonic_faces_embedding(const struct sonic_store *store,
                                        uint64_t face_id,
                                        float *embedding,
                                        size_t len);

/**
 * A small picture of a face as a JPEG: the one that was kept with it, or else one of `size` pixels a side, cut out of the
 * file that the photo's path names.
 *
 * Errors: NOT_FOUND if there is no such face, or neither; INVALID_ARGUMENT if `size` is not 1 to 4096.
 */
enum sonic_status sonic_faces_thumbnail(const struct sonic_store *store,
                                        uint64_t face_id,
                                        uint32_t size,
                                        struct sonic_file **file);

/**
 * The faces most like an embedding of `len` numbers that `pipeline` made, the likest first. NULL is the pipeline of the
 * store's faces.
 *
 * Errors: INVALID_ARGUMENT if the embedding is no direction; NOT_FOUND if there is no such event; MISMATCH if the
 * pipeline or `len` is not the store's.
 */
enum sonic_status sonic_faces_search(const struct sonic_store *store,
                                     const char *pipeline,
                                     const float *embedding,
                                     size_t len,
                                     const struct sonic_face_search_options *options,
                                     struct sonic_stored_face_list **faces);

/**
 * Every event, in the order in which they were made.
 *
 * Errors: MALFORMED if a row is damaged.
 */
enum sonic_status sonic_faces_events(const struct sonic_store *store,
                                     struct sonic_event_list **events);

/**
 * Which photos of all events show a user, in order of event and photo.
 *
 * Errors: MALFORMED if a row is damaged.
 */
enum sonic_status sonic_faces_tags_of_user(const struct sonic_store *store,
                                           const char *user_id,
                                           struct sonic_tag_list **tags);

/**
 * Removes the people of all events who are linked to a user, with their faces, embeddings and tags. The photos stay,
 * without saying that the user brought them. They are gone for every call at once; their bytes are gone from the file
 * after sonic_store_compact. `forgotten` may be NULL; counts of 0 mean that there was nothing.
 *
 * Errors: INVALID_ARGUMENT if the id is empty or too long; IO if another process is writing.
 */
enum sonic_status sonic_faces_forget_user(const struct sonic_store *store,
                                          const char *user_id,
                                          struct sonic_forgotten_faces *forgotten);

/**
 * Counts, in the same short time at any size.
 */
enum sonic_status sonic_faces_stats(const struct sonic_store *store,
                                    struct sonic_face_stats *stats);

/**
 * Everybody of an event but those who were merged into others, in the order in which they were found; nobody if there
 * is no such event.
 *
 * Errors: MALFORMED if a row is damaged.
 */
enum sonic_status sonic_people_list(const struct sonic_store *store,
                                    const char *event,
                                    struct sonic_person_list **people);

/**
 * The person of this id, one that was merged into another too.
 *
 * Errors: NOT_FOUND if the event has none.
 */
enum sonic_status sonic_people_get(const struct sonic_store *store,
                                   const char *event,
                                   uint64_t person_id,
                                   struct sonic_person **person);

/**
 * The faces of a person, in the order in which they were added.
 *
 * Errors: NOT_FOUND if the event has no such person; INVALID_ARGUMENT if it was merged into another.
 */
enum sonic_status sonic_people_faces_of(const struct sonic_store *store,
                                        const char *event,
                                        uint64_t person_id,
                                        struct sonic_stored_face_list **faces);

/**
 * The unassigned faces of an event, in the order in which they were added.
 *
 * Errors: MALFORMED if a row is damaged.
 */
enum sonic_status sonic_people_unassigned(const struct sonic_store *store,
                                          const char *event,
                                          struct sonic_stored_face_list **faces);

/**
 * Which photos of an event show which linked user, in order of photo and user: those of one user, or for NULL of all.
 *
 * Errors: MALFORMED if a row is damaged.
 */
enum sonic_status sonic_people_tags(const struct sonic_store *store,
                                    const char *event,
                                    const char *user_id,
                                    struct sonic_tag_list **tags);

/**
 * As sonic_faces_forget_user, in one event.
 */
enum sonic_status sonic_people_forget_user(const struct sonic_store *store,
                                           const char *event,
                                           const char *user_id,
                                           struct sonic_forgotten_faces *forgotten);

/**
 * Removes a person, with those that were merged into it: all their faces with the embeddings, and their tags. The
 * photos stay, with the others on them. `forgotten` may be NULL.
 *
 * Errors: NOT_FOUND if the event has no such person; INVALID_ARGUMENT if it was merged into another.
 */
enum sonic_status sonic_people_forget_person(const struct sonic_store *store,
                                             const char *event,
                                             uint64_t person_id,
                                             struct sonic_forgotten_faces *forgotten);

/**
 * Removes an event with all its photos, faces and people. `forgotten` may be NULL; counts of 0 mean that there was no
 * such event.
 *
 * Errors: IO if another process is writing.
 */
enum sonic_status sonic_people_remove(const struct sonic_store *store,
                                      const char *event,
                                      struct sonic_forgotten_faces *forgotten);

/**
 * Removes the embeddings of an event, by which faces are told apart: who is on its photos stays, but nothing is
 * clustered or found any more, and no photos are added. `archived` may be NULL.
 *
 * Errors: NOT_FOUND if there is no such event; IO if another process is writing.
 */
enum sonic_status sonic_people_archive(const struct sonic_store *store,
                                       const char *event,
                                       struct sonic_archived_event *archived);

/**
 * The people of an event as one HTML page without scripts that loads nothing: a row a person, then the
 * unassigned faces.
 *
 * Errors: NOT_FOUND if there is no such event; INVALID_ARGUMENT if an option is out of its range.
 */
enum sonic_status sonic_people_report(const struct sonic_store *store,
                                      const char *event,
                                      const struct sonic_report_options *options,
                                      struct sonic_file **file);

/**
 * Says which user a person is; anybody may be linked anew, and several people may be one user. What the user decides
 * holds a person, and the faces it has then, through every clustering that follows. `after`, the person as it is then,
 * may be NULL; so it is for all decisions.
 *
 * Errors: NOT_FOUND if the event has no such person; INVALID_ARGUMENT if it was merged into another, or a text is empty
 * or too long; IO if another process is writing. So it is for all decisions about a person.
 */
enum sonic_status sonic_people_link(const struct sonic_store *store,
                                    const char *event,
                                    uint64_t person_id,
                                    const char *user_id,
                                    struct sonic_person **after);

/**
 * Notes that somebody was invited to say that it is they.
 */
enum sonic_status sonic_people_invite(const struct sonic_store *store,
                                      const char *event,
                                      uint64_t person_id,
                                      const char *email,
                                      struct sonic_person **after);

/**
 * Gives a person a name for people; NULL takes it away.
 */
enum sonic_status sonic_people_rename(const struct sonic_store *store,
                                      const char *event,
                                      uint64_t person_id,
                                      const char *name,
                                      struct sonic_person **after);

/**
 * Says that nobody wants to know who it is. An ignored person goes on gathering faces, so that they do not come back as
 * somebody new.
 */
enum sonic_status sonic_people_ignore(const struct sonic_store *store,
                                      const char *event,
                                      uint64_t person_id,
                                      struct sonic_person **after);

/**
 * Takes sonic_people_ignore back.
 */
enum sonic_status sonic_people_unignore(const struct sonic_store *store,
                                        const char *event,
                                        uint64_t person_id,
                                        struct sonic_person **after);

/**
 * Says that two people are one: the faces of the first are those of the second from now on. Where a photo has both, the face
 * that is less like the rest becomes unassigned. `merged`, the person and these faces, may be NULL.
 *
 * Errors: MISMATCH if they were said not to be the same, or are linked to different users.
 */
enum sonic_status sonic_people_merge(const struct sonic_store *store,
                                     const char *event,
                                     uint64_t from_person_id,
                                     uint64_t into_person_id,
                                     struct sonic_merged_people **merged);

/**
 * Says that some faces of a person are somebody else, and gives that new person. The two are never one again.
 *
 * Errors: INVALID_ARGUMENT if a face is not the person's, or all or none of them are given; MISMATCH if two are of one
 * photo.
 */
enum sonic_status sonic_people_split(const struct sonic_store *store,
                                     const char *event,
                                     uint64_t person_id,
                                     const uint64_t *faces,
                                     size_t len,
                                     struct sonic_person **made);

/**
 * Makes a person of faces, whoever they were of before.
 *
 * Errors: INVALID_ARGUMENT if there are none; NOT_FOUND if the event has no such face; MISMATCH if two are of one photo.
 */
enum sonic_status sonic_people_create(const struct sonic_store *store,
                                      const char *event,
                                      const uint64_t *faces,
                                      size_t len,
                                      struct sonic_person **made);

/**
 * Says that a face is of a person. A face of the same photo that clustering gave to the person is taken from it.
 *
 * Errors: NOT_FOUND if the event has no such face; MISMATCH if the person has another face of the same photo by
 * decision.
 */
enum sonic_status sonic_people_assign(const struct sonic_store *store,
                                      const char *event,
                                      uint64_t face_id,
                                      uint64_t person_id,
                                      struct sonic_person **after);

/**
 * Says that a face is not of a person, whether it is put there or not.
 *
 * Errors: NOT_FOUND if the event has no such face.
 */
enum sonic_status sonic_people_not_person(const struct sonic_store *store,
                                          const char *event,
                                          uint64_t face_id,
                                          uint64_t person_id,
                                          struct sonic_person **after);

/**
 * Says that a face is not of the person it is put to; it is unassigned then. A face that is unassigned
 * stays that.
 *
 * Errors: NOT_FOUND if the event has no such face.
 */
enum sonic_status sonic_people_unassign(const struct sonic_store *store,
                                        const char *event,
                                        uint64_t face_id);

/**
 * Says that two people are not the same, so that they are never merged.
 */
enum sonic_status sonic_people_not_same(const struct sonic_store *store,
                                        const char *event,
                                        uint64_t first_person_id,
                                        uint64_t second_person_id);

/**
 * Takes sonic_people_not_same back.
 */
enum sonic_status sonic_people_maybe_same(const struct sonic_store *store,
                                          const char *event,
                                          uint64_t first_person_id,
                                          uint64_t second_person_id);

/**
 * Makes a face stand for its person; for NULL it is again the one of the greatest score.
 *
 * Errors: NOT_FOUND if the event has no such face; INVALID_ARGUMENT if it is not the person's.
 */
enum sonic_status sonic_people_pin_representative(const struct sonic_store *store,
                                                  const char *event,
                                                  uint64_t person_id,
                                                  const uint64_t *face_id,
                                                  struct sonic_person **after);

/**
 * Finds out who is on the photos of an event: clusters the faces, and gives each cluster the person it was before. What
 * the user has decided stays, and two faces of one photo are never one person. It happens as a whole or not at all. An
 * event without faces, or that was archived, is left as it is. `report` may be NULL.
 *
 * Errors: INVALID_ARGUMENT if an option is out of its range; IO if another process is writing; CLOSED if it was
 * cancelled, which changes nothing.
 */
enum sonic_status sonic_people_cluster(const struct sonic_store *store,
                                       const char *event,
                                       const struct sonic_people_cluster_options *options,
                                       const struct sonic_cancel *cancel,
                                       const struct sonic_progress *progress,
                                       struct sonic_cluster_report **report);

/**
 * Every recording, in the order in which they were added, as a table of the Arrow C stream interface, which is read
 * 4096 rows at a time. `stream` is written, not released before; its reader calls its `release`, also when it reads
 * no row. The stream outlives the store's handle; closing the store ends it with an error.
 *
 * Columns: id, title, source, source_hash, duration_ms, landmarks, frames, truncated, codec, sample_rate, channels,
 * user_id, mode, created_at, metadata (JSON). Instants are timestamps in milliseconds, UTC.
 */
enum sonic_status sonic_recordings_table(const struct sonic_store *store,
                                         struct ArrowArrayStream *stream);

/**
 * Every recording of a voice, in the order in which they came; see sonic_recordings_table.
 *
 * Columns: recording_id, user_id, filename, file_path, duration_ms, file_size_bytes, sample_rate, audio_format,
 * created_at, updated_at, mode, status, embedding (a list of float), embedding_dimensions, voiceprint_id,
 * similarity_score, matched_user_id, metadata (JSON).
 */
enum sonic_status sonic_voices_table(const struct sonic_store *store,
                                     struct ArrowArrayStream *stream);

/**
 * Every face of the photos of an event, or for NULL of all events in order; see sonic_recordings_table.
 *
 * Columns: event, photo_id, face_id, person_id, confirmed, x1, y1, x2, y2, score, landmarks (ten numbers), size,
 * sharpness, yaw, pitch, roll, brightness, clipped, embedding (a list of float; null after the event was archived).
 */
enum sonic_status sonic_faces_table(const struct sonic_store *store,
                                    const char *event,
                                    struct ArrowArrayStream *stream);

/**
 * Everybody seen on the photos of an event, or for NULL of all events in order; see sonic_recordings_table.
 *
 * Columns: event, person_id, label, status, user_id, name, invitation_email, invited_at, merged_into, faces, photos,
 * avg_quality, min_quality, max_quality, representative_face_id, pinned, confirmed, created_at, updated_at.
 */
enum sonic_status sonic_people_table(const struct sonic_store *store,
                                     const char *event,
                                     struct ArrowArrayStream *stream);

/**
 * Makes what a store holds the current snapshot of the bucket at `url`. Only chunks that the bucket lacks are sent, and it is
 * published in one step. The store must be the current snapshot with something added: pulled or pushed last as that, or new as
 * the bucket is. Progress counts bytes of the store. `pushed` may be NULL.
 *
 * Errors: MISMATCH if another snapshot is the current one; INVALID_ARGUMENT for an address that is none; UNSUPPORTED for one that is
 * only read; IO if the bucket cannot be reached or refuses; CLOSED if it was cancelled. Nothing is published then.
 */
enum sonic_status sonic_snapshots_push(const struct sonic_store *store,
                                       const char *url,
                                       const struct sonic_remote_options *options,
                                       const struct sonic_cancel *cancel,
                                       const struct sonic_progress *progress,
                                       struct sonic_transferred *pushed);

/**
 * Makes the store in `directory`, made if it does not exist, the current snapshot of the bucket at `url`, which may be that of a
 * server of static files, https://host/prefix, too. Chunks that the store has already are not received. It takes the place of the
 * store in one step, and handles turn to it with their next call; what had come when it ends early is kept for the next pull.
 * Progress counts bytes of the store. `pulled` may be NULL.
 *
 * Errors: NOT_FOUND if there is no snapshot; MISMATCH if the store has changes that are in no snapshot, or has forgotten somebody whom
 * the snapshot has; MALFORMED if a chunk is damaged or missing; IO if the bucket cannot be reached or the disk has no room; CLOSED if
 * it was cancelled. The store is as it was then.
 */
enum sonic_status sonic_snapshots_pull(const char *directory,
                                       const char *url,
                                       const struct sonic_remote_options *options,
                                       const struct sonic_cancel *cancel,
                                       const struct sonic_progress *progress,
                                       struct sonic_transferred *pulled);

/**
 * The snapshots of the bucket at `url` that can be pulled or rolled back to, the current one first.
 *
 * Errors: INVALID_ARGUMENT for an address that is none; IO if the bucket cannot be reached or refuses.
 */
enum sonic_status sonic_snapshots_list(const char *url,
                                       const struct sonic_remote_options *options,
                                       struct sonic_snapshot_list **snapshots);

/**
 * Removes all but the newest `keep` snapshots, one at least, of the bucket at `url`, and chunks that none of those needs. What is
 * younger than `grace_s` seconds stays: 3600, or less if nobody pushes or pulls. `pruned` may be NULL.
 *
 * Errors: INVALID_ARGUMENT for an address that is none, or if `keep` is 0; IO if the bucket cannot be reached or refuses; CLOSED if it
 * was cancelled.
 */
enum sonic_status sonic_snapshots_prune(const char *url,
                                        const struct sonic_remote_options *options,
                                        size_t keep,
                                        uint64_t grace_s,
                                        const struct sonic_cancel *cancel,
                                        const struct sonic_progress *progress,
                                        struct sonic_pruned *pruned);

/**
 * Makes a snapshot from before the current one of the bucket at `url` again: number `*to`, or the one before the current if `to` is
 * NULL. It is published under a new number, which `version` gets. Whom the store has forgotten since is forgotten in it first.
 *
 * Errors: NOT_FOUND if there is no such snapshot any more; MISMATCH if another was published meanwhile; IO if the bucket cannot be
 * reached or refuses; CLOSED if it was cancelled. Nothing is published then.
 */
enum sonic_status sonic_snapshots_rollback(const char *url,
                                           const struct sonic_remote_options *options,
                                           const uint64_t *to,
                                           const struct sonic_cancel *cancel,
                                           const struct sonic_progress *progress,
                                           uint64_t *version);

/**
 * Keeps a store, which may be open for reading only, at the current snapshot of the bucket at `url`, until the follower is freed or the
 * store is closed. A thread looks for a new one every `interval_ms` milliseconds, 10 or more; the store turns to it with the next call,
 * and no call waits for it or fails. If it cannot be pulled sonic_stats says why, the store stays as it is, and it is tried again.
 *
 * Errors: INVALID_ARGUMENT for an address that is none, or an interval that is too short; IO if the system starts no thread.
 */
enum sonic_status sonic_store_follow(const struct sonic_store *store,
                                     const char *url,
                                     uint64_t interval_ms,
                                     const struct sonic_remote_options *options,
                                     struct sonic_follower **follower);

/**
 * All models in order of id: those that came with sonic, and those with a manifest in `models_folder`, NULL for the
 * default; see sonic_voice_embedder_options.
 *
 * Errors: MODEL if a manifest in the folder is wrong; IO if the folder cannot be read.
 */
enum sonic_status sonic_models_list(const char *models_folder,
                                    struct sonic_model_list **models);

/**
 * What is known about the files of the model `name`, which are read: the worst of what is known of each.
 *
 * Errors: NOT_FOUND for a name that is not known; IO if a file cannot be read.
 */
enum sonic_status sonic_models_verify(const char *models_folder,
                                      const char *name,
                                      enum sonic_verified *verified);

/**
 * Brings the files of the model `name` into the folder of models, unless they are there and right: the only call that
 * uses the network. `pulled` may be NULL. Progress counts the bytes of the file that comes.
 *
 * Errors: NOT_FOUND for a name that is not known; MODEL if its licence is refused, nobody publishes it, or it cannot be
 * verified and the options do not accept that; MISMATCH for a wrong hash; IO, NOT_FOUND or MALFORMED for what went wrong
 * at the last place; CLOSED if it was cancelled, which leaves nothing of the file that was coming.
 */
enum sonic_status sonic_models_pull(const char *name,
                                    const struct sonic_pull_options *options,
                                    const struct sonic_cancel *cancel,
                                    const struct sonic_progress *progress,
                                    struct sonic_pulled **pulled);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SONIC_SONIC_H */
