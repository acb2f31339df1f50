// What makes embeddings of voices.

import * as check from "./arguments.js";
import { Handle, using } from "./handle.js";
import { run } from "./pool.js";
import { enums } from "./prototypes.js";
import { speech, speeches } from "./sources.js";

const PRIVATE = Symbol("private");
const handles = new WeakMap();
const LOAD = {
  threads: check.threads,
  provider: check.word(enums.provider),
  prepare: check.truth,
  onnxruntime: check.model,
  modelsFolder: check.model,
};

/** Makes embeddings of voices. */
export class VoiceEmbedder {
  constructor(key, { address, ...facts }) {
    if (key !== PRIVATE) throw new TypeError("use await VoiceEmbedder.load(model)");
    Object.assign(this, facts);
    handles.set(this, new Handle(address, "voice_embedder", "embedder"));
    Object.freeze(this);
  }

  static async load(model, options) {
    const { fields, how } = check.options(options, LOAD);
    const values = { model: check.model(model, "model"), options: fields };
    // It is not cancelled half way: what was loaded has to be freed.
    how.signal?.throwIfAborted();
    const embedder = new VoiceEmbedder(PRIVATE, await run("voice_embedder", values));
    if (how.signal?.aborted) await embedder.close();
    how.signal?.throwIfAborted();
    return embedder;
  }

  async embed(source, options) {
    const { how } = check.options(options);
    const { source: given, transfer } = speech(source);
    return using([handles.get(this)], "embed", { source: given }, { ...how, transfer });
  }

  async embedSpeech(source, options) {
    const { how } = check.options(options);
    const { source: given, transfer } = speech(source);
    return using([handles.get(this)], "embed_speech", { source: given }, { ...how, transfer });
  }

  async embedMany(sources, options) {
    const { how } = check.options(options, check.LONG);
    if (!Array.isArray(sources)) throw new TypeError("sources must be an array");
    const { transfer, ...values } = speeches(sources);
    return using([handles.get(this)], "embed_many", values, { ...how, transfer });
  }

  async close() {
    return handles.get(this).close();
  }
}

/** The built-in embedder, which all calls share that name no other. */
let builtIn;

/** The handle of an embedder; that of the built-in one for none. */
export async function handleOf(embedder) {
  if (embedder === undefined) {
    builtIn ??= VoiceEmbedder.load().catch((error) => {
      builtIn = undefined; // The library may be found the next time.
      throw error;
    });
    return handles.get(await builtIn);
  }
  return handles.get(embedder);
}

/** The rule of an option that is an embedder. */
export function embedder(value, name) {
  if (!handles.has(value)) throw new TypeError(`${name} must be a VoiceEmbedder`);
  return value;
}
