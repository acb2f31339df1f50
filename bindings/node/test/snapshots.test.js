// Snapshots of a store in a folder that stands for a bucket.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SonicError, Store, snapshots } from "../index.js";
import { BROT, WALTZ, scratch } from "./support.js";

const ids = async (store) => {
  const found = [];
  for await (const row of store.recordings) found.push(row.id);
  return found;
};

const until = async (isSo) => {
  for (const end = Date.now() + 30_000; !(await isSo()); ) {
    assert.ok(Date.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

test("a store goes round, and follows", async () => {
  const folder = scratch();
  mkdirSync(join(folder, "bucket"));
  const url = `file://${join(folder, "bucket")}`;
  assert.deepEqual(await snapshots.list(url), []);
  const writer = await Store.open(join(folder, "writer"));
  await writer.add(WALTZ);
  const pushed = await writer.push(url);
  assert.deepEqual([pushed.changed, pushed.version, pushed.bytes > 0], [true, 1, true]);
  assert.equal((await writer.push(url)).changed, false);
  const pulled = await snapshots.pull(join(folder, "reader"), url, { connections: 2 });
  assert.deepEqual([pulled.changed, pulled.version], [true, 1]);
  const reader = await Store.open(join(folder, "reader"), { access: "read_only" });
  const { snapshot, followError } = await reader.stats();
  assert.deepEqual([snapshot, followError], [1, null]);
  const follower = await reader.follow(url, { intervalMs: 20 });
  await writer.add(BROT);
  assert.equal((await writer.push(url)).version, 2);
  await until(async () => (await ids(reader)).length === 2);
  assert.equal(await snapshots.rollback(url, { to: 1 }), 3);
  await until(async () => (await ids(reader)).length === 1);
  await follower.close();
  await follower.close();
  const [newest, , first] = await snapshots.list(url);
  assert.deepEqual([newest.version, newest.base, newest.restores, first.base], [3, 2, 1, null]);
  const pruned = await snapshots.prune(url, { keep: 1, grace: 0 });
  assert.deepEqual([pruned.removedSnapshots, pruned.keptSnapshots], [2, 1]);
  await assert.rejects(writer.push(url), (error) => error instanceof SonicError && error.kind === "mismatch");
  await Promise.all([reader.close(), writer.close()]);
});

test("what does not go is an error of a kind", async () => {
  const folder = scratch();
  const kind = (want) => (error) => error instanceof SonicError && error.kind === want;
  await assert.rejects(snapshots.list("bucket"), kind("invalid_argument"));
  await assert.rejects(snapshots.pull(join(folder, "a"), `file://${folder}`), kind("not_found"));
  await assert.rejects(snapshots.rollback(`file://${folder}`), kind("not_found"));
  await assert.rejects(snapshots.prune(`file://${folder}`, { keep: 0 }));
  await assert.rejects(snapshots.list(5), TypeError);
  const store = await Store.open(join(folder, "store"));
  assert.equal((await store.stats()).snapshot, null);
  const aborted = AbortSignal.abort();
  await assert.rejects(store.push(`file://${folder}`, { signal: aborted }));
  await store.close();
});
