// What a worker can be asked for about pictures, clusters and faces; see calls.js.

import koffi from "koffi";
import { checked, copied, made, opened, sized } from "./convert.js";

export const faceCalls = {
  cluster(native, { rows, count, dimensions, how }) {
    const options = sized(native.types.cluster_options, how);
    const scored = !how.method;
    const labels = new Int32Array(count);
    const [probabilities, scores] = [new Float32Array(scored ? count : 0), new Float32Array(scored ? count : 0)];
    const clusters = [0];
    checked(
      native,
      native.cluster(
        rows,
        count,
        dimensions,
        options,
        labels,
        scored ? probabilities : null,
        scored ? scores : null,
        clusters,
      ),
    );
    const value = {
      labels,
      probabilities: scored ? probabilities : null,
      outlierScores: scored ? scores : null,
      count: clusters[0],
    };
    return { value, transfer: [labels.buffer, probabilities.buffer, scores.buffer] };
  },

  decode_image(native, { path, bytes, maxPixels }) {
    const options = sized(native.types.image_options, { max_pixels: maxPixels });
    return made(
      native,
      "image",
      (out) =>
        bytes
          ? native.image_decode_bytes(bytes, bytes.length, options, out)
          : native.image_decode_file(path, options, out),
      (image) => {
        const [width, height] = [native.image_width(image), native.image_height(image)];
        const pixels = new Uint8Array(copied(native.image_pixels(image), 3 * width * height));
        const value = { pixels, width, height, truncated: native.image_truncated(image) };
        return { value, transfer: [pixels.buffer] };
      },
    );
  },

  face_analyzer(native, { detector, embedder, how }) {
    const options = sized(native.types.face_analyzer_options, how);
    const address = opened(native, (out) =>
      native.face_analyzer_new(detector ?? null, embedder ?? null, options, out),
    );
    const value = {
      address,
      dims: native.face_analyzer_dims(address),
      pipeline: native.face_analyzer_pipeline(address),
    };
    return { value };
  },

  analyze(native, { addresses: [analyzer], path, bytes, image }) {
    const found = (call) => made(native, "faces", call, (faces) => ({ value: facesOf(native, faces) }));
    if (image) {
      const { pixels, width, height } = image;
      const handle = opened(native, (out) => native.image_new(pixels, pixels.length, width, height, 0, out));
      try {
        return found((out) => native.face_analyzer_analyze(analyzer, handle, out));
      } finally {
        native.image_free(handle);
      }
    }
    return found((out) =>
      bytes
        ? native.face_analyzer_analyze_bytes(analyzer, bytes, bytes.length, out)
        : native.face_analyzer_analyze_file(analyzer, path, out),
    );
  },

  add_photo(native, { addresses: [store, analyzer], event, path, bytes, row }) {
    const options = sized(native.types.photo_options, row);
    return added(native, (isNew, out) =>
      bytes
        ? native.store_add_photo_bytes(store, event, analyzer, bytes, bytes.length, options, isNew, out)
        : native.store_add_photo_file(store, event, analyzer, path, options, isNew, out),
    );
  },

  add_faces(native, { addresses: [store], event, pipeline, faces, width, height, row }) {
    const rows = faces.map(({ embedding, ...rest }) => ({ ...rest, embedding, dimensions: embedding.length }));
    const handle = opened(native, (out) => native.faces_new(pipeline, rows, rows.length, width, height, out));
    try {
      const options = sized(native.types.photo_options, row);
      return added(native, (isNew, out) => native.store_add_photo(store, event, handle, options, isNew, out));
    } finally {
      native.faces_free(handle);
    }
  },

  photo(native, { addresses: [store], event, photoId }) {
    return made(
      native,
      "photo",
      (out) => native.store_photo(store, event, photoId, out),
      (row) => ({ value: photoOf(native, row) }),
    );
  },

  photos(native, { addresses: [store], event, after, limit }) {
    return made(
      native,
      "photos",
      (out) => native.store_photos_after(store, event, after, limit, out),
      (list) => ({ value: page(native, "photos", list, photoOf) }),
    );
  },

  remove_photo(native, { addresses: [store], event, photoId }) {
    checked(native, native.store_remove_photo(store, event, photoId));
    return {};
  },

  photo_faces(native, { addresses: [store], event, photoId }) {
    return storedFaces(native, (out) => native.store_photo_faces(store, event, photoId, out));
  },

  event_faces(native, { addresses: [store], event, after, limit }) {
    return made(
      native,
      "stored_faces",
      (out) => native.store_faces_after(store, event, after, limit, out),
      (list) => ({ value: page(native, "stored_faces", list, storedFaceOf) }),
    );
  },

  face(native, { addresses: [store], face }) {
    const { value } = storedFaces(native, (out) => native.store_face(store, face, out));
    return { value: value[0] };
  },

  face_embedding(native, { addresses: [store], face }) {
    const { value } = storedFaces(native, (out) => native.store_face(store, face, out));
    const embedding = new Float32Array(value[0].dimensions);
    checked(native, native.store_face_embedding(store, face, embedding, embedding.length));
    return { value: embedding, transfer: [embedding.buffer] };
  },

  face_thumbnail(native, { addresses: [store], face, size }) {
    return fileOf(native, (out) => native.store_face_thumbnail(store, face, size ?? 0, out));
  },

  search_faces(native, { addresses: [store], pipeline, embedding, events, exclude, how }) {
    const options = sized(native.types.face_search_options, {
      ...how,
      events: events.length > 0 ? events : null,
      event_len: events.length,
      exclude: exclude.length > 0 ? BigUint64Array.from(exclude, BigInt) : null,
      exclude_len: exclude.length,
    });
    return made(
      native,
      "stored_faces",
      (out) => native.store_search_faces(store, pipeline ?? null, embedding, embedding.length, options, out),
      (list) => {
        const like = (pointer) => ({
          face: storedFaceOf(native, pointer),
          similarity: koffi.decode(pointer, native.types.stored_face).similarity,
        });
        return { value: rowsOf(native, "stored_faces", list, (_, pointer) => like(pointer)) };
      },
    );
  },

  events(native, { addresses: [store] }) {
    return made(
      native,
      "events",
      (out) => native.store_events(store, out),
      (list) => ({ value: rowsOf(native, "events", list, eventOf) }),
    );
  },

  face_stats(native, { addresses: [store] }) {
    const stats = sized(native.types.face_stats, {});
    checked(native, native.store_face_stats(store, stats));
    const { events, photos, faces, people, dimensions, pipeline } = stats;
    return { value: { events, photos, faces, people, dimensions, pipeline } };
  },
};

/** What `read` makes of each row of a list. */
export function rowsOf(native, noun, list, read) {
  return Array.from({ length: native[`${noun}_len`](list) }, (_, i) => read(native, native[`${noun}_at`](list, i)));
}

function page(native, noun, list, read) {
  const place = [0];
  const more = native[`${noun}_next`](list, place);
  return { rows: rowsOf(native, noun, list, read), after: more ? place[0] : undefined };
}

/** The bytes of a file that was made. */
export function fileOf(native, call) {
  return made(native, "file", call, (file) => {
    const value = new Uint8Array(copied(native.file_data(file), native.file_len(file)));
    return { value, transfer: [value.buffer] };
  });
}

/** The rows of a list of faces in a store. */
export function storedFaces(native, call) {
  return made(native, "stored_faces", call, (list) => ({ value: rowsOf(native, "stored_faces", list, storedFaceOf) }));
}

function added(native, call) {
  const isNew = [false];
  return made(
    native,
    "photo",
    (out) => call(isNew, out),
    (row) => ({ value: { isNew: isNew[0], photo: photoOf(native, row) } }),
  );
}

function facesOf(native, faces) {
  const pipeline = native.faces_pipeline(faces);
  return rowsOf(native, "faces", faces, (_, pointer) => {
    const face = koffi.decode(pointer, native.types.face);
    const embedding = new Float32Array(copied(face.embedding, 4 * face.dimensions));
    return { ...seen(face), embedding, pipeline };
  });
}

/** Where a face is, and how well it can be seen. */
function seen(face) {
  const { bbox, score, size, sharpness, yaw, pitch, roll, brightness, clipped } = face;
  const landmarks = Array.from({ length: 5 }, (_, i) => face.landmarks.slice(2 * i, 2 * i + 2));
  return { bbox, score, landmarks, quality: { size, sharpness, yaw, pitch, roll, brightness, clipped } };
}

function storedFaceOf(native, pointer) {
  const row = koffi.decode(pointer, native.types.stored_face);
  return {
    id: row.id,
    event: row.event,
    photoId: row.photo_id,
    person: orNull(row.person),
    confirmed: row.confirmed,
    ...seen(row.face),
    dimensions: row.face.dimensions,
  };
}

/** An id; 0 is none. */
export function orNull(id) {
  return id === 0 ? null : id;
}

function photoOf(native, pointer) {
  const row = koffi.decode(pointer, native.types.photo);
  return {
    photoId: row.photo_id,
    event: row.event,
    path: row.path,
    sourceHash: row.source_hash,
    userId: row.user_id,
    metadata: row.metadata_json === null ? null : JSON.parse(row.metadata_json),
    createdAt: new Date(row.created_at_ms),
    width: row.width,
    height: row.height,
    faces: row.faces,
  };
}

function eventOf(native, pointer) {
  const { event, photos, faces, people, archived, created_at_ms: created } = koffi.decode(pointer, native.types.event);
  return { event, photos, faces, people, archived, createdAt: new Date(created) };
}
