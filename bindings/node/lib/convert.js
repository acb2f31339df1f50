// Between the values of JavaScript and those of C.

import koffi from "koffi";
import { SonicError, kindOf } from "./errors.js";
import { structs } from "./prototypes.js";

/** Throws the error of a call that failed: same thread, nothing in between. Options have the names that they have here. */
export function checked(native, status) {
  if (status === 0) return;
  const [kind, message] = [kindOf(status), named(native.last_error())];
  throw new SonicError(kind, message, { retryAfterMs: Number(native.last_retry_after_ms()) });
}

function named(message) {
  return message.replace(/`(?:max_pixels|det_size)`/g, (option) => option.replace(/_(.)/g, (_, letter) => letter.toUpperCase()));
}

/** The handle that a call makes. */
export function opened(native, call) {
  const out = [null];
  checked(native, call(out));
  return out[0];
}

/** What `read` makes of a handle that is freed afterwards. */
export function consume(native, noun, call, read) {
  const handle = opened(native, call);
  try {
    return read(handle);
  } finally {
    native[`${noun}_free`](handle);
  }
}

/** What `call` gives; null where there is nothing of that name. */
export function orNull(call) {
  try {
    return call();
  } catch (error) {
    if (error instanceof SonicError && error.kind === "not_found") return { value: null };
    throw error;
  }
}

/** A struct that a call fills in, which begins with its size. */
export function blank(native, name) {
  const type = native.types[name];
  const members = Object.entries(type.members).map(([field, { type: of }]) => [field, blankOf(of)]);
  return { ...Object.fromEntries(members), size: type.size };
}

function blankOf(type) {
  if (type.primitive === "Bool") return false;
  return isPointer(type) ? null : 0;
}

function isPointer(type) {
  return type.primitive === "Pointer" || type.primitive === "String";
}

/** The defaults of options, which C fills in. Once a thread. */
const defaults = new Map();

/**
 * The options of a call: the defaults of C with `fields` in their place. `null` is none of what may be left out; an array
 * goes with its length.
 */
export function optionsOf(native, name, fields = {}, begun = defaultsOf(native, name)) {
  const all = { ...begun };
  for (const [field, value] of Object.entries(fields)) {
    if (!(field in all)) throw new Error(`sonic_${name} has no ${field}`);
    if (`has_${field}` in all) all[`has_${field}`] = value === null ? 0 : 1;
    if (Array.isArray(value)) Object.assign(all, listOf(name, field, value));
    else if (value !== null) all[field] = typeof value === "boolean" ? Number(value) : value;
  }
  return all;
}

function defaultsOf(native, name) {
  if (!defaults.has(name)) {
    const options = blank(native, name);
    checked(native, native[`${name}_init`](options, options.size));
    defaults.set(name, options);
  }
  return defaults.get(name);
}

function listOf(name, field, values) {
  const length = [`${field}_len`, `${field.replace(/s$/, "")}_len`].find((one) => one in structs[name]);
  const ids = structs[name][field] === "const uint64_t *";
  const list = values.length === 0 ? null : ids ? BigUint64Array.from(values, BigInt) : values;
  return { [field]: list, [length]: values.length };
}

/** A copy of `length` bytes of native memory. */
export function copied(pointer, length) {
  return length === 0 ? new ArrayBuffer(0) : koffi.view(pointer, length).slice(0);
}

/** The bytes of a file that a call gives. */
export function fileOf(native, call) {
  return consume(native, "file", call, (file) => {
    const value = new Uint8Array(copied(native.file_data(file), native.file_len(file)));
    return { value, transfer: [value.buffer] };
  });
}

/** What `work` makes of a source of C, a file or its bytes, which is freed afterwards. */
export function withSource(native, { path, bytes }, work) {
  // The bytes are C's to read until the source is freed: `bytes` holds them until then.
  return consume(
    native,
    "source",
    (out) => (bytes ? native.source_bytes(bytes, bytes.length, out) : native.source_path(path, out)),
    work,
  );
}

/** What `work` makes of a clip of these samples, which is freed afterwards. */
export function withClip(native, { samples, sampleRate }, work) {
  return consume(native, "clip", (out) => native.clip_new(samples, samples.length, sampleRate, out), work);
}

/** What `work` makes of all of them, each held by `hold`. */
export function withEach(native, hold, values, work, held = []) {
  if (held.length === values.length) return work(held);
  return hold(native, values[held.length], (handle) => withEach(native, hold, values, work, [...held, handle]));
}

/**
 * What `work` makes of somebody speaking: it is given the function `name`, or the one for clips, with the handle of the
 * source or clip.
 */
export function withSpeech(native, name, { clip, ...source }, work) {
  if (clip) return withClip(native, clip, (handle) => work(native[`${name}_clip`], handle));
  return withSource(native, source, (handle) => work(native[name], handle));
}
