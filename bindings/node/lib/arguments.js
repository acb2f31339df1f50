// What callers give, checked before it crosses into C, where a mistake would not be an exception.

import { fileURLToPath } from "node:url";
import { invalid } from "./errors.js";
import { write } from "./json.js";

/** Largest number of 32 bits. */
export const MOST = 0xffff_ffff;
/** Most threads that may be asked for. */
const MOST_THREADS = 4096;
/** The last millisecond of the year 9999. */
const MAX_TIME = 253_402_300_799_999;
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

export function texts(value, name) {
  if (!Array.isArray(value)) throw new TypeError(`${name} must be an array of strings, not ${kind(value)}`);
  return value.map((one) => text(one, `an entry of ${name}`));
}

export function path(value, name) {
  return text(value instanceof URL ? fileURLToPath(value) : value, name);
}

/** The id of a model, or the path or URL of its file. */
export function model(value, name) {
  return value instanceof URL ? path(value, name) : optionalText(value, name);
}

function inRange(value, name, least, most) {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number, not ${kind(value)}`);
  if (!(value >= least && value <= most)) throw invalid(`${name} must be from ${least} to ${most}, not ${value}`);
  return value;
}

function wholeInRange(value, name, least, most) {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number, not ${kind(value)}`);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw invalid(`${name} must be a whole number from ${least} to ${most}, not ${value}`);
  }
  return value;
}

/** The rule of a number in a range. */
export function number(least, most) {
  return (value, name) => inRange(value, name, least, most);
}

/** The rule of a whole number in a range. */
export function whole(least, most = MOST) {
  return (value, name) => wholeInRange(value, name, least, most);
}

/** The rule of one of some words, which C has numbers for. */
export function word(numbers) {
  return (value, name) => {
    const words = Object.keys(numbers);
    if (!words.includes(value)) throw invalid(`${name} must be one of ${words.join(", ")}, not ${shown(value)}`);
    return numbers[value];
  };
}

/** The rule of what may be `null` or `false`, which then is `none`. */
export function or(none, rule) {
  return (value, name) => (value === null || value === false ? none : rule(value, name));
}

export const integer = whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
export const threads = whole(0, MOST_THREADS);
/** A limit of width times height. */
export const pixels = whole(1, Number.MAX_SAFE_INTEGER);
export const sampleRate = whole(1, MAX_RATE);

export function truth(value, name) {
  if (typeof value !== "boolean") throw new TypeError(`${name} must be true or false, not ${kind(value)}`);
  return value;
}

/** Milliseconds since 1970 of a number or a Date. */
export function time(value, name) {
  const given = value instanceof Date ? value.getTime() : value;
  if (typeof given === "number" && given < 0) {
    throw invalid(`${name} is ${given} ms, before 1970: such times are not kept, leave them out or put them into metadata`);
  }
  return wholeInRange(given, name, 0, MAX_TIME);
}

/** A value as JSON. */
export function json(value, name) {
  const written = write(value, name);
  if (written === undefined) throw new TypeError(`${name} must be a value that JSON can hold`);
  return text(written, name);
}

/** An id of a face or a person, or a row that has one under `key`. */
export function id(value, name, key) {
  const given = value !== null && typeof value === "object" ? value[key] : value;
  if (typeof given === "bigint" && given > 0n && given < 1n << 64n) return given;
  if (typeof given !== "number") throw new TypeError(`${name} must be an id, or a row that has a ${key}`);
  return wholeInRange(given, name, 1, Number.MAX_SAFE_INTEGER);
}

export function faceId(value, name = "face") {
  return id(value, name, "faceId");
}

export function personId(value, name = "person") {
  return id(value, name, "personId");
}

export function faceIds(values, name = "faces") {
  if (!Array.isArray(values)) throw new TypeError(`${name} must be an array of ids, not ${kind(values)}`);
  return values.map((value) => faceId(value, `an id of ${name}`));
}

/** The options that every call takes, and those that long calls take. */
const SHARED = { signal: abortSignal };
export const LONG = { onProgress: callback };

function abortSignal(value, name) {
  if (!(value instanceof AbortSignal)) throw new TypeError(`${name} must be an AbortSignal, not ${kind(value)}`);
  return value;
}

function callback(value, name) {
  if (typeof value !== "function") throw new TypeError(`${name} must be a function, not ${kind(value)}`);
  return value;
}

/**
 * The options of a call: `fields` as C names them, each checked by its rule, and `how` the call is made. A name without a
 * rule is refused, so that a misspelt option is not an option that is silently left out.
 */
export function options(value, rules = {}) {
  const [fields, how] = [{}, {}];
  if (value === undefined) return { fields, how };
  if (value === null || typeof value !== "object" || Symbol.iterator in value || value instanceof Date) {
    throw new TypeError(`options must be an object, not ${kind(value)}`);
  }
  for (const [name, given] of Object.entries(value)) {
    const rule = rules[name] ?? SHARED[name];
    if (rule === undefined || !(Object.hasOwn(rules, name) || Object.hasOwn(SHARED, name))) {
      throw unknown("option", name, [...Object.keys(rules), ...Object.keys(SHARED)]);
    }
    if (given === undefined) continue;
    const checked = rule(given, name);
    if (name in SHARED || name in LONG) how[name] = checked;
    else if (checked !== undefined) fields[snake(name)] = checked;
  }
  return { fields, how };
}

/** The values of an object whose names are all known; `what` one of them is. */
export function known(value, names, what) {
  if (value === null || typeof value !== "object") throw new TypeError(`${what} must be an object, not ${kind(value)}`);
  for (const name of Object.keys(value)) if (!names.includes(name)) throw unknown(`${what} with the name`, name, names);
  return value;
}

function unknown(what, name, names) {
  const plain = (one) => one.slice(0, 80).toLowerCase().replace(/[^a-z0-9]/g, "");
  const far = (one) => distance(plain(one), plain(name));
  const near = names.map((one) => [far(one), one]).filter(([letters, one]) => letters <= Math.ceil(one.length / 3));
  const least = Math.min(...near.map(([letters]) => letters));
  const meant = near.filter(([letters]) => letters === least).map(([, one]) => one);
  const advice = meant.length > 0 ? `did you mean ${meant.join(" or ")}?` : `the ${what === "option" ? "options" : "names"} are ${names.join(", ")}`;
  return new TypeError(`there is no ${what} ${shown(name)}: ${advice}`);
}

/** Levenshtein's distance: letters to change, add or leave out. */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

/** `minClusterSize` as `min_cluster_size`. */
export function snake(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What a value is, in words. */
export function kind(value) {
  if (value === null) return "null";
  return typeof value === "object" ? (value.constructor?.name ?? "an object") : typeof value;
}

function shown(value) {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : kind(value);
}
