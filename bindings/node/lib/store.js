// The store.

import * as check from "./arguments.js";
import { handleOf, unpacked } from "./audio.js";
import { invalid } from "./errors.js";
import { Handle, using } from "./handle.js";
import { run } from "./pool.js";
import { Faces } from "./faces.js";
import { People } from "./people.js";
import { Voices } from "./voices.js";

const ACCESS = { create: 0, read_write: 1, read_only: 2 };
/** Rows that `recordings` fetches at once. */
const PAGE = 256;

/** A store of recordings, in a directory. Any number of processes may read it while one writes. */
export class Store {
  #handle;

  constructor(key, address, path) {
    if (key !== PRIVATE) throw new TypeError("use await Store.open(path)");
    this.path = path;
    this.#handle = new Handle(address, "store");
    this.voices = new Voices(this.#handle);
    this.faces = new Faces(this.#handle);
  }

  static async open(path, options) {
    const { access = "create", mapSize, signal } = check.options(options);
    const where = check.path(path, "path");
    if (!Object.hasOwn(ACCESS, access)) throw invalid(`access must be one of ${Object.keys(ACCESS).join(", ")}`);
    const size = check.whole(mapSize, "mapSize", 1, Number.MAX_SAFE_INTEGER);
    // It is not cancelled half way: what was opened has to be closed.
    signal?.throwIfAborted();
    const address = await run("open", { path: where, access: ACCESS[access], mapSize: size });
    const store = new Store(PRIVATE, address, where);
    if (signal?.aborted) await store.close();
    signal?.throwIfAborted();
    return store;
  }

  async identify(source, options) {
    const { limit, threads, exclude = [], signal } = check.options(options);
    if (!Array.isArray(exclude)) throw new TypeError("exclude must be an array of ids");
    const values = {
      limit: check.whole(limit, "limit", 1, 0xffff_ffff),
      threads: check.whole(threads, "threads", 0, 4096),
      exclude: exclude.map((id) => check.text(id, "an id of exclude")),
    };
    const asked = handleOf(source);
    if (asked) return using([this.#handle, asked], "identify_fingerprint", values, { signal });
    const { values: from, transfer } = check.source(source);
    return using([this.#handle], "identify", { ...values, ...from }, { signal, transfer });
  }

  async add(source, options) {
    const { signal, metadata, createdAt, ...rest } = check.options(options);
    const row = { createdAt: check.whole(check.time(createdAt), "createdAt", 1, Number.MAX_SAFE_INTEGER) };
    for (const name of ["id", "title", "source", "user", "mode"]) row[name] = check.optionalText(rest[name], name);
    if (metadata !== undefined) row.metadata = check.json(metadata);
    const made = handleOf(source);
    if (made) return using([this.#handle, made], "add_fingerprint", { row }, { signal });
    const { values, transfer } = check.source(source);
    return using([this.#handle], "add", { ...values, row }, { signal, transfer });
  }

  async recording(id, options) {
    const { signal } = check.options(options);
    return using([this.#handle], "recording", { id: check.text(id, "id") }, { signal });
  }

  async *recordings(options) {
    const { signal } = check.options(options);
    let after = 0;
    do {
      const page = await using([this.#handle], "recordings", { after, limit: PAGE }, { signal });
      yield* page.rows;
      after = page.after;
    } while (after !== undefined);
  }

  async count(options) {
    const { signal } = check.options(options);
    return using([this.#handle], "count", {}, { signal });
  }

  async landmarks(id, options) {
    const { signal } = check.options(options);
    return unpacked(await using([this.#handle], "landmarks", { id: check.text(id, "id") }, { signal }));
  }

  async remove(id) {
    return using([this.#handle], "remove", { id: check.text(id, "id") });
  }

  async stats(options) {
    const { signal } = check.options(options);
    return using([this.#handle], "stats", {}, { signal });
  }

  async compact() {
    return using([this.#handle], "compact", {});
  }

  async check(options) {
    const { signal } = check.options(options);
    return using([this.#handle], "check", {}, { signal });
  }

  people(event) {
    return new People(this.#handle, event);
  }

  async close() {
    return this.#handle.close();
  }
}

const PRIVATE = Symbol("private");

if (Symbol.asyncDispose) {
  Object.defineProperty(Store.prototype, Symbol.asyncDispose, { value: Store.prototype.close });
}
