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
const query = (name) => file("examples/demo/voices/ask/" + `${name}.opus`);

function dot(a, b) {
  return a.reduce((sum, x, i) => sum + x * b[i], 0);
}

test("embeddings of paths, URLs, bytes and clips are the same", async () => {
  const embedder = await VoiceEmbedder.load();
  assert.deepEqual([embedder.dimensions, embedder.sampleRate], [128, 16_000]);
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

test("enrolling, identifying, verifying and forgetting", async () => {
  const store = await Store.open(join(scratch(), "store"));
  const { voices } = store;
  assert.ok(voices instanceof Voices && voices === store.voices);
  const enrolled = await voices.enroll("alma", ALMA, { userId: "user-1" });
  assert.deepEqual([enrolled.status, enrolled.added, enrolled.samples.length], ["enrolled", 3, 3]);
  assert.ok(enrolled.samples.every(({ reason, quality, recordingId }) => !reason && quality.passes && recordingId));
  await voices.enroll("bruno", BRUNO.map((path) => readFileSync(path)), { minSamples: 2 });
  await voices.enroll("cyril", await decode(of("cyril", "boat")[0]));

  const people = await voices.people();
  assert.deepEqual(people.map((p) => [p.person, p.userId, p.sampleCount, p.minSamples, p.enrolled]), [
    ["alma", "user-1", 3, 3, true],
    ["bruno", null, 3, 2, true],
    ["cyril", null, 1, 3, false],
  ]);
  assert.ok(people[0].createdAtMs > 1.7e12 && people[0].voiceprintId.startsWith("vp_"));

  const { turns, value: answer } = await turnsUntil(voices.identify(query("bruno-ferry")));
  assert.ok(turns > 0);
  assert.deepEqual([answer.decision, answer.matches[0].person, answer.compared], ["match", "bruno", 3]);
  assert.ok(answer.elapsedMs.embed > 0 && answer.quality.speechMs > 1000 && !answer.calibrated);
  assert.equal((await voices.identify(query("dora-ferry"), { threshold: 0.7 })).decision, "unknown");
  assert.equal((await voices.verify("alma", query("alma-ferry"))).decision, "match");
  assert.equal((await voices.verify("alma", query("bruno-ferry"), { threshold: 0 })).claim.person, "alma");
  assert.deepEqual(await voices.forget("bruno"), { voiceprints: 1, recordings: 3, speakers: 0 });
  assert.deepEqual(await voices.forgetUser("user-1"), { voiceprints: 1, recordings: 3, speakers: 0 });
  assert.equal((await voices.people()).length, 1);
  assert.deepEqual(await store.check(), []);
  await store.close();
  await assert.rejects(voices.people(), { kind: "closed" });
  await assert.rejects(voices.identify(ALMA[0]), { kind: "closed" });
});

test("recordings of voices, and who sounds alike", async () => {
  const store = await Store.open(join(scratch(), "store"));
  const { voices } = store;
  const { isNew, voice } = await voices.record(ALMA[0], { userId: "u", mode: "test", metadata: { n: 1 } });
  assert.deepEqual([isNew, voice.userId, voice.mode, voice.metadata], [true, "u", "test", { n: 1 }]);
  assert.deepEqual([voice.sampleRate > 0, voice.embeddingDimensions, voice.voiceprintId], [true, 128, null]);
  assert.equal((await voices.record(readFileSync(ALMA[0]), { recordingId: voice.recordingId })).isNew, false);
  await voices.record(await decode(ALMA[1]), { recordingId: "alma-2" });
  await voices.record(BRUNO[0], { recordingId: "bruno" });
  assert.deepEqual(await voices.get(voice.recordingId), voice);
  assert.equal(await voices.get("nobody"), null);
  assert.equal(await voices.embedding("nobody"), null);
  const embedding = await voices.embedding("alma-2");
  assert.ok(embedding instanceof Float32Array && embedding.length === 128);
  const found = await voices.search(ALMA[2], { limit: 2, threshold: 0.3 });
  assert.ok(found.every((one) => one.similarity >= 0.3) && found.length >= 1);
  const [nearest] = await voices.search(embedding, { exclude: ["bruno"], threshold: 0 });
  assert.deepEqual([nearest.voice.recordingId, nearest.similarity > 0.999], ["alma-2", true]);
  const ids = [];
  for await (const row of voices) ids.push(row.recordingId);
  assert.deepEqual(ids, [voice.recordingId, "alma-2", "bruno"]);
  assert.deepEqual((await voices.page({ limit: 2 })).voices.length, 2);
  assert.deepEqual((await voices.recent({ limit: 1 })).map((row) => row.recordingId), ["bruno"]);
  assert.deepEqual((await voices.recent({ userId: "u" })).map((row) => row.recordingId), [voice.recordingId]);
  await voices.remove("bruno");
  await assert.rejects(voices.remove("bruno"), { kind: "not_found" });
  assert.deepEqual(await store.forget("u"), {
    voices: { voiceprints: 0, recordings: 1, speakers: 0 },
    faces: { faces: 0, people: 0, tags: 0, photos: 0 },
  });
  assert.equal((await voices.stats()).recordings, 1);
  await store.close();
});

test("samples of a voiceprint", async () => {
  const { voices } = await Store.open(join(scratch(), "store"));
  const { voiceprint } = await voices.enroll("alma", ALMA);
  assert.deepEqual(voiceprint.samples.map((one) => one.removedAtMs), [null, null, null]);
  assert.deepEqual(await voices.person("alma"), voiceprint);
  assert.equal(await voices.person("nobody"), null);
  const [{ recordingId, agreement }] = voiceprint.samples;
  assert.ok(agreement > 0.5 && agreement <= 1);
  const left = await voices.removeSample("alma", recordingId);
  assert.equal(left.sampleCount, 2);
  assert.ok(left.samples.find((one) => one.recordingId === recordingId).removedAtMs > 1.7e12);
  assert.equal((await voices.restoreSample("alma", { recordingId })).sampleCount, 3);
  await assert.rejects(voices.removeSample("alma", "none"), { kind: "not_found" });
});

test("unnamed speakers, strangers and calibration", async () => {
  const { voices } = await Store.open(join(scratch(), "store"));
  const first = await voices.observe(ALMA[0], { scope: "meeting" });
  assert.deepEqual([first.isNew, first.stored, first.score], [true, true, null]);
  const again = await voices.observe(ALMA[1], { scope: "meeting", same: 0.95, matching: 0.3 });
  assert.deepEqual([again.isNew, again.speaker], [false, first.speaker]);
  assert.equal((await voices.observe(BRUNO[0], { scope: "meeting" })).isNew, true);
  assert.equal((await voices.speakers({ scope: "meeting" })).length, 2);
  assert.deepEqual(await voices.speakers(), []);
  assert.ok((await voices.forgetSpeakers({ scope: "meeting" })) >= 2);
  const embedder = await VoiceEmbedder.load();
  const strangers = await embedder.embedMany([...ALMA, ...BRUNO]);
  assert.deepEqual(strangers[1], await embedder.embed(ALMA[1]));
  assert.deepEqual((await embedder.embedMany([await decode(ALMA[1])])).length, 1);
  await voices.setCohort(Array.from({ length: 24 }, (_, i) => strangers[i % strangers.length]));
  assert.equal((await voices.stats()).cohort, 24);
  const trials = Array.from({ length: 40 }, (_, i) => ({ score: 0.2 + (i % 20) / 40 + (i < 20 ? 0.25 : 0), same: i < 20 }));
  const { slope, trials: counted } = await voices.fitCalibration(trials);
  assert.ok(slope > 0 && counted === 40);
  await voices.setCohort([]);
  await assert.rejects(voices.fitCalibration([{ score: 2, same: true }]), { kind: "invalid_argument" });
  await assert.rejects(voices.fitCalibration([{ score: 0.5 }]), TypeError);
});

test("what cannot be used is left out, if that is asked for", async () => {
  const { voices } = await Store.open(join(scratch(), "store"));
  const sources = [ALMA[0], "no/such/file.wav", file("tests/golden/inputs/one-sample.wav")];
  await assert.rejects(voices.enroll("alma", sources), { kind: "not_found", message: /number 1/ });
  assert.deepEqual(await voices.people(), []);
  const { added, samples } = await voices.enroll("alma", sources, { onlyUsable: true });
  assert.deepEqual([added, samples.map((one) => one.reason === null)], [1, [true, false, false]]);
  assert.match(samples[1].reason, /no\/such\/file/);
  assert.equal(samples[1].quality, null);
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
  const clip = { samples: new Float32Array(16_000), sampleRate: 16_000 };
  await assert.rejects(voices.enroll("alma", [ALMA[0], clip]), TypeError);
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
