// JSON with every integer that a store keeps: those beyond what a number holds exactly are BigInts.

import { randomUUID } from "node:crypto";
import { invalid } from "./errors.js";

/** Strings, which are passed over, and numbers. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs;
/** Numbers from here on are written with an exponent: nobody takes them for exact. */
const FLOATING = 1e21;

/** A value as JSON; `undefined` if JSON cannot hold it. */
export function write(value, name) {
  const mark = randomUUID();
  const written = JSON.stringify(value, (_, one) => {
    if (typeof one === "bigint") return `${mark}${whole(one, name)}`;
    if (typeof one === "number") return exact(one, name);
    return one;
  });
  return written?.replaceAll(new RegExp(`"${mark}(-?\\d+)"`, "g"), "$1");
}

function whole(value, name) {
  if (value >= -(1n << 63n) && value < 1n << 64n) return value;
  throw invalid(`${name} has an integer of more than 64 bits, which is not kept exactly: give it as text`);
}

function exact(value, name) {
  if (!Number.isFinite(value)) throw invalid(`${name} has ${value} in it, which JSON does not know`);
  if (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= FLOATING) return value;
  throw invalid(`${name} has ${value} in it, more than a number holds exactly: give a BigInt, or text`);
}

/** What JSON says. */
export function read(text) {
  const mark = randomUUID();
  let marked = false;
  const json = text.replace(TOKENS, (token) => {
    if (!/^-?\d+$/.test(token) || Number.isSafeInteger(Number(token))) return token;
    marked = true;
    return `"${mark}${token}"`;
  });
  if (!marked) return JSON.parse(text);
  const isMarked = (value) => typeof value === "string" && value.startsWith(mark);
  return JSON.parse(json, (_, value) => (isMarked(value) ? BigInt(value.slice(mark.length)) : value));
}
