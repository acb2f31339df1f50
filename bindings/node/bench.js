// What a call costs over the work itself: a call on the spot, through a worker, and through koffi's own threads.
//
//   node bench.js

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Store, version } from "./index.js";
import { openLibrary } from "./lib/library.js";
import { run } from "./lib/pool.js";

const CALLS = 5_000;

async function each(name, work) {
  for (let i = 0; i < CALLS / 10; i++) await work();
  const start = process.hrtime.bigint();
  for (let i = 0; i < CALLS; i++) await work();
  const microseconds = Number(process.hrtime.bigint() - start) / 1e3 / CALLS;
  console.log(`${name.padEnd(48)} ${microseconds.toFixed(1).padStart(9)} µs`);
}

async function once(name, work) {
  const start = process.hrtime.bigint();
  const value = await work();
  console.log(`${name.padEnd(48)} ${(Number(process.hrtime.bigint() - start) / 1e3).toFixed(1).padStart(9)} µs`);
  return value;
}

const folder = mkdtempSync(join(tmpdir(), "sonic-bench-"));
const demo = (path) => fileURLToPath(new URL(`../../examples/demo/${path}`, import.meta.url));
await once("libsonic is found and opened", () => version());
await once("the first worker starts and answers", () => run("free", { noun: "clip", address: null }));
const nothing = openLibrary().library.func("void sonic_clip_free(void *clip)");
const onThread = () => new Promise((resolve, reject) => nothing.async(null, (e) => (e ? reject(e) : resolve())));
await each("a call that does nothing, on the spot", () => nothing(null));
await each("the same, through koffi's .async", onThread);
await each("the same, through a worker", () => run("free", { noun: "clip", address: null }));
for (const megabytes of [1, 16]) {
  const bytes = new Uint8Array(megabytes << 20);
  const copy = () => {
    const own = new Uint8Array(bytes);
    return run("free", { noun: "clip", address: null, own }, { transfer: [own.buffer] });
  };
  for (let i = 0; i < 3; i++) await copy();
  await once(`the same, with ${megabytes} MiB of bytes`, copy);
}
const store = await Store.open(join(folder, "store"));
await store.add(demo("media/lantern-waltz.opus"));
const clip = readFileSync(demo("queries/waltz-mp3-32k.mp3"));
await store.identify(clip);
const [runs, totals] = [200, { around: 0, inside: 0 }];
for (let i = 0; i < runs; i++) {
  const start = performance.now();
  const { elapsedMs } = await store.identify(clip, { threads: 1 });
  totals.around += performance.now() - start;
  totals.inside += elapsedMs.decode + elapsedMs.fingerprint + elapsedMs.search;
}
const mean = (total) => (total / runs).toFixed(2);
console.log(`a clip of 9 s: ${mean(totals.around)} ms, ${mean(totals.inside)} of them in libsonic`);
await store.close();
rmSync(folder, { recursive: true });
