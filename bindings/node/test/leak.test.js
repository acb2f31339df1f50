// Hundreds of calls leave nothing behind; handles that a program forgets are freed with the garbage.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Store, configure, decode, fingerprint } from "../index.js";
import { BROT, MELODY, WALTZ, WALTZ_CLIP, scratch } from "./support.js";

configure({ workers: 2 });

/** Resident memory once the garbage is gone. */
async function resident() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().rss;
}

/** Megabytes by which memory grows from the first to the last of `rounds` after as many for practice. */
async function growth(rounds, work) {
  for (let i = 0; i < rounds; i++) await work(i);
  const start = await resident();
  for (let i = 0; i < rounds; i++) await work(i);
  return ((await resident()) - start) / 2 ** 20;
}

test("hundreds of questions", async (t) => {
  const store = await Store.open(join(scratch(), "store"));
  await store.add(WALTZ);
  const bytes = readFileSync(WALTZ_CLIP);
  const garbage = new Uint8Array(1 << 19).fill(7);
  const grown = await growth(300, async (i) => {
    await store.identify(i % 2 ? bytes : WALTZ_CLIP, { exclude: ["a", "b"] });
    await store.stats();
    await decode(garbage).catch(() => {});
  });
  await store.close();
  // A clip decoded is 0.4 MB, its texture 0.2, the garbage 0.5: a leak of one of them would be over 50 MB.
  t.diagnostic(`${grown.toFixed(1)} MB more`);
  assert.ok(grown < 40, `${grown.toFixed(1)} MB more`);
});

test("clips and fingerprints that are forgotten", async (t) => {
  const clip = await decode(BROT, { sampleRate: 11_025 });
  const grown = await growth(60, async () => {
    await fingerprint(clip);
    await decode(MELODY, { sampleRate: 48_000 });
  });
  // A fingerprint of this clip has a texture of 1.3 MB, a decoded melody has 0.6.
  t.diagnostic(`${grown.toFixed(1)} MB more`);
  assert.ok(grown < 60, `${grown.toFixed(1)} MB more`);
});

test("stores that are forgotten", async () => {
  const path = join(scratch(), "store");
  await (await Store.open(path)).close();
  for (let i = 0; i < 100; i++) await (await Store.open(path, { access: "read_only" })).stats();
  await resident();
});
