// The store and the verbs, as a program uses them.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { SonicError, Store, decode, fingerprint, models, version } from "../index.js";
import { BROT, MELODY, WALTZ, WALTZ_CLIP, file, scratch, turnsUntil } from "./support.js";

const folder = scratch();
let store;

before(async () => {
  store = await Store.open(join(folder, "store"));
  await store.add(WALTZ, { title: "A waltz", metadata: { tags: ["ü", 1] }, userId: "ann", createdAtMs: new Date(5_000) });
  await store.add(readFileSync(BROT), { id: "brot" });
});

after(() => store.close());

test("the library tells its version", () => assert.match(version(), /^\d+\.\d+\.\d+/));

test("a clip is named, as a path, a URL, bytes of every kind and a fingerprint", async () => {
  const bytes = readFileSync(WALTZ_CLIP);
  const print = await fingerprint(await decode(WALTZ_CLIP, { sampleRate: 11_025 }));
  const exact = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  const inside = new Uint8Array([...new Uint8Array(100), ...bytes]).subarray(100);
  const want = await store.identify(WALTZ_CLIP);
  assert.equal(want.decision, "match");
  assert.equal(want.matches[0].id, "lantern-waltz");
  assert.ok(Math.abs(want.matches[0].offsetMs - 31_370) < 50);
  for (const source of [pathToFileURL(WALTZ_CLIP), bytes, exact, shared, inside, print]) {
    const { elapsedMs, ...answer } = await store.identify(source);
    const { elapsedMs: _, ...same } = want;
    assert.deepEqual(answer, same);
    assert.ok(elapsedMs.search > 0);
  }
  assert.equal(bytes.length, readFileSync(WALTZ_CLIP).length, "the caller's bytes stay where they are");
});

test("recordings can be listed, read, removed", async () => {
  const rows = await collected(store.recordings);
  assert.deepEqual(rows.map((row) => row.id), ["lantern-waltz", "brot"]);
  const [waltz] = rows;
  assert.deepEqual(waltz, await store.recordings.get("lantern-waltz"));
  assert.deepEqual([waltz.title, waltz.metadata, waltz.userId, waltz.mode], ["A waltz", { tags: ["ü", 1] }, "ann", null]);
  assert.equal(waltz.createdAtMs, 5_000);
  assert.equal(await store.recordings.get("foxtrot"), null);
  assert.deepEqual(await store.recordings.ofSource(waltz.sourceHash), waltz);
  assert.equal(await store.recordings.ofSource("foxtrot"), null);
  assert.deepEqual([await store.recordings.contains("lantern-waltz"), await store.recordings.contains("foxtrot")], [true, false]);
  assert.equal(waltz.source, WALTZ);
  assert.equal((await store.recordings.landmarks("lantern-waltz")).length, waltz.landmarks);
  assert.deepEqual(await store.check(), []);

  const added = await store.add(MELODY);
  assert.deepEqual([added.isNew, added.id, added.recording.id], [true, "melody-8k", "melody-8k"]);
  assert.deepEqual(await store.add(readFileSync(MELODY), { id: "again" }), { isNew: false, id: "melody-8k", recording: null });
  assert.equal((await store.stats()).recordings, 3);
  await store.recordings.remove("melody-8k");
  await store.compact();
  assert.equal((await store.stats()).recordings, 2);
  const saved = await Store.salvage(store.path, `${store.path}-saved`);
  assert.deepEqual([saved.recordings, saved.damagedRows, saved.damagedPages, saved.mayLackLastChange], [2, 0, 0, false]);
  await assert.rejects(Store.salvage(store.path, `${store.path}-saved`), { kind: "invalid_argument" });
  await assert.rejects(store.recordings.remove("melody-8k"), { name: "SonicError", kind: "not_found", code: 2 });
});

async function collected(rows) {
  const all = [];
  for await (const row of rows) all.push(row);
  return all;
}

test("a fingerprint can be added", async () => {
  const print = await fingerprint(await decode(MELODY));
  const other = await Store.open(join(folder, "made"));
  const { recording } = await other.add(print, { id: "made", source: "a test" });
  assert.deepEqual([recording.landmarks, recording.source], [print.length, "a test"]);
  assert.deepEqual(await other.recordings.landmarks("made"), print.landmarks);
  await print.close();
  await print.close();
  await assert.rejects(other.identify(print), { kind: "closed" });
  await other.close();
});

test("recordings are read a page at a time", async () => {
  const many = await Store.open(join(folder, "many"));
  const sweep = Float32Array.from({ length: 22_050 }, (_, i) => 0.5 * Math.sin(2e-5 * i * i));
  const sound = await fingerprint({ samples: sweep, sampleRate: 11_025 });
  const ids = Array.from({ length: 600 }, (_, i) => `sweep ${i}`);
  for (const id of ids) await many.add(sound, { id });
  assert.equal(await many.recordings.count(), 600);
  assert.deepEqual((await collected(many.recordings)).map((row) => row.id), ids);
  await many.recordings.remove(ids[300]);
  const rows = many.recordings[Symbol.asyncIterator]();
  assert.equal((await rows.next()).value.id, ids[0]);
  await many.recordings.remove(ids[400]);
  const rest = (await collected(rows)).map((row) => row.id);
  assert.deepEqual(rest, ids.filter((_, i) => ![0, 300, 400].includes(i)));
  for await (const row of many.recordings) {
    assert.equal(row.id, ids[0]);
    await many.close();
    break;
  }
});

test("silence is kept only if asked, and ids have a prefix", async () => {
  const store = await Store.open(join(folder, "add-options"));
  const silent = Buffer.alloc(44 + 160_000);
  silent.write("RIFF\xff\xff\xff\xffWAVEfmt ", "latin1");
  [16, 1 | (1 << 16), 8_000, 16_000, 2 | (16 << 16)].forEach((word, i) => silent.writeUInt32LE(word, 16 + 4 * i));
  silent.write("data", 36);
  silent.writeUInt32LE(160_000, 40);
  const path = join(folder, "silent.wav");
  writeFileSync(path, silent);
  assert.equal((await decode(path, { track: 0 })).damagedMs, 0);
  await assert.rejects(decode(path, { track: 1 }), { kind: "invalid_argument" });
  await assert.rejects(store.add(path), { kind: "unsupported" });
  assert.equal((await store.recordings.addMany(path))[0].status, "silent");
  const options = { keepSilent: true, idFrom: "path", idPrefix: "a:", replace: true };
  const [kept] = await store.recordings.addMany(path, options);
  assert.deepEqual([kept.status, kept.id, kept.damagedMs], ["added", `a:${path}`, 0]);
  await assert.rejects(store.recordings.addMany(path, { idFrom: "name" }), { kind: "invalid_argument" });
  await store.close();
});

test("many files are added, each with what became of it", async () => {
  const many = await Store.open(join(folder, "add-many"));
  const reports = [];
  const nowhere = join(folder, "nowhere.wav");
  const files = await many.recordings.addMany([pathToFileURL(MELODY), file("examples/demo/media"), nowhere], {
    threads: 2,
    onProgress: (progress) => reports.push(progress),
  });
  const melody = files.find((one) => one.path === MELODY);
  assert.deepEqual([melody.status, melody.id, melody.error], ["added", "melody-8k", null]);
  assert.ok(melody.durationMs > 1_000 && melody.landmarks > 0 && !melody.truncated);
  const failed = files.find((one) => one.path === nowhere);
  assert.deepEqual([failed.status, failed.id, failed.error.kind], ["failed", "nowhere", "not_found"]);
  assert.ok(failed.error instanceof SonicError && failed.error.message.includes("nowhere.wav"));
  assert.equal(await many.recordings.count(), files.length - 1);
  assert.equal((await many.recordings.addMany(MELODY))[0].status, "duplicate");
  assert.ok(reports.at(-1).done === reports.at(-1).total && reports.at(-1).total > 0);
  await assert.rejects(many.recordings.addMany([7]), TypeError);
  await many.close();
});

test("a match is explained by a picture", async () => {
  const { matches } = await store.identify(WALTZ_CLIP);
  assert.ok(matches[0].coverage > 0.5 && matches[0].coverage <= 1);
  const picture = await store.recordings.explain(WALTZ_CLIP, matches[0]);
  assert.match(picture, /^<svg[^]*<\/svg>\s*$/);
  assert.equal(await store.recordings.explain(readFileSync(WALTZ_CLIP), matches[0]), picture);
  const wrong = { id: "lantern-waltz", offsetMs: -7 };
  await assert.rejects(store.recordings.explain(WALTZ_CLIP, wrong), { kind: "invalid_argument", message: /lantern-waltz/ });
  await assert.rejects(store.recordings.explain(WALTZ_CLIP, null), TypeError);
});

test("tables as Parquet files", async () => {
  const parquet = join(folder, "parquet");
  await store.exportParquet(parquet);
  for (const name of ["recordings", "voices", "faces", "people"]) {
    assert.equal(readFileSync(join(parquet, `${name}.parquet`)).subarray(0, 4).toString(), "PAR1");
  }
});

test("the models that are known", async () => {
  const modelsFolder = join(folder, "models");
  const all = await models.list({ modelsFolder });
  const celda = all.find((one) => one.id === "celda128");
  assert.deepEqual([celda.installed, celda.builtIn, celda.path, celda.dimensions], [true, true, null, 128]);
  const yunet = all.find((one) => one.id === "yunet");
  assert.deepEqual([yunet.installed, yunet.bytes, yunet.dimensions], [false, null, null]);
  assert.equal(await models.verify("celda128"), "built_in");
  assert.equal(await models.verify("yunet", { modelsFolder }), "missing");
  assert.deepEqual(await models.pull("celda128", { modelsFolder }), { verified: true, files: [] });
  await assert.rejects(models.pull("nobody", { modelsFolder }), { kind: "not_found" });
  await assert.rejects(models.pull("yunet", { modelsFolder, offline: folder }), { name: "SonicError" });
  await assert.rejects(models.verify("yunet", { folder }), /did you mean modelsFolder|no option "folder"/);
});

test("the event loop goes round while a clip is named", async () => {
  const { turns, value } = await turnsUntil(store.identify(BROT));
  assert.equal(value.matches[0].id, "brot");
  assert.ok(turns >= 5, `the event loop came round ${turns} times`);
});

test("many at once give what one gives", async () => {
  const alone = (await store.identify(WALTZ_CLIP)).matches;
  const all = await Promise.all(Array.from({ length: 24 }, () => store.identify(WALTZ_CLIP)));
  for (const { matches } of all) assert.deepEqual(matches, alone);
});

test("closing waits for calls under way, and the store can be opened again", async () => {
  const path = join(folder, "closing");
  const first = await Store.open(path);
  const adding = first.add(MELODY);
  const closing = first.close();
  await assert.rejects(first.stats(), { kind: "closed", code: 9 });
  await closing;
  assert.equal((await adding).id, "melody-8k");
  await first.close();
  const again = await Store.open(path, { access: "read_only" });
  assert.equal((await again.stats()).recordings, 1);
  await again[Symbol.asyncDispose ?? "close"]();
  await assert.rejects(again.identify(WALTZ_CLIP), { kind: "closed" });
});
