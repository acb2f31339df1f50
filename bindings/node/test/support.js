// What the tests share.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// The golden errors have a folder each.
process.setMaxListeners(0);

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A file of the repository. */
export function file(path) {
  return join(ROOT, path);
}

export const MELODY = file("tests/golden/inputs/melody-8k.wav");
export const WALTZ = file("examples/demo/media/lantern-waltz.opus");
export const WALTZ_CLIP = file("examples/demo/queries/waltz-mp3-32k.mp3");
export const BROT = file("examples/demo/media/brot.opus");

/** A folder that is gone when the tests of this file are over. */
export function scratch() {
  const path = mkdtempSync(join(tmpdir(), "sonic-node-"));
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** `{ offsetMs: 1 }` as `{ offset_ms: 1 }`, at every depth: what a golden file has. */
export function snake(value) {
  if (Array.isArray(value)) return value.map(snake);
  if (ArrayBuffer.isView(value)) return Array.from(value);
  if (value === null || typeof value !== "object") return value;
  const named = ([key, item]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), snake(item)];
  return Object.fromEntries(Object.entries(value).map(named));
}

/** `{ offset_ms: 1 }` as `{ offsetMs: 1 }`. */
export function camel(value) {
  const named = ([key, item]) => [key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()), item];
  return Object.fromEntries(Object.entries(value ?? {}).map(named));
}

/** What `given` has of the keys of `wanted`, all of which it must have. */
export function shown(given, wanted, where = "answer") {
  for (const key of Object.keys(wanted)) {
    if (!Object.hasOwn(given, key)) throw new Error(`${where} has no ${key}, only ${Object.keys(given).join(", ")}`);
  }
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, given[key]]));
}

/** How often the event loop came round until `promise` was settled. */
export async function turnsUntil(promise) {
  let [turns, pending] = [0, true];
  const done = promise.finally(() => (pending = false));
  while (pending) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    turns += 1;
  }
  return { turns, value: await done };
}
