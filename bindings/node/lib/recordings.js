// The recordings of a store.

import * as check from "./arguments.js";
import { handleOf, unpacked } from "./audio.js";
import { outcome } from "./errors.js";
import { Handle, using } from "./handle.js";
import { monitorOf, queryOf } from "./monitor.js";
import { source as sourceOf } from "./sources.js";

/** Recordings that an iteration fetches at once. */
const PAGE = 256;

const ADD = {
  id: check.optionalText,
  title: check.optionalText,
  source: check.optionalText,
  userId: check.optionalText,
  mode: check.optionalText,
  metadata: check.json,
  createdAtMs: check.time,
  replace: check.truth,
  keepSilent: check.truth,
};
const ADD_MANY = {
  threads: check.threads,
  idFrom: check.word({ stem: 0, path: 1 }),
  idPrefix: check.text,
  replace: check.truth,
  keepSilent: check.truth,
  track: check.whole(0),
  ...check.LONG,
};
const IDENTIFY = { limit: check.whole(1), threads: check.threads, exclude: check.texts };
const PAGES = { after: check.whole(0), limit: check.whole(1) };

export class Recordings {
  #store;

  constructor(store) {
    if (!(store instanceof Handle)) throw new TypeError("use store.recordings");
    this.#store = store;
  }

  async add(source, options) {
    return this.#given("recordings_add", source, check.options(options, ADD));
  }

  async addMany(paths, options) {
    const { fields, how } = check.options(options, ADD_MANY);
    const { id_from: fromPath = 0, ...rest } = fields;
    const given = (Array.isArray(paths) ? paths : [paths]).map((path) => check.path(path, "a path of paths"));
    const files = await using([this.#store], "recordings_add_many", { paths: given, options: { ...rest, id_from_path: fromPath } }, how);
    return files.map(outcome);
  }

  async explain(source, match, options) {
    const { how } = check.options(options);
    const { source: given, transfer } = sourceOf(source);
    if (match === null || typeof match !== "object") throw new TypeError("match must be a match of the source's answer");
    const wanted = { id: check.text(match.id, "match.id"), offsetMs: check.integer(match.offsetMs, "match.offsetMs") };
    return using([this.#store], "recordings_explain", { source: given, match: wanted }, { ...how, transfer });
  }

  async identify(source, options) {
    return this.#given("recordings_identify", source, check.options(options, IDENTIFY));
  }

  async monitor(options) {
    return monitorOf(this.#store, options);
  }

  async query(options) {
    return queryOf(this.#store, options);
  }

  /** A call about a file, its bytes, or a fingerprint. */
  #given(call, source, { fields, how }) {
    const fingerprint = handleOf(source);
    if (fingerprint) return using([this.#store, fingerprint], `${call}_fingerprint`, { options: fields }, how);
    const { source: given, transfer } = sourceOf(source);
    return using([this.#store], call, { source: given, options: fields }, { ...how, transfer });
  }

  async get(id, options) {
    return this.#call("recordings_get", { id: check.text(id, "id") }, options);
  }

  async contains(id, options) {
    return this.#call("recordings_contains", { id: check.text(id, "id") }, options);
  }

  async ofSource(sourceHash, options) {
    return this.#call("recordings_of_source", { hash: check.text(sourceHash, "sourceHash") }, options);
  }

  async page(options) {
    const { fields, how } = check.options(options, PAGES);
    const { after = 0, limit = PAGE } = fields;
    const { rows, next } = await using([this.#store], "recordings_page", { after, limit }, how);
    return { recordings: rows, next };
  }

  /** Every recording, a page at a time. */
  async *[Symbol.asyncIterator]() {
    let after = 0;
    do {
      const page = await this.page({ after });
      yield* page.recordings;
      after = page.next;
    } while (after !== null);
  }

  async count(options) {
    return this.#call("recordings_count", {}, options);
  }

  async landmarks(id, options) {
    return unpacked(await this.#call("recordings_landmarks", { id: check.text(id, "id") }, options));
  }

  async remove(id, options) {
    return this.#call("recordings_remove", { id: check.text(id, "id") }, options);
  }

  async #call(call, values, options) {
    const { how } = check.options(options);
    return using([this.#store], call, values, how);
  }
}
