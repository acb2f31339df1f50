// Scores, voicebanks and mixes.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Score, SonicError, Voicebank, decode, mix, writeSound } from "../index.js";
import { file, scratch } from "./support.js";

const SONG = file("examples/demo/song.musicxml");
const FAST = { steps: 2, pitchSteps: 2, varianceSteps: 2 };
const bank = process.env.SONIC_TEST_ASSETS && join(process.env.SONIC_TEST_ASSETS, "sing/banks/clear-voice");
const skip = bank && existsSync(bank) ? false : "SONIC_TEST_ASSETS does not name the folder of test assets";

test("a score says what is sung", async () => {
  const [score, same] = await Promise.all([Score.open(SONG), Score.open(readFileSync(SONG))]);
  assert.deepEqual(score.parts, same.parts);
  assert.ok(score.title && score.totalBeats > 10 && score.totalSeconds > 5);
  assert.equal(score.tempos[0].offsetBeats, 0);
  assert.deepEqual(score.parts.map(({ partId }) => partId), ["P1", "P2"]);
  const [note] = score.parts[0].sung;
  assert.deepEqual([note.pass, note.chord], [1, 0]);
  assert.ok(note.lyrics["1"].text && note.pitchMidi > 30 && note.durationS > 0);
  assert.equal(score.parts[0].voices[0].notes, score.parts[0].sung.filter(({ chord }) => chord === 0).length);
  await Promise.all([score.close(), same.close()]);
  await assert.rejects(Score.open(Buffer.from("no score")), { kind: "malformed" });
  await assert.rejects(Score.open("no/such.musicxml"), { kind: "not_found" });
  await assert.rejects(Score.open(7), TypeError);
});

test("a bank that cannot sing says why", async () => {
  const empty = await Voicebank.open(scratch());
  const findings = await empty.check();
  assert.ok(findings.some(({ severity }) => severity === "error"));
  assert.deepEqual([empty.sampleRate, empty.speakers, empty.languages], [44_100, [], []]);
  const score = await Score.open(SONG);
  await assert.rejects(empty.render(score), { kind: "model" });
  await assert.rejects(empty.render({}), TypeError);
  await assert.rejects(empty.render(score, { step: 2 }), /did you mean steps/);
  await assert.rejects(empty.render(score, { clarity: 300 }), { kind: "invalid_argument" });
  await assert.rejects(Voicebank.open("no/such/bank"), { kind: "not_found" });
  await Promise.all([empty.close(), score.close()]);
  await assert.rejects(empty.check(), { kind: "closed" });
});

test("a bank sings phrase by phrase", { skip }, async (t) => {
  const [singer, score] = await Promise.all([Voicebank.open(bank), Score.open(SONG)]);
  const cache = join(scratch(), "cache");
  const options = { ...FAST, cache, part: "P1", silenceUnknown: true };
  const singing = await singer.render(score, options);
  assert.equal(singing.sampleRate, singer.sampleRate);
  const phrases = [];
  try {
    for await (const phrase of singing) phrases.push(phrase);
  } catch (error) {
    if (error instanceof SonicError && error.kind === "model") return t.skip(error.message);
    throw error;
  }
  assert.ok(phrases.length > 0);
  for (const { startSeconds, samples, phonemes, fromCache } of phrases) {
    assert.ok(startSeconds >= 0 && samples instanceof Float32Array && samples.every(Number.isFinite));
    assert.ok(phonemes.length > 0 && phonemes[0].endSeconds > phonemes[0].startSeconds && !fromCache);
  }
  const { rendered, doneSeconds, totalSeconds } = await singing.progress();
  assert.ok(rendered === phrases.length && Math.abs(doneSeconds - totalSeconds) < 1);
  const path = join(scratch(), "song.wav");
  let last;
  const warnings = await singer.save(score, path, { ...options, onProgress: (progress) => (last = progress) });
  assert.ok(Array.isArray(warnings) && last.done === last.total);
  const { samples: whole, sampleRate } = await decode(path);
  assert.equal(sampleRate, singer.sampleRate);
  const mixed = new Float32Array(whole.length);
  for (const { startSeconds, samples } of phrases) {
    const start = Math.round(startSeconds * sampleRate);
    samples.forEach((sample, i) => (mixed[start + i] += sample));
  }
  assert.ok(whole.every((sample, i) => Math.abs(Math.min(Math.max(mixed[i], -1), 1) - sample) < 1e-3));

  const again = await singer.render(score, options);
  const { value } = await again.next();
  assert.ok(value.fromCache && (await again.progress()).fromCache === 1);
  assert.deepEqual(await again.return(), { value: undefined, done: true });
  assert.deepEqual(await again.next(), { value: undefined, done: true });

  const stop = new AbortController();
  const stopped = await singer.render(score, { ...FAST, part: 1, signal: stop.signal });
  assert.equal((await stopped.next()).done, false);
  stop.abort();
  await assert.rejects(stopped.next(), { name: "AbortError" });
  await stopped.close();
  await assert.rejects(singer.render(score, { part: "P9" }), { kind: "not_found" });
  await Promise.all([singer.close(), score.close()]);
});

test("voices are mixed and written", async () => {
  const [left, right] = [new Float32Array(800).fill(0.5), new Float32Array(400).fill(0.25)];
  const mixed = await mix([{ samples: left, pan: -1 }, { samples: right, pan: 1, volume: 2 }]);
  assert.equal(mixed.length, 1600);
  const near = (place, wanted) => assert.ok(Math.abs(mixed[place] - wanted) < 1e-6, `${place}: ${mixed[place]}`);
  near(0, 0.5);
  near(1, 0.5);
  near(1000, 0.5);
  near(1001, 0);
  assert.equal(left[0], 0.5, "the samples are the caller's still");
  const path = join(scratch(), "mix.flac");
  await writeSound(path, mixed, { sampleRate: 8_000, channels: 2 });
  const clip = await decode(path);
  assert.deepEqual([clip.samples.length, clip.sampleRate], [800, 8_000]);
  await assert.rejects(mix([{ samples: left, volume: 9 }]), { kind: "invalid_argument" });
  await assert.rejects(mix([{ samples: [1] }]), TypeError);
  await assert.rejects(mix([{ samples: left, loud: true }]), TypeError);
  await assert.rejects(mix(left), TypeError);
  await assert.rejects(writeSound(`${path}.mp3`, mixed, { sampleRate: 8_000 }), { kind: "unsupported" });
  await assert.rejects(writeSound(path, mixed), TypeError);
});
