// What callers give, checked before it crosses into C, where a mistake would not be an exception.

import { fileURLToPath } from "node:url";
import { types } from "node:util";
import { invalid } from "./errors.js";

/** Highest sample rate in Hz. */
const MAX_RATE = 768_000;

/** A string that C reads as it is: a zero character would end it too early. */
export function text(value, name) {
  if (typeof value !== "string") throw new TypeError(`${name} must be a string, not ${kind(value)}`);
  if (value.includes("\0")) throw invalid(`${name} has a zero character in it`);
  if (!value.isWellFormed()) throw invalid(`${name} is not well-formed Unicode`);
  return value;
}

export function optionalText(value, name) {
  return value === undefined || value === null ? undefined : text(value, name);
}

export function path(value, name) {
  return text(value instanceof URL ? fileURLToPath(value) : value, name);
}

export function whole(value, name, least, most) {
  if (value === undefined) return undefined;
  if (typeof value !== "number") throw new TypeError(`${name} must be a number, not ${kind(value)}`);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw invalid(`${name} must be a whole number from ${least} to ${most}, not ${value}`);
  }
  return value;
}

export function sampleRate(value) {
  return whole(value, "sampleRate", 1, MAX_RATE);
}

export function options(value) {
  if (value === undefined) return {};
  if (value === null || typeof value !== "object") throw new TypeError(`options must be an object, not ${kind(value)}`);
  const { signal } = value;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError("signal must be an AbortSignal");
  return value;
}

/** A file or its bytes. Bytes are copied: the caller may write to them, and the copy moves to the worker. */
export function source(value) {
  if (typeof value === "string" || value instanceof URL) return { values: { path: path(value, "source") } };
  const bytes = copied(value);
  if (bytes) return { values: { bytes }, transfer: [bytes.buffer] };
  throw new TypeError(`source must be a path, a file URL, or bytes, not ${kind(value)}`);
}

/** Somebody speaking: a file, its bytes, or a clip. */
export function speech(value) {
  if (!isClip(value)) return source(value);
  const clip = copiedClip(value);
  return { values: { clip }, transfer: [clip.samples.buffer] };
}

/** One source or an array of them, all of one kind. */
export function speeches(value) {
  const given = (Array.isArray(value) ? value : [value]).map(speech);
  const transfer = given.flatMap((one) => one.transfer ?? []);
  const of = (kind) => given.map(({ values }) => values[kind]).filter((found) => found !== undefined);
  const values = { paths: of("path"), files: of("bytes"), clips: of("clip") };
  const kinds = Object.entries(values).filter(([, found]) => found.length > 0);
  if (kinds.length > 1) throw new TypeError("sources must be all paths, all bytes, or all clips");
  return { values: kinds.length === 0 ? { paths: [] } : Object.fromEntries(kinds), transfer };
}

function isClip(value) {
  return value !== null && typeof value === "object" && "samples" in value;
}

/** Mono samples with their rate, copied. */
function copiedClip(value) {
  const clip = { samples: samples(value.samples), sampleRate: sampleRate(value.sampleRate) };
  if (clip.sampleRate === undefined) throw new TypeError("clip must have a sampleRate");
  return clip;
}

export function number(value, name, least, most) {
  if (value === undefined) return undefined;
  if (typeof value !== "number") throw new TypeError(`${name} must be a number, not ${kind(value)}`);
  if (!(value >= least && value <= most)) throw invalid(`${name} must be from ${least} to ${most}, not ${value}`);
  return value;
}

function copied(value) {
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(new Uint8Array(value));
  if (types.isUint8Array(value)) return new Uint8Array(value);
  return undefined;
}

/** Mono samples, copied. */
export function samples(value) {
  if (!types.isFloat32Array(value)) throw new TypeError(`samples must be a Float32Array, not ${kind(value)}`);
  return new Float32Array(value);
}

function kind(value) {
  if (value === null) return "null";
  return typeof value === "object" ? (value.constructor?.name ?? "an object") : typeof value;
}

/** Milliseconds of a Date or a number. */
export function time(value) {
  return value instanceof Date ? value.getTime() : value;
}

/** A value as JSON. */
export function json(value) {
  const written = JSON.stringify(value);
  if (written === undefined) throw new TypeError("metadata must be a value that JSON can hold");
  return text(written, "metadata");
}
