// Decoding and fingerprints.

import * as check from "./arguments.js";
import { Handle } from "./handle.js";
import { run } from "./pool.js";
import { clip as clipOf, source as sourceOf } from "./sources.js";

const PRIVATE = Symbol("private");
const handles = new WeakMap();
/** What a landmark has in memory. */
const LANDMARK_BYTES = 8;

/** Decodes a file, or its bytes, to mono samples. */
export async function decode(source, options) {
  const { fields, how } = check.options(options, { sampleRate: check.sampleRate, track: check.whole(0) });
  const { source: given, transfer } = sourceOf(source);
  return run("decode", { source: given, options: fields }, { ...how, transfer });
}

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
    return this.#landmarks.byteLength / LANDMARK_BYTES;
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
  return Array.from({ length: view.byteLength / LANDMARK_BYTES }, (_, i) => ({
    frame: view.getUint32(LANDMARK_BYTES * i, true),
    frequency: view.getUint16(LANDMARK_BYTES * i + 4, true),
    salience: view.getUint8(LANDMARK_BYTES * i + 6),
  }));
}

/** The fingerprint of a clip. */
export async function fingerprint(clip, options) {
  const { how } = check.options(options);
  const given = clipOf(clip);
  const facts = await run("fingerprint", { clip: given }, { ...how, transfer: [given.samples.buffer] });
  return new Fingerprint(PRIVATE, facts);
}
