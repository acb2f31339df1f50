// Rows of C as objects of JavaScript. What a field is called and how it is read follows from its declaration in sonic.h, so
// a field that a row gains is there at once: `created_at_ms` is `createdAtMs`, an enum is its word, JSON is what it says,
// and what a row does not have is null.

import koffi from "koffi";
import { copied } from "./convert.js";
import * as json from "./json.js";
import { enums, structs } from "./prototypes.js";

/** Names that say the same without the prefix that C gives them. */
const NAMES = { is_enrolled: "enrolled", is_stored: "stored", is_installed: "installed", is_final: "final" };
/** Ids of faces and people, and numbers of snapshots, count from 1: 0 is none. */
const ID = /(_id|merged_into|^snapshot)$/;

const readers = new Map();

/** The struct `name` at `pointer`. */
export function rowOf(native, name, pointer) {
  return readRow(name, koffi.decode(pointer, native.types[name]));
}

/** A struct that is decoded already. */
export function readRow(name, values) {
  if (!readers.has(name)) readers.set(name, Object.entries(structs[name]).flatMap((field) => readerOf(name, ...field)));
  return Object.fromEntries(readers.get(name).map(([key, read]) => [key, read(values)]));
}

function readerOf(name, field, type) {
  const fields = Object.keys(structs[name]);
  if (field === "size" && type === "uint32_t") return [];
  if (/^(has_|reserved)|_len$/.test(field)) return [];
  // Lists, and structs in structs, are read by those who know them.
  if (type === "const void *" || type.startsWith("sonic_")) return [];
  const has = fields.find((one) => one.startsWith("has_") && `${field}_`.startsWith(`${one.slice(4)}_`));
  const read = has === undefined ? valueReader(field, type) : (values) => (values[has] ? values[field] : null);
  return [[camel(NAMES[field] ?? field.replace(/_json$/, "")), read]];
}

function valueReader(field, type) {
  if (field.endsWith("_json")) return (values) => (values[field] === null ? null : json.read(values[field]));
  if (type === "uint64_t" && ID.test(field)) return (values) => (values[field] === 0 ? null : values[field]);
  if (type === "const uint64_t *") return (values) => idsAt(values[field], values[`${field}_len`]);
  if (type.startsWith("enum ")) return (values) => wordOf(type.slice("enum sonic_".length), values[field]);
  return (values) => values[field];
}

/** `created_at_ms` as `createdAtMs`. */
export function camel(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

const words = new Map();

/** The word for a number of an enum. */
export function wordOf(name, number) {
  if (!words.has(name)) words.set(name, new Map(Object.entries(enums[name]).map(([word, value]) => [value, word])));
  return words.get(name).get(number);
}

/** `length` structs of native memory, which may be none. */
export function rowsAt(native, name, pointer, length) {
  if (length === 0) return [];
  return koffi.decode(pointer, koffi.array(native.types[name], length, "Array")).map((values) => readRow(name, values));
}

/** `length` ids of native memory, as the rest of this module has them: numbers where that is exact. */
export function idsAt(pointer, length) {
  if (length === 0) return [];
  return Array.from(new BigUint64Array(copied(pointer, 8 * length)), (id) =>
    id <= Number.MAX_SAFE_INTEGER ? Number(id) : id,
  );
}

/** What `read` makes of each row of a list. */
export function listOf(native, noun, list, read) {
  return Array.from({ length: native[`${noun}_len`](list) }, (_, i) => read(native, native[`${noun}_at`](list, i), i));
}

/** The rows of a list that is a page, and what the next page comes after; null at the end. */
export function pageOf(native, noun, list, read) {
  const place = [0];
  const more = native[`${noun}_next`](list, place);
  return { rows: listOf(native, noun, list, read), next: more ? place[0] : null };
}

/** Rows of a type that need nothing special. */
export function plain(name) {
  return (native, pointer) => rowOf(native, name, pointer);
}
