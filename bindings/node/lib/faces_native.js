// The part of sonic.h about pictures, clusters, faces and people, in koffi's words; see native.js.

import koffi from "koffi";

/** A decision about a person: its prototype, with what is said between the event and the person as it is then. */
function decision(name, said) {
  return `int sonic_people_${name}(const void *store, const char *event, ${said}, _Out_ void **after)`;
}

const PAGE = "const void *store, const char *event, uint32_t after, size_t limit, ";

export const facePrototypes = [
  "int sonic_cluster(const float *rows, size_t count, size_t dimensions, const sonic_cluster_options *options, " +
    "_Out_ int32_t *labels, _Out_ float *probabilities, _Out_ float *outlier_scores, _Out_ size_t *clusters)",
  "int sonic_image_decode_file(const char *path, const sonic_image_options *options, _Out_ void **image)",
  "int sonic_image_decode_bytes(const uint8_t *data, size_t len, const sonic_image_options *options, " +
    "_Out_ void **image)",
  "int sonic_image_new(const uint8_t *pixels, size_t len, uint32_t width, uint32_t height, size_t stride, " +
    "_Out_ void **image)",
  "const void *sonic_image_pixels(const void *image)",
  "uint32_t sonic_image_width(const void *image)",
  "uint32_t sonic_image_height(const void *image)",
  "bool sonic_image_truncated(const void *image)",
  "void sonic_image_free(void *image)",
  "int sonic_face_analyzer_new(const char *detector, const char *embedder, " +
    "const sonic_face_analyzer_options *options, _Out_ void **analyzer)",
  "size_t sonic_face_analyzer_dims(const void *analyzer)",
  "const char *sonic_face_analyzer_pipeline(const void *analyzer)",
  "int sonic_face_analyzer_analyze(const void *analyzer, const void *image, _Out_ void **faces)",
  "int sonic_face_analyzer_analyze_file(const void *analyzer, const char *path, _Out_ void **faces)",
  "int sonic_face_analyzer_analyze_bytes(const void *analyzer, const uint8_t *data, size_t len, _Out_ void **faces)",
  "void sonic_face_analyzer_free(void *analyzer)",
  "int sonic_faces_new(const char *pipeline, const sonic_face *faces, size_t count, uint32_t width, uint32_t height, " +
    "_Out_ void **made)",
  "size_t sonic_faces_len(const void *faces)",
  "const void *sonic_faces_at(const void *faces, size_t index)",
  "const char *sonic_faces_pipeline(const void *faces)",
  "void sonic_faces_free(void *faces)",
  "int sonic_store_add_photo(const void *store, const char *event, const void *faces, " +
    "const sonic_photo_options *options, _Out_ bool *is_new, _Out_ void **photo)",
  "int sonic_store_add_photo_file(const void *store, const char *event, const void *analyzer, const char *path, " +
    "const sonic_photo_options *options, _Out_ bool *is_new, _Out_ void **photo)",
  "int sonic_store_add_photo_bytes(const void *store, const char *event, const void *analyzer, const uint8_t *data, " +
    "size_t len, const sonic_photo_options *options, _Out_ bool *is_new, _Out_ void **photo)",
  "int sonic_store_photo(const void *store, const char *event, const char *photo_id, _Out_ void **photo)",
  "int sonic_store_remove_photo(const void *store, const char *event, const char *photo_id)",
  "void sonic_photo_free(void *photo)",
  `int sonic_store_photos_after(${PAGE}_Out_ void **photos)`,
  "size_t sonic_photos_len(const void *photos)",
  "const void *sonic_photos_at(const void *photos, size_t index)",
  "bool sonic_photos_next(const void *photos, _Out_ uint32_t *after)",
  "void sonic_photos_free(void *photos)",
  "int sonic_store_photo_faces(const void *store, const char *event, const char *photo_id, _Out_ void **faces)",
  `int sonic_store_faces_after(${PAGE}_Out_ void **faces)`,
  "int sonic_store_face(const void *store, uint64_t face, _Out_ void **found)",
  "int sonic_store_face_embedding(const void *store, uint64_t face, _Out_ float *embedding, size_t len)",
  "int sonic_store_search_faces(const void *store, const char *pipeline, const float *embedding, size_t len, " +
    "const sonic_face_search_options *options, _Out_ void **faces)",
  "size_t sonic_stored_faces_len(const void *faces)",
  "const void *sonic_stored_faces_at(const void *faces, size_t index)",
  "bool sonic_stored_faces_next(const void *faces, _Out_ uint32_t *after)",
  "void sonic_stored_faces_free(void *faces)",
  "int sonic_people_cluster(const void *store, const char *event, const sonic_people_options *options, " +
    "_Out_ void **report)",
  "void sonic_people_report_free(void *report)",
  "int sonic_people_list(const void *store, const char *event, _Out_ void **people)",
  "size_t sonic_event_people_len(const void *people)",
  "const void *sonic_event_people_at(const void *people, size_t index)",
  "void sonic_event_people_free(void *people)",
  "int sonic_people_person(const void *store, const char *event, uint64_t id, _Out_ void **person)",
  "void sonic_event_person_free(void *person)",
  "int sonic_people_faces(const void *store, const char *event, uint64_t person, _Out_ void **faces)",
  decision("link", "uint64_t person, const char *user_id"),
  decision("invite", "uint64_t person, const char *email"),
  decision("rename", "uint64_t person, const char *name"),
  decision("ignore", "uint64_t person, bool ignored"),
  decision("merge", "uint64_t from, uint64_t into, _Out_ size_t *left_out"),
  decision("split", "uint64_t person, const uint64_t *faces, size_t len"),
  decision("create", "const uint64_t *faces, size_t len"),
  decision("assign", "uint64_t face, uint64_t person"),
  decision("not_person", "uint64_t face, uint64_t person"),
  decision("pin_representative", "uint64_t person, uint64_t face"),
  "int sonic_people_unassign(const void *store, const char *event, uint64_t face)",
  "int sonic_people_not_same(const void *store, const char *event, uint64_t first, uint64_t second, bool different)",
  "int sonic_store_events(const void *store, _Out_ void **events)",
  "size_t sonic_events_len(const void *events)",
  "const void *sonic_events_at(const void *events, size_t index)",
  "void sonic_events_free(void *events)",
  "int sonic_people_tags(const void *store, const char *event, const char *user_id, _Out_ void **tags)",
  "size_t sonic_tags_len(const void *tags)",
  "const void *sonic_tags_at(const void *tags, size_t index)",
  "void sonic_tags_free(void *tags)",
  "int sonic_people_purge_user(const void *store, const char *event, const char *user_id, _Inout_ sonic_purged *purged)",
  "int sonic_people_purge_person(const void *store, const char *event, uint64_t person, _Inout_ sonic_purged *purged)",
  "int sonic_people_purge_event(const void *store, const char *event, _Inout_ sonic_purged *purged)",
  "int sonic_people_archive(const void *store, const char *event, _Inout_ sonic_archived *archived)",
  "int sonic_store_face_thumbnail(const void *store, uint64_t face, uint32_t size, _Out_ void **file)",
  "int sonic_people_page(const void *store, const char *event, const sonic_page_options *options, _Out_ void **file)",
  "const void *sonic_file_data(const void *file)",
  "size_t sonic_file_len(const void *file)",
  "void sonic_file_free(void *file)",
  "int sonic_store_face_stats(const void *store, _Inout_ sonic_face_stats *stats)",
];

/** Fields of one type. */
function all(type, names) {
  return Object.fromEntries(names.split(" ").map((name) => [name, type]));
}

/** The structs that cross the border; `face` comes before those that hold one. */
export function faceStructs(struct, text) {
  const box = koffi.array("float", 4, "Array");
  return {
    cluster_options: struct("cluster_options", {
      ...all("uint32_t", "size threads"),
      ...all("int32_t", "method metric"),
      ...all("uint32_t", "min_cluster_size min_samples"),
      ...all("double", "epsilon alpha"),
      ...all("uint32_t", "max_cluster_size leaves allow_single_cluster reserved"),
    }),
    image_options: struct("image_options", {
      ...all("uint32_t", "size reserved"),
      ...all("uint64_t", "max_pixels max_bytes"),
    }),
    face_analyzer_options: struct("face_analyzer_options", {
      ...all("uint32_t", "size threads"),
      provider: "int32_t",
      ...all("uint32_t", "det_size own_size max_faces"),
      ...all("float", "threshold nms"),
      ...all(text, "onnxruntime models_folder"),
    }),
    face: struct("face", {
      bbox: box,
      score: "float",
      landmarks: koffi.array("float", 10, "Array"),
      ...all("float", "size sharpness yaw pitch roll brightness clipped"),
      embedding: "const float *",
      dimensions: "size_t",
    }),
    photo: struct("photo", {
      ...all(text, "photo_id event path source_hash user_id metadata_json"),
      created_at_ms: "uint64_t",
      ...all("uint32_t", "width height faces"),
    }),
    photo_options: struct("photo_options", {
      ...all("uint32_t", "size thumbnail_size"),
      ...all(text, "photo_id path user_id metadata_json"),
      created_at_ms: "uint64_t",
      ...all("uint32_t", "no_thumbnails reserved"),
    }),
    stored_face: struct("stored_face", {
      ...all("uint64_t", "id person"),
      ...all(text, "event photo_id"),
      face: "sonic_face",
      similarity: "float",
      confirmed: "bool",
    }),
    face_search_options: struct("face_search_options", {
      ...all("uint32_t", "size threads"),
      threshold: "float",
      reserved: "uint32_t",
      limit: "size_t",
      events: "const char **",
      event_len: "size_t",
      exclude: "const uint64_t *",
      exclude_len: "size_t",
    }),
    people_options: struct("people_options", {
      ...all("uint32_t", "size threads memoria"),
      ...all("int32_t", "mode method assign_to"),
      ...all("uint32_t", "min_cluster_size min_samples"),
      epsilon: "double",
      ...all("float", "assign_similarity min_similarity gather_similarity min_quality"),
      ...all("float", "min_size min_sharpness single_quality"),
      reserved: "uint32_t",
    }),
    people_cluster_row: struct("people_cluster_row", {
      ...all("uint64_t", "person representative"),
      ...all("uint32_t", "label faces"),
      avg_quality: "float",
      is_new: "uint32_t",
    }),
    people_report: struct("people_report", {
      event: text,
      clusters: "const void *",
      cluster_len: "size_t",
      processing_time_seconds: "double",
      ...all("uint32_t", "total_faces preserved_clusters assigned_to_existing new_clusters_created"),
      ...all("uint32_t", "removed_clusters noise_faces"),
    }),
    event_person: struct("event_person", {
      ...all("uint64_t", "id merged_into representative"),
      ...all(text, "event user_id name invitation_email"),
      not_same: "const void *",
      not_same_len: "size_t",
      ...all("uint64_t", "invited_at_ms created_at_ms updated_at_ms"),
      label: "uint32_t",
      status: "int32_t",
      ...all("uint32_t", "faces photos"),
      ...all("float", "avg_quality min_quality max_quality"),
      ...all("bool", "pinned confirmed"),
    }),
    event: struct("event", {
      event: text,
      ...all("uint64_t", "photos faces people created_at_ms"),
      archived: "bool",
    }),
    tag: struct("tag", {
      ...all(text, "event photo_id user_id"),
      ...all("uint64_t", "person face"),
      bbox: box,
    }),
    purged: struct("purged", { ...all("uint32_t", "size reserved"), ...all("uint64_t", "faces people tags photos") }),
    archived: struct("archived", {
      ...all("uint32_t", "size reserved"),
      ...all("uint64_t", "embeddings faces photos people"),
    }),
    page_options: struct("page_options", {
      ...all("uint32_t", "size max_faces thumbnail_size reserved"),
      date: text,
    }),
    face_stats: struct("face_stats", {
      ...all("uint32_t", "size dimensions"),
      ...all("uint64_t", "events photos faces people"),
      pipeline: text,
    }),
  };
}
