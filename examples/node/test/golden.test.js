// One truth: the files of tests/golden, bit for bit. Their README says what they mean.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Store, decode, fingerprint } from "../index.js";
import { file, scratch } from "./support.js";

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
      sha256: sha256(littleEndian(clip.samples)),
    };
    assert.deepEqual(facts, wantedClip);
    const made = await fingerprint(clip);
    assert.deepEqual(fingerprintFacts(made), wanted);
    assert.equal(made.pipeline, pipeline);
    const rows = made.landmarks.map((l) => [l.frame, l.frequency, l.salience]);
    if (landmarks) assert.deepEqual(rows, landmarks);
  });
}

function littleEndian(samples) {
  const bytes = Buffer.alloc(4 * samples.length);
  samples.forEach((sample, i) => bytes.writeFloatLE(sample, 4 * i));
  return bytes;
}

function fingerprintFacts(made) {
  const packed = Buffer.alloc(7 * made.length);
  made.landmarks.forEach(({ frame, frequency, salience }, i) => {
    packed.writeUInt32LE(frame, 7 * i);
    packed.writeUInt16LE(frequency, 7 * i + 4);
    packed.writeUInt8(salience, 7 * i + 6);
  });
  return {
    pipeline: made.pipeline,
    duration_ms: made.durationMs,
    frames: made.frames,
    landmarks: made.length,
    sha256: sha256(packed),
  };
}

test("matches", async (t) => {
  const { media, queries } = golden("identify.json");
  const store = await Store.open(join(scratch(), "store"));
  for (const { path, id, added } of media) {
    await t.test(`adding ${id}`, async () => assert.deepEqual(addedFacts(await store.add(file(path), { id })), added));
  }
  for (const { name, path, options, answer } of queries) {
    await t.test(name, async () => {
      const clip = await decode(file(path), { sampleRate: 11_025 });
      for (const asked of [file(path), readFileSync(file(path)), await fingerprint(clip)]) {
        const facts = answerFacts(await store.identify(asked, options));
        // A fingerprint does not know whether its file ended early.
        if (asked.pipeline !== undefined) facts.truncated = answer.truncated;
        assert.deepEqual(facts, rounded(answer));
      }
    });
  }
  await store.close();
});

function addedFacts({ isNew, id, recording }) {
  if (!isNew) return { status: "duplicate", id };
  return {
    status: "new",
    id,
    duration_ms: recording.durationMs,
    frames: recording.frames,
    landmarks: recording.landmarks,
    truncated: recording.truncated,
    codec: recording.format.codec,
    sample_rate: recording.format.sampleRate,
    channels: recording.format.channels,
    source_hash: recording.sourceHash,
  };
}

function answerFacts({ decision, durationMs, truncated, matches }) {
  return { decision, duration_ms: durationMs, truncated, matches: matches.map(matchFacts) };
}

/** No rounding here: libsonic's floats have 32 bits already. */
function matchFacts(m) {
  return {
    id: m.id,
    offset_ms: m.offsetMs,
    score: m.score,
    aligned: m.aligned,
    probability: m.probability,
    time_scale: m.timeScale,
    pitch_semitones: m.pitchSemitones,
    query_start_ms: m.queryStartMs,
    query_end_ms: m.queryEndMs,
  };
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
      return fingerprint({ samples: Float32Array.from(rest.samples, sample), sampleRate: rest.sample_rate });
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
      return store.remove(rest.id);
    case "recordings":
      for await (const row of store.recordings()) void row;
      return undefined;
    case "stats":
    case "compact":
    case "close":
      return store[call]();
    default:
      throw new Error(`no call is named ${call}`);
  }
}

function sample(value) {
  return { nan: NaN, inf: Infinity, "-inf": -Infinity }[value] ?? value;
}
