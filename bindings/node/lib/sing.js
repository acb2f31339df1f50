// Scores, and voicebanks that sing them.

import * as check from "./arguments.js";
import { invalid } from "./errors.js";
import { Handle, using } from "./handle.js";
import { run } from "./pool.js";
import { enums } from "./prototypes.js";
import { source as sourceOf } from "./sources.js";
import { Turns } from "./turns.js";

const PRIVATE = Symbol("private");
const scores = new WeakMap();
const banks = new WeakMap();
/** Per song: its handle, whose turn it is, and what cancels it. */
const songs = new WeakMap();

const OPEN = {
  vocoders: paths,
  threads: check.threads,
  provider: check.word(enums.provider),
  onnxruntime: check.model,
};
const PERCENT = check.number(-100, 100);
const STEPS = check.whole(1, 1000);
const RENDER = {
  part: partOf,
  voice: check.optionalText,
  verse: check.optionalText,
  language: check.optionalText,
  voiceColor: check.optionalText,
  articulation: check.number(-1, 1),
  airiness: PERCENT,
  intensity: PERCENT,
  tension: PERCENT,
  clarity: check.number(0, 200),
  gender: PERCENT,
  pitchExpression: check.number(0, 1),
  steps: STEPS,
  pitchSteps: STEPS,
  varianceSteps: STEPS,
  depth: check.number(Number.MIN_VALUE, 1),
  strict: check.truth,
  silenceUnknown: check.truth,
  cache: check.path,
  cacheBytes: check.whole(1, Number.MAX_SAFE_INTEGER),
};

/** A score as it is performed. */
export class Score {
  constructor(key, { address, facts }) {
    if (key !== PRIVATE) throw new TypeError("use await Score.open(source)");
    Object.assign(this, camelled(facts));
    scores.set(this, new Handle(address, "score"));
    Object.freeze(this);
  }

  static async open(source, options) {
    const { how } = check.options(options);
    const { transfer, ...values } = sourceOf(source);
    how.signal?.throwIfAborted();
    return new Score(PRIVATE, await run("score_open", values, { transfer }));
  }

  async close() {
    return scores.get(this).close();
  }
}

/** What a score says, by the names of JavaScript; the keys of `lyrics` are verses, which keep theirs. */
function camelled(value, key) {
  if (Array.isArray(value)) return value.map((one) => camelled(one));
  if (value === null || typeof value !== "object") return value;
  const named = (name) => (key === "lyrics" ? name : name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [named(name), camelled(item, name)]));
}

/** A voicebank in the DiffSinger format of OpenUtau. */
export class Voicebank {
  constructor(key, { address, ...facts }) {
    if (key !== PRIVATE) throw new TypeError("use await Voicebank.open(folder)");
    Object.assign(this, facts);
    banks.set(this, new Handle(address, "voicebank"));
    Object.freeze(this);
  }

  static async open(folder, options) {
    const { fields, how } = check.options(options, OPEN);
    how.signal?.throwIfAborted();
    const values = { folder: check.path(folder, "folder"), options: fields };
    return new Voicebank(PRIVATE, await run("voicebank_open", values));
  }

  async check(options) {
    const { how } = check.options(options);
    return using([banks.get(this)], "voicebank_check", {}, how);
  }

  async render(score, options) {
    const { fields, how } = check.options(options, RENDER);
    how.signal?.throwIfAborted();
    const values = { options: part(fields) };
    return new Singing(PRIVATE, await using([banks.get(this), scoreHandle(score)], "voicebank_render", values), how.signal);
  }

  async save(score, path, options) {
    const { fields, how } = check.options(options, { ...RENDER, ...check.LONG });
    const values = { path: check.path(path, "path"), options: part(fields) };
    return using([banks.get(this), scoreHandle(score)], "voicebank_save", values, how);
  }

  async close() {
    return banks.get(this).close();
  }
}

/** A song that is being sung, phrase by phrase. */
export class Singing {
  constructor(key, { address, sampleRate, warnings }, signal) {
    if (key !== PRIVATE) throw new TypeError("use await voicebank.render(score)");
    this.sampleRate = sampleRate;
    this.warnings = warnings;
    songs.set(this, { handle: new Handle(address, "singing", "song"), turns: new Turns(), signal });
    Object.freeze(this);
  }

  async next() {
    const { turns } = songs.get(this);
    const phrase = await turns.take(() => this.#sing());
    return { value: phrase ?? undefined, done: phrase === null };
  }

  /** The next phrase; null at the end, where the song is closed, as it is after an error. */
  async #sing() {
    const song = songs.get(this);
    if (song.handle.closed) return null;
    let phrase;
    try {
      phrase = await using([song.handle], "singing_next", {}, { signal: song.signal });
    } catch (error) {
      this.close().catch(() => {});
      throw error;
    }
    if (phrase === null) await this.close();
    return phrase;
  }

  async return(value) {
    await this.close();
    return { value, done: true };
  }

  async progress() {
    const { handle, last } = songs.get(this);
    return last ?? using([handle], "singing_progress");
  }

  async close() {
    const song = songs.get(this);
    // What it came to can be read afterwards.
    if (!song.handle.closed) song.last ??= using([song.handle], "singing_progress");
    return song.handle.close();
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

function scoreHandle(value) {
  const handle = value !== null && typeof value === "object" ? scores.get(value) : undefined;
  if (handle === undefined) throw new TypeError("score must be a Score");
  return handle;
}

/** The rule of a part: its place or its id. */
function partOf(value, name) {
  if (typeof value === "string") return check.text(value, name);
  return check.whole(0)(value, name);
}

/** The options of C, which has two of them for a part. */
function part({ part: given, ...rest }) {
  if (given === undefined) return rest;
  return { ...rest, [typeof given === "string" ? "part_id" : "part"]: given };
}

function paths(value, name) {
  if (!Array.isArray(value)) throw invalid(`${name} must be an array of paths`);
  return value.map((one) => check.path(one, `an entry of ${name}`));
}
