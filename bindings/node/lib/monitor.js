// What plays on a stream, and queries that come piece by piece.

import * as check from "./arguments.js";
import { handleOf } from "./audio.js";
import { Handle, using } from "./handle.js";
import { copied } from "./sources.js";

const PRIVATE = Symbol("private");
/** Per monitor or query: its handle, and the call that was made last. */
const states = new WeakMap();
const OPTIONS = {
  rawSampleRate: check.whole(1_000, 768_000),
  window: check.whole(0),
  gapThresholdMs: check.number(Number.MIN_VALUE, Number.MAX_VALUE),
  threads: check.threads,
  exclude: check.texts,
};
const QUERY = { limit: check.whole(1), threads: check.threads, exclude: check.texts };
const PUSH = { sentMs: check.number(-Number.MAX_VALUE, Number.MAX_VALUE) };

/** Follows one stream. */
export class Monitor {
  constructor(key, address) {
    if (key !== PRIVATE) throw new TypeError("use await store.recordings.monitor(options)");
    states.set(this, { handle: new Handle(address, "monitor"), last: Promise.resolve() });
    Object.freeze(this);
  }

  async push(index, data, options) {
    const { fields } = check.options(options, PUSH);
    const at = check.whole(0, Number.MAX_SAFE_INTEGER)(index, "index");
    const bytes = copied(data);
    if (bytes === undefined) throw new TypeError(`data must be bytes, not ${check.kind(data)}`);
    const values = { index: at, bytes, sentMs: fields.sent_ms };
    return inTurn(this, (handle) => using([handle], "monitor_push", values, { transfer: [bytes.buffer] }));
  }

  async pushSamples(startMs, samples) {
    const at = check.number(-Number.MAX_VALUE, Number.MAX_VALUE)(startMs, "startMs");
    if (!(samples instanceof Float32Array)) throw new TypeError(`samples must be a Float32Array, not ${check.kind(samples)}`);
    const values = { startMs: at, samples: samples.slice() };
    const transfer = [values.samples.buffer];
    return inTurn(this, (handle) => using([handle], "monitor_push_samples", values, { transfer }));
  }

  async finish() {
    return inTurn(this, (handle) => using([handle], "monitor_finish"));
  }

  /** What plays, of slices as they come, and then of the rest. */
  async *airings(slices) {
    let index = 0;
    for await (const slice of slices) yield* await this.push(index++, slice);
    yield* await this.finish();
  }

  async close() {
    return states.get(this).handle.close();
  }
}

/** A query whose clip comes piece by piece. */
export class RecordingQuery {
  constructor(key, address) {
    if (key !== PRIVATE) throw new TypeError("use await store.recordings.query(options)");
    states.set(this, { handle: new Handle(address, "recording_query", "query"), last: Promise.resolve() });
    Object.freeze(this);
  }

  async push(piece) {
    const fingerprint = handleOf(piece);
    if (fingerprint === undefined) throw new TypeError(`a piece is a Fingerprint, not ${check.kind(piece)}`);
    return inTurn(this, (handle) => using([handle, fingerprint], "query_push"));
  }

  async finish() {
    return inTurn(this, (handle) => using([handle], "query_finish"));
  }

  async close() {
    return states.get(this).handle.close();
  }
}

/** Follows a stream of which the recordings of a store are known. */
export async function monitorOf(store, options) {
  const { fields, how } = check.options(options, OPTIONS);
  return new Monitor(PRIVATE, await using([store], "monitor_open", { options: fields }, how));
}

/** A query of the recordings of a store. */
export async function queryOf(store, options) {
  const { fields, how } = check.options(options, QUERY);
  return new RecordingQuery(PRIVATE, await using([store], "query_open", { options: fields }, how));
}

/** Makes a call when those before it have ended: pieces are taken in the order in which they are pushed. */
function inTurn(what, call) {
  const state = states.get(what);
  const turn = state.last.then(() => call(state.handle));
  state.last = turn.catch(() => {});
  return turn;
}
