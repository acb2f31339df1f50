// What plays on a stream, and queries that come piece by piece.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Monitor, Store, decode, fingerprint } from "../index.js";
import { BROT, WALTZ, file, scratch } from "./support.js";

const RATE = 11_025;
const seconds = (count) => count * RATE;
let store, radio;

before(async () => {
  store = await Store.open(join(scratch(), "store"));
  await store.recordings.add(BROT, { title: "Bread" });
  await store.recordings.add(WALTZ);
  const [talk, brot, waltz] = await Promise.all(
    [file("examples/demo/outside/the-lamp.opus"), BROT, WALTZ].map((path) => decode(path, { sampleRate: RATE })),
  );
  // 5 s of somebody who is not in the store, 12 s of brot from 20 s on, 8 s of the waltz from its start, 3 s of silence.
  radio = new Float32Array(seconds(28));
  radio.set(talk.samples.subarray(0, seconds(5)));
  radio.set(brot.samples.subarray(seconds(20), seconds(32)), seconds(5));
  radio.set(waltz.samples.subarray(0, seconds(8)), seconds(17));
});

after(() => store.close());

/** The bytes of slices of 0.56 s. */
const slices = () => {
  const size = 6_174;
  return Array.from({ length: 50 }, (_, i) => new Uint8Array(radio.slice(i * size, (i + 1) * size).buffer));
};

function check(airings) {
  const ended = airings.filter((airing) => airing.ended);
  assert.deepEqual(ended.map(({ number, id, title }) => [number, id, title]), [[0, "brot", "Bread"], [1, "lantern-waltz", null]]);
  assert.equal(airings.length, 4);
  for (const [airing, start, end, offset] of [[ended[0], 5_000, 17_000, 20_000], [ended[1], 17_000, 25_000, 0]]) {
    const off = Math.max(Math.abs(airing.startMs - start), Math.abs(airing.endMs - end), Math.abs(airing.offsetMs - offset));
    assert.ok(off < 500 && airing.probability > 0.75 && airing.timeScale === 1, JSON.stringify(airing));
  }
}

test("slices that are pushed, and slices that are iterated", async () => {
  const monitor = await store.recordings.monitor({ rawSampleRate: RATE });
  assert.ok(monitor instanceof Monitor);
  // Nobody waits for the one before.
  const pushed = await Promise.all(slices().map((slice, index) => monitor.push(index, slice)));
  const airings = [...pushed.flat(), ...(await monitor.finish())];
  check(airings);
  await monitor.close();
  await assert.rejects(monitor.finish(), { kind: "closed" });
  const other = await store.recordings.monitor({ rawSampleRate: RATE });
  const iterated = [];
  for await (const airing of other.airings(slices())) iterated.push(airing);
  assert.deepEqual(iterated, airings);
  await other.close();
});

test("samples, of which some are lost", async () => {
  const monitor = await store.recordings.monitor();
  const airings = [
    ...(await monitor.pushSamples(0, radio.subarray(0, seconds(10)))),
    ...(await monitor.pushSamples(11_000, radio.subarray(seconds(11)))),
    ...(await monitor.finish()),
  ];
  check(airings);
  await monitor.close();
});

test("slices of a file", async () => {
  const bytes = readFileSync(BROT);
  const monitor = await store.recordings.monitor({ exclude: ["lantern-waltz"] });
  const parts = Array.from({ length: Math.ceil(bytes.length / 5_000) }, (_, i) => bytes.subarray(i * 5_000, (i + 1) * 5_000));
  const airings = [];
  for await (const airing of monitor.airings(parts)) airings.push([airing.id, airing.ended]);
  assert.deepEqual(airings, [["brot", false], ["brot", true]]);
  await monitor.close();
});

test("what cannot be is refused by name", async () => {
  await assert.rejects(store.recordings.monitor({ rawSampleRate: 3 }), { kind: "invalid_argument" });
  const monitor = await store.recordings.monitor();
  await assert.rejects(monitor.push(2 ** 40, new Uint8Array(1)), { kind: "invalid_argument" });
  await assert.rejects(monitor.push(0, "text"), TypeError);
  await assert.rejects(monitor.pushSamples(-1, new Float32Array(4)), { kind: "invalid_argument" });
  await assert.rejects(monitor.pushSamples(0, [1, 2]), TypeError);
  await monitor.close();
  assert.throws(() => new Monitor(), TypeError);
});

test("a query of pieces is that of the whole", async () => {
  const query = await store.recordings.query({ limit: 1 });
  for (const [from, to] of [[5, 15], [15, 25]]) {
    await query.push(await fingerprint({ samples: radio.slice(seconds(from), seconds(to)), sampleRate: RATE }));
  }
  const answer = await query.finish();
  assert.equal(answer.decision, "match");
  assert.equal(answer.durationMs, 20_000);
  assert.deepEqual(answer.matches.map(({ id }) => id).sort(), ["brot", "lantern-waltz"]);
  await assert.rejects(query.finish(), { kind: "closed" });
  await assert.rejects(query.push("text"), TypeError);
  await query.close();
});
