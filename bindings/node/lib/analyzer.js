// Pictures, and the faces that are found in them.

import * as check from "./arguments.js";
import { Handle, using } from "./handle.js";
import { run } from "./pool.js";
import { enums } from "./prototypes.js";
import { picture, source as sourceOf } from "./sources.js";

const PRIVATE = Symbol("private");
const handles = new WeakMap();
const MAX_PIXELS = { maxPixels: check.pixels };
const LOAD = {
  ...MAX_PIXELS,
  detector: check.model,
  embedder: check.model,
  detSize: check.whole(32, 16_384),
  ownSize: check.truth,
  maxFaces: check.whole(1),
  threshold: check.number(Number.MIN_VALUE, 1),
  nms: check.number(Number.MIN_VALUE, 1),
  threads: check.threads,
  provider: check.word(enums.provider),
  onnxruntime: check.model,
  modelsFolder: check.model,
};

/** The pixels of a picture. */
export async function decodeImage(source, options) {
  const { fields, how } = check.options(options, MAX_PIXELS);
  const { source: given, transfer } = sourceOf(source);
  return run("decode_image", { source: given, options: fields }, { ...how, transfer });
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
    const { fields, how } = check.options(options, LOAD);
    const { detector, embedder, ...rest } = fields;
    // It is not cancelled half way: what was loaded has to be freed.
    how.signal?.throwIfAborted();
    const analyzer = new FaceAnalyzer(PRIVATE, await run("face_analyzer", { detector, embedder, options: rest }));
    if (how.signal?.aborted) await analyzer.close();
    how.signal?.throwIfAborted();
    return analyzer;
  }

  async analyze(source, options) {
    const { fields, how } = check.options(options, MAX_PIXELS);
    const { source: given, transfer } = picture(source);
    return using([handles.get(this)], "analyze", { source: given, options: fields }, { ...how, transfer });
  }

  async close() {
    return handles.get(this).close();
  }
}

/** The rule of an option that is an analyzer. */
export function analyzer(value, name) {
  if (!handles.has(value)) throw new TypeError(`${name} must be a FaceAnalyzer`);
  return value;
}

/** The handle of an analyzer. */
export function handleOf(value) {
  return handles.get(value);
}
