// Live sound of meetings and calls: slices in, who said what out.

import * as check from "./arguments.js";
import { embedder, handleOf } from "./embedder.js";
import { Handle, using } from "./handle.js";
import { run } from "./pool.js";
import { copied } from "./sources.js";
import { storeHandle } from "./store.js";
import { Turns } from "./turns.js";

const PRIVATE = Symbol("private");
const recognizers = new WeakMap();
/** Per session: its handle, and whose turn it is. */
const sessions = new WeakMap();

const RECOGNIZER = {
  concurrency: check.whole(1, 64),
  queue: check.whole(1, 100_000),
  timeoutMs: check.whole(1, 3_600_000),
};
const SERVICE = {
  ...RECOGNIZER,
  attempts: check.whole(1, 10),
  serviceTimeoutMs: check.whole(1, 3_600_000),
  token: check.optionalText,
};
const OPEN_AI = { ...SERVICE, model: check.optionalText };
const SPELLING = { ...RECOGNIZER, onnxruntime: check.model, modelsFolder: check.model };
const MS = check.whole(0);
const NUMBER = check.number(-Number.MAX_VALUE, Number.MAX_VALUE);
const OPEN = {
  recognizer: recognizerHandle,
  embedder,
  store: storeHandle,
  state: bytes,
  language: check.optionalText,
  window: check.whole(0),
  gapThresholdMs: check.number(Number.MIN_VALUE, Number.MAX_VALUE),
  maxSliceBytes: check.whole(0, Number.MAX_SAFE_INTEGER),
  threshold: check.number(0, 1),
  hangoverMs: MS,
  minSpeechMs: MS,
  paddingMs: MS,
  maxMs: MS,
  partialMs: MS,
  bitMs: MS,
  delayMs: MS,
  holdMs: MS,
  same: check.number(-1, 1),
  matching: check.number(-1, 1),
};

/** Says what was said in utterances, for any number of sessions. */
export class Recognizer {
  constructor(key, address) {
    if (key !== PRIVATE) throw new TypeError("use await Recognizer.openAi(url), whisper(url) or spelling(model)");
    recognizers.set(this, new Handle(address, "recognizer"));
    Object.freeze(this);
  }

  static async openAi(url, options) {
    return made("live_open_ai", { url: check.text(url, "url") }, options, OPEN_AI);
  }

  static async whisper(url, options) {
    return made("live_whisper", { url: check.text(url, "url") }, options, SERVICE);
  }

  static async spelling(model, options) {
    return made("live_spelling", { model: check.model(model, "model") }, options, SPELLING);
  }

  async counts() {
    return using([recognizers.get(this)], "live_recognizer_counts");
  }

  async close() {
    return recognizers.get(this).close();
  }
}

async function made(call, values, options, rules) {
  const { fields, how } = check.options(options, rules);
  how.signal?.throwIfAborted();
  return new Recognizer(PRIVATE, await run(call, { ...values, options: fields }));
}

/** Follows one connection of a meeting or a call. */
export class LiveSession {
  constructor(key, address) {
    if (key !== PRIVATE) throw new TypeError("use await LiveSession.open(connection, options)");
    sessions.set(this, { handle: new Handle(address, "live_session", "session"), turns: new Turns() });
    Object.freeze(this);
  }

  static async open(connection, options) {
    const { fields, how } = check.options(options, OPEN);
    const { state, recognizer, store, embedder: voices, ...rest } = fields;
    how.signal?.throwIfAborted();
    const held = { recognizer, store, embedder: voices === undefined ? undefined : await handleOf(voices) };
    const parts = Object.keys(held).filter((part) => held[part] !== undefined);
    const values = { connection: check.text(connection, "connection"), parts, state, options: rest };
    return new LiveSession(PRIVATE, await using(parts.map((part) => held[part]), "live_open", values));
  }

  async push(index, data, options) {
    const { fields } = check.options(options, { sentMs: NUMBER });
    const at = check.whole(0, Number.MAX_SAFE_INTEGER)(index, "index");
    const given = bytes(data, "data");
    const values = { index: at, bytes: given, sentMs: fields.sent_ms };
    return inTurn(this, "live_push", values, [given.buffer]);
  }

  async pushSamples(startMs, samples) {
    if (!(samples instanceof Float32Array)) {
      throw new TypeError(`samples must be a Float32Array, not ${check.kind(samples)}`);
    }
    const copy = new Float32Array(samples);
    return inTurn(this, "live_push_samples", { startMs: NUMBER(startMs, "startMs"), samples: copy }, [copy.buffer]);
  }

  async activity(stampMs, digits) {
    if (digits === null || typeof digits !== "object") {
      throw new TypeError(`digits must be an object of names and their digits, not ${check.kind(digits)}`);
    }
    const rows = Object.entries(digits).sort(([a], [b]) => (a < b ? -1 : 1));
    const names = rows.map(([name]) => check.text(name, "a name of digits"));
    const texts = rows.map(([name, text]) => check.text(text, `the digits of ${name}`));
    return inTurn(this, "live_activity", { stampMs: NUMBER(stampMs, "stampMs"), names, digits: texts });
  }

  async poll() {
    return inTurn(this, "live_poll");
  }

  async finish() {
    return inTurn(this, "live_finish");
  }

  async refreshNames() {
    return inTurn(this, "live_refresh_names");
  }

  /** What becomes known of slices as they come, and then of the rest. */
  async *segments(slices) {
    let next = 0;
    for await (const slice of slices) {
      const { index = next, data, sentMs } = copied(slice) === undefined ? slice : { data: slice };
      next = index + 1;
      yield* await this.push(index, data, { sentMs });
    }
    yield* await this.finish();
  }

  async turns() {
    return inTurn(this, "live_turns");
  }

  async gaps() {
    return inTurn(this, "live_gaps");
  }

  async counts() {
    return inTurn(this, "live_counts");
  }

  async stats() {
    return inTurn(this, "live_stats");
  }

  async state() {
    return inTurn(this, "live_state");
  }

  async close() {
    return sessions.get(this).handle.close();
  }
}

function inTurn(session, call, values, transfer) {
  const { handle, turns } = sessions.get(session);
  return turns.take(() => using([handle], call, values, { transfer }));
}

/** The rule of an option that is a recogniser: its handle. */
function recognizerHandle(value, name) {
  const handle = value !== null && typeof value === "object" ? recognizers.get(value) : undefined;
  if (handle === undefined) throw new TypeError(`${name} must be a Recognizer`);
  return handle;
}

/** The rule of bytes, which are copied. */
function bytes(value, name) {
  const copy = copied(value);
  if (copy === undefined) throw new TypeError(`${name} must be bytes, not ${check.kind(value)}`);
  return copy;
}
