// Numbers of metadata and times are kept exactly, or refused.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Store } from "../index.js";

const folder = mkdtempSync(join(tmpdir(), "sonic-json-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("integers of 64 bits are kept in metadata", async () => {
  const store = await Store.open(join(folder, "store.sonic"));
  const metadata = { most: 2n ** 64n - 1n, least: -(2n ** 63n), safe: 2 ** 53 - 1, list: [9007199254740993n, 0.5, 1e300] };
  const { photo } = await store.faces.addFaces("e", "p", [], { metadata });
  assert.deepEqual(photo.metadata, metadata);
  assert.deepEqual((await store.faces.photo("e", "p")).metadata, metadata);
  await store.close();
});

test("what cannot be kept is refused by name", async () => {
  const store = await Store.open(join(folder, "refused.sonic"));
  const refused = (options, message) =>
    assert.rejects(store.faces.addFaces("e", "p", [], options), (error) => {
      assert.equal(error.kind, "invalid_argument");
      assert.match(error.message, message);
      return true;
    });
  await refused({ metadata: { n: 2n ** 64n } }, /64 bits/);
  await refused({ metadata: { n: 2 ** 60 } }, /give a BigInt/);
  await refused({ metadata: [Number.NaN] }, /NaN/);
  await refused({ createdAtMs: new Date("1969-12-31") }, /before 1970/);
  await refused({ createdAtMs: -0.5 }, /before 1970/);
  await refused({ createdAtMs: new Date("+010000-01-01T00:00:00Z") }, /253402300799999/);
  await refused({ createdAtMs: 1.5 }, /whole number/);
  const id = "\u202e".repeat(40_000);
  await assert.rejects(store.recordings.remove(id), (error) => error.message.length < 1100 && !error.message.includes("\u202e"));
  await store.close();
});
