// What calls read: files, their bytes, clips and pictures. Bytes and samples are copied, so that the caller may write to
// them, and the copy moves to the worker.

import { types } from "node:util";
import * as check from "./arguments.js";
import { invalid } from "./errors.js";

/** A file or its bytes, as values and what moves with them. */
export function source(value) {
  if (typeof value === "string" || value instanceof URL) return { source: { path: check.path(value, "source") } };
  const bytes = copied(value);
  if (bytes) return { source: { bytes }, transfer: [bytes.buffer] };
  throw new TypeError(`source must be a path, a file URL, or bytes, not ${check.kind(value)}`);
}

/** A copy of bytes; undefined for anything else. */
export function copied(value) {
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(new Uint8Array(value));
  if (types.isUint8Array(value)) return new Uint8Array(value);
  return undefined;
}

/** Somebody speaking: a file, its bytes, or a clip. */
export function speech(value) {
  if (value === null || typeof value !== "object" || !("samples" in value)) return source(value);
  const copy = clip(value);
  return { source: { clip: copy }, transfer: [copy.samples.buffer] };
}

/** One source or an array of them, which are all clips or none of them. */
export function speeches(value) {
  const given = (Array.isArray(value) ? value : [value]).map(speech);
  const clips = given.filter((one) => "clip" in one.source).length;
  if (clips > 0 && clips < given.length) throw new TypeError("sources must be all clips, or all files and bytes");
  return { sources: given.map((one) => one.source), transfer: given.flatMap((one) => one.transfer ?? []) };
}

/** Mono samples with their rate, copied. */
export function clip(value) {
  if (value === null || typeof value !== "object") throw new TypeError("clip must have samples and a sampleRate");
  if (!types.isFloat32Array(value.samples)) {
    throw new TypeError(`samples must be a Float32Array, not ${check.kind(value.samples)}`);
  }
  if (value.sampleRate === undefined) throw new TypeError("clip must have a sampleRate");
  const sampleRate = check.sampleRate(value.sampleRate, "sampleRate");
  return { samples: new Float32Array(value.samples), sampleRate };
}

/** A picture: a file, its bytes, or pixels, copied. */
export function picture(value) {
  if (value === null || typeof value !== "object" || !("pixels" in value)) return source(value);
  const { pixels, width, height } = value;
  if (!types.isUint8Array(pixels)) throw new TypeError(`pixels must be a Uint8Array, not ${check.kind(pixels)}`);
  const side = check.whole(1);
  const image = { pixels: new Uint8Array(pixels), width: side(width, "width"), height: side(height, "height") };
  if (pixels.length !== 3 * image.width * image.height) {
    throw invalid(`${image.width} x ${image.height} pixels of three bytes cannot be ${pixels.length} bytes`);
  }
  return { source: { image }, transfer: [image.pixels.buffer] };
}

/** An embedding as it is, or that of a face. */
export function embedding(value, name = "embedding") {
  const given = value?.embedding ?? value;
  if (given === null || typeof given !== "object" || typeof given.length !== "number") {
    throw new TypeError(`${name} must be an array of numbers, not ${check.kind(given)}`);
  }
  return Float32Array.from(given);
}
