// Calls that wait can be cancelled. There is one worker here, so that calls do wait.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Store, configure, decode } from "../index.js";
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

test("an aborted signal begins nothing", async () => {
  const signal = AbortSignal.abort();
  await assert.rejects(decode(MELODY, { signal }), { name: "AbortError" });
  await assert.rejects(Store.open(join(folder, "never"), { signal }), { name: "AbortError" });
  await assert.rejects(store.recordings({ signal }).next(), { name: "AbortError" });
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
