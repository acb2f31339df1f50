// The part of sonic.h that this module uses, in koffi's words.

import koffi from "koffi";
import { facePrototypes, faceStructs } from "./faces_native.js";

/** What is called, as C declares it; handles are `void *` here. */
export const prototypes = [
  "const char *sonic_last_error()",
  "int sonic_clip_decode_file(const char *path, const sonic_decode_options *options, _Out_ void **clip)",
  "int sonic_clip_decode_bytes(const uint8_t *data, size_t len, const sonic_decode_options *options, " +
    "_Out_ void **clip)",
  "int sonic_clip_new(const float *samples, size_t len, uint32_t sample_rate, _Out_ void **clip)",
  "const void *sonic_clip_samples(const void *clip)",
  "size_t sonic_clip_len(const void *clip)",
  "uint32_t sonic_clip_sample_rate(const void *clip)",
  "uint64_t sonic_clip_duration_ms(const void *clip)",
  "bool sonic_clip_truncated(const void *clip)",
  "void sonic_clip_free(void *clip)",
  "int sonic_fingerprint_new(const void *clip, _Out_ void **fingerprint)",
  "const void *sonic_fingerprint_landmarks(const void *fingerprint)",
  "size_t sonic_fingerprint_len(const void *fingerprint)",
  "uint64_t sonic_fingerprint_duration_ms(const void *fingerprint)",
  "uint32_t sonic_fingerprint_frames(const void *fingerprint)",
  "const char *sonic_fingerprint_pipeline(const void *fingerprint)",
  "void sonic_fingerprint_free(void *fingerprint)",
  "int sonic_store_open(const char *path, const sonic_store_options *options, _Out_ void **store)",
  "int sonic_store_add(const void *store, const void *fingerprint, " +
    "const sonic_recording_options *options, _Out_ void **added)",
  "int sonic_store_add_file(const void *store, const char *path, " +
    "const sonic_recording_options *options, _Out_ void **added)",
  "int sonic_store_add_bytes(const void *store, const uint8_t *data, size_t len, " +
    "const sonic_recording_options *options, _Out_ void **added)",
  "int sonic_store_identify(const void *store, const void *fingerprint, " +
    "const sonic_identify_options *options, _Out_ void **answer)",
  "int sonic_store_identify_file(const void *store, const char *path, " +
    "const sonic_identify_options *options, _Out_ void **answer)",
  "int sonic_store_identify_bytes(const void *store, const uint8_t *data, size_t len, " +
    "const sonic_identify_options *options, _Out_ void **answer)",
  "int sonic_store_recording(const void *store, const char *id, _Out_ void **recording)",
  "int sonic_store_recordings_after(const void *store, uint32_t after, size_t limit, _Out_ void **recordings)",
  "int sonic_store_count(const void *store, _Out_ uint64_t *count)",
  "int sonic_store_landmarks(const void *store, const char *id, _Out_ void **landmarks)",
  "int sonic_store_remove(const void *store, const char *id)",
  "int sonic_store_stats(const void *store, _Inout_ sonic_stats *stats)",
  "int sonic_store_compact(const void *store)",
  "int sonic_store_check(const void *store, _Out_ void **problems)",
  "void sonic_store_free(void *store)",
  "bool sonic_added_is_new(const void *added)",
  "const char *sonic_added_id(const void *added)",
  "const void *sonic_added_recording(const void *added)",
  "void sonic_added_free(void *added)",
  "int sonic_answer_decision(const void *answer)",
  "size_t sonic_answer_len(const void *answer)",
  "const void *sonic_answer_match(const void *answer, size_t index)",
  "uint64_t sonic_answer_duration_ms(const void *answer)",
  "bool sonic_answer_truncated(const void *answer)",
  "uint64_t sonic_answer_decode_ns(const void *answer)",
  "uint64_t sonic_answer_fingerprint_ns(const void *answer)",
  "uint64_t sonic_answer_search_ns(const void *answer)",
  "void sonic_answer_free(void *answer)",
  "void sonic_recording_free(void *recording)",
  "size_t sonic_recordings_len(const void *recordings)",
  "const void *sonic_recordings_at(const void *recordings, size_t index)",
  "bool sonic_recordings_next(const void *recordings, _Out_ uint32_t *after)",
  "void sonic_recordings_free(void *recordings)",
  "const void *sonic_landmarks_data(const void *landmarks)",
  "size_t sonic_landmarks_len(const void *landmarks)",
  "void sonic_landmarks_free(void *landmarks)",
  "size_t sonic_problems_len(const void *problems)",
  "const char *sonic_problems_message(const void *problems, size_t index)",
  "void sonic_problems_free(void *problems)",
  "int sonic_voice_embedder_new(const char *model, const sonic_voice_embedder_options *options, " +
    "_Out_ void **embedder)",
  "size_t sonic_voice_embedder_dims(const void *embedder)",
  "uint32_t sonic_voice_embedder_sample_rate(const void *embedder)",
  "const char *sonic_voice_embedder_pipeline(const void *embedder)",
  "int sonic_voice_embedder_embed(const void *embedder, const void *clip, _Out_ float *embedding, size_t len)",
  "int sonic_voice_embedder_embed_file(const void *embedder, const char *path, _Out_ float *embedding, size_t len)",
  "int sonic_voice_embedder_embed_bytes(const void *embedder, const uint8_t *data, size_t data_len, " +
    "_Out_ float *embedding, size_t len)",
  "void sonic_voice_embedder_free(void *embedder)",
  "int sonic_voices_people(const void *store, _Out_ void **people)",
  "size_t sonic_people_len(const void *people)",
  "const void *sonic_people_at(const void *people, size_t index)",
  "void sonic_people_free(void *people)",
  "int sonic_voices_forget(const void *store, const char *person, _Inout_ sonic_forgotten *forgotten)",
  "int sonic_voices_forget_user(const void *store, const char *user_id, _Inout_ sonic_forgotten *forgotten)",
  "int sonic_enrolled_status(const void *enrolled)",
  "uint32_t sonic_enrolled_added(const void *enrolled)",
  "uint32_t sonic_enrolled_known(const void *enrolled)",
  "uint32_t sonic_enrolled_left_out(const void *enrolled)",
  "const void *sonic_enrolled_person(const void *enrolled)",
  "size_t sonic_enrolled_len(const void *enrolled)",
  "const void *sonic_enrolled_heard(const void *enrolled, size_t index)",
  "void sonic_enrolled_free(void *enrolled)",
  "int sonic_voice_answer_decision(const void *answer)",
  "size_t sonic_voice_answer_len(const void *answer)",
  "const void *sonic_voice_answer_match(const void *answer, size_t index)",
  "const void *sonic_voice_answer_quality(const void *answer)",
  "uint64_t sonic_voice_answer_compared(const void *answer)",
  "uint64_t sonic_voice_answer_cohort(const void *answer)",
  "bool sonic_voice_answer_calibrated(const void *answer)",
  "uint64_t sonic_voice_answer_decode_ns(const void *answer)",
  "uint64_t sonic_voice_answer_embed_ns(const void *answer)",
  "uint64_t sonic_voice_answer_search_ns(const void *answer)",
  "void sonic_voice_answer_free(void *answer)",
  "int sonic_verification_decision(const void *verification)",
  "const void *sonic_verification_claim(const void *verification)",
  "bool sonic_verification_calibrated(const void *verification)",
  "void sonic_verification_free(void *verification)",
  ...inThreeForms("sonic_voices_identify", "", "sonic_voice_identify_options", "answer"),
  ...inThreeForms("sonic_voices_verify", "const char *person, ", "sonic_voice_identify_options", "verification"),
  "int sonic_voices_enroll(const void *store, const void *embedder, const char *person, const void **clips, " +
    "size_t count, const sonic_enroll_options *options, _Out_ void **enrolled)",
  "int sonic_voices_enroll_files(const void *store, const void *embedder, const char *person, const char **paths, " +
    "size_t count, const sonic_enroll_options *options, _Out_ void **enrolled)",
  "int sonic_voices_enroll_bytes(const void *store, const void *embedder, const char *person, " +
    "const sonic_bytes *files, size_t count, const sonic_enroll_options *options, _Out_ void **enrolled)",
  ...facePrototypes,
];

/** A call about somebody speaking, given as a clip, a file, or the bytes of one. */
function inThreeForms(name, first, options, out) {
  const begin = `const void *store, const void *embedder, ${first}`;
  const end = `const ${options} *options, _Out_ void **${out}`;
  return [
    `int ${name}(${begin}const void *clip, ${end})`,
    `int ${name}_file(${begin}const char *path, ${end})`,
    `int ${name}_bytes(${begin}const uint8_t *data, size_t len, ${end})`,
  ];
}

/** The functions of the library at `path`, named without their `sonic_`, and the structs that they take. */
export function bind(path) {
  const types = structs();
  const library = koffi.load(path);
  const named = prototypes.map((prototype) => [/sonic_(\w+)\(/.exec(prototype)[1], library.func(prototype)]);
  return { types, ...Object.fromEntries(named) };
}

/** The structs that cross the border. Once a thread. */
export function structs() {
  const struct = (name, fields) => koffi.struct(`sonic_${name}`, fields);
  const text = "const char *";
  return {
    decode_options: struct("decode_options", { size: "uint32_t", sample_rate: "uint32_t" }),
    store_options: struct("store_options", { size: "uint32_t", access: "int32_t", map_size: "uint64_t" }),
    identify_options: struct("identify_options", {
      size: "uint32_t",
      threads: "uint32_t",
      limit: "size_t",
      exclude: "const char **",
      exclude_len: "size_t",
    }),
    recording_options: struct("recording_options", {
      size: "uint32_t",
      reserved: "uint32_t",
      id: text,
      title: text,
      source: text,
      user: text,
      mode: text,
      metadata_json: text,
      created_at_ms: "uint64_t",
    }),
    match: struct("match", {
      id: text,
      offset_ms: "int64_t",
      query_start_ms: "uint64_t",
      query_end_ms: "uint64_t",
      score: "float",
      probability: "float",
      time_scale: "float",
      pitch_semitones: "float",
      aligned: "uint32_t",
    }),
    recording: struct("recording", {
      id: text,
      title: text,
      source: text,
      source_hash: text,
      user: text,
      mode: text,
      metadata_json: text,
      codec: text,
      duration_ms: "uint64_t",
      created_at_ms: "uint64_t",
      landmarks: "uint32_t",
      frames: "uint32_t",
      sample_rate: "uint32_t",
      channels: "uint32_t",
      truncated: "bool",
    }),
    ...voiceStructs(struct, text),
    ...faceStructs(struct, text),
    stats: struct("stats", {
      size: "uint32_t",
      format_version: "uint32_t",
      recordings: "uint64_t",
      duration_ms: "uint64_t",
      landmarks: "uint64_t",
      postings: "uint64_t",
      postings_bytes: "uint64_t",
      segments: "uint64_t",
      file_bytes: "uint64_t",
      pipeline: text,
    }),
  };
}

function voiceStructs(struct, text) {
  return {
    voice_embedder_options: struct("voice_embedder_options", {
      size: "uint32_t",
      threads: "uint32_t",
      provider: "int32_t",
      reserved: "uint32_t",
      onnxruntime: text,
      models_folder: text,
    }),
    enroll_options: struct("enroll_options", {
      size: "uint32_t",
      quality_gate: "int32_t",
      min_samples: "uint32_t",
      max_samples: "uint32_t",
      user_id: text,
      only_usable: "uint32_t",
      reserved: "uint32_t",
    }),
    bytes: struct("bytes", { data: "const uint8_t *", len: "size_t" }),
    voice_identify_options: struct("voice_identify_options", {
      size: "uint32_t",
      threads: "uint32_t",
      threshold: "float",
      accept: "float",
      limit: "size_t",
      exclude: "const char **",
      exclude_len: "size_t",
    }),
    voice_match: struct("voice_match", {
      person: text,
      voiceprint_id: text,
      user_id: text,
      score: "float",
      normalized: "float",
      probability: "float",
      sample_count: "uint32_t",
      has_normalized: "bool",
      is_enrolled: "bool",
    }),
    voice_quality: struct("voice_quality", {
      duration_ms: "uint64_t",
      speech_ms: "uint64_t",
      snr_db: "float",
      clipping: "float",
      level_dbfs: "float",
      peak: "float",
      has_snr: "bool",
      is_good: "bool",
    }),
    heard: struct("heard", { recording_id: text, reason: text, quality: "const void *", status: "int32_t" }),
    person: struct("person", {
      person: text,
      voiceprint_id: text,
      user_id: text,
      created_at_ms: "uint64_t",
      updated_at_ms: "uint64_t",
      sample_count: "uint32_t",
      min_samples: "uint32_t",
      is_enrolled: "bool",
      samples: "const void *",
      sample_len: "size_t",
    }),
    forgotten: struct("forgotten", {
      size: "uint32_t",
      reserved: "uint32_t",
      voiceprints: "uint64_t",
      recordings: "uint64_t",
      speakers: "uint64_t",
    }),
  };
}
