// The photos and faces of a store.

import * as check from "./arguments.js";
import { analyzer, handleOf } from "./analyzer.js";
import { invalid, outcome } from "./errors.js";
import { Handle, using } from "./handle.js";
import { embedding as embeddingOf, source as sourceOf } from "./sources.js";

/** Rows that `photos` and `ofEvent` fetch at once. */
const PAGE = 256;
const QUALITY = ["size", "sharpness", "yaw", "pitch", "roll", "brightness", "clipped"];

const PHOTO = {
  path: check.optionalText,
  userId: check.optionalText,
  metadata: check.json,
  createdAtMs: check.time,
};
const ADD_PHOTO = {
  ...PHOTO,
  photoId: check.optionalText,
  analyzer,
  thumbnailSize: check.or(null, check.whole(1, 4096)),
  maxPixels: check.pixels,
};
const ADD_PHOTOS = {
  analyzer,
  threads: check.threads,
  userId: check.optionalText,
  thumbnailSize: check.or(null, check.whole(1, 4096)),
  maxPixels: check.pixels,
};
const ADD_FACES = { ...PHOTO, pipeline: check.text, width: check.whole(0), height: check.whole(0) };
const SEARCH = {
  events: check.texts,
  threshold: check.number(-1, 1),
  limit: check.whole(1),
  exclude: check.faceIds,
  pipeline: check.optionalText,
  threads: check.threads,
};

export class Faces {
  #store;

  constructor(store) {
    if (!(store instanceof Handle)) throw new TypeError("use store.faces");
    this.#store = store;
  }

  async addPhoto(event, source, options) {
    const { fields, how } = check.options(options, ADD_PHOTO);
    const { analyzer: given, ...row } = fields;
    const handle = handleOf(analyzer(given, "analyzer"));
    const { source: photo, transfer } = sourceOf(source);
    const values = { event: check.text(event, "event"), source: photo, options: row };
    return using([this.#store, handle], "faces_add_photo", values, { ...how, transfer });
  }

  async addPhotos(event, paths, options) {
    const { fields, how } = check.options(options, { ...ADD_PHOTOS, ...check.LONG });
    const { analyzer: given, ...rest } = fields;
    const handle = handleOf(analyzer(given, "analyzer"));
    const files = (Array.isArray(paths) ? paths : [paths]).map((path) => check.path(path, "a path of paths"));
    const values = { event: check.text(event, "event"), paths: files, options: rest };
    return (await using([this.#store, handle], "faces_add_photos", values, how)).map(outcome);
  }

  async addFaces(event, photoId, faces, options) {
    return this.#withFaces("faces_add_faces", event, photoId, faces, options);
  }

  async replacePhoto(event, photoId, faces, options) {
    return this.#withFaces("faces_replace_photo", event, photoId, faces, options);
  }

  async #withFaces(call, event, photoId, faces, options) {
    const { fields, how } = check.options(options, ADD_FACES);
    const { pipeline = "custom", width = 0, height = 0, ...row } = fields;
    if (!Array.isArray(faces)) throw new TypeError("faces must be an array");
    const pipelines = new Set(faces.map((face) => face?.pipeline ?? pipeline));
    if (pipelines.size > 1) throw invalid("the faces of a photo must be of one pipeline");
    const values = {
      event: check.text(event, "event"),
      pipeline: check.text([...pipelines][0] ?? pipeline, "pipeline"),
      faces: faces.map(plainFace),
      width,
      height,
      options: { ...row, photo_id: check.text(photoId, "photoId") },
    };
    return using([this.#store], call, values, how);
  }

  async photo(event, photoId, options) {
    return this.#call("faces_photo", ofPhoto(event, photoId), options);
  }

  photos(event, options) {
    return this.#pages("faces_photos", event, options);
  }

  ofEvent(event, options) {
    return this.#pages("faces_page", event, options);
  }

  async facesOf(event, photoId, options) {
    return this.#call("faces_faces_of", ofPhoto(event, photoId), options);
  }

  async removePhoto(event, photoId, options) {
    return this.#call("faces_remove_photo", ofPhoto(event, photoId), options);
  }

  async get(face, options) {
    return this.#call("faces_get", { faceId: check.faceId(face) }, options);
  }

  async embedding(face, options) {
    return this.#call("faces_embedding", { faceId: check.faceId(face) }, options);
  }

  async thumbnail(face, options) {
    return this.#call("faces_thumbnail", { faceId: check.faceId(face) }, options, { size: check.whole(1, 4096) });
  }

  async search(face, options) {
    const { fields, how } = check.options(options, SEARCH);
    const { pipeline = check.optionalText(face?.pipeline, "pipeline"), ...rest } = fields;
    const values = { pipeline, embedding: embeddingOf(face), options: rest };
    return using([this.#store], "faces_search", values, how);
  }

  async events(options) {
    return this.#call("faces_events", {}, options);
  }

  async event(name, options) {
    return this.#call("faces_event", { event: check.text(name, "event") }, options);
  }

  async tagsOfUser(userId, options) {
    return this.#call("faces_tags_of_user", { userId: check.text(userId, "userId") }, options);
  }

  async removeEvent(event, options) {
    return this.#call("people_remove", { event: check.text(event, "event") }, options);
  }

  async forgetUser(userId, options) {
    return this.#call("faces_forget_user", { userId: check.text(userId, "userId") }, options);
  }

  async archive(event, options) {
    return this.#call("people_archive", { event: check.text(event, "event") }, options);
  }

  async stats(options) {
    return this.#call("faces_stats", {}, options);
  }

  async #call(call, values, options, rules) {
    const { fields, how } = check.options(options, rules);
    return using([this.#store], call, { ...values, options: fields }, how);
  }

  async *#pages(call, event, options) {
    const name = check.text(event, "event");
    const { how } = check.options(options);
    let after = 0;
    do {
      const { rows, next } = await using([this.#store], call, { event: name, after, limit: PAGE }, how);
      yield* rows;
      after = next;
    } while (after !== null);
  }
}

function ofPhoto(event, photoId) {
  return { event: check.text(event, "event"), photoId: check.text(photoId, "photoId") };
}

/** A face as C has it. */
function plainFace({ bbox, score, landmarks, quality = {}, embedding }) {
  const flat = (values, count, name) => {
    const all = Array.from(values ?? [], Number);
    if (all.length !== count) throw invalid(`${name} must be ${count} numbers`);
    return all;
  };
  const face = {
    bbox: flat(bbox, 4, "bbox"),
    score: Number(score),
    landmarks: flat(landmarks?.flatMap((point) => Array.from(point)), 10, "landmarks"),
    embedding: embeddingOf(embedding),
  };
  check.known(quality, QUALITY, "quality");
  for (const name of QUALITY) face[name] = Number(quality[name] ?? 0);
  return face;
}
