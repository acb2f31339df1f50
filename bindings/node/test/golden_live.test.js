// One truth about live sound and singing: live.json, sing.json and songs.json of tests/golden.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LiveSession, Score, SonicError, Voicebank, VoiceEmbedder, mix } from "../index.js";
import { camel, file, scratch, snake } from "./support.js";

const golden = (name) => JSON.parse(readFileSync(file(`tests/golden/${name}`), "utf8"));

/** Whether two values are the same; numbers that are not whole may differ by `most`. */
function same(found, wanted, most, where = "answer") {
  if (typeof wanted === "number" && typeof found === "number") {
    const allowed = Number.isInteger(wanted) && Number.isInteger(found) ? 0 : most;
    assert.ok(Math.abs(found - wanted) <= allowed, `${where}: ${found} in place of ${wanted}`);
  } else if (wanted === null || typeof wanted !== "object") {
    assert.equal(found, wanted, where);
  } else {
    assert.deepEqual(Object.keys(found).sort(), Object.keys(wanted).sort(), where);
    for (const [key, value] of Object.entries(wanted)) same(found[key], value, most, `${where}.${key}`);
  }
}

function slicesOf({ paths, slice_bytes: size, lost }) {
  const all = paths.flatMap((path) => {
    const bytes = readFileSync(file(path));
    return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
  });
  return [...all.entries()].filter(([index]) => !lost.includes(index));
}

for (const { name, connection, options, voices, activity, taken_over_after: taken, answer, ...rest } of golden("live.json").cases) {
  test(`live: ${name}`, async () => {
    const given = { ...camel(options), ...(voices ? { embedder: await VoiceEmbedder.load() } : {}) };
    let session = await LiveSession.open(connection, given);
    const told = [];
    for (const [index, data] of slicesOf(rest)) {
      told.push(...(await session.push(index, data)));
      for (const { stamp_ms: stamp, digits } of activity.filter(({ after }) => after === index)) {
        told.push(...(await session.activity(stamp, digits)));
      }
      if (taken === index) {
        const state = await session.state();
        await session.close();
        session = await LiveSession.open(connection, { ...given, state });
      }
    }
    told.push(...(await session.finish()));
    same(snake(told), answer.segments, 1e-4, "segments");
    same(snake(await session.turns()), answer.turns, 1e-4, "turns");
    same((await session.gaps()).map(({ startMs, endMs }) => [startMs, endMs]), answer.gaps, 1e-4, "gaps");
    const { slices, lost, sessions, holes } = await session.counts();
    assert.deepEqual({ slices, lost, sessions, holes }, answer.counts);
    const { lastFailure, lastFailureKind, ...stats } = await session.stats();
    assert.deepEqual([lastFailure, lastFailureKind], [null, null]);
    assert.deepEqual(snake(stats), answer.stats);
    await session.close();
  });
}

const { scores, banks, mixes } = golden("sing.json");

for (const { name, xml, answer } of scores) {
  test(`score: ${name}`, async () => {
    if (answer.kind) return void (await assert.rejects(Score.open(Buffer.from(xml)), { kind: answer.kind }));
    const score = await Score.open(Buffer.from(xml));
    const { title, tempos, totalBeats, totalSeconds, parts, warnings } = score;
    same(snake({ title, tempos, totalBeats, totalSeconds, parts, warnings }), answer.score, 1e-9);
    await score.close();
  });
}

for (const { name, files, findings } of banks) {
  test(`bank: ${name}`, async () => {
    const folder = join(scratch(), "bank");
    mkdirSync(folder);
    for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
    const bank = await Voicebank.open(folder);
    assert.deepEqual(await bank.check(), findings);
    await bank.close();
  });
}

for (const { name, tracks, answer } of mixes) {
  test(`mix: ${name}`, async () => {
    const given = tracks.map(({ samples, ...track }) => ({ ...track, samples: Float32Array.from(samples) }));
    if (answer.kind) return void (await assert.rejects(mix(given), { kind: answer.kind }));
    const mixed = Array.from(await mix(given));
    assert.equal(mixed.length, answer.samples.length);
    assert.ok(mixed.every((sample, i) => Math.abs(sample - answer.samples[i]) < 1e-6), `${mixed}`);
  });
}

const assets = process.env.SONIC_TEST_ASSETS && join(process.env.SONIC_TEST_ASSETS, "sing");
const skip = assets && existsSync(assets) ? false : "SONIC_TEST_ASSETS does not name the folder of test assets";

for (const { name, bank: folder, xml, options, answer } of golden("songs.json").cases) {
  test(`song: ${name}`, { skip }, async (t) => {
    const bank = await Voicebank.open(join(assets, folder));
    const score = await Score.open(Buffer.from(xml));
    assert.equal(bank.sampleRate, answer.sample_rate);
    const singing = await bank.render(score, camel(options));
    assert.deepEqual(singing.warnings.map(({ code, measure, verse }) => ({ code, measure, verse })), answer.warnings);
    const phrases = [];
    try {
      for await (const phrase of singing) phrases.push(phrase);
    } catch (error) {
      if (error instanceof SonicError && error.kind === "model") return t.skip(error.message);
      throw error;
    }
    const measured = phrases.map(({ startSeconds, samples }) => ({
      start_seconds: startSeconds,
      samples: samples.length,
      rms: Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length),
      peak: samples.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0),
    }));
    same(measured, answer.phrases, 0.01);
    await Promise.all([bank.close(), score.close()]);
  });
}
