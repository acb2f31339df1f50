// The store.

import * as check from "./arguments.js";
import { Faces } from "./faces.js";
import { followFor, pushFrom } from "./follower.js";
import { Handle, using } from "./handle.js";
import { Imported } from "./imported.js";
import { People } from "./people.js";
import { run } from "./pool.js";
import { enums } from "./prototypes.js";
import { Recordings } from "./recordings.js";
import { Voices } from "./voices.js";

const PRIVATE = Symbol("private");
const handles = new WeakMap();
const OPEN = {
  access: check.word(enums.access),
  mapSize: check.whole(1, Number.MAX_SAFE_INTEGER),
  verify: check.word(enums.verify),
};

/** A store, in a directory. Any number of processes may read it while one writes. */
export class Store {
  #handle;

  constructor(key, address, path) {
    if (key !== PRIVATE) throw new TypeError("use await Store.open(path)");
    this.path = path;
    this.#handle = new Handle(address, "store");
    handles.set(this, this.#handle);
    this.recordings = new Recordings(this.#handle);
    this.imported = new Imported(this.#handle);
    this.voices = new Voices(this.#handle);
    this.faces = new Faces(this.#handle);
  }

  static async open(path, options) {
    const { fields, how } = check.options(options, OPEN);
    const where = check.path(path, "path");
    // It is not cancelled half way: what was opened has to be closed.
    how.signal?.throwIfAborted();
    const address = await run("store_open", { path: where, options: fields });
    const store = new Store(PRIVATE, address, where);
    if (how.signal?.aborted) await store.close();
    how.signal?.throwIfAborted();
    return store;
  }

  static async salvage(from, to, options) {
    const { how } = check.options(options, {}, check.LONG);
    return run("store_salvage", { from: check.path(from, "from"), to: check.path(to, "to") }, how);
  }

  async add(source, options) {
    return this.recordings.add(source, options);
  }

  async identify(source, options) {
    return this.recordings.identify(source, options);
  }

  people(event) {
    return new People(this.#handle, event);
  }

  async forget(userId, options) {
    return this.#call("store_forget", { userId: check.text(userId, "userId") }, options);
  }

  async stats(options) {
    return this.#call("store_stats", {}, options);
  }

  async push(url, options) {
    return pushFrom(this.#handle, url, options);
  }

  async follow(url, options) {
    return followFor(this.#handle, url, options);
  }

  async compact(options) {
    return this.#call("store_compact", {}, options, check.LONG);
  }

  async exportParquet(folder, options) {
    return this.#call("store_export_parquet", { folder: check.path(folder, "folder") }, options, check.LONG);
  }

  async check(options) {
    return this.#call("store_check", {}, options, check.LONG);
  }

  async close() {
    return this.#handle.close();
  }

  async #call(call, values, options, rules) {
    const { how } = check.options(options, rules);
    return using([this.#handle], call, values, how);
  }
}

/** The rule of an option that is a store: its handle. */
export function storeHandle(value, name) {
  const handle = value !== null && typeof value === "object" ? handles.get(value) : undefined;
  if (handle === undefined) throw new TypeError(`${name} must be a Store`);
  return handle;
}

if (Symbol.asyncDispose) {
  Object.defineProperty(Store.prototype, Symbol.asyncDispose, { value: Store.prototype.close });
}
