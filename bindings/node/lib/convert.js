// Between the values of JavaScript and those of C.

import koffi from "koffi";
import { SonicError, kindOf } from "./errors.js";

/** Throws the error of a call that failed: same thread, nothing in between. */
export function checked(native, status) {
  if (status !== 0) throw new SonicError(kindOf(status), native.last_error());
}

/** The handle that a call makes. */
export function opened(native, call) {
  const out = [null];
  checked(native, call(out));
  return out[0];
}

/** What `read` makes of a handle that is freed afterwards. */
export function made(native, noun, call, read) {
  const handle = opened(native, call);
  try {
    return read(handle);
  } finally {
    native[`${noun}_free`](handle);
  }
}

/** A struct that begins with its size; fields that are left out are 0. */
export function sized(type, fields) {
  const all = Object.keys(type.members).map((name) => [name, fields[name] ?? blank(type.members[name].type)]);
  return { ...Object.fromEntries(all), size: type.size };
}

function blank(type) {
  return type.primitive === "Pointer" || type.primitive === "String" ? null : 0;
}

/** A copy of `length` bytes of native memory. */
export function copied(pointer, length) {
  return length === 0 ? new ArrayBuffer(0) : koffi.view(pointer, length).slice(0);
}
