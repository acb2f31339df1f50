// Who is speaking.

import * as check from "./arguments.js";
import { embedder, handleOf } from "./embedder.js";
import { Handle, using } from "./handle.js";
import { enums } from "./prototypes.js";
import { embedding as embeddingOf, speech, speeches } from "./sources.js";

/** Recordings that an iteration fetches at once. */
const PAGE = 256;

const EMBEDDER = { embedder };
const COSINE = check.number(-1, 1);
const ENROLL = {
  ...EMBEDDER,
  minSamples: check.whole(1),
  maxSamples: check.whole(1),
  userId: check.optionalText,
  gate: check.or(enums.quality_gate.none, check.word(enums.quality_gate)),
  onlyUsable: check.truth,
  ...check.LONG,
};
const VERIFY = { ...EMBEDDER, threshold: COSINE, accept: check.number(Number.MIN_VALUE, 1), threads: check.threads };
const IDENTIFY = { ...VERIFY, limit: check.whole(1), exclude: check.texts };
const SEARCH = {
  ...EMBEDDER,
  threshold: COSINE,
  limit: check.whole(1),
  exclude: check.texts,
  threads: check.threads,
};
const RECORD = {
  ...EMBEDDER,
  recordingId: check.optionalText,
  userId: check.optionalText,
  mode: check.optionalText,
  status: check.optionalText,
  metadata: check.json,
};
const OBSERVE = { ...EMBEDDER, scope: check.optionalText, same: COSINE, matching: COSINE };
const RECENT = {
  limit: check.whole(1),
  userId: check.optionalText,
  mode: check.optionalText,
  voiceprintId: check.optionalText,
};
const PAGES = { after: check.whole(0), limit: check.whole(1) };
const RESTORE = { recordingId: check.optionalText, maxSamples: check.whole(1) };

/** The voices of a store. */
export class Voices {
  #store;

  constructor(store) {
    if (!(store instanceof Handle)) throw new TypeError("use store.voices");
    this.#store = store;
  }

  async enroll(person, sources, options) {
    const given = { ...speeches(sources), person: check.text(person, "person") };
    return this.#withEmbedder("voices_enroll", given, options, ENROLL);
  }

  async identify(source, options) {
    return this.#withEmbedder("voices_identify", speech(source), options, IDENTIFY);
  }

  async verify(person, source, options) {
    const given = { ...speech(source), person: check.text(person, "person") };
    return this.#withEmbedder("voices_verify", given, options, VERIFY);
  }

  async record(source, options) {
    return this.#withEmbedder("voices_record", speech(source), options, RECORD);
  }

  async search(source, options) {
    return this.#withEmbedder("voices_search", voiceOf(source), options, SEARCH);
  }

  async observe(source, options) {
    return this.#withEmbedder("voices_observe", voiceOf(source), options, OBSERVE);
  }

  /** A call that an embedder takes part in. */
  async #withEmbedder(call, { transfer, ...values }, options, rules) {
    const { fields, how } = check.options(options, rules);
    const { embedder: given, ...rest } = fields;
    return using([this.#store, await handleOf(given)], call, { ...values, options: rest }, { ...how, transfer });
  }

  async people(options) {
    return this.#call("voices_people", {}, options);
  }

  async person(person, options) {
    return this.#call("voices_person", { person: check.text(person, "person") }, options);
  }

  async removeSample(person, recordingId, options) {
    const given = { person: check.text(person, "person"), recordingId: check.text(recordingId, "recordingId") };
    return this.#call("voices_remove_sample", given, options);
  }

  async restoreSample(person, options) {
    return this.#call("voices_restore_sample", { person: check.text(person, "person") }, options, RESTORE);
  }

  async get(recordingId, options) {
    return this.#call("voices_get", { recordingId: check.text(recordingId, "recordingId") }, options);
  }

  async embedding(recordingId, options) {
    return this.#call("voices_embedding", { recordingId: check.text(recordingId, "recordingId") }, options);
  }

  async page(options) {
    const { fields, how } = check.options(options, PAGES);
    const { after = 0, limit = PAGE } = fields;
    const { rows, next } = await using([this.#store], "voices_page", { after, limit }, how);
    return { voices: rows, next };
  }

  /** Every recording, a page at a time. */
  async *[Symbol.asyncIterator]() {
    let after = 0;
    do {
      const page = await this.page({ after });
      yield* page.voices;
      after = page.next;
    } while (after !== null);
  }

  async recent(options) {
    return this.#call("voices_recent", {}, options, RECENT);
  }

  async remove(recordingId, options) {
    return this.#call("voices_remove", { recordingId: check.text(recordingId, "recordingId") }, options);
  }

  async speakers(options) {
    return this.#call("voices_speakers", {}, options, { scope: check.optionalText });
  }

  async forget(person, options) {
    return this.#call("voices_forget", { person: check.text(person, "person") }, options);
  }

  async forgetUser(userId, options) {
    return this.#call("voices_forget_user", { userId: check.text(userId, "userId") }, options);
  }

  async forgetSpeakers(options) {
    return this.#call("voices_forget_speakers", {}, options, { scope: check.optionalText });
  }

  async setCohort(embeddings, options) {
    if (!Array.isArray(embeddings)) throw new TypeError("embeddings must be an array of embeddings");
    const rows = embeddings.map((row, i) => embeddingOf(row, `embedding ${i}`));
    return this.#withEmbedder("voices_set_cohort", { rows }, options, EMBEDDER);
  }

  async fitCalibration(trials, options) {
    if (!Array.isArray(trials)) throw new TypeError("trials must be an array of { score, same }");
    const rows = trials.map((trial, i) => ({
      score: COSINE(trial?.score, `score of trial ${i}`),
      same: check.truth(trial?.same, `same of trial ${i}`) ? 1 : 0,
    }));
    return this.#withEmbedder("voices_fit_calibration", { trials: rows }, options, EMBEDDER);
  }

  async stats(options) {
    return this.#call("voices_stats", {}, options);
  }

  async #call(call, values, options, rules) {
    const { fields, how } = check.options(options, rules);
    return using([this.#store], call, { ...values, options: fields }, how);
  }
}

/** Somebody speaking, or the embedding of a voice. */
function voiceOf(value) {
  return value instanceof Float32Array ? { source: { embedding: embeddingOf(value) } } : speech(value);
}
