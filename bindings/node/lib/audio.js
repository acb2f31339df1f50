// Decoding and fingerprints.

import * as check from "./arguments.js";
import { Handle } from "./handle.js";
import { run } from "./pool.js";

/** Decodes a file, or its bytes, to mono samples. */
export async function decode(source, options) {
  const { sampleRate, signal } = check.options(options);
  const { values, transfer } = check.source(source);
  return run("decode", { ...values, sampleRate: check.sampleRate(sampleRate) }, { transfer, signal });
}

const PRIVATE = Symbol("private");
const handles = new WeakMap();

/** What a clip is recognised by. */
export class Fingerprint {
  #landmarks;

  constructor(key, facts) {
    if (key !== PRIVATE) throw new TypeError("use await fingerprint(clip)");
    const { address, packed, ...rest } = facts;
    Object.assign(this, rest);
    this.#landmarks = packed;
    handles.set(this, new Handle(address, "fingerprint"));
    Object.freeze(this);
  }

  get landmarks() {
    return unpacked(this.#landmarks);
  }

  get length() {
    return this.#landmarks.byteLength / 8;
  }

  close() {
    return handles.get(this).close();
  }
}

/** The handle of a fingerprint; undefined for anything else. */
export function handleOf(fingerprint) {
  return handles.get(fingerprint);
}

/** Landmarks from the eight bytes that C gives each. */
export function unpacked(buffer) {
  const view = new DataView(buffer);
  return Array.from({ length: view.byteLength / 8 }, (_, i) => ({
    frame: view.getUint32(8 * i, true),
    frequency: view.getUint16(8 * i + 4, true),
    salience: view.getUint8(8 * i + 6),
  }));
}

/** The fingerprint of a clip. */
export async function fingerprint(clip, options) {
  const { signal } = check.options(options);
  if (clip === null || typeof clip !== "object") throw new TypeError("clip must have samples and a sampleRate");
  const samples = check.samples(clip.samples);
  const sampleRate = check.sampleRate(clip.sampleRate);
  if (sampleRate === undefined) throw new TypeError("clip must have a sampleRate");
  const facts = await run("fingerprint", { samples, sampleRate }, { transfer: [samples.buffer], signal });
  return new Fingerprint(PRIVATE, facts);
}
