// What keeps a store at the current snapshot of a bucket, and what sends it there.

import * as check from "./arguments.js";
import { Handle, using } from "./handle.js";

const PRIVATE = Symbol("private");
const handles = new WeakMap();
/** How a bucket is reached. */
export const REMOTE = {
  endpoint: check.optionalText,
  credentials: check.model,
  connections: check.whole(1, 64),
  bytesPerSecond: check.whole(1, Number.MAX_SAFE_INTEGER),
};
export const LONG = { ...REMOTE, ...check.LONG };
const FOLLOW = { ...REMOTE, intervalMs: check.whole(10) };

/** Keeps a store at the current snapshot until it is closed. */
export class Follower {
  constructor(key, address) {
    if (key !== PRIVATE) throw new TypeError("use await store.follow(url)");
    handles.set(this, new Handle(address, "follower"));
    Object.freeze(this);
  }

  async close() {
    return handles.get(this).close();
  }
}

/** What `store.push` and `store.follow` are; a store gives its handle. */
export async function pushFrom(store, url, options) {
  const { fields, how } = check.options(options, LONG);
  return using([store], "snapshots_push", { url: check.text(url, "url"), options: fields }, how);
}

export async function followFor(store, url, options) {
  const { fields, how } = check.options(options, FOLLOW);
  const { interval_ms = 30_000, ...rest } = fields;
  const values = { url: check.text(url, "url"), interval: interval_ms, options: rest };
  how.signal?.throwIfAborted();
  return new Follower(PRIVATE, await using([store], "store_follow", values));
}
