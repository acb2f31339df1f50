// Who is speaking.

import * as check from "./arguments.js";
import { invalid } from "./errors.js";
import { Handle, using } from "./handle.js";
import { run } from "./pool.js";

const PRIVATE = Symbol("private");
const handles = new WeakMap();

/** Makes embeddings of voices. */
export class VoiceEmbedder {
  constructor(key, { address, ...facts }) {
    if (key !== PRIVATE) throw new TypeError("use await VoiceEmbedder.load(model)");
    Object.assign(this, facts);
    handles.set(this, new Handle(address, "voice_embedder", "embedder"));
    Object.freeze(this);
  }

  static async load(model, options) {
    const { threads, signal } = check.options(options);
    const values = {
      model: model instanceof URL ? check.path(model, "model") : check.optionalText(model, "model"),
      threads: check.whole(threads, "threads", 0, 4096),
    };
    // It is not cancelled half way: what was loaded has to be freed.
    signal?.throwIfAborted();
    const embedder = new VoiceEmbedder(PRIVATE, await run("voice_embedder", values));
    if (signal?.aborted) await embedder.close();
    signal?.throwIfAborted();
    return embedder;
  }

  async embed(source, options) {
    const { signal } = check.options(options);
    const { values, transfer } = check.speech(source);
    return using([handles.get(this)], "embed", values, { signal, transfer });
  }

  async close() {
    return handles.get(this).close();
  }
}

/** The built-in embedder, which all calls share that name no other. */
let builtIn;

async function handleOf(embedder) {
  if (embedder === undefined) {
    builtIn ??= VoiceEmbedder.load().catch((error) => {
      builtIn = undefined; // The library may be found the next time.
      throw error;
    });
    return handles.get(await builtIn);
  }
  const handle = handles.get(embedder);
  if (handle === undefined) throw new TypeError("embedder must be a VoiceEmbedder");
  return handle;
}

const GATES = ["default", "viim", null];

/** The voices of a store. */
export class Voices {
  #store;

  constructor(store) {
    if (!(store instanceof Handle)) throw new TypeError("use store.voices");
    this.#store = store;
  }

  async enroll(person, sources, options) {
    const { embedder, minSamples, maxSamples, userId, gate = "default", onlyUsable, signal } = check.options(options);
    if (!GATES.includes(gate)) throw invalid('gate must be "default", "viim" or null');
    const how = {
      gate: GATES.indexOf(gate),
      minSamples: check.whole(minSamples, "minSamples", 1, 0xffff_ffff),
      maxSamples: check.whole(maxSamples, "maxSamples", 1, 0xffff_ffff),
      userId: check.optionalText(userId, "userId"),
      onlyUsable: onlyUsable === true,
    };
    const { values, transfer } = check.speeches(sources);
    const given = { person: check.text(person, "person"), how, sources: values };
    return using([this.#store, await handleOf(embedder)], "voices_enroll", given, { signal, transfer });
  }

  async identify(source, options) {
    const { limit, exclude = [], ...rest } = check.options(options);
    if (!Array.isArray(exclude)) throw new TypeError("exclude must be an array of names");
    const asked = {
      limit: check.whole(limit, "limit", 1, 0xffff_ffff),
      exclude: exclude.map((name) => check.text(name, "a name of exclude")),
    };
    return this.#ask("voices_identify", source, asked, rest);
  }

  async verify(person, source, options) {
    return this.#ask("voices_verify", source, { person: check.text(person, "person") }, check.options(options));
  }

  async #ask(call, source, asked, { embedder, threshold, accept, threads, signal }) {
    const { values, transfer } = check.speech(source);
    const given = {
      ...asked,
      ...values,
      // In C a threshold of 0 is none.
      threshold: check.number(threshold, "threshold", -1, 1) === 0 ? Number.EPSILON : threshold,
      accept: check.number(accept, "accept", Number.MIN_VALUE, 1),
      threads: check.whole(threads, "threads", 0, 4096),
    };
    return using([this.#store, await handleOf(embedder)], call, given, { signal, transfer });
  }

  async people(options) {
    const { signal } = check.options(options);
    return using([this.#store], "voices_people", {}, { signal });
  }

  async forget(person) {
    return using([this.#store], "voices_forget", { person: check.text(person, "person") });
  }

  async forgetUser(userId) {
    return using([this.#store], "voices_forget", { userId: check.text(userId, "userId") });
  }
}
