// One truth: the files of tests/golden, bit for bit. Their README says what they mean.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Store, VoiceEmbedder, decode, fingerprint } from "../index.js";
import { camel, file, scratch, shown, snake } from "./support.js";

function golden(name) {
  return JSON.parse(readFileSync(file(`tests/golden/${name}`), "utf8"));
}

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

function source({ path, base64 }) {
  return base64 === undefined ? file(path) : Buffer.from(base64, "base64");
}

/** Numbers as 32-bit floats, which the wanted and the given share. */
function rounded(value) {
  if (typeof value === "number") return Number.isInteger(value) ? value : Math.fround(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]));
}

const { pipeline, cases } = golden("landmarks.json");
for (const { name, path, sample_rate, clip: wantedClip, fingerprint: wanted, landmarks } of cases) {
  test(`landmarks: ${name}`, async () => {
    const clip = await decode(file(path), { sampleRate: sample_rate ?? undefined });
    const facts = {
      sample_rate: clip.sampleRate,
      samples: clip.samples.length,
      duration_ms: clip.durationMs,
      truncated: clip.truncated,
      damaged_ms: clip.damagedMs,
      sha256: sha256(littleEndian(clip.samples)),
    };
    assert.deepEqual(facts, wantedClip);
    const print = await fingerprint(clip);
    assert.deepEqual(fingerprintFacts(print), wanted);
    assert.equal(print.pipeline, pipeline);
    const rows = print.landmarks.map((l) => [l.frame, l.frequency, l.salience]);
    if (landmarks) assert.deepEqual(rows, landmarks);
  });
}

function littleEndian(samples) {
  const bytes = Buffer.alloc(4 * samples.length);
  samples.forEach((sample, i) => bytes.writeFloatLE(sample, 4 * i));
  return bytes;
}

function fingerprintFacts(print) {
  const packed = Buffer.alloc(7 * print.length);
  print.landmarks.forEach(({ frame, frequency, salience }, i) => {
    packed.writeUInt32LE(frame, 7 * i);
    packed.writeUInt16LE(frequency, 7 * i + 4);
    packed.writeUInt8(salience, 7 * i + 6);
  });
  return {
    pipeline: print.pipeline,
    duration_ms: print.durationMs,
    frames: print.frames,
    landmarks: print.length,
    sha256: sha256(packed),
  };
}

test("matches", async (t) => {
  const { media, queries } = golden("identify.json");
  const store = await Store.open(join(scratch(), "store"));
  for (const { path, id, added } of media) {
    await t.test(`adding ${id}`, async () => {
      assert.deepEqual(shown(snake(addedFacts(await store.add(file(path), { id }))), added), added);
    });
  }
  for (const { name, path, options, answer } of queries) {
    await t.test(name, async () => {
      const clip = await decode(file(path), { sampleRate: 11_025 });
      for (const query of [file(path), readFileSync(file(path)), await fingerprint(clip)]) {
        const facts = snake(await store.identify(query, options));
        // A fingerprint does not know whether its file ended early.
        if (query.pipeline !== undefined) Object.assign(facts, { truncated: answer.truncated, damaged_ms: answer.damaged_ms });
        assert.equal(facts.matches.length, answer.matches.length);
        // No rounding here: libsonic's floats have 32 bits already.
        const matches = facts.matches.map((match, i) => shown(match, answer.matches[i], name));
        assert.deepEqual({ ...shown(facts, answer, name), matches }, rounded(answer));
      }
    });
  }
  await store.close();
});

function addedFacts({ isNew, id, recording }) {
  if (!isNew) return { status: "duplicate", id };
  return { status: "new", ...recording, ...recording.format };
}

test("errors", async (t) => {
  for (const { name, steps, kind } of golden("errors.json").cases) {
    await t.test(name, async () => {
      const world = { folder: scratch(), store: undefined };
      for (const before of steps.slice(0, -1)) await step(world, before);
      const error = await step(world, steps.at(-1)).then(() => undefined, (e) => e);
      assert.equal(error?.kind ?? null, kind, error?.stack);
      await world.store?.close();
    });
  }
});

async function step(world, { call, ...rest }) {
  const { store } = world;
  switch (call) {
    case "decode":
      return decode(source(rest), { sampleRate: rest.sample_rate });
    case "fingerprint":
      return fingerprint({ samples: Float32Array.from(rest.samples, number), sampleRate: rest.sample_rate });
    case "open":
      world.store = await Store.open(rest.scratch ? join(world.folder, rest.scratch) : file(rest.path), {
        access: rest.access,
      });
      return undefined;
    case "add":
      return store.add(source(rest), { id: rest.id });
    case "identify":
      return store.identify(source(rest));
    case "remove":
      return store.recordings.remove(rest.id);
    case "recordings":
      for await (const row of store.recordings) void row;
      return undefined;
    case "stats":
    case "compact":
    case "close":
      return store[call]();
    default:
      throw new Error(`no call is named ${call}`);
  }
}

/** How far a number may lie from the one in the file, as the README says; 0 for the others. */
const TOLERANCES = { score: 1e-4, clipping: 1e-4, peak: 1e-4, probability: 2e-3, snr_db: 0.01, level_dbfs: 0.01 };

/** Every key of `wanted`, exactly or as near as the README says. */
function near(given, wanted) {
  for (const [key, value] of Object.entries(shown(given, wanted))) {
    const [want, most] = [wanted[key], TOLERANCES[key]];
    if (most === undefined || want === null) assert.deepEqual(value, want, key);
    else assert.ok(Math.abs(value - want) <= most, `${key}: ${value} in place of ${want}`);
  }
}

/** The options of a step or a case, named as JavaScript names them. */
function voiceOptions({ user_id, min_samples, max_samples, options }) {
  return camel({ user_id, min_samples, max_samples, ...options });
}

function sameDirection(print, embedding) {
  assert.equal(print.length, embedding.length);
  print.forEach((x, i) => assert.ok(Math.abs(x - embedding[i]) <= 1e-5));
  assert.ok(Math.abs(1 - print.reduce((sum, x, i) => sum + x * embedding[i], 0)) <= 1e-5);
}

test("voices: what is measured", async (t) => {
  const { pipeline, recordings } = golden("voices.json");
  const embedder = await VoiceEmbedder.load();
  const { voices } = await Store.open(join(scratch(), "store"));
  assert.equal(embedder.pipeline, pipeline);
  for (const { path, sample } of recordings) {
    await t.test(path, async () => {
      const { embedding, speech_embedding: spoken, spans, ...quality } = sample;
      assert.ok(Array.isArray(spans)); // Not shown here.
      const clip = await decode(file(path), { sampleRate: 16_000 });
      for (const query of [file(path), readFileSync(file(path)), clip]) {
        sameDirection(await embedder.embed(query), embedding);
        sameDirection(await embedder.embedSpeech(query), spoken);
        near(snake((await voices.identify(query)).quality), quality);
      }
    });
  }
  await embedder.close();
});

test("voices: who is speaking", async (t) => {
  const { people, queries, claims } = golden("voices.json");
  const store = await Store.open(join(scratch(), "store"));
  for (const { person, paths, enrolled, ...rest } of people) {
    const made = await store.voices.enroll(person, paths.map(file), voiceOptions(rest));
    assert.deepEqual(shown({ ...snake(made), user_id: made.voiceprint.userId }, enrolled), enrolled);
  }
  for (const { name, path, options, answer } of queries) {
    await t.test(name, async () => {
      const clip = await decode(file(path), { sampleRate: 16_000 });
      for (const query of [file(path), readFileSync(file(path)), clip]) {
        const { decision, compared, cohort, calibrated, matches } = await store.voices.identify(query, options);
        const { matches: wanted, ...facts } = answer;
        assert.deepEqual({ decision, compared, cohort, calibrated }, facts);
        assert.equal(matches.length, wanted.length);
        matches.forEach((match, i) => near(snake(match), wanted[i]));
        assert.ok(matches.every(({ normalized }) => normalized === null));
      }
    });
  }
  for (const { person, path, options, verification } of claims) {
    const { decision, calibrated, claim, quality } = await store.voices.verify(person, file(path), options);
    const { claim: wanted, quality: measured, ...facts } = verification;
    assert.deepEqual(shown(snake(quality), measured), measured);
    assert.deepEqual({ decision, calibrated }, facts);
    near(snake(claim), wanted);
  }
  await store.close();
});

test("errors of voices", async (t) => {
  const embedder = await VoiceEmbedder.load();
  for (const { name, steps, kind } of golden("voice_errors.json").cases) {
    await t.test(name, async () => {
      const world = { path: join(scratch(), "store"), embedder, store: undefined };
      for (const before of steps.slice(0, -1)) await voiceStep(world, before);
      const error = await voiceStep(world, steps.at(-1)).then(() => undefined, (e) => e);
      assert.equal(error?.kind ?? null, kind, error?.stack);
      await world.store?.close();
    });
  }
});

async function voiceStep(world, { call, ...rest }) {
  const voices = world.store?.voices;
  switch (call) {
    case "open":
      await world.store?.close();
      world.store = await Store.open(world.path, { access: rest.access });
      return undefined;
    case "embed":
      return world.embedder.embed(source(rest));
    case "enroll":
      return voices.enroll(rest.person, rest.paths.map(file), voiceOptions(rest));
    case "identify":
      return voices.identify(source(rest), rest.options);
    case "verify":
      return voices.verify(rest.person, source(rest), rest.options);
    case "people":
      return voices.people();
    case "forget":
      return voices.forget(rest.person);
    case "forget_user":
      return voices.forgetUser(rest.user_id);
    case "close":
      return world.store.close();
    default:
      throw new Error(`no call is named ${call}`);
  }
}

function number(value) {
  return { nan: NaN, inf: Infinity, "-inf": -Infinity }[value] ?? value;
}
