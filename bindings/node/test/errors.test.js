// Wrong values are errors with a kind, wrong types are TypeErrors, and nothing of either ends the process.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, mock, test } from "node:test";
import { Worker } from "node:worker_threads";
import { FaceAnalyzer, Fingerprint, SonicError, Store, VoiceEmbedder } from "../index.js";
import { cluster, configure, decode, fingerprint } from "../index.js";
import { MELODY, scratch } from "./support.js";

const folder = scratch();
let store;
before(async () => void (store = await Store.open(join(folder, "store"))));
after(() => store.close());

const ODD = [undefined, null, 0, 7, -1, NaN, 1n, true, Symbol("x"), {}, [], () => {}, new Date(), new Map()];

test("sources of a wrong type are TypeErrors", async () => {
  for (const odd of [...ODD, new Float32Array(4), new DataView(new ArrayBuffer(4)), { path: MELODY }]) {
    await assert.rejects(decode(odd), TypeError);
    await assert.rejects(store.identify(odd), TypeError);
    await assert.rejects(store.add(odd, { id: "odd" }), TypeError);
  }
  for (const odd of ODD) await assert.rejects(Store.open(odd), TypeError);
});

test("texts of a wrong type are TypeErrors", async () => {
  for (const odd of ODD) {
    await assert.rejects(store.recordings.remove(odd), TypeError);
    await assert.rejects(store.recordings.get(odd), TypeError);
    await assert.rejects(store.recordings.landmarks(odd), TypeError);
    await assert.rejects(store.identify(MELODY, { exclude: [odd] }), TypeError);
    if (odd === undefined || odd === null) continue;
    for (const name of ["id", "title", "source", "userId", "mode"]) {
      await assert.rejects(store.add(MELODY, { [name]: odd }), TypeError);
    }
  }
});

test("options that are none are refused", async () => {
  for (const odd of ["x", 7, null, true]) await assert.rejects(decode(MELODY, odd), TypeError);
  await assert.rejects(decode(MELODY, { signal: {} }), TypeError);
  await assert.rejects(store.identify(MELODY, { exclude: "brot" }), TypeError);
  await assert.rejects(store.add(MELODY, { metadata: () => {} }), TypeError);
  await assert.rejects(Store.open(folder, { access: "write" }), { kind: "invalid_argument" });
  await assert.rejects(Store.open(folder, { access: "toString" }), { kind: "invalid_argument" });
});

test("options that do not exist are refused, with what was meant", async () => {
  const misspelt = [
    [store.identify(MELODY, { treshold: 1 }), /no option "treshold"/],
    [store.identify(MELODY, { Limit: 1 }), /did you mean limit\?/],
    [store.identify(MELODY, { limits: 1 }), /did you mean limit\?/],
    [store.add(MELODY, { user_id: "ann" }), /did you mean userId\?/],
    [store.add(MELODY, { onProgress: () => {} }), /no option "onProgress"/],
    [store.stats({ limit: 1 }), /no option "limit": the options are signal/],
    [Store.open(folder, { acces: "create" }), /did you mean access\?/],
    [decode(MELODY, { samplerate: 8_000 }), /did you mean sampleRate\?/],
    [cluster([[1]], { minclustersize: 2 }), /did you mean minClusterSize\?/],
    [cluster([[1]], { constructor: 2 }), /no option "constructor"/],
    [store.voices.enroll("ann", MELODY, { userID: "u" }), /did you mean userId\?/],
    [store.faces.search([1], { event: "x" }), /did you mean events\?/],
    [store.people("x").cluster({ gather: 1 }), /no option "gather"/],
    [FaceAnalyzer.load({ maxPixel: 640 }), /did you mean maxPixels\?/],
    [decode(MELODY, new Map([["track", 0]])), /options must be an object, not Map/],
    [decode(MELODY, ["track"]), /options must be an object, not Array/],
    [
      store.faces.addFaces("e", "p", [
        { bbox: [0, 0, 1, 1], score: 1, landmarks: Array(5).fill([0, 0]), embedding: [1], quality: { sharpnes: 1 } },
      ]),
      /did you mean sharpness\?/,
    ],
    [FaceAnalyzer.load({ det_size: 640 }), /did you mean detSize\?/],
    [VoiceEmbedder.load(null, { thread: 1 }), /did you mean threads\?/],
  ];
  for (const [call, message] of misspelt) await assert.rejects(call, { name: "TypeError", message });
  await store.stats({ signal: undefined });
});

test("numbers out of range are invalid arguments", async () => {
  const wrong = { name: "SonicError", kind: "invalid_argument", code: 1 };
  for (const limit of [0, -1, 1.5, NaN, Infinity]) await assert.rejects(store.identify(MELODY, { limit }), wrong);
  for (const threads of [-1, 0.5, 5_000]) await assert.rejects(store.identify(MELODY, { threads }), wrong);
  for (const sampleRate of [0, -8_000, 768_001, 2 ** 32 + 8_000, 0.5]) {
    await assert.rejects(decode(MELODY, { sampleRate }), wrong);
  }
  for (const odd of ["5", 5n, {}]) await assert.rejects(store.identify(MELODY, { limit: odd }), TypeError);
});

test("a zero character does not name something else", async () => {
  const wrong = { kind: "invalid_argument" };
  await assert.rejects(decode(`${MELODY}\0.mp3`), wrong);
  await assert.rejects(Store.open(`${folder}\0x`), wrong);
  await assert.rejects(store.add(MELODY, { id: "a\0b" }), wrong);
  await assert.rejects(store.recordings.remove("\ud800"), wrong);
});

test("clips of a wrong kind", async () => {
  for (const odd of ODD) await assert.rejects(fingerprint(odd), TypeError);
  await assert.rejects(fingerprint({ samples: [0, 1], sampleRate: 8_000 }), TypeError);
  await assert.rejects(fingerprint({ samples: new Float64Array(4), sampleRate: 8_000 }), TypeError);
  await assert.rejects(fingerprint({ samples: new Float32Array(4) }), TypeError);
  const none = await fingerprint({ samples: new Float32Array(0), sampleRate: 8_000 });
  assert.deepEqual([none.length, none.landmarks, none.durationMs], [0, [], 0]);
});

test("nobody makes handles by hand", async () => {
  assert.throws(() => new Store(1, 2n, "x"), TypeError);
  assert.throws(() => new Fingerprint(Symbol("x"), { address: 1n }), TypeError);
  await assert.rejects(store.identify(Object.create(Fingerprint.prototype)), TypeError);
  await assert.rejects(Store.prototype.stats.call({}), TypeError);
});

test("an error says what to do, and where the call was made", async () => {
  const error = await decode(join(folder, "nowhere.wav")).catch((e) => e);
  assert.ok(error instanceof SonicError && error instanceof Error);
  assert.deepEqual([error.kind, error.code], ["not_found", 2]);
  assert.match(error.message, /nowhere\.wav/);
  assert.match(error.stack, /errors\.test\.js/);
});

// The text of an error belongs to the thread of the call: many failing at once must not mix their words.
test("errors of many threads keep their own words", async () => {
  const paths = Array.from({ length: 200 }, (_, i) => join(folder, `missing-${i}.wav`));
  const errors = await Promise.all(paths.map((path) => decode(path).catch((e) => e)));
  errors.forEach((error, i) => assert.ok(error.message.includes(`missing-${i}.wav`), error.message));
});

test("a thread that ends takes only its own call with it", async () => {
  const dying = mock.method(Worker.prototype, "postMessage", function () {
    this.terminate();
  }, { times: 1 });
  await assert.rejects(decode(MELODY), { kind: "internal", code: 10 });
  assert.equal(dying.mock.callCount(), 1);
  assert.equal((await decode(MELODY)).samples.length, 24_000);
});

test("configure comes before the first call", () => {
  assert.throws(() => configure({ workers: 1 }), { kind: "invalid_argument" });
  assert.throws(() => configure({ workers: 0 }), { kind: "invalid_argument" });
  assert.throws(() => configure({ library: 7 }), TypeError);
});
