// Clusters, faces and the people of an event, and what is done wrong with them.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FaceAnalyzer, Faces, People, Store, cluster, decodeImage } from "../index.js";
import { file, scratch } from "./support.js";

const LINE = [0, 0.1, 0.2, 0.3, 0.4, 5, 5.1, 5.2, 5.3, 5.4, 40];
const GROUPS = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, -1];

test("rows as arrays, as typed arrays, and in one piece", async () => {
  const found = await cluster(LINE.map((x) => [x]));
  assert.deepEqual([[...found.labels], found.count], [GROUPS, 2]);
  assert.ok(found.labels instanceof Int32Array && found.probabilities[10] === 0 && found.outlierScores[10] > 0.9);
  assert.deepEqual(await cluster(Float64Array.from(LINE), { dimensions: 1 }), found);
  const whole = Float32Array.from(LINE);
  const singles = await cluster(whole, { dimensions: 1 });
  assert.deepEqual([[...singles.labels], singles.count], [GROUPS, 2]);
  assert.equal(whole.length, 11); // It is still the caller's.
  assert.deepEqual(await cluster(LINE.map((x) => Float32Array.of(x)), { threads: 1 }), singles);
  const near = await cluster(LINE.map((x) => [x]), { method: "dbscan", epsilon: 0.15, minSamples: 2 });
  assert.deepEqual([[...near.labels], near.probabilities, near.count], [GROUPS, null, 2]);
  const none = await cluster([]);
  assert.deepEqual([none.labels.length, none.count], [0, 0]);
});

test("rows are not rounded", async () => {
  const spot = (i, width) => 0.01 * ((3 * i) % width) + (i < 60 ? 0 : 1);
  const metres = Array.from({ length: 120 }, (_, i) => [500_000 + spot(i, 7), 5_400_000 + spot(i, 11)]);
  const groups = metres.map((_, i) => (i < 60 ? 0 : 1));
  const options = { minClusterSize: 10 };
  assert.deepEqual([...(await cluster(metres, options)).labels], groups);
  assert.deepEqual([...(await cluster(Float64Array.from(metres.flat()), { ...options, dimensions: 2 })).labels], groups);
  const whole = metres.map((_, i) => [2 ** 53 - 1_000 + (i % 60) + (i < 60 ? 0 : 900)]);
  assert.deepEqual([...(await cluster(whole, options)).labels], groups);
  const large = metres.map((_, i) => [1e200 * ((i % 60) + (i < 60 ? 0 : 900))]);
  assert.deepEqual([...(await cluster(large, options)).labels], groups);
});

test("clusters that are asked for wrongly", async () => {
  const invalid = { kind: "invalid_argument" };
  await assert.rejects(cluster([[1, 2], [3]]), invalid);
  await assert.rejects(cluster([[], []]), invalid);
  await assert.rejects(cluster(new Float32Array(5)), invalid);
  await assert.rejects(cluster(new Float32Array(5), { dimensions: 2 }), invalid);
  await assert.rejects(cluster([[1]], { minClusterSize: 1 }), invalid);
  await assert.rejects(cluster([[1]], { metric: "manhattan" }), invalid);
  await assert.rejects(cluster([[1]], { epsilon: NaN }), invalid);
  await assert.rejects(cluster(new Float64Array(5), { dimensions: 2 }), invalid);
  await assert.rejects(cluster("rows"), TypeError);
  await assert.rejects(cluster(new Int32Array(4), { dimensions: 2 }), TypeError);
  await assert.rejects(cluster([[1]], { signal: AbortSignal.abort() }), { name: "AbortError" });
});

function face(who, number) {
  const angle = who * 1.5 + number * 0.02;
  return {
    bbox: [10 * who, 0, 10 * who + 8, 10],
    score: 0.9,
    landmarks: [[1, 2], [3, 2], [2, 3], [1, 4], [3, 4]],
    embedding: [Math.cos(angle), Math.sin(angle)],
    quality: { yaw: 12.5 },
  };
}

test("photos, people and decisions", async () => {
  const store = await Store.open(join(scratch(), "store"));
  const people = store.people("party");
  assert.ok(store.faces instanceof Faces && people instanceof People && people.event === "party");
  for (let n = 0; n < 4; n++) {
    const createdAtMs = 1_700_000_000_000 + n;
    const options = { pipeline: "angles", width: 64, height: 48, metadata: { n }, createdAtMs };
    const { isNew, photo } = await store.faces.addFaces("party", `${n}.jpg`, [face(0, n), face(1, n)], options);
    assert.deepEqual([isNew, photo.faces, photo.metadata, photo.createdAtMs], [true, 2, { n }, createdAtMs]);
  }
  assert.equal((await store.faces.addFaces("party", "0.jpg", [])).isNew, false);
  const [before] = await store.faces.facesOf("party", "3.jpg");
  const again = { bbox: before.bbox, score: 0.9, landmarks: before.landmarks, embedding: face(0, 3).embedding };
  const [, kept] = await store.faces.facesOf("party", "3.jpg");
  const rest = { ...again, bbox: kept.bbox, embedding: face(1, 3).embedding };
  const replaced = await store.faces.replacePhoto("party", "3.jpg", [again, rest], { pipeline: "angles", width: 64, height: 48 });
  assert.deepEqual([replaced.photoId, replaced.faces], ["3.jpg", 2]);
  assert.deepEqual((await store.faces.facesOf("party", "3.jpg")).map((one) => one.faceId), [before.faceId, kept.faceId]);
  const report = await people.cluster();
  assert.deepEqual([report.newClustersCreated, report.totalFaces, report.unassignedFaces], [2, 8, 0]);
  const [anna, ben] = await people.list();
  assert.deepEqual([anna.faces, anna.status, anna.invitedAtMs], [4, "pending", null]);
  const linked = await people.link(anna, "user-1");
  assert.deepEqual([linked.personId, linked.status, linked.userId], [anna.personId, "linked", "user-1"]);
  assert.deepEqual((await people.tags()).map((tag) => tag.photoId), ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]);
  await people.notSame(anna, ben);
  assert.deepEqual((await people.get(anna)).notSame, [ben.personId]);
  await assert.rejects(people.merge(ben, anna), { kind: "mismatch" });
  const shown = [];
  for await (const one of store.faces.ofEvent("party")) shown.push(one);
  assert.deepEqual([shown.length, shown[0].quality.yaw, shown[0].landmarks[4]], [8, 12.5, [3, 4]]);
  const alike = await store.faces.search({ ...face(1, 0), pipeline: "angles" }, { exclude: [shown[1]], limit: 2 });
  assert.deepEqual(alike.map((one) => [one.face.photoId, one.face.personId]), [["1.jpg", ben.personId], ["2.jpg", ben.personId]]);
  assert.equal((await store.faces.search(face(0, 0).embedding, { limit: 1 }))[0].face.personId, anna.personId);
  const photos = [];
  for await (const photo of store.faces.photos("party")) photos.push(photo.photoId);
  assert.equal(photos.join(), "0.jpg,1.jpg,2.jpg,3.jpg");
  assert.equal(await store.faces.thumbnail(shown[0]), null);
  await people.rename(ben, "Ben <3");
  const page = await people.report({ date: "today", maxFaces: 1 });
  assert.match(page, /^<!doctype html>[^]*Ben &lt;3[^]*<\/html>\s*$/i);
  assert.deepEqual(await people.remove(), { faces: 8, people: 2, tags: 4, photos: 4 });
  await store.close();
  await assert.rejects(people.list(), { kind: "closed" });
});

test("faces that are given wrongly", async () => {
  const store = await Store.open(join(scratch(), "store"));
  const add = (change) => store.faces.addFaces("e", "1.jpg", [{ ...face(0, 0), ...change }]);
  const invalid = { kind: "invalid_argument" };
  await assert.rejects(add({ bbox: [1, 2, 3] }), invalid);
  await assert.rejects(add({ landmarks: [[1, 2]] }), invalid);
  await assert.rejects(add({ landmarks: undefined }), invalid);
  await assert.rejects(add({ embedding: [NaN, 1] }), invalid);
  await assert.rejects(add({ score: 2 }), invalid);
  await assert.rejects(store.faces.addFaces("e", "1.jpg", "faces"), TypeError);
  await assert.rejects(store.faces.addPhoto("e", "1.jpg"), TypeError);
  await assert.rejects(store.faces.get("1"), TypeError);
  await assert.rejects(store.faces.get(-1), invalid);
  assert.equal(await store.faces.get(2n ** 60n), null);
  assert.equal(await store.faces.embedding(2n ** 60n), null);
  assert.equal(await store.faces.photo("e", "1.jpg"), null);
  assert.equal(await store.faces.event("e"), null);
  assert.equal(await store.people("e").get(7), null);
  await assert.rejects(store.people("e").link(1.5, "u"), invalid);
  assert.throws(() => store.people(7), TypeError);
  assert.throws(() => new Faces(), TypeError);
  assert.throws(() => new People(), TypeError);
  assert.throws(() => new FaceAnalyzer(), TypeError);
  await assert.rejects(FaceAnalyzer.load({ detector: "nobody" }), { kind: "not_found" });
  await store.close();
});

test("faces of photographs", async (t) => {
  const assets = process.env.SONIC_TEST_ASSETS;
  const models = assets && join(assets, "face/models");
  if (!models || !existsSync(models)) return t.skip("SONIC_TEST_ASSETS is not set");
  const load = { detector: join(models, "det_500m.onnx"), embedder: join(models, "w600k_mbf_dequant_fp32.onnx") };
  const analyzer = await FaceAnalyzer.load(load).catch((error) => error);
  if (analyzer.kind === "model") return t.skip(analyzer.message);
  const folder = join(assets, "face/people/Tony_Blair");
  const [first, second] = readdirSync(folder).sort().map((name) => join(folder, name));
  const [found] = await analyzer.analyze(first);
  assert.deepEqual([found.embedding.length, found.landmarks.length, found.pipeline], [512, 5, analyzer.pipeline]);
  const image = await decodeImage(first);
  for (const source of [readFileSync(first), image]) assert.deepEqual((await analyzer.analyze(source))[0], found);
  const store = await Store.open(join(scratch(), "store"));
  for (const path of [first, second]) {
    const { isNew, photo } = await store.faces.addPhoto("album", path, { analyzer, userId: "u" });
    assert.ok(isNew && photo.faces >= 1 && photo.width === image.width);
  }
  const [kept] = await store.faces.facesOf("album", "Tony_Blair_0001.jpg");
  assert.deepEqual([...(await store.faces.thumbnail(kept)).subarray(0, 2)], [0xff, 0xd8]);
  await store.people("album").cluster();
  assert.equal((await store.people("album").list())[0].faces, 2);
  assert.ok((await store.faces.search(found))[0].similarity > 0.99);
  await store.close();
  await analyzer.close();
  await assert.rejects(analyzer.analyze(first), { kind: "closed" });
  await assert.rejects(analyzer.analyze(file("README.md")), { kind: "closed" });
});
