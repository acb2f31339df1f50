// Recordings that were imported without their sound.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SonicError, Store } from "../index.js";
import { file, scratch } from "./support.js";

const folder = scratch();

test("what another system left is imported, compared and removed", async () => {
  const path = join(folder, "audio_fingerprints_s01.pkl");
  writeFileSync(path, "(dV00a6168510e0cf91\n(l(VS01E01\nF1.5\ntas.more");
  const store = await Store.open(join(folder, "store"));
  const told = [];
  const [imported] = await store.imported.add(path, { onProgress: (at) => told.push(at) });
  const { error, ...row } = imported;
  assert.deepEqual(row, {
    path,
    status: "imported",
    season: 1,
    recordings: 1,
    leftOut: 0,
    hashes: 1,
    entries: 1,
    warnings: { trailing_bytes: 4 },
  });
  assert.equal(error, null);
  assert.equal((await store.imported.add(path))[0].status, "duplicate");
  const [refused] = await store.imported.add(file("README.md"));
  assert.equal(refused.status, "failed");
  assert.ok(refused.error instanceof SonicError && refused.error.kind === "malformed");
  const [compared] = await store.imported.validate(path);
  assert.ok(compared.isFine && compared.compared === 1 && compared.missing === 0);
  const [listed] = await store.imported.list();
  assert.equal(listed.id, "S01E01");
  assert.equal(listed.frames, 66);
  await store.imported.remove("S01E01");
  await assert.rejects(store.imported.remove("S01E01"), { kind: "not_found" });
  assert.equal((await store.imported.validate(path))[0].missing, 1);
  await store.imported.add(path);
  assert.equal(await store.imported.clear(), 1);
  assert.deepEqual(await store.imported.list(), []);
  await assert.rejects(store.imported.add("ftp://bucket"), { kind: "invalid_argument" });
  const aborted = AbortSignal.abort();
  await assert.rejects(store.imported.add(path, { signal: aborted }), { name: "AbortError" });
  await store.close();
});
