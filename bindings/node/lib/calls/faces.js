// What a worker can be asked for about photos and faces.

import koffi from "koffi";
import { checked, consume, fileOf, optionsOf, orNull, withSource } from "../convert.js";
import { listOf, pageOf, plain, readRow } from "../rows.js";
import { filled } from "./store.js";
import { placeOf } from "./vision.js";

const photo = plain("photo");
/** The side in pixels of a thumbnail, if none is given. */
const THUMBNAIL = 160;

export const faceCalls = {
  faces_add_photo(native, { addresses: [store, analyzer], event, source, options }) {
    const given = photoOptions(native, options);
    return withSource(native, source, (handle) =>
      added(native, (isNew, out) => native.faces_add_photo(store, event, analyzer, handle, given, isNew, out)),
    );
  },

  faces_add_faces(native, { addresses: [store], options, ...given }) {
    const fields = photoOptions(native, options);
    return withFaces(native, given, (list) =>
      added(native, (isNew, out) => native.faces_add_photo_faces(store, given.event, list, fields, isNew, out)),
    );
  },

  faces_add_photos(native, { addresses: [store, analyzer], event, paths, options }, { cancel, progress }) {
    const given = optionsOf(native, "add_photos_options", options);
    return consume(
      native,
      "added_photo_file_list",
      (out) => native.faces_add_photos(store, event, analyzer, paths, paths.length, given, cancel, progress, out),
      (list) => ({ value: listOf(native, "added_photo_file_list", list, plain("added_photo_file")) }),
    );
  },

  faces_replace_photo(native, { addresses: [store], options, ...given }) {
    const fields = photoOptions(native, options);
    return withFaces(native, given, (list) =>
      consume(
        native,
        "photo",
        (out) => native.faces_replace_photo(store, given.event, list, fields, out),
        (row) => ({ value: photo(native, row) }),
      ),
    );
  },

  faces_photo(native, { addresses: [store], event, photoId }) {
    return orNull(() =>
      consume(
        native,
        "photo",
        (out) => native.faces_photo(store, event, photoId, out),
        (row) => ({ value: photo(native, row) }),
      ),
    );
  },

  faces_photos(native, { addresses: [store], event, after, limit }) {
    return consume(
      native,
      "photo_list",
      (out) => native.faces_photos(store, event, after, limit, out),
      (list) => ({ value: pageOf(native, "photo_list", list, photo) }),
    );
  },

  faces_page(native, { addresses: [store], event, after, limit }) {
    return consume(
      native,
      "stored_face_list",
      (out) => native.faces_page(store, event, after, limit, out),
      (list) => ({ value: pageOf(native, "stored_face_list", list, storedFaceOf) }),
    );
  },

  faces_faces_of(native, { addresses: [store], event, photoId }) {
    return storedFaces(native, (out) => native.faces_faces_of(store, event, photoId, out));
  },

  faces_remove_photo(native, { addresses: [store], event, photoId }) {
    checked(native, native.faces_remove_photo(store, event, photoId));
    return {};
  },

  faces_get(native, { addresses: [store], faceId }) {
    return orNull(() => ({ value: faceAt(native, store, faceId) }));
  },

  faces_embedding(native, { addresses: [store], faceId }) {
    return orNull(() => {
      const value = new Float32Array(faceAt(native, store, faceId).embeddingDimensions);
      checked(native, native.faces_embedding(store, faceId, value, value.length));
      return { value, transfer: [value.buffer] };
    });
  },

  faces_thumbnail(native, { addresses: [store], faceId, options }) {
    return orNull(() => fileOf(native, (out) => native.faces_thumbnail(store, faceId, options.size ?? THUMBNAIL, out)));
  },

  faces_search(native, { addresses: [store], pipeline, embedding, options }) {
    const given = optionsOf(native, "face_search_options", options);
    return consume(
      native,
      "stored_face_list",
      (out) => native.faces_search(store, pipeline ?? null, embedding, embedding.length, given, out),
      (list) => ({ value: listOf(native, "stored_face_list", list, similarOf) }),
    );
  },

  faces_events(native, { addresses: [store] }) {
    return { value: events(native, store) };
  },

  faces_event(native, { addresses: [store], event }) {
    return { value: events(native, store).find(({ name }) => name === event) ?? null };
  },

  faces_tags_of_user(native, { addresses: [store], userId }) {
    return tags(native, (out) => native.faces_tags_of_user(store, userId, out));
  },

  faces_forget_user(native, { addresses: [store], userId }) {
    return filled(native, "forgotten_faces", (counts) => native.faces_forget_user(store, userId, counts));
  },

  faces_stats(native, { addresses: [store] }) {
    return filled(native, "face_stats", (stats) => native.faces_stats(store, stats));
  },
};

/** What `work` makes of a list of faces that were found before. */
function withFaces(native, { pipeline, faces, width, height }, work) {
  const rows = faces.map(({ embedding, ...rest }) => ({ ...rest, embedding, dimensions: embedding.length }));
  return consume(
    native,
    "face_list",
    (out) => native.face_list_new(pipeline, rows, rows.length, width, height, out),
    work,
  );
}

function photoOptions(native, { metadata, ...rest }) {
  return optionsOf(native, "photo_options", metadata === undefined ? rest : { ...rest, metadata_json: metadata });
}

function added(native, call) {
  const isNew = [false];
  return consume(
    native,
    "photo",
    (out) => call(isNew, out),
    (row) => ({ value: { isNew: isNew[0], photo: photo(native, row) } }),
  );
}

function events(native, store) {
  return consume(
    native,
    "event_list",
    (out) => native.faces_events(store, out),
    (list) => listOf(native, "event_list", list, plain("event")),
  );
}

export function tags(native, call) {
  return consume(native, "tag_list", call, (list) => ({ value: listOf(native, "tag_list", list, plain("tag")) }));
}

/** The rows of a list of faces in a store. */
export function storedFaces(native, call) {
  return consume(native, "stored_face_list", call, (list) => ({
    value: listOf(native, "stored_face_list", list, storedFaceOf),
  }));
}

function faceAt(native, store, faceId) {
  return consume(
    native,
    "stored_face",
    (out) => native.faces_get(store, faceId, out),
    (row) => storedFaceOf(native, row),
  );
}

function storedFaceOf(native, pointer) {
  return faceOf(koffi.decode(pointer, native.types.stored_face));
}

function similarOf(native, pointer) {
  const row = koffi.decode(pointer, native.types.stored_face);
  return { face: faceOf(row), similarity: row.similarity };
}

function faceOf({ face, ...row }) {
  const { similarity, ...rest } = readRow("stored_face", row);
  return { ...rest, ...placeOf(face), embeddingDimensions: face.dimensions };
}
