// Slices of a recorder, as they come.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PushDecoder, decode } from "../index.js";
import { BROT, MELODY } from "./support.js";

const together = (chunks) => Float32Array.from(chunks.flatMap(({ samples }) => [...samples]));
const sliced = (bytes, size) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

test("slices in any order are the sound of the whole", async () => {
  const slices = sliced(readFileSync(MELODY), 20_000);
  const decoder = await PushDecoder.open({ sampleRate: 8_000, window: slices.length });
  assert.equal(decoder.sampleRate, 8_000);
  const order = [...slices.keys()];
  order.splice(1, 2, order[2], order[1], order[1]);
  // Nobody waits for the one before.
  const pushed = await Promise.all(order.map((index) => decoder.push(index, slices[index])));
  const chunks = [...pushed.flat(), ...(await decoder.finish())];
  const whole = await decode(MELODY, { sampleRate: 8_000 });
  assert.deepEqual(together(chunks), whole.samples);
  assert.equal(chunks[0].startMs, 0);
  const { slices: accepted, repeated, lost } = await decoder.counts();
  assert.deepEqual([accepted, repeated, lost], [slices.length + 1, 1, 0]);
  assert.deepEqual(await decoder.gaps(), []);
  await decoder.close();
  await assert.rejects(decoder.push(0, slices[0]), { kind: "closed" });
});

test("what is lost is a gap, and what follows keeps its place", async () => {
  const slices = sliced(readFileSync(BROT), 12_000);
  const decoder = await PushDecoder.open();
  const chunks = [];
  for (const [index, slice] of slices.entries()) if (index !== 2) chunks.push(...(await decoder.push(index, slice)));
  chunks.push(...(await decoder.finish()));
  const gaps = await decoder.gaps();
  assert.equal(gaps.length, 1);
  const [{ startMs, endMs }] = gaps;
  assert.ok(endMs - startMs > 500 && endMs - startMs < 10_000, `${startMs} to ${endMs}`);
  const last = chunks.at(-1);
  const end = last.startMs + last.samples.length / 16;
  const whole = await decode(BROT, { sampleRate: 16_000 });
  assert.ok(Math.abs(end - whole.samples.length / 16) < 21, `${end}`);
  await decoder.close();
});

test("what cannot be is refused by name", async () => {
  await assert.rejects(PushDecoder.open({ sampleRate: 10 }), { kind: "invalid_argument" });
  await assert.rejects(PushDecoder.open({ windows: 2 }), /did you mean window/);
  const decoder = await PushDecoder.open({ maxSliceBytes: 10 });
  await assert.rejects(decoder.push(0, new Uint8Array(11)), { kind: "limit" });
  await assert.rejects(decoder.push(2 ** 40, new Uint8Array(1)), { kind: "invalid_argument" });
  await assert.rejects(decoder.push(-1, new Uint8Array(1)), { kind: "invalid_argument" });
  await assert.rejects(decoder.push(0, "text"), TypeError);
  assert.deepEqual(await decoder.push(0, new ArrayBuffer(0)), []);
  await decoder.close();
});
