// What a worker can be asked for about pictures and rows: decoding, finding faces, clustering.

import koffi from "koffi";
import { checked, copied, consume, opened, optionsOf, withSource } from "../convert.js";
import { listOf } from "../rows.js";

export const visionCalls = {
  cluster(native, { rows, count, dimensions, scored, options }, { cancel, progress }) {
    const { selection, ...rest } = options;
    const fields = selection === undefined ? rest : { ...rest, leaves: selection };
    const given = optionsOf(native, "cluster_options", fields);
    const labels = new Int32Array(count);
    const [probabilities, scores] = scored ? [new Float32Array(count), new Float32Array(count)] : [null, null];
    const found = [0];
    const call = rows instanceof Float64Array ? native.cluster_doubles : native.cluster;
    checked(native, call(rows, count, dimensions, given, cancel, progress, labels, probabilities, scores, found));
    const value = { labels, probabilities, outlierScores: scores, count: found[0] };
    return { value, transfer: [labels, probabilities, scores].flatMap((list) => list?.buffer ?? []) };
  },

  decode_image(native, { source, options }) {
    return decoded(native, source, options, (image) => imageOf(native, image));
  },

  face_analyzer(native, { detector, embedder, options }) {
    const given = optionsOf(native, "face_analyzer_options", options);
    const address = opened(native, (out) => native.face_analyzer_new(detector ?? null, embedder ?? null, given, out));
    const value = {
      address,
      dimensions: native.face_analyzer_dimensions(address),
      pipeline: native.face_analyzer_pipeline(address),
    };
    return { value };
  },

  analyze(native, { addresses: [analyzer], source: { image, ...source }, options }) {
    const found = (call, handle) =>
      consume(
        native,
        "face_list",
        (out) => call(analyzer, handle, out),
        (faces) => ({ value: facesOf(native, faces) }),
      );
    if (!image && "max_pixels" in options) {
      return decoded(native, source, options, (handle) => found(native.face_analyzer_analyze_image, handle));
    }
    if (!image) return withSource(native, source, (handle) => found(native.face_analyzer_analyze, handle));
    const { pixels, width, height } = image;
    return consume(
      native,
      "image",
      (out) => native.image_new(pixels, pixels.length, width, height, 3 * width, out),
      (handle) => found(native.face_analyzer_analyze_image, handle),
    );
  },
};

/** What `use` makes of the picture in a source. */
function decoded(native, source, options, use) {
  const given = optionsOf(native, "image_options", options);
  const call = (handle) => consume(native, "image", (out) => native.image_decode(handle, given, out), use);
  return withSource(native, source, call);
}

function imageOf(native, image) {
  const [width, height] = [native.image_width(image), native.image_height(image)];
  const pixels = new Uint8Array(copied(native.image_pixels(image), 3 * width * height));
  const value = { pixels, width, height, truncated: native.image_truncated(image) };
  return { value, transfer: [pixels.buffer] };
}

function facesOf(native, faces) {
  const pipeline = native.face_list_pipeline(faces);
  return listOf(native, "face_list", faces, (_, pointer) => {
    const face = koffi.decode(pointer, native.types.face);
    const embedding = new Float32Array(copied(face.embedding, 4 * face.dimensions));
    return { ...placeOf(face), embedding, pipeline };
  });
}

/** Where a face is, and how well it can be seen. */
export function placeOf({ bbox, score, landmarks: points, size, sharpness, yaw, pitch, roll, brightness, clipped }) {
  const landmarks = Array.from({ length: 5 }, (_, i) => points.slice(2 * i, 2 * i + 2));
  return { bbox, score, landmarks, quality: { size, sharpness, yaw, pitch, roll, brightness, clipped } };
}
