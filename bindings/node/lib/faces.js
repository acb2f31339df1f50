// Pictures, faces, and which rows belong together.

import * as check from "./arguments.js";
import { invalid } from "./errors.js";
import { Handle, using } from "./handle.js";
import { run } from "./pool.js";

const PRIVATE = Symbol("private");
const handles = new WeakMap();
/** Rows that `photos` and `faces` fetch at once. */
const PAGE = 256;
const METHODS = ["hdbscan", "dbscan"];
const METRICS = ["euclidean", "cosine"];
const SELECTIONS = ["excess_of_mass", "leaf"];
const QUALITY = ["size", "sharpness", "yaw", "pitch", "roll", "brightness", "clipped"];
const MOST = 0xffff_ffff;

/** The place of a word among those that are allowed; `undefined` for none. */
export function choice(value, name, all) {
  if (value === undefined) return undefined;
  if (!all.includes(value)) throw invalid(`${name} must be one of ${all.join(", ")}`);
  return all.indexOf(value);
}

/** Which rows belong together. */
export async function cluster(rows, options) {
  const { signal, ...how } = check.options(options);
  const method = choice(how.method, "method", METHODS) ?? 0;
  const given = {
    method,
    metric: choice(how.metric, "metric", METRICS),
    min_cluster_size: check.whole(how.minClusterSize, "minClusterSize", 2, MOST),
    min_samples: check.whole(how.minSamples, "minSamples", 1, MOST),
    epsilon: check.number(how.epsilon, "epsilon", method === 1 ? Number.MIN_VALUE : 0, Number.MAX_VALUE),
    alpha: check.number(how.alpha, "alpha", Number.MIN_VALUE, Number.MAX_VALUE),
    max_cluster_size: check.whole(how.maxClusterSize, "maxClusterSize", 1, MOST),
    leaves: choice(how.selection, "selection", SELECTIONS),
    allow_single_cluster: how.allowSingleCluster === true ? 1 : 0,
    threads: check.whole(how.threads, "threads", 0, 4096),
  };
  const table = packed(rows, how.dimensions);
  return run("cluster", { ...table, how: given }, { signal, transfer: [table.rows.buffer] });
}

/** Rows one after another, copied. */
function packed(rows, dimensions) {
  if (rows instanceof Float32Array) {
    const length = check.whole(dimensions ?? 0, "dimensions", 1, MOST);
    if (rows.length % length !== 0) throw invalid(`${rows.length} numbers are no rows of ${length}`);
    return { rows: new Float32Array(rows), count: rows.length / length, dimensions: length };
  }
  if (!Array.isArray(rows)) throw new TypeError("rows must be an array of rows, or a Float32Array with dimensions");
  const length = rows[0]?.length ?? dimensions ?? 1;
  const all = new Float32Array(rows.length * length);
  rows.forEach((row, i) => {
    if (row?.length !== length) throw invalid(`row ${i} has ${row?.length} numbers, the first has ${length}`);
    all.set(row, i * length);
  });
  return { rows: all, count: rows.length, dimensions: check.whole(length, "the length of a row", 1, MOST) };
}

/** The pixels of a picture. */
export async function decodeImage(source, options) {
  const { maxPixels, signal } = check.options(options);
  const { values, transfer } = check.source(source);
  const most = check.whole(maxPixels, "maxPixels", 1, Number.MAX_SAFE_INTEGER);
  return run("decode_image", { ...values, maxPixels: most }, { signal, transfer });
}

/** A picture: a file, its bytes, or pixels. */
function picture(value) {
  if (value === null || typeof value !== "object" || !("pixels" in value)) return check.source(value);
  const { pixels, width, height } = value;
  if (!(pixels instanceof Uint8Array)) throw new TypeError("pixels must be a Uint8Array");
  const image = {
    pixels: new Uint8Array(pixels),
    width: check.whole(width, "width", 1, MOST),
    height: check.whole(height, "height", 1, MOST),
  };
  if (pixels.length !== 3 * image.width * image.height) {
    throw invalid(`${image.width} x ${image.height} pixels of three bytes cannot be ${pixels.length} bytes`);
  }
  return { values: { image }, transfer: [image.pixels.buffer] };
}

/** Finds and embeds faces. */
export class FaceAnalyzer {
  constructor(key, { address, ...facts }) {
    if (key !== PRIVATE) throw new TypeError("use await FaceAnalyzer.load()");
    Object.assign(this, facts);
    handles.set(this, new Handle(address, "face_analyzer", "analyzer"));
    Object.freeze(this);
  }

  static async load(options) {
    const { detector, embedder, signal, ...how } = check.options(options);
    const model = (value, name) => (value instanceof URL ? check.path(value, name) : check.optionalText(value, name));
    const given = {
      det_size: check.whole(how.detSize, "detSize", 32, 16_384),
      own_size: how.ownSize === true ? 1 : 0,
      max_faces: check.whole(how.maxFaces, "maxFaces", 1, MOST),
      threshold: check.number(how.threshold, "threshold", Number.MIN_VALUE, 1),
      nms: check.number(how.nms, "nms", Number.MIN_VALUE, 1),
      threads: check.whole(how.threads, "threads", 0, 4096),
    };
    const values = { detector: model(detector, "detector"), embedder: model(embedder, "embedder"), how: given };
    // It is not cancelled half way: what was loaded has to be freed.
    signal?.throwIfAborted();
    const analyzer = new FaceAnalyzer(PRIVATE, await run("face_analyzer", values));
    if (signal?.aborted) await analyzer.close();
    signal?.throwIfAborted();
    return analyzer;
  }

  async analyze(source, options) {
    const { signal } = check.options(options);
    const { values, transfer } = picture(source);
    return using([handles.get(this)], "analyze", values, { signal, transfer });
  }

  async close() {
    return handles.get(this).close();
  }
}

/** An id of a face or a person, or a row that has one. */
export function id(value, name) {
  const given = value !== null && typeof value === "object" ? value.id : value;
  if (typeof given === "bigint" && given > 0n && given < 1n << 64n) return given;
  if (typeof given !== "number") throw new TypeError(`${name} must be an id, or a row that has one`);
  return check.whole(given, name, 1, Number.MAX_SAFE_INTEGER);
}

export function ids(values, name) {
  if (!Array.isArray(values)) throw new TypeError(`${name} must be an array of ids`);
  return values.map((value) => id(value, `an id of ${name}`));
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
    embedding: Float32Array.from(embedding),
  };
  for (const name of QUALITY) face[name] = Number(quality[name] ?? 0);
  return face;
}

/** The faces of a store. */
export class Faces {
  #store;

  constructor(store) {
    if (!(store instanceof Handle)) throw new TypeError("use store.faces");
    this.#store = store;
  }

  async addPhoto(event, source, options) {
    const { analyzer, signal, ...rest } = check.options(options);
    const handle = handles.get(analyzer);
    if (handle === undefined) throw new TypeError("analyzer must be a FaceAnalyzer");
    const { values, transfer } = check.source(source);
    const size = rest.thumbnailSize;
    const thumbnails = {
      thumbnail_size: size === null ? undefined : check.whole(size, "thumbnailSize", 1, 4096),
      no_thumbnails: size === null ? 1 : 0,
    };
    const given = { event: check.text(event, "event"), ...values, row: { ...row(rest), ...thumbnails } };
    return using([this.#store, handle], "add_photo", given, { signal, transfer });
  }

  async addFaces(event, photoId, faces, options) {
    const { signal, pipeline, width, height, ...rest } = check.options(options);
    if (!Array.isArray(faces)) throw new TypeError("faces must be an array");
    const pipelines = new Set(faces.map((face) => face.pipeline ?? pipeline ?? "custom"));
    if (pipelines.size > 1) throw invalid("the faces of a photo must be of one pipeline");
    const given = {
      event: check.text(event, "event"),
      pipeline: check.text([...pipelines][0] ?? pipeline ?? "custom", "pipeline"),
      faces: faces.map(plainFace),
      width: check.whole(width, "width", 0, MOST) ?? 0,
      height: check.whole(height, "height", 0, MOST) ?? 0,
      row: row({ ...rest, photoId: check.text(photoId, "photoId") }),
    };
    return using([this.#store], "add_faces", given, { signal });
  }

  async photo(event, photoId, options) {
    return this.#ask("photo", { event: check.text(event, "event"), photoId: check.text(photoId, "photoId") }, options);
  }

  photos(event, options) {
    return this.#pages("photos", event, options);
  }

  ofEvent(event, options) {
    return this.#pages("event_faces", event, options);
  }

  async ofPhoto(event, photoId, options) {
    const given = { event: check.text(event, "event"), photoId: check.text(photoId, "photoId") };
    return this.#ask("photo_faces", given, options);
  }

  async removePhoto(event, photoId) {
    return this.#ask("remove_photo", { event: check.text(event, "event"), photoId: check.text(photoId, "photoId") });
  }

  async face(face, options) {
    return this.#ask("face", { face: id(face, "face") }, options);
  }

  async embedding(face, options) {
    return this.#ask("face_embedding", { face: id(face, "face") }, options);
  }

  async thumbnail(face, options) {
    const { size, ...rest } = check.options(options);
    return this.#ask("face_thumbnail", { face: id(face, "face"), size: check.whole(size, "size", 1, 4096) }, rest);
  }

  async search(face, options) {
    const { events = [], exclude = [], threshold, limit, threads, ...rest } = check.options(options);
    if (!Array.isArray(events)) throw new TypeError("events must be an array of names");
    const given = {
      pipeline: check.optionalText(face?.pipeline ?? rest.pipeline, "pipeline"),
      embedding: Float32Array.from(face?.embedding ?? face),
      events: events.map((event) => check.text(event, "a name of events")),
      exclude: ids(exclude, "exclude"),
      how: {
        // In C a threshold of 0 is the default.
        threshold: check.number(threshold, "threshold", -1, 1) === 0 ? Number.EPSILON : threshold,
        limit: check.whole(limit, "limit", 1, MOST),
        threads: check.whole(threads, "threads", 0, 4096),
      },
    };
    return this.#ask("search_faces", given, rest);
  }

  async events(options) {
    return this.#ask("events", {}, options);
  }

  async tagsOfUser(userId, options) {
    return this.#ask("people_tags", { userId: check.text(userId, "userId") }, options);
  }

  async purgeUser(userId) {
    return this.#ask("people_purge", { what: "user", said: [check.text(userId, "userId")] });
  }

  async stats(options) {
    return this.#ask("face_stats", {}, options);
  }

  async #ask(call, values, options) {
    const { signal } = check.options(options);
    return using([this.#store], call, values, { signal });
  }

  async *#pages(call, event, options) {
    const name = check.text(event, "event");
    let after = 0;
    do {
      const page = await this.#ask(call, { event: name, after, limit: PAGE }, options);
      yield* page.rows;
      after = page.after;
    } while (after !== undefined);
  }
}

/** What is written into the row of a photo. */
function row({ photoId, path, userId, metadata, createdAt }) {
  return {
    photo_id: check.optionalText(photoId, "photoId"),
    path: check.optionalText(path, "path"),
    user_id: check.optionalText(userId, "userId"),
    metadata_json: metadata === undefined ? undefined : check.json(metadata),
    created_at_ms: check.whole(check.time(createdAt), "createdAt", 1, Number.MAX_SAFE_INTEGER),
  };
}
