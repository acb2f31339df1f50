// Calls that wait can be cancelled. There is one worker here, so that calls do wait.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Store, cluster, configure, decode } from "../index.js";
import { BROT, MELODY, WALTZ_CLIP, scratch } from "./support.js";

configure({ workers: 1 });
const folder = scratch();
let store;
before(async () => {
  store = await Store.open(join(folder, "store"));
  await store.add(BROT);
});
after(() => store.close());

test("a call that waits is dropped", async () => {
  const order = [];
  const first = store.identify(BROT).then(() => order.push("first"));
  const stop = new AbortController();
  const second = store.add(MELODY, { id: "dropped", signal: stop.signal });
  const refused = assert.rejects(second, { name: "AbortError" }).then(() => order.push("second"));
  stop.abort();
  await Promise.all([first, refused]);
  assert.deepEqual(order, ["second", "first"]);
  assert.equal((await store.stats()).recordings, 1, "it was never begun");
});

test("a call that has begun is not waited for, and harms nobody", async () => {
  const stop = new AbortController();
  const begun = store.identify(BROT, { signal: stop.signal });
  stop.abort(new Error("no longer needed"));
  await assert.rejects(begun, { message: "no longer needed" });
  assert.equal((await store.identify(WALTZ_CLIP)).decision, "unknown");
});

/** Rows without clusters, which take a while. */
function rowsWithoutClusters(count, dimensions) {
  let state = 1;
  const next = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  return Float32Array.from({ length: count * dimensions }, next);
}

test("a long call that is aborted stops", async () => {
  const rows = rowsWithoutClusters(30_000, 64);
  for (const method of ["hdbscan", "dbscan"]) {
    const stop = new AbortController();
    const start = performance.now();
    const long = cluster(rows, { dimensions: 64, method, epsilon: 1, signal: stop.signal });
    setTimeout(() => stop.abort(), 200);
    await assert.rejects(long, { name: "AbortError" });
    // There is one worker: it answers only once the long call has ended.
    assert.equal((await decode(MELODY)).samples.length, 24_000);
    const taken = performance.now() - start;
    assert.ok(taken < 3_000, `the worker was free after ${taken.toFixed()} ms`);
  }
});

test("progress of a long call is reported, and ends with all of it", async () => {
  const reports = [];
  await cluster(rowsWithoutClusters(4_000, 32), { dimensions: 32, onProgress: (progress) => reports.push(progress) });
  const { done, total } = reports.at(-1);
  assert.ok(total > 0 && done === total, `${done} of ${total}`);
  for (let i = 1; i < reports.length; i++) assert.ok(reports[i].done >= reports[i - 1].done);
});

test("what onProgress throws is what the call rejects with", async () => {
  const onProgress = () => {
    throw new RangeError("enough");
  };
  await assert.rejects(cluster(rowsWithoutClusters(4_000, 32), { dimensions: 32, onProgress }), { name: "RangeError" });
  await assert.rejects(cluster([[1]], { onProgress: 7 }), TypeError);
  await store.compact({ onProgress: () => {}, signal: new AbortController().signal });
});

test("an aborted signal begins nothing", async () => {
  const signal = AbortSignal.abort();
  await assert.rejects(decode(MELODY, { signal }), { name: "AbortError" });
  await assert.rejects(Store.open(join(folder, "never"), { signal }), { name: "AbortError" });
  await assert.rejects(store.recordings.page({ signal }), { name: "AbortError" });
});

test("closing with an abandoned call under way waits for it", async () => {
  const other = await Store.open(join(folder, "other"));
  const stop = new AbortController();
  const begun = other.add(BROT, { signal: stop.signal });
  stop.abort();
  await assert.rejects(begun, { name: "AbortError" });
  await other.close();
  const again = await Store.open(join(folder, "other"), { access: "read_only" });
  assert.equal((await again.stats()).recordings, 1, "what had begun was done");
  await again.close();
});
