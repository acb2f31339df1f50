// Who is speaking, and what is done wrong with it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { Store, VoiceEmbedder, Voices, decode } from "../index.js";
import { MELODY, file, scratch, turnsUntil } from "./support.js";

const of = (who, ...names) => names.map((name) => file(`examples/demo/voices/enrol/${who}/${name}.opus`));
const ALMA = of("alma", "boat", "bread", "lanterns");
const BRUNO = of("bruno", "bread", "garden", "river");
const asked = (name) => file(`examples/demo/voices/ask/${name}.opus`);

function dot(a, b) {
  return a.reduce((sum, x, i) => sum + x * b[i], 0);
}

test("embeddings of paths, URLs, bytes and clips are the same", async () => {
  const embedder = await VoiceEmbedder.load();
  assert.deepEqual([embedder.dims, embedder.sampleRate], [128, 16_000]);
  const vector = await embedder.embed(ALMA[0]);
  assert.ok(vector instanceof Float32Array && vector.length === 128);
  assert.ok(Math.abs(dot(vector, vector) - 1) < 1e-4);
  const bytes = readFileSync(ALMA[0]);
  for (const source of [pathToFileURL(ALMA[0]), bytes, await decode(ALMA[0], { sampleRate: 16_000 })]) {
    assert.deepEqual(await embedder.embed(source), vector);
  }
  assert.ok(dot(vector, await embedder.embed(ALMA[1])) > dot(vector, await embedder.embed(BRUNO[0])) + 0.2);
  await embedder.close();
  await embedder.close();
  await assert.rejects(embedder.embed(ALMA[0]), { kind: "closed" });
});

test("enrolling, asking, claiming and forgetting", async () => {
  const store = await Store.open(join(scratch(), "store"));
  const { voices } = store;
  assert.ok(voices instanceof Voices && voices === store.voices);
  const enrolled = await voices.enroll("alma", ALMA, { userId: "user-1" });
  assert.deepEqual([enrolled.status, enrolled.added, enrolled.heard.length], ["enrolled", 3, 3]);
  assert.ok(enrolled.heard.every(({ reason, quality, recordingId }) => !reason && quality.isGood && recordingId));
  await voices.enroll("bruno", BRUNO.map((path) => readFileSync(path)), { minSamples: 2 });
  await voices.enroll("cyril", await decode(of("cyril", "boat")[0]));

  const people = await voices.people();
  assert.deepEqual(people.map((p) => [p.person, p.userId, p.sampleCount, p.minSamples, p.enrolled]), [
    ["alma", "user-1", 3, 3, true],
    ["bruno", null, 3, 2, true],
    ["cyril", null, 1, 3, false],
  ]);
  assert.ok(people[0].createdAt instanceof Date && people[0].voiceprintId.startsWith("vp_"));

  const { turns, value: answer } = await turnsUntil(voices.identify(asked("bruno-ferry")));
  assert.ok(turns > 0);
  assert.deepEqual([answer.decision, answer.matches[0].person, answer.compared], ["match", "bruno", 3]);
  assert.ok(answer.elapsedMs.embed > 0 && answer.quality.speechMs > 1000 && !answer.calibrated);
  assert.equal((await voices.identify(asked("dora-ferry"), { threshold: 0.7 })).decision, "unknown");
  assert.equal((await voices.verify("alma", asked("alma-ferry"))).decision, "match");
  assert.equal((await voices.verify("alma", asked("bruno-ferry"), { threshold: 0 })).claim.person, "alma");
  assert.deepEqual(await voices.forget("bruno"), { voiceprints: 1, recordings: 3, speakers: 0 });
  assert.deepEqual(await voices.forgetUser("user-1"), { voiceprints: 1, recordings: 3, speakers: 0 });
  assert.equal((await voices.people()).length, 1);
  assert.deepEqual(await store.check(), []);
  await store.close();
  await assert.rejects(voices.people(), { kind: "closed" });
  await assert.rejects(voices.identify(ALMA[0]), { kind: "closed" });
});

test("what cannot be used is left out, if that is asked for", async () => {
  const { voices } = await Store.open(join(scratch(), "store"));
  const sources = [ALMA[0], "no/such/file.wav", file("tests/golden/inputs/one-sample.wav")];
  await assert.rejects(voices.enroll("alma", sources), { kind: "not_found", message: /number 1/ });
  assert.deepEqual(await voices.people(), []);
  const { added, heard } = await voices.enroll("alma", sources, { onlyUsable: true });
  assert.deepEqual([added, heard.map((h) => h.reason === null)], [1, [true, false, false]]);
  assert.match(heard[1].reason, /no\/such\/file/);
  assert.equal(heard[1].quality, null);
});

test("wrong values and wrong types", async () => {
  const { voices } = await Store.open(join(scratch(), "store"));
  const invalid = { name: "SonicError", kind: "invalid_argument" };
  await assert.rejects(voices.enroll("alma", []), invalid);
  await assert.rejects(voices.enroll("alma", ALMA, { gate: "strict" }), invalid);
  await assert.rejects(voices.enroll("alma", ALMA, { minSamples: 0 }), invalid);
  await assert.rejects(voices.enroll("al\0ma", ALMA), invalid);
  await assert.rejects(voices.identify(ALMA[0], { accept: 0 }), invalid);
  await assert.rejects(voices.identify(ALMA[0], { threshold: NaN }), invalid);
  await assert.rejects(voices.identify({ samples: new Float32Array(16_000), sampleRate: 16_000 }), invalid);
  await assert.rejects(voices.verify("alma", MELODY), { kind: "not_found" });
  await assert.rejects(VoiceEmbedder.load("no such model"), { kind: "not_found" });
  await assert.rejects(voices.enroll("alma", [ALMA[0], readFileSync(ALMA[1])]), TypeError);
  await assert.rejects(voices.enroll(7, ALMA), TypeError);
  await assert.rejects(voices.enroll("alma", [7]), TypeError);
  await assert.rejects(voices.identify({ samples: [0.5], sampleRate: 16_000 }), TypeError);
  await assert.rejects(voices.identify({ samples: new Float32Array(9) }), TypeError);
  await assert.rejects(voices.identify(ALMA[0], { embedder: "celda128" }), TypeError);
  await assert.rejects(voices.identify(ALMA[0], { exclude: "alma" }), TypeError);
  assert.throws(() => new Voices(voices), TypeError);
  assert.throws(() => new VoiceEmbedder(), TypeError);
});

test("a call that is cancelled", async () => {
  const { voices } = await Store.open(join(scratch(), "store"));
  await assert.rejects(voices.identify(ALMA[0], { signal: AbortSignal.abort() }), { name: "AbortError" });
  await assert.rejects(VoiceEmbedder.load(null, { signal: AbortSignal.abort() }), { name: "AbortError" });
});
