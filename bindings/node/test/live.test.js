// Sessions that follow a connection.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { LiveSession, Recognizer, Store, VoiceEmbedder, decode } from "../index.js";
import { file, scratch } from "./support.js";

const SPOKEN = file("examples/demo/voices/enrol/alma/boat.opus");
const SLICE = 2_000;

function slices() {
  const bytes = readFileSync(SPOKEN);
  return Array.from({ length: Math.ceil(bytes.length / SLICE) }, (_, i) => bytes.subarray(i * SLICE, (i + 1) * SLICE));
}

/** OpenAI's interface, as far as it is used. */
async function service(answer) {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.end(JSON.stringify(answer)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/v1/audio/transcriptions`, close: () => server.close() };
}

test("segments come as slices do, with what a service says", async () => {
  const answer = { text: "hello", segments: [], words: [{ word: "hello", start: 0.1, end: 0.4 }] };
  const { url, close } = await service(answer);
  const recognizer = await Recognizer.openAi(url, { concurrency: 2, token: "secret" });
  const session = await LiveSession.open("call", { recognizer, partialMs: 0, language: "en" });
  async function* sent() {
    for (const [index, data] of slices().entries()) {
      await new Promise((resolve) => setImmediate(resolve));
      yield index % 2 === 0 ? data : { index, data, sentMs: 100 * index };
    }
  }
  const found = [];
  for await (const segment of session.segments(sent())) found.push(segment);
  const last = found.at(-1);
  assert.deepEqual([last.text, last.final, last.speaker], ["hello", true, null]);
  assert.equal(last.words.length, 1);
  const [word] = last.words;
  assert.deepEqual([word.text, word.startMs - last.startMs, word.endMs - last.startMs], ["hello", 100, 400]);
  assert.ok(last.confidence > 0 && last.confidence <= 1 && last.endMs > last.startMs && last.revision >= 0);
  const { utterances, recognized, failures, lastFailure } = await session.stats();
  assert.deepEqual([recognized, failures, lastFailure], [utterances, 0, null]);
  const counts = await recognizer.counts();
  assert.deepEqual([counts.answered, counts.failed, counts.stuck], [utterances, 0, 0]);
  await Promise.all([session.close(), recognizer.close()]);
  close();
});

test("a service that answers garbage costs no sound", async () => {
  const { url, close } = await service({ nothing: true });
  const recognizer = await Recognizer.whisper(url, { attempts: 1 });
  const session = await LiveSession.open("call", { recognizer, partialMs: 0 });
  await recognizer.close();
  const found = [];
  for await (const segment of session.segments(slices())) found.push(segment);
  assert.ok(found.length > 0 && found.every(({ text }) => text === ""));
  const { failures, givenUp, lastFailureKind } = await session.stats();
  assert.ok(failures > 0 && givenUp > 0 && lastFailureKind === "malformed");
  await session.close();
  close();
});

test("another session goes on with the state", async () => {
  const parts = slices();
  const told = async (session, from, to) => {
    const all = [];
    for (let i = from; i < to; i++) all.push(...(await session.push(i, parts[i])));
    return all;
  };
  const whole = await LiveSession.open("meeting");
  const wanted = [...(await told(whole, 0, parts.length)), ...(await whole.finish())];
  const half = Math.floor(parts.length / 2);
  const first = await LiveSession.open("meeting");
  const found = await told(first, 0, half);
  const second = await LiveSession.open("meeting", { state: await first.state() });
  found.push(...(await told(second, half, parts.length)), ...(await second.finish()));
  assert.deepEqual(found, wanted);
  await assert.rejects(LiveSession.open("meeting", { state: Buffer.from("{}") }), { kind: "malformed" });
  await Promise.all([whole, first, second].map((session) => session.close()));
});

test("microphones and voices name speakers", async () => {
  const { samples } = await decode(SPOKEN, { sampleRate: 16_000 });
  const session = await LiveSession.open("call");
  const found = [];
  for (let second = 0; (second + 1) * 16_000 <= samples.length; second++) {
    found.push(...(await session.pushSamples(1000 * second, samples.subarray(16_000 * second, 16_000 * (second + 1)))));
    found.push(...(await session.activity(1000 * second + 1000, { Bob: "0000000000", Ann: "1111111111" })));
  }
  found.push(...(await session.finish()));
  assert.equal(found.at(-1).speaker, "Ann");
  await session.close();

  const embedder = await VoiceEmbedder.load();
  const store = await Store.open(join(scratch(), "store"));
  const unnamed = await LiveSession.open("call", { embedder, store });
  const told = [];
  for await (const segment of unnamed.segments(slices())) told.push(segment);
  assert.equal(told.at(-1).speaker, "voice 1");
  const folder = file("examples/demo/voices/enrol/alma");
  await store.voices.enroll("Alma", readdirSync(folder).map((name) => join(folder, name)), { embedder });
  const named = await unnamed.refreshNames();
  assert.ok(named.length > 0 && named.every(({ speaker }) => speaker === "Alma"));
  const [turn] = await unnamed.turns();
  assert.deepEqual([turn.speaker, turn.overlapped], ["Alma", false]);
  await Promise.all([unnamed.close(), store.close(), embedder.close()]);
});

const voice = process.env.SONIC_TEST_ASSETS && join(process.env.SONIC_TEST_ASSETS, "voice");
const skip = voice && existsSync(voice) ? false : "SONIC_TEST_ASSETS does not name the folder of test assets";

test("spoken digits are spelled in process", { skip }, async (t) => {
  let recognizer;
  try {
    recognizer = await Recognizer.spelling(undefined, { modelsFolder: join(voice, "models/moonshine-micro") });
  } catch (error) {
    if (error.kind === "model") return t.skip(error.message);
    throw error;
  }
  const said = ["three", "nine", "seven"];
  const session = await LiveSession.open("call", { recognizer, partialMs: 0, hangoverMs: 900 });
  const found = await session.pushSamples(0, new Float32Array(6_400));
  let startMs = 400;
  for (const word of said) {
    const path = join(voice, `audio/alphanumeric/${word}/petewarden_nohash_0.wav`);
    const { samples } = await decode(path, { sampleRate: 16_000 });
    found.push(...(await session.pushSamples(startMs, samples)));
    startMs += samples.length / 16;
    found.push(...(await session.pushSamples(startMs, new Float32Array(6_400))));
    startMs += 400;
  }
  found.push(...(await session.finish()));
  const words = found.flatMap(({ words: spelled }) => spelled.map(({ text }) => text));
  assert.ok(said.filter((word) => words.includes(word)).length >= 2, `${words}`);
  await Promise.all([session.close(), recognizer.close()]);
});

test("what cannot be is refused by name", async () => {
  await assert.rejects(LiveSession.open("call", { maxMs: 1 }), { kind: "invalid_argument" });
  await assert.rejects(LiveSession.open("call", { windows: 1 }), /did you mean window/);
  await assert.rejects(LiveSession.open("call", { recognizer: {} }), TypeError);
  await assert.rejects(LiveSession.open("call", { store: {} }), TypeError);
  await assert.rejects(LiveSession.open(7), TypeError);
  await assert.rejects(Recognizer.openAi("no address"), { kind: "invalid_argument" });
  await assert.rejects(Recognizer.spelling("no-such-model"), { kind: "not_found" });
  const session = await LiveSession.open("call");
  await assert.rejects(session.push(2 ** 40, new Uint8Array(1)), { kind: "invalid_argument" });
  await assert.rejects(session.push(0, "text"), TypeError);
  await assert.rejects(session.pushSamples(0, [1]), TypeError);
  await assert.rejects(session.pushSamples(0, Float32Array.of(NaN)), { kind: "invalid_argument" });
  await assert.rejects(session.activity(0, { Ann: "2" }), { kind: "invalid_argument" });
  assert.deepEqual(await session.poll(), []);
  assert.deepEqual(await session.gaps(), []);
  await session.close();
  await assert.rejects(session.poll(), { kind: "closed" });
});
